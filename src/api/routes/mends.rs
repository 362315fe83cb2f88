//! Rows that could not be read, by their fault, and rules that mend a whole group: tried, made, ended.
//!
//! A rule is stored and its work is queued; what it did is read from `GET /quarantine/mends`.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{events::refusal, quarantine::who};
use crate::{
    api::{
        auth::{self, Caller},
        extract::{Json, Path, Query},
        problem::Problem,
        state::AppState,
    },
    clock::new_id,
    disclosure::{Class, Disclose, Released},
    domain::{
        ids::{GroupId, MendRuleId, SourceId},
        quarantine::{Mend, MendPreview, MendRecord, MendRule, MendState, RejectGroup},
        scope::Scope,
    },
    store::JobKind,
};

/// Notes are sentences, not files.
const LONGEST_NOTE: usize = 500;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(groups))
        .routes(routes!(preview))
        .routes(routes!(make))
        .routes(routes!(rules))
        .routes(routes!(end))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct GroupQuery {
    source: Option<SourceId>,
}

/// A group of rows with the same fault.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupRow {
    #[serde(flatten)]
    group: RejectGroup,
    source_name: String,
    /// What is wrong, in a sentence.
    sentence: String,
    /// What the example holds in the field that is to blame.
    value: String,
    /// What most likely mends it, to be looked at first; empty where the fault does not say.
    suggested: Vec<Mend>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct GroupList {
    /// Largest first.
    items: Vec<GroupRow>,
}

impl Disclose for GroupList {
    const CLASS: Class = Class::LineList;
}

/// Waiting rows by source, reason and what is wrong with them.
#[utoipa::path(get, path = "/quarantine/groups", tag = "feeds", operation_id = "listQuarantineGroups",
    params(GroupQuery), responses((status = 200, body = GroupList)))]
async fn groups(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<GroupQuery>,
) -> Result<axum::Json<Released<GroupList>>, Problem> {
    let sources = state.store.sources(&caller.scope).await?;
    let groups = state.store.reject_groups(&caller.scope, query.source.as_ref()).await?;
    state.store.audit(&caller.scope, "view-quarantine", "quarantine", state.clock.now()).await?;
    let named = |group: RejectGroup| GroupRow {
        source_name: sources
            .iter()
            .find(|s| s.id == group.source)
            .map_or_else(|| group.source.to_string(), |s| s.name.clone()),
        sentence: group.sentence(),
        value: group.value(),
        suggested: group.suggested(),
        group,
    };
    caller.release(GroupList { items: groups.into_iter().map(named).collect() })
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TriedMends {
    /// One to eight, done in their order.
    mends: Vec<Mend>,
}

/// What a rule would do to a group: nothing is written.
#[utoipa::path(post, path = "/quarantine/groups/{id}/preview", tag = "feeds", operation_id = "previewMends",
    params(("id" = GroupId, Path)), request_body = TriedMends, responses((status = 200, body = MendPreview)))]
async fn preview(
    State(state): State<AppState>,
    caller: Caller,
    path: Path<String>,
    Json(tried): Json<TriedMends>,
) -> Result<axum::Json<Released<MendPreview>>, Problem> {
    let id: GroupId = waiting(&state, &caller, path).await?;
    let preview = state.intake.preview(&caller.scope, id, &tried.mends).await.map_err(refusal)?;
    state.store.audit(&caller.scope, "preview-mend", &format!("quarantine-group:{id}"), state.clock.now()).await?;
    caller.release(preview)
}

