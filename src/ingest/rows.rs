//! Rows of a stream, one by one, whatever its format: each is put as texts into the reader's [`Row`], or is
//! told as a reject when it can't be split.

use std::io::Read;

use serde_json::{Map, Value};

use super::{
    check::at_key,
    decode,
    fields::Fields,
    found::{Found, FoundBy},
    hl7::{self, Messages},
    json::{Elements, fill_row, flattened},
    lines::{Lines, Record, Shape},
    mapping::{Format, Mapping},
    plan::{Columns, Plan},
    reader::IngestError,
    row::{Row, shortened},
    sniff,
    xlsx::{Sheet, cell_name},
    xml::{self, NEMSIS_RECORD, XmlFault, XmlRecords},
};
use crate::domain::quality::{Reject, RejectReason};

type Bytes<'r> = Box<dyn Read + Send + 'r>;

pub(super) enum Rows<'r> {
    Csv {
        lines: Lines<Bytes<'r>>,
        delimiter: u8,
        transcoded: bool,
    },
    Lines {
        lines: Lines<Bytes<'r>>,
    },
    Json {
        elements: Elements<Bytes<'r>>,
    },
    Sheet {
        sheet: Box<Sheet>,
        /// Cells beside the table.
        outside: u64,
    },
    Xml {
        records: XmlRecords<Bytes<'r>>,
    },
    Hl7 {
        messages: Messages<Bytes<'r>>,
        begun: bool,
    },
}

pub(super) enum Filled {
    End,
    Row,
    Bad(Box<Reject>),
}

const TOO_LONG: &str = "the record is longer than a mebibyte";

/// Open a stream: its rows, the plan made for its columns, and what was found out about it.
pub(super) fn open<'r>(
    bytes: impl Read + Send + 'r,
    mapping: &Mapping,
    format: Format,
) -> Result<(Rows<'r>, Plan, Found), IngestError> {
    let located = |e| IngestError::Mapping(at_key(mapping, e));
    let any = || Plan::compile(mapping, Columns::Any).map_err(located);
    let mut found = Found { format: format.as_str(), ..Found::default() };
    if format == Format::Xlsx {
        let sheet = Sheet::read(bytes, &mapping.xlsx, &any()?.columns)?;
        let mut plan = Plan::compile(mapping, Columns::Named(&sheet.header)).map_err(located)?;
        plan.also_iso();
        found.sheet = Some(sheet.name.clone());
        found.header_row = Some(sheet.header_row);
        found.other_sheets.clone_from(&sheet.others);
        found.columns = Some(sheet.header.len());
        return Ok((Rows::Sheet { sheet: Box::new(sheet), outside: 0 }, plan, found));
    }
    let opened = decode::open(bytes, mapping.format.encoding)?;
    (found.encoding, found.encoding_by) = (Some(opened.encoding), Some(opened.by));
    let bytes = opened.bytes;
    let (rows, plan) = match format {
        Format::Csv | Format::Tsv => {
            let mut lines = Lines::new(bytes);
            let declared = mapping.format.delimiter.map(|c| c as u8);
            let tsv = (format == Format::Tsv).then_some(b'\t');
            let (delimiter, header) = header(&mut lines, declared.or(tsv))?;
            let plan = Plan::compile(mapping, Columns::Named(&header)).map_err(located)?;
            found_table(&mut found, delimiter, &header, &lines);
            found.delimiter_by = Some(match (declared, tsv) {
                (Some(_), _) => FoundBy::Mapping,
                (None, Some(_)) => FoundBy::Usual,
                (None, None) => FoundBy::Content,
            });
            (Rows::Csv { lines, delimiter, transcoded: opened.encoding != decode::Encoding::Utf8 }, plan)
        }
        Format::Ndjson => (Rows::Lines { lines: Lines::new(bytes) }, any()?),
        Format::Json | Format::Geojson => (Rows::Json { elements: Elements::new(bytes) }, any()?),
        Format::Xml => {
            let record = mapping.xml.record.as_deref().unwrap_or(NEMSIS_RECORD);
            found.record = Some(record.to_owned());
            (Rows::Xml { records: XmlRecords::new(bytes, record) }, any()?)
        }
        Format::Hl7 | Format::Xlsx => (Rows::Hl7 { messages: Messages::new(bytes), begun: false }, any()?),
    };
    Ok((rows, plan, found))
}

