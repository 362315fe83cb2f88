//! A small jurisdiction to ask about: two counties, a year's worth of nothing, a cluster in the south.
//!
//! All places and events are invented.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use chrono::{DateTime, Duration, Utc};
use emberwatch::{
    api::{
        self, Accepted, AppState, Hub, Intake, IntakeError, IntakeSummary, RejectedLine, Resubmitted, SuggestedMapping,
        password,
    },
    clock::{Clock, ManualClock},
    config::Config,
    domain::{
        alert::{Alert, AlertState, Tier},
        area::{Area, AreaKind, AreaShape, Jurisdiction, NamedPlace},
        event::{Event, EventKind, Location, NaloxoneGiven, Outcome, PlacedBy, TimePrecision},
        forecast::{Forecast, ForecastLevel},
        hotspot::{Hotspot, HotspotCategory, HotspotLevel, HotspotMap, HotspotSummary},
        ids::{
            AlertId, ApiKeyId, AreaId, EventId, FollowUpId, GroupId, JurisdictionId, RejectId, RuleId, RunId, SignalId,
            SourceId, UserId,
        },
        outreach::{FollowUp, FollowUpState},
        place::{Cell, Point, Precision, Resolution},
        quality::{Reject, RejectReason, RejectState, Source},
        quarantine::{Mend, MendPreview, Settled, check_mends},
        rule::{CaseMeasure, RuleStanding},
        scope::{Role, Scope, User},
        signal::{Method as SignalMethod, Signal, SignalScope},
        time::{Day, DayRange, Zone},
    },
    store::{self, ApiKey, DynStore, IntakeBatch, RunRecord, Session, StoredAnalysis},
};
use geo::polygon;
use http_body_util::BodyExt;
use serde_json::{Map, Value};
use tokio::sync::Notify;
use tower::ServiceExt;

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

async fn furnish(store: &DynStore) -> Ids {
    let scope = system("me");
    for (id, name) in [("me", "Testland"), ("nh", "Elsewhere")] {
        let zone: Zone = "America/New_York".parse().unwrap();
        let jurisdiction = Jurisdiction { id: JurisdictionId::new(id).unwrap(), name: name.into(), zone };
        store.put_jurisdiction(&jurisdiction).await.unwrap();
        let source = Source {
            id: SourceId::new("ems").unwrap(),
            name: "Ambulances".into(),
            zone,
            mapping: String::new(),
            expected_every_hours: Some(24.0),
        };
        store.put_source(&system(id), &source).await.unwrap();
    }
    store.put_areas(&scope, &areas()).await.unwrap();
    let place = |name: &str, point, population| NamedPlace { name: name.into(), point, population: Some(population) };
    let places = [place("Southport", south(), 60_000), place("Northfield", north(), 5_000)];
    store.put_places(&scope, &places).await.unwrap();
    people(store).await;
    let ids = Ids {
        event: EventId::derived(&["s0"]),
        foreign_event: EventId::derived(&["foreign"]),
        signal: SignalId::derived(&["south"]),
        alert: AlertId::derived(&["south"]),
        north_alert: AlertId::derived(&["north"]),
        follow_up: FollowUpId::derived(&["one"]),
        reject: RejectId::derived(&["unset"]),
        cell: south().cell(Resolution::Eight),
        north_cell: north().cell(Resolution::Eight),
    };
    events(store).await;
    analysis(store, &ids).await;
    let follow_up = FollowUp {
        id: ids.follow_up,
        event: Some(ids.event),
        area: Some(area("me-south")),
        cell: Some(ids.cell),
        place_name: "Southport".into(),
        what: "A person survived an overdose.".into(),
        opened_at: now() - Duration::hours(20),
        due_by: now() + Duration::hours(52),
        state: FollowUpState::Due,
        attempts: 0,
        assigned_to: None,
    };
    store.open_follow_ups(&scope, &[follow_up]).await.unwrap();
    let waiting = store.quarantine(&scope, None, None, 10).await.unwrap();
    Ids { reject: waiting[0].id, ..ids }
}

