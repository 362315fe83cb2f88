//! What a brief says.

use super::*;

#[test]
fn alerts_come_before_the_watch_list_and_that_before_forecasts() {
    let world = World {
        alerts: vec![alert("Watched", 3, 40.0), alert("Rare", 1, 400.0), alert("Less rare", 2, 150.0)],
        forecasts: vec![forecast(5, 0.9, 2.3, 2.3)],
        ..World::empty()
    };
    let brief = world.brief();
    assert_eq!(names(&brief), ["Rare", "Less rare", "Watched"]);
    assert_eq!(brief.places.iter().map(|p| p.rank).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(
        brief.places.iter().map(|p| p.certainty.as_str()).collect::<Vec<_>>(),
        ["very sure", "fairly sure", "a hint"]
    );
    assert_eq!(brief.quiet, None);
}

#[test]
fn a_place_says_its_reason_in_one_breath() {
    let brief = World { alerts: vec![alert("Downtown Bangor", 1, 274.0)], ..World::empty() }.brief();
    assert_eq!(
        brief.places[0].reason,
        "6 overdoses in 72 hours; 1.2 are usual. Chance alone would do this about once in 9 months."
    );
    let spanish =
        World { alerts: vec![alert("Downtown Bangor", 1, 274.0)], language: Language::Es, ..World::empty() }.brief();
    assert_eq!(
        spanish.places[0].reason,
        "6 sobredosis en 72 horas; lo habitual son 1.2. El azar por sí solo produciría esto aproximadamente una vez cada 9 meses."
    );
}

#[test]
fn a_place_says_how_many_of_its_overdoses_several_sources_tell_of() {
    let one = |n: usize, at: i32, back: i32, source: &str, incident: Option<&str>| EventFact {
        source: SourceId::new(source).unwrap(),
        incident: incident.map(|i| IncidentId::derived(&[i])),
        ..fact(n, at, back)
    };
    let town_only = EventFact { cell: None, precision: Precision::Place, ..one(1, 1, 1, "ed", Some("a")) };
    let facts = vec![
        town_only,
        one(2, 1, 1, "ems", Some("a")),
        one(3, 1, 2, "ems", None),
        // Before the window, and at another place.
        one(4, 1, 9, "police", Some("b")),
        one(5, 1, 9, "ems", Some("b")),
        one(6, 4, 1, "police", Some("c")),
        one(7, 4, 1, "ems", Some("c")),
    ];
    let world = World { alerts: vec![alert("Downtown", 1, 274.0)], facts, ..World::empty() };
    let brief = world.brief();
    assert_eq!(brief.places[0].name, "Downtown");
    let two = Corroboration { overdoses: 2, told_by_two: 1, told_by_three: 0 };
    assert_eq!(brief.places[0].corroboration, Some(two));
    let alone =
        World { facts: world.facts.into_iter().filter(|f| f.source.as_str() == "ems").collect(), ..World::empty() };
    let alone = World { alerts: vec![alert("Downtown", 1, 274.0)], ..alone };
    assert_eq!(alone.brief().places[0].corroboration, None, "one source alone can't agree");
}

#[test]
fn the_same_ground_is_named_once_and_carries_its_forecast() {
    let world = World {
        alerts: vec![alert("Downtown", 1, 274.0), alert("Downtown too", 1, 40.0)],
        forecasts: vec![forecast(1, 0.6, 0.9, 0.5), forecast(4, 0.4, 0.5, 0.5)],
        ..World::empty()
    };
    let brief = world.brief();
    assert_eq!(brief.places.len(), 2);
    assert_eq!(brief.places[0].forecast_p, Some(0.6));
    assert!(brief.places[0].known.iter().any(|k| k.starts_with("Also on the watch list here: Downtown too")));
    assert_eq!(brief.quiet.as_deref(), Some("Only one of the places below stands out; the others are by forecast."));
}

#[test]
fn forecasts_are_ranked_by_chance_and_compared_with_history() {
    let world = World {
        forecasts: vec![forecast(2, 0.41, 0.53, 0.5), forecast(0, 0.7, 1.2, 0.4), forecast(4, 0.2, 0.2, 0.2)],
        ..World::empty()
    };
    let brief = world.brief();
    let said: Vec<_> = brief.places.iter().map(|p| (p.reason.as_str(), p.certainty.as_str())).collect();
    assert_eq!(
        said,
        [
            (
                "70 % chance of an overdose here in the next 7 days: 3 times what this place's history expects.",
                "likely"
            ),
            ("41 % chance of an overdose here in the next 7 days, much as this place's history expects.", "possible"),
            (
                "20 % chance of an overdose here in the next 7 days, much as this place's history expects.",
                "less likely"
            ),
        ]
    );
    assert_eq!(brief.places[0].name, "Orono");
    assert_eq!(brief.places[1].name, "3 miles east of Orono");
    assert!(brief.quiet.unwrap().starts_with("Nothing stands out in Penobscot."));
}

#[test]
fn without_a_forecast_places_of_lasting_need_are_named_as_such() {
    let mut world = World::empty();
    world.facts = (0..5).map(|n| fact(n, 0, 40 + n as i32)).chain((5..8).map(|n| fact(n, 4, 60))).collect();
    let brief = world.brief();
    assert_eq!(brief.places.len(), 2);
    assert_eq!(
        brief.places[0].reason,
        "5 of the 8 overdoses here in the last 365 days: a place of lasting need, not a new rise."
    );
    assert_eq!(brief.places[0].certainty, "long-run need");
    assert!(brief.quiet.unwrap().contains("there is no forecast"));
}

#[test]
fn an_empty_catchment_is_not_called_safe() {
    let brief = World::empty().brief();
    assert!(brief.places.is_empty());
    assert!(brief.quiet.unwrap().ends_with("No report is not the same as no overdose."));
    assert!(brief.limits.starts_with("There is no record of overdoses in Penobscot"));
}

#[test]
fn another_county_is_not_in_the_brief() {
    let elsewhere = |mut a: Alert| {
        a.area = Some(id("york"));
        a
    };
    let mut world = World { alerts: vec![elsewhere(alert("Saco", 1, 400.0))], ..World::empty() };
    let stranger = EventFact { area: Some(id("york")), ..fact(1, 3, 2) };
    world.facts = vec![stranger];
    world.follow_ups = vec![FollowUp { area: Some(id("york")), ..owed() }];
    let brief = world.brief();
    assert!(brief.places.is_empty() && brief.follow_ups.is_empty());
}

#[test]
fn dismissed_and_finished_alerts_are_no_places_to_go() {
    let with = |state| Alert { state, ..alert("Downtown", 1, 400.0) };
    for state in [AlertState::Dismissed, AlertState::Over] {
        assert!(World { alerts: vec![with(state)], ..World::empty() }.brief().places.is_empty(), "{state}");
    }
    let seen = World { alerts: vec![with(AlertState::Investigating)], ..World::empty() }.brief();
    assert_eq!(seen.places[0].reason_kind, ReasonKind::Alert);
}

#[test]
fn an_area_alert_points_to_where_most_of_it_was() {
    let mut world = World::empty();
    let county = Alert { cells: vec![], centre: None, area: Some(id("penobscot")), ..alert("Penobscot", 0, 120.0) };
    world.alerts = vec![county];
    world.facts = (0..3).map(|n| fact(n, 0, 1)).chain((3..5).map(|n| fact(n, n as i32 * 3, 1))).collect();
    let place = &world.brief().places[0];
    assert!(place.known.contains(&"3 of the 5 were near Orono.".to_owned()), "{:?}", place.known);
    assert_eq!((place.cells.as_slice(), place.centre), ([cell(0)].as_slice(), cell(0).centre()));
}

#[test]
fn what_is_known_about_a_place_is_said() {
    let mut world = World { alerts: vec![alert("Downtown", 1, 274.0)], ..World::empty() };
    world.encounters = vec![contact(1, 9, 4), contact(1, 12, 3), contact(4, 2, 9)];
    world.follow_ups = vec![FollowUp { cell: Some(cell(1)), ..owed() }];
    world.facts = vec![
        EventFact { naloxone: NaloxoneGiven::Multiple, ..fact(1, 1, 1) },
        EventFact { outcome: Outcome::Fatal, ..fact(2, 1, 0) },
    ];
    let brief = world.brief();
    assert_eq!(
        brief.places[0].known,
        [
            "Last visit nine days ago.",
            "Two contacts here in the last 30 days, two with a person reached.",
            "Seven kits given here in the last 30 days.",
            "One follow-up is due here.",
            "One of the two overdoses was fatal or suspected fatal.",
            "Naloxone was given at one of the two overdoses.",
        ]
    );
    assert_eq!(brief.places[0].recent.len(), 14);
    assert_eq!(brief.places[0].recent[12..], [1, 1]);
}

#[test]
fn one_incident_reported_twice_is_counted_once() {
    let mut world = World { alerts: vec![alert("Downtown", 1, 274.0)], ..World::empty() };
    let incident = Some(IncidentId::derived(&["i"]));
    world.facts = vec![EventFact { incident, ..fact(1, 1, 0) }, EventFact { incident, ..fact(2, 1, 0) }];
    assert_eq!(world.brief().places[0].recent[13], 1);
}

#[test]
fn changes_since_the_last_shift_are_told() {
    let mut world = World { alerts: vec![alert("Downtown", 1, 274.0)], ..World::empty() };
    world.since = Some(now() - Duration::hours(24));
    world.alerts.push(Alert { state: AlertState::Over, ..alert("Old one", 3, 274.0) });
    world.alerts.push(Alert { updated_at: now() - Duration::days(3), ..alert("Untouched", 6, 274.0) });
    world.facts = vec![fact(1, 1, 0), fact(2, 1, 5)];
    let brief = world.brief();
    assert_eq!(brief.changes.len(), 3, "{:?}", brief.changes);
    assert!(brief.changes.contains(&"New: Downtown: 6 overdoses in 72 hours; 1.2 are usual.".to_owned()));
    assert!(brief.changes.contains(&"Over: Old one: 6 overdoses in 72 hours; 1.2 are usual.".to_owned()));
    assert_eq!(brief.changes[2], "One overdose was reported in Penobscot since then.");
}

#[test]
fn a_report_that_comes_months_late_is_news_unless_its_incident_was_known() {
    let mut world = World { since: Some(now() - Duration::hours(24)), ..World::empty() };
    let (known, lately) = (now() - Duration::days(59), now() - Duration::hours(1));
    let incident = Some(IncidentId::derived(&["i"]));
    world.facts = vec![
        EventFact { received_at: lately, ..fact(1, 1, 90) },
        EventFact { incident, received_at: known, ..fact(2, 1, 60) },
        EventFact { incident, received_at: lately, ..fact(3, 1, 60) },
    ];
    assert_eq!(world.brief().changes, ["One overdose was reported in Penobscot since then."]);
}

#[test]
fn old_data_and_silent_feeds_are_said_under_the_brief() {
    let mut world = World::empty();
    world.facts = (0..110).map(|n| fact(n, 0, 20 + n as i32)).collect();
    world.data.last_received_at = Some(now() - Duration::hours(30));
    world.data.silent_sources = vec!["County EMS".into()];
    let limits = world.brief().limits;
    assert!(limits.starts_with("At Penobscot's usual 0.3 overdoses a day, a doubling for a week would"), "{limits}");
    assert!(limits.contains("The newest report is 30 hours old"));
    assert!(limits.ends_with("No data are arriving from County EMS: few reports there do not mean few overdoses."));
}

#[test]
fn the_brief_does_not_depend_on_the_order_of_what_it_reads() {
    let mut world = World {
        alerts: vec![alert("A", 3, 40.0), alert("B", 1, 400.0)],
        forecasts: vec![forecast(7, 0.5, 0.6, 0.5), forecast(9, 0.5, 0.6, 0.5)],
        ..World::empty()
    };
    world.facts = (0..30).map(|n| fact(n, (n % 4) as i32, (n % 12) as i32)).collect();
    world.encounters = vec![contact(1, 9, 4), contact(3, 12, 3)];
    let first = world.brief();
    world.alerts.reverse();
    world.forecasts.reverse();
    world.facts.reverse();
    world.encounters.reverse();
    assert_eq!(world.brief(), first);
}
