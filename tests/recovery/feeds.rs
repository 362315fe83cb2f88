//! Feeds that fall silent, send all at once, or send late: what is noticed, what waits, what is not told twice.
//!
//! The whole analysis on a database, day after day, with a clock that is set by hand. All places are invented.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use emberwatch::{
    clock::{DynClock, ManualClock},
    config::Config,
    domain::{
        alert::{Alert, AlertState, Tier},
        area::{Area, AreaKind, AreaShape, Jurisdiction},
        event::{Event, EventKind, Location, NaloxoneGiven, Outcome, PlacedBy, TimePrecision},
        ids::{EventId, SourceId, SubscriptionId},
        message::{Channel, Subscription},
        place::{Point, Precision, Resolution},
        quality::{DataGap, GapKind, Source},
        scope::Scope,
        time::{Day, Zone},
    },
    jobs::{
        analyse::{AnalysisSummary, Request, analyse},
        refresh::refresh,
    },
    stats::Random,
    store::{self, DynStore, IntakeBatch},
};
use geo::polygon;

/// Day 0 of the stories: a Monday.
const START: &str = "2026-01-05T00:00:00Z";

struct World {
    store: DynStore,
    clock: Arc<ManualClock>,
    scope: Scope,
    config: Config,
    next: u32,
    _folder: tempfile::TempDir,
}

fn at(day: i64, hour: i64) -> DateTime<Utc> {
    START.parse::<DateTime<Utc>>().unwrap() + Duration::days(day) + Duration::hours(hour)
}