fn areas() -> Vec<AreaShape> {
    let shape = |id: &str, parent: Option<&str>, kind, name: &str, south: f64, north: f64| {
        let outline = polygon![(x: -71.0, y: south), (x: -67.0, y: south), (x: -67.0, y: north), (x: -71.0, y: north)];
        let area = Area {
            id: area(id),
            parent: parent.map(area),
            kind,
            name: name.into(),
            centre: Point::new(f64::midpoint(south, north), -69.0).unwrap(),
            bbox: [-71.0, south, -67.0, north],
            population: Some(300_000),
            population_year: Some(2020),
        };
        AreaShape { area, outline: geo::MultiPolygon::new(vec![outline]) }
    };
    vec![
        shape("me", None, AreaKind::State, "Testland", 43.0, 47.0),
        shape("me-north", Some("me"), AreaKind::County, "North County", 45.0, 47.0),
        shape("me-south", Some("me"), AreaKind::County, "South County", 43.0, 45.0),
    ]
}

async fn people(store: &DynStore) {
    // One hash for all: hashing is slow on purpose.
    let hash = password::hash(PASSWORD).unwrap();
    for (jurisdiction, role, login) in [
        ("me", Role::Liaison, "liaison"),
        ("me", Role::PublicHealth, "public_health"),
        ("me", Role::Analyst, "analyst"),
        ("me", Role::Admin, "admin"),
        ("nh", Role::Admin, "stranger"),
    ] {
        let catchment = if role == Role::Liaison { vec![area("me-south")] } else { vec![] };
        let id = UserId::derived(&[login]);
        let jurisdiction = JurisdictionId::new(jurisdiction).unwrap();
        let user = User { id, jurisdiction, login: login.into(), name: login.into(), role, catchment, disabled: false };
        store.put_user(&user, Some(&hash)).await.unwrap();
        let text = if login == "stranger" { "token-of-stranger".into() } else { token(role) };
        let token_hash = password::token_hash(&text);
        let session = Session { token_hash, user: id, created_at: now(), expires_at: now() + Duration::hours(12) };
        store.put_session(&session).await.unwrap();
    }
    for (key, role, source) in [(FEED_KEY, Role::Feed, Some("ems")), (ADMIN_KEY, Role::Admin, None)] {
        let key = ApiKey {
            id: ApiKeyId::derived(&[key]),
            jurisdiction: JurisdictionId::new("me").unwrap(),
            name: "Test key".into(),
            prefix: "ew_test".into(),
            key_hash: password::token_hash(key),
            role,
            source: source.map(|s| SourceId::new(s).unwrap()),
            expires_at: now() + Duration::days(30),
            revoked: false,
        };
        store.put_api_key(&system("me"), &key).await.unwrap();
    }
}

/// An overdose, some days before today.
pub fn event(jurisdiction: &str, id: &str, days_ago: i64, point: Point, county: &str) -> Event {
    let at = now() - Duration::days(days_ago) - Duration::hours(2);
    Event {
        id: EventId::derived(&[id]),
        jurisdiction: JurisdictionId::new(jurisdiction).unwrap(),
        source: SourceId::new("ems").unwrap(),
        record_id: id.into(),
        version: 1,
        content_hash: format!("hash-of-{id}"),
        kind: EventKind::Overdose,
        occurred_at: at,
        time_precision: TimePrecision::Instant,
        reported_at: None,
        received_at: at + Duration::hours(1),
        event_day: Day::of(at, "America/New_York".parse().unwrap()),
        outcome: Outcome::Nonfatal,
        naloxone: NaloxoneGiven::Single,
        quantity: 1,
        case: None,
        location: Location {
            point: Some(point),
            precision: Precision::Intersection,
            uncertainty_m: Some(50.0),
            cell: Some(point.cell(Resolution::Ten)),
            area: Some(area(county)),
            placed_by: PlacedBy::Coordinates,
            address: Some("INVENTED ST & TEST AVE".into()),
            town: None,
            zip: None,
        },
        incident: None,
        attributes: Map::new(),
        flags: vec![],
        withdrawn: false,
    }
}

