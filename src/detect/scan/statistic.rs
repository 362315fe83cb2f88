//! The likelihood ratio, and what it takes to beat one.
//!
//! With n cases inside a window where E are expected, of C in all, the statistic is
//! LLR = n ln(n/E) + (C−n) ln((C−n)/(C−E)) (Kulldorff 1997; Kulldorff et al. 2005 use the same form for
//! the permutation model). For the Bernoulli model E is m·C/N with m of the N cases and controls inside,
//! and the likelihood is binomial. For a fixed n the statistic of a high-rate window falls as E grows:
//! so to every n and every bar b belongs one largest E, and a window is known to stay below b without
//! a logarithm. For a low-rate window it rises, and there is a least E. [`Limits`] holds both.

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

    /// One of few statistics that is nowhere smaller: the Poisson one falls as C grows.
    pub fn coarser(self) -> Self {
        match self {
            Self::Poisson { cases } => {
                // Steps of 3 % at most.
                let bits = (cases as f32).to_bits() >> 18 << 18;
                Self::Poisson { cases: f64::from(f32::from_bits(bits)).min(cases) }
            }
            Self::Bernoulli { .. } => self,
        }
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
    /// The least e > n at which n cases reach `bar` as a low rate, from below (never too large). `start` is the
    /// answer for one case less, or 0.
    fn least_expected(self, n: f64, bar: f64, start: f64) -> f64 {
        let (mut low, mut high) = (n.max(start), self.cases());
        if low < high && start > 0.0 {
            // A case more moves the limit by about one.
            let near = (low + 2.0).min(high);
            if self.llr(n, near) >= bar {
                high = near;
            }
        }
        let precision = 1e-4 * low.max(0.001);
        while high - low > precision {
            let middle = 0.5 * (low + high);
            if self.llr(n, middle) >= bar { high = middle } else { low = middle }
        }
        low
    }
}

/// For one bar: which counts reach it at which expectation.
pub(super) struct Limits {
    /// By n: the largest expectation at which n cases may be enough to reach the bar, never too small and never
    /// falling; below 0 where n is fewer than counts.
    high: Vec<f64>,
    /// By n: the least expectation at which n cases may be few enough, never too large and never falling. Empty
    /// unless low rates are sought.
    low: Vec<f64>,
}

impl Limits {
    /// `most`: hardly any window holds more cases (those that do are always let through). `least`: fewer cases
    /// never count as high.
    pub fn new(statistic: Statistic, bar: f64, most: usize, least: usize, high: bool, low: bool) -> Self {
        let mut last = -1.0f64;
        let highest = |n: usize| {
            if n >= least {
                last = last.max(statistic.largest_expected(n as f64, bar, last.max(0.0)));
            }
            last
        };
        let high = if high { (0..=most).map(highest).collect() } else { Vec::new() };
        let mut last = 0.0f64;
        let lowest = |n: usize| {
            last = last.max(statistic.least_expected(n as f64, bar, last));
            last
        };
        let low = if low { (0..=most).map(lowest).collect() } else { Vec::new() };
        Self { high, low }
    }

    pub fn seeks_high(&self) -> bool {
        !self.high.is_empty()
    }

    pub fn seeks_low(&self) -> bool {
        !self.low.is_empty()
    }

    /// May n cases where `e` are expected reach the bar as a high rate?
    #[inline]
    pub fn may_be_high(&self, n: usize, e: f64) -> bool {
        self.seeks_high() && n as f64 > e && self.high.get(n).is_none_or(|&limit| e <= limit)
    }

    /// May they as a low rate?
    #[inline]
    pub fn may_be_low(&self, n: usize, e: f64) -> bool {
        self.seeks_low() && (n as f64) < e && self.low.get(n).is_none_or(|&limit| e >= limit)
    }

    /// For expectations that only grow: the fewest cases that may reach the bar at each.
    pub fn needs(&self, expected: impl Iterator<Item = f64>) -> impl Iterator<Item = usize> {
        let mut n = 0;
        expected.map(move |e| {
            n += self.high[n..].iter().take_while(|&&limit| limit < e).count();
            n
        })
    }

    /// For expectations that only grow: how many counts, from 0 on, may be few enough to reach the bar at each.
    pub fn few_enough(&self, expected: impl Iterator<Item = f64>) -> impl Iterator<Item = usize> {
        let mut n = 0;
        expected.map(move |e| {
            n += self.low[n..].iter().take_while(|&&limit| limit <= e).count();
            // Counts beyond the list are not known to be too many.
            if n == self.low.len() { usize::MAX } else { n }
        })
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
            for bar in [0.0, 0.3, 2.0, 5.125, 11.9] {
                let limits = Limits::new(statistic, bar, 120, 2, true, true);
                for step in 1..800 {
                    let e = f64::from(step) * 0.093;
                    let need = limits.needs(std::iter::once(e)).next().unwrap();
                    let few = limits.few_enough(std::iter::once(e)).next().unwrap();
                    for n in 0..=120usize {
                        let possible = match statistic {
                            Statistic::Poisson { .. } => true,
                            Statistic::Bernoulli { .. } => n as f64 <= e * 3.0,
                        };
                        if !possible || statistic.llr(n as f64, e) <= bar {
                            continue;
                        }
                        let at = format!("{statistic:?} bar {bar}, e {e}, n {n}");
                        if n as f64 > e && n >= 2 {
                            assert!(n >= need && limits.may_be_high(n, e), "{at} < {need}");
                        } else if (n as f64) < e {
                            assert!(n < few && limits.may_be_low(n, e), "{at} >= {few}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn limits_are_tight() {
        let statistic = Statistic::Poisson { cases: 300.0 };
        let limits = Limits::new(statistic, 5.0, 120, 2, true, true);
        let need = limits.needs(std::iter::once(10.0)).next().unwrap() as f64;
        assert!(statistic.llr(need, 10.0) >= 5.0 && statistic.llr(need - 1.0, 10.0) < 5.0);
        let few = limits.few_enough(std::iter::once(20.0)).next().unwrap() as f64;
        assert!(statistic.llr(few - 1.0, 20.0) >= 5.0 && statistic.llr(few, 20.0) < 5.0);
    }
}
