//! A sheet of an .xlsx workbook → rows of texts, as a person sees them: a date as a date, a whole number
//! without a decimal point, a ZIP code with the zeros its format shows, an error as `#N/A`.
//!
//! A workbook is a zip of XML and can't be streamed, so it is the one format that is bounded by size and
//! not by row: it is read into memory, every part is unpacked once and only counted, and what would grow
//! beyond [`MOST_UNPACKED`] is refused before anything is parsed (a zip bomb). Dates and times become ISO
//! 8601 whatever the cell's format shows, because `03/04/2024` on the screen is one day in the file.
//!
//! Limits: .xls and password-protected workbooks are not read; formulas answer with the value that was
//! last computed; hidden rows are rows.

use std::{
    io::{self, Cursor, Read},
    panic::{AssertUnwindSafe, catch_unwind},
};

use calamine::{CellErrorType, DataRef, ExcelDateTime, Reader as _, Xlsx};
use chrono::{Duration, NaiveDate, NaiveDateTime, Timelike};

use super::{mapping::XlsxSpec, reader::IngestError};

/// Bytes of a workbook as it comes.
pub(super) const MOST_PACKED: u64 = 64 << 20;
/// Bytes of all its parts together.
pub(super) const MOST_UNPACKED: u64 = 256 << 20;
const MOST_PARTS: usize = 10_000;
const MOST_COLUMNS: u32 = 2_000;
/// A header is looked for in so many rows.
const HEADER_WITHIN: usize = 50;

/// The rows of one sheet, held compactly.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub name: String,
    /// The other sheets of the workbook.
    pub others: Vec<String>,
    pub header_row: u32,
    pub header: Vec<String>,
    text: String,
    /// Column, from 0, and where its text ends.
    cells: Vec<(u32, u32)>,
    /// Row, from 1, and where its cells end.
    rows: Vec<(u32, u32)>,
    next: usize,
}

impl Sheet {
    /// Read a workbook. `wanted` are the column names the mapping asks for; they show which row is the header.
    pub(super) fn read(reader: impl Read, spec: &XlsxSpec, wanted: &[String]) -> Result<Self, IngestError> {
        let mut bytes = Vec::new();
        reader.take(MOST_PACKED + 1).read_to_end(&mut bytes)?;
        if bytes.is_empty() {
            return Err(IngestError::Empty);
        }
        check_size(&bytes)?;
        // The parser counts without looking where a cell calls itself `ZZZZZZZZ1`: what makes it stop is a
        // fault of this file and must not become one of the service.
        let parsed = catch_unwind(AssertUnwindSafe(|| Self::parse(bytes, spec)));
        let mut sheet = parsed.unwrap_or_else(|_| Err(unreadable("a cell, style or text lies out of bounds")))?;
        sheet.find_header(spec.header_row, wanted)?;
        Ok(sheet)
    }

    fn parse(bytes: Vec<u8>, spec: &XlsxSpec) -> Result<Self, IngestError> {
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
        let names = book.sheet_names();
        let name = match &spec.sheet {
            Some(asked) => names.iter().find(|n| *n == asked).cloned().ok_or_else(|| {
                let has = names.iter().map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(", ");
                IngestError::Workbook(format!("there is no sheet \"{asked}\"; the workbook has {has}"))
            })?,
            None => names.first().cloned().ok_or_else(|| IngestError::Workbook("it holds no sheet".into()))?,
        };
        let others = names.into_iter().filter(|n| *n != name).collect();
        let mut sheet = Self { name, others, ..Self::default() };
        sheet.fill(&mut book)?;
        Ok(sheet)
    }

    /// The next row below the header that holds anything: its number, its texts by column of the header,
    /// and how many cells stand outside those columns.
    pub(super) fn next_row(&mut self, mut take: impl FnMut(&str)) -> Option<(u32, u32)> {
        loop {
            let (line, _) = *self.rows.get(self.next)?;
            let at = self.next;
            self.next += 1;
            let columns = self.header.len() as u32;
            let cells: Vec<(u32, &str)> = self.cells_of(at).collect();
            let inside = cells.iter().take_while(|(column, _)| *column < columns).count();
            if inside == 0 {
                continue;
            }
            let mut given = 0;
            for (column, text) in &cells[..inside] {
                (given..*column).for_each(|_| take(""));
                take(text);
                given = column + 1;
            }
            (given..columns).for_each(|_| take(""));
            return Some((line, (cells.len() - inside) as u32));
        }
    }

