//! Forecasts of past days, and what became of them.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection, SqlitePool};

use super::rows::{day, of};
use crate::{
    domain::{
        event::EventKind,
        forecast::{Forecast, TrackRecord},
        ids::AreaId,
        scope::Scope,
        time::DayRange,
    },
    store::{JUDGED_WINDOW_DAYS, KEPT_FORECAST_DAYS, Result, analysis_rows, encode::clean, error::failed},
};

/// Make room before forecasts are stored: those of the same day by an earlier run are superseded; of earlier days only
/// the windows that are judged are kept, and not for ever. An analysis of a past day takes nothing of a later one.
pub(super) async fn prune(tx: &mut SqliteConnection, scope: &Scope, new: &[Forecast]) -> Result<()> {
    for kind in EventKind::ALL {
        let Some(issued) = new.iter().filter(|f| f.kind == *kind).map(|f| f.issued).max() else { continue };
        let mut sql = QueryBuilder::<Sqlite>::new("DELETE FROM forecasts WHERE jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str()).push(" AND kind = ").push_bind(kind.as_str());
        sql.push(" AND (issued = ").push_bind(day(issued));
        sql.push(" OR issued < ").push_bind(day(issued - KEPT_FORECAST_DAYS));
        sql.push(" OR (issued < ").push_bind(day(issued));
        sql.push(" AND NOT (window_from = issued + 1 AND window_to = issued + ").push_bind(JUDGED_WINDOW_DAYS);
        sql.push(")))");
        sql.build().execute(&mut *tx).await.map_err(failed("pruning forecasts"))?;
    }
    Ok(())
}

pub(super) async fn past_forecasts(
    pool: &SqlitePool,
    scope: &Scope,
    kind: EventKind,
    issued: DayRange,
) -> Result<Vec<Forecast>> {
    let found = sqlx::query(
        "SELECT * FROM forecasts WHERE jurisdiction_id = $1 AND kind = $2 AND issued BETWEEN $3 AND $4
           AND window_from = issued + 1 AND window_to = issued + $5
         ORDER BY issued, run_id, level, position",
    )
    .bind(scope.jurisdiction.as_str())
    .bind(kind.as_str())
    .bind(day(issued.from))
    .bind(day(issued.to))
    .bind(JUDGED_WINDOW_DAYS)
    .fetch_all(pool)
    .await
    .map_err(failed("reading past forecasts"))?;
    found.iter().map(|r| analysis_rows::forecast(&of("forecasts", r))).collect()
}

pub(super) async fn replace(tx: &mut SqliteConnection, scope: &Scope, records: &[TrackRecord]) -> Result<()> {
    let storing = "storing what became of forecasts";
    sqlx::query("DELETE FROM track_records WHERE jurisdiction_id = $1")
        .bind(scope.jurisdiction.as_str())
        .execute(&mut *tx)
        .await
        .map_err(failed(storing))?;
    if records.is_empty() {
        return Ok(());
    }
    let mut sql = QueryBuilder::<Sqlite>::new(
        "INSERT INTO track_records (jurisdiction_id, level, area_id, area_name, first_issued, last_issued, issue_days, window_days, named,
         named_with_event, history_with_event, forecasts, inside_80, error, history_error, sentence) ",
    );
    sql.push_values(records, |mut b, r| {
        b.push_bind(scope.jurisdiction.as_str())
            .push_bind(r.level.as_str())
            .push_bind(r.area.as_ref().map_or("", AreaId::as_str))
            .push_bind(clean(&r.area_name))
            .push_bind(day(r.first))
            .push_bind(day(r.last))
            .push_bind(i64::from(r.issue_days))
            .push_bind(i64::from(r.window_days))
            .push_bind(i64::from(r.named))
            .push_bind(i64::from(r.named_with_event))
            .push_bind(i64::from(r.history_with_event))
            .push_bind(i64::from(r.forecasts))
            .push_bind(i64::from(r.inside_80))
            .push_bind(r.error)
            .push_bind(r.history_error)
            .push_bind(clean(&r.sentence));
    });
    sql.build().execute(&mut *tx).await.map_err(failed(storing))?;
    Ok(())
}

pub(super) async fn read(pool: &SqlitePool, scope: &Scope) -> Result<Vec<TrackRecord>> {
    let found = sqlx::query("SELECT * FROM track_records WHERE jurisdiction_id = $1 ORDER BY area_id, level")
        .bind(scope.jurisdiction.as_str())
        .fetch_all(pool)
        .await
        .map_err(failed("reading what became of forecasts"))?;
    found.iter().map(|r| analysis_rows::track_record(&of("track_records", r))).collect()
}
