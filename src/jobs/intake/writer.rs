//! Placed reports → versions in the store, batch by batch.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use anyhow::{Context, bail};
use chrono::{DateTime, Duration, Utc};

use super::IntakeSummary;
use crate::{
    clock::{DynClock, new_id},
    domain::{
        event::{Event, EventKind, Flag, Location, Report},
        ids::{AreaId, EventId, SourceId},
        quality::Reject,
        scope::Scope,
    },
    store::{DynStore, IntakeBatch, StoreError},
};

/// Repeats within a run are recognised among so many records.
const MOST_SEEN: usize = 2_000_000;
/// Changed records set aside until the stream ends; more are stored as they come.
const MOST_SET_ASIDE: usize = 20_000;
const MOST_TRIES: u32 = 5;

/// A report with its place.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub report: Report,
    pub location: Location,
    pub flags: Vec<Flag>,
}

/// The newest version of a record, as far as this run knows it.
#[derive(Debug, Clone)]
struct Known {
    id: EventId,
    version: u32,
    hash: String,
    /// Read only when the content differs.
    received_at: Option<DateTime<Utc>>,
}

pub(super) struct Writer<'s> {
    store: &'s DynStore,
    clock: &'s DynClock,
    scope: &'s Scope,
    source: &'s SourceId,
    origin: String,
    pub summary: IntakeSummary,
    /// Short digests of record ids met in this run.
    seen: HashSet<u64>,
    set_aside: BTreeMap<String, (u64, Placed)>,
    order: u64,
    /// Events written, in the order of their rows.
    pub ids: Vec<EventId>,
    pub areas: BTreeSet<AreaId>,
    pub kinds: BTreeSet<EventKind>,
}

/// What a batch came to, before it is told: a batch that meets a conflict is judged again.
#[derive(Default)]
struct Verdict {
    events: Vec<Event>,
    /// In the order of the rows: what is set aside, and records whose stored content came again.
    aside: Vec<Aside>,
    accepted: u64,
    updated: u64,
    unchanged: u64,
    duplicates: u64,
    met: HashSet<u64>,
}

enum Aside {
    Keep(Box<Placed>),
    TakeBack(String),
}

impl<'s> Writer<'s> {
    pub(super) fn new(
        store: &'s DynStore,
        clock: &'s DynClock,
        scope: &'s Scope,
        source: &'s SourceId,
        origin: &str,
    ) -> Self {
        let summary = IntakeSummary {
            source: source.to_string(),
            jurisdiction: scope.jurisdiction.to_string(),
            origin: origin.to_owned(),
            ..IntakeSummary::default()
        };
        Self {
            store,
            clock,
            scope,
            source,
            origin: origin.to_owned(),
            summary,
            seen: HashSet::new(),
            set_aside: BTreeMap::new(),
            order: 0,
            ids: Vec::new(),
            areas: BTreeSet::new(),
            kinds: BTreeSet::new(),
        }
    }

    /// Write a batch; when this returns it is durable.
    pub(super) async fn write(&mut self, rows: Vec<Placed>, rejects: Vec<Reject>) -> anyhow::Result<()> {
        self.commit(&rows, rejects, Vec::new(), false).await?;
        if self.set_aside.len() > MOST_SET_ASIDE {
            self.settle().await?;
        }
        Ok(())
    }

    /// The stream has ended: store what was set aside, and the counts of what are no cases.
    pub(super) async fn finish(&mut self, not_cases: Vec<(String, u64)>) -> anyhow::Result<()> {
        self.settle().await?;
        if !not_cases.is_empty() {
            self.commit(&[], Vec::new(), not_cases, true).await?;
        }
        Ok(())
    }

    async fn settle(&mut self) -> anyhow::Result<()> {
        let mut waiting: Vec<(u64, Placed)> = std::mem::take(&mut self.set_aside).into_values().collect();
        waiting.sort_by_key(|(order, _)| *order);
        let rows: Vec<Placed> = waiting.into_iter().map(|(_, p)| p).collect();
        if rows.is_empty() { Ok(()) } else { self.commit(&rows, Vec::new(), Vec::new(), true).await }
    }

    async fn commit(
        &mut self,
        rows: &[Placed],
        rejects: Vec<Reject>,
        not_cases: Vec<(String, u64)>,
        last_word: bool,
    ) -> anyhow::Result<()> {
        let received_at = Some(self.clock.now());
        let mut batch =
            IntakeBatch { events: Vec::new(), rejects, origin: self.origin.clone(), not_cases, received_at };
        for attempt in 1..=MOST_TRIES {
            let mut verdict = self.judge(rows, last_word).await?;
            batch.events = std::mem::take(&mut verdict.events);
            if batch.events.is_empty() && batch.rejects.is_empty() && batch.not_cases.is_empty() {
                self.tell(verdict, &batch);
                return Ok(());
            }
            match self.store.append(self.scope, self.source, &batch).await {
                Ok(()) => {
                    self.tell(verdict, &batch);
                    return Ok(());
                }
                // Somebody else stored a version of one of these records meanwhile: look again.
                Err(StoreError::Conflict(_)) if attempt < MOST_TRIES => {}
                Err(e) => return Err(e).context("storing a batch"),
            }
        }
        bail!("the same records are being written by somebody else; try again")
    }

