//! Rows of the cell table: what was seen in a cell against what is usual there. The table, the detail
//! and the tiles are made from the same rows, so they can't disagree.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    auth::Caller,
    counting::{Filter, by_cell},
    expected::{Expected, negative_binomial, poisson, record_before},
    problem::Problem,
    snapshot::Snapshot,
    state::AppState,
};
use crate::domain::{
    event::EventKind,
    forecast::{Forecast, ForecastLevel},
    ids::AreaId,
    place::{Cell, Point, Resolution},
    scope::AreaScope,
    time::{Day, DayRange},
};

/// Cells where less than this is usual are listed only when they saw something.
const WORTH_LISTING: f64 = 0.5;
/// The horizon whose probability stands in the table, days.
const TABLE_HORIZON: usize = 7;

/// One cell over one window.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CellRow {
    pub cell: Cell,
    pub centre: Point,
    #[schema(value_type = String)]
    pub place_name: Arc<str>,
    /// The finest area that holds the cell's centre.
    pub area: Option<AreaId>,
    pub observed: u32,
    /// What is usual over as many days.
    pub expected: f64,
    /// The middle 95 % of counts that the usual rate gives.
    pub expected_range: [f64; 2],
    /// Observed over expected; `null` when nothing is usual here.
    pub ratio: Option<f64>,
    /// Probability of one or more during the coming 7 days; `null` without a forecast.
    pub forecast_p: Option<f64>,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub kind: EventKind,
    pub window: DayRange,
    pub resolution: Resolution,
    pub areas: AreaScope,
}

/// Rows that are kept, with the number of events that are in none.
pub type Held = Arc<(Vec<CellRow>, u32)>;

/// All rows, furthest above the usual first, and the number of events that are in none.
async fn rows(
    state: &AppState,
    caller: &Caller,
    snapshot: &Snapshot,
    question: &Question,
) -> Result<(Vec<CellRow>, u32), Problem> {
    let forecasts = cell_forecasts(state, caller, snapshot, question.kind).await?;
    let outlook = Outlook::of(&forecasts, question);
    let filter = Filter::new(question.kind, &question.areas);
    let counts = snapshot.read(|facts| by_cell(facts, &filter, question.window, question.resolution));
    let mut cells: Vec<Cell> = counts.cells.keys().copied().collect();
    let days = question.window.len() as f64;
    cells.extend(outlook.rates.iter().filter(|(_, rate)| *rate * days >= WORTH_LISTING).map(|(cell, _)| *cell));
    cells.sort_unstable();
    cells.dedup();
    let places = caller.reference.cell_places(&cells);
    let mut rows: Vec<CellRow> = Vec::with_capacity(cells.len());
    let mut own: Option<OwnRecords> = None;
    for (cell, (place_name, area)) in cells.into_iter().zip(places) {
        let observed = counts.cells.get(&cell).copied().unwrap_or(0);
        if observed == 0 && !question.areas.allows(area.as_ref()) {
            continue;
        }
        let expected = outlook.expected(cell, days).unwrap_or_else(|| {
            own.get_or_insert_with(|| OwnRecords::of(snapshot, question, caller.today(state))).expected(cell, days)
        });
        rows.push(row(cell, place_name, area, observed, expected, outlook.p.get(&cell).copied()));
    }
    let above = |r: &CellRow| f64::from(r.observed) - r.expected;
    rows.sort_by(|a, b| above(b).total_cmp(&above(a)).then_with(|| a.cell.cmp(&b.cell)));
    Ok((rows, counts.unplaced))
}

/// The same rows, kept until anything changes: the tiles of one screen ask for them many times.
///
/// # Errors
/// Of the store.
pub async fn cached_rows(
    state: &AppState,
    caller: &Caller,
    snapshot: &Snapshot,
    question: &Question,
) -> Result<Held, Problem> {
    let revision = snapshot.revision();
    if let Some(held) = snapshot.held_rows(revision, question) {
        return Ok(held);
    }
    let held: Held = Arc::new(rows(state, caller, snapshot, question).await?);
    snapshot.hold_rows(revision, question.clone(), Arc::clone(&held));
    Ok(held)
}

