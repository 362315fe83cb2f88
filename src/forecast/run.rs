//! Today's forecasts: the short back-test, the choice of a model per level, and the finished rows.

use super::{
    ForecastError, MAX_HORIZON,
    combine::Combined,
    covariates::data::Reading,
    model::{self, ForecastModel, STACK},
    panel::{Layout, Panel},
    rolling::{LEAST_DAYS, Rolling, Target},
    scoring::OriginScores,
    spike,
    summary::{Summary, interval_position, summarise},
    write::{ForecastDetail, Writer},
};
use crate::domain::{
    event::EventKind,
    forecast::{Forecast, ForecastLevel, ForecastRecord},
    ids::{AreaId, RunId},
    place::Point,
    series::{AreaCube, CellCube},
    time::Day,
};

/// Silence longer than this is no basis for a forecast.
const LONGEST_SILENCE: usize = 28;
/// Scored issue days before a model may replace `history`, and before a forecast counts as tested.
pub(super) const LEAST_ORIGINS: usize = 4;

/// What to forecast from. `areas` must be disjoint (one level of the tree): the whole is their sum, plus the
/// cells that lie in none of them.
#[derive(Debug, Clone, Copy)]
pub struct ForecastInput<'a> {
    pub cells: &'a CellCube,
    pub areas: &'a AreaCube,
    /// Centre of every cell of `cells.places`.
    pub centres: &'a [Point],
    /// Area of every cell, one of `areas.places`; `None` for cells in none of them. A cell without an area that
    /// touches one with an area goes with it: the coast runs through cells.
    pub cell_area: &'a [Option<AreaId>],
    /// The last day whose data may be used; counts after it are ignored.
    pub issued: Day,
    pub kind: EventKind,
    pub run: RunId,
    /// Share of events known by lag in days before `issued` (index 0: the issue day itself); lags beyond the
    /// list are complete. Empty: everything is known.
    pub completeness: &'a [f64],
    /// What operators know of places; days counted from the first of `cells.days`, cells as they stand there. May be empty.
    pub covariates: &'a [Reading],
}

#[derive(Debug, Clone, PartialEq)]
pub struct ForecastOptions {
    /// Windows 1..=h for cells.
    pub cell_horizons: Vec<u32>,
    /// Single days h for areas and the whole.
    pub area_days: Vec<u32>,
    /// Windows 1..=h for areas and the whole.
    pub area_totals: Vec<u32>,
    /// Past issue days in the record, and before them others from which only the scatter is learned.
    pub origins: u32,
    pub warm_up: u32,
    /// Days between past issue days; not a multiple of seven, so that every weekday is met.
    pub step: u32,
    /// The forecaster to use where it beats `history`: `stack` or one of [`model::all`] by name.
    pub model: String,
    /// A spike is a count that the long run would bring once in so many days.
    pub spike_once_in_days: u32,
}

impl Default for ForecastOptions {
    fn default() -> Self {
        Self {
            cell_horizons: vec![1, 3, 7, 14],
            area_days: (1..=MAX_HORIZON).collect(),
            area_totals: vec![7, 14],
            origins: 8,
            warm_up: 8,
            step: 6,
            model: STACK.to_owned(),
            spike_once_in_days: spike::ONCE_IN_DAYS,
        }
    }
}

/// Forecasts by level (whole, areas, cells), window and place; records by level and horizon.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ForecastOutput {
    pub forecasts: Vec<Forecast>,
    /// One for each forecast, in the same order.
    pub details: Vec<ForecastDetail>,
    pub records: Vec<ForecastRecord>,
    /// Share of each area's events that its cells count: an area's cells add up to its mean times this.
    pub placed: Vec<(AreaId, f64)>,
}

