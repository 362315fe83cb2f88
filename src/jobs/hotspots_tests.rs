use chrono::DateTime;

use super::*;
use crate::{
    domain::{
        event::{NaloxoneGiven, Outcome},
        ids::EventId,
        place::{Point, Precision},
    },
    stats::{CountDistribution, Random},
};

/// A Wednesday, 40 weeks and 3 days after the Sunday on which the events begin.
const TODAY: &str = "2025-10-08";
const FIRST: &str = "2025-01-01";

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn fact(point: Point, at: Day, n: usize) -> EventFact {
    EventFact {
        id: EventId::derived(&[&at.to_string(), &n.to_string(), &point.lat().to_string(), &point.lon().to_string()]),
        source: "ems".parse().unwrap(),
        kind: EventKind::Overdose,
        occurred_at: DateTime::UNIX_EPOCH,
        received_at: DateTime::UNIX_EPOCH,
        event_day: at,
        outcome: Outcome::Unknown,
        naloxone: NaloxoneGiven::Unknown,
        quantity: 1,
        precision: Precision::Rooftop,
        cell: Some(point.cell(Resolution::Eight)),
        area: None,
        incident: None,
    }
}

fn place(i: usize) -> Point {
    Point::new(44.0 + 0.03 * (i / 8) as f64, -70.0 + 0.04 * (i % 8) as f64).unwrap()
}

/// Each of 64 places about 3 km apart sees so many events a day.
fn world(rate: f64) -> Vec<EventFact> {
    let usual = CountDistribution::poisson(rate);
    let mut random = Random::seeded(7);
    let mut facts = Vec::new();
    for at in (DayRange { from: day(FIRST), to: day(TODAY) }).days() {
        for i in 0..64 {
            facts.extend((0..usual.sample(&mut random)).map(|n| fact(place(i), at, n as usize)));
        }
    }
    facts
}

fn input<'a>(facts: &'a [EventFact], silent: &'a [Day], completeness: &'a [f64]) -> Weeks<'a> {
    Weeks {
        facts,
        days: DayRange { from: day(FIRST), to: day(TODAY) },
        silent,
        completeness,
        resolution: Resolution::Eight,
        min_cases: 3,
        run: RunId::derived(&["run"]),
    }
}

fn found(facts: &[EventFact], silent: &[Day], completeness: &[f64]) -> HotspotMap {
    hotspots(&input(facts, silent, completeness)).unwrap().unwrap()
}

fn at(map: &HotspotMap, point: Point, resolution: Resolution) -> Hotspot {
    map.cells.iter().find(|h| h.cell == point.cell(resolution)).unwrap().clone()
}

#[test]
fn only_whole_weeks_before_todays_are_looked_at() {
    let map = found(&world(0.2), &[], &[]);
    // 1 January 2025 is a Wednesday: the first whole week begins on the 5th; today's began on 5 October.
    assert_eq!(map.summary.weeks, DayRange { from: day("2025-01-05"), to: day("2025-10-04") });
    assert_eq!((map.summary.silent_weeks, map.summary.late_weeks), (0, 0));
    assert!(map.cells.iter().all(|h| h.recent.len() == 26));
}

#[test]
fn weeks_of_which_many_reports_are_still_to_come_are_left_out() {
    // Of each day's events half are known after ten days, all of them after that.
    let map = found(&world(0.2), &[], &[0.5; 10]);
    assert_eq!((map.summary.weeks.to, map.summary.late_weeks), (day("2025-09-27"), 1));
}

#[test]
fn a_week_with_a_silent_day_is_no_data() {
    let silent = [day("2025-09-30")];
    let map = found(&world(0.2), &silent, &[]);
    assert_eq!(map.summary.silent_weeks, 1);
    assert!(map.cells.iter().all(|h| h.recent.ends_with('?') && h.recent.matches('?').count() == 1));
    assert!(map.cells.iter().all(|h| h.z.is_finite()), "the week before speaks for it");
}

#[test]
fn with_fewer_than_ten_weeks_nothing_is_said() {
    let facts = world(0.2);
    let late = Weeks { days: DayRange { from: day("2025-07-29"), to: day(TODAY) }, ..input(&facts, &[], &[]) };
    assert!(hotspots(&late).unwrap().is_none());
    let enough = Weeks { days: DayRange { from: day("2025-07-27"), to: day(TODAY) }, ..input(&facts, &[], &[]) };
    assert!(hotspots(&enough).unwrap().is_some());
}

#[test]
fn a_flare_is_new_and_then_consecutive_and_says_since_when() {
    let mut facts = world(0.1);
    let here = place(20);
    facts.extend((0..9).map(|n| fact(here, day("2025-10-01"), 100 + n)));
    let one_week = at(&found(&facts, &[], &[]), here, Resolution::Seven);
    assert_eq!(one_week.category, Some(HotspotCategory::NewHot));
    assert_eq!((one_week.previous, one_week.since), (Some(HotspotCategory::NoPattern), Some(day("2025-09-28"))));
    assert!(one_week.recent.ends_with(".h") && one_week.weeks_hot == 1, "{one_week:?}");
    facts.extend((0..9).map(|n| fact(here, day("2025-09-24"), 100 + n)));
    let two_weeks = at(&found(&facts, &[], &[]), here, Resolution::Seven);
    assert_eq!(two_weeks.category, Some(HotspotCategory::ConsecutiveHot));
    assert_eq!((two_weeks.previous, two_weeks.since), (Some(HotspotCategory::NewHot), Some(day("2025-09-28"))));
}

#[test]
fn what_happens_today_changes_nothing() {
    let mut facts = world(0.1);
    let before = found(&facts, &[], &[]);
    facts.extend((0..30).map(|n| fact(place(20), day(TODAY), 100 + n)));
    assert_eq!(found(&facts, &[], &[]), before);
}

#[test]
fn the_finest_resolution_is_shown_at_which_half_of_the_events_are_told_of() {
    // 0.02 a day are 5 in 39 weeks: too few for a cell and its neighbours until several places share them.
    let sparse = found(&world(0.02), &[], &[]).summary;
    let dense = found(&world(0.2), &[], &[]).summary;
    assert_eq!(dense.resolution, 8);
    assert!(sparse.resolution < 8, "{sparse:?}");
    for summary in [&sparse, &dense] {
        let told = |r: u8| summary.levels.iter().find(|l| l.resolution == r).map(|l| l.told);
        assert!(told(summary.resolution).unwrap() >= TOLD);
        assert!(told(summary.resolution + 1).is_none_or(|told| told < TOLD), "{summary:?}");
    }
}

#[test]
fn a_cell_of_few_events_without_a_pattern_gets_none_said() {
    let map = found(&world(0.02), &[], &[]);
    let few = map.cells.iter().filter(|h| h.category.is_none()).collect::<Vec<_>>();
    assert!(!few.is_empty() && few.iter().all(|h| h.nearby_events < NEEDED && h.since.is_none()));
    assert!(map.cells.iter().all(|h| h.category != Some(HotspotCategory::NoPattern) || h.nearby_events >= NEEDED));
}

#[test]
fn the_same_facts_in_another_order_give_the_same_map() {
    let mut facts = world(0.1);
    let map = found(&facts, &[], &[]);
    Random::seeded(3).shuffle(&mut facts);
    assert_eq!(found(&facts, &[], &[]), map);
}
