//! Alert rules: who sees them, who sets them, what is refused.

use axum::http::Method;
use emberwatch::domain::scope::Role;
use serde_json::{Value, json};

use crate::house::{Answer, House, system};

async fn put(house: &House, role: Role, id: &str, body: Value) -> Answer {
    house.send(house.request(Method::PUT, Some(role), &format!("/api/v1/rules/{id}"), Some(body))).await
}

async fn delete(house: &House, role: Role, id: &str) -> Answer {
    house.send(house.request(Method::DELETE, Some(role), &format!("/api/v1/rules/{id}"), None)).await
}

async fn listed(house: &House, role: Role) -> Vec<Value> {
    house.get(role, "/api/v1/rules").await.expect(200).json()["items"].as_array().unwrap().clone()
}

fn south() -> Value {
    json!({
        "name": "South, deaths", "places": { "look_at": "areas", "areas": ["me-south"] }, "measure": "fatal_overdoses",
        "tier": "alert", "false_alerts_per_year": 0.5
    })
}

#[tokio::test]
async fn the_built_in_rules_say_what_they_cost_and_what_they_did() {
    let house = House::new().await;
    let rules = listed(&house, Role::PublicHealth).await;
    let ids: Vec<&str> = rules.iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["clusters-alert", "clusters-watch", "areas-alert", "areas-watch"]);
    assert_eq!(rules[0]["sentence"], "Alert when overdoses cluster anywhere; by chance about 3.7 a year.");
    assert_eq!((&rules[0]["record"]["sent"], &rules[0]["looked_back"]), (&json!(2), &Value::Null));
    let areas = &rules[2];
    assert_eq!(
        areas["sentence"],
        "Alert when overdoses in any of 2 areas are above usual; by chance about 1 a year in each, 2 in all."
    );
    assert_eq!(
        (&areas["areas"], &areas["false_alerts_in_all"], &areas["changed"]),
        (&json!(2), &json!(2.0), &json!(false))
    );
    assert_eq!(areas["looked_back"]["begun"], 4);
    assert!((areas["looked_back"]["by_chance"].as_f64().unwrap() - 2.0 * 351.0 / 365.25).abs() < 1e-9);
    // A liaison's figures are those of the own catchment.
    let own = &listed(&house, Role::Liaison).await[2];
    assert_eq!(own["looked_back"]["begun"], 2);
}

#[tokio::test]
async fn what_an_area_can_and_cannot_see_is_said_in_a_sentence() {
    let house = House::new().await;
    let path = "/api/v1/rules/areas-alert/areas";
    let rows = house.get(Role::Analyst, path).await.expect(200).json();
    assert_eq!(rows["items"].as_array().unwrap().len(), 2);
    assert_eq!(rows["items"][1]["area_name"], "South County");
    assert_eq!(
        rows["items"][1]["sees"],
        "At the usual 0.3 a day, a doubling for a week is noticed about 1 time in 4; 6 more cases within a week are \
         noticed 8 times in 10."
    );
    let own = house.get(Role::Liaison, path).await.expect(200).json();
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
    house.get(Role::Admin, "/api/v1/rules/no-such/areas").await.expect(404);
    assert!(house.get(Role::Liaison, "/api/v1/brief").await.expect(200).json()["limits"].as_str().unwrap().contains(
        "At South County's usual 0.3 overdoses a day, a doubling for a week would reach the watch list about one time in four"
    ));
}

#[tokio::test]
async fn an_admin_sets_changes_and_removes_a_rule_and_the_analysis_is_queued() {
    let house = House::new().await;
    let waiting = house.store.waiting_jobs().await.unwrap();
    let made = put(&house, Role::Admin, "south-deaths", south()).await.expect(200).json();
    assert_eq!(
        made["sentence"],
        "Alert when fatal overdoses in 1 area are above usual; by chance about 0.5 a year in each, 0.5 in all."
    );
    assert_eq!(
        (&made["built_in"], &made["changed_by"], &made["enabled"]),
        (&json!(false), &json!("admin"), &json!(true))
    );
    assert_eq!(house.store.waiting_jobs().await.unwrap(), waiting + 1);
    let mut off = south();
    off["enabled"] = json!(false);
    put(&house, Role::Admin, "south-deaths", off).await.expect(200);
    let rules = listed(&house, Role::Admin).await;
    assert_eq!((rules.len(), &rules[4]["enabled"]), (5, &json!(false)));
    assert_eq!(house.store.rules(&system("nh")).await.unwrap(), []);
    delete(&house, Role::Admin, "south-deaths").await.expect(204);
    delete(&house, Role::Admin, "south-deaths").await.expect(404);
    assert_eq!(listed(&house, Role::Admin).await.len(), 4);
}

#[tokio::test]
async fn a_built_in_rule_that_was_changed_goes_back_to_its_first_form() {
    let house = House::new().await;
    let stricter = json!({
        "name": "Counties", "places": { "look_at": "each_of", "kind": "county" }, "tier": "alert",
        "false_alerts_per_year": 0.25
    });
    let changed = put(&house, Role::Admin, "areas-alert", stricter).await.expect(200).json();
    assert_eq!((&changed["built_in"], &changed["changed"]), (&json!(true), &json!(true)));
    assert_eq!(listed(&house, Role::Admin).await[2]["false_alerts_in_all"], 0.5);
    delete(&house, Role::Admin, "areas-alert").await.expect(204);
    assert_eq!(listed(&house, Role::Admin).await[2]["false_alerts_in_all"], 2.0);
    delete(&house, Role::Admin, "areas-alert").await.expect(404);
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_by_field_and_nothing_is_stored() {
    let house = House::new().await;
    let with = |key: &str, value: Value| {
        let mut body = south();
        body[key] = value;
        body
    };
    let clusters = json!({
        "name": "Rare", "places": { "look_at": "clusters" }, "tier": "alert", "false_alerts_per_year": 0.1
    });
    for (body, field, says) in [
        (with("false_alerts_per_year", json!(0)), "false_alerts_per_year", "expected 0.01 to 12 a year in each area"),
        (with("name", json!(" ")), "name", "expected 1 to 100 characters"),
        (with("places", json!({"look_at": "areas", "areas": ["zz"]})), "places", "\"zz\" is not an area"),
        (clusters, "false_alerts_per_year", "expected 0.37 or more"),
    ] {
        let problem = put(&house, Role::Admin, "r", body).await.expect(422).json();
        assert_eq!(problem["errors"][0]["field"], field);
        assert!(problem["errors"][0]["message"].as_str().unwrap().contains(says), "{problem}");
    }
    put(&house, Role::Admin, "Not_A_Slug", south()).await.expect(422);
    put(&house, Role::Admin, "r", with("measure", json!("deaths"))).await.expect(422);
    put(&house, Role::Admin, "r", with("loud", json!(true))).await.expect(422);
    put(&house, Role::PublicHealth, "r", south()).await.expect(403);
    assert_eq!(house.store.rules(&system("me")).await.unwrap(), []);
}
