//! The quasi-Poisson regression of a baseline, its reweighting, and whether the trend stays.

use statrs::function::beta::beta_reg;

use crate::stats::seasonal_glm::{Counts, Design, Run, SeasonalGlm};

/// Which standard error bound and trend test rest on; the module doc of the folder tells the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StandardError {
    /// From Pearson's dispersion of the reweighted fit.
    #[default]
    Pearson,
    /// As R surveillance computes it, for comparison.
    Surveillance,
}

impl StandardError {
    pub const WORDS: [(&'static str, Self); 2] = [("pearson", Self::Pearson), ("surveillance", Self::Surveillance)];
}

/// What the regression is to do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub years: usize,
    pub levels: usize,
    pub trend: bool,
    pub p_threshold_trend: f64,
    pub reweight: bool,
    pub weights_threshold: f64,
    pub se: StandardError,
    /// The least dispersion that the bound's standard error is believed to have.
    pub least_dispersion: f64,
}

/// A series with what every one of its fits needs.
pub(super) struct Prepared {
    pub counts: Counts,
    /// Counts to the power of 2/3, for Anscombe's residuals.
    two_thirds: Vec<f64>,
}

impl Prepared {
    pub fn new(counts: &[u32], exposure: Option<&[f64]>) -> Self {
        let two_thirds = counts.iter().map(|&y| f64::from(y).cbrt().powi(2)).collect();
        Self { counts: Counts::new(counts, exposure), two_thirds }
    }
}

/// What the regression says of the point to be judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prediction {
    /// Logarithm of the mean, exposure included, and its standard error.
    pub eta: f64,
    pub se: f64,
    /// At least 1.
    pub dispersion: f64,
}

/// Why there is no prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoPrediction {
    /// Every count of the baseline is 0.
    AllZero,
    NotConverged,
    /// As many parameters as points.
    TooFewPoints,
}

/// The regression, with room that is used again from point to point.
#[derive(Default)]
pub(super) struct Model {
    glm: SeasonalGlm,
    weights: Vec<f64>,
}

impl Model {
    /// Fit with the trend, and again without where the trend is not kept.
    pub fn predict(
        &mut self,
        series: &Prepared,
        runs: &[Run],
        position: usize,
        rule: &Rule,
    ) -> Result<Prediction, NoPrediction> {
        // Two years show no trend, so that one is never kept and need not be fitted.
        if rule.trend && rule.years >= 3 {
            let design = Design { runs, levels: rule.levels, trend: true };
            let attempt = self.attempt(series, &design, position, rule);
            if let Ok(prediction) = attempt
                && self.bends(runs, position)
                && self.keeps_trend(series, &design, &prediction, rule)
            {
                return Ok(prediction);
            }
        }
        let design = Design { runs, levels: rule.levels, trend: false };
        self.attempt(series, &design, position, rule)
    }

    fn attempt(
        &mut self,
        series: &Prepared,
        design: &Design,
        position: usize,
        rule: &Rule,
    ) -> Result<Prediction, NoPrediction> {
        self.weights.clear();
        self.weights.resize(design.len(), 1.0);
        self.fit(series, design)?;
        // Without an outbreak the weights stay as they are, and so would the fit.
        if rule.reweight && self.reweight(series, design, rule.weights_threshold) {
            self.fit(series, design)?;
        }
        let pearson = self.glm.dispersion(&series.counts, design, &self.weights);
        let level = rule.levels - 1;
        let dispersion = self.se_dispersion(series, design, pearson, rule).max(rule.least_dispersion);
        let se = (self.glm.variance(position, level) * dispersion).sqrt();
        let eta = self.glm.linear(position, level) + series.counts.exposure(position).ln();
        if !eta.is_finite() || !se.is_finite() {
            return Err(NoPrediction::TooFewPoints);
        }
        Ok(Prediction { eta, se, dispersion: pearson.max(1.0) })
    }

    fn fit(&mut self, series: &Prepared, design: &Design) -> Result<(), NoPrediction> {
        self.glm.fit(&series.counts, design, &self.weights);
        if self.glm.converged {
            Ok(())
        } else if design.runs.iter().all(|r| series.counts.y()[r.start..r.start + r.len].iter().all(|y| *y == 0.0)) {
            Err(NoPrediction::AllZero)
        } else {
            Err(NoPrediction::NotConverged)
        }
    }

    /// Weigh points down that look like an outbreak: by the square of their Anscombe residual, where that lies above
    /// the threshold; then all, so that the weights add up to the number of points. Whether there were any.
    fn reweight(&mut self, series: &Prepared, design: &Design, threshold: f64) -> bool {
        let Self { glm, weights } = self;
        let dispersion = glm.dispersion(&series.counts, design, weights).max(1.0);
        let least = threshold * threshold * dispersion;
        let mut outbreaks = false;
        glm.each_leverage(design, |i, position, mu, leverage| {
            // A power below 1 lies below its tangent, so that Anscombe's residual is never above Pearson's; only where
            // that is large are the roots worth taking.
            let above = series.counts.y()[position] - mu;
            if above <= 0.0 || above * above <= least * (1.0 - leverage) * mu {
                return;
            }
            let residual = 1.5 * (series.two_thirds[position] / mu.cbrt().sqrt() - mu.sqrt());
            let square = residual * residual / (dispersion * (1.0 - leverage));
            if square > threshold * threshold {
                outbreaks = true;
                weights[i] = 1.0 / square;
            }
        });
        if outbreaks {
            let share = weights.len() as f64 / weights.iter().sum::<f64>();
            weights.iter_mut().for_each(|w| *w *= share);
        }
        outbreaks
    }

    fn se_dispersion(&self, series: &Prepared, design: &Design, pearson: f64, rule: &Rule) -> f64 {
        match rule.se {
            StandardError::Surveillance if rule.reweight => {
                self.glm.mean_square(&series.counts, design, |i| self.weights[i])
            }
            _ => pearson,
        }
    }

    /// Whether the trend comes to anything. In a constant series it is rounding error over rounding error, and any
    /// p-value may come out.
    fn bends(&self, runs: &[Run], position: usize) -> bool {
        let first = runs.first().map_or(position, |r| r.start);
        (self.glm.slope * (position - first) as f64).abs() > 1e-10
    }

    /// The trend stays when it is significant and the prediction lies within what the baseline has seen.
    fn keeps_trend(&self, series: &Prepared, design: &Design, prediction: &Prediction, rule: &Rule) -> bool {
        let seen = design.runs.iter().flat_map(|r| &series.counts.y()[r.start..r.start + r.len]);
        if prediction.eta.exp() > seen.fold(0.0, |most: f64, y| most.max(*y)) {
            return false;
        }
        if rule.p_threshold_trend >= 1.0 {
            return true;
        }
        let pearson = self.glm.dispersion(&series.counts, design, &self.weights);
        let dispersion = self.se_dispersion(series, design, pearson, rule);
        let t = self.glm.slope / (self.glm.slope_variance() * dispersion).sqrt();
        two_sided_t(t, self.glm.residual_df as f64) < rule.p_threshold_trend
    }
}

/// P(|T| ≥ |t|) of Student's distribution; NaN for NaN.
fn two_sided_t(t: f64, df: f64) -> f64 {
    if t.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    beta_reg(df / 2.0, 0.5, df / (df + t * t))
}
