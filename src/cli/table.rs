//! CSV tables given on the command line: a header, columns in any order, and errors that say where.

use std::{path::Path, str::FromStr};

use anyhow::{Context, Result, bail};

use crate::domain::time::Day;

/// A whole table in memory.
pub(super) struct Table {
    name: String,
    header: Vec<String>,
    /// The header in its own letters: where columns are named after units, case is part of the name.
    as_written: Vec<String>,
    rows: Vec<(u64, csv::StringRecord)>,
}

/// One row, with what is needed to say where it stands.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    table: &'a Table,
    line: u64,
    record: &'a csv::StringRecord,
}

impl Table {
    /// # Errors
    /// When the file cannot be read, is not CSV, or lacks one of the `required` columns.
    pub fn read(path: &Path, required: &[&str]) -> Result<Self> {
        let name = path.display().to_string();
        let mut bytes = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes.as_slice());
        let as_written: Vec<String> = match reader.headers() {
            Ok(h) => h.iter().map(str::to_owned).collect(),
            Err(e) => bail!("{name}: line 1: the header cannot be read: {e}"),
        };
        let header: Vec<String> = as_written.iter().map(|h| h.to_lowercase()).collect();
        for column in required {
            if !header.iter().any(|h| h == column) {
                bail!("{name}: line 1: there is no column \"{column}\"; expected {}", required.join(","));
            }
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            match record {
                Ok(r) => rows.push((r.position().map_or(0, csv::Position::line), r)),
                Err(e) => bail!("{name}: {}", csv_problem(&e, header.len())),
            }
        }
        Ok(Self { name, header, as_written, rows })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn has(&self, column: &str) -> bool {
        self.header.iter().any(|h| h == column)
    }

    /// Names of the columns that begin with `prefix`, in the order of the header.
    pub fn columns_with(&self, prefix: &str) -> Vec<&str> {
        self.header.iter().map(String::as_str).filter(|h| h.starts_with(prefix)).collect()
    }

    /// The header in its own letters.
    pub fn header(&self) -> &[String] {
        &self.as_written
    }

    /// Columns that are not among the `known` ones.
    pub fn unknown(&self, known: &[&str]) -> Vec<&str> {
        self.header.iter().map(String::as_str).filter(|h| !known.iter().any(|k| k == h)).collect()
    }

    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, record)| Row { table: self, line: *line, record })
    }
}

impl<'a> Row<'a> {
    /// The text of a column; empty where there is no such column.
    pub fn text(&self, column: &str) -> &'a str {
        self.table.header.iter().position(|h| h == column).and_then(|i| self.record.get(i)).unwrap_or("")
    }

    /// # Errors
    /// When the value is not of the type; `expected` says what would be.
    pub fn parse<T: FromStr>(&self, column: &str, expected: &str) -> Result<T> {
        match self.text(column).parse() {
            Ok(value) => Ok(value),
            Err(_) => bail!(self.wrong(column, expected)),
        }
    }

    /// # Errors
    /// When the value is not an ISO date.
    pub fn day(&self, column: &str) -> Result<Day> {
        self.parse(column, "a date as YYYY-MM-DD")
    }

    /// "cases.csv: line 7, column date: "x" is not …".
    pub fn wrong(&self, column: &str, expected: &str) -> String {
        let text: String = self.text(column).chars().take(40).collect();
        format!("{}: line {}, column {column}: \"{text}\" is not {expected}", self.table.name, self.line)
    }
}

fn csv_problem(error: &csv::Error, columns: usize) -> String {
    let line = error.position().map_or(0, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { len, .. } => {
            format!("line {line}: {len} columns; expected {columns} as in the header")
        }
        csv::ErrorKind::Utf8 { .. } => format!("line {line}: the text is not UTF-8"),
        _ => format!("line {line}: {error}"),
    }
}
