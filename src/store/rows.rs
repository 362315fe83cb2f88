//! What the rows mean: one function per table, for both databases.
//!
//! To add a column: the migration of both databases, the writer in both folders, and the line here.

use super::{ApiKey, AreaStatus, Head, Job, Result, RunRecord, Session, columns::Columns, wkb};
use crate::domain::{
    alert::{Alert, AlertOutcome, AlertState, Decision, DecisionKind, DismissReason, Tier},
    area::{Area, AreaKind, AreaShape, Jurisdiction, NamedPlace},
    case::CaseMatch,
    course::Turn,
    event::{Event, EventKind, Location, NaloxoneGiven, Outcome, PlacedBy, TimePrecision},
    forecast::{Forecast, ForecastLevel, ForecastRecord, TrackRecord},
    ids::{
        AlertId, ApiKeyId, AreaId, EncounterId, EventId, FollowUpId, GapId, IncidentId, JobId, JurisdictionId,
        MessageId, RunId, SignalId, SubscriptionId, UserId,
    },
    message::{Channel, MessageState, OutboxMessage, Subscription},
    outreach::{ContactMode, Contacted, Encounter, FollowUp, FollowUpState, Trigger},
    quality::{DataGap, GapKind, Source, SourceFreshness},
    rule::{AlertRule, CaseMeasure, RuleStanding},
    scope::{Role, User},
    signal::{Signal, SignalScope},
};

pub(super) fn jurisdiction(r: &impl Columns) -> Result<Jurisdiction> {
    Ok(Jurisdiction { id: r.parsed("jurisdiction_id")?, name: r.text("name")?, zone: r.parsed("zone")? })
}

fn area_kind(text: &str) -> Option<AreaKind> {
    [AreaKind::State, AreaKind::County, AreaKind::Town, AreaKind::Zip, AreaKind::Other]
        .into_iter()
        .find(|k| k.as_str() == text)
}

pub(super) fn area(r: &impl Columns) -> Result<Area> {
    Ok(Area {
        id: r.parsed("area_id")?,
        parent: r.opt_parsed("parent_id")?,
        kind: r.word("kind", area_kind)?,
        name: r.text("name")?,
        centre: r.point()?,
        bbox: [r.real("west")?, r.real("south")?, r.real("east")?, r.real("north")?],
        population: r.opt_u64("population")?,
        population_year: r
            .opt_int("population_year")?
            .map(|y| y.try_into().map_err(|e| r.corrupt("population_year", e)))
            .transpose()?,
    })
}

pub(super) fn area_shape(r: &impl Columns) -> Result<AreaShape> {
    let outline = wkb::read(&r.bytes("outline")?).map_err(|why| r.corrupt("outline", why))?;
    Ok(AreaShape { area: area(r)?, outline })
}

pub(super) fn place(r: &impl Columns) -> Result<NamedPlace> {
    Ok(NamedPlace { name: r.text("name")?, point: r.point()?, population: r.opt_u64("population")? })
}

pub(super) fn source(r: &impl Columns) -> Result<Source> {
    Ok(Source {
        id: r.parsed("source_id")?,
        name: r.text("name")?,
        zone: r.parsed("zone")?,
        mapping: r.text("mapping")?,
        expected_every_hours: r.opt_real("expected_every_hours")?,
    })
}

pub(super) fn head(r: &impl Columns) -> Result<(String, Head)> {
    let head = Head {
        id: EventId(r.uuid("event_id")?),
        version: r.u32("version")?,
        content_hash: r.text("content_hash")?,
        withdrawn: r.flag("withdrawn")?,
        received_at: r.instant("received_at")?,
    };
    Ok((r.text("record_id")?, head))
}

pub(super) fn freshness(r: &impl Columns) -> Result<SourceFreshness> {
    Ok(SourceFreshness {
        source: r.parsed("source_id")?,
        name: r.text("name")?,
        events: r.u64("events")?,
        newest_event_at: r.opt_instant("newest_event_at")?,
        last_received_at: r.opt_instant("last_received_at")?,
        waiting_rejects: r.u64("waiting_rejects")?,
        silent: false,
    })
}

