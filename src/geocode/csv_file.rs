//! Gazetteer files: CSV with a point and what it is called.
//!
//! Recognised columns (any order, any case): `text`, `location_text`, `address` or `street`; `name` or
//! `town` or `city`; `zip` or `zip_code`; `lat` or `latitude`; `lon`, `lng` or `longitude`. A row with a street text is a
//! street, one with a name only a town, one with a ZIP only a ZIP area.

use std::io::Read;

use thiserror::Error;

use super::Gazetteer;
use crate::domain::place::Point;

#[derive(Debug, Error)]
pub enum GazetteerError {
    #[error("line {line}: {message}")]
    Line { line: u64, message: String },
    #[error("the header has no {missing}; it has {has}")]
    Column { missing: &'static str, has: String },
}

const TEXT: &[&str] = &["text", "location_text", "address", "street"];
const NAME: &[&str] = &["name", "place", "place_name"];
const TOWN: &[&str] = &["town", "city", "municipality"];
const ZIP: &[&str] = &["zip", "zip_code", "zipcode", "postcode"];
const LAT: &[&str] = &["lat", "latitude"];
const LON: &[&str] = &["lon", "lng", "long", "longitude"];

impl Gazetteer {
    /// Add a CSV file; answers how many rows were used and how many had no usable point or name.
    ///
    /// # Errors
    /// When it is not CSV, or its header names no coordinates or nothing to call them by.
    pub fn add_csv(&mut self, reader: impl Read) -> Result<(u64, u64), GazetteerError> {
        let mut csv = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(reader);
        let broken = |e: csv::Error| GazetteerError::Line {
            line: e.position().map_or(1, csv::Position::line),
            message: e.to_string(),
        };
        let header = csv.headers().map_err(broken)?.clone();
        let find = |names: &[&str]| {
            header.iter().position(|h| names.iter().any(|n| h.trim_start_matches('\u{FEFF}').eq_ignore_ascii_case(n)))
        };
        let has = || header.iter().collect::<Vec<_>>().join(", ");
        let need = |found: Option<usize>, missing| found.ok_or_else(|| GazetteerError::Column { missing, has: has() });
        let (lat, lon) = (need(find(LAT), "latitude")?, need(find(LON), "longitude")?);
        let (text, name, town, zip) = (find(TEXT), find(NAME), find(TOWN), find(ZIP));
        need(text.or(name).or(town).or(zip), "text, name, town or zip")?;
        let (mut used, mut unusable) = (0, 0);
        let mut row = csv::StringRecord::new();
        while csv.read_record(&mut row).map_err(broken)? {
            let field = |at: Option<usize>| at.and_then(|i| row.get(i)).filter(|t| !t.is_empty());
            let number = |at| field(Some(at)).and_then(|t| t.parse::<f64>().ok());
            let point = number(lat).zip(number(lon)).and_then(|(y, x)| Point::new(y, x).ok());
            let Some(point) = point else {
                unusable += 1;
                continue;
            };
            match (field(text), field(name), field(town), field(zip)) {
                (Some(t), _, town, zip) => self.add_street(t, town, zip, point),
                (None, Some(n), ..) | (None, None, Some(n), _) => self.add_town(n, point),
                (None, None, None, Some(z)) => self.add_zip(z, point),
                _ => {
                    unusable += 1;
                    continue;
                }
            }
            used += 1;
        }
        Ok((used, unusable))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Answer, Query},
        *,
    };

    #[test]
    fn streets_towns_and_zip_areas_are_read_from_their_columns() {
        let mut g = Gazetteer::default();
        let streets = "location_text,town,zip,lat,lon\nMAIN ST,ORONO,04473,44.88,-68.67\nBAD,,,x,y\n";
        assert_eq!(g.add_csv(streets.as_bytes()).unwrap(), (1, 1));
        assert_eq!(g.add_csv("Name,Latitude,Longitude\nBangor,44.8,-68.77\n".as_bytes()).unwrap(), (1, 0));
        assert_eq!(g.add_csv("zip_code,latitude,longitude\n04401,44.81,-68.78\n".as_bytes()).unwrap(), (1, 0));
        for q in [
            Query { text: Some("main street"), ..Query::default() },
            Query { town: Some("BANGOR"), ..Query::default() },
            Query { zip: Some("04401"), ..Query::default() },
        ] {
            assert!(matches!(g.answer(&q), Answer::Found(_)), "{q:?}");
        }
        let error = g.add_csv("a,b\n1,2\n".as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "the header has no latitude; it has a, b");
    }
}
