//! Who reports in a simulated state, in which words, how late.
//!
//! Each file is one feed: what it hears of, how its rows look, how long it takes. To add one more,
//! write a file with a `LAYOUT` and a `records` function, list it in [`all`], and give it a mapping in
//! `data/mappings/demo-….toml`.

mod ems;
mod hospital;
mod kits;
mod outreach;
mod reversals;

use chrono::{DateTime, Duration, SecondsFormat, Utc};

use super::{WorldOptions, draw::Draw, incidents::Incident, terrain::Terrain};
use crate::domain::{
    event::{EventKind, NaloxoneGiven, Outcome, TimePrecision},
    place::{Point, Precision},
    time::{Day, Zone},
};

/// What the sources report about.
pub(super) struct Ground<'a> {
    pub options: &'a WorldOptions,
    pub terrain: &'a Terrain,
    /// ZIP codes of the terrain's towns, in their order.
    pub zips: &'a [Option<String>],
    pub incidents: &'a [Incident],
    pub zone: Zone,
}

/// One record of one source, true and complete; the row in the file is made from it.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub id: String,
    /// The overdose that it tells of, by its number.
    pub incident: Option<u32>,
    /// Band of age and sex of whom it happened to, as the source noted them; empty where it did not.
    pub age_band: &'static str,
    pub sex: &'static str,
    pub kind: EventKind,
    /// `false` for rows that the case definition leaves out.
    pub is_case: bool,
    pub occurred_at: DateTime<Utc>,
    pub time_precision: TimePrecision,
    pub reported_at: DateTime<Utc>,
    pub received_at: DateTime<Utc>,
    /// What the file says; `None` when it gives no coordinates.
    pub point: Option<Point>,
    pub precision: Precision,
    pub address: Option<String>,
    /// Positions in the terrain's lists.
    pub town: usize,
    pub county: usize,
    pub zip: Option<String>,
    pub outcome: Outcome,
    pub naloxone: NaloxoneGiven,
    pub quantity: u32,
    /// Words of this feed alone: complaint, diagnosis, setting.
    pub words: [&'static str; 2],
    /// A later row that mends an earlier one of the same id.
    pub corrects: bool,
    /// The sender put its fall-back point in place of the address.
    pub fallback: bool,
}

/// The two forms a feed can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Csv,
    Ndjson,
}

/// How a feed's file looks.
pub(super) struct Layout {
    pub source: &'static str,
    pub name: &'static str,
    pub file: &'static str,
    pub form: Form,
    pub mapping: &'static str,
    pub columns: &'static [&'static str],
    /// Columns written as numbers in NDJSON.
    pub numeric: &'static [usize],
    /// Column of the time of occurrence.
    pub time: usize,
    /// Columns of latitude and longitude.
    pub coordinates: Option<(usize, usize)>,
    /// A column with a closed vocabulary.
    pub word: usize,
    /// The law of the delay in words, for `truth.json`.
    pub delay: &'static str,
    pub expected_every_hours: f64,
    pub fields: fn(&Record, &Ground) -> Vec<String>,
    pub records: fn(&Ground) -> Vec<Record>,
}

/// Every feed of the demonstration.
pub(super) fn all() -> [&'static Layout; 5] {
    [&ems::LAYOUT, &hospital::LAYOUT, &reversals::LAYOUT, &kits::LAYOUT, &outreach::LAYOUT]
}

impl Record {
    /// An overdose as seen by a source, with everything the source adds left empty.
    fn of(incident: &Incident, id: String) -> Self {
        Self {
            id,
            incident: incident.number,
            age_band: "",
            sex: "",
            kind: EventKind::Overdose,
            is_case: true,
            occurred_at: incident.at,
            time_precision: TimePrecision::Instant,
            reported_at: incident.at,
            received_at: incident.at,
            point: None,
            precision: Precision::Place,
            address: None,
            town: incident.spot.town,
            county: incident.spot.county,
            zip: None,
            outcome: if incident.fatal { Outcome::SuspectedFatal } else { Outcome::Nonfatal },
            naloxone: NaloxoneGiven::Unknown,
            quantity: 1,
            words: ["", ""],
            corrects: false,
            fallback: false,
        }
    }
}

/// Bands of age, and the share of overdoses up to each.
const AGES: [(&str, f64); 6] =
    [("18-24", 0.08), ("25-34", 0.35), ("35-44", 0.65), ("45-54", 0.83), ("55-64", 0.95), ("65+", 1.0)];
const SHARE_MALE: f64 = 0.68;
/// A source leaves a person's field empty this often, and takes somebody for a band older or younger.
const NOT_NOTED: f64 = 0.05;
const MISTAKEN: f64 = 0.04;

impl Record {
    /// Note who it happened to, with what this source misses and mistakes.
    fn note_person(&mut self, ground: &Ground, source: &str) {
        let Some(number) = self.incident else { return };
        // The person is the same whoever tells; what is noted is the source's own.
        let mut person = Draw::stream_at(ground.options.seed, "person", u64::from(number), 0);
        let (mut age, male) = (person.pick(&AGES.map(|(_, up_to)| up_to)), person.chance(SHARE_MALE));
        let mut notes = Draw::stream_at(ground.options.seed, source, u64::from(number), 7);
        if notes.chance(MISTAKEN) {
            age = if age == 0 { 1 } else { age - 1 };
        }
        self.age_band = if notes.chance(NOT_NOTED) { "" } else { AGES[age].0 };
        self.sex = match (notes.chance(NOT_NOTED), male) {
            (true, _) => "",
            (_, true) => "male",
            (_, false) => "female",
        };
    }
}

impl Ground<'_> {
    fn town_name(&self, record: &Record) -> String {
        self.terrain.towns[record.town].name.clone()
    }

    /// "Penobscot", as feeds write it.
    fn county_name(&self, record: &Record) -> String {
        self.terrain.counties[record.county].area.name.trim_end_matches(" County").to_owned()
    }

    /// `2026-05-31 17:05:33` on the clock of the zone.
    fn local_text(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone.0).format("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// The same with its offset: `2026-05-31T17:05:33-04:00`.
    fn offset_text(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone.0).to_rfc3339_opts(SecondsFormat::Secs, false)
    }

    fn day_of(&self, at: DateTime<Utc>) -> Day {
        Day::of(at, self.zone)
    }

    /// The stream from which a source draws what it adds to the records of one day.
    fn stream(&self, source: &str, day: Day) -> Draw {
        Draw::stream_at(self.options.seed, source, day.epoch_days() as u64, 1)
    }
}

fn utc_text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn hours(h: f64) -> Duration {
    Duration::seconds((h * 3600.0).round() as i64)
}

fn whole_seconds(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(at.timestamp(), 0).unwrap_or(at)
}
