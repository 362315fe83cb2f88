//! Incidents: which reports are one overdose, and a person's word about it.

use std::collections::BTreeSet;

use axum::extract::State;
use chrono::{Datelike, Months};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::window;
use crate::{
    api::{
        auth::{self, Caller},
        counting::last_complete_day,
        extract::{Json, Query},
        problem::Problem,
        state::AppState,
    },
    disclosure::{Class, Disclose, Released},
    domain::{
        event::{Event, EventKind},
        ids::{EventId, IncidentId},
        incident::{Incident, LinkDecision, LinkRun, LinkVerdict},
        quality::DataAge,
        scope::{AreaScope, Scope},
        time::Day,
    },
    report::{self, Bucket, Composite},
    store::JobKind,
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(incident)).routes(routes!(decide)).routes(routes!(composite))
}

/// Reports that one word may be about.
const MOST_REPORTS: usize = 20;
const LONGEST_NOTE: usize = 500;

/// An incident and its reports.
#[derive(Debug, Serialize, ToSchema)]
pub struct IncidentDetail {
    incident: Incident,
    /// Those in the caller's areas, earliest first.
    events: Vec<Event>,
    /// What people said of pairs of these reports.
    decisions: Vec<LinkDecision>,
}

impl Disclose for IncidentDetail {
    const CLASS: Class = Class::LineList;
}

/// Reports that are one overdose. Every view is audited.
#[utoipa::path(get, path = "/incidents/{id}", tag = "events", operation_id = "getIncident",
    params(("id" = IncidentId, Path)), responses((status = 200, body = IncidentDetail)))]
async fn incident(
    State(state): State<AppState>,
    caller: Caller,
    path: crate::api::extract::Path<String>,
) -> Result<axum::Json<Released<IncidentDetail>>, Problem> {
    let id: IncidentId = auth::id(path)?;
    let found = state.store.incident(&caller.scope, id).await?;
    let ids: BTreeSet<EventId> = found.events.iter().map(|e| e.id).collect();
    let decisions = state.store.link_decisions(&caller.scope).await?;
    let about = |d: &LinkDecision| ids.contains(&d.event) && ids.contains(&d.other);
    let decisions = decisions.into_iter().filter(about).collect();
    state.store.audit(&caller.scope, "view-incident", &format!("incident:{id}"), state.clock.now()).await?;
    caller.release(IncidentDetail { incident: found.incident, events: found.events, decisions })
}

/// A person's word: this report and each of the others are one overdose, or are not.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLinkDecision {
    verdict: LinkVerdict,
    event: EventId,
    /// 1 to 20 other reports.
    others: Vec<EventId>,
    /// Why, at most 500 characters.
    #[serde(default)]
    note: String,
}

/// Say that reports are one overdose, or that they are not. It goes before what the model thinks, may be said
/// the other way again, and is taken up within seconds.
#[utoipa::path(post, path = "/incidents/decisions", tag = "events", operation_id = "decideLink",
    request_body = NewLinkDecision, responses((status = 204, description = "Kept; the reports are linked anew")))]
async fn decide(
    State(state): State<AppState>,
    caller: Caller,
    Json(said): Json<NewLinkDecision>,
) -> Result<axum::http::StatusCode, Problem> {
    let others: BTreeSet<EventId> = said.others.iter().copied().collect();
    if others.is_empty() || others.len() > MOST_REPORTS {
        return Err(Problem::field("others", format!("name 1 to {MOST_REPORTS} other reports")));
    }
    if others.contains(&said.event) {
        return Err(Problem::field("others", "a report can't be held against itself"));
    }
    if said.note.chars().count() > LONGEST_NOTE {
        return Err(Problem::field("note", format!("at most {LONGEST_NOTE} characters")));
    }
    for id in std::iter::once(&said.event).chain(&others) {
        // Also the check that the caller may see it.
        let event = state.store.event(&caller.scope, *id).await?;
        if event.kind != EventKind::Overdose {
            return Err(Problem::field("others", "only reports of overdoses are linked"));
        }
    }
    let now = state.clock.now();
    let by = caller.person()?.name.clone();
    let decisions: Vec<LinkDecision> = others
        .iter()
        .map(|other| LinkDecision {
            event: said.event,
            other: *other,
            verdict: said.verdict,
            note: said.note.trim().to_owned(),
            by: by.clone(),
            at: now,
        })
        .collect();
    state.store.decide_links(&caller.scope, &decisions).await?;
    let what = format!("{} {} and {} more", said.verdict, said.event, others.len());
    state.store.audit(&caller.scope, "decide-link", &what, now).await?;
    let system = Scope::system(caller.scope.jurisdiction.clone(), "api");
    state.store.enqueue(&system, &[JobKind::RefreshAreas.at(now)]).await?;
    state.wake.notify_one();
    Ok(axum::http::StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CompositeQuery {
    /// `month` when not given.
    bucket: Option<Bucket>,
    /// The first day of the month eleven months before `to` when not given.
    from: Option<Day>,
    /// Today when not given.
    to: Option<Day>,
}

/// The state composite.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompositeTable {
    #[serde(flatten)]
    table: Composite,
    /// The last linking: what was weighed, and how many of its links are expected to be false. `null` before the first, and
    /// for callers who see some areas only.
    linked: Option<LinkRun>,
    data: DataAge,
}

impl Disclose for CompositeTable {
    const CLASS: Class = Class::Counts;
}

/// Overdoses by how they became known, each once however many sources tell of it: fatal, emergency department
/// visits, ambulance runs that did not transport, reversals. In the caller's areas.
#[utoipa::path(get, path = "/composite", tag = "trends", operation_id = "getComposite", params(CompositeQuery),
    responses((status = 200, body = CompositeTable)))]
async fn composite(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<CompositeQuery>,
) -> Result<axum::Json<Released<CompositeTable>>, Problem> {
    let today = caller.today(&state);
    let from = query.from.unwrap_or_else(|| eleven_months_before(query.to.unwrap_or(today)));
    let days = window(Some(from), query.to, today, 366)?;
    let reports = state.store.told_reports(&caller.scope, days).await?;
    // How many reports were linked everywhere would tell a liaison about other areas.
    let all = caller.scope.areas == AreaScope::All;
    let linked = if all { state.store.link_run(&caller.scope).await? } else { None };
    let zone = caller.reference.jurisdiction.zone;
    let snapshot = caller.snapshot(&state).await?;
    let over_through = snapshot.read(|held| last_complete_day(held, EventKind::Overdose, today, zone));
    let table = report::composite(&reports, query.bucket.unwrap_or(Bucket::Month), days, over_through);
    caller.release(CompositeTable { table, linked, data: snapshot.age() })
}

/// The first day of the month eleven months before: twelve calendar months with the one of the day.
fn eleven_months_before(day: Day) -> Day {
    let date = day.date();
    let first = date.with_day(1).unwrap_or(date);
    Day::from_date(first.checked_sub_months(Months::new(11)).unwrap_or(first))
}
