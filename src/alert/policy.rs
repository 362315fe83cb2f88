//! Which signals become alerts, and how many false ones that costs.
//!
//! A rule is an [`AlertRule`] in force: it speaks for signals of its own kind (clusters, or its areas), of its own
//! measure, that chance alone gives at most as often as its budget allows. The *recurrence interval* of a signal is in how
//! many days chance alone gives one as unusual (Kleinman 2004; the term is that of the New York City health
//! department's daily scans): for clusters somewhere in the whole jurisdiction, for an area in that area. A rule of B
//! false alerts a year therefore asks for 365.25 ÷ B days; what it really sent is counted in its
//! [`RuleRecord`](crate::domain::alert::RuleRecord).

use crate::domain::{
    alert::Tier,
    area::AreaTree,
    ids::AreaId,
    rule::{AlertRule, CaseMeasure},
    signal::{Signal, SignalScope},
};

/// When to speak.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// A signal takes the loudest tier among the rules it meets; meeting none, it is not shown.
    pub rules: Vec<Rule>,
    /// Clusters of fewer cases are not shown, however rare. An area's own rule needs no such floor: its null
    /// distribution knows that two cases may be all that ever comes.
    pub min_cases: u32,
    /// An alert is over when it was not signalled for this many days with data.
    pub days_until_over: i32,
    /// When an alert has grown so much that people are told again.
    pub growth: Growth,
}

/// One rule, ready to be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Kept on every alert it sent.
    pub id: String,
    pub tier: Tier,
    /// Chance alone gives such a signal at most once in this many days.
    pub min_recurrence_days: f64,
    pub measure: CaseMeasure,
    pub reach: Reach,
}

/// Whose signals a rule reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    Clusters,
    /// Sorted.
    Areas(Vec<AreaId>),
}

/// Told again when what is above usual is `ratio` times what it was when told, **and** `more` cases more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    pub ratio: f64,
    pub more: u32,
    /// A dismissed alert is opened again only when it is this many times what it was when dismissed.
    pub reopen_ratio: f64,
}

impl Default for Growth {
    fn default() -> Self {
        Self { ratio: 1.5, more: 3, reopen_ratio: 2.0 }
    }
}

impl Rule {
    pub fn of(rule: &AlertRule, tree: &AreaTree) -> Self {
        let reach = if rule.of_clusters() { Reach::Clusters } else { Reach::Areas(rule.areas(tree)) };
        Self {
            id: rule.id.to_string(),
            tier: rule.tier,
            min_recurrence_days: rule.recurrence_days(),
            measure: rule.measure,
            reach,
        }
    }

    fn reads(&self, signal: &Signal) -> bool {
        let reaches = match (&self.reach, signal.scope, &signal.area) {
            (Reach::Clusters, SignalScope::Cells, _) => true,
            (Reach::Areas(areas), SignalScope::Area, Some(area)) => areas.binary_search(area).is_ok(),
            _ => false,
        };
        // The bound of a budget is met, not nearly missed, when both were rounded on their way.
        let rare = signal.recurrence_interval_days >= self.min_recurrence_days * (1.0 - 1e-9);
        reaches && rare && signal.measure == self.measure
    }
}

impl Policy {
    /// The rules that are switched on.
    pub fn new(rules: &[AlertRule], tree: &AreaTree, min_cases: u32, days_until_over: i32) -> Self {
        let rules = rules.iter().filter(|r| r.enabled).map(|r| Rule::of(r, tree)).collect();
        Self { rules, min_cases, days_until_over, growth: Growth::default() }
    }

    /// The rule that speaks for a signal: the loudest, then the strictest, it meets.
    pub fn rule_for(&self, signal: &Signal) -> Option<&Rule> {
        if signal.scope == SignalScope::Cells && signal.observed < self.min_cases {
            return None;
        }
        self.rules
            .iter()
            .filter(|r| r.reads(signal))
            .max_by(|a, b| a.tier.cmp(&b.tier).then(a.min_recurrence_days.total_cmp(&b.min_recurrence_days)))
    }
}
