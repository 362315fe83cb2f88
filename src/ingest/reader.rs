//! The reader: a stream of bytes in, rows out, one by one, in bounded memory.

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, Read},
};

use serde_json::{Map, Value};
use thiserror::Error;

use super::{
    check::{MappingError, at_key},
    decode,
    fallback::FallbackCounter,
    json::{Elements, fill_row, flattened},
    lines::{Lines, Record, Shape},
    mapping::{Format, Mapping},
    plan::{Columns, Plan},
    read_row::{ReadOptions, RowKind, digest},
    row::{Row, shortened},
};
use crate::domain::{
    event::Report,
    quality::{Reject, RejectReason},
};

/// Why a file can't be read at all. A row never is a reason.
#[derive(Debug, Error)]
pub enum IngestError {
    #[error("reading failed")]
    Io(#[from] io::Error),
    #[error("the file is empty; expected a header line")]
    Empty,
    #[error("line 1: {0}")]
    Header(String),
    /// The mapping asks for what the file lacks. The position is in the mapping.
    #[error("{0}")]
    Mapping(#[from] MappingError),
}

/// More digests of rows than this are not remembered.
const MOST_DIGESTS: usize = 2_000_000;
const MOST_LABELS: usize = 2_000;
const MOST_OWNERS: usize = 200;

pub struct Reader<'r> {
    rows: Rows<'r>,
    plan: Plan,
    options: ReadOptions,
    row: Row,
    read: u64,
    labels: HashMap<String, u64>,
    elsewhere: BTreeMap<String, u64>,
    fallback: Option<FallbackCounter>,
    /// How often each row without an id of its own was seen.
    digests: HashMap<u64, u32>,
    notices: Vec<String>,
}

enum Rows<'r> {
    Csv { lines: Lines<Box<dyn Read + Send + 'r>>, delimiter: u8, transcoded: bool },
    Lines { lines: Lines<Box<dyn Read + Send + 'r>> },
    Json { elements: Elements<Box<dyn Read + Send + 'r>> },
}

/// What the next row is, for who stores it.
#[derive(Debug)]
pub enum Item {
    Report(Box<Report>),
    Reject(Box<Reject>),
}

impl<'r> Reader<'r> {
    /// Open a stream.
    ///
    /// # Errors
    /// When the stream can't be read, is empty, or lacks a column that the mapping needs.
    pub fn open(
        bytes: impl Read + Send + 'r,
        mapping: &Mapping,
        format: Format,
        options: ReadOptions,
    ) -> Result<Self, IngestError> {
        let (bytes, encoding) = decode::open(bytes, mapping.format.encoding)?;
        let located = |e| IngestError::Mapping(at_key(mapping, e));
        let (rows, plan) = match format {
            Format::Csv | Format::Tsv => {
                let mut lines = Lines::new(bytes);
                let declared = mapping.format.delimiter.map(|c| c as u8);
                let tsv = (format == Format::Tsv).then_some(b'\t');
                let (delimiter, header) = header(&mut lines, declared.or(tsv))?;
                let plan = Plan::compile(mapping, Columns::Named(&header)).map_err(located)?;
                (Rows::Csv { lines, delimiter, transcoded: encoding != decode::Encoding::Utf8 }, plan)
            }
            Format::Ndjson => {
                let plan = Plan::compile(mapping, Columns::Any).map_err(located)?;
                (Rows::Lines { lines: Lines::new(bytes) }, plan)
            }
            Format::Json | Format::Geojson => {
                let plan = Plan::compile(mapping, Columns::Any).map_err(located)?;
                (Rows::Json { elements: Elements::new(bytes) }, plan)
            }
        };
        let mut reader = Self::with(rows, plan, options);
        if matches!(reader.rows, Rows::Csv { .. }) {
            let unused: Vec<String> = reader.plan.unused(mapping).into_iter().map(shortened).collect();
            if !unused.is_empty() {
                reader.notices.push(format!("columns not used: {}", unused.join(", ")));
            }
        }
        Ok(reader)
    }

    fn with(rows: Rows<'r>, plan: Plan, options: ReadOptions) -> Self {
        let counts = plan.fallback.filter(|_| !plan.latitude.is_none() && !plan.address.is_none());
        Self {
            rows,
            fallback: counts.map(FallbackCounter::new),
            plan,
            options,
            row: Row::default(),
            read: 0,
            labels: HashMap::new(),
            elsewhere: BTreeMap::new(),
            digests: HashMap::new(),
            notices: Vec::new(),
        }
    }

    /// The next report or reject; rows that are no cases are counted on the way.
    ///
    /// # Errors
    /// When the stream itself fails; what was read until then stands.
    pub fn next_item(&mut self) -> Result<Option<Item>, IngestError> {
        loop {
            match self.fill()? {
                Filled::End => return Ok(None),
                Filled::Row => {
                    self.read += 1;
                    if let Some(item) = self.judge() {
                        return Ok(Some(item));
                    }
                }
                Filled::Bad(reject) => {
                    self.read += 1;
                    return Ok(Some(Item::Reject(reject)));
                }
            }
        }
    }

    fn judge(&mut self) -> Option<Item> {
        if let Some(counter) = &mut self.fallback
            && let Ok(Some(point)) = self.plan.point(&self.row)
        {
            counter.observe(point, self.plan.address(&self.row));
        }
        match self.plan.read(&self.row, &self.options) {
            RowKind::NotCase => {
                let label = self.plan.case.as_ref().and_then(|c| c.label).map_or("", |at| self.row.get(at));
                count(&mut self.labels, if label.is_empty() { "(no label)" } else { label });
                None
            }
            RowKind::Elsewhere(owner) => {
                let owner = if self.elsewhere.len() < MOST_OWNERS { owner } else { "others".into() };
                *self.elsewhere.entry(owner).or_default() += 1;
                None
            }
            RowKind::Reject(reject) => Some(Item::Reject(reject)),
            RowKind::Case(mut report) => {
                if report.record_id.is_empty() {
                    report.record_id = self.row_digest();
                }
                Some(Item::Report(report))
            }
        }
    }

    /// A row without an id is known by its content; of equal rows the second is another record.
    fn row_digest(&mut self) -> String {
        let fields: Vec<&str> = (0..self.row.len()).map(|i| self.row.get(i)).collect();
        let id = digest(&fields);
        let key = u64::from_str_radix(&id[..16], 16).unwrap_or(0);
        if self.digests.len() >= MOST_DIGESTS && !self.digests.contains_key(&key) {
            return id;
        }
        let times = self.digests.entry(key).or_default();
        *times += 1;
        if *times == 1 { id } else { format!("{id}#{times}") }
    }

    /// Rows read so far, whatever became of them.
    pub fn read(&self) -> u64 {
        self.read
    }

    /// Rows that were no cases, by label, most frequent first.
    pub fn not_cases(&self) -> Vec<(String, u64)> {
        let mut out: Vec<_> = self.labels.iter().map(|(l, n)| (l.clone(), *n)).collect();
        out.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        out
    }

    /// Rows that belong to other jurisdictions, by the name they give.
    pub fn elsewhere(&self) -> &BTreeMap<String, u64> {
        &self.elsewhere
    }

    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// What was counted about shared coordinates, where the mapping asks for it.
    pub fn fallback(&self) -> Option<&FallbackCounter> {
        self.fallback.as_ref()
    }

    fn fill(&mut self) -> Result<Filled, IngestError> {
        match &mut self.rows {
            Rows::Csv { lines, delimiter, transcoded } => {
                let Some(record) = lines.next(Some(*delimiter))? else { return Ok(Filled::End) };
                let bytes = lines.bytes(record);
                Ok(csv_row(&mut self.row, record, bytes, *delimiter, *transcoded, &self.plan.columns))
            }
            Rows::Lines { lines } => {
                let Some(record) = lines.next(None)? else { return Ok(Filled::End) };
                if record.shape != Shape::Whole {
                    return Ok(bad(record.line, RejectReason::TooLong, TOO_LONG, lines.bytes(record)));
                }
                Ok(json_row(&mut self.row, lines.bytes(record), record.line, &self.plan))
            }
            Rows::Json { elements } => {
                let Some(element) = elements.next()? else { return Ok(Filled::End) };
                if element.too_long {
                    return Ok(bad(element.line, RejectReason::TooLong, TOO_LONG, &element.bytes));
                }
                if element.cut {
                    let message = "the file ends in the middle of this record";
                    return Ok(bad(element.line, RejectReason::Malformed, message, &element.bytes));
                }
                Ok(json_row(&mut self.row, &element.bytes, element.line, &self.plan))
            }
        }
    }
}

const TOO_LONG: &str = "the record is longer than a mebibyte";

enum Filled {
    End,
    Row,
    Bad(Box<Reject>),
}

fn count(labels: &mut HashMap<String, u64>, label: &str) {
    if let Some(n) = labels.get_mut(label) {
        *n += 1;
    } else {
        let label: String =
            if labels.len() < MOST_LABELS { label.chars().take(120).collect() } else { "(other labels)".into() };
        *labels.entry(label).or_default() += 1;
    }
}

fn bad(line: u64, reason: RejectReason, message: &str, bytes: &[u8]) -> Filled {
    let mut row = Map::new();
    row.insert("raw".into(), shortened(&String::from_utf8_lossy(&bytes[..bytes.len().min(4_000)])).into());
    Filled::Bad(Box::new(Reject { line, reason, field: None, message: message.into(), row }))
}

fn csv_row(row: &mut Row, record: Record, bytes: &[u8], delimiter: u8, transcoded: bool, columns: &[String]) -> Filled {
    match record.shape {
        Shape::TooLong => return bad(record.line, RejectReason::TooLong, TOO_LONG, bytes),
        Shape::OpenQuote => {
            let message = "a quotation mark opens a field and none closes it";
            return bad(record.line, RejectReason::Malformed, message, bytes);
        }
        Shape::Whole => {}
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        let at = std::str::from_utf8(bytes).map_or_else(|e| e.valid_up_to(), |_| 0) + 1;
        let message =
            format!("byte {at} of the line is not UTF-8; declare the encoding in the mapping if it is another");
        return bad(record.line, RejectReason::Encoding, &message, bytes);
    };
    if transcoded && text.contains('\u{FFFD}') {
        return bad(record.line, RejectReason::Encoding, "the line holds bytes that its encoding does not know", bytes);
    }
    row.split(text, delimiter, record.line);
    if row.len() != columns.len() {
        let message = format!("the row has {} fields; the header has {}", row.len(), columns.len());
        return bad(record.line, RejectReason::Malformed, &message, bytes);
    }
    Filled::Row
}

fn json_row(row: &mut Row, bytes: &[u8], line: u64, plan: &Plan) -> Filled {
    let record = match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Object(record)) => record,
        Ok(_) => return bad(line, RejectReason::Malformed, "expected a JSON object", bytes),
        Err(e) if std::str::from_utf8(bytes).is_err() => {
            return bad(line, RejectReason::Encoding, &format!("the record is not UTF-8: {e}"), bytes);
        }
        Err(e) => return bad(line, RejectReason::Malformed, &format!("not JSON: {e}"), bytes),
    };
    match flattened(record) {
        Ok(flat) => {
            fill_row(row, &flat, &plan.columns, plan.attributes_from.as_deref(), line);
            Filled::Row
        }
        Err(message) => bad(line, RejectReason::BadPoint, &message, bytes),
    }
}

/// The delimiter and the names of the columns.
fn header<R: Read>(lines: &mut Lines<R>, declared: Option<u8>) -> Result<(u8, Vec<String>), IngestError> {
    // The delimiter is not known yet, so a header must not span lines before it is; they never do.
    let first = lines.next(None)?.ok_or(IngestError::Empty)?;
    let bytes = lines.bytes(first);
    if first.shape != Shape::Whole {
        return Err(IngestError::Header("the header line is longer than a mebibyte; is this a text file?".into()));
    }
    let text = std::str::from_utf8(bytes)
        .ok()
        .filter(|t| !t.contains('\0'))
        .ok_or_else(|| IngestError::Header("the header is not text in the declared encoding".into()))?;
    if text.starts_with("PK\u{3}\u{4}") {
        return Err(IngestError::Header("this is a zip file or a spreadsheet; save it as CSV".into()));
    }
    let delimiter = declared.unwrap_or_else(|| guess_delimiter(text));
    let mut row = Row::default();
    row.split(text, delimiter, 1);
    let names: Vec<String> = (0..row.len()).map(|i| row.get(i).to_owned()).collect();
    for (i, name) in names.iter().enumerate() {
        if !name.is_empty() && names[..i].contains(name) {
            return Err(IngestError::Header(format!("the column \"{}\" stands twice in the header", shortened(name))));
        }
    }
    Ok((delimiter, names))
}

/// The candidate that occurs most often outside quotation marks; a comma where none does.
fn guess_delimiter(header: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b'\t', 0), (b';', 0), (b'|', 0)];
    for byte in header.bytes() {
        quoted ^= byte == b'"';
        if let Some((_, n)) = counts.iter_mut().find(|(d, _)| !quoted && *d == byte) {
            *n += 1;
        }
    }
    let mut best = counts[0];
    for candidate in counts {
        if candidate.1 > best.1 {
            best = candidate;
        }
    }
    best.0
}

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
        let plan = Plan::compile(mapping, Columns::Any).map_err(|e| IngestError::Mapping(at_key(mapping, e)))?;
        Ok(Self { plan, options, row: Row::default() })
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
