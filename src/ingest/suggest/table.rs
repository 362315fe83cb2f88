//! The first rows of a file as texts in named columns, whatever its format.

use std::io::Read;

use serde_json::{Map, Value};

use super::super::{
    decode,
    found::Found,
    json::{Elements, flattened},
    lines::{Lines, Shape},
    mapping::{Format, XlsxSpec},
    plan::is_refused,
    reader::IngestError,
    row::{LONGEST_FIELD, Row, text_of},
    rows,
    xlsx::Sheet,
};
use super::words;

/// So many rows are looked at.
pub(super) const MOST_ROWS: usize = 20_000;
/// And so many bytes of them.
const MOST_BYTES: usize = 48 << 20;
const MOST_COLUMNS: usize = 500;

#[derive(Debug, Default)]
pub(super) struct Table {
    pub found: Found,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
    bytes: usize,
}

impl Table {
    pub(super) fn read(bytes: impl Read + Send, format: Format) -> Result<Self, IngestError> {
        let mut table = Self { found: Found { format: format.as_str(), ..Found::default() }, ..Self::default() };
        if format == Format::Xlsx {
            table.sheet(bytes)?;
            return Ok(table);
        }
        let opened = decode::open(bytes, None)?;
        (table.found.encoding, table.found.encoding_by) = (Some(opened.encoding), Some(opened.by));
        match format {
            Format::Csv | Format::Tsv => table.separated(opened.bytes, format)?,
            Format::Ndjson => {
                let mut lines = Lines::new(opened.bytes);
                while let Some(record) = lines.next(None)?.filter(|_| !table.is_full()) {
                    table.record(lines.bytes(record));
                }
            }
            _ => {
                let mut elements = Elements::new(opened.bytes);
                while let Some(element) = elements.next()?.filter(|_| !table.is_full()) {
                    table.record(&element.bytes);
                }
            }
        }
        // A column that only later rows have is empty in the first ones.
        let width = table.columns.len();
        table.rows.iter_mut().for_each(|r| r.resize(width, String::new()));
        Ok(table)
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= MOST_ROWS || self.bytes >= MOST_BYTES
    }

    fn push(&mut self, row: Vec<String>) {
        self.bytes += row.iter().map(String::len).sum::<usize>();
        self.rows.push(row);
    }

    fn sheet(&mut self, bytes: impl Read) -> Result<(), IngestError> {
        let mut sheet = Sheet::read(bytes, &XlsxSpec::default(), &words::usual_columns())?;
        self.columns.clone_from(&sheet.header);
        self.found.sheet = Some(sheet.name.clone());
        self.found.header_row = Some(sheet.header_row);
        self.found.other_sheets.clone_from(&sheet.others);
        loop {
            let mut row = Vec::new();
            if self.is_full() || sheet.next_row(|t| row.push(t.to_owned())).is_none() {
                return Ok(());
            }
            self.push(row);
        }
    }

    fn separated(&mut self, bytes: Box<dyn Read + Send + '_>, format: Format) -> Result<(), IngestError> {
        let mut lines = Lines::new(bytes);
        let (delimiter, header) = rows::header(&mut lines, (format == Format::Tsv).then_some(b'\t'))?;
        rows::found_table(&mut self.found, delimiter, &header, &lines);
        self.columns = header;
        let mut row = Row::default();
        while let Some(record) = lines.next(Some(delimiter))?.filter(|_| !self.is_full()) {
            let text = String::from_utf8_lossy(lines.bytes(record));
            row.split(&text, delimiter, record.line);
            if record.shape == Shape::Whole && row.len() == self.columns.len() && row.longest_field() <= LONGEST_FIELD {
                self.push((0..row.len()).map(|i| row.get(i).to_owned()).collect());
            }
        }
        Ok(())
    }

    /// A JSON record; nested objects become dotted names.
    fn record(&mut self, bytes: &[u8]) {
        let Ok(Value::Object(record)) = serde_json::from_slice::<Value>(bytes) else { return };
        let Ok(record) = flattened(record) else { return };
        let mut row = vec![String::new(); self.columns.len()];
        self.fields("", &record, &mut row);
        self.push(row);
    }

    fn fields(&mut self, prefix: &str, record: &Map<String, Value>, row: &mut Vec<String>) {
        for (name, value) in record {
            let name = format!("{prefix}{name}");
            if let Value::Object(inner) = value
                && prefix.len() < 100
            {
                self.fields(&format!("{name}."), inner, row);
                continue;
            }
            let known = self.columns.iter().position(|c| *c == name);
            let at = match known {
                Some(at) => at,
                None if self.columns.len() < MOST_COLUMNS => {
                    self.columns.push(name);
                    row.push(String::new());
                    self.columns.len() - 1
                }
                None => continue,
            };
            row[at] = text_of(value).trim().chars().take(LONGEST_FIELD).collect();
        }
    }

    /// Texts of a column that are not empty.
    pub(super) fn texts(&self, at: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(move |r| r.get(at)).map(String::as_str).filter(|t| !t.is_empty())
    }

    pub(super) fn get(&self, row: usize, at: usize) -> &str {
        self.rows[row].get(at).map_or("", String::as_str)
    }

    /// Columns that name a person or serve enforcement: never read, only told.
    pub(super) fn refused(&self) -> Vec<&str> {
        self.columns.iter().map(String::as_str).filter(|c| is_refused(c)).collect()
    }
}
