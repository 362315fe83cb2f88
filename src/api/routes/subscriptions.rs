//! Subscriptions: who is told about alerts, by e-mail or webhook.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        auth::{self, Caller},
        extract::Json,
        problem::Problem,
        state::AppState,
    },
    clock::new_id,
    disclosure::{Class, Disclose, Released},
    domain::{
        alert::Tier,
        ids::{AreaId, SubscriptionId},
        message::{Channel, Subscription},
    },
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(subscriptions, subscribe)).routes(routes!(unsubscribe))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionList {
    items: Vec<Subscription>,
}

impl Disclose for SubscriptionList {
    const CLASS: Class = Class::Open;
}

/// Who is told.
#[utoipa::path(get, path = "/subscriptions", tag = "admin", operation_id = "listSubscriptions",
    responses((status = 200, body = SubscriptionList)))]
async fn subscriptions(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<axum::Json<Released<SubscriptionList>>, Problem> {
    let items = state.store.subscriptions(&caller.scope).await?;
    caller.release(SubscriptionList { items })
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSubscription {
    channel: Channel,
    /// E-mail address, or https URL.
    target: String,
    /// Only this area and what lies below it.
    #[serde(default)]
    area: Option<AreaId>,
    /// `alert` when not given.
    #[serde(default)]
    min_tier: Option<Tier>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MadeSubscription {
    subscription: Subscription,
    /// Key of the webhook's signature (Standard Webhooks), never shown again.
    secret: Option<String>,
}

impl Disclose for MadeSubscription {
    const CLASS: Class = Class::Open;
}

/// Tell somebody.
#[utoipa::path(post, path = "/subscriptions", tag = "admin", operation_id = "subscribe",
    request_body = NewSubscription, responses((status = 201, body = MadeSubscription)))]
async fn subscribe(
    State(state): State<AppState>,
    caller: Caller,
    Json(new): Json<NewSubscription>,
) -> Result<Response, Problem> {
    let target = new.target.trim().to_owned();
    check_target(new.channel, &target, state.config.notify.allow_private)?;
    if let Some(area) = &new.area
        && caller.reference.area(area).is_none()
    {
        return Err(Problem::field("area", format!("\"{area}\" is not an area of this jurisdiction")));
    }
    let secret = (new.channel == Channel::Webhook).then(|| {
        let mut bytes = [0u8; 32];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        format!("whsec_{}", STANDARD.encode(bytes))
    });
    let subscription = Subscription {
        id: SubscriptionId(new_id(&*state.clock)),
        channel: new.channel,
        target,
        secret: secret.clone(),
        area: new.area,
        min_tier: new.min_tier.unwrap_or(Tier::Alert),
    };
    state.store.put_subscription(&caller.scope, &subscription).await?;
    let object = format!("subscription:{}", subscription.id);
    state.store.audit(&caller.scope, "subscribe", &object, state.clock.now()).await?;
    Ok((StatusCode::CREATED, caller.release(MadeSubscription { subscription, secret })?).into_response())
}

fn check_target(channel: Channel, target: &str, allow_private: bool) -> Result<(), Problem> {
    let long = target.len() > 500 || target.contains(|c: char| c.is_whitespace() || c.is_control());
    let fits = match channel {
        Channel::Email => target.split_once('@').is_some_and(|(who, host)| {
            !who.is_empty() && host.contains('.') && !host.starts_with('.') && !host.contains('@')
        }),
        // Plain http is for receivers in the own network only, which must be allowed first.
        Channel::Webhook => {
            target.strip_prefix("https://").is_some_and(|rest| !rest.is_empty())
                || (allow_private && target.starts_with("http://"))
        }
    };
    if fits && !long {
        return Ok(());
    }
    let expected =
        if channel == Channel::Email { "expected an e-mail address" } else { "expected an https:// address" };
    Err(Problem::field("target", expected))
}

/// Tell somebody no more.
#[utoipa::path(delete, path = "/subscriptions/{id}", tag = "admin", operation_id = "unsubscribe",
    params(("id" = SubscriptionId, Path)), responses((status = 204, description = "Removed")))]
async fn unsubscribe(
    State(state): State<AppState>,
    caller: Caller,
    path: crate::api::extract::Path<String>,
) -> Result<StatusCode, Problem> {
    let id: SubscriptionId = auth::id(path)?;
    if !state.store.subscriptions(&caller.scope).await?.iter().any(|s| s.id == id) {
        return Err(Problem::not_found());
    }
    state.store.remove_subscription(&caller.scope, id).await?;
    state.store.audit(&caller.scope, "unsubscribe", &format!("subscription:{id}"), state.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
