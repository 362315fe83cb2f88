//! Houses between known ones, in the country and without a town; all places are invented.

use crate::{
    domain::place::{Point, Precision},
    geocode::{Answer, Basis, Builder, Index, Match, Query, Stretch},
};

fn p(lat: f64, lon: f64) -> Point {
    Point::new(lat, lon).unwrap()
}

fn ask(index: &Index, text: &str, town: Option<&str>) -> Answer {
    index.answer(&Query { text: Some(text), town, ..Query::default() })
}

fn found(index: &Index, text: &str, town: Option<&str>) -> Match {
    match ask(index, text, town) {
        Answer::Found(found) => found,
        other => panic!("{text}: {other:?}"),
    }
}

/// Numbers that count the feet along a road of two miles to the east; even ones stand on its north.
fn road(builder: &mut Builder, street: &str, town: &str, numbers: impl Iterator<Item = u32>, lat: f64) {
    for number in numbers {
        let side = if number % 2 == 0 { 0.0002 } else { -0.0002 };
        let at = p(lat + side, -72.0 + f64::from(number) * 2e-5);
        assert!(builder.add_address(&number.to_string(), street, Some(town), None, at));
    }
}

#[test]
fn neighbours_whose_numbers_lie_far_apart_still_tell_where_a_house_stands() {
    let mut builder = Builder::default();
    road(&mut builder, "Lake Rd", "Addison", [100, 101, 900, 901, 1_500, 1_501].into_iter(), 44.0);
    let index = builder.build();
    let house = found(&index, "500 Lake Road", Some("Addison"));
    assert_eq!((house.basis, house.precision), (Basis::Interpolated, Precision::Street));
    assert!(house.point.distance_km(p(44.0002, -71.99)) < 0.01 && house.radius_m > 400.0, "{house:?}");
    // Odd numbers have neighbours of their own on the south side.
    assert!(found(&index, "1201 Lake Rd", Some("Addison")).point.lat() < 44.0);
}

#[test]
fn the_radius_of_an_interpolated_house_is_what_known_houses_show() {
    // Evenly spaced numbers are off by next to nothing; the same numbers in disorder by a good deal.
    let radius = |disorder: f64| {
        let mut builder = Builder::default();
        for street in 0..40_u32 {
            for number in (100..200_u32).step_by(2).filter(|n| *n != 150) {
                let shift = f64::from((number * 7 + street * 13) % 10) * disorder;
                let at = p(44.0 + f64::from(street) * 0.01, -72.0 + f64::from(number) * 1e-5 + shift);
                builder.add_address(&number.to_string(), &format!("{street}x Rd"), Some("Addison"), None, at);
            }
        }
        let name = |street: u32| format!("150 {street}x Rd");
        let index = builder.build();
        found(&index, &name(7), Some("Addison")).radius_m
    };
    let (even, uneven) = (radius(0.0), radius(1e-3));
    assert!(even <= 30.0 && uneven > 200.0, "{even} {uneven}");
}

#[test]
fn a_house_that_no_list_has_is_doubtful_without_a_town_where_several_streets_may_have_it() {
    let mut builder = Builder::default();
    road(&mut builder, "Main St", "Addison", (2..400).step_by(20), 44.0);
    road(&mut builder, "Main St", "Bethel", (2..400).step_by(20), 43.0);
    road(&mut builder, "Oak St", "Bethel", (2..400).step_by(20), 43.1);
    let index = builder.build();
    assert_eq!(found(&index, "128 Main St", Some("Bethel")).basis, Basis::Interpolated);
    assert!(matches!(ask(&index, "128 Main St", None), Answer::Ambiguous { .. }));
    assert_eq!(found(&index, "128 Oak St", None).basis, Basis::Interpolated);
}

#[test]
fn a_number_that_its_own_street_may_have_is_not_looked_for_on_another_of_like_name() {
    let mut builder = Builder::default();
    road(&mut builder, "Jersey St", "Addison", [100, 102, 700, 702].into_iter(), 44.0);
    road(&mut builder, "Jersey St S", "Addison", [200, 202, 300, 302].into_iter(), 43.9);
    let house = found(&builder.build(), "235 Jersey St", Some("Addison"));
    assert!(house.point.lat() > 43.99 && house.matched.ends_with("JERSEY ST"), "{house:?}");
}

#[test]
fn lines_without_towns_are_believed_and_no_other_street_is_taken_for_one_that_exists() {
    let line = |lat: f64| [p(lat, -71.1), p(lat, -71.098)];
    let mut builder = Builder::default();
    for (street, lat, numbers) in [
        ("Green St", 42.36, (1, 99)),
        ("Garden St", 42.38, (1, 299)),
        ("Hill Rd", 42.4, (1, 99)),
        ("Hollow Rd", 42.42, (1, 299)),
    ] {
        builder.add_stretch(&Stretch { street, line: &line(lat), left: Some(numbers), ..Stretch::default() });
    }
    let index = builder.build();
    let house = found(&index, "51 Green Street", Some("Cambridge"));
    assert!(house.point.lat() < 42.37 && house.precision == Precision::Range, "{house:?}");
    // "GRN" and "GDN", "HL" and "HOLW" are alike as letters and as sounds, the words are not.
    for (text, lat) in [("241 Green St", 42.36), ("241 Hill Rd", 42.4)] {
        if let Answer::Found(m) = ask(&index, text, Some("Cambridge")) {
            assert!((m.point.lat() - lat).abs() < 0.005, "{text}: {m:?}");
        }
    }
}

#[test]
fn a_street_named_with_and_is_one_street_where_houses_have_it() {
    let mut builder = Builder::default();
    road(&mut builder, "Kirk and Fitts", "Alburgh", [51, 53].into_iter(), 44.9);
    let index = builder.build();
    for text in ["51 KIRK AND FITTS", "51 Kirk & Fitts"] {
        assert_eq!(found(&index, text, Some("Alburgh")).precision, Precision::Rooftop, "{text}");
    }
}

#[test]
fn a_road_of_a_state_is_known_by_the_states_full_name() {
    let mut builder = Builder::default();
    road(&mut builder, "VT ROUTE 22A", "Addison", [2916].into_iter(), 44.1);
    let index = builder.build();
    for text in ["2916 Vermont Route 22A", "2916 Vermont State Highway 22A", "2916 Route 22A"] {
        assert_eq!(found(&index, text, Some("Addison")).precision, Precision::Rooftop, "{text}");
    }
}
