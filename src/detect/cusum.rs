//! CUSUM for counts: a one-sided cumulative sum of standardised counts (Page 1954; Rossi, Lampugnani & Marchi
//! 1999; the residuals of Pierce & Schafer 1986), as offered by R's `surveillance::algo.cusum`.
//!
//! Every count x is made into a z that is about standard normal while the mean is m; then
//! Cₜ = max(0, Cₜ₋₁ + zₜ − k), C = 0 before the start, and Cₜ ≥ h is an alarm. Small steady excesses add up,
//! which a rule for single days does not see.
//!
//! Score: C, in the units of z. Bound: the count from which on today is an alarm (**at or above** it), given the
//! days before; for [`Transform::Standard`] rounded up to a whole count. There is no p-value. After an alarm
//! the sum goes on, so that alarms last until it has fallen below h again; `reset` starts it from 0 instead.
//!
//! Defaults of the literature: k = 1.04 and h = 2.26 (Rossi et al. tabulate pairs by run length). Cost: linear.
//!
//! Limits: h and k are calibrated for independent counts with a known mean. Below about five cases a day the
//! plain standardisation alarms far more often than its run length says; `Rossi` or an Anscombe residual is
//! better there. Counts that vary more than Poisson want a negative-binomial residual.
//!
//! Parity: C and alarms are those of surveillance 1.20.3 to 1e-9. Its *bound* disagrees with its own alarms in
//! three transforms: `rossi` takes the wrong root when any count would alarm, `anscombe2nd` inverts with m^(1/3)
//! for m^(−1/3), and `none` gives h − Cₜ. [`Follow::Surveillance`] reproduces these; the default is right.
//! `anscombeNegBin` stops with an error there; here it is McCullagh & Nelder's general Anscombe residual at the
//! negative-binomial variance (the formula printed in textbooks, a sum of two powers, is not its integral).
//!
//! To add a transform: a variant, a branch in `z` and one in `count_at`; the round trip is tested for all.

use super::{
    Judgement,
    chart::{ChartError, Follow, InControl},
};

/// How a count becomes a z.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transform {
    /// (x − m) / √m
    Standard,
    /// (x − 3m + 2√(xm)) / (2√m): nearer to the normal at small means.
    Rossi,
    /// Anscombe residual: 3/2 (x^⅔ − m^⅔) / m^⅙
    Anscombe,
    /// Anscombe residual about the second-order mean of x^⅔, m^⅔ − m^(−⅓)/9.
    Anscombe2nd,
    /// (x − m) / √(m + αm²)
    PearsonNegBin,
    /// Anscombe residual of the negative binomial: (A(x) − A(m)) / V(m)^⅙, A(u) = ∫₀ᵘ V(v)^(−⅓) dv, V(v) = v + αv².
    AnscombeNegBin,
    /// x itself: k and h are then in cases.
    None,
}

impl Transform {
    pub const ALL: [Self; 7] = [
        Self::Standard,
        Self::Rossi,
        Self::Anscombe,
        Self::Anscombe2nd,
        Self::PearsonNegBin,
        Self::AnscombeNegBin,
        Self::None,
    ];

