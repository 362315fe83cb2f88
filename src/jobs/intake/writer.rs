//! Placed reports → versions in the store, batch by batch.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use anyhow::{Context, bail};

use super::{
    IntakeSummary,
    judge::{Aside, Incoming, Verdict, Why},
    lookup::Lookup,
};
use crate::{
    clock::DynClock,
    domain::{
        event::EventKind,
        ids::{AreaId, DeliveryId, EventId, SourceId},
        quality::{DeliveredRows, Delivery, Reject, RejectState},
        scope::Scope,
    },
    store::{DynStore, IntakeBatch, SettledReject, StoreError},
};

/// Repeats within a run are recognised among so many records.
pub(super) const MOST_SEEN: usize = 2_000_000;
/// Changed records set aside until the stream ends; more are stored as they come.
const MOST_SET_ASIDE: usize = 20_000;
const MOST_TRIES: u32 = 5;

pub(super) struct Writer<'s> {
    pub(super) store: &'s DynStore,
    pub(super) clock: &'s DynClock,
    pub(super) scope: &'s Scope,
    pub(super) source: &'s SourceId,
    origin: String,
    pub summary: IntakeSummary,
    /// Short digests of record ids met in this run.
    pub(super) seen: HashSet<u64>,
    set_aside: BTreeMap<String, (u64, Incoming)>,
    order: u64,
    /// Events written, in the order of their rows.
    pub ids: Vec<EventId>,
    pub areas: BTreeSet<AreaId>,
    pub kinds: BTreeSet<EventKind>,
    /// The delivery that the rows are counted in, and what is counted in it already.
    delivery: Option<DeliveryId>,
    counted: DeliveredRows,
    /// What the last call of `write` left of the records it wrote.
    written: Lookup,
}

