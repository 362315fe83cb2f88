//! Logs and metrics of the process.
//!
//! Logs go to standard error, as text for people or as JSON for machines. A line may hold ids, route
//! templates, counts and durations; never addresses, coordinates, tokens or bodies.
//!
//! Metrics are Prometheus's. The recorder belongs to the process, so it is installed once, however
//! many servers a test starts. Names that are in use:
//! `http_requests_total` and `http_request_duration_seconds` {method, route, status},
//! `ingest_rows_total` {source, outcome}, `jobs_total` {kind, outcome}.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use thiserror::Error;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{Log, LogFormat};

#[derive(Debug, Error)]
pub enum TelemetryError {
    #[error("[log] level = {level:?} is no filter: {why}")]
    Filter { level: String, why: String },
    #[error("logging was started twice")]
    Twice,
}

/// Start logging. Called once, by `main`.
///
/// # Errors
/// When the filter can't be read, or logging runs already.
pub fn init_logging(log: &Log) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(&log.level)
        .map_err(|e| TelemetryError::Filter { level: log.level.clone(), why: e.to_string() })?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = match log.format {
        LogFormat::Text => registry.with(fmt::layer().with_writer(std::io::stderr).with_target(false)).try_init(),
        LogFormat::Json => registry.with(fmt::layer().json().with_writer(std::io::stderr)).try_init(),
    };
    started.map_err(|_| TelemetryError::Twice)
}

/// The process's metrics, installed at the first call.
pub fn metrics() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let seconds = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0];
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &seconds)
            .expect("the list of buckets is not empty");
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        // Another recorder can only be there when an embedding program set one: then ours stays empty.
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder is installed; /metrics will be empty");
        }
        handle
    })
}