pub(super) fn event(r: &impl Columns) -> Result<Event> {
    let case = match (r.opt_text("case_definition")?, r.opt_u32("case_version")?) {
        (Some(definition), Some(version)) => Some(CaseMatch { definition, version }),
        _ => None,
    };
    Ok(Event {
        id: EventId(r.uuid("event_id")?),
        jurisdiction: r.parsed("jurisdiction_id")?,
        source: r.parsed("source_id")?,
        record_id: r.text("record_id")?,
        version: r.u32("version")?,
        content_hash: r.text("content_hash")?,
        kind: r.word("kind", EventKind::parse)?,
        occurred_at: r.instant("occurred_at")?,
        time_precision: r.word("time_precision", TimePrecision::parse)?,
        reported_at: r.opt_instant("reported_at")?,
        received_at: r.instant("received_at")?,
        event_day: r.day("event_day")?,
        outcome: r.word("outcome", Outcome::parse)?,
        naloxone: r.word("naloxone", NaloxoneGiven::parse)?,
        quantity: r.u32("quantity")?,
        case,
        location: location(r)?,
        incident: r.opt_uuid("incident_id")?.map(IncidentId),
        attributes: r.json("attributes")?,
        flags: r.json("flags")?,
        withdrawn: r.flag("withdrawn")?,
    })
}

fn location(r: &impl Columns) -> Result<Location> {
    Ok(Location {
        point: r.opt_point()?,
        precision: r.parsed("precision")?,
        uncertainty_m: r.opt_real("uncertainty_m")?,
        cell: r.opt_cell()?,
        area: r.opt_parsed("area_id")?,
        placed_by: r.word("placed_by", PlacedBy::parse)?,
        address: r.opt_text("address")?,
        town: r.opt_text("town")?,
        zip: r.opt_text("zip")?,
    })
}

pub(super) fn run(r: &impl Columns) -> Result<RunRecord> {
    Ok(RunRecord {
        id: RunId(r.uuid("run_id")?),
        as_of: r.day("as_of")?,
        computed_at: r.instant("computed_at")?,
        newest_event_at: r.opt_instant("newest_event_at")?,
        last_received_at: r.opt_instant("last_received_at")?,
        events: r.u64("events")?,
        elapsed_ms: r.u64("elapsed_ms")?,
        settings: r.json("settings")?,
    })
}

pub(super) fn signal(r: &impl Columns) -> Result<Signal> {
    Ok(Signal {
        id: SignalId(r.uuid("signal_id")?),
        run: RunId(r.uuid("run_id")?),
        as_of: r.day("as_of")?,
        method: r.method()?,
        kind: r.word("kind", EventKind::parse)?,
        measure: r.word("measure", CaseMeasure::parse)?,
        scope: r.word("scope", SignalScope::parse)?,
        cells: r.json("cells")?,
        area: r.opt_parsed("area_id")?,
        centre: r.opt_point()?,
        radius_km: r.opt_real("radius_km")?,
        place_name: r.text("place_name")?,
        window: r.window()?,
        observed: r.u32("observed")?,
        expected: r.real("expected")?,
        expected_range: [r.real("expected_low")?, r.real("expected_high")?],
        relative_risk: r.opt_real("relative_risk")?,
        statistic: r.real("statistic")?,
        p_value: r.real("p_value")?,
        recurrence_interval_days: r.real("recurrence_interval_days")?,
        replications: r.opt_u32("replications")?,
        events: r.json("events")?,
        caveats: r.json("caveats")?,
    })
}

pub(super) fn forecast(r: &impl Columns) -> Result<Forecast> {
    Ok(Forecast {
        run: RunId(r.uuid("run_id")?),
        issued: r.day("issued")?,
        level: r.word("level", ForecastLevel::parse)?,
        cell: r.opt_cell()?,
        area: r.opt_parsed("area_id")?,
        kind: r.word("kind", EventKind::parse)?,
        window: r.window()?,
        method: r.method()?,
        mean: r.real("mean")?,
        quantiles: r.json("quantiles")?,
        p_at_least_one: r.real("p_at_least_one")?,
        history_mean: r.real("history_mean")?,
        caveat: r.text("caveat")?,
        detail: r
            .opt_text("detail")?
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|e| r.corrupt("detail", e))?,
    })
}

