//! Alert rules in the words a person uses: where, what is counted, how loud, and how many false alerts it may cost.
//!
//! A rule names a *budget*: the alerts that chance alone may begin in a year, in each of its areas (or, for clusters,
//! anywhere in the jurisdiction). Bounds are never typed in: each area's own history says which counts are so rare that
//! they begin as seldom as the budget allows. What a rule really did is counted in its
//! [record](super::alert::RuleRecord); what each area can and cannot see at its budget is its [`RuleStanding`].
//!
//! Four rules are built in ([`built_in`]); a jurisdiction's own come beside them, and one with a built-in's id takes its
//! place. To add a measure: a word in [`CaseMeasure`], what it counts, and its name in `language::counted`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::{
    alert::Tier,
    area::{AreaKind, AreaTree},
    event::{EventFact, NaloxoneGiven, Outcome, text_enum},
    ids::{AreaId, RuleId},
    time::Day,
};

/// Days of a year in all budgets.
pub const YEAR: f64 = 365.25;
/// Most false alerts a year in one area: with episodes of a week and more, no more fit into a quiet year.
pub const MOST_PER_AREA: f64 = 12.0;
/// The same for clusters anywhere in the jurisdiction: one a week.
pub const MOST_CLUSTERS: f64 = 52.0;
/// Rarer than once in a hundred years cannot be told from the null distribution.
pub const FEWEST: f64 = 0.01;

text_enum! {
    /// Which overdoses a rule counts.
    #[derive(Default)]
    CaseMeasure {
        #[default]
        Overdoses = "overdoses",
        /// Fatal and suspected fatal.
        FatalOverdoses = "fatal_overdoses",
        NonfatalOverdoses = "nonfatal_overdoses",
        /// Overdoses that took more than one dose of naloxone.
        RepeatedNaloxone = "repeated_naloxone",
    }
}

impl CaseMeasure {
    /// Whether an overdose is counted.
    pub fn counts(self, overdose: &EventFact) -> bool {
        match self {
            Self::Overdoses => true,
            Self::FatalOverdoses => matches!(overdose.outcome, Outcome::Fatal | Outcome::SuspectedFatal),
            Self::NonfatalOverdoses => overdose.outcome == Outcome::Nonfatal,
            Self::RepeatedNaloxone => overdose.naloxone == NaloxoneGiven::Multiple,
        }
    }
}

/// Where a rule looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "look_at", rename_all = "snake_case", deny_unknown_fields)]
pub enum RulePlaces {
    /// Clusters of cells anywhere in the jurisdiction (the space-time scan).
    Clusters,
    /// Every area of a kind, each against its own history.
    EachOf { kind: AreaKind },
    /// These areas, each against its own history.
    Areas { areas: Vec<AreaId> },
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertRule {
    pub id: RuleId,
    /// What people call it.
    pub name: String,
    pub places: RulePlaces,
    pub measure: CaseMeasure,
    pub tier: Tier,
    /// Alerts that chance alone may begin in a year: in each area, or for clusters in the whole jurisdiction.
    pub false_alerts_per_year: f64,
    /// A rule that is off sends nothing and keeps its record.
    pub enabled: bool,
    /// When it took its present form; `None` for a built-in rule.
    pub changed_at: Option<DateTime<Utc>>,
    /// Who gave it that form.
    pub changed_by: String,
}

/// Why a rule cannot be: the field and a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field}: {why}")]
pub struct RuleProblem {
    pub field: &'static str,
    pub why: String,
}

impl AlertRule {
    /// In how many days chance alone begins one, in one area (or in the whole jurisdiction).
    pub fn recurrence_days(&self) -> f64 {
        YEAR / self.false_alerts_per_year
    }

    pub fn of_clusters(&self) -> bool {
        self.places == RulePlaces::Clusters
    }

    /// The areas it judges, sorted; none for clusters.
    pub fn areas(&self, tree: &AreaTree) -> Vec<AreaId> {
        match &self.places {
            RulePlaces::Clusters => Vec::new(),
            RulePlaces::EachOf { kind } => tree.of_kind(*kind),
            RulePlaces::Areas { areas } => {
                let mut known: Vec<AreaId> = areas.iter().filter(|a| tree.get(a).is_some()).cloned().collect();
                known.sort_unstable();
                known.dedup();
                known
            }
        }
    }

    /// Whether it is on and holds this measure of an area against the area's own history.
    pub fn judges(&self, area: &AreaId, measure: CaseMeasure, tree: &AreaTree) -> bool {
        let reaches = match &self.places {
            RulePlaces::Clusters => false,
            RulePlaces::EachOf { kind } => tree.kind(area) == Some(*kind),
            RulePlaces::Areas { areas } => areas.contains(area) && tree.get(area).is_some(),
        };
        self.enabled && self.measure == measure && reaches
    }

    /// False alerts a year to expect of it in the whole jurisdiction.
    pub fn false_alerts_in_all(&self, tree: &AreaTree) -> f64 {
        let places = if self.of_clusters() { 1 } else { self.areas(tree).len() };
        self.false_alerts_per_year * places as f64
    }

