//! Reports of one occurrence from several sources become one incident, whatever way they came.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Cursor,
};

use emberwatch::{
    domain::{
        ids::IncidentId,
        incident::{LinkDecision, LinkVerdict},
        quality::Source,
    },
    ingest::{Format, Mapping},
    jobs::{intake::ingest_stream, link::link_due},
    simulate::{Feed, World as State},
};

use super::{World, utc};

type Ref = (String, String);

async fn settled(state: &State) -> World {
    let world = World::new("me", "America/New_York").await;
    world.hands.set(state.options().known_by());
    world.store.put_areas(&world.scope, &state.areas()).await.unwrap();
    world.store.put_places(&world.scope, &state.places()).await.unwrap();
    world
}

async fn take(world: &World, feed: &Feed, bytes: Vec<u8>) {
    let mapping = Mapping::parse(feed.mapping_toml, feed.source_id.as_str()).unwrap();
    let source = Source {
        id: feed.source_id.clone(),
        name: feed.name.clone(),
        zone: world.zone,
        mapping: feed.mapping_toml.to_owned(),
        expected_every_hours: None,
    };
    world.store.put_source(&world.scope, &source).await.unwrap();
    let format = Format::from_name(&feed.file_name).unwrap();
    let bytes = Cursor::new(bytes);
    let (store, clock) = (&world.store, &world.clock);
    ingest_stream(store, clock, &world.scope, &source, mapping, format, bytes, &feed.file_name).await.unwrap();
}

/// What is one incident, in the senders' own names.
async fn incidents(world: &World) -> BTreeSet<BTreeSet<Ref>> {
    let mut of: BTreeMap<IncidentId, BTreeSet<Ref>> = BTreeMap::new();
    for event in world.events().await.into_iter().filter(|e| !e.withdrawn) {
        if let Some(incident) = event.incident {
            of.entry(incident).or_default().insert((event.source.to_string(), event.record_id));
        }
    }
    of.into_values().collect()
}

fn pairs<'a>(groups: impl Iterator<Item = &'a BTreeSet<Ref>>) -> BTreeSet<(&'a Ref, &'a Ref)> {
    groups.flat_map(|g| g.iter().flat_map(move |a| g.iter().filter(move |b| a < b).map(move |b| (a, b)))).collect()
}

#[tokio::test]
async fn what_an_ambulance_and_a_hospital_told_is_found_again_in_a_whole_state() {
    for seed in [21, 22] {
        let state = State::maine(seed, 240, "2026-05-31".parse().unwrap());
        let world = settled(&state).await;
        for feed in state.feeds() {
            take(&world, feed, feed.bytes.clone()).await;
        }
        link_due(&world.store, &world.clock, &world.scope).await.unwrap();
        let found = incidents(&world).await;
        let known: BTreeSet<Ref> =
            world.events().await.into_iter().map(|e| (e.source.to_string(), e.record_id)).collect();
        let truth: Vec<BTreeSet<Ref>> = (state.truth().told_by_several.iter())
            .map(|i| {
                i.iter().map(|r| (r.source.to_string(), r.record_id.clone())).filter(|r| known.contains(r)).collect()
            })
            .collect();
        let (found, truth) = (pairs(found.iter()), pairs(truth.iter()));
        let right = found.intersection(&truth).count() as f64;
        let (precision, recall) = (right / found.len() as f64, right / truth.len() as f64);
        let run = world.store.link_run(&world.scope).await.unwrap().unwrap();
        println!(
            "seed {seed}: {} true pairs, {} found, precision {precision:.3}, recall {recall:.3}; {run:?}",
            truth.len(),
            found.len()
        );
        assert!(precision >= 0.97, "{precision}");
        assert!(recall >= 0.7, "{recall}");
        assert!(run.expected_false.is_some_and(|rate| rate <= 0.01));
        assert_eq!(world.store.link_due(&world.scope).await.unwrap(), []);
    }
}

