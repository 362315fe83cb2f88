//! Signing in, who am I, signing out.

use axum::{
    Json as JsonAnswer,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::Duration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        auth::{self, Address, Caller, Identity},
        extract::Json,
        password,
        problem::Problem,
        session_cookie,
        state::AppState,
    },
    domain::{
        ids::{AreaId, JurisdictionId},
        scope::{Actor, Audience, Role, Scope},
        time::Zone,
    },
    store::Session,
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(sign_in, who_am_i, sign_out))
}

#[derive(Deserialize, ToSchema)]
pub struct Credentials {
    #[schema(min_length = 1, max_length = 200)]
    login: String,
    #[schema(min_length = 1, max_length = 1000, format = Password)]
    password: String,
}

/// Who is signed in, and what the screens need to know about that.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    user: MeUser,
    audience: Audience,
    jurisdiction: MeJurisdiction,
    /// The data are simulated.
    demo: bool,
    language: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MeUser {
    #[schema(value_type = uuid::Uuid)]
    id: uuid::Uuid,
    login: String,
    name: String,
    role: Role,
    /// Areas the person serves; empty is the whole jurisdiction.
    catchment: Vec<AreaId>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MeJurisdiction {
    id: JurisdictionId,
    name: String,
    zone: Zone,
}

fn me(caller: &Caller, state: &AppState) -> Me {
    let user = match &caller.identity {
        Identity::Person(u) => MeUser {
            id: u.id.0,
            login: u.login.clone(),
            name: u.name.clone(),
            role: u.role,
            catchment: u.catchment.clone(),
        },
        Identity::Machine(k) => {
            MeUser { id: k.id.0, login: k.prefix.clone(), name: k.name.clone(), role: k.role, catchment: Vec::new() }
        }
    };
    let j = &caller.reference.jurisdiction;
    Me {
        user,
        audience: caller.scope.audience,
        jurisdiction: MeJurisdiction { id: j.id.clone(), name: j.name.clone(), zone: j.zone },
        demo: state.demo,
        language: "en",
    }
}

/// Sign in.
///
/// An unknown login and a wrong password get the same answer after the same time.
#[utoipa::path(post, path = "/session", tag = "session", operation_id = "signIn",
    request_body = Credentials, responses((status = 200, body = Me)))]
async fn sign_in(
    State(state): State<AppState>,
    Address(address): Address,
    Json(credentials): Json<Credentials>,
) -> Result<Response, Problem> {
    let now = state.clock.now();
    let Credentials { login, password } = credentials;
    if let Some(seconds) = state.limits.must_wait(&login, address, now) {
        let detail = "Too many attempts. Wait a little, then try again.";
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(seconds));
    }
    state.limits.attempt(&login, address, now);
    let known = if login.len() <= 200 { state.store.user_by_login(&login.to_lowercase()).await? } else { None };
    let (user, stored) = known.filter(|(u, _)| !u.disabled).unzip();
    let password = if password.len() <= 1000 { password } else { String::new() };
    let right = password::verify(password, stored).await.map_err(|e| {
        tracing::error!(error = %e, "a password could not be checked");
        Problem::internal()
    })?;
    let Some(user) = user.filter(|_| right) else {
        metrics::counter!("sign_ins_total", "outcome" => "refused").increment(1);
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "The login or the password is not right."));
    };
    state.limits.succeeded(&login, address);
    let token = password::token("");
    let hours = Duration::hours(i64::from(state.config.session.hours));
    let session =
        Session { token_hash: password::token_hash(&token), user: user.id, created_at: now, expires_at: now + hours };
    state.store.put_session(&session).await?;
    let caller = auth::person(&state, user).await?;
    state.store.audit(&caller.scope, "sign-in", &caller.scope.actor.to_string(), now).await?;
    metrics::counter!("sign_ins_total", "outcome" => "accepted").increment(1);
    let mut response = JsonAnswer(me(&caller, &state)).into_response();
    if let Some(cookie) = session_cookie::set(&token, state.https(), hours.num_seconds()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Who am I.
#[utoipa::path(get, path = "/session", tag = "session", operation_id = "whoAmI", responses((status = 200, body = Me)))]
async fn who_am_i(State(state): State<AppState>, caller: Caller) -> JsonAnswer<Me> {
    JsonAnswer(me(&caller, &state))
}

/// Sign out: the session ends at once, everywhere.
#[utoipa::path(delete, path = "/session", tag = "session", operation_id = "signOut",
    responses((status = 204, description = "Signed out")))]
async fn sign_out(State(state): State<AppState>, caller: Caller, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(token) = session_cookie::read(&headers, state.https()) {
        state.store.remove_session(&password::token_hash(token)).await?;
        audit_sign_out(&state, &caller.scope).await?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(cookie) = session_cookie::clear(state.https()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    // Whatever the browser kept of this service goes with the session.
    response.headers_mut().insert("clear-site-data", axum::http::HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(response)
}

async fn audit_sign_out(state: &AppState, scope: &Scope) -> Result<(), Problem> {
    if let Actor::User(_) = scope.actor {
        state.store.audit(scope, "sign-out", &scope.actor.to_string(), state.clock.now()).await?;
    }
    Ok(())
}
