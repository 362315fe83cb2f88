//! The log-likelihood ratio of a change against none, for one day and for a window of days.

/// What a change does to the mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change {
    /// μ₁ = μ₀ e^κ.
    #[default]
    Intercept,
    /// μ₁ₜ = μ₀ₜ + λ yₜ₋₁, λ ≥ 0.
    Epidemic,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    #[default]
    Increase,
    Decrease,
}

/// One day: its count, its mean in control, and the count of the day before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Observed {
    pub x: f64,
    pub mu: f64,
    pub before: f64,
}

/// The hypothesis that is held against "no change".
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Alternative {
    pub change: Change,
    pub direction: Direction,
    /// Var = μ + αμ².
    pub alpha: f64,
}

impl Alternative {
    /// One day's ratio is concave in the size of the change (an increase of ln-mean always; an additive one only
    /// for Poisson counts), and so is that of a window.
    pub fn is_concave(self) -> bool {
        self.change == Change::Intercept || self.alpha == 0.0
    }

    /// ln f₁(x)/f₀(x) at one size of the change.
    pub fn ratio(self, day: &Observed, theta: f64) -> f64 {
        let (ln_growth, more) = match self.change {
            Change::Intercept => (theta, day.mu * theta.exp_m1()),
            Change::Epidemic => ((theta * day.before / day.mu).ln_1p(), theta * day.before),
        };
        // A size of −∞ leaves no mean; without a case that is the best explanation.
        let cases = if day.x == 0.0 { 0.0 } else { day.x * ln_growth };
        if self.alpha == 0.0 {
            return cases - more;
        }
        cases - (day.x + 1.0 / self.alpha) * (self.alpha * more / (1.0 + self.alpha * day.mu)).ln_1p()
    }

    /// Of a window at one size.
    pub fn sum(self, days: &[Observed], theta: f64) -> f64 {
        days.iter().map(|d| self.ratio(d, theta)).sum()
    }

    /// The largest ratio of a window over all sizes in the direction looked for, and the size that has it.
    /// `guess` is a size to begin from.
    pub fn best(self, days: &[Observed], guess: f64) -> (f64, f64) {
        let theta = if self.is_concave() {
            self.peak(days, guess)
        } else {
            // Not concave: every fall of the ratio within the range is looked at.
            return self.scan(days);
        };
        if theta == 0.0 { (0.0, 0.0) } else { (self.sum(days, theta).max(0.0), theta) }
    }

    /// The size beyond which a window's ratio is below 0, by its amount; 0 where every size is. Only for concave
    /// ratios: up to that size the window speaks for a change, beyond it against.
    pub fn limit(self, days: &[Observed]) -> f64 {
        let peak = self.peak(days, 0.0);
        if peak == 0.0 || peak.is_infinite() {
            return peak.abs();
        }
        let (mut low, mut high) = (peak, 2.0 * peak);
        while self.sum(days, high) > 0.0 {
            (low, high) = (high, 2.0 * high);
            if high.abs() > 1e9 {
                return f64::INFINITY;
            }
        }
        while (high - low).abs() > 1e-13 * high.abs() {
            let middle = 0.5 * (low + high);
            if middle == low || middle == high {
                break;
            }
            if self.sum(days, middle) > 0.0 { low = middle } else { high = middle }
        }
        high.abs()
    }

    /// Where a concave ratio has its maximum: 0 when it falls at once, −∞ for a window without cases.
    fn peak(self, days: &[Observed], guess: f64) -> f64 {
        let up = self.direction == Direction::Increase;
        let at_zero = self.slope(days, 0.0).0;
        if at_zero == 0.0 || (at_zero > 0.0) != up {
            return 0.0;
        }
        if !up && days.iter().all(|d| d.x == 0.0) {
            return f64::NEG_INFINITY;
        }
        let Some((mut low, mut high)) = self.bracket(days) else { return 0.0 };
        let mut theta = if guess > low && guess < high { guess } else { 0.5 * (low + high) };
        for _ in 0..200 {
            let (slope, bend) = self.slope(days, theta);
            if slope == 0.0 {
                break;
            }
            if slope > 0.0 {
                low = theta
            } else {
                high = theta
            }
            let newton = theta - slope / bend;
            let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
            let moved = (next - theta).abs();
            theta = next;
            if moved <= 1e-12 * theta.abs() || high - low <= 1e-15 * theta.abs() {
                break;
            }
        }
        theta
    }

    /// A range of sizes whose lower end has a slope of 0 or more and whose upper end one of 0 or less.
    fn bracket(self, days: &[Observed]) -> Option<(f64, f64)> {
        let largest = |f: fn(&Observed) -> f64| days.iter().map(f).filter(|v| v.is_finite()).fold(0.0, f64::max);
        match (self.change, self.direction) {
            (Change::Epidemic, _) => {
                let high = largest(|d| (d.x - d.mu) / d.before);
                (high > 0.0).then_some((0.0, high))
            }
            (Change::Intercept, Direction::Increase) => Some((0.0, largest(|d| (d.x / d.mu).ln()))),
            (Change::Intercept, Direction::Decrease) => {
                let mut low = -1.0;
                while self.slope(days, low).0 < 0.0 {
                    low *= 2.0;
                }
                Some((low, 0.0))
            }
        }
    }

    /// First and second derivative of a window's ratio by the size.
    fn slope(self, days: &[Observed], theta: f64) -> (f64, f64) {
        let a = self.alpha;
        let growth = theta.exp();
        days.iter().fold((0.0, 0.0), |(slope, bend), d| {
            let (by_size, by_size_twice) = match self.change {
                Change::Intercept => {
                    let m = d.mu * growth;
                    let spread = 1.0 + a * m;
                    ((d.x - m) / spread, -m * (1.0 + a * d.x) / (spread * spread))
                }
                Change::Epidemic => {
                    let m = d.mu + theta * d.before;
                    let spread = 1.0 + a * m;
                    let y = d.before;
                    (y * (d.x - m) / (m * spread), y * y * (a * (1.0 + a * d.x) / (spread * spread) - d.x / (m * m)))
                }
            };
            (slope + by_size, bend + by_size_twice)
        })
    }

    /// The largest ratio of an epidemic negative binomial, which may have several peaks. No day favours a λ above
    /// (x − μ)/y, which bounds the search.
    fn scan(self, days: &[Observed]) -> (f64, f64) {
        const STEPS: u32 = 64;
        let Some((_, top)) = self.bracket(days) else { return (0.0, 0.0) };
        // Finer near 0, where most of the bending is.
        let size = |step: u32| top * (f64::from(step) / f64::from(STEPS)).powi(2);
        let mut best = (0.0, 0.0);
        for step in 0..STEPS {
            let (mut low, mut high) = (size(step), size(step + 1));
            if self.slope(days, low).0 <= 0.0 || self.slope(days, high).0 > 0.0 {
                continue;
            }
            while high - low > 1e-13 * high {
                let middle = 0.5 * (low + high);
                if middle <= low || middle >= high {
                    break;
                }
                if self.slope(days, middle).0 > 0.0 { low = middle } else { high = middle }
            }
            let ratio = self.sum(days, low);
            if ratio > best.0 {
                best = (ratio, low);
            }
        }
        best
    }
}
