//! Rows out of a request's body: a JSON object, an array, or one object per line.
//!
//! What is no object can't be an event, but it is somebody's row: it goes into quarantine with its line.

use serde_json::{Map, Value};

use super::problem::Problem;
use crate::domain::quality::{Reject, RejectReason};

/// Rows by their line, from 1.
#[derive(Debug, Default, PartialEq)]
pub struct Rows {
    pub good: Vec<(u64, Map<String, Value>)>,
    pub bad: Vec<Reject>,
}

impl Rows {
    fn put(&mut self, line: u64, value: Value) {
        match value {
            Value::Object(row) => self.good.push((line, row)),
            other => self.bad.push(reject(line, RejectReason::Malformed, "expected a JSON object", other)),
        }
    }
}

/// # Errors
/// 422 when the body is neither an object nor an array.
pub fn values(body: Value) -> Result<Rows, Problem> {
    let mut rows = Rows::default();
    match body {
        Value::Array(items) => items.into_iter().zip(1..).for_each(|(item, line)| rows.put(line, item)),
        Value::Object(_) => rows.put(1, body),
        _ => return Err(Problem::field("body", "expected an event or an array of events")),
    }
    Ok(rows)
}

/// Empty lines are skipped, and counted as lines.
pub fn lines(body: &[u8]) -> Rows {
    let mut rows = Rows::default();
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    for (line, bytes) in (1..).zip(body.split(|b| *b == b'\n')) {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match (std::str::from_utf8(bytes), serde_json::from_slice(bytes)) {
            (Err(_), _) => {
                let raw = Value::String(String::from_utf8_lossy(bytes).into_owned());
                rows.bad.push(reject(line, RejectReason::Encoding, "the line is not UTF-8", raw));
            }
            (Ok(_), Ok(value)) => rows.put(line, value),
            (Ok(text), Err(e)) => {
                let message = format!("the line is not JSON: column {}", e.column());
                rows.bad.push(reject(line, RejectReason::Malformed, &message, Value::String(text.to_owned())));
            }
        }
    }
    rows
}

fn reject(line: u64, reason: RejectReason, message: &str, raw: Value) -> Reject {
    let row = Map::from_iter([("raw".to_owned(), raw)]);
    Reject { line, reason, field: None, message: message.to_owned(), row }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_lines_are_kept_beside_bad_ones_with_their_numbers() {
        let rows = lines(b"{\"event_id\":\"a\"}\n\n{broken\n\xff\xfe\n[1]\n{\"event_id\":\"b\"}\r\n");
        assert_eq!(rows.good.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [1, 6]);
        let bad: Vec<_> = rows.bad.iter().map(|r| (r.line, r.reason)).collect();
        use RejectReason::{Encoding, Malformed};
        assert_eq!(bad, [(3, Malformed), (4, Encoding), (5, Malformed)]);
    }

    #[test]
    fn an_object_is_one_row_and_a_number_is_none() {
        assert_eq!(values(serde_json::json!({"a": 1})).unwrap().good.len(), 1);
        assert_eq!(values(serde_json::json!([{}, 7])).unwrap().bad[0].line, 2);
        assert_eq!(values(serde_json::json!(7)).unwrap_err().status, 422);
    }
}
