//! Newton–Raphson with safeguards.
//!
//! A step solves with the observed information where that is positive definite, else with a matrix that always is
//! (close to Fisher scoring) and as much of a ridge as it needs. No step moves a predictor by more than a few units, and a step that
//! does not raise the likelihood is halved. A component that the data do not want goes to 0, its coefficient
//! towards −∞ by about 1 a step, until nothing is gained by going on; coefficients that would still go far there are
//! marked as open.

use super::{
    EndemicEpidemicProblem as Problem,
    likelihood::{Evaluation, Likelihood},
    linear::{Cholesky, Square},
};

/// The gain that is still promised when it is good enough, in units of log-likelihood.
const ENOUGH: f64 = 1e-10;
/// A gain of no more than this in so many steps is one towards infinity.
const LITTLE: f64 = 1e-6;
const LONG: usize = 20;
/// The most that a step may move a predictor by, at first.
const FARTHEST: f64 = 4.0;

pub(super) struct Optimum {
    pub theta: Vec<f64>,
    pub loglik: f64,
    /// Observed, at `theta`.
    pub information: Square,
    /// Coefficients that would go on although nothing is to be gained: their maximum lies at infinity.
    pub open: Vec<bool>,
    pub steps: usize,
}

pub(super) fn maximise(l: &Likelihood, start: &[f64], max_steps: usize) -> Result<Optimum, Problem> {
    let mut theta = start.to_vec();
    let mut loglik = l.loglik(&theta);
    let mut course = vec![loglik];
    let mut farthest = FARTHEST;
    for steps in 0..max_steps {
        let e = l.evaluate(&theta);
        let (step, by_newton) =
            direction(l, &theta, &e).map_err(|i| Problem::NotDetermined(l.design.names[i].clone()))?;
        let promised: f64 = 0.5 * step.iter().zip(&e.score).map(|(s, g)| s * g).sum::<f64>();
        let next = if promised < ENOUGH { None } else { search(l, &theta, loglik, &step, promised, &mut farthest) };
        if let Some((next, value)) = next {
            (theta, loglik) = (next, value);
            course.push(loglik);
            let gained = course.len().checked_sub(LONG + 1).map_or(f64::INFINITY, |i| loglik - course[i]);
            // At the end of patience a little more is let pass.
            let enough = if steps + 1 == max_steps { 100.0 * LITTLE } else { LITTLE };
            if gained > enough {
                continue;
            }
        } else if promised > LITTLE {
            break;
        }
        let information = l.evaluate(&theta).observed;
        let open = moves(l, &step).map(|m| m > 0.5).collect();
        let found = Optimum { theta, loglik, information, open, steps };
        return Ok(if by_newton && promised < ENOUGH { polish(l, found, &step) } else { found });
    }
    Err(Problem::NoMaximum { steps: max_steps, loglik })
}

/// A direction uphill, and whether it is Newton's own.
///
/// # Errors
/// The coefficient that not even a ridge gives a step to.
fn direction(l: &Likelihood, theta: &[f64], e: &Evaluation) -> Result<(Vec<f64>, bool), usize> {
    if let Ok(c) = Cholesky::new(&e.observed, 0.0) {
        return Ok((c.solve(&e.score), true));
    }
    let majorant = l.majorant(theta, &e.observed, true);
    let mut failed = 0;
    for ridge in [0.0, 1e-8, 1e-4, 1e-2] {
        match Cholesky::new(&majorant, ridge) {
            Ok(c) => return Ok((c.solve(&e.score), false)),
            Err(i) => failed = i,
        }
    }
    Err(failed)
}

/// The longest allowed part of a step that raises the log-likelihood by a fair share of its promise. What is allowed
/// grows while it proves too little.
fn search(
    l: &Likelihood,
    theta: &[f64],
    loglik: f64,
    step: &[f64],
    promised: f64,
    farthest: &mut f64,
) -> Option<(Vec<f64>, f64)> {
    let allowed = *farthest / reach(l, step);
    let mut length = allowed.min(1.0);
    for halvings in 0..40 {
        let next: Vec<f64> = theta.iter().zip(step).map(|(t, s)| t + length * s).collect();
        let value = l.loglik(&next);
        if value.is_finite() && value > loglik + 1e-4 * length * promised {
            if halvings == 0 && allowed < 1.0 {
                *farthest *= 2.0;
            } else if halvings > 0 {
                *farthest = FARTHEST;
            }
            return Some((next, value));
        }
        length *= 0.5;
    }
    None
}

/// How far a whole step would move predictors, powers and logarithms of ψ, by coefficient.
fn moves<'a>(l: &Likelihood, step: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    let mut scale = vec![1.0; step.len()];
    for column in &l.design.columns {
        let width = if column.per_unit { l.design.units() } else { 1 };
        scale[column.base..column.base + width].fill(column.largest);
    }
    step.iter().zip(scale).map(|(s, k)| (s * k).abs())
}

fn reach(l: &Likelihood, step: &[f64]) -> f64 {
    moves(l, step).fold(0.0, f64::max)
}

/// One whole step more: where Newton's method promises so little it squares what is missing.
fn polish(l: &Likelihood, found: Optimum, step: &[f64]) -> Optimum {
    let theta: Vec<f64> = found.theta.iter().zip(step).map(|(t, s)| t + s).collect();
    let loglik = l.loglik(&theta);
    if loglik.is_finite() && loglik >= found.loglik - 1e-8 && reach(l, step) < 0.1 {
        let information = l.evaluate(&theta).observed;
        return Optimum { theta, loglik, information, steps: found.steps + 1, ..found };
    }
    found
}
