//! The rows of the index: known points, stretches of streets, areas.

use super::file::{File, Section, Table};
use crate::domain::place::Point;

/// No street, no town, no text.
pub(in crate::geocode) const NONE: u32 = u32::MAX;

/// Where a known point comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(in crate::geocode) enum Origin {
    /// A text of a gazetteer.
    Text,
    /// A house of a list of address points.
    Address,
    /// Where the lines of two streets meet.
    Geometry,
    /// A facility or another named thing.
    Landmark,
}

/// What a known point is really worth, found out when the index is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(in crate::geocode) enum Worth {
    Own,
    /// The list puts every unknown thing of one street there.
    StreetFallback,
    /// The list puts there what it cannot place at all.
    PlaceFallback,
}

/// A known point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::geocode) struct Entry {
    pub a: u32,
    /// The other street of a crossing, or [`NONE`].
    pub b: u32,
    /// House number, 0 for none.
    pub number: u32,
    pub rest: u8,
    pub origin: Origin,
    pub worth: Worth,
    pub at: Spot,
    pub town: u32,
    /// Five digits as a number, 0 for none.
    pub zip: u32,
    /// What the list calls it: position in the text, [`NONE`] where it is made of the names.
    pub text: u32,
    pub text_len: u32,
}

/// Latitude and longitude in units of 10⁻⁷ degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::geocode) struct Spot {
    pub lat: i32,
    pub lon: i32,
}

/// Metres of a unit of latitude, on a globe of the mean radius.
pub(in crate::geocode) const METRES_PER_UNIT: f64 = 6_371_008.8_f64.to_radians() / 1e7;

impl Spot {
    pub fn of(point: Point) -> Self {
        Self { lat: (point.lat() * 1e7).round() as i32, lon: (point.lon() * 1e7).round() as i32 }
    }

    /// `None` only for a damaged file.
    pub fn point(self) -> Option<Point> {
        Point::new(f64::from(self.lat) / 1e7, f64::from(self.lon) / 1e7).ok()
    }

    /// The plane that touches the globe here; for distances from one point to many.
    pub fn plane(self) -> Plane {
        Plane { origin: self, scale: METRES_PER_UNIT, shrink: (f64::from(self.lat) / 1e7).to_radians().cos() }
    }

    /// Metres east and north of `origin`, on the plane that touches the globe there.
    pub fn metres_from(self, origin: Spot) -> (f64, f64) {
        origin.plane().metres(self)
    }

    pub fn moved(self, east_m: f64, north_m: f64) -> Spot {
        let scale = METRES_PER_UNIT;
        let shrink = (f64::from(self.lat) / 1e7).to_radians().cos().max(0.01);
        Spot {
            lat: self.lat.saturating_add((north_m / scale) as i32),
            lon: self.lon.saturating_add((east_m / scale / shrink) as i32),
        }
    }

    pub fn distance_m(self, other: Spot) -> f64 {
        self.plane().distance_m(other)
    }
}

/// A plane in metres around one point.
#[derive(Debug, Clone, Copy)]
pub(in crate::geocode) struct Plane {
    origin: Spot,
    /// Metres of a unit of latitude, and by how much a unit of longitude is shorter.
    scale: f64,
    shrink: f64,
}

impl Plane {
    /// By how much a unit of longitude is shorter than one of latitude.
    pub fn shrink(&self) -> f64 {
        self.shrink
    }

    /// Metres east and north.
    pub fn metres(&self, at: Spot) -> (f64, f64) {
        let lat = f64::from(at.lat) - f64::from(self.origin.lat);
        let lon = f64::from(at.lon) - f64::from(self.origin.lon);
        (lon * self.scale * self.shrink, lat * self.scale)
    }

    pub fn distance_m(&self, at: Spot) -> f64 {
        let (east, north) = self.metres(at);
        (east * east + north * north).sqrt()
    }
}

pub(super) const ENTRY: usize = 40;

