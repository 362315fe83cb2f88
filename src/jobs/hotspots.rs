//! Hot spots of the whole weeks of the history, at every resolution from 5 to the one that is counted.
//!
//! The study area are the cells that saw an event in these weeks: where nothing ever happened nothing is hot. Weeks run
//! from Sunday to Saturday. Left out are the week of today, the newest whole weeks while more than a tenth of
//! their reports are still to come, and weeks with a day on which every feed was silent.
//!
//! Most hexagons see little, so bins are judged by the tails of counts and not of z alone, a hot week needs as many
//! events nearby as any cluster (`min_cases`), and where a cell and those around it had fewer than [`NEEDED`] in all,
//! "no pattern" is not said: nothing could have been seen.

use crate::{
    cells::{adjacency, counted_once},
    detect::{
        Bins, BinsError, Emerging, EmergingOptions, Neighbours,
        emerging::{self, Heat, METHOD_VERSION, Tail},
    },
    domain::{
        event::{EventFact, EventKind},
        hotspot::{Hotspot, HotspotCategory, HotspotLevel, HotspotMap, HotspotSummary},
        ids::RunId,
        place::{Cell, FINEST_SHARED, Resolution},
        signal::Method,
        time::{Day, DayRange, EpiWeek},
    },
};

/// Fewer events in and around a cell, in all weeks together, say nothing about a pattern.
const NEEDED: u32 = 10;
/// Fewer whole weeks make no history.
const FEWEST_WEEKS: usize = 10;
/// Weeks whose heat is kept for the sentence and the map: half a year.
const RECENT_WEEKS: usize = 26;
const COARSEST: u8 = 5;
/// A week counts as reported when so much of it is known.
const REPORTED: f64 = 0.9;
/// Something must be said of the cells of half of the events that are placed, or the cells are too small. In the
/// simulated state (2,500 placed events in half a year) that is 43 % at resolution 8 and 62 % at 7.
const TOLD: f64 = 0.5;

/// What the analysis knows when it comes to hot spots.
pub(super) struct Weeks<'a> {
    pub facts: &'a [EventFact],
    pub days: DayRange,
    pub silent: &'a [Day],
    /// Share of events known by lag in days; empty when nothing is known of delay.
    pub completeness: &'a [f64],
    /// Of the cells that are counted.
    pub resolution: Resolution,
    pub min_cases: u32,
    pub run: RunId,
}

/// `None` with fewer than ten whole weeks of data.
///
/// # Errors
/// Never for a list of cells that knows its neighbours; the types leave it open.
pub(super) fn hotspots(input: &Weeks) -> Result<Option<HotspotMap>, BinsError> {
    let Some((weeks, late_weeks)) = whole_weeks(input) else { return Ok(None) };
    let count = weeks.len() / 7;
    let silent: Vec<usize> =
        (0..count).filter(|w| input.silent.iter().any(|d| week_of(weeks, *d) == Some(*w))).collect();
    if count - silent.len() < FEWEST_WEEKS {
        return Ok(None);
    }
    let options = EmergingOptions {
        tail: Tail::Count,
        least_hot: f64::from(input.min_cases),
        least_events: f64::from(NEEDED),
        ..EmergingOptions::default()
    };
    let finest = u8::from(input.resolution.min(FINEST_SHARED));
    let facts = counted_once(input.facts, weeks);
    let (mut levels, mut cells) = (Vec::new(), Vec::new());
    for resolution in (COARSEST.min(finest)..=finest).filter_map(|r| Resolution::try_from(r).ok()) {
        let Some((level, found)) = at_resolution(&facts, weeks, &silent, resolution, &options)? else { continue };
        levels.push(level);
        cells.extend(found);
    }
    let shown = levels.iter().rev().find(|level| level.told >= TOLD).or(levels.first());
    let Some(resolution) = shown.map(|level| level.resolution) else { return Ok(None) };
    let summary = HotspotSummary {
        run: input.run,
        as_of: input.days.to,
        kind: EventKind::Overdose,
        weeks,
        silent_weeks: silent.len() as u32,
        late_weeks,
        needed: NEEDED,
        resolution,
        levels,
        method: Method { name: "emerging-hot-spots".into(), version: METHOD_VERSION, seed: None },
    };
    Ok(Some(HotspotMap { summary, cells }))
}

