//! CSV with a point and what it is called.
//!
//! Columns are found by name, in any order and case; they may be parted by commas, tabs, semicolons or upright strokes:
//! - gazetteers: `text`, `location_text`, `address` or `street`; `name`; `town` or `city`; `zip`; `latitude`, `longitude`.
//!   A row with a street text is a street, one with a name or town only a town, one with a ZIP only a ZIP area; a
//!   `facility`, `landmark` or `alias` is a name of its own beside the street text. A `kind` may say town, county, zip,
//!   street or landmark;
//! - OpenAddresses: `LON, LAT, NUMBER, STREET, UNIT, CITY, DISTRICT, REGION, POSTCODE`;
//! - the National Address Database's text files: `AddNum_Pre, Add_Number, AddNum_Suf, St_PreDir, St_Name, St_PosTyp, …, Inc_Muni,
//!   Post_City, Zip_Code, LandmkName, Longitude, Latitude`.

use std::io::{BufRead, BufReader, Read};

use thiserror::Error;

use super::Taken;
use crate::{domain::place::Point, geocode::Builder};

#[derive(Debug, Error)]
pub enum BadTable {
    #[error("line {line}: {message}")]
    Line { line: u64, message: String },
    #[error("the header has no {missing}; it has {has}")]
    Column { missing: &'static str, has: String },
}

const TEXT: &[&str] = &["text", "location_text", "address", "street", "stnam_full"];
const NAME: &[&str] = &["name", "place", "place_name"];
const OWN_NAME: &[&str] = &["facility", "landmark", "alias", "landmkname"];
const KIND: &[&str] = &["kind", "type"];
const TOWN: &[&str] = &["town", "city", "municipality", "inc_muni"];
const OTHER_TOWN: &[&str] = &["post_city", "post_comm", "uninc_comm", "district"];
const ZIP: &[&str] = &["zip", "zip_code", "zipcode", "postcode"];
const LAT: &[&str] = &["lat", "latitude"];
const LON: &[&str] = &["lon", "lng", "long", "longitude"];
const NUMBER: &[&str] = &["number", "house_number", "add_number", "housenumber"];
const NUMBER_PREFIX: &[&str] = &["addnum_pre"];
const NUMBER_SUFFIX: &[&str] = &["addnum_suf"];
/// The parts of a street's name in the National Address Database, in their order.
const NAME_PARTS: &[&str] =
    &["st_premod", "st_predir", "st_pretyp", "st_presep", "st_name", "st_postyp", "st_posdir", "st_posmod"];

pub(super) struct Columns {
    lat: usize,
    lon: usize,
    text: Option<usize>,
    name: Option<usize>,
    own_name: Option<usize>,
    kind: Option<usize>,
    town: Option<usize>,
    other_town: Option<usize>,
    zip: Option<usize>,
    number: Option<usize>,
    number_prefix: Option<usize>,
    number_suffix: Option<usize>,
    parts: Vec<usize>,
}

impl Columns {
    pub fn of(header: &csv::StringRecord) -> Result<Self, BadTable> {
        let find = |names: &[&str]| {
            // The first name of the list that there is: a column "address" is preferred to "street".
            names.iter().find_map(|n| {
                header.iter().position(|h| h.trim_start_matches('\u{FEFF}').trim().eq_ignore_ascii_case(n))
            })
        };
        let has = || header.iter().collect::<Vec<_>>().join(", ");
        let need = |found: Option<usize>, missing| found.ok_or_else(|| BadTable::Column { missing, has: has() });
        let columns = Self {
            lat: need(find(LAT), "latitude")?,
            lon: need(find(LON), "longitude")?,
            text: find(TEXT),
            name: find(NAME),
            own_name: find(OWN_NAME),
            kind: find(KIND),
            town: find(TOWN),
            other_town: find(OTHER_TOWN),
            zip: find(ZIP),
            number: find(NUMBER),
            number_prefix: find(NUMBER_PREFIX),
            number_suffix: find(NUMBER_SUFFIX),
            parts: NAME_PARTS.iter().filter_map(|n| find(&[n])).collect(),
        };
        let called = columns.text.or(columns.name).or(columns.own_name).or(columns.town).or(columns.zip);
        need(called.or(columns.parts.first().copied()), "text, name, town or zip")?;
        Ok(columns)
    }
}

impl Builder {
    /// Add a CSV file.
    ///
    /// # Errors
    /// When it is not CSV, or its header names no coordinates or nothing to call them by.
    pub fn add_csv(&mut self, reader: impl Read) -> Result<Taken, BadTable> {
        let mut reader = BufReader::with_capacity(1 << 16, reader);
        let head = reader.fill_buf().map_err(|e| BadTable::Line { line: 1, message: e.to_string() })?;
        let delimiter = delimiter(head);
        let mut csv =
            csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(reader);
        let broken = |e: csv::Error| BadTable::Line {
            line: e.position().map_or(1, csv::Position::line),
            message: match e.kind() {
                csv::ErrorKind::Utf8 { .. } => "the row is not UTF-8".to_owned(),
                _ => e.to_string(),
            },
        };
        let columns = Columns::of(csv.headers().map_err(broken)?)?;
        let mut taken = Taken::default();
        let mut row = csv::StringRecord::new();
        while csv.read_record(&mut row).map_err(broken)? {
            taken.count(self.add_row(&columns, &row));
        }
        Ok(taken)
    }

