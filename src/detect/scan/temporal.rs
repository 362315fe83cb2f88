//! Purely temporal windows: the whole area at once.

use super::{
    keep::{Found, Keep},
    ladder::Ladder,
    measure::Measure,
    statistic::Statistic,
    tally::Tally,
    windows::Window,
};

/// Every window of the whole area, with what it expects.
pub(super) struct WholeArea {
    pub windows: Vec<Window>,
    expected: Vec<f64>,
    /// By window: statistic, and position of its ladder.
    statistics: Vec<(Statistic, usize)>,
    rows: u32,
}

impl WholeArea {
    pub fn new(windows: &[Window], statistics: Vec<(Statistic, usize)>, measure: &Measure) -> Self {
        let whole = measure.whole();
        let expected = windows.iter().map(|w| measure.lane(*w).expected(&whole)).collect();
        Self { windows: windows.to_vec(), expected, statistics, rows: measure.rows() as u32 }
    }

    /// Offer every window that beats the bar, as the lane of its position.
    pub fn offer<K: Keep, const L: usize>(&self, tally: &Tally<L>, ladders: &[Ladder], keep: &mut K) {
        let all = self.windows.iter().zip(&self.expected).zip(&self.statistics).enumerate();
        for (lane, ((window, &expected), (statistic, ladder))) in all {
            let observed = tally.all(*window);
            let limits = ladders[*ladder].below(keep.bar());
            let n = observed as usize;
            if limits.may_be_high(n, expected) || limits.may_be_low(n, expected) {
                let llr = statistic.llr(f64::from(observed), expected);
                if llr > keep.bar() {
                    keep.offer(lane, Found { llr, observed, expected, places: self.rows, number: 0 });
                }
            }
        }
    }
}
