//! The areas' own rules: each area's history, learnt with its sisters, says what its budget of false alerts allows.
//!
//! Areas of one kind are sisters and are learnt together ([`pooled::pooled()`]). A rule with a budget of B false alerts
//! a year and area speaks when the recurrence interval of what an area saw in some window of 1 to 14 days is 365.25 ÷ B
//! days or more. Judged are the day before the last and the last, each by the share of its reports that is known by now.
//!
//! *A day under way is looked at many times*, and each look is another chance for chance: with looks by the quarter of a
//! day at the same bound 1.6 to 1.8 times the budget was spent. What such a day shows therefore counts as a quarter as
//! rare ([`UNDER_WAY`]): with 4 to 12 looks a day the budget then comes out at 0.94 to 1.08 of what was promised, at 0.3
//! to 5 events a day (100 quiet years each; a small version stands in `tests/recovery/budget.rs`).
//!
//! What each area can see at that budget, and how often the rule would have begun an alert over the year before, is its
//! [`RuleStanding`].
//!
//! Limits: the doubt about the share known is not added; with less than a quarter of a day known a quarter is assumed,
//! so the first hours of a day raise no alarm of their own.

use std::collections::{BTreeMap, BTreeSet};

use super::known::AreaKnown;
use crate::{
    cells::{Measure, area_cube},
    detect::{
        budget::{self, Budget, PowerOptions, Size},
        pooled::{self, PooledDay, PooledOptions, PooledSeries},
    },
    domain::{
        area::{AreaKind, AreaTree},
        event::EventFact,
        ids::AreaId,
        rule::{AlertRule, CaseMeasure, RuleStanding},
        time::{Day, DayRange},
    },
    nowcast::Feeds,
};

/// The day under way and the one before it.
const JUDGED_DAYS: usize = 2;
/// Days over which it is told how often a rule would have spoken.
const LOOKED_BACK: usize = 365;
/// Days that are left out of that, because not all is known of them yet.
const NOT_YET_KNOWN: usize = 14;
/// Less than this of a day is not believed to be all that is known of it.
const LEAST_SHARE: f64 = 0.25;
/// A day that is not over has to be so many times rarer, for all the looks that are taken at it.
const UNDER_WAY: f64 = 4.0;
/// "Sees k more cases" means eight times in ten.
const SEEN: f64 = 0.8;

/// What the areas are judged from.
pub(super) struct AreaGround<'a> {
    pub facts: &'a [EventFact],
    pub days: DayRange,
    /// Days on which every feed was silent.
    pub silent: &'a [Day],
    pub tree: &'a AreaTree,
    pub feeds: &'a Feeds,
}

/// An area on a day, under every rule that reads it.
pub(super) struct Judged {
    pub area: AreaId,
    pub measure: CaseMeasure,
    pub day: Day,
    /// Of the judged day.
    pub share_known: f64,
    /// In how many days chance alone begins one so rare, with the looks that are taken at the day.
    pub recurrence_days: f64,
    pub found: PooledDay,
}

impl Judged {
    /// Whether it is as rare as a rule asks.
    pub fn speaks(&self, recurrence_days: f64) -> bool {
        speaks(&self.found, self.recurrence_days, recurrence_days)
    }
}

/// The counts of one kind of area by one measure.
struct Sisters {
    areas: Vec<AreaId>,
    counts: Vec<Vec<Option<u32>>>,
    shares: Vec<Vec<f64>>,
}

