//! Facts of events in memory, by day.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::{
    event::EventFact,
    ids::{AreaId, EventId, SourceId},
    time::{Day, DayRange},
};

/// The facts, by day.
#[derive(Debug, Default)]
pub struct Facts {
    days: BTreeMap<Day, Vec<EventFact>>,
    day_of: HashMap<EventId, Day>,
    /// One copy of each id text, shared by the rows.
    areas: BTreeSet<AreaId>,
    sources: BTreeSet<SourceId>,
}

impl Facts {
    /// Facts of these days, in day order.
    pub fn of(&self, days: DayRange) -> impl Iterator<Item = &EventFact> {
        self.days.range(days.from..=days.to).flat_map(|(_, facts)| facts)
    }

    /// First and last day that hold an event.
    pub fn span(&self) -> Option<DayRange> {
        DayRange::new(*self.days.first_key_value()?.0, *self.days.last_key_value()?.0)
    }

    pub(super) fn get(&self, id: EventId) -> Option<&EventFact> {
        self.days.get(self.day_of.get(&id)?)?.iter().find(|f| f.id == id)
    }

    pub(super) fn len(&self) -> usize {
        self.day_of.len()
    }

    pub(super) fn reserve(&mut self, more: usize) {
        self.day_of.reserve(more);
    }

    pub(super) fn put(&mut self, mut fact: EventFact) {
        self.remove(fact.id);
        fact.area = fact.area.map(|a| shared(&mut self.areas, a));
        fact.source = shared(&mut self.sources, fact.source);
        self.day_of.insert(fact.id, fact.event_day);
        self.days.entry(fact.event_day).or_default().push(fact);
    }

    pub(super) fn remove(&mut self, id: EventId) {
        let Some(day) = self.day_of.remove(&id) else { return };
        if let Some(facts) = self.days.get_mut(&day) {
            facts.retain(|f| f.id != id);
            if facts.is_empty() {
                self.days.remove(&day);
            }
        }
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