    pub(super) fn add_row(&mut self, columns: &Columns, row: &csv::StringRecord) -> bool {
        let field = |at: Option<usize>| {
            at.and_then(|i| row.get(i)).filter(|t| !t.is_empty() && !t.eq_ignore_ascii_case("not stated"))
        };
        let number = |at| field(Some(at)).and_then(|t| t.parse::<f64>().ok());
        let Some(point) = number(columns.lat).zip(number(columns.lon)).and_then(|(y, x)| Point::new(y, x).ok()) else {
            return false;
        };
        let town = field(columns.town).or(field(columns.other_town));
        let zip = field(columns.zip);
        let parts: Vec<&str> = columns.parts.iter().filter_map(|at| field(Some(*at))).collect();
        let whole = parts.join(" ");
        let street = field(columns.text).or(Some(whole.as_str()).filter(|w| !w.is_empty()));
        let mut used = false;
        if let Some(own) = field(columns.own_name) {
            self.add_landmark(own, town, zip, point);
            used = true;
        }
        if let Some(house) = field(columns.number) {
            // "37-" and 12, "N6W" and 23001, 12 and "1/2"; a spreadsheet makes 12.0 of 12.
            let (before, behind) = (field(columns.number_prefix), field(columns.number_suffix));
            let behind = behind.unwrap_or("").replace(' ', "");
            // A digit behind the number is none of its own: "12" and "1/2" are not 1212.
            let gap = if behind.starts_with(|c: char| c.is_ascii_digit()) { " " } else { "" };
            let house = house.strip_suffix(".0").unwrap_or(house);
            let house = format!("{}{house}{gap}{behind}", before.unwrap_or("").replace(' ', ""));
            return street.is_some_and(|s| self.add_address(&house, s, town, zip, point)) || used;
        }
        match (field(columns.kind).map(str::to_lowercase).as_deref(), street, field(columns.name)) {
            (Some("county"), _, Some(name)) => self.add_county(name, point),
            (Some("landmark" | "facility"), _, Some(name)) => self.add_landmark(name, town, zip, point),
            (_, Some(text), Some(name)) if !name.eq_ignore_ascii_case(text) => {
                // A name beside an address is a facility's.
                self.add_landmark(name, town, zip, point);
                return self.add_street(text, town, zip, point);
            }
            (_, Some(text), _) => return self.add_street(text, town, zip, point) || used,
            (_, None, Some(name)) => self.add_town(name, point),
            (_, None, None) if used => {}
            (_, None, None) => match (town, zip) {
                (Some(town), _) => self.add_town(town, point),
                (None, Some(zip)) => self.add_zip(zip, point),
                (None, None) => return false,
            },
        }
        true
    }
}

/// What parts the names of the header.
fn delimiter(head: &[u8]) -> u8 {
    let line = head.split(|b| *b == b'\n').next().unwrap_or(&[]);
    let count = |mark: u8| line.iter().filter(|b| **b == mark).count();
    // Of equally many the first; a header of one column has none.
    *b",\t|;".iter().rev().max_by_key(|mark| count(**mark)).unwrap_or(&b',')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::place::Precision,
        geocode::{Answer, Query},
    };

