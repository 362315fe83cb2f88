//! Who asks: a session's cookie or an API key becomes a [`Caller`], and the guard lets it through or not.
//!
//! Nothing is cached: a session that ended and a key that was revoked stop working with the next request.

use std::{net::IpAddr, net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State},
    http::{HeaderMap, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    access::{self, Access},
    extract,
    password::token_hash,
    problem::Problem,
    reference::Reference,
    session_cookie,
    snapshot::Snapshot,
    state::AppState,
};
use crate::{
    disclosure::{Disclose, Released, release},
    domain::{
        ids::AreaId,
        scope::{Actor, AreaScope, Role, Scope, User},
        time::Day,
    },
    store::ApiKey,
};

/// Who is behind a request and what they may see.
#[derive(Clone)]
pub struct Caller {
    pub scope: Scope,
    pub role: Role,
    pub reference: Arc<Reference>,
    pub identity: Identity,
}

#[derive(Clone)]
pub enum Identity {
    Person(Box<User>),
    Machine(Box<ApiKey>),
}

impl Caller {
    /// Release a value for this caller: the last thing every handler does.
    ///
    /// # Errors
    /// 403 when the value is not for the caller's audience.
    pub fn release<T: Disclose>(&self, value: T) -> Result<axum::Json<Released<T>>, Problem> {
        Ok(axum::Json(release(self.scope.audience, value)?))
    }

    /// The person; machines have none.
    ///
    /// # Errors
    /// 403 for a machine.
    pub fn person(&self) -> Result<&User, Problem> {
        match &self.identity {
            Identity::Person(user) => Ok(user),
            Identity::Machine(_) => Err(Problem::forbidden("This needs a person who signed in, not an API key.")),
        }
    }

    /// The caller's day.
    pub fn today(&self, state: &AppState) -> Day {
        self.reference.jurisdiction.zone.today(state.clock.now())
    }

    /// Counts in memory, up to date.
    ///
    /// # Errors
    /// Of the store.
    pub async fn snapshot(&self, state: &AppState) -> Result<Arc<Snapshot>, Problem> {
        Ok(state.snapshots.current(&state.store, &self.scope.jurisdiction).await?)
    }

    /// An area of the request narrowed to what the caller may see, with everything below it.
    ///
    /// # Errors
    /// 404 when it does not exist or lies outside the caller's catchment.
    pub fn within(&self, area: Option<&AreaId>) -> Result<AreaScope, Problem> {
        let Some(area) = area else { return Ok(self.scope.areas.clone()) };
        if !self.reference.visible(area, &self.scope.areas) {
            return Err(Problem::not_found());
        }
        Ok(AreaScope::Only(self.reference.expand(std::slice::from_ref(area))))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(Problem::unauthorized)
    }
}

/// The guard: stands before every route of the API and the tiles.
pub async fn guard(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let template = request.extensions().get::<MatchedPath>().map(|m| m.as_str().to_owned());
    let Some(template) = template.filter(|t| t.starts_with("/api/") || t.starts_with("/tiles/")) else {
        return next.run(request).await;
    };
    let roles = match access::of(request.method(), &template) {
        Some(Access::Open) => return next.run(request).await,
        Some(Access::Roles(roles)) => Some(roles),
        None => None,
    };
    let caller = match identify(&state, request.headers()).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    match roles {
        Some(roles) if !roles.contains(&caller.role) => {
            return Problem::forbidden("Your role does not include this.").into_response();
        }
        // A wrong method of a known route is answered by the router; a route that nobody listed is closed.
        None if !access::knows(&template) => return Problem::not_found().into_response(),
        _ => {}
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// The caller behind a request's credentials.
///
/// # Errors
/// 401 for everything that is not a valid session or key; of the store.
pub async fn identify(state: &AppState, headers: &HeaderMap) -> Result<Caller, Problem> {
    let now = state.clock.now();
    if let Some(key) = key_of(headers) {
        let key = state.store.api_key(&token_hash(&key), now).await?.ok_or_else(Problem::unauthorized)?;
        if key.revoked || key.expires_at <= now {
            return Err(Problem::unauthorized());
        }
        let reference = state.references.get(&state.store, &key.jurisdiction).await?;
        let scope = Scope {
            jurisdiction: key.jurisdiction.clone(),
            areas: AreaScope::All,
            audience: key.role.audience(),
            actor: Actor::Key(key.id),
        };
        return Ok(Caller { scope, role: key.role, reference, identity: Identity::Machine(Box::new(key)) });
    }
    let token = session_cookie::read(headers, state.https()).ok_or_else(Problem::unauthorized)?;
    let (_, user) = state.store.session(&token_hash(token), now).await?.ok_or_else(Problem::unauthorized)?;
    person(state, user).await
}

/// A signed-in person as a caller.
///
/// # Errors
/// Of the store.
pub async fn person(state: &AppState, user: User) -> Result<Caller, Problem> {
    let reference = state.references.get(&state.store, &user.jurisdiction).await?;
    // Without a catchment a person serves the whole jurisdiction. Areas that are gone leave nothing, not everything.
    let areas =
        if user.catchment.is_empty() { AreaScope::All } else { AreaScope::Only(reference.expand(&user.catchment)) };
    let scope = Scope {
        jurisdiction: user.jurisdiction.clone(),
        areas,
        audience: user.role.audience(),
        actor: Actor::User(user.id),
    };
    Ok(Caller { scope, role: user.role, reference, identity: Identity::Person(Box::new(user)) })
}

/// `Authorization: Bearer ew_…`, or the key as the password of `Basic` (what GIS programs can send).
fn key_of(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let text = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
        return text.split_once(':').map(|(_, password)| password.to_owned());
    }
    None
}

/// The address a request comes from, where it can be known.
pub struct Address(pub Option<IpAddr>);

impl FromRequestParts<AppState> for Address {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let direct = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
        let told = || {
            let last = parts.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
            last.rsplit(',').next()?.trim().parse().ok()
        };
        let trusted = state.config.server.trust_forwarded_for;
        Ok(Self(if trusted { told().or(direct) } else { direct }))
    }
}

/// Parse an id of a path; a text that is none names nothing.
///
/// # Errors
/// 404.
pub fn id<T: std::str::FromStr>(extract::Path(text): extract::Path<String>) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}
