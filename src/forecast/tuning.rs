//! Settings learned from the past, good for some weeks: what every model's fit starts from.
//!
//! Learning them costs far more than a fit, so a rolling back-test learns them anew only every four weeks,
//! always on data known by then. Each model learns its own ([`ForecastModel::tune`]); only the smoothing of cells
//! is everybody's.

use super::{
    base::Base, covariates::PlaceFit, endemic_weeks::WeekFit, filter::Discount, model::ForecastModel, panel::Known,
    pooled::PooledTuning, self_exciting::Contagion, surface::Smoothing,
};

#[derive(Debug, Clone)]
pub struct Tuning {
    pub smoothing: Smoothing,
    pub pooled: PooledTuning,
    pub filter: Option<Discount>,
    /// `None` where there is too little to fit, or the fit did not settle.
    pub weeks: Option<WeekFit>,
    pub contagion: Option<Contagion>,
    /// `None` where no covariates were given, or too few events.
    pub places: Option<PlaceFit>,
}

impl Tuning {
    /// Anew, but for what of the `last` settings is still good: a model may keep its own for longer.
    pub fn learn(known: &Known, models: &[&'static dyn ForecastModel], last: Option<&Tuning>) -> Self {
        let smoothing = Smoothing::learn(known);
        let base = Base::of(known, &smoothing);
        let mut tuning = Self {
            smoothing,
            pooled: PooledTuning::default(),
            filter: None,
            weeks: last.and_then(|l| l.weeks.clone()),
            contagion: None,
            places: None,
        };
        for model in models {
            model.tune(known, &base, &mut tuning);
        }
        tuning
    }
}
