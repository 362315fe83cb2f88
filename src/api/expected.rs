//! What would be usual: the figure beside every count.
//!
//! **Cells.** The long-run daily rate of the cell as the latest analysis knows it (`history_mean` of
//! its stored forecast, which is smoothed over neighbours), times the days of the window. The range is
//! the middle 95 % of a Poisson count with that mean. Before the first analysis the cell's own record
//! of up to a year is used, with the range below.
//!
//! **Areas and whole jurisdictions.** The mean of up to 365 days before the window, times a factor for
//! the weekday that is pooled over the jurisdiction. The range is the middle 95 % of a gamma–Poisson
//! (negative binomial) count: it is wider when the record is short (a gamma with shape n + ½ for n
//! events, Jeffreys' prior) and when days vary more than chance would (the variance-to-mean ratio φ of
//! the record), so few data never give a confident zero. With mean M of the window,
//! variance = M + M²/(n + ½) + (φ − 1)·M.
//!
//! Limits: no season and no trend within the record; late reports are not made up for (see `complete`).
//! The alerts come from the analysis, never from these ranges.

use crate::domain::time::{Day, DayRange};

/// Said in answers, so that nobody has to guess what "expected" means.
pub const CELL_BASIS: &str = "long-run daily rate of the cell from the latest analysis (history method) times the days; \
     95 % Poisson range";
pub const PLACE_BASIS: &str = "mean of up to 365 days before the window times the weekday's pooled factor; \
     95 % gamma-Poisson range";

/// Days of record that are read before a window.
pub const RECORD_DAYS: i32 = 365;
/// A shorter record than this reaches into the window, which is still better than none.
const SHORTEST_RECORD: usize = 28;
/// Above this mean a count is as good as normal.
const LARGE: f64 = 500.0;

/// An expectation with the middle 95 % of counts it would give.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    pub mean: f64,
    pub range: [f64; 2],
}

/// The middle 95 % of a Poisson count.
pub fn poisson(mean: f64) -> Expected {
    negative_binomial(mean, f64::INFINITY)
}

/// The middle 95 % of a negative binomial count with variance `mean + mean² / size`.
pub fn negative_binomial(mean: f64, size: f64) -> Expected {
    if mean.is_nan() || mean <= 0.0 {
        return Expected { mean: 0.0, range: [0.0, 0.0] };
    }
    let variance = mean + mean * mean / size;
    if mean > LARGE || variance > LARGE * LARGE {
        let half = 1.96 * variance.sqrt();
        return Expected { mean, range: [(mean - half).floor().max(0.0), (mean + half).ceil()] };
    }
    // p(0), then each next term from the one before; the sum stops long before the guard does.
    let (mut p, share) = if size.is_finite() {
        ((size * (size / (size + mean)).ln()).exp(), mean / (size + mean))
    } else {
        ((-mean).exp(), 0.0)
    };
    let (mut below, mut k, mut low) = (0.0, 0.0_f64, None);
    loop {
        below += p;
        if low.is_none() && below >= 0.025 {
            low = Some(k);
        }
        if below >= 0.975 || k > 1e6 {
            return Expected { mean, range: [low.unwrap_or(k), k] };
        }
        p *= if size.is_finite() { (k + size) / (k + 1.0) * share } else { mean / (k + 1.0) };
        k += 1.0;
    }
}

/// What is usual in one place, learnt from its record.
#[derive(Debug, Clone, PartialEq)]
pub struct Usual {
    per_day: f64,
    events: f64,
    dispersion: f64,
    weekday: [f64; 7],
}

impl Usual {
    /// `place` and `whole` are daily counts over `record`, of the place and of its jurisdiction.
    pub fn of(record: DayRange, place: &[u32], whole: &[u32]) -> Self {
        let weekday = weekday_factors(record, whole);
        let events: f64 = place.iter().copied().map(f64::from).sum();
        let n = record.len() as f64;
        let per_day = (events + 0.5) / n;
        let chi: f64 = record
            .days()
            .zip(place)
            .map(|(day, count)| {
                let mean = per_day * weekday[day.weekday_index()];
                (f64::from(*count) - mean).powi(2) / mean.max(1e-9)
            })
            .sum();
        // A record of a few events says nothing about dispersion: it must not look like certainty or chaos.
        let dispersion = if events >= 30.0 { (chi / (n - 1.0).max(1.0)).clamp(1.0, 20.0) } else { 1.0 };
        Self { per_day, events, dispersion, weekday }
    }

