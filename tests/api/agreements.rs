//! Agreements with other jurisdictions: proposed by one side, confirmed by the other, ended by either.

use axum::http::Method;
use emberwatch::{domain::scope::Role, store::AuditCheck};
use serde_json::{Value, json};

use crate::house::{Answer, House, system};

const ROOT: &str = "/api/v1/agreements";

/// The admin of the neighbour.
async fn stranger(house: &House, method: Method, path: &str, body: Option<Value>) -> Answer {
    let mut request = house.request(method, Some(Role::Admin), path, body);
    let cookie = request.headers()["cookie"].to_str().unwrap().to_owned();
    let (name, _) = cookie.split_once('=').unwrap();
    let theirs = format!("{name}=token-of-stranger");
    request.headers_mut().insert("cookie", theirs.parse().unwrap());
    house.send(request).await
}

async fn delete(house: &House, path: &str) -> Answer {
    house.send(house.request(Method::DELETE, Some(Role::Admin), path, None)).await
}

#[tokio::test]
async fn one_side_proposes_the_other_confirms_and_both_logs_tell_of_it() {
    let house = House::new().await;
    let before = house.get(Role::Admin, ROOT).await.expect(200).json();
    assert_eq!(before["items"], json!([]));
    assert_eq!(before["others"][0]["id"], "nh");
    let entries = |audit: AuditCheck| match audit {
        AuditCheck::Intact { rows } => rows,
        AuditCheck::Broken { position } => panic!("broken at {position}"),
    };
    let nh = entries(house.store.verify_audit(&system("nh")).await.unwrap());
    let made = house.post(Role::Admin, ROOT, json!({"with": "nh", "note": " A memorandum "})).await.expect(201).json();
    assert_eq!((made["state"].as_str(), made["note"].as_str()), (Some("proposed"), Some("A memorandum")));
    assert_eq!(made["waits_for_us"], false);
    let path = format!("{ROOT}/{}", made["id"].as_str().unwrap());
    let confirm = format!("{path}/confirmation");
    // Not by the side that proposed it.
    house.post(Role::Admin, &confirm, json!({})).await.expect(409);
    let theirs = stranger(&house, Method::GET, ROOT, None).await.expect(200).json();
    assert_eq!((theirs["items"][0]["waits_for_us"].as_bool(), theirs["others"].clone()), (Some(true), json!([])));
    let waiting = house.store.waiting_jobs().await.unwrap();
    let confirmed = stranger(&house, Method::POST, &confirm, Some(json!({}))).await.expect(200).json();
    assert_eq!((confirmed["state"].as_str(), confirmed["proposed_here"].as_bool()), (Some("in_force"), Some(false)));
    assert_eq!(house.store.waiting_jobs().await.unwrap(), waiting + 1, "the keeper links what there is");
    stranger(&house, Method::POST, &confirm, Some(json!({}))).await.expect(409);
    // A second one cannot stand beside it.
    house.post(Role::Admin, ROOT, json!({"with": "nh"})).await.expect(409);
    delete(&house, &path).await.expect(204);
    delete(&house, &path).await.expect(409);
    let after = house.get(Role::Admin, ROOT).await.expect(200).json();
    assert_eq!(
        (after["items"][0]["state"].as_str(), after["items"][0]["ended_here"].as_bool()),
        (Some("ended"), Some(true))
    );
    assert_eq!(after["others"][0]["id"], "nh", "a new one may be proposed");
    assert_eq!(entries(house.store.verify_audit(&system("nh")).await.unwrap()), nh + 3);
    house.post(Role::Admin, ROOT, json!({"with": "nh"})).await.expect(201);
}

#[tokio::test]
async fn what_cannot_be_agreed_is_refused_by_its_field() {
    let house = House::new().await;
    for (body, field) in [
        (json!({"with": "me"}), "with"),
        (json!({"with": "atlantis"}), "with"),
        (json!({"with": "nh", "note": "x".repeat(501)}), "note"),
    ] {
        let told = house.post(Role::Admin, ROOT, body).await.expect(422).json();
        assert_eq!(told["errors"][0]["field"], field, "{told}");
    }
    house.post(Role::PublicHealth, ROOT, json!({"with": "nh"})).await.expect(403);
    let nobody = format!("{ROOT}/{}", uuid::Uuid::nil());
    delete(&house, &nobody).await.expect(404);
    house.post(Role::Admin, &format!("{nobody}/confirmation"), json!({})).await.expect(404);
}

#[tokio::test]
async fn a_line_list_says_that_somebody_elsewhere_tells_of_an_event_and_no_more() {
    let house = House::new().await;
    let made = house.post(Role::Admin, ROOT, json!({"with": "nh"})).await.expect(201).json();
    let id: emberwatch::domain::ids::AgreementId = made["id"].as_str().unwrap().parse().unwrap();
    stranger(&house, Method::POST, &format!("{ROOT}/{id}/confirmation"), Some(json!({}))).await.expect(200);
    house.store.put_told_elsewhere(&system("me"), id, 1, &[house.ids.event].into()).await.unwrap();
    let only = json!([house.ids.event.to_string()]);
    let list = house.get(Role::PublicHealth, "/api/v1/events?limit=100").await.expect(200);
    assert_eq!(list.json()["told_elsewhere"], only);
    let event = house.get(Role::PublicHealth, &format!("/api/v1/events/{}", house.ids.event)).await.expect(200).json();
    assert_eq!(event["told_elsewhere"], true);
    let alert = format!("/api/v1/alerts/{}", house.ids.alert);
    assert_eq!(house.get(Role::PublicHealth, &alert).await.expect(200).json()["told_elsewhere"], only);
    assert_eq!(house.get(Role::Liaison, &alert).await.expect(200).json()["told_elsewhere"], Value::Null);
    // The foreign event is nowhere, and the neighbour is told nothing of this one.
    assert!(!list.json().to_string().contains(&house.ids.foreign_event.to_string()));
    let theirs = stranger(&house, Method::GET, "/api/v1/events?limit=100", None).await.expect(200).json();
    assert_eq!(theirs["told_elsewhere"], json!([]));
}
