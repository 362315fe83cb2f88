//! Contact owed after an overdose, and what becomes of it.
//!
//! Post-overdose programmes reach out within 24 to 72 hours, phone or text first, a visit only with
//! consent. A follow-up is opened for an overdose that a person survived; it names a town or area and
//! a coarse cell, never a point, and no person.
//!
//! ```text
//! due ──nobody, or family only──▶ attempted ──▶ … ──third time, past due──▶ lost
//!  └──────────── survivor ────────────┴── consent ▶ reached      no consent ▶ declined
//! ```
//!
//! Who declined is not contacted again under the follow-up; who comes by themselves and consents is
//! reached after all.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::TEXTS;
use crate::domain::{
    area::{Area, AreaTree},
    event::{EventFact, EventKind, NaloxoneGiven, Outcome},
    ids::{EventId, FollowUpId, IncidentId, JurisdictionId},
    language::Language,
    outreach::{Contacted, Encounter, FollowUp, FollowUpState},
    place::Cell,
};

/// Which overdoses are followed up, and how soon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FollowUpOptions {
    /// Hours from the overdose until contact is due: 24, 48 or 72 in practice.
    pub due_hours: u32,
    /// When the report came late: hours from its receipt that are always left.
    pub at_least_hours: u32,
    /// Older overdoses (days before now) are history, not work.
    pub open_within_days: u32,
    /// Whether an overdose with an unknown outcome counts as survived. Off: a family may be grieving.
    pub unknown_outcome: bool,
    /// Attempts that reach nobody, after which a follow-up past due is given up.
    pub max_attempts: u32,
}

impl Default for FollowUpOptions {
    fn default() -> Self {
        Self { due_hours: 72, at_least_hours: 24, open_within_days: 14, unknown_outcome: false, max_attempts: 3 }
    }
}

/// Why a contact cannot be logged under a follow-up.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ContactError {
    #[error("the contact belongs to another follow-up")]
    OtherFollowUp,
    #[error("the person declined further contact; log only that they came by themselves, with consent")]
    Declined,
    #[error("the contact is dated before the follow-up was opened")]
    BeforeOpened,
}

/// The follow-ups that these events call for, soonest due first. Ids depend on the incident (or event)
/// alone: the store keeps those it knows. `known` are events that have one: who was followed up on the ambulance's
/// word is not followed up again when the hospital's comes and the two are linked.
pub fn follow_ups(
    facts: &[EventFact],
    known: &BTreeSet<EventId>,
    areas: &[Area],
    jurisdiction: &JurisdictionId,
    options: &FollowUpOptions,
    language: Language,
    now: DateTime<Utc>,
) -> Vec<FollowUp> {
    let tree = AreaTree::new(areas);
    let oldest = now - Duration::days(i64::from(options.open_within_days));
    let followed: BTreeSet<IncidentId> =
        facts.iter().filter(|f| known.contains(&f.id)).filter_map(|f| f.incident).collect();
    let is_known = |f: &EventFact| known.contains(&f.id) || f.incident.is_some_and(|i| followed.contains(&i));
    let mut opened: Vec<FollowUp> = facts
        .iter()
        .filter(|f| !is_known(f))
        .filter(|f| f.kind == EventKind::Overdose && (oldest..=now).contains(&f.occurred_at))
        .filter(|f| f.outcome == Outcome::Nonfatal || (options.unknown_outcome && f.outcome == Outcome::Unknown))
        .map(|f| open(f, &tree, jurisdiction, options, language))
        .collect();
    opened.sort_by_key(|f| (f.due_by, f.id, f.event));
    let mut seen = BTreeSet::new();
    opened.retain(|f| seen.insert(f.id));
    opened
}

fn open(
    fact: &EventFact,
    tree: &AreaTree,
    jurisdiction: &JurisdictionId,
    options: &FollowUpOptions,
    language: Language,
) -> FollowUp {
    let occurrence = fact.incident.map_or_else(|| fact.id.to_string(), |incident| incident.to_string());
    let due_by = (fact.occurred_at + Duration::hours(i64::from(options.due_hours)))
        .max(fact.received_at + Duration::hours(i64::from(options.at_least_hours)));
    let place_name = fact
        .area
        .as_ref()
        .and_then(|a| tree.get(a))
        .map_or_else(|| TEXTS.say(language, "follow_up_place_unknown", &[]), |a| a.name.clone());
    let given = matches!(fact.naloxone, NaloxoneGiven::Single | NaloxoneGiven::Multiple | NaloxoneGiven::Given);
    let hours = options.due_hours.to_string();
    FollowUp {
        id: FollowUpId::derived(&[jurisdiction.as_str(), "overdose", &occurrence]),
        event: Some(fact.id),
        area: fact.area.clone(),
        cell: fact.cell.map(Cell::shared),
        what: TEXTS.say(
            language,
            if given { "follow_up_naloxone" } else { "follow_up" },
            &[("place", &place_name), ("hours", &hours)],
        ),
        place_name,
        opened_at: fact.received_at,
        due_by,
        state: FollowUpState::Due,
        attempts: 0,
        assigned_to: None,
    }
}

/// The follow-up after a contact.
///
/// # Errors
/// When the contact belongs elsewhere, is older than the follow-up, or the person declined before.
pub fn log_contact(
    follow_up: &FollowUp,
    contact: &Encounter,
    options: &FollowUpOptions,
) -> Result<FollowUp, ContactError> {
    if contact.follow_up != Some(follow_up.id) {
        return Err(ContactError::OtherFollowUp);
    }
    if contact.at < follow_up.opened_at {
        return Err(ContactError::BeforeOpened);
    }
    let attempts = follow_up.attempts.saturating_add(1);
    let state = match (follow_up.state, contact.contacted) {
        (_, Contacted::Survivor) if contact.consent => FollowUpState::Reached,
        (FollowUpState::Declined, _) => return Err(ContactError::Declined),
        (FollowUpState::Reached, _) => FollowUpState::Reached,
        (_, Contacted::Survivor) => FollowUpState::Declined,
        (_, Contacted::Family) => FollowUpState::Attempted,
        (FollowUpState::Lost, Contacted::Nobody) => FollowUpState::Lost,
        (_, Contacted::Nobody) if attempts >= options.max_attempts && contact.at >= follow_up.due_by => {
            FollowUpState::Lost
        }
        (_, Contacted::Nobody) => FollowUpState::Attempted,
    };
    let assigned_to = follow_up.assigned_to.or(Some(contact.by));
    Ok(FollowUp { state, attempts, assigned_to, ..follow_up.clone() })
}
