//! Vector tiles: `/tiles/{layer}/{z}/{x}/{y}`. Aggregated cells and outlines, never a point.
//!
//! | layer | what | properties |
//! |---|---|---|
//! | `cells` | the rows of `/cells` | cell, observed, expected, ratio, lo, hi |
//! | `forecast` | forecasts over cells | cell, p, mean, history_mean, lo, hi |
//! | `hotspots` | emerging hot spots of the latest analysis | cell, category, z, events, nearby |
//! | `clusters` | outlines of alerts that are not over | alert, tier, headline, observed, expected |
//! | `areas` | outlines of areas | id, name, kind |
//!
//! Tiles come from the same counts in memory as the table, so an event is in the next tile that is
//! fetched. The ETag holds the revision of what a tile was made from.
//!
//! To add a layer: a variant of [`LayerName`], a function that fills it, a line above.

mod geometry;
mod mvt;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use geo::{LineString, MultiPolygon, Polygon};
use serde::Deserialize;

use self::{
    geometry::{Rings, TileId, may_reach, shape},
    mvt::{Layer, Value},
};
use super::{
    auth::Caller,
    cell_rows::{Question, cached_rows},
    extract::{Path, Query},
    problem::Problem,
    reference::Reference,
    routes::{hotspots::of_resolution, resolution, window},
    snapshot::Snapshot,
    state::AppState,
};
use crate::{
    cells::cluster_outline,
    disclosure::release,
    domain::{
        alert::{Alert, AlertState},
        event::EventKind,
        forecast::ForecastLevel,
        place::{Cell, FINEST_SHARED},
        scope::{Audience, Scope},
        time::Day,
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LayerName {
    Cells,
    Forecast,
    Hotspots,
    Clusters,
    Areas,
}

#[derive(Debug, Deserialize)]
pub struct TileQuery {
    kind: Option<EventKind>,
    from: Option<Day>,
    to: Option<Day>,
    resolution: Option<u8>,
    days: Option<u32>,
}

/// One tile; 204 when nothing is there.
pub async fn tile(
    State(state): State<AppState>,
    caller: Caller,
    Path((layer, z, x, y)): Path<(String, u32, u32, String)>,
    Query(query): Query<TileQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let layer = match layer.as_str() {
        "cells" => LayerName::Cells,
        "forecast" => LayerName::Forecast,
        "hotspots" => LayerName::Hotspots,
        "clusters" => LayerName::Clusters,
        "areas" => LayerName::Areas,
        _ => return Err(Problem::not_found()),
    };
    let y = y.trim_end_matches(".mvt").trim_end_matches(".pbf").parse().map_err(|_| Problem::not_found())?;
    let tile = TileId::new(z, x, y).ok_or_else(Problem::not_found)?;
    let snapshot = caller.snapshot(&state).await?;
    let tag = etag(&state, &caller, &snapshot);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == tag.as_bytes()) {
        return Ok(with_tag(StatusCode::NOT_MODIFIED.into_response(), &tag));
    }
    let bytes = match layer {
        LayerName::Cells => cells(&state, &caller, &snapshot, &query, tile).await?,
        LayerName::Forecast => forecast(&state, &caller, &snapshot, &query, tile).await?,
        LayerName::Hotspots => hotspots(&state, &caller, &query, tile).await?,
        LayerName::Clusters => clusters(&state, &caller, tile).await?,
        LayerName::Areas => areas(&caller.reference, tile),
    };
    let mut response = match bytes {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(bytes) => ([(header::CONTENT_TYPE, "application/vnd.mapbox-vector-tile")], bytes).into_response(),
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("cookie, authorization"));
    Ok(with_tag(response, &tag))
}

/// Differs whenever the tile may: by content, by reader and by the day, on which default windows hang.
fn etag(state: &AppState, caller: &Caller, snapshot: &Snapshot) -> String {
    let who = super::password::token_hash(&caller.scope.actor.to_string());
    format!(
        "\"{}-{}-{}-{}-{}\"",
        state.snapshots.nonce(),
        snapshot.revision(),
        caller.reference.revision,
        caller.today(state).epoch_days(),
        hex::encode(&who[..4])
    )
}

fn with_tag(mut response: Response, tag: &str) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

async fn cells(
    state: &AppState,
    caller: &Caller,
    snapshot: &Snapshot,
    query: &TileQuery,
    tile: TileId,
) -> Result<Option<Vec<u8>>, Problem> {
    let question = Question {
        kind: query.kind.unwrap_or(EventKind::Overdose),
        window: window(query.from, query.to, caller.today(state), 7)?,
        resolution: resolution(query.resolution, state.config.analysis.resolution, caller.scope.audience)?,
        areas: caller.scope.areas.clone(),
    };
    let held = cached_rows(state, caller, snapshot, &question).await?;
    let mut layer = Layer::new("cells");
    for row in &held.0 {
        let Some(rings) = hexagon_in(tile, row.cell) else { continue };
        layer.polygon(
            &rings,
            &[
                ("cell", Some(Value::Text(row.cell.to_string()))),
                ("observed", Some(Value::Count(row.observed.into()))),
                ("expected", Some(Value::Number(row.expected))),
                ("ratio", row.ratio.map(Value::Number)),
                ("lo", Some(Value::Number(row.expected_range[0]))),
                ("hi", Some(Value::Number(row.expected_range[1]))),
            ],
        );
    }
    Ok(written(layer))
}

async fn forecast(
    state: &AppState,
    caller: &Caller,
    snapshot: &Snapshot,
    query: &TileQuery,
    tile: TileId,
) -> Result<Option<Vec<u8>>, Problem> {
    let kind = query.kind.unwrap_or(EventKind::Overdose);
    let days = i32::try_from(query.days.unwrap_or(7)).ok().filter(|d| (1..=14).contains(d));
    let days = days.ok_or_else(|| Problem::field("days", "is not from 1 to 14"))?;
    let all = snapshot.forecasts(&state.store, &caller.scope.jurisdiction, ForecastLevel::Cell, kind).await?;
    let fine = caller.scope.audience == Audience::LineList;
    let wanted: Vec<_> = all
        .iter()
        .filter(|f| f.window.to - f.issued == days)
        .filter_map(|f| Some((f.cell.filter(|c| fine || c.resolution() <= FINEST_SHARED)?, f)))
        .collect();
    let places = caller.reference.cell_places(&wanted.iter().map(|(c, _)| *c).collect::<Vec<_>>());
    let mut layer = Layer::new("forecast");
    for ((cell, forecast), (_, area)) in wanted.into_iter().zip(places) {
        if !caller.scope.areas.allows(area.as_ref()) {
            continue;
        }
        let Some(rings) = hexagon_in(tile, cell) else { continue };
        layer.polygon(
            &rings,
            &[
                ("cell", Some(Value::Text(cell.to_string()))),
                ("p", Some(Value::Number(forecast.p_at_least_one))),
                ("mean", Some(Value::Number(forecast.mean))),
                ("history_mean", Some(Value::Number(forecast.history_mean))),
                ("lo", Some(Value::Count(forecast.quantiles[0].into()))),
                ("hi", Some(Value::Count(forecast.quantiles[8].into()))),
            ],
        );
    }
    Ok(written(layer))
}

async fn hotspots(
    state: &AppState,
    caller: &Caller,
    query: &TileQuery,
    tile: TileId,
) -> Result<Option<Vec<u8>>, Problem> {
    let Some((map, _)) = of_resolution(state, caller, query.resolution).await? else { return Ok(None) };
    let places = caller.reference.cell_places(&map.cells.iter().map(|h| h.cell).collect::<Vec<_>>());
    let mut layer = Layer::new("hotspots");
    for (hotspot, (_, area)) in map.cells.iter().zip(places) {
        if !caller.scope.areas.allows(area.as_ref()) {
            continue;
        }
        let Some(rings) = hexagon_in(tile, hotspot.cell) else { continue };
        layer.polygon(
            &rings,
            &[
                ("cell", Some(Value::Text(hotspot.cell.to_string()))),
                ("category", Some(Value::Text(hotspot.category.map_or("too_few", |c| c.as_str()).to_owned()))),
                ("z", Some(Value::Number(hotspot.z))),
                ("events", Some(Value::Count(hotspot.events.into()))),
                ("nearby", Some(Value::Count(hotspot.nearby_events.into()))),
            ],
        );
    }
    Ok(written(layer))
}

async fn clusters(state: &AppState, caller: &Caller, tile: TileId) -> Result<Option<Vec<u8>>, Problem> {
    let alerts = release(caller.scope.audience, live_alerts(state, &caller.scope).await?)?.into_inner();
    let mut layer = Layer::new("clusters");
    for alert in alerts {
        let Some(rings) = shape(tile, &alert_outline(&alert, &caller.reference)) else { continue };
        layer.polygon(
            &rings,
            &[
                ("alert", Some(Value::Text(alert.id.to_string()))),
                ("tier", Some(Value::Text(alert.tier.to_string()))),
                ("headline", Some(Value::Text(alert.headline))),
                ("observed", Some(Value::Count(alert.observed.into()))),
                ("expected", Some(Value::Number(alert.expected))),
            ],
        );
    }
    Ok(written(layer))
}

fn areas(reference: &Reference, tile: TileId) -> Option<Vec<u8>> {
    let mut layer = Layer::new("areas");
    for area in &reference.areas {
        let Some(rings) = reference.index.outline(&area.id).and_then(|o| shape(tile, o)) else { continue };
        layer.polygon(
            &rings,
            &[
                ("id", Some(Value::Text(area.id.to_string()))),
                ("name", Some(Value::Text(area.name.clone()))),
                ("kind", Some(Value::Text(area.kind.as_str().to_owned()))),
            ],
        );
    }
    written(layer)
}

fn written(layer: Layer) -> Option<Vec<u8>> {
    (!layer.is_empty()).then(|| layer.finish())
}

/// Alerts that are on the map: neither dismissed nor over.
///
/// # Errors
/// Of the store.
pub async fn live_alerts(state: &AppState, scope: &Scope) -> Result<Vec<Alert>, Problem> {
    let states = [AlertState::Open, AlertState::Acknowledged, AlertState::Investigating];
    Ok(state.store.alerts(scope, &states, None, None, 500).await?.alerts)
}

/// The outline of an alert's cluster, or the outline of its area.
pub fn alert_outline(alert: &Alert, reference: &Reference) -> MultiPolygon<f64> {
    if alert.cells.is_empty() {
        let area = alert.area.as_ref().and_then(|a| reference.index.outline(a));
        return area.cloned().unwrap_or_else(|| MultiPolygon::new(Vec::new()));
    }
    cluster_outline(&alert.cells, alert.centre, alert.radius_km)
}

fn hexagon_in(tile: TileId, cell: Cell) -> Option<Rings> {
    let centre = cell.centre();
    let near = may_reach(tile, centre.lon(), centre.lat(), cell.resolution().into());
    near.then(|| shape(tile, &hexagon(cell)))?
}

/// A cell's own outline.
pub fn hexagon(cell: Cell) -> MultiPolygon<f64> {
    let corners: Vec<(f64, f64)> = cell.index().boundary().iter().map(|p| (p.lng(), p.lat())).collect();
    MultiPolygon::new(vec![Polygon::new(LineString::from(corners), Vec::new())])
}
