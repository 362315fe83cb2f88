//! Maximum likelihood over some times of a design: where to start, and what went to a boundary.

use super::{
    EndemicEpidemicProblem as Problem,
    design::{AR, Column, Design, END, NE},
    likelihood::{Likelihood, Means},
    linear::{Cholesky, Square},
    newton::{Optimum, maximise},
};

/// A component with less than this share of its mean counts as gone.
const GONE: f64 = 1e-7;

pub(super) struct Estimate {
    pub optimum: Optimum,
    /// For each coefficient without a value inside its range: where it went.
    pub ends: Vec<Option<End>>,
    /// Known counts behind the estimate.
    pub counts: usize,
}

/// How a coefficient can have no estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Its component is 0, or its share in it.
    Gone,
    /// The overdispersion is 0.
    NoScatter,
    /// It runs away, and the likelihood hardly changes.
    Open,
}

impl End {
    pub fn note(self) -> &'static str {
        match self {
            Self::Gone => "its component is 0, or its share in it: no estimate on the log scale, and no standard error",
            Self::NoScatter => "at 0: the counts scatter no more than a Poisson's, so it has no standard error",
            Self::Open => "the likelihood is flat in it or rises towards infinity: no estimate, and no standard error",
        }
    }
}

impl Estimate {
    pub fn theta(&self) -> &[f64] {
        &self.optimum.theta
    }

    /// Standard errors of θ by the inverse information; `None` for coefficients without an estimate, among them those
    /// that turn out here to be open.
    pub fn standard_errors(&mut self) -> Vec<Option<f64>> {
        loop {
            let kept: Vec<usize> = (0..self.ends.len()).filter(|&i| self.ends[i].is_none()).collect();
            match Cholesky::new(&self.optimum.information.part(&kept), 0.0) {
                Ok(c) => {
                    let inverse = c.inverse();
                    let mut errors = vec![None; self.ends.len()];
                    for (k, &i) in kept.iter().enumerate() {
                        errors[i] = Some(inverse.diagonal(k).sqrt());
                    }
                    return errors;
                }
                Err(k) => self.ends[kept[k]] = Some(End::Open),
            }
        }
    }
}

/// The maximum over `times`, from a warm start where there is one.
pub(super) fn estimate(
    design: &Design,
    times: std::ops::Range<usize>,
    warm: Option<&Estimate>,
    max_steps: usize,
) -> Result<Estimate, Problem> {
    let l = Likelihood::new(design, times);
    if l.counts() <= design.size() {
        return Err(Problem::TooFew { counts: l.counts(), coefficients: design.size() });
    }
    possible(&l)?;
    determined(&l)?;
    let mut best: Option<Estimate> = None;
    let mut failed = None;
    let mut starts = Vec::new();
    if let Some(warm) = warm {
        starts.push(warm_start(&l, warm));
    }
    starts.extend(SHARES.map(|shares| cold_start(&l, shares)));
    for start in starts {
        match maximise(&l, &start, max_steps) {
            Ok(optimum) => {
                let ends = ends(&l, &optimum);
                let found = Estimate { optimum, ends, counts: l.counts() };
                if best.as_ref().is_none_or(|b| found.optimum.loglik > b.optimum.loglik + 1e-7) {
                    best = Some(found);
                }
                // A component that goes to 0 may have been sent there by the start; else one maximum will do.
                if best.as_ref().is_some_and(|b| !mean_ends(design, &b.ends)) {
                    break;
                }
            }
            Err(problem) => failed = failed.or(Some(problem)),
        }
    }
    best.ok_or_else(|| failed.unwrap_or(Problem::NoMaximum { steps: 0, loglik: f64::NEG_INFINITY }))
}

/// Shares of the mean that the components start with (autoregressive, neighbourhood, endemic).
const SHARES: [[f64; 3]; 3] = [[0.3, 0.2, 0.5], [0.1, 0.6, 0.3], [0.1, 0.05, 0.85]];

fn mean_ends(design: &Design, ends: &[Option<End>]) -> bool {
    ends[..design.psi.unwrap_or(ends.len())].iter().any(Option::is_some)
}

/// A count above 0 where the mean is 0 whatever the coefficients has no likelihood.
fn possible(l: &Likelihood) -> Result<(), Problem> {
    let theta = vec![0.0; l.design.size()];
    let means = Means::new(l.design, &theta);
    match l.known().find(|(r, y)| *y > 0.0 && means.at(*r).mean == 0.0) {
        None => Ok(()),
        Some((r, y)) => {
            let row = &l.design.rows[r];
            let unit = l.design.unit_names[row.unit].clone();
            Err(Problem::Impossible { unit, time: row.time, count: y as u32 })
        }
    }
}

