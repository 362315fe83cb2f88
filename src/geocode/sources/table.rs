//! CSV with a point and what it is called.
//!
//! Columns are found by name ([`Header`]), in any order; they may be parted by commas, tabs, semicolons or upright
//! strokes:
//! - gazetteers: `text`, `location_text`, `address` or `street`; `name`; `town` or `city`; `zip`; `latitude`, `longitude`.
//!   A row with a street text is a street, one with a name or town only a town, one with a ZIP only a ZIP area; a
//!   `facility`, `landmark` or `alias` is a name of its own beside the street text. A `kind` may say town, county, zip,
//!   street or landmark;
//! - OpenAddresses: `LON, LAT, NUMBER, STREET, UNIT, CITY, DISTRICT, REGION, POSTCODE`;
//! - the National Address Database's text files: `AddNum_Pre, Add_Number, AddNum_Suf, St_PreDir, St_Name, St_PosTyp, …, Inc_Muni,
//!   Post_City, Zip_Code, LandmkName, Longitude, Latitude`; before 2023 `StN_PreDir, StreetName, StN_PosTyp, …, Post_Comm`;
//! - the address points of states and counties, by the names that theirs have.
//!
//! In a list of addresses, one with a column of house numbers, a row is a house or it is unusable: its town is not taken
//! for a place of that name. A house is known under the town within whose border it stands and under the one that the
//! post gives it.

use std::io::{BufRead, BufReader, Read};

use thiserror::Error;

use super::{
    Taken,
    header::{Header, StreetColumns, number as plain_number, town, value},
};
use crate::{
    domain::{place::Point, place_name::PlaceName},
    geocode::{Builder, StreetText},
};