pub(super) fn track_record(r: &impl Columns) -> Result<TrackRecord> {
    Ok(TrackRecord {
        level: r.word("level", ForecastLevel::parse)?,
        area: if r.text("area_id")?.is_empty() { None } else { Some(r.word("area_id", |t| AreaId::new(t).ok())?) },
        area_name: r.text("area_name")?,
        first: r.day("first_issued")?,
        last: r.day("last_issued")?,
        issue_days: r.u32("issue_days")?,
        window_days: r.u32("window_days")?,
        named: r.u32("named")?,
        named_with_event: r.u32("named_with_event")?,
        history_with_event: r.u32("history_with_event")?,
        forecasts: r.u32("forecasts")?,
        inside_80: r.u32("inside_80")?,
        error: r.real("error")?,
        history_error: r.real("history_error")?,
        sentence: r.text("sentence")?,
    })
}

pub(super) fn forecast_record(r: &impl Columns) -> Result<ForecastRecord> {
    Ok(ForecastRecord {
        method: r.text("method")?,
        level: r.word("level", ForecastLevel::parse)?,
        horizon_days: r.u32("horizon_days")?,
        origins: r.u32("origins")?,
        log_score: r.real("log_score")?,
        history_log_score: r.real("history_log_score")?,
        crps: r.real("crps")?,
        history_crps: r.real("history_crps")?,
        coverage_80: r.real("coverage_80")?,
        capture_10: r.opt_real("capture_10")?,
        history_capture_10: r.opt_real("history_capture_10")?,
    })
}

pub(super) fn area_status(r: &impl Columns) -> Result<AreaStatus> {
    Ok(AreaStatus {
        area: r.parsed("area_id")?,
        kind: r.word("kind", EventKind::parse)?,
        day: r.day("day")?,
        last_24h: r.u32("last_24h")?,
        last_72h: r.u32("last_72h")?,
        last_7d: r.u32("last_7d")?,
        observed: r.u32("observed")?,
        expected: r.real("expected")?,
        threshold: r.real("threshold")?,
        statistic: r.real("statistic")?,
        p_value: r.real("p_value")?,
        recurrence_interval_days: r.real("recurrence_interval_days")?,
        share_known: r.real("share_known")?,
        waits_for: r.json("waits_for")?,
        updated_at: r.instant("updated_at")?,
    })
}

pub(super) fn data_gap(r: &impl Columns) -> Result<DataGap> {
    Ok(DataGap {
        id: GapId(r.uuid("gap_id")?),
        source: r.parsed("source_id")?,
        source_name: r.text("name")?,
        kind: r.word("kind", GapKind::parse)?,
        since: r.instant("since")?,
        noticed_at: r.instant("noticed_at")?,
        closed_at: r.opt_instant("closed_at")?,
        usual_per_day: r.opt_real("usual_per_day")?,
        events: r.u32("events")?,
        areas: r.json("areas")?,
    })
}

pub(super) fn alert(r: &impl Columns) -> Result<Alert> {
    Ok(Alert {
        id: AlertId(r.uuid("alert_id")?),
        version: r.u32("version")?,
        tier: r.word("tier", Tier::parse)?,
        state: r.word("state", AlertState::parse)?,
        rule: r.text("rule")?,
        kind: r.word("kind", EventKind::parse)?,
        measure: r.word("measure", CaseMeasure::parse)?,
        headline: r.text("headline")?,
        sentence: r.text("sentence")?,
        place_name: r.text("place_name")?,
        area: r.opt_parsed("area_id")?,
        cells: r.json("cells")?,
        centre: r.opt_point()?,
        radius_km: r.opt_real("radius_km")?,
        window: r.window()?,
        observed: r.u32("observed")?,
        expected: r.real("expected")?,
        expected_range: [r.real("expected_low")?, r.real("expected_high")?],
        p_value: r.real("p_value")?,
        recurrence_interval_days: r.real("recurrence_interval_days")?,
        peak_recurrence_interval_days: r.real("peak_recurrence_interval_days")?,
        first_signalled: r.day("first_signalled")?,
        last_signalled: r.day("last_signalled")?,
        signals: r.json("signals")?,
        caveats: r.json("caveats")?,
        told_observed: r.u32("told_observed")?,
        told_expected: r.real("told_expected")?,
        turn: r.word("turn", Turn::parse)?,
        raised_at: r.instant("raised_at")?,
        updated_at: r.instant("updated_at")?,
    })
}

