//! The same rows again: killed in the middle, corrected, shuffled, split.

use std::io::{self, Read};

use emberwatch::{domain::event::Flag, ingest::Mapping, jobs::intake::refresh_fallbacks};

use super::{World, sum, utc};

/// Gives some bytes and then fails, as a killed process does to what it was reading.
struct Broken(io::Cursor<Vec<u8>>);

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::other("the cable was pulled")),
            n => Ok(n),
        }
    }
}

fn rows(range: std::ops::Range<u32>) -> String {
    range
        .map(|i| {
            format!(
                "e{i:06},overdose,2026-05-{:02}T10:00:00Z,,44.8{:03},-68.77,intersection,BANGOR\n",
                i % 28 + 1,
                i % 1000
            )
        })
        .collect()
}

const HEADER: &str = "event_id,kind,occurred_at,received_at,latitude,longitude,precision,town\n";

#[tokio::test]
async fn a_stream_that_breaks_off_keeps_its_whole_batches_and_is_completed_by_the_next_run() {
    let world = World::new("me", "America/New_York").await;
    let whole = format!("{HEADER}{}", rows(0..13_000));
    let cut = Broken(io::Cursor::new(whole.as_bytes()[..whole.len() * 9 / 10].to_vec()));
    let error = world.ingest(&Mapping::standard(), cut, "events.csv").await.unwrap_err();
    assert!(format!("{error:#}").contains("the cable was pulled"), "{error:#}");
    assert_eq!(world.events().await.len(), 10_000);
    let again = world.ingest(&Mapping::standard(), io::Cursor::new(whole.into_bytes()), "events.csv").await.unwrap();
    assert_eq!((again.accepted, again.unchanged), (3_000, 10_000));
    assert_eq!(world.events().await.len(), 13_000);
}

#[tokio::test]
async fn a_record_and_its_correction_in_one_file_give_the_same_answer_every_time() {
    let world = World::new("me", "America/New_York").await;
    let file = "a,overdose,2026-05-01T10:00Z,,44.8,-68.7,street,\n\
                b,overdose,2026-05-01T10:00Z,,44.8,-68.7,street,\n\
                b,overdose,2026-05-01T10:00Z,,44.8,-68.7,street,\n\
                a,overdose,2026-05-01T11:00Z,,44.8,-68.7,street,\n";
    let first = world.standard(file).await;
    assert_eq!((first.accepted, first.updated, first.duplicates), (2, 1, 1));
    let events = world.events().await;
    assert_eq!((events[0].version, events[0].occurred_at), (2, utc("2026-05-01T11:00:00Z")));
    world.hands.advance(chrono::Duration::days(1));
    let second = world.standard(file).await;
    assert_eq!((second.accepted, second.updated, sum(&second)), (0, 0, 4));
    assert_eq!(world.events().await, events);
}

#[tokio::test]
async fn a_correction_taken_back_in_a_later_file_is_a_third_version() {
    let world = World::new("me", "America/New_York").await;
    for (hour, version) in [(10, 1), (11, 2), (10, 3)] {
        world.hands.advance(chrono::Duration::hours(1));
        // The file is another one each time: one that is known to the byte would be taken for a repeat.
        world
            .standard(&format!(
                "a,overdose,2026-05-01T{hour}:00Z,,44.8,-68.7,street,\n\
                 b{version},overdose,2026-05-01T10:00Z,,44.8,-68.7,street,\n"
            ))
            .await;
        assert_eq!(world.events().await[0].version, version);
    }
    let id = world.events().await[0].id;
    let history = world.store.event_history(&world.scope, id).await.unwrap();
    assert!(history.windows(2).all(|w| w[0].received_at < w[1].received_at));
}

