//! Ambulance run reports: the feed with points, and with most of the traps.
//!
//! CSV on the dispatch centre's clock. Most points are street corners; one county's dispatch centre
//! puts its county's centre where it could not place an address. Runs that gave naloxone for another
//! reason are in the file too and are no cases: that is the case definition's work.

use super::{Form, Ground, Layout, Record, hours, utc_text, whole_seconds};
use crate::{
    domain::{
        event::{NaloxoneGiven, Outcome},
        place::{Point, Precision},
    },
    simulate::{
        draw::Draw,
        incidents::Incident,
        terrain::{corner_at, offset, round5, street_at},
    },
};

pub(in crate::simulate) const LAYOUT: Layout = Layout {
    source: "me-ems",
    name: "Ambulance run reports (simulated)",
    file: "me-ems.csv",
    form: Form::Csv,
    mapping: include_str!("../../../data/mappings/demo-me-ems.toml"),
    columns: &[
        "run_number",
        "notified_local",
        "report_written",
        "received_at",
        "complaint",
        "latitude",
        "longitude",
        "location_quality",
        "address",
        "town",
        "county",
        "outcome",
        "naloxone_doses",
        "age_band",
        "sex",
    ],
    numeric: &[],
    time: 1,
    coordinates: Some((5, 6)),
    word: 11,
    delay: "log-normal, median 5 h, sigma 0.8; one in twelve 1 to 3 days later",
    expected_every_hours: 4.0,
    fields,
    records,
};

/// The county whose dispatch centre falls back on the county's centre, and how often.
const FALLBACK: (&str, f64) = ("me-kennebec", 0.16);

const OVERDOSE: [&str; 3] = ["OVERDOSE - OPIOID SUSPECTED", "OVERDOSE - UNKNOWN SUBSTANCE", "OVERDOSE - POLYSUBSTANCE"];
const OTHER: [&str; 4] =
    ["CARDIAC ARREST - NALOXONE GIVEN", "ALTERED MENTAL STATUS", "UNCONSCIOUS - NALOXONE GIVEN", "SEIZURE"];

fn records(ground: &Ground) -> Vec<Record> {
    let mut out = Vec::new();
    let mut numbers = std::collections::BTreeMap::new();
    for incident in ground.incidents.iter().filter(|i| i.seen_by.ems) {
        let n = numbers.entry(incident.day).or_insert(0u64);
        *n += 1;
        let mut draw = Draw::stream_at(ground.options.seed, "ems", incident.day.epoch_days() as u64, *n);
        let mut record = run(ground, incident, &mut draw, *n);
        record.words[0] = OVERDOSE[draw.pick(&[0.74, 0.93, 1.0])];
        out.push(record);
        // About one run in six with naloxone was something else; it is reported from the same streets.
        if draw.chance(0.17) {
            *n += 1;
            let mut other = run(ground, incident, &mut draw, *n);
            other.occurred_at -= hours(draw.between(0.5, 9.0));
            other.is_case = false;
            other.words[0] = OTHER[draw.below(OTHER.len())];
            other.outcome = Outcome::Unknown;
            out.push(other);
        }
    }
    correct_some(ground, &mut out);
    out
}

fn run(ground: &Ground, incident: &Incident, draw: &mut Draw, n: u64) -> Record {
    let mut record = Record::of(incident, format!("{}-{n:04}", incident.day.date().format("%y%m%d")));
    record.note_person(ground, LAYOUT.source);
    place(ground, incident, draw, &mut record);
    record.reported_at = whole_seconds(incident.at + hours(draw.between(0.6, 2.5)));
    let late = if draw.chance(1.0 / 12.0) { draw.between(24.0, 72.0) } else { 0.0 };
    let delay = (5f64.ln() + 0.8 * draw.normal()).exp() + late;
    record.received_at = whole_seconds(record.reported_at.max(incident.at + hours(delay)));
    record.naloxone = match draw.uniform() {
        u if u < 0.22 => NaloxoneGiven::None,
        u if u < 0.68 => NaloxoneGiven::Single,
        _ => NaloxoneGiven::Multiple,
    };
    if !incident.fatal && draw.chance(0.04) {
        record.outcome = Outcome::Unknown;
    }
    record
}

/// Nearly eight in ten at a corner, the rest along a street, at a building, or only in a town.
fn place(ground: &Ground, incident: &Incident, draw: &mut Draw, record: &mut Record) {
    let truly = incident.spot.point;
    let (corner, corner_name) = corner_at(truly);
    record.address = Some(corner_name);
    let county = &ground.terrain.counties[incident.spot.county].area;
    if county.id.as_str() == FALLBACK.0 && draw.chance(FALLBACK.1) {
        let centre = Point::new(round5(county.centre.lat()), round5(county.centre.lon())).unwrap_or(county.centre);
        (record.point, record.precision) = (Some(centre), Precision::Intersection);
        record.fallback = true;
        return;
    }
    (record.point, record.precision) = match draw.uniform() {
        u if u < 0.79 => (Some(corner), Precision::Intersection),
        u if u < 0.92 => {
            record.address = Some(street_at(truly));
            (Some(offset(draw, truly, 0.25)), Precision::Street)
        }
        u if u < 0.985 => {
            record.address = Some(format!("{} {}", 1 + draw.below(420), street_at(truly)));
            (Some(truly), Precision::Rooftop)
        }
        _ => {
            record.address = None;
            (None, Precision::Place)
        }
    };
}

/// Half of the runs whose outcome was unknown are written again, days later, with the outcome.
fn correct_some(ground: &Ground, records: &mut Vec<Record>) {
    let mut draw = Draw::stream(ground.options.seed, "ems-corrections");
    let mut corrections = Vec::new();
    for record in records.iter().filter(|r| r.is_case && r.outcome == Outcome::Unknown) {
        if draw.chance(0.5) {
            let mut later = record.clone();
            later.outcome = if draw.chance(0.15) { Outcome::SuspectedFatal } else { Outcome::Nonfatal };
            later.reported_at = whole_seconds(record.received_at + hours(draw.between(20.0, 200.0)));
            later.received_at = later.reported_at + hours(1.0);
            later.corrects = true;
            corrections.push(later);
        }
    }
    records.append(&mut corrections);
}

fn fields(r: &Record, ground: &Ground) -> Vec<String> {
    let degrees = |x: Option<f64>| x.map_or_else(String::new, |x| format!("{x:.5}"));
    let outcome = match r.outcome {
        Outcome::Fatal | Outcome::SuspectedFatal => "DECEASED - SUSPECTED",
        Outcome::Nonfatal => "ALIVE",
        Outcome::Unknown => "UNKNOWN",
    };
    let doses = match r.naloxone {
        NaloxoneGiven::None => "0",
        NaloxoneGiven::Single => "1",
        NaloxoneGiven::Multiple => "2+",
        NaloxoneGiven::Given | NaloxoneGiven::Unknown => "",
    };
    vec![
        r.id.clone(),
        ground.local_text(r.occurred_at),
        utc_text(r.reported_at),
        utc_text(r.received_at),
        r.words[0].to_owned(),
        degrees(r.point.map(Point::lat)),
        degrees(r.point.map(Point::lon)),
        r.precision.as_str().to_owned(),
        r.address.clone().unwrap_or_default(),
        ground.town_name(r),
        ground.county_name(r),
        outcome.to_owned(),
        doses.to_owned(),
        r.age_band.to_owned(),
        r.sex.to_owned(),
    ]
}
