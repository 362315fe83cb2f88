//! OutbreakP: semiparametric detection of a rise (Frisén & Andersson 2009; Frisén, Andersson & Schiöler 2009),
//! as offered by R's `surveillance::outbreakP`.
//!
//! For the counts x₁ … xₛ it compares two Poisson fits by their likelihood: all means equal, and means that
//! never fall (isotonic regression, which contains "constant, then rising"). Neither level nor shape need to be
//! known. OutbreakP(s) = ∏ (μ̂ᵗ of the rising fit / mean of all)^xₜ; above `k` is an alarm.
//!
//! Score: OutbreakP(s), a likelihood ratio, ≥ 1. Expected: the mean of all counts up to and with today. Bound:
//! the least count that would have been an alarm today (**at or above** it); 0 when any count would. No p-value.
//! After an alarm the statistic goes on. Default of the literature: k = 100.
//!
//! Cost: linear. A new count changes only the last blocks of the isotonic fit (pool adjacent violators), whose
//! log-likelihood is kept block by block; the bound is found by halving, as the statistic grows with today's
//! count.
//!
//! Limits: a constant level before the rise is assumed, so a season or a trend is an outbreak to it: it suits a
//! fresh start each season. The threshold is on a likelihood ratio that can only be calibrated by simulation,
//! and the longer a series runs the more false alarms it has met. Equal to surveillance 1.20.3 to 1e-9;
//! where any count would alarm that package has no bound, here it is 0.

use super::Judgement;

/// Settings of one run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutbreakPOptions {
    /// Alarm above this likelihood ratio; more than 1.
    pub k: f64,
    /// The largest count tried for the bound.
    pub most_cases: u32,
}

impl Default for OutbreakPOptions {
    fn default() -> Self {
        Self { k: 100.0, most_cases: 100_000 }
    }
}

/// Judge every position of a series, each from all counts up to it.
pub fn outbreak_p(series: &[u32], options: &OutbreakPOptions) -> Vec<Judgement> {
    let threshold = options.k.ln();
    let mut fit = Rising::default();
    series.iter().map(|&count| judge(&mut fit, count, threshold, options.most_cases)).collect()
}

fn judge(fit: &mut Rising, count: u32, threshold: f64, most_cases: u32) -> Judgement {
    if fit.n == 0.0 {
        fit.push(f64::from(count));
        return Judgement {
            expected: Some(f64::from(count)),
            score: Some(1.0),
            alarm: Some(false),
            reason: "the first count has nothing before it, so no count would be an alarm".to_owned(),
            ..Judgement::default()
        };
    }
    let least = least(most_cases, |cases| fit.ratio_with(f64::from(cases)) > threshold);
    fit.push(f64::from(count));
    let ln_ratio = fit.ratio();
    let score = ln_ratio.exp();
    let reason = if score.is_infinite() {
        format!("the statistic is beyond the largest number; its natural logarithm is {ln_ratio}")
    } else if least.is_none() {
        format!("no count up to {most_cases} would be an alarm")
    } else {
        String::new()
    };
    Judgement {
        expected: Some(fit.sum / fit.n),
        upper_bound: least.map(f64::from),
        score: score.is_finite().then_some(score),
        alarm: Some(ln_ratio > threshold),
        reason,
        ..Judgement::default()
    }
}

/// The least count up to `most` that is enough; more is always enough too.
fn least(most: u32, enough: impl Fn(u32) -> bool) -> Option<u32> {
    let mut high = 1;
    while high < most && !enough(high) {
        high = (high * 2).min(most);
    }
    if !enough(high) {
        return None;
    }
    let mut low = 0;
    while low < high {
        let middle = low + (high - low) / 2;
        if enough(middle) { high = middle } else { low = middle + 1 }
    }
    Some(high)
}

/// The isotonic fit of the counts so far, as blocks of equal mean that rise from block to block.
#[derive(Debug, Default)]
struct Rising {
    blocks: Vec<Block>,
    sum: f64,
    n: f64,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    sum: f64,
    n: f64,
    /// ∑ s ln(s/n) of this block and all before it: the log-likelihood but for what both fits share.
    ln_upto: f64,
}

