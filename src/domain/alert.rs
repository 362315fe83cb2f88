//! Alerts: signals that passed policy, followed from the first day to the last.
//!
//! What may become of an alert when a person decides is part of what an alert *is*, so the rule
//! stands here ([`Alert::decide`]) and not in a stage: the API and the jobs obey the same one.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::{
    course::Turn,
    event::{EventKind, text_enum},
    ids::{AlertId, AreaId, SignalId},
    place::{Cell, Point},
    rule::CaseMeasure,
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

    /// What happened to an alert that people should hear about. Ordered: quietest first.
    News {
        /// Not signalled for as many days as the policy waits.
        Over = "over",
        /// At another place than the day before.
        Moved = "moved",
        /// Materially more events, or materially rarer, than when it was last told.
        Grown = "grown",
        /// From the watch list to an alert.
        Escalated = "escalated",
        /// New.
        Raised = "raised",
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
    /// Id of the rule that sent it, for its record.
    pub rule: String,
    pub kind: EventKind,
    /// Which of them are counted.
    #[serde(default)]
    pub measure: CaseMeasure,
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
    /// What became of it when it was last signalled.
    pub turn: Turn,
    /// The rarest it has been over its life, days.
    pub peak_recurrence_interval_days: f64,
    pub first_signalled: Day,
    pub last_signalled: Day,
    /// Signals merged into it, oldest first.
    pub signals: Vec<SignalId>,
    pub caveats: Vec<String>,
    /// Cases when people were last told of it: raised, escalated or grown.
    pub told_observed: u32,
    /// What was usual then.
    pub told_expected: f64,
    /// When it reached its present tier: what hours to acknowledgement count from.
    pub raised_at: DateTime<Utc>,
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

/// An alert together with what happened to it: what messages are written from.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertNews {
    pub alert: Alert,
    pub news: News,
    /// How old the data behind it are.
    pub data: super::quality::DataAge,
    /// What came of earlier alerts of the same rule, where there were any.
    pub record: Option<RuleRecord>,
}

/// What became of one alert, as its rule's record counts it.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertOutcome {
    /// As [`Alert::rule`].
    pub rule: String,
    pub state: AlertState,
    pub raised_at: DateTime<Utc>,
    pub first_decision_at: Option<DateTime<Utc>>,
    pub investigated: bool,
    /// Of the newest dismissal.
    pub dismissed_for: Option<DismissReason>,
}

/// What became of the alerts of one rule: its measured worth, shown beside every alert it sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleRecord {
    /// The rule's id, as in [`Alert::rule`].
    pub name: String,
    /// Alerts raised under the rule.
    pub sent: u32,
    /// Investigated and not dismissed afterwards.
    pub confirmed: u32,
    pub dismissed: u32,
    /// The dismissed ones by why, most frequent first.
    pub dismissed_for: Vec<DismissedFor>,
    /// From raising to the first decision; `None` until there was one.
    pub median_hours_to_acknowledge: Option<f64>,
}

/// How many alerts were dismissed for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DismissedFor {
    pub reason: DismissReason,
    pub alerts: u32,
}

/// Why a decision cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecideError {
    #[error("to dismiss an alert, say why: known_cause, data_problem, chance, already_handled or other")]
    ReasonMissing,
    #[error("only a dismissal has a reason")]
    ReasonNotAsked,
    #[error("an alert that is {state} cannot be changed by \"{kind}\"")]
    NotFrom { state: AlertState, kind: DecisionKind },
    #[error("the alert is at version {now}, the decision was about version {seen}; read it again")]
    Changed { seen: u32, now: u32 },
}

impl Alert {
    /// The alert after a person's decision; one version on.
    ///
    /// Open alerts may be acknowledged, investigated or dismissed; acknowledged ones investigated or
    /// dismissed; investigated ones dismissed. One that is over may still be dismissed, for its rule's
    /// record. Only a dismissed one can be reopened.
    ///
    /// # Errors
    /// When the version seen is not the present one, the state does not allow it, or a dismissal has no reason.
    pub fn decide(
        &self,
        kind: DecisionKind,
        reason: Option<DismissReason>,
        seen_version: u32,
        at: DateTime<Utc>,
    ) -> Result<Alert, DecideError> {
        use AlertState::{Acknowledged, Dismissed, Investigating, Open, Over};
        if seen_version != self.version {
            return Err(DecideError::Changed { seen: seen_version, now: self.version });
        }
        let state = match (kind, self.state) {
            (DecisionKind::Acknowledge, Open) => Acknowledged,
            (DecisionKind::Investigate, Open | Acknowledged) => Investigating,
            (DecisionKind::Dismiss, Open | Acknowledged | Investigating | Over) => Dismissed,
            (DecisionKind::Reopen, Dismissed) => Open,
            (kind, state) => return Err(DecideError::NotFrom { state, kind }),
        };
        match (kind, reason) {
            (DecisionKind::Dismiss, None) => Err(DecideError::ReasonMissing),
            (DecisionKind::Dismiss, Some(_)) | (_, None) => {
                Ok(Alert { state, version: self.version + 1, updated_at: at, ..self.clone() })
            }
            (_, Some(_)) => Err(DecideError::ReasonNotAsked),
        }
    }
}

impl AlertOutcome {
    /// From an alert and its decisions, in the order they were taken.
    pub fn of(alert: &Alert, decisions: &[Decision]) -> Self {
        Self {
            rule: alert.rule.clone(),
            state: alert.state,
            raised_at: alert.raised_at,
            first_decision_at: decisions.iter().map(|d| d.at).min(),
            investigated: decisions.iter().any(|d| d.kind == DecisionKind::Investigate),
            dismissed_for: decisions.iter().rev().find(|d| d.kind == DecisionKind::Dismiss).and_then(|d| d.reason),
        }
    }
}

impl RuleRecord {
    /// Counted over alerts; those of other rules are passed over.
    pub fn of<'a>(rule: &str, outcomes: impl IntoIterator<Item = &'a AlertOutcome>) -> Self {
        let (mut sent, mut confirmed, mut dismissed) = (0, 0, 0);
        let mut reasons = vec![0u32; DismissReason::ALL.len()];
        let mut hours = Vec::new();
        for one in outcomes.into_iter().filter(|o| o.rule == rule) {
            sent += 1;
            if one.state == AlertState::Dismissed {
                dismissed += 1;
                if let Some(at) = DismissReason::ALL.iter().position(|r| Some(*r) == one.dismissed_for) {
                    reasons[at] += 1;
                }
            } else if one.investigated {
                confirmed += 1;
            }
            if let Some(first) = one.first_decision_at {
                hours.push(((first - one.raised_at).num_seconds() as f64 / 3600.0).max(0.0));
            }
        }
        let mut dismissed_for: Vec<DismissedFor> = DismissReason::ALL
            .iter()
            .zip(reasons)
            .filter(|(_, n)| *n > 0)
            .map(|(reason, alerts)| DismissedFor { reason: *reason, alerts })
            .collect();
        dismissed_for.sort_by_key(|d| std::cmp::Reverse(d.alerts));
        let median_hours_to_acknowledge = median(hours);
        Self { name: rule.to_owned(), sent, confirmed, dismissed, dismissed_for, median_hours_to_acknowledge }
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}
