//! Mending a group of rows by a rule: tried without writing anything, and done.
//!
//! A rule that was queued is applied page by page, newest rows first. Each page is written first and leaves the
//! quarantine then: a run that is killed between the two reads the same rows again and finds their events unchanged. A
//! record's older rows never replace what was received after them: of several rows of one record, in one page, in
//! several, or with a newer event in the store, only the newest is written, whenever a run is killed.
//!
//! Limits: rows without an id of their own that only the mended value told apart are one record afterwards.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{
    judge::{Incoming, Placed, Why},
    kept::{KeptRows, Tried},
    records::{Intake, IntakeFailure},
    writer::{Rows, Writer},
};
use crate::{
    clock::DynClock,
    domain::{
        ids::{GroupId, RejectId, SourceId},
        quality::{QuarantinedRow, RejectReason, RejectState, Source},
        quarantine::{
            Mend, MendExample, MendOutcome, MendPreview, MendRule, MendState, Settled, StillBad, ValueChange,
            check_mends,
        },
        scope::Scope,
    },
    geocode::Index,
    ingest::RowKind,
    store::DynStore,
};

/// Rows that are mended together.
const PAGE: u32 = 1_000;
/// A preview tries this many rows.
const MOST_TRIED: u64 = 5_000;
const EXAMPLES: usize = 20;

/// What applying the queued rules changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MendedRows {
    /// Events that were stored (new and changed).
    pub events: u64,
    /// Rows that left the quarantine.
    pub settled: u64,
}

impl Intake {
    /// What a rule would do to a group, without doing it.
    ///
    /// # Errors
    /// `BadMend` for a rule that cannot be, `NotWaiting` when no row of the group waits (any longer).
    pub async fn preview(&self, scope: &Scope, group: GroupId, mends: &[Mend]) -> Result<MendPreview, IntakeFailure> {
        let mut bench = self.bench(scope, group, mends).await?;
        let mut out = Trial::default();
        let mut before = None;
        let groups = self.store.reject_groups(scope, Some(&bench.source.id)).await?;
        let rows = groups.iter().find(|g| g.id == group).map_or(0, |g| g.rows);
        while out.tried < MOST_TRIED {
            let page = self.store.group_rows(scope, group, before, PAGE).await?;
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            let tried: Vec<TriedRow> = page.iter().map(|row| (row, bench.try_row(row, mends))).collect();
            let known = self.known_records(scope, &bench.source.id, &tried).await?;
            for (row, (after, tried)) in tried {
                out.count(row, &after, tried, &known);
            }
        }
        Ok(out.told(rows))
    }

    /// Apply every rule that waits, oldest first. May be killed and run again.
    ///
    /// # Errors
    /// What the store says; the rules that were done until then stay done.
    pub async fn mend_queued(&self, scope: &Scope) -> Result<MendedRows, IntakeFailure> {
        let mut done = MendedRows::default();
        let mut rules: Vec<MendRule> = self.store.mend_rules(scope).await?.into_iter().map(|r| r.rule).collect();
        rules.retain(|r| r.state == MendState::Queued);
        rules.reverse();
        for rule in rules {
            let still_bad = self.apply(scope, &rule, &mut done).await?;
            let now = self.clock.now();
            // Somebody may have ended it meanwhile.
            let standing = self.store.mend_rules(scope).await?.iter().any(|r| r.rule.id == rule.id && r.rule.standing);
            let rule = MendRule { state: MendState::Done, done_at: Some(now), still_bad, standing, ..rule };
            self.store.put_mend_rule(scope, &rule).await?;
            self.store.audit(scope, "mend-rows", &format!("mend-rule:{}", rule.id), now).await?;
        }
        Ok(done)
    }

    /// Answers how many rows are still bad.
    async fn apply(&self, scope: &Scope, rule: &MendRule, done: &mut MendedRows) -> Result<u64, IntakeFailure> {
        let mut bench = match self.bench(scope, rule.group, &rule.mends).await {
            // All of them were settled by somebody else, or by the run that was killed.
            Err(IntakeFailure::NotWaiting) => return Ok(0),
            other => other?,
        };
        let (mut before, mut still_bad) = (None, 0);
        loop {
            let page = self.store.group_rows(scope, rule.group, before, PAGE).await?;
            let Some(last) = page.last() else { return Ok(still_bad) };
            before = Some(last.id);
            let mut sorted = Sorted::default();
            for row in &page {
                sorted.add(row, bench.try_row(row, &rule.mends).1);
            }
            still_bad += sorted.still_bad;
            self.write(scope, &bench.source, sorted.incoming, done).await?;
            let now = self.clock.now();
            let settled: Vec<Settled> = sorted
                .settled
                .into_iter()
                .map(|(id, state)| Settled { id, state, rule: Some(rule.id), by: rule.made_by.clone(), at: now })
                .collect();
            self.store.settle_rejects(scope, &settled).await?;
            done.settled += settled.len() as u64;
        }
    }

