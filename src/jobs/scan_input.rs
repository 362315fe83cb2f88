//! What the scan looks at: cases by cell, day and feed.
//!
//! The permutation model compares a place's share of the cases of a day with its share of all days, so a feed
//! that begins, or falls silent, in some of the places makes a cluster of those places (or of all others). Feeds
//! whose flow is steady over the study period are scanned together. Each feed whose flow is not is a stratum of
//! its own (a covariate of Kulldorff et al. 2005): its cases are compared with its own days, on which it began
//! late or was silent everywhere, and so only with where its cases fell. A feed whose newest days are always late is
//! steady: a day on which little would be known by now is no silence.

use std::collections::BTreeMap;

use super::derive::lateness;
use crate::{
    cells::{counted_once, neighbours},
    detect::scan::{Location, ScanCase, ScanInput, ScanPlace},
    domain::{
        event::EventFact,
        ids::SourceId,
        place::{Cell, Resolution},
        time::{Day, DayRange},
    },
    nowcast::{self, Feeds},
};

/// A feed that chance would let begin this late less often than this began late.
const LEVEL: f64 = 1e-4;

/// The input of a scan and what its numbers stand for.
pub(super) struct Scanned {
    /// By position of a place.
    pub cells: Vec<Cell>,
    pub input: ScanInput,
    /// Feeds that are compared with themselves only.
    pub unsteady: Vec<SourceId>,
}

impl Scanned {
    /// With the cells around those that had cases, so that a connected zone may pass over a cell without one.
    pub fn with_cells_between(mut self) -> Self {
        let around = self.cells.iter().flat_map(|c| neighbours(*c));
        let mut cells: Vec<Cell> = self.cells.iter().copied().chain(around).collect();
        cells.sort_unstable();
        cells.dedup();
        for case in &mut self.input.cases {
            case.place = cells.partition_point(|c| *c < self.cells[case.place]);
        }
        self.input.places = places(&cells);
        Self { cells, ..self }
    }
}

fn places(cells: &[Cell]) -> Vec<ScanPlace> {
    cells.iter().map(|c| ScanPlace { id: c.to_string(), location: Location::Geographic(c.centre()) }).collect()
}

/// Cases of the study period, with the feeds judged by `facts` of the whole history. With `max_delay` days above
/// 0, cases that came in later than that are left out: those of long ago had years to arrive, the newest had not.
pub(super) fn scanned(
    facts: &[EventFact],
    history: DayRange,
    study: DayRange,
    silent: &[Day],
    feeds: &Feeds,
    resolution: Resolution,
    max_delay: u32,
) -> Scanned {
    let unsteady = unsteady(facts, history, study, feeds);
    let mut counts: BTreeMap<(Cell, Day, u32), u32> = BTreeMap::new();
    for fact in counted_once(facts, study) {
        let delay = fact.received_at - fact.occurred_at;
        if max_delay > 0 && delay.num_days() > i64::from(max_delay) {
            continue;
        }
        let Some(cell) = fact.cell.and_then(|c| c.parent(resolution)) else { continue };
        let stratum = unsteady.iter().position(|s| *s == fact.source).map_or(0, |i| i as u32 + 1);
        *counts.entry((cell, fact.event_day, stratum)).or_default() += 1;
    }
    let mut cells: Vec<Cell> = counts.keys().map(|(cell, ..)| *cell).collect();
    cells.dedup();
    let mut cases = Vec::with_capacity(counts.len());
    let mut place = 0;
    for ((cell, day, covariate), count) in counts {
        while cells[place] != cell {
            place += 1;
        }
        cases.push(ScanCase { place, day, count, covariate });
    }
    let silent = silent.iter().copied().filter(|d| study.contains(*d)).collect();
    let input = ScanInput { silent, ..ScanInput::of_cases(places(&cells), cases, study) };
    Scanned { cells, input, unsteady }
}

