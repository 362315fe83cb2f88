//! The engine: every circle in every window, once for the data and once for each replicate.
//!
//! Replicate r draws from stream r of the seed, whichever thread runs it, and maxima are kept in the
//! order of replicates: the answer is the same for any number of threads.

use std::{collections::BTreeMap, marker::PhantomData, sync::Arc};

use rayon::prelude::*;

use crate::stats::Random;

use super::{
    ScanError,
    geometry::Geometry,
    lowrates::{Growth, sweep_low},
    options::{Analysis, PValueMethod, Rates, ScanOptions},
    problem::{Cases, Expected, Problem},
    statistic::Bars,
    sweep::{Counter, Counts, Factors, Found, Greatest, Keep, Measure, PerLane, Position, Sweep, Table},
    windows::Window,
};

/// What the engine found.
pub(super) struct Outcome {
    /// By centre: the best circle of every window that has one, by window.
    pub best: Vec<Vec<(Window, Found)>>,
    /// The greatest statistic of each replicate, in order; fewer than asked for when a sequential run stopped.
    pub maxima: Vec<f64>,
}

/// The places of every centre's circles, nearest first. Places where nothing can happen are left out:
/// they change no window.
pub(super) struct Circles {
    /// Positions of places with a population at risk.
    pub active: Vec<u32>,
    /// By centre; the whole area (one pseudo-place, numbered after the last active one) comes last, if asked for.
    pub lists: Vec<Vec<u32>>,
    pub whole_area: bool,
}

impl Circles {
    pub fn new(geometry: &Geometry, risk: &[f64], options: &ScanOptions) -> Self {
        let active: Vec<u32> = (0..risk.len() as u32).filter(|&p| risk[p as usize] > 0.0).collect();
        let limit = options.max_space_share * risk.iter().sum::<f64>() * (1.0 + 1e-12);
        let whole_area = options.include_temporal || options.analysis == Analysis::Temporal;
        let circle = |centre: usize| {
            let mut list = geometry.nearest(centre, &active, options.max_radius_km);
            let mut inside = 0.0;
            let fits = list.iter().take_while(|&&p| {
                inside += risk[active[p as usize] as usize];
                inside <= limit
            });
            let fits = fits.count();
            list.truncate(fits);
            list.shrink_to_fit();
            list
        };
        let centres = if options.analysis == Analysis::Temporal { 0 } else { risk.len() };
        let mut lists: Vec<Vec<u32>> = (0..centres).into_par_iter().map(circle).collect();
        if whole_area {
            lists.push(vec![active.len() as u32]);
        }
        Self { active, lists, whole_area }
    }
}

/// Scan the data and the replicates.
///
/// # Errors
/// When the worker threads cannot be started.
pub(super) fn run(
    problem: &Problem,
    geometry: &Geometry,
    windows: &[Window],
    options: &ScanOptions,
) -> Result<(Circles, Outcome), ScanError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.unwrap_or(0))
        .build()
        .map_err(|e| ScanError::Threads(e.to_string()))?;
    Ok(pool.install(|| {
        let circles = Circles::new(geometry, &problem.risk, options);
        let outcome = Run::new(problem, &circles, windows, options).small_or_large();
        (circles, outcome)
    }))
}

struct Run<'a> {
    problem: &'a Problem,
    circles: &'a Circles,
    windows: &'a [Window],
    options: &'a ScanOptions,
    /// Place → position among the active ones.
    active_of: Vec<u32>,
    /// The union of all windows.
    live: Window,
    /// No window is likely to hold more cases than this in any replicate (nothing is lost if one does).
    most: usize,
}

/// Up to `L` windows that are swept together.
struct Chunk<M> {
    windows: Vec<Window>,
    /// By interval: the lanes whose window contains it.
    lanes_of: Vec<Vec<u8>>,
    /// The union of the windows.
    live: Window,
    /// By lane.
    bars: Vec<Arc<Bars>>,
    measure: M,
    /// Only where low rates are sought.
    growth: Option<Growth>,
}

impl<'a> Run<'a> {
    fn new(problem: &'a Problem, circles: &'a Circles, windows: &'a [Window], options: &'a ScanOptions) -> Self {
        let mut active_of = vec![u32::MAX; problem.risk.len()];
        for (i, &p) in circles.active.iter().enumerate() {
            active_of[p as usize] = i as u32;
        }
        let live = union(windows);
        let inside: u32 = problem.observed.iter().filter(|c| live.contains(c.interval)).map(|c| c.count).sum();
        let expected: f64 = circles.active.iter().map(|&p| problem.expected.of(p as usize, live)).sum();
        let typical = expected.max(f64::from(inside));
        let most = (typical + 8.0 * typical.sqrt() + 16.0).min(problem.statistic.cases()) as usize;
        Self { problem, circles, windows, options, active_of, live, most }
    }

