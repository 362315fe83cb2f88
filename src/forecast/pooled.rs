//! `pooled`: history × weekday × season × slowly discounted recent levels.
//!
//! For group g, h days after issue day t:
//!
//! > μ_g(t+h) = rate(t+h) · C(t+h) · share_g(t)
//!
//! * C is the calendar factor, pooled over all places and shrunk ([`super::calendar`]);
//! * rate is the level of the whole on the calendar-adjusted scale, by the discounted gamma–Poisson filter that
//!   drifts back to the long run ([`super::level`]);
//! * share_g is the group's share by the discounted Dirichlet–multinomial filter, or its long-run share.
//!
//! Within a group, cell j gets the share of p(j) = v₁ p_long(j) + v₂ p_recent(j) + v₃ p_near(j): the long-run
//! surface of `history`; the same kernels over events discounted with a half-life of 60 days; and events of
//! the last days (half-life 7 days) spread over a cell and its neighbours, the near-repeat effect. The weights
//! v are those under which the cells of past fortnights' events were likeliest, with the surfaces as they were
//! before each fortnight; strong prior counts favour the long run.
//!
//! Every part falls back to `history` when the past does not show that it helps, so on steady land the two
//! agree. Limits: one level and calendar for all places; no covariates, no holidays, no population.

use super::{
    base::Base,
    history::{LongRun, PRIOR_EVENTS},
    level::{Adaptation, Series},
    model::{CellShares, Fitted, ForecastModel, MAX_HORIZON, Part, calendar_parts, shares_within},
    panel::Known,
    surface::{Smoothing, stack},
    tuning::Tuning,
};

const RECENT_HALF_LIFE: f64 = 60.0;
const NEAR_HALF_LIFE: f64 = 7.0;
/// Fortnights on which the weights are learned, and days of data before the first.
const TRIALS: usize = 13;
const FORTNIGHT: usize = 14;
const FIRST: usize = 56;
/// Prior counts of events for long run, recent and near.
const PRIOR: [f64; 3] = [20.0, 0.5, 0.5];

pub struct Pooled;

#[derive(Debug, Clone)]
pub struct PooledTuning {
    /// How the level of the whole adapts; `None`: not at all.
    level: Option<Adaptation>,
    /// How the groups' shares adapt.
    share: Option<Adaptation>,
    /// Weights of the long-run, recent and near surfaces for cells; adds up to 1.
    surfaces: [f64; 3],
}

impl Default for PooledTuning {
    fn default() -> Self {
        Self { level: None, share: None, surfaces: [1.0, 0.0, 0.0] }
    }
}

impl ForecastModel for Pooled {
    fn name(&self) -> &'static str {
        "pooled"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tune(&self, known: &Known, base: &Base, tuning: &mut Tuning) {
        let whole = [known.whole.clone()];
        let level = Series { counts: &whole, offset: &base.offset, prior_share: &[1.0], prior_events: PRIOR_EVENTS };
        let groups = Series {
            counts: &known.groups,
            offset: &base.offset,
            prior_share: &base.long_run.prior_share,
            prior_events: PRIOR_EVENTS,
        };
        tuning.pooled = PooledTuning {
            level: level.choose(false),
            share: if known.groups.len() > 1 { groups.choose(true) } else { None },
            surfaces: learn_stack(known, &tuning.smoothing),
        };
    }

    fn fit(&self, known: &Known, tuning: &Tuning, base: &Base) -> Fitted {
        let long_run = &base.long_run;
        let (rates, whole_evidence) = whole_ahead(known, tuning, &base.offset, base.adjusted_rate, long_run.total);
        let (shares, certainty) = group_shares(known, tuning, &base.offset, long_run);
        let daily: Vec<f64> = rates.iter().zip(base.factors_ahead()).map(|(r, f)| r * f).collect();
        let surfaces = Surfaces::at(known, &tuning.smoothing, known.days.len());
        let density: Vec<f64> =
            (0..long_run.surface.len()).map(|j| mix(tuning.pooled.surfaces, surfaces.at_cell(j))).collect();
        let groups: Vec<Vec<f64>> = shares.iter().map(|s| daily.iter().map(|d| d * s).collect()).collect();
        let long = long_run.group_rates();
        Fitted {
            parts: calendar_parts(&groups, &long, &base.weekday_ahead, &base.season_ahead, Part::RecentEvents),
            groups,
            cells: CellShares::Constant(shares_within(&density, &known.layout.group_of, &long_run.placed)),
            group_evidence: shares.iter().map(|s| certainty * s + 0.5).collect(),
            whole_evidence,
            exposed_days: long_run.exposed_days,
        }
    }
}

