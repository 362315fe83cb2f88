//! Records that come by request, and rows that a person mended.

use emberwatch::{
    domain::area::NamedPlace,
    domain::{
        event::{EventKind, PlacedBy},
        place::{Point, Precision},
        quality::RejectReason,
    },
    ingest::Mapping,
    jobs::intake::{IntakeFailure, Resubmission, accept_records, resubmit},
};
use serde_json::{Map, Value, json};

use super::World;

fn record(id: &str, more: Value) -> Map<String, Value> {
    let mut record = json!({"event_id": id, "kind": "overdose", "occurred_at": "2026-05-30T10:00:00Z"});
    record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    record.as_object().unwrap().clone()
}

async fn with_source() -> World {
    let world = World::new("me", "America/New_York").await;
    let source = world.source(&Mapping::standard());
    world.store.put_source(&world.scope, &source).await.unwrap();
    world
}

#[tokio::test]
async fn a_request_is_answered_row_by_row_and_twice_the_same() {
    let world = with_source().await;
    let source = "feed".parse().unwrap();
    let records = || {
        vec![
            record("a", json!({"latitude": 44.8, "longitude": -68.77, "precision": "intersection"})),
            record("b", json!({"latitude": 95, "longitude": -68.77})),
            record("a", json!({"latitude": 44.8, "longitude": -68.77, "precision": "intersection"})),
            record("c", json!({"town": "Orono"})),
        ]
    };
    let orono =
        NamedPlace { name: "Orono".into(), point: Point::new(44.883, -68.672).unwrap(), population: Some(11_000) };
    world.store.put_places(&world.scope, &[orono]).await.unwrap();
    let answer = accept_records(&world.store, &world.clock, &world.scope, &source, records()).await.unwrap();
    let s = &answer.summary;
    assert_eq!((s.read, s.accepted, s.duplicates, s.quarantined), (4, 2, 1, 1));
    assert_eq!((answer.rejects[0].line, answer.rejects[0].reason), (2, RejectReason::BadPoint));
    assert_eq!((answer.ids.len(), answer.kinds), (2, vec![EventKind::Overdose]));
    let events = world.events().await;
    assert_eq!((events[1].location.placed_by, events[1].location.precision), (PlacedBy::Town, Precision::Place));
    let again = accept_records(&world.store, &world.clock, &world.scope, &source, records()).await.unwrap();
    assert_eq!((again.summary.accepted, again.summary.unchanged, again.ids.len()), (0, 2, 0));
    assert_eq!(world.events().await, events);
}

#[tokio::test]
async fn a_source_that_nobody_made_is_refused() {
    let world = World::new("me", "America/New_York").await;
    let answer =
        accept_records(&world.store, &world.clock, &world.scope, &"other".parse().unwrap(), vec![Map::new()]).await;
    assert!(matches!(answer, Err(IntakeFailure::UnknownSource(_))));
}

#[tokio::test]
async fn a_mended_row_becomes_an_event_and_leaves_the_quarantine() {
    let world = World::new("me", "America/New_York").await;
    world.standard("a,overdose,2026-05-30T10:00Z,,95,-68.77,street,\n").await;
    let waiting = world.store.quarantine(&world.scope, None, None, 10).await.unwrap();
    let id = waiting[0].id;
    let mend = |lat: &str| json!({ "latitude": lat }).as_object().unwrap().clone();
    let still = resubmit(&world.store, &world.clock, &world.scope, id, mend("94")).await.unwrap();
    assert!(matches!(still, Resubmission::StillBad { reason: RejectReason::BadPoint, .. }));
    let good = resubmit(&world.store, &world.clock, &world.scope, id, mend("44.8")).await.unwrap();
    let Resubmission::Accepted(event) = good else { panic!("{good:?}") };
    assert_eq!((event.record_id.as_str(), event.location.point.unwrap().lat()), ("a", 44.8));
    assert!(world.store.quarantine(&world.scope, None, None, 10).await.unwrap().is_empty());
    let twice = resubmit(&world.store, &world.clock, &world.scope, id, mend("44.8")).await;
    assert!(matches!(twice, Err(IntakeFailure::NotWaiting)));
}

#[tokio::test]
async fn a_thousand_records_are_taken_within_a_request() {
    let world = with_source().await;
    let records: Vec<_> =
        (0..1_000).map(|i| record(&format!("r{i}"), json!({"latitude": 44.8, "longitude": -68.77}))).collect();
    let answer =
        accept_records(&world.store, &world.clock, &world.scope, &"feed".parse().unwrap(), records).await.unwrap();
    println!("1,000 records in {} ms", answer.summary.elapsed_ms);
    assert_eq!(answer.summary.accepted, 1_000);
}
