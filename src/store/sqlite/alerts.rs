//! Alerts and decisions.

use async_trait::async_trait;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::{
    SqliteStore,
    rows::{day, instant, of, push_area_scope, push_words},
};
use crate::{
    domain::{
        alert::{Alert, AlertOutcome, AlertState, Decision, DismissReason, Tier},
        ids::{AlertId, AreaId},
        place::Point,
        scope::Scope,
        time::Day,
    },
    store::{
        AlertPage, AlertStore, Result, StoreError, alert_rows,
        encode::{clean, json, read_cursor, write_cursor},
        error::{failed, failed_or_conflict},
    },
};

#[async_trait]
impl AlertStore for SqliteStore {
    async fn alerts(
        &self,
        scope: &Scope,
        states: &[AlertState],
        tier: Option<Tier>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<AlertPage> {
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT * FROM alerts WHERE jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str());
        push_area_scope(&mut sql, scope, "area_id");
        if !states.is_empty() {
            push_words(&mut sql, "state", states, AlertState::as_str);
        }
        if let Some(tier) = tier {
            sql.push(" AND tier = ").push_bind(tier.as_str());
        }
        if let Some(cursor) = cursor {
            let ([loudness, last], id) = read_cursor(cursor)?;
            sql.push(" AND (loudness < ").push_bind(loudness);
            sql.push(" OR (loudness = ").push_bind(loudness).push(" AND (last_signalled < ").push_bind(last);
            sql.push(" OR (last_signalled = ").push_bind(last).push(" AND alert_id > ").push_bind(id).push("))))");
        }
        sql.push(" ORDER BY loudness DESC, last_signalled DESC, alert_id LIMIT ").push_bind(i64::from(limit) + 1);
        let found = sql.build().fetch_all(&self.readers).await.map_err(failed("reading alerts"))?;
        let mut alerts: Vec<Alert> =
            found.iter().map(|r| alert_rows::alert(&of("alerts", r))).collect::<Result<_>>()?;
        let more = alerts.len() > limit as usize;
        alerts.truncate(limit as usize);
        let next =
            alerts.last().filter(|_| more).map(|a| write_cursor(&[loudness(a.tier), day(a.last_signalled)], a.id.0));
        Ok(AlertPage { alerts, next })
    }

    async fn alerts_to_merge(&self, scope: &Scope, since: Day) -> Result<Vec<Alert>> {
        let mut sql = QueryBuilder::<Sqlite>::new(
            "SELECT * FROM alerts WHERE state <> 'over' AND (state <> 'dismissed' OR last_signalled >= ",
        );
        sql.push_bind(day(since)).push(") AND jurisdiction_id = ").push_bind(scope.jurisdiction.as_str());
        push_area_scope(&mut sql, scope, "area_id");
        sql.push(" ORDER BY loudness DESC, last_signalled DESC, alert_id");
        let found = sql.build().fetch_all(&self.readers).await.map_err(failed("reading alerts"))?;
        found.iter().map(|r| alert_rows::alert(&of("alerts", r))).collect()
    }

    async fn alert(&self, scope: &Scope, id: AlertId) -> Result<(Alert, Vec<Decision>)> {
        let reading = failed("reading an alert");
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT * FROM alerts WHERE jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str()).push(" AND alert_id = ").push_bind(id.0);
        push_area_scope(&mut sql, scope, "area_id");
        let found = sql.build().fetch_optional(&self.readers).await.map_err(reading)?;
        let alert = alert_rows::alert(&of("alerts", &found.ok_or(StoreError::NotFound("alert"))?))?;
        let decisions = sqlx::query(
            "SELECT * FROM decisions WHERE jurisdiction_id = $1 AND alert_id = $2 ORDER BY at, alert_version",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(id.0)
        .fetch_all(&self.readers)
        .await
        .map_err(reading)?;
        Ok((alert, decisions.iter().map(|r| alert_rows::decision(&of("decisions", r))).collect::<Result<_>>()?))
    }

    async fn alert_outcomes(&self, scope: &Scope) -> Result<Vec<AlertOutcome>> {
        let reading = failed("reading what became of alerts");
        let mut sql = QueryBuilder::<Sqlite>::new(
            "SELECT a.alert_id, a.rule, a.state, a.raised_at, d.kind, d.reason, d.at FROM alerts a
             LEFT JOIN decisions d ON d.jurisdiction_id = a.jurisdiction_id AND d.alert_id = a.alert_id
             WHERE a.jurisdiction_id = ",
        );
        sql.push_bind(scope.jurisdiction.as_str());
        push_area_scope(&mut sql, scope, "a.area_id");
        sql.push(" ORDER BY a.raised_at, a.alert_id, d.at, d.alert_version");
        let found = sql.build().fetch_all(&self.readers).await.map_err(reading)?;
        alert_rows::outcomes(found.iter().map(|r| of("alerts", r)))
    }

