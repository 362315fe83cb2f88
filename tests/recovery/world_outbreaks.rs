//! A stranger reads `events.csv` and `truth.json` of a simulated world and looks for the outbreaks.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use chrono::{DateTime, Utc};
use emberwatch::{
    domain::{
        place::Point,
        time::{Day, DayRange, Zone},
    },
    report::{IntervalMethod, poisson_interval},
    simulate::{FlatOptions, Injection, Site, Truth, World, with_outbreak},
};

struct Row {
    day: Day,
    point: Point,
}

/// Overdoses of the standard table whose place is known to a street or better.
fn points(world: &World) -> Vec<Row> {
    let zone: Zone = "America/New_York".parse().unwrap();
    let text = world.events_csv();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|h| h == name).unwrap();
    let (kind, at, precision) = (column("kind"), column("occurred_at"), column("precision"));
    let (lat, lon) = (column("latitude"), column("longitude"));
    reader
        .records()
        .map(Result::unwrap)
        .filter(|r| &r[kind] == "overdose" && matches!(&r[precision], "intersection" | "rooftop" | "street"))
        .map(|r| Row {
            day: Day::of(r[at].parse::<DateTime<Utc>>().unwrap(), zone),
            point: Point::new(r[lat].parse().unwrap(), r[lon].parse().unwrap()).unwrap(),
        })
        .collect()
}

fn count(rows: &[Row], centre: Point, radius_km: f64, days: DayRange) -> u64 {
    rows.iter().filter(|r| days.contains(r.day) && r.point.distance_km(centre) <= radius_km).count() as u64
}

#[test]
fn each_injected_outbreak_stands_out_of_the_weeks_around_it() {
    for seed in [1, 2, 3] {
        let world = World::maine(seed, 180, "2026-05-31".parse().unwrap());
        let truth: Truth = serde_json::from_str(&world.truth_json()).unwrap();
        let rows = points(&world);
        assert_eq!(truth.outbreaks.len(), 3);
        for o in &truth.outbreaks {
            let during = DayRange { from: o.from, to: o.to };
            let before = DayRange { from: o.from - 56, to: o.from - 1 };
            let observed = count(&rows, o.centre, o.radius_km, during);
            let base = count(&rows, o.centre, o.radius_km, before);
            let usual = (base as f64 + 0.5) * during.len() as f64 / before.len() as f64;
            // Exact limits of the count, above what the eight weeks before would give.
            let (lower, _) = poisson_interval(observed, 0.998, IntervalMethod::Garwood);
            assert!(lower > 1.2 * usual, "seed {seed}, {}: {observed} against {usual:.1}", o.id);
        }
    }
}

#[test]
fn a_quiet_town_stays_within_what_chance_allows() {
    // Weeks of Waterville (no outbreak there) must not be as rare as the outbreaks above.
    let world = World::maine(4, 180, "2026-05-31".parse().unwrap());
    let rows = points(&world);
    let centre = Point::new(44.55201, -69.63171).unwrap();
    let last: Day = "2026-05-24".parse().unwrap();
    let weeks: Vec<u64> = (0..20).map(|w| count(&rows, centre, 3.0, DayRange::ending(last - 7 * w, 7))).collect();
    let mean = weeks.iter().sum::<u64>() as f64 / 20.0;
    let most = *weeks.iter().max().unwrap() as f64;
    assert!(mean > 0.2 && most < mean + 6.0 * mean.sqrt() + 1.0, "{weeks:?}");
}

#[test]
fn the_relative_risk_of_a_small_world_is_recovered() {
    let sites: Vec<Site> = (0..40)
        .map(|i| Site {
            point: Point::new(44.0 + f64::from(i / 8) * 0.05, -69.0 + f64::from(i % 8) * 0.05).unwrap(),
            rate: 0.4,
        })
        .collect();
    let days = DayRange::ending("2026-05-31".parse().unwrap(), 120);
    let injection = Injection {
        centre: sites[20].point,
        radius_km: 8.0,
        days: DayRange::ending("2026-05-31".parse().unwrap(), 14),
        relative_risk: 3.0,
    };
    let (mut observed, mut usual) = (0.0, 0.0);
    for seed in 0..20 {
        let (table, truth) = with_outbreak(&sites, days, &FlatOptions::default(), &injection, seed);
        let inside = |(site, day, _): &&(usize, Day, u32)| truth.sites.contains(site) && truth.days.contains(*day);
        observed += table.counts.iter().filter(inside).map(|c| f64::from(c.2)).sum::<f64>();
        usual += truth.usual;
    }
    let risk = observed / usual;
    assert!((risk - 3.0).abs() < 0.25, "{risk}");
}
