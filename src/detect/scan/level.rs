//! One resolution under the engine: its zones, its windows, and what beats a bar in the cases of one world.

use rayon::prelude::*;

use super::{
    ScanError,
    cluster::pick_disjoint,
    keep::{Found, Greatest, Keep, PerLane},
    ladder::{Chunk, Fineness, Ladder, Slots},
    layer::{Layer, Shape, Zone},
    measure::Measure,
    options::{Analysis, Rates, ScanOptions},
    problem::Problem,
    scales::{Bound, ScaleSets},
    statistic::Statistic,
    sweep::Track,
    tally::{Rows, Tally},
    temporal::WholeArea,
    walk::Path,
    windows::{Plan, Window},
    zones::RowNumber,
};

/// The best zone of a centre in one window.
#[derive(Debug, Clone)]
pub(super) struct Best {
    pub window: Window,
    pub found: Found,
    pub zone: Zone,
}

/// The places of a layer that have rows of counts.
pub(super) struct Active<'a> {
    pub layer: &'a Layer,
    /// Places in the order of rows, and the row of every place.
    pub places: Vec<u32>,
    row_of: Vec<u32>,
    /// The union of all windows.
    pub live: Window,
    /// No window is likely to hold more cases than this in any replicate (nothing is lost if one does).
    most: usize,
}

impl<'a> Active<'a> {
    pub fn new(layer: &'a Layer, plan: &Plan, options: &ScanOptions) -> Self {
        let problem = &layer.problem;
        let places = layer.active(options);
        let mut row_of = vec![u32::MAX; layer.places()];
        for (row, &p) in places.iter().enumerate() {
            row_of[p as usize] = row as u32;
        }
        let live = plan.live();
        let inside: u32 = problem.observed.iter().filter(|c| live.contains(c.interval)).map(|c| c.count).sum();
        let measure = Measure::new(&problem.expected, &places, live);
        let expected = measure.lane(live).expected(&measure.whole());
        let typical = expected.max(f64::from(inside));
        let most = (typical + 8.0 * typical.sqrt() + 16.0).min(problem.statistic.cases()) as usize;
        Self { layer, places, row_of, live, most }
    }
}

/// Windows in chunks, with what bounds them.
pub(super) struct Windows<const L: usize> {
    chunks: Vec<Chunk<L>>,
    scales: Scales,
    whole_area: Option<WholeArea>,
}

/// Slots of the scale of every zone.
enum Scales {
    Nested(ScaleSets),
    /// By step.
    Connected(Vec<u16>),
}

pub(super) struct Level<'a, P, const L: usize> {
    active: &'a Active<'a>,
    options: &'a ScanOptions,
    measure: Measure,
    /// The measure's sum over all rows: its first number.
    whole: f64,
    shape: Shape<P>,
    ladders: Vec<Ladder>,
    /// Windows that may be reported.
    now: Windows<L>,
    /// Windows of a replicate, where those are others.
    ever: Option<Windows<L>>,
}

impl<'a, P: RowNumber, const L: usize> Level<'a, P, L> {
    /// # Errors
    /// When there are too many zones.
    pub fn new(active: &'a Active<'a>, plan: &Plan, options: &'a ScanOptions) -> Result<Self, ScanError> {
        let measure = Measure::new(&active.layer.problem.expected, &active.places, active.live);
        let shape = active.layer.shape(&active.places, options)?;
        let fineness = Fineness::new(plan.all().count());
        let mut ladders = Ladders { active, options, fineness, totals: Vec::new(), made: Vec::new() };
        let now = Windows::new(&plan.now, &measure, &shape, &mut ladders);
        let ever = (!plan.ever.is_empty()).then(|| Windows::new(&plan.ever, &measure, &shape, &mut ladders));
        let ladders = ladders.made;
        let whole = measure.whole().first().copied().unwrap_or(0.0);
        Ok(Self { active, options, measure, whole, shape, ladders, now, ever })
    }

    fn problem(&self) -> &Problem {
        &self.active.layer.problem
    }

    pub fn tally(&self) -> Tally<L> {
        Tally::new(self.active.places.len(), self.active.live)
    }

