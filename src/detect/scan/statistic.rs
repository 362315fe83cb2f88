//! The likelihood ratio, and what it takes to beat one.
//!
//! With n cases inside a window where E are expected, of C in all, the statistic is
//! LLR = n ln(n/E) + (C−n) ln((C−n)/(C−E)) (Kulldorff 1997; Kulldorff et al. 2005 use the same form for
//! the permutation model). For the Bernoulli model E is m·C/N with m of the N cases and controls inside,
//! and the likelihood is binomial. For a fixed n the statistic of a high-rate window falls as E grows:
//! so to every n and every bar b belongs one largest E, and a window is known to stay below b without
//! a logarithm. [`Bars`] holds those limits for a ladder of bars.

use std::sync::OnceLock;

/// The natural-log likelihood ratio of a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Statistic {
    /// `cases`: C.
    Poisson { cases: f64 },
    /// `cases`: C, `all`: cases and controls.
    Bernoulli { cases: f64, all: f64 },
}

/// x ln(x / y), 0 for x = 0.
fn part(x: f64, y: f64) -> f64 {
    if x > 0.0 { x * (x / y).ln() } else { 0.0 }
}

impl Statistic {
    /// Of n cases where `e` are expected, whichever side n lies on. Never below 0.
    pub fn llr(self, n: f64, e: f64) -> f64 {
        let value = match self {
            Self::Poisson { cases } => part(n, e) + part(cases - n, cases - e),
            Self::Bernoulli { cases, all } => {
                let m = e * all / cases;
                // Inside n of m, outside C−n of N−m, against C of N everywhere.
                let inside = part(n, m) + part(m - n, m);
                let outside = part(cases - n, all - m) + part(all - m - cases + n, all - m);
                inside + outside - part(cases, all) - part(all - cases, all)
            }
        };
        value.max(0.0)
    }

    pub fn cases(self) -> f64 {
        match self {
            Self::Poisson { cases } | Self::Bernoulli { cases, .. } => cases,
        }
    }

    /// The largest e < n at which n cases still reach `bar`, from above (never too small). `start` is the
    /// answer for one case less, or 0.
    fn largest_expected(self, n: f64, bar: f64, start: f64) -> f64 {
        // Bernoulli windows hold at least their own cases.
        let floor = match self {
            Self::Poisson { .. } => 0.0,
            Self::Bernoulli { cases, all } => n * cases / all,
        };
        let top = n.min(self.cases());
        if floor > 0.0 && self.llr(n, floor) < bar {
            return floor;
        }
        let mut low = floor.max(start).min(top);
        // A case more moves the limit by about one.
        let near = (low + 2.0).min(top);
        let mut high = if start > 0.0 && self.llr(n, near) < bar { near } else { top };
        let precision = 1e-4 * low.max(0.001);
        while high - low > precision && high > 1e-9 {
            let middle = 0.5 * (low + high);
            if self.llr(n, middle) >= bar { low = middle } else { high = middle }
        }
        high
    }
}

impl Statistic {
    /// The least e > n at which n cases reach `bar` as a low rate, from below (never too large).
    fn least_expected(self, n: f64, bar: f64) -> f64 {
        let (mut low, mut high) = (n, self.cases());
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if self.llr(n, middle) >= bar { high = middle } else { low = middle }
        }
        low
    }
}

/// Steps of the ladder per unit of the statistic, and its length. A higher bar is not needed: the top rung
/// only lets a few more windows through to be evaluated.
const STEPS: f64 = 8.0;
const RUNGS: usize = 128;
/// The index of needs: entries per expected case up to `FINE_TO`, and beyond.
const FINE: f64 = 32.0;
const FINE_TO: f64 = 64.0;
const COARSE: f64 = 2.0;

/// Where an expectation stands in the index; without a branch, since it is asked for eight at a time.
#[inline(always)]
fn slot(e: f64) -> usize {
    (e.min(FINE_TO) * FINE + (e - FINE_TO).max(0.0) * COARSE) as usize
}

/// For one bar: the fewest cases that a window of a given expectation needs to beat it.
pub(super) struct Bar {
    /// By [`slot`] of the expectation: no fewer cases than this reach the bar. The last entry is out of reach.
    need: Vec<u32>,
    /// By n: the least expectation at which n cases are few enough to reach the bar. Empty unless low rates
    /// are sought.
    low: Vec<f64>,
}

