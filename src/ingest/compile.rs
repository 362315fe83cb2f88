//! Mapping keys → what the plan reads: columns found, patterns and formats compiled, words looked up.

use std::{collections::HashMap, fmt};

use chrono::Duration;
use regex::Regex;

use super::{
    mapping::{CaseSpec, Condition},
    plan::{PlanError, is_refused},
    spec::{TextSpec, TimeText, WordSpec},
    time_text::TimeFormat,
    value::{Case, Check, Test, Text, Time, Word},
};
use crate::domain::case::CaseMatch;

pub(super) struct Compiler {
    pub columns: Vec<String>,
    /// Any name is a column.
    pub open: bool,
}

impl Compiler {
    fn find(&mut self, name: &str) -> Option<usize> {
        let exact = self.columns.iter().position(|c| c == name);
        let found = exact.or_else(|| self.columns.iter().position(|c| c.eq_ignore_ascii_case(name)));
        if found.is_none() && self.open {
            self.columns.push(name.to_owned());
            return Some(self.columns.len() - 1);
        }
        found
    }

    pub(super) fn column(&mut self, path: &str, name: &str) -> Result<usize, PlanError> {
        if is_refused(name) {
            return Err(refused(path, name));
        }
        self.find(name).ok_or_else(|| {
            let has = self.columns.iter().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", ");
            fault(path, format!("the file has no column \"{name}\"; it has {has}"))
        })
    }

    /// A column that may be missing where the mapping says so.
    fn maybe(&mut self, path: &str, name: &str, optional: bool) -> Result<Option<usize>, PlanError> {
        if optional && self.find(name).is_none() { Ok(None) } else { self.column(path, name).map(Some) }
    }

    pub(super) fn text(&mut self, path: &str, spec: Option<&TextSpec>) -> Result<Text, PlanError> {
        let Some(TextSpec(spec)) = spec else { return Ok(Text::None) };
        if spec.bands.windows(2).any(|b| b[0] >= b[1]) {
            return Err(fault(format!("{path}.bands"), "expected numbers that rise, such as [18, 25, 35]"));
        }
        match (&spec.column, &spec.constant) {
            (None, Some(text)) => Ok(Text::Constant(text.clone())),
            (Some(column), None) => {
                let pattern = spec.pattern.as_deref().map(|p| regex(&format!("{path}.pattern"), p)).transpose()?;
                let mut columns = Vec::new();
                columns.extend(self.maybe(path, column, spec.optional)?);
                for (i, other) in spec.or.iter().enumerate() {
                    columns.extend(self.maybe(&format!("{path}.or.{i}"), other, spec.optional)?);
                }
                if columns.is_empty() {
                    return Ok(Text::None);
                }
                let map = spec.map.iter().map(|(from, to)| (from.to_lowercase(), to.clone())).collect();
                Ok(Text::Columns { columns, pattern, map, bands: spec.bands.clone() })
            }
            _ => Err(fault(path, "expected either `column` or `constant`")),
        }
    }

    pub(super) fn word<T: Copy>(
        &mut self,
        path: &str,
        spec: Option<&WordSpec>,
        parse: fn(&str) -> Option<T>,
        list: &str,
    ) -> Result<Word<T>, PlanError> {
        let Some(WordSpec(spec)) = spec else { return Ok(Word::None) };
        let word =
            |path: String, text: &str| parse(text).ok_or_else(|| fault(path, format!("\"{text}\" is none of {list}")));
        let mut rules = Vec::new();
        for (i, rule) in spec.rules.iter().enumerate() {
            let is = word(format!("{path}.rules.{i}.is"), &rule.is)?;
            rules.push((self.tests(&format!("{path}.rules.{i}.where"), &rule.all)?, is));
        }
        if let (None, Some(text), true) = (&spec.column, &spec.constant, rules.is_empty()) {
            return word(path.to_owned(), text).map(Word::Constant);
        }
        if spec.constant.is_some() || spec.column.is_none() && rules.is_empty() {
            return Err(fault(path, "expected either `column` or `constant`"));
        }
        let mut map = HashMap::new();
        for (text, to) in &spec.map {
            map.insert(text.to_lowercase(), word(format!("{path}.map.{text}"), to)?);
        }
        let default = spec.default.as_deref().map(|d| word(format!("{path}.default"), d)).transpose()?;
        let known = spec.map.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let expected = if known.is_empty() { list.to_owned() } else { format!("{known} or one of {list}") };
        let at = spec.column.as_deref().map(|c| self.maybe(path, c, spec.optional)).transpose()?.flatten();
        if at.is_none() && rules.is_empty() {
            return Ok(Word::None);
        }
        Ok(Word::Columns { at, rules, map, parse, default, expected })
    }

    pub(super) fn optional_time(&mut self, path: &str, spec: &Option<TimeText>) -> Result<Option<Time>, PlanError> {
        spec.as_ref().map_or(Ok(None), |s| self.time(path, s))
    }

    pub(super) fn time(&mut self, path: &str, TimeText(spec): &TimeText) -> Result<Option<Time>, PlanError> {
        if spec.column.is_empty() {
            return Err(fault(path, "expected `column`"));
        }
        let pattern = spec.pattern.as_deref().map(|p| regex(&format!("{path}.pattern"), p)).transpose()?;
        let mut formats = Vec::new();
        for (i, format) in spec.formats.iter().enumerate() {
            formats.push(TimeFormat::compile(format).ok_or_else(|| {
                let expected = "expected iso, unix, unix_ms or strftime fields such as %Y-%m-%d %H:%M";
                fault(format!("{path}.formats.{i}"), format!("\"{format}\" is not a time format; {expected}"))
            })?);
        }
        let written = if formats.is_empty() {
            "ISO 8601 such as 2024-05-01T13:45:00-04:00".to_owned()
        } else {
            spec.formats.join(" or ")
        };
        let mut columns = Vec::new();
        for column in &spec.column {
            columns.extend(self.maybe(path, column, spec.optional)?);
        }
        // A date without its time of day is no time that the mapping asked for.
        if columns.len() < spec.column.len() {
            columns.clear();
        }
        let mut or = Vec::new();
        for (i, other) in spec.or.iter().enumerate() {
            or.extend(self.maybe(&format!("{path}.or.{i}"), other, spec.optional)?);
        }
        if columns.is_empty() && or.is_empty() {
            return Ok(None);
        }
        Ok(Some(Time { columns, or, pattern, formats, written }))
    }

    pub(super) fn case(&mut self, path: &str, spec: &CaseSpec) -> Result<Case, PlanError> {
        Ok(Case {
            is: CaseMatch { definition: spec.definition.clone(), version: spec.version },
            all: self.tests(&format!("{path}.where"), &spec.all)?,
            any: self.tests(&format!("{path}.any"), &spec.any)?,
            label: spec.label.as_deref().map(|l| self.column(&format!("{path}.label"), l)).transpose()?,
        })
    }

    pub(super) fn tests(&mut self, path: &str, conditions: &[Condition]) -> Result<Vec<Test>, PlanError> {
        let mut tests = Vec::new();
        for (i, condition) in conditions.iter().enumerate() {
            tests.push(self.test(&format!("{path}.{i}"), condition)?);
        }
        Ok(tests)
    }

    fn test(&mut self, path: &str, c: &Condition) -> Result<Test, PlanError> {
        let mut checks = Vec::new();
        checks.extend(c.equals.clone().map(Check::Equals));
        checks.extend(c.one_of.clone().map(Check::OneOf));
        checks.extend(c.not_in.clone().map(Check::NotIn));
        checks.extend(c.empty.map(Check::Empty));
        if let Some(pattern) = &c.matches {
            checks.push(Check::Matches(regex(&format!("{path}.matches"), pattern)?.0));
        }
        if let Some(pattern) = &c.not_matches {
            checks.push(Check::MatchesNot(regex(&format!("{path}.not_matches"), pattern)?.0));
        }
        let mut columns = Vec::new();
        for column in &c.column {
            columns.push(self.column(&format!("{path}.column"), column)?);
        }
        if columns.is_empty() {
            return Err(fault(format!("{path}.column"), "expected a column"));
        }
        match (checks.pop(), checks.is_empty()) {
            (Some(check), true) => Ok(Test { columns, each: c.each.clone().filter(|e| !e.is_empty()), check }),
            _ => Err(fault(path, "expected exactly one of equals, in, not_in, matches, not_matches, empty")),
        }
    }

    /// CSV columns such as `attributes.setting`.
    pub(super) fn spread(&self, from: Option<&str>) -> Vec<(String, usize)> {
        let Some(from) = from else { return Vec::new() };
        let prefix = format!("{from}.");
        let named = self.columns.iter().enumerate().filter_map(|(i, c)| Some((c.strip_prefix(&prefix)?, i)));
        named.filter(|(name, _)| !is_refused(name)).map(|(name, i)| (name.to_owned(), i)).collect()
    }
}

pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "yes" | "true" | "1" | "y" => Some(true),
        "no" | "false" | "0" | "n" => Some(false),
        _ => None,
    }
}

/// `90m`, `36h` or `2d`.
pub(super) fn lag(text: Option<&str>) -> Result<Option<Duration>, PlanError> {
    let Some(text) = text else { return Ok(None) };
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number = text[..split].parse::<i64>().ok().filter(|n| *n <= 100_000);
    let lag = number.and_then(|n| match &text[split..] {
        "m" => Some(Duration::minutes(n)),
        "h" => Some(Duration::hours(n)),
        "d" => Some(Duration::days(n)),
        _ => None,
    });
    let wrong =
        || fault("time.assume_received_after", format!("\"{text}\" is not a lag; expected such as 90m, 36h or 1d"));
    lag.map(Some).ok_or_else(wrong)
}

/// The pattern and which group holds the answer: the first named one, else the first, else all.
fn regex(path: &str, pattern: &str) -> Result<(Regex, usize), PlanError> {
    let regex = Regex::new(pattern).map_err(|e| {
        let text = e.to_string();
        let why = text.lines().last().unwrap_or("").trim().trim_start_matches("error: ").to_owned();
        fault(path, format!("\"{pattern}\" is not a regular expression: {why}"))
    })?;
    let named = regex.capture_names().position(|n| n.is_some());
    let group = named.unwrap_or(usize::from(regex.captures_len() > 1));
    Ok((regex, group))
}

pub(super) fn names<T: fmt::Display>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

pub(super) fn fault(path: impl Into<String>, message: impl Into<String>) -> PlanError {
    PlanError { path: path.into(), message: message.into() }
}

pub(super) fn refused(path: impl Into<String>, name: &str) -> PlanError {
    fault(path, format!("the column \"{name}\" is refused: names and enforcement records are not collected"))
}
