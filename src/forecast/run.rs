//! Today's forecasts: the short back-test, the choice of a model per level, and the finished rows.

use super::{
    ForecastError, MAX_HORIZON,
    model::{self, Fitted, ForecastModel},
    panel::{Known, Layout, Panel},
    predictive::Dispersion,
    rolling::{LEAST_DAYS, Rolling, Target},
    scoring::OriginScores,
    summary::{Summary, interval_position, summarise},
};
use crate::{
    domain::{
        event::EventKind,
        forecast::{Forecast, ForecastLevel, ForecastRecord, QUANTILE_LEVELS},
        ids::{AreaId, RunId},
        place::Point,
        series::{AreaCube, CellCube},
        signal::Method,
        time::Day,
    },
    stats::scores,
};

/// Silence longer than this is no basis for a forecast.
const LONGEST_SILENCE: usize = 28;
/// Scored issue days before a model may replace `history`, and before a forecast counts as tested.
const LEAST_ORIGINS: usize = 4;
const SHORT_HISTORY_DAYS: f64 = 56.0;
const FEW_EVENTS: f64 = 20.0;

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
    /// The model to use where it beats `history`: `pooled`, `recent` or `history`.
    pub model: String,
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
            model: "pooled".to_owned(),
        }
    }
}

/// Forecasts by level (whole, areas, cells), window and place; records by level and horizon.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ForecastOutput {
    pub forecasts: Vec<Forecast>,
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
        Panel::from_cubes(input.cells, input.areas, input.centres, &cell_area, input.issued, input.completeness)?;
    let known = panel.known_at(input.issued);
    let silent_for = known.silent_for();
    if known.exposed_days() < LEAST_DAYS {
        return Err(ForecastError::TooLittleHistory { have: known.exposed_days(), need: LEAST_DAYS });
    }
    // Days whose share known is too small to use are delay, not silence.
    if silent_for > LONGEST_SILENCE + input.completeness.len() {
        return Err(ForecastError::Stale { issued: input.issued, days: silent_for });
    }
    let rival = model::by_name(&options.model).unwrap_or(&super::pooled::Pooled);
    let mut rolling = Rolling::new(&panel, vec![&super::history::History, rival], targets(options));
    for back in (1..=options.origins + options.warm_up).rev() {
        let origin = input.issued - (back * options.step) as i32;
        if origin >= panel.days.from {
            rolling.visit(origin, back <= options.origins);
        }
    }
    rolling.absorb(input.issued);
    rolling.tune(input.issued, &known);
    let fitted = rolling.fit(&known);
    let choice = Choice::between(&rolling);
    let writer = Writer { input, options, known: &known, fitted: &fitted, choice };
    Ok(ForecastOutput {
        forecasts: writer.forecasts(&mut rolling),
        records: records(&rolling, choice),
        placed: placed(input, &panel, &fitted[choice.cell]),
    })
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

/// Which model (position in `Rolling::models`) forecasts groups and the whole, and which shares groups out to
/// cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Choice {
    group: usize,
    cell: usize,
}

impl Choice {
    /// The rival where its log score over the back-test was better, `history` elsewhere and when in doubt.
    fn between(rolling: &Rolling) -> Self {
        let gain = |cells: bool| {
            let (mut gain, mut origins) = (0.0, 0);
            for (t, target) in rolling.targets.iter().enumerate() {
                if (target.level == ForecastLevel::Cell) == cells {
                    let sum = |m: usize| rolling.scores[m][t].iter().map(|s: &OriginScores| s.log_score).sum::<f64>();
                    gain += sum(0) - sum(1);
                    origins = origins.max(rolling.scores[1][t].len());
                }
            }
            usize::from(gain > 0.0 && origins >= LEAST_ORIGINS)
        };
        Self { group: gain(false), cell: gain(true) }
    }

    fn of(self, level: ForecastLevel) -> usize {
        if level == ForecastLevel::Cell { self.cell } else { self.group }
    }
}

struct Writer<'a> {
    input: &'a ForecastInput<'a>,
    options: &'a ForecastOptions,
    known: &'a Known<'a>,
    /// `history`, rival.
    fitted: &'a [Fitted],
    choice: Choice,
}

