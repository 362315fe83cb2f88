//! Linking what is due: reports of one occurrence become one incident.
//!
//! Time is cut into blocks of [`BLOCK_DAYS`] days. A block is linked from its own events and those of the
//! [`LEARN_DAYS`] days before it, from which the weights are learned, so what becomes of a block follows from the
//! events alone: however they were split over files and in whatever order they came, the end is the same. An event
//! that comes, changes or goes marks its day as due; every block that saw that day is linked anew. Who is one with
//! an event of the block before belongs to that block.
//!
//! Killed anywhere it begins again: days stay due until all their blocks are written.
//!
//! **As of an earlier day** events belong to what they belonged to before reports were withdrawn (`link_past.rs`).
//!
//! **Across jurisdictions.** A jurisdiction's own incidents come from its own events alone, whatever it agreed with whom:
//! its counts are the same with and without agreements. Under an [agreement](crate::domain::agreement) in force the
//! events of both sides are linked with each other beside that (`link_across.rs`), and all that is kept of it is, for
//! either side, which of its own events somebody of another jurisdiction tells of, too.
//! A pair of jurisdictions is linked by one of them, the *keeper*: the one with the smaller id. When a side has linked
//! its own days they are marked as due for the pair, in the transaction that settles them and with the keeper; the
//! keeper's job (whose key is worked on once at a time) links the pair's blocks anew, and a side that is not the keeper
//! queues the keeper's job. A block's answer is a function of the events of both sides in its window, and replaces what
//! that block said before, so neither the order nor who came first matters. When an agreement ends, what was found under
//! it and what was due for it go in the transaction that ends it: it is as if it had never been, and nothing of either
//! side's own has to be linked anew.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use chrono::{DateTime, Utc};

use super::{
    link_across::link_across,
    link_past::{Before, FoundBefore},
};
use crate::{
    clock::DynClock,
    domain::{
        ids::{EventId, IncidentId},
        incident::{Incident, LinkChanges, LinkDecision, LinkRun, LinkVerdict, Past, Sighting},
        scope::Scope,
        time::{Day, DayRange, Zone},
    },
    link::{self, Group, LinkOptions, Linked},
    store::DynStore,
};

const BLOCK_DAYS: i32 = 28;
const LEARN_DAYS: i32 = 84;
const METHOD: &str = "fellegi-sunter";
const METHOD_VERSION: u32 = 1;

/// Link every day that is due; answers the events whose incident changed, by id.
///
/// # Errors
/// When the store fails; days that were not finished stay due.
pub async fn link_due(store: &DynStore, clock: &DynClock, scope: &Scope) -> anyhow::Result<Vec<EventId>> {
    let changed = link_own(store, clock, scope).await?;
    link_across(store, clock, scope).await.context("linking with other jurisdictions")?;
    Ok(changed)
}

