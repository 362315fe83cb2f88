//! Incidents: what several reports tell of together.
//!
//! One overdose may be told by an ambulance, the police and a hospital. Their events stay as they are, each of its
//! own source; an incident says which of them are one occurrence, how sure that is, and whether a person said so.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    event::{Event, EventKind, NaloxoneGiven, Outcome, TimePrecision, text_enum},
    ids::{EventId, IncidentId, JurisdictionId, SourceId},
    place::Point,
    time::Day,
};

/// One event as linking sees it. `None` is "not known" and speaks neither for nor against.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    pub id: EventId,
    pub jurisdiction: JurisdictionId,
    pub source: SourceId,
    pub kind: EventKind,
    pub occurred_at: DateTime<Utc>,
    pub time_precision: TimePrecision,
    pub event_day: Day,
    pub point: Option<Point>,
    /// Radius in metres that holds the true place about nine times in ten.
    pub uncertainty_m: Option<f64>,
    pub outcome: Outcome,
    pub naloxone: NaloxoneGiven,
    /// As the attributes `age_band` (or `age_group`) and `sex` (or `gender`) hold them, in lower case.
    pub age_band: Option<String>,
    pub sex: Option<String>,
    /// What it is linked to so far.
    pub incident: Option<IncidentId>,
}

impl Sighting {
    /// A word of a field as two sources can be held against each other: in lower case, and none that says nothing.
    pub fn word(text: Option<&str>) -> Option<String> {
        let text = text?.trim().to_lowercase();
        (!text.is_empty() && !text.starts_with("unknown")).then_some(text)
    }
}

/// What an event belonged to before something it was linked with was withdrawn: what is known as of then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastLink {
    pub event: EventId,
    /// `None` where it belonged to nothing.
    pub incident: Option<IncidentId>,
    /// When the withdrawal was received: as of this time and later the present membership holds.
    pub until: DateTime<Utc>,
    /// The block of days that says so.
    pub block: i32,
}

/// What linking has to know of the past of some days.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Past {
    /// Overdoses that are withdrawn now, as they stood last, with when their withdrawal was received; by day, then id.
    pub withdrawn: Vec<(Sighting, DateTime<Utc>)>,
    /// What is stored; by event.
    pub links: Vec<PastLink>,
}

impl Past {
    pub fn is_empty(&self) -> bool {
        self.withdrawn.is_empty() && self.links.is_empty()
    }
}

/// Events that are one occurrence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Incident {
    /// A function of the earliest event, so that it stays when later reports join.
    pub id: IncidentId,
    pub first_at: DateTime<Utc>,
    /// Reports, two or more.
    pub reports: u32,
    /// Sources that tell of it: 2 agree, 3 agree.
    pub sources: u32,
    /// The chance, 0 to 1, of the weakest of the links that hold it together, by the model; 1 where a person said so.
    pub score: f64,
    /// Whether a person joined any of it.
    pub by_person: bool,
    pub linked_at: DateTime<Utc>,
}

/// An incident with those of its events that the caller may see, earliest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IncidentReports {
    pub incident: Incident,
    pub events: Vec<Event>,
}

text_enum! {
    /// What a person said of two events.
    LinkVerdict {
        /// They are one occurrence.
        Together = "together",
        /// They are two.
        Apart = "apart",
    }
}

/// A person's word about two events. It goes before all weights; the newest word about a pair stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LinkDecision {
    pub event: EventId,
    pub other: EventId,
    pub verdict: LinkVerdict,
    pub note: String,
    pub by: String,
    pub at: DateTime<Utc>,
}

impl LinkDecision {
    /// The smaller id first: a pair has no order.
    #[must_use]
    pub fn ordered(mut self) -> Self {
        if self.other < self.event {
            std::mem::swap(&mut self.event, &mut self.other);
        }
        self
    }
}

/// What the last linking came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LinkRun {
    pub at: DateTime<Utc>,
    pub method: String,
    pub method_version: u32,
    /// Days that were linked anew, and those that were learned from.
    pub from: Day,
    pub to: Day,
    pub reports: u64,
    /// Pairs of reports of different sources that were weighed.
    pub pairs: u64,
    /// ln m/u from which a pair was linked, of the newest days.
    pub threshold: Option<f64>,
    /// Share of the linked pairs that is expected to be false.
    pub expected_false: Option<f64>,
}

text_enum! {
    /// By which way an overdose became known: the attribute `channel` of an event. The state composite counts by it.
    Channel {
        Ems = "ems",
        EmergencyDepartment = "emergency_department",
        Police = "police",
        Community = "community",
        MedicalExaminer = "medical_examiner",
    }
}

/// One report of an overdose, as the state composite reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldReport {
    pub id: EventId,
    pub source: SourceId,
    pub event_day: Day,
    pub outcome: Outcome,
    pub incident: Option<IncidentId>,
    /// `None` where the mapping of the source does not say.
    pub channel: Option<Channel>,
    /// Whether an ambulance took the patient along; the attribute `disposition` (`transported`, `not transported`).
    pub transported: Option<bool>,
}

/// What a linking changes, in one transaction.
#[derive(Debug, Clone, Default)]
pub struct LinkChanges {
    pub members: Vec<(EventId, Option<IncidentId>)>,
    pub incidents: Vec<Incident>,
    pub gone: Vec<IncidentId>,
    /// Added, or put in the place of what was said of the event.
    pub past: Vec<PastLink>,
    pub past_gone: Vec<EventId>,
}

impl LinkChanges {
    pub fn is_empty(&self) -> bool {
        let present = self.members.is_empty() && self.incidents.is_empty() && self.gone.is_empty();
        present && self.past.is_empty() && self.past_gone.is_empty()
    }
}
