//! Days, epidemiological weeks, time zones and shifts.
//!
//! Instants are UTC. A *day* is a calendar day in the jurisdiction's zone and is stored, never
//! recomputed in a query. An *epi week* is the MMWR week (Sunday to Saturday, week 1 is the first
//! with four or more days in the calendar year).

use std::{
    fmt,
    ops::{Add, Sub},
    str::FromStr,
};

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc, Weekday};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

/// A calendar day, as days since 1970-01-01. Written as an ISO date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, format = Date, examples("2024-05-01"))]
pub struct Day(i32);

/// The text is not an ISO date between 1900 and 2199.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("\"{0}\" is not a date; expected YYYY-MM-DD between 1900-01-01 and 2199-12-31")]
pub struct BadDay(String);

const EPOCH: NaiveDate = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();

impl Day {
    pub fn from_date(date: NaiveDate) -> Self {
        Self(date.signed_duration_since(EPOCH).num_days() as i32)
    }

    /// The day on which an instant falls in a zone.
    pub fn of(instant: DateTime<Utc>, zone: Zone) -> Self {
        Self::from_date(instant.with_timezone(&zone.0).date_naive())
    }

    pub fn from_epoch_days(days: i32) -> Self {
        Self(days)
    }

    pub fn epoch_days(self) -> i32 {
        self.0
    }

    pub fn date(self) -> NaiveDate {
        if self.0 >= 0 { EPOCH + Days::new(self.0 as u64) } else { EPOCH - Days::new(self.0.unsigned_abs().into()) }
    }

    /// Monday is 0.
    pub fn weekday_index(self) -> usize {
        (self.0 + 3).rem_euclid(7) as usize
    }

    pub fn weekday(self) -> Weekday {
        self.date().weekday()
    }

    /// Day of the year, 1 to 366.
    pub fn ordinal(self) -> u32 {
        self.date().ordinal()
    }

    /// The first instant of the day in a zone (later than midnight where clocks skip it).
    pub fn starts_at(self, zone: Zone) -> DateTime<Utc> {
        let midnight = self.date().and_time(NaiveTime::MIN);
        (0..=24)
            .find_map(|half_hours| {
                let local = midnight + chrono::Duration::minutes(30 * half_hours);
                zone.0.from_local_datetime(&local).earliest()
            })
            .map_or_else(|| midnight.and_utc(), |t| t.with_timezone(&Utc))
    }
}

impl Add<i32> for Day {
    type Output = Day;
    fn add(self, days: i32) -> Day {
        Day(self.0 + days)
    }
}

impl Sub<i32> for Day {
    type Output = Day;
    fn sub(self, days: i32) -> Day {
        Day(self.0 - days)
    }
}

impl Sub<Day> for Day {
    type Output = i32;
    fn sub(self, other: Day) -> i32 {
        self.0 - other.0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date().fmt(f)
    }
}

impl FromStr for Day {
    type Err = BadDay;
    fn from_str(text: &str) -> Result<Self, BadDay> {
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()
            .filter(|d| (1900..2200).contains(&d.year()))
            .map(Self::from_date)
            .ok_or_else(|| BadDay(text.chars().take(40).collect()))
    }
}

impl TryFrom<String> for Day {
    type Error = BadDay;
    fn try_from(text: String) -> Result<Self, BadDay> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> String {
        day.to_string()
    }
}

/// Days from `from` to `to`, both included; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct DayRange {
    pub from: Day,
    pub to: Day,
}

impl DayRange {
    /// `None` when `to` lies before `from`.
    pub fn new(from: Day, to: Day) -> Option<Self> {
        (from <= to).then_some(Self { from, to })
    }

    /// The `n` days that end on `to`; `n` is at least 1.
    pub fn ending(to: Day, n: i32) -> Self {
        Self { from: to - (n.max(1) - 1), to }
    }

    pub fn len(self) -> usize {
        (self.to - self.from + 1) as usize
    }

    /// Always false: a range holds at least one day.
    pub fn is_empty(self) -> bool {
        false
    }

    pub fn contains(self, day: Day) -> bool {
        self.from <= day && day <= self.to
    }

    /// Position of a day in the range, from 0.
    pub fn index(self, day: Day) -> Option<usize> {
        self.contains(day).then(|| (day - self.from) as usize)
    }

    pub fn days(self) -> impl DoubleEndedIterator<Item = Day> + Clone {
        (self.from.0..=self.to.0).map(Day)
    }

    pub fn overlaps(self, other: DayRange) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}

/// An MMWR epidemiological week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct EpiWeek {
    pub year: i32,
    /// 1 to 53.
    pub week: u8,
}

impl EpiWeek {
    pub fn of(day: Day) -> Self {
        // The week belongs to the year that holds its Wednesday.
        let sunday = Self::sunday_of(day);
        let year = (sunday + 3).date().year();
        let week = (sunday - Self::first_sunday(year)) / 7 + 1;
        Self { year, week: week as u8 }
    }