#[tokio::test]
async fn however_the_feeds_are_split_and_ordered_the_same_reports_are_linked() {
    let state = State::maine(23, 150, "2026-05-31".parse().unwrap());
    let clean = settled(&state).await;
    for feed in state.feeds() {
        take(&clean, feed, feed.bytes.clone()).await;
    }
    link_due(&clean.store, &clean.clock, &clean.scope).await.unwrap();
    let other = settled(&state).await;
    for feed in state.feeds().iter().rev().filter(|f| f.format == "csv") {
        let text = String::from_utf8(feed.bytes.clone()).unwrap();
        let (header, rows) = text.split_once('\n').unwrap();
        let rows: Vec<&str> = rows.lines().collect();
        for part in rows.chunks(rows.len() / 5 + 1).rev() {
            take(&other, feed, format!("{header}\n{}\n", part.join("\n")).into_bytes()).await;
            link_due(&other.store, &other.clock, &other.scope).await.unwrap();
        }
    }
    for feed in state.feeds().iter().filter(|f| f.format == "ndjson") {
        take(&other, feed, feed.bytes.clone()).await;
    }
    let changed = link_due(&other.store, &other.clock, &other.scope).await.unwrap();
    assert!(!changed.is_empty());
    let (found, expected) = (incidents(&other).await, incidents(&clean).await);
    assert!(expected.len() > 100);
    assert_eq!(found, expected);
    // Nothing is due, so nothing is done.
    assert_eq!(link_due(&other.store, &other.clock, &other.scope).await.unwrap(), []);
}

/// An ambulance's and a hospital's reports of one afternoon, with a month of others to learn from.
async fn afternoon() -> World {
    let world = World::new("me", "America/New_York").await;
    let row = |id: String, day: u32, minute: u32, north: u32| {
        format!(
            "{id},overdose,2026-05-{day:02}T{:02}:{:02}:00Z,,44.{north:05},-68.77,rooftop,\n",
            minute / 60,
            minute % 60
        )
    };
    let ems: String =
        (0..90).map(|i| row(format!("e{i}"), i % 30 + 1, i * 263 % 1_380, 10_000 + i * 7_919 % 80_000)).collect();
    let ed: String =
        (0..90).map(|i| row(format!("h{i}"), i % 30 + 1, i * 131 % 1_380, 10_000 + i * 3_571 % 80_000)).collect();
    world.source_sends("ems", &(ems + &row("run".into(), 15, 600, 5_000))).await;
    world.source_sends("ed", &(ed + &row("visit".into(), 15, 606, 5_050) + &row("later".into(), 15, 900, 5_000))).await;
    link_due(&world.store, &world.clock, &world.scope).await.unwrap();
    world
}

async fn said(world: &World, verdict: LinkVerdict, a: &str, b: &str) -> Vec<BTreeSet<String>> {
    let events = world.events().await;
    let id = |record: &str| events.iter().find(|e| e.record_id == record).unwrap().id;
    let decision = LinkDecision {
        event: id(a),
        other: id(b),
        verdict,
        note: String::new(),
        by: "A. Nurse".into(),
        at: world.clock.now(),
    };
    world.store.decide_links(&world.scope, &[decision]).await.unwrap();
    link_due(&world.store, &world.clock, &world.scope).await.unwrap();
    named(world).await
}

/// The incidents that hold one of the three reports by name.
async fn named(world: &World) -> Vec<BTreeSet<String>> {
    let groups = incidents(world).await.into_iter().map(|g| g.into_iter().map(|(_, record)| record).collect());
    groups.filter(|g: &BTreeSet<String>| g.iter().any(|r| ["run", "visit", "later"].contains(&r.as_str()))).collect()
}

