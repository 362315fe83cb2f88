//! The life of an alert: what raises it, what keeps it one, what makes it heard again, what ends it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::*;
use crate::domain::{
    alert::{
        Alert, AlertOutcome, AlertState, DecideError, Decision, DecisionKind, DismissReason, DismissedFor, News,
        RuleRecord, Tier,
    },
    area::{Area, AreaKind},
    course::Turn,
    event::EventKind,
    ids::{AlertId, AreaId, JurisdictionId, RunId, SignalId},
    language::Language,
    place::{Cell, FINEST_SHARED, Point},
    rule::CaseMeasure,
    signal::{Method, Signal, SignalScope},
    time::{Day, DayRange},
};

const TODAY: i32 = 20_000;

/// A row of neighbouring cells, about 1 km apart.
fn cell(n: i32) -> Cell {
    Point::new(44.8, -68.8 + 0.013 * f64::from(n)).unwrap().cell(FINEST_SHARED)
}

fn area(id: &str, parent: Option<&str>) -> Area {
    Area {
        id: AreaId::new(id).unwrap(),
        parent: parent.map(|p| AreaId::new(p).unwrap()),
        kind: AreaKind::Other,
        name: id.into(),
        centre: Point::new(44.8, -68.8).unwrap(),
        bbox: [-70.0, 43.0, -68.0, 45.0],
        population: None,
        population_year: None,
    }
}

fn areas() -> Vec<Area> {
    vec![
        area("maine", None),
        area("penobscot", Some("maine")),
        area("bangor", Some("penobscot")),
        area("york", Some("maine")),
    ]
}

/// Watch at 30 days, alert at 100, for clusters and for every area.
fn policy() -> Policy {
    let every: Vec<AreaId> = ["bangor", "maine", "penobscot", "york"].map(|a| AreaId::new(a).unwrap()).to_vec();
    let rule = |id: &str, tier, days, reach: &Reach| Rule {
        id: id.into(),
        tier,
        min_recurrence_days: days,
        measure: CaseMeasure::Overdoses,
        reach: reach.clone(),
    };
    let rules = [("clusters", Reach::Clusters), ("areas", Reach::Areas(every))]
        .iter()
        .flat_map(|(name, reach)| {
            [
                rule(&format!("{name}-watch"), Tier::Watch, 30.0, reach),
                rule(&format!("{name}-alert"), Tier::Alert, 100.0, reach),
            ]
        })
        .collect();
    Policy { rules, min_cases: 3, days_until_over: 7, growth: Growth::default() }
}

/// A cluster over the cells `from ..= to`, found today.
fn cluster(from: i32, to: i32) -> Signal {
    Signal {
        id: SignalId::derived(&["scan", &from.to_string(), &to.to_string(), &TODAY.to_string()]),
        run: RunId::derived(&["run"]),
        as_of: Day::from_epoch_days(TODAY),
        method: Method { name: "space-time-permutation-scan".into(), version: 1, seed: Some(1) },
        kind: EventKind::Overdose,
        measure: CaseMeasure::Overdoses,
        scope: SignalScope::Cells,
        cells: (from..=to).map(cell).collect(),
        area: Some(AreaId::new("bangor").unwrap()),
        centre: Some(cell(i32::midpoint(from, to)).centre()),
        radius_km: Some(0.5 * f64::from(to - from)),
        place_name: "Downtown Bangor".into(),
        window: DayRange::ending(Day::from_epoch_days(TODAY), 3),
        observed: 6,
        expected: 1.2,
        expected_range: [0.0, 4.0],
        relative_risk: None,
        statistic: 8.0,
        p_value: 1.0 / 274.0,
        recurrence_interval_days: 274.0,
        replications: Some(999),
        events: vec![],
        caveats: vec![],
    }
}

fn spike(area: &str, observed: u32, expected: f64) -> Signal {
    Signal {
        id: SignalId::derived(&["ears", area, &TODAY.to_string()]),
        method: Method { name: "ears-c2".into(), version: 1, seed: None },
        scope: SignalScope::Area,
        cells: vec![],
        area: Some(AreaId::new(area).unwrap()),
        radius_km: None,
        place_name: area.into(),
        window: DayRange::ending(Day::from_epoch_days(TODAY), 1),
        observed,
        expected,
        replications: None,
        recurrence_interval_days: 120.0,
        p_value: 1.0 / 120.0,
        ..cluster(0, 0)
    }
}

