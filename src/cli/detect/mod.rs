//! `emberwatch detect`: temporal detectors on plain files.
//!
//! The files are read and written here; what a method is called, which options it has and what it does with a
//! series is told by [`methods`], which is where the next one goes.

mod methods;
mod options;
mod points;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use rayon::prelude::*;

use crate::{
    detect::{Judgement, pooled::PooledOptions},
    domain::{count_series::CountSeries, time::Day},
};
use methods::{Judge, Method, pooled};
use options::Given;
use read::TableSeries;

/// Look for unusual days or weeks in series of counts, or for clusters in single events.
///
/// A series may be daily or weekly, which is found from its dates; a date between the first and the last
/// that is missing is an error, because no data is not a zero. What lies before --from is history: it is not
/// judged, but the method learns from it.
///
/// Answer: series_id, date, observed, expected, upper_bound, score, p_value, alarm (1, 0, or empty) and, where
/// something is empty, the reason.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment, after_long_help = methods::help(), after_help = methods::EXAMPLES)]
pub struct DetectArgs {
    /// Table `series_id,date,count[,population][,expected]`.
    #[arg(long, required_unless_present = "points")]
    pub series: Option<PathBuf>,
    /// Table `event_id,date,latitude,longitude` of single events, for --method stcd; or `t` (a number) for the
    /// date, and `x,y` for places on a plane.
    #[arg(long, conflicts_with = "series")]
    pub points: Option<PathBuf>,
    /// One of the methods below.
    #[arg(long)]
    pub method: String,
    /// A setting of the method, as key=value; may be given more than once.
    #[arg(long = "option", value_name = "KEY=VALUE")]
    pub options: Vec<String>,
    /// First day to be judged.
    #[arg(long)]
    pub from: Option<String>,
    /// Last day to be judged.
    #[arg(long)]
    pub to: Option<String>,
    #[arg(long, default_value = "json")]
    pub format: DetectFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DetectFormat {
    Json,
    Csv,
}

/// A series with its name and what was said of the positions to be judged.
struct Judged {
    id: String,
    series: TableSeries,
    range: Range<usize>,
    judgements: Vec<Judgement>,
}

/// Run the command and print its answer.
///
/// # Errors
/// With one line that says what is wrong in which file, or which option is not known.
pub fn run(args: &DetectArgs) -> Result<()> {
    print!("{}", answer(args)?);
    Ok(())
}

/// The text that the command prints.
///
/// # Errors
/// As [`run`].
pub fn answer(args: &DetectArgs) -> Result<String> {
    let method = methods::named(&args.method)?;
    let given = Given::new(method, &args.options)?;
    match (&args.series, &args.points) {
        (_, Some(file)) if method.name == points::NAME => points::answer(args, file, given),
        (_, Some(_)) => bail!("--points is for --method {}; {} judges --series", points::NAME, method.name),
        (Some(_), None) if method.name == points::NAME => {
            bail!("--method {} judges single events: --points", method.name)
        }
        (Some(file), None) => series_answer(args, file, method, given),
        (None, None) => bail!("--series or --points is needed"),
    }
}

fn series_answer(args: &DetectArgs, file: &Path, method: &Method, mut given: Given) -> Result<String> {
    // The pooled detector looks at all series together, every other method at one after the other.
    let pool = if method.name == pooled::NAME { Some(pooled::options(&mut given)?) } else { None };
    let judge = (method.prepare)(&mut given)?;
    let (from, to) = (limit("--from", args.from.as_deref())?, limit("--to", args.to.as_deref())?);
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        bail!("--to {to} lies before --from {from}");
    }
    let all = read::series(file, given.text("mean") == "column")?;
    let wanted = all.into_iter().map(|(id, series)| (id, wanted(&series, from, to), series)).collect::<Vec<_>>();
    if wanted.iter().all(|(_, range, _)| range.is_empty()) {
        bail!("{}: no date lies within --from and --to", file.display());
    }
    let judged = match pool {
        Some(options) => judge_together(wanted, &options)?,
        None => judge_apart(wanted, &judge)?,
    };
    match args.format {
        DetectFormat::Json => write::as_json(method.name, &given.resolved(), &judged),
        DetectFormat::Csv => write::as_csv(&judged),
    }
}

type Wanted = Vec<(String, Range<usize>, TableSeries)>;

fn judge_apart(wanted: Wanted, judge: &Judge) -> Result<Vec<Judged>> {
    let progress = super::study::progress(wanted.len() as u64);
    let judged = wanted
        .into_par_iter()
        .map(|(id, range, series)| {
            let judgements = judge(&series, range.clone()).map_err(|e| e.context(format!("series \"{id}\"")))?;
            progress.inc(1);
            Ok(Judged { id, series, range, judgements })
        })
        .collect();
    progress.finish_and_clear();
    judged
}

fn judge_together(wanted: Wanted, options: &PooledOptions) -> Result<Vec<Judged>> {
    let all: Vec<(Range<usize>, &TableSeries)> =
        wanted.iter().map(|(_, range, series)| (range.clone(), series)).collect();
    let judgements = pooled::judge_all(&all, options)?;
    let one = |((id, range, series), judgements)| Judged { id, series, range, judgements };
    Ok(wanted.into_iter().zip(judgements).map(one).collect())
}

fn limit(name: &str, text: Option<&str>) -> Result<Option<Day>> {
    text.map(|t| t.parse::<Day>().map_err(|e| anyhow::anyhow!("{name}: {e}"))).transpose()
}

/// The positions between two days, both included.
fn wanted(series: &CountSeries, from: Option<Day>, to: Option<Day>) -> Range<usize> {
    let n = series.counts.len();
    let start = (0..n).find(|&i| from.is_none_or(|f| f <= series.day(i))).unwrap_or(n);
    let end = (0..n).rfind(|&i| to.is_none_or(|t| series.day(i) <= t)).map_or(0, |i| i + 1);
    start..end.max(start)
}
