//! Street texts of Montgomery County, Pennsylvania, with the publisher's points: known ones in other spelling and with
//! slips, and a fifth that the index has never seen.
//!
//! The list has its own fall-back points (one stands for 287 texts); they are truth here like the others, so the radius
//! of an inferred point must hold them too.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::path::Path;

use emberwatch::{
    domain::place::Point,
    geocode::{Answer, Builder, Index, Query},
    simulate::{draw::Draw, misspell},
};

use crate::data;

struct Row {
    text: String,
    town: String,
    zip: String,
    at: Point,
}

/// The rows in random order.
fn rows(path: &Path, random: &mut Draw) -> Vec<Row> {
    let mut rows: Vec<Row> = csv::Reader::from_path(path)
        .unwrap()
        .records()
        .map(|row| {
            let row = row.unwrap();
            let at = Point::new(row[3].parse().unwrap(), row[4].parse().unwrap()).unwrap();
            Row { text: row[0].to_owned(), town: row[1].to_owned(), zip: row[2].to_owned(), at }
        })
        // A text of punctuation only says nothing.
        .filter(|row| row.text.chars().any(char::is_alphanumeric))
        .collect();
    for i in (1..rows.len()).rev() {
        rows.swap(i, random.below(i + 1));
    }
    rows
}

fn index_of(rows: &[Row]) -> Index {
    let mut builder = Builder::default();
    for row in rows {
        builder.add_street(&row.text, Some(&row.town), Some(&row.zip), row.at);
    }
    builder.build()
}

#[derive(Debug, Default)]
struct Tally {
    asked: u32,
    near: u32,
    found: u32,
    held: u32,
    ambiguous: u32,
}

fn ask(index: &Index, rows: &[Row], mut write: impl FnMut(&str) -> String) -> Tally {
    let mut tally = Tally::default();
    for row in rows {
        let text = write(&row.text);
        let query = Query { text: Some(&text), town: Some(&row.town), zip: Some(&row.zip), county: None };
        tally.asked += 1;
        match index.answer(&query) {
            Answer::Found(m) => {
                let away_m = m.point.distance_km(row.at) * 1000.0;
                tally.found += 1;
                tally.near += u32::from(away_m <= 150.0);
                tally.held += u32::from(away_m <= m.radius_m);
            }
            Answer::Ambiguous { .. } => tally.ambiguous += 1,
            Answer::NotFound(_) => {}
        }
    }
    tally
}

fn percent(part: u32, all: u32) -> f64 {
    100.0 * f64::from(part) / f64::from(all.max(1))
}

#[test]
fn known_texts_are_found_in_any_spelling_and_one_slip_costs_little() {
    let Some(path) = data("geocoding/montgomery_pa_street_texts.csv") else { return };
    let mut random = Draw::new(20_161);
    let rows = rows(&path, &mut random);
    let known = &rows[..rows.len() * 4 / 5];
    let index = index_of(known);
    let respelt = ask(&index, known, |text| misspell::respelt(text, &mut random));
    let slipped = ask(&index, known, |text| misspell::slip(text, &mut random));
    let both = ask(&index, known, |text| {
        let other = misspell::respelt(text, &mut random);
        misspell::slip(&other, &mut random)
    });
    let near = |t: &Tally| percent(t.near, t.asked);
    println!(
        "within 150 m: respelt {:.2} %, a slip {:.2} %, both {:.2} %",
        near(&respelt),
        near(&slipped),
        near(&both)
    );
    assert!(near(&respelt) >= 99.0, "{respelt:?}");
    assert!(near(&slipped) >= near(&respelt) - 4.0, "{slipped:?}");
    assert!(near(&both) >= near(&respelt) - 4.5, "{both:?}");
}

#[test]
fn unknown_crossings_are_inferred_with_a_radius_that_holds_nine_in_ten() {
    let Some(path) = data("geocoding/montgomery_pa_street_texts.csv") else { return };
    let (mut found, mut held, mut asked) = (0, 0, 0);
    for seed in [1, 2, 3] {
        let rows = rows(&path, &mut Draw::new(seed));
        let (known, unknown) = rows.split_at(rows.len() * 4 / 5);
        let tally = ask(&index_of(known), unknown, str::to_owned);
        (found, held, asked) = (found + tally.found, held + tally.held, asked + tally.asked);
    }
    println!("of {asked} unknown texts {found} answered, {:.1} % of them within the radius", percent(held, found));
    // A standard error of three splits is about 0.3 points; each answers about 3,000 texts.
    assert!(percent(held, found) >= 89.4, "{held} of {found}");
    assert!(percent(found, asked) >= 60.0, "{found} of {asked}");
}
