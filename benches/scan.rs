//! The space-time scan on the workloads of the reference set, beside SaTScan 10.3.2 on two quiet cores (its
//! figures: `reference/scan/README.md` beside the project). Without the reference set: on a workload of our own
//! of about the middle size, without a peer to compare with. With `-- L` the largest is added (minutes).

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod support;

use std::{fmt::Write, path::Path};

use emberwatch::stats::Random;

const NYC: &[&str] =
    &["--max-space-share", "0.5", "--min-days", "2", "--max-days", "30", "--overlap", "no-centre-in-other"];
const OD: &[&str] =
    &["--max-radius-km", "25", "--max-space-share", "0.5", "--max-days", "14", "--min-cases", "3", "--overlap", "none"];

/// Size, model, settings, SaTScan's CPU seconds and peak MB where they were measured.
type Row = (&'static str, &'static str, &'static str, Option<f64>, Option<f64>);

const TABLE: &[Row] = &[
    ("S", "permutation", "nyc", Some(34.0), Some(25.0)),
    ("S", "permutation", "od", Some(3.5), None),
    ("S", "poisson", "nyc", Some(44.0), Some(21.0)),
    ("M", "permutation", "nyc", Some(1099.0), Some(112.0)),
    ("M", "permutation", "od", Some(45.0), Some(89.0)),
    ("M", "poisson", "od", Some(86.0), Some(71.0)),
    // Extrapolated from nine replications.
    ("L", "permutation", "nyc", Some(33_000.0), Some(720.0)),
];

fn main() {
    let Some(root) = support::shared().map(|s| s.join("reference/scan/workload")).filter(|p| p.is_dir()) else {
        let dir = support::folder();
        own_workload(dir.path());
        for (name, settings) in [("nyc", NYC), ("od", OD)] {
            measure(dir.path(), "own, 5,000 places", "permutation", name, settings, None, None);
        }
        return;
    };
    let largest = std::env::args().any(|word| word == "L");
    for (size, model, name, cpu, memory) in TABLE.iter().filter(|row| row.0 != "L" || largest) {
        let settings = if *name == "nyc" { NYC } else { OD };
        measure(&root.join(size), size, model, name, settings, *cpu, *memory);
    }
}

fn measure(
    dir: &Path,
    size: &str,
    model: &str,
    name: &str,
    settings: &[&str],
    their_cpu: Option<f64>,
    their_mb: Option<f64>,
) {
    let mut command = support::binary();
    command.args(["scan", "--model", model, "--analysis", "prospective", "--from", "2024-10-01", "--to", "2025-09-30"]);
    command.args(["--replications", "999", "--seed", "1", "--format", "json"]).args(settings);
    command.arg("--cases").arg(dir.join("cases.csv")).arg("--places").arg(dir.join("places.csv"));
    if model == "poisson" {
        command.arg("--population").arg(dir.join("population.csv"));
    }
    let run = support::run(&mut command);
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect("one JSON document");
    let cpu = run.cpu.as_secs_f64();
    let mut line = format!(
        "scan {size} {model} {name}: {cpu:.2} s CPU, {:.2} s wall, {} MB peak, {} clusters",
        run.wall.as_secs_f64(),
        run.peak_kib * 1024 / 1_000_000,
        answer["clusters"].as_array().map_or(0, Vec::len)
    );
    if let Some(theirs) = their_cpu {
        let _ = write!(line, "; SaTScan {theirs} s: {:.0} times less", theirs / cpu);
    }
    if let Some(theirs) = their_mb {
        let _ = write!(line, " (it takes {theirs} MB)");
    }
    println!("{line}");
}

/// 5,000 places on a grid, 40,000 cases in 365 days, a town with ten times the cases of the country.
fn own_workload(dir: &Path) {
    let mut random = Random::seeded(2025);
    let mut places = String::from("place_id,latitude,longitude\n");
    for i in 0..5_000u32 {
        let (row, column) = (f64::from(i / 100), f64::from(i % 100));
        let _ = writeln!(places, "p{i:04},{:.4},{:.4}", 41.0 + row * 0.02, -75.0 + column * 0.03);
    }
    let mut cases = String::from("place_id,date,count\n");
    let first = chrono::NaiveDate::from_ymd_opt(2024, 10, 1).unwrap();
    for _ in 0..40_000 {
        let in_town = random.unit() < 0.5;
        let place = if in_town { 2_000 + random.below(500) } else { random.below(5_000) };
        let day = first + chrono::Days::new(u64::from(random.below(365)));
        let _ = writeln!(cases, "p{place:04},{day},1");
    }
    std::fs::write(dir.join("places.csv"), places).unwrap();
    std::fs::write(dir.join("cases.csv"), cases).unwrap();
}
