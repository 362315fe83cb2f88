//! Texts → points with an honest precision, against a gazetteer that is passed in.
//!
//! The order of trust: the street text (a known address, a crossing, a street), then the town, the ZIP
//! area, the county. A text that could mean several distant places is *ambiguous* and falls back to the
//! next coarser level; the first hit is never taken silently. What a gazetteer itself puts at one point
//! for many different streets counts as a place, not as an address.
//!
//! To add a kind of reference data: a method of [`Gazetteer`] that adds it, and its level in `answer`.

mod csv_file;
mod gazetteer;
mod normal;
pub mod parse;
mod vocabulary;

pub use csv_file::GazetteerError;
pub use gazetteer::{Answer, Gazetteer, Match, Query};
pub use normal::{StreetText, typical_precision};

#[cfg(test)]
mod montgomery_tests;
