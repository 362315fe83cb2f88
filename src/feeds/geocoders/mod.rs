//! Geocoders on other machines, asked over HTTP. Off unless `[[geocoder.remote]]` names them.
//!
//! What is sent about an address is a [`RemoteQuestion`] and nothing else; beside it go the box around the
//! jurisdiction's outlines and the programme's name. Redirects are not followed: an address never travels to a host that
//! was not named. Over plain http only addresses of the own network are connected to, whatever a name resolves to.
//! Errors tell host and reason, never the question.
//!
//! One file a protocol: how it is asked, and a pure reader of what it answers. To add one: its file, an arm in
//! [`Geocoder::ask`] and in [`read`], a word in `domain::remote::RemoteKind` and `domain::event::PlacedBy`.

mod census;
mod features;
mod nominatim;
mod pelias;
mod photon;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use reqwest::{
    Client, RequestBuilder, Response, StatusCode, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header, redirect,
};
use serde_json::Value;
use thiserror::Error;

use super::http::root_of;
use crate::{
    config::{RemoteSettings, is_private},
    domain::remote::{RemoteKind, RemoteQuestion, RemoteReply},
};

const CONNECT: Duration = Duration::from_secs(10);
/// Of a whole answer about one address.
const LONGEST: Duration = Duration::from_secs(30);
/// Of an answer about a batch: the Census Bureau takes minutes for thousands.
const LONGEST_BATCH: Duration = Duration::from_secs(240);
/// An answer about one address is some kilobytes long.
const MOST_BYTES: usize = 1_000_000;
const MOST_BYTES_OF_A_BATCH: usize = 4_000_000;

/// West, south, east, north in degrees.
pub type Box4 = [f64; 4];

/// Why there is no answer. Holds no address.
#[derive(Debug, Error)]
pub enum AskError {
    /// Too many requests (429), or it cannot just now (503).
    #[error("it answered {status}")]
    Busy { status: u16, again: Option<RetryAfter> },
    #[error("it answered {0}")]
    Status(u16),
    #[error("it answered with a redirect, which is not followed; set `url` to where it leads")]
    Redirect,
    #[error("it could not be reached: {0}")]
    Network(String),
    #[error("its answer is longer than {0} bytes")]
    TooLarge(usize),
    #[error(transparent)]
    Unreadable(#[from] BadAnswer),
}

/// An answer that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadAnswer {
    #[error("its answer is no JSON")]
    NotJson,
    #[error("its answer is no CSV")]
    NotCsv,
    #[error("its answer is not as expected: {0}")]
    Shape(&'static str),
    #[error("it answered with an error of its own")]
    ItsError,
}

/// When a busy service asks to be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    Seconds(u32),
    At(DateTime<Utc>),
}

impl AskError {
    /// Whether another address may well be answered.
    pub fn is_of_the_question(&self) -> bool {
        matches!(self, Self::TooLarge(_) | Self::Unreadable(_) | Self::Status(400 | 404 | 413 | 414 | 422))
    }
}

/// One service, ready to be asked.
pub struct Geocoder {
    settings: RemoteSettings,
    client: Client,
    endpoint: Url,
}

impl Geocoder {
    /// # Errors
    /// When the settings' address is no URL, or there is no HTTP client.
    pub fn new(settings: &RemoteSettings) -> Result<Self, AskError> {
        Self::with_patience(settings, longest(settings.kind))
    }

    fn with_patience(settings: &RemoteSettings, longest: Duration) -> Result<Self, AskError> {
        let failed = |why: &str| AskError::Network(why.to_owned());
        // The provider may be installed already: both are fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .user_agent(user_agent(settings))
            .redirect(redirect::Policy::none())
            .https_only(settings.is_https())
            .connect_timeout(CONNECT)
            .timeout(longest);
        if !settings.is_https() {
            // A proxy would carry what must not leave the own network.
            client = client.no_proxy().dns_resolver(Arc::new(OwnNetwork));
        }
        let client = client.build().map_err(|e| failed(&e.without_url().to_string()))?;
        let path = match settings.kind {
            RemoteKind::Nominatim => nominatim::PATH,
            RemoteKind::Photon => photon::PATH,
            RemoteKind::Pelias => pelias::PATH,
            RemoteKind::Census => census::PATH,
        };
        let base = settings.url.trim_end_matches('/');
        let base = base.strip_suffix(path).unwrap_or(base);
        let endpoint = Url::parse(&format!("{base}{path}")).map_err(|_| failed("its address is no URL"))?;
        Ok(Self { settings: settings.clone(), client, endpoint })
    }

    /// How many addresses may be asked about at once.
    pub fn most(&self) -> usize {
        if self.settings.kind == RemoteKind::Census { census::MOST } else { 1 }
    }

