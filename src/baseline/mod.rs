//! Baseline: what is usual, as a mean and a range of counts.
//!
//! For every day t the level is an exponentially weighted mean of the days up to t − `guard`, each divided
//! by its day-of-week factor:
//!
//! ```text
//! S = Σ w(t−s) y_s      W = Σ w(t−s) f(weekday s)      w halves every `half_life` days
//! rate = (S + a) / (W + b)           mean = rate · f(weekday t)
//! ```
//!
//! with (a, b) from the prior rate (b = `prior_days`, a = rate · b; ½ and 1 where none is given), so that a
//! cell without events has a small mean and a wide range and never a confident zero. The range is that of a
//! negative binomial with variance mean·φ + mean²/(S + a): φ ≥ 1 is the weighted mean of past squared
//! Pearson residuals, drawn towards 1 by `prior_days` days, and the second term is the doubt about the level.
//!
//! Only days before t − `guard` are used, also for days long past: the curve is what would have been said
//! at the time, and an outbreak does not become usual while it lasts. Day-of-week factors should be pooled
//! over areas ([`DayOfWeek::pooled`]); they are drawn towards 1 as if twenty further cases had been seen
//! evenly. Limits: holidays and a sharp season lag behind by about the half-life; spatial neighbours are not
//! used. Source of the form: Poisson–gamma discounting (West & Harrison, *Bayesian Forecasting*, ch. 10).

use crate::{
    domain::time::{Day, DayRange},
    stats::CountDistribution,
};

/// Days of data before residuals are believed.
const FEWEST_DAYS: f64 = 14.0;

/// The mean and the middle 95 % of counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    pub mean: f64,
    pub lo: u32,
    pub hi: u32,
}

/// Relative frequency of each weekday, Monday first; their mean is 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayOfWeek([f64; 7]);

impl DayOfWeek {
    pub const FLAT: DayOfWeek = DayOfWeek([1.0; 7]);

    /// From daily totals of everything that shares a weekly rhythm; silent days are left out.
    pub fn pooled(totals: &[u32], days: DayRange, silent: &[Day]) -> Self {
        const PRIOR_CASES: f64 = 20.0;
        let (mut cases, mut count) = ([0.0; 7], [0.0; 7]);
        for (day, &y) in days.days().zip(totals).filter(|(d, _)| !silent.contains(d)) {
            cases[day.weekday_index()] += f64::from(y);
            count[day.weekday_index()] += 1.0;
        }
        let (all, n): (f64, f64) = (cases.iter().sum(), count.iter().sum());
        if all <= 0.0 {
            return Self::FLAT;
        }
        let raw: [f64; 7] = std::array::from_fn(|k| (cases[k] + PRIOR_CASES) / (all * count[k] / n + PRIOR_CASES));
        let mean = raw.iter().sum::<f64>() / 7.0;
        Self(raw.map(|f| f / mean))
    }

