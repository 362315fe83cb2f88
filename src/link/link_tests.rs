use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::domain::{
    event::{EventKind, NaloxoneGiven, Outcome},
    ids::SourceId,
    place::Point,
    time::{Day, Zone},
};

fn at(n: u128, source: &str, minute: i64, metres_north: f64, uncertainty_m: f64) -> Sighting {
    Sighting {
        id: EventId(uuid::Uuid::from_u128(n)),
        jurisdiction: JurisdictionId::new("me").unwrap(),
        source: SourceId::new(source).unwrap(),
        kind: EventKind::Overdose,
        occurred_at: DateTime::from_timestamp(1_700_000_000 + minute * 60, 0).unwrap(),
        time_precision: TimePrecision::Instant,
        event_day: Day::of(DateTime::from_timestamp(1_700_000_000 + minute * 60, 0).unwrap(), Zone::UTC),
        incident: None,
        point: Some(Point::new(44.8 + metres_north / 111_195.0, -68.77).unwrap()),
        uncertainty_m: Some(uncertainty_m),
        outcome: Outcome::Unknown,
        naloxone: NaloxoneGiven::Unknown,
        age_band: None,
        sex: None,
    }
}

/// A background of far-apart events of three sources, from which chance is learned: one a day and source.
fn background() -> Vec<Sighting> {
    let sources = ["ems", "police", "ed"];
    (0..240u32)
        .map(|i| {
            let minute = 200_000 + i64::from(i / 3) * 1_440 + i64::from((i * 263) % 700);
            let north = f64::from((i * 7_919) % 40_000) - 20_000.0;
            at(u128::from(1_000 + i), sources[i as usize % 3], minute, north, 100.0)
        })
        .collect()
}

fn groups_with(events: &[Sighting], options: &LinkOptions) -> Vec<Vec<u128>> {
    let mut all = background();
    all.extend_from_slice(events);
    let ids = |i: &Group| i.events.iter().map(|e| e.0.as_u128()).collect::<Vec<_>>();
    link(&all, options).incidents.iter().map(ids).filter(|g| g.iter().any(|id| *id < 1_000)).collect()
}

fn groups(events: &[Sighting]) -> Vec<Vec<u128>> {
    groups_with(events, &LinkOptions::default())
}

#[test]
fn an_ambulance_a_police_report_and_a_visit_of_one_overdose_are_one_incident() {
    let all = [at(1, "ems", 0, 0.0, 100.0), at(2, "police", 3, 80.0, 100.0), at(3, "ed", 7, 60.0, 100.0)];
    assert_eq!(groups(&all), [[1, 2, 3]]);
    let mut with = background();
    with.extend_from_slice(&all);
    let linked = link(&with, &LinkOptions::default());
    let of = |l: &Linked| l.incidents.iter().find(|i| i.events.contains(&all[0].id)).cloned().unwrap();
    assert_eq!(of(&linked).sources, 3);
    assert!(of(&linked).score > 0.9 && linked.expected_false <= 0.01);
    with.pop();
    let two = link(&with, &LinkOptions::default());
    assert_eq!((of(&two).sources, of(&two).id), (2, of(&linked).id));
}

