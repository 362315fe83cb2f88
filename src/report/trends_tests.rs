//! The table against counts made by hand.

use super::*;
use crate::domain::{
    event::NaloxoneGiven,
    ids::{EventId, IncidentId, SourceId},
    place::{Point, Precision},
    time::Zone,
};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn id(text: &str) -> AreaId {
    AreaId::new(text).unwrap()
}

fn area(name: &str, parent: Option<&str>, kind: AreaKind, population: u64) -> Area {
    Area {
        id: id(name),
        parent: parent.map(id),
        kind,
        name: name.to_uppercase(),
        centre: Point::new(44.0, -69.0).unwrap(),
        bbox: [-70.0, 43.0, -68.0, 45.0],
        population: Some(population),
        population_year: Some(2020),
    }
}

/// State s of counties a (with town t) and b.
fn areas() -> Vec<Area> {
    vec![
        area("s", None, AreaKind::State, 1000),
        area("a", Some("s"), AreaKind::County, 600),
        area("b", Some("s"), AreaKind::County, 400),
        area("t", Some("a"), AreaKind::Town, 100),
    ]
}

fn fact(n: u32, on: &str, at: Option<&str>) -> EventFact {
    let noon = day(on).starts_at(Zone::UTC) + chrono::Duration::hours(12);
    EventFact {
        id: EventId::derived(&[&n.to_string()]),
        source: SourceId::new("one").unwrap(),
        kind: EventKind::Overdose,
        occurred_at: noon,
        received_at: noon,
        event_day: day(on),
        outcome: Outcome::Nonfatal,
        naloxone: NaloxoneGiven::Unknown,
        quantity: 1,
        precision: Precision::Place,
        cell: None,
        area: at.map(id),
        incident: None,
    }
}

fn facts() -> Vec<EventFact> {
    vec![
        fact(1, "2026-05-03", Some("a")),
        fact(2, "2026-05-04", Some("t")),
        fact(3, "2026-05-09", Some("b")),
        fact(4, "2026-05-10", Some("b")),
        fact(5, "2026-05-11", Some("s")),
        fact(6, "2026-05-12", None),
        fact(7, "2026-06-12", Some("a")),
    ]
}

/// Two MMWR weeks.
fn query() -> TrendQuery {
    TrendQuery::new(DayRange { from: day("2026-05-03"), to: day("2026-05-16") }, day("2026-05-12"))
}

fn values(table: &TrendTable) -> Vec<(String, Vec<u64>)> {
    table.series.iter().map(|s| (s.id.clone(), s.values.iter().map(|v| v.unwrap()).collect())).collect()
}

