//! Reading rows that were kept because they could not be read: once more as they are, or as a rule mends them.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::{
    domain::{
        fault::{group_id, pattern_of, reject_id},
        ids::{GroupId, JurisdictionId, RejectId, SourceId},
        quality::{QuarantinedRow, Reject, RejectState, Source},
        quarantine::{Mend, MendRule},
    },
    ingest::{Format, IngestError, Mapping, ReadOptions, RecordReader, RowKind},
    store::SettledReject,
};

/// Equal rows beyond this many are told apart by their ids in quarantine.
const MOST_EQUAL: u32 = 1_000;

/// What becomes of a row under a rule.
pub(super) enum Tried {
    /// A decision, which needs no reading.
    Decided(RejectState),
    Read(RowKind),
    /// A value could not be mended.
    Unmended(String),
}

/// Reads kept rows of one source by its mapping.
pub(super) struct KeptRows {
    reader: RecordReader,
    /// Of the mapping, where it names one.
    format: Option<Format>,
    jurisdiction: JurisdictionId,
}

impl KeptRows {
    /// # Errors
    /// When the mapping is not consistent in itself.
    pub(super) fn new(mapping: &Mapping, options: ReadOptions, owner: &JurisdictionId) -> Result<Self, IngestError> {
        let format = mapping.format.kind;
        Ok(Self { reader: RecordReader::new(mapping, options)?, format, jurisdiction: owner.clone() })
    }

    pub(super) fn check(&self, row: &Map<String, Value>, mends: &[Mend]) -> Result<(), String> {
        self.reader.check_mends(row, mends)
    }

    /// The row as the mends leave it, and what it is then.
    pub(super) fn try_with(&mut self, row: &QuarantinedRow, mends: &[Mend]) -> (Map<String, Value>, Tried) {
        if let [mend] = mends
            && let Some(state) = mend.verdict()
        {
            return (row.row.clone(), Tried::Decided(state));
        }
        match self.reader.mended(&row.row, mends) {
            Ok(mended) => (mended.clone(), Tried::Read(self.read(row, mended))),
            Err(why) => (row.row.clone(), Tried::Unmended(why)),
        }
    }

    /// Read the row with other values. A row that has no id of its own is known by its columns, as it would have been
    /// in its file, and stays another record than rows that are equal to it.
    pub(super) fn read(&mut self, kept: &QuarantinedRow, values: Map<String, Value>) -> RowKind {
        if !in_columns(self.format, &kept.origin) {
            return self.reader.read(values, kept.line);
        }
        let jurisdiction = &self.jurisdiction;
        self.reader.read_kept(values, kept.line, || {
            let reject = Reject {
                line: kept.line,
                reason: kept.reason,
                field: kept.field.clone(),
                message: kept.message.clone(),
                row: kept.row.clone(),
            };
            let found = (1..=MOST_EQUAL).find(|n| reject_id(jurisdiction, &kept.source, &reject, *n) == kept.id);
            found.map_or_else(|| format!("#{}", kept.id), number)
        })
    }
}

/// Rules that are in force for whatever a source delivers.
pub(super) struct Standing {
    source: SourceId,
    rules: HashMap<GroupId, MendRule>,
    kept: KeptRows,
    now: chrono::DateTime<chrono::Utc>,
    /// Rows come one by one, so equal ones are counted.
    seen: HashMap<RejectId, u32>,
}

/// A row that a standing rule settled, and what it is now.
pub(super) struct SettledRow {
    pub settled: SettledReject,
    pub is: Option<RowKind>,
}

impl Standing {
    /// From the rules that stand for the source, newest first; `None` where there is none.
    ///
    /// # Errors
    /// When the mapping is not consistent in itself.
    pub(super) fn new(
        source: &Source,
        rules: Vec<MendRule>,
        mapping: &Mapping,
        options: &ReadOptions,
        owner: &JurisdictionId,
    ) -> Result<Option<Self>, IngestError> {
        let mut by_group: HashMap<GroupId, MendRule> = HashMap::new();
        for rule in rules {
            // The newest comes first, and has the word.
            by_group.entry(rule.group).or_insert(rule);
        }
        if by_group.is_empty() {
            return Ok(None);
        }
        let kept = KeptRows::new(mapping, options.clone(), owner)?;
        Ok(Some(Self { source: source.id.clone(), rules: by_group, kept, now: options.now, seen: HashMap::new() }))
    }

    /// Settle a row that could not be read.
    ///
    /// # Errors
    /// The row, when no rule is for it or it is still bad.
    pub(super) fn settle(&mut self, reject: Box<Reject>, origin: &str) -> Result<Box<SettledRow>, Box<Reject>> {
        let pattern = pattern_of(&reject, self.now);
        let group = group_id(&self.source, reject.reason, reject.field.as_deref(), &pattern);
        let Some(rule) = self.rules.get(&group) else { return Err(reject) };
        let first = reject_id(&self.kept.jurisdiction, &self.source, &reject, 1);
        let nth = self.seen.entry(first).or_insert(0);
        *nth += 1;
        let settled = |state: RejectState| SettledReject {
            reject: (*reject).clone(),
            state,
            rule: rule.id,
            by: rule.made_by.clone(),
        };
        if let [mend] = &rule.mends[..]
            && let Some(state) = mend.verdict()
        {
            return Ok(Box::new(SettledRow { settled: settled(state), is: None }));
        }
        let Ok(values) = self.kept.reader.mended(&reject.row, &rule.mends) else { return Err(reject) };
        let nth = *nth;
        let is = if in_columns(self.kept.format, origin) {
            self.kept.reader.read_kept(values, reject.line, || number(nth))
        } else {
            self.kept.reader.read(values, reject.line)
        };
        let state = match is {
            RowKind::Case(_) | RowKind::TakenBack(_) => RejectState::Resubmitted,
            RowKind::NotCase(_) => RejectState::NotCase,
            RowKind::Reject(_) | RowKind::Elsewhere(_) => return Err(reject),
        };
        Ok(Box::new(SettledRow { settled: settled(state), is: Some(is) }))
    }
}

/// The second of equal rows is another record than the first.
fn number(nth: u32) -> String {
    if nth == 1 { String::new() } else { format!("#{nth}") }
}

/// Whether the rows of a file are texts in columns.
fn in_columns(format: Option<Format>, origin: &str) -> bool {
    let format = format.or_else(|| Format::from_name(origin).ok());
    matches!(format, Some(Format::Csv | Format::Tsv | Format::Xlsx))
}
