//! The whole analysis of the demo's state: scan with 999 replications, EARS, forecasts, alerts.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod support;

fn main() {
    let dir = support::folder();
    let database = dir.path().join("bench.db");
    let demo =
        support::run(support::binary().args(["demo", "--seed", "1", "--prepare-only", "--database"]).arg(&database));
    println!("demo prepared (simulated, ingested, analysed day by day): {:.1} s wall", demo.wall.as_secs_f64());
    for _ in 0..3 {
        let run = support::run(support::binary().args(["analyse", "--format", "json", "--database"]).arg(&database));
        let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect("one JSON document");
        println!(
            "full analysis: {:.2} s wall, {:.2} s CPU, {} MiB peak; {} events, {} signals",
            run.wall.as_secs_f64(),
            run.cpu.as_secs_f64(),
            run.peak_kib / 1024,
            answer[0]["events"],
            answer[0]["signals"]
        );
    }
}
