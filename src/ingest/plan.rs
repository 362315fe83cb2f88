//! A mapping compiled against the columns of one file: column names become positions, patterns and
//! formats are compiled once, so that a row costs microseconds.

use chrono::Duration;

use super::{
    compile::{Compiler, fault, lag, names, refused, yes_or_no},
    mapping::{FallbackSpec, Mapping},
    spec::TextSpec,
    value::{Case, Test, Text, Time, Word},
};
use crate::domain::{
    event::{EventKind, NaloxoneGiven, Outcome, TimePrecision},
    place::Precision,
    time::Zone,
};

/// Columns that would identify a person or serve enforcement. They are refused wherever they stand.
const REFUSED: [&str; 50] = [
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
    // NEMSIS: names, social security number, date of birth, telephone, e-mail, driver's licence.
    "epatient_02",
    "epatient_03",
    "epatient_04",
    "epatient_12",
    "epatient_17",
    "epatient_18",
    "epatient_19",
    "epatient_20",
    "epatient_21",
    // HL7: the same of the patient, and the next of kin. Age comes from the reader, in whole years.
    "pid_5",
    "pid_6",
    "pid_7",
    "pid_9",
    "pid_13",
    "pid_14",
    "pid_19",
    "pid_20",
    "nk1_2",
    "nk1_4",
    "nk1_5",
    "in1_16",
];

/// Whether a column is one that is never taken in.
pub fn is_refused(column: &str) -> bool {
    // A column made of several (`a+b`), and a part of an HL7 field (`PID-5.1`), is refused as a whole is.
    column.split('+').any(|name| {
        let name = name.trim();
        let hl7 = name.split_once('-').filter(|(segment, _)| segment.len() == 3);
        let name = hl7.and_then(|_| name.split_once('.')).map_or(name, |(field, _)| field);
        let plain: String =
            name.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        REFUSED.contains(&plain.as_str())
    })
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
    /// Empty: every row is a case.
    pub cases: Vec<Case>,
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
        let mut cases = Vec::new();
        for (i, spec) in m.case.iter().enumerate() {
            let path = if m.case.len() == 1 { "case".to_owned() } else { format!("case.{i}") };
            cases.push(c.case(&path, spec)?);
        }
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
            cases,
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

    /// Times of a workbook are ISO 8601 whatever the mapping declares for texts.
    pub(super) fn also_iso(&mut self) {
        self.occurred_at.also_iso();
        for time in [&mut self.reported_at, &mut self.received_at].into_iter().flatten() {
            time.also_iso();
        }
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
