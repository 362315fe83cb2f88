//! Detection: from counts to signals, one file per method, named as the literature names it.
//!
//! | method | file | source |
//! |---|---|---|
//! | space-time permutation scan | [`scan`] | Kulldorff et al. 2005 |
//!
//! To add a method: a file with its options as one documented struct with defaults, its limits in the
//! module doc, a reference test against outside truth and a recovery test on simulated outbreaks.

pub mod scan;
