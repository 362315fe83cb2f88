//! Cells: the table beside the map, one cell in detail, and the alerts' outlines.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{resolution, window};
use crate::{
    api::{
        auth::{self, Caller},
        cell_rows::{CellRow, Question, cached_rows},
        counting::{Filter, by_day, corroboration},
        expected::CELL_BASIS,
        extract::Query,
        problem::Problem,
        state::AppState,
        tiles,
    },
    disclosure::{Class, Disclose, Released, release},
    domain::{
        corroboration::Corroboration,
        event::EventKind,
        forecast::{Forecast, ForecastLevel},
        ids::AreaId,
        place::Cell,
        quality::DataAge,
        scope::Audience,
        signal::Signal,
        time::{Day, DayRange},
    },
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(cells)).routes(routes!(cell)).routes(routes!(clusters))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CellsQuery {
    /// What is counted; `overdose` when not given.
    kind: Option<EventKind>,
    /// First day; six days before `to` when not given.
    from: Option<Day>,
    /// Last day; today when not given.
    to: Option<Day>,
    /// H3 resolution, 3 to 8 (finer where the line list is seen and finer cells are counted).
    resolution: Option<u8>,
    /// Only this area and what lies below it.
    area: Option<AreaId>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CellTable {
    kind: EventKind,
    window: DayRange,
    resolution: u8,
    /// How "expected" was made.
    expected_basis: &'static str,
    /// Cells with events, or where half an event or more is usual; furthest above the usual first.
    items: Vec<CellRow>,
    unplaced: UnplacedCount,
    data: DataAge,
}

impl Disclose for CellTable {
    const CLASS: Class = Class::Counts;
}

/// Events of the window that are in no row.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnplacedCount {
    count: u32,
    /// Why, in a sentence.
    why: &'static str,
}

const WHY_UNPLACED: &str = "Their place is known as a town, a ZIP code or a county only; they count in areas.";

/// Counts by cell.
#[utoipa::path(get, path = "/cells", tag = "map", operation_id = "listCells", params(CellsQuery),
    responses((status = 200, body = CellTable)))]
async fn cells(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<CellsQuery>,
) -> Result<axum::Json<Released<CellTable>>, Problem> {
    let kind = query.kind.unwrap_or(EventKind::Overdose);
    let window = window(query.from, query.to, caller.today(&state), 7)?;
    let resolution = resolution(query.resolution, state.config.analysis.resolution, caller.scope.audience)?;
    let areas = caller.within(query.area.as_ref())?;
    let snapshot = caller.snapshot(&state).await?;
    let question = Question { kind, window, resolution, areas };
    let held = cached_rows(&state, &caller, &snapshot, &question).await?;
    let (items, unplaced) = (held.0.clone(), held.1);
    caller.release(CellTable {
        kind,
        window,
        resolution: resolution.into(),
        expected_basis: CELL_BASIS,
        items,
        unplaced: UnplacedCount { count: unplaced, why: WHY_UNPLACED },
        data: snapshot.age(),
    })
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CellQuery {
    kind: Option<EventKind>,
    from: Option<Day>,
    to: Option<Day>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DayCount {
    day: Day,
    count: u32,
}

/// One cell: its row, its last four weeks, what is forecast, what was signalled.
#[derive(Debug, Serialize, ToSchema)]
pub struct CellDetail {
    kind: EventKind,
    window: DayRange,
    expected_basis: &'static str,
    row: CellRow,
    /// Of the overdoses of the window, how many several sources tell of. `null` for other kinds, where there are none,
    /// and where fewer than two sources tell of overdoses.
    corroboration: Option<Corroboration>,
    /// Daily counts of the 28 days until the end of the window, oldest first.
    recent: Vec<DayCount>,
    /// For the coming days, shortest horizon first.
    forecasts: Vec<Forecast>,
    /// Signals of the last 60 days that hold this cell, rarest first.
    signals: Vec<Signal>,
    /// The newest logged contact here.
    last_visit: Option<DateTime<Utc>>,
    data: DataAge,
}

impl Disclose for CellDetail {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        self.forecasts = self.forecasts.redact(audience);
        self.signals = self.signals.redact(audience);
        self
    }
}

/// One cell in detail.
#[utoipa::path(get, path = "/cells/{cell}", tag = "map", operation_id = "getCell",
    params(("cell" = Cell, Path, description = "H3 index"), CellQuery), responses((status = 200, body = CellDetail)))]
