//! Events by place, kind, source or outcome over time, with rates and exact intervals.
//!
//! A rate is events per 100,000 people *per year*: count / (population × days / 365.25) × 100,000, so
//! that a week, a cut week and a month can be set side by side. Its 95 % interval is that of the Poisson
//! count (see [`super::poisson_interval`]) on the same scale; it knows nothing of reports still to come,
//! which is what [`BucketSpan::complete`] is for.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    buckets::{Bucket, BucketSpan, buckets},
    csv::Csv,
    interval::{IntervalMethod, poisson_interval},
};
use crate::domain::{
    area::{Area, AreaKind, AreaTree},
    event::{EventFact, EventKind, Outcome, text_enum},
    ids::AreaId,
    series::NowcastTotal,
    time::{Day, DayRange},
};

text_enum! {
    /// What a series stands for.
    By {
        Area = "area",
        Kind = "kind",
        Source = "source",
        Outcome = "outcome",
    }

    /// What is counted.
    Measure {
        /// Events.
        Count = "count",
        /// Events, with rates.
        Rate = "rate",
        /// Kits, doses or people: the events' quantities added up. No rate and no interval.
        Quantity = "quantity",
    }
}

/// What to tabulate.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendQuery {
    /// `None`: all kinds together (or each its own series, by kind).
    pub kind: Option<EventKind>,
    pub by: By,
    /// Which areas are series, when `by` is area.
    pub level: AreaKind,
    pub bucket: Bucket,
    pub days: DayRange,
    /// Only these areas and what lies below them; empty is everything.
    pub areas: Vec<AreaId>,
    pub measure: Measure,
    pub interval: IntervalMethod,
    /// The last day that is over and counted: buckets beyond it are marked incomplete.
    pub over_through: Day,
    /// Reports of one incident by several sources count once (the earliest of them).
    pub incidents_once: bool,
    /// The first day on which anything of the kind was known: buckets that end before it have no value, because
    /// no data is not the same as no events.
    pub data_from: Option<Day>,
}

impl TrendQuery {
    /// Overdose counts by county and week, every report counted.
    pub fn new(days: DayRange, over_through: Day) -> Self {
        Self {
            kind: Some(EventKind::Overdose),
            by: By::Area,
            level: AreaKind::County,
            bucket: Bucket::Week,
            days,
            areas: Vec::new(),
            measure: Measure::Count,
            interval: IntervalMethod::Garwood,
            over_through,
            incidents_once: false,
            data_from: None,
        }
    }
}

/// Series × buckets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrendTable {
    pub measure: Measure,
    pub by: By,
    pub bucket: Bucket,
    pub buckets: Vec<BucketSpan>,
    /// By id.
    pub series: Vec<TrendSeries>,
    /// Events within the selection whose place is not known well enough for a series.
    pub unplaced: u64,
    /// What a rate is, in words.
    pub rate_unit: String,
}

/// One line of the table; all lists are as long as `TrendTable::buckets`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrendSeries {
    pub id: String,
    pub name: String,
    pub population: Option<u64>,
    pub population_year: Option<i32>,
    /// `None` where a value may not be shown, or where there were no data yet.
    pub values: Vec<Option<u64>>,
    /// Per 100,000 people per year; `None` without a population.
    pub rate: Vec<Option<f64>>,
    pub rate_lo: Vec<Option<f64>>,
    pub rate_hi: Vec<Option<f64>>,
    /// What a recent count comes to when all reports are in; `None` where it is complete, or nothing is known of delays.
    #[serde(default)]
    pub nowcast: Vec<Option<NowcastTotal>>,
}

const RATE_UNIT: &str =
    "events per 100,000 people per year (a bucket's count scaled to 365.25 days), 95 % interval of a Poisson count";

