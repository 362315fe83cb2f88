//! Times as feeds write them.
//!
//! Without declared formats only ISO 8601 is read (`2024-05-01`, `2024-05-01T13:45:00-04:00`,
//! `2024/05/01 13:45`): year first, so that no reading is a guess. `03/04/2024` is March in one office
//! and April in another; a mapping has to say which (`formats = ["%m/%d/%Y"]`).

use std::fmt::Write as _;

use chrono::{
    DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc,
    format::{Item, Parsed, StrftimeItems},
};

use crate::domain::time::Day;

/// A time as written, before a zone is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeValue {
    Day(Day),
    /// Wall-clock time.
    Local(NaiveDateTime),
    /// With an offset from UTC.
    Instant(DateTime<Utc>),
}

/// A declared format, compiled.
#[derive(Debug, Clone)]
pub(super) enum TimeFormat {
    Iso,
    /// Seconds (or milliseconds) since 1970.
    Unix {
        per_second: i64,
    },
    Items(Vec<Item<'static>>),
}

impl TimeFormat {
    /// `None` when the text is not a valid format.
    pub(super) fn compile(text: &str) -> Option<Self> {
        match text {
            "iso" => return Some(Self::Iso),
            "unix" => return Some(Self::Unix { per_second: 1 }),
            "unix_ms" => return Some(Self::Unix { per_second: 1_000 }),
            _ => {}
        }
        let items: Vec<Item<'static>> = StrftimeItems::new(text).map(Item::to_owned).collect();
        let usable = !items.iter().any(|i| matches!(i, Item::Error))
            && items.iter().any(|i| matches!(i, Item::Numeric(..) | Item::Fixed(..)));
        usable.then_some(Self::Items(items))
    }

    pub(super) fn parse(&self, text: &str) -> Option<TimeValue> {
        match self {
            Self::Iso => parse_iso(text),
            Self::Unix { per_second } => {
                let n: i64 = text.parse().ok()?;
                let micros = n.checked_mul(1_000_000 / per_second)?;
                DateTime::from_timestamp_micros(micros).map(TimeValue::Instant)
            }
            Self::Items(items) => {
                let mut parsed = Parsed::new();
                chrono::format::parse(&mut parsed, text, items.iter()).ok()?;
                if let Ok(t) = parsed.to_datetime() {
                    return Some(TimeValue::Instant(t.with_timezone(&Utc)));
                }
                if let Ok(t) = parsed.to_naive_datetime_with_offset(0) {
                    return Some(TimeValue::Local(t));
                }
                parsed.to_naive_date().ok().map(|d| TimeValue::Day(Day::from_date(d)))
            }
        }
    }
}

impl TimeFormat {
    /// A time as this format writes it. `None` where the format asks for what the time does not say.
    pub(super) fn write(&self, value: TimeValue) -> Option<String> {
        let mut out = String::new();
        match (self, value) {
            (Self::Iso, value) => return Some(write_iso(value)),
            (Self::Unix { per_second }, TimeValue::Instant(t)) => {
                return Some((t.timestamp_micros() / (1_000_000 / per_second)).to_string());
            }
            (Self::Unix { .. }, _) => return None,
            (Self::Items(items), TimeValue::Instant(t)) => write!(out, "{}", t.format_with_items(items.iter())),
            (Self::Items(items), TimeValue::Local(t)) => write!(out, "{}", t.format_with_items(items.iter())),
            (Self::Items(items), TimeValue::Day(d)) => write!(out, "{}", d.date().format_with_items(items.iter())),
        }
        .ok()?;
        Some(out)
    }
}

/// As [`parse_iso`] reads it.
pub(super) fn write_iso(value: TimeValue) -> String {
    match value {
        TimeValue::Day(day) => day.to_string(),
        TimeValue::Local(t) => t.format("%Y-%m-%d %H:%M:%S%.f").to_string(),
        TimeValue::Instant(t) => t.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string(),
    }
}

/// ISO 8601 with `-` or `/` in the date and `T` or a space before the time; written by hand because a
/// million rows pass through it.
pub(super) fn parse_iso(text: &str) -> Option<TimeValue> {
    let b = text.as_bytes();
    if b.len() < 10 || !text.is_ascii() || !matches!((b[4], b[7]), (b'-', b'-') | (b'/', b'/')) {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(number(&b[..4])? as i32, number(&b[5..7])?, number(&b[8..10])?)?;
    if b.len() == 10 {
        return Some(TimeValue::Day(Day::from_date(date)));
    }
    if !matches!(b[10], b'T' | b't' | b' ') || b.len() < 16 || b[13] != b':' {
        return None;
    }
    let (hour, minute) = (number(&b[11..13])?, number(&b[14..16])?);
    let mut at = 16;
    let (mut second, mut nanos) = (0, 0);
    if b.get(at) == Some(&b':') {
        second = number(b.get(17..19)?)?;
        at = 19;
        if b.get(at) == Some(&b'.') {
            let digits = b[at + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
            let kept = digits.min(9);
            nanos = number(b.get(at + 1..at + 1 + kept)?)? * 10u32.pow(9 - kept as u32);
            at += 1 + digits;
        }
    }
    // A leap second is the last one of its minute for our purposes.
    let local = date.and_time(NaiveTime::from_hms_nano_opt(
        hour,
        minute,
        second.min(if second == 60 { 59 } else { second }),
        nanos,
    )?);
    let rest = text[at..].trim_start();
    if rest.is_empty() {
        return Some(TimeValue::Local(local));
    }
    let offset = parse_offset(rest)?;
    offset.from_local_datetime(&local).single().map(|t| TimeValue::Instant(t.with_timezone(&Utc)))
}

/// `Z`, `+00`, `-0400`, `-04:00`.
fn parse_offset(text: &str) -> Option<FixedOffset> {
    if matches!(text, "Z" | "z") {
        return FixedOffset::east_opt(0);
    }
    let b = text.as_bytes();
    let sign = match b.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match b.len() {
        3 => (number(&b[1..3])?, 0),
        5 => (number(&b[1..3])?, number(&b[3..5])?),
        6 if b[3] == b':' => (number(&b[1..3])?, number(&b[4..6])?),
        _ => return None,
    };
    if minutes > 59 {
        return None;
    }
    FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60) as i32)
}

fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    digits.iter().try_fold(0, |n, d| d.is_ascii_digit().then(|| n * 10 + u32::from(d - b'0')))
}

