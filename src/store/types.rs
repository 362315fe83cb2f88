//! Shapes that only exist between the store and its callers.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::domain::{
    alert::Alert,
    event::{Event, EventKind},
    forecast::{Forecast, ForecastRecord, TrackRecord},
    hotspot::HotspotMap,
    ids::{ApiKeyId, AreaId, EventId, JobId, MendRuleId, RunId, SourceId, UserId},
    message::OutboxMessage,
    quality::{Delivery, Reject, RejectState},
    rule::RuleStanding,
    scope::Role,
    signal::Signal,
    time::{Day, DayRange},
};

/// The newest version of an event as ingest needs it: to tell new, changed and unchanged apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub id: EventId,
    pub version: u32,
    pub content_hash: String,
    pub withdrawn: bool,
    pub received_at: DateTime<Utc>,
}

/// All versions of an event anew, because one of them came late: with a receipt before that of the newest.
#[derive(Debug, Clone)]
pub struct LateVersions {
    /// By receipt, numbered from 1.
    pub history: Vec<Event>,
    /// Versions that were stored when this was worked out, and the newest one's content: others mean a conflict.
    pub seen: (usize, String),
}

/// What one batch of rows became; written in one transaction.
#[derive(Debug, Clone, Default)]
pub struct IntakeBatch {
    /// New events (version 1) and new versions of known ones.
    pub events: Vec<Event>,
    /// Histories in which a version came late; of events that are written before `events`.
    pub late: Vec<LateVersions>,
    /// Rows for quarantine, with the file or request they came in.
    pub rejects: Vec<Reject>,
    /// Rows that could not be read as they came, and that a standing rule settled: kept beside those that wait.
    pub settled: Vec<SettledReject>,
    /// By the sender's record id: what takes back records that have not come yet, or stood withdrawn already.
    pub early_withdrawals: Vec<(String, EarlyWithdrawal)>,
    pub origin: String,
    /// Rows that are not cases, counted by what they are ("Traffic: VEHICLE ACCIDENT -" → 23,066).
    pub not_cases: Vec<(String, u64)>,
    /// Counts of the rows, added to those that this delivery has already.
    pub delivery: Option<Delivery>,
    pub received_at: Option<DateTime<Utc>>,
}

/// The sender's word that a record is taken back, or is no case, which came before the record itself.
///
/// Of several words about a record the first and the newest are kept. Only words that state when they were received are kept: without that the later to come is the later word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlyWithdrawal {
    pub received_at: DateTime<Utc>,
    /// As [`Event::attributes`] tell it.
    pub because: String,
}

/// A row that a standing rule settled as it came in.
#[derive(Debug, Clone)]
pub struct SettledReject {
    pub reject: Reject,
    pub state: RejectState,
    pub rule: MendRuleId,
    /// Whoever made the rule.
    pub by: String,
}

/// Which events. All conditions hold together.
#[derive(Debug, Clone, Default)]
pub struct EventQuery {
    pub kinds: Vec<EventKind>,
    /// By `event_day`.
    pub days: Option<DayRange>,
    /// This area and everything below it.
    pub area: Option<AreaId>,
    pub source: Option<SourceId>,
    /// The state of knowledge at this instant: versions received by then and not replaced by then.
    /// `None` is the newest.
    pub as_of: Option<DateTime<Utc>>,
    pub ids: Option<Vec<EventId>>,
    /// Received strictly after this instant (for "what changed").
    pub received_after: Option<DateTime<Utc>>,
}

/// A page of events, newest occurrence first (then by id).
#[derive(Debug, Clone)]
pub struct EventPage {
    pub events: Vec<Event>,
    /// Opaque; `None` on the last page.
    pub next: Option<String>,
}

/// A page of alerts: loudest tier first, then newest signal first, then by id.
#[derive(Debug, Clone)]
pub struct AlertPage {
    pub alerts: Vec<Alert>,
    pub next: Option<String>,
}

/// A finished run of the analysis.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    pub id: RunId,
    pub as_of: Day,
    pub computed_at: DateTime<Utc>,
    pub newest_event_at: Option<DateTime<Utc>>,
    pub last_received_at: Option<DateTime<Utc>>,
    pub events: u64,
    pub elapsed_ms: u64,
    /// Methods, versions, seeds and settings, for whoever wants to repeat it.
    pub settings: Map<String, Value>,
}

/// Everything one run of the analysis writes, in one transaction.
#[derive(Debug, Clone)]
pub struct StoredAnalysis {
    pub run: RunRecord,
    pub signals: Vec<Signal>,
    /// New and changed alerts, with the version each replaces (`None` for new ones).
    pub alerts: Vec<(Alert, Option<u32>)>,
    pub forecasts: Vec<Forecast>,
    pub records: Vec<ForecastRecord>,
    /// `None` leaves those of the run before.
    pub track_records: Option<Vec<TrackRecord>>,
    /// `None` leaves those of the run before.
    pub hotspots: Option<HotspotMap>,
    pub area_status: Vec<AreaStatus>,
    /// `None` leaves those of the run before.
    pub standings: Option<Vec<RuleStanding>>,
    pub messages: Vec<OutboxMessage>,
}

