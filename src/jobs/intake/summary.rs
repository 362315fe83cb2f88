//! What became of the rows, for people and programs.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    domain::quality::{DeliveredRows, Reject, RejectReason},
    ingest::Found,
};

/// Counts of one run. Every row read is in exactly one of `accepted`, `unchanged`, `updated`,
/// `duplicates`, `quarantined`, `decided`, `not_cases`, `not_known` and `elsewhere`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct IntakeSummary {
    pub source: String,
    pub jurisdiction: String,
    pub origin: String,
    /// What was found out about the file: its format, encoding, delimiter, sheet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
    pub read: u64,
    /// New events.
    pub accepted: u64,
    /// Known before, and the same (or older than what is known).
    pub unchanged: u64,
    /// Known before, and changed: a new version was stored.
    pub updated: u64,
    /// Met before in this run.
    pub duplicates: u64,
    pub quarantined: u64,
    /// Could not be read as they came, and were settled by a standing rule (also in what they became).
    #[serde(skip_serializing_if = "is_zero")]
    pub mended: u64,
    /// Of these, the ones that are no cases or not ours by that rule.
    #[serde(skip_serializing_if = "is_zero")]
    pub decided: u64,
    /// Taken back by the sender, and never known here.
    #[serde(skip_serializing_if = "is_zero")]
    pub not_known: u64,
    /// Events that were withdrawn: by the sender (also in `updated`) or because they are no cases any longer.
    #[serde(skip_serializing_if = "is_zero")]
    pub withdrawn: u64,
    /// Of these, the ones whose newest row meets no case definition (also in `not_cases`).
    #[serde(skip_serializing_if = "is_zero")]
    pub no_longer_cases: u64,
    /// Rows that are not cases, by what they are, most frequent first.
    pub not_cases: Map<String, Value>,
    /// Rows that belong to another jurisdiction, by the name they give.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub elsewhere: BTreeMap<String, u64>,
    /// Rejects by reason.
    pub reasons: BTreeMap<String, u64>,
    /// The first of them, with what is wrong in each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub first_rejects: Vec<RejectedRow>,
    /// New and changed events by precision of place.
    pub precision: BTreeMap<String, u64>,
    /// New and changed events by flag.
    pub flags: BTreeMap<String, u64>,
    /// Fall-back points that are known of this source now.
    pub fallback_points: u64,
    /// Stored events whose place was judged anew after the last row.
    pub placed_anew: u64,
    pub notices: Vec<String>,
    pub elapsed_ms: u64,
}

/// A row that waits in quarantine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RejectedRow {
    /// Line of the file, or position in the request, from 1.
    pub line: u64,
    pub reason: RejectReason,
    pub field: Option<String>,
    pub message: String,
}

impl From<&Reject> for RejectedRow {
    fn from(r: &Reject) -> Self {
        Self { line: r.line, reason: r.reason, field: r.field.clone(), message: r.message.clone() }
    }
}

/// So many rejects are told one by one.
const MOST_TOLD: usize = 100;
/// And so many to a person at a terminal.
const TOLD_AS_TEXT: usize = 5;

impl IntakeSummary {
    /// Count rows that went into quarantine.
    pub(super) fn add_rejects(&mut self, rejects: &[Reject]) {
        self.quarantined += rejects.len() as u64;
        for reject in rejects {
            *self.reasons.entry(reject.reason.to_string()).or_default() += 1;
        }
        let room = MOST_TOLD.saturating_sub(self.first_rejects.len());
        self.first_rejects.extend(rejects.iter().take(room).map(RejectedRow::from));
    }

    pub fn set_not_cases(&mut self, counts: &[(String, u64)]) {
        self.not_cases = counts.iter().map(|(label, n)| (label.clone(), Value::from(*n))).collect();
    }

    pub fn not_case_rows(&self) -> u64 {
        self.not_cases.values().filter_map(Value::as_u64).sum()
    }

    /// What became of the rows, as deliveries are counted.
    pub fn delivered(&self) -> DeliveredRows {
        DeliveredRows {
            read: self.read,
            accepted: self.accepted,
            updated: self.updated,
            unchanged: self.unchanged,
            duplicates: self.duplicates,
            quarantined: self.quarantined,
            mended: self.mended,
            not_cases: self.not_case_rows() + self.decided + self.not_known,
            elsewhere: self.elsewhere.values().sum(),
        }
    }

    /// One calm screen.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        let mut line = |text: String| {
            let _ = writeln!(out, "{text}");
        };
        line(format!("{} → source {} of {}", self.origin, self.source, self.jurisdiction));
        if let Some(found) = &self.found {
            line(format!("  found        {}", found.to_text()));
        }
        line(format!("  read         {:>9}", self.read));
        line(format!("  accepted     {:>9}", self.accepted));
        for (name, n) in [("updated", self.updated), ("unchanged", self.unchanged), ("duplicates", self.duplicates)] {
            if n > 0 {
                line(format!("  {name:<12} {n:>9}"));
            }
        }
        if self.withdrawn > 0 {
            let no_case = self.no_longer_cases;
            line(format!(
                "  withdrawn    {:>9}   {no_case} of them because they are no cases any longer",
                self.withdrawn
            ));
        }
        if self.not_known > 0 {
            line(format!("  not known    {:>9}   taken back by the sender, and never seen here", self.not_known));
        }
        if self.accepted + self.updated == 0 && self.unchanged > 0 {
            line("  nothing is new: every case of this file was known".into());
        }
        if self.quarantined > 0 {
            line(format!("  quarantined  {:>9}   {}", self.quarantined, counts(&self.reasons)));
            for reject in self.first_rejects.iter().take(TOLD_AS_TEXT) {
                line(format!("    line {}: {}", reject.line, reject.message));
            }
            if self.quarantined > TOLD_AS_TEXT as u64 {
                line("    and so on: `emberwatch quarantine list` shows them by what is wrong".into());
            }
        }
        if self.mended > 0 {
            line(format!("  mended       {:>9}   by standing rules", self.mended));
        }
        if !self.not_cases.is_empty() {
            line(format!("  not cases    {:>9}", self.not_case_rows()));
            for (label, n) in self.not_cases.iter().take(8) {
                line(format!("    {n:>9}  {label}"));
            }
            if self.not_cases.len() > 8 {
                line(format!("    and {} other labels", self.not_cases.len() - 8));
            }
        }
        if !self.elsewhere.is_empty() {
            line(format!("  of other jurisdictions   {}", counts(&self.elsewhere)));
        }
        if !self.precision.is_empty() {
            line(format!("  places       {}", counts(&self.precision)));
        }
        if !self.flags.is_empty() {
            line(format!("  flags        {}", counts(&self.flags)));
        }
        if self.fallback_points > 0 {
            line(format!("  fall-back points known of this source: {}", self.fallback_points));
        }
        if self.placed_anew > 0 {
            line(format!("  {} events stored before one was known were placed anew, as a place", self.placed_anew));
        }
        for notice in &self.notices {
            line(format!("  note: {notice}"));
        }
        line(format!("  {:.1} s", self.elapsed_ms as f64 / 1000.0));
        out
    }
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

fn counts(map: &BTreeMap<String, u64>) -> String {
    map.iter().map(|(name, n)| format!("{name} {n}")).collect::<Vec<_>>().join(", ")
}
