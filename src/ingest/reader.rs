//! The reader: a stream of bytes in, rows out, one by one, in bounded memory.

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, Read},
};

use thiserror::Error;

use super::{
    check::MappingError,
    digest::digest,
    fallback::FallbackCounter,
    found::Found,
    mapping::{Format, Mapping},
    plan::Plan,
    read_row::{ReadOptions, RowKind, TakenBack},
    row::{Row, shortened},
    rows::{self, Filled, Rows},
};
use crate::domain::{event::Report, quality::Reject};

/// Why a file can't be read at all. A row never is a reason.
#[derive(Debug, Error)]
pub enum IngestError {
    #[error("reading failed")]
    Io(#[from] io::Error),
    #[error("the file is empty; expected a header line")]
    Empty,
    #[error("line 1: {0}")]
    Header(String),
    #[error("the workbook can't be read: {0}")]
    Workbook(String),
    #[error("line {0}: {1}")]
    Document(u64, String),
    /// The mapping asks for what the file lacks. The position is in the mapping.
    #[error("{0}")]
    Mapping(#[from] MappingError),
}

/// More digests of rows than this are not remembered.
const MOST_DIGESTS: usize = 2_000_000;
const MOST_LABELS: usize = 2_000;
const MOST_OWNERS: usize = 200;

pub struct Reader<'r> {
    rows: Rows<'r>,
    plan: Plan,
    options: ReadOptions,
    row: Row,
    read: u64,
    labels: HashMap<String, u64>,
    elsewhere: BTreeMap<String, u64>,
    fallback: Option<FallbackCounter>,
    /// How often each row without an id of its own was seen.
    digests: HashMap<u64, u32>,
    notices: Vec<String>,
    found: Found,
}

/// What the next row is, for who stores it.
#[derive(Debug)]
pub enum Item {
    Report(Box<Report>),
    Reject(Box<Reject>),
    /// The sender takes a record back.
    TakenBack(TakenBack),
    /// A row that is no case: it is one no longer if it ever was.
    NotCase(TakenBack),
}

impl<'r> Reader<'r> {
    /// Open a stream.
    ///
    /// # Errors
    /// When the stream can't be read, is empty, or lacks a column that the mapping needs.
    pub fn open(
        bytes: impl Read + Send + 'r,
        mapping: &Mapping,
        format: Format,
        options: ReadOptions,
    ) -> Result<Self, IngestError> {
        let (rows, plan, found) = rows::open(bytes, mapping, format)?;
        let mut reader = Self::with(rows, plan, options, found);
        if matches!(reader.rows, Rows::Csv { .. } | Rows::Sheet { .. }) {
            let unused: Vec<String> = reader.plan.unused(mapping).into_iter().map(shortened).collect();
            if !unused.is_empty() {
                reader.notices.push(format!("columns not used: {}", unused.join(", ")));
            }
        }
        Ok(reader)
    }

    fn with(rows: Rows<'r>, plan: Plan, options: ReadOptions, found: Found) -> Self {
        let counts = plan.fallback.filter(|_| !plan.latitude.is_none() && !plan.address.is_none());
        Self {
            rows,
            fallback: counts.map(FallbackCounter::new),
            plan,
            options,
            row: Row::default(),
            read: 0,
            labels: HashMap::new(),
            elsewhere: BTreeMap::new(),
            digests: HashMap::new(),
            notices: Vec::new(),
            found,
        }
    }

    /// The next report, reject or id; rows that are no cases are counted on the way.
    ///
    /// # Errors
    /// When the stream itself fails; what was read until then stands.
    pub fn next_item(&mut self) -> Result<Option<Item>, IngestError> {
        loop {
            match self.rows.fill(&mut self.row, &self.plan)? {
                Filled::End => {
                    self.notices.extend(self.rows.notice());
                    return Ok(None);
                }
                Filled::Row => {
                    self.read += 1;
                    if let Some(item) = self.judge() {
                        return Ok(Some(item));
                    }
                }
                Filled::Bad(reject) => {
                    self.read += 1;
                    return Ok(Some(Item::Reject(reject)));
                }
            }
        }
    }

    fn judge(&mut self) -> Option<Item> {
        if let Some(counter) = &mut self.fallback
            && let Ok(Some(point)) = self.plan.point(&self.row)
        {
            counter.observe(point, &self.plan.address(&self.row));
        }
        match self.plan.read(&self.row, &self.options) {
            RowKind::NotCase(record) => {
                let label = self.plan.cases.iter().find_map(|c| c.label).map_or("", |at| self.row.get(at));
                count(&mut self.labels, if label.is_empty() { "(no label)" } else { label });
                record.map(Item::NotCase)
            }
            RowKind::Elsewhere(owner) => {
                let owner = if self.elsewhere.len() < MOST_OWNERS { owner } else { "others".into() };
                *self.elsewhere.entry(owner).or_default() += 1;
                None
            }
            RowKind::Reject(mut reject) => {
                self.rows.place(&mut reject, &self.plan.columns);
                Some(Item::Reject(reject))
            }
            RowKind::TakenBack(taken) => Some(Item::TakenBack(taken)),
            RowKind::Case(mut report) => {
                if report.record_id.is_empty() {
                    report.record_id = self.row_digest();
                }
                Some(Item::Report(report))
            }
        }
    }

    /// A row without an id is known by its content; of equal rows the second is another record.
    fn row_digest(&mut self) -> String {
        let fields: Vec<&str> = (0..self.row.len()).map(|i| self.row.get(i)).collect();
        let id = digest(&fields);
        let key = u64::from_str_radix(&id[..16], 16).unwrap_or(0);
        if self.digests.len() >= MOST_DIGESTS && !self.digests.contains_key(&key) {
            return id;
        }
        let times = self.digests.entry(key).or_default();
        *times += 1;
        if *times == 1 { id } else { format!("{id}#{times}") }
    }

    /// Rows read so far, whatever became of them.
    pub fn read(&self) -> u64 {
        self.read
    }

    /// Rows that were no cases, by label, most frequent first.
    pub fn not_cases(&self) -> Vec<(String, u64)> {
        let mut out: Vec<_> = self.labels.iter().map(|(l, n)| (l.clone(), *n)).collect();
        out.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        out
    }

    /// Rows that belong to other jurisdictions, by the name they give.
    pub fn elsewhere(&self) -> &BTreeMap<String, u64> {
        &self.elsewhere
    }

    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// What was counted about shared coordinates, where the mapping asks for it.
    pub fn fallback(&self) -> Option<&FallbackCounter> {
        self.fallback.as_ref()
    }

    /// What was found out about the stream before its first row.
    pub fn found(&self) -> &Found {
        &self.found
    }
}

fn count(labels: &mut HashMap<String, u64>, label: &str) {
    if let Some(n) = labels.get_mut(label) {
        *n += 1;
    } else {
        let label: String =
            if labels.len() < MOST_LABELS { label.chars().take(120).collect() } else { "(other labels)".into() };
        *labels.entry(label).or_default() += 1;
    }
}
