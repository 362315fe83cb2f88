//! The log-likelihood of a model, with its score and information.
//!
//! Per row, with mean μ = Σ exp(η_k) x_k over the components and z = ψ μ,
//!
//! > ℓ = Σ_{j<y} ln(1 + jψ) − ln y! + y ln μ − (y + 1/ψ) ln(1 + z),
//!
//! which is the Poisson's for ψ = 0. Derivatives are exact; terms that would lose their digits as ψ goes to 0 are
//! taken as power series there. ψ enters as ln ψ, so that it stays positive. The first sum does not depend on μ
//! and is done for all rows at once; its work grows with the largest count.

use std::ops::Range;

use statrs::function::gamma::ln_gamma;

use super::{
    design::{Design, NE},
    linear::Square,
};

pub(super) struct Likelihood<'a> {
    pub design: &'a Design,
    rows: Range<usize>,
    /// One for each ψ.
    tallies: Vec<Tally>,
    /// Σ ln y!
    constant: f64,
}

/// Derivatives at one point.
pub(super) struct Evaluation {
    pub score: Vec<f64>,
    /// −∂²ℓ, lower triangle.
    pub observed: Square,
    /// Its expectation for the coefficients of the mean (zero between them and ψ, observed for ψ).
    pub expected: Square,
}

/// The components of one row's mean, and the sum with derivatives that a power law weighs with.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowMean {
    pub parts: [f64; 3],
    pub mean: f64,
    law: [f64; 3],
}

impl<'a> Likelihood<'a> {
    /// Over the times `times` of a design.
    pub fn new(design: &'a Design, times: Range<usize>) -> Self {
        let rows = design.starts[times.start]..design.starts[times.end];
        let mut counts = vec![Vec::new(); if design.psi_per_unit { design.units() } else { 1 }];
        for row in &design.rows[rows.clone()] {
            if let Some(y) = row.y {
                counts[if design.psi_per_unit { row.unit } else { 0 }].push(y);
            }
        }
        let constant = counts.iter().flatten().map(|&y| ln_gamma(f64::from(y) + 1.0)).sum();
        Self { design, rows, tallies: counts.into_iter().map(Tally::new).collect(), constant }
    }

    /// How many counts are known.
    pub fn counts(&self) -> usize {
        self.tallies.iter().map(|t| t.counts).sum()
    }

    /// Rows with a known count: (position, count).
    pub fn known(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.rows.clone().filter_map(|r| self.design.rows[r].y.map(|y| (r, f64::from(y))))
    }

    pub fn loglik(&self, theta: &[f64]) -> f64 {
        let means = Means::new(self.design, theta);
        let mut sum = -self.constant;
        for (r, y) in self.known() {
            let psi = self.psi(theta, self.design.rows[r].unit);
            sum += row_loglik(y, means.at(r).mean, psi);
        }
        for (i, tally) in self.tallies.iter().enumerate() {
            sum += tally.sums(self.psi(theta, i))[0];
        }
        if sum.is_nan() { f64::NEG_INFINITY } else { sum }
    }

    fn psi(&self, theta: &[f64], unit: usize) -> f64 {
        self.design.psi_of(unit).map_or(0.0, |i| theta[i].exp())
    }

