//! What operators know of places: worth something where it drives events, and no harm where it does not.

use emberwatch::{
    domain::forecast::ForecastLevel,
    forecast::{
        covariates::data::{Measure, Reading},
        model,
        panel::Panel,
        scoring::OriginScores,
        summary::{difference, summarise},
    },
    stats::Random,
};

use crate::forecast_worlds::{Outcome, backtest_with, world};

const SIDE: usize = 20;

fn of_cells(measure: Measure, values: &[f64]) -> Vec<Reading> {
    let one = |(cell, value): (usize, &f64)| Reading {
        place: cell as u32,
        measure,
        day: None,
        cells: vec![cell as u32],
        value: *value,
    };
    values.iter().enumerate().map(one).collect()
}

/// People live in one cell of six or so, scattered; so a neighbour's past says nothing.
fn people() -> Vec<f64> {
    let mut random = Random::seeded(77);
    (0..SIDE * SIDE).map(|_| if random.unit() < 0.16 { 200.0 + 3000.0 * random.unit() } else { 0.0 }).collect()
}

fn run(panel: &Panel) -> Outcome<'_> {
    backtest_with(panel, 300, &[1, 14], model::for_panel(panel))
}

fn compared(with: &Outcome, without: &Outcome, level: ForecastLevel, score: fn(&OriginScores) -> f64) -> [f64; 3] {
    let own = with.scores("stack", level, 14);
    let d = difference(own, without.scores("stack", level, 14), score, 1).unwrap();
    let [low, high] = d.interval.unwrap();
    [d.value, low, high]
}

#[test]
fn where_people_drive_events_in_cells_never_seen_the_stack_with_covariates_is_better() {
    let people = people();
    // Sixty events in three hundred days over some sixty peopled cells: many of them are never seen before the end.
    let panel = world(SIDE, 4, 700, 50.0, 21, |cell, _| 0.0000022 * people[cell]);
    let without = run(&panel);
    let known = panel.clone().with_covariates(of_cells(Measure::Population, &people));
    let with = run(&known);
    let [_, _, high] = compared(&with, &without, ForecastLevel::Cell, |s| s.log_score);
    assert!(high < 0.0, "{high}");
    let captured =
        |o: &Outcome| summarise(o.scores("stack", ForecastLevel::Cell, 14), true).unwrap().capture.unwrap()[2];
    assert!(captured(&with) > captured(&without), "{} against {}", captured(&with), captured(&without));
}

#[test]
fn where_covariates_are_noise_the_stack_is_not_clearly_worse() {
    let people = people();
    let panel = world(SIDE, 4, 700, 5.0, 22, |cell, _| 0.001 + if cell.is_multiple_of(31) { 0.06 } else { 0.0 });
    let without = run(&panel);
    let mut noise = of_cells(Measure::Population, &people);
    let services: Vec<f64> = people.iter().map(|p| (p / 700.0).round()).rev().collect();
    noise.extend(of_cells(Measure::Services, &services));
    let known = panel.clone().with_covariates(noise);
    let with = run(&known);
    for level in [ForecastLevel::Cell, ForecastLevel::Area, ForecastLevel::Whole] {
        for score in [(|s| s.log_score) as fn(&OriginScores) -> f64, |s| s.crps] {
            let [value, low, _] = compared(&with, &without, level, score);
            let mean = without.scores("stack", level, 14).iter().map(score).sum::<f64>()
                / without.scores("stack", level, 14).iter().map(|s| s.places as f64).sum::<f64>();
            assert!(low <= 0.0 || value < 0.002 * mean, "{level}: {value} of {mean}");
        }
    }
}
