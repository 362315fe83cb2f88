//! Live intake, the line list and quarantine.

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use emberwatch::{api::Change, domain::scope::Role};
use serde_json::{Value, json};

use crate::house::{ADMIN_KEY, FEED_KEY, House, north, south, system};

const AT: &str = "2026-06-15T13:30:00Z";

fn ndjson(body: &str) -> Request<Body> {
    Request::post("/api/v1/events")
        .header(header::AUTHORIZATION, format!("Bearer {FEED_KEY}"))
        .header(header::CONTENT_TYPE, "application/x-ndjson")
        .body(Body::from(body.to_owned()))
        .unwrap()
}

fn observed(table: &Value, cell: &str) -> u64 {
    let rows = table["items"].as_array().unwrap();
    rows.iter().find(|r| r["cell"] == cell).map_or(0, |r| r["observed"].as_u64().unwrap())
}

#[tokio::test]
async fn an_accepted_event_is_in_the_next_table_tile_and_curve() {
    let house = House::new().await;
    let cell = house.ids.cell.to_string();
    let table = || async { house.get(Role::Liaison, "/api/v1/cells").await.expect(200).json() };
    let tile = house.get(Role::Liaison, "/tiles/cells/8/78/93").await.expect(200);
    assert_eq!(observed(&table().await, &cell), 6);
    let mut told = house.hub.listen();
    let answer =
        house.post(Role::Feed, "/api/v1/events", House::standard("new-1", AT, south())).await.expect(201).json();
    assert_eq!((answer["read"].as_u64(), answer["accepted"].as_u64()), (Some(1), Some(1)));
    assert!(matches!(told.recv().await.unwrap().change, Change::Events { count: 1, .. }));
    assert_eq!(observed(&table().await, &cell), 7);
    let mut again = house.request(Method::GET, Some(Role::Liaison), "/tiles/cells/8/78/93", None);
    again.headers_mut().insert("if-none-match", tile.headers["etag"].clone());
    house.send(again).await.expect(200);
    let curve = house.get(Role::Liaison, "/api/v1/series?from=2026-06-15").await.expect(200).json();
    assert_eq!(curve["items"][0]["count"], 3);
    assert_eq!(house.store.waiting_jobs().await.unwrap(), 1, "the areas' rules wait to be judged anew");
}

/// One screen asks many questions at once; whichever is first fetches the news for all.
#[tokio::test(flavor = "multi_thread")]
async fn questions_asked_at_the_same_time_all_see_the_new_event() {
    let house = House::new().await;
    let cell = house.ids.cell.to_string();
    for n in 1..=20 {
        let event = House::standard(&format!("at-once-{n}"), AT, south());
        house.post(Role::Feed, "/api/v1/events", event).await.expect(201);
        let asked = (0..6).map(|_| house.get(Role::Liaison, "/api/v1/cells"));
        for answer in futures_util::future::join_all(asked).await {
            assert_eq!(observed(&answer.expect(200).json(), &cell), 6 + n);
        }
    }
}

#[tokio::test]
async fn the_same_event_again_changes_nothing() {
    let house = House::new().await;
    let event = House::standard("new-1", AT, south());
    house.post(Role::Feed, "/api/v1/events", event.clone()).await.expect(201);
    let again = house.post(Role::Feed, "/api/v1/events", event).await.expect(200).json();
    assert_eq!((again["accepted"].as_u64(), again["unchanged"].as_u64()), (Some(0), Some(1)));
}

