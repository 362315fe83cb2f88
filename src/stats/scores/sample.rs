//! Scores of forecasts that are samples, of one count or of several together.

/// CRPS of an equally weighted sample, E|X − y| − ½ E|X − X′| with the 1/m² form of the second term
/// (the `nrg` estimator; the `fair` one divides by m(m − 1)). NaN for an empty sample.
pub fn crps_sample(sample: &[f64], y: f64) -> f64 {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    let m = sorted.len() as f64;
    let near = sorted.iter().map(|x| (x - y).abs()).sum::<f64>() / m;
    // Σᵢⱼ |xᵢ − xⱼ| over ordered values is 2 Σᵢ (2i − m − 1) xᵢ.
    let spread: f64 = sorted.iter().enumerate().map(|(i, x)| (2.0 * (i as f64 + 1.0) - m - 1.0) * x).sum();
    near - spread / (m * m)
}

/// How the CRPS of a sample is estimated. Which one was used belongs beside the number: they differ by up to a
/// 1/m of the spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EnsembleCrps {
    /// The CRPS of the sample's own distribution, spread over 2m² (the energy form; the quantile decomposition `qd`
    /// and the integral `int` are the same number).
    #[default]
    Nrg,
    /// Unbiased for the distribution that the sample is from: spread over 2m(m − 1) (the form by probability-weighted
    /// moments `pwm` is the same number). Needs two members or more.
    Fair,
    /// Approximate kernel representation: each member against the one before it, in the order given.
    Akr,
    /// The same against the one half the sample away.
    AkrCircularPermutation,
}

/// CRPS of an equally weighted sample. NaN where it is not defined: no member, or one for [`EnsembleCrps::Fair`].
pub fn crps_ensemble(sample: &[f64], y: f64, estimator: EnsembleCrps) -> f64 {
    let n = sample.len();
    let m = n as f64;
    let near = || sample.iter().map(|x| (x - y).abs()).sum::<f64>() / m;
    let against = |step: usize| (0..n).map(|i| (sample[i] - sample[(i + step) % n]).abs()).sum::<f64>() / (2.0 * m);
    match estimator {
        EnsembleCrps::Nrg => crps_sample(sample, y),
        EnsembleCrps::Fair if n < 2 => f64::NAN,
        // Half the mean distance is near − nrg; the fair one is larger by m/(m − 1).
        EnsembleCrps::Fair => near() - (near() - crps_sample(sample, y)) * m / (m - 1.0),
        EnsembleCrps::Akr => near() - against(1),
        EnsembleCrps::AkrCircularPermutation => near() - against(n.div_ceil(2)),
    }
}

/// Energy score of a sample of vectors, E‖X − y‖ − ½ E‖X − X′‖ with the 1/m² form of the second term (Gneiting &
/// Raftery 2007): the CRPS of several counts together. NaN for an empty sample or vectors of unequal length.
pub fn energy_score(sample: &[Vec<f64>], y: &[f64]) -> f64 {
    let m = sample.len() as f64;
    if sample.iter().any(|x| x.len() != y.len()) {
        return f64::NAN;
    }
    let near = sample.iter().map(|x| distance(x, y)).sum::<f64>() / m;
    let spread: f64 = sample.iter().enumerate().flat_map(|(i, a)| sample[..i].iter().map(|b| distance(a, b))).sum();
    near - spread / (m * m)
}

/// Variogram score of order p (Scheuerer & Hamill 2015), Σᵢⱼ (|yᵢ − yⱼ|ᵖ − E|Xᵢ − Xⱼ|ᵖ)² over all ordered pairs with
/// weight 1: whether the dependence between places is right. NaN as for the energy score.
pub fn variogram_score(sample: &[Vec<f64>], y: &[f64], p: f64) -> f64 {
    let m = sample.len() as f64;
    if sample.is_empty() || sample.iter().any(|x| x.len() != y.len()) {
        return f64::NAN;
    }
    let mut sum = 0.0;
    for i in 0..y.len() {
        for j in 0..i {
            let expected = sample.iter().map(|x| (x[i] - x[j]).abs().powf(p)).sum::<f64>() / m;
            sum += 2.0 * ((y[i] - y[j]).abs().powf(p) - expected).powi(2);
        }
    }
    sum
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_form_counts_distance_less_half_the_spread() {
        assert_eq!(crps_sample(&[2.0], 3.0), 1.0);
        // E|X − 1| = 1, E|X − X′| = 1 for X in {0, 2}.
        assert_eq!(crps_sample(&[0.0, 2.0], 1.0), 0.5);
    }

    #[test]
    fn estimators_differ_in_the_spread_they_take_off() {
        let sample = [1.0, 4.0, 2.0, 2.0];
        let of = |e| crps_ensemble(&sample, 3.0, e);
        // Mean distance to the truth 5/4. All ordered pairs: Σ|xᵢ − xⱼ| = 2(3 + 1 + 1 + 2 + 2 + 0) = 18.
        assert!((of(EnsembleCrps::Nrg) - (1.25 - 18.0 / 32.0)).abs() < 1e-12);
        assert!((of(EnsembleCrps::Fair) - (1.25 - 18.0 / 24.0)).abs() < 1e-12);
        // Neighbours in a circle: 3 + 2 + 0 + 1; those two apart: 1 + 2 + 1 + 2.
        assert!((of(EnsembleCrps::Akr) - (1.25 - 6.0 / 8.0)).abs() < 1e-12);
        assert!((of(EnsembleCrps::AkrCircularPermutation) - (1.25 - 6.0 / 8.0)).abs() < 1e-12);
        assert!(crps_ensemble(&[1.0], 3.0, EnsembleCrps::Fair).is_nan());
        assert!(crps_ensemble(&[], 3.0, EnsembleCrps::Nrg).is_nan());
    }

    #[test]
    fn the_energy_score_of_one_dimension_is_the_crps() {
        let sample = [1.0, 4.0, 2.0, 2.0];
        let vectors: Vec<Vec<f64>> = sample.iter().map(|x| vec![*x]).collect();
        assert!((energy_score(&vectors, &[3.0]) - crps_sample(&sample, 3.0)).abs() < 1e-12);
    }

    #[test]
    fn the_variogram_score_sees_dependence_that_margins_hide() {
        let together = [vec![0.0, 0.0], vec![4.0, 4.0]];
        let apart = [vec![0.0, 4.0], vec![4.0, 0.0]];
        assert_eq!(variogram_score(&together, &[1.0, 1.0], 0.5), 0.0);
        assert_eq!(variogram_score(&apart, &[1.0, 1.0], 0.5), 2.0 * 4.0);
    }
}
