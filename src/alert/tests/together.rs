//! Several signals, rules and people.

use super::*;

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
