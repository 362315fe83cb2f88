//! People, sessions, machine keys, answers to repeated requests, the audit log.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{
    PostgresStore,
    rows::{instant, of},
};
use crate::{
    domain::{
        ids::{ApiKeyId, SourceId, UserId},
        scope::{Scope, User},
    },
    store::{
        AccountStore, ApiKey, AuditCheck, IdempotentAnswer, KeyOfIdempotency, Result, Session, StoreError,
        audit::{AuditChain, AuditEntry},
        columns::Columns,
        encode::{clean, json, micros},
        error::failed,
        idempotency, rows,
    },
};

#[async_trait]
impl AccountStore for PostgresStore {
    async fn put_user(&self, user: &User, password: Option<&str>) -> Result<()> {
        let storing = failed("storing a user");
        let login = user.login.to_lowercase();
        let mut tx = self.begin("storing a user").await?;
        sqlx::query("DELETE FROM logins WHERE jurisdiction_id = $1 AND user_id = $2 AND login <> $3")
            .bind(user.jurisdiction.as_str())
            .bind(user.id.0)
            .bind(&login)
            .execute(&mut *tx)
            .await
            .map_err(storing)?;
        let mine = sqlx::query(
            "INSERT INTO logins (login, jurisdiction_id, user_id) VALUES ($1, $2, $3)
             ON CONFLICT (login) DO UPDATE SET login = excluded.login
             WHERE logins.jurisdiction_id = excluded.jurisdiction_id AND logins.user_id = excluded.user_id",
        )
        .bind(&login)
        .bind(user.jurisdiction.as_str())
        .bind(user.id.0)
        .execute(&mut *tx)
        .await
        .map_err(storing)?;
        if mine.rows_affected() == 0 {
            return Err(StoreError::Conflict("login"));
        }
        sqlx::query(
            "INSERT INTO users (jurisdiction_id, user_id, login, name, role, catchment, disabled, password)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (jurisdiction_id, user_id) DO UPDATE SET login = excluded.login, name = excluded.name,
             role = excluded.role, catchment = excluded.catchment, disabled = excluded.disabled,
             password = COALESCE(excluded.password, users.password)",
        )
        .bind(user.jurisdiction.as_str())
        .bind(user.id.0)
        .bind(clean(&user.login))
        .bind(clean(&user.name))
        .bind(user.role.as_str())
        .bind(json(&user.catchment))
        .bind(user.disabled)
        .bind(password)
        .execute(&mut *tx)
        .await
        .map_err(storing)?;
        tx.commit().await.map_err(storing)
    }

    async fn user_by_login(&self, login: &str) -> Result<Option<(User, String)>> {
        let found = sqlx::query(
            "SELECT u.* FROM logins l JOIN users u ON u.jurisdiction_id = l.jurisdiction_id AND u.user_id = l.user_id
             WHERE l.login = $1 AND u.password IS NOT NULL",
        )
        .bind(login.to_lowercase())
        .fetch_optional(&self.pool)
        .await
        .map_err(failed("looking up a login"))?;
        found.map(|r| Ok((rows::user(&of("users", &r))?, of("users", &r).text("password")?))).transpose()
    }

    async fn user(&self, id: UserId) -> Result<Option<User>> {
        let found = sqlx::query("SELECT * FROM users WHERE user_id = $1")
            .bind(id.0)
            .fetch_optional(&self.pool)
            .await
            .map_err(failed("reading a user"))?;
        found.map(|r| rows::user(&of("users", &r))).transpose()
    }

    async fn users(&self, scope: &Scope) -> Result<Vec<User>> {
        let found = sqlx::query("SELECT * FROM users WHERE jurisdiction_id = $1 ORDER BY login, user_id")
            .bind(scope.jurisdiction.as_str())
            .fetch_all(&self.pool)
            .await
            .map_err(failed("reading users"))?;
        found.iter().map(|r| rows::user(&of("users", r))).collect()
    }

