//! Gi*: is the sum around a place, itself included, larger or smaller than chance would have it?
//!
//! Getis & Ord (1992), standardised as in Ord & Getis (1995, formula 14*): with binary weights, the k bins of a
//! neighbourhood and the n bins it is compared with,
//!
//! z = (Σ x_j − k x̄) / (s √((n k − k²) / (n − 1))),
//!
//! where x̄ and s are the mean and the standard deviation (over n) of those n bins. In space and time the
//! neighbourhood is the place and those next to it at the step and at so many steps before (never after: the
//! future is not known).
//!
//! **Edges.** A place without neighbours is compared by its own values, one at the border by those it has; at the
//! first steps there are fewer steps to look back on; a bin without data is in no sum, and k is smaller. Where
//! nothing varies, or the neighbourhood is everything, there is nothing to tell apart and z is 0.
//!
//! **Limits.** z is close to normal when the neighbourhood can expect some events (five or more is the usual
//! advice). Where it can expect a tenth of one, a single event makes z large: [`count_p_values`] knows better.
//! Neighbouring z-values share their data, so they come in patches; and as every bin is a test, single p-values
//! need a correction (`stats::multiple`).

use std::collections::HashMap;

use super::bins::{Bins, BinsError, Neighbours};
use crate::stats::{CountDistribution, normal};

/// What a neighbourhood is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Population {
    /// All bins of all steps: a place is hot against the whole period.
    #[default]
    Cube,
    /// All bins of the steps that the neighbourhood reaches over: a place is hot against the others then.
    Steps,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GiStarOptions {
    /// Steps before the bin's own that belong to its neighbourhood; 0 is space alone.
    pub steps_back: usize,
    pub population: Population,
}

impl Default for GiStarOptions {
    /// One step back, against the whole cube.
    fn default() -> Self {
        Self { steps_back: 1, population: Population::Cube }
    }
}

impl GiStarOptions {
    /// Each step by itself: Gi* as it was in space, before there was time.
    pub fn slices() -> Self {
        Self { steps_back: 0, population: Population::Steps }
    }
}

/// The z of every bin; NaN where the bin has no data. About seven additions a bin.
///
/// # Errors
/// When there are neighbours for another number of places.
pub fn gi_star(bins: &Bins, neighbours: &Neighbours, options: &GiStarOptions) -> Result<Bins, BinsError> {
    each(bins, neighbours, options, |population, sum, k| population.standardise(sum, f64::from(k)))
}

/// Two-sided p-value of a z; NaN of NaN.
pub fn p_value(z: f64) -> f64 {
    2.0 * normal::survival(z.abs())
}

/// Two-sided p-values of every bin for counts: the p of z, or twice the smaller tail of a distribution of counts (the
/// sum itself in it), whichever is larger. Its mean is that of the bins compared with, its variance the dispersion
/// within places times that: a negative binomial, or Poisson where the counts vary no more than that. Where much
/// is expected the p of z decides, where little is the counts do, which are skew: one event is then no wonder.
///
/// # Errors
/// When there are neighbours for another number of places.
pub fn count_p_values(bins: &Bins, neighbours: &Neighbours, options: &GiStarOptions) -> Result<Bins, BinsError> {
    let dispersion = dispersion_within_places(bins);
    // The same few sums come again and again.
    let mut known: HashMap<[u64; 4], f64> = HashMap::new();
    each(bins, neighbours, options, |population, sum, k| {
        let key = [population.mean.to_bits(), population.sd.to_bits(), sum.to_bits(), u64::from(k)];
        *known.entry(key).or_insert_with(|| {
            let z = population.standardise(sum, f64::from(k));
            population.count_p(sum, f64::from(k), dispersion).max(p_value(z))
        })
    })
}

