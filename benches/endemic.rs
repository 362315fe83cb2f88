//! Endemic–epidemic models: a fit of 25 units × 260 weeks with all three components and seven coefficients, and 14
//! forecasts one step ahead with a refit at each. R surveillance 1.20.3 takes 0.125 s for the fit on the same size.
//! The counts are simulated here from known coefficients; the numbers are CPU-bound and on one thread.

use std::time::{Duration, Instant};

use emberwatch::{
    forecast::endemic_epidemic::{
        Component, CountTable, EndemicEpidemicOptions, Refit, Values, Weights, fit, one_step_ahead,
    },
    stats::{CountDistribution, Random},
};

const SIDE: usize = 5;
const WEEKS: usize = 260;
/// R's seconds for the fit, on a two-core machine.
const THEIRS: f64 = 0.125;

fn main() {
    let borders = borders();
    let share = vec![1.0 / (SIDE * SIDE) as f64; SIDE * SIDE];
    let table = simulate(&borders);
    let options = EndemicEpidemicOptions {
        end: Some(Component::seasonal(52.0, 1).with_offset(Values::ByUnit(share))),
        ne: Some(Component::constant()),
        weights: Some(Weights::adjacency(&borders)),
        ..EndemicEpidemicOptions::default()
    };
    let best = best_of(20, || drop(std::hint::black_box(fit(&table, &options))));
    println!(
        "hhh4 fit, 25 units x 260 weeks, 7 coefficients: {:.1} ms; surveillance {THEIRS} s: {:.0} times less",
        best.as_secs_f64() * 1e3,
        THEIRS / best.as_secs_f64()
    );
    let ahead =
        || drop(std::hint::black_box(one_step_ahead(&table, &options, WEEKS - 14, WEEKS - 1, Refit::EveryStep)));
    println!("hhh4 one step ahead, 14 refits: {:.1} ms", best_of(5, ahead).as_secs_f64() * 1e3);
    let law = EndemicEpidemicOptions {
        weights: Some(Weights::adjacency(&borders).power_law(SIDE * SIDE, 8)),
        ..options.clone()
    };
    let best = best_of(5, || drop(std::hint::black_box(fit(&table, &law))));
    println!("hhh4 fit with a power law of distance: {:.1} ms", best.as_secs_f64() * 1e3);
}

fn best_of(times: u32, run: impl Fn()) -> Duration {
    let once = |_| {
        let started = Instant::now();
        run();
        started.elapsed()
    };
    (0..times).map(once).min().unwrap_or_default()
}

/// Squares of a board that share a side.
fn borders() -> Vec<(usize, usize)> {
    let at = |row: usize, column: usize| row * SIDE + column;
    let squares = (0..SIDE).flat_map(|row| (0..SIDE).map(move |column| (row, column)));
    squares
        .flat_map(|(row, column)| {
            let right = (column + 1 < SIDE).then(|| (at(row, column), at(row, column + 1)));
            let below = (row + 1 < SIDE).then(|| (at(row, column), at(row + 1, column)));
            [right, below]
        })
        .flatten()
        .collect()
}

fn simulate(borders: &[(usize, usize)]) -> CountTable {
    let (units, mut random) = (SIDE * SIDE, Random::seeded(11));
    let mut counts = vec![vec![Some(2); units]];
    for t in 1..WEEKS {
        let angle = std::f64::consts::TAU * t as f64 / 52.0;
        let endemic = (3.2 + 0.001 * t as f64 + 0.3 * angle.sin() - 0.2 * angle.cos()).exp() / units as f64;
        let before: Vec<f64> = counts[t - 1].iter().map(|y| f64::from(y.unwrap_or(0))).collect();
        let mut mean: Vec<f64> = before.iter().map(|y| endemic + 0.35 * y).collect();
        for &(a, b) in borders {
            mean[a] += 0.06 * before[b];
            mean[b] += 0.06 * before[a];
        }
        let draw = |m: f64| CountDistribution::negative_binomial(m, 4.0).sample(&mut random) as u32;
        counts.push(mean.into_iter().map(draw).map(Some).collect());
    }
    CountTable { units: (1..=units).map(|u| format!("u{u:02}")).collect(), counts }
}
