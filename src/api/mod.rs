//! The HTTP API, the tiles and the web app: one router.
//!
//! A request passes, from outside in: its id, the log line and metrics, one shape for every refusal,
//! a net for panics, a time limit, security headers, compression, the check against other sites, a
//! limit on bodies, the guard (who asks, may they), repeated POSTs, the handler. Conventions are in the
//! OpenAPI document (`openapi.rs`); quirks:
//!
//! - `HEAD` is answered where `GET` is;
//! - a wrong method of a known address is 405 only after signing in;
//! - lists of things that are few (areas, sources, keys) come whole, without `next`.
//!
//! The API computes nothing that the analysis should: it reads what runs have stored, counts events
//! (`counting.rs`) from the copy in memory (`snapshot/`), and queues work for the jobs. What intake
//! does with rows is handed in as an [`Intake`].
//!
//! To add a noun: see `routes/mod.rs`.

pub mod access;
mod assets;
mod auth;
mod cell_rows;
mod counting;
mod expected;
mod extract;
mod facts;
mod headers;
mod health;
mod hub;
mod idempotency;
mod intake;
mod ndjson;
mod observe;
mod of_run;
mod openapi;
mod pagination;
pub mod password;
mod problem;
mod quality_cache;
mod rate_limit;
mod reference;
mod routes;
mod session_cookie;
mod snapshot;
mod snapshots;
mod state;
mod tiles;

use std::{future::Future, net::SocketAddr, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, StatusCode, header},
    middleware::{from_fn, from_fn_with_state},
    routing::get,
};
use tokio::net::TcpListener;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    csrf::CsrfLayer,
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    sensitive_headers::SetSensitiveRequestHeadersLayer,
    timeout::TimeoutLayer,
};

pub use hub::{Change, Hub, Message};
pub use intake::{
    Accepted, Bytes, Intake, IntakeError, IntakeSummary, RejectedLine, Resubmitted, SuggestedColumn, SuggestedMapping,
    SuggestedReject, SuggestedRow,
};
pub use openapi::openapi_json;
pub use state::AppState;

/// Bodies of ordinary requests; live intake takes more.
const MAX_BODY: usize = 1024 * 1024;

/// Everything the service answers.
pub fn router(state: AppState) -> Router {
    let (routes, document) = openapi::described();
    let document = document.to_json().expect("the document holds nothing that JSON cannot");
    let open_api = get(move || {
        let text = document.clone();
        async move { ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")], text) }
    });
    let id = HeaderName::from_static("x-request-id");
    let limit = Duration::from_secs(state.config.server.request_timeout_seconds);
    routes
        .route("/api/v1/openapi.json", open_api)
        .route("/tiles/{layer}/{z}/{x}/{y}", get(tiles::tile))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .fallback(assets::serve)
        .layer(from_fn_with_state(state.clone(), idempotency::layer))
        .layer(from_fn_with_state(state.clone(), auth::guard))
        .layer(from_fn(body_limit))
        .layer(csrf(&state))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(state.clone(), headers::layer))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, limit))
        .layer(CatchPanicLayer::custom(health::panicked))
        .layer(from_fn(problem::complete))
        .layer(from_fn(observe::layer))
        .layer(SetSensitiveRequestHeadersLayer::new([header::AUTHORIZATION, header::COOKIE]))
        .layer(PropagateRequestIdLayer::new(id.clone()))
        .layer(SetRequestIdLayer::new(id, RandomId))
        .with_state(state)
}

/// Serve until `shutdown` is done; requests that run are finished first, live streams are ended.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let app = router(state).into_make_service_with_connect_info::<SocketAddr>();
    let stop = tokio_util::sync::CancellationToken::new();
    let stopping = stop.clone();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        shutdown.await;
        stopping.cancel();
    });
    tokio::select! {
        done = std::future::IntoFuture::into_future(server) => done,
        // Streams never end by themselves: whoever still listens is let go after a moment.
        () = async { stop.cancelled().await; tokio::time::sleep(Duration::from_secs(5)).await } => Ok(()),
    }
}

/// Browsers may only send changes from our own pages.
fn csrf(state: &AppState) -> CsrfLayer {
    let layer = CsrfLayer::new();
    let origin = state.config.server.public_url.as_deref().map(|u| {
        let after_scheme = u.find("://").map_or(0, |i| i + 3);
        let end = u[after_scheme..].find('/').map_or(u.len(), |i| after_scheme + i);
        &u[..end]
    });
    let Some(origin) = origin else { return layer };
    layer.add_trusted_origin(origin).unwrap_or_else(|e| {
        tracing::warn!(error = %e, "server.public_url is no origin; only same-origin requests are taken");
        CsrfLayer::new()
    })
}

/// Live intake takes long bodies, everything else short ones.
async fn body_limit(mut request: axum::extract::Request, next: axum::middleware::Next) -> axum::response::Response {
    use axum::response::IntoResponse;
    let long = ["/api/v1/events", "/api/v1/sources/suggestions"].contains(&request.uri().path());
    let most = if long { idempotency::MAX_BODY } else { MAX_BODY };
    let said = request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|n| n > most) {
        return problem::Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("The body is larger than {most} bytes."))
            .into_response();
    }
    DefaultBodyLimit::max(most).apply(&mut request);
    next.run(request).await
}

/// 128 random bits. A caller's own id is kept, so that it can be followed through several services.
#[derive(Debug, Clone, Copy)]
struct RandomId;

impl MakeRequestId for RandomId {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        let mut bytes = [0u8; 16];
        getrandom::fill(&mut bytes).ok()?;
        axum::http::HeaderValue::from_str(&hex::encode(bytes)).ok().map(RequestId::new)
    }
}
