//! Addresses as people write them, and what must not be made of them.

use super::*;
use crate::geocode::{Builder, Stretch};

fn p(lat: f64, lon: f64) -> Point {
    Point::new(lat, lon).unwrap()
}

/// Streets of one block of a hundred numbers to the east, each half a kilometre north of the last.
const STREETS: [&str; 16] = [
    "Main St",
    "N Elm St",
    "S Elm St",
    "W Oak Ave",
    "Dr Martin Luther King Jr Blvd",
    "Saint James St",
    "State Route 31",
    "US Highway 422",
    "County Road 12",
    "12th St",
    "Avenue A",
    "Cañon Rd",
    "A St",
    "7th Ave",
    "North Ave",
    "O'Brien Ln",
];

fn town() -> Index {
    let mut g = Builder::default();
    for (i, street) in STREETS.iter().enumerate() {
        let lat = 40.0 + 0.005 * i as f64;
        let line = [p(lat, -80.0), p(lat, -79.998)];
        let zip = Some("15001");
        let of =
            Stretch { street, line: &line, zip_left: zip, zip_right: zip, town: Some("Salem"), ..Stretch::default() };
        assert!(g.add_stretch(&Stretch { left: Some((101, 199)), right: Some((100, 198)), ..of }));
    }
    g.add_stretch(&Stretch {
        street: "Cross St",
        line: &[p(40.0, -80.0), p(40.005, -80.0)],
        town: Some("Salem"),
        ..Stretch::default()
    });
    for (number, street, lat) in [
        ("300", "N 200 W", 40.5),
        ("37-12", "74th St", 40.51),
        ("37-16", "74th St", 40.5102),
        ("N6W23001", "Bluemound Rd", 40.52),
        ("123", "Maple St", 40.53),
        ("123 1/2", "Maple St", 40.5301),
        ("125", "Maple St", 40.5302),
        ("125A", "Maple St", 40.5303),
        ("250-254", "Maple St", 40.54),
    ] {
        let text = format!("{number} {street}");
        if number.contains(' ') {
            assert!(g.add_street(&text, Some("Salem"), None, p(lat, -80.0)));
        } else {
            assert!(g.add_address(number, street, Some("Salem"), None, p(lat, -80.0)), "{text}");
        }
    }
    for (post, lat) in [(10, 41.0), (12, 41.03)] {
        g.add_street(&format!("I 80 & MM {post}"), Some("Salem"), None, p(lat, -80.0));
    }
    g.add_street("I 80 & EXIT 3", Some("Salem"), None, p(41.02, -80.0));
    g.add_town("Salem", p(40.0, -80.0));
    g.add_town("Joppa", p(42.0, -80.0));
    g.build()
}

fn ask(index: &Index, text: &str) -> Answer {
    index.answer(&Query { text: Some(text), town: Some("Salem"), ..Query::default() })
}

