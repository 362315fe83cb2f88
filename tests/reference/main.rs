//! Answers of other engines on the same input. The cases lie outside this repository; where they are not
//! there, a test says so and passes.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod bayes;
mod cusum;
mod detect_command;
mod ears;
mod farrington;
mod farrington_flexible;
mod geocode_parser;
mod geocode_streets;
mod glr;
mod hhh4;
mod hotspots;
mod outbreak_p;
mod scan;
mod scores;
mod stcd;
mod temporal;

use std::path::PathBuf;

/// A folder of reference cases; `None`, with a line that says so, where it is missing.
pub fn reference(path: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/reference")).join(path);
    if !folder.exists() {
        eprintln!("skipped: there are no reference cases at ../shared/reference/{path}");
        return None;
    }
    Some(folder)
}

/// A file of public data; `None`, with a line that says so, where it is missing.
pub fn data(path: &str) -> Option<PathBuf> {
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")).join(path);
    if !file.exists() {
        eprintln!("skipped: there is no ../shared/data/{path}");
        return None;
    }
    Some(file)
}