#[test]
fn what_may_not_be_one_stays_apart() {
    let base = at(1, "ems", 0, 0.0, 100.0);
    let elsewhere = JurisdictionId::new("vt").unwrap();
    for other in [
        at(2, "police", 121, 0.0, 100.0),
        at(2, "police", 0, 800.0, 100.0),
        at(2, "ems", 0, 0.0, 100.0),
        Sighting { kind: EventKind::Naloxone, ..at(2, "police", 0, 0.0, 100.0) },
        Sighting { time_precision: TimePrecision::Day, ..at(2, "police", 0, 0.0, 100.0) },
        Sighting { jurisdiction: elsewhere.clone(), ..at(2, "police", 0, 0.0, 100.0) },
    ] {
        assert!(groups(&[base.clone(), other.clone()]).is_empty(), "{other:?}");
    }
    let other = Sighting { jurisdiction: elsewhere.clone(), ..at(2, "police", 0, 0.0, 100.0) };
    let agreed = LinkOptions { agreements: [(elsewhere, base.jurisdiction.clone())].into(), ..LinkOptions::default() };
    assert_eq!(groups_with(&[base.clone(), other], &agreed), [[1, 2]]);
    // Two jurisdictions may give their sources one name.
    let namesake = Sighting { jurisdiction: JurisdictionId::new("vt").unwrap(), ..at(2, "ems", 0, 0.0, 100.0) };
    assert_eq!(groups_with(&[base, namesake], &agreed), [[1, 2]]);
}

#[test]
fn of_two_that_would_do_the_better_is_taken() {
    let all = [at(1, "ems", 0, 0.0, 100.0), at(2, "ems", 20, 0.0, 100.0), at(3, "police", 19, 10.0, 100.0)];
    assert_eq!(groups(&all), [[3, 2]]);
}

#[test]
fn what_people_said_of_the_patient_decides_where_time_and_place_do_not() {
    let person = |s: Sighting, sex: &str, age: &str, outcome: Outcome| Sighting {
        sex: Some(sex.into()),
        age_band: Some(age.into()),
        outcome,
        ..s
    };
    let all = [
        person(at(1, "ems", 0, 0.0, 100.0), "female", "18-24", Outcome::Nonfatal),
        person(at(2, "ems", 1, 0.0, 100.0), "male", "55-64", Outcome::SuspectedFatal),
        person(at(3, "police", 0, 0.0, 100.0), "male", "55-64", Outcome::Fatal),
        person(at(4, "police", 1, 0.0, 100.0), "female", "18-24", Outcome::Nonfatal),
    ];
    assert_eq!(groups(&all), [vec![1, 4], vec![3, 2]]);
}

#[test]
fn a_report_without_a_point_is_linked_only_by_much_else() {
    let base = at(1, "ems", 0, 0.0, 100.0);
    let lost = Sighting { point: None, uncertainty_m: None, ..at(2, "police", 1, 0.0, 100.0) };
    let far = Sighting { point: None, uncertainty_m: None, ..at(2, "police", 90, 0.0, 100.0) };
    assert!(groups(&[base.clone(), far]).is_empty());
    // Alone in its two hours, a minute apart: with one event a day and source that is no chance.
    assert_eq!(groups(&[base, lost]), [[1, 2]]);
}

#[test]
fn a_persons_word_goes_before_the_weights() {
    let (a, b, c) = (at(1, "ems", 0, 0.0, 100.0), at(2, "police", 2, 0.0, 100.0), at(3, "ed", 900, 5_000.0, 100.0));
    let all = [a.clone(), b.clone(), c.clone()];
    let apart = LinkOptions { apart: [(b.id, a.id)].into(), ..LinkOptions::default() };
    assert!(groups_with(&all, &apart).is_empty());
    let together =
        LinkOptions { together: [(a.id, c.id)].into(), apart: [(a.id, b.id)].into(), ..LinkOptions::default() };
    assert_eq!(groups_with(&all, &together), [[1, 3]]);
}

#[test]
fn nothing_at_all_is_linked_to_nothing() {
    let linked = link(&[], &LinkOptions::default());
    assert!(linked.incidents.is_empty() && linked.pairs == 0);
    assert!(link(&[at(1, "ems", 0, 0.0, 100.0)], &LinkOptions::default()).incidents.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

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
        for incident in &straight.incidents {
            let mut seen: Vec<_> = all.iter().filter(|s| incident.events.contains(&s.id)).map(|s| &s.source).collect();
            seen.sort();
            seen.dedup();
            prop_assert_eq!(seen.len(), incident.events.len());
        }
    }
}
