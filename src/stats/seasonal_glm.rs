//! Log-linear regression of counts on one level per season and a common trend, for many fits in a row.
//!
//! The model is that of [`super::glm`] with the columns "is of level g" and time, and so are start, stop and what is
//! given back; tests hold the two against one another. What differs is the work: the normal equations of such a
//! design are a diagonal with a border, so that an iteration costs a pass over the points and no factorisation, and
//! without a trend not even that: a level's points then share one rate. Within a run of consecutive points μ grows
//! by a constant factor, so that an iteration costs an exponential for each level and gap, not for each point.
//!
//! Points lie at equal steps; a design is a list of runs of consecutive ones. Levels without a point are left out.
//! The border is kept centred on the design's middle, which leaves the digits of time on any scale alone.

/// Consecutive points that share a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Position of the first point in the series.
    pub start: usize,
    /// At least 1.
    pub len: usize,
    /// From 0.
    pub level: usize,
}

/// A series made ready for many fits: what does not depend on the design, point by point.
#[derive(Debug, Clone)]
pub struct Counts {
    y: Vec<f64>,
    exposure: Option<Vec<f64>>,
    /// Working weight and weight × response of the first iteration, which begins from μ = y + 0.1.
    first: Vec<(f64, f64)>,
    /// The point's part of the deviance that does not depend on the fit, and its part before the first iteration.
    saturated: Vec<(f64, f64)>,
}

impl Counts {
    /// An exposure (people at risk) multiplies the rate; > 0, as long as the counts.
    pub fn new(counts: &[u32], exposure: Option<&[f64]>) -> Self {
        let y: Vec<f64> = counts.iter().map(|&n| f64::from(n)).collect();
        let log_exposure = |i: usize| exposure.map_or(0.0, |e: &[f64]| e[i].ln());
        let first = y.iter().enumerate().map(|(i, y)| {
            let mu = y + 0.1;
            (mu, mu * (mu.ln() - log_exposure(i)) - 0.1)
        });
        let saturated = y.iter().enumerate().map(|(i, &y)| {
            if y > 0.0 { (y * y.ln() - y - y * log_exposure(i), y * (y / (y + 0.1)).ln() + 0.1) } else { (0.0, 0.1) }
        });
        Self { first: first.collect(), saturated: saturated.collect(), y, exposure: exposure.map(<[f64]>::to_vec) }
    }

    pub fn y(&self) -> &[f64] {
        &self.y
    }

    /// 1 where there is no exposure.
    pub fn exposure(&self, position: usize) -> f64 {
        self.exposure.as_ref().map_or(1.0, |e| e[position])
    }
}

/// The design of one fit.
#[derive(Debug, Clone, Copy)]
pub struct Design<'a> {
    /// In order, not overlapping.
    pub runs: &'a [Run],
    /// Levels are below this.
    pub levels: usize,
    pub trend: bool,
}

impl Design<'_> {
    /// Points in all runs.
    pub fn len(&self) -> usize {
        self.runs.iter().map(|r| r.len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The point that time is counted from.
    fn origin(&self) -> f64 {
        match (self.runs.first(), self.runs.last()) {
            (Some(first), Some(last)) => ((first.start + last.start + last.len) / 2) as f64,
            _ => 0.0,
        }
    }
}

/// Sums over one level's points at given weights.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    weight: f64,
    /// Σ weight × time.
    moment: f64,
    /// Σ of what the step has to explain.
    right: f64,
}

/// The same over all points, for the trend.
#[derive(Debug, Clone, Copy, Default)]
struct Border {
    /// Σ weight × time².
    square: f64,
    right: f64,
    /// Σ of the weights, which is Σ ω μ.
    weight: f64,
}

/// One level's part of the model.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    /// Linear predictor at the origin of time, now and before the last step.
    at: f64,
    before: f64,
    /// Its exponential, while fitted values are made.
    rate: f64,
    /// Σ ω y, and Σ ω × exposure.
    cases: f64,
    exposure: f64,
}

/// A fit, and the room in which the next one is made.
#[derive(Debug, Clone, Default)]
pub struct SeasonalGlm {
    /// Fitted values, in the order of the runs' points.
    pub fitted: Vec<f64>,
    pub converged: bool,
    pub iterations: usize,
    /// Growth of the linear predictor from one point to the next; 0 without a trend.
    pub slope: f64,
    pub residual_df: usize,
    /// Fitted values at the start of the last iteration.
    before: Vec<f64>,
    levels: Vec<Level>,
    /// Of the last step, and of what came of it.
    used: Vec<Sums>,
    sums: Vec<Sums>,
    /// What the trend's column keeps beside the levels; ∞ where there is no trend.
    schur: f64,
    origin: f64,
}

const MAX_ITERATIONS: usize = 25;
const TOLERANCE: f64 = 1e-8;

