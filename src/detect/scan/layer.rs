//! The places of one resolution: those that were given, or the coarser H3 cells that hold them.
//!
//! Every resolution sees the same cases and, in the replicates, the same permuted worlds, drawn in the finest
//! places; the greatest statistic over all of them is what a p-value is judged by. So it accounts for every
//! resolution that was looked at.

use std::collections::BTreeMap;

use crate::domain::place::{Cell, Resolution};

use super::{
    ScanError,
    connected::{MOST_CELLS, Rules, Sets},
    geometry::{Geometry, Location},
    grid::Grid,
    options::{Analysis, Rates, ScanOptions, ZoneShape},
    problem::Problem,
    zones::{Circles, Family, Rings, RowNumber, Zones},
};

pub(super) struct Layer {
    /// How many resolutions coarser than the places that were given.
    pub coarser: u8,
    pub problem: Problem,
    geometry: Geometry,
    /// Which places touch, where zones depend on it.
    grid: Option<Grid>,
    /// The places of this layer by the finest places, and the finest place that stands for each.
    pub label: Vec<u32>,
    pub middle: Vec<u32>,
}

/// The zones of a layer.
pub(super) enum Shape<P> {
    Nested(Zones<P>),
    Connected(Sets<P>),
}

/// A zone in short.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Zone {
    /// The one around `centre` that took in `last` last.
    UpTo { centre: usize, last: usize },
    /// These places.
    Set(Vec<u32>),
}

/// What cells have to be known for.
const HEXAGONS: &str = "the places to be H3 cells of one resolution";

/// The layers of a scan, the finest first. `ids`: of the finest places, in their order; `touching`: pairs of them.
///
/// # Errors
/// When zones or coarser resolutions are asked for that the places do not give.
pub(super) fn layers(
    problem: Problem,
    geometry: Geometry,
    ids: &[&str],
    touching: Option<&[(u32, u32)]>,
    options: &ScanOptions,
) -> Result<Vec<Layer>, ScanError> {
    let hexagonal = options.coarser > 0 || !options.zones.is_circles();
    let cells = if hexagonal { Grid::cells(ids.iter().copied()) } else { None };
    let places = ids.len();
    let grid = match (options.zones, touching, &cells) {
        (ZoneShape::Circles, ..) => None,
        (_, Some(pairs), _) => Some(Grid::of_pairs(places, pairs.iter().copied())),
        (_, None, Some(cells)) => Some(Grid::Cells(cells.clone())),
        (shape, None, None) => {
            return Err(ScanError::Zones {
                zones: shape.as_str(),
                needs: "H3 cells of one resolution as places, or to be told which places are neighbours",
            });
        }
    };
    let identity: Vec<u32> = (0..places as u32).collect();
    let finest = Layer { coarser: 0, problem, geometry, grid, label: identity.clone(), middle: identity };
    let mut layers = vec![finest];
    if options.coarser == 0 {
        return Ok(layers);
    }
    let Some(cells) = cells else { return Err(ScanError::Coarser { needs: HEXAGONS }) };
    if touching.is_some() && !options.zones.is_circles() {
        return Err(ScanError::Coarser { needs: "neighbours to come from H3, and not to be given" });
    }
    for step in 1..=options.coarser {
        let layer = layers[0].over(&cells, step, options);
        layers.push(layer.ok_or(ScanError::Coarser { needs: "a coarser H3 resolution for each step, 0 at least" })?);
    }
    Ok(layers)
}

impl Layer {
    /// The layer `step` resolutions above this finest one; `None` where there is none.
    fn over(&self, cells: &[Cell], step: u8, options: &ScanOptions) -> Option<Self> {
        let finest = u8::from(cells.first()?.resolution());
        let resolution = Resolution::try_from(finest.checked_sub(step)?).ok()?;
        let parents = cells.iter().map(|c| c.parent(resolution)).collect::<Option<Vec<Cell>>>()?;
        let mut inside: BTreeMap<Cell, Vec<u32>> = BTreeMap::new();
        parents.iter().enumerate().for_each(|(p, parent)| inside.entry(*parent).or_default().push(p as u32));
        let own: Vec<Cell> = inside.keys().copied().collect();
        let mut label = vec![0; cells.len()];
        let mut middle = Vec::with_capacity(own.len());
        for (number, (parent, places)) in inside.iter().enumerate() {
            places.iter().for_each(|p| label[*p as usize] = number as u32);
            let away = |p: &u32| cells[*p as usize].centre().distance_km(parent.centre());
            middle.extend(places.iter().copied().min_by(|a, b| away(a).total_cmp(&away(b))));
        }
        Some(Self {
            coarser: step,
            problem: self.problem.coarser(&label, own.len()),
            geometry: Geometry::new(own.iter().map(|c| Location::Geographic(c.centre())))?,
            grid: (!options.zones.is_circles()).then_some(Grid::Cells(own)),
            label,
            middle,
        })
    }

