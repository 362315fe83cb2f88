//! The whole scan against its definition, written out densely and without the engine: every zone, every window,
//! every logarithm.

use super::*;
use crate::stats::Random;

const PLACES: usize = 30;
const DAYS: i32 = 40;

fn day(n: i32) -> Day {
    Day::from_epoch_days(20_000 + n)
}

fn days() -> DayRange {
    DayRange { from: day(0), to: day(DAYS - 1) }
}

/// A small world with an outbreak at one corner in its last week. Places lie on a grid, so many distances tie.
fn world(seed: u64) -> ScanInput {
    let mut random = Random::seeded(seed);
    let places = (0..PLACES).map(|i| ScanPlace {
        id: format!("p{i:02}"),
        location: Location::Plane { x: (i % 6) as f64, y: (i / 6) as f64 },
    });
    let mut row = |n: usize| -> Vec<ScanCase> {
        (0..n)
            .map(|_| ScanCase {
                place: (random.below(PLACES as u32).min(random.below(PLACES as u32))) as usize,
                day: day(random.below(DAYS as u32) as i32),
                count: 1 + random.below(2),
                covariate: random.below(2),
            })
            .collect()
    };
    let (mut cases, controls) = (row(120), row(260));
    cases.extend((0..6).map(|i| ScanCase {
        place: 28 + i % 2,
        day: day(DAYS - 1 - i as i32 / 2),
        count: 1,
        covariate: 0,
    }));
    let population = (0..PLACES * 4).map(|i| ScanPopulation {
        place: i % PLACES,
        covariate: (i / PLACES % 2) as u32,
        date: Some(day(if i / PLACES / 2 == 0 { 5 } else { 30 })),
        population: f64::from(50 + random.below(200)),
    });
    ScanInput {
        places: places.collect(),
        cases,
        controls,
        population: population.collect(),
        days: days(),
        silent: Vec::new(),
        neighbours: None,
    }
}

/// Expected cases by place and day, straight from the definitions.
fn expected(input: &ScanInput, options: &ScanOptions) -> Vec<Vec<f64>> {
    let mut e = vec![vec![0.0; DAYS as usize]; PLACES];
    let at = |c: &ScanCase| (c.day - day(0)) as usize;
    let total: f64 = input.cases.iter().map(|c| f64::from(c.count)).sum();
    match options.model {
        Model::Permutation => {
            for stratum in 0..14 {
                let of = |c: &&ScanCase| {
                    let weekday = if options.adjust_weekday { c.day.weekday_index() } else { 0 };
                    c.covariate as usize * 7 + weekday == stratum
                };
                let all: f64 = input.cases.iter().filter(of).map(|c| f64::from(c.count)).sum();
                for a in input.cases.iter().filter(of) {
                    for b in input.cases.iter().filter(of) {
                        e[a.place][at(b)] += f64::from(a.count * b.count) / all;
                    }
                }
            }
        }
        Model::Poisson => {
            for covariate in 0..2 {
                let figure = |place: usize, d: i32| {
                    let mut known = input.population.iter().filter(|p| p.place == place && p.covariate == covariate);
                    let (a, b) = (known.next().unwrap().population, known.next().unwrap().population);
                    let share = f64::from((d.clamp(5, 30) - 5) as u8) / 25.0;
                    a + (b - a) * share
                };
                let cases = input.cases.iter().filter(|c| c.covariate == covariate);
                let cases: f64 = cases.map(|c| f64::from(c.count)).sum();
                let all: f64 = (0..PLACES).map(|p| (0..DAYS).map(|d| figure(p, d)).sum::<f64>()).sum();
                for (p, e) in e.iter_mut().enumerate() {
                    for (d, e) in e.iter_mut().enumerate() {
                        *e += figure(p, d as i32) * cases / all;
                    }
                }
            }
            if options.adjust_time == Some(TimeAdjustment::NonParametric) {
                for d in 0..DAYS as usize {
                    let have: f64 = e.iter().map(|e| e[d]).sum();
                    let cases = input.cases.iter().filter(|c| at(c) == d);
                    let cases: f64 = cases.map(|c| f64::from(c.count)).sum();
                    e.iter_mut().for_each(|e| e[d] *= cases / have);
                }
            }
        }
        Model::Bernoulli => {
            let everyone = || input.cases.iter().chain(&input.controls);
            let all: f64 = everyone().map(|c| f64::from(c.count)).sum();
            everyone().for_each(|c| e[c.place][at(c)] += f64::from(c.count) * total / all);
        }
    }
    e
}

