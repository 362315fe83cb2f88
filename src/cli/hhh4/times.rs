//! The times of a table: dates at a regular step, or whole numbers.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use chrono::{Datelike, Months};

use crate::domain::time::Day;

/// Regular times in ascending order.
#[derive(Debug)]
pub(super) struct Times {
    labels: Vec<String>,
    step: Step,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Not dates but numbers.
    One,
    Days(i32),
    Months,
}

impl Times {
    /// # Errors
    /// When the texts are neither all dates nor all whole numbers, or one is missing between the first and the last.
    pub fn new(file: &str, column: &str, texts: &BTreeSet<String>) -> Result<Self> {
        if let Some(mut numbers) = all::<i64>(texts) {
            numbers.sort_unstable();
            if let Some(pair) = numbers.windows(2).find(|w| w[1] != w[0] + 1) {
                bail!("{file}: column {column}: {} follows {}; expected every number between", pair[1], pair[0]);
            }
            return Ok(Self { labels: numbers.iter().map(i64::to_string).collect(), step: Step::One });
        }
        let Some(mut days) = all::<Day>(texts) else {
            let wrong = texts.iter().find(|t| t.parse::<Day>().is_err()).map_or("", String::as_str);
            bail!("{file}: column {column}: \"{wrong}\" is not a date as YYYY-MM-DD (or all are whole numbers)");
        };
        days.sort_unstable();
        let step = step(&days);
        if let Some(pair) = days.windows(2).find(|w| after(w[0], step) != w[1]) {
            let missing = after(pair[0], step);
            bail!(
                "{file}: column {column}: {} follows {}, but {missing} is missing; expected a row for it, with an empty count if it is not known",
                pair[1],
                pair[0]
            );
        }
        Ok(Self { labels: days.iter().map(Day::to_string).collect(), step })
    }

    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// The time at a position; also the one after the last.
    pub fn label(&self, position: usize) -> String {
        match (self.labels.get(position), self.step, self.labels.last()) {
            (Some(label), ..) => label.clone(),
            (None, Step::One, Some(last)) => {
                last.parse::<i64>().map_or_else(|_| String::new(), |n| (n + 1).to_string())
            }
            (None, step, Some(last)) => last.parse().map_or_else(|_| String::new(), |d| after(d, step).to_string()),
            (None, _, None) => String::new(),
        }
    }

    /// Where a time named in an option stands; the one after the last may be named too.
    ///
    /// # Errors
    /// When it is none of the series.
    pub fn position(&self, option: &str, text: Option<&str>) -> Result<Option<usize>> {
        let Some(text) = text else { return Ok(None) };
        match (0..=self.len()).find(|&i| self.label(i) == text.trim()) {
            Some(i) => Ok(Some(i)),
            None => bail!(
                "{option} {text}: expected a time of the series, which go from {} to {}",
                self.label(0),
                self.label(self.len() - 1)
            ),
        }
    }

    /// Steps in a year, for the season that is taken when none is given.
    pub fn period(&self) -> &'static str {
        match self.step {
            Step::Days(1) => "365.25",
            Step::Months => "12",
            Step::One | Step::Days(_) => "52",
        }
    }
}

fn all<T: std::str::FromStr>(texts: &BTreeSet<String>) -> Option<Vec<T>> {
    texts.iter().map(|t| t.parse().ok()).collect()
}

/// The shortest distance between two days, or months where every day is the same of its month.
fn step(days: &[Day]) -> Step {
    let gaps = || days.windows(2).map(|w| w[1] - w[0]);
    let same_day = days.iter().all(|d| d.date().day() == days[0].date().day());
    if same_day && gaps().min().is_some_and(|g| g >= 28) {
        return Step::Months;
    }
    Step::Days(gaps().min().unwrap_or(1))
}

fn after(day: Day, step: Step) -> Day {
    match step {
        Step::Months => Day::from_date(day.date() + Months::new(1)),
        Step::Days(n) => day + n,
        Step::One => day + 1,
    }
}
