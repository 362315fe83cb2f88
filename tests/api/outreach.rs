//! The brief, follow-ups and logging visits.

use axum::http::Method;
use emberwatch::domain::scope::Role;
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn a_liaisons_brief_names_the_own_alert_first_and_no_point_of_an_event() {
    let house = House::new().await;
    let answer = house.get(Role::Liaison, "/api/v1/brief").await.expect(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let brief = answer.json();
    assert_eq!(brief["catchment_name"], "South County");
    assert!(brief["places"].as_array().unwrap().len() <= 3);
    assert_eq!(brief["places"][0]["rank"], 1);
    assert_eq!(brief["places"][0]["reason_kind"], "alert");
    assert_eq!(brief["places"][0]["forecast_p"], 0.6, "a cell's forecast is found by where the cell lies");
    assert_eq!(brief["follow_ups"].as_array().unwrap().len(), 1);
    assert_eq!(brief["follow_ups"][0]["event"], json!(null));
    let text = String::from_utf8_lossy(&answer.bytes).into_owned();
    assert!(!text.contains("Northfield") && !text.contains("INVENTED"), "{text}");
}

#[tokio::test]
async fn a_logged_visit_is_listed_and_moves_its_follow_up_on() {
    let house = House::new().await;
    let visit = json!({
        "trigger": "follow_up", "follow_up": house.ids.follow_up, "mode": "visit", "contacted": "survivor",
        "consent": true, "kits_given": 2, "referrals": ["Treatment"], "minutes": 25, "note": "by the back door",
    });
    let logged = house.post(Role::Liaison, "/api/v1/encounters", visit).await.expect(201).json();
    assert_eq!(logged["area"], "me-south");
    assert_eq!(logged["referrals"], json!(["treatment"]));
    assert_eq!(logged["note"], "by the back door");
    let owed = house.get(Role::Liaison, "/api/v1/follow-ups").await.expect(200).json();
    assert_eq!(owed["items"], json!([]));
    let listed = house.get(Role::Liaison, "/api/v1/encounters").await.expect(200).json();
    assert_eq!(listed["items"][0]["by_name"], "liaison");
    let path = format!("/api/v1/cells/{}", house.ids.cell);
    let cell = house.get(Role::Liaison, &path).await.expect(200).json();
    assert_eq!(cell["last_visit"], "2026-06-15T14:00:00Z");
}

#[tokio::test]
async fn an_attempt_is_logged_under_its_follow_up() {
    let house = House::new().await;
    let path = format!("/api/v1/follow-ups/{}/attempts", house.ids.follow_up);
    let attempt = json!({ "trigger": "follow_up", "mode": "phone", "contacted": "nobody" });
    house.post(Role::Liaison, &path, attempt).await.expect(201);
    let owed = house.get(Role::Liaison, "/api/v1/follow-ups").await.expect(200).json();
    assert_eq!(
        (owed["items"][0]["state"].as_str(), owed["items"][0]["attempts"].as_u64()),
        (Some("attempted"), Some(1))
    );
}

#[tokio::test]
async fn a_visit_sent_twice_with_its_key_is_logged_once() {
    let house = House::new().await;
    let visit = json!({ "trigger": "hotspot", "area": "me-south", "mode": "visit", "contacted": "nobody" });
    for _ in 0..2 {
        let mut request = house.request(Method::POST, Some(Role::Liaison), "/api/v1/encounters", Some(visit.clone()));
        request.headers_mut().insert("idempotency-key", "visit-1".parse().unwrap());
        house.send(request).await.expect(201);
    }
    let listed = house.get(Role::Liaison, "/api/v1/encounters").await.expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_visit_outside_the_catchment_or_in_the_future_is_refused() {
    let house = House::new().await;
    let visit = |extra: serde_json::Value| {
        let mut v = json!({ "trigger": "other", "area": "me-south", "mode": "visit", "contacted": "nobody" });
        v.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        v
    };
    for (extra, field) in [
        (json!({ "area": "me-north" }), "area"),
        (json!({ "at": "2026-06-17T00:00:00Z" }), "at"),
        (json!({ "kits_given": 100_000 }), "kits_given"),
        (json!({ "trigger": "follow_up" }), "follow_up"),
        (json!({ "name": "somebody" }), "name"),
    ] {
        let refused = house.post(Role::Liaison, "/api/v1/encounters", visit(extra)).await.expect(422).json();
        assert!(refused["detail"].as_str().unwrap().contains(field), "{field}: {refused}");
    }
}

#[tokio::test]
async fn a_note_is_not_shown_to_other_liaisons_screens() {
    let house = House::new().await;
    let visit =
        json!({ "trigger": "other", "area": "me-south", "mode": "visit", "contacted": "nobody", "note": "private" });
    house.post(Role::PublicHealth, "/api/v1/encounters", visit).await.expect(201);
    let listed = house.get(Role::Liaison, "/api/v1/encounters").await.expect(200).json();
    assert_eq!(listed["items"][0]["note"], "");
}
