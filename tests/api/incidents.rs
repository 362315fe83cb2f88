//! Reports that are one overdose: seen, parted, joined; and the composite that counts them once.

use emberwatch::{
    domain::{
        event::Event,
        ids::{EventId, IncidentId, SourceId},
        incident::{Incident, LinkChanges, LinkRun},
        quality::Source,
        scope::Role,
    },
    store::{EventQuery, IntakeBatch},
};
use serde_json::{Value, json};

use crate::house::{House, now, system};

/// Two reports of the south, linked. Their ids, and the incident's.
async fn linked(house: &House) -> (String, String, IncidentId) {
    let me = system("me");
    let query = EventQuery { kinds: vec![emberwatch::domain::event::EventKind::Overdose], ..EventQuery::default() };
    let facts = house.store.facts(&me, &query).await.unwrap();
    let first = facts.iter().find(|f| f.id == house.ids.event).unwrap();
    let other = facts.iter().find(|f| f.id != first.id && f.area == first.area).unwrap();
    let incident = Incident {
        id: IncidentId(uuid::Uuid::from_u128(77)),
        first_at: first.occurred_at,
        reports: 2,
        sources: 2,
        score: 0.97,
        by_person: false,
        linked_at: now(),
    };
    let members = vec![(first.id, Some(incident.id)), (other.id, Some(incident.id))];
    let id = incident.id;
    house
        .store
        .put_links(&me, &LinkChanges { members, incidents: vec![incident], ..LinkChanges::default() })
        .await
        .unwrap();
    (first.id.to_string(), other.id.to_string(), id)
}