/// The same signal as it would be found some days later.
fn later(mut signal: Signal, days: i32) -> Signal {
    signal.as_of = signal.as_of + days;
    signal.window = DayRange { from: signal.window.from + days, to: signal.window.to + days };
    signal.id = SignalId::derived(&[&signal.id.to_string(), &days.to_string()]);
    signal
}

fn rarity(mut signal: Signal, days: f64) -> Signal {
    signal.recurrence_interval_days = days;
    signal.p_value = 1.0 / days;
    signal
}

fn cases(mut signal: Signal, n: u32) -> Signal {
    signal.observed = n;
    signal
}

fn instant(days: i32) -> DateTime<Utc> {
    DateTime::from_timestamp(86_400 * i64::from(TODAY + days) + 43_200, 0).unwrap()
}

fn run(open: &[Alert], signals: &[Signal], days: i32) -> Vec<Change> {
    run_with(&policy(), open, signals, days, days)
}

fn run_with(policy: &Policy, open: &[Alert], signals: &[Signal], days: i32, data_through: i32) -> Vec<Change> {
    run_late(policy, open, signals, days, data_through, &BTreeMap::new(), &BTreeMap::new(), &BTreeMap::new())
}

fn run_late(
    policy: &Policy,
    open: &[Alert],
    signals: &[Signal],
    days: i32,
    data_through: i32,
    waiting: &BTreeMap<AreaId, Day>,
    recounted: &BTreeMap<AlertId, u32>,
    late: &BTreeMap<AlertId, u32>,
) -> Vec<Change> {
    let jurisdiction = JurisdictionId::new("me").unwrap();
    let areas = areas();
    let setting = Setting {
        jurisdiction: &jurisdiction,
        areas: &areas,
        policy,
        language: Language::En,
        as_of: Day::from_epoch_days(TODAY + days),
        data_through: Day::from_epoch_days(TODAY + data_through),
        waiting,
        recounted,
        late,
        now: instant(days),
    };
    reconcile(open, signals, &setting)
}

/// The only change, which must be there.
fn only(changes: Vec<Change>) -> Change {
    assert_eq!(changes.len(), 1, "{changes:#?}");
    changes.into_iter().next().unwrap()
}

/// What the store holds after the changes.
fn stored(open: &[Alert], changes: &[Change]) -> Vec<Alert> {
    let mut all: Vec<Alert> = open.iter().filter(|a| changes.iter().all(|c| c.alert.id != a.id)).cloned().collect();
    all.extend(changes.iter().map(|c| c.alert.clone()));
    all
}

#[test]
fn a_new_cluster_is_raised_in_plain_words() {
    let change = only(run(&[], &[cluster(0, 2)], 0));
    assert_eq!((change.news, change.replaces), (Some(News::Raised), None));
    assert_eq!((change.alert.tier, change.alert.rule.as_str()), (Tier::Alert, "clusters-alert"));
    assert_eq!(change.alert.headline, "Downtown Bangor: 6 overdoses in 72 hours; 1.2 are usual");
    assert_eq!(
        change.alert.sentence,
        "Downtown Bangor: 6 overdoses in 72 hours; 1.2 are usual. Chance alone would do this about once in 9 months."
    );
    assert_eq!(change.alert.first_signalled, Day::from_epoch_days(TODAY));
}

#[test]
fn the_same_alert_can_be_said_in_spanish() {
    let alert = only(run(&[], &[cluster(0, 2)], 0)).alert;
    assert_eq!(
        wording::sentence(&alert, Language::Es),
        "Downtown Bangor: 6 sobredosis en 72 horas; lo habitual son 1.2. \
         El azar por sí solo produciría esto aproximadamente una vez cada 9 meses."
    );
}

#[test]
fn one_usual_overdose_is_said_in_the_singular() {
    let mut signal = cluster(0, 2);
    signal.expected = 1.0;
    assert!(only(run(&[], &[signal], 0)).alert.headline.ends_with("; 1 is usual"));
}

#[test]
fn at_the_floor_of_the_replications_the_interval_is_a_lower_bound() {
    let signal = rarity(cluster(0, 2), 1000.0);
    let alert = only(run(&[], &[signal], 0)).alert;
    assert!(alert.sentence.ends_with("Chance alone would do this about once in 3 years or less often."));
}

