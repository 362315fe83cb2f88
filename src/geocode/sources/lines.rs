//! GeoJSON with lines of streets, with the columns of [`tiger`] as properties.

use geojson::{FeatureCollection, GeoJson, GeometryValue};
use thiserror::Error;

use super::{Taken, tiger};
use crate::{domain::place::Point, geocode::Builder};

#[derive(Debug, Error)]
pub enum BadLines {
    #[error("not GeoJSON: {0}")]
    Json(String),
    #[error("expected a feature collection of lines")]
    Collection,
    #[error("feature {0}: a coordinate is no longitude and latitude in degrees")]
    Degrees(usize),
    #[error(transparent)]
    Columns(#[from] super::BadShape),
}

impl Builder {
    /// Add streets from GeoJSON lines; other geometries are passed over and counted.
    ///
    /// # Errors
    /// When the text is no such collection, or its properties have no street names.
    pub fn add_geojson_lines(&mut self, text: &str) -> Result<Taken, BadLines> {
        let GeoJson::FeatureCollection(FeatureCollection { features, .. }) =
            text.parse::<GeoJson>().map_err(|e| BadLines::Json(e.to_string()))?
        else {
            return Err(BadLines::Collection);
        };
        let mut names: Vec<String> =
            features.iter().filter_map(|f| f.properties.as_ref()).flat_map(|p| p.keys().cloned()).collect();
        names.sort_unstable();
        names.dedup();
        let meaning = tiger::Columns::of(&names)?;
        let mut edges = tiger::Edges::default();
        let mut taken = Taken::default();
        for (i, feature) in features.iter().enumerate() {
            let values: Vec<String> = names
                .iter()
                .map(|n| match feature.property(n) {
                    Some(serde_json::Value::String(text)) => text.trim().to_owned(),
                    Some(serde_json::Value::Null) | None => String::new(),
                    Some(other) => other.to_string(),
                })
                .collect();
            let lines = match feature.geometry.as_ref().map(|g| &g.value) {
                Some(GeometryValue::LineString { coordinates }) => vec![coordinates],
                Some(GeometryValue::MultiLineString { coordinates }) => coordinates.iter().collect(),
                _ => Vec::new(),
            };
            let mut used = false;
            for line in lines {
                let points: Option<Vec<Point>> = line
                    .iter()
                    .map(|c| {
                        let degrees = c.as_slice();
                        Point::new(*degrees.get(1)?, *degrees.first()?).ok()
                    })
                    .collect();
                used |= meaning.add(self, &mut edges, &values, &points.ok_or(BadLines::Degrees(i + 1))?);
            }
            taken.count(used);
        }
        edges.add(self);
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::place::Precision,
        geocode::{Answer, Query},
    };

    #[test]
    fn centrelines_give_their_crossings_and_their_houses() {
        let text = r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","properties":{"name":"Main St","fromleft":101,"toleft":199,"fromright":100,"toright":198,"city":"Orono"},
             "geometry":{"type":"LineString","coordinates":[[-68.670,44.880],[-68.668,44.880]]}},
            {"type":"Feature","properties":{"name":"Oak St","city":"Orono"},
             "geometry":{"type":"LineString","coordinates":[[-68.668,44.880],[-68.668,44.882]]}}]}"#;
        let mut builder = Builder::default();
        assert_eq!(builder.add_geojson_lines(text).unwrap(), Taken { used: 2, unusable: 0 });
        let index = builder.build();
        let ask = |text| match index.answer(&Query { text: Some(text), town: Some("Orono"), ..Query::default() }) {
            Answer::Found(found) => found,
            other => panic!("{text}: {other:?}"),
        };
        let crossing = ask("Oak Street & Main");
        assert_eq!(crossing.precision, Precision::Intersection);
        assert!(crossing.point.distance_km(Point::new(44.880, -68.668).unwrap()) < 0.002);
        // Half-way along; odd numbers stand on the left, which is north of a line to the east.
        let house = ask("151 Main St");
        assert_eq!(house.precision, Precision::Range);
        assert!((house.point.lon() + 68.669).abs() < 5e-5 && house.point.lat() > 44.88);
        assert!(ask("150 Main St").point.lat() < 44.88);
        assert!(Builder::default().add_geojson_lines("{}").is_err());
    }
}
