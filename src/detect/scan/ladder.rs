//! What it takes to beat a bar, looked up instead of calculated.
//!
//! While a zone grows, the expectations of all windows grow together: with a *scale*, the share of the whole
//! area's expectation that the zone has. A window that expects B in the whole area expects at least scale × B
//! in the zone, so one table with a row for every slot of the scale and a column for every window says, for one
//! bar, how many cases each window needs. Bars stand on a ladder: the rung below the current bar is used, which
//! only lets a few more windows through to be evaluated. Tables are made when they are first needed.

use std::sync::OnceLock;

use super::{
    measure::{Lane, Measure},
    statistic::{Limits, Statistic},
    windows::Window,
};

/// Steps of a ladder end here. A higher bar is not needed: the top rung only lets a few more windows through.
const HIGHEST: f64 = 40.0;

/// How finely bars and scales are stepped.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fineness {
    /// Rungs per unit of the statistic.
    pub rungs: f64,
    /// Bits of a single-precision mantissa that a slot does not see; 17 leaves 64 slots an octave.
    pub shift: u32,
}

impl Fineness {
    /// Many windows have many tables, which must not grow large.
    pub fn new(windows: usize) -> Self {
        if windows <= 128 { Self { rungs: 8.0, shift: 17 } } else { Self { rungs: 1.0, shift: 19 } }
    }

    fn rung(self, bar: f64) -> usize {
        (bar.clamp(0.0, HIGHEST) * self.rungs) as usize
    }

    fn bar(self, rung: usize) -> f64 {
        rung as f64 / self.rungs
    }
}

/// Slots of the scale, 0 to 1, in steps of equal ratio.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slots {
    shift: u32,
    /// The single-precision bits of slot 0, which also takes everything below.
    base: u32,
    pub count: usize,
}

impl Slots {
    /// `least`: the smallest scale that is asked for.
    pub fn new(shift: u32, least: f64) -> Self {
        let bits = |scale: f64| (scale as f32).to_bits() >> shift;
        let base = bits(least.clamp(1e-12, 1.0));
        Self { shift, base, count: (bits(1.001) - base) as usize + 1 }
    }

    /// A slot whose lower edge is not above `scale`.
    pub fn below(self, scale: f64) -> u16 {
        // Less by a hair, as rounding to single precision may go up.
        self.slot(scale * (1.0 - 1e-6))
    }

    /// A slot whose upper edge is not below `scale`.
    pub fn above(self, scale: f64) -> u16 {
        self.slot(scale * (1.0 + 1e-6))
    }

    fn slot(self, scale: f64) -> u16 {
        let bits = (scale.max(0.0) as f32).to_bits() >> self.shift;
        (bits.saturating_sub(self.base) as usize).min(self.count - 1) as u16
    }

    fn lower_edge(self, slot: usize) -> f64 {
        if slot == 0 { 0.0 } else { f64::from(f32::from_bits((self.base + slot as u32) << self.shift)) }
    }

    fn upper_edge(self, slot: usize) -> f64 {
        f64::from(f32::from_bits((self.base + slot as u32 + 1) << self.shift))
    }
}

/// Windows with the same total to compare with have the same limits.
pub(super) struct Ladder {
    statistic: Statistic,
    most: usize,
    least: usize,
    high: bool,
    low: bool,
    fineness: Fineness,
    rungs: Vec<OnceLock<Limits>>,
}

impl Ladder {
    pub fn new(statistic: Statistic, most: usize, least: usize, high: bool, low: bool, fineness: Fineness) -> Self {
        let rungs = (0..=fineness.rung(HIGHEST)).map(|_| OnceLock::new()).collect();
        Self { statistic, most, least, high, low, fineness, rungs }
    }

    fn limits(&self, rung: usize) -> &Limits {
        let bar = self.fineness.bar(rung);
        self.rungs[rung].get_or_init(|| Limits::new(self.statistic, bar, self.most, self.least, self.high, self.low))
    }

