//! Where each area stands against its own rule right now.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{auth::Caller, problem::Problem, state::AppState},
    disclosure::{Class, Disclose, Released},
    domain::{event::EventKind, ids::AreaId, quality::DataAge, time::Day},
    store::AreaStatus,
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(area_status))
}

/// One area against its rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct AreaStatusRow {
    area: AreaId,
    area_name: String,
    kind: EventKind,
    /// The day whose count is judged.
    day: Day,
    last_24h: u32,
    last_72h: u32,
    last_7d: u32,
    observed: u32,
    expected: f64,
    /// Counts above this raise a signal.
    threshold: f64,
    above: bool,
    statistic: f64,
    p_value: f64,
    /// Of a usual day, the share that would be known by now, 0 to 1: "expected" and "threshold" are for that.
    share_known: f64,
    standing: Standing,
    /// Silent feeds that much of the area's data comes from.
    waits_for: Vec<String>,
    /// How often chance alone would do this in this area, days.
    recurrence_interval_days: f64,
    /// The rule and where the area stands, in a sentence.
    rule: String,
    updated_at: DateTime<Utc>,
}

/// Where an area stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Above,
    NotAbove,
    /// Not above, but a feed that much of it comes from is silent.
    CannotSay,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AreaStatusList {
    /// Rarest first.
    items: Vec<AreaStatusRow>,
    data: DataAge,
}

impl Disclose for AreaStatusList {
    const CLASS: Class = Class::Counts;
}

/// Each area's rule, as of the last accepted event.
#[utoipa::path(get, path = "/area-status", tag = "alerts", operation_id = "listAreaStatus",
    responses((status = 200, body = AreaStatusList)))]
async fn area_status(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<axum::Json<Released<AreaStatusList>>, Problem> {
    let rows = state.store.area_status(&caller.scope).await?;
    let mut items: Vec<AreaStatusRow> = rows
        .into_iter()
        .map(|row| {
            let name = caller.reference.area_name(Some(&row.area)).unwrap_or_else(|| row.area.to_string());
            status(row, name)
        })
        .collect();
    items.sort_by(|a, b| {
        let rarer = b.recurrence_interval_days.total_cmp(&a.recurrence_interval_days);
        rarer.then_with(|| (&a.area, a.kind).cmp(&(&b.area, b.kind)))
    });
    let data = caller.snapshot(&state).await?.age();
    caller.release(AreaStatusList { items, data })
}

fn status(row: AreaStatus, area_name: String) -> AreaStatusRow {
    let above = f64::from(row.observed) > row.threshold;
    let standing = match (above, row.waits_for.is_empty()) {
        (true, _) => Standing::Above,
        (false, true) => Standing::NotAbove,
        (false, false) => Standing::CannotSay,
    };
    let verb = if above { "is above" } else { "is not above" };
    let by_now = if row.share_known < 0.9 { " by now" } else { "" };
    let mut rule = format!(
        "{area_name}: {} on {} against a usual {:.1}{by_now} {verb} the rule's limit of {:.1}.",
        row.observed, row.day, row.expected, row.threshold
    );
    if standing == Standing::CannotSay {
        rule = format!(
            "{area_name}: nothing can be said while {} is silent; {} so far.",
            row.waits_for.join(", "),
            row.observed
        );
    }
    AreaStatusRow {
        area: row.area,
        area_name,
        kind: row.kind,
        day: row.day,
        last_24h: row.last_24h,
        last_72h: row.last_72h,
        last_7d: row.last_7d,
        observed: row.observed,
        expected: row.expected,
        threshold: row.threshold,
        above,
        statistic: row.statistic,
        p_value: row.p_value,
        share_known: row.share_known,
        standing,
        waits_for: row.waits_for,
        recurrence_interval_days: row.recurrence_interval_days,
        rule,
        updated_at: row.updated_at,
    }
}
