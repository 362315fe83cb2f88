//! Outreach: what is owed, and logging what was done.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::window;
use crate::{
    api::{
        auth::{self, Caller, Identity},
        extract::{Json, Query},
        problem::Problem,
        state::AppState,
    },
    clock::new_id,
    disclosure::{Class, Disclose, Released, release, release_contacts},
    domain::{
        ids::{AlertId, AreaId, EncounterId, FollowUpId},
        outreach::{ContactMode, Contacted, Encounter, FollowUp, FollowUpState, Trigger},
        place::Cell,
        quality::DataAge,
        scope::Audience,
        time::Day,
    },
    outreach::{ContactError, FollowUpOptions, log_contact},
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(follow_ups)).routes(routes!(attempt)).routes(routes!(encounters, log))
}

const MAX_REFERRALS: usize = 20;
const MAX_NOTE: usize = 2000;
/// Contacts are often logged at the end of a shift, never weeks later.
const OLDEST: Duration = Duration::days(31);

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FollowUpsQuery {
    /// States, with commas; `due,attempted` when not given.
    state: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FollowUpList {
    /// Soonest due first.
    items: Vec<FollowUp>,
    data: DataAge,
}

impl Disclose for FollowUpList {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        self.items = self.items.redact(audience);
        self
    }
}

/// Contacts that are owed.
#[utoipa::path(get, path = "/follow-ups", tag = "outreach", operation_id = "listFollowUps", params(FollowUpsQuery),
    responses((status = 200, body = FollowUpList)))]
async fn follow_ups(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<FollowUpsQuery>,
) -> Result<axum::Json<Released<FollowUpList>>, Problem> {
    let states = match query.state.as_deref().filter(|t| !t.is_empty()) {
        None => vec![FollowUpState::Due, FollowUpState::Attempted],
        Some(text) => text
            .split(',')
            .map(|word| {
                FollowUpState::parse(word.trim())
                    .ok_or_else(|| Problem::field("state", format!("\"{word}\" is no state of a follow-up")))
            })
            .collect::<Result<_, _>>()?,
    };
    let items = state.store.follow_ups(&caller.scope, &states).await?;
    let data = caller.snapshot(&state).await?.age();
    caller.release(FollowUpList { items, data })
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct EncountersQuery {
    /// 29 days before `to` when not given.
    from: Option<Day>,
    /// Today when not given.
    to: Option<Day>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EncounterList {
    /// Newest first. Notes are shown to their authors and to readers of the line list.
    #[schema(value_type = Vec<Encounter>)]
    items: Released<Vec<Encounter>>,
}

/// Contacts that were logged.
#[utoipa::path(get, path = "/encounters", tag = "outreach", operation_id = "listEncounters", params(EncountersQuery),
    responses((status = 200, body = EncounterList)))]
async fn encounters(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<EncountersQuery>,
) -> Result<axum::Json<EncounterList>, Problem> {
    let days = window(query.from, query.to, caller.today(&state), 30)?;
    let rows = state.store.encounters(&caller.scope, days).await?;
    let items = match caller.person() {
        Ok(person) => release_contacts(caller.scope.audience, person.id, rows)?,
        Err(_) => release(caller.scope.audience, rows)?,
    };
    Ok(axum::Json(EncounterList { items }))
}

/// A contact that was made or sought. No names: a note says what helps the next visit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEncounter {
    trigger: Trigger,
    #[serde(default)]
    follow_up: Option<FollowUpId>,
    #[serde(default)]
    alert: Option<AlertId>,
    #[serde(default)]
    area: Option<AreaId>,
    #[serde(default)]
    cell: Option<Cell>,
    /// Now when not given.
    #[serde(default)]
    at: Option<DateTime<Utc>>,
    mode: ContactMode,
    contacted: Contacted,
    #[serde(default)]
    consent: bool,
    #[serde(default)]
    #[schema(maximum = 1000)]
    kits_given: u32,
    /// Types of referral made: `treatment`, `housing`, `peer` …
    #[serde(default)]
    referrals: Vec<String>,
    #[serde(default)]
    #[schema(maximum = 1440)]
    minutes: Option<u32>,
    #[serde(default)]
    #[schema(max_length = 2000)]
    note: Option<String>,
}

/// Log a contact. One that belongs to a follow-up moves it on.
#[utoipa::path(post, path = "/encounters", tag = "outreach", operation_id = "logEncounter",
    request_body = NewEncounter, responses((status = 201, body = Encounter)))]
async fn log(
    State(state): State<AppState>,
    caller: Caller,
    Json(new): Json<NewEncounter>,
) -> Result<Response, Problem> {
    store_contact(&state, &caller, new).await
}

/// Log an attempt at a follow-up.
#[utoipa::path(post, path = "/follow-ups/{id}/attempts", tag = "outreach", operation_id = "logAttempt",
    params(("id" = FollowUpId, Path)), request_body = NewEncounter, responses((status = 201, body = Encounter)))]
