//! The likelihood against its definition, and what is simulated found again.

use super::*;
use crate::{
    domain::place::Point as Place,
    stats::{CountDistribution, Random},
};

const SIDE: usize = 12;
const CELLS: usize = SIDE * SIDE;

/// Square cells of 0.9 km.
fn layout() -> Layout {
    let centre = |i: usize| Place::new(0.0081 * (i / SIDE) as f64 - 0.045, -69.0 + 0.0081 * (i % SIDE) as f64).unwrap();
    let centres: Vec<Place> = (0..CELLS).map(centre).collect();
    Layout::new(&centres, &[None; CELLS], 0, CELLS).unwrap()
}

/// Background rates a day: a slope and a busy corner.
fn rates(total: f64) -> Vec<f64> {
    let raw: Vec<f64> = (0..CELLS).map(|i| 1.0 + (i % SIDE) as f64 / 4.0 + if i < 3 { 12.0 } else { 0.0 }).collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|r| total * r / sum).collect()
}

fn contagion() -> Contagion {
    Contagion {
        background: 0.7,
        theta: [
            [0.06, 0.04, 0.02, 0.02],
            [0.04, 0.03, 0.02, 0.02],
            [0.03, 0.02, 0.02, 0.02],
            [0.02, 0.02, 0.02, 0.02],
            [0.02, 0.02, 0.02, 0.02],
        ],
    }
}

/// Events of the process by cell and day: background, and every event's offspring by step and spread.
fn simulate(truth: &Contagion, layout: &Layout, rates: &[f64], days: usize, seed: u64) -> Vec<(usize, usize, f64)> {
    let kernels = Kernels::of(layout, 0..CELLS);
    let mut random = Random::seeded(seed);
    let mut counts = vec![vec![0.0; CELLS]; days];
    let pick = |weights: &[f64], random: &mut Random| {
        let mut left = random.unit() * weights.iter().sum::<f64>();
        weights.iter().position(|w| {
            left -= w;
            left <= 0.0
        })
    };
    for t in 0..days {
        for cell in 0..CELLS {
            counts[t][cell] += CountDistribution::poisson(truth.background * rates[cell]).sample(&mut random) as f64;
        }
        for from in 0..CELLS {
            let events = counts[t][from];
            for (step, thetas) in truth.theta.iter().enumerate().filter(|_| events > 0.0) {
                for (s, theta) in thetas.iter().enumerate() {
                    for _ in 0..CountDistribution::poisson(events * theta).sample(&mut random) {
                        let before = if step == 0 { 0 } else { STEPS[step - 1] };
                        let day = t + before + 1 + random.below(width(step) as u32) as usize;
                        let mut weights = vec![0.0; CELLS];
                        match s {
                            0 => weights[from] = 1.0,
                            LAND => weights.copy_from_slice(rates),
                            _ => kernels.spread(s - 1, from, |to, w| weights[to] = w),
                        }
                        if let (Some(cell), true) = (pick(&weights, &mut random), day < days) {
                            counts[day][cell] += 1.0;
                        }
                    }
                }
            }
        }
    }
    let events = counts.into_iter().enumerate().flat_map(|(t, cells)| {
        cells.into_iter().enumerate().filter(|(_, n)| *n > 0.0).map(move |(cell, n)| (t, cell, n))
    });
    events.collect()
}

/// The definition, for a point in space (km) and time (days): events at the centres of their cells and the middle of
/// their days, every f a density on the land.
struct Definition<'a> {
    truth: &'a Contagion,
    layout: &'a Layout,
    rates: &'a [f64],
    events: &'a [(usize, usize, f64)],
    /// Integral of each cut Gaussian about each cell's centre over the land.
    integrals: Vec<[f64; 2]>,
}

const FINE: usize = 3;

impl<'a> Definition<'a> {
    fn new(truth: &'a Contagion, layout: &'a Layout, rates: &'a [f64], events: &'a [(usize, usize, f64)]) -> Self {
        let mut out = Self { truth, layout, rates, events, integrals: vec![[0.0; 2]; CELLS] };
        let area = layout.spacing * layout.spacing / (FINE * FINE) as f64;
        for from in 0..CELLS {
            let mut integrals = [0.0; 2];
            for (integral, width) in integrals.iter_mut().zip(WIDTHS) {
                let sigma = width * layout.spacing;
                let all = (0..CELLS).flat_map(|c| out.within(c)).map(|at| gauss(layout.xy[from], at, sigma) * area);
                *integral = all.sum();
            }
            out.integrals[from] = integrals;
        }
        out
    }

    /// Middles of the small squares that a cell is divided into.
    fn within(&self, cell: usize) -> Vec<[f64; 2]> {
        let [x, y] = self.layout.xy[cell];
        let off = |i: usize| ((i as f64 + 0.5) / FINE as f64 - 0.5) * self.layout.spacing;
        (0..FINE * FINE).map(|i| [x + off(i % FINE), y + off(i / FINE)]).collect()
    }

    fn intensity(&self, cell: usize, at: [f64; 2], time: f64) -> f64 {
        let square = self.layout.spacing * self.layout.spacing;
        let land: f64 = self.rates.iter().sum();
        let usual = self.rates[cell] / square;
        let mut sum = self.truth.background * usual;
        for &(day, from, count) in self.events {
            // Calendar days since the event's own.
            let lag = time.floor() - day as f64;
            if lag < 1.0 || lag > REACH as f64 {
                continue;
            }
            let step = STEPS.iter().position(|&last| lag <= last as f64).unwrap();
            let f = [
                if from == cell { 1.0 / square } else { 0.0 },
                gauss(self.layout.xy[from], at, WIDTHS[0] * self.layout.spacing) / self.integrals[from][0],
                gauss(self.layout.xy[from], at, WIDTHS[1] * self.layout.spacing) / self.integrals[from][1],
                usual / land,
            ];
            let g = 1.0 / width(step);
            sum += count * g * self.truth.theta[step].iter().zip(f).map(|(t, f)| t * f).sum::<f64>();
        }
        sum
    }

