//! Which role may call what: the one table.
//!
//! The guard refuses every route under `/api/v1` and `/tiles` that is not listed here, the OpenAPI
//! document shows each route's roles as `x-roles` from here, and the tests try every route with every
//! role from that document. To add a route: a line here.

use axum::http::Method;

use crate::domain::scope::Role::{self, Admin, Analyst, Feed, Liaison, PublicHealth};

/// Everybody who signed in, machines that write included.
const ANY: &[Role] = &[Liaison, PublicHealth, Analyst, Admin, Feed];
/// Everybody who reads.
const READERS: &[Role] = &[Liaison, PublicHealth, Analyst, Admin];
const OUTREACH: &[Role] = &[Liaison, PublicHealth, Admin];
const SIGNALS: &[Role] = &[PublicHealth, Analyst, Admin];
const LINE_LIST: &[Role] = &[PublicHealth, Admin];
const INTAKE: &[Role] = &[Feed, Admin];
const ADMIN: &[Role] = &[Admin];

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nobody needs to sign in.
    Open,
    Roles(&'static [Role]),
}

const TABLE: &[(&str, &str, Access)] = &[
    ("POST", "/api/v1/session", Access::Open),
    ("GET", "/api/v1/session", Access::Roles(ANY)),
    ("DELETE", "/api/v1/session", Access::Roles(ANY)),
    ("GET", "/api/v1/openapi.json", Access::Open),
    ("GET", "/api/v1/areas", Access::Roles(READERS)),
    ("GET", "/api/v1/areas.geojson", Access::Roles(READERS)),
    ("GET", "/api/v1/places", Access::Roles(READERS)),
    ("GET", "/api/v1/cells", Access::Roles(READERS)),
    ("GET", "/api/v1/cells/{cell}", Access::Roles(READERS)),
    ("GET", "/tiles/{layer}/{z}/{x}/{y}", Access::Roles(READERS)),
    ("GET", "/api/v1/clusters.geojson", Access::Roles(READERS)),
    ("GET", "/api/v1/series", Access::Roles(READERS)),
    ("GET", "/api/v1/trends", Access::Roles(READERS)),
    ("GET", "/api/v1/signals", Access::Roles(SIGNALS)),
    ("GET", "/api/v1/signals/{id}", Access::Roles(SIGNALS)),
    ("GET", "/api/v1/alerts", Access::Roles(READERS)),
    ("GET", "/api/v1/alerts/{id}", Access::Roles(READERS)),
    ("POST", "/api/v1/alerts/{id}/decisions", Access::Roles(LINE_LIST)),
    ("GET", "/api/v1/rules", Access::Roles(READERS)),
    ("GET", "/api/v1/rules/{id}/areas", Access::Roles(READERS)),
    ("PUT", "/api/v1/rules/{id}", Access::Roles(ADMIN)),
    ("DELETE", "/api/v1/rules/{id}", Access::Roles(ADMIN)),
    ("GET", "/api/v1/forecasts", Access::Roles(READERS)),
    ("GET", "/api/v1/hotspots", Access::Roles(READERS)),
    ("GET", "/api/v1/hotspots.geojson", Access::Roles(READERS)),
    ("GET", "/api/v1/brief", Access::Roles(OUTREACH)),
    ("GET", "/api/v1/follow-ups", Access::Roles(OUTREACH)),
    ("POST", "/api/v1/follow-ups/{id}/attempts", Access::Roles(OUTREACH)),
    ("GET", "/api/v1/encounters", Access::Roles(OUTREACH)),
    ("POST", "/api/v1/encounters", Access::Roles(OUTREACH)),
    ("GET", "/api/v1/events", Access::Roles(LINE_LIST)),
    ("GET", "/api/v1/events/{id}", Access::Roles(LINE_LIST)),
    ("POST", "/api/v1/events", Access::Roles(INTAKE)),
    ("GET", "/api/v1/incidents/{id}", Access::Roles(LINE_LIST)),
    ("POST", "/api/v1/incidents/decisions", Access::Roles(LINE_LIST)),
    ("GET", "/api/v1/composite", Access::Roles(READERS)),
    ("GET", "/api/v1/quarantine", Access::Roles(ADMIN)),
    ("POST", "/api/v1/quarantine/{id}/resubmit", Access::Roles(ADMIN)),
    ("POST", "/api/v1/quarantine/{id}/discard", Access::Roles(ADMIN)),
    ("GET", "/api/v1/quarantine/groups", Access::Roles(ADMIN)),
    ("POST", "/api/v1/quarantine/groups/{id}/preview", Access::Roles(ADMIN)),
    ("POST", "/api/v1/quarantine/groups/{id}/mends", Access::Roles(ADMIN)),
    ("GET", "/api/v1/quarantine/mends", Access::Roles(ADMIN)),
    ("DELETE", "/api/v1/quarantine/mends/{id}", Access::Roles(ADMIN)),
    ("GET", "/api/v1/sources", Access::Roles(SIGNALS)),
    ("POST", "/api/v1/sources/suggestions", Access::Roles(ADMIN)),
    ("GET", "/api/v1/sources/{id}", Access::Roles(ADMIN)),
    ("PUT", "/api/v1/sources/{id}", Access::Roles(ADMIN)),
    ("GET", "/api/v1/quality", Access::Roles(SIGNALS)),
    ("GET", "/api/v1/quality/{source}", Access::Roles(SIGNALS)),
    ("GET", "/api/v1/area-status", Access::Roles(READERS)),
    ("GET", "/api/v1/subscriptions", Access::Roles(LINE_LIST)),
    ("POST", "/api/v1/subscriptions", Access::Roles(LINE_LIST)),
    ("DELETE", "/api/v1/subscriptions/{id}", Access::Roles(LINE_LIST)),
    ("GET", "/api/v1/agreements", Access::Roles(ADMIN)),
    ("POST", "/api/v1/agreements", Access::Roles(ADMIN)),
    ("POST", "/api/v1/agreements/{id}/confirmation", Access::Roles(ADMIN)),
    ("DELETE", "/api/v1/agreements/{id}", Access::Roles(ADMIN)),
    ("GET", "/api/v1/users", Access::Roles(ADMIN)),
    ("POST", "/api/v1/users", Access::Roles(ADMIN)),
    ("GET", "/api/v1/api-keys", Access::Roles(ADMIN)),
    ("POST", "/api/v1/api-keys", Access::Roles(ADMIN)),
    ("DELETE", "/api/v1/api-keys/{id}", Access::Roles(ADMIN)),
    ("GET", "/api/v1/stream", Access::Roles(READERS)),
];

/// What the table says; `None` for a route that is not in it.
pub fn of(method: &Method, template: &str) -> Option<Access> {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    TABLE.iter().find(|(m, t, _)| *m == method && *t == template).map(|(_, _, access)| *access)
}

/// Whether any method of the route is in the table.
pub fn knows(template: &str) -> bool {
    TABLE.iter().any(|(_, t, _)| *t == template)
}

/// The whole table, for the tests that hold it against the router.
pub fn table() -> impl Iterator<Item = (&'static str, &'static str, Access)> {
    TABLE.iter().copied()
}
