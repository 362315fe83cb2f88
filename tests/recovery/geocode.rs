//! Houses whose place is known, asked for by their address: against ranges of numbers, and against other houses.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use emberwatch::{
    domain::place::Precision,
    geocode::{Answer, Basis, Builder, Index, Query, Stretch},
    simulate::{
        draw::Draw,
        misspell,
        streets::{Block, Home, StreetOptions, blocks, homes},
    },
};

fn of_ranges(blocks: &[Block]) -> Index {
    let mut builder = Builder::default();
    for b in blocks {
        assert!(builder.add_stretch(&Stretch {
            street: &b.street,
            line: &b.line,
            left: Some(b.left),
            right: Some(b.right),
            zip_left: Some(&b.zip),
            zip_right: Some(&b.zip),
            town: None,
            town_right: None,
            mixed: (false, false),
            hyphen: false,
        }));
    }
    for b in blocks {
        builder.add_town(&b.town, b.line[0]);
    }
    builder.build()
}

struct Tally {
    asked: u32,
    /// Answered by house or interpolation, and how far away, sorted.
    away_m: Vec<f64>,
    held: u32,
    finer_than_street: u32,
}

fn ask(index: &Index, homes: &[Home], blocks: &[Block], mut write: impl FnMut(&str) -> String) -> Tally {
    let mut tally = Tally { asked: 0, away_m: Vec::new(), held: 0, finer_than_street: 0 };
    for home in homes {
        let block = &blocks[home.block];
        let text = format!("{} {}", home.number, write(&block.street));
        let query = Query { text: Some(&text), town: None, zip: Some(&block.zip), county: None };
        tally.asked += 1;
        if let Answer::Found(m) = index.answer(&query) {
            let away_m = m.point.distance_km(home.at) * 1000.0;
            tally.held += u32::from(away_m <= m.radius_m);
            tally.finer_than_street += u32::from(m.precision < Precision::Street);
            tally.away_m.push(away_m);
        }
    }
    tally.away_m.sort_by(f64::total_cmp);
    tally
}

fn all_homes(blocks: &[Block]) -> Vec<Home> {
    (0..blocks.len()).step_by(3).flat_map(|b| homes(b, blocks, 7)).collect()
}

fn share(part: u32, all: usize) -> f64 {
    f64::from(part) / all as f64
}

#[test]
fn houses_are_found_along_their_range_within_the_radius() {
    let blocks = blocks(&StreetOptions::default());
    let (index, homes) = (of_ranges(&blocks), all_homes(&blocks));
    let plain = ask(&index, &homes, &blocks, str::to_owned);
    let median = plain.away_m[plain.away_m.len() / 2];
    println!("{} houses: median {median:.0} m, {:.1} % held", plain.asked, 100.0 * share(plain.held, homes.len()));
    assert_eq!(plain.away_m.len(), homes.len());
    assert!(
        median < 40.0 && share(plain.held, homes.len()) >= 0.9 && share(plain.finer_than_street, homes.len()) > 0.999
    );
    let mut draw = Draw::new(5);
    let slipped = ask(&index, &homes, &blocks, |s| misspell::slip(&misspell::respelt(s, &mut draw), &mut draw));
    let (fine, held) = (share(slipped.finer_than_street, homes.len()), share(slipped.held, homes.len()));
    println!("with a slip in the street: {:.1} % as fine, {:.1} % held", 100.0 * fine, 100.0 * held);
    assert!(fine >= 0.85 && held >= 0.8, "{fine} {held}");
}

#[test]
fn a_house_that_is_not_listed_is_found_between_those_that_are() {
    let blocks = blocks(&StreetOptions::default());
    let homes = all_homes(&blocks);
    let mut builder = Builder::default();
    let mut draw = Draw::new(9);
    let (listed, missing): (Vec<Home>, Vec<Home>) = homes.into_iter().partition(|_| draw.chance(0.7));
    for home in &listed {
        let b = &blocks[home.block];
        assert!(builder.add_address(&home.number.to_string(), &b.street, Some(&b.town), Some(&b.zip), home.at));
    }
    let index = builder.build();
    let known = ask(&index, &listed, &blocks, str::to_owned);
    assert!(known.away_m.last().is_some_and(|worst| *worst < 1.0));
    let between = ask(&index, &missing, &blocks, str::to_owned);
    let answered = share(between.away_m.len() as u32, missing.len());
    let held = share(between.held, between.away_m.len());
    println!(
        "{} unlisted houses: {:.1} % answered, {:.1} % of them held",
        between.asked,
        100.0 * answered,
        100.0 * held
    );
    assert!(answered >= 0.7 && held >= 0.9, "{answered} {held}");
}

#[test]
fn a_number_without_town_in_many_towns_is_ambiguous_and_a_block_is_its_middle() {
    let blocks = blocks(&StreetOptions::default());
    let index = of_ranges(&blocks);
    let q = Query { text: Some("120 3rd St"), ..Query::default() };
    assert!(matches!(index.answer(&q), Answer::Ambiguous { candidates, .. } if candidates.len() == 4));
    let q = Query { text: Some("200 BLK 3rd St"), zip: Some("15001"), ..Query::default() };
    let Answer::Found(m) = index.answer(&q) else { panic!("the block was not found") };
    let block = blocks.iter().find(|b| b.street == "3rd St" && b.zip == "15001" && b.left.0 == 201).unwrap();
    assert_eq!(m.basis, Basis::Interpolated);
    assert!(block.line.iter().all(|end| (40.0..=100.0).contains(&(m.point.distance_km(*end) * 1000.0))), "{m:?}");
}
