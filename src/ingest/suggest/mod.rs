//! The mapping assistant: a file → a mapping that reads it, with everything that is in doubt.
//!
//! Columns are recognised by their names (`words.rs`) and by what stands in them (`profile.rs`): formats of
//! times are tried out, a time inside a text is compared with the times beside it, coordinates are checked
//! for being swapped, randomised or centres of towns, a list of call types is searched for overdoses. The
//! mapping is then tried on the file, and what it makes of the first rows is shown. Nothing is decided:
//! the answer is a text for a person to read and mend.
//!
//! Limits: the first 20,000 rows are looked at; column names are expected in English and zones in the
//! United States. XML and HL7 documents get the mapping that comes with the service.

mod guess;
mod guess_when;
mod profile;
mod table;
mod times;
mod words;
mod write;
mod zones;

use std::{
    collections::BTreeMap,
    io::{self, Read},
};

use serde::Serialize;

use self::{guess::Guess, table::Table, words::Role};
use super::{Format, Found, IngestError, Item, Mapping, ReadOptions, Reader};
use crate::domain::event::Report;

const NEMSIS: &str = include_str!("../../../data/mappings/nemsis-3.5-ems.toml");
const HL7: &str = include_str!("../../../data/mappings/hl7-adt-ed.toml");

/// Rows that are shown.
const SHOWN: usize = 20;