/// The jurisdiction's own events.
async fn link_own(store: &DynStore, clock: &DynClock, scope: &Scope) -> anyhow::Result<Vec<EventId>> {
    let due = store.link_due(scope).await?;
    let (Some(first), Some(last)) = (due.first(), due.last()) else { return Ok(Vec::new()) };
    let now = clock.now();
    let mut run = LinkRun {
        at: now,
        method: METHOD.into(),
        method_version: METHOD_VERSION,
        from: first.0,
        to: last.0,
        reports: 0,
        pairs: 0,
        threshold: None,
        expected_false: None,
    };
    let mut changed = BTreeSet::new();
    // One source alone has nothing to be linked with.
    if store.sources(scope).await?.len() > 1 {
        let options = options(&store.link_decisions(scope).await?);
        let mut blocks: BTreeSet<i32> = due.iter().flat_map(|(day, _)| blocks_that_see(*day)).collect();
        // Blocks that begin after the newest event have none of their own; a zone is at most a day ahead.
        let newest = store.newest(scope).await?.0.map_or(last.0, |at| Day::of(at, Zone::UTC)) + 1;
        blocks.retain(|block| own(*block).from <= newest.max(last.0));
        while let Some(block) = blocks.pop_first() {
            let sightings = store.sightings(scope, window(block)).await.context("reading events to link")?;
            let past =
                store.past(scope, window(block), (block - 1, block + 1)).await.context("reading what was linked")?;
            if past.is_empty() && !sightings.iter().any(|s| block_of(s.event_day) == block) {
                continue;
            }
            let options = options.clone();
            let found = tokio::task::spawn_blocking(move || Block { block, sightings, past, options, now }.link());
            let found = found.await.context("linking was interrupted")?;
            if !found.changes.is_empty() {
                store.put_links(scope, &found.changes).await.context("storing links")?;
            }
            // The next block has to give way to what this one now claims of it, or gives back.
            if found.reaches_on {
                blocks.insert(block + 1);
            }
            changed.extend(found.changes.members.iter().map(|(id, _)| *id));
            run.reports += found.reports;
            run.pairs = found.linked.pairs as u64;
            run.threshold = found.linked.threshold.is_finite().then_some(found.linked.threshold);
            run.expected_false = run.threshold.map(|_| found.linked.expected_false);
        }
    }
    store.links_settled(scope, &due, &run).await.context("noting what was linked")?;
    Ok(changed.into_iter().collect())
}

pub(super) fn options(decisions: &[LinkDecision]) -> LinkOptions {
    let pairs = |verdict| decisions.iter().filter(move |d| d.verdict == verdict).map(|d| (d.event, d.other)).collect();
    LinkOptions { apart: pairs(LinkVerdict::Apart), together: pairs(LinkVerdict::Together), ..LinkOptions::default() }
}

fn block_of(day: Day) -> i32 {
    day.epoch_days().div_euclid(BLOCK_DAYS)
}

/// The block's own days.
pub(super) fn own(block: i32) -> DayRange {
    let from = Day::from_epoch_days(block * BLOCK_DAYS);
    DayRange { from, to: from + (BLOCK_DAYS - 1) }
}

/// What a block is linked from: a day beyond its end may hold the second report of its last night.
pub(super) fn window(block: i32) -> DayRange {
    let own = own(block);
    DayRange { from: own.from - LEARN_DAYS, to: own.to + 1 }
}

pub(super) fn blocks_that_see(day: Day) -> impl Iterator<Item = i32> {
    let last = block_of(day + LEARN_DAYS);
    (block_of(day - 1)..=last).filter(move |block| window(*block).contains(day))
}

/// One block to be linked.
struct Block {
    block: i32,
    sightings: Vec<Sighting>,
    past: Past,
    options: LinkOptions,
    now: DateTime<Utc>,
}

struct Found {
    changes: LinkChanges,
    linked: Linked,
    reports: u64,
    /// Whether an event after the block's end joined or left one of its incidents.
    reaches_on: bool,
}

