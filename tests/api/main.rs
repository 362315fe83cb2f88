//! The API from outside: requests through the whole router, over a real SQLite file and a clock that
//! stands still.

mod house;

mod access;
mod alerts;
mod intake;
mod live;
mod map;
mod outreach;
mod polish;
mod session;
mod trends;
