//! Outgoing messages: what is owed to whom, by which channel, and how far delivery has got.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    alert::Tier,
    event::text_enum,
    ids::{AlertId, AreaId, MessageId, SubscriptionId},
};

text_enum! {
    Channel {
        Email = "email",
        Webhook = "webhook",
    }

    MessageState {
        Waiting = "waiting",
        Sent = "sent",
        /// Given up after the last retry; shown to an admin.
        Failed = "failed",
    }
}

/// Who wants to hear about what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Subscription {
    pub id: SubscriptionId,
    pub channel: Channel,
    /// E-mail address or https URL.
    pub target: String,
    /// Key of the webhook signature (`whsec_…`); never shown again after it was made.
    #[serde(skip)]
    pub secret: Option<String>,
    /// Only this area and what lies below it; `None` is everywhere.
    pub area: Option<AreaId>,
    /// This tier and louder.
    pub min_tier: Tier,
}

/// A message in the outbox. The id is derived from (alert, what happened, subscription), so queuing it
/// twice leaves one; it is also the `Message-ID` and `webhook-id` of every attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxMessage {
    pub id: MessageId,
    pub alert: Option<AlertId>,
    pub channel: Channel,
    pub target: String,
    pub secret: Option<String>,
    pub subject: String,
    /// Plain text for e-mail, JSON for a webhook.
    pub body: String,
    pub state: MessageState,
    pub attempts: u32,
    pub next_attempt_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub last_error: Option<String>,
}
