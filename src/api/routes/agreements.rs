//! Agreements with other jurisdictions of this service to link each other's reports: proposed, confirmed, ended.
//!
//! Each step is in the audit logs of both sides. What linking finds is told on the line lists (`told_elsewhere`), and
//! says no more than that some source of another jurisdiction tells of an event, too.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        auth::{self, Caller},
        extract::{Json, Path},
        problem::Problem,
        state::AppState,
    },
    clock::new_id,
    disclosure::{Class, Disclose, Released},
    domain::{
        agreement::{Agreement, AgreementError, AgreementState, Signed},
        area::Jurisdiction,
        ids::{AgreementId, JurisdictionId},
        scope::{AreaScope, Scope},
    },
    store::JobKind,
};

const LONGEST_NOTE: usize = 500;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(agreements, propose)).routes(routes!(confirm)).routes(routes!(end))
}

/// A jurisdiction of this service.
#[derive(Debug, Serialize, ToSchema)]
pub struct OtherJurisdiction {
    id: JurisdictionId,
    name: String,
}

/// An agreement as the caller's side sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgreementRow {
    id: AgreementId,
    with: OtherJurisdiction,
    state: AgreementState,
    /// Whether it waits for a word of the caller's side.
    waits_for_us: bool,
    /// What it rests on.
    note: String,
    /// Whether the caller's side proposed it.
    proposed_here: bool,
    proposed: Signed,
    confirmed: Option<Signed>,
    /// Whether the caller's side ended it; `null` until it ends.
    ended_here: Option<bool>,
    ended: Option<Signed>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AgreementList {
    /// Those that have not ended first, then newest first.
    items: Vec<AgreementRow>,
    /// With whom there is none, by name.
    others: Vec<OtherJurisdiction>,
}

impl Disclose for AgreementList {
    const CLASS: Class = Class::Open;
}

impl Disclose for AgreementRow {
    const CLASS: Class = Class::Open;
}

/// Agreements with other jurisdictions.
#[utoipa::path(get, path = "/agreements", tag = "admin", operation_id = "listAgreements",
    responses((status = 200, body = AgreementList)))]
async fn agreements(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<axum::Json<Released<AgreementList>>, Problem> {
    let known = state.store.jurisdictions().await?;
    let found = state.store.agreements(&caller.scope).await?;
    let here = &caller.scope.jurisdiction;
    let alive =
        |id: &JurisdictionId| found.iter().any(|a| a.state() != AgreementState::Ended && a.opposite(here) == id);
    let mut others: Vec<OtherJurisdiction> = known
        .iter()
        .filter(|j| j.id != *here && !alive(&j.id))
        .map(|j| OtherJurisdiction { id: j.id.clone(), name: j.name.clone() })
        .collect();
    others.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    let items = found.iter().map(|a| row(a, here, &known)).collect();
    caller.release(AgreementList { items, others })
}

fn row(agreement: &Agreement, here: &JurisdictionId, known: &[Jurisdiction]) -> AgreementRow {
    let there = agreement.opposite(here).clone();
    let name = known.iter().find(|j| j.id == there).map_or_else(|| there.to_string(), |j| j.name.clone());
    let (state, proposed_here) = (agreement.state(), agreement.proposer == *here);
    AgreementRow {
        id: agreement.id,
        with: OtherJurisdiction { id: there, name },
        state,
        waits_for_us: state == AgreementState::Proposed && !proposed_here,
        note: agreement.note.clone(),
        proposed_here,
        proposed: agreement.proposed.clone(),
        confirmed: agreement.confirmed.clone(),
        ended_here: agreement.ended.as_ref().map(|(by, _)| by == here),
        ended: agreement.ended.as_ref().map(|(_, signed)| signed.clone()),
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAgreement {
    /// The other jurisdiction.
    with: JurisdictionId,
    /// What it rests on (a memorandum, a law), for both sides to read; at most 500 characters.
    #[serde(default)]
    #[schema(max_length = 500)]
    note: String,
}

/// Propose to another jurisdiction to link each other's reports. Nothing is linked until it confirms.
#[utoipa::path(post, path = "/agreements", tag = "admin", operation_id = "proposeAgreement",
    request_body = NewAgreement, responses((status = 201, body = AgreementRow)))]
async fn propose(
    State(state): State<AppState>,
    caller: Caller,
    Json(new): Json<NewAgreement>,
) -> Result<Response, Problem> {
    let signed = sign(&caller, state.clock.now())?;
    if new.note.chars().count() > LONGEST_NOTE {
        return Err(Problem::field("note", format!("at most {LONGEST_NOTE} characters")));
    }
    let known = state.store.jurisdictions().await?;
    if new.with == caller.scope.jurisdiction {
        return Err(Problem::field("with", "name another jurisdiction than your own"));
    }
    if !known.iter().any(|j| j.id == new.with) {
        return Err(Problem::field("with", format!("\"{}\" is no jurisdiction of this service", new.with)));
    }
    let here = &caller.scope.jurisdiction;
    let alive = |a: &Agreement| a.state() != AgreementState::Ended && *a.opposite(here) == new.with;
    if state.store.agreements(&caller.scope).await?.iter().any(alive) {
        let told = format!("There is an agreement with \"{}\" that has not ended.", new.with);
        return Err(Problem::new(StatusCode::CONFLICT, told));
    }
    let agreement = Agreement {
        id: AgreementId(new_id(&*state.clock)),
        proposer: here.clone(),
        other: new.with,
        note: new.note.trim().to_owned(),
        proposed: signed,
        confirmed: None,
        ended: None,
    };
    state.store.propose_agreement(&caller.scope, &agreement).await?;
    audit(&state, &caller, &agreement, "propose-agreement").await?;
    let made = caller.release(row(&agreement, &caller.scope.jurisdiction, &known))?;
    Ok((StatusCode::CREATED, made).into_response())
}

/// Confirm what the other side proposed: from now on reports of both are linked, those that are stored already as well.
#[utoipa::path(post, path = "/agreements/{id}/confirmation", tag = "admin", operation_id = "confirmAgreement",
    params(("id" = AgreementId, Path)), responses((status = 200, body = AgreementRow)))]
