//! `emberwatch detect` on the files of the reference cases: the method is asked for as on the command line, and its rows are
//! those of R surveillance 1.20.3. Tolerance 1e-9.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::{collections::BTreeMap, fmt::Write, path::Path};

use emberwatch::cli::detect::{DetectArgs, DetectFormat, answer};

use crate::{
    reference,
    temporal::{number, same},
};

/// The case's wide table as the command reads it.
fn series(folder: &Path) -> (String, Vec<String>) {
    let mut input = csv::Reader::from_path(folder.join("input.csv")).unwrap();
    let names: Vec<String> = input.headers().unwrap().iter().skip(1).map(str::to_owned).collect();
    let (mut table, mut dates) = ("series_id,date,count\n".to_owned(), Vec::new());
    for row in input.records() {
        let row = row.unwrap();
        dates.push(row[0].to_owned());
        for (name, count) in names.iter().zip(row.iter().skip(1)) {
            writeln!(table, "{name},{},{count}", &row[0]).unwrap();
        }
    }
    (table, dates)
}

/// What is expected of each series and date: the row's columns at `bound` and `alarm`.
fn compare(case: &str, variant: &str, method: &str, options: &[&str], [name, index, bound, alarm]: [usize; 4]) {
    let Some(folder) = reference(case) else { return };
    let (table, dates) = series(&folder);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("series.csv");
    std::fs::write(&path, table).unwrap();
    let args = DetectArgs {
        series: path,
        method: method.to_owned(),
        options: options.iter().map(|o| (*o).to_owned()).collect(),
        from: None,
        to: None,
        format: DetectFormat::Csv,
    };
    let text = answer(&args).unwrap();
    let mut rows = BTreeMap::new();
    for row in csv::Reader::from_reader(text.as_bytes()).records() {
        let row = row.unwrap();
        rows.insert((row[0].to_owned(), row[1].to_owned()), (row[4].parse::<f64>().ok(), row[7].parse::<f64>().ok()));
    }
    let mut compared = 0;
    for row in csv::Reader::from_path(folder.join("expected.csv")).unwrap().records() {
        let row = row.unwrap();
        if &row[0] == variant {
            let date = dates[row[index].parse::<usize>().unwrap() - 1].clone();
            let (said_bound, said_alarm) = rows[&(row[name].to_owned(), date)];
            assert!(same(said_bound, number(&row[bound])), "{row:?}: {said_bound:?}");
            assert_eq!(said_alarm, number(&row[alarm]), "{row:?}");
            compared += 1;
        }
    }
    assert!(compared > 100, "only {compared} rows were compared");
}

const WEEKLY: &str = "temporal/farringtonflex_synth_weekly";

#[test]
fn farrington_flexible_is_asked_for_with_the_keys_of_the_contract() {
    let noufaily = ["alpha=0.01", "se=surveillance"];
    let with = |more: &[&'static str]| [&noufaily[..], more].concat();
    compare(WEEKLY, "noufaily_nbPlugin", "farrington-flexible", &with(&[]), [1, 2, 4, 5]);
    compare(WEEKLY, "noufaily_muan", "farrington-flexible", &with(&["threshold=muan"]), [1, 2, 4, 5]);
    compare(WEEKLY, "noufaily_notrend", "farrington-flexible", &with(&["trend=no"]), [1, 2, 4, 5]);
    let classic = ["periods=1", "weights_threshold=1", "p_threshold_trend=0.05", "threshold=delta"];
    compare(WEEKLY, "classic_w1", "farrington-flexible", &with(&classic), [1, 2, 4, 5]);
    compare(
        WEEKLY,
        "classic_half",
        "farrington-flexible",
        &with(&[&classic[..], &["power=1/2"]].concat()),
        [1, 2, 4, 5],
    );
}

#[test]
fn farrington_flexible_finds_out_that_a_series_is_daily() {
    let options = ["years=2", "half_window=10", "past_weeks_not_included=60", "alpha=0.01"];
    let case = "temporal/farringtonflex_synth_daily";
    compare(case, "daily_nbPlugin", "farrington-flexible", &options, [1, 2, 4, 5]);
}

#[test]
fn bayes_and_rki_are_asked_for_by_name() {
    let options = ["years=2", "half_window=4", "current_year=no"];
    compare("temporal/bayes", "b2w4_noact", "bayes", &[&options[..], &["alpha=0.05"]].concat(), [1, 2, 4, 5]);
    compare("temporal/bayes", "b2w4_noact", "rki", &options, [1, 2, 6, 7]);
}

#[test]
fn ears_is_asked_for_by_name() {
    compare("temporal/ears_synth_daily", "C2_default", "ears-c2", &["min_sigma=0"], [1, 2, 4, 5]);
    compare("temporal/ears_synth_daily", "C3_min05", "ears-c3", &["min_sigma=0.5"], [1, 2, 4, 5]);
}
