//! Rows that come one by one: an API request, a mended row.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use chrono::{DateTime, Duration, Utc};
use serde_json::{Map, Value};
use thiserror::Error;

use super::{
    IntakeSummary, Placer,
    judge::{Incoming, Placed, Why},
    kept::{KeptRows, Standing},
    stream::others,
    writer::{Rows, Writer},
};
use crate::{
    clock::DynClock,
    domain::{
        event::{Event, EventKind},
        ids::{AreaId, DeliveryId, EventId, JurisdictionId, RejectId, SourceId},
        quality::{Reject, RejectReason, RejectState, Source},
        quarantine::Settled,
        scope::Scope,
        time::Zone,
    },
    geocode::Index,
    ingest::{Format, IngestError, Mapping, ReadOptions, RecordReader, RowKind},
    store::{DynStore, StoreError},
};

/// Outlines and names may be this old when a request is placed.
const PLACER_AGE: i64 = 30;

/// The origin of rows that came by request.
pub(super) const REQUESTS: &str = "api";

/// What became of a request's rows.
#[derive(Debug, Clone, Default)]
pub struct IntakeAnswer {
    pub summary: IntakeSummary,
    /// Their lines are positions in the request, from 1.
    pub rejects: Vec<Reject>,
    /// Events that were stored (new and changed), in the order of their rows.
    pub ids: Vec<EventId>,
    /// Finest areas of those events, sorted.
    pub areas: Vec<AreaId>,
    pub kinds: Vec<EventKind>,
}

/// What became of a mended row.
#[derive(Debug, Clone)]
pub enum Resubmission {
    Accepted(Box<Event>),
    Updated(Box<Event>),
    Unchanged,
    StillBad { reason: RejectReason, field: Option<String>, message: String },
}

#[derive(Debug, Error)]
pub enum IntakeFailure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("source \"{0}\" is not known")]
    UnknownSource(SourceId),
    #[error("the row was mended or discarded already")]
    NotWaiting,
    /// A file that can't be read, or not as it is said to be.
    #[error("{0}")]
    BadFile(String),
    #[error("{0}")]
    BadMapping(String),
    /// A rule for quarantined rows that cannot be.
    #[error("{0}")]
    BadMend(String),
    #[error("{0:#}")]
    Failed(anyhow::Error),
}

impl IntakeFailure {
    fn of(error: IngestError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<anyhow::Error> for IntakeFailure {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<StoreError>() {
            Ok(store) => Self::Store(store),
            Err(other) => Self::Failed(other),
        }
    }
}

/// What places rows, and since when it is kept.
type Kept = (DateTime<Utc>, Arc<Placer>);

/// Intake for a service that lives on: what it takes to place rows is kept for half a minute.
pub struct Intake {
    pub(super) store: DynStore,
    pub(super) clock: DynClock,
    placers: Mutex<HashMap<JurisdictionId, Kept>>,
    pub(super) index: Option<Arc<Index>>,
}

impl Intake {
    pub fn new(store: DynStore, clock: DynClock) -> Self {
        Self { store, clock, placers: Mutex::default(), index: None }
    }

    /// Look up rows without coordinates in this index of streets and addresses.
    #[must_use]
    pub fn with_index(mut self, index: Option<Arc<Index>>) -> Self {
        self.index = index;
        self
    }

