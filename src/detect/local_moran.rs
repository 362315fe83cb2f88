//! Local Moran's I (Anselin 1995): is a place like those next to it?
//!
//! I_i = (n − 1) z_i Σ_j w_ij z_j / Σ z², with z the deviations from the mean and the weights of a place's
//! neighbours equal and summing to one (row-standardised). Positive among likes (high among high, low among low),
//! negative for a place that stands out from those around it.
//!
//! p comes from conditional permutations: the place keeps its value, its k neighbours get k other values drawn
//! without repeats from all other places, and p = (1 + the draws at least as far out on the same side) /
//! (1 + all draws). It is one-sided, as is the custom for this statistic: double it for "either way". Draws that
//! tie count as far out: in counts full of zeros a place among equals is then no discovery.
//!
//! **Edges.** A place without neighbours has I = 0 and no p (NaN): there is nothing to permute. A value that is NaN
//! is no data: it is nobody's neighbour, and nothing is said of it.

use rayon::prelude::*;

use super::bins::{BinsError, Neighbours};
use crate::stats::Random;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalMoranOptions {
    /// Draws for each place; 0 leaves p out (NaN).
    pub permutations: u32,
    pub seed: u64,
}

impl Default for LocalMoranOptions {
    fn default() -> Self {
        Self { permutations: 999, seed: 1 }
    }
}

/// Where a place stands among its neighbours, both against the mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quadrant {
    HighHigh,
    LowHigh,
    LowLow,
    HighLow,
}

