//! Alerts: the list, one with its evidence, and what people decide about it.

use std::collections::HashSet;

use axum::{
    extract::{OriginalUri, State},
    http::StatusCode,
    response::Response,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        auth::{self, Caller, Identity},
        counting::{Filter, by_day, by_feed, last_complete_day, usual},
        extract::{Json, Query},
        hub::Change,
        pagination,
        problem::Problem,
        snapshot::Snapshot,
        state::AppState,
    },
    disclosure::{Class, Disclose, Released, release},
    domain::{
        alert::{Alert, AlertState, DecideError, Decision, DecisionKind, DismissReason, RuleRecord, Tier},
        corroboration::{Corroboration, Told},
        course::{Step, course},
        event::Event,
        ids::{AlertId, EventId},
        quality::DataAge,
        scope::Audience,
        series::NowcastTotal,
        signal::Signal,
        time::{Day, DayRange},
    },
    store::EventQuery,
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(alerts)).routes(routes!(alert)).routes(routes!(decide))
}

/// Days of the curve beside an alert.
const CURVE_DAYS: i32 = 60;
/// The line list beside an alert ends here; the whole is at `/events`.
const LINE_LIST: u32 = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AlertsQuery {
    /// States, with commas: `open,acknowledged`. Every state when not given.
    state: Option<String>,
    tier: Option<Tier>,
    cursor: Option<String>,
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AlertList {
    /// Loudest tier first, then newest signal first.
    items: Vec<Alert>,
    next: Option<String>,
    data: DataAge,
}

impl Disclose for AlertList {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        self.items = self.items.redact(audience);
        self
    }
}

/// Alerts.
#[utoipa::path(get, path = "/alerts", tag = "alerts", operation_id = "listAlerts", params(AlertsQuery),
    responses((status = 200, body = AlertList)))]
async fn alerts(
    State(state): State<AppState>,
    caller: Caller,
    OriginalUri(uri): OriginalUri,
    Query(query): Query<AlertsQuery>,
) -> Result<Response, Problem> {
    let states = states(query.state.as_deref())?;
    let limit = pagination::limit(query.limit);
    let page = state.store.alerts(&caller.scope, &states, query.tier, query.cursor.as_deref(), limit).await?;
    let data = caller.snapshot(&state).await?.age();
    let next = page.next.clone();
    let body = release(caller.scope.audience, AlertList { items: page.alerts, next: page.next, data })?;
    Ok(pagination::page(body, &uri, next.as_deref()))
}

fn states(text: Option<&str>) -> Result<Vec<AlertState>, Problem> {
    let Some(text) = text.filter(|t| !t.is_empty()) else { return Ok(AlertState::ALL.to_vec()) };
    text.split(',')
        .map(|word| {
            AlertState::parse(word.trim()).ok_or_else(|| {
                let known: Vec<&str> = AlertState::ALL.iter().map(|s| s.as_str()).collect();
                Problem::field("state", format!("\"{word}\" is none of {}", known.join(", ")))
            })
        })
        .collect()
}

/// A day of the curve of the alert's place.
#[derive(Debug, Serialize, ToSchema)]
pub struct CurveDay {
    day: Day,
    count: u32,
    expected: f64,
    lo: f64,
    hi: f64,
    /// False while late reports are still to be expected.
    complete: bool,
    /// What the count comes to when all reports are in; null where it is complete or nothing is known of delays.
    nowcast: Option<NowcastTotal>,
}

/// An alert with its evidence.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertDetail {
    alert: Alert,
    /// Oldest first.
    decisions: Vec<Decision>,
    signals: Vec<Signal>,
    /// How it went from day to day, oldest first; days without a signal are left out.
    course: Vec<Step>,
    /// The 60 days until today in the alert's cells or area, oldest first.
    curve: Vec<CurveDay>,
    /// Of the overdoses behind the newest signal that still stand, each once, how many several sources tell of. `null`
    /// for other kinds, where none stands, and where fewer than two sources tell of overdoses.
    corroboration: Option<Corroboration>,
    /// The events behind the newest signal; `null` for readers without the line list.
    line_list: Option<Vec<Event>>,
    /// Of the line list: what no signal of an earlier day named. The others are ongoing.
    new_events: Option<Vec<EventId>>,
    /// Of the line list: those of which a source of another jurisdiction tells, too, under an agreement in force.
    told_elsewhere: Option<Vec<EventId>>,
    /// What became of the alerts of the same rule.
    rule: RuleRecord,
    data: DataAge,
}

