//! Records that their sender takes back, and rows that are no cases any longer.

use std::{collections::HashMap, io::Cursor};

use chrono::{DateTime, Timelike, Utc};
use emberwatch::{domain::event::Event, ingest::Mapping, store::EventQuery};
use proptest::prelude::*;

use super::{World, mapping, sum, utc};

const FEED: &str = r#"
name = "Runs"
record_id = "id"
kind = "overdose"
withdrawn = { column = "status", map = { deleted = "yes" }, default = "no" }
[case]
definition = "od"
version = 1
label = "title"
where = [{ column = "title", equals = "OD" }]
[time]
occurred_at = "t"
received_at = { column = "got", optional = true }
"#;

fn feed() -> Mapping {
    Mapping::parse(FEED, "feed.toml").unwrap()
}

async fn send(world: &World, header: &str, rows: &str) -> emberwatch::jobs::intake::IntakeSummary {
    world.hands.advance(chrono::Duration::hours(1));
    let csv = format!("{header}\n{rows}");
    let summary = world.ingest(&feed(), Cursor::new(csv.into_bytes()), "runs.csv").await.unwrap();
    assert_eq!(sum(&summary), summary.read, "{summary:?}");
    summary
}

#[tokio::test]
async fn a_deletion_notice_withdraws_the_event_and_keeps_its_history() {
    let world = World::new("me", "America/New_York").await;
    send(&world, "id,title,t,status", "a,OD,2026-05-01T10:00Z,\nb,OD,2026-05-01T11:00Z,\n").await;
    let notice = send(&world, "id,title,t,status", "a,,,deleted\nz,,,deleted\n").await;
    assert_eq!((notice.updated, notice.withdrawn, notice.not_known), (1, 1, 1));
    let events = world.events().await;
    assert_eq!(
        events.iter().map(|e| (e.record_id.as_str(), e.withdrawn)).collect::<Vec<_>>(),
        [("a", true), ("b", false)]
    );
    assert_eq!(events[0].attributes["withdrawn_because"], "taken back by the sender");
    assert_eq!(events[0].occurred_at, utc("2026-05-01T10:00:00Z"), "what was known of it stays");
    let history = world.store.event_history(&world.scope, events[0].id).await.unwrap();
    assert_eq!(history.iter().map(|e| e.withdrawn).collect::<Vec<_>>(), [false, true]);
    let again = send(&world, "id,title,t,status", "a,,,deleted\nz,,,deleted\n").await;
    assert_eq!((again.updated, again.unchanged, again.not_known), (0, 1, 1));
}

#[tokio::test]
async fn a_record_and_its_deletion_in_one_file_give_the_same_answer_every_time() {
    let world = World::new("me", "America/New_York").await;
    for rows in
        ["a,OD,2026-05-01T10:00Z,\na,,,deleted\n", "b,OD,2026-05-01T10:00Z,\nb,,,deleted\nb,OD,2026-05-01T10:00Z,\n"]
    {
        send(&world, "id,title,t,status", rows).await;
        let first = world.events().await;
        let second = send(&world, "id,title,t,status", rows).await;
        assert_eq!((second.accepted, second.updated), (0, 0), "{rows}");
        assert_eq!(world.events().await, first);
    }
    let ends: Vec<_> = world.events().await.into_iter().map(|e| (e.record_id, e.withdrawn)).collect();
    assert_eq!(ends, [("a".to_owned(), true), ("b".to_owned(), false)]);
}

#[tokio::test]
async fn a_row_that_meets_no_definition_any_longer_is_withdrawn_and_may_come_back() {
    let world = World::new("me", "America/New_York").await;
    send(&world, "id,title,t,status", "a,OD,2026-05-01T10:00Z,\n").await;
    let changed = send(&world, "id,title,t,status", "a,FALL,2026-05-01T10:00Z,\nc,FALL,2026-05-01T10:00Z,\n").await;
    assert_eq!((changed.not_case_rows(), changed.withdrawn, changed.no_longer_cases), (2, 1, 1));
    let event = &world.events().await[0];
    assert!(event.withdrawn);
    assert_eq!(event.attributes["withdrawn_because"], "no longer meets a case definition");
    send(&world, "id,title,t,status", "a,OD,2026-05-01T10:00Z,\nd,OD,2026-05-02T10:00Z,\n").await;
    let event = &world.events().await[0];
    assert_eq!((event.withdrawn, event.version), (false, 3));
}