/// Rows that are written together.
#[derive(Default)]
pub(super) struct Rows {
    pub incoming: Vec<Incoming>,
    pub rejects: Vec<Reject>,
    pub settled: Vec<SettledReject>,
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.incoming.len() + self.rejects.len() + self.settled.len()
    }
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
            delivery: None,
            counted: DeliveredRows::default(),
            written: Lookup::default(),
        }
    }

    /// Count the rows in a delivery. Rows that are mended belong to the one they came in.
    pub(super) fn counting(mut self, delivery: DeliveryId) -> Self {
        self.delivery = Some(delivery);
        self
    }

    /// Write a batch; when this returns it is durable.
    pub(super) async fn write(&mut self, rows: Rows) -> anyhow::Result<()> {
        let found = Lookup::of(self.store, self.scope, self.source, &rows.incoming).await?;
        self.write_found(rows, found).await
    }

    /// [`Writer::write`], with what the store was asked while the batch before was written.
    pub(super) async fn write_found(&mut self, rows: Rows, mut found: Lookup) -> anyhow::Result<()> {
        found.correct(&rows.incoming, &std::mem::take(&mut self.written));
        self.commit(rows, Vec::new(), false, Some(found)).await?;
        if self.set_aside.len() > MOST_SET_ASIDE {
            self.settle().await?;
        }
        Ok(())
    }

    /// The whole stream was taken before: what was set aside differs because something newer came since, and stays
    /// as it is. Answers how many rows those are.
    pub(super) fn leave_aside(&mut self) -> u64 {
        let rows = std::mem::take(&mut self.set_aside).into_values();
        // A row that is no case was counted as that.
        let left = rows.filter(|(_, row)| !matches!(row, Incoming::TakenBack(_, Why::NoCase))).count() as u64;
        self.summary.unchanged += left;
        left
    }

    /// The stream has ended: store what was set aside, and the counts of what are no cases.
    pub(super) async fn finish(&mut self, not_cases: Vec<(String, u64)>) -> anyhow::Result<()> {
        self.settle().await?;
        if !not_cases.is_empty() {
            self.commit(Rows::default(), not_cases, true, None).await?;
        }
        match self.uncounted(&DeliveredRows::default()) {
            Some(rest) => self.store.record_delivery(self.scope, &rest).await.context("counting a delivery"),
            None => Ok(()),
        }
    }

    async fn settle(&mut self) -> anyhow::Result<()> {
        let mut waiting: Vec<(u64, Incoming)> = std::mem::take(&mut self.set_aside).into_values().collect();
        waiting.sort_by_key(|(order, _)| *order);
        let incoming: Vec<Incoming> = waiting.into_iter().map(|(_, row)| row).collect();
        let rows = Rows { incoming, ..Rows::default() };
        if rows.incoming.is_empty() { Ok(()) } else { self.commit(rows, Vec::new(), true, None).await }
    }

    async fn commit(
        &mut self,
        rows: Rows,
        not_cases: Vec<(String, u64)>,
        last_word: bool,
        mut found: Option<Lookup>,
    ) -> anyhow::Result<()> {
        let Rows { incoming, rejects, settled } = rows;
        let mut batch = IntakeBatch {
            rejects,
            settled,
            origin: self.origin.clone(),
            not_cases,
            received_at: Some(self.clock.now()),
            ..IntakeBatch::default()
        };
        for attempt in 1..=MOST_TRIES {
            let mut records = match found.take() {
                Some(found) => found,
                None => Lookup::of(self.store, self.scope, self.source, &incoming).await?,
            };
            let mut verdict = self.judge(&incoming, &mut records, last_word).await?;
            batch.events = std::mem::take(&mut verdict.events);
            batch.late = std::mem::take(&mut verdict.late);
            batch.early_withdrawals = std::mem::take(&mut verdict.early);
            batch.early_withdrawals.sort_by(|a, b| a.0.cmp(&b.0));
            let nothing = batch.events.is_empty()
                && batch.late.is_empty()
                && batch.rejects.is_empty()
                && batch.settled.is_empty();
            if nothing && batch.early_withdrawals.is_empty() && batch.not_cases.is_empty() {
                // Counted with the next rows that are written, or at the end.
                self.tell(verdict, &batch, records);
                return Ok(());
            }
            batch.delivery = self.uncounted(&counts(&verdict, &batch));
            match self.store.append(self.scope, self.source, &batch).await {
                Ok(()) => {
                    self.counted = batch.delivery.as_ref().map_or(self.counted, |d| self.counted.plus(d.rows));
                    self.tell(verdict, &batch, records);
                    return Ok(());
                }
                // Somebody else stored a version of one of these records meanwhile: look again.
                Err(StoreError::Conflict(_)) if attempt < MOST_TRIES => {}
                Err(e) => return Err(e).context("storing a batch"),
            }
        }
        bail!("the same records are being written by somebody else; try again")
    }

    /// What the delivery lacks so far, with these more.
    fn uncounted(&self, more: &DeliveredRows) -> Option<Delivery> {
        let rows = self.summary.delivered().plus(*more).less(self.counted);
        let id = self.delivery.filter(|_| rows != DeliveredRows::default())?;
        Some(Delivery { id, source: self.source.clone(), origin: self.origin.clone(), at: self.clock.now(), rows })
    }

    /// A batch is durable: count it.
    fn tell(&mut self, verdict: Verdict, batch: &IntakeBatch, records: Lookup) {
        self.written.heads.extend(records.heads);
        self.written.early.extend(records.early);
        let s = &mut self.summary;
        s.accepted += verdict.accepted;
        s.updated += verdict.updated;
        s.unchanged += verdict.unchanged;
        s.duplicates += verdict.duplicates;
        s.withdrawn += verdict.withdrawn;
        s.no_longer_cases += verdict.no_longer_cases;
        s.not_known += verdict.not_known;
        s.add_rejects(&batch.rejects);
        s.mended += batch.settled.len() as u64;
        s.decided += decided(batch);
        for event in &batch.events {
            *s.precision.entry(event.location.precision.to_string()).or_default() += 1;
            for flag in &event.flags {
                *s.flags.entry(flag.to_string()).or_default() += 1;
            }
            self.areas.extend(event.location.area.clone());
            self.kinds.insert(event.kind);
        }
        if self.ids.len() < MOST_SET_ASIDE {
            self.ids.extend(batch.late.iter().map(|l| l.history[0].id));
            self.ids.extend(batch.events.iter().map(|e| e.id));
        }
        self.seen.extend(verdict.met);
        // The last row of a record has the last word: it replaces what was set aside, or takes it back.
        for aside in verdict.aside {
            let replaced = match aside {
                Aside::TakeBack(record) => self.set_aside.remove(&record),
                Aside::Keep(row) => {
                    self.order += 1;
                    self.set_aside.insert(row.record_id().to_owned(), (self.order, row))
                }
            };
            // A row that is no case was counted as that.
            let counted = replaced.is_some_and(|(_, row)| !matches!(row, Incoming::TakenBack(_, Why::NoCase)));
            s.duplicates += u64::from(counted);
        }
    }
}

fn decided(batch: &IntakeBatch) -> u64 {
    batch.settled.iter().filter(|s| s.state != RejectState::Resubmitted).count() as u64
}

/// As [`Writer::tell`] will count them.
fn counts(verdict: &Verdict, batch: &IntakeBatch) -> DeliveredRows {
    DeliveredRows {
        accepted: verdict.accepted,
        updated: verdict.updated,
        unchanged: verdict.unchanged,
        duplicates: verdict.duplicates,
        quarantined: batch.rejects.len() as u64,
        mended: batch.settled.len() as u64,
        not_cases: decided(batch) + verdict.not_known,
        ..DeliveredRows::default()
    }
}