impl Disclose for AlertDetail {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        self.alert = self.alert.redact(audience);
        self.signals = self.signals.redact(audience);
        self.line_list = self.line_list.redact(audience);
        // Ids of events are for those who see the events.
        self.new_events = self.new_events.filter(|_| self.line_list.is_some());
        self.told_elsewhere = self.told_elsewhere.filter(|_| self.line_list.is_some());
        self
    }
}

/// One alert with its evidence.
#[utoipa::path(get, path = "/alerts/{id}", tag = "alerts", operation_id = "getAlert",
    params(("id" = AlertId, Path)), responses((status = 200, body = AlertDetail)))]
async fn alert(
    State(state): State<AppState>,
    caller: Caller,
    path: crate::api::extract::Path<String>,
) -> Result<axum::Json<Released<AlertDetail>>, Problem> {
    let id: AlertId = auth::id(path)?;
    let (alert, decisions) = state.store.alert(&caller.scope, id).await?;
    let mut signals = Vec::new();
    for id in alert.signals.iter().rev().take(30) {
        match state.store.signal(&caller.scope, *id).await {
            Ok(signal) => signals.push(signal),
            // A signal whose place lies outside the reader's catchment is not shown with the alert.
            Err(crate::store::StoreError::NotFound(_)) => {}
            Err(e) => return Err(e.into()),
        }
    }
    signals.reverse();
    let snapshot = caller.snapshot(&state).await?;
    let curve = curve(&state, &caller, &snapshot, &alert);
    let corroboration = corroboration(&snapshot, &signals);
    let line_list = line_list(&state, &caller, &signals).await?;
    let new_events = line_list.as_ref().map(|events| new_events(events, &signals));
    let told_elsewhere = match &line_list {
        None => None,
        Some(events) => {
            let ids: Vec<EventId> = events.iter().map(|e| e.id).collect();
            Some(state.store.told_elsewhere(&caller.scope, &ids).await?)
        }
    };
    let rule = rule_record(&state, &caller, &alert.rule).await?;
    let course = course(&signals);
    caller.release(AlertDetail {
        alert,
        decisions,
        signals,
        course,
        curve,
        corroboration,
        line_list,
        new_events,
        told_elsewhere,
        rule,
        data: snapshot.age(),
    })
}

fn curve(state: &AppState, caller: &Caller, snapshot: &Snapshot, alert: &Alert) -> Vec<CurveDay> {
    let today = caller.today(state);
    let days = DayRange::ending(today, CURVE_DAYS);
    let filter = if alert.cells.is_empty() {
        let areas = caller.within(alert.area.as_ref()).unwrap_or_else(|_| caller.scope.areas.clone());
        Filter::new(alert.kind, &areas)
    } else {
        Filter::new(alert.kind, &caller.scope.areas).in_cells(&alert.cells)
    };
    let zone = caller.reference.jurisdiction.zone;
    let feeds = snapshot.feeds(alert.kind, state.clock.now(), zone);
    snapshot.read(|facts| {
        let counts = by_day(facts, &filter, days);
        let by_feed = by_feed(facts, &filter, days);
        let usual = usual(facts, &filter, days, today);
        let complete_until = last_complete_day(facts, alert.kind, today, zone);
        let one = |(day, count): (Day, u32)| {
            let only = DayRange { from: day, to: day };
            let expected = usual.over(only);
            let [lo, hi] = expected.range;
            let complete = day <= complete_until;
            let nowcast = if complete { None } else { feeds.nowcast(count, &by_feed, days, only) };
            CurveDay { day, count, expected: expected.mean, lo, hi, complete, nowcast }
        };
        days.days().zip(counts).map(one).collect()
    })
}

