//! From an agency's plane coordinates to longitude and latitude.
//!
//! Counties hand out their files in State Plane or UTM; a `.prj` file beside the shapefile says which, in the
//! well-known text of ESRI. The inverse formulas are Snyder's (*Map Projections: A Working Manual*, USGS Professional
//! Paper 1395, 1987): Lambert's conformal conic (p. 107), Albers (p. 101), transverse Mercator (p. 60), and the
//! spherical Mercator of web maps (p. 41).
//!
//! Limits: NAD 83 and WGS 84 are taken as one, which is wrong by up to two metres; NAD 27 lies tens of metres off and is
//! refused. To add a projection: its constants in [`Way`], its formula in [`Projection::degrees`].

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};

use thiserror::Error;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadProjection {
    #[error("the .prj file is no coordinate system in well-known text")]
    Text,
    #[error(
        "the .prj file names the projection {0}; expected Lambert_Conformal_Conic, Transverse_Mercator, Albers, Mercator_Auxiliary_Sphere or plain degrees"
    )]
    Unknown(String),
    #[error("the .prj file has no usable {0}")]
    Lacks(&'static str),
    #[error("the .prj file names the datum of 1927, which lies tens of metres off; expected NAD 83 or WGS 84")]
    Datum1927,
}

/// A coordinate system.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Projection {
    /// Metres in a unit.
    unit: f64,
    false_east: f64,
    false_north: f64,
    /// Of the middle, in radians.
    longitude: f64,
    /// Of the ellipsoid: half axis in metres, eccentricity.
    axis: f64,
    e: f64,
    way: Way,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Degrees,
    Lambert { n: f64, f: f64, rho: f64 },
    Albers { n: f64, c: f64, rho: f64 },
    Transverse { scale: f64, from: f64 },
    Web,
}

impl Projection {
    /// Plain degrees.
    pub const DEGREES: Self = Self {
        unit: 1.0,
        false_east: 0.0,
        false_north: 0.0,
        longitude: 0.0,
        axis: 6_378_137.0,
        e: 0.0,
        way: Way::Degrees,
    };

    /// What a `.prj` file says.
    ///
    /// # Errors
    /// When it is no such text, or names a projection or a datum that is not known here.
    pub fn parse(text: &str) -> Result<Self, BadProjection> {
        let upper = text.trim().trim_start_matches('\u{FEFF}').to_ascii_uppercase();
        let (node, _) = Node::read(&upper).ok_or(BadProjection::Text)?;
        let datum = node.find("DATUM").map_or("", |d| d.name());
        if datum.contains("1927") || datum.contains("NAD27") {
            return Err(BadProjection::Datum1927);
        }
        // Behind a plane there may be a system of heights, in one bracket with it.
        let plane = if node.word == "COMPD_CS" { node.find("PROJCS").unwrap_or(&node) } else { &node };
        match plane.word.as_str() {
            "GEOGCS" => return Ok(Self::DEGREES),
            "PROJCS" => {}
            _ => return Err(BadProjection::Text),
        }
        let ellipsoid = plane.find("SPHEROID").ok_or(BadProjection::Lacks("ellipsoid"))?;
        let (axis, inverse) = (ellipsoid.number(1), ellipsoid.number(2));
        let flat = inverse.filter(|x| *x != 0.0).map_or(0.0, |x| 1.0 / x);
        let unit = plane.parts.iter().find(|p| p.word == "UNIT").and_then(|u| u.number(1));
        let value = |name: &str| {
            plane.parts.iter().find(|p| p.word == "PARAMETER" && p.name() == name).and_then(|p| p.number(1))
        };
        let of = |names: &[&str]| names.iter().find_map(|name| value(name));
        let axis = axis.filter(|a| *a > 6e6).ok_or(BadProjection::Lacks("ellipsoid"))?;
        let e = (flat * (2.0 - flat)).sqrt();
        let middle =
            of(&["CENTRAL_MERIDIAN", "LONGITUDE_OF_CENTER"]).ok_or(BadProjection::Lacks("central meridian"))?;
        let north = of(&["LATITUDE_OF_ORIGIN", "LATITUDE_OF_CENTER"]).unwrap_or(0.0).to_radians();
        let scale = of(&["SCALE_FACTOR"]).unwrap_or(1.0);
        let parallel = |name, other: f64| value(name).map_or(other, f64::to_radians);
        let first = parallel("STANDARD_PARALLEL_1", north);
        let second = parallel("STANDARD_PARALLEL_2", first);
        let name = plane.find("PROJECTION").map_or("", |p| p.name());
        Ok(Self {
            unit: unit.filter(|u| *u > 0.0).ok_or(BadProjection::Lacks("unit"))?,
            false_east: of(&["FALSE_EASTING"]).unwrap_or(0.0),
            false_north: of(&["FALSE_NORTHING"]).unwrap_or(0.0),
            longitude: middle.to_radians(),
            axis,
            e,
            way: match name {
                n if n.starts_with("LAMBERT_CONFORMAL_CONIC") => lambert(axis, e, scale, north, first, second),
                n if n.starts_with("ALBERS") => albers(axis, e, north, first, second),
                "TRANSVERSE_MERCATOR" | "GAUSS_KRUGER" => Way::Transverse { scale, from: meridian(axis, e, north) },
                "MERCATOR_AUXILIARY_SPHERE" | "POPULAR_VISUALISATION_PSEUDO_MERCATOR" => Way::Web,
                other => return Err(BadProjection::Unknown(other.to_owned())),
            },
        })
    }

