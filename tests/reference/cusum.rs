//! R surveillance 1.20.3 `algo.cusum`: six transforms, three ways to the mean. Tolerance 1e-9.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::collections::BTreeMap;

use emberwatch::{
    detect::{
        Judgement,
        chart::{Follow, InControl, Seasonal},
        cusum::{CusumOptions, cusum},
    },
    domain::count_series::Step,
};
use serde_json::Value;

use crate::{reference, temporal::series};

fn options(variant: &Value) -> CusumOptions {
    CusumOptions {
        k: variant["k"].as_f64().unwrap(),
        h: variant["h"].as_f64().unwrap(),
        transform: variant["trans"].as_str().unwrap().parse().unwrap(),
        alpha: variant["alpha"].as_f64().unwrap(),
        mean: match variant["m"].as_str().unwrap() {
            "mean" => InControl::TrainingMean,
            "glm" => InControl::Seasonal(Seasonal::yearly(52.0)),
            fixed => InControl::Fixed(fixed.trim_start_matches("fixed").parse().unwrap()),
        },
        follow: Follow::Surveillance,
        ..CusumOptions::default()
    }
}

#[test]
fn every_sum_bound_and_alarm_is_that_of_surveillance() {
    let Some(folder) = reference("temporal/cusum") else { return };
    let series = series(&folder, Step::Weekly);
    let params: Value = serde_json::from_slice(&std::fs::read(folder.join("params.json")).unwrap()).unwrap();
    let mut expected = csv::Reader::from_path(folder.join("expected.csv")).unwrap();
    let mut judged: BTreeMap<(String, String), Vec<Judgement>> = BTreeMap::new();
    let mut compared = 0;
    for row in expected.records() {
        let row = row.unwrap();
        let variant = &params[&row[0]];
        let start = variant["range"][0].as_u64().unwrap() as usize - 1;
        let key = (row[0].to_owned(), row[1].to_owned());
        let days = judged
            .entry(key)
            .or_insert_with_key(|(_, name)| cusum(&series[name].counts, start, &options(variant)).unwrap());
        let day = &days[row[2].parse::<usize>().unwrap() - 1];
        for (ours, text, what) in
            [(day.expected, &row[4], "mean"), (day.score, &row[5], "sum"), (day.upper_bound, &row[6], "bound")]
        {
            let (ours, theirs) = (ours.unwrap(), text.parse::<f64>().unwrap());
            assert!((ours - theirs).abs() <= 1e-9 * theirs.max(1.0), "{row:?}: the {what} is {ours}");
        }
        assert_eq!(day.alarm, Some(&row[7] == "1"), "{row:?}");
        compared += 1;
    }
    assert!(compared > 8_000, "only {compared} days were compared");
}
