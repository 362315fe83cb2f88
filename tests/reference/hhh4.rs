//! R surveillance 1.20.3 `hhh4` on simulated weekly counts of 25 units: likelihood, coefficients, fitted means, and
//! one-step-ahead forecasts with a refit at every step. Tolerances: log-likelihood 1e-6, coefficients and standard
//! errors 1e-4, one-step-ahead means and scores 1e-5 (R stops its own search at about that).

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::{collections::BTreeMap, path::Path};

use emberwatch::forecast::endemic_epidemic::{
    Component, CountTable, EndemicEpidemicOptions, Refit, Values, Weights, fit, one_step_ahead,
};
use serde_json::Value;

use crate::reference;

fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap()
}

fn case(folder: &Path) -> (CountTable, EndemicEpidemicOptions) {
    let units_table = rows(&folder.join("units.csv"));
    let units: Vec<String> = units_table.iter().map(|r| r["unit"].clone()).collect();
    let input = rows(&folder.join("input.csv"));
    let counts = input.iter().map(|r| units.iter().map(|u| Some(number(r, u) as u32)).collect()).collect();
    let matrix: Vec<Vec<f64>> = units_table.iter().map(|r| units.iter().map(|u| number(r, u)).collect()).collect();
    let shares = units_table.iter().map(|r| number(r, "popfrac")).collect();
    let options = EndemicEpidemicOptions {
        end: Some(Component::seasonal(52.0, 1).with_offset(Values::ByUnit(shares))),
        ne: Some(Component::constant()),
        weights: Some(Weights::matrix(&matrix)),
        ..EndemicEpidemicOptions::default()
    };
    (CountTable { units, counts }, options)
}

fn close(got: f64, want: f64, tolerance: f64, what: &str) {
    assert!((got - want).abs() <= tolerance * want.abs().max(1.0), "{what}: {got} is not {want}");
}

#[test]
fn a_fit_is_that_of_surveillance() {
    let Some(folder) = reference("temporal/hhh4_synth") else { return };
    let (table, options) = case(&folder);
    let found = fit(&table, &options).unwrap();
    let expected: Value = serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
    assert!((found.loglik - expected["loglik"].as_f64().unwrap()).abs() < 1e-6, "{}", found.loglik);
    assert!((found.aic() - expected["AIC"].as_f64().unwrap()).abs() < 1e-5);
    let coefficients = expected["coef"].as_object().unwrap();
    assert_eq!(found.coefficients.len(), coefficients.len());
    for c in &found.coefficients {
        close(c.estimate, coefficients[&c.name].as_f64().unwrap(), 1e-4, &c.name);
        close(c.se.unwrap(), expected["se"][&c.name].as_f64().unwrap(), 1e-4, &c.name);
        assert!((c.se.unwrap() / expected["se"][&c.name].as_f64().unwrap() - 1.0).abs() < 1e-3, "{}", c.name);
    }
    let fitted = rows(&folder.join("expected_fitted.csv"));
    let means = found.fitted();
    assert_eq!(means.len(), 25 * fitted.len());
    for m in means {
        let want = number(&fitted[m.time - 1], &table.units[m.unit]);
        close(m.mean, want, 1e-5, "fitted mean");
        close(m.endemic + m.autoregressive + m.neighbourhood, want, 1e-5, "sum of components");
    }
}

#[test]
fn forecasts_one_step_ahead_and_their_scores_are_those_of_surveillance() {
    let Some(folder) = reference("temporal/hhh4_synth") else { return };
    let (table, options) = case(&folder);
    let expected = rows(&folder.join("expected_osa.csv"));
    let ahead = one_step_ahead(&table, &options, 246, 259, Refit::EveryStep).unwrap();
    assert_eq!(ahead.len(), expected.len());
    for row in &expected {
        let time = number(row, "index1") as usize - 1;
        let step = ahead.iter().find(|s| s.time == time && table.units[s.unit] == row["unit"]).unwrap();
        let scores = step.scores.unwrap();
        assert_eq!(step.observed, Some(number(row, "observed") as u32));
        for (got, column) in [
            (step.mean, "pred"),
            (step.psi, "psi"),
            (scores.log, "logs"),
            (scores.rps, "rps"),
            (scores.dss, "dss"),
            (scores.ses, "ses"),
        ] {
            close(got, number(row, column), 1e-5, &format!("{column} of {} at {time}", row["unit"]));
        }
    }
}
