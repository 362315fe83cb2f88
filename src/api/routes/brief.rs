//! The shift brief.

use axum::extract::State;
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{auth::Caller, extract::Query, facts::Facts, problem::Problem, snapshot::Snapshot, state::AppState},
    disclosure::Released,
    domain::{
        alert::{Alert, AlertState, Tier},
        corroboration::Told,
        event::EventKind,
        forecast::{Forecast, ForecastLevel},
        ids::AreaId,
        language::Language,
        outreach::{FollowUpState, ShiftBrief},
        place::Cell,
        rule::{AlertRule, CaseMeasure, RuleStanding},
        scope::AreaScope,
        time::{Day, DayRange, Shift},
    },
    outreach::{BriefInputs, BriefOptions, Seen, brief as write_brief},
    store,
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(brief))
}

const SHIFT_HOURS: i64 = 8;
/// Days of facts behind the usual rate.
const FACTS_DAYS: i32 = 365;
/// Horizons that the brief may choose its forecast from, days.
const HORIZONS: std::ops::RangeInclusive<i32> = 5..=9;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct BriefQuery {
    /// When the shift begins; now when not given.
    shift_start: Option<DateTime<Utc>>,
    /// Areas, with commas. The own catchment when not given; liaisons may only narrow it.
    catchment: Option<String>,
    /// `en` when not given.
    language: Option<Language>,
}

/// Where to go first on this shift, and why.
#[utoipa::path(get, path = "/brief", tag = "outreach", operation_id = "getBrief", params(BriefQuery),
    responses((status = 200, body = ShiftBrief)))]
async fn brief(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<BriefQuery>,
) -> Result<axum::Json<Released<ShiftBrief>>, Problem> {
    let now = state.clock.now();
    let catchment = catchment(&caller, query.catchment.as_deref())?;
    let today = caller.today(&state);
    let starts_at = query.shift_start.unwrap_or(now);
    if (starts_at - now).abs() > Duration::days(7) {
        return Err(Problem::field("shift_start", "lies more than a week from now"));
    }
    let shift = Shift { starts_at, ends_at: starts_at + Duration::hours(SHIFT_HOURS) };
    let areas = if catchment.is_empty() {
        caller.scope.areas.clone()
    } else {
        AreaScope::Only(caller.reference.expand(&catchment))
    };
    let snapshot = caller.snapshot(&state).await?;
    let (store, scope) = (&state.store, &caller.scope);
    let open = [FollowUpState::Due, FollowUpState::Attempted];
    // Side by side: each is a look into the store.
    let (forecasts, rules, alerts, follow_ups, encounters, last_visits, standings) = tokio::try_join!(
        forecasts(&state, &caller, &snapshot, &areas),
        super::rules::in_force(&state, &caller),
        asked(store.alerts(scope, AlertState::ALL, None, None, 500)),
        asked(store.follow_ups(scope, &open)),
        asked(store.encounters(scope, DayRange::ending(today, 30))),
        asked(store.last_visits(scope)),
        asked(store.rule_standings(scope)),
    )?;
    let alerts = alerts.alerts;
    let seen = seen(&rules, &standings, &catchment);
    let analysis = &state.config.analysis;
    let options = BriefOptions {
        watch_recurrence_days: analysis.watch_recurrence_days,
        alert_recurrence_days: analysis.alert_recurrence_days,
        ..BriefOptions::default()
    };
    let data = snapshot.age();
    let (reference, language) = (caller.reference.clone(), query.language.unwrap_or(Language::En));
    // Writing it is pure computation over what was read: it leaves the async workers alone.
    let written = tokio::task::spawn_blocking(move || {
        snapshot.read(|held| {
            let facts_days = facts_days(held, today);
            let told = told(held, &alerts, today);
            write_brief(&BriefInputs {
                catchment: &catchment,
                areas: &reference.areas,
                places: &reference.places,
                zone: reference.jurisdiction.zone,
                shift,
                now,
                since: Some(starts_at - Duration::hours(24)),
                alerts: &alerts,
                forecasts: &forecasts,
                past: &held.served(&areas),
                facts_days,
                told: &told,
                follow_ups: &follow_ups,
                encounters: &encounters,
                last_visits: &last_visits,
                data,
                options: &options,
                seen,
                language,
            })
        })
    })
    .await
    .map_err(|_| Problem::internal())?;
    caller.release(written)
}