    fn taken(used: u64, unusable: u64) -> Taken {
        Taken { used, unusable }
    }

    #[test]
    fn streets_towns_and_zip_areas_are_read_from_their_columns() {
        let mut g = Builder::default();
        let streets = "location_text,town,zip,lat,lon\nMAIN ST,ORONO,04473,44.88,-68.67\nBAD,,,x,y\n";
        assert_eq!(g.add_csv(streets.as_bytes()).unwrap(), taken(1, 1));
        assert_eq!(g.add_csv("Name,Latitude,Longitude\nBangor,44.8,-68.77\n".as_bytes()).unwrap(), taken(1, 0));
        assert_eq!(g.add_csv("zip_code,latitude,longitude\n04401,44.81,-68.78\n".as_bytes()).unwrap(), taken(1, 0));
        let index = g.build();
        for q in [
            Query { text: Some("main street"), ..Query::default() },
            Query { town: Some("BANGOR"), ..Query::default() },
            Query { zip: Some("04401"), ..Query::default() },
        ] {
            assert!(matches!(index.answer(&q), Answer::Found(_)), "{q:?}");
        }
        let error = Builder::default().add_csv("a,b\n1,2\n".as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "the header has no latitude; it has a, b");
    }

    #[test]
    fn address_points_of_both_national_collections_are_houses() {
        let mut g = Builder::default();
        let open = "LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE,ID,HASH\n-68.67,44.88,12,Elm Street,,Orono,,ME,04473,,a1\n";
        assert_eq!(g.add_csv(open.as_bytes()).unwrap(), taken(1, 0));
        let national = "Add_Number,AddNum_Suf,St_PreDir,St_Name,St_PosTyp,Inc_Muni,Post_City,Zip_Code,LandmkName,Longitude,Latitude\n\
                        7,A,North,Oak,Avenue,Not stated,Bangor,04401,City Shelter,-68.77,44.80\n";
        assert_eq!(g.add_csv(national.as_bytes()).unwrap(), taken(1, 0));
        let index = g.build();
        for (text, town) in [("12 elm st", "Orono"), ("7A N Oak Ave", "Bangor"), ("near City Shelter", "Bangor")] {
            let q = Query { text: Some(text), town: Some(town), ..Query::default() };
            let Answer::Found(found) = index.answer(&q) else { panic!("{text}") };
            assert_eq!((found.precision, found.score), (Precision::Rooftop, 1.0), "{text}");
        }
    }

    #[test]
    fn numbers_in_parts_and_other_delimiters_are_read_as_the_national_database_writes_them() {
        let mut g = Builder::default();
        let national = "\u{FEFF}OBJECTID|AddNum_Pre|Add_Number|AddNum_Suf|St_Name|St_PosTyp|Inc_Muni|Zip_Code|Longitude|Latitude\n\
                        1|37-|12||74th|Street|Queens|11372|-73.89|40.75\n\
                        2|N6W|23001||Bluemound|Road|Waukesha|53188|-88.2|43.03\n\
                        3||12.0|1/2|Elm|Street|Orono|04473|-68.67|44.88\n";
        assert_eq!(g.add_csv(national.as_bytes()).unwrap(), taken(3, 0));
        let index = g.build();
        for (text, town) in
            [("37-12 74 St", "Queens"), ("N6W23001 Bluemound Rd", "Waukesha"), ("12 1/2 Elm St", "Orono")]
        {
            let q = Query { text: Some(text), town: Some(town), ..Query::default() };
            assert!(matches!(index.answer(&q), Answer::Found(m) if m.score == 1.0), "{text}");
        }
        for (head, mark) in [("a,b;c,d", b','), ("a\tb\tc", b'\t'), ("a;b;c\n,,,,,", b';'), ("a", b',')] {
            assert_eq!(delimiter(head.as_bytes()), mark, "{head}");
        }
    }
}
