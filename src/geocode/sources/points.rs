//! Address points as GeoJSON: one feature to a line, as OpenAddresses publishes them, or a collection, as agencies do.
//!
//! The properties are read like the columns of a table ([`table`]): OpenAddresses' `number, street, unit, city,
//! district, region, postcode`, or an agency's own names. A feature without a geometry, which a source's faulty
//! coordinates leave behind, stands where its properties say, if they do; else it is counted as unusable.

use std::{collections::BTreeSet, io::BufRead};

use serde_json::Value;
use thiserror::Error;

use super::{
    BadTable, Taken,
    header::Header,
    table::{self, Columns},
};
use crate::{domain::place::Point, geocode::Builder};

#[derive(Debug, Error)]
pub enum BadPoints {
    #[error("line {line}: {message}; expected one GeoJSON feature to a line")]
    Line { line: u64, message: String },
    #[error("not GeoJSON: {0}")]
    Json(String),
    #[error("expected a feature collection of points")]
    Collection,
    #[error(transparent)]
    Columns(#[from] BadTable),
}

/// Properties that are empty may be left out: the names are gathered from so many features.
const LOOKED_AT: usize = 2_000;

impl Builder {
    /// Add address points from GeoJSON lines.
    ///
    /// # Errors
    /// When a line is no feature, or the properties name no streets.
    pub fn add_geojson_points(&mut self, reader: impl BufRead) -> Result<Taken, BadPoints> {
        let mut features = reader.lines().enumerate().filter_map(|(i, line)| {
            let bad = |message: String| BadPoints::Line { line: i as u64 + 1, message };
            match line {
                Err(e) => Some(Err(bad(e.to_string()))),
                Ok(line) => {
                    let text = line.trim().trim_start_matches('\u{FEFF}');
                    (!text.is_empty()).then(|| {
                        let feature: Value = serde_json::from_str(text).map_err(|e| bad(e.to_string()))?;
                        let is_one = feature["type"] == "Feature";
                        if is_one { Ok(feature) } else { Err(bad(format!("the type is {}", feature["type"]))) }
                    })
                }
            }
        });
        let first: Vec<Value> = features.by_ref().take(LOOKED_AT).collect::<Result<_, _>>()?;
        let properties = Properties::of(&first)?;
        let mut taken = Taken::default();
        for feature in first.into_iter().map(Ok).chain(features) {
            taken.count(properties.add(self, &feature?));
        }
        Ok(taken)
    }

    /// Add address points from a GeoJSON collection.
    ///
    /// # Errors
    /// When the text is no such collection, or the properties name no streets.
    pub fn add_geojson_point_collection(&mut self, text: &str) -> Result<Taken, BadPoints> {
        let whole: Value =
            serde_json::from_str(text.trim_start_matches('\u{FEFF}')).map_err(|e| BadPoints::Json(e.to_string()))?;
        let features = whole["features"].as_array().ok_or(BadPoints::Collection)?;
        let properties = Properties::of(features)?;
        let mut taken = Taken::default();
        for feature in features {
            taken.count(properties.add(self, feature));
        }
        Ok(taken)
    }
}

/// The names of properties and what they mean.
struct Properties {
    names: Vec<String>,
    columns: Columns,
}

impl Properties {
    fn of(features: &[Value]) -> Result<Self, BadPoints> {
        let keys = features.iter().filter_map(|f| f["properties"].as_object()).flat_map(|p| p.keys());
        let names: BTreeSet<&str> = keys.map(String::as_str).collect();
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let columns = table::Columns::of(&Header::of(&names), true)?;
        Ok(Self { names, columns })
    }

    fn add(&self, builder: &mut Builder, feature: &Value) -> bool {
        let row: csv::StringRecord = self.names.iter().map(|name| text(&feature["properties"][name])).collect();
        builder.add_row(&self.columns, &row, place(&feature["geometry"]))
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A point, or the first of several; `None` for other shapes and for what is no degree.
fn place(geometry: &Value) -> Option<Point> {
    let at = match geometry["type"].as_str()? {
        "Point" => &geometry["coordinates"],
        "MultiPoint" => &geometry["coordinates"][0],
        _ => return None,
    };
    Point::new(at[1].as_f64()?, at[0].as_f64()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geocode::{Answer, Query};

    #[test]
    fn address_points_come_one_to_a_line_and_those_without_a_place_are_counted() {
        let lines = concat!(
            "\u{FEFF}{\"type\":\"Feature\",\"properties\":{\"hash\":\"a\",\"number\":\"12\",\"street\":\"ELM ST\",\"unit\":\"\",",
            "\"city\":\"ORONO\",\"district\":\"\",\"region\":\"ME\",\"postcode\":\"04473\",\"id\":\"\"},",
            "\"geometry\":{\"type\":\"Point\",\"coordinates\":[-68.67,44.88]}}\n\n",
            "{\"type\":\"Feature\",\"properties\":{\"number\":14,\"street\":\"ELM ST\",\"postcode\":null},\"geometry\":null}\n",
        );
        let mut builder = Builder::default();
        assert_eq!(builder.add_geojson_points(lines.as_bytes()).unwrap(), Taken { used: 1, unusable: 1 });
        let q = Query { text: Some("12 Elm Street"), zip: Some("04473"), ..Query::default() };
        assert!(matches!(builder.build().answer(&q), Answer::Found(m) if m.score == 1.0));
        let error = Builder::default().add_geojson_points("{\"type\":\"Feature\"".as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("line 1: ") && error.ends_with("expected one GeoJSON feature to a line"), "{error}");
    }

    #[test]
    fn an_agencys_collection_is_read_by_its_own_names_though_empty_ones_are_left_out() {
        let text = r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","properties":{"HOUSE_NUMBER":12,"PRIMARYNAME":"Elm St","TOWNNAME":"ORONO","ZIP":4473},
             "geometry":{"type":"Point","coordinates":[-68.67,44.88]}},
            {"type":"Feature","properties":{"HOUSE_NUMBER":14,"HOUSE_NUMBERSUFFIX":"A ","PRIMARYNAME":"ELM ST","TOWNNAME":"ORONO","ALIAS1":"TH 26"},
             "geometry":{"type":"MultiPoint","coordinates":[[-68.671,44.88]]}},
            {"type":"Feature","properties":{"HOUSE_NUMBER":0,"PRIMARYNAME":"ELM ST","TOWNNAME":"ORONO"},
             "geometry":{"type":"Point","coordinates":[-68.672,44.88]}}]}"#;
        let mut builder = Builder::default();
        let taken = builder.add_geojson_point_collection(text).unwrap();
        assert_eq!(taken, Taken { used: 2, unusable: 1 });
        let index = builder.build();
        for text in ["12 Elm Street", "14A Elm Street", "14 A TH 26"] {
            let q = Query { text: Some(text), town: Some("Orono"), ..Query::default() };
            assert!(matches!(index.answer(&q), Answer::Found(m) if m.score == 1.0), "{text}");
        }
        let error = |text| Builder::default().add_geojson_point_collection(text).unwrap_err().to_string();
        assert!(error("{").starts_with("not GeoJSON"), "{}", error("{"));
        assert_eq!(error("{}"), "expected a feature collection of points");
        assert!(error(r#"{"features":[{"properties":{"HOUSE_NO":1}}]}"#).contains("no street name or address"));
    }
}
