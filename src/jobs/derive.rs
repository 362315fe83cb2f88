//! The pure middle of the analysis: facts in; signals, forecasts and the areas' standing out.

use std::collections::BTreeMap;

use super::{
    analyse::Inputs,
    hotspots::{self, Weeks},
    refresh,
    signals::Ground,
};
use crate::{
    cells::{AreaIndex, Measure, PlaceNamer, area_cube, cell_cube, centres, disk, resolution},
    domain::{
        event::{EventFact, EventKind},
        forecast::{Forecast, ForecastRecord},
        hotspot::HotspotMap,
        ids::AreaId,
        place::Cell,
        signal::Signal,
        time::{Day, DayRange},
        triangle::ReportingTriangle,
    },
    forecast::{self, ForecastInput, ForecastOptions},
    nowcast,
    store::AreaStatus,
};

/// Reporting delays beyond this are history loaded at once, not late reports.
const LONGEST_DELAY_DAYS: usize = 60;
/// Delays are learned from this many days.
const DELAY_DAYS: i32 = 180;
/// With fewer days than this nothing is said about delay.
const FEWEST_DELAY_DAYS: usize = 28;

/// Everything derived from one reading of the store, before alerts.
pub(super) struct Derived {
    /// Rarest first.
    pub signals: Vec<Signal>,
    pub forecasts: Vec<Forecast>,
    pub records: Vec<ForecastRecord>,
    pub hotspots: Option<HotspotMap>,
    pub status: Vec<AreaStatus>,
    /// The newest day on which some feed was heard.
    pub data_through: Day,
    pub notes: Vec<String>,
}

pub(super) fn derive(inputs: &Inputs) -> anyhow::Result<Derived> {
    let mut notes = Vec::new();
    let areas = AreaIndex::new(inputs.shapes.clone());
    let namer = PlaceNamer::new(&areas, &inputs.places);
    let silent = silence(&inputs.facts, inputs.days);
    if !silent.is_empty() {
        notes.push(format!("No feed sent anything for {} days of the period; they are left out.", silent.len()));
    }
    let caveats: Vec<String> = inputs.notes.iter().chain(&notes).cloned().collect();
    let ground = Ground {
        jurisdiction: &inputs.jurisdiction.id,
        run: inputs.run,
        facts: &inputs.facts,
        days: inputs.days,
        silent: &silent,
        areas: &areas,
        namer: &namer,
        settings: &inputs.config.analysis,
        caveats: &caveats,
    };
    let mut signals = ground.scan()?;
    signals.extend(ground.area_rules());
    signals.sort_by(|a, b| {
        b.recurrence_interval_days.total_cmp(&a.recurrence_interval_days).then_with(|| a.id.cmp(&b.id))
    });
    let completeness = completeness(&inputs.facts, inputs.days);
    let (forecasts, records) =
        if inputs.replay { Default::default() } else { forecasts(inputs, &areas, &silent, &completeness, &mut notes)? };
    // Hot spots of a past day would take the place of today's.
    let hotspots =
        if inputs.replay || inputs.looking_back { None } else { hotspots(inputs, &silent, &completeness, &mut notes)? };
    let status = refresh::judge(&inputs.facts, areas.tree(), inputs.days, inputs.days.to, inputs.now, &inputs.config);
    let data_through = inputs.days.days().rev().find(|d| !silent.contains(d)).unwrap_or(inputs.days.from);
    Ok(Derived { signals, forecasts, records, hotspots, status, data_through, notes })
}

/// Days on which every feed was silent, each judged by its own rhythm.
fn silence(facts: &[EventFact], days: DayRange) -> Vec<Day> {
    let mut by_source: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for fact in facts {
        if let Some(i) = days.index(fact.event_day) {
            by_source.entry(fact.source.as_str()).or_insert_with(|| vec![0; days.len()])[i] += 1;
        }
    }
    by_source
        .values()
        .map(|counts| nowcast::silent_days(counts, days))
        .reduce(|all, found| all.into_iter().filter(|d| found.contains(d)).collect())
        .unwrap_or_default()
}

