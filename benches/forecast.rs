//! Forecasts without I/O: a state of about 10,000 cells and 100 areas with three years and 20,000 events (today's
//! forecasts with their short back-test), and a county's weekly back-test over two years by all models.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::{hint::black_box, time::Instant};

use emberwatch::{
    cells::disk,
    domain::{
        event::EventKind,
        forecast::ForecastLevel,
        ids::{AreaId, RunId},
        place::{Cell, Point, Resolution},
        series::{AreaCube, CellCube},
        time::{Day, DayRange},
    },
    forecast::{
        ForecastInput, ForecastOptions, model,
        panel::Panel,
        rolling::{Rolling, Target},
        run,
    },
    stats::Random,
};

const DAYS: i32 = 1095;

struct Land {
    cells: CellCube,
    areas: AreaCube,
    centres: Vec<Point>,
    cell_area: Vec<Option<AreaId>>,
}

fn main() {
    // Disks of 57 and 24 steps have 9,919 and 1,801 cells.
    let state = land(57, 10, 20_000);
    for model in ["stack", "pooled"] {
        let options = ForecastOptions { model: model.to_owned(), ..ForecastOptions::default() };
        let started = Instant::now();
        let out = run(&input(&state), &options).unwrap();
        println!(
            "state, {} cells, {} areas, {} events, {DAYS} days: {} forecasts by {model} in {:.1} s, at most {} MiB",
            state.cells.places.len(),
            state.areas.places.len(),
            state.cells.total(),
            out.forecasts.len(),
            started.elapsed().as_secs_f64(),
            most_memory_mib()
        );
        black_box(out);
    }
    let county = land(24, 8, 4_000);
    let started = Instant::now();
    let origins = backtest(&county);
    println!(
        "county, {} cells, {} areas, {} events: {origins} weekly issue days of two years, {} models and the stack in {:.1} s",
        county.cells.places.len(),
        county.areas.places.len(),
        county.cells.total(),
        model::all().len(),
        started.elapsed().as_secs_f64()
    );
}

/// A disk of cells cut into square areas, with events that gather about twelve towns, a season and busier Fridays.
fn land(steps: u32, side: u32, events: u32) -> Land {
    let mut cells: Vec<Cell> = disk(Point::new(44.31, -69.78).unwrap().cell(Resolution::Eight), steps);
    cells.sort_unstable();
    let centres: Vec<Point> = cells.iter().map(|c| c.centre()).collect();
    let range = |f: fn(&Point) -> f64| {
        let all = || centres.iter().map(f);
        (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max))
    };
    let ((south, north), (west, east)) = (range(|p| p.lat()), range(|p| p.lon()));
    let part = |x: f64, low: f64, high: f64| (((x - low) / (high - low) * f64::from(side)) as u32).min(side - 1);
    let cell_area: Vec<Option<AreaId>> = centres
        .iter()
        .map(|p| {
            let (row, column) = (part(p.lat(), south, north), part(p.lon(), west, east));
            Some(AreaId::new(&format!("area-{row:02}-{column:02}")).unwrap())
        })
        .collect();
    let mut random = Random::seeded(3);
    let towns: Vec<usize> = (0..12).map(|_| random.below(cells.len() as u32) as usize).collect();
    let first = Day::from_epoch_days(19_000);
    let days = DayRange::new(first, first + (DAYS - 1)).unwrap();
    let mut counts = Vec::new();
    while counts.len() < events as usize {
        let day = first + random.below(DAYS as u32) as i32;
        let season = 1.0 + 0.3 * (f64::from(day.epoch_days()) * std::f64::consts::TAU / 365.25).cos();
        let busy = season * if day.weekday_index() == 4 { 1.0 } else { 0.7 } / 1.3;
        let town = centres[towns[random.below(12) as usize]];
        let cell = random.below(cells.len() as u32) as usize;
        let near = 0.02 + (-centres[cell].distance_km(town) / 3.0).exp();
        if random.unit() < busy && random.unit() < near {
            counts.push((cell, day));
        }
    }
    let in_areas = counts.iter().map(|&(c, d)| (cell_area[c].clone().unwrap(), d, 1));
    let mut names: Vec<AreaId> = cell_area.iter().flatten().cloned().collect();
    names.sort_unstable();
    names.dedup();
    Land {
        areas: AreaCube::from_counts(&names, days, in_areas),
        cells: CellCube::from_counts(&cells, days, counts.iter().map(|&(c, d)| (cells[c], d, 1))),
        centres,
        cell_area,
    }
}

fn input(land: &Land) -> ForecastInput<'_> {
    ForecastInput {
        cells: &land.cells,
        areas: &land.areas,
        centres: &land.centres,
        cell_area: &land.cell_area,
        issued: land.cells.days.to,
        kind: EventKind::Overdose,
        run: RunId::derived(&["bench"]),
        completeness: &[],
        covariates: &[],
    }
}

fn backtest(land: &Land) -> usize {
    let place = |a: &AreaId| land.areas.places.binary_search(a).unwrap() as u32;
    let groups: Vec<Option<u32>> = land.cell_area.iter().map(|a| a.as_ref().map(place)).collect();
    let panel = Panel::from_cubes(&land.cells, &land.areas, &land.centres, &groups, land.cells.days.to, &[]).unwrap();
    let targets = [ForecastLevel::Cell, ForecastLevel::Area, ForecastLevel::Whole]
        .into_iter()
        .flat_map(|level| [1, 3, 7, 14].map(|h| Target::standard(level, h)))
        .collect();
    let mut rolling = Rolling::new(&panel, model::all().to_vec(), targets);
    let from = panel.days.to + -(7 * 105);
    for week in -26..104 {
        rolling.visit(from + 7 * week, week >= 0);
    }
    rolling.scores[0][0].len()
}

/// The largest resident size so far; 0 where the system does not tell.
fn most_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM:"));
    line.and_then(|l| l.split_whitespace().nth(1)?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
