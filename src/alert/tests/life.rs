//! One alert from its first signal to its end.

use super::*;

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
