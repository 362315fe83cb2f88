//! Detection: from counts to signals, one file per method, named as the literature names it.
//!
//! | method | file | source |
//! |---|---|---|
//! | EARS C1, C2, C3 | [`ears`] | Hutwagner et al. 2003 |
//! | rule for one area now | [`area`] | EARS C2 with a count p-value |
//! | space-time permutation scan | [`scan`] | Kulldorff et al. 2005 |
//! | Gi* in space, and in space and time | [`gi_star`] | Getis & Ord 1992, Ord & Getis 1995 |
//! | local Moran's I | [`local_moran`] | Anselin 1995 |
//! | emerging hot spots | [`emerging`] | Gi*, Mann–Kendall and seventeen categories |
//! | what the rules come to on worlds with a known truth | [`calibration`] | |
//!
//! To add a method: a file with its options as one documented struct with defaults, its limits in the
//! module doc, a reference test against outside truth and a recovery test on simulated outbreaks.

pub mod area;
pub mod bins;
pub mod calibration;
pub mod ears;
pub mod emerging;
pub mod gi_star;
pub mod judgement;
pub mod local_moran;
pub mod scan;

pub use area::{AreaRule, AreaRuleOptions, area_rule};
pub use bins::{Bins, BinsError, Neighbours};
pub use emerging::{Emerging, EmergingOptions, emerging};
pub use gi_star::{GiStarOptions, gi_star};
pub use judgement::Judgement;
pub use local_moran::{LocalMoran, LocalMoranOptions, local_moran};
