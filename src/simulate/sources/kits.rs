//! Naloxone kits handed out by programmes, entered by the day and some days later.

use super::{Form, Ground, Layout, Record, hours, utc_text, whole_seconds};
use crate::{
    domain::{
        event::{EventKind, NaloxoneGiven, Outcome, TimePrecision},
        place::Precision,
        time::Day,
    },
    simulate::{
        draw::Draw,
        incidents::{Incident, SeenBy},
    },
};

pub(in crate::simulate) const LAYOUT: Layout = Layout {
    source: "me-naloxone",
    name: "Naloxone distribution (simulated)",
    file: "me-naloxone.csv",
    form: Form::Csv,
    mapping: include_str!("../../../data/mappings/demo-me-naloxone.toml"),
    columns: &["entry_id", "date", "reported_at", "received_at", "setting", "recipient", "town", "county", "kits"],
    numeric: &[],
    time: 1,
    coordinates: None,
    word: 8,
    delay: "gamma (shape 2, mean 5 days)",
    expected_every_hours: 24.0,
    fields,
    records,
};

/// Entries a day in the whole state.
const PER_DAY: f64 = 14.0;
const SETTINGS: [&str; 5] = ["SYRINGE SERVICE", "PHARMACY", "JAIL RELEASE", "OUTREACH", "EMERGENCY DEPARTMENT"];
const RECIPIENTS: [&str; 3] = ["PERSON WHO USES DRUGS", "FAMILY OR FRIEND", "ORGANISATION"];

fn records(ground: &Ground) -> Vec<Record> {
    let mut out = Vec::new();
    for day in ground.options.range().days() {
        let mut draw = ground.stream("kits", day);
        // Programmes keep office days.
        let share = if day.weekday_index() < 5 { 1.25 } else { 0.375 };
        for n in 0..draw.poisson(PER_DAY * ground.options.volume * share) {
            let settlement = ground.terrain.draw_settlement(&mut draw);
            let spot = ground.terrain.draw_spot(&mut draw, settlement);
            let noon = day.starts_at(ground.zone) + hours(12.0);
            let like = Incident { at: noon, day, spot, fatal: false, seen_by: SeenBy::NOBODY, number: None };
            out.push(entry(&mut draw, &like, n));
        }
    }
    out
}

fn entry(draw: &mut Draw, like: &Incident, n: u64) -> Record {
    let mut record = Record::of(like, format!("K{}-{n:03}", like.day.date().format("%y%m%d")));
    record.kind = EventKind::Naloxone;
    record.time_precision = TimePrecision::Day;
    record.reported_at = whole_seconds(like.at + hours(6.0 + 24.0 * draw.gamma(2.0, 2.5)));
    record.received_at = record.reported_at + hours(0.25);
    record.precision = Precision::Place;
    record.outcome = Outcome::Unknown;
    record.naloxone = NaloxoneGiven::Unknown;
    record.quantity = 1 + draw.negative_binomial(4.5, 0.8).min(400) as u32;
    record.words = [SETTINGS[draw.pick(&[0.38, 0.55, 0.68, 0.9, 1.0])], RECIPIENTS[draw.pick(&[0.6, 0.85, 1.0])]];
    record
}

fn fields(r: &Record, ground: &Ground) -> Vec<String> {
    let day: Day = ground.day_of(r.occurred_at);
    vec![
        r.id.clone(),
        day.to_string(),
        utc_text(r.reported_at),
        utc_text(r.received_at),
        r.words[0].to_owned(),
        r.words[1].to_owned(),
        ground.town_name(r),
        ground.county_name(r),
        r.quantity.to_string(),
    ]
}
