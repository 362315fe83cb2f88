//! What can go wrong between the service and its database.

use thiserror::Error;

#[derive(Debug, Error)]
pub enum StoreError {
    #[error("database kind \"{0}\" is not known; expected sqlite://PATH, a path, or postgres://…")]
    BadUrl(String),
    /// The database does not answer; worth trying again.
    #[error("the database cannot be reached while {doing}")]
    Unavailable {
        doing: &'static str,
        #[source]
        source: sqlx::Error,
    },
    /// No room to write: disk full or read-only.
    #[error("the database has no room while {doing}")]
    Full {
        doing: &'static str,
        #[source]
        source: sqlx::Error,
    },
    /// The row was changed by somebody else since it was read.
    #[error("{0} was changed in the meantime; read it again")]
    Conflict(&'static str),
    #[error("{0} was not found")]
    NotFound(&'static str),
    /// The database was written by a newer version of this program.
    #[error("the database schema is newer ({found}) than this program knows ({known}); use the newer program")]
    NewerSchema { found: i64, known: i64 },
    /// A stored value can't be what the code expects.
    #[error("{table}.{column} holds a value that cannot be read: {why}")]
    Corrupt { table: &'static str, column: &'static str, why: String },
    #[error("the database refused while {doing}")]
    Query {
        doing: &'static str,
        #[source]
        source: sqlx::Error,
    },
    #[error("migrating the database failed: {0}")]
    Migrate(String),
}

impl StoreError {
    /// Whether the same call may succeed a little later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Full { .. })
    }
}
