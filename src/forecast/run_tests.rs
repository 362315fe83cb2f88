//! The promises of `run`, on small made-up lands.

use super::*;
use crate::{
    domain::time::DayRange,
    forecast::model::{MAX_HORIZON, Part},
    stats::{CountDistribution, Random},
};

const FIRST: i32 = 19_000;

struct Land {
    cells: CellCube,
    areas: AreaCube,
    centres: Vec<Point>,
    cell_area: Vec<Option<AreaId>>,
}

fn day(n: i32) -> Day {
    Day::from_epoch_days(FIRST + n)
}

fn area(name: &str) -> AreaId {
    AreaId::new(name).unwrap()
}

/// A square of H3 cells in two areas, west and east; `rate(cell, day)` is the expected count.
fn land(days: i32, side: usize, seed: u64, rate: impl Fn(usize, i32) -> f64) -> Land {
    let mut cells: Vec<_> = (0..side * side)
        .map(|i| {
            let p = Point::new(44.0 + 0.012 * (i / side) as f64, -69.0 + 0.016 * (i % side) as f64).unwrap();
            p.cell(8u8.try_into().unwrap())
        })
        .collect();
    cells.sort_unstable();
    cells.dedup();
    let centres: Vec<Point> = cells.iter().map(|c| c.centre()).collect();
    let middle = -69.0 + 0.008 * side as f64;
    let cell_area: Vec<_> =
        centres.iter().map(|p| Some(area(if p.lon() < middle { "west" } else { "east" }))).collect();
    let range = DayRange::new(day(0), day(days - 1)).unwrap();
    let mut random = Random::seeded(seed);
    let mut counts = Vec::new();
    for d in 0..days {
        for i in 0..cells.len() {
            let n = CountDistribution::poisson(rate(i, d)).sample(&mut random) as u32;
            if n > 0 {
                counts.push((i, day(d), n));
            }
        }
    }
    let areas = AreaCube::from_counts(
        &[area("east"), area("west")],
        range,
        counts.iter().map(|&(i, d, n)| (cell_area[i].clone().unwrap(), d, n)),
    );
    let cells = CellCube::from_counts(&cells.clone(), range, counts.iter().map(|&(i, d, n)| (cells[i], d, n)));
    Land { cells, areas, centres, cell_area }
}

fn steady(days: i32) -> Land {
    land(days, 8, 5, |i, _| if i % 11 == 0 { 0.15 } else { 0.01 })
}

impl Land {
    fn input(&self, issued: Day) -> ForecastInput<'_> {
        ForecastInput {
            cells: &self.cells,
            areas: &self.areas,
            centres: &self.centres,
            cell_area: &self.cell_area,
            issued,
            kind: EventKind::Overdose,
            run: RunId::derived(&["test"]),
            completeness: &[],
            covariates: &[],
        }
    }

    fn run(&self, issued: Day) -> Result<ForecastOutput, ForecastError> {
        run(&self.input(issued), &ForecastOptions::default())
    }
}

#[test]
fn what_happens_after_the_issue_day_changes_nothing() {
    let clean = steady(200);
    let mut poisoned = steady(200);
    for e in &mut poisoned.cells.entries {
        if e.day > 150 {
            e.count = 500;
        }
    }
    for e in &mut poisoned.areas.entries {
        if e.day > 150 {
            e.count = 9000;
        }
    }
    assert_eq!(clean.run(day(150)).unwrap(), poisoned.run(day(150)).unwrap());
    assert_ne!(clean.run(day(180)).unwrap(), poisoned.run(day(180)).unwrap());
}

#[test]
fn every_forecast_says_of_what_it_consists_and_what_a_spike_would_be() {
    let out = land(420, 8, 4, |i, d| if i < 20 && d > 380 { 0.15 } else { 0.03 }).run(day(419)).unwrap();
    assert_eq!(out.forecasts.len(), out.details.len());
    for (f, d) in out.forecasts.iter().zip(&out.details) {
        let sum: f64 = d.explanation.parts.iter().map(|(_, m)| m).sum();
        assert!((sum - f.mean).abs() < 1e-9 * f.mean, "{f:?} {d:?}");
        assert!(d.spike.at_least >= 1 && d.spike.probability > 0.0 && d.spike.probability <= 1.0);
        assert!(d.spike.usual <= (f.window.len() as f64 / 30.0).min(0.5) + 1e-12, "{d:?}");
        assert!(d.ranges.windows(2).all(|w| w[1][0] <= w[0][0] && w[0][1] <= w[1][1]));
    }
    // The rise is recent, and stands in the parts as such.
    let whole = out.forecasts.iter().position(|f| f.level == ForecastLevel::Whole && f.window.len() == 14).unwrap();
    let part = |p: Part| out.details[whole].explanation.parts.iter().find(|(q, _)| *q == p).unwrap().1;
    assert!(part(Part::RecentEvents) + part(Part::Neighbours) > 0.1 * out.forecasts[whole].mean);
    assert!(out.details[whole].spike.probability > 1.3 * out.details[whole].spike.usual);
}

