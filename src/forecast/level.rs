//! Slowly discounted levels: how busy is it now, compared with the long run?
//!
//! A gamma–Poisson filter with discounting (Harvey & Fernandes 1989; West & Harrison 1997, ch. 10). With
//! count y_t, exposure o_t (share known × calendar factor) and the long-run rate Λ_t as it stood on day t,
//!
//! > a_t = δ a_{t−1} + ω Λ_t + y_t,  b_t = δ b_{t−1} + ω + o_t,  rate_t = a_t / b_t,
//!
//! so that a day's count is forgotten with the memory 1/(1 − δ) days and ω days' worth of the long-run rate is
//! mixed in with each day. Without data (silence, or days to come) the same recursion draws the rate back to
//! Λ. Shares of groups follow the same rule with ω Λ_t s_g for their prior (a discounted
//! Dirichlet–multinomial).
//!
//! δ and ω are those under which the next fourteen days were predicted best, week after week, over the past;
//! they are used only when they beat the plain long-run rate by more than chance would allow.

/// How fast the past is forgotten, and how strongly the long run pulls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adaptation {
    pub memory_days: f64,
    /// Days' worth of the long run mixed in per day.
    pub pull: f64,
}

const MEMORIES: [f64; 6] = [14.0, 28.0, 56.0, 112.0, 224.0, 448.0];
const PULLS: [f64; 4] = [0.02, 0.1, 0.4, 1.5];
/// Days ahead that a setting must predict, days between trials, days before the first.
const AHEAD: usize = 14;
const EVERY: usize = 7;
const FIRST: usize = 42;
/// Log-likelihood by which the best of all settings must beat the long run, per unit of dispersion.
const MARGIN: f64 = 4.0;

/// Counts of one or more series and the exposure they share.
pub struct Series<'a> {
    pub counts: &'a [Vec<f64>],
    pub offset: &'a [f64],
    /// Shares to start from; adds up to 1.
    pub prior_share: &'a [f64],
    /// Events' worth of trust in them.
    pub prior_events: f64,
}

/// State of the filter after some day.
#[derive(Debug, Clone)]
pub struct State {
    /// Discounted events per series.
    pub a: Vec<f64>,
    /// Discounted exposure.
    pub b: f64,
    events: Vec<f64>,
    exposure: f64,
}

