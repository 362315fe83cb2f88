//! `emberwatch detect`: temporal detectors on plain files.

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::table::Table;
use crate::{
    detect::ears::{EarsDay, EarsMethod, EarsOptions, ears},
    domain::time::{Day, DayRange},
};

const METHODS: &str = "ears-c1, ears-c2, ears-c3";

/// Look for unusual days or weeks in series of counts.
///
/// Options, as --option key=value:
///   baseline   days (or weeks) in the baseline, 2 or more          [default: 7]
///   min_sigma  the least standard deviation that is believed; 0 for parity with R surveillance  [default: 0.5]
///   alpha      one-sided level of the bound          [default: 0.001; 0.025 for ears-c3]
///   lag        days between baseline and day judged        [default: 0 for ears-c1, 2 otherwise]
///
/// A series may be daily or weekly, which is found from its dates; a date between the first and the last
/// that is missing is an error, because no data is not a zero.
///
/// Example:
///   emberwatch detect --series counts.csv --method ears-c2 --option min_sigma=0 --format csv
#[derive(Debug, Clone, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:\n  emberwatch detect --series series.csv --method ears-c2 --option min_sigma=0.5 --format csv"
)]
pub struct DetectArgs {
    /// Table `series_id,date,count[,population]`.
    #[arg(long)]
    pub series: PathBuf,
    /// ears-c1, ears-c2 or ears-c3.
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
    let options = options(args)?;
    let all = read(args)?;
    let limit = |text: &Option<String>, name: &str| match text {
        Some(t) => t.parse::<Day>().map(Some).map_err(|e| anyhow::anyhow!("{name}: {e}")),
        None => Ok(None),
    };
    let (from, to) = (limit(&args.from, "--from")?, limit(&args.to, "--to")?);
    let wanted = |day: Day| from.is_none_or(|f| f <= day) && to.is_none_or(|t| day <= t);
    let mut rows = Vec::new();
    for (id, series) in &all {
        let counts: Vec<u32> = series.counts.clone();
        for ((i, day), judged) in series.days().enumerate().zip(ears(&counts, &options)) {
            if wanted(day) {
                rows.push(row(id, day, counts[i], judged, &options));
            }
        }
    }
    match args.format {
        DetectFormat::Json => {
            let document = json!({
                "method": args.method,
                "options": { "baseline": options.baseline, "lag": options.lag, "min_sigma": options.min_sigma, "alpha": options.alpha },
                "series": all.len(),
                "rows": rows,
            });
            Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
        }
        DetectFormat::Csv => as_csv(&rows),
    }
}

fn options(args: &DetectArgs) -> Result<EarsOptions> {
    let method = match args.method.as_str() {
        "ears-c1" => EarsMethod::C1,
        "ears-c2" => EarsMethod::C2,
        "ears-c3" => EarsMethod::C3,
        other => bail!("--method {other} is not known; expected one of {METHODS}"),
    };
    let mut options = EarsOptions::new(method);
    for given in &args.options {
        let Some((key, value)) = given.split_once('=') else {
            bail!("--option {given}: expected key=value");
        };
        let wrong = |expected: &str| anyhow::anyhow!("--option {key}={value}: expected {expected}");
        match key.trim() {
            "baseline" => {
                options.baseline = value
                    .parse()
                    .ok()
                    .filter(|b| (2..=3660).contains(b))
                    .ok_or_else(|| wrong("a whole number from 2 to 3660"))?;
            }
            "lag" => {
                options.lag =
                    value.parse().ok().filter(|l| *l <= 366).ok_or_else(|| wrong("a whole number from 0 to 366"))?;
            }
            "min_sigma" => {
                options.min_sigma = value
                    .parse()
                    .ok()
                    .filter(|s: &f64| *s >= 0.0 && s.is_finite())
                    .ok_or_else(|| wrong("a number of cases, 0 or more"))?;
            }
            "alpha" => {
                options.alpha = value
                    .parse()
                    .ok()
                    .filter(|a| *a > 0.0 && *a < 1.0)
                    .ok_or_else(|| wrong("a level between 0 and 1"))?;
            }
            _ => bail!("--option {key} is not known; {} has baseline, lag, min_sigma, alpha", args.method),
        }
    }
    Ok(options)
}

/// Counts at a regular step from the first day on.
struct Series {
    first: Day,
    step: i32,
    counts: Vec<u32>,
}

impl Series {
    fn days(&self) -> impl Iterator<Item = Day> + '_ {
        (0..self.counts.len() as i32).map(|i| self.first + i * self.step)
    }
}

fn read(args: &DetectArgs) -> Result<BTreeMap<String, Series>> {
    let table = Table::read(&args.series, &["series_id", "date", "count"])?;
    let mut counts: BTreeMap<String, BTreeMap<Day, u32>> = BTreeMap::new();
    for row in table.rows() {
        let id = row.text("series_id").to_owned();
        let day = row.day("date")?;
        let count = row.parse("count", "a whole number, 0 or more")?;
        if counts.entry(id).or_default().insert(day, count).is_some() {
            bail!(row.wrong("date", "a new date of its series; this one has a row already"));
        }
    }
    counts.into_iter().map(|(id, days)| Ok((id.clone(), regular(table.name(), &id, &days)?))).collect()
}

