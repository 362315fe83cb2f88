//! Shapefiles of streets and of address points: the geometry (`.shp`) and the attribute table beside it (`.dbf`).
//!
//! After ESRI's Shapefile Technical Description (1998) and the dBASE III table; only what streets and addresses need:
//! poly-lines and points, and the columns as text. Plane coordinates become degrees by what a `.prj` file says
//! ([`Projection`]). Nothing is unpacked: give the unzipped files.

use thiserror::Error;

use super::{
    BadTable, Taken,
    header::Header,
    projection::{BadProjection, Projection},
    table, tiger,
};
use crate::{domain::place::Point, geocode::Builder};

#[derive(Debug, Error)]
pub enum BadShape {
    #[error("this is not a shapefile: it does not begin with the file code 9994")]
    Code,
    #[error("the shapefile holds shapes of type {0}; expected poly-lines (3, 13 or 23) or points (1, 11 or 21)")]
    Kind(i32),
    #[error("the shapefile is cut short at byte {0}")]
    Cut(usize),
    #[error("the table (.dbf) is cut short or no dBASE table")]
    Table,
    #[error("the shapefile has {shapes} shapes, its table {rows} rows: they do not belong together")]
    Rows { shapes: usize, rows: usize },
    #[error(
        "the coordinate {0} is no degree: the shapes are in a projection; expected its .prj file beside it, or longitude and latitude (NAD 83 or WGS 84)"
    )]
    Projected(String),
    #[error(transparent)]
    Projection(#[from] BadProjection),
    #[error("the table has no column with street names, like FULLNAME or ST_NAME; it has {has}")]
    Columns { has: String },
    #[error(transparent)]
    Points(#[from] BadTable),
}

impl Builder {
    /// Add a shapefile in degrees: TIGER/Line ADDRFEAT or EDGES, an agency's centrelines, or address points.
    ///
    /// # Errors
    /// When the bytes are no such files, or the table has no street names.
    pub fn add_shapefile(&mut self, shp: &[u8], dbf: &[u8]) -> Result<Taken, BadShape> {
        self.add_projected_shapefile(shp, dbf, None)
    }

    /// The same in the coordinates that the text of a `.prj` file names.
    ///
    /// # Errors
    /// As before, and when the coordinates cannot be made degrees.
    pub fn add_projected_shapefile(&mut self, shp: &[u8], dbf: &[u8], prj: Option<&str>) -> Result<Taken, BadShape> {
        let table = Table::open(dbf)?;
        let projection = prj.map_or(Ok(Projection::DEGREES), Projection::parse)?;
        let mut shapes = Shapes::open(shp, projection)?;
        let taken = if shapes.of_points {
            self.add_point_shapes(&mut shapes, &table)?
        } else {
            self.add_line_shapes(&mut shapes, &table)?
        };
        if shapes.read != table.rows {
            return Err(BadShape::Rows { shapes: shapes.read, rows: table.rows });
        }
        Ok(taken)
    }

    fn add_line_shapes(&mut self, shapes: &mut Shapes, table: &Table) -> Result<Taken, BadShape> {
        let meaning = tiger::Columns::of(&table.columns)?;
        let mut edges = tiger::Edges::default();
        let mut taken = Taken::default();
        while let Some(line) = shapes.next()? {
            if let Some(values) = table.row_of(shapes)? {
                taken.count(!line.is_empty() && meaning.add(self, &mut edges, &values, &line));
            }
        }
        edges.add(self);
        Ok(taken)
    }

    fn add_point_shapes(&mut self, shapes: &mut Shapes, table: &Table) -> Result<Taken, BadShape> {
        let columns = table::Columns::of(&Header::of(&table.columns), true)?;
        let mut taken = Taken::default();
        while let Some(place) = shapes.next()? {
            if let Some(values) = table.row_of(shapes)? {
                let row = csv::StringRecord::from(values);
                taken.count(!place.is_empty() && self.add_row(&columns, &row, place.first().copied()));
            }
        }
        Ok(taken)
    }
}

struct Shapes<'a> {
    bytes: &'a [u8],
    at: usize,
    projection: Projection,
    of_points: bool,
    /// How many were read.
    read: usize,
}

const HEAD: usize = 100;

impl<'a> Shapes<'a> {
    fn open(bytes: &'a [u8], projection: Projection) -> Result<Self, BadShape> {
        let mut shapes = Self { bytes, at: HEAD, projection, of_points: false, read: 0 };
        if bytes.get(..4) != Some(&9994_i32.to_be_bytes()) {
            return Err(BadShape::Code);
        }
        match shapes.i32(32)? {
            0 | 3 | 13 | 23 => {}
            1 | 11 | 21 | 8 | 18 | 28 => shapes.of_points = true,
            other => return Err(BadShape::Kind(other)),
        }
        Ok(shapes)
    }

    fn take<const N: usize>(&self, at: usize) -> Result<[u8; N], BadShape> {
        let part = self.bytes.get(at..at.saturating_add(N)).ok_or(BadShape::Cut(self.bytes.len()))?;
        part.try_into().map_err(|_| BadShape::Cut(at))
    }

