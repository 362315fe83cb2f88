//! Events of several sources → one incident, with how many sources told of it.
//!
//! An ambulance run, an emergency-department visit and a police report may be one overdose. Counting them
//! three times overstates a place; throwing all but one away loses what each knows. So events are linked
//! and keep standing side by side.
//!
//! The first form follows the deterministic–probabilistic compromise of record linkage (Fellegi and Sunter
//! 1969) with the two fields every feed has, time and place: two events *may* be one when they are of one
//! kind, from different sources, no more than two hours apart, and no farther from each other than their
//! uncertainties together (at least 150 m). What may be one is scored, the best pairs are joined first,
//! and a group never holds two events of one source nor a pair that may not be one. Limits: two people at
//! one address within two hours, each seen by one source only, become one incident; a report that gives
//! only the day is never linked, because a day in a town says too little.
//!
//! To add a field (age group, outcome): a factor in `score`, never a new rule of exclusion without a test
//! of what it would part.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};

use crate::domain::{
    event::{Event, EventKind, TimePrecision},
    ids::{EventId, IncidentId, SourceId},
    place::Point,
};

/// What linking reads of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    pub id: EventId,
    pub source: SourceId,
    pub kind: EventKind,
    pub occurred_at: DateTime<Utc>,
    pub time_precision: TimePrecision,
    pub point: Option<Point>,
    /// Radius in metres that holds the true place about nine times in ten.
    pub uncertainty_m: Option<f64>,
}

impl From<&Event> for Sighting {
    fn from(event: &Event) -> Self {
        Self {
            id: event.id,
            source: event.source.clone(),
            kind: event.kind,
            occurred_at: event.occurred_at,
            time_precision: event.time_precision,
            point: event.location.point,
            uncertainty_m: event.location.uncertainty_m,
        }
    }
}

/// When two events may be one.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkOptions {
    pub max_gap: Duration,
    /// Points closer than this may be one whatever their uncertainties.
    pub min_radius_m: f64,
    /// Points farther apart than this are two however uncertain they are.
    pub max_radius_m: f64,
    /// Pairs that score less, from 0 to 1, stay apart.
    pub min_score: f64,
}

impl Default for LinkOptions {
    fn default() -> Self {
        Self { max_gap: Duration::hours(2), min_radius_m: 150.0, max_radius_m: 10_000.0, min_score: 0.1 }
    }
}

/// How many sources tell of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Corroboration {
    Two,
    ThreeOrMore,
}

/// Events that are one occurrence.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// A function of the earliest event, so that it stays when later reports join.
    pub id: IncidentId,
    /// By time, then id; two or more, each of another source.
    pub events: Vec<EventId>,
    pub corroboration: Corroboration,
    /// The weakest of the links that hold it together, 0 to 1.
    pub score: f64,
}

/// Link events. The order of the input does not matter; events that stand alone are not in the answer.
pub fn link(sightings: &[Sighting], options: &LinkOptions) -> Vec<Incident> {
    let mut all: Vec<&Sighting> = sightings
        .iter()
        .filter(|s| s.point.is_some() && s.uncertainty_m.is_some() && s.time_precision == TimePrecision::Instant)
        .collect();
    all.sort_by_key(|s| (s.occurred_at, s.id));
    all.dedup_by_key(|s| s.id);
    let mut pairs = candidate_pairs(&all, options);
    pairs.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| (a.0, a.1).cmp(&(b.0, b.1))));
    let mut groups = Groups::new(all.len());
    for (a, b, score) in pairs {
        groups.join(a, b, score, &all, options);
    }
    groups.into_incidents(&all)
}

/// How likely two events are one, 0 to 1; `None` when they may not be.
fn score(a: &Sighting, b: &Sighting, options: &LinkOptions) -> Option<f64> {
    if a.kind != b.kind || a.source == b.source {
        return None;
    }
    let gap = (a.occurred_at - b.occurred_at).abs();
    let apart_m = a.point?.distance_km(b.point?) * 1000.0;
    let reach = (a.uncertainty_m? + b.uncertainty_m?).clamp(options.min_radius_m, options.max_radius_m);
    if gap > options.max_gap || apart_m > reach {
        return None;
    }
    let near_in_time = 1.0 - gap.num_seconds() as f64 / (options.max_gap.num_seconds().max(1) as f64 + 1.0);
    let near_in_space = 1.0 - 0.5 * apart_m / reach;
    // Agreement within a town is weaker evidence than agreement within a crossing.
    let exact = (options.min_radius_m / reach).powf(0.25);
    let total = near_in_time * near_in_space * exact;
    (total >= options.min_score).then_some(total)
}

fn candidate_pairs(all: &[&Sighting], options: &LinkOptions) -> Vec<(usize, usize, f64)> {
    let mut pairs = Vec::new();
    for (i, a) in all.iter().enumerate() {
        let later = all[i + 1..].iter().take_while(|b| b.occurred_at - a.occurred_at <= options.max_gap);
        pairs.extend(later.enumerate().filter_map(|(n, b)| Some((i, i + 1 + n, score(a, b, options)?))));
    }
    pairs
}

/// Disjoint groups of positions.
struct Groups {
    group_of: Vec<usize>,
    members: BTreeMap<usize, (Vec<usize>, f64)>,
}

impl Groups {
    fn new(n: usize) -> Self {
        Self { group_of: (0..n).collect(), members: (0..n).map(|i| (i, (vec![i], 1.0))).collect() }
    }

