//! Rows in quarantine, mended a group at a time: once, whenever it is killed, and for later deliveries too.

use std::io::Cursor;

use emberwatch::{
    domain::{
        event::Event,
        ids::{GroupId, MendRuleId},
        quality::{RejectReason, RejectState},
        quarantine::{Mend, MendOutcome, MendRule, MendState},
    },
    ingest::Mapping,
    jobs::intake::{Intake, IntakeFailure, IntakeSummary, mend_queued},
};

use super::{World, sum, utc};

/// Calls with a clock that is a year ahead, and swapped coordinates here and there.
const MAPPING: &str = r#"
name = "Calls"
kind = "overdose"
record_id = "id"
naloxone = { column = "narcan" }
[time]
occurred_at = { column = "when", formats = ["%m/%d/%Y %H:%M"] }
[place]
latitude = "lat"
longitude = "lon"
"#;

fn calls() -> Mapping {
    Mapping::parse(MAPPING, "calls.toml").unwrap()
}

async fn ingest(world: &World, rows: &str) -> IntakeSummary {
    let csv = format!("id,when,lat,lon,narcan\n{rows}");
    world.ingest(&calls(), Cursor::new(csv.into_bytes()), "calls.csv").await.unwrap()
}

/// The world's day is 1 June 2026.
fn a_year_ahead(ids: std::ops::Range<u32>) -> String {
    ids.map(|i| format!("c{i},05/{:02}/2027 10:{:02},44.8,-68.77,none\n", i % 28 + 1, i % 60)).collect()
}

fn shift(years: i32) -> Vec<Mend> {
    vec![Mend::ShiftTime { column: "when".into(), years, days: 0, hours: 0 }]
}

async fn group(world: &World, reason: RejectReason) -> GroupId {
    let groups = world.store.reject_groups(&world.scope, None).await.unwrap();
    groups.iter().find(|g| g.reason == reason).expect("rows wait for this reason").id
}

async fn make(world: &World, group: GroupId, mends: Vec<Mend>, standing: bool) -> MendRuleId {
    let row = world.store.group_rows(&world.scope, group, None, 1).await.unwrap().remove(0);
    let rule = MendRule {
        id: MendRuleId::derived(&[&format!("{mends:?}"), &world.clock.now().to_rfc3339()]),
        source: row.source,
        group,
        reason: row.reason,
        field: row.field,
        pattern: row.pattern,
        mends,
        note: String::new(),
        standing,
        state: MendState::Queued,
        made_at: world.clock.now(),
        made_by: "Alex".into(),
        done_at: None,
        still_bad: 0,
    };
    world.store.put_mend_rule(&world.scope, &rule).await.unwrap();
    rule.id
}

async fn run(world: &World) {
    mend_queued(&world.store, &world.clock, &world.scope, None).await.unwrap();
}

/// Of every event what does not tell when it was stored.
async fn told(world: &World) -> Vec<(String, u32, String, chrono::DateTime<chrono::Utc>)> {
    let tell = |e: Event| (e.record_id, e.version, e.content_hash, e.occurred_at);
    world.events().await.into_iter().map(tell).collect()
}

