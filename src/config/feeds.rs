//! `[geocoder]` and `[[feeds]]`: where rows without coordinates are looked up, and what is watched for new rows.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{ConfigError, RemoteSettings, Secret};
use crate::domain::ids::{JurisdictionId, SourceId};

/// `[geocoder]`: the offline index of streets and addresses, and who is asked about what it does not know.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Geocoder {
    /// A file of `emberwatch geocode index`; rows of the API and of feeds without coordinates are placed with it.
    pub index: Option<PathBuf>,
    /// `[[geocoder.remote]]`: services on other machines, in the order in which they are tried. None by default.
    pub remote: Vec<RemoteSettings>,
}

/// One of `[[feeds]]`: a folder or an address that is looked at every few minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedSettings {
    /// Short id of the source.
    pub source: SourceId,
    /// Who owns the rows; needed where neither the mapping nor the store makes it plain.
    #[serde(default)]
    pub jurisdiction: Option<JurisdictionId>,
    /// A folder on this machine; either this or `url`.
    #[serde(default)]
    pub folder: Option<PathBuf>,
    /// `https://…` (or `http://…`) that answers with the whole file.
    #[serde(default)]
    pub url: Option<String>,
    /// What the columns mean (TOML); else the source's stored mapping, or the standard columns.
    #[serde(default)]
    pub mapping: Option<PathBuf>,
    /// Minutes between two looks, 1 or more.
    #[serde(default = "five")]
    pub every_minutes: u32,
    /// The `Authorization` header for `url`: `Bearer …`, `Basic …`.
    #[serde(default)]
    pub authorization: Option<Secret>,
    /// `csv`, `ndjson`, `xlsx` …, where the name's ending does not say.
    #[serde(default)]
    pub format: Option<String>,
    /// More than this is not taken from `url`.
    #[serde(default = "half_a_gigabyte")]
    pub max_megabytes: u64,
}

fn five() -> u32 {
    5
}

fn half_a_gigabyte() -> u64 {
    512
}

/// What is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedPlace<'a> {
    Folder(&'a Path),
    Url(&'a str),
}

impl FeedSettings {
    /// `None` when neither or both of `folder` and `url` are set, which [`FeedSettings::validate`] refuses.
    pub fn place(&self) -> Option<FeedPlace<'_>> {
        match (&self.folder, &self.url) {
            (Some(folder), None) => Some(FeedPlace::Folder(folder)),
            (None, Some(url)) => Some(FeedPlace::Url(url)),
            _ => None,
        }
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let wrong = |key, found: String, expected| Err(ConfigError::Value { section: "feeds", key, found, expected });
        match self.place() {
            None => {
                return wrong("folder", format!("of {}", self.source), "expected either a folder or a url");
            }
            Some(FeedPlace::Url(url)) if !(url.starts_with("https://") || url.starts_with("http://")) => {
                return wrong("url", format!("{url:?}"), "expected https://… or http://…");
            }
            Some(_) => {}
        }
        if self.every_minutes == 0 {
            return wrong("every_minutes", "0".into(), "expected 1 or more");
        }
        if self.max_megabytes == 0 {
            return wrong("max_megabytes", "0".into(), "expected 1 or more");
        }
        Ok(())
    }
}
