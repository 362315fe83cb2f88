//! Webhooks, signed as Standard Webhooks 1.0 says.
//!
//! The signature is HMAC-SHA256 over `id.timestamp.body` with the subscription's secret (`whsec_` and
//! base64), sent as `webhook-signature: v1,BASE64` beside `webhook-id` (the same at every attempt: the
//! receiver can drop repeats) and `webhook-timestamp` (seconds, of this attempt). Redirects are not
//! followed and the answer's body is not read: nothing of it could come back to whoever subscribed.

use std::time::Duration as StdDuration;

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, StatusCode, Url, redirect};
use sha2::Sha256;

use super::{
    SendError, SetupError, Transport,
    guard::{GuardedResolver, is_public},
};
use crate::domain::message::OutboxMessage;

const PREFIX: &str = "whsec_";

/// Sends webhooks. One client for all, so connections are reused.
#[derive(Debug, Clone)]
pub struct WebhookTransport {
    client: Client,
    allow_private: bool,
}

impl WebhookTransport {
    /// `allow_private` lets webhooks reach the own network, and plain http: for a receiver on the same
    /// machine, and for tests.
    ///
    /// # Errors
    /// When the HTTP client cannot be built (no usable certificate store).
    pub fn new(allow_private: bool) -> Result<Self, SetupError> {
        // The provider may be installed already, by main or by another transport: both are fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("emberwatch/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(StdDuration::from_secs(10))
            .connect_timeout(StdDuration::from_secs(5))
            .dns_resolver(GuardedResolver { allow_private }.shared())
            .build()
            .map_err(|e| SetupError::Http(e.to_string()))?;
        Ok(Self { client, allow_private })
    }

    /// The URL, when it may be asked at all. An address written as digits is not resolved, so it is
    /// checked here.
    fn checked(&self, target: &str) -> Result<Url, SendError> {
        let never = |why: &str| SendError::Never(why.to_owned());
        let url = Url::parse(target).map_err(|_| never("the webhook's address is not a URL"))?;
        let https = url.scheme() == "https" || (url.scheme() == "http" && self.allow_private);
        if !https {
            return Err(never("the webhook's address must begin with https://"));
        }
        let host = url.host_str().ok_or_else(|| never("the webhook's address names no host"))?;
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse();
        if literal.is_ok_and(|ip| !self.allow_private && !is_public(ip)) {
            return Err(never("the webhook's address is not on the public internet"));
        }
        Ok(url)
    }
}

#[async_trait]
impl Transport for WebhookTransport {
    async fn send(&self, message: &OutboxMessage, now: DateTime<Utc>) -> Result<(), SendError> {
        let url = self.checked(&message.target)?;
        let (id, timestamp) = (message.id.to_string(), now.timestamp());
        let secret = message.secret.as_deref().unwrap_or_default();
        let signature = sign(secret, &id, timestamp, &message.body)
            .ok_or_else(|| SendError::Never("the subscription has no usable secret (whsec_…)".to_owned()))?;
        let answer = self
            .client
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", signature)
            .body(message.body.clone())
            .send()
            .await
            .map_err(|e| SendError::Later(what_failed(&e).to_owned()))?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            // The receiver says that it is gone for good.
            StatusCode::GONE => Err(SendError::Never("the receiver answered 410 Gone".to_owned())),
            status if status.is_redirection() => {
                Err(SendError::Later(format!("the receiver answered {status}; redirects are not followed")))
            }
            status => Err(SendError::Later(format!("the receiver answered {status}"))),
        }
    }
}

/// Kinds of failure, without the URL that reqwest's own text would name.
fn what_failed(error: &reqwest::Error) -> &'static str {
    match error {
        e if e.is_timeout() => "the receiver did not answer in time",
        e if e.is_connect() => "the receiver cannot be reached",
        _ => "the request to the receiver failed",
    }
}

/// The value of `webhook-signature`; `None` when the secret is not `whsec_` and base64.
pub fn sign(secret: &str, id: &str, timestamp: i64, body: &str) -> Option<String> {
    let key = BASE64_STANDARD.decode(secret.strip_prefix(PREFIX)?).ok().filter(|k| !k.is_empty())?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body.as_bytes());
    Some(format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())))
}

/// A signing secret from 32 random bytes, for a new subscription.
pub fn new_secret(random: [u8; 32]) -> String {
    format!("{PREFIX}{}", BASE64_STANDARD.encode(random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_the_published_example() {
        // Example values of the Standard Webhooks specification and its libraries' tests.
        let signature = sign(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signature.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn a_secret_that_is_none_signs_nothing() {
        for secret in ["", "whsec_", "whsec_***", "secret"] {
            assert_eq!(sign(secret, "id", 1, "{}"), None, "{secret:?}");
        }
        assert!(sign(&new_secret([7; 32]), "id", 1, "{}").is_some());
    }

    #[test]
    fn addresses_that_may_not_be_asked_are_refused_before_any_connection() {
        let guarded = WebhookTransport::new(false).unwrap();
        for target in [
            "http://example.org/",
            "https://127.0.0.1/",
            "https://[::1]:8443/x",
            "https://169.254.169.254/",
            "ftp://example.org",
            "nonsense",
            "https://0x7f.1/",
        ] {
            assert!(matches!(guarded.checked(target), Err(SendError::Never(_))), "{target}");
        }
        assert!(guarded.checked("https://hooks.example.org/in").is_ok());
        assert!(WebhookTransport::new(true).unwrap().checked("http://127.0.0.1:9/").is_ok());
    }
}
