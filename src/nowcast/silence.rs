//! Feeds that fell silent: days without data, which are not days without events.
//!
//! A feed's own rhythm decides. For a run of `L` days without a single event, chance alone gives
//! probability exp(−m·L), where `m` is the feed's mean per day on its other days (Poisson; overdispersed
//! feeds are silent by chance a little more often, so the level below is kept strict). Runs rarer than
//! [`LEVEL`] are silence. A feed with too little history, or one that is naturally rare, is never silent
//! by this rule: nothing can be concluded from its gaps.
//!
//! Late is not silent: `shares` says how much of each day would be known by now ([`super::DelayModel::share`]), and
//! m·L becomes m·Σ share, so that a feed whose newest days are always empty is not silent on them.

use crate::domain::time::{Day, DayRange};

/// A run of empty days is silence when chance gives it less often than this.
pub const LEVEL: f64 = 1e-4;
/// Fewer days with events than this say nothing about a rhythm.
const MIN_ACTIVE_DAYS: usize = 14;

/// Days of `days` on which a feed was silent, given its events per day of occurrence and the share of each day's
/// events that would be known by now (1 beyond the end of `shares`).
///
/// Days before its first event are not silent: the feed had not begun. `counts` has one value a day.
pub fn silent_days(counts: &[u32], shares: &[f64], days: DayRange) -> Vec<Day> {
    let Some(first) = counts.iter().position(|&n| n > 0) else { return Vec::new() };
    let active = counts.iter().filter(|&&n| n > 0).count();
    if active < MIN_ACTIVE_DAYS {
        return Vec::new();
    }
    let total: u64 = counts.iter().map(|&n| u64::from(n)).sum();
    let mut silent: Vec<usize> = Vec::new();
    // Silent days must not pull down the mean they are judged by: judge, leave out, judge again.
    loop {
        let share = |i: usize| shares.get(i).copied().unwrap_or(1.0);
        let all: f64 = (first..counts.len()).map(share).sum();
        let heard = all - silent.iter().map(|i| share(*i)).sum::<f64>();
        let mean = total as f64 / heard.max(1.0);
        let unlikely = |run: &std::ops::Range<usize>| (-mean * run.clone().map(share).sum::<f64>()).exp() < LEVEL;
        let found: Vec<usize> = empty_runs(counts, first).filter(unlikely).flatten().collect();
        if found.len() == silent.len() {
            return found.into_iter().map(|i| days.from + i as i32).collect();
        }
        silent = found;
    }
}

fn empty_runs(counts: &[u32], from: usize) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
    let mut at = from;
    std::iter::from_fn(move || {
        let start = at + counts.get(at..)?.iter().position(|&n| n == 0)?;
        let end = counts[start..].iter().position(|&n| n > 0).map_or(counts.len(), |n| start + n);
        at = end;
        Some(start..end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(n: usize) -> DayRange {
        DayRange { from: Day::from_epoch_days(0), to: Day::from_epoch_days(n as i32 - 1) }
    }

    #[test]
    fn a_busy_feed_that_stops_is_silent_and_a_rare_one_is_not() {
        let mut busy = vec![6; 40];
        busy[30..33].fill(0);
        assert_eq!(silent_days(&busy, &[], range(40)), (30..33).map(Day::from_epoch_days).collect::<Vec<_>>());
        let rare: Vec<u32> = (0..60).map(|d| u32::from(d % 4 == 0)).collect();
        assert_eq!(silent_days(&rare, &[], range(60)), []);
    }

    #[test]
    fn the_days_before_a_feed_began_and_too_short_a_history_are_not_silence() {
        let mut late = vec![0; 40];
        late[20..].fill(9);
        assert_eq!(silent_days(&late, &[], range(40)), []);
        assert_eq!(silent_days(&[9, 9, 9, 0, 0, 0, 0], &[], range(7)), []);
        assert_eq!(silent_days(&[], &[], range(1)), []);
    }

    #[test]
    fn a_long_silence_does_not_hide_a_short_one() {
        let mut counts = vec![5; 100];
        counts[20..70].fill(0);
        counts[90..92].fill(0);
        let found = silent_days(&counts, &[], range(100));
        assert_eq!(found.len(), 52);
    }

    #[test]
    fn a_feed_whose_newest_days_are_always_late_is_not_silent_on_them() {
        let mut counts = vec![8; 60];
        counts[57..].fill(0);
        let mut shares = vec![1.0; 60];
        shares[57..].copy_from_slice(&[0.3, 0.1, 0.0]);
        assert_eq!(silent_days(&counts, &shares, range(60)), []);
        assert_eq!(silent_days(&counts, &[], range(60)).len(), 3);
    }
}
