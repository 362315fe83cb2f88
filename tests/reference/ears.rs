//! R surveillance 1.20.3 `earsC` on simulated daily counts, twelve control variants. Tolerance 1e-9.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::collections::BTreeMap;

use emberwatch::{
    detect::ears::{EarsMethod, EarsOptions, ears},
    domain::count_series::Step,
};
use serde_json::Value;

use crate::{reference, temporal::series};

fn options(variant: &Value) -> EarsOptions {
    let method = match variant["method"].as_str().unwrap() {
        "C1" => EarsMethod::C1,
        "C2" => EarsMethod::C2,
        _ => EarsMethod::C3,
    };
    EarsOptions {
        baseline: variant["baseline"].as_u64().unwrap() as usize,
        min_sigma: variant["minSigma"].as_f64().unwrap(),
        alpha: variant["alpha"].as_f64().unwrap(),
        ..EarsOptions::new(method)
    }
}

#[test]
fn every_bound_and_alarm_is_that_of_surveillance() {
    let Some(folder) = reference("temporal/ears_synth_daily") else { return };
    let series = series(&folder, Step::Daily);
    let params: Value = serde_json::from_slice(&std::fs::read(folder.join("params.json")).unwrap()).unwrap();
    let mut expected = csv::Reader::from_path(folder.join("expected.csv")).unwrap();
    let mut judged: BTreeMap<(String, String), Vec<_>> = BTreeMap::new();
    let mut compared = 0;
    for row in expected.records() {
        let row = row.unwrap();
        let (variant, name) = (row[0].to_owned(), row[1].to_owned());
        let options = options(&params[&variant]);
        let position = row[2].parse::<usize>().unwrap() - 1;
        assert!(position >= options.first());
        let days = judged.entry((variant, name)).or_insert_with_key(|(_, name)| ears(&series[name].counts, &options));
        let day = days[position].unwrap();
        assert_eq!(day.observed, row[3].parse::<u32>().unwrap());
        let bound: f64 = row[4].parse().unwrap();
        assert!(
            (bound.is_nan() && day.upper_bound.is_nan()) || (day.upper_bound - bound).abs() <= 1e-9 * bound.max(1.0),
            "{row:?}: {}",
            day.upper_bound
        );
        let alarm = match &row[5] {
            "NA" => None,
            text => Some(text == "1"),
        };
        assert_eq!(day.alarm(), alarm, "{row:?}");
        compared += 1;
    }
    assert!(compared > 50_000, "only {compared} days were compared");
}
