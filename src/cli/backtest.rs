//! `emberwatch backtest`: how would the forecasters have done on past days?

use std::{collections::BTreeMap, io::Write, path::PathBuf, time::Instant};

use anyhow::{Result, bail};
use serde::Serialize;

use super::{
    covariates,
    study::{Study, StudyArgs},
};
use crate::{
    domain::{forecast::ForecastLevel, time::Day},
    forecast::{
        ForecastModel, MAX_HORIZON,
        model::{self, STACK},
        panel::{Completeness, Layout, Panel},
        rolling::{LEAST_DAYS, Rolling, Target},
        scoring::{CAPTURE, INTERVALS, OriginScores, PIT_BINS},
        summary::{Skill, capture_difference, difference, skill, summarise},
    },
};

/// Issue days before the first scored one, from which the scatter of forecasts is learned.
const WARM_UP: i32 = 26;
/// Asks for every model, and the stack of them.
const ALL: &str = "all";

/// Rolling-origin evaluation of the forecasting models on an event file.
///
/// Every model forecasts on each issue day from what had been received by then; scores are means over issue
/// days and places. Cells: events of days 1 to h together; areas and the whole: day h alone. Cells with equal
/// means are ranked by their H3 index, lowest first. Skill is 1 − score/score of `history`; its 95 % interval
/// comes from a paired moving-block bootstrap over issue days.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "Example:\n  emberwatch backtest --events events.csv --resolution 8 --from 2024-01-01 --to 2024-06-30 \
                        --step 7 --horizons 1,3,7,14 --format json"
)]
pub struct BacktestArgs {
    #[command(flatten)]
    pub study: StudyArgs,
    /// First issue day; by default a third into the data
    #[arg(long, value_name = "DATE")]
    pub from: Option<Day>,
    /// Last issue day; by default the longest horizon before the last event
    #[arg(long, value_name = "DATE")]
    pub to: Option<Day>,
    /// Days between issue days
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=365))]
    pub step: u16,
    /// Horizons in days, 1 to 14
    #[arg(long, value_delimiter = ',', default_values_t = [1, 3, 7, 14], value_parser = clap::value_parser!(u32).range(1..=14))]
    pub horizons: Vec<u32>,
    /// Models: all; stack, that of all models; or some of history,recent,seasonal,endemic-epidemic,self-exciting,filter,
    /// pooled and, with --covariates, covariates: with two or more the stack of them is scored, too
    #[arg(long, value_delimiter = ',', default_value = "all")]
    pub models: Vec<String>,
    /// CSV of what is known of places: population, services, seizures, by latitude,longitude or cell or area, with a date from
    /// which a row is known; adds the model "covariates"
    #[arg(long, value_name = "FILE")]
    pub covariates: Option<PathBuf>,
    /// Seed of the bootstrap
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub kind: String,
    pub resolution: u8,
    pub events: usize,
    pub unplaced: usize,
    pub cells: usize,
    pub areas: usize,
    pub first_day: Day,
    pub last_day: Day,
    pub from: Day,
    pub to: Day,
    pub step: u16,
    pub horizons: Vec<u32>,
    /// Issue days forecast and scored for at least one window.
    pub origins: usize,
    pub results: Vec<Line>,
    pub ties: &'static str,
    pub seed: u64,
    pub notes: Vec<String>,
    pub elapsed_ms: u64,
}

