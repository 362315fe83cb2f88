//! Batches with and without times of their own.

use super::*;

fn at(hours: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_750_000_000, 0).unwrap() + Duration::hours(hours)
}

fn receipt(received: DateTime<Utc>, occurred: DateTime<Utc>) -> Receipt {
    Receipt { received_at: received, occurred_at: occurred, event_day: Day::of(occurred, Zone::UTC) }
}

/// Ten days of six a day, each heard within the hour.
fn steady() -> Vec<Receipt> {
    (0..60).map(|i| receipt(at(4 * i) + Duration::minutes(40), at(4 * i))).collect()
}

#[test]
fn a_batch_whose_events_all_happened_as_it_came_is_recognised() {
    let mut receipts = steady();
    let batch = at(400);
    receipts.extend((0..12).map(|i| receipt(batch + Duration::seconds(i), batch)));
    assert_eq!(stamped(&receipts, 6.0, Zone::UTC), (60..72).collect::<Vec<_>>());
}

#[test]
fn a_batch_after_silence_with_the_days_own_date_only_is_recognised() {
    let mut receipts = steady();
    let midnight = Day::of(at(400), Zone::UTC).starts_at(Zone::UTC);
    receipts.extend((0..30).map(|i| receipt(at(400) + Duration::seconds(i), midnight)));
    assert_eq!(stamped(&receipts, 6.0, Zone::UTC).len(), 30);
}

#[test]
fn a_batch_that_knows_when_things_happened_is_taken_at_its_word() {
    let mut receipts = steady();
    receipts.extend((0..40).map(|i| receipt(at(400) + Duration::seconds(i), at(240 + 4 * i))));
    assert_eq!(stamped(&receipts, 6.0, Zone::UTC), Vec::<usize>::new());
}

#[test]
fn a_real_burst_in_a_feed_that_was_heard_is_no_batch() {
    let mut receipts = steady();
    let now = at(241);
    receipts.extend((0..15).map(|i| receipt(now + Duration::minutes(4 * i), now - Duration::minutes(30 - i))));
    assert_eq!(stamped(&receipts, 6.0, Zone::UTC), Vec::<usize>::new());
}

#[test]
fn a_rare_feed_with_a_few_events_after_a_wait_is_no_batch() {
    let mut receipts: Vec<Receipt> = (0..10).map(|i| receipt(at(240 * i), at(240 * i))).collect();
    receipts.extend((0..4).map(|i| receipt(at(2400) + Duration::seconds(i), at(2400) - Duration::minutes(90 + 7 * i))));
    assert_eq!(stamped(&receipts, 0.1, Zone::UTC), Vec::<usize>::new());
}
