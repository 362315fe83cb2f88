//! Detection: from counts to signals, one file per method, named as the literature names it.
//!
//! | method | file | source |
//! |---|---|---|
//! | EARS C1, C2, C3 | [`ears`] | Hutwagner et al. 2003 |
//! | pooled sparse counts | [`mod@pooled`] | gamma–Poisson with empirical Bayes over areas; one significance over windows |
//! | CUSUM for counts | [`cusum`] | Rossi et al. 1999 |
//! | GLR and LR charts, Poisson and negative binomial | [`glr`] | Höhle & Paul 2008 |
//! | OutbreakP | [`outbreak_p`] | Frisén & Andersson 2009 |
//! | Shiryaev–Roberts surveillance of points | [`point_process`] | Assunção & Correa 2009 |
//! | Farrington, original | [`farrington`] | Farrington et al. 1996 |
//! | Farrington, improved | [`farrington`] | Noufaily et al. 2013; Salmon et al. 2016 |
//! | Bayesian prediction from reference values | [`bayes`] | Riebler 2004; Höhle 2007 |
//! | the Robert Koch Institute's early system | [`rki`] | Crow & Gardner 1959 for its table |
//! | rule for one area now | [`area`] | EARS C2 with a count p-value |
//! | space-time permutation scan | [`scan`] | Kulldorff et al. 2005 |
//! | Gi* in space, and in space and time | [`mod@gi_star`] | Getis & Ord 1992, Ord & Getis 1995 |
//! | local Moran's I | [`mod@local_moran`] | Anselin 1995 |
//! | emerging hot spots | [`mod@emerging`] | Gi*, Mann–Kendall and seventeen categories |
//! | alert budgets, and what they can see | [`budget`] | simulation from each area's fitted null |
//! | what the scan and area rules come to on worlds with a known truth | [`calibration`] | |
//! | what the temporal rules come to | [`study`] | |
//!
//! Temporal methods judge the positions of a [`crate::domain::count_series::CountSeries`] and give a [`Judgement`] for each;
//! `emberwatch detect` knows them by the names of `cli/detect/methods`.
//!
//! To add a method: a file with its options as one documented struct with defaults, its limits in the
//! module doc, a reference test against outside truth and a recovery test on simulated outbreaks.

pub mod area;
pub mod bayes;
pub mod bins;
pub mod budget;
pub mod calibration;
pub mod chart;
pub mod cusum;
pub mod ears;
pub mod emerging;
pub mod farrington;
pub mod gi_star;
pub mod glr;
pub mod judgement;
pub mod local_moran;
pub mod outbreak_p;
pub mod point_process;
pub mod pooled;
pub mod reference;
pub mod rki;
pub mod scan;
pub mod study;

pub use area::{AreaRule, AreaRuleOptions, Known, area_rule, area_rule_known};
pub use bins::{Bins, BinsError, Neighbours};
pub use emerging::{Emerging, EmergingOptions, emerging};
pub use gi_star::{GiStarOptions, gi_star};
pub use judgement::Judgement;
pub use local_moran::{LocalMoran, LocalMoranOptions, local_moran};
pub use pooled::{PooledDay, PooledOptions, PooledSeries, pooled, pooled_as_known};