    fn fill(&mut self, book: &mut Xlsx<Cursor<Vec<u8>>>) -> Result<(), IngestError> {
        let mut reader = book.worksheet_cells_reader(&self.name).map_err(unreadable)?;
        let formats: Vec<Shown> = reader
            .styles()
            .iter()
            .map(|s| Shown::of(s.number_format.as_ref().map_or("General", |f| f.format_code.as_str())))
            .collect();
        while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(unreadable)? {
            let (row, column) = cell.get_position();
            let shown = formats.get(style).copied().unwrap_or_default();
            let text = text_of(cell.get_value(), shown);
            if text.trim().is_empty() {
                continue;
            }
            let line = row.saturating_add(1);
            if column >= MOST_COLUMNS {
                let place = cell_name(column, line);
                let what = format!("cell {place} lies beyond the {MOST_COLUMNS} columns that are read");
                return Err(self.at(&what));
            }
            let last = self.rows.last().map(|(line, _)| *line);
            let last_column = self.cells.last().map(|(column, _)| *column);
            if last.is_some_and(|last| last > line) || last == Some(line) && last_column.is_some_and(|c| c >= column) {
                return Err(self.at(&format!("cell {} comes after cells behind it", cell_name(column, line))));
            }
            self.text.push_str(text.trim());
            let ends =
                u32::try_from(self.text.len()).map_err(|_| self.at("its texts are longer than four gigabytes"))?;
            self.cells.push((column, ends));
            let cells = self.cells.len() as u32;
            match self.rows.last_mut().filter(|(last, _)| *last == line) {
                Some(row) => row.1 = cells,
                None => self.rows.push((line, cells)),
            }
        }
        Ok(())
    }

    /// The row that holds most of the names the mapping asks for; else the first with two texts or more.
    fn find_header(&mut self, asked: Option<u32>, wanted: &[String]) -> Result<(), IngestError> {
        let holds = |at: usize| {
            let known = |text: &str| wanted.iter().any(|w| w.eq_ignore_ascii_case(text));
            self.cells_of(at).filter(|(_, text)| known(text)).count()
        };
        let looked_at = 0..self.rows.len().min(HEADER_WITHIN);
        let at = match asked {
            Some(line) => self
                .rows
                .iter()
                .position(|(l, _)| *l == line)
                .ok_or_else(|| self.at(&format!("row {line}, which the mapping calls the header, is empty")))?,
            None => {
                let best = looked_at.clone().map(|at| (holds(at), at)).max_by_key(|(n, at)| (*n, usize::MAX - at));
                match best {
                    Some((n, at)) if n > 0 => at,
                    Some(_) => looked_at.clone().find(|at| self.cells_of(*at).count() > 1).unwrap_or(0),
                    None => return Err(self.at("it is empty; expected a row of column names")),
                }
            }
        };
        let mut header: Vec<String> = Vec::new();
        for (column, text) in self.cells_of(at) {
            header.resize(column as usize, String::new());
            if let Some(first) = header.iter().position(|h| h == text) {
                let (a, b) = (cell_name(first as u32, self.rows[at].0), cell_name(column, self.rows[at].0));
                return Err(self.at(&format!("the column \"{text}\" stands twice in the header, in {a} and {b}")));
            }
            header.push(text.to_owned());
        }
        self.header_row = self.rows[at].0;
        self.header = header;
        self.next = at + 1;
        Ok(())
    }

    fn cells_of(&self, at: usize) -> impl Iterator<Item = (u32, &str)> {
        let from = if at == 0 { 0 } else { self.rows[at - 1].1 as usize };
        let to = self.rows[at].1 as usize;
        (from..to).map(|i| {
            let start = if i == 0 { 0 } else { self.cells[i - 1].1 as usize };
            (self.cells[i].0, &self.text[start..self.cells[i].1 as usize])
        })
    }

    fn at(&self, what: &str) -> IngestError {
        IngestError::Workbook(format!("sheet \"{}\": {what}", self.name))
    }
}

/// `C12` for column 2 (from 0) and row 12.
pub(super) fn cell_name(column: u32, line: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.push(char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect::<String>() + &line.to_string()
}

/// Unpack every part once, only counting. The sizes that an archive declares may be lies.
fn check_size(bytes: &[u8]) -> Result<(), IngestError> {
    if bytes.len() as u64 > MOST_PACKED {
        let most = MOST_PACKED >> 20;
        return Err(IngestError::Workbook(format!("it is larger than {most} MiB; send such data as CSV")));
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        let what = "it is an old .xls or is protected by a password; save it as an open .xlsx";
        return Err(IngestError::Workbook(what.into()));
    }
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    if zip.len() > MOST_PARTS {
        return Err(IngestError::Workbook(format!("it has {} parts; expected at most {MOST_PARTS}", zip.len())));
    }
    let mut left = MOST_UNPACKED;
    for i in 0..zip.len() {
        let mut part = zip.by_index(i).map_err(unreadable)?.take(left + 1);
        let n = io::copy(&mut part, &mut io::sink()).map_err(unreadable)?;
        left = left.checked_sub(n).ok_or_else(|| {
            let most = MOST_UNPACKED >> 20;
            IngestError::Workbook(format!("it unpacks to more than {most} MiB; send such data as CSV"))
        })?;
    }
    Ok(())
}

fn unreadable(error: impl std::fmt::Display) -> IngestError {
    IngestError::Workbook(format!("it is no .xlsx file, or a damaged one ({error})"))
}

/// What of a cell's format decides how its value reads.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Shown {
    date: bool,
    time: bool,
    /// `00000`: at least so many digits.
    digits: usize,
}

