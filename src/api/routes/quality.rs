//! Data quality by source: what stands out about each, and everything that is counted of one.

use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{auth::Caller, extract::Path, problem::Problem, state::AppState},
    disclosure::{Class, Disclose, Released},
    domain::{
        ids::SourceId,
        quality::{DataAge, DataGap, Delivery, RejectTally, Source, SourceFreshness},
        remote::RemoteStanding,
        scope::{AreaScope, Audience},
    },
    report::quality::{Known, PERIODS, QualityCounter, QualityDetail, SourceQuality},
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(detail))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct QualityList {
    /// Worst first.
    items: Vec<SourceQuality>,
    /// When the records were counted.
    counted_at: DateTime<Utc>,
    data: DataAge,
}

impl Disclose for QualityList {
    const CLASS: Class = Class::Counts;
}

/// Every source and what stands out about it.
#[utoipa::path(get, path = "/quality", tag = "feeds", operation_id = "listQuality",
    responses((status = 200, body = QualityList)))]
async fn list(State(state): State<AppState>, caller: Caller) -> Result<axum::Json<Released<QualityList>>, Problem> {
    let read = Read::new(&state, &caller).await?;
    let items = read.counter.list(read.known());
    let data = caller.snapshot(&state).await?.age();
    caller.release(QualityList { items, counted_at: read.counter.now(), data })
}

#[derive(Debug, Serialize, ToSchema)]
pub struct QualityAnswer {
    #[serde(flatten)]
    detail: QualityDetail,
    /// Rows that were not cases, by what they were, most frequent first; since the source is known.
    not_cases: Vec<NotCaseRow>,
    /// How its addresses fare with geocoders on other machines; `null` where they are sent to none.
    remote: Option<RemoteStanding>,
    counted_at: DateTime<Utc>,
    data: DataAge,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct NotCaseRow {
    label: String,
    rows: u64,
}

impl Disclose for QualityAnswer {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        if audience != Audience::LineList {
            for point in &mut self.detail.fallback_points {
                (point.latitude, point.longitude) = (None, None);
            }
        }
        self
    }
}

/// Everything that is counted of one source, for the last 7, 28 and 365 days beside those before.
#[utoipa::path(get, path = "/quality/{source}", tag = "feeds", operation_id = "getQuality",
    params(("source" = SourceId, Path)), responses((status = 200, body = QualityAnswer)))]
async fn detail(
    State(state): State<AppState>,
    caller: Caller,
    Path(source): Path<String>,
) -> Result<axum::Json<Released<QualityAnswer>>, Problem> {
    let source = SourceId::new(&source).map_err(|_| Problem::not_found())?;
    let read = Read::new(&state, &caller).await?;
    let detail = read.counter.detail(&source, read.known()).ok_or_else(Problem::not_found)?;
    let not_cases = state.store.not_cases(&caller.scope, &source).await?;
    let not_cases = not_cases.into_iter().map(|(label, rows)| NotCaseRow { label, rows }).collect();
    let remote = remote(&state, &caller, &source).await?;
    let data = caller.snapshot(&state).await?.age();
    caller.release(QualityAnswer { detail, not_cases, remote, counted_at: read.counter.now(), data })
}

/// Counted over the whole source, so for whoever sees all of it.
async fn remote(state: &AppState, caller: &Caller, source: &SourceId) -> Result<Option<RemoteStanding>, Problem> {
    let asked = state.config.geocoder.remote.iter().any(|r| r.sources.contains(source));
    if !asked || caller.scope.areas != AreaScope::All {
        return Ok(None);
    }
    let all = state.store.remote_standings(&caller.scope).await?;
    Ok(all.into_iter().find(|s| s.source == *source).map(|s| RemoteStanding { basis: String::new(), ..s }))
}

/// What the counts are made from.
struct Read {
    counter: Arc<QualityCounter>,
    sources: Vec<Source>,
    freshness: Vec<SourceFreshness>,
    rejects: Vec<RejectTally>,
    deliveries: Vec<Delivery>,
    gaps: Vec<DataGap>,
}

impl Read {
    async fn new(state: &AppState, caller: &Caller) -> Result<Self, Problem> {
        let (store, scope, now) = (&state.store, &caller.scope, state.clock.now());
        let revision = caller.snapshot(state).await?.revision();
        let zone = caller.reference.jurisdiction.zone;
        let since = QualityCounter::since(now);
        Ok(Self {
            counter: state.quality.counts(store, scope, revision, now, zone).await?,
            sources: store.sources(scope).await?,
            freshness: store.freshness(scope).await?,
            rejects: store.reject_tallies(scope, since).await?,
            deliveries: store.deliveries(scope, since).await?,
            gaps: store.data_gaps(scope, Some(now - Duration::days(2 * PERIODS[PERIODS.len() - 1]))).await?,
        })
    }

    fn known(&self) -> Known<'_> {
        Known {
            sources: &self.sources,
            freshness: &self.freshness,
            rejects: &self.rejects,
            deliveries: &self.deliveries,
            gaps: &self.gaps,
        }
    }
}
