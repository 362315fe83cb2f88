use chrono::{DateTime, Duration};

use super::*;
use crate::{
    domain::{
        alert::Tier,
        area::Area,
        event::{EventKind, NaloxoneGiven, Outcome},
        ids::{EventId, RuleId, SourceId},
        place::{Point, Precision},
        rule::RulePlaces,
        time::Zone,
    },
    nowcast::Moment,
    stats::{CountDistribution, Random},
};

const DAYS: i32 = 500;

fn area_id(n: usize) -> AreaId {
    AreaId::new(&format!("c{n}")).unwrap()
}

fn tree(counties: usize) -> AreaTree {
    let areas: Vec<Area> = (0..counties)
        .map(|n| Area {
            id: area_id(n),
            parent: None,
            kind: AreaKind::County,
            name: format!("County {n}"),
            centre: Point::new(44.0, -69.0).unwrap(),
            bbox: [-70.0, 43.0, -68.0, 45.0],
            population: None,
            population_year: None,
        })
        .collect();
    AreaTree::new(&areas)
}

fn days() -> DayRange {
    DayRange::ending(Day::from_epoch_days(20_000), DAYS)
}

/// An overdose at noon, received at once.
fn fact(n: usize, area: usize, day: Day, outcome: Outcome) -> EventFact {
    let at = DateTime::UNIX_EPOCH + Duration::days(i64::from(day.epoch_days())) + Duration::hours(12);
    EventFact {
        id: EventId(uuid::Uuid::from_u128(n as u128)),
        source: SourceId::new("ems").unwrap(),
        kind: EventKind::Overdose,
        occurred_at: at,
        received_at: at,
        event_day: day,
        outcome,
        naloxone: NaloxoneGiven::Unknown,
        quantity: 1,
        precision: Precision::Place,
        cell: None,
        area: Some(area_id(area)),
        incident: None,
    }
}

/// Flat counties of so many a day, and what is added on top.
fn world(counties: usize, rate: f64, seed: u64, more: &[(usize, i32, u32, Outcome)]) -> Vec<EventFact> {
    let mut random = Random::seeded(seed);
    let day_count = CountDistribution::poisson(rate);
    let mut facts = Vec::new();
    for area in 0..counties {
        for day in days().days() {
            for _ in 0..day_count.sample(&mut random) {
                facts.push(fact(facts.len(), area, day, Outcome::Nonfatal));
            }
        }
    }
    for &(area, back, count, outcome) in more {
        for _ in 0..count {
            facts.push(fact(facts.len(), area, days().to - back, outcome));
        }
    }
    facts
}

fn rule(id: &str, measure: CaseMeasure, per_year: f64) -> AlertRule {
    AlertRule {
        id: RuleId::new(id).unwrap(),
        name: id.into(),
        places: RulePlaces::EachOf { kind: AreaKind::County },
        measure,
        tier: Tier::Alert,
        false_alerts_per_year: per_year,
        enabled: true,
        changed_at: None,
        changed_by: String::new(),
    }
}

/// The end of the last day, with nothing late.
fn with_ground<T>(facts: &[EventFact], counties: usize, ask: impl Fn(&AreaGround) -> T) -> T {
    let now = DateTime::UNIX_EPOCH + Duration::days(i64::from(days().to.epoch_days()) + 1);
    let zone: Zone = "UTC".parse().unwrap();
    let feeds = Feeds::learn(facts, Moment { today: days().to, now, zone }, &[].into());
    let tree = tree(counties);
    ask(&AreaGround { facts, days: days(), silent: &[], tree: &tree, feeds: &feeds })
}

#[test]
fn a_rise_in_one_county_speaks_there_and_nowhere_else() {
    let facts = world(6, 0.5, 1, &[(2, 1, 4, Outcome::Nonfatal), (2, 0, 5, Outcome::Nonfatal)]);
    let rules = [rule("r", CaseMeasure::Overdoses, 1.0)];
    let loud: Vec<(String, Day, u32)> = with_ground(&facts, 6, |ground| {
        let judged = ground.judge(&rules);
        assert_eq!(judged.len(), 12, "six counties on two days");
        let loud = judged.iter().filter(|j| j.speaks(rules[0].recurrence_days()));
        loud.map(|j| (j.area.to_string(), j.day, j.found.observed)).collect()
    });
    assert!(loud.iter().all(|(area, ..)| area == "c2"), "{loud:?}");
    assert!(loud.iter().any(|(_, day, n)| *day == days().to && *n >= 9), "{loud:?}");
}

