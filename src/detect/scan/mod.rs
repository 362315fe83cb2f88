//! Scan statistics: where, when and how surely there are more cases than expected.
//!
//! Circles of every size around every place (or k-rings of cells, or every connected set of few cells), times windows
//! of every length; the window with the greatest likelihood ratio is the most likely cluster, and its p-value is its rank among the greatest of
//! Monte Carlo replicates, which accounts for all the windows that were looked at (Kulldorff 1997, 2001;
//! Kulldorff et al. 2005 for the permutation model that needs cases only).
//!
//! ```text
//! rows -> strata -> problem (model) -> layers (resolutions) -> zones x windows (sweep, walk)
//!      -> replicates (montecarlo) -> clusters
//! ```
//!
//! To add a model: a file beside `permutation.rs` that builds a [`problem::Problem`] (statistic, expected,
//! null), and a line in [`scan`]. To add a shape of nested zones: a [`zones::Family`] and a word of [`ZoneShape`]. Everything
//! else is shared. Each shape, and each set of resolutions, is judged by replicates that were scanned with it.
//!
//! Cost: a replicate takes one vector addition for every 16, 32 or 64 windows and every place of every zone
//! list, and one comparison for eight of them; a logarithm is taken a few times in a replicate. Memory: two
//! bytes (four beyond 65,534 places) for every place of every list. Connected zones take one
//! addition and one comparison a set (see [`connected`]). Limits: a retrospective Bernoulli scan of thousands of places has no tight bound and is slow (see [`scales`]).
//!
//! Days named as silent (no feed reported anything) are left out: their rows are dropped and they expect
//! nothing, so a window is judged by its other days; every cluster says how many of its days were silent.

mod bernoulli;
mod cluster;
mod connected;
mod geometry;
mod grid;
mod keep;
mod ladder;
mod layer;
mod level;
mod measure;
mod montecarlo;
mod options;
mod permutation;
mod poisson;
mod problem;
mod scales;
mod significance;
mod statistic;
mod strata;
mod sweep;
mod tally;
mod temporal;
mod walk;
mod windows;
mod zones;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_zones;

use thiserror::Error;

use crate::domain::time::{Day, DayRange};

pub use cluster::ScanCluster;
pub use geometry::Location;
pub use options::{
    Analysis, LongestWindow, Model, Overlap, PValueMethod, Rates, ScanOptions, Ties, TimeAdjustment, ZoneShape,
};
pub use significance::NullMaxima;

/// Raised whenever the same input could give another answer.
pub const METHOD_VERSION: u32 = 2;

/// A place where cases can be. Ids are distinct; their order as text breaks ties between centres.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanPlace {
    pub id: String,
    pub location: Location,
}

/// `count` cases at a place on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanCase {
    /// Position in [`ScanInput::places`].
    pub place: usize,
    pub day: Day,
    pub count: u32,
    /// Number of the covariate combination; 0 where there are none.
    pub covariate: u32,
}

/// Population at risk of a place (and covariate combination) at a date; it is linear between dates and
/// constant before the first and after the last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScanPopulation {
    pub place: usize,
    pub covariate: u32,
    /// `None` where the figure holds for the whole period.
    pub date: Option<Day>,
    /// 0 or more.
    pub population: f64,
}

/// What is scanned.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanInput {
    pub places: Vec<ScanPlace>,
    pub cases: Vec<ScanCase>,
    /// The Bernoulli model's controls.
    pub controls: Vec<ScanCase>,
    /// The Poisson model's population.
    pub population: Vec<ScanPopulation>,
    /// The study period. Cases outside it are an error.
    pub days: DayRange,
    /// Days without any report, which say nothing.
    pub silent: Vec<Day>,
    /// Pairs of places that touch, in either order, for rings and connected zones. `None`: the places' ids are H3
    /// cells of one resolution, which know their neighbours.
    pub neighbours: Option<Vec<[usize; 2]>>,
}

impl ScanInput {
    /// Cases only, as the permutation model needs them, every day reported.
    pub fn of_cases(places: Vec<ScanPlace>, cases: Vec<ScanCase>, days: DayRange) -> Self {
        Self { places, cases, controls: Vec::new(), population: Vec::new(), days, silent: Vec::new(), neighbours: None }
    }
}