fn shape(id: &str, parent: Option<&str>, kind: AreaKind, west: f64, east: f64) -> AreaShape {
    let outline = polygon![(x: west, y: 44.0), (x: east, y: 44.0), (x: east, y: 45.0), (x: west, y: 45.0)];
    let area = Area {
        id: id.parse().unwrap(),
        parent: parent.map(|p| p.parse().unwrap()),
        kind,
        name: id.into(),
        centre: Point::new(44.5, f64::midpoint(west, east)).unwrap(),
        bbox: [west, 44.0, east, 45.0],
        population: None,
        population_year: None,
    };
    AreaShape { area, outline: geo::MultiPolygon::new(vec![outline]) }
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::TempDir::new().unwrap();
        let store = store::open(&folder.path().join("world.db").display().to_string()).await.unwrap();
        store.migrate().await.unwrap();
        let scope = Scope::system("me".parse().unwrap(), "test");
        let owner = Jurisdiction { id: "me".parse().unwrap(), name: "Testland".into(), zone: Zone::UTC };
        store.put_jurisdiction(&owner).await.unwrap();
        let areas = [
            shape("me", None, AreaKind::State, -70.0, -68.0),
            shape("west", Some("me"), AreaKind::County, -70.0, -69.0),
            shape("east", Some("me"), AreaKind::County, -69.0, -68.0),
        ];
        store.put_areas(&scope, &areas).await.unwrap();
        for (id, name) in [("police", "East Police"), ("ems", "Ambulances")] {
            let source = Source {
                id: id.parse().unwrap(),
                name: name.into(),
                zone: Zone::UTC,
                mapping: String::new(),
                expected_every_hours: None,
            };
            store.put_source(&scope, &source).await.unwrap();
        }
        let everybody = Subscription {
            id: SubscriptionId::derived(&["everybody"]),
            channel: Channel::Email,
            target: "staff@example.org".into(),
            secret: None,
            area: None,
            min_tier: Tier::Watch,
        };
        store.put_subscription(&scope, &everybody).await.unwrap();
        let mut config = Config::default();
        config.analysis.scan_replications = 999;
        // A cluster is then alive for three days, and what comes after is not about it.
        config.analysis.scan_max_days = 3;
        config.analysis.scan_study_days = 90;
        let clock = ManualClock::at(at(0, 12));
        Self { store, clock, scope, config, next: 0, _folder: folder }
    }

    /// One overdose of a feed.
    fn event(&mut self, source: &str, occurred: DateTime<Utc>, received: DateTime<Utc>, spot: u32) -> Event {
        self.next += 1;
        let record = format!("{source}-{}", self.next);
        // Police report from the east; ambulances from both counties.
        let west = if source == "ems" && spot.is_multiple_of(2) { -69.6 } else { -68.6 };
        let point = Point::new(44.2 + 0.03 * f64::from(spot % 17), west + 0.01 * f64::from(spot % 5)).unwrap();
        Event {
            id: EventId::derived(&[&record]),
            jurisdiction: "me".parse().unwrap(),
            source: source.parse().unwrap(),
            record_id: record.clone(),
            version: 1,
            content_hash: record,
            kind: EventKind::Overdose,
            occurred_at: occurred,
            time_precision: TimePrecision::Instant,
            reported_at: None,
            received_at: received,
            event_day: Day::of(occurred, Zone::UTC),
            outcome: Outcome::Nonfatal,
            naloxone: NaloxoneGiven::Unknown,
            quantity: 1,
            case: None,
            location: Location {
                point: Some(point),
                precision: Precision::Rooftop,
                uncertainty_m: None,
                cell: Some(point.cell(Resolution::Ten)),
                area: Some(if west < -69.0 { "west" } else { "east" }.parse().unwrap()),
                placed_by: PlacedBy::Coordinates,
                address: None,
                town: None,
                zip: None,
            },
            incident: None,
            attributes: serde_json::Map::new(),
            flags: vec![],
            withdrawn: false,
        }
    }

    async fn append(&self, source: &str, events: Vec<Event>) {
        let source: SourceId = source.parse().unwrap();
        for chunk in events.chunks(400) {
            let batch = IntakeBatch { events: chunk.to_vec(), origin: "test".into(), ..IntakeBatch::default() };
            self.store.append(&self.scope, &source, &batch).await.unwrap();
        }
    }

    /// So many a day, spread over the days, each received an hour later.
    async fn live(&mut self, source: &str, days: std::ops::Range<i64>, per_day: u32, seed: u64) {
        let mut random = Random::seeded(seed);
        let mut events = Vec::new();
        for day in days {
            for i in 0..per_day {
                let minutes = i64::from(i * 1440 / per_day + random.below(1440 / per_day));
                let occurred = at(day, 0) + Duration::minutes(minutes);
                let spot = random.below(85);
                events.push(self.event(source, occurred, occurred + Duration::minutes(50), spot));
            }
        }
        self.append(source, events).await;
    }

    async fn analyse(&self, day: i64, hour: i64) -> AnalysisSummary {
        self.clock.set(at(day, hour));
        let clock: DynClock = self.clock.clone();
        analyse(&self.store, &clock, &self.scope, Request::as_of(None), &self.config).await.unwrap().unwrap()
    }

    async fn look(&self, day: i64, hour: i64) -> bool {
        self.clock.set(at(day, hour));
        let clock: DynClock = self.clock.clone();
        refresh(&self.store, &clock, &self.scope, &self.config).await.unwrap().gaps_changed
    }

    async fn gaps(&self) -> Vec<DataGap> {
        self.store.data_gaps(&self.scope, None).await.unwrap()
    }

    async fn alerts(&self) -> Vec<Alert> {
        self.store.alerts(&self.scope, AlertState::ALL, None, None, 100).await.unwrap().alerts
    }

    async fn messages(&self) -> usize {
        self.store.messages(&self.scope, 1000).await.unwrap().len()
    }

    /// Twelve overdoses at one corner of the east within a few hours before noon.
    async fn burst(&mut self, day: i64) {
        let events = (0..12i64)
            .map(|i| {
                let occurred = at(day, 6) + Duration::minutes(25 * i);
                self.event("ems", occurred, occurred + Duration::minutes(20), 1)
            })
            .collect();
        self.append("ems", events).await;
    }
}

#[tokio::test]
async fn a_feed_that_falls_silent_is_noticed_and_what_depends_on_it_waits_until_data_come() {
    let mut world = World::new().await;
    world.live("ems", 0..112, 3, 1).await;
    world.live("police", 0..105, 6, 2).await;
    assert!(!world.look(104, 23).await, "both are heard");
    assert_eq!(world.gaps().await, []);
    assert!(world.look(108, 12).await);
    let gaps = world.gaps().await;
    assert_eq!(gaps.len(), 1);
    let gap = &gaps[0];
    assert_eq!((gap.source_name.as_str(), gap.kind), ("East Police", GapKind::Silent));
    assert!(gap.since > at(104, 18) && gap.since < at(105, 2), "{gap:?}");
    assert!((5.0..7.0).contains(&gap.usual_per_day.unwrap()), "{gap:?}");
    let areas: Vec<&str> = gap.areas.iter().map(|a| a.as_str()).collect();
    assert_eq!(areas, ["east", "me"], "the west gets nothing from them");
    let status = world.store.area_status(&world.scope).await.unwrap();
    let waits = |id: &str| status.iter().find(|s| s.area.as_str() == id).unwrap().waits_for.clone();
    assert_eq!((waits("east"), waits("west")), (vec!["East Police".to_owned()], vec![]));
    assert!(!world.look(108, 13).await, "the same gap is not news again");
    // It is heard again: the notice closes by itself.
    world.live("police", 108..109, 6, 3).await;
    assert!(world.look(109, 0).await);
    assert_eq!(world.gaps().await, []);
    let closed = world.store.data_gaps(&world.scope, Some(at(0, 0))).await.unwrap();
    assert_eq!(closed[0].closed_at, Some(at(109, 0)));
}

