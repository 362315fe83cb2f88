//! What is stored of the records of a batch, looked up before the batch is judged.

use std::collections::HashMap;

use anyhow::Context;
use chrono::{DateTime, Utc};

use super::judge::Incoming;
use crate::{
    domain::{
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
    /// Read only when the content differs.
    pub received_at: Option<DateTime<Utc>>,
}

/// What is known of some records; judging keeps it up to date row by row.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    pub heads: HashMap<String, Known>,
    /// Of those without a head.
    pub early: HashMap<String, EarlyWithdrawal>,
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
                (record, Known { id: h.id, version: h.version, hash, withdrawn, received_at: None })
            })
            .collect();
        ids.retain(|id| !heads.contains_key(id));
        let early = if ids.is_empty() {
            HashMap::new()
        } else {
            store.early_withdrawals(scope, source, &ids).await.context("looking up withdrawals")?
        };
        Ok(Self { heads, early })
    }

    /// The store was asked before these were written: of the records of these rows, what was written stands.
    pub fn correct(&mut self, rows: &[Incoming], written: &Self) {
        for record in rows.iter().map(Incoming::record_id) {
            if let Some(head) = written.heads.get(record) {
                self.heads.insert(record.to_owned(), head.clone());
            } else if let Some(word) = written.early.get(record) {
                self.early.insert(record.to_owned(), word.clone());
            }
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
        Known { id, version, hash: String::new(), withdrawn: false, received_at: None }
    }

    #[test]
    fn what_was_written_since_stands_before_what_was_found() {
        let word = EarlyWithdrawal { received_at: DateTime::UNIX_EPOCH, because: "taken back".into() };
        let mut found = Lookup { heads: [("b".to_owned(), known(1))].into(), early: HashMap::new() };
        let heads = [("a".to_owned(), known(1)), ("b".to_owned(), known(2)), ("elsewhere".to_owned(), known(7))];
        let written = Lookup { heads: heads.into(), early: [("c".to_owned(), word)].into() };
        found.correct(&[row("a"), row("b"), row("c")], &written);
        let mut versions: Vec<_> = found.heads.iter().map(|(record, k)| (record.as_str(), k.version)).collect();
        versions.sort_unstable();
        assert_eq!((versions, found.early.len()), (vec![("a", 1), ("b", 2)], 1));
    }
}
