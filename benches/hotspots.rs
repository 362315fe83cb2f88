//! Local statistics on 10,000 hexagons and 104 weeks, without I/O. The peer's figures (one thread, two-core machine):
//! Gi* 19 µs a cell and week, Mann–Kendall 1.6 ms a series of 104.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails as the test does")]

use std::{hint::black_box, time::Instant};

use emberwatch::{
    cells::{adjacency, disk},
    detect::{
        Bins, EmergingOptions, GiStarOptions, LocalMoranOptions, Neighbours,
        emerging::{Tail, emerging},
        gi_star::{count_p_values, gi_star},
        local_moran,
    },
    domain::place::{Point, Resolution},
    stats::{CountDistribution, Random, mann_kendall, sen_slope},
};

const WEEKS: usize = 104;

fn main() {
    // A disk of 57 steps has 9,919 cells.
    let cells = disk(Point::new(44.31, -69.78).unwrap().cell(Resolution::Eight), 57);
    let near = Neighbours::new(&adjacency(&cells)).unwrap();
    let mut random = Random::seeded(1);
    let usual = CountDistribution::poisson(0.3);
    let values = (0..cells.len() * WEEKS).map(|_| usual.sample(&mut random) as f64).collect();
    let bins = Bins::new(cells.len(), WEEKS, values).unwrap();
    let options = GiStarOptions::default();
    println!("{} cells, {WEEKS} weeks", cells.len());

    let z = timed("Gi* in space and time", bins.values().len(), || gi_star(&bins, &near, &options).unwrap());
    timed("p-values by counts", bins.values().len(), || count_p_values(&bins, &near, &options).unwrap());
    let series: Vec<Vec<f64>> = (0..cells.len()).map(|place| z.series(place)).collect();
    timed("Mann–Kendall", series.len(), || series.iter().map(|x| mann_kendall(x)).collect::<Vec<_>>());
    timed("Sen's slope", series.len(), || series.iter().map(|x| sen_slope(x)).collect::<Vec<_>>());
    for tail in [Tail::Normal, Tail::Count] {
        let options = EmergingOptions { tail, ..EmergingOptions::default() };
        timed(&format!("emerging hot spots, {tail:?} tail"), cells.len(), || emerging(&bins, &near, &options).unwrap());
    }
    timed("local Moran's I of a week, 999 permutations", cells.len(), || {
        local_moran(bins.step(WEEKS - 1), &near, &LocalMoranOptions::default()).unwrap()
    });
}

fn timed<T>(what: &str, of: usize, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let answer = black_box(work());
    let took = started.elapsed();
    println!("{what:<45} {:>8.1} ms {:>9.3} µs each", took.as_secs_f64() * 1e3, took.as_secs_f64() * 1e6 / of as f64);
    answer
}
