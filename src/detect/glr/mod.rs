//! GLR and LR charts for counts: has the mean changed since some day k? (Höhle & Paul 2008; the window-limited
//! form of Lai 1995), as offered by R's `surveillance::glrpois` and `glrnb`.
//!
//! Counts are Poisson (`alpha` = 0) or negative binomial (Var = μ + αμ²) about a mean in control μ₀ₜ that may
//! differ from day to day. A change multiplies it, μ₁ = μ₀ e^κ ([`Change::Intercept`]), or makes cases breed the
//! next ones, μ₁ₜ = μ₀ₜ + λ yₜ₋₁ ([`Change::Epidemic`]). The statistic is the largest log-likelihood ratio
//!
//! GLR(n) = max over k of sup over κ (or λ) of ∑ₜ₌ₖⁿ ln f₁(yₜ)/f₀(yₜ),   n − M ≤ k ≤ n − M̃ + 1
//!
//! over the size of the change too, so that it need not be known. With `theta` the size is fixed and the statistic
//! is the likelihood-ratio CUSUM Sₙ = max(0, Sₙ₋₁ + ln f₁/f₀). At `c_arl` **or above** there is an alarm; then the
//! chart starts anew on the next day.
//!
//! Score: GLR(n) or Sₙ, in natural logarithms. Bound: the count from which on today is an alarm (**at or above**
//! it), given the days before; a whole number for the GLR. A chart for decreases names the count at or below which
//! there is an alarm in `reason`. There is no p-value. Defaults of the literature: c = 5, all k (M = −1), M̃ = 1.
//!
//! Cost. A start k that no size of change prefers is never looked at again: where one day's log-likelihood ratio
//! is concave in the size, the starts that are left form a chain ([`starts`], after the functional pruning of Ward
//! et al. 2023), a handful after thousands of days, and the answers stay exact. That is every chart but the epidemic
//! negative binomial, which looks at every k: give it a window. For Poisson counts a start costs constant time, else
//! the days since it.
//!
//! Limits: μ₀ is taken as known; what was learned from few or unquiet days alarms more often than c says. c must be
//! found by simulation for a wanted run length. After an alarm μ₀ is that of before, unless `refit`.
//!
//! Parity with surveillance 1.20.3 to 1e-9, but where it departs from the publication and its own manual:
//! a decrease chart of Poisson counts leaves out windows without any case (the strongest evidence of a decrease);
//! with a window, a Poisson chart leaves out k = n; without one, M̃ only delays the first answer.
//! [`Follow::Surveillance`] reproduces these three. Its epidemic charts miss starts whose search for λ does not
//! converge, so that its statistic is at times below the maximum; this is not reproduced.

mod likelihood;
mod starts;
#[cfg(test)]
mod tests;

use super::{
    Judgement,
    chart::{ChartError, Follow, InControl},
};
use likelihood::{Alternative, Observed};
pub use likelihood::{Change, Direction};
use starts::Starts;

/// Settings of one chart.
#[derive(Debug, Clone, PartialEq)]
pub struct GlrOptions {
    /// Threshold c of the statistic.
    pub c_arl: f64,
    /// Size of the change where it is known (κ or λ): then the LR chart. A negative κ looks for decreases.
    pub theta: Option<f64>,
    pub change: Change,
    /// Which changes the GLR looks for; the LR's direction is the sign of `theta`.
    pub direction: Direction,
    /// M: the earliest start looked at is this long ago. None looks back to the start of the chart.
    pub window: Option<usize>,
    /// M̃: the least number of counts in a window, at least 1.
    pub min_window: usize,
    /// Overdispersion α of the negative binomial; 0 for Poisson.
    pub alpha: f64,
    pub mean: InControl,
    /// Learn the mean anew from all counts up to an alarm.
    pub refit: bool,
    pub follow: Follow,
}

impl Default for GlrOptions {
    fn default() -> Self {
        Self {
            c_arl: 5.0,
            theta: None,
            change: Change::Intercept,
            direction: Direction::Increase,
            window: None,
            min_window: 1,
            alpha: 0.0,
            mean: InControl::TrainingMean,
            refit: false,
            follow: Follow::Paper,
        }
    }
}

/// Judge every position of a series from `start` on; what is before it is training and has no answer.
///
/// # Errors
/// When the mean in control cannot be had from these counts, or an epidemic chart is to look for decreases.
pub fn glr(series: &[u32], start: usize, options: &GlrOptions) -> Result<Vec<Judgement>, ChartError> {
    if options.change == Change::Epidemic
        && (options.direction == Direction::Decrease || options.theta.is_some_and(|t| t < 0.0))
    {
        return Err(ChartError::EpidemicDecrease);
    }
    let mut means = options.mean.means(series, start, options.alpha)?;
    let mut first = start;
    let mut judged = vec![Judgement::none("before the start of the chart"); start];
    let mut chart = Chart::new(options);
    for t in start..series.len() {
        let mu = means[t - first];
        if mu <= 0.0 {
            judged.push(Judgement::none("the usual count is 0, and nothing can be compared with it"));
            continue;
        }
        let before = if t > 0 { f64::from(series[t - 1]) } else { 0.0 };
        let day = chart.judge(Observed { x: f64::from(series[t]), mu, before });
        let alarm = day.alarm == Some(true);
        judged.push(day);
        if alarm {
            chart = Chart::new(options);
            if options.refit {
                first = t + 1;
                means = options.mean.means(series, first, options.alpha)?;
            }
        }
    }
    Ok(judged)
}

