//! A world as plain files: the standard event table and the list of places.

use std::fmt::Write as _;

use chrono::SecondsFormat;

use super::{feed::csv_line, maine::Town, sources::Record, terrain::Terrain};

/// Columns of `events.csv`: the eight of the contract first, then what else is known.
pub const EVENT_COLUMNS: [&str; 17] = [
    "event_id",
    "kind",
    "occurred_at",
    "received_at",
    "latitude",
    "longitude",
    "precision",
    "jurisdiction",
    "source",
    "reported_at",
    "address",
    "town",
    "zip",
    "county",
    "outcome",
    "naloxone",
    "quantity",
];

/// The clean records of all sources as standard events, in the order received. Where a source gives
/// no coordinates the row has its town's centre and says so in `precision`; corrections and rows that
/// are no cases are left out. `jurisdiction` is the owner, the state.
pub(super) fn events_csv<'a>(records: impl IntoIterator<Item = (&'a str, &'a Record)>, terrain: &Terrain) -> String {
    let mut rows: Vec<(&str, &Record)> = records.into_iter().filter(|(_, r)| r.is_case && !r.corrects).collect();
    rows.sort_by(|(s, a), (t, b)| (a.received_at, s, &a.id).cmp(&(b.received_at, t, &b.id)));
    let mut out = String::with_capacity(rows.len() * 190 + 200);
    out.push_str(&EVENT_COLUMNS.join(","));
    out.push('\n');
    for (source, r) in rows {
        csv_line(&mut out, &event_fields(source, r, terrain));
        out.push('\n');
    }
    out
}

fn event_fields(source: &str, r: &Record, terrain: &Terrain) -> Vec<String> {
    let utc = |t: chrono::DateTime<chrono::Utc>| t.to_rfc3339_opts(SecondsFormat::Secs, true);
    let town = &terrain.towns[r.town];
    let county = &terrain.counties[r.county].area;
    let point = r.point.unwrap_or(town.point);
    // The fall-back point is only as good as the county.
    let precision = if r.fallback { "jurisdiction" } else { r.precision.as_str() };
    vec![
        format!("{source}:{}", r.id),
        r.kind.as_str().into(),
        utc(r.occurred_at),
        utc(r.received_at),
        degrees(point.lat()),
        degrees(point.lon()),
        precision.into(),
        "me".into(),
        source.into(),
        utc(r.reported_at),
        r.address.clone().unwrap_or_default(),
        town.name.clone(),
        r.zip.clone().unwrap_or_default(),
        county.name.trim_end_matches(" County").into(),
        r.outcome.as_str().into(),
        r.naloxone.as_str().into(),
        r.quantity.to_string(),
    ]
}

/// `place_id,latitude,longitude,name,county,population`, as `scan --places` reads it.
pub(super) fn places_csv(towns: &[Town]) -> String {
    let mut out = String::from("place_id,latitude,longitude,name,county,population\n");
    let mut taken = std::collections::BTreeSet::new();
    for t in towns {
        let name = t.name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let county = t.county.as_str().trim_start_matches("me-");
        let id = if taken.insert(name.clone()) { name } else { format!("{name}-{county}") };
        let (lat, lon) = (degrees(t.point.lat()), degrees(t.point.lon()));
        let _ = writeln!(out, "{id},{lat},{lon},{},{county},{}", t.name, t.population);
    }
    out
}

fn degrees(x: f64) -> String {
    format!("{x:.5}")
}
