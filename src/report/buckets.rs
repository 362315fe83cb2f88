//! Spans of time that counts are put in.

use std::{fmt, str::FromStr};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use crate::domain::{
    event::text_enum,
    time::{Day, DayRange, EpiWeek},
};

text_enum! {
    /// How long a bucket is.
    Bucket {
        Day = "day",
        /// MMWR week, Sunday to Saturday.
        Week = "week",
        Month = "month",
        Quarter = "quarter",
        /// Calendar year.
        Year = "year",
    }
}

/// One bucket of a table, cut to the days asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BucketSpan {
    pub from: Day,
    pub to: Day,
    /// `2026-05-31`, `2026-W22`, `2026-05`, `2026-Q2` or `2026`.
    pub label: String,
    /// False when the days asked for, or the days that are over, hold only part of the bucket.
    pub complete: bool,
}

/// Buckets that cover the days, in order. `over_through` is the last day that is over and counted.
pub fn buckets(bucket: Bucket, days: DayRange, over_through: Day) -> Vec<BucketSpan> {
    let mut out = Vec::new();
    let mut next = days.from;
    while next <= days.to {
        let (first, last, label) = natural(bucket, next);
        let (from, to) = (next.max(first), last.min(days.to));
        out.push(BucketSpan { from, to, label, complete: first == from && last == to && last <= over_through });
        next = to + 1;
    }
    out
}

/// First day, last day and name of the bucket that holds a day.
fn natural(bucket: Bucket, day: Day) -> (Day, Day, String) {
    let date = day.date();
    let (year, month) = (date.year(), date.month());
    match bucket {
        Bucket::Day => (day, day, day.to_string()),
        Bucket::Week => {
            let week = EpiWeek::of(day);
            (week.starts_on(), week.starts_on() + 6, week.to_string())
        }
        Bucket::Month => (first_of(year, month), first_of(year, month + 1) - 1, format!("{year}-{month:02}")),
        Bucket::Quarter => {
            let quarter = (month - 1) / 3;
            let first = quarter * 3 + 1;
            (first_of(year, first), first_of(year, first + 3) - 1, format!("{year}-Q{}", quarter + 1))
        }
        Bucket::Year => (first_of(year, 1), first_of(year + 1, 1) - 1, year.to_string()),
    }
}

/// The first day of a month; months beyond 12 run on into the next year.
fn first_of(year: i32, month: u32) -> Day {
    let (year, month) = (year + ((month - 1) / 12) as i32, (month - 1) % 12 + 1);
    Day::from_date(
        NaiveDate::from_ymd_opt(year, month, 1).expect("the first of a month of a four-digit year is a date"),
    )
}

/// A calendar month, written `2026-05`; inside, months since year 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^[0-9]{4}-[0-9]{2}$", examples("2026-05"))]
pub struct Month(i32);

/// The text is not a month between 1900 and 2199.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("\"{0}\" is not a month; expected YYYY-MM between 1900-01 and 2199-12")]
pub struct BadMonth(String);

impl Month {
    pub fn of(day: Day) -> Self {
        Self(day.date().year() * 12 + day.date().month0() as i32)
    }

    pub fn days(self) -> DayRange {
        DayRange { from: first_of(self.year(), self.number()), to: first_of(self.year(), self.number() + 1) - 1 }
    }

    fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// January is 1.
    fn number(self) -> u32 {
        self.0.rem_euclid(12) as u32 + 1
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.number())
    }
}

impl FromStr for Month {
    type Err = BadMonth;
    fn from_str(text: &str) -> Result<Self, BadMonth> {
        let day: Option<Day> = (text.len() == 7).then(|| format!("{text}-01").parse().ok()).flatten();
        day.map(Self::of).ok_or_else(|| BadMonth(text.chars().take(40).collect()))
    }
}

impl TryFrom<String> for Month {
    type Error = BadMonth;
    fn try_from(text: String) -> Result<Self, BadMonth> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> String {
        month.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn spans(bucket: Bucket, from: &str, to: &str, over: &str) -> Vec<(String, String, bool)> {
        let days = DayRange { from: day(from), to: day(to) };
        let all = buckets(bucket, days, day(over));
        all.into_iter().map(|b| (b.label, format!("{}..{}", b.from, b.to), b.complete)).collect()
    }

    #[test]
    fn weeks_are_mmwr_weeks_and_cut_ones_are_incomplete() {
        let row = |label: &str, days: &str, complete| (label.to_owned(), days.to_owned(), complete);
        assert_eq!(
            spans(Bucket::Week, "2020-12-30", "2021-01-12", "2021-01-12"),
            [
                row("2020-W53", "2020-12-30..2021-01-02", false),
                row("2021-W01", "2021-01-03..2021-01-09", true),
                row("2021-W02", "2021-01-10..2021-01-12", false),
            ]
        );
    }

    #[test]
    fn a_bucket_that_is_not_over_is_incomplete_even_when_asked_for_in_full() {
        let all = spans(Bucket::Month, "2024-01-01", "2024-02-29", "2024-02-28");
        assert_eq!(all.iter().map(|b| b.2).collect::<Vec<_>>(), [true, false]);
        assert_eq!(all[1].1, "2024-02-01..2024-02-29");
    }

    #[test]
    fn quarters_and_years_end_where_the_calendar_says() {
        let all = spans(Bucket::Quarter, "2023-10-01", "2024-03-31", "2024-06-01");
        assert_eq!(all.iter().map(|b| b.0.as_str()).collect::<Vec<_>>(), ["2023-Q4", "2024-Q1"]);
        assert!(all.iter().all(|b| b.2));
        assert_eq!(spans(Bucket::Year, "2023-12-31", "2024-01-01", "2030-01-01").len(), 2);
    }

    #[test]
    fn months_read_and_write_as_text() {
        let may: Month = "2026-05".parse().unwrap();
        assert_eq!(may.days(), DayRange { from: day("2026-05-01"), to: day("2026-05-31") });
        assert_eq!(may.to_string(), "2026-05");
        assert_eq!("2026-12".parse::<Month>().unwrap().days().to, day("2026-12-31"));
        for bad in ["2026-13", "2026-5", "2026", "2026-05-01", ""] {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
    }
}
