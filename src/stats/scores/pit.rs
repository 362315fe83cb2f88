//! The non-randomised probability integral transform for counts (Czado, Gneiting & Held 2009).

/// Add one forecast's share to a histogram of the non-randomised PIT: the interval from P(Y < y) to
/// P(Y ≤ y) spread evenly over the bins it meets. A calibrated forecaster's histogram is flat.
pub fn add_pit(bins: &mut [f64], below: f64, up_to: f64) {
    let n = bins.len() as f64;
    let width = up_to - below;
    for (i, bin) in bins.iter_mut().enumerate() {
        let (lo, hi) = (i as f64 / n, (i as f64 + 1.0) / n);
        *bin += if width > 1e-15 {
            ((up_to.min(hi) - below.max(lo)) / width).max(0.0)
        } else if lo <= up_to && (up_to < hi || hi >= 1.0 && up_to <= 1.0) {
            1.0
        } else {
            0.0
        };
    }
}

/// The histogram of many forecasts, each given as P(Y < y) and P(Y ≤ y): densities, 1 in every bin when calibrated.
/// Humps in the middle show forecasts that are too wide, high ends ones that are too narrow. NaN for no forecast.
pub fn pit_histogram(forecasts: impl IntoIterator<Item = (f64, f64)>, bins: usize) -> Vec<f64> {
    let (mut histogram, mut n) = (vec![0.0; bins], 0.0);
    for (below, up_to) in forecasts {
        add_pit(&mut histogram, below, up_to);
        n += 1.0;
    }
    histogram.iter().map(|share| share / n * bins as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_forecast_adds_one_to_the_pit() {
        for (below, up_to) in [(0.0, 1.0), (0.13, 0.42), (0.999, 1.0), (0.5, 0.5), (1.0, 1.0)] {
            let mut bins = [0.0; 10];
            add_pit(&mut bins, below, up_to);
            assert!((bins.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{below} {up_to} {bins:?}");
        }
    }

    #[test]
    fn a_flat_histogram_has_density_one() {
        let forecasts = (0..20).map(|i| (f64::from(i) / 20.0, f64::from(i + 1) / 20.0));
        assert!(pit_histogram(forecasts, 5).iter().all(|d| (d - 1.0).abs() < 1e-12));
    }
}
