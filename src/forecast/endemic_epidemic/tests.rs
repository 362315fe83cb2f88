//! Simulate from known coefficients, recover them; and what is said where that cannot be done.

use super::*;
use crate::stats::{CountDistribution, Random};

/// Counts of `units` in a ring over `times` weeks with the given mean, from what came before.
fn simulate(units: usize, times: usize, psi: f64, seed: u64, mean: impl Fn(usize, usize, &[f64]) -> f64) -> CountTable {
    let mut random = Random::seeded(seed);
    let mut counts: Vec<Vec<Option<u32>>> = vec![vec![Some(2); units]];
    for t in 1..times {
        let before: Vec<f64> = counts[t - 1].iter().map(|y| f64::from(y.unwrap())).collect();
        let row = (0..units).map(|u| {
            let m = mean(t, u, &before);
            let d = if psi > 0.0 {
                CountDistribution::negative_binomial(m, 1.0 / psi)
            } else {
                CountDistribution::poisson(m)
            };
            Some(d.sample(&mut random) as u32)
        });
        counts.push(row.collect());
    }
    CountTable { units: (0..units).map(|u| format!("u{u}")).collect(), counts }
}

fn ring(units: usize) -> Weights {
    Weights::adjacency(&(0..units).map(|u| (u, (u + 1) % units)).collect::<Vec<_>>())
}

fn wave(t: usize) -> f64 {
    (2.0 * std::f64::consts::PI * t as f64 / 52.0).sin()
}

/// Nine in ten of the truths lie within 1.64 standard errors; none of these few may lie beyond four.
fn recovered(fit: &EndemicEpidemicFit, truth: &[(&str, f64)]) {
    for (name, value) in truth {
        let c = fit.coefficient(name).unwrap_or_else(|| panic!("no coefficient {name}"));
        let se = c.se.unwrap();
        assert!((c.estimate - value).abs() < 4.0 * se && se < 0.5, "{name}: {} ± {se} is not {value}", c.estimate);
    }
}

#[test]
fn a_model_with_all_components_is_recovered() {
    let share = [0.1, 0.2, 0.3, 0.15, 0.15, 0.1];
    let table = simulate(6, 300, 0.2, 1, |t, u, y| {
        let near = y[(u + 1) % 6] + y[(u + 5) % 6];
        share[u] * (3.0 + 0.4 * wave(t)).exp() + 0.3 * y[u] + 0.1 * near
    });
    let options = EndemicEpidemicOptions {
        end: Some(Component::seasonal(52.0, 1).with_offset(Values::ByUnit(share.to_vec()))),
        ne: Some(Component::constant()),
        weights: Some(ring(6)),
        ..EndemicEpidemicOptions::default()
    };
    let found = fit(&table, &options).unwrap();
    recovered(
        &found,
        &[
            ("ar.1", 0.3f64.ln()),
            ("ne.1", 0.1f64.ln()),
            ("end.1", 3.0),
            ("end.t", 0.0),
            ("end.sin(2 * pi * t/52)", 0.4),
            ("end.cos(2 * pi * t/52)", 0.0),
            ("overdisp", 0.2),
        ],
    );
    assert_eq!((found.counts, found.first, found.last), (6 * 299, 1, 299));
    // Where every component has an intercept, residuals weighted by 1/(1 + ψ mean) add up to nothing.
    let residual = |m: &MeanParts| (f64::from(m.observed.unwrap()) - m.mean) / (1.0 + found.overdispersion(0) * m.mean);
    let sum: f64 = found.fitted().iter().map(residual).sum();
    assert!(sum.abs() < 1e-6, "{sum}");
}

#[test]
fn a_level_and_a_scatter_of_its_own_are_recovered_for_every_unit() {
    let levels = [0.5f64, 1.5, 2.5];
    let mut random = Random::seeded(3);
    let mut table = simulate(3, 400, 0.0, 2, |_, _, _| 1.0);
    for t in 1..400 {
        for u in 0..3 {
            let mean = levels[u].exp() + 0.4 * f64::from(table.counts[t - 1][u].unwrap());
            let d = CountDistribution::negative_binomial(mean, 1.0 / [0.1, 0.4, 0.8][u]);
            table.counts[t][u] = Some(d.sample(&mut random) as u32);
        }
    }
    let options = EndemicEpidemicOptions {
        end: Some(Component::of(vec![Term::per_unit(Effect::Intercept)])),
        family: Family::NegativeBinomialPerUnit,
        ..EndemicEpidemicOptions::default()
    };
    let truth = [
        ("ar.1", 0.4f64.ln()),
        ("end.1.u0", 0.5),
        ("end.1.u1", 1.5),
        ("end.1.u2", 2.5),
        ("overdisp.u0", 0.1),
        ("overdisp.u1", 0.4),
        ("overdisp.u2", 0.8),
    ];
    recovered(&fit(&table, &options).unwrap(), &truth);
}