/// One model at one level and horizon.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    pub model: &'static str,
    pub model_version: u32,
    pub level: ForecastLevel,
    pub horizon: u32,
    pub origins: usize,
    pub places: usize,
    pub events: f64,
    pub log_score: f64,
    pub crps: f64,
    pub wis: f64,
    pub brier: f64,
    /// Share of counts inside each interval; a count on its end counts by the part of its probability that lies within
    /// (randomised PIT), so that calibrated forecasts have the nominal share however rare events are.
    pub coverage: BTreeMap<u32, f64>,
    /// Standard error of that, from issue day to issue day.
    pub coverage_error: BTreeMap<u32, Option<f64>>,
    /// Share of counts inside the ranges as people read them, which are whole numbers, and what those promised.
    pub coverage_stated: BTreeMap<u32, f64>,
    pub coverage_promised: BTreeMap<u32, f64>,
    pub pit: [f64; PIT_BINS],
    /// Share of later events in the highest-ranked 1, 5, 10, 20 % of cells; null for areas and the whole.
    pub capture: Option<BTreeMap<u32, f64>>,
    /// What that is above `history`'s.
    pub capture_difference: Option<BTreeMap<u32, Interval>>,
    /// The same of events in areas (or a whole) whose last fourteen days, as known on the issue day, were above the middle 95 %
    /// of what all days before make likely; null where none were.
    pub capture_after_rise: Option<BTreeMap<u32, f64>>,
    pub capture_after_rise_difference: Option<BTreeMap<u32, Interval>>,
    pub events_after_rise: f64,
    pub pai: Option<BTreeMap<u32, f64>>,
    pub skill_vs_history: SkillLine,
    /// Mean score less that of `history`: below 0 is better.
    pub difference_from_history: Differences,
    /// For the stack: the same against every single model.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub difference_from: BTreeMap<&'static str, Differences>,
}

/// Per place and issue day, with 95 % intervals by the same bootstrap as skill's.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Differences {
    pub log_score: Interval,
    pub crps: Interval,
}

/// `value`, `lower` and `upper` are those of the log score.
#[derive(Debug, Clone, Serialize)]
pub struct SkillLine {
    #[serde(flatten)]
    pub log: Interval,
    pub log_score: Interval,
    pub crps: Interval,
    pub wis: Interval,
}

/// Null where there were fewer than six issue days, or nothing to compare.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Interval {
    pub value: Option<f64>,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
}

impl From<Option<Skill>> for Interval {
    fn from(s: Option<Skill>) -> Self {
        let interval = s.and_then(|s| s.interval);
        Self { value: s.map(|s| s.value), lower: interval.map(|i| i[0]), upper: interval.map(|i| i[1]) }
    }
}

/// # Errors
/// One line that names what was wrong with the input; the command exits with 2.
pub fn run(args: &BacktestArgs, out: &mut dyn Write) -> Result<()> {
    let report = report(args)?;
    match args.format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?,
        Format::Text => text(&report, out)?,
    }
    Ok(())
}

/// # Errors
/// As [`run`].
pub fn report(args: &BacktestArgs) -> Result<Report> {
    let started = Instant::now();
    let models = models(&args.models, args.covariates.is_some())?;
    let mut study = Study::read(&args.study)?;
    let (from, to) = origins(args, &study)?;
    let mut panel = panel(&study)?;
    if let Some(file) = &args.covariates {
        panel = panel.with_covariates(covariates::read(file, &mut study)?);
    }
    let mut horizons = args.horizons.clone();
    horizons.sort_unstable();
    horizons.dedup();
    let targets = [ForecastLevel::Cell, ForecastLevel::Area, ForecastLevel::Whole]
        .into_iter()
        .flat_map(|level| horizons.iter().map(move |&h| Target::standard(level, h)))
        .collect();
    let mut rolling = Rolling::new(&panel, models, targets);
    let step = i32::from(args.step);
    let bar = super::study::progress(((to - from) / step + 1 + WARM_UP) as u64);
    for back in (1..=WARM_UP).rev() {
        // A long step must not reach back to when nothing was known.
        let origin = from - back * step.min(7);
        if origin >= study.days.from {
            rolling.visit(origin, false);
        }
        bar.inc(1);
    }
    let (mut visited, mut skipped) = (0, 0);
    let mut origin = from;
    while origin <= to {
        if rolling.visit(origin, true) {
            visited += 1;
        } else {
            skipped += 1;
        }
        bar.inc(1);
        origin = origin + step;
    }
    bar.finish_and_clear();
    let mut results = lines(&rolling, args.seed);
    results.retain(|line| is_asked(line, &args.models));
    let mut notes = study.notes;
    if skipped > 0 {
        notes.push(format!("{skipped} issue days had less than {LEAST_DAYS} days of data before them: no forecast"));
    }
    if results.is_empty() {
        bail!(
            "{}: none of the {} issue days from {from} to {to} could be scored; the data end on {} and a window \
             must end by then",
            args.study.events.display(),
            visited + skipped,
            study.days.to
        );
    }
    Ok(Report {
        kind: args.study.kind.to_string(),
        resolution: args.study.resolution,
        events: study.events,
        unplaced: study.unplaced,
        cells: study.cells.len(),
        areas: study.areas.len(),
        first_day: study.days.from,
        last_day: study.days.to,
        from,
        to,
        step: args.step,
        horizons,
        origins: results.iter().map(|l| l.origins).max().unwrap_or(0),
        results,
        ties: "cells of equal mean are ranked by H3 index, lowest first",
        seed: args.seed,
        notes,
        elapsed_ms: started.elapsed().as_millis() as u64,
    })
}

