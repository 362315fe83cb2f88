use super::*;
use crate::stats::{CountDistribution, Random};

fn day_one() -> Day {
    Day::from_epoch_days(19_000)
}

fn flat(rate: f64, days: usize, random: &mut Random) -> Vec<Option<u32>> {
    (0..days).map(|_| Some(CountDistribution::poisson(rate).sample(random) as u32)).collect()
}

fn whole(counts: &[Vec<Option<u32>>]) -> Vec<PooledSeries<'_>> {
    counts.iter().map(|counts| PooledSeries { counts, share_known: None }).collect()
}

fn last_day(series: &[PooledSeries<'_>]) -> Vec<PooledDay> {
    let n = series[0].counts.len();
    pooled(day_one(), series, n - 1, n, &PooledOptions::default()).into_iter().flatten().collect()
}

#[test]
fn p_values_are_uniform_where_nothing_happens_even_at_a_tenth_a_day() {
    let mut random = Random::seeded(5);
    let counts: Vec<_> = (0..24).map(|a| flat([0.1, 0.4, 2.0][a % 3], 700, &mut random)).collect();
    let judged = pooled(day_one(), &whole(&counts), 500, 700, &PooledOptions::default());
    for rate in 0..3 {
        let p: Vec<f64> = judged.iter().skip(rate).step_by(3).flatten().filter_map(|d| d.judgement.p_value).collect();
        assert_eq!(p.len(), 1600);
        // Days that follow each other share their windows: about 8 × 200 / 10 independent ones, so 0.1 ± 3.5 · 0.024.
        let share = p.iter().filter(|p| **p <= 0.1).count() as f64 / 1600.0;
        assert!((0.02..=0.185).contains(&share), "{share} at rate number {rate}");
    }
}

#[test]
fn an_outbreak_does_not_raise_its_own_bar() {
    let mut counts = vec![flat(0.5, 500, &mut Random::seeded(6))];
    let quiet = last_day(&whole(&counts)).remove(0);
    counts[0][473..].iter_mut().for_each(|day| *day = day.map(|n| n + 2));
    let ill = last_day(&whole(&counts)).remove(0);
    assert_eq!(ill.judgement.expected, quiet.judgement.expected);
    assert!(ill.judgement.alarm == Some(true) && ill.recurrence_days > 10_000.0, "{ill:?}");
}

#[test]
fn silence_is_left_out_and_is_not_a_zero() {
    let mut random = Random::seeded(7);
    let whole_year = flat(2.0, 400, &mut random);
    let mut silent = whole_year.clone();
    silent[100..250].fill(None);
    silent[392..396].fill(None);
    let judged = last_day(&whole(&[silent.clone()])).remove(0);
    let expected = judged.judgement.expected.unwrap();
    assert!((expected - 2.0).abs() < 0.3, "{judged:?}");
    silent[399] = None;
    let judged = last_day(&whole(&[silent])).remove(0);
    assert_eq!((judged.judgement.p_value, judged.judgement.reason.as_str()), (None, "no data for this day"));
}

#[test]
fn days_that_are_half_known_are_expected_to_show_half() {
    let mut counts = flat(6.0, 400, &mut Random::seeded(8));
    counts[399] = Some(9);
    let mut share = vec![1.0; 400];
    share[386..].fill(0.5);
    let series = [PooledSeries { counts: &counts, share_known: Some(&share) }];
    let half = last_day(&series).remove(0);
    let expected = half.judgement.expected.unwrap();
    assert!((expected - 3.0).abs() < 0.4, "{half:?}");
}

#[test]
fn a_quiet_area_learns_its_weekday_from_its_sisters() {
    let mut random = Random::seeded(9);
    let mean = |t: usize| if (day_one() + t as i32).weekday_index() == 5 { 2.2 } else { 0.8 };
    let mut counts: Vec<Vec<Option<u32>>> = (0..8)
        .map(|_| (0..500).map(|t| Some(CountDistribution::poisson(mean(t)).sample(&mut random) as u32)).collect())
        .collect();
    counts.push(flat(0.02, 500, &mut random));
    let model = Model::learn(day_one(), &whole(&counts), 500, &PooledOptions::default());
    assert!((model.areas[8].calendar.weekday[5] - 2.2).abs() < 0.3, "{:?}", model.areas[8].calendar);
}

#[test]
fn an_area_with_another_week_keeps_it_when_its_days_prove_it() {
    let mut random = Random::seeded(10);
    let draw = |mean: f64, random: &mut Random| Some(CountDistribution::poisson(mean).sample(random) as u32);
    let saturday = |t: usize| (day_one() + t as i32).weekday_index() == 5;
    let mut counts: Vec<Vec<Option<u32>>> = (0..6).map(|_| flat(4.0, 700, &mut random)).collect();
    counts.push((0..700).map(|t| draw(if saturday(t) { 12.0 } else { 4.0 }, &mut random)).collect());
    let model = Model::learn(day_one(), &whole(&counts), 700, &PooledOptions::default());
    assert!(model.areas[6].calendar.weekday[5] > 1.9, "{:?}", model.areas[6].calendar);
    assert!(model.areas[0].calendar.weekday[5] < 1.3, "{:?}", model.areas[0].calendar);
}

#[test]
fn a_count_above_the_bound_is_an_alarm_and_the_bound_is_none() {
    for rate in [0.2, 3.0] {
        let mut counts = vec![flat(rate, 500, &mut Random::seeded(21))];
        counts[0][490..].fill(Some(rate as u32));
        let bound = last_day(&whole(&counts))[0].judgement.upper_bound.unwrap();
        for (more, alarm) in [(0, false), (1, true)] {
            counts[0][499] = Some(bound as u32 + more);
            assert_eq!(last_day(&whole(&counts))[0].judgement.alarm, Some(alarm), "{bound} + {more} at {rate}");
        }
    }
}

#[test]
fn too_short_a_past_gives_a_reason() {
    let counts = [flat(1.0, 60, &mut Random::seeded(1))];
    let judged = last_day(&whole(&counts)).remove(0);
    assert_eq!(judged.judgement.reason, "needs 56 days with data that end 27 days earlier");
    assert_eq!(judged.judgement.alarm, None);
}

#[test]
fn one_event_is_never_an_alarm() {
    let mut counts = vec![vec![Some(0); 900], flat(1.0, 900, &mut Random::seeded(2))];
    counts[0][899] = Some(1);
    let judged = last_day(&whole(&counts)).remove(0);
    assert_eq!(judged.judgement.alarm, Some(false));
    counts[0][899] = Some(3);
    assert_eq!(last_day(&whole(&counts)).remove(0).judgement.alarm, Some(true));
}

#[test]
fn the_matched_distribution_of_a_sum_errs_by_a_third_in_its_tail_where_days_vary_most() {
    // Seven overdispersed days (κ = 0.3) with one uncertain level (a = 12): 300,000 draws elsewhere gave 1.13 times the
    // matched tail at 0.01 and 1.45 times at 0.001. The null table, drawn day by day, makes that good.
    let mut random = Random::seeded(12);
    let (mean, kappa, a) = (1.5, 0.3, 12.0);
    let week = 7.0 * mean;
    let extra = week * week / a + kappa * 7.0 * mean * mean;
    let matched = CountDistribution::negative_binomial(week, week * week / extra);
    let (at_hundredth, at_thousandth) = (matched.quantile(0.99) + 1, matched.quantile(0.999) + 1);
    let (mut n_hundredth, mut n_thousandth) = (0.0, 0.0);
    for _ in 0..60_000 {
        let level = mean * null::gamma(level::Gamma { a, b: a }, &mut random);
        let day = CountDistribution::negative_binomial(level, 1.0 / kappa);
        let sum: u64 = (0..7).map(|_| day.sample(&mut random)).sum();
        n_hundredth += f64::from(u8::from(sum >= at_hundredth));
        n_thousandth += f64::from(u8::from(sum >= at_thousandth));
    }
    let ratio = |n: f64, k: u64| n / 60_000.0 / matched.tail(k);
    let (hundredth, thousandth) = (ratio(n_hundredth, at_hundredth), ratio(n_thousandth, at_thousandth));
    assert!((0.95..1.35).contains(&hundredth) && (0.9..2.0).contains(&thousandth), "{hundredth}, {thousandth}");
}

#[test]
fn the_null_table_is_what_its_derivation_gives() {
    // Off the points of the table, so that interpolation is tested too; 500 years.
    for (place, seed) in [
        (null::Place { mean: 0.17, extra: 0.1, doubt: 0.05 }, 1),
        (null::Place { mean: 2.0, extra: 0.4, doubt: 0.12 }, 2),
    ] {
        let node = null::derive(place, 500, &mut Random::seeded(seed));
        for (k, tolerance) in [(2, 0.12), (4, 0.25)] {
            let score = 10f64.powf(-(k as f64) / 2.0);
            let table = null::rarity(place, score);
            let ratios = [table.p_value / (score * node[0][k].exp()), table.starts_a_day / (score * node[1][k].exp())];
            assert!(ratios.iter().all(|r| (r - 1.0).abs() < tolerance), "{place:?} at {score}: {ratios:?}");
        }
    }
}
