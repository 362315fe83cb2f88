//! Runs, signals, forecasts and alerts.

use chrono::Duration;
use emberwatch::{
    domain::{
        alert::{Alert, AlertState, Decision, DecisionKind, DismissReason, Tier},
        event::EventKind,
        forecast::{Forecast, ForecastDetail, ForecastLevel, ForecastPart, ForecastRecord, TrackRecord},
        ids::{AlertId, AreaId, EventId, GapId, MessageId, RunId, SignalId},
        message::{Channel, MessageState, OutboxMessage},
        place::Point,
        quality::{DataGap, GapKind},
        signal::{Method, Signal, SignalScope},
        time::DayRange,
    },
    store::{AreaStatus, RunRecord, StoreError, StoredAnalysis},
};
use serde_json::json;

use crate::{
    Db, on_both,
    world::{all_of, area, feed, may, may_day, only, settled, uuid},
};

on_both! {
    a_run_comes_back_with_all_it_derived,
    an_analysis_stored_twice_is_stored_once,
    numbers_without_end_survive,
    the_newest_runs_forecasts_are_the_current_ones,
    of_past_forecasts_one_week_a_day_is_kept_and_not_for_ever,
    what_became_of_forecasts_is_replaced_as_a_whole,
    signals_come_newest_and_rarest_first,
    an_alert_that_somebody_else_changed_is_a_conflict_and_nothing_is_stored,
    alerts_come_loudest_first_in_pages,
    findings_of_another_town_do_not_exist,
    a_decision_needs_the_version_that_was_seen,
    dismissed_alerts_are_merged_while_they_are_recent,
    area_status_is_replaced_row_by_row,
    data_gaps_open_close_and_are_seen_by_whom_they_concern,
}

pub fn method() -> Method {
    Method { name: "space-time-permutation-scan".into(), version: 2, seed: Some(u64::MAX) }
}

pub fn run(n: u128, day: u32) -> RunRecord {
    RunRecord {
        id: RunId(uuid(n)),
        as_of: may_day(day),
        computed_at: may(day) + Duration::microseconds(5),
        newest_event_at: Some(may(day)),
        last_received_at: None,
        events: 123,
        elapsed_ms: 45,
        settings: json!({"z": 1, "a": {"replications": 999}}).as_object().unwrap().clone(),
    }
}

pub fn signal(run: u128, n: u128, day: u32, area_id: &str, interval: f64) -> Signal {
    let centre = Point::new(44.8, -68.77).unwrap();
    Signal {
        id: SignalId(uuid(n)),
        run: RunId(uuid(run)),
        as_of: may_day(day),
        method: method(),
        kind: EventKind::Overdose,
        measure: emberwatch::domain::rule::CaseMeasure::Overdoses,
        scope: SignalScope::Cells,
        cells: vec![centre.cell("8".parse::<u8>().unwrap().try_into().unwrap())],
        area: Some(area(area_id)),
        centre: Some(centre),
        radius_km: Some(1.25),
        place_name: "Downtown".into(),
        window: DayRange::ending(may_day(day), 3),
        observed: 6,
        expected: 1.2,
        expected_range: [0.0, 4.0],
        relative_risk: Some(5.1),
        statistic: 4.932_817_364_5,
        p_value: 0.1 + 0.2,
        recurrence_interval_days: interval,
        replications: Some(999),
        events: vec![EventId(uuid(3)), EventId(uuid(4))],
        caveats: vec!["Late reports are still expected.".into()],
    }
}

pub fn forecast(run: u128, level: ForecastLevel, area_id: Option<&str>) -> Forecast {
    Forecast {
        run: RunId(uuid(run)),
        issued: may_day(1),
        level,
        cell: (level == ForecastLevel::Cell).then(|| Point::new(44.8, -68.77).unwrap().cell(8u8.try_into().unwrap())),
        area: area_id.map(area),
        kind: EventKind::Overdose,
        window: DayRange::ending(may_day(8), 7),
        method: method(),
        mean: 1.0 / 3.0,
        quantiles: [0, 0, 0, 0, 1, 1, 2, 3, 4],
        p_at_least_one: 0.283_468_689_426_210_6,
        history_mean: 0.4,
        caveat: String::new(),
        detail: Some(ForecastDetail {
            range_80: Some([0, 2]),
            spike_at_least: 3,
            p_spike: 0.1 + 0.2,
            p_spike_usual: 1.0 / 3.0,
            parts: vec![ForecastPart { part: "season".into(), mean: -0.25 }],
            would_change: "Quiet days.".into(),
        }),
    }
}

