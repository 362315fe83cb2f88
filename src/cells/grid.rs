//! Sets of cells: neighbours, covers of polygons, outlines.
//!
//! Everything comes back sorted and without repeats, so that what is built on it is the same on every run.

use std::collections::HashMap;

use geo::{ConvexHull, MultiPoint, MultiPolygon};
use h3o::{
    CellIndex, Resolution,
    geom::{ContainmentMode, SolventBuilder, TilerBuilder},
};
use thiserror::Error;

use super::AreaIndex;
use crate::domain::{
    ids::AreaId,
    place::{Cell, Point},
};

/// A cover of more cells than this is refused: a whole state at resolution 8 has some 100,000.
const MOST_CELLS: usize = 5_000_000;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CellsError {
    #[error("resolution {0} is not an H3 resolution; expected 0 to 15")]
    Resolution(u8),
    #[error("the outline is not a valid polygon: {0}")]
    Outline(String),
    #[error("the outline holds more than {MOST_CELLS} cells at resolution {0}; choose a coarser resolution")]
    TooMany(u8),
}

/// Which cells belong to a polygon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// Cells whose centre lies inside: neighbouring polygons share none.
    Centres,
    /// Every cell that touches it.
    Touching,
}

/// # Errors
/// When the number is not 0 to 15.
pub fn resolution(number: u8) -> Result<Resolution, CellsError> {
    Resolution::try_from(number).map_err(|_| CellsError::Resolution(number))
}

/// The cells around one, without itself (six; five at a pentagon).
pub fn neighbours(cell: Cell) -> Vec<Cell> {
    disk(cell, 1).into_iter().filter(|c| *c != cell).collect()
}

/// Cells at most `k` steps away, itself included.
pub fn disk(cell: Cell, k: u32) -> Vec<Cell> {
    sorted(cell.index().grid_disk::<Vec<CellIndex>>(k).into_iter())
}

/// Cells exactly `k` steps away.
pub fn ring(cell: Cell, k: u32) -> Vec<Cell> {
    if k == 0 {
        return vec![cell];
    }
    let inner = disk(cell, k - 1);
    disk(cell, k).into_iter().filter(|c| inner.binary_search(c).is_err()).collect()
}

/// For each cell of a list, the positions of its neighbours in that list, ascending.
pub fn adjacency(cells: &[Cell]) -> Vec<Vec<u32>> {
    let at: HashMap<Cell, u32> = cells.iter().enumerate().map(|(i, c)| (*c, i as u32)).collect();
    cells
        .iter()
        .map(|cell| {
            let mut near: Vec<u32> = neighbours(*cell).iter().filter_map(|n| at.get(n).copied()).collect();
            near.sort_unstable();
            near
        })
        .collect()
}

pub fn centres(cells: &[Cell]) -> Vec<Point> {
    cells.iter().map(|c| c.centre()).collect()
}

pub fn area_km2(cell: Cell) -> f64 {
    cell.index().area_km2()
}

/// For each cell the finest area that holds its centre.
pub fn area_of_cells(cells: &[Cell], areas: &AreaIndex) -> Vec<Option<AreaId>> {
    cells.iter().map(|c| areas.finest_at(c.centre()).map(|a| a.id.clone())).collect()
}

/// The cells of a polygon.
///
/// # Errors
/// When the polygon is broken or holds more than five million cells.
pub fn cells_in(outline: &MultiPolygon<f64>, resolution: Resolution, cover: Cover) -> Result<Vec<Cell>, CellsError> {
    let mode = match cover {
        Cover::Centres => ContainmentMode::ContainsCentroid,
        Cover::Touching => ContainmentMode::Covers,
    };
    let mut cells = Vec::new();
    // One polygon at a time: parts that overlap, as published islands do, must not spoil the others.
    for polygon in outline {
        let mut tiler = TilerBuilder::new(resolution).containment_mode(mode).build();
        tiler.add(polygon.clone()).map_err(|e| CellsError::Outline(e.to_string()))?;
        if cells.len() + tiler.coverage_size_hint() > MOST_CELLS {
            return Err(CellsError::TooMany(resolution.into()));
        }
        cells.extend(tiler.into_coverage());
    }
    Ok(sorted(cells.into_iter()))
}

