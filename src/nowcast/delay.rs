//! How late reports are: the delay distribution of one feed, learnt from its reporting triangle.
//!
//! **Reverse-time hazards** (Lagakos, Barraj & De Gruttola 1988; Lawless 1994): g(d) = P(delay = d | delay ≤ d).
//! With n(d) events of delay d, and N(d) of delay ≤ d, both counted on days old enough to have shown delay d,
//! the right-truncated likelihood is Π g(d)^n(d) (1 − g(d))^(N(d) − n(d)). The share of a day's events known at
//! age a is F(a) = Π_{d > a} (1 − g(d)); F(max delay) = 1.
//!
//! **Posterior** (Höhle & an der Heiden 2014, §3.2): a symmetric Dirichlet prior with concentration κ per delay is,
//! written in the g, the generalised Dirichlet with g(d) ~ Beta(κ, dκ) independently, and conjugate to that
//! likelihood: g(d) ~ Beta(κ + n(d), dκ + N(d) − n(d)). From fully reported days only (`complete_only`) the same
//! formula is the plain Dirichlet-multinomial posterior, which ignores truncation because nothing is truncated.
//!
//! **Weekday rhythm.** A sender that does not work on Sundays makes Friday's delays unlike Monday's. The model with
//! delays by weekday of occurrence is taken when its marginal likelihood (closed form, a product of beta
//! functions) is at least [`EVIDENCE`] log units above that of one distribution for all days; each weekday's prior
//! is then centred on the pooled hazards with a weight of [`POOL_WEIGHT`] events. Thin data therefore stay pooled.
//!
//! **Day-to-day variation** (ours). Late reports come in bundles, so the share known varies more from day to day than
//! a binomial. ρ is the moment estimate of that extra variation over the triangle's cells, used only when it is twice
//! its standard error; a day's own hazard is then Beta-distributed about g with variance ρ g (1 − g).
//!
//! Limits: delays are the same for all days of the window (give the last months, not years; `half_life` lets older
//! days count less); a delay longer than the longest counts as the longest.

use statrs::function::beta::ln_beta;

use super::NowcastOptions;
use crate::{
    domain::{time::Day, triangle::ReportingTriangle},
    stats::Random,
};

/// How much better, in natural-log units, delays by weekday must explain the triangle than pooled ones.
const EVIDENCE: f64 = 3.0;
/// Events that the pooled hazards weigh in the prior of a weekday's own.
const POOL_WEIGHT: f64 = 5.0;

/// Whether delays may depend on the weekday of occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Weekdays {
    Pooled,
    /// When the data show it.
    #[default]
    IfEvident,
}

/// The share of a day's events that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// 0 to 1.
    pub mean: f64,
    /// Of the doubt about it.
    pub variance: f64,
}

impl Share {
    pub const ALL: Self = Self { mean: 1.0, variance: 0.0 };
    pub const NONE: Self = Self { mean: 0.0, variance: 0.0 };
}

/// Delays of one feed.
#[derive(Debug, Clone, PartialEq)]
pub struct DelayModel {
    max_delay: usize,
    /// One for every weekday from Monday, or one for all.
    curves: Vec<Curve>,
    /// Reports it was learnt from (weighted).
    pub events: f64,
    /// Extra variation from day to day, 0 to 1.
    pub variation: f64,
}

/// Shares known by age 0 ..= max delay.
#[derive(Debug, Clone, PartialEq)]
struct Curve {
    shares: Vec<Share>,
    /// Draws from the posterior, one after the other, each with a share for every age.
    draws: Vec<f64>,
    /// Sums n(d), N(d) behind it.
    sums: Vec<Sums>,
}

/// n(d) and N(d).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Sums {
    pub with: f64,
    pub up_to: f64,
}

