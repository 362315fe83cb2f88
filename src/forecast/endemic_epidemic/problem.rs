//! Why a model could not be fitted.

/// Each says what is wrong with what, in the words of the model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EndemicEpidemicProblem {
    #[error("the model has no component: expected an endemic, an autoregressive or a neighbourhood one")]
    NoComponent,
    #[error("the {0} component has no term: expected at least an intercept")]
    NoTerm(&'static str),
    #[error("the neighbourhood component has no weights: expected who neighbours whom")]
    NoWeights,
    #[error("{what}: got {got}, expected {want}")]
    Shape { what: String, got: usize, want: usize },
    #[error("{what}: got {got}, expected {want}")]
    Bad { what: String, got: f64, want: &'static str },
    #[error("a weight links unit {from} to unit {to}, but there are {units} units")]
    NoSuchUnit { from: usize, to: usize, units: usize },
    #[error(
        "{counts} known counts cannot determine {coefficients} coefficients: expected a longer series or a simpler model"
    )]
    TooFew { counts: usize, coefficients: usize },
    #[error(
        "unit {unit} has {count} at time {time} (the first is 0), where the model's mean is 0 whatever its coefficients: expected an endemic component or an offset above 0 there"
    )]
    Impossible { unit: String, time: usize, count: u32 },
    #[error(
        "the data do not determine the coefficient {0}: expected no term that is constant, zero or a sum of others"
    )]
    NotDetermined(String),
    #[error("no maximum was found in {steps} steps (log-likelihood {loglik:.6}): expected a simpler model")]
    NoMaximum { steps: usize, loglik: f64 },
    #[error("one step ahead from time {from} to {to} (the first is 0): expected {want}")]
    BadTimes { from: usize, to: usize, want: String },
}
