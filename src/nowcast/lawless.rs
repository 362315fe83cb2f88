//! Lawless (1994), "Adjustments for reporting delays and the prediction of occurred but not reported events",
//! Canadian Journal of Statistics 22: maximum likelihood and a Gaussian predictive distribution.
//!
//! ĝ(d) = n(d) / N(d), F̂(a) = Π_{d > a} (1 − ĝ(d)), and of a day with n known events the total is N̂ = n / F̂. The
//! prediction error N̂ − N has variance n (1 − F̂) / F̂² (what a binomial leaves open) plus N̂² Var(ln F̂) with
//! Var(ln F̂) = Σ_{d > a} ĝ(d) / ((1 − ĝ(d)) N(d)). The Gaussian is discretised (the mass between halves) and cut
//! below n: a total is never smaller than what is known.
//!
//! Limits: the Gaussian is poor below about five a day; a day on which nothing is known has no answer (variance 0);
//! nor has an age at which all reports so far came later, since then F̂ = 0.

use super::{delay::Sums, predictive::ToCome};
use crate::stats::normal;

/// The point N̂ and what is still to come; `Err` says why there is no answer.
pub(super) fn predict(known: u32, age: usize, sums: &[Sums]) -> Result<(f64, ToCome), String> {
    let (mut share, mut variance) = (1.0, 0.0);
    for s in &sums[age + 1..] {
        if s.up_to <= 0.0 {
            return Err("no older day has shown so long a delay yet".into());
        }
        let g = s.with / s.up_to;
        share *= 1.0 - g;
        variance += g / ((1.0 - g) * s.up_to);
    }
    if share <= 0.0 {
        return Err("all reports of the days learnt from came later than this".into());
    }
    let n = f64::from(known);
    if known == 0 && share < 1.0 {
        return Err("nothing is known yet, and Lawless's variance is then 0".into());
    }
    let total = n / share;
    let spread = (n * (1.0 - share) / (share * share) + total * total * variance).sqrt();
    if spread <= 0.0 {
        return Ok((total, ToCome::Listed(vec![1.0])));
    }
    let longest = ((total - n + 9.0 * spread) as usize + 2).min(5_000_000);
    let below = |k: f64| normal::cdf((n + k - 0.5 - total) / spread);
    let mut pmf: Vec<f64> = (0..longest).map(|k| below(k as f64 + 1.0) - below(k as f64)).collect();
    let sum: f64 = pmf.iter().sum();
    pmf.iter_mut().for_each(|p| *p /= sum.max(f64::MIN_POSITIVE));
    Ok((total, ToCome::Listed(pmf)))
}
