//! Signals in, alerts out: which of them people should hear about, and in what words.
//!
//! A detector says every day what is unusual that day. People need to be told once, when it starts,
//! again when it becomes much worse, and when it ends. This stage keeps that thread:
//!
//! 1. [`Policy`] drops what is too common or too small and gives the rest a tier (`policy.rs`). Every
//!    rule states how many false alerts a year it allows: 365.25 ÷ its recurrence interval, for each
//!    method that runs.
//! 2. Signals of several methods about the same place and days become one group (`group.rs`).
//! 3. [`reconcile()`] finds the alert that each group continues, or raises a new one, and closes those
//!    that were not signalled any more (`reconcile.rs`).
//! 4. `wording.rs` says it, in the languages of `messages/`.
//!
//! Decisions of people and the record of a rule are rules of the vocabulary and stand in
//! [`crate::domain::alert`]; they are named here again because this is where one looks for them.
//!
//! To add a rule: an entry in [`Policy::rules`]. To add a sentence: a key in both message files.

mod group;
mod policy;
mod reconcile;
#[cfg(test)]
mod tests;
pub mod wording;

pub use policy::{Growth, Policy, Rule};
pub use reconcile::{Change, Setting, reconcile};

use crate::domain::alert::{Alert, Decision, DecisionKind, DismissReason};
pub use crate::domain::alert::{AlertNews, DecideError, News, RuleRecord};

/// The alert after a person's decision: [`Alert::decide`].
///
/// # Errors
/// When the alert changed since it was seen, its state does not allow the decision, or a dismissal has no reason.
pub fn decide(
    alert: &Alert,
    kind: DecisionKind,
    reason: Option<DismissReason>,
    seen_version: u32,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<Alert, DecideError> {
    alert.decide(kind, reason, seen_version, at)
}

/// What became of one rule's alerts: [`RuleRecord::of`].
pub fn record(rule: &str, history: &[(Alert, Vec<Decision>)]) -> RuleRecord {
    RuleRecord::of(rule, history.iter().map(|(alert, decisions)| (alert, decisions.as_slice())))
}