async fn attempt(
    State(state): State<AppState>,
    caller: Caller,
    path: crate::api::extract::Path<String>,
    Json(mut new): Json<NewEncounter>,
) -> Result<Response, Problem> {
    let id: FollowUpId = auth::id(path)?;
    if new.follow_up.is_some_and(|named| named != id) {
        return Err(Problem::field("follow_up", "is another follow-up than the address names"));
    }
    new.follow_up = Some(id);
    store_contact(&state, &caller, new).await
}

async fn store_contact(state: &AppState, caller: &Caller, new: NewEncounter) -> Result<Response, Problem> {
    let person = caller.person()?.clone();
    let now = state.clock.now();
    check(&new, now)?;
    let follow_up = match new.follow_up {
        None => None,
        Some(id) => Some(state.store.follow_up(&caller.scope, id).await?),
    };
    let alert = match new.alert {
        None => None,
        // An alert that the caller can't see can't be what the visit was about.
        Some(id) => Some(state.store.alert(&caller.scope, id).await?.0),
    };
    let cell = new.cell.or(follow_up.as_ref().and_then(|f| f.cell)).map(Cell::shared);
    let area = place(caller, &new, cell, follow_up.as_ref().and_then(|f| f.area.clone()), alert.and_then(|a| a.area))?;
    let at = new.at.unwrap_or(now);
    let encounter = Encounter {
        id: EncounterId(new_id(&*state.clock)),
        trigger: new.trigger,
        follow_up: new.follow_up,
        alert: new.alert,
        area,
        cell,
        at,
        day: Day::of(at, caller.reference.jurisdiction.zone),
        mode: new.mode,
        contacted: new.contacted,
        consent: new.consent,
        kits_given: new.kits_given,
        referrals: new.referrals.iter().map(|r| r.trim().to_lowercase()).collect(),
        minutes: new.minutes,
        note: new.note.unwrap_or_default(),
        by: person.id,
        by_name: person.name.clone(),
    };
    let options = FollowUpOptions { due_hours: state.config.outreach.follow_up_hours, ..FollowUpOptions::default() };
    let moved = follow_up.map(|f| log_contact(&f, &encounter, &options)).transpose().map_err(refusal)?;
    state.store.log_encounter(&caller.scope, &encounter, moved.as_ref()).await?;
    let released = release_contacts(caller.scope.audience, person.id, vec![encounter])?.into_inner();
    let logged = released.into_iter().next().ok_or_else(Problem::internal)?;
    Ok((StatusCode::CREATED, axum::Json(logged)).into_response())
}

fn check(new: &NewEncounter, now: DateTime<Utc>) -> Result<(), Problem> {
    if let Some(at) = new.at {
        // A phone's clock may run a little ahead.
        if at > now + Duration::minutes(10) || at < now - OLDEST {
            return Err(Problem::field("at", "lies in the future, or more than 31 days ago"));
        }
    }
    if new.kits_given > 1000 {
        return Err(Problem::field("kits_given", "expected 0 to 1,000"));
    }
    if new.minutes.is_some_and(|m| m > 1440) {
        return Err(Problem::field("minutes", "expected 0 to 1,440"));
    }
    let word = |r: &String| (1..=60).contains(&r.trim().chars().count()) && !r.contains(char::is_control);
    if new.referrals.len() > MAX_REFERRALS || !new.referrals.iter().all(word) {
        return Err(Problem::field("referrals", "expected at most 20 words of up to 60 characters"));
    }
    if new.note.as_ref().is_some_and(|n| n.chars().count() > MAX_NOTE) {
        return Err(Problem::field("note", "is longer than 2,000 characters"));
    }
    if new.trigger == Trigger::FollowUp && new.follow_up.is_none() {
        return Err(Problem::field("follow_up", "say which follow-up the contact belongs to"));
    }
    Ok(())
}

/// The area a contact is counted in: the one named, or that of what it was about. Never outside the
/// caller's own: such a contact could not be read back.
fn place(
    caller: &Caller,
    new: &NewEncounter,
    cell: Option<Cell>,
    of_follow_up: Option<AreaId>,
    of_alert: Option<AreaId>,
) -> Result<Option<AreaId>, Problem> {
    let of_cell = || cell.and_then(|c| caller.reference.cell_places(&[c]).remove(0).1);
    // Who serves one area need not say which.
    let only = || match &caller.identity {
        Identity::Person(user) => user.catchment.first().filter(|_| user.catchment.len() == 1).cloned(),
        Identity::Machine(_) => None,
    };
    let area = new.area.clone().or(of_follow_up).or_else(of_cell).or(of_alert).or_else(only);
    match &area {
        Some(named) if !caller.reference.visible(named, &caller.scope.areas) => {
            Err(Problem::field("area", "is not one of your areas"))
        }
        None if !caller.scope.areas.allows(None) => Err(Problem::field("area", "say in which of your areas this was")),
        _ => Ok(area),
    }
}

fn refusal(e: ContactError) -> Problem {
    match e {
        ContactError::OtherFollowUp => Problem::field("follow_up", e.to_string()),
        ContactError::BeforeOpened => Problem::field("at", e.to_string()),
        ContactError::Declined => Problem::conflict(format!("{e}.")),
    }
}
