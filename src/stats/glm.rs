//! Log-linear regression of counts: Poisson and quasi-Poisson generalised linear models (Nelder & Wedderburn
//! 1972; McCullagh & Nelder 1989, chapter 6), and the negative binomial of known overdispersion, fitted by iteratively reweighted least squares.
//!
//! The start is μ = y + 0.1 (for the negative binomial y, and 1/6 where there is no case), an iteration solves the weighted least-squares problem by a QR
//! decomposition (stable for a time on the scale of years beside an intercept), and the fit ends when the
//! deviance changes by less than 1e-8 of itself plus 0.1, or after 25 iterations: the conventions of R's `glm`,
//! so that answers agree beyond the digits that convergence alone would settle.
//!
//! For one level per season with a common trend, many times over, [`super::seasonal_glm`] is far quicker.
//!
//! Limits: up to some twenty columns; columns that are linear combinations of earlier ones are left out (their
//! coefficient is `None`); no penalty, so a group without a single case drifts towards −∞ until the rest settles.

use thiserror::Error;

/// Relative norm below which what is left of a column counts as nothing.
const RANK_TOLERANCE: f64 = 1e-11;

/// What a fit begins from besides counts and columns.
#[derive(Debug, Clone, Copy)]
pub struct GlmOptions<'a> {
    /// Prior weights, ≥ 0; all 1 where there are none. A row of weight 0 takes no part.
    pub weights: Option<&'a [f64]>,
    /// Added to the linear predictor, for example the logarithm of a population.
    pub offset: Option<&'a [f64]>,
    /// Overdispersion of a negative binomial, Var = μ + αμ², ≥ 0 and finite; 0 for Poisson.
    pub alpha: f64,
    pub max_iterations: usize,
    /// Relative change of the deviance at which the fit has converged.
    pub tolerance: f64,
}

impl Default for GlmOptions<'_> {
    fn default() -> Self {
        Self { weights: None, offset: None, alpha: 0.0, max_iterations: 25, tolerance: 1e-8 }
    }
}

/// A fitted model. Vectors over rows are in the order of the counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Glm {
    /// One for each column; `None` for a column that says nothing beyond those before it.
    pub coefficients: Vec<Option<f64>>,
    pub fitted: Vec<f64>,
    /// Leverage of each row, from the last iteration.
    pub hat: Vec<f64>,
    /// Pearson's χ² over its degrees of freedom, with the working weights of the start of the last iteration and
    /// the residuals of its end; not bounded below. NaN without degrees of freedom.
    pub dispersion: f64,
    pub deviance: f64,
    pub residual_df: usize,
    pub iterations: usize,
    pub converged: bool,
    /// (XᵀWX)⁻¹, columns × columns, row by row; 0 for columns that were left out.
    pub unscaled_covariance: Vec<f64>,
}

impl Glm {
    /// Standard error of xᵀβ at a given dispersion.
    pub fn standard_error(&self, x: &[f64], dispersion: f64) -> f64 {
        let p = self.coefficients.len();
        let form: f64 =
            (0..p).map(|i| x[i] * (0..p).map(|j| self.unscaled_covariance[i * p + j] * x[j]).sum::<f64>()).sum();
        (form * dispersion).sqrt()
    }

    /// xᵀβ, without an offset.
    pub fn linear(&self, x: &[f64]) -> f64 {
        self.coefficients.iter().zip(x).map(|(b, x)| b.unwrap_or(0.0) * x).sum()
    }
}

/// Why nothing could be fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum GlmError {
    #[error("a regression needs at least one row and one column, and vectors of equal length")]
    Shape,
    #[error("a count, column, weight or offset of a regression is not a number that it may be")]
    Value,
    #[error("the regression diverged")]
    Diverged,
}

