//! Values of a row as a compiled mapping reads them: a text, a word of a list, a time, a condition.

use std::{borrow::Cow, collections::HashMap};

use regex::Regex;

use super::{
    row::Row,
    time_text::{TimeFormat, TimeValue, looks_ambiguous, parse_iso},
};
use crate::domain::case::CaseMatch;

/// The case definition of a mapping.
pub(super) struct Case {
    pub is: CaseMatch,
    pub all: Vec<Test>,
    pub any: Vec<Test>,
    pub label: Option<usize>,
}

impl Case {
    pub(super) fn holds(&self, row: &Row) -> bool {
        self.all.iter().all(|t| t.holds(row)) && (self.any.is_empty() || self.any.iter().any(|t| t.holds(row)))
    }
}

/// One condition on one column.
pub(super) struct Test {
    pub columns: Vec<usize>,
    /// What parts the entries of a list.
    pub each: Option<String>,
    pub check: Check,
}

/// What is asked of a text.
pub(super) enum Check {
    Equals(String),
    OneOf(Vec<String>),
    NotIn(Vec<String>),
    Matches(Regex),
    MatchesNot(Regex),
    Empty(bool),
}

impl Test {
    /// What forbids (`not_in`, `not_matches`, `empty = true`) must hold for every text, the others for one.
    pub(super) fn holds(&self, row: &Row) -> bool {
        if self.columns.len() == 1 && self.each.is_none() {
            return self.check.holds(row.get(self.columns[0]));
        }
        let mut texts = self.columns.iter().flat_map(|at| self.entries(row.get(*at)));
        if self.check.forbids() { texts.all(|t| self.check.holds(t)) } else { texts.any(|t| self.check.holds(t)) }
    }

    fn entries<'r>(&'r self, text: &'r str) -> impl Iterator<Item = &'r str> {
        let whole = self.each.is_none().then_some(text);
        let parts = self.each.as_deref().map(|by| text.split(by).map(str::trim));
        whole.into_iter().chain(parts.into_iter().flatten())
    }
}

impl Check {
    fn holds(&self, text: &str) -> bool {
        match self {
            Self::Equals(word) => text == word,
            Self::OneOf(words) => words.iter().any(|w| w == text),
            Self::NotIn(words) => !words.iter().any(|w| w == text),
            Self::Matches(pattern) => pattern.is_match(text),
            Self::MatchesNot(pattern) => !pattern.is_match(text),
            Self::Empty(empty) => text.is_empty() == *empty,
        }
    }

    fn forbids(&self) -> bool {
        matches!(self, Self::NotIn(_) | Self::MatchesNot(_) | Self::Empty(true))
    }
}

/// A text of the row.
pub(super) enum Text {
    None,
    Constant(String),
    Columns {
        /// The first that is not empty is read.
        columns: Vec<usize>,
        pattern: Option<(Regex, usize)>,
        map: HashMap<String, String>,
        bands: Vec<u32>,
    },
}

impl Text {
    pub(super) fn read<'r>(&'r self, row: &'r Row, nulls: &[String]) -> Cow<'r, str> {
        match self {
            Self::None => Cow::Borrowed(""),
            Self::Constant(text) => Cow::Borrowed(text),
            Self::Columns { columns, pattern, map, bands } => {
                let one = |at: usize| {
                    let text = row.get(at);
                    let text = match pattern {
                        None => text,
                        Some((regex, group)) => {
                            regex.captures(text).and_then(|c| c.get(*group)).map_or("", |m| m.as_str().trim())
                        }
                    };
                    if nulls.iter().any(|n| n == text) { "" } else { text }
                };
                let text = columns.iter().map(|at| one(*at)).find(|t| !t.is_empty()).unwrap_or("");
                if text.is_empty() || map.is_empty() && bands.is_empty() {
                    return Cow::Borrowed(text);
                }
                let text = map.get(&text.to_lowercase()).map_or(text, String::as_str);
                if bands.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(band(text, bands)) }
            }
        }
    }

    /// The column that is read first.
    pub(super) fn column(&self) -> Option<usize> {
        if let Self::Columns { columns, .. } = self { columns.first().copied() } else { None }
    }

    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

