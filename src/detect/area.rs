//! The rule for one area right now: is today's count unusual against the weeks before?
//!
//! The bound and the statistic are EARS C2's with a floor on the spread (see [`super::ears`]). The p-value
//! is not the normal tail, which at overdose counts is wrong by orders of magnitude, but the chance of
//! today's count or more under a negative binomial: the mean of n baseline days has the posterior of a
//! Poisson rate under Jeffreys' prior, and the variance is widened by the dispersion φ that the baseline
//! shows, so that E = (Σy + ½)/n and Var = E·φ·(1 + 1/n) + what the doubt about E adds.
//!
//! **What is not in yet.** A day's count is compared with what would be known of a usual day by now: with the share F of
//! a day's events that is known at its age (and hour), the expected count is E·F, of which the rest of the model is a
//! thinning: Var = E·F·(1 + (φ − 1)F) + F²·E·φ/ΣF + E²·Var(F), the last for the doubt about F. Baseline days count for as
//! much as is known of them, so E = (Σy + ½)/ΣF. An incomplete day is thus neither low nor measured against a whole
//! one. F is taken to be at least a quarter: in the first hours of a day two early reports are no spike.
//!
//! *Recurrence interval* here: in how many days chance alone gives *this one area* a count so unusual, if
//! it is looked at once a day. With A areas watched, some area does so A times as often. It says nothing
//! of the days before today, and day-of-week and season are not modelled: with a 28-day baseline that
//! matters little at the counts of a town and can matter for a state.

use crate::stats::{CountDistribution, normal, recurrence_interval};

/// Raised whenever the same input could give another answer.
pub const METHOD_VERSION: u32 = 2;

/// Fewer baseline days than this give no judgement.
const FEWEST_DAYS: usize = 7;
/// Less than this of a day is not believed to be all that is known of it.
const LEAST_SHARE: f64 = 0.25;
/// Of a baseline day with less than this nothing is read.
const LEAST_BASELINE_SHARE: f64 = 0.05;

/// What is known of the days of a series.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// The share of each day's events that is known, 0 to 1; all beyond the end of the slice.
    pub shares: &'a [f64],
    /// Variance of the last day's share.
    pub doubt: f64,
}