/// Clusters and what is needed to judge and repeat them.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanResult {
    /// The most likely first.
    pub clusters: Vec<ScanCluster>,
    /// Cases in the study period.
    pub cases: u64,
    /// The greatest statistic of each replicate, in the order they were drawn.
    pub maxima: Vec<f64>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ScanError {
    #[error("no places were given to scan")]
    NoPlaces,
    #[error("place \"{0}\" is there twice; every place needs one position")]
    PlaceTwice(String),
    #[error("places mix latitude/longitude with plane coordinates")]
    MixedCoordinates,
    #[error("case row {row} names place number {place}, and there are {places} places")]
    UnknownPlace { row: usize, place: usize, places: usize },
    #[error("case row {row} is of {day}, outside the study period {from} to {to}")]
    OutsidePeriod { row: usize, day: Day, from: Day, to: Day },
    #[error("place \"{0}\" has cases but no population for them")]
    NoPopulation(String),
    #[error("the {model} model needs {needs}")]
    Missing { model: &'static str, needs: &'static str },
    #[error("{name} is {value}; expected {expected}")]
    Option { name: &'static str, value: String, expected: &'static str },
    #[error("neighbour row {row} names place number {place}, and there are {places} places")]
    UnknownNeighbour { row: usize, place: usize, places: usize },
    #[error("zones {zones} need {needs}")]
    Zones { zones: &'static str, needs: &'static str },
    #[error("coarser resolutions need {needs}")]
    Coarser { needs: &'static str },
    #[error("there are more than {most} connected sets of up to {cells} places; lower max_cells or max_space_share")]
    TooManyZones { most: usize, cells: usize },
    #[error("cannot start the worker threads: {0}")]
    Threads(String),
}

/// Scan for clusters. With fewer than two cases there are none, which is an answer and not an error.
///
/// # Errors
/// When the input contradicts itself or an option is out of range, or there are more connected zones than can be held.
pub fn scan(input: &ScanInput, options: &ScanOptions) -> Result<ScanResult, ScanError> {
    check_options(options)?;
    layer::check_options(options)?;
    let intervals = windows::Intervals::new(input.days, options.aggregate_days);
    let order = sorted_places(&input.places)?;
    let rows = rows(input, &input.cases, &order)?;
    let geometry =
        geometry::Geometry::new(order.iter().map(|&p| input.places[p].location)).ok_or(ScanError::MixedCoordinates)?;
    let plan = intervals.plan(options);
    let cases: u64 = rows.iter().map(|r| u64::from(r.count)).sum();
    if cases < 2 || plan.now.is_empty() {
        return Ok(ScanResult { clusters: Vec::new(), cases, maxima: Vec::new() });
    }
    let problem = problem(input, &rows, &order, &intervals, options)?;
    let ids: Vec<&str> = order.iter().map(|&p| input.places[p].id.as_str()).collect();
    let touching = touching(input, &order)?;
    let layers = layer::layers(problem, geometry, &ids, touching.as_deref(), options)?;
    let outcome = montecarlo::run(&layers, &plan, options)?;
    let reporting = cluster::Reporting { layers: &layers, intervals: &intervals, plan: &plan, options, order: &order };
    let mut clusters = reporting.clusters(&outcome);
    for c in &mut clusters {
        c.silent_days = input.silent.iter().filter(|d| c.window.contains(**d)).count();
    }
    Ok(ScanResult { clusters, cases, maxima: outcome.maxima })
}

fn check_options(o: &ScanOptions) -> Result<(), ScanError> {
    let bad = |name, value: String, expected| Err(ScanError::Option { name, value, expected });
    if o.aggregate_days == 0 {
        return bad("aggregate_days", "0".into(), "at least 1");
    }
    if !(o.max_space_share > 0.0 && o.max_space_share <= 1.0) {
        return bad("max_space_share", o.max_space_share.to_string(), "above 0 and at most 1");
    }
    if o.max_radius_km.is_some_and(|r| !(r >= 0.0 && r.is_finite())) {
        return bad("max_radius_km", format!("{:?}", o.max_radius_km), "a distance of 0 or more");
    }
    match o.longest {
        LongestWindow::Days(0) => return bad("max_days", "0".into(), "at least 1"),
        LongestWindow::Share(s) if !(s > 0.0 && s <= 1.0) => {
            return bad("max_time_share", s.to_string(), "above 0 and at most 1");
        }
        _ => {}
    }
    if let LongestWindow::Days(most) = o.longest
        && o.min_days > most
    {
        return bad("min_days", o.min_days.to_string(), "no more than max_days");
    }
    let spatial = o.analysis == Analysis::Spatial || o.include_spatial;
    let temporal = o.analysis == Analysis::Temporal || o.include_temporal;
    if o.model == Model::Permutation && (spatial || temporal) {
        let expected = "poisson or bernoulli: permuting times cannot show purely spatial or purely temporal clusters";
        return bad("model", o.model.as_str().into(), expected);
    }
    if o.model != Model::Poisson && (o.adjust_time.is_some() || o.adjust_space) {
        return bad("model", o.model.as_str().into(), "poisson when adjusting for time or space");
    }
    if o.model == Model::Bernoulli && o.adjust_weekday {
        return bad("model", o.model.as_str().into(), "permutation or poisson when adjusting for the day of the week");
    }
    if o.adjust_weekday && o.aggregate_days != 1 {
        return bad("aggregate_days", o.aggregate_days.to_string(), "1 when adjusting for the day of the week");
    }
    if o.replications > 999_999 {
        return bad("replications", o.replications.to_string(), "at most 999999");
    }
    Ok(())
}

/// Positions in the input, in the order of ids.
fn sorted_places(places: &[ScanPlace]) -> Result<Vec<usize>, ScanError> {
    if places.is_empty() {
        return Err(ScanError::NoPlaces);
    }
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|&a, &b| places[a].id.cmp(&places[b].id));
    match order.windows(2).find(|w| places[w[0]].id == places[w[1]].id) {
        Some(w) => Err(ScanError::PlaceTwice(places[w[0]].id.clone())),
        None => Ok(order),
    }
}