#[test]
fn too_common_or_too_small_is_not_shown() {
    assert_eq!(run(&[], &[rarity(cluster(0, 2), 29.0)], 0), []);
    assert_eq!(run(&[], &[cases(rarity(cluster(0, 2), 5000.0), 2)], 0), []);
    assert_eq!(only(run(&[], &[rarity(cluster(0, 2), 30.0)], 0)).alert.tier, Tier::Watch);
}

#[test]
fn the_same_cluster_tomorrow_is_an_update_without_news() {
    let first = only(run(&[], &[cluster(0, 2)], 0)).alert;
    let change = only(run(std::slice::from_ref(&first), &[later(cluster(1, 3), 1)], 1));
    assert_eq!((change.alert.id, change.replaces, change.news), (first.id, Some(1), None));
    assert_eq!(change.alert.version, 2);
    assert_eq!(change.alert.signals.len(), 2);
    assert_eq!(change.alert.first_signalled, first.first_signalled);
    assert_eq!(change.alert.last_signalled, Day::from_epoch_days(TODAY + 1));
}

#[test]
fn a_cluster_elsewhere_is_another_alert() {
    let first = only(run(&[], &[cluster(0, 2)], 0)).alert;
    let changes = run(std::slice::from_ref(&first), &[later(cluster(0, 2), 1), later(cluster(20, 22), 1)], 1);
    assert_eq!(changes.len(), 2);
    assert_eq!(changes.iter().filter(|c| c.news == Some(News::Raised) && c.alert.id != first.id).count(), 1);
}

#[test]
fn another_kind_in_the_same_place_is_another_alert() {
    let naloxone = Signal { kind: EventKind::Naloxone, id: SignalId::derived(&["n"]), ..cluster(0, 2) };
    assert_eq!(run(&[], &[cluster(0, 2), naloxone], 0).len(), 2);
}

#[test]
fn from_watch_to_alert_is_an_escalation_and_needs_a_new_acknowledgement() {
    let watch = only(run(&[], &[rarity(cluster(0, 2), 40.0)], 0)).alert;
    let seen = watch.decide(DecisionKind::Acknowledge, None, 1, instant(0)).unwrap();
    let change = only(run(&[seen], &[later(cluster(0, 2), 1)], 1));
    assert_eq!(change.news, Some(News::Escalated));
    assert_eq!((change.alert.tier, change.alert.state), (Tier::Alert, AlertState::Open));
    assert_eq!((change.alert.rule.as_str(), change.alert.raised_at), ("clusters-alert", instant(1)));
}

#[test]
fn an_alert_never_becomes_a_watch_while_it_lasts() {
    let alert = only(run(&[], &[cluster(0, 2)], 0)).alert;
    let change = only(run(&[alert], &[rarity(later(cluster(0, 2), 1), 40.0)], 1));
    assert_eq!((change.alert.tier, change.news), (Tier::Alert, None));
    assert_eq!(change.alert.peak_recurrence_interval_days, 274.0);
}

#[test]
fn growth_is_told_once_even_when_it_comes_one_by_one() {
    let mut open = stored(&[], &run(&[], &[cluster(0, 2)], 0));
    let mut told = Vec::new();
    for day in 1..=6 {
        let changes = run(&open, &[cases(later(cluster(0, 2), day), 6 + day as u32)], day);
        told.push(changes[0].news);
        open = stored(&open, &changes);
    }
    // 6 → 9 is half as much again and three more; the next step is told at 14.
    assert_eq!(told, [None, None, Some(News::Grown), None, None, None]);
    assert_eq!(open[0].told_observed, 9);
}

#[test]
fn the_course_of_an_alert_is_told_day_by_day() {
    let mut open = stored(&[], &run(&[], &[cluster(0, 2)], 0));
    assert_eq!(open[0].turn, Turn::New);
    let mut told = Vec::new();
    let days = [(8, 400.0), (8, 400.0), (5, 150.0), (5, 150.0)];
    for (day, (observed, often)) in (1..).zip(days) {
        let signals = [rarity(cases(later(cluster(0, 2), day), observed), often)];
        open = stored(&open, &run(&open, &signals, day));
        told.push(open[0].turn);
        // The same day again changes nothing, the turn included.
        assert_eq!(run(&open, &signals, day), []);
    }
    assert_eq!(told, [Turn::Grew, Turn::Steady, Turn::Cooled, Turn::Steady]);
}

