//! Counting the facts in memory: by cell, by day, with the caller's areas and nothing else.
//!
//! Several sources may tell of one incident: of its events the best placed counts (then the earliest
//! id), as in `cells::Measure::Incidents`, so the map and the analysis agree.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    expected::{Usual, record_before},
    facts::Facts,
};
use crate::domain::{
    corroboration::{Corroboration, Told},
    event::{EventFact, EventKind},
    ids::{AreaId, EventId, IncidentId, SourceId},
    place::{Cell, Precision, Resolution},
    scope::AreaScope,
    time::{Day, DayRange},
};

/// A bucket that begins earlier is complete, whatever its length: nothing is later than two months.
pub const NOWCAST_DAYS: i32 = 92;

/// Which facts are counted.
#[derive(Debug, Clone)]
pub struct Filter {
    pub kind: EventKind,
    areas: Option<HashSet<AreaId>>,
    cells: Option<(Resolution, HashSet<Cell>)>,
}

impl Filter {
    pub fn new(kind: EventKind, areas: &AreaScope) -> Self {
        let areas = match areas {
            AreaScope::All => None,
            AreaScope::Only(list) => Some(list.iter().cloned().collect()),
        };
        Self { kind, areas, cells: None }
    }

    /// Only in these cells (all of one resolution).
    #[must_use]
    pub fn in_cells(mut self, cells: &[Cell]) -> Self {
        if let Some(first) = cells.first() {
            self.cells = Some((first.resolution(), cells.iter().copied().collect()));
        }
        self
    }

    /// Facts of the days that are counted, each incident once.
    pub fn select<'a>(&self, facts: &'a Facts, days: DayRange) -> Vec<&'a EventFact> {
        let mut best: HashMap<IncidentId, (Precision, EventId)> = HashMap::new();
        let of_kind = || facts.of(days).filter(|f| f.kind == self.kind);
        for fact in of_kind() {
            if let Some(incident) = fact.incident {
                let rank = (fact.precision, fact.id);
                best.entry(incident).and_modify(|b| *b = rank.min(*b)).or_insert(rank);
            }
        }
        let counts =
            |f: &&EventFact| self.takes(f) && f.incident.is_none_or(|i| best.get(&i).is_none_or(|(_, id)| *id == f.id));
        of_kind().filter(counts).collect()
    }

    pub fn takes(&self, fact: &EventFact) -> bool {
        fact.kind == self.kind
            && self.areas.as_ref().is_none_or(|set| fact.area.as_ref().is_some_and(|a| set.contains(a)))
            && self.cells.as_ref().is_none_or(|(resolution, set)| {
                fact.cell.and_then(|c| c.parent(*resolution)).is_some_and(|c| set.contains(&c))
            })
    }
}

/// Events per cell, and how many could be put in none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CellCounts {
    pub cells: BTreeMap<Cell, u32>,
    /// In the caller's areas, but known too coarsely for cells of this size.
    pub unplaced: u32,
}

pub fn by_cell(facts: &Facts, filter: &Filter, days: DayRange, resolution: Resolution) -> CellCounts {
    let mut counts = CellCounts::default();
    for fact in filter.select(facts, days) {
        match fact.cell.and_then(|c| c.parent(resolution)) {
            Some(cell) => *counts.cells.entry(cell).or_default() += 1,
            None => counts.unplaced += 1,
        }
    }
    counts
}

/// A count for every day.
pub fn by_day(facts: &Facts, filter: &Filter, days: DayRange) -> Vec<u32> {
    let mut counts = vec![0; days.len()];
    for fact in filter.select(facts, days) {
        if let Some(i) = days.index(fact.event_day) {
            counts[i] += 1;
        }
    }
    counts
}

/// Of events of one kind, counts by feed for every day.
pub fn by_feed(facts: &Facts, filter: &Filter, days: DayRange) -> BTreeMap<SourceId, Vec<u32>> {
    let mut counts: BTreeMap<SourceId, Vec<u32>> = BTreeMap::new();
    for fact in filter.select(facts, days) {
        if let Some(i) = days.index(fact.event_day) {
            counts.entry(fact.source.clone()).or_insert_with(|| vec![0; days.len()])[i] += 1;
        }
    }
    counts
}

/// Of the overdoses that a filter takes, how many several sources tell of.
pub fn corroboration(facts: &Facts, filter: &Filter, days: DayRange) -> Option<Corroboration> {
    Told::by(facts.of(Told::days(days))).of(filter.select(facts, days))
}

/// What is usual for what a filter takes, before a window.
pub fn usual(facts: &Facts, filter: &Filter, window: DayRange, today: Day) -> Usual {
    let record = record_before(window, facts.span(), today);
    let place = by_day(facts, filter, record);
    let whole = by_day(facts, &Filter::new(filter.kind, &AreaScope::All), record);
    Usual::of(record, &place, &whole)
}

/// The last day for which 95 of 100 events have usually been received by `today`: later days still grow.
/// Judged from the events of the 120 days that end two weeks ago, whose late reports are mostly in.
pub fn last_complete_day(facts: &Facts, kind: EventKind, today: Day, zone: crate::domain::time::Zone) -> Day {
    let mut delays: Vec<i32> = facts
        .of(DayRange::ending(today - 14, 120))
        .filter(|f| f.kind == kind)
        .map(|f| (Day::of(f.received_at, zone) - f.event_day).clamp(0, 90))
        .collect();
    delays.sort_unstable();
    let at = (delays.len() * 95).div_ceil(100).saturating_sub(1);
    // What comes a day later may come until the end of that day; and today is never over, even where every report
    // comes at once.
    today - delays.get(at).copied().unwrap_or(0) - 1
}
