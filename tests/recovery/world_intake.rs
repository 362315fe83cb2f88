//! The feeds of a simulated world go through the intake's reader with their own mappings: what the
//! truth calls unreadable is refused, on the line it names, and everything else is read.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::collections::{BTreeMap, BTreeSet};

use emberwatch::{
    domain::{event::Report, quality::Reject, time::Zone},
    ingest::{Format, Item, Mapping, ReadOptions, Reader},
    simulate::{Feed, World},
};

struct Outcome {
    reports: Vec<Report>,
    rejects: Vec<Reject>,
    not_cases: u64,
    fallback_points: usize,
}

fn world() -> World {
    World::maine(21, 180, "2026-05-31".parse().unwrap())
}

fn read(world: &World, feed: &Feed) -> Outcome {
    let mapping = Mapping::parse(feed.mapping_toml, feed.source_id.as_str())
        .unwrap_or_else(|e| panic!("{}: {e}", feed.source_id));
    let format = Format::from_name(&feed.file_name).unwrap();
    let zone: Zone = "America/New_York".parse().unwrap();
    let options = ReadOptions { now: world.options().known_by(), zone, others: Vec::new() };
    let mut reader = Reader::open(feed.bytes.as_slice(), &mapping, format, options).unwrap();
    let mut out = Outcome { reports: Vec::new(), rejects: Vec::new(), not_cases: 0, fallback_points: 0 };
    while let Some(item) = reader.next_item().unwrap() {
        match item {
            Item::Report(report) => out.reports.push(*report),
            Item::Reject(reject) => out.rejects.push(*reject),
            Item::TakenBack(_) | Item::NotCase(_) => {}
        }
    }
    out.not_cases = reader.not_cases().iter().map(|(_, n)| n).sum();
    out.fallback_points = reader.fallback().map_or(0, |f| f.fallback_points().len());
    out
}

#[test]
fn exactly_the_rows_spoilt_beyond_reading_are_refused() {
    let world = world();
    for feed in world.feeds() {
        let spoilt: BTreeSet<u64> = (world.truth().bad_rows.iter())
            .filter(|b| b.source == feed.source_id && b.fault.is_fatal())
            .map(|b| b.line)
            .collect();
        let outcome = read(&world, feed);
        let refused: BTreeSet<u64> = outcome.rejects.iter().map(|r| r.line).collect();
        let why: Vec<_> = outcome.rejects.iter().filter(|r| !spoilt.contains(&r.line)).take(3).collect();
        assert_eq!(refused, spoilt, "{}: {why:?}", feed.source_id);
    }
}

#[test]
fn every_other_row_is_read_and_the_case_definition_leaves_out_what_it_should() {
    let world = world();
    for (feed, truth) in world.feeds().iter().zip(&world.truth().sources) {
        let outcome = read(&world, feed);
        let all = truth.records + truth.repeated + truth.corrections + truth.not_cases;
        let read = outcome.reports.len() + outcome.rejects.len() + outcome.not_cases as usize;
        assert_eq!(read, all as usize, "{}", feed.source_id);
        // Rows sent twice may be no cases too.
        assert!(
            (u64::from(truth.not_cases)..=u64::from(truth.not_cases + truth.repeated)).contains(&outcome.not_cases)
        );
    }
}

#[test]
fn a_corrected_record_comes_twice_under_one_id_with_another_content() {
    let world = world();
    let outcome = read(&world, &world.feeds()[0]);
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for r in &outcome.reports {
        versions.entry(&r.record_id).or_default().insert(&r.content_hash);
    }
    let corrected = versions.values().filter(|v| v.len() > 1).count() as u32;
    assert_eq!(corrected, world.truth().sources[0].corrections);
}

#[test]
fn the_dispatch_centres_fall_back_point_is_found_by_the_rule() {
    let world = world();
    assert_eq!(read(&world, &world.feeds()[0]).fallback_points, 1);
}
