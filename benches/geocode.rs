//! The geocoder on invented towns: building an index of a million ranges, and answers a second on one thread. Where the
//! public street texts of Montgomery County lie beside the repository, those too. Answers are timed by the thread's own
//! processor time where Linux tells it, else by the clock.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::{collections::HashMap, hint::black_box, time::Instant};

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
    let towns: HashMap<&str, &str> = blocks.iter().map(|b| (b.zip.as_str(), b.town.as_str())).collect();
    in_towns_of_the_same_names(&index, &asked, &towns, &mut draw);
    let texts: Vec<String> = asked.iter().map(|(t, z)| format!("{t}, Apt 3, Springfield, PA {z}")).collect();
    let started = Started::now();
    black_box(texts.iter().map(|t| parse::label(t).len()).sum::<usize>());
    rate("labelling whole addresses", texts.len(), &started);
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

/// Every way to ask in 104 towns whose streets have the same names; `asked` are houses and their ZIPs.
fn in_towns_of_the_same_names(index: &Index, asked: &[(String, String)], towns: &HashMap<&str, &str>, draw: &mut Draw) {
    let without_zip = |texts: &[(String, String)]| texts.iter().map(|(t, _)| (t.clone(), String::new())).collect();
    let street = |house: &str| house.split_once(' ').map_or("", |(_, street)| street).to_owned();
    let pairs = asked.iter().zip(asked.iter().skip(QUESTIONS / 2 + 7));
    let crossings: Vec<_> =
        pairs.map(|((a, z), (b, _))| (format!("{} & {}", street(a), street(b)), z.clone())).collect();
    let loose = |(t, z): &(String, String)| (format!("{t} {} PA {z}", towns[z.as_str()]), String::new());
    let no_comma: Vec<_> = asked.iter().step_by(5).map(loose).collect();
    let crossings_no_comma: Vec<_> = crossings.iter().step_by(5).map(loose).collect();
    let (no_zip, crossings_no_zip): (Vec<_>, Vec<_>) = (without_zip(asked), without_zip(&crossings));
    for (what, texts) in [
        ("houses", asked),
        ("houses without town or ZIP", &no_zip),
        ("two streets that never meet", &crossings),
        ("the same without town or ZIP", &crossings_no_zip),
        ("houses, no comma before the town", &no_comma),
        ("two streets, no comma before the town", &crossings_no_comma),
    ] {
        answers(index, what, texts);
        let slipped: Vec<_> = texts.iter().map(|(t, z)| (misspell::slip(t, draw), z.clone())).collect();
        answers(index, &format!("{what}, a slip each"), &slipped);
    }
}

fn answers(index: &Index, what: &str, asked: &[(String, String)]) {
    let started = Started::now();
    let found = asked
        .iter()
        .filter(|(text, zip)| {
            let query = Query { text: Some(text), zip: Some(zip), ..Query::default() };
            matches!(black_box(index.answer(&query)), Answer::Found(_))
        })
        .count();
    rate(&format!("{what} ({found} found)"), asked.len(), &started);
}

struct Started {
    wall: Instant,
    /// Seconds that this thread has had a processor.
    own: Option<f64>,
}

impl Started {
    fn now() -> Self {
        Self { wall: Instant::now(), own: Self::own() }
    }

    fn own() -> Option<f64> {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e9)
    }

    fn took(&self) -> f64 {
        Self::own().zip(self.own).map_or_else(|| self.wall.elapsed().as_secs_f64(), |(now, then)| now - then)
    }
}

fn rate(what: &str, n: usize, started: &Started) {
    let took = started.took();
    println!("{what:<65} {:>8.0} a second, {:>7.1} µs each", n as f64 / took, took * 1e6 / n as f64);
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
        ("the same with a slip each", true, &new),
    ] {
        let rows: Vec<&csv::StringRecord> = asked.iter().map(|i| &rows[*i]).collect();
        let texts: Vec<String> = rows
            .iter()
            .map(|r| if slips { misspell::slip(&r[0], draw) } else { misspell::respelt(&r[0], draw) })
            .collect();
        let started = Started::now();
        for (row, text) in rows.iter().zip(&texts) {
            let query = Query { text: Some(text), town: Some(&row[1]), zip: Some(&row[2]), county: None };
            black_box(index.answer(&query));
        }
        rate(what, rows.len(), &started);
    }
}
