//! The OpenAPI 3.1 document: made from the handlers, completed from the table of access.
//!
//! Served at `/api/v1/openapi.json`, printed by `emberwatch openapi`, and committed as
//! `web/openapi.json`, from which the web client's types are made; drift fails the build.

use utoipa::{
    OpenApi,
    openapi::{
        Content, HttpMethod, PathItem, Ref, RefOr, ResponseBuilder,
        extensions::ExtensionsBuilder,
        path::Operation,
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use super::{
    access::{self, Access},
    problem::{self, FieldError, Problem},
    routes::{self, Format},
    state::AppState,
};
use crate::{
    domain::{alert::Tier, area::AreaKind, event::EventKind, forecast::ForecastLevel, language::Language},
    report::{Bucket, By, Measure},
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Emberwatch",
        description = "Geospatial overdose surveillance. Times are RFC 3339 in UTC, dates ISO 8601; a day is a calendar \
            day of the jurisdiction's zone. Errors are RFC 9457 problems. Lists that go on carry `next` and a \
            `Link: rel=next`. A POST may carry an `Idempotency-Key`. `x-roles` says who may call what.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    // Shapes that only parameters name are not found by themselves.
    components(schemas(
        Problem, FieldError, Language, By, Bucket, Measure, Format, EventKind, Tier, ForecastLevel, AreaKind
    )),
    tags(
        (name = "session", description = "Signing in"),
        (name = "outreach", description = "Before and during a shift"),
        (name = "map", description = "Cells and outlines; vector tiles are at /tiles/{layer}/{z}/{x}/{y}"),
        (name = "alerts", description = "What stands out, and what was decided"),
        (name = "trends", description = "Curves, tables, forecasts"),
        (name = "events", description = "The line list, and live intake"),
        (name = "feeds", description = "Sources and quarantine"),
        (name = "places", description = "Areas and names"),
        (name = "admin", description = "Accounts, keys, subscriptions"),
        (name = "live", description = "Server-sent events")
    )
)]
struct Document;

/// The routes with their document.
pub fn described() -> (axum::Router<AppState>, utoipa::openapi::OpenApi) {
    let root = OpenApiRouter::with_openapi(Document::openapi());
    let (router, mut api) = root.nest("/api/v1", routes::all()).split_for_parts();
    if let Some(components) = api.components.as_mut() {
        components.add_security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                "__Host-emberwatch",
                "Set by POST /session; named `emberwatch` where the service is not reached over https.",
            ))),
        );
        components.add_security_scheme("key", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
    for (path, item) in &mut api.paths.paths {
        for (method, operation) in operations(item) {
            complete(path, method, operation);
        }
    }
    (router, api)
}

/// The document as text, indented; committed with a newline after it.
pub fn openapi_json() -> String {
    let (_, api) = described();
    api.to_pretty_json().expect("the document holds nothing that JSON cannot")
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    [
        (HttpMethod::Get, item.get.as_mut()),
        (HttpMethod::Post, item.post.as_mut()),
        (HttpMethod::Delete, item.delete.as_mut()),
        (HttpMethod::Put, item.put.as_mut()),
        (HttpMethod::Patch, item.patch.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation?)))
}

/// What every operation has in common: who may call it, and how it refuses.
fn complete(path: &str, method: HttpMethod, operation: &mut Operation) {
    let name = method_name(&method);
    let access = axum::http::Method::from_bytes(name.as_bytes()).ok().and_then(|m| access::of(&m, path));
    let mut refusals = vec!["429", "500", "503"];
    if let Some(Access::Roles(roles)) = access {
        operation.security = Some(vec![
            SecurityRequirement::new::<_, _, &str>("session", []),
            SecurityRequirement::new::<_, _, &str>("key", []),
        ]);
        operation.extensions = Some(ExtensionsBuilder::new().add("x-roles", serde_json::json!(roles)).build());
        refusals.extend(["401", "403"]);
    } else {
        refusals.push("401");
    }
    if path.contains('{') {
        refusals.push("404");
    }
    if operation.request_body.is_some() || operation.parameters.is_some() {
        refusals.push("422");
    }
    if operation.request_body.is_some() {
        refusals.extend(["400", "409", "413", "415", "507"]);
    }
    for status in refusals {
        let code = status.parse().ok().and_then(|n| axum::http::StatusCode::from_u16(n).ok());
        let words = code.and_then(|c| c.canonical_reason()).unwrap_or("Refused");
        let content = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
        let response = ResponseBuilder::new().description(words).content(problem::MEDIA_TYPE, content).build();
        operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
    }
}

fn method_name(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "GET",
        HttpMethod::Post => "POST",
        HttpMethod::Delete => "DELETE",
        HttpMethod::Put => "PUT",
        HttpMethod::Patch => "PATCH",
        _ => "",
    }
}
