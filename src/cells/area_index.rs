//! Which area holds a point, and which area a name means.

use std::collections::HashMap;

use geo::{Area as _, BoundingRect};
use rstar::{AABB, RTree, primitives::GeomWithData, primitives::Rectangle};

use super::outline_index::OutlineIndex;
use crate::domain::{
    area::{Area, AreaKind, AreaShape, AreaTree},
    ids::AreaId,
    place::Point,
    place_name::PlaceName,
};

/// Degrees outside everything from which on a point is not believed.
const FAR: f64 = 0.5;

/// The outlines of a jurisdiction, ready for questions.
///
/// *Finest* means: deepest in the tree; among equals town before other before ZIP before county before
/// state; among those the smallest; and at last by id, so that the answer never depends on load order.
pub struct AreaIndex {
    shapes: Vec<AreaShape>,
    outlines: Vec<OutlineIndex>,
    /// Position in the order from finest to coarsest, by shape.
    rank: Vec<usize>,
    boxes: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>,
    by_base: HashMap<String, Vec<(PlaceName, usize)>>,
    by_id: HashMap<AreaId, usize>,
    tree: AreaTree,
}

impl AreaIndex {
    pub fn new(mut shapes: Vec<AreaShape>) -> Self {
        shapes.sort_by(|a, b| a.area.id.cmp(&b.area.id));
        shapes.dedup_by(|a, b| a.area.id == b.area.id);
        let tree = AreaTree::new(shapes.iter().map(|s| &s.area));
        let size: Vec<f64> = shapes.iter().map(|s| s.outline.unsigned_area()).collect();
        let mut order: Vec<usize> = (0..shapes.len()).collect();
        order.sort_by(|&a, &b| {
            let key = |i: usize| (std::cmp::Reverse(tree.depth(&shapes[i].area.id)), kind_rank(shapes[i].area.kind));
            key(a).cmp(&key(b)).then(size[a].total_cmp(&size[b])).then(a.cmp(&b))
        });
        let mut rank = vec![0; shapes.len()];
        for (position, &shape) in order.iter().enumerate() {
            rank[shape] = position;
        }
        let boxes = shapes.iter().enumerate().filter_map(|(i, s)| {
            let b = s.outline.bounding_rect()?;
            Some(GeomWithData::new(Rectangle::from_corners([b.min().x, b.min().y], [b.max().x, b.max().y]), i))
        });
        let boxes = RTree::bulk_load(boxes.collect());
        let mut by_base: HashMap<String, Vec<(PlaceName, usize)>> = HashMap::new();
        for (i, shape) in shapes.iter().enumerate() {
            let name = PlaceName::parse(&shape.area.name);
            by_base.entry(name.base.clone()).or_default().push((name, i));
        }
        let outlines = shapes.iter().map(|s| OutlineIndex::new(&s.outline)).collect();
        let by_id = shapes.iter().enumerate().map(|(i, s)| (s.area.id.clone(), i)).collect();
        Self { shapes, outlines, rank, boxes, by_base, by_id, tree }
    }

    pub fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    pub fn tree(&self) -> &AreaTree {
        &self.tree
    }

    /// By id.
    pub fn areas(&self) -> impl Iterator<Item = &Area> {
        self.shapes.iter().map(|s| &s.area)
    }

    pub fn get(&self, id: &AreaId) -> Option<&Area> {
        self.by_id.get(id).map(|&i| &self.shapes[i].area)
    }

    pub fn outline(&self, id: &AreaId) -> Option<&geo::MultiPolygon<f64>> {
        self.by_id.get(id).map(|&i| &self.shapes[i].outline)
    }

    /// The finest area whose outline holds the point.
    pub fn finest_at(&self, point: Point) -> Option<&Area> {
        self.holders(point).min_by_key(|&i| self.rank[i]).map(|i| &self.shapes[i].area)
    }

    /// Every area whose outline holds the point, finest first.
    pub fn all_at(&self, point: Point) -> Vec<&Area> {
        let mut found: Vec<usize> = self.holders(point).collect();
        found.sort_by_key(|&i| self.rank[i]);
        found.into_iter().map(|i| &self.shapes[i].area).collect()
    }

    /// The area of one kind whose outline holds the point.
    pub fn at_level(&self, point: Point, kind: AreaKind) -> Option<&Area> {
        self.all_at(point).into_iter().find(|a| a.kind == kind)
    }

    /// Whether any area's outline holds the point.
    pub fn covers(&self, point: Point) -> bool {
        self.holders(point).next().is_some()
    }

    /// Areas that a text may name, of one kind where asked for, finest first. More than one means
    /// that the text alone does not decide.
    pub fn named(&self, text: &str, kind: Option<AreaKind>) -> Vec<&Area> {
        let name = PlaceName::parse(text);
        let mut found: Vec<usize> = self
            .by_base
            .get(&name.base)
            .into_iter()
            .flatten()
            .filter(|(other, i)| name.agrees(other) && self.class_fits(&name, *i))
            .map(|(_, i)| *i)
            .filter(|&i| kind.is_none_or(|k| self.shapes[i].area.kind == k))
            .collect();
        found.sort_by_key(|&i| self.rank[i]);
        found.into_iter().map(|i| &self.shapes[i].area).collect()
    }

