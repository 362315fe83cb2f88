//! Runs and what they derived.

use async_trait::async_trait;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::{
    SqliteStore, alerts, hotspots, outbox,
    rows::{day, instant, of, opt_instant, push_area_scope},
    rules, track_records,
};
use crate::{
    domain::{
        event::EventKind,
        forecast::{Forecast, ForecastLevel, ForecastRecord, TrackRecord},
        hotspot::HotspotMap,
        ids::{AreaId, RunId, SignalId},
        place::{Cell, Point},
        scope::Scope,
        signal::Signal,
        time::DayRange,
    },
    store::{
        AnalysisStore, AreaStatus, Result, RunRecord, StoreError, StoredAnalysis, analysis_rows,
        encode::{clean, json, signed},
        error::failed,
    },
};

const ROWS: usize = 500;
const STORING: &str = "storing an analysis";

#[async_trait]
impl AnalysisStore for SqliteStore {
    async fn put_analysis(&self, scope: &Scope, analysis: &StoredAnalysis) -> Result<()> {
        let mut tx = self.begin(STORING).await?;
        insert_run(&mut tx, scope, &analysis.run).await?;
        for chunk in analysis.signals.chunks(ROWS) {
            insert_signals(&mut tx, scope, chunk).await?;
        }
        for (alert, replaces) in &analysis.alerts {
            alerts::put(&mut tx, scope, alert, *replaces).await?;
        }
        put_forecasts(&mut tx, scope, analysis.run.id, &analysis.forecasts).await?;
        if !analysis.records.is_empty() {
            replace_records(&mut tx, scope, analysis.run.id, &analysis.records).await?;
        }
        if let Some(map) = &analysis.hotspots {
            hotspots::replace(&mut tx, scope, map).await?;
        }
        put_status(&mut tx, scope, &analysis.area_status).await?;
        if let Some(records) = &analysis.track_records {
            track_records::replace(&mut tx, scope, records).await?;
        }
        if let Some(standings) = &analysis.standings {
            rules::replace_standings(&mut tx, scope, standings).await?;
        }
        outbox::insert(&mut tx, scope, &analysis.messages).await?;
        tx.commit().await.map_err(failed(STORING))
    }

    async fn latest_run(&self, scope: &Scope) -> Result<Option<RunRecord>> {
        let found = sqlx::query(
            "SELECT * FROM runs WHERE jurisdiction_id = $1 ORDER BY computed_at DESC, as_of DESC, run_id DESC LIMIT 1",
        )
        .bind(scope.jurisdiction.as_str())
        .fetch_optional(&self.readers)
        .await
        .map_err(failed("reading the latest run"))?;
        found.map(|r| analysis_rows::run(&of("runs", &r))).transpose()
    }

