//! `emberwatch nowcast`: recent counts corrected for reporting delay, on plain files.

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::{Result, bail};
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::table::{Row, Table};
use crate::{
    domain::{
        time::{Day, DayRange, Zone},
        triangle::ReportingTriangle,
    },
    nowcast::{Method, Nowcast, NowcastOptions, TotalPrior, Weekdays, nowcast},
};

const KEYS: &str = "prior, mean_lambda, var_lambda, lambda, n_max, kappa, window, half_life, samples, seed, weekday, \
     day_to_day";

/// Correct recent counts for what has not been reported yet, each source by its own delays.
///
/// Methods, named as in R surveillance:
///   bayes.trunc        generalised Dirichlet delays under right truncation (Höhle & an der Heiden 2014)
///   bayes.notrunc      delays from days that have shown every delay
///   bayes.notrunc.bnb  the same in closed form, each age by itself
///   lawless            maximum likelihood with a Gaussian prediction (Lawless 1994)
///
/// Options, as --option key=value:
///   prior        recent, poisgamma, pois or unif                         [default: recent]
///   mean_lambda, var_lambda   of poisgamma;  lambda  of pois;  n_max  of unif, 300 where it is left out
///   kappa        concentration of the Dirichlet prior, for each delay    [default: 0.1]
///   window       learn delays from the newest so many days               [default: all]
///   half_life    older days count half as much every so many days        [default: alike]
///   weekday      auto or no: delays by weekday of occurrence where the data show them  [default: auto]
///   day_to_day   yes or no: the share known may vary more than chance    [default: yes]
///   samples, seed   draws from the posterior of the delays               [default: 1000, 1]
///
/// Example:
///   emberwatch nowcast --reports reports.csv --as-of 2026-03-01 --max-delay 21 --format csv
#[derive(Debug, Clone, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:\n  emberwatch nowcast --reports reports.csv --as-of 2026-03-01 --max-delay 21 --format csv"
)]
pub struct NowcastArgs {
    /// Table `source,occurred_at,received_at[,count]`; dates or instants. `occurred_date`, `received_date` and
    /// `date` are names of the same columns. No source column is one source.
    #[arg(long)]
    pub reports: PathBuf,
    /// What was known at the end of this day; the last receipt when not given.
    #[arg(long)]
    pub as_of: Option<String>,
    #[arg(long, default_value = "bayes.trunc")]
    pub method: String,
    /// Longest delay in days; later reports count as arriving then.
    #[arg(long, default_value_t = 15)]
    pub max_delay: usize,
    /// The zone whose days instants fall in.
    #[arg(long, default_value = "UTC")]
    pub zone: String,
    /// First day to be listed; the whole period when not given.
    #[arg(long)]
    pub from: Option<String>,
    /// A setting of the method, as key=value; may be given more than once.
    #[arg(long = "option", value_name = "KEY=VALUE")]
    pub options: Vec<String>,
    #[arg(long, default_value = "json")]
    pub format: NowcastFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NowcastFormat {
    Json,
    Csv,
}

/// Run the command and print its answer.
///
/// # Errors
/// With one line that says what is wrong in which file, or which option is not known.
pub fn run(args: &NowcastArgs) -> Result<()> {
    print!("{}", answer(args)?);
    Ok(())
}

/// The text that the command prints.
///
/// # Errors
/// As [`run`].
pub fn answer(args: &NowcastArgs) -> Result<String> {
    let options = options(args)?;
    if !(1..=365).contains(&args.max_delay) {
        bail!("--max-delay {}: expected a whole number of days from 1 to 365", args.max_delay);
    }
    let zone: Zone = args.zone.parse().map_err(|e| anyhow::anyhow!("--zone: {e}"))?;
    let day = |text: &Option<String>, name: &str| match text {
        Some(t) => t.parse::<Day>().map(Some).map_err(|e| anyhow::anyhow!("{name}: {e}")),
        None => Ok(None),
    };
    let (as_of, from) = (day(&args.as_of, "--as-of")?, day(&args.from, "--from")?);
    let reports = read(args, zone)?;
    let known = |r: &&Report| as_of.is_none_or(|day| r.received <= day && r.occurred <= day);
    let Some(as_of) = as_of.or_else(|| reports.iter().map(|r| r.received).max()) else {
        bail!("{}: there is no report in the table; expected at least one", args.reports.display());
    };
    let mut by_source: BTreeMap<&str, Vec<&Report>> = BTreeMap::new();
    for report in reports.iter().filter(known) {
        by_source.entry(&report.source).or_default().push(report);
    }
    if by_source.is_empty() {
        bail!("{}: nothing had been received by {as_of}; expected a later --as-of", args.reports.display());
    }
    let mut rows = Vec::new();
    for (source, reports) in &by_source {
        // Days before a source's first event are days before it began.
        let first = reports.iter().map(|r| r.occurred).min().unwrap_or(as_of);
        let days = DayRange { from: first, to: as_of };
        let counts = reports.iter().filter_map(|r| {
            Some((days.index(r.occurred)?, usize::try_from(r.received - r.occurred).unwrap_or(0), r.count))
        });
        let triangle = ReportingTriangle::from_counts(days, args.max_delay, counts);
        let corrected = nowcast(&triangle, &options);
        rows.extend(corrected.iter().filter(|n| from.is_none_or(|f| n.day >= f)).map(|n| row(source, n)));
    }
    match args.format {
        NowcastFormat::Json => {
            let document = json!({
                "method": args.method,
                "as_of": as_of,
                "max_delay": args.max_delay,
                "samples": options.samples,
                "seed": options.seed,
                "sources": by_source.len(),
                "rows": rows,
            });
            Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
        }
        NowcastFormat::Csv => as_csv(&rows),
    }
}

struct Report {
    source: String,
    occurred: Day,
    received: Day,
    count: u32,
}

fn read(args: &NowcastArgs, zone: Zone) -> Result<Vec<Report>> {
    let table = Table::read(&args.reports, &[])?;
    let column = |names: &[&'static str]| match names.iter().find(|name| table.has(name)) {
        Some(name) => Ok(*name),
        None => bail!(
            "{}: line 1: there is no column \"{}\"; expected source,occurred_at,received_at[,count]",
            table.name(),
            names[0]
        ),
    };
    let occurred = column(&["occurred_at", "occurred_date", "occurred", "date"])?;
    let received = column(&["received_at", "received_date", "received"])?;
    let mut reports = Vec::new();
    for row in table.rows() {
        let report = Report {
            source: row.text("source").to_owned(),
            occurred: moment(&row, occurred, zone)?,
            received: moment(&row, received, zone)?,
            count: if table.has("count") { row.parse("count", "a whole number, 0 or more")? } else { 1 },
        };
        if report.received < report.occurred {
            bail!(row.wrong(received, "on or after the day of occurrence"));
        }
        reports.push(report);
    }
    Ok(reports)
}

/// The day of a date or an instant.
fn moment(row: &Row, column: &str, zone: Zone) -> Result<Day> {
    let text = row.text(column);
    if let Ok(day) = text.parse::<Day>() {
        return Ok(day);
    }
    match text.parse::<DateTime<Utc>>() {
        Ok(instant) => Ok(Day::of(instant, zone)),
        Err(_) => bail!(row.wrong(column, "a date as YYYY-MM-DD or an instant as 2026-03-01T04:10:00Z")),
    }
}

fn options(args: &NowcastArgs) -> Result<NowcastOptions> {
    let Some(method) = Method::ALL.into_iter().find(|m| m.name() == args.method) else {
        let known: Vec<&str> = Method::ALL.iter().map(|m| m.name()).collect();
        bail!("--method {} is not known; expected one of {}", args.method, known.join(", "));
    };
    let mut options = NowcastOptions { method, ..NowcastOptions::default() };
    let (mut prior, mut mean, mut variance, mut lambda, mut most) = ("recent".to_owned(), None, None, None, 300u32);
    for given in &args.options {
        let Some((key, value)) = given.split_once('=') else {
            bail!("--option {given}: expected key=value");
        };
        let (key, value) = (key.trim(), value.trim());
        let wrong = |expected: &str| anyhow::anyhow!("--option {key}={value}: expected {expected}");
        let positive = || {
            let number = value.parse::<f64>().ok().filter(|x| *x > 0.0 && x.is_finite());
            number.ok_or_else(|| wrong("a number above 0"))
        };
        match key {
            "prior" => value.clone_into(&mut prior),
            "mean_lambda" => mean = Some(positive()?),
            "var_lambda" => variance = Some(positive()?),
            "lambda" => lambda = Some(positive()?),
            "n_max" => most = value.parse().map_err(|_| wrong("a whole number, 0 or more"))?,
            "kappa" => options.kappa = positive()?,
            "half_life" => options.half_life = Some(positive()?),
            "window" => {
                let days = value.parse().ok().filter(|d| *d >= 1);
                options.window = Some(days.ok_or_else(|| wrong("a whole number of days, 1 or more"))?);
            }
            "samples" => {
                let samples = value.parse().ok().filter(|s| (10..=100_000).contains(s));
                options.samples = samples.ok_or_else(|| wrong("a whole number from 10 to 100000"))?;
            }
            "seed" => options.seed = value.parse().map_err(|_| wrong("a whole number, 0 or more"))?,
            "weekday" => {
                options.weekdays = match value {
                    "auto" => Weekdays::IfEvident,
                    "no" => Weekdays::Pooled,
                    _ => return Err(wrong("auto or no")),
                }
            }
            "day_to_day" => {
                options.day_to_day = match value {
                    "yes" => true,
                    "no" => false,
                    _ => return Err(wrong("yes or no")),
                }
            }
            _ => bail!("--option {key} is not known; nowcast has {KEYS}"),
        }
    }
    options.prior = prior_of(&prior, mean, variance, lambda, most)?;
    Ok(options)
}

/// The prior that these settings together name.
fn prior_of(
    prior: &str,
    mean: Option<f64>,
    variance: Option<f64>,
    lambda: Option<f64>,
    most: u32,
) -> Result<TotalPrior> {
    Ok(match (prior, mean, variance, lambda) {
        ("recent", None, None, None) => TotalPrior::Recent,
        ("poisgamma", Some(mean), Some(variance), None) => TotalPrior::Gamma { mean, variance },
        ("pois", None, None, Some(mean)) => TotalPrior::Poisson { mean },
        ("unif", None, None, None) => TotalPrior::Uniform { max: most },
        ("poisgamma", ..) => bail!("--option prior=poisgamma needs mean_lambda and var_lambda, and no lambda"),
        ("pois", ..) => bail!("--option prior=pois needs lambda, and no mean_lambda or var_lambda"),
        ("recent" | "unif", ..) => bail!("--option prior={prior} takes no mean_lambda, var_lambda or lambda"),
        _ => bail!("--option prior={prior}: expected recent, poisgamma, pois or unif"),
    })
}

fn row(source: &str, corrected: &Nowcast) -> Value {
    let total = corrected.total;
    let bound = |of: fn(&crate::nowcast::Prediction) -> u32| total.as_ref().map(of);
    json!({
        "source": source,
        "day": corrected.day,
        "known": corrected.known,
        "expected_total": total.and_then(|t| t.expected),
        "median": bound(|t| t.median),
        "lo50": bound(|t| t.range50[0]),
        "hi50": bound(|t| t.range50[1]),
        "lo80": bound(|t| t.range80[0]),
        "hi80": bound(|t| t.range80[1]),
        "lo95": bound(|t| t.range95[0]),
        "hi95": bound(|t| t.range95[1]),
        "share_known": corrected.share_known,
        "reason": corrected.reason,
    })
}

fn as_csv(rows: &[Value]) -> Result<String> {
    let columns = [
        "source",
        "day",
        "known",
        "expected_total",
        "median",
        "lo50",
        "hi50",
        "lo80",
        "hi80",
        "lo95",
        "hi95",
        "share_known",
        "reason",
    ];
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns)?;
    for row in rows {
        writer.write_record(columns.map(|c| match &row[c] {
            Value::Null => String::new(),
            Value::String(s) => s.clone(),
            other => other.to_string(),
        }))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

#[cfg(test)]
#[path = "nowcast_tests.rs"]
mod tests;
