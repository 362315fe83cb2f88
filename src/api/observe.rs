//! One log line and two metrics for every request: by route template, never by address.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use tower_http::request_id::RequestId;

pub async fn layer(request: Request, next: Next) -> Response {
    let started = Instant::now();
    crate::telemetry::metrics();
    let method = request.method().as_str().to_owned();
    let route = request.extensions().get::<MatchedPath>().map_or("(other)", MatchedPath::as_str).to_owned();
    let id = request.extensions().get::<RequestId>().and_then(|i| i.header_value().to_str().ok()).map(str::to_owned);
    let response = next.run(request).await;
    let seconds = started.elapsed().as_secs_f64();
    let status = response.status().as_u16();
    let labels = [("method", method.clone()), ("route", route.clone()), ("status", status.to_string())];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", &labels).record(seconds);
    let ms = (seconds * 1e4).round() / 10.0;
    tracing::info!(%method, %route, status, ms, request_id = id.as_deref().unwrap_or(""), "request");
    response
}