#[test]
fn people_are_told_where_an_alert_has_gone() {
    let open = stored(&[], &run(&[], &[cluster(0, 4)], 0));
    let change = only(run(&open, &[later(cluster(4, 8), 1)], 1));
    assert_eq!((change.alert.id, change.alert.turn, change.news), (open[0].id, Turn::Moved, Some(News::Moved)));
    let watch = stored(&[], &run(&[], &[rarity(cluster(0, 4), 40.0)], 0));
    let change = only(run(&watch, &[rarity(later(cluster(4, 8), 1), 40.0)], 1));
    assert_eq!((change.alert.turn, change.news), (Turn::Moved, None), "the watch list is read, not sent");
}

#[test]
fn an_alert_is_over_after_seven_days_without_a_signal() {
    let alert = only(run(&[], &[cluster(0, 2)], 0)).alert;
    assert_eq!(run(std::slice::from_ref(&alert), &[], 6), []);
    let change = only(run(&[alert], &[], 7));
    assert_eq!((change.alert.state, change.news), (AlertState::Over, Some(News::Over)));
}

#[test]
fn a_silent_feed_does_not_end_an_alert() {
    let alert = only(run(&[], &[cluster(0, 2)], 0)).alert;
    assert_eq!(run_with(&policy(), &[alert], &[], 20, 3), []);
}

#[test]
fn an_alert_in_an_area_that_waits_for_a_silent_feed_is_not_over() {
    let open: Vec<Alert> = run(&[], &[cluster(0, 2)], 0).into_iter().map(|c| c.alert).collect();
    let quiet = |area: &str| {
        let waiting = BTreeMap::from([(AreaId::new(area).unwrap(), Day::from_epoch_days(TODAY + 2))]);
        run_late(&policy(), &open, &[], 8, 8, &waiting, &BTreeMap::new(), &BTreeMap::new())
    };
    assert_eq!(quiet("bangor"), [], "data through the second day only");
    assert_eq!(quiet("york")[0].alert.state, AlertState::Over, "another area's silence is no reason");
}

#[test]
fn late_reports_restate_an_alert_without_news_and_never_take_cases_away() {
    let open: Vec<Alert> = run(&[], &[cluster(0, 2)], 0).into_iter().map(|c| c.alert).collect();
    let again = |n: u32| {
        let recounted = BTreeMap::from([(open[0].id, n)]);
        run_late(&policy(), &open, &[], 2, 2, &BTreeMap::new(), &recounted, &BTreeMap::new())
    };
    let restated = &again(9)[0];
    assert_eq!((restated.alert.observed, restated.news, restated.alert.state), (9, None, AlertState::Open));
    assert!(restated.alert.headline.contains('9') && restated.alert.told_observed == 6, "{:?}", restated.alert);
    assert_eq!((again(6), again(4)), (vec![], vec![]));
}

#[test]
fn after_a_month_an_alert_is_over_whatever_the_feed_does() {
    let alert = only(run(&[], &[cluster(0, 2)], 0)).alert;
    assert_eq!(only(run_with(&policy(), &[alert], &[], 28, 3)).news, Some(News::Over));
}

#[test]
fn spikes_of_an_area_on_two_days_running_are_one_alert() {
    let today = spike("penobscot", 7, 3.1);
    let mut yesterday = Signal { id: SignalId::derived(&["before"]), observed: 6, ..today.clone() };
    yesterday.window = DayRange { from: today.window.from - 1, to: today.window.to - 1 };
    assert_eq!(only(run(&[], &[yesterday.clone(), today.clone()], 0)).alert.signals.len(), 2);
    yesterday.window = DayRange { from: today.window.from - 2, to: today.window.to - 2 };
    assert_eq!(run(&[], &[yesterday, today], 0).len(), 2, "with a quiet day between they are two");
}

#[test]
fn a_place_without_a_name_is_called_by_its_area() {
    let nameless = Signal { place_name: String::new(), ..cluster(0, 2) };
    assert!(only(run(&[], &[nameless], 0)).alert.headline.starts_with("bangor: 6 overdoses"));
}

#[test]
fn a_cluster_that_comes_back_after_it_was_over_is_a_new_alert() {
    let alert = only(run(&[], &[cluster(0, 2)], 0)).alert;
    let over = only(run(std::slice::from_ref(&alert), &[], 7)).alert;
    let change = only(run(&[over], &[later(cluster(0, 2), 12)], 12));
    assert_eq!(change.news, Some(News::Raised));
    assert_ne!(change.alert.id, alert.id);
}

