//! Nowcast: recent counts corrected for what has not been reported yet.
//!
//! Lawless (1994), "Adjustments for reporting delays and the prediction of occurred but not reported
//! events": from the reporting triangle the reverse hazard g(d) = P(delay = d | delay ≤ d) is estimated as
//! events with delay d over events with delay ≤ d, among days old enough to have shown both. The share
//! known a days after is F(a) = Π_{d>a} (1 − g(d)). Of a day with n known events the total is n / F(a).
//!
//! Interval: given n, the events still to come are negative binomial (a Poisson total under Jeffreys'
//! prior) with mean (n + ½)(1 − F)/F, widened by the error of F (Var ln F = Σ g/((1 − g)·denominator)).
//! The same half event gives a day on which nothing is known a range, not a certain zero.
//!
//! Limits: delays are taken to be the same for all days of the triangle (pass the last few months, not
//! years); a weekly rhythm of reporting is not modelled; what arrives after `max_delay` days or more is in
//! the last column; with no old days to learn from there is no correction, and `share_known` says 1.

mod silence;

pub use silence::silent_days;

use crate::{
    domain::{time::Day, triangle::ReportingTriangle},
    stats::CountDistribution,
};

/// One day, corrected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nowcast {
    pub day: Day,
    /// Events known by the last day of the triangle.
    pub known: u32,
    /// What the day will have when all is in.
    pub expected_total: f64,
    /// Middle 95 % of that total; never below `known`.
    pub lo: u32,
    pub hi: u32,
    /// F: the share of a day's events that is known at this age, 0 to 1.
    pub share_known: f64,
}

/// How complete a day is at each age.
struct Completeness {
    /// By age in days.
    share: Vec<f64>,
    /// Variance of ln share.
    variance: Vec<f64>,
}

/// Correct every day of the triangle, oldest first.
pub fn nowcast(triangle: &ReportingTriangle) -> Vec<Nowcast> {
    let complete = completeness(triangle);
    let days = triangle.days;
    days.days()
        .zip(triangle.known_so_far())
        .map(|(day, known)| {
            let age = (days.to - day) as usize;
            let share = complete.share.get(age).copied().unwrap_or(1.0);
            let variance = complete.variance.get(age).copied().unwrap_or(0.0);
            correct(day, known, share, variance)
        })
        .collect()
}

fn correct(day: Day, known: u32, share: f64, variance_of_ln: f64) -> Nowcast {
    let n = f64::from(known);
    let to_come = (n + 0.5) * (1.0 - share) / share;
    // The doubt about F moves the total, and with it what is still to come.
    let doubt = ((n + 0.5) / share).powi(2) * variance_of_ln;
    let extra = to_come * to_come / (n + 0.5) + doubt;
    let distribution = if to_come > 0.0 && extra > 0.0 {
        CountDistribution::negative_binomial(to_come, to_come * to_come / extra)
    } else {
        CountDistribution::poisson(to_come)
    };
    let (lo, hi) = distribution.central_range(0.95);
    let plus = |more: u64| known.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
    Nowcast {
        day,
        known,
        expected_total: n / share + (to_come - n * (1.0 - share) / share),
        lo: plus(lo),
        hi: plus(hi),
        share_known: share,
    }
}

fn completeness(triangle: &ReportingTriangle) -> Completeness {
    let ages = triangle.max_delay + 1;
    let (mut share, mut variance) = (vec![1.0; ages], vec![0.0; ages]);
    for d in (1..ages).rev() {
        let (mut with, mut up_to) = (0.0, 0.0);
        for row in triangle.known.iter().filter(|row| row.get(d).is_some_and(Option::is_some)) {
            with += f64::from(row[d].unwrap_or(0));
            up_to += row[..=d].iter().flatten().map(|&n| f64::from(n)).sum::<f64>();
        }
        let g: f64 = if up_to > 0.0 { with / up_to } else { 0.0 };
        // All events of such days late: the share known before cannot be told from zero; keep it positive.
        let stay = (1.0 - g).max(0.5 / (up_to + 1.0));
        share[d - 1] = share[d] * stay;
        variance[d - 1] = variance[d] + if up_to > 0.0 { g / (stay * up_to) } else { 0.0 };
    }
    Completeness { share, variance }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::time::DayRange, stats::Random};

    fn days(n: i32) -> DayRange {
        DayRange { from: Day::from_epoch_days(20_000), to: Day::from_epoch_days(20_000 + n - 1) }
    }

    /// Poisson days, geometric delays; answers the triangle and the true totals.
    fn world(rate: f64, late: f64, n: i32, seed: u64) -> (ReportingTriangle, Vec<u32>) {
        let mut random = Random::seeded(seed);
        let mut counts = Vec::new();
        let mut totals = Vec::new();
        for t in 0..n as usize {
            let total = CountDistribution::poisson(rate).sample(&mut random) as u32;
            totals.push(total);
            for _ in 0..total {
                let mut delay = 0;
                while delay < 30 && random.unit() < late {
                    delay += 1;
                }
                counts.push((t, delay, 1));
            }
        }
        (ReportingTriangle::from_counts(days(n), 30, counts), totals)
    }

    #[test]
    fn the_share_known_is_recovered() {
        let (triangle, _) = world(30.0, 0.6, 120, 2);
        let got = nowcast(&triangle);
        for age in 0..10 {
            let truth = 1.0 - 0.6f64.powi(age + 1);
            let said = got[119 - age as usize].share_known;
            // About 3,000 events: a standard error of at most 0.01.
            assert!((said - truth).abs() < 0.04, "age {age}: {said} for {truth}");
        }
    }

    #[test]
    fn nineteen_of_twenty_intervals_hold_the_truth() {
        let (mut inside, mut all, mut error) = (0, 0, 0.0);
        for seed in 0..120 {
            let (triangle, totals) = world(6.0, 0.55, 90, 100 + seed);
            for (n, truth) in nowcast(&triangle).iter().zip(&totals).skip(85) {
                inside += u32::from((n.lo..=n.hi).contains(truth));
                error += n.expected_total - f64::from(*truth);
                all += 1;
            }
        }
        let share = f64::from(inside) / f64::from(all);
        assert!((0.93..=0.995).contains(&share), "{share}");
        // Jeffreys' half event is a known bias of half of (1 − F)/F, 0.6 on the youngest day.
        assert!((error / f64::from(all)).abs() < 0.6, "{}", error / f64::from(all));
    }

    #[test]
    fn old_days_stay_as_they_are() {
        let (triangle, totals) = world(4.0, 0.3, 60, 8);
        let first = nowcast(&triangle)[0];
        assert_eq!((first.known, first.lo, first.hi), (totals[0], totals[0], totals[0]));
        assert_eq!(first.expected_total, f64::from(totals[0]));
    }

    #[test]
    fn a_day_with_nothing_known_yet_has_a_range() {
        let t = ReportingTriangle::from_counts(days(40), 10, (0..30).map(|t| (t, 3, 5)));
        let today = nowcast(&t)[39];
        assert!(today.known == 0 && today.hi > 0, "{today:?}");
    }

    #[test]
    fn without_history_nothing_is_corrected() {
        let t = ReportingTriangle::from_counts(days(1), 10, [(0, 0, 3)]);
        let only = nowcast(&t)[0];
        assert_eq!((only.share_known, only.hi), (1.0, 3));
    }
}
