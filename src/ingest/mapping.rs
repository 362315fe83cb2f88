//! The mapping: a TOML file that says what a feed's columns mean. Every key is explained in
//! `data/mappings/README.md`; an unknown key is an error, and every error names line, column and key.
//!
//! To serve a new feed write a mapping, not code. To add a key: a field here, its check in `check.rs`,
//! its use in `plan.rs`, a line in the README.

use serde::{Deserialize, Deserializer, de};

use super::{
    decode::Encoding,
    spec::{TextSpec, TimeText, WordSpec, one_or_many, one_or_many_tables},
};
use crate::domain::{ids::JurisdictionId, place::Precision, time::Zone};

/// The mapping in force for files and requests that name none: the standard event.
pub const STANDARD: &str = include_str!("../../data/mappings/standard.toml");

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// What it was read from, for errors that show the place.
    #[serde(skip)]
    pub(super) origin: (String, String),
    /// What people call the feed.
    pub name: String,
    /// Columns that name a record; several are joined into a digest. Empty: a digest of the whole row.
    #[serde(default, deserialize_with = "one_or_many")]
    pub record_id: Vec<String>,
    /// How often something usually arrives.
    pub expected_every_hours: Option<f64>,
    pub jurisdiction: Option<JurisdictionSpec>,
    #[serde(default)]
    pub format: FormatSpec,
    #[serde(default)]
    pub xlsx: XlsxSpec,
    #[serde(default)]
    pub xml: XmlSpec,
    pub kind: WordSpec,
    /// Column with the id of the jurisdiction that owns the row. Rows that name another owner are left alone.
    pub owner: Option<TextSpec>,
    /// Case definitions; a row is a case by the first that it meets.
    #[serde(default, deserialize_with = "one_or_many_tables")]
    pub case: Vec<CaseSpec>,
    pub time: TimeSpec,
    #[serde(default)]
    pub place: PlaceSpec,
    pub outcome: Option<WordSpec>,
    pub naloxone: Option<WordSpec>,
    pub quantity: Option<TextSpec>,
    /// The sender takes the record back where this column says yes (or the mapped word).
    pub withdrawn: Option<WordSpec>,
    /// Name of the attribute → where it is read.
    #[serde(default)]
    pub attributes: std::collections::BTreeMap<String, TextSpec>,
    /// A column (JSON object) whose every field becomes an attribute.
    pub attributes_from: Option<String>,
    /// Written by the service: what it learned from this feed.
    #[serde(default)]
    pub learned: Learned,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JurisdictionSpec {
    pub id: JurisdictionId,
    pub name: String,
    pub zone: Zone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Csv,
    Tsv,
    Ndjson,
    Json,
    Geojson,
    Xlsx,
    Xml,
    Hl7,
}

impl Format {
    /// As it is written in a mapping.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Ndjson => "ndjson",
            Self::Json => "json",
            Self::Geojson => "geojson",
            Self::Xlsx => "xlsx",
            Self::Xml => "xml",
            Self::Hl7 => "hl7",
        }
    }

    /// From a file's name: its ending says what it holds.
    ///
    /// # Errors
    /// A sentence naming the file and the endings that are known.
    pub fn from_name(name: &str) -> Result<Self, UnknownFormat> {
        let ending = name.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
        match ending.as_str() {
            "csv" | "txt" => Ok(Self::Csv),
            "tsv" | "tab" => Ok(Self::Tsv),
            "ndjson" | "jsonl" => Ok(Self::Ndjson),
            "json" => Ok(Self::Json),
            "geojson" => Ok(Self::Geojson),
            "xlsx" | "xlsm" => Ok(Self::Xlsx),
            "xml" => Ok(Self::Xml),
            "hl7" | "adt" | "mllp" => Ok(Self::Hl7),
            _ => Err(UnknownFormat { name: name.to_owned() }),
        }
    }
}

