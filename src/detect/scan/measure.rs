//! The expectation of a growing zone, in every window.
//!
//! Two forms: a sum of few products of place and time (the permutation model has one factor a stratum, the
//! Poisson model one a date of its population), or a figure for every place and interval (Bernoulli). Either is
//! summed place by place; what a window expects is read off the sum.

use super::{problem::Expected, windows::Window};

pub(super) enum Measure {
    /// `weights` by row and then factor; `basis` by factor: cumulative over the intervals, from 0.
    Factors { weights: Vec<f64>, basis: Vec<Vec<f64>> },
    /// By row and then interval of `live`: cumulative over them, from 0.
    Cells { live: Window, cumulative: Vec<f64> },
}

/// What a window takes from a sum.
pub(super) enum Lane {
    Factors(Vec<f64>),
    /// Entries of the cumulative sum before and after the window.
    Cells(usize, usize),
}

impl Measure {
    /// `active` places in the order of rows; `live`: the union of all windows.
    pub fn new(expected: &Expected, active: &[u32], live: Window) -> Self {
        match expected {
            Expected::Factored { weights, basis } => {
                let by_row = active.iter().flat_map(|&p| weights.iter().map(move |w| w[p as usize])).collect();
                Self::Factors { weights: by_row, basis: basis.iter().map(|b| cumulative(b)).collect() }
            }
            Expected::Sparse(entries) => {
                let width = live.len() + 1;
                let mut sums = vec![0.0; width * active.len()];
                let mut row_of = std::collections::HashMap::new();
                row_of.extend(active.iter().enumerate().map(|(row, &p)| (p, row)));
                for &(place, interval, value) in entries.iter().filter(|e| live.contains(e.1)) {
                    if let Some(row) = row_of.get(&place) {
                        sums[row * width + (interval - live.from) as usize + 1] += value;
                    }
                }
                for row in sums.chunks_mut(width) {
                    (1..width).for_each(|t| row[t] += row[t - 1]);
                }
                Self::Cells { live, cumulative: sums }
            }
        }
    }

    /// Numbers of a sum.
    pub fn width(&self) -> usize {
        match self {
            Self::Factors { basis, .. } => basis.len(),
            Self::Cells { live, .. } => live.len() + 1,
        }
    }

    /// Is every window's expectation the same share of the area's, whatever the zone?
    pub fn is_product(&self) -> bool {
        self.width() == 1
    }

    #[inline]
    fn of_row(&self, row: usize) -> &[f64] {
        let width = self.width();
        match self {
            Self::Factors { weights: values, .. } | Self::Cells { cumulative: values, .. } => {
                &values[row * width..(row + 1) * width]
            }
        }
    }

    #[inline]
    pub fn add(&self, sum: &mut [f64], row: usize) {
        for (s, v) in sum.iter_mut().zip(self.of_row(row)) {
            *s += v;
        }
    }

    pub fn rows(&self) -> usize {
        match self {
            Self::Factors { weights: values, .. } | Self::Cells { cumulative: values, .. } => {
                values.len() / self.width().max(1)
            }
        }
    }

    /// The sum over all rows.
    pub fn whole(&self) -> Vec<f64> {
        let mut sum = vec![0.0; self.width()];
        (0..self.rows()).for_each(|row| self.add(&mut sum, row));
        sum
    }

    pub fn lane(&self, window: Window) -> Lane {
        match self {
            Self::Factors { basis, .. } => {
                Lane::Factors(basis.iter().map(|b| b[window.to as usize + 1] - b[window.from as usize]).collect())
            }
            Self::Cells { live, .. } => {
                Lane::Cells((window.from - live.from) as usize, (window.to - live.from) as usize + 1)
            }
        }
    }
}

impl Lane {
    #[inline]
    pub fn expected(&self, sum: &[f64]) -> f64 {
        match self {
            Self::Factors(basis) => sum.iter().zip(basis).map(|(s, b)| s * b).sum(),
            Self::Cells(before, after) => sum[*after] - sum[*before],
        }
    }
}

/// Sums of the first 0, 1, … values.
pub(super) fn cumulative(values: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    std::iter::once(0.0)
        .chain(values.iter().map(|v| {
            sum += v;
            sum
        }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_give_what_the_definition_gives() {
        let weights = vec![vec![1.0, 2.0, 4.0], vec![0.5, 0.0, 1.0]];
        let basis = vec![vec![0.1, 0.2, 0.3, 0.4], vec![1.0, 0.0, 2.0, 1.0]];
        let of = |p: usize, t: usize| weights[0][p] * basis[0][t] + weights[1][p] * basis[1][t];
        let cells = (0..3u32).flat_map(|p| (0..4u32).map(move |t| (p, t)));
        let sparse = Expected::Sparse(cells.map(|(p, t)| (p, t, of(p as usize, t as usize))).collect());
        let want = of(0, 2) + of(0, 3) + of(2, 2) + of(2, 3);
        let factored = Expected::Factored { weights: weights.clone(), basis: basis.clone() };
        for expected in [&factored, &sparse] {
            let measure = Measure::new(expected, &[0, 2], Window { from: 1, to: 3 });
            let got = measure.lane(Window { from: 2, to: 3 }).expected(&measure.whole());
            assert!((got - want).abs() < 1e-12);
        }
    }
}
