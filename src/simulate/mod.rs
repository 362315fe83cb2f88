//! Seeded worlds with a known truth: for the demonstration, for benchmarks, and for the tests that
//! ask whether a method finds what was put in.
//!
//! [`World`] is a whole state: overdoses day by day on real geography, the feeds that report them in
//! their own formats with their own delays and their own mistakes, and a [`truth::Truth`] that says what was
//! injected. [`tables`] has small worlds on any set of points for testing a detector or a forecaster.
//!
//! Same options, same bytes: every draw comes from [`draw`], whose algorithms are written out there.
//! Nothing in a world is taken from real events; [`terrain`](self) places are town centres plus random
//! offsets, and street names are invented.
//!
//! Order of reading: `draw`, `maine`, `terrain` (where), `incidents` (what), `sources/` (who reports it
//! and how late), `feed` (bytes), `truth`. To add a feed see `sources`; to add an outbreak, `incidents::plans`.

mod contacts;
pub mod draw;
mod feed;
mod files;
mod incidents;
pub mod maine;
pub mod misspell;
mod sources;
pub mod streets;
pub mod tables;
mod terrain;
pub mod truth;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

pub use self::{
    contacts::Staff,
    feed::Feed,
    files::EVENT_COLUMNS,
    tables::{FlatOptions, Injected, Injection, Site, Table, flat, with_outbreak},
    truth::Truth,
};
use self::{
    incidents::Incident,
    sources::{Ground, Record},
    terrain::Terrain,
    truth::{BadRow, Parameters, ReportRef, Silence, SourceTruth},
};
use crate::domain::{
    area::{AreaShape, Jurisdiction, NamedPlace},
    ids::SourceId,
    outreach::Encounter,
    time::{Day, DayRange, Zone},
};

/// Raised when the same options would give other bytes.
pub const GENERATOR_VERSION: u32 = 2;

/// Good rows a day over all feeds at volume 1, for turning a wanted number of rows into a volume.
const ROWS_PER_DAY: f64 = 49.0;

/// Which world.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldOptions {
    pub seed: u64,
    /// Length in days, 1 or more.
    pub days: u32,
    /// The last day.
    pub end: Day,
    /// Multiplies the baseline (1 is about 830 overdose records a month) and, above 1, the outbreaks.
    pub volume: f64,
    /// Feeds hold nothing that was received later; `None` is the end of the last day.
    pub known_by: Option<DateTime<Utc>>,
}

/// A simulated state.
pub struct World {
    options: WorldOptions,
    terrain: Terrain,
    incidents: Vec<Incident>,
    feeds: Vec<Feed>,
    records: Vec<(&'static str, Vec<Record>)>,
    truth: Truth,
}

impl WorldOptions {
    pub fn new(seed: u64, days: u32, end: Day) -> Self {
        Self { seed, days: days.max(1), end, volume: 1.0, known_by: None }
    }

    /// A volume that gives about `rows` rows over all feeds.
    #[must_use]
    pub fn with_rows(mut self, rows: u64) -> Self {
        self.volume = rows as f64 / (ROWS_PER_DAY * f64::from(self.days));
        self
    }

    /// Leave out what was received later than this instant.
    #[must_use]
    pub fn known_at(mut self, instant: DateTime<Utc>) -> Self {
        self.known_by = Some(instant);
        self
    }

    pub fn range(&self) -> DayRange {
        DayRange::ending(self.end, self.days.min(100_000) as i32)
    }

    pub fn known_by(&self) -> DateTime<Utc> {
        self.known_by.unwrap_or_else(|| (self.end + 1).starts_at(ZONE))
    }
}

const ZONE: Zone = Zone(chrono_tz::America::New_York);

impl World {
    /// Maine, `days` days long, the last being `end`.
    pub fn maine(seed: u64, days: u32, end: Day) -> Self {
        Self::new(WorldOptions::new(seed, days, end))
    }