impl Shown {
    fn of(code: &str) -> Self {
        let positive = code.split(';').next().unwrap_or("");
        if !positive.is_empty() && positive.bytes().all(|b| b == b'0') {
            return Self { digits: positive.len(), ..Self::default() };
        }
        // Texts in quotation marks, escaped characters and [colours] are not part of the date.
        let mut plain = String::new();
        let mut chars = positive.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => while chars.next().is_some_and(|c| c != '"') {},
                '[' => while chars.next().is_some_and(|c| c != ']') {},
                '\\' | '_' | '*' => drop(chars.next()),
                c => plain.push(c.to_ascii_lowercase()),
            }
        }
        let plain = plain.replace("general", "");
        Self { date: plain.contains(['y', 'd']), time: plain.contains(['h', 's']), digits: 0 }
    }
}

fn text_of(value: &DataRef, shown: Shown) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(yes) => if *yes { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::Int(n) => format!("{n:0width$}", width = shown.digits),
        DataRef::Float(x) => number_text(*x, shown.digits),
        DataRef::DateTime(at) => date_text(at, shown),
        DataRef::Error(error) => error_text(error).to_owned(),
    }
}

/// As many digits as a spreadsheet keeps (15), without a decimal point where the number is whole.
fn number_text(x: f64, digits: usize) -> String {
    let kept: f64 = format!("{x:.14e}").parse().unwrap_or(x);
    if kept.fract() == 0.0 && kept.abs() < 1e15 {
        return format!("{:0digits$}", kept as i64);
    }
    kept.to_string()
}

fn date_text(at: &ExcelDateTime, shown: Shown) -> String {
    let serial = at.as_f64();
    let plain = || number_text(serial, 0);
    if at.is_duration() || serial < 1.0 && !shown.date {
        let seconds = (serial * 86_400.0).round();
        if !(0.0..1e9).contains(&seconds) {
            return plain();
        }
        let s = seconds as u64;
        return format!("{:02}:{:02}:{:02}", s / 3_600, s / 60 % 60, s % 60);
    }
    let Some(when) = instant(at) else { return plain() };
    let (date, time) = match (shown.date, shown.time) {
        // A format that shows neither (one we can't read): what the value itself holds.
        (false, false) => (true, when.num_seconds_from_midnight() != 0),
        either => either,
    };
    let seconds = if when.nanosecond() == 0 { "%H:%M:%S" } else { "%H:%M:%S%.3f" };
    match (date, time) {
        (true, true) => when.format(&format!("%Y-%m-%d {seconds}")).to_string(),
        (true, false) => when.format("%Y-%m-%d").to_string(),
        (false, _) => when.format(seconds).to_string(),
    }
}

/// A serial number of days, to the millisecond; a rounding error of one is no part of a time.
fn instant(at: &ExcelDateTime) -> Option<NaiveDateTime> {
    if !(0.0..2_958_466.0).contains(&at.as_f64()) {
        return None;
    }
    let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
    let date = NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day))?;
    let whole = date.and_hms_opt(u32::from(hour), u32::from(minute), u32::from(second))?;
    Some(match milli {
        0 | 1 => whole,
        999.. => whole + Duration::seconds(1),
        milli => whole + Duration::milliseconds(i64::from(milli)),
    })
}

fn error_text(error: &CellErrorType) -> &'static str {
    match error {
        CellErrorType::Div0 => "#DIV/0!",
        CellErrorType::NA => "#N/A",
        CellErrorType::Name => "#NAME?",
        CellErrorType::Null => "#NULL!",
        CellErrorType::Num => "#NUM!",
        CellErrorType::Ref => "#REF!",
        CellErrorType::Value => "#VALUE!",
        _ => "#ERROR",
    }
}

#[cfg(test)]
#[path = "xlsx_tests.rs"]
pub(in crate::ingest) mod tests;
