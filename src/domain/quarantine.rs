//! Rows that could not be read, in groups of the same fault, and rules that mend a whole group.
//!
//! A *group* is what one person would mend in one go: the rows of one source with the same reason, the same field and
//! the same *pattern* ([`super::fault`]).
//!
//! A *mend rule* is data: a few [`Mend`]s for one group, stored with who made it and when. The rows are read again by
//! the source's own mapping with those values; a row that is still bad keeps waiting as it came. A rule that is
//! `standing` is also applied to later deliveries of its source.
//!
//! To add a way of mending: a variant of [`Mend`] with its check here, its effect in `ingest::mend`, its words in the
//! web app (`admin/mend-words.ts`).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

use super::{
    event::text_enum,
    fault::without_place,
    ids::{GroupId, MendRuleId, RejectId, SourceId},
    quality::{QuarantinedRow, RejectReason, RejectState},
};

/// Mends in one rule; a row with more faults than this is better mended by itself.
pub const MOST_MENDS: usize = 8;
/// Codes that one rule may map.
const MOST_CODES: usize = 500;
const LONGEST_TEXT: usize = 500;

/// Waiting rows of one source with the same fault.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RejectGroup {
    pub id: GroupId,
    pub source: SourceId,
    pub reason: RejectReason,
    pub field: Option<String>,
    /// The fault without the row's own figures; `ahead …` for times that lie ahead.
    pub pattern: String,
    pub rows: u64,
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
    /// The newest of them.
    pub example: QuarantinedRow,
}

impl RejectGroup {
    /// "The time lies ahead by up to 1 year: 2017 for 2016?"
    pub fn sentence(&self) -> String {
        let field = self.field.as_deref().map_or_else(String::new, |f| format!("{f}: "));
        let value = self.value();
        if let Some(by) = self.pattern.strip_prefix("ahead by ") {
            let year =
                value.split(|c: char| !c.is_ascii_digit()).find(|part| part.len() == 4 && part.starts_with("20"));
            let guess = match (self.years_ahead(), year.and_then(|y| y.parse::<i32>().ok())) {
                (Some(n), Some(year)) => format!(": {year} for {}?", year - n),
                _ => ".".into(),
            };
            return format!("{field}the time lies ahead of its receipt by {by}{guess}");
        }
        let message = without_place(&self.example.message);
        format!("{field}{}", message.split_once("; expected").map_or(message, |(fault, _)| fault))
    }

    /// What the example holds in the field that is to blame.
    pub fn value(&self) -> String {
        let value = self.field.as_ref().and_then(|f| self.example.row.get(f));
        value.map_or_else(String::new, |v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
    }

    /// What most likely mends it, where the fault says so by itself; for a person to look at, never done unasked.
    pub fn suggested(&self) -> Vec<Mend> {
        let Some(field) = &self.field else { return Vec::new() };
        if let Some(years) = self.years_ahead() {
            return vec![Mend::ShiftTime { column: field.clone(), years: -years, days: 0, hours: 0 }];
        }
        let swapped = self.reason == RejectReason::BadPoint && self.pattern.contains("swapped");
        let is_longitude = |name: &&String| {
            let name = name.to_lowercase();
            name != field.to_lowercase() && (name.contains("lon") || name.contains("lng") || name == "x")
        };
        match self.example.row.keys().find(is_longitude).filter(|_| swapped) {
            Some(longitude) => vec![Mend::Swap { first: field.clone(), second: longitude.clone() }],
            None => Vec::new(),
        }
    }

    fn years_ahead(&self) -> Option<i32> {
        self.pattern.strip_prefix("ahead by up to ")?.split(' ').next()?.parse().ok()
    }
}

/// One change to the values of a row, or what is decided about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Mend {
    /// Give a column this value.
    Set { column: String, value: String },
    /// Replace a text inside a column's value, wherever it stands.
    Replace { column: String, find: String, with: String },
    /// Move a time that the mapping reads from this column; negative is earlier.
    ShiftTime {
        column: String,
        #[serde(default)]
        years: i32,
        #[serde(default)]
        days: i32,
        #[serde(default)]
        hours: i32,
    },
    /// Two columns hold each other's value.
    Swap { first: String, second: String },
    /// The sender's codes (in any case) and what they mean here.
    MapCodes { column: String, codes: BTreeMap<String, String> },
    /// The row is right and no case: it is kept and counted as that.
    NotACase,
    /// The row is not ours, or can't be used: it is kept and counted with the reason.
    NotOurs { why: String },
}

impl Mend {
    /// A decision about the row, which is not read again.
    pub fn verdict(&self) -> Option<RejectState> {
        match self {
            Self::NotACase => Some(RejectState::NotCase),
            Self::NotOurs { .. } => Some(RejectState::Discarded),
            _ => None,
        }
    }