    /// Join two groups if everyone in the one may be everyone in the other.
    fn join(&mut self, a: usize, b: usize, score: f64, all: &[&Sighting], options: &LinkOptions) {
        let (ga, gb) = (self.group_of[a], self.group_of[b]);
        if ga == gb {
            return;
        }
        let (left, right) = (&self.members[&ga], &self.members[&gb]);
        let fits = left.0.iter().all(|i| right.0.iter().all(|j| self::score(all[*i], all[*j], options).is_some()));
        if !fits {
            return;
        }
        let Some((moved, weakest)) = self.members.remove(&gb) else { return };
        for i in &moved {
            self.group_of[*i] = ga;
        }
        if let Some(kept) = self.members.get_mut(&ga) {
            kept.0.extend(moved);
            kept.1 = kept.1.min(weakest).min(score);
        }
    }

    fn into_incidents(self, all: &[&Sighting]) -> Vec<Incident> {
        let mut incidents: Vec<(usize, Incident)> = Vec::new();
        for (mut members, score) in self.members.into_values().filter(|(m, _)| m.len() > 1) {
            members.sort_unstable();
            let sources: BTreeSet<&str> = members.iter().map(|i| all[*i].source.as_str()).collect();
            let first = all[members[0]].id;
            let incident = Incident {
                id: IncidentId::derived(&[&first.to_string()]),
                events: members.iter().map(|i| all[*i].id).collect(),
                corroboration: if sources.len() > 2 { Corroboration::ThreeOrMore } else { Corroboration::Two },
                score,
            };
            incidents.push((members[0], incident));
        }
        incidents.sort_by_key(|(first, _)| *first);
        incidents.into_iter().map(|(_, i)| i).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(n: u128, source: &str, minute: i64, metres_north: f64, uncertainty_m: f64) -> Sighting {
        Sighting {
            id: EventId(uuid::Uuid::from_u128(n)),
            source: SourceId::new(source).unwrap(),
            kind: EventKind::Overdose,
            occurred_at: DateTime::from_timestamp(1_700_000_000 + minute * 60, 0).unwrap(),
            time_precision: TimePrecision::Instant,
            point: Some(Point::new(44.8 + metres_north / 111_195.0, -68.77).unwrap()),
            uncertainty_m: Some(uncertainty_m),
        }
    }

    fn groups(all: &[Sighting]) -> Vec<Vec<u128>> {
        let ids = |i: Incident| i.events.iter().map(|e| e.0.as_u128()).collect();
        link(all, &LinkOptions::default()).into_iter().map(ids).collect()
    }

    #[test]
    fn an_ambulance_and_a_police_report_of_one_overdose_are_one_incident() {
        let all = [at(1, "ems", 0, 0.0, 50.0), at(2, "police", 12, 80.0, 50.0), at(3, "ed", 50, 2_000.0, 6_000.0)];
        let found = link(&all, &LinkOptions::default());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].corroboration, Corroboration::ThreeOrMore);
        assert_eq!(link(&all[..2], &LinkOptions::default())[0].id, found[0].id);
        assert_eq!(link(&all[..2], &LinkOptions::default())[0].corroboration, Corroboration::Two);
    }

    #[test]
    fn what_may_not_be_one_stays_apart() {
        let base = at(1, "ems", 0, 0.0, 50.0);
        for other in [
            at(2, "police", 121, 0.0, 50.0),
            at(2, "police", 0, 151.0, 50.0),
            at(2, "ems", 0, 0.0, 50.0),
            Sighting { kind: EventKind::Naloxone, ..at(2, "police", 0, 0.0, 50.0) },
            Sighting { time_precision: TimePrecision::Day, ..at(2, "police", 0, 0.0, 50.0) },
            Sighting { point: None, ..at(2, "police", 0, 0.0, 50.0) },
        ] {
            assert!(groups(&[base.clone(), other.clone()]).is_empty(), "{other:?}");
        }
        assert_eq!(groups(&[base.clone(), at(2, "police", 120, 149.0, 50.0)]), Vec::<Vec<u128>>::new(), "too weak");
        assert_eq!(groups(&[base, at(2, "police", 60, 149.0, 50.0)]), [[1, 2]]);
    }

    #[test]
    fn of_two_that_would_do_the_better_is_taken() {
        let all = [at(1, "ems", 0, 0.0, 50.0), at(2, "ems", 30, 0.0, 50.0), at(3, "police", 28, 10.0, 50.0)];
        assert_eq!(groups(&all), [[2, 3]]);
    }

    proptest! {
        #[test]
        fn the_order_of_the_reports_does_not_matter(
            rows in proptest::collection::vec((0usize..3, 0i64..300, 0.0f64..500.0), 0..25), rotate in 0usize..25
        ) {
            let sources = ["ems", "police", "ed"];
            let mut all: Vec<Sighting> = rows.iter().enumerate()
                .map(|(i, (s, minute, north))| at(i as u128, sources[*s], *minute, *north, 100.0)).collect();
            let straight = link(&all, &LinkOptions::default());
            let by = rotate.min(all.len());
            all.rotate_left(by);
            prop_assert_eq!(&straight, &link(&all, &LinkOptions::default()));
            for incident in &straight {
                let mut seen: Vec<_> = all.iter().filter(|s| incident.events.contains(&s.id)).map(|s| &s.source).collect();
                seen.sort();
                seen.dedup();
                prop_assert_eq!(seen.len(), incident.events.len());
            }
        }
    }
}
