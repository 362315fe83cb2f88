//! `emberwatch calibrate`: how often the rules cry wolf, and what they see, on own data or on stated rates.

use std::{fmt::Write, path::PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::{
    Shell,
    study::{Study, StudyArgs},
};
use crate::{
    cells,
    detect::{
        calibration::{
            Calibration, Setting, calibrate,
            worlds::{Null, OutbreakKind},
        },
        scan::{LongestWindow, ScanOptions, Ties},
    },
    domain::place::{Cell, Point, Resolution},
};

/// Kinds of outbreaks that are put into the worlds.
const OUTBREAKS: [OutbreakKind; 5] = [
    OutbreakKind { places: 1, line: false, days: 2, extra: 4 },
    OutbreakKind { places: 7, line: false, days: 4, extra: 8 },
    OutbreakKind { places: 7, line: false, days: 14, extra: 12 },
    OutbreakKind { places: 6, line: true, days: 7, extra: 10 },
    OutbreakKind { places: 19, line: false, days: 7, extra: 16 },
];

/// Without --events: invented places, 91 hexagons with a town in the middle, at each of the --rates.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  emberwatch calibrate --rates 0.3,1,3,10,30\n  emberwatch calibrate --events events.csv --resolution 7 --format json\n\nEvery rule is set to the same rate of false alarms on worlds in which nothing happens; then outbreaks of known\nplace and size are put into other worlds. An events file gives the places, the days and the numbers; which event\nfell where is dealt out anew, so that no cluster is left in it."
)]
pub struct Args {
    /// CSV as for `backtest`: the own events, from which worlds without a cluster are made
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// H3 resolution of the cells of --events, 5 to 9
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u8).range(5..=9))]
    resolution: u8,
    /// Events a day of the invented worlds
    #[arg(long, value_delimiter = ',', default_value = "0.3,1,3,10,30", conflicts_with = "events")]
    rates: Vec<f64>,
    /// One false alarm in so many days is asked of every rule
    #[arg(long, default_value_t = 50.0, value_name = "DAYS")]
    budget: f64,
    /// Worlds without an outbreak
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(4..=10_000))]
    worlds: u32,
    /// Worlds for each kind of outbreak
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    outbreak_worlds: u32,
    /// Fewest cases of a cluster. With 3 or more, and less than an event a day, chance cannot always make a cluster at
    /// all, and alarms come less often than promised
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=1000))]
    min_cases: u32,
    /// Monte Carlo replications of each scan
    #[arg(long, default_value_t = 199, value_parser = clap::value_parser!(u32).range(19..=99_999))]
    replications: u32,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, value_enum, default_value = "text")]
    format: super::TextOrJson,
}

/// Days that the invented worlds are judged for, and the days before them.
const JUDGED: usize = 60;
const WARM_UP: usize = 120;

pub fn run(args: &Args, shell: &Shell) -> Result<()> {
    if !(args.budget >= 1.0 && args.budget.is_finite()) {
        bail!("--budget {} is not a number of days; expected 1 or more", args.budget);
    }
    if let Some(bad) = args.rates.iter().find(|r| !(r.is_finite() && **r > 0.0 && **r <= 1000.0)) {
        bail!("--rates {bad} is not a rate; expected more than 0 and at most 1000 events a day");
    }
    let settings = match &args.events {
        Some(file) => vec![own(args, file)?],
        None => args.rates.iter().map(|rate| invented(args, *rate)).collect::<Result<_>>()?,
    };
    let mut done = Vec::new();
    for setting in &settings {
        done.push(calibrate(setting).context("calibrating the scan")?);
    }
    if args.format.is_text() {
        return shell.say(format_args!("{}", text(&done, args).trim_end()));
    }
    let document = json!({
        "budget_days": args.budget, "replications": args.replications, "seed": args.seed, "calibrations": done,
    });
    shell.say(format_args!("{}", serde_json::to_string_pretty(&document)?))
}

fn setting(args: &Args, centres: Vec<Point>, area_of: Vec<u32>, null: Null, days: usize, warm_up: usize) -> Setting {
    Setting {
        centres,
        area_of,
        null,
        days,
        warm_up,
        scan: ScanOptions {
            longest: LongestWindow::Days(21.min(warm_up as u32 / 2).max(1)),
            max_radius_km: Some(30.0),
            min_cases: args.min_cases,
            replications: args.replications,
            // As the service does.
            ties: Ties::Random,
            ..ScanOptions::default()
        },
        budget_days: args.budget,
        null_worlds: args.worlds as usize,
        outbreak_worlds: args.outbreak_worlds as usize,
        outbreaks: OUTBREAKS.to_vec(),
        seed: args.seed,
    }
}

