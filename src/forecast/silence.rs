//! Days without data that nobody announced: a feed that stopped, or a year that is missing from a file, is not a land
//! without overdoses.
//!
//! A run of days without a single event is taken for silence where it is past belief at the rate of the other days. At the
//! end of the data it would have to come once in ten thousand times by chance (Poisson); before the end, where there were
//! as many chances for one as days, once in ten thousand such records. Limits: seasons make quiet runs likelier than
//! that; a land with an event a month is silent for a year before it is noticed.

use std::ops::Range;

/// A quiet run is silence where it would come once in so many times.
const UNBELIEVABLE: f64 = 1e4;

/// Runs of quiet days that are past belief. `exposure` is the share known of each day.
pub(super) fn silent_runs(
    exposure: &[f64],
    quiet: impl Fn(usize) -> bool,
    events: impl Fn(usize) -> f64,
) -> Vec<Range<usize>> {
    let n = exposure.len();
    let mut runs: Vec<Range<usize>> = Vec::new();
    for t in (0..n).filter(|&t| quiet(t)) {
        match runs.last_mut() {
            Some(last) if last.end == t => last.end = t + 1,
            _ => runs.push(t..t + 1),
        }
    }
    let total: f64 = (0..n).map(events).sum();
    let busy = (0..n).filter(|&t| !quiet(t)).count() as f64;
    let of = |run: &Range<usize>| exposure[run.clone()].iter().sum::<f64>();
    let mut days: f64 = exposure.iter().sum();
    // From the longest on: a missing year must not hide a missing quarter by lowering the rate.
    runs.sort_by_key(|r| (std::cmp::Reverse(r.len()), r.start));
    runs.retain(|run| {
        let chances = if run.end == n { 1.0 } else { n as f64 };
        let without = (days - of(run)).max(1.0);
        // Of clustered events the days that saw any tell the chance of a quiet one, not the number of events.
        let by_days = -(1.0 - (busy + 0.5).min(without) / (without + 1.0)).ln();
        let silent = (total / without).min(by_days) * of(run) > (UNBELIEVABLE * chances).ln();
        if silent {
            days = without;
        }
        silent
    });
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(counts: &[f64]) -> Vec<Range<usize>> {
        silent_runs(&vec![1.0; counts.len()], |t| counts[t] == 0.0, |t| counts[t])
    }

    #[test]
    fn a_missing_year_and_a_missing_quarter_are_both_silence() {
        let mut counts = vec![1.0; 1500];
        counts[200..565].fill(0.0);
        counts[900..990].fill(0.0);
        let mut found = runs(&counts);
        found.sort_by_key(|r| r.start);
        assert_eq!(found, [200..565, 900..990]);
    }

    #[test]
    fn one_busy_day_does_not_make_the_others_silence() {
        let mut counts = vec![0.0; 100];
        counts[50] = 40.0;
        assert!(runs(&counts).is_empty());
    }

    #[test]
    fn a_quiet_fortnight_is_chance_within_the_record_and_silence_at_its_end() {
        let mut counts = vec![1.0; 400];
        counts[100..114].fill(0.0);
        assert!(runs(&counts).is_empty());
        counts[386..].fill(0.0);
        assert_eq!(runs(&counts).first(), Some(&(386..400)));
    }
}
