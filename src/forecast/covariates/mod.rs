//! `covariates`: what operators know of places, as a regression of the cells' counts (McCullagh & Nelder 1989, ch. 6; gamma
//! random effects as in Clayton & Kaldor 1987, *Biometrics* 43:671).
//!
//! > Y_j ~ NB(μ_j, 1/α), log μ_j = log E_j + log(P_j + p₀) + β₀ + β₁ log(1 + P_j) + β₂ log(1 + S_j) + γ log(1 + X_j)
//!
//! with E_j the days known of cell j times their calendar factors, P_j its people, S_j services in it and the cells around
//! it, and X_j seizures there in the fourteen days before the week that is counted: they excite, for overdoses rise near a
//! seizure for some weeks. Population is an exposure that need not act in proportion (β₁); p₀, a hundredth of the mean
//! population, lets events happen where nobody lives. Terms whose figures were not given are left out. Counts are taken by
//! cell, but weeks after a seizure apart. α is found by moments, and the fit repeated with it.
//!
//! A cell's rate is the regression's times (1/α + n_j)/(1/α + μ_j), the posterior mean of a gamma effect of its own: a cell
//! with many events keeps its own rate, and a cell never seen gets what its people and services suggest. The level of the
//! whole is that of `history` by the calendar; what seizures of late add comes on top.
//!
//! Joins the other models only where an operator gave figures, and then weighs what its past is worth. Nothing is used before
//! the day from which it was known. Limits: linear on the log scale; one coefficient for the land; the land between
//! cells is smoothed by `history` only; coefficients describe and do not explain: police seize where people overdose.

pub mod data;

use super::{
    base::Base,
    model::{CellShares, Fitted, ForecastModel, MAX_HORIZON, Part},
    panel::Known,
    surface::Grid,
    tuning::Tuning,
};
use crate::stats::glm::{GlmOptions, log_linear};
use data::Seen;

const DAYS: usize = MAX_HORIZON as usize;
const WEEK: usize = 7;
/// Weeks fitted at most.
const MOST_WEEKS: usize = 156;
/// Events a coefficient needs.
const EVENTS_EACH: f64 = 10.0;
/// Overdispersion that cells are given at least and at most.
const ALPHA: [f64; 2] = [0.02, 50.0];

pub struct Covariates;

/// The fitted equation.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaceFit {
    beta: Vec<f64>,
    alpha: f64,
}

impl ForecastModel for Covariates {
    fn name(&self) -> &'static str {
        "covariates"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tune(&self, known: &Known, base: &Base, tuning: &mut Tuning) {
        tuning.places = known.covariates.as_ref().and_then(|seen| PlaceFit::learn(&Ground::of(known, base, seen)));
    }

    fn fit(&self, known: &Known, tuning: &Tuning, base: &Base) -> Fitted {
        match (&known.covariates, &tuning.places) {
            (Some(seen), Some(fit)) => {
                let ground = Ground::of(known, base, seen);
                // What was given may have changed since the fit: then its terms no longer mean anything.
                if ground.terms() == fit.beta.len() { fit.forecast(&ground, known, base) } else { base.long_run.flat() }
            }
            _ => base.long_run.flat(),
        }
    }
}

/// What the regression is of.
struct Ground<'a> {
    known: &'a Known<'a>,
    seen: &'a Seen,
    grid: Grid,
    services: Option<Vec<f64>>,
    /// Calendar days known in each week, first week first; the last ends on the issue day.
    weeks: Vec<f64>,
    first_day: usize,
    /// Counts by cell and week, where there are any.
    counts: Vec<(u32, u32, f64)>,
    /// Smallest exposure.
    least: f64,
}

/// Rows of the regression: count, offset, cell, seizures.
struct Row {
    count: f64,
    exposure: f64,
    cell: usize,
    seized: f64,
}