#[tokio::test]
async fn bad_lines_are_quarantined_with_their_numbers_and_good_ones_kept() {
    let house = House::new().await;
    let good = House::standard("a", AT, south());
    let mut bad = House::standard("b", "yesterday", south());
    bad["occurred_at"] = json!("yesterday");
    let body = format!("{good}\n{{broken\n\n{bad}\n{}\n", House::standard("c", AT, north()));
    let answer = house.send(ndjson(&body)).await.expect(201).json();
    assert_eq!(answer["read"], 4);
    assert_eq!(answer["accepted"], 2);
    assert_eq!(answer["quarantined"], 2);
    let lines: Vec<_> = answer["rejects"].as_array().unwrap().iter().map(|r| r["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [2, 4]);
    let waiting = house.get(Role::Admin, "/api/v1/quarantine").await.expect(200).json();
    assert_eq!(waiting["items"].as_array().unwrap().len(), 3, "with the one that was there");
}

#[tokio::test]
async fn a_key_writes_to_its_own_source_and_an_admin_names_one() {
    let house = House::new().await;
    let event = House::standard("x", AT, south());
    house.post(Role::Feed, "/api/v1/events?source=police", event.clone()).await.expect(403);
    let admin = |path: &str| {
        Request::post(path)
            .header(header::AUTHORIZATION, format!("Bearer {ADMIN_KEY}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(event.to_string()))
            .unwrap()
    };
    house.send(admin("/api/v1/events")).await.expect(422);
    house.send(admin("/api/v1/events?source=unheard-of")).await.expect(422);
    house.send(admin("/api/v1/events?source=ems")).await.expect(201);
}

#[tokio::test]
async fn too_much_or_of_the_wrong_kind_is_refused_as_a_problem() {
    let house = House::new().await;
    let many: Vec<Value> = (0..1001).map(|n| House::standard(&n.to_string(), AT, south())).collect();
    house.post(Role::Feed, "/api/v1/events", json!(many)).await.expect(413);
    let mut text = ndjson("{}");
    text.headers_mut().insert(header::CONTENT_TYPE, "text/plain".parse().unwrap());
    assert_eq!(house.send(text).await.expect(415).header("content-type"), "application/problem+json");
    let mut broken = ndjson("{\"a\": ");
    broken.headers_mut().insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
    house.send(broken).await.expect(400);
    let long = ndjson(&"x".repeat(10 * 1024 * 1024 + 1));
    house.send(long).await.expect(413);
}

#[tokio::test]
async fn a_repeated_post_is_answered_again_and_not_done_again() {
    let house = House::new().await;
    let with_key = |body: Value| {
        let mut request = house.request(Method::POST, Some(Role::Feed), "/api/v1/events", Some(body));
        request.headers_mut().insert("idempotency-key", "morning-batch".parse().unwrap());
        request
    };
    let event = House::standard("i-1", AT, south());
    let first = house.send(with_key(event.clone())).await.expect(201);
    let second = house.send(with_key(event)).await.expect(201);
    assert_eq!(first.bytes, second.bytes);
    assert_eq!(second.header("idempotency-replayed"), "true");
    let other = house.send(with_key(House::standard("i-2", AT, south()))).await.expect(422).json();
    assert_eq!(other["errors"][0]["field"], "Idempotency-Key");
}

#[tokio::test]
async fn the_line_list_pages_through_everything_once() {
    let house = House::new().await;
    let mut path = "/api/v1/events?limit=15".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = house.get(Role::Admin, &path).await.expect(200);
        let body = page.json();
        seen.extend(body["items"].as_array().unwrap().iter().map(|e| e["id"].as_str().unwrap().to_owned()));
        let Some(link) = page.headers.get("link") else {
            assert_eq!(body["next"], json!(null));
            break;
        };
        let link = link.to_str().unwrap();
        assert!(link.ends_with("; rel=\"next\""), "{link}");
        path = link[1..link.find('>').unwrap()].to_owned();
    }
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((all, seen.len()), (40, 40));
}

#[tokio::test]
async fn an_admin_mends_a_row_and_it_counts() {
    let house = House::new().await;
    let path = format!("/api/v1/quarantine/{}/resubmit", house.ids.reject);
    let still = house.post(Role::Admin, &path, json!({ "row": { "event_id": "m" } })).await.expect(200).json();
    assert_eq!(still["outcome"], "still_bad");
    let good = json!({ "row": House::standard("mended", AT, south()) });
    let done = house.post(Role::Admin, &path, good).await.expect(200).json();
    assert_eq!(done["outcome"], "accepted");
    let table = house.get(Role::Liaison, "/api/v1/cells").await.expect(200).json();
    assert_eq!(observed(&table, &house.ids.cell.to_string()), 7);
    let discard = format!("/api/v1/quarantine/{}/discard", house.ids.reject);
    house.post(Role::Admin, &discard, json!({})).await.expect(409);
}

#[tokio::test]
async fn feeds_are_listed_with_what_their_other_rows_were() {
    let house = House::new().await;
    let sources = house.get(Role::Analyst, "/api/v1/sources").await.expect(200).json();
    assert_eq!(sources["items"][0]["events"], 40);
    assert_eq!(sources["items"][0]["waiting_rejects"], 1);
    assert_eq!(sources["not_cases"]["ems"], json!([{ "label": "Fire", "count": 12 }]));
}

#[tokio::test]
async fn what_another_process_stores_is_seen_within_seconds() {
    let house = House::new().await;
    let cell = house.ids.cell.to_string();
    let table = house.get(Role::Liaison, "/api/v1/cells").await.expect(200).json();
    assert_eq!(observed(&table, &cell), 6);
    let mut event = crate::house::event("me", "elsewhere", 0, south(), "me-south");
    event.received_at = crate::house::now();
    let batch = emberwatch::store::IntakeBatch { events: vec![event], origin: "file".into(), ..Default::default() };
    house.store.append(&system("me"), &"ems".parse().unwrap(), &batch).await.unwrap();
    // Nobody told this process; a message without ids says that anything may have changed.
    let change = Change::Events { areas: vec![], kinds: vec![], count: 1, ids: vec![] };
    house.hub.publish(&"me".parse().unwrap(), change);
    let table = house.get(Role::Liaison, "/api/v1/cells").await.expect(200).json();
    assert_eq!(observed(&table, &cell), 7);
}

#[tokio::test]
async fn much_that_another_process_stores_follows_and_what_was_accepted_here_is_seen_at_once() {
    let house = House::new().await;
    let cell = house.ids.cell.to_string();
    let count = async || {
        let table = house.get(Role::Liaison, "/api/v1/cells").await.expect(200).json();
        observed(&table, &cell)
    };
    assert_eq!(count().await, 6);
    let many = |n: usize| {
        let event = crate::house::event("me", &format!("bulk {n}"), 0, south(), "me-south");
        emberwatch::domain::event::Event { received_at: crate::house::now(), ..event }
    };
    let events = (0..1_500).map(many).collect();
    let batch = emberwatch::store::IntakeBatch { events, origin: "file".into(), ..Default::default() };
    house.store.append(&system("me"), &"ems".parse().unwrap(), &batch).await.unwrap();
    house.post(Role::Feed, "/api/v1/events", House::standard("here", AT, south())).await.expect(201);
    assert!(count().await >= 7);
    let all = async {
        while count().await < 1_507 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), all).await.expect("the rest follows");
    assert_eq!(count().await, 1_507);
}

#[tokio::test]
async fn rows_of_another_process_that_state_receipts_of_the_past_follow_too() {
    let house = House::new().await;
    let cell = house.ids.cell.to_string();
    let count = async || {
        let table = house.get(Role::Liaison, "/api/v1/cells").await.expect(200).json();
        observed(&table, &cell)
    };
    let before = count().await;
    for (n, batch) in [(3, "first"), (2, "second")] {
        let back = |i: usize| {
            let event = crate::house::event("me", &format!("{batch} {i}"), 0, south(), "me-south");
            let received_at = crate::house::now() - chrono::Duration::days(30);
            emberwatch::domain::event::Event { received_at, ..event }
        };
        let events = (0..n).map(back).collect();
        let batch = emberwatch::store::IntakeBatch { events, origin: "file".into(), ..Default::default() };
        house.store.append(&system("me"), &"ems".parse().unwrap(), &batch).await.unwrap();
    }
    let all = async {
        while count().await < before + 5 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), all).await.expect("they follow");
    assert_eq!(count().await, before + 5);
}

fn file(path: &str, key: &str, kind: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path)
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, kind)
        .body(body.into())
        .unwrap()
}