    /// Over some days together.
    pub fn over(&self, days: DayRange) -> Expected {
        let mean: f64 = days.days().map(|d| self.per_day * self.weekday[d.weekday_index()]).sum();
        let extra = mean * mean / (self.events + 0.5) + (self.dispersion - 1.0) * mean;
        negative_binomial(mean, mean * mean / extra.max(1e-12))
    }
}

/// The days whose counts say what is usual before a window: up to a year before it, within the data.
pub fn record_before(window: DayRange, data: Option<DayRange>, today: Day) -> DayRange {
    let first = data.map_or(window.from - RECORD_DAYS, |d| d.from.max(window.from - RECORD_DAYS));
    match DayRange::new(first, window.from - 1) {
        Some(record) if record.len() >= SHORTEST_RECORD => record,
        // Yesterday is the last day that can be whole.
        _ => DayRange::new(first, window.to.min(today - 1)).unwrap_or(window),
    }
}

/// How much busier each weekday is than the mean day; 1 throughout when there is too little to tell.
fn weekday_factors(record: DayRange, whole: &[u32]) -> [f64; 7] {
    let total: f64 = whole.iter().copied().map(f64::from).sum();
    if total < 70.0 || record.len() < SHORTEST_RECORD {
        return [1.0; 7];
    }
    let (mut sums, mut days) = ([0.0; 7], [0.0; 7]);
    for (day, count) in record.days().zip(whole) {
        sums[day.weekday_index()] += f64::from(*count);
        days[day.weekday_index()] += 1.0;
    }
    let mean = total / record.len() as f64;
    std::array::from_fn(|i| sums[i] / f64::max(days[i], 1.0) / mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poisson_ranges_are_those_of_the_tables() {
        // qpois(c(.025, .975), m) in R.
        for (mean, range) in [(0.5, [0.0, 2.0]), (1.2, [0.0, 4.0]), (10.0, [4.0, 17.0]), (100.0, [81.0, 120.0])] {
            assert_eq!(poisson(mean).range, range, "{mean}");
        }
        assert_eq!(poisson(0.0).range, [0.0, 0.0]);
    }

    #[test]
    fn a_negative_binomial_range_is_that_of_its_closed_form() {
        // For size 2 the distribution function has a closed form, 1 − (1 − p)^(k+1)·(1 + (k+1)·p) with
        // p = 2/12: it is 0.028 at 0, 0.974 at 29 and 0.978 at 30.
        assert_eq!(negative_binomial(10.0, 2.0).range, [0.0, 30.0]);
    }

    #[test]
    fn a_record_without_events_is_no_confident_zero() {
        let record = DayRange::ending(Day::from_epoch_days(20_000), 60);
        let usual = Usual::of(record, &[0; 60], &[0; 60]);
        let week = usual.over(DayRange::ending(Day::from_epoch_days(20_007), 7));
        assert!(week.mean > 0.0 && week.range[1] >= 1.0, "{week:?}");
    }

    #[test]
    fn busy_weekdays_are_expected_to_be_busy() {
        let record = DayRange::ending(Day::from_epoch_days(20_000), 70);
        let counts: Vec<u32> = record.days().map(|d| if d.weekday_index() == 4 { 20 } else { 5 }).collect();
        let usual = Usual::of(record, &counts, &counts);
        let day =
            |wanted| (1..8).map(|n| Day::from_epoch_days(20_000 + n)).find(|d| d.weekday_index() == wanted).unwrap();
        let friday = usual.over(DayRange::ending(day(4), 1)).mean;
        let monday = usual.over(DayRange::ending(day(0), 1)).mean;
        assert!((friday / monday - 4.0).abs() < 0.1, "{friday} {monday}");
    }
}
