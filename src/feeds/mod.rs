//! Feeds that are pulled: watched folders and addresses, whose bytes go to ingest; and [`geocoders`] on other machines,
//! which are asked where an address is.
//!
//! Here is only how bytes are found and brought: [`folder`] lists files that are new or changed, [`http`] asks an
//! address whether there is anything new. What has been taken before is told by a fingerprint that the caller keeps;
//! taking the same bytes twice changes nothing, so a fingerprint that was lost costs time and no row.
//!
//! `jobs::feeds` says when, reads the rows and remembers. To add a way (SFTP, a bucket): a file here with the same
//! two questions, a key in `config::FeedSettings`, an arm in `jobs::feeds`.

pub mod folder;
pub mod geocoders;
pub mod http;

use thiserror::Error;

/// Why nothing could be brought. Later is worth a try, unless the settings are changed.
#[derive(Debug, Error)]
pub enum PullError {
    #[error("{path}: {why}")]
    File { path: String, why: std::io::Error },
    #[error("{address} answered {status}")]
    Status { address: String, status: u16 },
    #[error("{address} could not be reached: {why}")]
    Network { address: String, why: String },
    #[error("{address} sends more than {megabytes} MB; raise max_megabytes if that is right")]
    TooLarge { address: String, megabytes: u64 },
    #[error("no HTTP client: {0}")]
    Client(String),
}