pub(super) fn decision(r: &impl Columns) -> Result<Decision> {
    let reason = r.opt_text("reason")?;
    Ok(Decision {
        kind: r.word("kind", DecisionKind::parse)?,
        reason: reason
            .map(|t| DismissReason::parse(&t).ok_or_else(|| r.corrupt("reason", "is not a known word")))
            .transpose()?,
        note: r.text("note")?,
        by: r.text("by_name")?,
        at: r.instant("at")?,
        alert_version: r.u32("alert_version")?,
    })
}

/// What became of alerts, from rows of alerts joined with their decisions, both in order.
pub(super) fn outcomes<R: Columns>(found: impl Iterator<Item = R>) -> Result<Vec<AlertOutcome>> {
    let mut out: Vec<(AlertId, AlertOutcome)> = Vec::new();
    for r in found {
        let id = AlertId(r.uuid("alert_id")?);
        if out.last().is_none_or(|(last, _)| *last != id) {
            let outcome = AlertOutcome {
                rule: r.text("rule")?,
                state: r.word("state", AlertState::parse)?,
                raised_at: r.instant("raised_at")?,
                first_decision_at: None,
                investigated: false,
                dismissed_for: None,
            };
            out.push((id, outcome));
        }
        let (Some((_, outcome)), Some(kind)) = (out.last_mut(), r.opt_text("kind")?) else { continue };
        match DecisionKind::parse(&kind).ok_or_else(|| r.corrupt("kind", "is not a known word"))? {
            DecisionKind::Investigate => outcome.investigated = true,
            DecisionKind::Dismiss => {
                outcome.dismissed_for = r.opt_text("reason")?.as_deref().and_then(DismissReason::parse)
            }
            DecisionKind::Acknowledge | DecisionKind::Reopen => {}
        }
        outcome.first_decision_at = outcome.first_decision_at.or(r.opt_instant("at")?);
    }
    Ok(out.into_iter().map(|(_, outcome)| outcome).collect())
}

pub(super) fn rule(r: &impl Columns) -> Result<AlertRule> {
    Ok(AlertRule {
        id: r.parsed("rule_id")?,
        name: r.text("name")?,
        places: r.json("places")?,
        measure: r.word("measure", CaseMeasure::parse)?,
        tier: r.word("tier", Tier::parse)?,
        false_alerts_per_year: r.real("false_alerts_per_year")?,
        enabled: r.flag("enabled")?,
        changed_at: r.opt_instant("changed_at")?,
        changed_by: r.text("changed_by")?,
    })
}

pub(super) fn rule_standing(r: &impl Columns) -> Result<RuleStanding> {
    Ok(RuleStanding {
        rule: r.parsed("rule_id")?,
        area: r.parsed("area_id")?,
        as_of: r.day("as_of")?,
        usual_per_day: r.opt_real("usual_per_day")?,
        recurrence_interval_days: r.opt_real("recurrence_interval_days")?,
        sees_double: r.opt_real("sees_double")?,
        sees_triple: r.opt_real("sees_triple")?,
        sees_extra: r.opt_u32("sees_extra")?,
        would_have_begun: r.opt_u32("would_have_begun")?,
        days_judged: r.u32("days_judged")?,
        reason: r.text("reason")?,
    })
}

