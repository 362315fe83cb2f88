//! Events: the line list for those who may see it, and live intake for feeds.

use axum::{
    body::Bytes,
    extract::{OriginalUri, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        auth::{self, Caller, Identity},
        extract::Query,
        hub::Change,
        intake::{Accepted, IntakeError, IntakeSummary, RejectedLine},
        ndjson, pagination,
        problem::Problem,
        state::AppState,
    },
    disclosure::{Class, Disclose, Released, release},
    domain::{
        event::{Event, EventKind},
        ids::{AreaId, EventId, SourceId},
        quality::{DataAge, Reject},
        scope::{AreaScope, Role, Scope},
        time::{Day, DayRange},
    },
    store::{EventQuery, IntakeBatch, JobKind},
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(events, accept)).routes(routes!(event))
}

/// Rows that one request may bring as JSON; NDJSON is bounded by its size.
const MAX_ROWS: usize = 1000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// Every kind when not given.
    kind: Option<EventKind>,
    from: Option<Day>,
    to: Option<Day>,
    /// This area and what lies below it.
    area: Option<AreaId>,
    source: Option<SourceId>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A page of the line list.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventList {
    /// Newest occurrence first.
    items: Vec<Event>,
    /// Of these: those of which a source of another jurisdiction tells, too, under an agreement in force.
    told_elsewhere: Vec<EventId>,
    next: Option<String>,
    data: DataAge,
}

impl Disclose for EventList {
    const CLASS: Class = Class::LineList;
}

/// The line list. Every view is audited.
#[utoipa::path(get, path = "/events", tag = "events", operation_id = "listEvents", params(EventsQuery),
    responses((status = 200, body = EventList)))]
async fn events(
    State(state): State<AppState>,
    caller: Caller,
    OriginalUri(uri): OriginalUri,
    Query(query): Query<EventsQuery>,
) -> Result<Response, Problem> {
    let days = match (query.from, query.to) {
        (None, None) => None,
        (from, to) => Some(super::window(from, to, caller.today(&state), 60)?),
    };
    caller.within(query.area.as_ref())?;
    let asked = EventQuery {
        kinds: query.kind.into_iter().collect(),
        days,
        area: query.area,
        source: query.source,
        ..EventQuery::default()
    };
    let limit = pagination::limit(query.limit);
    let page = state.store.event_page(&caller.scope, &asked, query.cursor.as_deref(), limit).await?;
    state.store.audit(&caller.scope, "view-line-list", &describe(&asked), state.clock.now()).await?;
    let data = caller.snapshot(&state).await?.age();
    let next = page.next.clone();
    let ids: Vec<EventId> = page.events.iter().map(|e| e.id).collect();
    let told_elsewhere = state.store.told_elsewhere(&caller.scope, &ids).await?;
    let list = EventList { items: page.events, told_elsewhere, next: page.next, data };
    let body = release(caller.scope.audience, list)?;
    Ok(pagination::page(body, &uri, next.as_deref()))
}

/// What was looked at, for the audit log: filters, never content.
fn describe(query: &EventQuery) -> String {
    let kinds: Vec<&str> = query.kinds.iter().map(|k| k.as_str()).collect();
    let days = query.days.map(|DayRange { from, to }| format!("{from}..{to}")).unwrap_or_default();
    let area = query.area.as_ref().map(AreaId::as_str).unwrap_or_default();
    let source = query.source.as_ref().map(SourceId::as_str).unwrap_or_default();
    format!("events kind={} days={days} area={area} source={source}", kinds.join(","))
}

/// An event with all its versions.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventDetail {
    event: Event,
    /// Whether a source of another jurisdiction tells of it, too, under an agreement in force.
    told_elsewhere: bool,
    /// Every version, oldest first.
    history: Vec<Event>,
}

impl Disclose for EventDetail {
    const CLASS: Class = Class::LineList;
}

/// One event with its history.
#[utoipa::path(get, path = "/events/{id}", tag = "events", operation_id = "getEvent",
    params(("id" = EventId, Path)), responses((status = 200, body = EventDetail)))]
