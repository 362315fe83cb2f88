//! The rules that are compared: each gives every judged day a score, and says whether it alarms as it is.

use std::ops::Range;

use super::worlds::World;
use crate::{
    detect::{
        bayes::{BayesOptions, bayes},
        budget::Budget,
        chart::{InControl, Seasonal},
        cusum::{CusumOptions, Transform, cusum},
        ears::{EarsMethod, EarsOptions, ears},
        farrington::{FlexibleOptions, farrington_flexible},
        glr::{GlrOptions, glr},
        outbreak_p::{OutbreakPOptions, outbreak_p},
        pooled::{PooledOptions, PooledSeries, pooled_as_known},
    },
    domain::{
        count_series::{CountSeries, Step},
        time::Day,
    },
    stats::summary,
};

/// A rule under study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    Pooled,
    EarsC1,
    EarsC2,
    EarsC3,
    /// On the sums of seven days, judged anew each day.
    Farrington,
    /// Of the last 28 days, daily.
    Bayes,
    Cusum,
    Glr,
    /// Started anew every 60 days.
    OutbreakP,
    /// As in use at ODMAP in 2017: more in 24 hours than mean and two standard deviations of the year before.
    YearMeanTwoSd,
    /// The same over the last 28 days.
    MonthMeanTwoSd,
    ThreeInADay,
}

/// A judged day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Larger is more unusual; −∞ for nothing to say.
    pub score: f64,
    /// An alarm with the rule's usual setting.
    pub alarm: bool,
}

const NOTHING: Scored = Scored { score: f64::NEG_INFINITY, alarm: false };

impl Rule {
    pub const ALL: [Self; 12] = [
        Self::Pooled,
        Self::EarsC1,
        Self::EarsC2,
        Self::EarsC3,
        Self::Farrington,
        Self::Bayes,
        Self::Cusum,
        Self::Glr,
        Self::OutbreakP,
        Self::YearMeanTwoSd,
        Self::MonthMeanTwoSd,
        Self::ThreeInADay,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Pooled => "pooled",
            Self::EarsC1 => "EARS C1",
            Self::EarsC2 => "EARS C2",
            Self::EarsC3 => "EARS C3",
            Self::Farrington => "Farrington flexible, 7-day sums",
            Self::Bayes => "Bayes, 28 days",
            Self::Cusum => "CUSUM (Rossi), seasonal mean",
            Self::Glr => "GLR Poisson, seasonal mean",
            Self::OutbreakP => "OutbreakP, anew every 60 days",
            Self::YearMeanTwoSd => "mean + 2 sd of a year, 24 h",
            Self::MonthMeanTwoSd => "mean + 2 sd of 28 days, 24 h",
            Self::ThreeInADay => "3 in 24 h",
        }
    }

    /// Charts run on from day to day and have no way to take late reports back.
    fn takes_late_reports(self) -> bool {
        !matches!(self, Self::Cusum | Self::Glr | Self::OutbreakP)
    }

    /// Judge the days of a range; what lies before it is history. `None` where the rule does not apply.
    pub fn judge(self, first: Day, world: &World, range: Range<usize>, budget: &Budget) -> Option<Vec<Scored>> {
        if world.is_late() && !self.takes_late_reports() {
            return None;
        }
        Some(match self {
            Self::Pooled => pooled(first, world, range, budget),
            Self::EarsC1 => by_ears(EarsMethod::C1, world, range),
            Self::EarsC2 => by_ears(EarsMethod::C2, world, range),
            Self::EarsC3 => by_ears(EarsMethod::C3, world, range),
            Self::Farrington => farrington(first, world, range)?,
            Self::Bayes => range.map(|t| by_bayes(first, world, t)).collect(),
            Self::Cusum | Self::Glr | Self::OutbreakP => self.chart(world, range)?,
            Self::YearMeanTwoSd => range.map(|t| two_sd(world, t, 365)).collect(),
            Self::MonthMeanTwoSd => range.map(|t| two_sd(world, t, 28)).collect(),
            Self::ThreeInADay => range
                .map(|t| {
                    let n = world.known(t, t).0;
                    if n == 0 { NOTHING } else { Scored { score: f64::from(n), alarm: n >= 3 } }
                })
                .collect(),
        })
    }

    fn chart(self, world: &World, range: Range<usize>) -> Option<Vec<Scored>> {
        let (series, start) = (&world.counts[..range.end], range.start);
        let mean = InControl::Seasonal(Seasonal { period: 365.0, harmonics: 1, trend: false });
        let judged = match self {
            Self::Cusum => {
                let options = CusumOptions { transform: Transform::Rossi, mean, ..CusumOptions::default() };
                cusum(series, start, &options).ok()?
            }
            Self::Glr => {
                let options = GlrOptions { mean, window: Some(28), ..GlrOptions::default() };
                glr(series, start, &options).ok()?
            }
            _ => return Some(outbreaks(series, range)),
        };
        let scored = judged.into_iter().skip(start);
        Some(
            scored
                .map(|j| Scored { score: j.score.unwrap_or(f64::NEG_INFINITY), alarm: j.alarm == Some(true) })
                .collect(),
        )
    }
}

