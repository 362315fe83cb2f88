//! What the rows mean: one function per table, for both databases. Those of a subject with many stand in a file of
//! their own (`alert_rows`, `analysis_rows`, …).
//!
//! To add a column: the migration of both databases, the writer in both folders, and the line here.

use super::{ApiKey, Head, Job, Result, Session, columns::Columns, wkb};
use crate::domain::{
    alert::Tier,
    area::{Area, AreaKind, AreaShape, Jurisdiction, NamedPlace},
    case::CaseMatch,
    event::{Event, EventKind, Location, NaloxoneGiven, Outcome, PlacedBy, TimePrecision},
    ids::{
        AlertId, ApiKeyId, EncounterId, EventId, FollowUpId, GapId, IncidentId, JobId, JurisdictionId, MessageId,
        SubscriptionId, UserId,
    },
    message::{Channel, MessageState, OutboxMessage, Subscription},
    outreach::{ContactMode, Contacted, Encounter, FollowUp, FollowUpState, Trigger},
    quality::{DataGap, GapKind, Source, SourceFreshness},
    scope::{Role, User},
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
