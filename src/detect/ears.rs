//! EARS C1, C2 and C3: Early Aberration Reporting System (Hutwagner, Thompson, Seeman & Treadwell 2003),
//! as implemented by R's `surveillance::earsC` (Salmon, Schumacher & Höhle 2016).
//!
//! A day is compared with the mean and standard deviation of the few days before it: C1 with the last
//! seven, C2 with the seven before the last two, so that an outbreak's first days do not raise their own
//! bar. C3 adds what C2 exceeded on the two days before. Alarm: strictly above the upper bound.
//!
//! Limits: no day of the week, no season, no holiday; a normal approximation that is poor for counts
//! below about five a day; a baseline of zeros has no spread, which `min_sigma` puts a floor under. C3's
//! bound follows the reference implementation, in which today's count raises bound and count alike: a C3
//! alarm says that the last two days were high, not today.
//!
//! Parity: with `min_sigma = 0` equal to surveillance 1.20.3 within 1e-9, the not-a-number of C3 over a
//! baseline without spread included.

use crate::stats::normal;

/// Which of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarsMethod {
    C1,
    C2,
    C3,
}

/// Settings of one EARS run; [`EarsOptions::new`] has the literature's values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarsOptions {
    pub method: EarsMethod,
    /// Days in the baseline, at least 2.
    pub baseline: usize,
    /// Days between the baseline and the day judged: 0 for C1, 2 for C2 and C3.
    pub lag: usize,
    /// The least standard deviation that is believed, in cases. 0 for parity with the reference.
    pub min_sigma: f64,
    /// One-sided level of the bound: 0.001 for C1 and C2, 0.025 for C3.
    pub alpha: f64,
}

impl EarsOptions {
    pub fn new(method: EarsMethod) -> Self {
        let (lag, alpha) = match method {
            EarsMethod::C1 => (0, 0.001),
            EarsMethod::C2 => (2, 0.001),
            EarsMethod::C3 => (2, 0.025),
        };
        Self { method, baseline: 7, lag, min_sigma: 0.5, alpha }
    }

    /// The first position of a series that can be judged.
    pub fn first(&self) -> usize {
        self.baseline + self.lag + if self.method == EarsMethod::C3 { 2 } else { 0 }
    }
}

/// One judged day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarsDay {
    pub observed: u32,
    /// Mean of the baseline.
    pub expected: f64,
    /// Alarm when the count is strictly above. NaN where it is not defined.
    pub upper_bound: f64,
    /// Standard deviations above the mean; for C3 the excess of the two days before. May be infinite or NaN.
    pub score: f64,
    /// Upper tail of the standard normal at the score; NaN with it.
    pub p_value: f64,
}

impl EarsDay {
    /// `None` where the bound is not defined.
    pub fn alarm(&self) -> Option<bool> {
        (!self.upper_bound.is_nan()).then(|| f64::from(self.observed) > self.upper_bound)
    }
}

/// Judge every day of a series, one value a day without gaps. `None` before [`EarsOptions::first`].
///
/// A day costs the same whatever the length of the baseline: its sums run along with it, in whole numbers and so without
/// loss.
pub fn ears(series: &[u32], options: &EarsOptions) -> Vec<Option<EarsDay>> {
    let z = normal::quantile(1.0 - options.alpha);
    let mut days = vec![None; series.len()];
    let begin = options.baseline + options.lag;
    if series.len() <= begin || options.baseline == 0 {
        return days;
    }
    let mut window = Window::of(&series[..options.baseline]);
    // What C2 exceeded one standard deviation by on the two days before; of C3 only.
    let mut excess = [0.0; 2];
    for t in begin..series.len() {
        let y = f64::from(series[t]);
        let (mean, sigma) = (window.mean(), window.sd().max(options.min_sigma));
        let plain = (y - mean) / sigma;
        if t >= options.first() {
            let (score, bound) = if options.method == EarsMethod::C3 {
                let before = excess[0] + excess[1];
                (before, y + sigma * (z - before))
            } else {
                (plain, mean + z * sigma)
            };
            // `f64::max` would turn NaN into 0, which would be an alarm.
            let upper_bound = if bound.is_nan() { bound } else { bound.max(0.0) };
            let p_value = normal::survival(score);
            days[t] = Some(EarsDay { observed: series[t], expected: mean, upper_bound, score, p_value });
        }
        excess = [if plain.is_nan() { plain } else { (plain - 1.0).max(0.0) }, excess[0]];
        window.slide(series[t - begin], series[t - options.lag]);
    }
    days
}

/// Sums over a baseline, in whole numbers.
struct Window {
    n: u64,
    sum: u64,
    squares: u128,
}

impl Window {
    fn of(counts: &[u32]) -> Self {
        let squares = counts.iter().map(|&y| u128::from(y) * u128::from(y)).sum();
        Self { n: counts.len() as u64, sum: counts.iter().map(|&y| u64::from(y)).sum(), squares }
    }

    fn slide(&mut self, out: u32, into: u32) {
        let square = |y: u32| u128::from(u64::from(y) * u64::from(y));
        self.sum = self.sum + u64::from(into) - u64::from(out);
        self.squares = self.squares + square(into) - square(out);
    }

    fn mean(&self) -> f64 {
        self.sum as f64 / self.n as f64
    }

    /// With n − 1; NaN for a single value. n Σ y² − (Σ y)² is a whole number ≥ 0 and exactly 0 without spread.
    fn sd(&self) -> f64 {
        let spread = u128::from(self.n) * self.squares - u128::from(self.sum) * u128::from(self.sum);
        let n = self.n as f64;
        (spread as f64 / (n * (n - 1.0))).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c2_leaves_the_last_two_days_out_of_its_baseline() {
        let mut series = vec![2, 3, 4, 3, 2, 3, 4];
        series.extend([50, 60, 12]);
        let days = ears(&series, &EarsOptions::new(EarsMethod::C2));
        assert!(days[..9].iter().all(Option::is_none));
        let day = days[9].unwrap();
        assert!((day.expected - 3.0).abs() < 1e-12);
        let sd = (4.0f64 / 6.0).sqrt();
        assert!((day.score - 9.0 / sd).abs() < 1e-12);
        assert!((day.upper_bound - (3.0 + 3.090232306167813 * sd)).abs() < 1e-9);
        assert_eq!(day.alarm(), Some(true));
    }

    #[test]
    fn one_case_after_zeros_is_an_alarm_only_without_a_floor() {
        let series = [0, 0, 0, 0, 0, 0, 0, 1];
        let with_floor = ears(&series, &EarsOptions::new(EarsMethod::C1))[7].unwrap();
        assert_eq!(with_floor.alarm(), Some(false));
        let bare = EarsOptions { min_sigma: 0.0, ..EarsOptions::new(EarsMethod::C1) };
        assert_eq!(ears(&series, &bare)[7].unwrap().alarm(), Some(true));
    }

    #[test]
    fn c3_without_spread_has_no_answer() {
        let bare = EarsOptions { min_sigma: 0.0, ..EarsOptions::new(EarsMethod::C3) };
        let day = ears(&[0; 12], &bare)[11].unwrap();
        assert_eq!(day.alarm(), None);
    }
}
