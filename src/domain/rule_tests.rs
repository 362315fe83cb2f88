use super::*;
use crate::domain::{area::Area, place::Point};

fn tree(counties: usize) -> AreaTree {
    let area = |id: &str, parent: Option<&str>, kind| Area {
        id: AreaId::new(id).unwrap(),
        parent: parent.map(|p| AreaId::new(p).unwrap()),
        kind,
        name: id.into(),
        centre: Point::new(44.0, -69.0).unwrap(),
        bbox: [-70.0, 43.0, -68.0, 45.0],
        population: None,
        population_year: None,
    };
    let mut areas = vec![area("st", None, AreaKind::State)];
    areas.extend((0..counties).map(|i| area(&format!("c{i}"), Some("st"), AreaKind::County)));
    AreaTree::new(&areas)
}

const BUDGETS: BuiltInBudgets = BuiltInBudgets {
    cluster_watch_days: 30.0,
    cluster_alert_days: 100.0,
    areas_watch_per_year: 36.5,
    areas_alert_per_year: 12.0,
};

fn own(id: &str, places: RulePlaces, per_year: f64) -> AlertRule {
    AlertRule {
        id: RuleId::new(id).unwrap(),
        name: "Bangor, deaths".into(),
        places,
        measure: CaseMeasure::FatalOverdoses,
        tier: Tier::Alert,
        false_alerts_per_year: per_year,
        enabled: true,
        changed_at: None,
        changed_by: "A".into(),
    }
}

#[test]
fn the_built_in_rules_cost_the_same_in_a_state_of_many_counties_as_in_one_of_some() {
    let in_all = |n: usize, id: &str| {
        let tree = tree(n);
        let rules = built_in(&tree, &BUDGETS);
        rules.iter().find(|r| r.id.as_str() == id).unwrap().false_alerts_in_all(&tree)
    };
    assert!((in_all(16, "areas-alert") - 12.0).abs() < 1e-9);
    assert!((in_all(120, "areas-alert") - 12.0).abs() < 1e-9);
    assert_eq!(in_all(3, "areas-alert"), 3.0, "few counties: one a year each");
    assert!((in_all(16, "clusters-alert") - 3.6525).abs() < 1e-9);
    for rule in built_in(&tree(16), &BUDGETS) {
        assert_eq!(rule.check(&tree(16)), Ok(()));
    }
}

#[test]
fn a_rule_of_ones_own_takes_the_place_of_the_built_in_one_of_its_id() {
    let tree = tree(2);
    let off = AlertRule { enabled: false, ..built_in(&tree, &BUDGETS)[3].clone() };
    let mine = own("bangor-deaths", RulePlaces::Areas { areas: vec![AreaId::new("c0").unwrap()] }, 1.0);
    let rules = in_force(built_in(&tree, &BUDGETS), &[mine.clone(), off.clone()]);
    assert_eq!(rules.len(), 5);
    assert_eq!((&rules[3], &rules[4]), (&off, &mine));
    assert_eq!(mine.areas(&tree), [AreaId::new("c0").unwrap()]);
    // Every rule judges just the areas that it names, by its own measure, and none when it is off.
    for rule in &rules {
        for area in ["st", "c0", "c1", "zz"].map(|a| AreaId::new(a).unwrap()) {
            let named = rule.enabled && rule.areas(&tree).contains(&area);
            assert_eq!(rule.judges(&area, rule.measure, &tree), named, "{} {area}", rule.id);
            assert!(!rule.judges(&area, CaseMeasure::RepeatedNaloxone, &tree));
        }
    }
}

#[test]
fn what_cannot_be_kept_is_refused_with_the_field_and_what_was_expected() {
    let tree = tree(2);
    let each = RulePlaces::EachOf { kind: AreaKind::County };
    let said = |rule: AlertRule| rule.check(&tree).unwrap_err().to_string();
    assert_eq!(
        said(own("a", each.clone(), 40.0)),
        "false_alerts_per_year: expected 0.01 to 12 a year in each area, got 40"
    );
    assert!(said(own("a", each.clone(), f64::NAN)).starts_with("false_alerts_per_year: expected"));
    assert!(said(own("a", RulePlaces::Areas { areas: vec![] }, 1.0)).starts_with("places: expected one area"));
    let nowhere = RulePlaces::Areas { areas: vec![AreaId::new("zz").unwrap()] };
    assert_eq!(said(own("a", nowhere, 1.0)), "places: \"zz\" is not an area of this jurisdiction");
    assert!(said(own("a", RulePlaces::EachOf { kind: AreaKind::Zip }, 1.0)).contains("no area of kind zip"));
    assert!(said(own("a", RulePlaces::Clusters, 1.0)).starts_with("measure: clusters"));
    assert!(said(AlertRule { name: "  ".into(), ..own("a", each, 1.0) }).starts_with("name:"));
}
