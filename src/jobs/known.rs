//! What is known of each area's newest days: the feeds' shares, mixed as the area gets its data from them.

use std::collections::BTreeMap;

use crate::{
    cells::{Measure, area_cube},
    detect::Known,
    domain::{
        area::AreaTree,
        event::EventFact,
        ids::{AreaId, SourceId},
        time::{Day, DayRange},
    },
    nowcast::{Feeds, LEARN_DAYS, Share},
};

/// Beyond this age a day is known.
const OLDEST_OPEN: i32 = 62;
/// The jurisdiction's own mix of feeds weighs as much as this many of an area's events.
const COMMON_EVENTS: f64 = 5.0;

/// Shares known by area and day.
pub(super) struct AreaKnown<'a> {
    feeds: &'a Feeds,
    parts: BTreeMap<AreaId, BTreeMap<SourceId, f64>>,
    common: BTreeMap<SourceId, f64>,
    days: DayRange,
}

impl<'a> AreaKnown<'a> {
    /// `days` are those of the series that will be judged; they end today.
    pub fn new(facts: &[EventFact], tree: &AreaTree, days: DayRange, feeds: &'a Feeds) -> Self {
        let window = DayRange::ending(days.to, LEARN_DAYS);
        let mut by_source: BTreeMap<SourceId, Vec<EventFact>> = BTreeMap::new();
        for fact in facts.iter().filter(|f| window.contains(f.event_day)) {
            by_source.entry(fact.source.clone()).or_default().push(fact.clone());
        }
        let all = by_source.values().map(Vec::len).sum::<usize>().max(1) as f64;
        let common = by_source.iter().map(|(s, f)| (s.clone(), f.len() as f64 / all * COMMON_EVENTS)).collect();
        let mut parts: BTreeMap<AreaId, BTreeMap<SourceId, f64>> = BTreeMap::new();
        for (source, facts) in &by_source {
            let cube = area_cube(facts, window, tree, None, Measure::Incidents);
            for (area, n) in cube.places.iter().zip(cube.place_totals()) {
                *parts.entry(area.clone()).or_default().entry(source.clone()).or_default() += f64::from(n);
            }
        }
        Self { feeds, parts, common, days }
    }

    fn share(&self, area: &AreaId, day: Day) -> Share {
        let mut parts = self.common.clone();
        for (source, n) in self.parts.get(area).into_iter().flatten() {
            *parts.entry(source.clone()).or_default() += n;
        }
        self.feeds.mixed(&parts, day)
    }

    /// The shares of an area's days, from the first to the last.
    pub fn of(&self, area: &AreaId) -> AreaShares {
        let shares: Vec<Share> = self
            .days
            .days()
            .map(|day| if self.days.to - day > OLDEST_OPEN { Share::ALL } else { self.share(area, day) })
            .collect();
        AreaShares {
            mean: shares.iter().map(|s| s.mean).collect(),
            variance: shares.iter().map(|s| s.variance).collect(),
        }
    }
}

/// One area's shares, a value for every day.
pub(super) struct AreaShares {
    mean: Vec<f64>,
    variance: Vec<f64>,
}

impl AreaShares {
    /// What is known of the first `n` days, the last of which is judged.
    pub fn first(&self, n: usize) -> Known<'_> {
        let n = n.min(self.mean.len());
        Known { shares: &self.mean[..n], doubt: self.variance[..n].last().copied().unwrap_or(0.0) }
    }
}