/// Daily unless all dates are whole weeks apart.
fn regular(file: &str, id: &str, days: &BTreeMap<Day, u32>) -> Result<Series> {
    let dates: Vec<Day> = days.keys().copied().collect();
    let (first, last) = (dates[0], dates[dates.len() - 1]);
    let weekly = dates.len() > 1 && dates.iter().all(|&d| (d - first) % 7 == 0);
    let step = if weekly { 7 } else { 1 };
    let range = DayRange { from: first, to: last };
    match range.days().step_by(step as usize).find(|d| !days.contains_key(d)) {
        Some(missing) => bail!(
            "{file}: series \"{id}\" has no row for {missing}; expected a count (0 if nothing happened) for every {} from {first} to {last}",
            if weekly { "week" } else { "day" }
        ),
        None => Ok(Series { first, step, counts: days.values().copied().collect() }),
    }
}

fn row(id: &str, day: Day, observed: u32, judged: Option<EarsDay>, options: &EarsOptions) -> Value {
    let number = |x: f64| if x.is_finite() { json!(x) } else { Value::Null };
    let reason = match judged {
        None => format!("needs {} earlier counts", options.first()),
        Some(d) if d.upper_bound.is_nan() => "the baseline has no spread; set min_sigma above 0".to_owned(),
        Some(d) if !d.score.is_finite() => "the baseline has no spread, so the score has no finite value".to_owned(),
        Some(_) => String::new(),
    };
    json!({
        "series_id": id,
        "date": day,
        "observed": observed,
        "expected": judged.map_or(Value::Null, |d| number(d.expected)),
        "upper_bound": judged.map_or(Value::Null, |d| number(d.upper_bound)),
        "score": judged.map_or(Value::Null, |d| number(d.score)),
        "p_value": judged.map_or(Value::Null, |d| number(d.p_value)),
        "alarm": judged.and_then(|d| d.alarm()).map(u8::from),
        "reason": reason,
    })
}

fn as_csv(rows: &[Value]) -> Result<String> {
    let columns = ["series_id", "date", "observed", "expected", "upper_bound", "score", "p_value", "alarm", "reason"];
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
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        detect: DetectArgs,
    }

    fn detect(series: &str, more: &[&str]) -> Result<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("series.csv");
        std::fs::write(&path, series).unwrap();
        let path = path.display().to_string();
        let mut line = vec!["detect", "--series", &path];
        line.extend(more);
        answer(&Command::try_parse_from(line)?.detect)
    }

    fn daily(counts: &[u32]) -> String {
        let rows = counts.iter().enumerate().map(|(i, n)| format!("s,2025-03-{:02},{n}\n", i + 1));
        format!("series_id,date,count\n{}", rows.collect::<String>())
    }

    #[test]
    fn every_day_has_an_answer_or_a_reason() {
        let text = detect(&daily(&[1, 2, 3, 2, 1, 2, 3, 30]), &["--method", "ears-c1", "--format", "csv"]).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "series_id,date,observed,expected,upper_bound,score,p_value,alarm,reason");
        assert_eq!(lines[1], "s,2025-03-01,1,,,,,,needs 7 earlier counts");
        assert!(lines[8].starts_with("s,2025-03-08,30,2.0,") && lines[8].ends_with(",1,"), "{}", lines[8]);
    }

    #[test]
    fn an_unknown_method_is_answered_with_the_known_ones() {
        let said = detect(&daily(&[1]), &["--method", "magic"]).unwrap_err().to_string();
        assert_eq!(said, "--method magic is not known; expected one of ears-c1, ears-c2, ears-c3");
        let said = detect(&daily(&[1]), &["--method", "ears-c2", "--option", "k=3"]).unwrap_err().to_string();
        assert_eq!(said, "--option k is not known; ears-c2 has baseline, lag, min_sigma, alpha");
    }

    #[test]
    fn a_missing_day_is_not_a_zero() {
        let gap = "series_id,date,count\ns,2025-03-01,1\ns,2025-03-04,1\n";
        let said = detect(gap, &["--method", "ears-c1"]).unwrap_err().to_string();
        assert!(said.contains("series \"s\" has no row for 2025-03-02"), "{said}");
    }

    #[test]
    fn whole_weeks_apart_is_a_weekly_series() {
        let rows: String = (0..9).map(|i| format!("w,{},2\n", Day::from_epoch_days(20_000 + 7 * i))).collect();
        let text = detect(&format!("series_id,date,count\n{rows}"), &["--method", "ears-c1"]).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["rows"].as_array().unwrap().len(), 9);
        assert_eq!(document["rows"][8]["alarm"], json!(0));
    }
}
