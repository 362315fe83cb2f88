//! The discrete Poisson model: Kulldorff, "A spatial scan statistic", Communications in Statistics: Theory
//! and Methods 26 (1997) 1481–1496; prospective in time: Kulldorff, JRSS A 164 (2001) 61–72.
//!
//! Expected cases are in proportion to the population, by indirect standardisation over the whole period
//! where there are covariates. Population is linear between its dates and constant outside them, so it is
//! a sum over dates of (population at the date) × (hat function of time): the factors the engine works with.
//! Null: the cases are spread over places and intervals in proportion to the expectation. With the
//! non-parametric adjustment for time every interval's total is taken as given: cases are spread within
//! each interval, and a window is compared with the other places in the same intervals.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::time::Day,
    stats::{Alias, Random},
};

use super::{
    ScanError, ScanPopulation,
    options::{ScanOptions, TimeAdjustment},
    problem::{Cases, Expected, Null, Problem},
    statistic::Statistic,
    strata::Row,
    windows::{Intervals, Window},
};

/// `population` names places by their position in the sorted list; `id` gives the name of one for errors.
pub(super) fn problem(
    rows: &[Row],
    population: &[ScanPopulation],
    silent: &[Day],
    intervals: &Intervals,
    options: &ScanOptions,
    places: usize,
    id: impl Fn(usize) -> String,
) -> Result<Problem, ScanError> {
    let observed = counted(rows, intervals);
    let total: f64 = observed.iter().map(|c| f64::from(c.count)).sum();
    let mut factors = Factors::new(rows, population, silent, intervals, places, &id)?;
    let by_interval = sums(&observed, |c| c.interval, intervals.count);
    if options.adjust_space {
        factors.scale_places(&sums(&observed, |c| c.place, places));
    }
    if options.adjust_weekday {
        factors.scale_weekdays(rows, silent, intervals);
    }
    match options.adjust_time {
        Some(TimeAdjustment::NonParametric) => factors.scale_intervals(&by_interval),
        Some(TimeAdjustment::LogLinear) => {
            let trend = log_linear(&by_interval, &factors.by_interval());
            factors.scale_intervals(&trend);
        }
        None => {}
    }
    factors.scale_to(total);
    let risk = factors.by_place();
    if let Some(c) = observed.iter().find(|c| risk[c.place as usize] <= 0.0) {
        return Err(ScanError::NoPopulation(id(c.place as usize)));
    }
    let fixed = (options.adjust_time == Some(TimeAdjustment::NonParametric)).then_some(by_interval);
    let null = Multinomial::new(&factors, fixed.clone(), total as u64);
    Ok(Problem {
        statistic: Statistic::Poisson { cases: total },
        expected: Expected::Factored { weights: factors.weights, basis: factors.basis },
        observed,
        risk,
        fixed,
        null: std::sync::Arc::new(null),
    })
}

/// Cases of the same place and interval together, in order.
pub(super) fn counted(rows: &[Row], intervals: &Intervals) -> Vec<Cases> {
    let mut sum = BTreeMap::new();
    for row in rows.iter().filter(|r| r.count > 0) {
        if let Some(interval) = intervals.of(row.day) {
            *sum.entry((row.place, interval)).or_insert(0) += row.count;
        }
    }
    sum.into_iter().map(|((place, interval), count)| Cases { place, interval, count }).collect()
}

fn sums(cases: &[Cases], by: impl Fn(&Cases) -> u32, n: usize) -> Vec<f64> {
    let mut sums = vec![0.0; n];
    for c in cases {
        sums[by(c) as usize] += f64::from(c.count);
    }
    sums
}

/// Σ over dates of weight × basis.
struct Factors {
    weights: Vec<Vec<f64>>,
    basis: Vec<Vec<f64>>,
}

