//! Do the stated intervals hold what they promise?
//!
//! The truth is negative binomial about steady rates. Windows of one day at weekly issue days do not overlap,
//! so the number of truths inside is binomial: the tolerance is 3.5 of its standard errors, about one false
//! alarm in 2,000 checks. Whole numbers seldom hold exactly their nominal share; the promise that is checked is the
//! exact probability of each stated interval, and, for the nominal share itself, coverage with counts spread over their
//! steps (the randomised PIT), whose spread is no larger.

use emberwatch::{domain::forecast::ForecastLevel, forecast::scoring::INTERVALS, forecast::summary::summarise};

use crate::forecast_worlds::{Outcome, backtest, world};

fn check(outcome: &Outcome, model: &str, level: ForecastLevel, horizon: u32) {
    let scores = outcome.scores(model, level, horizon);
    let s = summarise(scores, false).unwrap();
    let n = (s.origins * s.places) as f64;
    assert!(n >= 60.0, "{n} truths are too few to tell anything");
    for (i, nominal) in INTERVALS.into_iter().enumerate() {
        let (got, promised) = (s.stated[i], s.promised[i]);
        let tolerance = 3.5 * (promised * (1.0 - promised) / n).sqrt();
        assert!(
            (got - promised).abs() <= tolerance,
            "{model} {level} day {horizon}: {nominal} % interval held {got:.3}, promised {promised:.3} ± {tolerance:.3}"
        );
        let share = f64::from(nominal) / 100.0;
        let tolerance = 3.5 * (share * (1.0 - share) / n).sqrt();
        let spread = s.coverage[i];
        assert!((spread - share).abs() <= tolerance, "{model} {level} day {horizon}: {nominal} % held {spread:.3}");
    }
}

#[test]
fn intervals_of_areas_and_the_whole_hold_what_they_promise() {
    // Six areas of 10 to 20 events a day, overdispersed; each cell's count has size 0.15.
    let panel = world(6, 6, 900, 0.15, 31, |cell, _| 1.6 + 0.4 * (cell % 6) as f64);
    let outcome = backtest(&panel, 300, &[1, 7, 14]);
    for model in ["history", "pooled", "stack"] {
        for horizon in [1, 7, 14] {
            check(&outcome, model, ForecastLevel::Area, horizon);
            check(&outcome, model, ForecastLevel::Whole, horizon);
        }
    }
}

#[test]
fn intervals_of_rare_events_in_cells_hold_what_they_promise() {
    let panel = world(15, 3, 700, 0.5, 7, |cell, _| if cell % 9 == 0 { 0.08 } else { 0.01 });
    let outcome = backtest(&panel, 300, &[1]);
    for model in ["history", "pooled", "stack"] {
        check(&outcome, model, ForecastLevel::Cell, 1);
    }
}

#[test]
fn a_calibrated_forecaster_has_a_flat_pit_histogram() {
    let panel = world(6, 6, 900, 0.15, 32, |cell, _| 1.6 + 0.4 * (cell % 6) as f64);
    let outcome = backtest(&panel, 300, &[1]);
    let s = summarise(outcome.scores("history", ForecastLevel::Area, 1), false).unwrap();
    let n = (s.origins * s.places) as f64;
    // Chi-squared with 9 degrees of freedom, 99.9 % point; the spread shares make it smaller, never larger.
    let chi2: f64 = s.pit.iter().map(|p| n * (p - 0.1).powi(2) / 0.1).sum();
    assert!(chi2 < 27.9, "{chi2:.1} {:?}", s.pit);
}
