//! The API from outside: requests through the whole router, over a real SQLite file and a clock that
//! stands still.

#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails the test that asked")]

mod house;

mod access;
mod agreements;
mod alerts;
mod hotspots;
mod incidents;
mod intake;
mod live;
mod map;
mod mends;
mod outreach;
mod polish;
mod rules;
mod session;
mod trends;
