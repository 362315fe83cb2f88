//! The pure middle of the analysis: facts in; signals, forecasts and the areas' standing out.

use std::collections::BTreeMap;

use chrono::Duration;

use super::{
    analyse::Inputs,
    area_rules::AreaGround,
    hotspots::{self, Weeks},
    refresh,
    signals::Ground,
    track,
    watch::Watch,
};
use crate::{
    cells::{AreaIndex, Measure, PlaceNamer, area_cube, cell_cube, centres, counted_once, disk, resolution},
    domain::{
        alert::Alert,
        area::AreaTree,
        event::{EventFact, EventKind},
        forecast::{Forecast, ForecastDetail, ForecastPart, ForecastRecord, TrackRecord},
        hotspot::HotspotMap,
        ids::{AlertId, AreaId, SourceId},
        place::Cell,
        rule::RuleStanding,
        signal::Signal,
        time::{Day, DayRange},
    },
    forecast::{self, ForecastInput, ForecastOptions, summary::interval_position},
    nowcast::{self, Feeds, LEARN_DAYS},
    store::AreaStatus,
};

/// Nothing is later than this.
const LONGEST_DELAY_DAYS: i32 = 62;
/// A report that comes so long after what it tells of is no news.
const LATE_HOURS: i64 = 48;

/// Everything derived from one reading of the store, before alerts.
pub(super) struct Derived {
    /// Rarest first.
    pub signals: Vec<Signal>,
    pub forecasts: Vec<Forecast>,
    pub records: Vec<ForecastRecord>,
    /// `None` of a past day.
    pub track_records: Option<Vec<TrackRecord>>,
    pub hotspots: Option<HotspotMap>,
    pub status: Vec<AreaStatus>,
    /// `None` of a past day, which must not take the place of today's.
    pub standings: Option<Vec<RuleStanding>>,
    /// The newest day on which some feed was heard.
    pub data_through: Day,
    /// Feeds without data, and whose conclusions wait for them.
    pub watch: Watch,
    /// What was counted: all that is known, without batches that say nothing about time.
    pub counted: Vec<EventFact>,
    pub notes: Vec<String>,
}

pub(super) fn derive(inputs: &Inputs) -> anyhow::Result<Derived> {
    let mut notes = Vec::new();
    let areas = AreaIndex::new(inputs.shapes.clone());
    let namer = PlaceNamer::new(&areas, &inputs.places);
    let watch = Watch::new(&inputs.recent, &inputs.sources, areas.tree(), &inputs.jurisdiction.id, inputs.moment);
    let facts: Vec<EventFact> = inputs.facts.iter().filter(|f| !watch.stamped.contains(&f.id)).cloned().collect();
    if facts.len() < inputs.facts.len() {
        let n = inputs.facts.len() - facts.len();
        notes.push(format!("{n} events came in batches whose times are those of the batch; they are not counted."));
    }
    let feeds = Feeds::learn(&facts, inputs.moment, &watch.silent);
    let silent = silence(&facts, inputs.days, &feeds);
    if !silent.is_empty() {
        notes.push(format!("No feed sent anything for {} days of the period; they are left out.", silent.len()));
    }
    let caveats: Vec<String> = inputs.notes.iter().chain(&notes).cloned().collect();
    let ground = Ground {
        jurisdiction: &inputs.jurisdiction.id,
        run: inputs.run,
        facts: &facts,
        days: inputs.days,
        silent: &silent,
        feeds: &feeds,
        watch: &watch,
        moment: inputs.moment,
        areas: &areas,
        namer: &namer,
        settings: &inputs.config.analysis,
        rules: &inputs.rules,
        caveats: &caveats,
    };
    let mut signals = ground.scan()?;
    signals.extend(ground.area_rules());
    signals.sort_by(|a, b| {
        b.recurrence_interval_days.total_cmp(&a.recurrence_interval_days).then_with(|| a.id.cmp(&b.id))
    });
    let completeness = completeness(&facts, inputs.days, &feeds);
    let (forecasts, records) = if inputs.forecast {
        forecasts(inputs, &facts, &areas, &silent, &completeness, &mut notes)?
    } else {
        Default::default()
    };
    let track_records = if inputs.replay || inputs.looking_back {
        None
    } else {
        Some(track::track(inputs, &facts, &areas, &silent, &completeness)?)
    };
    // Hot spots of a past day would take the place of today's.
    let hotspots = if inputs.replay || inputs.looking_back {
        None
    } else {
        hotspots(inputs, &facts, &silent, &completeness, &mut notes)?
    };
    let standings = (!inputs.replay && !inputs.looking_back).then(|| {
        let (days, tree) = (inputs.days, areas.tree());
        AreaGround { facts: &facts, days, silent: &silent, tree, feeds: &feeds }.standings(&inputs.rules)
    });
    let status = refresh::judge(&facts, areas.tree(), inputs.days, inputs.now, &feeds, &watch, &inputs.config);
    let data_through = inputs.days.days().rev().find(|d| !silent.contains(d)).unwrap_or(inputs.days.from);
    Ok(Derived {
        signals,
        forecasts,
        records,
        track_records,
        hotspots,
        status,
        standings,
        data_through,
        watch,
        counted: facts,
        notes,
    })
}

