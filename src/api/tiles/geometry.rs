//! From degrees to the units of a tile: Web Mercator, clipping, thinning.

use geo::{Coord, LineString, MultiPolygon, Simplify};

/// Units across a tile (Mapbox Vector Tile specification 2.1, the usual extent).
pub const EXTENT: f64 = 4096.0;
/// Shapes are cut this far outside the tile, so that their cut edges are never seen.
const BUFFER: f64 = 128.0;
/// Corners that move a border by less than this many units are left out: an eighth of a pixel or so.
const THIN: f64 = 1.5;

/// One tile of the pyramid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileId {
    pub z: u32,
    pub x: u32,
    pub y: u32,
}

impl TileId {
    /// `None` when there is no such tile, or one deeper than 20.
    pub fn new(z: u32, x: u32, y: u32) -> Option<Self> {
        (z <= 20 && x < 1 << z && y < 1 << z).then_some(Self { z, x, y })
    }

    /// A position in units of this tile; outside the tile it lies outside 0 to [`EXTENT`].
    pub fn project(self, lon: f64, lat: f64) -> Coord<f64> {
        let size = f64::from(1u32 << self.z);
        // Beyond 85.05° the projection runs away; nothing we draw is there.
        let phi = lat.clamp(-85.051_128, 85.051_128).to_radians();
        let x = (lon + 180.0) / 360.0;
        let y = (1.0 - phi.tan().asinh() / std::f64::consts::PI) / 2.0;
        Coord { x: (x * size - f64::from(self.x)) * EXTENT, y: (y * size - f64::from(self.y)) * EXTENT }
    }
}

/// Whether a cell around this centre can reach into the tile: a cheap no for most of a map's cells.
pub fn may_reach(tile: TileId, lon: f64, lat: f64, resolution: u8) -> bool {
    // H3's mean edge is 1,281 km at resolution 0 and shrinks by √7; corners lie at most 1.6 mean edges out.
    let reach_km = 1.6 * 1281.26 / 7f64.sqrt().powi(i32::from(resolution));
    let lat_reach = reach_km / 110.57;
    let lon_reach = lat_reach / (lat.abs() + lat_reach).min(89.0).to_radians().cos();
    let low = tile.project(lon - lon_reach, lat + lat_reach);
    let high = tile.project(lon + lon_reach, lat - lat_reach);
    low.x <= EXTENT + BUFFER && high.x >= -BUFFER && low.y <= EXTENT + BUFFER && high.y >= -BUFFER
}

/// Rings in whole units, outer ones clockwise on the screen, each followed by its holes.
pub type Rings = Vec<Vec<(i32, i32)>>;

/// A shape as this tile shows it; `None` when nothing of it is there.
pub fn shape(tile: TileId, polygons: &MultiPolygon<f64>) -> Option<Rings> {
    let mut rings = Rings::new();
    for polygon in polygons {
        let Some(outer) = ring(tile, polygon.exterior(), true) else { continue };
        rings.push(outer);
        rings.extend(polygon.interiors().iter().filter_map(|hole| ring(tile, hole, false)));
    }
    (!rings.is_empty()).then_some(rings)
}

/// One closed ring: projected, cut at the buffered tile, thinned, rounded, turned the right way.
fn ring(tile: TileId, line: &LineString<f64>, outer: bool) -> Option<Vec<(i32, i32)>> {
    let mut points: Vec<Coord<f64>> = line.coords().map(|c| tile.project(c.x, c.y)).collect();
    let (low, high) = (-BUFFER, EXTENT + BUFFER);
    let outside = |f: fn(&Coord<f64>) -> f64| points.iter().all(|p| f(p) < low) || points.iter().all(|p| f(p) > high);
    if points.len() < 4 || outside(|p| p.x) || outside(|p| p.y) {
        return None;
    }
    points.pop();
    for side in [Side::Left, Side::Right, Side::Top, Side::Bottom] {
        points = cut(&points, side);
    }
    let first = *points.first()?;
    points.push(first);
    let thin = LineString::new(points).simplify(THIN);
    let mut out: Vec<(i32, i32)> = thin.coords().map(|c| (c.x.round() as i32, c.y.round() as i32)).collect();
    out.dedup();
    out.pop();
    let area = doubled_area(&out);
    // Smaller than a unit of the tile: not to be seen.
    if out.len() < 3 || area == 0 {
        return None;
    }
    if (area > 0) != outer {
        out.reverse();
    }
    Some(out)
}

