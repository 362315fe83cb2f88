//! Jurisdictions and the areas in them.
//!
//! A *jurisdiction* owns data: it is the tenant, and its id stands first in every key. Its *areas*
//! form one tree (state, county, town …); an event belongs to the finest area that holds its point.

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
