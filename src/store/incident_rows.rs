//! What the rows of linking mean, for both databases.

use std::collections::{BTreeSet, HashMap};

use super::{Result, columns::Columns};
use crate::domain::{
    event::{Event, EventKind, NaloxoneGiven, Outcome, TimePrecision},
    ids::{EventId, IncidentId, JurisdictionId},
    incident::{Channel, Incident, LinkDecision, LinkRun, LinkVerdict, PastLink, Sighting, ToldReport},
    time::Day,
};

/// The columns of `events` that [`sighting`] reads; age and sex are `age_text` and `sex_text`.
pub(super) const SIGHTING: &str =
    "event_id, source_id, kind, occurred_at, time_precision, event_day, latitude, longitude,
     uncertainty_m, outcome, naloxone, incident_id";

/// The days whose links may change with these events.
pub(super) fn days_to_link(events: &[Event]) -> BTreeSet<Day> {
    events.iter().filter(|e| e.kind == EventKind::Overdose).map(|e| e.event_day).collect()
}

pub(super) fn sighting(r: &impl Columns, jurisdiction: &JurisdictionId) -> Result<Sighting> {
    Ok(Sighting {
        id: EventId(r.uuid("event_id")?),
        jurisdiction: jurisdiction.clone(),
        source: r.parsed("source_id")?,
        kind: r.word("kind", EventKind::parse)?,
        occurred_at: r.instant("occurred_at")?,
        time_precision: r.word("time_precision", TimePrecision::parse)?,
        event_day: r.day("event_day")?,
        point: r.opt_point()?,
        uncertainty_m: r.opt_real("uncertainty_m")?,
        outcome: r.word("outcome", Outcome::parse)?,
        naloxone: r.word("naloxone", NaloxoneGiven::parse)?,
        age_band: Sighting::word(r.opt_text("age_text")?.as_deref()),
        sex: Sighting::word(r.opt_text("sex_text")?.as_deref()),
        incident: r.opt_uuid("incident_id")?.map(IncidentId),
    })
}

pub(super) fn past_link(r: &impl Columns) -> Result<PastLink> {
    Ok(PastLink {
        event: EventId(r.uuid("event_id")?),
        incident: r.opt_uuid("incident_id")?.map(IncidentId),
        until: r.instant("until")?,
        block: r.int("block")?.try_into().map_err(|e| r.corrupt("block", e))?,
    })
}

/// Membership as it was, for events that a query as of then answers.
pub(super) fn as_it_was<'a>(past: Vec<PastLink>, events: impl Iterator<Item = (EventId, &'a mut Option<IncidentId>)>) {
    if past.is_empty() {
        return;
    }
    let was: HashMap<EventId, Option<IncidentId>> = past.into_iter().map(|p| (p.event, p.incident)).collect();
    for (id, incident) in events {
        if let Some(then) = was.get(&id) {
            *incident = *then;
        }
    }
}

pub(super) fn told(r: &impl Columns) -> Result<ToldReport> {
    let disposition = r.opt_text("disposition_text")?;
    Ok(ToldReport {
        id: EventId(r.uuid("event_id")?),
        source: r.parsed("source_id")?,
        event_day: r.day("event_day")?,
        outcome: r.word("outcome", Outcome::parse)?,
        incident: r.opt_uuid("incident_id")?.map(IncidentId),
        // What a sender writes there may be any word; only the field's own count.
        channel: r.opt_text("channel_text")?.as_deref().and_then(Channel::parse),
        transported: match disposition.as_deref() {
            Some("transported") => Some(true),
            Some("not transported") => Some(false),
            _ => None,
        },
    })
}

pub(super) fn incident(r: &impl Columns) -> Result<Incident> {
    Ok(Incident {
        id: IncidentId(r.uuid("incident_id")?),
        first_at: r.instant("first_at")?,
        reports: r.u32("reports")?,
        sources: r.u32("sources")?,
        score: r.real("score")?,
        by_person: r.flag("by_person")?,
        linked_at: r.instant("linked_at")?,
    })
}

pub(super) fn decision(r: &impl Columns) -> Result<LinkDecision> {
    Ok(LinkDecision {
        event: EventId(r.uuid("event_id")?),
        other: EventId(r.uuid("other_id")?),
        verdict: r.word("verdict", LinkVerdict::parse)?,
        note: r.text("note")?,
        by: r.text("decided_by")?,
        at: r.instant("decided_at")?,
    })
}

pub(super) fn run(r: &impl Columns) -> Result<LinkRun> {
    Ok(LinkRun {
        at: r.instant("computed_at")?,
        method: r.text("method")?,
        method_version: r.u32("method_version")?,
        from: r.day("day_from")?,
        to: r.day("day_to")?,
        reports: r.u64("reports")?,
        pairs: r.u64("pairs")?,
        threshold: r.opt_real("threshold")?,
        expected_false: r.opt_real("expected_false")?,
    })
}