    pub fn factor(&self, day: Day) -> f64 {
        self.0[day.weekday_index()]
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct BaselineOptions {
    /// Days after which a past day counts half.
    pub half_life: f64,
    /// Days before the day judged that are not used.
    pub guard: u32,
    /// Weight of the prior, in days.
    pub prior_days: f64,
    /// Events a day to be expected before any data, for example the jurisdiction's rate times the share of
    /// its population.
    pub prior_rate: Option<f64>,
    /// Pooled factors; estimated from the series alone where `None`.
    pub day_of_week: Option<DayOfWeek>,
    /// Days without any report: they are not zeros and are left out.
    pub silent: Vec<Day>,
}

impl Default for BaselineOptions {
    fn default() -> Self {
        Self { half_life: 84.0, guard: 7, prior_days: 14.0, prior_rate: None, day_of_week: None, silent: Vec::new() }
    }
}

/// A series with its level known for every day, and for days after its end.
#[derive(Debug, Clone)]
pub struct Baseline {
    days: DayRange,
    factors: DayOfWeek,
    guard: i32,
    /// After i days of the series: the state of knowledge.
    states: Vec<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    /// S + a.
    shape: f64,
    /// W + b.
    weight: f64,
    dispersion: f64,
}

impl Baseline {
    /// `series` holds one count for every day of `days` (missing ones at the end count as not reported).
    pub fn fit(series: &[u32], days: DayRange, options: &BaselineOptions) -> Self {
        let factors = options.day_of_week.unwrap_or_else(|| DayOfWeek::pooled(series, days, &options.silent));
        let (a, b) = match options.prior_rate {
            Some(rate) if rate > 0.0 => (rate * options.prior_days, options.prior_days),
            _ => (0.5, 1.0),
        };
        let keep = 0.5f64.powf(1.0 / options.half_life.max(1.0));
        let (mut s, mut w, mut residuals, mut seen) = (0.0, 0.0, 0.0, 0.0);
        let state = |s: f64, w: f64, residuals: f64, seen: f64| State {
            shape: s + a,
            weight: w + b,
            dispersion: ((residuals + options.prior_days) / (seen + options.prior_days)).max(1.0),
        };
        let mut this = Self { days, factors, guard: options.guard as i32, states: vec![state(0.0, 0.0, 0.0, 0.0)] };
        for (day, &y) in days.days().zip(series) {
            (s, w, residuals, seen) = (s * keep, w * keep, residuals * keep, seen * keep);
            if !options.silent.contains(&day) {
                let y = f64::from(y);
                let known = this.state_for(day);
                let mean = known.shape / known.weight * factors.factor(day);
                let spread = mean + mean * mean / known.shape;
                // Residuals about a level that hardly any data stand behind say nothing of dispersion.
                if known.weight - b >= FEWEST_DAYS {
                    residuals += (y - mean) * (y - mean) / spread;
                    seen += 1.0;
                }
                s += y;
                w += factors.factor(day);
            }
            this.states.push(state(s, w, residuals, seen));
        }
        this
    }

    /// What was known `guard` days before; the latest state for days after the series.
    fn state_for(&self, day: Day) -> State {
        let reported = (day - self.days.from - self.guard).max(0) as usize;
        self.states[reported.min(self.states.len() - 1)]
    }

    pub fn at(&self, day: Day) -> Expected {
        self.over(DayRange { from: day, to: day })
    }

    /// Of all the days of a range together, judged by what was known `guard` days before its first.
    pub fn over(&self, range: DayRange) -> Expected {
        let d = self.distribution(range);
        let (lo, hi) = d.central_range(0.95);
        Expected { mean: d.mean(), lo: count(lo), hi: count(hi) }
    }

    /// The predictive distribution behind [`Self::over`].
    pub fn distribution(&self, range: DayRange) -> CountDistribution {
        let known = self.state_for(range.from);
        let factors: f64 = range.days().map(|d| self.factors.factor(d)).sum();
        let mean = known.shape / known.weight * factors;
        CountDistribution::with_dispersion(mean, known.dispersion + mean / known.shape)
    }
}

/// The expected count and its 95 % range for every day of `at`.
pub fn expected(series: &[u32], days: DayRange, at: DayRange, options: &BaselineOptions) -> Vec<Expected> {
    let baseline = Baseline::fit(series, days, options);
    at.days().map(|d| baseline.at(d)).collect()
}

fn count(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Random;

    fn days(n: i32) -> DayRange {
        let from: Day = "2025-01-06".parse().unwrap();
        DayRange { from, to: from + (n - 1) }
    }

    fn world(rates: impl Fn(Day) -> f64, n: i32, seed: u64) -> Vec<u32> {
        let mut random = Random::seeded(seed);
        days(n).days().map(|d| CountDistribution::poisson(rates(d)).sample(&mut random) as u32).collect()
    }

    #[test]
    fn ninety_five_percent_of_days_lie_in_the_range() {
        for rate in [0.05, 0.4, 3.0, 25.0] {
            let series = world(|_| rate, 800, 9);
            let got = expected(&series, days(800), days(800), &BaselineOptions::default());
            let inside = series.iter().zip(&got).skip(100).filter(|(y, e)| (e.lo..=e.hi).contains(y)).count();
            let share = inside as f64 / 700.0;
            // Discrete ranges hold at least their level; three standard errors below 0.95 is 0.925.
            assert!(share >= 0.925, "{share} at {rate}");
            assert!(rate < 3.0 || share < 0.99, "{share} at {rate}: too wide to mean anything");
        }
    }

    #[test]
    fn overdispersed_counts_get_a_wider_range() {
        let mut random = Random::seeded(3);
        let burst = CountDistribution::negative_binomial(6.0, 2.0);
        let series: Vec<u32> = (0..600).map(|_| burst.sample(&mut random) as u32).collect();
        let got = expected(&series, days(600), days(600), &BaselineOptions::default());
        let inside = series.iter().zip(&got).skip(100).filter(|(y, e)| (e.lo..=e.hi).contains(y)).count();
        assert!((0.91..0.995).contains(&(inside as f64 / 500.0)), "{inside}");
    }

    #[test]
    fn weekends_are_told_from_weekdays() {
        let series = world(|d| if d.weekday_index() >= 5 { 9.0 } else { 3.0 }, 400, 5);
        let baseline = Baseline::fit(&series, days(400), &BaselineOptions::default());
        let saturday: Day = "2026-02-07".parse().unwrap();
        assert!((baseline.at(saturday).mean - 9.0).abs() < 1.2, "{:?}", baseline.at(saturday));
        assert!((baseline.at(saturday + 2).mean - 3.0).abs() < 0.6);
        let week = baseline.over(DayRange::ending(saturday, 7));
        assert!((week.mean - 33.0).abs() < 3.0 && week.lo < 33 && week.hi > 33, "{week:?}");
    }

    #[test]
    fn an_outbreak_does_not_become_usual_while_it_lasts() {
        let mut series = vec![2u32; 120];
        series.extend([20; 5]);
        let got = expected(&series, days(125), days(125), &BaselineOptions::default());
        assert!((got[124].mean - 2.0).abs() < 0.2, "{:?}", got[124]);
        assert!(got[124].hi < 10);
    }

    #[test]
    fn no_data_is_a_wide_range_and_not_zero() {
        let none = expected(&[], days(1), days(1), &BaselineOptions::default())[0];
        assert!(none.mean > 0.0 && none.hi >= 2, "{none:?}");
        let quiet = expected(&[0; 30], days(30), days(40), &BaselineOptions::default())[39];
        assert!(quiet.mean > 0.0, "{quiet:?}");
    }

    #[test]
    fn silent_days_are_not_zeros() {
        let mut series = vec![5u32; 60];
        series[20..40].fill(0);
        let silent: Vec<Day> = days(60).days().skip(20).take(20).collect();
        let told = BaselineOptions { silent, ..BaselineOptions::default() };
        let got = expected(&series, days(60), days(61), &told)[60];
        assert!((got.mean - 5.0).abs() < 0.3, "{got:?}");
        let untold = expected(&series, days(60), days(61), &BaselineOptions::default())[60];
        assert!(untold.mean < 4.0);
    }

    #[test]
    fn a_prior_rate_stands_in_for_history() {
        let options = BaselineOptions { prior_rate: Some(0.2), ..BaselineOptions::default() };
        let first = expected(&[], days(1), days(1), &options)[0];
        assert!((first.mean - 0.2).abs() < 1e-12);
    }
}
