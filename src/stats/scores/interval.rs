//! Scores of quantiles and central intervals (Gneiting & Raftery 2007; Bracher, Ray, Gneiting & Reich 2021).

/// Quantile (pinball) loss of the quantile `q` at probability `level`.
pub fn pinball(q: f64, level: f64, y: f64) -> f64 {
    if y >= q { level * (y - q) } else { (1.0 - level) * (q - y) }
}

/// Weighted interval score of quantiles that lie symmetrically about a median: twice their mean pinball
/// loss, which for many levels approaches the CRPS. NaN for no quantile.
pub fn wis(levels: &[f64], quantiles: &[u32], y: u64) -> f64 {
    let losses = levels.iter().zip(quantiles).map(|(&l, &q)| pinball(f64::from(q), l, y as f64));
    2.0 * losses.sum::<f64>() / levels.len() as f64
}

/// A central interval: it is to hold the truth with probability 1 − `alpha`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub alpha: f64,
    pub lower: f64,
    pub upper: f64,
}

/// Width, and 2/α times the distance by which the truth lies outside.
pub fn interval_score(interval: Interval, y: f64) -> f64 {
    let Interval { alpha, lower, upper } = interval;
    (upper - lower) + 2.0 / alpha * ((lower - y).max(0.0) + (y - upper).max(0.0))
}

/// (½ |y − median| + Σₖ αₖ/2 ISₖ)/(K + ½) of a median and K central intervals: [`wis`] of their quantiles.
pub fn weighted_interval_score(median: f64, intervals: &[Interval], y: f64) -> f64 {
    let sum: f64 = intervals.iter().map(|i| i.alpha / 2.0 * interval_score(*i, y)).sum();
    (0.5 * (y - median).abs() + sum) / (intervals.len() as f64 + 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_score_of_a_certain_right_answer_is_nothing() {
        assert_eq!(wis(&[0.1, 0.5, 0.9], &[4, 4, 4], 4), 0.0);
        // Pinball losses 0.1·1 (above), 0, 0.1·1 (below).
        assert!((wis(&[0.1, 0.5, 0.9], &[3, 4, 5], 4) - 2.0 * 0.2 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn intervals_and_their_quantiles_score_alike() {
        let intervals =
            [Interval { alpha: 0.2, lower: 2.0, upper: 9.0 }, Interval { alpha: 0.5, lower: 3.0, upper: 6.0 }];
        for y in [0u64, 4, 5, 8, 30] {
            let by_quantiles = wis(&[0.1, 0.25, 0.5, 0.75, 0.9], &[2, 3, 5, 6, 9], y);
            assert!((weighted_interval_score(5.0, &intervals, y as f64) - by_quantiles).abs() < 1e-12);
        }
    }

    #[test]
    fn an_interval_pays_for_its_width_and_for_missing() {
        let interval = Interval { alpha: 0.1, lower: 2.0, upper: 6.0 };
        assert_eq!(interval_score(interval, 3.0), 4.0);
        assert_eq!(interval_score(interval, 7.0), 24.0);
        assert_eq!(interval_score(interval, 1.5), 14.0);
    }
}