/// A chart since its last start.
enum Chart<'a> {
    Lr(Lr),
    Glr(Glr<'a>),
}

impl<'a> Chart<'a> {
    fn new(options: &'a GlrOptions) -> Self {
        let direction = match options.theta {
            Some(theta) if theta < 0.0 => Direction::Decrease,
            Some(_) => Direction::Increase,
            None => options.direction,
        };
        let alternative = Alternative { change: options.change, direction, alpha: options.alpha };
        match options.theta {
            Some(theta) => Self::Lr(Lr { alternative, theta, c: options.c_arl, sum: 0.0 }),
            None => {
                Self::Glr(Glr { alternative, options, days: Vec::new(), starts: Starts::new(alternative, options) })
            }
        }
    }

    fn judge(&mut self, day: Observed) -> Judgement {
        match self {
            Self::Lr(chart) => chart.judge(day),
            Self::Glr(chart) => chart.judge(day),
        }
    }
}

/// The size of the change is known: a CUSUM of log-likelihood ratios.
struct Lr {
    alternative: Alternative,
    theta: f64,
    c: f64,
    sum: f64,
}

impl Lr {
    fn judge(&mut self, day: Observed) -> Judgement {
        let ratio = |x: f64| self.alternative.ratio(&Observed { x, ..day }, self.theta);
        // The ratio is a straight line in the count.
        let (at_zero, per_case) = (ratio(0.0), ratio(1.0) - ratio(0.0));
        let edge = (self.c - self.sum - at_zero) / per_case;
        self.sum = (self.sum + ratio(day.x)).max(0.0);
        let bound = if per_case == 0.0 {
            Edge::Never
        } else if per_case > 0.0 {
            Edge::From(edge.max(0.0))
        } else if edge >= 0.0 {
            Edge::UpTo(edge)
        } else {
            Edge::Never
        };
        answer(day.mu, self.sum, self.c, bound)
    }
}

/// The size of the change is not known.
struct Glr<'a> {
    alternative: Alternative,
    options: &'a GlrOptions,
    days: Vec<Observed>,
    starts: Starts,
}

impl Glr<'_> {
    fn judge(&mut self, day: Observed) -> Judgement {
        self.starts.advance(&self.days);
        self.days.push(day);
        let c = self.options.c_arl;
        let needed = self.options.min_window;
        if self.days.len() < needed {
            return match self.options.follow {
                Follow::Surveillance => answer(day.mu, 0.0, c, Edge::Never),
                Follow::Paper => Judgement {
                    expected: Some(day.mu),
                    reason: format!("needs {needed} counts since the chart was started"),
                    ..Judgement::default()
                },
            };
        }
        let edge = match self.alternative.direction {
            Direction::Increase => self.least(c),
            Direction::Decrease => self.most(c),
        };
        let score = self.starts.largest(&self.days);
        answer(day.mu, score, c, edge)
    }

    /// The statistic if today's count were another.
    fn reaches(&mut self, count: f64, c: f64) -> bool {
        let last = self.days.len() - 1;
        let today = std::mem::replace(&mut self.days[last].x, count);
        let reaches = self.starts.reaches(&self.days, c);
        self.days[last].x = today;
        reaches
    }

    /// The least count that is an alarm: the statistic of increases never falls with today's count.
    fn least(&mut self, c: f64) -> Edge {
        const MOST: f64 = 1e9;
        let today = self.days[self.days.len() - 1];
        let mut high = today.x.max(today.mu).ceil() + 1.0;
        while !self.reaches(high, c) {
            high *= 2.0;
            if high > MOST {
                return Edge::Never;
            }
        }
        let mut low = 0.0;
        while low < high {
            let middle = f64::floor(0.5 * (low + high));
            if self.reaches(middle, c) { high = middle } else { low = middle + 1.0 }
        }
        Edge::From(high)
    }

    /// The largest count that is an alarm: the statistic of decreases never grows with today's count.
    fn most(&mut self, c: f64) -> Edge {
        if !self.reaches(0.0, c) {
            return Edge::Never;
        }
        let (mut low, mut high) = (0.0, 1.0);
        while high < 1e9 && self.reaches(high, c) {
            (low, high) = (high, 2.0 * high);
        }
        while high - low > 1.0 {
            let middle = f64::floor(0.5 * (low + high));
            if self.reaches(middle, c) { low = middle } else { high = middle }
        }
        Edge::UpTo(low)
    }
}

/// Which counts would be an alarm today.
enum Edge {
    From(f64),
    UpTo(f64),
    Never,
}

fn answer(mu: f64, score: f64, c: f64, edge: Edge) -> Judgement {
    let (upper_bound, reason) = match edge {
        Edge::From(count) => (Some(count), String::new()),
        Edge::UpTo(count) => (None, format!("a chart for decreases: {count} or fewer would be an alarm")),
        Edge::Never => (None, "no count would be an alarm today".to_owned()),
    };
    Judgement {
        expected: Some(mu),
        upper_bound,
        score: Some(score),
        alarm: Some(score >= c),
        reason,
        ..Judgement::default()
    }
}
