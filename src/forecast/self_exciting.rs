//! `self-exciting`: every event raises for a while what is expected at its place, near it, and in the land (Ogata 1988,
//! *JASA* 83:9; for crime and calls Mohler et al. 2011, *JASA* 106:100; fitted by the expectation–maximisation of Veen &
//! Schoenberg 2008 in the step-function form of Marsan & Lengliné 2008).
//!
//! The expected count of cell j on day t is
//!
//! > λ_j(t) = ν B_j(t) + Σ_{i: t_i < t} Σ_s θ_s(t − t_i) f_s(j | j_i),
//!
//! * B_j is what `history` times the calendar expected there, from events before the four weeks that t lies in: a
//!   background that has seen the very events would leave nothing to be triggered;
//! * θ_s is a step function of the days since an earlier event: 1–3, 4–7, 8–14, 15–28 and 29–56;
//! * f_s spreads its offspring: over its own cell; by a Gaussian of one cell spacing, and one of three, normalised over
//!   the cells of the land, so that nothing leaks over its border; and over the land as the background lies, a rise of
//!   the level of everything.
//!
//! ν and all θ_s come from one concave likelihood by EM, with a weak gamma prior that draws θ to 0 (twenty events' worth)
//! and ν to 1 (fifty). Days ahead are expected one after the other: offspring of events expected on coming days follow
//! their parents' own pattern over cells.
//!
//! *In terms of twinstim.* Meyer, Elias & Höhle (2012, *Biometrics* 68:607; in R's surveillance) define for a point in
//! space s and time t of a region W
//!
//! > λ*(s, t) = h(s, t) + Σ_{j: t_j < t ≤ t_j + ε} e^{η_j} g(t − t_j) f(s − s_j),  h = exp(o(s, t) + β′z),
//! > log L = Σ_i log λ*(s_i, t_i) − ∫_0^T ∫_W λ*(s, t) ds dt.
//!
//! * h: o is the log of what `history` by the calendar expects, constant within a cell and a day; β has the intercept
//!   alone, ν = e^{β₀}.
//! * ε is 56 days. There is one type of event and no mark, so η is an intercept: e^η g f = Σ_b Σ_s θ_bs g_b f_s, with
//!   e^η = Σ θ_bs, what one event is followed by in all. It is not separable in general: near offspring may come sooner.
//! * g_b is one of `tiaf.step`'s steps, 1/width on the days of step b, counted in calendar days after the event's own; the
//!   event's own day has no g, where twinstim's begins at once.
//! * f_s is a density on W: uniform in the event's own cell; two `siaf.gaussian` of fixed σ, cut at 3σ; and one in proportion to
//!   h. twinstim's f is no density and integrates to less than one across the border; here each f_s integrates to one over
//!   W, so θ counts the offspring within W, and ∫∫ e^η g f = Σ_j Σ_bs θ_bs × (the part of step b before T).
//! * What is made discrete: events stand at their cell's centre and the middle of their day; f_s is taken at the centres of
//!   cells, and its integral over W is the sum over cells, where twinstim uses cubature over polygons. The log-likelihood
//!   of counts is then that of the definition plus Σ y log(cell's area × day): a test compares the two to a hundredth an event
//!   with space and time divided finely, and another recovers the parameters of simulated processes within their own errors.
//!
//! Limits: no covariates; the newest 4,000 event days of at most a year are fitted; dispersion is not part of the fit
//! but learned from past forecasts as for all models.

use std::collections::BTreeMap;

use super::{
    base::Base,
    history::LongRun,
    model::{CellShares, Fitted, ForecastModel, MAX_HORIZON, Part},
    panel::{Known, Layout},
    surface::{Grid, Smoothing},
    tuning::Tuning,
};

