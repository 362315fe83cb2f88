//! Did it cool? One place, before and after.
//!
//! Given two Poisson counts, the first is binomial in their sum with probability
//! exposure₁ / (exposure₁ + ratio · exposure₂); Clopper–Pearson limits of that probability give exact
//! limits of the ratio of rates (Przyborowski & Wilenski 1940). With small counts the interval is
//! wide, and the answer is usually "cannot tell", which is the honest one.
//!
//! Limits: counts that cluster vary more than Poisson; places chosen because they were high fall by
//! themselves (regression to the mean); the newest days are still growing. The warning says so.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF};
use utoipa::ToSchema;

use super::TEXTS;
use crate::domain::{event::text_enum, language::Language};

text_enum! {
    Verdict {
        Fewer = "fewer",
        More = "more",
        CannotTell = "cannot_tell",
    }
}

/// Events counted over a number of days (at least 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Observed {
    pub events: u32,
    pub days: u32,
}

/// A place before and after.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Cooling {
    pub before: Observed,
    pub after: Observed,
    /// Rate after ÷ rate before; `None` when nothing happened before.
    pub ratio: Option<f64>,
    /// 95 % limits of the ratio; an upper limit that is `None` is infinite.
    pub ratio_low: f64,
    pub ratio_high: Option<f64>,
    pub verdict: Verdict,
    pub sentence: String,
    /// What the comparison cannot show.
    pub warning: String,
}

/// Compare the rates of two periods. Periods of no days count as one day.
pub fn did_it_cool(before: Observed, after: Observed, language: Language) -> Cooling {
    let days = |o: Observed| f64::from(o.days.max(1));
    let (x, n) = (f64::from(after.events), f64::from(after.events + before.events));
    // Limits of the share of all events that fell after.
    let low = if after.events == 0 { 0.0 } else { beta_quantile(x, n - x + 1.0, 0.025) };
    let high = if before.events == 0 { 1.0 } else { beta_quantile(x + 1.0, n - x, 0.975) };
    let as_ratio = |share: f64| (share < 1.0).then(|| share / (1.0 - share) * days(before) / days(after));
    let (ratio_low, ratio_high) = (as_ratio(low).unwrap_or(0.0), as_ratio(high));
    let verdict = if ratio_high.is_some_and(|r| r < 1.0) {
        Verdict::Fewer
    } else if ratio_low > 1.0 {
        Verdict::More
    } else {
        Verdict::CannotTell
    };
    let key = match verdict {
        Verdict::Fewer => "cool_fewer",
        Verdict::More => "cool_more",
        Verdict::CannotTell => "cool_unclear",
    };
    let sentence = TEXTS.say(
        language,
        key,
        &[
            ("before", &before.events.to_string()),
            ("before_days", &before.days.to_string()),
            ("after", &after.events.to_string()),
            ("after_days", &after.days.to_string()),
        ],
    );
    let rate = |o: Observed| f64::from(o.events) / days(o);
    Cooling {
        before,
        after,
        ratio: (before.events > 0).then(|| rate(after) / rate(before)),
        ratio_low,
        ratio_high,
        verdict,
        sentence,
        warning: TEXTS.say(language, "cool_warning", &[]),
    }
}

fn beta_quantile(a: f64, b: f64, p: f64) -> f64 {
    Beta::new(a, b).map_or(f64::NAN, |beta| beta.inverse_cdf(p))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cool(before: (u32, u32), after: (u32, u32)) -> Cooling {
        let observed = |(events, days)| Observed { events, days };
        did_it_cool(observed(before), observed(after), Language::En)
    }

    /// P(X ≤ k) of a binomial count, term by term.
    fn binomial_cdf(k: u32, n: u32, p: f64) -> f64 {
        (0..=k)
            .map(|i| {
                let choose: f64 = (0..i).map(|j| f64::from(n - j) / f64::from(j + 1)).product();
                choose * p.powi(i as i32) * (1.0 - p).powi((n - i) as i32)
            })
            .sum()
    }

    #[test]
    fn the_limits_are_where_the_exact_tails_are_one_in_forty() {
        let c = cool((11, 14), (2, 14));
        assert!((c.ratio.unwrap() - 2.0 / 11.0).abs() < 1e-12);
        let share = |ratio: f64| ratio / (1.0 + ratio);
        let above = 1.0 - binomial_cdf(1, 13, share(c.ratio_low));
        let below = binomial_cdf(2, 13, share(c.ratio_high.unwrap()));
        assert!((above - 0.025).abs() < 1e-6 && (below - 0.025).abs() < 1e-6, "{above} {below}");
        assert_eq!(c.verdict, Verdict::Fewer);
    }

    #[test]
    fn small_counts_cannot_tell() {
        let c = cool((4, 14), (1, 14));
        assert_eq!(c.verdict, Verdict::CannotTell);
        assert!(c.sentence.contains("too few to tell"));
        assert!(c.warning.contains("not a trial"));
    }

    #[test]
    fn periods_of_other_lengths_are_compared_by_rate() {
        assert_eq!(cool((40, 28), (40, 7)).verdict, Verdict::More);
        assert_eq!(cool((40, 28), (10, 7)).ratio, Some(1.0));
    }

    #[test]
    fn nothing_before_or_after_is_no_proof() {
        let c = cool((0, 14), (0, 14));
        assert_eq!((c.ratio, c.ratio_low, c.ratio_high, c.verdict), (None, 0.0, None, Verdict::CannotTell));
        assert_eq!(cool((0, 14), (9, 14)).ratio_high, None);
        assert_eq!(cool((0, 14), (9, 14)).verdict, Verdict::More);
    }
}