    /// The Sunday on which the week begins.
    pub fn starts_on(self) -> Day {
        Self::first_sunday(self.year) + 7 * (i32::from(self.week) - 1)
    }

    fn sunday_of(day: Day) -> Day {
        day - ((day.weekday_index() as i32 + 1) % 7)
    }

    fn first_sunday(year: i32) -> Day {
        // 4 January is always in week 1.
        let fourth = NaiveDate::from_ymd_opt(year, 1, 4).unwrap_or(EPOCH);
        Self::sunday_of(Day::from_date(fourth))
    }
}

impl fmt::Display for EpiWeek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-W{:02}", self.year, self.week)
    }
}

/// A time zone of the IANA database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, examples("America/New_York"))]
pub struct Zone(pub chrono_tz::Tz);

/// The text names no zone of the IANA database.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("\"{0}\" is not a time zone; expected an IANA name such as America/New_York")]
pub struct BadZone(String);

/// What a wall-clock time means in a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalTime {
    /// The usual case.
    Exact(DateTime<Utc>),
    /// Clocks went back: the time happened twice. The first is taken, and the event is flagged.
    Twice { first: DateTime<Utc>, second: DateTime<Utc> },
    /// Clocks went forward: the time never was. What the clock would have shown an hour on is taken,
    /// and the event is flagged.
    Never { instead: DateTime<Utc> },
}

impl LocalTime {
    pub fn instant(self) -> DateTime<Utc> {
        match self {
            Self::Exact(t) => t,
            Self::Twice { first, .. } => first,
            Self::Never { instead } => instead,
        }
    }
}

impl Zone {
    pub const UTC: Zone = Zone(chrono_tz::UTC);

    pub fn resolve(self, local: NaiveDateTime) -> LocalTime {
        use chrono::offset::LocalResult::{Ambiguous, None, Single};
        match self.0.from_local_datetime(&local) {
            Single(t) => LocalTime::Exact(t.with_timezone(&Utc)),
            Ambiguous(a, b) => {
                LocalTime::Twice { first: a.min(b).with_timezone(&Utc), second: a.max(b).with_timezone(&Utc) }
            }
            None => {
                // Read with the offset in force before the gap, the instant falls just after it.
                let before = local - chrono::Duration::hours(3);
                let offset = self.0.offset_from_local_datetime(&before).earliest();
                let instead = offset.map_or_else(|| local.and_utc(), |o| (local - chrono::Offset::fix(&o)).and_utc());
                LocalTime::Never { instead }
            }
        }
    }

    pub fn today(self, now: DateTime<Utc>) -> Day {
        Day::of(now, self)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl FromStr for Zone {
    type Err = BadZone;
    fn from_str(text: &str) -> Result<Self, BadZone> {
        text.parse().map(Self).map_err(|_| BadZone(text.chars().take(60).collect()))
    }
}

impl TryFrom<String> for Zone {
    type Error = BadZone;
    fn try_from(text: String) -> Result<Self, BadZone> {
        text.parse()
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> String {
        zone.to_string()
    }
}

/// A working shift: the hours a brief is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Shift {
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn epi_weeks_follow_the_mmwr_calendar() {
        // 2020 has 53 weeks; 2021 begins on Sunday 3 January.
        for (date, year, week) in [
            ("2021-01-02", 2020, 53),
            ("2021-01-03", 2021, 1),
            ("2023-12-31", 2024, 1),
            ("2024-12-28", 2024, 52),
            ("2024-12-29", 2025, 1),
            ("2014-12-28", 2014, 53),
        ] {
            assert_eq!(EpiWeek::of(day(date)), EpiWeek { year, week }, "{date}");
        }
        assert_eq!(EpiWeek { year: 2021, week: 1 }.starts_on(), day("2021-01-03"));
    }

    #[test]
    fn both_clock_changes_are_told_apart_from_ordinary_times() {
        let zone: Zone = "America/New_York".parse().unwrap();
        let at = |t: &str| zone.resolve(NaiveDateTime::parse_from_str(t, "%Y-%m-%d %H:%M").unwrap());
        let utc = |t: &str| t.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(at("2016-03-13 01:59"), LocalTime::Exact(utc("2016-03-13T06:59:00Z")));
        assert_eq!(at("2016-03-13 02:30"), LocalTime::Never { instead: utc("2016-03-13T07:30:00Z") });
        assert_eq!(
            at("2016-11-06 01:30"),
            LocalTime::Twice { first: utc("2016-11-06T05:30:00Z"), second: utc("2016-11-06T06:30:00Z") }
        );
        assert_eq!(at("2016-11-06 02:00"), LocalTime::Exact(utc("2016-11-06T07:00:00Z")));
    }

    #[test]
    fn a_day_before_the_epoch_round_trips() {
        assert_eq!(day("1969-12-31").epoch_days(), -1);
        assert_eq!(day("1969-12-31").to_string(), "1969-12-31");
        assert_eq!(day("1970-01-01").weekday(), Weekday::Thu);
        assert_eq!(day("1970-01-01").weekday_index(), 3);
        assert!("9999-01-01".parse::<Day>().is_err());
    }
}
