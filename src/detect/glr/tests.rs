use super::*;
use crate::stats::{CountDistribution, Random};

/// Counts about a seasonal mean that rise by half from a day on, and the mean.
fn simulated(n: usize, alpha: f64, seed: u64) -> (Vec<u32>, Vec<f64>) {
    let mut random = Random::seeded(seed);
    let means: Vec<f64> = (0..n).map(|t| 3.0 + 2.0 * (t as f64 / 9.0).sin()).collect();
    let counts = means.iter().enumerate().map(|(t, &m)| {
        let mean = if t > 2 * n / 3 { 1.5 * m } else { m };
        CountDistribution::negative_binomial(mean, 1.0 / alpha).sample(&mut random) as u32
    });
    (counts.collect(), means)
}

/// ln f₁/f₀ from the probability functions.
fn by_pmf(x: u32, mu0: f64, mu1: f64, alpha: f64) -> f64 {
    let of = |mu: f64| {
        let d = if alpha > 0.0 {
            CountDistribution::negative_binomial(mu, 1.0 / alpha)
        } else {
            CountDistribution::poisson(mu)
        };
        d.ln_pmf(u64::from(x))
    };
    of(mu1) - of(mu0)
}

/// The definition: every start, and every size on a fine grid that is then refined about its best point.
fn by_brute_force(counts: &[u32], means: &[f64], options: &GlrOptions, from: usize, n: usize) -> f64 {
    let oldest = options.window.map_or(from, |m| from.max(n.saturating_sub(m)));
    let Some(newest) = (n + 1).checked_sub(options.min_window) else { return 0.0 };
    let mut best: f64 = 0.0;
    for k in oldest..=newest {
        let ratio = |theta: f64| -> f64 {
            (k..=n)
                .map(|t| {
                    let before = if t > 0 { f64::from(counts[t - 1]) } else { 0.0 };
                    let mu1 = match options.change {
                        Change::Intercept => means[t] * theta.exp(),
                        Change::Epidemic => means[t] + theta * before,
                    };
                    by_pmf(counts[t], means[t], mu1, options.alpha)
                })
                .sum()
        };
        let sign = if options.direction == Direction::Increase { 1.0 } else { -1.0 };
        let (mut centre, mut width) = (3.0, 3.0);
        for _ in 0..9 {
            let grid = (0..=20).map(|i| (centre + width * (f64::from(i) / 10.0 - 1.0)).max(0.0));
            centre = grid.max_by(|a, b| ratio(sign * a).total_cmp(&ratio(sign * b))).unwrap();
            width *= 0.25;
        }
        // The best decrease of a window without cases is without end.
        let far = if options.direction == Direction::Decrease { ratio(-60.0) } else { 0.0 };
        best = best.max(ratio(sign * centre)).max(far);
    }
    best
}

fn agrees_with_brute_force(options: &GlrOptions) {
    let (counts, means) = simulated(42, options.alpha.max(0.05), 17);
    let options = &GlrOptions { mean: InControl::Given(means.clone()), ..options.clone() };
    let mut from = 0;
    let mut alarms = 0;
    for (n, day) in glr(&counts, 0, options).unwrap().iter().enumerate() {
        if n + 1 < from + options.min_window {
            assert!(day.score.is_none() && day.reason.starts_with("needs"), "{day:?}");
            continue;
        }
        let truth = by_brute_force(&counts, &means, options, from, n);
        let score = day.score.unwrap();
        assert!((score - truth).abs() < 1e-8 * truth.max(1.0), "{options:?} day {n}: {score} is not {truth}");
        assert_eq!(day.alarm, Some(score >= options.c_arl));
        if score >= options.c_arl {
            (from, alarms) = (n + 1, alarms + 1);
        }
    }
    assert!(alarms > 0, "a chart that never starts anew shows little: {options:?}");
}

fn with(alpha: f64) -> GlrOptions {
    GlrOptions { alpha, c_arl: 2.0, ..GlrOptions::default() }
}

#[test]
fn the_poisson_statistic_is_the_maximum_over_starts_and_sizes() {
    agrees_with_brute_force(&with(0.0));
    agrees_with_brute_force(&GlrOptions { window: Some(7), min_window: 3, ..with(0.0) });
    agrees_with_brute_force(&GlrOptions { min_window: 4, ..with(0.0) });
}

#[test]
fn the_negative_binomial_statistic_is_the_maximum_over_starts_and_sizes() {
    agrees_with_brute_force(&GlrOptions { c_arl: 1.0, ..with(0.3) });
    agrees_with_brute_force(&GlrOptions { c_arl: 1.0, window: Some(9), min_window: 2, ..with(0.3) });
}

#[test]
fn a_chart_for_decreases_looks_the_other_way() {
    agrees_with_brute_force(&GlrOptions { direction: Direction::Decrease, c_arl: 1.0, ..with(0.0) });
    agrees_with_brute_force(&GlrOptions { direction: Direction::Decrease, c_arl: 0.7, ..with(0.25) });
}

