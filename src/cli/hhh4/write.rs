//! The answer as one JSON document, or one of its tables as CSV.

use std::io::Write;

use anyhow::Result;
use clap::{ValueEnum, builder::PossibleValue};
use serde_json::{Map, Value, json};

use super::{Answer, CsvTable, FamilyArg, Format};
use crate::{
    forecast::endemic_epidemic::{Coefficient, CountScores, MeanParts, StepAhead},
    stats::scores::{CalibrationRule, CalibrationStatistic, CalibrationTest, calibration_test},
};

pub(super) fn answer(answer: &Answer, out: &mut dyn Write) -> Result<()> {
    match answer.args.format {
        Format::Json => Ok(writeln!(out, "{}", serde_json::to_string_pretty(&document(answer))?)?),
        Format::Csv => {
            let rows = match answer.args.table {
                CsvTable::Coefficients => coefficients(answer),
                CsvTable::Fitted => fitted(answer),
                CsvTable::OneStepAhead => ahead(answer),
            };
            csv(&rows, out)
        }
    }
}

fn document(a: &Answer) -> Value {
    let (fit, inputs) = (&a.fit, a.inputs);
    let mut document = Map::new();
    let mut put = |key: &str, value: Value| document.insert(key.to_owned(), value);
    put("model", model(a));
    put("units", json!(inputs.table.units.len()));
    put("times", json!(inputs.table.times()));
    put("from", json!(inputs.times.label(fit.first)));
    put("to", json!(inputs.times.label(fit.last)));
    put("counts", json!(fit.counts));
    put("loglik", json!(fit.loglik));
    put("aic", json!(fit.aic()));
    put("bic", json!(fit.bic()));
    put("psi", psi(a));
    put("coefficients", Value::Array(coefficients(a)));
    put("steps", json!(fit.steps));
    if a.args.fitted {
        put("fitted", Value::Array(fitted(a)));
    }
    if a.args.one_step_ahead.is_some() {
        put("one_step_ahead", Value::Array(ahead(a)));
        put("mean_scores", mean_scores(&a.ahead));
        put("calibration", calibration(&a.ahead));
    }
    put("elapsed_ms", json!(a.elapsed_ms));
    Value::Object(document)
}

fn model(a: &Answer) -> Value {
    let name = |v: Option<PossibleValue>| v.map(|v| v.get_name().to_owned());
    let [end, ar, ne] = &a.predictors;
    json!({
        "end": end,
        "ar": ar,
        "ne": ne,
        "end_offset": a.args.end_offset,
        "ar_offset": a.args.ar_offset,
        "ne_offset": a.args.ne_offset,
        "ar_lag": ar.as_ref().map(|_| a.args.ar_lag),
        "ne_lag": ne.as_ref().map(|_| a.args.ne_lag),
        "weights": ne.as_ref().and_then(|_| name(a.args.weights.to_possible_value())),
        "family": name(a.args.family.to_possible_value()),
    })
}

/// One number, one per unit, or null for the Poisson.
fn psi(a: &Answer) -> Value {
    let of = |unit: usize| a.fit.overdispersion(unit);
    match a.args.family {
        FamilyArg::Poisson => Value::Null,
        FamilyArg::Negbin => json!(of(0)),
        FamilyArg::NegbinPerUnit => {
            let each = a.inputs.table.units.iter().enumerate().map(|(i, unit)| (unit.clone(), json!(of(i))));
            Value::Object(each.collect())
        }
    }
}

fn coefficients(a: &Answer) -> Vec<Value> {
    let row = |c: &Coefficient| json!({ "name": c.name, "estimate": c.estimate, "se": c.se, "note": c.note });
    a.fit.coefficients.iter().map(row).collect()
}

fn fitted(a: &Answer) -> Vec<Value> {
    let row = |m: &MeanParts| {
        json!({
            "series_id": a.inputs.table.units[m.unit],
            "date": a.inputs.times.label(m.time),
            "observed": m.observed,
            "mean": m.mean,
            "endemic": m.endemic,
            "autoregressive": m.autoregressive,
            "neighbourhood": m.neighbourhood,
            "reason": if m.observed.is_none() { "the count is not known" } else { "" },
        })
    };
    let rows = a.fit.fitted().iter().map(|m| ((m.time, m.unit), row(m))).collect();
    with_gaps(a, rows, a.fit.first, a.fit.last)
}