impl SeasonalGlm {
    /// Fit the counts with a prior weight > 0 for each point of the design; `converged` says whether it came to rest.
    pub fn fit(&mut self, counts: &Counts, design: &Design, weights: &[f64]) {
        let start = self.begin(counts, design, weights);
        let (mut border, mut deviance) = (start.border, start.deviance);
        (self.iterations, self.converged) = (0, false);
        while self.iterations < MAX_ITERATIONS && !self.converged {
            self.step(border, design.trend);
            self.iterations += 1;
            border = if design.trend { self.weigh(counts, design, weights) } else { self.weigh_levels() };
            let explained: f64 = self.levels.iter().map(|l| l.at * l.cases).sum::<f64>() + self.slope * start.moment;
            let new = 2.0 * (start.saturated - explained + border.weight);
            // What rounding alone may move in sums of this size is no change.
            let noise = 1e-15 * (start.saturated.abs() + explained.abs() + border.weight);
            self.converged = (new - deviance).abs() < (TOLERANCE * (new.abs() + 0.1)).max(noise);
            deviance = new;
        }
        if !design.trend {
            self.spread(counts, design);
        }
        let levels = self.levels.iter().filter(|l| l.exposure > 0.0).count();
        self.residual_df = design.len().saturating_sub(levels + usize::from(self.schur.is_finite()));
    }

    /// Linear predictor at a position and level, without the exposure; −∞ where the level had no points.
    pub fn linear(&self, position: usize, level: usize) -> f64 {
        if self.levels[level].exposure > 0.0 {
            self.levels[level].at + self.slope * self.time(position)
        } else {
            f64::NEG_INFINITY
        }
    }

    /// Variance of the linear predictor there, at dispersion 1.
    pub fn variance(&self, position: usize, level: usize) -> f64 {
        let Sums { weight, moment, .. } = self.used[level];
        1.0 / weight + (self.time(position) - moment / weight).powi(2) / self.schur
    }

    /// Variance of the slope at dispersion 1; 0 without a trend.
    pub fn slope_variance(&self) -> f64 {
        1.0 / self.schur
    }

    /// Pearson's χ² over its degrees of freedom, with the working weights of the start of the last iteration and
    /// the residuals of its end. NaN without degrees of freedom.
    pub fn dispersion(&self, counts: &Counts, design: &Design, weights: &[f64]) -> f64 {
        self.mean_square(counts, design, |i| weights[i] * self.before[i])
    }

    /// Σ w ((y − μ)/μ)² over the degrees of freedom, with weights of the caller's.
    pub fn mean_square(&self, counts: &Counts, design: &Design, weight: impl Fn(usize) -> f64) -> f64 {
        if self.residual_df == 0 {
            return f64::NAN;
        }
        let (mut sum, mut i) = (0.0, 0);
        for run in design.runs {
            let y = &counts.y[run.start..run.start + run.len];
            for (y, mu) in y.iter().zip(&self.fitted[i..i + run.len]) {
                let residual = (y - mu) / mu;
                sum += weight(i) * residual * residual;
                i += 1;
            }
        }
        sum / self.residual_df as f64
    }

    /// Calls back with place in the design, position, fitted value and leverage of each point; the leverage is that
    /// at a prior weight of 1 and grows in proportion.
    pub fn each_leverage(&self, design: &Design, mut tell: impl FnMut(usize, usize, f64, f64)) {
        let (mut i, border) = (0, 1.0 / self.schur);
        for run in design.runs {
            let Sums { weight, moment, .. } = self.used[run.level];
            let (share, mean) = (1.0 / weight, moment / weight);
            for position in run.start..run.start + run.len {
                let from_mean = self.time(position) - mean;
                let leverage = self.before[i] * (share + from_mean * from_mean * border);
                tell(i, position, self.fitted[i], leverage);
                i += 1;
            }
        }
    }

    fn time(&self, position: usize) -> f64 {
        position as f64 - self.origin
    }

    /// The sums of the first iteration, which begins from μ = y + 0.1.
    fn begin(&mut self, counts: &Counts, design: &Design, weights: &[f64]) -> Start {
        let n = design.len();
        self.fitted.resize(n, 0.0);
        self.before.resize(n, 0.0);
        self.used.clear();
        self.used.resize(design.levels, Sums::default());
        self.sums.clone_from(&self.used);
        self.levels.clear();
        self.levels.resize(design.levels, Level::default());
        (self.origin, self.slope) = (design.origin(), 0.0);
        let (mut start, mut i) = (Start::default(), 0);
        for run in design.runs {
            let (sums, level) = (&mut self.sums[run.level], &mut self.levels[run.level]);
            for position in run.start..run.start + run.len {
                let (omega, y, t) = (weights[i], counts.y[position], position as f64 - self.origin);
                let (weight, weighted) = counts.first[position];
                let (saturated, deviance) = counts.saturated[position];
                let weight = omega * weight;
                self.fitted[i] = y + 0.1;
                sums.weight += weight;
                sums.moment += weight * t;
                sums.right += omega * weighted;
                start.border.square += weight * t * t;
                start.border.right += omega * weighted * t;
                level.cases += omega * y;
                level.exposure += omega * counts.exposure(position);
                start.moment += omega * y * t;
                start.saturated += omega * saturated;
                start.deviance += 2.0 * omega * deviance;
                i += 1;
            }
        }
        start
    }

