//! R surveillance 1.20.3 `farringtonFlexible` on simulated weekly and daily counts, fourteen control variants. Tolerance
//! 1e-9.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::collections::BTreeMap;

use emberwatch::{
    detect::farrington::{
        FlexibleOptions, Power, Reference, ScoreScale, StandardError, Threshold, farrington_flexible,
    },
    domain::count_series::Step,
};
use serde_json::Value;

use crate::{
    reference,
    temporal::{number, same, series},
};

fn options(variant: &Value) -> FlexibleOptions {
    let whole = |key: &str| variant[key].as_u64().map(|n| n as usize);
    FlexibleOptions {
        years: whole("b").unwrap(),
        half_window: whole("w").unwrap(),
        periods: whole("noPeriods").unwrap(),
        past_weeks_not_included: whole("pastWeeksNotIncluded").or(whole("w")).unwrap(),
        trend: variant["trend"].as_bool().unwrap(),
        p_threshold_trend: variant["pThresholdTrend"].as_f64().unwrap(),
        reweight: variant["reweight"].as_bool().unwrap(),
        weights_threshold: variant["weightsThreshold"].as_f64().unwrap(),
        alpha: variant["alpha"].as_f64().unwrap(),
        power: Power::WORDS.iter().find(|(word, _)| variant["powertrans"] == *word).unwrap().1,
        limit_cases: variant["limit54"][0].as_u64().unwrap(),
        limit_weeks: variant["limit54"][1].as_u64().unwrap() as usize,
        threshold: match variant["thresholdMethod"].as_str().unwrap() {
            "delta" => Threshold::Delta,
            "nbPlugin" => Threshold::NbPlugin,
            _ => Threshold::Muan,
        },
        se: StandardError::Surveillance,
        score: ScoreScale::Link,
        population_offset: false,
        reference: Reference::Calendar,
    }
}

fn compare(case: &str, step: Step, at_least: usize) {
    let Some(folder) = reference(case) else { return };
    let series = series(&folder, step);
    let params: Value = serde_json::from_slice(&std::fs::read(folder.join("params.json")).unwrap()).unwrap();
    let mut expected = csv::Reader::from_path(folder.join("expected.csv")).unwrap();
    let mut judged = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut compared = 0;
    for row in expected.records() {
        let row = row.unwrap();
        let all = judged.entry((row[0].to_owned(), row[1].to_owned())).or_insert_with(|| {
            let series = &series[&row[1]];
            farrington_flexible(series, 0..series.counts.len(), &options(&params[&row[0]]))
        });
        let said = &all[row[2].parse::<usize>().unwrap() - 1];
        let agrees = same(said.upper_bound, number(&row[4]))
            && said.alarm == number(&row[5]).map(|a| a == 1.0)
            && same(said.score, number(&row[6]))
            && same(said.p_value, number(&row[7]))
            && same(said.expected, number(&row[8]));
        if !agrees {
            wrong.push(format!("{row:?}: {said:?}"));
        }
        compared += 1;
    }
    assert!(compared > at_least, "only {compared} points were compared");
    assert!(wrong.is_empty(), "{} of {compared} differ; the first: {}", wrong.len(), wrong[0]);
}

#[test]
fn every_week_is_judged_as_by_farrington_flexible() {
    compare("temporal/farringtonflex_synth_weekly", Step::Weekly, 6_000);
}

#[test]
fn every_day_is_judged_as_by_farrington_flexible() {
    compare("temporal/farringtonflex_synth_daily", Step::Daily, 500);
}
