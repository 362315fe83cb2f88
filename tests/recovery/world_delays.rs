//! Reporting delays of a simulated world, read from its standard table.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use chrono::{DateTime, Utc};
use emberwatch::{
    domain::{
        time::{Day, DayRange, Zone},
        triangle::ReportingTriangle,
    },
    simulate::World,
};

/// (day index, delay in days, 1) for every overdose of a source.
fn delays(world: &World, source: &str, days: DayRange) -> Vec<(usize, usize, u32)> {
    let zone: Zone = "America/New_York".parse().unwrap();
    let text = world.events_csv();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let day = |text: &str| Day::of(text.parse::<DateTime<Utc>>().unwrap(), zone);
    reader
        .records()
        .map(Result::unwrap)
        .filter(|r| &r[8] == source)
        .filter_map(|r| {
            let (occurred, received) = (day(&r[2]), day(&r[3]));
            Some((days.index(occurred)?, (received - occurred) as usize, 1))
        })
        .collect()
}

#[test]
fn the_newest_days_of_hospitals_are_not_yet_known_and_older_ones_are() {
    let end: Day = "2026-05-31".parse().unwrap();
    let world = World::maine(11, 120, end);
    let days = DayRange::ending(end, 60);
    let rows = delays(&world, "me-ed", days);
    let triangle = ReportingTriangle::from_counts(days, 12, rows);
    let known = triangle.known_so_far();
    let older = known[..45].iter().sum::<u32>() as f64 / 45.0;
    assert!(older > 6.0, "{older}");
    assert!(f64::from(known[59]) < 0.2 * older, "{known:?}");
    assert!(f64::from(known[58] + known[57]) < 1.4 * older, "{known:?}");
}

#[test]
fn the_same_world_a_week_later_has_the_late_reports_too() {
    let end: Day = "2026-05-31".parse().unwrap();
    let at = |day: Day| {
        let options = emberwatch::simulate::WorldOptions::new(11, 60, end);
        World::new(options.known_at(day.starts_at("America/New_York".parse().unwrap())))
    };
    let days = DayRange::ending(end, 60);
    let count = |world: &World| delays(world, "me-ed", days).len();
    let (then, later, all) = (count(&at(end + 1)), count(&at(end + 8)), count(&at(end + 30)));
    assert!(then < later && later <= all, "{then} {later} {all}");
    assert!((all - later) as f64 <= 0.01 * all as f64);
}