/// Variance over mean of the counts of a place, over all places (Pearson's χ² over its degrees of freedom), 1 or
/// more. What places differ by is not in it: that is what is looked for.
fn dispersion_within_places(bins: &Bins) -> f64 {
    let mut sums = vec![(0.0, 0.0, 0.0); bins.places()];
    for step in 0..bins.steps() {
        for ((n, sum, squares), v) in sums.iter_mut().zip(bins.step(step)).filter(|(_, v)| !v.is_nan()) {
            (*n, *sum, *squares) = (*n + 1.0, *sum + v, *squares + v * v);
        }
    }
    let told = sums.into_iter().filter(|(n, sum, _)| *n > 1.0 && *sum > 0.0);
    let (chi, degrees) = told.fold((0.0, 0.0), |(chi, degrees), (n, sum, squares)| {
        (chi + (squares - sum * sum / n) / (sum / n), degrees + n - 1.0)
    });
    if degrees > 0.0 { (chi / degrees).max(1.0) } else { 1.0 }
}

/// What stands in each bin's neighbourhood, as it is summed by [`gi_star`]; NaN where the bin has no data.
///
/// # Errors
/// When there are neighbours for another number of places.
pub fn neighbourhood_sums(bins: &Bins, neighbours: &Neighbours, options: &GiStarOptions) -> Result<Bins, BinsError> {
    each(bins, neighbours, options, |_, sum, _| sum)
}

/// Something of every bin with data, from what it is compared with, the sum of its neighbourhood, and how many bins
/// with data that is.
fn each(
    bins: &Bins,
    neighbours: &Neighbours,
    options: &GiStarOptions,
    mut answer: impl FnMut(&Moments, f64, u32) -> f64,
) -> Result<Bins, BinsError> {
    neighbours.fit(bins.places())?;
    let around = around(bins, neighbours);
    let whole = Moments::of(bins.values());
    let mut answers = Bins::zeros(bins.places(), bins.steps());
    for step in 0..bins.steps() {
        let first = step.saturating_sub(options.steps_back);
        let population = match options.population {
            Population::Cube => whole,
            Population::Steps => Moments::of(&bins.values()[first * bins.places()..(step + 1) * bins.places()]),
        };
        for place in 0..bins.places() {
            let at = step * bins.places() + place;
            let window = (first..=step).map(|s| around[s * bins.places() + place]);
            let (sum, k) = window.fold((0.0, 0), |(sum, k), (more, bins)| (sum + more, k + bins));
            let known = !bins.values()[at].is_nan();
            answers.values_mut()[at] = if known { answer(&population, sum, k) } else { f64::NAN };
        }
    }
    Ok(answers)
}

/// For each bin the sum over the place and its neighbours at that step, and how many of them have data.
fn around(bins: &Bins, neighbours: &Neighbours) -> Vec<(f64, u32)> {
    let mut around = Vec::with_capacity(bins.values().len());
    for step in 0..bins.steps() {
        let values = bins.step(step);
        let add = |(sum, k): (f64, u32), v: f64| if v.is_nan() { (sum, k) } else { (sum + v, k + 1) };
        around.extend(values.iter().enumerate().map(|(place, &own)| {
            neighbours.of(place).iter().map(|near| values[*near as usize]).fold(add((0.0, 0), own), add)
        }));
    }
    around
}

#[derive(Debug, Clone, Copy)]
struct Moments {
    n: f64,
    mean: f64,
    /// Over n; 0 exactly where all values are alike.
    sd: f64,
}

