//! Scoring rules against R surveillance 1.20.3 (`scores`, `pit`) and Python scoringrules 0.10.0.

use std::path::PathBuf;

use emberwatch::stats::{CountDistribution, scores};
use serde_json::Value;

fn shared(path: &str) -> Option<String> {
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/reference/temporal")).join(path);
    let text = std::fs::read_to_string(&file).ok();
    if text.is_none() {
        eprintln!("skipped: {} is not there", file.display());
    }
    text
}

fn json(path: &str) -> Option<Value> {
    shared(path).map(|t| serde_json::from_str(&t).expect("a reference file is JSON"))
}

fn close(got: f64, want: f64, what: &str) {
    assert!((got - want).abs() <= 1e-8 * want.abs().max(1.0), "{what}: {got} is not {want}");
}

fn number(v: &Value, key: &str) -> f64 {
    v[key].as_f64().unwrap_or_else(|| panic!("{key} in {v}"))
}

#[test]
fn log_score_and_crps_of_counts_equal_those_of_r() {
    let Some(text) = shared("scores/expected.csv") else { return };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut rows = 0;
    for record in reader.records() {
        let r: Vec<f64> =
            record.unwrap().iter().map(|f| if f == "Inf" { f64::INFINITY } else { f.parse().unwrap() }).collect();
        let (y, d) = (r[0] as u64, CountDistribution::negative_binomial(r[1], r[2]));
        close(scores::log_score(d, y), r[3], &format!("log score {r:?}"));
        close(scores::crps(d, y), r[4], &format!("CRPS {r:?}"));
        close(d.cdf(y), r[8], &format!("P(Y <= y) {r:?}"));
        rows += 1;
    }
    assert!(rows > 100);
}

#[test]
fn the_pit_histogram_equals_that_of_r() {
    let Some(v) = json("scores/pit.json") else { return };
    let list = |key: &str| v[key].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<_>>();
    let (y, mu, size) = (list("y"), list("mu"), number(&v, "size"));
    let mut bins = [0.0; 10];
    for (y, mu) in y.iter().zip(&mu) {
        let d = CountDistribution::negative_binomial(*mu, size);
        let below = if *y < 1.0 { 0.0 } else { d.cdf(*y as u64 - 1) };
        scores::add_pit(&mut bins, below, d.cdf(*y as u64));
    }
    for (bin, want) in bins.iter().zip(list("pit_relative_freq")) {
        close(bin / y.len() as f64, want, "PIT");
    }
}

#[test]
fn scores_of_distributions_samples_and_quantiles_equal_those_of_python() {
    let Some(v) = json("scoringrules_py/expected.json") else { return };
    for r in v["negbinom"].as_array().unwrap() {
        let d = CountDistribution::negative_binomial(number(r, "mu"), number(r, "size"));
        close(scores::crps(d, number(r, "y") as u64), number(r, "crps_sum"), "CRPS");
        let levels = [0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975];
        let want: Vec<u32> = r["q"].as_array().unwrap().iter().map(|q| q.as_f64().unwrap() as u32).collect();
        assert_eq!(scores::quantiles(d, &levels).to_vec(), want, "{r}");
    }
    for r in v["poisson"].as_array().unwrap() {
        let d = CountDistribution::poisson(number(r, "mu"));
        close(scores::crps(d, number(r, "y") as u64), number(r, "crps_sum"), "CRPS");
    }
    for r in v["ensemble"].as_array().unwrap() {
        let sample: Vec<f64> = r["ens"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
        close(scores::crps_sample(&sample, number(r, "y")), number(r, "sr_nrg"), "CRPS of a sample");
    }
    for r in v["wis"].as_array().unwrap() {
        let list = |key: &str| r[key].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<_>>();
        let (alphas, lower, upper) = (list("alphas"), list("lower"), list("upper"));
        let levels: Vec<f64> =
            alphas.iter().map(|a| a / 2.0).chain([0.5]).chain(alphas.iter().map(|a| 1.0 - a / 2.0)).collect();
        let quantiles: Vec<u32> = lower.iter().chain([&number(r, "median")]).chain(&upper).map(|q| *q as u32).collect();
        close(scores::wis(&levels, &quantiles, number(r, "y") as u64), number(r, "wis"), "WIS");
    }
    for r in v["quantile_score"].as_array().unwrap() {
        close(scores::pinball(number(r, "q"), number(r, "tau"), number(r, "y")), number(r, "pinball"), "pinball");
    }
    for r in v["brier"].as_array().unwrap() {
        close(scores::brier(number(r, "p"), number(r, "y") > 0.5), number(r, "brier"), "Brier");
    }
}