    /// Few cases and places fit into half the bytes, and into twice the lanes.
    fn small_or_large(&self) -> Outcome {
        let small = self.most <= 30_000 && self.circles.active.len() < usize::from(u16::MAX);
        match (small, self.windows.len()) {
            (true, 0..=16) => self.by_measure::<i16, u16, 16>(),
            (true, _) => self.by_measure::<i16, u16, 32>(),
            (false, _) => self.by_measure::<i32, u32, 16>(),
        }
    }

    fn by_measure<C: Counter, P: Position, const L: usize>(&self) -> Outcome {
        match &self.problem.expected {
            Expected::Factored { weights, .. } if weights.len() == 1 => self.sweep_all::<C, P, Factors<1>, L>(),
            Expected::Factored { weights, .. } if weights.len() <= 8 => self.sweep_all::<C, P, Factors<8>, L>(),
            _ => self.sweep_all::<C, P, Table<L>, L>(),
        }
    }

    fn sweep_all<C: Counter, P: Position, M: Build<L>, const L: usize>(&self) -> Outcome {
        let mut ladders = BTreeMap::new();
        let chunks: Vec<Chunk<M>> = self.windows.chunks(L).map(|w| self.chunk(w, &mut ladders)).collect();
        let lists: Vec<Box<[P]>> =
            self.circles.lists.iter().map(|l| l.iter().map(|&p| P::from_u32(p)).collect()).collect();
        let engine = Engine::<C, P, M, L> { run: self, chunks, lists, counter: PhantomData };
        let best = engine.observed();
        let highest = best.iter().flatten().map(|(_, f)| f.llr).fold(0.0, f64::max);
        Outcome { maxima: engine.replicates(highest), best }
    }

    /// The ladder of a window, shared by all windows with the same number of cases to compare with.
    fn bars(&self, window: Window, ladders: &mut BTreeMap<u64, Arc<Bars>>) -> Arc<Bars> {
        let statistic = self.problem.statistic_in(window);
        let least = self.options.min_cases.max(1) as usize;
        let most = self.most.min(statistic.cases() as usize);
        let make = || Arc::new(Bars::new(statistic, most, least, self.options.rates != Rates::High));
        ladders.entry(statistic.cases().to_bits()).or_insert_with(make).clone()
    }

    fn chunk<M: Build<L>, const L: usize>(
        &self,
        windows: &[Window],
        ladders: &mut BTreeMap<u64, Arc<Bars>>,
    ) -> Chunk<M> {
        let live = union(windows);
        let lanes_of = (live.from..=live.to)
            .map(|t| (0..windows.len() as u8).filter(|&l| windows[usize::from(l)].contains(t)).collect())
            .collect();
        let measure = M::build(self, windows);
        let low = self.options.rates != Rates::High;
        let growth = low.then(|| Growth::new(&measure, self.rows(), windows.len()));
        let bars = windows.iter().map(|w| self.bars(*w, ladders)).collect();
        Chunk { windows: windows.to_vec(), lanes_of, live, bars, measure, growth }
    }

    /// Rows of the tables: the active places and, where asked for, the whole area.
    fn rows(&self) -> usize {
        self.circles.active.len() + usize::from(self.circles.whole_area)
    }
}

fn union(windows: &[Window]) -> Window {
    let from = windows.iter().map(|w| w.from).min().unwrap_or(0);
    Window { from, to: windows.iter().map(|w| w.to).max().unwrap_or(from) }
}

struct Engine<'a, C, P, M, const L: usize> {
    run: &'a Run<'a>,
    chunks: Vec<Chunk<M>>,
    lists: Vec<Box<[P]>>,
    counter: PhantomData<C>,
}

/// What one thread works with.
struct Bench<C, const L: usize> {
    counts: Counts<C, L>,
    scratch: Vec<u32>,
    drawn: Vec<(u32, u32)>,
    cases: Vec<Cases>,
}

