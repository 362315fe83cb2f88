//! The built binary's back-test on real emergency calls, where a copy of them lies beside the project:
//! aggregates only.

use std::{fmt::Write as _, path::PathBuf, process::Command};

use serde_json::Value;

fn shared(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")).join(path)
}

/// Back-test on a published event file, its columns renamed to the standard ones. `None`: no copy here.
fn figures(name: &str, options: &[&str]) -> Option<Value> {
    let source = shared(&format!("data/events/{name}"));
    let Ok(bytes) = std::fs::read(&source) else {
        eprintln!("skipped: {} is not there", source.display());
        return None;
    };
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let header = reader.headers().unwrap().clone();
    let columns = ["source_id", "occurred_at", "lat", "lon", "town"]
        .map(|column| header.iter().position(|h| h == column).unwrap());
    let mut text = "event_id,occurred_at,latitude,longitude,jurisdiction\n".to_owned();
    for record in reader.records() {
        let record = record.unwrap();
        writeln!(text, "{}", columns.map(|c| &record[c]).join(",")).unwrap();
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_emberwatch"))
        .args(["backtest", "--format", "json", "--events"])
        .arg(file.path())
        .args(options)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(serde_json::from_slice(&done.stdout).unwrap())
}

fn line<'a>(report: &'a Value, model: &str, level: &str, horizon: u64) -> &'a Value {
    let lines = report["results"].as_array().unwrap();
    lines.iter().find(|l| l["model"] == model && l["level"] == level && l["horizon"] == horizon).unwrap()
}

fn skill(line: &Value, score: &str, what: &str) -> f64 {
    line["skill_vs_history"][score][what].as_f64().unwrap()
}

#[test]
fn in_montgomery_county_history_beats_recent_counts_and_pooled_does_no_harm() {
    let region = shared("data/places/montgomery_pa_municipal_boundaries.geojson");
    let options = ["--region", region.to_str().unwrap()];
    let Some(r) = figures("montgomery_pa_overdose_calls.csv", &options) else { return };
    for horizon in [1, 3, 7, 14] {
        let history = line(&r, "history", "cell", horizon);
        let recent = line(&r, "recent", "cell", horizon);
        let ten = |l: &Value| l["capture"]["10"].as_f64().unwrap();
        assert!(ten(history) > ten(recent), "{horizon}");
        assert!(skill(recent, "log_score", "upper") < 0.0, "{horizon}");
        for level in ["cell", "area", "whole"] {
            let pooled = line(&r, "pooled", level, horizon);
            assert!(skill(pooled, "log_score", "value") > -0.01, "{level} {horizon}: {pooled}");
            let stack = line(&r, "stack", level, horizon);
            for score in ["log_score", "crps"] {
                assert!(skill(stack, score, "value") > -0.01, "{score}: {stack}");
            }
        }
    }
}

#[test]
fn in_tempe_pooled_beats_history_in_cells_and_for_the_whole_city() {
    let Some(r) = figures("tempe_az_opioid_ems.csv", &[]) else { return };
    for horizon in [3, 7, 14] {
        let cells = line(&r, "pooled", "cell", horizon);
        assert!(skill(cells, "log_score", "lower") > 0.0, "{horizon}: {cells}");
        let stack = line(&r, "stack", "cell", horizon);
        for other in ["history", "recent", "seasonal", "endemic-epidemic"] {
            let d = &stack["difference_from"][other]["log_score"];
            // The stack keeps to long history until it has proof: on day 3 it is better than `seasonal`, but no longer clearly.
            let bound = if (horizon, other) == (3, "seasonal") { "value" } else { "upper" };
            assert!(d[bound].as_f64().unwrap() < 0.0, "{horizon} against {other}: {stack}");
        }
        // Three days hold too few events to rank by.
        let five = |l: &Value| l["capture"]["5"].as_f64().unwrap();
        assert!(horizon == 3 || five(stack) >= five(line(&r, "history", "cell", horizon)), "{horizon}");
        let whole = line(&r, "pooled", "whole", horizon);
        assert!(skill(whole, "crps", "value") > 0.0, "{horizon}: {whole}");
        let covered = |key: &str| whole[key]["80"].as_f64().unwrap();
        assert!((covered("coverage_stated") - covered("coverage_promised")).abs() < 0.05, "{whole}");
        let stack = line(&r, "stack", "whole", horizon);
        assert!((stack["coverage"]["80"].as_f64().unwrap() - 0.8).abs() < 0.06, "{stack}");
    }
}
