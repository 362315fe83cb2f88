//! What data quality is counted from.

use chrono::Duration;
use emberwatch::{
    domain::{
        event::Flag,
        ids::DeliveryId,
        quality::{DeliveredRows, Delivery, EventQuality, Reject, RejectReason, RejectState},
        quarantine::Settled,
        scope::Scope,
    },
    store::IntakeBatch,
};

use crate::{
    Db, on_both,
    world::{all_of, append, batch, corrected, event, feed, may, only, settled},
};

on_both! {
    a_record_is_told_with_its_first_receipt_and_as_it_is_known_now,
    only_records_of_the_areas_in_view_are_told,
    rows_in_quarantine_are_counted_by_reason_and_state,
    requests_of_an_hour_add_up_and_a_batch_counts_with_its_rows,
}

async fn rows(db: &Db, scope: &Scope, since: u32) -> Vec<EventQuality> {
    let mut out = Vec::new();
    db.store.quality_rows(scope, may(since), &mut |row| out.push(row)).await.unwrap();
    out.sort_by_key(|row| (row.first_received_at, row.id));
    out
}

async fn a_record_is_told_with_its_first_receipt_and_as_it_is_known_now(db: Db) {
    settled(&db).await;
    let mut first = event("a", "bangor", 1);
    first.attributes =
        serde_json::json!({ "age_band": "25-34", "note": "says \"sex\": unknown" }).as_object().unwrap().clone();
    append(&db, &[first.clone(), event("b", "bangor", 5)]).await;
    let mut gone = corrected(&first, 9);
    (gone.withdrawn, gone.flags) = (true, vec![Flag::PlaceDisagrees]);
    append(&db, &[gone]).await;
    let told = rows(&db, &all_of("me"), 1).await;
    assert_eq!(told.len(), 2);
    let row = &told[0];
    assert_eq!((row.id, row.version, row.withdrawn), (first.id, 2, true));
    assert_eq!(row.first_received_at, may(1) + Duration::hours(1));
    assert_eq!((row.has_age, row.has_sex, row.has_area), (true, false, true));
    assert_eq!(row.flags, [Flag::PlaceDisagrees]);
    assert_eq!(row.point, first.location.point);
    assert_eq!(rows(&db, &all_of("me"), 2).await.len(), 1, "received before the period");
    assert!(rows(&db, &all_of("pa"), 1).await.is_empty());
}

async fn only_records_of_the_areas_in_view_are_told(db: Db) {
    settled(&db).await;
    append(&db, &[event("a", "bangor", 1), event("b", "orono", 2)]).await;
    let told = rows(&db, &only(&["orono"]), 1).await;
    assert_eq!(told.iter().map(|r| r.id).collect::<Vec<_>>(), [event("b", "orono", 2).id]);
}

async fn rows_in_quarantine_are_counted_by_reason_and_state(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let reject = |line, reason| Reject {
        line,
        reason,
        field: None,
        message: format!("row {line}"),
        row: serde_json::Map::new(),
    };
    let rejects =
        vec![reject(2, RejectReason::BadTime), reject(3, RejectReason::BadTime), reject(4, RejectReason::Missing)];
    db.store.append(&me, &feed(), &IntakeBatch { rejects, ..batch(&[]) }).await.unwrap();
    let first = db.store.quarantine(&me, None, None, 1).await.unwrap().remove(0);
    let state = RejectState::Discarded;
    let settled = Settled { id: first.id, state, rule: None, by: "Alex".into(), at: may(31) };
    db.store.settle_rejects(&me, &[settled]).await.unwrap();
    let tallies = db.store.reject_tallies(&me, may(31)).await.unwrap();
    let told: Vec<_> = tallies.iter().map(|t| (t.reason, t.state, t.rows)).collect();
    assert_eq!(
        told,
        [
            (RejectReason::BadTime, RejectState::Discarded, 1),
            (RejectReason::BadTime, RejectState::Waiting, 1),
            (RejectReason::Missing, RejectState::Waiting, 1),
        ]
    );
    assert!(db.store.reject_tallies(&me, may(31) + Duration::seconds(1)).await.unwrap().is_empty());
}

async fn requests_of_an_hour_add_up_and_a_batch_counts_with_its_rows(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let delivery = |n: u64| Delivery {
        id: DeliveryId::derived(&["this hour"]),
        source: feed(),
        origin: "api".into(),
        at: may(3),
        rows: DeliveredRows { read: n, accepted: 1, unchanged: n - 1, ..DeliveredRows::default() },
    };
    db.store.record_delivery(&me, &delivery(4)).await.unwrap();
    let more = IntakeBatch { events: vec![event("a", "bangor", 1)], delivery: Some(delivery(6)), ..batch(&[]) };
    db.store.append(&me, &feed(), &more).await.unwrap();
    // A batch that is refused is not counted.
    assert!(db.store.append(&me, &feed(), &more).await.is_err());
    let told = db.store.deliveries(&me, may(1)).await.unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].rows.read, told[0].rows.accepted, told[0].rows.unchanged), (10, 2, 8));
    assert!(db.store.deliveries(&me, may(4)).await.unwrap().is_empty());
    assert!(db.store.deliveries(&all_of("pa"), may(1)).await.unwrap().is_empty());
}
