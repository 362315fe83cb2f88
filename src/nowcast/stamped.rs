//! Batches whose times of occurrence are the batch's own: not a spike.
//!
//! A feed that was silent sends what it missed, and where its rows have no time of occurrence (or the sender's
//! software fills in the present) all of them seem to have happened at once. Two marks, either of which is enough:
//! * at least [`FEWEST`] events of one sending have the same instant of occurrence, within [`STAMP_MINUTES`] of
//!   their receipt: people do not overdose in the same second;
//! * at least [`FEWEST`] events came in the first sending after a wait of two days or more in which the feed would
//!   usually have sent, and all of them are said to have happened on the day they came: were their times true,
//!   each would lie in the wait with probability (days − 1)/days, so that all on the last day has probability
//!   days^−n, and that is below [`LEVEL`].
//!
//! Limits: a real burst that happens to be the first word after a silence is held back too, if it is that sudden; it is
//! named in a notice, and everything stays in the line list. A stamp on the wrong day, later than a few minutes
//! before receipt, is not recognised.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use crate::domain::time::{Day, Zone};

/// Fewer events than this prove nothing.
const FEWEST: usize = 4;
const STAMP_MINUTES: i64 = 10;
/// Receipts closer than this are one sending.
const ONE_SENDING_MINUTES: i64 = 60;
const LEVEL: f64 = 1e-4;

/// When an event of a feed happened, by its own word, and when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Receipt {
    pub received_at: DateTime<Utc>,
    pub occurred_at: DateTime<Utc>,
    pub event_day: Day,
}

/// Positions of the events of one feed whose time is that of their batch. `usual` is the feed's events a day.
pub fn stamped(receipts: &[Receipt], usual: f64, zone: Zone) -> Vec<usize> {
    let mut order: Vec<usize> = (0..receipts.len()).collect();
    order.sort_by_key(|i| (receipts[*i], *i));
    let mut found = Vec::new();
    let mut before: Option<DateTime<Utc>> = None;
    let mut from = 0;
    while from < order.len() {
        let mut to = from + 1;
        let close = |a: usize, b: usize| {
            (receipts[order[b]].received_at - receipts[order[a]].received_at).num_minutes() < ONE_SENDING_MINUTES
        };
        while to < order.len() && close(to - 1, to) {
            to += 1;
        }
        let sending = &order[from..to];
        found.extend(same_instant(receipts, sending));
        if let Some(last) = before {
            found.extend(all_on_the_last_day(receipts, sending, last, usual, zone));
        }
        before = Some(receipts[order[to - 1]].received_at);
        from = to;
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn same_instant(receipts: &[Receipt], sending: &[usize]) -> Vec<usize> {
    let mut by_instant: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for &i in sending {
        let r = receipts[i];
        if (r.received_at - r.occurred_at).abs() <= Duration::minutes(STAMP_MINUTES) {
            by_instant.entry(r.occurred_at.timestamp()).or_default().push(i);
        }
    }
    by_instant.into_values().filter(|same| same.len() >= FEWEST).flatten().collect()
}

fn all_on_the_last_day(
    receipts: &[Receipt],
    sending: &[usize],
    before: DateTime<Utc>,
    usual: f64,
    zone: Zone,
) -> Vec<usize> {
    let came = receipts[sending[0]].received_at;
    let days = (came - before).num_hours() as f64 / 24.0;
    // A rare feed waits for days as a matter of course, and then tells of one event.
    let missed = usual * (days - 1.0);
    let arrived = |i: &usize| Day::of(receipts[*i].received_at, zone) == receipts[*i].event_day;
    if days < 2.0 || sending.len() < FEWEST || missed < 3.0 || !sending.iter().all(arrived) {
        return Vec::new();
    }
    let chance = days.powi(-i32::try_from(sending.len()).unwrap_or(i32::MAX));
    if chance < LEVEL { sending.to_vec() } else { Vec::new() }
}

#[cfg(test)]
#[path = "stamped_tests.rs"]
mod tests;
