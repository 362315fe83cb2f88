//! What became of the rows: rejects, sources and how fresh they are.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    event::text_enum,
    ids::{AreaId, GapId, RejectId, SourceId},
    time::{Day, Zone},
};

text_enum! {
    /// Why a row could not be read.
    RejectReason {
        /// The line is not valid in its format: ragged, unclosed quote, bad JSON.
        Malformed = "malformed",
        /// The bytes are not text in the declared encoding.
        Encoding = "encoding",
        /// A field the mapping needs is missing or empty.
        Missing = "missing",
        BadTime = "bad_time",
        /// Later than we received it.
        FutureTime = "future_time",
        BadPoint = "bad_point",
        /// A value the mapping has no meaning for.
        UnknownValue = "unknown_value",
        TooLong = "too_long",
    }

    RejectState {
        Waiting = "waiting",
        /// Mended and accepted.
        Resubmitted = "resubmitted",
        /// A person decided that it can't be used.
        Discarded = "discarded",
    }
}

/// A row that could not become an event, with everything needed to mend it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reject {
    /// Line (or record) number in the file, from 1, the header being line 1.
    pub line: u64,
    pub reason: RejectReason,
    /// Which field, where one is to blame.
    pub field: Option<String>,
    /// One clear sentence: what was found and what was expected.
    pub message: String,
    /// The row as it came, by column (or under `raw` when it could not be split).
    pub row: serde_json::Map<String, serde_json::Value>,
}

/// A reject as it waits in the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuarantinedRow {
    pub id: RejectId,
    pub source: SourceId,
    /// File or request it came in.
    pub origin: String,
    pub line: u64,
    pub reason: RejectReason,
    pub field: Option<String>,
    pub message: String,
    #[schema(value_type = Object)]
    pub row: serde_json::Map<String, serde_json::Value>,
    pub state: RejectState,
    pub received_at: DateTime<Utc>,
}

/// A feed and how it reads: the mapping text is kept so that rows can be re-read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Source {
    pub id: SourceId,
    pub name: String,
    pub zone: Zone,
    /// The mapping in force, as TOML.
    #[schema(value_type = String)]
    pub mapping: String,
    /// How often something usually arrives, in hours, where known.
    pub expected_every_hours: Option<f64>,
}

/// How old the data are: shown beside every number that was made from them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SourceFreshness {
    pub source: SourceId,
    pub name: String,
    pub events: u64,
    pub newest_event_at: Option<DateTime<Utc>>,
    pub last_received_at: Option<DateTime<Utc>>,
    pub waiting_rejects: u64,
    /// Silent for longer than its own rhythm makes likely.
    pub silent: bool,
}

text_enum! {
    /// What is wrong with what a feed sends.
    GapKind {
        /// Nothing came for longer than its own rhythm makes likely.
        Silent = "silent",
        /// A batch whose times are those of the batch: its events are not counted where that would be a spike.
        Stamped = "stamped",
    }
}

/// A gap in the data: no alert, but a reason why conclusions wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DataGap {
    pub id: GapId,
    pub source: SourceId,
    pub source_name: String,
    pub kind: GapKind,
    /// When the feed was last heard, or when the batch came.
    pub since: DateTime<Utc>,
    pub noticed_at: DateTime<Utc>,
    /// When data came again; `None` while it is open.
    pub closed_at: Option<DateTime<Utc>>,
    /// Events that usually come in a day; `None` where that is not known or not shown.
    pub usual_per_day: Option<f64>,
    /// Events of a stamped batch; 0 for silence.
    pub events: u32,
    /// Areas that get much of their data from the feed: conclusions about them wait. Sorted.
    pub areas: Vec<AreaId>,
}

/// The age of what a screen shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DataAge {
    /// The day the analysis took for today.
    pub as_of: Option<Day>,
    pub computed_at: Option<DateTime<Utc>>,
    pub newest_event_at: Option<DateTime<Utc>>,
    pub last_received_at: Option<DateTime<Utc>>,
    /// Names of feeds that have gone silent.
    pub silent_sources: Vec<String>,
    /// What is missing now, newest first.
    #[serde(default)]
    pub gaps: Vec<DataGap>,
}