/// Twice the signed area; positive is clockwise on the screen, where y grows downwards.
fn doubled_area(ring: &[(i32, i32)]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| i64::from(a.0) * i64::from(b.1) - i64::from(b.0) * i64::from(a.1)).sum()
}

#[derive(Debug, Clone, Copy)]
enum Side {
    Left,
    Right,
    Top,
    Bottom,
}

impl Side {
    /// How far inside a point lies; negative is outside.
    fn inside(self, p: Coord<f64>) -> f64 {
        match self {
            Self::Left => p.x + BUFFER,
            Self::Right => EXTENT + BUFFER - p.x,
            Self::Top => p.y + BUFFER,
            Self::Bottom => EXTENT + BUFFER - p.y,
        }
    }
}

/// Sutherland and Hodgman's clipping of a ring (not closed) at one side.
fn cut(ring: &[Coord<f64>], side: Side) -> Vec<Coord<f64>> {
    let mut out = Vec::with_capacity(ring.len() + 4);
    for (i, &b) in ring.iter().enumerate() {
        let a = ring[(i + ring.len() - 1) % ring.len()];
        let (da, db) = (side.inside(a), side.inside(b));
        if (da >= 0.0) != (db >= 0.0) {
            let t = da / (da - db);
            out.push(Coord { x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t });
        }
        if db >= 0.0 {
            out.push(b);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use geo::polygon;

    use super::*;

    #[test]
    fn the_tile_of_a_known_place_holds_it() {
        // Bangor, Maine lies in 10/316/369 (slippy map numbering).
        let tile = TileId::new(10, 316, 369).unwrap();
        let p = tile.project(-68.7712, 44.8016);
        assert!((0.0..EXTENT).contains(&p.x) && (0.0..EXTENT).contains(&p.y), "{p:?}");
        assert_eq!(TileId::new(3, 8, 0), None);
        assert_eq!(TileId::new(21, 0, 0), None);
    }

    #[test]
    fn what_reaches_beyond_the_tile_is_cut_and_turned_clockwise() {
        let world = MultiPolygon::new(vec![
            polygon![(x: -170.0, y: -80.0), (x: 170.0, y: -80.0), (x: 170.0, y: 80.0), (x: -170.0, y: 80.0)],
        ]);
        let tile = TileId::new(4, 5, 5).unwrap();
        let rings = shape(tile, &world).unwrap();
        assert_eq!(rings.len(), 1);
        assert!(rings[0].iter().all(|(x, y)| (-128..=4224).contains(x) && (-128..=4224).contains(y)), "{rings:?}");
        assert!(doubled_area(&rings[0]) > 0);
    }

    #[test]
    fn no_cell_that_reaches_into_a_tile_is_left_out() {
        use crate::domain::place::{Point, Resolution};
        let tile = TileId::new(9, 158, 181).unwrap();
        let mut seen = 0;
        for resolution in [Resolution::Four, Resolution::Six, Resolution::Eight] {
            for step in 0..400 {
                let (lat, lon) = (45.6 + f64::from(step % 20) * 0.05, -69.4 + f64::from(step / 20) * 0.05);
                let cell = Point::new(lat, lon).unwrap().cell(resolution);
                if shape(tile, &crate::api::tiles::hexagon(cell)).is_some() {
                    let centre = cell.centre();
                    assert!(may_reach(tile, centre.lon(), centre.lat(), resolution.into()), "{cell}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 50, "{seen} cells lay in the tile");
        assert!(!may_reach(tile, -70.2556, 43.6612, 8));
    }

    #[test]
    fn what_lies_elsewhere_is_not_there() {
        let maine = MultiPolygon::new(vec![polygon![(x: -69.0, y: 44.0), (x: -68.0, y: 44.0), (x: -68.0, y: 45.0)]]);
        assert_eq!(shape(TileId::new(4, 10, 10).unwrap(), &maine), None);
        assert!(shape(TileId::new(0, 0, 0).unwrap(), &maine).is_some());
    }
}