fn record() -> ForecastRecord {
    ForecastRecord {
        method: "history".into(),
        level: ForecastLevel::Area,
        horizon_days: 7,
        origins: 52,
        log_score: -1.5,
        history_log_score: -1.6,
        crps: 0.3,
        history_crps: 0.31,
        coverage_80: 0.83,
        capture_10: None,
        history_capture_10: Some(0.5),
    }
}

fn status(area_id: &str, observed: u32) -> AreaStatus {
    AreaStatus {
        area: area(area_id),
        kind: EventKind::Overdose,
        day: may_day(2),
        last_24h: 1,
        last_72h: 2,
        last_7d: 3,
        observed,
        expected: 0.7,
        threshold: 3.0,
        statistic: 1.5,
        p_value: 0.06,
        recurrence_interval_days: 16.0,
        share_known: 0.625,
        waits_for: vec!["Dispatch".into()],
        updated_at: may(2),
    }
}

pub fn alert(n: u128, area_id: &str, tier: Tier, day: u32) -> Alert {
    let s = signal(1, 1, day, area_id, 400.0);
    Alert {
        id: AlertId(uuid(n)),
        version: 1,
        tier,
        state: AlertState::Open,
        rule: "scan".into(),
        kind: s.kind,
        measure: emberwatch::domain::rule::CaseMeasure::FatalOverdoses,
        headline: "Downtown: 6 overdoses in 3 days, 1.2 are usual".into(),
        sentence: "By chance once in 400 days.".into(),
        place_name: s.place_name,
        area: s.area,
        cells: s.cells,
        centre: s.centre,
        radius_km: s.radius_km,
        window: s.window,
        observed: s.observed,
        expected: s.expected,
        expected_range: s.expected_range,
        p_value: s.p_value,
        recurrence_interval_days: 400.0,
        peak_recurrence_interval_days: 900.0,
        first_signalled: may_day(1),
        last_signalled: may_day(day),
        signals: vec![s.id],
        caveats: s.caveats,
        told_observed: 6,
        told_expected: 1.2,
        turn: emberwatch::domain::course::Turn::New,
        raised_at: may(1),
        updated_at: may(day),
    }
}

pub fn message(n: u128, due: u32) -> OutboxMessage {
    OutboxMessage {
        id: MessageId(uuid(n)),
        alert: Some(AlertId(uuid(7))),
        channel: Channel::Webhook,
        target: "https://example.org/hook".into(),
        secret: Some("whsec_x".into()),
        subject: "Downtown".into(),
        body: "{}".into(),
        state: MessageState::Waiting,
        attempts: 0,
        next_attempt_at: may(due),
        created_at: may(1) + Duration::seconds(n as i64),
        last_error: None,
    }
}

/// A run with nothing in it.
pub fn analysis(run: RunRecord) -> StoredAnalysis {
    StoredAnalysis {
        run,
        signals: vec![],
        alerts: vec![],
        forecasts: vec![],
        records: vec![],
        hotspots: None,
        area_status: vec![],
        standings: None,
        track_records: None,
        messages: vec![],
    }
}

fn full_analysis() -> StoredAnalysis {
    StoredAnalysis {
        run: run(1, 2),
        signals: vec![signal(1, 5, 2, "bangor", 400.0)],
        alerts: vec![(alert(7, "bangor", Tier::Alert, 2), None)],
        forecasts: vec![
            forecast(1, ForecastLevel::Area, Some("orono")),
            forecast(1, ForecastLevel::Area, Some("bangor")),
            forecast(1, ForecastLevel::Cell, None),
        ],
        records: vec![record()],
        hotspots: None,
        area_status: vec![status("bangor", 4)],
        standings: None,
        track_records: None,
        messages: vec![message(1, 2)],
    }
}

