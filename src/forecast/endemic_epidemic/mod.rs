//! Endemic–epidemic models of counts in several units, known as hhh4 (Held, Höhle & Hofmann 2005, *Statistical
//! Modelling* 5:187; Paul & Held 2011, *Statistics in Medicine* 30:1118; Meyer, Held & Höhle 2017, *Journal of
//! Statistical Software* 77(11)).
//!
//! The mean of unit i at time t has up to three parts,
//!
//! > μ_it = e_it ν_it + λ_it Y_i,t−lag + φ_it Σ_j w_ji Y_j,t−lag,
//!
//! what comes of itself (endemic), of the unit's own earlier cases (autoregressive) and of those of its neighbours
//! (neighbourhood). Each of ν, λ, φ is exp(a linear predictor) of intercepts, a trend, waves of a season and
//! covariates, shared by all units or one per unit, times an offset such as the unit's share of the population.
//! Counts are Poisson or negative binomial with Var = μ + ψ μ². [`fit()`] maximises the likelihood by Newton's method
//! with exact derivatives; standard errors are by the observed information. [`one_step_ahead`] forecasts past times
//! from what was known before them and scores the forecasts.
//!
//! | R's surveillance | here |
//! |---|---|
//! | `hhh4(control = list(end, ar, ne, family, subset))` | [`fit()`], [`EndemicEpidemicOptions`] |
//! | `addSeason2formula`, `fe(…, unitSpecific = TRUE)` | [`Effect::Season`], [`Term::per_unit`] |
//! | `neighbourhood(…) == 1`, `W_powerlaw(maxlag)` | [`Weights::adjacency`], [`Weights::power_law`] |
//! | `coef(idx2Exp = FALSE)`, `fitted`, `oneStepAhead`, `scores` | [`Coefficient`], [`EndemicEpidemicFit::fitted`], [`one_step_ahead`] |
//!
//! Limits: no random effects, no weights that change in time, one lag per component. The likelihood may have more
//! than one maximum; where a component goes to 0, three starts are tried and the best is kept. A coefficient without
//! an estimate (its component is 0, or it runs away) says so in its note; a rich predictor in a component that is
//! nearly absent may have no maximum, which is an error. A trend goes on for ever, so forecasts are one step ahead
//! only. Work grows with the square of the number of coefficients and with the largest count.
//!
//! To add an effect: a case of [`Effect`], its column in `design.rs`. To add a shape of weights: a case of
//! [`WeightShape`] with its two derivatives in `weights.rs`.

mod ahead;
mod check;
mod design;
mod estimate;
mod fit;
mod likelihood;
mod linear;
mod newton;
mod options;
mod problem;
mod weights;

#[cfg(test)]
mod tests;

pub use ahead::{CountScores, Refit, StepAhead, one_step_ahead};
pub use design::Gap;
pub use fit::{Coefficient, EndemicEpidemicFit, MeanParts, fit};
pub use options::{Component, CountTable, Effect, EndemicEpidemicOptions, Family, Term, Values};
pub use problem::EndemicEpidemicProblem;
pub use weights::{Link, WeightShape, Weights};
