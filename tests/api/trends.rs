//! Curves, tables and forecasts.

use chrono::Duration;
use emberwatch::{
    domain::{
        event::EventKind,
        ids::GapId,
        quality::{DataGap, GapKind},
        scope::Role,
    },
    store::{AreaStatus, IntakeBatch},
};

use crate::house::{House, event, now, south, system, today};

#[tokio::test]
async fn a_curve_has_every_day_and_says_which_will_still_grow() {
    let house = House::new().await;
    let curve = house.get(Role::Liaison, "/api/v1/series?area=me-south&from=2026-06-01").await.expect(200).json();
    let items = curve["items"].as_array().unwrap();
    assert_eq!(items.len(), 15);
    assert_eq!(curve["place"]["name"], "South County");
    assert_eq!(items[14]["complete"], false, "today is not over");
    assert_eq!(items[13]["complete"], true, "reports came within the hour so far");
    assert!(items.iter().all(|i| i["hi"].as_f64() >= i["lo"].as_f64() && i["expected"].as_f64() > Some(0.0)));
}

#[tokio::test]
async fn days_to_come_are_not_shown_as_zero() {
    let house = House::new().await;
    let curve = house.get(Role::Liaison, "/api/v1/series?from=2026-06-14&to=2026-06-30").await.expect(200).json();
    assert_eq!(curve["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn trends_count_by_county_and_week_with_rates() {
    let house = House::new().await;
    let path = "/api/v1/trends?from=2026-05-31&to=2026-06-13&measure=rate";
    let table = house.get(Role::Analyst, path).await.expect(200).json();
    assert_eq!(table["buckets"].as_array().unwrap().len(), 2);
    let series = table["series"].as_array().unwrap();
    let names: Vec<_> = series.iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["North County", "South County"]);
    assert!(series[1]["rate_lo"][0].as_f64() < series[1]["rate"][0].as_f64());
}

#[tokio::test]
async fn a_liaisons_trends_name_no_other_county() {
    let house = House::new().await;
    let answer = house.get(Role::Liaison, "/api/v1/trends").await.expect(200);
    let text = String::from_utf8_lossy(&answer.bytes).into_owned();
    assert!(text.contains("me-south") && !text.contains("me-north"), "{text}");
}

#[tokio::test]
async fn the_table_comes_as_csv_with_the_documented_header() {
    let house = House::new().await;
    let answer = house.get(Role::Analyst, "/api/v1/trends?format=csv").await.expect(200);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    let text = String::from_utf8(answer.bytes).unwrap();
    assert!(text.starts_with("series_id,series,from,to,count,rate_per_100k,rate_lower,rate_upper"), "{text}");
}

#[tokio::test]
async fn forecasts_are_named_and_kept_to_the_callers_areas() {
    let house = House::new().await;
    let all = house.get(Role::Analyst, "/api/v1/forecasts?level=area&days=7").await.expect(200).json();
    let own = house.get(Role::Liaison, "/api/v1/forecasts?level=cell&days=7").await.expect(200).json();
    assert_eq!(all["items"].as_array().unwrap().len(), 2);
    assert_eq!(all["items"][0]["place_name"], "South County");
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
    assert_eq!(own["items"][0]["place_name"], "Southport");
}

#[tokio::test]
async fn a_recent_count_says_what_it_comes_to_when_all_reports_are_in() {
    let house = House::new().await;
    // A live feed of four a day, each a day and a half late, in the south.
    let mut late = Vec::new();
    for n in 0..160i64 {
        let mut event = event("me", &format!("late{n}"), 1 + n / 4, south(), "me-south");
        event.occurred_at -= Duration::hours(n % 4);
        event.received_at = event.occurred_at + Duration::hours(36);
        if event.received_at <= now() {
            late.push(event);
        }
    }
    let batch = IntakeBatch { events: late, origin: "test".into(), ..IntakeBatch::default() };
    house.store.append(&system("me"), &"ems".parse().unwrap(), &batch).await.unwrap();
    let curve = house.get(Role::Liaison, "/api/v1/series?area=me-south&from=2026-06-01").await.expect(200).json();
    let items = curve["items"].as_array().unwrap();
    let yesterday = &items[13];
    let late = &yesterday["nowcast"];
    assert!(late["expected"].as_f64() > yesterday["count"].as_f64(), "{yesterday}");
    for (lower, upper) in [("lo", "lo50"), ("lo50", "hi50"), ("hi50", "hi")] {
        assert!(late[lower].as_u64() <= late[upper].as_u64(), "{late}");
    }
    assert!(late["lo"].as_u64() >= yesterday["count"].as_u64());
    assert!(late["share_known"].as_f64().unwrap() < 0.9, "{late}");
    assert_eq!(items[3]["nowcast"], serde_json::Value::Null, "an old day is as it is");
    let table = house.get(Role::Analyst, "/api/v1/trends?from=2026-05-31&bucket=day").await.expect(200).json();
    let south = &table["series"][1];
    let values = south["nowcast"].as_array().unwrap();
    assert_eq!(values.len(), table["buckets"].as_array().unwrap().len());
    assert!(values.iter().any(|v| !v.is_null()) && values[0].is_null(), "{south}");
    let csv = house.get(Role::Analyst, "/api/v1/trends?format=csv").await.expect(200);
    assert!(
        String::from_utf8_lossy(&csv.bytes).lines().next().unwrap().ends_with("nowcast,nowcast_lower,nowcast_upper")
    );
}

#[tokio::test]
async fn a_silent_feed_is_named_beside_every_number_and_what_waits_for_it_cannot_be_said() {
    let house = House::new().await;
    let gap = DataGap {
        id: GapId::derived(&["gap"]),
        source: "ems".parse().unwrap(),
        source_name: "Ambulances".into(),
        kind: GapKind::Silent,
        since: now() - Duration::days(3),
        noticed_at: now() - Duration::days(1),
        closed_at: None,
        usual_per_day: Some(2.5),
        events: 0,
        areas: vec!["me-south".parse().unwrap()],
    };
    house.store.put_data_gaps(&system("me"), &[gap]).await.unwrap();
    let status = |area: &str, waits_for: &[&str]| AreaStatus {
        area: area.parse().unwrap(),
        kind: EventKind::Overdose,
        day: today(),
        last_24h: 0,
        last_72h: 1,
        last_7d: 2,
        observed: 0,
        expected: 0.4,
        threshold: 3.0,
        statistic: -0.5,
        p_value: 1.0,
        recurrence_interval_days: 1.0,
        share_known: 0.5,
        waits_for: waits_for.iter().map(|s| (*s).to_owned()).collect(),
        updated_at: now(),
    };
    let rows = [status("me-south", &["Ambulances"]), status("me-north", &[])];
    house.store.put_area_status(&system("me"), &rows).await.unwrap();
    let standing = house.get(Role::Analyst, "/api/v1/area-status").await.expect(200).json();
    let of = |id: &str| standing["items"].as_array().unwrap().iter().find(|i| i["area"] == id).unwrap().clone();
    assert_eq!((&of("me-south")["standing"], &of("me-north")["standing"]), (&"cannot_say".into(), &"not_above".into()));
    assert!(of("me-south")["rule"].as_str().unwrap().contains("while Ambulances is silent"), "{standing}");
    for path in ["/api/v1/brief", "/api/v1/alerts", "/api/v1/sources", "/api/v1/trends"] {
        let answer = house.get(Role::Admin, path).await.expect(200).json();
        let gap = &answer["data"]["gaps"][0];
        assert_eq!((&gap["source_name"], &gap["usual_per_day"]), (&"Ambulances".into(), &2.5.into()), "{path}");
    }
    let sources = house.get(Role::Admin, "/api/v1/sources").await.expect(200).json();
    assert_eq!(sources["items"][0]["silent"], true);
}