#[test]
fn a_dismissed_alert_takes_its_repeats_in_silence() {
    let alert = only(run(&[], &[cluster(0, 2)], 0)).alert;
    let dismissed = alert.decide(DecisionKind::Dismiss, Some(DismissReason::KnownCause), 1, instant(0)).unwrap();
    let change = only(run(&[dismissed], &[cases(later(cluster(0, 2), 1), 8)], 1));
    assert_eq!((change.news, change.alert.state), (None, AlertState::Dismissed));
    assert_eq!(change.alert.observed, 6, "the figures that were dismissed stay");
    assert_eq!(change.alert.last_signalled, Day::from_epoch_days(TODAY + 1));
}

#[test]
fn a_dismissed_alert_opens_again_when_it_doubles() {
    let alert = only(run(&[], &[cluster(0, 2)], 0)).alert;
    let dismissed = alert.decide(DecisionKind::Dismiss, Some(DismissReason::Chance), 1, instant(0)).unwrap();
    let change = only(run(&[dismissed], &[cases(later(cluster(0, 2), 1), 12)], 1));
    assert_eq!((change.news, change.alert.state, change.alert.observed), (Some(News::Escalated), AlertState::Open, 12));
}

#[test]
fn two_methods_that_find_the_same_place_make_one_alert_that_says_so() {
    let other = Signal {
        id: SignalId::derived(&["poisson"]),
        method: Method { name: "poisson-scan".into(), version: 1, seed: Some(1) },
        ..rarity(cluster(1, 3), 150.0)
    };
    let change = only(run(&[], &[other, cluster(0, 2)], 0));
    assert_eq!(change.alert.signals.len(), 2);
    assert!(change.alert.sentence.ends_with("9 months. A second method finds the same."), "{}", change.alert.sentence);
    assert_eq!(change.alert.cells.len(), 4, "the cells of both");
}

#[test]
fn a_county_spike_that_a_cluster_explains_is_part_of_its_alert() {
    let change = only(run(&[], &[spike("penobscot", 7, 3.1), cluster(0, 2)], 0));
    assert_eq!(change.alert.place_name, "Downtown Bangor");
    assert!(
        change
            .alert
            .sentence
            .ends_with("penobscot as a whole is above usual too: 7 overdoses in 24 hours; 3.1 are usual."),
        "{}",
        change.alert.sentence
    );
}

#[test]
fn a_state_wide_spike_that_one_cluster_does_not_explain_stands_alone() {
    let changes = run(&[], &[spike("maine", 40, 18.0), cluster(0, 2)], 0);
    assert_eq!(changes.len(), 2);
}

#[test]
fn a_spike_in_another_county_stands_alone() {
    assert_eq!(run(&[], &[spike("york", 7, 3.1), cluster(0, 2)], 0).len(), 2);
}

#[test]
fn an_area_alert_goes_on_when_a_cluster_in_it_appears() {
    let area_alert = only(run(&[], &[spike("penobscot", 7, 3.1)], 0)).alert;
    assert_eq!(area_alert.place_name, "penobscot");
    let change = only(run(std::slice::from_ref(&area_alert), &[later(cluster(0, 2), 1)], 1));
    assert_eq!((change.alert.id, change.news), (area_alert.id, None));
    assert_eq!(change.alert.place_name, "Downtown Bangor");
}

#[test]
fn an_analysis_of_an_older_day_changes_no_newer_alert() {
    let newer = only(run(&[], &[later(cluster(0, 2), 3)], 3)).alert;
    assert_eq!(run(&[newer], &[cluster(0, 2)], 0), []);
}

