//! What became of the rows: rejects, sources and how fresh they are.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    event::{EventKind, Flag, NaloxoneGiven, Outcome, TimePrecision, text_enum},
    ids::{AreaId, DeliveryId, EventId, GapId, GroupId, MendRuleId, RejectId, SourceId},
    place::{Point, Precision},
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
        /// Right as it is, or when it was mended, and no case.
        NotCase = "not_case",
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
    /// Rows with the same fault.
    pub group: GroupId,
    /// What they have in common.
    pub pattern: String,
    /// When it left the quarantine, and by whom.
    pub settled_at: Option<DateTime<Utc>>,
    pub settled_by: Option<String>,
    /// The rule that settled it; `None` when a person did, by itself.
    pub rule: Option<MendRuleId>,
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

/// Attributes that tell the age and the sex of a person, as mappings name them.
pub const AGE_ATTRIBUTES: &[&str] = &["age_band", "age_group", "age"];
pub const SEX_ATTRIBUTES: &[&str] = &["sex", "gender"];

/// What data quality is counted from: a record as it was first received and as it is known now.
#[derive(Debug, Clone, PartialEq)]
pub struct EventQuality {
    pub id: EventId,
    pub source: SourceId,
    pub kind: EventKind,
    /// More than 1: corrected since.
    pub version: u32,
    pub occurred_at: DateTime<Utc>,
    pub time_precision: TimePrecision,
    pub reported_at: Option<DateTime<Utc>>,
    pub first_received_at: DateTime<Utc>,
    pub outcome: Outcome,
    pub naloxone: NaloxoneGiven,
    pub precision: Precision,
    pub point: Option<Point>,
    pub has_area: bool,
    pub has_age: bool,
    pub has_sex: bool,
    pub flags: Vec<Flag>,
    pub withdrawn: bool,
}

/// Rows that came into quarantine together and are in the same state.
#[derive(Debug, Clone, PartialEq)]
pub struct RejectTally {
    pub source: SourceId,
    pub reason: RejectReason,
    pub state: RejectState,
    pub received_at: DateTime<Utc>,
    pub rows: u64,
}

/// One delivery of a feed: a file that was read to its end, or the requests of an hour.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub source: SourceId,
    pub origin: String,
    pub at: DateTime<Utc>,
    pub rows: DeliveredRows,
}

/// What became of the rows of deliveries. A row is in exactly one of these besides `read` (`mended` ones are also in
/// what they became).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveredRows {
    pub read: u64,
    pub accepted: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub duplicates: u64,
    pub quarantined: u64,
    /// By a standing rule.
    pub mended: u64,
    pub not_cases: u64,
    /// Of other jurisdictions.
    pub elsewhere: u64,
}

impl DeliveredRows {
    /// Field by field.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.with(other, |a, b| a + b)
    }

    /// Field by field; what `other` has more of is none.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        self.with(other, u64::saturating_sub)
    }

    fn with(self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            read: f(self.read, other.read),
            accepted: f(self.accepted, other.accepted),
            updated: f(self.updated, other.updated),
            unchanged: f(self.unchanged, other.unchanged),
            duplicates: f(self.duplicates, other.duplicates),
            quarantined: f(self.quarantined, other.quarantined),
            mended: f(self.mended, other.mended),
            not_cases: f(self.not_cases, other.not_cases),
            elsewhere: f(self.elsewhere, other.elsewhere),
        }
    }
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
