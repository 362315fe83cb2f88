//! One curve: counts of one place by day, week or month, with what is usual.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{resolution, window};
use crate::{
    api::{
        auth::Caller,
        counting::{Filter, NOWCAST_DAYS, by_day, by_feed, last_complete_day, usual},
        expected::PLACE_BASIS,
        extract::Query,
        problem::Problem,
        state::AppState,
    },
    disclosure::{Class, Disclose, Released},
    domain::{
        event::EventKind,
        ids::AreaId,
        place::Cell,
        quality::DataAge,
        series::NowcastTotal,
        time::{Day, DayRange},
    },
    report::{Bucket, Measure, buckets},
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(series))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SeriesQuery {
    /// `overdose` when not given.
    kind: Option<EventKind>,
    /// An area and what lies below it; the whole catchment or jurisdiction when neither this nor `cell` is given.
    area: Option<AreaId>,
    cell: Option<Cell>,
    /// 59 days before `to` when not given.
    from: Option<Day>,
    /// Today when not given.
    to: Option<Day>,
    /// `day` when not given.
    bucket: Option<Bucket>,
    /// `count`, the one measure of a curve; rates are in `/trends`.
    measure: Option<Measure>,
}

/// One curve.
#[derive(Debug, Serialize, ToSchema)]
pub struct Series {
    place: SeriesPlace,
    kind: EventKind,
    bucket: Bucket,
    /// How "expected" was made.
    expected_basis: &'static str,
    /// Oldest first, without gaps.
    items: Vec<SeriesItem>,
    data: DataAge,
}

impl Disclose for Series {
    const CLASS: Class = Class::Counts;
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SeriesPlace {
    /// Id of the area, index of the cell, or id of the jurisdiction.
    id: String,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SeriesItem {
    from: Day,
    to: Day,
    count: u32,
    expected: f64,
    /// The middle 95 % of counts that the usual rate gives.
    lo: f64,
    hi: f64,
    /// False while late reports are still to be expected: the count will grow.
    complete: bool,
    /// What the count comes to when all reports are in; null where it is complete or nothing is known of delays.
    nowcast: Option<NowcastTotal>,
}

/// One curve.
#[utoipa::path(get, path = "/series", tag = "trends", operation_id = "getSeries", params(SeriesQuery),
    responses((status = 200, body = Series)))]
async fn series(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<SeriesQuery>,
) -> Result<axum::Json<Released<Series>>, Problem> {
    if query.area.is_some() && query.cell.is_some() {
        return Err(Problem::field("cell", "ask for a cell or for an area, not for both"));
    }
    if query.measure.is_some_and(|m| m != Measure::Count) {
        return Err(Problem::field("measure", "a curve counts; rates are in /trends"));
    }
    let kind = query.kind.unwrap_or(EventKind::Overdose);
    let bucket = query.bucket.unwrap_or(Bucket::Day);
    let today = caller.today(&state);
    let days = window(query.from, query.to, today, 60)?;
    // Days to come have no count: a zero there would be a lie.
    let days = DayRange::new(days.from, days.to.min(today))
        .ok_or_else(|| Problem::field("from", format!("lies after today ({today})")))?;
    let areas = caller.within(query.area.as_ref())?;
    let mut filter = Filter::new(kind, &areas);
    let place = if let Some(cell) = query.cell {
        let size = u8::from(cell.resolution());
        resolution(Some(size), state.config.analysis.resolution, caller.scope.audience)?;
        filter = filter.in_cells(&[cell]);
        let (name, _) = caller.reference.cell_places(&[cell]).remove(0);
        SeriesPlace { id: cell.to_string(), name: name.to_string() }
    } else if let Some(area) = &query.area {
        let name = caller.reference.area_name(Some(area)).unwrap_or_default();
        SeriesPlace { id: area.to_string(), name }
    } else {
        let jurisdiction = &caller.reference.jurisdiction;
        SeriesPlace { id: jurisdiction.id.to_string(), name: jurisdiction.name.clone() }
    };
    let snapshot = caller.snapshot(&state).await?;
    let zone = caller.reference.jurisdiction.zone;
    let feeds = snapshot.feeds(kind, state.clock.now(), zone);
    let items = snapshot.read(|facts| {
        let counts = by_day(facts, &filter, days);
        let usual = usual(facts, &filter, days, today);
        let complete_until = last_complete_day(facts, kind, today, zone);
        let recent = DayRange::ending(today, NOWCAST_DAYS);
        let by_feed = by_feed(facts, &filter, recent);
        buckets(bucket, days, complete_until)
            .into_iter()
            .map(|span| {
                let range = DayRange { from: span.from, to: span.to };
                let count = range.days().filter_map(|d| days.index(d)).map(|i| counts[i]).sum();
                let expected = usual.over(range);
                let complete = range.to <= complete_until;
                let open = !complete && range.from >= recent.from;
                SeriesItem {
                    from: range.from,
                    to: range.to,
                    count,
                    expected: expected.mean,
                    lo: expected.range[0],
                    hi: expected.range[1],
                    complete,
                    nowcast: open.then(|| feeds.nowcast(count, &by_feed, recent, range)).flatten(),
                }
            })
            .collect()
    });
    caller.release(Series { place, kind, bucket, expected_basis: PLACE_BASIS, items, data: snapshot.age() })
}