/// Days on which every feed was silent, each judged by its own rhythm and lateness.
fn silence(facts: &[EventFact], days: DayRange, feeds: &Feeds) -> Vec<Day> {
    let mut by_source: BTreeMap<&SourceId, Vec<u32>> = BTreeMap::new();
    for fact in facts {
        if let Some(i) = days.index(fact.event_day) {
            by_source.entry(&fact.source).or_insert_with(|| vec![0; days.len()])[i] += 1;
        }
    }
    by_source
        .into_iter()
        .map(|(source, counts)| nowcast::silent_days(&counts, &lateness(feeds, source, days), days))
        .reduce(|all, found| all.into_iter().filter(|d| found.contains(d)).collect())
        .unwrap_or_default()
}

/// The share of each day that would be known by now, were the feed heard.
pub(super) fn lateness(feeds: &Feeds, source: &SourceId, days: DayRange) -> Vec<f64> {
    days.days().map(|day| if days.to - day > LONGEST_DELAY_DAYS { 1.0 } else { feeds.lateness(source, day) }).collect()
}

/// Cases in the place and window of each alert, as they are known now.
pub(super) struct Recount {
    pub recounted: BTreeMap<AlertId, u32>,
    /// Those that came since the alert was last changed, [`LATE_HOURS`] and more after they happened.
    pub late: BTreeMap<AlertId, u32>,
}

/// Counted anew in each alert's cells, or in its area where the figures it tells are the area's.
pub(super) fn recount(facts: &[EventFact], alerts: &[Alert], tree: &AreaTree) -> Recount {
    let overdoses: Vec<EventFact> = facts.iter().filter(|f| f.kind == EventKind::Overdose).cloned().collect();
    let in_cells = |alert: &Alert, fact: &EventFact| {
        let of_size = |c: Cell| alert.cells.first().and_then(|first| c.parent(first.resolution()));
        fact.cell.and_then(of_size).is_some_and(|c| alert.cells.contains(&c))
    };
    let in_area = |alert: &Alert, fact: &EventFact| {
        alert.area.as_ref().zip(fact.area.as_ref()).is_some_and(|(all, own)| tree.contains(all, own))
    };
    // An area's figures always stand under the area's own name.
    let of_area = |alert: &Alert| {
        let name = alert.area.as_ref().and_then(|a| tree.get(a)).map(|a| a.name.as_str());
        alert.cells.is_empty() || name == Some(alert.place_name.as_str())
    };
    let count = |alert: &Alert| {
        let area = of_area(alert);
        let inside =
            |f: &&&EventFact| alert.measure.counts(f) && if area { in_area(alert, f) } else { in_cells(alert, f) };
        let all = counted_once(&overdoses, alert.window);
        let late = |f: &&&EventFact| {
            f.received_at > alert.updated_at && f.received_at - f.occurred_at >= Duration::hours(LATE_HOURS)
        };
        let late = all.iter().filter(inside).filter(late).count() as u32;
        (all.iter().filter(inside).count() as u32, late)
    };
    let mut found = Recount { recounted: BTreeMap::new(), late: BTreeMap::new() };
    for alert in alerts.iter().filter(|a| a.kind == EventKind::Overdose) {
        let (all, late) = count(alert);
        found.recounted.insert(alert.id, all);
        found.late.insert(alert.id, late);
    }
    found
}

