//! Who may call what: every route of the document with every role, and other people's ids.

use axum::http::Method;
use emberwatch::{api::openapi_json, domain::scope::Role};
use serde_json::{Value, json};

use crate::house::House;

/// (method, path template, roles that may call it; `None` is everybody).
fn operations() -> Vec<(Method, String, Option<Vec<Role>>)> {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else { continue };
            if ![Method::GET, Method::POST, Method::PUT, Method::DELETE].contains(&method) {
                continue;
            }
            let roles = operation["x-roles"]
                .as_array()
                .map(|roles| roles.iter().map(|r| Role::parse(r.as_str().unwrap()).unwrap()).collect());
            all.push((method, path.clone(), roles));
        }
    }
    assert!(all.len() > 35, "the document lists {} operations", all.len());
    all
}

/// A path with ids that exist, so that a refusal is about the role and nothing else.
fn filled(house: &House, template: &str) -> String {
    let ids = &house.ids;
    let id = match template {
        t if t.contains("/events/") => ids.event.to_string(),
        t if t.contains("/alerts/") => ids.alert.to_string(),
        t if t.contains("/signals/") => ids.signal.to_string(),
        t if t.contains("/follow-ups/") => ids.follow_up.to_string(),
        t if t.contains("/quarantine/") => ids.reject.to_string(),
        _ => uuid::Uuid::nil().to_string(),
    };
    template.replace("{id}", &id).replace("{cell}", &ids.cell.to_string())
}

#[tokio::test]
async fn every_route_lets_in_the_roles_it_names_and_no_other() {
    let house = &House::new().await;
    for (method, template, roles) in operations() {
        let Some(roles) = roles else { continue };
        for role in Role::ALL {
            // Signing out would end the session that the next rows need; it has a test of its own.
            if template == "/api/v1/session" && method == Method::DELETE {
                continue;
            }
            let path = filled(house, &template);
            let body = ([Method::POST, Method::PUT].contains(&method)).then(|| json!({}));
            if path.ends_with("/stream") && roles.contains(role) {
                // It never ends; that it begins is tested elsewhere.
                continue;
            }
            let answer = house.send(house.request(method.clone(), Some(*role), &path, body)).await;
            let status = answer.status.as_u16();
            if roles.contains(role) {
                assert!(![401, 403, 405, 500].contains(&status), "{method} {path} as {role}: {status}");
            } else {
                assert_eq!(status, 403, "{method} {path} as {role}");
                assert_eq!(answer.header("content-type"), "application/problem+json");
            }
        }
    }
}

#[tokio::test]
async fn nobody_is_let_in_without_signing_in() {
    let house = &House::new().await;
    for (method, template, roles) in operations() {
        let path = filled(house, &template);
        let body = ([Method::POST, Method::PUT].contains(&method)).then(|| json!({}));
        let answer = house.send(house.request(method.clone(), None, &path, body)).await;
        match roles {
            Some(_) => assert_eq!(answer.status.as_u16(), 401, "{method} {path}"),
            None => assert_ne!(answer.status.as_u16(), 401, "{method} {path}"),
        }
    }
    let tile = house.send(house.request(Method::GET, None, "/tiles/cells/0/0/0", None)).await;
    assert_eq!(tile.status.as_u16(), 401);
}

#[tokio::test]
async fn a_foreign_id_is_answered_exactly_like_an_unknown_one() {
    let house = &House::new().await;
    let nobody = uuid::Uuid::from_u128(7);
    for (role, foreign, unknown) in [
        (Role::Admin, format!("/api/v1/events/{}", house.ids.foreign_event), format!("/api/v1/events/{nobody}")),
        // The liaison of the south and an alert of the north.
        (Role::Liaison, format!("/api/v1/alerts/{}", house.ids.north_alert), format!("/api/v1/alerts/{nobody}")),
        (Role::Liaison, format!("/api/v1/cells/{}", house.ids.north_cell), "/api/v1/cells/nonsense".into()),
        (Role::Liaison, "/api/v1/series?area=me-north".into(), "/api/v1/series?area=me-nowhere".into()),
        (Role::Liaison, "/api/v1/trends?areas=me-north".into(), "/api/v1/trends?areas=me-nowhere".into()),
        (Role::Liaison, "/api/v1/brief?catchment=me-north".into(), "/api/v1/brief?catchment=me-nowhere".into()),
    ] {
        let strip = |mut body: Value| {
            body.as_object_mut().unwrap().remove("request_id");
            body
        };
        let foreign = house.get(role, &foreign).await.expect(404);
        let unknown = house.get(role, &unknown).await.expect(404);
        assert_eq!(strip(foreign.json()), strip(unknown.json()));
    }
}

#[tokio::test]
async fn a_liaison_counts_the_own_county_only() {
    let house = &House::new().await;
    let all = house.get(Role::Analyst, "/api/v1/series?from=2026-06-01").await.expect(200).json();
    let own = house.get(Role::Liaison, "/api/v1/series?from=2026-06-01").await.expect(200).json();
    let total = |v: &Value| v["items"].as_array().unwrap().iter().map(|i| i["count"].as_u64().unwrap()).sum::<u64>();
    assert_eq!((total(&all), total(&own)), (11, 8), "three of the last two weeks' events lie in the north");
    let alerts = house.get(Role::Liaison, "/api/v1/alerts").await.expect(200).json();
    assert_eq!(alerts["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn every_route_of_the_table_is_in_the_document_and_the_other_way_round() {
    let mut documented: Vec<String> = operations().into_iter().map(|(m, p, _)| format!("{m} {p}")).collect();
    let undocumented = ["/tiles/{layer}/{z}/{x}/{y}", "/api/v1/openapi.json"];
    let mut listed: Vec<String> = emberwatch::api::access::table()
        .filter(|(_, path, _)| !undocumented.contains(path))
        .map(|(method, path, _)| format!("{method} {path}"))
        .collect();
    documented.sort();
    listed.sort();
    assert_eq!(documented, listed);
}
