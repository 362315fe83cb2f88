//! Records into the bytes of a feed, with the silences and the bad rows of real feeds.
//!
//! Rows stand in the order in which they were received. About one row in two hundred is spoilt in
//! one of the ways of [`Fault`], one in five hundred is sent twice.

use std::fmt::Write as _;

use chrono::{DateTime, Duration, Utc};

use super::{
    draw::Draw,
    sources::{Form, Ground, Layout, Record},
    truth::{BadRow, Fault, Silence, SourceTruth},
};
use crate::domain::ids::SourceId;

/// A feed as a sender would hand it over.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    pub source_id: SourceId,
    pub name: String,
    pub file_name: String,
    /// `csv` or `ndjson`.
    pub format: &'static str,
    /// How to read it.
    pub mapping_toml: &'static str,
    pub expected_every_hours: f64,
    pub bytes: Vec<u8>,
}

/// A feed with what is known about it and the clean records behind it.
pub(super) struct Built {
    pub feed: Feed,
    pub truth: SourceTruth,
    pub silence: Option<Silence>,
    pub bad_rows: Vec<BadRow>,
    pub records: Vec<Record>,
}

/// Share of rows spoilt, and of rows sent twice.
const SPOILT: f64 = 0.005;
const REPEATED: f64 = 0.002;
/// The feed that goes silent.
const SILENT: &str = "me-ems";

struct Line {
    fields: Vec<String>,
    fault: Option<Fault>,
    record: usize,
}

pub(super) fn build(layout: &Layout, ground: &Ground) -> Built {
    let source = SourceId::new(layout.source).expect("source ids of the demonstration are valid");
    let mut records = (layout.records)(ground);
    let silence = (layout.source == SILENT).then(|| silence(ground)).flatten();
    let batch = silence.map(|(from, to)| hold_back(&mut records, from, to));
    records.retain(|r| r.received_at <= ground.options.known_by());
    records.sort_by(|a, b| (a.received_at, &a.id, a.corrects).cmp(&(b.received_at, &b.id, b.corrects)));

    let mut draw = Draw::stream(ground.options.seed, &format!("rows {}", layout.source));
    let mut lines: Vec<Line> = records
        .iter()
        .enumerate()
        .map(|(record, r)| Line {
            fields: (layout.fields)(r, ground),
            fault: r.fallback.then_some(Fault::CountyCentroid),
            record,
        })
        .collect();
    spoil(layout, &records, &mut lines, &mut draw);
    let repeated = repeat_some(&mut lines, &mut draw);

    let first_line = if layout.form == Form::Csv { 2 } else { 1 };
    let bad_rows = lines
        .iter()
        .enumerate()
        .filter_map(|(n, l)| l.fault.map(|fault| BadRow { source: source.clone(), line: n as u64 + first_line, fault }))
        .collect();
    Built {
        truth: source_truth(layout, &source, &records, repeated),
        silence: silence.zip(batch).map(|((from, to), rows)| Silence {
            source: source.clone(),
            from,
            to,
            rows_in_batch: rows,
        }),
        bad_rows,
        feed: Feed {
            source_id: source,
            name: layout.name.into(),
            file_name: layout.file.into(),
            format: if layout.form == Form::Csv { "csv" } else { "ndjson" },
            mapping_toml: layout.mapping,
            expected_every_hours: layout.expected_every_hours,
            bytes: write(layout, &lines),
        },
        records,
    }
}

/// From noon 24 days before the end until two days and eighteen hours later; shorter worlds have none.
fn silence(ground: &Ground) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let from = (ground.options.end - 24).starts_at(ground.zone) + Duration::hours(12);
    (ground.options.days >= 40).then(|| (from, from + Duration::hours(66)))
}

/// What would have come during the silence comes at its end, seconds apart.
fn hold_back(records: &mut [Record], from: DateTime<Utc>, to: DateTime<Utc>) -> u32 {
    let mut rows = 0;
    for r in records.iter_mut().filter(|r| r.received_at >= from && r.received_at < to) {
        r.received_at = to + Duration::seconds(i64::from(rows % 60));
        rows += 1;
    }
    rows
}

fn spoil(layout: &Layout, records: &[Record], lines: &mut [Line], draw: &mut Draw) {
    let faults: &[Fault] = if layout.coordinates.is_some() {
        &[
            Fault::ZeroCoordinates,
            Fault::Year9999,
            Fault::LatitudeOff,
            Fault::MissingDate,
            Fault::SwappedCoordinates,
            Fault::RaggedLine,
            Fault::UnknownWord,
        ]
    } else {
        &[Fault::Year9999, Fault::MissingDate, Fault::RaggedLine, Fault::UnknownWord]
    };
    if lines.is_empty() {
        return;
    }
    let wanted = (lines.len() as f64 * SPOILT).round() as usize;
    for fault in faults.iter().cycle().take(wanted) {
        let needs_point = matches!(fault, Fault::ZeroCoordinates | Fault::LatitudeOff | Fault::SwappedCoordinates);
        // A row that is no case, is mended later, or has no coordinates to spoil is left alone.
        let fit = |line: &Line| {
            let r = &records[line.record];
            r.is_case && !r.corrects && line.fault.is_none() && (r.point.is_some() || !needs_point)
        };
        if let Some(at) = (0..100).map(|_| draw.below(lines.len())).find(|at| fit(&lines[*at])) {
            apply(layout, *fault, &mut lines[at].fields);
            lines[at].fault = Some(*fault);
        }
    }
}