    /// Store what rows became, oldest first, less what something newer is known of.
    async fn write(
        &self,
        scope: &Scope,
        source: &Source,
        rows: Vec<(DateTime<Utc>, String, Incoming)>,
        done: &mut MendedRows,
    ) -> Result<(), IntakeFailure> {
        let mut by_origin: BTreeMap<String, Vec<Incoming>> = BTreeMap::new();
        let ids: Vec<String> = rows.iter().map(|(_, _, row)| row.record_id().to_owned()).collect();
        let heads = self.store.heads(scope, &source.id, &ids).await?;
        let placer = self.placer(scope).await?;
        for (received_at, origin, mut row) in rows.into_iter().rev() {
            if let Some(head) = heads.get(row.record_id())
                && !states_receipt(&row)
                && !same(&row, &head.content_hash)
                && self.store.event(scope, head.id).await?.received_at > received_at
            {
                continue;
            }
            if let Incoming::Report(placed) = &mut row {
                (placed.location, placed.flags) = placer.place(&source.id, &placed.report);
            }
            by_origin.entry(origin).or_default().push(row);
        }
        for (origin, incoming) in by_origin {
            let mut writer = Writer::new(&self.store, &self.clock, scope, &source.id, &origin);
            writer.write(Rows { incoming, ..Rows::default() }).await?;
            writer.finish(Vec::new()).await?;
            done.events += writer.summary.accepted + writer.summary.updated;
        }
        Ok(())
    }

    /// What it takes to read the rows of a group again.
    async fn bench(&self, scope: &Scope, group: GroupId, mends: &[Mend]) -> Result<Bench, IntakeFailure> {
        check_mends(mends).map_err(|e| IntakeFailure::BadMend(e.0))?;
        let newest = self.store.group_rows(scope, group, None, 1).await?;
        let row = newest.first().ok_or(IntakeFailure::NotWaiting)?;
        let source = self.source(scope, &row.source).await?;
        let bench = Bench {
            of_files: self.kept_rows(scope, &source, true).await?,
            of_requests: self.kept_rows(scope, &source, false).await?,
            source,
        };
        bench.kept(&row.origin).check(&row.row, mends).map_err(IntakeFailure::BadMend)?;
        Ok(bench)
    }

    /// Records of these rows that the store has.
    async fn known_records(
        &self,
        scope: &Scope,
        source: &SourceId,
        tried: &[TriedRow<'_>],
    ) -> Result<HashSet<String>, IntakeFailure> {
        let id = |(_, (_, tried)): &TriedRow<'_>| match tried {
            Tried::Read(RowKind::Case(report)) => Some(report.record_id.clone()),
            _ => None,
        };
        let ids: Vec<String> = tried.iter().filter_map(id).collect();
        let heads = if ids.is_empty() { HashMap::new() } else { self.store.heads(scope, source, &ids).await? };
        Ok(heads.into_keys().collect())
    }
}

/// A row, its values as mended, and what it is then.
type TriedRow<'r> = (&'r QuarantinedRow, (Map<String, Value>, Tried));

struct Bench {
    source: Source,
    of_files: KeptRows,
    of_requests: KeptRows,
}

impl Bench {
    fn kept(&self, origin: &str) -> &KeptRows {
        if origin == super::records::REQUESTS { &self.of_requests } else { &self.of_files }
    }

    fn try_row(&mut self, row: &QuarantinedRow, mends: &[Mend]) -> (Map<String, Value>, Tried) {
        let kept = if row.origin == super::records::REQUESTS { &mut self.of_requests } else { &mut self.of_files };
        kept.try_with(row, mends)
    }
}

/// Whether the sender said when the record was received, so that versions are in order by themselves.
fn states_receipt(row: &Incoming) -> bool {
    match row {
        Incoming::Report(placed) => placed.report.received_at.is_some(),
        Incoming::TakenBack(taken, _) => taken.received_at.is_some(),
    }
}

fn same(row: &Incoming, content_hash: &str) -> bool {
    matches!(row, Incoming::Report(placed) if placed.report.content_hash == content_hash)
}

/// A page of rows, newest first, sorted by what becomes of them.
#[derive(Default)]
struct Sorted {
    /// When the row came, its origin, what it is. A report is not placed yet.
    incoming: Vec<(DateTime<Utc>, String, Incoming)>,
    settled: Vec<(RejectId, RejectState)>,
    still_bad: u64,
    records: HashSet<String>,
}

