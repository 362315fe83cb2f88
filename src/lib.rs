//! Emberwatch: geospatial overdose surveillance.
//!
//! Modules are listed in the order in which data flow. `src/README.md` tells the whole story.
//!
//! Who knows R's surveillance finds its temporal detectors here:
//!
//! | R | here | `emberwatch detect --method` |
//! |---|---|---|
//! | `earsC` | [`detect::ears`] | `ears-c1`, `ears-c2`, `ears-c3` |
//! | `farrington`, `algo.farrington` | [`detect::farrington::farrington`] | `farrington` |
//! | `farringtonFlexible` | [`detect::farrington::farrington_flexible`] | `farrington-flexible` |
//! | `algo.bayes` | [`detect::bayes`] | `bayes` |
//! | `algo.rki` | [`detect::rki`] | `rki` |

pub mod domain;
pub mod stats;

pub mod alert;
pub mod baseline;
pub mod cells;
pub mod detect;
pub mod disclosure;
pub mod forecast;
pub mod geocode;
pub mod ingest;
pub mod link;
pub mod nowcast;
pub mod outreach;
pub mod report;
pub mod simulate;

pub mod api;
pub mod cli;
pub mod clock;
pub mod config;
pub mod feeds;
pub mod jobs;
pub mod notify;
pub mod store;
pub mod telemetry;
