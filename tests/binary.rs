//! The built binary, driven as its user does: what it answers, where, and with which exit code.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

fn emberwatch(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_emberwatch"))
        .args(args)
        .current_dir(dir)
        .env_remove("EMBERWATCH_DATABASE_URL")
        .output()
        .expect("the binary starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The one line of a refusal; panics when there is more or less, or the code is not 2.
fn refusal(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(output.stdout.is_empty(), "a refusal must not look like an answer: {}", stdout(output));
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    assert_eq!(lines.len(), 1, "expected one line, got:\n{text}");
    lines[0].to_owned()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&stdout(output)).expect("exactly one JSON document on standard output")
}

const COMMANDS: [&str; 19] = [
    "demo",
    "serve",
    "work",
    "migrate",
    "check-config",
    "ingest",
    "jurisdictions",
    "analyse",
    "users",
    "export",
    "geocode",
    "scan",
    "detect",
    "hhh4",
    "forecast",
    "backtest",
    "score",
    "simulate",
    "openapi",
];

#[test]
fn every_command_explains_itself() {
    let dir = tempfile::tempdir().unwrap();
    for command in COMMANDS {
        let output = emberwatch(dir.path(), &[command, "--help"]);
        assert!(output.status.success(), "{command} --help");
        let text = stdout(&output);
        let plain = ["migrate", "check-config", "openapi"].contains(&command);
        assert!(plain || text.contains("Example"), "{command} --help has no example:\n{text}");
    }
}

#[test]
fn events_go_from_a_file_to_an_analysis_and_out_again() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    let made = emberwatch(at, &["simulate", "--out", "world", "--days", "90", "--seed", "3", "--end", "2024-06-30"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

    let ingest = ["ingest", "world/events.csv", "--source", "simulated", "--format", "json"];
    let first = json(&emberwatch(at, &ingest));
    assert!(first["accepted"].as_u64().unwrap() > 500, "{first}");
    assert_eq!(first["quarantined"], 0);
    let again = json(&emberwatch(at, &ingest));
    assert_eq!(again["accepted"], 0);
    assert_eq!(again["updated"], 0);
    assert_eq!(
        again["unchanged"].as_u64().unwrap() + again["duplicates"].as_u64().unwrap(),
        again["read"].as_u64().unwrap()
    );

    let analysed = json(&emberwatch(at, &["analyse", "--as-of", "2024-06-30", "--format", "json"]));
    assert_eq!(analysed[0]["as_of"], "2024-06-30");
    assert!(analysed[0]["events"].as_u64().unwrap() > 500);

    let exported = emberwatch(at, &["export", "events", "--format", "geojson"]);
    let collection = json(&exported);
    assert_eq!(collection["features"].as_array().unwrap().len() as u64, first["accepted"].as_u64().unwrap());
    let csv = stdout(&emberwatch(at, &["export", "series"]));
    let total: u64 = csv.lines().skip(1).map(|l| l.rsplit(',').next().unwrap().parse::<u64>().unwrap()).sum();
    assert_eq!(total, first["accepted"].as_u64().unwrap());
}

#[test]
fn wrong_files_and_arguments_get_one_clear_line() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    fs::write(at.join("events.csv"), "event_id,kind,occurred_at\n1,overdose,2024-01-01T10:00:00Z\n").unwrap();
    fs::write(at.join("bad.toml"), "[record]\nkindd = \"overdose\"\n").unwrap();
    fs::write(at.join("emberwatch.toml.bad"), "[analysis]\nresolutoin = 8\n").unwrap();
    for (args, needles) in [
        (vec!["ingest", "missing.csv", "--source", "a"], vec!["missing.csv"]),
        (vec!["ingest", "events.csv", "--source", "NOT OK"], vec!["NOT OK"]),
        (vec!["ingest", "events.csv", "--source", "a", "--mapping", "bad.toml"], vec!["bad.toml", "2"]),
        (vec!["analyse"], vec!["no data"]),
        (vec!["migrate", "--config", "emberwatch.toml.bad"], vec!["emberwatch.toml.bad:2", "resolutoin"]),
        (vec!["migrate", "--database", "mysql://x"], vec!["mysql"]),
        (vec!["jurisdictions", "load", "events.csv", "--jurisdiction", "x", "--kind", "town"], vec!["events.csv"]),
    ] {
        let output = emberwatch(at, &args);
        if args.contains(&"--database") {
            assert_ne!(output.status.code(), Some(0));
            assert!(String::from_utf8_lossy(&output.stderr).contains("mysql"));
            continue;
        }
        let line = refusal(&output);
        for needle in needles {
            assert!(line.contains(needle), "{args:?}: {line}");
        }
    }
}

#[test]
fn an_analysis_of_a_day_on_which_nothing_was_known_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    fs::write(
        at.join("events.csv"),
        "event_id,kind,occurred_at,latitude,longitude\n1,overdose,2024-01-01T10:00:00Z,44.8,-68.8\n",
    )
    .unwrap();
    json(&emberwatch(at, &["ingest", "events.csv", "--source", "a", "--format", "json"]));
    let line = refusal(&emberwatch(at, &["analyse", "--as-of", "2024-01-05"]));
    assert!(line.contains("received later"), "{line}");
}

#[test]
fn a_demo_never_writes_into_a_database_that_exists() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("mine.db"), "").unwrap();
    let line = refusal(&emberwatch(dir.path(), &["demo", "--database", "mine.db"]));
    assert!(line.contains("mine.db exists"), "{line}");
}
