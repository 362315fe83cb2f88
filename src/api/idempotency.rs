//! `Idempotency-Key`: a POST that is sent again is answered again, not done again.
//!
//! The same key with the same body gets the stored answer; with another body 422; while the first is
//! still running 409. A request that failed on our side (5xx) is forgotten, so that a retry may go
//! through. Keys belong to one caller and one route.
//!
//! Signing in, accounts, keys and subscriptions are exempt: their bodies or answers hold secrets, and
//! neither an answer nor the digest of a body with a password may lie in the database.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use super::{auth::Caller, problem::Problem, state::AppState};
use crate::store::{IdempotentAnswer, KeyOfIdempotency};

/// The longest body that any route takes.
pub const MAX_BODY: usize = 10 * 1024 * 1024;
const MAX_KEY: usize = 200;
const EXEMPT: [&str; 4] = ["/api/v1/session", "/api/v1/users", "/api/v1/api-keys", "/api/v1/subscriptions"];

pub async fn layer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let Some(key) = request.headers().get("idempotency-key").cloned() else { return next.run(request).await };
    let route = request.extensions().get::<MatchedPath>().map(|m| m.as_str().to_owned()).unwrap_or_default();
    let caller = request.extensions().get::<Caller>().cloned();
    let (Some(caller), false) = (caller, request.method() != Method::POST || EXEMPT.contains(&route.as_str())) else {
        return next.run(request).await;
    };
    match answer(&state, &caller, &key, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn answer(
    state: &AppState,
    caller: &Caller,
    key: &HeaderValue,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let key = key.to_str().ok().filter(|k| (1..=MAX_KEY).contains(&k.len()));
    let key = key.ok_or_else(|| Problem::field("Idempotency-Key", "expected 1 to 200 printable characters"))?;
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY)
        .await
        .map_err(|_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than is taken here."))?;
    let key = KeyOfIdempotency {
        actor: caller.scope.actor.to_string(),
        // The whole address: the same key for another alert or source is another request.
        route: format!("{} {}", parts.method, parts.uri),
        key: key.to_owned(),
        body_hash: Sha256::digest(&body).into(),
    };
    match state.store.begin_idempotent(&caller.scope, &key, state.clock.now()).await? {
        IdempotentAnswer::Fresh => {}
        IdempotentAnswer::InFlight => {
            return Err(Problem::conflict("The same request is being worked on. Wait for its answer.").retry_after(1));
        }
        IdempotentAnswer::OtherBody => {
            return Err(Problem::field("Idempotency-Key", "was used before with another body"));
        }
        IdempotentAnswer::Done { status, body } => return Ok(stored(status, body)),
    }
    let guard = Abandon { state: state.clone(), caller: caller.clone(), key: Some(key.clone()) };
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, MAX_BODY).await.unwrap_or_default();
    if !parts.status.is_server_error() && parts.status != StatusCode::TOO_MANY_REQUESTS {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        state.store.finish_idempotent(&caller.scope, &key, parts.status.as_u16(), &text).await?;
        guard.done();
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn stored(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let kind = if status.is_client_error() { super::problem::MEDIA_TYPE } else { "application/json" };
    let mut response = (status, [(header::CONTENT_TYPE, kind)], Bytes::from(body)).into_response();
    response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
}

/// Forgets the key unless the request was finished: also when the client went away and this future was dropped.
struct Abandon {
    state: AppState,
    caller: Caller,
    key: Option<KeyOfIdempotency>,
}

impl Abandon {
    fn done(mut self) {
        self.key = None;
    }
}

impl Drop for Abandon {
    fn drop(&mut self) {
        let Some(key) = self.key.take() else { return };
        let (state, scope) = (self.state.clone(), self.caller.scope.clone());
        // Without a runtime the process is ending; the key counts as abandoned by itself after a minute.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            if let Err(e) = state.store.abandon_idempotent(&scope, &key).await {
                // It counts as abandoned by itself after a minute.
                tracing::warn!(error = %e, "an idempotency key could not be given back");
            }
        });
    }
}
