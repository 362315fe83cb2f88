//! What the temporal cases have in common: a table of series, one column each, and comparing doubles.

use std::{collections::BTreeMap, path::Path};

use emberwatch::domain::{
    count_series::{CountSeries, Step},
    time::Day,
};

/// The series of a case by name.
pub fn series(folder: &Path, step: Step) -> BTreeMap<String, CountSeries> {
    let mut input = csv::Reader::from_path(folder.join("input.csv")).unwrap();
    let names: Vec<String> = input.headers().unwrap().iter().skip(1).map(str::to_owned).collect();
    let mut all: BTreeMap<String, CountSeries> = BTreeMap::new();
    for row in input.records() {
        let row = row.unwrap();
        let day: Day = row[0].parse().unwrap();
        for (name, count) in names.iter().zip(row.iter().skip(1)) {
            let empty = CountSeries { first: day, step, counts: Vec::new(), population: None };
            all.entry(name.clone()).or_insert(empty).counts.push(count.parse().unwrap());
        }
    }
    all
}

/// A column that holds a number or NA.
pub fn number(text: &str) -> Option<f64> {
    (text != "NA").then(|| text.parse().unwrap())
}

/// Equal within 1e-9 of the value, or within 1e-9 where that is near 0; missing only together.
pub fn same(got: Option<f64>, want: Option<f64>) -> bool {
    match (got, want) {
        (None, None) => true,
        (Some(got), Some(want)) => (got - want).abs() <= 1e-9 * want.abs().max(1.0),
        _ => false,
    }
}