async fn put_alerts(db: &Db, alerts: &[Alert]) {
    let stored = StoredAnalysis { alerts: alerts.iter().map(|a| (a.clone(), None)).collect(), ..analysis(run(1, 2)) };
    db.store.put_analysis(&all_of("me"), &stored).await.unwrap();
}

async fn a_run_comes_back_with_all_it_derived(db: Db) {
    settled(&db).await;
    let (me, all) = (all_of("me"), full_analysis());
    db.store.put_analysis(&me, &all).await.unwrap();
    assert_eq!(db.store.latest_run(&me).await.unwrap(), Some(all.run));
    assert_eq!(db.store.signal(&me, all.signals[0].id).await.unwrap(), all.signals[0]);
    assert_eq!(db.store.alert(&me, all.alerts[0].0.id).await.unwrap(), (all.alerts[0].0.clone(), vec![]));
    let areas = db.store.forecasts(&me, ForecastLevel::Area, EventKind::Overdose).await.unwrap();
    assert_eq!(areas, all.forecasts[..2], "forecasts come in the order in which they were given");
    let cells = db.store.forecasts(&me, ForecastLevel::Cell, EventKind::Overdose).await.unwrap();
    assert_eq!(cells, all.forecasts[2..]);
    assert_eq!(db.store.forecast_records(&me).await.unwrap(), all.records);
    assert_eq!(db.store.area_status(&me).await.unwrap(), all.area_status);
    assert_eq!(db.store.messages(&me, 10).await.unwrap(), all.messages);
}

async fn an_analysis_stored_twice_is_stored_once(db: Db) {
    settled(&db).await;
    let (me, all) = (all_of("me"), full_analysis());
    db.store.put_analysis(&me, &all).await.unwrap();
    db.store.message_sent(&me, all.messages[0].id, may(3)).await.unwrap();
    db.store.put_analysis(&me, &all).await.unwrap();
    assert_eq!(db.store.signals(&me, None, 10).await.unwrap().len(), 1);
    assert_eq!(db.store.forecasts(&me, ForecastLevel::Area, EventKind::Overdose).await.unwrap().len(), 2);
    let messages = db.store.messages(&me, 10).await.unwrap();
    assert_eq!(messages.iter().map(|m| m.state).collect::<Vec<_>>(), [MessageState::Sent]);
}

async fn numbers_without_end_survive(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let mut rare = signal(1, 5, 2, "bangor", f64::INFINITY);
    rare.p_value = f64::MIN_POSITIVE;
    rare.statistic = f64::NAN;
    let stored = StoredAnalysis { signals: vec![rare.clone()], ..analysis(run(1, 2)) };
    db.store.put_analysis(&me, &stored).await.unwrap();
    let read = db.store.signal(&me, rare.id).await.unwrap();
    assert_eq!((read.recurrence_interval_days, read.p_value), (f64::INFINITY, f64::MIN_POSITIVE));
    assert!(read.statistic.is_nan());
}

async fn the_newest_runs_forecasts_are_the_current_ones(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    for n in [1, 2] {
        let forecasts = vec![forecast(n, ForecastLevel::Whole, None)];
        let stored = StoredAnalysis { forecasts, ..analysis(run(n, n as u32)) };
        db.store.put_analysis(&me, &stored).await.unwrap();
    }
    // A run without forecasts takes none away.
    db.store.put_analysis(&me, &analysis(run(3, 3))).await.unwrap();
    let current = db.store.forecasts(&me, ForecastLevel::Whole, EventKind::Overdose).await.unwrap();
    assert_eq!(current, [forecast(2, ForecastLevel::Whole, None)]);
    assert!(db.store.forecasts(&me, ForecastLevel::Whole, EventKind::Naloxone).await.unwrap().is_empty());
    assert_eq!(db.store.latest_run(&me).await.unwrap(), Some(run(3, 3)));
}

