//! Is it alive, is it ready, how is it doing: for whoever runs the service.

use std::{any::Any, net::SocketAddr};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{Response as HttpResponse, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{auth, problem::Problem, state::AppState};
use crate::{domain::scope::Role, telemetry};

/// The process answers.
pub async fn livez() -> &'static str {
    "alive\n"
}

/// The store answers, with the schema this program knows.
pub async fn readyz(State(state): State<AppState>) -> Response {
    match state.store.ready().await {
        Ok(()) => "ready\n".into_response(),
        Err(e) => {
            tracing::warn!(error = %e, "not ready");
            Problem::unavailable("The database does not answer, or has another schema.").into_response()
        }
    }
}

/// Prometheus metrics, for this machine or an admin's key.
pub async fn metrics(State(state): State<AppState>, request: Request) -> Response {
    let direct = request.extensions().get::<ConnectInfo<SocketAddr>>().is_some_and(|c| c.0.ip().is_loopback());
    // Behind a proxy everybody seems to come from this machine.
    let proxied = request.headers().contains_key("x-forwarded-for") || request.headers().contains_key("forwarded");
    if !direct || proxied {
        match auth::identify(&state, request.headers()).await {
            Ok(caller) if caller.role == Role::Admin => {}
            Ok(_) => return Problem::forbidden("Your role does not include this.").into_response(),
            Err(problem) => return problem.into_response(),
        }
    }
    if let Ok(waiting) = state.store.waiting_jobs().await {
        metrics::gauge!("jobs_waiting").set(waiting as f64);
    }
    let handle = telemetry::metrics();
    handle.run_upkeep();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response()
}

/// A panic in a handler costs one request, not the service.
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> HttpResponse<Body> {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a value that is no text");
    tracing::error!(panic = text, "a handler panicked");
    let mut response = Problem::internal().into_response();
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}
