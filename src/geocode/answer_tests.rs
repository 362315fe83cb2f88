//! A little county, asked in many ways.

use super::*;
use crate::geocode::Builder;

fn p(lat: f64, lon: f64) -> Point {
    Point::new(lat, lon).unwrap()
}

fn little() -> Index {
    let mut g = Builder::default();
    g.add_street("MAIN ST & OAK ST", Some("ORONO"), Some("04473"), p(44.88, -68.67));
    g.add_street("MAIN ST & OAK ST", Some("BANGOR"), Some("04401"), p(44.80, -68.77));
    g.add_street("12 ELM ST", Some("ORONO"), None, p(44.881, -68.671));
    g.add_street("ELM ST", Some("ORONO"), None, p(44.882, -68.672));
    g.add_town("Orono", p(44.883, -68.672));
    g.add_town("Hatfield Boro", p(40.2, -75.3));
    g.add_town("Hatfield Twp", p(40.3, -75.2));
    g.add_zip("4473", p(44.9, -68.7));
    g.add_county("Penobscot", p(45.2, -68.7));
    g.build()
}

fn found(q: Query) -> Match {
    match little().answer(&q) {
        Answer::Found(m) => m,
        other => panic!("{q:?}: {other:?}"),
    }
}

#[test]
fn a_text_with_several_distant_points_is_ambiguous_until_the_town_decides() {
    let text = Some("oak street and main street");
    let q = Query { text, ..Query::default() };
    let Answer::Ambiguous { places: 2, candidates, spread_km } = little().answer(&q) else { panic!("not ambiguous") };
    assert!(candidates.len() == 2 && spread_km > 10.0);
    assert_eq!(candidates[0].name, "MAIN ST & OAK ST, BANGOR");
    let m = found(Query { town: Some("Town of Bangor"), ..q });
    assert_eq!((m.point, m.precision, m.score), (p(44.80, -68.77), Precision::Intersection, 1.0));
    assert_eq!(found(Query { zip: Some("04473-1234"), ..q }).point, p(44.88, -68.67));
    assert_eq!(found(Query { text: Some("Main St & Oak St, Orono, ME"), ..q }).point, p(44.88, -68.67));
    assert_eq!(found(Query { text: Some("corner of Main St and Oak St Orono ME 04473"), ..q }).point, p(44.88, -68.67));
}

#[test]
fn precision_falls_with_what_was_found() {
    let at = |text, town, zip, county| {
        let m = found(Query { text, town, zip, county });
        (m.precision, m.placed_by)
    };
    let orono = Some("ORONO");
    assert_eq!(at(Some("12 Elm Street"), orono, None, None), (Precision::Rooftop, PlacedBy::Gazetteer));
    assert_eq!(at(Some("14 Elm Street"), orono, None, None), (Precision::Street, PlacedBy::Gazetteer));
    assert_eq!(at(Some("9 Nowhere Rd"), orono, None, None), (Precision::Place, PlacedBy::Town));
    assert_eq!(at(None, Some("Elsewhere"), Some("04473"), None), (Precision::Zip, PlacedBy::Zip));
    assert_eq!(at(None, None, None, Some("PENOBSCOT COUNTY")), (Precision::Jurisdiction, PlacedBy::County));
    // The street is known, but in another town.
    let elsewhere = Query { text: Some("12 Elm St"), town: Some("Bangor"), ..Query::default() };
    assert_eq!(little().answer(&elsewhere), Answer::NotFound(Why::UnknownStreet));
}

#[test]
fn two_towns_of_one_name_are_not_one_place() {
    let q = |town| Query { town: Some(town), ..Query::default() };
    assert!(matches!(little().answer(&q("HATFIELD")), Answer::Ambiguous { .. }));
    assert_eq!(found(q("HATFIELD TOWNSHIP")).matched, "Hatfield Twp");
    assert_eq!(little().answer(&Query::default()), Answer::NotFound(Why::Nothing));
    let pobox = Query { text: Some("PO Box 12"), ..Query::default() };
    assert_eq!(little().answer(&pobox), Answer::NotFound(Why::PostBox));
}