#[tokio::test]
async fn of_several_rows_of_a_record_in_one_file_one_that_is_a_case_is_enough() {
    let world = World::new("me", "America/New_York").await;
    for rows in
        ["a,OD,2026-05-01T10:00Z,\na,FALL,2026-05-01T10:00Z,\n", "a,FALL,2026-05-01T10:00Z,\na,OD,2026-05-01T10:00Z,\n"]
    {
        send(&world, "id,title,t,status", rows).await;
        let event = &world.events().await[0];
        assert_eq!((event.withdrawn, event.version), (false, 1), "{rows}");
    }
}

#[tokio::test]
async fn a_visit_that_is_cancelled_is_withdrawn_and_an_update_is_a_version() {
    let world = World::new("me", "America/New_York").await;
    let adt = mapping("hl7-adt-ed.toml");
    let message = |trigger: &str, minute: u32, code: &str| {
        format!(
            "MSH|^~\\&|ED|GENERAL|||2026050112{minute:02}||ADT^{trigger}|m{minute}|P|2.5.1\rPV1|1|E{}v1{}202605011130\r{}",
            "|".repeat(17),
            "|".repeat(25),
            if code.is_empty() { String::new() } else { format!("DG1|1||{code}^x^I10\r") }
        )
    };
    let versions = [
        message("A04", 10, "T40.1X1A"),
        message("A08", 20, "T40.411A"),
        message("A08", 30, "R55"),
        message("A11", 40, ""),
    ];
    let batch = format!("FHS|^~\\&\rBHS|^~\\&\r{}BTS|4\rFTS|1\r", versions.concat());
    let summary = world.ingest(&adt, Cursor::new(batch.clone().into_bytes()), "visits.hl7").await.unwrap();
    assert_eq!((summary.accepted, summary.updated, summary.withdrawn), (1, 1, 1), "{summary:?}");
    let event = world.events().await.remove(0);
    let history = world.store.event_history(&world.scope, event.id).await.unwrap();
    assert_eq!(
        history.iter().map(|e| (e.received_at, e.withdrawn)).collect::<Vec<_>>(),
        [
            (utc("2026-05-01T16:10:00Z"), false),
            (utc("2026-05-01T16:20:00Z"), false),
            (utc("2026-05-01T16:30:00Z"), true),
        ]
    );
    let again = world.ingest(&adt, Cursor::new(batch.into_bytes()), "visits.hl7").await.unwrap();
    assert_eq!((again.accepted, again.updated, again.withdrawn), (0, 0, 0), "{again:?}");
}

#[tokio::test]
async fn a_deletion_notice_may_come_before_its_record() {
    let world = World::new("me", "America/New_York").await;
    let header = "id,title,t,got,status";
    let notice = send(&world, header, "a,,,2026-05-01T14:00Z,deleted\n").await;
    assert_eq!((notice.not_known, notice.withdrawn), (1, 0));
    let record = send(&world, header, "a,OD,2026-05-01T10:00Z,2026-05-01T12:00Z,\n").await;
    assert_eq!((record.accepted, record.withdrawn), (1, 1));
    let event = world.events().await.remove(0);
    assert_eq!((event.withdrawn, event.received_at), (true, utc("2026-05-01T14:00:00Z")));
    assert_eq!(event.attributes["withdrawn_because"], "taken back by the sender");
    let history = world.store.event_history(&world.scope, event.id).await.unwrap();
    assert_eq!(history.iter().map(|e| e.withdrawn).collect::<Vec<_>>(), [false, true]);
    // A newer word than the notice stands.
    send(&world, header, "a,OD,2026-05-01T10:05Z,2026-05-01T15:00Z,\n").await;
    assert!(!world.events().await[0].withdrawn);
}

#[tokio::test]
async fn a_notice_without_a_receipt_is_older_than_a_record_that_comes_after_it() {
    let world = World::new("me", "America/New_York").await;
    send(&world, "id,title,t,status", "a,,,deleted\n").await;
    send(&world, "id,title,t,status", "a,OD,2026-05-01T10:00Z,\n").await;
    assert!(!world.events().await[0].withdrawn);
}

