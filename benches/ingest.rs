//! A million rows of CSV into an empty SQLite store: wall time, CPU, peak memory.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod support;

fn main() {
    let dir = support::folder();
    let out = dir.path().join("world");
    support::run(support::binary().args(["simulate", "--rows", "1000000", "--seed", "1", "--out"]).arg(&out));
    let file = out.join("events.csv");
    let bytes = std::fs::metadata(&file).expect("the simulation wrote events.csv").len();
    let run = support::run(
        support::binary()
            .args(["ingest", "--source", "bench", "--format", "json", "--database"])
            .arg(dir.path().join("bench.db"))
            .arg(&file),
    );
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect("one JSON document");
    println!(
        "ingest, {} rows ({} MB): {:.1} s wall, {:.1} s CPU, {} MiB peak; accepted {}, quarantined {}",
        answer["read"],
        bytes / 1_000_000,
        run.wall.as_secs_f64(),
        run.cpu.as_secs_f64(),
        run.peak_kib / 1024,
        answer["accepted"],
        answer["quarantined"]
    );
    let again = support::run(
        support::binary()
            .args(["ingest", "--source", "bench", "--format", "json", "--database"])
            .arg(dir.path().join("bench.db"))
            .arg(&file),
    );
    let answer: serde_json::Value = serde_json::from_str(&again.stdout).expect("one JSON document");
    println!(
        "ingest of the same file again: {:.1} s wall, {} MiB peak; unchanged {}, accepted {}",
        again.wall.as_secs_f64(),
        again.peak_kib / 1024,
        answer["unchanged"],
        answer["accepted"]
    );
}
