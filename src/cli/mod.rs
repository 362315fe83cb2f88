//! The command line: one file per command, each thin.
//!
//! Every command exits 0 on success and 2 on bad usage or input, with one clear line on standard error;
//! 1 means that the service itself failed. Standard output carries the answer and nothing else.
//!
//! To add a command: a file here with an `Args` struct and a `run`, a line in [`Command`] and in its match.

mod analyse;
pub mod backtest;
mod calibrate;
mod check_config;
mod covariates;
mod demo;
pub mod detect;
mod export;
pub mod forecast;
mod geocode;
pub mod hhh4;
pub mod hotspots;
mod ingest;
mod jurisdictions;
mod migrate;
pub mod nowcast;
mod openapi;
mod places;
mod pull;
mod quarantine;
pub mod scan;
pub mod score;
mod serve;
mod service;
mod shell;
pub mod simulate;
pub mod study;
mod study_rules;
mod table;
mod users;

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{clock::SystemClock, store::StoreError};
pub(crate) use shell::Shell;

/// Geospatial overdose surveillance: reports in; clusters, forecasts and shift briefs out.
#[derive(Debug, Parser)]
#[command(
    name = "emberwatch",
    version,
    after_help = "Example:\n  emberwatch demo          a simulated state, analysed and served\n  emberwatch serve         your own data, on the address of emberwatch.toml"
)]
struct Cli {
    /// Where the data are: sqlite://PATH, a path, or postgres://… (default: emberwatch.db here).
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// Configuration file (default: emberwatch.toml here, if there is one).
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A simulated state in a fresh store, analysed and served, with an account for each role.
    Demo(demo::Args),
    /// The API, the map and, unless --no-work, the background jobs.
    Serve(serve::Args),
    /// The background jobs only.
    Work(serve::WorkArgs),
    /// Bring the database's schema up to date.
    Migrate,
    /// Say what the configuration amounts to and what is wrong with it.
    CheckConfig,
    /// Read files of reports into the store.
    Ingest(ingest::Args),
    /// Look once at the watched folders and addresses of the configuration.
    Pull(pull::Args),
    /// Rows that could not be read, and rules that mend them by the group.
    Quarantine(quarantine::Args),
    /// Load outlines of counties, towns or other areas.
    Jurisdictions(jurisdictions::Args),
    /// Run the whole analysis once.
    Analyse(analyse::Args),
    /// Add, list and disable accounts and keys.
    Users(users::Args),
    /// Write events, series, signals or forecasts as CSV, NDJSON or GeoJSON.
    Export(export::Args),
    /// Place addresses against known places, or build an index of them.
    Geocode(geocode::Args),
    /// Space-time scan statistic on plain files.
    Scan(scan::ScanArgs),
    /// Temporal detectors on plain files.
    Detect(detect::DetectArgs),
    /// Hot spots in space and time, and what becomes of them, on plain files.
    Hotspots(hotspots::HotspotsArgs),
    /// Endemic–epidemic model (hhh4) of weekly or daily counts in several units, on plain files.
    Hhh4(Box<hhh4::Hhh4Args>),
    /// Recent counts corrected for reporting delay, on plain files.
    Nowcast(nowcast::NowcastArgs),
    /// Forecast from an event file.
    Forecast(forecast::ForecastArgs),
    /// Evaluate forecasts from rolling origins.
    Backtest(backtest::BacktestArgs),
    /// Score forecasts of any maker by proper scoring rules, on plain files.
    Score(score::ScoreArgs),
    /// How often the rules cry wolf, and what they see, on worlds with a known truth.
    Calibrate(calibrate::Args),
    /// What the temporal rules come to on worlds with a known truth: false alerts, and rises seen.
    Study(study_rules::Args),
    /// Write a simulated world: feeds, events, places, truth.
    Simulate(simulate::SimulateArgs),
    /// Print the API description.
    Openapi,
}

/// How a command answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum TextOrJson {
    Text,
    Json,
}

impl TextOrJson {
    fn is_text(self) -> bool {
        self == Self::Text
    }
}

/// Read the arguments, do what they say, and turn the end into an exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => return usage(&e),
    };
    let shell = Shell { database: cli.database, config_file: cli.config };
    match dispatch(cli.command, &shell) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) if is_closed_pipe(&e) => ExitCode::SUCCESS,
        Err(e) => {
            let _ = writeln!(std::io::stderr(), "emberwatch: {}", one_line(&e));
            ExitCode::from(if e.chain().any(|c| c.is::<StoreError>()) { 1 } else { 2 })
        }
    }
}

/// Help and version go to standard output; a wrong argument is one line, as every other refusal.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.render().to_string();
    let said = text.split("\n\nUsage:").next().unwrap_or(&text).split("\n\nFor more").next().unwrap_or(&text);
    let line = said.trim_start_matches("error: ").split_whitespace().collect::<Vec<_>>().join(" ");
    let _ = writeln!(std::io::stderr(), "emberwatch: {line} (--help explains the options)");
    ExitCode::from(2)
}

fn dispatch(command: Command, shell: &Shell) -> anyhow::Result<()> {
    match command {
        Command::Calibrate(args) => calibrate::run(&args, shell),
        Command::Study(args) => study_rules::run(&args, shell),
        Command::Demo(args) => shell.block_on(demo::run(args, shell)),
        Command::Serve(args) => shell.block_on(serve::run(args, shell)),
        Command::Work(args) => shell.block_on(serve::work(args, shell)),
        Command::Migrate => shell.block_on(migrate::run(shell)),
        Command::CheckConfig => shell.block_on(check_config::run(shell)),
        Command::Ingest(args) => shell.block_on_patiently(ingest::run(args, shell)),
        Command::Pull(args) => shell.block_on_patiently(pull::run(args, shell)),
        Command::Quarantine(args) => shell.block_on(quarantine::run(args, shell)),
        Command::Jurisdictions(args) => shell.block_on(jurisdictions::run(args, shell)),
        Command::Analyse(args) => shell.block_on(analyse::run(args, shell)),
        Command::Users(args) => shell.block_on(users::run(args, shell)),
        Command::Export(args) => shell.block_on(export::run(args, shell)),
        Command::Geocode(args) => geocode::run(&args),
        Command::Scan(args) => scan::run(&args),
        Command::Detect(args) => detect::run(&args),
        Command::Hotspots(args) => hotspots::run(&args),
        Command::Hhh4(args) => hhh4::run(&args, &mut std::io::stdout().lock()),
        Command::Nowcast(args) => nowcast::run(&args),
        Command::Forecast(args) => forecast::run(&args, &mut std::io::stdout().lock()),
        Command::Backtest(args) => backtest::run(&args, &mut std::io::stdout().lock()),
        Command::Score(args) => score::run(&args, &mut std::io::stdout().lock()),
        Command::Simulate(args) => simulate::run(&args, &SystemClock),
        Command::Openapi => openapi::run(),
    }
}

/// The whole chain of causes on one line, each said once.
fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        let cause = cause.split_whitespace().collect::<Vec<_>>().join(" ");
        if !line.contains(&cause) {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(&cause);
        }
    }
    line
}

/// The reader of our output went away (`emberwatch … | head`): nothing is wrong.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|c| c.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe))
}
