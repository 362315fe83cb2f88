//! PostgreSQL: for a state or more, or for several servers on one database.
//!
//! The jurisdiction stands first in every key, and the large tables are hash-partitioned by it: what a
//! distributed PostgreSQL needs. A dead server is noticed within two seconds; a query that runs away is
//! stopped by the server.

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

use std::{str::FromStr, time::Duration};

use async_trait::async_trait;
use sqlx::{
    PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{Result, Store, StoreError, error::failed};

/// Name and text of every migration, oldest first. The position (from 1) is the schema's version.
const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_areas", include_str!("../../../migrations/postgres/0001_areas.sql")),
    ("0002_intake", include_str!("../../../migrations/postgres/0002_intake.sql")),
    ("0003_events", include_str!("../../../migrations/postgres/0003_events.sql")),
    ("0004_analysis", include_str!("../../../migrations/postgres/0004_analysis.sql")),
    ("0005_alerts", include_str!("../../../migrations/postgres/0005_alerts.sql")),
    ("0006_outreach", include_str!("../../../migrations/postgres/0006_outreach.sql")),
    ("0007_outbox", include_str!("../../../migrations/postgres/0007_outbox.sql")),
    ("0008_jobs", include_str!("../../../migrations/postgres/0008_jobs.sql")),
    ("0009_accounts", include_str!("../../../migrations/postgres/0009_accounts.sql")),
    ("0010_alert_turn", include_str!("../../../migrations/postgres/0010_alert_turn.sql")),
    ("0011_hotspots", include_str!("../../../migrations/postgres/0011_hotspots.sql")),
    ("0012_data_gaps", include_str!("../../../migrations/postgres/0012_data_gaps.sql")),
    ("0013_rules", include_str!("../../../migrations/postgres/0013_rules.sql")),
    ("0014_track_records", include_str!("../../../migrations/postgres/0014_track_records.sql")),
    ("0015_incidents", include_str!("../../../migrations/postgres/0015_incidents.sql")),
    ("0016_mending", include_str!("../../../migrations/postgres/0016_mending.sql")),
    ("0017_feeds", include_str!("../../../migrations/postgres/0017_feeds.sql")),
    ("0018_track_records_by_area", include_str!("../../../migrations/postgres/0018_track_records_by_area.sql")),
    ("0019_remote_answers", include_str!("../../../migrations/postgres/0019_remote_answers.sql")),
    ("0020_early_withdrawals", include_str!("../../../migrations/postgres/0020_early_withdrawals.sql")),
    ("0021_newest_event", include_str!("../../../migrations/postgres/0021_newest_event.sql")),
    ("0022_agreements", include_str!("../../../migrations/postgres/0022_agreements.sql")),
    ("0023_past_links", include_str!("../../../migrations/postgres/0023_past_links.sql")),
    ("0024_early_words", include_str!("../../../migrations/postgres/0024_early_words.sql")),
];

const CONNECTIONS: u32 = 16;
/// Also how long a dead server can keep a caller waiting.
const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(1_800);
const STATEMENT_TIMEOUT: &str = "60s";
const LOCK_TIMEOUT: &str = "10s";
/// One of our own, so that two processes do not migrate at once ("ember" in ASCII).
const MIGRATION_LOCK: i64 = 0x65_6d_62_65_72;

pub struct PostgresStore {
    pool: PgPool,
}

impl PostgresStore {
    /// Nothing is connected yet: the service may start before its database.
    ///
    /// # Errors
    /// `BadUrl` when the URL cannot be read. It is not repeated in the error: it may hold a password.
    pub fn open(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|_| StoreError::BadUrl("postgres://… (the rest cannot be read)".to_owned()))?
            .application_name("emberwatch")
            .options([("statement_timeout", STATEMENT_TIMEOUT), ("lock_timeout", LOCK_TIMEOUT), ("TimeZone", "UTC")]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(options);
        Ok(Self { pool })
    }

    /// Start to write. Dropped without a commit, nothing has happened.
    async fn begin(&self, doing: &'static str) -> Result<Transaction<'static, Postgres>> {
        self.pool.begin().await.map_err(failed(doing))
    }

    async fn version(&self) -> Result<i64> {
        let reading = failed("reading the schema's version");
        let known: bool = sqlx::query_scalar("SELECT to_regclass('schema_migrations') IS NOT NULL")
            .fetch_one(&self.pool)
            .await
            .map_err(reading)?;
        if !known {
            return Ok(0);
        }
        sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM schema_migrations")
            .fetch_one(&self.pool)
            .await
            .map_err(reading)
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn migrate(&self) -> Result<()> {
        // One transaction for all of it: a process that is killed leaves the old schema, and a second
        // process waits at the lock and then finds nothing left to do. The lock ends with the transaction,
        // so it also holds behind a connection pooler.
        let migrating = failed("migrating");
        let mut tx = self.begin("migrating").await?;
        sqlx::query("SELECT set_config('lock_timeout', '0', TRUE), set_config('statement_timeout', '0', TRUE)")
            .execute(&mut *tx)
            .await
            .map_err(migrating)?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(MIGRATION_LOCK)
            .execute(&mut *tx)
            .await
            .map_err(migrating)?;
        sqlx::query("CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL)")
            .execute(&mut *tx)
            .await
            .map_err(migrating)?;
        let found: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM schema_migrations")
            .fetch_one(&mut *tx)
            .await
            .map_err(migrating)?;
        refuse_newer(found)?;
        for (version, (name, sql)) in (1i64..).zip(MIGRATIONS).skip(found as usize) {
            sqlx::raw_sql(*sql).execute(&mut *tx).await.map_err(|e| StoreError::Migrate(format!("{name}: {e}")))?;
            sqlx::query("INSERT INTO schema_migrations (version, name) VALUES ($1, $2)")
                .bind(version)
                .bind(*name)
                .execute(&mut *tx)
                .await
                .map_err(migrating)?;
        }
        quarantine::fill_groups(&mut tx).await?;
        tx.commit().await.map_err(migrating)
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
        "postgres"
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

fn refuse_newer(found: i64) -> Result<()> {
    let known = MIGRATIONS.len() as i64;
    if found > known { Err(StoreError::NewerSchema { found, known }) } else { Ok(()) }
}
