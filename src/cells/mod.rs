//! Places and cells: from points and texts to areas, from events to counts on H3.
//!
//! H3 is Uber's hexagonal grid (<https://h3geo.org>); this module and `domain::place` are the only
//! stages that know it. A cell is 461,354,684 to 0.9 m² by resolution; resolution 8 (about 0.74 km²)
//! is what people see as "a neighbourhood". Two rules hold throughout:
//!
//! - a location counts in a cell only if that cell is at least as wide as the doubt about the
//!   location (`Precision::finest_resolution`), so a town's centroid never looks like a street corner;
//! - an event that counts in no cell still counts in its areas, and [`CellCounts::unplaced`] says how
//!   many did so, because a map that leaves events out silently is wrong.
//!
//! To add another way of cutting space (census tracts, beats): load the polygons as areas
//! ([`AreaIndex`]) and count with [`area_cube`]; nothing else changes.

mod area_index;
mod cube;
mod grid;
mod locate;
mod naming;
mod outline_index;
mod shapes;

pub use crate::domain::place_name::{PlaceName, agrees, base_name};
pub use area_index::AreaIndex;
pub use cube::{CellCounts, Measure, Unplaced, area_cube, cell_cube, counted_once};
pub use grid::{
    CellsError, Cover, adjacency, area_km2, area_of_cells, cells_in, cells_in_hull, centres, cluster_outline, disk,
    neighbours, outline, resolution, ring,
};
pub use locate::{Candidate, contradicts, lies_in, locate};
pub use naming::PlaceNamer;
pub use shapes::{ShapeError, ShapeOptions, find_parents, polygons, read_shapes};
