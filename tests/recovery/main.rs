//! Worlds with a known truth: what was put in must be found again. One file per question, named
//! after the method it asks (`world_…` asks the simulator itself).

mod world_delays;
mod world_intake;
mod world_outbreaks;
