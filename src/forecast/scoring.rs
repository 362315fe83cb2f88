//! What one issue day's forecasts of one level and window scored.

use crate::{
    domain::{forecast::QUANTILE_LEVELS, time::Day},
    stats::{CountMixture, scores},
};

/// Central intervals that are checked, in per cent.
pub const INTERVALS: [u32; 4] = [50, 80, 90, 95];
/// The same as shares.
pub const SHARES: [f64; 4] = [0.5, 0.8, 0.9, 0.95];
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
    /// Truths inside each interval of [`INTERVALS`], a count that lies on an end of it taken as far as its probability does
    /// ([`CountMixture::central_part`]): the nominal share when forecasts are calibrated, however rare events are.
    pub covered: [f64; 4],
    /// Truths inside the ranges as people read them, which are whole numbers ([`CountMixture::ranges`]).
    pub stated: [f64; 4],
    /// How many the forecasts themselves promised for those.
    pub promised: [f64; 4],
    pub pit: [f64; PIT_BINS],
    /// Events in the highest-ranked cells, for each share of [`CAPTURE`].
    pub captured: [f64; 4],
    pub events: f64,
    /// The same of events in areas that had just risen.
    pub captured_risen: [f64; 4],
    pub events_risen: f64,
}

impl OriginScores {
    /// Score the forecast of every place against what came. With `risen` (does the place lie where counts had just risen?)
    /// places are ranked by mean (ties: the earlier place first) for the captured events.
    pub fn of(
        origin: Day,
        forecasts: impl Iterator<Item = CountMixture>,
        came: &[u32],
        risen: Option<&[bool]>,
    ) -> Self {
        let mut s = Self {
            origin,
            places: came.len(),
            log_score: 0.0,
            crps: 0.0,
            wis: 0.0,
            brier: 0.0,
            covered: [0.0; 4],
            stated: [0.0; 4],
            promised: [0.0; 4],
            pit: [0.0; PIT_BINS],
            captured: [0.0; 4],
            events: came.iter().map(|y| f64::from(*y)).sum(),
            captured_risen: [0.0; 4],
            events_risen: 0.0,
        };
        let mut means = Vec::with_capacity(came.len());
        for (forecast, &y) in forecasts.zip(came) {
            s.add(&forecast, y);
            means.push(forecast.mean());
        }
        if let Some(risen) = risen {
            let of_risen: Vec<u32> = came.iter().zip(risen).map(|(y, risen)| if *risen { *y } else { 0 }).collect();
            s.events_risen = of_risen.iter().map(|y| f64::from(*y)).sum();
            [s.captured, s.captured_risen] = captured(&means, [came, &of_risen]);
        }
        s
    }

    fn add(&mut self, d: &CountMixture, y: u32) {
        let truth = u64::from(y);
        let nothing = d.cdf(0);
        self.log_score -= d.ln_pmf(truth);
        self.crps += d.crps(truth);
        self.wis += scores::wis(&QUANTILE_LEVELS, &d.quantiles(&QUANTILE_LEVELS), truth);
        self.brier += scores::brier(1.0 - nothing, y > 0);
        for (i, [low, high]) in d.ranges(&SHARES).into_iter().enumerate() {
            self.stated[i] += if (low..=high).contains(&y) { 1.0 } else { 0.0 };
            self.promised[i] += d.cdf(u64::from(high)) - d.below(u64::from(low));
            self.covered[i] += d.central_part(SHARES[i], truth);
        }
        scores::add_pit(&mut self.pit, d.below(truth), d.cdf(truth));
    }
}

/// How many cells are the highest-ranked `percent` of `n`: rounded up, at least one.
pub fn cells_in(percent: u32, n: usize) -> usize {
    (n * percent as usize).div_ceil(100).max(1).min(n)
}

/// Events in the highest-ranked places, all shares of [`CAPTURE`] together.
pub fn captured_in_all(means: &[f64], came: &[u32]) -> f64 {
    captured(means, [came, &[]])[0].iter().sum()
}

fn captured(means: &[f64], counts: [&[u32]; 2]) -> [[f64; 4]; 2] {
    let mut order: Vec<usize> = (0..means.len()).collect();
    order.sort_by(|&a, &b| means[b].total_cmp(&means[a]).then(a.cmp(&b)));
    let count_in = |came: &[u32], i: usize| came.get(i).map_or(0.0, |y| f64::from(*y));
    counts.map(|came| CAPTURE.map(|p| order[..cells_in(p, order.len())].iter().map(|&i| count_in(came, i)).sum()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::CountDistribution;

    fn forecasts(means: &[f64], size: f64) -> impl Iterator<Item = CountMixture> {
        means.iter().map(move |&m| CountMixture::new([(1.0, CountDistribution::negative_binomial(m, size))]))
    }

    fn score(means: &[f64], size: f64, came: &[u32]) -> OriginScores {
        OriginScores::of(Day::from_epoch_days(0), forecasts(means, size), came, Some(&[true, false]))
    }

    #[test]
    fn the_highest_ranked_cells_capture_what_came_in_them() {
        let s = score(&[0.1, 2.0, 0.2, 0.1, 0.3], 1.0, &[1, 3, 0, 0, 1]);
        assert_eq!(s.captured, [3.0, 3.0, 3.0, 3.0]);
        assert_eq!((s.events_risen, s.captured_risen), (1.0, [0.0; 4]), "only the first place had risen");
        assert_eq!((s.events, cells_in(20, 5), cells_in(10, 1001), cells_in(1, 30)), (5.0, 1, 101, 1));
    }

    #[test]
    fn sharp_right_forecasts_score_better_than_vague_ones() {
        let [sharp, vague] = [1e6, 0.5].map(|size| score(&[5.0; 4], size, &[4, 5, 5, 6]));
        assert!(sharp.log_score < vague.log_score && sharp.crps < vague.crps && sharp.wis < vague.wis);
        assert_eq!(sharp.stated[3], 4.0);
        assert!((sharp.pit.iter().sum::<f64>() - 4.0).abs() < 1e-9);
    }

    #[test]
    fn promised_coverage_is_the_probability_of_the_interval() {
        let s = score(&[0.01], 1.5, &[0]);
        assert!(s.promised.iter().all(|p| (p - 0.990).abs() < 0.001), "{:?}", s.promised);
        // A zero that stands for the lowest 99 % lies for the most part in every central range.
        assert!((s.covered[0] - 0.5 / 0.990).abs() < 0.001, "{:?}", s.covered);
    }
}
