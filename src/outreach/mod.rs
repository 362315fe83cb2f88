//! Who goes where, what is owed to whom, and whether it helped.
//!
//! - [`brief()`] writes what a liaison reads before a shift: at most three places with reasons, what is
//!   known about them, follow-ups due, what changed, and what could not be noticed (`brief.rs`,
//!   `places.rs`, `known.rs`, `limits.rs`).
//! - [`follow_ups`] opens the contact that is owed after an overdose, and [`log_contact`] keeps its
//!   state (`follow_up.rs`).
//! - [`did_it_cool`] compares a place before and after, honestly (`cooling.rs`).
//!
//! **Ranking.** Alerts first, then the watch list, each by rarity, then the cells where the forecast
//! gives an overdose the highest probability. The forecast already weighs recent counts against the
//! long history, which published work and our own back-tests find hard to beat; a list of the last
//! weeks' counts is never shown as a forecast. Where there is no forecast, places are ranked by all
//! past counts and labelled as lasting need.
//!
//! Places are areas and cells no finer than [`FINEST_SHARED`](crate::domain::place::FINEST_SHARED):
//! never the point of an event. Everything is a function of its inputs, so the same inputs give the
//! same brief.
//!
//! To add something that is known about a place: a sentence in `known.rs` and a key in both files of
//! `messages/`.

mod brief;
mod cooling;
mod follow_up;
mod known;
mod limits;
mod past;
mod places;
mod site;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

pub use brief::{BriefInputs, BriefOptions, brief};
pub use cooling::{Cooling, Observed, Verdict, did_it_cool};
pub use follow_up::{ContactError, FollowUpOptions, follow_ups, log_contact};
pub use limits::{Seen, power_of_doubling};
pub use past::Past;

use crate::domain::language::Catalogue;

static TEXTS: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::parse(include_str!("messages/en.toml"), include_str!("messages/es.toml"))
        .expect("the message files are compiled in, and a test reads them")
});