/// Without sisters: what the pool would add is left out.
fn pooled(first: Day, world: &World, range: Range<usize>, budget: &Budget) -> Vec<Scored> {
    let counts: Vec<Option<u32>> = world.counts.iter().map(|n| Some(*n)).collect();
    let series = [PooledSeries { counts: &counts, share_known: None }];
    let recurrence_days = budget.recurrence_days();
    let options = PooledOptions { recurrence_days, bounds: false, ..PooledOptions::default() };
    let judged = pooled_as_known(first, &series, range.start, range.end, &options, |_, t, d| world.known(t, d));
    let one = |d: crate::detect::PooledDay| match d.judgement.alarm {
        Some(alarm) if d.observed >= 2 => Scored { score: d.recurrence_days.ln(), alarm },
        _ => NOTHING,
    };
    judged.into_iter().flatten().map(one).collect()
}

fn by_ears(method: EarsMethod, world: &World, range: Range<usize>) -> Vec<Scored> {
    let options = EarsOptions::new(method);
    let back = options.first() + 1;
    range
        .map(|t| {
            let recent: Vec<u32> = (t + 1 - back..=t).map(|d| world.known(t, d).0).collect();
            match ears(&recent, &options).pop().flatten() {
                Some(day) if day.score > 0.0 => Scored { score: day.score, alarm: day.alarm() == Some(true) },
                _ => NOTHING,
            }
        })
        .collect()
}

/// The last seven days against the same time of the years before, each weekday with its own weeks.
fn farrington(first: Day, world: &World, range: Range<usize>) -> Option<Vec<Scored>> {
    // The window of the first year reaches some weeks further back than the years themselves.
    let years = (range.start.saturating_sub(5 * 7) / 365).min(5);
    if years == 0 {
        return None;
    }
    let options = FlexibleOptions { years, trend: years >= 3, ..FlexibleOptions::default() };
    let week = |end: usize, known_at: usize| (end - 6..=end).map(|d| world.known(known_at, d).0).sum::<u32>();
    let one = |t: usize| {
        let begin = t % 7 + if t % 7 < 6 { 7 } else { 0 };
        let mut counts: Vec<u32> = (begin..t).step_by(7).map(|end| week(end, range.end)).collect();
        counts.push(week(t, t));
        let last = counts.len() - 1;
        let series = CountSeries { first: first + begin as i32, step: Step::Weekly, counts, population: None };
        let judged = farrington_flexible(&series, last..last + 1, &options).pop();
        match judged {
            Some(j) => Scored {
                // Observed over expected in units of the bound's excess, as the method's own score.
                score: j.score.filter(|s| s.is_finite()).unwrap_or(f64::NEG_INFINITY),
                alarm: j.alarm == Some(true),
            },
            None => NOTHING,
        }
    };
    Some(range.clone().map(one).collect())
}

fn by_bayes(first: Day, world: &World, t: usize) -> Scored {
    let mut options = BayesOptions::default();
    options.values.half_window = 28;
    let counts: Vec<u32> = (t - 28..=t).map(|d| world.known(t, d).0).collect();
    let series = CountSeries { first: first + (t - 28) as i32, step: Step::Daily, counts, population: None };
    match bayes(&series, 28..29, &options).pop() {
        Some(j) if world.known(t, t).0 > 0 => {
            Scored { score: j.p_value.map_or(f64::NEG_INFINITY, |p| -p.max(1e-300).ln()), alarm: j.alarm == Some(true) }
        }
        _ => NOTHING,
    }
}

fn outbreaks(series: &[u32], range: Range<usize>) -> Vec<Scored> {
    const ANEW: usize = 60;
    let mut all = Vec::with_capacity(range.len());
    for start in range.clone().step_by(ANEW) {
        // A month of the days before tells it what is usual.
        let from = start.saturating_sub(28);
        let end = (start + ANEW).min(range.end);
        let judged = outbreak_p(&series[from..end], &OutbreakPOptions::default());
        all.extend(
            judged
                .into_iter()
                .skip(start - from)
                .map(|j| Scored { score: j.score.map_or(f64::NEG_INFINITY, f64::ln), alarm: j.alarm == Some(true) }),
        );
    }
    all
}

fn two_sd(world: &World, t: usize, days: usize) -> Scored {
    let past: Vec<f64> = (t - days..t).map(|d| f64::from(world.known(t, d).0)).collect();
    let (mean, sd) = (summary::mean(&past), summary::sd(&past));
    let today = f64::from(world.known(t, t).0);
    if today == 0.0 {
        return NOTHING;
    }
    Scored { score: (today - mean) / sd.max(0.1), alarm: today > mean + 2.0 * sd }
}
