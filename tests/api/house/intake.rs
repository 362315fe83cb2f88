//! Intake as the API sees it.

use std::sync::Arc;

use super::event;
use async_trait::async_trait;
use axum::body::Bytes;
use chrono::{DateTime, Utc};
use emberwatch::{
    api::{Accepted, Intake, IntakeError, IntakeSummary, RejectedLine, Resubmitted, SuggestedMapping},
    clock::{Clock, ManualClock},
    domain::{
        event::{Event, EventKind},
        ids::{GroupId, RejectId, SourceId},
        place::Point,
        quality::{Reject, RejectReason, RejectState, Source},
        quarantine::{Mend, MendPreview, Settled, check_mends},
        scope::Scope,
        time::{Day, Zone},
    },
    store::{DynStore, IntakeBatch},
};
use serde_json::{Map, Value};

/// Intake that takes standard events with coordinates and nothing else: enough to see what the API does
/// with its answers. The real one has its own tests.
pub(super) struct PlainIntake {
    pub store: DynStore,
    pub clock: Arc<ManualClock>,
}

#[async_trait]
impl Intake for PlainIntake {
    async fn accept(
        &self,
        scope: &Scope,
        source: &SourceId,
        records: Vec<Map<String, Value>>,
    ) -> Result<Accepted, IntakeError> {
        if !self.store.sources(scope).await?.iter().any(|s| s.id == *source) {
            return Err(IntakeError::UnknownSource(source.clone()));
        }
        let mut out = Accepted {
            summary: IntakeSummary { read: records.len() as u64, ..Default::default() },
            ..Default::default()
        };
        let mut batch = IntakeBatch { origin: "live".into(), ..IntakeBatch::default() };
        for (line, record) in (1..).zip(records) {
            match self.read(scope, &record) {
                Some(event) => {
                    let heads = self.store.heads(scope, source, std::slice::from_ref(&event.record_id)).await?;
                    if heads.contains_key(&event.record_id) {
                        out.summary.unchanged += 1;
                        continue;
                    }
                    out.summary.accepted += 1;
                    out.ids.push(event.id);
                    out.areas.extend(event.location.area.clone());
                    batch.events.push(event);
                }
                None => {
                    out.summary.quarantined += 1;
                    let message = "expected a time".to_owned();
                    let field = Some("occurred_at".to_owned());
                    let reason = RejectReason::BadTime;
                    batch.rejects.push(Reject {
                        line,
                        reason,
                        field: field.clone(),
                        message: message.clone(),
                        row: record,
                    });
                    out.rejects.push(RejectedLine { line, reason, field, message });
                }
            }
        }
        out.areas.sort();
        out.areas.dedup();
        out.kinds = vec![EventKind::Overdose];
        self.store.append(scope, source, &batch).await?;
        Ok(out)
    }

    async fn resubmit(
        &self,
        scope: &Scope,
        row: RejectId,
        values: Map<String, Value>,
    ) -> Result<Resubmitted, IntakeError> {
        self.store.quarantined_row(scope, row).await?;
        match self.read(scope, &values) {
            Some(event) => {
                let batch =
                    IntakeBatch { events: vec![event.clone()], origin: "mended".into(), ..IntakeBatch::default() };
                self.store.append(scope, &event.source, &batch).await?;
                let state = RejectState::Resubmitted;
                let settled = Settled { id: row, state, rule: None, by: "test".into(), at: self.clock.now() };
                self.store.settle_rejects(scope, &[settled]).await?;
                Ok(Resubmitted::Accepted(Box::new(event)))
            }
            None => Ok(Resubmitted::StillBad {
                reason: RejectReason::BadTime,
                field: Some("occurred_at".into()),
                message: "expected a time".into(),
            }),
        }
    }

    /// A file of words is taken, a file of zeros can't be read: what reading makes of files has its own tests.
    async fn take_file(
        &self,
        scope: &Scope,
        source: &SourceId,
        ending: &str,
        bytes: Bytes,
    ) -> Result<Accepted, IntakeError> {
        if !self.store.sources(scope).await?.iter().any(|s| s.id == *source) {
            return Err(IntakeError::UnknownSource(source.clone()));
        }
        if bytes.contains(&0) {
            return Err(IntakeError::BadFile(format!("this is no {ending}")));
        }
        let lines = bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()).count() as u64;
        let summary = IntakeSummary { read: lines, accepted: lines, ..Default::default() };
        let reject =
            RejectedLine { line: 3, reason: RejectReason::BadTime, field: None, message: "expected a time".into() };
        Ok(Accepted { summary, rejects: vec![reject], notices: vec!["a word".into()], ..Accepted::default() })
    }

    async fn suggest(
        &self,
        _: &Scope,
        source: &SourceId,
        ending: &str,
        bytes: Bytes,
    ) -> Result<SuggestedMapping, IntakeError> {
        Ok(SuggestedMapping {
            found: ending.to_owned(),
            rows_read: bytes.len() as u64,
            cases: 0,
            not_cases: 0,
            columns: vec![],
            doubts: vec![],
            rows: vec![],
            rejects: vec![],
            mapping: format!("name = \"{source}\"\n"),
        })
    }

    async fn put_mapping(&self, scope: &Scope, source: &SourceId, mapping: &str) -> Result<Source, IntakeError> {
        if !mapping.contains('=') {
            return Err(IntakeError::BadMapping("line 1: expected key = value".into()));
        }
        let stored = Source {
            id: source.clone(),
            name: source.to_string(),
            zone: Zone::UTC,
            mapping: mapping.to_owned(),
            expected_every_hours: None,
        };
        self.store.put_source(scope, &stored).await?;
        Ok(stored)
    }

    /// Every row would pass: what reading makes of rows has its own tests.
    async fn preview(&self, scope: &Scope, group: GroupId, mends: &[Mend]) -> Result<MendPreview, IntakeError> {
        check_mends(mends).map_err(|e| IntakeError::BadMend(e.0))?;
        let rows = self.store.group_rows(scope, group, None, 100).await?.len() as u64;
        Ok(MendPreview {
            rows,
            tried: rows,
            would_pass: rows,
            known_already: 0,
            not_cases: 0,
            discarded: 0,
            still_bad: vec![],
            examples: vec![],
        })
    }
}

impl PlainIntake {
    fn read(&self, scope: &Scope, record: &Map<String, Value>) -> Option<Event> {
        let id = record.get("event_id")?.as_str()?;
        let at: DateTime<Utc> = record.get("occurred_at")?.as_str()?.parse().ok()?;
        let point = Point::new(record.get("latitude")?.as_f64()?, record.get("longitude")?.as_f64()?).ok()?;
        let county = if point.lat() < 45.0 { "me-south" } else { "me-north" };
        let base = event(scope.jurisdiction.as_str(), id, 0, point, county);
        let day = Day::of(at, "America/New_York".parse().unwrap());
        Some(Event { occurred_at: at, event_day: day, received_at: self.clock.now(), ..base })
    }
}
