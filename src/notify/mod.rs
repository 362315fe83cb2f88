//! Telling people: from an alert's news to a message that was delivered once.
//!
//! - [`compose`](Composer::compose) writes messages for subscriptions from what was *released* to
//!   recipients (`compose.rs`, `templates/`). Their ids are derived from alert, version, news and
//!   subscription, so writing them twice queues them once. The watch tier is never pushed.
//! - [`SmtpTransport`] and [`WebhookTransport`] hand one message to the outside (`smtp.rs`,
//!   `webhook.rs`, `guard.rs`), under the same `Message-ID` or `webhook-id` at every attempt.
//! - [`schedule`] says when to try again, and when to stop.
//!
//! The loop that claims, sends and marks stands in `jobs::outbox`.
//!
//! To add a channel: a variant of `domain::message::Channel`, a file here that implements
//! [`Transport`], its arm in [`Transports::send`], and its form in `compose.rs`.

mod compose;
mod guard;
pub mod schedule;
mod smtp;
mod webhook;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use thiserror::Error;

pub use compose::{BadTemplate, ComposeSettings, Composer};
pub use guard::is_public;
pub use smtp::{SmtpSettings, SmtpTransport};
pub use webhook::{WebhookTransport, new_secret, sign};

use crate::domain::message::{Channel, OutboxMessage};

/// Why a message did not get out. The text names no address, no token and nothing of the body.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SendError {
    /// May succeed later.
    #[error("{0}")]
    Later(String),
    /// Will never succeed as it is; an admin must look.
    #[error("{0}")]
    Never(String),
}

/// Why a transport cannot be set up from its settings.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SetupError {
    #[error(
        "notify.smtp_url is not an SMTP address; expected smtp://user:password@host:port?tls=required or smtps://…"
    )]
    SmtpUrl,
    #[error("notify.from is not a mail address; expected \"Emberwatch <alerts@example.org>\"")]
    From,
    #[error("the HTTP client for webhooks cannot be set up: {0}")]
    Http(String),
}

/// Hands one message to the outside world.
#[async_trait]
pub trait Transport: Send + Sync {
    /// One attempt. Must itself end within half a minute.
    async fn send(&self, message: &OutboxMessage, now: DateTime<Utc>) -> Result<(), SendError>;
}

/// The channels that are set up.
#[derive(Clone, Default)]
pub struct Transports {
    pub email: Option<Arc<dyn Transport>>,
    pub webhook: Option<Arc<dyn Transport>>,
}

impl Transports {
    /// # Errors
    /// As the channel's transport; a channel that is not set up (yet) is worth trying later.
    pub async fn send(&self, message: &OutboxMessage, now: DateTime<Utc>) -> Result<(), SendError> {
        let transport = match message.channel {
            Channel::Email => &self.email,
            Channel::Webhook => &self.webhook,
        };
        match transport {
            Some(transport) => transport.send(message, now).await,
            None => Err(SendError::Later(format!("no {} transport is configured", message.channel))),
        }
    }
}