/// Fit counts on columns, each as long as `counts`, with a logarithmic link. An intercept is a column of ones.
///
/// # Errors
/// When lengths differ, a value is negative or not finite, or the iteration leaves the range of numbers.
pub fn log_linear(counts: &[f64], columns: &[&[f64]], options: &GlmOptions) -> Result<Glm, GlmError> {
    let n = counts.len();
    let (ones, zeros) = (vec![1.0; n], vec![0.0; n]);
    let (weights, offset) = (options.weights.unwrap_or(&ones), options.offset.unwrap_or(&zeros));
    let alpha = options.alpha;
    check(counts, columns, weights, offset)?;
    if !(alpha.is_finite() && alpha >= 0.0) {
        return Err(GlmError::Value);
    }
    let start = |y: &f64| if alpha == 0.0 { y + 0.1 } else { y + if *y == 0.0 { 1.0 / 6.0 } else { 0.0 } };
    let mut mu: Vec<f64> = counts.iter().map(start).collect();
    let mut eta: Vec<f64> = mu.iter().map(|m| m.ln()).collect();
    let mut old = deviance(counts, &mu, weights, alpha);
    let (mut iterations, mut converged) = (0, false);
    let mut working = vec![0.0; n];
    let mut solved = None;
    while iterations < options.max_iterations && !converged {
        iterations += 1;
        let mut response = vec![0.0; n];
        for i in 0..n {
            working[i] = weights[i] * mu[i] / (1.0 + alpha * mu[i]);
            response[i] = eta[i] - offset[i] + (counts[i] - mu[i]) / mu[i];
        }
        let least_squares = LeastSquares::solve(columns, &response, &working);
        for i in 0..n {
            eta[i] = offset[i] + columns.iter().zip(&least_squares.coefficients).map(|(c, b)| c[i] * b).sum::<f64>();
            mu[i] = eta[i].exp().max(f64::EPSILON);
        }
        let new = deviance(counts, &mu, weights, alpha);
        if !new.is_finite() {
            return Err(GlmError::Diverged);
        }
        converged = (new - old).abs() / (new.abs() + 0.1) < options.tolerance;
        old = new;
        solved = Some(least_squares);
    }
    let solved = solved.ok_or(GlmError::Shape)?;
    let pearson: f64 = (0..n).map(|i| working[i] * ((counts[i] - mu[i]) / mu[i]).powi(2)).sum();
    let used = weights.iter().filter(|w| **w > 0.0).count();
    let residual_df = used.saturating_sub(solved.rank());
    Ok(Glm {
        hat: solved.leverage(n),
        unscaled_covariance: solved.inverse(),
        coefficients: solved.named(),
        fitted: mu,
        dispersion: if residual_df > 0 { pearson / residual_df as f64 } else { f64::NAN },
        deviance: old,
        residual_df,
        iterations,
        converged,
    })
}

fn check(counts: &[f64], columns: &[&[f64]], weights: &[f64], offset: &[f64]) -> Result<(), GlmError> {
    let n = counts.len();
    let unequal = columns.iter().any(|c| c.len() != n) || weights.len() != n || offset.len() != n;
    if n == 0 || columns.is_empty() || unequal {
        return Err(GlmError::Shape);
    }
    let valid = |x: &f64| x.is_finite() && *x >= 0.0;
    let finite = columns.iter().all(|c| c.iter().all(|x| x.is_finite())) && offset.iter().all(|o| o.is_finite());
    if finite && counts.iter().all(valid) && weights.iter().all(valid) { Ok(()) } else { Err(GlmError::Value) }
}

/// Twice the distance in log-likelihood from a model that fits every count.
fn deviance(counts: &[f64], mu: &[f64], weights: &[f64], alpha: f64) -> f64 {
    let term = |y: f64, m: f64| {
        let cases = if y > 0.0 { y * (y / m).ln() } else { 0.0 };
        let rest = if alpha == 0.0 { y - m } else { (y + 1.0 / alpha) * (alpha * (y - m) / (1.0 + alpha * m)).ln_1p() };
        cases - rest
    };
    2.0 * counts.iter().zip(mu).zip(weights).map(|((y, m), w)| w * term(*y, *m)).sum::<f64>()
}

