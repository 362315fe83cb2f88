//! How the forecasts that people saw have done: judged by every analysis, as the counts are known now.

use std::collections::BTreeMap;

use super::analyse::Inputs;
use crate::{
    cells::{AreaIndex, Measure, area_cube, cell_cube, counted_once, resolution},
    domain::{
        area::{Area, AreaTree},
        event::{EventFact, EventKind},
        forecast::{Forecast, ForecastLevel, TrackRecord},
        ids::AreaId,
        place::Cell,
        time::{Day, DayRange},
    },
    forecast::record::{RecordLine, RecordOptions, record},
    store::{JUDGED_WINDOW_DAYS, KEPT_FORECAST_DAYS},
};

/// Issue days that a record tells of.
const TOLD_DAYS: i32 = 30;
/// A day of which less is known is not settled.
const SETTLED_SHARE: f64 = 0.9;

/// Issue days whose windows may be over and settled: the last thirty of them, and room for days on which nothing ran.
pub(super) fn issue_days(as_of: Day) -> DayRange {
    DayRange { from: as_of - KEPT_FORECAST_DAYS, to: as_of - JUDGED_WINDOW_DAYS }
}

/// What became of past forecasts, over the last thirty issue days that are settled.
///
/// First those of the whole jurisdiction, by level; then those of the cells of each area, for who works there.
pub(super) fn track(
    inputs: &Inputs,
    facts: &[EventFact],
    areas: &AreaIndex,
    silent: &[Day],
    completeness: &[f64],
) -> anyhow::Result<Vec<TrackRecord>> {
    let unsettled = completeness.iter().rposition(|share| *share < SETTLED_SHARE).map_or(0, |age| age as i32 + 1);
    let settled = inputs.days.to - unsettled;
    let Some(last) =
        inputs.past_forecasts.iter().map(|f| f.issued).filter(|d| *d + JUDGED_WINDOW_DAYS <= settled).max()
    else {
        return Ok(Vec::new());
    };
    let told = DayRange::ending(last, TOLD_DAYS);
    let came = Came::new(inputs, facts, silent)?;
    let options = RecordOptions { window_days: JUDGED_WINDOW_DAYS as usize, ..RecordOptions::default() };
    let came = |f: &Forecast| told.contains(f.issued).then(|| came.of(f)).flatten();
    let mut records: Vec<TrackRecord> =
        record(&inputs.past_forecasts, came, options).into_iter().map(|line| told_of(line, None)).collect();
    for (area, forecasts) in by_area(&inputs.past_forecasts, areas) {
        let lines = record(forecasts, came, options);
        records.extend(lines.into_iter().map(|line| told_of(line, Some(area))));
    }
    Ok(records)
}

fn told_of(line: RecordLine, area: Option<&Area>) -> TrackRecord {
    TrackRecord {
        level: line.level,
        area: area.map(|a| a.id.clone()),
        area_name: area.map(|a| a.name.clone()).unwrap_or_default(),
        first: line.first,
        last: line.last,
        issue_days: line.issue_days as u32,
        window_days: JUDGED_WINDOW_DAYS as u32,
        named: line.named as u32,
        named_with_event: line.named_with_event as u32,
        history_with_event: line.history_with_event as u32,
        forecasts: line.forecasts as u32,
        inside_80: line.inside_80 as u32,
        error: line.error,
        history_error: line.history_error,
        sentence: line.sentence(area.map(|a| a.name.as_str())),
    }
}

/// Forecasts of cells by the area that the cell's centre lies in, areas in the order of their ids.
fn by_area<'a>(past: &'a [Forecast], areas: &'a AreaIndex) -> Vec<(&'a Area, Vec<&'a Forecast>)> {
    let level = areas.tree().level();
    let mut area_of: BTreeMap<Cell, Option<&Area>> = BTreeMap::new();
    let mut found: BTreeMap<&AreaId, (&Area, Vec<&Forecast>)> = BTreeMap::new();
    for forecast in past {
        let Some(cell) = forecast.cell else { continue };
        let area = *area_of.entry(cell).or_insert_with(|| areas.at_level(cell.centre(), level));
        if let Some(area) = area {
            found.entry(&area.id).or_insert_with(|| (area, Vec::new())).1.push(forecast);
        }
    }
    found.into_values().collect()
}

/// What came, by place and day.
struct Came {
    days: DayRange,
    cells: BTreeMap<Cell, Vec<u32>>,
    areas: BTreeMap<AreaId, Vec<u32>>,
    whole: Vec<u32>,
    silent: Vec<Day>,
}

impl Came {
    fn new(inputs: &Inputs, facts: &[EventFact], silent: &[Day]) -> anyhow::Result<Self> {
        let days = DayRange::ending(inputs.days.to, KEPT_FORECAST_DAYS);
        let facts: Vec<EventFact> = facts.iter().filter(|f| days.contains(f.event_day)).cloned().collect();
        let shapes: Vec<_> = inputs.shapes.iter().map(|s| &s.area).collect();
        let tree = AreaTree::new(shapes);
        let h3 = resolution(inputs.config.analysis.resolution)?;
        let cells = cell_cube(&facts, days, h3, &[], Measure::Incidents).cube;
        let areas = area_cube(&facts, days, &tree, None, Measure::Incidents);
        // As the forecaster counts it: the areas of one level, and the cells that lie in none of them.
        let counts = |f: &EventFact| {
            let area = f.area.as_ref().and_then(|a| tree.at_level(a, tree.level()));
            area.is_some() || f.cell.is_some_and(|c| c.parent(h3).is_some())
        };
        let mut whole = vec![0; days.len()];
        for fact in counted_once(&facts, days).into_iter().filter(|f| counts(f)) {
            if let Some(i) = days.index(fact.event_day) {
                whole[i] += 1;
            }
        }
        Ok(Self {
            days,
            cells: cells.places.iter().enumerate().map(|(i, c)| (*c, cells.series(i))).collect(),
            areas: areas.places.iter().enumerate().map(|(i, a)| (a.clone(), areas.series(i))).collect(),
            whole,
            silent: silent.to_vec(),
        })
    }

    /// `None` where the window holds a day without data, or reaches beyond what is counted.
    fn of(&self, forecast: &Forecast) -> Option<u32> {
        let (from, to) = (self.days.index(forecast.window.from)?, self.days.index(forecast.window.to)?);
        if forecast.kind != EventKind::Overdose || self.silent.iter().any(|d| forecast.window.contains(*d)) {
            return None;
        }
        // A place without an entry saw nothing.
        let sum = |series: Option<&Vec<u32>>| series.map_or(0, |s| s[from..=to].iter().sum());
        match forecast.level {
            ForecastLevel::Cell => Some(sum(self.cells.get(&forecast.cell?))),
            ForecastLevel::Area => Some(sum(self.areas.get(forecast.area.as_ref()?))),
            ForecastLevel::Whole => Some(sum(Some(&self.whole))),
        }
    }
}