    pub fn new(options: WorldOptions) -> Self {
        let parameters = Parameters::default();
        let terrain = Terrain::maine(options.seed);
        let (incidents, outbreaks) = incidents::incidents(&options, &parameters, &terrain, ZONE);
        let points = maine::zips();
        let zips: Vec<_> = terrain.towns.iter().map(|t| maine::zip_of(t, &points)).collect();
        let ground = Ground { options: &options, terrain: &terrain, zips: &zips, incidents: &incidents, zone: ZONE };
        let mut parts = Parts::default();
        for layout in sources::all() {
            let built = feed::build(layout, &ground);
            parts.feeds.push(built.feed);
            parts.records.push((layout.source, built.records));
            parts.sources.push(built.truth);
            parts.silences.extend(built.silence);
            parts.bad_rows.extend(built.bad_rows);
        }
        let truth = Truth {
            document: "emberwatch-truth".into(),
            document_version: 1,
            generator_version: GENERATOR_VERSION,
            seed: options.seed,
            jurisdiction: "me".into(),
            from: options.range().from,
            to: options.end,
            known_by: options.known_by(),
            parameters: Parameters { overdoses_per_day: parameters.overdoses_per_day * options.volume, ..parameters },
            outbreaks,
            silences: parts.silences,
            sources: parts.sources,
            bad_rows: parts.bad_rows,
            told_by_several: told_by_several(&parts.records),
        };
        Self { options, terrain, incidents, feeds: parts.feeds, records: parts.records, truth }
    }

    pub fn options(&self) -> &WorldOptions {
        &self.options
    }

    pub fn jurisdiction(&self) -> Jurisdiction {
        maine::jurisdiction()
    }

    /// The state and its counties, with outlines.
    pub fn areas(&self) -> Vec<AreaShape> {
        maine::areas()
    }

    /// Town centres, largest first.
    pub fn places(&self) -> Vec<NamedPlace> {
        maine::gazetteer()
    }

    pub fn feeds(&self) -> &[Feed] {
        &self.feeds
    }

    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// `truth.json`, indented, ending in a line feed.
    pub fn truth_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.truth).expect("the truth holds only text, numbers and lists");
        text.push('\n');
        text
    }

    /// The standard event table of all sources (see [`EVENT_COLUMNS`]): clean, each record once.
    pub fn events_csv(&self) -> String {
        let all = self.records.iter().flat_map(|(source, records)| records.iter().map(|r| (*source, r)));
        files::events_csv(all, &self.terrain)
    }

    /// `place_id,latitude,longitude,name,county,population`.
    pub fn places_csv(&self) -> String {
        files::places_csv(&self.terrain.towns)
    }

    /// Contacts the given staff have logged, in order of time.
    pub fn encounters(&self, staff: &[Staff]) -> Vec<Encounter> {
        let ground = Ground {
            options: &self.options,
            terrain: &self.terrain,
            zips: &[],
            incidents: &self.incidents,
            zone: ZONE,
        };
        contacts::encounters(&ground, staff)
    }
}

/// The reports of every overdose that several sources tell of, by source.
fn told_by_several(records: &[(&'static str, Vec<Record>)]) -> Vec<Vec<ReportRef>> {
    let mut of: BTreeMap<u32, Vec<ReportRef>> = BTreeMap::new();
    for (source, records) in records {
        let source = SourceId::new(source).expect("source ids of the demonstration are valid");
        for record in records.iter().filter(|r| r.is_case && !r.corrects) {
            if let Some(incident) = record.incident {
                let report = ReportRef { source: source.clone(), record_id: record.id.clone() };
                of.entry(incident).or_default().push(report);
            }
        }
    }
    of.into_values().filter(|reports| reports.len() > 1).collect()
}

#[derive(Default)]
struct Parts {
    feeds: Vec<Feed>,
    records: Vec<(&'static str, Vec<Record>)>,
    sources: Vec<SourceTruth>,
    silences: Vec<Silence>,
    bad_rows: Vec<BadRow>,
}

#[cfg(test)]
#[path = "world_tests.rs"]
mod tests;
