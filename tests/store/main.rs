//! One suite, both databases: what every store must do, told as stories.
//!
//! To add a story: an `async fn` that takes a [`Db`] in the file of its aggregate, and its name in the list of
//! that file's `on_both!`.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on fails, and says where")]

#[path = "../support/postgres.rs"]
mod postgres_support;

mod accounts;
mod agreements;
mod areas;
mod equal;
mod events;
mod findings;
mod hotspots;
mod incidents;
mod intake;
mod jobs;
mod outbox;
mod outreach;
mod quality;
mod quarantine;
mod remote;
mod rules;
mod schema;
mod world;

use emberwatch::store::{self, DynStore};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;

/// A migrated, empty database of one kind.
pub struct Db {
    pub store: DynStore,
    pub url: String,
    _folder: Option<TempDir>,
}

impl Db {
    pub async fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}", folder.path().join("emberwatch.db").display());
        Self::migrated(url, Some(folder)).await
    }

    /// `None` when PostgreSQL is not installed.
    pub async fn postgres() -> Option<Self> {
        Some(Self::migrated(postgres_support::database().await?, None).await)
    }

    async fn migrated(url: String, folder: Option<TempDir>) -> Self {
        let store = store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        Self { store, url, _folder: folder }
    }

    /// Run statements past the store, as somebody with the database's own tools could.
    pub async fn behind_its_back(&self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        if self.store.kind() == "sqlite" {
            let mut connection = SqliteConnection::connect(&self.url).await?;
            sql.execute(&mut connection).await.map(drop)
        } else {
            let mut connection = PgConnection::connect(&self.url).await?;
            sql.execute(&mut connection).await.map(drop)
        }
    }
}

/// Makes a test of each story for each database.
macro_rules! on_both {
    ($($story:ident),+ $(,)?) => {$(
        mod $story {
            #[tokio::test]
            async fn sqlite() {
                super::$story($crate::Db::sqlite().await).await;
            }

            #[tokio::test]
            async fn postgres() {
                if let Some(db) = $crate::Db::postgres().await {
                    super::$story(db).await;
                }
            }
        }
    )+};
}
pub(crate) use on_both;
