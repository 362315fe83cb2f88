//! Writing values the same way into both databases: text without NUL, times to the microsecond, opaque
//! cursors, the ids of rejects.

use std::{borrow::Cow, collections::HashMap};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Result, StoreError};
use crate::domain::{
    fault::reject_id,
    ids::{RejectId, SourceId},
    quality::Reject,
    scope::Scope,
};

/// PostgreSQL stores no NUL in text. What a poisoned row carries is kept with the replacement
/// character in its place, in both databases, so that they answer alike.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

pub(super) fn opt_clean(text: Option<&str>) -> Option<String> {
    text.map(|t| clean(t).into_owned())
}

/// What is kept of the id of a record that has not come.
pub(super) fn record_digest(record_id: &str) -> [u8; 16] {
    let digest = Sha256::digest(clean(record_id).as_bytes());
    std::array::from_fn(|i| digest[i])
}

/// Lists and maps are stored as JSON text: it keeps the order of keys and every character, also NUL
/// (which JSON escapes), in both databases.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data with text keys always has a JSON form")
}

/// Both databases keep microseconds.
pub(super) fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

pub(super) fn from_micros(micros: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros)
}

/// Counts are stored signed. Nothing that is counted here comes near 2⁶³.
pub(super) fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Where a page ended: sort keys and the id of its last row.
pub(super) fn write_cursor(keys: &[i64], id: Uuid) -> String {
    let keys: Vec<String> = keys.iter().map(i64::to_string).collect();
    URL_SAFE_NO_PAD.encode(format!("{}.{}", keys.join("."), id.simple()))
}

/// # Errors
/// `BadCursor` when the text was not made by [`write_cursor`] with as many keys.
pub(super) fn read_cursor<const N: usize>(cursor: &str) -> Result<([i64; N], Uuid)> {
    let parsed = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let mut parts: Vec<&str> = text.split('.').collect();
        let id = Uuid::parse_str(parts.pop()?).ok()?;
        let keys: Vec<i64> = parts.iter().map(|p| p.parse().ok()).collect::<Option<_>>()?;
        Some((keys.try_into().ok()?, id))
    };
    parsed().ok_or(StoreError::BadCursor)
}

/// Ids for rows that go to quarantine, in their order: equal rows are numbered within their batch.
pub(super) fn reject_ids<'r>(
    scope: &Scope,
    source: &SourceId,
    rejects: impl IntoIterator<Item = &'r Reject>,
) -> Vec<RejectId> {
    let mut seen: HashMap<RejectId, u32> = HashMap::new();
    let numbered = |reject: &Reject| {
        let first = reject_id(&scope.jurisdiction, source, reject, 1);
        let nth = seen.entry(first).or_insert(0);
        *nth += 1;
        if *nth == 1 { first } else { reject_id(&scope.jurisdiction, source, reject, *nth) }
    };
    rejects.into_iter().map(numbered).collect()
}

/// A fresh id for a row of the queue. It says nothing and is never shown, so it is plain randomness.
pub(super) fn random_id() -> Uuid {
    let mut random = [0u8; 16];
    getrandom::fill(&mut random).expect("the operating system gives random bytes");
    uuid::Builder::from_random_bytes(random).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_a_forged_one_is_refused() {
        let id = Uuid::from_u128(7);
        let cursor = write_cursor(&[-5, 12], id);
        assert_eq!(read_cursor::<2>(&cursor).unwrap(), ([-5, 12], id));
        for bad in ["", "zzz", &cursor[1..], "é"] {
            assert!(matches!(read_cursor::<2>(bad), Err(StoreError::BadCursor)), "{bad:?}");
        }
        assert!(matches!(read_cursor::<1>(&cursor), Err(StoreError::BadCursor)));
    }

    #[test]
    fn equal_bad_rows_of_one_batch_stay_two_and_come_again_as_the_same_two() {
        let scope = Scope::system("me".parse().unwrap(), "test");
        let source = "feed".parse().unwrap();
        let reject = Reject {
            line: 2,
            reason: crate::domain::quality::RejectReason::Malformed,
            field: None,
            message: "ragged".into(),
            row: serde_json::Map::new(),
        };
        let twice = [reject.clone(), Reject { line: 9, ..reject }];
        let ids = reject_ids(&scope, &source, &twice);
        assert_ne!(ids[0], ids[1]);
        assert_eq!(ids, reject_ids(&scope, &source, &twice));
    }
}
