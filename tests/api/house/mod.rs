//! A small jurisdiction to ask about: two counties, a year's worth of nothing, a cluster in the south.
//!
//! All places and events are invented.

mod furniture;
mod intake;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use chrono::{DateTime, Utc};
use emberwatch::{
    api::{self, AppState, Hub},
    clock::ManualClock,
    config::Config,
    domain::{
        ids::{AlertId, AreaId, EventId, FollowUpId, JurisdictionId, RejectId, SignalId},
        place::{Cell, Point},
        scope::{Role, Scope},
        time::Day,
    },
    store::{self, DynStore},
};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::sync::Notify;
use tower::ServiceExt;

pub use furniture::event;
use furniture::furnish;
use intake::PlainIntake;

pub const NOW: &str = "2026-06-15T14:00:00Z";
/// What every account's password is.
pub const PASSWORD: &str = "quiet harbour 7";

/// The service with something in it.
pub struct House {
    pub app: Router,
    pub store: DynStore,
    pub clock: Arc<ManualClock>,
    pub hub: Hub,
    pub ids: Ids,
    _folder: tempfile::TempDir,
}

/// Ids of what was stored, for paths.
pub struct Ids {
    pub event: EventId,
    pub foreign_event: EventId,
    pub signal: SignalId,
    /// In the south, where the liaison works.
    pub alert: AlertId,
    /// In the north, where the liaison does not.
    pub north_alert: AlertId,
    pub follow_up: FollowUpId,
    pub reject: RejectId,
    pub cell: Cell,
    pub north_cell: Cell,
}

/// An answer, read whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.bytes)))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
    }

    /// The answer, having checked its status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }
}

pub fn now() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

pub fn today() -> Day {
    "2026-06-15".parse().unwrap()
}

pub fn area(text: &str) -> AreaId {
    AreaId::new(text).unwrap()
}

pub fn system(jurisdiction: &str) -> Scope {
    Scope::system(JurisdictionId::new(jurisdiction).unwrap(), "test")
}

pub fn south() -> Point {
    Point::new(43.6612, -70.2556).unwrap()
}

pub fn north() -> Point {
    Point::new(46.1264, -68.8403).unwrap()
}

pub fn token(role: Role) -> String {
    format!("token-of-{role}")
}

/// The key of the feed `ems`.
pub const FEED_KEY: &str = "ew_feed-key-for-tests";
pub const ADMIN_KEY: &str = "ew_admin-key-for-tests";

impl House {
    pub async fn new() -> Self {
        Self::with(Config::default()).await
    }

    pub async fn with(config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let store = store::open(path.to_str().unwrap()).await.unwrap();
        store.migrate().await.unwrap();
        let ids = furnish(&store).await;
        let clock = ManualClock::at(now());
        let hub = Hub::default();
        let intake = Arc::new(PlainIntake { store: store.clone(), clock: clock.clone() });
        let state =
            AppState::new(store.clone(), clock.clone(), Arc::new(config), hub.clone(), intake, Arc::new(Notify::new()));
        Self { app: api::router(state), store, clock, hub, ids, _folder: folder }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    pub async fn get(&self, role: Role, path: &str) -> Answer {
        self.send(self.request(Method::GET, Some(role), path, None)).await
    }

    pub async fn post(&self, role: Role, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, Some(role), path, Some(body))).await
    }

    pub fn request(&self, method: Method, role: Option<Role>, path: &str, body: Option<Value>) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(path);
        request = match role {
            Some(Role::Feed) => request.header(header::AUTHORIZATION, format!("Bearer {FEED_KEY}")),
            Some(role) => request.header(header::COOKIE, format!("emberwatch={}", token(role))),
            None => request,
        };
        match body {
            Some(body) => {
                request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap()
            }
            None => request.body(Body::empty()).unwrap(),
        }
    }

    /// An overdose that the feed tells of, at a point.
    pub fn standard(id: &str, at: &str, point: Point) -> Value {
        serde_json::json!({
            "event_id": id, "kind": "overdose", "occurred_at": at, "outcome": "nonfatal",
            "latitude": point.lat(), "longitude": point.lon(), "precision": "intersection",
        })
    }
}