    /// Its name in options and in R.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Rossi => "rossi",
            Self::Anscombe => "anscombe",
            Self::Anscombe2nd => "anscombe2nd",
            Self::PearsonNegBin => "pearsonNegBin",
            Self::AnscombeNegBin => "anscombeNegBin",
            Self::None => "none",
        }
    }

    /// The z of a count x, x ≥ 0, at mean m > 0.
    pub fn z(self, x: f64, m: f64, alpha: f64) -> f64 {
        match self {
            Self::Standard => (x - m) / m.sqrt(),
            Self::Rossi => (x - 3.0 * m + 2.0 * (x * m).sqrt()) / (2.0 * m.sqrt()),
            Self::Anscombe => 1.5 * (two_thirds(x) - two_thirds(m)) / m.powf(1.0 / 6.0),
            Self::Anscombe2nd => 1.5 * (two_thirds(x) - second_order(m)) / m.powf(1.0 / 6.0),
            Self::PearsonNegBin => (x - m) / (m + alpha * m * m).sqrt(),
            Self::AnscombeNegBin => {
                (anscombe_integral(x, alpha) - anscombe_integral(m, alpha)) / (m + alpha * m * m).powf(1.0 / 6.0)
            }
            Self::None => x,
        }
    }

    /// The count whose z is the given one; 0 where even no case has more.
    fn count_at(self, z: f64, m: f64, alpha: f64) -> f64 {
        let power = |base: f64| if base > 0.0 { base.powf(1.5) } else { 0.0 };
        let count = match self {
            Self::Standard => m + z * m.sqrt(),
            Self::Rossi => {
                // A quadratic in √x with one root above −√m.
                let inside = 4.0 * m + 2.0 * m.sqrt() * z;
                let root = inside.max(0.0).sqrt() - m.sqrt();
                if root > 0.0 { root * root } else { 0.0 }
            }
            Self::Anscombe => power(two_thirds(m) + z * m.powf(1.0 / 6.0) / 1.5),
            Self::Anscombe2nd => power(second_order(m) + z * m.powf(1.0 / 6.0) / 1.5),
            Self::PearsonNegBin => m + z * (m + alpha * m * m).sqrt(),
            Self::AnscombeNegBin => self.count_by_halving(z, m, alpha),
            Self::None => z,
        };
        count.max(0.0)
    }

    /// z grows with the count, so it can be bracketed where there is no formula.
    fn count_by_halving(self, z: f64, m: f64, alpha: f64) -> f64 {
        if self.z(0.0, m, alpha) >= z {
            return 0.0;
        }
        let (mut low, mut high) = (0.0, m + 1.0);
        while self.z(high, m, alpha) < z {
            (low, high) = (high, 2.0 * high);
        }
        while (high - low) > 1e-13 * high {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if self.z(middle, m, alpha) < z { low = middle } else { high = middle }
        }
        high
    }
}

