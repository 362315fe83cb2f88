//! Simulated truth: what was put in must come out.

mod forecast_calibration;
mod forecast_real;
mod forecast_skill;
mod forecast_worlds;
