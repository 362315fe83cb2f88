//! What a row means for what is stored: a new event, a new version, nothing new, a record taken back.
//! The rules are told in the module's documentation.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use anyhow::Context;
use chrono::{DateTime, Duration, Utc};

use super::{
    lookup::{Known, Lookup},
    writer::{MOST_SEEN, Writer},
};
use crate::{
    clock::new_id,
    domain::{
        event::{Event, Flag, Location, Report},
        ids::EventId,
    },
    ingest::TakenBack,
    store::EarlyWithdrawal,
};

/// A report with its place.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub report: Report,
    pub location: Location,
    pub flags: Vec<Flag>,
}

/// One row for the store.
#[derive(Debug, Clone)]
pub(super) enum Incoming {
    Report(Box<Placed>),
    TakenBack(TakenBack, Why),
}

/// Why an event is withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Its sender took it back.
    Sender,
    /// What its sender says now meets no case definition.
    NoCase,
}

impl Why {
    /// The attribute `withdrawn_because` of the version.
    fn as_str(self) -> &'static str {
        match self {
            Self::Sender => "taken back by the sender",
            Self::NoCase => "no longer meets a case definition",
        }
    }
}

impl Incoming {
    pub(super) fn record_id(&self) -> &str {
        match self {
            Self::Report(placed) => &placed.report.record_id,
            Self::TakenBack(taken, _) => &taken.record_id,
        }
    }
}

/// What a batch came to, before it is told: a batch that meets a conflict is judged again.
#[derive(Default)]
pub(super) struct Verdict {
    pub events: Vec<Event>,
    /// In the order of the rows: what is set aside, and records whose stored content came again.
    pub aside: Vec<Aside>,
    pub accepted: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub duplicates: u64,
    pub withdrawn: u64,
    pub no_longer_cases: u64,
    pub not_known: u64,
    pub met: HashSet<u64>,
    /// What takes back records that are not known, by their ids.
    pub early: HashMap<String, EarlyWithdrawal>,
}

pub(super) enum Aside {
    Keep(Incoming),
    TakeBack(String),
}