    /// The columns it touches.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Set { column, .. }
            | Self::Replace { column, .. }
            | Self::ShiftTime { column, .. }
            | Self::MapCodes { column, .. } => vec![column],
            Self::Swap { first, second } => vec![first, second],
            Self::NotACase | Self::NotOurs { .. } => Vec::new(),
        }
    }

    fn check(&self) -> Result<(), BadMend> {
        for column in self.columns() {
            if column.trim().is_empty() {
                return Err(BadMend("a column is not named".into()));
            }
        }
        let long = |text: &str| text.chars().count() > LONGEST_TEXT;
        let why = match self {
            Self::Set { value, .. } if long(value) => "the value is longer than 500 characters",
            Self::Replace { find, .. } if find.is_empty() => "say which text is to be replaced",
            Self::Replace { find, with, .. } if long(find) || long(with) => "the text is longer than 500 characters",
            Self::ShiftTime { years: 0, days: 0, hours: 0, .. } => "say by how many years, days or hours",
            Self::ShiftTime { years, days, hours, .. }
                if years.abs() > 200 || days.abs() > 3_660 || hours.abs() > 10_000 =>
            {
                "a time is shifted by at most 200 years, 3,660 days and 10,000 hours"
            }
            Self::Swap { first, second } if first == second => "a column cannot be swapped with itself",
            Self::MapCodes { codes, .. } if codes.is_empty() || codes.len() > MOST_CODES => {
                "give between 1 and 500 codes"
            }
            Self::MapCodes { codes, .. } if codes.iter().any(|(k, v)| long(k) || long(v)) => {
                "a code is longer than 500 characters"
            }
            Self::NotOurs { why } if why.trim().is_empty() => "say why the rows are not ours",
            Self::NotOurs { why } if long(why) => "the reason is longer than 500 characters",
            _ => return Ok(()),
        };
        Err(BadMend(why.into()))
    }
}

/// Why a rule cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct BadMend(pub String);

/// Whether these mends make a rule: some of them, each complete, and a decision only by itself.
///
/// # Errors
/// What is wrong, in a sentence.
pub fn check_mends(mends: &[Mend]) -> Result<(), BadMend> {
    if mends.is_empty() || mends.len() > MOST_MENDS {
        return Err(BadMend(format!("expected 1 to {MOST_MENDS} mends")));
    }
    if mends.len() > 1 && mends.iter().any(|m| m.verdict().is_some()) {
        return Err(BadMend("a decision about the rows stands alone: no value is mended as well".into()));
    }
    mends.iter().try_for_each(Mend::check)
}

text_enum! {
    MendState {
        /// The rows wait for the worker.
        Queued = "queued",
        /// Every row of the group was read again.
        Done = "done",
    }
}

/// A rule, and what it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MendRule {
    pub id: MendRuleId,
    pub source: SourceId,
    pub group: GroupId,
    pub reason: RejectReason,
    pub field: Option<String>,
    pub pattern: String,
    pub mends: Vec<Mend>,
    /// Why, in the words of whoever made it.
    pub note: String,
    /// Applied to later deliveries too.
    pub standing: bool,
    pub state: MendState,
    pub made_at: DateTime<Utc>,
    pub made_by: String,
    pub done_at: Option<DateTime<Utc>>,
    /// Rows that were still bad with it, when it was done.
    pub still_bad: u64,
}

/// A rule with counts of the rows that it settled, until now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MendRecord {
    #[serde(flatten)]
    pub rule: MendRule,
    /// Became events, or were known as they are.
    pub mended: u64,
    pub not_cases: u64,
    pub discarded: u64,
}

/// A row that leaves the quarantine.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    pub id: RejectId,
    pub state: RejectState,
    pub rule: Option<MendRuleId>,
    pub by: String,
    pub at: DateTime<Utc>,
}

/// What a rule would do, before it is made.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MendPreview {
    /// Waiting rows of the group.
    pub rows: u64,
    /// Rows that were tried, newest first; a very large group is not tried whole.
    pub tried: u64,
    /// Of these: could be read.
    pub would_pass: u64,
    /// Of those that could be read: hold a record that is known already, so they add no event.
    pub known_already: u64,
    /// Could be read and meet no case definition (or are decided to be none).
    pub not_cases: u64,
    pub discarded: u64,
    /// Would keep waiting, by what is still wrong; most frequent first.
    pub still_bad: Vec<StillBad>,
    pub examples: Vec<MendExample>,
}

/// What is still wrong with some of the rows.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StillBad {
    pub reason: RejectReason,
    pub field: Option<String>,
    /// Of one of them.
    pub message: String,
    pub rows: u64,
}

text_enum! {
    MendOutcome {
        WouldPass = "would_pass",
        KnownAlready = "known_already",
        NotCase = "not_case",
        Discarded = "discarded",
        StillBad = "still_bad",
    }
}

/// One row before and after.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MendExample {
    pub id: RejectId,
    pub line: u64,
    pub origin: String,
    pub changes: Vec<ValueChange>,
    pub outcome: MendOutcome,
    /// When it would have happened.
    pub occurred_at: Option<DateTime<Utc>>,
    /// What is still wrong.
    pub message: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ValueChange {
    pub column: String,
    pub before: String,
    pub after: String,
}

#[cfg(test)]
#[path = "quarantine_tests.rs"]
mod tests;
