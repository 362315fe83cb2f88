//! The words of a sighting: what is compared beside time and place.

use crate::domain::{
    event::{NaloxoneGiven, Outcome},
    incident::Sighting,
};

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
