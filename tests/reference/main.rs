//! Answers of other engines on the same input. The cases lie outside this repository; where they are not
//! there, a test says so and passes.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod ears;
mod forecast_scores;
mod hotspots;
mod scan;

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
