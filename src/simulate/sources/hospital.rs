//! Emergency department visits: many, days late, and known by ZIP and town only.
//!
//! NDJSON with arrival times that carry their offset. Diagnoses are ICD-10-CM codes; adverse effects
//! (intent 5) and later encounters (seventh character D) are in the feed and are no cases.

use super::{Form, Ground, Layout, Record, hours, utc_text, whole_seconds};
use crate::{
    domain::{
        event::{NaloxoneGiven, Outcome},
        place::Precision,
    },
    simulate::{draw::Draw, incidents::Incident},
};

pub(in crate::simulate) const LAYOUT: Layout = Layout {
    source: "me-ed",
    name: "Emergency department visits (simulated)",
    file: "me-ed.ndjson",
    form: Form::Ndjson,
    mapping: include_str!("../../../data/mappings/demo-me-ed.toml"),
    columns: &[
        "visit_id",
        "arrived_at",
        "reported_at",
        "received_at",
        "diagnosis",
        "zip",
        "town",
        "county",
        "disposition",
        "age_band",
        "sex",
    ],
    numeric: &[],
    time: 1,
    coordinates: None,
    word: 8,
    delay: "one day plus gamma (shape 1.5, mean 1.6 days), cut at ten days",
    expected_every_hours: 8.0,
    fields,
    records,
};

const CASES: [&str; 6] = ["T40.411A", "T40.1X1A", "T40.601A", "T40.2X1A", "T40.604A", "T43.621A"];
const NOT_CASES: [&str; 4] = ["T40.2X5A", "T40.411D", "T40.601S", "F11.20"];

fn records(ground: &Ground) -> Vec<Record> {
    let mut out = Vec::new();
    let mut numbers = std::collections::BTreeMap::new();
    for incident in ground.incidents.iter().filter(|i| i.seen_by.hospital) {
        let n = numbers.entry(incident.day).or_insert(0u64);
        *n += 1;
        let mut draw = Draw::stream_at(ground.options.seed, "ed", incident.day.epoch_days() as u64, *n);
        let mut record = visit(ground, incident, &mut draw, *n);
        record.words[0] = CASES[draw.pick(&[0.48, 0.60, 0.78, 0.86, 0.93, 1.0])];
        out.push(record);
        if draw.chance(0.12) {
            *n += 1;
            let mut other = visit(ground, incident, &mut draw, *n);
            other.occurred_at -= hours(draw.between(0.5, 12.0));
            other.is_case = false;
            other.words[0] = NOT_CASES[draw.below(NOT_CASES.len())];
            out.push(other);
        }
    }
    out
}

fn visit(ground: &Ground, incident: &Incident, draw: &mut Draw, n: u64) -> Record {
    let mut record = Record::of(incident, format!("V{}{n:04}", incident.day.date().format("%y%m%d")));
    record.note_person(ground, LAYOUT.source);
    record.occurred_at = whole_seconds(incident.at + hours(draw.gamma(3.0, 0.22)));
    let delay_days = (1.0 + draw.gamma(1.5, 1.6 / 1.5)).min(10.0);
    record.received_at = whole_seconds(record.occurred_at + hours(24.0 * delay_days));
    record.reported_at = record.received_at - hours(0.5);
    record.zip = ground.zips.get(incident.spot.town).cloned().flatten();
    record.precision = Precision::Place;
    record.naloxone = NaloxoneGiven::Unknown;
    record.outcome = Outcome::Nonfatal;
    record.words[1] = ["DISCHARGED", "ADMITTED", "LEFT WITHOUT TREATMENT"][draw.pick(&[0.72, 0.9, 1.0])];
    record
}

fn fields(r: &Record, ground: &Ground) -> Vec<String> {
    vec![
        r.id.clone(),
        ground.offset_text(r.occurred_at),
        utc_text(r.reported_at),
        utc_text(r.received_at),
        r.words[0].to_owned(),
        r.zip.clone().unwrap_or_default(),
        ground.town_name(r),
        ground.county_name(r),
        r.words[1].to_owned(),
        r.age_band.to_owned(),
        r.sex.to_owned(),
    ]
}