    pub fn places(&self) -> usize {
        self.middle.len()
    }

    /// The zones that are nested around centres; `None` for connected ones.
    fn family<'a>(&'a self, options: &ScanOptions) -> Option<Box<dyn Family + 'a>> {
        let (geometry, max_radius) = (&self.geometry, options.max_radius_km);
        match (options.zones, &self.grid) {
            (ZoneShape::Rings, Some(grid)) => Some(Box::new(Rings { grid, geometry, max_radius })),
            (ZoneShape::Connected, _) => None,
            _ => Some(Box::new(Circles { geometry, max_radius })),
        }
    }

    /// Places that have rows of counts: those with a population at risk, and with connected zones those that lead
    /// from one to another.
    pub fn active(&self, options: &ScanOptions) -> Vec<u32> {
        let connected = options.zones == ZoneShape::Connected;
        (0..self.places() as u32).filter(|&p| connected || self.problem.risk[p as usize] > 0.0).collect()
    }

    /// # Errors
    /// When there are too many zones.
    pub fn shape<P: RowNumber>(&self, active: &[u32], options: &ScanOptions) -> Result<Shape<P>, ScanError> {
        let risk = &self.problem.risk;
        let limit = options.max_space_share * risk.iter().sum::<f64>() * (1.0 + 1e-12);
        // Of the whole area alone there are no zones.
        let centres = if options.analysis == Analysis::Temporal { 0 } else { self.places() };
        if let Some(family) = self.family(options) {
            return Ok(Shape::Nested(Zones::new(family.as_ref(), active, risk, limit, centres)));
        }
        let neighbours = self.grid.as_ref().map(Grid::neighbours).unwrap_or_default();
        Ok(Shape::Connected(Sets::new(&Rules {
            neighbours: &neighbours,
            geometry: &self.geometry,
            risk: &risk[..centres],
            limit,
            max_cells: usize::from(options.max_cells),
            max_radius: options.max_radius_km,
        })?))
    }

    /// By place of this layer: is it inside?
    pub fn inside(&self, zone: &Zone, options: &ScanOptions) -> Vec<bool> {
        match (zone, self.family(options)) {
            (Zone::UpTo { centre, last }, Some(family)) => family.holds(*centre, *last, self.places()),
            (Zone::UpTo { centre, .. }, None) => (0..self.places()).map(|p| p == *centre).collect(),
            (Zone::Set(places), _) => {
                let mut inside = vec![false; self.places()];
                places.iter().for_each(|p| inside[*p as usize] = true);
                inside
            }
        }
    }

    /// The place in the middle of a zone: its centre, or the one of a set whose farthest place is nearest.
    pub fn centre_of(&self, zone: &Zone) -> usize {
        match zone {
            Zone::UpTo { centre, .. } => *centre,
            Zone::Set(places) => {
                let radius =
                    |a: u32| places.iter().map(|b| self.geometry.distance(a as usize, *b as usize)).fold(0.0, f64::max);
                let mut sorted = places.clone();
                sorted.sort_unstable();
                sorted.into_iter().min_by(|a, b| radius(*a).total_cmp(&radius(*b))).unwrap_or_default() as usize
            }
        }
    }

    /// Distance between two places of this layer.
    pub fn distance(&self, a: usize, b: usize) -> f64 {
        self.geometry.distance(a, b)
    }
}

/// # Errors
/// When options of connected zones are out of range.
pub(super) fn check_options(o: &ScanOptions) -> Result<(), ScanError> {
    if o.zones != ZoneShape::Connected {
        return Ok(());
    }
    if !(1..=MOST_CELLS).contains(&usize::from(o.max_cells)) {
        return Err(ScanError::Option { name: "max_cells", value: o.max_cells.to_string(), expected: "1 to 12" });
    }
    if o.rates != Rates::High {
        let expected = "high: connected zones are scanned for high rates only";
        return Err(ScanError::Option { name: "windows", value: o.rates.as_str().into(), expected });
    }
    Ok(())
}
