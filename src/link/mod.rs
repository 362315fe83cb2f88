//! Events of several sources → one incident, with how many sources told of it.
//!
//! An ambulance run, an emergency-department visit and a police report may be one overdose. Counting them
//! three times overstates a place; throwing all but one away loses what each knows. So events are linked
//! and keep standing side by side.
//!
//! Probabilistic record linkage after Fellegi and Sunter (1969): every pair of different sources within two
//! hours and within reach is weighed by how much likelier its agreements in time, distance, outcome,
//! naloxone, age band and sex are between two reports of one occurrence than between two occurrences
//! (`model.rs`). The threshold is the lowest at which no more than [`LinkOptions::false_rate`] of the links
//! are expected to be false: by the model's own chances, and by the pairs that pass it though they are days
//! apart, whichever is stricter. To be near each other says more in a village than in a city (`crowd.rs`). Best pairs
//! are joined first; a group never holds two events of one source.
//!
//! Never linked: events of two jurisdictions without an agreement, of two kinds, of one source, or of which
//! only the day is known. A person's word goes before all ([`LinkOptions::apart`], [`LinkOptions::together`]).
//! Limits: two people at one place within minutes, each seen by one source only and alike in all else,
//! become one incident. Words are taken as independent of each other. Feeds whose reports come at the same minutes
//! at the same places day after day agree by chance as well as by truth: there nothing is linked.
//!
//! To add a field: a word in `sighting.rs`, and how often it agrees in `model.rs`.

mod blocks;
mod compare;
mod crowd;
mod groups;
mod model;
mod sighting;
mod weights;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::Duration;

use self::{
    blocks::{Blocks, Pair},
    crowd::Crowds,
    groups::Groups,
    model::{Model, SHIFTS, source_pair},
};
pub use crate::domain::incident::Sighting;
use crate::domain::{
    event::TimePrecision,
    ids::{EventId, IncidentId, JurisdictionId},
};

/// Pairs of a smaller chance are not looked at one by one.
const LIKELY: f64 = 0.2;

/// When two events may be one.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkOptions {
    pub max_gap: Duration,
    /// No joint uncertainty is taken to be less: clocks and crossings are not that exact.
    pub min_radius_m: f64,
    /// Points farther apart than this are two however uncertain they are.
    pub max_radius_m: f64,
    /// Share of the links that may be false.
    pub false_rate: f64,
    /// Pairs of jurisdictions that agreed to link their events.
    pub agreements: BTreeSet<(JurisdictionId, JurisdictionId)>,
    /// Pairs that a person parted: they are never one again.
    pub apart: BTreeSet<(EventId, EventId)>,
    /// Pairs that a person joined.
    pub together: BTreeSet<(EventId, EventId)>,
}

impl Default for LinkOptions {
    fn default() -> Self {
        Self {
            max_gap: Duration::hours(2),
            min_radius_m: 150.0,
            max_radius_m: 10_000.0,
            false_rate: 0.01,
            agreements: BTreeSet::new(),
            apart: BTreeSet::new(),
            together: BTreeSet::new(),
        }
    }
}

/// Events that are one occurrence.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// A function of the earliest event, so that it stays when later reports join.
    pub id: IncidentId,
    /// By time, then id; two or more.
    pub events: Vec<EventId>,
    /// How many sources tell of it.
    pub sources: u32,
    /// The chance, 0 to 1, of the weakest of the links that hold it together.
    pub score: f64,
}

/// Incidents, and what the links are worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Linked {
    /// By their earliest event.
    pub incidents: Vec<Group>,
    /// Pairs that were weighed.
    pub pairs: usize,
    /// ln m/u from which a pair is linked.
    pub threshold: f64,
    /// Share of the linked pairs that is expected to be false.
    pub expected_false: f64,
}