    async fn signals(&self, scope: &Scope, days: Option<DayRange>, limit: u32) -> Result<Vec<Signal>> {
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT * FROM signals WHERE jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str());
        if let Some(days) = days {
            sql.push(" AND as_of BETWEEN ").push_bind(day(days.from)).push(" AND ").push_bind(day(days.to));
        }
        push_area_scope(&mut sql, scope, "area_id");
        sql.push(" ORDER BY as_of DESC, recurrence_interval_days DESC, signal_id LIMIT ").push_bind(i64::from(limit));
        let found = sql.build().fetch_all(&self.readers).await.map_err(failed("reading signals"))?;
        found.iter().map(|r| analysis_rows::signal(&of("signals", r))).collect()
    }

    async fn signal(&self, scope: &Scope, id: SignalId) -> Result<Signal> {
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT * FROM signals WHERE jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str()).push(" AND signal_id = ").push_bind(id.0);
        push_area_scope(&mut sql, scope, "area_id");
        let found = sql.build().fetch_optional(&self.readers).await.map_err(failed("reading a signal"))?;
        analysis_rows::signal(&of("signals", &found.ok_or(StoreError::NotFound("signal"))?))
    }

    async fn forecasts(&self, scope: &Scope, level: ForecastLevel, kind: EventKind) -> Result<Vec<Forecast>> {
        let mut sql = QueryBuilder::<Sqlite>::new(
            "SELECT f.* FROM current_forecasts c JOIN forecasts f
             ON f.jurisdiction_id = c.jurisdiction_id AND f.run_id = c.run_id AND f.kind = c.kind
             WHERE c.jurisdiction_id = ",
        );
        sql.push_bind(scope.jurisdiction.as_str());
        sql.push(" AND c.kind = ").push_bind(kind.as_str());
        sql.push(" AND f.level = ").push_bind(level.as_str());
        if level == ForecastLevel::Area {
            push_area_scope(&mut sql, scope, "f.area_id");
        }
        sql.push(" ORDER BY f.position");
        let found = sql.build().fetch_all(&self.readers).await.map_err(failed("reading forecasts"))?;
        found.iter().map(|r| analysis_rows::forecast(&of("forecasts", r))).collect()
    }

    async fn past_forecasts(&self, scope: &Scope, kind: EventKind, issued: DayRange) -> Result<Vec<Forecast>> {
        track_records::past_forecasts(&self.readers, scope, kind, issued).await
    }

    async fn track_records(&self, scope: &Scope) -> Result<Vec<TrackRecord>> {
        track_records::read(&self.readers, scope).await
    }

    async fn forecast_records(&self, scope: &Scope) -> Result<Vec<ForecastRecord>> {
        let found = sqlx::query("SELECT * FROM forecast_records WHERE jurisdiction_id = $1 ORDER BY position")
            .bind(scope.jurisdiction.as_str())
            .fetch_all(&self.readers)
            .await
            .map_err(failed("reading forecast records"))?;
        found.iter().map(|r| analysis_rows::forecast_record(&of("forecast_records", r))).collect()
    }

    async fn hotspots(&self, scope: &Scope, resolution: Option<u8>) -> Result<Option<HotspotMap>> {
        hotspots::read(self, scope, resolution).await
    }

    async fn area_status(&self, scope: &Scope) -> Result<Vec<AreaStatus>> {
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT * FROM area_status WHERE jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str());
        push_area_scope(&mut sql, scope, "area_id");
        sql.push(" ORDER BY area_id, kind");
        let found = sql.build().fetch_all(&self.readers).await.map_err(failed("reading area status"))?;
        found.iter().map(|r| analysis_rows::area_status(&of("area_status", r))).collect()
    }

    async fn put_area_status(&self, scope: &Scope, status: &[AreaStatus]) -> Result<()> {
        let mut tx = self.begin("storing area status").await?;
        put_status(&mut tx, scope, status).await?;
        tx.commit().await.map_err(failed("storing area status"))
    }
}

async fn insert_run(tx: &mut SqliteConnection, scope: &Scope, run: &RunRecord) -> Result<()> {
    sqlx::query(
        "INSERT INTO runs (jurisdiction_id, run_id, as_of, computed_at, newest_event_at, last_received_at, events,
         elapsed_ms, settings) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (jurisdiction_id, run_id) DO UPDATE SET as_of = excluded.as_of,
         computed_at = excluded.computed_at, newest_event_at = excluded.newest_event_at,
         last_received_at = excluded.last_received_at, events = excluded.events,
         elapsed_ms = excluded.elapsed_ms, settings = excluded.settings",
    )
    .bind(scope.jurisdiction.as_str())
    .bind(run.id.0)
    .bind(day(run.as_of))
    .bind(instant(run.computed_at))
    .bind(opt_instant(run.newest_event_at))
    .bind(opt_instant(run.last_received_at))
    .bind(signed(run.events))
    .bind(signed(run.elapsed_ms))
    .bind(json(&run.settings))
    .execute(tx)
    .await
    .map_err(failed(STORING))?;
    Ok(())
}

