//! Detection: from counts to signals, one file per method, named as the literature names it.
//!
//! | method | file | source |
//! |---|---|---|
//! | EARS C1, C2, C3 | [`ears`] | Hutwagner et al. 2003 |
//! | pooled sparse counts | [`pooled`] | gamma–Poisson with empirical Bayes over areas; one significance over windows |
//! | rule for one area now | [`area`] | EARS C2 with a count p-value |
//! | space-time permutation scan | [`scan`] | Kulldorff et al. 2005 |
//! | alert budgets, and what they can see | [`budget`] | simulation from each area's fitted null |
//! | what the rules come to on worlds with a known truth | [`calibration`] | |
//!
//! To add a method: a file with its options as one documented struct with defaults, its limits in the
//! module doc, a reference test against outside truth and a recovery test on simulated outbreaks.

pub mod area;
pub mod budget;
pub mod calibration;
pub mod ears;
pub mod judgement;
pub mod pooled;
pub mod scan;

pub use area::{AreaRule, AreaRuleOptions, area_rule};
pub use judgement::Judgement;
pub use pooled::{PooledDay, PooledOptions, PooledSeries, pooled, pooled_as_known};
