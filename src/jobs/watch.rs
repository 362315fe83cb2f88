//! Watching the feeds: who has fallen silent, which batch has no times of its own, and whose conclusions wait.
//!
//! A gap is no alert. It is stored when it is noticed, shown wherever numbers are shown, and closes by itself when
//! data come. Its id is derived from the feed and from when it was last heard, so watching twice changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};

use crate::{
    domain::{
        area::AreaTree,
        event::EventFact,
        ids::{AreaId, EventId, GapId, JurisdictionId, SourceId},
        quality::{DataGap, GapKind, Source},
        time::{Day, DayRange},
    },
    nowcast::{self, Hearing, Moment, Receipt},
    store::{DynStore, Result},
};

/// An area that gets at least this part of its data from a feed waits for it.
const MUCH: f64 = 0.2;
/// Fewer events than this say nothing about where an area's data come from.
const FEWEST_EVENTS: usize = 5;
/// Days behind what is usual.
const USUAL_DAYS: i32 = 56;
/// A batch without times is told of for so long.
const TOLD_DAYS: i64 = 14;

/// What watching found.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch {
    /// Open gaps, by source and time.
    pub gaps: Vec<DataGap>,
    /// When silent feeds were last heard.
    pub silent: BTreeMap<SourceId, DateTime<Utc>>,
    /// Events whose time is that of their batch: kept, shown, and not counted as a spike.
    pub stamped: BTreeSet<EventId>,
}

impl Watch {
    /// Look at the events of the last half year, of all kinds, as they were known at the moment.
    pub fn new(
        facts: &[EventFact],
        sources: &[Source],
        tree: &AreaTree,
        jurisdiction: &JurisdictionId,
        moment: Moment,
    ) -> Self {
        let mut by_source: BTreeMap<&SourceId, Vec<&EventFact>> = BTreeMap::new();
        for fact in facts.iter().filter(|f| f.received_at <= moment.now) {
            by_source.entry(&fact.source).or_default().push(fact);
        }
        let shares = shares(&by_source, tree);
        let mut watch = Self::default();
        for (source, facts) in &by_source {
            let known = sources.iter().find(|s| s.id == **source);
            let gap = |kind: GapKind, since: DateTime<Utc>, usual: f64, events: u32| DataGap {
                id: GapId::derived(&[jurisdiction.as_str(), source.as_str(), kind.as_str(), &since.to_rfc3339()]),
                source: (*source).clone(),
                source_name: known.map_or_else(|| source.to_string(), |s| s.name.clone()),
                kind,
                since,
                noticed_at: moment.now,
                closed_at: None,
                usual_per_day: Some(usual),
                events,
                areas: shares.get(source).cloned().unwrap_or_default(),
            };
            let mut receipts: Vec<DateTime<Utc>> = facts.iter().map(|f| f.received_at).collect();
            receipts.sort_unstable();
            let every = known.and_then(|s| s.expected_every_hours);
            let heard = nowcast::hearing(&receipts, every, moment.zone, moment.now);
            let until =
                if let Hearing::Silent { since, .. } = heard { Day::of(since, moment.zone) } else { moment.today };
            let usual = usual(facts, until);
            if let Hearing::Silent { since, .. } = heard {
                watch.silent.insert((*source).clone(), since);
                watch.gaps.push(gap(GapKind::Silent, since, usual, 0));
            }
            for (since, events) in stamped(facts, usual, moment) {
                watch.stamped.extend(&events);
                if moment.now - since < Duration::days(TOLD_DAYS) {
                    watch.gaps.push(gap(GapKind::Stamped, since, usual, events.len() as u32));
                }
            }
        }
        watch
    }

    /// Areas whose conclusions wait, and the last day that was heard of for each.
    pub fn waiting(&self, moment: Moment) -> BTreeMap<AreaId, Day> {
        let mut waiting: BTreeMap<AreaId, Day> = BTreeMap::new();
        for gap in self.silences() {
            let day = Day::of(gap.since, moment.zone);
            for area in &gap.areas {
                waiting.entry(area.clone()).and_modify(|d| *d = day.min(*d)).or_insert(day);
            }
        }
        waiting
    }

    /// Names of silent feeds that an area gets much of its data from.
    pub fn waits_for(&self, area: &AreaId) -> Vec<String> {
        self.silences().filter(|g| g.areas.contains(area)).map(|g| g.source_name.clone()).collect()
    }