/// Where an area stands against its own rule right now; refreshed with every accepted event.
#[derive(Debug, Clone, PartialEq)]
pub struct AreaStatus {
    pub area: AreaId,
    pub kind: EventKind,
    /// The day whose count is judged.
    pub day: Day,
    pub last_24h: u32,
    pub last_72h: u32,
    pub last_7d: u32,
    pub observed: u32,
    pub expected: f64,
    /// Counts above this raise a signal.
    pub threshold: f64,
    pub statistic: f64,
    pub p_value: f64,
    pub recurrence_interval_days: f64,
    /// Of a usual number of events of that day, the share that would be known by now, 0 to 1.
    pub share_known: f64,
    /// Names of silent feeds that much of the area's data comes from: a count that is not above says nothing then.
    pub waits_for: Vec<String>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    Waiting,
    Done,
    Failed,
}

/// What the queue can hold. The names are stored, so they never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    /// The whole analysis as of the newest day.
    Analyse,
    /// The areas' own rules, after new events.
    RefreshAreas,
    /// Due messages of the outbox.
    Deliver,
    /// Fall-back points that feeds in small pieces show only over time.
    LearnPoints,
    /// Whether a feed has fallen silent: nothing else happens when nothing comes.
    WatchFeeds,
    /// Rules that mend rows in quarantine and have not been applied yet.
    MendRows,
    /// Watched folders and addresses, for what is new in them.
    PullFeeds,
    /// Addresses that our own geocoder does not know, where remote ones are set up.
    AskGeocoders,
}

impl JobKind {
    const ALL: [Self; 8] = [
        Self::Analyse,
        Self::RefreshAreas,
        Self::Deliver,
        Self::LearnPoints,
        Self::WatchFeeds,
        Self::MendRows,
        Self::PullFeeds,
        Self::AskGeocoders,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Analyse => "analyse",
            Self::RefreshAreas => "refresh-areas",
            Self::Deliver => "deliver",
            Self::LearnPoints => "learn-points",
            Self::WatchFeeds => "watch-feeds",
            Self::MendRows => "mend-rows",
            Self::PullFeeds => "pull-feeds",
            Self::AskGeocoders => "ask-geocoders",
        }
    }

    /// `None` for a name that this version does not know.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The job to queue: of each kind a jurisdiction needs only one waiting.
    pub fn at(self, run_at: DateTime<Utc>) -> NewJob {
        NewJob { kind: self.as_str().into(), key: self.as_str().into(), payload: Value::Null, run_at }
    }
}

/// Work to be queued. Of waiting jobs with the same `key` only one is kept (the earliest `run_at`).
#[derive(Debug, Clone)]
pub struct NewJob {
    pub kind: String,
    pub key: String,
    pub payload: Value,
    pub run_at: DateTime<Utc>,
}

/// Claimed work; ours until the lease ends.
#[derive(Debug, Clone)]
pub struct Job {
    pub id: JobId,
    pub jurisdiction: crate::domain::ids::JurisdictionId,
    pub kind: String,
    pub payload: Value,
    pub attempts: u32,
}

/// A signed-in browser. Only the SHA-256 of its token is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    pub token_hash: [u8; 32],
    pub user: UserId,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// A machine's credential. Only the SHA-256 of the key is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub jurisdiction: crate::domain::ids::JurisdictionId,
    pub name: String,
    /// First characters of the key, to recognise it in a list.
    pub prefix: String,
    pub key_hash: [u8; 32],
    pub role: Role,
    /// A feed key may write to this source only.
    pub source: Option<SourceId>,
    pub expires_at: DateTime<Utc>,
    pub revoked: bool,
}

/// Names one POST: who sent it, where, with which `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyOfIdempotency {
    pub actor: String,
    pub route: String,
    pub key: String,
    /// SHA-256 of the body.
    pub body_hash: [u8; 32],
}

/// What a POST with this key was answered before.
#[derive(Debug, Clone, PartialEq)]
pub enum IdempotentAnswer {
    /// First time: go on, then call `finish`.
    Fresh,
    InFlight,
    /// Same key, other body.
    OtherBody,
    Done {
        status: u16,
        body: String,
    },
}

/// Whether the audit log is as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditCheck {
    Intact {
        rows: u64,
    },
    /// The first entry (from 1) that is missing or does not follow from the one before.
    Broken {
        position: u64,
    },
}