impl Writer<'_> {
    fn forecasts(&self, rolling: &mut Rolling) -> Vec<Forecast> {
        // Groups by one model, shares of cells by the other or the same: cells still add up to their groups.
        let chosen = Fitted {
            cell_share: self.fitted[self.choice.cell].cell_share.clone(),
            exposed_days: self.fitted[self.choice.cell].exposed_days,
            ..self.fitted[self.choice.group].clone()
        };
        let mut out = Vec::new();
        for level in [ForecastLevel::Whole, ForecastLevel::Area, ForecastLevel::Cell] {
            for target in self.windows(level) {
                let model = self.choice.of(level);
                let dispersion = rolling.dispersion(model, target);
                let tested = rolling.scores[model].iter().any(|s| s.len() >= LEAST_ORIGINS);
                self.write(&chosen, target, dispersion, rolling.models[model], tested, &mut out);
            }
        }
        out
    }

    fn windows(&self, level: ForecastLevel) -> Vec<Target> {
        if level == ForecastLevel::Cell {
            return self.options.cell_horizons.iter().map(|&h| Target::standard(level, h)).collect();
        }
        let mut windows: Vec<Target> = self.options.area_days.iter().map(|&h| Target::standard(level, h)).collect();
        for &to in &self.options.area_totals {
            let total = Target { level, from: 1, to };
            if !windows.contains(&total) {
                windows.push(total);
            }
        }
        windows
    }

    fn write(
        &self,
        chosen: &Fitted,
        target: Target,
        dispersion: Dispersion,
        model: &dyn ForecastModel,
        tested: bool,
        out: &mut Vec<Forecast>,
    ) {
        let group_of = &self.known.layout.group_of;
        let history = self.fitted[0].expect(target.level, group_of, target.from, target.to);
        let places = match target.level {
            ForecastLevel::Area => self.input.areas.places.len(),
            _ => usize::MAX,
        };
        let silent = self.known.silent_for() as f64;
        let general = self.caveat(tested);
        let expected = chosen.expect(target.level, group_of, target.from, target.to);
        for (i, mut e) in expected.into_iter().enumerate().take(places) {
            // The longer the silence, the less the last data say about now.
            e.evidence /= 1.0 + silent;
            let widened = Dispersion {
                base: dispersion.base / (1.0 + silent / 7.0),
                per_mean: dispersion.per_mean / (1.0 + silent / 7.0),
            };
            let d = widened.predict(e);
            let unseen = target.level == ForecastLevel::Area && self.known.groups[i].iter().all(|c| *c == 0.0);
            out.push(Forecast {
                run: self.input.run,
                issued: self.input.issued,
                level: target.level,
                cell: (target.level == ForecastLevel::Cell).then(|| self.input.cells.places[i]),
                area: (target.level == ForecastLevel::Area).then(|| self.input.areas.places[i].clone()),
                kind: self.input.kind,
                window: target.window(self.input.issued),
                method: Method { name: model.name().to_owned(), version: model.version(), seed: None },
                mean: e.mean,
                quantiles: scores::quantiles(d, &QUANTILE_LEVELS),
                p_at_least_one: 1.0 - d.pmf(0),
                history_mean: history[i].mean,
                caveat: if unseen { join(&general, UNSEEN) } else { general.clone() },
            });
        }
    }

    /// What is unusual about all of today's forecasts.
    fn caveat(&self, tested: bool) -> String {
        let mut parts = Vec::new();
        let usual_gap = self.input.completeness.iter().take_while(|c| **c < 0.2).count();
        let silent = self.known.silent_for().saturating_sub(usual_gap);
        if silent > 0 {
            let last = self.input.issued - self.known.silent_for() as i32;
            parts.push(format!("No data since {last}: the forecast is stale and its range wide."));
        }
        let days = self.known.exposed_days();
        if days < SHORT_HISTORY_DAYS {
            parts.push(format!("Only {days:.0} days of data so far: a rough guess with a wide range."));
        }
        let events = self.known.total();
        if events < FEW_EVENTS {
            parts.push(format!("Only {events:.0} events on record."));
        }
        if !tested {
            parts.push("Not yet tested against past days.".to_owned());
        }
        parts.join(" ")
    }
}

const UNSEEN: &str = "No event on record here: estimated from its surroundings.";

fn join(a: &str, b: &str) -> String {
    if a.is_empty() { b.to_owned() } else { format!("{a} {b}") }
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
                method: rolling.models[model].name().to_owned(),
                level: target.level,
                horizon_days: target.to,
                origins: own.origins as u32,
                log_score: own.log_score,
                history_log_score: history.log_score,
                crps: own.crps,
                history_crps: history.crps,
                coverage_80: own.coverage[interval_position(80)],
                capture_10: ten(&own),
                history_capture_10: ten(&history),
            })
        })
        .collect();
    out.sort_by_key(|r| (r.level, r.horizon_days));
    out
}

fn placed(input: &ForecastInput, panel: &Panel, fitted: &Fitted) -> Vec<(AreaId, f64)> {
    let mut sums = vec![0.0; panel.layout.groups];
    for (share, &g) in fitted.cell_share.iter().zip(&panel.layout.group_of) {
        sums[g as usize] += share;
    }
    input.areas.places.iter().cloned().zip(sums).collect()
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
