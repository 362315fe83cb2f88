//! Agreements to link across jurisdictions, and of which events others tell, too.

use std::collections::BTreeSet;

use async_trait::async_trait;
use sqlx::PgConnection;

use super::{
    PostgresStore,
    rows::{day, instant, of, opt_instant},
};
use crate::{
    domain::{
        agreement::{Agreement, AgreementState, Signed},
        event::EventKind,
        ids::{AgreementId, EventId, JurisdictionId},
        scope::Scope,
        time::Day,
    },
    store::{
        AgreementStore, Result, StoreError,
        agreement_rows::{self, before, sides, stands},
        columns::Columns,
        encode::clean,
        error::{failed, failed_or_conflict},
    },
};

const READING: &str = "reading agreements";
const STORING: &str = "storing an agreement";
const LINKING: &str = "storing what others tell of";

#[async_trait]
impl AgreementStore for PostgresStore {
    async fn agreements(&self, scope: &Scope) -> Result<Vec<Agreement>> {
        let found = sqlx::query(
            "SELECT * FROM agreements WHERE jurisdiction_id = $1
             ORDER BY ended_at IS NOT NULL, proposed_at DESC, agreement_id",
        )
        .bind(scope.jurisdiction.as_str())
        .fetch_all(&self.pool)
        .await
        .map_err(failed(READING))?;
        found.iter().map(|r| agreement_rows::agreement(&of("agreements", r), &scope.jurisdiction)).collect()
    }

    async fn agreement(&self, scope: &Scope, id: AgreementId) -> Result<Agreement> {
        let found = sqlx::query("SELECT * FROM agreements WHERE jurisdiction_id = $1 AND agreement_id = $2")
            .bind(scope.jurisdiction.as_str())
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await
            .map_err(failed(READING))?
            .ok_or(StoreError::NotFound("agreement"))?;
        agreement_rows::agreement(&of("agreements", &found), &scope.jurisdiction)
    }

    async fn propose_agreement(&self, scope: &Scope, agreement: &Agreement) -> Result<()> {
        if !agreement.binds(&scope.jurisdiction) {
            return Err(StoreError::NotFound("agreement"));
        }
        let mut tx = self.begin(STORING).await?;
        for side in sides(agreement) {
            let known: Option<i64> = sqlx::query_scalar("SELECT 1::int8 FROM jurisdictions WHERE jurisdiction_id = $1")
                .bind(side.here.as_str())
                .fetch_optional(&mut *tx)
                .await
                .map_err(failed(STORING))?;
            if known.is_none() {
                return Err(StoreError::NotFound("jurisdiction"));
            }
            sqlx::query(
                "INSERT INTO agreements (jurisdiction_id, agreement_id, other_id, proposed_here, note, proposed_by,
                 proposed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (jurisdiction_id, agreement_id) DO NOTHING",
            )
            .bind(side.here.as_str())
            .bind(agreement.id.0)
            .bind(side.there.as_str())
            .bind(side.proposed_here)
            .bind(clean(&agreement.note))
            .bind(clean(&agreement.proposed.by))
            .bind(instant(agreement.proposed.at))
            .execute(&mut *tx)
            .await
            .map_err(failed_or_conflict(STORING, "agreement"))?;
        }
        tx.commit().await.map_err(failed(STORING))
    }

    async fn change_agreement(&self, scope: &Scope, agreement: &Agreement) -> Result<()> {
        let mut tx = self.begin(STORING).await?;
        let stored = locked(&mut tx, &scope.jurisdiction, agreement.id).await?;
        if stands(&stored, agreement) {
            return Ok(());
        }
        if stored.state() != before(agreement) {
            return Err(StoreError::Conflict("agreement"));
        }
        let (confirmed, ended) = (agreement.confirmed.as_ref(), agreement.ended.as_ref().map(|(_, signed)| signed));
        let by = |signed: Option<&Signed>| signed.map(|s| clean(&s.by).into_owned());
        let at = |signed: Option<&Signed>| opt_instant(signed.map(|s| s.at));
        for side in sides(agreement) {
            sqlx::query(
                "UPDATE agreements SET confirmed_by = $3, confirmed_at = $4, ended_here = $5, ended_by = $6,
                 ended_at = $7 WHERE jurisdiction_id = $1 AND agreement_id = $2",
            )
            .bind(side.here.as_str())
            .bind(agreement.id.0)
            .bind(by(confirmed))
            .bind(at(confirmed))
            .bind(side.ended_here)
            .bind(by(ended))
            .bind(at(ended))
            .execute(&mut *tx)
            .await
            .map_err(failed(STORING))?;
        }
        match agreement.state() {
            AgreementState::InForce => begun(&mut tx, agreement).await?,
            AgreementState::Ended => undone(&mut tx, agreement).await?,
            AgreementState::Proposed => {}
        }
        tx.commit().await.map_err(failed(STORING))
    }

