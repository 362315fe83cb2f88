//! Rings, connected sets and several resolutions against their definition: every subset of the places tried one by
//! one, every logarithm, in the data and in each replicate's world.

use super::*;
use crate::{
    domain::place::{Cell, Point, Resolution},
    stats::Random,
};

const DAYS: i32 = 30;

fn day(n: i32) -> Day {
    Day::from_epoch_days(20_000 + n)
}

/// Two rings of cells around one, as places and in the order of their ids.
fn cells() -> Vec<Cell> {
    let centre = Point::new(44.31, -69.78).unwrap().cell(Resolution::Eight);
    let mut cells: Vec<Cell> = centre.neighbours().iter().flat_map(|c| c.neighbours()).collect();
    cells.sort();
    cells.dedup();
    assert_eq!(cells.len(), 19);
    // One is missing, and one below never has a case: a hole, and a place that only leads to others.
    cells.remove(11);
    cells
}

const EMPTY: usize = 6;

fn world(seed: u64) -> ScanInput {
    let mut random = Random::seeded(seed);
    let places: Vec<ScanPlace> =
        cells().iter().map(|c| ScanPlace { id: c.to_string(), location: Location::Geographic(c.centre()) }).collect();
    let mut row = |n: usize, covariates: u32| -> Vec<ScanCase> {
        let one = |_| ScanCase {
            place: (random.below(18).min(random.below(18))) as usize,
            day: day(random.below(DAYS as u32) as i32),
            count: 1 + random.below(2),
            covariate: random.below(covariates),
        };
        (0..n).map(one).filter(|c| c.place != EMPTY).collect()
    };
    let (mut cases, controls) = (row(90, 2), row(150, 1));
    cases.extend((0..5).map(|i| ScanCase { place: 14 + i % 2, day: day(DAYS - 1), count: 1, covariate: 0 }));
    let figure = |(place, covariate)| {
        let population = f64::from(40 + place as u8);
        ScanPopulation { place, covariate, date: None, population }
    };
    let populated = (0..18).filter(|p| *p != EMPTY).flat_map(|p| [(p, 0), (p, 1)]);
    let mut input = ScanInput::of_cases(places, cases, DayRange { from: day(0), to: day(DAYS - 1) });
    (input.controls, input.population) = (controls, populated.map(figure).collect());
    input
}

/// Every zone as a set of bits, one for each place.
fn zones(options: &ScanOptions, cells: &[Cell]) -> Vec<u32> {
    let steps = |a: usize, b: usize| cells[a].steps_to(cells[b]).unwrap();
    let bits = |of: &dyn Fn(usize) -> bool| (0..cells.len()).filter(|p| of(*p)).fold(0u32, |set, p| set | 1 << p);
    match options.zones {
        ZoneShape::Rings => (0..cells.len())
            .flat_map(|c| (0..8).map(move |k| (c, k)))
            .map(|(c, k)| bits(&|p| steps(c, p) <= k))
            .collect(),
        ZoneShape::Connected => {
            let near: Vec<u32> = (0..cells.len()).map(|a| bits(&|b| steps(a, b) <= 1)).collect();
            let connected = |set: u32| {
                let mut inside = set & set.wrapping_neg();
                for _ in 0..cells.len() {
                    let next = (0..cells.len()).filter(|p| inside >> p & 1 == 1).fold(0, |all, p| all | near[p]);
                    inside = next & set;
                }
                inside == set
            };
            let few = |set: &u32| set.count_ones() <= u32::from(options.max_cells);
            (1u32..1 << cells.len()).filter(few).filter(|set| connected(*set)).collect()
        }
        ZoneShape::Circles => {
            let distance = |a: usize, b: usize| cells[a].centre().distance_km(cells[b].centre());
            let pairs = (0..cells.len()).flat_map(|c| (0..cells.len()).map(move |last| (c, last)));
            pairs.map(|(c, last)| bits(&|p| distance(c, p) <= distance(c, last))).collect()
        }
    }
}

fn x_ln(x: f64, y: f64) -> f64 {
    if x > 0.0 { x * (x / y).ln() } else { 0.0 }
}

