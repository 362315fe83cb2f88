//! Points, precision and H3 cells: where something happened and how well that is known.

use std::{fmt, str::FromStr};

pub use h3o::Resolution;
use h3o::{CellIndex, LatLng};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;

/// A WGS 84 position in degrees. Both finite, latitude −90..90, longitude −180..180, and not (0, 0),
/// which in this field always means "unknown".
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "RawPoint", into = "RawPoint")]
#[schema(as = Point)]
pub struct Point {
    lat: f64,
    lon: f64,
}

#[derive(Serialize, Deserialize)]
struct RawPoint {
    lat: f64,
    lon: f64,
}

/// Why two numbers are not a position.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum BadPoint {
    #[error("latitude {0} is outside -90 to 90")]
    Latitude(f64),
    #[error("longitude {0} is outside -180 to 180")]
    Longitude(f64),
    #[error("the coordinates are 0, 0, which stands for an unknown place")]
    NullIsland,
}

/// A coordinate rounded to about a metre: latitude and longitude in units of 0.00001 degree.
pub type PointKey = (i32, i32);

impl Point {
    /// # Errors
    /// When a coordinate is not finite, out of range, or both are zero.
    pub fn new(lat: f64, lon: f64) -> Result<Self, BadPoint> {
        if !(-90.0..=90.0).contains(&lat) {
            return Err(BadPoint::Latitude(lat));
        }
        if !(-180.0..=180.0).contains(&lon) {
            return Err(BadPoint::Longitude(lon));
        }
        if lat == 0.0 && lon == 0.0 {
            return Err(BadPoint::NullIsland);
        }
        Ok(Self { lat, lon })
    }

    pub fn key(self) -> PointKey {
        ((self.lat * 1e5).round() as i32, (self.lon * 1e5).round() as i32)
    }

    pub fn lat(self) -> f64 {
        self.lat
    }

    pub fn lon(self) -> f64 {
        self.lon
    }

    /// Great-circle distance on a sphere of 6371.0088 km (the mean Earth radius).
    pub fn distance_km(self, other: Point) -> f64 {
        let (a, b) = (self.lat.to_radians(), other.lat.to_radians());
        let half_lat = ((b - a) / 2.0).sin();
        let half_lon = ((other.lon - self.lon).to_radians() / 2.0).sin();
        let h = half_lat * half_lat + a.cos() * b.cos() * half_lon * half_lon;
        2.0 * 6371.0088 * h.sqrt().min(1.0).asin()
    }

    pub fn cell(self, resolution: Resolution) -> Cell {
        let here = LatLng::new(self.lat, self.lon).expect("a Point is finite by construction");
        Cell(here.to_cell(resolution))
    }
}

impl TryFrom<RawPoint> for Point {
    type Error = BadPoint;
    fn try_from(raw: RawPoint) -> Result<Self, BadPoint> {
        Self::new(raw.lat, raw.lon)
    }
}

impl From<Point> for RawPoint {
    fn from(p: Point) -> Self {
        Self { lat: p.lat, lon: p.lon }
    }
}

/// An H3 cell. Written as the usual 15-digit hexadecimal text, stored as a signed 64-bit integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, examples("882baad115fffff"))]
pub struct Cell(CellIndex);

/// The finest cells that readers without the line list are shown: about 0.7 km² each, some hundreds
/// of households in a town. Finer ones would be a house.
pub const FINEST_SHARED: Resolution = Resolution::Eight;

/// The text or number is not an H3 cell.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("\"{0}\" is not an H3 cell; expected 15 hexadecimal digits such as 882baad115fffff")]
pub struct BadCell(String);

impl Cell {
    pub fn index(self) -> CellIndex {
        self.0
    }

    pub fn resolution(self) -> Resolution {
        self.0.resolution()
    }

    /// The cell of a coarser (or the same) resolution that holds this one; `None` for a finer one,
    /// because a coarse location never becomes a fine one.
    pub fn parent(self, resolution: Resolution) -> Option<Cell> {
        self.0.parent(resolution).map(Cell)
    }

    /// Itself, or the cell of [`FINEST_SHARED`] that holds it.
    pub fn shared(self) -> Cell {
        if self.resolution() > FINEST_SHARED { self.parent(FINEST_SHARED).unwrap_or(self) } else { self }
    }

    /// The cells of the same resolution that share a border with it: six, or five around a pentagon.
    pub fn neighbours(self) -> Vec<Cell> {
        let disk: Vec<CellIndex> = self.0.grid_disk(1);
        disk.into_iter().filter(|c| *c != self.0).map(Cell).collect()
    }

    /// Steps from neighbour to neighbour; `None` where H3 cannot tell: another resolution, too far, or beyond a
    /// pentagon.
    pub fn steps_to(self, other: Cell) -> Option<u32> {
        self.0.grid_distance(other.0).ok().and_then(|n| u32::try_from(n).ok())
    }

