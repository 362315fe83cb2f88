//! What a repeated POST is answered.

use chrono::Duration;

use super::{IdempotentAnswer, KeyOfIdempotency, Result, columns::Columns};

/// How long an answer is kept for whoever repeats the request.
pub(super) const KEPT: Duration = Duration::hours(24);
/// After this, an unfinished request counts as abandoned.
pub(super) const IN_FLIGHT: Duration = Duration::seconds(60);

/// Reads the stored entry of a key that was seen before.
pub(super) fn answer(r: &impl Columns, key: &KeyOfIdempotency) -> Result<IdempotentAnswer> {
    if r.hash32("body_hash")? != key.body_hash {
        return Ok(IdempotentAnswer::OtherBody);
    }
    let Some(status) = r.opt_int("status")? else { return Ok(IdempotentAnswer::InFlight) };
    let status = status.try_into().map_err(|e| r.corrupt("status", e))?;
    Ok(IdempotentAnswer::Done { status, body: r.text("body")? })
}
