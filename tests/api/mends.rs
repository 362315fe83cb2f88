//! Rows that could not be read, in groups, and rules that mend them; data quality by source.

use axum::http::Method;
use emberwatch::{
    config::{Config, Environment, Overrides},
    domain::{
        remote::{RemoteRefusal, RemoteRefused, RemoteStanding},
        scope::Role,
    },
};
use serde_json::{Value, json};

use crate::house::{House, now, south, system};

const GROUPS: &str = "/api/v1/quarantine/groups";
const RULES: &str = "/api/v1/quarantine/mends";

fn shift() -> Value {
    json!([{ "do": "shift_time", "column": "occurred_at", "years": -1 }])
}

async fn only_group(house: &House) -> Value {
    let groups = house.get(Role::Admin, GROUPS).await.expect(200).json();
    assert_eq!(groups["items"].as_array().unwrap().len(), 1);
    groups["items"][0].clone()
}

#[tokio::test]
async fn waiting_rows_are_listed_by_what_is_wrong_with_them() {
    let house = House::new().await;
    let group = only_group(&house).await;
    assert_eq!(
        (&group["source_name"], &group["rows"], &group["value"]),
        (&json!("Ambulances"), &json!(1), &json!("9999-01-01"))
    );
    assert_eq!(group["sentence"], "occurred_at: \"9999-01-01\" is not a time");
    let id = group["id"].as_str().unwrap();
    let rows = house.get(Role::Admin, &format!("/api/v1/quarantine?group={id}")).await.expect(200).json();
    assert_eq!(rows["items"][0]["id"], json!(house.ids.reject));
    let none = house.get(Role::Admin, &format!("{GROUPS}?source=police")).await.expect(200).json();
    assert_eq!(none["items"], json!([]));
}

#[tokio::test]
async fn a_rule_is_tried_made_queued_and_on_record() {
    let house = House::new().await;
    let group = only_group(&house).await;
    let path = |what: &str| format!("{GROUPS}/{}/{what}", group["id"].as_str().unwrap());
    let tried = house.post(Role::Admin, &path("preview"), json!({ "mends": shift() })).await.expect(200).json();
    assert_eq!((&tried["rows"], &tried["would_pass"]), (&json!(1), &json!(1)));
    assert_eq!(house.get(Role::Admin, RULES).await.expect(200).json()["items"], json!([]), "trying makes no rule");

    let new = json!({ "mends": shift(), "note": "the clock was a year ahead", "standing": true });
    let made = house.post(Role::Admin, &path("mends"), new).await.expect(202).json();
    assert_eq!((&made["state"], &made["mended"], &made["standing"]), (&json!("queued"), &json!(0), &json!(true)));
    assert_eq!(house.store.waiting_jobs().await.unwrap(), 1);
    let rules = house.get(Role::Admin, RULES).await.expect(200).json();
    assert_eq!(rules["items"], json!([made]));

    let end = format!("{RULES}/{}", made["id"].as_str().unwrap());
    let ended = || house.send(house.request(Method::DELETE, Some(Role::Admin), &end, None));
    ended().await.expect(204);
    ended().await.expect(204);
    let rules = house.get(Role::Admin, RULES).await.expect(200).json();
    assert_eq!((&rules["items"][0]["standing"], &rules["items"][0]["note"]), (&json!(false), &made["note"]));
    assert!(matches!(
        house.store.verify_audit(&system("me")).await.unwrap(),
        emberwatch::store::AuditCheck::Intact { rows } if rows >= 4
    ));
}

