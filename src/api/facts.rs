//! Facts of events in memory, by day and area.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        event::{EventFact, EventKind},
        ids::{AreaId, EventId, IncidentId, SourceId},
        scope::AreaScope,
        time::{Day, DayRange},
    },
    outreach::Past,
};

/// The facts, by day and within a day by area, so that a catchment's year is found without reading the others'.
#[derive(Debug, Default)]
pub struct Facts {
    days: BTreeMap<Day, Vec<Held>>,
    home_of: HashMap<EventId, Home>,
    /// One copy of each id text, shared by the rows; a place in the list is an area's number.
    areas: Vec<AreaId>,
    numbers: HashMap<AreaId, u32>,
    sources: BTreeSet<SourceId>,
}

/// What a day holds of one area, with its overdoses counted: most days of a year are only counted.
#[derive(Debug)]
struct Held {
    area: Option<u32>,
    facts: Vec<EventFact>,
    /// Overdoses that are linked to nothing.
    alone: usize,
    /// The incident and the receipt of each other one.
    linked: Vec<(IncidentId, DateTime<Utc>)>,
    /// No overdose was received later; it may have gone since.
    received_by: DateTime<Utc>,
}

impl Held {
    fn new(area: Option<u32>) -> Self {
        Self { area, facts: Vec::new(), alone: 0, linked: Vec::new(), received_by: DateTime::<Utc>::MIN_UTC }
    }

    fn push(&mut self, fact: EventFact) {
        if fact.kind == EventKind::Overdose {
            self.received_by = self.received_by.max(fact.received_at);
            match fact.incident {
                Some(incident) => self.linked.push((incident, fact.received_at)),
                None => self.alone += 1,
            }
        }
        self.facts.push(fact);
    }

    fn take(&mut self, id: EventId) {
        let Some(at) = self.facts.iter().position(|f| f.id == id) else { return };
        let fact = self.facts.remove(at);
        if fact.kind != EventKind::Overdose {
            return;
        }
        match fact.incident {
            None => self.alone -= 1,
            Some(incident) => {
                let same = |l: &(IncidentId, DateTime<Utc>)| *l == (incident, fact.received_at);
                if let Some(at) = self.linked.iter().position(same) {
                    self.linked.swap_remove(at);
                }
            }
        }
    }
}

/// Where a fact is kept.
#[derive(Debug, Clone, Copy)]
struct Home {
    day: Day,
    area: Option<u32>,
}

impl Facts {
    /// Facts of these days, in day order.
    pub fn of(&self, days: DayRange) -> impl Iterator<Item = &EventFact> {
        self.days.range(days.from..=days.to).flat_map(|(_, held)| held).flat_map(|held| &held.facts)
    }

    /// What is known of the areas of a scope.
    pub fn served(&self, areas: &AreaScope) -> Served<'_> {
        let wanted = match areas {
            AreaScope::All => None,
            AreaScope::Only(list) => {
                let mut wanted = vec![false; self.areas.len()];
                list.iter().filter_map(|a| self.numbers.get(a)).for_each(|n| wanted[*n as usize] = true);
                Some(wanted)
            }
        };
        Served { facts: self, wanted }
    }

    /// First and last day that hold an event.
    pub fn span(&self) -> Option<DayRange> {
        DayRange::new(*self.days.first_key_value()?.0, *self.days.last_key_value()?.0)
    }

    pub(super) fn get(&self, id: EventId) -> Option<&EventFact> {
        let home = self.home_of.get(&id)?;
        let held = self.days.get(&home.day)?;
        let at = held.binary_search_by_key(&home.area, |h| h.area).ok()?;
        held[at].facts.iter().find(|f| f.id == id)
    }

    pub(super) fn len(&self) -> usize {
        self.home_of.len()
    }

    pub(super) fn reserve(&mut self, more: usize) {
        self.home_of.reserve(more);
    }

    pub(super) fn put(&mut self, mut fact: EventFact) {
        self.remove(fact.id);
        let area = fact.area.take().map(|a| self.number(a));
        fact.area = area.map(|n| self.areas[n as usize].clone());
        fact.source = shared(&mut self.sources, fact.source);
        self.home_of.insert(fact.id, Home { day: fact.event_day, area });
        let held = self.days.entry(fact.event_day).or_default();
        let at = held.binary_search_by_key(&area, |h| h.area).unwrap_or_else(|at| {
            held.insert(at, Held::new(area));
            at
        });
        held[at].push(fact);
    }

    pub(super) fn remove(&mut self, id: EventId) {
        let Some(home) = self.home_of.remove(&id) else { return };
        let Some(held) = self.days.get_mut(&home.day) else { return };
        let Ok(at) = held.binary_search_by_key(&home.area, |h| h.area) else { return };
        held[at].take(id);
        if held[at].facts.is_empty() {
            held.remove(at);
        }
        if held.is_empty() {
            self.days.remove(&home.day);
        }
    }

    fn number(&mut self, area: AreaId) -> u32 {
        if let Some(number) = self.numbers.get(&area) {
            return *number;
        }
        let number = u32::try_from(self.areas.len()).expect("there are fewer areas than 2^32");
        self.areas.push(area.clone());
        self.numbers.insert(area, number);
        number
    }
}

