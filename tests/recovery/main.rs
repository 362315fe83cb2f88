//! Worlds with a known truth: what was put in must be found again. One file per question, named
//! after the stage it asks (`world_…` asks the simulator itself).

mod forecast_calibration;
mod forecast_real;
mod forecast_skill;
mod forecast_worlds;
mod world_delays;
mod world_outbreaks;