impl Factors {
    fn new(
        rows: &[Row],
        population: &[ScanPopulation],
        silent: &[Day],
        intervals: &Intervals,
        places: usize,
        id: &impl Fn(usize) -> String,
    ) -> Result<Self, ScanError> {
        let dates: Vec<Day> = population.iter().filter_map(|p| p.date).collect::<BTreeSet<_>>().into_iter().collect();
        let knots = dates.len().max(1);
        let mut basis = vec![vec![0.0; intervals.count]; knots];
        for day in intervals.all_days().days().filter(|d| !silent.contains(d)) {
            let Some(t) = intervals.of(day) else { continue };
            for (knot, share) in hats(&dates, day) {
                basis[knot][t as usize] += share;
            }
        }
        // Population of every place and covariate at every knot.
        let mut known: BTreeMap<(u32, usize), BTreeMap<Option<Day>, f64>> = BTreeMap::new();
        for p in population {
            *known.entry((p.covariate, p.place)).or_default().entry(p.date).or_insert(0.0) += p.population;
        }
        let at_knots = |figures: &BTreeMap<Option<Day>, f64>| -> Vec<f64> {
            if dates.is_empty() {
                return vec![figures.values().sum()];
            }
            dates.iter().map(|&d| interpolate(figures, d)).collect()
        };
        let mut person_days: BTreeMap<u32, f64> = BTreeMap::new();
        let lengths: Vec<f64> = basis.iter().map(|b| b.iter().sum()).collect();
        let knots_of: Vec<((u32, usize), Vec<f64>)> = known.iter().map(|(key, f)| (*key, at_knots(f))).collect();
        for ((covariate, _), at) in &knots_of {
            *person_days.entry(*covariate).or_insert(0.0) += at.iter().zip(&lengths).map(|(a, l)| a * l).sum::<f64>();
        }
        let mut cases: BTreeMap<u32, f64> = BTreeMap::new();
        for row in rows {
            *cases.entry(row.covariate).or_insert(0.0) += f64::from(row.count);
            if row.count > 0 && person_days.get(&row.covariate).is_none_or(|n| *n <= 0.0) {
                return Err(ScanError::NoPopulation(id(row.place as usize)));
            }
        }
        let mut weights = vec![vec![0.0; places]; knots];
        for ((covariate, place), at) in &knots_of {
            let days = person_days[covariate];
            let rate = if days > 0.0 { cases.get(covariate).copied().unwrap_or(0.0) / days } else { 0.0 };
            for (w, a) in weights.iter_mut().zip(at) {
                w[*place] += rate * a;
            }
        }
        Ok(Self { weights, basis })
    }

    fn by_interval(&self) -> Vec<f64> {
        let totals: Vec<f64> = self.weights.iter().map(|w| w.iter().sum()).collect();
        let n = self.basis.first().map_or(0, Vec::len);
        (0..n).map(|t| self.basis.iter().zip(&totals).map(|(b, w)| b[t] * w).sum()).collect()
    }

    fn by_place(&self) -> Vec<f64> {
        let lengths: Vec<f64> = self.basis.iter().map(|b| b.iter().sum()).collect();
        let n = self.weights.first().map_or(0, Vec::len);
        (0..n).map(|p| self.weights.iter().zip(&lengths).map(|(w, l)| w[p] * l).sum()).collect()
    }

    /// Make every interval's expectation the given one.
    fn scale_intervals(&mut self, wanted: &[f64]) {
        let have = self.by_interval();
        for b in &mut self.basis {
            for ((b, want), have) in b.iter_mut().zip(wanted).zip(&have) {
                *b *= if *have > 0.0 { want / have } else { 0.0 };
            }
        }
    }

    fn scale_places(&mut self, wanted: &[f64]) {
        let have = self.by_place();
        for w in &mut self.weights {
            for ((w, want), have) in w.iter_mut().zip(wanted).zip(&have) {
                *w *= if *have > 0.0 { want / have } else { 0.0 };
            }
        }
    }

    /// Make every weekday's expectation its cases; intervals are single days.
    fn scale_weekdays(&mut self, rows: &[Row], silent: &[Day], intervals: &Intervals) {
        let mut cases = [0.0; 7];
        rows.iter().for_each(|r| cases[r.day.weekday_index()] += f64::from(r.count));
        let have = self.by_interval();
        let days: Vec<Day> = intervals.all_days().days().collect();
        let mut expected = [0.0; 7];
        for (day, e) in days.iter().zip(&have).filter(|(d, _)| !silent.contains(d)) {
            expected[day.weekday_index()] += e;
        }
        let wanted: Vec<f64> = days
            .iter()
            .zip(&have)
            .map(|(d, e)| {
                let k = d.weekday_index();
                if expected[k] > 0.0 { e * cases[k] / expected[k] } else { 0.0 }
            })
            .collect();
        self.scale_intervals(&wanted);
    }

    fn scale_to(&mut self, total: f64) {
        let have: f64 = self.by_interval().iter().sum();
        if have > 0.0 {
            self.basis.iter_mut().flatten().for_each(|b| *b *= total / have);
        }
    }
}

/// Which knots a day lies between, and how near to each.
fn hats(dates: &[Day], day: Day) -> Vec<(usize, f64)> {
    let after = dates.partition_point(|&d| d <= day);
    if after == 0 || after == dates.len() {
        return vec![(after.saturating_sub(1), 1.0)];
    }
    let (a, b) = (dates[after - 1], dates[after]);
    let share = f64::from(day - a) / f64::from(b - a);
    vec![(after - 1, 1.0 - share), (after, share)]
}

/// A place's population at a date, from its own dates; a figure without a date holds always.
fn interpolate(figures: &BTreeMap<Option<Day>, f64>, day: Day) -> f64 {
    let dated: Vec<(Day, f64)> = figures.iter().filter_map(|(d, n)| Some(((*d)?, *n))).collect();
    let always = figures.get(&None).copied().unwrap_or(0.0);
    if dated.is_empty() {
        return always;
    }
    let dates: Vec<Day> = dated.iter().map(|d| d.0).collect();
    always + hats(&dates, day).into_iter().map(|(i, share)| dated[i].1 * share).sum::<f64>()
}

