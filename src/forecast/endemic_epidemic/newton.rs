//! Newton–Raphson with safeguards.
//!
//! A step solves with the observed information where that is positive definite, else with the expected one (Fisher
//! scoring) and as much of a ridge as it needs. No step moves a predictor by more than a few units, and a step that
//! does not raise the likelihood is halved. A component that the data do not want goes to 0, its coefficient
//! towards −∞ by about 1 a step, until nothing is gained by going on.

use super::{
    EndemicEpidemicProblem as Problem,
    likelihood::{Evaluation, Likelihood},
    linear::{Cholesky, Square},
};

/// The gain that is still promised when it is good enough, in units of log-likelihood.
const ENOUGH: f64 = 1e-10;
/// The most that a step may move a predictor by.
const FARTHEST: f64 = 4.0;

pub(super) struct Optimum {
    pub theta: Vec<f64>,
    pub loglik: f64,
    /// Observed, at `theta`.
    pub information: Square,
    pub steps: usize,
}

pub(super) fn maximise(l: &Likelihood, start: &[f64], max_steps: usize) -> Result<Optimum, Problem> {
    let mut theta = start.to_vec();
    let mut loglik = l.loglik(&theta);
    for steps in 0..max_steps {
        let e = l.evaluate(&theta);
        let (step, by_newton) =
            direction(l, &theta, &e).map_err(|i| Problem::NotDetermined(l.design.names[i].clone()))?;
        let promised: f64 = 0.5 * step.iter().zip(&e.score).map(|(s, g)| s * g).sum::<f64>();
        if promised < ENOUGH {
            if by_newton {
                return Ok(polish(l, theta, loglik, &step, e.observed, steps));
            }
            // Level, but not a maximum: a ridge or a saddle.
            break;
        }
        match search(l, &theta, loglik, &step, promised) {
            Some((next, value)) => (theta, loglik) = (next, value),
            // Rounding hides what is left to gain.
            None if by_newton && promised < 1e-6 => {
                return Ok(Optimum { theta, loglik, information: e.observed, steps });
            }
            None => break,
        }
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
    let expected = l.expected(theta, &e.observed);
    let mut failed = 0;
    for ridge in [0.0, 1e-8, 1e-4, 1e-2] {
        match Cholesky::new(&expected, ridge) {
            Ok(c) => return Ok((c.solve(&e.score), false)),
            Err(i) => failed = i,
        }
    }
    Err(failed)
}

/// The longest allowed part of a step that raises the log-likelihood by a fair share of its promise.
fn search(l: &Likelihood, theta: &[f64], loglik: f64, step: &[f64], promised: f64) -> Option<(Vec<f64>, f64)> {
    let mut length = (FARTHEST / reach(l, step)).min(1.0);
    for _ in 0..40 {
        let next: Vec<f64> = theta.iter().zip(step).map(|(t, s)| t + length * s).collect();
        let value = l.loglik(&next);
        if value.is_finite() && value > loglik + 1e-4 * length * promised {
            return Some((next, value));
        }
        length *= 0.5;
    }
    None
}

/// The most that a whole step would move a predictor, a power or the logarithm of ψ by.
fn reach(l: &Likelihood, step: &[f64]) -> f64 {
    let mut scale = vec![1.0; step.len()];
    for column in &l.design.columns {
        let width = if column.per_unit { l.design.units() } else { 1 };
        scale[column.base..column.base + width].fill(column.largest);
    }
    step.iter().zip(&scale).map(|(s, k)| (s * k).abs()).fold(0.0, f64::max)
}

/// One whole step more: where Newton's method promises so little it squares what is missing.
fn polish(l: &Likelihood, theta: Vec<f64>, loglik: f64, step: &[f64], information: Square, steps: usize) -> Optimum {
    let next: Vec<f64> = theta.iter().zip(step).map(|(t, s)| t + s).collect();
    let value = l.loglik(&next);
    if value.is_finite() && value >= loglik - 1e-8 && reach(l, step) < 0.1 {
        let information = l.evaluate(&next).observed;
        return Optimum { theta: next, loglik: value, information, steps: steps + 1 };
    }
    Optimum { theta, loglik, information, steps }
}