    async fn put_session(&self, session: &Session) -> Result<()> {
        let storing = failed("storing a session");
        let mut tx = self.begin("storing a session").await?;
        sqlx::query("DELETE FROM sessions WHERE expires_at <= $1")
            .bind(instant(session.created_at))
            .execute(&mut *tx)
            .await
            .map_err(storing)?;
        let done = sqlx::query(
            "INSERT INTO sessions (jurisdiction_id, token_hash, user_id, created_at, expires_at)
             SELECT jurisdiction_id, $1, user_id, $3, $4 FROM users WHERE user_id = $2
             ON CONFLICT (jurisdiction_id, token_hash) DO UPDATE SET user_id = excluded.user_id,
             created_at = excluded.created_at, expires_at = excluded.expires_at",
        )
        .bind(session.token_hash.as_slice())
        .bind(session.user.0)
        .bind(instant(session.created_at))
        .bind(instant(session.expires_at))
        .execute(&mut *tx)
        .await
        .map_err(storing)?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotFound("user"));
        }
        tx.commit().await.map_err(storing)
    }

    async fn session(&self, token_hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<(Session, User)>> {
        let found = sqlx::query(
            "SELECT s.token_hash, s.created_at, s.expires_at, u.* FROM sessions s
             JOIN users u ON u.jurisdiction_id = s.jurisdiction_id AND u.user_id = s.user_id
             WHERE s.token_hash = $1 AND s.expires_at > $2 AND NOT u.disabled",
        )
        .bind(token_hash.as_slice())
        .bind(instant(now))
        .fetch_optional(&self.pool)
        .await
        .map_err(failed("reading a session"))?;
        found.map(|r| Ok((rows::session(&of("sessions", &r))?, rows::user(&of("users", &r))?))).transpose()
    }

    async fn remove_session(&self, token_hash: &[u8; 32]) -> Result<()> {
        sqlx::query("DELETE FROM sessions WHERE token_hash = $1")
            .bind(token_hash.as_slice())
            .execute(&self.pool)
            .await
            .map_err(failed("removing a session"))?;
        Ok(())
    }

    async fn put_api_key(&self, scope: &Scope, key: &ApiKey) -> Result<()> {
        sqlx::query(
            "INSERT INTO api_keys (jurisdiction_id, api_key_id, name, prefix, key_hash, role, source_id, expires_at,
             revoked) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (jurisdiction_id, api_key_id) DO UPDATE SET name = excluded.name,
             prefix = excluded.prefix, key_hash = excluded.key_hash, role = excluded.role,
             source_id = excluded.source_id, expires_at = excluded.expires_at, revoked = excluded.revoked",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(key.id.0)
        .bind(clean(&key.name))
        .bind(clean(&key.prefix))
        .bind(key.key_hash.as_slice())
        .bind(key.role.as_str())
        .bind(key.source.as_ref().map(SourceId::as_str))
        .bind(instant(key.expires_at))
        .bind(key.revoked)
        .execute(&self.pool)
        .await
        .map_err(failed("storing a key"))?;
        Ok(())
    }

    async fn api_keys(&self, scope: &Scope) -> Result<Vec<ApiKey>> {
        let found = sqlx::query("SELECT * FROM api_keys WHERE jurisdiction_id = $1 ORDER BY name, api_key_id")
            .bind(scope.jurisdiction.as_str())
            .fetch_all(&self.pool)
            .await
            .map_err(failed("reading keys"))?;
        found.iter().map(|r| rows::api_key(&of("api_keys", r))).collect()
    }

    async fn api_key(&self, key_hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<ApiKey>> {
        let found = sqlx::query("SELECT * FROM api_keys WHERE key_hash = $1 AND NOT revoked AND expires_at > $2")
            .bind(key_hash.as_slice())
            .bind(instant(now))
            .fetch_optional(&self.pool)
            .await
            .map_err(failed("reading a key"))?;
        found.map(|r| rows::api_key(&of("api_keys", &r))).transpose()
    }

    async fn revoke_api_key(&self, scope: &Scope, id: ApiKeyId) -> Result<()> {
        let done = sqlx::query("UPDATE api_keys SET revoked = TRUE WHERE jurisdiction_id = $1 AND api_key_id = $2")
            .bind(scope.jurisdiction.as_str())
            .bind(id.0)
            .execute(&self.pool)
            .await
            .map_err(failed("revoking a key"))?;
        if done.rows_affected() == 0 { Err(StoreError::NotFound("key")) } else { Ok(()) }
    }

    async fn begin_idempotent(
        &self,
        scope: &Scope,
        key: &KeyOfIdempotency,
        now: DateTime<Utc>,
    ) -> Result<IdempotentAnswer> {
        let beginning = failed("starting a request under its key");
        let mut tx = self.begin("starting a request under its key").await?;
        sqlx::query("DELETE FROM idempotency WHERE started_at < $1")
            .bind(instant(now - idempotency::KEPT))
            .execute(&mut *tx)
            .await
            .map_err(beginning)?;
        // An unfinished one is taken over when whoever began it must be dead by now.
        let fresh = sqlx::query(
            "INSERT INTO idempotency (jurisdiction_id, actor, route, key, body_hash, started_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (jurisdiction_id, actor, route, key)
             DO UPDATE SET body_hash = excluded.body_hash, started_at = excluded.started_at
             WHERE idempotency.status IS NULL AND idempotency.started_at < $7",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(clean(&key.actor))
        .bind(clean(&key.route))
        .bind(clean(&key.key))
        .bind(key.body_hash.as_slice())
        .bind(instant(now))
        .bind(instant(now - idempotency::IN_FLIGHT))
        .execute(&mut *tx)
        .await
        .map_err(beginning)?;
        if fresh.rows_affected() > 0 {
            tx.commit().await.map_err(beginning)?;
            return Ok(IdempotentAnswer::Fresh);
        }
        let found = sqlx::query(
            "SELECT body_hash, status, body FROM idempotency
             WHERE jurisdiction_id = $1 AND actor = $2 AND route = $3 AND key = $4",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(clean(&key.actor))
        .bind(clean(&key.route))
        .bind(clean(&key.key))
        .fetch_one(&mut *tx)
        .await
        .map_err(beginning)?;
        tx.commit().await.map_err(beginning)?;
        idempotency::answer(&of("idempotency", &found), key)
    }

    async fn finish_idempotent(&self, scope: &Scope, key: &KeyOfIdempotency, status: u16, body: &str) -> Result<()> {
        sqlx::query(
            "UPDATE idempotency SET status = $5, body = $6
             WHERE jurisdiction_id = $1 AND actor = $2 AND route = $3 AND key = $4 AND body_hash = $7
               AND status IS NULL",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(clean(&key.actor))
        .bind(clean(&key.route))
        .bind(clean(&key.key))
        .bind(i64::from(status))
        .bind(clean(body))
        .bind(key.body_hash.as_slice())
        .execute(&self.pool)
        .await
        .map_err(failed("keeping an answer"))?;
        Ok(())
    }

    async fn abandon_idempotent(&self, scope: &Scope, key: &KeyOfIdempotency) -> Result<()> {
        sqlx::query(
            "DELETE FROM idempotency WHERE jurisdiction_id = $1 AND actor = $2 AND route = $3 AND key = $4
             AND status IS NULL",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(clean(&key.actor))
        .bind(clean(&key.route))
        .bind(clean(&key.key))
        .execute(&self.pool)
        .await
        .map_err(failed("forgetting a request"))?;
        Ok(())
    }

    async fn audit(&self, scope: &Scope, action: &str, object: &str, at: DateTime<Utc>) -> Result<()> {
        let auditing = failed("writing the audit log");
        let mut tx = self.begin("writing the audit log").await?;
        // The row at the end of the log is also its lock: entries are chained one after the other.
        sqlx::query(
            "INSERT INTO audit_heads (jurisdiction_id, position, hash) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING",
        )
        .bind(scope.jurisdiction.as_str())
        .bind([0u8; 32].as_slice())
        .execute(&mut *tx)
        .await
        .map_err(auditing)?;
        sqlx::query("SELECT 1 FROM audit_heads WHERE jurisdiction_id = $1 FOR UPDATE")
            .bind(scope.jurisdiction.as_str())
            .execute(&mut *tx)
            .await
            .map_err(auditing)?;
        let (end, before) = audit_head(&mut tx, scope).await?;
        let (action, object, actor) = (clean(action), clean(object), scope.actor.to_string());
        let entry = AuditEntry {
            jurisdiction: scope.jurisdiction.as_str(),
            position: end + 1,
            at_micros: micros(at),
            actor: &actor,
            action: &action,
            object: &object,
        };
        let hash = entry.hash(&before);
        sqlx::query(
            "INSERT INTO audit_log (jurisdiction_id, position, at, actor, action, object, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(entry.jurisdiction)
        .bind(entry.position)
        .bind(instant(at))
        .bind(&actor)
        .bind(&*action)
        .bind(&*object)
        .bind(hash.as_slice())
        .execute(&mut *tx)
        .await
        .map_err(auditing)?;
        sqlx::query("UPDATE audit_heads SET position = $2, hash = $3 WHERE jurisdiction_id = $1")
            .bind(entry.jurisdiction)
            .bind(entry.position)
            .bind(hash.as_slice())
            .execute(&mut *tx)
            .await
            .map_err(auditing)?;
        tx.commit().await.map_err(auditing)
    }

    async fn verify_audit(&self, scope: &Scope) -> Result<AuditCheck> {
        let reading = failed("reading the audit log");
        // One snapshot for the end and every page, while others may be writing.
        let mut tx = self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await.map_err(reading)?;
        let (end, last) = audit_head(&mut tx, scope).await?;
        let mut chain = AuditChain::new(scope);
        loop {
            let found = sqlx::query(
                "SELECT * FROM audit_log WHERE jurisdiction_id = $1 AND position > $2 ORDER BY position LIMIT 1000",
            )
            .bind(scope.jurisdiction.as_str())
            .bind(chain.position)
            .fetch_all(&mut *tx)
            .await
            .map_err(reading)?;
            if found.is_empty() {
                return Ok(chain.end(end, &last));
            }
            for row in &found {
                if let Some(broken) = chain.check(&of("audit_log", row))? {
                    return Ok(broken);
                }
            }
        }
    }
}

/// Position and hash of the last entry; 0 and zeroes before the first.
async fn audit_head(tx: &mut PgConnection, scope: &Scope) -> Result<(i64, [u8; 32])> {
    let found = sqlx::query("SELECT position, hash FROM audit_heads WHERE jurisdiction_id = $1")
        .bind(scope.jurisdiction.as_str())
        .fetch_optional(tx)
        .await
        .map_err(failed("reading the end of the audit log"))?;
    match found {
        Some(row) => Ok((of("audit_heads", &row).int("position")?, of("audit_heads", &row).hash32("hash")?)),
        None => Ok((0, [0; 32])),
    }
}
