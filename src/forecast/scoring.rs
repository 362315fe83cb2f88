//! What one issue day's forecasts of one level and window scored.

use super::{model::Expectation, predictive::Dispersion};
use crate::{
    domain::{forecast::QUANTILE_LEVELS, time::Day},
    stats::{CountDistribution, scores},
};

/// Central intervals that are checked: nominal coverage and positions of their ends among the quantiles.
pub const INTERVALS: [(u32, usize, usize); 4] = [(50, 3, 5), (80, 2, 6), (90, 1, 7), (95, 0, 8)];
/// Shares of all cells (in per cent) whose capture of later events is measured.
pub const CAPTURE: [u32; 4] = [1, 5, 10, 20];
pub const PIT_BINS: usize = 10;

/// Sums over the places of a level; divide by `places`.
#[derive(Debug, Clone, PartialEq)]
pub struct OriginScores {
    pub origin: Day,
    pub places: usize,
    pub log_score: f64,
    pub crps: f64,
    pub wis: f64,
    pub brier: f64,
    /// Truths inside each interval of [`INTERVALS`].
    pub covered: [f64; 4],
    /// How many the forecasts themselves promised: with counts, a range holds more than its nominal share.
    pub promised: [f64; 4],
    pub pit: [f64; PIT_BINS],
    /// Events in the highest-ranked cells, for each share of [`CAPTURE`].
    pub captured: [f64; 4],
    pub events: f64,
}

impl OriginScores {
    /// Score expectations against what came. With `rank`, places are ranked by mean (ties: the earlier place
    /// first) for the captured events.
    pub fn of(origin: Day, expected: &[Expectation], came: &[u32], dispersion: Dispersion, rank: bool) -> Self {
        let mut s = Self {
            origin,
            places: expected.len(),
            log_score: 0.0,
            crps: 0.0,
            wis: 0.0,
            brier: 0.0,
            covered: [0.0; 4],
            promised: [0.0; 4],
            pit: [0.0; PIT_BINS],
            captured: [0.0; 4],
            events: came.iter().map(|y| f64::from(*y)).sum(),
        };
        for (e, &y) in expected.iter().zip(came) {
            s.add(dispersion.predict(*e), y);
        }
        if rank {
            s.captured = captured(expected, came);
        }
        s
    }

    fn add(&mut self, d: CountDistribution, y: u32) {
        let truth = u64::from(y);
        let nothing = d.pmf(0);
        let q = scores::quantiles(d, &QUANTILE_LEVELS);
        self.log_score += scores::log_score(d, truth);
        self.crps += scores::crps(d, truth);
        self.wis += scores::wis(&QUANTILE_LEVELS, &q, truth);
        self.brier += scores::brier(1.0 - nothing, y > 0);
        let below = |k: u32| if k == 0 { 0.0 } else { d.cdf(u64::from(k) - 1) };
        for (i, (_, lo, hi)) in INTERVALS.into_iter().enumerate() {
            self.covered[i] += if (q[lo]..=q[hi]).contains(&y) { 1.0 } else { 0.0 };
            self.promised[i] += match q[hi] {
                0 => nothing,
                top => d.cdf(u64::from(top)) - below(q[lo]),
            };
        }
        scores::add_pit(&mut self.pit, below(y), if y == 0 { nothing } else { d.cdf(truth) });
    }
}

/// How many cells are the highest-ranked `percent` of `n`: rounded up, at least one.
pub fn cells_in(percent: u32, n: usize) -> usize {
    (n * percent as usize).div_ceil(100).max(1).min(n)
}

fn captured(expected: &[Expectation], came: &[u32]) -> [f64; 4] {
    let mut order: Vec<usize> = (0..expected.len()).collect();
    order.sort_by(|&a, &b| expected[b].mean.total_cmp(&expected[a].mean).then(a.cmp(&b)));
    CAPTURE.map(|p| order[..cells_in(p, order.len())].iter().map(|&i| f64::from(came[i])).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: fn(i32) -> Day = Day::from_epoch_days;

    fn expect(means: &[f64]) -> Vec<Expectation> {
        means.iter().map(|&mean| Expectation { mean, evidence: 1e9 }).collect()
    }

    #[test]
    fn the_highest_ranked_cells_capture_what_came_in_them() {
        let s = OriginScores::of(
            DAY(0),
            &expect(&[0.1, 2.0, 0.2, 0.1, 0.3]),
            &[1, 3, 0, 0, 1],
            Dispersion::default(),
            true,
        );
        assert_eq!(s.captured, [3.0, 3.0, 3.0, 3.0]);
        assert_eq!((s.events, cells_in(20, 5), cells_in(10, 1001), cells_in(1, 30)), (5.0, 1, 101, 1));
    }

    #[test]
    fn sharp_right_forecasts_score_better_than_vague_ones() {
        let [sharp, vague] = [1e6, 0.5].map(|base| {
            OriginScores::of(DAY(0), &expect(&[5.0; 4]), &[4, 5, 5, 6], Dispersion { base, per_mean: 0.0 }, false)
        });
        assert!(sharp.log_score < vague.log_score && sharp.crps < vague.crps && sharp.wis < vague.wis);
        assert_eq!(sharp.covered[3], 4.0);
        assert!((sharp.pit.iter().sum::<f64>() - 4.0).abs() < 1e-9);
    }

    #[test]
    fn promised_coverage_is_the_probability_of_the_interval() {
        let s = OriginScores::of(DAY(0), &expect(&[0.01]), &[0], Dispersion::default(), false);
        assert!(s.promised.iter().all(|p| (p - 0.990).abs() < 0.001), "{:?}", s.promised);
    }
}