    pub fn evaluate(&self, theta: &[f64]) -> Evaluation {
        let n = self.design.size();
        let mut e = Evaluation { score: vec![0.0; n], observed: Square::zero(n), expected: Square::zero(n) };
        let means = Means::new(self.design, theta);
        let mut active = Vec::new();
        // First and second derivative by ψ itself.
        let mut by_psi = vec![[0.0; 2]; self.tallies.len()];
        for (r, y) in self.known() {
            let unit = self.design.rows[r].unit;
            let psi = self.psi(theta, unit);
            let m = means.at(r);
            if m.mean == 0.0 {
                continue;
            }
            let slopes = Slopes::of(y, m.mean, psi);
            self.list_active(r, &m, &mut active);
            add_mean_part(&mut e, &active, &slopes, &m);
            if let Some(at) = self.design.psi_of(unit) {
                let sums = &mut by_psi[if self.design.psi_per_unit { unit } else { 0 }];
                sums[0] += slopes.psi;
                sums[1] += slopes.psi_psi;
                for a in &active {
                    e.observed.at[at * n + a.coefficient] -= psi * slopes.mean_psi * a.slope;
                }
            }
        }
        for (i, tally) in self.tallies.iter().enumerate() {
            let Some(at) = self.design.psi_of(i) else { continue };
            let psi = theta[at].exp();
            let sums = tally.sums(psi);
            let (first, second) = (by_psi[i][0] + sums[1], by_psi[i][1] - sums[2]);
            e.score[at] = psi * first;
            e.observed.at[at * n + at] = -(psi * psi * second + psi * first);
            // A floor keeps a step finite where the likelihood is flat or curves up.
            e.expected.at[at * n + at] = e.observed.diagonal(at).max(1e-3);
        }
        e
    }

    /// ∂μ/∂θ for every coefficient that this row depends on, ascending.
    fn list_active(&self, r: usize, m: &RowMean, active: &mut Vec<Active>) {
        active.clear();
        let unit = self.design.rows[r].unit;
        for (column, &value) in self.design.columns.iter().zip(self.design.values_of(r)) {
            active.push(Active {
                coefficient: column.coefficient(unit),
                component: column.component,
                value,
                slope: m.parts[column.component] * value,
            });
        }
        if let Some(law) = &self.design.law {
            // ln Σ w Y stands for the predictor; its own curvature is added by the caller.
            let slope = if m.law[0] > 0.0 { m.law[1] / m.law[0] } else { 0.0 };
            active.push(Active { coefficient: law.power, component: NE, value: slope, slope: m.parts[NE] * slope });
        }
    }
}

/// One coefficient in one row.
struct Active {
    coefficient: usize,
    component: usize,
    /// Derivative of the component's predictor.
    value: f64,
    /// Derivative of the mean.
    slope: f64,
}

fn add_mean_part(e: &mut Evaluation, active: &[Active], s: &Slopes, m: &RowMean) {
    let n = e.observed.n;
    for (i, a) in active.iter().enumerate() {
        e.score[a.coefficient] += s.mean * a.slope;
        let at = a.coefficient * n;
        for b in &active[..=i] {
            let product = a.slope * b.slope;
            let bend = if a.component == b.component { s.mean * a.slope * b.value } else { 0.0 };
            e.observed.at[at + b.coefficient] -= s.mean_mean * product + bend;
            e.expected.at[at + b.coefficient] += s.weight * product;
        }
    }
    // exp(η) is its own second derivative, but Σ w Y is not: add what (s″ − s′²/s) is beyond.
    if let (Some(last), [s0, s1, s2]) = (active.last(), m.law)
        && s0 > 0.0
    {
        let at = last.coefficient * n + last.coefficient;
        e.observed.at[at] -= s.mean * m.parts[NE] * (s2 / s0 - (s1 / s0) * (s1 / s0));
    }
}

/// Means of all rows at one point.
pub(super) struct Means<'a> {
    design: &'a Design,
    theta: &'a [f64],
    weights: Vec<[f64; 3]>,
}

impl<'a> Means<'a> {
    pub fn new(design: &'a Design, theta: &'a [f64]) -> Self {
        let weights = design.law.as_ref().map_or_else(Vec::new, |law| law.weights.at(theta[law.power]));
        Self { design, theta, weights }
    }

    pub fn at(&self, r: usize) -> RowMean {
        let row = &self.design.rows[r];
        let mut predictor = [0.0; 3];
        for (column, value) in self.design.columns.iter().zip(self.design.values_of(r)) {
            predictor[column.component] += self.theta[column.coefficient(row.unit)] * value;
        }
        let law = match &self.design.law {
            Some(law) => law.sum(row, &self.weights),
            None => [0.0; 3],
        };
        let mut parts = [0.0; 3];
        for k in 0..3 {
            let moved = if k == NE && self.design.law.is_some() { law[0] } else { 1.0 };
            let acts_on = row.acts_on[k] * moved;
            // Nothing times an overflowing exponential is nothing.
            parts[k] = if acts_on == 0.0 { 0.0 } else { acts_on * predictor[k].exp() };
        }
        RowMean { parts, mean: parts.iter().sum(), law }
    }
}

