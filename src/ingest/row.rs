//! One row as texts in columns, whatever format it came in. Reused from row to row.

use serde_json::{Map, Value};

/// Fields longer than this are refused: no column of a report is a book.
pub(super) const LONGEST_FIELD: usize = 64 << 10;
/// How much of a field is kept to show in quarantine.
const KEPT: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct Row {
    text: String,
    /// Where each field ends in `text`.
    ends: Vec<usize>,
    pub line: u64,
    /// The `attributes` object of a JSON record.
    pub extra: Map<String, Value>,
}

impl Row {
    pub(super) fn clear(&mut self, line: u64) {
        self.text.clear();
        self.ends.clear();
        self.extra.clear();
        self.line = line;
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Trimmed; empty for a column the row lacks.
    pub(super) fn get(&self, column: usize) -> &str {
        let Some(&end) = self.ends.get(column) else { return "" };
        let start = if column == 0 { 0 } else { self.ends[column - 1] };
        self.text[start..end].trim()
    }

    pub(super) fn push(&mut self, field: &str) {
        self.text.push_str(field);
        self.ends.push(self.text.len());
    }

    pub(super) fn longest_field(&self) -> usize {
        let starts = std::iter::once(&0).chain(&self.ends);
        self.ends.iter().zip(starts).map(|(end, start)| end - start).max().unwrap_or(0)
    }

    pub(super) fn contains(&self, c: char) -> bool {
        self.text.contains(c)
    }

    /// Split one CSV record. A quotation mark counts only where a field begins.
    pub(super) fn split(&mut self, record: &str, delimiter: u8, line: u64) {
        self.clear(line);
        let bytes = record.as_bytes();
        if !bytes.contains(&b'"') {
            for field in record.split(delimiter as char) {
                self.push(field);
            }
            return;
        }
        let mut at = 0;
        loop {
            if bytes.get(at) == Some(&b'"') {
                at = self.quoted(record, at + 1);
            }
            // What follows up to the delimiter: the whole field, or stray text after a closing quote.
            let end = bytes[at..].iter().position(|b| *b == delimiter).map_or(bytes.len(), |n| at + n);
            self.text.push_str(&record[at..end]);
            self.ends.push(self.text.len());
            if end == bytes.len() {
                return;
            }
            at = end + 1;
        }
    }

    /// Take the inside of a quoted field; answers where the text after it begins.
    fn quoted(&mut self, record: &str, mut at: usize) -> usize {
        loop {
            let Some(n) = record[at..].find('"') else {
                self.text.push_str(&record[at..]);
                return record.len();
            };
            self.text.push_str(&record[at..at + n]);
            at += n + 1;
            if !record[at..].starts_with('"') {
                return at;
            }
            self.text.push('"');
            at += 1;
        }
    }

    /// By column name, for quarantine.
    pub(super) fn to_map(&self, columns: &[String]) -> Map<String, Value> {
        let mut map = Map::new();
        for i in 0..self.len() {
            let name = columns.get(i).cloned().unwrap_or_else(|| format!("column {}", i + 1));
            map.insert(name, Value::String(shortened(self.get(i))));
        }
        if !self.extra.is_empty() {
            map.insert("attributes".into(), Value::Object(self.extra.clone()));
        }
        map
    }
}

/// A text cut to what is worth keeping; NUL, which databases refuse, is made visible.
pub(super) fn shortened(text: &str) -> String {
    let short: String = text.chars().take(KEPT).map(|c| if c == '\0' { '␀' } else { c }).collect();
    if short.len() < text.len() && text.chars().count() > KEPT { format!("{short}…") } else { short }
}

/// A JSON value as the text a CSV would hold; objects and arrays as JSON.
pub(super) fn text_of(value: &Value) -> std::borrow::Cow<'_, str> {
    match value {
        Value::Null => "".into(),
        Value::String(s) => s.as_str().into(),
        other => other.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(record: &str) -> Vec<String> {
        let mut row = Row::default();
        row.split(record, b',', 1);
        (0..row.len()).map(|i| row.get(i).to_owned()).collect()
    }

    #[test]
    fn fields_are_split_as_the_csv_standard_says() {
        assert_eq!(fields("a, b ,,c"), ["a", "b", "", "c"]);
        assert_eq!(fields(r#""a,b","say ""no""",x"#), ["a,b", r#"say "no""#, "x"]);
        assert_eq!(fields(r#""a"b,5" pipe,"#), ["ab", "5\" pipe", ""]);
        assert_eq!(fields(r#""open, field"#), ["open, field"]);
        assert_eq!(fields(""), [""]);
    }
}
