//! Street outreach of partner organisations: where, when, how many people. Nothing about who.

use super::{Form, Ground, Layout, Record, hours, utc_text, whole_seconds};
use crate::{
    domain::{
        event::{EventKind, NaloxoneGiven, Outcome},
        place::Precision,
    },
    simulate::{
        draw::Draw,
        incidents::{Incident, SeenBy, office_hour},
    },
};

pub(in crate::simulate) const LAYOUT: Layout = Layout {
    source: "me-outreach",
    name: "Partner outreach contacts (simulated)",
    file: "me-outreach.ndjson",
    form: Form::Ndjson,
    mapping: include_str!("../../../data/mappings/demo-me-outreach.toml"),
    columns: &["contact_id", "at", "reported_at", "received_at", "mode", "town", "county", "people"],
    numeric: &[7],
    time: 1,
    coordinates: None,
    word: 7,
    delay: "exponential, mean 1 day",
    expected_every_hours: 24.0,
    fields,
    records,
};

/// Contacts a day in the whole state.
const PER_DAY: f64 = 8.0;

fn records(ground: &Ground) -> Vec<Record> {
    let mut out = Vec::new();
    for day in ground.options.range().days() {
        let mut draw = ground.stream("outreach", day);
        for n in 0..draw.poisson(PER_DAY * ground.options.volume) {
            let settlement = ground.terrain.draw_settlement(&mut draw);
            let spot = ground.terrain.draw_spot(&mut draw, settlement);
            let at = office_hour(day.starts_at(ground.zone) + hours(draw.between(8.0, 20.0)), ground.zone);
            let at = whole_seconds(at);
            let like =
                Incident { at, day: ground.day_of(at), spot, fatal: false, seen_by: SeenBy::NOBODY, number: None };
            let id = format!("O{}-{n:03}", day.date().format("%y%m%d"));
            out.push(contact(&mut draw, &like, id));
        }
    }
    out
}

fn contact(draw: &mut Draw, like: &Incident, id: String) -> Record {
    let mut record = Record::of(like, id);
    record.kind = EventKind::Outreach;
    record.reported_at = whole_seconds(like.at + hours(1.0 + draw.exponential(24.0)));
    record.received_at = record.reported_at + hours(0.1);
    record.precision = Precision::Place;
    record.outcome = Outcome::Unknown;
    record.naloxone = NaloxoneGiven::Unknown;
    record.quantity = 1 + draw.poisson(1.6) as u32;
    record.words[0] = ["street", "site", "phone"][draw.pick(&[0.5, 0.85, 1.0])];
    record
}

fn fields(r: &Record, ground: &Ground) -> Vec<String> {
    vec![
        r.id.clone(),
        ground.offset_text(r.occurred_at),
        utc_text(r.reported_at),
        utc_text(r.received_at),
        r.words[0].to_owned(),
        ground.town_name(r),
        ground.county_name(r),
        r.quantity.to_string(),
    ]
}
