//! Alerts: signals that passed policy, followed from the first day to the last.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    event::{EventKind, text_enum},
    ids::{AlertId, AreaId, SignalId},
    place::{Cell, Point},
    time::{Day, DayRange},
};

text_enum! {
    /// How loud. Ordered: watch < alert.
    Tier {
        /// In lists only.
        Watch = "watch",
        /// Pushed to people.
        Alert = "alert",
    }

    AlertState {
        Open = "open",
        Acknowledged = "acknowledged",
        Investigating = "investigating",
        Dismissed = "dismissed",
        /// Not signalled for as many days as the policy waits.
        Over = "over",
    }

    /// What a person did about an alert.
    DecisionKind {
        Acknowledge = "acknowledge",
        Investigate = "investigate",
        Dismiss = "dismiss",
        Reopen = "reopen",
    }

    /// Why an alert was dismissed; counted per rule as its record.
    DismissReason {
        /// Expected: an event, a clinic, a known batch.
        KnownCause = "known_cause",
        DataProblem = "data_problem",
        /// Real numbers, nothing behind them.
        Chance = "chance",
        /// Already being handled elsewhere.
        AlreadyHandled = "already_handled",
        Other = "other",
    }
}

/// One cluster or area spike as people see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Alert {
    pub id: AlertId,
    /// Raised by one with every change; a decision must name the version it saw.
    pub version: u32,
    pub tier: Tier,
    pub state: AlertState,
    /// Name of the rule that sent it, for its record.
    pub rule: String,
    pub kind: EventKind,
    /// "Downtown Bangor: 6 overdoses in 3 days, 1.2 are usual".
    pub headline: String,
    /// One or two plain sentences with counts and how often chance would do this.
    pub sentence: String,
    pub place_name: String,
    pub area: Option<AreaId>,
    pub cells: Vec<Cell>,
    pub centre: Option<Point>,
    pub radius_km: Option<f64>,
    pub window: DayRange,
    pub observed: u32,
    pub expected: f64,
    pub expected_range: [f64; 2],
    pub p_value: f64,
    pub recurrence_interval_days: f64,
    /// The rarest it has been over its life, days.
    pub peak_recurrence_interval_days: f64,
    pub first_signalled: Day,
    pub last_signalled: Day,
    /// Signals merged into it, oldest first.
    pub signals: Vec<SignalId>,
    pub caveats: Vec<String>,
    pub updated_at: DateTime<Utc>,
}

/// A decision as it stands in the alert's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Decision {
    pub kind: DecisionKind,
    pub reason: Option<DismissReason>,
    pub note: String,
    /// Display name of who decided.
    pub by: String,
    pub at: DateTime<Utc>,
    /// Version of the alert that was decided upon.
    pub alert_version: u32,
}
