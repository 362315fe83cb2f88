//! Summaries of a sample: mean, standard deviation, quantiles, distance from uniformity.

/// NaN for an empty sample.
pub fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

/// Standard deviation with n − 1; NaN for fewer than two values.
pub fn sd(x: &[f64]) -> f64 {
    let m = mean(x);
    (x.iter().map(|v| (v - m) * (v - m)).sum::<f64>() / (x.len() as f64 - 1.0)).sqrt()
}

/// Quantile of an already sorted sample by linear interpolation between order statistics (Hyndman & Fan's
/// type 7, the usual default); NaN for an empty sample.
pub fn quantile_sorted(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let h = p.clamp(0.0, 1.0) * last as f64;
    let low = h.floor() as usize;
    let high = (low + 1).min(last);
    sorted[low] + (h - low as f64) * (sorted[high] - sorted[low])
}

pub fn median(x: &[f64]) -> f64 {
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile_sorted(&sorted, 0.5)
}

/// Kolmogorov–Smirnov distance of a sample from the uniform distribution on 0..1.
pub fn ks_uniform(x: &[f64]) -> f64 {
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    sorted.iter().enumerate().map(|(i, &v)| ((i as f64 + 1.0) / n - v).max(v - i as f64 / n)).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_between_order_statistics() {
        let x = [1.0, 2.0, 4.0, 8.0];
        assert_eq!(quantile_sorted(&x, 0.5), 3.0);
        assert_eq!(quantile_sorted(&x, 0.0), 1.0);
        assert_eq!(quantile_sorted(&x, 1.0), 8.0);
        assert_eq!(median(&[5.0, 1.0, 3.0]), 3.0);
        assert!(quantile_sorted(&[], 0.5).is_nan());
    }

    #[test]
    fn the_standard_deviation_divides_by_n_minus_one() {
        assert!((sd(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]) - (32.0f64 / 7.0).sqrt()).abs() < 1e-12);
        assert!(sd(&[1.0]).is_nan());
    }

    #[test]
    fn the_distance_from_uniformity_sees_a_shift() {
        let even: Vec<f64> = (0..100).map(|i| (f64::from(i) + 0.5) / 100.0).collect();
        assert!(ks_uniform(&even) < 0.006);
        let low: Vec<f64> = even.iter().map(|v| v * 0.5).collect();
        assert!((ks_uniform(&low) - 0.5).abs() < 0.01);
    }
}