#[test]
fn what_a_person_may_decide_depends_on_the_state() {
    use AlertState as S;
    use DecisionKind as D;
    let alert = only(run(&[], &[cluster(0, 2)], 0)).alert;
    let legal = [
        (S::Open, D::Acknowledge, S::Acknowledged),
        (S::Open, D::Investigate, S::Investigating),
        (S::Open, D::Dismiss, S::Dismissed),
        (S::Acknowledged, D::Investigate, S::Investigating),
        (S::Acknowledged, D::Dismiss, S::Dismissed),
        (S::Investigating, D::Dismiss, S::Dismissed),
        (S::Over, D::Dismiss, S::Dismissed),
        (S::Dismissed, D::Reopen, S::Open),
    ];
    for &state in S::ALL {
        for &kind in D::ALL {
            let reason = (kind == D::Dismiss).then_some(DismissReason::Chance);
            let answer = Alert { state, ..alert.clone() }.decide(kind, reason, 1, instant(1));
            match legal.iter().find(|(s, k, _)| (*s, *k) == (state, kind)) {
                Some((_, _, to)) => assert_eq!(answer.map(|a| (a.state, a.version)), Ok((*to, 2)), "{state} {kind}"),
                None => assert_eq!(answer, Err(DecideError::NotFrom { state, kind })),
            }
        }
    }
    assert_eq!(alert.decide(D::Dismiss, None, 1, instant(1)), Err(DecideError::ReasonMissing));
    let reason = Some(DismissReason::Chance);
    assert_eq!(alert.decide(D::Acknowledge, reason, 1, instant(1)), Err(DecideError::ReasonNotAsked));
    assert_eq!(alert.decide(D::Acknowledge, None, 2, instant(1)), Err(DecideError::Changed { seen: 2, now: 1 }));
}

#[test]
fn a_rule_is_judged_by_what_became_of_its_alerts() {
    let raised = only(run(&[], &[cluster(0, 2)], 0)).alert;
    let taken = |kind, hours| {
        let at = raised.raised_at + chrono::Duration::hours(hours);
        let reason = (kind == DecisionKind::Dismiss).then_some(DismissReason::Chance);
        let decision = Decision { kind, reason, note: String::new(), by: "P. Health".into(), at, alert_version: 1 };
        (raised.decide(kind, reason, 1, at).unwrap(), vec![decision])
    };
    let other_rule = Alert { rule: "clusters-watch".into(), ..raised.clone() };
    let history = [
        taken(DecisionKind::Investigate, 2),
        taken(DecisionKind::Dismiss, 4),
        taken(DecisionKind::Acknowledge, 9),
        (raised.clone(), vec![]),
        (other_rule, vec![]),
    ];
    let record = {
        let outcomes: Vec<AlertOutcome> = history.iter().map(|(a, d)| AlertOutcome::of(a, d)).collect();
        RuleRecord::of("clusters-alert", &outcomes)
    };
    assert_eq!((record.sent, record.confirmed, record.dismissed), (4, 1, 1));
    assert_eq!(record.dismissed_for, [DismissedFor { reason: DismissReason::Chance, alerts: 1 }]);
    assert_eq!(record.median_hours_to_acknowledge, Some(4.0));
}

#[test]
fn both_message_files_say_everything() {
    // Reading the catalogue compares its keys and placeholders.
    assert_eq!(wording::over(7, Language::En), "No longer above usual: not seen for 7 days.");
    assert!(wording::over(7, Language::Es).contains("7 días"));
}

fn any_signal() -> impl Strategy<Value = Signal> {
    let place = prop_oneof![
        (0..12i32, 0..3i32).prop_map(|(from, more)| cluster(from, from + more)),
        (prop_oneof![Just("bangor"), Just("penobscot"), Just("maine"), Just("york")], 3..20u32)
            .prop_map(|(area, n)| spike(area, n, 1.5)),
    ];
    (place, 10.0..2000.0f64, 2..20u32, 0..2u8).prop_map(|(signal, days, n, method)| {
        let mut signal = cases(rarity(signal, days), n);
        signal.method.name = format!("{}-{method}", signal.method.name);
        signal.id = SignalId::derived(&[&signal.id.to_string(), &method.to_string()]);
        signal
    })
}

