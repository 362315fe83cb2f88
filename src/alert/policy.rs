//! Which signals become alerts, and how many false ones that costs.
//!
//! The *recurrence interval* of a signal is how often chance alone would give one as unusual,
//! somewhere in the whole area that was analysed (Kleinman 2004; the term is that of the New York
//! City health department's daily scans). A rule "recurrence ≥ R days" therefore lets through
//! 365.25 ÷ R false signals a year for each method that runs daily, by definition, whatever the size
//! of the jurisdiction; what it really sent is counted in its [`RuleRecord`](super::RuleRecord).

use serde::{Deserialize, Serialize};

use crate::domain::alert::Tier;

/// When to speak. Written in the configuration under `[alerts]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// A signal takes the loudest tier among the rules it meets; meeting none, it is not shown.
    pub rules: Vec<Rule>,
    /// Signals of fewer cases are not shown, however rare.
    pub min_cases: u32,
    /// An alert is over when it was not signalled for this many days with data.
    pub days_until_over: i32,
    /// When an alert has grown so much that people are told again.
    pub growth: Growth,
}

/// One step of loudness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Short name, kept on every alert it sent.
    pub name: String,
    pub tier: Tier,
    /// Chance alone gives such a signal at most once in this many days.
    pub min_recurrence_days: f64,
}

/// Told again when `observed ≥ ratio × told` **and** `observed ≥ told + more`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
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

impl Default for Policy {
    fn default() -> Self {
        Self {
            rules: vec![Rule::at("watch-30d", Tier::Watch, 30.0), Rule::at("alert-100d", Tier::Alert, 100.0)],
            min_cases: 3,
            days_until_over: 7,
            growth: Growth::default(),
        }
    }
}

impl Rule {
    pub fn at(name: &str, tier: Tier, min_recurrence_days: f64) -> Self {
        Self { name: name.to_owned(), tier, min_recurrence_days }
    }

    /// False alerts a year that the rule allows for one method that runs daily.
    pub fn expected_false_alerts_per_year(&self) -> f64 {
        365.25 / self.min_recurrence_days
    }
}

impl Policy {
    /// The stricter choice: alerts at a recurrence of a year, about one false alert a year and method.
    pub fn yearly() -> Self {
        Self {
            rules: vec![Rule::at("watch-30d", Tier::Watch, 30.0), Rule::at("alert-365d", Tier::Alert, 365.0)],
            ..Self::default()
        }
    }

    /// The rule that speaks for a signal: the loudest, then the strictest, it meets.
    pub fn rule_for(&self, recurrence_days: f64, observed: u32) -> Option<&Rule> {
        self.rules
            .iter()
            .filter(|r| observed >= self.min_cases && recurrence_days >= r.min_recurrence_days)
            .max_by(|a, b| a.tier.cmp(&b.tier).then(a.min_recurrence_days.total_cmp(&b.min_recurrence_days)))
    }

    /// What is wrong with the policy, in a sentence; `None` when nothing is.
    pub fn problem(&self) -> Option<String> {
        if self.rules.is_empty() {
            return Some("alerts.rules is empty: nothing would ever be shown".to_owned());
        }
        if let Some(rule) =
            self.rules.iter().find(|r| !(r.min_recurrence_days >= 1.0 && r.min_recurrence_days.is_finite()))
        {
            return Some(format!("alerts.rules \"{}\": min_recurrence_days must be 1 or more", rule.name));
        }
        if self.min_cases == 0 {
            return Some("alerts.min_cases must be 1 or more".to_owned());
        }
        if self.days_until_over < 1 {
            return Some("alerts.days_until_over must be 1 or more".to_owned());
        }
        if !(self.growth.ratio > 1.0 && self.growth.reopen_ratio > 1.0) || self.growth.more == 0 {
            return Some("alerts.growth: ratios must be above 1 and \"more\" at least 1".to_owned());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_states_its_false_alerts_a_year() {
        let budgets: Vec<f64> = Policy::default().rules.iter().map(Rule::expected_false_alerts_per_year).collect();
        assert_eq!(budgets, [12.175, 3.6525]);
        assert!((Policy::yearly().rules[1].expected_false_alerts_per_year() - 1.0).abs() < 0.001);
    }

    #[test]
    fn the_loudest_rule_that_is_met_speaks() {
        let policy = Policy::default();
        let name = |days, n| policy.rule_for(days, n).map(|r| r.name.as_str());
        assert_eq!(name(29.9, 10), None);
        assert_eq!(name(30.0, 10), Some("watch-30d"));
        assert_eq!(name(100.0, 3), Some("alert-100d"));
        assert_eq!(name(5000.0, 2), None, "two cases are not shown, however rare");
        assert_eq!(name(f64::NAN, 9), None);
    }

    #[test]
    fn a_policy_from_a_file_keeps_the_defaults_it_does_not_name_and_refuses_unknown_names() {
        let policy: Policy = toml::from_str("min_cases = 5").unwrap();
        assert_eq!(policy, Policy { min_cases: 5, ..Policy::default() });
        assert!(toml::from_str::<Policy>("mincases = 5").is_err());
        assert_eq!(policy.problem(), None);
        let silent: Policy = toml::from_str("rules = []").unwrap();
        assert!(silent.problem().unwrap().contains("alerts.rules"));
    }
}
