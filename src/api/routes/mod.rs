//! The routes, one file per noun. Each file holds its shapes, its handlers and a `routes()` that lists them.
//!
//! A handler reads the question, asks the store or the counts in memory within the caller's scope, and
//! ends in `caller.release(…)`: what may be shown is decided in `disclosure`, never here.
//!
//! To add a noun: a file here, its `routes()` in [`all`], its lines in `api::access`.

mod accounts;
mod agreements;
mod alerts;
mod areas;
mod brief;
mod cells;
mod events;
mod forecasts;
pub(super) mod hotspots;
mod incidents;
mod keys;
mod mends;
mod outreach;
mod quality;
mod quarantine;
mod rules;
mod series;
mod session;
mod signals;
mod sources;
mod status;
mod stream;
mod subscriptions;
mod trends;

pub use trends::Format;
use utoipa_axum::router::OpenApiRouter;

use super::{problem::Problem, state::AppState};
use crate::domain::{
    feed::ending_of,
    place::Resolution,
    scope::Audience,
    time::{Day, DayRange},
};

/// Everything under `/api/v1`.
pub fn all() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(session::routes())
        .merge(areas::routes())
        .merge(brief::routes())
        .merge(cells::routes())
        .merge(series::routes())
        .merge(trends::routes())
        .merge(alerts::routes())
        .merge(rules::routes())
        .merge(signals::routes())
        .merge(forecasts::routes())
        .merge(hotspots::routes())
        .merge(status::routes())
        .merge(outreach::routes())
        .merge(events::routes())
        .merge(incidents::routes())
        .merge(quarantine::routes())
        .merge(mends::routes())
        .merge(quality::routes())
        .merge(sources::routes())
        .merge(subscriptions::routes())
        .merge(accounts::routes())
        .merge(agreements::routes())
        .merge(keys::routes())
        .merge(stream::routes())
}

const TYPES: &str = "Send application/json, application/x-ndjson, text/csv, text/tab-separated-values, application/geo+json, \
     application/xml, application/hl7-v2 or application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.";

/// What a file of the request's type is called; `None` for what is not taken.
pub(super) fn ending(headers: &axum::http::HeaderMap) -> Option<&'static str> {
    ending_of(headers.get(axum::http::header::CONTENT_TYPE)?.to_str().ok()?)
}

/// The longest window that is answered: twenty years.
const LONGEST: i32 = 7_305;

/// The days a question is about; the last `usual` days until today where it does not say.
///
/// # Errors
/// 422 when the window ends before it begins or is too long.
pub(super) fn window(from: Option<Day>, to: Option<Day>, today: Day, usual: i32) -> Result<DayRange, Problem> {
    let to = to.unwrap_or_else(|| today.max(from.unwrap_or(today)));
    let from = from.unwrap_or(to - (usual - 1));
    let range = DayRange::new(from, to).ok_or_else(|| Problem::field("to", format!("lies before from ({from})")))?;
    if to - from > LONGEST {
        return Err(Problem::field("from", "the window is longer than twenty years"));
    }
    Ok(range)
}

/// The size of cells a caller may ask for.
///
/// # Errors
/// 422 when it is finer than what is counted, or than the caller is shown.
pub(super) fn resolution(asked: Option<u8>, counted: u8, audience: Audience) -> Result<Resolution, Problem> {
    let shown = u8::from(crate::domain::place::FINEST_SHARED);
    let finest = if audience == Audience::LineList { counted } else { counted.min(shown) };
    let asked = asked.unwrap_or(finest);
    Resolution::try_from(asked)
        .ok()
        .filter(|_| (3..=finest).contains(&asked))
        .ok_or_else(|| Problem::field("resolution", format!("{asked} is not from 3 to {finest}")))
}
