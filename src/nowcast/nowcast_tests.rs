//! Against brute force on small triangles, and coverage on simulated feeds.

use super::*;
use crate::{
    domain::time::DayRange,
    stats::{CountDistribution, Random},
};

fn days(n: i32) -> DayRange {
    DayRange { from: Day::from_epoch_days(20_000), to: Day::from_epoch_days(20_000 + n - 1) }
}

/// Options of the paper alone, without what we added.
fn plain(method: Method, prior: TotalPrior) -> NowcastOptions {
    NowcastOptions {
        method,
        prior,
        kappa: 0.7,
        weekdays: Weekdays::Pooled,
        day_to_day: false,
        samples: 8_000,
        ..NowcastOptions::default()
    }
}

/// Six days, delays 0 to 2.
fn small() -> ReportingTriangle {
    let counts = [
        (0, 0, 2),
        (0, 1, 1),
        (0, 2, 1),
        (1, 0, 1),
        (1, 1, 2),
        (2, 0, 3),
        (2, 2, 1),
        (3, 0, 0),
        (3, 1, 2),
        (3, 2, 1),
        (4, 0, 1),
        (4, 1, 1),
        (5, 0, 2),
    ];
    ReportingTriangle::from_counts(days(6), 2, counts)
}

/// P(total of the day = N), by summing over a fine grid of delay distributions and over every N.
fn brute_force(t: &ReportingTriangle, at: usize, kappa: f64, complete: bool, prior: &dyn Fn(usize) -> f64) -> Vec<f64> {
    const STEPS: usize = 120;
    const MOST: usize = 400;
    let n = t.known_so_far()[at] as usize;
    let age = t.days.len() - 1 - at;
    let ln_choose: Vec<f64> = (0..=MOST)
        .map(|total| (0..n).map(|i| ((total as f64 - i as f64).max(0.0) / (i as f64 + 1.0)).ln()).sum())
        .collect();
    let mut answer = vec![0.0; MOST + 1];
    for i in 0..STEPS {
        for j in 0..STEPS - i {
            let p0 = (i as f64 + 1.0 / 3.0) / STEPS as f64;
            let p1 = (j as f64 + 1.0 / 3.0) / STEPS as f64;
            let p = [p0, p1, 1.0 - p0 - p1];
            let cumulative = [p[0], p[0] + p[1], 1.0];
            let mut ln = p.iter().map(|x| (kappa - 1.0) * x.ln()).sum::<f64>();
            for row in &t.known {
                let seen = row.iter().flatten().count();
                if complete && seen < 3 {
                    continue;
                }
                for d in 0..seen {
                    ln += f64::from(row[d].unwrap()) * (p[d] / cumulative[seen - 1]).ln();
                }
            }
            let share = cumulative[age.min(2)];
            let of = |total: usize| {
                prior(total)
                    * (ln_choose[total] + n as f64 * share.ln() + (total - n) as f64 * (1.0 - share).ln()).exp()
            };
            let given: Vec<f64> = (n..=MOST).map(of).collect();
            let sum: f64 = given.iter().sum();
            for (k, mass) in given.iter().enumerate() {
                answer[n + k] += ln.exp() * mass / sum;
            }
        }
    }
    let sum: f64 = answer.iter().sum();
    answer.iter().map(|x| x / sum).collect()
}

/// Half the sum of the differences between our probabilities and those of brute force.
fn distance(method: Method, prior: TotalPrior, at: usize, density: &dyn Fn(usize) -> f64) -> f64 {
    let t = small();
    let options = plain(method, prior);
    let complete = method != Method::BayesTrunc;
    let model = DelayModel::learn(&t, &options, complete);
    let known = t.known_so_far()[at];
    let (_, ours) = to_come(&t, &model, prior, &options, t.days.from + at as i32, known).unwrap();
    let truth = brute_force(&t, at, options.kappa, complete, density);
    truth.iter().skip(known as usize).enumerate().map(|(k, p)| (p - ours.pmf(k)).abs()).sum::<f64>() / 2.0
}

/// The grid has its own error where the Dirichlet density has a pole at an edge, and the draws are 8,000.
const CLOSE: f64 = 0.006;