impl Entry {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for n in [self.a, self.b, self.number] {
            out.extend(n.to_le_bytes());
        }
        out.extend([self.rest, self.origin as u8, self.worth as u8, 0]);
        for n in
            [self.at.lat.cast_unsigned(), self.at.lon.cast_unsigned(), self.town, self.zip, self.text, self.text_len]
        {
            out.extend(n.to_le_bytes());
        }
    }
}

/// All known points, sorted by street, other street, number.
#[derive(Debug, Clone, Copy)]
pub(in crate::geocode) struct Entries<'a> {
    rows: Table<'a>,
}

impl<'a> Entries<'a> {
    pub(super) fn of(file: &'a File) -> Self {
        Self { rows: file.table(Section::Entries, ENTRY) }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn get(&self, row: usize) -> Entry {
        let n = |at| self.rows.u32(row, at);
        let origin = match self.rows.u8(row, 13) {
            0 => Origin::Text,
            1 => Origin::Address,
            2 => Origin::Geometry,
            _ => Origin::Landmark,
        };
        let worth = match self.rows.u8(row, 14) {
            0 => Worth::Own,
            1 => Worth::StreetFallback,
            _ => Worth::PlaceFallback,
        };
        Entry {
            a: n(0),
            b: n(4),
            number: n(8),
            rest: self.rows.u8(row, 12),
            origin,
            worth,
            at: Spot { lat: self.rows.i32(row, 16), lon: self.rows.i32(row, 20) },
            town: n(24),
            zip: n(28),
            text: n(32),
            text_len: n(36),
        }
    }

    /// Where a known point lies, without the rest of its row.
    pub fn at(&self, row: usize) -> Spot {
        Spot { lat: self.rows.i32(row, 16), lon: self.rows.i32(row, 20) }
    }

    pub fn is_own(&self, row: usize) -> bool {
        self.rows.u8(row, 14) == Worth::Own as u8
    }

    /// Rows of one pair of streets, in either order.
    pub fn crossing(&self, a: u32, b: u32) -> std::ops::Range<usize> {
        let (a, b) = (a.min(b), a.max(b));
        self.keyed(a, b, 0, u32::MAX)
    }

    /// Rows of houses of a street with numbers in a range; number 0 is the street itself.
    pub fn houses(&self, street: u32, low: u32, high: u32) -> std::ops::Range<usize> {
        self.keyed(street, NONE, low, high)
    }

    fn keyed(&self, a: u32, b: u32, low: u32, high: u32) -> std::ops::Range<usize> {
        let key = |row| (self.rows.u32(row, 0), self.rows.u32(row, 4), self.rows.u32(row, 8));
        let first = self.rows.lower(0, self.rows.len(), |row| key(row) < (a, b, low));
        let end = self.rows.lower(first, self.rows.len(), |row| key(row) <= (a, b, high));
        first..end
    }
}

/// A stretch of a street with its line; numbers are 0 where it has none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::geocode) struct Range {
    pub street: u32,
    pub low: u32,
    pub high: u32,
    /// 0 even, 1 odd, 2 both.
    pub parity: u8,
    /// The high number lies at the line's beginning.
    pub backwards: bool,
    /// 0 left, 1 right, 2 on the line.
    pub side: u8,
    /// Its numbers are written with a hyphen, "37-01".
    pub hyphen: bool,
    pub zip: u32,
    pub town: u32,
    pub first: u32,
    pub count: u32,
    /// The highest number of this and all rows of the street before it: a search for a number may stop below it.
    pub reach: u32,
}

pub(super) const RANGE: usize = 36;

impl Range {
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for n in [self.street, self.low, self.high] {
            out.extend(n.to_le_bytes());
        }
        out.extend([self.parity, u8::from(self.backwards), self.side, u8::from(self.hyphen)]);
        for n in [self.zip, self.town, self.first, self.count, self.reach] {
            out.extend(n.to_le_bytes());
        }
    }

    pub fn holds(&self, number: u32) -> bool {
        self.low > 0
            && (self.low..=self.high).contains(&number)
            && (self.parity == 2 || number % 2 == u32::from(self.parity))
    }
}

