//! What a row that could not be read has in common with others: the pattern of its fault, and its ids.
//!
//! The pattern is the sentence about the fault with the row's own figures taken out of it (`"2017-13-45" is not a time` and
//! `"2018-14-02" is not a time` are one), or, for a time that lies ahead, how far ahead it lies. A word that has no meaning
//! keeps its text: each such word is a group of its own, since each needs a meaning of its own.

use chrono::{DateTime, Duration, Months, Utc};

use super::{
    ids::{GroupId, JurisdictionId, RejectId, SourceId},
    quality::{Reject, RejectReason},
};

/// Longer patterns are cut: they are shown in one line.
const LONGEST_PATTERN: usize = 160;
/// A clock of the wrong zone is no further ahead than this.
const HOURS_AHEAD: i64 = 26;
const DAYS_AHEAD: i64 = 31;

/// The group that a row belongs to.
pub fn group_id(source: &SourceId, reason: RejectReason, field: Option<&str>, pattern: &str) -> GroupId {
    GroupId::derived(&[source.as_str(), reason.as_str(), field.unwrap_or(""), pattern])
}

/// What the row has in common with others of its group.
pub fn pattern_of(reject: &Reject, received_at: DateTime<Utc>) -> String {
    let message = without_place(&reject.message);
    let pattern = match reject.reason {
        RejectReason::FutureTime => ahead(message, received_at).unwrap_or_else(|| shape(message, false)),
        RejectReason::UnknownValue => shape(&message.to_lowercase(), true),
        _ => shape(message, false),
    };
    pattern.chars().take(LONGEST_PATTERN).collect()
}

/// The id of a row in quarantine: a function of what it holds and of how many equal rows stand before it (from 1), so a
/// file that is sent again adds none and two equal bad rows stay two.
pub fn reject_id(jurisdiction: &JurisdictionId, source: &SourceId, reject: &Reject, nth: u32) -> RejectId {
    let content = serde_json::to_string(&(reject.reason, &reject.field, &reject.message, &reject.row))
        .expect("plain data with text keys always has a JSON form");
    RejectId::derived(&[jurisdiction.as_str(), source.as_str(), &content, &nth.to_string()])
}

/// A workbook's faults begin with the cell, which is another for every row.
pub(super) fn without_place(message: &str) -> &str {
    let after = |mark: &str| message.find(mark).and_then(|at| message[at..].find(": ").map(|n| at + n + 2));
    let in_sheet = message.starts_with("sheet \"");
    in_sheet.then(|| after("\", cell ").or_else(|| after("\", row "))).flatten().map_or(message, |at| &message[at..])
}

/// "2017-05-03T10:00:00Z lies in the future" → how far.
fn ahead(message: &str, received_at: DateTime<Utc>) -> Option<String> {
    let at: DateTime<Utc> = message.split_once(' ')?.0.parse().ok()?;
    let by = at - received_at;
    if by <= Duration::hours(HOURS_AHEAD) {
        return Some("ahead by hours".into());
    }
    if by <= Duration::days(DAYS_AHEAD) {
        return Some("ahead by days".into());
    }
    let years = (1..=200u32).find(|n| at.checked_sub_months(Months::new(12 * n)).is_some_and(|t| t <= received_at))?;
    Some(format!("ahead by up to {years} {}", if years == 1 { "year" } else { "years" }))
}

/// The sentence without figures. In quotation marks stands a text of the row: it is kept, or only its shape.
fn shape(message: &str, keep_quoted: bool) -> String {
    let message = message.split_once("; expected").map_or(message, |(fault, _)| fault);
    let mut out = String::with_capacity(message.len());
    for (n, part) in message.split('"').enumerate() {
        let quoted = n % 2 == 1;
        if n > 0 {
            out.push('"');
        }
        match (quoted, keep_quoted) {
            (true, true) => out.push_str(part),
            (true, false) => out.push_str(&shape_of_value(part)),
            (false, _) => out.push_str(&without_figures(part)),
        }
    }
    out
}

/// Runs of figures become one 9, with whatever fraction they have.
fn without_figures(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if !c.is_ascii_digit() {
            out.push(c);
            continue;
        }
        out.push('9');
        let mut fraction = false;
        while let Some(next) = chars.peek() {
            if next.is_ascii_digit() || (*next == '.' && !fraction) {
                fraction |= *next == '.';
                chars.next();
            } else {
                break;
            }
        }
    }
    out
}

/// `5/3/2017 10:22` and `12/13/2018 9:01` have one shape, `9/9/9999 9:9`.
fn shape_of_value(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_alphabetic() {
            while chars.next_if(|n| n.is_alphabetic()).is_some() {}
            out.push('a');
        } else if c.is_ascii_digit() {
            let mut length = 1;
            while chars.next_if(char::is_ascii_digit).is_some() {
                length += 1;
            }
            let after_point = out.ends_with('.');
            out.push_str(&"9".repeat(if length <= 2 || after_point { 1 } else { length.min(12) }));
        } else {
            out.push(c);
        }
    }
    out
}