/// The row of one cell, whatever it saw.
///
/// # Errors
/// Of the store.
pub async fn one(
    state: &AppState,
    caller: &Caller,
    snapshot: &Snapshot,
    question: &Question,
    cell: Cell,
) -> Result<CellRow, Problem> {
    let forecasts = cell_forecasts(state, caller, snapshot, question.kind).await?;
    let outlook = Outlook::of(&forecasts, question);
    let filter = Filter::new(question.kind, &question.areas).in_cells(&[cell]);
    let counts = snapshot.read(|facts| by_cell(facts, &filter, question.window, question.resolution));
    let (place_name, area) = caller.reference.cell_places(&[cell]).remove(0);
    let days = question.window.len() as f64;
    let expected = outlook
        .expected(cell, days)
        .unwrap_or_else(|| OwnRecords::of(snapshot, question, caller.today(state)).expected(cell, days));
    let observed = counts.cells.get(&cell).copied().unwrap_or(0);
    Ok(row(cell, place_name, area, observed, expected, outlook.p.get(&cell).copied()))
}

fn row(
    cell: Cell,
    place_name: Arc<str>,
    area: Option<AreaId>,
    observed: u32,
    expected: Expected,
    forecast_p: Option<f64>,
) -> CellRow {
    let ratio = (expected.mean > 0.0).then(|| f64::from(observed) / expected.mean);
    CellRow {
        cell,
        centre: cell.centre(),
        place_name,
        area,
        observed,
        expected: expected.mean,
        expected_range: expected.range,
        ratio,
        forecast_p,
    }
}

async fn cell_forecasts(
    state: &AppState,
    caller: &Caller,
    snapshot: &Snapshot,
    kind: EventKind,
) -> Result<Arc<Vec<Forecast>>, Problem> {
    Ok(snapshot.forecasts(&state.store, &caller.scope.jurisdiction, ForecastLevel::Cell, kind).await?)
}

/// What cells saw themselves in up to a year before the window: what is known of a cell before the
/// first analysis, or of one that it did not know.
struct OwnRecords {
    days: f64,
    counts: BTreeMap<Cell, u32>,
}

impl OwnRecords {
    fn of(snapshot: &Snapshot, question: &Question, today: Day) -> Self {
        let filter = Filter::new(question.kind, &AreaScope::All);
        snapshot.read(|facts| {
            let record = record_before(question.window, facts.span(), today);
            let counts = by_cell(facts, &filter, record, question.resolution).cells;
            Self { days: record.len() as f64, counts }
        })
    }

    /// Gamma–Poisson with Jeffreys' prior: half an event more than was seen.
    fn expected(&self, cell: Cell, days: f64) -> Expected {
        let shape = f64::from(self.counts.get(&cell).copied().unwrap_or(0)) + 0.5;
        negative_binomial(shape / self.days * days, shape)
    }
}

/// What the latest analysis says about cells of the size that is asked for.
struct Outlook {
    /// Usual events a day.
    rates: BTreeMap<Cell, f64>,
    p: HashMap<Cell, f64>,
}

impl Outlook {
    fn of(forecasts: &[Forecast], question: &Question) -> Self {
        // Of each cell the longest window says most about the usual rate.
        let mut longest: HashMap<Cell, &Forecast> = HashMap::new();
        let mut p = HashMap::new();
        for forecast in forecasts {
            let Some(cell) = forecast.cell else { continue };
            let held = longest.entry(cell).or_insert(forecast);
            if forecast.window.len() > held.window.len() {
                *held = forecast;
            }
            if forecast.window.len() == TABLE_HORIZON && cell.resolution() == question.resolution {
                p.insert(cell, forecast.p_at_least_one);
            }
        }
        let mut rates: BTreeMap<Cell, f64> = BTreeMap::new();
        // Summed in the cells' order, so that the same question always gets the same last digit.
        let mut own: Vec<_> = longest.into_iter().collect();
        own.sort_unstable_by_key(|(cell, _)| *cell);
        for (cell, forecast) in own {
            if let Some(parent) = cell.parent(question.resolution) {
                *rates.entry(parent).or_default() += forecast.history_mean / forecast.window.len() as f64;
            }
        }
        Self { rates, p }
    }

    fn expected(&self, cell: Cell, days: f64) -> Option<Expected> {
        self.rates.get(&cell).map(|rate| poisson(rate * days))
    }
}
