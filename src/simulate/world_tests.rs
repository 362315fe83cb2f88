//! What a world promises.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::*;
use crate::domain::place::Point;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn world() -> World {
    World::maine(42, 180, day("2026-05-31"))
}

/// All bytes that a world hands out.
fn digest(world: &World) -> String {
    let mut hash = Sha256::new();
    for feed in world.feeds() {
        hash.update(&feed.bytes);
    }
    hash.update(world.events_csv());
    hash.update(world.truth_json());
    hex::encode(&hash.finalize()[..8])
}

fn feed<'a>(world: &'a World, source: &str) -> &'a Feed {
    world.feeds().iter().find(|f| f.source_id.as_str() == source).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    // A change here is a change of GENERATOR_VERSION.
    assert_eq!(digest(&World::maine(42, 60, day("2026-05-31"))), "24f7b3a7efd08d6b");
    assert_ne!(digest(&World::maine(43, 60, day("2026-05-31"))), "24f7b3a7efd08d6b");
}

#[test]
fn the_state_sees_about_830_overdose_records_a_month() {
    let world = world();
    let overdoses: u32 = world.truth().sources.iter().take(3).map(|s| s.records).sum();
    let a_month = f64::from(overdoses) / 180.0 * 30.0;
    assert!((720.0..940.0).contains(&a_month), "{a_month}");
}

#[test]
fn nothing_is_received_before_it_happened_or_after_the_world_ends() {
    let world = world();
    let end = world.options().known_by();
    for (source, records) in &world.records {
        for r in records {
            assert!(r.received_at >= r.occurred_at && r.received_at >= r.reported_at, "{source} {}", r.id);
            assert!(r.received_at <= end, "{source} {}", r.id);
        }
    }
}

#[test]
fn hospitals_report_days_later_than_ambulances() {
    let world = world();
    let delay = |i: usize| world.truth().sources[i].mean_delay_hours;
    assert!(delay(0) > 3.0 && delay(0) < 24.0, "{}", delay(0));
    assert!(delay(1) > 30.0 && delay(1) < 120.0, "{}", delay(1));
}

#[test]
fn the_silent_feed_sends_nothing_and_then_everything() {
    let world = world();
    let [silence] = &world.truth().silences[..] else { panic!("one silence expected") };
    let (_, records) = &world.records[0];
    assert!(!records.iter().any(|r| r.received_at >= silence.from && r.received_at < silence.to));
    let batch = records.iter().filter(|r| (r.received_at - silence.to).num_seconds() / 60 == 0).count();
    assert!(silence.rows_in_batch >= 20 && batch >= silence.rows_in_batch as usize);
    // Overdoses went on meanwhile.
    assert!(records.iter().any(|r| r.occurred_at > silence.from && r.occurred_at < silence.to));
}

#[test]
fn about_one_row_in_two_hundred_is_bad_and_the_truth_names_its_line() {
    let world = world();
    let bad = &world.truth().bad_rows;
    let kinds: BTreeSet<_> = bad.iter().map(|b| b.fault).collect();
    assert_eq!(kinds.len(), truth::Fault::ALL.len(), "{kinds:?}");
    let rows: usize = world.feeds().iter().map(|f| f.bytes.iter().filter(|b| **b == b'\n').count()).sum();
    let spoilt = bad.iter().filter(|b| b.fault != truth::Fault::CountyCentroid).count();
    assert!((0.003..0.007).contains(&(spoilt as f64 / rows as f64)), "{spoilt} of {rows}");
    for b in bad.iter().filter(|b| b.fault == truth::Fault::Year9999) {
        let text = std::str::from_utf8(&feed(&world, b.source.as_str()).bytes).unwrap();
        let line = text.lines().nth(b.line as usize - 1).unwrap();
        assert!(line.contains("9999-"), "{} line {}: {line}", b.source, b.line);
    }
}

#[test]
fn a_fall_back_point_is_shared_by_many_addresses() {
    let world = world();
    let (_, records) = &world.records[0];
    let fallbacks: Vec<_> = records.iter().filter(|r| r.fallback).collect();
    let addresses: BTreeSet<_> = fallbacks.iter().filter_map(|r| r.address.as_deref()).collect();
    let points: Vec<Point> = fallbacks.iter().filter_map(|r| r.point).collect();
    assert!(addresses.len() >= 15, "{} addresses", addresses.len());
    assert!(points.iter().all(|p| *p == points[0]));
}

#[test]
fn feeds_are_in_the_order_received_and_read_as_their_format() {
    let world = world();
    let ems = feed(&world, "me-ems");
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(ems.bytes.as_slice());
    let width = reader.headers().unwrap().len();
    let ragged = reader.records().filter(|r| r.as_ref().unwrap().len() != width).count();
    let told = world.truth().bad_rows.iter();
    let told = told.filter(|b| b.source.as_str() == "me-ems" && b.fault == truth::Fault::RaggedLine).count();
    assert_eq!(ragged, told);
    let ed = std::str::from_utf8(&feed(&world, "me-ed").bytes).unwrap();
    let broken = ed.lines().filter(|l| serde_json::from_str::<serde_json::Value>(l).is_err()).count();
    assert!(broken > 0 && broken < 5, "{broken}");
}

#[test]
fn the_standard_table_has_unique_ids_and_the_columns_of_the_contract() {
    let world = world();
    let text = world.events_csv();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().iter().take(8).collect::<Vec<_>>().join(",");
    assert_eq!(header, "event_id,kind,occurred_at,received_at,latitude,longitude,precision,jurisdiction");
    let mut ids = BTreeMap::new();
    for record in reader.records() {
        let record = record.unwrap();
        *ids.entry(record[0].to_owned()).or_insert(0) += 1;
        Point::new(record[4].parse().unwrap(), record[5].parse().unwrap()).unwrap();
    }
    assert!(ids.len() > 7_000 && ids.values().all(|n| *n == 1));
}

#[test]
fn a_wanted_number_of_rows_is_met_within_five_percent() {
    let options = WorldOptions::new(1, 60, day("2026-05-31")).with_rows(20_000);
    let rows = World::new(options).events_csv().lines().count() - 1;
    assert!((rows as f64 / 20_000.0 - 1.0).abs() < 0.05, "{rows}");
}

#[test]
fn what_is_not_yet_received_is_not_in_the_feeds() {
    let noon: DateTime<Utc> = "2026-05-31T16:00:00Z".parse().unwrap();
    let early = World::new(WorldOptions::new(42, 60, day("2026-05-31")).known_at(noon));
    let late = World::maine(42, 60, day("2026-05-31"));
    let rows = |w: &World| w.events_csv().lines().count();
    assert!(rows(&early) < rows(&late));
    assert!(early.records.iter().all(|(_, r)| r.iter().all(|r| r.received_at <= noon)));
}

#[test]
fn half_of_the_contacts_reach_somebody() {
    let world = world();
    let areas = world.areas().into_iter().map(|a| a.area.id).collect();
    let staff = Staff { user: crate::domain::ids::UserId::derived(&["t"]), name: "Test".into(), areas };
    let all = world.encounters(&[staff]);
    let reached = all.iter().filter(|e| e.contacted != crate::domain::outreach::Contacted::Nobody).count();
    assert!(all.len() > 500);
    assert!((reached as f64 / all.len() as f64 - 0.53).abs() < 0.05);
    let ids: BTreeSet<_> = all.iter().map(|e| e.id).collect();
    assert_eq!(ids.len(), all.len());
}