async fn events(store: &DynStore) {
    let source = SourceId::new("ems").unwrap();
    let mut events: Vec<Event> = (0..6).map(|n| event("me", &format!("s{n}"), n % 3, south(), "me-south")).collect();
    events.extend((0..30).map(|n| event("me", &format!("old{n}"), 10 + 7 * n, south(), "me-south")));
    events.extend((0..3).map(|n| event("me", &format!("n{n}"), n, north(), "me-north")));
    let mut town = event("me", "town", 1, south(), "me-south");
    town.location.precision = Precision::Place;
    town.location.cell = Some(south().cell(Resolution::Five));
    events.push(town);
    let reject = Reject {
        line: 7,
        reason: RejectReason::BadTime,
        field: Some("occurred_at".into()),
        message: "\"9999-01-01\" is not a time".into(),
        row: Map::from_iter([("occurred_at".to_owned(), Value::from("9999-01-01"))]),
    };
    let batch = IntakeBatch {
        events,
        rejects: vec![reject],
        origin: "test".into(),
        not_cases: vec![("Fire".into(), 12)],
        received_at: Some(now()),
        ..IntakeBatch::default()
    };
    store.append(&system("me"), &source, &batch).await.unwrap();
    let foreign = IntakeBatch {
        events: vec![event("nh", "foreign", 1, south(), "me-south")],
        origin: "test".into(),
        ..IntakeBatch::default()
    };
    store.append(&system("nh"), &source, &foreign).await.unwrap();
}

async fn analysis(store: &DynStore, ids: &Ids) {
    let run = RunId::derived(&["run"]);
    let method = |name: &str| SignalMethod { name: name.into(), version: 1, seed: Some(1) };
    let signal = Signal {
        id: ids.signal,
        run,
        as_of: today(),
        method: method("space-time-permutation-scan"),
        kind: EventKind::Overdose,
        measure: CaseMeasure::Overdoses,
        scope: SignalScope::Cells,
        cells: vec![ids.cell],
        area: Some(area("me-south")),
        centre: Some(south()),
        radius_km: Some(0.4),
        place_name: "Southport".into(),
        window: DayRange::ending(today(), 3),
        observed: 6,
        expected: 1.2,
        expected_range: [0.0, 4.0],
        relative_risk: Some(5.0),
        statistic: 9.0,
        p_value: 0.002,
        recurrence_interval_days: 500.0,
        replications: Some(999),
        events: vec![ids.event],
        caveats: vec![],
    };
    let forecast = |level, cell: Option<Cell>, county: &str, days: i32, daily: f64| Forecast {
        run,
        issued: today(),
        level,
        cell,
        // As the analysis writes them: of a cell it says the cell only.
        area: cell.is_none().then(|| area(county)),
        kind: EventKind::Overdose,
        window: DayRange::new(today() + 1, today() + days).unwrap(),
        method: method("seasonal"),
        mean: daily * f64::from(days),
        quantiles: [0, 0, 0, 0, 1, 2, 3, 3, 4],
        p_at_least_one: 0.6,
        history_mean: daily * f64::from(days),
        caveat: String::new(),
        detail: None,
    };
    let forecasts = vec![
        forecast(ForecastLevel::Cell, Some(ids.cell), "me-south", 7, 0.15),
        forecast(ForecastLevel::Cell, Some(ids.north_cell), "me-north", 7, 0.1),
        forecast(ForecastLevel::Area, None, "me-south", 7, 0.3),
        forecast(ForecastLevel::Area, None, "me-north", 7, 0.2),
    ];
    let alerts = vec![
        (alert(ids.alert, ids.cell, "me-south", "Southport", vec![ids.signal]), None),
        (alert(ids.north_alert, ids.north_cell, "me-north", "Northfield", vec![]), None),
    ];
    let analysis = StoredAnalysis {
        run: RunRecord {
            id: run,
            as_of: today(),
            computed_at: now() - Duration::hours(4),
            newest_event_at: Some(now() - Duration::hours(2)),
            last_received_at: Some(now() - Duration::hours(1)),
            events: 40,
            elapsed_ms: 120,
            settings: Map::new(),
        },
        signals: vec![signal],
        alerts,
        forecasts,
        records: vec![],
        hotspots: Some(hotspots(run, ids)),
        area_status: vec![],
        standings: Some(vec![standing("me-north", 0.1), standing("me-south", 0.3)]),
        track_records: None,
        messages: vec![],
    };
    store.put_analysis(&system("me"), &analysis).await.unwrap();
}

/// Under the built-in alert rule of counties.
fn standing(county: &str, usual_per_day: f64) -> RuleStanding {
    RuleStanding {
        rule: RuleId::new("areas-alert").unwrap(),
        area: area(county),
        as_of: today(),
        usual_per_day: Some(usual_per_day),
        recurrence_interval_days: Some(9.0),
        sees_double: Some(0.25),
        sees_triple: Some(0.6),
        sees_extra: Some(6),
        would_have_begun: Some(2),
        days_judged: 351,
        reason: String::new(),
    }
}

