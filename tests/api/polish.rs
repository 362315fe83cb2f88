//! What every answer has in common: headers, problems, health, the document, the web app.

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use emberwatch::{api::openapi_json, domain::scope::Role};
use serde_json::{Value, json};

use crate::house::{ADMIN_KEY, House};

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let house = House::new().await;
    for path in ["/", "/livez", "/api/v1/session", "/api/v1/nothing", "/tiles/cells/0/0/0"] {
        let answer = house.send(get(path)).await;
        let csp = answer.header("content-security-policy");
        assert!(csp.starts_with("default-src 'none'") && !csp.contains("unsafe"), "{path}: {csp}");
        assert!(csp.contains("frame-ancestors 'none'") && csp.contains("worker-src 'self'"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("x-request-id").len(), 32, "{path}");
    }
}

#[tokio::test]
async fn every_refusal_is_a_problem_with_the_requests_id() {
    let house = House::new().await;
    let unknown = house.send(get("/api/v1/nothing")).await.expect(404);
    let wrong_method =
        house.send(house.request(Method::DELETE, Some(Role::Admin), "/api/v1/areas", None)).await.expect(405);
    let not_json = house
        .send(
            Request::post("/api/v1/session")
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from("{"))
                .unwrap(),
        )
        .await
        .expect(400);
    let wrong_type = house.send(Request::post("/api/v1/session").body(Body::from("{}")).unwrap()).await.expect(415);
    for answer in [unknown, wrong_method, not_json, wrong_type] {
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let body = answer.json();
        assert_eq!(body["status"], answer.status.as_u16());
        assert_eq!(body["request_id"], answer.header("x-request-id"));
        assert_eq!(body["type"], "about:blank");
        assert!(body["title"].is_string() && body["detail"].is_string());
    }
}

#[tokio::test]
async fn rows_and_figures_are_not_kept_by_browsers() {
    let house = House::new().await;
    for path in ["/api/v1/events", "/api/v1/cells", "/api/v1/brief", "/api/v1/alerts", "/api/v1/quarantine"] {
        assert_eq!(house.get(Role::Admin, path).await.expect(200).header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn it_says_that_it_is_alive_and_ready_and_how_it_does() {
    let house = House::new().await;
    house.send(get("/livez")).await.expect(200);
    house.send(get("/readyz")).await.expect(200);
    house.get(Role::Liaison, "/api/v1/cells").await.expect(200);
    house.send(get("/metrics")).await.expect(401);
    let key = Request::get("/metrics").header(header::AUTHORIZATION, format!("Bearer {ADMIN_KEY}"));
    let metrics = house.send(key.body(Body::empty()).unwrap()).await.expect(200);
    let text = String::from_utf8(metrics.bytes).unwrap();
    assert!(text.contains("http_requests_total{method=\"GET\",route=\"/api/v1/cells\",status=\"200\"}"), "{text}");
}

#[tokio::test]
async fn when_the_store_is_gone_it_is_alive_but_not_ready() {
    let house = House::new().await;
    house.store.close().await;
    house.send(get("/livez")).await.expect(200);
    let answer = house.send(get("/readyz")).await.expect(503);
    assert_eq!(answer.header("retry-after"), "2");
    house.get(Role::Admin, "/api/v1/areas").await.expect(503);
}

#[tokio::test]
async fn addresses_that_are_no_file_belong_to_the_web_app() {
    let house = House::new().await;
    for path in ["/", "/map", "/alerts/1"] {
        let page = house.send(get(path)).await.expect(200);
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
    }
    house.send(get("/assets/missing-12345678.js")).await.expect(404);
    house.send(Request::post("/map").body(Body::empty()).unwrap()).await.expect(405);
}

#[tokio::test]
async fn the_document_is_openapi_3_1_with_named_shapes_and_no_dangling_reference() {
    let document: Value = serde_json::from_str(&openapi_json()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in
        ["ShiftBrief", "Alert", "Signal", "Forecast", "Event", "DataAge", "Problem", "CellTable", "Me", "Trends"]
    {
        assert!(schemas.contains_key(name), "{name} is missing from {:?}", schemas.keys().collect::<Vec<_>>());
    }
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, inner)| match inner {
                Value::String(text) if key == "$ref" => found.push(text),
                inner => references(inner, found),
            }),
            Value::Array(items) => items.iter().for_each(|i| references(i, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100);
    for reference in found {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        assert!(schemas.contains_key(name), "{reference} names nothing");
    }
}

#[tokio::test]
async fn a_subscription_shows_its_secret_once() {
    let house = House::new().await;
    let new = json!({ "channel": "webhook", "target": "https://example.org/hook", "area": "me-south" });
    let made = house.post(Role::PublicHealth, "/api/v1/subscriptions", new).await.expect(201).json();
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    let listed = house.get(Role::Admin, "/api/v1/subscriptions").await.expect(200);
    assert!(!String::from_utf8_lossy(&listed.bytes).contains("whsec_"));
    let path = format!("/api/v1/subscriptions/{}", made["subscription"]["id"].as_str().unwrap());
    house.send(house.request(Method::DELETE, Some(Role::Admin), &path, None)).await.expect(204);
    house.send(house.request(Method::DELETE, Some(Role::Admin), &path, None)).await.expect(404);
    let bad = json!({ "channel": "webhook", "target": "http://169.254.169.254/" });
    house.post(Role::Admin, "/api/v1/subscriptions", bad).await.expect(422);
}

#[tokio::test]
async fn the_committed_document_is_the_current_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/web/openapi.json");
    if std::env::var_os("EMBERWATCH_BLESS").is_some() {
        std::fs::write(path, openapi_json() + "\n").unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == openapi_json() + "\n",
        "web/openapi.json is not current; `emberwatch openapi > web/openapi.json`"
    );
}
