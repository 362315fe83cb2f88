//! The queue and the schedule's lease.

use async_trait::async_trait;
use chrono::{DateTime, Duration, Utc};

use super::{
    PostgresStore,
    rows::{instant, of, opt_instant},
};
use crate::{
    domain::{
        ids::{JobId, JurisdictionId},
        scope::Scope,
    },
    store::{
        Job, JobStore, NewJob, Result,
        encode::{clean, json, random_id},
        error::failed,
        rows,
    },
};

#[async_trait]
impl JobStore for PostgresStore {
    async fn enqueue(&self, scope: &Scope, jobs: &[NewJob]) -> Result<()> {
        let queuing = "queuing work";
        let mut tx = self.begin(queuing).await?;
        for job in jobs {
            sqlx::query(
                "INSERT INTO jobs (jurisdiction_id, job_id, kind, key, payload, state, run_at)
                 VALUES ($1, $2, $3, $4, $5, 'waiting', $6)
                 ON CONFLICT (jurisdiction_id, key) WHERE state = 'waiting' AND leased_until IS NULL
                 DO UPDATE SET run_at = LEAST(jobs.run_at, excluded.run_at)",
            )
            .bind(scope.jurisdiction.as_str())
            .bind(random_id())
            .bind(job.kind.as_str())
            .bind(clean(&job.key))
            .bind(json(&job.payload))
            .bind(instant(job.run_at))
            .execute(&mut *tx)
            .await
            .map_err(failed(queuing))?;
        }
        tx.commit().await.map_err(failed(queuing))
    }

    async fn claim_job(&self, now: DateTime<Utc>, lease: Duration) -> Result<Option<Job>> {
        // Looking costs no write: most of the time there is nothing to do.
        let due: Option<i32> = sqlx::query_scalar(
            "SELECT 1 FROM jobs WHERE state = 'waiting' AND run_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)
             LIMIT 1",
        )
        .bind(instant(now))
        .fetch_optional(&self.pool)
        .await
        .map_err(failed("looking for work"))?;
        if due.is_none() {
            return Ok(None);
        }
        let found = sqlx::query(
            "UPDATE jobs SET leased_until = $2, attempts = attempts + 1
             WHERE (jurisdiction_id, job_id) = (
               SELECT j.jurisdiction_id, j.job_id FROM jobs j
               WHERE j.state = 'waiting' AND j.run_at <= $1 AND (j.leased_until IS NULL OR j.leased_until <= $1)
                 AND NOT EXISTS (SELECT 1 FROM jobs running
                                 WHERE running.jurisdiction_id = j.jurisdiction_id AND running.key = j.key
                                   AND running.state = 'waiting' AND running.leased_until > $1)
               ORDER BY j.run_at, j.job_id LIMIT 1 FOR UPDATE OF j SKIP LOCKED)
             RETURNING *",
        )
        .bind(instant(now))
        .bind(instant(now + lease))
        .fetch_optional(&self.pool)
        .await
        .map_err(failed("claiming work"))?;
        found.map(|r| rows::job(&of("jobs", &r))).transpose()
    }

    /// Done work leaves the queue; what it made carries its own record.
    async fn job_done(&self, jurisdiction: &JurisdictionId, id: JobId) -> Result<()> {
        sqlx::query("DELETE FROM jobs WHERE jurisdiction_id = $1 AND job_id = $2 AND state = 'waiting'")
            .bind(jurisdiction.as_str())
            .bind(id.0)
            .execute(&self.pool)
            .await
            .map_err(failed("marking work as done"))?;
        Ok(())
    }

    async fn job_failed(
        &self,
        jurisdiction: &JurisdictionId,
        id: JobId,
        error: &str,
        retry_at: Option<DateTime<Utc>>,
    ) -> Result<()> {
        let failing = "marking work as failed";
        let mut tx = self.begin(failing).await?;
        let mut retry_at = opt_instant(retry_at);
        if let Some(at) = retry_at {
            // The same work may have been queued again meanwhile. One waits under a key: this one, at the
            // earlier of the two times.
            let queued: Vec<DateTime<Utc>> = sqlx::query_scalar(
                "DELETE FROM jobs WHERE jurisdiction_id = $1 AND job_id <> $2 AND state = 'waiting'
                 AND leased_until IS NULL
                 AND key = (SELECT key FROM jobs WHERE jurisdiction_id = $1 AND job_id = $2 AND state = 'waiting')
                 RETURNING run_at",
            )
            .bind(jurisdiction.as_str())
            .bind(id.0)
            .fetch_all(&mut *tx)
            .await
            .map_err(failed(failing))?;
            retry_at = queued.into_iter().chain([at]).min();
        }
        sqlx::query(
            "UPDATE jobs SET state = CASE WHEN $4 IS NULL THEN 'failed' ELSE 'waiting' END,
             run_at = COALESCE($4, run_at), leased_until = NULL, last_error = $3
             WHERE jurisdiction_id = $1 AND job_id = $2 AND state = 'waiting'",
        )
        .bind(jurisdiction.as_str())
        .bind(id.0)
        .bind(clean(error))
        .bind(retry_at)
        .execute(&mut *tx)
        .await
        .map_err(failed(failing))?;
        tx.commit().await.map_err(failed(failing))
    }

    async fn hold_lease(&self, name: &str, holder: &str, now: DateTime<Utc>, lease: Duration) -> Result<bool> {
        let done = sqlx::query(
            "INSERT INTO leases (name, holder, until) VALUES ($1, $2, $4)
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
             WHERE leases.holder = excluded.holder OR leases.until <= $3",
        )
        .bind(name)
        .bind(holder)
        .bind(instant(now))
        .bind(instant(now + lease))
        .execute(&self.pool)
        .await
        .map_err(failed("holding a lease"))?;
        Ok(done.rows_affected() > 0)
    }

    async fn waiting_jobs(&self) -> Result<u64> {
        let n: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM jobs WHERE state = 'waiting'")
            .fetch_one(&self.pool)
            .await
            .map_err(failed("counting work"))?;
        Ok(n.unsigned_abs())
    }
}