pub(super) fn follow_up(r: &impl Columns) -> Result<FollowUp> {
    Ok(FollowUp {
        id: FollowUpId(r.uuid("follow_up_id")?),
        event: r.opt_uuid("event_id")?.map(EventId),
        area: r.opt_parsed("area_id")?,
        cell: r.opt_cell()?,
        place_name: r.text("place_name")?,
        what: r.text("what")?,
        opened_at: r.instant("opened_at")?,
        due_by: r.instant("due_by")?,
        state: r.word("state", FollowUpState::parse)?,
        attempts: r.u32("attempts")?,
        assigned_to: r.opt_uuid("assigned_to")?.map(UserId),
    })
}

pub(super) fn encounter(r: &impl Columns) -> Result<Encounter> {
    Ok(Encounter {
        id: EncounterId(r.uuid("encounter_id")?),
        trigger: r.word("trigger", Trigger::parse)?,
        follow_up: r.opt_uuid("follow_up_id")?.map(FollowUpId),
        alert: r.opt_uuid("alert_id")?.map(AlertId),
        area: r.opt_parsed("area_id")?,
        cell: r.opt_cell()?,
        at: r.instant("at")?,
        day: r.day("day")?,
        mode: r.word("mode", ContactMode::parse)?,
        contacted: r.word("contacted", Contacted::parse)?,
        consent: r.flag("consent")?,
        kits_given: r.u32("kits_given")?,
        referrals: r.json("referrals")?,
        minutes: r.opt_u32("minutes")?,
        note: r.text("note")?,
        by: UserId(r.uuid("by_id")?),
        by_name: r.text("by_name")?,
    })
}

pub(super) fn subscription(r: &impl Columns) -> Result<Subscription> {
    Ok(Subscription {
        id: SubscriptionId(r.uuid("subscription_id")?),
        channel: r.word("channel", Channel::parse)?,
        target: r.text("target")?,
        secret: r.opt_text("secret")?,
        area: r.opt_parsed("area_id")?,
        min_tier: r.word("min_tier", Tier::parse)?,
    })
}

pub(super) fn message(r: &impl Columns) -> Result<OutboxMessage> {
    Ok(OutboxMessage {
        id: MessageId(r.uuid("message_id")?),
        alert: r.opt_uuid("alert_id")?.map(AlertId),
        channel: r.word("channel", Channel::parse)?,
        target: r.text("target")?,
        secret: r.opt_text("secret")?,
        subject: r.text("subject")?,
        body: r.text("body")?,
        state: r.word("state", MessageState::parse)?,
        attempts: r.u32("attempts")?,
        next_attempt_at: r.instant("next_attempt_at")?,
        created_at: r.instant("created_at")?,
        last_error: r.opt_text("last_error")?,
    })
}

pub(super) fn job(r: &impl Columns) -> Result<Job> {
    Ok(Job {
        id: JobId(r.uuid("job_id")?),
        jurisdiction: r.parsed::<JurisdictionId>("jurisdiction_id")?,
        kind: r.text("kind")?,
        payload: r.json("payload")?,
        attempts: r.u32("attempts")?,
    })
}

pub(super) fn user(r: &impl Columns) -> Result<User> {
    Ok(User {
        id: UserId(r.uuid("user_id")?),
        jurisdiction: r.parsed("jurisdiction_id")?,
        login: r.text("login")?,
        name: r.text("name")?,
        role: r.word("role", Role::parse)?,
        catchment: r.json("catchment")?,
        disabled: r.flag("disabled")?,
    })
}

pub(super) fn session(r: &impl Columns) -> Result<Session> {
    Ok(Session {
        token_hash: r.hash32("token_hash")?,
        user: UserId(r.uuid("user_id")?),
        created_at: r.instant("created_at")?,
        expires_at: r.instant("expires_at")?,
    })
}

pub(super) fn api_key(r: &impl Columns) -> Result<ApiKey> {
    Ok(ApiKey {
        id: ApiKeyId(r.uuid("api_key_id")?),
        jurisdiction: r.parsed("jurisdiction_id")?,
        name: r.text("name")?,
        prefix: r.text("prefix")?,
        key_hash: r.hash32("key_hash")?,
        role: r.word("role", Role::parse)?,
        source: r.opt_parsed("source_id")?,
        expires_at: r.instant("expires_at")?,
        revoked: r.flag("revoked")?,
    })
}
