//! What temporal rules come to on worlds with a known truth: false alerts, and rises seen, as they are and at one budget.
//!
//! Quiet worlds ([`worlds`]) are judged by every rule ([`rules`]) for a year. Half of them set, rule by rule, the bound
//! that costs the budget's number of false alerts a year (ties by a seeded share), the other half measures what it then
//! really costs: rules can only be compared at the same number of false alerts. Then rises of stated size begin in fresh
//! worlds: a rise is *seen* when an alert starts within 1, 3 or 7 days, its first day being day 1. Both are also told of
//! the rules as they are, with their usual settings; of the pooled detector that is the bound that its own null table
//! sets for the budget, so its false alerts measure whether the promise is kept.
//!
//! Limits: one area with no sisters, so that the pooled detector shows what it does without a pool; histories have no
//! outbreaks of their own; the bound at one budget is set on worlds of the very kind that is judged, which no rule has in
//! life.
//!
//! To add a rule: a variant of [`Rule`]; to add a world: a [`WorldSpec`].

pub mod rules;
pub mod worlds;

use rayon::prelude::*;
use serde::Serialize;

use super::budget::{Bound, Budget, Rise, Size, Ties, YEAR, bound_of, episodes};
use crate::{
    domain::time::Day,
    stats::{Random, summary::median},
};
use rules::{Rule, Scored};
use worlds::WorldSpec;

/// Days within which a rise may be seen.
pub const WITHIN: [usize; 3] = [1, 3, 7];
/// Days before a rise that are judged too: an episode that is open cannot start.
const BEFORE: usize = 21;

/// What is compared, and how thoroughly.
#[derive(Debug, Clone)]
pub struct Setting {
    pub world: WorldSpec,
    /// Days before the first that is judged; 400 or more.
    pub history: usize,
    pub budget: Budget,
    /// Quiet years, half of which set the bounds.
    pub quiet: usize,
    /// Worlds for each rise.
    pub worlds: usize,
    pub rises: Vec<Size>,
    /// Days that a rise lasts.
    pub length: usize,
    pub rules: Vec<Rule>,
    pub seed: u64,
}

/// What came of one kind of world.
#[derive(Debug, Clone, Serialize)]
pub struct Study {
    pub world: &'static str,
    pub rate: f64,
    pub budget: f64,
    pub rules: Vec<Line>,
}

/// One rule.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    pub rule: &'static str,
    pub as_it_is: Found,
    pub at_budget: Found,
}

/// What a rule costs and sees.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Found {
    pub false_alerts_a_year: f64,
    pub rises: Vec<Seen>,
}

/// What a rule saw of one size of rise.
#[derive(Debug, Clone, Serialize)]
pub struct Seen {
    pub rise: Size,
    /// Probability within each of [`WITHIN`].
    pub within: [f64; 3],
    /// Days from its first day to the alert, of those seen; 0 on the first day.
    pub median_delay: Option<f64>,
}

/// A judged stretch: score and alarm of each day, and a draw for ties.
type Days = Vec<(Scored, f64)>;

/// Compare the rules.
pub fn study(setting: &Setting) -> Study {
    let quiet: Vec<Vec<Option<Days>>> =
        (0..setting.quiet.max(2)).into_par_iter().map(|n| judged(setting, n as u64, None, 365)).collect();
    let rises: Vec<Vec<Vec<Option<Days>>>> = setting
        .rises
        .iter()
        .enumerate()
        .map(|(kind, size)| {
            let world = |n: usize| {
                let rise = Rise { from: setting.history + BEFORE, length: setting.length, size: *size };
                // The same worlds for every size, apart from the quiet ones.
                let number = 1_000_000 + (kind * setting.worlds + n) as u64;
                judged(setting, number, Some(rise), BEFORE + WITHIN[2])
            };
            (0..setting.worlds).into_par_iter().map(world).collect()
        })
        .collect();
    let lines = setting.rules.iter().enumerate().filter_map(|(at, rule)| {
        let years: Vec<&Days> = quiet.iter().filter_map(|w| w[at].as_ref()).collect();
        let (setters, measured) = years.split_at(years.len() / 2);
        if setters.is_empty() {
            return None;
        }
        let scores: Vec<Vec<(f64, f64)>> =
            setters.iter().map(|y| y.iter().map(|(s, u)| (s.score, *u)).collect()).collect();
        let bound = bound_of(&scores, &setting.budget, Ties::Share);
        let by_bound = |(s, u): &(Scored, f64)| bound_exceeded(&bound, s, *u);
        let found = |exceeds: &dyn Fn(&(Scored, f64)) -> bool, years: &[&Days]| Found {
            false_alerts_a_year: false_alerts(years, exceeds, &setting.budget),
            rises: rises
                .iter()
                .zip(&setting.rises)
                .map(|(worlds, size)| seen(*size, worlds, at, exceeds, &setting.budget))
                .collect(),
        };
        Some(Line {
            rule: rule.name(),
            as_it_is: found(&|(s, _)| s.alarm, &years),
            at_budget: found(&by_bound, measured),
        })
    });
    Study {
        world: setting.world.name,
        rate: setting.world.rate,
        budget: setting.budget.alerts_per_year,
        rules: lines.collect(),
    }
}

fn bound_exceeded(bound: &Bound, scored: &Scored, draw: f64) -> bool {
    scored.score > f64::NEG_INFINITY && bound.exceeded(scored.score, draw)
}

/// One world judged by every rule.
fn judged(setting: &Setting, number: u64, rise: Option<Rise>, days: usize) -> Vec<Option<Days>> {
    let mut random = Random::stream(setting.seed, number);
    let first = Day::from_epoch_days(18_000 + random.below(365) as i32);
    let end = setting.history + days;
    let world = setting.world.draw(first, end, rise, &mut random);
    let draws: Vec<f64> = (0..days).map(|_| random.unit()).collect();
    let by = |rule: &Rule| {
        let scored = rule.judge(first, &world, setting.history..end, &setting.budget)?;
        Some(scored.into_iter().zip(draws.iter().copied()).collect())
    };
    setting.rules.iter().map(by).collect()
}

fn false_alerts(years: &[&Days], exceeds: &dyn Fn(&(Scored, f64)) -> bool, budget: &Budget) -> f64 {
    let starts: usize = years.iter().map(|y| episodes(y.iter().map(exceeds), budget.days_until_over).len()).sum();
    let days: usize = years.iter().map(|y| y.len()).sum();
    starts as f64 * YEAR / days.max(1) as f64
}

fn seen(
    rise: Size,
    worlds: &[Vec<Option<Days>>],
    rule: usize,
    exceeds: &dyn Fn(&(Scored, f64)) -> bool,
    budget: &Budget,
) -> Seen {
    let worlds: Vec<&Days> = worlds.iter().filter_map(|w| w[rule].as_ref()).collect();
    let delays: Vec<f64> = worlds
        .iter()
        .filter_map(|days| {
            let starts = episodes(days.iter().map(exceeds), budget.days_until_over);
            starts.into_iter().find(|t| *t >= BEFORE).map(|t| (t - BEFORE) as f64)
        })
        .collect();
    let share =
        |within: usize| delays.iter().filter(|d| **d < within as f64).count() as f64 / worlds.len().max(1) as f64;
    Seen { rise, within: WITHIN.map(share), median_delay: (!delays.is_empty()).then(|| median(&delays)) }
}
