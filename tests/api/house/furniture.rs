//! What is stored in the house before anybody asks.

use super::{ADMIN_KEY, FEED_KEY, Ids, PASSWORD, area, north, now, south, system, today, token};
use chrono::Duration;
use emberwatch::{
    api::password,
    domain::{
        alert::{Alert, AlertState, Tier},
        area::{Area, AreaKind, AreaShape, Jurisdiction, NamedPlace},
        event::{Event, EventKind, Location, NaloxoneGiven, Outcome, PlacedBy, TimePrecision},
        forecast::{Forecast, ForecastLevel},
        hotspot::{Hotspot, HotspotCategory, HotspotLevel, HotspotMap, HotspotSummary},
        ids::{
            AlertId, ApiKeyId, EventId, FollowUpId, JurisdictionId, RejectId, RuleId, RunId, SignalId, SourceId, UserId,
        },
        outreach::{FollowUp, FollowUpState},
        place::{Cell, Point, Precision, Resolution},
        quality::{Reject, RejectReason, Source},
        rule::{CaseMeasure, RuleStanding},
        scope::{Role, User},
        signal::{Method as SignalMethod, Signal, SignalScope},
        time::{Day, DayRange, Zone},
    },
    store::{ApiKey, DynStore, IntakeBatch, RunRecord, Session, StoredAnalysis},
};
use geo::polygon;
use serde_json::{Map, Value};

pub(super) async fn furnish(store: &DynStore) -> Ids {
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
