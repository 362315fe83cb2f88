//! Settings learned from the past, good for some weeks: what every model's fit starts from.
//!
//! Learning them costs far more than a fit, so a rolling back-test learns them anew only every four weeks,
//! always on data known by then.

use super::{
    calendar::Calendar,
    history::{LongRun, PRIOR_EVENTS},
    level::{Adaptation, Series},
    panel::Known,
    pooled,
    surface::Smoothing,
};

#[derive(Debug, Clone)]
pub struct Tuning {
    pub smoothing: Smoothing,
    /// How the level of the whole adapts; `None`: not at all.
    pub level: Option<Adaptation>,
    /// How the groups' shares adapt.
    pub share: Option<Adaptation>,
    /// Weights of the long-run, recent and near surfaces for cells; adds up to 1.
    pub stack: [f64; 3],
}

impl Tuning {
    pub fn learn(known: &Known) -> Self {
        let smoothing = Smoothing::learn(known);
        let long_run = LongRun::of(known, &smoothing, |_| 1.0);
        let offset = offsets(known, &Calendar::learn(known));
        let whole = [known.whole.clone()];
        let level =
            Series { counts: &whole, offset: &offset, prior_share: &[1.0], prior_events: PRIOR_EVENTS }.choose(false);
        let groups = Series {
            counts: &known.groups,
            offset: &offset,
            prior_share: &long_run.prior_share,
            prior_events: PRIOR_EVENTS,
        };
        let share = if known.groups.len() > 1 { groups.choose(true) } else { None };
        let stack = pooled::learn_stack(known, &smoothing);
        Self { smoothing, level, share, stack }
    }
}

/// Share known of each day times its calendar factor.
pub fn offsets(known: &Known, calendar: &Calendar) -> Vec<f64> {
    known.days.days().zip(&known.exposure).map(|(day, e)| e * calendar.factor(day)).collect()
}