/// Forecast every cell, area and the whole from `issued` on.
///
/// Nothing after `issued` is read. Days of silence count as no data. The record's counts are those known now,
/// not those known on each past day: with long reporting delays it is a little kinder than life.
///
/// # Errors
/// When the lists do not fit each other, a horizon is not 1 to 14, fewer than 14 days of data are known, or
/// the last 28 days hold none.
pub fn run(input: &ForecastInput, options: &ForecastOptions) -> Result<ForecastOutput, ForecastError> {
    check(input, options)?;
    let cell_area = areas_of_cells(input)?;
    let panel =
        Panel::from_cubes(input.cells, input.areas, input.centres, &cell_area, input.issued, input.completeness)?
            .with_covariates(input.covariates.to_vec());
    let known = panel.known_at(input.issued);
    let silent_for = known.silent_for();
    if known.exposed_days() < LEAST_DAYS {
        return Err(ForecastError::TooLittleHistory { have: known.exposed_days(), need: LEAST_DAYS });
    }
    // Days whose share known is too small to use are delay, not silence.
    if silent_for > LONGEST_SILENCE + input.completeness.len() {
        return Err(ForecastError::Stale { issued: input.issued, days: silent_for });
    }
    let (models, single) = models(&options.model, &panel)?;
    let mut rolling = Rolling::new(&panel, models, targets(options));
    let asked = single.unwrap_or(rolling.stack());
    rolling = rolling.scoring_only(&[0, asked]);
    for back in (1..=options.origins + options.warm_up).rev() {
        let origin = input.issued - (back * options.step) as i32;
        if origin >= panel.days.from {
            rolling.visit(origin, back <= options.origins);
        }
    }
    rolling.absorb(input.issued);
    rolling.tune(input.issued, &known);
    let fitted = rolling.fit(&known);
    let choice = Choice::between(&rolling, asked);
    let mut weights = rolling.weights(known.exposed_days());
    weights.only(|level| match choice.of(level) {
        model if model == rolling.stack() => None,
        model => Some(model),
    });
    let combined = Combined::new(&fitted, &panel.layout, weights);
    let writer = Writer { input, options, known: &known, combined: &combined, choice };
    let (forecasts, details) = writer.forecasts(&mut rolling);
    Ok(ForecastOutput { forecasts, details, records: records(&rolling, choice), placed: placed(input, &combined) })
}

fn check(input: &ForecastInput, options: &ForecastOptions) -> Result<(), ForecastError> {
    let horizons = options.cell_horizons.iter().chain(&options.area_days).chain(&options.area_totals);
    if let Some(&bad) = horizons.into_iter().find(|h| !(1..=MAX_HORIZON).contains(*h)) {
        return Err(ForecastError::BadHorizon(bad));
    }
    if input.cells.places.is_empty() && input.areas.places.is_empty() {
        return Err(ForecastError::NoPlaces);
    }
    Ok(())
}

/// Position of every cell's area. Events on the shore lie in an area, the centre of their cell in the sea: such
/// a cell goes with the nearest one that has an area, so that its events are not counted twice in the whole.
fn areas_of_cells(input: &ForecastInput) -> Result<Vec<Option<u32>>, ForecastError> {
    let mut out = Vec::with_capacity(input.cell_area.len());
    for area in input.cell_area {
        out.push(match area {
            None => None,
            Some(a) => match input.areas.places.binary_search(a) {
                Ok(i) => Some(i as u32),
                Err(_) => return Err(ForecastError::UnknownArea(a.clone())),
            },
        });
    }
    if input.centres.len() == out.len() {
        let reach = 1.5 * Layout::new(input.centres, &out, input.areas.places.len(), out.len())?.spacing;
        let named: Vec<(Point, u32)> = input.centres.iter().zip(&out).filter_map(|(p, a)| a.map(|a| (*p, a))).collect();
        for (here, area) in input.centres.iter().zip(&mut out).filter(|(_, a)| a.is_none()) {
            // Comparing latitudes first spares most of the distances.
            let near = named.iter().filter(|(p, _)| (p.lat() - here.lat()).abs() * 111.0 <= reach);
            let near = near.map(|(p, a)| (p.distance_km(*here), *a)).filter(|(km, _)| *km <= reach);
            *area = near.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))).map(|(_, a)| a);
        }
    }
    Ok(out)
}