/// A term that is zero, constant or a sum of others shows in the expected information wherever it is taken.
fn determined(l: &Likelihood) -> Result<(), Problem> {
    let theta = cold_start(l, SHARES[0]);
    let mean: Vec<usize> = (0..l.design.psi.unwrap_or(theta.len())).collect();
    match Cholesky::new(&l.majorant(&theta, &Square::zero(theta.len()), false).part(&mean), 0.0) {
        Ok(_) => Ok(()),
        Err(i) => Err(Problem::NotDetermined(l.design.names[i].clone())),
    }
}

/// The last estimate, but with what had gone to a boundary brought back, or it could never return.
fn warm_start(l: &Likelihood, warm: &Estimate) -> Vec<f64> {
    let cold = cold_start(l, SHARES[0]);
    let back = |i: usize| if warm.ends[i].is_some() { cold[i] } else { warm.theta()[i] };
    (0..cold.len()).map(back).collect()
}

/// Intercepts that give each component its share of the mean count; other coefficients 0.
fn cold_start(l: &Likelihood, shares: [f64; 3]) -> Vec<f64> {
    let design = l.design;
    let mut theta = vec![0.0; design.size()];
    if let Some(law) = &design.law {
        theta[law.power] = 1.0;
    }
    let per_unit = totals(l, &theta);
    let all = per_unit.iter().fold([0.0; 4], |sum, t| std::array::from_fn(|k| sum[k] + t[k]));
    let present: f64 = [AR, NE, END].iter().filter(|k| all[**k] > 0.0).map(|k| shares[*k]).sum();
    let level = |t: &[f64; 4], k: usize| (shares[k] / present * (t[3] + 0.1) / t[k]).ln();
    for k in [AR, NE, END] {
        // The first column that is 1 everywhere.
        let intercept = |c: &&Column| c.component == k && c.largest > 0.0 && constant(design, c);
        let Some(column) = design.columns.iter().find(intercept) else { continue };
        if column.per_unit {
            for (unit, t) in per_unit.iter().enumerate().filter(|(_, t)| t[k] > 0.0) {
                theta[column.base + unit] = level(t, k);
            }
        } else if all[k] > 0.0 {
            theta[column.base] = level(&all, k);
        }
    }
    if let Some(psi) = design.psi {
        theta[psi..].fill((0.3f64).ln());
    }
    theta
}

fn constant(design: &Design, column: &Column) -> bool {
    design
        .columns
        .iter()
        .position(|c| std::ptr::eq(c, column))
        .is_some_and(|i| design.values.iter().skip(i).step_by(design.columns.len()).all(|v| *v == 1.0))
}

/// Per unit: the sum of each component at `theta`, and of the counts.
fn totals(l: &Likelihood, theta: &[f64]) -> Vec<[f64; 4]> {
    let means = Means::new(l.design, theta);
    let mut totals = vec![[0.0; 4]; l.design.units()];
    for (r, y) in l.known() {
        let total = &mut totals[l.design.rows[r].unit];
        for (sum, part) in total.iter_mut().zip(means.at(r).parts) {
            *sum += part;
        }
        total[3] += y;
    }
    totals
}

fn ends(l: &Likelihood, optimum: &Optimum) -> Vec<Option<End>> {
    let (design, theta) = (l.design, &optimum.theta);
    let units = totals(l, theta);
    let all = units.iter().fold([0.0; 4], |sum, t| std::array::from_fn(|k| sum[k] + t[k]));
    let mut ends: Vec<Option<End>> = optimum.open.iter().map(|open| open.then_some(End::Open)).collect();
    let mut gone = |i: usize, totals: &[f64; 4], k: usize| {
        if totals[k] <= GONE * (totals[0] + totals[1] + totals[2]) {
            ends[i] = Some(End::Gone);
        }
    };
    for column in &design.columns {
        if column.per_unit {
            units.iter().enumerate().for_each(|(unit, t)| gone(column.base + unit, t, column.component));
        } else {
            gone(column.base, &all, column.component);
        }
    }
    if let Some(law) = &design.law {
        gone(law.power, &all, NE);
    }
    let mean: f64 = all[..3].iter().sum::<f64>() / l.counts() as f64;
    for i in (0..design.units()).filter_map(|unit| design.psi_of(unit)) {
        if theta[i].exp() * mean < GONE {
            ends[i] = Some(End::NoScatter);
        }
    }
    ends
}
