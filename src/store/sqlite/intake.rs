//! Sources, batches, quarantine.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::{
    SqliteStore, early_withdrawals, event_versions, late_versions, quality, quarantine,
    rows::{instant, of},
};
use crate::{
    domain::{
        ids::{RejectId, SourceId},
        quality::{DataGap, QuarantinedRow, Source, SourceFreshness},
        scope::Scope,
    },
    store::{
        EarlyWithdrawal, Head, IntakeBatch, IntakeStore, Result, StoreError,
        encode::{clean, from_micros, json, signed},
        error::failed,
        intake_rows, rows,
    },
};

const STORING: &str = "storing a batch";

#[async_trait]
impl IntakeStore for SqliteStore {
    async fn put_source(&self, scope: &Scope, source: &Source) -> Result<()> {
        sqlx::query(
            "INSERT INTO sources (jurisdiction_id, source_id, name, zone, mapping, expected_every_hours)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (jurisdiction_id, source_id) DO UPDATE SET name = excluded.name, zone = excluded.zone,
             mapping = excluded.mapping, expected_every_hours = excluded.expected_every_hours",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(source.id.as_str())
        .bind(clean(&source.name))
        .bind(source.zone.to_string())
        .bind(clean(&source.mapping))
        .bind(source.expected_every_hours)
        .execute(&self.writer)
        .await
        .map_err(failed("storing a source"))?;
        Ok(())
    }

    async fn sources(&self, scope: &Scope) -> Result<Vec<Source>> {
        let found = sqlx::query("SELECT * FROM sources WHERE jurisdiction_id = $1 ORDER BY source_id")
            .bind(scope.jurisdiction.as_str())
            .fetch_all(&self.readers)
            .await
            .map_err(failed("reading sources"))?;
        found.iter().map(|r| rows::source(&of("sources", r))).collect()
    }

    async fn heads(&self, scope: &Scope, source: &SourceId, record_ids: &[String]) -> Result<HashMap<String, Head>> {
        let found = sqlx::query(
            "SELECT record_id, event_id, version, content_hash, withdrawn, received_at FROM events
             WHERE jurisdiction_id = $1 AND source_id = $2 AND superseded_at IS NULL
               AND record_id IN (SELECT value FROM json_each($3))",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(source.as_str())
        .bind(json(&record_ids.iter().map(|id| clean(id)).collect::<Vec<_>>()))
        .fetch_all(&self.readers)
        .await
        .map_err(failed("looking up records"))?;
        found.iter().map(|r| rows::head(&of("events", r))).collect()
    }

    async fn early_withdrawals(
        &self,
        scope: &Scope,
        source: &SourceId,
        record_ids: &[String],
    ) -> Result<HashMap<String, Vec<EarlyWithdrawal>>> {
        early_withdrawals::of_records(self, scope, source, record_ids).await
    }

    async fn append(&self, scope: &Scope, source: &SourceId, batch: &IntakeBatch) -> Result<()> {
        if batch.events.iter().any(|e| e.jurisdiction != scope.jurisdiction || e.source != *source) {
            return Err(StoreError::NotFound("source"));
        }
        let mut tx = self.begin(STORING).await?;
        let change = late_versions::rewrite(&mut tx, scope, source, &batch.late).await?;
        let change = change.and(event_versions::insert(&mut tx, scope, source, &batch.events).await?);
        let updated = sqlx::query(
            "UPDATE sources SET events = events + $3,
             last_received_at = CASE WHEN last_received_at IS NULL OR last_received_at < $4 THEN $4
                                ELSE last_received_at END,
             newest_event_at = CASE WHEN newest_event_at IS NULL OR newest_event_at < $5 THEN $5
                               ELSE newest_event_at END
             WHERE jurisdiction_id = $1 AND source_id = $2",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(source.as_str())
        .bind(change.grown)
        .bind(batch.events.iter().map(|e| instant(e.received_at)).max())
        .bind(change.newest.map(instant))
        .execute(&mut *tx)
        .await
        .map_err(failed(STORING))?;
        if updated.rows_affected() == 0 {
            return Err(StoreError::NotFound("source"));
        }
        if let Some(closed) = change.closed {
            look_for_newest(&mut tx, scope, source, closed).await?;
        }
        if !(batch.rejects.is_empty() && batch.settled.is_empty()) {
            let at = received_at(&mut tx, batch).await?;
            quarantine::insert(&mut tx, scope, source, batch, at).await?;
        }
        early_withdrawals::insert(&mut tx, scope, source, &batch.early_withdrawals).await?;
        count_not_cases(&mut tx, scope, source, &batch.not_cases).await?;
        if let Some(delivery) = &batch.delivery {
            quality::add_delivery(&mut tx, scope, delivery).await?;
        }
        tx.commit().await.map_err(failed(STORING))
    }

    /// What SQLite's planner goes by does not change with the size of a table.
    async fn took_many_events(&self) -> Result<()> {
        Ok(())
    }

    async fn not_cases(&self, scope: &Scope, source: &SourceId) -> Result<Vec<(String, u64)>> {
        let found: Vec<(String, i64)> = sqlx::query_as(
            "SELECT label, rows FROM not_cases WHERE jurisdiction_id = $1 AND source_id = $2 ORDER BY rows DESC, label",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(source.as_str())
        .fetch_all(&self.readers)
        .await
        .map_err(failed("reading counts of other rows"))?;
        Ok(found.into_iter().map(|(label, n)| (label, n.unsigned_abs())).collect())
    }

    async fn quarantine(
        &self,
        scope: &Scope,
        source: Option<&SourceId>,
        after: Option<RejectId>,
        limit: u32,
    ) -> Result<Vec<QuarantinedRow>> {
        let mut sql =
            QueryBuilder::<Sqlite>::new("SELECT * FROM rejects WHERE state = 'waiting' AND jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str());
        if let Some(source) = source {
            sql.push(" AND source_id = ").push_bind(source.as_str());
        }
        if let Some(after) = after {
            sql.push(
                " AND (received_at, line, reject_id) >
                 (SELECT received_at, line, reject_id FROM rejects WHERE jurisdiction_id = ",
            );
            sql.push_bind(scope.jurisdiction.as_str()).push(" AND reject_id = ").push_bind(after.0).push(")");
        }
        sql.push(" ORDER BY received_at, line, reject_id LIMIT ").push_bind(i64::from(limit));
        let found = sql.build().fetch_all(&self.readers).await.map_err(failed("reading the quarantine"))?;
        found.iter().map(|r| intake_rows::quarantined(&of("rejects", r))).collect()
    }

    async fn quarantined_row(&self, scope: &Scope, id: RejectId) -> Result<QuarantinedRow> {
        let found = sqlx::query("SELECT * FROM rejects WHERE jurisdiction_id = $1 AND reject_id = $2")
            .bind(scope.jurisdiction.as_str())
            .bind(id.0)
            .fetch_optional(&self.readers)
            .await
            .map_err(failed("reading a quarantined row"))?
            .ok_or(StoreError::NotFound("quarantined row"))?;
        intake_rows::quarantined(&of("rejects", &found))
    }

    async fn freshness(&self, scope: &Scope) -> Result<Vec<SourceFreshness>> {
        let found = sqlx::query(
            "SELECT s.source_id, s.name, s.events, s.last_received_at, s.newest_event_at,
             (SELECT COUNT(*) FROM rejects q
              WHERE q.jurisdiction_id = s.jurisdiction_id AND q.source_id = s.source_id
                AND q.state = 'waiting') AS waiting_rejects
             FROM sources s WHERE s.jurisdiction_id = $1 ORDER BY s.source_id",
        )
        .bind(scope.jurisdiction.as_str())
        .fetch_all(&self.readers)
        .await
        .map_err(failed("reading how fresh the sources are"))?;
        found.iter().map(|r| rows::freshness(&of("sources", r))).collect()
    }

    async fn data_gaps(&self, scope: &Scope, closed_since: Option<DateTime<Utc>>) -> Result<Vec<DataGap>> {
        let mut sql = QueryBuilder::<Sqlite>::new(
            "SELECT g.*, s.name FROM data_gaps g
             JOIN sources s ON s.jurisdiction_id = g.jurisdiction_id AND s.source_id = g.source_id
             WHERE g.jurisdiction_id = ",
        );
        sql.push_bind(scope.jurisdiction.as_str()).push(" AND (g.closed_at IS NULL");
        if let Some(since) = closed_since {
            sql.push(" OR g.closed_at >= ").push_bind(instant(since));
        }
        sql.push(") ORDER BY g.since DESC, g.source_id, g.gap_id");
        let found = sql.build().fetch_all(&self.readers).await.map_err(failed("reading data gaps"))?;
        let gaps: Result<Vec<DataGap>> = found.iter().map(|r| rows::data_gap(&of("data_gaps", r))).collect();
        let visible = |g: &DataGap| g.areas.is_empty() || g.areas.iter().any(|a| scope.areas.allows(Some(a)));
        Ok(gaps?.into_iter().filter(visible).collect())
    }

    async fn put_data_gaps(&self, scope: &Scope, gaps: &[DataGap]) -> Result<()> {
        let mut tx = self.begin("storing data gaps").await?;
        for gap in gaps {
            sqlx::query(
                "INSERT INTO data_gaps (jurisdiction_id, gap_id, source_id, kind, since, noticed_at, closed_at,
                 usual_per_day, events, areas) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                 ON CONFLICT (jurisdiction_id, gap_id) DO UPDATE SET closed_at = excluded.closed_at,
                 usual_per_day = excluded.usual_per_day, events = excluded.events, areas = excluded.areas",
            )
            .bind(scope.jurisdiction.as_str())
            .bind(gap.id.0)
            .bind(gap.source.as_str())
            .bind(gap.kind.as_str())
            .bind(instant(gap.since))
            .bind(instant(gap.noticed_at))
            .bind(gap.closed_at.map(instant))
            .bind(gap.usual_per_day)
            .bind(i64::from(gap.events))
            .bind(json(&gap.areas))
            .execute(&mut *tx)
            .await
            .map_err(failed("storing data gaps"))?;
        }
        tx.commit().await.map_err(failed("storing data gaps"))
    }
}

/// The newest occurrence of a source, where it may have been that of a version that was replaced.
async fn look_for_newest(
    tx: &mut SqliteConnection,
    scope: &Scope,
    source: &SourceId,
    closed: DateTime<Utc>,
) -> Result<()> {
    sqlx::query(
        "UPDATE sources SET newest_event_at = (
           SELECT e.occurred_at FROM events e
           WHERE e.jurisdiction_id = sources.jurisdiction_id AND e.source_id = sources.source_id
             AND e.superseded_at IS NULL AND e.withdrawn = 0
           ORDER BY e.occurred_at DESC LIMIT 1)
         WHERE jurisdiction_id = $1 AND source_id = $2 AND newest_event_at <= $3",
    )
    .bind(scope.jurisdiction.as_str())
    .bind(source.as_str())
    .bind(instant(closed))
    .execute(tx)
    .await
    .map_err(failed(STORING))?;
    Ok(())
}

/// When a batch came in: as it says, else with its newest event, else by the database's clock.
async fn received_at(tx: &mut SqliteConnection, batch: &IntakeBatch) -> Result<DateTime<Utc>> {
    if let Some(at) = batch.received_at.or_else(|| batch.events.iter().map(|e| e.received_at).max()) {
        return Ok(at);
    }
    let micros: i64 = sqlx::query_scalar("SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)")
        .fetch_one(tx)
        .await
        .map_err(failed(STORING))?;
    Ok(from_micros(micros).unwrap_or_default())
}

async fn count_not_cases(
    tx: &mut SqliteConnection,
    scope: &Scope,
    source: &SourceId,
    counts: &[(String, u64)],
) -> Result<()> {
    for (label, n) in counts {
        sqlx::query(
            "INSERT INTO not_cases (jurisdiction_id, source_id, label, rows) VALUES ($1, $2, $3, $4)
             ON CONFLICT (jurisdiction_id, source_id, label) DO UPDATE SET rows = not_cases.rows + excluded.rows",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(source.as_str())
        .bind(clean(label))
        .bind(signed(*n))
        .execute(&mut *tx)
        .await
        .map_err(failed(STORING))?;
    }
    Ok(())
}