/// Calendar-adjusted rate of the whole for the coming days, and the events it rests on.
fn whole_ahead(known: &Known, tuning: &Tuning, offset: &[f64], long_run: f64, total: f64) -> (Vec<f64>, f64) {
    let days = MAX_HORIZON as usize;
    let Some(adaptation) = tuning.pooled.level else { return (vec![long_run; days], total + 0.5) };
    let counts = [known.whole.clone()];
    let state = Series { counts: &counts, offset, prior_share: &[1.0], prior_events: PRIOR_EVENTS }.run(adaptation);
    (state.rates_ahead(adaptation, long_run, days), state.a[0] + 0.5)
}

/// Shares of the groups and the number of events all of them together rest on.
fn group_shares(known: &Known, tuning: &Tuning, offset: &[f64], long_run: &LongRun) -> (Vec<f64>, f64) {
    let Some(adaptation) = tuning.pooled.share else { return (long_run.group_share.clone(), long_run.total) };
    let series =
        Series { counts: &known.groups, offset, prior_share: &long_run.prior_share, prior_events: PRIOR_EVENTS };
    let state = series.run(adaptation);
    (state.shares(), state.a.iter().sum())
}

/// The three densities over the cells, from events before day `until` (a position) alone.
struct Surfaces {
    long: Vec<f64>,
    recent: Vec<f64>,
    near: Vec<f64>,
}

impl Surfaces {
    fn at(known: &Known, smoothing: &Smoothing, until: usize) -> Self {
        let fading = |half_life: f64| {
            move |t: usize| if t < until { 0.5f64.powf((until - 1 - t) as f64 / half_life) } else { 0.0 }
        };
        let layout = known.layout;
        let all = known.cell_totals(|t| if t < until { 1.0 } else { 0.0 });
        let long = smoothing.surface(layout, &all);
        let recent = smoothing.smooth(layout, &known.cell_totals(fading(RECENT_HALF_LIFE)));
        // Seven half-lives back an event weighs less than a hundredth: leaving it out keeps the kernel small.
        let fresh = fading(NEAR_HALF_LIFE);
        let near = Smoothing::near(layout, &known.cell_totals(|t| if t + 49 >= until { fresh(t) } else { 0.0 }));
        Self { recent: normalise(recent, &long), near: normalise(near, &long), long }
    }

    fn at_cell(&self, j: usize) -> [f64; 3] {
        [self.long[j], self.recent[j], self.near[j]]
    }
}

/// Weights of the three surfaces under which past fortnights' events were likeliest.
fn learn_stack(known: &Known, smoothing: &Smoothing) -> [f64; 3] {
    let n = known.days.len();
    let mut points = Vec::new();
    for trial in 1..=TRIALS {
        let Some(until) = n.checked_sub(trial * FORTNIGHT).filter(|u| *u >= FIRST) else { break };
        let surfaces = Surfaces::at(known, smoothing, until);
        let later = known.cell_totals(|t| if (until..until + FORTNIGHT).contains(&t) { 1.0 } else { 0.0 });
        for (j, count) in later.into_iter().enumerate().filter(|(_, c)| *c > 0.0) {
            points.push((surfaces.at_cell(j), count));
        }
    }
    stack(&points, PRIOR).0
}

fn mix(weights: [f64; 3], parts: [f64; 3]) -> f64 {
    weights.iter().zip(parts).map(|(w, p)| w * p).sum()
}

/// Scaled to add up to 1; the long run instead where there is nothing to scale.
fn normalise(surface: Vec<f64>, long: &[f64]) -> Vec<f64> {
    let sum: f64 = surface.iter().sum();
    if sum <= 0.0 { long.to_vec() } else { surface.into_iter().map(|x| x / sum).collect() }
}