/// Every cell that touches the convex hull of some points: the study region where none is given.
///
/// # Errors
/// When the hull holds more than five million cells.
pub fn cells_in_hull(points: &[Point], resolution: Resolution) -> Result<Vec<Cell>, CellsError> {
    let mut own: Vec<Cell> = points.iter().map(|p| p.cell(resolution)).collect();
    let hull = MultiPoint::from(points.iter().map(|p| (p.lon(), p.lat())).collect::<Vec<_>>()).convex_hull();
    // Fewer than three corners make no polygon; the points' own cells are the hull then.
    if hull.exterior().0.len() > 3 {
        own.extend(cells_in(&MultiPolygon::new(vec![hull]), resolution, Cover::Touching)?);
    }
    own.sort_unstable();
    own.dedup();
    Ok(own)
}

/// One outline around cells, inner borders dissolved; cells of different resolutions may be mixed.
pub fn outline(cells: &[Cell]) -> MultiPolygon<f64> {
    let Some(finest) = cells.iter().map(|c| c.resolution()).max() else {
        return MultiPolygon::new(Vec::new());
    };
    // A coarse cell is taken apart so that borders meet exactly, and what lies in it twice counts once.
    let mut all: Vec<CellIndex> = cells.iter().flat_map(|c| c.index().children(finest)).collect();
    all.sort_unstable();
    all.dedup();
    // Dissolving refuses repeats and mixed resolutions only, and there are none.
    SolventBuilder::new().build().dissolve(all).unwrap_or_else(|_| MultiPolygon::new(Vec::new()))
}

/// The outline of a cluster. Cells that lie together are dissolved as they are. Those of a circle are only the cells
/// in which something happened, here and there; then all cells whose middle lies in the circle are dissolved, so that
/// one shape shows where it is.
pub fn cluster_outline(cells: &[Cell], centre: Option<Point>, radius_km: Option<f64>) -> MultiPolygon<f64> {
    let (Some(centre), Some(radius), Some(first)) = (centre, radius_km, cells.first()) else { return outline(cells) };
    let steps = (radius / (0.8 * area_km2(*first).sqrt())).ceil() + 1.0;
    if !(1.0..=WIDEST_CIRCLE).contains(&steps) || in_one_piece(cells) {
        return outline(cells);
    }
    let around = disk(centre.cell(first.resolution()), steps as u32).into_iter();
    let inside = around.filter(|c| c.centre().distance_km(centre) <= radius + 1e-6);
    outline(&inside.chain(cells.iter().copied()).collect::<Vec<_>>())
}

/// Circles of more steps from cell to cell than this (some 12,000 cells) are drawn as their cells.
const WIDEST_CIRCLE: f64 = 64.0;

fn in_one_piece(cells: &[Cell]) -> bool {
    let near = adjacency(cells);
    let (mut seen, mut next) = (vec![false; cells.len()], vec![0]);
    seen[0] = true;
    while let Some(at) = next.pop() {
        for &other in &near[at] {
            if !std::mem::replace(&mut seen[other as usize], true) {
                next.push(other as usize);
            }
        }
    }
    seen.into_iter().all(|s| s)
}

fn sorted(cells: impl Iterator<Item = CellIndex>) -> Vec<Cell> {
    let mut out: Vec<Cell> = cells.map(Cell::from).collect();
    out.sort_unstable();
    out.dedup();
    out
}

#[cfg(test)]
mod tests {
    use geo::{Area as _, polygon};

    use super::*;

    fn bangor() -> Cell {
        Point::new(44.8016, -68.7712).unwrap().cell(Resolution::Eight)
    }

