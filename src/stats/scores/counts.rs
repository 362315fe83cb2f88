//! Scores of distributions of counts: logarithmic (Good 1952), ranked probability (Epstein 1969; Czado, Gneiting &
//! Held 2009), Dawid–Sebastiani (1999) and squared error; and their quantiles.
//!
//! The ranked probability score Σₖ (F(k) − 1{y ≤ k})² is the CRPS of a count. It is summed, which equals the closed
//! forms of Wei & Held (2014) to about twelve digits; work grows with the standard deviation.

use crate::stats::CountDistribution;

/// Below this mean a distribution is stepped through from zero; P(0) does not underflow there.
const STEPPED: f64 = 300.0;

/// −ln P(Y = y); +∞ when the distribution held y impossible.
pub fn log_score(d: CountDistribution, y: u64) -> f64 {
    -d.ln_pmf(y)
}

/// Dawid–Sebastiani score, (y − μ)²/σ² + ln σ² (Dawid & Sebastiani 1999); needs the two moments only.
/// For a certain distribution (σ = 0) it is −∞ when right and +∞ when wrong.
pub fn dawid_sebastiani(d: CountDistribution, y: u64) -> f64 {
    let (off, variance) = (y as f64 - d.mean(), d.variance());
    if variance == 0.0 && off != 0.0 {
        f64::INFINITY
    } else {
        off * off / variance.max(f64::MIN_POSITIVE) + variance.ln()
    }
}

/// Squared error of the mean.
pub fn squared_error(d: CountDistribution, y: u64) -> f64 {
    (y as f64 - d.mean()).powi(2)
}

/// CRPS of a count distribution (for counts also called RPS), summed until what is left is below 1e-12.
pub fn crps(d: CountDistribution, y: u64) -> f64 {
    let (first, mut cdf) = start(d);
    let mut pmf = d.pmf(first);
    // Where the sum starts above the truth, every step between had F = 0 against an indicator of 1.
    let mut sum = first.saturating_sub(y) as f64;
    let mut k = first;
    loop {
        let truth = if y <= k { 1.0 } else { 0.0 };
        sum += (cdf - truth) * (cdf - truth);
        let left = 1.0 - cdf;
        if (k >= y && left < 1e-9) || pmf == 0.0 && k as f64 > d.mean() {
            // Every step still to come adds (F − indicator)², which is 1 between here and a far truth.
            return sum + y.saturating_sub(k + 1) as f64;
        }
        pmf *= d.pmf_ratio(k);
        k += 1;
        cdf = (cdf + pmf).min(1.0);
    }
}

/// The quantiles of a distribution at ascending levels, in one pass.
pub fn quantiles<const N: usize>(d: CountDistribution, levels: &[f64; N]) -> [u32; N] {
    let mut out = [0u32; N];
    if d.mean() > STEPPED {
        for (q, &level) in out.iter_mut().zip(levels) {
            *q = u32::try_from(d.quantile(level)).unwrap_or(u32::MAX);
        }
        return out;
    }
    let (mut k, mut pmf) = (0u64, d.pmf(0));
    let mut cdf = pmf;
    for (q, &level) in out.iter_mut().zip(levels) {
        // A sum of doubles ends within 1e-13 of one; a level beyond that is never asked for.
        while cdf < level - 1e-13 {
            pmf *= d.pmf_ratio(k);
            if pmf == 0.0 {
                break;
            }
            k += 1;
            cdf += pmf;
        }
        *q = u32::try_from(k).unwrap_or(u32::MAX);
    }
    out
}

/// First count worth summing from, with P(Y ≤ it). A negative binomial of small size keeps mass near zero
/// however large its mean, so the start lies twenty standard deviations down or at zero.
fn start(d: CountDistribution) -> (u64, f64) {
    let first = (d.mean() - 20.0 * d.variance().sqrt()).max(0.0) as u64;
    (first, d.cdf(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NB: fn(f64, f64) -> CountDistribution = CountDistribution::negative_binomial;

    #[test]
    fn the_crps_of_a_count_equals_its_closed_form() {
        // scoringrules 0.10 and an independent sum agree on these.
        assert!((crps(NB(0.1, 0.5), 0) - 0.007_716_168_133_560_707).abs() < 1e-10);
        // R surveillance 1.20: rps at size 0.3, mean 0.05.
        assert!((crps(NB(0.05, 0.3), 0) - 0.002_060_808_766_539_314).abs() < 1e-10);
        assert!((crps(NB(0.05, 0.3), 5) - 4.902_062_813_201_295).abs() < 1e-10);
    }

    #[test]
    fn a_truth_far_from_a_large_mean_costs_about_its_distance() {
        let d = CountDistribution::poisson(5000.0);
        let far = crps(d, 0);
        assert!((far - (5000.0 - (5000.0f64 / std::f64::consts::PI).sqrt())).abs() < 0.05, "{far}");
        assert!((crps(CountDistribution::poisson(0.0), 7) - 7.0).abs() < 1e-9);
    }

    #[test]
    fn the_log_score_is_minus_the_log_probability() {
        assert!((log_score(NB(0.05, 0.3), 2) - 5.572_821_222_477_195).abs() < 1e-12);
    }

    #[test]
    fn quantiles_in_one_pass_are_those_found_one_by_one() {
        let levels = [0.025, 0.1, 0.5, 0.9, 0.975];
        for d in [NB(0.02, 0.6), NB(7.0, 1.3), NB(250.0, 4.0), CountDistribution::poisson(2000.0), NB(0.0, 1.0)] {
            let want = levels.map(|l| d.quantile(l) as u32);
            assert_eq!(quantiles(d, &levels), want, "{d:?}");
        }
    }
}
