//! A watched address: asked whether there is anything new, and brought into a file without a name.
//!
//! Where the server gave an entity tag or a date it is asked with them (RFC 9110, conditional requests) and answers
//! 304 when nothing changed; otherwise the digest of what came decides. An address on https is never left for plain
//! http, and its authorization is not taken along to another host.

use std::{
    fs::File,
    io::{Seek, Write},
    time::Duration,
};

use futures_util::StreamExt;
use reqwest::{Client, StatusCode, header, redirect};
use sha2::{Digest, Sha256};

use super::PullError;

const CONNECT: Duration = Duration::from_secs(10);
/// Longest silence in the middle of an answer.
const SILENCE: Duration = Duration::from_secs(30);
const TAG: &str = "etag ";
const DATE: &str = "modified ";

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub address: &'a str,
    /// The `Authorization` header.
    pub authorization: Option<&'a str>,
    pub max_megabytes: u64,
    /// Of what was taken before; empty when nothing was.
    pub known: &'a str,
}

/// What came.
#[derive(Debug)]
pub struct Answer {
    pub file: File,
    pub fingerprint: String,
    /// `Content-Type`, without its parameters.
    pub content_type: Option<String>,
}

/// Ask; `None` when nothing changed.
///
/// # Errors
/// When the address does not answer with something new or 304.
pub async fn ask(question: &Question<'_>) -> Result<Option<Answer>, PullError> {
    let address = question.address.to_owned();
    let network = |e: reqwest::Error| PullError::Network { address: address.clone(), why: root_of(&e) };
    let mut request = client(&address)?.get(&address);
    if let Some(authorization) = question.authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    if let Some(tag) = question.known.strip_prefix(TAG) {
        request = request.header(header::IF_NONE_MATCH, tag);
    } else if let Some(date) = question.known.strip_prefix(DATE) {
        request = request.header(header::IF_MODIFIED_SINCE, date);
    }
    let answer = request.send().await.map_err(network)?;
    if answer.status() == StatusCode::NOT_MODIFIED {
        return Ok(None);
    }
    if answer.status() != StatusCode::OK {
        return Err(PullError::Status { address, status: answer.status().as_u16() });
    }
    let text = |name| answer.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let stated = text(header::ETAG)
        .map(|tag| format!("{TAG}{tag}"))
        .or_else(|| text(header::LAST_MODIFIED).map(|date| format!("{DATE}{date}")));
    let content_type = text(header::CONTENT_TYPE).and_then(|t| t.split(';').next().map(|t| t.trim().to_owned()));
    let file_failed = |why| PullError::File { path: "a temporary file".into(), why };
    let mut file = tempfile::tempfile().map_err(file_failed)?;
    let (mut digest, mut bytes) = (Sha256::new(), 0u64);
    let mut body = answer.bytes_stream();
    while let Some(part) = body.next().await {
        let part = part.map_err(network)?;
        bytes += part.len() as u64;
        if bytes > question.max_megabytes * 1_000_000 {
            return Err(PullError::TooLarge { address, megabytes: question.max_megabytes });
        }
        digest.update(&part);
        file.write_all(&part).map_err(file_failed)?;
    }
    file.rewind().map_err(file_failed)?;
    let fingerprint = stated.unwrap_or_else(|| format!("sha256 {}", hex::encode(digest.finalize())));
    Ok((fingerprint != question.known).then_some(Answer { file, fingerprint, content_type }))
}

fn client(address: &str) -> Result<Client, PullError> {
    // The provider may be installed already: both are fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("emberwatch/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::limited(5))
        .https_only(address.starts_with("https://"))
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .build()
        .map_err(|e| PullError::Client(e.to_string()))
}

/// The innermost reason: the outer ones only repeat the address.
pub(super) fn root_of(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(next) = inner.source() {
        inner = next;
    }
    inner.to_string()
}
