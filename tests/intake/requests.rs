//! Records that come by request, and rows that a person mended.

use emberwatch::{
    domain::area::NamedPlace,
    domain::{
        event::{EventKind, PlacedBy},
        place::{Point, Precision},
        quality::RejectReason,
    },
    ingest::{Format, Mapping},
    jobs::intake::{Intake, IntakeFailure, Resubmission, accept_records, resubmit},
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

/// The service's own intake.
fn live(world: &World) -> Intake {
    Intake::new(world.store.clone(), world.clock.clone())
}

#[tokio::test]
async fn a_file_by_request_is_read_by_the_feeds_own_mapping() {
    let world = with_source().await;
    let intake = live(&world);
    let odd = "name = \"Fire\"\nrecord_id = [\"No\"]\nkind = \"overdose\"\n[format]\ntype = \"csv\"\n\
               [time]\noccurred_at = \"When\"\n[place]\ntown = \"Town\"\n";
    let fire = "fire".parse().unwrap();
    intake.put_mapping(&world.scope, &fire, odd).await.unwrap();
    let csv = b"No;When;Town\n1;2026-05-30T10:00:00Z;Orono\n2;yesterday;Orono\n".as_slice();
    let taken = intake.take_file(&world.scope, &fire, Format::Csv, csv).await.unwrap();
    assert_eq!((taken.read, taken.accepted, taken.quarantined), (2, 1, 1));
    let again = intake.take_file(&world.scope, &fire, Format::Csv, csv).await.unwrap();
    assert_eq!((again.accepted, again.unchanged), (0, 1));
    let waiting = world.store.quarantine(&world.scope, Some(&fire), None, 10).await.unwrap();
    assert_eq!(waiting.iter().map(|r| r.line).collect::<Vec<_>>(), [3]);
    for (format, bytes, expected) in [
        (Format::Xlsx, b"PK".as_slice(), "the mapping of fire reads csv, and this was sent as xlsx"),
        (Format::Csv, b"Nr;When;Town\n1;2026-05-30T10:00:00Z;Orono\n".as_slice(), "\"No\""),
    ] {
        let refused = intake.take_file(&world.scope, &fire, format, bytes).await.unwrap_err();
        assert!(matches!(&refused, IntakeFailure::BadFile(why) if why.contains(expected)), "{refused}");
    }
    let unknown = intake.take_file(&world.scope, &"police".parse().unwrap(), Format::Csv, csv).await.unwrap_err();
    assert!(matches!(unknown, IntakeFailure::UnknownSource(_)), "{unknown}");
}

#[tokio::test]
async fn a_suggested_mapping_can_be_stored_as_it_is_and_reads_the_file_it_was_made_from() {
    let world = with_source().await;
    let intake = live(&world);
    let source = "county".parse().unwrap();
    let rows: String = (1..=30)
        .map(|i| {
            format!(
                "C-{i:03},05/{i:02}/2026 14:{:02},44.8{i:02},-68.7{i:02},Bangor,{}\n",
                i + 9,
                ["Fatal", "Non-fatal"][i % 2]
            )
        })
        .collect();
    let csv = format!("Case No,Date/Time,Lat,Long,City,Outcome\n{rows}").into_bytes();
    let found = intake.suggest(&world.scope, &source, Format::Csv, csv.clone()).await.unwrap();
    assert_eq!((found.rows_read, found.cases, found.rows.len()), (30, 30, 20), "{:?}", found.rejects);
    intake.put_mapping(&world.scope, &source, &found.mapping).await.unwrap();
    let taken = intake.take_file(&world.scope, &source, Format::Csv, csv).await.unwrap();
    assert_eq!((taken.accepted, taken.quarantined), (30, 0));
    let refused = intake.suggest(&world.scope, &source, Format::Xlsx, b"no workbook".as_slice()).await.unwrap_err();
    assert!(matches!(refused, IntakeFailure::BadFile(_)), "{refused}");
}

#[tokio::test]
async fn a_mapping_that_is_none_or_anothers_is_refused_and_nothing_is_stored() {
    let world = with_source().await;
    let intake = live(&world);
    let source = "county".parse().unwrap();
    let standard = Mapping::standard().text().to_owned();
    let foreign =
        format!("jurisdiction = {{ id = \"vt\", name = \"Vermont\", zone = \"America/New_York\" }}\n{standard}");
    for (text, expected) in [("colour = 3", "colour"), (foreign.as_str(), "the mapping is of vt; this is me")] {
        let refused = intake.put_mapping(&world.scope, &source, text).await.unwrap_err();
        assert!(matches!(&refused, IntakeFailure::BadMapping(why) if why.contains(expected)), "{refused}");
    }
    assert!(!world.store.sources(&world.scope).await.unwrap().iter().any(|s| s.id == source));
}
