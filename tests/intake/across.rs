//! Reports of two jurisdictions that agreed to link them: what either side is told, and that it ends with the agreement.

use std::collections::BTreeSet;

use emberwatch::{
    domain::{
        agreement::{Agreement, Signed},
        event::EventKind,
        ids::{AgreementId, EventId},
    },
    jobs::link::link_due,
    store::EventQuery,
};

use super::World;

/// A month of far-apart reports of one side's only feed, both sides' of the same name; `extra` comes with them.
fn month(step: u32, north: u32, extra: &str) -> String {
    let row = |i: u32| {
        let (day, minute, north) = (i % 30 + 1, i * step % 1_380, 10_000 + i * north % 80_000);
        let (hour, minute) = (minute / 60, minute % 60);
        format!("r{step}-{i},overdose,2026-05-{day:02}T{hour:02}:{minute:02}:00Z,,44.{north:05},-68.77,rooftop,\n")
    };
    (1..91).map(row).collect::<String>() + extra
}

const RUN: &str = "run,overdose,2026-05-15T10:00:00Z,,44.05000,-68.77,rooftop,\n";
const VISIT: &str = "visit,overdose,2026-05-15T10:06:00Z,,44.05050,-68.77,rooftop,\n";

fn agreement(proposer: &World, other: &World) -> Agreement {
    Agreement {
        id: AgreementId::derived(&["memorandum"]),
        proposer: proposer.scope.jurisdiction.clone(),
        other: other.scope.jurisdiction.clone(),
        note: String::new(),
        proposed: signed(proposer),
        confirmed: None,
        ended: None,
    }
}

fn signed(world: &World) -> Signed {
    Signed { by: "A. Admin".into(), at: world.clock.now() }
}

/// Propose and confirm.
async fn agreed(one: &World, other: &World) -> Agreement {
    let proposed = agreement(one, other);
    one.store.propose_agreement(&one.scope, &proposed).await.unwrap();
    let force = proposed.confirm(&other.scope.jurisdiction, signed(other)).unwrap();
    other.store.change_agreement(&other.scope, &force).await.unwrap();
    force
}

async fn link(world: &World) {
    link_due(&world.store, &world.clock, &world.scope).await.unwrap();
}

/// Own records of which somebody elsewhere tells.
async fn told(world: &World) -> BTreeSet<String> {
    let events = world.events().await;
    let ids: Vec<EventId> = events.iter().map(|e| e.id).collect();
    let told = world.store.told_elsewhere(&world.scope, &ids).await.unwrap();
    events.into_iter().filter(|e| told.contains(&e.id)).map(|e| e.record_id).collect()
}

fn names(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|&name| name.to_owned()).collect()
}

async fn counted(world: &World) -> usize {
    let query = EventQuery { kinds: vec![EventKind::Overdose], ..EventQuery::default() };
    let facts = world.store.facts(&world.scope, &query).await.unwrap();
    assert!(facts.iter().all(|f| f.incident.is_none()), "its own incidents come from its own events alone");
    facts.len()
}

#[tokio::test]
async fn either_side_is_told_that_somebody_elsewhere_tells_of_it_only_while_both_agree() {
    let me = World::new("me", "America/New_York").await;
    let vt = me.neighbour("vt").await;
    me.source_sends("ems", &month(263, 7_919, RUN)).await;
    vt.source_sends("ems", &month(131, 3_571, VISIT)).await;
    let proposed = agreement(&vt, &me);
    vt.store.propose_agreement(&vt.scope, &proposed).await.unwrap();
    link(&me).await;
    link(&vt).await;
    assert_eq!((told(&me).await, told(&vt).await), (names(&[]), names(&[])), "a proposal links nothing");
    let force = proposed.confirm(&me.scope.jurisdiction, signed(&me)).unwrap();
    me.store.change_agreement(&me.scope, &force).await.unwrap();
    // Only the keeper links; the other side calls it.
    let waiting = me.store.waiting_jobs().await.unwrap();
    link(&vt).await;
    assert_eq!(told(&vt).await, names(&[]));
    assert_eq!(me.store.waiting_jobs().await.unwrap(), waiting + 1);
    link(&me).await;
    assert_eq!((told(&me).await, told(&vt).await), (names(&["run"]), names(&["visit"])));
    assert_eq!((counted(&me).await, counted(&vt).await), (91, 91));
    // What changes on either side is linked anew.
    me.hands.advance(chrono::Duration::hours(1));
    vt.source_sends("ems", &VISIT.replace("05-15", "05-20")).await;
    link(&vt).await;
    link(&me).await;
    assert_eq!((told(&me).await, told(&vt).await), (names(&[]), names(&[])));
    me.hands.advance(chrono::Duration::hours(1));
    vt.source_sends("ems", VISIT).await;
    link(&vt).await;
    link(&me).await;
    assert_eq!(told(&me).await, names(&["run"]));
    // Ended by either, it is as if it had never been; also for what was read before it ended.
    let ended = force.end(&vt.scope.jurisdiction, signed(&vt)).unwrap();
    vt.store.change_agreement(&vt.scope, &ended).await.unwrap();
    assert_eq!((told(&me).await, told(&vt).await), (names(&[]), names(&[])));
    let late: BTreeSet<EventId> = me.events().await.iter().map(|e| e.id).take(1).collect();
    me.store.put_told_elsewhere(&me.scope, force.id, 1, &late).await.unwrap();
    me.hands.advance(chrono::Duration::hours(1));
    me.source_sends("ems", &RUN.replace("10:00", "10:02")).await;
    link(&me).await;
    link(&vt).await;
    assert_eq!((told(&me).await, told(&vt).await), (names(&[]), names(&[])));
    assert_eq!(me.store.agreement_due(&me.scope, force.id).await.unwrap(), []);
}

#[tokio::test]
async fn whichever_side_comes_first_and_in_whatever_parts_the_same_is_told() {
    let clean = World::new("me", "America/New_York").await;
    let beside = clean.neighbour("vt").await;
    clean.source_sends("ems", &month(263, 7_919, RUN)).await;
    beside.source_sends("ems", &month(131, 3_571, VISIT)).await;
    agreed(&clean, &beside).await;
    link(&beside).await;
    link(&clean).await;
    let expected = (told(&clean).await, told(&beside).await);
    assert!(expected.0.contains("run") && expected.1.contains("visit"), "{expected:?}");
    let me = World::new("me", "America/New_York").await;
    let vt = me.neighbour("vt").await;
    agreed(&vt, &me).await;
    let (ours, theirs) = (month(263, 7_919, RUN), month(131, 3_571, VISIT));
    let (ours, theirs): (Vec<&str>, Vec<&str>) = (ours.lines().collect(), theirs.lines().collect());
    for (mine, yours) in ours.chunks(23).rev().zip(theirs.chunks(23).rev()) {
        vt.source_sends("ems", &(yours.join("\n") + "\n")).await;
        link(&me).await;
        link(&vt).await;
        me.source_sends("ems", &(mine.join("\n") + "\n")).await;
        link(&vt).await;
        link(&me).await;
    }
    link(&me).await;
    assert_eq!((told(&me).await, told(&vt).await), expected);
    assert_eq!(me.store.link_due(&vt.scope).await.unwrap(), []);
}
