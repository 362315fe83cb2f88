use emberwatch::{
    domain::{
        quality::{Reject, RejectReason, RejectState},
        quarantine::Settled,
    },
    store::{IntakeBatch, StoreError},
};
use serde_json::json;

use crate::{
    Db, on_both,
    world::{all_of, append, batch, corrected, event, feed, may, settled, source},
};

on_both! {
    an_appended_event_is_its_records_head,
    appending_the_same_batch_again_is_a_conflict_and_changes_nothing,
    a_batch_is_stored_whole_or_not_at_all,
    a_source_that_was_never_put_takes_no_batch,
    a_source_keeps_its_mapping_text,
    a_bad_row_waits_in_quarantine_until_a_person_decides,
    a_file_sent_again_quarantines_no_row_twice,
    quarantine_pages_never_skip_or_repeat_a_row,
    rows_that_are_not_cases_are_counted_by_label,
    freshness_follows_corrections_and_withdrawals,
}

fn reject(line: u64, text: &str) -> Reject {
    Reject {
        line,
        reason: RejectReason::BadTime,
        field: Some("occurred\u{0}".into()),
        message: format!("\"{text}\" is not a time"),
        row: json!({"when": text, "raw": "a\u{0}b"}).as_object().unwrap().clone(),
    }
}

fn rejects(rows: &[Reject]) -> IntakeBatch {
    IntakeBatch { rejects: rows.to_vec(), ..batch(&[]) }
}

async fn an_appended_event_is_its_records_head(db: Db) {
    settled(&db).await;
    let first = event("a", "bangor", 1);
    append(&db, std::slice::from_ref(&first)).await;
    let asked = ["a".to_owned(), "unknown".to_owned()];
    let heads = db.store.heads(&all_of("me"), &feed(), &asked).await.unwrap();
    assert_eq!(heads.len(), 1);
    let head = &heads["a"];
    assert_eq!((head.id, head.version, head.withdrawn), (first.id, 1, false));
    assert_eq!(head.content_hash, first.content_hash);

    append(&db, &[corrected(&first, 3)]).await;
    let heads = db.store.heads(&all_of("me"), &feed(), &asked).await.unwrap();
    assert_eq!(heads["a"].version, 2);
    assert!(db.store.heads(&all_of("pa"), &feed(), &asked).await.unwrap().is_empty());
}

async fn appending_the_same_batch_again_is_a_conflict_and_changes_nothing(db: Db) {
    settled(&db).await;
    let first = event("a", "bangor", 1);
    append(&db, std::slice::from_ref(&first)).await;
    for events in
        [vec![first.clone()], vec![event("b", "bangor", 1), first.clone()], vec![corrected(&corrected(&first, 2), 3)]]
    {
        let again = db.store.append(&all_of("me"), &feed(), &batch(&events)).await;
        assert!(matches!(again, Err(StoreError::Conflict("event"))), "{again:?}");
    }
    assert_eq!(db.store.event_history(&all_of("me"), first.id).await.unwrap(), [first]);
    assert_eq!(db.store.freshness(&all_of("me")).await.unwrap()[0].events, 1);
}

async fn a_batch_is_stored_whole_or_not_at_all(db: Db) {
    settled(&db).await;
    let first = event("a", "bangor", 1);
    append(&db, std::slice::from_ref(&first)).await;
    let mut mixed = rejects(&[reject(2, "soon")]);
    mixed.not_cases = vec![("Fire".into(), 3)];
    mixed.events = vec![event("b", "bangor", 2), first];
    assert!(db.store.append(&all_of("me"), &feed(), &mixed).await.is_err());
    assert!(db.store.quarantine(&all_of("me"), None, None, 10).await.unwrap().is_empty());
    assert!(db.store.not_cases(&all_of("me"), &feed()).await.unwrap().is_empty());
    assert!(db.store.event(&all_of("me"), event("b", "bangor", 2).id).await.is_err());
}

async fn a_source_that_was_never_put_takes_no_batch(db: Db) {
    settled(&db).await;
    let mut stray = event("a", "bangor", 1);
    stray.source = "other".parse().unwrap();
    let refused = db.store.append(&all_of("me"), &stray.source, &batch(std::slice::from_ref(&stray))).await;
    assert!(matches!(refused, Err(StoreError::NotFound("source"))), "{refused:?}");
    let foreign = db.store.append(&all_of("pa"), &feed(), &batch(&[event("a", "bangor", 1)])).await;
    assert!(foreign.is_err(), "an event of another jurisdiction was taken");
}

async fn a_source_keeps_its_mapping_text(db: Db) {
    settled(&db).await;
    append(&db, &[event("a", "bangor", 1)]).await;
    let mut renamed = source();
    renamed.mapping = "record_id = \"other\"\n# ünïcode\n".into();
    renamed.expected_every_hours = None;
    db.store.put_source(&all_of("me"), &renamed).await.unwrap();
    assert_eq!(db.store.sources(&all_of("me")).await.unwrap(), [renamed]);
    assert_eq!(db.store.freshness(&all_of("me")).await.unwrap()[0].events, 1, "replacing a source lost its count");
}

