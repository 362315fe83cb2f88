use super::*;
use crate::stats::{
    CountDistribution, Random,
    glm::{Glm, GlmOptions, log_linear},
};

/// Three levels in runs of unequal length, with a gap.
const RUNS: [Run; 6] = [
    Run { start: 4, len: 7, level: 2 },
    Run { start: 11, len: 5, level: 0 },
    Run { start: 16, len: 4, level: 1 },
    Run { start: 30, len: 7, level: 2 },
    Run { start: 37, len: 6, level: 0 },
    Run { start: 43, len: 3, level: 1 },
];

fn simulated(random: &mut Random, level: f64) -> Vec<u32> {
    let mean = |i: usize| level * (0.02 * i as f64 + (i as f64 / 5.0).sin()).exp();
    (0..50).map(|i| CountDistribution::negative_binomial(mean(i), 3.0).sample(random) as u32).collect()
}

fn positions() -> impl Iterator<Item = (usize, usize)> {
    RUNS.iter().flat_map(|r| (r.start..r.start + r.len).map(|i| (i, r.level)))
}

/// The same model by the general regression, time counted from 0.
fn general(counts: &[u32], exposure: Option<&[f64]>, trend: bool, weights: &[f64]) -> Glm {
    let y: Vec<f64> = positions().map(|(i, _)| f64::from(counts[i])).collect();
    let offset: Vec<f64> = positions().map(|(i, _)| exposure.map_or(0.0, |e| e[i].ln())).collect();
    let mut columns: Vec<Vec<f64>> =
        (0..3).map(|g| positions().map(|(_, level)| f64::from(level == g)).collect()).collect();
    if trend {
        columns.push(positions().map(|(i, _)| i as f64).collect());
    }
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let options = GlmOptions { weights: Some(weights), offset: Some(&offset), ..GlmOptions::default() };
    log_linear(&y, &columns, &options).unwrap()
}

fn close(got: f64, want: f64, what: &str) {
    assert!((got - want).abs() <= 1e-11 * want.abs().max(1e-3), "{what}: {got} is not {want}");
}

#[test]
fn the_quick_fit_is_the_general_one() {
    let mut random = Random::seeded(5);
    let exposure: Vec<f64> = (0..50).map(|i| 1000.0 + 13.0 * f64::from(i % 7)).collect();
    let mut glm = SeasonalGlm::default();
    for round in 0..40 {
        let level = [0.3, 2.0, 15.0, 400.0][round % 4];
        let counts = simulated(&mut random, level);
        let exposure = (round % 3 == 0).then_some(exposure.as_slice());
        let prepared = Counts::new(&counts, exposure);
        let weights: Vec<f64> = positions().map(|_| 0.2 + 1.5 * random.open_unit()).collect();
        for trend in [false, true] {
            let design = Design { runs: &RUNS, levels: 3, trend };
            glm.fit(&prepared, &design, &weights);
            let want = general(&counts, exposure, trend, &weights);
            assert_eq!((glm.iterations, glm.converged), (want.iterations, want.converged), "{round}");
            assert_eq!(glm.residual_df, want.residual_df);
            close(glm.dispersion(&prepared, &design, &weights), want.dispersion, "dispersion");
            glm.each_leverage(&design, |i, _, mu, hat| {
                close(mu, want.fitted[i], "fitted");
                close(weights[i] * hat, want.hat[i], "leverage");
            });
            let mut x = vec![0.0, 0.0, 1.0];
            x.extend(trend.then_some(60.0));
            close(glm.linear(60, 2), want.linear(&x), "prediction");
            close(glm.variance(60, 2).sqrt(), want.standard_error(&x, 1.0), "standard error");
        }
    }
}

#[test]
fn a_level_without_points_is_left_out() {
    let counts = Counts::new(&[3, 5, 4, 6, 2, 5], None);
    let runs = [Run { start: 0, len: 6, level: 1 }];
    let mut glm = SeasonalGlm::default();
    glm.fit(&counts, &Design { runs: &runs, levels: 2, trend: false }, &[1.0; 6]);
    assert!(glm.converged);
    assert_eq!(glm.residual_df, 5);
    close(glm.linear(6, 1).exp(), 25.0 / 6.0, "mean");
    assert_eq!(glm.linear(6, 0), f64::NEG_INFINITY);
}

#[test]
fn counts_of_nothing_come_to_rest_only_for_few_points() {
    // The deviance falls by e in an iteration and has to come within 1e-9: 35 points make it in 24, 238 do not in 25.
    for (n, converged) in [(35, true), (238, false)] {
        let counts = Counts::new(&vec![0; n], None);
        let runs = [Run { start: 0, len: n, level: 0 }];
        let mut glm = SeasonalGlm::default();
        glm.fit(&counts, &Design { runs: &runs, levels: 1, trend: false }, &vec![1.0; n]);
        assert_eq!(glm.converged, converged, "{n}: {}", glm.iterations);
    }
}

#[test]
fn one_point_a_level_leaves_nothing_for_a_trend() {
    let counts = Counts::new(&[3, 5], None);
    let runs = [Run { start: 0, len: 1, level: 0 }, Run { start: 1, len: 1, level: 1 }];
    let mut glm = SeasonalGlm::default();
    let design = Design { runs: &runs, levels: 2, trend: true };
    glm.fit(&counts, &design, &[1.0; 2]);
    assert_eq!((glm.slope, glm.residual_df), (0.0, 0));
    assert!(glm.dispersion(&counts, &design, &[1.0; 2]).is_nan());
}
