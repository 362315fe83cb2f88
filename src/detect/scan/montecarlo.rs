//! The engine: every zone in every window, once for each replicate and once for the data.
//!
//! Replicate r draws from stream r of the seed, whichever thread runs it, and maxima are kept in the order of
//! replicates: the answer is the same for any number of threads. Replicates come first, for a window that no
//! replicate fell short of is never reported, and need not be kept.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::stats::Random;

use super::{
    ScanError,
    cluster::pick_disjoint,
    keep::{Found, Greatest, Keep, PerLane},
    ladder::{Chunk, Fineness, Ladder, Slots},
    measure::Measure,
    options::{Analysis, PValueMethod, Rates, ScanOptions},
    problem::Problem,
    scales::ScaleSets,
    sweep::Track,
    tally::Tally,
    temporal::WholeArea,
    windows::{Plan, Window},
    zones::{Family, RowNumber, Zones},
};

/// A window with less than this is no cluster.
pub(super) const LEAST_LLR: f64 = 0.001;

/// What the engine found.
pub(super) struct Outcome {
    /// By centre: the best zone of every window that has one worth reporting, and its last place.
    pub best: Vec<Vec<Best>>,
    /// The best window of the whole area, if that was asked for.
    pub whole_area: Option<(Window, Found)>,
    /// The greatest statistic of each replicate, in order; fewer than asked for when a sequential run stopped.
    pub maxima: Vec<f64>,
}

/// The best zone of a centre in one window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Best {
    pub window: Window,
    pub found: Found,
    /// The place that the zone took in last.
    pub last: usize,
}

/// Scan the data and the replicates.
///
/// # Errors
/// When the worker threads cannot be started.
pub(super) fn run(
    problem: &Problem,
    family: &dyn Family,
    plan: &Plan,
    options: &ScanOptions,
) -> Result<Outcome, ScanError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.unwrap_or(0))
        .build()
        .map_err(|e| ScanError::Threads(e.to_string()))?;
    let run = Run::new(problem, family, plan, options);
    Ok(pool.install(|| run.small_or_large()))
}

struct Run<'a> {
    problem: &'a Problem,
    family: &'a dyn Family,
    plan: &'a Plan,
    options: &'a ScanOptions,
    /// Places with a population at risk, in the order of rows, and the row of every place.
    active: Vec<u32>,
    row_of: Vec<u32>,
    /// The union of all windows.
    live: Window,
    /// No window is likely to hold more cases than this in any replicate (nothing is lost if one does).
    most: usize,
}

impl<'a> Run<'a> {
    fn new(problem: &'a Problem, family: &'a dyn Family, plan: &'a Plan, options: &'a ScanOptions) -> Self {
        let active: Vec<u32> = (0..problem.risk.len() as u32).filter(|&p| problem.risk[p as usize] > 0.0).collect();
        let mut row_of = vec![u32::MAX; problem.risk.len()];
        for (row, &p) in active.iter().enumerate() {
            row_of[p as usize] = row as u32;
        }
        let live = plan.live();
        let inside: u32 = problem.observed.iter().filter(|c| live.contains(c.interval)).map(|c| c.count).sum();
        let measure = Measure::new(&problem.expected, &active, live);
        let expected = measure.lane(live).expected(&measure.whole());
        let typical = expected.max(f64::from(inside));
        let most = (typical + 8.0 * typical.sqrt() + 16.0).min(problem.statistic.cases()) as usize;
        Self { problem, family, plan, options, active, row_of, live, most }
    }

    fn small_or_large(&self) -> Outcome {
        if self.active.len() < usize::from(u16::MAX) { self.by_lanes::<u16>() } else { self.by_lanes::<u32>() }
    }

    fn by_lanes<P: RowNumber>(&self) -> Outcome {
        match self.plan.now.len() {
            0..=16 => Engine::<P, 16>::new(self).outcome(),
            17..=32 => Engine::<P, 32>::new(self).outcome(),
            _ => Engine::<P, 64>::new(self).outcome(),
        }
    }
}

/// Windows in chunks, with what bounds them.
struct Windows<const L: usize> {
    chunks: Vec<Chunk<L>>,
    scales: ScaleSets,
    whole_area: Option<WholeArea>,
}

struct Engine<'a, P, const L: usize> {
    run: &'a Run<'a>,
    measure: Measure,
    /// The measure's sum over all rows: its first number.
    whole: f64,
    zones: Zones<P>,
    ladders: Vec<Ladder>,
    /// Windows that may be reported.
    now: Windows<L>,
    /// Windows of a replicate, where those are others.
    ever: Option<Windows<L>>,
    /// The least of the replicates' maxima so far, as bits of a double.
    least_maximum: AtomicU64,
}

/// What one thread works with.
struct Bench<const L: usize> {
    tally: Tally<L>,
    scratch: Vec<u32>,
    drawn: Vec<(u32, u32)>,
}