/// A mapping for a file, and what to know before trusting it.
#[derive(Debug, Clone, Serialize)]
pub struct Suggestion {
    pub found: Found,
    /// Rows that were looked at.
    pub rows_read: u64,
    /// What each column was taken for; columns that are not read say so.
    pub columns: Vec<ColumnUse>,
    pub doubts: Vec<String>,
    /// The first rows as the mapping reads them.
    pub rows: Vec<ParsedRow>,
    pub cases: u64,
    pub not_cases: u64,
    /// Rows that the mapping can't read, by reason, with the message of the first.
    pub rejects: BTreeMap<String, Rejected>,
    /// The mapping as TOML.
    pub mapping: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct ColumnUse {
    pub column: String,
    pub used_as: String,
    /// Its most frequent text.
    pub example: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Rejected {
    pub rows: u64,
    pub line: u64,
    pub message: String,
}

/// A report in short.
#[derive(Debug, Clone, Serialize)]
pub struct ParsedRow {
    pub record_id: String,
    pub kind: String,
    pub occurred_at: String,
    pub time_precision: String,
    pub received_at: Option<String>,
    pub outcome: String,
    pub naloxone: String,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub precision: Option<String>,
    pub place: String,
}

/// Suggest a mapping. `open` opens the stream, twice; `source` is what the feed is called.
///
/// # Errors
/// When the stream can't be read at all.
pub fn suggest<R: Read + Send>(
    open: impl Fn() -> io::Result<R>,
    format: Format,
    source: &str,
    options: ReadOptions,
) -> Result<Suggestion, IngestError> {
    let (found, columns, doubts, text) = match format {
        Format::Xml | Format::Hl7 => {
            let text = if format == Format::Xml { NEMSIS } else { HL7 };
            let doubt = "this is the mapping that comes with the service for such documents; times without an offset are read in the jurisdiction's zone";
            (Found { format: format.as_str(), ..Found::default() }, Vec::new(), vec![doubt.to_owned()], text.to_owned())
        }
        _ => {
            let table = Table::read(open()?, format)?;
            let guess = Guess::of(&table);
            let text = write::mapping(&guess, &table, source);
            (table.found.clone(), uses(&guess), guess.doubts, text)
        }
    };
    let mut suggestion = Suggestion {
        found,
        rows_read: 0,
        columns,
        doubts,
        rows: Vec::new(),
        cases: 0,
        not_cases: 0,
        rejects: BTreeMap::new(),
        mapping: text,
    };
    suggestion.try_out(open()?, format, options)?;
    Ok(suggestion)
}

impl Suggestion {
    /// Read the first rows by the mapping.
    fn try_out(&mut self, bytes: impl Read + Send, format: Format, options: ReadOptions) -> Result<(), IngestError> {
        let mapping = Mapping::parse(&self.mapping, "the suggested mapping")?;
        let mut reader = match Reader::open(bytes, &mapping, format, options) {
            Ok(reader) => reader,
            Err(IngestError::Mapping(e)) => {
                self.doubts.push(format!("the mapping can't be tried out yet: {}", e.message));
                return Ok(());
            }
            Err(e) => return Err(e),
        };
        while reader.read() < table::MOST_ROWS as u64 {
            match reader.next_item()? {
                None => break,
                Some(Item::Report(report)) => {
                    self.cases += 1;
                    if self.rows.len() < SHOWN {
                        self.rows.push(ParsedRow::of(&report));
                    }
                }
                Some(Item::Reject(reject)) => {
                    let rejected = self.rejects.entry(reject.reason.to_string()).or_insert_with(|| Rejected {
                        rows: 0,
                        line: reject.line,
                        message: reject.message.clone(),
                    });
                    rejected.rows += 1;
                }
                Some(Item::NotCase(_) | Item::TakenBack(_)) => {}
            }
        }
        self.rows_read = reader.read();
        self.not_cases = reader.not_cases().iter().map(|(_, n)| n).sum();
        if matches!(format, Format::Xml | Format::Hl7) {
            self.found = reader.found().clone();
        }
        let rejects: u64 = self.rejects.values().map(|r| r.rows).sum();
        if rejects * 10 > self.rows_read {
            self.doubts.push(format!("{rejects} of {} rows can't be read by this mapping", self.rows_read));
        }
        if self.cases == 0 {
            self.doubts.push("no row became a case".into());
        }
        Ok(())
    }
}

impl ParsedRow {
    fn of(r: &Report) -> Self {
        let p = &r.place;
        let texts = [&p.address, &p.town, &p.zip, &p.county, &p.state];
        Self {
            record_id: r.record_id.clone(),
            kind: r.kind.to_string(),
            occurred_at: r.occurred_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            time_precision: r.time_precision.to_string(),
            received_at: r.received_at.map(|at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
            outcome: r.outcome.to_string(),
            naloxone: r.naloxone.to_string(),
            latitude: p.point.map(|p| p.lat()),
            longitude: p.point.map(|p| p.lon()),
            precision: p.stated_precision.map(|p| p.to_string()),
            place: texts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", "),
        }
    }
}

fn uses(guess: &Guess) -> Vec<ColumnUse> {
    let used_as = |at: usize| {
        let mut words: Vec<String> = Vec::new();
        if let Some((role, _)) = guess.roles.iter().find(|(_, c)| **c == at) {
            words.push(label(*role).to_owned());
        }
        if guess.record_id.contains(&at) && !words.iter().any(|w| w == label(Role::RecordId)) {
            words.push(label(Role::RecordId).to_owned());
        }
        if guess.case.as_ref().is_some_and(|(c, _)| *c == at) {
            words.push("case definition".to_owned());
        }
        if guess.attributes.contains(&at) {
            words.push("attribute".to_owned());
        }
        if words.is_empty() { "not read".to_owned() } else { words.join(", ") }
    };
    let uses = guess.profiles.iter().enumerate().map(|(at, p)| {
        let refused = super::is_refused(&p.name);
        let example = p.values.first().filter(|_| !refused).map_or("", |(t, _)| t.as_str());
        ColumnUse { column: p.name.clone(), used_as: used_as(at), example: example.chars().take(60).collect() }
    });
    uses.collect()
}

fn label(role: Role) -> &'static str {
    match role {
        Role::Latitude => "latitude",
        Role::Longitude => "longitude",
        Role::Occurred => "time of the occurrence",
        Role::OccurredTime => "time of day of the occurrence",
        Role::Received => "time of receipt",
        Role::Reported => "time of the report",
        Role::RecordId => "record id",
        Role::Kind => "kind",
        Role::Owner => "jurisdiction",
        Role::Outcome => "outcome",
        Role::Naloxone => "naloxone",
        Role::Quantity => "quantity",
        Role::Withdrawn => "taken back",
        Role::TimePrecision => "precision of the time",
        Role::Precision => "precision of the point",
        Role::Address => "address",
        Role::Town => "town",
        Role::Zip => "ZIP code",
        Role::County => "county",
        Role::State => "state",
    }
}

#[cfg(test)]
#[path = "suggest_tests.rs"]
mod tests;