    /// Longitude and latitude in degrees of a point of the plane.
    pub fn degrees(&self, x: f64, y: f64) -> (f64, f64) {
        let (east, north) = ((x - self.false_east) * self.unit, (y - self.false_north) * self.unit);
        let (turn, latitude) = match self.way {
            Way::Degrees => return (x, y),
            Way::Lambert { n, f, rho } => {
                let up = rho - north;
                let r = east.hypot(up) * n.signum();
                let angle = (east * n.signum()).atan2(up * n.signum());
                (angle / n, conformal(self.e, (r / (self.axis * f)).powf(1.0 / n)))
            }
            Way::Albers { n, c, rho } => {
                let up = rho - north;
                let angle = (east * n.signum()).atan2(up * n.signum());
                let r = east.hypot(up) * n / self.axis;
                (angle / n, authalic(self.e, (c - r * r) / n))
            }
            Way::Transverse { scale, from } => self.transverse(east, north, scale, from),
            Way::Web => (east / self.axis, (north / self.axis).sinh().atan()),
        };
        ((self.longitude + turn).to_degrees(), latitude.to_degrees())
    }

    /// Snyder's 8-17 to 8-25.
    fn transverse(&self, east: f64, north: f64, scale: f64, from: f64) -> (f64, f64) {
        let e2 = self.e * self.e;
        let mu = (from + north / scale) / (self.axis * quarter(e2));
        let root = (1.0 - e2).sqrt();
        let e1 = (1.0 - root) / (1.0 + root);
        let foot = mu
            + (1.5 * e1 - 27.0 / 32.0 * e1.powi(3)) * (2.0 * mu).sin()
            + (21.0 / 16.0 * e1 * e1 - 55.0 / 32.0 * e1.powi(4)) * (4.0 * mu).sin()
            + 151.0 / 96.0 * e1.powi(3) * (6.0 * mu).sin()
            + 1097.0 / 512.0 * e1.powi(4) * (8.0 * mu).sin();
        let (sin, cos) = foot.sin_cos();
        let other = e2 / (1.0 - e2);
        let (c, t) = (other * cos * cos, (sin / cos).powi(2));
        let bend = 1.0 - e2 * sin * sin;
        let (across, along) = (self.axis / bend.sqrt(), self.axis * (1.0 - e2) / bend.powf(1.5));
        let d = east / (across * scale);
        let latitude = foot
            - across * (sin / cos) / along
                * (d * d / 2.0 - (5.0 + 3.0 * t + 10.0 * c - 4.0 * c * c - 9.0 * other) * d.powi(4) / 24.0
                    + (61.0 + 90.0 * t + 298.0 * c + 45.0 * t * t - 252.0 * other - 3.0 * c * c) * d.powi(6) / 720.0);
        let turn = (d - (1.0 + 2.0 * t + c) * d.powi(3) / 6.0
            + (5.0 - 2.0 * c + 28.0 * t - 3.0 * c * c + 8.0 * other + 24.0 * t * t) * d.powi(5) / 120.0)
            / cos;
        (turn, latitude)
    }
}

fn lambert(axis: f64, e: f64, scale: f64, north: f64, first: f64, second: f64) -> Way {
    let (m1, m2) = (parallel(e, first), parallel(e, second));
    let (t1, t2) = (steep(e, first), steep(e, second));
    let n = if (first - second).abs() < 1e-10 { first.sin() } else { (m1.ln() - m2.ln()) / (t1.ln() - t2.ln()) };
    let f = scale * m1 / (n * t1.powf(n));
    Way::Lambert { n, f, rho: axis * f * steep(e, north).powf(n) }
}

fn albers(axis: f64, e: f64, north: f64, first: f64, second: f64) -> Way {
    let (m1, m2) = (parallel(e, first), parallel(e, second));
    let (q0, q1, q2) = (area(e, north), area(e, first), area(e, second));
    let n = if (first - second).abs() < 1e-10 { first.sin() } else { (m1 * m1 - m2 * m2) / (q2 - q1) };
    let c = m1 * m1 + n * q1;
    Way::Albers { n, c, rho: axis * (c - n * q0).max(0.0).sqrt() / n }
}