#[tokio::test]
async fn a_file_that_comes_again_after_a_newer_one_changes_nothing() {
    let world = World::new("me", "America/New_York").await;
    let header = "id,title,t,status";
    let old = "a,OD,2026-05-01T10:00Z,\nb,OD,2026-05-01T10:00Z,\nc,OD,2026-05-01T10:00Z,\n";
    send(&world, header, old).await;
    send(&world, header, "a,OD,2026-05-01T10:30Z,\nb,,,deleted\n").await;
    let known = world.events().await;
    let again = send(&world, header, old).await;
    assert_eq!((again.unchanged, again.updated, again.accepted), (3, 0, 0), "{again:?}");
    assert_eq!(world.events().await, known);
    assert!(again.notices.iter().any(|n| n.contains("2 of its rows are older")), "{:?}", again.notices);
}

/// All versions of all records, as the sender's ids name them.
async fn histories(world: &World) -> Vec<(String, u32, DateTime<Utc>, DateTime<Utc>, bool, String)> {
    let mut all = Vec::new();
    for event in world.events().await {
        for v in world.store.event_history(&world.scope, event.id).await.unwrap() {
            all.push((v.record_id, v.version, v.received_at, v.occurred_at, v.withdrawn, v.content_hash));
        }
    }
    all
}

/// Records that stand as of every half hour.
async fn as_of(world: &World) -> Vec<Vec<(DateTime<Utc>, String)>> {
    let names: HashMap<_, _> = world.events().await.into_iter().map(|e| (e.id, e.record_id)).collect();
    let mut out = Vec::new();
    for half in 0..24 {
        let at = utc("2026-05-01T11:30:00Z") + chrono::Duration::minutes(30 * half);
        let query = EventQuery { as_of: Some(at), ..EventQuery::default() };
        let facts = world.store.facts(&world.scope, &query).await.unwrap();
        let mut found: Vec<_> = facts.into_iter().map(|f| (f.occurred_at, names[&f.id].clone())).collect();
        found.sort();
        out.push(found);
    }
    out
}