#[derive(Debug, Error)]
pub enum BadTable {
    #[error("line {line}: {message}")]
    Line { line: u64, message: String },
    #[error("the file is empty; expected a header line and rows with a latitude, a longitude and what is there")]
    Empty,
    #[error("the header has no {missing}; it has {has}")]
    Column { missing: &'static str, has: String },
}

/// An address or another text that says where.
const TEXT: &[&str] = &[
    "TEXT",
    "LOCATIONTEXT",
    "ADDRESS",
    "FULLADDR",
    "FULLADDRESS",
    "FULLADDRES",
    "FULLADD",
    "ADDRESSFULL",
    "ADDRLABEL",
    "ADRLABEL",
    "PRIMARYADDRESS",
    "PRIMARYADD",
    "LSN",
    "DLVRYADD",
    "SITEADDRESS",
    "SITEADDRES",
    "SITEADDR",
    "SITUSADDRESS",
    "SITUSADDR",
    "STREETADDRESS",
    "STREETADDR",
    "STADDRESS",
];
const NAME: &[&str] = &["NAME", "PLACE", "PLACENAME"];
const OWN_NAME: &[&str] = &["FACILITY", "LANDMARK", "ALIAS", "LANDMKNAME"];
/// Other names of an address's street.
const OTHER_STREET: &[&str] = &["ALIAS1", "ALIAS2", "ALIAS3", "ALIAS4"];
const KIND: &[&str] = &["KIND", "TYPE"];
/// The town by its border, and as the post writes it; people give either.
const TOWN: &[&str] = &[
    "TOWN",
    "CITY",
    "MUNICIPALITY",
    "MUNICIPALI",
    "INCMUNI",
    "MUNI",
    "TOWNNAME",
    "CITYTOWNNAME",
    "ADRMUNI",
    "CITYNAME",
];
const POSTAL_TOWN: &[&str] = &[
    "POSTCITY",
    "POSTCOMM",
    "POSTCOMMUNITY",
    "POSTALCITY",
    "USPSCITY",
    "PONAME",
    "CITYPOSTAL",
    "CITYPOSTA",
    "ADRCITY",
    "PO",
    "MSAGCOMM",
    "MSAGCOMMUNITY",
    "MSAGCOMMUN",
    "UNINCCOMM",
    "DISTRICT",
];
const ZIP: &[&str] = &["ZIP", "ZIPCODE", "POSTCODE", "ZIP5", "ADRZIP5", "POSTALCODE", "POSTCODE5"];
const LAT: &[&str] = &["LAT", "LATITUDE", "LATY", "GPSY", "Y", "POINTY"];
const LON: &[&str] = &["LON", "LNG", "LONG", "LONGITUDE", "LONX", "GPSX", "X", "POINTX"];
const NUMBER: &[&str] = &[
    "NUMBER",
    "HOUSENUMBER",
    "ADDNUMBER",
    "ADDRNUM",
    "ADDRNUMBER",
    "ADRNUM",
    "ADDNUM",
    "ADDNUMB",
    "ADDRESSNUMBER",
    "ADDRESSNUM",
    "STNUM",
    "STNUMBER",
    "STREETNUM",
    "STREETNUMBER",
    "STREETNUMB",
    "HOUSENUM",
    "HOUSENUMBE",
    "HOUSENO",
    "ADDRHN",
    "STREETNO",
    "STNO",
    "HNO",
    "STNM",
    "ADDNOFULL",
];
const NUMBER_PREFIX: &[&str] = &["ADDNUMPRE", "PREADDRNUM", "HOUSENUMBERPREFIX", "PREFIXADDRESSNUMBER", "ADDRNUMPRE"];
const NUMBER_SUFFIX: &[&str] = &[
    "ADDNUMSUF",
    "ADDRNUMSUF",
    "ADDNUMSUFF",
    "ADRNUMSUF",
    "ADRNUMSU",
    "STNUMSUFF",
    "STNUMSUFFIX",
    "ADDRNSFX",
    "HOUSENUMBERSUFFIX",
    "SUFFIXADDRESSNUMBER",
    "NUMBERSUFFIX",
    "HOUSESUFFIX",
];

pub(super) struct Columns {
    at: Option<(usize, usize)>,
    text: Option<usize>,
    street: Option<StreetColumns>,
    other_streets: Vec<usize>,
    name: Option<usize>,
    own_name: Option<usize>,
    kind: Option<usize>,
    towns: Vec<usize>,
    postal_towns: Vec<usize>,
    zip: Option<usize>,
    number: Option<usize>,
    number_prefix: Option<usize>,
    number_suffix: Option<usize>,
}

impl Columns {
    /// `located`: every row brings its own place, so none is needed in the columns.
    pub fn of(header: &Header, located: bool) -> Result<Self, BadTable> {
        let need =
            |found: Option<usize>, missing| found.ok_or_else(|| BadTable::Column { missing, has: header.list() });
        let (lat, lon) = (header.find(LAT), header.find(LON));
        let at = if located { lat.zip(lon) } else { Some((need(lat, "latitude")?, need(lon, "longitude")?)) };
        let columns = Self {
            at,
            text: header.find(TEXT),
            street: StreetColumns::of(header, &[]),
            other_streets: header.all(OTHER_STREET),
            name: header.find(NAME),
            own_name: header.find(OWN_NAME),
            kind: header.find(KIND),
            towns: header.all(TOWN),
            postal_towns: header.all(POSTAL_TOWN),
            zip: header.find(ZIP),
            number: header.find(NUMBER),
            number_prefix: header.find(NUMBER_PREFIX),
            number_suffix: header.find(NUMBER_SUFFIX),
        };
        let street = columns.text.is_some() || columns.street.is_some();
        let own = columns.name.or(columns.own_name);
        // A list of addresses whose street is not found is not a list of towns.
        if !street && (columns.number.is_some() || own.is_none() && header.speaks_of(ADDRESSES)) {
            return need(None, "street name or address").map(|_| columns);
        }
        if !street {
            let area = columns.towns.first().or(columns.postal_towns.first()).copied();
            need(own.or(area).or(columns.zip), "text, name, town or zip")?;
        }
        Ok(columns)
    }

    /// The name of the town by its border, and the one that the post gives it where that is another.
    fn towns_of<'a>(&self, get: impl Fn(usize) -> &'a str) -> (Option<&'a str>, Option<&'a str>) {
        let first = |columns: &[usize]| columns.iter().find_map(|at| town(get(*at)));
        let (own, postal) = (first(&self.towns), first(&self.postal_towns));
        match (own, postal) {
            (Some(own), Some(postal)) if PlaceName::parse(own).base != PlaceName::parse(postal).base => {
                (Some(own), Some(postal))
            }
            (own, postal) => (own.or(postal), None),
        }
    }

    /// The place that the columns of a row give, and whether they give one that is none.
    fn point<'a>(&self, get: impl Fn(usize) -> &'a str) -> Option<Point> {
        let degree = |at: usize| get(at).parse::<f64>().ok();
        let (lat, lon) = self.at?;
        Point::new(degree(lat)?, degree(lon)?).ok()
    }
}

/// Names of columns that speak of addresses have one of these in them.
const ADDRESSES: &[&str] = &["ADDR", "STREET", "HOUSE"];

