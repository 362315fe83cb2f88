//! Outlines as well-known binary (OGC 06-103r4, section 8.2): little-endian `MultiPolygon`, so that any
//! tool that opens the database can read them.

use geo::{Coord, LineString, MultiPolygon, Polygon};

const LITTLE_ENDIAN: u8 = 1;
const POLYGON: u32 = 3;
const MULTI_POLYGON: u32 = 6;

pub(super) fn write(outline: &MultiPolygon<f64>) -> Vec<u8> {
    let mut out = Vec::new();
    head(&mut out, MULTI_POLYGON, outline.0.len());
    for polygon in &outline.0 {
        head(&mut out, POLYGON, 1 + polygon.interiors().len());
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            out.extend((ring.0.len() as u32).to_le_bytes());
            for c in &ring.0 {
                out.extend(c.x.to_le_bytes());
                out.extend(c.y.to_le_bytes());
            }
        }
    }
    out
}

fn head(out: &mut Vec<u8>, kind: u32, parts: usize) {
    out.push(LITTLE_ENDIAN);
    out.extend(kind.to_le_bytes());
    out.extend((parts as u32).to_le_bytes());
}

/// # Errors
/// One clear clause when the bytes are not a little-endian multipolygon.
pub(super) fn read(bytes: &[u8]) -> Result<MultiPolygon<f64>, &'static str> {
    let mut reader = Reader(bytes);
    let polygons = (0..reader.head(MULTI_POLYGON)?).map(|_| polygon(&mut reader)).collect::<Result<Vec<_>, _>>()?;
    if reader.0.is_empty() { Ok(MultiPolygon(polygons)) } else { Err("bytes follow the last polygon") }
}

fn polygon(reader: &mut Reader<'_>) -> Result<Polygon<f64>, &'static str> {
    let mut rings = (0..reader.head(POLYGON)?).map(|_| reader.ring());
    let exterior = rings.next().ok_or("a polygon has no ring")??;
    Ok(Polygon::new(exterior, rings.collect::<Result<Vec<_>, _>>()?))
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (now, rest) = self.0.split_first_chunk::<N>().ok_or("the bytes end too early")?;
        self.0 = rest;
        Ok(*now)
    }

    fn head(&mut self, kind: u32) -> Result<u32, &'static str> {
        let [order] = self.take()?;
        if order != LITTLE_ENDIAN || u32::from_le_bytes(self.take()?) != kind {
            return Err("the bytes are not a little-endian multipolygon");
        }
        Ok(u32::from_le_bytes(self.take()?))
    }

    fn ring(&mut self) -> Result<LineString<f64>, &'static str> {
        let points = u32::from_le_bytes(self.take()?);
        let mut coords = Vec::new();
        for _ in 0..points {
            let (x, y) = (f64::from_le_bytes(self.take()?), f64::from_le_bytes(self.take()?));
            coords.push(Coord { x, y });
        }
        Ok(LineString(coords))
    }
}

#[cfg(test)]
mod tests {
    use geo::polygon;

    use super::*;

    #[test]
    fn an_outline_with_a_hole_and_an_island_comes_back_bit_for_bit() {
        let holed = polygon!(
            exterior: [(x: 0.1, y: 0.2), (x: 9.0, y: 0.0), (x: 9.0, y: 9.3)],
            interiors: [[(x: 4.0, y: 2.0), (x: 5.0, y: 2.0), (x: 5.0, y: 3.0)]],
        );
        let island = polygon![(x: -70.1, y: 44.2), (x: -70.0, y: 44.2), (x: -70.0, y: 44.3)];
        let outline = MultiPolygon(vec![holed, island]);
        assert_eq!(read(&write(&outline)), Ok(outline));
    }

    #[test]
    fn cut_off_bytes_are_refused() {
        let outline = MultiPolygon(vec![polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 0.0), (x: 1.0, y: 1.0)]]);
        let bytes = write(&outline);
        assert!(read(&bytes[..bytes.len() - 1]).is_err());
        assert!(read(&[]).is_err());
    }
}