/// Ninety-one hexagons of resolution 7, four times as busy in the middle as at the edge, in a few areas.
fn invented(args: &Args, rate: f64) -> Result<Setting> {
    let middle = Point::new(44.8, -68.8).context("a point in Maine")?;
    let cells = cells::disk(middle.cell(Resolution::Seven), 5);
    let centres = cells::centres(&cells);
    let weights = centres.iter().map(|c| 1.0 + 3.0 * (-c.distance_km(middle) / 6.0).exp()).collect();
    let area_of = areas(&cells, Resolution::Five);
    Ok(setting(args, centres, area_of, Null::Poisson { rate, weights }, WARM_UP + JUDGED, WARM_UP))
}

/// By cell: the number of the coarser cell that it lies in.
fn areas(cells: &[Cell], resolution: Resolution) -> Vec<u32> {
    let parents: Vec<Option<Cell>> = cells.iter().map(|c| c.parent(resolution)).collect();
    let mut distinct = parents.clone();
    distinct.sort_unstable();
    distinct.dedup();
    parents.iter().map(|p| distinct.iter().position(|d| d == p).unwrap_or(0) as u32).collect()
}

fn own(args: &Args, file: &std::path::Path) -> Result<Setting> {
    let study = Study::read(&StudyArgs::of_file(file, args.resolution))?;
    let days = study.days.len();
    if days < 2 * JUDGED {
        bail!("{}: {days} days of events; expected {} or more", file.display(), 2 * JUDGED);
    }
    let mut seen: Vec<u32> = study.cell_counts.iter().map(|s| s.place).collect();
    seen.sort_unstable();
    seen.dedup();
    if seen.len() < 2 {
        bail!("{}: all events lie in one cell; expected a finer --resolution", file.display());
    }
    let (mut places, mut when) = (Vec::new(), Vec::new());
    for s in &study.cell_counts {
        let place = seen.binary_search(&s.place).unwrap_or(0) as u32;
        for _ in 0..s.count {
            places.push(place);
            when.push(s.day);
        }
    }
    let centres = seen.iter().map(|c| study.centres[*c as usize]).collect();
    let area_of = seen.iter().map(|c| study.cell_area[*c as usize].unwrap_or(0)).collect();
    // The scan looks back as far as the service does; what is left of the data is judged.
    let warm_up = (days / 2).min(365);
    let judged = days.min(warm_up + JUDGED);
    // The last days of the data: they are the ones that today resembles.
    let from = (days - judged) as u32;
    let kept: Vec<usize> = (0..when.len()).filter(|i| when[*i] >= from).collect();
    let null = Null::Permuted {
        places: kept.iter().map(|i| places[*i]).collect(),
        days: kept.iter().map(|i| when[*i] - from).collect(),
    };
    Ok(setting(args, centres, area_of, null, judged, warm_up))
}

/// Tables that can be read on a terminal and pasted into a report.
fn text(done: &[Calibration], args: &Args) -> String {
    let mut out = String::new();
    for c in done {
        let _ = writeln!(
            out,
            "{:.1} events a day, {} days without an outbreak judged, {} cases or more, {} replications, seed {}",
            c.events_a_day, c.null_days, args.min_cases, args.replications, args.seed
        );
        let verdict = if c.ks <= c.ks_limit { "uniform" } else { "NOT uniform" };
        let _ = writeln!(out, "  p-values of the scan: {verdict} (KS {:.3}, limit {:.3})", c.ks, c.ks_limit);
        for p in &c.promises {
            let _ = writeln!(
                out,
                "  \"once in {:.0} days\" came {} times in {} days: {:.2} of what it promises",
                p.recurrence_days, p.signals, p.days, p.ratio
            );
        }
        let _ = writeln!(out, "\n  | rule | threshold | false alarms a year | {} |", kinds(c));
        let _ = writeln!(out, "  |---|---|---|{}", "---|".repeat(c.rules.first().map_or(0, |r| r.outbreaks.len())));
        for rule in &c.rules {
            let _ = write!(out, "  | {} | {:.2} | {:.1} |", rule.rule, rule.threshold, rule.false_alarms_a_year);
            for seen in &rule.outbreaks {
                let _ = write!(out, " {:.0} %", 100.0 * seen.seen as f64 / seen.worlds.max(1) as f64);
                if let (Some(days), Some(overlap)) = (seen.median_days, seen.overlap) {
                    let _ = write!(out, ", day {days:.0}, {overlap:.2}");
                }
                out.push_str(" |");
            }
            out.push('\n');
        }
        out.push_str("\n  seen, median days from its first day to the alarm, places in common (Jaccard)\n\n");
    }
    out
}

fn kinds(c: &Calibration) -> String {
    let names = c.rules.first().map(|r| r.outbreaks.iter().map(|o| o.outbreak.clone()).collect::<Vec<_>>());
    names.unwrap_or_default().join(" | ")
}
