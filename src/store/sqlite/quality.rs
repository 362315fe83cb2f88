//! What data quality is counted from: records as they came and as they are, deliveries, rows in quarantine.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::{
    SqliteStore,
    rows::{instant, of, push_area_scope},
};
use crate::{
    domain::{
        quality::{Delivery, EventQuality, RejectTally},
        scope::Scope,
    },
    store::{
        QualityStore, Result,
        encode::{clean, signed},
        error::failed,
        intake_rows,
    },
};

const COUNTING: &str = "counting a delivery";

#[async_trait]
impl QualityStore for SqliteStore {
    async fn quality_rows(
        &self,
        scope: &Scope,
        since: DateTime<Utc>,
        each: &mut (dyn FnMut(EventQuality) + Send),
    ) -> Result<()> {
        let reading = "reading records for data quality";
        let mut sql = QueryBuilder::<Sqlite>::new(
            "SELECT e.event_id, e.source_id, e.kind, e.version, e.occurred_at, e.time_precision, e.reported_at,
             f.received_at AS first_received_at, e.outcome, e.naloxone, e.precision, e.latitude, e.longitude, e.area_id,
             e.attributes, e.flags, e.withdrawn
             FROM events f JOIN events e ON e.jurisdiction_id = f.jurisdiction_id AND e.event_id = f.event_id
               AND e.superseded_at IS NULL
             WHERE f.version = 1 AND f.jurisdiction_id = ",
        );
        sql.push_bind(scope.jurisdiction.as_str()).push(" AND f.received_at >= ").push_bind(instant(since));
        push_area_scope(&mut sql, scope, "e.area_id");
        let statement = sql.build();
        let mut stream = statement.fetch(&self.readers);
        while let Some(row) = stream.try_next().await.map_err(failed(reading))? {
            each(intake_rows::event_quality(&of("events", &row))?);
        }
        Ok(())
    }

    async fn reject_tallies(&self, scope: &Scope, since: DateTime<Utc>) -> Result<Vec<RejectTally>> {
        let found = sqlx::query(
            "SELECT source_id, reason, state, received_at, COUNT(*) AS n FROM rejects
             WHERE jurisdiction_id = $1 AND received_at >= $2
             GROUP BY source_id, reason, state, received_at ORDER BY source_id, reason, state, received_at",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(instant(since))
        .fetch_all(&self.readers)
        .await
        .map_err(failed("counting rows in quarantine"))?;
        found.iter().map(|r| intake_rows::reject_tally(&of("rejects", r))).collect()
    }

    async fn record_delivery(&self, scope: &Scope, delivery: &Delivery) -> Result<()> {
        let mut tx = self.begin(COUNTING).await?;
        add_delivery(&mut tx, scope, delivery).await?;
        tx.commit().await.map_err(failed(COUNTING))
    }

    async fn deliveries(&self, scope: &Scope, since: DateTime<Utc>) -> Result<Vec<Delivery>> {
        let found = sqlx::query(
            "SELECT * FROM deliveries WHERE jurisdiction_id = $1 AND at >= $2 ORDER BY at, source_id, delivery_id",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(instant(since))
        .fetch_all(&self.readers)
        .await
        .map_err(failed("reading deliveries"))?;
        found.iter().map(|r| intake_rows::delivery(&of("deliveries", r))).collect()
    }
}

/// Count a delivery within a transaction.
pub(super) async fn add_delivery(tx: &mut SqliteConnection, scope: &Scope, delivery: &Delivery) -> Result<()> {
    let n = &delivery.rows;
    sqlx::query(
        "INSERT INTO deliveries (jurisdiction_id, delivery_id, source_id, origin, at, read_rows, accepted, updated,
             unchanged, duplicates, quarantined, mended, not_cases, elsewhere)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
             ON CONFLICT (jurisdiction_id, delivery_id) DO UPDATE SET
             read_rows = deliveries.read_rows + excluded.read_rows, accepted = deliveries.accepted + excluded.accepted,
             updated = deliveries.updated + excluded.updated, unchanged = deliveries.unchanged + excluded.unchanged,
             duplicates = deliveries.duplicates + excluded.duplicates,
             quarantined = deliveries.quarantined + excluded.quarantined, mended = deliveries.mended + excluded.mended,
             not_cases = deliveries.not_cases + excluded.not_cases,
             elsewhere = deliveries.elsewhere + excluded.elsewhere",
    )
    .bind(scope.jurisdiction.as_str())
    .bind(delivery.id.0)
    .bind(delivery.source.as_str())
    .bind(clean(&delivery.origin))
    .bind(instant(delivery.at))
    .bind(signed(n.read))
    .bind(signed(n.accepted))
    .bind(signed(n.updated))
    .bind(signed(n.unchanged))
    .bind(signed(n.duplicates))
    .bind(signed(n.quarantined))
    .bind(signed(n.mended))
    .bind(signed(n.not_cases))
    .bind(signed(n.elsewhere))
    .execute(tx)
    .await
    .map_err(failed(COUNTING))?;
    Ok(())
}
