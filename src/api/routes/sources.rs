//! Feeds: how fresh they are, what their other rows were, and how they are read.

use std::collections::BTreeMap;

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::events::refusal;
use crate::{
    api::{
        auth::{self, Caller},
        extract::{Json, Query},
        intake::SuggestedMapping,
        problem::Problem,
        state::AppState,
    },
    disclosure::{Class, Disclose, Released},
    domain::{
        ids::SourceId,
        quality::{DataAge, SourceFreshness},
    },
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(sources)).routes(routes!(suggest)).routes(routes!(mapping, put_mapping))
}

const LONGEST_MAPPING: usize = 100_000;

#[derive(Debug, Serialize, ToSchema)]
pub struct SourceList {
    items: Vec<SourceFreshness>,
    /// By source: rows that were not cases, by what they were, most frequent first.
    not_cases: BTreeMap<String, Vec<NotCase>>,
    data: DataAge,
}

impl Disclose for SourceList {
    const CLASS: Class = Class::Counts;
}

#[derive(Debug, Serialize, ToSchema)]
pub struct NotCase {
    label: String,
    count: u64,
}

/// Feeds and how fresh they are.
#[utoipa::path(get, path = "/sources", tag = "feeds", operation_id = "listSources",
    responses((status = 200, body = SourceList)))]
async fn sources(State(state): State<AppState>, caller: Caller) -> Result<axum::Json<Released<SourceList>>, Problem> {
    let snapshot = caller.snapshot(&state).await?;
    // Counted now and not from memory: this is the screen that people look at while mending rows.
    let mut items = state.store.freshness(&caller.scope).await?;
    for known in snapshot.sources() {
        if let Some(item) = items.iter_mut().find(|i| i.source == known.source) {
            item.silent = known.silent;
        }
    }
    let mut not_cases = BTreeMap::new();
    for item in &items {
        let rows = state.store.not_cases(&caller.scope, &item.source).await?;
        let rows = rows.into_iter().map(|(label, count)| NotCase { label, count }).collect();
        not_cases.insert(item.source.to_string(), rows);
    }
    caller.release(SourceList { items, not_cases, data: snapshot.age() })
}

/// How a feed is read.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceMapping {
    /// TOML, as `data/mappings/README.md` tells; at most 100,000 characters.
    mapping: String,
}

impl Disclose for SourceMapping {
    const CLASS: Class = Class::Open;
}

impl Disclose for SuggestedMapping {
    const CLASS: Class = Class::LineList;
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SuggestQuery {
    /// What the feed is to be called.
    source: SourceId,
}

/// Guess what the columns of a file mean: a mapping to be looked over, the first rows as it would read them, and
/// everything that is in doubt. Nothing is stored. The body is the file, up to 10 MB.
#[utoipa::path(post, path = "/sources/suggestions", tag = "feeds", operation_id = "suggestMapping",
    params(SuggestQuery), request_body(content((String = "text/csv"), (String = "application/x-ndjson"))),
    responses((status = 200, body = SuggestedMapping)))]
async fn suggest(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<SuggestQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<axum::Json<Released<SuggestedMapping>>, Problem> {
    let Some(ending) = super::ending(&headers) else {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, super::TYPES));
    };
    let found = state.intake.suggest(&caller.scope, &query.source, ending, body).await.map_err(refusal)?;
    state.store.audit(&caller.scope, "suggest-mapping", query.source.as_str(), state.clock.now()).await?;
    caller.release(found)
}

/// How a feed is read.
#[utoipa::path(get, path = "/sources/{id}", tag = "feeds", operation_id = "getSourceMapping",
    params(("id" = SourceId, Path)), responses((status = 200, body = SourceMapping)))]
async fn mapping(
    State(state): State<AppState>,
    caller: Caller,
    path: crate::api::extract::Path<String>,
) -> Result<axum::Json<Released<SourceMapping>>, Problem> {
    let id: SourceId = auth::id(path)?;
    let all = state.store.sources(&caller.scope).await?;
    let source = all.into_iter().find(|s| s.id == id).ok_or_else(Problem::not_found)?;
    caller.release(SourceMapping { mapping: source.mapping })
}

/// Set up a feed, or change how it is read. What is stored stays as it is; rows that come later, and rows in
/// quarantine that are tried again, are read by the new mapping.
#[utoipa::path(put, path = "/sources/{id}", tag = "feeds", operation_id = "putSourceMapping",
    params(("id" = SourceId, Path)), request_body = SourceMapping, responses((status = 204, description = "Stored")))]
async fn put_mapping(
    State(state): State<AppState>,
    caller: Caller,
    path: crate::api::extract::Path<String>,
    Json(new): Json<SourceMapping>,
) -> Result<StatusCode, Problem> {
    let id: SourceId = auth::id(path)?;
    if new.mapping.len() > LONGEST_MAPPING {
        return Err(Problem::field("mapping", format!("at most {LONGEST_MAPPING} characters")));
    }
    state.intake.put_mapping(&caller.scope, &id, &new.mapping).await.map_err(refusal)?;
    state.store.audit(&caller.scope, "set-mapping", id.as_str(), state.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