#[test]
fn an_unknown_model_is_refused_and_every_known_one_makes_forecasts() {
    let land = steady(150);
    let with = |model: &str| {
        run(&land.input(day(149)), &ForecastOptions { model: model.to_owned(), ..ForecastOptions::default() })
    };
    assert_eq!(with("magic"), Err(ForecastError::UnknownModel("magic".to_owned())));
    for model in model::all() {
        let out = with(model.name()).unwrap();
        assert!(out.forecasts.iter().all(|f| f.method.name == model.name() || f.method.name == "history"));
        assert!(out.forecasts.iter().all(|f| f.mean.is_finite() && f.mean > 0.0), "{}", model.name());
    }
}

#[test]
fn the_same_input_gives_the_same_forecast() {
    let land = steady(150);
    assert_eq!(land.run(day(149)).unwrap(), land.run(day(149)).unwrap());
}

#[test]
fn cells_add_up_to_their_area_and_areas_to_the_whole() {
    let land = land(220, 8, 9, |i, d| if i < 20 && d > 180 { 0.3 } else { 0.03 });
    let out = land.run(day(219)).unwrap();
    for to in [7u32, 14] {
        let window = DayRange { from: day(220), to: day(219 + to as i32) };
        let mean = |level: ForecastLevel, keep: &dyn Fn(&Forecast) -> bool| -> f64 {
            out.forecasts.iter().filter(|f| f.level == level && f.window == window && keep(f)).map(|f| f.mean).sum()
        };
        let whole = mean(ForecastLevel::Whole, &|_| true);
        assert!((mean(ForecastLevel::Area, &|_| true) - whole).abs() < 1e-9 * whole);
        for (id, placed) in &out.placed {
            assert!((placed - 1.0).abs() < 1e-9, "every event has a cell");
            let cells = mean(ForecastLevel::Cell, &|f| {
                let i = land.cells.places.binary_search(&f.cell.unwrap()).unwrap();
                land.cell_area[i].as_ref() == Some(id)
            });
            let own = mean(ForecastLevel::Area, &|f| f.area.as_ref() == Some(id));
            assert!((cells - own).abs() < 1e-9 * own, "{id}: {cells} {own}");
        }
    }
}

#[test]
fn every_place_and_window_is_there_with_ordered_quantiles_and_no_certain_zero() {
    let land = steady(150);
    let out = land.run(day(149)).unwrap();
    // Whole and two areas: fourteen days and the totals of 7 and 14; cells: four windows.
    assert_eq!(out.forecasts.len(), 3 * (MAX_HORIZON as usize + 2) + 4 * land.cells.places.len());
    for f in &out.forecasts {
        assert!(f.mean > 0.0 && f.history_mean > 0.0 && f.p_at_least_one > 0.0, "{f:?}");
        assert!(f.quantiles.is_sorted() && f.window.from > f.issued);
    }
}

#[test]
fn the_record_says_how_each_level_did_on_past_days() {
    let out = steady(250).run(day(249)).unwrap();
    for level in [ForecastLevel::Cell, ForecastLevel::Area, ForecastLevel::Whole] {
        let rows: Vec<_> = out.records.iter().filter(|r| r.level == level).collect();
        assert_eq!(rows.iter().map(|r| r.horizon_days).collect::<Vec<_>>(), [1, 3, 7, 14]);
        assert!(rows.iter().all(|r| r.origins >= 6 && r.log_score > 0.0 && r.crps > 0.0));
        assert!(rows.iter().all(|r| r.capture_10.is_some() == (level == ForecastLevel::Cell)));
    }
    assert!(out.forecasts.iter().all(|f| f.caveat.is_empty()), "{}", out.forecasts[0].caveat);
}

#[test]
fn a_model_that_does_not_beat_history_is_not_used() {
    let out = steady(250).run(day(249)).unwrap();
    for r in &out.records {
        let rows = out.records.iter().filter(|o| (o.level == ForecastLevel::Cell) == (r.level == ForecastLevel::Cell));
        let same = rows.map(|o| o.history_log_score - o.log_score).sum::<f64>();
        assert!(r.method == "history" || same > 0.0, "{r:?}");
    }
}

#[test]
fn a_lasting_rise_moves_the_forecast_above_history() {
    let out = land(400, 8, 4, |_, d| if d < 250 { 0.02 } else { 0.08 }).run(day(399)).unwrap();
    let whole = out.forecasts.iter().find(|f| f.level == ForecastLevel::Whole && f.window.len() == 14).unwrap();
    assert_eq!(whole.method.name, "stack");
    assert!(whole.mean > 1.4 * whole.history_mean, "{} against {}", whole.mean, whole.history_mean);
    // 64 cells, or a few fewer where two points share a cell, at 0.08 a day for 14 days.
    let truth = 0.08 * 14.0 * 64.0;
    assert!((whole.mean / truth - 1.0).abs() < 0.25, "{} against {truth}", whole.mean);
}

