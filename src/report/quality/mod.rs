//! Data quality of each source: what it sends, how late, how complete, and what is usual for it.
//!
//! Everything is counted by when a record was **first received**, and as it is known now: a late correction counts for
//! the day on which the record came. Periods are rolling (7, 28 and 365 times 24 hours until now), each beside the one
//! before it. Delays are of records that were sent as they came: history that was loaded at once says nothing about
//! delays ([`LOAD_SPAN_DAYS`]), nor does a receipt that was only assumed. Where only the day of an occurrence is known,
//! its delay counts from the start of that day.
//!
//! The standing of a source is the worst that holds: silent; many rows wait; worse than before; a few rows wait; too
//! little heard to say; as usual. "Worse" asks for a share that fell by ten points with intervals (Wilson, 95 %) that do not
//! meet, or for a median delay that doubled and grew by six hours, over 28 days with at least twenty records in each.
//!
//! Limits: deliveries are counted since the service counts them; a feed that slows down without stopping shows only in
//! the shares and delays. To add a field: a word in [`Field`], its test in `count.rs`, its name in the web app.

mod count;
mod judge;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::{count::QualityCounter, judge::Known};
use super::Share;
use crate::domain::{
    event::text_enum,
    ids::SourceId,
    place::Precision,
    quality::{DataGap, DeliveredRows, Delivery, RejectReason},
};

/// Lengths of the periods, in days.
pub const PERIODS: [i64; 3] = [7, 28, 365];
/// The period that sentences speak of: its position in [`PERIODS`].
pub(crate) const SPOKEN: usize = 1;
/// Records of one day of receipt that span more days of occurrence are a load of history.
pub const LOAD_SPAN_DAYS: i32 = 120;
/// The first day of receipt is one when it spans more than this.
const FIRST_LOAD_SPAN_DAYS: i32 = 31;
const FEWEST_OF_A_LOAD: usize = 50;

text_enum! {
    /// What a record can lack.
    Field {
        /// Of overdoses; so are naloxone, age and sex.
        Outcome = "outcome",
        Naloxone = "naloxone",
        Age = "age",
        Sex = "sex",
        Point = "point",
        Area = "area",
        /// The time of day, not only the day.
        TimeOfDay = "time_of_day",
        ReportedAt = "reported_at",
        /// Recorded by the sender or by us, not assumed.
        ReceivedAt = "received_at",
    }

    QualityStanding {
        Silent = "silent",
        RowsWait = "rows_wait",
        Worse = "worse",
        /// Too little was heard of it to say what is usual.
        Unknown = "unknown",
        AsUsual = "as_usual",
    }
}

/// How much of a field is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct FieldShare {
    pub field: Field,
    pub known: Share,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct PrecisionCount {
    pub precision: Precision,
    pub events: u64,
}

/// How late records are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Delays {
    /// Records with both times.
    pub events: u64,
    pub median_hours: f64,
    /// Nine in ten are no later.
    pub p90_hours: f64,
}

/// Rows that could not be read as they came, by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct RejectCount {
    pub reason: RejectReason,
    pub waiting: u64,
    pub mended: u64,
    pub not_cases: u64,
    pub discarded: u64,
}

/// One period of one source.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PeriodQuality {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// Records first received in it that stand.
    pub events: u64,
    /// Of these, corrected since.
    pub corrected: u64,
    /// Taken back since; in no other figure.
    pub withdrawn: u64,
    /// Came in loads of history: in every figure but the delays.
    pub loaded: u64,
    pub fields: Vec<FieldShare>,
    /// Best first.
    pub precision: Vec<PrecisionCount>,
    /// The text names another town than the outline that holds the point.
    pub place_disagrees: Share,
    pub outside_areas: Share,
    /// On points that stand for many addresses.
    pub fallback: Share,
    /// From the occurrence to the sender's report.
    pub reported: Option<Delays>,
    /// From the occurrence to the first receipt.
    pub received: Option<Delays>,
    /// By reason; most rows first.
    pub rejects: Vec<RejectCount>,
    pub deliveries: u64,
    pub rows: DeliveredRows,
    /// Silences that reach into it, and for how long altogether.
    pub silences: u64,
    pub silent_hours: f64,
}

/// A period beside the one before it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PeriodPair {
    pub days: i64,
    pub now: PeriodQuality,
    pub before: PeriodQuality,
}

/// When a source is heard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
pub struct Rhythm {
    /// The middle of the gaps between what it sent, over half a year; stated by its mapping where too few are known.
    pub usual_gap_hours: Option<f64>,
    pub longest_gap_hours: Option<f64>,
    /// Since it was last heard.
    pub quiet_hours: Option<f64>,
    /// When it was last heard, of a source that is silent by its own rhythm.
    pub silent_since: Option<DateTime<Utc>>,
}

/// A source in one line.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SourceQuality {
    pub source: SourceId,
    pub name: String,
    pub standing: QualityStanding,
    /// What stands out, in a sentence.
    pub sentence: String,
    /// What became worse, where that is what stands out.
    pub worse: Option<Worse>,
    /// Events that stand, of all times.
    pub events: u64,
    pub newest_event_at: Option<DateTime<Utc>>,
    pub last_received_at: Option<DateTime<Utc>>,
    pub rhythm: Rhythm,
    /// Rows in quarantine, and the reason that most of them have.
    pub waiting: u64,
    pub waiting_most: Option<RejectReason>,
}

/// What is worse than in the period before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Worse {
    Field { field: Field, now: Share, before: Share },
    Delay { now: Delays, before: Delays },
}

/// A point that stands for many addresses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct FallbackPoint {
    /// Shown to readers of the line list only.
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    /// Of the last twelve months.
    pub events: Share,
}

/// Everything about one source.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct QualityDetail {
    #[serde(flatten)]
    pub source: SourceQuality,
    /// Shortest first.
    pub periods: Vec<PeriodPair>,
    /// Most events first; twenty at most.
    pub fallback_points: Vec<FallbackPoint>,
    /// Gaps that are open, or closed within twelve months; newest first.
    pub gaps: Vec<DataGap>,
    /// Newest first; twenty at most.
    pub deliveries: Vec<DeliveryLine>,
}

/// One delivery.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DeliveryLine {
    pub at: DateTime<Utc>,
    /// Name of the file; `api` for the requests of an hour.
    pub origin: String,
    pub rows: DeliveredRows,
}

impl From<&Delivery> for DeliveryLine {
    fn from(d: &Delivery) -> Self {
        Self { at: d.at, origin: d.origin.clone(), rows: d.rows }
    }
}

#[cfg(test)]
mod tests;