/// A weighted least-squares problem solved by Gram–Schmidt with reorthogonalisation, which for few columns is as
/// accurate as Householder's reflections and gives the leverages from the same vectors.
struct LeastSquares {
    coefficients: Vec<f64>,
    /// Orthonormal, as long as there are rows; empty for a column that was left out.
    basis: Vec<Vec<f64>>,
    /// Upper triangle, columns × columns, row by row.
    triangle: Vec<f64>,
}

impl LeastSquares {
    fn solve(columns: &[&[f64]], response: &[f64], weights: &[f64]) -> Self {
        let p = columns.len();
        let root: Vec<f64> = weights.iter().map(|w| w.sqrt()).collect();
        let mut basis: Vec<Vec<f64>> = Vec::with_capacity(p);
        let mut triangle = vec![0.0; p * p];
        for (j, column) in columns.iter().enumerate() {
            let mut v: Vec<f64> = column.iter().zip(&root).map(|(x, r)| x * r).collect();
            let before = dot(&v, &v).sqrt();
            for _ in 0..2 {
                for (i, q) in basis.iter().enumerate().filter(|(_, q)| !q.is_empty()) {
                    let along = dot(q, &v);
                    triangle[i * p + j] += along;
                    v.iter_mut().zip(q).for_each(|(v, q)| *v -= along * q);
                }
            }
            let after = dot(&v, &v).sqrt();
            if after > RANK_TOLERANCE * before {
                triangle[j * p + j] = after;
                v.iter_mut().for_each(|v| *v /= after);
                basis.push(v);
            } else {
                basis.push(Vec::new());
            }
        }
        let scaled: Vec<f64> = response.iter().zip(&root).map(|(z, r)| z * r).collect();
        let right: Vec<f64> = basis.iter().map(|q| dot(q, &scaled)).collect();
        let coefficients = back_substitute(&triangle, &basis, &right);
        Self { coefficients, basis, triangle }
    }

    fn rank(&self) -> usize {
        self.basis.iter().filter(|q| !q.is_empty()).count()
    }

    fn named(&self) -> Vec<Option<f64>> {
        self.coefficients.iter().zip(&self.basis).map(|(b, q)| (!q.is_empty()).then_some(*b)).collect()
    }

    fn leverage(&self, n: usize) -> Vec<f64> {
        let mut hat = vec![0.0; n];
        for q in &self.basis {
            hat.iter_mut().zip(q).for_each(|(h, q)| *h += q * q);
        }
        hat
    }

    /// (RᵀR)⁻¹.
    fn inverse(&self) -> Vec<f64> {
        let p = self.basis.len();
        // Row i of R⁻¹ᵀ: solve for each unit vector, then multiply.
        let columns: Vec<Vec<f64>> = (0..p)
            .map(|j| {
                let unit: Vec<f64> = (0..p).map(|i| f64::from(i == j)).collect();
                if self.basis[j].is_empty() {
                    vec![0.0; p]
                } else {
                    back_substitute(&self.triangle, &self.basis, &unit)
                }
            })
            .collect();
        (0..p * p).map(|at| columns.iter().map(|c| c[at / p] * c[at % p]).sum()).collect()
    }
}

/// R x = b, with 0 for the columns that were left out.
fn back_substitute(triangle: &[f64], basis: &[Vec<f64>], right: &[f64]) -> Vec<f64> {
    let p = basis.len();
    let mut x = vec![0.0; p];
    for i in (0..p).rev().filter(|&i| !basis[i].is_empty()) {
        let known: f64 = (i + 1..p).map(|j| triangle[i * p + j] * x[j]).sum();
        x[i] = (right[i] - known) / triangle[i * p + i];
    }
    x
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
#[path = "glm_tests.rs"]
mod tests;