#[test]
fn events_count_in_the_area_of_the_level_that_holds_them() {
    let table = trends(&facts(), &areas(), &query());
    assert_eq!(values(&table), [("a".into(), vec![2, 0]), ("b".into(), vec![1, 1])]);
    // One known only to the state, one not at all.
    assert_eq!(table.unplaced, 2);
    assert_eq!(table.buckets.iter().map(|b| b.complete).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_selected_area_brings_what_is_below_it_and_nothing_else() {
    let only = |names: &[&str], by| TrendQuery { areas: names.iter().map(|n| id(n)).collect(), by, ..query() };
    let table = trends(&facts(), &areas(), &only(&["a"], By::Area));
    assert_eq!((values(&table), table.unplaced), (vec![("a".into(), vec![2, 0])], 0));
    // A town is finer than the level and stands for itself.
    let table = trends(&facts(), &areas(), &only(&["t"], By::Area));
    assert_eq!(values(&table), [("t".into(), vec![1, 0])]);
    // Nested selections are people counted once.
    let table = trends(&facts(), &areas(), &only(&["a", "t"], By::Source));
    assert_eq!((table.series[0].population, values(&table)), (Some(600), vec![("one".into(), vec![2, 0])]));
}

#[test]
fn a_rate_is_per_100_000_people_and_year_with_its_interval() {
    let table = trends(&facts(), &areas(), &TrendQuery { measure: Measure::Rate, ..query() });
    let a = &table.series[0];
    let scale = 100_000.0 / (600.0 * 7.0 / 365.25);
    let (lower, upper) = poisson_interval(2, 0.95, IntervalMethod::Garwood);
    assert!((a.rate[0].unwrap() - 2.0 * scale).abs() < 1e-9);
    assert!(
        (a.rate_lo[0].unwrap() - lower * scale).abs() < 1e-9 && (a.rate_hi[0].unwrap() - upper * scale).abs() < 1e-9
    );
    assert_eq!((a.rate[1], a.rate_lo[1]), (Some(0.0), Some(0.0)));
}

#[test]
fn an_unknown_population_gives_counts_without_rates() {
    let mut areas = areas();
    areas[2].population = None;
    let table = trends(&facts(), &areas, &query());
    assert_eq!((table.series[1].values[0], table.series[1].rate[0]), (Some(1), None));
}

#[test]
fn quantities_add_up_and_have_no_rate() {
    let mut facts = facts();
    facts[0].kind = EventKind::Naloxone;
    facts[0].quantity = 12;
    let wanted = TrendQuery { kind: None, by: By::Kind, measure: Measure::Quantity, ..query() };
    let table = trends(&facts, &areas(), &wanted);
    let naloxone = table.series.iter().find(|s| s.id == "naloxone").unwrap();
    assert_eq!((naloxone.values[0], naloxone.rate[0]), (Some(12), None));
}

#[test]
fn reports_of_one_incident_count_once_where_that_is_asked_for() {
    let mut facts = facts();
    let incident = Some(IncidentId::derived(&["x"]));
    (facts[2].incident, facts[3].incident) = (incident, incident);
    let table = trends(&facts, &areas(), &TrendQuery { incidents_once: true, ..query() });
    assert_eq!(values(&table)[1], ("b".into(), vec![1, 0]));
    let table = trends(&facts, &areas(), &query());
    assert_eq!(values(&table)[1], ("b".into(), vec![1, 1]));
}

#[test]
fn outcomes_that_did_not_happen_are_nought_and_not_absent() {
    let table = trends(&facts(), &areas(), &TrendQuery { by: By::Outcome, ..query() });
    assert_eq!(table.series.len(), Outcome::ALL.len());
    assert_eq!(table.series.iter().find(|s| s.id == "fatal").unwrap().values, [Some(0), Some(0)]);
}

#[test]
fn the_csv_has_one_row_per_series_and_bucket() {
    let mut areas = areas();
    areas[1].name = "=A".into();
    let text = trends(&facts(), &areas, &query()).to_csv();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "series_id,series,from,to,count,rate_per_100k,rate_lower,rate_upper,nowcast,nowcast_lower,nowcast_upper"
    );
    assert!(lines[1].starts_with("a,'=A,2026-05-03,2026-05-09,2,17392.857,"), "{}", lines[1]);
    assert_eq!(lines.len(), 5);
}

#[test]
fn a_ring_of_parents_ends() {
    let mut areas = areas();
    areas[0].parent = Some(id("t"));
    let table = trends(&facts(), &areas, &query());
    // The event known to the state only now counts in the county that the ring makes its parent.
    assert_eq!(values(&table)[0].1, [2, 1]);
}

#[test]
fn before_the_first_data_nothing_is_known_which_is_not_none() {
    let all = trends(&facts(), &areas(), &TrendQuery { measure: Measure::Rate, ..query() });
    let first = all.buckets[1].from;
    let table = trends(&facts(), &areas(), &TrendQuery { measure: Measure::Rate, data_from: Some(first), ..query() });
    for (before, after) in all.series.iter().zip(&table.series) {
        assert_eq!((after.values[0], after.rate[0], after.rate_lo[0]), (None, None, None));
        assert_eq!(before.values[1..], after.values[1..]);
    }
}
