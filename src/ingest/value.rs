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
    pub column: usize,
    pub check: Check,
}

/// What is asked of a text.
pub(super) enum Check {
    Equals(String),
    OneOf(Vec<String>),
    NotIn(Vec<String>),
    Matches(Regex),
    Empty(bool),
}

impl Test {
    pub(super) fn holds(&self, row: &Row) -> bool {
        let text = row.get(self.column);
        match &self.check {
            Check::Equals(word) => text == word,
            Check::OneOf(words) => words.iter().any(|w| w == text),
            Check::NotIn(words) => !words.iter().any(|w| w == text),
            Check::Matches(pattern) => pattern.is_match(text),
            Check::Empty(empty) => text.is_empty() == *empty,
        }
    }
}

/// A text of the row.
pub(super) enum Text {
    None,
    Constant(String),
    Column { at: usize, pattern: Option<(Regex, usize)> },
}

impl Text {
    pub(super) fn read<'r>(&'r self, row: &'r Row, nulls: &[String]) -> &'r str {
        match self {
            Self::None => "",
            Self::Constant(text) => text,
            Self::Column { at, pattern } => {
                let text = row.get(*at);
                let text = match pattern {
                    None => text,
                    Some((regex, group)) => {
                        regex.captures(text).and_then(|c| c.get(*group)).map_or("", |m| m.as_str().trim())
                    }
                };
                if nulls.iter().any(|n| n == text) { "" } else { text }
            }
        }
    }

    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

/// A word of a known list.
pub(super) enum Word<T> {
    None,
    Constant(T),
    Column { at: usize, map: HashMap<String, T>, parse: fn(&str) -> Option<T>, default: Option<T>, expected: String },
}

impl<T: Copy> Word<T> {
    /// `Ok(None)` for a column that is empty or absent; `Err` says what was expected.
    pub(super) fn read(&self, row: &Row, nulls: &[String]) -> Result<Option<T>, String> {
        match self {
            Self::None => Ok(None),
            Self::Constant(word) => Ok(Some(*word)),
            Self::Column { at, map, parse, default, expected } => {
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
        if let Self::Column { at, .. } = self { Some(*at) } else { None }
    }
}

/// A time of the row.
pub(super) struct Time {
    pub columns: Vec<usize>,
    pub pattern: Option<(Regex, usize)>,
    pub formats: Vec<TimeFormat>,
    /// The formats, for people.
    pub written: String,
}

impl Time {
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
        if whole.is_empty() || nulls.iter().any(|n| n == whole) {
            return Ok(None);
        }
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