/// The whole weeks before today's, without the newest ones that are not reported yet; and how many those are.
fn whole_weeks(input: &Weeks) -> Option<(DayRange, u32)> {
    let begun = EpiWeek::of(input.days.from).starts_on();
    let first = if begun == input.days.from { begun } else { begun + 7 };
    let mut last = EpiWeek::of(input.days.to).starts_on() - 1;
    let known =
        |lag: i32| usize::try_from(lag).ok().and_then(|lag| input.completeness.get(lag)).copied().unwrap_or(1.0);
    let mut late = 0;
    while (0..7).map(|day| known(input.days.to - (last - day))).sum::<f64>() < 7.0 * REPORTED {
        last = last - 7;
        late += 1;
    }
    DayRange::new(first, last).map(|weeks| (weeks, late))
}

fn week_of(weeks: DayRange, day: Day) -> Option<usize> {
    weeks.index(day).map(|i| i / 7)
}

/// `None` where no event is known so finely.
fn at_resolution(
    facts: &[&EventFact],
    weeks: DayRange,
    silent: &[usize],
    resolution: Resolution,
    options: &EmergingOptions,
) -> Result<Option<(HotspotLevel, Vec<Hotspot>)>, BinsError> {
    let at = |fact: &EventFact| Some((fact.cell?.parent(resolution)?, week_of(weeks, fact.event_day)?));
    let placed: Vec<(Cell, usize)> = facts.iter().filter_map(|fact| at(fact)).collect();
    let mut cells: Vec<Cell> = placed.iter().map(|(cell, _)| *cell).collect();
    cells.sort_unstable();
    cells.dedup();
    if cells.is_empty() {
        return Ok(None);
    }
    let mut bins = Bins::zeros(cells.len(), weeks.len() / 7);
    let mut own = vec![0; cells.len()];
    for (cell, week) in &placed {
        if let (Ok(place), false) = (cells.binary_search(cell), silent.contains(week)) {
            bins.add(place, *week, 1);
            own[place] += 1;
        }
    }
    silent.iter().for_each(|week| bins.silence(*week));
    let found = emerging::emerging(&bins, &Neighbours::new(&adjacency(&cells))?, options)?;
    let told: u32 = own.iter().zip(&found.places).filter(|(_, p)| p.category.is_some()).map(|(n, _)| n).sum();
    let level = HotspotLevel {
        resolution: resolution.into(),
        cells: cells.len() as u32,
        placed: placed.len() as f64 / facts.len() as f64,
        // Events of silent weeks are nobody's.
        told: f64::from(told) / f64::from(own.iter().sum::<u32>().max(1)),
        critical_p: found.critical_p,
    };
    let hotspots = cells.iter().enumerate().map(|(place, cell)| hotspot(*cell, place, own[place], &found, weeks));
    Ok(Some((level, hotspots.collect())))
}

fn hotspot(cell: Cell, place: usize, events: u32, found: &Emerging, weeks: DayRange) -> Hotspot {
    let pattern = &found.places[place];
    let heat = found.heat_of(place);
    let count = |which: Heat| heat.iter().filter(|h| **h == which).count() as u32;
    let last = heat.len() - 1;
    // The last weeks may be silent; the last known one is what is spoken of.
    let newest = (0..=last).rev().find(|week| heat[*week] != Heat::Unknown).unwrap_or(last);
    let recent = heat.len().saturating_sub(RECENT_WEEKS)..heat.len();
    let standing = pattern.category.filter(|c| *c != HotspotCategory::NoPattern);
    let since = standing.and_then(|category| {
        let before = recent.clone().rev().find(|week| found.category_at(place, *week) != Some(category))?;
        Some(weeks.from + 7 * (before as i32 + 1))
    });
    Hotspot {
        cell,
        category: pattern.category,
        previous: pattern.category.and_then(|_| found.category_at(place, last.checked_sub(1)?)),
        since,
        events,
        nearby_events: pattern.events as u32,
        weeks_hot: count(Heat::Hot),
        weeks_cold: count(Heat::Cold),
        recent: heat[recent].iter().map(|h| letter(*h)).collect(),
        z: found.z.get(place, newest),
        p_value: found.p.get(place, newest),
        trend_z: pattern.trend.map(|t| t.z),
        trend_p: pattern.trend.map(|t| t.p_value),
    }
}

fn letter(heat: Heat) -> char {
    match heat {
        Heat::Hot => 'h',
        Heat::Cold => 'c',
        Heat::Neither => '.',
        Heat::Unknown => '?',
    }
}

#[cfg(test)]
#[path = "hotspots_tests.rs"]
mod tests;
