//! Forecasts with the record of the methods behind them.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{auth::Caller, extract::Query, problem::Problem, reference::Reference, state::AppState},
    disclosure::{Class, Disclose, Released},
    domain::{
        event::EventKind,
        forecast::{Forecast, ForecastLevel, ForecastRecord, TrackRecord},
        place::Cell,
        quality::DataAge,
        scope::Audience,
    },
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(forecasts))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ForecastsQuery {
    /// `area` when not given.
    level: Option<ForecastLevel>,
    /// `overdose` when not given.
    kind: Option<EventKind>,
    /// Only windows that end so many days after the last day of data, 1 to 14; every one when not given.
    days: Option<u32>,
}

/// A forecast and what people call its place.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamedForecast {
    #[serde(flatten)]
    forecast: Forecast,
    #[schema(value_type = String)]
    place_name: Arc<str>,
}

impl Disclose for NamedForecast {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        self.forecast = self.forecast.redact(audience);
        self
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ForecastList {
    /// Most expected first.
    items: Vec<NamedForecast>,
    /// How the methods did on past days, against `history`.
    records: Vec<ForecastRecord>,
    /// What became of the forecasts that people saw, at this level: of the whole jurisdiction, and for cells of each of the
    /// caller's areas; empty until the first week after one is over.
    track_records: Vec<TrackRecord>,
    data: DataAge,
}

impl Disclose for ForecastList {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        self.items = self.items.redact(audience);
        self
    }
}

/// Forecasts of the latest analysis.
#[utoipa::path(get, path = "/forecasts", tag = "trends", operation_id = "listForecasts", params(ForecastsQuery),
    responses((status = 200, body = ForecastList)))]
async fn forecasts(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<ForecastsQuery>,
) -> Result<axum::Json<Released<ForecastList>>, Problem> {
    let level = query.level.unwrap_or(ForecastLevel::Area);
    let kind = query.kind.unwrap_or(EventKind::Overdose);
    if query.days.is_some_and(|d| !(1..=14).contains(&d)) {
        return Err(Problem::field("days", "is not from 1 to 14"));
    }
    let snapshot = caller.snapshot(&state).await?;
    let all = snapshot.forecasts(&state.store, &caller.scope.jurisdiction, level, kind).await?;
    let wanted = query.days.map(|d| i32::try_from(d).unwrap_or(14));
    let asked: Vec<&Forecast> = all.iter().filter(|f| wanted.is_none_or(|d| f.window.to - f.issued == d)).collect();
    let mut items = named(asked, &caller);
    items.sort_by(|a, b| {
        let (a, b) = (&a.forecast, &b.forecast);
        b.mean.total_cmp(&a.mean).then_with(|| (a.cell, &a.area, a.window.to).cmp(&(b.cell, &b.area, b.window.to)))
    });
    let records = state.store.forecast_records(&caller.scope).await?;
    let records = records.into_iter().filter(|r| r.level == level).collect();
    let track_records = state.store.track_records(&caller.scope).await?;
    let allowed = |r: &TrackRecord| r.area.is_none() || caller.scope.areas.allows(r.area.as_ref());
    let track_records = track_records.into_iter().filter(|r| r.level == level && allowed(r)).collect();
    caller.release(ForecastList { items, records, track_records, data: snapshot.age() })
}

/// Those in the caller's areas, with their names. The whole jurisdiction's is everybody's.
fn named(forecasts: Vec<&Forecast>, caller: &Caller) -> Vec<NamedForecast> {
    let reference: &Reference = &caller.reference;
    let cells: Vec<Cell> = forecasts.iter().filter_map(|f| f.cell).collect();
    let mut places = reference.cell_places(&cells).into_iter();
    let mut out = Vec::with_capacity(forecasts.len());
    for forecast in forecasts {
        let place = forecast.cell.and_then(|_| places.next());
        let (name, area): (Arc<str>, _) = match (place, &forecast.area) {
            (Some((name, area)), own) => (name, own.clone().or(area)),
            (None, Some(area)) => (reference.area_name(Some(area)).unwrap_or_default().into(), Some(area.clone())),
            (None, None) => (reference.jurisdiction.name.as_str().into(), None),
        };
        let whole = forecast.level == ForecastLevel::Whole;
        if whole || caller.scope.areas.allows(area.as_ref()) {
            out.push(NamedForecast { forecast: forecast.clone(), place_name: name });
        }
    }
    out
}
