//! Recurrence intervals: how often chance alone would give such a signal (Kleinman, Lazarus & Platt 2004).

/// The number of days in which chance alone is expected to give one signal at least this strong, when
/// an analysis that yields `p` is made once every `interval_days`.
///
/// `analyses` adjusts for earlier analyses: when p already accounts for all `analyses` made since the
/// start of surveillance, the chance per analysis is 1 − (1 − p)^(1/analyses). It is 1 otherwise.
/// Infinite for p = 0, `interval_days` for p = 1.
pub fn recurrence_interval(p: f64, interval_days: f64, analyses: u32) -> f64 {
    let p = p.clamp(0.0, 1.0);
    let per_analysis = if analyses <= 1 { p } else { -((-p).ln_1p() / f64::from(analyses)).exp_m1() };
    interval_days / per_analysis
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_a_thousand_daily_is_every_thousand_days() {
        assert!((recurrence_interval(0.001, 1.0, 1) - 1000.0).abs() < 1e-9);
        assert!((recurrence_interval(0.001, 7.0, 1) - 7000.0).abs() < 1e-9);
        assert_eq!(recurrence_interval(1.0, 1.0, 1), 1.0);
        assert_eq!(recurrence_interval(0.0, 1.0, 1), f64::INFINITY);
    }

    #[test]
    fn a_p_that_covers_earlier_analyses_is_spread_over_them() {
        let r = recurrence_interval(0.1, 1.0, 10);
        assert!((r - 1.0 / (1.0 - 0.9f64.powf(0.1))).abs() < 1e-9, "{r}");
    }
}
