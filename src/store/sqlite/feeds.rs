//! What was taken from watched folders and addresses.

use async_trait::async_trait;

use super::{
    SqliteStore,
    rows::{instant, of, opt_instant},
};
use crate::{
    domain::{feed::FeedItem, scope::Scope},
    store::{
        FeedStore, Result,
        encode::{clean, opt_clean},
        error::failed,
        feed_rows,
    },
};

#[async_trait]
impl FeedStore for SqliteStore {
    async fn feed_items(&self, scope: &Scope) -> Result<Vec<FeedItem>> {
        let found = sqlx::query("SELECT * FROM feed_items WHERE jurisdiction_id = $1 ORDER BY source_id, item")
            .bind(scope.jurisdiction.as_str())
            .fetch_all(&self.readers)
            .await
            .map_err(failed("reading what was taken from feeds"))?;
        found.iter().map(|r| feed_rows::feed_item(&of("feed_items", r))).collect()
    }

    async fn put_feed_item(&self, scope: &Scope, item: &FeedItem) -> Result<()> {
        sqlx::query(
            "INSERT INTO feed_items (jurisdiction_id, source_id, item, fingerprint, looked_at, taken_at, rows_read,
             accepted, quarantined, error) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (jurisdiction_id, source_id, item) DO UPDATE SET fingerprint = excluded.fingerprint,
             looked_at = excluded.looked_at, taken_at = excluded.taken_at, rows_read = excluded.rows_read,
             accepted = excluded.accepted, quarantined = excluded.quarantined, error = excluded.error",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(item.source.as_str())
        .bind(clean(&item.item))
        .bind(clean(&item.fingerprint))
        .bind(instant(item.looked_at))
        .bind(opt_instant(item.taken_at))
        .bind(item.rows as i64)
        .bind(item.accepted as i64)
        .bind(item.quarantined as i64)
        .bind(opt_clean(item.error.as_deref()))
        .execute(&self.writer)
        .await
        .map_err(failed("storing what was taken from a feed"))?;
        Ok(())
    }
}