/// A lasting hot spot in the south, one in the north of which little is known, and both together at a coarser resolution.
fn hotspots(run: RunId, ids: &Ids) -> HotspotMap {
    let told = |cell: Cell, category| Hotspot {
        cell,
        category,
        previous: category,
        since: category.map(|_| today() - 70),
        events: 40,
        nearby_events: 41,
        weeks_hot: 9,
        weeks_cold: 0,
        recent: "..hh?hhhhhh".into(),
        z: 4.5,
        p_value: 0.001,
        trend_z: Some(0.4),
        trend_p: Some(0.69),
    };
    let level = |resolution, cells| HotspotLevel { resolution, cells, placed: 0.6, told: 0.5, critical_p: 0.004 };
    let summary = HotspotSummary {
        run,
        as_of: today(),
        kind: EventKind::Overdose,
        weeks: DayRange::ending(today() - 2, 77),
        silent_weeks: 1,
        late_weeks: 0,
        needed: 10,
        resolution: 8,
        levels: vec![level(7, 1), level(8, 2)],
        method: SignalMethod { name: "emerging-hot-spots".into(), version: 1, seed: None },
    };
    let coarse = ids.cell.parent(7u8.try_into().unwrap()).unwrap();
    let cells = vec![
        told(coarse, Some(HotspotCategory::NewHot)),
        told(ids.north_cell, None),
        told(ids.cell, Some(HotspotCategory::PersistentHot)),
    ];
    HotspotMap { summary, cells }
}

fn alert(id: AlertId, cell: Cell, county: &str, name: &str, signals: Vec<SignalId>) -> Alert {
    Alert {
        id,
        version: 1,
        tier: Tier::Alert,
        state: AlertState::Open,
        rule: "clusters-alert".into(),
        kind: EventKind::Overdose,
        measure: CaseMeasure::Overdoses,
        headline: format!("{name}: 6 overdoses in 3 days; 1.2 are usual"),
        sentence: "Chance alone would do this about once in 16 months.".into(),
        place_name: name.into(),
        area: Some(area(county)),
        cells: vec![cell],
        centre: Some(cell.centre()),
        radius_km: Some(0.4),
        window: DayRange::ending(today(), 3),
        observed: 6,
        expected: 1.2,
        expected_range: [0.0, 4.0],
        p_value: 0.002,
        recurrence_interval_days: 500.0,
        peak_recurrence_interval_days: 500.0,
        first_signalled: today(),
        last_signalled: today(),
        signals,
        caveats: vec![],
        told_observed: 6,
        told_expected: 1.2,
        turn: emberwatch::domain::course::Turn::New,
        raised_at: now() - Duration::hours(4),
        updated_at: now() - Duration::hours(4),
    }
}

/// Intake that takes standard events with coordinates and nothing else: enough to see what the API does
/// with its answers. The real one has its own tests.
struct PlainIntake {
    store: DynStore,
    clock: Arc<ManualClock>,
}

#[async_trait]
impl Intake for PlainIntake {
    async fn accept(
        &self,
        scope: &Scope,
        source: &SourceId,
        records: Vec<Map<String, Value>>,
    ) -> Result<Accepted, IntakeError> {
        if !self.store.sources(scope).await?.iter().any(|s| s.id == *source) {
            return Err(IntakeError::UnknownSource(source.clone()));
        }
        let mut out = Accepted {
            summary: IntakeSummary { read: records.len() as u64, ..Default::default() },
            ..Default::default()
        };
        let mut batch = IntakeBatch { origin: "live".into(), ..IntakeBatch::default() };
        for (line, record) in (1..).zip(records) {
            match self.read(scope, &record) {
                Some(event) => {
                    let heads = self.store.heads(scope, source, std::slice::from_ref(&event.record_id)).await?;
                    if heads.contains_key(&event.record_id) {
                        out.summary.unchanged += 1;
                        continue;
                    }
                    out.summary.accepted += 1;
                    out.ids.push(event.id);
                    out.areas.extend(event.location.area.clone());
                    batch.events.push(event);
                }
                None => {
                    out.summary.quarantined += 1;
                    let message = "expected a time".to_owned();
                    let field = Some("occurred_at".to_owned());
                    let reason = RejectReason::BadTime;
                    batch.rejects.push(Reject {
                        line,
                        reason,
                        field: field.clone(),
                        message: message.clone(),
                        row: record,
                    });
                    out.rejects.push(RejectedLine { line, reason, field, message });
                }
            }
        }
        out.areas.sort();
        out.areas.dedup();
        out.kinds = vec![EventKind::Overdose];
        self.store.append(scope, source, &batch).await?;
        Ok(out)
    }