    /// Take records of one source: standard events, or what the source's own mapping reads where that is a
    /// mapping of JSON. Durable when it returns; bad rows are in quarantine.
    ///
    /// # Errors
    /// An unknown source, or what the store says.
    pub async fn accept(
        &self,
        scope: &Scope,
        source: &SourceId,
        records: Vec<Map<String, Value>>,
    ) -> Result<IntakeAnswer, IntakeFailure> {
        let began = Instant::now();
        let stored = self.source(scope, source).await?;
        let (mapping, options) = self.reading(scope, &stored, false).await?;
        let rules = self.store.standing_rules(scope, source).await?;
        let mut standing =
            Standing::new(&stored, rules, &mapping, &options, &scope.jurisdiction).map_err(IntakeFailure::of)?;
        let mut reader = RecordReader::new(&mapping, options).map_err(IntakeFailure::of)?;
        let placer = self.placer(scope).await?;
        let mut rows = Vec::with_capacity(records.len());
        let (mut rejects, mut settled) = (Vec::new(), Vec::new());
        let mut not_cases = 0;
        let read = records.len() as u64;
        for (i, record) in records.into_iter().enumerate() {
            let line = i as u64 + 1;
            let mut is = reader.read(record, line);
            let mut by_rule = false;
            if let (RowKind::Reject(reject), Some(standing)) = (&is, &mut standing)
                && let Ok(done) = standing.settle(reject.clone(), REQUESTS)
            {
                settled.push(done.settled);
                let Some(mended) = done.is else { continue };
                (is, by_rule) = (mended, true);
            }
            match is {
                RowKind::Case(report) => {
                    let (location, flags) = placer.place(source, &report);
                    rows.push(Incoming::Report(Box::new(Placed { report: *report, location, flags })));
                }
                RowKind::TakenBack(taken) => rows.push(Incoming::TakenBack(taken, Why::Sender)),
                RowKind::Reject(reject) => rejects.push(*reject),
                RowKind::NotCase(known) => {
                    not_cases += u64::from(!by_rule);
                    rows.extend(known.map(|taken| Incoming::TakenBack(taken, Why::NoCase)));
                }
                RowKind::Elsewhere(owner) => rejects.push(Reject {
                    line,
                    reason: RejectReason::UnknownValue,
                    field: Some("jurisdiction".into()),
                    message: format!("the record belongs to \"{owner}\", this source to {}", scope.jurisdiction),
                    row: Map::new(),
                }),
            }
        }
        let mut writer =
            Writer::new(&self.store, &self.clock, scope, source, REQUESTS).counting(self.hour(scope, source));
        let not_cases: Vec<(String, u64)> =
            if not_cases > 0 { vec![("(no label)".into(), not_cases)] } else { Vec::new() };
        writer.summary.read = read;
        writer.summary.set_not_cases(&not_cases);
        writer.write(Rows { incoming: rows, rejects: rejects.clone(), settled }).await?;
        writer.finish(not_cases).await?;
        let mut summary = writer.summary;
        summary.elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(IntakeAnswer {
            summary,
            rejects,
            ids: writer.ids,
            areas: writer.areas.into_iter().collect(),
            kinds: writer.kinds.into_iter().collect(),
        })
    }

    /// Read a quarantined row again with some values mended. It leaves the quarantine when it could be read.
    ///
    /// # Errors
    /// `NotWaiting` when it was dealt with before, an unknown source, or what the store says.
    pub async fn resubmit(
        &self,
        scope: &Scope,
        id: RejectId,
        mended: Map<String, Value>,
    ) -> Result<Resubmission, IntakeFailure> {
        let waiting = self.store.quarantined_row(scope, id).await?;
        if waiting.state != RejectState::Waiting {
            return Err(IntakeFailure::NotWaiting);
        }
        let source = self.source(scope, &waiting.source).await?;
        let mut kept = self.kept_rows(scope, &source, waiting.origin != REQUESTS).await?;
        let mut row = waiting.row.clone();
        row.extend(mended);
        let report = match kept.read(&waiting, row) {
            RowKind::Case(report) => *report,
            RowKind::Reject(r) => {
                return Ok(Resubmission::StillBad { reason: r.reason, field: r.field, message: r.message });
            }
            RowKind::TakenBack(_) => {
                return Ok(still_bad("the row takes a record back, which needs no mending".into()));
            }
            RowKind::NotCase(_) => return Ok(still_bad("the row does not meet the source's case definition".into())),
            RowKind::Elsewhere(owner) => return Ok(still_bad(format!("the row belongs to \"{owner}\""))),
        };
        let placer = self.placer(scope).await?;
        let (location, flags) = placer.place(&source.id, &report);
        let mut writer = Writer::new(&self.store, &self.clock, scope, &source.id, &waiting.origin);
        let row = Incoming::Report(Box::new(Placed { report, location, flags }));
        writer.write(Rows { incoming: vec![row], ..Rows::default() }).await?;
        writer.finish(Vec::new()).await?;
        // Killed between the two, the row is found unchanged when it is sent again.
        let (by, at) = (scope.actor.to_string(), self.clock.now());
        let settled = Settled { id, state: RejectState::Resubmitted, rule: None, by, at };
        self.store.settle_rejects(scope, &[settled]).await?;
        let Some(event) = writer.ids.first() else { return Ok(Resubmission::Unchanged) };
        let event = Box::new(self.store.event(scope, *event).await?);
        Ok(if event.version == 1 { Resubmission::Accepted(event) } else { Resubmission::Updated(event) })
    }

