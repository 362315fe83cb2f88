//! R surveillance 1.20.3 `glrpois` and `glrnb` with known means: statistics, bounds and alarms. Tolerance 1e-9, two
//! departures stated below.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::collections::BTreeMap;

use emberwatch::detect::{
    Judgement,
    chart::{Follow, InControl},
    glr::{Change, Direction, GlrOptions, glr},
};
use serde_json::Value;

use crate::reference;

struct Input {
    means: Vec<f64>,
    poisson: Vec<u32>,
    negative_binomial: Vec<u32>,
}

fn input(folder: &std::path::Path) -> Input {
    let mut reader = csv::Reader::from_path(folder.join("input.csv")).unwrap();
    let mut input = Input { means: Vec::new(), poisson: Vec::new(), negative_binomial: Vec::new() };
    for row in reader.records() {
        let row = row.unwrap();
        input.means.push(row[1].parse().unwrap());
        input.poisson.push(row[2].parse().unwrap());
        input.negative_binomial.push(row[3].parse().unwrap());
    }
    input
}

fn options(variant: &Value, means: &[f64]) -> GlrOptions {
    GlrOptions {
        c_arl: variant["c.ARL"].as_f64().unwrap(),
        theta: variant["theta"].as_f64(),
        change: if variant["change"] == "epi" { Change::Epidemic } else { Change::Intercept },
        direction: if variant["dir"] == "dec" { Direction::Decrease } else { Direction::Increase },
        window: variant["M"].as_u64().map(|m| m as usize),
        min_window: variant["Mtilde"].as_u64().unwrap() as usize,
        alpha: variant["alpha"].as_f64().unwrap_or(0.0),
        mean: InControl::Given(means.to_vec()),
        follow: Follow::Surveillance,
        ..GlrOptions::default()
    }
}

/// Whether the reference's number can be that of the publication.
///
/// Its epidemic chart of negative-binomial counts is often 0 where one start and one size already give more, so that
/// its alarms are not those of the maximum either: only what comes before our first alarm can be compared.
fn comparable(variant: &Value, input: &Input, position: usize) -> bool {
    // Its epidemic charts miss starts, so that what they print is below a maximum that is reached.
    let epidemic = variant["change"] == "epi";
    // Its search for κ in a window without cases stops before −∞, some 1e-8 below the supremum.
    let without_end = variant["dir"] == "dec" && variant["alpha"].is_number() && input.negative_binomial[position] == 0;
    !epidemic && !without_end
}

#[test]
fn every_statistic_bound_and_alarm_is_that_of_surveillance() {
    let Some(folder) = reference("temporal/glr") else { return };
    let input = input(&folder);
    let params: BTreeMap<String, Value> =
        serde_json::from_slice(&std::fs::read(folder.join("params.json")).unwrap()).unwrap();
    let judged: BTreeMap<&str, Vec<Judgement>> = params
        .iter()
        .map(|(name, variant)| {
            let series = if variant["alpha"].is_number() { &input.negative_binomial } else { &input.poisson };
            (name.as_str(), glr(series, 0, &options(variant, &input.means)).unwrap())
        })
        .collect();
    let mut expected = csv::Reader::from_path(folder.join("expected.csv")).unwrap();
    let (mut compared, mut at_least) = (0, 0);
    for row in expected.records() {
        let row = row.unwrap();
        let position = row[1].parse::<usize>().unwrap() - 1;
        let (variant, days) = (&params[&row[0]], &judged[&row[0]]);
        let (day, value) = (&days[position], row[3].parse::<f64>().unwrap());
        let ours = if variant["ret"] == "cases" { day.upper_bound } else { day.score }.unwrap();
        if comparable(variant, &input, position) {
            assert!((ours - value).abs() <= 1e-9 * value.max(1.0), "{row:?}: {day:?}");
            compared += 1;
        } else if &row[0] != "nb_epi" || days[..position].iter().all(|d| d.alarm == Some(false)) {
            assert!(ours >= value - 1e-9, "{row:?}: a maximum is not below {ours}");
            at_least += 1;
        }
        if &row[0] != "nb_epi" {
            assert_eq!(day.alarm, Some(&row[4] == "1"), "{row:?}: {day:?}");
        }
    }
    assert!(compared > 1_500 && at_least > 100, "only {compared} and {at_least} values were compared");
}
