//! Areas, their outlines, and named places: the geography that is no secret.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use geo::SimplifyVwPreserve;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{auth::Caller, extract::Query, problem::Problem, reference::Reference, state::AppState},
    disclosure::{Class, Disclose, Released},
    domain::area::{Area, NamedPlace},
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(areas)).routes(routes!(outlines)).routes(routes!(places))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AreaList {
    items: Vec<Area>,
}

impl Disclose for AreaList {
    const CLASS: Class = Class::Open;
}

/// The tree of areas, by id.
#[utoipa::path(get, path = "/areas", tag = "places", operation_id = "listAreas",
    responses((status = 200, body = AreaList)))]
async fn areas(caller: Caller) -> Result<axum::Json<Released<AreaList>>, Problem> {
    caller.release(AreaList { items: caller.reference.areas.clone() })
}

/// Outlines of all areas, simplified for drawing, as GeoJSON.
///
/// Borders are simplified one by one to about 100 m; do not measure with them.
#[utoipa::path(get, path = "/areas.geojson", tag = "places", operation_id = "areaOutlines",
    responses((status = 200, content_type = "application/geo+json", body = Object), (status = 304, description = "Unchanged")))]
async fn outlines(State(state): State<AppState>, caller: Caller, headers: HeaderMap) -> Result<Response, Problem> {
    let reference = caller.reference;
    let tag = format!("\"{}-{}-{}\"", reference.jurisdiction.id, state.snapshots.nonce(), reference.revision);
    if headers.get(header::IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    let body = tokio::task::spawn_blocking(move || collection(&reference).to_string())
        .await
        .map_err(|_| Problem::internal())?;
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/geo+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}

fn collection(reference: &Reference) -> serde_json::Value {
    let features: Vec<_> = reference
        .areas
        .iter()
        .filter_map(|area| {
            let outline = reference.index.outline(&area.id)?.simplify_vw_preserve(1e-6);
            let geometry = geojson::Geometry::new((&outline).into());
            Some(json!({
                "type": "Feature",
                "id": area.id,
                "properties": {
                    "id": area.id, "name": area.name, "kind": area.kind, "parent": area.parent,
                    "population": area.population,
                },
                "geometry": geometry,
            }))
        })
        .collect();
    json!({ "type": "FeatureCollection", "features": features })
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PlaceQuery {
    /// Part of a name.
    q: Option<String>,
    /// At most this many, 1 to 1,000; 100 when not given.
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PlaceList {
    items: Vec<NamedPlace>,
}

impl Disclose for PlaceList {
    const CLASS: Class = Class::Open;
}

/// Named places, largest first; with `q` those whose name holds it.
#[utoipa::path(get, path = "/places", tag = "places", operation_id = "listPlaces", params(PlaceQuery),
    responses((status = 200, body = PlaceList)))]
async fn places(caller: Caller, Query(query): Query<PlaceQuery>) -> Result<axum::Json<Released<PlaceList>>, Problem> {
    let wanted = query.q.unwrap_or_default().trim().to_lowercase();
    let limit = crate::api::pagination::limit(query.limit) as usize;
    let found = caller.reference.places.iter().filter(|p| p.name.to_lowercase().contains(&wanted));
    let items = found.take(limit).cloned().collect();
    caller.release(PlaceList { items })
}