impl<'a, P: RowNumber, const L: usize> Engine<'a, P, L> {
    fn new(run: &'a Run<'a>) -> Self {
        let Run { problem, options, plan, .. } = *run;
        let measure = Measure::new(&problem.expected, &run.active, run.live);
        let limit = options.max_space_share * problem.risk.iter().sum::<f64>() * (1.0 + 1e-12);
        let centres = if options.analysis == Analysis::Temporal { 0 } else { problem.risk.len() };
        let zones = Zones::new(run.family, &run.active, &problem.risk, limit, centres);
        let mut ladders =
            Ladders { run, fineness: Fineness::new(plan.all().count()), totals: Vec::new(), made: Vec::new() };
        let now = Windows::new(run, &plan.now, &measure, &zones, &mut ladders);
        let ever = (!plan.ever.is_empty()).then(|| Windows::new(run, &plan.ever, &measure, &zones, &mut ladders));
        let ladders = ladders.made;
        let whole = measure.whole().first().copied().unwrap_or(0.0);
        Self { run, measure, whole, zones, ladders, now, ever, least_maximum: AtomicU64::new(f64::INFINITY.to_bits()) }
    }

    fn bench(&self) -> Bench<L> {
        Bench { tally: Tally::new(self.run.active.len(), self.run.live), scratch: Vec::new(), drawn: Vec::new() }
    }

    fn outcome(&self) -> Outcome {
        let sequential = self.run.options.p_value == PValueMethod::Sequential;
        let highest = if sequential { self.highest() } else { f64::INFINITY };
        let maxima = self.replicates(highest);
        // With so few replicates a Gumbel distribution may call for any window.
        let any = maxima.is_empty() || (maxima.len() < 10 && self.run.options.p_value != PValueMethod::Standard);
        let floor = if any { 0.0 } else { maxima.iter().copied().fold(f64::INFINITY, f64::min) };
        let (best, whole_area) = self.observed(floor.max(LEAST_LLR - 1e-9));
        Outcome { best, whole_area, maxima }
    }

    fn track<'t>(&'t self, windows: &'t Windows<L>, chunk: usize) -> Track<'t, P, L> {
        let scales = windows.scales.of_chunk(chunk);
        Track {
            zones: &self.zones,
            measure: &self.measure,
            ladders: &self.ladders,
            chunk: &windows.chunks[chunk],
            first: &scales.first,
            last: &scales.last,
            high: self.run.options.rates != Rates::Low,
            whole: self.measure.is_product().then_some(self.whole),
        }
    }

    /// The greatest statistic of what lies in a tally, if above `bar`; `bar` otherwise.
    fn greatest(&self, tally: &mut Tally<L>, windows: &Windows<L>, bar: f64) -> f64 {
        let mut keep = Greatest(bar);
        if let Some(whole_area) = &windows.whole_area {
            whole_area.offer(tally, &self.ladders, &mut keep);
        }
        for chunk in 0..windows.chunks.len() {
            let rows = tally.rows(&windows.chunks[chunk]);
            self.track(windows, chunk).sweep(&self.zones.visits, &rows, &mut keep);
        }
        keep.bar()
    }

    fn set_observed(&self, tally: &mut Tally<L>) {
        let cases = self.run.problem.observed.iter();
        tally.set(cases.map(|c| (self.run.row_of[c.place as usize], c.interval, c.count)), self.now.many());
    }

    fn highest(&self) -> f64 {
        let mut bench = self.bench();
        self.set_observed(&mut bench.tally);
        self.greatest(&mut bench.tally, &self.now, 0.0)
    }

    /// By centre: its best windows above the floor; and the best of the whole area.
    fn observed(&self, floor: f64) -> (Vec<Vec<Best>>, Option<(Window, Found)>) {
        let mut tally = self.bench().tally;
        self.set_observed(&mut tally);
        let whole_area = self.now.whole_area.as_ref().and_then(|w| {
            let mut keep = PerLane::new(w.windows.len(), floor, false);
            w.offer(&tally, &self.ladders, &mut keep);
            let found = keep.best.iter().zip(&w.windows).filter_map(|(f, w)| Some((*w, (*f)?)));
            // Of equals the shortest, which comes first.
            found.reduce(|a, b| if b.1.llr > a.1.llr + 1e-9 { b } else { a })
        });
        let share = Window::shared(&self.run.plan.now);
        let mut best: Vec<Vec<Best>> = vec![Vec::new(); self.zones.centres()];
        // Centres in blocks, for some may have many windows before the best of them are picked.
        for (block, best) in best.chunks_mut(256).enumerate() {
            for chunk in 0..self.now.chunks.len() {
                let rows = tally.rows(&self.now.chunks[chunk]);
                let track = self.track(&self.now, chunk);
                best.par_iter_mut().enumerate().for_each(|(i, best)| {
                    let centre = block * 256 + i;
                    let mut keep = PerLane::new(track.chunk.windows.len(), floor, share);
                    track.sweep(&[centre as u32], &rows, &mut keep);
                    let found = track.chunk.windows.iter().zip(keep.best);
                    best.extend(found.filter_map(|(window, found)| {
                        let found = found?;
                        let row = self.zones.last_row(centre, found.places as usize);
                        Some(Best { window: *window, found, last: self.run.active[row] as usize })
                    }));
                });
            }
            best.par_iter_mut().for_each(pick_disjoint);
        }
        (best, whole_area)
    }

