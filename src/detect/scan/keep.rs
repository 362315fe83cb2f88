//! What a sweep keeps of the windows that beat the bar.

/// One window of one zone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    pub llr: f64,
    pub observed: u32,
    pub expected: f64,
    /// How many places are inside (of the centre's list, those with a population at risk).
    pub places: u32,
    /// Which of the centre's zones it is.
    pub number: u32,
}

pub(super) trait Keep {
    /// Only windows whose statistic is greater are of interest.
    fn bar(&self) -> f64;
    fn offer(&mut self, lane: usize, found: Found);
}

/// Only the greatest statistic: all that a replicate is asked for.
pub(super) struct Greatest(pub f64);

impl Keep for Greatest {
    #[inline(always)]
    fn bar(&self) -> f64 {
        self.0
    }
    #[inline(always)]
    fn offer(&mut self, _: usize, found: Found) {
        self.0 = self.0.max(found.llr);
    }
}

/// Statistics of one window closer than this are the same: different sums of the same numbers.
const ROUNDING: f64 = 1e-11;
/// So much below its best is a centre still looked at, that ties may be told.
const TIES: f64 = 1e-8;

/// The best zone of every lane, for one centre; of equal ones the one with the fewest places.
pub(super) struct PerLane {
    floor: f64,
    /// Do all windows share an interval, so that a centre has one best window only?
    one: bool,
    top: f64,
    pub best: Vec<Option<Found>>,
}

impl PerLane {
    /// Windows at or below `floor` are of no interest.
    pub fn new(lanes: usize, floor: f64, one: bool) -> Self {
        Self { floor, one, top: 0.0, best: vec![None; lanes] }
    }
}

impl Keep for PerLane {
    fn bar(&self) -> f64 {
        if self.one { self.floor.max(self.top - TIES) } else { self.floor }
    }
    fn offer(&mut self, lane: usize, found: Found) {
        self.top = self.top.max(found.llr);
        let slot = &mut self.best[lane];
        let better = |kept: Found| {
            let as_good = found.llr > kept.llr - ROUNDING && found.places < kept.places;
            found.llr > kept.llr + ROUNDING || as_good
        };
        if slot.is_none_or(better) {
            *slot = Some(found);
        }
    }
}