/// A number as the band that holds it; nothing where it is no number.
fn band(text: &str, bands: &[u32]) -> String {
    let Some(number) = text.parse::<f64>().ok().filter(|x| x.is_finite() && *x >= 0.0) else { return String::new() };
    let above = bands.iter().position(|b| number < f64::from(*b));
    match above {
        Some(0) => format!("0-{}", bands[0] - 1),
        Some(i) => format!("{}-{}", bands[i - 1], bands[i] - 1),
        None => format!("{}+", bands[bands.len() - 1]),
    }
}

/// A word of a known list.
pub(super) enum Word<T> {
    None,
    Constant(T),
    Columns {
        at: Option<usize>,
        rules: Vec<(Vec<Test>, T)>,
        map: HashMap<String, T>,
        parse: fn(&str) -> Option<T>,
        default: Option<T>,
        expected: String,
    },
}

impl<T: Copy> Word<T> {
    /// `Ok(None)` for a column that is empty or absent; `Err` says what was expected.
    pub(super) fn read(&self, row: &Row, nulls: &[String]) -> Result<Option<T>, String> {
        match self {
            Self::None => Ok(None),
            Self::Constant(word) => Ok(Some(*word)),
            Self::Columns { at, rules, map, parse, default, expected } => {
                if let Some((_, word)) = rules.iter().find(|(tests, _)| tests.iter().all(|t| t.holds(row))) {
                    return Ok(Some(*word));
                }
                let Some(at) = at else { return Ok(*default) };
                let text = row.get(*at);
                let lower = if text.bytes().any(|b| b.is_ascii_uppercase()) || !text.is_ascii() {
                    Cow::Owned(text.to_lowercase())
                } else {
                    Cow::Borrowed(text)
                };
                if let Some(word) = map.get(lower.as_ref()) {
                    return Ok(Some(*word));
                }
                if text.is_empty() || nulls.iter().any(|n| n == text) {
                    return Ok(None);
                }
                parse(&lower).or(*default).map(Some).ok_or_else(|| {
                    format!("\"{}\" has no meaning here; expected {expected}", super::row::shortened(text))
                })
            }
        }
    }

    pub(super) fn column(&self) -> Option<usize> {
        if let Self::Columns { at, .. } = self { *at } else { None }
    }
}

/// A time of the row.
pub(super) struct Time {
    pub columns: Vec<usize>,
    /// Read in this order where `columns` are empty.
    pub or: Vec<usize>,
    pub pattern: Option<(Regex, usize)>,
    pub formats: Vec<TimeFormat>,
    /// The formats, for people.
    pub written: String,
}

impl Time {
    /// The column to name when there is nothing.
    pub(super) fn column(&self) -> Option<usize> {
        self.columns.iter().chain(&self.or).next().copied()
    }

    /// Also read ISO 8601, which nothing that a feed declares contradicts.
    pub(super) fn also_iso(&mut self) {
        if !self.formats.is_empty() {
            self.formats.push(TimeFormat::Iso);
        }
    }

    /// `Ok(None)` when there is nothing; `Err` says what was found and expected.
    pub(super) fn read(&self, row: &Row, nulls: &[String]) -> Result<Option<TimeValue>, String> {
        let joined: String;
        let whole = match self.columns[..] {
            [one] => row.get(one),
            _ => {
                let parts: Vec<&str> = self.columns.iter().map(|c| row.get(*c)).filter(|t| !t.is_empty()).collect();
                joined = parts.join(" ");
                &joined
            }
        };
        let nothing = |text: &str| text.is_empty() || nulls.iter().any(|n| n == text);
        let others = self.or.iter().map(|c| row.get(*c));
        let Some(whole) = std::iter::once(whole).chain(others).find(|t| !nothing(t)) else { return Ok(None) };
        let text = match &self.pattern {
            None => whole,
            Some((pattern, group)) => match pattern.captures(whole).and_then(|c| c.get(*group)) {
                Some(found) => found.as_str(),
                None => return Err(format!("no time was found in \"{}\"", short(whole))),
            },
        };
        let value =
            if self.formats.is_empty() { parse_iso(text) } else { self.formats.iter().find_map(|f| f.parse(text)) };
        value.map(Some).ok_or_else(|| {
            let why = if self.formats.is_empty() && looks_ambiguous(text) {
                "; day and month cannot be told apart, so the mapping must declare the format"
            } else {
                ""
            };
            format!("\"{}\" is not a time; expected {}{why}", short(text), self.written)
        })
    }
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}
