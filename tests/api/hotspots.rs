//! Hot spots: the table, the outlines, the tiles.

use emberwatch::domain::scope::Role;
use serde_json::{Value, json};

use crate::house::House;

#[tokio::test]
async fn hot_spots_come_hottest_first_with_what_they_rest_on() {
    let house = House::new().await;
    let table = house.get(Role::Analyst, "/api/v1/hotspots").await.expect(200).json();
    assert_eq!((&table["resolution"], &table["summary"]["needed"]), (&json!(8), &json!(10)));
    let items = table["items"].as_array().unwrap();
    let cells: Vec<&Value> = items.iter().map(|i| &i["cell"]).collect();
    assert_eq!(cells, [&json!(house.ids.cell), &json!(house.ids.north_cell)]);
    assert_eq!((&items[0]["category"], &items[0]["place_name"]), (&json!("persistent_hot"), &json!("Southport")));
    assert_eq!((&items[0]["recent"], &items[0]["events"]), (&json!("..hh?hhhhhh"), &json!(40)));
    assert_eq!(items[1]["category"], json!(null), "of the north too little is known");
    assert_eq!(table["data"]["as_of"], "2026-06-15");
}

#[tokio::test]
async fn a_resolution_that_was_not_looked_at_names_the_field() {
    let house = House::new().await;
    let coarse = house.get(Role::Analyst, "/api/v1/hotspots?resolution=7").await.expect(200).json();
    assert_eq!(coarse["items"][0]["category"], "new_hot");
    let problem = house.get(Role::Analyst, "/api/v1/hotspots?resolution=6").await.expect(422).json();
    assert_eq!(problem["errors"][0]["field"], "resolution", "{problem}");
}

#[tokio::test]
async fn a_liaison_sees_the_hot_spots_of_the_own_county_only() {
    let house = House::new().await;
    let own = house.get(Role::Liaison, "/api/v1/hotspots").await.expect(200).json();
    let cells: Vec<Value> = own["items"].as_array().unwrap().iter().map(|i| i["cell"].clone()).collect();
    assert_eq!(cells, [json!(house.ids.cell)]);
    house.get(Role::Liaison, "/api/v1/hotspots?area=me-north").await.expect(404);
    let north = house.get(Role::Analyst, "/api/v1/hotspots?area=me-north").await.expect(200).json();
    assert_eq!(north["items"].as_array().unwrap().len(), 1);
    house.get(Role::Liaison, "/tiles/hotspots/9/158/181").await.expect(204);
    let tile = house.get(Role::Analyst, "/tiles/hotspots/9/158/181").await.expect(200);
    let text = String::from_utf8_lossy(&tile.bytes).into_owned();
    assert!(text.contains(&house.ids.north_cell.to_string()) && text.contains("too_few"));
}

#[tokio::test]
async fn gis_programs_get_hexagons_by_address_or_by_what_they_accept() {
    let house = House::new().await;
    let by_address = house.get(Role::Analyst, "/api/v1/hotspots.geojson").await.expect(200);
    assert_eq!(by_address.header("content-type"), "application/geo+json");
    let feature = &by_address.json()["features"][0];
    assert_eq!((&feature["id"], &feature["geometry"]["type"]), (&json!(house.ids.cell), &json!("MultiPolygon")));
    assert_eq!(feature["properties"]["category"], "persistent_hot");
    let mut asked = house.request(axum::http::Method::GET, Some(Role::Analyst), "/api/v1/hotspots", None);
    asked.headers_mut().insert("accept", "application/geo+json".parse().unwrap());
    assert_eq!(house.send(asked).await.expect(200).json(), by_address.json());
}