/// Last day of each step since an earlier event.
const STEPS: [usize; 5] = [3, 7, 14, 28, 56];
const REACH: usize = 56;
/// Point, near, farther, land.
const SPREADS: usize = 4;
const LAND: usize = 3;
/// Widths of the Gaussians, in cell spacings.
const WIDTHS: [f64; 2] = [1.0, 3.0];
const DAYS: usize = MAX_HORIZON as usize;
const FIT_DAYS: usize = 365;
/// Days of data before the first that is fitted.
const FIRST: usize = 56;
const BLOCK: usize = 28;
const MOST_POINTS: usize = 4000;
const LEAST_POINTS: usize = 60;
const ROUNDS: usize = 80;
/// Events' worth of prior for θ = 0 and for ν = 1.
const PRIOR_THETA: f64 = 20.0;
const PRIOR_NU: f64 = 50.0;

pub struct SelfExciting;

/// The fitted triggering.
#[derive(Debug, Clone, PartialEq)]
pub struct Contagion {
    pub background: f64,
    /// Expected direct offspring of one event, by step and spread.
    pub theta: [[f64; SPREADS]; STEPS.len()],
}

impl ForecastModel for SelfExciting {
    fn name(&self) -> &'static str {
        "self-exciting"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tune(&self, known: &Known, base: &Base, tuning: &mut Tuning) {
        tuning.contagion = Contagion::learn(known, base, &tuning.smoothing);
    }

    fn fit(&self, known: &Known, tuning: &Tuning, base: &Base) -> Fitted {
        let Some(contagion) = &tuning.contagion else { return base.long_run.flat() };
        contagion.forecast(known, base)
    }
}

/// An event day of a cell, with the expected count there by where it may come from.
struct Point {
    count: f64,
    background: f64,
    triggered: [[f64; SPREADS]; STEPS.len()],
}

/// What the likelihood is made of: every event day, and the integrals of the background and of what events trigger.
struct Evidence {
    points: Vec<Point>,
    total_background: f64,
    mothers: [f64; STEPS.len()],
}

impl Evidence {
    /// Of (day, cell, count), by day and cell, from day `first` on. `rates` are the background rates of all cells by the start
    /// of a block of days.
    fn of(
        layout: &Layout,
        events: &[(usize, usize, f64)],
        [offset, exposure]: [&[f64]; 2],
        first: usize,
        mut rates: impl FnMut(usize) -> Vec<f64>,
    ) -> Self {
        let n = exposure.len();
        let kernels = Kernels::of(layout, events.iter().filter(|e| e.0 + REACH >= first).map(|e| e.1));
        let (mut points, mut total_background) = (Vec::new(), 0.0);
        for start in (first..n).step_by(BLOCK) {
            let cells = rates(start);
            let land: f64 = cells.iter().sum();
            for (t, &offset) in offset.iter().enumerate().take(start + BLOCK).skip(start) {
                total_background += offset * land;
                let (begin, now) = (events.partition_point(|e| e.0 + REACH < t), events.partition_point(|e| e.0 < t));
                for &(_, cell, count) in events[now..].iter().take_while(|e| e.0 == t) {
                    let share = cells[cell] / land.max(1e-300);
                    let triggered = pull_of(&events[begin..now], t, cell, share, &kernels, exposure);
                    points.push(Point { count, background: offset * cells[cell], triggered });
                }
            }
        }
        Self { points, total_background, mothers: mothers(events, exposure, first) }
    }
}

impl Contagion {
    fn learn(known: &Known, base: &Base, smoothing: &Smoothing) -> Option<Self> {
        let n = known.days.len();
        let mut first = FIRST.max(n.saturating_sub(FIT_DAYS));
        let mut events: Vec<(usize, usize, f64)> =
            known.cells.iter().map(|&(cell, day, count)| (day as usize, cell as usize, count)).collect();
        events.sort_unstable_by_key(|e| (e.0, e.1));
        let in_fit = events.len() - events.partition_point(|e| e.0 < first);
        if in_fit < LEAST_POINTS {
            return None;
        }
        if in_fit > MOST_POINTS {
            first = events[events.len() - MOST_POINTS].0;
        }
        let rates = |start: usize| {
            cell_rates(known.layout, &LongRun::of(known, smoothing, |t| if t < start { 1.0 } else { 0.0 }))
        };
        let evidence = Evidence::of(known.layout, &events, [&base.offset, &known.exposure], first, rates);
        Some(Self::maximise(&evidence, [PRIOR_NU, PRIOR_THETA], ROUNDS))
    }