async fn event(
    State(state): State<AppState>,
    caller: Caller,
    path: crate::api::extract::Path<String>,
) -> Result<axum::Json<Released<EventDetail>>, Problem> {
    let id: EventId = auth::id(path)?;
    let event = state.store.event(&caller.scope, id).await?;
    let history = state.store.event_history(&caller.scope, id).await?;
    state.store.audit(&caller.scope, "view-event", &format!("event:{id}"), state.clock.now()).await?;
    let told_elsewhere = !state.store.told_elsewhere(&caller.scope, &[id]).await?.is_empty();
    caller.release(EventDetail { event, told_elsewhere, history })
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AcceptQuery {
    /// The feed the events belong to. A feed's key has its own and needs none; an admin must name one.
    source: Option<SourceId>,
}

/// One standard event, as feeds send it.
#[derive(Debug, Deserialize, ToSchema)]
#[allow(
    dead_code,
    reason = "the shape is for the documentation; rows are read by the intake job, which quarantines bad ones"
)]
pub struct StandardEvent {
    /// The sender's own id; the same id again is a correction.
    event_id: String,
    kind: EventKind,
    /// RFC 3339, or a date.
    occurred_at: String,
    received_at: Option<String>,
    reported_at: Option<String>,
    #[schema(minimum = -90, maximum = 90)]
    latitude: Option<f64>,
    #[schema(minimum = -180, maximum = 180)]
    longitude: Option<f64>,
    precision: Option<crate::domain::place::Precision>,
    address: Option<String>,
    town: Option<String>,
    zip: Option<String>,
    county: Option<String>,
    outcome: Option<crate::domain::event::Outcome>,
    naloxone: Option<crate::domain::event::NaloxoneGiven>,
    quantity: Option<u32>,
    #[schema(value_type = Object)]
    attributes: Option<Map<String, Value>>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "the shape is for the documentation")]
pub enum StandardEvents {
    One(Box<StandardEvent>),
    Many(Vec<StandardEvent>),
}

/// What became of a request's rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct IntakeAnswer {
    #[serde(flatten)]
    summary: IntakeSummary,
    /// Of a whole file the first hundred.
    rejects: Vec<RejectedLine>,
    /// What else there is to say of the rows, in sentences.
    notices: Vec<String>,
    /// Events that were accepted or updated, in the order of the rows; none of a whole file.
    ids: Vec<EventId>,
}

/// Holds nothing but what its sender sent, so its sender may have it.
impl Disclose for IntakeAnswer {
    const CLASS: Class = Class::Open;
}

/// Take events: one, an array of up to 1,000, NDJSON, or a whole file of the feed (CSV, TSV, GeoJSON, xlsx, NEMSIS XML,
/// HL7 version 2) as its stored mapping reads it; up to 10 MB. Of a file the answer has the counts and the first hundred
/// rows that could not be read; all of them are in the quarantine.
///
/// They are stored durably before this answers: 201 when any is new or changed, 200 when none is. Bad
/// rows go into quarantine and fail no good row.
#[utoipa::path(post, path = "/events", tag = "events", operation_id = "sendEvents", params(AcceptQuery),
    request_body(content((StandardEvents = "application/json"), (String = "application/x-ndjson"),
        (String = "text/csv"), (String = "application/xml"), (String = "application/hl7-v2"))),
    responses((status = 200, description = "Nothing new", body = IntakeAnswer),
        (status = 201, description = "Stored", body = IntakeAnswer)))]
async fn accept(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<AcceptQuery>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let source = source(&caller, query.source)?;
    // JSON is read row by row, so that the answer can name each.
    if let Some(ending) = super::ending(&headers).filter(|e| !matches!(*e, "json" | "ndjson")) {
        return take_file(&state, &caller, &source, ending, body).await;
    }
    let rows = read(&headers, &body)?;
    // Writing needs the whole jurisdiction in view: a correction may move an event out of an area.
    let scope = Scope { areas: AreaScope::All, ..caller.scope.clone() };
    let (lines, records): (Vec<u64>, Vec<Map<String, Value>>) = rows.good.into_iter().unzip();
    let mut accepted = state.intake.accept(&scope, &source, records).await.map_err(refusal)?;
    for reject in &mut accepted.rejects {
        let at = usize::try_from(reject.line).unwrap_or(0).saturating_sub(1);
        reject.line = lines.get(at).copied().unwrap_or(reject.line);
    }
    if !rows.bad.is_empty() {
        quarantine(&state, &scope, &source, &rows.bad).await?;
        accepted.summary.read += rows.bad.len() as u64;
        accepted.summary.quarantined += rows.bad.len() as u64;
        accepted.rejects.extend(rows.bad.into_iter().map(|r| RejectedLine {
            line: r.line,
            reason: r.reason,
            field: r.field,
            message: r.message,
        }));
        accepted.rejects.sort_by_key(|r| r.line);
    }
    let Accepted { summary, rejects, notices, ids, areas, kinds } = accepted;
    count(&source, &summary);
    if !ids.is_empty() {
        announce(&state, &scope, areas, kinds, &ids).await;
    }
    let status = if ids.is_empty() { StatusCode::OK } else { StatusCode::CREATED };
    let answer = IntakeAnswer { summary, rejects, notices, ids };
    Ok((status, caller.release(answer)?).into_response())
}

