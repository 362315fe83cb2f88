//! What could not be noticed: said beside every brief, because a quiet list is not proof of quiet.
//!
//! Take the simplest watcher: once a day it looks at the count of the last seven days and speaks when
//! a Poisson count at the usual rate would be as high with probability at most 1/R, R being the rule's
//! recurrence interval in days. Its false alerts are those of the rule, so its power is about what any
//! method under the same budget can have for this shape of rise. For a doubling that lasted exactly
//! those seven days the power is P(N ≥ c | 2 μ), with c the smallest count for which P(N ≥ c | μ) ≤ 1/R
//! and μ seven days of the usual rate. Exact, no normal approximation: the counts are small.
//!
//! Where the catchment is one area that the alert rules judge, what those rules see there was measured by the analysis
//! ([`RuleStanding`](crate::domain::rule::RuleStanding)) and is told instead ([`Seen`]).
//!
//! Limits: one look at the end of the week (several looks find a little more), counts spread over the
//! whole catchment (a scan finds a rise in one spot more easily), and no reporting delay.

use statrs::distribution::{DiscreteCDF, Poisson};

use super::{TEXTS, brief::BriefOptions};
use crate::domain::language::Language;

const WEEK_DAYS: f64 = 7.0;

/// Probability, 0 to 1, that a doubling of `usual_per_day` (events a day, above 0) for a week is
/// noticed by a rule with this recurrence interval in days. `None` when a rate or interval is not positive.
pub fn power_of_doubling(usual_per_day: f64, recurrence_days: f64) -> Option<f64> {
    let usual = Poisson::new(usual_per_day * WEEK_DAYS).ok()?;
    let doubled = Poisson::new(2.0 * usual_per_day * WEEK_DAYS).ok()?;
    if recurrence_days.is_nan() || recurrence_days < 1.0 {
        return None;
    }
    // P(N ≥ c) = sf(c − 1); the smallest c ≥ 1 that chance reaches rarely enough.
    let below = (0u64..1_000_000).find(|&n| usual.sf(n) <= 1.0 / recurrence_days)?;
    Some(doubled.sf(below))
}

/// What the alert rules see of a doubling for a week, as the analysis found it for this very area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    pub usual_per_day: f64,
    /// Probabilities, 0 to 1.
    pub watch: f64,
    pub alert: f64,
}

impl Seen {
    /// By the exact watcher of this file, where nothing was measured.
    fn reckoned(usual_per_day: f64, options: &BriefOptions) -> Option<Self> {
        let power = |days| power_of_doubling(usual_per_day, days);
        let (watch, alert) = (power(options.watch_recurrence_days)?, power(options.alert_recurrence_days)?);
        Some(Self { usual_per_day, watch, alert })
    }
}

/// The sentence under the brief.
pub(super) fn sentence(
    place: &str,
    usual_per_day: f64,
    options: &BriefOptions,
    measured: Option<Seen>,
    language: Language,
) -> String {
    match measured.or_else(|| Seen::reckoned(usual_per_day, options)) {
        Some(Seen { usual_per_day, watch, alert }) => TEXTS.say(
            language,
            "limits",
            &[
                ("place", place),
                ("rate", &rate_text(usual_per_day)),
                ("watch", &TEXTS.say(language, odds(watch), &[])),
                ("alert", &TEXTS.say(language, odds(alert), &[])),
            ],
        ),
        _ => TEXTS.say(language, "limits_none", &[("place", place)]),
    }
}

/// Key of the plain words nearest to a probability, on the log-odds scale.
fn odds(p: f64) -> &'static str {
    const WORDS: [(f64, &str); 9] = [
        (0.1, "odds_1_10"),
        (1.0 / 7.0, "odds_1_7"),
        (0.2, "odds_1_5"),
        (0.25, "odds_1_4"),
        (1.0 / 3.0, "odds_1_3"),
        (0.5, "odds_1_2"),
        (2.0 / 3.0, "odds_2_3"),
        (0.75, "odds_3_4"),
        (0.9, "odds_9_10"),
    ];
    let logit = |p: f64| (p / (1.0 - p)).ln();
    if p < 0.07 {
        return "odds_never";
    }
    if p > 0.95 {
        return "odds_always";
    }
    WORDS
        .iter()
        .min_by(|a, b| (logit(a.0) - logit(p)).abs().total_cmp(&(logit(b.0) - logit(p)).abs()))
        .map_or("odds_1_2", |(_, key)| key)
}

/// One significant figure below 0.1, one decimal below ten, none above.
fn rate_text(rate: f64) -> String {
    match rate {
        r if r < 0.0095 => "0.01".to_owned(),
        r if r < 0.095 => format!("{r:.2}"),
        r if r < 9.95 => format!("{r:.1}"),
        r => format!("{r:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P(N ≥ c) by adding up the probabilities, term by term.
    fn tail(mean: f64, c: u32) -> f64 {
        let mut term = (-mean).exp();
        let mut below = 0.0;
        for n in 0..c {
            below += term;
            term *= mean / f64::from(n + 1);
        }
        1.0 - below
    }

    #[test]
    fn at_0_3_a_day_a_doubled_week_reaches_the_watch_list_one_time_in_four() {
        // 2.1 a week are usual: six or more come by chance once in 49 days, five once in 16, so a
        // 30-day rule speaks at six; 4.2 a week reach six with probability 0.247.
        assert!(tail(2.1, 6) < 1.0 / 30.0 && tail(2.1, 5) > 1.0 / 30.0);
        let power = power_of_doubling(0.3, 30.0).unwrap();
        assert!((power - tail(4.2, 6)).abs() < 1e-12);
        assert_eq!(odds(power), "odds_1_4");
    }

    #[test]
    fn a_busier_place_and_a_laxer_rule_notice_more() {
        assert!(power_of_doubling(3.0, 30.0) > power_of_doubling(0.3, 30.0));
        assert!(power_of_doubling(0.3, 365.0) < power_of_doubling(0.3, 30.0));
        assert!(power_of_doubling(50.0, 100.0).unwrap() > 0.999);
    }

    #[test]
    fn without_a_usual_rate_there_is_no_power_to_state() {
        assert_eq!(power_of_doubling(0.0, 30.0), None);
        assert_eq!(power_of_doubling(f64::NAN, 30.0), None);
        assert_eq!(power_of_doubling(0.3, 0.0), None);
        let said = sentence("Knox", 0.0, &BriefOptions::default(), None, Language::En);
        assert!(said.starts_with("There is no record"), "{said}");
    }

    #[test]
    fn the_sentence_names_the_rate_and_both_rules() {
        assert_eq!(
            sentence("Knox County", 0.3, &BriefOptions::default(), None, Language::En),
            "At Knox County's usual 0.3 overdoses a day, a doubling for a week would reach the watch list \
             about one time in four and an alert about one time in seven."
        );
    }

    #[test]
    fn what_the_rules_see_in_the_area_is_told_before_what_is_reckoned() {
        let seen = Some(Seen { usual_per_day: 0.2, watch: 0.5, alert: 0.25 });
        assert_eq!(
            sentence("Knox County", 0.3, &BriefOptions::default(), seen, Language::En),
            "At Knox County's usual 0.2 overdoses a day, a doubling for a week would reach the watch list \
             about every second time and an alert about one time in four."
        );
    }

    #[test]
    fn every_probability_has_words() {
        let words: Vec<_> = (0..=100).map(|p| odds(f64::from(p) / 100.0)).collect();
        assert_eq!((words[0], words[50], words[100]), ("odds_never", "odds_1_2", "odds_always"));
        assert_eq!(words[24], "odds_1_4");
    }
}
