//! Address points as GeoJSON, one feature to a line: what OpenAddresses publishes (`.geojson` by county or town).
//!
//! Properties: `number, street, unit, city, district, region, postcode`, as in its older CSV; a feature without a
//! geometry, which a source's faulty coordinates leave behind, is counted as unusable.

use std::io::BufRead;

use serde_json::Value;
use thiserror::Error;

use super::{BadTable, Taken, table::Columns};
use crate::geocode::Builder;

#[derive(Debug, Error)]
pub enum BadPoints {
    #[error("line {line}: {message}; expected one GeoJSON feature to a line")]
    Line { line: u64, message: String },
    #[error(transparent)]
    Columns(#[from] BadTable),
}

const PROPERTIES: [&str; 6] = ["number", "street", "city", "district", "region", "postcode"];

impl Builder {
    /// Add address points from GeoJSON lines.
    ///
    /// # Errors
    /// When a line is no feature.
    pub fn add_geojson_points(&mut self, reader: impl BufRead) -> Result<Taken, BadPoints> {
        let header: csv::StringRecord = ["lon", "lat"].iter().chain(&PROPERTIES).collect();
        let columns = Columns::of(&header)?;
        let mut taken = Taken::default();
        for (i, line) in reader.lines().enumerate() {
            let bad = |message: String| BadPoints::Line { line: i as u64 + 1, message };
            let line = line.map_err(|e| bad(e.to_string()))?;
            let text = line.trim().trim_start_matches('\u{FEFF}');
            if text.is_empty() {
                continue;
            }
            let feature: Value = serde_json::from_str(text).map_err(|e| bad(e.to_string()))?;
            if feature["type"] != "Feature" {
                return Err(bad(format!("the type is {}", feature["type"])));
            }
            taken.count(self.add_row(&columns, &row_of(&feature)));
        }
        Ok(taken)
    }
}

/// The values in the order of the header; empty where there is none.
fn row_of(feature: &Value) -> csv::StringRecord {
    let text = |value: &Value| match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let at = &feature["geometry"];
    let degree = |i: usize| if at["type"] == "Point" { text(&at["coordinates"][i]) } else { String::new() };
    [degree(0), degree(1)]
        .into_iter()
        .chain(PROPERTIES.iter().map(|name| text(&feature["properties"][*name])))
        .collect()
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
}