impl Rising {
    fn push(&mut self, count: f64) {
        let (kept, block) = self.merged(count);
        self.blocks.truncate(kept);
        self.blocks.push(block);
        self.sum += count;
        self.n += 1.0;
    }

    /// How many blocks stay when a count is appended, and the block that it then belongs to.
    fn merged(&self, count: f64) -> (usize, Block) {
        let (mut sum, mut n, mut kept) = (count, 1.0, self.blocks.len());
        while let Some(last) = kept.checked_sub(1).map(|i| self.blocks[i]) {
            // Pooled while the block before is not lower.
            if last.sum * n < sum * last.n {
                break;
            }
            sum += last.sum;
            n += last.n;
            kept -= 1;
        }
        let before = kept.checked_sub(1).map_or(0.0, |i| self.blocks[i].ln_upto);
        (kept, Block { sum, n, ln_upto: before + block_ln(sum, n) })
    }

    /// ln OutbreakP of the counts so far; never below 0, as a constant is also a fit that never falls.
    fn ratio(&self) -> f64 {
        self.blocks.last().map_or(0.0, |b| (b.ln_upto - block_ln(self.sum, self.n)).max(0.0))
    }

    /// ln OutbreakP if one more count were this.
    fn ratio_with(&self, count: f64) -> f64 {
        let (_, block) = self.merged(count);
        (block.ln_upto - block_ln(self.sum + count, self.n + 1.0)).max(0.0)
    }
}

fn block_ln(sum: f64, n: f64) -> f64 {
    if sum > 0.0 { sum * (sum / n).ln() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Isotonic means by the min–max formula, straight from the definition.
    fn ln_by_definition(x: &[u32]) -> f64 {
        let mean = |a: usize, b: usize| x[a..=b].iter().map(|&v| f64::from(v)).sum::<f64>() / (b - a + 1) as f64;
        let all = mean(0, x.len() - 1);
        (0..x.len())
            .map(|t| {
                let low = |b: usize| (0..=t).map(|a| mean(a, b)).fold(f64::NEG_INFINITY, f64::max);
                let fitted = (t..x.len()).map(low).fold(f64::INFINITY, f64::min);
                if x[t] == 0 { 0.0 } else { f64::from(x[t]) * (fitted / all).ln() }
            })
            .sum()
    }

    const SERIES: [u32; 16] = [2, 0, 1, 3, 1, 0, 0, 4, 2, 5, 9, 7, 7, 15, 0, 22];

    #[test]
    fn the_statistic_is_the_likelihood_ratio_of_the_two_fits() {
        for (s, day) in outbreak_p(&SERIES, &OutbreakPOptions::default()).iter().enumerate() {
            let ln = ln_by_definition(&SERIES[..=s]);
            assert!((day.score.unwrap().ln() - ln).abs() < 1e-10, "day {s}: {day:?} is not e^{ln}");
            assert_eq!(day.alarm, Some(ln > 100.0f64.ln()));
        }
    }

    #[test]
    fn the_bound_is_the_least_count_that_would_be_an_alarm() {
        for (s, day) in outbreak_p(&SERIES, &OutbreakPOptions::default()).iter().enumerate().skip(1) {
            let least = (0..1000).find(|&count| {
                let mut tried = SERIES[..=s].to_vec();
                tried[s] = count;
                ln_by_definition(&tried) > 100.0f64.ln() + 1e-9
            });
            assert_eq!(day.upper_bound, least.map(f64::from), "day {s}");
        }
    }

    #[test]
    fn a_level_series_never_alarms_and_no_data_has_no_answer() {
        let days = outbreak_p(&[0; 40], &OutbreakPOptions::default());
        assert!(days.iter().all(|d| d.alarm == Some(false) && d.score == Some(1.0)));
        assert!(outbreak_p(&[], &OutbreakPOptions::default()).is_empty());
        assert!(days[0].upper_bound.is_none() && !days[0].reason.is_empty());
    }

    #[test]
    fn a_statistic_too_large_for_a_number_is_still_an_alarm() {
        let day = outbreak_p(&[1, 1, 1, 50_000], &OutbreakPOptions::default())[3].clone();
        assert_eq!((day.alarm, day.score), (Some(true), None));
        assert!(day.reason.contains("natural logarithm"), "{}", day.reason);
    }
}
