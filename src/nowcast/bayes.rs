//! Bayesian nowcasts (Höhle & an der Heiden 2014, "Bayesian nowcasting during the STEC O104:H4 outbreak in
//! Germany, 2011", Biometrics 70, §3.2), under the names of R surveillance's `nowcast()`.
//!
//! Given the share F known at a day's age, the n known events are Binomial(N, F) of its total N. What is still to
//! come, N − n, is then
//! * λ ~ Gamma with mean μ and variance v, N ~ Poisson(λ) (`poisgamma`): with r = μ²/v, negative binomial of size
//!   r + n and mean (r + n)(1 − F) / (r/μ + F);
//! * N ~ Poisson(λ) (`pois`): Poisson(λ (1 − F));
//! * N uniform on 0 ..= max (`unif`): negative binomial of size n + 1 and mean (n + 1)(1 − F)/F, cut at max − n.
//!
//! F is integrated out over draws from its posterior (see [`super::delay`]): the answer is the equal mixture of
//! those distributions, so its quantiles have no sampling noise beyond that of F.
//! * `bayes.trunc`: F from all days, under right truncation (generalised Dirichlet);
//! * `bayes.notrunc`: F from days that have shown every delay, truncation ignored;
//! * `bayes.notrunc.bnb`: as that, with N uniform and unbounded and each age by itself: F ~ Beta(A, B) with
//!   A = (a + 1)κ + Σ_{d ≤ a} n(d), B = (D − a)κ + Σ_{d > a} n(d), which gives the beta-negative binomial
//!   P(N − n = k) = C(n + k, k) B(A + n + 1, B + k) / B(A, B) in closed form.
//!
//! The prior `recent` (our default) is `poisgamma` with the moments of the newest eight weeks, each day divided by
//! its share; its standard deviation is at least half its mean, so that an outbreak is not talked down to the usual.
//! The original takes the prior from the user; so do the other three.

use statrs::function::beta::ln_beta;

use super::{NowcastOptions, TotalPrior, delay::DelayModel, predictive::ToCome};
use crate::{
    domain::{time::Day, triangle::ReportingTriangle},
    stats::CountDistribution,
};

/// Days behind the prior `recent`.
const RECENT_DAYS: i32 = 56;
/// The least standard deviation of a learnt prior, as a share of its mean.
pub(super) const LEAST_SPREAD: f64 = 0.5;
/// With a share below this nothing can be told from what is known.
const LEAST_SHARE: f64 = 1e-12;

/// What is still to come given each of these shares.
pub(super) fn predict(known: u32, shares: impl Iterator<Item = f64>, prior: TotalPrior) -> ToCome {
    let parts: Vec<CountDistribution> = shares.map(|share| given(known, share, prior)).collect();
    let most = match prior {
        TotalPrior::Uniform { max } => Some(u64::from(max.saturating_sub(known))),
        _ => None,
    };
    ToCome::mixture(&parts, most)
}

/// What is still to come given the share known.
pub(super) fn given(known: u32, share: f64, prior: TotalPrior) -> CountDistribution {
    let n = f64::from(known);
    let rest = 1.0 - share;
    match prior {
        TotalPrior::Recent => CountDistribution::negative_binomial((n + 0.5) * rest / share.max(LEAST_SHARE), n + 0.5),
        TotalPrior::Gamma { mean, variance } if variance > 0.0 && mean > 0.0 => {
            let r = mean * mean / variance;
            CountDistribution::negative_binomial((r + n) * rest / (r / mean + share), r + n)
        }
        TotalPrior::Gamma { mean, .. } | TotalPrior::Poisson { mean } => CountDistribution::poisson(mean * rest),
        TotalPrior::Uniform { .. } => {
            CountDistribution::negative_binomial((n + 1.0) * rest / share.max(LEAST_SHARE), n + 1.0)
        }
    }
}

/// The prior `recent`: mean and variance of the daily rate over the newest weeks.
pub(super) fn recent(triangle: &ReportingTriangle, model: &DelayModel) -> TotalPrior {
    let days: Vec<(f64, f64)> = triangle
        .days
        .days()
        .zip(triangle.known_so_far())
        .filter(|(day, _)| triangle.days.to - *day < RECENT_DAYS)
        .map(|(day, n)| (f64::from(n), model.share(day, triangle.days.to - day).mean))
        .collect();
    let seen: f64 = days.iter().map(|(_, share)| share).sum();
    if seen <= 0.0 {
        return TotalPrior::Recent;
    }
    let mean = (days.iter().map(|(n, _)| n).sum::<f64>() + 0.5) / seen;
    // Var(n) = mean F + F² v for a Poisson count of a rate with variance v.
    let extra: f64 = days.iter().map(|(n, f)| (n - mean * f).powi(2) - mean * f).sum();
    let squares: f64 = days.iter().map(|(_, f)| f * f).sum();
    learnt(mean, extra / squares)
}

/// A learnt prior, with the least spread it may have.
pub(super) fn learnt(mean: f64, variance: f64) -> TotalPrior {
    TotalPrior::Gamma { mean, variance: variance.max((LEAST_SPREAD * mean).powi(2)) }
}

/// The beta-negative binomial of one age, and its mean where that exists.
pub(super) fn bnb(
    known: u32,
    day: Day,
    age: usize,
    model: &DelayModel,
    options: &NowcastOptions,
) -> (Option<f64>, ToCome) {
    let [with, beyond] = model.split(day, age);
    let early = (age + 1) as f64 * options.kappa + with;
    let late = (model.max_delay() - age) as f64 * options.kappa + beyond;
    let n = f64::from(known);
    // E((n + 1)(1 − F)/F); it does not exist for A ≤ 1.
    let mean = (early > 1.0).then(|| (n + 1.0) * late / (early - 1.0));
    let mut p = (ln_beta(early + n + 1.0, late) - ln_beta(early, late)).exp();
    let mut pmf = Vec::new();
    let mut sum = 0.0;
    while sum < 1.0 - 1e-7 && pmf.len() < 200_000 {
        let k = pmf.len() as f64;
        pmf.push(p);
        sum += p;
        p *= (n + 1.0 + k) / (k + 1.0) * (late + k) / (early + n + 1.0 + late + k);
    }
    (mean, ToCome::Listed(pmf))
}