/// What the back-test forecasts: a few horizons stand for those between them.
fn targets(options: &ForecastOptions) -> Vec<Target> {
    let anchors = [1, 3, 7, 14];
    let cells = options.cell_horizons.iter().map(|&h| Target::standard(ForecastLevel::Cell, h));
    let single = anchors
        .into_iter()
        .filter(|h| options.area_days.contains(h))
        .flat_map(|h| [ForecastLevel::Area, ForecastLevel::Whole].map(|level| Target::standard(level, h)));
    let totals = options
        .area_totals
        .iter()
        .flat_map(|&to| [ForecastLevel::Area, ForecastLevel::Whole].map(|level| Target { level, from: 1, to }));
    let mut all: Vec<Target> = Vec::new();
    for target in cells.chain(single).chain(totals) {
        if !all.contains(&target) {
            all.push(target);
        }
    }
    all
}

/// Which forecaster (position in `Rolling::scores`) is used for groups and the whole, and which for cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    group: usize,
    cell: usize,
}

impl Choice {
    /// The rival where its log score over the back-test was better, `history` elsewhere and when in doubt.
    fn between(rolling: &Rolling, rival: usize) -> Self {
        let gain = |cells: bool| {
            let (mut gain, mut origins) = (0.0, 0);
            for (t, target) in rolling.targets.iter().enumerate() {
                if (target.level == ForecastLevel::Cell) == cells {
                    let sum = |m: usize| rolling.scores[m][t].iter().map(|s: &OriginScores| s.log_score).sum::<f64>();
                    gain += sum(0) - sum(rival);
                    origins = origins.max(rolling.scores[rival][t].len());
                }
            }
            if gain > 0.0 && origins >= LEAST_ORIGINS { rival } else { 0 }
        };
        Self { group: gain(false), cell: gain(true) }
    }

    pub(super) fn of(self, level: ForecastLevel) -> usize {
        if level == ForecastLevel::Cell { self.cell } else { self.group }
    }
}

/// The models to fit, `history` first, and the position of the one asked for; `None` for the stack of all.
fn models(name: &str, panel: &Panel) -> Result<(Vec<&'static dyn ForecastModel>, Option<usize>), ForecastError> {
    if name == STACK {
        return Ok((model::for_panel(panel), None));
    }
    let asked = model::by_name(name).ok_or_else(|| ForecastError::UnknownModel(name.to_owned()))?;
    let history: &'static dyn ForecastModel = &super::history::History;
    if name == history.name() { Ok((vec![history], Some(0))) } else { Ok((vec![history, asked], Some(1))) }
}

fn records(rolling: &Rolling, choice: Choice) -> Vec<ForecastRecord> {
    let mut out: Vec<ForecastRecord> = rolling
        .targets
        .iter()
        .enumerate()
        .filter(|(_, t)| **t == Target::standard(t.level, t.to))
        .filter_map(|(t, target)| {
            let model = choice.of(target.level);
            let ranked = target.level == ForecastLevel::Cell;
            let own = summarise(&rolling.scores[model][t], ranked)?;
            let history = summarise(&rolling.scores[0][t], ranked)?;
            let ten = |s: &Summary| s.capture.map(|c| c[2]);
            Some(ForecastRecord {
                method: rolling.name(model).0.to_owned(),
                level: target.level,
                horizon_days: target.to,
                origins: own.origins as u32,
                log_score: own.log_score,
                history_log_score: history.log_score,
                crps: own.crps,
                history_crps: history.crps,
                coverage_80: own.stated[interval_position(80)],
                capture_10: ten(&own),
                history_capture_10: ten(&history),
            })
        })
        .collect();
    out.sort_by_key(|r| (r.level, r.horizon_days));
    out
}

fn placed(input: &ForecastInput, combined: &Combined) -> Vec<(AreaId, f64)> {
    input.areas.places.iter().cloned().zip(combined.placed().iter().copied()).collect()
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