impl Moments {
    fn of(values: &[f64]) -> Self {
        let known = || values.iter().copied().filter(|v| !v.is_nan());
        let (mut n, mut sum, mut least, mut most) = (0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY);
        for v in known() {
            (n, sum, least, most) = (n + 1.0, sum + v, v.min(least), v.max(most));
        }
        let mean = sum / n;
        // Rounding must not make a spread of values that have none.
        let sd = if least < most { (known().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt() } else { 0.0 };
        Self { n, mean, sd }
    }

    /// Variance of a sum of k of the n bins, drawn without repeats.
    fn variance(&self, k: f64) -> f64 {
        if self.sd > 0.0 && k < self.n { self.sd * self.sd * (self.n * k - k * k) / (self.n - 1.0) } else { 0.0 }
    }

    fn count_p(&self, sum: f64, k: f64, dispersion: f64) -> f64 {
        if self.variance(k) == 0.0 || sum < 0.0 {
            return 1.0;
        }
        let counts = CountDistribution::with_dispersion(self.mean * k, dispersion);
        let (down, up) = (sum.floor() as u64, sum.ceil() as u64);
        (2.0 * counts.tail(up).min(counts.cdf(down))).min(1.0)
    }

    fn standardise(&self, sum: f64, k: f64) -> f64 {
        let spread = self.variance(k).sqrt();
        if spread > 0.0 { (sum - self.mean * k) / spread } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Random;

    /// Places in a row, each next to those beside it; the last is an island.
    fn row(places: usize) -> Neighbours {
        let last = places as u32 - 2;
        let lists: Vec<Vec<u32>> = (0..=last)
            .map(|p| [p.checked_sub(1), Some(p + 1).filter(|n| *n <= last)].into_iter().flatten().collect())
            .chain([vec![]])
            .collect();
        Neighbours::new(&lists).unwrap()
    }

    fn counts(places: usize, steps: usize, seed: u64) -> Bins {
        let mut random = Random::seeded(seed);
        Bins::new(places, steps, (0..places * steps).map(|_| f64::from(random.below(6))).collect()).unwrap()
    }

    /// The definition with a weight for every pair of bins: Ord & Getis (1995), formula 14*.
    fn by_weights(x: &[f64], weights: &[f64]) -> f64 {
        let n = x.len() as f64;
        let mean = x.iter().sum::<f64>() / n;
        let s = (x.iter().map(|v| v * v).sum::<f64>() / n - mean * mean).sqrt();
        let (w, w2) = (weights.iter().sum::<f64>(), weights.iter().map(|w| w * w).sum::<f64>());
        let sum: f64 = x.iter().zip(weights).map(|(x, w)| x * w).sum();
        (sum - mean * w) / (s * ((n * w2 - w * w) / (n - 1.0)).sqrt())
    }

    #[test]
    fn every_z_is_the_formula_with_its_matrix_of_weights() {
        let (places, steps) = (7, 5);
        let (bins, near) = (counts(places, steps, 1), row(places));
        for steps_back in 0..3 {
            for population in [Population::Cube, Population::Steps] {
                let z = gi_star(&bins, &near, &GiStarOptions { steps_back, population }).unwrap();
                for (step, place) in (0..steps).flat_map(|s| (0..places).map(move |p| (s, p))) {
                    let lag = |s: usize| s <= step && s + steps_back >= step;
                    let inside = |s: usize| population == Population::Cube || lag(s);
                    let next = |p: usize| p == place || near.of(place).contains(&(p as u32));
                    let (mut x, mut weights) = (vec![], vec![]);
                    for (s, p) in (0..steps).flat_map(|s| (0..places).map(move |p| (s, p))).filter(|(s, _)| inside(*s))
                    {
                        x.push(bins.get(p, s));
                        weights.push(if lag(s) && next(p) { 1.0 } else { 0.0 });
                    }
                    let (got, want) = (z.get(place, step), by_weights(&x, &weights));
                    assert!((got - want).abs() < 1e-9, "{place} {step} {steps_back} {population:?}: {got} {want}");
                }
            }
        }
    }

    #[test]
    fn an_island_is_judged_by_its_own_value() {
        let bins = Bins::new(4, 1, vec![1.0, 1.0, 1.0, 5.0]).unwrap();
        let z = gi_star(&bins, &row(4), &GiStarOptions::slices()).unwrap();
        // Mean 2, standard deviation √3, and a neighbourhood of one.
        assert!((z.get(3, 0) - 3.0f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn where_nothing_varies_nothing_is_hot() {
        let flat = Bins::new(3, 2, vec![0.1; 6]).unwrap();
        for options in [GiStarOptions::default(), GiStarOptions::slices()] {
            assert_eq!(gi_star(&flat, &row(3), &options).unwrap().values(), [0.0; 6]);
        }
        let all = Neighbours::new(&[vec![1], vec![0]]).unwrap();
        let two = Bins::new(2, 1, vec![0.0, 9.0]).unwrap();
        assert_eq!(gi_star(&two, &all, &GiStarOptions::slices()).unwrap().values(), [0.0, 0.0]);
    }

    #[test]
    fn bins_without_data_are_in_no_sum_and_get_no_answer() {
        let mut bins = counts(6, 4, 2);
        bins.silence(1);
        let z = gi_star(&bins, &row(6), &GiStarOptions::default()).unwrap();
        assert!(z.step(1).iter().all(|z| z.is_nan()));
        // The same as if the period began after the silence, and the step before it stood elsewhere.
        let known: Vec<f64> = [bins.step(2), bins.step(0), bins.step(3)].concat();
        let moments = Moments::of(&known);
        let near = row(6);
        for place in 0..6 {
            let own =
                |s: usize| bins.get(place, s) + near.of(place).iter().map(|n| bins.get(*n as usize, s)).sum::<f64>();
            let want = moments.standardise(own(2), 1.0 + near.of(place).len() as f64);
            assert!((z.get(place, 2) - want).abs() < 1e-12);
        }
    }

    #[test]
    fn the_sums_are_those_of_the_neighbourhood() {
        let bins = Bins::new(3, 2, vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0]).unwrap();
        let sums = neighbourhood_sums(&bins, &row(3), &GiStarOptions::default()).unwrap();
        assert_eq!(sums.values(), [3.0, 3.0, 4.0, 27.0, 27.0, 36.0]);
    }

    #[test]
    fn a_single_event_where_few_are_expected_is_rare_by_z_and_not_by_its_count() {
        let mut bins = Bins::zeros(1_000, 1);
        (0..50).for_each(|i| bins.add(i * 20, 0, 1));
        let alone = Neighbours::new(&vec![vec![]; 1_000]).unwrap();
        let slices = GiStarOptions::slices();
        assert!(gi_star(&bins, &alone, &slices).unwrap().get(0, 0) > 4.0);
        let p = count_p_values(&bins, &alone, &slices).unwrap();
        // Twice 1 − e^−0.05, and twice a half or more.
        assert!((p.get(0, 0) - 2.0 * (1.0 - (-0.05f64).exp())).abs() < 1e-12, "{}", p.get(0, 0));
        assert_eq!(p.get(1, 0), 1.0);
    }

    #[test]
    fn where_much_is_expected_the_p_of_z_decides() {
        let mut random = Random::seeded(9);
        let usual = CountDistribution::poisson(400.0);
        let values = (0..600).map(|_| usual.sample(&mut random) as f64).collect();
        let bins = Bins::new(20, 30, values).unwrap();
        let (near, options) = (row(20), GiStarOptions::default());
        let z = gi_star(&bins, &near, &options).unwrap();
        let p = count_p_values(&bins, &near, &options).unwrap();
        for (z, p) in z.values().iter().zip(p.values()) {
            assert!(*p >= p_value(*z) && p - p_value(*z) < 0.05, "{z}: {p} for {}", p_value(*z));
        }
    }

    #[test]
    fn what_places_differ_by_is_no_dispersion() {
        let mut random = Random::seeded(11);
        let mut dispersion = |size: f64| {
            let mut bins = Bins::zeros(40, 200);
            for (place, step) in (0..40).flat_map(|p| (0..200).map(move |s| (p, s))) {
                let usual = CountDistribution::negative_binomial(0.2 + place as f64 / 4.0, size);
                bins.add(place, step, usual.sample(&mut random) as u32);
            }
            dispersion_within_places(&bins)
        };
        // Poisson: 1, give or take four standard errors of 0.016. Size 5: 1 + mean/5, on average 2.0.
        let (poisson, wide) = (dispersion(f64::INFINITY), dispersion(5.0));
        assert!(poisson < 1.064 && (1.9..2.1).contains(&wide), "{poisson} {wide}");
    }

    #[test]
    fn neighbours_of_other_places_are_refused() {
        let wrong = gi_star(&counts(4, 2, 3), &row(5), &GiStarOptions::default()).unwrap_err();
        assert_eq!(wrong.to_string(), "there are neighbours for 5 places and values for 4");
    }
}