#[test]
fn a_point_that_the_list_gives_to_many_streets_is_only_a_place() {
    let mut g = Builder::default();
    for i in 0..20 {
        g.add_street(&format!("{} ST & {} RD", "X".repeat(i + 1), "Y".repeat(i + 1)), None, None, p(40.0, -75.0));
    }
    let index = g.build();
    let Answer::Found(m) = index.answer(&Query { text: Some("XX ST & YY RD"), ..Query::default() }) else {
        panic!("not found")
    };
    assert_eq!((m.precision, m.score, m.basis), (Precision::Place, 0.5, Basis::Fallback));
    assert!(m.radius_m >= 5_000.0);
}

#[test]
fn slips_of_every_kind_are_forgiven_and_cost_score() {
    for text in [
        "MIAN ST & OAK ST",
        "MAINST & OAK ST",
        "MAIN STREEY & OAK ST",
        "MAIN ST OAK ST",
        "MAIN ST X OAK ST",
        "MAYN ST & OAK ST",
        "N MAIN ST & OAK ST",
    ] {
        let m = found(Query { text: Some(text), town: Some("ORONO"), ..Query::default() });
        assert!(m.point == p(44.88, -68.67) && m.score < 1.0, "{text}: {m:?}");
    }
    // A numbered street that is another number is no slip.
    let mut g = Builder::default();
    g.add_street("10TH AVE & OAK ST", Some("ORONO"), None, p(44.88, -68.67));
    g.add_street("11TH AVE & ELM ST", Some("ORONO"), None, p(44.89, -68.67));
    let q = Query { text: Some("11TH AVE & OAK ST"), town: Some("ORONO"), ..Query::default() };
    assert!(!matches!(g.build().answer(&q), Answer::Found(m) if m.basis == Basis::Corrected));
}

#[test]
fn a_crossing_that_is_not_known_is_told_from_its_streets_with_its_doubt() {
    let mut g = Builder::default();
    for i in 0..7 {
        // Avenues run north, streets east; the crossing of 3RD and D is missing.
        for (j, name) in ["A", "B", "C", "D", "E", "F", "G"].iter().enumerate() {
            if (i, j) != (3, 3) {
                let at = p(44.80 + 0.002 * i as f64, -68.70 + 0.003 * j as f64);
                g.add_street(&format!("AVENUE {name} & {}TH ST", i + 4), Some("GRID"), None, at);
            }
        }
    }
    let index = g.build();
    let q = Query { text: Some("7th St and Avenue D"), town: Some("Grid"), ..Query::default() };
    let Answer::Found(m) = index.answer(&q) else { panic!("not found") };
    let truth = p(44.806, -68.691);
    assert_eq!(m.basis, Basis::Inferred);
    assert!(m.point.distance_km(truth) * 1000.0 <= m.radius_m.min(30.0), "{m:?}");
}

#[test]
fn the_order_of_the_rows_leaves_no_trace_in_the_file() {
    let rows = [("MAIN ST & OAK ST", 44.88), ("ELM ST", 44.89), ("12 ELM ST", 44.9), ("OAK ST", 44.91)];
    let build = |rows: &mut dyn Iterator<Item = &(&str, f64)>| {
        let mut g = Builder::default();
        for (text, lat) in rows {
            g.add_street(text, Some("ORONO"), None, p(*lat, -68.7));
        }
        g.build().bytes().to_vec()
    };
    assert_eq!(build(&mut rows.iter()), build(&mut rows.iter().rev()));
}

#[test]
fn a_milepost_lies_between_its_neighbours() {
    let mut g = Builder::default();
    g.add_street("I 95 NB MM 12", None, None, p(44.00, -69.0));
    g.add_street("I-95 MILE MARKER 14", None, None, p(44.03, -69.0));
    let index = g.build();
    let ask = |text| index.answer(&Query { text: Some(text), ..Query::default() });
    let Answer::Found(m) = ask("I95 milepost 13.0") else { panic!("not found: {:?}", ask("I95 milepost 13.0")) };
    assert!(m.point.distance_km(p(44.015, -69.0)) < 0.01 && m.radius_m >= 150.0, "{m:?}");
    assert!(matches!(ask("I95 MM 40"), Answer::NotFound(_)));
}
