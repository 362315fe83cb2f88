//! A mapping compiled against the columns of one file: column names become positions, patterns and
//! formats are compiled once, so that a row costs microseconds.

use std::{collections::HashMap, fmt};

use chrono::Duration;
use regex::Regex;

use super::{
    mapping::{Condition, FallbackSpec, Mapping, TextSpec, TimeText, WordSpec},
    time_text::TimeFormat,
    value::{Case, Check, Test, Text, Time, Word},
};
use crate::domain::{
    case::CaseMatch,
    event::{EventKind, NaloxoneGiven, Outcome, TimePrecision},
    place::Precision,
    time::Zone,
};

/// Columns that would identify a person or serve enforcement. They are refused wherever they stand.
const REFUSED: [&str; 29] = [
    "first_name",
    "last_name",
    "full_name",
    "patient_name",
    "victim_name",
    "client_name",
    "dob",
    "date_of_birth",
    "birth_date",
    "birthdate",
    "ssn",
    "social_security_number",
    "phone",
    "phone_number",
    "email",
    "warrant",
    "warrants",
    "arrest",
    "arrests",
    "arrested",
    "charge",
    "charges",
    "criminal_history",
    "suspect",
    "suspect_name",
    "probation",
    "parole",
    "immigration_status",
    "license_plate",
];

/// Whether a column is one that is never taken in.
pub fn is_refused(column: &str) -> bool {
    let plain: String =
        column.trim().chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    REFUSED.contains(&plain.as_str())
}

/// What a mapping key asks for that can't be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlanError {
    /// Dotted key of the mapping.
    pub path: String,
    pub message: String,
}

/// What the file offers.
#[derive(Clone, Copy)]
pub(super) enum Columns<'a> {
    /// Anything: JSON records, or no file yet.
    Any,
    Named(&'a [String]),
}

pub(super) struct Plan {
    /// Names by position: the file's own, or those that the mapping asks for.
    pub columns: Vec<String>,
    pub nulls: Vec<String>,
    pub record_id: Vec<usize>,
    pub owner: Text,
    pub kind: Word<EventKind>,
    pub case: Option<Case>,
    pub zone: Option<Zone>,
    pub occurred_at: Time,
    pub reported_at: Option<Time>,
    pub received_at: Option<Time>,
    pub time_precision: Word<TimePrecision>,
    pub assume_received_after: Option<Duration>,
    pub latitude: Text,
    pub longitude: Text,
    pub swapped: bool,
    pub randomised: bool,
    pub address: Text,
    pub town: Text,
    pub zip: Text,
    pub county: Text,
    pub state: Text,
    pub precision: Word<Precision>,
    pub rules: Vec<(Vec<Test>, Precision, bool)>,
    pub fallback: Option<FallbackSpec>,
    pub outcome: Word<Outcome>,
    pub naloxone: Word<NaloxoneGiven>,
    pub quantity: Text,
    pub withdrawn: Word<bool>,
    pub attributes: Vec<(String, Text)>,
    /// JSON field that holds further attributes, and for CSV the prefix of its columns.
    pub attributes_from: Option<String>,
    pub spread_attributes: Vec<(String, usize)>,
}

