//! `pooled`: all series of the table are sister areas and are judged together.

use std::ops::Range;

use anyhow::{Result, bail};

use super::{Given, Judge, Key, Method, TableSeries};
use crate::{
    detect::{
        Judgement,
        pooled::{PooledOptions, PooledSeries, pooled},
    },
    domain::count_series::Step,
};

pub(in crate::cli::detect) const NAME: &str = "pooled";

pub(super) const METHODS: &[Method] = &[Method {
    name: NAME,
    about: "sparse daily counts of sister areas, which teach each other weekday, season and spread (gamma-Poisson, \
            empirical Bayes); the least likely of the sums of the last 1 to 14 days; expected and upper_bound are of the \
            day, score is -log10 of the tail probability, p_value that of the day by the method's own null",
    keys: &[
        Key {
            name: "recurrence",
            default: "100",
            says: "an alarm is what chance alone begins once in so many days in one area: 365.25 / false alerts a year",
        },
        Key { name: "windows", default: "14", says: "days of the longest window, 1 to 14" },
        Key { name: "gap", default: "14", says: "days between the past learnt from and that window, 0 to 366" },
        Key { name: "least_days", default: "56", says: "days of past that an area needs, 28 to 3660" },
        Key { name: "relearn", default: "28", says: "days after which all but the level is learnt anew, 1 to 366" },
    ],
    prepare,
}];

/// Of one series alone: a pool of one.
fn prepare(given: &mut Given) -> Result<Judge> {
    let options = options(given)?;
    Ok(Box::new(move |series, range| Ok(judge_all(&[(range, series)], &options)?.pop().unwrap_or_default())))
}

pub(in crate::cli::detect) fn options(given: &mut Given) -> Result<PooledOptions> {
    Ok(PooledOptions {
        recurrence_days: given.number("recurrence", "a number of days, 1 or more", |d| d >= 1.0)?,
        windows: given.whole("windows", 1..=14)?,
        gap: given.whole("gap", 0..=366)?,
        least_days: given.whole("least_days", 28..=3660)?,
        relearn_days: given.whole("relearn", 1..=366)?,
        bounds: true,
    })
}

/// Judge the ranges of all series, each series with its sisters. They need not begin or end on the same day.
pub(in crate::cli::detect) fn judge_all(
    all: &[(Range<usize>, &TableSeries)],
    options: &PooledOptions,
) -> Result<Vec<Vec<Judgement>>> {
    if all.iter().any(|(_, s)| s.step == Step::Weekly) {
        bail!("--method {NAME} judges daily series; expected a date for every day");
    }
    let Some(first) = all.iter().map(|(_, s)| s.first).min() else { return Ok(Vec::new()) };
    let start = |s: &TableSeries| (s.first - first) as usize;
    let counts: Vec<Vec<Option<u32>>> = all
        .iter()
        .map(|(_, s)| std::iter::repeat_n(None, start(s)).chain(s.counts.iter().map(|n| Some(*n))).collect())
        .collect();
    let series: Vec<PooledSeries> = counts.iter().map(|counts| PooledSeries { counts, share_known: None }).collect();
    let from = all.iter().map(|(r, s)| start(s) + r.start).min().unwrap_or(0);
    let to = all.iter().map(|(r, s)| start(s) + r.end).max().unwrap_or(0);
    let judged = pooled(first, &series, from, to, options);
    let of = |((range, s), days): (&(Range<usize>, &TableSeries), Vec<crate::detect::PooledDay>)| {
        let skip = start(s) + range.start - from;
        days.into_iter().skip(skip).take(range.len()).map(|d| d.judgement).collect()
    };
    Ok(all.iter().zip(judged).map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{count_series::CountSeries, time::Day};

    fn series(first: i32, counts: Vec<u32>) -> TableSeries {
        let first = Day::from_epoch_days(first);
        TableSeries::from(CountSeries { first, step: Step::Daily, counts, population: None })
    }

    #[test]
    fn series_that_begin_on_other_days_are_judged_on_their_own_days() {
        let long = series(19_000, (0..300).map(|t| t % 2).collect());
        let late = series(19_100, (0..200).map(|t| if t == 199 { 9 } else { t % 2 }).collect());
        let judged = judge_all(&[(290..300, &long), (190..200, &late)], &PooledOptions::default()).unwrap();
        assert_eq!((judged[0].len(), judged[1].len()), (10, 10));
        assert_eq!(judged[1][9].alarm, Some(true));
        assert!(judged[0].iter().chain(&judged[1][..9]).all(|j| j.alarm == Some(false)));
    }
}
