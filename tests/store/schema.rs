use std::os::unix::fs::PermissionsExt;

use emberwatch::store::{self, StoreError};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use crate::{
    Db, on_both, postgres_support,
    world::{all_of, append, event, settled},
};

on_both! {
    migrating_again_keeps_everything,
    processes_that_migrate_at_once_do_not_disturb_each_other,
    a_schema_from_the_future_is_refused,
    a_value_that_cannot_be_read_names_its_table_and_column,
}

async fn migrating_again_keeps_everything(db: Db) {
    settled(&db).await;
    append(&db, &[event("a", "bangor", 1)]).await;
    db.store.migrate().await.unwrap();
    db.store.ready().await.unwrap();
    assert_eq!(db.store.freshness(&all_of("me")).await.unwrap()[0].events, 1);
}

async fn processes_that_migrate_at_once_do_not_disturb_each_other(db: Db) {
    // The schema of the story's own database is there already; this one starts from nothing.
    let folder = TempDir::new().unwrap();
    let url = if db.store.kind() == "sqlite" {
        folder.path().join("fresh.db").display().to_string()
    } else {
        postgres_support::database().await.unwrap()
    };
    let process = || async {
        let store = store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        store.ready().await.unwrap();
    };
    tokio::join!(process(), process(), process(), process());
}

async fn a_schema_from_the_future_is_refused(db: Db) {
    db.behind_its_back("INSERT INTO schema_migrations (version, name) VALUES (9999, 'later')").await.unwrap();
    for refused in [db.store.ready().await, db.store.migrate().await] {
        assert!(matches!(refused, Err(StoreError::NewerSchema { found: 9999, .. })), "{refused:?}");
    }
}

async fn a_value_that_cannot_be_read_names_its_table_and_column(db: Db) {
    settled(&db).await;
    let stored = event("a", "bangor", 1);
    append(&db, std::slice::from_ref(&stored)).await;
    db.behind_its_back("UPDATE events SET outcome = 'resurrected'").await.unwrap();
    for error in [
        db.store.event(&all_of("me"), stored.id).await.unwrap_err(),
        db.store.facts(&all_of("me"), &Default::default()).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Corrupt { table: "events", column: "outcome", .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_store_before_its_migration_is_not_ready() {
    let folder = TempDir::new().unwrap();
    let store = store::open(folder.path().join("new.db").to_str().unwrap()).await.unwrap();
    assert!(store.ready().await.is_err());
}

#[tokio::test]
async fn an_unknown_kind_of_database_is_refused_by_name() {
    for url in ["mysql://localhost/db", "sqlite://", "sqlite::memory:", ""] {
        assert!(matches!(store::open(url).await, Err(StoreError::BadUrl(_))), "{url:?} was taken");
    }
}

#[tokio::test]
async fn the_file_and_its_journal_can_be_read_by_their_owner_only() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("made/on/the/way/emberwatch.db");
    let store = store::open(path.to_str().unwrap()).await.unwrap();
    store.migrate().await.unwrap();
    for file in std::fs::read_dir(path.parent().unwrap()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
    }
}

#[tokio::test]
async fn a_postgresql_that_is_not_there_is_said_to_be_so_within_two_seconds() {
    let begun = std::time::Instant::now();
    // Nothing listens on the discard port.
    let store = store::open("postgres://nobody@127.0.0.1:9/none").await.unwrap();
    let answer = store.ready().await;
    assert!(matches!(answer, Err(StoreError::Unavailable { .. })), "{answer:?}");
    assert!(begun.elapsed().as_millis() < 2_000, "took {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_postgresql_that_comes_back_is_used_again() {
    let started = tokio::task::spawn_blocking(postgres_support::Cluster::start).await.unwrap();
    let Some(cluster) = started else { return };
    let url = cluster.create_database().await;
    let store = store::open(&url).await.unwrap();
    store.migrate().await.unwrap();
    let crashed = tokio::task::spawn_blocking(move || {
        cluster.crash();
        cluster
    });
    let mut cluster = crashed.await.unwrap();
    let begun = std::time::Instant::now();
    let down = store.ready().await;
    assert!(down.as_ref().is_err_and(StoreError::is_transient), "{down:?}");
    assert!(begun.elapsed().as_millis() < 2_000, "took {:?}", begun.elapsed());
    let restarted = tokio::task::spawn_blocking(move || {
        cluster.restart();
        cluster
    });
    let _cluster = restarted.await.unwrap();
    store.ready().await.unwrap();
}

/// The rule that a distributed PostgreSQL needs: the tenant stands first in every key.
#[tokio::test]
async fn every_key_of_a_tenant_table_on_postgresql_begins_with_the_jurisdiction() {
    let Some(db) = Db::postgres().await else { return };
    let mut connection = PgConnection::connect(&db.url).await.unwrap();
    // Tables that belong to no jurisdiction: the schema's own, who plans, and the directory of logins.
    let shared = ["leases", "logins", "schema_migrations"];
    let tables: Vec<(String, bool)> = sqlx::query_as(
        "SELECT c.relname::text, EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid
             AND a.attname = 'jurisdiction_id' AND a.attnotnull)
         FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let without: Vec<_> = tables.iter().filter(|(name, has)| !has && !shared.contains(&name.as_str())).collect();
    assert!(tables.len() > 20 && without.is_empty(), "{without:?} have no jurisdiction_id NOT NULL");

    // conkey[1] is the first column of a key, primary, unique or foreign; indkey[0] that of a unique index.
    let wrong: Vec<(String,)> = sqlx::query_as(
        "SELECT k.conname::text FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
         WHERE k.contype IN ('p', 'u', 'f') AND c.relnamespace = 'public'::regnamespace
           AND a.attname <> 'jurisdiction_id' AND NOT c.relname = ANY($1)
         UNION ALL
         SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
         WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace
           AND a.attname <> 'jurisdiction_id' AND NOT c.relname = ANY($1)",
    )
    .bind(shared.map(str::to_owned).to_vec())
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert!(wrong.is_empty(), "{wrong:?} do not begin with the jurisdiction");

    let partitioned: Vec<(String,)> =
        sqlx::query_as("SELECT partrelid::regclass::text FROM pg_partitioned_table WHERE partstrat = 'h' ORDER BY 1")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    assert_eq!(partitioned.iter().map(|p| p.0.as_str()).collect::<Vec<_>>(), ["events", "forecasts", "signals"]);
}