impl DelayModel {
    /// Learn from a triangle. `complete_only`: from days old enough to have shown every delay.
    pub fn learn(triangle: &ReportingTriangle, options: &NowcastOptions, complete_only: bool) -> Self {
        let pooled = sums(triangle, options, complete_only, None);
        let split: Vec<Vec<Sums>> = match options.weekdays {
            Weekdays::Pooled => Vec::new(),
            Weekdays::IfEvident => (0..7).map(|w| sums(triangle, options, complete_only, Some(w))).collect(),
        };
        let apart: f64 = split.iter().map(|s| ln_evidence(s, options.kappa)).sum();
        let by_weekday = !split.is_empty() && apart > ln_evidence(&pooled, options.kappa) + EVIDENCE;
        let hazards: Vec<(Vec<Sums>, Vec<[f64; 2]>)> = if by_weekday {
            let centre = posterior(&pooled, options.kappa, None);
            split.into_iter().map(|s| (s.clone(), posterior(&s, options.kappa, Some(&centre)))).collect()
        } else {
            let own = posterior(&pooled, options.kappa, None);
            vec![(pooled.clone(), own)]
        };
        let means: Vec<Vec<f64>> = hazards.iter().map(|(_, h)| h.iter().map(|[a, b]| a / (a + b)).collect()).collect();
        let variation = if options.day_to_day { variation(triangle, &means) } else { 0.0 };
        let mut random = Random::seeded(options.seed);
        let curves = hazards.into_iter().map(|(s, h)| Curve::new(s, &h, variation, options.samples, &mut random));
        Self {
            max_delay: triangle.max_delay,
            curves: curves.collect(),
            events: pooled.iter().map(|s| s.with).sum(),
            variation,
        }
    }

    pub fn max_delay(&self) -> usize {
        self.max_delay
    }

    /// Whether delays were found to depend on the weekday.
    pub fn by_weekday(&self) -> bool {
        self.curves.len() > 1
    }

    /// The share of the events of `day` that is known when it is `age` days old; none of a day to come.
    pub fn share(&self, day: Day, age: i32) -> Share {
        let Ok(age) = usize::try_from(age) else { return Share::NONE };
        if age >= self.max_delay { Share::ALL } else { self.curve(day).shares[age] }
    }

    /// The posterior draws of that share.
    pub fn draws(&self, day: Day, age: i32) -> impl Iterator<Item = f64> + '_ {
        let ages = self.max_delay + 1;
        let curve = self.curve(day);
        let at = usize::try_from(age).ok();
        curve.draws.chunks_exact(ages).map(move |draw| at.map_or(0.0, |a| draw[a.min(ages - 1)]))
    }

    /// Sums of the delays up to `age` and beyond it, among the days learnt from.
    pub(super) fn split(&self, day: Day, age: usize) -> [f64; 2] {
        let count = |range: &[Sums]| range.iter().map(|s| s.with).sum();
        let sums = &self.curve(day).sums;
        let at = (age + 1).min(sums.len());
        [count(&sums[..at]), count(&sums[at..])]
    }

    fn curve(&self, day: Day) -> &Curve {
        if self.curves.len() == 7 { &self.curves[day.weekday_index()] } else { &self.curves[0] }
    }
}

impl Curve {
    fn new(sums: Vec<Sums>, hazards: &[[f64; 2]], rho: f64, samples: u32, random: &mut Random) -> Self {
        let ages = hazards.len();
        let mut shares = vec![Share::ALL; ages];
        let mut square = 1.0;
        for d in (1..ages).rev() {
            let [a, b] = hazards[d];
            let stay = b / (a + b);
            // E(1 − g)², and with the day's own variation about g.
            let own = b * (b + 1.0) / ((a + b) * (a + b + 1.0));
            square *= (1.0 - rho) * own + rho * stay;
            let mean = shares[d].mean * stay;
            shares[d - 1] = Share { mean, variance: (square - mean * mean).max(0.0) };
        }
        let mut draws = Vec::with_capacity(ages * samples as usize);
        let mut draw = vec![1.0; ages];
        for _ in 0..samples {
            for d in (1..ages).rev() {
                let [a, b] = hazards[d];
                let mut g = random.beta(a, b);
                if rho > 0.0 && g > 0.0 && g < 1.0 {
                    let weight = (1.0 - rho) / rho;
                    g = random.beta((g * weight).max(1e-9), ((1.0 - g) * weight).max(1e-9));
                }
                draw[d - 1] = draw[d] * (1.0 - g);
            }
            draws.extend_from_slice(&draw);
        }
        Self { shares, draws, sums }
    }
}

