//! A fitted model, and what it says of the counts and of the next ones.

use super::{
    CountTable, EndemicEpidemicOptions, EndemicEpidemicProblem as Problem,
    design::{AR, Design, END, Gap, NE},
    estimate::{Estimate, estimate, note},
    likelihood::Means,
};
use crate::stats::CountDistribution;

/// An estimated coefficient. Those of components are on the log scale; `overdisp` is ψ itself, Var = μ + ψ μ².
#[derive(Debug, Clone, PartialEq)]
pub struct Coefficient {
    /// As R's surveillance names it: `ar.1`, `end.t`, `end.sin(2 * pi * t/52)`, `end.1.<unit>`, `neweights.d`.
    pub name: String,
    pub estimate: f64,
    /// By the observed information; `None` where `note` says why.
    pub se: Option<f64>,
    pub note: String,
}

/// The mean of one count, by where it comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanParts {
    pub time: usize,
    pub unit: usize,
    pub observed: Option<u32>,
    pub mean: f64,
    pub endemic: f64,
    /// From the unit's own earlier count.
    pub autoregressive: f64,
    /// From its neighbours' earlier counts.
    pub neighbourhood: f64,
}

/// A fitted model.
pub struct EndemicEpidemicFit {
    pub loglik: f64,
    pub coefficients: Vec<Coefficient>,
    /// Known counts that the likelihood is of.
    pub counts: usize,
    /// First and last time of the likelihood, from 0.
    pub first: usize,
    pub last: usize,
    pub steps: usize,
    design: Design,
    theta: Vec<f64>,
}

/// Maximum likelihood for a model.
///
/// # Errors
/// When model and data do not fit together, or do not determine a coefficient.
pub fn fit(table: &CountTable, options: &EndemicEpidemicOptions) -> Result<EndemicEpidemicFit, Problem> {
    let design = Design::new(table, options)?;
    let (first, last) = span(table, options)?;
    let found = estimate(&design, first..last + 1, None, options.max_steps)?;
    let coefficients = coefficients(&design, &found)?;
    Ok(EndemicEpidemicFit {
        loglik: found.optimum.loglik,
        coefficients,
        counts: found.counts,
        first,
        last,
        steps: found.optimum.steps,
        theta: found.optimum.theta,
        design,
    })
}

impl EndemicEpidemicFit {
    /// −2 ℓ + 2 × number of coefficients.
    pub fn aic(&self) -> f64 {
        -2.0 * self.loglik + 2.0 * self.coefficients.len() as f64
    }

    /// −2 ℓ + ln(number of counts) × number of coefficients.
    pub fn bic(&self) -> f64 {
        -2.0 * self.loglik + (self.counts as f64).ln() * self.coefficients.len() as f64
    }

    /// By name; `None` where the model has no such coefficient.
    pub fn coefficient(&self, name: &str) -> Option<&Coefficient> {
        self.coefficients.iter().find(|c| c.name == name)
    }

    /// Means over the times of the likelihood.
    pub fn fitted(&self) -> Vec<MeanParts> {
        self.means(self.first, self.last)
    }

    /// Means from time `from` to time `to`, by time and unit. The time after the last of the data is a forecast.
    /// A time and unit whose mean cannot be computed is left out and stands in [`Self::gaps`].
    pub fn means(&self, from: usize, to: usize) -> Vec<MeanParts> {
        mean_parts(&self.design, &self.theta, from, to)
    }

    /// Times and units without a mean, and why.
    pub fn gaps(&self) -> &[Gap] {
        &self.design.gaps
    }

    /// ψ of a unit; 0 for the Poisson.
    pub fn overdispersion(&self, unit: usize) -> f64 {
        psi(&self.design, &self.theta, unit)
    }

    /// What the model expects a count with a mean to be like.
    pub fn distribution(&self, parts: &MeanParts) -> CountDistribution {
        distribution(parts.mean, self.overdispersion(parts.unit))
    }
}

pub(super) fn mean_parts(design: &Design, theta: &[f64], from: usize, to: usize) -> Vec<MeanParts> {
    let means = Means::new(design, theta);
    let last = design.starts.len() - 1;
    let rows = design.starts[from.min(last)]..design.starts[(to + 1).clamp(from.min(last), last)];
    rows.map(|r| {
        let (row, m) = (&design.rows[r], means.at(r));
        MeanParts {
            time: row.time,
            unit: row.unit,
            observed: row.y,
            mean: m.mean,
            endemic: m.parts[END],
            autoregressive: m.parts[AR],
            neighbourhood: m.parts[NE],
        }
    })
    .collect()
}

pub(super) fn psi(design: &Design, theta: &[f64], unit: usize) -> f64 {
    design.psi_of(unit).map_or(0.0, |i| theta[i].exp())
}

pub(super) fn distribution(mean: f64, psi: f64) -> CountDistribution {
    if psi > 0.0 { CountDistribution::negative_binomial(mean, 1.0 / psi) } else { CountDistribution::poisson(mean) }
}

/// First and last time of the likelihood.
pub(super) fn span(table: &CountTable, options: &EndemicEpidemicOptions) -> Result<(usize, usize), Problem> {
    let lags = [&options.ar, &options.ne].into_iter().flatten().map(|c| c.lag);
    // The first time is left out of every model, so that those with and without earlier counts are of the same
    // counts and can be compared.
    let first = options.first.unwrap_or_else(|| lags.max().unwrap_or(1));
    let last = options.last.unwrap_or(table.times().saturating_sub(1));
    if last >= table.times() {
        return Err(Problem::Shape {
            what: "last time of the likelihood".to_owned(),
            got: last,
            want: table.times() - 1,
        });
    }
    if first > last {
        return Err(Problem::TooFew { counts: 0, coefficients: 1 });
    }
    Ok((first, last))
}

fn coefficients(design: &Design, found: &Estimate) -> Result<Vec<Coefficient>, Problem> {
    let errors = found.standard_errors(&design.names)?;
    let all = design.names.iter().zip(found.theta()).zip(errors).enumerate();
    Ok(all
        .map(|(i, ((name, &theta), se))| {
            let is_psi = design.psi.is_some_and(|psi| i >= psi);
            let (estimate, se) = if is_psi { (theta.exp(), se.map(|s| s * theta.exp())) } else { (theta, se) };
            let note = if found.gone[i] { note(design, i) } else { String::new() };
            Coefficient { name: name.clone(), estimate, se, note }
        })
        .collect())
}