    /// Offer what lies in the rows of a chunk and beats the bar, of the zones around some centres.
    fn offer<K: Keep>(&self, windows: &Windows<L>, chunk: usize, centres: &[u32], rows: &Rows<L>, keep: &mut K) {
        let (measure, ladders) = (&self.measure, self.ladders.as_slice());
        match (&self.shape, &windows.scales) {
            (Shape::Nested(zones), Scales::Nested(scales)) => {
                let scales = scales.of_chunk(chunk);
                let track = Track {
                    zones,
                    measure,
                    ladders,
                    chunk: &windows.chunks[chunk],
                    first: &scales.first,
                    last: &scales.last,
                    high: self.options.rates != Rates::Low,
                    whole: self.measure.is_product().then_some(self.whole),
                };
                track.sweep(centres, rows, keep);
            }
            (Shape::Connected(sets), Scales::Connected(slots)) => {
                Path { sets, measure, ladders, chunk: &windows.chunks[chunk], slots }.walk(centres, rows, keep);
            }
            // Scales are made for the shape.
            _ => {}
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
            self.offer(windows, chunk, self.shape.visits(), &rows, &mut keep);
        }
        keep.bar()
    }

    fn set_observed(&self, tally: &mut Tally<L>) {
        let cases = self.problem().observed.iter();
        tally.set(cases.map(|c| (self.active.row_of[c.place as usize], c.interval, c.count)), self.now.many());
    }

    /// Take a world drawn in the finest places: (place, interval) of its cases.
    pub fn set_drawn(&self, tally: &mut Tally<L>, drawn: &[(u32, u32)]) {
        let (row_of, label) = (&self.active.row_of, &self.active.layer.label);
        let cases = drawn.iter().map(|&(place, interval)| (row_of[label[place as usize] as usize], interval, 1));
        tally.set(cases, self.ever.as_ref().unwrap_or(&self.now).many());
    }

    /// The greatest statistic of the world in a tally, if above `bar`; `bar` otherwise.
    pub fn greatest_drawn(&self, tally: &mut Tally<L>, bar: f64) -> f64 {
        self.greatest(tally, self.ever.as_ref().unwrap_or(&self.now), bar)
    }

    /// The greatest statistic of the data.
    pub fn highest(&self) -> f64 {
        let mut tally = self.tally();
        self.set_observed(&mut tally);
        self.greatest(&mut tally, &self.now, 0.0)
    }

    /// The best window of the whole area above the floor, if that was asked for.
    pub fn whole_area(&self, floor: f64) -> Option<(Window, Found)> {
        let w = self.now.whole_area.as_ref()?;
        let mut tally = self.tally();
        self.set_observed(&mut tally);
        let mut keep = PerLane::new(w.windows.len(), floor, false);
        w.offer(&tally, &self.ladders, &mut keep);
        let found = keep.best.iter().zip(&w.windows).filter_map(|(f, w)| Some((*w, (*f)?)));
        // Of equals the shortest, which comes first.
        found.reduce(|a, b| if b.1.llr > a.1.llr + 1e-9 { b } else { a })
    }

    /// By centre: its best windows above the floor.
    pub fn observed(&self, floor: f64) -> Vec<Vec<Best>> {
        let mut tally = self.tally();
        self.set_observed(&mut tally);
        let chunks = &self.now.chunks;
        let share = Window::shared(&chunks.iter().flat_map(|c| c.windows.iter().copied()).collect::<Vec<_>>());
        let mut best: Vec<Vec<Best>> = vec![Vec::new(); self.shape.visits().len()];
        // Centres in blocks, for some may have many windows before the best of them are picked.
        for (block, best) in best.chunks_mut(256).enumerate() {
            for (number, chunk) in chunks.iter().enumerate() {
                let rows = tally.rows(chunk);
                best.par_iter_mut().enumerate().for_each(|(i, best)| {
                    let centre = block * 256 + i;
                    let mut keep = PerLane::new(chunk.windows.len(), floor, share);
                    self.offer(&self.now, number, &[centre as u32], &rows, &mut keep);
                    let found = chunk.windows.iter().zip(keep.best);
                    best.extend(found.filter_map(|(window, found)| {
                        let found = found?;
                        Some(Best { window: *window, found, zone: self.zone(centre, found) })
                    }));
                });
            }
            best.par_iter_mut().for_each(pick_disjoint);
        }
        best
    }