    /// The posterior mode under a prior of so many events' worth for ν = 1 and for θ = 0.
    fn maximise(evidence: &Evidence, [prior_nu, prior_theta]: [f64; 2], rounds: usize) -> Self {
        let mut fitted = Self { background: 0.8, theta: [[0.02; SPREADS]; STEPS.len()] };
        for _ in 0..rounds {
            let (mut from_background, mut offspring) = (0.0, [[0.0; SPREADS]; STEPS.len()]);
            for p in &evidence.points {
                let own = fitted.background * p.background;
                let pairs = || fitted.theta.iter().flatten().zip(p.triggered.iter().flatten());
                let each = p.count / fitted.intensity(p).max(1e-300);
                from_background += own * each;
                for (sum, (t, x)) in offspring.iter_mut().flatten().zip(pairs()) {
                    *sum += t * x * each;
                }
            }
            fitted.background = (from_background + prior_nu) / (evidence.total_background + prior_nu);
            for (b, sums) in offspring.iter().enumerate() {
                for (s, sum) in sums.iter().enumerate() {
                    fitted.theta[b][s] = sum / (evidence.mothers[b] + prior_theta);
                }
            }
        }
        fitted
    }

    /// Expected count of a cell and day.
    fn intensity(&self, p: &Point) -> f64 {
        let pairs = self.theta.iter().flatten().zip(p.triggered.iter().flatten());
        self.background * p.background + pairs.map(|(t, x)| t * x).sum::<f64>()
    }

    /// Σ_i log λ − ∫ λ, up to the constant by which cells and days differ from points and instants.
    #[cfg(test)]
    fn log_likelihood(&self, evidence: &Evidence) -> f64 {
        let events: f64 = evidence.points.iter().map(|p| p.count * self.intensity(p).ln()).sum();
        let offspring: f64 = self.theta.iter().zip(evidence.mothers).map(|(t, m)| t.iter().sum::<f64>() * m).sum();
        events - self.background * evidence.total_background - offspring
    }

    fn forecast(&self, known: &Known, base: &Base) -> Fitted {
        let layout = known.layout;
        let group_rates = base.long_run.group_rates();
        let usual = cell_rates(layout, &base.long_run);
        let (mut cells, mut near) = self.days_ahead(known, base, &usual);
        let mut placed = vec![0.0; layout.groups];
        usual.iter().zip(&layout.group_of).for_each(|(u, &g)| placed[g as usize] += u);
        let mut sums = vec![[0.0; DAYS]; layout.groups];
        for (cell, &g) in cells.iter().zip(&layout.group_of) {
            sums[g as usize].iter_mut().zip(cell).for_each(|(s, c)| *s += c);
        }
        let land: [f64; DAYS] = std::array::from_fn(|d| sums.iter().map(|s| s[d]).sum());
        let usual_land: f64 = usual.iter().sum::<f64>().max(1e-300);
        // A group's mean is its usual one times what its cells come to against usual; without cells, the land's.
        let groups: Vec<Vec<f64>> = (0..layout.groups)
            .map(|g| {
                let ratio = |d: usize| if placed[g] > 0.0 { sums[g][d] / placed[g] } else { land[d] / usual_land };
                (0..DAYS).map(|d| (group_rates[g] * ratio(d)).max(1e-9)).collect()
            })
            .collect();
        for (g, days) in near.iter_mut().enumerate().filter(|(g, _)| placed[*g] > 0.0) {
            days.iter_mut().for_each(|x| *x *= group_rates[g] / placed[g]);
        }
        for (cell, &g) in cells.iter_mut().zip(&layout.group_of) {
            cell.iter_mut().zip(&groups[g as usize]).for_each(|(c, m)| *c /= m);
        }
        let parts = self.parts(base, &groups, near);
        let shares = (0..DAYS).map(|d| cells.iter().map(|c| c[d]).collect()).collect();
        Fitted { cells: CellShares::Daily(shares), ..base.long_run.fitted(groups, parts) }
    }