impl Rows<'_> {
    pub(super) fn fill(&mut self, row: &mut Row, plan: &Plan) -> Result<Filled, IngestError> {
        match self {
            Self::Csv { lines, delimiter, transcoded } => {
                let Some(record) = lines.next(Some(*delimiter))? else { return Ok(Filled::End) };
                let bytes = lines.bytes(record);
                Ok(csv_row(row, record, bytes, *delimiter, *transcoded, &plan.columns))
            }
            Self::Lines { lines } => {
                let Some(record) = lines.next(None)? else { return Ok(Filled::End) };
                if record.shape != Shape::Whole {
                    return Ok(bad(record.line, RejectReason::TooLong, TOO_LONG, lines.bytes(record)));
                }
                Ok(json_row(row, lines.bytes(record), record.line, plan))
            }
            Self::Json { elements } => {
                let Some(element) = elements.next()? else { return Ok(Filled::End) };
                if element.too_long {
                    return Ok(bad(element.line, RejectReason::TooLong, TOO_LONG, &element.bytes));
                }
                if element.cut {
                    let message = "the file ends in the middle of this record";
                    return Ok(bad(element.line, RejectReason::Malformed, message, &element.bytes));
                }
                Ok(json_row(row, &element.bytes, element.line, plan))
            }
            Self::Sheet { sheet, outside } => {
                row.clear(0);
                let Some((line, beside)) = sheet.next_row(|text| row.push(text)) else { return Ok(Filled::End) };
                row.line = u64::from(line);
                *outside += u64::from(beside);
                Ok(Filled::Row)
            }
            Self::Xml { records } => xml_row(row, records, plan),
            Self::Hl7 { messages, begun } => {
                let Some(message) = messages.next()? else { return Ok(Filled::End) };
                if !*begun && !message.looks_like_hl7() {
                    let what = "this is not HL7 version 2; expected a segment such as MSH|^~\\&|…";
                    return Err(IngestError::Document(message.line, what.into()));
                }
                *begun = true;
                if message.too_long {
                    return Ok(untold(message.line, RejectReason::TooLong, "the message is longer than 4 mebibytes"));
                }
                match hl7::fields_of(&message) {
                    Ok(fields) => {
                        fields_row(row, &fields, message.line, plan);
                        Ok(Filled::Row)
                    }
                    Err(why) => Ok(untold(message.line, RejectReason::Malformed, &why)),
                }
            }
        }
    }

    /// A reject of this row as people find it: in a sheet by its cell.
    pub(super) fn place(&self, reject: &mut Reject, columns: &[String]) {
        let Self::Sheet { sheet, .. } = self else { return };
        let at = reject.field.as_ref().and_then(|f| columns.iter().position(|c| c == f));
        let line = u32::try_from(reject.line).unwrap_or(u32::MAX);
        let cell = at.map_or_else(|| format!("row {line}"), |at| format!("cell {}", cell_name(at as u32, line)));
        reject.message = format!("sheet \"{}\", {cell}: {}", sheet.name, reject.message);
    }

    /// What is worth telling after the last row.
    pub(super) fn notice(&self) -> Option<String> {
        match self {
            Self::Sheet { outside, .. } if *outside > 0 => {
                Some(format!("{outside} cells stand to the right of the last column name and were not read"))
            }
            _ => None,
        }
    }
}

fn xml_row(row: &mut Row, records: &mut XmlRecords<Bytes>, plan: &Plan) -> Result<Filled, IngestError> {
    let record = match records.next() {
        Ok(Some(record)) => record,
        Ok(None) => return Ok(Filled::End),
        Err(XmlFault::Io(e)) => return Err(e.into()),
        Err(XmlFault::Refused(line, why)) => return Err(IngestError::Document(line, why)),
    };
    if record.too_long {
        return Ok(untold(record.line, RejectReason::TooLong, "the record is longer than 4 mebibytes"));
    }
    if record.cut {
        return Ok(untold(record.line, RejectReason::Malformed, "the record has no end tag"));
    }
    let Ok(text) = std::str::from_utf8(&record.bytes) else {
        let message = "the record is not UTF-8; declare the encoding in the document or the mapping";
        return Ok(untold(record.line, RejectReason::Encoding, message));
    };
    match xml::fields_of(text) {
        Ok(fields) => {
            fields_row(row, &fields, record.line, plan);
            Ok(Filled::Row)
        }
        Err(why) => Ok(untold(record.line, RejectReason::Malformed, &why)),
    }
}

fn fields_row(row: &mut Row, fields: &Fields, line: u64, plan: &Plan) {
    row.clear(line);
    for column in &plan.columns {
        row.push(&fields.column(column));
    }
}

/// A reject that keeps nothing of its record, because a record that can't be read may name a patient.
fn untold(line: u64, reason: RejectReason, message: &str) -> Filled {
    let mut row = Map::new();
    row.insert("raw".into(), "(not kept: it may name a patient)".into());
    Filled::Bad(Box::new(Reject { line, reason, field: None, message: message.into(), row }))
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

pub(super) fn found_table<R: Read>(found: &mut Found, delimiter: u8, header: &[String], lines: &Lines<R>) {
    found.delimiter = Some(if delimiter == b'\t' { "tab".into() } else { char::from(delimiter).to_string() });
    found.delimiter_by = Some(FoundBy::Content);
    found.quoted = Some(lines.ahead().contains(&b'"'));
    found.columns = Some(header.len());
}

/// The delimiter and the names of the columns.
pub(super) fn header<R: Read>(lines: &mut Lines<R>, declared: Option<u8>) -> Result<(u8, Vec<String>), IngestError> {
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
        return Err(IngestError::Header(
            "this is a zip file or a spreadsheet; name it .xlsx, or save it as CSV".into(),
        ));
    }
    let delimiter = declared.unwrap_or_else(|| sniff::delimiter(text, lines.ahead()));
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