    pub fn centre(self) -> Point {
        let p = LatLng::from(self.0);
        Point { lat: p.lat(), lon: p.lng() }
    }

    /// For the database column; the bit pattern is H3's own.
    pub fn to_i64(self) -> i64 {
        u64::from(self.0).cast_signed()
    }

    /// # Errors
    /// When the number is not a valid cell.
    pub fn from_i64(raw: i64) -> Result<Self, BadCell> {
        CellIndex::try_from(raw.cast_unsigned()).map(Cell).map_err(|_| BadCell(raw.to_string()))
    }
}

impl From<CellIndex> for Cell {
    fn from(index: CellIndex) -> Self {
        Self(index)
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Cell {
    type Err = BadCell;
    fn from_str(text: &str) -> Result<Self, BadCell> {
        text.parse().map(Cell).map_err(|_| BadCell(text.chars().take(40).collect()))
    }
}

impl TryFrom<String> for Cell {
    type Error = BadCell;
    fn try_from(text: String) -> Result<Self, BadCell> {
        text.parse()
    }
}

impl From<Cell> for String {
    fn from(cell: Cell) -> String {
        cell.to_string()
    }
}

/// How well a location is known, best first. The order is the order of trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    Rooftop,
    /// Interpolated along a street segment's house numbers.
    Range,
    Intersection,
    /// Somewhere along a street.
    Street,
    /// The centre of a town or a named place; also a dispatch fall-back point.
    Place,
    Zip,
    /// Only the jurisdiction is known.
    Jurisdiction,
    Unknown,
}

impl Precision {
    pub const ALL: [Precision; 8] = [
        Self::Rooftop,
        Self::Range,
        Self::Intersection,
        Self::Street,
        Self::Place,
        Self::Zip,
        Self::Jurisdiction,
        Self::Unknown,
    ];

    /// The finest H3 resolution at which a location of this precision may be counted, so that the
    /// cell is at least as wide as the doubt. `None`: the event counts in areas only, in no cell.
    pub fn finest_resolution(self) -> Option<Resolution> {
        match self {
            Self::Rooftop | Self::Range | Self::Intersection => Some(Resolution::Ten),
            Self::Street => Some(Resolution::Seven),
            Self::Place | Self::Zip => Some(Resolution::Five),
            Self::Jurisdiction | Self::Unknown => None,
        }
    }

    /// A typical radius of doubt in metres, used where the source states none.
    pub fn typical_radius_m(self) -> Option<f64> {
        match self {
            Self::Rooftop => Some(25.0),
            Self::Range => Some(75.0),
            Self::Intersection => Some(50.0),
            Self::Street => Some(800.0),
            Self::Place => Some(5_000.0),
            Self::Zip => Some(6_000.0),
            Self::Jurisdiction | Self::Unknown => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rooftop => "rooftop",
            Self::Range => "range",
            Self::Intersection => "intersection",
            Self::Street => "street",
            Self::Place => "place",
            Self::Zip => "zip",
            Self::Jurisdiction => "jurisdiction",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no level of precision.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "\"{0}\" is not a precision; expected rooftop, range, intersection, street, place, zip, jurisdiction or unknown"
)]
pub struct BadPrecision(String);

impl FromStr for Precision {
    type Err = BadPrecision;
    fn from_str(text: &str) -> Result<Self, BadPrecision> {
        Self::ALL
            .into_iter()
            .find(|p| p.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| BadPrecision(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_refuses_what_is_not_on_the_globe() {
        assert!(Point::new(44.8, -68.77).is_ok());
        assert_eq!(Point::new(91.0, 0.0), Err(BadPoint::Latitude(91.0)));
        assert!(matches!(Point::new(f64::NAN, 0.0), Err(BadPoint::Latitude(_))));
        assert_eq!(Point::new(0.0, 0.0), Err(BadPoint::NullIsland));
        assert!(serde_json::from_str::<Point>(r#"{"lat":95,"lon":0}"#).is_err());
    }

    #[test]
    fn a_coarse_cell_has_no_fine_one() {
        let cell = Point::new(44.8, -68.77).unwrap().cell(Resolution::Five);
        assert!(cell.parent(Resolution::Eight).is_none());
        assert!(cell.parent(Resolution::Four).is_some());
        assert_eq!(Cell::from_i64(cell.to_i64()), Ok(cell));
        assert_eq!(cell.to_string().parse(), Ok(cell));
    }

    #[test]
    fn distance_of_one_degree_of_latitude_is_111_km() {
        let a = Point::new(44.0, -69.0).unwrap();
        let b = Point::new(45.0, -69.0).unwrap();
        assert!((a.distance_km(b) - 111.195).abs() < 0.001);
    }
}