fn ahead(a: &Answer) -> Vec<Value> {
    let Some((from, to)) = a.ahead_times else { return Vec::new() };
    let row = |s: &StepAhead| {
        let score = |of: fn(&CountScores) -> f64| s.scores.as_ref().map(of);
        let range = s.distribution().central_range(0.9);
        json!({
            "series_id": a.inputs.table.units[s.unit],
            "date": a.inputs.times.label(s.time),
            "observed": s.observed,
            "mean": s.mean,
            "psi": s.psi,
            "lower_90": range.0,
            "upper_90": range.1,
            "log_score": score(|s| s.log),
            "rps": score(|s| s.rps),
            "dss": score(|s| s.dss),
            "ses": score(|s| s.ses),
            "reason": if s.observed.is_none() { "the count is not known" } else { "" },
        })
    };
    with_gaps(a, a.ahead.iter().map(|s| ((s.time, s.unit), row(s))).collect(), from, to)
}

/// Rows by time and unit, and among them those that have no mean, with the reason.
fn with_gaps(a: &Answer, mut rows: Vec<((usize, usize), Value)>, from: usize, to: usize) -> Vec<Value> {
    for gap in a.fit.gaps().iter().filter(|g| (from..=to).contains(&g.time)) {
        let row = json!({
            "series_id": a.inputs.table.units[gap.unit],
            "date": a.inputs.times.label(gap.time),
            "observed": a.inputs.table.counts.get(gap.time).and_then(|row| row[gap.unit]),
            "reason": gap.reason,
        });
        rows.push(((gap.time, gap.unit), row));
    }
    rows.sort_by_key(|(at, _)| *at);
    let columns: Vec<String> = rows
        .iter()
        .filter_map(|(_, row)| row.as_object())
        .max_by_key(|row| row.len())
        .map_or_else(Vec::new, |row| row.keys().cloned().collect());
    let whole = |row: Value| {
        let value = |c: &String| (c.clone(), row.get(c).cloned().unwrap_or(Value::Null));
        Value::Object(columns.iter().map(value).collect())
    };
    rows.into_iter().map(|(_, row)| whole(row)).collect()
}

fn mean_scores(ahead: &[StepAhead]) -> Value {
    let scored: Vec<_> = ahead.iter().filter_map(|s| s.scores).collect();
    let n = scored.len() as f64;
    let mean = |of: fn(&CountScores) -> f64| scored.iter().map(of).sum::<f64>() / n;
    if scored.is_empty() {
        return Value::Null;
    }
    json!({
        "forecasts": scored.len(),
        "log_score": mean(|s| s.log),
        "rps": mean(|s| s.rps),
        "dss": mean(|s| s.dss),
        "ses": mean(|s| s.ses),
    })
}

/// Tests of Wei & Held (2014).
fn calibration(ahead: &[StepAhead]) -> Value {
    let forecasts: Vec<_> = ahead.iter().filter_map(|s| s.observed.map(|y| (s.distribution(), u64::from(y)))).collect();
    let rules =
        [("dss", CalibrationRule::DawidSebastiani), ("log_score", CalibrationRule::Log), ("rps", CalibrationRule::Rps)];
    let tests = rules.map(|(name, rule)| {
        let CalibrationTest { z, p, n } = calibration_test(&forecasts, rule, CalibrationStatistic::EachScaled);
        json!({ "score": name, "z": z, "p_value": p, "forecasts": n })
    });
    Value::Array(tests.into())
}

fn csv(rows: &[Value], out: &mut dyn Write) -> Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    if let Some(first) = rows.first().and_then(Value::as_object) {
        writer.write_record(first.keys())?;
    }
    for row in rows.iter().filter_map(Value::as_object) {
        writer.write_record(row.values().map(|v| match v {
            Value::Null => String::new(),
            Value::String(s) => s.clone(),
            other => other.to_string(),
        }))?;
    }
    Ok(writer.flush()?)
}