    /// Over days `first..days`, each in two halves.
    fn log_likelihood(&self, first: usize, days: usize) -> f64 {
        let inside = self.events.iter().filter(|e| e.0 >= first);
        let events: f64 =
            inside.map(|&(day, cell, n)| n * self.intensity(cell, self.layout.xy[cell], day as f64 + 0.5).ln()).sum();
        let area = self.layout.spacing * self.layout.spacing / (FINE * FINE) as f64;
        let mut integral = 0.0;
        for half in 2 * first..2 * days {
            let time = half as f64 / 2.0 + 0.25;
            for cell in 0..CELLS {
                integral +=
                    self.within(cell).iter().map(|at| self.intensity(cell, *at, time)).sum::<f64>() * area / 2.0;
            }
        }
        events - integral
    }
}

#[test]
fn the_likelihood_is_that_of_the_point_process_but_for_what_cells_and_days_make_discrete() {
    let (layout, rates) = (layout(), rates(1.5));
    let (days, first) = (70, 60);
    let truth = contagion();
    let events = simulate(&truth, &layout, &rates, days, 3);
    let ones = vec![1.0; days];
    let evidence = Evidence::of(&layout, &events, [&ones, &ones], first, |_| rates.clone());
    let n: f64 = evidence.points.iter().map(|p| p.count).sum();
    let to_cells = n * (layout.spacing * layout.spacing).ln();
    for theta in [0.0, 1.0, 2.0] {
        // At the truth, without any contagion, and with twice as much.
        let at = Contagion { background: 0.9, theta: truth.theta.map(|row| row.map(|t| t * theta)) };
        let ours = at.log_likelihood(&evidence) - to_cells;
        let defined = Definition::new(&at, &layout, &rates, &events).log_likelihood(first, days);
        assert!((ours - defined).abs() < 0.01 * n, "{theta}: {ours} against {defined} of {n} events");
    }
}

#[test]
fn parameters_of_simulated_processes_are_found_within_their_own_errors() {
    let (layout, rates) = (layout(), rates(7.0));
    let days = 350;
    let truth = contagion();
    let wanted = sums(&truth);
    let mut squares = Vec::new();
    for seed in 1..=4 {
        let events = simulate(&truth, &layout, &rates, days, seed);
        let ones = vec![1.0; days];
        let evidence = Evidence::of(&layout, &events, [&ones, &ones], REACH, |_| rates.clone());
        let found = Contagion::maximise(&evidence, [0.0, 0.0], 300);
        let errors = errors(&truth, &evidence);
        for ((got, want), error) in sums(&found).into_iter().zip(wanted).zip(errors) {
            let z = (got - want) / error;
            assert!(z.abs() < 4.0, "seed {seed}: {got} ± {error}, put in {want}");
            squares.push(z * z);
        }
    }
    // Mean square of twenty standard normal figures, some of them correlated and none below 0.
    let mean = squares.iter().sum::<f64>() / squares.len() as f64;
    assert!((0.35..2.2).contains(&mean), "{mean}");
}

/// What is well told apart: the background, and what one event is followed by in each spread.
fn sums(c: &Contagion) -> [f64; 1 + SPREADS] {
    std::array::from_fn(|i| if i == 0 { c.background } else { c.theta.iter().map(|row| row[i - 1]).sum() })
}

/// Their standard errors by the information at `at`.
fn errors(at: &Contagion, evidence: &Evidence) -> [f64; 1 + SPREADS] {
    const N: usize = 1 + SPREADS * STEPS.len();
    let mut information = vec![vec![0.0; N]; N];
    for p in &evidence.points {
        let x: Vec<f64> = std::iter::once(p.background).chain(p.triggered.iter().flatten().copied()).collect();
        let weight = p.count / at.intensity(p).powi(2);
        for i in 0..N {
            for j in 0..N {
                information[i][j] += weight * x[i] * x[j];
            }
        }
    }
    let covariance = inverse(information);
    std::array::from_fn(|k| {
        let members: Vec<usize> =
            if k == 0 { vec![0] } else { (0..STEPS.len()).map(|b| 1 + b * SPREADS + k - 1).collect() };
        let variance: f64 =
            members.iter().flat_map(|&i| members.iter().map(move |&j| (i, j))).map(|(i, j)| covariance[i][j]).sum();
        variance.sqrt()
    })
}

/// Gauss–Jordan of a positive definite matrix.
fn inverse(mut a: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let n = a.len();
    for (i, row) in a.iter_mut().enumerate() {
        row.extend((0..n).map(|j| if i == j { 1.0 } else { 0.0 }));
    }
    for col in 0..n {
        let lead = a[col][col];
        a[col].iter_mut().for_each(|x| *x /= lead);
        let pivot = a[col].clone();
        for (_, row) in a.iter_mut().enumerate().filter(|(i, _)| *i != col) {
            let factor = row[col];
            row.iter_mut().zip(&pivot).for_each(|(x, p)| *x -= factor * p);
        }
    }
    a.into_iter().map(|row| row[n..].to_vec()).collect()
}