/// The greatest statistic of any zone and window, with the zones that have it.
fn dense(
    problem: &problem::Problem,
    zones: &[u32],
    options: &ScanOptions,
    counts: &[Vec<f64>],
    all: f64,
    plan: &[windows::Window],
) -> (f64, Vec<u32>) {
    let places = problem.risk.len();
    let limit = options.max_space_share * problem.risk.iter().sum::<f64>() + 1e-9;
    let mut greatest = (0.0, Vec::new());
    for &zone in zones {
        let inside: Vec<usize> = (0..places).filter(|p| zone >> p & 1 == 1).collect();
        if inside.iter().map(|p| problem.risk[*p]).sum::<f64>() > limit {
            continue;
        }
        for w in plan {
            let within = w.from as usize..=w.to as usize;
            let n: f64 = inside.iter().map(|p| counts[*p][within.clone()].iter().sum::<f64>()).sum();
            let mean: f64 = match &problem.expected {
                problem::Expected::Factored { weights, basis } => (weights.iter().zip(basis))
                    .map(|(w, b)| inside.iter().map(|p| w[*p]).sum::<f64>() * b[within.clone()].iter().sum::<f64>())
                    .sum(),
                problem::Expected::Sparse(cells) => {
                    cells.iter().filter(|c| inside.contains(&(c.0 as usize)) && w.contains(c.1)).map(|c| c.2).sum()
                }
            };
            let high = options.rates != Rates::Low && n > mean && n >= f64::from(options.min_cases);
            if !high && (options.rates == Rates::High || n >= mean) {
                continue;
            }
            let llr = match problem.statistic {
                statistic::Statistic::Poisson { .. } => x_ln(n, mean) + x_ln(all - n, all - mean),
                statistic::Statistic::Bernoulli { all: people, .. } => {
                    let m = mean * people / all;
                    x_ln(n, m) + x_ln(m - n, m) + x_ln(all - n, people - m) + x_ln(people - m - all + n, people - m)
                        - x_ln(all, people)
                        - x_ln(people - all, people)
                }
            };
            if llr > greatest.0 + 1e-9 {
                greatest = (llr, vec![zone]);
            } else if llr > greatest.0 - 1e-9 {
                greatest.1.push(zone);
            }
        }
    }
    greatest
}

/// Scan, and compare the best cluster and every replicate's maximum with the definition's, over all resolutions.
fn compare(options: &ScanOptions) {
    let input = world(7);
    let result = scan(&input, options).unwrap();
    let order = sorted_places(&input.places).unwrap();
    assert!(order.is_sorted());
    let intervals = windows::Intervals::new(input.days, 1);
    let plan = intervals.plan(options);
    let rows = rows(&input, &input.cases, &order).unwrap();
    let problem = problem(&input, &rows, &order, &intervals, options).unwrap();
    // By resolution: cells, the cell of every place, the zones, the expectations.
    let levels: Vec<_> = (0..=options.coarser)
        .map(|step| {
            let parents: Vec<Cell> =
                cells().iter().map(|c| c.parent(Resolution::try_from(8 - step).unwrap()).unwrap()).collect();
            let mut own = parents.clone();
            own.sort();
            own.dedup();
            let label: Vec<u32> = parents.iter().map(|p| own.binary_search(p).unwrap() as u32).collect();
            (zones(options, &own), problem.coarser(&label, own.len()), label)
        })
        .collect();
    let all: f64 = input.cases.iter().map(|c| f64::from(c.count)).sum();
    let greatest = |world: &[(u32, u32, u32)], plan: &[windows::Window]| {
        let of_level = |(zones, problem, label): &(Vec<u32>, problem::Problem, Vec<u32>)| {
            let mut counts = vec![vec![0.0; DAYS as usize]; problem.risk.len()];
            world.iter().for_each(|(p, t, n)| counts[label[*p as usize] as usize][*t as usize] += f64::from(*n));
            let (llr, zones) = dense(problem, zones, options, &counts, all, plan);
            let places = |zone: &u32| (0..label.len()).filter(|p| zone >> label[*p] & 1 == 1).collect::<Vec<_>>();
            (llr, zones.iter().map(places).collect::<Vec<_>>())
        };
        let of_levels: Vec<_> = levels.iter().map(of_level).collect();
        let greatest = of_levels.iter().map(|l| l.0).fold(0.0, f64::max);
        let zones: Vec<_> = of_levels.into_iter().filter(|l| l.0 > greatest - 1e-9).flat_map(|l| l.1).collect();
        (greatest, zones)
    };
    let observed: Vec<_> = problem.observed.iter().map(|c| (c.place, c.interval, c.count)).collect();
    let (want, zones) = greatest(&observed, &plan.now);
    let top = &result.clusters[0];
    assert!((top.llr - want).abs() < 1e-9, "{options:?}: {}, not {want}", top.llr);
    let with_cases = |places: &[usize]| places.iter().copied().filter(|p| *p != EMPTY).collect::<Vec<_>>();
    // Of zones that tie (of Bernoulli's whole numbers many do) any will do.
    let same = |places: &Vec<usize>| with_cases(places) == with_cases(&top.places);
    assert!(zones.iter().any(same), "{options:?}: {:?}, not one of {zones:?}", top.places);
    assert!(top.places.contains(&top.centre.unwrap()));
    assert_eq!(result.maxima.len(), options.replications as usize);
    for (r, got) in result.maxima.iter().enumerate() {
        let (mut random, mut drawn) = (Random::stream(options.seed, r as u64 + 1), Vec::new());
        problem.null.draw(plan.live(), &mut random, &mut Vec::new(), &mut drawn);
        let world: Vec<_> = drawn.iter().map(|&(p, t)| (p, t, 1)).collect();
        let want = greatest(&world, if plan.ever.is_empty() { &plan.now } else { &plan.ever }).0;
        assert!((got - want).abs() < 1e-9, "{options:?}, replicate {r}: {got}, not {want}");
    }
}

