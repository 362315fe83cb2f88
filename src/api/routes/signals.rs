//! Signals: what the methods found, before policy.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        auth::{self, Caller},
        extract::Query,
        pagination,
        problem::Problem,
        state::AppState,
    },
    disclosure::{Class, Disclose, Released},
    domain::{ids::SignalId, quality::DataAge, scope::Audience, signal::Signal, time::Day},
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(signals)).routes(routes!(signal))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SignalsQuery {
    /// First day of analysis; every day when neither is given.
    from: Option<Day>,
    to: Option<Day>,
    limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SignalList {
    /// Newest analysis first, then rarest first.
    items: Vec<Signal>,
    data: DataAge,
}

impl Disclose for SignalList {
    const CLASS: Class = Class::Counts;

    fn redact(mut self, audience: Audience) -> Self {
        self.items = self.items.redact(audience);
        self
    }
}

/// Signals.
#[utoipa::path(get, path = "/signals", tag = "alerts", operation_id = "listSignals", params(SignalsQuery),
    responses((status = 200, body = SignalList)))]
async fn signals(
    State(state): State<AppState>,
    caller: Caller,
    Query(query): Query<SignalsQuery>,
) -> Result<axum::Json<Released<SignalList>>, Problem> {
    let days = match (query.from, query.to) {
        (None, None) => None,
        (from, to) => Some(super::window(from, to, caller.today(&state), 60)?),
    };
    let items = state.store.signals(&caller.scope, days, pagination::limit(query.limit)).await?;
    let data = caller.snapshot(&state).await?.age();
    caller.release(SignalList { items, data })
}

/// One signal.
#[utoipa::path(get, path = "/signals/{id}", tag = "alerts", operation_id = "getSignal",
    params(("id" = SignalId, Path)), responses((status = 200, body = Signal)))]
async fn signal(
    State(state): State<AppState>,
    caller: Caller,
    path: crate::api::extract::Path<String>,
) -> Result<axum::Json<Released<Signal>>, Problem> {
    let id: SignalId = auth::id(path)?;
    let signal = state.store.signal(&caller.scope, id).await?;
    caller.release(signal)
}
