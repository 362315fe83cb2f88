//! What was linked before a report was withdrawn, so that `as_of` of a day before answers as it answered then.
//!
//! A withdrawn report leaves its incident, and its companions may part or join others. As of a time before, all of them
//! stand where they stood: a block of days that holds withdrawn reports is linked a second time with these as they stood
//! last, and wherever that differs from the present membership it is kept, until the newest of the withdrawals that
//! played a part was received. Like the present membership this follows from the events alone, not from when linking
//! ran: withdrawals that came with their records, in one file, give the same answer as those that came a day later.
//!
//! Limits: corrections are not undone (an event that was moved belongs, also as of before, to what it belongs to by its
//! newest version); weights are those learned from all that is known; where several reports that compete for one partner
//! were withdrawn at different times, the days between are answered as if all of them had stood.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        ids::{EventId, IncidentId},
        incident::{Past, PastLink, Sighting},
        time::DayRange,
    },
    link::{self, LinkOptions},
};

/// One block, and what is linked in it now.
pub(super) struct Before<'a> {
    pub block: i32,
    pub own: DayRange,
    pub standing: &'a [Sighting],
    pub past: &'a Past,
    /// What standing events of the block, and those it reaches beyond its end, belong to now.
    pub now: BTreeMap<EventId, Option<IncidentId>>,
    /// Events of which the block before says what they belong to, or belonged to.
    pub spoken_for: BTreeSet<EventId>,
}

#[derive(Debug, Default, PartialEq)]
pub(super) struct FoundBefore {
    pub links: Vec<PastLink>,
    pub gone: Vec<EventId>,
    /// Whether anything was said, or taken back, of an event after the block's end.
    pub reaches_on: bool,
}

impl Before<'_> {
    /// What changes of what is stored.
    pub(super) fn find(&self, options: &LinkOptions) -> FoundBefore {
        let wanted = if self.past.withdrawn.is_empty() { BTreeMap::new() } else { self.wanted(options) };
        let known: BTreeMap<EventId, &PastLink> = self.past.links.iter().map(|l| (l.event, l)).collect();
        let day: HashMap<EventId, _> = self.all().map(|s| (s.id, s.event_day)).collect();
        let beyond = |event: &EventId| day.get(event).is_none_or(|day| *day > self.own.to);
        let mut found = FoundBefore::default();
        for (event, (incident, until)) in &wanted {
            let link = PastLink { event: *event, incident: *incident, until: *until, block: self.block };
            if known.get(event).is_none_or(|stored| **stored != link) {
                found.reaches_on |= beyond(event);
                found.links.push(link);
            }
        }
        for stored in self.past.links.iter().filter(|l| l.block == self.block && !wanted.contains_key(&l.event)) {
            found.reaches_on |= beyond(&stored.event);
            found.gone.push(stored.event);
        }
        found
    }

    fn all(&self) -> impl Iterator<Item = &Sighting> {
        self.standing.iter().chain(self.past.withdrawn.iter().map(|(s, _)| s))
    }

    /// By event, what it belonged to and until when: of the block's own events and of those that were one with them.
    fn wanted(&self, options: &LinkOptions) -> BTreeMap<EventId, (Option<IncidentId>, DateTime<Utc>)> {
        let then = self.then(options);
        let mut ties = Ties::default();
        let withdrawn: BTreeMap<EventId, DateTime<Utc>> =
            self.past.withdrawn.iter().map(|(s, at)| (s.id, *at)).collect();
        let now = |event: &EventId| self.now.get(event).copied().flatten();
        let mine = |s: &&Sighting| {
            then.contains_key(&s.id) || (self.own.contains(s.event_day) && !self.spoken_for.contains(&s.id))
        };
        let events: BTreeSet<EventId> = self.all().filter(mine).map(|s| s.id).collect();
        for event in &events {
            let was = then.get(event).map(|incident| ties.node((true, *incident)));
            let is = now(event).map(|incident| ties.node((false, incident)));
            if let (Some(a), Some(b)) = (was, is) {
                ties.tie(a, b);
            }
        }
        let mut until: HashMap<usize, DateTime<Utc>> = HashMap::new();
        for (event, at) in &withdrawn {
            if let Some(incident) = then.get(event) {
                let root = ties.node((true, *incident));
                let root = ties.root(root);
                until.entry(root).and_modify(|u| *u = (*u).max(*at)).or_insert(*at);
            }
        }
        let mut wanted = BTreeMap::new();
        for event in events {
            let (was, is) = (then.get(&event).copied(), now(&event));
            let Some(node) = was.map(|i| (true, i)).or(is.map(|i| (false, i))) else { continue };
            let node = ties.node(node);
            let Some(until) = until.get(&ties.root(node)) else { continue };
            if was != is || withdrawn.contains_key(&event) {
                wanted.insert(event, (was, *until));
            }
        }
        wanted
    }

    /// What events belonged to while all that is withdrawn stood; of groups whose first event is of the block's days.
    fn then(&self, options: &LinkOptions) -> BTreeMap<EventId, IncidentId> {
        let all: Vec<Sighting> = self.all().cloned().collect();
        let of: HashMap<EventId, &Sighting> = all.iter().map(|s| (s.id, s)).collect();
        let mut then = BTreeMap::new();
        for group in link::link(&all, options).incidents {
            let members: Vec<EventId> = group.events.into_iter().filter(|e| !self.spoken_for.contains(e)).collect();
            if members.len() > 1 && self.own.contains(of[&members[0]].event_day) {
                then.extend(members.iter().map(|e| (*e, link::incident_of(members[0]))));
            }
        }
        then
    }
}

/// Which incidents, of then and of now, hang together by the events they share.
#[derive(Default)]
struct Ties {
    nodes: HashMap<(bool, IncidentId), usize>,
    parents: Vec<usize>,
}

impl Ties {
    fn node(&mut self, incident: (bool, IncidentId)) -> usize {
        let next = self.parents.len();
        let node = *self.nodes.entry(incident).or_insert(next);
        if node == next {
            self.parents.push(next);
        }
        node
    }

    fn root(&self, mut node: usize) -> usize {
        while self.parents[node] != node {
            node = self.parents[node];
        }
        node
    }

    fn tie(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b)] = a.min(b);
    }
}
