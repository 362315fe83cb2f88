//! Many tests at once: family-wise and false-discovery adjustments.

/// Benjamini & Hochberg (1995): adjusted p-values in the order given. A test is declared at false
/// discovery rate q when its adjusted value is ≤ q. Independent or positively dependent tests.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[b].total_cmp(&p[a]));
    let n = p.len() as f64;
    let mut adjusted = vec![1.0; p.len()];
    let mut least: f64 = 1.0;
    for (from_top, &i) in order.iter().enumerate() {
        least = least.min(p[i] * n / (n - from_top as f64));
        adjusted[i] = least;
    }
    adjusted
}

/// The same rule the other way round, for so many tests that sorting them all would be the work: the largest
/// p-value that is declared at false discovery rate q, or 0 when none is. `p` need hold only the values ≤ q,
/// in any order, of so many `tests` in all: a larger one is never declared.
pub fn benjamini_hochberg_critical(p: &[f64], tests: usize, q: f64) -> f64 {
    let mut sorted: Vec<f64> = p.iter().copied().filter(|p| *p <= q).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let declared = |rank: usize, p: f64| p <= q * (rank + 1) as f64 / tests as f64;
    sorted.iter().enumerate().rev().find(|(rank, p)| declared(*rank, **p)).map_or(0.0, |(_, p)| *p)
}

/// Holm (1979): adjusted p-values that hold the chance of any false positive, in the order given.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut most: f64 = 0.0;
    for (rank, &i) in order.iter().enumerate() {
        most = most.max((p[i] * (p.len() - rank) as f64).min(1.0));
        adjusted[i] = most;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_example_comes_out() {
        // Benjamini & Hochberg's step-up on four tests, by hand.
        let p = [0.01, 0.04, 0.03, 0.005];
        let bh = benjamini_hochberg(&p);
        for (got, want) in bh.iter().zip([0.02, 0.04, 0.04, 0.02]) {
            assert!((got - want).abs() < 1e-12, "{bh:?}");
        }
        let h = holm(&p);
        for (got, want) in h.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((got - want).abs() < 1e-12, "{h:?}");
        }
    }

    #[test]
    fn the_critical_value_declares_what_the_adjusted_values_do() {
        let mut random = crate::stats::Random::seeded(3);
        for effect in [1.0, 4.0, 9.0] {
            let p: Vec<f64> = (0..400).map(|i| random.unit().powf(if i % 5 == 0 { effect } else { 1.0 })).collect();
            let adjusted = benjamini_hochberg(&p);
            for q in [0.01, 0.05, 0.1, 0.3] {
                let critical = benjamini_hochberg_critical(&p, p.len(), q);
                let few: Vec<f64> = p.iter().copied().filter(|p| *p <= q).collect();
                assert_eq!(benjamini_hochberg_critical(&few, p.len(), q), critical);
                for (p, adjusted) in p.iter().zip(&adjusted) {
                    assert_eq!(*p <= critical, *adjusted <= q, "{p} at {q}, critical {critical}");
                }
            }
        }
    }

    #[test]
    fn with_nothing_to_declare_the_critical_value_is_zero() {
        assert_eq!(benjamini_hochberg_critical(&[0.04, 0.2], 100, 0.05), 0.0);
        assert_eq!(benjamini_hochberg_critical(&[], 0, 0.05), 0.0);
    }
}
