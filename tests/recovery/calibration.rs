//! The calibration suite on a small world: the scan keeps its promises, and rules are compared at one budget.

use emberwatch::{
    detect::{
        calibration::{
            Setting, calibrate,
            worlds::{Null, OutbreakKind},
        },
        scan::{LongestWindow, ScanOptions},
    },
    domain::place::Point,
};

fn setting(rate: f64) -> Setting {
    let centres: Vec<Point> =
        (0..36).map(|i| Point::new(44.0 + 0.02 * f64::from(i / 6), -70.0 + 0.03 * f64::from(i % 6)).unwrap()).collect();
    Setting {
        area_of: (0..36).map(|i| (i / 18) as u32).collect(),
        null: Null::Poisson { rate, weights: (0..36).map(|i| if i < 6 { 4.0 } else { 1.0 }).collect() },
        centres,
        days: 90,
        warm_up: 60,
        scan: ScanOptions { longest: LongestWindow::Days(7), min_cases: 2, replications: 59, ..ScanOptions::default() },
        budget_days: 15.0,
        null_worlds: 24,
        outbreak_worlds: 12,
        outbreaks: vec![
            OutbreakKind { places: 2, line: false, days: 3, extra: 20 },
            OutbreakKind { places: 2, line: false, days: 3, extra: 1 },
        ],
        seed: 11,
    }
}

#[test]
fn the_scan_keeps_its_promises_and_rules_their_budget() {
    let c = calibrate(&setting(3.0)).unwrap();
    assert!(c.ks <= c.ks_limit, "p-values are not uniform: KS {} of {}", c.ks, c.ks_limit);
    // 720 days promise 24 signals of once in 30 days; days that follow each other share most of their cases, so the
    // count varies about three times as much as a Poisson count does. (24,000 days gave 0.95: `calibrate --rates 3 --worlds 400`.)
    let thirty = &c.promises[0];
    assert_eq!(thirty.days, 720);
    assert!((0.35..=1.9).contains(&thirty.ratio), "{thirty:?}");
    let by_name = |name: &str| c.rules.iter().find(|r| r.rule.contains(name)).unwrap();
    for rule in c.rules.iter().filter(|r| !r.rule.contains("as it is")) {
        // 24 a year are asked for (one in 15 days).
        assert!(rule.false_alarms_a_year <= 45.0, "{rule:?}");
    }
    let [large, small] = &by_name("scan").outbreaks[..] else { panic!("two kinds of outbreak were asked for") };
    assert!(large.seen >= 11, "{large:?}");
    assert!(large.overlap.unwrap() > 0.4 && large.median_days.unwrap() <= 2.0, "{large:?}");
    assert!(small.seen < large.seen, "one more case is not to be seen: {small:?}");
}

#[test]
fn the_same_seed_gives_the_same_answer() {
    let short = Setting { null_worlds: 4, outbreak_worlds: 2, days: 64, ..setting(3.0) };
    let text = || serde_json::to_string(&calibrate(&short).unwrap()).unwrap();
    assert_eq!(text(), text());
}
