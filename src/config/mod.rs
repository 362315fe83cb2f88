//! The configuration: one file, the environment over it, the command line over both.
//!
//! `emberwatch.toml` holds sections of plain keys; every key has a default, so an empty file (or
//! none) is valid. The variable `EMBERWATCH_<SECTION>_<KEY>` overrides a key (`[database] url` is
//! `EMBERWATCH_DATABASE_URL`), and an option of the command line overrides that. Of `[[geocoder.remote]]` the first
//! entry's keys are `EMBERWATCH_GEOCODER_REMOTE_1_…`, so that its secrets need not stand in the file. A key that is not
//! known is an error that names its line: a misspelt setting must never be silently ignored.
//!
//! This is the only module that reads the environment.
//!
//! To add a setting: a documented field with a default here, a check in [`Config::validate`] when not every
//! value of its type makes sense, and a line in `check.rs` when an operator should see it.

mod check;
mod feeds;
mod load;
mod remote;
mod secret;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

pub use check::{Diagnosis, Finding, Severity};
pub use feeds::{FeedPlace, FeedSettings, Geocoder};
pub use load::{ConfigError, Environment, Overrides};
pub use remote::{RemoteSettings, is_private};
pub use secret::Secret;
use serde::{Deserialize, Serialize};

use crate::domain::rule::BuiltInBudgets;

/// Name of the file that is read from the working folder when none is given.
pub const FILE_NAME: &str = "emberwatch.toml";

/// Everything an operator can set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    pub analysis: Analysis,
    pub outreach: Outreach,
    pub notify: Notify,
    pub privacy: Privacy,
    pub session: SessionSettings,
    pub basemap: Basemap,
    pub log: Log,
    pub geocoder: Geocoder,
    /// `[[feeds]]`: watched folders and addresses.
    pub feeds: Vec<FeedSettings>,
}

/// `[server]`: where the service listens and how the world reaches it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port to listen on. The default answers to this machine only.
    pub bind: SocketAddr,
    /// The address people type, for links in messages and for the cookie's `Secure` flag; `https://…` behind a proxy.
    pub public_url: Option<String>,
    /// Take the caller's address from the last `X-Forwarded-For` entry. Only right behind a proxy that sets it.
    pub trust_forwarded_for: bool,
    /// Seconds after which a request is given up.
    pub request_timeout_seconds: u64,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            trust_forwarded_for: false,
            request_timeout_seconds: 30,
        }
    }
}

impl Server {
    /// Whether people reach the service over TLS: then cookies are `Secure` and browsers are told to insist.
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|u| u.starts_with("https://"))
    }
}

/// `[database]`: which store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// A path, `sqlite://PATH` or `postgres://…`. May hold a password, so it is never printed whole.
    pub url: Secret,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: Secret::new("emberwatch.db") }
    }
}

/// `[analysis]`: what is looked for, how often, and how loud it must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Analysis {
    /// H3 resolution of the cells that are counted, 4 to 10. 8 is about 0.7 km².
    pub resolution: u8,
    /// When the analysis runs: five cron fields, in each jurisdiction's own zone.
    pub schedule: String,
    /// Days of history that are read.
    pub history_days: u32,
    /// Days of history that the scan compares with.
    pub scan_study_days: u32,
    /// The scan ends so many days before the day of the analysis, 0 to 14: where reports come late, the newest
    /// days are not yet like the others.
    pub scan_lag_days: u32,
    /// Cases received more than so many days after they occurred are left out of the scan; 0 leaves none out.
    /// With a lag of as many days every day of the study period is equally complete.
    pub scan_max_delay_days: u32,
    /// Longest window of the space-time scan, days.
    pub scan_max_days: u32,
    /// Widest cluster of the scan, km.
    pub scan_max_radius_km: f64,
    /// Largest share of all events that one cluster may hold, 0 to 0.5.
    pub scan_max_space_share: f64,
    /// Zones of the scan: `circles`, `rings` (whole k-rings of cells) or `connected` (every connected set of a few
    /// cells; cells in which nothing happened may lie between).
    pub scan_zones: ScanZones,
    /// Most cells of a connected zone, 2 to 8. Each one more is about four times the work.
    pub scan_max_cells: u8,
    /// So many coarser H3 resolutions are scanned as well, 0 to 4, with one p-value over all of them.
    pub scan_coarser: u8,
    /// Monte Carlo replications; with one run a day 999 resolves recurrence up to 1,000 days.
    pub scan_replications: u32,
    /// Seed of every random number of a run; stored with the results.
    pub seed: u64,
    /// Least standard deviation that EARS believes, events a day: with less, one event after a quiet week is an alarm.
    pub ears_min_sigma: f64,
    /// Fewest events that make a cluster.
    pub min_cases: u32,
    /// The built-in rules of clusters: rarer than once in so many days is listed.
    pub watch_recurrence_days: f64,
    /// Rarer than once in so many days is sent.
    pub alert_recurrence_days: f64,
    /// The built-in rules of areas: false alerts a year that the watch list may hold, all areas together. Each area
    /// gets an equal part, 3.65 at most.
    pub areas_watch_per_year: f64,
    /// False alerts a year that may be sent, all areas together. Each area gets an equal part, 1 at most.
    pub areas_alert_per_year: f64,
    /// Days without a new signal after which an alert is over.
    pub days_until_over: u32,
    /// Horizon of the forecast, 1 to 14 days.
    pub forecast_days: u32,
}

