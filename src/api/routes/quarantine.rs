//! Rows that could not be read, and mending them.

use axum::{
    extract::{OriginalUri, State},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::events::{announce, refusal};
use crate::{
    api::{
        auth::{self, Caller},
        extract::{Json, Query},
        intake::Resubmitted,
        pagination,
        problem::Problem,
        state::AppState,
    },
    disclosure::{Class, Disclose, release},
    domain::{
        event::Event,
        ids::{GroupId, RejectId, SourceId},
        quality::{QuarantinedRow, RejectReason, RejectState},
        quarantine::Settled,
    },
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(quarantine)).routes(routes!(resubmit)).routes(routes!(discard))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct QuarantineQuery {
    source: Option<SourceId>,
    /// Only rows of this group, newest first.
    group: Option<GroupId>,
    /// The last id of the page before.
    after: Option<RejectId>,
    /// The same, as the `next` of the page before.
    cursor: Option<RejectId>,
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct QuarantineList {
    /// Waiting rows, oldest first (of one group newest first).
    items: Vec<QuarantinedRow>,
    next: Option<String>,
}

impl Disclose for QuarantineList {
    const CLASS: Class = Class::LineList;
}

/// Rows that wait for a person.
#[utoipa::path(get, path = "/quarantine", tag = "feeds", operation_id = "listQuarantine", params(QuarantineQuery),
    responses((status = 200, body = QuarantineList)))]
async fn quarantine(
    State(state): State<AppState>,
    caller: Caller,
    OriginalUri(uri): OriginalUri,
    Query(query): Query<QuarantineQuery>,
) -> Result<Response, Problem> {
    let limit = pagination::limit(query.limit);
    let after = query.cursor.or(query.after);
    let mut items = match query.group {
        Some(group) => state.store.group_rows(&caller.scope, group, after, limit + 1).await?,
        None => state.store.quarantine(&caller.scope, query.source.as_ref(), after, limit + 1).await?,
    };
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|last| last.id.to_string());
    state.store.audit(&caller.scope, "view-quarantine", "quarantine", state.clock.now()).await?;
    let body = release(caller.scope.audience, QuarantineList { items, next: next.clone() })?;
    Ok(pagination::page(body, &uri, next.as_deref()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MendedRow {
    /// The row's columns with their mended values.
    #[schema(value_type = Object)]
    row: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MendOutcome {
    Accepted,
    Updated,
    Unchanged,
    StillBad,
}

/// What became of a mended row.
#[derive(Debug, Serialize, ToSchema)]
pub struct Mended {
    outcome: MendOutcome,
    /// What is still wrong.
    message: Option<String>,
    reason: Option<RejectReason>,
    field: Option<String>,
    event: Option<Event>,
}

impl Disclose for Mended {
    const CLASS: Class = Class::LineList;
}

/// Try a row again with mended values. A row that is still bad keeps waiting.
#[utoipa::path(post, path = "/quarantine/{id}/resubmit", tag = "feeds", operation_id = "resubmitRow",
    params(("id" = RejectId, Path)), request_body = MendedRow, responses((status = 200, body = Mended)))]
async fn resubmit(
    State(state): State<AppState>,
    caller: Caller,
    path: crate::api::extract::Path<String>,
    Json(mended): Json<MendedRow>,
) -> Result<Response, Problem> {
    let id: RejectId = auth::id(path)?;
    let outcome = state.intake.resubmit(&caller.scope, id, mended.row).await.map_err(refusal)?;
    state.store.audit(&caller.scope, "resubmit-row", &format!("quarantine:{id}"), state.clock.now()).await?;
    let plain = |outcome| Mended { outcome, message: None, reason: None, field: None, event: None };
    let answer = match outcome {
        Resubmitted::Accepted(event) => Mended { event: Some(*event), ..plain(MendOutcome::Accepted) },
        Resubmitted::Updated(event) => Mended { event: Some(*event), ..plain(MendOutcome::Updated) },
        Resubmitted::Unchanged => plain(MendOutcome::Unchanged),
        Resubmitted::StillBad { reason, field, message } => {
            Mended { message: Some(message), reason: Some(reason), field, ..plain(MendOutcome::StillBad) }
        }
    };
    if let Some(event) = &answer.event {
        let areas = event.location.area.iter().cloned().collect();
        announce(&state, &caller.scope, areas, vec![event.kind], &[event.id]).await;
    }
    Ok(caller.release(answer)?.into_response())
}

/// Whoever decides, as others read it.
pub(super) fn who(caller: &Caller) -> String {
    caller.person().map_or_else(|_| "an API key".to_owned(), |p| p.name.clone())
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Discarded {
    state: RejectState,
}

impl Disclose for Discarded {
    const CLASS: Class = Class::LineList;
}

/// Give a row up. It stays in the record, but waits no longer.
#[utoipa::path(post, path = "/quarantine/{id}/discard", tag = "feeds", operation_id = "discardRow",
    params(("id" = RejectId, Path)), responses((status = 200, body = Discarded)))]
async fn discard(
    State(state): State<AppState>,
    caller: Caller,
    path: crate::api::extract::Path<String>,
) -> Result<Response, Problem> {
    let id: RejectId = auth::id(path)?;
    let row = state.store.quarantined_row(&caller.scope, id).await?;
    if row.state == RejectState::Resubmitted {
        return Err(Problem::conflict("The row was mended and accepted already."));
    }
    let (by, at) = (who(&caller), state.clock.now());
    let settled = Settled { id, state: RejectState::Discarded, rule: None, by, at };
    state.store.settle_rejects(&caller.scope, &[settled]).await?;
    state.store.audit(&caller.scope, "discard-row", &format!("quarantine:{id}"), at).await?;
    Ok(caller.release(Discarded { state: RejectState::Discarded })?.into_response())
}
