//! `endemic-epidemic`: each area's coming weeks from its own and its neighbours' last one (hhh4; Held, Höhle & Hofmann
//! 2005; Paul & Held 2011; fitted by [`super::endemic_epidemic`]).
//!
//! Weeks are blocks of seven days that end on the issue day, so that none is incomplete. For area g in week w
//!
//! > μ_gw = s_g exp(β₀ + β₁ w + γ cos + δ sin) + λ y_g,w−1 + φ Σ_j w_jg y_j,w−1,
//!
//! with the long-run shares s_g as offset, areas neighbours where their cells touch, and the weights of an area's
//! neighbours adding up to 1. The mean of the second week is the same equation with the first week's means in place of
//! counts: exact, because the equation is linear in them. A week is dealt to its days by the pooled weekday factors.
//! Trend and wave enter with two and with one and a half years of data; the last three years are fitted, every four
//! weeks, and only areas that saw an event then. Weeks with less than nine tenths known are left out of the fit; a last
//! week known in part counts by what it comes to in full.
//!
//! Where the fit fails (too little data, no maximum) the expectation is that of `history`. The distribution about the
//! means is learned from past forecasts, as for every model, not the fit's own ψ. Cells get the shares of `history`.
//! Limits: one λ and φ for all areas; nothing within a week; no population as offset.

use super::{
    base::Base,
    endemic_epidemic::{
        Component, CountTable, Effect, EndemicEpidemicFit, EndemicEpidemicOptions, Link, Term, Values, WeightShape,
        Weights, fit,
    },
    model::{Fitted, ForecastModel, MAX_HORIZON, Part},
    panel::{Known, Layout},
    surface::Grid,
    tuning::Tuning,
};
use crate::domain::time::Day;

/// Weeks that are fitted at most, and at least.
const MOST_WEEKS: usize = 156;
const LEAST_WEEKS: usize = 16;
const WEEKS_FOR_WAVE: usize = 78;
const WEEKS_FOR_TREND: usize = 104;
const LEAST_EVENTS: f64 = 50.0;
const WEEKS_A_YEAR: f64 = 365.2425 / 7.0;
/// Days' worth that must be known of a week for its count to be fitted.
const LEAST_KNOWN: f64 = 6.3;

pub struct EndemicWeeks;

/// The fitted equation.
#[derive(Debug, Clone)]
pub struct WeekFit {
    /// First day of week 0.
    first: Day,
    intercept: f64,
    trend: f64,
    sine: f64,
    cosine: f64,
    own: f64,
    neighbours: f64,
    /// (from, to, weight); weights into a group add up to 1.
    links: Vec<(u32, u32, f64)>,
}

impl ForecastModel for EndemicWeeks {
    fn name(&self) -> &'static str {
        "endemic-epidemic"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tune(&self, known: &Known, base: &Base, tuning: &mut Tuning) {
        tuning.weeks = WeekFit::learn(known, base);
    }

    fn fit(&self, known: &Known, tuning: &Tuning, base: &Base) -> Fitted {
        let Some(week_fit) = &tuning.weeks else { return base.long_run.flat() };
        let mut last = last_week(known, base);
        let shares = &base.long_run.group_share;
        let n = shares.len();
        let days = MAX_HORIZON as usize;
        let mut groups = vec![vec![0.0; days]; n];
        let mut parts =
            [Part::Weekday, Part::Season, Part::RecentEvents, Part::Neighbours].map(|p| (p, vec![vec![0.0; days]; n]));
        for week in 0..days / 7 {
            let begins = known.days.to + (1 + 7 * week as i32);
            let [level, wave] = week_fit.endemic(begins);
            let around = week_fit.around(&last);
            let mut next = vec![0.0; n];
            for g in 0..n {
                let endemic = shares[g] * level * wave;
                let (own, near) = (week_fit.own * last[g], week_fit.neighbours * around[g]);
                next[g] = (endemic + own + near).max(1e-9);
                for d in 7 * week..7 * week + 7 {
                    let weekday = base.weekday_ahead[d];
                    groups[g][d] = next[g] / 7.0 * weekday;
                    parts[0].1[g][d] = next[g] / 7.0 * (weekday - 1.0);
                    parts[1].1[g][d] = shares[g] * level * (wave - 1.0) / 7.0;
                    parts[2].1[g][d] = own / 7.0;
                    parts[3].1[g][d] = near / 7.0;
                }
            }
            last = next;
        }
        base.long_run.fitted(groups, parts.into())
    }
}

