//! Maximum likelihood over some times of a design: where to start, and what went to a boundary.

use super::{
    EndemicEpidemicProblem as Problem,
    design::{AR, COMPONENTS, Column, Design, END, NE},
    likelihood::{Likelihood, Means},
    linear::{Cholesky, Square},
    newton::{Optimum, maximise},
};

/// A component with less than this share of its mean counts as gone.
const GONE: f64 = 1e-7;

pub(super) struct Estimate {
    pub optimum: Optimum,
    /// Whether a coefficient went to the end of its range: its component, or the overdispersion, to 0.
    pub gone: Vec<bool>,
    /// Known counts behind the estimate.
    pub counts: usize,
}

impl Estimate {
    pub fn theta(&self) -> &[f64] {
        &self.optimum.theta
    }

    /// Standard errors of θ; `None` at a boundary, where there is none.
    ///
    /// # Errors
    /// When the data leave a coefficient open.
    pub fn standard_errors(&self, names: &[String]) -> Result<Vec<Option<f64>>, Problem> {
        let kept: Vec<usize> = (0..self.gone.len()).filter(|&i| !self.gone[i]).collect();
        let information = self.optimum.information.part(&kept);
        let inverse =
            Cholesky::new(&information, 0.0).map_err(|i| Problem::NotDetermined(names[kept[i]].clone()))?.inverse();
        let mut errors = vec![None; self.gone.len()];
        for (k, &i) in kept.iter().enumerate() {
            errors[i] = Some(inverse.diagonal(k).sqrt());
        }
        Ok(errors)
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
                let gone = gone(&l, &optimum.theta);
                let found = Estimate { optimum, gone, counts: l.counts() };
                if best.as_ref().is_none_or(|b| found.optimum.loglik > b.optimum.loglik + 1e-7) {
                    best = Some(found);
                }
                // A component that goes to 0 may have been sent there by the start; else one maximum will do.
                if best.as_ref().is_some_and(|b| !mean_gone(design, &b.gone)) {
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

fn mean_gone(design: &Design, gone: &[bool]) -> bool {
    gone[..design.psi.unwrap_or(gone.len())].iter().any(|g| *g)
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
    match Cholesky::new(&l.expected(&theta, &Square::zero(theta.len())).part(&mean), 0.0) {
        Ok(_) => Ok(()),
        Err(i) => Err(Problem::NotDetermined(l.design.names[i].clone())),
    }
}

/// The last estimate, but with what had gone to a boundary brought back, or it could never return.
fn warm_start(l: &Likelihood, warm: &Estimate) -> Vec<f64> {
    let cold = cold_start(l, SHARES[0]);
    let back = |i: usize| if warm.gone[i] { cold[i] } else { warm.theta()[i] };
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

fn gone(l: &Likelihood, theta: &[f64]) -> Vec<bool> {
    let design = l.design;
    let units = totals(l, theta);
    let small = |t: &[f64; 4], k: usize| t[k] <= GONE * (t[0] + t[1] + t[2]);
    let all = units.iter().fold([0.0; 4], |sum, t| std::array::from_fn(|k| sum[k] + t[k]));
    let mut gone = vec![false; design.size()];
    for column in &design.columns {
        if column.per_unit {
            for (unit, t) in units.iter().enumerate() {
                gone[column.base + unit] = small(t, column.component);
            }
        } else {
            gone[column.base] = small(&all, column.component);
        }
    }
    if let Some(law) = &design.law {
        gone[law.power] = small(&all, NE);
    }
    let mean: f64 = all[..3].iter().sum::<f64>() / l.counts() as f64;
    for unit in 0..design.units() {
        if let Some(psi) = design.psi_of(unit) {
            gone[psi] = theta[psi].exp() * mean < GONE;
        }
    }
    gone
}

/// What is to be said of a coefficient at its boundary.
pub(super) fn note(design: &Design, i: usize) -> String {
    if design.psi.is_some_and(|psi| i >= psi) {
        return "at 0: the counts scatter no more than a Poisson's, so it has no standard error".to_owned();
    }
    let column = design.columns.iter().find(|c| {
        let width = if c.per_unit { design.units() } else { 1 };
        (c.base..c.base + width).contains(&i)
    });
    let component = COMPONENTS[column.map_or(NE, |c| c.component)];
    format!("the {component} component is 0 here: its logarithm has no value, and no standard error")
}
