//! The answer as JSON, CSV or GeoJSON.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::ScanArgs;
use crate::{
    detect::scan::{Location, METHOD_VERSION, ScanCluster, ScanInput, ScanOptions, ScanResult},
    domain::place::Point,
};

pub(super) fn document(
    args: &ScanArgs,
    options: &ScanOptions,
    input: &ScanInput,
    result: &ScanResult,
    elapsed_ms: u64,
) -> Value {
    let mut settings = serde_json::to_value(options).unwrap_or(Value::Null);
    if let Value::Object(map) = &mut settings {
        map.insert("from".into(), json!(input.days.from));
        map.insert("to".into(), json!(input.days.to));
    }
    json!({
        "model": args.model.as_str(),
        "analysis": args.analysis.as_str(),
        "settings": settings,
        "cases": result.cases,
        "places": input.places.len(),
        "clusters": result.clusters.iter().map(|c| cluster(input, c)).collect::<Vec<_>>(),
        "replications": result.maxima.len(),
        "seed": options.seed,
        "method_version": METHOD_VERSION,
        "elapsed_ms": elapsed_ms,
    })
}

fn cluster(input: &ScanInput, c: &ScanCluster) -> Value {
    let centre = c.centre.map(|p| &input.places[p]);
    let position = centre.map(|p| p.location);
    let (mut latitude, mut longitude) = (None, None);
    match position {
        Some(Location::Geographic(p)) => (latitude, longitude) = (Some(p.lat()), Some(p.lon())),
        // A plane's y runs as latitude does.
        Some(Location::Plane { x, y }) => (latitude, longitude) = (Some(y), Some(x)),
        None => {}
    }
    json!({
        "rank": c.rank,
        "centre": centre.map_or("All", |p| p.id.as_str()),
        "latitude": latitude,
        "longitude": longitude,
        "radius_km": c.radius_km,
        "places": c.places.iter().map(|&p| input.places[p].id.as_str()).collect::<Vec<_>>(),
        "from": c.window.from,
        "to": c.window.to,
        "observed": c.observed,
        "expected": c.expected,
        "observed_over_expected": f64::from(c.observed) / c.expected,
        "relative_risk": c.relative_risk,
        "llr": c.llr,
        "p_value": c.p_value,
        "recurrence_interval_days": c.recurrence_interval_days,
        "silent_days": c.silent_days,
    })
}

pub(super) fn as_csv(input: &ScanInput, result: &ScanResult) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let columns = [
        "rank",
        "centre",
        "latitude",
        "longitude",
        "radius_km",
        "places",
        "from",
        "to",
        "observed",
        "expected",
        "observed_over_expected",
        "relative_risk",
        "llr",
        "p_value",
        "recurrence_interval_days",
    ];
    writer.write_record(columns)?;
    for c in &result.clusters {
        let row = cluster(input, c);
        writer.write_record(columns.map(|column| match &row[column] {
            Value::Null => String::new(),
            Value::String(s) => s.clone(),
            Value::Array(ids) => ids.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            other => other.to_string(),
        }))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// Every cluster as its circle (a polygon of 64 sides; a point for a single place), with the figures as properties.
pub(super) fn as_geojson(input: &ScanInput, result: &ScanResult) -> Result<String> {
    if input.places.iter().any(|p| matches!(p.location, Location::Plane { .. })) {
        bail!("--format geojson needs places with latitude,longitude; these have x,y");
    }
    let features: Vec<Value> = result
        .clusters
        .iter()
        .map(|c| {
            let mut properties: BTreeMap<String, Value> = BTreeMap::new();
            if let Value::Object(map) = cluster(input, c) {
                properties.extend(map);
            }
            let geometry = match c.centre.map(|p| input.places[p].location) {
                Some(Location::Geographic(centre)) => circle(centre, c.radius_km.unwrap_or(0.0)),
                _ => Value::Null,
            };
            json!({ "type": "Feature", "id": c.rank, "geometry": geometry, "properties": properties })
        })
        .collect();
    Ok(format!("{}\n", json!({ "type": "FeatureCollection", "features": features })))
}

fn circle(centre: Point, radius_km: f64) -> Value {
    if radius_km <= 0.0 {
        return json!({ "type": "Point", "coordinates": [centre.lon(), centre.lat()] });
    }
    let arc = radius_km / 6367.0;
    let (lat, lon) = (centre.lat().to_radians(), centre.lon().to_radians());
    let corner = |i: u32| {
        // Anticlockwise, as the standard wants the outer ring.
        let bearing = -f64::from(i) * std::f64::consts::TAU / 64.0;
        let to_lat = (lat.sin() * arc.cos() + lat.cos() * arc.sin() * bearing.cos()).clamp(-1.0, 1.0).asin();
        let to_lon = lon + (bearing.sin() * arc.sin() * lat.cos()).atan2(arc.cos() - lat.sin() * to_lat.sin());
        json!([to_lon.to_degrees(), to_lat.to_degrees()])
    };
    let ring: Vec<Value> = (0..64).chain([0]).map(corner).collect();
    json!({ "type": "Polygon", "coordinates": [ring] })
}
