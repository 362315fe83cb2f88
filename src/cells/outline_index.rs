//! Point-in-polygon by the even–odd rule, with the edges sorted into strips of latitude.
//!
//! The half-open rule (an edge holds its lower end, not its upper one) gives a point on a border that
//! two areas share to exactly one of them, so nothing is counted twice. A query looks at the edges of
//! one strip only: a coastline of ten thousand edges costs as much as a village.

use geo::{Coord, LinesIter, MultiPolygon};

pub(super) struct OutlineIndex {
    south: f64,
    north: f64,
    /// Strips per degree of latitude.
    per_degree: f64,
    /// Edges (lower end first) that touch each strip.
    strips: Vec<Vec<(Coord, Coord)>>,
}

impl OutlineIndex {
    pub(super) fn new(outline: &MultiPolygon<f64>) -> Self {
        let edges: Vec<(Coord, Coord)> = outline
            .lines_iter()
            .filter(|l| l.start.y != l.end.y && [l.start, l.end].iter().all(|c| c.x.is_finite() && c.y.is_finite()))
            .map(|l| if l.start.y < l.end.y { (l.start, l.end) } else { (l.end, l.start) })
            .collect();
        let south = edges.iter().map(|(low, _)| low.y).fold(f64::INFINITY, f64::min);
        let north = edges.iter().map(|(_, high)| high.y).fold(f64::NEG_INFINITY, f64::max);
        let count = (edges.len() / 4).clamp(1, 4096);
        let per_degree = if north > south { count as f64 / (north - south) } else { 0.0 };
        let mut index = Self { south, north, per_degree, strips: vec![Vec::new(); count] };
        for edge in edges {
            for strip in index.strip(edge.0.y)..=index.strip(edge.1.y) {
                index.strips[strip].push(edge);
            }
        }
        index
    }

    pub(super) fn contains(&self, lon: f64, lat: f64) -> bool {
        if !(self.south..=self.north).contains(&lat) {
            return false;
        }
        let crossed = self.strips[self.strip(lat)]
            .iter()
            .filter(|(low, high)| low.y <= lat && lat < high.y)
            .filter(|(low, high)| low.x + (lat - low.y) / (high.y - low.y) * (high.x - low.x) > lon)
            .count();
        crossed % 2 == 1
    }

    fn strip(&self, lat: f64) -> usize {
        // A float cast saturates, so what lies below the first strip falls into it.
        (((lat - self.south) * self.per_degree) as usize).min(self.strips.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use geo::polygon;

    use super::*;

    #[test]
    fn a_hole_is_outside_and_a_shared_border_belongs_to_one_side_only() {
        let ring = polygon!(
            exterior: [(x: 0., y: 0.), (x: 4., y: 0.), (x: 4., y: 4.), (x: 0., y: 4.)],
            interiors: [[(x: 1., y: 1.), (x: 3., y: 1.), (x: 3., y: 3.), (x: 1., y: 3.)]],
        );
        let east = polygon![(x: 4., y: 0.), (x: 8., y: 0.), (x: 8., y: 4.), (x: 4., y: 4.)];
        let ring = OutlineIndex::new(&MultiPolygon::new(vec![ring]));
        let east = OutlineIndex::new(&MultiPolygon::new(vec![east]));
        assert!(ring.contains(0.5, 2.0));
        assert!(!ring.contains(2.0, 2.0));
        assert!(ring.contains(3.5, 2.0));
        assert!(!ring.contains(2.0, 9.0));
        for lat in [0.0, 1.0, 2.5, 3.999] {
            assert_eq!(u8::from(ring.contains(4.0, lat)) + u8::from(east.contains(4.0, lat)), 1, "at {lat}");
        }
    }

    #[test]
    fn an_empty_outline_holds_nothing() {
        let none = OutlineIndex::new(&MultiPolygon::new(vec![]));
        assert!(!none.contains(0.0, 0.0));
    }
}
