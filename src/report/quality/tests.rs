use super::*;
use crate::domain::{
    event::{EventKind, Flag, NaloxoneGiven, Outcome, TimePrecision},
    ids::{DeliveryId, EventId, GapId},
    place::Point,
    quality::{EventQuality, GapKind, RejectState, RejectTally, Source, SourceFreshness},
    time::Zone,
};
use chrono::Duration;

const NOW: &str = "2026-06-15T12:00:00Z";

fn now() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

fn feed() -> SourceId {
    "ems".parse().unwrap()
}

/// An overdose that came so many hours ago, an hour after it happened.
fn record(n: u32, hours_ago: i64) -> EventQuality {
    let received = now() - Duration::hours(hours_ago);
    EventQuality {
        id: EventId::derived(&[&n.to_string()]),
        source: feed(),
        kind: EventKind::Overdose,
        version: 1,
        occurred_at: received - Duration::hours(1),
        time_precision: TimePrecision::Instant,
        reported_at: Some(received - Duration::minutes(30)),
        first_received_at: received,
        outcome: Outcome::Nonfatal,
        naloxone: NaloxoneGiven::Single,
        precision: Precision::Rooftop,
        point: Some(Point::new(44.8, -68.77).unwrap()),
        has_area: true,
        has_age: true,
        has_sex: false,
        flags: Vec::new(),
        withdrawn: false,
    }
}

fn source() -> Source {
    Source {
        id: feed(),
        name: "Ambulances".into(),
        zone: Zone::UTC,
        mapping: String::new(),
        expected_every_hours: Some(24.0),
    }
}

fn freshness(waiting: u64, quiet_hours: i64) -> SourceFreshness {
    SourceFreshness {
        source: feed(),
        name: "Ambulances".into(),
        events: 100,
        newest_event_at: Some(now() - Duration::hours(quiet_hours + 1)),
        last_received_at: Some(now() - Duration::hours(quiet_hours)),
        waiting_rejects: waiting,
        silent: false,
    }
}

fn counted(rows: &[EventQuality]) -> QualityCounter {
    let mut counter = QualityCounter::new(now(), Zone::UTC);
    rows.iter().for_each(|r| counter.observe(r));
    counter
}

/// Details where nothing else is known than the records, some waiting rows, gaps and deliveries.
fn detail(
    rows: &[EventQuality],
    fresh: SourceFreshness,
    rejects: &[RejectTally],
    gaps: &[DataGap],
    deliveries: &[Delivery],
) -> QualityDetail {
    let (sources, freshness) = ([source()], [fresh]);
    let known = Known { sources: &sources, freshness: &freshness, rejects, deliveries, gaps };
    counted(rows).detail(&feed(), known).unwrap()
}

fn share(period: &PeriodQuality, field: Field) -> (u64, u64) {
    let found = period.fields.iter().find(|f| f.field == field).unwrap();
    (found.known.numerator, found.known.denominator)
}

