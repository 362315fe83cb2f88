//! The engine: every zone in every window, once for each replicate and once for the data, at every resolution.
//!
//! Replicate r draws from stream r of the seed, whichever thread runs it, and maxima are kept in the order of
//! replicates: the answer is the same for any number of threads. Replicates come first, for a window that no
//! replicate fell short of is never reported, and need not be kept. Several resolutions are scanned in the same
//! worlds, and the maximum is over all of them.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::stats::Random;

use super::{
    ScanError,
    keep::Found,
    layer::Layer,
    level::{Active, Best, Level},
    options::{PValueMethod, ScanOptions},
    tally::Tally,
    windows::{Plan, Window},
    zones::RowNumber,
};

/// A window with less than this is no cluster.
pub(super) const LEAST_LLR: f64 = 0.001;

/// What the engine found.
pub(super) struct Outcome {
    /// By layer and then centre: the best zone of every window that has one worth reporting.
    pub best: Vec<Vec<Vec<Best>>>,
    /// The best window of the whole area, if that was asked for.
    pub whole_area: Option<(Window, Found)>,
    /// The greatest statistic of each replicate, in order; fewer than asked for when a sequential run stopped.
    pub maxima: Vec<f64>,
}

/// Scan the data and the replicates. `layers`: the finest first, one at least.
///
/// # Errors
/// When the worker threads cannot be started, or there are too many zones.
pub(super) fn run(layers: &[Layer], plan: &Plan, options: &ScanOptions) -> Result<Outcome, ScanError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.unwrap_or(0))
        .build()
        .map_err(|e| ScanError::Threads(e.to_string()))?;
    pool.install(|| {
        let active: Vec<Active> = layers.iter().map(|layer| Active::new(layer, plan, options)).collect();
        if active.iter().all(|a| a.places.len() < usize::from(u16::MAX)) {
            by_lanes::<u16>(&active, plan, options)
        } else {
            by_lanes::<u32>(&active, plan, options)
        }
    })
}

fn by_lanes<P: RowNumber>(active: &[Active], plan: &Plan, options: &ScanOptions) -> Result<Outcome, ScanError> {
    Ok(match plan.now.len() {
        0..=16 => Engine::<P, 16>::new(active, plan, options)?.outcome(),
        17..=32 => Engine::<P, 32>::new(active, plan, options)?.outcome(),
        _ => Engine::<P, 64>::new(active, plan, options)?.outcome(),
    })
}

struct Engine<'a, P, const L: usize> {
    options: &'a ScanOptions,
    /// The finest, whose null draws the worlds of all.
    finest: &'a Active<'a>,
    levels: Vec<Level<'a, P, L>>,
    /// The least of the replicates' maxima so far, as bits of a double.
    least_maximum: AtomicU64,
}

/// What one thread works with.
struct Bench<const L: usize> {
    /// By level.
    tallies: Vec<Tally<L>>,
    scratch: Vec<u32>,
    drawn: Vec<(u32, u32)>,
}

impl<'a, P: RowNumber, const L: usize> Engine<'a, P, L> {
    fn new(active: &'a [Active<'a>], plan: &Plan, options: &'a ScanOptions) -> Result<Self, ScanError> {
        let levels = active.iter().map(|a| Level::new(a, plan, options)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { options, finest: &active[0], levels, least_maximum: AtomicU64::new(f64::INFINITY.to_bits()) })
    }

    fn bench(&self) -> Bench<L> {
        let tallies = self.levels.iter().map(Level::tally).collect();
        Bench { tallies, scratch: Vec::new(), drawn: Vec::new() }
    }

    fn outcome(&self) -> Outcome {
        let sequential = self.options.p_value == PValueMethod::Sequential;
        let highest = || self.levels.iter().map(Level::highest).fold(0.0, f64::max);
        let maxima = self.replicates(if sequential { highest() } else { f64::INFINITY });
        // With so few replicates a Gumbel distribution may call for any window.
        let any = maxima.is_empty() || (maxima.len() < 10 && self.options.p_value != PValueMethod::Standard);
        let floor = if any { 0.0 } else { maxima.iter().copied().fold(f64::INFINITY, f64::min) };
        let floor = floor.max(LEAST_LLR - 1e-9);
        let best = self.levels.iter().map(|level| level.observed(floor)).collect();
        let whole_area = self.levels.iter().find_map(|level| level.whole_area(floor));
        Outcome { best, whole_area, maxima }
    }

    /// The greatest statistic of the world on the bench, if above `bar`; `bar` otherwise.
    fn greatest(&self, bench: &mut Bench<L>, bar: f64) -> f64 {
        let levels = self.levels.iter().zip(&mut bench.tallies);
        levels.fold(bar, |bar, (level, tally)| level.greatest_drawn(tally, bar))
    }

    /// The greatest statistic of replicate `number`.
    fn replicate(&self, number: u32, bench: &mut Bench<L>) -> f64 {
        let mut random = Random::stream(self.options.seed, u64::from(number) + 1);
        bench.drawn.clear();
        let null = &self.finest.layer.problem.null;
        null.draw(self.finest.live, &mut random, &mut bench.scratch, &mut bench.drawn);
        for (level, tally) in self.levels.iter().zip(&mut bench.tallies) {
            level.set_drawn(tally, &bench.drawn);
        }
        // Nearly every replicate beats the least maximum so far, so that much need not be looked at; one that
        // does not is done again from nothing.
        let guess = f64::from_bits(self.least_maximum.load(Ordering::Relaxed));
        let mut greatest = 0.0;
        if guess.is_finite() {
            greatest = self.greatest(bench, guess);
        }
        if !guess.is_finite() || greatest <= guess {
            greatest = self.greatest(bench, 0.0);
        }
        // Statistics are never negative, and the bits of such doubles are ordered as they are.
        self.least_maximum.fetch_min(greatest.to_bits(), Ordering::Relaxed);
        greatest
    }

    fn replicates(&self, observed: f64) -> Vec<f64> {
        let all = self.options.replications;
        let sequential = self.options.p_value == PValueMethod::Sequential;
        let batch = if sequential { 64 } else { all.max(1) };
        let enough = (all as usize + 1) / 20;
        let mut maxima = Vec::with_capacity(all as usize);
        let mut reached = 0;
        for start in (0..all).step_by(batch as usize) {
            let numbers = start..(start + batch).min(all);
            let some: Vec<f64> = numbers
                .into_par_iter()
                .with_max_len(8)
                .map_init(|| self.bench(), |bench, r| self.replicate(r, bench))
                .collect();
            for value in some {
                maxima.push(value);
                reached += usize::from(value >= observed);
                if sequential && reached >= enough {
                    return maxima;
                }
            }
        }
        maxima
    }
}
