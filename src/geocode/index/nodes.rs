//! Crossings from geometry: where lines of two streets share a corner, they cross.
//!
//! TIGER/Line and the centrelines of agencies are cut at crossings, so shared corners are enough there; a bridge shares
//! none with the road below and makes no crossing. Limit: lines that are not cut where they cross give none.

use super::{
    Builder,
    rows::{Entry, NONE, Origin, Spot, Worth},
};

/// Corners closer together than about a metre are one.
const ROUND: i32 = 100;

pub(super) fn add_crossings(builder: &mut Builder) {
    let mut corners: Vec<(i32, i32, u32, u32)> = Vec::with_capacity(builder.vertices.len());
    for (i, range) in builder.ranges.iter().enumerate() {
        // The other side of the same street has the same line.
        if i > 0 && builder.ranges[i - 1].first == range.first {
            continue;
        }
        for spot in &builder.vertices[range.first as usize..(range.first + range.count) as usize] {
            corners.push((spot.lat.div_euclid(ROUND), spot.lon.div_euclid(ROUND), range.street, i as u32));
        }
    }
    corners.sort_unstable();
    let mut crossings = Vec::new();
    for node in corners.chunk_by(|x, y| (x.0, x.1) == (y.0, y.1)) {
        let mut streets: Vec<(u32, u32)> = node.iter().map(|(_, _, street, row)| (*street, *row)).collect();
        streets.dedup_by_key(|(street, _)| *street);
        for (i, (a, row)) in streets.iter().enumerate() {
            for (b, _) in &streets[i + 1..] {
                let range = &builder.ranges[*row as usize];
                crossings.push(Entry {
                    a: *a,
                    b: *b,
                    number: 0,
                    rest: 0,
                    origin: Origin::Geometry,
                    worth: Worth::Own,
                    at: Spot { lat: node[0].0 * ROUND + ROUND / 2, lon: node[0].1 * ROUND + ROUND / 2 },
                    town: range.town,
                    zip: range.zip,
                    text: NONE,
                    text_len: 0,
                });
            }
        }
    }
    builder.entries.extend(crossings);
}
