//! The answer as JSON or CSV.

use anyhow::Result;
use serde_json::{Value, json};

use super::Judged;
use crate::{detect::Judgement, domain::time::Day};

const COLUMNS: [&str; 9] =
    ["series_id", "date", "observed", "expected", "upper_bound", "score", "p_value", "alarm", "reason"];

pub(super) fn as_json(method: &str, options: &Value, judged: &[Judged]) -> Result<String> {
    let rows: Vec<Value> = rows(judged)
        .map(|(id, day, observed, said)| {
            json!({
                "series_id": id,
                "date": day,
                "observed": observed,
                "expected": said.expected,
                "upper_bound": said.upper_bound,
                "score": said.score,
                "p_value": said.p_value,
                "alarm": said.alarm.map(u8::from),
                "reason": said.reason,
            })
        })
        .collect();
    let document = json!({ "method": method, "options": options, "series": judged.len(), "rows": rows });
    Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
}

pub(super) fn as_csv(judged: &[Judged]) -> Result<String> {
    // JSON's way with numbers: the shortest text that reads back as the same double.
    let number = |x: Option<f64>| x.map_or_else(String::new, |x| json!(x).to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for (id, day, observed, said) in rows(judged) {
        writer.write_record([
            id,
            &day.to_string(),
            &observed.to_string(),
            &number(said.expected),
            &number(said.upper_bound),
            &number(said.score),
            &number(said.p_value),
            said.alarm.map_or("", |alarm| if alarm { "1" } else { "0" }),
            &said.reason,
        ])?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

fn rows(judged: &[Judged]) -> impl Iterator<Item = (&str, Day, u32, &Judgement)> {
    judged.iter().flat_map(|Judged { id, series, range, judgements }| {
        range.clone().zip(judgements).map(move |(i, said)| (id.as_str(), series.day(i), series.counts[i], said))
    })
}