#[tokio::test]
async fn a_whole_group_is_mended_by_one_rule_and_running_it_again_changes_nothing() {
    let world = World::new("me", "UTC").await;
    let summary = ingest(&world, &format!("{}x,05/01/2026 09:00,95,-68.77,none\n", a_year_ahead(0..2_500))).await;
    assert_eq!((summary.accepted, summary.quarantined), (0, 2_501));
    let ahead = group(&world, RejectReason::FutureTime).await;
    let rule = make(&world, ahead, shift(-1), false).await;
    run(&world).await;
    let after = told(&world).await;
    assert_eq!(after.len(), 2_500);
    assert_eq!(after[0].3, utc("2026-05-01T10:00:00Z"));
    let records = world.store.mend_rules(&world.scope).await.unwrap();
    assert_eq!((records[0].rule.state, records[0].mended, records[0].rule.still_bad), (MendState::Done, 2_500, 0));
    let waiting = world.store.quarantine(&world.scope, None, None, 10).await.unwrap();
    assert_eq!(waiting.len(), 1, "the row with another fault waits on");

    // The rule as it was made, put back and run once more; the file that is sent again.
    let again = MendRule { state: MendState::Queued, ..records[0].rule.clone() };
    world.store.put_mend_rule(&world.scope, &again).await.unwrap();
    run(&world).await;
    ingest(&world, &a_year_ahead(0..2_500)).await;
    assert_eq!(told(&world).await, after);
    assert_eq!(world.store.quarantine(&world.scope, None, None, 10).await.unwrap(), waiting);
    let first = world.store.mend_rules(&world.scope).await.unwrap().into_iter().find(|r| r.rule.id == rule).unwrap();
    assert_eq!(first.mended, 2_500);
}

/// Killed after rows were stored and before they left the quarantine: some wait although their events are there.
#[tokio::test]
async fn killed_at_any_page_the_end_state_is_the_same() {
    let rows = a_year_ahead(0..2_300);
    let whole = World::new("me", "UTC").await;
    ingest(&whole, &rows).await;
    make(&whole, group(&whole, RejectReason::FutureTime).await, shift(-1), false).await;
    run(&whole).await;

    let killed = World::new("me", "UTC").await;
    ingest(&killed, &rows).await;
    // What the pages before the kill had stored, of rows that still wait.
    let mended = a_year_ahead(1_000..2_300).replace("/2027", "/2026");
    ingest(&killed, &mended).await;
    killed.hands.advance(chrono::Duration::minutes(15));
    make(&killed, group(&killed, RejectReason::FutureTime).await, shift(-1), false).await;
    run(&killed).await;
    assert_eq!(told(&killed).await, told(&whole).await);
    for world in [&whole, &killed] {
        assert!(world.store.quarantine(&world.scope, None, None, 1).await.unwrap().is_empty());
        assert_eq!(world.store.mend_rules(&world.scope).await.unwrap()[0].mended, 2_300);
    }
}

#[tokio::test]
async fn a_preview_writes_nothing_and_says_why_rows_would_still_fail() {
    let world = World::new("me", "UTC").await;
    let odd = "bad1,05/03/2027 10:00,-68.77,95,none\nbad2,05/04/2027 10:00,44.8,-68.77,perhaps\n";
    ingest(&world, &format!("{}known,05/09/2026 08:00,44.8,-68.7,none\n{odd}", a_year_ahead(0..30))).await;
    ingest(&world, "known,05/09/2027 08:00,44.8,-68.7,none\n").await;
    let before = (world.events().await, world.store.quarantine(&world.scope, None, None, 100).await.unwrap());
    let intake = Intake::new(world.store.clone(), world.clock.clone());
    let ahead = group(&world, RejectReason::FutureTime).await;
    let preview = intake.preview(&world.scope, ahead, &shift(-1)).await.unwrap();
    assert_eq!((preview.rows, preview.tried, preview.would_pass, preview.known_already), (33, 33, 31, 1));
    assert_eq!(
        preview.still_bad.iter().map(|b| (b.reason, b.rows)).collect::<Vec<_>>(),
        [(RejectReason::BadPoint, 1), (RejectReason::UnknownValue, 1)]
    );
    assert_eq!(preview.examples.len(), 20);
    let example = preview.examples.iter().find(|e| e.outcome == MendOutcome::WouldPass).unwrap();
    assert_eq!(example.changes[0].before.replace("2027", "2026"), example.changes[0].after);
    let after = (world.events().await, world.store.quarantine(&world.scope, None, None, 100).await.unwrap());
    assert_eq!(before, after);

    let wrong = vec![Mend::Set { column: "wen".into(), value: "x".into() }];
    let refused = intake.preview(&world.scope, ahead, &wrong).await.unwrap_err();
    assert_eq!(refused.to_string(), "there is no column \"wen\"; the row has id, when, lat, lon, narcan");
    let nobody = GroupId::derived(&["nothing waits here"]);
    assert!(matches!(intake.preview(&world.scope, nobody, &shift(-1)).await, Err(IntakeFailure::NotWaiting)));
}