/// Feeds that began within the study period, or were silent on some of its days, each by its own rhythm.
fn unsteady(facts: &[EventFact], history: DayRange, study: DayRange, feeds: &Feeds) -> Vec<SourceId> {
    let mut by_source: BTreeMap<&SourceId, Vec<u32>> = BTreeMap::new();
    for fact in facts {
        if let Some(i) = history.index(fact.event_day) {
            by_source.entry(&fact.source).or_insert_with(|| vec![0; history.len()])[i] += 1;
        }
    }
    // With one feed there is nothing to compare it with: its silent days are left out altogether.
    if by_source.len() < 2 {
        return Vec::new();
    }
    let changed = |source: &SourceId, counts: &[u32]| {
        let Some(first) = counts.iter().position(|n| *n > 0) else { return false };
        let mean = counts.iter().map(|n| f64::from(*n)).sum::<f64>() / (counts.len() - first) as f64;
        let waited = (history.from + first as i32) - study.from;
        let began_late = waited > 0 && (-mean * f64::from(waited)).exp() < LEVEL;
        began_late
            || nowcast::silent_days(counts, &lateness(feeds, source, history), history)
                .iter()
                .any(|d| study.contains(*d))
    };
    by_source.into_iter().filter(|(source, counts)| changed(source, counts)).map(|(source, _)| source.clone()).collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::{
        detect::scan::{LongestWindow, ScanOptions, scan},
        domain::{
            event::{EventKind, NaloxoneGiven, Outcome},
            ids::EventId,
            place::{Point, Precision},
        },
        stats::Random,
    };

    const H3: Resolution = Resolution::Eight;

    fn study() -> DayRange {
        DayRange::ending(Day::from_epoch_days(20_000), 90)
    }

    /// Sixty places; a feed sends `rate` events a day from `of` of them, on the days that `sends` says.
    fn feed(name: &str, of: std::ops::Range<u64>, rate: u32, sends: impl Fn(i32) -> bool, seed: u64) -> Vec<EventFact> {
        let mut random = Random::seeded(seed);
        let mut facts = Vec::new();
        for (n, day) in study().days().enumerate().filter(|(n, _)| sends(*n as i32)) {
            for k in 0..rate {
                let place = of.start + u64::from(random.below((of.end - of.start) as u32));
                let point = Point::new(44.0 + 0.02 * (place / 8) as f64, -70.0 + 0.03 * (place % 8) as f64).unwrap();
                facts.push(EventFact {
                    id: EventId::derived(&[name, &n.to_string(), &k.to_string()]),
                    source: name.parse().unwrap(),
                    kind: EventKind::Overdose,
                    occurred_at: DateTime::UNIX_EPOCH,
                    received_at: DateTime::UNIX_EPOCH,
                    event_day: day,
                    outcome: Outcome::Unknown,
                    naloxone: NaloxoneGiven::Unknown,
                    quantity: 1,
                    precision: Precision::Rooftop,
                    cell: Some(point.cell(H3)),
                    area: None,
                    incident: None,
                });
            }
        }
        facts
    }

    /// Delays as they are learnt at the end of the study period.
    fn feeds_of(facts: &[EventFact]) -> Feeds {
        let moment = nowcast::Moment {
            today: study().to,
            now: (study().to + 1).starts_at(crate::domain::time::Zone::UTC),
            zone: crate::domain::time::Zone::UTC,
        };
        Feeds::learn(facts, moment, &BTreeMap::new())
    }

    fn least_p(facts: &[EventFact], strata: bool) -> f64 {
        let mut scanned = scanned(facts, study(), study(), &[], &feeds_of(facts), H3, 0);
        if !strata {
            scanned.input.cases.iter_mut().for_each(|c| c.covariate = 0);
        }
        let options =
            ScanOptions { longest: LongestWindow::Days(14), replications: 199, seed: 5, ..ScanOptions::default() };
        scan(&scanned.input, &options).unwrap().clusters.first().map_or(1.0, |c| c.p_value)
    }

    #[test]
    fn a_feed_that_begins_is_no_cluster() {
        let mut facts = feed("ems", 0..60, 12, |_| true, 1);
        facts.extend(feed("police", 0..6, 4, |day| day >= 80, 2));
        assert!(least_p(&facts, false) < 0.01, "unstratified, the new feed is a cluster: the case is a fair one");
        assert!(least_p(&facts, true) > 0.05, "{}", least_p(&facts, true));
        assert_eq!(
            scanned(&facts, study(), study(), &[], &feeds_of(&facts), H3, 0).unsteady,
            ["police".parse().unwrap()]
        );
    }

    #[test]
    fn a_feed_that_falls_silent_makes_no_cluster_of_the_others() {
        let mut facts = feed("ems", 0..30, 8, |_| true, 3);
        facts.extend(feed("police", 30..60, 8, |day| day < 82, 4));
        assert!(least_p(&facts, false) < 0.01, "unstratified, the silence is a cluster: the case is a fair one");
        assert!(least_p(&facts, true) > 0.05, "{}", least_p(&facts, true));
    }

    #[test]
    fn an_outbreak_in_a_new_feed_is_still_seen() {
        let mut facts = feed("ems", 0..60, 12, |_| true, 1);
        facts.extend(feed("police", 0..60, 6, |day| day >= 60, 2));
        facts.extend(feed("police", 20..22, 7, |day| day >= 87, 6));
        assert!(least_p(&facts, true) < 0.01);
    }

    #[test]
    fn late_reports_are_left_out_by_whole_days() {
        let mut facts = feed("ems", 0..60, 1, |day| day < 4, 1);
        for (fact, hours) in facts.iter_mut().zip([0, 71, 72, 500]) {
            fact.received_at = fact.occurred_at + chrono::Duration::hours(hours);
        }
        let of = |max| scanned(&facts, study(), study(), &[], &feeds_of(&facts), H3, max).input.cases.len();
        assert_eq!([of(0), of(1), of(2), of(3)], [4, 1, 2, 3]);
    }

    #[test]
    fn a_connected_zone_may_pass_over_a_cell_without_cases() {
        let facts = feed("ems", 0..60, 12, |_| true, 1);
        let found = scanned(&facts, study(), study(), &[], &feeds_of(&facts), H3, 0);
        let own = found.cells.clone();
        let where_and_when =
            |s: &Scanned| -> Vec<(Cell, Day)> { s.input.cases.iter().map(|c| (s.cells[c.place], c.day)).collect() };
        let before = where_and_when(&found);
        let wider = found.with_cells_between();
        assert_eq!(where_and_when(&wider), before);
        let named: Vec<String> = wider.input.places.iter().map(|p| p.id.clone()).collect();
        assert_eq!(named, wider.cells.iter().map(Cell::to_string).collect::<Vec<_>>());
        let around = own.iter().flat_map(|c| neighbours(*c));
        assert!(
            around.clone().all(|c| wider.cells.contains(&c)) && around.count() > 0 && wider.cells.len() > own.len()
        );
    }

    #[test]
    fn steady_feeds_and_a_single_one_are_scanned_together() {
        let mut facts = feed("ems", 0..60, 12, |_| true, 1);
        facts.extend(feed("police", 0..60, 3, |_| true, 2));
        assert_eq!(scanned(&facts, study(), study(), &[], &feeds_of(&facts), H3, 0).unsteady, []);
        let alone = feed("ems", 0..60, 12, |day| day > 40, 1);
        let only = scanned(&alone, study(), study(), &[], &feeds_of(&alone), H3, 0);
        assert_eq!(only.unsteady, []);
        assert_eq!(only.input.cases.iter().map(|c| c.count).sum::<u32>(), 12 * 49);
    }
}
