use super::*;

fn close(got: f64, want: f64, what: &str) {
    assert!((got - want).abs() <= 1e-9 * want.abs().max(1e-3), "{what}: {got} is not {want}");
}

#[test]
fn a_textbook_regression_has_its_published_answer() {
    // Dobson (1990), page 93, as printed by R's help(glm): counts of a 3 × 3 randomised controlled trial.
    let counts = [18.0, 17.0, 15.0, 20.0, 10.0, 20.0, 25.0, 13.0, 12.0];
    let is = |f: &dyn Fn(usize) -> bool| (0..9).map(|i| f64::from(f(i))).collect::<Vec<f64>>();
    let columns = [is(&|_| true), is(&|i| i % 3 == 1), is(&|i| i % 3 == 2), is(&|i| i / 3 == 1), is(&|i| i / 3 == 2)];
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let fit = log_linear(&counts, &columns, &GlmOptions::default()).unwrap();
    assert_eq!((fit.converged, fit.iterations, fit.residual_df), (true, 4, 4));
    let b: Vec<f64> = fit.coefficients.iter().map(|b| b.unwrap()).collect();
    for (got, want) in b.iter().zip([3.044_522_437_723_423, -0.454_255_272_277_596, -0.292_987_124_681_473]) {
        close(*got, want, "coefficient");
    }
    assert!(b[3].abs() < 1e-14 && b[4].abs() < 1e-14);
    close(fit.deviance, 5.129_141_077_001_144, "deviance");
    // Pearson's χ² of the table by hand, with weights of the last iteration's start instead of its end.
    let pearson: f64 = counts
        .iter()
        .enumerate()
        .map(|(i, y)| (y - [21.0, 40.0 / 3.0, 47.0 / 3.0][i % 3]).powi(2) / [21.0, 40.0 / 3.0, 47.0 / 3.0][i % 3])
        .sum();
    assert!((fit.dispersion - pearson / 4.0).abs() < 1e-5, "{}", fit.dispersion);
}

#[test]
fn a_trend_on_the_scale_of_dates_is_the_trend_on_the_scale_of_steps() {
    let counts: Vec<f64> = (0..60).map(|i| f64::from((i * 7) % 11 + i / 6)).collect();
    let ones = vec![1.0; 60];
    let steps: Vec<f64> = (0..60).map(f64::from).collect();
    let dates: Vec<f64> = steps.iter().map(|s| 17_000.0 + 7.0 * s).collect();
    let by_step = log_linear(&counts, &[&ones, &steps], &GlmOptions::default()).unwrap();
    let by_date = log_linear(&counts, &[&ones, &dates], &GlmOptions::default()).unwrap();
    close(7.0 * by_date.coefficients[1].unwrap(), by_step.coefficients[1].unwrap(), "slope");
    close(
        by_date.standard_error(&[1.0, 17_000.0 + 7.0 * 70.0], 2.0),
        by_step.standard_error(&[1.0, 70.0], 2.0),
        "standard error",
    );
    close(by_date.hat.iter().sum(), 2.0, "leverages add up to the rank");
}

#[test]
fn a_column_that_says_nothing_new_is_left_out() {
    let counts = [3.0, 5.0, 4.0, 8.0];
    let (ones, twos, x) = ([1.0; 4], [2.0; 4], [0.0, 1.0, 2.0, 3.0]);
    let fit = log_linear(&counts, &[&ones, &twos, &x], &GlmOptions::default()).unwrap();
    let plain = log_linear(&counts, &[&ones, &x], &GlmOptions::default()).unwrap();
    assert_eq!(fit.coefficients[1], None);
    close(fit.coefficients[2].unwrap(), plain.coefficients[1].unwrap(), "slope");
    assert_eq!(fit.residual_df, 2);
}

#[test]
fn an_offset_takes_the_population_out() {
    let population = [1000.0, 4000.0, 2000.0];
    let counts = [10.0, 40.0, 20.0];
    let offset: Vec<f64> = population.iter().map(|p: &f64| p.ln()).collect();
    let options = GlmOptions { offset: Some(&offset), ..GlmOptions::default() };
    let fit = log_linear(&counts, &[&[1.0; 3]], &options).unwrap();
    close(fit.coefficients[0].unwrap().exp(), 0.01, "rate");
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let ones = [1.0; 2];
    assert_eq!(log_linear(&[1.0], &[&ones], &GlmOptions::default()), Err(GlmError::Shape));
    assert_eq!(log_linear(&[1.0, f64::NAN], &[&ones], &GlmOptions::default()), Err(GlmError::Value));
    assert_eq!(log_linear(&[1.0, -1.0], &[&ones], &GlmOptions::default()), Err(GlmError::Value));
}

#[test]
fn a_negative_binomial_fit_has_no_slope_left_in_its_likelihood() {
    let counts: Vec<f64> = (0..80).map(|i| f64::from((i * 13) % 17) * f64::from(1 + i / 20)).collect();
    let ones = vec![1.0; 80];
    let steps: Vec<f64> = (0..80).map(f64::from).collect();
    let alpha = 0.6;
    let options = GlmOptions { alpha, tolerance: 1e-14, max_iterations: 60, ..GlmOptions::default() };
    let fit = log_linear(&counts, &[&ones, &steps], &options).unwrap();
    assert!(fit.converged);
    for column in [&ones, &steps] {
        let slope: f64 = (0..80).map(|i| column[i] * (counts[i] - fit.fitted[i]) / (1.0 + alpha * fit.fitted[i])).sum();
        assert!(slope.abs() < 1e-4, "{slope}");
    }
    // A small overdispersion is close to none.
    let poisson = log_linear(&counts, &[&ones, &steps], &GlmOptions::default()).unwrap();
    let almost = log_linear(&counts, &[&ones, &steps], &GlmOptions { alpha: 1e-9, ..GlmOptions::default() }).unwrap();
    assert!((almost.deviance / poisson.deviance - 1.0).abs() < 1e-6);
}
