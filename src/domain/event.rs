//! Events: one reported occurrence each, in three clocks and one place.
//!
//! A [`Report`] is what a feed said, read but not yet placed. An [`Event`] is a version of a stored,
//! placed report. An [`EventFact`] is the slim row that analysis reads.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    case::CaseMatch,
    ids::{AreaId, EventId, IncidentId, JurisdictionId, SourceId},
    place::{Cell, Point, Precision},
    time::Day,
};

macro_rules! text_enum {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// `None` when the text is none of the known words.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}
pub(crate) use text_enum;

text_enum! {
    EventKind {
        Overdose = "overdose",
        /// Naloxone administered or distributed (`attributes.naloxone_use` says which, where known).
        Naloxone = "naloxone",
        Outreach = "outreach",
    }

    /// What came of an overdose.
    Outcome {
        Fatal = "fatal",
        /// Reclassified later, when the cause of death is certified.
        SuspectedFatal = "suspected_fatal",
        Nonfatal = "nonfatal",
        Unknown = "unknown",
    }

    /// Naloxone given at an overdose.
    NaloxoneGiven {
        None = "none",
        Single = "single",
        Multiple = "multiple",
        /// Given, number of doses not stated.
        Given = "given",
        Unknown = "unknown",
    }

    /// How exactly the time of the occurrence is known.
    TimePrecision {
        Instant = "instant",
        Day = "day",
        /// The day is that of the report; the occurrence may be earlier.
        ReportedDay = "reported_day",
    }

    /// Something a reader of the row should know.
    Flag {
        /// The clock showed this time twice on that day; the first was taken.
        TimeTwice = "time_twice",
        /// The clock never showed this time on that day; an hour on was taken.
        TimeNever = "time_never",
        /// The town named in the text is not the one whose outline holds the point.
        PlaceDisagrees = "place_disagrees",
        /// The point stands for many different addresses: a fall-back of the sender's geocoder.
        FallbackPoint = "fallback_point",
        /// The point lies in none of the jurisdiction's areas.
        OutsideAreas = "outside_areas",
        /// The sender randomised the point.
        Randomised = "randomised",
        /// `received_at` was not recorded by the sender and is assumed from a stated lag.
        ReceiptAssumed = "receipt_assumed",
    }
}

/// What a feed said about one occurrence, read by a mapping and not yet placed.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The sender's own id of the record, or a digest of the row where it has none.
    pub record_id: String,
    /// SHA-256 (hex, 32 characters kept) over everything below: equal hash, nothing changed.
    pub content_hash: String,
    pub kind: EventKind,
    pub occurred_at: DateTime<Utc>,
    pub time_precision: TimePrecision,
    pub reported_at: Option<DateTime<Utc>>,
    /// When the record was first available to us; `None` means "now, as it is stored".
    pub received_at: Option<DateTime<Utc>>,
    /// Calendar day of the occurrence in the source's zone.
    pub event_day: Day,
    pub outcome: Outcome,
    pub naloxone: NaloxoneGiven,
    /// Kits or doses for naloxone distribution, people for outreach; 1 for an overdose.
    pub quantity: u32,
    pub case: Option<CaseMatch>,
    pub place: PlaceText,
    /// Further columns the mapping keeps, as text by name, in the mapping's order.
    pub attributes: serde_json::Map<String, serde_json::Value>,
    pub flags: Vec<Flag>,
    /// The sender took the record back.
    pub withdrawn: bool,
}

/// Everything a report says about where.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlaceText {
    pub point: Option<Point>,
    /// What the sender claims its points are worth; `None` where the mapping does not say.
    pub stated_precision: Option<Precision>,
    pub address: Option<String>,
    pub town: Option<String>,
    pub zip: Option<String>,
    pub county: Option<String>,
    pub state: Option<String>,
}

text_enum! {
    /// What put an event in its place.
    PlacedBy {
        /// The sender's coordinates.
        Coordinates = "coordinates",
        Gazetteer = "gazetteer",
        Town = "town",
        Zip = "zip",
        County = "county",
        /// A geocoder on another machine; so are the three after it.
        Nominatim = "nominatim",
        Photon = "photon",
        Pelias = "pelias",
        Census = "census",
        Nothing = "nothing",
    }
}

impl PlacedBy {
    /// Whether the address was sent to another machine to find the place.
    pub fn is_remote(self) -> bool {
        matches!(self, Self::Nominatim | Self::Photon | Self::Pelias | Self::Census)
    }
}

/// Where an event is, as far as that is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Location {
    pub point: Option<Point>,
    pub precision: Precision,
    /// Radius in metres that holds the true place about nine times in ten, where it can be said.
    pub uncertainty_m: Option<f64>,
    /// The finest cell the precision allows; `None` when the event may count only in areas.
    pub cell: Option<Cell>,
    /// The finest area whose outline holds the point, or that the text names.
    pub area: Option<AreaId>,
    pub placed_by: PlacedBy,
    pub address: Option<String>,
    pub town: Option<String>,
    pub zip: Option<String>,
}

/// One version of one stored event. Versions are append-only: a correction is a new version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    pub id: EventId,
    pub jurisdiction: JurisdictionId,
    pub source: SourceId,
    pub record_id: String,
    /// 1 for the first version.
    pub version: u32,
    #[serde(skip)]
    pub content_hash: String,
    pub kind: EventKind,
    pub occurred_at: DateTime<Utc>,
    pub time_precision: TimePrecision,
    pub reported_at: Option<DateTime<Utc>>,
    /// From when this version was known to us.
    pub received_at: DateTime<Utc>,
    pub event_day: Day,
    pub outcome: Outcome,
    pub naloxone: NaloxoneGiven,
    pub quantity: u32,
    pub case: Option<CaseMatch>,
    pub location: Location,
    pub incident: Option<IncidentId>,
    #[schema(value_type = Object)]
    pub attributes: serde_json::Map<String, serde_json::Value>,
    pub flags: Vec<Flag>,
    pub withdrawn: bool,
}

/// The slim row that analysis reads: no text, no point finer than its cell.
#[derive(Debug, Clone, PartialEq)]
pub struct EventFact {
    pub id: EventId,
    pub source: SourceId,
    pub kind: EventKind,
    pub occurred_at: DateTime<Utc>,
    pub received_at: DateTime<Utc>,
    pub event_day: Day,
    pub outcome: Outcome,
    pub naloxone: NaloxoneGiven,
    pub quantity: u32,
    pub precision: Precision,
    pub cell: Option<Cell>,
    pub area: Option<AreaId>,
    pub incident: Option<IncidentId>,
}
