//! What linking reads of an event.

use chrono::{DateTime, Utc};

use crate::domain::{
    event::{Event, EventKind, NaloxoneGiven, Outcome, TimePrecision},
    ids::{EventId, JurisdictionId, SourceId},
    place::Point,
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
    pub point: Option<Point>,
    /// Radius in metres that holds the true place about nine times in ten.
    pub uncertainty_m: Option<f64>,
    pub outcome: Outcome,
    pub naloxone: NaloxoneGiven,
    /// As the attributes `age_band` (or `age_group`) and `sex` hold them.
    pub age_band: Option<String>,
    pub sex: Option<String>,
}

impl From<&Event> for Sighting {
    fn from(event: &Event) -> Self {
        let attribute = |names: &[&str]| {
            let text = names.iter().find_map(|n| event.attributes.get(*n)?.as_str())?.trim().to_lowercase();
            (!text.is_empty() && !text.starts_with("unknown")).then_some(text)
        };
        Self {
            id: event.id,
            jurisdiction: event.jurisdiction.clone(),
            source: event.source.clone(),
            kind: event.kind,
            occurred_at: event.occurred_at,
            time_precision: event.time_precision,
            point: event.location.point,
            uncertainty_m: event.location.uncertainty_m,
            outcome: event.outcome,
            naloxone: event.naloxone,
            age_band: attribute(&["age_band", "age_group"]),
            sex: attribute(&["sex", "gender"]),
        }
    }
}

/// Fields that are words: outcome, naloxone, age band, sex.
pub(super) const WORDS: usize = 4;

/// The words of a sighting, as far as they are known.
pub(super) fn words(s: &Sighting) -> [Option<&str>; WORDS] {
    let outcome = match s.outcome {
        Outcome::Fatal | Outcome::SuspectedFatal => Some("fatal"),
        Outcome::Nonfatal => Some("nonfatal"),
        Outcome::Unknown => None,
    };
    // One source counts doses, another only knows that some were given.
    let naloxone = match s.naloxone {
        NaloxoneGiven::None => Some("none"),
        NaloxoneGiven::Single | NaloxoneGiven::Multiple | NaloxoneGiven::Given => Some("given"),
        NaloxoneGiven::Unknown => None,
    };
    [outcome, naloxone, s.age_band.as_deref(), s.sex.as_deref()]
}