#[test]
fn under_right_truncation_the_posterior_is_that_of_brute_force() {
    let gamma = CountDistribution::negative_binomial(5.0, 25.0 / 8.0);
    let prior = TotalPrior::Gamma { mean: 5.0, variance: 8.0 };
    for at in [4, 5] {
        let far = distance(Method::BayesTrunc, prior, at, &|n| gamma.pmf(n as u64));
        assert!(far < CLOSE, "{at}: {far}");
    }
    let poisson = CountDistribution::poisson(4.0);
    let far = distance(Method::BayesTrunc, TotalPrior::Poisson { mean: 4.0 }, 5, &|n| poisson.pmf(n as u64));
    assert!(far < CLOSE, "{far}");
    let far = distance(Method::BayesTrunc, TotalPrior::Uniform { max: 60 }, 5, &|n| f64::from(u8::from(n <= 60)));
    assert!(far < CLOSE, "{far}");
}

#[test]
fn from_complete_days_the_posterior_is_that_of_brute_force() {
    let gamma = CountDistribution::negative_binomial(5.0, 25.0 / 8.0);
    let prior = TotalPrior::Gamma { mean: 5.0, variance: 8.0 };
    let far = distance(Method::BayesNotrunc, prior, 5, &|n| gamma.pmf(n as u64));
    assert!(far < CLOSE, "{far}");
    // Nearly all of its mass lies below the 400 that brute force ends at.
    let far = distance(Method::BayesNotruncBnb, prior, 5, &|_| 1.0);
    assert!(far < CLOSE, "{far}");
}

/// Poisson days with a gamma rate, geometric delays; answers the triangle and the true totals.
fn world(rate: f64, spread: f64, late: f64, n: i32, seed: u64) -> (ReportingTriangle, Vec<u32>) {
    let mut random = Random::seeded(seed);
    let (mut counts, mut totals) = (Vec::new(), Vec::new());
    for t in 0..n as usize {
        let shape = 1.0 / (spread * spread);
        let today = if spread > 0.0 { rate * random.ln_gamma(shape).exp() / shape } else { rate };
        let total = CountDistribution::poisson(today).sample(&mut random) as u32;
        totals.push(total);
        for _ in 0..total {
            let mut delay = 0;
            while delay < 15 && random.unit() < late {
                delay += 1;
            }
            counts.push((t, delay, 1));
        }
    }
    (ReportingTriangle::from_counts(days(n), 15, counts), totals)
}

/// How often the middle 50, 80 and 95 % held the truth, and how often they should by their own probabilities.
fn coverage(rate: f64, spread: f64, method: Method, prior: TotalPrior) -> ([f64; 3], [f64; 3], f64) {
    let (mut held, mut promised, mut all) = ([0.0; 3], [0.0; 3], 0.0);
    for seed in 0..80 {
        let (triangle, totals) = world(rate, spread, 0.6, 90, 1_000 + seed);
        let options = NowcastOptions { method, prior, samples: 100, seed, ..NowcastOptions::default() };
        let model = DelayModel::learn(&triangle, &options, method != Method::BayesTrunc);
        let used = if prior == TotalPrior::Recent { bayes::recent(&triangle, &model) } else { prior };
        for age in 0..5 {
            let at = 89 - age;
            let known = triangle.known_so_far()[at];
            let (mean, more) =
                to_come(&triangle, &model, used, &options, triangle.days.from + at as i32, known).unwrap();
            let p = Prediction::new(known, mean, &more);
            for (i, [lo, hi]) in [p.range50, p.range80, p.range95].into_iter().enumerate() {
                held[i] += f64::from(u8::from((lo..=hi).contains(&totals[at])));
                promised[i] += (lo - known..=hi - known).map(|k| more.pmf(k as usize)).sum::<f64>();
            }
            all += 1.0;
        }
    }
    (held.map(|h| h / all), promised.map(|p| p / all), all)
}

#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    // Days vary as the prior says: hits equal the intervals' own probability, which is at least 50, 80 and 95 %
    // (more where counts are small, since a range of whole numbers cannot hold exactly half).
    for rate in [0.3, 1.0, 3.0, 10.0, 30.0] {
        let prior = TotalPrior::Gamma { mean: rate, variance: (0.5 * rate).powi(2) };
        let (held, promised, all) = coverage(rate, 0.5, Method::BayesTrunc, prior);
        for ((h, p), level) in held.into_iter().zip(promised).zip([0.5, 0.8, 0.95]) {
            // The five days of a world share its delays: an allowance for that in the standard error.
            let error = (p * (1.0 - p) / all).sqrt() * 1.3;
            assert!((h - p).abs() < 4.0 * error, "{rate} a day, {level}: held {h}, promised {p}");
            assert!(h > level - 4.0 * error, "{rate} a day, {level}: {h}");
        }
    }
}