    fn zone(&self, centre: usize, found: Found) -> Zone {
        match &self.shape {
            Shape::Nested(zones) => {
                let row = zones.last_row(centre, found.places as usize);
                Zone::UpTo { centre, last: self.active.places[row] as usize }
            }
            Shape::Connected(sets) => Zone::Set(sets.places(centre, found.number as usize)),
        }
    }
}

impl<P: RowNumber> Shape<P> {
    /// An order of the centres whose first few are spread over the whole area.
    fn visits(&self) -> &[u32] {
        match self {
            Self::Nested(zones) => &zones.visits,
            Self::Connected(sets) => &sets.visits,
        }
    }
}

/// Ladders as windows ask for them.
struct Ladders<'a> {
    active: &'a Active<'a>,
    options: &'a ScanOptions,
    fineness: Fineness,
    totals: Vec<u64>,
    made: Vec<Ladder>,
}

impl Ladders<'_> {
    /// Position of the ladder for a statistic.
    fn of(&mut self, statistic: Statistic) -> usize {
        let fixed = self.active.layer.problem.fixed.is_some();
        let statistic = if fixed { statistic.coarser() } else { statistic };
        let total = statistic.cases().to_bits();
        if let Some(known) = self.totals.iter().position(|t| *t == total) {
            return known;
        }
        let (high, low) = (self.options.rates != Rates::Low, self.options.rates != Rates::High);
        let most = self.active.most.min(statistic.cases() as usize);
        let least = self.options.min_cases.max(1) as usize;
        self.totals.push(total);
        self.made.push(Ladder::new(statistic, most, least, high, low, self.fineness));
        self.made.len() - 1
    }
}

impl<const L: usize> Windows<L> {
    fn new<P: RowNumber>(windows: &[Window], measure: &Measure, shape: &Shape<P>, ladders: &mut Ladders) -> Self {
        let (fineness, options, active) = (ladders.fineness, ladders.options, ladders.active);
        let problem = &active.layer.problem;
        let risk: f64 = problem.risk.iter().sum();
        let smallest = problem.risk.iter().copied().filter(|r| *r > 0.0).fold(f64::INFINITY, f64::min);
        let slots = Slots::new(fineness.shift, smallest / risk * if measure.is_product() { 0.99 } else { 0.1 });
        let mut statistics = |windows: &[Window]| {
            let of = |w: &Window| problem.statistic_in(*w);
            windows.iter().map(of).map(|s| (s, ladders.of(s))).collect::<Vec<_>>()
        };
        // Windows of one length and consecutive ends have their counts side by side already.
        let together = |a: &Window, b: &Window| windows.len() <= 128 || (a.len() == b.len() && a.to + 1 == b.to);
        let chunks: Vec<Chunk<L>> = windows
            .chunk_by(together)
            .flat_map(|some| some.chunks(L))
            .map(|some| Chunk::new(some, statistics(some), measure, slots, fineness))
            .collect();
        let temporal = options.include_temporal || options.analysis == Analysis::Temporal;
        // The whole area is the same in every layer.
        let whole_area =
            (temporal && active.layer.coarser == 0).then(|| WholeArea::new(windows, statistics(windows), measure));
        // Without a centre there is nothing to sweep.
        let chunks = if shape.visits().is_empty() { Vec::new() } else { chunks };
        let scales = match shape {
            Shape::Nested(zones) => {
                Scales::Nested(ScaleSets::new(zones, measure, &chunks, slots, options.rates != Rates::High))
            }
            Shape::Connected(sets) => {
                let whole = measure.whole();
                Scales::Connected(sets.slots(measure, &Bound::of_all(measure, &whole, &chunks), slots))
            }
        };
        Self { chunks, scales, whole_area }
    }

    fn many(&self) -> bool {
        self.chunks.len() > 4
    }
}
