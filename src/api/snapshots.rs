//! The snapshots of all jurisdictions, each made when it is first asked for.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, PoisonError},
};

use super::snapshot::Snapshot;
use crate::{
    domain::{
        ids::{EventId, JurisdictionId},
        scope::Scope,
    },
    store::{DynStore, Result},
};

/// The snapshots of all jurisdictions.
#[derive(Debug)]
pub struct Snapshots {
    all: Mutex<HashMap<JurisdictionId, Arc<Snapshot>>>,
    /// Differs between processes: revisions count from one in each, and an ETag must not meet its namesake.
    nonce: String,
}

impl Default for Snapshots {
    fn default() -> Self {
        let mut bytes = [0u8; 6];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        Self { all: Mutex::default(), nonce: hex::encode(bytes) }
    }
}

impl Snapshots {
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The snapshot, up to date.
    ///
    /// # Errors
    /// Of the store.
    pub async fn current(&self, store: &DynStore, jurisdiction: &JurisdictionId) -> Result<Arc<Snapshot>> {
        let snapshot = self.entry(jurisdiction);
        if snapshot.has_work() {
            snapshot.refresh(store, &Scope::system(jurisdiction.clone(), "api")).await?;
        }
        Ok(snapshot)
    }

    /// These events changed: the next reader fetches them.
    pub fn touch(&self, jurisdiction: &JurisdictionId, ids: &[EventId]) {
        self.entry(jurisdiction).touch(ids);
    }

    /// Something beside the counts changed: what was made from it has another revision.
    pub fn note(&self, jurisdiction: &JurisdictionId) {
        self.entry(jurisdiction).bump();
    }

    /// Anything may have changed: the next reader reads all.
    pub fn spoil(&self, jurisdiction: &JurisdictionId) {
        self.entry(jurisdiction).spoil();
    }

    fn entry(&self, jurisdiction: &JurisdictionId) -> Arc<Snapshot> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        match all.entry(jurisdiction.clone()) {
            Entry::Occupied(known) => Arc::clone(known.get()),
            Entry::Vacant(free) => Arc::clone(free.insert(Arc::default())),
        }
    }
}
