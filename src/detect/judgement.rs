//! What a temporal detector says of one point of a series.

/// One judged day or week. A value that is not defined is `None`, and then `reason` says why: no data, too few
/// points, or a method that has no answer there are never a silent zero.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judgement {
    /// What the method expected, in cases.
    pub expected: Option<f64>,
    /// Counts beyond this are unusual, in cases. Strictly beyond, unless the method's documentation says otherwise.
    pub upper_bound: Option<f64>,
    /// The method's own statistic; its scale is in the method's documentation.
    pub score: Option<f64>,
    /// One-sided, 0 to 1, where the method has one.
    pub p_value: Option<f64>,
    pub alarm: Option<bool>,
    /// Why a value is missing; empty when all that the method can say is there.
    pub reason: String,
}

impl Judgement {
    /// No answer, and why.
    pub fn none(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), ..Self::default() }
    }
}
