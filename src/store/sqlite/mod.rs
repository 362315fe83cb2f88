//! SQLite: the default database, one file beside the service.
//!
//! One connection writes (`BEGIN IMMEDIATE`, so that a transaction never starts as a reader and fails
//! half-way), a few read. The journal is a WAL and every commit is synced (`synchronous=FULL`): what was
//! acknowledged survives a power cut. The file can be read by its owner only.

mod accounts;
mod agreements;
mod alerts;
mod analysis;
mod areas;
mod early_withdrawals;
mod event_versions;
mod events;
mod feeds;
mod hotspots;
mod incidents;
mod intake;
mod jobs;
mod late_versions;
mod outbox;
mod outreach;
mod quality;
mod quarantine;
mod remote;
mod rows;
mod rules;
mod track_records;

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use sqlx::{
    Connection, Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Result, Store, StoreError, error::failed};

/// Name and text of every migration, oldest first. The position (from 1) is the schema's version.
const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_areas", include_str!("../../../migrations/sqlite/0001_areas.sql")),
    ("0002_intake", include_str!("../../../migrations/sqlite/0002_intake.sql")),
    ("0003_events", include_str!("../../../migrations/sqlite/0003_events.sql")),
    ("0004_analysis", include_str!("../../../migrations/sqlite/0004_analysis.sql")),
    ("0005_alerts", include_str!("../../../migrations/sqlite/0005_alerts.sql")),
    ("0006_outreach", include_str!("../../../migrations/sqlite/0006_outreach.sql")),
    ("0007_outbox", include_str!("../../../migrations/sqlite/0007_outbox.sql")),
    ("0008_jobs", include_str!("../../../migrations/sqlite/0008_jobs.sql")),
    ("0009_accounts", include_str!("../../../migrations/sqlite/0009_accounts.sql")),
    ("0010_alert_turn", include_str!("../../../migrations/sqlite/0010_alert_turn.sql")),
    ("0011_hotspots", include_str!("../../../migrations/sqlite/0011_hotspots.sql")),
    ("0012_data_gaps", include_str!("../../../migrations/sqlite/0012_data_gaps.sql")),
    ("0013_rules", include_str!("../../../migrations/sqlite/0013_rules.sql")),
    ("0014_track_records", include_str!("../../../migrations/sqlite/0014_track_records.sql")),
    ("0015_incidents", include_str!("../../../migrations/sqlite/0015_incidents.sql")),
    ("0016_mending", include_str!("../../../migrations/sqlite/0016_mending.sql")),
    ("0017_feeds", include_str!("../../../migrations/sqlite/0017_feeds.sql")),
    ("0018_track_records_by_area", include_str!("../../../migrations/sqlite/0018_track_records_by_area.sql")),
    ("0019_remote_answers", include_str!("../../../migrations/sqlite/0019_remote_answers.sql")),
    ("0020_early_withdrawals", include_str!("../../../migrations/sqlite/0020_early_withdrawals.sql")),
    ("0021_newest_event", include_str!("../../../migrations/sqlite/0021_newest_event.sql")),
    ("0022_agreements", include_str!("../../../migrations/sqlite/0022_agreements.sql")),
    ("0023_past_links", include_str!("../../../migrations/sqlite/0023_past_links.sql")),
    ("0024_early_words", include_str!("../../../migrations/sqlite/0024_early_words.sql")),
];

const READERS: u32 = 4;
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Writers queue here; a bulk import holds the connection for a second or so at a time.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);

pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Open the file, making it (and the folder it is in) where it does not exist.
    ///
    /// # Errors
    /// `Unavailable` when the file cannot be opened, `Full` when it cannot be written.
    pub async fn open(path: &Path) -> Result<Self> {
        let opening = failed("opening the database");
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|e| opening(e.into()))?;
        }
        keep_private(path).map_err(|e| opening(e.into()))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            // A bulk import would else copy the journal back after every batch: 32 MB of it may stand instead of 4.
            .pragma("wal_autocheckpoint", "8000")
            .pragma("cache_size", "-32000")
            .pragma("temp_store", "MEMORY")
            .row_buffer_size(500);
        // The writer looks up and adds to six indexes; what of them it can't hold it reads again and again.
        let writer_options = options.clone().pragma("cache_size", "-64000");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
            // SQLite ends a transaction by itself on some I/O errors; the driver then still counts it as
            // open and would refuse every later BEGIN. Such a connection is thrown away.
            .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
            .connect_with(writer_options)
            .await
            .map_err(opening)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .min_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options.create_if_missing(false).pragma("query_only", "ON"))
            .await
            .map_err(opening)?;
        Ok(Self { writer, readers })
    }

    /// Start to write. Dropped without a commit, nothing has happened.
    async fn begin(&self, doing: &'static str) -> Result<Transaction<'static, Sqlite>> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed(doing))
    }

    async fn version(&self) -> Result<i64> {
        let reading = failed("reading the schema's version");
        let known: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_master WHERE name = 'schema_migrations'")
            .fetch_one(&self.readers)
            .await
            .map_err(reading)?;
        if known == 0 {
            return Ok(0);
        }
        sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM schema_migrations")
            .fetch_one(&self.readers)
            .await
            .map_err(reading)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn migrate(&self) -> Result<()> {
        // One transaction for all of it: a process that is killed leaves the old schema, and a second
        // process waits here and then finds nothing left to do.
        let mut tx = self.begin("migrating").await?;
        sqlx::query(
            "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT",
        )
        .execute(&mut *tx)
        .await
        .map_err(failed("migrating"))?;
        let found: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM schema_migrations")
            .fetch_one(&mut *tx)
            .await
            .map_err(failed("migrating"))?;
        refuse_newer(found)?;
        for (version, (name, sql)) in (1i64..).zip(MIGRATIONS).skip(found as usize) {
            sqlx::raw_sql(*sql).execute(&mut *tx).await.map_err(|e| StoreError::Migrate(format!("{name}: {e}")))?;
            sqlx::query("INSERT INTO schema_migrations (version, name) VALUES ($1, $2)")
                .bind(version)
                .bind(*name)
                .execute(&mut *tx)
                .await
                .map_err(failed("migrating"))?;
        }
        quarantine::fill_groups(&mut tx).await?;
        tx.commit().await.map_err(failed("migrating"))
    }

    async fn ready(&self) -> Result<()> {
        let found = self.version().await?;
        refuse_newer(found)?;
        if found < MIGRATIONS.len() as i64 {
            return Err(StoreError::Migrate(format!(
                "the schema is at version {found} of {}; run the migration first",
                MIGRATIONS.len()
            )));
        }
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "sqlite"
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

fn refuse_newer(found: i64) -> Result<()> {
    let known = MIGRATIONS.len() as i64;
    if found > known { Err(StoreError::NewerSchema { found, known }) } else { Ok(()) }
}

/// Make the file before SQLite does, so that it is never readable by others, not even for a moment.
/// The journal files take their mode from it.
fn keep_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let file = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    match file {
        Ok(file) => file.set_permissions(std::fs::Permissions::from_mode(0o600)),
        // A file that may only be read is still opened, for reading.
        Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied && path.exists() => Ok(()),
        Err(e) => Err(e),
    }
}
