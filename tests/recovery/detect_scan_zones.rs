//! Zones that follow hexagons, on simulated cells: calibrated when nothing happens, and nearer the truth than circles
//! where an outbreak follows a river.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::collections::BTreeSet;

use emberwatch::{
    detect::scan::{Location, LongestWindow, ScanCase, ScanInput, ScanOptions, ScanPlace, ZoneShape, scan},
    domain::{
        place::{Cell, Point, Resolution},
        time::{Day, DayRange},
    },
    stats::{CountDistribution, Random, summary::ks_uniform},
};

/// Three rings of cells around one: 37.
fn cells() -> Vec<Cell> {
    let centre = Point::new(44.31, -69.78).unwrap().cell(Resolution::Eight);
    let mut cells = BTreeSet::from([centre]);
    for _ in 0..3 {
        cells = cells.iter().flat_map(|c| c.neighbours()).chain(cells.iter().copied()).collect();
    }
    assert_eq!(cells.len(), 37);
    cells.into_iter().collect()
}

fn days() -> DayRange {
    DayRange::ending(Day::from_epoch_days(20_000), 60)
}

fn input(cases: Vec<ScanCase>) -> ScanInput {
    let place = |c: Cell| ScanPlace { id: c.to_string(), location: Location::Geographic(c.centre()) };
    ScanInput::of_cases(cells().into_iter().map(place).collect(), cases, days())
}

/// Three events a day, spread evenly.
fn flat_world(random: &mut Random) -> Vec<ScanCase> {
    let one = CountDistribution::poisson(3.0);
    let mut cases = Vec::new();
    for day in days().days() {
        for _ in 0..one.sample(random) {
            cases.push(ScanCase { place: random.below(37) as usize, day, count: 1, covariate: 0 });
        }
    }
    cases
}

fn options(zones: ZoneShape, coarser: u8, seed: u64) -> ScanOptions {
    ScanOptions {
        zones,
        coarser,
        max_cells: 5,
        longest: LongestWindow::Days(7),
        replications: 99,
        seed,
        threads: Some(1),
        ..ScanOptions::default()
    }
}

/// Under the null rank/(R + 1) is uniform on its steps; bound: the 99.9 % point of the Kolmogorov–Smirnov statistic,
/// 1.95/√n, and the step of 1/100. A window whose p would be 1 is not reported and counts as 1.
#[test]
fn p_values_of_flat_worlds_are_uniform_for_every_shape_and_over_resolutions() {
    let worlds = 240;
    for (zones, coarser) in
        [(ZoneShape::Rings, 0), (ZoneShape::Connected, 0), (ZoneShape::Circles, 2), (ZoneShape::Connected, 2)]
    {
        let mut random = Random::seeded(2_000 + u64::from(coarser));
        let p: Vec<f64> = (0..worlds)
            .map(|seed| {
                let found = scan(&input(flat_world(&mut random)), &options(zones, coarser, seed)).unwrap();
                found.clusters.first().map_or(1.0, |c| c.p_value)
            })
            .collect();
        let bound = 1.95 / (worlds as f64).sqrt() + 0.01;
        let off = ks_uniform(&p);
        assert!(off < bound, "{zones:?} with {coarser} coarser: {off} of {bound}");
        let wrong: Vec<f64> = p.iter().map(|v| v * 0.5).collect();
        assert!(ks_uniform(&wrong) > bound, "the bound tells a test that is out by half");
    }
}

/// Without the other resolutions in the replicates a cluster found in any of several would be judged too rare.
#[test]
fn several_resolutions_raise_the_bar() {
    let world = input(flat_world(&mut Random::seeded(3)));
    let maxima = |coarser| {
        let single_cells = ScanOptions { max_cells: 1, ..options(ZoneShape::Connected, coarser, 8) };
        scan(&world, &single_cells).unwrap().maxima
    };
    let (one, three) = (maxima(0), maxima(2));
    // The same worlds: with more zones to look at a maximum is never smaller.
    assert!(one.iter().zip(&three).all(|(a, b)| b >= a));
    assert!(one.iter().zip(&three).filter(|(a, b)| b > a).count() >= 5);
}

#[test]
fn an_outbreak_along_a_river_is_outlined_better_by_connected_zones() {
    let cells = cells();
    let west = cells.iter().min_by(|a, b| a.centre().lon().total_cmp(&b.centre().lon())).unwrap();
    // A line of five cells from the western edge, each the most eastern neighbour of the one before, and then the most south-eastern.
    let mut river = vec![*west];
    for n in 0..4 {
        let here = river[n];
        let ahead = here.neighbours().into_iter().filter(|c| cells.contains(c) && !river.contains(c));
        let lon = |c: &Cell| c.centre().lon() - if n > 1 { c.centre().lat() } else { 0.0 };
        river.push(ahead.max_by(|a, b| lon(a).total_cmp(&lon(b))).unwrap());
    }
    let truth: BTreeSet<usize> = river.iter().map(|c| cells.binary_search(c).unwrap()).collect();
    let overlap = |zones, seed: u64| {
        let mut random = Random::seeded(400 + seed);
        let mut cases = flat_world(&mut random);
        for (i, &place) in truth.iter().enumerate() {
            let day = days().to - (i % 3) as i32;
            cases.push(ScanCase { place, day, count: 4, covariate: 0 });
        }
        let found = scan(&input(cases), &options(zones, 0, seed)).unwrap();
        let Some(top) = found.clusters.first().filter(|c| c.p_value <= 0.05) else { return 0.0 };
        let got: BTreeSet<usize> = top.places.iter().copied().collect();
        got.intersection(&truth).count() as f64 / got.union(&truth).count() as f64
    };
    let mean = |zones| (0..20).map(|seed| overlap(zones, seed)).sum::<f64>() / 20.0;
    let (circles, connected) = (mean(ZoneShape::Circles), mean(ZoneShape::Connected));
    assert!(connected > 0.7 && connected > circles + 0.2, "{connected} of the union, circles {circles}");
}