#[tokio::test]
async fn a_person_parts_what_the_model_joined_and_joins_what_it_did_not_and_may_take_it_back() {
    let world = afternoon().await;
    let joined = vec![BTreeSet::from(["run".to_owned(), "visit".to_owned()])];
    assert_eq!(named(&world).await, joined);
    assert_eq!(said(&world, LinkVerdict::Apart, "run", "visit").await, Vec::<BTreeSet<String>>::new());
    let other = vec![BTreeSet::from(["later".to_owned(), "run".to_owned()])];
    assert_eq!(said(&world, LinkVerdict::Together, "later", "run").await, other);
    assert_eq!(said(&world, LinkVerdict::Apart, "later", "run").await, Vec::<BTreeSet<String>>::new());
    assert_eq!(said(&world, LinkVerdict::Together, "visit", "run").await, joined);
}

#[tokio::test]
async fn a_report_that_is_moved_or_taken_back_leaves_its_incident() {
    let world = afternoon().await;
    world.hands.advance(chrono::Duration::hours(1));
    world.source_sends("ed", "visit,overdose,2026-05-20T10:06:00Z,,44.05050,-68.77,rooftop,\n").await;
    link_due(&world.store, &world.clock, &world.scope).await.unwrap();
    assert_eq!(named(&world).await, Vec::<BTreeSet<String>>::new());
    world.hands.advance(chrono::Duration::hours(1));
    world.source_sends("ed", "visit,overdose,2026-05-15T10:06:00Z,,44.05050,-68.77,rooftop,\n").await;
    link_due(&world.store, &world.clock, &world.scope).await.unwrap();
    assert_eq!(named(&world).await.len(), 1);
    let events = world.events().await;
    let count = |as_of: &str| {
        let query = emberwatch::store::EventQuery { as_of: Some(utc(as_of)), ..Default::default() };
        let (store, scope) = (world.store.clone(), world.scope.clone());
        async move { store.facts(&scope, &query).await.unwrap().len() }
    };
    assert_eq!(count("2026-06-01T12:30:00Z").await, events.len());
}

/// How the reports that stand as of a time are put together, in the senders' own names; those that stand alone too.
async fn groups_as_of(world: &World, at: chrono::DateTime<chrono::Utc>) -> BTreeSet<BTreeSet<String>> {
    let names: BTreeMap<_, _> = world.events().await.into_iter().map(|e| (e.id, e.record_id)).collect();
    let query = emberwatch::store::EventQuery { as_of: Some(at), ..Default::default() };
    let mut of: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for fact in world.store.facts(&world.scope, &query).await.unwrap() {
        let key = fact.incident.map_or_else(|| names[&fact.id].clone(), |i| i.to_string());
        of.entry(key).or_default().insert(names[&fact.id].clone());
    }
    of.into_values().collect()
}

