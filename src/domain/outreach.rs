//! Outreach: who goes where, what is owed, what was done.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    alert::Tier,
    corroboration::Corroboration,
    event::text_enum,
    ids::{AlertId, AreaId, EncounterId, EventId, FollowUpId, UserId},
    place::{Cell, Point},
    quality::DataAge,
    time::{Day, Shift},
};

text_enum! {
    /// What put a place on the list.
    ReasonKind {
        Alert = "alert",
        Watch = "watch",
        Forecast = "forecast",
    }

    FollowUpState {
        Due = "due",
        Attempted = "attempted",
        Reached = "reached",
        Declined = "declined",
        Lost = "lost",
    }

    Trigger {
        Hotspot = "hotspot",
        FollowUp = "follow_up",
        Referral = "referral",
        Other = "other",
    }

    /// How contact was sought.
    ContactMode {
        Visit = "visit",
        Phone = "phone",
        Text = "text",
        Site = "site",
    }

    /// Who was reached.
    Contacted {
        Survivor = "survivor",
        Family = "family",
        Nobody = "nobody",
    }
}

/// A place to go first, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BriefPlace {
    /// 1 is first.
    pub rank: u8,
    pub name: String,
    pub area: Option<AreaId>,
    pub area_name: Option<String>,
    pub reason_kind: ReasonKind,
    /// One sentence: what, against what is usual, how often chance would do it.
    pub reason: String,
    /// How sure, in words: "very sure", "fairly sure", "a hint".
    pub certainty: String,
    pub observed: u32,
    pub expected: f64,
    pub expected_range: [f64; 2],
    pub window_days: u32,
    pub recurrence_interval_days: Option<f64>,
    /// Probability of at least one overdose here during the next `forecast_days` days.
    pub forecast_p: Option<f64>,
    pub forecast_days: Option<u32>,
    /// Of the overdoses of the window that stand here now, how many several sources tell of. `null` where there are
    /// none, and where fewer than two sources tell of overdoses.
    #[serde(default)]
    pub corroboration: Option<Corroboration>,
    /// Daily counts of the last 14 days, oldest first.
    pub recent: Vec<u32>,
    /// What is known about the place, in short sentences ("Last visit 9 days ago, 14 kits left").
    pub known: Vec<String>,
    pub alert: Option<AlertId>,
    pub tier: Option<Tier>,
    /// Centre of the cells, never the point of an event.
    pub centre: Point,
    pub cells: Vec<Cell>,
    pub caveats: Vec<String>,
}

/// What a liaison reads before a shift.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ShiftBrief {
    pub catchment: Vec<AreaId>,
    pub catchment_name: String,
    pub shift: Shift,
    /// At most three.
    pub places: Vec<BriefPlace>,
    /// Said when `places` is empty or thin: why, in a sentence.
    pub quiet: Option<String>,
    pub follow_ups: Vec<FollowUp>,
    /// What changed since the shift before, in sentences.
    pub changes: Vec<String>,
    /// What could not be noticed here, in a sentence.
    pub limits: String,
    pub data: DataAge,
}

/// Contact owed after an overdose. No names: the place is where the survivor can be found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FollowUp {
    pub id: FollowUpId,
    pub event: Option<EventId>,
    pub area: Option<AreaId>,
    pub cell: Option<Cell>,
    pub place_name: String,
    /// What is owed and why, in a sentence.
    pub what: String,
    pub opened_at: DateTime<Utc>,
    pub due_by: DateTime<Utc>,
    pub state: FollowUpState,
    pub attempts: u32,
    pub assigned_to: Option<UserId>,
}

/// One outreach contact, made or attempted; the monthly report is counted from these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Encounter {
    pub id: EncounterId,
    pub trigger: Trigger,
    pub follow_up: Option<FollowUpId>,
    pub alert: Option<AlertId>,
    pub area: Option<AreaId>,
    pub cell: Option<Cell>,
    pub at: DateTime<Utc>,
    pub day: Day,
    pub mode: ContactMode,
    pub contacted: Contacted,
    pub consent: bool,
    pub kits_given: u32,
    /// Types of referral made, for example `treatment`, `housing`, `peer`.
    pub referrals: Vec<String>,
    pub minutes: Option<u32>,
    pub note: String,
    pub by: UserId,
    pub by_name: String,
}
