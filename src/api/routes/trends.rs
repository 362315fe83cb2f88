//! The explorer: counts and rates by place, kind, source or outcome over time, as JSON or CSV.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::window;
use crate::{
    api::{
        auth::Caller,
        counting::{Filter, NOWCAST_DAYS, last_complete_day},
        extract::Query,
        problem::Problem,
        state::AppState,
    },
    disclosure::{Class, Disclose, release},
    domain::{
        area::AreaKind,
        event::{EventFact, EventKind},
        ids::AreaId,
        quality::DataAge,
        scope::AreaScope,
        time::{Day, DayRange},
    },
    report::{self, Bucket, By, Measure, TrendTable},
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(trends))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Json,
    Csv,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TrendsQuery {
    /// `overdose` when not given.
    kind: Option<EventKind>,
    /// What a series stands for; `area` when not given.
    by: Option<By>,
    /// Which areas are series, when by area; `county` when not given.
    level: Option<AreaKind>,
    /// `week` when not given.
    bucket: Option<Bucket>,
    /// 90 days before `to` when not given.
    from: Option<Day>,
    /// Today when not given.
    to: Option<Day>,
    /// Only these areas and what lies below them, with commas.
    areas: Option<String>,
    /// `count` when not given.
    measure: Option<Measure>,
    /// `json` when not given.
    format: Option<Format>,
}

/// Series over buckets.
#[derive(Debug, Serialize, ToSchema)]
pub struct Trends {
    #[serde(flatten)]
    table: TrendTable,
    data: DataAge,
}

impl Disclose for Trends {
    const CLASS: Class = Class::Counts;
}

/// Counts and rates over time.
///
/// As CSV the header is `series_id,series,from,to,count,rate_per_100k,rate_lower,rate_upper,
/// nowcast,nowcast_lower,nowcast_upper`; no cell
/// is one that a spreadsheet takes for a formula.
#[utoipa::path(get, path = "/trends", tag = "trends", operation_id = "getTrends", params(TrendsQuery),
    responses((status = 200, content((Trends = "application/json"), (String = "text/csv")))))]
async fn trends(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<TrendsQuery>,
) -> Result<Response, Problem> {
    let kind = query.kind.unwrap_or(EventKind::Overdose);
    let today = caller.today(&state);
    let days = window(query.from, query.to, today, 91)?;
    let areas = areas(&caller, query.areas.as_deref())?;
    let snapshot = caller.snapshot(&state).await?;
    let zone = caller.reference.jurisdiction.zone;
    let visible = Filter::new(kind, &caller.scope.areas);
    let recent = DayRange::ending(today, NOWCAST_DAYS);
    let ((facts, recent_facts), over_through, data_from): ((Vec<EventFact>, Vec<EventFact>), Day, Option<Day>) =
        snapshot.read(|held| {
            let of = |days| held.of(days).filter(|f| visible.takes(f)).cloned().collect();
            // What is usual is read from the days before a short window too.
            let late = if days.to >= recent.from { of(recent) } else { Vec::new() };
            let first = held.span().and_then(|all| held.of(all).find(|f| f.kind == kind).map(|f| f.event_day));
            ((of(days), late), last_complete_day(held, kind, today, zone), first)
        });
    let asked = report::TrendQuery {
        kind: Some(kind),
        by: query.by.unwrap_or(By::Area),
        level: query.level.unwrap_or_else(|| caller.reference.index.tree().level()),
        bucket: query.bucket.unwrap_or(Bucket::Week),
        areas,
        measure: query.measure.unwrap_or(Measure::Count),
        incidents_once: true,
        data_from,
        ..report::TrendQuery::new(days, over_through)
    };
    let reference = caller.reference.clone();
    let feeds = snapshot.feeds(kind, state.clock.now(), zone);
    let table = tokio::task::spawn_blocking(move || {
        let mut table = report::trends(&facts, &reference.areas, &asked);
        report::add_nowcasts(&mut table, &recent_facts, &reference.areas, &asked, recent, |count, by_feed, range| {
            feeds.nowcast(count, by_feed, recent, range)
        });
        table
    })
    .await
    .map_err(|_| Problem::internal())?;
    let released = release(caller.scope.audience, Trends { table, data: snapshot.age() })?;
    if query.format == Some(Format::Csv) {
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (header::CONTENT_DISPOSITION, "attachment; filename=\"emberwatch-trends.csv\""),
        ];
        return Ok((headers, released.get().table.to_csv()).into_response());
    }
    Ok(axum::Json(released).into_response())
}

/// The areas asked for, or the caller's own; empty is everything.
fn areas(caller: &Caller, text: Option<&str>) -> Result<Vec<AreaId>, Problem> {
    let asked: Vec<&str> = text.unwrap_or("").split(',').map(str::trim).filter(|a| !a.is_empty()).collect();
    if asked.is_empty() {
        return Ok(match &caller.scope.areas {
            AreaScope::All => Vec::new(),
            AreaScope::Only(own) => own.clone(),
        });
    }
    asked
        .into_iter()
        .map(|text| {
            let id = AreaId::new(text).map_err(|e| Problem::field("areas", e.to_string()))?;
            if caller.reference.visible(&id, &caller.scope.areas) { Ok(id) } else { Err(Problem::not_found()) }
        })
        .collect()
}
