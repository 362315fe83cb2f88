//! Follow-ups and encounters.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::{
    PostgresStore,
    rows::{day, instant, of, push_area_scope, push_words},
};
use crate::{
    domain::{
        ids::{AreaId, FollowUpId},
        outreach::{Encounter, FollowUp, FollowUpState},
        place::Cell,
        scope::Scope,
        time::DayRange,
    },
    store::{
        OutreachStore, Result, StoreError,
        columns::Columns,
        encode::{clean, json},
        error::failed,
        rows,
    },
};

const ROWS: usize = 500;

#[async_trait]
impl OutreachStore for PostgresStore {
    async fn follow_ups(&self, scope: &Scope, states: &[FollowUpState]) -> Result<Vec<FollowUp>> {
        let mut sql = QueryBuilder::<Postgres>::new("SELECT * FROM follow_ups WHERE jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str());
        let open = [FollowUpState::Due, FollowUpState::Attempted];
        let states = if states.is_empty() { &open } else { states };
        push_words(&mut sql, "state", states, FollowUpState::as_str);
        push_area_scope(&mut sql, scope, "area_id");
        sql.push(" ORDER BY due_by, follow_up_id");
        let found = sql.build().fetch_all(&self.pool).await.map_err(failed("reading follow-ups"))?;
        found.iter().map(|r| rows::follow_up(&of("follow_ups", r))).collect()
    }

    async fn follow_up(&self, scope: &Scope, id: FollowUpId) -> Result<FollowUp> {
        let mut sql = QueryBuilder::<Postgres>::new("SELECT * FROM follow_ups WHERE jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str()).push(" AND follow_up_id = ").push_bind(id.0);
        push_area_scope(&mut sql, scope, "area_id");
        let found = sql.build().fetch_optional(&self.pool).await.map_err(failed("reading a follow-up"))?;
        rows::follow_up(&of("follow_ups", &found.ok_or(StoreError::NotFound("follow-up"))?))
    }

    async fn open_follow_ups(&self, scope: &Scope, follow_ups: &[FollowUp]) -> Result<u64> {
        let opening = "opening follow-ups";
        let mut tx = self.begin(opening).await?;
        let mut opened = 0;
        for chunk in follow_ups.chunks(ROWS) {
            let mut sql = QueryBuilder::<Postgres>::new(
                "INSERT INTO follow_ups (jurisdiction_id, follow_up_id, event_id, area_id, cell, cell_resolution,
                 place_name, what, opened_at, due_by, state, attempts, assigned_to) ",
            );
            sql.push_values(chunk, |mut b, f| {
                b.push_bind(scope.jurisdiction.as_str())
                    .push_bind(f.id.0)
                    .push_bind(f.event.map(|e| e.0))
                    .push_bind(f.area.as_ref().map(AreaId::as_str))
                    .push_bind(f.cell.map(Cell::to_i64))
                    .push_bind(f.cell.map(resolution))
                    .push_bind(clean(&f.place_name))
                    .push_bind(clean(&f.what))
                    .push_bind(instant(f.opened_at))
                    .push_bind(instant(f.due_by))
                    .push_bind(f.state.as_str())
                    .push_bind(i64::from(f.attempts))
                    .push_bind(f.assigned_to.map(|u| u.0));
            });
            sql.push(" ON CONFLICT (jurisdiction_id, follow_up_id) DO NOTHING");
            opened += sql.build().execute(&mut *tx).await.map_err(failed(opening))?.rows_affected();
        }
        tx.commit().await.map_err(failed(opening))?;
        Ok(opened)
    }

    async fn log_encounter(&self, scope: &Scope, encounter: &Encounter, follow_up: Option<&FollowUp>) -> Result<()> {
        let logging = "logging an encounter";
        // What lies outside the areas in view does not exist, so nothing can be logged there either.
        if encounter.area.is_some() && !scope.areas.allows(encounter.area.as_ref()) {
            return Err(StoreError::NotFound("area"));
        }
        let mut tx = self.begin(logging).await?;
        let new = insert_encounter(&mut tx, scope, encounter).await?;
        if let Some(follow_up) = follow_up.filter(|_| new) {
            let mut sql = QueryBuilder::<Postgres>::new("UPDATE follow_ups SET state = ");
            sql.push_bind(follow_up.state.as_str());
            sql.push(", attempts = ").push_bind(i64::from(follow_up.attempts));
            sql.push(", assigned_to = ").push_bind(follow_up.assigned_to.map(|u| u.0));
            sql.push(", due_by = ").push_bind(instant(follow_up.due_by));
            sql.push(" WHERE jurisdiction_id = ").push_bind(scope.jurisdiction.as_str());
            sql.push(" AND follow_up_id = ").push_bind(follow_up.id.0);
            push_area_scope(&mut sql, scope, "area_id");
            let updated = sql.build().execute(&mut *tx).await.map_err(failed(logging))?;
            if updated.rows_affected() == 0 {
                return Err(StoreError::NotFound("follow-up"));
            }
        }
        tx.commit().await.map_err(failed(logging))
    }

    async fn encounters(&self, scope: &Scope, days: DayRange) -> Result<Vec<Encounter>> {
        let mut sql = QueryBuilder::<Postgres>::new("SELECT * FROM encounters WHERE jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str());
        sql.push(" AND day BETWEEN ").push_bind(day(days.from)).push(" AND ").push_bind(day(days.to));
        push_area_scope(&mut sql, scope, "area_id");
        sql.push(" ORDER BY at DESC, encounter_id");
        let found = sql.build().fetch_all(&self.pool).await.map_err(failed("reading encounters"))?;
        found.iter().map(|r| rows::encounter(&of("encounters", r))).collect()
    }

    async fn last_visits(&self, scope: &Scope) -> Result<Vec<(Cell, DateTime<Utc>)>> {
        let mut sql = QueryBuilder::<Postgres>::new(
            "SELECT cell, MAX(at) AS at FROM encounters WHERE cell IS NOT NULL AND jurisdiction_id = ",
        );
        sql.push_bind(scope.jurisdiction.as_str());
        push_area_scope(&mut sql, scope, "area_id");
        sql.push(" GROUP BY cell ORDER BY cell");
        let found = sql.build().fetch_all(&self.pool).await.map_err(failed("reading last visits"))?;
        found
            .iter()
            .map(|row| {
                let r = of("encounters", row);
                let cell = r.opt_cell()?.ok_or_else(|| r.corrupt("cell", "is missing"))?;
                Ok((cell, r.instant("at")?))
            })
            .collect()
    }
}

fn resolution(cell: Cell) -> i64 {
    i64::from(u8::from(cell.resolution()))
}

/// Whether it was new: an encounter that was logged before stands as it is.
async fn insert_encounter(tx: &mut PgConnection, scope: &Scope, e: &Encounter) -> Result<bool> {
    let mut sql = QueryBuilder::<Postgres>::new(
        "INSERT INTO encounters (jurisdiction_id, encounter_id, trigger, follow_up_id, alert_id, area_id, cell,
         cell_resolution, at, day, mode, contacted, consent, kits_given, referrals, minutes, note, by_id, by_name) ",
    );
    sql.push_values([e], |mut b, e| {
        b.push_bind(scope.jurisdiction.as_str())
            .push_bind(e.id.0)
            .push_bind(e.trigger.as_str())
            .push_bind(e.follow_up.map(|f| f.0))
            .push_bind(e.alert.map(|a| a.0))
            .push_bind(e.area.as_ref().map(AreaId::as_str))
            .push_bind(e.cell.map(Cell::to_i64))
            .push_bind(e.cell.map(resolution))
            .push_bind(instant(e.at))
            .push_bind(day(e.day))
            .push_bind(e.mode.as_str())
            .push_bind(e.contacted.as_str())
            .push_bind(e.consent)
            .push_bind(i64::from(e.kits_given))
            .push_bind(json(&e.referrals))
            .push_bind(e.minutes.map(i64::from))
            .push_bind(clean(&e.note))
            .push_bind(e.by.0)
            .push_bind(clean(&e.by_name));
    });
    sql.push(" ON CONFLICT (jurisdiction_id, encounter_id) DO NOTHING");
    let done = sql.build().execute(tx).await.map_err(failed("logging an encounter"))?;
    Ok(done.rows_affected() > 0)
}