#[test]
fn with_a_learnt_prior_flat_days_are_held_at_least_as_often_as_said() {
    for rate in [0.3, 1.0, 3.0, 10.0, 30.0] {
        let (held, _, all) = coverage(rate, 0.0, Method::BayesTrunc, TotalPrior::Recent);
        for (h, level) in held.into_iter().zip([0.5, 0.8, 0.95]) {
            assert!(h > level - 4.0 * (level * (1.0 - level) / all).sqrt() * 1.3, "{rate} a day, {level}: {h}");
        }
    }
}

#[test]
fn the_closed_form_and_lawless_hold_the_truth_at_ten_a_day() {
    for method in [Method::BayesNotruncBnb, Method::Lawless] {
        let (held, promised, all) = coverage_known(method);
        // Lawless's Gaussian is an approximation: three points are allowed for it.
        for (h, p) in held.into_iter().zip(promised) {
            assert!((h - p).abs() < 0.03 + 4.0 * (p * (1.0 - p) / all).sqrt(), "{method:?}: {h} for {p}");
        }
    }
}

/// As [`coverage`] at ten a day, without the days on which nothing is known.
fn coverage_known(method: Method) -> ([f64; 3], [f64; 3], f64) {
    let (mut held, mut promised, mut all) = ([0.0; 3], [0.0; 3], 0.0);
    for seed in 0..100 {
        let (triangle, totals) = world(10.0, 0.5, 0.6, 120, 7_000 + seed);
        let options = NowcastOptions { kappa: 0.01, ..plain(method, TotalPrior::Recent) };
        let model = DelayModel::learn(&triangle, &NowcastOptions { samples: 1, ..options }, true);
        for age in 1..5 {
            let at = 119 - age;
            let known = triangle.known_so_far()[at];
            let day = triangle.days.from + at as i32;
            let Ok((mean, more)) = to_come(&triangle, &model, options.prior, &options, day, known) else { continue };
            let p = Prediction::new(known, mean, &more);
            for (i, [lo, hi]) in [p.range50, p.range80, p.range95].into_iter().enumerate() {
                held[i] += f64::from(u8::from((lo..=hi).contains(&totals[at])));
                promised[i] += (lo - known..=hi - known).map(|k| more.pmf(k as usize)).sum::<f64>();
            }
            all += 1.0;
        }
    }
    (held.map(|h| h / all), promised.map(|p| p / all), all)
}

#[test]
fn the_share_known_is_recovered() {
    let (triangle, _) = world(30.0, 0.0, 0.6, 120, 2);
    let got = nowcast(&triangle, &NowcastOptions::default());
    for age in 0..10 {
        let truth = 1.0 - 0.6f64.powi(age + 1);
        let said = got[119 - age as usize].share_known.unwrap();
        // About 3,000 events: a standard error of at most 0.01.
        assert!((said - truth).abs() < 0.04, "age {age}: {said} for {truth}");
    }
}

#[test]
fn a_sender_that_rests_at_weekends_is_learnt_by_weekday_and_another_is_not() {
    // Reports come the next working day.
    let mut random = Random::seeded(4);
    let mut counts = Vec::new();
    for (t, day) in days(140).days().enumerate() {
        let delay = match day.weekday_index() {
            4 => 3,
            5 => 2,
            _ => 1,
        };
        let n = CountDistribution::poisson(4.0).sample(&mut random) as u32;
        counts.push((t, delay, n));
    }
    let triangle = ReportingTriangle::from_counts(days(140), 10, counts);
    let model = DelayModel::learn(&triangle, &NowcastOptions::default(), false);
    assert!(model.by_weekday());
    let day = |w| triangle.days.days().find(|d| d.weekday_index() == w).unwrap();
    let known = |w, age| model.share(day(w), age).mean;
    assert!(known(0, 1) > 0.9 && known(4, 1) < 0.1 && known(4, 2) < 0.1 && known(4, 3) > 0.9);
    let (other, _) = world(4.0, 0.0, 0.6, 140, 8);
    assert!(!DelayModel::learn(&other, &NowcastOptions::default(), false).by_weekday());
}