#[test]
fn recent_days_that_are_not_yet_reported_do_not_look_quiet() {
    let full = land(250, 8, 3, |_, _| 0.05);
    let mut partial = land(250, 8, 3, |_, _| 0.05);
    // Of the last seven days every other event has not arrived yet.
    let thin = |day: u32, k: usize| day < 243 || k.is_multiple_of(2);
    let keep: Vec<_> = partial.cells.entries.iter().enumerate().map(|(k, e)| thin(e.day, k)).collect();
    let mut it = keep.iter();
    partial.cells.entries.retain(|_| *it.next().unwrap());
    let totals: Vec<_> = partial
        .cells
        .entries
        .iter()
        .map(|e| (partial.cell_area[e.place as usize].clone().unwrap(), day(e.day as i32), e.count))
        .collect();
    partial.areas = AreaCube::from_counts(&partial.areas.places.clone(), partial.areas.days, totals);
    let whole = |land: &Land, completeness: &[f64]| {
        let out = run(&ForecastInput { completeness, ..land.input(day(249)) }, &ForecastOptions::default()).unwrap();
        out.forecasts.iter().find(|f| f.level == ForecastLevel::Whole && f.window.len() == 14).unwrap().mean
    };
    let (want, corrected, naive) = (whole(&full, &[]), whole(&partial, &[0.5; 7]), whole(&partial, &[]));
    assert!((corrected - want).abs() < (naive - want).abs(), "{want} {corrected} {naive}");
}

#[test]
fn a_silent_feed_gives_a_wider_forecast_that_says_so() {
    let mut land = steady(200);
    let usual = land.run(day(189)).unwrap();
    land.cells.silent = (190..200).map(day).collect();
    land.areas.silent = land.cells.silent.clone();
    for entries in [&mut land.cells.entries, &mut land.areas.entries] {
        entries.retain(|e| e.day < 190);
    }
    let stale = land.run(day(199)).unwrap();
    let f = |o: &ForecastOutput| {
        o.forecasts.iter().find(|f| f.level == ForecastLevel::Whole && f.window.len() == 7).unwrap().clone()
    };
    let (usual, stale) = (f(&usual), f(&stale));
    assert!(stale.caveat.contains("No data since"), "{}", stale.caveat);
    assert!((stale.mean / usual.mean - 1.0).abs() < 0.2, "silence is not quiet: {} {}", stale.mean, usual.mean);
    assert!(stale.quantiles[8] - stale.quantiles[0] > usual.quantiles[8] - usual.quantiles[0]);
}

#[test]
fn long_silence_and_too_little_history_are_refused_with_a_reason() {
    let land = steady(200);
    assert!(matches!(land.run(day(9)), Err(ForecastError::TooLittleHistory { .. })));
    assert!(matches!(land.run(day(-1)), Err(ForecastError::NoData { .. })));
    assert_eq!(land.run(day(240)), Err(ForecastError::Stale { issued: day(240), days: 41 }));
    let options = ForecastOptions { area_days: vec![15], ..ForecastOptions::default() };
    assert_eq!(run(&land.input(day(150)), &options), Err(ForecastError::BadHorizon(15)));
}

#[test]
fn a_new_jurisdiction_gets_a_wide_and_labelled_forecast() {
    let land = land(20, 5, 1, |_, _| 0.02);
    let out = land.run(day(19)).unwrap();
    let whole = out.forecasts.iter().find(|f| f.level == ForecastLevel::Whole && f.window.len() == 14).unwrap();
    assert!(whole.caveat.contains("Only 20 days") && whole.caveat.contains("Not yet tested"), "{}", whole.caveat);
    assert!(f64::from(whole.quantiles[8]) > 2.0 * whole.mean, "{whole:?}");
    assert_eq!(whole.method.name, "history");
}

#[test]
fn days_without_a_single_event_make_no_certain_zero() {
    let out = land(60, 4, 1, |_, _| 0.0).run(day(59)).unwrap();
    assert!(out.forecasts.iter().all(|f| f.mean > 0.0 && f.p_at_least_one > 0.0));
    assert!(out.forecasts.iter().all(|f| f.caveat.contains("Only 0 events")));
}

#[test]
fn shore_cells_go_with_their_neighbours_and_strange_areas_are_refused() {
    let mut land = steady(150);
    let usual = land.run(day(149)).unwrap();
    // The centre of one cell lies in the sea; its events still count once.
    let inland = land.cell_area[20].take();
    let shore = land.run(day(149)).unwrap();
    let whole = |o: &ForecastOutput| o.forecasts.iter().find(|f| f.level == ForecastLevel::Whole).unwrap().mean;
    assert!((whole(&usual) - whole(&shore)).abs() < 0.02 * whole(&usual));
    land.cell_area[20] = Some(area("atlantis"));
    assert_eq!(land.run(day(149)), Err(ForecastError::UnknownArea(area("atlantis"))));
    land.cell_area[20] = inland;
    assert_eq!(land.run(day(149)).unwrap(), usual);
}