pub(super) fn panel(study: &Study) -> Result<Panel> {
    let layout = Layout::new(&study.centres, &study.cell_area, study.areas.len(), study.cells.len())?;
    let (cells, areas) = (study.cell_counts.clone(), study.area_counts.clone());
    Ok(Panel::new(study.days, layout, cells, areas, &[], Completeness::FromDelays)?)
}

/// Whether a line was asked for: the stack of what was asked for always is, and `history`, which skill is measured by.
fn is_asked(line: &Line, names: &[String]) -> bool {
    let told = line.model == STACK || line.model == "history";
    told || names.iter().any(|n| n == ALL || n == line.model)
}

/// `history` is always among them: it is what skill is measured against.
fn models(names: &[String], with_covariates: bool) -> Result<Vec<&'static dyn ForecastModel>> {
    let all = if with_covariates { model::with_covariates() } else { model::all().to_vec() };
    let known: Vec<&str> = all.iter().map(|m| m.name()).collect();
    let fits = |n: &str| n == ALL || n == STACK || known.contains(&n);
    if let Some(bad) = names.iter().find(|n| !fits(n)) {
        if bad == "covariates" {
            bail!("--models: the model covariates needs --covariates FILE");
        }
        bail!("--models: there is no model \"{bad}\"; expected all, stack or some of {}", known.join(","));
    }
    // The stack that is meant by its name is that of all models.
    if names.iter().any(|n| n == ALL || n == STACK) {
        return Ok(all);
    }
    Ok(all.into_iter().filter(|m| m.name() == "history" || names.iter().any(|n| n == m.name())).collect())
}

fn origins(args: &BacktestArgs, study: &Study) -> Result<(Day, Day)> {
    let days = study.days;
    let from = args.from.unwrap_or(days.from + (days.len() as i32 / 3).max(28));
    let to = args.to.unwrap_or(days.to - MAX_HORIZON as i32);
    let file = args.study.events.display();
    if from > to {
        bail!(
            "--from {from} --to {to}: no issue day between them; the events of {file} run from {} to {}",
            days.from,
            days.to
        );
    }
    if from >= days.to {
        bail!("--from {from}: expected a day before the last event of {file}, {}", days.to);
    }
    Ok((from, to))
}

