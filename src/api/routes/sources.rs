//! Feeds: how fresh they are, and what their other rows were.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{auth::Caller, problem::Problem, state::AppState},
    disclosure::{Class, Disclose, Released},
    domain::quality::{DataAge, SourceFreshness},
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(sources))
}

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