    async fn agreement_due(&self, scope: &Scope, id: AgreementId) -> Result<Vec<(Day, i64)>> {
        let found = sqlx::query(
            "SELECT event_day, mark FROM agreement_due WHERE jurisdiction_id = $1 AND agreement_id = $2
             ORDER BY event_day",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(id.0)
        .fetch_all(&self.pool)
        .await
        .map_err(failed("reading what is to be linked with others"))?;
        let due = |r| {
            let r = of("agreement_due", r);
            Ok((r.day("event_day")?, r.int("mark")?))
        };
        found.iter().map(due).collect()
    }

    async fn put_told_elsewhere(
        &self,
        scope: &Scope,
        id: AgreementId,
        block: i32,
        events: &BTreeSet<EventId>,
    ) -> Result<()> {
        let mut tx = self.begin(LINKING).await?;
        let stored = locked(&mut tx, &scope.jurisdiction, id).await?;
        if stored.state() != AgreementState::InForce {
            return Ok(());
        }
        sqlx::query("DELETE FROM told_elsewhere WHERE jurisdiction_id = $1 AND agreement_id = $2 AND block = $3")
            .bind(scope.jurisdiction.as_str())
            .bind(id.0)
            .bind(i64::from(block))
            .execute(&mut *tx)
            .await
            .map_err(failed(LINKING))?;
        sqlx::query(
            "INSERT INTO told_elsewhere (jurisdiction_id, agreement_id, block, event_id)
             SELECT $1, $2, $3, e FROM unnest($4::uuid[]) AS e",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(id.0)
        .bind(i64::from(block))
        .bind(events.iter().map(|e| e.0).collect::<Vec<_>>())
        .execute(&mut *tx)
        .await
        .map_err(failed(LINKING))?;
        tx.commit().await.map_err(failed(LINKING))
    }

    async fn agreement_settled(&self, scope: &Scope, id: AgreementId, due: &[(Day, i64)]) -> Result<()> {
        let settling = "noting what was linked with others";
        let mut tx = self.begin(settling).await?;
        for (event_day, mark) in due {
            sqlx::query(
                "DELETE FROM agreement_due
                 WHERE jurisdiction_id = $1 AND agreement_id = $2 AND event_day = $3 AND mark = $4",
            )
            .bind(scope.jurisdiction.as_str())
            .bind(id.0)
            .bind(day(*event_day))
            .bind(mark)
            .execute(&mut *tx)
            .await
            .map_err(failed(settling))?;
        }
        tx.commit().await.map_err(failed(settling))
    }

    async fn told_elsewhere(&self, scope: &Scope, events: &[EventId]) -> Result<Vec<EventId>> {
        let found: Vec<uuid::Uuid> = sqlx::query_scalar(
            "SELECT DISTINCT event_id FROM told_elsewhere WHERE jurisdiction_id = $1
             AND event_id = ANY($2) ORDER BY event_id",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(events.iter().map(|e| e.0).collect::<Vec<_>>())
        .fetch_all(&self.pool)
        .await
        .map_err(failed("reading what others tell of"))?;
        Ok(found.into_iter().map(EventId).collect())
    }
}

/// The agreement as it stands; nobody else changes it while the transaction runs.
async fn locked(tx: &mut PgConnection, here: &JurisdictionId, id: AgreementId) -> Result<Agreement> {
    let found = sqlx::query("SELECT * FROM agreements WHERE jurisdiction_id = $1 AND agreement_id = $2 FOR UPDATE")
        .bind(here.as_str())
        .bind(id.0)
        .fetch_optional(tx)
        .await
        .map_err(failed(STORING))?
        .ok_or(StoreError::NotFound("agreement"))?;
    agreement_rows::agreement(&of("agreements", &found), here)
}

/// Days of either side are to be linked with the other's from now on.
async fn begun(tx: &mut PgConnection, agreement: &Agreement) -> Result<()> {
    for side in agreement.sides() {
        sqlx::query(
            "INSERT INTO agreement_due (jurisdiction_id, agreement_id, event_day, mark)
             SELECT DISTINCT $1, $2::uuid, event_day, 1 FROM events
             WHERE jurisdiction_id = $3 AND superseded_at IS NULL AND kind = $4
             ON CONFLICT (jurisdiction_id, agreement_id, event_day) DO UPDATE SET mark = agreement_due.mark + 1",
        )
        .bind(agreement.keeper().as_str())
        .bind(agreement.id.0)
        .bind(side.as_str())
        .bind(EventKind::Overdose.as_str())
        .execute(&mut *tx)
        .await
        .map_err(failed(STORING))?;
    }
    Ok(())
}

/// Nothing stays of what was found under an agreement.
async fn undone(tx: &mut PgConnection, agreement: &Agreement) -> Result<()> {
    for side in agreement.sides() {
        for sql in [
            "DELETE FROM told_elsewhere WHERE jurisdiction_id = $1 AND agreement_id = $2",
            "DELETE FROM agreement_due WHERE jurisdiction_id = $1 AND agreement_id = $2",
        ] {
            sqlx::query(sql)
                .bind(side.as_str())
                .bind(agreement.id.0)
                .execute(&mut *tx)
                .await
                .map_err(failed(STORING))?;
        }
    }
    Ok(())
}

/// Days of a jurisdiction that were linked by themselves are to be linked with those it has agreements with.
pub(super) async fn mark_agreements(tx: &mut PgConnection, scope: &Scope, days: &[Day]) -> Result<()> {
    sqlx::query(
        "INSERT INTO agreement_due (jurisdiction_id, agreement_id, event_day, mark)
         SELECT LEAST(a.jurisdiction_id, a.other_id), a.agreement_id, d, 1
         FROM agreements a CROSS JOIN unnest($2::date[]) AS d
         WHERE a.jurisdiction_id = $1 AND a.confirmed_at IS NOT NULL AND a.ended_at IS NULL
         ON CONFLICT (jurisdiction_id, agreement_id, event_day) DO UPDATE SET mark = agreement_due.mark + 1",
    )
    .bind(scope.jurisdiction.as_str())
    .bind(days.iter().map(|d| day(*d)).collect::<Vec<_>>())
    .execute(tx)
    .await
    .map_err(failed("noting what is to be linked with others"))?;
    Ok(())
}
