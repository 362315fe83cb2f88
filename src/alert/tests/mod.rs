//! The life of an alert: what raises it, what keeps it one, what makes it heard again, what ends it.

mod any_order;
mod life;
mod together;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::*;
use crate::domain::{
    alert::{
        Alert, AlertOutcome, AlertState, DecideError, Decision, DecisionKind, DismissReason, DismissedFor, News,
        RuleRecord, Tier,
    },
    area::{Area, AreaKind},
    course::Turn,
    event::EventKind,
    ids::{AlertId, AreaId, JurisdictionId, RunId, SignalId},
    language::Language,
    place::{Cell, FINEST_SHARED, Point},
    rule::CaseMeasure,
    signal::{Method, Signal, SignalScope},
    time::{Day, DayRange},
};

const TODAY: i32 = 20_000;

/// A row of neighbouring cells, about 1 km apart.
fn cell(n: i32) -> Cell {
    Point::new(44.8, -68.8 + 0.013 * f64::from(n)).unwrap().cell(FINEST_SHARED)
}

fn area(id: &str, parent: Option<&str>) -> Area {
    Area {
        id: AreaId::new(id).unwrap(),
        parent: parent.map(|p| AreaId::new(p).unwrap()),
        kind: AreaKind::Other,
        name: id.into(),
        centre: Point::new(44.8, -68.8).unwrap(),
        bbox: [-70.0, 43.0, -68.0, 45.0],
        population: None,
        population_year: None,
    }
}

fn areas() -> Vec<Area> {
    vec![
        area("maine", None),
        area("penobscot", Some("maine")),
        area("bangor", Some("penobscot")),
        area("york", Some("maine")),
    ]
}

/// Watch at 30 days, alert at 100, for clusters and for every area.
fn policy() -> Policy {
    let every: Vec<AreaId> = ["bangor", "maine", "penobscot", "york"].map(|a| AreaId::new(a).unwrap()).to_vec();
    let rule = |id: &str, tier, days, reach: &Reach| Rule {
        id: id.into(),
        tier,
        min_recurrence_days: days,
        measure: CaseMeasure::Overdoses,
        reach: reach.clone(),
    };
    let rules = [("clusters", Reach::Clusters), ("areas", Reach::Areas(every))]
        .iter()
        .flat_map(|(name, reach)| {
            [
                rule(&format!("{name}-watch"), Tier::Watch, 30.0, reach),
                rule(&format!("{name}-alert"), Tier::Alert, 100.0, reach),
            ]
        })
        .collect();
    Policy { rules, min_cases: 3, days_until_over: 7, growth: Growth::default() }
}

/// A cluster over the cells `from ..= to`, found today.
fn cluster(from: i32, to: i32) -> Signal {
    Signal {
        id: SignalId::derived(&["scan", &from.to_string(), &to.to_string(), &TODAY.to_string()]),
        run: RunId::derived(&["run"]),
        as_of: Day::from_epoch_days(TODAY),
        method: Method { name: "space-time-permutation-scan".into(), version: 1, seed: Some(1) },
        kind: EventKind::Overdose,
        measure: CaseMeasure::Overdoses,
        scope: SignalScope::Cells,
        cells: (from..=to).map(cell).collect(),
        area: Some(AreaId::new("bangor").unwrap()),
        centre: Some(cell(i32::midpoint(from, to)).centre()),
        radius_km: Some(0.5 * f64::from(to - from)),
        place_name: "Downtown Bangor".into(),
        window: DayRange::ending(Day::from_epoch_days(TODAY), 3),
        observed: 6,
        expected: 1.2,
        expected_range: [0.0, 4.0],
        relative_risk: None,
        statistic: 8.0,
        p_value: 1.0 / 274.0,
        recurrence_interval_days: 274.0,
        replications: Some(999),
        events: vec![],
        caveats: vec![],
    }
}

fn spike(area: &str, observed: u32, expected: f64) -> Signal {
    Signal {
        id: SignalId::derived(&["ears", area, &TODAY.to_string()]),
        method: Method { name: "ears-c2".into(), version: 1, seed: None },
        scope: SignalScope::Area,
        cells: vec![],
        area: Some(AreaId::new(area).unwrap()),
        radius_km: None,
        place_name: area.into(),
        window: DayRange::ending(Day::from_epoch_days(TODAY), 1),
        observed,
        expected,
        replications: None,
        recurrence_interval_days: 120.0,
        p_value: 1.0 / 120.0,
        ..cluster(0, 0)
    }
}

/// The same signal as it would be found some days later.
fn later(mut signal: Signal, days: i32) -> Signal {
    signal.as_of = signal.as_of + days;
    signal.window = DayRange { from: signal.window.from + days, to: signal.window.to + days };
    signal.id = SignalId::derived(&[&signal.id.to_string(), &days.to_string()]);
    signal
}

fn rarity(mut signal: Signal, days: f64) -> Signal {
    signal.recurrence_interval_days = days;
    signal.p_value = 1.0 / days;
    signal
}

fn cases(mut signal: Signal, n: u32) -> Signal {
    signal.observed = n;
    signal
}

fn instant(days: i32) -> DateTime<Utc> {
    DateTime::from_timestamp(86_400 * i64::from(TODAY + days) + 43_200, 0).unwrap()
}

fn run(open: &[Alert], signals: &[Signal], days: i32) -> Vec<Change> {
    run_with(&policy(), open, signals, days, days)
}

fn run_with(policy: &Policy, open: &[Alert], signals: &[Signal], days: i32, data_through: i32) -> Vec<Change> {
    run_late(policy, open, signals, days, data_through, &BTreeMap::new(), &BTreeMap::new(), &BTreeMap::new())
}

fn run_late(
    policy: &Policy,
    open: &[Alert],
    signals: &[Signal],
    days: i32,
    data_through: i32,
    waiting: &BTreeMap<AreaId, Day>,
    recounted: &BTreeMap<AlertId, u32>,
    late: &BTreeMap<AlertId, u32>,
) -> Vec<Change> {
    let jurisdiction = JurisdictionId::new("me").unwrap();
    let areas = areas();
    let setting = Setting {
        jurisdiction: &jurisdiction,
        areas: &areas,
        policy,
        language: Language::En,
        as_of: Day::from_epoch_days(TODAY + days),
        data_through: Day::from_epoch_days(TODAY + data_through),
        waiting,
        recounted,
        late,
        now: instant(days),
    };
    reconcile(open, signals, &setting)
}

/// The only change, which must be there.
fn only(changes: Vec<Change>) -> Change {
    assert_eq!(changes.len(), 1, "{changes:#?}");
    changes.into_iter().next().unwrap()
}

/// What the store holds after the changes.
fn stored(open: &[Alert], changes: &[Change]) -> Vec<Alert> {
    let mut all: Vec<Alert> = open.iter().filter(|a| changes.iter().all(|c| c.alert.id != a.id)).cloned().collect();
    all.extend(changes.iter().map(|c| c.alert.clone()));
    all
}
