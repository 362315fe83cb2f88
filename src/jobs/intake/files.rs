//! Whole files that come by the API, and setting up how a source's files are read.

use std::io::Cursor;

use super::{Intake, IntakeFailure, IntakeSummary, ingest_with, source_of};
use crate::{
    domain::{ids::SourceId, quality::Source, scope::Scope},
    ingest::{
        Format, IngestError, Learned, Mapping, ReadOptions,
        suggest::{Suggestion, suggest},
    },
};

impl Intake {
    /// Take a file as the source's mapping reads it. Durable when it returns; bad rows are in quarantine.
    ///
    /// # Errors
    /// An unknown source, a file that can't be read at all, or what the store says.
    pub async fn take_file(
        &self,
        scope: &Scope,
        source: &SourceId,
        format: Format,
        bytes: impl AsRef<[u8]> + Send + Unpin + 'static,
    ) -> Result<IntakeSummary, IntakeFailure> {
        let stored = self.source(scope, source).await?;
        let mapping =
            Mapping::parse(&stored.mapping, "the stored mapping").map_err(|e| IntakeFailure::Failed(e.into()))?;
        if let Some(kind) = mapping.format.kind.filter(|kind| *kind != format) {
            let (found, expected) = (format.as_str(), kind.as_str());
            return Err(IntakeFailure::BadFile(format!(
                "the mapping of {source} reads {expected}, and this was sent as {found}"
            )));
        }
        let (store, clock, index) = (&self.store, &self.clock, self.index.clone());
        let taken =
            ingest_with(store, clock, scope, &stored, mapping, format, Cursor::new(bytes), "POST /events", index).await;
        taken.map_err(|e| match e.downcast::<IngestError>() {
            Ok(unreadable) => IntakeFailure::BadFile(unreadable.to_string()),
            Err(other) => other.into(),
        })
    }

    /// Guess what a file's columns mean.
    ///
    /// # Errors
    /// A file that can't be read at all.
    pub async fn suggest(
        &self,
        scope: &Scope,
        source: &SourceId,
        format: Format,
        bytes: impl AsRef<[u8]> + Send + Sync + 'static,
    ) -> Result<Suggestion, IntakeFailure> {
        let zone = self.zone(scope).await?;
        let options = ReadOptions { now: self.clock.now(), zone, others: Vec::new() };
        let name = source.to_string();
        let guess = tokio::task::spawn_blocking(move || suggest(|| Ok(bytes.as_ref()), format, &name, options)).await;
        let guess = guess.map_err(|e| IntakeFailure::Failed(e.into()))?;
        guess.map_err(|e| IntakeFailure::BadFile(e.to_string()))
    }

    /// Store how a source is read; what was learned about it stays.
    ///
    /// # Errors
    /// A text that is no mapping, or what the store says.
    pub async fn put_mapping(&self, scope: &Scope, source: &SourceId, text: &str) -> Result<Source, IntakeFailure> {
        let mapping = Mapping::parse(text, "mapping").map_err(|e| IntakeFailure::BadMapping(e.to_string()))?;
        if let Some(owner) = mapping.jurisdiction.as_ref().filter(|owner| owner.id != scope.jurisdiction) {
            let (named, own) = (&owner.id, &scope.jurisdiction);
            return Err(IntakeFailure::BadMapping(format!("the mapping is of {named}; this is {own}")));
        }
        let mut stored = source_of(source.clone(), &mapping, self.zone(scope).await?);
        if let Some(known) = self.store.sources(scope).await?.into_iter().find(|s| s.id == *source) {
            stored.mapping = Learned::of(&known.mapping).written_into(&stored.mapping);
        }
        self.store.put_source(scope, &stored).await?;
        Ok(stored)
    }
}
