//! How rows become events: what the API needs of the intake job, and no more.
//!
//! The API must not know the order of the stages, so whoever starts the server hands in an [`Intake`].

use async_trait::async_trait;
pub use axum::body::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;
use utoipa::ToSchema;

use crate::{
    domain::{
        event::{Event, EventKind},
        ids::{AreaId, EventId, GroupId, RejectId, SourceId},
        quality::{RejectReason, Source},
        quarantine::{Mend, MendPreview},
        scope::Scope,
    },
    store::StoreError,
};

#[async_trait]
pub trait Intake: Send + Sync {
    /// Take standard events of one source. Durable when it returns; bad rows are in quarantine.
    async fn accept(
        &self,
        scope: &Scope,
        source: &SourceId,
        records: Vec<Map<String, Value>>,
    ) -> Result<Accepted, IntakeError>;

    /// Try a quarantined row again with mended values.
    async fn resubmit(
        &self,
        scope: &Scope,
        row: RejectId,
        values: Map<String, Value>,
    ) -> Result<Resubmitted, IntakeError>;

    /// Take a file of one source as it came: read by the source's own mapping. `ending` is what a file of its type
    /// is called (`csv`, `xlsx`, `xml` …). The answer names the first hundred rejects and no ids.
    async fn take_file(
        &self,
        scope: &Scope,
        source: &SourceId,
        ending: &str,
        bytes: Bytes,
    ) -> Result<Accepted, IntakeError>;

    /// Guess what the columns of a file mean.
    async fn suggest(
        &self,
        scope: &Scope,
        source: &SourceId,
        ending: &str,
        bytes: Bytes,
    ) -> Result<SuggestedMapping, IntakeError>;

    /// Set up a source, or change how it is read. Rows that come later are read by the new mapping.
    async fn put_mapping(&self, scope: &Scope, source: &SourceId, mapping: &str) -> Result<Source, IntakeError>;

    /// What a rule would do to a group of quarantined rows, without doing it.
    async fn preview(&self, scope: &Scope, group: GroupId, mends: &[Mend]) -> Result<MendPreview, IntakeError>;
}

#[derive(Debug, Error)]
pub enum IntakeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("source \"{0}\" is not known")]
    UnknownSource(SourceId),
    /// The row is no longer waiting.
    #[error("the row was mended or discarded already")]
    NotWaiting,
    /// A file that can't be read at all, or not as it is said to be.
    #[error("{0}")]
    BadFile(String),
    /// A mapping that is none; one sentence with its line.
    #[error("{0}")]
    BadMapping(String),
    /// A rule that cannot be.
    #[error("{0}")]
    BadMend(String),
    #[error("{0}")]
    Failed(String),
}

/// What became of a request's rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Accepted {
    pub summary: IntakeSummary,
    pub rejects: Vec<RejectedLine>,
    /// What else there is to say of the rows, in sentences.
    pub notices: Vec<String>,
    /// Ids of the events of accepted and updated rows, in the order of the rows.
    pub ids: Vec<EventId>,
    /// Finest areas of the events, sorted, each once.
    pub areas: Vec<AreaId>,
    pub kinds: Vec<EventKind>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IntakeSummary {
    pub read: u64,
    /// New events.
    pub accepted: u64,
    /// Known and the same.
    pub unchanged: u64,
    /// Known and changed: a new version was stored.
    pub updated: u64,
    /// Twice in the same request.
    pub duplicates: u64,
    pub quarantined: u64,
    /// Could not be read as they came, and were settled by a standing rule (also in what they became).
    pub mended: u64,
    /// Events that were taken back (also in `updated`), or are no cases any longer.
    pub withdrawn: u64,
    /// Rows of another jurisdiction: not taken.
    pub elsewhere: u64,
    /// Read by the source's own mapping and no case by its definition; counted, not stored.
    pub not_cases: u64,
}

/// What the columns of a file seem to mean.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SuggestedMapping {
    /// What was found out about the file: format, encoding, delimiter, sheet.
    pub found: String,
    pub rows_read: u64,
    pub cases: u64,
    pub not_cases: u64,
    pub columns: Vec<SuggestedColumn>,
    /// Everything that a person should look at before trusting it.
    pub doubts: Vec<String>,
    /// The first cases, at most 20, as they would be read.
    pub rows: Vec<SuggestedRow>,
    /// Rows that could not be read, by reason, with the first of each.
    pub rejects: Vec<SuggestedReject>,
    /// The mapping, as TOML.
    pub mapping: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SuggestedColumn {
    pub column: String,
    pub used_as: String,
    /// Its most frequent text.
    pub example: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SuggestedRow {
    pub record_id: String,
    pub kind: String,
    /// UTC.
    pub occurred_at: String,
    pub time_precision: String,
    pub outcome: String,
    pub naloxone: String,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub precision: Option<String>,
    pub place: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SuggestedReject {
    pub reason: String,
    pub rows: u64,
    pub line: u64,
    pub message: String,
}

/// A row that was put into quarantine.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RejectedLine {
    /// Position in the request, from 1.
    pub line: u64,
    pub reason: RejectReason,
    pub field: Option<String>,
    pub message: String,
}

/// What became of a mended row.
#[derive(Debug, Clone, PartialEq)]
pub enum Resubmitted {
    Accepted(Box<Event>),
    Updated(Box<Event>),
    Unchanged,
    StillBad { reason: RejectReason, field: Option<String>, message: String },
}