    async fn resubmit(
        &self,
        scope: &Scope,
        row: RejectId,
        values: Map<String, Value>,
    ) -> Result<Resubmitted, IntakeError> {
        self.store.quarantined_row(scope, row).await?;
        match self.read(scope, &values) {
            Some(event) => {
                let batch =
                    IntakeBatch { events: vec![event.clone()], origin: "mended".into(), ..IntakeBatch::default() };
                self.store.append(scope, &event.source, &batch).await?;
                let state = RejectState::Resubmitted;
                let settled = Settled { id: row, state, rule: None, by: "test".into(), at: self.clock.now() };
                self.store.settle_rejects(scope, &[settled]).await?;
                Ok(Resubmitted::Accepted(Box::new(event)))
            }
            None => Ok(Resubmitted::StillBad {
                reason: RejectReason::BadTime,
                field: Some("occurred_at".into()),
                message: "expected a time".into(),
            }),
        }
    }

    /// A file of words is taken, a file of zeros can't be read: what reading makes of files has its own tests.
    async fn take_file(
        &self,
        scope: &Scope,
        source: &SourceId,
        ending: &str,
        bytes: Bytes,
    ) -> Result<Accepted, IntakeError> {
        if !self.store.sources(scope).await?.iter().any(|s| s.id == *source) {
            return Err(IntakeError::UnknownSource(source.clone()));
        }
        if bytes.contains(&0) {
            return Err(IntakeError::BadFile(format!("this is no {ending}")));
        }
        let lines = bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()).count() as u64;
        let summary = IntakeSummary { read: lines, accepted: lines, ..Default::default() };
        let reject =
            RejectedLine { line: 3, reason: RejectReason::BadTime, field: None, message: "expected a time".into() };
        Ok(Accepted { summary, rejects: vec![reject], notices: vec!["a word".into()], ..Accepted::default() })
    }

    async fn suggest(
        &self,
        _: &Scope,
        source: &SourceId,
        ending: &str,
        bytes: Bytes,
    ) -> Result<SuggestedMapping, IntakeError> {
        Ok(SuggestedMapping {
            found: ending.to_owned(),
            rows_read: bytes.len() as u64,
            cases: 0,
            not_cases: 0,
            columns: vec![],
            doubts: vec![],
            rows: vec![],
            rejects: vec![],
            mapping: format!("name = \"{source}\"\n"),
        })
    }

    async fn put_mapping(&self, scope: &Scope, source: &SourceId, mapping: &str) -> Result<Source, IntakeError> {
        if !mapping.contains('=') {
            return Err(IntakeError::BadMapping("line 1: expected key = value".into()));
        }
        let stored = Source {
            id: source.clone(),
            name: source.to_string(),
            zone: Zone::UTC,
            mapping: mapping.to_owned(),
            expected_every_hours: None,
        };
        self.store.put_source(scope, &stored).await?;
        Ok(stored)
    }

    /// Every row would pass: what reading makes of rows has its own tests.
    async fn preview(&self, scope: &Scope, group: GroupId, mends: &[Mend]) -> Result<MendPreview, IntakeError> {
        check_mends(mends).map_err(|e| IntakeError::BadMend(e.0))?;
        let rows = self.store.group_rows(scope, group, None, 100).await?.len() as u64;
        Ok(MendPreview {
            rows,
            tried: rows,
            would_pass: rows,
            known_already: 0,
            not_cases: 0,
            discarded: 0,
            still_bad: vec![],
            examples: vec![],
        })
    }
}

impl PlainIntake {
    fn read(&self, scope: &Scope, record: &Map<String, Value>) -> Option<Event> {
        let id = record.get("event_id")?.as_str()?;
        let at: DateTime<Utc> = record.get("occurred_at")?.as_str()?.parse().ok()?;
        let point = Point::new(record.get("latitude")?.as_f64()?, record.get("longitude")?.as_f64()?).ok()?;
        let county = if point.lat() < 45.0 { "me-south" } else { "me-north" };
        let base = event(scope.jurisdiction.as_str(), id, 0, point, county);
        let day = Day::of(at, "America/New_York".parse().unwrap());
        Some(Event { occurred_at: at, event_day: day, received_at: self.clock.now(), ..base })
    }
}
