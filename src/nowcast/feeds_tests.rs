//! Delays read from events: the hour, loads of history, silence.

use super::*;
use crate::{
    domain::{
        event::{EventKind, NaloxoneGiven, Outcome},
        ids::EventId,
        place::Precision,
    },
    stats::Random,
};

const ZONE: Zone = Zone::UTC;

fn day(n: i32) -> Day {
    Day::from_epoch_days(20_000 + n)
}

fn at(n: i32, hours: f64) -> DateTime<Utc> {
    day(n).starts_at(ZONE) + Duration::seconds((hours * 3600.0) as i64)
}

fn ems() -> SourceId {
    "ems".parse().unwrap()
}

fn fact(occurred: DateTime<Utc>, received: DateTime<Utc>) -> EventFact {
    EventFact {
        id: EventId::derived(&[&occurred.to_rfc3339(), &received.to_rfc3339()]),
        source: ems(),
        kind: EventKind::Overdose,
        occurred_at: occurred,
        received_at: received,
        event_day: Day::of(occurred, ZONE),
        outcome: Outcome::Unknown,
        naloxone: NaloxoneGiven::Unknown,
        quantity: 1,
        precision: Precision::Unknown,
        cell: None,
        area: None,
        incident: None,
    }
}

/// Ten a day at any hour over days 0 .. n, each received so many hours later.
fn feed(n: i32, late: f64) -> Vec<EventFact> {
    let mut random = Random::seeded(3);
    (0..10 * n)
        .map(|i| {
            let hour = 24.0 * random.unit();
            fact(at(i / 10, hour), at(i / 10, hour + late))
        })
        .collect()
}

fn seen(facts: &[EventFact], now: DateTime<Utc>, silent: Option<DateTime<Utc>>) -> Feeds {
    let moment = Moment { today: Day::of(now, ZONE), now, zone: ZONE };
    Feeds::learn(facts, moment, &silent.map(|at| (ems(), at)).into_iter().collect())
}

#[test]
fn of_today_as_much_is_known_as_of_the_day_is_over() {
    let facts = feed(61, 0.1);
    for (hour, share) in [(6.0, 0.25), (12.0, 0.5), (18.0, 0.75)] {
        let known: Vec<EventFact> = facts.iter().filter(|f| f.received_at <= at(60, hour)).cloned().collect();
        let feeds = seen(&known, at(60, hour), None);
        let today = feeds.share(&ems(), day(60)).mean;
        assert!((today - share).abs() < 0.08, "{hour}: {today}");
        assert!(feeds.share(&ems(), day(59)).mean > 0.97);
    }
}

#[test]
fn history_loaded_at_once_says_nothing_about_delay() {
    let mut facts = feed(60, 0.0);
    facts.iter_mut().for_each(|f| f.received_at = at(60, 12.0));
    let feeds = seen(&facts, at(60, 13.0), None);
    assert_eq!(feeds.share(&ems(), day(55)), Share::ALL);
    // A month later its live reports do.
    facts.extend(feed(90, 20.0).into_iter().filter(|f| f.event_day > day(60) && f.received_at <= at(89, 12.0)));
    let feeds = seen(&facts, at(89, 12.0), None);
    assert!(feeds.share(&ems(), day(89)).mean < 0.1);
    assert!(feeds.share(&ems(), day(86)).mean > 0.95);
}

#[test]
fn of_the_days_after_a_feed_was_last_heard_nothing_is_known() {
    let facts = feed(60, 1.0);
    let last = facts.iter().map(|f| f.received_at).max().unwrap();
    let feeds = seen(&facts, at(64, 12.0), Some(last));
    assert!(feeds.share(&ems(), day(62)).mean < 0.05, "{:?}", feeds.share(&ems(), day(62)));
    assert!(feeds.share(&ems(), day(58)).mean > 0.9);
    assert!(feeds.lateness(&ems(), day(62)) > 0.9, "were it heard, that day would be known");
}

#[test]
fn a_total_counts_feeds_of_unknown_delay_as_they_are() {
    let facts = feed(61, 30.0);
    let known: Vec<EventFact> = facts.iter().filter(|f| f.received_at <= at(60, 12.0)).cloned().collect();
    let feeds = seen(&known, at(60, 12.0), None);
    let days = DayRange::ending(day(60), 40);
    let mut counts = vec![0; 40];
    known.iter().filter_map(|f| days.index(f.event_day)).for_each(|i| counts[i] += 1);
    let by_feed = BTreeMap::from([(ems(), counts.clone())]);
    let yesterday = DayRange { from: day(59), to: day(60) };
    let known = counts[38] + counts[39];
    // Three more from a feed whose delays are not known.
    let total = feeds.nowcast(known + 3, &by_feed, days, yesterday).unwrap();
    assert!(total.lo >= known + 3 && total.lo <= total.lo50 && total.hi50 <= total.hi, "{total:?}");
    assert!((total.expected - 23.0).abs() < 6.0, "{total:?}");
    assert!(total.share_known < 0.5);
    assert_eq!(feeds.nowcast(20, &by_feed, days, DayRange { from: day(40), to: day(41) }), None);
}
