//! What a day's total may come to: probabilities of the events still to come.

use crate::stats::CountDistribution;

/// Beyond this many events still to come single probabilities are not worth their memory.
const LONGEST: usize = 50_000;

/// A distribution on 0, 1, 2, … events still to come.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ToCome {
    Listed(Vec<f64>),
    /// For very large numbers: the negative binomial of the same mean and variance.
    Large(CountDistribution),
}

impl ToCome {
    /// The equal mixture of these distributions, cut at `most` events (each renormalised).
    pub fn mixture(parts: &[CountDistribution], most: Option<u64>) -> Self {
        let reach = |d: &CountDistribution| d.mean() + 12.0 * d.variance().sqrt() + 20.0;
        let mut longest = parts.iter().map(reach).fold(1.0, f64::max);
        if let Some(most) = most {
            longest = longest.min(most as f64 + 1.0);
        }
        if longest > LONGEST as f64 {
            return Self::Large(matched(parts));
        }
        let mut pmf = vec![0.0; longest as usize];
        for part in parts {
            add(&mut pmf, *part, most.is_some());
        }
        let sum: f64 = pmf.iter().sum();
        pmf.iter_mut().for_each(|p| *p /= sum.max(f64::MIN_POSITIVE));
        Self::Listed(pmf)
    }

    pub fn mean(&self) -> f64 {
        match self {
            Self::Listed(pmf) => pmf.iter().enumerate().map(|(k, p)| k as f64 * p).sum(),
            Self::Large(d) => d.mean(),
        }
    }

    /// The smallest k with P(X ≤ k) ≥ p.
    pub fn quantile(&self, p: f64) -> u64 {
        match self {
            Self::Large(d) => d.quantile(p),
            Self::Listed(pmf) => {
                let mut below = 0.0;
                let found = pmf.iter().position(|mass| {
                    below += mass;
                    below >= p - 1e-12
                });
                found.unwrap_or(pmf.len() - 1) as u64
            }
        }
    }

    #[cfg(test)]
    pub fn pmf(&self, k: usize) -> f64 {
        match self {
            Self::Listed(pmf) => pmf.get(k).copied().unwrap_or(0.0),
            Self::Large(d) => d.pmf(k as u64),
        }
    }
}

/// The negative binomial with the mixture's mean and variance.
pub(super) fn matched(parts: &[CountDistribution]) -> CountDistribution {
    let n = parts.len().max(1) as f64;
    let mean = parts.iter().map(|d| d.mean()).sum::<f64>() / n;
    let within = parts.iter().map(|d| d.variance()).sum::<f64>() / n;
    let between = parts.iter().map(|d| (d.mean() - mean).powi(2)).sum::<f64>() / n;
    let extra = within + between - mean;
    if extra > 0.0 {
        CountDistribution::negative_binomial(mean, mean * mean / extra)
    } else {
        CountDistribution::poisson(mean)
    }
}

/// Add a distribution's probabilities, by the ratio of neighbours from where they begin to matter.
fn add(pmf: &mut [f64], part: CountDistribution, whole: bool) {
    let start = (part.mean() - 12.0 * part.variance().sqrt() - 20.0).max(0.0) as usize;
    let (mean, size) = (part.mean(), part.size());
    let mut p = part.pmf(start as u64);
    let mut own = Vec::with_capacity(pmf.len().saturating_sub(start));
    for k in start..pmf.len() {
        own.push(p);
        let n = k as f64;
        let odds = if size.is_finite() { (n + size) * mean / (mean + size) } else { mean };
        p *= odds / (n + 1.0);
    }
    let scale = if whole { 1.0 / own.iter().sum::<f64>().max(f64::MIN_POSITIVE) } else { 1.0 };
    for (slot, p) in pmf.iter_mut().skip(start).zip(own) {
        *slot += p * scale;
    }
}