async fn insert_signals(tx: &mut SqliteConnection, scope: &Scope, signals: &[Signal]) -> Result<()> {
    let mut sql = QueryBuilder::<Sqlite>::new(
        "INSERT INTO signals (jurisdiction_id, signal_id, run_id, as_of, method, method_version, seed, kind, scope,
         cells, area_id, latitude, longitude, radius_km, place_name, window_from, window_to, observed, expected,
         expected_low, expected_high, relative_risk, statistic, p_value, recurrence_interval_days, replications,
         events, caveats, measure) ",
    );
    sql.push_values(signals, |mut b, s| {
        b.push_bind(scope.jurisdiction.as_str())
            .push_bind(s.id.0)
            .push_bind(s.run.0)
            .push_bind(day(s.as_of))
            .push_bind(s.method.name.as_str())
            .push_bind(i64::from(s.method.version))
            .push_bind(s.method.seed.map(|n| n.to_string()))
            .push_bind(s.kind.as_str())
            .push_bind(s.scope.as_str())
            .push_bind(json(&s.cells))
            .push_bind(s.area.as_ref().map(AreaId::as_str))
            .push_bind(s.centre.map(Point::lat))
            .push_bind(s.centre.map(Point::lon))
            .push_bind(s.radius_km)
            .push_bind(clean(&s.place_name))
            .push_bind(day(s.window.from))
            .push_bind(day(s.window.to))
            .push_bind(i64::from(s.observed))
            .push_bind(s.expected)
            .push_bind(s.expected_range[0])
            .push_bind(s.expected_range[1])
            .push_bind(s.relative_risk)
            .push_bind(s.statistic)
            .push_bind(s.p_value)
            .push_bind(s.recurrence_interval_days)
            .push_bind(s.replications.map(i64::from))
            .push_bind(json(&s.events))
            .push_bind(json(&s.caveats))
            .push_bind(s.measure.as_str());
    });
    // The id says what the signal is about, so a run that is repeated writes the same row; what it found
    // the last time stands.
    sql.push(
        " ON CONFLICT (jurisdiction_id, signal_id) DO UPDATE SET run_id = excluded.run_id, as_of = excluded.as_of,
         method = excluded.method, method_version = excluded.method_version, seed = excluded.seed,
         kind = excluded.kind, scope = excluded.scope, cells = excluded.cells, area_id = excluded.area_id,
         latitude = excluded.latitude, longitude = excluded.longitude, radius_km = excluded.radius_km,
         place_name = excluded.place_name, window_from = excluded.window_from, window_to = excluded.window_to,
         observed = excluded.observed, expected = excluded.expected, expected_low = excluded.expected_low,
         expected_high = excluded.expected_high, relative_risk = excluded.relative_risk,
         statistic = excluded.statistic, p_value = excluded.p_value,
         recurrence_interval_days = excluded.recurrence_interval_days, replications = excluded.replications,
         events = excluded.events, caveats = excluded.caveats",
    );
    sql.build().execute(tx).await.map_err(failed(STORING))?;
    Ok(())
}

/// Forecasts of a run replace what the same run wrote before; the run becomes the current one for the
/// kinds it forecast.
async fn put_forecasts(tx: &mut SqliteConnection, scope: &Scope, run: RunId, forecasts: &[Forecast]) -> Result<()> {
    sqlx::query("DELETE FROM forecasts WHERE jurisdiction_id = $1 AND run_id = $2")
        .bind(scope.jurisdiction.as_str())
        .bind(run.0)
        .execute(&mut *tx)
        .await
        .map_err(failed(STORING))?;
    track_records::prune(tx, scope, forecasts).await?;
    let numbered: Vec<(usize, &Forecast)> = forecasts.iter().enumerate().collect();
    for chunk in numbered.chunks(ROWS) {
        insert_forecasts(tx, scope, run, chunk).await?;
    }
    for kind in EventKind::ALL.iter().filter(|k| forecasts.iter().any(|f| f.kind == **k)) {
        sqlx::query(
            "INSERT INTO current_forecasts (jurisdiction_id, kind, run_id) VALUES ($1, $2, $3)
             ON CONFLICT (jurisdiction_id, kind) DO UPDATE SET run_id = excluded.run_id",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(kind.as_str())
        .bind(run.0)
        .execute(&mut *tx)
        .await
        .map_err(failed(STORING))?;
    }
    Ok(())
}

async fn insert_forecasts(
    tx: &mut SqliteConnection,
    scope: &Scope,
    run: RunId,
    forecasts: &[(usize, &Forecast)],
) -> Result<()> {
    let mut sql = QueryBuilder::<Sqlite>::new(
        "INSERT INTO forecasts (jurisdiction_id, run_id, kind, level, position, issued, cell, cell_resolution, area_id,
         window_from, window_to, method, method_version, seed, mean, quantiles, p_at_least_one, history_mean,
         caveat, detail) ",
    );
    sql.push_values(forecasts, |mut b, (position, f)| {
        b.push_bind(scope.jurisdiction.as_str())
            .push_bind(run.0)
            .push_bind(f.kind.as_str())
            .push_bind(f.level.as_str())
            .push_bind(*position as i64)
            .push_bind(day(f.issued))
            .push_bind(f.cell.map(Cell::to_i64))
            .push_bind(f.cell.map(|c| i64::from(u8::from(c.resolution()))))
            .push_bind(f.area.as_ref().map(AreaId::as_str))
            .push_bind(day(f.window.from))
            .push_bind(day(f.window.to))
            .push_bind(f.method.name.as_str())
            .push_bind(i64::from(f.method.version))
            .push_bind(f.method.seed.map(|n| n.to_string()))
            .push_bind(f.mean)
            .push_bind(json(&f.quantiles))
            .push_bind(f.p_at_least_one)
            .push_bind(f.history_mean)
            .push_bind(clean(&f.caveat))
            .push_bind(f.detail.as_ref().map(json));
    });
    sql.build().execute(tx).await.map_err(failed(STORING))?;
    Ok(())
}