#[test]
fn reports_that_come_in_bundles_widen_the_range() {
    // The reports of two days in three come at once, those of the third a day late.
    let of = |bundled: bool| {
        let mut random = Random::seeded(6);
        let mut counts = Vec::new();
        for t in 0..120usize {
            let late = random.unit() < 1.0 / 3.0;
            for _ in 0..12 {
                let alone = random.unit() < 1.0 / 3.0;
                counts.push((t, usize::from(if bundled { late } else { alone }), 1));
            }
        }
        counts.retain(|(t, ..)| *t < 119);
        counts.push((119, 0, 8));
        let triangle = ReportingTriangle::from_counts(days(120), 5, counts);
        nowcast(&triangle, &NowcastOptions { weekdays: Weekdays::Pooled, ..NowcastOptions::default() })[119]
            .total
            .unwrap()
            .range95
    };
    let ([_, steady], [_, bundled]) = (of(false), of(true));
    assert!(bundled > steady + 5, "{steady} {bundled}");
}

#[test]
fn old_days_stay_as_they_are() {
    let (triangle, totals) = world(4.0, 0.0, 0.3, 60, 8);
    let first = &nowcast(&triangle, &NowcastOptions::default())[0];
    let total = first.total.unwrap();
    assert_eq!((first.known, total.range95), (totals[0], [totals[0]; 2]));
    assert_eq!(total.expected, Some(f64::from(totals[0])));
}

#[test]
fn a_day_with_nothing_known_yet_has_a_range_and_lawless_says_why_it_has_none() {
    let triangle = ReportingTriangle::from_counts(days(40), 10, (0..30).map(|t| (t, 3, 5)));
    let today = &nowcast(&triangle, &NowcastOptions::default())[39];
    assert!(today.known == 0 && today.total.unwrap().range95[1] > 0, "{today:?}");
    let options = NowcastOptions { method: Method::Lawless, ..NowcastOptions::default() };
    let today = &nowcast(&triangle, &options)[39];
    assert!(today.total.is_none() && today.share_known.is_none() && !today.reason.is_empty(), "{today:?}");
}

#[test]
fn without_reports_there_is_no_answer_but_a_reason() {
    let empty = ReportingTriangle::from_counts(days(5), 10, []);
    for method in Method::ALL {
        let got = nowcast(&empty, &NowcastOptions { method, ..NowcastOptions::default() });
        assert!(got.iter().all(|n| n.total.is_none() && !n.reason.is_empty()), "{method:?}");
    }
}

#[test]
fn a_half_life_follows_a_sender_that_became_faster() {
    let counts = (0..120usize).flat_map(|t| [(t, if t < 90 { 3 } else { 0 }, 6)]);
    let triangle = ReportingTriangle::from_counts(days(120), 6, counts);
    let share = |half_life| {
        let options = NowcastOptions { half_life, weekdays: Weekdays::Pooled, ..NowcastOptions::default() };
        DelayModel::learn(&triangle, &options, false).share(triangle.days.to, 0).mean
    };
    assert!(share(None) < 0.4 && share(Some(10.0)) > 0.8, "{} {}", share(None), share(Some(10.0)));
}

#[test]
fn a_week_of_two_feeds_holds_its_total_as_often_as_it_says() {
    let (mut held, mut all) = (0.0, 0.0);
    for seed in 0..300 {
        let feeds =
            [(2.0, 0.5), (5.0, 0.7)].map(|(rate, late)| (rate, world(rate, 0.5, late, 90, seed * 2 + rate as u64)));
        let options = NowcastOptions { samples: 100, seed, ..NowcastOptions::default() };
        let models: Vec<DelayModel> = feeds.iter().map(|(_, (t, _))| DelayModel::learn(t, &options, false)).collect();
        let mut parts = Vec::new();
        let mut truth = 0;
        for ((rate, (triangle, totals)), model) in feeds.iter().zip(&models) {
            let known = triangle.known_so_far();
            for age in 0..7 {
                let at = 89 - age as usize;
                truth += totals[at];
                parts.push(Part { model, day: triangle.days.to - age, age, known: known[at], usual: *rate });
            }
        }
        let week = total(&parts).unwrap();
        let [lo, hi] = week.total.range80;
        held += f64::from(u8::from((lo..=hi).contains(&truth)));
        all += 1.0;
    }
    let share = held / all;
    assert!((share - 0.82f64).abs() < 4.0 * (0.8f64 * 0.2 / all).sqrt(), "{share}");
}
