//! Real emergency calls, where a copy of them lies beside the project: aggregates only.

use std::{fmt::Write as _, path::PathBuf};

use clap::Parser;
use emberwatch::{
    cli::backtest::{BacktestArgs, Report, report},
    domain::forecast::ForecastLevel,
};

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    backtest: BacktestArgs,
}

fn shared(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")).join(path)
}

/// Back-test on a published event file, its columns renamed to the standard ones. `None`: no copy here.
fn figures(name: &str, area: &str, options: &[&str]) -> Option<Report> {
    let source = shared(&format!("data/events/{name}"));
    let Ok(bytes) = std::fs::read(&source) else {
        eprintln!("skipped: {} is not there", source.display());
        return None;
    };
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let header = reader.headers().unwrap().clone();
    let at = |column: &str| header.iter().position(|h| h == column).unwrap();
    let columns = ["source_id", "occurred_at", "lat", "lon", area].map(at);
    let mut text = "event_id,occurred_at,latitude,longitude,jurisdiction\n".to_owned();
    for record in reader.records() {
        let record = record.unwrap();
        writeln!(text, "{}", columns.map(|c| &record[c]).join(",")).unwrap();
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let events = file.path().to_str().unwrap();
    let line = ["backtest", "--events", events].into_iter().chain(options.iter().copied());
    Some(report(&Command::try_parse_from(line).unwrap().backtest).unwrap())
}

fn line<'a>(
    report: &'a Report,
    model: &str,
    level: ForecastLevel,
    horizon: u32,
) -> &'a emberwatch::cli::backtest::Line {
    report.results.iter().find(|l| l.model == model && l.level == level && l.horizon == horizon).unwrap()
}

#[test]
fn in_montgomery_county_history_beats_recent_counts_and_pooled_does_no_harm() {
    let region = shared("data/places/montgomery_pa_municipal_boundaries.geojson");
    let options = ["--region", region.to_str().unwrap()];
    let Some(r) = figures("montgomery_pa_overdose_calls.csv", "town", &options) else { return };
    for horizon in [1, 3, 7, 14] {
        let history = line(&r, "history", ForecastLevel::Cell, horizon);
        let recent = line(&r, "recent", ForecastLevel::Cell, horizon);
        let ten = |l: &emberwatch::cli::backtest::Line| l.capture.as_ref().unwrap()[&10];
        assert!(ten(history) > ten(recent) && recent.skill_vs_history.log.upper.unwrap() < 0.0);
        for level in [ForecastLevel::Cell, ForecastLevel::Area, ForecastLevel::Whole] {
            let pooled = line(&r, "pooled", level, horizon);
            let log = pooled.skill_vs_history.log;
            assert!(log.value.unwrap() > -0.005 || log.upper.unwrap() > 0.0, "{level} {horizon}: {log:?}");
        }
    }
}

#[test]
fn in_tempe_pooled_beats_history_in_cells_and_for_the_whole_city() {
    let Some(r) = figures("tempe_az_opioid_ems.csv", "town", &[]) else { return };
    for horizon in [3, 7, 14] {
        let cells = line(&r, "pooled", ForecastLevel::Cell, horizon);
        assert!(cells.skill_vs_history.log.lower.unwrap() > 0.0, "{horizon}: {:?}", cells.skill_vs_history);
        let whole = line(&r, "pooled", ForecastLevel::Whole, horizon);
        assert!(whole.skill_vs_history.crps.value.unwrap() > 0.0, "{horizon}: {:?}", whole.skill_vs_history);
        assert!((whole.coverage[&80] - whole.coverage_promised[&80]).abs() < 0.05);
    }
}
