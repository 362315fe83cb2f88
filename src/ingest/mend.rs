//! Mending the values of a row that could not be read, as a rule says.
//!
//! Values change as text, before the mapping reads them, so a mended row passes the same checks as any other. A time is
//! shifted by the mapping's own reading of its column and written back in the format that it was read by: the mapping
//! understands it afterwards, and a row that its sender corrects the same way is the same row.
//!
//! Limits: a time that cannot be read cannot be shifted; one whose format writes an offset comes back in UTC.

use chrono::{Datelike, Duration, Months, NaiveDate, NaiveDateTime};
use serde_json::{Map, Value};

use super::{
    plan::{Plan, is_refused},
    record_reader::RecordReader,
    row::text_of,
    time_text::{TimeFormat, TimeValue, parse_iso, write_iso},
    value::Time,
};
use crate::domain::{quarantine::Mend, time::Day};

impl RecordReader {
    /// Whether a rule can be used on rows like this one: the columns that it names are there.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn check_mends(&self, row: &Map<String, Value>, mends: &[Mend]) -> Result<(), String> {
        for column in mends.iter().flat_map(Mend::columns) {
            if is_refused(column) {
                return Err(format!(
                    "the column \"{column}\" is refused: names and enforcement records are not collected"
                ));
            }
            if !row.contains_key(column) && !self.plan().columns.iter().any(|c| c == column) {
                let known: Vec<&str> = row.keys().map(String::as_str).collect();
                return Err(format!("there is no column \"{column}\"; the row has {}", known.join(", ")));
            }
        }
        for mend in mends {
            if let Mend::ShiftTime { column, .. } = mend
                && self.plan().time_of(column).is_none()
            {
                return Err(format!("the mapping reads no time from \"{column}\""));
            }
        }
        Ok(())
    }

    /// The row with its values mended.
    ///
    /// # Errors
    /// Why a value could not be mended, in a sentence; the row is then left for a person.
    pub fn mended(&self, row: &Map<String, Value>, mends: &[Mend]) -> Result<Map<String, Value>, String> {
        let mut row = row.clone();
        for mend in mends {
            match mend {
                Mend::Set { column, value } => set(&mut row, column, value.clone()),
                Mend::Replace { column, find, with } => {
                    let text = get(&row, column);
                    if text.contains(find) {
                        set(&mut row, column, text.replace(find, with));
                    }
                }
                Mend::ShiftTime { column, years, days, hours } => {
                    let by = Shift { years: *years, days: *days, hours: *hours };
                    self.plan().shift(&mut row, column, by)?;
                }
                Mend::Swap { first, second } => {
                    let (a, b) = (get(&row, first), get(&row, second));
                    set(&mut row, first, b);
                    set(&mut row, second, a);
                }
                Mend::MapCodes { column, codes } => {
                    let text = get(&row, column).trim().to_lowercase();
                    if let Some((_, word)) = codes.iter().find(|(code, _)| code.trim().to_lowercase() == text) {
                        set(&mut row, column, word.clone());
                    }
                }
                Mend::NotACase | Mend::NotOurs { .. } => {}
            }
        }
        Ok(row)
    }
}

#[derive(Clone, Copy)]
struct Shift {
    years: i32,
    days: i32,
    hours: i32,
}

impl Plan {
    /// The time that is read from a column.
    fn time_of(&self, column: &str) -> Option<&Time> {
        let reads =
            |t: &&Time| t.columns.iter().chain(&t.or).any(|at| self.columns.get(*at).is_some_and(|c| c == column));
        [Some(&self.occurred_at), self.reported_at.as_ref(), self.received_at.as_ref()]
            .into_iter()
            .flatten()
            .find(reads)
    }