/// A whole file: read as the source's mapping says.
async fn take_file(
    state: &AppState,
    caller: &Caller,
    source: &SourceId,
    ending: &str,
    body: Bytes,
) -> Result<Response, Problem> {
    let scope = Scope { areas: AreaScope::All, ..caller.scope.clone() };
    let Accepted { summary, rejects, notices, .. } =
        state.intake.take_file(&scope, source, ending, body).await.map_err(refusal)?;
    count(source, &summary);
    let stored = summary.accepted + summary.updated + summary.withdrawn > 0;
    if stored {
        // Without ids: what is in memory is read anew.
        announce(state, &scope, Vec::new(), Vec::new(), &[]).await;
    }
    let status = if stored { StatusCode::CREATED } else { StatusCode::OK };
    let answer = IntakeAnswer { summary, rejects, notices, ids: Vec::new() };
    Ok((status, caller.release(answer)?).into_response())
}

/// The feed that a caller may write to.
fn source(caller: &Caller, asked: Option<SourceId>) -> Result<SourceId, Problem> {
    let own = match &caller.identity {
        Identity::Machine(key) => key.source.clone(),
        Identity::Person(_) => None,
    };
    match (own, asked) {
        (Some(own), Some(asked)) if own != asked => Err(Problem::forbidden("This key writes to another source.")),
        (Some(own), _) => Ok(own),
        (None, Some(asked)) if caller.role == Role::Admin => Ok(asked),
        (None, Some(_)) => Err(Problem::forbidden("This key writes to no source.")),
        (None, None) => Err(Problem::field("source", "say which feed the events belong to: ?source=…")),
    }
}

fn read(headers: &HeaderMap, body: &[u8]) -> Result<ndjson::Rows, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    match kind.split(';').next().unwrap_or("").trim() {
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Ok(ndjson::lines(body)),
        "application/json" => {
            let value: Value = serde_json::from_slice(body).map_err(|e| {
                Problem::bad_request(format!("The body is not JSON: line {}, column {}.", e.line(), e.column()))
            })?;
            let rows = ndjson::values(value)?;
            if rows.good.len() + rows.bad.len() > MAX_ROWS {
                let detail = format!("More than {MAX_ROWS} events in one request. Send fewer, or NDJSON.");
                return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
            }
            Ok(rows)
        }
        _ => Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, super::TYPES)),
    }
}

async fn quarantine(state: &AppState, scope: &Scope, source: &SourceId, bad: &[Reject]) -> Result<(), Problem> {
    let batch = IntakeBatch {
        rejects: bad.to_vec(),
        origin: "POST /events".into(),
        received_at: Some(state.clock.now()),
        ..IntakeBatch::default()
    };
    Ok(state.store.append(scope, source, &batch).await?)
}

fn count(source: &SourceId, summary: &IntakeSummary) {
    for (outcome, n) in [
        ("accepted", summary.accepted),
        ("updated", summary.updated),
        ("unchanged", summary.unchanged),
        ("duplicate", summary.duplicates),
        ("quarantined", summary.quarantined),
    ] {
        metrics::counter!("ingest_rows_total", "source" => source.to_string(), "outcome" => outcome).increment(n);
    }
}

/// Tell listeners and queue what follows. The events are stored already: a failure here is logged and
/// made good by the next event or the next run, never answered as if nothing had been stored.
pub async fn announce(state: &AppState, scope: &Scope, areas: Vec<AreaId>, kinds: Vec<EventKind>, ids: &[EventId]) {
    let change = Change::Events { areas, kinds, count: ids.len(), ids: ids.to_vec() };
    state.hub.publish(&scope.jurisdiction, change);
    let now = state.clock.now();
    // One waiting job is enough: it judges all areas, from all events stored by then.
    let job = JobKind::RefreshAreas.at(now);
    match state.store.enqueue(&Scope::system(scope.jurisdiction.clone(), "api"), &[job]).await {
        Ok(()) => state.wake.notify_one(),
        Err(e) => tracing::warn!(error = %e, "the areas' rules could not be queued for a refresh"),
    }
}

pub fn refusal(e: IntakeError) -> Problem {
    match e {
        IntakeError::Store(e) => e.into(),
        IntakeError::UnknownSource(source) => Problem::field("source", format!("\"{source}\" is not a known feed")),
        IntakeError::NotWaiting => Problem::conflict("The row was mended or discarded already."),
        IntakeError::BadFile(why) => Problem::bad_request(why),
        IntakeError::BadMapping(why) => Problem::field("mapping", why),
        IntakeError::BadMend(why) => Problem::field("mends", why),
        IntakeError::Failed(why) => {
            tracing::error!(error = %why, "intake failed");
            Problem::internal()
        }
    }
}