    /// Solve for what has to be added to the coefficients.
    fn step(&mut self, border: Border, trend: bool) {
        std::mem::swap(&mut self.used, &mut self.sums);
        std::mem::swap(&mut self.before, &mut self.fitted);
        self.schur = f64::INFINITY;
        let mut slope = 0.0;
        if trend {
            let (mut square, mut right) = (border.square, border.right);
            for sums in self.used.iter().filter(|s| s.weight > 0.0) {
                square -= sums.moment * sums.moment / sums.weight;
                right -= sums.moment * sums.right / sums.weight;
            }
            // A level or two with a point each leaves nothing for a trend.
            if square > 1e-12 * border.square {
                (self.schur, slope) = (square, right / square);
            }
        }
        self.slope += slope;
        for (level, sums) in self.levels.iter_mut().zip(&self.used).filter(|(_, s)| s.weight > 0.0) {
            level.before = level.at;
            level.at += (sums.right - sums.moment * slope) / sums.weight;
        }
    }

    /// Fitted values after a step, and the sums of the next one.
    fn weigh(&mut self, counts: &Counts, design: &Design, weights: &[f64]) -> Border {
        self.sums.fill(Sums::default());
        let (mut border, mut i) = (Border::default(), 0);
        for level in &mut self.levels {
            level.rate = level.at.exp();
        }
        // The trend's factor is carried from point to point, and from run to run where these touch.
        let (growth, mut factor, mut next) = (self.slope.exp(), 1.0, usize::MAX);
        for run in design.runs {
            let t0 = self.time(run.start);
            if run.start != next {
                factor = (self.slope * t0).exp();
            }
            next = run.start + run.len;
            let rate = self.levels[run.level].rate;
            let (mut weight, mut moment, mut square, mut right, mut right_moment) = (0.0, 0.0, 0.0, 0.0, 0.0);
            let span = i..i + run.len;
            let y = &counts.y[run.start..next];
            let exposure = counts.exposure.as_ref().map(|e| &e[run.start..next]);
            let mut step = 0.0;
            for (j, ((y, omega), mu)) in y.iter().zip(&weights[span.clone()]).zip(&mut self.fitted[span]).enumerate() {
                *mu = (rate * factor * exposure.map_or(1.0, |e| e[j])).max(f64::EPSILON);
                factor *= growth;
                let w = omega * *mu;
                let r = omega * y - w;
                let moved = w * step;
                weight += w;
                moment += moved;
                square += moved * step;
                right += r;
                right_moment += r * step;
                step += 1.0;
            }
            let sums = &mut self.sums[run.level];
            sums.weight += weight;
            sums.moment += moment + t0 * weight;
            sums.right += right;
            border.weight += weight;
            border.square += square + t0 * (2.0 * moment + t0 * weight);
            border.right += right_moment + t0 * right;
            i += run.len;
        }
        border
    }

    /// The same without a trend, where a level's points share one rate.
    fn weigh_levels(&mut self) -> Border {
        let mut border = Border::default();
        for (level, sums) in self.levels.iter().zip(&mut self.sums) {
            let weight = level.at.exp() * level.exposure;
            *sums = Sums { weight, moment: 0.0, right: level.cases - weight };
            border.weight += weight;
        }
        border
    }

    /// Fitted values of every point from those of the levels.
    fn spread(&mut self, counts: &Counts, design: &Design) {
        let mut i = 0;
        for run in design.runs {
            let Level { at, before, .. } = self.levels[run.level];
            let (rate, rate_before) = (at.exp(), before.exp());
            for position in run.start..run.start + run.len {
                let exposure = counts.exposure(position);
                self.fitted[i] = (rate * exposure).max(f64::EPSILON);
                if self.iterations > 1 {
                    self.before[i] = (rate_before * exposure).max(f64::EPSILON);
                }
                i += 1;
            }
        }
    }
}

/// What a fit begins with.
#[derive(Debug, Clone, Copy, Default)]
struct Start {
    border: Border,
    deviance: f64,
    /// Σ of the deviance's part that no fit changes.
    saturated: f64,
    /// Σ ω y × time.
    moment: f64,
}

#[cfg(test)]
#[path = "seasonal_glm_tests.rs"]
mod tests;
