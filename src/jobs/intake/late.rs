//! A word on a record that comes late, with a receipt before that of the newest version: where it stands in the history.
//!
//! A history is what was said of a record in the order of receipts: reports, and words that take the record back. Said
//! again in that order, with the late word at its place, it gives the versions that would stand had all come in order:
//! a late report that says the same as the version before it makes none, a word that takes back what is taken back
//! already makes none, and a version that takes back holds what was known just before it.
//!
//! Limits: a report that says the same as the newest version is not kept, whatever receipt it states: a version is known
//! since the receipt it first came with, and does not stand again when other content comes later and belongs before the
//! repetition. Of words that took a record back while there was nothing to
//! take back the first and the newest are kept. Of two contents with one receipt the first to come stands.

use std::collections::BTreeSet;

use anyhow::Context;
use chrono::{DateTime, Utc};

use super::{
    judge::Verdict,
    lookup::{Known, Lookup},
    writer::Writer,
};
use crate::{
    domain::event::Event,
    store::{EarlyWithdrawal, LateVersions},
};

/// One thing that was said of a record.
#[derive(Debug, Clone)]
pub(super) enum Said {
    /// A version that stands in the history.
    Report(Box<Event>),
    /// One that came late.
    Late(Box<Event>),
    TakenBack {
        at: DateTime<Utc>,
        because: String,
        /// The version that it made, where it stood in the history before: it may have been placed anew since.
        stored: Option<Box<Event>>,
    },
}

impl Said {
    fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Report(event) | Self::Late(event) => event.received_at,
            Self::TakenBack { at, .. } => *at,
        }
    }

    /// When and why it takes the record back.
    fn word(&self) -> Option<(DateTime<Utc>, String)> {
        match self {
            Self::TakenBack { at, because, .. } => Some((*at, because.clone())),
            Self::Report(_) | Self::Late(_) => None,
        }
    }

    /// What made a version.
    fn of(version: Event) -> Self {
        match version.attributes.get("withdrawn_because").and_then(|why| why.as_str()) {
            Some(because) if version.content_hash.starts_with("withdrawn-") => Self::TakenBack {
                at: version.received_at,
                because: because.to_owned(),
                stored: Some(Box::new(version)),
            },
            _ => Self::Report(Box::new(version)),
        }
    }
}

/// The versions that come of what was said.
fn versions(mut said: Vec<Said>) -> Vec<Event> {
    // What is stored goes before what is told again of the same time.
    said.sort_by_key(|s| (s.at(), matches!(s, Said::TakenBack { stored: None, .. })));
    let reports: BTreeSet<DateTime<Utc>> =
        said.iter().filter(|s| !matches!(s, Said::TakenBack { .. })).map(Said::at).collect();
    let mut out: Vec<Event> = Vec::new();
    for one in said {
        let next = match (one, out.last()) {
            (Said::Late(event), Some(last)) if last.content_hash == event.content_hash => continue,
            (Said::Report(event) | Said::Late(event), _) => *event,
            (Said::TakenBack { .. }, None) => continue,
            (Said::TakenBack { .. }, Some(last)) if last.withdrawn => continue,
            (Said::TakenBack { at, .. }, _) if reports.contains(&at) => continue,
            (Said::TakenBack { at, because, stored }, Some(last)) => match stored {
                Some(known) if known.content_hash == taken_back_hash(&last.content_hash) => *known,
                _ => withdrawn_version(last.clone(), at, &because),
            },
        };
        out.push(next);
    }
    for (event, version) in out.iter_mut().zip(1..) {
        event.version = version;
    }
    out
}

impl Writer<'_> {
    /// Put a late word at its place; answers whether that made, or unmade, a version.
    pub(super) async fn judge_late(
        &self,
        record: &str,
        late: Said,
        records: &mut Lookup,
        verdict: &mut Verdict,
    ) -> anyhow::Result<bool> {
        let Some(id) = records.heads.get(record).map(|head| head.id) else { return Ok(false) };
        let pending = || verdict.events.iter().filter(|e| e.id == id);
        let (mut known, seen) = match verdict.late.iter().find(|l| l.history[0].id == id) {
            Some(rewritten) => (rewritten.history.clone(), Some(rewritten.seen.clone())),
            // New in this batch.
            None if pending().any(|e| e.version == 1) => (Vec::new(), None),
            None => {
                let stored =
                    self.store.event_history(self.scope, id).await.context("reading the history of an event")?;
                let newest = stored.last().map(|e| e.content_hash.clone()).unwrap_or_default();
                let seen = (stored.len(), newest);
                (stored, Some(seen))
            }
        };
        known.extend(pending().cloned());
        let report = matches!(late, Said::Late(_));
        if report && known.iter().any(|v| v.received_at == late.at()) {
            return Ok(false);
        }
        let incident = known.last().and_then(|v| v.incident);
        let words = records.words(self, record).await?;
        let before: Vec<(DateTime<Utc>, String)> = keys(&known);
        let mut said: Vec<Said> = known.into_iter().map(Said::of).collect();
        said.push(late);
        said.extend(words.into_iter().map(|w| Said::TakenBack { at: w.received_at, because: w.because, stored: None }));
        let words: Vec<(DateTime<Utc>, String)> = said.iter().filter_map(Said::word).collect();
        let mut history = versions(said);
        if keys(&history) == before {
            return Ok(false);
        }
        // A word that made a version and makes none now may make one again.
        for (received_at, because) in words {
            if !history.iter().any(|v| v.received_at == received_at) {
                records.heard(record, &EarlyWithdrawal { received_at, because }, verdict);
            }
        }
        for version in &mut history {
            version.incident = incident;
        }
        verdict.events.retain(|e| e.id != id);
        verdict.late.retain(|l| l.history[0].id != id);
        if let (Some(head), Some(newest)) = (records.heads.get_mut(record), history.last()) {
            head.stands_at(newest);
        }
        match seen {
            Some(seen) => verdict.late.push(LateVersions { history, seen }),
            None => verdict.events.extend(history),
        }
        Ok(true)
    }
}

fn keys(history: &[Event]) -> Vec<(DateTime<Utc>, String)> {
    history.iter().map(|v| (v.received_at, v.content_hash.clone())).collect()
}

/// A version stands, unless it was taken back after it was received and before it came. Answers how many were.
pub(super) fn stand(event: Event, head: &mut Known, words: &[EarlyWithdrawal], verdict: &mut Verdict) -> u64 {
    let later = words.iter().filter(|w| !event.withdrawn && w.received_at > event.received_at);
    let taken_back =
        later.min_by_key(|w| w.received_at).map(|w| withdrawn_version(event.clone(), w.received_at, &w.because));
    head.stands_at(taken_back.as_ref().unwrap_or(&event));
    verdict.events.push(event);
    let n = u64::from(taken_back.is_some());
    verdict.events.extend(taken_back);
    n
}

/// The version that takes an event back.
pub(super) fn withdrawn_version(mut event: Event, received_at: DateTime<Utc>, because: &str) -> Event {
    event.version += 1;
    event.content_hash = taken_back_hash(&event.content_hash);
    event.received_at = received_at;
    event.withdrawn = true;
    event.attributes.insert("withdrawn_because".into(), because.into());
    event
}

/// What stands for the content of a version that takes back another.
fn taken_back_hash(content: &str) -> String {
    format!("withdrawn-{content}").chars().take(42).collect()
}