impl<C: Counter, P: Position, M: Measure + Send, const L: usize> Engine<'_, C, P, M, L> {
    fn bench(&self) -> Bench<C, L> {
        let rows = self.run.rows();
        let least = self.run.options.min_cases.max(1) as usize;
        Bench {
            counts: Counts { rows: vec![[C::ZERO; L]; rows], any: vec![0; rows], lanes: 0, least },
            scratch: Vec::new(),
            drawn: Vec::new(),
            cases: Vec::new(),
        }
    }

    /// Enter the cases (ordered by interval) that fall into a chunk's windows.
    fn fill(&self, counts: &mut Counts<C, L>, chunk: &Chunk<M>, cases: &[Cases]) {
        counts.rows.fill([C::ZERO; L]);
        counts.any.fill(0);
        counts.lanes = chunk.windows.len();
        let whole = self.run.circles.active.len();
        let start = cases.partition_point(|c| c.interval < chunk.live.from);
        for c in cases[start..].iter().take_while(|c| c.interval <= chunk.live.to) {
            let lanes = &chunk.lanes_of[(c.interval - chunk.live.from) as usize];
            if lanes.is_empty() {
                continue;
            }
            let mut put = |row: usize| {
                counts.any[row] += c.count as i32;
                for &lane in lanes {
                    let n = &mut counts.rows[row][usize::from(lane)];
                    *n = n.plus(C::from_usize(c.count as usize));
                }
            };
            put(self.run.active_of[c.place as usize] as usize);
            if self.run.circles.whole_area {
                put(whole);
            }
        }
    }

    /// Sweep along some lists and answer what was kept.
    fn sweep<'l, K: Keep>(
        &self,
        lists: impl Iterator<Item = &'l Box<[P]>>,
        counts: &Counts<C, L>,
        chunk: &Chunk<M>,
        mut keep: K,
    ) -> K {
        match &chunk.growth {
            None => {
                let mut sweep = Sweep::new(counts, &chunk.measure, &chunk.bars, keep);
                lists.for_each(|list| sweep.along(list));
                sweep.keep
            }
            Some(growth) => {
                let high = self.run.options.rates == Rates::Both;
                for list in lists {
                    sweep_low(list, counts, &chunk.measure, growth, high, &chunk.bars, &mut keep);
                }
                keep
            }
        }
    }

    fn observed(&self) -> Vec<Vec<(Window, Found)>> {
        let mut best = vec![Vec::new(); self.lists.len()];
        let mut bench = self.bench();
        let mut cases = self.run.problem.observed.clone();
        cases.sort_by_key(|c| c.interval);
        for chunk in &self.chunks {
            self.fill(&mut bench.counts, chunk, &cases);
            let counts = &bench.counts;
            best.par_iter_mut().zip(&self.lists).for_each(|(best, list)| {
                let keep = self.sweep(std::iter::once(list), counts, chunk, PerLane(vec![None; L]));
                best.extend(chunk.windows.iter().zip(keep.0).filter_map(|(w, found)| Some((*w, found?))));
            });
        }
        best
    }

    /// The greatest statistic of replicate `number`.
    fn replicate(&self, number: u32, bench: &mut Bench<C, L>) -> f64 {
        let mut random = Random::stream(self.run.options.seed, u64::from(number) + 1);
        bench.drawn.clear();
        self.run.problem.null.draw(self.run.live, &mut random, &mut bench.scratch, &mut bench.drawn);
        bench.cases.clear();
        bench.cases.extend(bench.drawn.iter().map(|&(place, interval)| Cases { place, interval, count: 1 }));
        bench.cases.sort_unstable_by_key(|c| c.interval);
        let mut greatest = Greatest(0.0);
        for chunk in &self.chunks {
            self.fill(&mut bench.counts, chunk, &bench.cases);
            greatest = self.sweep(self.lists.iter(), &bench.counts, chunk, greatest);
        }
        greatest.0
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
            let some: Vec<f64> =
                numbers.into_par_iter().map_init(|| self.bench(), |bench, r| self.replicate(r, bench)).collect();
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

/// A measure made for a chunk of windows.
trait Build<const L: usize>: Measure + Send + Sized {
    fn build(run: &Run, windows: &[Window]) -> Self;
}

impl<const R: usize, const L: usize> Build<L> for Factors<R> {
    fn build(run: &Run, windows: &[Window]) -> Self {
        let Expected::Factored { weights, basis } = &run.problem.expected else {
            return Self { weights: Vec::new(), basis: Vec::new() };
        };
        let mut rows: Vec<[f64; R]> = run
            .circles
            .active
            .iter()
            .map(|&p| std::array::from_fn(|r| weights.get(r).map_or(0.0, |w| w[p as usize])))
            .collect();
        let whole = std::array::from_fn(|r| rows.iter().map(|row| row[r]).sum());
        rows.push(whole);
        let lane = |w: &Window| {
            std::array::from_fn(|r| basis.get(r).map_or(0.0, |b| b[w.from as usize..=w.to as usize].iter().sum()))
        };
        let mut basis: Vec<[f64; R]> = windows.iter().map(lane).collect();
        basis.resize(L, [0.0; R]);
        Self { weights: rows, basis }
    }
}

impl<const L: usize> Build<L> for Table<L> {
    fn build(run: &Run, windows: &[Window]) -> Self {
        let whole = run.circles.active.len();
        let mut rows = vec![[0.0; L]; whole + 1];
        match &run.problem.expected {
            Expected::Factored { .. } => {
                for (row, &p) in rows.iter_mut().zip(&run.circles.active) {
                    for (value, w) in row.iter_mut().zip(windows) {
                        *value = run.problem.expected.of(p as usize, *w);
                    }
                }
            }
            Expected::Sparse(entries) => {
                for &(place, interval, value) in entries {
                    for (lane, _) in windows.iter().enumerate().filter(|(_, w)| w.contains(interval)) {
                        rows[run.active_of[place as usize] as usize][lane] += value;
                    }
                }
            }
        }
        let sums = std::array::from_fn(|lane| rows[..whole].iter().map(|r| r[lane]).sum());
        rows[whole] = sums;
        Self(rows)
    }
}
