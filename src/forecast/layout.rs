//! Where cells lie, in kilometres, and which area each belongs to.

use super::ForecastError;
use crate::domain::place::Point;

/// Where the cells lie and which group each belongs to.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Cell centres in kilometres east and north of the middle of them all.
    pub xy: Vec<[f64; 2]>,
    /// Group of every cell.
    pub group_of: Vec<u32>,
    pub areas: usize,
    /// Areas, and "elsewhere" as the last one where it exists.
    pub groups: usize,
    /// Median distance of a cell to its nearest neighbour, km; 1 for fewer than two cells.
    pub spacing: f64,
}

impl Layout {
    /// # Errors
    /// When the lists differ in length.
    pub fn new(
        centres: &[Point],
        cell_area: &[Option<u32>],
        areas: usize,
        cells: usize,
    ) -> Result<Self, ForecastError> {
        for (what, got) in [("centres", centres.len()), ("areas of cells", cell_area.len())] {
            if got != cells {
                return Err(ForecastError::Shape { what, got, want: cells });
            }
        }
        let elsewhere = cell_area.iter().any(Option::is_none) || areas == 0;
        let group_of: Vec<u32> = cell_area.iter().map(|a| a.unwrap_or(areas as u32)).collect();
        if let Some(&bad) = group_of.iter().find(|&&g| g as usize > areas) {
            return Err(ForecastError::Shape { what: "area of a cell", got: bad as usize, want: areas });
        }
        let xy = project(centres);
        let spacing = median_spacing(&xy);
        Ok(Self { xy, group_of, areas, groups: areas + usize::from(elsewhere), spacing })
    }
}

/// Equirectangular kilometres about the mean centre: true to a percent over a state, which is ample for kernels.
fn project(centres: &[Point]) -> Vec<[f64; 2]> {
    let n = centres.len().max(1) as f64;
    let lat0 = centres.iter().map(|p| p.lat()).sum::<f64>() / n;
    // Longitudes are unwrapped against the first, so that a state across the date line stays in one piece.
    let first = centres.first().map_or(0.0, |p| p.lon());
    let east = |p: &Point| (p.lon() - first + 540.0).rem_euclid(360.0) - 180.0;
    let per_degree = 111.195;
    centres.iter().map(|p| [east(p) * per_degree * lat0.to_radians().cos(), (p.lat() - lat0) * per_degree]).collect()
}

fn median_spacing(xy: &[[f64; 2]]) -> f64 {
    // A sample is enough: cells of one resolution are alike.
    let step = (xy.len() / 200).max(1);
    let mut nearest: Vec<f64> = (0..xy.len())
        .step_by(step)
        .map(|i| {
            (0..xy.len())
                .filter(|&j| j != i)
                .map(|j| (xy[i][0] - xy[j][0]).hypot(xy[i][1] - xy[j][1]))
                .fold(f64::INFINITY, f64::min)
        })
        .filter(|d| d.is_finite() && *d > 0.0)
        .collect();
    nearest.sort_by(f64::total_cmp);
    nearest.get(nearest.len() / 2).copied().unwrap_or(1.0)
}