fn lines(rolling: &Rolling, seed: u64) -> Vec<Line> {
    let mut out = Vec::new();
    for m in rolling.lines() {
        let (model, model_version) = rolling.name(m);
        for (t, target) in rolling.targets.iter().enumerate() {
            let (own, history) = (&rolling.scores[m][t], &rolling.scores[0][t]);
            let Some(s) = summarise(own, target.level == ForecastLevel::Cell) else { continue };
            let skill = |score: fn(&OriginScores) -> f64| Interval::from(skill(own, history, score, seed));
            let log_score = skill(|s| s.log_score);
            out.push(Line {
                model,
                model_version,
                level: target.level,
                horizon: target.to,
                origins: s.origins,
                places: s.places,
                events: s.events,
                log_score: s.log_score,
                crps: s.crps,
                wis: s.wis,
                brier: s.brier,
                coverage: INTERVALS.into_iter().zip(s.coverage).collect(),
                coverage_error: INTERVALS.into_iter().zip(s.coverage_error).collect(),
                coverage_stated: INTERVALS.into_iter().zip(s.stated).collect(),
                coverage_promised: INTERVALS.into_iter().zip(s.promised).collect(),
                pit: s.pit,
                capture: s.capture.map(|c| CAPTURE.into_iter().zip(c).collect()),
                capture_difference: s.capture.map(|_| more_captured(own, history, false, seed)),
                capture_after_rise: s.capture_after_rise.map(|c| CAPTURE.into_iter().zip(c).collect()),
                capture_after_rise_difference: s.capture_after_rise.map(|_| more_captured(own, history, true, seed)),
                events_after_rise: s.events_after_rise,
                pai: s.pai.map(|c| CAPTURE.into_iter().zip(c).collect()),
                skill_vs_history: SkillLine {
                    log: log_score,
                    log_score,
                    crps: skill(|s| s.crps),
                    wis: skill(|s| s.wis),
                },
                difference_from_history: differences(own, history, seed),
                difference_from: if m == rolling.stack() {
                    let one = |k: usize| (rolling.name(k).0, differences(own, &rolling.scores[k][t], seed));
                    (0..rolling.models.len()).map(one).collect()
                } else {
                    BTreeMap::new()
                },
            });
        }
    }
    out
}

fn more_captured(own: &[OriginScores], other: &[OriginScores], risen: bool, seed: u64) -> BTreeMap<u32, Interval> {
    let one = |i: usize| capture_difference(own, other, i, risen, seed).into();
    CAPTURE.into_iter().enumerate().map(|(i, share)| (share, one(i))).collect()
}

fn differences(own: &[OriginScores], other: &[OriginScores], seed: u64) -> Differences {
    Differences {
        log_score: difference(own, other, |s| s.log_score, seed).into(),
        crps: difference(own, other, |s| s.crps, seed).into(),
    }
}

fn text(report: &Report, out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "{} events, {} cells, {} areas; {} issue days from {} to {}, every {} days",
        report.events, report.cells, report.areas, report.origins, report.from, report.to, report.step
    )?;
    for note in &report.notes {
        writeln!(out, "note: {note}")?;
    }
    writeln!(
        out,
        "\n{:<16} {:<6} {:>4} {:>10} {:>9} {:>7} {:>7} {:>26} {:>6} {:>6}",
        "model", "level", "days", "log score", "CRPS", "in 80 %", "stated", "log skill vs history", "top 5%", "top10%"
    )?;
    for l in &report.results {
        let skill = match (l.skill_vs_history.log.value, l.skill_vs_history.log.lower, l.skill_vs_history.log.upper) {
            (Some(v), Some(a), Some(b)) => format!("{v:+.4} ({a:+.4} to {b:+.4})"),
            (Some(v), ..) => format!("{v:+.4}"),
            _ => String::new(),
        };
        let capture = |p: u32| {
            l.capture.as_ref().and_then(|c| c.get(&p)).map_or_else(|| "–".to_owned(), |c| format!("{:.1}%", 100.0 * c))
        };
        writeln!(
            out,
            "{:<16} {:<6} {:>4} {:>10.5} {:>9.5} {:>7.3} {:>7.3} {:>26} {:>6} {:>6}",
            l.model,
            l.level.as_str(),
            l.horizon,
            l.log_score,
            l.crps,
            l.coverage[&80],
            l.coverage_stated[&80],
            skill,
            capture(5),
            capture(10)
        )?;
    }
    writeln!(
        out,
        "\nSmaller scores are better. Skill 0 is no better than the long-run mean. {} ms",
        report.elapsed_ms
    )?;
    Ok(())
}

#[cfg(test)]
#[path = "backtest_tests.rs"]
mod tests;
