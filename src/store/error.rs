//! What can go wrong between the service and its database, and how an error of the driver is sorted.

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
    /// The text of a cursor was not made by an earlier page.
    #[error("the cursor is not one that an earlier page gave")]
    BadCursor,
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

    /// Sort an error of the driver by what the caller can do about it.
    pub(super) fn from_sqlx(doing: &'static str, source: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &source {
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::BeginFailed => {
                Self::Unavailable { doing, source }
            }
            E::Database(db) => match db.code().as_deref().map(room_or_answer) {
                Some(Fault::Room) => Self::Full { doing, source },
                Some(Fault::Answer) => Self::Unavailable { doing, source },
                _ => Self::Query { doing, source },
            },
            _ => Self::Query { doing, source },
        }
    }
}

/// What a database's own error code says about the machine rather than about the statement.
enum Fault {
    Room,
    Answer,
    Neither,
}

fn room_or_answer(code: &str) -> Fault {
    match code {
        // PostgreSQL (SQLSTATE, five characters): disk full, out of memory; read-only after a fail-over.
        "53100" | "53200" | "25006" => Fault::Room,
        // Too many connections, shut down, starting up, statement timeout, serialisation, deadlock, I/O error.
        "53300" | "57P01" | "57P02" | "57P03" | "57P05" | "57014" | "40001" | "40P01" | "55P03" | "58030" => {
            Fault::Answer
        }
        code if code.len() == 5 && code.starts_with("08") => Fault::Answer,
        // SQLite: the low byte of the extended result code.
        code if code.len() < 5 => match code.parse::<u32>().map(|n| n & 0xff) {
            Ok(13 | 8) => Fault::Room,
            Ok(5 | 6 | 10 | 14) => Fault::Answer,
            _ => Fault::Neither,
        },
        _ => Fault::Neither,
    }
}

/// For `map_err`: names what was being done.
pub(super) fn failed(doing: &'static str) -> impl Fn(sqlx::Error) -> StoreError + Copy {
    move |e| StoreError::from_sqlx(doing, e)
}

/// Like [`failed`]; a row that exists already is a conflict about `what`.
pub(super) fn failed_or_conflict(doing: &'static str, what: &'static str) -> impl Fn(sqlx::Error) -> StoreError + Copy {
    move |e| match &e {
        sqlx::Error::Database(db) if db.is_unique_violation() => StoreError::Conflict(what),
        _ => StoreError::from_sqlx(doing, e),
    }
}