fn options(zones: ZoneShape, analysis: Analysis) -> ScanOptions {
    // So many replicates that the best cluster is not hidden.
    let longest = LongestWindow::Days(6);
    ScanOptions { zones, analysis, max_cells: 4, longest, replications: 12, seed: 3, ..ScanOptions::default() }
}

#[test]
fn connected_zones_are_their_definition() {
    for analysis in [Analysis::Prospective, Analysis::Retrospective] {
        let of = |max_cells| ScanOptions { max_cells, ..options(ZoneShape::Connected, analysis) };
        for max_cells in [1, 2, 5] {
            compare(&of(max_cells));
        }
        compare(&ScanOptions { adjust_weekday: true, ..of(4) });
        compare(&ScanOptions { max_space_share: 0.2, min_cases: 4, min_days: 2, ..of(5) });
        compare(&ScanOptions { model: Model::Poisson, ..of(4) });
        compare(&ScanOptions { model: Model::Bernoulli, ..of(4) });
    }
    let surveillance_from = Some(day(DAYS - 6));
    compare(&ScanOptions { surveillance_from, ..options(ZoneShape::Connected, Analysis::Prospective) });
}

#[test]
fn rings_are_their_definition() {
    for rates in [Rates::High, Rates::Low, Rates::Both] {
        for analysis in [Analysis::Prospective, Analysis::Retrospective] {
            compare(&ScanOptions { rates, ..options(ZoneShape::Rings, analysis) });
            compare(&ScanOptions { rates, model: Model::Poisson, ..options(ZoneShape::Rings, analysis) });
        }
    }
}

#[test]
fn several_resolutions_are_one_scan_of_the_same_worlds() {
    for shape in [ZoneShape::Circles, ZoneShape::Rings, ZoneShape::Connected] {
        for model in [Model::Permutation, Model::Poisson, Model::Bernoulli] {
            compare(&ScanOptions { coarser: 2, model, ..options(shape, Analysis::Prospective) });
        }
        compare(&ScanOptions { coarser: 1, adjust_weekday: true, ..options(shape, Analysis::Retrospective) });
    }
}