impl Default for Analysis {
    fn default() -> Self {
        Self {
            resolution: 8,
            schedule: "15 5 * * *".into(),
            history_days: 730,
            scan_study_days: 365,
            scan_lag_days: 0,
            scan_max_delay_days: 0,
            scan_max_days: 21,
            scan_max_radius_km: 30.0,
            scan_max_space_share: 0.5,
            scan_zones: ScanZones::Circles,
            scan_max_cells: 6,
            scan_coarser: 0,
            scan_replications: 999,
            seed: 1,
            ears_min_sigma: 0.5,
            min_cases: 3,
            watch_recurrence_days: 30.0,
            alert_recurrence_days: 100.0,
            areas_watch_per_year: 36.5,
            areas_alert_per_year: 12.0,
            days_until_over: 7,
            forecast_days: 14,
        }
    }
}

impl Analysis {
    /// What the built-in alert rules may cost.
    pub fn budgets(&self) -> BuiltInBudgets {
        BuiltInBudgets {
            cluster_watch_days: self.watch_recurrence_days,
            cluster_alert_days: self.alert_recurrence_days,
            areas_watch_per_year: self.areas_watch_per_year,
            areas_alert_per_year: self.areas_alert_per_year,
        }
    }
}

/// Which sets of cells the scan looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScanZones {
    Circles,
    Rings,
    Connected,
}

/// `[outreach]`: what is owed after an overdose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Outreach {
    /// Hours within which contact is due, usually 24, 48 or 72.
    pub follow_up_hours: u32,
}

impl Default for Outreach {
    fn default() -> Self {
        Self { follow_up_hours: 72 }
    }
}

/// `[notify]`: how messages leave the house.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Notify {
    /// `smtp://user:password@host:port?tls=required`; without it no e-mail is sent.
    pub smtp_url: Option<Secret>,
    /// Sender of e-mails, `Emberwatch <alerts@example.org>`.
    pub from: Option<String>,
    /// Let webhooks reach private and loopback addresses. Off: a subscription can't be used to probe the own network.
    pub allow_private: bool,
}

/// `[privacy]`: what is too small to be published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Privacy {
    /// Counts from 1 to k − 1 are hidden from the public audience.
    pub k: u32,
}

impl Default for Privacy {
    fn default() -> Self {
        Self { k: 6 }
    }
}

/// `[session]`: how long a sign-in lasts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SessionSettings {
    /// Hours until a person signs in again, 1 to 168; a working shift by default.
    pub hours: u32,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self { hours: 12 }
    }
}

/// `[basemap]`: what lies under the hexagons. Without a setting the built-in outlines are drawn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Basemap {
    /// A PMTiles file on this machine.
    pub pmtiles: Option<PathBuf>,
    /// A MapLibre style on another server (browsers will contact it).
    pub style_url: Option<String>,
}

/// `[log]`: what is written while running.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    /// A filter such as `info` or `emberwatch=debug,warn`.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".into() }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}
