//! SaTScan 10.3.2 on simulated input. Places, dates and counts must be the same, expected counts to the two
//! decimals that it prints, the statistic to 1.5e-6. P-values are Monte Carlo on both sides: they must agree
//! within what the replicates of each leave open (99.99 %), and clusters that chance may or may not hide need
//! not be there. Small cases run all 999 replicates; larger ones a few, which is enough for everything but p.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::{collections::HashMap, path::Path};

use emberwatch::cli::scan::{ScanArgs, answer};
use serde_json::Value;

use crate::reference;

#[derive(clap::Parser)]
struct Command {
    #[command(flatten)]
    scan: ScanArgs,
}

fn run(folder: &Path, expected: &Value, replications: u32) -> Value {
    let mut line = vec!["scan".to_owned()];
    for (flag, file) in [
        ("--cases", "cases.csv"),
        ("--places", "places.csv"),
        ("--population", "population.csv"),
        ("--controls", "controls.csv"),
    ] {
        if folder.join(file).exists() {
            line.extend([flag.to_owned(), folder.join(file).display().to_string()]);
        }
    }
    line.extend(expected["arguments"].as_str().unwrap().split_whitespace().map(str::to_owned));
    line.extend(["--replications", &replications.to_string(), "--seed", "7"].map(str::to_owned));
    let command = <Command as clap::Parser>::try_parse_from(line).unwrap();
    serde_json::from_str(&answer(&command.scan).unwrap()).unwrap()
}

fn sorted(places: &Value) -> Vec<&str> {
    let mut ids: Vec<&str> = places.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    ids.sort_unstable();
    ids
}

fn compare(name: &str, replications: u32) {
    let Some(folder) = reference(&format!("scan/{name}")) else { return };
    let expected: Value = serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let got = run(&folder, &expected, replications);
    // From this p on a cluster may be hidden, as no replicate fell short of it.
    let hidden = match replications {
        999.. => 0.99,
        99..999 => 0.9,
        _ => 0.05,
    };
    let clusters = got["clusters"].as_array().unwrap();
    let by_rank: HashMap<usize, &Value> = clusters.iter().enumerate().collect();
    let mut compared = 0;
    for (i, want) in expected["clusters"].as_array().unwrap().iter().enumerate() {
        let p = want["p_value"].as_f64().unwrap();
        let Some(have) = by_rank.get(&i) else {
            assert!(p > hidden, "{name}: cluster {} is missing", i + 1);
            continue;
        };
        let number = |v: &Value, key: &str| v[key].as_f64().unwrap();
        assert_eq!(sorted(&have["places"]), sorted(&want["places"]), "{name}: places of cluster {}", i + 1);
        assert_eq!((&have["from"], &have["to"]), (&want["from"], &want["to"]), "{name}: dates of cluster {}", i + 1);
        assert_eq!(have["observed"], want["observed"], "{name}: cluster {}", i + 1);
        assert!((number(have, "expected") - number(want, "expected")).abs() <= 0.00501, "{name}: cluster {}", i + 1);
        assert!((number(have, "llr") - number(want, "llr")).abs() <= 1.5e-6, "{name}: cluster {}", i + 1);
        if !expected["arguments"].as_str().unwrap().contains("sequential") {
            let each = 1.0 / 999.0 + 1.0 / f64::from(replications);
            let spread = 3.9 * ((p * (1.0 - p)).max(0.004) * each).sqrt() + 2.0 / f64::from(replications);
            let mine = number(have, "p_value");
            assert!((mine - p).abs() <= spread, "{name}: cluster {} has p {mine}, not {p}", i + 1);
        }
        compared += 1;
    }
    for extra in &clusters[compared..] {
        assert!(extra["p_value"].as_f64().unwrap() > hidden, "{name}: a cluster too many: {extra}");
    }
    assert!(compared > 0);
}

macro_rules! cases {
    ($replications:literal: $($test:ident),+ $(,)?) => {$(
        #[test]
        fn $test() {
            compare(stringify!($test), $replications);
        }
    )+};
}

cases! { 999:
    permutation_prospective_10pct_min2d_min3c,
    permutation_prospective_2d_intervals,
    permutation_prospective_5km_14d,
    permutation_prospective_7d,
    permutation_prospective_covariate,
    permutation_prospective_grid_ties,
    permutation_prospective_sequential_gumbel,
    permutation_prospective_sparse,
    poisson_temporal,
}

cases! { 99:
    permutation_prospective_every_centre,
    permutation_prospective_no_overlap,
    permutation_prospective_weekday,
    bernoulli_prospective_14d,
    bernoulli_spatial,
    poisson_prospective_14d,
    poisson_prospective_every_centre,
    poisson_prospective_time_adjusted,
    poisson_spatial,
}

cases! { 1:
    permutation_retrospective_7d,
    permutation_retrospective_both,
    permutation_retrospective_every_centre,
    poisson_retrospective_covariate,
    poisson_retrospective_low,
    poisson_retrospective_spatial_temporal,
}