#[tokio::test]
async fn versions_that_state_their_receipt_end_the_same_in_any_order() {
    let versions = [
        "a,overdose,2026-05-01T10:00Z,2026-05-01T11:00Z,44.8,-68.7,street,\n",
        "a,overdose,2026-05-01T10:05Z,2026-05-02T11:00Z,44.8,-68.7,street,\n",
        "a,overdose,2026-05-01T10:10Z,2026-05-03T11:00Z,44.8,-68.7,street,\n",
    ];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
        let world = World::new("me", "America/New_York").await;
        for i in order {
            world.standard(versions[i]).await;
        }
        world.standard(&versions.concat()).await;
        let event = &world.events().await[0];
        assert_eq!(event.occurred_at, utc("2026-05-01T10:10:00Z"), "{order:?}");
        assert_eq!(event.received_at, utc("2026-05-03T11:00:00Z"), "{order:?}");
    }
}

#[tokio::test]
async fn the_same_rows_split_and_shuffled_are_the_same_events() {
    let all = rows(0..600);
    let lines: Vec<&str> = all.lines().collect();
    let clean = World::new("me", "America/New_York").await;
    clean.standard(&all).await;
    let other = World::new("me", "America/New_York").await;
    for step in 0..7 {
        let part: String = lines.iter().rev().skip(step).step_by(7).map(|l| format!("{l}\n")).collect();
        other.standard(&part).await;
        other.standard(&part).await;
    }
    let told = |events: Vec<emberwatch::domain::event::Event>| {
        events.into_iter().map(|e| (e.record_id, e.version, e.content_hash, e.location, e.flags)).collect::<Vec<_>>()
    };
    assert_eq!(told(clean.events().await), told(other.events().await));
}

#[tokio::test]
async fn bad_rows_wait_once_however_often_their_file_comes() {
    let world = World::new("me", "America/New_York").await;
    let file = "a,overdose,9999-05-01T10:00Z,,44.8,-68.7,street,\nb,overdose,2026-05-01,,95,-68.7,street,\nc,overdose,2026-05-01,,44.8,-68.7,street,\n";
    for run in 0..3 {
        let summary = world.standard(file).await;
        assert_eq!(summary.quarantined, 2, "run {run}");
        assert_eq!(summary.reasons.keys().map(String::as_str).collect::<Vec<_>>(), ["bad_point", "bad_time"]);
    }
    let waiting = world.store.quarantine(&world.scope, None, None, 100).await.unwrap();
    assert_eq!(
        waiting.iter().map(|r| (r.line, r.origin.as_str())).collect::<Vec<_>>(),
        [(2, "events.csv"), (3, "events.csv")]
    );
}

/// Two short files say nothing; what both hold together shows a point that stands for many streets.
#[tokio::test]
async fn a_fall_back_point_that_shows_over_several_files_is_learned_later() {
    let world = World::new("ca", "America/New_York").await;
    let feed = emberwatch::domain::ids::SourceId::new("feed").unwrap();
    for file in 0..2 {
        let mut csv = String::from("event_id,kind,occurred_at,received_at,latitude,longitude,precision,address\n");
        for i in 0..25 {
            let n = file * 25 + i;
            csv.push_str(&format!(
                "e{n},overdose,2026-05-{:02}T10:00:00Z,2026-05-{:02}T11:00:00Z,41.5,-72.7,rooftop,{n} STREET NUMBER {n}\n",
                1 + i,
                1 + i
            ));
        }
        let name = format!("part-{file}.csv");
        let s = world.ingest(&Mapping::standard(), std::io::Cursor::new(csv.into_bytes()), &name).await.unwrap();
        assert_eq!((s.accepted, s.fallback_points), (25, 0), "{s:?}");
    }
    let moved = refresh_fallbacks(&world.store, &world.scope, &feed).await.unwrap();
    assert_eq!(moved, 50);
    assert!(world.events().await.iter().all(|e| e.flags.contains(&Flag::FallbackPoint) && e.version == 1));
    assert_eq!(refresh_fallbacks(&world.store, &world.scope, &feed).await.unwrap(), 0, "what is known is no news");
}
