//! Alerts and decisions.

use emberwatch::{
    api::Change,
    domain::{ids::AlertId, scope::Role},
    store::AuditCheck,
};
use serde_json::json;

use crate::house::{House, system};

fn decisions(id: AlertId) -> String {
    format!("/api/v1/alerts/{id}/decisions")
}

#[tokio::test]
async fn an_alert_comes_with_its_evidence() {
    let house = House::new().await;
    let path = format!("/api/v1/alerts/{}", house.ids.alert);
    let alert = house.get(Role::PublicHealth, &path).await.expect(200).json();
    assert_eq!(alert["curve"].as_array().unwrap().len(), 60);
    assert_eq!(alert["signals"].as_array().unwrap().len(), 1);
    assert_eq!(alert["line_list"].as_array().unwrap().len(), 1);
    assert_eq!(alert["rule"]["sent"], 2);
    let aggregate = house.get(Role::Analyst, &path).await.expect(200);
    assert!(!String::from_utf8_lossy(&aggregate.bytes).contains("INVENTED"), "an address reached an aggregate reader");
    assert_eq!(aggregate.json()["line_list"], json!(null));
}

#[tokio::test]
async fn an_alert_is_acknowledged_investigated_and_dismissed_with_a_reason() {
    let house = House::new().await;
    let path = decisions(house.ids.alert);
    let mut told = house.hub.listen();
    let step = |kind: &str, version: u32| json!({ "kind": kind, "alert_version": version });
    let answer = house.post(Role::PublicHealth, &path, step("acknowledge", 1)).await.expect(200).json();
    assert_eq!(answer["alert"]["state"], "acknowledged");
    assert_eq!(answer["decisions"][0]["by"], "public_health");
    assert_eq!(told.recv().await.unwrap().change, Change::Alerts { ids: vec![house.ids.alert] });
    house.post(Role::PublicHealth, &path, step("investigate", 2)).await.expect(200);
    let refused = house.post(Role::PublicHealth, &path, step("dismiss", 3)).await.expect(422).json();
    assert_eq!(refused["errors"][0]["field"], "reason");
    let reason = json!({ "kind": "dismiss", "alert_version": 3, "reason": "known_cause", "note": "A clinic day." });
    let answer = house.post(Role::PublicHealth, &path, reason).await.expect(200).json();
    assert_eq!(answer["alert"]["state"], "dismissed");
    assert_eq!(answer["decisions"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_decision_about_an_older_version_is_a_conflict() {
    let house = House::new().await;
    let path = decisions(house.ids.alert);
    let body = json!({ "kind": "acknowledge", "alert_version": 1 });
    house.post(Role::PublicHealth, &path, body.clone()).await.expect(200);
    let second = house.post(Role::Admin, &path, body).await.expect(409).json();
    assert_eq!(second["status"], 409);
}

#[tokio::test]
async fn looking_at_the_line_list_is_audited_and_the_log_is_intact() {
    let house = House::new().await;
    let rows = |check| match check {
        AuditCheck::Intact { rows } => rows,
        AuditCheck::Broken { position } => panic!("broken at {position}"),
    };
    let before = rows(house.store.verify_audit(&system("me")).await.unwrap());
    house.get(Role::PublicHealth, "/api/v1/events").await.expect(200);
    house.get(Role::PublicHealth, &format!("/api/v1/events/{}", house.ids.event)).await.expect(200);
    let after = rows(house.store.verify_audit(&system("me")).await.unwrap());
    assert_eq!(after - before, 2);
}

#[tokio::test]
async fn signals_are_for_those_who_judge_them() {
    let house = House::new().await;
    let full = house.get(Role::PublicHealth, "/api/v1/signals").await.expect(200).json();
    assert_eq!(full["items"][0]["events"].as_array().unwrap().len(), 1);
    let aggregate = house.get(Role::Analyst, "/api/v1/signals").await.expect(200).json();
    assert_eq!(aggregate["items"][0]["events"], json!([]));
}
