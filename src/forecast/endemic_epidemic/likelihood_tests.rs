use super::*;
use crate::forecast::endemic_epidemic::{
    Component, CountTable, Effect, EndemicEpidemicOptions, Family, Term, Values, Weights,
};

/// Counts of four units in a line that no distribution made: derivatives need no truth. One is not known.
fn table() -> CountTable {
    let count = |t: u32, u: u32| (t * 7 + u * 11 + t * t % 5 + t * u % 3) % 9 * if u == 3 { 40 } else { 1 };
    let mut counts: Vec<Vec<Option<u32>>> = (0..30).map(|t| (0..4).map(|u| Some(count(t, u))).collect()).collect();
    counts[12][2] = None;
    CountTable { units: ["a", "b", "c", "d"].map(String::from).into(), counts }
}

fn models() -> Vec<EndemicEpidemicOptions> {
    let neighbours = Weights::adjacency(&[(0, 1), (1, 2), (2, 3)]);
    let covariate = Effect::Covariate { name: "x".to_owned(), values: Values::ByUnit(vec![0.3, -0.4, 1.1, 0.2]) };
    let mut end = Component::seasonal(12.0, 2).with_offset(Values::ByUnit(vec![0.1, 0.2, 0.4, 0.3]));
    end.terms[0].per_unit = true;
    let ne = Component::of(vec![Term::shared(Effect::Intercept), Term::shared(covariate)]);
    let base = EndemicEpidemicOptions { end: Some(end), ..EndemicEpidemicOptions::default() };
    let law = neighbours.power_law(4, 3);
    vec![
        EndemicEpidemicOptions { ne: Some(ne.clone()), weights: Some(neighbours.normalised()), ..base.clone() },
        EndemicEpidemicOptions {
            ne: Some(ne),
            weights: Some(law),
            family: Family::NegativeBinomialPerUnit,
            ..base.clone()
        },
        EndemicEpidemicOptions { ar: None, family: Family::Poisson, ..base },
    ]
}

fn near(design: &Design, psi: f64) -> Vec<f64> {
    let mean = design.psi.unwrap_or(design.size());
    let mut theta: Vec<f64> = (0..mean).map(|i| 0.1 * (i % 5) as f64 - 0.2).collect();
    theta.extend((mean..design.size()).map(|i| psi.ln() + 0.05 * i as f64));
    theta[..mean].iter_mut().zip(&design.names).filter(|(_, n)| *n == "end.t").for_each(|(t, _)| *t = 0.03);
    theta
}

fn moved(theta: &[f64], i: usize, by: f64) -> Vec<f64> {
    let mut moved = theta.to_vec();
    moved[i] += by;
    moved
}

fn close(got: f64, want: f64, scale: f64, what: &str) {
    assert!((got - want).abs() <= 2e-6 * scale.abs().max(1.0), "{what}: {got} is not {want}");
}

#[test]
fn the_score_is_the_slope_of_the_log_likelihood() {
    for (m, options) in models().iter().enumerate() {
        for psi in [0.4, 1e-5] {
            let design = Design::new(&table(), options).unwrap();
            let l = Likelihood::new(&design, 1..30);
            let theta = near(&design, psi);
            let score = l.evaluate(&theta).score;
            for i in 0..design.size() {
                let h = 1e-5;
                let slope = (l.loglik(&moved(&theta, i, h)) - l.loglik(&moved(&theta, i, -h))) / (2.0 * h);
                close(score[i], slope, slope, &format!("model {m}, psi {psi}, {}", design.names[i]));
            }
        }
    }
}

#[test]
fn the_information_is_minus_the_slope_of_the_score() {
    for (m, options) in models().iter().enumerate() {
        for psi in [0.4, 1e-5] {
            let design = Design::new(&table(), options).unwrap();
            let (l, n) = (Likelihood::new(&design, 1..30), design.size());
            let theta = near(&design, psi);
            let information = l.evaluate(&theta).observed;
            for i in 0..n {
                let h = 1e-5;
                let [high, low] = [h, -h].map(|h| l.evaluate(&moved(&theta, i, h)).score);
                for j in 0..=i {
                    let slope = (low[j] - high[j]) / (2.0 * h);
                    let scale = (information.diagonal(i) * information.diagonal(j)).abs().sqrt();
                    let what = format!("model {m}, psi {psi}, {} and {}", design.names[i], design.names[j]);
                    close(information.at[i * n + j], slope, scale, &what);
                }
            }
        }
    }
}

#[test]
fn a_vanishing_overdispersion_is_the_poisson() {
    let [with, without] = [Family::NegativeBinomial, Family::Poisson].map(|family| {
        let options = EndemicEpidemicOptions { family, ..models()[0].clone() };
        let design = Design::new(&table(), &options).unwrap();
        let l = Likelihood::new(&design, 1..30);
        let mut theta = near(&design, 1e-12);
        theta.truncate(design.size());
        l.loglik(&theta)
    });
    assert!((with - without).abs() < 1e-6, "{with} {without}");
}

#[test]
fn the_likelihood_is_the_sum_over_the_distributions() {
    let options = &models()[0];
    let design = Design::new(&table(), options).unwrap();
    let l = Likelihood::new(&design, 1..30);
    let theta = near(&design, 0.4);
    let psi = theta[design.size() - 1].exp();
    let means = Means::new(&design, &theta);
    let sum: f64 = l
        .known()
        .map(|(r, y)| crate::stats::CountDistribution::negative_binomial(means.at(r).mean, 1.0 / psi).ln_pmf(y as u64))
        .sum();
    assert!((l.loglik(&theta) - sum).abs() < 1e-8 * sum.abs(), "{} {sum}", l.loglik(&theta));
}