/// Tabulate. Facts outside the query's days, kind or areas are left out, whatever their order.
pub fn trends(facts: &[EventFact], areas: &[Area], query: &TrendQuery) -> TrendTable {
    let buckets = buckets(query.bucket, query.days, query.over_through);
    let tree = Tree::new(areas, query);
    let mut series = tree.empty_series(query, buckets.len());
    let mut unplaced = 0;
    for fact in counted(facts, query) {
        // Buckets are in order and cover the query's days without a gap.
        let at = buckets.partition_point(|b| b.to < fact.event_day);
        if !tree.selects(fact.area.as_ref()) {
            continue;
        }
        let amount = if query.measure == Measure::Quantity { u64::from(fact.quantity) } else { 1 };
        match tree.key(fact, query) {
            Some((id, name)) => {
                let line = series.entry(id.clone()).or_insert_with(|| tree.whole(id, name, buckets.len()));
                if let Some(value) = &mut line.values[at] {
                    *value += amount;
                }
            }
            None => unplaced += amount,
        }
    }
    let mut series: Vec<TrendSeries> = series.into_values().collect();
    if let Some(first) = query.data_from {
        let before = buckets.partition_point(|b| b.to < first);
        series.iter_mut().for_each(|line| line.values[..before].fill(None));
    }
    if query.measure != Measure::Quantity {
        add_rates(&mut series, &buckets, query.interval);
    }
    TrendTable {
        measure: query.measure,
        by: query.by,
        bucket: query.bucket,
        buckets,
        series,
        unplaced,
        rate_unit: RATE_UNIT.into(),
    }
}

impl TrendTable {
    /// One row per series and bucket; an empty cell is a value that is not shown or not known.
    pub fn to_csv(&self) -> String {
        let header = [
            "series_id",
            "series",
            "from",
            "to",
            "count",
            "rate_per_100k",
            "rate_lower",
            "rate_upper",
            "nowcast",
            "nowcast_lower",
            "nowcast_upper",
        ];
        let mut csv = Csv::with_header(&header);
        for line in &self.series {
            for (i, span) in self.buckets.iter().enumerate() {
                csv.text(&line.id).text(&line.name).text(&span.from.to_string()).text(&span.to.to_string());
                csv.count(line.values[i]);
                csv.number(line.rate[i], 3).number(line.rate_lo[i], 3).number(line.rate_hi[i], 3);
                let late = line.nowcast[i];
                csv.number(late.map(|n| n.expected), 1)
                    .count(late.map(|n| n.lo.into()))
                    .count(late.map(|n| n.hi.into()));
                csv.end_row();
            }
        }
        csv.finish()
    }
}

/// The facts that count, each incident's earliest report only where that was asked for.
pub(super) fn counted<'a>(facts: &'a [EventFact], query: &'a TrendQuery) -> impl Iterator<Item = &'a EventFact> {
    let wanted = move |f: &&EventFact| query.kind.is_none_or(|k| k == f.kind) && query.days.contains(f.event_day);
    let mut first: BTreeMap<_, (_, _)> = BTreeMap::new();
    if query.incidents_once {
        for f in facts.iter().filter(wanted) {
            if let Some(incident) = f.incident {
                let entry = first.entry((incident, f.kind)).or_insert((f.occurred_at, f.id));
                *entry = (*entry).min((f.occurred_at, f.id));
            }
        }
    }
    facts
        .iter()
        .filter(wanted)
        .filter(move |f| f.incident.is_none_or(|i| first.get(&(i, f.kind)).is_none_or(|(_, id)| *id == f.id)))
}

/// The area tree as the query sees it.
pub(super) struct Tree<'a> {
    areas: AreaTree,
    selected: BTreeSet<&'a AreaId>,
    /// Areas that are series.
    lines: BTreeSet<&'a AreaId>,
}

impl<'a> Tree<'a> {
    pub fn new(areas: &'a [Area], query: &'a TrendQuery) -> Self {
        let mut tree =
            Self { areas: AreaTree::new(areas), selected: query.areas.iter().collect(), lines: BTreeSet::new() };
        let mut lines: BTreeSet<&AreaId> =
            areas.iter().filter(|a| a.kind == query.level && tree.selects(Some(&a.id))).map(|a| &a.id).collect();
        // A selected area finer than the level stands for itself.
        for id in &query.areas {
            if !tree.areas.line(id).any(|a| lines.contains(&a.id))
                && !lines.iter().any(|l| tree.areas.line(l).any(|a| a.id == *id))
            {
                lines.insert(id);
            }
        }
        tree.lines = lines;
        tree
    }