    /// The greatest statistic of replicate `number`.
    fn replicate(&self, number: u32, bench: &mut Bench<L>) -> f64 {
        let run = self.run;
        let windows = self.ever.as_ref().unwrap_or(&self.now);
        let mut random = Random::stream(run.options.seed, u64::from(number) + 1);
        bench.drawn.clear();
        run.problem.null.draw(run.live, &mut random, &mut bench.scratch, &mut bench.drawn);
        let cases = bench.drawn.iter().map(|&(place, interval)| (run.row_of[place as usize], interval, 1));
        bench.tally.set(cases, windows.many());
        // Nearly every replicate beats the least maximum so far, so that much need not be looked at; one that
        // does not is done again from nothing.
        let guess = f64::from_bits(self.least_maximum.load(Ordering::Relaxed));
        let mut greatest = 0.0;
        if guess.is_finite() {
            greatest = self.greatest(&mut bench.tally, windows, guess);
        }
        if !guess.is_finite() || greatest <= guess {
            greatest = self.greatest(&mut bench.tally, windows, 0.0);
        }
        // Statistics are never negative, and the bits of such doubles are ordered as they are.
        self.least_maximum.fetch_min(greatest.to_bits(), Ordering::Relaxed);
        greatest
    }

    fn replicates(&self, observed: f64) -> Vec<f64> {
        let all = self.run.options.replications;
        let sequential = self.run.options.p_value == PValueMethod::Sequential;
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

/// Ladders as windows ask for them.
struct Ladders<'a> {
    run: &'a Run<'a>,
    fineness: Fineness,
    totals: Vec<u64>,
    made: Vec<Ladder>,
}

impl Ladders<'_> {
    /// Position of the ladder for a statistic.
    fn of(&mut self, statistic: super::statistic::Statistic) -> usize {
        let statistic = if self.run.problem.fixed.is_some() { statistic.coarser() } else { statistic };
        let total = statistic.cases().to_bits();
        if let Some(known) = self.totals.iter().position(|t| *t == total) {
            return known;
        }
        let Run { options, most, .. } = *self.run;
        let (high, low) = (options.rates != Rates::Low, options.rates != Rates::High);
        let (most, least) = (most.min(statistic.cases() as usize), options.min_cases.max(1) as usize);
        self.totals.push(total);
        self.made.push(Ladder::new(statistic, most, least, high, low, self.fineness));
        self.made.len() - 1
    }
}

impl<const L: usize> Windows<L> {
    fn new<P: RowNumber>(
        run: &Run,
        windows: &[Window],
        measure: &Measure,
        zones: &Zones<P>,
        ladders: &mut Ladders,
    ) -> Self {
        let fineness = ladders.fineness;
        let risk: f64 = run.problem.risk.iter().sum();
        let smallest = run.active.iter().map(|&p| run.problem.risk[p as usize]).fold(f64::INFINITY, f64::min);
        let slots = Slots::new(fineness.shift, smallest / risk * if measure.is_product() { 0.99 } else { 0.1 });
        let mut statistics = |windows: &[Window]| {
            let of = |w: &Window| run.problem.statistic_in(*w);
            windows.iter().map(of).map(|s| (s, ladders.of(s))).collect::<Vec<_>>()
        };
        // Windows of one length and consecutive ends have their counts side by side already.
        let together = |a: &Window, b: &Window| windows.len() <= 128 || (a.len() == b.len() && a.to + 1 == b.to);
        let chunks: Vec<Chunk<L>> = windows
            .chunk_by(together)
            .flat_map(|some| some.chunks(L))
            .map(|some| Chunk::new(some, statistics(some), measure, slots, fineness))
            .collect();
        let options = run.options;
        let whole_area = (options.include_temporal || options.analysis == Analysis::Temporal)
            .then(|| WholeArea::new(windows, statistics(windows), measure));
        // Without a centre there is nothing to sweep.
        let chunks = if zones.centres() == 0 { Vec::new() } else { chunks };
        let scales = ScaleSets::new(zones, measure, &chunks, slots, options.rates != Rates::High);
        Self { chunks, scales, whole_area }
    }

    fn many(&self) -> bool {
        self.chunks.len() > 4
    }
}