proptest! {
    #[test]
    fn a_second_run_on_the_same_day_changes_nothing(
        days in prop::collection::vec(prop::collection::vec(any_signal(), 0..6), 1..6),
        dismissed in prop::collection::vec(any::<bool>(), 6),
    ) {
        let mut open: Vec<Alert> = Vec::new();
        for (day, signals) in (0i32..).zip(days) {
            let mut signals: Vec<Signal> = signals.into_iter().map(|s| later(s, day)).collect();
            signals.sort_by_key(|s| s.id);
            signals.dedup_by_key(|s| s.id);
            let first = run(&open, &signals, day);
            open = stored(&open, &first);
            prop_assert_eq!(run(&open, &signals, day), vec![]);
            // Nor does it after a person decided in between.
            if dismissed[day as usize] && let Some(alert) = open.iter_mut().find(|a| a.state == AlertState::Open) {
                *alert = alert.decide(DecisionKind::Dismiss, Some(DismissReason::Chance), alert.version, instant(day)).unwrap();
            }
            prop_assert_eq!(run(&open, &signals, day), vec![]);
        }
    }

    #[test]
    fn the_order_of_signals_and_alerts_does_not_matter(
        before in prop::collection::vec(any_signal(), 0..6),
        after in prop::collection::vec(any_signal(), 0..6),
    ) {
        let unique = |mut s: Vec<Signal>| { s.sort_by_key(|s| s.id); s.dedup_by_key(|s| s.id); s };
        let before = unique(before);
        let open = stored(&[], &run(&[], &before, 0));
        let after = unique(after.into_iter().map(|s| later(s, 1)).collect());
        let (mut turned_open, mut turned) = (open.clone(), after.clone());
        turned_open.reverse();
        turned.reverse();
        prop_assert_eq!(run(&open, &after, 1), run(&turned_open, &turned, 1));
    }

    #[test]
    fn every_signal_that_speaks_ends_in_exactly_one_alert(signals in prop::collection::vec(any_signal(), 0..8)) {
        let mut signals = signals;
        signals.sort_by_key(|s| s.id);
        signals.dedup_by_key(|s| s.id);
        let changes = run(&[], &signals, 0);
        for signal in &signals {
            let homes = changes.iter().filter(|c| c.alert.signals.contains(&signal.id)).count();
            let speaks = policy().rule_for(signal).is_some();
            prop_assert_eq!(homes, usize::from(speaks));
        }
    }
}

#[test]
fn the_loudest_rule_that_is_met_speaks_for_its_own_kind_only() {
    let policy = policy();
    let name = |signal: &Signal| policy.rule_for(signal).map(|r| r.id.clone());
    assert_eq!(name(&rarity(cluster(0, 0), 29.9)), None);
    assert_eq!(name(&rarity(cluster(0, 0), 30.0)).as_deref(), Some("clusters-watch"));
    assert_eq!(name(&rarity(cluster(0, 0), 100.0)).as_deref(), Some("clusters-alert"));
    assert_eq!(name(&cases(rarity(cluster(0, 0), 5000.0), 2)), None, "two cases are no cluster, however rare");
    assert_eq!(name(&rarity(cluster(0, 0), f64::NAN)), None);
    assert_eq!(name(&cases(spike("york", 2, 0.1), 2)).as_deref(), Some("areas-alert"));
    assert_eq!(name(&spike("elsewhere", 9, 0.1)), None);
    let fatal = Signal { measure: CaseMeasure::FatalOverdoses, ..spike("york", 9, 0.1) };
    assert_eq!(name(&fatal), None, "no rule asked for deaths");
}

#[test]
fn deaths_and_overdoses_of_one_county_are_two_alerts_with_their_own_words() {
    let mut policy = policy();
    let deaths = Rule {
        id: "deaths".into(),
        measure: CaseMeasure::FatalOverdoses,
        ..policy.rules.iter().find(|r| r.id == "areas-alert").unwrap().clone()
    };
    policy.rules.push(deaths);
    let fatal =
        Signal { id: SignalId::derived(&["deaths"]), measure: CaseMeasure::FatalOverdoses, ..spike("york", 3, 0.2) };
    let changes = run_with(&policy, &[], &[spike("york", 9, 2.0), fatal], 0, 0);
    let mut headlines: Vec<&str> = changes.iter().map(|c| c.alert.headline.as_str()).collect();
    headlines.sort_unstable();
    assert_eq!(
        headlines,
        ["york: 3 fatal overdoses in 24 hours; 0.2 are usual", "york: 9 overdoses in 24 hours; 2 are usual"]
    );
}

#[test]
fn cases_that_come_days_late_restate_the_figures_and_are_no_growth() {
    let open = stored(&[], &run(&[], &[cluster(0, 2)], 0));
    let more = cases(later(cluster(0, 2), 1), 11);
    let told = |late: u32| {
        let late = BTreeMap::from([(open[0].id, late)]);
        let nothing = BTreeMap::new();
        only(run_late(&policy(), &open, std::slice::from_ref(&more), 1, 1, &BTreeMap::new(), &nothing, &late))
    };
    assert_eq!(told(0).news, Some(News::Grown));
    let restated = told(5);
    assert_eq!((restated.news, restated.alert.observed, restated.alert.told_observed), (None, 11, 11));
    // What came on time on top of it is told.
    assert_eq!(told(1).news, Some(News::Grown));
}
