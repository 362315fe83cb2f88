//! Answers as the services' own documentation shows them, and how a client behaves towards a server.

use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use super::*;
use crate::domain::{ids::SourceId, place::Point, remote::RemoteLevel};

fn question() -> RemoteQuestion {
    RemoteQuestion {
        street: "30 West 26th Street".into(),
        town: Some("New York".into()),
        zip: Some("10010".into()),
        state: None,
        country: Some("us".into()),
    }
}

fn settings(kind: RemoteKind, url: &str) -> RemoteSettings {
    RemoteSettings {
        kind,
        url: url.into(),
        sources: vec![SourceId::new("ems").unwrap()],
        jurisdiction: None,
        api_key: None,
        authorization: None,
        per_second: None,
        country: None,
        state: None,
        contact: None,
        attribution: None,
    }
}

fn levels(kind: RemoteKind, answer: &serde_json::Value) -> Vec<RemoteLevel> {
    let reply = read(kind, answer.to_string().as_bytes()).unwrap();
    reply.candidates.iter().map(|c| c.level).collect()
}

#[test]
fn nominatim_ranks_its_places() {
    let place = |rank: u32, category: &str, kind: &str, osm: &str, address: serde_json::Value| {
        json!({"place_id": 1, "osm_type": osm, "lat": "52.5487429714954", "lon": "-1.81602098644987", "place_rank": rank,
               "category": category, "type": kind, "importance": 0.4, "display_name": "…", "address": address})
    };
    let road = json!({"house_number": "135", "road": "Pilkington Avenue", "village": "Wylde Green", "postcode": "B72"});
    let answer = json!([
        place(30, "building", "yes", "way", road.clone()),
        place(30, "place", "house", "node", road.clone()),
        place(30, "place", "house", "way", road.clone()),
        place(30, "amenity", "pub", "node", json!({"road": "Pilkington Avenue"})),
        place(26, "highway", "residential", "way", json!({"road": "Pilkington Avenue"})),
        place(21, "place", "postcode", "", json!({"postcode": "B72"})),
        place(16, "place", "city", "node", json!({"city": "Birmingham"})),
        place(12, "boundary", "administrative", "relation", json!({"county": "West Midlands"})),
    ]);
    use RemoteLevel::*;
    let kind = RemoteKind::Nominatim;
    assert_eq!(levels(kind, &answer), [House, House, Interpolated, Venue, Street, Zip, Town, Larger]);
    let first = read(kind, answer.to_string().as_bytes()).unwrap().candidates.remove(0);
    assert_eq!(first.point, Point::new(52.548_742_971_495_4, -1.816_020_986_449_87).unwrap());
    assert_eq!((first.town.as_deref(), first.zip.as_deref()), (Some("Wylde Green"), Some("B72")));
    assert!(read(kind, b"[]").unwrap().candidates.is_empty());
    assert_eq!(read(kind, br#"{"error":{"code":400}}"#), Err(BadAnswer::ItsError));
}

#[test]
fn photon_tells_types_and_older_ones_tell_tags() {
    let feature = |properties: serde_json::Value| json!({"type": "Feature", "geometry": {"type": "Point", "coordinates": [13.2395, 52.5147]}, "properties": properties});
    let answer = json!({"features": [
        feature(json!({"name": "Berlin Olympic Stadium", "street": "Olympischer Platz", "housenumber": "3",
            "osm_key": "leisure", "osm_value": "stadium", "osm_type": "W", "postcode": "14053"})),
        feature(json!({"type": "house", "osm_key": "place", "osm_value": "house", "osm_type": "W", "housenumber": "3", "street": "A"})),
        feature(json!({"type": "house", "osm_key": "place", "osm_value": "house", "osm_type": "N", "housenumber": "3", "street": "A"})),
        feature(json!({"type": "house", "osm_key": "amenity", "name": "Library"})),
        feature(json!({"type": "street", "name": "Main Street", "city": "Orono"})),
        feature(json!({"name": "Berlin", "osm_key": "place", "osm_value": "city"})),
        feature(json!({"type": "county", "name": "Penobscot"})),
    ]});
    use RemoteLevel::*;
    assert_eq!(levels(RemoteKind::Photon, &answer), [House, Interpolated, House, Venue, Street, Town, Larger]);
    let reply = read(RemoteKind::Photon, answer.to_string().as_bytes()).unwrap();
    assert_eq!(reply.candidates[4].street.as_deref(), Some("Main Street"));
    assert_eq!(reply.candidates[5].town.as_deref(), Some("Berlin"));
}

#[test]
fn pelias_tells_layers_and_what_it_interpolated() {
    let feature = |properties: serde_json::Value| json!({"type": "Feature", "geometry": {"type": "Point", "coordinates": [-73.990342, 40.744243]}, "properties": properties});
    let address = |matched: &str| {
        feature(
            json!({"gid": "…", "layer": "address", "source": "osm", "name": "30 West 26th Street", "housenumber": "30",
            "street": "West 26th Street", "postalcode": "10010", "locality": "New York", "confidence": 0.96,
            "match_type": matched, "accuracy": "point"}),
        )
    };
    let answer = json!({"geocoding": {"version": "0.2", "warnings": []}, "type": "FeatureCollection", "features": [
        address("exact"), address("interpolated"),
        feature(json!({"layer": "intersection", "name": "West 26th Street & 6th Avenue", "street": "West 26th Street"})),
        feature(json!({"layer": "street", "name": "West 26th Street"})),
        feature(json!({"layer": "locality", "name": "New York", "locality": "New York", "match_type": "fallback"})),
        feature(json!({"layer": "region", "name": "New York"})),
    ]});
    use RemoteLevel::*;
    assert_eq!(levels(RemoteKind::Pelias, &answer), [House, Interpolated, Crossing, Street, Town, Larger]);
    let reply = read(RemoteKind::Pelias, answer.to_string().as_bytes()).unwrap();
    assert_eq!(reply.candidates[0].confidence, Some(0.96));
    assert_eq!(reply.candidates[2].street.as_deref(), Some("West 26th Street & 6th Avenue"));
    let failing = json!({"geocoding": {"errors": ["invalid param 'text'"]}, "features": []});
    assert_eq!(read(RemoteKind::Pelias, failing.to_string().as_bytes()), Err(BadAnswer::ItsError));
}

#[test]
fn the_census_answers_in_any_order_and_a_tie_names_no_place() {
    let answer = "\"3\",\"17201 INTERSTATE 45 SOUTH, THE WOODLANDS, TX, 77385\",\"No_Match\"\n\
        \"1\",\"1504 TAUB LOOP, HOUSTON, TX, 77030\",\"Match\",\"Exact\",\"1504 TAUB LOOP, HOUSTON, TX, 77030\",\"-95.393749604192,29.712577940163\",\"96065203\",\"R\"\n\
        \"4\",\"1317 S LOOP 336 WEST, CONROE, TX, 77304\",\"Tie\"\n\
        \"99\",\"never asked\",\"No_Match\"\n";
    let replies = census::read(answer.as_bytes(), 4).unwrap();
    let one = &replies[0].as_ref().unwrap().candidates[0];
    assert_eq!(
        (one.level, one.house_number.as_deref(), one.street.as_deref()),
        (RemoteLevel::Interpolated, Some("1504"), Some("TAUB LOOP"))
    );
    assert_eq!((one.town.as_deref(), one.zip.as_deref()), (Some("HOUSTON"), Some("77030")));
    assert_eq!(one.point, Point::new(29.712_577_940_163, -95.393_749_604_192).unwrap());
    assert_eq!(replies[1], None, "there is no row of the second");
    assert_eq!(replies[2], Some(RemoteReply::default()));
    assert!(replies[3].as_ref().is_some_and(|r| r.tied && r.candidates.is_empty()));
    assert!(census::read(b"<html>", 1).is_err());
}

#[test]
fn a_batch_is_a_form_whose_rows_hold_commas_and_quotes_apart() {
    let tricky = RemoteQuestion { street: "12 \"Old\" St, rear".into(), ..question() };
    let (content_type, body) = census::body(&[question(), tricky]);
    let (mark, body) = (content_type.rsplit('=').next().unwrap(), String::from_utf8(body).unwrap());
    assert!(body.starts_with(&format!("--{mark}\r\n")) && body.ends_with(&format!("\r\n--{mark}--\r\n")));
    assert!(body.contains("name=\"addressFile\"; filename=\"addresses.csv\""));
    assert!(
        body.contains("\r\n\r\n1,30 West 26th Street,New York,,10010\n2,\"12 \"\"Old\"\" St, rear\",New York,,10010\n"),
        "{body}"
    );
}

#[test]
fn what_is_no_answer_is_said_to_be_none() {
    for kind in RemoteKind::ALL {
        for bytes in [
            &b""[..],
            b"<html>",
            b"{}",
            b"[{}]",
            br#"{"features":[{}]}"#,
            br#"[{"lat":"x","lon":"y","place_rank":30}]"#,
        ] {
            assert!(read(*kind, bytes).is_err(), "{kind} took {}", String::from_utf8_lossy(bytes));
        }
    }
}

#[tokio::test]
async fn a_slow_server_is_given_up_and_its_error_names_no_address() {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    Mock::given(any()).respond_with(slow).mount(&server).await;
    for kind in RemoteKind::ALL {
        let settings = settings(*kind, &server.uri());
        let geocoder = Geocoder::with_patience(&settings, Duration::from_millis(50)).unwrap();
        let error = geocoder.ask(&[question()], None).await.unwrap_err();
        assert!(matches!(error, AskError::Network(_)) && !error.is_of_the_question(), "{error}");
        let told = format!("{error} {error:?}");
        assert!(!told.contains("26th") && !told.contains("New"), "{told}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_a_busy_servers_wish_is_heard() {
    let (server, other) = (MockServer::start().await, MockServer::start().await);
    let away = ResponseTemplate::new(307).insert_header("location", format!("{}/x", other.uri()).as_str());
    Mock::given(any()).respond_with(away).mount(&server).await;
    for kind in RemoteKind::ALL {
        let geocoder = Geocoder::new(&settings(*kind, &server.uri())).unwrap();
        assert!(matches!(geocoder.ask(&[question()], None).await, Err(AskError::Redirect)));
    }
    assert!(other.received_requests().await.unwrap().is_empty());
    for (wish, expected) in [
        ("120", Some(RetryAfter::Seconds(120))),
        ("Wed, 21 Oct 2026 07:28:00 GMT", Some(RetryAfter::At("2026-10-21T07:28:00Z".parse().unwrap()))),
        ("soon", None),
    ] {
        let busy = MockServer::start().await;
        let answer = ResponseTemplate::new(429).insert_header("retry-after", wish);
        Mock::given(any()).respond_with(answer).mount(&busy).await;
        let geocoder = Geocoder::new(&settings(RemoteKind::Photon, &busy.uri())).unwrap();
        let Err(AskError::Busy { status: 429, again }) = geocoder.ask(&[question()], None).await else { panic!() };
        assert_eq!(again, expected);
    }
}

#[tokio::test]
async fn keys_go_where_their_service_wants_them_and_a_path_is_not_doubled() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"features": []})))
        .mount(&server)
        .await;
    let with_key = RemoteSettings {
        api_key: Some(crate::config::Secret::new("k1")),
        authorization: Some(crate::config::Secret::new("Bearer t1")),
        ..settings(RemoteKind::Pelias, &format!("{}/geo/v1/search/", server.uri()))
    };
    Geocoder::new(&with_key).unwrap().ask(&[question()], Some([-74.0, 40.0, -73.0, 41.0])).await.unwrap();
    let request = server.received_requests().await.unwrap().remove(0);
    assert_eq!(request.url.path(), "/geo/v1/search");
    let query = request.url.query().unwrap();
    assert!(query.contains("api_key=k1") && query.contains("boundary.rect.min_lon=-74.00000"), "{query}");
    assert!(query.contains("boundary.country=US"), "{query}");
    assert_eq!(request.headers.get("authorization").unwrap(), "Bearer t1");
}

#[tokio::test]
async fn plain_http_reaches_only_the_own_network_whatever_a_name_leads_to() {
    let named = OwnNetwork.resolve("localhost".parse().unwrap()).await.unwrap();
    assert!(named.into_iter().all(|a| is_private(a.ip())));
}
