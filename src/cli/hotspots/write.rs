//! The answer as JSON, CSV or GeoJSON.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::{Answer, HotspotsArgs, PopulationWord, TailWord};
use crate::{
    cells::outline,
    detect::{
        LocalMoran,
        emerging::{Heat, METHOD_VERSION},
    },
    stats::sen_slope,
};

const CELL_COLUMNS: &[&str] = &[
    "cell",
    "category",
    "reason",
    "neighbours",
    "events",
    "neighbourhood_events",
    "steps",
    "hot_steps",
    "cold_steps",
    "gi_z",
    "gi_p",
    "heat",
    "mk_s",
    "mk_variance",
    "mk_z",
    "mk_p",
    "mk_tau",
    "sen_slope",
    "moran_i",
    "moran_p",
    "moran_quadrant",
];

const BIN_COLUMNS: &[&str] =
    &["cell", "from", "to", "count", "gi_z", "gi_p", "heat", "moran_i", "moran_p", "moran_quadrant"];

pub(super) fn document(args: &HotspotsArgs, answer: &Answer, elapsed_ms: u64) -> Value {
    let Answer { study, options, found, .. } = answer;
    let mut document = json!({
        "settings": {
            "steps_back": options.gi.steps_back,
            "population": if args.population == PopulationWord::Cube { "cube" } else { "steps" },
            "alpha": options.alpha,
            "fdr": options.fdr,
            "tail": if args.tail == TailWord::Normal { "normal" } else { "count" },
            "alpha_trend": options.alpha_trend,
            "nearly_always": options.nearly_always,
            "least_hot": options.least_hot,
            "least_events": options.least_events,
        },
        "cells": study.ids.len(),
        "steps": (0..study.steps.len()).map(|step| json!({
            "from": study.steps[step][0],
            "to": study.steps[step][1],
            "data": study.bins.step(step).iter().any(|v| !v.is_nan()),
        })).collect::<Vec<_>>(),
        "critical_p": found.critical_p,
        "items": (0..study.ids.len()).map(|place| cell(answer, place)).collect::<Vec<_>>(),
        "permutations": answer.permutations,
        "seed": args.seed,
        "method_version": METHOD_VERSION,
        "elapsed_ms": elapsed_ms,
    });
    if let (true, Value::Object(map)) = (args.bins, &mut document) {
        map.insert("bins".into(), bins(answer).collect());
    }
    document
}

pub(super) fn as_csv(args: &HotspotsArgs, answer: &Answer) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let columns = if args.bins { BIN_COLUMNS } else { CELL_COLUMNS };
    writer.write_record(columns)?;
    let mut write = |row: Value| {
        writer.write_record(columns.iter().map(|column| match &row[*column] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }))
    };
    if args.bins {
        bins(answer).try_for_each(&mut write)?;
    } else {
        (0..answer.study.ids.len()).map(|place| cell(answer, place)).try_for_each(&mut write)?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// Each cell as its hexagon, with the figures as properties.
pub(super) fn as_geojson(answer: &Answer) -> Result<String> {
    let Some(cells) = &answer.study.cells else {
        bail!("--format geojson needs H3 cells, whose shape is known; give --format json or csv");
    };
    let features: Vec<Value> = cells
        .iter()
        .enumerate()
        .map(|(place, at)| {
            let ring = |ring: &geo::LineString<f64>| ring.coords().map(|c| json!([c.x, c.y])).collect::<Vec<_>>();
            let polygons: Vec<_> = outline(&[*at]).iter().map(|p| vec![ring(p.exterior())]).collect();
            let geometry = json!({ "type": "MultiPolygon", "coordinates": polygons });
            let properties = cell(answer, place);
            json!({ "type": "Feature", "id": at.to_string(), "geometry": geometry, "properties": properties })
        })
        .collect();
    Ok(format!("{}\n", json!({ "type": "FeatureCollection", "features": features })))
}

fn cell(answer: &Answer, place: usize) -> Value {
    let Answer { study, options, found, last, .. } = answer;
    let pattern = &found.places[place];
    let heat = found.heat_of(place);
    let count = |which: Heat| heat.iter().filter(|h| **h == which).count();
    let known = heat.len() - count(Heat::Unknown);
    let reason = match pattern.category {
        Some(_) => None,
        None if known == 0 => Some("no data".to_owned()),
        None => Some(format!("too few to say: {}, of {} needed", pattern.events, options.least_events)),
    };
    let trend = pattern.trend;
    let moran = answer.moran.last().map(|_| moran_at(answer, *last, place));
    json!({
        "cell": study.ids[place],
        "category": pattern.category.map(|c| c.words()),
        "reason": reason,
        "neighbours": study.neighbours.of(place).len(),
        "events": study.bins.series(place).iter().filter(|v| !v.is_nan()).sum::<f64>(),
        "neighbourhood_events": pattern.events,
        "steps": known,
        "hot_steps": count(Heat::Hot),
        "cold_steps": count(Heat::Cold),
        "gi_z": found.z.get(place, *last),
        "gi_p": found.p.get(place, *last),
        "heat": word(heat[*last]),
        "mk_s": trend.map(|t| t.s),
        "mk_variance": trend.map(|t| t.variance),
        "mk_z": trend.map(|t| t.z),
        "mk_p": trend.map(|t| t.p_value),
        "mk_tau": trend.map(|t| t.tau),
        "sen_slope": sen_slope(&found.z.series(place)),
        "moran_i": moran.map(|m| m.i),
        "moran_p": moran.map(|m| m.p_value),
        "moran_quadrant": moran.and_then(|m| m.quadrant).map(|q| q.as_str()),
    })
}

fn bins(answer: &Answer) -> impl Iterator<Item = Value> {
    let Answer { study, found, .. } = answer;
    (0..study.ids.len()).flat_map(move |place| {
        let heat = found.heat_of(place);
        (0..study.steps.len()).map(move |step| {
            let moran = moran_at(answer, step, place);
            json!({
                "cell": study.ids[place],
                "from": study.steps[step][0],
                "to": study.steps[step][1],
                "count": study.bins.get(place, step),
                "gi_z": found.z.get(place, step),
                "gi_p": found.p.get(place, step),
                "heat": word(heat[step]),
                "moran_i": moran.i,
                "moran_p": moran.p_value,
                "moran_quadrant": moran.quadrant.map(|q| q.as_str()),
            })
        })
    })
}

/// Local Moran's I was computed for all steps, or for the last one alone.
fn moran_at(answer: &Answer, step: usize, place: usize) -> LocalMoran {
    let row = if answer.moran.len() == 1 { 0 } else { step };
    answer.moran[row][place]
}

fn word(heat: Heat) -> Option<&'static str> {
    match heat {
        Heat::Hot => Some("hot"),
        Heat::Cold => Some("cold"),
        Heat::Neither => Some("neither"),
        Heat::Unknown => None,
    }
}