#[test]
fn completeness_counts_what_applies_and_the_period_before_stands_beside_it() {
    let mut rows = vec![record(1, 10), record(2, 20), record(3, 24 * 8)];
    rows[1].outcome = Outcome::Unknown;
    rows[1].flags = vec![Flag::PlaceDisagrees];
    let mut kits = record(4, 30);
    (kits.kind, kits.point, kits.precision) = (EventKind::Naloxone, None, Precision::Zip);
    rows.push(kits);
    let mut gone = record(5, 30);
    gone.withdrawn = true;
    rows.push(gone);
    let detail = detail(&rows, freshness(0, 10), &[], &[], &[]);
    let week = &detail.periods[0];
    assert_eq!((week.now.events, week.now.withdrawn, week.before.events), (3, 1, 1));
    assert_eq!(share(&week.now, Field::Outcome), (1, 2));
    assert_eq!(share(&week.now, Field::Point), (2, 3));
    assert_eq!(share(&week.now, Field::Sex), (0, 2));
    assert_eq!((week.now.place_disagrees.numerator, week.now.place_disagrees.denominator), (1, 2));
    assert_eq!(week.now.precision.iter().map(|p| p.events).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(detail.periods[1].now.events, 4);
}

#[test]
fn delays_are_of_what_was_sent_as_it_came() {
    let mut rows: Vec<EventQuality> = (0..10).map(|n| record(n, 2 + i64::from(n))).collect();
    rows[0].occurred_at = rows[0].first_received_at - Duration::hours(48);
    // A year of history, loaded the first time anything was heard.
    for n in 100..200 {
        let mut old = record(n, 24 * 60);
        old.occurred_at = old.first_received_at - Duration::days(i64::from(n));
        rows.push(old);
    }
    let mut assumed = record(300, 3);
    assumed.flags = vec![Flag::ReceiptAssumed];
    rows.push(assumed);
    let detail = detail(&rows, freshness(0, 2), &[], &[], &[]);
    let year = &detail.periods[2].now;
    let received = year.received.unwrap();
    assert_eq!((received.events, received.median_hours, received.p90_hours), (10, 1.0, 1.0));
    assert_eq!((year.loaded, year.reported.unwrap().median_hours), (100, 0.5));
}

#[test]
fn a_silent_source_stands_first_with_how_long_and_what_is_usual() {
    let rows: Vec<EventQuality> = (0..40).map(|n| record(n, 31 + 6 * i64::from(n))).collect();
    let gap = DataGap {
        id: GapId::derived(&["gap"]),
        source: feed(),
        source_name: "Ambulances".into(),
        kind: GapKind::Silent,
        since: now() - Duration::hours(31),
        noticed_at: now() - Duration::hours(20),
        closed_at: None,
        usual_per_day: Some(4.0),
        events: 0,
        areas: Vec::new(),
    };
    let told = detail(&rows, freshness(3, 31), &[], std::slice::from_ref(&gap), &[]);
    assert_eq!(
        (told.source.standing, told.source.sentence.as_str()),
        (QualityStanding::Silent, "Quiet for 31 h; usually every 6 h.")
    );
    assert_eq!((told.periods[0].now.silences, told.periods[0].now.silent_hours), (1, 31.0));
    let heard = detail(&rows, freshness(0, 31), &[], &[], &[]);
    assert_eq!(heard.source.sentence, "As usual: heard 31 h ago; usually every 6 h.");
}

#[test]
fn rows_that_wait_are_told_with_their_most_frequent_reason_and_counted_by_what_became_of_them() {
    let tally = |reason, state, rows| RejectTally {
        source: feed(),
        reason,
        state,
        received_at: now() - Duration::days(3),
        rows,
    };
    let rejects = [
        tally(RejectReason::FutureTime, RejectState::Waiting, 312),
        tally(RejectReason::BadPoint, RejectState::Waiting, 4),
        tally(RejectReason::BadPoint, RejectState::Resubmitted, 400),
    ];
    let detail = detail(&[record(1, 5)], freshness(316, 5), &rejects, &[], &[]);
    assert_eq!(detail.source.standing, QualityStanding::RowsWait);
    assert_eq!(detail.source.sentence, "316 rows wait in quarantine, most often for future time.");
    let first = detail.periods[0].now.rejects[0];
    assert_eq!((first.reason, first.waiting, first.mended), (RejectReason::BadPoint, 4, 400));
    assert!(detail.periods[0].before.rejects.is_empty());
}

#[test]
fn a_field_that_was_known_and_is_no_longer_is_what_stands_out() {
    let mut rows: Vec<EventQuality> = (0..200).map(|n| record(n, 1 + 6 * i64::from(n))).collect();
    rows.iter_mut().take(60).for_each(|r| r.outcome = Outcome::Unknown);
    let worse = detail(&rows, freshness(0, 1), &[], &[], &[]).source;
    assert_eq!(worse.standing, QualityStanding::Worse);
    assert_eq!(worse.sentence, "Outcome known for 46 % of 112 in the last 28 days; 100 % of 88 in the 28 before.");
    // Two of five say too little.
    let mut few: Vec<EventQuality> = (0..10).map(|n| record(n, 1 + 120 * i64::from(n))).collect();
    few.iter_mut().take(2).for_each(|r| r.outcome = Outcome::Unknown);
    assert_eq!(detail(&few, freshness(0, 1), &[], &[], &[]).source.standing, QualityStanding::AsUsual);
}

#[test]
fn delays_that_doubled_are_told_with_their_counts() {
    let mut rows: Vec<EventQuality> = (0..160).map(|n| record(n, 1 + 8 * i64::from(n))).collect();
    for row in rows.iter_mut().take(80) {
        row.occurred_at = row.first_received_at - Duration::hours(30);
    }
    let worse = detail(&rows, freshness(0, 1), &[], &[], &[]).source;
    assert_eq!(worse.sentence, "Half of 84 records came 30 h late or later in the last 28 days; 1 h in the 28 before.");
}

#[test]
fn deliveries_are_summed_and_listed_newest_first() {
    let delivery = |n: u64, days: i64| Delivery {
        id: DeliveryId::derived(&[&n.to_string()]),
        source: feed(),
        origin: format!("{n}.csv"),
        at: now() - Duration::days(days),
        rows: DeliveredRows { read: 10 * n, accepted: n, unchanged: 9 * n, ..DeliveredRows::default() },
    };
    let deliveries = [delivery(1, 20), delivery(2, 3), delivery(3, 1)];
    let detail = detail(&[record(1, 5)], freshness(0, 5), &[], &[], &deliveries);
    let week = &detail.periods[0].now;
    assert_eq!((week.deliveries, week.rows.read, week.rows.unchanged), (2, 50, 45));
    assert_eq!(detail.deliveries[0].origin, "3.csv");
}

#[test]
fn fall_back_points_are_listed_by_their_share() {
    let mut rows: Vec<EventQuality> = (0..8).map(|n| record(n, 5)).collect();
    for row in rows.iter_mut().take(3) {
        row.flags = vec![Flag::FallbackPoint];
    }
    let detail = detail(&rows, freshness(0, 5), &[], &[], &[]);
    let point = detail.fallback_points[0];
    assert_eq!((point.latitude, point.events.numerator, point.events.denominator), (Some(44.8), 3, 8));
}

#[test]
fn a_source_that_was_hardly_heard_says_so() {
    let mut unstated = source();
    unstated.expected_every_hours = None;
    let (sources, fresh) = ([unstated], [freshness(0, 5)]);
    let known = Known { sources: &sources, freshness: &fresh, rejects: &[], deliveries: &[], gaps: &[] };
    let list = counted(&[record(1, 5)]).list(known);
    assert_eq!(list[0].standing, QualityStanding::Unknown);
}

#[test]
fn a_few_rows_that_wait_are_less_pressing_than_figures_that_became_worse() {
    let mut rows: Vec<EventQuality> = (0..200).map(|n| record(n, 1 + 6 * i64::from(n))).collect();
    rows.iter_mut().take(60).for_each(|r| r.outcome = Outcome::Unknown);
    let standing = |waiting| detail(&rows, freshness(waiting, 1), &[], &[], &[]).source.standing;
    assert_eq!(standing(3), QualityStanding::Worse);
    assert_eq!(standing(30), QualityStanding::RowsWait);
}