/// The expectation of every interval under one log-linear trend, fitted by Newton's method.
fn log_linear(cases: &[f64], expected: &[f64]) -> Vec<f64> {
    let n = cases.len() as f64;
    let total: f64 = cases.iter().sum();
    let at = |t: usize| (t as f64 + 0.5) / n - 0.5;
    let mut slope = 0.0;
    for _ in 0..50 {
        let w: Vec<f64> = expected.iter().enumerate().map(|(t, e)| e * (slope * at(t)).exp()).collect();
        let sum: f64 = w.iter().sum();
        let mean = w.iter().enumerate().map(|(t, w)| w * at(t)).sum::<f64>() / sum;
        let var = w.iter().enumerate().map(|(t, w)| w * (at(t) - mean).powi(2)).sum::<f64>() / sum;
        let seen = cases.iter().enumerate().map(|(t, c)| c * at(t)).sum::<f64>() / total;
        let step = if var > 0.0 { (seen - mean) / var } else { 0.0 };
        slope += step.clamp(-5.0, 5.0);
        if step.abs() < 1e-12 {
            break;
        }
    }
    let w: Vec<f64> = expected.iter().enumerate().map(|(t, e)| e * (slope * at(t)).exp()).collect();
    let sum: f64 = w.iter().sum();
    w.into_iter().map(|w| w * total / sum).collect()
}

/// Cases spread in proportion to the expectation.
struct Multinomial {
    /// Per factor.
    places: Vec<Option<Alias>>,
    /// Expected cases by factor and interval.
    cells: Vec<Vec<f64>>,
    /// Cases of every interval, where they are held fixed.
    fixed: Option<Vec<f64>>,
    total: u64,
}

impl Multinomial {
    fn new(factors: &Factors, fixed: Option<Vec<f64>>, total: u64) -> Self {
        let places = factors.weights.iter().map(|w| Alias::new(w)).collect();
        let cells = factors
            .weights
            .iter()
            .zip(&factors.basis)
            .map(|(w, b)| {
                let all: f64 = w.iter().sum();
                b.iter().map(|b| b * all).collect()
            })
            .collect();
        Self { places, cells, fixed, total }
    }

    fn put(&self, factor: usize, interval: u32, random: &mut Random, out: &mut Vec<(u32, u32)>) {
        if let Some(places) = &self.places[factor] {
            out.push((places.draw(random) as u32, interval));
        }
    }
}

impl Null for Multinomial {
    fn draw(&self, live: Window, random: &mut Random, _: &mut Vec<u32>, out: &mut Vec<(u32, u32)>) {
        let range = live.from as usize..=live.to as usize;
        if let Some(fixed) = &self.fixed {
            for (t, &count) in fixed.iter().enumerate().filter(|(t, _)| range.contains(t)) {
                let shares: Vec<f64> = self.cells.iter().map(|c| c[t]).collect();
                let Some(factor) = Alias::new(&shares) else { continue };
                for _ in 0..count as u64 {
                    let factor = factor.draw(random);
                    self.put(factor, t as u32, random, out);
                }
            }
            return;
        }
        let width = live.to as usize - live.from as usize + 1;
        let cells: Vec<f64> = self.cells.iter().flat_map(|c| c[range.clone()].iter().copied()).collect();
        let share = cells.iter().sum::<f64>() / self.total as f64;
        let Some(alias) = Alias::new(&cells) else { return };
        for _ in 0..self.total {
            if share >= 1.0 - 1e-12 || random.unit() < share {
                let cell = alias.draw(random);
                self.put(cell / width, live.from + (cell % width) as u32, random, out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn population_is_linear_between_dates_and_constant_outside() {
        let day = Day::from_epoch_days;
        let dates = [day(100), day(200)];
        assert_eq!(hats(&dates, day(50)), [(0, 1.0)]);
        assert_eq!(hats(&dates, day(125)), [(0, 0.75), (1, 0.25)]);
        assert_eq!(hats(&dates, day(200)), [(1, 1.0)]);
        let figures = BTreeMap::from([(Some(day(100)), 40.0), (Some(day(200)), 80.0)]);
        assert_eq!(interpolate(&figures, day(150)), 60.0);
        assert_eq!(interpolate(&figures, day(900)), 80.0);
    }

    #[test]
    fn a_log_linear_trend_is_recovered() {
        let expected = vec![2.0; 100];
        let cases: Vec<f64> = (0..100).map(|t| 3.0 * (0.01 * f64::from(t)).exp()).collect();
        let got = log_linear(&cases, &expected);
        for (g, c) in got.iter().zip(&cases) {
            assert!((g / c - 1.0).abs() < 1e-9);
        }
    }
}
