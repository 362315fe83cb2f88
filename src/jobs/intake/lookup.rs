//! What is stored of the records of a batch, looked up before the batch is judged.

use std::collections::HashMap;

use anyhow::Context;
use chrono::{DateTime, Utc};

use super::{
    judge::{Incoming, Verdict},
    writer::Writer,
};
use crate::{
    domain::{
        event::Event,
        ids::{EventId, SourceId},
        scope::Scope,
    },
    store::{DynStore, EarlyWithdrawal},
};

/// The newest version of a record, as far as this run knows it.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub id: EventId,
    pub version: u32,
    pub hash: String,
    pub withdrawn: bool,
    pub received_at: DateTime<Utc>,
}

impl Known {
    pub(super) fn stands_at(&mut self, newest: &Event) {
        self.version = newest.version;
        self.hash.clone_from(&newest.content_hash);
        self.withdrawn = newest.withdrawn;
        self.received_at = newest.received_at;
    }
}

/// What is known of some records; judging keeps it up to date row by row.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    pub heads: HashMap<String, Known>,
    /// Words that took records back when there was nothing to take back: of those without a head, and of the others once
    /// they were asked for.
    pub early: HashMap<String, Vec<EarlyWithdrawal>>,
    /// Whether they were; most batches never ask.
    read: bool,
}

impl Lookup {
    /// Ask the store.
    pub async fn of(store: &DynStore, scope: &Scope, source: &SourceId, rows: &[Incoming]) -> anyhow::Result<Self> {
        if rows.is_empty() {
            return Ok(Self::default());
        }
        let mut ids: Vec<String> = rows.iter().map(|r| r.record_id().to_owned()).collect();
        ids.sort_unstable();
        ids.dedup();
        let found = store.heads(scope, source, &ids).await.context("looking up records")?;
        let heads: HashMap<String, Known> = found
            .into_iter()
            .map(|(record, h)| {
                let (hash, withdrawn) = (h.content_hash, h.withdrawn);
                (record, Known { id: h.id, version: h.version, hash, withdrawn, received_at: h.received_at })
            })
            .collect();
        ids.retain(|id| !heads.contains_key(id));
        let early = if ids.is_empty() {
            HashMap::new()
        } else {
            store.early_withdrawals(scope, source, &ids).await.context("looking up withdrawals")?
        };
        Ok(Self { heads, early, read: false })
    }

    /// The store was asked before these were written: of the records of these rows, what was written stands.
    pub fn correct(&mut self, rows: &[Incoming], written: &Self) {
        for record in rows.iter().map(Incoming::record_id) {
            if let Some(head) = written.heads.get(record) {
                self.heads.insert(record.to_owned(), head.clone());
            }
            if let Some(words) = written.early.get(record) {
                self.add(record, words.clone());
            }
        }
    }

    fn add(&mut self, record: &str, words: Vec<EarlyWithdrawal>) {
        let known = self.early.entry(record.to_owned()).or_default();
        for word in words {
            if !known.contains(&word) {
                known.push(word);
            }
        }
    }

    /// The words about a record that made no version.
    pub(super) async fn words(&mut self, writer: &Writer<'_>, record: &str) -> anyhow::Result<Vec<EarlyWithdrawal>> {
        if !self.read {
            let ids: Vec<String> = self.heads.keys().cloned().collect();
            let read = writer.store.early_withdrawals(writer.scope, writer.source, &ids).await;
            for (id, words) in read.context("looking up withdrawals")? {
                self.add(&id, words);
            }
            self.read = true;
        }
        Ok(self.early.get(record).cloned().unwrap_or_default())
    }

    /// Keep a word that made no version.
    pub(super) fn heard(&mut self, record: &str, word: &EarlyWithdrawal, verdict: &mut Verdict) {
        let words = self.early.entry(record.to_owned()).or_default();
        // The first and the newest are kept: what lies between says nothing more.
        let after = words.iter().any(|w| w.received_at <= word.received_at);
        let before = words.iter().any(|w| w.received_at >= word.received_at);
        if !(after && before) {
            words.push(word.clone());
            verdict.early.push((record.to_owned(), word.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::ids::EventId, ingest::TakenBack, jobs::intake::judge::Why};

    fn row(record: &str) -> Incoming {
        Incoming::TakenBack(TakenBack { record_id: record.into(), received_at: None }, Why::Sender)
    }

    fn known(version: u32) -> Known {
        let id = EventId(uuid::Uuid::from_u128(1));
        Known { id, version, hash: String::new(), withdrawn: false, received_at: DateTime::UNIX_EPOCH }
    }

    #[test]
    fn what_was_written_since_stands_before_what_was_found() {
        let word = EarlyWithdrawal { received_at: DateTime::UNIX_EPOCH, because: "taken back".into() };
        let mut found = Lookup { heads: [("b".to_owned(), known(1))].into(), ..Lookup::default() };
        let heads = [("a".to_owned(), known(1)), ("b".to_owned(), known(2)), ("elsewhere".to_owned(), known(7))];
        let written = Lookup { heads: heads.into(), early: [("c".to_owned(), vec![word])].into(), read: false };
        found.correct(&[row("a"), row("b"), row("c")], &written);
        let mut versions: Vec<_> = found.heads.iter().map(|(record, k)| (record.as_str(), k.version)).collect();
        versions.sort_unstable();
        assert_eq!((versions, found.early.len()), (vec![("a", 1), ("b", 2)], 1));
    }
}
