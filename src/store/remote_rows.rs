//! What the rows of remote geocoders mean, for both databases.

use super::{Result, columns::Columns};
use crate::domain::{
    event::PlacedBy,
    ids::{EventId, RemoteQuestionId, SourceId},
    remote::{RemoteAnswer, RemoteService, Unplaced},
};

pub(super) fn answer(r: &impl Columns) -> Result<RemoteAnswer> {
    Ok(RemoteAnswer {
        service: r.text("service")?,
        question: RemoteQuestionId(r.uuid("question_id")?),
        source: r.parsed("source_id")?,
        asked_at: r.instant("asked_at")?,
        reply: r.json("reply")?,
    })
}

pub(super) fn service(r: &impl Columns) -> Result<RemoteService> {
    Ok(RemoteService {
        service: r.text("service")?,
        failures: r.u32("failures")?,
        rests_until: r.opt_instant("rests_until")?,
        error: r.opt_text("error")?,
        heard_at: r.opt_instant("heard_at")?,
    })
}

pub(super) fn unplaced(r: &impl Columns) -> Result<Unplaced> {
    Ok(Unplaced {
        id: EventId(r.uuid("event_id")?),
        source: r.parsed("source_id")?,
        address: r.text("address")?,
        town: r.opt_text("town")?,
        zip: r.opt_text("zip")?,
        precision: r.parsed("precision")?,
        placed_by: r.word("placed_by", PlacedBy::parse)?,
    })
}

pub(super) fn placed(r: &impl Columns) -> Result<(SourceId, PlacedBy, u64)> {
    Ok((r.parsed("source_id")?, r.word("placed_by", PlacedBy::parse)?, r.u64("n")?))
}

pub(super) fn answered(r: &impl Columns) -> Result<(SourceId, String, u64)> {
    Ok((r.parsed("source_id")?, r.text("service")?, r.u64("n")?))
}
