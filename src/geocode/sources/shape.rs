//! Shapefiles of lines: the geometry (`.shp`) and the attribute table beside it (`.dbf`).
//!
//! After ESRI's Shapefile Technical Description (1998) and the dBASE III table; only what streets need: poly-lines in
//! degrees, and the columns as text. Nothing is compressed or unpacked: give the unzipped files.

use thiserror::Error;

use super::{Taken, tiger};
use crate::{domain::place::Point, geocode::Builder};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadShape {
    #[error("this is not a shapefile: it does not begin with the file code 9994")]
    Code,
    #[error("the shapefile holds shapes of type {0}; expected poly-lines (3, 13 or 23)")]
    Kind(i32),
    #[error("the shapefile is cut short at byte {0}")]
    Cut(usize),
    #[error("the table (.dbf) is cut short or no dBASE table")]
    Table,
    #[error("the shapefile has {shapes} shapes, its table {rows} rows: they do not belong together")]
    Rows { shapes: usize, rows: usize },
    #[error(
        "the coordinate {0} is no degree: the lines are in a projection; expected longitude and latitude (NAD 83 or WGS 84)"
    )]
    Projected(String),
    #[error("the table has no column with street names ({expected}); it has {has}")]
    Columns { expected: String, has: String },
}

impl Builder {
    /// Add the lines of a shapefile: TIGER/Line ADDRFEAT or EDGES, or an agency's centrelines.
    ///
    /// # Errors
    /// When the bytes are no such files, or the table has no street names.
    pub fn add_shapefile(&mut self, shp: &[u8], dbf: &[u8]) -> Result<Taken, BadShape> {
        let table = Table::open(dbf)?;
        let meaning = tiger::Columns::of(&table.columns)?;
        let mut taken = Taken::default();
        let mut shapes = Shapes::open(shp)?;
        let mut row = 0;
        while let Some(line) = shapes.next_line()? {
            let values = table.row(row).ok_or(BadShape::Rows { shapes: row + 1, rows: table.rows })?;
            if let Some(values) = values {
                taken.count(!line.is_empty() && meaning.add(self, &values, &line));
            }
            row += 1;
        }
        if row != table.rows {
            return Err(BadShape::Rows { shapes: row, rows: table.rows });
        }
        Ok(taken)
    }
}

struct Shapes<'a> {
    bytes: &'a [u8],
    at: usize,
}

const HEAD: usize = 100;

impl<'a> Shapes<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, BadShape> {
        let shapes = Self { bytes, at: HEAD };
        if bytes.get(..4) != Some(&9994_i32.to_be_bytes()) {
            return Err(BadShape::Code);
        }
        match shapes.i32(32)? {
            0 | 3 | 13 | 23 => Ok(shapes),
            other => Err(BadShape::Kind(other)),
        }
    }

    fn take<const N: usize>(&self, at: usize) -> Result<[u8; N], BadShape> {
        let part = self.bytes.get(at..at.saturating_add(N)).ok_or(BadShape::Cut(self.bytes.len()))?;
        part.try_into().map_err(|_| BadShape::Cut(at))
    }

    fn i32(&self, at: usize) -> Result<i32, BadShape> {
        self.take(at).map(i32::from_le_bytes)
    }

    fn f64(&self, at: usize) -> Result<f64, BadShape> {
        self.take(at).map(f64::from_le_bytes)
    }

    /// The longest part of the next line; empty for a null shape; `None` at the end.
    fn next_line(&mut self) -> Result<Option<Vec<Point>>, BadShape> {
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
        match self.i32(start)? {
            0 => return Ok(Some(Vec::new())),
            3 | 13 | 23 => {}
            other => return Err(BadShape::Kind(other)),
        }
        let count = |at| self.i32(at).and_then(|n| usize::try_from(n).map_err(|_| BadShape::Cut(at)));
        let (parts, points) = (count(start + 36)?, count(start + 40)?);
        if 44 + parts.saturating_mul(4).saturating_add(points.saturating_mul(16)) > length {
            return Err(BadShape::Cut(start));
        }
        let mut ends = Vec::with_capacity(parts + 1);
        for part in 0..parts {
            ends.push(count(start + 44 + part * 4)?.min(points));
        }
        ends.push(points);
        let longest = ends
            .windows(2)
            .map(|w| (w[1].saturating_sub(w[0]), w[0]))
            .max_by_key(|(n, from)| (*n, std::cmp::Reverse(*from)));
        let (n, from) = longest.unwrap_or((0, 0));
        let mut line = Vec::with_capacity(n);
        for i in from..from + n {
            let at = start + 44 + parts * 4 + i * 16;
            let (x, y) = (self.f64(at)?, self.f64(at + 8)?);
            line.push(Point::new(y, x).map_err(|_| BadShape::Projected(format!("{x}, {y}")))?);
        }
        Ok(Some(line))
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
