//! API keys: machines' credentials. A key is shown once, when it is made.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        auth::{self, Caller},
        extract::Json,
        password::{token, token_hash},
        problem::Problem,
        state::AppState,
    },
    clock::new_id,
    disclosure::{Class, Disclose, Released},
    domain::{
        ids::{ApiKeyId, SourceId},
        scope::Role,
    },
    store::ApiKey,
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(keys, make_key)).routes(routes!(revoke_key))
}

/// A key as it is listed: enough to recognise it, not to use it.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyInfo {
    id: ApiKeyId,
    name: String,
    /// Its first characters.
    prefix: String,
    role: Role,
    source: Option<SourceId>,
    expires_at: DateTime<Utc>,
    revoked: bool,
}

impl From<&ApiKey> for KeyInfo {
    fn from(key: &ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name.clone(),
            prefix: key.prefix.clone(),
            role: key.role,
            source: key.source.clone(),
            expires_at: key.expires_at,
            revoked: key.revoked,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct KeyList {
    items: Vec<KeyInfo>,
}

impl Disclose for KeyList {
    const CLASS: Class = Class::Open;
}

/// Keys of the jurisdiction.
#[utoipa::path(get, path = "/api-keys", tag = "admin", operation_id = "listApiKeys",
    responses((status = 200, body = KeyList)))]
async fn keys(State(state): State<AppState>, caller: Caller) -> Result<axum::Json<Released<KeyList>>, Problem> {
    let keys = state.store.api_keys(&caller.scope).await?;
    caller.release(KeyList { items: keys.iter().map(KeyInfo::from).collect() })
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    role: Role,
    /// A feed's key writes to this source only.
    #[serde(default)]
    source: Option<SourceId>,
    /// 1 to 730; 365 when not given.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 730)]
    expires_in_days: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MadeKey {
    /// The key itself, never shown again.
    key: String,
    info: KeyInfo,
}

impl Disclose for MadeKey {
    const CLASS: Class = Class::Open;
}

/// Make a key.
#[utoipa::path(post, path = "/api-keys", tag = "admin", operation_id = "makeApiKey", request_body = NewKey,
    responses((status = 201, body = MadeKey)))]
async fn make_key(State(state): State<AppState>, caller: Caller, Json(new): Json<NewKey>) -> Result<Response, Problem> {
    let name = new.name.trim().to_owned();
    if !(1..=200).contains(&name.chars().count()) {
        return Err(Problem::field("name", "expected 1 to 200 characters"));
    }
    let days = new.expires_in_days.unwrap_or(365);
    if !(1..=730).contains(&days) {
        return Err(Problem::field("expires_in_days", "expected 1 to 730"));
    }
    match (&new.source, new.role) {
        (None, Role::Feed) => return Err(Problem::field("source", "a feed's key needs the source it writes to")),
        (Some(source), _) => {
            let known = state.store.sources(&caller.scope).await?;
            if !known.iter().any(|s| s.id == *source) {
                return Err(Problem::field("source", format!("\"{source}\" is not a known feed")));
            }
        }
        (None, _) => {}
    }
    let now = state.clock.now();
    let secret = token("ew_");
    let key = ApiKey {
        id: ApiKeyId(new_id(&*state.clock)),
        jurisdiction: caller.scope.jurisdiction.clone(),
        name,
        prefix: secret.chars().take(9).collect(),
        key_hash: token_hash(&secret),
        role: new.role,
        source: new.source,
        expires_at: now + Duration::days(i64::from(days)),
        revoked: false,
    };
    state.store.put_api_key(&caller.scope, &key).await?;
    state.store.audit(&caller.scope, "make-key", &format!("key:{}", key.id), now).await?;
    let made = caller.release(MadeKey { key: secret, info: KeyInfo::from(&key) })?;
    Ok((StatusCode::CREATED, made).into_response())
}

/// Revoke a key: it stops working with the next request.
#[utoipa::path(delete, path = "/api-keys/{id}", tag = "admin", operation_id = "revokeApiKey",
    params(("id" = ApiKeyId, Path)), responses((status = 204, description = "Revoked")))]
async fn revoke_key(
    State(state): State<AppState>,
    caller: Caller,
    path: crate::api::extract::Path<String>,
) -> Result<StatusCode, Problem> {
    let id: ApiKeyId = auth::id(path)?;
    if !state.store.api_keys(&caller.scope).await?.iter().any(|k| k.id == id) {
        return Err(Problem::not_found());
    }
    state.store.revoke_api_key(&caller.scope, id).await?;
    state.store.audit(&caller.scope, "revoke-key", &format!("key:{id}"), state.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
