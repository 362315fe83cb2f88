//! The store: one set of traits, one per aggregate, and two hand-written databases behind them.
//!
//! `open(url)` picks SQLite (`sqlite://path` or a bare path) or PostgreSQL (`postgres://…`). The two
//! implementations stand beside each other in files of the same names and pass one suite
//! (`tests/store`). SQL never does statistics: it hands rows to Rust, so both give equal answers.
//!
//! Rules that every implementation keeps:
//! - every call takes a [`Scope`](crate::domain::scope::Scope): rows of another jurisdiction do not exist for it, and where a row
//!   has an area, rows outside `scope.areas` do not exist either;
//! - every method that writes is one transaction, acknowledged only when it is durable, and may be
//!   called twice with the same argument: the end state is the same;
//! - lists come in the order that is stated, never in the database's.
//!
//! To add an aggregate: a trait here, a file of its name in `sqlite/` and `postgres/`, a migration of
//! the same name in both folders, and its story in `tests/store`.

mod agreement_rows;
mod agreements;
mod alert_rows;
mod analysis_rows;
mod audit;
mod columns;
mod encode;
mod error;
mod feed_rows;
mod hotspot_rows;
mod idempotency;
mod incident_rows;
mod intake_rows;
pub mod postgres;
mod remote;
mod remote_rows;
mod rows;
pub mod sqlite;
mod traits;
mod types;
mod wkb;

use std::sync::Arc;

pub use agreements::AgreementStore;
pub use error::StoreError;
pub use remote::RemoteStore;
pub use traits::{
    AccountStore, AlertStore, AnalysisStore, AreaStore, EventStore, FeedStore, IncidentStore, IntakeStore, JobStore,
    OutboxStore, OutreachStore, QualityStore, QuarantineStore, RuleStore, Store,
};
pub use types::{
    AlertPage, ApiKey, AreaStatus, AuditCheck, EarlyWithdrawal, EventPage, EventQuery, Head, IdempotentAnswer,
    IntakeBatch, Job, JobKind, JobState, KeyOfIdempotency, LateVersions, NewJob, RunRecord, Session, SettledReject,
    StoredAnalysis,
};

/// Windows of this length are kept of past forecasts, and judged.
pub const JUDGED_WINDOW_DAYS: i32 = 7;
/// How long, by the day of issue.
pub const KEPT_FORECAST_DAYS: i32 = 60;

pub type DynStore = Arc<dyn Store>;
pub type Result<T> = std::result::Result<T, StoreError>;

/// Open the database that a URL names: `postgres://…` or `postgresql://…` is PostgreSQL; `sqlite://PATH`,
/// `sqlite:PATH` or a bare path is a SQLite file. The schema is left as it is: call `migrate` next.
///
/// # Errors
/// `BadUrl` for any other scheme, `Unavailable` when a file cannot be opened. A PostgreSQL server is called when
/// it is first needed, so that the service may start before its database.
pub async fn open(url: &str) -> Result<DynStore> {
    match url.split_once("://") {
        Some(("postgres" | "postgresql", _)) => Ok(Arc::new(postgres::PostgresStore::open(url)?)),
        Some(("sqlite", path)) => open_file(url, path).await,
        Some((scheme, _)) => Err(StoreError::BadUrl(scheme.to_owned())),
        None => open_file(url, url.strip_prefix("sqlite:").unwrap_or(url)).await,
    }
}

async fn open_file(url: &str, path: &str) -> Result<DynStore> {
    if path.is_empty() || path.starts_with(':') {
        return Err(StoreError::BadUrl(url.to_owned()));
    }
    Ok(Arc::new(sqlite::SqliteStore::open(path.as_ref()).await?))
}