async fn confirm(
    State(state): State<AppState>,
    caller: Caller,
    path: Path<String>,
) -> Result<axum::Json<Released<AgreementRow>>, Problem> {
    let id: AgreementId = auth::id(path)?;
    let found = state.store.agreement(&caller.scope, id).await?;
    let signed = sign(&caller, state.clock.now())?;
    let confirmed = found.confirm(&caller.scope.jurisdiction, signed).map_err(refusal)?;
    state.store.change_agreement(&caller.scope, &confirmed).await?;
    audit(&state, &caller, &confirmed, "confirm-agreement").await?;
    let keeper = Scope::system(confirmed.keeper().clone(), "api");
    state.store.enqueue(&keeper, &[JobKind::RefreshAreas.at(state.clock.now())]).await?;
    state.wake.notify_one();
    caller.release(row(&confirmed, &caller.scope.jurisdiction, &state.store.jurisdictions().await?))
}

/// End an agreement, take a proposal back or decline one. What was linked under it is parted at once.
#[utoipa::path(delete, path = "/agreements/{id}", tag = "admin", operation_id = "endAgreement",
    params(("id" = AgreementId, Path)), responses((status = 204, description = "Ended")))]
async fn end(State(state): State<AppState>, caller: Caller, path: Path<String>) -> Result<StatusCode, Problem> {
    let id: AgreementId = auth::id(path)?;
    let found = state.store.agreement(&caller.scope, id).await?;
    let signed = sign(&caller, state.clock.now())?;
    let ended = found.end(&caller.scope.jurisdiction, signed).map_err(refusal)?;
    state.store.change_agreement(&caller.scope, &ended).await?;
    audit(&state, &caller, &ended, "end-agreement").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The caller's word for the whole jurisdiction.
fn sign(caller: &Caller, at: DateTime<Utc>) -> Result<Signed, Problem> {
    let by = caller.person()?.name.clone();
    if caller.scope.areas != AreaScope::All {
        return Err(Problem::forbidden("This binds the whole jurisdiction; your account serves a part of it."));
    }
    Ok(Signed { by, at })
}

/// Both sides' logs tell of it.
async fn audit(state: &AppState, caller: &Caller, agreement: &Agreement, action: &str) -> Result<(), Problem> {
    let [a, b] = agreement.sides();
    for side in [a, b] {
        let scope = Scope { jurisdiction: side.clone(), ..caller.scope.clone() };
        let object = format!("agreement:{} {a} {b}", agreement.id);
        state.store.audit(&scope, action, &object, state.clock.now()).await?;
    }
    Ok(())
}

fn refusal(e: AgreementError) -> Problem {
    Problem::new(StatusCode::CONFLICT, format!("{e}."))
}