#[tokio::test]
async fn a_rule_that_cannot_be_is_refused_before_it_is_stored() {
    let house = House::new().await;
    let group = only_group(&house).await;
    let path = format!("{GROUPS}/{}/mends", group["id"].as_str().unwrap());
    for (mends, field) in [
        (json!([]), "mends"),
        (json!([{ "do": "shift_time", "column": "occurred_at" }]), "mends"),
        (json!([{ "do": "not_ours", "why": "" }]), "mends"),
    ] {
        let refused = house.post(Role::Admin, &path, json!({ "mends": mends })).await.expect(422).json();
        assert_eq!(refused["errors"][0]["field"], field);
    }
    house.post(Role::Admin, &path, json!({ "mends": [{ "do": "guess" }] })).await.expect(422);
    let note = "x".repeat(501);
    house.post(Role::Admin, &path, json!({ "mends": shift(), "note": note })).await.expect(422);
    let unknown = format!("{GROUPS}/00000000-0000-8000-8000-000000000000/mends");
    house.post(Role::Admin, &unknown, json!({ "mends": shift() })).await.expect(404);
    assert_eq!(house.get(Role::Admin, RULES).await.expect(200).json()["items"], json!([]));
}

#[tokio::test]
async fn data_quality_is_told_by_source_and_follows_what_is_accepted() {
    let house = House::new().await;
    let list = house.get(Role::Analyst, "/api/v1/quality").await.expect(200).json();
    let source = &list["items"][0];
    assert_eq!((&source["source"], &source["events"], &source["waiting"]), (&json!("ems"), &json!(40), &json!(1)));
    assert_eq!(source["sentence"], "1 row waits in quarantine, most often for bad time.");

    let week = |detail: &Value| detail["periods"][0]["now"].clone();
    let before = week(&house.get(Role::Analyst, "/api/v1/quality/ems").await.expect(200).json());
    let event = House::standard("new-1", "2026-06-15T13:30:00Z", south());
    house.post(Role::Feed, "/api/v1/events", event).await.expect(201);
    let detail = house.get(Role::Admin, "/api/v1/quality/ems").await.expect(200).json();
    assert_eq!(week(&detail)["events"].as_u64().unwrap(), before["events"].as_u64().unwrap() + 1);
    assert_eq!(detail["not_cases"], json!([{ "label": "Fire", "rows": 12 }]));
    assert_eq!(week(&detail)["rejects"][0]["waiting"], 1);
    let outcome = &week(&detail)["fields"][0]["known"];
    assert!(outcome["denominator"].as_u64().unwrap() >= outcome["numerator"].as_u64().unwrap());
    house.get(Role::Admin, "/api/v1/quality/unheard-of").await.expect(404);
    house.get(Role::Admin, "/api/v1/quality/Not an id".replace(' ', "%20").as_str()).await.expect(404);
}

#[tokio::test]
async fn data_quality_tells_how_addresses_fare_with_other_geocoders_where_they_are_sent_to_some() {
    let text = "[[geocoder.remote]]\nkind = \"photon\"\nurl = \"https://h.example\"\nsources = [\"ems\"]\n";
    let (none, over) = (Environment::default(), Overrides::default());
    let config = Config::from_text(text, std::path::Path::new("e.toml"), &none, &over).unwrap();
    for (config, is_told) in [(config, true), (Config::default(), false)] {
        let house = House::with(config).await;
        let quality = async || house.get(Role::Analyst, "/api/v1/quality/ems").await.expect(200).json();
        assert_eq!(quality().await["remote"], Value::Null);
        let standing = RemoteStanding {
            source: "ems".parse().unwrap(),
            looked_at: now(),
            services: Vec::new(),
            placed: 2,
            waiting: 1,
            ambiguous: 0,
            refused: vec![RemoteRefused { why: RemoteRefusal::OtherTown, events: 5 }],
            unknown: 0,
            not_asked: 0,
            basis: "inner".into(),
        };
        house.store.put_remote_standing(&system("me"), &standing).await.unwrap();
        let told = quality().await["remote"].clone();
        let expected = json!([{ "why": "other_town", "events": 5 }]);
        assert_eq!(
            (&told["refused"], told.get("basis")),
            if is_told { (&expected, None) } else { (&Value::Null, None) }
        );
    }
}

#[tokio::test]
async fn rows_are_for_admins_and_quality_for_those_who_read_signals() {
    let house = House::new().await;
    house.get(Role::Liaison, "/api/v1/quality").await.expect(403);
    house.get(Role::PublicHealth, GROUPS).await.expect(403);
    house.get(Role::Analyst, RULES).await.expect(403);
}
