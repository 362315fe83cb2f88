//! The rule for one area right now: is today's count unusual against the weeks before?
//!
//! The bound and the statistic are EARS C2's with a floor on the spread (see [`super::ears`]). The p-value
//! is not the normal tail, which at overdose counts is wrong by orders of magnitude, but the chance of
//! today's count or more under a negative binomial: the mean of n baseline days has the posterior of a
//! Poisson rate under Jeffreys' prior, and the variance is widened by the dispersion φ that the baseline
//! shows, so that E = (Σy + ½)/n and Var = E·φ·(1 + 1/n) + what the doubt about E adds.
//!
//! *Recurrence interval* here: in how many days chance alone gives *this one area* a count so unusual, if
//! it is looked at once a day. With A areas watched, some area does so A times as often. It says nothing
//! of the days before today, and day-of-week and season are not modelled: with a 28-day baseline that
//! matters little at the counts of a town and can matter for a state.

use crate::stats::{CountDistribution, normal, recurrence_interval};

/// Raised whenever the same input could give another answer.
pub const METHOD_VERSION: u32 = 1;

/// Fewer baseline days than this give no judgement.
const FEWEST_DAYS: usize = 7;

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
    pub expected: f64,
    /// Counts above this raise a signal; infinite with fewer than seven days of history.
    pub threshold: f64,
    /// Standard deviations above the baseline mean.
    pub statistic: f64,
    pub p_value: f64,
    pub recurrence_interval_days: f64,
}

/// Judge the last value of `series` (daily counts without gaps, the last one today's, which may still
/// grow). A history shorter than the baseline is used as far as it goes.
pub fn area_rule(series: &[u32], options: &AreaRuleOptions) -> AreaRule {
    let observed = series.last().copied().unwrap_or(0);
    let end = series.len().saturating_sub(1 + options.lag);
    let window = &series[end.saturating_sub(options.baseline.max(FEWEST_DAYS))..end];
    let n = window.len() as f64;
    let total: f64 = window.iter().map(|&y| f64::from(y)).sum();
    if window.len() < FEWEST_DAYS {
        let expected = (total + 0.5) / (n + 1.0);
        return AreaRule {
            observed,
            expected,
            threshold: f64::INFINITY,
            statistic: 0.0,
            p_value: 1.0,
            recurrence_interval_days: 1.0,
        };
    }
    let mean = total / n;
    let variance = window.iter().map(|&y| (f64::from(y) - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let sigma = variance.sqrt().max(options.min_sigma);
    let threshold = mean + normal::quantile(1.0 - options.alpha) * sigma;
    let expected = (total + 0.5) / n;
    let dispersion = if mean > 0.0 { (variance / mean).max(1.0) } else { 1.0 };
    let p_value = CountDistribution::with_dispersion(expected, dispersion * (1.0 + 1.0 / n)).tail(u64::from(observed));
    AreaRule {
        observed,
        expected,
        threshold,
        statistic: (f64::from(observed) - mean) / sigma,
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
}
