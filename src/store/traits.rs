//! The traits, one per aggregate.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Duration, Utc};

use super::{
    AgreementStore, AlertPage, ApiKey, AreaStatus, AuditCheck, EarlyWithdrawal, EventPage, EventQuery, Head,
    IdempotentAnswer, IntakeBatch, Job, KeyOfIdempotency, NewJob, RemoteStore, Result, RunRecord, Session,
    StoredAnalysis,
};
use crate::domain::{
    alert::{Alert, AlertOutcome, AlertState, Decision, Tier},
    area::{Area, AreaShape, Jurisdiction, NamedPlace},
    event::{Event, EventFact, EventKind},
    feed::FeedItem,
    forecast::{Forecast, ForecastLevel, ForecastRecord, TrackRecord},
    hotspot::HotspotMap,
    ids::{
        AlertId, ApiKeyId, EventId, FollowUpId, GroupId, IncidentId, JobId, JurisdictionId, MessageId, RejectId,
        RuleId, SignalId, SourceId, SubscriptionId, UserId,
    },
    incident::{IncidentReports, LinkChanges, LinkDecision, LinkRun, Past, Sighting, ToldReport},
    message::{OutboxMessage, Subscription},
    outreach::{Encounter, FollowUp, FollowUpState},
    place::{Cell, Point, PointKey, Precision},
    quality::{DataGap, Delivery, EventQuality, QuarantinedRow, RejectTally, Source, SourceFreshness},
    quarantine::{MendRecord, MendRule, RejectGroup, Settled},
    rule::{AlertRule, RuleStanding},
    scope::{Scope, User},
    signal::Signal,
    time::{Day, DayRange},
};

/// Everything a process needs of its database.
#[async_trait]
pub trait Store:
    AreaStore
    + IntakeStore
    + QuarantineStore
    + QualityStore
    + EventStore
    + IncidentStore
    + AgreementStore
    + FeedStore
    + RemoteStore
    + AnalysisStore
    + AlertStore
    + RuleStore
    + OutreachStore
    + OutboxStore
    + JobStore
    + AccountStore
    + Send
    + Sync
{
    /// Bring the schema up to date; safe to call twice, and by two processes at once.
    async fn migrate(&self) -> Result<()>;
    /// Answers when the database does and its schema is the one this program knows.
    async fn ready(&self) -> Result<()>;
    /// `sqlite` or `postgres`.
    fn kind(&self) -> &'static str;
    async fn close(&self);
}

/// Jurisdictions, their areas, outlines and named places.
#[async_trait]
pub trait AreaStore {
    /// Every jurisdiction in the database, by id. The one call that needs no scope: it is what scopes are made of.
    async fn jurisdictions(&self) -> Result<Vec<Jurisdiction>>;
    async fn put_jurisdiction(&self, jurisdiction: &Jurisdiction) -> Result<()>;
    /// Add or replace areas with their outlines.
    async fn put_areas(&self, scope: &Scope, shapes: &[AreaShape]) -> Result<()>;
    /// All areas of the jurisdiction (the tree is not secret), by id.
    async fn areas(&self, scope: &Scope) -> Result<Vec<Area>>;
    async fn area_shapes(&self, scope: &Scope) -> Result<Vec<AreaShape>>;
    /// Replace the named places.
    async fn put_places(&self, scope: &Scope, places: &[NamedPlace]) -> Result<()>;
    /// By population, largest first, then name.
    async fn places(&self, scope: &Scope) -> Result<Vec<NamedPlace>>;
}

