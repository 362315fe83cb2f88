//! R surveillance 1.20.3 `algo.bayes` and `algo.rki` on simulated weekly counts, four control variants each. Tolerance 1e-9.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::collections::BTreeMap;

use emberwatch::{
    detect::{
        Judgement,
        bayes::{BayesOptions, bayes},
        reference::{Reference, ReferenceValues},
        rki::{RkiOptions, rki},
    },
    domain::count_series::Step,
};
use serde_json::Value;

use crate::{
    reference,
    temporal::{number, same, series},
};

#[test]
fn every_bound_and_alarm_is_that_of_algo_bayes_and_algo_rki() {
    let Some(folder) = reference("temporal/bayes") else { return };
    let series = series(&folder, Step::Weekly);
    let params: Value = serde_json::from_slice(&std::fs::read(folder.join("params.json")).unwrap()).unwrap();
    let mut expected = csv::Reader::from_path(folder.join("expected.csv")).unwrap();
    let mut judged: BTreeMap<(String, String), [Vec<Judgement>; 2]> = BTreeMap::new();
    let mut compared = 0;
    for row in expected.records() {
        let row = row.unwrap();
        let [by_bayes, by_rki] = judged.entry((row[0].to_owned(), row[1].to_owned())).or_insert_with(|| {
            let (series, variant) = (&series[&row[1]], &params[&row[0]]);
            let whole = |key: &str| variant[key].as_u64().unwrap() as usize;
            let values = ReferenceValues {
                years: whole("b"),
                half_window: whole("w"),
                current_year: variant["actY"].as_bool().unwrap(),
                reference: Reference::Index,
            };
            let alpha = variant["alpha"].as_f64().unwrap();
            let all = 0..series.counts.len();
            [bayes(series, all.clone(), &BayesOptions { values, alpha }), rki(series, all, &RkiOptions { values })]
        });
        let position = row[2].parse::<usize>().unwrap() - 1;
        for (said, bound, alarm) in [(&by_bayes[position], &row[4], &row[5]), (&by_rki[position], &row[6], &row[7])] {
            assert!(same(said.upper_bound, number(bound)) && said.alarm == Some(alarm == "1"), "{row:?}: {said:?}");
        }
        compared += 1;
    }
    assert!(compared > 4_000, "only {compared} weeks were compared");
}
