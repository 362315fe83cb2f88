//! Geocoders on other machines: what they are asked, what they answer, how each source fares with them.
//!
//! Addresses of overdoses are sensitive: a [`RemoteQuestion`] holds everything that leaves the building, and does not
//! show itself when it is printed. Answers are kept as they were given ([`RemoteReply`]); what they are worth is
//! judged each time they are used, because outlines may change after the question was asked.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    event::{PlacedBy, text_enum},
    ids::{EventId, RemoteQuestionId, SourceId},
    place::{Point, Precision},
};

text_enum! {
    /// Which protocol a service speaks.
    RemoteKind {
        Nominatim = "nominatim",
        Photon = "photon",
        Pelias = "pelias",
        /// The batch service of the US Census Bureau.
        Census = "census",
    }

    /// What an answer stands for, finest first.
    RemoteLevel {
        /// The house itself.
        House = "house",
        /// Computed between known house numbers.
        Interpolated = "interpolated",
        Crossing = "crossing",
        Street = "street",
        /// A named place: a shop, a park.
        Venue = "venue",
        Zip = "zip",
        Town = "town",
        /// A county, a state.
        Larger = "larger",
    }

    /// Why an answer was not believed.
    RemoteRefusal {
        /// It lies outside the jurisdiction's outlines.
        Outside = "outside",
        /// It lies in another town or ZIP area than the event's text says.
        OtherTown = "other_town",
        /// It is of another street, or of a place that was not asked about.
        OtherStreet = "other_street",
        /// It says no more than the town.
        TooCoarse = "too_coarse",
    }
}

impl RemoteKind {
    /// As the place of an event tells it.
    pub fn placed_by(self) -> PlacedBy {
        match self {
            Self::Nominatim => PlacedBy::Nominatim,
            Self::Photon => PlacedBy::Photon,
            Self::Pelias => PlacedBy::Pelias,
            Self::Census => PlacedBy::Census,
        }
    }
}

/// Everything that is sent about one address.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RemoteQuestion {
    /// House number and street, or the streets of a crossing.
    pub street: String,
    pub town: Option<String>,
    pub zip: Option<String>,
    /// The same for all addresses of a service.
    pub state: Option<String>,
    /// Two letters, lower case; the same for all addresses of a service.
    pub country: Option<String>,
}

impl RemoteQuestion {
    /// Equal texts, however written in upper and lower case, are one question.
    pub fn id(&self) -> RemoteQuestionId {
        let upper = |t: &Option<String>| t.as_deref().unwrap_or("").to_uppercase();
        let [town, zip, state, country] = [&self.town, &self.zip, &self.state, &self.country].map(upper);
        RemoteQuestionId::derived(&[&self.street.to_uppercase(), &town, &zip, &state, &country])
    }

    /// "12 Main St, Orono, ME 04473".
    pub fn one_line(&self) -> String {
        let area = [&self.state, &self.zip].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
        let parts = [Some(self.street.as_str()), self.town.as_deref(), Some(area.as_str())];
        parts.into_iter().flatten().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Debug for RemoteQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(an address)")
    }
}

/// One of the places that a service names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RemoteCandidate {
    pub point: Point,
    pub level: RemoteLevel,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub house_number: Option<String>,
    /// Of a crossing: both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub town: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zip: Option<String>,
    /// The service's own word on how well it fits, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

/// What a service answered, in its own order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RemoteReply {
    pub candidates: Vec<RemoteCandidate>,
    /// The service says that several places fit equally, and names none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tied: bool,
}

/// No more candidates than this are asked for or kept.
pub const MOST_CANDIDATES: usize = 8;

/// A place that is believed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RemotePlace {
    pub point: Point,
    /// No finer than the radius allows.
    pub precision: Precision,
    /// Metres around the point that should hold the true place about nine times in ten; stated by us.
    pub radius_m: f64,
    /// 0 to 1.
    pub score: f64,
}

/// What a reply means for the one who asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RemoteVerdict {
    Found(RemotePlace),
    /// Several places this far apart fit equally; the service may not say how far.
    Ambiguous {
        spread_km: Option<f64>,
    },
    Refused(RemoteRefusal),
    Nothing,
}

/// A reply as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteAnswer {
    /// Kind and address of the service.
    pub service: String,
    pub question: RemoteQuestionId,
    /// The source for which it was asked first.
    pub source: SourceId,
    pub asked_at: DateTime<Utc>,
    pub reply: RemoteReply,
}

/// How a service behaved when it was last asked.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteService {
    pub service: String,
    /// One after another; 0 when it answered.
    pub failures: u32,
    /// It is not asked before.
    pub rests_until: Option<DateTime<Utc>>,
    /// Why it did not answer. Never holds an address.
    pub error: Option<String>,
    pub heard_at: Option<DateTime<Utc>>,
}

/// An event as the asking of remote geocoders sees it.
#[derive(Clone, PartialEq)]
pub struct Unplaced {
    pub id: EventId,
    pub source: SourceId,
    pub address: String,
    pub town: Option<String>,
    pub zip: Option<String>,
    pub precision: Precision,
    pub placed_by: PlacedBy,
}

/// How a source's addresses fare with remote geocoders, as of the last look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RemoteStanding {
    pub source: SourceId,
    pub looked_at: DateTime<Utc>,
    /// In the order of trial.
    pub services: Vec<RemoteServiceStanding>,
    /// Events that stand where a remote geocoder put them.
    pub placed: u64,
    /// Events that wait for an answer.
    pub waiting: u64,
    /// Events whose address could mean several distant places.
    pub ambiguous: u64,
    /// Events with an answer that was not believed, by reason.
    pub refused: Vec<RemoteRefused>,
    /// Events whose address no service knows.
    pub unknown: u64,
    /// Events with a text that names no street: it is never sent.
    pub not_asked: u64,
    /// What the places were judged by: outlines and services. Another one, and all are judged again.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(ignore)]
    pub basis: String,
}

/// One service that a source's addresses may be sent to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RemoteServiceStanding {
    /// Kind and address.
    pub service: String,
    /// Different addresses of the source that were sent to it and answered.
    pub answered: u64,
    /// Events that stand where a service of its kind put them.
    pub placed: u64,
    /// It does not answer and is left alone until then.
    pub rests_until: Option<DateTime<Utc>>,
    pub error: Option<String>,
    /// Whose data its answers are.
    pub credit: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemoteRefused {
    pub why: RemoteRefusal,
    pub events: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_known_by_its_text_and_never_printed() {
        let question = RemoteQuestion {
            street: "12 Main St".into(),
            town: Some("Orono".into()),
            zip: Some("04473".into()),
            state: Some("ME".into()),
            country: Some("us".into()),
        };
        assert_eq!(question.one_line(), "12 Main St, Orono, ME 04473");
        assert_eq!(question.id(), RemoteQuestion { street: "12 MAIN ST".into(), ..question.clone() }.id());
        assert_ne!(question.id(), RemoteQuestion { town: None, ..question.clone() }.id());
        assert!(!format!("{question:?}").contains("Main"));
        let bare = RemoteQuestion { town: None, zip: None, state: None, country: None, ..question };
        assert_eq!(bare.one_line(), "12 Main St");
    }
}