#[test]
fn a_cluster_of_coarser_cells_is_given_by_its_finest_places() {
    let mut input = world(5);
    let parents: Vec<Cell> = cells().iter().map(|c| c.parent(Resolution::Seven).unwrap()).collect();
    let inside: Vec<usize> = (0..18).filter(|p| parents[*p] == parents[9]).collect();
    assert!(inside.len() >= 3, "the case is a fair one");
    input.cases.extend(inside.iter().map(|&place| ScanCase { place, day: day(DAYS - 1), count: 3, covariate: 0 }));
    let wide = ScanOptions { coarser: 1, max_cells: 1, ..options(ZoneShape::Connected, Analysis::Prospective) };
    let top = scan(&input, &wide).unwrap().clusters.remove(0);
    assert_eq!((top.coarser, &top.places), (1, &inside));
    assert!(inside.contains(&top.centre.unwrap()) && top.radius_km.unwrap() > 0.3);
    // Secondary clusters of other resolutions are compared place by place.
    let apart = scan(&input, &ScanOptions { overlap: Overlap::None, replications: 0, ..wide }).unwrap().clusters;
    let mut all: Vec<usize> = apart.iter().flat_map(|c| c.places.iter().copied()).collect();
    all.sort_unstable();
    assert!(apart.len() > 2 && all.windows(2).all(|w| w[0] != w[1]), "{all:?}");
}

#[test]
fn given_neighbours_do_what_cells_do() {
    let input = world(9);
    let cells = cells();
    let pairs = (0..18).flat_map(|a| (0..a).map(move |b| [a, b]));
    let near = pairs.filter(|[a, b]| cells[*a].steps_to(cells[*b]) == Some(1));
    let mut given = input.clone();
    given.neighbours = Some(near.collect());
    given.places.iter_mut().enumerate().for_each(|(i, p)| p.id = format!("p{i:02}"));
    let options = options(ZoneShape::Connected, Analysis::Prospective);
    assert_eq!(scan(&given, &options), scan(&input, &options));
}

#[test]
fn a_radius_limits_connected_zones_as_well() {
    let narrow = ScanOptions {
        max_radius_km: Some(1.0),
        overlap: Overlap::All,
        replications: 0,
        ..options(ZoneShape::Connected, Analysis::Prospective)
    };
    let radii = |options: &ScanOptions| {
        let clusters = scan(&world(7), options).unwrap().clusters;
        clusters.iter().map(|c| c.radius_km.unwrap()).fold(0.0, f64::max)
    };
    assert!((0.5..=1.0).contains(&radii(&narrow)));
    assert!(radii(&ScanOptions { max_radius_km: None, ..narrow }) > 1.0);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for shape in [ZoneShape::Rings, ZoneShape::Connected] {
        let of = |threads| {
            let options = ScanOptions {
                threads: Some(threads),
                coarser: 1,
                replications: 60,
                ..options(shape, Analysis::Retrospective)
            };
            scan(&world(9), &options).unwrap()
        };
        let one = of(1);
        assert_eq!(one, of(2));
        assert_eq!(one, of(5));
    }
}

#[test]
fn what_zones_need_is_said_in_one_line() {
    let told = |input: &ScanInput, options: ScanOptions| scan(input, &options).unwrap_err().to_string();
    let connected = || options(ZoneShape::Connected, Analysis::Prospective);
    let good = world(1);
    let mut named = good.clone();
    named.places.iter_mut().enumerate().for_each(|(i, p)| p.id = format!("p{i:02}"));
    assert_eq!(
        told(&named, connected()),
        "zones connected need H3 cells of one resolution as places, or to be told which places are neighbours"
    );
    let coarser = ScanOptions { coarser: 1, ..ScanOptions::default() };
    assert_eq!(told(&named, coarser), "coarser resolutions need the places to be H3 cells of one resolution");
    let low = ScanOptions { rates: Rates::Low, ..connected() };
    assert_eq!(told(&good, low), "windows is low; expected high: connected zones are scanned for high rates only");
    assert_eq!(told(&good, ScanOptions { max_cells: 13, ..connected() }), "max_cells is 13; expected 1 to 12");
    let far = ScanOptions { coarser: 9, ..connected() };
    assert!(told(&good, far).starts_with("coarser resolutions need a coarser H3 resolution for each step"));
    named.neighbours = Some(vec![[0, 1], [3, 18]]);
    assert_eq!(told(&named, connected()), "neighbour row 1 names place number 18, and there are 18 places");
}