impl Bar {
    fn new(statistic: Statistic, bar: f64, most: usize, least: usize, low: bool) -> Self {
        // By n: the largest expectation at which n cases may reach the bar; made never to fall.
        let mut limit = Vec::with_capacity(most + 1);
        let mut last = -1.0f64;
        for n in 0..=most {
            if n >= least {
                last = last.max(statistic.largest_expected(n as f64, bar, last.max(0.0)));
            }
            limit.push(last);
        }
        let first_above = |e: f64| limit.partition_point(|&l| l <= e) as u32;
        let fine = (0..(FINE_TO * FINE) as usize).map(|i| i as f64 / FINE);
        let coarse = (0..).map(|i| FINE_TO + f64::from(i) / COARSE).take_while(|e| *e <= last);
        let mut need: Vec<u32> = fine.chain(coarse).map(first_above).collect();
        need.push(most as u32 + 1);
        let low = if low { (0..=most).map(|n| statistic.least_expected(n as f64, bar)).collect() } else { Vec::new() };
        Self { need, low }
    }

    /// The least expectation at which `n` cases are few enough to reach the bar, never too large.
    pub fn low_limit(&self, n: usize) -> f64 {
        // More cases need more: the last entry will do for any n beyond it.
        self.low.get(n).or(self.low.last()).copied().unwrap_or(f64::INFINITY)
    }

    /// No fewer cases than this reach the bar where `e` are expected (more than `most` if none do).
    #[inline(always)]
    pub fn need(&self, e: f64) -> u32 {
        self.need[slot(e).min(self.need.len() - 1)]
    }
}

/// A ladder of bars, each made when it is first needed.
pub(super) struct Bars {
    statistic: Statistic,
    most: usize,
    least: usize,
    low: bool,
    rungs: Vec<OnceLock<Bar>>,
}

impl Bars {
    /// `most`: hardly any window holds more cases. `least`: fewer cases never count as high. `low`: are low
    /// rates sought?
    pub fn new(statistic: Statistic, most: usize, least: usize, low: bool) -> Self {
        Self { statistic, most, least, low, rungs: (0..=RUNGS).map(|_| OnceLock::new()).collect() }
    }

    pub fn statistic(&self) -> Statistic {
        self.statistic
    }

    /// The highest bar of the ladder that is not above `value`.
    pub fn below(&self, value: f64) -> &Bar {
        let rung = ((value.max(0.0) * STEPS) as usize).min(RUNGS);
        self.rungs[rung].get_or_init(|| Bar::new(self.statistic, rung as f64 / STEPS, self.most, self.least, self.low))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statistic_is_the_published_formula() {
        let s = Statistic::Poisson { cases: 100.0 };
        let want = 11.0 * (11.0f64 / 1.35).ln() + 89.0 * (89.0f64 / 98.65).ln();
        assert!((s.llr(11.0, 1.35) - want).abs() < 1e-12);
        // All cases inside: the second term vanishes.
        assert!((s.llr(100.0, 40.0) - 100.0 * 2.5f64.ln()).abs() < 1e-12);
        assert_eq!(s.llr(5.0, 5.0), 0.0);
    }

    #[test]
    fn the_bernoulli_statistic_is_the_binomial_ratio() {
        let s = Statistic::Bernoulli { cases: 40.0, all: 100.0 };
        // 10 of 12 inside, 30 of 88 outside.
        let l = |x: f64, n: f64| x * (x / n).ln() + (n - x) * ((n - x) / n).ln();
        let want = l(10.0, 12.0) + l(30.0, 88.0) - l(40.0, 100.0);
        assert!((s.llr(10.0, 4.8) - want).abs() < 1e-12);
    }

    #[test]
    fn no_window_that_beats_the_bar_is_ruled_out() {
        for statistic in [Statistic::Poisson { cases: 300.0 }, Statistic::Bernoulli { cases: 300.0, all: 900.0 }] {
            let bars = Bars::new(statistic, 120, 2, true);
            for bar in [0.0, 0.3, 2.0, 5.125, 11.9] {
                let ladder = bars.below(bar);
                for step in 1..800 {
                    let e = f64::from(step) * 0.093;
                    let need = ladder.need(e);
                    for n in 2..=120usize {
                        let possible = match statistic {
                            Statistic::Poisson { .. } => true,
                            Statistic::Bernoulli { .. } => n as f64 <= e * 3.0,
                        };
                        if possible && n as f64 > e && statistic.llr(n as f64, e) > bar {
                            assert!(n as u32 >= need, "{statistic:?} bar {bar}, e {e}, n {n} < {need}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_bar_on_the_ladder_is_tight() {
        let statistic = Statistic::Poisson { cases: 300.0 };
        let bars = Bars::new(statistic, 120, 2, true);
        let need = f64::from(bars.below(5.0).need(10.0));
        assert!(statistic.llr(need, 10.0) >= 5.0 && statistic.llr(need - 1.0, 10.0) < 5.0);
    }
}
