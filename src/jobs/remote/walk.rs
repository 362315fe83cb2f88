//! From stored answers to places: what each event needs, page by page.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Context;
use chrono::Duration;

use super::{Closed, MISS_DAYS, PAGE, Run};
use crate::{
    domain::{
        event::{Event, PlacedBy},
        ids::{EventId, RemoteQuestionId, SourceId},
        place::Precision,
        remote::{RemoteAnswer, RemotePlace, RemoteQuestion, RemoteRefusal, RemoteVerdict, Unplaced},
    },
    geocode::Asked,
    store::EventQuery,
};

/// What became of a source's events that are not placed.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub waiting: u64,
    pub ambiguous: u64,
    pub refused: BTreeMap<RemoteRefusal, u64>,
    pub unknown: u64,
    pub not_asked: u64,
}

/// Stored answers by service and question.
pub(super) type Known = HashMap<(usize, RemoteQuestionId), RemoteAnswer>;

/// An address to be asked about, for the sake of a source.
pub(super) type Wanted = (RemoteQuestionId, RemoteQuestion, SourceId);

struct Item {
    event: Unplaced,
    /// `None`: nothing of it may be sent.
    asked: Option<Asked>,
    /// Our own index knows it by now.
    own: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    Own,
    Found(RemotePlace, PlacedBy),
    Ambiguous,
    Refused(RemoteRefusal),
    Unknown,
    Waiting,
    NotAsked,
    /// This service has to be asked first.
    Ask(usize),
}

