//! People's accounts.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{auth::Caller, extract::Json, password, problem::Problem, state::AppState},
    clock::new_id,
    disclosure::{Class, Disclose, Released},
    domain::{
        ids::{AreaId, UserId},
        scope::{Role, User},
    },
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(users, put_user))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UserList {
    items: Vec<User>,
}

impl Disclose for UserList {
    const CLASS: Class = Class::Open;
}

/// Accounts of the jurisdiction.
#[utoipa::path(get, path = "/users", tag = "admin", operation_id = "listUsers", responses((status = 200, body = UserList)))]
async fn users(State(state): State<AppState>, caller: Caller) -> Result<axum::Json<Released<UserList>>, Problem> {
    let items = state.store.users(&caller.scope).await?;
    caller.release(UserList { items })
}

/// A new account, or changes to the one with this login.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    #[schema(min_length = 1, max_length = 100)]
    login: String,
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    role: Role,
    /// Areas the person serves; empty is the whole jurisdiction.
    #[serde(default)]
    catchment: Vec<AreaId>,
    /// 8 to 128 characters. Needed for a new account; left out, the old one stays.
    #[serde(default)]
    #[schema(min_length = 8, max_length = 128, format = Password)]
    password: Option<String>,
    #[serde(default)]
    disabled: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SavedUser {
    user: User,
}

impl Disclose for SavedUser {
    const CLASS: Class = Class::Open;
}

/// Add an account, or change the one with this login. A disabled account's sessions end at once.
#[utoipa::path(post, path = "/users", tag = "admin", operation_id = "putUser", request_body = NewUser,
    responses((status = 200, description = "Changed", body = SavedUser), (status = 201, description = "Added", body = SavedUser)))]
async fn put_user(
    State(state): State<AppState>,
    caller: Caller,
    Json(new): Json<NewUser>,
) -> Result<Response, Problem> {
    check(&caller, &new)?;
    let login = new.login.trim().to_lowercase();
    let known = state.store.user_by_login(&login).await?.map(|(user, _)| user);
    if known.as_ref().is_some_and(|u| u.jurisdiction != caller.scope.jurisdiction) {
        return Err(Problem::conflict("This login is taken."));
    }
    if known.is_none() && new.password.is_none() {
        return Err(Problem::field("password", "is needed for a new account"));
    }
    let hash = match new.password {
        None => None,
        Some(text) => Some(password::hash_async(text).await.map_err(|e| {
            tracing::error!(error = %e, "a password could not be hashed");
            Problem::internal()
        })?),
    };
    let status = if known.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let user = User {
        id: known.map_or_else(|| UserId(new_id(&*state.clock)), |u| u.id),
        jurisdiction: caller.scope.jurisdiction.clone(),
        login,
        name: new.name.trim().to_owned(),
        role: new.role,
        catchment: new.catchment,
        disabled: new.disabled,
    };
    state.store.put_user(&user, hash.as_deref()).await?;
    state.store.audit(&caller.scope, "put-user", &format!("user:{}", user.id), state.clock.now()).await?;
    Ok((status, caller.release(SavedUser { user })?).into_response())
}

fn check(caller: &Caller, new: &NewUser) -> Result<(), Problem> {
    if !(1..=100).contains(&new.login.trim().chars().count()) || new.login.contains(char::is_control) {
        return Err(Problem::field("login", "expected 1 to 100 characters"));
    }
    if !(1..=200).contains(&new.name.trim().chars().count()) {
        return Err(Problem::field("name", "expected 1 to 200 characters"));
    }
    if new.role == Role::Feed {
        return Err(Problem::field("role", "a feed is a machine: make an API key for it"));
    }
    if let Some(area) = new.catchment.iter().find(|a| caller.reference.area(a).is_none()) {
        return Err(Problem::field("catchment", format!("\"{area}\" is not an area of this jurisdiction")));
    }
    match &new.password {
        Some(text) if !password::LENGTH.contains(&text.chars().count()) => {
            Err(Problem::field("password", "expected 8 to 128 characters"))
        }
        _ => Ok(()),
    }
}
