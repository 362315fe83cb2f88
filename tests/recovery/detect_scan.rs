//! The scan statistic on simulated grids: calibrated when nothing happens, right when something does.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use emberwatch::{
    detect::scan::{Location, LongestWindow, ScanCase, ScanInput, ScanOptions, ScanPlace, scan},
    domain::time::{Day, DayRange},
    stats::{CountDistribution, Random, summary::ks_uniform},
};

const SIDE: usize = 6;
const DAYS: i32 = 60;

fn places() -> Vec<ScanPlace> {
    (0..SIDE * SIDE)
        .map(|i| ScanPlace {
            id: format!("c{i:02}"),
            location: Location::Plane { x: (i % SIDE) as f64, y: (i / SIDE) as f64 },
        })
        .collect()
}

fn days() -> DayRange {
    DayRange::ending(Day::from_epoch_days(20_000), DAYS)
}

/// `rate` events a day over the whole grid, spread evenly.
fn flat_world(rate: f64, random: &mut Random) -> Vec<ScanCase> {
    let one = CountDistribution::poisson(rate);
    let mut cases = Vec::new();
    for day in days().days() {
        for _ in 0..one.sample(random) {
            cases.push(ScanCase { place: random.below((SIDE * SIDE) as u32) as usize, day, count: 1, covariate: 0 });
        }
    }
    cases
}

fn options(seed: u64, replications: u32) -> ScanOptions {
    ScanOptions { longest: LongestWindow::Days(7), replications, seed, threads: Some(1), ..ScanOptions::default() }
}

/// p of the most likely cluster; 1 where none is reported, and the truth is then anywhere in what is hidden.
fn p_of(cases: Vec<ScanCase>, seed: u64) -> f64 {
    let input = ScanInput::of_cases(places(), cases, days());
    scan(&input, &options(seed, 99)).unwrap().clusters.first().map_or(1.0, |c| c.p_value)
}

/// Under the null rank/(R + 1) is uniform on its steps where the statistic has no ties; with ties (few
/// cases, where many windows have the same counts) it is conservative: never too often small.
#[test]
fn p_values_of_flat_worlds_are_uniform() {
    let worlds = 240;
    for rate in [0.3, 1.0, 3.0] {
        let mut random = Random::seeded(1_000 + (rate * 10.0) as u64);
        let p: Vec<f64> = (0..worlds).map(|i| p_of(flat_world(rate, &mut random), i)).collect();
        // 99.9 % point of the Kolmogorov–Smirnov statistic, 1.95/√n, and the step of 1/100.
        let bound = 1.95 / (worlds as f64).sqrt() + 0.01;
        let mut sorted = p.clone();
        sorted.sort_by(f64::total_cmp);
        let too_small = sorted.iter().enumerate().map(|(i, &v)| (i + 1) as f64 / worlds as f64 - v).fold(0.0, f64::max);
        assert!(too_small < bound, "at {rate} a day small p-values come too often: {too_small} of {bound}");
        if rate >= 3.0 {
            assert!(ks_uniform(&p) < bound, "at {rate} a day: {} of {bound}", ks_uniform(&p));
        }
        // The same bound tells a test that is out by half from a right one.
        let wrong: Vec<f64> = p.iter().map(|v| v * 0.5).collect();
        assert!(ks_uniform(&wrong) > bound);
    }
}

#[test]
fn an_injected_outbreak_is_found_with_its_cells() {
    let mut found = 0;
    for world in 0..20 {
        let mut random = Random::seeded(77 + world);
        let mut cases = flat_world(3.0, &mut random);
        // Ten more cases in three days in a block of four cells: (4,4), (5,4), (4,5), (5,5).
        let block = [28, 29, 34, 35];
        for i in 0..10u32 {
            let day = days().to - (i % 3) as i32;
            cases.push(ScanCase { place: block[random.below(4) as usize], day, count: 1, covariate: 0 });
        }
        let result = scan(&ScanInput::of_cases(places(), cases, days()), &options(world, 199)).unwrap();
        let Some(top) = result.clusters.first() else { continue };
        let hit = top.places.iter().filter(|p| block.contains(p)).count();
        let recent = top.window.to == days().to && top.window.len() <= 5;
        found += u32::from(top.p_value <= 0.05 && hit >= 3 && top.places.len() <= 7 && recent);
    }
    assert!(found >= 17, "found in {found} of 20 worlds");
}

#[test]
fn the_answer_does_not_depend_on_the_number_of_threads() {
    let cases = flat_world(3.0, &mut Random::seeded(5));
    let input = ScanInput::of_cases(places(), cases, days());
    let with = |threads| scan(&input, &ScanOptions { threads: Some(threads), ..options(3, 199) }).unwrap();
    let one = with(1);
    assert_eq!(one, with(2));
    assert_eq!(one, with(5));
    assert_eq!(one.maxima.len(), 199);
}

#[test]
fn silent_days_expect_nothing_and_are_counted() {
    let cases = flat_world(3.0, &mut Random::seeded(6));
    let mut input = ScanInput::of_cases(places(), cases, days());
    let silent = days().to - 1;
    input.silent = vec![silent];
    let dropped: u64 = input.cases.iter().filter(|c| c.day == silent).map(|c| u64::from(c.count)).sum();
    let result = scan(&input, &options(1, 99)).unwrap();
    assert_eq!(result.cases, input.cases.len() as u64 - dropped);
    for c in &result.clusters {
        assert_eq!(c.silent_days, usize::from(c.window.contains(silent)));
    }
}

#[test]
fn input_that_contradicts_itself_is_refused_in_one_line() {
    let mut input = ScanInput::of_cases(places(), vec![], days());
    assert!(scan(&input, &options(1, 99)).unwrap().clusters.is_empty());
    input.cases = vec![ScanCase { place: 99, day: days().to, count: 1, covariate: 0 }];
    let problem = scan(&input, &options(1, 99)).unwrap_err().to_string();
    assert_eq!(problem, "case row 0 names place number 99, and there are 36 places");
    input.cases[0] = ScanCase { place: 0, day: days().to + 1, count: 1, covariate: 0 };
    assert!(scan(&input, &options(1, 99)).unwrap_err().to_string().contains("outside the study period"));
    input.cases.clear();
    input.places[1].id = "c00".into();
    assert!(scan(&input, &options(1, 99)).unwrap_err().to_string().contains("\"c00\" is there twice"));
}
