//! JSON records from a stream of bytes: one array, `{"items": […]}`, GeoJSON features, one object, or
//! objects one after another (NDJSON). Elements are cut out of the stream by counting brackets, so an
//! array of any length is read in the memory of its largest element.

use std::io::{self, Read};

use serde_json::{Map, Value};

use super::{
    byte_stream::ByteStream,
    lines::LONGEST_LINE,
    row::{Row, text_of},
};

/// Keys under which an object may hold its records.
const LISTS: [&str; 5] = ["items", "features", "events", "records", "data"];

/// One element as bytes.
pub(super) struct Element {
    /// Line on which it starts, from 1.
    pub line: u64,
    pub bytes: Vec<u8>,
    pub too_long: bool,
    /// The stream ended inside it.
    pub cut: bool,
}

pub(super) struct Elements<R> {
    stream: ByteStream<R>,
    /// Inside a list: elements end at its `]`.
    in_list: bool,
    /// The list stands inside an object.
    wrapped: bool,
}

impl<R: Read> Elements<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { stream: ByteStream::new(reader), in_list: false, wrapped: false }
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Element>> {
        while let Some(byte) = self.stream.peek()? {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b',' | b'}' => self.stream.skip(),
                b']' => {
                    self.stream.skip();
                    self.in_list = false;
                    if self.wrapped {
                        self.drain()?;
                    }
                }
                b'[' if !self.in_list => {
                    self.stream.skip();
                    self.in_list = true;
                }
                _ => {
                    if let Some(element) = self.element()? {
                        return Ok(Some(element));
                    }
                }
            }
        }
        Ok(None)
    }

    /// What follows the list inside its object (a cursor, counts) is not ours to read.
    fn drain(&mut self) -> io::Result<()> {
        while self.stream.peek()?.is_some() {
            self.stream.skip_buffer();
        }
        Ok(())
    }

    /// Take one value. An object at top level that turns out to hold a list is entered instead: `None`.
    fn element(&mut self) -> io::Result<Option<Element>> {
        let mut e = Element { line: self.stream.line, bytes: Vec::new(), too_long: false, cut: false };
        let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
        // The last complete string, for recognising `"items": [`.
        let (mut key, mut key_start) = (None::<Vec<u8>>, 0);
        loop {
            let Some(byte) = self.stream.peek()? else {
                e.cut = depth > 0 || in_string;
                return Ok(Some(e));
            };
            if depth == 0 && !in_string && !e.bytes.is_empty() && matches!(byte, b',' | b']' | b'}' | b'\n' | b':') {
                return Ok(Some(e));
            }
            if !self.in_list && depth == 1 && !in_string && byte == b'[' && key.as_deref().is_some_and(is_list) {
                self.stream.skip();
                (self.in_list, self.wrapped) = (true, true);
                return Ok(None);
            }
            self.stream.skip();
            if e.bytes.len() < LONGEST_LINE {
                e.bytes.push(byte);
            } else {
                e.too_long = true;
            }
            if in_string {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' => escaped = true,
                    b'"' => {
                        in_string = false;
                        if depth == 1 {
                            key = e.bytes.get(key_start..e.bytes.len() - 1).map(<[u8]>::to_vec);
                        }
                        if depth == 0 {
                            return Ok(Some(e));
                        }
                    }
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => {
                    in_string = true;
                    key_start = e.bytes.len();
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Ok(Some(e));
                    }
                }
                b',' => key = None,
                _ => {}
            }
        }
    }
}

fn is_list(key: &[u8]) -> bool {
    LISTS.iter().any(|l| l.as_bytes() == key)
}

/// A GeoJSON feature as a flat record: its properties, its id, its point as `longitude` and `latitude`.
/// Anything else is left as it is.
///
/// # Errors
/// When the geometry is not a point.
pub(super) fn flattened(mut record: Map<String, Value>) -> Result<Map<String, Value>, String> {
    if record.get("type").and_then(Value::as_str) != Some("Feature") {
        return Ok(record);
    }
    let mut flat = match record.remove("properties") {
        Some(Value::Object(properties)) => properties,
        _ => Map::new(),
    };
    if let Some(id) = record.remove("id")
        && !flat.contains_key("id")
    {
        flat.insert("id".into(), id);
    }
    if let Some(Value::Object(geometry)) = record.get("geometry") {
        let kind = geometry.get("type").and_then(Value::as_str).unwrap_or("");
        let position = geometry.get("coordinates").and_then(Value::as_array).filter(|c| c.len() >= 2);
        let (Some(position), "Point") = (position, kind) else {
            return Err(format!("the geometry is \"{kind}\"; expected a Point"));
        };
        flat.insert("longitude".into(), position[0].clone());
        flat.insert("latitude".into(), position[1].clone());
    }
    Ok(flat)
}

/// Put a record's fields into the columns that the plan reads; names may be dotted paths.
pub(super) fn fill_row(row: &mut Row, record: &Map<String, Value>, columns: &[String], extra: Option<&str>, line: u64) {
    row.clear(line);
    for column in columns {
        row.push(&lookup(record, column).map(text_of).unwrap_or_default());
    }
    if let Some(Value::Object(more)) = extra.and_then(|e| record.get(e)) {
        row.extra = more.clone();
    }
}

fn lookup<'v>(record: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    if let Some(value) = record.get(path) {
        return Some(value);
    }
    let (head, rest) = path.split_once('.')?;
    lookup(record.get(head)?.as_object()?, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(u64, String)> {
        let mut elements = Elements::new(text.as_bytes());
        let mut out = Vec::new();
        while let Some(e) = elements.next().unwrap() {
            let mark = if e.cut { "CUT " } else { "" };
            out.push((e.line, format!("{mark}{}", String::from_utf8(e.bytes).unwrap())));
        }
        out
    }

    #[test]
    fn records_are_found_in_every_usual_wrapping() {
        let two = [(1, r#"{"a":"]}"}"#.to_owned()), (1, r#"{"b":[1]}"#.to_owned())];
        assert_eq!(all(r#"[{"a":"]}"},{"b":[1]}]"#), two);
        assert_eq!(all(r#"{"items":[{"a":"]}"},{"b":[1]}],"next":null}"#), two);
        assert_eq!(all(r#"{"type":"FeatureCollection","bbox":[1,2],"features":[{"a":"]}"},{"b":[1]}]}"#), two);
        assert_eq!(all(r#"{"a":"]}"} {"b":[1]}"#), two);
        assert_eq!(all("{\"a\":1}\n\n{\"b\":2}\n"), [(1, "{\"a\":1}".into()), (3, "{\"b\":2}".into())]);
        assert_eq!(all(""), []);
    }

    #[test]
    fn a_stream_that_breaks_off_says_so() {
        assert_eq!(all(r#"[{"a":1},{"b":"x"#), [(1, r#"{"a":1}"#.into()), (1, r#"CUT {"b":"x"#.into())]);
    }

    #[test]
    fn a_feature_becomes_a_flat_record() {
        let feature = r#"{"type":"Feature","id":7,"properties":{"kind":"overdose"},"geometry":{"type":"Point","coordinates":[-68.7,44.8]}}"#;
        let flat = flattened(serde_json::from_str(feature).unwrap()).unwrap();
        assert_eq!(Value::Object(flat).to_string(), r#"{"kind":"overdose","id":7,"longitude":-68.7,"latitude":44.8}"#);
        let polygon = r#"{"type":"Feature","geometry":{"type":"Polygon","coordinates":[]}}"#;
        assert!(flattened(serde_json::from_str(polygon).unwrap()).is_err());
    }
}