    /// What every cell expects on each of the coming days, and what of it comes from events in cells nearby, by group.
    fn days_ahead(&self, known: &Known, base: &Base, usual: &[f64]) -> (Vec<[f64; DAYS]>, Vec<Vec<f64>>) {
        let layout = known.layout;
        let n = known.days.len();
        let land: f64 = usual.iter().sum::<f64>().max(1e-300);
        let factors = base.factors_ahead();
        let mut level: [f64; DAYS] = std::array::from_fn(|d| self.background * factors[d] * base_level(base));
        // By cell that saw events of late: what they add to each day by the point and by each Gaussian.
        let mut sources: BTreeMap<usize, [[f64; DAYS]; LAND]> = BTreeMap::new();
        for &(cell, day, count) in known.cells.iter().filter(|c| c.1 as usize + REACH >= n) {
            let source = sources.entry(cell as usize).or_insert([[0.0; DAYS]; LAND]);
            let count = count / known.exposure[day as usize];
            for d in 0..DAYS {
                let Some(step) = step_of(n + d - day as usize) else { continue };
                let weight = count / width(step);
                level[d] += weight * self.theta[step][LAND] / land;
                for (s, days) in source.iter_mut().enumerate() {
                    days[d] += weight * self.theta[step][s];
                }
            }
        }
        let mut cells: Vec<[f64; DAYS]> = usual.iter().map(|u| level.map(|l| l * u)).collect();
        let mut near = vec![vec![0.0; DAYS]; layout.groups];
        let kernels = Kernels::of(layout, sources.keys().copied());
        for (&from, source) in &sources {
            cells[from].iter_mut().zip(&source[0]).for_each(|(c, s)| *c += s);
            for (k, days) in source.iter().skip(1).enumerate().filter(|(_, days)| days[0] > 1e-9) {
                kernels.spread(k, from, |to, w| {
                    cells[to].iter_mut().zip(days).for_each(|(c, s)| *c += w * s);
                    let group = &mut near[layout.group_of[to] as usize];
                    group.iter_mut().zip(days).for_each(|(c, s)| *c += w * s);
                });
            }
        }
        for cell in &mut cells {
            for d in 1..DAYS {
                for back in 1..=d {
                    let Some(step) = step_of(back) else { continue };
                    cell[d] += self.theta[step].iter().sum::<f64>() / width(step) * cell[d - back];
                }
            }
        }
        (cells, near)
    }

    fn parts(&self, base: &Base, groups: &[Vec<f64>], near: Vec<Vec<f64>>) -> Vec<(Part, Vec<Vec<f64>>)> {
        let rates = base.long_run.group_rates();
        let by = |f: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
            (0..groups.len()).map(|g| (0..groups[g].len()).map(|d| f(g, d)).collect()).collect()
        };
        let (weekday, season) = (&base.weekday_ahead, &base.season_ahead);
        let weekdays = by(&|g, d| self.background * rates[g] * (weekday[d] - 1.0));
        let seasons = by(&|g, d| self.background * rates[g] * weekday[d] * (season[d] - 1.0));
        let long = |g: usize, d: usize| self.background * rates[g] * weekday[d] * season[d];
        let recent = by(&|g, d| groups[g][d] - near[g][d] - long(g, d));
        vec![(Part::Weekday, weekdays), (Part::Season, seasons), (Part::Neighbours, near), (Part::RecentEvents, recent)]
    }
}

/// What the calendar-adjusted rate is to the plain one.
fn base_level(base: &Base) -> f64 {
    base.adjusted_rate / base.long_run.rate.max(1e-300)
}

/// What the long run expects a day in every cell.
fn cell_rates(layout: &Layout, long_run: &LongRun) -> Vec<f64> {
    let rates = long_run.group_rates();
    long_run.cell_shares().iter().zip(&layout.group_of).map(|(s, &g)| s * rates[g as usize]).collect()
}

fn step_of(lag: usize) -> Option<usize> {
    if lag == 0 { None } else { STEPS.iter().position(|&last| lag <= last) }
}