/// Sources, batches of rows, quarantine.
#[async_trait]
pub trait IntakeStore {
    async fn put_source(&self, scope: &Scope, source: &Source) -> Result<()>;
    async fn sources(&self, scope: &Scope) -> Result<Vec<Source>>;
    /// Newest versions by the sender's record id, for the ids that are known.
    async fn heads(&self, scope: &Scope, source: &SourceId, record_ids: &[String]) -> Result<HashMap<String, Head>>;
    /// What was said of records before they came, or while they stood withdrawn, by the sender's record id; by receipt.
    async fn early_withdrawals(
        &self,
        scope: &Scope,
        source: &SourceId,
        record_ids: &[String],
    ) -> Result<HashMap<String, Vec<EarlyWithdrawal>>>;
    /// Write one batch: events, quarantine and counts together or not at all. A version that exists
    /// already (or whose forerunner does not) is `Conflict("event")`: read the heads again. A source that
    /// was never put is `NotFound("source")`. Rows for quarantine are told apart by what they hold, so a
    /// file that is sent again adds none; counts of rows that are not cases are added each time.
    async fn append(&self, scope: &Scope, source: &SourceId, batch: &IntakeBatch) -> Result<()>;
    /// Told when many events came in at once, so that statements which follow find their way among them: a server that
    /// still takes the table for a small one walks through all of it.
    async fn took_many_events(&self) -> Result<()>;
    /// Counts of rows that were not cases, by label, most frequent first.
    async fn not_cases(&self, scope: &Scope, source: &SourceId) -> Result<Vec<(String, u64)>>;
    /// Waiting rows, oldest first; `after` is the last id of the page before.
    async fn quarantine(
        &self,
        scope: &Scope,
        source: Option<&SourceId>,
        after: Option<RejectId>,
        limit: u32,
    ) -> Result<Vec<QuarantinedRow>>;
    async fn quarantined_row(&self, scope: &Scope, id: RejectId) -> Result<QuarantinedRow>;
    /// Per source: counts and the newest times (`silent` is left false; quality rules set it).
    async fn freshness(&self, scope: &Scope) -> Result<Vec<SourceFreshness>>;
    /// Open gaps of the scope's areas, and those closed on or after `closed_since`; newest first, then by source.
    async fn data_gaps(&self, scope: &Scope, closed_since: Option<DateTime<Utc>>) -> Result<Vec<DataGap>>;
    /// Add gaps, or replace what may change of known ones (all but source, kind and the times it began).
    async fn put_data_gaps(&self, scope: &Scope, gaps: &[DataGap]) -> Result<()>;
}

/// Rows in quarantine by their fault, and the rules that mend them.
#[async_trait]
pub trait QuarantineStore {
    /// Waiting rows in groups, largest first, then oldest, then by id; at most 500.
    async fn reject_groups(&self, scope: &Scope, source: Option<&SourceId>) -> Result<Vec<RejectGroup>>;
    /// Waiting rows of a group, newest first; `before` is the last id of the page before.
    async fn group_rows(
        &self,
        scope: &Scope,
        group: GroupId,
        before: Option<RejectId>,
        limit: u32,
    ) -> Result<Vec<QuarantinedRow>>;
    /// Take rows out of the quarantine; those that wait no longer are left as they are.
    async fn settle_rejects(&self, scope: &Scope, settled: &[Settled]) -> Result<()>;
    /// Add a rule, or replace what may change of it (whether it stands, and how far it is).
    async fn put_mend_rule(&self, scope: &Scope, rule: &MendRule) -> Result<()>;
    /// Rules in force for whatever the source delivers, newest first.
    async fn standing_rules(&self, scope: &Scope, source: &SourceId) -> Result<Vec<MendRule>>;
    /// Newest first, each with what it settled until now.
    async fn mend_rules(&self, scope: &Scope) -> Result<Vec<MendRecord>>;
}

/// What data quality is counted from.
#[async_trait]
pub trait QualityStore {
    /// Each record first received at or after `since`, as it is known now, withdrawn ones too; in no order, one by one,
    /// because they may be a million.
    async fn quality_rows(
        &self,
        scope: &Scope,
        since: DateTime<Utc>,
        each: &mut (dyn FnMut(EventQuality) + Send),
    ) -> Result<()>;
    /// Rows that came into quarantine at or after `since`, by source, reason, state and time.
    async fn reject_tallies(&self, scope: &Scope, since: DateTime<Utc>) -> Result<Vec<RejectTally>>;
    /// Count a delivery. One with the id of another is added to it: an hour of requests is one delivery.
    async fn record_delivery(&self, scope: &Scope, delivery: &Delivery) -> Result<()>;
    /// At or after `since`, oldest first.
    async fn deliveries(&self, scope: &Scope, since: DateTime<Utc>) -> Result<Vec<Delivery>>;
}