/// y ln μ − (y + 1/ψ) ln(1 + ψμ); y ln μ − μ for ψ = 0.
fn row_loglik(y: f64, mean: f64, psi: f64) -> f64 {
    if mean == 0.0 {
        return if y == 0.0 { 0.0 } else { f64::NEG_INFINITY };
    }
    let z = psi * mean;
    let ln = z.ln_1p();
    let share = if z > 0.0 { ln / z } else { 1.0 };
    y * mean.ln() - y * ln - mean * share
}

/// Derivatives of one row's log-likelihood by its mean and by ψ.
struct Slopes {
    mean: f64,
    mean_mean: f64,
    /// −E of the one above.
    weight: f64,
    mean_psi: f64,
    psi: f64,
    psi_psi: f64,
}

impl Slopes {
    fn of(y: f64, mean: f64, psi: f64) -> Self {
        let z = psi * mean;
        let one = 1.0 + z;
        let (h, slope) = shrinkage(z);
        Self {
            mean: (y - mean) / (mean * one),
            mean_mean: psi * (1.0 + psi * y) / (one * one) - y / (mean * mean),
            weight: 1.0 / (mean * one),
            mean_psi: -(y - mean) / (one * one),
            psi: mean * mean * h - y * mean / one,
            psi_psi: mean * mean * mean * slope + y * mean * mean / (one * one),
        }
    }
}

/// h(z) = (ln(1 + z) − z/(1 + z))/z² and its derivative.
fn shrinkage(z: f64) -> (f64, f64) {
    if z < 0.02 {
        // Σ_{n≥2} (−1)ⁿ (n−1)/n zⁿ⁻² and the same derived, to where the rest is below 1e-14.
        let (mut h, mut slope, mut power, mut before) = (0.0, 0.0, 1.0, 0.0);
        for n in 2..=11 {
            let n = f64::from(n);
            let sign = if n % 2.0 == 0.0 { 1.0 } else { -1.0 };
            h += sign * (n - 1.0) / n * power;
            slope += sign * (n - 1.0) * (n - 2.0) / n * before;
            before = power;
            power *= z;
        }
        return (h, slope);
    }
    let one = 1.0 + z;
    let h = (z.ln_1p() - z / one) / (z * z);
    (h, 1.0 / (z * one * one) - 2.0 * h / z)
}

/// How many counts exceed each number: what Σ over counts of Σ_{j<y} f(j) needs.
struct Tally {
    counts: usize,
    /// (y, number of counts of at least y), y ascending and distinct, zeros left out.
    steps: Vec<(u32, f64)>,
}

impl Tally {
    fn new(mut counts: Vec<u32>) -> Self {
        counts.sort_unstable();
        let n = counts.len();
        let mut steps: Vec<(u32, f64)> = Vec::new();
        for (i, &y) in counts.iter().enumerate() {
            if y > 0 && steps.last().is_none_or(|(last, _)| *last < y) {
                steps.push((y, (n - i) as f64));
            }
        }
        Self { counts: n, steps }
    }

    /// Σ ln(1 + jψ), and what it gives by ψ: Σ j/(1 + jψ), Σ j²/(1 + jψ)².
    fn sums(&self, psi: f64) -> [f64; 3] {
        let mut sums = [0.0; 3];
        if psi == 0.0 {
            return sums;
        }
        let mut j = 0;
        for &(y, at_least) in &self.steps {
            while j < y {
                let x = f64::from(j);
                let ratio = x / (1.0 + x * psi);
                sums[0] += at_least * (x * psi).ln_1p();
                sums[1] += at_least * ratio;
                sums[2] += at_least * ratio * ratio;
                j += 1;
            }
        }
        sums
    }
}

#[cfg(test)]
#[path = "likelihood_tests.rs"]
mod tests;