impl<'a> Ground<'a> {
    fn of(known: &'a Known, base: &Base, seen: &'a Seen) -> Self {
        let n = known.days.len();
        let weeks = (n / WEEK).min(MOST_WEEKS);
        let first_day = n - weeks * WEEK;
        let grid = Grid::new(known.layout);
        let mut counts: Vec<(u32, u32, f64)> = Vec::new();
        for &(cell, day, count) in known.cells.iter().filter(|c| c.1 as usize >= first_day) {
            let week = (day - first_day as u32) / WEEK as u32;
            // What is known in part counts in part, as its exposure does.
            match counts.last_mut() {
                Some(last) if (last.0, last.1) == (cell, week) => last.2 += count,
                _ => counts.push((cell, week, count)),
            }
        }
        let people = seen.population.as_ref().map_or(0.0, |p| p.iter().sum::<f64>() / p.len().max(1) as f64);
        Self {
            known,
            seen,
            services: seen.services_near(known.layout, &grid),
            grid,
            weeks: base.offset[first_day..].chunks(WEEK).map(|w| w.iter().sum()).collect(),
            first_day,
            counts,
            least: (0.01 * people).max(1e-9),
        }
    }

    fn terms(&self) -> usize {
        1 + [self.seen.population.is_some(), self.services.is_some(), self.seen.seizures.is_some()]
            .into_iter()
            .map(usize::from)
            .sum::<usize>()
    }

    fn x(&self, cell: usize, seized: f64) -> Vec<f64> {
        let mut x = vec![1.0];
        x.extend(self.seen.population.as_ref().map(|p| p[cell].ln_1p()));
        x.extend(self.services.as_ref().map(|s| s[cell].ln_1p()));
        x.extend(self.seen.seizures.as_ref().map(|_| seized));
        x
    }

    /// Log of the people of a cell, as an exposure; 0 where populations were not given.
    fn people(&self, cell: usize) -> f64 {
        self.seen.population.as_ref().map_or(0.0, |p| (p[cell] + self.least).ln())
    }

    /// A row for every cell, and one for each of its weeks after a seizure.
    fn rows(&self) -> Vec<Row> {
        let all: f64 = self.weeks.iter().sum();
        let cells = self.known.layout.xy.len();
        let mut rows: Vec<Row> = (0..cells).map(|cell| Row { count: 0.0, exposure: all, cell, seized: 0.0 }).collect();
        let mut after = std::collections::BTreeMap::new();
        for week in (0..self.weeks.len()).filter(|_| self.seen.seizures.is_some()) {
            let start = (self.first_day + week * WEEK) as i32;
            for (cell, seized) in self.seen.seized_before(start, self.known.layout, &self.grid) {
                after.insert((cell, week as u32), rows.len());
                rows[cell as usize].exposure -= self.weeks[week];
                rows.push(Row { count: 0.0, exposure: self.weeks[week], cell: cell as usize, seized });
            }
        }
        for &(cell, week, count) in &self.counts {
            let row = after.get(&(cell, week)).copied().unwrap_or(cell as usize);
            rows[row].count += count;
        }
        rows.retain(|r| r.exposure > 1e-9);
        rows
    }
}

impl PlaceFit {
    /// `None` with too few events, or without a finite answer.
    fn learn(ground: &Ground) -> Option<Self> {
        let rows = ground.rows();
        let counts: Vec<f64> = rows.iter().map(|r| r.count).collect();
        if counts.iter().sum::<f64>() < EVENTS_EACH * ground.terms() as f64 {
            return None;
        }
        let offset: Vec<f64> = rows.iter().map(|r| r.exposure.ln() + ground.people(r.cell)).collect();
        let table: Vec<Vec<f64>> = rows.iter().map(|r| ground.x(r.cell, r.seized)).collect();
        let columns: Vec<Vec<f64>> = (0..ground.terms()).map(|k| table.iter().map(|x| x[k]).collect()).collect();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let mut alpha = 0.0;
        let mut beta = Vec::new();
        for _ in 0..4 {
            let options = GlmOptions { offset: Some(&offset), alpha, max_iterations: 50, ..GlmOptions::default() };
            let glm = log_linear(&counts, &columns, &options).ok().filter(|g| g.converged)?;
            // A figure that is the same everywhere says nothing.
            beta = glm.coefficients.iter().map(|b| b.unwrap_or(0.0)).collect();
            let squares: f64 = glm.fitted.iter().map(|m| m * m).sum();
            let excess: f64 = counts.iter().zip(&glm.fitted).map(|(y, m)| (y - m).powi(2) - m).sum();
            alpha = (excess / squares).clamp(ALPHA[0], ALPHA[1]);
        }
        beta.iter().all(|b| b.is_finite() && b.abs() < 30.0).then_some(Self { beta, alpha })
    }

