//! R surveillance 1.20.3 `stcd`: Shiryaev–Roberts and CUSUM over points, first alarm and its centre. Tolerance 1e-9.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::collections::BTreeMap;

use emberwatch::detect::{
    chart::Follow,
    point_process::{Combine, PointJudgement, PointProcessOptions, Spot, point_process},
};
use serde_json::Value;

use crate::reference;

fn options(variant: &Value) -> PointProcessOptions {
    PointProcessOptions {
        radius: variant["radius"].as_f64().unwrap(),
        epsilon: variant["epsilon"].as_f64().unwrap(),
        threshold: variant["threshold"].as_f64().unwrap(),
        combine: if variant["cusum"] == true { Combine::Largest } else { Combine::Sum },
        follow: Follow::Surveillance,
    }
}

#[test]
fn every_statistic_first_alarm_and_centre_is_that_of_surveillance() {
    let Some(folder) = reference("temporal/stcd") else { return };
    let mut input = csv::Reader::from_path(folder.join("input.csv")).unwrap();
    let events: Vec<Spot> = input
        .records()
        .map(|row| {
            let row = row.unwrap();
            Spot::Plane { x: row[1].parse().unwrap(), y: row[2].parse().unwrap() }
        })
        .collect();
    let params: BTreeMap<String, Value> =
        serde_json::from_slice(&std::fs::read(folder.join("params.json")).unwrap()).unwrap();
    let judged: BTreeMap<&str, Vec<PointJudgement>> =
        params.iter().map(|(name, variant)| (name.as_str(), point_process(&events, &options(variant)))).collect();
    assert!(judged.len() >= 30);
    for (name, variant) in &params {
        let first = judged[name.as_str()].iter().position(|j| j.alarm);
        let one_based = |position: Option<usize>| position.map_or(-1, |p| p as i64 + 1);
        assert_eq!(Some(one_based(first)), variant["idxFA"].as_i64(), "{name}");
        let centre = first.map(|at| judged[name.as_str()][at].centre);
        assert_eq!(Some(one_based(centre)), variant["idxCC"].as_i64(), "{name}");
    }
    let mut expected = csv::Reader::from_path(folder.join("expected.csv")).unwrap();
    let mut compared = 0;
    for row in expected.records() {
        let row = row.unwrap();
        let (position, value): (usize, f64) = (row[1].parse().unwrap(), row[2].parse().unwrap());
        let ours = judged[format!("{}_h161", &row[0]).as_str()][position - 1].statistic;
        assert!((ours / value - 1.0).abs() <= 1e-9, "{row:?}: {ours}");
        compared += 1;
    }
    assert!(compared > 4_000, "only {compared} values were compared");
}
