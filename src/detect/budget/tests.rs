use super::*;
use crate::{
    detect::pooled::{PooledOptions, PooledSeries, null::Place},
    stats::CountDistribution,
};

fn history(rate: f64, days: usize, seed: u64) -> Vec<Option<u32>> {
    let mut random = Random::seeded(seed);
    (0..days).map(|_| Some(CountDistribution::poisson(rate).sample(&mut random) as u32)).collect()
}

fn fitted(rate: f64) -> FittedNull {
    let counts = history(rate, 730, 3);
    let series = [PooledSeries { counts: &counts, share_known: None }];
    FittedNull::learn(Day::from_epoch_days(19_000), &series, &PooledOptions::default()).remove(0)
}

fn count_in_a_day(_: Day, counts: &[u32]) -> Vec<Option<f64>> {
    Score::CountInADay.of(counts)
}

fn options(ties: Ties) -> BoundOptions {
    BoundOptions { years: 40, warm_up: 0, ties, seed: 4 }
}

#[test]
fn an_episode_lasts_until_seven_days_are_quiet() {
    let days = [2, 3, 9, 17, 25, 26];
    let starts = episodes((0..40).map(|t| days.contains(&t)), 7);
    // 9 follows 3 after five quiet days; 17 follows 9 after seven; 25 follows 17 after seven.
    assert_eq!(starts, [2, 17, 25]);
}

#[test]
fn ties_that_never_exceed_keep_the_budget_and_a_share_of_them_meets_it() {
    let null = fitted(1.0);
    let budget = Budget::per_year(3.65);
    let safe = bound(&null, &budget, &options(Ties::NeverExceed), count_in_a_day);
    assert!(safe.starts_per_year <= 3.65 && safe.score >= 3.0, "{safe:?}");
    let shared = bound(&null, &budget, &options(Ties::Share), count_in_a_day);
    assert!((shared.starts_per_year - 3.65).abs() < 0.15, "{shared:?}");
    assert!(shared.share_of_ties > 0.0 && shared.reachable, "{shared:?}");
}

#[test]
fn a_budget_beyond_what_can_happen_is_called_so() {
    let bound = bound(&fitted(0.02), &Budget::per_year(50.0), &options(Ties::Share), count_in_a_day);
    assert!(!bound.reachable && bound.starts_per_year < 12.0, "{bound:?}");
}

#[test]
fn a_bound_holds_on_years_that_did_not_make_it() {
    let null = fitted(2.0);
    let budget = Budget::per_year(12.0);
    let bound = bound(&null, &budget, &options(Ties::Share), count_in_a_day);
    let mut starts = 0;
    for year in 0..60 {
        let mut random = Random::stream(99, year);
        let (_, counts) = null.year(0, &mut random);
        starts += episodes(counts.iter().map(|n| bound.exceeded(f64::from(*n), random.unit())), 7).len();
    }
    // 720 are expected; years with a high level have more of them, so that the count varies some two times as much.
    let ratio = starts as f64 / 720.0;
    assert!((0.8..1.2).contains(&ratio), "{ratio}");
}

#[test]
fn every_score_is_known_by_its_name_and_gets_a_bound() {
    let null = fitted(2.0);
    for score in Score::ALL {
        assert_eq!(Score::named(score.name()), Some(score));
        let options = BoundOptions { warm_up: 28, ..options(Ties::Share) };
        let bound = bound(&null, &Budget::per_year(6.0), &options, |_, counts| score.of(counts));
        assert!(bound.reachable && (bound.starts_per_year - 6.0).abs() < 0.3, "{score:?} {bound:?}");
    }
    assert_eq!(Score::named("magic"), None);
}

#[test]
fn the_fitted_null_draws_years_like_the_history() {
    let null = fitted(3.0);
    let mean = |x: &[u32]| f64::from(x.iter().sum::<u32>()) / x.len() as f64;
    let all: Vec<f64> = (0..40).map(|y| mean(&null.year(0, &mut Random::stream(1, y)).1)).collect();
    let average = all.iter().sum::<f64>() / 40.0;
    assert!((average - 3.0).abs() < 0.2, "{average}");
    assert!((null.place().mean - 3.0).abs() < 0.2 && null.place().extra < 0.15, "{:?}", null.place());
}

const BUSY: Place = Place { mean: 3.0, extra: 0.2, doubt: 0.08 };
const QUIET: Place = Place { mean: 0.3, extra: 0.05, doubt: 0.1 };

#[test]
fn a_larger_rise_is_seen_more_often_and_a_larger_budget_sees_more() {
    let rises = [Size::Times(1.0), Size::Times(1.5), Size::Times(2.0), Size::Times(3.0), Size::Times(5.0)];
    for place in [BUSY, QUIET] {
        let seen = |per_year: f64| -> Vec<f64> {
            let found = power(place, &Budget::per_year(per_year), &rises, &PowerOptions::default());
            found.iter().map(|p| p.probability).collect()
        };
        let (small, large) = (seen(1.0), seen(12.0));
        assert!(small.windows(2).all(|w| w[0] <= w[1]), "{small:?}");
        assert!(small.iter().zip(&large).all(|(s, l)| s <= l), "{small:?} {large:?}");
        // Nothing has happened at a factor of one: the chance of a false alert in a week.
        assert!(small[0] < 0.05, "{small:?}");
    }
}

#[test]
fn a_busy_area_sees_a_doubling_that_a_quiet_one_misses() {
    let doubling = [Size::Times(2.0)];
    let seen = |place| power(place, &Budget::per_year(3.65), &doubling, &PowerOptions::default())[0].probability;
    let (busy, quiet) = (seen(BUSY), seen(QUIET));
    assert!(busy > 0.6 && quiet < 0.4, "{busy} {quiet}");
}

#[test]
fn the_fewest_extra_cases_are_the_fewest() {
    let (budget, options) = (Budget::per_year(3.65), PowerOptions::default());
    let fewest = smallest_extra(QUIET, &budget, 0.5, &options).unwrap();
    let seen = |k: u32| power(QUIET, &budget, &[Size::Extra(k)], &options)[0].probability;
    assert!(seen(fewest) >= 0.5 && seen(fewest - 1) < 0.5, "{fewest}");
    assert!((3..10).contains(&fewest), "{fewest}");
}
