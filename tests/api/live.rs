//! Server-sent events.

use std::time::Duration;

use axum::http::Method;
use emberwatch::{api::Change, domain::scope::Role};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::house::{House, south};

#[tokio::test]
async fn an_accepted_event_is_told_to_those_who_listen() {
    let house = House::new().await;
    let request = house.request(Method::GET, Some(Role::Liaison), "/api/v1/stream", None);
    let response = house.app.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    let event = House::standard("live-1", "2026-06-15T13:30:00Z", south());
    house.post(Role::Feed, "/api/v1/events", event).await.expect(201);
    let mut heard = String::new();
    while !heard.contains("event: events") {
        let frame = tokio::time::timeout(Duration::from_secs(5), body.frame()).await.expect("a message within 5 s");
        heard.push_str(&String::from_utf8_lossy(frame.unwrap().unwrap().data_ref().unwrap()));
    }
    assert!(heard.contains("\"areas\":[\"me-south\"]"), "{heard}");
    assert!(!heard.contains("live-1"), "a message says where, never what: {heard}");
}

#[tokio::test]
async fn what_changed_while_the_stream_was_being_opened_is_told() {
    let house = House::new().await;
    house
        .post(Role::Feed, "/api/v1/events", House::standard("live-2", "2026-06-15T13:30:00Z", south()))
        .await
        .expect(201);
    let request = house.request(Method::GET, Some(Role::Liaison), "/api/v1/stream", None);
    let mut body = house.app.clone().oneshot(request).await.unwrap().into_body();
    let mut heard = String::new();
    while !heard.contains("event: events") {
        let frame = tokio::time::timeout(Duration::from_secs(5), body.frame()).await.expect("a message within 5 s");
        heard.push_str(&String::from_utf8_lossy(frame.unwrap().unwrap().data_ref().unwrap()));
    }
    assert_eq!(heard.matches("event: events").count(), 1, "{heard}");
}

#[tokio::test]
async fn a_session_that_ended_hears_no_more() {
    let house = House::new().await;
    let request = house.request(Method::GET, Some(Role::Liaison), "/api/v1/stream", None);
    let mut body = house.app.clone().oneshot(request).await.unwrap().into_body();
    house.send(house.request(Method::DELETE, Some(Role::Liaison), "/api/v1/session", None)).await.expect(204);
    // The first ping comes at once, and checks.
    let end = tokio::time::timeout(Duration::from_secs(5), async {
        while let Some(frame) = body.frame().await {
            frame.unwrap();
        }
    });
    end.await.expect("the stream ends");
    house.hub.publish(&"me".parse().unwrap(), Change::AreaStatus { areas: vec![] });
}
