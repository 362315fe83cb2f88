//! What a model consists of: components, their log-linear predictors, offsets and the family.

use super::Weights;

/// A value for every time and unit, as far as it varies.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// One value per time, the same for every unit.
    ByTime(Vec<f64>),
    /// One value per unit, the same at every time.
    ByUnit(Vec<f64>),
    /// `[time][unit]`.
    Each(Vec<Vec<f64>>),
}

impl Values {
    /// `None` beyond the last time that has a value.
    pub(super) fn at(&self, time: usize, unit: usize) -> Option<f64> {
        match self {
            Self::ByTime(v) => v.get(time).copied(),
            Self::ByUnit(v) => v.get(unit).copied(),
            Self::Each(v) => v.get(time)?.get(unit).copied(),
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = f64> + '_ {
        let (flat, nested): (&[f64], &[Vec<f64>]) = match self {
            Self::ByTime(v) | Self::ByUnit(v) => (v, &[]),
            Self::Each(v) => (&[], v),
        };
        flat.iter().copied().chain(nested.iter().flatten().copied())
    }
}

/// What one term of a predictor multiplies its coefficient with.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// 1.
    Intercept,
    /// The number of steps since the first time of the data: 0, 1, 2, …
    Trend,
    /// sin(2πk t/period) and cos(2πk t/period) for k = 1 to `harmonics`, with t as in the trend.
    Season {
        period: f64,
        harmonics: u32,
    },
    Covariate {
        name: String,
        values: Values,
    },
}

/// A term of a log-linear predictor.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    pub effect: Effect,
    /// A coefficient for every unit instead of one for all.
    pub per_unit: bool,
}

impl Term {
    pub fn shared(effect: Effect) -> Self {
        Self { effect, per_unit: false }
    }

    pub fn per_unit(effect: Effect) -> Self {
        Self { effect, per_unit: true }
    }
}

/// One component of the mean: exp(predictor) × offset × what it acts on (1 for the endemic component, the
/// unit's own earlier count for the autoregressive, the weighted sum of its neighbours' for the other).
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    pub terms: Vec<Term>,
    /// Multiplies the component; 1 where there is none.
    pub offset: Option<Values>,
    /// How many steps back the counts lie that the component acts on; at least 1, and of no meaning for the
    /// endemic component.
    pub lag: usize,
}

impl Component {
    pub fn of(terms: Vec<Term>) -> Self {
        Self { terms, offset: None, lag: 1 }
    }

    /// An intercept and nothing else.
    pub fn constant() -> Self {
        Self::of(vec![Term::shared(Effect::Intercept)])
    }

    /// Intercept, linear trend on the log scale, and `harmonics` pairs of sine and cosine.
    pub fn seasonal(period: f64, harmonics: u32) -> Self {
        let mut terms = vec![Term::shared(Effect::Intercept), Term::shared(Effect::Trend)];
        if harmonics > 0 {
            terms.push(Term::shared(Effect::Season { period, harmonics }));
        }
        Self::of(terms)
    }

    #[must_use]
    pub fn with_offset(self, offset: Values) -> Self {
        Self { offset: Some(offset), ..self }
    }

    #[must_use]
    pub fn with_lag(self, lag: usize) -> Self {
        Self { lag, ..self }
    }
}

/// The distribution about the mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Family {
    Poisson,
    /// Var = μ + ψ μ², one ψ for all units (`NegBin1` in R's surveillance).
    #[default]
    NegativeBinomial,
    /// One ψ for each unit (`NegBinM`).
    NegativeBinomialPerUnit,
}

/// A model. The default is one of the literature: an endemic component with intercept, trend and one yearly
/// wave of weekly data, an autoregressive one with an intercept, one shared overdispersion, no neighbours.
#[derive(Debug, Clone, PartialEq)]
pub struct EndemicEpidemicOptions {
    pub end: Option<Component>,
    pub ar: Option<Component>,
    /// Needs `weights`.
    pub ne: Option<Component>,
    pub weights: Option<Weights>,
    pub family: Family,
    /// First time of the likelihood, counted from 0; by default the first that has all earlier counts it needs.
    pub first: Option<usize>,
    /// Last time of the likelihood; by default the last of the data.
    pub last: Option<usize>,
    /// Newton steps before giving up.
    pub max_steps: usize,
}

impl Default for EndemicEpidemicOptions {
    fn default() -> Self {
        Self {
            end: Some(Component::seasonal(52.0, 1)),
            ar: Some(Component::constant()),
            ne: None,
            weights: None,
            family: Family::NegativeBinomial,
            first: None,
            last: None,
            max_steps: 200,
        }
    }
}

/// Counts of several units at regular times.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CountTable {
    pub units: Vec<String>,
    /// `[time][unit]`; `None` is not known, which is not 0.
    pub counts: Vec<Vec<Option<u32>>>,
}

impl CountTable {
    pub fn times(&self) -> usize {
        self.counts.len()
    }

    pub(super) fn at(&self, time: usize, unit: usize) -> Option<u32> {
        self.counts.get(time).and_then(|row| row[unit])
    }
}