/// The facts of some areas.
#[derive(Debug)]
pub struct Served<'f> {
    facts: &'f Facts,
    /// By an area's number; all where there is none.
    wanted: Option<Vec<bool>>,
}

impl Served<'_> {
    fn held(&self, days: DayRange) -> impl Iterator<Item = &Held> {
        let takes = |held: &&Held| match &self.wanted {
            None => true,
            Some(wanted) => held.area.is_some_and(|n| wanted[n as usize]),
        };
        self.facts.days.range(days.from..=days.to).flat_map(|(_, held)| held).filter(takes)
    }
}

impl Past for Served<'_> {
    fn on(&self, days: DayRange) -> Vec<&EventFact> {
        self.held(days).flat_map(|h| &h.facts).collect()
    }

    fn overdoses(&self, days: DayRange) -> usize {
        let mut incidents = HashSet::new();
        let alone: usize = self.held(days).map(|h| h.alone).sum();
        self.held(days).for_each(|h| incidents.extend(h.linked.iter().map(|(incident, _)| *incident)));
        alone + incidents.len()
    }

    fn received_after(&self, at: DateTime<Utc>, days: DayRange) -> Vec<&EventFact> {
        let held = self.held(days).filter(|h| h.received_by > at);
        held.flat_map(|h| &h.facts).filter(|f| f.kind == EventKind::Overdose && f.received_at > at).collect()
    }

    fn unknown_at(&self, at: DateTime<Utc>, mut incidents: HashSet<IncidentId>, days: DayRange) -> usize {
        for (incident, _) in self.held(days).flat_map(|h| &h.linked).filter(|(_, received)| *received <= at) {
            incidents.remove(incident);
        }
        incidents.len()
    }
}