async fn a_bad_row_waits_in_quarantine_until_a_person_decides(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    db.store.append(&me, &feed(), &rejects(&[reject(7, "soon")])).await.unwrap();
    let waiting = db.store.quarantine(&me, Some(&feed()), None, 10).await.unwrap();
    assert_eq!(waiting.len(), 1);
    let row = &waiting[0];
    assert_eq!((row.line, row.reason, row.origin.as_str()), (7, RejectReason::BadTime, "file.csv"));
    assert_eq!(row.row, reject(7, "soon").row, "the row itself is kept to the last character");
    assert_eq!(row.field.as_deref(), Some("occurred\u{fffd}"));
    assert_eq!(row.received_at, may(31));
    assert_eq!(db.store.quarantined_row(&me, row.id).await.unwrap(), *row);
    assert!(matches!(db.store.quarantined_row(&all_of("pa"), row.id).await, Err(StoreError::NotFound(_))));

    let decided = Settled { id: row.id, state: RejectState::Resubmitted, rule: None, by: "Alex".into(), at: may(31) };
    db.store.settle_rejects(&me, std::slice::from_ref(&decided)).await.unwrap();
    assert!(db.store.quarantine(&me, None, None, 10).await.unwrap().is_empty());
    let after = db.store.quarantined_row(&me, row.id).await.unwrap();
    assert_eq!((after.state, after.settled_by.as_deref()), (RejectState::Resubmitted, Some("Alex")));
    // Whoever decides second finds it decided.
    let second = Settled { state: RejectState::Discarded, by: "Robin".into(), ..decided };
    db.store.settle_rejects(&me, &[second]).await.unwrap();
    assert_eq!(db.store.quarantined_row(&me, row.id).await.unwrap(), after);
}

async fn a_file_sent_again_quarantines_no_row_twice(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let rows = [reject(2, "soon"), reject(3, "soon"), reject(4, "later")];
    let shuffled = [rows[2].clone(), rows[0].clone(), rows[1].clone()];
    db.store.append(&me, &feed(), &rejects(&rows)).await.unwrap();
    db.store.append(&me, &feed(), &rejects(&shuffled)).await.unwrap();
    assert_eq!(db.store.quarantine(&me, None, None, 10).await.unwrap().len(), 3);
}

async fn quarantine_pages_never_skip_or_repeat_a_row(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let rows: Vec<Reject> = (1..=7).map(|line| reject(line, &format!("row {line}"))).collect();
    db.store.append(&me, &feed(), &rejects(&rows)).await.unwrap();
    let (mut lines, mut after) = (Vec::new(), None);
    loop {
        let page = db.store.quarantine(&me, None, after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        lines.extend(page.iter().map(|r| r.line));
    }
    assert_eq!(lines, [1, 2, 3, 4, 5, 6, 7]);
}

async fn rows_that_are_not_cases_are_counted_by_label(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    for counts in [[("Fire", 2), ("Traffic", 5)], [("Fire", 4), ("Assault", 6)]] {
        let counted = IntakeBatch { not_cases: counts.map(|(label, n)| (label.to_owned(), n)).to_vec(), ..batch(&[]) };
        db.store.append(&me, &feed(), &counted).await.unwrap();
    }
    let expected = [("Assault", 6), ("Fire", 6), ("Traffic", 5)].map(|(label, n)| (label.to_owned(), n));
    assert_eq!(db.store.not_cases(&me, &feed()).await.unwrap(), expected);
}

async fn freshness_follows_corrections_and_withdrawals(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let (a, b) = (event("a", "bangor", 1), event("b", "bangor", 5));
    append(&db, &[a.clone(), b.clone()]).await;
    let mut gone = corrected(&b, 9);
    gone.withdrawn = true;
    append(&db, &[gone.clone(), corrected(&a, 8)]).await;
    let fresh = db.store.freshness(&me).await.unwrap().remove(0);
    assert_eq!((fresh.events, fresh.newest_event_at), (1, Some(a.occurred_at)));
    assert_eq!((fresh.last_received_at, fresh.waiting_rejects), (Some(gone.received_at), 0));
    assert_eq!(fresh.name, "Dispatch");

    let mut back = corrected(&gone, 11);
    back.withdrawn = false;
    append(&db, std::slice::from_ref(&back)).await;
    let newest = async || {
        let fresh = db.store.freshness(&me).await.unwrap().remove(0);
        (fresh.events, fresh.newest_event_at)
    };
    assert_eq!(newest().await, (2, Some(b.occurred_at)));

    // It turns out to have been earlier; and what comes and is withdrawn in one batch leaves nothing.
    let mut earlier = corrected(&back, 12);
    earlier.occurred_at = may(3);
    let short = event("c", "bangor", 20);
    let mut shortly = corrected(&short, 21);
    shortly.withdrawn = true;
    append(&db, &[earlier, short, shortly]).await;
    assert_eq!(newest().await, (2, Some(may(3))));
}