#[derive(Debug, Clone, Copy)]
pub(in crate::geocode) struct Ranges<'a> {
    rows: Table<'a>,
    vertices: Table<'a>,
}

impl<'a> Ranges<'a> {
    pub(super) fn of(file: &'a File) -> Self {
        Self { rows: file.table(Section::Ranges, RANGE), vertices: file.table(Section::Vertices, 8) }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn get(&self, row: usize) -> Range {
        let rows = self.rows;
        Range {
            street: rows.u32(row, 0),
            low: rows.u32(row, 4),
            high: rows.u32(row, 8),
            parity: rows.u8(row, 12),
            backwards: rows.u8(row, 13) != 0,
            side: rows.u8(row, 14),
            hyphen: rows.u8(row, 15) != 0,
            zip: rows.u32(row, 16),
            town: rows.u32(row, 20),
            first: rows.u32(row, 24),
            count: rows.u32(row, 28),
            reach: rows.u32(row, 32),
        }
    }

    /// The stretches of a street that have a number.
    pub fn holding(&self, street: u32, number: u32) -> impl Iterator<Item = Range> + use<'a> {
        let all = *self;
        let rows = self.rows.rows_of(street);
        let end = self.rows.lower(rows.start, rows.end, |row| all.rows.u32(row, 4) <= number);
        (rows.start..end)
            .rev()
            .map(move |row| all.get(row))
            .take_while(move |r| r.reach >= number)
            .filter(move |r| r.holds(number))
    }

    /// The first and the last corner of a stretch.
    pub fn ends(&self, range: &Range) -> (Spot, Spot) {
        self.corners(range.first, range.count)
    }

    /// The same by the number of its row, without the rest of it.
    pub fn ends_of(&self, row: usize) -> (Spot, Spot) {
        self.corners(self.rows.u32(row, 24), self.rows.u32(row, 28))
    }

    fn corners(&self, first: u32, count: u32) -> (Spot, Spot) {
        (self.corner(first as usize), self.corner(first.saturating_add(count.saturating_sub(1)) as usize))
    }

    fn corner(&self, row: usize) -> Spot {
        Spot { lat: self.vertices.i32(row, 0), lon: self.vertices.i32(row, 4) }
    }

    pub fn line(&self, range: &Range) -> impl Iterator<Item = Spot> + Clone + use<'a> {
        let all = *self;
        let rows = range.first as usize..(range.first as usize + range.count as usize).min(self.vertices.len());
        rows.map(move |row| all.corner(row))
    }
}

/// What an area is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(in crate::geocode) enum AreaClass {
    Town,
    County,
    Zip,
}

/// The point that stands for a town, a county or a ZIP area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::geocode) struct Area {
    pub class: AreaClass,
    /// Number of the town's name, or the ZIP as a number.
    pub key: u32,
    pub at: Spot,
    /// Metres from the point within which nearly all of it lies; 0 where it is not known.
    pub radius_m: u32,
    pub text: u32,
    pub text_len: u32,
}

pub(super) const AREA: usize = 24;

impl Area {
    fn sort_key(class: AreaClass, key: u32) -> u32 {
        (class as u32) << 30 | (key & 0x3FFF_FFFF)
    }

    pub(super) fn order(&self) -> (u32, Spot) {
        (Self::sort_key(self.class, self.key), self.at)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let key = Self::sort_key(self.class, self.key);
        for n in
            [key, self.at.lat.cast_unsigned(), self.at.lon.cast_unsigned(), self.radius_m, self.text, self.text_len]
        {
            out.extend(n.to_le_bytes());
        }
    }

    pub(super) fn find<'a>(file: &'a File, class: AreaClass, key: u32) -> impl Iterator<Item = Area> + use<'a> {
        let rows = file.table(Section::Areas, AREA);
        rows.rows_of(Self::sort_key(class, key)).map(move |row| Area {
            class,
            key,
            at: Spot { lat: rows.i32(row, 4), lon: rows.i32(row, 8) },
            radius_m: rows.u32(row, 12),
            text: rows.u32(row, 16),
            text_len: rows.u32(row, 20),
        })
    }
}
