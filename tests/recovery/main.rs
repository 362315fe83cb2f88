//! Worlds with a known truth: what was put in must be found again, and nothing where there is nothing.
//! One file per question, named after the stage it asks (`world_…` asks the simulator itself).

mod world_delays;
mod world_intake;
mod world_outbreaks;