    pub fn selects(&self, area: Option<&AreaId>) -> bool {
        self.selected.is_empty() || area.is_some_and(|a| self.areas.line(a).any(|x| self.selected.contains(&x.id)))
    }

    /// Which series a fact belongs to.
    pub fn key(&self, fact: &EventFact, query: &TrendQuery) -> Option<(String, String)> {
        let text = |id: &str, name: &str| Some((id.to_owned(), name.to_owned()));
        match query.by {
            By::Area => {
                let home = self.areas.line(fact.area.as_ref()?).find(|a| self.lines.contains(&a.id))?;
                text(home.id.as_str(), &home.name)
            }
            By::Kind => text(fact.kind.as_str(), fact.kind.as_str()),
            By::Source => text(fact.source.as_str(), fact.source.as_str()),
            By::Outcome => text(fact.outcome.as_str(), &fact.outcome.as_str().replace('_', " ")),
        }
    }

    /// Series that are there even when nothing happened: "none" is an answer.
    fn empty_series(&self, query: &TrendQuery, n: usize) -> BTreeMap<String, TrendSeries> {
        match query.by {
            By::Area => (self.lines.iter())
                .filter_map(|id| self.areas.get(id))
                .map(|a| {
                    let people = (a.population, a.population_year);
                    (a.id.as_str().to_owned(), blank(a.id.as_str().into(), a.name.clone(), people, n))
                })
                .collect(),
            By::Outcome => Outcome::ALL
                .iter()
                .map(|o| (o.as_str().to_owned(), self.whole(o.as_str().into(), o.as_str().replace('_', " "), n)))
                .collect(),
            By::Kind => EventKind::ALL
                .iter()
                .filter(|k| query.kind.is_none_or(|only| only == **k))
                .map(|k| (k.as_str().to_owned(), self.whole(k.as_str().into(), k.as_str().into(), n)))
                .collect(),
            By::Source => BTreeMap::new(),
        }
    }

    /// A series over everything selected, with its population.
    fn whole(&self, id: String, name: String, n: usize) -> TrendSeries {
        let tops: Vec<&Area> = if self.selected.is_empty() {
            self.areas.roots().collect()
        } else {
            let nested = |a: &Area| self.areas.line(&a.id).skip(1).any(|x| self.selected.contains(&x.id));
            self.selected.iter().filter_map(|id| self.areas.get(id)).filter(|a| !nested(a)).collect()
        };
        // One area without a figure leaves the sum unknown.
        let people: Option<u64> = tops.iter().map(|a| a.population).sum();
        let year = tops.iter().filter_map(|a| a.population_year).min();
        blank(id, name, (people.filter(|_| !tops.is_empty()), year), n)
    }
}

fn blank(id: String, name: String, (population, population_year): (Option<u64>, Option<i32>), n: usize) -> TrendSeries {
    TrendSeries {
        id,
        name,
        population,
        population_year,
        values: vec![Some(0); n],
        rate: vec![None; n],
        rate_lo: vec![None; n],
        rate_hi: vec![None; n],
        nowcast: vec![None; n],
    }
}

fn add_rates(series: &mut [TrendSeries], buckets: &[BucketSpan], method: IntervalMethod) {
    // Small counts come again and again.
    let mut known: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    for line in series {
        let Some(people) = line.population.filter(|p| *p > 0) else { continue };
        for (i, span) in buckets.iter().enumerate() {
            let Some(count) = line.values[i] else { continue };
            let years = f64::from(span.to - span.from + 1) / 365.25;
            let scale = 100_000.0 / (people as f64 * years);
            let (lower, upper) = *known.entry(count).or_insert_with(|| poisson_interval(count, 0.95, method));
            line.rate[i] = Some(count as f64 * scale);
            line.rate_lo[i] = Some(lower * scale);
            line.rate_hi[i] = Some(upper * scale);
        }
    }
}

#[cfg(test)]
#[path = "trends_tests.rs"]
mod tests;
