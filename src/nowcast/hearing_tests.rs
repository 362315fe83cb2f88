//! Rhythms of simulated feeds: who is missed, when, and how often for nothing.

use super::*;
use crate::stats::Random;

const ZONE: &str = "America/New_York";

fn zone() -> Zone {
    ZONE.parse().unwrap()
}

/// Midnight of a day, in the zone.
fn midnight(n: i32) -> DateTime<Utc> {
    Day::from_epoch_days(20_000 + n).starts_at(zone())
}

/// A Poisson stream of so many a day over days 0 .. n.
fn stream(per_day: f64, n: i32, seed: u64) -> Vec<DateTime<Utc>> {
    let mut random = Random::seeded(seed);
    let mut times = Vec::new();
    let mut at = 0.0;
    loop {
        at += random.exponential() / per_day;
        if at >= f64::from(n) {
            return times;
        }
        times.push(midnight(0) + Duration::seconds((at * 86_400.0) as i64));
    }
}

/// 07:00 on every Monday of `weeks` weeks, twenty receipts each.
fn mondays(weeks: i32) -> Vec<DateTime<Utc>> {
    (0..7 * weeks)
        .filter(|n| Day::from_epoch_days(20_000 + n).weekday_index() == 0)
        .flat_map(|n| (0..20).map(move |i| midnight(n) + Duration::hours(7) + Duration::seconds(i)))
        .collect()
}

fn is_silent(receipts: &[DateTime<Utc>], now: DateTime<Utc>) -> bool {
    matches!(hearing(receipts, None, zone(), now), Hearing::Silent { .. })
}

#[test]
fn a_feed_that_sends_on_mondays_is_as_usual_on_thursday_and_missed_after_a_monday() {
    let receipts = mondays(26);
    let last = *receipts.last().unwrap();
    for days in 1..=7 {
        assert!(!is_silent(&receipts, last + Duration::days(days)), "{days}");
    }
    assert!(is_silent(&receipts, last + Duration::days(11)), "Friday after the Monday that was missed");
}

#[test]
fn a_feed_of_six_a_day_is_missed_after_two_days_and_not_after_one() {
    let receipts = stream(6.0, 120, 3);
    let last = *receipts.last().unwrap();
    assert!(!is_silent(&receipts, last + Duration::hours(20)));
    assert!(is_silent(&receipts, last + Duration::hours(60)));
}

#[test]
fn a_busy_feed_is_missed_within_a_working_day() {
    let receipts = stream(200.0, 60, 5);
    let last = *receipts.last().unwrap();
    assert!(!is_silent(&receipts, last + Duration::hours(1)));
    assert!(is_silent(&receipts, last + Duration::hours(10)));
}

#[test]
fn a_feed_that_rests_at_weekends_is_not_missed_on_sunday() {
    let receipts: Vec<_> = (0..126)
        .filter(|n| Day::from_epoch_days(20_000 + n).weekday_index() < 5)
        .flat_map(|n| (8..17).map(move |h| midnight(n) + Duration::hours(h)))
        .collect();
    let friday = *receipts.iter().rev().find(|t| Day::of(**t, zone()).weekday_index() == 4).unwrap();
    let known: Vec<_> = receipts.into_iter().filter(|t| *t <= friday).collect();
    assert!(!is_silent(&known, friday + Duration::hours(54)), "Sunday night");
    assert!(!is_silent(&known, friday + Duration::hours(66)), "Monday morning");
    assert!(is_silent(&known, friday + Duration::hours(124)), "Wednesday");
}

#[test]
fn steady_feeds_are_hardly_ever_missed_for_nothing() {
    // Looked at every twelve hours for 300 days after 60 days of learning; a false notice is a run of them.
    for (per_day, most) in [(0.5, 3), (1.5, 3), (6.0, 3), (40.0, 3)] {
        let (mut notices, feeds) = (0, 6);
        for seed in 0..feeds {
            let receipts = stream(per_day, 360, 50 + seed);
            let mut before = false;
            for step in 120..720 {
                let now = midnight(0) + Duration::hours(12 * step);
                let silent = is_silent(&receipts, now);
                notices += u32::from(silent && !before);
                before = silent;
            }
        }
        assert!(notices <= most, "{per_day} a day: {notices} false notices in {feeds} feeds and 300 days");
    }
}

#[test]
fn too_little_history_is_judged_by_the_stated_interval_or_not_at_all() {
    let receipts = vec![midnight(0); 500];
    let later = midnight(0) + Duration::days(4);
    assert_eq!(hearing(&receipts, None, zone(), later), Hearing::Unknown);
    assert_eq!(hearing(&receipts, Some(48.0), zone(), later), Hearing::AsUsual);
    let silent = Hearing::Silent { since: midnight(0), probability: None };
    assert_eq!(hearing(&receipts, Some(24.0), zone(), later), silent);
    assert_eq!(hearing(&[], Some(24.0), zone(), later), Hearing::Unknown);
}

#[test]
fn an_earlier_silence_does_not_make_a_longer_one_usual() {
    let mut receipts = stream(6.0, 160, 9);
    receipts.retain(|t| *t < midnight(100) || *t > midnight(110));
    let last = *receipts.last().unwrap();
    assert!(is_silent(&receipts, last + Duration::days(4)));
}