impl Block {
    fn link(self) -> Found {
        let own = own(self.block);
        let linked = link::link(&self.sightings, &self.options);
        let of: BTreeMap<EventId, &Sighting> = self.sightings.iter().map(|s| (s.id, s)).collect();
        let claimed = self.claimed(|s| s.event_day < own.from, |s| own.contains(s.event_day));
        // Those of the day after that belong here so far; the others are the next block's.
        let lent = self.claimed(|s| own.contains(s.event_day), |s| s.event_day > own.to);
        let mut wanted: BTreeMap<EventId, IncidentId> = BTreeMap::new();
        let mut incidents = Vec::new();
        for group in &linked.incidents {
            let members: Vec<&Sighting> = group.events.iter().filter(|e| !claimed.contains(e)).map(|e| of[e]).collect();
            if members.len() < 2 || !own.contains(members[0].event_day) {
                continue;
            }
            let incident = self.incident(group, &members);
            wanted.extend(members.iter().map(|s| (s.id, incident.id)));
            incidents.push(incident);
        }
        let mut changes = LinkChanges::default();
        let mut reaches_on = false;
        let mut before = BTreeSet::new();
        for s in &self.sightings {
            let mine = own.contains(s.event_day) && !claimed.contains(&s.id);
            let wants = wanted.get(&s.id).copied();
            if !(mine || wants.is_some() || lent.contains(&s.id)) {
                continue;
            }
            before.extend(s.incident.filter(|_| mine || lent.contains(&s.id)));
            if s.incident != wants {
                changes.members.push((s.id, wants));
                reaches_on |= s.event_day > own.to;
            }
        }
        // What is withdrawn belongs to nothing now.
        for (s, _) in self.past.withdrawn.iter().filter(|(s, _)| own.contains(s.event_day)) {
            if s.incident.is_some() {
                before.extend(s.incident);
                changes.members.push((s.id, None));
            }
        }
        let kept: BTreeSet<IncidentId> = incidents.iter().map(|i| i.id).collect();
        changes.gone = before.difference(&kept).copied().collect();
        let reports = self.sightings.iter().filter(|s| own.contains(s.event_day)).count() as u64;
        changes.incidents = incidents;
        let found = self.before(&wanted, &claimed, &lent);
        (changes.past, changes.past_gone) = (found.links, found.gone);
        reaches_on |= found.reaches_on;
        Found { changes, linked, reports, reaches_on }
    }

    /// What was linked before reports were withdrawn.
    fn before(
        &self,
        wanted: &BTreeMap<EventId, IncidentId>,
        claimed: &BTreeSet<EventId>,
        lent: &BTreeSet<EventId>,
    ) -> FoundBefore {
        if self.past.is_empty() {
            return FoundBefore::default();
        }
        let own = own(self.block);
        let now = self.sightings.iter().map(|s| {
            let mine = own.contains(s.event_day) && !claimed.contains(&s.id);
            let decided = mine || lent.contains(&s.id) || wanted.contains_key(&s.id);
            (s.id, if decided { wanted.get(&s.id).copied() } else { s.incident })
        });
        let (block, standing, past) = (self.block, &self.sightings, &self.past);
        let mut spoken_for = claimed.clone();
        spoken_for.extend(past.links.iter().filter(|l| l.block < block).map(|l| l.event));
        Before { block, own, standing, past, now: now.collect(), spoken_for }.find(&self.options)
    }

    /// Events that `theirs` holds for and whose incident, as it is stored, begins with one that `first` holds for.
    fn claimed(&self, first: impl Fn(&Sighting) -> bool, theirs: impl Fn(&Sighting) -> bool) -> BTreeSet<EventId> {
        let mut begins: BTreeMap<IncidentId, &Sighting> = BTreeMap::new();
        for s in &self.sightings {
            if let Some(incident) = s.incident {
                let earliest = begins.entry(incident).or_insert(s);
                if (s.occurred_at, s.id) < (earliest.occurred_at, earliest.id) {
                    *earliest = s;
                }
            }
        }
        let begins: BTreeSet<IncidentId> = begins.into_iter().filter(|(_, s)| first(s)).map(|(id, _)| id).collect();
        let held = |s: &&Sighting| theirs(s) && s.incident.is_some_and(|i| begins.contains(&i));
        self.sightings.iter().filter(held).map(|s| s.id).collect()
    }

    fn incident(&self, group: &Group, members: &[&Sighting]) -> Incident {
        let sources: BTreeSet<_> = members.iter().map(|s| &s.source).collect();
        let said = |a: &Sighting, b: &Sighting| {
            let together = &self.options.together;
            together.contains(&(a.id, b.id)) || together.contains(&(b.id, a.id))
        };
        Incident {
            id: link::incident_of(members[0].id),
            first_at: members[0].occurred_at,
            reports: members.len() as u32,
            sources: sources.len() as u32,
            score: group.score,
            by_person: members.iter().enumerate().any(|(i, a)| members[i + 1..].iter().any(|b| said(a, b))),
            linked_at: self.now,
        }
    }
}