    /// Limits of the rung below a bar.
    pub fn below(&self, bar: f64) -> &Limits {
        self.limits(self.fineness.rung(bar))
    }
}

/// What the lanes of a chunk need to beat a bar.
#[derive(Default)]
pub(super) struct Table<const L: usize> {
    /// By slot: fewer cases than this are too few. Unused lanes are out of reach.
    pub high: Vec<[i16; L]>,
    /// By slot: more cases than this are too many; −1 where none are few enough.
    pub low: Vec<[i16; L]>,
}

/// Up to `L` windows that are swept together, each a lane of the vectors.
pub(super) struct Chunk<const L: usize> {
    pub windows: Vec<Window>,
    /// The union of the windows.
    pub live: Window,
    /// By lane: what it takes from a sum, and from the sum over all rows.
    pub lanes: Vec<(Lane, f64)>,
    /// By lane: statistic, and position of its ladder.
    pub statistics: Vec<(Statistic, usize)>,
    pub slots: Slots,
    fineness: Fineness,
    tables: Vec<OnceLock<Table<L>>>,
}

impl<const L: usize> Chunk<L> {
    /// `windows`: one to `L`; `statistics`: by window.
    pub fn new(
        windows: &[Window],
        statistics: Vec<(Statistic, usize)>,
        measure: &Measure,
        slots: Slots,
        fineness: Fineness,
    ) -> Self {
        let whole = measure.whole();
        let lane = |w: &Window| {
            let lane = measure.lane(*w);
            let all = lane.expected(&whole);
            (lane, all)
        };
        Self {
            windows: windows.to_vec(),
            live: Window::union(windows),
            lanes: windows.iter().map(lane).collect(),
            statistics,
            slots,
            fineness,
            tables: (0..=fineness.rung(HIGHEST)).map(|_| OnceLock::new()).collect(),
        }
    }

    /// The table for the rung below a bar.
    pub fn table(&self, bar: f64, ladders: &[Ladder]) -> &Table<L> {
        let rung = self.fineness.rung(bar);
        self.tables[rung].get_or_init(|| self.make(|ladder| ladders[ladder].limits(rung)))
    }

    fn make<'a>(&self, limits: impl Fn(usize) -> &'a Limits) -> Table<L> {
        let mut table = Table { high: vec![[i16::MAX; L]; self.slots.count], low: vec![[-1; L]; self.slots.count] };
        for (lane, ((_, all), (_, ladder))) in self.lanes.iter().zip(&self.statistics).enumerate() {
            let limits = limits(*ladder);
            let slots = 0..self.slots.count;
            if limits.seeks_high() {
                let needs = limits.needs(slots.clone().map(|s| self.slots.lower_edge(s) * all));
                for (row, need) in table.high.iter_mut().zip(needs) {
                    row[lane] = i16::try_from(need).unwrap_or(i16::MAX);
                }
            }
            if limits.seeks_low() {
                let few = limits.few_enough(slots.map(|s| self.slots.upper_edge(s) * all));
                for (row, few) in table.low.iter_mut().zip(few) {
                    row[lane] = i16::try_from(few).map_or(i16::MAX, |few| few - 1);
                }
            }
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_enclose_their_scales() {
        for shift in [17, 19] {
            let slots = Slots::new(shift, 3e-5);
            for i in 0..5000 {
                let scale = 1e-5 * 1.002_31f64.powi(i);
                if scale > 1.0 {
                    break;
                }
                let (below, above) = (slots.below(scale) as usize, slots.above(scale) as usize);
                assert!(slots.lower_edge(below) <= scale && scale <= slots.upper_edge(above), "{scale}");
                // And tightly.
                assert!(
                    scale < 3e-5 || slots.upper_edge(above) / slots.lower_edge(below).max(2.8e-5) < 1.14,
                    "{scale}"
                );
            }
            assert_eq!(slots.above(1.0) as usize + 1, slots.count);
        }
    }
}