/// A source and what it sends.
type Row = (&'static str, String);

/// Twenty overdoses of a month, each told by an ambulance and a hospital; some of the reports are taken back.
fn twice_told() -> (Vec<Row>, Vec<Row>) {
    let row = |id: &str, day: u32, minute: u32, north: u32, got: &str, kind: &str| {
        let (hour, minute) = (minute / 60, minute % 60);
        format!("{id},{kind},2026-05-{day:02}T{hour:02}:{minute:02}:00Z,{got},44.{north:05},-68.77,rooftop,\n")
    };
    let mut told = Vec::new();
    for i in 0..60u32 {
        let (day, minute, north) = (i % 30 + 1, i * 263 % 1_300, 10_000 + i * 7_919 % 80_000);
        let got = format!("2026-05-{day:02}T23:30:00Z");
        told.push(("ems", row(&format!("e{i}"), day, minute, north, &got, "overdose")));
        let (minute, north) =
            if i < 20 { (minute + 5, north + 40) } else { (i * 131 % 1_300, 10_000 + i * 3_571 % 80_000) };
        told.push(("ed", row(&format!("h{i}"), day, minute, north, &got, "overdose")));
    }
    let back = [("ed", "h3", 10), ("ems", "e7", 14), ("ed", "h7", 12), ("ems", "e11", 20)];
    let back = back.map(|(source, id, day)| (source, format!("{id},2026-06-{day:02}T12:00:00Z\n")));
    (told, back.to_vec())
}

async fn tell(world: &World, source: &str, rows: &str) {
    world.source_sends(source, rows).await;
}

/// Notices that take records back.
async fn take_back(world: &World, source: &str, rows: &str) {
    let mapping = r#"
name = "Notices"
record_id = "id"
kind = "overdose"
withdrawn = { column = "gone", map = { yes = "yes" }, default = "no" }
[time]
occurred_at = "t"
received_at = { column = "got", optional = true }
"#;
    let mapping = Mapping::parse(mapping, "notices.toml").unwrap();
    let source =
        world.store.sources(&world.scope).await.unwrap().into_iter().find(|s| s.id.as_str() == source).unwrap();
    let rows: String =
        rows.lines().map(|r| r.split_once(',').unwrap()).map(|(id, got)| format!("{id},,{got},yes\n")).collect();
    let bytes = Cursor::new(format!("id,t,got,gone\n{rows}").into_bytes());
    let (store, clock) = (&world.store, &world.clock);
    let taken = ingest_stream(
        store,
        clock,
        &world.scope,
        &source,
        mapping,
        Format::from_name("n.csv").unwrap(),
        bytes,
        "n.csv",
    );
    assert!(taken.await.unwrap().withdrawn > 0);
}

#[tokio::test]
async fn as_of_a_day_before_a_report_was_taken_back_its_partner_counts_with_it_however_all_of_it_came() {
    let (told, back) = twice_told();
    let live = World::new("me", "America/New_York").await;
    live.hands.set(utc("2026-07-01T00:00:00Z"));
    for source in ["ems", "ed"] {
        let rows: String = told.iter().filter(|(s, _)| *s == source).map(|(_, r)| r.as_str()).collect();
        tell(&live, source, &rows).await;
    }
    link_due(&live.store, &live.clock, &live.scope).await.unwrap();
    let day = |n: u32| utc(&format!("2026-06-{n:02}T11:00:00Z"));
    // As it answers now is how it has to answer later.
    let mut then = vec![(day(10), groups_as_of(&live, day(30)).await)];
    let pair = |i: u32| BTreeSet::from([format!("e{i}"), format!("h{i}")]);
    assert!([3, 7, 11].iter().all(|i| then[0].1.contains(&pair(*i))), "{:?}", then[0].1);
    let mut by_day = back.clone();
    by_day.sort_by_key(|(_, row)| row.split_once(',').map(|(_, got)| got.to_owned()));
    for ((source, row), next) in by_day.iter().zip([12, 14, 20, 30]) {
        take_back(&live, source, row).await;
        link_due(&live.store, &live.clock, &live.scope).await.unwrap();
        then.push((day(next), groups_as_of(&live, day(30)).await));
    }
    for (at, expected) in &then {
        assert_eq!(groups_as_of(&live, *at).await, *expected, "as of {at}");
    }
    assert!(then[4].1.contains(&BTreeSet::from(["e3".to_owned()])), "its partner was taken back");
    // All at once, and never linked between: the same answers.
    let late = World::new("me", "America/New_York").await;
    late.hands.set(utc("2026-07-01T00:00:00Z"));
    for (source, rows) in told.iter().rev() {
        tell(&late, source, rows).await;
    }
    for (source, row) in &back {
        take_back(&late, source, row).await;
    }
    link_due(&late.store, &late.clock, &late.scope).await.unwrap();
    for (at, expected) in &then {
        assert_eq!(groups_as_of(&late, *at).await, *expected, "all at once, as of {at}");
    }
    // What stands again is linked as if it had never been gone.
    let (_, row) = told.iter().find(|(_, row)| row.starts_with("h3,")).unwrap();
    tell(&late, "ed", &row.replace("T23:30:00Z", "T23:45:00Z").replace("2026-05-04T23:45", "2026-06-25T23:45")).await;
    link_due(&late.store, &late.clock, &late.scope).await.unwrap();
    assert!(groups_as_of(&late, day(30)).await.contains(&pair(3)));
    assert!(groups_as_of(&late, day(10)).await.contains(&pair(3)));
}
