//! Draws from a finite distribution in constant time: Walker's alias method, built as in Vose (1991).

use super::Random;

/// Positions 0..n drawn in proportion to their weights.
#[derive(Debug, Clone)]
pub struct Alias {
    /// Chance of staying, and where to go otherwise.
    cells: Vec<(f64, u32)>,
}

impl Alias {
    /// Weights are finite and ≥ 0. `None` when they sum to nothing, for then nothing can be drawn.
    pub fn new(weights: &[f64]) -> Option<Self> {
        let total: f64 = weights.iter().sum();
        if !(total > 0.0 && total.is_finite()) {
            return None;
        }
        let n = weights.len() as f64;
        let mut scaled: Vec<f64> = weights.iter().map(|w| w * n / total).collect();
        let mut cells: Vec<(f64, u32)> = (0..weights.len() as u32).map(|i| (1.0, i)).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..scaled.len()).partition(|&i| scaled[i] < 1.0);
        while let (Some(&s), Some(&l)) = (small.last(), large.last()) {
            small.pop();
            cells[s] = (scaled[s], l as u32);
            scaled[l] -= 1.0 - scaled[s];
            if scaled[l] < 1.0 {
                large.pop();
                small.push(l);
            }
        }
        // Rounding may leave cells over; they stay what they are. One without weight must not be drawn.
        for s in small {
            if weights[s] == 0.0 {
                let heaviest = (0..weights.len()).max_by(|&a, &b| weights[a].total_cmp(&weights[b])).unwrap_or(s);
                cells[s] = (0.0, heaviest as u32);
            }
        }
        Some(Self { cells })
    }

    pub fn draw(&self, random: &mut Random) -> usize {
        let i = random.below(self.cells.len() as u32) as usize;
        let (stay, other) = self.cells[i];
        if random.unit() < stay { i } else { other as usize }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_come_as_often_as_their_weights_say() {
        let weights = [0.0, 1.0, 5.0, 0.5, 3.5];
        let alias = Alias::new(&weights).unwrap();
        let mut random = Random::seeded(4);
        let mut seen = [0u32; 5];
        for _ in 0..100_000 {
            seen[alias.draw(&mut random)] += 1;
        }
        assert_eq!(seen[0], 0);
        let chi2: f64 = (1..5).map(|i| (f64::from(seen[i]) - weights[i] * 1e4).powi(2) / (weights[i] * 1e4)).sum();
        // 99.99 % point of chi-squared with 3 degrees of freedom.
        assert!(chi2 < 21.1, "{seen:?}");
    }

    #[test]
    fn nothing_can_be_drawn_from_nothing() {
        assert!(Alias::new(&[]).is_none());
        assert!(Alias::new(&[0.0, 0.0]).is_none());
    }
}
