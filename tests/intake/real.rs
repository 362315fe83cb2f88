//! Feeds as their publishers give them.

use std::{collections::BTreeMap, fs::File};

use emberwatch::domain::{
    event::{Event, Flag, NaloxoneGiven, Outcome, TimePrecision},
    place::Precision,
};

use super::{World, mapping, shared, sum, utc};

fn with(events: &[Event], flag: Flag) -> Vec<&Event> {
    events.iter().filter(|e| e.flags.contains(&flag)).collect()
}

fn by_precision(events: &[Event]) -> BTreeMap<Precision, usize> {
    let mut counts = BTreeMap::new();
    events.iter().for_each(|e| *counts.entry(e.location.precision).or_insert(0) += 1);
    counts
}

#[tokio::test]
async fn emergency_calls_of_montgomery_county_are_read_placed_and_known_the_second_time() {
    let Some(path) = shared("events/montgomery_pa_911_calls_raw.csv") else { return };
    let world = World::new("montgomery-pa", "America/New_York").await;
    let calls = mapping("montgomery-pa-911.toml");
    let first = world.ingest(&calls, File::open(&path).unwrap(), "calls.csv").await.unwrap();
    assert_eq!((first.read, first.accepted, first.quarantined), (99_492, 1_191, 0));
    assert_eq!(sum(&first), first.read);
    assert_eq!(first.not_cases.iter().next().unwrap().0, "Traffic: VEHICLE ACCIDENT -");
    let stored: u64 =
        world.store.not_cases(&world.scope, &"feed".parse().unwrap()).await.unwrap().iter().map(|(_, n)| n).sum();
    assert_eq!(stored, 99_492 - 1_191);

    let events = world.events().await;
    let call = events.iter().min_by_key(|e| e.occurred_at).unwrap();
    assert_eq!(call.location.address.as_deref(), Some("FITZWATERTOWN RD & BARTRAM RD"));
    assert_eq!(call.occurred_at, utc("2015-12-11T03:27:24Z"));
    assert_eq!(call.received_at, utc("2015-12-11T03:32:01Z"));
    assert_eq!(
        (call.event_day.to_string().as_str(), call.location.town.as_deref()),
        ("2015-12-10", Some("UPPER MORELAND"))
    );
    assert_eq!(call.location.precision, Precision::Intersection);

    // The busiest fall-back stands for 310 addresses; a crossing with dozens of calls keeps its point.
    let fallback = with(&events, Flag::FallbackPoint);
    assert!((40..=80).contains(&fallback.len()), "{}", fallback.len());
    assert!(fallback.iter().all(|e| e.location.precision == Precision::Place));
    assert!(fallback.iter().any(|e| e.location.point.unwrap().lat() == 40.2290075));
    let mut at: BTreeMap<_, usize> = BTreeMap::new();
    events.iter().for_each(|e| *at.entry(e.location.point.unwrap().lat().to_bits()).or_default() += 1);
    let busiest = at.iter().max_by_key(|(_, n)| **n).map(|(lat, _)| f64::from_bits(*lat)).unwrap();
    assert!(fallback.iter().all(|e| e.location.point.unwrap().lat() != busiest));

    // Outlines that come after the events place them.
    let Some(towns) = shared("places/montgomery_pa_municipal_boundaries.geojson") else { return };
    let moved = world.load_towns(&std::fs::read_to_string(towns).unwrap()).await;
    assert!(moved > 1_000, "{moved}");
    let events = world.events().await;
    let outside = with(&events, Flag::OutsideAreas).len();
    let disagree = with(&events, Flag::PlaceDisagrees).len();
    println!("{outside} outside, {disagree} disagree, {} fall-back, {:?}", fallback.len(), by_precision(&events));
    assert!((30..=60).contains(&outside), "{outside}");
    assert!((60..=140).contains(&disagree), "{disagree}");
    assert!(events.iter().filter(|e| e.location.area.is_some()).count() > 1_100);

    let second = world.ingest(&calls, File::open(&path).unwrap(), "calls.csv").await.unwrap();
    assert_eq!((second.accepted, second.updated, second.unchanged), (0, 0, 1_191));
    assert_eq!(world.events().await, events);
    let again: u64 =
        world.store.not_cases(&world.scope, &"feed".parse().unwrap()).await.unwrap().iter().map(|(_, n)| n).sum();
    assert_eq!(again, stored, "rows that are no cases were counted twice");
}