impl WeekFit {
    fn learn(known: &Known, base: &Base) -> Option<Self> {
        let weeks = (known.days.len() / 7).min(MOST_WEEKS);
        if weeks < LEAST_WEEKS {
            return None;
        }
        let begin = known.days.len() - 7 * weeks;
        let sum = |series: &[f64], w: usize| series[begin + 7 * w..begin + 7 * w + 7].iter().sum::<f64>();
        let units: Vec<usize> =
            (0..known.groups.len()).filter(|&g| known.groups[g][begin..].iter().any(|c| *c > 0.0)).collect();
        let total: f64 = known.whole[begin..].iter().sum();
        if total < LEAST_EVENTS {
            return None;
        }
        let counts: Vec<Vec<Option<u32>>> = (0..weeks)
            .map(|w| {
                let whole_week = sum(&known.exposure, w) >= LEAST_KNOWN;
                units.iter().map(|&g| whole_week.then(|| sum(&known.groups[g], w) as u32)).collect()
            })
            .collect();
        let table = CountTable { units: units.iter().map(usize::to_string).collect(), counts };
        let links = neighbours(known.layout);
        let place = |g: u32| units.binary_search(&(g as usize)).ok();
        let inner: Vec<Link> = links
            .iter()
            .filter_map(|&(from, to, value)| Some(Link { from: place(from)?, to: place(to)?, value }))
            .collect();
        let shares = units.iter().map(|&g| base.long_run.group_share[g]).collect();
        let found = attempts(weeks, shares, inner).into_iter().find_map(|options| fit(&table, &options).ok())?;
        let first = known.days.from + begin as i32;
        let out = Self::read(&found, first, links);
        [out.intercept, out.trend, out.sine, out.cosine, out.own, out.neighbours]
            .iter()
            .all(|c| c.is_finite())
            .then_some(out)
    }

    fn read(found: &EndemicEpidemicFit, first: Day, links: Vec<(u32, u32, f64)>) -> Self {
        let of = |name: &str| found.coefficients.iter().find(|c| c.name.starts_with(name)).map(|c| c.estimate);
        Self {
            first,
            intercept: of("end.1").unwrap_or(f64::NAN),
            trend: of("end.t").unwrap_or(0.0),
            sine: of("end.sin").unwrap_or(0.0),
            cosine: of("end.cos").unwrap_or(0.0),
            // Above 1 a week would breed more than itself: no basis for a forecast beyond it.
            own: of("ar.1").map_or(0.0, |c| c.exp().min(1.0)),
            neighbours: of("ne.1").map_or(0.0, |c| c.exp().min(1.0)),
            links,
        }
    }

    /// Level of the endemic part in the week that begins on a day, and its wave.
    fn endemic(&self, begins: Day) -> [f64; 2] {
        let week = f64::from(begins - self.first) / 7.0;
        let angle = std::f64::consts::TAU * week / WEEKS_A_YEAR;
        [(self.intercept + self.trend * week).exp(), (self.sine * angle.sin() + self.cosine * angle.cos()).exp()]
    }

    /// Weighted sum of each group's neighbours' counts.
    fn around(&self, counts: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; counts.len()];
        for &(from, to, weight) in &self.links {
            out[to as usize] += weight * counts[from as usize];
        }
        out
    }
}

/// Models to try, richest first.
fn attempts(weeks: usize, shares: Vec<f64>, links: Vec<Link>) -> Vec<EndemicEpidemicOptions> {
    let mut terms = vec![Term::shared(Effect::Intercept)];
    if weeks >= WEEKS_FOR_TREND {
        terms.push(Term::shared(Effect::Trend));
    }
    if weeks >= WEEKS_FOR_WAVE {
        terms.push(Term::shared(Effect::Season { period: WEEKS_A_YEAR, harmonics: 1 }));
    }
    let lone = links.is_empty();
    let weights = Weights { links, shape: WeightShape::Fixed, normalised: false };
    let end = |terms: Vec<Term>| Some(Component::of(terms).with_offset(Values::ByUnit(shares.clone())));
    let full = EndemicEpidemicOptions {
        end: end(terms),
        ar: Some(Component::constant()),
        ne: Some(Component::constant()),
        weights: Some(weights),
        max_steps: 60,
        ..EndemicEpidemicOptions::default()
    };
    let alone = EndemicEpidemicOptions { ne: None, weights: None, ..full.clone() };
    let level = EndemicEpidemicOptions { end: end(vec![Term::shared(Effect::Intercept)]), ..alone.clone() };
    if lone { vec![alone, level] } else { vec![full, alone, level] }
}

/// What each group's last seven days with data come to in full.
fn last_week(known: &Known, base: &Base) -> Vec<f64> {
    let n = known.exposure.len();
    let days = n.saturating_sub(7)..n;
    let exposure: f64 = known.exposure[days.clone()].iter().sum();
    let usual = base.long_run.group_rates();
    known
        .groups
        .iter()
        .zip(usual)
        .map(|(counts, rate)| {
            let seen: f64 = counts[days.clone()].iter().sum();
            // What has not come in yet is as usual; of a silent week everything.
            seen + rate * (7.0 - exposure).max(0.0)
        })
        .collect()
}

/// Groups with cells that touch, each group's incoming weights adding up to 1.
fn neighbours(layout: &Layout) -> Vec<(u32, u32, f64)> {
    let grid = Grid::new(layout);
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    for (cell, &at) in layout.xy.iter().enumerate() {
        let own = layout.group_of[cell];
        let reach = 1.45 * layout.spacing;
        grid.within(at, reach, |other| {
            let there = layout.xy[other as usize];
            let group = layout.group_of[other as usize];
            if group != own && (there[0] - at[0]).hypot(there[1] - at[1]) <= reach {
                pairs.push((group, own));
            }
        });
    }
    pairs.sort_unstable();
    pairs.dedup();
    let mut into = vec![0.0; layout.groups];
    pairs.iter().for_each(|&(_, to)| into[to as usize] += 1.0);
    pairs.into_iter().map(|(from, to)| (from, to, 1.0 / into[to as usize])).collect()
}