impl Writer<'_> {
    /// New, changed, unchanged or repeated: every row in its order against what is known.
    pub(super) async fn judge(
        &self,
        rows: &[Incoming],
        records: &mut Lookup,
        last_word: bool,
    ) -> anyhow::Result<Verdict> {
        let now = self.clock.now();
        let mut verdict = Verdict::default();
        for row in rows {
            match row {
                Incoming::Report(placed) => self.judge_row(placed, records, &mut verdict, now, last_word).await?,
                Incoming::TakenBack(taken, why) => {
                    self.judge_taken_back(taken, *why, records, &mut verdict, now, last_word).await?;
                }
            }
        }
        Ok(verdict)
    }

    async fn judge_row(
        &self,
        row: &Placed,
        records: &mut Lookup,
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
        let Some(head) = records.heads.get_mut(&report.record_id) else {
            let received_at = report.received_at.unwrap_or(now);
            let mut head = Known {
                id: EventId(new_id(&**self.clock)),
                version: 1,
                hash: report.content_hash.clone(),
                withdrawn: report.withdrawn,
                received_at: Some(received_at),
            };
            verdict.events.push(self.event(row, &head, received_at));
            verdict.accepted += 1;
            let stated = report.received_at.is_some() && !report.flags.contains(&Flag::ReceiptAssumed);
            let later = records.early.get(&report.record_id).filter(|e| stated && e.received_at > received_at);
            if let (Some(word), false) = (later, head.withdrawn) {
                // It was taken back before it came.
                let event = self.event(row, &head, received_at);
                verdict.events.push(withdrawn(event, &mut head, word.received_at, &word.because));
                verdict.withdrawn += 1;
            }
            records.heads.insert(report.record_id.clone(), head);
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
        let newest = self.newest_receipt(head).await?;
        let stated = report.received_at.filter(|at| *at != newest && !report.flags.contains(&Flag::ReceiptAssumed));
        let received_at = match stated {
            Some(at) if at < newest => {
                verdict.unchanged += 1;
                return Ok(());
            }
            Some(at) => at,
            None if last_word => now.max(newest + Duration::microseconds(1)),
            None => {
                verdict.aside.push(Aside::Keep(Incoming::Report(Box::new(row.clone()))));
                return Ok(());
            }
        };
        head.version += 1;
        head.hash.clone_from(&report.content_hash);
        head.withdrawn = report.withdrawn;
        head.received_at = Some(received_at);
        let head = head.clone();
        verdict.events.push(self.event(row, &head, received_at));
        verdict.updated += 1;
        Ok(())
    }

    /// A record is taken back, or is no case (any longer): a version that says so, if it is known.
    async fn judge_taken_back(
        &self,
        taken: &TakenBack,
        why: Why,
        records: &mut Lookup,
        verdict: &mut Verdict,
        now: DateTime<Utc>,
        last_word: bool,
    ) -> anyhow::Result<()> {
        let told = u64::from(why == Why::Sender);
        let Some(head) = records.heads.get_mut(&taken.record_id) else {
            verdict.not_known += told;
            if let Some(received_at) = taken.received_at
                && records.early.get(&taken.record_id).is_none_or(|e| e.received_at < received_at)
            {
                let word = EarlyWithdrawal { received_at, because: why.as_str().to_owned() };
                records.early.insert(taken.record_id.clone(), word.clone());
                verdict.early.insert(taken.record_id.clone(), word);
            }
            return Ok(());
        };
        if head.withdrawn {
            verdict.unchanged += told;
            verdict.aside.push(Aside::TakeBack(taken.record_id.clone()));
            return Ok(());
        }
        let newest = self.newest_receipt(head).await?;
        let received_at = match taken.received_at.filter(|at| *at != newest) {
            Some(at) if at < newest => {
                verdict.unchanged += told;
                return Ok(());
            }
            Some(at) => at,
            None if last_word => now.max(newest + Duration::microseconds(1)),
            None => {
                // Of several rows of one record in a stream one that is a case is enough.
                let key = short_digest(&taken.record_id);
                let met_before = self.seen.contains(&key) || verdict.met.contains(&key);
                if why == Why::Sender || !met_before {
                    verdict.aside.push(Aside::Keep(Incoming::TakenBack(taken.clone(), why)));
                }
                return Ok(());
            }
        };
        let before = verdict.events.iter().rev().find(|e| e.id == head.id).cloned();
        let event = match before {
            Some(event) => event,
            None => self.store.event(self.scope, head.id).await.context("reading an event")?,
        };
        verdict.events.push(withdrawn(event, head, received_at, why.as_str()));
        verdict.updated += told;
        verdict.withdrawn += 1;
        verdict.no_longer_cases += 1 - told;
        Ok(())
    }

    async fn newest_receipt(&self, head: &mut Known) -> anyhow::Result<DateTime<Utc>> {
        let newest = match head.received_at {
            Some(at) => at,
            None => self.store.event(self.scope, head.id).await.context("reading an event")?.received_at,
        };
        head.received_at = Some(newest);
        Ok(newest)
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
}

/// The version that takes an event back.
fn withdrawn(mut event: Event, head: &mut Known, received_at: DateTime<Utc>, because: &str) -> Event {
    head.version += 1;
    head.withdrawn = true;
    head.received_at = Some(received_at);
    head.hash = format!("withdrawn-{}", head.hash).chars().take(42).collect();
    event.version = head.version;
    event.content_hash.clone_from(&head.hash);
    event.received_at = received_at;
    event.withdrawn = true;
    event.attributes.insert("withdrawn_because".into(), because.into());
    event
}

/// Enough to tell whether a record was met before; what it decides is only a word in the summary.
fn short_digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