/// Whether a text looks like a date whose day and month cannot be told apart.
pub(super) fn looks_ambiguous(text: &str) -> bool {
    let mut parts = text.split(['/', '-', '.', ' ', 'T']);
    let short =
        |p: Option<&str>| p.is_some_and(|p| (1..=2).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()));
    short(parts.next()) && short(parts.next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_times_are_read_with_and_without_offset() {
        let day: Day = "2024-05-01".parse().unwrap();
        let local = |t: &str| TimeValue::Local(t.parse().unwrap());
        let utc = |t: &str| TimeValue::Instant(t.parse().unwrap());
        for (text, expected) in [
            ("2024-05-01", TimeValue::Day(day)),
            ("2024/05/01", TimeValue::Day(day)),
            ("2024-05-01 13:45", local("2024-05-01T13:45:00")),
            ("2024-05-01T13:45:09.25", local("2024-05-01T13:45:09.25")),
            ("2024-05-01T13:45:00Z", utc("2024-05-01T13:45:00Z")),
            ("2024-05-01T13:45:00-04:00", utc("2024-05-01T17:45:00Z")),
            ("2024-05-01 13:45:00+00", utc("2024-05-01T13:45:00Z")),
            ("2024-05-01T13:45-0430", utc("2024-05-01T18:15:00Z")),
        ] {
            assert_eq!(parse_iso(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_iso_is_refused_rather_than_guessed() {
        for text in [
            "03/04/2024",
            "2024-13-01",
            "2024-02-30",
            "2024-05-01T25:00",
            "2024-05-01T13:45 noon",
            "24-05-01",
            "",
            "2024-05-01T",
            "２０２４-05-01",
        ] {
            assert_eq!(parse_iso(text), None, "{text}");
        }
        assert!(looks_ambiguous("03/04/2024"));
        assert!(!looks_ambiguous("2024-05-01"));
    }

    #[test]
    fn declared_formats_are_read_as_declared() {
        let read = |format: &str, text: &str| TimeFormat::compile(format).unwrap().parse(text);
        assert_eq!(read("%m/%d/%Y", "03/04/2024"), Some(TimeValue::Day("2024-03-04".parse().unwrap())));
        assert_eq!(
            read("%Y-%m-%d @ %H:%M:%S", "2015-12-10 @ 17:10:52"),
            Some(TimeValue::Local("2015-12-10T17:10:52".parse().unwrap()))
        );
        assert_eq!(
            read("%m/%d/%Y %I:%M %p", "3/4/2024 1:05 PM"),
            Some(TimeValue::Local("2024-03-04T13:05:00".parse().unwrap()))
        );
        assert_eq!(read("unix", "1700000000"), Some(TimeValue::Instant("2023-11-14T22:13:20Z".parse().unwrap())));
        assert_eq!(read("%m/%d/%Y", "2024-03-04"), None);
        assert!(TimeFormat::compile("no field").is_none());
        assert!(TimeFormat::compile("%Q").is_none());
    }
}
