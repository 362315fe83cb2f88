//! What a simulated world knows and its feeds do not say: the document `truth.json`.
//!
//! Everything that was put in by hand is listed, so that a detector, a nowcast or an intake can be
//! held against it. Version 1 of the document; a new field may be added, none changes its meaning.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::{
    event::text_enum,
    ids::{AreaId, SourceId},
    place::{Cell, Point},
    time::Day,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    pub document: String,
    pub document_version: u32,
    /// Version of the generator: another one may draw another world from the same seed.
    pub generator_version: u32,
    pub seed: u64,
    pub jurisdiction: String,
    pub from: Day,
    /// The last day with events.
    pub to: Day,
    /// Nothing received later than this is in the feeds.
    pub known_by: DateTime<Utc>,
    pub parameters: Parameters,
    pub outbreaks: Vec<Outbreak>,
    pub silences: Vec<Silence>,
    pub sources: Vec<SourceTruth>,
    pub bad_rows: Vec<BadRow>,
    /// Overdoses that more than one source tells of, in order of time: what linkage has to find.
    pub told_by_several: Vec<Vec<ReportRef>>,
}

/// A record of a source, as the source calls it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReportRef {
    pub source: SourceId,
    pub record_id: String,
}

/// The settings of the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parameters {
    /// Overdoses a day in the whole state, before weekday, season and trend.
    pub overdoses_per_day: f64,
    /// Factors Monday to Sunday, mean 1.
    pub weekday: [f64; 7],
    /// Half the swing of the yearly wave, as a share of the mean; the top is in mid-July.
    pub season_amplitude: f64,
    /// Change per year (−0.1 is ten percent down).
    pub trend_per_year: f64,
    /// Shape of the gamma factor on each day's mean: variance of a day = mean + mean² / shape.
    pub day_shape: f64,
    /// Shape of the gamma factor of each settlement and week.
    pub place_week_shape: f64,
    pub share_fatal: f64,
}

/// An increase that was injected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outbreak {
    pub id: String,
    pub name: String,
    pub centre: Point,
    /// Nine in ten of its overdoses lie within this distance of the centre.
    pub radius_km: f64,
    pub area: Option<AreaId>,
    pub from: Day,
    pub to: Day,
    /// Still going on at the end of the world.
    pub live: bool,
    /// Overdoses added to the baseline.
    pub extra: u32,
    /// Overdoses the baseline would have seen in the radius over its days, on average.
    pub usual: f64,
    /// H3 cells of resolution 8 that hold an injected overdose, sorted.
    pub cells: Vec<Cell>,
}

/// A feed that sent nothing, and then everything at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    pub source: SourceId,
    pub from: DateTime<Utc>,
    /// When the batch came.
    pub to: DateTime<Utc>,
    pub rows_in_batch: u32,
}

/// How one feed reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceTruth {
    pub source: SourceId,
    /// Records that are in the file and mean what the feed is about (bad rows included).
    pub records: u32,
    /// Rows in the file that are something else (not a case).
    pub not_cases: u32,
    /// Rows that repeat an earlier row, byte for byte.
    pub repeated: u32,
    /// Rows that correct an earlier one.
    pub corrections: u32,
    /// The law of the reporting delay, in words.
    pub delay: String,
    /// Mean delay of the records in the file, hours.
    pub mean_delay_hours: f64,
}

text_enum! {
    /// What is wrong with a row on purpose.
    Fault {
        /// Ten degrees too far north: still a place on Earth.
        LatitudeOff = "latitude_off",
        ZeroCoordinates = "zero_coordinates",
        /// Latitude and longitude exchanged: a place in the Southern Ocean.
        SwappedCoordinates = "swapped_coordinates",
        Year9999 = "year_9999",
        MissingDate = "missing_date",
        /// The county's centre in place of the address.
        CountyCentroid = "county_centroid",
        /// A line that ends too early.
        RaggedLine = "ragged_line",
        /// A word that is not in the feed's vocabulary.
        UnknownWord = "unknown_word",
    }
}

impl Fault {
    /// Whether an intake has to refuse the row; the others are to be flagged or placed coarsely.
    pub fn is_fatal(self) -> bool {
        !matches!(self, Self::LatitudeOff | Self::CountyCentroid)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BadRow {
    pub source: SourceId,
    /// Line in the file, from 1.
    pub line: u64,
    pub fault: Fault,
}
