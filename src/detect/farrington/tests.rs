use super::*;
use crate::{
    domain::count_series::Step,
    stats::{CountDistribution, Random, normal},
};

fn weekly(counts: impl IntoIterator<Item = u32>) -> CountSeries {
    let first = "2015-01-05".parse().unwrap();
    CountSeries { first, step: Step::Weekly, counts: counts.into_iter().collect(), population: None }
}

/// Eight years of counts around a level with a season, by a seed.
fn seasonal(seed: u64, level: f64, dispersion: f64) -> CountSeries {
    let mut random = Random::seeded(seed);
    let mean = |i: f64| level * (0.5 * (i * std::f64::consts::TAU / 52.18).sin()).exp();
    weekly(
        (0..420).map(|i| CountDistribution::with_dispersion(mean(f64::from(i)), dispersion).sample(&mut random) as u32),
    )
}

fn last(series: &CountSeries, options: &FlexibleOptions) -> Judgement {
    let n = series.counts.len();
    farrington_flexible(series, n - 1..n, options).remove(0)
}

#[test]
fn a_constant_series_has_the_bound_of_a_poisson_mean_by_hand() {
    let series = weekly([6; 300]);
    let options = FarringtonOptions { alpha: 0.05, ..FarringtonOptions::default() };
    let said = &farrington(&series, 290..291, &options)[0];
    // 35 weeks of 6: the mean's variance is 6/35, so that τ = 1 + 1/35.
    let spread = (4.0 / 9.0 * 6.0f64.cbrt() * (1.0 + 1.0 / 35.0)).sqrt();
    let bound = (6.0f64.cbrt().powi(2) + normal::quantile(0.975) * spread).powf(1.5);
    assert!((said.upper_bound.unwrap() - bound).abs() < 1e-9, "{said:?} {bound}");
    assert!((said.expected.unwrap() - 6.0).abs() < 1e-12 && (said.p_value.unwrap() - 0.5).abs() < 1e-9);
    assert_eq!(said.alarm, Some(false));
}

#[test]
fn an_outbreak_of_an_earlier_year_hardly_raises_the_bound() {
    let quiet = seasonal(3, 12.0, 1.5);
    let mut outbreak = quiet.clone();
    for count in &mut outbreak.counts[310..316] {
        *count += 60;
    }
    let bound = |series: &CountSeries, reweight| {
        last(series, &FlexibleOptions { reweight, trend: false, ..FlexibleOptions::default() }).upper_bound.unwrap()
    };
    let (usual, damped, raw) = (bound(&quiet, true), bound(&outbreak, true), bound(&outbreak, false));
    assert!(raw > usual + 10.0 && damped - usual < (raw - usual) / 3.0, "{usual} {damped} {raw}");
}

#[test]
fn a_trend_is_followed_with_three_years_and_only_as_far_as_counts_have_been() {
    let growing = weekly((0..300).map(|i| 20 + i / 5 + i % 3));
    let expected = |years, trend| {
        let options = FlexibleOptions { years, trend, ..FlexibleOptions::default() };
        last(&growing, &options).expected.unwrap()
    };
    // The last counts are about 80, and the last that take part, half a year ago, about 75: the prediction lies above all.
    assert_eq!(expected(4, true), expected(4, false));
    let falling = weekly((0..300).map(|i| (80.0 * (-0.004 * f64::from(i)).exp()).round() as u32));
    let expected = |years, trend| {
        let options = FlexibleOptions { years, trend, ..FlexibleOptions::default() };
        last(&falling, &options).expected.unwrap()
    };
    assert!((expected(4, true) - 80.0 * (-0.004f64 * 299.0).exp()).abs() < 0.5 && expected(4, false) > 35.0);
    assert_eq!(expected(2, true), expected(2, false));
}

#[test]
fn too_few_cases_lately_make_no_alarm_and_say_so() {
    let mut series = weekly([0; 300]);
    for year in 1..=5 {
        series.counts[299 - 52 * year] = 1;
    }
    series.counts[299] = 4;
    let options = FlexibleOptions { periods: 1, ..FlexibleOptions::default() };
    let said = last(&series, &options);
    assert_eq!((said.upper_bound, said.alarm), (None, Some(false)));
    assert_eq!(said.reason, "fewer than 5 cases in 4 weeks");
    let original = &farrington(&series, 299..300, &FarringtonOptions::default())[0];
    assert_eq!((original.upper_bound, original.alarm), (Some(0.0), Some(false)));
    let said = last(&series, &FlexibleOptions { limit_cases: 0, ..options });
    assert_eq!((said.alarm, said.reason.as_str()), (Some(true), ""));
}

#[test]
fn a_baseline_without_a_case_or_without_its_years_has_no_answer() {
    let said = last(&weekly([0; 300]), &FlexibleOptions::default());
    assert_eq!((said.expected, said.upper_bound, said.alarm), (Some(0.0), None, None));
    assert!(said.reason.contains("no case in the baseline"), "{}", said.reason);
    let said = last(&weekly([3; 260]), &FlexibleOptions::default());
    assert_eq!(said.reason, "needs 5 earlier years and 3 weeks; the series begins on 2015-01-05");
}

#[test]
fn a_bound_at_the_mean_s_upper_limit_lies_above_that_at_the_mean() {
    let series = seasonal(8, 30.0, 2.5);
    let bound = |threshold| last(&series, &FlexibleOptions { threshold, ..FlexibleOptions::default() }).upper_bound;
    assert!(bound(Threshold::Muan) > bound(Threshold::NbPlugin));
}

#[test]
fn the_two_standard_errors_differ_only_where_outbreaks_are_weighed_down() {
    let series = seasonal(5, 25.0, 1.8);
    let bound = |se, reweight| {
        let options = FlexibleOptions { threshold: Threshold::Delta, se, reweight, ..FlexibleOptions::default() };
        last(&series, &options).upper_bound.unwrap()
    };
    let (pearson, surveillance) = (StandardError::Pearson, StandardError::Surveillance);
    assert_eq!(bound(pearson, false), bound(surveillance, false));
    assert!(bound(pearson, true) > bound(surveillance, true) + 0.01);
}

#[test]
fn a_population_that_doubled_doubles_what_is_expected() {
    let mut series = seasonal(6, 20.0, 1.2);
    let n = series.counts.len();
    series.population = Some((0..n).map(|i| if i < n - 20 { 1e5 } else { 2e5 }).collect());
    let with = FlexibleOptions { population_offset: true, ..FlexibleOptions::default() };
    let (plain, offset) = (last(&series, &FlexibleOptions::default()), last(&series, &with));
    assert!((offset.expected.unwrap() / plain.expected.unwrap() - 2.0).abs() < 1e-6, "{plain:?} {offset:?}");
}

#[test]
fn alarms_are_as_rare_as_promised_and_an_outbreak_is_seen() {
    let options = FlexibleOptions { alpha: 0.02, trend: false, ..FlexibleOptions::default() };
    let (mut weeks, mut alarms) = (0, 0);
    for seed in 0..30 {
        let mut series = seasonal(100 + seed, 15.0, 2.0);
        let judged = farrington_flexible(&series, 300..420, &options);
        weeks += judged.len();
        alarms += judged.iter().filter(|j| j.alarm == Some(true)).count();
        series.counts[419] += 60;
        assert_eq!(last(&series, &options).alarm, Some(true));
    }
    let rate = alarms as f64 / weeks as f64;
    // The plug-in bound leaves the mean's uncertainty out and a count is discrete: 1 % to 4 % is what 2 % can be.
    assert!((0.01..0.04).contains(&rate), "{alarms} of {weeks}");
}