async fn replace_records(
    tx: &mut SqliteConnection,
    scope: &Scope,
    run: RunId,
    records: &[ForecastRecord],
) -> Result<()> {
    sqlx::query("DELETE FROM forecast_records WHERE jurisdiction_id = $1")
        .bind(scope.jurisdiction.as_str())
        .execute(&mut *tx)
        .await
        .map_err(failed(STORING))?;
    let numbered: Vec<(usize, &ForecastRecord)> = records.iter().enumerate().collect();
    for chunk in numbered.chunks(ROWS) {
        let mut sql = QueryBuilder::<Sqlite>::new(
            "INSERT INTO forecast_records (jurisdiction_id, position, run_id, method, level, horizon_days, origins,
             log_score, history_log_score, crps, history_crps, coverage_80, capture_10, history_capture_10) ",
        );
        sql.push_values(chunk, |mut b, (position, r)| {
            b.push_bind(scope.jurisdiction.as_str())
                .push_bind(*position as i64)
                .push_bind(run.0)
                .push_bind(r.method.as_str())
                .push_bind(r.level.as_str())
                .push_bind(i64::from(r.horizon_days))
                .push_bind(i64::from(r.origins))
                .push_bind(r.log_score)
                .push_bind(r.history_log_score)
                .push_bind(r.crps)
                .push_bind(r.history_crps)
                .push_bind(r.coverage_80)
                .push_bind(r.capture_10)
                .push_bind(r.history_capture_10);
        });
        sql.build().execute(&mut *tx).await.map_err(failed(STORING))?;
    }
    Ok(())
}

async fn put_status(tx: &mut SqliteConnection, scope: &Scope, status: &[AreaStatus]) -> Result<()> {
    for chunk in status.chunks(ROWS) {
        let mut sql = QueryBuilder::<Sqlite>::new(
            "INSERT INTO area_status (jurisdiction_id, area_id, kind, day, last_24h, last_72h, last_7d, observed,
             expected, threshold, statistic, p_value, recurrence_interval_days, share_known, waits_for, updated_at) ",
        );
        sql.push_values(chunk, |mut b, s| {
            b.push_bind(scope.jurisdiction.as_str())
                .push_bind(s.area.as_str())
                .push_bind(s.kind.as_str())
                .push_bind(day(s.day))
                .push_bind(i64::from(s.last_24h))
                .push_bind(i64::from(s.last_72h))
                .push_bind(i64::from(s.last_7d))
                .push_bind(i64::from(s.observed))
                .push_bind(s.expected)
                .push_bind(s.threshold)
                .push_bind(s.statistic)
                .push_bind(s.p_value)
                .push_bind(s.recurrence_interval_days)
                .push_bind(s.share_known)
                .push_bind(json(&s.waits_for))
                .push_bind(instant(s.updated_at));
        });
        sql.push(
            " ON CONFLICT (jurisdiction_id, area_id, kind) DO UPDATE SET day = excluded.day,
             last_24h = excluded.last_24h, last_72h = excluded.last_72h, last_7d = excluded.last_7d,
             observed = excluded.observed, expected = excluded.expected, threshold = excluded.threshold,
             statistic = excluded.statistic, p_value = excluded.p_value,
             recurrence_interval_days = excluded.recurrence_interval_days, share_known = excluded.share_known,
             waits_for = excluded.waits_for, updated_at = excluded.updated_at",
        );
        sql.build().execute(&mut *tx).await.map_err(failed("storing area status"))?;
    }
    Ok(())
}
