//! Hot spots of the latest analysis: by cell, as JSON or GeoJSON.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{auth::Caller, extract::Query, problem::Problem, state::AppState, tiles},
    disclosure::{Class, Disclose, Released, release},
    domain::{
        hotspot::{Hotspot, HotspotCategory, HotspotMap, HotspotSummary},
        ids::AreaId,
        place::{Cell, Point},
        quality::DataAge,
        scope::{AreaScope, Audience},
    },
};

const GEOJSON: &str = "application/geo+json";

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(hotspots)).routes(routes!(hotspots_geojson))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct HotspotsQuery {
    /// H3 resolution, 5 to 8; when not given, the finest at which something can be said of the cells of half of the
    /// events that are known so finely.
    resolution: Option<u8>,
    /// Only this area and what lies below it.
    area: Option<AreaId>,
}

/// A cell's hot spot and what people call the place.
#[derive(Debug, Serialize, ToSchema)]
pub struct HotspotRow {
    #[serde(flatten)]
    hotspot: Hotspot,
    centre: Point,
    #[schema(value_type = String)]
    place_name: Arc<str>,
    /// The finest area that holds the cell's centre.
    area: Option<AreaId>,
}

impl Disclose for HotspotRow {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        self.hotspot = self.hotspot.redact(audience);
        self.centre = self.hotspot.cell.centre();
        self
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HotspotTable {
    /// What the rows have in common; `null` before an analysis of ten whole weeks of data.
    summary: Option<HotspotSummary>,
    /// Of the rows.
    resolution: Option<u8>,
    /// Cells that saw an event in the weeks, hottest first: growing, lasting, on and off, fading, without a pattern,
    /// cold, and those of which nothing can be said.
    items: Vec<HotspotRow>,
    data: DataAge,
}

impl Disclose for HotspotTable {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        self.items = self.items.redact(audience);
        self
    }
}

/// Emerging hot spots by cell.
///
/// Also as GeoJSON, to whoever accepts `application/geo+json`.
#[utoipa::path(get, path = "/hotspots", tag = "map", operation_id = "listHotspots", params(HotspotsQuery),
    responses((status = 200, content((HotspotTable = "application/json"), (Object = "application/geo+json")))))]
async fn hotspots(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<HotspotsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let released = table(&state, &caller, &query).await?;
    let wanted = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok());
    if wanted.is_some_and(|accept| accept.contains(GEOJSON)) {
        return Ok(as_geojson(&released));
    }
    Ok(axum::Json(released).into_response())
}

/// Emerging hot spots as GeoJSON, for GIS programs.
#[utoipa::path(get, path = "/hotspots.geojson", tag = "map", operation_id = "hotspotOutlines", params(HotspotsQuery),
    responses((status = 200, content_type = "application/geo+json", body = Object)))]
async fn hotspots_geojson(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<HotspotsQuery>,
) -> Result<Response, Problem> {
    Ok(as_geojson(&table(&state, &caller, &query).await?))
}

async fn table(state: &AppState, caller: &Caller, query: &HotspotsQuery) -> Result<Released<HotspotTable>, Problem> {
    let areas = caller.within(query.area.as_ref())?;
    let map = of_resolution(state, caller, query.resolution).await?;
    let data = caller.snapshot(state).await?.age();
    let Some((map, resolution)) = map else {
        let nothing = HotspotTable { summary: None, resolution: None, items: Vec::new(), data };
        return Ok(release(caller.scope.audience, nothing)?);
    };
    let items = rows(&map, caller, &areas);
    let summary = Some(map.summary.clone());
    Ok(release(caller.scope.audience, HotspotTable { summary, resolution: Some(resolution), items, data })?)
}

/// The hot spots of one resolution, and which that is; `None` when no analysis found any.
///
/// # Errors
/// 422 for a resolution that was not looked at; those of the store.
pub async fn of_resolution(
    state: &AppState,
    caller: &Caller,
    asked: Option<u8>,
) -> Result<Option<(Arc<HotspotMap>, u8)>, Problem> {
    let snapshot = caller.snapshot(state).await?;
    let jurisdiction = &caller.scope.jurisdiction;
    let Some(all) = snapshot.hotspots(&state.store, jurisdiction).await? else { return Ok(None) };
    let resolution = asked.unwrap_or(all[0].summary.resolution);
    match all.iter().zip(&all[0].summary.levels).find(|(_, level)| level.resolution == resolution) {
        Some((map, _)) => Ok(Some((Arc::clone(map), resolution))),
        None => {
            let known: Vec<String> = all[0].summary.levels.iter().map(|l| l.resolution.to_string()).collect();
            Err(Problem::field("resolution", format!("{resolution} is not one of {}", known.join(", "))))
        }
    }
}

/// Those in the areas, hottest first.
fn rows(map: &HotspotMap, caller: &Caller, areas: &AreaScope) -> Vec<HotspotRow> {
    let cells: Vec<Cell> = map.cells.iter().map(|h| h.cell).collect();
    let places = caller.reference.cell_places(&cells);
    let mut rows: Vec<HotspotRow> = map
        .cells
        .iter()
        .zip(places)
        .filter(|(_, (_, area))| areas.allows(area.as_ref()))
        .map(|(hotspot, (place_name, area))| HotspotRow {
            centre: hotspot.cell.centre(),
            hotspot: hotspot.clone(),
            place_name,
            area,
        })
        .collect();
    rows.sort_by(|a, b| {
        let (x, y) = (&a.hotspot, &b.hotspot);
        rank(x.category).cmp(&rank(y.category)).then(y.z.total_cmp(&x.z)).then(x.cell.cmp(&y.cell))
    });
    rows
}

/// What calls for a look first stands first.
fn rank(category: Option<HotspotCategory>) -> u8 {
    use HotspotCategory as C;
    match category {
        Some(C::NewHot | C::ConsecutiveHot | C::IntensifyingHot) => 0,
        Some(C::PersistentHot) => 1,
        Some(C::SporadicHot | C::OscillatingHot) => 2,
        Some(C::DiminishingHot | C::HistoricalHot) => 3,
        Some(C::NoPattern) => 4,
        Some(_) => 5,
        None => 6,
    }
}

fn as_geojson(released: &Released<HotspotTable>) -> Response {
    let features: Vec<Value> = released
        .get()
        .items
        .iter()
        .map(|row| {
            let geometry = geojson::Geometry::new((&tiles::hexagon(row.hotspot.cell)).into());
            json!({ "type": "Feature", "id": row.hotspot.cell, "properties": row, "geometry": geometry })
        })
        .collect();
    let body = json!({ "type": "FeatureCollection", "features": features }).to_string();
    ([(header::CONTENT_TYPE, GEOJSON)], body).into_response()
}