impl Quadrant {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HighHigh => "high-high",
            Self::LowHigh => "low-high",
            Self::LowLow => "low-low",
            Self::HighLow => "high-low",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocalMoran {
    /// NaN where the place has no data.
    pub i: f64,
    pub p_value: f64,
    /// `None` without data, without neighbours, or where nothing varies.
    pub quadrant: Option<Quadrant>,
}

/// One value for each place, judged among its neighbours. Every place draws from a stream of its own, so the
/// answer is the same on any number of threads.
///
/// # Errors
/// When there are neighbours for another number of places.
pub fn local_moran(
    values: &[f64],
    neighbours: &Neighbours,
    options: &LocalMoranOptions,
) -> Result<Vec<LocalMoran>, BinsError> {
    neighbours.fit(values.len())?;
    let known: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    let n = known.len() as f64;
    let mean = known.iter().sum::<f64>() / n;
    let alike = known.windows(2).all(|w| w[0] == w[1]);
    let squares: f64 = known.iter().map(|v| (v - mean).powi(2)).sum();
    let judge = |(place, &own): (usize, &f64)| {
        let near: Vec<f64> = neighbours.of(place).iter().map(|j| values[*j as usize]).filter(|v| !v.is_nan()).collect();
        if own.is_nan() {
            return LocalMoran { i: f64::NAN, p_value: f64::NAN, quadrant: None };
        }
        if near.is_empty() || alike {
            return LocalMoran { i: 0.0, p_value: f64::NAN, quadrant: None };
        }
        let z = own - mean;
        let lag = near.iter().map(|v| v - mean).sum::<f64>() / near.len() as f64;
        let quadrant = match (z > 0.0, lag > 0.0) {
            (true, true) => Quadrant::HighHigh,
            (false, true) => Quadrant::LowHigh,
            (false, false) => Quadrant::LowLow,
            (true, false) => Quadrant::HighLow,
        };
        let p_value = permuted(values, place, near.iter().sum(), near.len(), z, options);
        LocalMoran { i: (n - 1.0) * z * lag / squares, p_value, quadrant: Some(quadrant) }
    };
    Ok(values.par_iter().enumerate().map(judge).collect())
}

/// Sums of the drawn values are compared, not I itself: I rises with the sum (falls, where z is negative), and sums
/// of counts are exact, so that ties are seen as ties.
fn permuted(values: &[f64], place: usize, sum: f64, k: usize, z: f64, options: &LocalMoranOptions) -> f64 {
    if options.permutations == 0 {
        return f64::NAN;
    }
    if z == 0.0 {
        return 1.0;
    }
    let mut others: Vec<f64> =
        values.iter().enumerate().filter(|(j, v)| *j != place && !v.is_nan()).map(|(_, v)| *v).collect();
    let mut random = Random::stream(options.seed, place as u64);
    let (mut above, mut below) = (0u32, 0u32);
    for _ in 0..options.permutations {
        let mut drawn = 0.0;
        for i in 0..k {
            // The first k of a Fisher–Yates shuffle; whatever order the draw before left will do.
            let j = i + random.below((others.len() - i) as u32) as usize;
            others.swap(i, j);
            drawn += others[i];
        }
        above += u32::from(drawn >= sum);
        below += u32::from(drawn <= sum);
    }
    f64::from(above.min(below) + 1) / f64::from(options.permutations + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(n: u32) -> Neighbours {
        Neighbours::new(&(0..n).map(|p| vec![(p + 1) % n, (p + n - 1) % n]).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn the_local_values_add_up_to_the_global_one() {
        // Anselin's requirement: Σ I_i is proportional to Moran's I, here Σ z_i lag_i (n − 1) / Σ z².
        let x = [3.0, 0.0, 1.0, 7.0, 2.0, 2.0, 9.0, 4.0];
        let mean = x.iter().sum::<f64>() / 8.0;
        let z = |i: usize| x[i % 8] - mean;
        let squares: f64 = (0..8).map(|i| z(i) * z(i)).sum();
        let global: f64 = (0..8).map(|i| z(i) * (z(i + 1) + z(i + 7)) / 2.0).sum::<f64>() / squares;
        let local = local_moran(&x, &ring(8), &LocalMoranOptions::default()).unwrap();
        assert!((local.iter().map(|l| l.i).sum::<f64>() - 7.0 * global).abs() < 1e-12);
        assert_eq!(local[1].quadrant, Some(Quadrant::LowLow));
        assert_eq!(local[3].quadrant, Some(Quadrant::HighLow));
    }

    #[test]
    fn p_is_the_share_of_all_draws_that_are_as_far_out() {
        // Place 0 is next to 1 and 5. Of the ten pairs of the other five values only 8 + 6 reaches their sum, 14.
        let x = [9.0, 8.0, 1.0, 2.0, 3.0, 6.0];
        let options = LocalMoranOptions { permutations: 40_000, seed: 5 };
        let p = local_moran(&x, &ring(6), &options).unwrap()[0].p_value;
        // Four standard errors of a share of 0.1.
        assert!((p - 0.1).abs() < 4.0 * (0.09f64 / 40_000.0).sqrt(), "{p}");
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let x = [3.0, 0.0, 1.0, 7.0, 2.0, 2.0, 9.0, 4.0];
        let of = |seed| local_moran(&x, &ring(8), &LocalMoranOptions { permutations: 99, seed }).unwrap();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn a_place_among_equals_is_no_discovery() {
        let mut x = [0.0; 30];
        x[0] = 1.0;
        let local = local_moran(&x, &ring(30), &LocalMoranOptions::default()).unwrap();
        assert!(local[15].p_value > 0.5, "{:?}", local[15]);
        let flat = local_moran(&[0.1; 30], &ring(30), &LocalMoranOptions::default()).unwrap();
        assert!(flat.iter().all(|l| l.i == 0.0 && l.p_value.is_nan()));
    }

    #[test]
    fn islands_and_missing_values_are_left_out() {
        let near = Neighbours::new(&[vec![1, 2], vec![0], vec![0], vec![]]).unwrap();
        let local = local_moran(&[4.0, 2.0, f64::NAN, 1.0], &near, &LocalMoranOptions::default()).unwrap();
        assert!(local[2].i.is_nan());
        assert!(local[3].i == 0.0 && local[3].p_value.is_nan() && local[3].quadrant.is_none());
        // As if place 2 did not exist: mean 7/3, Σ z² 14/3, z 5/3 and −1/3.
        assert!((local[0].i - 2.0 * (5.0 / 3.0) * (-1.0 / 3.0) / (14.0 / 3.0)).abs() < 1e-12);
    }
}
