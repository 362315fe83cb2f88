//! Worlds with a known truth: what was put in must be found again, and nothing where there is nothing.
//! One file per question, named after the stage it asks (`world_…` asks the simulator itself).

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

mod budget;
mod calibration;
mod detect_scan;
mod detect_scan_zones;
mod feeds;
mod forecast_calibration;
mod forecast_covariates;
mod forecast_outbreaks;
mod forecast_real;
mod forecast_skill;
mod forecast_worlds;
mod geocode;
mod linkage;
mod world_delays;
mod world_intake;
mod world_outbreaks;
