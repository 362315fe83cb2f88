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
    design::{Design, NE, Varies},
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
        let psi = self.psi(theta);
        let mut sum = -self.constant;
        for (r, y) in self.known() {
            sum += row_loglik(y, means.at(r).mean, psi[self.design.rows[r].unit]);
        }
        for (tally, psi) in self.tallies.iter().zip(&psi) {
            sum += tally.sums(*psi)[0];
        }
        if sum.is_nan() { f64::NEG_INFINITY } else { sum }
    }

    /// ψ of every unit.
    fn psi(&self, theta: &[f64]) -> Vec<f64> {
        (0..self.design.units()).map(|unit| self.design.psi_of(unit).map_or(0.0, |i| theta[i].exp())).collect()
    }

    pub fn evaluate(&self, theta: &[f64]) -> Evaluation {
        let n = self.design.size();
        let mut e = Evaluation { score: vec![0.0; n], observed: Square::zero(n) };
        let (means, psi) = (Means::new(self.design, theta), self.psi(theta));
        let mut active = Vec::new();
        // First and second derivative by ψ itself.
        let mut by_psi: Vec<[f64; 2]> =
            self.tallies.iter().zip(&psi).map(|(t, psi)| t.sums(*psi)).map(|[_, s1, s2]| [s1, -s2]).collect();
        for (r, y) in self.known() {
            let unit = self.design.rows[r].unit;
            let m = means.at(r);
            if m.mean == 0.0 {
                continue;
            }
            let slopes = Slopes::of(y, m.mean, psi[unit]);
            self.list_active(r, &m, &mut active);
            add_mean_part(&mut e, &active, &slopes, &m);
            if let Some(at) = self.design.psi_of(unit) {
                let sums = &mut by_psi[if self.design.psi_per_unit { unit } else { 0 }];
                let (first, second) = by_overdispersion(y, m.mean, psi[unit]);
                sums[0] += first;
                sums[1] += second;
                let mixed = psi[unit] * slopes.mean_psi;
                for a in &active {
                    e.observed.at[at * n + a.coefficient] -= mixed * a.slope;
                }
            }
        }
        for (i, [first, second]) in by_psi.into_iter().enumerate() {
            if let Some(at) = self.design.psi_of(i) {
                e.score[at] = psi[i] * first;
                e.observed.at[at * n + at] = -(psi[i] * psi[i] * second + psi[i] * first);
            }
        }
        e
    }

    /// The expectation of the information about the coefficients of the mean: never negative, and zero between them
    /// and ψ. That of ψ itself has no short form; it is taken from the observed one, with a floor that keeps a step
    /// finite where the likelihood is flat or curves up.
    pub fn expected(&self, theta: &[f64], observed: &Square) -> Square {
        let n = self.design.size();
        let mut expected = Square::zero(n);
        let (means, psi) = (Means::new(self.design, theta), self.psi(theta));
        let mut active = Vec::new();
        for (r, _) in self.known() {
            let m = means.at(r);
            if m.mean == 0.0 {
                continue;
            }
            self.list_active(r, &m, &mut active);
            let weight = 1.0 / (m.mean * (1.0 + psi[self.design.rows[r].unit] * m.mean));
            for (i, a) in active.iter().enumerate() {
                for b in &active[..=i] {
                    expected.at[a.coefficient * n + b.coefficient] += weight * a.slope * b.slope;
                }
            }
        }
        for at in self.design.psi.unwrap_or(n)..n {
            expected.at[at * n + at] = observed.diagonal(at).max(1e-3);
        }
        expected
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
    /// exp(predictor) as a product of one factor per time and one per unit, for the components where it is one.
    factors: [Option<Factors>; 3],
}

struct Factors {
    time: Vec<f64>,
    unit: Vec<f64>,
}

impl<'a> Means<'a> {
    pub fn new(design: &'a Design, theta: &'a [f64]) -> Self {
        let weights = design.law.as_ref().map_or_else(Vec::new, |law| law.weights.at(theta[law.power]));
        let factors = std::array::from_fn(|k| Factors::of(design, theta, k));
        Self { design, theta, weights, factors }
    }

    pub fn at(&self, r: usize) -> RowMean {
        let row = &self.design.rows[r];
        let law = match &self.design.law {
            Some(law) => law.sum(row, &self.weights),
            None => [0.0; 3],
        };
        let parts: [f64; 3] = std::array::from_fn(|k| {
            let moved = if k == NE && self.design.law.is_some() { law[0] } else { 1.0 };
            let acts_on = row.acts_on[k] * moved;
            // Nothing times an overflowing exponential is nothing.
            if acts_on == 0.0 {
                return 0.0;
            }
            acts_on
                * match &self.factors[k] {
                    Some(f) => f.time[row.time] * f.unit[row.unit],
                    None => self.predictor(r, k).exp(),
                }
        });
        RowMean { parts, mean: parts.iter().sum(), law }
    }

    fn predictor(&self, r: usize, component: usize) -> f64 {
        let unit = self.design.rows[r].unit;
        let columns = self.design.columns.iter().zip(self.design.values_of(r));
        columns.filter(|(c, _)| c.component == component).map(|(c, v)| self.theta[c.coefficient(unit)] * v).sum()
    }
}

impl Factors {
    fn of(design: &Design, theta: &[f64], component: usize) -> Option<Self> {
        let (mut time, mut unit) = (vec![0.0; design.starts.len()], vec![0.0; design.units()]);
        for column in design.columns.iter().filter(|c| c.component == component) {
            match column.varies {
                Varies::Both => return None,
                Varies::Time => {
                    time.iter_mut().zip(&column.by).for_each(|(sum, v)| *sum += theta[column.base] * v);
                }
                Varies::Unit => {
                    let values = column.by.iter().enumerate();
                    unit.iter_mut().zip(values).for_each(|(sum, (u, v))| *sum += theta[column.coefficient(u)] * v);
                }
            }
        }
        for factor in time.iter_mut().chain(&mut unit) {
            *factor = factor.exp();
        }
        Some(Self { time, unit })
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

/// Derivatives of one row's log-likelihood by its mean, and by mean and ψ.
struct Slopes {
    mean: f64,
    mean_mean: f64,
    mean_psi: f64,
}

impl Slopes {
    fn of(y: f64, mean: f64, psi: f64) -> Self {
        let one = 1.0 + psi * mean;
        Self {
            mean: (y - mean) / (mean * one),
            mean_mean: psi * (1.0 + psi * y) / (one * one) - y / (mean * mean),
            mean_psi: -(y - mean) / (one * one),
        }
    }
}

/// First and second derivative of one row's log-likelihood by ψ, but for what its tally gives.
fn by_overdispersion(y: f64, mean: f64, psi: f64) -> (f64, f64) {
    let one = 1.0 + psi * mean;
    let (h, slope) = shrinkage(psi * mean);
    let first = mean * mean * h - y * mean / one;
    (first, mean * mean * mean * slope + y * mean * mean / (one * one))
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