async fn asked<T>(answer: impl Future<Output = store::Result<T>>) -> Result<T, Problem> {
    Ok(answer.await?)
}

/// What the rules of each tier see of a doubling in the catchment, where it is one area: the best of each.
fn seen(rules: &[AlertRule], standings: &[RuleStanding], catchment: &[AreaId]) -> Option<Seen> {
    let [area] = catchment else { return None };
    let of = |r: &AlertRule| standings.iter().find(|s| s.rule == r.id && s.area == *area);
    let counted = rules.iter().filter(|r| r.enabled && r.measure == CaseMeasure::Overdoses);
    let own: Vec<(Tier, &RuleStanding)> = counted.filter_map(|r| Some((r.tier, of(r)?))).collect();
    let best = |tier: Tier| own.iter().filter(|(t, _)| *t == tier).filter_map(|(_, s)| s.sees_double).reduce(f64::max);
    let usual_per_day = own.iter().find_map(|(_, s)| s.usual_per_day)?;
    let alert = best(Tier::Alert)?;
    // What is sent is listed as well.
    Some(Seen { usual_per_day, watch: best(Tier::Watch).unwrap_or(alert).max(alert), alert })
}

/// The areas the brief is for; empty is the whole jurisdiction.
fn catchment(caller: &Caller, text: Option<&str>) -> Result<Vec<AreaId>, Problem> {
    let asked: Vec<&str> = text.unwrap_or("").split(',').map(str::trim).filter(|a| !a.is_empty()).collect();
    if asked.is_empty() {
        return Ok(match &caller.identity {
            crate::api::auth::Identity::Person(user) => user.catchment.clone(),
            crate::api::auth::Identity::Machine(_) => Vec::new(),
        });
    }
    asked
        .into_iter()
        .map(|text| {
            let id = AreaId::new(text).map_err(|e| Problem::field("catchment", e.to_string()))?;
            if caller.reference.visible(&id, &caller.scope.areas) { Ok(id) } else { Err(Problem::not_found()) }
        })
        .collect()
}

/// The days whose facts the brief reads: those before the first event are no days without events.
fn facts_days(held: &Facts, today: Day) -> DayRange {
    let asked = DayRange::ending(today, FACTS_DAYS);
    let from = held.span().map_or(asked.from, |all| all.from.clamp(asked.from, today));
    DayRange { from, to: today }
}

/// Who told of the overdoses that places may be counted from: of the last week and of the windows of running alerts.
fn told(held: &Facts, alerts: &[Alert], today: Day) -> Told {
    let running = alerts.iter().filter(|a| !matches!(a.state, AlertState::Over | AlertState::Dismissed));
    let from = running.map(|a| a.window.from).fold(today - 6, Day::min);
    Told::by(held.of(Told::days(DayRange { from, to: today })))
}

async fn forecasts(
    state: &AppState,
    caller: &Caller,
    snapshot: &Snapshot,
    areas: &AreaScope,
) -> Result<Vec<Forecast>, Problem> {
    let mut out = Vec::new();
    for level in [ForecastLevel::Cell, ForecastLevel::Area] {
        let all = snapshot.forecasts(&state.store, &caller.scope.jurisdiction, level, EventKind::Overdose).await?;
        let near: Vec<&Forecast> = all.iter().filter(|f| HORIZONS.contains(&(f.window.to - f.issued))).collect();
        // A cell's forecast does not say in which area the cell lies; the outlines do.
        let cells: Vec<Cell> = near.iter().filter_map(|f| f.cell).collect();
        let mut homes = caller.reference.cell_places(&cells).into_iter();
        for forecast in near {
            let home = forecast.cell.and_then(|_| homes.next()).and_then(|(_, area)| area);
            let area = forecast.area.clone().or(home);
            if areas.allows(area.as_ref()) {
                out.push(Forecast { area, ..forecast.clone() });
            }
        }
    }
    Ok(out)
}
