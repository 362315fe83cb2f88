//! Cells, tiles and outlines.

use axum::http::Method;
use emberwatch::domain::scope::Role;
use serde_json::{Value, json};

use crate::house::House;

#[tokio::test]
async fn the_table_holds_what_was_seen_against_what_is_usual() {
    let house = House::new().await;
    let table = house.get(Role::PublicHealth, "/api/v1/cells?resolution=8").await.expect(200).json();
    assert_eq!(table["window"], json!({ "from": "2026-06-09", "to": "2026-06-15" }));
    let rows = table["items"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    let first = &rows[0];
    assert_eq!(first["cell"], house.ids.cell.to_string());
    assert_eq!(first["observed"], 6);
    assert!((first["expected"].as_f64().unwrap() - 1.05).abs() < 1e-9, "{first}");
    assert_eq!(first["expected_range"], json!([0.0, 3.0]));
    assert_eq!(first["place_name"], "Southport");
    assert_eq!(first["area"], "me-south");
    assert_eq!(first["forecast_p"], 0.6);
    assert_eq!(table["unplaced"]["count"], 1, "the event that is known to a town only");
    assert_eq!(table["data"]["as_of"], "2026-06-15");
}

#[tokio::test]
async fn coarser_cells_hold_the_sums_of_finer_ones() {
    let house = House::new().await;
    let table = house.get(Role::Analyst, "/api/v1/cells?resolution=5").await.expect(200).json();
    let observed: Vec<u64> =
        table["items"].as_array().unwrap().iter().map(|r| r["observed"].as_u64().unwrap()).collect();
    assert_eq!(observed, [7, 3], "the town's event fits a cell of this size");
    assert_eq!(table["unplaced"]["count"], 0);
}

#[tokio::test]
async fn a_question_that_cannot_be_answered_names_the_field() {
    let house = House::new().await;
    for (path, field) in [
        ("/api/v1/cells?resolution=11", "resolution"),
        ("/api/v1/cells?kind=fire", "kind"),
        ("/api/v1/cells?from=2026-06-20&to=2026-06-10", "to"),
        ("/api/v1/cells?from=yesterday", "from"),
        ("/api/v1/series?bucket=decade", "bucket"),
        ("/api/v1/alerts?state=loud", "state"),
        ("/api/v1/alerts?cursor=zzz", "cursor"),
        ("/api/v1/forecasts?days=40", "days"),
    ] {
        let problem = house.get(Role::Analyst, path).await.expect(422).json();
        assert_eq!(problem["errors"][0]["field"], field, "{path}: {problem}");
    }
}

#[tokio::test]
async fn one_cell_comes_with_its_weeks_its_signals_and_its_forecast() {
    let house = House::new().await;
    let path = format!("/api/v1/cells/{}", house.ids.cell);
    let cell = house.get(Role::Liaison, &path).await.expect(200).json();
    assert_eq!(cell["row"]["observed"], 6);
    assert_eq!(cell["recent"].as_array().unwrap().len(), 28);
    assert_eq!(cell["forecasts"].as_array().unwrap().len(), 1);
    assert_eq!(cell["signals"][0]["observed"], 6);
    assert_eq!(cell["signals"][0]["events"], json!([]), "a liaison is told of no single event");
    let full = house.get(Role::PublicHealth, &path).await.expect(200).json();
    assert_eq!(full["signals"][0]["events"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_tile_holds_the_hexagon_and_an_empty_one_is_no_content() {
    let house = House::new().await;
    // Portland's neighbourhood in slippy map numbering.
    let tile = house.get(Role::Liaison, "/tiles/cells/8/78/93").await.expect(200);
    assert_eq!(tile.header("content-type"), "application/vnd.mapbox-vector-tile");
    let text = String::from_utf8_lossy(&tile.bytes).into_owned();
    assert!(text.contains(&house.ids.cell.to_string()) && text.contains("observed"));
    house.get(Role::Liaison, "/tiles/cells/8/10/10").await.expect(204);
    for path in ["/tiles/cells/8/300/93", "/tiles/streets/8/78/93", "/tiles/cells/99/0/0", "/tiles/cells/8/78/x"] {
        house.get(Role::Liaison, path).await.expect(404);
    }
    let mut again = house.request(Method::GET, Some(Role::Liaison), "/tiles/cells/8/78/93", None);
    again.headers_mut().insert("if-none-match", tile.headers["etag"].clone());
    house.send(again).await.expect(304);
}

#[tokio::test]
async fn a_liaison_has_no_tile_of_another_county() {
    let house = House::new().await;
    let text = |a: crate::house::Answer| String::from_utf8_lossy(&a.bytes).into_owned();
    let north = house.ids.north_cell.to_string();
    let path = "/tiles/cells/9/158/181";
    assert!(text(house.get(Role::Analyst, path).await).contains(&north));
    house.get(Role::Liaison, path).await.expect(204);
    house.get(Role::Liaison, "/tiles/forecast/9/158/181").await.expect(204);
    assert!(text(house.get(Role::Analyst, "/tiles/forecast/9/158/181").await).contains(&north));
}

#[tokio::test]
async fn clusters_and_areas_are_drawn_as_outlines() {
    let house = House::new().await;
    let clusters = house.get(Role::Analyst, "/api/v1/clusters.geojson").await.expect(200).json();
    assert_eq!(clusters["features"].as_array().unwrap().len(), 2);
    assert_eq!(clusters["features"][0]["geometry"]["type"], "MultiPolygon");
    let tile = house.get(Role::Liaison, "/tiles/clusters/8/78/93").await.expect(200);
    assert!(String::from_utf8_lossy(&tile.bytes).contains("Southport: 6 overdoses in 3 days"));
    let tile = house.get(Role::Liaison, "/tiles/areas/6/19/23").await.expect(200);
    assert!(String::from_utf8_lossy(&tile.bytes).contains("South County"));
    let areas = house.get(Role::Liaison, "/api/v1/areas.geojson").await.expect(200);
    assert_eq!(areas.header("content-type"), "application/geo+json");
    let etag = areas.headers["etag"].clone();
    let names: Vec<Value> =
        areas.json()["features"].as_array().unwrap().iter().map(|f| f["properties"]["name"].clone()).collect();
    assert_eq!(names, ["Testland", "North County", "South County"]);
    let mut again = house.request(Method::GET, Some(Role::Liaison), "/api/v1/areas.geojson", None);
    again.headers_mut().insert("if-none-match", etag);
    house.send(again).await.expect(304);
}

#[tokio::test]
async fn places_are_found_by_part_of_their_name() {
    let house = House::new().await;
    let found = house.get(Role::Liaison, "/api/v1/places?q=NORTH").await.expect(200).json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    assert_eq!(found["items"][0]["name"], "Northfield");
}
