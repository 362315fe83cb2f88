//! What geocoders on other machines answered, and which events may need them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Sqlite};

use super::{
    SqliteStore,
    rows::{instant, of, opt_instant, uuid_list},
};
use crate::{
    domain::{
        event::PlacedBy,
        ids::{EventId, RemoteQuestionId, SourceId},
        remote::{RemoteAnswer, RemoteService, RemoteStanding, Unplaced},
        scope::Scope,
    },
    store::{
        RemoteStore, Result,
        columns::Columns,
        encode::{clean, json, opt_clean},
        error::failed,
        remote_rows,
    },
};

#[async_trait]
impl RemoteStore for SqliteStore {
    async fn unplaced(
        &self,
        scope: &Scope,
        sources: &[SourceId],
        remote_too: bool,
        before: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<Unplaced>> {
        // The list of words is the index's own, letter by letter: only so does the planner take it.
        let mut sql = QueryBuilder::<Sqlite>::new(
            "SELECT event_id, source_id, address, town, zip, precision, placed_by FROM events
             WHERE superseded_at IS NULL AND withdrawn = 0 AND address IS NOT NULL
             AND placed_by IN ('town', 'zip', 'county', 'nothing', 'nominatim', 'photon', 'pelias', 'census')
             AND jurisdiction_id = ",
        );
        sql.push_bind(scope.jurisdiction.as_str());
        sql.push(" AND +source_id IN (SELECT value FROM json_each(").push_bind(json(&sources)).push("))");
        if !remote_too {
            sql.push(
                " AND (+placed_by IN ('town', 'zip', 'county', 'nothing') OR precision IN ('street', 'place', 'zip'))",
            );
        }
        if let Some(before) = before {
            sql.push(" AND event_id < ").push_bind(before.0);
        }
        // Ids grow with time: of a long backlog the newest matter most.
        sql.push(" ORDER BY event_id DESC LIMIT ").push_bind(i64::from(limit));
        let found = sql.build().fetch_all(&self.readers).await.map_err(failed("reading events to be placed"))?;
        found.iter().map(|r| remote_rows::unplaced(&of("events", r))).collect()
    }

    async fn remotely_placed(&self, scope: &Scope) -> Result<Vec<(SourceId, PlacedBy, u64)>> {
        let found = sqlx::query(
            "SELECT source_id, placed_by, COUNT(*) AS n FROM events
             WHERE superseded_at IS NULL AND withdrawn = 0 AND address IS NOT NULL
             AND placed_by IN ('town', 'zip', 'county', 'nothing', 'nominatim', 'photon', 'pelias', 'census')
             AND +placed_by IN ('nominatim', 'photon', 'pelias', 'census') AND jurisdiction_id = $1
             GROUP BY source_id, placed_by ORDER BY source_id, placed_by",
        )
        .bind(scope.jurisdiction.as_str())
        .fetch_all(&self.readers)
        .await
        .map_err(failed("counting places of other geocoders"))?;
        found.iter().map(|r| remote_rows::placed(&of("events", r))).collect()
    }

    async fn remote_answers(
        &self,
        scope: &Scope,
        service: &str,
        questions: &[RemoteQuestionId],
    ) -> Result<Vec<RemoteAnswer>> {
        let found = sqlx::query(
            "SELECT * FROM remote_answers WHERE jurisdiction_id = $1 AND service = $2
             AND question_id IN (SELECT unhex(value) FROM json_each($3)) ORDER BY question_id",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(service)
        .bind(uuid_list(questions.iter().map(|q| q.0)))
        .fetch_all(&self.readers)
        .await
        .map_err(failed("reading answers of another geocoder"))?;
        found.iter().map(|r| remote_rows::answer(&of("remote_answers", r))).collect()
    }

    async fn remote_answered(&self, scope: &Scope) -> Result<Vec<(SourceId, String, u64)>> {
        let found = sqlx::query(
            "SELECT source_id, service, COUNT(*) AS n FROM remote_answers WHERE jurisdiction_id = $1
             GROUP BY source_id, service ORDER BY source_id, service",
        )
        .bind(scope.jurisdiction.as_str())
        .fetch_all(&self.readers)
        .await
        .map_err(failed("counting answers of other geocoders"))?;
        found.iter().map(|r| remote_rows::answered(&of("remote_answers", r))).collect()
    }

    async fn put_remote_answers(&self, scope: &Scope, answers: &[RemoteAnswer]) -> Result<()> {
        let storing = "storing answers of another geocoder";
        let mut tx = self.begin(storing).await?;
        for answer in answers {
            sqlx::query(
                "INSERT INTO remote_answers (jurisdiction_id, service, question_id, source_id, asked_at, candidates, reply)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (jurisdiction_id, service, question_id) DO UPDATE SET asked_at = excluded.asked_at,
                 candidates = excluded.candidates, reply = excluded.reply",
            )
            .bind(scope.jurisdiction.as_str())
            .bind(clean(&answer.service))
            .bind(answer.question.0)
            .bind(answer.source.as_str())
            .bind(instant(answer.asked_at))
            .bind(answer.reply.candidates.len() as i64)
            .bind(json(&answer.reply))
            .execute(&mut *tx)
            .await
            .map_err(failed(storing))?;
        }
        tx.commit().await.map_err(failed(storing))
    }

    async fn forget_remote_misses(&self, scope: &Scope, before: DateTime<Utc>) -> Result<u64> {
        let gone =
            sqlx::query("DELETE FROM remote_answers WHERE jurisdiction_id = $1 AND candidates = 0 AND asked_at < $2")
                .bind(scope.jurisdiction.as_str())
                .bind(instant(before))
                .execute(&self.writer)
                .await
                .map_err(failed("forgetting answers of other geocoders"))?;
        Ok(gone.rows_affected())
    }

    async fn remote_services(&self, scope: &Scope) -> Result<Vec<RemoteService>> {
        let found = sqlx::query("SELECT * FROM remote_services WHERE jurisdiction_id = $1 ORDER BY service")
            .bind(scope.jurisdiction.as_str())
            .fetch_all(&self.readers)
            .await
            .map_err(failed("reading how other geocoders behave"))?;
        found.iter().map(|r| remote_rows::service(&of("remote_services", r))).collect()
    }

    async fn put_remote_service(&self, scope: &Scope, service: &RemoteService) -> Result<()> {
        sqlx::query(
            "INSERT INTO remote_services (jurisdiction_id, service, failures, rests_until, error, heard_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (jurisdiction_id, service) DO UPDATE SET failures = excluded.failures,
             rests_until = excluded.rests_until, error = excluded.error, heard_at = excluded.heard_at",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(clean(&service.service))
        .bind(i64::from(service.failures))
        .bind(opt_instant(service.rests_until))
        .bind(opt_clean(service.error.as_deref()))
        .bind(opt_instant(service.heard_at))
        .execute(&self.writer)
        .await
        .map_err(failed("storing how another geocoder behaves"))?;
        Ok(())
    }

    async fn remote_standings(&self, scope: &Scope) -> Result<Vec<RemoteStanding>> {
        let found = sqlx::query("SELECT standing FROM remote_standings WHERE jurisdiction_id = $1 ORDER BY source_id")
            .bind(scope.jurisdiction.as_str())
            .fetch_all(&self.readers)
            .await
            .map_err(failed("reading how sources fare with other geocoders"))?;
        found.iter().map(|r| of("remote_standings", r).json("standing")).collect()
    }

    async fn put_remote_standing(&self, scope: &Scope, standing: &RemoteStanding) -> Result<()> {
        sqlx::query(
            "INSERT INTO remote_standings (jurisdiction_id, source_id, standing) VALUES ($1, $2, $3)
             ON CONFLICT (jurisdiction_id, source_id) DO UPDATE SET standing = excluded.standing",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(standing.source.as_str())
        .bind(json(standing))
        .execute(&self.writer)
        .await
        .map_err(failed("storing how a source fares with other geocoders"))?;
        Ok(())
    }
}