    /// New, changed, unchanged or repeated: every row in its order against what is known.
    async fn judge(&self, rows: &[Placed], last_word: bool) -> anyhow::Result<Verdict> {
        let mut ids: Vec<String> = rows.iter().map(|r| r.report.record_id.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        let heads = if ids.is_empty() {
            HashMap::new()
        } else {
            self.store.heads(self.scope, self.source, &ids).await.context("looking up records")?
        };
        let mut known: HashMap<String, Known> = heads
            .into_iter()
            .map(|(record, h)| {
                (record, Known { id: h.id, version: h.version, hash: h.content_hash, received_at: None })
            })
            .collect();
        let now = self.clock.now();
        let mut verdict = Verdict::default();
        for row in rows {
            self.judge_row(row, &mut known, &mut verdict, now, last_word).await?;
        }
        Ok(verdict)
    }

    async fn judge_row(
        &self,
        row: &Placed,
        known: &mut HashMap<String, Known>,
        verdict: &mut Verdict,
        now: DateTime<Utc>,
        last_word: bool,
    ) -> anyhow::Result<()> {
        let report = &row.report;
        let key = short_digest(&report.record_id);
        let met_before = !last_word && (self.seen.contains(&key) || verdict.met.contains(&key));
        if !last_word && self.seen.len() + verdict.met.len() < MOST_SEEN {
            verdict.met.insert(key);
        }
        let Some(head) = known.get_mut(&report.record_id) else {
            let received_at = report.received_at.unwrap_or(now);
            let head = Known {
                id: EventId(new_id(&**self.clock)),
                version: 1,
                hash: report.content_hash.clone(),
                received_at: Some(received_at),
            };
            verdict.events.push(self.event(row, &head, received_at));
            verdict.accepted += 1;
            known.insert(report.record_id.clone(), head);
            return Ok(());
        };
        if head.hash == report.content_hash {
            if met_before {
                verdict.duplicates += 1;
            } else {
                verdict.unchanged += 1;
            }
            verdict.aside.push(Aside::TakeBack(report.record_id.clone()));
            return Ok(());
        }
        let newest = match head.received_at {
            Some(at) => at,
            None => self.store.event(self.scope, head.id).await.context("reading an event")?.received_at,
        };
        head.received_at = Some(newest);
        let stated = report.received_at.filter(|at| *at != newest && !report.flags.contains(&Flag::ReceiptAssumed));
        let received_at = match stated {
            Some(at) if at < newest => {
                verdict.unchanged += 1;
                return Ok(());
            }
            Some(at) => at,
            None if last_word => now.max(newest + Duration::microseconds(1)),
            None => {
                verdict.aside.push(Aside::Keep(Box::new(row.clone())));
                return Ok(());
            }
        };
        head.version += 1;
        head.hash.clone_from(&report.content_hash);
        head.received_at = Some(received_at);
        let head = head.clone();
        verdict.events.push(self.event(row, &head, received_at));
        verdict.updated += 1;
        Ok(())
    }

    fn event(&self, row: &Placed, head: &Known, received_at: DateTime<Utc>) -> Event {
        let r = &row.report;
        let mut flags = r.flags.clone();
        flags.extend_from_slice(&row.flags);
        Event {
            id: head.id,
            jurisdiction: self.scope.jurisdiction.clone(),
            source: self.source.clone(),
            record_id: r.record_id.clone(),
            version: head.version,
            content_hash: r.content_hash.clone(),
            kind: r.kind,
            occurred_at: r.occurred_at,
            time_precision: r.time_precision,
            reported_at: r.reported_at,
            received_at,
            event_day: r.event_day,
            outcome: r.outcome,
            naloxone: r.naloxone,
            quantity: r.quantity,
            case: r.case.clone(),
            location: row.location.clone(),
            incident: None,
            attributes: r.attributes.clone(),
            flags,
            withdrawn: r.withdrawn,
        }
    }

    /// A batch is durable: count it.
    fn tell(&mut self, verdict: Verdict, batch: &IntakeBatch) {
        let s = &mut self.summary;
        s.accepted += verdict.accepted;
        s.updated += verdict.updated;
        s.unchanged += verdict.unchanged;
        s.duplicates += verdict.duplicates;
        s.quarantined += batch.rejects.len() as u64;
        for reject in &batch.rejects {
            *s.reasons.entry(reject.reason.to_string()).or_default() += 1;
        }
        for event in &batch.events {
            *s.precision.entry(event.location.precision.to_string()).or_default() += 1;
            for flag in &event.flags {
                *s.flags.entry(flag.to_string()).or_default() += 1;
            }
            self.areas.extend(event.location.area.clone());
            self.kinds.insert(event.kind);
        }
        if self.ids.len() < MOST_SET_ASIDE {
            self.ids.extend(batch.events.iter().map(|e| e.id));
        }
        self.seen.extend(verdict.met);
        // The last row of a record has the last word: it replaces what was set aside, or takes it back.
        for aside in verdict.aside {
            let replaced = match aside {
                Aside::TakeBack(record) => self.set_aside.remove(&record),
                Aside::Keep(row) => {
                    self.order += 1;
                    self.set_aside.insert(row.report.record_id.clone(), (self.order, *row))
                }
            };
            s.duplicates += u64::from(replaced.is_some());
        }
    }
}

/// Enough to tell whether a record was met before; what it decides is only a word in the summary.
fn short_digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