async fn cell(
    State(state): State<AppState>,
    caller: Caller,
    path: crate::api::extract::Path<String>,
    Query(query): Query<CellQuery>,
) -> Result<axum::Json<Released<CellDetail>>, Problem> {
    let cell: Cell = auth::id(path)?;
    let size = u8::from(cell.resolution());
    // A cell finer than what the caller is shown is not there for the caller.
    let resolution = resolution(Some(size), state.config.analysis.resolution, caller.scope.audience)
        .map_err(|_| Problem::not_found())?;
    let kind = query.kind.unwrap_or(EventKind::Overdose);
    let today = caller.today(&state);
    let window = window(query.from, query.to, today, 7)?;
    let snapshot = caller.snapshot(&state).await?;
    let filter = Filter::new(kind, &caller.scope.areas).in_cells(&[cell]);
    let (_, area) = caller.reference.cell_places(&[cell]).remove(0);
    let inside = area.as_ref().is_some_and(|a| caller.scope.areas.allows(Some(a)));
    let has_events = || snapshot.read(|facts| facts.span().is_some_and(|all| facts.of(all).any(|f| filter.takes(f))));
    if !inside && !has_events() {
        return Err(Problem::not_found());
    }
    let days = DayRange::ending(window.to, 28);
    let (counts, corroboration) =
        snapshot.read(|facts| (by_day(facts, &filter, days), corroboration(facts, &filter, window)));
    let question = Question { kind, window, resolution, areas: caller.scope.areas.clone() };
    let row = crate::api::cell_rows::one(&state, &caller, &snapshot, &question, cell).await?;
    let all = snapshot.forecasts(&state.store, &caller.scope.jurisdiction, ForecastLevel::Cell, kind).await?;
    let mut forecasts: Vec<Forecast> = all.iter().filter(|f| f.cell == Some(cell)).cloned().collect();
    forecasts.sort_by_key(|f| (f.window.to, f.window.from));
    let near = state.store.signals(&caller.scope, Some(DayRange::ending(today, 60)), 500).await?;
    let holds = |s: &Signal| s.kind == kind && s.cells.iter().any(|c| c.parent(resolution) == Some(cell));
    let signals: Vec<Signal> = near.into_iter().filter(holds).take(20).collect();
    let visits = state.store.last_visits(&caller.scope).await?;
    let last_visit = visits.iter().filter(|(c, _)| c.parent(resolution) == Some(cell)).map(|(_, at)| *at).max();
    caller.release(CellDetail {
        kind,
        window,
        expected_basis: CELL_BASIS,
        row,
        corroboration,
        recent: days.days().zip(counts).map(|(day, count)| DayCount { day, count }).collect(),
        forecasts,
        signals,
        last_visit,
        data: snapshot.age(),
    })
}

/// Outlines of the alerts that are not over, as GeoJSON; also for GIS programs.
#[utoipa::path(get, path = "/clusters.geojson", tag = "map", operation_id = "clusterOutlines",
    responses((status = 200, content_type = "application/geo+json", body = Object)))]
async fn clusters(State(state): State<AppState>, caller: Caller) -> Result<Response, Problem> {
    let alerts = release(caller.scope.audience, tiles::live_alerts(&state, &caller.scope).await?)?.into_inner();
    let mut features = Vec::new();
    for alert in alerts {
        let outline = tiles::alert_outline(&alert, &caller.reference);
        let properties: BTreeMap<&str, serde_json::Value> = [
            ("alert", json!(alert.id)),
            ("tier", json!(alert.tier)),
            ("state", json!(alert.state)),
            ("kind", json!(alert.kind)),
            ("headline", json!(alert.headline)),
            ("place_name", json!(alert.place_name)),
            ("from", json!(alert.window.from)),
            ("to", json!(alert.window.to)),
            ("observed", json!(alert.observed)),
            ("expected", json!(alert.expected)),
            ("p_value", json!(alert.p_value)),
            ("recurrence_interval_days", json!(alert.recurrence_interval_days)),
        ]
        .into();
        let geometry = geojson::Geometry::new((&outline).into());
        features.push(json!({ "type": "Feature", "id": alert.id, "properties": properties, "geometry": geometry }));
    }
    let body = json!({ "type": "FeatureCollection", "features": features }).to_string();
    Ok(([(header::CONTENT_TYPE, "application/geo+json")], body).into_response())
}
