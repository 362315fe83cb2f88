//! Partial pooling by moments: how far may one of many go its own way?
//!
//! Each of several ratios observed/expected has its own chance variation φ/expected. What they vary beyond that is
//! taken as real (the method of moments of DerSimonian & Laird 1986, Clayton & Kaldor 1987), and every one is drawn
//! towards 1 by real/(real + its own chance variation). Where they differ by chance alone, all become 1.

/// What was seen of something, what was expected if it were like the others, and the variance inflation of counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    pub observed: f64,
    pub expected: f64,
    pub dispersion: f64,
}

/// Variance of the true ratios around 1; `lost` is the share of the degrees of freedom that went into `expected`.
pub fn real_variance(ratios: impl Iterator<Item = Ratio>, lost: f64) -> f64 {
    let (mut excess, mut weight) = (0.0, 0.0);
    for r in ratios {
        excess += (r.observed - r.expected).powi(2) - (1.0 - lost) * r.dispersion * r.expected;
        weight += r.expected * r.expected;
    }
    if weight > 0.0 { (excess / weight).max(0.0) } else { 0.0 }
}

impl Ratio {
    /// The ratio drawn towards 1.
    pub fn shrunk(self, real: f64) -> f64 {
        if self.expected <= 0.0 || real <= 0.0 {
            return 1.0;
        }
        let keep = real / (real + self.dispersion / self.expected);
        (1.0 + keep * (self.observed / self.expected - 1.0)).max(0.05)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_by_chance_alone_is_not_kept() {
        let chance = [95.0, 105.0, 101.0, 99.0].map(|observed| Ratio { observed, expected: 100.0, dispersion: 1.0 });
        assert_eq!(real_variance(chance.into_iter(), 0.0), 0.0);
        assert_eq!(chance[0].shrunk(0.0), 1.0);
    }

    #[test]
    fn plain_differences_are_kept_almost_whole() {
        let plain = [50.0, 150.0].map(|observed| Ratio { observed, expected: 100.0, dispersion: 1.0 });
        let real = real_variance(plain.into_iter(), 0.0);
        assert!((real - 0.24).abs() < 1e-12);
        assert!((plain[1].shrunk(real) - 1.48).abs() < 0.001);
    }
}
