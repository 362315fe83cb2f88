//! Alert rules, where areas stand under them, and what became of the alerts.

use emberwatch::{
    domain::{
        alert::{AlertState, Decision, DecisionKind, DismissReason, DismissedFor, RuleRecord, Tier},
        area::AreaKind,
        ids::{AreaId, RuleId},
        rule::{AlertRule, CaseMeasure, RulePlaces, RuleStanding},
    },
    store::StoredAnalysis,
};

use crate::{
    Db,
    findings::{alert, analysis, run},
    on_both,
    world::{all_of, may, may_day, only, settled},
};

on_both! {
    a_rule_is_set_changed_and_removed_by_its_owner,
    standings_are_those_of_the_last_analysis_that_had_any,
    what_became_of_alerts_is_counted_by_rule,
}

fn rule(id: &str, places: RulePlaces) -> AlertRule {
    AlertRule {
        id: RuleId::new(id).unwrap(),
        name: "Bangor, deaths".into(),
        places,
        measure: CaseMeasure::FatalOverdoses,
        tier: Tier::Watch,
        false_alerts_per_year: 0.1 + 0.2,
        enabled: true,
        changed_at: Some(may(2)),
        changed_by: "A. Admin".into(),
    }
}

async fn a_rule_is_set_changed_and_removed_by_its_owner(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let places = RulePlaces::Areas { areas: vec![AreaId::new("bangor").unwrap()] };
    let (b, a) = (rule("b", places), rule("a", RulePlaces::EachOf { kind: AreaKind::County }));
    for rule in [&b, &a, &a] {
        db.store.put_rule(&me, rule).await.unwrap();
    }
    assert_eq!(db.store.rules(&me).await.unwrap(), [a.clone(), b.clone()]);
    assert_eq!(db.store.rules(&all_of("nh")).await.unwrap(), []);
    let off =
        AlertRule { enabled: false, tier: Tier::Alert, places: RulePlaces::Clusters, changed_at: None, ..b.clone() };
    db.store.put_rule(&me, &off).await.unwrap();
    db.store.remove_rule(&all_of("nh"), &a.id).await.unwrap();
    assert_eq!(db.store.rules(&me).await.unwrap(), [a.clone(), off.clone()]);
    for _ in 0..2 {
        db.store.remove_rule(&me, &a.id).await.unwrap();
    }
    assert_eq!(db.store.rules(&me).await.unwrap(), [off]);
}

fn standing(rule: &str, area: &str, seen: bool) -> RuleStanding {
    RuleStanding {
        rule: RuleId::new(rule).unwrap(),
        area: AreaId::new(area).unwrap(),
        as_of: may_day(2),
        usual_per_day: seen.then_some(0.3),
        recurrence_interval_days: seen.then_some(12.5),
        sees_double: seen.then_some(0.25),
        sees_triple: seen.then_some(2.0 / 3.0),
        sees_extra: seen.then_some(6),
        would_have_begun: seen.then_some(0),
        days_judged: 351,
        reason: if seen { String::new() } else { "needs 56 days".into() },
    }
}

async fn standings_are_those_of_the_last_analysis_that_had_any(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let all = vec![standing("a", "bangor", true), standing("a", "orono", false), standing("b", "bangor", true)];
    let shuffled = vec![all[2].clone(), all[0].clone(), all[1].clone()];
    let stored = StoredAnalysis { standings: Some(shuffled), ..analysis(run(1, 2)) };
    for _ in 0..2 {
        db.store.put_analysis(&me, &stored).await.unwrap();
        assert_eq!(db.store.rule_standings(&me).await.unwrap(), all);
    }
    db.store.put_analysis(&me, &analysis(run(2, 3))).await.unwrap();
    assert_eq!(db.store.rule_standings(&me).await.unwrap(), all, "a run without any leaves them");
    assert_eq!(db.store.rule_standings(&only(&["orono"])).await.unwrap(), all[1..2]);
    assert_eq!(db.store.rule_standings(&all_of("nh")).await.unwrap(), []);
    db.store.remove_rule(&me, &RuleId::new("a").unwrap()).await.unwrap();
    assert_eq!(db.store.rule_standings(&me).await.unwrap(), all[2..]);
    let none = StoredAnalysis { standings: Some(vec![]), ..analysis(run(3, 4)) };
    db.store.put_analysis(&me, &none).await.unwrap();
    assert_eq!(db.store.rule_standings(&me).await.unwrap(), []);
}

async fn what_became_of_alerts_is_counted_by_rule(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let raised = [7, 8, 9].map(|n| alert(n, if n == 9 { "orono" } else { "bangor" }, Tier::Alert, 2));
    let alerts = raised.iter().map(|a| (a.clone(), None)).collect();
    db.store.put_analysis(&me, &StoredAnalysis { alerts, ..analysis(run(1, 2)) }).await.unwrap();
    let record = async |scope: &_| RuleRecord::of("scan", &db.store.alert_outcomes(scope).await.unwrap());
    let before = record(&me).await;
    assert_eq!((before.sent, before.confirmed, before.dismissed), (3, 0, 0));
    let mut first = raised[0].clone();
    for (kind, reason, day) in [
        (DecisionKind::Investigate, None, 2),
        (DecisionKind::Dismiss, Some(DismissReason::Chance), 3),
        (DecisionKind::Reopen, None, 4),
        (DecisionKind::Dismiss, Some(DismissReason::DataProblem), 5),
    ] {
        let after = first.decide(kind, reason, first.version, may(day)).unwrap();
        let decision =
            Decision { kind, reason, note: String::new(), by: "P".into(), at: may(day), alert_version: first.version };
        db.store.decide(&me, &after, &decision).await.unwrap();
        first = after;
    }
    assert_eq!(first.state, AlertState::Dismissed);
    let after = record(&me).await;
    assert_eq!((after.sent, after.confirmed, after.dismissed), (3, 0, 1));
    assert_eq!(after.dismissed_for, [DismissedFor { reason: DismissReason::DataProblem, alerts: 1 }]);
    assert_eq!(after.median_hours_to_acknowledge, Some(24.0), "from raising to the first decision");
    assert_eq!(record(&only(&["orono"])).await.sent, 1);
    assert_eq!(record(&all_of("nh")).await.sent, 0);
}