impl Plan {
    pub(super) fn compile(m: &Mapping, columns: Columns) -> Result<Self, PlanError> {
        let mut c = Compiler { columns: columns_of(columns), open: matches!(columns, Columns::Any) };
        if m.place.latitude.is_some() != m.place.longitude.is_some() {
            let given = if m.place.latitude.is_some() { "latitude" } else { "longitude" };
            return Err(fault(format!("place.{given}"), "latitude and longitude go together"));
        }
        if m.format.delimiter.is_some_and(|d| !d.is_ascii() || matches!(d, '"' | '\n' | '\r')) {
            return Err(fault("format.delimiter", "expected one ASCII character that is not a quotation mark"));
        }
        let mut record_id = Vec::new();
        for (i, column) in m.record_id.iter().enumerate() {
            let path = if m.record_id.len() == 1 { "record_id".to_owned() } else { format!("record_id.{i}") };
            record_id.push(c.column(&path, column)?);
        }
        let kind = c.word("kind", Some(&m.kind), EventKind::parse, &names(EventKind::ALL))?;
        let case = m.case.as_ref().map(|spec| c.case(spec)).transpose()?;
        let mut rules = Vec::new();
        for (i, rule) in m.place.rules.iter().enumerate() {
            rules.push((c.tests(&format!("place.rules.{i}.where"), &rule.all)?, rule.precision, rule.use_point));
        }
        let mut attributes = Vec::new();
        for (name, spec) in &m.attributes {
            if is_refused(name) {
                return Err(refused(format!("attributes.{name}"), name));
            }
            attributes.push((name.clone(), c.text(&format!("attributes.{name}"), Some(spec))?));
        }
        let p = &m.place;
        let text = |c: &mut Compiler, name: &str, spec: &Option<TextSpec>| c.text(name, spec.as_ref());
        Ok(Self {
            nulls: m.format.null.clone(),
            record_id,
            owner: text(&mut c, "owner", &m.owner)?,
            kind,
            case,
            zone: m.time.zone.or(m.jurisdiction.as_ref().map(|j| j.zone)),
            occurred_at: c
                .time("time.occurred_at", &m.time.occurred_at)?
                .ok_or_else(|| fault("time.occurred_at.optional", "every report needs the time of the occurrence"))?,
            reported_at: c.optional_time("time.reported_at", &m.time.reported_at)?,
            received_at: c.optional_time("time.received_at", &m.time.received_at)?,
            time_precision: c.word(
                "time.precision",
                m.time.precision.as_ref(),
                TimePrecision::parse,
                &names(TimePrecision::ALL),
            )?,
            assume_received_after: lag(m.time.assume_received_after.as_deref())?,
            latitude: text(&mut c, "place.latitude", &p.latitude)?,
            longitude: text(&mut c, "place.longitude", &p.longitude)?,
            swapped: p.swapped,
            randomised: p.randomised,
            address: text(&mut c, "place.address", &p.address)?,
            town: text(&mut c, "place.town", &p.town)?,
            zip: text(&mut c, "place.zip", &p.zip)?,
            county: text(&mut c, "place.county", &p.county)?,
            state: text(&mut c, "place.state", &p.state)?,
            precision: c.word("place.precision", p.precision.as_ref(), |t| t.parse().ok(), &names(&Precision::ALL))?,
            rules,
            fallback: p.fallback,
            outcome: c.word("outcome", m.outcome.as_ref(), Outcome::parse, &names(Outcome::ALL))?,
            naloxone: c.word("naloxone", m.naloxone.as_ref(), NaloxoneGiven::parse, &names(NaloxoneGiven::ALL))?,
            quantity: text(&mut c, "quantity", &m.quantity)?,
            withdrawn: c.word("withdrawn", m.withdrawn.as_ref(), yes_or_no, "yes, no")?,
            attributes,
            spread_attributes: c.spread(m.attributes_from.as_deref()),
            attributes_from: m.attributes_from.clone(),
            columns: c.columns,
        })
    }

    /// Columns of the file that the mapping does not use, in the file's order.
    pub(super) fn unused(&self, mapping: &Mapping) -> Vec<&str> {
        let Ok(open) = Plan::compile(mapping, Columns::Any) else { return Vec::new() };
        let used = |name: &str| {
            open.columns.iter().any(|c| c.eq_ignore_ascii_case(name))
                || self.spread_attributes.iter().any(|(_, at)| self.columns[*at] == name)
        };
        self.columns.iter().map(String::as_str).filter(|c| !used(c)).collect()
    }
}

fn columns_of(columns: Columns) -> Vec<String> {
    match columns {
        Columns::Any => Vec::new(),
        Columns::Named(names) => names.to_vec(),
    }
}

struct Compiler {
    columns: Vec<String>,
    /// Any name is a column.
    open: bool,
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

