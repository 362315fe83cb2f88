//! Jurisdictions and the areas in them.
//!
//! A *jurisdiction* owns data: it is the tenant, and its id stands first in every key. Its *areas*
//! form one tree (state, county, town …); an event belongs to the finest area that holds its point.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    ids::{AreaId, JurisdictionId},
    place::Point,
    time::Zone,
};

/// The owner of a body of data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Jurisdiction {
    pub id: JurisdictionId,
    pub name: String,
    /// Days are calendar days of this zone.
    pub zone: Zone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AreaKind {
    State,
    County,
    Town,
    Zip,
    Other,
}

impl AreaKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::County => "county",
            Self::Town => "town",
            Self::Zip => "zip",
            Self::Other => "other",
        }
    }
}

/// A place in a jurisdiction's tree. The outline is kept apart (`AreaShape`): lists need no polygons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Area {
    pub id: AreaId,
    pub parent: Option<AreaId>,
    pub kind: AreaKind,
    pub name: String,
    /// A point inside the outline, for a label.
    pub centre: Point,
    /// West, south, east, north in degrees.
    pub bbox: [f64; 4],
    /// Residents, with the year of the figure, where known.
    pub population: Option<u64>,
    pub population_year: Option<i32>,
}

/// An area with its outline (WGS 84, longitude/latitude order).
#[derive(Debug, Clone, PartialEq)]
pub struct AreaShape {
    pub area: Area,
    pub outline: geo::MultiPolygon<f64>,
}

/// A named place with a point: a town, a landmark, a ZIP centroid. What texts are matched against and
/// what clusters are named after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NamedPlace {
    pub name: String,
    pub point: Point,
    pub population: Option<u64>,
}

/// The tree of areas, for questions about what lies in what.
#[derive(Debug, Clone, Default)]
pub struct AreaTree {
    by_id: BTreeMap<AreaId, Area>,
}

impl AreaTree {
    pub fn new<'a>(areas: impl IntoIterator<Item = &'a Area>) -> Self {
        Self { by_id: areas.into_iter().map(|a| (a.id.clone(), a.clone())).collect() }
    }

    pub fn get(&self, id: &AreaId) -> Option<&Area> {
        self.by_id.get(id)
    }

    pub fn kind(&self, id: &AreaId) -> Option<AreaKind> {
        self.get(id).map(|a| a.kind)
    }

    /// The area itself, its parent, and so on up to the root. Stops at a parent that is not known,
    /// and after as many steps as there are areas, so a circle in bad data cannot hang it.
    pub fn line(&self, id: &AreaId) -> impl Iterator<Item = &Area> {
        std::iter::successors(self.get(id), |a| a.parent.as_ref().and_then(|p| self.get(p))).take(self.by_id.len())
    }

    /// Whether `inner` is `outer` or lies below it.
    pub fn contains(&self, outer: &AreaId, inner: &AreaId) -> bool {
        outer == inner || self.line(inner).any(|a| a.id == *outer)
    }

    /// The area of that kind which is or holds this one.
    pub fn at_level(&self, id: &AreaId, kind: AreaKind) -> Option<&AreaId> {
        self.line(id).find(|a| a.kind == kind).map(|a| &a.id)
    }

    /// These areas and everything below them, sorted.
    pub fn with_descendants(&self, roots: &[AreaId]) -> Vec<AreaId> {
        self.by_id.keys().filter(|id| self.line(id).any(|a| roots.contains(&a.id))).cloned().collect()
    }

    /// The kind that figures are broken down by: counties where there are any, else towns, else what there is.
    pub fn level(&self) -> AreaKind {
        [AreaKind::County, AreaKind::Town, AreaKind::Other, AreaKind::Zip, AreaKind::State]
            .into_iter()
            .find(|kind| self.by_id.values().any(|a| a.kind == *kind))
            .unwrap_or(AreaKind::County)
    }

    /// Areas without a parent.
    pub fn roots(&self) -> impl Iterator<Item = &Area> {
        self.by_id.values().filter(|a| a.parent.is_none())
    }

    /// All areas of one kind, sorted.
    pub fn of_kind(&self, kind: AreaKind) -> Vec<AreaId> {
        self.by_id.values().filter(|a| a.kind == kind).map(|a| a.id.clone()).collect()
    }

    /// Number of areas above: 0 for a root and for an unknown area.
    pub fn depth(&self, id: &AreaId) -> usize {
        self.line(id).count().saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(id: &str, parent: Option<&str>) -> Area {
        Area {
            id: AreaId::new(id).unwrap(),
            parent: parent.map(|p| AreaId::new(p).unwrap()),
            kind: AreaKind::Other,
            name: id.into(),
            centre: Point::new(44.0, -69.0).unwrap(),
            bbox: [-70.0, 43.0, -68.0, 45.0],
            population: None,
            population_year: None,
        }
    }

    #[test]
    fn the_tree_knows_what_lies_in_what_and_survives_a_circle() {
        let areas = [
            area("me", None),
            area("penobscot", Some("me")),
            area("bangor", Some("penobscot")),
            area("x", Some("y")),
            area("y", Some("x")),
        ];
        let tree = AreaTree::new(&areas);
        let id = |t: &str| AreaId::new(t).unwrap();
        assert!(tree.contains(&id("me"), &id("bangor")));
        assert!(tree.contains(&id("bangor"), &id("bangor")));
        assert!(!tree.contains(&id("bangor"), &id("me")));
        assert_eq!((tree.depth(&id("me")), tree.depth(&id("bangor"))), (0, 2));
        assert!(!tree.contains(&id("me"), &id("x")));
    }
}
