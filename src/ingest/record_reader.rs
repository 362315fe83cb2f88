//! One record at a time, as named fields: an API request, or a quarantined row that was mended.

use serde_json::{Map, Value};

use super::{
    check::at_key,
    digest::digest,
    json::{fill_row, flattened},
    mapping::Mapping,
    plan::{Columns, Plan},
    read_row::{ReadOptions, RowKind},
    reader::IngestError,
    row::{Row, shortened, text_of},
};
use crate::domain::quality::{Reject, RejectReason};

/// Read one record that came as named fields: an API request, or a quarantined row that was mended.
///
/// # Errors
/// The reject, when the record can't be read.
pub struct RecordReader {
    plan: Plan,
    options: ReadOptions,
    row: Row,
}

impl RecordReader {
    /// # Errors
    /// When the mapping is not consistent in itself.
    pub fn new(mapping: &Mapping, options: ReadOptions) -> Result<Self, IngestError> {
        let mut plan = Plan::compile(mapping, Columns::Any).map_err(|e| IngestError::Mapping(at_key(mapping, e)))?;
        // A row of a workbook comes with such times, and whoever mends one may write them.
        plan.also_iso();
        Ok(Self { plan, options, row: Row::default() })
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// A row that waited, of a file whose rows are texts in columns: without an id of its own it is known by all of its
    /// columns, as it would have been in the file. `nth` tells equal rows apart, from 1.
    pub fn read_kept(&mut self, row: Map<String, Value>, line: u64, nth: impl FnOnce() -> String) -> RowKind {
        let fields: Vec<String> = row.values().map(|v| text_of(v).trim().to_owned()).collect();
        let whole = digest(&fields.iter().map(String::as_str).collect::<Vec<_>>());
        let own_id = !self.plan.record_id.is_empty();
        match self.read(row, line) {
            RowKind::Case(mut report) if !own_id => {
                report.record_id = whole + &nth();
                RowKind::Case(report)
            }
            other => other,
        }
    }

    /// `line` is the record's number. A record without an id is known by its content.
    pub fn read(&mut self, record: Map<String, Value>, line: u64) -> RowKind {
        let kept = record.clone();
        let record = match flattened(record) {
            Ok(record) => record,
            Err(message) => {
                let reject = Reject { line, reason: RejectReason::BadPoint, field: None, message, row: kept };
                return RowKind::Reject(Box::new(reject));
            }
        };
        fill_row(&mut self.row, &record, &self.plan.columns, self.plan.attributes_from.as_deref(), line);
        match self.plan.read(&self.row, &self.options) {
            RowKind::Case(mut report) => {
                if report.record_id.is_empty() {
                    let fields: Vec<&str> = (0..self.row.len()).map(|i| self.row.get(i)).collect();
                    report.record_id = digest(&fields);
                }
                RowKind::Case(report)
            }
            RowKind::Reject(mut reject) => {
                // Show what came, not only the columns that are read.
                reject.row = kept.into_iter().map(|(k, v)| (shortened(&k), cut(v))).collect();
                RowKind::Reject(reject)
            }
            other => other,
        }
    }
}

fn cut(value: Value) -> Value {
    match value {
        Value::String(s) => Value::String(shortened(&s)),
        other => other,
    }
}
