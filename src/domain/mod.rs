//! The shared vocabulary: what an event, a cell, a signal or an alert *is*.
//!
//! Everything here is plain data with the rules that make it valid. Nothing here imports another
//! module of this crate, so any stage can be tested from a literal. Words are those of the field:
//! an *event* is one reported occurrence, a *signal* a statistical aberration, an *alert* a signal
//! that passed policy (see `src/README.md` for the full list).
//!
//! To add a type: give it a file named for the idea, make wrong values unrepresentable where that
//! is cheap, and document the unit and range of every number.

pub mod agreement;
pub mod alert;
pub mod area;
pub mod case;
pub mod corroboration;
pub mod count_series;
pub mod course;
pub mod event;
pub mod fault;
pub mod feed;
pub mod forecast;
pub mod hotspot;
pub mod ids;
pub mod incident;
pub mod language;
pub mod message;
pub mod outreach;
pub mod place;
pub mod place_name;
pub mod quality;
pub mod quarantine;
pub mod remote;
pub mod rule;
pub mod scope;
pub mod series;
pub mod signal;
pub mod time;
pub mod triangle;
