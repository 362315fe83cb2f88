//! The store's part in asking remote geocoders: their answers, how they behave, and the events that may need them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::Result;
use crate::domain::{
    event::PlacedBy,
    ids::{EventId, RemoteQuestionId, SourceId},
    remote::{RemoteAnswer, RemoteService, RemoteStanding, Unplaced},
    scope::Scope,
};

/// What geocoders on other machines answered, and the events that may need them.
#[async_trait]
pub trait RemoteStore {
    /// Newest versions of these sources that are not withdrawn, have an address and stand on no more than a town, a ZIP
    /// area or a county, or nowhere, and those that a remote geocoder placed no finer than a street; `remote_too`: all
    /// that one placed. What came last comes first, in pages: pass the last id seen.
    async fn unplaced(
        &self,
        scope: &Scope,
        sources: &[SourceId],
        remote_too: bool,
        before: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<Unplaced>>;
    /// Events that stand where a remote geocoder put them, by source and kind of service.
    async fn remotely_placed(&self, scope: &Scope) -> Result<Vec<(SourceId, PlacedBy, u64)>>;
    /// By question; those that were never asked have none.
    async fn remote_answers(
        &self,
        scope: &Scope,
        service: &str,
        questions: &[RemoteQuestionId],
    ) -> Result<Vec<RemoteAnswer>>;
    /// Answers that are kept, by the source for which they were asked first, and service.
    async fn remote_answered(&self, scope: &Scope) -> Result<Vec<(SourceId, String, u64)>>;
    /// Add or replace; the source stays that of the first asking.
    async fn put_remote_answers(&self, scope: &Scope, answers: &[RemoteAnswer]) -> Result<()>;
    /// Remove answers without any candidate that were given before; answers how many.
    async fn forget_remote_misses(&self, scope: &Scope, before: DateTime<Utc>) -> Result<u64>;
    /// By name.
    async fn remote_services(&self, scope: &Scope) -> Result<Vec<RemoteService>>;
    async fn put_remote_service(&self, scope: &Scope, service: &RemoteService) -> Result<()>;
    /// By source.
    async fn remote_standings(&self, scope: &Scope) -> Result<Vec<RemoteStanding>>;
    async fn put_remote_standing(&self, scope: &Scope, standing: &RemoteStanding) -> Result<()>;
}
