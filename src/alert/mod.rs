//! Signals in, alerts out: which of them people should hear about, and in what words.
//!
//! A detector says every day what is unusual that day. People need to be told once, when it starts,
//! again when it becomes much worse, and when it ends. This stage keeps that thread:
//!
//! 1. [`Policy`] drops what is too common or too small and gives the rest a tier (`policy.rs`), by the rules in
//!    force ([`crate::domain::rule`]): each states how many false alerts a year it may cost.
//! 2. Signals of several methods about the same place and days become one group (`group.rs`).
//! 3. [`reconcile()`] finds the alert that each group continues, or raises a new one, and closes those
//!    that were not signalled any more (`reconcile.rs`).
//! 4. `wording.rs` says it, in the languages of `messages/`.
//!
//! Decisions of people and the record of a rule are rules of the vocabulary and stand in [`crate::domain::alert`].
//!
//! To add a sentence: a key in both message files.

mod group;
mod policy;
mod reconcile;
#[cfg(test)]
mod tests;
pub mod wording;

pub use policy::{Growth, Policy, Reach, Rule};
pub use reconcile::{Change, Setting, reconcile};