    fn i32(&self, at: usize) -> Result<i32, BadShape> {
        self.take(at).map(i32::from_le_bytes)
    }

    fn count(&self, at: usize) -> Result<usize, BadShape> {
        self.i32(at).and_then(|n| usize::try_from(n).map_err(|_| BadShape::Cut(at)))
    }

    fn point(&self, at: usize) -> Result<Point, BadShape> {
        let coordinate = |at| self.take(at).map(f64::from_le_bytes);
        let (x, y) = (coordinate(at)?, coordinate(at + 8)?);
        let (longitude, latitude) = self.projection.degrees(x, y);
        Point::new(latitude, longitude).map_err(|_| BadShape::Projected(format!("{x}, {y}")))
    }

    /// The next point, or the longest part of the next line; empty for a null shape; `None` at the end.
    fn next(&mut self) -> Result<Option<Vec<Point>>, BadShape> {
        if self.at >= self.bytes.len() {
            return Ok(None);
        }
        let words = i32::from_be_bytes(self.take(self.at + 4)?);
        let start = self.at + 8;
        let length = usize::try_from(words).map_err(|_| BadShape::Cut(self.at))? * 2;
        if start + length > self.bytes.len() || length < 4 {
            return Err(BadShape::Cut(self.bytes.len()));
        }
        self.at = start + length;
        self.read += 1;
        match (self.i32(start)?, self.of_points) {
            (0, _) => Ok(Some(Vec::new())),
            (3 | 13 | 23, false) => self.longest_part(start, length).map(Some),
            (1 | 11 | 21, true) => self.point(start + 4).map(|p| Some(vec![p])),
            // Several points of one address: the first.
            (8 | 18 | 28, true) if self.count(start + 36)? == 0 => Ok(Some(Vec::new())),
            (8 | 18 | 28, true) => self.point(start + 40).map(|p| Some(vec![p])),
            (other, _) => Err(BadShape::Kind(other)),
        }
    }

    fn longest_part(&self, start: usize, length: usize) -> Result<Vec<Point>, BadShape> {
        let (parts, points) = (self.count(start + 36)?, self.count(start + 40)?);
        if 44 + parts.saturating_mul(4).saturating_add(points.saturating_mul(16)) > length {
            return Err(BadShape::Cut(start));
        }
        let mut ends = Vec::with_capacity(parts + 1);
        for part in 0..parts {
            ends.push(self.count(start + 44 + part * 4)?.min(points));
        }
        ends.push(points);
        let longest = ends
            .windows(2)
            .map(|w| (w[1].saturating_sub(w[0]), w[0]))
            .max_by_key(|(n, from)| (*n, std::cmp::Reverse(*from)));
        let (n, from) = longest.unwrap_or((0, 0));
        (from..from + n).map(|i| self.point(start + 44 + parts * 4 + i * 16)).collect()
    }
}

/// A dBASE table, its columns as text.
struct Table<'a> {
    columns: Vec<String>,
    places: Vec<(usize, usize)>,
    bytes: &'a [u8],
    head: usize,
    width: usize,
    rows: usize,
}

impl<'a> Table<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, BadShape> {
        if bytes.len() < 33 {
            return Err(BadShape::Table);
        }
        let rows = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize;
        let head = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        let width = usize::from(u16::from_le_bytes([bytes[10], bytes[11]]));
        if head < 33 || width < 2 || bytes.len() < head + rows.saturating_mul(width) {
            return Err(BadShape::Table);
        }
        let (mut columns, mut places, mut at) = (Vec::new(), Vec::new(), 1);
        for field in bytes[32..head].chunks_exact(32) {
            if field[0] == 0x0D {
                break;
            }
            let name: String = field[..11].iter().take_while(|b| **b != 0).map(|b| char::from(*b)).collect();
            let length = usize::from(field[16]);
            columns.push(name.trim().to_uppercase());
            places.push((at, length));
            at += length;
        }
        if at > width || columns.is_empty() {
            return Err(BadShape::Table);
        }
        Ok(Self { columns, places, bytes, head, width, rows })
    }

    /// The values of the shape that was read last; `None` for a deleted row.
    fn row_of(&self, shapes: &Shapes) -> Result<Option<Vec<String>>, BadShape> {
        self.row(shapes.read - 1).ok_or(BadShape::Rows { shapes: shapes.read, rows: self.rows })
    }

    /// The values of a row; `Some(None)` for a deleted one, `None` beyond the end.
    #[expect(clippy::option_option, reason = "a deleted row is a row")]
    fn row(&self, row: usize) -> Option<Option<Vec<String>>> {
        if row >= self.rows {
            return None;
        }
        let bytes = &self.bytes[self.head + row * self.width..][..self.width];
        if bytes[0] == b'*' {
            return Some(None);
        }
        let text = |part: &[u8]| match std::str::from_utf8(part) {
            Ok(text) => text.trim().to_owned(),
            // Old tables are in a Latin code page.
            Err(_) => part.iter().map(|b| char::from(*b)).collect::<String>().trim().to_owned(),
        };
        Some(Some(self.places.iter().map(|(at, n)| text(&bytes[*at..at + n])).collect()))
    }
}

#[cfg(test)]
#[path = "shape_tests.rs"]
mod tests;