    /// What weakens a conclusion about an area, in sentences.
    pub fn caveats(&self, area: Option<&AreaId>, moment: Moment) -> Vec<String> {
        let touches = |g: &&DataGap| area.is_some_and(|a| g.areas.contains(a));
        self.silences()
            .filter(touches)
            .map(|g| {
                let since = g.since.with_timezone(&moment.zone.0).format("%a %-d %b %H:%M");
                format!("{}: nothing since {since}; what it would have told is missing here.", g.source_name)
            })
            .collect()
    }

    /// Names of the silent feeds.
    pub fn silent_names(&self) -> Vec<String> {
        self.silences().map(|g| g.source_name.clone()).collect()
    }

    fn silences(&self) -> impl Iterator<Item = &DataGap> {
        self.gaps.iter().filter(|g| g.kind == GapKind::Silent)
    }

    /// Store what is open, and close what is over. Answers whether anything changed.
    pub async fn store(
        &self,
        store: &DynStore,
        scope: &crate::domain::scope::Scope,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let before = store.data_gaps(scope, None).await?;
        let mut rows: Vec<DataGap> = Vec::new();
        let mut changed = false;
        for gap in &self.gaps {
            match before.iter().find(|b| b.id == gap.id) {
                Some(known) if (&known.areas, known.events) == (&gap.areas, gap.events) => {}
                known => {
                    changed |= known.is_none();
                    rows.push(gap.clone());
                }
            }
        }
        for known in before {
            if !self.gaps.iter().any(|g| g.id == known.id) {
                changed = true;
                rows.push(DataGap { closed_at: Some(now), ..known });
            }
        }
        if !rows.is_empty() {
            store.put_data_gaps(scope, &rows).await?;
        }
        Ok(changed)
    }
}

/// Events a day over the weeks before `until`.
fn usual(facts: &[&EventFact], until: Day) -> f64 {
    let first = facts.iter().map(|f| f.event_day).min().unwrap_or(until);
    let days = DayRange { from: first.max(until - USUAL_DAYS).min(until), to: until };
    let events = facts.iter().filter(|f| days.contains(f.event_day)).count();
    events as f64 / days.len() as f64
}

/// For each feed, the areas that get much of their data from it.
fn shares(by_source: &BTreeMap<&SourceId, Vec<&EventFact>>, tree: &AreaTree) -> BTreeMap<SourceId, Vec<AreaId>> {
    let mut counts: BTreeMap<AreaId, BTreeMap<&SourceId, usize>> = BTreeMap::new();
    for (source, facts) in by_source {
        let mut places: BTreeMap<&AreaId, usize> = BTreeMap::new();
        for area in facts.iter().filter_map(|f| f.area.as_ref()) {
            *places.entry(area).or_default() += 1;
        }
        for (area, n) in places {
            for above in tree.line(area) {
                *counts.entry(above.id.clone()).or_default().entry(source).or_default() += n;
            }
        }
    }
    let mut found: BTreeMap<SourceId, Vec<AreaId>> = BTreeMap::new();
    for (area, sources) in counts {
        let all: usize = sources.values().sum();
        for (source, n) in sources {
            if all >= FEWEST_EVENTS && n as f64 >= MUCH * all as f64 {
                found.entry(source.clone()).or_default().push(area.clone());
            }
        }
    }
    found
}

/// Batches without times of their own: when each came, and its events.
fn stamped(facts: &[&EventFact], usual: f64, moment: Moment) -> Vec<(DateTime<Utc>, Vec<EventId>)> {
    let receipts: Vec<Receipt> = facts
        .iter()
        .map(|f| Receipt { received_at: f.received_at, occurred_at: f.occurred_at, event_day: f.event_day })
        .collect();
    let mut batches: Vec<(DateTime<Utc>, Vec<EventId>)> = Vec::new();
    let mut found: Vec<&EventFact> =
        nowcast::stamped(&receipts, usual, moment.zone).into_iter().map(|i| facts[i]).collect();
    found.sort_by_key(|f| (f.received_at, f.id));
    for fact in found {
        match batches.last_mut() {
            Some((since, events)) if fact.received_at - *since < Duration::hours(1) => events.push(fact.id),
            _ => batches.push((fact.received_at, vec![fact.id])),
        }
    }
    batches
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
