//! Is a feed heard as usual? Judged by the times at which it sent, never by when things happened.
//!
//! **Its rhythm.** For every weekday, q is the chance that something comes on such a day: (k + ½)/(n + 1) for k of
//! the n such days of the last half year on which something came. A feed that has sent nothing since its last day
//! is as likely as Π (1 − q) over the whole days since, and today counts for the part that is over. So a feed that
//! sends on Mondays is as usual on a Thursday, and a busy one is missed after two days.
//!
//! **Its longest wait.** With at least [`FEWEST_WAITS`] waits on record, one half as long again as the longest of
//! them is silence too, if the weekdays make it unlikely (below [`UNLIKELY`]) or the waits are at least [`MANY_WAITS`]:
//! of n earlier waits the longest is exceeded by chance once in n + 1 times, by half as much again far more rarely (of
//! exponential waits, n^−1.5). This notices a weekly batch that is missing before the second one is, and a feed that
//! sends by the hour within hours. Earlier silences are no part of the record.
//!
//! A feed that was heard on fewer than [`FEWEST_DAYS`] days cannot be judged by its own rhythm; then three times
//! the interval that its mapping expects is silence, and a day at least.
//!
//! Limits: a feed that slows down without stopping is not noticed; nor is one whose rhythm is changing until it
//! has lasted. History loaded at once is one receipt, so a feed is judged only after weeks of live data.

use chrono::{DateTime, Duration, Utc};

use crate::domain::time::{Day, Zone};

/// Rarer than this by its weekdays, a wait is silence.
const LEVEL: f64 = 1e-3;
/// At most as likely as this, a wait beyond the longest is silence.
const UNLIKELY: f64 = 0.05;
const LONGER_THAN_LONGEST: f64 = 1.5;
const FEWEST_WAITS: usize = 14;
const MANY_WAITS: usize = 200;
const FEWEST_DAYS: usize = 10;
/// Days of the record.
const RECORD_DAYS: i32 = 182;
/// Receipts closer than this are one sending.
const ONE_SENDING_MINUTES: i64 = 5;

/// How a feed is heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hearing {
    AsUsual,
    Silent {
        /// When it was last heard.
        since: DateTime<Utc>,
        /// How likely such a wait is by its own weekdays; `None` when judged by the interval that was stated.
        probability: Option<f64>,
    },
    /// Too little was heard of it to know its rhythm.
    Unknown,
}

/// Judge a feed by when it sent (`receipts`, in order), now. `expected_every_hours` is used only where its own
/// rhythm is not known.
pub fn hearing(
    receipts: &[DateTime<Utc>],
    expected_every_hours: Option<f64>,
    zone: Zone,
    now: DateTime<Utc>,
) -> Hearing {
    let known = receipts.partition_point(|t| *t <= now);
    let receipts = &receipts[..known];
    let Some(&last) = receipts.last() else { return Hearing::Unknown };
    let record = receipts.partition_point(|t| *t < last - Duration::days(i64::from(RECORD_DAYS)));
    let record = &receipts[record..];
    let mut days: Vec<Day> = record.iter().map(|t| Day::of(*t, zone)).collect();
    days.dedup();
    if days.len() < FEWEST_DAYS {
        return match expected_every_hours {
            Some(every) if hours(now - last) > (3.0 * every).max(24.0) => {
                Hearing::Silent { since: last, probability: None }
            }
            Some(_) => Hearing::AsUsual,
            None => Hearing::Unknown,
        };
    }
    let rhythm = rhythm(&days);
    let chance = |from: DateTime<Utc>, to: DateTime<Utc>| nothing_between(from, to, &rhythm, zone);
    let probability = chance(last, now);
    let mut waits: Vec<f64> = record
        .windows(2)
        .filter(|w| (w[1] - w[0]).num_minutes() >= ONE_SENDING_MINUTES && chance(w[0], w[1]) >= LEVEL)
        .map(|w| hours(w[1] - w[0]))
        .collect();
    waits.sort_unstable_by(f64::total_cmp);
    let beyond = waits.len() >= FEWEST_WAITS
        && waits.last().is_some_and(|longest| hours(now - last) > LONGER_THAN_LONGEST * longest);
    if probability < LEVEL || (beyond && (probability <= UNLIKELY || waits.len() >= MANY_WAITS)) {
        return Hearing::Silent { since: last, probability: Some(probability) };
    }
    Hearing::AsUsual
}

/// For each weekday from Monday, the chance that something comes on it.
fn rhythm(days: &[Day]) -> [f64; 7] {
    let (first, last) = (days[0], days[days.len() - 1]);
    let (mut heard, mut all) = ([0.0; 7], [0.0; 7]);
    days.iter().for_each(|d| heard[d.weekday_index()] += 1.0);
    (first.epoch_days()..=last.epoch_days()).for_each(|n| all[Day::from_epoch_days(n).weekday_index()] += 1.0);
    std::array::from_fn(|w| (heard[w] + 0.5) / (all[w] + 1.0))
}

/// How likely it is that nothing comes after `from` and until `to`: whole days after the first, and the last by the
/// part that is over.
fn nothing_between(from: DateTime<Utc>, to: DateTime<Utc>, rhythm: &[f64; 7], zone: Zone) -> f64 {
    let (first, last) = (Day::of(from, zone), Day::of(to, zone));
    let whole: f64 = (1..last - first).map(|n| (1.0 - rhythm[(first + n).weekday_index()]).ln()).sum();
    let over = hours(to - last.starts_at(zone)) / 24.0;
    let today = if last > first { (1.0 - rhythm[last.weekday_index()]).ln() * over.clamp(0.0, 1.0) } else { 0.0 };
    (whole + today).exp()
}

fn hours(wait: Duration) -> f64 {
    wait.num_seconds() as f64 / 3600.0
}

#[cfg(test)]
#[path = "hearing_tests.rs"]
mod tests;