impl Run<'_> {
    /// Look at all events of the sources; answers whether it came to the end.
    pub(super) async fn walk(&mut self, sources: &[SourceId], all_again: bool) -> anyhow::Result<bool> {
        let mut before = None;
        loop {
            if self.stop.is_cancelled() {
                return Ok(false);
            }
            let page = self.store.unplaced(self.scope, sources, all_again, before, PAGE).await;
            let page = page.context("reading events to be placed")?;
            let Some(last) = page.last() else { return Ok(true) };
            before = Some(last.id);
            self.page(page).await?;
        }
    }

    async fn page(&mut self, page: Vec<Unplaced>) -> anyhow::Result<()> {
        let items: Vec<Item> = page.into_iter().map(|event| self.item(event)).collect();
        let mut known = self.answers(&items).await?;
        loop {
            let mut wanted: BTreeMap<usize, Vec<Wanted>> = BTreeMap::new();
            let mut seen = HashSet::new();
            for item in &items {
                if let Outcome::Ask(service) = self.outcome(item, &known)
                    && let Some(question) = self.question(item, service)
                    && seen.insert((service, question.id()))
                {
                    let list = wanted.entry(service).or_default();
                    list.push((question.id(), question, item.event.source.clone()));
                }
            }
            if wanted.is_empty() {
                break;
            }
            // Afterwards each is answered, set aside, or its service asked no more.
            for (service, questions) in wanted {
                self.ask(service, questions, &mut known).await?;
            }
        }
        self.place(&items, &known).await
    }

    fn item(&self, event: Unplaced) -> Item {
        let (town, zip) = (event.town.as_deref(), event.zip.as_deref());
        let own = self.placer.knows(&event.address, town, zip);
        let asked = if own { None } else { Asked::of(&event.address, town, zip, &|name| self.placer.is_place(name)) };
        Item { event, asked, own }
    }

    fn question(&self, item: &Item, service: usize) -> Option<RemoteQuestion> {
        let settings = &self.services.all[service].settings;
        Some(item.asked.as_ref()?.question(settings.state.as_deref(), settings.country.as_deref()))
    }

    async fn answers(&self, items: &[Item]) -> anyhow::Result<Known> {
        let mut known = Known::new();
        for service in 0..self.services.all.len() {
            let may = |item: &&Item| self.may_see[service].contains(&item.event.source);
            let mut ids: Vec<RemoteQuestionId> =
                items.iter().filter(may).filter_map(|item| Some(self.question(item, service)?.id())).collect();
            ids.sort_unstable();
            ids.dedup();
            if ids.is_empty() {
                continue;
            }
            let name = &self.services.all[service].name;
            let found = self.store.remote_answers(self.scope, name, &ids).await.context("reading answers")?;
            known.extend(found.into_iter().map(|answer| ((service, answer.question), answer)));
        }
        Ok(known)
    }

    /// What the answers that are known say of an event: the finest place, in the order of trial.
    fn outcome(&self, item: &Item, known: &Known) -> Outcome {
        if item.own {
            return Outcome::Own;
        }
        let Some(asked) = &item.asked else { return Outcome::NotAsked };
        let around = |point| self.placer.around(asked.town(), point);
        let (mut best, mut said) = (None::<(RemotePlace, PlacedBy)>, Outcome::Unknown);
        for service in self.of(&item.event.source) {
            let Some(id) = self.question(item, service).map(|q| q.id()) else { return Outcome::NotAsked };
            let answer = known.get(&(service, id));
            let verdict = answer.map(|a| asked.judge(&a.reply, &around));
            let miss = !matches!(verdict, Some(RemoteVerdict::Found(_)));
            let old = answer.is_none_or(|a| a.asked_at < self.began - Duration::days(MISS_DAYS));
            if miss && old && self.is_open(service, id) {
                return Outcome::Ask(service);
            }
            match verdict {
                Some(RemoteVerdict::Found(place)) => {
                    if best.is_none_or(|(known, _)| place.precision < known.precision) {
                        best = Some((place, self.services.all[service].settings.kind.placed_by()));
                    }
                    if place.precision <= Precision::Intersection {
                        break;
                    }
                }
                // Another service might name one of the places alone, and would hide the doubt.
                Some(RemoteVerdict::Ambiguous { .. }) => {
                    said = Outcome::Ambiguous;
                    break;
                }
                Some(RemoteVerdict::Refused(why)) => said = Outcome::Refused(why),
                Some(RemoteVerdict::Nothing) => {}
                None => {
                    said = Outcome::Waiting;
                    break;
                }
            }
        }
        best.map_or(said, |(place, by)| Outcome::Found(place, by))
    }

    /// Whether a service may be asked this in this run.
    fn is_open(&self, service: usize, question: RemoteQuestionId) -> bool {
        !self.closed.contains_key(&service) && !self.services.all[service].is_troubled_by(question, self.began)
    }

    async fn place(&mut self, items: &[Item], known: &Known) -> anyhow::Result<()> {
        let mut moves: BTreeMap<EventId, (Outcome, &Unplaced)> = BTreeMap::new();
        for item in items {
            let outcome = self.outcome(item, known);
            self.count(item, outcome);
            let to_be_moved = match outcome {
                Outcome::Own | Outcome::Found(..) => true,
                // It stands on an answer that holds no longer.
                Outcome::Waiting | Outcome::Ask(_) => false,
                _ => item.event.placed_by.is_remote(),
            };
            if to_be_moved {
                moves.insert(item.event.id, (outcome, &item.event));
            }
        }
        if moves.is_empty() {
            return Ok(());
        }
        let query = EventQuery { ids: Some(moves.keys().copied().collect()), ..EventQuery::default() };
        let limit = u32::try_from(moves.len()).unwrap_or(PAGE);
        let page = self.store.event_page(self.scope, &query, None, limit).await.context("reading events")?;
        let moved: Vec<Event> =
            page.events.iter().filter_map(|event| self.moved(event, moves.get(&event.id)?)).collect();
        if !moved.is_empty() {
            self.store.replace_locations(self.scope, &moved).await.context("re-placing events")?;
            self.summary.placed += moved.len() as u64;
        }
        Ok(())
    }

    fn moved(&self, event: &Event, (outcome, seen): &(Outcome, &Unplaced)) -> Option<Event> {
        let l = &event.location;
        // Corrected since it was looked at: the next run sees what it says now.
        let same = l.address.as_ref() == Some(&seen.address) && l.town == seen.town && l.zip == seen.zip;
        match outcome {
            _ if !same => None,
            Outcome::Own => self.placer.place_again(event),
            Outcome::Found(place, by) => self.placer.settle(event, Some((*place, *by))),
            _ => self.placer.settle(event, None),
        }
    }

    fn count(&mut self, item: &Item, outcome: Outcome) {
        let tally = self.tallies.entry(item.event.source.clone()).or_default();
        match outcome {
            // It says no more than what was known.
            Outcome::Found(place, _)
                if !item.event.placed_by.is_remote() && place.precision >= item.event.precision =>
            {
                *tally.refused.entry(RemoteRefusal::TooCoarse).or_default() += 1;
            }
            Outcome::Own | Outcome::Found(..) => {}
            Outcome::Ambiguous => tally.ambiguous += 1,
            Outcome::Refused(why) => *tally.refused.entry(why).or_default() += 1,
            Outcome::Unknown => tally.unknown += 1,
            Outcome::NotAsked => tally.not_asked += 1,
            Outcome::Waiting | Outcome::Ask(_) => tally.waiting += 1,
        }
        if outcome == Outcome::Waiting && self.closed.values().any(|c| *c == Closed::TimeIsUp) {
            self.summary.more = true;
        }
    }
}
