//! `filter`: a local level for every area by the gamma–Poisson filter with discounting (Harvey & Fernandes 1989,
//! *Journal of Business & Economic Statistics* 7:407; West & Harrison 1997, *Bayesian Forecasting and Dynamic Models*,
//! ch. 10).
//!
//! The rate of area g after day t is Gamma(a_gt, b_t) with
//!
//! > a_gt = δ a_g,t−1 + ω λ_g + y_gt,  b_t = δ b_t−1 + ω + o_t,
//!
//! o_t being the share known of the day times its calendar factor. Discounting by δ is what makes the level local: the
//! memory is 1/(1 − δ) days. ω = 0.02 days' worth of the area's long-run rate λ_g is mixed in each day, so that an area
//! that has been quiet for years is never certain to stay so. Before the count of a day is known it is negative
//! binomial with shape δ a and odds o/(δ b); δ is the one under which the past daily counts of all areas together were
//! likeliest. The means ahead follow the same recursion without data, times weekday and season.
//!
//! Limits: one δ for all areas; areas do not learn from one another but through their long-run rates; cells get the
//! shares of `history`. `pooled` filters the whole and the shares apart instead.

use super::{
    base::Base,
    model::{Fitted, ForecastModel, MAX_HORIZON, Part, calendar_parts},
    panel::Known,
    tuning::Tuning,
};
use crate::stats::CountDistribution;

const MEMORIES: [f64; 7] = [14.0, 28.0, 56.0, 112.0, 224.0, 448.0, 1344.0];
const PULL: f64 = 0.02;
/// Days before the first that is predicted, so that the start does not decide.
const FIRST: usize = 28;
/// Days' worth of the long run that the filter starts from.
const START: f64 = 7.0;

pub struct Filter;

/// The memory that predicted best, in days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Discount {
    memory_days: f64,
}

impl ForecastModel for Filter {
    fn name(&self) -> &'static str {
        "filter"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tune(&self, known: &Known, base: &Base, tuning: &mut Tuning) {
        let loss = |memory_days: f64| run(known, base, Discount { memory_days }, true).2;
        let best = MEMORIES.into_iter().map(|m| (loss(m), m)).min_by(|a, b| a.0.total_cmp(&b.0));
        tuning.filter = best.map(|(_, memory_days)| Discount { memory_days });
    }

    fn fit(&self, known: &Known, tuning: &Tuning, base: &Base) -> Fitted {
        let discount = tuning.filter.unwrap_or(Discount { memory_days: 1344.0 });
        let (a, b, _) = run(known, base, discount, false);
        let delta = discount.delta();
        let factors = base.factors_ahead();
        let groups: Vec<Vec<f64>> = a
            .iter()
            .zip(long_rates(base))
            .map(|(&a, long)| {
                let (mut a, mut b) = (a, b);
                (0..MAX_HORIZON as usize)
                    .map(|d| {
                        (a, b) = (delta * a + PULL * long, delta * b + PULL);
                        a / b * factors[d]
                    })
                    .collect()
            })
            .collect();
        let parts = calendar_parts(
            &groups,
            &base.long_run.group_rates(),
            &base.weekday_ahead,
            &base.season_ahead,
            Part::RecentEvents,
        );
        let mut fitted = base.long_run.fitted(groups, parts);
        fitted.whole_evidence = a.iter().sum::<f64>() + 0.5;
        fitted.group_evidence = a.into_iter().map(|a| a + 0.5).collect();
        fitted
    }
}

impl Discount {
    fn delta(self) -> f64 {
        1.0 - 1.0 / self.memory_days
    }
}

/// Long-run rate of every group on a day of calendar factor 1.
fn long_rates(base: &Base) -> Vec<f64> {
    base.long_run.group_share.iter().map(|s| base.adjusted_rate * s).collect()
}

/// The filter over all known days: a of every group, b, and minus the log-likelihood of the daily counts where it is
/// asked for.
fn run(known: &Known, base: &Base, discount: Discount, judge: bool) -> (Vec<f64>, f64, f64) {
    let delta = discount.delta();
    let long = long_rates(base);
    let mut b = START;
    let mut a: Vec<f64> = long.iter().map(|l| l * START).collect();
    let mut loss = 0.0;
    for (t, &offset) in base.offset.iter().enumerate() {
        let judged = judge && t >= FIRST && offset > 0.0;
        b = delta * b + PULL;
        let odds = (offset / b).ln_1p();
        for (g, a) in a.iter_mut().enumerate() {
            *a = delta * *a + PULL * long[g];
            let y = if offset > 0.0 { known.groups[g][t] } else { 0.0 };
            if judged {
                // Shape a, mean a·o/b: zeros, the great majority, without a distribution.
                loss += match y {
                    0.0 => *a * odds,
                    y => -CountDistribution::negative_binomial(*a * offset / b, *a).ln_pmf(y as u64),
                };
            }
            *a += y;
        }
        b += offset;
    }
    (a, b, loss)
}