/// Events as rows, pages and facts.
#[async_trait]
pub trait EventStore {
    /// Slim rows of newest (or as-of) versions that are not withdrawn, by (event_day, id). As of a time before a report was
    /// withdrawn they belong to the incidents that it was linked with then.
    async fn facts(&self, scope: &Scope, query: &EventQuery) -> Result<Vec<EventFact>>;
    /// The events of `facts` in full, in pages. A cursor of ours is `BadCursor` when it was tampered with.
    async fn event_page(
        &self,
        scope: &Scope,
        query: &EventQuery,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<EventPage>;
    /// Newest version, also when it is withdrawn.
    async fn event(&self, scope: &Scope, id: EventId) -> Result<Event>;
    /// All versions, oldest first.
    async fn event_history(&self, scope: &Scope, id: EventId) -> Result<Vec<Event>>;
    /// Occurrence of the newest and receipt of the last event.
    async fn newest(&self, scope: &Scope) -> Result<(Option<DateTime<Utc>>, Option<DateTime<Utc>>)>;
    /// Point, address and event id of newest versions whose location came from coordinates: what
    /// fall-back detection reads. Streamed in pages by id: pass the last id seen.
    async fn given_points(
        &self,
        scope: &Scope,
        source: &SourceId,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<(EventId, Point, Option<String>, Precision)>>;
    /// Newest versions of a source, in full, whose coordinates were given and round to one of these, and that are not
    /// marked as standing on a fall-back point; by id, in pages: pass the last id seen.
    async fn unmarked_at(
        &self,
        scope: &Scope,
        source: &SourceId,
        points: &[PointKey],
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<Event>>;
    /// Newest versions in full (withdrawn ones too), by id, in pages: what re-placing reads.
    async fn events_after(&self, scope: &Scope, after: Option<EventId>, limit: u32) -> Result<Vec<Event>>;
    /// Re-place stored events: location and flags of the newest version are *derived* data (from areas,
    /// gazetteer and rules), so they are replaced in place and make no new version, and their days are linked anew. An
    /// event that has a newer version than the one given is left alone.
    async fn replace_locations(&self, scope: &Scope, events: &[Event]) -> Result<()>;
}

/// What was taken from watched folders and addresses.
#[async_trait]
pub trait FeedStore {
    /// By source, then item.
    async fn feed_items(&self, scope: &Scope) -> Result<Vec<FeedItem>>;
    /// Add or replace.
    async fn put_feed_item(&self, scope: &Scope, item: &FeedItem) -> Result<()>;
}

/// Which reports are one occurrence. Membership is derived, like a place: it is kept on the event, in all its versions.
#[async_trait]
pub trait IncidentStore {
    /// Newest versions of the overdoses of these days that are not withdrawn, as linking sees them; by day, then id.
    async fn sightings(&self, scope: &Scope, days: DayRange) -> Result<Vec<Sighting>>;
    /// What was withdrawn of these days, and what blocks of days from one to another say of the past.
    async fn past(&self, scope: &Scope, days: DayRange, blocks: (i32, i32)) -> Result<Past>;
    /// Newest versions of the overdoses of these days that are not withdrawn; by day, then id.
    async fn told_reports(&self, scope: &Scope, days: DayRange) -> Result<Vec<ToldReport>>;
    /// Days whose events changed since they were last linked, each with its mark; by day.
    async fn link_due(&self, scope: &Scope) -> Result<Vec<(Day, i64)>>;
    /// Membership and incidents together or not at all. A known incident keeps the time it was linked at.
    async fn put_links(&self, scope: &Scope, changes: &LinkChanges) -> Result<()>;
    /// These days are linked, unless their mark has grown meanwhile; and what the linking came to. Under every agreement
    /// in force they are to be linked with the other side now.
    async fn links_settled(&self, scope: &Scope, due: &[(Day, i64)], run: &LinkRun) -> Result<()>;
    async fn link_run(&self, scope: &Scope) -> Result<Option<LinkRun>>;
    /// With the events in the caller's view, earliest first; `NotFound` where there is none.
    async fn incident(&self, scope: &Scope, id: IncidentId) -> Result<IncidentReports>;
    /// Keep what a person said of pairs, and mark their days as due.
    async fn decide_links(&self, scope: &Scope, decisions: &[LinkDecision]) -> Result<()>;
    /// By pair.
    async fn link_decisions(&self, scope: &Scope) -> Result<Vec<LinkDecision>>;
}

/// Runs of the analysis and what they derived.
#[async_trait]
pub trait AnalysisStore {
    /// Everything a run derived, in one transaction. Forecasts and area status of earlier runs for the
    /// same kind are replaced as "current" (older runs stay readable by id for the record);
    /// an alert whose stored version is not the one named is `Conflict("alert")`.
    async fn put_analysis(&self, scope: &Scope, analysis: &StoredAnalysis) -> Result<()>;
    async fn latest_run(&self, scope: &Scope) -> Result<Option<RunRecord>>;
    /// Newest `as_of` first, then by recurrence interval (longest first), then id.
    async fn signals(&self, scope: &Scope, days: Option<DayRange>, limit: u32) -> Result<Vec<Signal>>;
    async fn signal(&self, scope: &Scope, id: SignalId) -> Result<Signal>;
    /// Of the latest run.
    async fn forecasts(&self, scope: &Scope, level: ForecastLevel, kind: EventKind) -> Result<Vec<Forecast>>;
    /// What was forecast for the [`super::JUDGED_WINDOW_DAYS`] after each of these days, by the last run of the day; by
    /// day, level and place. Kept for [`super::KEPT_FORECAST_DAYS`].
    async fn past_forecasts(&self, scope: &Scope, kind: EventKind, issued: DayRange) -> Result<Vec<Forecast>>;
    /// What became of past forecasts, by level, as of the latest analysis that judged any.
    async fn track_records(&self, scope: &Scope) -> Result<Vec<TrackRecord>>;
    async fn forecast_records(&self, scope: &Scope) -> Result<Vec<ForecastRecord>>;
    /// Of the latest run that had any: all of one resolution by cell, or of all resolutions, coarsest first. `None`
    /// before the first such run.
    async fn hotspots(&self, scope: &Scope, resolution: Option<u8>) -> Result<Option<HotspotMap>>;
    async fn area_status(&self, scope: &Scope) -> Result<Vec<AreaStatus>>;
    async fn put_area_status(&self, scope: &Scope, rows: &[AreaStatus]) -> Result<()>;
}

#[async_trait]
pub trait AlertStore {
    async fn alerts(
        &self,
        scope: &Scope,
        states: &[AlertState],
        tier: Option<Tier>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<AlertPage>;
    /// All that are not over or dismissed, for merging (dismissed ones whose last signal is on or after `since` too).
    async fn alerts_to_merge(&self, scope: &Scope, since: Day) -> Result<Vec<Alert>>;
    async fn alert(&self, scope: &Scope, id: AlertId) -> Result<(Alert, Vec<Decision>)>;
    /// What became of every alert, in the order in which they were raised: what records of rules are counted from.
    async fn alert_outcomes(&self, scope: &Scope) -> Result<Vec<AlertOutcome>>;
    /// Store the decision and the alert it leads to; `Conflict` when the alert's version is not
    /// `decision.alert_version`.
    async fn decide(&self, scope: &Scope, alert: &Alert, decision: &Decision) -> Result<()>;
}

/// A jurisdiction's own alert rules, and where areas stand under the rules in force.
#[async_trait]
pub trait RuleStore {
    /// Add a rule or replace the one of its id.
    async fn put_rule(&self, scope: &Scope, rule: &AlertRule) -> Result<()>;
    /// By id.
    async fn rules(&self, scope: &Scope) -> Result<Vec<AlertRule>>;
    /// Gone with its standings; the alerts it sent keep its id. One that is not there is gone already.
    async fn remove_rule(&self, scope: &Scope, id: &RuleId) -> Result<()>;
    /// Of the latest analysis, by rule and area.
    async fn rule_standings(&self, scope: &Scope) -> Result<Vec<RuleStanding>>;
}

#[async_trait]
pub trait OutreachStore {
    /// In these states, soonest due first; no states means the open ones (due, attempted).
    async fn follow_ups(&self, scope: &Scope, states: &[FollowUpState]) -> Result<Vec<FollowUp>>;
    async fn follow_up(&self, scope: &Scope, id: FollowUpId) -> Result<FollowUp>;
    /// Add those not yet known; known ones are left as they are.
    async fn open_follow_ups(&self, scope: &Scope, follow_ups: &[FollowUp]) -> Result<u64>;
    /// Log a contact and, where it belongs to a follow-up, the state that one is in now.
    async fn log_encounter(&self, scope: &Scope, encounter: &Encounter, follow_up: Option<&FollowUp>) -> Result<()>;
    /// By time, newest first.
    async fn encounters(&self, scope: &Scope, days: DayRange) -> Result<Vec<Encounter>>;
    /// The newest contact logged in each cell (of the resolution logged).
    async fn last_visits(&self, scope: &Scope) -> Result<Vec<(Cell, DateTime<Utc>)>>;
}

#[async_trait]
pub trait OutboxStore {
    async fn put_subscription(&self, scope: &Scope, subscription: &Subscription) -> Result<()>;
    async fn subscriptions(&self, scope: &Scope) -> Result<Vec<Subscription>>;
    async fn remove_subscription(&self, scope: &Scope, id: SubscriptionId) -> Result<()>;
    /// Take up to `limit` due messages for as long as `lease`; nobody else gets them meanwhile.
    async fn claim_messages(
        &self,
        scope: &Scope,
        now: DateTime<Utc>,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<OutboxMessage>>;
    async fn message_sent(&self, scope: &Scope, id: MessageId, at: DateTime<Utc>) -> Result<()>;
    /// `next` is when to try again; `None` gives up.
    async fn message_failed(
        &self,
        scope: &Scope,
        id: MessageId,
        error: &str,
        next: Option<DateTime<Utc>>,
    ) -> Result<()>;
    /// Newest first.
    async fn messages(&self, scope: &Scope, limit: u32) -> Result<Vec<OutboxMessage>>;
}

/// The queue. Leases, not locks: a worker that dies loses its job when the lease ends.
#[async_trait]
pub trait JobStore {
    async fn enqueue(&self, scope: &Scope, jobs: &[NewJob]) -> Result<()>;
    /// Across jurisdictions: a worker serves them all. Work whose key is being worked on waits.
    async fn claim_job(&self, now: DateTime<Utc>, lease: Duration) -> Result<Option<Job>>;
    async fn job_done(&self, jurisdiction: &JurisdictionId, id: JobId) -> Result<()>;
    async fn job_failed(
        &self,
        jurisdiction: &JurisdictionId,
        id: JobId,
        error: &str,
        retry_at: Option<DateTime<Utc>>,
    ) -> Result<()>;
    /// Become (or stay) the one who plans the schedule.
    async fn hold_lease(&self, name: &str, holder: &str, now: DateTime<Utc>, lease: Duration) -> Result<bool>;
    async fn waiting_jobs(&self) -> Result<u64>;
}

/// People, sessions, keys, answers to repeated POSTs, the audit log.
#[async_trait]
pub trait AccountStore {
    /// Adds or replaces; a login that is somebody else's is `Conflict("login")`. `password` is an Argon2id PHC string, `None` leaves the stored one.
    async fn put_user(&self, user: &User, password: Option<&str>) -> Result<()>;
    /// The person and the stored password; `None` also for somebody who has no password. Login names are
    /// unique across the database and compared in lower case.
    async fn user_by_login(&self, login: &str) -> Result<Option<(User, String)>>;
    async fn user(&self, id: UserId) -> Result<Option<User>>;
    async fn users(&self, scope: &Scope) -> Result<Vec<User>>;
    async fn put_session(&self, session: &Session) -> Result<()>;
    /// `None` when unknown or expired, or when its user is disabled.
    async fn session(&self, token_hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<(Session, User)>>;
    async fn remove_session(&self, token_hash: &[u8; 32]) -> Result<()>;
    async fn put_api_key(&self, scope: &Scope, key: &ApiKey) -> Result<()>;
    async fn api_keys(&self, scope: &Scope) -> Result<Vec<ApiKey>>;
    /// `None` when unknown, expired or revoked.
    async fn api_key(&self, key_hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<ApiKey>>;
    async fn revoke_api_key(&self, scope: &Scope, id: ApiKeyId) -> Result<()>;
    /// Start a POST under its key. An in-flight entry older than a minute counts as abandoned; a finished
    /// one is kept for a day.
    async fn begin_idempotent(
        &self,
        scope: &Scope,
        key: &KeyOfIdempotency,
        now: DateTime<Utc>,
    ) -> Result<IdempotentAnswer>;
    async fn finish_idempotent(&self, scope: &Scope, key: &KeyOfIdempotency, status: u16, body: &str) -> Result<()>;
    /// Forget an unfinished one, so that a retry may go through.
    async fn abandon_idempotent(&self, scope: &Scope, key: &KeyOfIdempotency) -> Result<()>;
    /// Append to the audit log: who did what to which object. Append-only.
    async fn audit(&self, scope: &Scope, action: &str, object: &str, at: DateTime<Utc>) -> Result<()>;
    /// Read the whole audit log of the jurisdiction and check its chain of hashes.
    async fn verify_audit(&self, scope: &Scope) -> Result<AuditCheck>;
}
