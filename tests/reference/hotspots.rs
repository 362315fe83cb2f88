//! Gi*, local Moran's I, Mann–Kendall and emerging hot spots on H3 cells: esda 2.9.0, libpysal 4.14.1 and
//! pymannkendall 1.4.3, and categories by their definitions. Tolerance 1e-9.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::{collections::BTreeMap, path::Path};

use emberwatch::{
    detect::{
        Bins, EmergingOptions, GiStarOptions, LocalMoranOptions, Neighbours,
        emerging::{Heat, classify, emerging},
        gi_star::{gi_star, p_value},
        local_moran,
    },
    stats::{MannKendall, mann_kendall, sen_slope},
};
use serde_json::Value;

use crate::reference;

const FOLDER: &str = "temporal/gistar_ehsa_h3";

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap()
}

fn close(got: f64, want: f64, what: &str) {
    assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{what}: {got} for {want}");
}

struct Cube {
    cells: Vec<String>,
    bins: Bins,
    near: Neighbours,
}

fn cube(folder: &Path) -> Cube {
    let lists = json(&folder.join("neighbours.json"));
    let cells: Vec<String> = lists.as_object().unwrap().keys().cloned().collect();
    let at: BTreeMap<&str, u32> = cells.iter().map(String::as_str).zip(0..).collect();
    let near = |cell: &String| lists[cell].as_array().unwrap().iter().map(|n| at[n.as_str().unwrap()]).collect();
    let near = Neighbours::new(&cells.iter().map(near).collect::<Vec<_>>()).unwrap();
    let input = rows(&folder.join("input.csv"));
    let weeks = input.iter().map(|r| number(r, "week") as usize).max().unwrap() + 1;
    let mut bins = Bins::zeros(cells.len(), weeks);
    for row in &input {
        bins.add(at[row["cell"].as_str()] as usize, number(row, "week") as usize, number(row, "count") as u32);
    }
    Cube { cells, bins, near }
}

#[test]
fn gi_star_and_local_moran_of_every_bin_are_those_of_esda() {
    let Some(folder) = reference(FOLDER) else { return };
    let Cube { cells, bins, near } = cube(&folder);
    let slices = gi_star(&bins, &near, &GiStarOptions::slices()).unwrap();
    let whole = gi_star(&bins, &near, &GiStarOptions::default()).unwrap();
    let none = LocalMoranOptions { permutations: 0, ..LocalMoranOptions::default() };
    let moran: Vec<_> = (0..bins.steps()).map(|t| local_moran(bins.step(t), &near, &none).unwrap()).collect();
    let expected = rows(&folder.join("expected_bins.csv"));
    assert_eq!(expected.len(), bins.values().len());
    for row in &expected {
        let place = cells.iter().position(|c| *c == row["cell"]).unwrap();
        let week = number(row, "week") as usize;
        let said = format!("{} in week {week}", row["cell"]);
        close(slices.get(place, week), number(row, "gistar_z_slice"), &said);
        close(p_value(slices.get(place, week)), number(row, "gistar_p_slice"), &said);
        close(whole.get(place, week), number(row, "gistar_z_cube_lag1"), &said);
        close(p_value(whole.get(place, week)), number(row, "gistar_p_cube_lag1"), &said);
        close(moran[week][place].i, number(row, "local_moran_I"), &said);
    }
}

fn same_trend(series: &[f64], row: &BTreeMap<String, String>, name: &str) {
    let trend = mann_kendall(series).unwrap();
    let said = format!("{} {name}", row["cell"]);
    for (got, column) in [
        (trend.s as f64, "s"),
        (trend.variance, "var_s"),
        (trend.z, "z"),
        (trend.p_value, "p"),
        (trend.tau, "Tau"),
        (sen_slope(series).unwrap(), "slope"),
    ] {
        close(got, number(row, &format!("mk_{name}_{column}")), &format!("{said} {column}"));
    }
}

#[test]
fn every_trend_and_category_is_the_expected_one() {
    let Some(folder) = reference(FOLDER) else { return };
    let Cube { cells, bins, near } = cube(&folder);
    let params = json(&folder.join("params.json"));
    let slices = GiStarOptions::slices();
    let settings = |gi, alpha, fdr| EmergingOptions { gi, alpha, fdr, ..EmergingOptions::default() };
    let variants = [
        ("slice_p05", settings(slices, 0.05, false)),
        ("slice_p10", settings(slices, 0.10, false)),
        ("cube_lag1_p05", settings(GiStarOptions::default(), 0.05, false)),
        ("cube_lag1_fdr10", EmergingOptions::default()),
    ];
    let expected = rows(&folder.join("expected_cells.csv"));
    assert_eq!(expected.len(), cells.len());
    for (name, options) in variants {
        let found = emerging(&bins, &near, &options).unwrap();
        close(found.critical_p, params["crit_p"][name].as_f64().unwrap(), name);
        for row in &expected {
            let place = cells.iter().position(|c| *c == row["cell"]).unwrap();
            assert_eq!(number(row, "n_neighbours") as usize, near.of(place).len());
            let category = found.places[place].category.unwrap().words();
            assert_eq!(category, row[&format!("ehsa_{name}")], "{name} {}", row["cell"]);
            let kind = if options.gi == slices { "slice" } else { "cube_lag1" };
            same_trend(&found.z.series(place), row, kind);
            same_trend(&bins.series(place), row, "count");
        }
    }
}

#[test]
fn the_hand_made_sequences_get_their_categories() {
    let Some(folder) = reference(FOLDER) else { return };
    let cases = json(&folder.join("ehsa_unit.json"));
    for case in cases.as_array().unwrap() {
        let heat: Vec<Heat> = case["bins"]
            .as_array()
            .unwrap()
            .iter()
            .map(|b| match b.as_i64().unwrap() {
                1 => Heat::Hot,
                -1 => Heat::Cold,
                _ => Heat::Neither,
            })
            .collect();
        let (z, p_value) = (case["trend_z"].as_f64().unwrap(), case["trend_p"].as_f64().unwrap());
        let trend = MannKendall { n: heat.len(), s: 0, variance: 0.0, z, p_value, tau: 0.0 };
        let category = classify(&heat, Some(&trend), &EmergingOptions::default()).unwrap().words();
        assert_eq!(category, case["category"].as_str().unwrap(), "{}", case["name"]);
    }
}

#[test]
fn the_hand_made_series_get_their_trends() {
    let Some(folder) = reference(FOLDER) else { return };
    let cases = json(&folder.join("mannkendall_unit.json"));
    for case in cases.as_array().unwrap() {
        let x: Vec<f64> = case["x"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
        let trend = mann_kendall(&x).unwrap();
        for (got, key) in [
            (trend.s as f64, "s"),
            (trend.variance, "var_s"),
            (trend.z, "z"),
            (trend.p_value, "p"),
            (trend.tau, "tau"),
            (sen_slope(&x).unwrap(), "sen_slope"),
        ] {
            close(got, case[key].as_f64().unwrap(), &format!("{} {key}", case["name"]));
        }
    }
}
