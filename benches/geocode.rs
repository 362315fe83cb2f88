//! The geocoder on invented towns: building an index of a million ranges, and answers a second on one thread. Where the
//! public street texts of Montgomery County lie beside the repository, those too.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::{hint::black_box, time::Instant};

use emberwatch::{
    domain::place::Point,
    geocode::{Answer, Builder, Index, Query, Stretch, parse},
    simulate::{
        draw::Draw,
        misspell,
        streets::{Block, StreetOptions, blocks, homes},
    },
};

const QUESTIONS: usize = 50_000;

fn main() {
    let blocks = blocks(&StreetOptions { seed: 1, towns: 104, streets: 50 });
    let started = Instant::now();
    let mut builder = Builder::default();
    for b in &blocks {
        builder.add_stretch(&stretch(b));
    }
    let ranges = builder.counts().1;
    let index = builder.build();
    let took = started.elapsed().as_secs_f64();
    println!("index of {ranges} ranges: {took:.1} s, {:.0} MB", index.bytes().len() as f64 / 1e6);
    let started = Instant::now();
    let index = Index::open(index.bytes().to_vec()).unwrap();
    println!("opening it: {:.0} ms", started.elapsed().as_secs_f64() * 1e3);

    let mut draw = Draw::new(1);
    let step = (blocks.len() / (QUESTIONS / 4)).max(1);
    let asked: Vec<(String, String)> = (0..blocks.len())
        .step_by(step)
        .flat_map(|b| homes(b, &blocks, 1).into_iter().take(4))
        .map(|h| (format!("{} {}", h.number, blocks[h.block].street), blocks[h.block].zip.clone()))
        .take(QUESTIONS)
        .collect();
    answers(&index, "houses", &asked);
    let slipped: Vec<(String, String)> = asked.iter().map(|(t, z)| (misspell::slip(t, &mut draw), z.clone())).collect();
    answers(&index, "houses with a slip", &slipped);
    let texts: Vec<String> = asked.iter().map(|(t, z)| format!("{t}, Apt 3, Springfield, PA {z}")).collect();
    let started = Instant::now();
    black_box(texts.iter().map(|t| parse::label(t).len()).sum::<usize>());
    rate("labelling whole addresses", texts.len(), started);
    montgomery(&mut draw);
}

fn stretch(b: &Block) -> Stretch<'_> {
    Stretch {
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
    }
}

fn answers(index: &Index, what: &str, asked: &[(String, String)]) {
    let started = Instant::now();
    let found = asked
        .iter()
        .filter(|(text, zip)| {
            let query = Query { text: Some(text), zip: Some(zip), ..Query::default() };
            matches!(black_box(index.answer(&query)), Answer::Found(_))
        })
        .count();
    rate(&format!("{what} ({found} found)"), asked.len(), started);
}

fn rate(what: &str, n: usize, started: Instant) {
    let took = started.elapsed().as_secs_f64();
    println!("{what:<45} {:>8.0} a second, {:>7.1} µs each", n as f64 / took, took * 1e6 / n as f64);
}

fn montgomery(draw: &mut Draw) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/geocoding/montgomery_pa_street_texts.csv");
    let Ok(mut csv) = csv::Reader::from_path(path) else {
        println!("skipped: {path} is not there");
        return;
    };
    let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    let mut builder = Builder::default();
    for row in rows.iter().enumerate().filter(|(i, _)| i % 5 != 0).map(|(_, row)| row) {
        let at = Point::new(row[3].parse().unwrap(), row[4].parse().unwrap()).unwrap();
        builder.add_street(&row[0], Some(&row[1]), Some(&row[2]), at);
    }
    let index = builder.build();
    let unknown = |i: &usize| i.is_multiple_of(5);
    let (new, known): (Vec<usize>, Vec<usize>) = (0..rows.len()).partition(unknown);
    for (what, slips, asked) in [
        ("known Montgomery texts", false, &known),
        ("the same with a slip each", true, &known),
        ("unknown Montgomery texts", false, &new),
    ] {
        let rows: Vec<&csv::StringRecord> = asked.iter().map(|i| &rows[*i]).collect();
        let texts: Vec<String> = rows
            .iter()
            .map(|r| if slips { misspell::slip(&r[0], draw) } else { misspell::respelt(&r[0], draw) })
            .collect();
        let started = Instant::now();
        for (row, text) in rows.iter().zip(&texts) {
            let query = Query { text: Some(text), town: Some(&row[1]), zip: Some(&row[2]), county: None };
            black_box(index.answer(&query));
        }
        rate(what, rows.len(), started);
    }
}