    /// How long an answer may take.
    pub fn longest(&self) -> Duration {
        CONNECT + longest(self.settings.kind)
    }

    /// Ask about [`Geocoder::most`] addresses at most; answers stand in the order of the questions. `None`: the
    /// service's answer says nothing about this one.
    ///
    /// # Errors
    /// When there is no answer that can be read.
    pub async fn ask(
        &self,
        questions: &[RemoteQuestion],
        within: Option<Box4>,
    ) -> Result<Vec<Option<RemoteReply>>, AskError> {
        if self.settings.kind == RemoteKind::Census {
            let (content_type, body) = census::body(questions);
            let request = self.client.post(self.endpoint.clone()).header(header::CONTENT_TYPE, content_type).body(body);
            let answer = self.bytes(request, MOST_BYTES_OF_A_BATCH).await?;
            return Ok(census::read(&answer, questions.len())?);
        }
        let mut replies = Vec::with_capacity(questions.len());
        for question in questions {
            let pairs = match self.settings.kind {
                RemoteKind::Nominatim => nominatim::query(question, within),
                RemoteKind::Photon => photon::query(question, within),
                RemoteKind::Pelias | RemoteKind::Census => pelias::query(question, within),
            };
            let mut url = self.endpoint.clone();
            url.query_pairs_mut().extend_pairs(pairs);
            if let Some(key) = &self.settings.api_key {
                url.query_pairs_mut().append_pair("api_key", key.expose());
            }
            let answer = self.bytes(self.client.get(url), MOST_BYTES).await?;
            replies.push(Some(read(self.settings.kind, &answer)?));
        }
        Ok(replies)
    }

    async fn bytes(&self, mut request: RequestBuilder, most: usize) -> Result<Vec<u8>, AskError> {
        if let Some(authorization) = &self.settings.authorization {
            request = request.header(header::AUTHORIZATION, authorization.expose());
        }
        // The error's own text would name the URL, and with it the address that was asked about.
        let network = |e: reqwest::Error| AskError::Network(root_of(&e.without_url()));
        let answer = request.send().await.map_err(network)?;
        match answer.status() {
            StatusCode::OK => {}
            status @ (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) => {
                return Err(AskError::Busy { status: status.as_u16(), again: retry_after(&answer) });
            }
            status if status.is_redirection() => return Err(AskError::Redirect),
            status => return Err(AskError::Status(status.as_u16())),
        }
        let mut bytes = Vec::new();
        let mut body = answer.bytes_stream();
        while let Some(part) = body.next().await {
            bytes.extend_from_slice(&part.map_err(network)?);
            if bytes.len() > most {
                return Err(AskError::TooLarge(most));
            }
        }
        Ok(bytes)
    }
}

/// The reader of each protocol that answers about one address; the Census Bureau's reads a batch of one.
///
/// # Errors
/// When the bytes are no answer of the kind.
pub fn read(kind: RemoteKind, bytes: &[u8]) -> Result<RemoteReply, BadAnswer> {
    match kind {
        RemoteKind::Nominatim => nominatim::read(bytes),
        RemoteKind::Photon => photon::read(bytes),
        RemoteKind::Pelias => pelias::read(bytes),
        RemoteKind::Census => {
            let mut replies = census::read(bytes, 1)?;
            replies.pop().flatten().ok_or(BadAnswer::Shape("the address is not among its rows"))
        }
    }
}

fn longest(kind: RemoteKind) -> Duration {
    if kind == RemoteKind::Census { LONGEST_BATCH } else { LONGEST }
}

/// Who asks, as the public services' policies want to know it.
fn user_agent(settings: &RemoteSettings) -> String {
    let name = concat!("emberwatch/", env!("CARGO_PKG_VERSION"));
    settings.contact.as_ref().map_or_else(|| name.to_owned(), |contact| format!("{name} ({contact})"))
}

/// RFC 9110: seconds, or a date.
fn retry_after(answer: &Response) -> Option<RetryAfter> {
    let text = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse() {
        Ok(seconds) => Some(RetryAfter::Seconds(seconds)),
        Err(_) => DateTime::parse_from_rfc2822(text).ok().map(|at| RetryAfter::At(at.to_utc())),
    }
}

/// A text of a JSON answer; none that is empty.
fn text_of(value: Option<&Value>) -> Option<String> {
    const LONGEST_TEXT: usize = 200;
    let text = match value? {
        Value::String(text) => text.trim().chars().take(LONGEST_TEXT).collect(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    (!text.is_empty()).then_some(text)
}

/// The system's resolver, with answers outside the own network taken out.
struct OwnNetwork;

impl Resolve for OwnNetwork {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let own: Vec<SocketAddr> = found.filter(|a| is_private(a.ip())).collect();
            if own.is_empty() {
                return Err("the name leads outside the own network, and plain http stays within".into());
            }
            Ok(Box::new(own.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests;