async fn of_past_forecasts_one_week_a_day_is_kept_and_not_for_ever(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let on = |n: u128, back: i32, days: i32| {
        let issued = may_day(20) - back;
        let window = DayRange { from: issued + 1, to: issued + days };
        Forecast { issued, window, ..forecast(n, ForecastLevel::Whole, None) }
    };
    let put = async |n: u128, back: i32| {
        let forecasts = vec![on(n, back, 1), on(n, back, 7)];
        db.store.put_analysis(&me, &StoredAnalysis { forecasts, ..analysis(run(n, 2)) }).await.unwrap();
    };
    let past =
        async || db.store.past_forecasts(&me, EventKind::Overdose, DayRange::ending(may_day(20), 90)).await.unwrap();
    for (n, back) in [(1, 70), (2, 3), (3, 2)] {
        put(n, back).await;
    }
    assert_eq!(past().await, [on(2, 3, 7), on(3, 2, 7)], "ten weeks ago is forgotten");
    // A second run of the same day takes the place of the first; both windows of the newest day are there.
    put(4, 2).await;
    assert_eq!(past().await, [on(2, 3, 7), on(4, 2, 7)]);
    let current = db.store.forecasts(&me, ForecastLevel::Whole, EventKind::Overdose).await.unwrap();
    assert_eq!(current, [on(4, 2, 1), on(4, 2, 7)]);
    assert_eq!(
        db.store.past_forecasts(&all_of("nh"), EventKind::Overdose, DayRange::ending(may_day(20), 90)).await.unwrap(),
        []
    );
}

async fn what_became_of_forecasts_is_replaced_as_a_whole(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let line = |level, named| TrackRecord {
        level,
        area: None,
        area_name: String::new(),
        first: may_day(1),
        last: may_day(2),
        issue_days: 2,
        window_days: 7,
        named,
        named_with_event: 3,
        history_with_event: 2,
        forecasts: 40,
        inside_80: 33,
        error: 0.1 + 0.2,
        history_error: 1.0 / 3.0,
        sentence: "Of the 6 places …".into(),
    };
    let of_area = TrackRecord {
        area: Some(AreaId::new("cumberland").unwrap()),
        area_name: "Cumberland".into(),
        ..line(ForecastLevel::Cell, 6)
    };
    let told = vec![line(ForecastLevel::Area, 6), line(ForecastLevel::Cell, 6), of_area];
    for _ in 0..2 {
        let stored = StoredAnalysis { track_records: Some(told.clone()), ..analysis(run(1, 2)) };
        db.store.put_analysis(&me, &stored).await.unwrap();
        assert_eq!(db.store.track_records(&me).await.unwrap(), told);
    }
    db.store.put_analysis(&me, &analysis(run(2, 3))).await.unwrap();
    assert_eq!(db.store.track_records(&me).await.unwrap(), told);
    assert_eq!(db.store.track_records(&all_of("nh")).await.unwrap(), []);
    let stored = StoredAnalysis { track_records: Some(vec![]), ..analysis(run(3, 4)) };
    db.store.put_analysis(&me, &stored).await.unwrap();
    assert_eq!(db.store.track_records(&me).await.unwrap(), []);
}

async fn signals_come_newest_and_rarest_first(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let given = [signal(1, 4, 1, "bangor", 900.0), signal(1, 5, 2, "bangor", 30.0), signal(1, 6, 2, "orono", 400.0)];
    db.store.put_analysis(&me, &StoredAnalysis { signals: given.to_vec(), ..analysis(run(1, 2)) }).await.unwrap();
    let [old, common, rare] = given;
    assert_eq!(db.store.signals(&me, None, 10).await.unwrap(), [rare.clone(), common.clone(), old.clone()]);
    assert_eq!(db.store.signals(&me, None, 2).await.unwrap(), [rare, common]);
    assert_eq!(db.store.signals(&me, DayRange::new(may_day(1), may_day(1)), 10).await.unwrap(), [old]);
}