/// n(d) and N(d) over the days of the window, on one weekday or on all.
pub(super) fn sums(
    triangle: &ReportingTriangle,
    options: &NowcastOptions,
    complete_only: bool,
    weekday: Option<usize>,
) -> Vec<Sums> {
    let ages = triangle.max_delay + 1;
    let mut sums = vec![Sums::default(); ages];
    for (day, row) in triangle.days.days().zip(&triangle.known) {
        let age = triangle.days.to - day;
        let outside = options.window.is_some_and(|m| age > m as i32);
        if outside || weekday.is_some_and(|w| day.weekday_index() != w) || (complete_only && row.last() == Some(&None))
        {
            continue;
        }
        let weight = options.half_life.map_or(1.0, |half| (-f64::from(age) / half * std::f64::consts::LN_2).exp());
        let mut up_to = 0.0;
        for (d, cell) in row.iter().enumerate() {
            let Some(n) = cell else { break };
            let n = f64::from(*n) * weight;
            up_to += n;
            sums[d].with += n;
            sums[d].up_to += up_to;
        }
    }
    sums
}

/// Shapes of the beta posterior of every reverse hazard. `centre` replaces the Dirichlet prior by hazards
/// learnt elsewhere.
fn posterior(sums: &[Sums], kappa: f64, centre: Option<&[[f64; 2]]>) -> Vec<[f64; 2]> {
    sums.iter()
        .enumerate()
        .map(|(d, s)| {
            let [a, b] = match centre {
                Some(centre) => {
                    let [a, b] = centre[d];
                    [POOL_WEIGHT * a / (a + b), POOL_WEIGHT * b / (a + b)]
                }
                None => [kappa, kappa * d as f64],
            };
            // Weighted sums may differ by rounding, and a shape must be positive.
            [(a + s.with).max(1e-9), (b + (s.up_to - s.with).max(0.0)).max(1e-9)]
        })
        .collect()
}

/// Logarithm of the marginal likelihood of the truncated triangle.
fn ln_evidence(sums: &[Sums], kappa: f64) -> f64 {
    let of = |(d, s): (usize, &Sums)| {
        let (a, b) = (kappa, kappa * d as f64);
        ln_beta(a + s.with, b + (s.up_to - s.with).max(0.0)) - ln_beta(a, b)
    };
    sums.iter().enumerate().skip(1).map(of).sum()
}

/// ρ, from (y − N g)² over the cells: its mean is N g (1 − g) (1 + (N − 1) ρ).
fn variation(triangle: &ReportingTriangle, hazards: &[Vec<f64>]) -> f64 {
    let (mut excess, mut pairs, mut square) = (0.0, 0.0, 0.0);
    for (day, row) in triangle.days.days().zip(&triangle.known) {
        let g = if hazards.len() == 7 { &hazards[day.weekday_index()] } else { &hazards[0] };
        let mut up_to = 0.0;
        for (d, cell) in row.iter().enumerate() {
            let Some(n) = cell else { break };
            let y = f64::from(*n);
            up_to += y;
            if d == 0 || up_to < 2.0 || g[d] < 1e-3 || g[d] > 1.0 - 1e-3 {
                continue;
            }
            excess += (y - up_to * g[d]).powi(2) / (g[d] * (1.0 - g[d])) - up_to;
            pairs += up_to * (up_to - 1.0);
            square += 2.0 * up_to * (up_to - 1.0);
        }
    }
    if pairs <= 0.0 {
        return 0.0;
    }
    let (rho, error) = (excess / pairs, f64::sqrt(square) / pairs);
    if rho > 2.0 * error { rho.min(0.9) } else { 0.0 }
}