/// By age in days: the share that is known of a day, over all feeds in the parts that they lately had.
fn completeness(facts: &[EventFact], days: DayRange, feeds: &Feeds) -> Vec<f64> {
    let mut parts: BTreeMap<SourceId, f64> = BTreeMap::new();
    let recent = DayRange::ending(days.to, LEARN_DAYS);
    for fact in facts.iter().filter(|f| recent.contains(f.event_day)) {
        *parts.entry(fact.source.clone()).or_default() += 1.0;
    }
    feeds.by_age(&parts)
}

fn forecasts(
    inputs: &Inputs,
    facts: &[EventFact],
    areas: &AreaIndex,
    silent: &[Day],
    completeness: &[f64],
    notes: &mut Vec<String>,
) -> anyhow::Result<(Vec<Forecast>, Vec<ForecastRecord>)> {
    let h3 = resolution(inputs.config.analysis.resolution)?;
    let level = areas.tree().level();
    let seen = cell_cube(facts, inputs.days, h3, &[], Measure::Incidents).cube.places;
    // With the neighbours of every cell that saw an event: a forecast that knows only cells with events
    // could never be wrong about the others, and its record would flatter it.
    let mut ground: Vec<Cell> = seen.iter().flat_map(|cell| disk(*cell, 1)).collect();
    ground.sort_unstable();
    ground.dedup();
    let mut cells = cell_cube(facts, inputs.days, h3, &ground, Measure::Incidents).cube;
    let mut by_area = area_cube(facts, inputs.days, areas.tree(), Some(level), Measure::Incidents);
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
        covariates: &[],
    };
    match forecast::run(&input, &ForecastOptions::default()) {
        Ok(output) => {
            let opened = output.forecasts.into_iter().zip(output.details);
            let forecasts = opened.map(|(f, detail)| Forecast { detail: Some(in_words(detail)), ..f }).collect();
            Ok((forecasts, output.records))
        }
        // No forecast is an answer of its own: the screens say why.
        Err(refusal) => {
            notes.push(format!("No forecast: {refusal}."));
            Ok((Vec::new(), Vec::new()))
        }
    }
}

/// What stands behind a forecast, as it is stored and shown: parts of nothing are left out.
fn in_words(detail: forecast::ForecastDetail) -> ForecastDetail {
    let parts = detail.explanation.parts.into_iter().filter(|(_, mean)| *mean != 0.0);
    ForecastDetail {
        range_80: Some(detail.ranges[interval_position(80)]),
        spike_at_least: detail.spike.at_least,
        p_spike: detail.spike.probability,
        p_spike_usual: detail.spike.usual,
        parts: parts.map(|(part, mean)| ForecastPart { part: part.as_str().to_owned(), mean }).collect(),
        would_change: detail.explanation.would_change,
    }
}

fn hotspots(
    inputs: &Inputs,
    facts: &[EventFact],
    silent: &[Day],
    completeness: &[f64],
    notes: &mut Vec<String>,
) -> anyhow::Result<Option<HotspotMap>> {
    let settings = &inputs.config.analysis;
    let map = hotspots::hotspots(&Weeks {
        facts,
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