async fn an_alert_that_somebody_else_changed_is_a_conflict_and_nothing_is_stored(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let first = alert(7, "bangor", Tier::Watch, 2);
    put_alerts(&db, std::slice::from_ref(&first)).await;
    let louder = Alert { version: 2, tier: Tier::Alert, ..first.clone() };
    let stored = StoredAnalysis { alerts: vec![(louder.clone(), Some(1))], ..analysis(run(2, 3)) };
    db.store.put_analysis(&me, &stored).await.unwrap();

    for (late, replaces) in [(Alert { observed: 9, ..louder.clone() }, Some(1)), (Alert { observed: 9, ..first }, None)]
    {
        let late =
            StoredAnalysis { alerts: vec![(late, replaces)], messages: vec![message(1, 2)], ..analysis(run(3, 4)) };
        let refused = db.store.put_analysis(&me, &late).await;
        assert!(matches!(refused, Err(StoreError::Conflict("alert"))), "{refused:?}");
    }
    assert_eq!(db.store.alert(&me, louder.id).await.unwrap().0, louder);
    assert_eq!(db.store.latest_run(&me).await.unwrap(), Some(run(2, 3)));
    assert!(db.store.messages(&me, 10).await.unwrap().is_empty());
}

async fn alerts_come_loudest_first_in_pages(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let given = [
        alert(1, "bangor", Tier::Watch, 9),
        alert(2, "bangor", Tier::Alert, 3),
        alert(3, "orono", Tier::Alert, 8),
        alert(4, "orono", Tier::Alert, 3),
        Alert { state: AlertState::Over, ..alert(5, "orono", Tier::Alert, 3) },
    ];
    put_alerts(&db, &given).await;
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = db.store.alerts(&me, &[], None, cursor.as_deref(), 2).await.unwrap();
        seen.extend(page.alerts.iter().map(|a| a.id.0.as_u128()));
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, [3, 2, 4, 5, 1]);
    let open = db.store.alerts(&me, &[AlertState::Open], Some(Tier::Alert), None, 9).await.unwrap();
    assert_eq!(open.alerts.iter().map(|a| a.id.0.as_u128()).collect::<Vec<_>>(), [3, 2, 4]);
}

async fn findings_of_another_town_do_not_exist(db: Db) {
    settled(&db).await;
    db.store.put_analysis(&all_of("me"), &full_analysis()).await.unwrap();
    for stranger in [only(&["orono"]), all_of("pa")] {
        assert!(db.store.alerts(&stranger, &[], None, None, 9).await.unwrap().alerts.is_empty());
        assert!(db.store.alerts_to_merge(&stranger, may_day(1)).await.unwrap().is_empty());
        assert!(matches!(db.store.alert(&stranger, AlertId(uuid(7))).await, Err(StoreError::NotFound("alert"))));
        assert!(db.store.signals(&stranger, None, 9).await.unwrap().is_empty());
        assert!(matches!(db.store.signal(&stranger, SignalId(uuid(5))).await, Err(StoreError::NotFound("signal"))));
        assert!(db.store.area_status(&stranger).await.unwrap().is_empty());
        let decided = db.store.decide(&stranger, &decided(&alert(7, "bangor", Tier::Alert, 2)).0, &decision(1)).await;
        assert!(matches!(decided, Err(StoreError::NotFound("alert"))), "{decided:?}");
    }
    let bangor = only(&["bangor"]);
    assert_eq!(db.store.alerts(&bangor, &[], None, None, 9).await.unwrap().alerts.len(), 1);
    let forecasts = db.store.forecasts(&bangor, ForecastLevel::Area, EventKind::Overdose).await.unwrap();
    assert_eq!(forecasts, [forecast(1, ForecastLevel::Area, Some("bangor"))]);
}

fn decision(version: u32) -> Decision {
    Decision {
        kind: DecisionKind::Dismiss,
        reason: Some(DismissReason::KnownCause),
        note: "A concert.".into(),
        by: "Kim".into(),
        at: may(3),
        alert_version: version,
    }
}

