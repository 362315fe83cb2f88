//! Intake: a feed's bytes → stored, placed events. The one place that knows the order
//! ingest → geocode → cells → store.
//!
//! A stream is read on a blocking thread in batches of [`BATCH`] rows, and what is stored of their records is looked up,
//! while the batch before is being written, so memory stays flat and both cores work. Every batch is one transaction: a run that is
//! killed loses nothing that was told, and the same file again completes it without doubling a row.
//!
//! What a second look at a record means:
//! - the same content: *unchanged* (or a *duplicate*, when this run has seen it before);
//! - other content with a later receipt stated by the sender: a new version, at once;
//! - other content with an earlier receipt: an old version that comes late; it stands in the history at its place
//!   (`late.rs`), and the newer one stays the newest;
//! - other content without a stated receipt: set aside until the stream ends, and stored as a new
//!   version only if no later row of the stream takes it back. So a file that holds a record and its
//!   correction gives the same answer however often it is sent;
//! - a file that was taken before, to the byte: what differs is older than what came since, and stays as it is
//!   (known at its end only, so of more than 20,000 rows that differ the first are taken for news);
//! - a notice that takes the record back: a version that is withdrawn; what was known stays in the history;
//! - a row that meets no case definition, of a record that did: likewise withdrawn;
//! - either of the two with a receipt stated by the sender, of a record that has not come yet: kept, and the record is
//!   withdrawn by it when it comes with an earlier receipt.
//!
//! A row that can't be read waits in quarantine, unless a rule that stands for its source settles it at once; `mend`
//! applies rules to rows that wait. Each delivery is counted with its rows.

mod files;
mod judge;
mod kept;
mod late;
mod lookup;
mod mend;
mod placer;
mod records;
mod replace;
mod stream;
mod summary;
mod writer;

pub use mend::{MendedRows, mend_queued};
pub use placer::Placer;
pub use records::{Intake, IntakeAnswer, IntakeFailure, Resubmission, accept_records, resubmit};
pub use replace::{refresh_fallbacks, replace_all};
pub use stream::{ingest_stream, ingest_with, source_of, stored_mapping};
pub use summary::{IntakeSummary, RejectedRow};

/// Rows in a batch: long enough to write fast, short enough to lose little and to let others write.
pub const BATCH: usize = 5_000;