fn apply(layout: &Layout, fault: Fault, fields: &mut [String]) {
    match (fault, layout.coordinates) {
        (Fault::Year9999, _) => fields[layout.time].replace_range(..4, "9999"),
        (Fault::MissingDate, _) => fields[layout.time].clear(),
        (Fault::UnknownWord, _) => fields[layout.word] = "SEE NARRATIVE".into(),
        (Fault::ZeroCoordinates, Some((lat, lon))) => {
            fields[lat] = "0.0".into();
            fields[lon] = "0.0".into();
        }
        (Fault::SwappedCoordinates, Some((lat, lon))) => fields.swap(lat, lon),
        (Fault::LatitudeOff, Some((lat, _))) => {
            if let Ok(degrees) = fields[lat].parse::<f64>() {
                fields[lat] = format!("{:.5}", degrees + 10.0);
            }
        }
        // The ragged line is cut when it is written; the fall-back point is there already.
        _ => {}
    }
}

/// Some rows come a second time, a little later in the file.
fn repeat_some(lines: &mut Vec<Line>, draw: &mut Draw) -> u32 {
    let wanted = (lines.len() as f64 * REPEATED).round() as usize;
    let mut again: Vec<(usize, Line)> = Vec::new();
    for _ in 0..wanted {
        let at = draw.below(lines.len());
        let before = (at + 1 + draw.below(20)).min(lines.len());
        if lines[at].fault.is_none() {
            again.push((before, Line { fields: lines[at].fields.clone(), fault: None, record: lines[at].record }));
        }
    }
    let repeated = again.len() as u32;
    again.sort_by_key(|(before, line)| (*before, line.record));
    let mut again = again.into_iter().peekable();
    let mut merged = Vec::with_capacity(lines.len() + repeated as usize);
    for (n, line) in std::mem::take(lines).into_iter().enumerate() {
        while let Some((_, repeat)) = again.next_if(|(before, _)| *before == n) {
            merged.push(repeat);
        }
        merged.push(line);
    }
    merged.extend(again.map(|(_, repeat)| repeat));
    *lines = merged;
    repeated
}

fn source_truth(layout: &Layout, source: &SourceId, records: &[Record], repeated: u32) -> SourceTruth {
    let count = |keep: fn(&Record) -> bool| records.iter().filter(|r| keep(r)).count() as u32;
    let cases = count(|r| r.is_case && !r.corrects);
    let delays: f64 = records
        .iter()
        .filter(|r| r.is_case && !r.corrects)
        .map(|r| (r.received_at - r.occurred_at).num_seconds() as f64 / 3600.0)
        .sum();
    SourceTruth {
        source: source.clone(),
        records: cases,
        not_cases: count(|r| !r.is_case),
        repeated,
        corrections: count(|r| r.corrects),
        delay: layout.delay.into(),
        mean_delay_hours: (delays / f64::from(cases.max(1)) * 100.0).round() / 100.0,
    }
}

fn write(layout: &Layout, lines: &[Line]) -> Vec<u8> {
    let mut text = String::with_capacity(lines.len() * 160 + 200);
    if layout.form == Form::Csv {
        text.push_str(&layout.columns.join(","));
        text.push('\n');
    }
    for line in lines {
        let start = text.len();
        match layout.form {
            Form::Csv => csv_line(&mut text, &line.fields),
            Form::Ndjson => json_line(&mut text, layout, &line.fields),
        }
        if line.fault == Some(Fault::RaggedLine) {
            // Cut after the second comma of the second half: fields are missing, or the object is not closed.
            let half = start + (text.len() - start) / 2;
            let cut = text[half..].find(',').map_or(half, |i| half + i);
            text.truncate(cut);
        }
        text.push('\n');
    }
    text.into_bytes()
}

/// One CSV record without its line end (RFC 4180 quoting).
pub(super) fn csv_line(out: &mut String, fields: &[String]) {
    for (n, field) in fields.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        if field.contains([',', '"', '\n', '\r']) {
            let _ = write!(out, "\"{}\"", field.replace('"', "\"\""));
        } else {
            out.push_str(field);
        }
    }
}

fn json_line(out: &mut String, layout: &Layout, fields: &[String]) {
    out.push('{');
    for (n, (column, field)) in layout.columns.iter().zip(fields).enumerate() {
        if n > 0 {
            out.push(',');
        }
        let number = layout.numeric.contains(&n).then(|| field.parse::<u64>().ok()).flatten();
        let value = number.map_or_else(|| serde_json::Value::from(field.as_str()), serde_json::Value::from);
        let _ = write!(out, "\"{column}\":{value}");
    }
    out.push('}');
}