fn shared<T: Ord + Clone>(known: &mut BTreeSet<T>, id: T) -> T {
    match known.get(&id) {
        Some(same) => same.clone(),
        None => {
            known.insert(id.clone());
            id
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::event::{NaloxoneGiven, Outcome};

    pub(in crate::api) fn fact(n: u128, day: i32, area: Option<&str>) -> EventFact {
        EventFact {
            id: EventId(uuid::Uuid::from_u128(n)),
            source: "feed".parse().unwrap(),
            kind: EventKind::Overdose,
            occurred_at: DateTime::UNIX_EPOCH,
            received_at: DateTime::UNIX_EPOCH,
            event_day: Day::from_epoch_days(day),
            outcome: Outcome::Unknown,
            naloxone: NaloxoneGiven::Unknown,
            quantity: 1,
            precision: crate::domain::place::Precision::Unknown,
            cell: None,
            area: area.map(|a| a.parse().unwrap()),
            incident: None,
        }
    }

    fn ids<'a>(facts: impl Iterator<Item = &'a EventFact>) -> Vec<u128> {
        facts.map(|f| f.id.0.as_u128()).collect()
    }

    fn days(from: i32, to: i32) -> DayRange {
        DayRange { from: Day::from_epoch_days(from), to: Day::from_epoch_days(to) }
    }

    #[test]
    fn a_catchment_holds_its_areas_days_and_nothing_else() {
        let mut facts = Facts::default();
        for f in [
            fact(1, 2, Some("b")),
            fact(2, 1, Some("a")),
            fact(3, 2, None),
            fact(4, 2, Some("a")),
            fact(5, 9, Some("a")),
        ] {
            facts.put(f);
        }
        let only = |names: &[&str]| AreaScope::Only(names.iter().map(|n| n.parse().unwrap()).collect());
        assert_eq!(ids(facts.served(&only(&["a"])).on(days(1, 2)).into_iter()), [2, 4]);
        assert_eq!(ids(facts.served(&only(&["a", "nowhere"])).on(days(1, 9)).into_iter()), [2, 4, 5]);
        assert!(ids(facts.served(&only(&["nowhere"])).on(days(1, 9)).into_iter()).is_empty());
        assert_eq!(ids(facts.served(&AreaScope::All).on(days(1, 2)).into_iter()), ids(facts.of(days(1, 2))));
        assert_eq!(ids(facts.of(days(1, 2))).len(), 4);
    }

    #[test]
    fn an_event_that_moves_is_kept_once_where_it_is_now() {
        let mut facts = Facts::default();
        facts.put(fact(1, 2, Some("a")));
        facts.put(fact(2, 2, Some("a")));
        facts.put(fact(1, 3, Some("b")));
        assert_eq!((facts.len(), ids(facts.of(days(1, 9)))), (2, vec![2, 1]));
        facts.remove(EventId(uuid::Uuid::from_u128(2)));
        assert_eq!((facts.span(), facts.len()), (Some(days(3, 3)), 1));
        assert_eq!(facts.get(EventId(uuid::Uuid::from_u128(1))).and_then(|f| f.area.clone()), "b".parse().ok());
    }

    /// What comes (with its day, area, kind, incident and second of receipt), or the id of what goes.
    type Step = (u128, Option<(i32, usize, bool, Option<u128>, i64)>);

    fn step() -> impl Strategy<Value = Step> {
        let came = (0..30, 0..3_usize, prop::bool::weighted(0.8), prop::option::of(0..9_u128), 0..100_i64);
        (0..60_u128, prop::option::weighted(0.8, came))
    }

    proptest! {
        #[test]
        fn a_catchments_counts_are_those_of_its_facts_whatever_came_and_went(
            steps in prop::collection::vec(step(), 0..200), from in 0..30, at in 0..100_i64,
        ) {
            let (mut facts, mut plain) = (Facts::default(), BTreeMap::new());
            for (id, came) in steps {
                let Some((day, area, overdose, incident, second)) = came else {
                    facts.remove(EventId(uuid::Uuid::from_u128(id)));
                    plain.remove(&id);
                    continue;
                };
                let fact = EventFact {
                    kind: if overdose { EventKind::Overdose } else { EventKind::Naloxone },
                    incident: incident.map(|i| IncidentId(uuid::Uuid::from_u128(i))),
                    received_at: DateTime::from_timestamp(second, 0).unwrap(),
                    ..fact(id, day, [None, Some("a"), Some("b")][area])
                };
                facts.put(fact.clone());
                plain.insert(id, fact);
            }
            let (at, range) = (DateTime::from_timestamp(at, 0).unwrap(), days(from, 30));
            for areas in [AreaScope::All, AreaScope::Only(vec!["a".parse().unwrap()])] {
                let served = facts.served(&areas);
                let own = plain.values().filter(|f| areas.allows(f.area.as_ref()) && range.contains(f.event_day));
                let own: Vec<&EventFact> = own.filter(|f| f.kind == EventKind::Overdose).collect();
                let mut known = HashSet::new();
                let once = own.iter().filter(|f| f.incident.is_none_or(|i| known.insert(i))).count();
                prop_assert_eq!(served.overdoses(range), once);
                let mut later = ids(served.received_after(at, range).into_iter());
                later.sort_unstable();
                let expected: Vec<u128> = own.iter().filter(|f| f.received_at > at).map(|f| f.id.0.as_u128()).collect();
                prop_assert_eq!(later, expected);
                let asked: HashSet<_> = (0..12).map(|n| IncidentId(uuid::Uuid::from_u128(n))).collect();
                let told: HashSet<_> = own.iter().filter(|f| f.received_at <= at).filter_map(|f| f.incident).collect();
                prop_assert_eq!(served.unknown_at(at, asked.clone(), range), asked.difference(&told).count());
            }
        }
    }
}
