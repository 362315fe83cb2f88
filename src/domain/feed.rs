//! What was taken from a watched folder or address.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ids::SourceId;

/// A file of a watched folder, or a watched address: as it was when it was last looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedItem {
    pub source: SourceId,
    /// The file's name, or the address.
    pub item: String,
    /// Tells one state of its content from another: size and time of a file; entity tag, date or digest of an answer.
    /// Empty before anything was taken.
    pub fingerprint: String,
    pub looked_at: DateTime<Utc>,
    /// When rows were last taken from it.
    pub taken_at: Option<DateTime<Utc>>,
    /// Of the last taking.
    pub rows: u64,
    pub accepted: u64,
    pub quarantined: u64,
    /// Why nothing could be taken the last time.
    pub error: Option<String>,
}

/// What a file of this media type is called (`csv`, `xlsx` …); parameters such as `charset` may follow. `None` for what is
/// not read.
pub fn ending_of(content_type: &str) -> Option<&'static str> {
    match content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase().as_str() {
        "text/csv" => Some("csv"),
        "text/tab-separated-values" => Some("tsv"),
        "application/json" => Some("json"),
        "application/geo+json" => Some("geojson"),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Some("ndjson"),
        "application/xml" | "text/xml" => Some("xml"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Some("xlsx"),
        "application/hl7-v2" | "application/hl7-v2+er7" | "x-application/hl7-v2+er7" => Some("hl7"),
        _ => None,
    }
}
