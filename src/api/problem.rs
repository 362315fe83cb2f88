//! Errors as people and programs get them: `application/problem+json` (RFC 9457).
//!
//! Handlers return [`Problem`]; [`complete`] adds the request's id on the way out and turns every other
//! refusal (an unknown route, a wrong method, a body too long, a timeout, a panic) into the same shape,
//! so a client meets one kind of error only.
//!
//! What is unknown and what belongs to somebody else are the same 404 with the same text.

use axum::{
    Json,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tower_http::request_id::RequestId;
use utoipa::ToSchema;

use crate::{disclosure::Withheld, store::StoreError};

pub const MEDIA_TYPE: &str = "application/problem+json";

/// What went wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub title: &'static str,
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    pub detail: String,
    /// Which fields are at fault, where fields are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
    /// To find the request in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    #[serde(skip)]
    #[schema(ignore)]
    pub retry_after_seconds: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FieldError {
    pub field: String,
    pub message: String,
}

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            request_id: None,
            retry_after_seconds: None,
        }
    }

    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// The same for every way of not being signed in.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Sign in, or send a valid API key.")
    }

    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// The same whether it never was or belongs to somebody else.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is nothing here that you can see.")
    }

    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// A field holds something that can't be used.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{field}: {message}"));
        problem.errors.push(FieldError { field: field.to_owned(), message });
        problem
    }

    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(2)
    }

    /// Says nothing about the inside; the log does.
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong here. It has been logged under this request's id.",
        )
    }

    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(u32::try_from(seconds).unwrap_or(u32::MAX));
        self
    }

    fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => {
                Self::new(status, "This address does not answer to that method; see the Allow header.")
            }
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(status, "The body is larger than is taken here."),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Self::new(status, "Send application/json (or application/x-ndjson where events are taken).")
            }
            StatusCode::SERVICE_UNAVAILABLE => Self::unavailable("The answer took too long. Try again."),
            StatusCode::INTERNAL_SERVER_ERROR => Self::internal(),
            StatusCode::FORBIDDEN => Self::forbidden("The request came from another site."),
            other => Self::new(other, other.canonical_reason().unwrap_or("The request was refused.")),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(e: StoreError) -> Self {
        match e {
            StoreError::NotFound(_) => Self::not_found(),
            StoreError::Conflict(what) => {
                Self::conflict(format!("The {what} was changed by somebody else in the meantime. Read it again."))
            }
            StoreError::BadCursor => Self::field("cursor", "is not one that an earlier page gave"),
            StoreError::Full { .. } => {
                tracing::error!(error = %chain(&e), "the store has no room");
                Self::new(
                    StatusCode::INSUFFICIENT_STORAGE,
                    "There is no room to store this. Nothing was taken; send it again later.",
                )
                .retry_after(60)
            }
            StoreError::Unavailable { .. } => {
                tracing::warn!(error = %chain(&e), "the store does not answer");
                Self::unavailable("The database does not answer. Nothing was taken; try again.")
            }
            other => {
                tracing::error!(error = %chain(&other), "a store call failed");
                Self::internal()
            }
        }
    }
}

/// Errors with their causes, for the log. Store errors name what was being done, never a row's content.
fn chain(e: &dyn std::error::Error) -> String {
    let mut text = e.to_string();
    let mut cause = e.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

impl From<Withheld> for Problem {
    fn from(_: Withheld) -> Self {
        Self::forbidden("Your role does not show this.")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"emberwatch\""));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Give every refusal the one shape, with the request's id. Stands outside all other layers.
pub async fn complete(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok()).map(str::to_owned);
    let response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let known = response.extensions().get::<Problem>().cloned();
    let is_problem =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes() == MEDIA_TYPE.as_bytes());
    if known.is_none() && is_problem {
        // A stored answer that is given again: it keeps the id of the request that made it.
        return response;
    }
    let mut problem = known.unwrap_or_else(|| Problem::of_status(status));
    problem.request_id = id;
    let (old, _) = response.into_parts();
    let mut new = problem.into_response();
    // Headers that other layers set (Allow, cookies, security headers) stay.
    for (name, value) in &old.headers {
        let ours = [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING].contains(name);
        if !ours && !new.headers().contains_key(name) {
            new.headers_mut().append(name.clone(), value.clone());
        }
    }
    new
}