/// Share of events known by lag in days, learned from how late the reports of the past came in. Empty when
/// receipt says nothing about delay because history was loaded at once.
fn completeness(facts: &[EventFact], days: DayRange) -> Vec<f64> {
    let window = DayRange { from: days.from.max(days.to - (DELAY_DAYS - 1)), to: days.to };
    let lag = |f: &EventFact| (f.received_at - f.occurred_at).num_days().max(0) as usize;
    let mut lags: Vec<usize> = facts.iter().filter(|f| window.contains(f.event_day)).map(lag).collect();
    lags.sort_unstable();
    let quantile = |q: usize| lags.get((lags.len() * q / 100).min(lags.len().saturating_sub(1))).copied();
    let (Some(median), Some(late)) = (quantile(50), quantile(99)) else { return Vec::new() };
    if median > LONGEST_DELAY_DAYS / 2 || window.len() < FEWEST_DELAY_DAYS {
        return Vec::new();
    }
    let counts = facts.iter().filter_map(|f| Some((window.index(f.event_day)?, lag(f), 1)));
    let longest = late.clamp(1, LONGEST_DELAY_DAYS);
    let corrected = nowcast::nowcast(&ReportingTriangle::from_counts(window, longest, counts));
    corrected.iter().rev().take(longest).map(|day| day.share_known).collect()
}

fn forecasts(
    inputs: &Inputs,
    areas: &AreaIndex,
    silent: &[Day],
    completeness: &[f64],
    notes: &mut Vec<String>,
) -> anyhow::Result<(Vec<Forecast>, Vec<ForecastRecord>)> {
    let h3 = resolution(inputs.config.analysis.resolution)?;
    let level = areas.tree().level();
    let seen = cell_cube(&inputs.facts, inputs.days, h3, &[], Measure::Incidents).cube.places;
    // With the neighbours of every cell that saw an event: a forecast that knows only cells with events
    // could never be wrong about the others, and its record would flatter it.
    let mut ground: Vec<Cell> = seen.iter().flat_map(|cell| disk(*cell, 1)).collect();
    ground.sort_unstable();
    ground.dedup();
    let mut cells = cell_cube(&inputs.facts, inputs.days, h3, &ground, Measure::Incidents).cube;
    let mut by_area = area_cube(&inputs.facts, inputs.days, areas.tree(), Some(level), Measure::Incidents);
    cells.silent = silent.to_vec();
    by_area.silent = silent.to_vec();
    let centres = centres(&cells.places);
    let cell_area: Vec<Option<AreaId>> =
        centres.iter().map(|p| areas.at_level(*p, level).map(|a| a.id.clone())).collect();
    let input = ForecastInput {
        cells: &cells,
        areas: &by_area,
        centres: &centres,
        cell_area: &cell_area,
        issued: inputs.days.to,
        kind: EventKind::Overdose,
        run: inputs.run,
        completeness,
    };
    match forecast::run(&input, &ForecastOptions::default()) {
        Ok(output) => Ok((output.forecasts, output.records)),
        // No forecast is an answer of its own: the screens say why.
        Err(refusal) => {
            notes.push(format!("No forecast: {refusal}."));
            Ok((Vec::new(), Vec::new()))
        }
    }
}

fn hotspots(
    inputs: &Inputs,
    silent: &[Day],
    completeness: &[f64],
    notes: &mut Vec<String>,
) -> anyhow::Result<Option<HotspotMap>> {
    let settings = &inputs.config.analysis;
    let map = hotspots::hotspots(&Weeks {
        facts: &inputs.facts,
        days: inputs.days,
        silent,
        completeness,
        resolution: resolution(settings.resolution)?,
        min_cases: settings.min_cases,
        run: inputs.run,
    })?;
    match &map {
        None => notes.push("No hot spots: they need ten whole weeks of data.".into()),
        Some(map) if map.summary.silent_weeks > 0 => {
            let weeks = map.summary.silent_weeks;
            notes.push(format!("Hot spots leave out {weeks} weeks with days on which no feed sent anything."));
        }
        Some(_) => {}
    }
    Ok(map)
}