#[test]
fn an_epidemic_chart_asks_whether_cases_breed_cases() {
    let epidemic = GlrOptions { change: Change::Epidemic, ..with(0.0) };
    agrees_with_brute_force(&epidemic);
    agrees_with_brute_force(&GlrOptions { window: Some(8), ..epidemic.clone() });
    agrees_with_brute_force(&GlrOptions { alpha: 0.3, window: Some(8), c_arl: 1.0, ..epidemic.clone() });
    let decrease = GlrOptions { direction: Direction::Decrease, ..epidemic };
    assert_eq!(glr(&[1, 2], 1, &decrease), Err(ChartError::EpidemicDecrease));
}

#[test]
fn forgetting_starts_changes_no_answer() {
    // A window longer than the series keeps every start, so the two must agree; far from any alarm.
    for (alpha, change) in [(0.0, Change::Intercept), (0.2, Change::Intercept), (0.0, Change::Epidemic)] {
        for direction in [Direction::Increase, Direction::Decrease] {
            if change == Change::Epidemic && direction == Direction::Decrease {
                continue;
            }
            let (counts, means) = simulated(150, 0.1, 23);
            let chain = GlrOptions { change, direction, c_arl: 1e6, mean: InControl::Given(means), ..with(alpha) };
            let all = GlrOptions { window: Some(1000), ..chain.clone() };
            for (a, b) in glr(&counts, 0, &chain).unwrap().iter().zip(glr(&counts, 0, &all).unwrap()) {
                let (a, b) = (a.score.unwrap(), b.score.unwrap());
                assert!((a - b).abs() < 1e-9 * b.max(1.0), "{alpha} {change:?} {direction:?}: {a} is not {b}");
            }
        }
    }
}

#[test]
fn a_known_size_gives_the_cusum_of_log_likelihood_ratios() {
    for alpha in [0.0, 0.4] {
        let (counts, means) = simulated(80, 0.3, 3);
        let options = GlrOptions { theta: Some(0.5), mean: InControl::Given(means.clone()), c_arl: 3.0, ..with(alpha) };
        let mut sum = 0.0;
        for (n, day) in glr(&counts, 0, &options).unwrap().iter().enumerate() {
            sum = f64::max(0.0, sum + by_pmf(counts[n], means[n], means[n] * 0.5f64.exp(), alpha));
            assert!((day.score.unwrap() - sum).abs() < 1e-10, "day {n}");
            if day.alarm == Some(true) {
                assert!(f64::from(counts[n]) >= day.upper_bound.unwrap());
                sum = 0.0;
            } else {
                assert!(f64::from(counts[n]) < day.upper_bound.unwrap());
            }
        }
    }
}

#[test]
fn the_bound_is_the_least_count_that_is_an_alarm() {
    for options in [with(0.0), with(0.3), GlrOptions { change: Change::Epidemic, window: Some(6), ..with(0.0) }] {
        let (counts, means) = simulated(30, 0.2, 5);
        let options = GlrOptions { mean: InControl::Given(means), c_arl: 3.0, ..options };
        for (n, day) in glr(&counts, 0, &options).unwrap().iter().enumerate() {
            let least = (0..60).find(|&count| {
                let mut tried = counts[..=n].to_vec();
                tried.extend(&counts[n + 1..]);
                tried[n] = count;
                glr(&tried, 0, &options).unwrap()[n].alarm == Some(true)
            });
            assert_eq!(day.upper_bound, least.map(f64::from), "{options:?} day {n}");
        }
    }
}

#[test]
fn days_without_any_case_speak_for_a_decrease_unless_one_follows_surveillance() {
    let paper = GlrOptions { direction: Direction::Decrease, mean: InControl::Fixed(2.0), ..GlrOptions::default() };
    let days = glr(&[2, 0, 0, 0], 0, &paper).unwrap();
    assert_eq!(days[3].score, Some(6.0));
    assert_eq!(days[3].alarm, Some(true));
    assert_eq!(days[1].reason, "no count would be an alarm today");
    assert_eq!(days[3].reason, "a chart for decreases: 0 or fewer would be an alarm");
    let other = glr(&[2, 0, 0, 0], 0, &GlrOptions { follow: Follow::Surveillance, ..paper }).unwrap();
    assert!(other[3].score.unwrap() < 5.0, "{:?}", other[3]);
}

#[test]
fn a_refitted_chart_learns_from_all_counts_up_to_the_alarm() {
    let counts = [2, 2, 2, 2, 9, 9, 9, 9, 9];
    let options = GlrOptions { refit: true, ..GlrOptions::default() };
    let days = glr(&counts, 4, &options).unwrap();
    let alarm = days.iter().position(|d| d.alarm == Some(true)).unwrap();
    assert_eq!(days[alarm].expected, Some(2.0));
    let learned = counts[..=alarm].iter().sum::<u32>() as f64 / (alarm + 1) as f64;
    assert_eq!(days[alarm + 1].expected, Some(learned));
}
