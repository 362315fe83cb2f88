//! What the columns of street lines mean.
//!
//! After the TIGER/Line technical documentation (U.S. Census Bureau): ADDRFEAT has `FULLNAME, LFROMHN, LTOHN, RFROMHN,
//! RTOHN, PARITYL, PARITYR, ZIPL, ZIPR`; EDGES `FULLNAME, LFROMADD, LTOADD, RFROMADD, RTOADD, ZIPL, ZIPR`, with lines that are no roads
//! (`ROADFLG` N). Agencies' centrelines have the same under other names; the commonest are known.

use super::shape::BadShape;
use crate::{
    domain::place::Point,
    geocode::{Builder, HouseNumber, Stretch},
};

const NAME: &[&str] = &[
    "FULLNAME",
    "FULL_NAME",
    "FULLSTNAME",
    "FULL_STREET_NAME",
    "STREETNAME",
    "STREET_NAM",
    "STREET",
    "NAME",
    "ST_NAME",
];
const LEFT_FROM: &[&str] = &["LFROMHN", "LFROMADD", "FROMADDR_L", "L_F_ADD", "FROMLEFT", "FROMADDLEFT", "ADD_FROM_L"];
const LEFT_TO: &[&str] = &["LTOHN", "LTOADD", "TOADDR_L", "L_T_ADD", "TOLEFT", "TOADDLEFT", "ADD_TO_L"];
const RIGHT_FROM: &[&str] =
    &["RFROMHN", "RFROMADD", "FROMADDR_R", "R_F_ADD", "FROMRIGHT", "FROMADDRIGHT", "ADD_FROM_R"];
const RIGHT_TO: &[&str] = &["RTOHN", "RTOADD", "TOADDR_R", "R_T_ADD", "TORIGHT", "TOADDRIGHT", "ADD_TO_R"];
const ZIP_LEFT: &[&str] = &["ZIPL", "ZIP_L", "LZIP", "ZIPLEFT", "ZIP"];
const ZIP_RIGHT: &[&str] = &["ZIPR", "ZIP_R", "RZIP", "ZIPRIGHT", "ZIP"];
const TOWN: &[&str] = &["MUNI", "MUNI_L", "TOWN", "CITY", "LCITY", "CITY_L", "MUNICIPALITY", "TOWNNAME"];
const PARITY_LEFT: &[&str] = &["PARITYL", "PARITY_L"];
const PARITY_RIGHT: &[&str] = &["PARITYR", "PARITY_R"];
const ROAD: &[&str] = &["ROADFLG"];

/// Where the columns stand.
pub(super) struct Columns {
    name: usize,
    left: Option<(usize, usize)>,
    right: Option<(usize, usize)>,
    zip_left: Option<usize>,
    zip_right: Option<usize>,
    town: Option<usize>,
    road: Option<usize>,
    parity: (Option<usize>, Option<usize>),
}

impl Columns {
    pub fn of(columns: &[String]) -> Result<Self, BadShape> {
        let find = |names: &[&str]| names.iter().find_map(|n| columns.iter().position(|c| c.eq_ignore_ascii_case(n)));
        let name =
            find(NAME).ok_or_else(|| BadShape::Columns { expected: NAME.join(", "), has: columns.join(", ") })?;
        Ok(Self {
            name,
            left: find(LEFT_FROM).zip(find(LEFT_TO)),
            right: find(RIGHT_FROM).zip(find(RIGHT_TO)),
            zip_left: find(ZIP_LEFT),
            zip_right: find(ZIP_RIGHT),
            town: find(TOWN),
            road: find(ROAD),
            parity: (find(PARITY_LEFT), find(PARITY_RIGHT)),
        })
    }

    /// Add one line; whether it is a street.
    pub fn add(&self, builder: &mut Builder, values: &[String], line: &[Point]) -> bool {
        let value = |at: Option<usize>| at.and_then(|i| values.get(i)).map(String::as_str).filter(|v| !v.is_empty());
        if value(self.road).is_some_and(|flag| flag.eq_ignore_ascii_case("N")) {
            return false;
        }
        let numbers = |pair: Option<(usize, usize)>| {
            let (from, to) = pair?;
            number(value(Some(from))?).zip(number(value(Some(to))?))
        };
        let Some(street) = value(Some(self.name)) else { return false };
        let ends = [self.left, self.right].into_iter().flatten().flat_map(|(from, to)| [from, to]);
        let hyphen = ends.filter_map(|at| value(Some(at))).filter_map(HouseNumber::parse).any(|n| n.has_hyphen());
        // O odd, E even, B both.
        let mixed = |at| value(at).is_some_and(|parity| parity.starts_with(['B', 'b']));
        builder.add_stretch(&Stretch {
            street,
            line,
            left: numbers(self.left),
            right: numbers(self.right),
            zip_left: value(self.zip_left),
            zip_right: value(self.zip_right),
            town: value(self.town),
            mixed: (mixed(self.parity.0), mixed(self.parity.1)),
            hyphen,
        })
    }
}

/// "101", "101.000", "12-34" (as 1234), "N6W23001" (as 23001); of other numbers with letters what orders them.
fn number(text: &str) -> Option<u32> {
    let whole = text.split('.').next().unwrap_or("").trim().to_uppercase();
    if let Some(number) = HouseNumber::parse(&whole) {
        return Some(number.value);
    }
    let digits: String = whole.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|n| *n > 0)
}