#[tokio::test]
async fn silence_does_not_end_an_alert() {
    for silent in [false, true] {
        let mut world = World::new().await;
        world.live("ems", 0..130, 3, 4).await;
        world.live("police", 0..if silent { 101 } else { 130 }, 6, 5).await;
        world.burst(100).await;
        world.analyse(100, 13).await;
        let raised = world.alerts().await;
        assert!(raised.iter().any(|a| a.state == AlertState::Open), "the burst is an alert: the case is a fair one");
        let patience = i64::from(world.config.analysis.days_until_over);
        for day in [103, 106, 101 + 2 * patience] {
            world.analyse(day, 13).await;
        }
        let alerts = world.alerts().await;
        let first = alerts.iter().find(|a| a.id == raised[0].id).unwrap();
        assert_eq!(first.state == AlertState::Over, !silent, "silent {silent}: {:?}", first.state);
    }
}

#[tokio::test]
async fn what_was_missed_comes_in_one_batch_and_is_no_spike() {
    let mut world = World::new().await;
    world.live("ems", 0..112, 3, 6).await;
    world.live("police", 0..105, 6, 7).await;
    world.analyse(109, 12).await;
    let (alerts, messages) = (world.alerts().await.len(), world.messages().await);
    // Five days' events, each with the time at which it happened, within a minute.
    let mut random = Random::seeded(8);
    let batch = (0..30i64)
        .map(|i| {
            let occurred = at(105, 0) + Duration::minutes(i * 4 * 60 - i);
            let spot = random.below(85);
            world.event("police", occurred, at(110, 8) + Duration::seconds(i), spot)
        })
        .collect();
    world.append("police", batch).await;
    let summary = world.analyse(110, 9).await;
    assert_eq!((world.alerts().await.len(), world.messages().await), (alerts, messages), "{summary}");
    assert_eq!(world.gaps().await, [], "heard again");
}

#[tokio::test]
async fn a_batch_whose_times_are_its_own_is_flagged_and_no_spike() {
    let mut world = World::new().await;
    world.live("ems", 0..112, 3, 9).await;
    world.live("police", 0..105, 6, 10).await;
    world.analyse(109, 12).await;
    let (alerts, messages) = (world.alerts().await.len(), world.messages().await);
    let mut random = Random::seeded(11);
    let batch = (0..30)
        .map(|_| {
            let spot = random.below(85);
            world.event("police", at(110, 8), at(110, 8) + Duration::seconds(5), spot)
        })
        .collect();
    world.append("police", batch).await;
    let summary = world.analyse(110, 9).await;
    assert_eq!((world.alerts().await.len(), world.messages().await), (alerts, messages), "{summary}");
    assert!(summary.notes.iter().any(|n| n.contains("30 events came in batches")), "{summary}");
    let gaps = world.gaps().await;
    assert_eq!(gaps.iter().map(|g| (g.kind, g.events)).collect::<Vec<_>>(), [(GapKind::Stamped, 30)]);
}

#[tokio::test]
async fn a_late_batch_restates_an_alert_and_is_not_told_again() {
    let mut world = World::new().await;
    world.live("ems", 0..120, 3, 12).await;
    world.live("police", 0..120, 6, 13).await;
    world.burst(100).await;
    world.analyse(100, 13).await;
    let raised = world.alerts().await;
    let alert = raised.iter().find(|a| !a.cells.is_empty() || a.area.is_some()).unwrap().clone();
    // The same day again: nothing is new.
    let again = world.analyse(100, 13).await;
    assert_eq!((again.changed_alerts, again.messages), (vec![], 0));
    world.analyse(103, 13).await;
    let told = world.messages().await;
    // A second feed's word of the same hours, three days late, while the alert is still open.
    let late = (0..5i64)
        .map(|i| world.event("police", at(100, 7) + Duration::minutes(40 * i), at(103, 15) + Duration::seconds(i), 1))
        .collect();
    world.append("police", late).await;
    world.analyse(103, 16).await;
    assert_eq!(world.messages().await, told, "no message about a window that is over");
    let alerts = world.alerts().await;
    let after = alerts.iter().find(|a| a.id == alert.id).unwrap();
    assert!(after.observed >= alert.observed + 5, "{} then {}", alert.observed, after.observed);
    assert!(after.sentence.contains(&after.observed.to_string()), "{}", after.sentence);
    assert_eq!(alerts.len(), raised.len().max(alerts.len()), "and none is gone");
}