/// Link events. The order of the input does not matter; events that stand alone are not in the answer.
pub fn link(sightings: &[Sighting], options: &LinkOptions) -> Linked {
    let mut all: Vec<&Sighting> = sightings.iter().filter(|s| s.time_precision == TimePrecision::Instant).collect();
    all.sort_by_key(|s| (s.occurred_at, s.id));
    all.dedup_by_key(|s| s.id);
    let words = model::codes(&all);
    let names: BTreeSet<(&str, &str)> = all.iter().map(|s| sender(s)).collect();
    let number: BTreeMap<(&str, &str), u16> = names.into_iter().zip(0..).collect();
    let sources: Vec<u16> = all.iter().map(|s| number[&sender(s)]).collect();
    let blocks = Blocks::new(&all, &words, &sources, options);
    let mut pairs = Vec::new();
    blocks.pairs(0, |pair| pairs.push(pair));
    let parted = |p: &Pair| {
        let (a, b) = (all[p.a as usize].id, all[p.b as usize].id);
        options.apart.contains(&(a, b)) || options.apart.contains(&(b, a))
    };
    pairs.retain(|p| !parted(p));
    let minutes = options.max_gap.num_seconds().max(60) as f64 / 60.0;
    let model = Model::learn(&blocks, &pairs, &words, &sources, minutes, Crowds::new(&all, options));
    let weigh = |p: &Pair| model.weight(p, source_pair(p, &sources));
    // What is no even chance is never linked by itself; the rest would only fill memory.
    let mut likely: Vec<(f64, u32, u32)> =
        pairs.iter().map(|p| (weigh(p), p.a, p.b)).filter(|(w, ..)| model.posterior(*w) > LIKELY).collect();
    likely.sort_by(|x, y| y.0.total_cmp(&x.0).then_with(|| (x.1, x.2).cmp(&(y.1, y.2))));
    let (threshold, expected_false) = threshold(&likely, &model, &blocks, &sources, options.false_rate);
    likely.retain(|(w, ..)| *w >= threshold);
    let position: HashMap<EventId, u32> = all.iter().zip(0..).map(|(s, i)| (s.id, i)).collect();
    let told = options.together.iter().filter_map(|(a, b)| Some((*position.get(a)?, *position.get(b)?)));
    let told: Vec<(u32, u32)> = told.collect();
    // Who may meet in a group: the pairs among all that are joined with somebody.
    let joined: HashSet<u32> =
        likely.iter().map(|(_, a, b)| (*a, *b)).chain(told.iter().copied()).flat_map(|(a, b)| [a, b]).collect();
    let meeting = pairs.iter().filter(|p| joined.contains(&p.a) && joined.contains(&p.b));
    let weights = meeting.map(|p| ((p.a.min(p.b), p.a.max(p.b)), weigh(p))).collect();
    let mut groups = Groups::new(&sources, &weights);
    for (a, b) in told {
        groups.force(a, b);
    }
    for (weight, a, b) in likely {
        groups.join(a, b, model.posterior(weight), threshold);
    }
    let mut incidents: Vec<(u32, Group)> = groups.into_groups().map(|g| incident(g, &all)).collect();
    incidents.sort_by_key(|(first, _)| *first);
    let incidents = incidents.into_iter().map(|(_, i)| i).collect();
    Linked { incidents, pairs: pairs.len(), threshold, expected_false }
}

/// The lowest weight at which the links, best first, are expected to hold no more false ones than allowed.
///
/// Only pairs that would win are counted, real ones and those of chance: where an event has a better partner
/// in the other's source, a chance pair takes nobody in.
fn threshold(likely: &[(f64, u32, u32)], model: &Model, blocks: &Blocks, sources: &[u16], rate: f64) -> (f64, f64) {
    let mut best_with: HashMap<(u32, u16), f64> = HashMap::new();
    for (weight, a, b) in likely {
        for key in [(*a, sources[*b as usize]), (*b, sources[*a as usize])] {
            // Best first, so the first is the best.
            best_with.entry(key).or_insert(*weight);
        }
    }
    let best = |event: u32, other: u32| best_with.get(&(event, sources[other as usize])).copied();
    let wins = |weight: f64, a: u32, b: u32| [best(a, b), best(b, a)].into_iter().flatten().all(|w| weight >= w);
    let floor = likely.last().map_or(f64::INFINITY, |(w, ..)| *w);
    let mut chance: Vec<f64> = Vec::new();
    for days in SHIFTS {
        blocks.pairs(days, |pair| {
            let weight = model.weight(&pair, source_pair(&pair, sources));
            if weight >= floor && wins(weight, pair.a, pair.b) {
                chance.push(weight);
            }
        });
    }
    chance.sort_by(|a, b| b.total_cmp(a));
    let winners: Vec<f64> = likely.iter().filter(|(w, a, b)| wins(*w, *a, *b)).map(|(w, ..)| *w).collect();
    let (mut doubt, mut passed) = (0.0, 0);
    let mut best = (f64::INFINITY, 0.0);
    for (i, weight) in winners.iter().enumerate() {
        let posterior = model.posterior(*weight);
        if posterior < 0.5 {
            break;
        }
        doubt += 1.0 - posterior;
        while passed < chance.len() && chance[passed] >= *weight {
            passed += 1;
        }
        let by_chance = passed as f64 / SHIFTS.len() as f64;
        let expected = doubt.max(by_chance) / (i + 1) as f64;
        // Equal weights are linked together or not at all.
        let last_of_its_weight = winners.get(i + 1).is_none_or(|next| next < weight);
        if expected <= rate && last_of_its_weight {
            best = (*weight, expected);
        }
    }
    best
}

/// Who tells: a source by its name, which two jurisdictions may both have given.
fn sender(sighting: &Sighting) -> (&str, &str) {
    (sighting.source.as_str(), sighting.jurisdiction.as_str())
}

fn incident(group: groups::Joined, all: &[&Sighting]) -> (u32, Group) {
    let mut members = group.members;
    members.sort_unstable();
    let sources: BTreeSet<(&str, &str)> = members.iter().map(|i| sender(all[*i as usize])).collect();
    let first = all[members[0] as usize].id;
    let group = Group {
        id: incident_of(first),
        events: members.iter().map(|i| all[*i as usize].id).collect(),
        sources: sources.len() as u32,
        score: group.weakest,
    };
    (members[0], group)
}

/// The id of the incident whose earliest event this is.
pub fn incident_of(first: EventId) -> IncidentId {
    IncidentId::derived(&[&first.to_string()])
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