fn x_ln(x: f64, y: f64) -> f64 {
    if x > 0.0 { x * (x / y).ln() } else { 0.0 }
}

/// The greatest statistic over all zones and windows of `counts`.
fn dense(
    input: &ScanInput,
    options: &ScanOptions,
    counts: &[Vec<u32>],
    e: &[Vec<f64>],
    plan: &[(usize, usize)],
) -> f64 {
    let total: f64 = counts.iter().flatten().map(|c| f64::from(*c)).sum();
    let people: f64 = total + input.controls.iter().map(|c| f64::from(c.count)).sum::<f64>();
    let risk: Vec<f64> = e.iter().map(|e| e.iter().sum()).collect();
    let limit = options.max_space_share * risk.iter().sum::<f64>() + 1e-9;
    let xy = |p: usize| ((p % 6) as f64, (p / 6) as f64);
    let mut greatest: f64 = 0.0;
    let zones = (0..PLACES).map(|centre| {
        let mut order: Vec<usize> = (0..PLACES).collect();
        let distance = |p: usize| (xy(p).0 - xy(centre).0).powi(2) + (xy(p).1 - xy(centre).1).powi(2);
        order.sort_by(|a, b| (distance(*a), xy(*a)).partial_cmp(&(distance(*b), xy(*b))).unwrap());
        order
    });
    for order in zones {
        for &(from, to) in plan {
            let c = if options.adjust_time.is_some() {
                counts.iter().map(|c| c[from..=to].iter().sum::<u32>()).sum::<u32>().into()
            } else {
                total
            };
            let (mut n, mut mean, mut inside) = (0.0, 0.0, 0.0);
            for &p in &order {
                inside += risk[p];
                if inside > limit {
                    break;
                }
                n += f64::from(counts[p][from..=to].iter().sum::<u32>());
                mean += e[p][from..=to].iter().sum::<f64>();
                let high = options.rates != Rates::Low && n > mean && n >= f64::from(options.min_cases);
                let low = options.rates != Rates::High && n < mean;
                if !(high || low) {
                    continue;
                }
                greatest = greatest.max(if options.model == Model::Bernoulli {
                    let m = mean * people / total;
                    x_ln(n, m) + x_ln(m - n, m) + x_ln(c - n, people - m) + x_ln(people - m - c + n, people - m)
                        - x_ln(c, people)
                        - x_ln(people - c, people)
                } else {
                    x_ln(n, mean) + x_ln(c - n, c - mean)
                });
            }
        }
    }
    greatest
}

/// Scan, and compare the best cluster and every replicate's maximum with the definition's.
fn compare(options: &ScanOptions) {
    let input = world(7);
    let result = scan(&input, options).unwrap();
    assert_eq!(result.maxima.len(), options.replications as usize);
    let e = expected(&input, options);
    let intervals = windows::Intervals::new(input.days, 1);
    let plan = intervals.plan(options);
    let pairs = |w: &[windows::Window]| w.iter().map(|w| (w.from as usize, w.to as usize)).collect::<Vec<_>>();
    let mut counts = vec![vec![0; DAYS as usize]; PLACES];
    input.cases.iter().for_each(|c| counts[c.place][(c.day - day(0)) as usize] += c.count);
    let want = dense(&input, options, &counts, &e, &pairs(&plan.now));
    let got = result.clusters.first().map_or(0.0, |c| c.llr);
    assert!((got - want).abs() < 1e-9, "{options:?}: {got}, not {want}");
    // The replicates' own worlds, whole.
    let order = sorted_places(&input.places).unwrap();
    let rows = rows(&input, &input.cases, &order).unwrap();
    let problem = problem(&input, &rows, &order, &intervals, options).unwrap();
    for (r, got) in result.maxima.iter().enumerate() {
        let (mut random, mut drawn) = (Random::stream(options.seed, r as u64 + 1), Vec::new());
        problem.null.draw(plan.live(), &mut random, &mut Vec::new(), &mut drawn);
        let mut world = vec![vec![0; DAYS as usize]; PLACES];
        drawn.iter().for_each(|&(p, t)| world[p as usize][t as usize] += 1);
        // Cases outside the windows were not drawn: put back what they hold together.
        let sum = |of: &[Vec<u32>]| of.iter().flatten().sum::<u32>();
        let others = sum(&counts) - sum(&world);
        world[0].push(others);
        let windows = pairs(if plan.ever.is_empty() { &plan.now } else { &plan.ever });
        let want = dense(&input, options, &world, &e, &windows);
        assert!((got - want).abs() < 1e-9, "{options:?}, replicate {r}: {got}, not {want}");
    }
}