#[tokio::test]
async fn fallback_points_of_a_long_file_are_known_when_a_short_one_comes() {
    let Some(path) = shared("events/montgomery_pa_911_calls_raw.csv") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let calls = mapping("montgomery-pa-911.toml");
    let world = World::new("montgomery-pa", "America/New_York").await;
    world.ingest(&calls, std::io::Cursor::new(text.clone().into_bytes()), "calls.csv").await.unwrap();
    let header = text.lines().next().unwrap();
    let row = "40.2290075,-75.3878525,NEW ST & DEAD END;  WORCESTER; Station 1; 2016-08-25 @ 10:00:00;,,EMS: OVERDOSE,2016-08-25 10:05:00,WORCESTER,NEW ST & DEAD END,1";
    let short = world
        .ingest(&calls, std::io::Cursor::new(format!("{header}\n{row}\n").into_bytes()), "short.csv")
        .await
        .unwrap();
    assert_eq!(short.flags.get("fallback_point"), Some(&1), "{short:?}");
}

#[tokio::test]
async fn opioid_calls_of_tempe_are_days_with_randomised_points() {
    let Some(path) = shared("events/tempe_az_opioid_ems_raw.csv") else { return };
    let world = World::new("tempe-az", "America/Phoenix").await;
    let calls = mapping("tempe-az-opioid-ems.toml");
    let first = world.ingest(&calls, File::open(&path).unwrap(), "tempe.csv").await.unwrap();
    assert_eq!((first.read, first.accepted, first.quarantined), (3_780, 3_780, 0), "{:?}", first.reasons);
    let events = world.events().await;
    assert!(events.iter().all(|e| e.time_precision == TimePrecision::Day));
    assert!(events.iter().any(|e| e.record_id == "1" && e.event_day.to_string() == "2017-01-03"));
    // The last rows are written as seven o'clock in the morning: midnight in Phoenix.
    assert_eq!(events.iter().map(|e| e.event_day).max().unwrap().to_string(), "2024-09-13");
    let july: usize = events.iter().filter(|e| e.event_day.to_string().starts_with("2021-07")).count();
    assert_eq!(july, 111);
    assert!(with(&events, Flag::Randomised).len() >= 3_770);
    assert_eq!(events.iter().filter(|e| e.location.precision == Precision::Place).count(), 8);
    assert_eq!(events.iter().filter(|e| e.naloxone == NaloxoneGiven::Given).count(), 2_319);
    let second = world.ingest(&calls, File::open(&path).unwrap(), "tempe.csv").await.unwrap();
    assert_eq!((second.accepted, second.unchanged), (0, 3_780));
}

#[tokio::test]
async fn deaths_of_connecticut_stand_in_towns_and_never_on_a_corner() {
    let Some(path) = shared("events/connecticut_overdose_deaths.csv") else { return };
    let world = World::new("connecticut", "America/New_York").await;
    let deaths = mapping("connecticut-deaths.toml");
    let first = world.ingest(&deaths, File::open(&path).unwrap(), "deaths.csv").await.unwrap();
    assert_eq!((first.read, first.accepted, first.quarantined), (10_654, 10_654, 0), "{:?}", first.reasons);
    if let Some(towns) = shared("places/ct_towns.geojson") {
        world.load_towns(&std::fs::read_to_string(towns).unwrap()).await;
    }
    let events = world.events().await;
    assert!(events.iter().all(|e| e.outcome == Outcome::Fatal));
    assert_eq!(events.iter().filter(|e| e.time_precision == TimePrecision::ReportedDay).count(), 1_767);
    assert!(events.iter().all(|e| e.location.precision >= Precision::Place));
    assert_eq!(events.iter().filter(|e| e.location.precision == Precision::Jurisdiction).count(), 178);
    println!("{:?}", by_precision(&events));
    // Their deaths count in no cell, however coarse.
    assert!(
        events.iter().filter(|e| e.location.precision == Precision::Jurisdiction).all(|e| e.location.cell.is_none())
    );
    let hartford = events.iter().filter(|e| e.location.town.as_deref() == Some("HARTFORD"));
    let areas: std::collections::BTreeSet<_> = hartford.filter_map(|e| e.location.area.clone()).collect();
    assert_eq!(areas.len(), 1);
}