#[tokio::test]
async fn a_version_that_comes_late_stands_in_the_history_and_the_head_stays() {
    let world = World::new("me", "America/New_York").await;
    let header = "id,title,t,got,status";
    send(&world, header, "a,OD,2026-05-01T10:00Z,2026-05-01T12:00Z,\na,OD,2026-05-01T10:40Z,2026-05-01T16:00Z,\n")
        .await;
    let head = world.events().await.remove(0);
    let late = "a,OD,2026-05-01T10:20Z,2026-05-01T14:00Z,\n";
    let told = send(&world, header, late).await;
    assert_eq!((told.updated, told.unchanged), (1, 0));
    let after = world.events().await.remove(0);
    assert_eq!(after, Event { version: 3, ..head.clone() });
    let history = world.store.event_history(&world.scope, head.id).await.unwrap();
    let times: Vec<_> = history.iter().map(|v| (v.version, v.occurred_at)).collect();
    let at = |minute: u32| utc(&format!("2026-05-01T10:{minute:02}:00Z"));
    assert_eq!(times, [(1, at(0)), (2, at(20)), (3, at(40))]);
    for (as_of, known) in [("13:59", 0), ("14:00", 20), ("15:59", 20), ("16:00", 40)] {
        let as_of = Some(utc(&format!("2026-05-01T{as_of}:00Z")));
        let facts = world.store.facts(&world.scope, &EventQuery { as_of, ..EventQuery::default() }).await.unwrap();
        assert_eq!(facts.iter().map(|f| f.occurred_at).collect::<Vec<_>>(), [at(known)]);
    }
    let again = send(&world, header, late).await;
    assert_eq!((again.updated, again.unchanged), (0, 1));
    // The first of all, and one that takes back what came after.
    send(&world, header, "a,OD,2026-05-01T09:50Z,2026-05-01T11:00Z,\na,,,2026-05-01T15:00Z,deleted\n").await;
    let history = world.store.event_history(&world.scope, head.id).await.unwrap();
    let ends: Vec<_> = history.iter().map(|v| (v.received_at.hour(), v.withdrawn)).collect();
    assert_eq!(ends, [(11, false), (12, false), (14, false), (15, true), (16, false)]);
    assert_eq!(history[3].occurred_at, at(20), "what is taken back is what was known then");
    assert_eq!(world.store.freshness(&world.scope).await.unwrap()[0].events, 1);
    // The newest can be taken back by a word that came with it, and the count follows.
    send(&world, header, "a,,,2026-05-01T17:00Z,deleted\n").await;
    assert_eq!(world.store.freshness(&world.scope).await.unwrap()[0].events, 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// With stated receipts: any order, any split, any number of times, and the history too.
    #[test]
    fn rows_in_any_order_and_split_end_in_the_same_state(
        order in Just((0..22usize).collect::<Vec<_>>()).prop_shuffle(),
        cuts in (0..22usize, 0..22usize),
        again in 0..22usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            // Whole rows that are marked as deleted can come before the row they take back.
            let rows = [
                "a,OD,2026-05-01T10:00Z,2026-05-01T12:00Z,",
                "a,OD,2026-05-01T10:30Z,2026-05-01T13:00Z,",
                "a,OD,2026-05-01T10:30Z,2026-05-01T14:00Z,deleted",
                "b,OD,2026-05-01T10:00Z,2026-05-01T12:00Z,deleted",
                "b,OD,2026-05-01T10:00Z,2026-05-01T15:00Z,",
                "c,OD,2026-05-01T10:00Z,2026-05-01T12:00Z,",
                // So can notices that say nothing else, and rows that are no case any longer.
                "d,OD,2026-05-01T10:00Z,2026-05-01T12:00Z,",
                "d,,,2026-05-01T13:00Z,deleted",
                "e,OD,2026-05-01T10:00Z,2026-05-01T12:00Z,",
                "e,FALL,2026-05-01T10:00Z,2026-05-01T13:00Z,",
                "f,FALL,2026-05-01T10:00Z,2026-05-01T12:00Z,",
                "f,OD,2026-05-01T10:00Z,2026-05-01T13:00Z,",
                // Two versions between two words that take them back, the first of which precedes all.
                "g,,,2026-05-01T11:00Z,deleted",
                "g,OD,2026-05-01T10:00Z,2026-05-01T12:00Z,",
                "g,OD,2026-05-01T10:10Z,2026-05-01T13:00Z,",
                "g,OD,2026-05-01T10:20Z,2026-05-01T14:00Z,",
                "g,,,2026-05-01T15:00Z,deleted",
                // Taken back, standing again, and no case in the end.
                "h,OD,2026-05-01T10:00Z,2026-05-01T12:00Z,",
                "h,,,2026-05-01T13:00Z,deleted",
                "h,OD,2026-05-01T10:15Z,2026-05-01T14:00Z,",
                "h,FALL,2026-05-01T10:15Z,2026-05-01T15:00Z,",
                "h,OD,2026-05-01T10:45Z,2026-05-01T16:00Z,",
            ];
            let text = |part: &[usize]| part.iter().map(|i| format!("{}\n", rows[*i])).collect::<String>();
            let header = "id,title,t,got,status";
            let clean = World::new("me", "America/New_York").await;
            for row in 0..rows.len() {
                send(&clean, header, &text(&[row])).await;
            }
            let world = World::new("me", "America/New_York").await;
            let (first, second) = (cuts.0.min(cuts.1), cuts.0.max(cuts.1));
            for part in [&order[..first], &order[first..second], &order[second..], &order[..again]] {
                send(&world, header, &text(part)).await;
            }
            let (found, expected) = (histories(&world).await, histories(&clean).await);
            assert_eq!(expected.len(), 20, "{expected:?}");
            assert_eq!(found, expected);
            assert_eq!(as_of(&world).await, as_of(&clean).await);
            let standing = |w: &World| {
                let (store, scope) = (w.store.clone(), w.scope.clone());
                async move { store.freshness(&scope).await.unwrap()[0].events }
            };
            assert_eq!(standing(&world).await, standing(&clean).await);
            let ends: Vec<_> = world.events().await.into_iter()
                .map(|e| (e.record_id, e.occurred_at, e.received_at, e.withdrawn)).collect();
            assert_eq!(&ends[..6], [
                ("a".to_owned(), utc("2026-05-01T10:30:00Z"), utc("2026-05-01T14:00:00Z"), true),
                ("b".to_owned(), utc("2026-05-01T10:00:00Z"), utc("2026-05-01T15:00:00Z"), false),
                ("c".to_owned(), utc("2026-05-01T10:00:00Z"), utc("2026-05-01T12:00:00Z"), false),
                ("d".to_owned(), utc("2026-05-01T10:00:00Z"), utc("2026-05-01T13:00:00Z"), true),
                ("e".to_owned(), utc("2026-05-01T10:00:00Z"), utc("2026-05-01T13:00:00Z"), true),
                ("f".to_owned(), utc("2026-05-01T10:00:00Z"), utc("2026-05-01T13:00:00Z"), false),
            ]);
        });
    }
}