/// The group, if any row of it waits: one that nobody may see is as unknown as one that never was.
async fn waiting(state: &AppState, caller: &Caller, path: Path<String>) -> Result<GroupId, Problem> {
    let id: GroupId = auth::id(path)?;
    let any = state.store.group_rows(&caller.scope, id, None, 1).await?;
    if any.is_empty() { Err(Problem::not_found()) } else { Ok(id) }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMendRule {
    /// One to eight, done in their order.
    mends: Vec<Mend>,
    /// Why, for whoever reads the record.
    #[serde(default)]
    #[schema(max_length = 500)]
    note: String,
    /// Also for whatever this source delivers later, until the rule is ended.
    #[serde(default)]
    standing: bool,
}

/// Make a rule for a group. Its rows are read again within seconds; the ones that are still bad keep waiting.
#[utoipa::path(post, path = "/quarantine/groups/{id}/mends", tag = "feeds", operation_id = "makeMendRule",
    params(("id" = GroupId, Path)), request_body = NewMendRule, responses((status = 202, body = MendRecord)))]
async fn make(
    State(state): State<AppState>,
    caller: Caller,
    path: Path<String>,
    Json(new): Json<NewMendRule>,
) -> Result<Response, Problem> {
    let id = waiting(&state, &caller, path).await?;
    if new.note.chars().count() > LONGEST_NOTE {
        return Err(Problem::field("note", "is longer than 500 characters"));
    }
    // What can't be is refused before it is stored.
    state.intake.preview(&caller.scope, id, &new.mends).await.map_err(refusal)?;
    let rows = state.store.group_rows(&caller.scope, id, None, 1).await?;
    let row = rows.into_iter().next().ok_or_else(Problem::not_found)?;
    let now = state.clock.now();
    let rule = MendRule {
        id: MendRuleId(new_id(&*state.clock)),
        source: row.source,
        group: id,
        reason: row.reason,
        field: row.field,
        pattern: row.pattern,
        mends: new.mends,
        note: new.note.trim().to_owned(),
        standing: new.standing,
        state: MendState::Queued,
        made_at: now,
        made_by: who(&caller),
        done_at: None,
        still_bad: 0,
    };
    state.store.put_mend_rule(&caller.scope, &rule).await?;
    state.store.audit(&caller.scope, "make-mend-rule", &format!("mend-rule:{}", rule.id), now).await?;
    // The rule is stored: a queue that fails is made good by the schedule.
    let scope = Scope::system(caller.scope.jurisdiction.clone(), "api");
    match state.store.enqueue(&scope, &[JobKind::MendRows.at(now)]).await {
        Ok(()) => state.wake.notify_one(),
        Err(e) => tracing::warn!(error = %e, "mending rows could not be queued after a rule was made"),
    }
    let record = MendRecord { rule, mended: 0, not_cases: 0, discarded: 0 };
    Ok((StatusCode::ACCEPTED, caller.release(record)?).into_response())
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MendRuleList {
    /// Newest first.
    items: Vec<MendRecord>,
}

impl Disclose for MendRuleList {
    const CLASS: Class = Class::LineList;
}

/// The rules that were made, and what each settled until now.
#[utoipa::path(get, path = "/quarantine/mends", tag = "feeds", operation_id = "listMendRules",
    responses((status = 200, body = MendRuleList)))]
async fn rules(State(state): State<AppState>, caller: Caller) -> Result<axum::Json<Released<MendRuleList>>, Problem> {
    caller.release(MendRuleList { items: state.store.mend_rules(&caller.scope).await? })
}

/// End a rule that stands: later deliveries are read without it. What it did stays, and so does its record.
#[utoipa::path(delete, path = "/quarantine/mends/{id}", tag = "feeds", operation_id = "endMendRule",
    params(("id" = MendRuleId, Path)), responses((status = 204, description = "Ended")))]
async fn end(State(state): State<AppState>, caller: Caller, path: Path<String>) -> Result<StatusCode, Problem> {
    let id: MendRuleId = auth::id(path)?;
    let records = state.store.mend_rules(&caller.scope).await?;
    let found = records.into_iter().find(|r| r.rule.id == id).ok_or_else(Problem::not_found)?;
    state.store.put_mend_rule(&caller.scope, &MendRule { standing: false, ..found.rule }).await?;
    state.store.audit(&caller.scope, "end-mend-rule", &format!("mend-rule:{id}"), state.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