#[tokio::test]
async fn several_mends_in_one_rule_reach_rows_with_several_faults_and_the_rest_waits_as_it_came() {
    let world = World::new("me", "UTC").await;
    let rows = "a,05/03/2027 10:00,44.8,-68.77,gave 2\nb,05/04/2027 10:00,44.8,-68.77,perhaps\n";
    ingest(&world, rows).await;
    let mends = [
        shift(-1),
        vec![Mend::MapCodes { column: "narcan".into(), codes: [("GAVE 2".to_owned(), "multiple".to_owned())].into() }],
    ]
    .concat();
    make(&world, group(&world, RejectReason::FutureTime).await, mends, false).await;
    run(&world).await;
    assert_eq!(told(&world).await.iter().map(|e| e.0.as_str()).collect::<Vec<_>>(), ["a"]);
    let waiting = world.store.quarantine(&world.scope, None, None, 10).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].row["when"].as_str()), (1, Some("05/04/2027 10:00")));
    assert_eq!(world.store.mend_rules(&world.scope).await.unwrap()[0].rule.still_bad, 1);
}

#[tokio::test]
async fn of_several_rows_of_one_record_the_newest_stands_and_none_replaces_what_came_after_it() {
    let world = World::new("me", "UTC").await;
    let versions = [
        "a,05/01/2027 10:00,44.8,-68.77,none\n",
        "a,05/02/2027 10:00,44.8,-68.77,none\nb,05/02/2027 10:00,44.8,-68.7,none\n",
    ];
    for rows in versions {
        ingest(&world, rows).await;
        world.hands.advance(chrono::Duration::hours(1));
    }
    // The sender has mended b by itself meanwhile.
    ingest(&world, "b,05/20/2026 10:00,44.8,-68.7,none\n").await;
    world.hands.advance(chrono::Duration::hours(1));
    make(&world, group(&world, RejectReason::FutureTime).await, shift(-1), false).await;
    run(&world).await;
    let events = told(&world).await;
    let expected = [("a", 1, utc("2026-05-02T10:00:00Z")), ("b", 1, utc("2026-05-20T10:00:00Z"))];
    assert_eq!(events.iter().map(|e| (e.0.as_str(), e.1, e.3)).collect::<Vec<_>>(), expected);
    assert!(world.store.quarantine(&world.scope, None, None, 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn rows_that_are_no_cases_or_not_ours_are_kept_and_counted() {
    let world = World::new("me", "UTC").await;
    ingest(&world, &format!("{}x,05/01/2026 09:00,95,-68.77,none\n", a_year_ahead(0..3))).await;
    let foreign = vec![Mend::NotOurs { why: "the neighbour's test rows".into() }];
    make(&world, group(&world, RejectReason::FutureTime).await, foreign, false).await;
    make(&world, group(&world, RejectReason::BadPoint).await, vec![Mend::NotACase], false).await;
    let row = world.store.quarantine(&world.scope, None, None, 1).await.unwrap().remove(0);
    run(&world).await;
    assert!(world.events().await.is_empty());
    let mut records = world.store.mend_rules(&world.scope).await.unwrap();
    records.sort_by_key(|r| r.discarded);
    assert_eq!(records.iter().map(|r| (r.not_cases, r.discarded)).collect::<Vec<_>>(), [(1, 0), (0, 3)]);
    let kept = world.store.quarantined_row(&world.scope, row.id).await.unwrap();
    assert_eq!((kept.state, kept.settled_by.as_deref()), (RejectState::Discarded, Some("Alex")));
}

#[tokio::test]
async fn a_standing_rule_mends_later_deliveries_until_it_is_ended() {
    let world = World::new("me", "UTC").await;
    ingest(&world, &a_year_ahead(0..3)).await;
    let rule = make(&world, group(&world, RejectReason::FutureTime).await, shift(-1), true).await;
    run(&world).await;
    world.hands.advance(chrono::Duration::days(1));
    let later = ingest(&world, &a_year_ahead(3..7)).await;
    assert_eq!((later.accepted, later.mended, later.quarantined, sum(&later)), (4, 4, 0, later.read));
    let again = ingest(&world, &a_year_ahead(0..7)).await;
    assert_eq!((again.unchanged, again.mended), (7, 7));
    assert_eq!(world.store.mend_rules(&world.scope).await.unwrap()[0].mended, 7);
    assert_eq!(world.events().await.len(), 7);

    let record = world.store.mend_rules(&world.scope).await.unwrap().remove(0);
    assert_eq!(record.rule.id, rule);
    world.store.put_mend_rule(&world.scope, &MendRule { standing: false, ..record.rule }).await.unwrap();
    assert_eq!(ingest(&world, &a_year_ahead(7..9)).await.quarantined, 2);
}

#[tokio::test]
async fn a_standing_decision_keeps_rows_out_and_counts_them() {
    let world = World::new("me", "UTC").await;
    ingest(&world, "t1,05/01/2026 09:00,95,-68.77,none\n").await;
    make(&world, group(&world, RejectReason::BadPoint).await, vec![Mend::NotACase], true).await;
    run(&world).await;
    let later = ingest(&world, "t2,05/02/2026 09:00,96.5,-68.77,none\nc,05/02/2026 09:00,44.8,-68.77,none\n").await;
    assert_eq!((later.accepted, later.decided, later.quarantined, sum(&later)), (1, 1, 0, 2));
    let deliveries = world.store.deliveries(&world.scope, utc("2026-01-01T00:00:00Z")).await.unwrap();
    let newest = deliveries.iter().map(|d| d.rows).find(|r| r.read == 2).unwrap();
    assert_eq!((newest.accepted, newest.mended, newest.not_cases), (1, 1, 1));
}

/// Rows without an id are known by what they hold: mended, or sent again the right way, they are the same rows.
#[tokio::test]
async fn a_row_without_an_id_is_the_same_row_when_its_sender_mends_it_too() {
    let mapping = Mapping::parse(&MAPPING.replace("record_id = \"id\"\n", ""), "calls.toml").unwrap();
    let world = World::new("me", "UTC").await;
    let csv = |year: u32| {
        let row = format!("x,05/01/{year} 10:00,44.8,-68.77,none\n");
        Cursor::new(format!("id,when,lat,lon,narcan\n{row}{row}{}", row.replace("10:00", "11:00")).into_bytes())
    };
    world.ingest(&mapping, csv(2027), "calls.csv").await.unwrap();
    make(&world, group(&world, RejectReason::FutureTime).await, shift(-1), false).await;
    run(&world).await;
    assert_eq!(world.events().await.len(), 3, "two equal rows are two");
    let corrected = world.ingest(&mapping, csv(2026), "calls.csv").await.unwrap();
    assert_eq!((corrected.accepted, corrected.unchanged), (0, 3));
}

#[tokio::test]
async fn every_delivery_is_counted_with_its_rows() {
    let world = World::new("me", "UTC").await;
    let rows = format!("{}a,05/01/2026 10:00,44.8,-68.77,none\n", a_year_ahead(0..2));
    ingest(&world, &rows).await;
    world.hands.advance(chrono::Duration::hours(1));
    ingest(&world, &rows).await;
    let told = world.store.deliveries(&world.scope, utc("2026-01-01T00:00:00Z")).await.unwrap();
    let counts: Vec<_> =
        told.iter().map(|d| (d.rows.read, d.rows.accepted, d.rows.unchanged, d.rows.quarantined)).collect();
    assert_eq!(counts, [(3, 1, 0, 2), (3, 0, 1, 2)]);
    assert_eq!(told[0].origin, "calls.csv");
}