impl Series<'_> {
    /// The setting that would have predicted the past best, by the total (`shares` false) or by how the
    /// total splits into series (`shares` true); `None` for the long run alone.
    pub fn choose(&self, shares: bool) -> Option<Adaptation> {
        let long_run = self.loss(None, shares);
        let margin = MARGIN * self.dispersion();
        let mut best: Option<(f64, Adaptation)> = None;
        for memory_days in MEMORIES {
            for pull in PULLS {
                let adaptation = Adaptation { memory_days, pull };
                let loss = self.loss(Some(adaptation), shares);
                if best.is_none_or(|(b, _)| loss < b) {
                    best = Some((loss, adaptation));
                }
            }
        }
        best.filter(|(loss, _)| *loss < long_run - margin).map(|(_, a)| a)
    }

    /// The filter's state after the last day.
    pub fn run(&self, adaptation: Adaptation) -> State {
        let mut state = self.start();
        for t in 0..self.offset.len() {
            self.step(&mut state, Some(adaptation), t);
        }
        state
    }

    fn start(&self) -> State {
        let n = self.counts.len();
        State { a: vec![0.0; n], b: 0.0, events: vec![0.0; n], exposure: 0.0 }
    }

    fn step(&self, state: &mut State, adaptation: Option<Adaptation>, t: usize) {
        let offset = self.offset[t];
        state.exposure += offset;
        if offset > 0.0 {
            for (e, series) in state.events.iter_mut().zip(self.counts) {
                *e += series[t];
            }
        }
        let Some(Adaptation { memory_days, pull }) = adaptation else { return };
        let delta = 1.0 - 1.0 / memory_days;
        let (rate, total) = self.long_run_rate(state);
        for g in 0..self.counts.len() {
            let share = self.long_run_share(state, g, total);
            let count = if offset > 0.0 { self.counts[g][t] } else { 0.0 };
            state.a[g] = delta * state.a[g] + pull * rate * share + count;
        }
        state.b = delta * state.b + pull + offset;
    }

    fn long_run_rate(&self, state: &State) -> (f64, f64) {
        let total: f64 = state.events.iter().sum();
        ((total + 0.5) / (state.exposure + 1.0), total)
    }

    fn long_run_share(&self, state: &State, g: usize, total: f64) -> f64 {
        (state.events[g] + self.prior_events * self.prior_share[g]) / (total + self.prior_events)
    }

    /// Minus the log-likelihood of the next days' totals (Poisson) or of their split (multinomial).
    fn loss(&self, adaptation: Option<Adaptation>, shares: bool) -> f64 {
        let mut state = self.start();
        let (n, mut loss) = (self.offset.len(), 0.0);
        for t in 0..n.saturating_sub(AHEAD) {
            self.step(&mut state, adaptation, t);
            // Trials are counted back from the last day, so that the newest always takes part.
            if t < FIRST || !(n - 1 - AHEAD - t).is_multiple_of(EVERY) {
                continue;
            }
            let ahead = t + 1..t + 1 + AHEAD;
            let exposure: f64 = self.offset[ahead.clone()].iter().sum();
            if exposure <= 0.0 {
                continue;
            }
            let (rate, total) = self.long_run_rate(&state);
            let sum_a: f64 = state.a.iter().sum();
            let seen =
                |g: usize| -> f64 { ahead.clone().filter(|d| self.offset[*d] > 0.0).map(|d| self.counts[g][d]).sum() };
            if shares {
                for g in 0..self.counts.len() {
                    let y = seen(g);
                    if y > 0.0 {
                        let share = if adaptation.is_some() {
                            state.a[g] / sum_a
                        } else {
                            self.long_run_share(&state, g, total)
                        };
                        loss -= y * share.max(1e-300).ln();
                    }
                }
            } else {
                let mean = exposure * if adaptation.is_some() { sum_a / state.b } else { rate };
                let y: f64 = (0..self.counts.len()).map(seen).sum();
                loss += mean - y * mean.max(1e-300).ln();
            }
        }
        // Each day is ahead of AHEAD / EVERY trials.
        loss * EVERY as f64 / AHEAD as f64
    }

    /// Pearson dispersion of the total's 14-day sums about their own neighbours, at least 1.
    fn dispersion(&self) -> f64 {
        let sums: Vec<(f64, f64)> = (0..self.offset.len() / AHEAD)
            .map(|i| {
                let days = i * AHEAD..(i + 1) * AHEAD;
                let count = self.counts.iter().map(|s| s[days.clone()].iter().sum::<f64>()).sum();
                (count, self.offset[days].iter().sum())
            })
            .filter(|(_, e)| *e > 0.0)
            .collect();
        if sums.len() < 3 {
            return 1.0;
        }
        // Half the squared difference of neighbours is variance without trend.
        let pairs: Vec<f64> = sums
            .windows(2)
            .map(|w| {
                let rate = (w[0].0 + w[1].0) / (w[0].1 + w[1].1);
                if rate <= 0.0 {
                    return 1.0;
                }
                let z = w[0].0 / w[0].1 - w[1].0 / w[1].1;
                z * z / (rate / w[0].1 + rate / w[1].1)
            })
            .collect();
        (pairs.iter().sum::<f64>() / pairs.len() as f64).max(1.0)
    }
}

impl State {
    /// Rate of the total for each of the coming days: the recursion without data.
    pub fn rates_ahead(&self, adaptation: Adaptation, long_run: f64, days: usize) -> Vec<f64> {
        let delta = 1.0 - 1.0 / adaptation.memory_days;
        let (mut a, mut b) = (self.a.iter().sum::<f64>(), self.b);
        (0..days)
            .map(|_| {
                a = delta * a + adaptation.pull * long_run;
                b = delta * b + adaptation.pull;
                a / b
            })
            .collect()
    }

    pub fn shares(&self) -> Vec<f64> {
        let sum: f64 = self.a.iter().sum();
        self.a.iter().map(|a| a / sum.max(1e-300)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{CountDistribution, Random};

    fn counts(n: usize, mean: impl Fn(usize) -> f64, seed: u64) -> Vec<f64> {
        let mut random = Random::seeded(seed);
        (0..n).map(|t| CountDistribution::poisson(mean(t)).sample(&mut random) as f64).collect()
    }

    fn series<'a>(counts: &'a [Vec<f64>], offset: &'a [f64]) -> Series<'a> {
        Series { counts, offset, prior_share: &[1.0], prior_events: 5.0 }
    }

    #[test]
    fn a_steady_rate_needs_no_adaptation() {
        for seed in 0..5 {
            let c = [counts(700, |_| 5.0, seed)];
            assert_eq!(series(&c, &[1.0; 700]).choose(false), None, "seed {seed}");
        }
    }

    #[test]
    fn a_lasting_step_is_followed_and_silence_leads_back_to_the_long_run() {
        let c = [counts(700, |t| if t < 500 { 3.0 } else { 9.0 }, 1)];
        let offset = vec![1.0; 700];
        let s = series(&c, &offset);
        let adaptation = s.choose(false).expect("the step is plain");
        let state = s.run(adaptation);
        let long_run = c[0].iter().sum::<f64>() / 700.0;
        let ahead = state.rates_ahead(adaptation, long_run, 2000);
        assert!((ahead[0] - 9.0).abs() < 1.5, "{}", ahead[0]);
        assert!((ahead[1999] - long_run).abs() < 0.2, "{} against {long_run}", ahead[1999]);
    }
}
