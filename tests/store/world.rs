//! A small world for the stories: a state with two towns, a neighbour, one feed.

use chrono::{DateTime, Duration, Utc};
use emberwatch::{
    domain::{
        area::{Area, AreaKind, AreaShape, Jurisdiction, NamedPlace},
        event::{Event, EventKind, Flag, Location, NaloxoneGiven, Outcome, PlacedBy, TimePrecision},
        ids::{AreaId, EventId, JurisdictionId, SourceId},
        place::{Point, Precision},
        quality::Source,
        scope::{Actor, AreaScope, Audience, Scope},
        time::{Day, Zone},
    },
    store::{EventQuery, IntakeBatch},
};
use geo::{MultiPolygon, polygon};
use serde_json::json;
use uuid::Uuid;

use crate::Db;

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Noon on a day of May 2024.
pub fn may(day: u32) -> DateTime<Utc> {
    at(&format!("2024-05-{day:02}T12:00:00Z"))
}

pub fn may_day(day: u32) -> Day {
    Day::of(may(day), Zone::UTC)
}

pub fn me() -> JurisdictionId {
    "me".parse().unwrap()
}

pub fn all_of(jurisdiction: &str) -> Scope {
    Scope::system(jurisdiction.parse().unwrap(), "test")
}

/// Somebody who serves only these areas.
pub fn only(areas: &[&str]) -> Scope {
    Scope {
        jurisdiction: me(),
        areas: AreaScope::Only(areas.iter().map(|a| a.parse().unwrap()).collect()),
        audience: Audience::Aggregate,
        actor: Actor::System("test"),
    }
}

pub fn feed() -> SourceId {
    "feed".parse().unwrap()
}

pub fn source() -> Source {
    Source {
        id: feed(),
        name: "Dispatch".into(),
        zone: Zone::UTC,
        mapping: "record_id = \"id\"\n".into(),
        expected_every_hours: Some(6.0),
    }
}

pub fn square(id: &str, parent: Option<&str>, west: f64) -> AreaShape {
    let outline = polygon![(x: west, y: 44.0), (x: west + 1.0, y: 44.0), (x: west + 1.0, y: 45.1), (x: west, y: 45.1)];
    AreaShape {
        area: Area {
            id: id.parse().unwrap(),
            parent: parent.map(|p| p.parse().unwrap()),
            kind: if parent.is_some() { AreaKind::Town } else { AreaKind::State },
            name: format!("Area {id}"),
            centre: Point::new(44.5, west + 0.5).unwrap(),
            bbox: [west, 44.0, west + 1.0, 45.1],
            population: Some(31_753),
            population_year: Some(2020),
        },
        outline: MultiPolygon(vec![outline]),
    }
}

/// Jurisdictions `me` (state, Bangor, Orono) and `pa`, each with the feed.
pub async fn settled(db: &Db) {
    for (id, name) in [("me", "Maine"), ("pa", "Pennsylvania")] {
        let jurisdiction = Jurisdiction { id: id.parse().unwrap(), name: name.into(), zone: Zone::UTC };
        db.store.put_jurisdiction(&jurisdiction).await.unwrap();
        db.store.put_source(&all_of(id), &source()).await.unwrap();
    }
    let shapes =
        [square("state", None, -70.0), square("bangor", Some("state"), -69.0), square("orono", Some("state"), -68.0)];
    db.store.put_areas(&all_of("me"), &shapes).await.unwrap();
}

pub fn place(name: &str, population: Option<u64>) -> NamedPlace {
    NamedPlace { name: name.into(), point: Point::new(44.8, -68.77).unwrap(), population }
}

/// An overdose in an area on a day of May, received an hour after noon.
pub fn event(record: &str, area: &str, day: u32) -> Event {
    let point = Point::new(44.801, -68.771).unwrap();
    Event {
        id: EventId::derived(&["test", record]),
        jurisdiction: me(),
        source: feed(),
        record_id: record.into(),
        version: 1,
        content_hash: format!("hash of {record}"),
        kind: EventKind::Overdose,
        occurred_at: may(day),
        time_precision: TimePrecision::Instant,
        reported_at: Some(may(day) + Duration::minutes(7)),
        received_at: may(day) + Duration::hours(1),
        event_day: may_day(day),
        outcome: Outcome::Nonfatal,
        naloxone: NaloxoneGiven::Single,
        quantity: 1,
        case: Some(emberwatch::domain::case::CaseMatch { definition: "dispatch-overdose".into(), version: 3 }),
        location: Location {
            point: Some(point),
            precision: Precision::Rooftop,
            uncertainty_m: Some(25.5),
            cell: Some(point.cell(Precision::Rooftop.finest_resolution().unwrap())),
            area: Some(area.parse().unwrap()),
            placed_by: PlacedBy::Coordinates,
            address: Some("1 Main St".into()),
            town: Some("Bangor".into()),
            zip: None,
        },
        incident: None,
        attributes: json!({"zebra": "1", "apple": "NUL \u{0} kept", "unit": "E-4"}).as_object().unwrap().clone(),
        flags: vec![Flag::ReceiptAssumed],
        withdrawn: false,
    }
}

/// The next version of an event, received at noon of a later day.
pub fn corrected(old: &Event, day: u32) -> Event {
    Event {
        version: old.version + 1,
        content_hash: format!("{} corrected", old.content_hash),
        outcome: Outcome::Fatal,
        received_at: may(day),
        ..old.clone()
    }
}

pub fn batch(events: &[Event]) -> IntakeBatch {
    IntakeBatch {
        events: events.to_vec(),
        origin: "file.csv".into(),
        received_at: Some(may(31)),
        ..IntakeBatch::default()
    }
}

pub async fn append(db: &Db, events: &[Event]) {
    db.store.append(&all_of("me"), &feed(), &batch(events)).await.unwrap();
}

/// Record ids are what stories talk about; facts carry event ids.
pub async fn fact_ids(db: &Db, scope: &Scope, query: &EventQuery) -> Vec<EventId> {
    db.store.facts(scope, query).await.unwrap().into_iter().map(|f| f.id).collect()
}

/// Ids in the order in which facts of one day come.
pub fn sorted(events: &[&Event]) -> Vec<EventId> {
    let mut ids: Vec<EventId> = events.iter().map(|e| e.id).collect();
    ids.sort();
    ids
}

pub fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub fn area(id: &str) -> AreaId {
    id.parse().unwrap()
}