#[tokio::test]
async fn a_feed_that_is_always_days_late_is_neither_silent_nor_low() {
    let mut world = World::new().await;
    world.live("ems", 0..113, 3, 14).await;
    let mut random = Random::seeded(15);
    let mut events = Vec::new();
    for day in 0..110 {
        for i in 0..6 {
            let occurred = at(day, 4 * i);
            let spot = random.below(85);
            events.push(world.event("police", occurred, at(day + 3, 7) + Duration::minutes(i), spot));
        }
    }
    world.append("police", events).await;
    world.look(112, 12).await;
    assert_eq!(world.gaps().await, []);
    let status = world.store.area_status(&world.scope).await.unwrap();
    let east = status.iter().find(|s| s.area.as_str() == "east").unwrap();
    assert!(east.share_known < 0.5 && east.expected < 3.0, "what is usual by now, not the whole: {east:?}");
    assert!(east.waits_for.is_empty());
}

#[tokio::test]
async fn what_was_forecast_is_judged_once_its_week_is_over_and_told_in_a_sentence() {
    let mut world = World::new().await;
    world.live("ems", -60..12, 8, 77).await;
    for day in 0..12 {
        world.analyse(day, 5).await;
        let told = world.store.track_records(&world.scope).await.unwrap();
        if day < 7 {
            assert_eq!(told, [], "no week is over on day {day}");
        }
    }
    let told = world.store.track_records(&world.scope).await.unwrap();
    let (of_areas, told): (Vec<_>, Vec<_>) = told.into_iter().partition(|r| r.area.is_some());
    let levels: Vec<&str> = told.iter().map(|r| r.level.as_str()).collect();
    assert_eq!(levels, ["area", "cell", "whole"]);
    let [areas, cells, whole] = &told[..] else { unreachable!() };
    // Days 0 to 3 were forecast for weeks that are over by day 10, the last whole one.
    assert_eq!((areas.issue_days, areas.forecasts, whole.forecasts), (4, 8, 4));
    // Two counties with four a day each: a week without an event does not happen.
    assert_eq!((areas.named, areas.named_with_event, areas.history_with_event), (8, 8, 8));
    assert_eq!(cells.named, 12);
    assert!((5..=12).contains(&cells.named_with_event), "{cells:?}");
    assert!((0.5..=1.0).contains(&(f64::from(areas.inside_80) / 8.0)), "{areas:?}");
    assert!((0.5..12.0).contains(&areas.error), "{areas:?}");
    assert_eq!(
        areas.sentence,
        "Of the 8 places we named in the last 4 days, 8 had an event; history alone would have named 8."
    );
    // The same of each county's own cells: fewer, and said to be.
    let names: Vec<&str> = of_areas.iter().filter_map(|r| r.area.as_ref()).map(|a| a.as_str()).collect();
    assert_eq!(names, ["east", "west"]);
    assert_eq!(of_areas.iter().map(|r| r.forecasts).sum::<u32>(), cells.forecasts);
    for own in &of_areas {
        assert_eq!((own.level.as_str(), own.issue_days), ("cell", 4));
        assert!(own.sentence.contains(&own.area_name) && own.sentence.ends_with("So few can be chance."), "{own:?}");
    }
    // What is kept of earlier days is what is judged: one window a place.
    let kept = world.store.past_forecasts(&world.scope, EventKind::Overdose, days(0..11)).await.unwrap();
    assert!(kept.iter().all(|f| f.window.len() == 7 && f.detail.is_some()));
    assert_eq!(kept.iter().filter(|f| f.level.as_str() == "whole").count(), 11);
    // The parts add up to what was forecast.
    for f in &kept {
        let parts: f64 = f.detail.iter().flat_map(|d| &d.parts).map(|p| p.mean).sum();
        assert!((parts - f.mean).abs() <= 1e-9 * f.mean.max(1.0), "{f:?}");
    }
}

fn days(range: std::ops::Range<i64>) -> emberwatch::domain::time::DayRange {
    let day = |n: i64| Day::of(at(n, 12), Zone::UTC);
    emberwatch::domain::time::DayRange::new(day(range.start), day(range.end - 1)).unwrap()
}
