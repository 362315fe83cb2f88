//! What the rows of intake mean: quarantine, the rules that mend it, deliveries, records as quality counts them.

use chrono::{DateTime, Utc};

use super::{Result, columns::Columns};
use crate::domain::{
    event::{Event, EventKind, Flag, NaloxoneGiven, Outcome, TimePrecision},
    ids::{DeliveryId, EventId, GroupId, MendRuleId, RejectId},
    quality::{
        AGE_ATTRIBUTES, DeliveredRows, Delivery, EventQuality, QuarantinedRow, RejectReason, RejectState, RejectTally,
        SEX_ATTRIBUTES,
    },
    quarantine::{MendRecord, MendRule, MendState, RejectGroup},
};

/// What adding versions changes of what is told of their source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Change {
    /// By how many the number of newest versions that are not withdrawn has grown.
    pub grown: i64,
    /// Latest occurrence among those that were added.
    pub newest: Option<DateTime<Utc>>,
    /// Latest occurrence among those that were replaced: if it was the source's newest, that is to be looked for.
    pub closed: Option<DateTime<Utc>>,
}

impl Change {
    pub fn of(added: &[Event]) -> Self {
        let standing = || added.iter().filter(|e| !e.withdrawn);
        Self { grown: standing().count() as i64, newest: standing().map(|e| e.occurred_at).max(), closed: None }
    }

    pub fn and(self, other: Self) -> Self {
        Self {
            grown: self.grown + other.grown,
            newest: self.newest.max(other.newest),
            closed: self.closed.max(other.closed),
        }
    }

    /// A version that was not withdrawn is replaced.
    pub fn close(&mut self, occurred_at: DateTime<Utc>) {
        self.grown -= 1;
        self.closed = self.closed.max(Some(occurred_at));
    }
}

pub(super) fn quarantined(r: &impl Columns) -> Result<QuarantinedRow> {
    Ok(QuarantinedRow {
        id: RejectId(r.uuid("reject_id")?),
        source: r.parsed("source_id")?,
        origin: r.text("origin")?,
        line: r.u64("line")?,
        reason: r.word("reason", RejectReason::parse)?,
        field: r.opt_text("field")?,
        message: r.text("message")?,
        row: r.json("row")?,
        state: r.word("state", RejectState::parse)?,
        received_at: r.instant("received_at")?,
        group: GroupId(r.uuid("group_id")?),
        pattern: r.text("pattern")?,
        settled_at: r.opt_instant("settled_at")?,
        settled_by: r.opt_text("settled_by")?,
        rule: r.opt_uuid("rule_id")?.map(MendRuleId),
    })
}

/// A row of `rejects` with what was counted about its group.
pub(super) fn reject_group(r: &impl Columns) -> Result<RejectGroup> {
    let example = quarantined(r)?;
    Ok(RejectGroup {
        id: example.group,
        source: example.source.clone(),
        reason: example.reason,
        field: example.field.clone(),
        pattern: example.pattern.clone(),
        rows: r.u64("n")?,
        first_at: r.instant("first_at")?,
        last_at: r.instant("last_at")?,
        example,
    })
}

/// Each rule is joined with the states of the rows that it settled: a row for each, or one without a state.
pub(super) fn mend_records<R: Columns>(found: impl Iterator<Item = R>) -> Result<Vec<MendRecord>> {
    let mut records: Vec<MendRecord> = Vec::new();
    for r in found {
        let rule = mend_rule(&r)?;
        if records.last().is_none_or(|last| last.rule.id != rule.id) {
            records.push(MendRecord { rule, mended: 0, not_cases: 0, discarded: 0 });
        }
        let Some(state) = r.opt_text("reject_state")? else { continue };
        let record = records.last_mut().expect("one was pushed for this rule");
        let n = r.u64("n")?;
        match RejectState::parse(&state) {
            Some(RejectState::Resubmitted) => record.mended += n,
            Some(RejectState::NotCase) => record.not_cases += n,
            Some(RejectState::Discarded) => record.discarded += n,
            Some(RejectState::Waiting) => {}
            None => return Err(r.corrupt("reject_state", format!("\"{state}\" is not a known word"))),
        }
    }
    Ok(records)
}

pub(super) fn mend_rule(r: &impl Columns) -> Result<MendRule> {
    Ok(MendRule {
        id: MendRuleId(r.uuid("rule_id")?),
        source: r.parsed("source_id")?,
        group: GroupId(r.uuid("group_id")?),
        reason: r.word("reason", RejectReason::parse)?,
        field: r.opt_text("field")?,
        pattern: r.text("pattern")?,
        mends: r.json("mends")?,
        note: r.text("note")?,
        standing: r.flag("standing")?,
        state: r.word("state", MendState::parse)?,
        made_at: r.instant("made_at")?,
        made_by: r.text("made_by")?,
        done_at: r.opt_instant("done_at")?,
        still_bad: r.u64("still_bad")?,
    })
}

pub(super) fn reject_tally(r: &impl Columns) -> Result<RejectTally> {
    Ok(RejectTally {
        source: r.parsed("source_id")?,
        reason: r.word("reason", RejectReason::parse)?,
        state: r.word("state", RejectState::parse)?,
        received_at: r.instant("received_at")?,
        rows: r.u64("n")?,
    })
}

pub(super) fn delivery(r: &impl Columns) -> Result<Delivery> {
    Ok(Delivery {
        id: DeliveryId(r.uuid("delivery_id")?),
        source: r.parsed("source_id")?,
        origin: r.text("origin")?,
        at: r.instant("at")?,
        rows: DeliveredRows {
            read: r.u64("read_rows")?,
            accepted: r.u64("accepted")?,
            updated: r.u64("updated")?,
            unchanged: r.u64("unchanged")?,
            duplicates: r.u64("duplicates")?,
            quarantined: r.u64("quarantined")?,
            mended: r.u64("mended")?,
            not_cases: r.u64("not_cases")?,
            elsewhere: r.u64("elsewhere")?,
        },
    })
}

/// Keys are written as `"name":`, and a quotation mark inside a value is escaped: no value looks like one.
fn says(attributes: &str, names: &[&str]) -> bool {
    names.iter().any(|name| attributes.contains(&format!("\"{name}\":")))
}

pub(super) fn event_quality(r: &impl Columns) -> Result<EventQuality> {
    let attributes = r.text("attributes")?;
    let flags: Vec<Flag> = r.json("flags")?;
    Ok(EventQuality {
        id: EventId(r.uuid("event_id")?),
        source: r.parsed("source_id")?,
        kind: r.word("kind", EventKind::parse)?,
        version: r.u32("version")?,
        occurred_at: r.instant("occurred_at")?,
        time_precision: r.word("time_precision", TimePrecision::parse)?,
        reported_at: r.opt_instant("reported_at")?,
        first_received_at: r.instant("first_received_at")?,
        outcome: r.word("outcome", Outcome::parse)?,
        naloxone: r.word("naloxone", NaloxoneGiven::parse)?,
        precision: r.parsed("precision")?,
        point: r.opt_point()?,
        has_area: r.opt_text("area_id")?.is_some(),
        has_age: says(&attributes, AGE_ATTRIBUTES),
        has_sex: says(&attributes, SEX_ATTRIBUTES),
        flags,
        withdrawn: r.flag("withdrawn")?,
    })
}