fn width(step: usize) -> f64 {
    (STEPS[step] - if step == 0 { 0 } else { STEPS[step - 1] }) as f64
}

/// How strongly earlier events point to a cell on day `t`, by step and spread.
fn pull_of(
    earlier: &[(usize, usize, f64)],
    t: usize,
    cell: usize,
    share: f64,
    kernels: &Kernels,
    exposure: &[f64],
) -> [[f64; SPREADS]; STEPS.len()] {
    let mut out = [[0.0; SPREADS]; STEPS.len()];
    for &(day, from, count) in earlier {
        let Some(step) = step_of(t - day) else { continue };
        let weight = count / exposure[day] * exposure[t] / width(step);
        out[step][LAND] += weight * share;
        if from == cell {
            out[step][0] += weight;
        }
        if let Some(near) = kernels.at(from, cell) {
            out[step][1] += weight * near[0];
            out[step][2] += weight * near[1];
        }
    }
    out
}

/// How many events could have had offspring within the days fitted, by step.
fn mothers(events: &[(usize, usize, f64)], exposure: &[f64], first: usize) -> [f64; STEPS.len()] {
    let n = exposure.len();
    let mut cumulative = vec![0.0; n + 1];
    for t in 0..n {
        cumulative[t + 1] = cumulative[t] + if t >= first { exposure[t] } else { 0.0 };
    }
    let mut out = [0.0; STEPS.len()];
    for &(day, _, count) in events.iter().filter(|e| e.0 + REACH >= first) {
        for (step, sum) in out.iter_mut().enumerate() {
            let from = (day + 1 + if step == 0 { 0 } else { STEPS[step - 1] }).min(n);
            let to = (day + 1 + STEPS[step]).min(n);
            *sum += count / exposure[day] * (cumulative[to] - cumulative[from]) / width(step);
        }
    }
    out
}

/// The Gaussian spreads about the cells that saw events.
struct Kernels<'a> {
    layout: &'a Layout,
    grid: Grid,
    /// By cell and width: one over the sum of weights; 0 for cells without events.
    scale: Vec<[f64; WIDTHS.len()]>,
}

impl<'a> Kernels<'a> {
    fn of(layout: &'a Layout, cells: impl Iterator<Item = usize>) -> Self {
        let mut out = Self { layout, grid: Grid::new(layout), scale: vec![[0.0; WIDTHS.len()]; layout.xy.len()] };
        for cell in cells {
            if out.scale[cell][0] > 0.0 {
                continue;
            }
            for k in 0..WIDTHS.len() {
                let mut sum = 0.0;
                out.scale[cell][k] = 1.0;
                out.spread(k, cell, |_, w| sum += w);
                out.scale[cell][k] = 1.0 / sum;
            }
        }
        out
    }

    /// Calls `visit` with each cell within three widths and its weight.
    fn spread(&self, k: usize, from: usize, mut visit: impl FnMut(usize, f64)) {
        let sigma = WIDTHS[k] * self.layout.spacing;
        let here = self.layout.xy[from];
        self.grid.within(here, 3.0 * sigma, |to| {
            let w = gauss(here, self.layout.xy[to as usize], sigma);
            if w > 0.0 {
                visit(to as usize, w * self.scale[from][k]);
            }
        });
    }

    fn at(&self, from: usize, to: usize) -> Option<[f64; WIDTHS.len()]> {
        let (a, b) = (self.layout.xy[from], self.layout.xy[to]);
        let farthest = 3.0 * WIDTHS[1] * self.layout.spacing;
        if (a[0] - b[0]).abs() > farthest || (a[1] - b[1]).abs() > farthest {
            return None;
        }
        Some(std::array::from_fn(|k| gauss(a, b, WIDTHS[k] * self.layout.spacing) * self.scale[from][k]))
    }
}

fn gauss(a: [f64; 2], b: [f64; 2], sigma: f64) -> f64 {
    let d2 = ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)) / (sigma * sigma);
    if d2 > 9.0 { 0.0 } else { (-0.5 * d2).exp() }
}

#[cfg(test)]
#[path = "self_exciting_tests.rs"]
mod tests;