impl Builder {
    /// Add a CSV file.
    ///
    /// # Errors
    /// When it is empty or not CSV, or its header names no coordinates or nothing to call them by.
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
        let head = csv.headers().map_err(broken)?.clone();
        let mut row = csv::StringRecord::new();
        if head.iter().all(str::is_empty) && !csv.read_record(&mut row).map_err(broken)? {
            return Err(BadTable::Empty);
        }
        let columns = Columns::of(&Header::of(&head), false)?;
        let mut taken = Taken::default();
        let mut nowhere: Option<BadTable> = None;
        while csv.read_record(&mut row).map_err(broken)? {
            let used = self.add_row(&columns, &row, None);
            if !used && nowhere.is_none() {
                nowhere = columns.projected(&row);
            }
            taken.count(used);
        }
        // Not one place in degrees: the whole file is in a projection.
        match nowhere {
            Some(error) if taken.used == 0 => Err(error),
            _ => Ok(taken),
        }
    }

    /// Add one row, at the place that it brings or that its columns give.
    pub(super) fn add_row(&mut self, columns: &Columns, row: &csv::StringRecord, at: Option<Point>) -> bool {
        let get = |at: usize| row.get(at).map_or("", value);
        let field = |at: Option<usize>| at.map(get).filter(|t| !t.is_empty());
        let Some(point) = at.or_else(|| columns.point(get)) else { return false };
        let (town, postal) = columns.towns_of(get);
        let zip = field(columns.zip).map(plain_number);
        let zip = zip.as_deref();
        let text = field(columns.text);
        let street = columns.street.as_ref().and_then(|s| s.name(get));
        let mut used = false;
        if let Some(own) = field(columns.own_name) {
            self.add_landmark(own, town, zip, point);
            used = true;
        }
        let name = field(columns.name);
        if let Some(number) = columns.number
            && (field(columns.kind).is_none() && name.is_none() || !get(number).is_empty())
        {
            if let Some(house) = columns.house(get) {
                let mut streets: Vec<&str> = street.as_deref().or(text).into_iter().collect();
                streets.extend(columns.other_streets.iter().map(|at| get(*at)).filter(|name| !name.is_empty()));
                for street in streets {
                    for town in [town].into_iter().chain(postal.map(Some)) {
                        used |= self.add_address(&house, street, town, zip, point);
                    }
                }
            } else if let Some(text) = text.filter(|t| StreetText::parse(t).number.is_some()) {
                used |= self.add_street(text, town, zip, point);
            }
            if let Some(name) = name.filter(|_| used) {
                self.add_landmark(name, town, zip, point);
            }
            return used;
        }
        let text = text.or(street.as_deref());
        match (field(columns.kind).map(str::to_lowercase).as_deref(), text, name) {
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

impl Columns {
    /// The house number of a row: "37-" and 12, "N6W" and 23001, 12 and "1/2"; a table makes 12.0 of 12.
    fn house<'a>(&self, get: impl Fn(usize) -> &'a str) -> Option<String> {
        let field = |at: Option<usize>| at.map(&get).filter(|t| !t.is_empty());
        let house = plain_number(field(self.number)?);
        if house.bytes().all(|b| b == b'0') {
            return None;
        }
        let before = field(self.number_prefix).unwrap_or("").replace(' ', "");
        let behind = field(self.number_suffix).unwrap_or("").replace(' ', "");
        // What is longer is no part of a number: "Lot 3".
        let behind =
            if behind.len() <= 2 || behind.starts_with(|c: char| c.is_ascii_digit()) { behind } else { String::new() };
        // A digit behind the number is none of its own: "12" and "1/2" are not 1212.
        let gap = if behind.starts_with(|c: char| c.is_ascii_digit()) { " " } else { "" };
        Some(format!("{before}{house}{gap}{behind}"))
    }

    /// A row whose coordinates are numbers, but no degrees.
    fn projected(&self, row: &csv::StringRecord) -> Option<BadTable> {
        let (lat, lon) = self.at?;
        let (y, x) = (row.get(lat)?, row.get(lon)?);
        let (north, east) = (y.parse::<f64>().ok()?, x.parse::<f64>().ok()?);
        Point::new(north, east).is_err().then(|| BadTable::Line {
            line: row.position().map_or(2, csv::Position::line),
            message: format!(
                "{x}, {y} is no place in degrees, nor is any other row's; expected longitude and latitude (NAD 83 or WGS 84)"
            ),
        })
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
#[path = "table_tests.rs"]
mod tests;
