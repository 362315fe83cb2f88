//! Digests: what a record without an id of its own is known by, and what tells that a record has changed.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::row::text_of;
use crate::domain::{event::Report, place::Precision};

/// 32 hexadecimal characters over length-prefixed parts.
pub(super) fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(&hash.finalize()[..16])
}

/// Over everything a report says except its id: equal hashes, nothing changed.
pub(super) fn content_hash(r: &Report) -> String {
    let mut bytes = Vec::with_capacity(512);
    let mut put = |part: &[u8]| {
        bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
        bytes.extend_from_slice(part);
    };
    let instant = |t: Option<DateTime<Utc>>| t.map_or([0; 8], |t| t.timestamp_micros().to_le_bytes());
    put(b"1");
    for word in [r.kind.as_str(), r.time_precision.as_str(), r.outcome.as_str(), r.naloxone.as_str()] {
        put(word.as_bytes());
    }
    for t in [Some(r.occurred_at), r.reported_at, r.received_at] {
        put(&instant(t));
    }
    put(&r.event_day.epoch_days().to_le_bytes());
    put(&r.quantity.to_le_bytes());
    if let Some(case) = &r.case {
        put(case.definition.as_bytes());
        put(&case.version.to_le_bytes());
    }
    let p = &r.place;
    put(&p.point.map_or([0; 8], |p| p.lat().to_le_bytes()));
    put(&p.point.map_or([0; 8], |p| p.lon().to_le_bytes()));
    put(p.stated_precision.map_or("", Precision::as_str).as_bytes());
    for text in [&p.address, &p.town, &p.zip, &p.county, &p.state] {
        put(text.as_deref().unwrap_or("").as_bytes());
    }
    for (name, value) in &r.attributes {
        put(name.as_bytes());
        put(text_of(value).as_bytes());
    }
    for flag in &r.flags {
        put(flag.as_str().as_bytes());
    }
    put(&[u8::from(r.withdrawn)]);
    hex::encode(&Sha256::digest(&bytes)[..16])
}
