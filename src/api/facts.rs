//! Facts of events in memory, by day and area.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::{
    event::EventFact,
    ids::{AreaId, EventId, SourceId},
    scope::AreaScope,
    time::{Day, DayRange},
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

/// What a day holds of one area.
#[derive(Debug)]
struct Held {
    area: Option<u32>,
    facts: Vec<EventFact>,
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

    /// Facts of these days in the areas of a scope, in day order.
    pub fn within(&self, days: DayRange, areas: &AreaScope) -> impl Iterator<Item = &EventFact> {
        let wanted: Option<Vec<bool>> = match areas {
            AreaScope::All => None,
            AreaScope::Only(list) => {
                let mut wanted = vec![false; self.areas.len()];
                list.iter().filter_map(|a| self.numbers.get(a)).for_each(|n| wanted[*n as usize] = true);
                Some(wanted)
            }
        };
        let takes =
            move |held: &&Held| wanted.as_ref().is_none_or(|wanted| held.area.is_some_and(|n| wanted[n as usize]));
        self.days.range(days.from..=days.to).flat_map(|(_, held)| held).filter(takes).flat_map(|held| &held.facts)
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
            held.insert(at, Held { area, facts: Vec::new() });
            at
        });
        held[at].facts.push(fact);
    }

    pub(super) fn remove(&mut self, id: EventId) {
        let Some(home) = self.home_of.remove(&id) else { return };
        let Some(held) = self.days.get_mut(&home.day) else { return };
        let Ok(at) = held.binary_search_by_key(&home.area, |h| h.area) else { return };
        held[at].facts.retain(|f| f.id != id);
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

    use super::*;
    use crate::domain::event::{EventKind, NaloxoneGiven, Outcome};

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
        assert_eq!(ids(facts.within(days(1, 2), &only(&["a"]))), [2, 4]);
        assert_eq!(ids(facts.within(days(1, 9), &only(&["a", "nowhere"]))), [2, 4, 5]);
        assert!(ids(facts.within(days(1, 9), &only(&["nowhere"]))).is_empty());
        assert_eq!(ids(facts.within(days(1, 2), &AreaScope::All)), ids(facts.of(days(1, 2))));
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
}