    fn log_rate(&self, ground: &Ground, cell: usize, seized: f64) -> f64 {
        let linear: f64 = self.beta.iter().zip(ground.x(cell, seized)).map(|(b, x)| b * x).sum();
        (linear + ground.people(cell)).clamp(-40.0, 20.0)
    }

    /// What every cell expects on a day of calendar factor 1 without seizures nearby, its own past taken in.
    fn rates(&self, ground: &Ground) -> Vec<f64> {
        let cells = ground.known.layout.xy.len();
        let (mut expected, mut came) = (vec![0.0; cells], vec![0.0; cells]);
        for row in ground.rows() {
            expected[row.cell] += row.exposure * self.log_rate(ground, row.cell, row.seized).exp();
            came[row.cell] += row.count;
        }
        let r = 1.0 / self.alpha;
        let rate = |c: usize| self.log_rate(ground, c, 0.0).exp() * (r + came[c]) / (r + expected[c]);
        (0..cells).map(|c| rate(c).max(1e-12)).collect()
    }

    fn forecast(&self, ground: &Ground, known: &Known, base: &Base) -> Fitted {
        let layout = known.layout;
        let rates = self.rates(ground);
        let total: f64 = rates.iter().sum();
        let mut of_group = vec![0.0; layout.groups];
        rates.iter().zip(&layout.group_of).for_each(|(r, &g)| of_group[g as usize] += r / total);
        let history = &base.long_run.group_share;
        let apart: f64 = history.iter().zip(&of_group).filter(|(_, g)| **g <= 0.0).map(|(h, _)| h).sum();
        let share: Vec<f64> =
            history.iter().zip(&of_group).map(|(h, g)| if *g > 0.0 { g * (1.0 - apart) } else { *h }).collect();
        let seized: Vec<_> = (0..DAYS / WEEK)
            .map(|week| ground.seen.seized_before((known.days.len() + week * WEEK) as i32, layout, &ground.grid))
            .collect();
        let gamma = if ground.seen.seizures.is_some() { self.beta.last().copied().unwrap_or(0.0) } else { 0.0 };
        let factors = base.factors_ahead();
        let mut groups = vec![vec![0.0; DAYS]; layout.groups];
        let mut cells = Vec::with_capacity(DAYS);
        for d in 0..DAYS {
            let lift = |c: usize| seized[d / WEEK].get(&(c as u32)).map_or(1.0, |x| (gamma * x).exp());
            let today: Vec<f64> = rates.iter().enumerate().map(|(c, r)| r / total * lift(c)).collect();
            let mut sums = vec![0.0; layout.groups];
            today.iter().zip(&layout.group_of).for_each(|(x, &g)| sums[g as usize] += x);
            for (g, group) in groups.iter_mut().enumerate() {
                let lifted = if of_group[g] > 0.0 { sums[g] / of_group[g] } else { 1.0 };
                group[d] = (base.adjusted_rate * share[g] * factors[d] * lifted).max(1e-9);
            }
            let placed = |g: u32| base.long_run.placed[g as usize] / sums[g as usize].max(1e-300);
            cells.push(today.iter().zip(&layout.group_of).map(|(x, &g)| x * placed(g)).collect());
        }
        let parts = parts(&groups, base);
        Fitted { cells: CellShares::Daily(cells), ..base.long_run.fitted(groups, parts) }
    }
}