impl AreaGround<'_> {
    /// Every area that some rule reads, on the judged days. One judgement for each area, day and measure, however many
    /// rules read it.
    pub fn judge(&self, rules: &[AlertRule]) -> Vec<Judged> {
        let mut judged = Vec::new();
        for (kind, measure, wanted) in self.pools(rules) {
            let sisters = self.sisters(kind, measure);
            let n = self.days.len();
            let from = n.saturating_sub(JUDGED_DAYS);
            let days = pooled::pooled(self.days.from, &sisters.series(), from, n, &PooledOptions::default());
            for ((area, days), shares) in sisters.areas.iter().zip(days).zip(&sisters.shares) {
                if wanted.contains(area) {
                    judged.extend(days.into_iter().enumerate().map(|(i, found)| {
                        let day = self.days.from + (from + i) as i32;
                        let looks = if day == self.days.to { UNDER_WAY } else { 1.0 };
                        Judged {
                            area: area.clone(),
                            measure,
                            day,
                            share_known: shares[from + i],
                            recurrence_days: found.recurrence_days / looks,
                            found,
                        }
                    }));
                }
            }
        }
        judged
    }

    /// Where every area stands under every rule that is on.
    pub fn standings(&self, rules: &[AlertRule]) -> Vec<RuleStanding> {
        let mut standings = Vec::new();
        for (kind, measure, wanted) in self.pools(rules) {
            let sisters = self.sisters(kind, measure);
            let n = self.days.len();
            let from = n.saturating_sub(LOOKED_BACK);
            let options = PooledOptions { bounds: false, ..PooledOptions::default() };
            let days = pooled::pooled(self.days.from, &sisters.series(), from, n, &options);
            for (area, days) in sisters.areas.iter().zip(days).filter(|(area, _)| wanted.contains(area)) {
                let judging = rules.iter().filter(|r| r.judges(area, measure, self.tree));
                standings.extend(judging.map(|rule| standing(rule, area, &days, self.days.to)));
            }
        }
        standings.sort_by(|a, b| a.rule.cmp(&b.rule).then_with(|| a.area.cmp(&b.area)));
        standings
    }

    /// Kinds of areas, measures, and the areas of that kind that some rule reads.
    fn pools(&self, rules: &[AlertRule]) -> Vec<(AreaKind, CaseMeasure, BTreeSet<AreaId>)> {
        let mut pools: BTreeMap<(AreaKind, CaseMeasure), BTreeSet<AreaId>> = BTreeMap::new();
        for rule in rules.iter().filter(|r| r.enabled) {
            for area in rule.areas(self.tree) {
                if let Some(kind) = self.tree.kind(&area) {
                    pools.entry((kind, rule.measure)).or_default().insert(area);
                }
            }
        }
        pools.into_iter().map(|((kind, measure), areas)| (kind, measure, areas)).collect()
    }

    fn sisters(&self, kind: AreaKind, measure: CaseMeasure) -> Sisters {
        let facts: Vec<EventFact> = self.facts.iter().filter(|f| measure.counts(f)).cloned().collect();
        let cube = area_cube(&facts, self.days, self.tree, Some(kind), Measure::Incidents);
        let known = AreaKnown::new(&facts, self.tree, self.days, self.feeds);
        let silent: Vec<usize> = self.silent.iter().filter_map(|d| self.days.index(*d)).collect();
        let counts = (0..cube.places.len())
            .map(|i| {
                let mut series: Vec<Option<u32>> = cube.series(i).into_iter().map(Some).collect();
                silent.iter().for_each(|d| series[*d] = None);
                series
            })
            .collect();
        let shares = cube
            .places
            .iter()
            .map(|area| known.of(area).first(self.days.len()).shares.iter().map(|s| s.max(LEAST_SHARE)).collect())
            .collect();
        Sisters { areas: cube.places, counts, shares }
    }
}

impl Sisters {
    fn series(&self) -> Vec<PooledSeries<'_>> {
        let both = self.counts.iter().zip(&self.shares);
        both.map(|(counts, shares)| PooledSeries { counts, share_known: Some(shares) }).collect()
    }
}

fn standing(rule: &AlertRule, area: &AreaId, days: &[PooledDay], as_of: Day) -> RuleStanding {
    let budget = Budget::per_year(rule.false_alerts_per_year);
    let judged = &days[..days.len().saturating_sub(NOT_YET_KNOWN)];
    let days_judged = judged.iter().filter(|d| d.place.is_some()).count();
    let begun = budget::episodes(
        judged.iter().map(|d| speaks(d, d.recurrence_days, budget.recurrence_days())),
        budget.days_until_over,
    );
    let now = days.iter().rev().find(|d| d.place.is_some());
    let place = now.and_then(|d| d.place);
    let power = PowerOptions::default();
    let rises = [Size::Times(2.0), Size::Times(3.0)];
    let seen = place.map(|p| budget::power(p, &budget, &rises, &power));
    let seen = |i: usize| seen.as_ref().map(|s| s[i].probability);
    RuleStanding {
        rule: rule.id.clone(),
        area: area.clone(),
        as_of,
        usual_per_day: place.map(|p| p.mean),
        recurrence_interval_days: now.map(|d| d.recurrence_days),
        sees_double: seen(0),
        sees_triple: seen(1),
        sees_extra: place.and_then(|p| budget::smallest_extra(p, &budget, SEEN, &power)),
        would_have_begun: (days_judged > 0).then_some(begun.len() as u32),
        days_judged: days_judged as u32,
        reason: match (now, days.last()) {
            (None, Some(last)) => last.judgement.reason.clone(),
            (None, None) => "no data".to_owned(),
            _ => String::new(),
        },
    }
}

fn speaks(day: &PooledDay, recurrence_days: f64, asked: f64) -> bool {
    day.place.is_some() && day.observed >= pooled::null::LEAST_EVENTS && recurrence_days >= asked
}

#[cfg(test)]
#[path = "area_rules_tests.rs"]
mod tests;
