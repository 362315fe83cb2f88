//! What the rows of analyses, their findings and their records mean, for both databases; how to add a column stands in `rows`.

use super::{AreaStatus, Result, RunRecord, columns::Columns};
use crate::domain::{
    event::EventKind,
    forecast::{Forecast, ForecastLevel, ForecastRecord, TrackRecord},
    ids::{AreaId, RunId, SignalId},
    rule::CaseMeasure,
    signal::{Signal, SignalScope},
};

pub(super) fn run(r: &impl Columns) -> Result<RunRecord> {
    Ok(RunRecord {
        id: RunId(r.uuid("run_id")?),
        as_of: r.day("as_of")?,
        computed_at: r.instant("computed_at")?,
        newest_event_at: r.opt_instant("newest_event_at")?,
        last_received_at: r.opt_instant("last_received_at")?,
        events: r.u64("events")?,
        elapsed_ms: r.u64("elapsed_ms")?,
        settings: r.json("settings")?,
    })
}

pub(super) fn signal(r: &impl Columns) -> Result<Signal> {
    Ok(Signal {
        id: SignalId(r.uuid("signal_id")?),
        run: RunId(r.uuid("run_id")?),
        as_of: r.day("as_of")?,
        method: r.method()?,
        kind: r.word("kind", EventKind::parse)?,
        measure: r.word("measure", CaseMeasure::parse)?,
        scope: r.word("scope", SignalScope::parse)?,
        cells: r.json("cells")?,
        area: r.opt_parsed("area_id")?,
        centre: r.opt_point()?,
        radius_km: r.opt_real("radius_km")?,
        place_name: r.text("place_name")?,
        window: r.window()?,
        observed: r.u32("observed")?,
        expected: r.real("expected")?,
        expected_range: [r.real("expected_low")?, r.real("expected_high")?],
        relative_risk: r.opt_real("relative_risk")?,
        statistic: r.real("statistic")?,
        p_value: r.real("p_value")?,
        recurrence_interval_days: r.real("recurrence_interval_days")?,
        replications: r.opt_u32("replications")?,
        events: r.json("events")?,
        caveats: r.json("caveats")?,
    })
}

pub(super) fn forecast(r: &impl Columns) -> Result<Forecast> {
    Ok(Forecast {
        run: RunId(r.uuid("run_id")?),
        issued: r.day("issued")?,
        level: r.word("level", ForecastLevel::parse)?,
        cell: r.opt_cell()?,
        area: r.opt_parsed("area_id")?,
        kind: r.word("kind", EventKind::parse)?,
        window: r.window()?,
        method: r.method()?,
        mean: r.real("mean")?,
        quantiles: r.json("quantiles")?,
        p_at_least_one: r.real("p_at_least_one")?,
        history_mean: r.real("history_mean")?,
        caveat: r.text("caveat")?,
        detail: r
            .opt_text("detail")?
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|e| r.corrupt("detail", e))?,
    })
}

pub(super) fn track_record(r: &impl Columns) -> Result<TrackRecord> {
    Ok(TrackRecord {
        level: r.word("level", ForecastLevel::parse)?,
        area: if r.text("area_id")?.is_empty() { None } else { Some(r.word("area_id", |t| AreaId::new(t).ok())?) },
        area_name: r.text("area_name")?,
        first: r.day("first_issued")?,
        last: r.day("last_issued")?,
        issue_days: r.u32("issue_days")?,
        window_days: r.u32("window_days")?,
        named: r.u32("named")?,
        named_with_event: r.u32("named_with_event")?,
        history_with_event: r.u32("history_with_event")?,
        forecasts: r.u32("forecasts")?,
        inside_80: r.u32("inside_80")?,
        error: r.real("error")?,
        history_error: r.real("history_error")?,
        sentence: r.text("sentence")?,
    })
}

pub(super) fn forecast_record(r: &impl Columns) -> Result<ForecastRecord> {
    Ok(ForecastRecord {
        method: r.text("method")?,
        level: r.word("level", ForecastLevel::parse)?,
        horizon_days: r.u32("horizon_days")?,
        origins: r.u32("origins")?,
        log_score: r.real("log_score")?,
        history_log_score: r.real("history_log_score")?,
        crps: r.real("crps")?,
        history_crps: r.real("history_crps")?,
        coverage_80: r.real("coverage_80")?,
        capture_10: r.opt_real("capture_10")?,
        history_capture_10: r.opt_real("history_capture_10")?,
    })
}

pub(super) fn area_status(r: &impl Columns) -> Result<AreaStatus> {
    Ok(AreaStatus {
        area: r.parsed("area_id")?,
        kind: r.word("kind", EventKind::parse)?,
        day: r.day("day")?,
        last_24h: r.u32("last_24h")?,
        last_72h: r.u32("last_72h")?,
        last_7d: r.u32("last_7d")?,
        observed: r.u32("observed")?,
        expected: r.real("expected")?,
        threshold: r.real("threshold")?,
        statistic: r.real("statistic")?,
        p_value: r.real("p_value")?,
        recurrence_interval_days: r.real("recurrence_interval_days")?,
        share_known: r.real("share_known")?,
        waits_for: r.json("waits_for")?,
        updated_at: r.instant("updated_at")?,
    })
}