/// All these texts are answered by this entry, finer than by the street.
fn all_mean(entry: &str, texts: &[&str]) {
    let index = town();
    for text in texts {
        match ask(&index, text) {
            Answer::Found(m) if m.precision < Precision::Street => assert_eq!(m.matched, entry, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

/// None of these texts is answered by anything finer than a whole street.
fn none_is_placed(texts: &[&str]) {
    let index = town();
    for text in texts {
        if let Answer::Found(m) = ask(&index, text) {
            assert!(m.precision >= Precision::Street, "{text}: {m:?}");
        }
    }
}

#[test]
fn a_house_is_found_among_units_quotes_and_other_writing() {
    all_mean(
        "150 MAIN ST",
        &[
            "150 Main St",
            "\"150 MAIN STREET.\"",
            "150 main st apt 4b",
            "Apt 3, 150 Main St, Salem PA",
            "150 Main St, Ste 200, Salem PA",
            "150 MAIN ST, JOES BAR, SALEM",
            "150 Main St @ Joe's Bar",
            "150Main St",
            "１５０ Main St",
            "150_Main_St",
            "00150 Main St",
            "150-152 Main St",
        ],
    );
    all_mean("150 CANON RD", &["150 Canon Rd", "150 Cañon Road", "150 Can\u{303}on Rd"]);
    all_mean("150 OBRIEN LN", &["150 O'Brien Ln", "150 O’Brien Lane"]);
    all_mean("150 ST JAMES ST", &["150 St. James Street", "150 Saint James St", "150 St James"]);
}

#[test]
fn a_numbered_road_is_found_by_any_of_its_classes() {
    all_mean("150 RT31", &["150 SR 31", "150 PA-31", "150 State Rd 31", "150 Rte. 31", "150 Highway 31"]);
    all_mean("150 RT422", &["150 US-422", "150 U.S. 422", "150 US Hwy 422", "150 US Route 422"]);
    all_mean("150 CR12", &["150 CR 12", "150 Co Rd 12", "150 County Highway 12"]);
    all_mean("150 12TH ST", &["150 12 St", "150 Twelfth Street", "150 12th St"]);
    none_is_placed(&["150 SR 32", "150 SR 13", "150 US-423", "150 13th St", "150 8th Ave"]);
}

#[test]
fn martin_luther_kings_street_is_found_in_all_its_spellings() {
    all_mean(
        "150 MARTIN LUTHER KING BLVD",
        &["150 MLK Blvd", "150 M.L.K. Jr. Blvd", "150 Dr M L King Jr Blvd", "150 Martin Luther King Boulevard"],
    );
}

#[test]
fn another_direction_or_letter_is_another_street() {
    none_is_placed(&["150 E Elm St", "150 E Oak Ave", "150 Avenue B", "150 B Ave", "150 C St", "150 A Ave"]);
    none_is_placed(&["300 N 200 E", "200 W 300 N", "300 S 200 W"]);
    all_mean("150 W OAK AVE", &["150 W Oak Ave", "150 Oak Ave W", "150 Oak Ave", "150 West Oak"]);
    all_mean("300 N 200 W", &["300 N 200 W", "300 North 200 West"]);
}

#[test]
fn a_crossing_of_bare_numbers_is_none_of_houses() {
    let mut g = Builder::default();
    g.add_street("12TH ST & 3RD AVE", Some("SALEM"), None, p(40.0, -80.0));
    g.add_street("14TH ST & 5TH AVE", Some("SALEM"), None, p(40.1, -80.0));
    let index = g.build();
    let Answer::Found(m) = ask(&index, "12 St & 3 Ave") else { panic!("not found") };
    assert_eq!((m.point, m.score), (p(40.0, -80.0), 1.0));
    // Another number is another street, also where the street across is known.
    assert!(!matches!(ask(&index, "13 St & 3 Ave"), Answer::Found(m) if m.basis == Basis::Corrected));
}

#[test]
fn a_number_with_a_hyphen_is_one_number_where_numbers_have_hyphens_and_else_begins_a_building() {
    all_mean("3712 74TH ST", &["37-12 74th St", "3712 74 St", "37-12 74th St Apt 2F"]);
    all_mean("250 MAPLE ST", &["250 Maple St"]);
    let index = town();
    let Answer::Found(between) = ask(&index, "37-14 74th St") else { panic!("not found") };
    assert!(between.point.distance_km(p(40.5101, -80.0)) < 0.005, "{between:?}");
    // No house 1214 is meant where numbers have no hyphens.
    none_is_placed(&["38-12 74th St", "1-50 Main St"]);
    let Answer::Found(building) = ask(&index, "110-114 Main St") else { panic!("not found") };
    assert_eq!(building.matched, "110 MAIN ST");
}

#[test]
fn numbers_of_a_grid_fractions_and_letters_are_told_apart() {
    all_mean("23001 BLUEMOUND RD", &["N6W23001 Bluemound Rd", "n6 w23001 bluemound road", "W23001 Bluemound Rd"]);
    let index = town();
    for (text, lat) in [
        ("123 Maple St", 40.53),
        ("123 1/2 Maple St", 40.5301),
        ("123½ Maple St", 40.5301),
        ("125 Maple St", 40.5302),
        ("125-A Maple St", 40.5303),
        ("125 A Maple St", 40.5303),
    ] {
        let Answer::Found(m) = ask(&index, text) else { panic!("{text}") };
        assert_eq!(m.point, p(lat, -80.0), "{text}");
    }
    all_mean("150 A ST", &["150 A St"]);
}

#[test]
fn a_block_is_named_before_or_behind_its_street_or_by_hidden_digits() {
    all_mean(
        "100 BLK MAIN ST",
        &["100 BLK Main St", "100 block of Main St", "Main St 100 block", "1XX Main St", "1xx BLK of Main St"],
    );
}

#[test]
fn a_mile_or_an_exit_belongs_to_its_road_and_is_no_slip_of_another() {
    let index = town();
    for text in ["I-80 MM 11", "I 80 mile marker 11", "I-80 at mile 11", "Interstate 80 Milepost 11"] {
        let Answer::Found(m) = ask(&index, text) else { panic!("{text}") };
        // Two posts are no measure of what lies between them: the doubt is that of the distance.
        assert!(m.point.distance_km(p(41.015, -80.0)) < 0.01 && m.radius_m >= 400.0, "{text}: {m:?}");
    }
    let Answer::Found(exit) = ask(&index, "Exit 3 I-80") else { panic!("no exit") };
    assert_eq!(exit.point, p(41.02, -80.0));
    none_is_placed(&["I-90 Exit 3", "US-80 Exit 3", "I-80 Exit 4", "I-80 MM 99", "I-81 MM 11"]);
}

#[test]
fn the_town_behind_the_commas_is_found_among_other_parts() {
    let index = town();
    for text in ["150 Main St, Salem PA", "150 Main St, Joe's Bar, Salem, PA 15001", "150 Main St,, Salem ,PA"] {
        let found = index.answer(&Query { text: Some(text), ..Query::default() });
        assert!(matches!(&found, Answer::Found(m) if m.matched == "150 MAIN ST"), "{text}: {found:?}");
    }
    let elsewhere = index.answer(&Query { text: Some("150 Main St, Joppa PA"), ..Query::default() });
    assert!(matches!(&elsewhere, Answer::Found(m) if m.matched == "Joppa"), "{elsewhere:?}");
}

#[test]
fn what_says_nothing_is_placed_nowhere() {
    let index = town();
    let long = "x".repeat(10_000);
    let spaced = "MAIN ST & ".repeat(1_000);
    let story: Vec<String> = (0..2_000).map(|i| format!("W{i}X")).collect();
    let (story, list) = (story.join(" "), story.join(" & "));
    for text in [
        story.as_str(),
        list.as_str(),
        "",
        " ",
        "&",
        ", , ,",
        "...",
        "N/A",
        "UNK",
        "💊",
        "½",
        "-",
        "#",
        "150",
        long.as_str(),
        spaced.as_str(),
    ] {
        let answer = index.answer(&Query { text: Some(text), ..Query::default() });
        assert!(!matches!(&answer, Answer::Found(m) if m.precision < Precision::Street), "{text}: {answer:?}");
    }
}