/// Rows of cases (or controls) with their places' positions in the sorted list, silent days left out.
fn rows(input: &ScanInput, cases: &[ScanCase], order: &[usize]) -> Result<Vec<strata::Row>, ScanError> {
    let position = positions(order);
    let mut rows = Vec::with_capacity(cases.len());
    for (row, c) in cases.iter().enumerate() {
        let Some(&place) = position.get(c.place) else {
            return Err(ScanError::UnknownPlace { row, place: c.place, places: order.len() });
        };
        if !input.days.contains(c.day) {
            let DayRange { from, to } = input.days;
            return Err(ScanError::OutsidePeriod { row, day: c.day, from, to });
        }
        if !input.silent.contains(&c.day) {
            rows.push(strata::Row { place, day: c.day, count: c.count, covariate: c.covariate });
        }
    }
    Ok(rows)
}

/// By position in the input: position in the sorted list.
fn positions(order: &[usize]) -> Vec<u32> {
    let mut position = vec![0u32; order.len()];
    for (i, &p) in order.iter().enumerate() {
        position[p] = i as u32;
    }
    position
}

/// Pairs of neighbours by their positions in the sorted list.
fn touching(input: &ScanInput, order: &[usize]) -> Result<Option<Vec<(u32, u32)>>, ScanError> {
    let Some(pairs) = &input.neighbours else { return Ok(None) };
    let position = positions(order);
    let of = |row: usize, place: usize| {
        let unknown = ScanError::UnknownNeighbour { row, place, places: order.len() };
        position.get(place).copied().ok_or(unknown)
    };
    let pair = |(row, [a, b]): (usize, &[usize; 2])| Ok((of(row, *a)?, of(row, *b)?));
    pairs.iter().enumerate().map(pair).collect::<Result<Vec<_>, _>>().map(Some)
}

fn problem(
    input: &ScanInput,
    rows: &[strata::Row],
    order: &[usize],
    intervals: &windows::Intervals,
    options: &ScanOptions,
) -> Result<problem::Problem, ScanError> {
    match options.model {
        Model::Permutation => {
            let strata = strata::split(rows, intervals, options.adjust_weekday);
            Ok(permutation::problem(strata, order.len(), intervals.count))
        }
        Model::Poisson => {
            if input.population.is_empty() {
                return Err(ScanError::Missing { model: "poisson", needs: "a population" });
            }
            let position = positions(order);
            let mut population = input.population.clone();
            for (row, p) in population.iter_mut().enumerate() {
                let Some(&place) = position.get(p.place) else {
                    return Err(ScanError::UnknownPlace { row, place: p.place, places: order.len() });
                };
                p.place = place as usize;
            }
            let id = |p: usize| input.places[order[p]].id.clone();
            poisson::problem(rows, &population, &input.silent, intervals, options, order.len(), id)
        }
        Model::Bernoulli => {
            let controls = self::rows(input, &input.controls, order)?;
            if controls.is_empty() {
                return Err(ScanError::Missing { model: "bernoulli", needs: "controls" });
            }
            Ok(bernoulli::problem(rows, &controls, intervals, order.len()))
        }
    }
}
