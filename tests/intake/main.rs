//! Intake from bytes to stored events: real feeds where they are at hand, and what a feed does wrong.
//!
//! The real files are public but not part of this project; without them those tests say `skipped`.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod across;
mod feeds;
mod fuzz;
mod linked;
mod mends;
mod real;
mod remote;
mod repeats;
mod requests;
mod withdrawn;

use std::{io::Read, path::PathBuf, sync::Arc};

use chrono::{DateTime, Utc};
use emberwatch::{
    clock::{DynClock, ManualClock},
    domain::{
        area::{AreaKind, Jurisdiction},
        event::Event,
        ids::SourceId,
        quality::Source,
        scope::Scope,
        time::Zone,
    },
    ingest::{Format, Mapping},
    jobs::intake::{IntakeSummary, ingest_stream, source_of},
    store::{self, DynStore},
};
use tempfile::TempDir;

pub struct World {
    pub store: DynStore,
    pub clock: DynClock,
    pub hands: Arc<ManualClock>,
    pub scope: Scope,
    pub zone: Zone,
    _folder: TempDir,
}

impl World {
    pub async fn new(jurisdiction: &str, zone: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let store = store::open(&folder.path().join("emberwatch.db").display().to_string()).await.unwrap();
        store.migrate().await.unwrap();
        let zone: Zone = zone.parse().unwrap();
        let owner = Jurisdiction { id: jurisdiction.parse().unwrap(), name: jurisdiction.to_owned(), zone };
        store.put_jurisdiction(&owner).await.unwrap();
        let hands = ManualClock::at(utc("2026-06-01T12:00:00Z"));
        let scope = Scope::system(owner.id, "test");
        Self { store, clock: hands.clone(), hands, scope, zone, _folder: folder }
    }

    /// Another jurisdiction of the same service.
    pub async fn neighbour(&self, jurisdiction: &str) -> Self {
        let owner = Jurisdiction { id: jurisdiction.parse().unwrap(), name: jurisdiction.to_owned(), zone: self.zone };
        self.store.put_jurisdiction(&owner).await.unwrap();
        Self {
            store: self.store.clone(),
            clock: self.clock.clone(),
            hands: self.hands.clone(),
            scope: Scope::system(owner.id, "test"),
            zone: self.zone,
            _folder: TempDir::new().unwrap(),
        }
    }

    pub fn source(&self, mapping: &Mapping) -> Source {
        source_of(SourceId::new("feed").unwrap(), mapping, self.zone)
    }

    pub async fn ingest(
        &self,
        mapping: &Mapping,
        bytes: impl Read + Send + 'static,
        origin: &str,
    ) -> anyhow::Result<IntakeSummary> {
        let (source, format) = (self.source(mapping), Format::from_name(origin).unwrap());
        ingest_stream(&self.store, &self.clock, &self.scope, &source, mapping.clone(), format, bytes, origin).await
    }

    /// Standard rows as CSV.
    pub async fn standard(&self, rows: &str) -> IntakeSummary {
        let csv = format!("event_id,kind,occurred_at,received_at,latitude,longitude,precision,town\n{rows}");
        self.ingest(&Mapping::standard(), std::io::Cursor::new(csv.into_bytes()), "events.csv").await.unwrap()
    }

    /// Standard rows of one of several feeds.
    pub async fn source_sends(&self, source: &str, rows: &str) {
        let csv = format!("event_id,kind,occurred_at,received_at,latitude,longitude,precision,town\n{rows}");
        let mapping = Mapping::standard();
        let source = source_of(SourceId::new(source).unwrap(), &mapping, self.zone);
        let bytes = std::io::Cursor::new(csv.into_bytes());
        let (store, clock) = (&self.store, &self.clock);
        ingest_stream(store, clock, &self.scope, &source, mapping, Format::from_name("e.csv").unwrap(), bytes, "e.csv")
            .await
            .unwrap();
    }

    pub async fn events(&self) -> Vec<Event> {
        let mut all = self.store.events_after(&self.scope, None, 1_000_000).await.unwrap();
        all.sort_by(|a, b| a.record_id.cmp(&b.record_id));
        all
    }

    pub async fn load_towns(&self, text: &str) -> u64 {
        let options = emberwatch::cells::ShapeOptions {
            kind: AreaKind::Town,
            id_property: None,
            name_property: None,
            prefix: "",
            parent: None,
        };
        let shapes = emberwatch::cells::read_shapes(text, &options).unwrap();
        self.store.put_areas(&self.scope, &shapes).await.unwrap();
        emberwatch::jobs::intake::replace_all(&self.store, &self.scope).await.unwrap()
    }
}

pub fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A file of the shared folder beside this project; `None`, and a line that says so, when it is not there.
pub fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")).join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

pub fn mapping(name: &str) -> Mapping {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/mappings").join(name);
    Mapping::parse(&std::fs::read_to_string(&path).unwrap(), name).unwrap()
}

/// The counts of a summary that must add up to the rows read.
pub fn sum(s: &IntakeSummary) -> u64 {
    s.accepted
        + s.unchanged
        + s.updated
        + s.duplicates
        + s.quarantined
        + s.decided
        + s.not_known
        + s.not_case_rows()
        + s.elsewhere.values().sum::<u64>()
}
