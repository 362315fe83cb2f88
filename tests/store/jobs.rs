use chrono::Duration;
use emberwatch::{domain::ids::JobId, store::NewJob};
use serde_json::json;

use crate::{
    Db, on_both,
    world::{all_of, may, me, settled, uuid},
};

on_both! {
    work_comes_in_the_order_in_which_it_is_due,
    of_waiting_work_with_one_key_the_earliest_is_kept,
    work_queued_again_while_it_runs_runs_again_afterwards,
    the_work_of_a_dead_worker_is_free_when_its_lease_ends,
    failed_work_waits_for_its_retry_or_leaves_the_queue,
    a_retry_and_work_queued_meanwhile_become_one,
    workers_in_a_crowd_get_each_job_once,
    one_holder_plans_until_its_lease_ends,
}

fn job(kind: &str, day: u32) -> NewJob {
    NewJob { kind: kind.into(), key: kind.into(), payload: json!({"kind": kind, "day": day}), run_at: may(day) }
}

const LEASE: Duration = Duration::minutes(5);

async fn work_comes_in_the_order_in_which_it_is_due(db: Db) {
    settled(&db).await;
    db.store.enqueue(&all_of("me"), &[job("analyse", 3)]).await.unwrap();
    db.store.enqueue(&all_of("pa"), &[job("poll", 2)]).await.unwrap();
    assert!(db.store.claim_job(may(1), LEASE).await.unwrap().is_none(), "nothing is due yet");
    assert_eq!(db.store.waiting_jobs().await.unwrap(), 2);
    let first = db.store.claim_job(may(4), LEASE).await.unwrap().unwrap();
    assert_eq!((first.jurisdiction.as_str(), first.kind.as_str(), first.attempts), ("pa", "poll", 1));
    assert_eq!(first.payload, json!({"kind": "poll", "day": 2}));
    assert_eq!(db.store.claim_job(may(4), LEASE).await.unwrap().unwrap().kind, "analyse");
    assert!(db.store.claim_job(may(4), LEASE).await.unwrap().is_none());
    db.store.job_done(&first.jurisdiction, first.id).await.unwrap();
    db.store.job_done(&first.jurisdiction, first.id).await.unwrap();
    assert_eq!(db.store.waiting_jobs().await.unwrap(), 1);
}

async fn of_waiting_work_with_one_key_the_earliest_is_kept(db: Db) {
    settled(&db).await;
    for day in [5, 2, 9] {
        db.store.enqueue(&all_of("me"), &[job("analyse", day)]).await.unwrap();
    }
    db.store.enqueue(&all_of("pa"), &[job("analyse", 2)]).await.unwrap();
    assert_eq!(db.store.waiting_jobs().await.unwrap(), 2, "keys of two jurisdictions are two keys");
    assert!(db.store.claim_job(may(2), LEASE).await.unwrap().is_some());
    assert!(db.store.claim_job(may(2), LEASE).await.unwrap().is_some());
    assert!(db.store.claim_job(may(9), LEASE).await.unwrap().is_none_or(|again| again.attempts == 2));
}

async fn work_queued_again_while_it_runs_runs_again_afterwards(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    db.store.enqueue(&me, &[job("analyse", 2)]).await.unwrap();
    let running = db.store.claim_job(may(2), LEASE).await.unwrap().unwrap();
    db.store.enqueue(&me, &[job("analyse", 2)]).await.unwrap();
    assert!(db.store.claim_job(may(2), LEASE).await.unwrap().is_none(), "the same work ran twice at once");
    db.store.job_done(&running.jurisdiction, running.id).await.unwrap();
    let again = db.store.claim_job(may(2), LEASE).await.unwrap().unwrap();
    assert_ne!(again.id, running.id);
}

async fn the_work_of_a_dead_worker_is_free_when_its_lease_ends(db: Db) {
    settled(&db).await;
    db.store.enqueue(&all_of("me"), &[job("analyse", 2)]).await.unwrap();
    let dead = db.store.claim_job(may(2), LEASE).await.unwrap().unwrap();
    assert!(db.store.claim_job(may(2) + Duration::minutes(4), LEASE).await.unwrap().is_none());
    let taken = db.store.claim_job(may(2) + LEASE, LEASE).await.unwrap().unwrap();
    assert_eq!((taken.id, taken.attempts), (dead.id, 2));
}

async fn failed_work_waits_for_its_retry_or_leaves_the_queue(db: Db) {
    settled(&db).await;
    db.store.enqueue(&all_of("me"), &[job("analyse", 2)]).await.unwrap();
    let first = db.store.claim_job(may(2), LEASE).await.unwrap().unwrap();
    db.store.job_failed(&me(), first.id, "no room", Some(may(4))).await.unwrap();
    assert!(db.store.claim_job(may(3), LEASE).await.unwrap().is_none());
    let again = db.store.claim_job(may(4), LEASE).await.unwrap().unwrap();
    assert_eq!((again.id, again.attempts), (first.id, 2));
    db.store.job_failed(&me(), first.id, "no room", None).await.unwrap();
    assert!(db.store.claim_job(may(30), LEASE).await.unwrap().is_none());
    assert_eq!(db.store.waiting_jobs().await.unwrap(), 0);
    db.store.job_done(&me(), JobId(uuid(1))).await.unwrap();
}

async fn a_retry_and_work_queued_meanwhile_become_one(db: Db) {
    settled(&db).await;
    let scope = all_of("me");
    db.store.enqueue(&scope, &[job("analyse", 2)]).await.unwrap();
    let first = db.store.claim_job(may(2), LEASE).await.unwrap().unwrap();
    db.store.enqueue(&scope, &[job("analyse", 3)]).await.unwrap();
    db.store.job_failed(&me(), first.id, "no room", Some(may(8))).await.unwrap();
    assert_eq!(db.store.waiting_jobs().await.unwrap(), 1);
    assert!(db.store.claim_job(may(3), LEASE).await.unwrap().is_some(), "the earlier time holds");
}

async fn workers_in_a_crowd_get_each_job_once(db: Db) {
    settled(&db).await;
    let jobs: Vec<NewJob> = (0..12).map(|n| job(&format!("job-{n}"), 2)).collect();
    db.store.enqueue(&all_of("me"), &jobs).await.unwrap();
    let worker = || async {
        let mut mine = Vec::new();
        while let Some(job) = db.store.claim_job(may(2), LEASE).await.unwrap() {
            mine.push(job.kind);
        }
        mine
    };
    let (a, b, c) = tokio::join!(worker(), worker(), worker());
    let mut all = [a, b, c].concat();
    // A worker that finds every due row taken by others at that instant may see none and stop: what is
    // promised is that nobody shares.
    all.extend(worker().await);
    all.sort();
    let mut expected: Vec<String> = jobs.into_iter().map(|j| j.kind).collect();
    expected.sort();
    assert_eq!(all, expected);
}

async fn one_holder_plans_until_its_lease_ends(db: Db) {
    let hold = |who: &'static str, minute: i64| {
        let db = &db;
        async move { db.store.hold_lease("schedule", who, may(1) + Duration::minutes(minute), LEASE).await.unwrap() }
    };
    assert!(hold("a", 0).await);
    assert!(!hold("b", 4).await);
    assert!(hold("a", 4).await, "the holder may stay");
    assert!(!hold("b", 8).await);
    assert!(hold("b", 9).await);
    assert!(!hold("a", 10).await);
}