    pub(super) async fn zone(&self, scope: &Scope) -> Result<Zone, IntakeFailure> {
        let all = self.store.jurisdictions().await?;
        Ok(all.into_iter().find(|j| j.id == scope.jurisdiction).map_or(Zone::UTC, |j| j.zone))
    }

    pub(super) async fn source(&self, scope: &Scope, id: &SourceId) -> Result<Source, IntakeFailure> {
        let all = self.store.sources(scope).await?;
        all.into_iter().find(|s| s.id == *id).ok_or_else(|| IntakeFailure::UnknownSource(id.clone()))
    }

    /// Rows of a file are read by the source's own mapping; so are requests where that is one of JSON.
    async fn reading(
        &self,
        scope: &Scope,
        source: &Source,
        from_file: bool,
    ) -> Result<(Mapping, ReadOptions), IntakeFailure> {
        let own = Mapping::parse(&source.mapping, "the stored mapping").ok();
        let fits =
            |m: &Mapping| from_file || matches!(m.format.kind, Some(Format::Json | Format::Ndjson | Format::Geojson));
        let mapping = own.filter(fits).unwrap_or_else(Mapping::standard);
        let others = others(&self.store, scope).await?;
        Ok((mapping, ReadOptions { now: self.clock.now(), zone: source.zone, others }))
    }

    /// For rows of the source that were kept because they could not be read.
    pub(super) async fn kept_rows(
        &self,
        scope: &Scope,
        source: &Source,
        from_file: bool,
    ) -> Result<KeptRows, IntakeFailure> {
        let (mapping, options) = self.reading(scope, source, from_file).await?;
        KeptRows::new(&mapping, options, &scope.jurisdiction).map_err(IntakeFailure::of)
    }

    /// Requests are counted by the hour.
    fn hour(&self, scope: &Scope, source: &SourceId) -> DeliveryId {
        let hour = self.clock.now().format("%Y-%m-%dT%H").to_string();
        DeliveryId::derived(&[scope.jurisdiction.as_str(), source.as_str(), REQUESTS, &hour])
    }

    pub(super) async fn placer(&self, scope: &Scope) -> Result<Arc<Placer>, IntakeFailure> {
        let now = self.clock.now();
        let fresh = {
            let placers = self.placers.lock().unwrap_or_else(PoisonError::into_inner);
            placers
                .get(&scope.jurisdiction)
                .filter(|(at, _)| (now - *at).abs() < Duration::seconds(PLACER_AGE))
                .map(|(_, placer)| placer.clone())
        };
        if let Some(placer) = fresh {
            return Ok(placer);
        }
        let placer = Arc::new(Placer::load(&self.store, scope, self.index.clone()).await?);
        let mut placers = self.placers.lock().unwrap_or_else(PoisonError::into_inner);
        placers.insert(scope.jurisdiction.clone(), (now, placer.clone()));
        Ok(placer)
    }
}

fn still_bad(message: String) -> Resubmission {
    Resubmission::StillBad { reason: RejectReason::UnknownValue, field: None, message }
}

/// [`Intake::accept`] for a caller that keeps nothing.
///
/// # Errors
/// As there.
pub async fn accept_records(
    store: &DynStore,
    clock: &DynClock,
    scope: &Scope,
    source: &SourceId,
    records: Vec<Map<String, Value>>,
) -> Result<IntakeAnswer, IntakeFailure> {
    Intake::new(store.clone(), clock.clone()).accept(scope, source, records).await
}

/// [`Intake::resubmit`] for a caller that keeps nothing.
///
/// # Errors
/// As there.
pub async fn resubmit(
    store: &DynStore,
    clock: &DynClock,
    scope: &Scope,
    id: RejectId,
    mended: Map<String, Value>,
) -> Result<Resubmission, IntakeFailure> {
    Intake::new(store.clone(), clock.clone()).resubmit(scope, id, mended).await
}