impl Sorted {
    fn add(&mut self, row: &QuarantinedRow, tried: Tried) {
        let (state, incoming) = match tried {
            Tried::Decided(state) => (state, None),
            Tried::Read(RowKind::Case(report)) => {
                let location = super::placer::nowhere();
                let placed = Placed { report: *report, location, flags: Vec::new() };
                (RejectState::Resubmitted, Some(Incoming::Report(Box::new(placed))))
            }
            Tried::Read(RowKind::TakenBack(taken)) => {
                (RejectState::Resubmitted, Some(Incoming::TakenBack(taken, Why::Sender)))
            }
            Tried::Read(RowKind::NotCase(known)) => {
                (RejectState::NotCase, known.map(|taken| Incoming::TakenBack(taken, Why::NoCase)))
            }
            Tried::Read(RowKind::Reject(_) | RowKind::Elsewhere(_)) | Tried::Unmended(_) => {
                self.still_bad += 1;
                return;
            }
        };
        self.settled.push((row.id, state));
        let Some(incoming) = incoming else { return };
        // Newest first: an older row of a record that was seen says nothing more.
        if self.records.insert(incoming.record_id().to_owned()) || states_receipt(&incoming) {
            self.incoming.push((row.received_at, row.origin.clone(), incoming));
        }
    }
}

/// What a preview has seen so far.
#[derive(Default)]
struct Trial {
    tried: u64,
    pass: u64,
    known: u64,
    not_cases: u64,
    discarded: u64,
    bad: BTreeMap<(RejectReason, Option<String>), (String, u64)>,
    examples: Vec<MendExample>,
}

impl Trial {
    fn count(&mut self, row: &QuarantinedRow, after: &Map<String, Value>, tried: Tried, known: &HashSet<String>) {
        self.tried += 1;
        let mut occurred_at = None;
        let mut still = None;
        let outcome = match tried {
            Tried::Decided(RejectState::NotCase) | Tried::Read(RowKind::NotCase(_)) => MendOutcome::NotCase,
            Tried::Decided(_) => MendOutcome::Discarded,
            Tried::Read(RowKind::Case(report)) => {
                occurred_at = Some(report.occurred_at);
                if known.contains(&report.record_id) { MendOutcome::KnownAlready } else { MendOutcome::WouldPass }
            }
            Tried::Read(RowKind::TakenBack(_)) => MendOutcome::WouldPass,
            Tried::Read(RowKind::Reject(r)) => {
                still = Some((r.reason, r.field, r.message));
                MendOutcome::StillBad
            }
            Tried::Read(RowKind::Elsewhere(owner)) => {
                still = Some((RejectReason::UnknownValue, None, format!("the row belongs to \"{owner}\"")));
                MendOutcome::StillBad
            }
            Tried::Unmended(why) => {
                still = Some((row.reason, row.field.clone(), why));
                MendOutcome::StillBad
            }
        };
        match outcome {
            MendOutcome::WouldPass => self.pass += 1,
            MendOutcome::KnownAlready => (self.pass, self.known) = (self.pass + 1, self.known + 1),
            MendOutcome::NotCase => self.not_cases += 1,
            MendOutcome::Discarded => self.discarded += 1,
            MendOutcome::StillBad => {}
        }
        let message = still.as_ref().map(|(_, _, message)| message.clone());
        if let Some((reason, field, message)) = still {
            self.bad.entry((reason, field)).or_insert((message, 0)).1 += 1;
        }
        if self.examples.len() < EXAMPLES {
            let changes = changes(&row.row, after);
            let (id, line, origin) = (row.id, row.line, row.origin.clone());
            self.examples.push(MendExample { id, line, origin, changes, outcome, occurred_at, message });
        }
    }

    fn told(self, rows: u64) -> MendPreview {
        let mut still_bad: Vec<StillBad> = self
            .bad
            .into_iter()
            .map(|((reason, field), (message, rows))| StillBad { reason, field, message, rows })
            .collect();
        still_bad.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| (a.reason, &a.field).cmp(&(b.reason, &b.field))));
        MendPreview {
            rows: rows.max(self.tried),
            tried: self.tried,
            would_pass: self.pass,
            known_already: self.known,
            not_cases: self.not_cases,
            discarded: self.discarded,
            still_bad,
            examples: self.examples,
        }
    }
}

/// Columns whose value is another now, in the order of the row.
fn changes(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<ValueChange> {
    let text = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(s)) => s.clone(),
        Some(other) => other.to_string(),
    };
    after
        .iter()
        .filter(|(column, value)| before.get(*column) != Some(value))
        .map(|(column, value)| ValueChange {
            column: column.clone(),
            before: text(before.get(column)),
            after: text(Some(value)),
        })
        .collect()
}

/// Apply the queued rules of a jurisdiction, for a worker that keeps nothing.
///
/// # Errors
/// As [`Intake::mend_queued`].
pub async fn mend_queued(
    store: &DynStore,
    clock: &DynClock,
    scope: &Scope,
    index: Option<Arc<Index>>,
) -> anyhow::Result<MendedRows> {
    let intake = Intake::new(store.clone(), clock.clone()).with_index(index);
    intake.mend_queued(scope).await.context("mending rows in quarantine")
}