/// A file whose name does not say what it holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name}: expected a name that ends in .csv, .tsv, .ndjson, .json, .geojson, .xlsx, .xml or .hl7, or `type` in the mapping's [format]"
)]
pub struct UnknownFormat {
    name: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormatSpec {
    #[serde(rename = "type")]
    pub kind: Option<Format>,
    /// One character; guessed from the header where absent.
    pub delimiter: Option<char>,
    pub encoding: Option<Encoding>,
    /// Texts that mean "nothing", such as `NULL`.
    #[serde(default)]
    pub null: Vec<String>,
}

/// Where in a workbook the rows stand.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct XlsxSpec {
    /// Name of the sheet; the first where absent.
    pub sheet: Option<String>,
    /// Row of the column names, from 1; found where absent.
    pub header_row: Option<u32>,
}

/// What a record is in an XML document.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct XmlSpec {
    /// Local name of the element that holds one record; NEMSIS's `PatientCareReport` where absent.
    pub record: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseSpec {
    pub definition: String,
    pub version: u32,
    /// Column by whose text the rows that are not cases are counted.
    pub label: Option<String>,
    /// All of these hold for a case.
    #[serde(default, rename = "where")]
    pub all: Vec<Condition>,
    /// And, where any are given, at least one of these.
    #[serde(default)]
    pub any: Vec<Condition>,
}

/// Exactly one of the operators besides `column`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Several columns: the condition holds when it holds for one of them.
    #[serde(deserialize_with = "one_or_many")]
    pub column: Vec<String>,
    /// The text is a list, parted by this: the condition holds when it holds for one of its entries.
    pub each: Option<String>,
    pub equals: Option<String>,
    #[serde(rename = "in")]
    pub one_of: Option<Vec<String>>,
    pub not_in: Option<Vec<String>>,
    pub matches: Option<String>,
    pub not_matches: Option<String>,
    pub empty: Option<bool>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeSpec {
    /// Of wall-clock times; the jurisdiction's where absent.
    pub zone: Option<Zone>,
    pub occurred_at: TimeText,
    pub reported_at: Option<TimeText>,
    pub received_at: Option<TimeText>,
    /// `instant`, `day` or `reported_day`; found from the text where absent.
    pub precision: Option<WordSpec>,
    /// `"36h"` or `"1d"`: where the sender records no receipt.
    pub assume_received_after: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceSpec {
    pub latitude: Option<TextSpec>,
    pub longitude: Option<TextSpec>,
    /// The columns hold each other's value.
    #[serde(default)]
    pub swapped: bool,
    /// The sender moves its points at random.
    #[serde(default)]
    pub randomised: bool,
    pub address: Option<TextSpec>,
    pub town: Option<TextSpec>,
    pub zip: Option<TextSpec>,
    pub county: Option<TextSpec>,
    pub state: Option<TextSpec>,
    /// What the sender's points are worth.
    pub precision: Option<WordSpec>,
    /// Exceptions, the first that holds counts.
    #[serde(default)]
    pub rules: Vec<PlaceRule>,
    pub fallback: Option<FallbackSpec>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceRule {
    #[serde(rename = "where")]
    pub all: Vec<Condition>,
    #[serde(deserialize_with = "precision")]
    pub precision: Precision,
    /// False: the point says nothing and is not kept.
    #[serde(default = "yes")]
    pub use_point: bool,
}

/// When one coordinate counts as a fall-back: it stands for at least so many different addresses on so
/// many different streets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FallbackSpec {
    pub min_addresses: u32,
    pub min_streets: u32,
}

impl Default for FallbackSpec {
    fn default() -> Self {
        Self { min_addresses: 40, min_streets: 20 }
    }
}

/// What the service found out about a feed by itself.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Learned {
    /// Fall-back points: latitude, longitude.
    pub fallback_points: Vec<[f64; 2]>,
    /// Digests of files already counted, so that reading one again counts nothing twice.
    pub files: Vec<String>,
}

fn yes() -> bool {
    true
}

fn precision<'de, D: Deserializer<'de>>(d: D) -> Result<Precision, D::Error> {
    String::deserialize(d)?.parse().map_err(de::Error::custom)
}
