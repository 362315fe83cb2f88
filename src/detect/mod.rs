//! Detection: from counts to signals, one file per method, named as the literature names it.
//!
//! | method | file | source |
//! |---|---|---|
//! | EARS C1, C2, C3 | [`ears`] | Hutwagner et al. 2003 |
//! | CUSUM for counts | [`cusum`] | Rossi et al. 1999 |
//! | GLR and LR charts, Poisson and negative binomial | [`glr`] | Höhle & Paul 2008 |
//! | OutbreakP | [`outbreak_p`] | Frisén & Andersson 2009 |
//! | Shiryaev–Roberts surveillance of points | [`point_process`] | Assunção & Correa 2009 |
//! | rule for one area now | [`area`] | EARS C2 with a count p-value |
//! | space-time permutation scan | [`scan`] | Kulldorff et al. 2005 |
//! | what the rules come to on worlds with a known truth | [`calibration`] | |
//!
//! To add a method: a file with its options as one documented struct with defaults, its limits in the
//! module doc, a reference test against outside truth and a recovery test on simulated outbreaks.

pub mod area;
pub mod calibration;
pub mod chart;
pub mod cusum;
pub mod ears;
pub mod glr;
pub mod judgement;
pub mod outbreak_p;
pub mod point_process;
pub mod scan;

pub use area::{AreaRule, AreaRuleOptions, area_rule};
pub use judgement::Judgement;