#[test]
fn a_rule_of_deaths_counts_deaths_only() {
    let facts =
        world(3, 1.0, 2, &[(1, 200, 1, Outcome::Fatal), (1, 1, 2, Outcome::Fatal), (1, 0, 2, Outcome::SuspectedFatal)]);
    let rules =
        [rule("deaths", CaseMeasure::FatalOverdoses, 1.0), rule("naloxone", CaseMeasure::RepeatedNaloxone, 1.0)];
    with_ground(&facts, 3, |ground| {
        let judged = ground.judge(&rules);
        let deaths = judged
            .iter()
            .find(|j| j.measure == CaseMeasure::FatalOverdoses && j.area == area_id(1) && j.day == days().to);
        let deaths = deaths.unwrap();
        assert_eq!((deaths.found.observed, deaths.speaks(365.25)), (4, true), "{:?}", deaths.found);
        assert!((deaths.recurrence_days * UNDER_WAY - deaths.found.recurrence_days).abs() < 1e-9);
        assert!(judged.iter().all(|j| j.measure != CaseMeasure::RepeatedNaloxone || !j.speaks(1.0)));
    });
}

#[test]
fn a_rule_that_is_off_judges_nothing() {
    let facts = world(2, 1.0, 3, &[]);
    let off = AlertRule { enabled: false, ..rule("r", CaseMeasure::Overdoses, 1.0) };
    with_ground(&facts, 2, |ground| {
        assert!(ground.judge(std::slice::from_ref(&off)).is_empty());
        assert!(ground.standings(std::slice::from_ref(&off)).is_empty());
    });
}

#[test]
fn what_an_area_can_see_grows_with_its_budget_and_what_it_would_have_begun_is_near_it() {
    let facts = world(16, 1.0, 4, &[]);
    let (strict, loud) = (rule("a", CaseMeasure::Overdoses, 1.0), rule("b", CaseMeasure::Overdoses, 6.0));
    let standings = with_ground(&facts, 16, |ground| ground.standings(&[strict.clone(), loud.clone()]));
    assert_eq!(standings.len(), 32);
    let (a, b) = standings.split_at(16);
    for (a, b) in a.iter().zip(b) {
        assert_eq!((&a.area, a.reason.as_str()), (&b.area, ""));
        assert!(b.sees_double >= a.sees_double && b.sees_extra <= a.sees_extra, "{a:?} {b:?}");
        assert!(a.usual_per_day.is_some_and(|u| (0.6..1.6).contains(&u)), "{a:?}");
        assert!(a.sees_triple > a.sees_double);
    }
    // Sixteen years or nearly: 6 a year are 92 to expect, with a standard error of about 10.
    let years: f64 = b.iter().map(|s| f64::from(s.days_judged)).sum::<f64>() / 365.25;
    let begun: u32 = b.iter().filter_map(|s| s.would_have_begun).sum();
    assert!((f64::from(begun) - 6.0 * years).abs() < 4.0 * (6.0 * years).sqrt(), "{begun} in {years} years");
}

#[test]
fn an_area_without_history_says_why_it_is_not_judged() {
    let facts: Vec<EventFact> = (0..5).map(|n| fact(n, 0, days().to, Outcome::Unknown)).collect();
    let short = DayRange::ending(days().to, 30);
    let now = DateTime::UNIX_EPOCH + Duration::days(i64::from(days().to.epoch_days()) + 1);
    let feeds = Feeds::learn(&facts, Moment { today: days().to, now, zone: "UTC".parse().unwrap() }, &[].into());
    let tree = tree(1);
    let ground = AreaGround { facts: &facts, days: short, silent: &[], tree: &tree, feeds: &feeds };
    let standings = ground.standings(&[rule("r", CaseMeasure::Overdoses, 1.0)]);
    assert_eq!(standings[0].reason, "needs 56 days with data that end 27 days earlier");
    assert_eq!((standings[0].sees_double, standings[0].would_have_begun), (None, None));
}