impl Known<'_> {
    fn share(self, day: usize) -> f64 {
        self.shares.get(day).copied().unwrap_or(1.0).clamp(0.0, 1.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AreaRuleOptions {
    /// Baseline days: 28 (longer baselines than EARS's seven are steadier; Tokars et al. 2009).
    pub baseline: usize,
    /// Days between the baseline and today.
    pub lag: usize,
    /// The least standard deviation that is believed.
    pub min_sigma: f64,
    /// One-sided level of the bound.
    pub alpha: f64,
}

impl Default for AreaRuleOptions {
    fn default() -> Self {
        Self { baseline: 28, lag: 2, min_sigma: 0.5, alpha: 0.001 }
    }
}

/// Where an area stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AreaRule {
    pub observed: u32,
    /// What would be known by now of a usual day.
    pub expected: f64,
    /// The share of the day that is taken to be known.
    pub share_known: f64,
    /// Counts above this raise a signal; infinite with fewer than seven days of history.
    pub threshold: f64,
    /// Standard deviations above the baseline mean.
    pub statistic: f64,
    pub p_value: f64,
    pub recurrence_interval_days: f64,
}

/// Judge the last value of `series` (daily counts without gaps, the last one today's, all known). A history shorter
/// than the baseline is used as far as it goes.
pub fn area_rule(series: &[u32], options: &AreaRuleOptions) -> AreaRule {
    area_rule_known(series, Known::default(), options)
}

/// Judge the last value of `series` by what is known of its days.
pub fn area_rule_known(series: &[u32], known: Known<'_>, options: &AreaRuleOptions) -> AreaRule {
    let observed = series.last().copied().unwrap_or(0);
    let f = known.share(series.len().saturating_sub(1)).max(LEAST_SHARE);
    let end = series.len().saturating_sub(1 + options.lag);
    let start = end.saturating_sub(options.baseline.max(FEWEST_DAYS));
    let window: Vec<(f64, f64)> = (start..end)
        .map(|day| (f64::from(series[day]), known.share(day)))
        .filter(|(_, share)| *share >= LEAST_BASELINE_SHARE)
        .collect();
    let n: f64 = window.iter().map(|(_, share)| share).sum();
    let total: f64 = window.iter().map(|(y, _)| y).sum();
    if window.len() < FEWEST_DAYS {
        return AreaRule {
            observed,
            expected: (total + 0.5) / (n + 1.0) * f,
            share_known: f,
            threshold: f64::INFINITY,
            statistic: 0.0,
            p_value: 1.0,
            recurrence_interval_days: 1.0,
        };
    }
    let mean = total / n;
    let squares: f64 = window.iter().map(|(y, share)| (y - mean * share).powi(2) / share).sum();
    let variance = squares / (window.len() as f64 - 1.0);
    let sigma = variance.sqrt().max(options.min_sigma);
    let spread = (f * f * sigma * sigma + f * (1.0 - f) * mean + mean * mean * known.doubt).sqrt();
    let whole = (total + 0.5) / n;
    let dispersion = if mean > 0.0 { (variance / mean).max(1.0) } else { 1.0 };
    let widened = 1.0 + (dispersion - 1.0) * f + f * dispersion / n + whole * known.doubt / f;
    let p_value = CountDistribution::with_dispersion(whole * f, widened).tail(u64::from(observed));
    AreaRule {
        observed,
        expected: whole * f,
        share_known: f,
        threshold: mean * f + normal::quantile(1.0 - options.alpha) * spread,
        statistic: (f64::from(observed) - mean * f) / spread,
        p_value,
        recurrence_interval_days: recurrence_interval(p_value, 1.0, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Random;

    #[test]
    fn a_false_alarm_is_as_rare_as_the_p_value_says() {
        // 20,000 flat worlds a rate; p ≤ 0.01 may happen in 1 % of them, and four standard errors more.
        for rate in [0.3, 1.0, 3.0, 12.0] {
            let mut random = Random::seeded(40 + rate as u64);
            let day = CountDistribution::poisson(rate);
            let mut hits = 0;
            for _ in 0..20_000 {
                let series: Vec<u32> = (0..31).map(|_| day.sample(&mut random) as u32).collect();
                hits += u32::from(area_rule(&series, &AreaRuleOptions::default()).p_value <= 0.01);
            }
            assert!(hits <= 200 + 4 * 14, "{hits} of 20,000 at {rate} a day");
        }
    }

    #[test]
    fn a_tenfold_day_is_found() {
        let mut series = vec![1u32; 30];
        series.push(10);
        let rule = area_rule(&series, &AreaRuleOptions::default());
        assert!(f64::from(rule.observed) > rule.threshold);
        assert!(rule.recurrence_interval_days > 1_000.0, "{rule:?}");
    }

    #[test]
    fn a_short_history_gives_no_signal() {
        let rule = area_rule(&[0, 0, 0, 9], &AreaRuleOptions::default());
        assert_eq!((rule.p_value, rule.threshold), (1.0, f64::INFINITY));
        assert_eq!(area_rule(&[], &AreaRuleOptions::default()).observed, 0);
    }

    #[test]
    fn zeros_are_not_a_certain_zero() {
        let mut series = vec![0u32; 40];
        series.push(1);
        let rule = area_rule(&series, &AreaRuleOptions::default());
        assert!(rule.p_value > 0.01 && rule.expected > 0.0, "{rule:?}");
    }

    #[test]
    fn a_day_that_is_half_known_is_judged_by_half() {
        // 20,000 flat worlds, the last day and the end of the baseline half known: as few false alarms as ever.
        let mut shares = [1.0; 31];
        shares[28..].copy_from_slice(&[0.9, 0.7, 0.5]);
        let known = Known { shares: &shares, doubt: 0.0004 };
        for rate in [1.0, 12.0] {
            let mut random = Random::seeded(90 + rate as u64);
            let mut hits = 0;
            for _ in 0..20_000 {
                let day = |share: &f64| CountDistribution::poisson(rate * share);
                let series: Vec<u32> = shares.iter().map(|s| day(s).sample(&mut random) as u32).collect();
                hits += u32::from(area_rule_known(&series, known, &AreaRuleOptions::default()).p_value <= 0.01);
            }
            assert!(hits <= 200 + 4 * 14, "{hits} of 20,000 at {rate} a day");
        }
    }

    #[test]
    fn a_spike_in_a_day_half_known_is_found_and_the_first_hours_are_not_one() {
        let mut series = vec![4u32; 30];
        series.push(10);
        let mut shares = vec![1.0; 31];
        let judge =
            |shares: &[f64]| area_rule_known(&series, Known { shares, doubt: 0.0 }, &AreaRuleOptions::default());
        let whole = judge(&shares);
        shares[30] = 0.5;
        let half = judge(&shares);
        assert!(half.p_value < whole.p_value / 10.0, "{half:?} {whole:?}");
        shares[30] = 0.01;
        let early = judge(&shares);
        assert!((early.expected - (4.0 * 30.0 + 0.5 - 2.0 * 4.0) / 28.0 * 0.25).abs() < 0.2, "{early:?}");
    }
}
