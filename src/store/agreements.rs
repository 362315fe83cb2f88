//! The trait of agreements between jurisdictions.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::Result;
use crate::domain::{
    agreement::Agreement,
    ids::{AgreementId, EventId},
    scope::Scope,
    time::Day,
};

/// Agreements with other jurisdictions, and what linking across them found: of which own events others tell, too.
#[async_trait]
pub trait AgreementStore {
    /// Of the jurisdiction: those that have not ended first, then newest first, then by id.
    async fn agreements(&self, scope: &Scope) -> Result<Vec<Agreement>>;
    /// `NotFound` also for one between others.
    async fn agreement(&self, scope: &Scope, id: AgreementId) -> Result<Agreement>;
    /// Store a proposal with both sides. `Conflict("agreement")` while there is another between the two that has not
    /// ended; `NotFound("jurisdiction")` where a side is not in the database.
    async fn propose_agreement(&self, scope: &Scope, agreement: &Agreement) -> Result<()>;
    /// Confirmed or ended, with both sides. In the same transaction an agreement that comes into force marks all days
    /// with overdoses of either side as due, and one that ends leaves nothing of what was found under it.
    /// `Conflict("agreement")` when somebody else confirmed or ended it meanwhile.
    async fn change_agreement(&self, scope: &Scope, agreement: &Agreement) -> Result<()>;
    /// Days of either side that changed since the two were linked, each with its mark, by day. Asked by the keeper.
    async fn agreement_due(&self, scope: &Scope, id: AgreementId) -> Result<Vec<(Day, i64)>>;
    /// What one block of days found, in the place of what it found before: events of this jurisdiction of which the other
    /// tells. Nothing is stored where the agreement is not in force any more.
    async fn put_told_elsewhere(
        &self,
        scope: &Scope,
        id: AgreementId,
        block: i32,
        events: &BTreeSet<EventId>,
    ) -> Result<()>;
    /// These days are linked, unless their mark has grown meanwhile. Asked by the keeper.
    async fn agreement_settled(&self, scope: &Scope, id: AgreementId, due: &[(Day, i64)]) -> Result<()>;
    /// Which of these events a source of another jurisdiction tells of, too; by id.
    async fn told_elsewhere(&self, scope: &Scope, events: &[EventId]) -> Result<Vec<EventId>>;
}