#[tokio::test]
async fn whole_files_are_taken_by_their_type_and_others_are_refused() {
    let house = House::new().await;
    for kind in ["text/csv", "text/csv; charset=utf-8", "application/xml", "x-application/hl7-v2+er7"] {
        let answer = house.send(file("/api/v1/events", FEED_KEY, kind, "a\nb\n")).await.expect(201).json();
        assert_eq!((answer["read"].as_u64(), answer["accepted"].as_u64()), (Some(2), Some(2)), "{kind}");
        assert_eq!((answer["rejects"][0]["line"].as_u64(), answer["notices"][0].as_str()), (Some(3), Some("a word")));
    }
    let unreadable = house.send(file("/api/v1/events", FEED_KEY, "text/csv", "\0")).await.expect(400).json();
    assert_eq!(unreadable["detail"], "this is no csv");
    let refused = house.send(file("/api/v1/events", FEED_KEY, "image/png", "x")).await.expect(415).json();
    assert!(refused["detail"].as_str().unwrap().contains("text/csv"));
    let long = "x".repeat(10 * 1024 * 1024 + 1);
    house.send(file("/api/v1/events", FEED_KEY, "text/csv", long)).await.expect(413);
}

#[tokio::test]
async fn a_mapping_is_suggested_looked_over_and_stored() {
    let house = House::new().await;
    let path = "/api/v1/sources/suggestions?source=fire";
    let guess = house.send(file(path, ADMIN_KEY, "text/csv", "id,when\n1,2\n")).await.expect(200).json();
    assert_eq!((guess["found"].as_str(), guess["rows_read"].as_u64()), (Some("csv"), Some(12)));
    house.send(file(path, FEED_KEY, "text/csv", "x")).await.expect(403);
    house.send(file("/api/v1/sources/suggestions?source=A%20B", ADMIN_KEY, "text/csv", "x")).await.expect(422);
    let put =
        |body: Value| house.send(house.request(Method::PUT, Some(Role::Admin), "/api/v1/sources/fire", Some(body)));
    let refused = put(json!({"mapping": "nonsense"})).await.expect(422).json();
    assert_eq!(refused["errors"][0]["field"], "mapping");
    house.get(Role::Admin, "/api/v1/sources/fire").await.expect(404);
    put(json!({"mapping": guess["mapping"]})).await.expect(204);
    let stored = house.get(Role::Admin, "/api/v1/sources/fire").await.expect(200).json();
    assert_eq!(stored["mapping"], guess["mapping"]);
}