#[test]
fn the_power_of_distance_is_recovered() {
    let law = Weights::adjacency(&(0..11).map(|u| (u, u + 1)).collect::<Vec<_>>()).power_law(12, 5);
    let weights = law.at(1.8);
    let table = simulate(12, 400, 0.1, 4, |_, u, y| {
        let near = law.links.iter().zip(&weights).filter(|(l, _)| l.to == u).map(|(l, w)| w[0] * y[l.from]);
        4.0 + 0.2 * y[u] + 0.5 * near.sum::<f64>()
    });
    let options = EndemicEpidemicOptions {
        end: Some(Component::constant()),
        ne: Some(Component::constant()),
        weights: Some(law),
        ..EndemicEpidemicOptions::default()
    };
    let truth = [("neweights.d", 1.8), ("ne.1", 0.5f64.ln()), ("ar.1", 0.2f64.ln()), ("end.1", 4.0f64.ln())];
    recovered(&fit(&table, &options).unwrap(), &truth);
}

#[test]
fn poisson_counts_show_no_overdispersion() {
    let table = simulate(4, 200, 0.0, 5, |_, _, y| 3.0 + 0.2 * y[0]);
    let poisson = EndemicEpidemicOptions { family: Family::Poisson, ..EndemicEpidemicOptions::default() };
    let simple = fit(&table, &poisson).unwrap();
    let found = fit(&table, &EndemicEpidemicOptions::default()).unwrap();
    let psi = found.coefficient("overdisp").unwrap();
    assert!(psi.estimate < 0.05, "{}", psi.estimate);
    assert!(found.loglik >= simple.loglik - 1e-6 && found.loglik < simple.loglik + 4.0);
    assert_eq!(simple.overdispersion(0), 0.0);
}

#[test]
fn counts_that_scatter_less_than_a_poisson_put_it_at_its_boundary() {
    let counts = (0..60).map(|t| vec![Some(4 + t % 3)]).collect();
    let table = CountTable { units: vec!["a".to_owned()], counts };
    let options =
        EndemicEpidemicOptions { end: Some(Component::constant()), ar: None, ..EndemicEpidemicOptions::default() };
    let found = fit(&table, &options).unwrap();
    let psi = found.coefficient("overdisp").unwrap();
    assert!(psi.estimate < 1e-6 && psi.se.is_none() && psi.note.contains("Poisson"), "{psi:?}");
    let mean = f64::from((1..60).map(|t| 4 + t % 3).sum::<u32>()) / 59.0;
    assert!((found.coefficient("end.1").unwrap().estimate - mean.ln()).abs() < 1e-6);
}

#[test]
fn a_component_that_the_counts_do_not_want_is_said_to_be_nothing() {
    // Each count is followed by a small one and each small one by a large: no count feeds the next.
    let counts = (0..80).map(|t| vec![Some(if t % 2 == 0 { 9 } else { 1 })]).collect();
    let table = CountTable { units: vec!["a".to_owned()], counts };
    let options = EndemicEpidemicOptions { end: Some(Component::constant()), ..EndemicEpidemicOptions::default() };
    let found = fit(&table, &options).unwrap();
    let ar = found.coefficient("ar.1").unwrap();
    assert!(ar.se.is_none() && ar.note.contains("ar component is 0"), "{ar:?}");
    assert!(found.coefficient("end.1").unwrap().se.is_some());
}

#[test]
fn forecasts_do_not_see_what_they_forecast() {
    let mean = |t: usize, u: usize, y: &[f64]| (1.0 + 0.3 * wave(t)).exp() + 0.3 * y[u];
    let table = simulate(5, 120, 0.3, 6, mean);
    let options = EndemicEpidemicOptions::default();
    let ahead = one_step_ahead(&table, &options, 100, 104, Refit::EveryStep).unwrap();
    let mut later = table.clone();
    later.counts[102..].iter_mut().flatten().for_each(|y| *y = Some(50));
    let changed = one_step_ahead(&later, &options, 100, 104, Refit::EveryStep).unwrap();
    // The forecast of time 102 uses times up to 101 only.
    assert!(ahead.iter().zip(&changed).filter(|(a, _)| a.time <= 102).all(|(a, b)| a.mean == b.mean));
    assert!(ahead.iter().zip(&changed).filter(|(a, _)| a.time > 102).all(|(a, b)| a.mean != b.mean));
    let first = one_step_ahead(&table, &options, 100, 104, Refit::Once).unwrap();
    assert!(first.iter().zip(&ahead).filter(|(a, _)| a.time == 100).all(|(a, b)| (a.mean - b.mean).abs() < 1e-9));
}

