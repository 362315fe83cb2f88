//! Subscriptions and the outbox.

use async_trait::async_trait;
use chrono::{DateTime, Duration, Utc};
use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::{
    PostgresStore,
    rows::{instant, of, opt_instant},
};
use crate::{
    domain::{
        ids::{AreaId, MessageId, SubscriptionId},
        message::{OutboxMessage, Subscription},
        scope::Scope,
    },
    store::{
        OutboxStore, Result, StoreError,
        encode::{clean, opt_clean},
        error::failed,
        rows,
    },
};

const ROWS: usize = 500;

#[async_trait]
impl OutboxStore for PostgresStore {
    async fn put_subscription(&self, scope: &Scope, subscription: &Subscription) -> Result<()> {
        sqlx::query(
            "INSERT INTO subscriptions (jurisdiction_id, subscription_id, channel, target, secret, area_id, min_tier)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (jurisdiction_id, subscription_id) DO UPDATE SET channel = excluded.channel,
             target = excluded.target, secret = excluded.secret, area_id = excluded.area_id,
             min_tier = excluded.min_tier",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(subscription.id.0)
        .bind(subscription.channel.as_str())
        .bind(clean(&subscription.target))
        .bind(opt_clean(subscription.secret.as_deref()))
        .bind(subscription.area.as_ref().map(AreaId::as_str))
        .bind(subscription.min_tier.as_str())
        .execute(&self.pool)
        .await
        .map_err(failed("storing a subscription"))?;
        Ok(())
    }

    async fn subscriptions(&self, scope: &Scope) -> Result<Vec<Subscription>> {
        let found = sqlx::query("SELECT * FROM subscriptions WHERE jurisdiction_id = $1 ORDER BY subscription_id")
            .bind(scope.jurisdiction.as_str())
            .fetch_all(&self.pool)
            .await
            .map_err(failed("reading subscriptions"))?;
        found.iter().map(|r| rows::subscription(&of("subscriptions", r))).collect()
    }

    async fn remove_subscription(&self, scope: &Scope, id: SubscriptionId) -> Result<()> {
        sqlx::query("DELETE FROM subscriptions WHERE jurisdiction_id = $1 AND subscription_id = $2")
            .bind(scope.jurisdiction.as_str())
            .bind(id.0)
            .execute(&self.pool)
            .await
            .map_err(failed("removing a subscription"))?;
        Ok(())
    }

    async fn claim_messages(
        &self,
        scope: &Scope,
        now: DateTime<Utc>,
        lease: Duration,
        limit: u32,
    ) -> Result<Vec<OutboxMessage>> {
        let found = sqlx::query(
            "UPDATE outbox SET leased_until = $3, attempts = attempts + 1
             WHERE jurisdiction_id = $1 AND message_id IN (
               SELECT message_id FROM outbox
               WHERE jurisdiction_id = $1 AND state = 'waiting' AND next_attempt_at <= $2
                 AND (leased_until IS NULL OR leased_until <= $2)
               ORDER BY next_attempt_at, message_id LIMIT $4 FOR UPDATE SKIP LOCKED)
             RETURNING *",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(instant(now))
        .bind(instant(now + lease))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(failed("claiming messages"))?;
        let mut messages: Vec<OutboxMessage> =
            found.iter().map(|r| rows::message(&of("outbox", r))).collect::<Result<_>>()?;
        messages.sort_by_key(|m| (m.next_attempt_at, m.id));
        Ok(messages)
    }

    async fn message_sent(&self, scope: &Scope, id: MessageId, at: DateTime<Utc>) -> Result<()> {
        let updated = sqlx::query(
            "UPDATE outbox SET state = 'sent', sent_at = COALESCE(sent_at, $3), leased_until = NULL, last_error = NULL
             WHERE jurisdiction_id = $1 AND message_id = $2",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(id.0)
        .bind(instant(at))
        .execute(&self.pool)
        .await
        .map_err(failed("marking a message as sent"))?;
        if updated.rows_affected() == 0 { Err(StoreError::NotFound("message")) } else { Ok(()) }
    }

    async fn message_failed(
        &self,
        scope: &Scope,
        id: MessageId,
        error: &str,
        next: Option<DateTime<Utc>>,
    ) -> Result<()> {
        // One that was sent meanwhile, by whoever got it after our lease, stays sent.
        sqlx::query(
            "UPDATE outbox SET state = CASE WHEN $4 IS NULL THEN 'failed' ELSE 'waiting' END,
             next_attempt_at = COALESCE($4, next_attempt_at), leased_until = NULL, last_error = $3
             WHERE jurisdiction_id = $1 AND message_id = $2 AND state = 'waiting'",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(id.0)
        .bind(clean(error))
        .bind(opt_instant(next))
        .execute(&self.pool)
        .await
        .map_err(failed("marking a message as failed"))?;
        Ok(())
    }

    async fn messages(&self, scope: &Scope, limit: u32) -> Result<Vec<OutboxMessage>> {
        let found = sqlx::query(
            "SELECT * FROM outbox WHERE jurisdiction_id = $1 ORDER BY created_at DESC, message_id LIMIT $2",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(failed("reading messages"))?;
        found.iter().map(|r| rows::message(&of("outbox", r))).collect()
    }
}

/// Queue messages; one whose id is known already is left as it is.
pub(super) async fn insert(tx: &mut PgConnection, scope: &Scope, messages: &[OutboxMessage]) -> Result<()> {
    for chunk in messages.chunks(ROWS) {
        let mut sql = QueryBuilder::<Postgres>::new(
            "INSERT INTO outbox (jurisdiction_id, message_id, alert_id, channel, target, secret, subject, body, state,
             attempts, next_attempt_at, created_at, last_error) ",
        );
        sql.push_values(chunk, |mut b, m| {
            b.push_bind(scope.jurisdiction.as_str())
                .push_bind(m.id.0)
                .push_bind(m.alert.map(|a| a.0))
                .push_bind(m.channel.as_str())
                .push_bind(clean(&m.target))
                .push_bind(opt_clean(m.secret.as_deref()))
                .push_bind(clean(&m.subject))
                .push_bind(clean(&m.body))
                .push_bind(m.state.as_str())
                .push_bind(i64::from(m.attempts))
                .push_bind(instant(m.next_attempt_at))
                .push_bind(instant(m.created_at))
                .push_bind(opt_clean(m.last_error.as_deref()));
        });
        sql.push(" ON CONFLICT (jurisdiction_id, message_id) DO NOTHING");
        sql.build().execute(&mut *tx).await.map_err(failed("queuing messages"))?;
    }
    Ok(())
}