/// Snyder's m (14-15): the radius of a parallel.
fn parallel(e: f64, latitude: f64) -> f64 {
    latitude.cos() / (1.0 - (e * latitude.sin()).powi(2)).sqrt()
}

/// Snyder's t (15-9).
fn steep(e: f64, latitude: f64) -> f64 {
    let s = e * latitude.sin();
    (FRAC_PI_4 - latitude / 2.0).tan() / ((1.0 - s) / (1.0 + s)).powf(e / 2.0)
}

/// The latitude of a t (7-9), by iteration.
fn conformal(e: f64, t: f64) -> f64 {
    let mut latitude = FRAC_PI_2 - 2.0 * t.atan();
    for _ in 0..12 {
        let s = e * latitude.sin();
        latitude = FRAC_PI_2 - 2.0 * (t * ((1.0 - s) / (1.0 + s)).powf(e / 2.0)).atan();
    }
    latitude
}

/// Snyder's q (3-12).
fn area(e: f64, latitude: f64) -> f64 {
    let sin = latitude.sin();
    if e == 0.0 {
        return 2.0 * sin;
    }
    let s = e * sin;
    (1.0 - e * e) * (sin / (1.0 - s * s) - ((1.0 - s) / (1.0 + s)).ln() / (2.0 * e))
}

/// The latitude of a q (3-16), by iteration.
fn authalic(e: f64, q: f64) -> f64 {
    let mut latitude = (q / 2.0).clamp(-1.0, 1.0).asin();
    for _ in 0..12 {
        let sin = latitude.sin();
        let bend = 1.0 - (e * sin).powi(2);
        latitude += bend * bend / (2.0 * latitude.cos()).max(1e-12) * (q - area(e, latitude)) / (1.0 - e * e);
    }
    latitude
}

/// A quarter of a meridian in half axes, over a right angle.
fn quarter(e2: f64) -> f64 {
    1.0 - e2 / 4.0 - 3.0 / 64.0 * e2 * e2 - 5.0 / 256.0 * e2.powi(3)
}

/// The way along a meridian from the equator (3-21).
fn meridian(axis: f64, e: f64, latitude: f64) -> f64 {
    let e2 = e * e;
    axis * (quarter(e2) * latitude
        - (3.0 / 8.0 * e2 + 3.0 / 32.0 * e2 * e2 + 45.0 / 1024.0 * e2.powi(3)) * (2.0 * latitude).sin()
        + (15.0 / 256.0 * e2 * e2 + 45.0 / 1024.0 * e2.powi(3)) * (4.0 * latitude).sin()
        - 35.0 / 3072.0 * e2.powi(3) * (6.0 * latitude).sin())
}

/// A bracket of well-known text: `WORD["name", number, WORD[…]]`, with or without quotes.
#[derive(Debug)]
struct Node {
    word: String,
    /// What is no bracket, in order.
    plain: Vec<String>,
    parts: Vec<Node>,
}

/// Deeper brackets are none of a coordinate system.
const DEEPEST: usize = 12;

impl Node {
    fn read(text: &str) -> Option<(Self, &str)> {
        Self::at_depth(text, 0)
    }

    fn at_depth(text: &str, depth: usize) -> Option<(Self, &str)> {
        if depth > DEEPEST {
            return None;
        }
        let open = text.find(['[', '('])?;
        let word = text[..open].trim();
        if word.is_empty() || !word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return None;
        }
        let mut node = Self { word: word.to_owned(), plain: Vec::new(), parts: Vec::new() };
        let mut rest = &text[open + 1..];
        loop {
            rest = rest.trim_start_matches([' ', ',', '\n', '\r', '\t']);
            match rest.bytes().next()? {
                b']' | b')' => return Some((node, &rest[1..])),
                b'"' => {
                    let end = rest[1..].find('"')? + 1;
                    node.plain.push(rest[1..end].to_owned());
                    rest = &rest[end + 1..];
                }
                _ => {
                    let end = rest.find([',', '[', '(', ']', ')'])?;
                    if matches!(rest.as_bytes()[end], b'[' | b'(') {
                        let (part, left) = Self::at_depth(rest, depth + 1)?;
                        node.parts.push(part);
                        rest = left;
                    } else {
                        node.plain.push(rest[..end].trim().to_owned());
                        rest = &rest[end..];
                    }
                }
            }
        }
    }

    fn name(&self) -> &str {
        self.plain.first().map_or("", String::as_str)
    }

    fn number(&self, at: usize) -> Option<f64> {
        self.plain.get(at)?.parse().ok().filter(|x: &f64| x.is_finite())
    }

    /// The first bracket of this word, here or within.
    fn find(&self, word: &str) -> Option<&Node> {
        if self.word == word { Some(self) } else { self.parts.iter().find_map(|p| p.find(word)) }
    }
}

#[cfg(test)]
#[path = "projection_tests.rs"]
mod tests;