fn decided(alert: &Alert) -> (Alert, Decision) {
    let after = Alert { version: alert.version + 1, state: AlertState::Dismissed, updated_at: may(3), ..alert.clone() };
    (after, decision(alert.version))
}

async fn a_decision_needs_the_version_that_was_seen(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let first = alert(7, "bangor", Tier::Alert, 2);
    put_alerts(&db, std::slice::from_ref(&first)).await;
    let (after, decision) = decided(&first);
    db.store.decide(&me, &after, &decision).await.unwrap();
    assert_eq!(db.store.alert(&me, first.id).await.unwrap(), (after.clone(), vec![decision.clone()]));
    let late = Alert { state: AlertState::Acknowledged, ..after.clone() };
    let refused = db.store.decide(&me, &late, &decision).await;
    assert!(matches!(refused, Err(StoreError::Conflict("alert"))), "{refused:?}");
    assert_eq!(db.store.alert(&me, first.id).await.unwrap(), (after, vec![decision]));
}

async fn dismissed_alerts_are_merged_while_they_are_recent(db: Db) {
    settled(&db).await;
    let given = [
        alert(1, "bangor", Tier::Watch, 2),
        Alert { state: AlertState::Dismissed, ..alert(2, "bangor", Tier::Watch, 9) },
        Alert { state: AlertState::Dismissed, ..alert(3, "bangor", Tier::Watch, 4) },
        Alert { state: AlertState::Over, ..alert(4, "bangor", Tier::Watch, 9) },
    ];
    put_alerts(&db, &given).await;
    let merged = db.store.alerts_to_merge(&all_of("me"), may_day(5)).await.unwrap();
    assert_eq!(merged.iter().map(|a| a.id.0.as_u128()).collect::<Vec<_>>(), [2, 1]);
}

async fn area_status_is_replaced_row_by_row(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    db.store.put_area_status(&me, &[status("orono", 1), status("bangor", 2)]).await.unwrap();
    db.store.put_area_status(&me, &[status("orono", 5)]).await.unwrap();
    assert_eq!(db.store.area_status(&me).await.unwrap(), [status("bangor", 2), status("orono", 5)]);
}

fn gap(n: u128, areas: &[&str]) -> DataGap {
    DataGap {
        id: GapId(uuid(n)),
        source: feed(),
        source_name: "Dispatch".into(),
        kind: GapKind::Silent,
        since: may(3) + Duration::microseconds(n as i64),
        noticed_at: may(5),
        closed_at: None,
        usual_per_day: Some(6.25),
        events: 0,
        areas: areas.iter().map(|a| area(a)).collect(),
    }
}

async fn data_gaps_open_close_and_are_seen_by_whom_they_concern(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let (near, far, all) = (gap(1, &["bangor", "state"]), gap(2, &["orono"]), gap(3, &[]));
    db.store.put_data_gaps(&me, &[near.clone(), far.clone(), all.clone()]).await.unwrap();
    assert_eq!(db.store.data_gaps(&me, None).await.unwrap(), [all.clone(), far.clone(), near.clone()]);
    assert_eq!(db.store.data_gaps(&only(&["bangor"]), None).await.unwrap(), [all.clone(), near.clone()]);
    assert_eq!(db.store.data_gaps(&all_of("pa"), None).await.unwrap(), []);
    // Put twice it is there once, and what began it stays.
    let closed = DataGap { closed_at: Some(may(7)), noticed_at: may(9), events: 4, ..near.clone() };
    db.store.put_data_gaps(&me, std::slice::from_ref(&closed)).await.unwrap();
    assert_eq!(db.store.data_gaps(&me, None).await.unwrap(), [all.clone(), far.clone()]);
    let kept = DataGap { noticed_at: may(5), ..closed };
    assert_eq!(db.store.data_gaps(&me, Some(may(7))).await.unwrap(), [all.clone(), far.clone(), kept]);
    assert_eq!(db.store.data_gaps(&me, Some(may(8))).await.unwrap(), [all, far]);
}