/// What several sources tell of among the events of the newest signal that names any.
fn corroboration(snapshot: &Snapshot, signals: &[Signal]) -> Option<Corroboration> {
    let signal = signals.iter().rev().find(|s| !s.events.is_empty())?;
    snapshot.read(|held| {
        let counted = signal.events.iter().filter_map(|id| held.get(*id));
        Told::by(held.of(Told::days(signal.window))).of(counted)
    })
}

/// The events behind the newest signal that names any; every view is audited.
async fn line_list(state: &AppState, caller: &Caller, signals: &[Signal]) -> Result<Option<Vec<Event>>, Problem> {
    if caller.scope.audience != Audience::LineList {
        return Ok(None);
    }
    let Some(signal) = signals.iter().rev().find(|s| !s.events.is_empty()) else { return Ok(Some(Vec::new())) };
    let ids: Vec<EventId> = signal.events.clone();
    let query = EventQuery { ids: Some(ids), ..EventQuery::default() };
    let page = state.store.event_page(&caller.scope, &query, None, LINE_LIST).await?;
    let object = format!("signal:{}", signal.id);
    state.store.audit(&caller.scope, "view-line-list", &object, state.clock.now()).await?;
    Ok(Some(page.events))
}

/// Events that no signal of a day before the newest one named.
fn new_events(events: &[Event], signals: &[Signal]) -> Vec<EventId> {
    let newest = signals.iter().map(|s| s.as_of).max();
    let before: HashSet<EventId> =
        signals.iter().filter(|s| Some(s.as_of) < newest).flat_map(|s| s.events.iter().copied()).collect();
    events.iter().map(|e| e.id).filter(|id| !before.contains(id)).collect()
}

async fn rule_record(state: &AppState, caller: &Caller, rule: &str) -> Result<RuleRecord, Problem> {
    Ok(RuleRecord::of(rule, &state.store.alert_outcomes(&caller.scope).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    kind: DecisionKind,
    /// Needed to dismiss, refused otherwise.
    #[serde(default)]
    reason: Option<DismissReason>,
    #[serde(default)]
    #[schema(max_length = 2000)]
    note: Option<String>,
    /// Version of the alert that was decided upon.
    alert_version: u32,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Decided {
    alert: Alert,
    /// Oldest first.
    decisions: Vec<Decision>,
}

impl Disclose for Decided {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        self.alert = self.alert.redact(audience);
        self
    }
}

/// Acknowledge, investigate, dismiss or reopen.
#[utoipa::path(post, path = "/alerts/{id}/decisions", tag = "alerts", operation_id = "decideAlert",
    params(("id" = AlertId, Path)), request_body = NewDecision, responses((status = 200, body = Decided)))]
async fn decide(
    State(state): State<AppState>,
    caller: Caller,
    path: crate::api::extract::Path<String>,
    Json(new): Json<NewDecision>,
) -> Result<axum::Json<Released<Decided>>, Problem> {
    let id: AlertId = auth::id(path)?;
    let note = new.note.unwrap_or_default();
    if note.chars().count() > 2000 {
        return Err(Problem::field("note", "is longer than 2,000 characters"));
    }
    let (alert, _) = state.store.alert(&caller.scope, id).await?;
    let now = state.clock.now();
    let decided = alert.decide(new.kind, new.reason, new.alert_version, now).map_err(refusal)?;
    let by = match &caller.identity {
        Identity::Person(user) => user.name.clone(),
        Identity::Machine(key) => key.name.clone(),
    };
    let decision = Decision { kind: new.kind, reason: new.reason, note, by, at: now, alert_version: new.alert_version };
    state.store.decide(&caller.scope, &decided, &decision).await?;
    state.store.audit(&caller.scope, new.kind.as_str(), &format!("alert:{id}"), now).await?;
    state.hub.publish(&caller.scope.jurisdiction, Change::Alerts { ids: vec![id] });
    let (alert, decisions) = state.store.alert(&caller.scope, id).await?;
    caller.release(Decided { alert, decisions })
}

fn refusal(e: DecideError) -> Problem {
    match e {
        DecideError::ReasonMissing | DecideError::ReasonNotAsked => Problem::field("reason", e.to_string()),
        DecideError::NotFrom { .. } | DecideError::Changed { .. } => {
            Problem::new(StatusCode::CONFLICT, format!("{e}."))
        }
    }
}