fn options(model: Model, analysis: Analysis) -> ScanOptions {
    ScanOptions {
        model,
        analysis,
        longest: LongestWindow::Days(9),
        replications: 12,
        seed: 3,
        ..ScanOptions::default()
    }
}

const RATES: [Rates; 3] = [Rates::High, Rates::Low, Rates::Both];

#[test]
fn the_permutation_model_is_its_definition() {
    for rates in RATES {
        for analysis in [Analysis::Prospective, Analysis::Retrospective] {
            compare(&ScanOptions { rates, ..options(Model::Permutation, analysis) });
        }
    }
    compare(&ScanOptions { adjust_weekday: true, ..options(Model::Permutation, Analysis::Prospective) });
    compare(&ScanOptions { adjust_weekday: true, ..options(Model::Permutation, Analysis::Retrospective) });
    compare(&ScanOptions { min_cases: 4, min_days: 3, ..options(Model::Permutation, Analysis::Prospective) });
}

#[test]
fn the_poisson_model_is_its_definition() {
    for rates in RATES {
        for analysis in [Analysis::Prospective, Analysis::Retrospective, Analysis::Spatial] {
            compare(&ScanOptions { rates, ..options(Model::Poisson, analysis) });
        }
    }
    let adjust_time = Some(TimeAdjustment::NonParametric);
    compare(&ScanOptions { adjust_time, ..options(Model::Poisson, Analysis::Prospective) });
    compare(&ScanOptions { adjust_time, rates: Rates::Both, ..options(Model::Poisson, Analysis::Retrospective) });
    compare(&ScanOptions { include_spatial: true, ..options(Model::Poisson, Analysis::Retrospective) });
}

#[test]
fn the_bernoulli_model_is_its_definition() {
    for rates in RATES {
        for analysis in [Analysis::Prospective, Analysis::Retrospective, Analysis::Spatial] {
            compare(&ScanOptions { rates, ..options(Model::Bernoulli, analysis) });
        }
    }
}

#[test]
fn replicates_account_for_earlier_analyses() {
    for model in [Model::Permutation, Model::Poisson] {
        let surveillance_from = Some(day(DAYS - 6));
        compare(&ScanOptions { surveillance_from, ..options(model, Analysis::Prospective) });
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for analysis in [Analysis::Prospective, Analysis::Retrospective] {
        let of = |threads| {
            let options =
                ScanOptions { threads: Some(threads), replications: 60, ..options(Model::Permutation, analysis) };
            scan(&world(9), &options).unwrap()
        };
        let one = of(1);
        assert_eq!(one, of(2));
        assert_eq!(one, of(5));
    }
}

#[test]
fn a_purely_temporal_cluster_is_the_whole_area() {
    let mut input = world(4);
    input.cases.extend((0..PLACES).map(|place| ScanCase { place, day: day(20), count: 2, covariate: 0 }));
    let options =
        ScanOptions { include_temporal: true, replications: 0, ..options(Model::Poisson, Analysis::Retrospective) };
    let result = scan(&input, &options).unwrap();
    let top = result.clusters.iter().find(|c| c.centre.is_none()).unwrap();
    assert_eq!((top.window.from, top.window.to, top.places.len()), (day(20), day(20), 0));
    let temporal = ScanOptions { analysis: Analysis::Temporal, ..options };
    let only = scan(&input, &temporal).unwrap();
    assert_eq!((only.clusters.len(), only.clusters[0].llr), (1, top.llr));
}

#[test]
fn many_cases_at_one_place_do_not_overflow() {
    for count in [40, 300, 40_000] {
        let mut input = world(5);
        input.cases.push(ScanCase { place: 3, day: day(DAYS - 1), count, covariate: 0 });
        input.cases.push(ScanCase { place: 4, day: day(3), count, covariate: 0 });
        let options = ScanOptions { replications: 2, ..options(Model::Permutation, Analysis::Prospective) };
        let top = &scan(&input, &options).unwrap().clusters[0];
        assert!(top.places.contains(&3) && top.observed >= count, "{top:?}");
        let n = f64::from(top.observed);
        let c: f64 = input.cases.iter().map(|c| f64::from(c.count)).sum();
        let want = x_ln(n, top.expected) + x_ln(c - n, c - top.expected);
        assert!((top.llr / want - 1.0).abs() < 1e-9);
    }
}