    fn shift(&self, row: &mut Map<String, Value>, column: &str, by: Shift) -> Result<(), String> {
        let time = self.time_of(column).ok_or_else(|| format!("the mapping reads no time from \"{column}\""))?;
        let name = |at: &usize| self.columns[*at].clone();
        // A date and a time of day in columns of their own are one time.
        let joined: Vec<String> = time.columns.iter().map(name).collect();
        let columns = if joined.iter().any(|c| c == column) { joined } else { vec![column.to_owned()] };
        let texts: Vec<String> = columns.iter().map(|c| get(row, c).trim().to_owned()).collect();
        let filled = texts.iter().filter(|t| !t.is_empty()).count();
        let whole = texts.iter().filter(|t| !t.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ");
        let shifted = shifted(time, &whole, by)?;
        let mut parts = shifted.splitn(filled.max(1), ' ');
        for (column, _) in columns.iter().zip(&texts).filter(|(_, text)| !text.is_empty()) {
            set(row, column, parts.next().unwrap_or_default().to_owned());
        }
        Ok(())
    }
}

/// The text with its time moved, everything else as it was.
fn shifted(time: &Time, whole: &str, by: Shift) -> Result<String, String> {
    let at = match &time.pattern {
        None => 0..whole.len(),
        Some((pattern, group)) => pattern
            .captures(whole)
            .and_then(|c| c.get(*group))
            .map(|found| found.range())
            .ok_or_else(|| format!("no time was found in \"{whole}\" that could be shifted"))?,
    };
    let text = &whole[at.clone()];
    let written = if time.formats.is_empty() {
        parse_iso(text).and_then(|value| Some(write_iso(moved(value, by)?)))
    } else {
        let read = |f: &TimeFormat| f.parse(text).map(|value| (f.clone(), value));
        time.formats.iter().find_map(read).and_then(|(format, value)| format.write(moved(value, by)?))
    };
    let written = written.ok_or_else(|| format!("\"{text}\" is not a time that could be shifted"))?;
    Ok(format!("{}{written}{}", &whole[..at.start], &whole[at.end..]))
}

fn moved(value: TimeValue, by: Shift) -> Option<TimeValue> {
    Some(match value {
        TimeValue::Day(day) => {
            // Hours do not move a day.
            let moved = moved_local(day.date().and_time(chrono::NaiveTime::MIN), Shift { hours: 0, ..by })?;
            TimeValue::Day(Day::from_date(moved.date()))
        }
        TimeValue::Local(local) => TimeValue::Local(moved_local(local, by)?),
        TimeValue::Instant(at) => TimeValue::Instant(moved_local(at.naive_utc(), by)?.and_utc()),
    })
}

/// Years on the calendar (29 February becomes the 28th), then days and hours.
fn moved_local(t: NaiveDateTime, by: Shift) -> Option<NaiveDateTime> {
    let months = Months::new(12 * by.years.unsigned_abs());
    let date: NaiveDate =
        if by.years < 0 { t.date().checked_sub_months(months)? } else { t.date().checked_add_months(months)? };
    let more = Duration::days(i64::from(by.days)) + Duration::hours(i64::from(by.hours));
    let moved = date.and_time(t.time()).checked_add_signed(more)?;
    (1..=9999).contains(&moved.year()).then_some(moved)
}

fn get(row: &Map<String, Value>, column: &str) -> String {
    if let Some(value) = row.get(column) {
        return text_of(value).into_owned();
    }
    // A dotted path into a record of JSON.
    let inside = column.split_once('.').and_then(|(head, rest)| Some(get(row.get(head)?.as_object()?, rest)));
    inside.unwrap_or_default()
}

fn set(row: &mut Map<String, Value>, column: &str, value: String) {
    if !row.contains_key(column)
        && let Some((head, rest)) = column.split_once('.')
        && let Some(Value::Object(inner)) = row.get_mut(head)
    {
        set(inner, rest, value);
        return;
    }
    row.insert(column.to_owned(), Value::String(value));
}

#[cfg(test)]
#[path = "mend_tests.rs"]
mod tests;