/// What is above long history by the calendar is due to what is known of places.
fn parts(groups: &[Vec<f64>], base: &Base) -> Vec<(Part, Vec<Vec<f64>>)> {
    let long = base.long_run.group_rates();
    super::model::calendar_parts(groups, &long, &base.weekday_ahead, &base.season_ahead, Part::Covariates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            place::Point,
            time::{Day, DayRange},
        },
        forecast::{
            covariates::data::{Measure, Reading},
            model,
            panel::{Completeness, Layout, Panel, Sighting},
        },
        stats::{CountDistribution, Random},
    };

    /// 144 cells, of which every fifth has people; events in proportion, and twelve times as many for two weeks after a seizure.
    fn world(days: u32) -> (Panel, Vec<f64>) {
        let centres: Vec<Point> = (0..144)
            .map(|i| Point::new(44.0 + 0.008 * f64::from(i / 12), -69.0 + 0.0112 * f64::from(i % 12)).unwrap())
            .collect();
        let layout = Layout::new(&centres, &[None; 144], 0, 144).unwrap();
        let people: Vec<f64> = (0..144).map(|i| if i % 5 == 0 { 300.0 + 20.0 * f64::from(i) } else { 0.0 }).collect();
        let mut random = Random::seeded(5);
        let seizures: Vec<(u32, u32)> = (0..40).map(|_| (5 * random.below(29), random.below(days))).collect();
        let mut counts = Vec::new();
        for day in 0..days {
            for cell in 0..144u32 {
                let excited = seizures.iter().any(|&(c, d)| c == cell && d < day && day <= d + 14);
                let mean = 1e-5 * people[cell as usize] * if excited { 12.0 } else { 1.0 };
                let count = CountDistribution::poisson(mean).sample(&mut random) as u32;
                if count > 0 {
                    counts.push(Sighting { place: cell, day, lag: 0, count });
                }
            }
        }
        let range = DayRange::new(Day::from_epoch_days(18_500), Day::from_epoch_days(18_499 + days as i32)).unwrap();
        let one = |place: u32, measure, day, value| Reading { place, measure, day, cells: vec![place], value };
        let mut readings: Vec<Reading> =
            (0..144).map(|c| one(c, Measure::Population, None, people[c as usize])).collect();
        readings.extend(seizures.iter().map(|&(c, d)| one(c, Measure::Seizures, Some(d as i32), 1.0)));
        let panel = Panel::new(range, layout, counts, vec![], &[], Completeness::ByLag(vec![])).unwrap();
        (panel.with_covariates(readings), people)
    }

    #[test]
    fn people_and_seizures_are_found_and_cells_never_seen_get_what_they_suggest() {
        let (panel, people) = world(700);
        let known = panel.known_at(panel.days.to);
        let smoothing = super::super::surface::Smoothing::learn(&known);
        let base = Base::of(&known, &smoothing);
        let seen = known.covariates.as_ref().unwrap();
        let ground = Ground::of(&known, &base, seen);
        let fit = PlaceFit::learn(&ground).unwrap();
        // Over nine cells the lift of one is diluted; it has to be clear, and the exponent of population near 1.
        assert!(fit.beta[2] > 0.5 && fit.beta[1].abs() < 0.25, "{fit:?}");
        let rates = fit.rates(&ground);
        let unseen = (0..144).filter(|&c| known.cell_totals(|_| 1.0)[c] == 0.0);
        let (with, without): (Vec<usize>, Vec<usize>) = unseen.partition(|&c| people[c] > 0.0);
        let mean = |of: &[usize]| of.iter().map(|&c| rates[c]).sum::<f64>() / of.len().max(1) as f64;
        assert!(without.len() > 50 && mean(&with) > 5.0 * mean(&without) || with.is_empty(), "{}", with.len());
        let tuning = Tuning::learn(&known, &[&Covariates], None);
        let expected = Covariates.fit(&known, &tuning, &base);
        assert!(expected.groups.iter().flatten().all(|m| *m > 0.0 && m.is_finite()));
    }

    #[test]
    fn without_figures_the_model_is_not_among_the_others() {
        let (panel, _) = world(100);
        assert!(model::for_panel(&panel).iter().any(|m| m.name() == "covariates"));
        assert!(model::for_panel(&panel.with_covariates(Vec::new())).iter().all(|m| m.name() != "covariates"));
    }
}