    async fn decide(&self, scope: &Scope, alert: &Alert, decision: &Decision) -> Result<()> {
        let deciding = "storing a decision";
        let mut tx = self.begin(deciding).await?;
        // The decision is about the alert as it is stored: one outside the scope does not exist.
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT version FROM alerts WHERE jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str()).push(" AND alert_id = ").push_bind(alert.id.0);
        push_area_scope(&mut sql, scope, "area_id");
        let stored: Option<i64> = sql.build_query_scalar().fetch_optional(&mut *tx).await.map_err(failed(deciding))?;
        stored.ok_or(StoreError::NotFound("alert"))?;
        put(&mut tx, scope, alert, Some(decision.alert_version)).await?;
        sqlx::query(
            "INSERT INTO decisions (jurisdiction_id, alert_id, alert_version, kind, reason, note, by_name, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(alert.id.0)
        .bind(i64::from(decision.alert_version))
        .bind(decision.kind.as_str())
        .bind(decision.reason.map(DismissReason::as_str))
        .bind(clean(&decision.note))
        .bind(clean(&decision.by))
        .bind(instant(decision.at))
        .execute(&mut *tx)
        .await
        .map_err(failed_or_conflict(deciding, "alert"))?;
        tx.commit().await.map_err(failed(deciding))
    }
}

fn loudness(tier: Tier) -> i64 {
    match tier {
        Tier::Watch => 0,
        Tier::Alert => 1,
    }
}

/// Write an alert that replaces the named version (`None`: that is new). Writing the very same version
/// again changes nothing, so that a run may be repeated.
pub(super) async fn put(tx: &mut SqliteConnection, scope: &Scope, alert: &Alert, replaces: Option<u32>) -> Result<()> {
    let storing = "storing an alert";
    let stored = sqlx::query("SELECT * FROM alerts WHERE jurisdiction_id = $1 AND alert_id = $2")
        .bind(scope.jurisdiction.as_str())
        .bind(alert.id.0)
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed(storing))?
        .map(|r| alert_rows::alert(&of("alerts", &r)))
        .transpose()?;
    if stored.as_ref() == Some(alert) {
        return Ok(());
    }
    if stored.map(|a| a.version) != replaces {
        return Err(StoreError::Conflict("alert"));
    }
    let mut sql = QueryBuilder::<Sqlite>::new(
        "INSERT INTO alerts (jurisdiction_id, alert_id, version, tier, loudness, state, rule, kind, headline, sentence,
         place_name, area_id, cells, latitude, longitude, radius_km, window_from, window_to, observed, expected,
         expected_low, expected_high, p_value, recurrence_interval_days, peak_recurrence_interval_days,
         first_signalled, last_signalled, signals, caveats, told_observed, told_expected, turn, measure, raised_at, updated_at) ",
    );
    sql.push_values([alert], |mut b, a| {
        b.push_bind(scope.jurisdiction.as_str())
            .push_bind(a.id.0)
            .push_bind(i64::from(a.version))
            .push_bind(a.tier.as_str())
            .push_bind(loudness(a.tier))
            .push_bind(a.state.as_str())
            .push_bind(clean(&a.rule))
            .push_bind(a.kind.as_str())
            .push_bind(clean(&a.headline))
            .push_bind(clean(&a.sentence))
            .push_bind(clean(&a.place_name))
            .push_bind(a.area.as_ref().map(AreaId::as_str))
            .push_bind(json(&a.cells))
            .push_bind(a.centre.map(Point::lat))
            .push_bind(a.centre.map(Point::lon))
            .push_bind(a.radius_km)
            .push_bind(day(a.window.from))
            .push_bind(day(a.window.to))
            .push_bind(i64::from(a.observed))
            .push_bind(a.expected)
            .push_bind(a.expected_range[0])
            .push_bind(a.expected_range[1])
            .push_bind(a.p_value)
            .push_bind(a.recurrence_interval_days)
            .push_bind(a.peak_recurrence_interval_days)
            .push_bind(day(a.first_signalled))
            .push_bind(day(a.last_signalled))
            .push_bind(json(&a.signals))
            .push_bind(json(&a.caveats))
            .push_bind(i64::from(a.told_observed))
            .push_bind(a.told_expected)
            .push_bind(a.turn.as_str())
            .push_bind(a.measure.as_str())
            .push_bind(instant(a.raised_at))
            .push_bind(instant(a.updated_at));
    });
    sql.push(
        " ON CONFLICT (jurisdiction_id, alert_id) DO UPDATE SET version = excluded.version, tier = excluded.tier,
         loudness = excluded.loudness, state = excluded.state, rule = excluded.rule, kind = excluded.kind,
         headline = excluded.headline, sentence = excluded.sentence, place_name = excluded.place_name,
         area_id = excluded.area_id, cells = excluded.cells, latitude = excluded.latitude,
         longitude = excluded.longitude, radius_km = excluded.radius_km, window_from = excluded.window_from,
         window_to = excluded.window_to, observed = excluded.observed, expected = excluded.expected,
         expected_low = excluded.expected_low, expected_high = excluded.expected_high, p_value = excluded.p_value,
         recurrence_interval_days = excluded.recurrence_interval_days,
         peak_recurrence_interval_days = excluded.peak_recurrence_interval_days,
         first_signalled = excluded.first_signalled, last_signalled = excluded.last_signalled,
         signals = excluded.signals, caveats = excluded.caveats, told_observed = excluded.told_observed,
         told_expected = excluded.told_expected,
         turn = excluded.turn, measure = excluded.measure,
         raised_at = excluded.raised_at, updated_at = excluded.updated_at
         WHERE alerts.version = ",
    );
    // Also between the look above and here nobody may have changed it.
    sql.push_bind(replaces.map(i64::from));
    let done = sql.build().execute(tx).await.map_err(failed(storing))?;
    if done.rows_affected() == 0 { Err(StoreError::Conflict("alert")) } else { Ok(()) }
}
