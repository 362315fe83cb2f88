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
}