    #[test]
    fn rings_and_disks_have_the_sizes_of_a_hexagonal_grid() {
        assert_eq!(neighbours(bangor()).len(), 6);
        assert_eq!(disk(bangor(), 2).len(), 19);
        assert_eq!(ring(bangor(), 2).len(), 12);
        assert_eq!(ring(bangor(), 0), [bangor()]);
    }

    #[test]
    fn adjacency_is_mutual() {
        let cells = disk(bangor(), 2);
        let near = adjacency(&cells);
        for (i, list) in near.iter().enumerate() {
            assert!(list.iter().all(|&j| near[j as usize].contains(&(i as u32))));
        }
        assert_eq!(near.iter().filter(|l| l.len() == 6).count(), 7);
    }

    #[test]
    fn an_outline_dissolves_inner_borders_even_with_repeats_and_coarser_cells() {
        let disk = disk(bangor(), 1);
        let once = outline(&disk);
        assert_eq!(once.0.len(), 1);
        assert!(once.0[0].interiors().is_empty());
        let twice: Vec<Cell> = disk.iter().chain(&disk).copied().collect();
        assert!((outline(&twice).unsigned_area() - once.unsigned_area()).abs() < 1e-12);
        let mixed = [bangor(), bangor().parent(Resolution::Seven).unwrap()];
        assert!(!outline(&mixed).0.is_empty());
        assert!(outline(&[]).0.is_empty());
        // A ring leaves a hole.
        assert_eq!(outline(&ring(bangor(), 1)).0[0].interiors().len(), 1);
    }

    #[test]
    fn a_circle_of_scattered_cells_is_one_shape_and_a_line_of_cells_stays_a_line() {
        let around = disk(bangor(), 4);
        let centre = Some(bangor().centre());
        let far = around.iter().map(|c| c.centre().distance_km(bangor().centre())).fold(0.0, f64::max);
        let scattered: Vec<Cell> = around.iter().copied().step_by(5).chain(around.last().copied()).collect();
        assert!(outline(&scattered).0.len() > 5);
        let one = cluster_outline(&scattered, centre, Some(far));
        assert_eq!((one.0.len(), one.0[0].interiors().len()), (1, 0));
        assert!((one.unsigned_area() / outline(&around).unsigned_area() - 1.0).abs() < 0.05);
        let ring = ring(bangor(), 3);
        assert_eq!(cluster_outline(&ring, centre, Some(far)), outline(&ring), "what hangs together is drawn as it is");
        assert_eq!(cluster_outline(&[], None, None), outline(&[]));
    }

    #[test]
    fn neighbouring_polygons_share_no_cell_by_centres_and_do_by_touching() {
        let strip = |west: f64, east: f64| {
            MultiPolygon::new(vec![
                polygon![(x: west, y: 44.7), (x: east, y: 44.7), (x: east, y: 44.8), (x: west, y: 44.8)],
            ])
        };
        let (a, b) = (strip(-68.9, -68.8), strip(-68.8, -68.7));
        let cells = |m: &MultiPolygon, cover| cells_in(m, Resolution::Eight, cover).unwrap();
        let both = |cover| cells(&a, cover).iter().filter(|c| cells(&b, cover).contains(c)).count();
        assert!(cells(&a, Cover::Centres).len() > 80);
        assert_eq!(both(Cover::Centres), 0);
        assert!(both(Cover::Touching) > 0);
    }

    #[test]
    fn the_hull_of_one_point_is_its_cell_and_of_three_everything_between() {
        let p = |lat, lon| Point::new(lat, lon).unwrap();
        assert_eq!(cells_in_hull(&[p(44.8, -68.77)], Resolution::Eight).unwrap().len(), 1);
        let hull = cells_in_hull(&[p(44.8, -68.8), p(44.9, -68.8), p(44.8, -68.6)], Resolution::Eight).unwrap();
        assert!(hull.contains(&p(44.83, -68.75).cell(Resolution::Eight)));
        assert!(cells_in_hull(&[], Resolution::Eight).unwrap().is_empty());
    }
}