impl std::str::FromStr for Transform {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|t| t.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// Settings of one CUSUM.
#[derive(Debug, Clone, PartialEq)]
pub struct CusumOptions {
    /// Reference value, in units of z: what each day may exceed its mean by without adding up.
    pub k: f64,
    /// Decision boundary, in units of z.
    pub h: f64,
    pub transform: Transform,
    /// Overdispersion of the negative-binomial residuals: Var = m + αm².
    pub alpha: f64,
    pub mean: InControl,
    /// Start again from 0 after an alarm.
    pub reset: bool,
    /// Whose bound to give; score and alarm do not depend on it.
    pub follow: Follow,
}

impl Default for CusumOptions {
    fn default() -> Self {
        Self {
            k: 1.04,
            h: 2.26,
            transform: Transform::Standard,
            alpha: 0.2,
            mean: InControl::TrainingMean,
            reset: false,
            follow: Follow::Paper,
        }
    }
}

/// Judge every position of a series from `start` on; what is before it is training and has no answer.
///
/// # Errors
/// When the mean in control cannot be had from these counts.
pub fn cusum(series: &[u32], start: usize, options: &CusumOptions) -> Result<Vec<Judgement>, ChartError> {
    let means = options.mean.means(series, start, 0.0)?;
    let mut judged = vec![Judgement::none("before the start of the chart"); start];
    let mut sum = 0.0;
    for (&count, &mean) in series[start..].iter().zip(&means) {
        if mean <= 0.0 {
            judged.push(Judgement::none("the usual count is 0, and nothing can be compared with it"));
            continue;
        }
        let before = sum;
        sum = (before + options.transform.z(f64::from(count), mean, options.alpha) - options.k).max(0.0);
        let alarm = sum >= options.h;
        judged.push(Judgement {
            expected: Some(mean),
            upper_bound: Some(bound(before, sum, mean, options)),
            score: Some(sum),
            alarm: Some(alarm),
            ..Judgement::default()
        });
        if alarm && options.reset {
            sum = 0.0;
        }
    }
    Ok(judged)
}

/// The count from which on a day is an alarm when the sum before it was `before`.
fn bound(before: f64, sum: f64, mean: f64, options: &CusumOptions) -> f64 {
    let z = options.h + options.k - before;
    let right = options.transform.count_at(z, mean, options.alpha);
    match (options.transform, options.follow) {
        (Transform::Standard, _) => right.ceil(),
        (Transform::Rossi, Follow::Surveillance) => {
            let inside = 4.0 * mean + 2.0 * mean.sqrt() * z;
            if inside >= 0.0 { (inside.sqrt() - mean.sqrt()).powi(2) } else { 0.0 }
        }
        (Transform::Anscombe2nd, Follow::Surveillance) => {
            let base = two_thirds(mean) - mean.cbrt() / 9.0 + z * mean.powf(1.0 / 6.0) / 1.5;
            if base > 0.0 { base.powf(1.5) } else { 0.0 }
        }
        (Transform::None, Follow::Surveillance) => (options.h - sum).max(0.0),
        _ => right,
    }
}

fn two_thirds(x: f64) -> f64 {
    x.powf(2.0 / 3.0)
}

/// ∫₀ᵘ (v + αv²)^(−⅓) dv. With v = q³/α it is 3α^(−⅔) ∫ q (1 + q³)^(−⅓) dq from 0 to (αu)^⅓, whose integrand is
/// smooth: its nearest singularities lie 0.87 beside the axis, so panels of a quarter give all digits.
fn anscombe_integral(u: f64, alpha: f64) -> f64 {
    // Nodes and weights of the Gauss–Legendre rule of eight points.
    const RULE: [(f64, f64); 4] = [
        (0.183_434_642_495_649_8, 0.362_683_783_378_362),
        (0.525_532_409_916_329, 0.313_706_645_877_887_3),
        (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
        (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
    ];
    if alpha <= 0.0 {
        return 1.5 * two_thirds(u);
    }
    let end = (alpha * u).cbrt();
    let panels = (end / 0.25).ceil().max(1.0);
    let half = end / panels / 2.0;
    let f = |q: f64| q / (1.0 + q * q * q).cbrt();
    let panel = |i: usize| {
        let middle = (2 * i + 1) as f64 * half;
        RULE.iter().map(|&(x, w)| w * (f(middle - x * half) + f(middle + x * half))).sum::<f64>() * half
    };
    3.0 / two_thirds(alpha) * (0..panels as usize).map(panel).sum::<f64>()
}

/// Mean of x^⅔ to the second order in 1/m.
fn second_order(m: f64) -> f64 {
    two_thirds(m) - m.powf(-1.0 / 3.0) / 9.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(mean: f64) -> CusumOptions {
        CusumOptions { mean: InControl::Fixed(mean), ..CusumOptions::default() }
    }

    #[test]
    fn small_excesses_add_up_to_an_alarm() {
        let options = CusumOptions { k: 0.5, h: 2.0, ..known(4.0) };
        let days = cusum(&[4, 7, 7, 7, 0, 4], 0, &options).unwrap();
        let sums: Vec<f64> = days.iter().map(|d| d.score.unwrap()).collect();
        assert_eq!(sums, [0.0, 1.0, 2.0, 3.0, 0.5, 0.0]);
        let alarms: Vec<bool> = days.iter().map(|d| d.alarm.unwrap()).collect();
        assert_eq!(alarms, [false, false, true, true, false, false]);
    }

    #[test]
    fn a_reset_sum_starts_from_nothing_on_the_day_after() {
        let options = CusumOptions { k: 0.5, h: 2.0, reset: true, ..known(4.0) };
        let sums: Vec<f64> = cusum(&[4, 7, 7, 7, 5], 0, &options).unwrap().iter().map(|d| d.score.unwrap()).collect();
        assert_eq!(sums, [0.0, 1.0, 2.0, 1.0, 1.0]);
    }

    #[test]
    fn the_bound_is_the_count_from_which_on_the_day_is_an_alarm() {
        let series = [3, 9, 0, 12, 5, 2, 30, 30, 1, 0, 0, 4, 8, 8];
        for transform in Transform::ALL {
            let options = CusumOptions { transform, ..known(4.3) };
            for (t, day) in cusum(&series, 0, &options).unwrap().into_iter().enumerate() {
                let least = (0..200).find(|&count| {
                    let mut tried = series[..=t].to_vec();
                    tried[t] = count;
                    cusum(&tried, 0, &options).unwrap()[t].alarm == Some(true)
                });
                assert_eq!(Some(day.upper_bound.unwrap().ceil()), least.map(f64::from), "{} day {t}", transform.name());
            }
        }
    }

    #[test]
    fn every_transform_puts_the_mean_near_zero_and_grows_with_the_count() {
        for transform in Transform::ALL.into_iter().filter(|&t| t != Transform::None) {
            for m in [0.4, 5.0, 80.0] {
                // The second-order residual is not 0 at the mean, but at the mean of x^⅔.
                assert!(transform.z(m, m, 0.3).abs() < 0.6, "{} {m}", transform.name());
                for x in 0..200 {
                    assert!(transform.z(f64::from(x + 1), m, 0.3) > transform.z(f64::from(x), m, 0.3));
                }
            }
        }
    }

    #[test]
    fn without_overdispersion_the_negative_binomial_residual_is_that_of_poisson() {
        let poisson = Transform::Anscombe.z(9.0, 4.0, 0.0);
        assert_eq!(Transform::AnscombeNegBin.z(9.0, 4.0, 0.0), poisson);
        assert!((Transform::AnscombeNegBin.z(9.0, 4.0, 1e-7) - poisson).abs() < 1e-6);
    }

    #[test]
    fn the_anscombe_integral_is_that_of_its_power_series() {
        // ∑ binom(−⅓, j) αʲ u^(j+⅔) / (j+⅔), which converges for αu < 1.
        for (u, alpha) in [(3.0, 0.2), (0.4, 1.7), (700.0, 0.001)] {
            let (mut term, mut sum) = (f64::powf(u, 2.0 / 3.0), 0.0);
            for j in 0..400 {
                sum += term / (f64::from(j) + 2.0 / 3.0);
                term *= (-1.0 / 3.0 - f64::from(j)) / f64::from(j + 1) * alpha * u;
            }
            assert!((anscombe_integral(u, alpha) / sum - 1.0).abs() < 1e-12, "{u} {alpha}");
        }
        // Where the series fails, the slope is still V(u)^(−⅓).
        let slope = (anscombe_integral(9000.5, 0.6) - anscombe_integral(8999.5, 0.6)) * (9000.0f64 + 0.6 * 81e6).cbrt();
        assert!((slope - 1.0).abs() < 1e-7, "{slope}");
    }

    #[test]
    fn training_counts_give_the_mean_and_no_answer() {
        let days = cusum(&[2, 4, 3, 9], 3, &CusumOptions::default()).unwrap();
        assert!(days[..3].iter().all(|d| d.score.is_none() && !d.reason.is_empty()));
        assert_eq!(days[3].expected, Some(3.0));
        assert!((days[3].score.unwrap() - (6.0 / 3.0f64.sqrt() - 1.04)).abs() < 1e-12);
        let said = cusum(&[2, 4], 0, &CusumOptions::default()).unwrap_err().to_string();
        assert!(said.contains("there are 0, at least 1"), "{said}");
    }

    #[test]
    fn training_without_any_case_has_no_answer_rather_than_an_alarm() {
        let days = cusum(&[0, 0, 0, 5], 3, &CusumOptions::default()).unwrap();
        assert_eq!((days[3].alarm, days[3].score), (None, None));
        assert!(days[3].reason.contains("usual count is 0"));
    }
}
