//! Reversals reported by police and by community programmes without an ambulance, as a rule.
//!
//! CSV with a town and the text of a street, which no gazetteer of ours knows: they are placed at the
//! precision of the town. Some arrive weeks late.

use super::{Form, Ground, Layout, Record, hours, utc_text, whole_seconds};
use crate::{
    domain::{
        event::{NaloxoneGiven, Outcome},
        place::Precision,
    },
    simulate::{draw::Draw, terrain::street_at},
};

pub(in crate::simulate) const LAYOUT: Layout = Layout {
    source: "me-reversals",
    name: "Police and community reversals (simulated)",
    file: "me-reversals.csv",
    form: Form::Csv,
    mapping: include_str!("../../../data/mappings/demo-me-reversals.toml"),
    columns: &[
        "report_no",
        "occurred_local",
        "reported_at",
        "received_at",
        "street",
        "town",
        "county",
        "reporter",
        "naloxone",
        "survived",
        "age_band",
        "sex",
    ],
    numeric: &[],
    time: 1,
    coordinates: None,
    word: 9,
    delay: "exponential, mean 1.5 days; one in fifteen one to three weeks later",
    expected_every_hours: 24.0,
    fields,
    records,
};

fn records(ground: &Ground) -> Vec<Record> {
    let mut out = Vec::new();
    let mut numbers = std::collections::BTreeMap::new();
    for incident in ground.incidents.iter().filter(|i| i.seen_by.reversal) {
        let n = numbers.entry(incident.day).or_insert(0u32);
        *n += 1;
        let mut draw = Draw::stream_at(
            ground.options.seed,
            "reversals",
            incident.at.timestamp() as u64,
            incident.spot.town as u64,
        );
        let mut record = Record::of(incident, format!("R-{}-{n:03}", incident.day.date().format("%Y%m%d")));
        record.note_person(ground, LAYOUT.source);
        let late = if draw.chance(1.0 / 15.0) { draw.between(7.0, 21.0) } else { 0.0 };
        let delay_days = draw.exponential(1.5) + late;
        record.reported_at = whole_seconds(incident.at + hours(1.0 + 24.0 * delay_days));
        record.received_at = whole_seconds(record.reported_at + hours(draw.between(0.1, 6.0)));
        record.address = Some(street_at(incident.spot.point));
        record.precision = Precision::Place;
        record.naloxone = if draw.chance(0.6) { NaloxoneGiven::Single } else { NaloxoneGiven::Multiple };
        if incident.fatal {
            record.outcome = Outcome::SuspectedFatal;
        }
        record.words[0] = if draw.chance(0.55) { "POLICE" } else { "COMMUNITY" };
        out.push(record);
    }
    out
}

fn fields(r: &Record, ground: &Ground) -> Vec<String> {
    let survived = match r.outcome {
        Outcome::Nonfatal => "Y",
        Outcome::Unknown => "U",
        Outcome::Fatal | Outcome::SuspectedFatal => "N",
    };
    let naloxone = if r.naloxone == NaloxoneGiven::Multiple { "MULTIPLE" } else { "SINGLE" };
    vec![
        r.id.clone(),
        ground.local_text(r.occurred_at),
        utc_text(r.reported_at),
        utc_text(r.received_at),
        r.address.clone().unwrap_or_default(),
        ground.town_name(r),
        ground.county_name(r),
        r.words[0].to_owned(),
        naloxone.to_owned(),
        survived.to_owned(),
        r.age_band.to_owned(),
        r.sex.to_owned(),
    ]
}
