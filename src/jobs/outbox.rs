//! Delivery of what waits in the outbox.
//!
//! A message is *claimed* for as long as [`LEASE`], sent, and marked. What is marked as sent is never
//! claimed again, and while one worker holds the lease no other gets the message; each attempt ends
//! well before its lease does.
//!
//! **The one window that cannot be closed**: a process killed after the receiver took a message and
//! before the mark was written leaves it waiting, and it is sent again when the lease ends. The repeat
//! has the same `Message-ID` or `webhook-id`, by which receivers drop it. The other order, marking
//! first, could lose an alert; a repeated one is the smaller harm.

use chrono::Duration;
use futures_util::future::join_all;

use crate::{
    clock::Clock,
    domain::{message::OutboxMessage, scope::Scope},
    notify::{SendError, Transports, schedule},
    store::{OutboxStore, StoreError},
};

/// For how long a claimed message is ours: several times what the slowest attempt takes.
pub const LEASE: Duration = Duration::minutes(3);

/// Messages sent side by side. All of a batch must end within one lease.
const BATCH: u32 = 8;

/// Batches in one call, so that a flood of messages does not keep a worker from other jobs.
const MOST_BATCHES: usize = 32;

/// Writes of "sent" tried before the mark is given up.
const MARK_ATTEMPTS: u32 = 4;

/// What one call did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delivered {
    pub sent: u32,
    /// To be tried again.
    pub waiting: u32,
    /// Given up; an admin sees them.
    pub failed: u32,
}

enum Outcome {
    Sent,
    Waiting,
    Failed,
}

/// Send everything of one jurisdiction that is due. A message that fails costs the others nothing.
///
/// # Errors
/// When the store fails. Messages claimed by then are claimed again after the lease.
pub async fn deliver_due<S>(
    store: &S,
    scope: &Scope,
    transports: &Transports,
    clock: &dyn Clock,
) -> Result<Delivered, StoreError>
where
    S: OutboxStore + Send + Sync + ?Sized,
{
    let mut delivered = Delivered::default();
    for _ in 0..MOST_BATCHES {
        let batch = store.claim_messages(scope, clock.now(), LEASE, BATCH).await?;
        if batch.is_empty() {
            break;
        }
        // Every message of the batch is seen through before an error of one is reported.
        for outcome in join_all(batch.iter().map(|m| deliver(store, scope, transports, clock, m))).await {
            match outcome? {
                Outcome::Sent => delivered.sent += 1,
                Outcome::Waiting => delivered.waiting += 1,
                Outcome::Failed => delivered.failed += 1,
            }
        }
    }
    Ok(delivered)
}

async fn deliver<S>(
    store: &S,
    scope: &Scope,
    transports: &Transports,
    clock: &dyn Clock,
    message: &OutboxMessage,
) -> Result<Outcome, StoreError>
where
    S: OutboxStore + Send + Sync + ?Sized,
{
    let error = match transports.send(message, clock.now()).await {
        Ok(()) => {
            mark_sent(store, scope, clock, message).await?;
            tracing::info!(message = %message.id, channel = %message.channel, "message sent");
            return Ok(Outcome::Sent);
        }
        Err(error) => error,
    };
    let now = clock.now();
    let next = match &error {
        SendError::Later(_) => schedule::next_attempt(message, message.attempts, now),
        SendError::Never(_) => None,
    };
    match next {
        Some(at) => tracing::warn!(message = %message.id, attempts = message.attempts, next = %at, "{error}"),
        None => tracing::error!(message = %message.id, attempts = message.attempts, "message given up: {error}"),
    }
    store.message_failed(scope, message.id, &error.to_string(), next).await?;
    Ok(if next.is_some() { Outcome::Waiting } else { Outcome::Failed })
}

/// The receiver has it: losing the mark now would send it twice, so a busy database is asked again.
async fn mark_sent<S>(store: &S, scope: &Scope, clock: &dyn Clock, message: &OutboxMessage) -> Result<(), StoreError>
where
    S: OutboxStore + Send + Sync + ?Sized,
{
    let mut wait = std::time::Duration::from_millis(50);
    for _ in 1..MARK_ATTEMPTS {
        match store.message_sent(scope, message.id, clock.now()).await {
            Err(error) if error.is_transient() => {
                tokio::time::sleep(wait).await;
                wait *= 4;
            }
            done => return done,
        }
    }
    store.message_sent(scope, message.id, clock.now()).await
}