    /// The one area of that kind that a text names; `None` when none or several.
    pub fn one_named(&self, text: &str, kind: AreaKind) -> Option<&Area> {
        match self.named(text, Some(kind))[..] {
            [one] => Some(one),
            _ => None,
        }
    }

    /// Whether a point lies far (half a degree, some 50 km) outside everything: a slip of the sender, not a border case.
    pub fn is_far(&self, point: Point) -> bool {
        let envelope = self.boxes.root().envelope();
        let [west, south] = envelope.lower();
        let [east, north] = envelope.upper();
        let outside_lon = !(west - FAR..=east + FAR).contains(&point.lon());
        let outside_lat = !(south - FAR..=north + FAR).contains(&point.lat());
        !self.is_empty() && (outside_lon || outside_lat)
    }

    /// A text that says "county" does not name a town, whatever else it says.
    fn class_fits(&self, name: &PlaceName, shape: usize) -> bool {
        (name.class == Some("COUNTY")) <= (self.shapes[shape].area.kind != AreaKind::Town)
    }

    fn holders(&self, point: Point) -> impl Iterator<Item = usize> + '_ {
        let (lon, lat) = (point.lon(), point.lat());
        self.boxes
            .locate_in_envelope_intersecting(&AABB::from_point([lon, lat]))
            .map(|b| b.data)
            .filter(move |&i| self.outlines[i].contains(lon, lat))
    }
}

fn kind_rank(kind: AreaKind) -> u8 {
    match kind {
        AreaKind::Town => 0,
        AreaKind::Other => 1,
        AreaKind::Zip => 2,
        AreaKind::County => 3,
        AreaKind::State => 4,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use geo::{MultiPolygon, Rect, coord};

    use super::*;

    /// A rectangular area, for the tests of this folder.
    pub(crate) fn square(id: &str, name: &str, kind: AreaKind, parent: Option<&str>, bbox: [f64; 4]) -> AreaShape {
        let [west, south, east, north] = bbox;
        let outline =
            MultiPolygon::new(vec![Rect::new(coord! { x: west, y: south }, coord! { x: east, y: north }).to_polygon()]);
        let centre = Point::new((south + north) / 2.0, (west + east) / 2.0).unwrap();
        let area = Area {
            id: AreaId::new(id).unwrap(),
            parent: parent.map(|p| AreaId::new(p).unwrap()),
            kind,
            name: name.into(),
            centre,
            bbox,
            population: None,
            population_year: None,
        };
        AreaShape { area, outline }
    }

    pub(crate) fn little_state() -> AreaIndex {
        AreaIndex::new(vec![
            square("st", "State", AreaKind::State, None, [-72.0, 40.0, -70.0, 42.0]),
            square("north", "North County", AreaKind::County, Some("st"), [-72.0, 41.0, -70.0, 42.0]),
            square("hat-boro", "Hatfield Boro", AreaKind::Town, Some("north"), [-71.5, 41.4, -71.4, 41.5]),
            square("hat-twp", "Hatfield Twp", AreaKind::Town, Some("north"), [-71.4, 41.4, -71.2, 41.5]),
            square("04401", "04401", AreaKind::Zip, Some("st"), [-72.0, 41.0, -71.0, 41.6]),
        ])
    }

    #[test]
    fn the_finest_area_wins_and_the_chain_leads_up() {
        let index = little_state();
        let at = |lat, lon| index.finest_at(Point::new(lat, lon).unwrap()).map(|a| a.id.as_str().to_owned());
        assert_eq!(at(41.45, -71.45).as_deref(), Some("hat-boro"));
        assert_eq!(at(40.5, -71.0).as_deref(), Some("st"));
        assert_eq!(at(45.0, -71.0), None);
        // A county and a ZIP area lie equally deep; the ZIP is finer.
        assert_eq!(at(41.1, -71.9).as_deref(), Some("04401"));
        let hat = AreaId::new("hat-twp").unwrap();
        assert_eq!(index.tree().line(&hat).map(|a| a.id.as_str()).collect::<Vec<_>>(), ["hat-twp", "north", "st"]);
    }

    #[test]
    fn a_name_that_fits_two_areas_names_neither() {
        let index = little_state();
        assert_eq!(index.named("HATFIELD", None).len(), 2);
        assert!(index.one_named("HATFIELD", AreaKind::Town).is_none());
        assert_eq!(index.one_named("hatfield township", AreaKind::Town).unwrap().id.as_str(), "hat-twp");
        assert_eq!(index.one_named("North", AreaKind::County).unwrap().id.as_str(), "north");
        assert!(index.named("HATFIELD COUNTY", None).is_empty());
    }
}