#[test]
fn a_warm_start_leads_where_a_cold_one_does() {
    let table = simulate(5, 120, 0.3, 7, |t, u, y| (1.0 + 0.3 * wave(t)).exp() + 0.3 * y[u]);
    let options = EndemicEpidemicOptions::default();
    for step in one_step_ahead(&table, &options, 110, 119, Refit::EveryStep).unwrap() {
        let alone = fit(&table, &EndemicEpidemicOptions { last: Some(step.time - 1), ..options.clone() }).unwrap();
        let means = alone.means(step.time, step.time);
        assert!((means[step.unit].mean / step.mean - 1.0).abs() < 1e-7, "{step:?}");
        assert!((alone.overdispersion(0) - step.psi).abs() < 1e-7);
    }
}

#[test]
fn the_step_after_the_data_is_forecast_and_not_scored() {
    let table = simulate(2, 90, 0.3, 8, |_, u, y| 2.0 + 0.3 * y[u]);
    let ahead = one_step_ahead(&table, &EndemicEpidemicOptions::default(), 90, 90, Refit::EveryStep).unwrap();
    assert_eq!(ahead.len(), 2);
    assert!(ahead.iter().all(|s| s.mean > 0.0 && s.observed.is_none() && s.scores.is_none()));
}

#[test]
fn a_count_that_is_not_known_is_left_out_with_what_hangs_on_it() {
    let mut table = simulate(4, 100, 0.2, 9, |_, u, y| 3.0 + 0.3 * y[u]);
    table.counts[50][1] = None;
    let options = EndemicEpidemicOptions {
        ne: Some(Component::constant()),
        weights: Some(ring(4)),
        ..EndemicEpidemicOptions::default()
    };
    let found = fit(&table, &options).unwrap();
    // Itself, and at the next time its unit and both neighbours.
    assert_eq!(found.counts, 4 * 99 - 4);
    let gaps: Vec<(usize, &str)> =
        found.gaps().iter().filter(|g| g.time == 51).map(|g| (g.unit, g.reason.as_str())).collect();
    assert_eq!(gaps[0], (0, "a neighbour's earlier count is not known"));
    assert_eq!(gaps[1], (1, "the unit's earlier count is not known"));
    assert_eq!(gaps.len(), 3);
}

#[test]
fn what_cannot_be_fitted_is_named() {
    let table = simulate(3, 60, 0.2, 10, |_, _, _| 2.0);
    let said = |options: EndemicEpidemicOptions| fit(&table, &options).err().unwrap().to_string();
    let base = EndemicEpidemicOptions::default();
    let none = EndemicEpidemicOptions { end: None, ar: None, ..base.clone() };
    assert!(said(none).starts_with("the model has no component"));
    let no_weights = EndemicEpidemicOptions { ne: Some(Component::constant()), ..base.clone() };
    assert!(said(no_weights).contains("no weights"));
    let twice = Component::of(vec![Term::shared(Effect::Intercept), Term::per_unit(Effect::Intercept)]);
    assert!(said(EndemicEpidemicOptions { end: Some(twice), ..base.clone() }).contains("end.1.u2"));
    let half = EndemicEpidemicOptions { end: Some(Component::seasonal(2.0, 1)), ..base.clone() };
    assert!(said(half).contains("end.sin(2 * pi * t/2)"));
    let short = EndemicEpidemicOptions { last: Some(2), ..base.clone() };
    assert!(said(short).contains("cannot determine 6 coefficients"));
    let offset = Component::constant().with_offset(Values::ByUnit(vec![0.5, -0.1, 0.6]));
    assert!(said(EndemicEpidemicOptions { end: Some(offset), ..base.clone() }).contains("offset of the endemic"));
    let impossible = EndemicEpidemicOptions { end: None, ..base };
    assert!(said(impossible).contains("expected an endemic component"));
}