#[tokio::test]
async fn an_incident_shows_its_reports_and_the_view_is_audited() {
    let house = House::new().await;
    let (first, other, id) = linked(&house).await;
    let path = format!("/api/v1/incidents/{id}");
    let seen = house.get(Role::PublicHealth, &path).await.expect(200).json();
    let mut ids: Vec<&str> = seen["events"].as_array().unwrap().iter().map(|e| e["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    let mut expected = [first.as_str(), other.as_str()];
    expected.sort_unstable();
    assert_eq!(ids, expected);
    assert_eq!(seen["incident"]["sources"], 2);
    house.get(Role::Analyst, &path).await.expect(403);
    house.get(Role::PublicHealth, "/api/v1/incidents/00000000-0000-0000-0000-000000000000").await.expect(404);
}

#[tokio::test]
async fn a_persons_word_is_kept_with_the_name_and_waits_to_be_taken_up() {
    let house = House::new().await;
    let (first, other, id) = linked(&house).await;
    let waiting = house.store.waiting_jobs().await.unwrap();
    let said = json!({"verdict": "apart", "event": first, "others": [other], "note": " two people "});
    house.post(Role::PublicHealth, "/api/v1/incidents/decisions", said).await.expect(204);
    assert_eq!(house.store.waiting_jobs().await.unwrap(), waiting + 1);
    let seen = house.get(Role::PublicHealth, &format!("/api/v1/incidents/{id}")).await.expect(200).json();
    let kept = &seen["decisions"][0];
    assert_eq!((kept["verdict"].as_str(), kept["note"].as_str()), (Some("apart"), Some("two people")));
    assert!(!kept["by"].as_str().unwrap().is_empty());
    assert!(!house.store.link_due(&system("me")).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_cannot_be_said_of_reports_is_refused_by_its_field() {
    let house = House::new().await;
    let (first, other, _) = linked(&house).await;
    let foreign = house.ids.foreign_event.to_string();
    let refused = |event: &str, others: Vec<&str>, status: u16, field: Option<&'static str>| {
        let said = json!({"verdict": "together", "event": event, "others": others});
        let house = &house;
        async move {
            let answer = house.post(Role::PublicHealth, "/api/v1/incidents/decisions", said).await.expect(status);
            let told: Value = answer.json();
            assert_eq!(told["errors"][0]["field"].as_str(), field, "{told}");
        }
    };
    refused(&first, vec![], 422, Some("others")).await;
    refused(&first, vec![&first], 422, Some("others")).await;
    refused(&first, vec![&foreign], 404, None).await;
    refused(&first, vec![&other, "00000000-0000-0000-0000-000000000000"], 404, None).await;
    let odd = json!({"verdict": "perhaps", "event": first, "others": [other]});
    house.post(Role::PublicHealth, "/api/v1/incidents/decisions", odd).await.expect(422);
    assert_eq!(house.store.link_decisions(&system("me")).await.unwrap(), []);
}

#[tokio::test]
async fn the_composite_counts_a_linked_overdose_once_and_only_the_callers_areas() {
    let house = House::new().await;
    let total = |table: &Value, field: &str| {
        table["rows"].as_array().unwrap().iter().map(|r| r[field].as_u64().unwrap()).sum::<u64>()
    };
    let before = house.get(Role::Analyst, "/api/v1/composite").await.expect(200).json();
    assert_eq!(before["rows"].as_array().unwrap().len(), 12);
    linked(&house).await;
    let after = house.get(Role::Analyst, "/api/v1/composite").await.expect(200).json();
    assert_eq!(total(&after, "reports"), total(&before, "reports"));
    assert_eq!(total(&after, "total") + 1, total(&before, "total"));
    let south = house.get(Role::Liaison, "/api/v1/composite").await.expect(200).json();
    assert!(total(&south, "reports") < total(&after, "reports"));
    // What was linked everywhere is told to those only who see everything.
    let me = system("me");
    let run = LinkRun {
        at: now(),
        method: "fellegi-sunter".into(),
        method_version: 1,
        from: crate::house::today(),
        to: crate::house::today(),
        reports: 9,
        pairs: 4,
        threshold: None,
        expected_false: None,
    };
    house.store.links_settled(&me, &[], &run).await.unwrap();
    let told = |role| house.get(role, "/api/v1/composite");
    assert_eq!(told(Role::Analyst).await.expect(200).json()["linked"]["pairs"], 4);
    assert_eq!(told(Role::Liaison).await.expect(200).json()["linked"], Value::Null);
    house.get(Role::Analyst, "/api/v1/composite?from=2026-06-20&to=2026-06-01").await.expect(422);
}

#[tokio::test]
async fn a_brief_an_alert_and_a_cell_say_how_many_of_their_overdoses_several_sources_tell_of() {
    let house = House::new().await;
    let cell = format!("/api/v1/cells/{}", house.ids.cell);
    let alert = format!("/api/v1/alerts/{}", house.ids.alert);
    // Where one source tells nobody could agree.
    let alone = House::new().await;
    assert_eq!(alone.get(Role::Analyst, &cell).await.expect(200).json()["corroboration"], Value::Null);
    told_by_the_hospital_too(&house).await;
    let detail = house.get(Role::Analyst, &cell).await.expect(200).json();
    let of = &detail["corroboration"];
    assert_eq!(of["overdoses"], detail["row"]["observed"]);
    assert_eq!((of["told_by_two"].as_u64(), of["told_by_three"].as_u64()), (Some(1), Some(0)), "{detail}");
    // The level is part of the count: whoever sees the count sees it, and nobody else does.
    let seen = house.get(Role::Liaison, &alert).await.expect(200).json();
    assert_eq!(seen["corroboration"]["told_by_two"], 1, "{seen}");
    assert_eq!(seen["line_list"], Value::Null);
    let brief = house.get(Role::Liaison, "/api/v1/brief").await.expect(200).json();
    let place = brief["places"].as_array().unwrap().iter().find(|p| p["alert"] == house.ids.alert.to_string()).unwrap();
    assert_eq!(place["corroboration"]["told_by_two"], 1, "{place}");
    house.get(Role::Feed, &cell).await.expect(403);
    let kits = house.get(Role::Analyst, &format!("{cell}?kind=naloxone")).await.expect(200).json();
    assert_eq!(kits["corroboration"], Value::Null);
}

/// A hospital's report of an overdose of the south, linked with the ambulance's.
async fn told_by_the_hospital_too(house: &House) {
    let me = system("me");
    let known = house.store.event(&me, house.ids.event).await.unwrap();
    let source = Source { id: SourceId::new("ed").unwrap(), ..house.store.sources(&me).await.unwrap().remove(0) };
    house.store.put_source(&me, &source).await.unwrap();
    let second = Event {
        id: EventId::derived(&["visit"]),
        record_id: "visit".into(),
        source: source.id.clone(),
        received_at: now(),
        ..known.clone()
    };
    let batch = IntakeBatch {
        events: vec![second.clone()],
        origin: "ed.csv".into(),
        received_at: Some(now()),
        ..IntakeBatch::default()
    };
    house.store.append(&me, &source.id, &batch).await.unwrap();
    let incident = Incident {
        id: IncidentId(uuid::Uuid::from_u128(78)),
        first_at: known.occurred_at,
        reports: 2,
        sources: 2,
        score: 0.97,
        by_person: false,
        linked_at: now(),
    };
    let members = vec![(known.id, Some(incident.id)), (second.id, Some(incident.id))];
    let changes = LinkChanges { members, incidents: vec![incident], ..LinkChanges::default() };
    house.store.put_links(&me, &changes).await.unwrap();
}
