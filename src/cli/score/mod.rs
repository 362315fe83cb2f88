//! `emberwatch score`: how good were forecasts, now that what they forecast is known?

mod read;
mod rules;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::stats::{
    CountDistribution,
    scores::{CalibrationRule, CalibrationStatistic, EnsembleCrps, calibration_test, pit_histogram},
};

/// Bins of the PIT histogram.
const BINS: usize = 10;

/// Score forecasts of any maker by proper scoring rules; smaller is better.
///
/// The columns of the file say what kind of forecast it holds:
///
///   id,observed,mean                 Poisson counts
///   id,observed,mean,size            negative binomial counts, variance = mean + mean²/size (empty or inf: Poisson)
///   id,observed,mean,psi             the same, variance = mean + psi mean²
///   id,observed,mean,sd              normal
///   id,observed,level,value          quantiles, a row for each: value at probability level
///   id,observed,member,value         samples, a row for each member
///
/// Counts: log score, rps (the CRPS of counts), dss (Dawid-Sebastiani), ses (squared error of the mean), PIT histogram
/// and calibration tests of Wei & Held (2014). Normal: log score, crps, ses, PIT. Quantiles: quantile score (twice the
/// mean pinball loss), wis where levels lie evenly about a median, coverage of each interval. Samples: crps by the
/// estimator named, ses, PIT. An empty observed value is not known: its forecast is not scored.
#[derive(Debug, Clone, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:\n  emberwatch score --forecasts forecasts.csv --by model --format csv --table summary"
)]
pub struct ScoreArgs {
    /// Table of forecasts with what came, as above.
    #[arg(long)]
    pub forecasts: PathBuf,
    /// A column to summarise by, such as the model's name.
    #[arg(long, value_name = "COLUMN")]
    pub by: Option<String>,
    /// How the CRPS of a sample is estimated.
    #[arg(long, value_enum, default_value_t = EstimatorArg::Nrg)]
    pub estimator: EstimatorArg,
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub format: Format,
    /// Which table --format csv writes.
    #[arg(long, value_enum, default_value_t = CsvTable::Rows)]
    pub table: CsvTable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EstimatorArg {
    /// Of the sample itself: spread over 2m²; the same number as qd and int.
    #[value(alias = "qd", alias = "int")]
    Nrg,
    /// Unbiased for what the sample is from: spread over 2m(m−1); the same number as pwm.
    #[value(alias = "pwm")]
    Fair,
    /// Each member against the one before it.
    Akr,
    /// Each member against the one half the sample away.
    AkrCircperm,
}

impl EstimatorArg {
    fn estimator(self) -> EnsembleCrps {
        match self {
            Self::Nrg => EnsembleCrps::Nrg,
            Self::Fair => EnsembleCrps::Fair,
            Self::Akr => EnsembleCrps::Akr,
            Self::AkrCircperm => EnsembleCrps::AkrCircularPermutation,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Json,
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CsvTable {
    Rows,
    Summary,
}

/// One forecast with its scores.
struct Scored {
    id: String,
    by: String,
    observed: Option<f64>,
    /// Name and value; no value where `reason` says why.
    scores: Vec<(String, Option<f64>)>,
    /// P(Y < y) and P(Y ≤ y).
    pit: Option<(f64, f64)>,
    /// Nominal share of central intervals, and whether each held the truth.
    covered: Vec<(f64, bool)>,
    count: Option<(CountDistribution, u64)>,
    reason: String,
}

/// # Errors
/// One line that names what was wrong with the input; the command exits with 2.
pub fn run(args: &ScoreArgs, out: &mut dyn Write) -> Result<()> {
    let (kind, forecasts) = read::forecasts(args)?;
    let scored: Vec<Scored> = forecasts.into_iter().map(|f| rules::score(f, args.estimator.estimator())).collect();
    let rows: Vec<Value> = scored.iter().map(|s| row(s, args)).collect();
    let summary = summaries(&scored, args);
    match (args.format, args.table) {
        (Format::Json, _) => {
            let estimator = args.estimator.to_possible_value();
            let document = json!({
                "kind": kind.word(),
                "estimator": estimator.filter(|_| kind == read::Kind::Sample).map(|v| v.get_name().to_owned()),
                "forecasts": scored.len(),
                "summary": summary,
                "rows": rows,
            });
            Ok(writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?)
        }
        (Format::Csv, CsvTable::Rows) => csv(&rows, out),
        (Format::Csv, CsvTable::Summary) => csv(&summary.iter().map(flat).collect::<Vec<_>>(), out),
    }
}

fn row(s: &Scored, args: &ScoreArgs) -> Value {
    let mut row = Map::new();
    row.insert("id".to_owned(), json!(s.id));
    if let Some(by) = &args.by {
        row.insert(by.clone(), json!(s.by));
    }
    // A count is written as one.
    row.insert("observed".to_owned(), s.count.map_or_else(|| json!(s.observed), |(_, y)| json!(y)));
    row.extend(s.scores.iter().map(|(name, value)| (name.clone(), json!(value))));
    row.insert("reason".to_owned(), json!(s.reason));
    Value::Object(row)
}

/// Means over the forecasts of each group that were scored.
fn summaries(scored: &[Scored], args: &ScoreArgs) -> Vec<Value> {
    let mut groups: BTreeMap<&str, Vec<&Scored>> = BTreeMap::new();
    for s in scored {
        groups.entry(&s.by).or_default().push(s);
    }
    groups.into_iter().map(|(by, group)| summary(by, &group, args)).collect()
}

fn summary(by: &str, group: &[&Scored], args: &ScoreArgs) -> Value {
    let mut summary = Map::new();
    if let Some(column) = &args.by {
        summary.insert(column.clone(), json!(by));
    }
    summary.insert("forecasts".to_owned(), json!(group.len()));
    let known = group.iter().filter(|s| s.observed.is_some()).count();
    summary.insert("known".to_owned(), json!(known));
    let names: Vec<&String> =
        group.iter().max_by_key(|s| s.scores.len()).into_iter().flat_map(|s| s.scores.iter().map(|(n, _)| n)).collect();
    for name in names {
        let values: Vec<f64> =
            group.iter().flat_map(|s| s.scores.iter().filter(|(n, _)| n == name).filter_map(|(_, v)| *v)).collect();
        // A mean over some of the forecasts would flatter whoever has no score for the rest.
        let mean = (values.len() == known && known > 0).then(|| values.iter().sum::<f64>() / known as f64);
        summary.insert(name.clone(), json!(mean));
    }
    let mut shares: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    for (nominal, held) in group.iter().flat_map(|s| &s.covered) {
        let share = shares.entry(nominal.to_bits()).or_default();
        share.0 += f64::from(u8::from(*held));
        share.1 += 1.0;
    }
    let coverage: Vec<Value> = shares
        .into_iter()
        .map(|(nominal, (held, n))| json!({ "nominal": f64::from_bits(nominal), "covered": held / n, "forecasts": n as u64 }))
        .collect();
    summary.insert("coverage".to_owned(), Value::Array(coverage));
    let pit: Vec<(f64, f64)> = group.iter().filter_map(|s| s.pit).collect();
    let histogram = (!pit.is_empty()).then(|| pit_histogram(pit, BINS));
    summary.insert("pit".to_owned(), json!(histogram));
    let counts: Vec<(CountDistribution, u64)> = group.iter().filter_map(|s| s.count).collect();
    summary.insert("calibration".to_owned(), calibration(&counts));
    Value::Object(summary)
}

fn calibration(counts: &[(CountDistribution, u64)]) -> Value {
    if counts.is_empty() {
        return Value::Null;
    }
    let rules =
        [("dss", CalibrationRule::DawidSebastiani), ("log_score", CalibrationRule::Log), ("rps", CalibrationRule::Rps)];
    let tests = rules.map(|(name, rule)| {
        let test = calibration_test(counts, rule, CalibrationStatistic::EachScaled);
        (name.to_owned(), json!({ "z": test.z, "p_value": test.p }))
    });
    Value::Object(tests.into_iter().collect())
}

/// A summary as one row: parts within parts become columns of their own.
fn flat(summary: &Value) -> Value {
    let mut row = Map::new();
    for (key, value) in summary.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("coverage", Value::Array(all)) => {
                for c in all {
                    row.insert(format!("coverage_{}", c["nominal"]), c["covered"].clone());
                }
            }
            ("pit", Value::Array(all)) => {
                row.extend(all.iter().enumerate().map(|(i, d)| (format!("pit_{}", i + 1), d.clone())));
            }
            ("calibration", Value::Object(tests)) => {
                for (name, test) in tests {
                    row.insert(format!("calibration_{name}_z"), test["z"].clone());
                    row.insert(format!("calibration_{name}_p_value"), test["p_value"].clone());
                }
            }
            ("coverage" | "pit" | "calibration", _) => {}
            _ => {
                row.insert(key.clone(), value.clone());
            }
        }
    }
    Value::Object(row)
}

/// Rows may differ in their columns: the header has all of them, in the order in which they first appear.
fn csv(rows: &[Value], out: &mut dyn Write) -> Result<()> {
    let mut header: Vec<&String> = Vec::new();
    for key in rows.iter().filter_map(Value::as_object).flat_map(Map::keys) {
        if !header.contains(&key) {
            header.push(key);
        }
    }
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(&header)?;
    for row in rows {
        writer.write_record(header.iter().map(|key| match row.get(key.as_str()) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(s)) => s.clone(),
            Some(other) => other.to_string(),
        }))?;
    }
    Ok(writer.flush()?)
}