    fn column(&mut self, path: &str, name: &str) -> Result<usize, PlanError> {
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

    fn text(&mut self, path: &str, spec: Option<&TextSpec>) -> Result<Text, PlanError> {
        let Some(TextSpec(spec)) = spec else { return Ok(Text::None) };
        match (&spec.column, &spec.constant) {
            (None, Some(text)) => Ok(Text::Constant(text.clone())),
            (Some(column), None) => {
                let pattern = spec.pattern.as_deref().map(|p| regex(&format!("{path}.pattern"), p)).transpose()?;
                let at = self.maybe(path, column, spec.optional)?;
                Ok(at.map_or(Text::None, |at| Text::Column { at, pattern }))
            }
            _ => Err(fault(path, "expected either `column` or `constant`")),
        }
    }

    fn word<T: Copy>(
        &mut self,
        path: &str,
        spec: Option<&WordSpec>,
        parse: fn(&str) -> Option<T>,
        list: &str,
    ) -> Result<Word<T>, PlanError> {
        let Some(WordSpec(spec)) = spec else { return Ok(Word::None) };
        let word =
            |path: String, text: &str| parse(text).ok_or_else(|| fault(path, format!("\"{text}\" is none of {list}")));
        match (&spec.column, &spec.constant) {
            (None, Some(text)) => word(path.to_owned(), text).map(Word::Constant),
            (Some(column), None) => {
                let mut map = HashMap::new();
                for (text, to) in &spec.map {
                    map.insert(text.to_lowercase(), word(format!("{path}.map.{text}"), to)?);
                }
                let default = spec.default.as_deref().map(|d| word(format!("{path}.default"), d)).transpose()?;
                let known = spec.map.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                let expected = if known.is_empty() { list.to_owned() } else { format!("{known} or one of {list}") };
                let at = self.maybe(path, column, spec.optional)?;
                Ok(at.map_or(Word::None, |at| Word::Column { at, map, parse, default, expected }))
            }
            _ => Err(fault(path, "expected either `column` or `constant`")),
        }
    }

    fn optional_time(&mut self, path: &str, spec: &Option<TimeText>) -> Result<Option<Time>, PlanError> {
        spec.as_ref().map_or(Ok(None), |s| self.time(path, s))
    }

    fn time(&mut self, path: &str, TimeText(spec): &TimeText) -> Result<Option<Time>, PlanError> {
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
            match self.maybe(path, column, spec.optional)? {
                Some(at) => columns.push(at),
                None => return Ok(None),
            }
        }
        Ok(Some(Time { columns, pattern, formats, written }))
    }

    fn case(&mut self, spec: &super::mapping::CaseSpec) -> Result<Case, PlanError> {
        Ok(Case {
            is: CaseMatch { definition: spec.definition.clone(), version: spec.version },
            all: self.tests("case.where", &spec.all)?,
            any: self.tests("case.any", &spec.any)?,
            label: spec.label.as_deref().map(|l| self.column("case.label", l)).transpose()?,
        })
    }

    fn tests(&mut self, path: &str, conditions: &[Condition]) -> Result<Vec<Test>, PlanError> {
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
        let column = self.column(&format!("{path}.column"), &c.column)?;
        match (checks.pop(), checks.is_empty()) {
            (Some(check), true) => Ok(Test { column, check }),
            _ => Err(fault(path, "expected exactly one of equals, in, not_in, matches, empty")),
        }
    }

    /// CSV columns such as `attributes.setting`.
    fn spread(&self, from: Option<&str>) -> Vec<(String, usize)> {
        let Some(from) = from else { return Vec::new() };
        let prefix = format!("{from}.");
        let named = self.columns.iter().enumerate().filter_map(|(i, c)| Some((c.strip_prefix(&prefix)?, i)));
        named.filter(|(name, _)| !is_refused(name)).map(|(name, i)| (name.to_owned(), i)).collect()
    }
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "yes" | "true" | "1" | "y" => Some(true),
        "no" | "false" | "0" | "n" => Some(false),
        _ => None,
    }
}

/// `90m`, `36h` or `2d`.
fn lag(text: Option<&str>) -> Result<Option<Duration>, PlanError> {
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

fn names<T: fmt::Display>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn fault(path: impl Into<String>, message: impl Into<String>) -> PlanError {
    PlanError { path: path.into(), message: message.into() }
}

fn refused(path: impl Into<String>, name: &str) -> PlanError {
    fault(path, format!("the column \"{name}\" is refused: names and enforcement records are not collected"))
}