    /// # Errors
    /// When the budget cannot be kept, a name is missing, or an area is not known.
    pub fn check(&self, tree: &AreaTree) -> Result<(), RuleProblem> {
        let problem = |field, why: String| Err(RuleProblem { field, why });
        if !(1..=100).contains(&self.name.trim().chars().count()) {
            return problem("name", "expected 1 to 100 characters".into());
        }
        let most = if self.of_clusters() { MOST_CLUSTERS } else { MOST_PER_AREA };
        if !(FEWEST..=most).contains(&self.false_alerts_per_year) {
            let place = if self.of_clusters() { "in the jurisdiction" } else { "in each area" };
            return problem(
                "false_alerts_per_year",
                format!("expected {FEWEST} to {most} a year {place}, got {}", self.false_alerts_per_year),
            );
        }
        match &self.places {
            RulePlaces::Clusters if self.measure != CaseMeasure::Overdoses => {
                return problem("measure", "clusters are looked for among all overdoses; expected overdoses".into());
            }
            RulePlaces::Clusters => {}
            RulePlaces::Areas { areas } if areas.is_empty() => {
                return problem("places", "expected one area or more".into());
            }
            RulePlaces::Areas { areas } => {
                if let Some(unknown) = areas.iter().find(|a| tree.get(a).is_none()) {
                    return problem("places", format!("\"{unknown}\" is not an area of this jurisdiction"));
                }
            }
            RulePlaces::EachOf { kind } => {
                if tree.of_kind(*kind).is_empty() {
                    return problem("places", format!("this jurisdiction has no area of kind {}", kind.as_str()));
                }
            }
        }
        Ok(())
    }
}

/// What the operator sets of the built-in rules.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BuiltInBudgets {
    /// Clusters rarer than once in so many days are listed, and sent.
    pub cluster_watch_days: f64,
    pub cluster_alert_days: f64,
    /// False alerts a year of all areas together.
    pub areas_watch_per_year: f64,
    pub areas_alert_per_year: f64,
}

/// No area needs to be louder than this by chance alone: one watch in a hundred days, one alert a year.
const MOST_WATCH_PER_AREA: f64 = 3.65;
const MOST_ALERT_PER_AREA: f64 = 1.0;

/// The rules that hold where a jurisdiction has set nothing: clusters anywhere, and every county (or town, where there
/// is no county), at two tiers. What all areas together may cost is shared out equally, so that a state of many counties
/// is no louder than one of few.
pub fn built_in(tree: &AreaTree, budgets: &BuiltInBudgets) -> Vec<AlertRule> {
    let rule = |id: &str, name: &str, places: &RulePlaces, tier, per_year: f64| AlertRule {
        id: RuleId::new(id).expect("the ids of the built-in rules are slugs"),
        name: name.to_owned(),
        places: places.clone(),
        measure: CaseMeasure::Overdoses,
        tier,
        false_alerts_per_year: per_year,
        enabled: true,
        changed_at: None,
        changed_by: String::new(),
    };
    let clusters = RulePlaces::Clusters;
    let mut rules = vec![
        rule("clusters-alert", "Clusters, alert", &clusters, Tier::Alert, YEAR / budgets.cluster_alert_days),
        rule("clusters-watch", "Clusters, watch", &clusters, Tier::Watch, YEAR / budgets.cluster_watch_days),
    ];
    let kind = tree.level();
    let n = tree.of_kind(kind).len();
    if n > 0 {
        let each = RulePlaces::EachOf { kind };
        let share = |all: f64, most: f64| (all / n as f64).clamp(FEWEST, most);
        let (alert, watch) = (
            share(budgets.areas_alert_per_year, MOST_ALERT_PER_AREA),
            share(budgets.areas_watch_per_year, MOST_WATCH_PER_AREA),
        );
        rules.push(rule("areas-alert", "Areas, alert", &each, Tier::Alert, alert));
        rules.push(rule("areas-watch", "Areas, watch", &each, Tier::Watch, watch));
    }
    rules
}

/// The built-in rules, each replaced by the jurisdiction's own of the same id, and then the jurisdiction's others.
pub fn in_force(built_in: Vec<AlertRule>, own: &[AlertRule]) -> Vec<AlertRule> {
    let mut others: Vec<AlertRule> = own.iter().filter(|r| !built_in.iter().any(|b| b.id == r.id)).cloned().collect();
    others.sort_by(|a, b| a.id.cmp(&b.id));
    let replaced = built_in.into_iter().map(|b| own.iter().find(|r| r.id == b.id).cloned().unwrap_or(b));
    replaced.chain(others).collect()
}

/// Where one area stands under one rule, and what the rule can see there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleStanding {
    pub rule: RuleId,
    pub area: AreaId,
    pub as_of: Day,
    /// Cases a day that are usual there now.
    pub usual_per_day: Option<f64>,
    /// In how many days chance alone begins what was seen by the last judged day.
    pub recurrence_interval_days: Option<f64>,
    /// Chance that the rule speaks within a week of the first day of a week with twice as many cases as usual, 0 to 1.
    pub sees_double: Option<f64>,
    /// The same of three times as many.
    pub sees_triple: Option<f64>,
    /// The fewest extra cases within a week that it sees eight times in ten.
    pub sees_extra: Option<u32>,
    /// Alerts that it would have begun on the area's own last days, judged anew with what is known now.
    pub would_have_begun: Option<u32>,
    /// Days that this was counted over.
    pub days_judged: u32,
    /// Why the area cannot be judged; empty when it can.
    pub reason: String,
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
