//! What the columns of street lines mean.
//!
//! After the TIGER/Line technical documentation (U.S. Census Bureau): ADDRFEAT has `FULLNAME, LFROMHN, LTOHN, RFROMHN,
//! RTOHN, PARITYL, PARITYR, ZIPL, ZIPR`; EDGES `FULLNAME, LFROMADD, LTOADD, RFROMADD, RTOADD, ZIPL, ZIPR`, with lines that are no roads
//! (`ROADFLG` N). Agencies' centrelines have the same under other names, among them those of NENA's NG9-1-1 model.
//!
//! ADDRFEAT repeats a line (`TLID`) for each range of a side and for each of its names. The ranges of one side share
//! the length of the line, so they are put together to the one that includes them, as EDGES has it ([`Edges`]).

use std::collections::{BTreeMap, btree_map::Entry};

use super::{
    header::{Header, StreetColumns, number as plain_number, town, value},
    shape::BadShape,
};
use crate::{
    domain::place::Point,
    geocode::{Builder, HouseNumber, StreetText, Stretch},
};

const LEFT_FROM: &[&str] = &[
    "LFROMHN",
    "LFROMADD",
    "FROMADDRL",
    "LFADD",
    "FROMLEFT",
    "FROMADDLEFT",
    "ADDFROML",
    "LFROM",
    "LADDFROM",
    "LEFTFROM",
    "LFFADD",
    "LFADDR",
    "FRADDL",
    "LFROMADDR",
    "LEFTADD1",
    "LLOHYPHEN",
    "LONUML",
    "ADDRLFROM",
    "LFROMNUM",
];
const LEFT_TO: &[&str] = &[
    "LTOHN",
    "LTOADD",
    "TOADDRL",
    "LTADD",
    "TOLEFT",
    "TOADDLEFT",
    "ADDTOL",
    "LTO",
    "LADDTO",
    "LEFTTO",
    "LFTOADD",
    "LTADDR",
    "TOADDL",
    "LTOADDR",
    "LEFTADD2",
    "LHIHYPHEN",
    "HINUML",
    "ADDRLTO",
    "LTONUM",
];
const RIGHT_FROM: &[&str] = &[
    "RFROMHN",
    "RFROMADD",
    "FROMADDRR",
    "RFADD",
    "FROMRIGHT",
    "FROMADDRIGHT",
    "FROMADDRIG",
    "ADDFROMR",
    "RFROM",
    "RADDFROM",
    "RIGHTFROM",
    "RTFADD",
    "RFADDR",
    "FRADDR",
    "RFROMADDR",
    "RGTADD1",
    "RLOHYPHEN",
    "LONUMR",
    "ADDRRFROM",
    "RFROMNUM",
];
const RIGHT_TO: &[&str] = &[
    "RTOHN",
    "RTOADD",
    "TOADDRR",
    "RTADD",
    "TORIGHT",
    "TOADDRIGHT",
    "ADDTOR",
    "RTO",
    "RADDTO",
    "RIGHTTO",
    "RTTOADD",
    "RTADDR",
    "TOADDR",
    "RTOADDR",
    "RGTADD2",
    "RHIHYPHEN",
    "HINUMR",
    "ADDRRTO",
    "RTONUM",
];
const ZIP_LEFT: &[&str] =
    &["ZIPL", "LZIP", "ZIPLEFT", "POSTCODEL", "LEFTZIP", "LZIPCODE", "ZIPCODEL", "ZIP", "ZIPCODE", "ZIP5"];
const ZIP_RIGHT: &[&str] =
    &["ZIPR", "RZIP", "ZIPRIGHT", "POSTCODER", "RIGHTZIP", "RZIPCODE", "ZIPCODER", "ZIP", "ZIPCODE", "ZIP5"];
const TOWN_LEFT: &[&str] = &[
    "MUNIL",
    "INCMUNIL",
    "MUNILEFT",
    "LMUNI",
    "MUNLEFT",
    "CITYL",
    "LCITY",
    "CITYLEFT",
    "LEFTCITY",
    "MUNI",
    "MUNICIPALITY",
    "TOWN",
    "TOWNNAME",
    "CITY",
    "LTWP",
    "POSTCOMML",
    "POSTALL",
];
const TOWN_RIGHT: &[&str] = &[
    "MUNIR",
    "INCMUNIR",
    "MUNIRIGHT",
    "RMUNI",
    "MUNRIGHT",
    "CITYR",
    "RCITY",
    "CITYRIGHT",
    "RIGHTCITY",
    "MUNI",
    "MUNICIPALITY",
    "TOWN",
    "TOWNNAME",
    "CITY",
    "RTWP",
    "POSTCOMMR",
    "POSTALR",
];
const PARITY_LEFT: &[&str] = &["PARITYL", "LPARITY"];
const PARITY_RIGHT: &[&str] = &["PARITYR", "RPARITY"];
const ROAD: &[&str] = &["ROADFLG"];
const LINE: &[&str] = &["TLID"];
const OTHER_NAME: &[&str] = &["ALIAS", "ALIASNAME", "ALIAS1", "ALTNAME1"];

/// Where the columns stand.
pub(super) struct Columns {
    street: StreetColumns,
    other_name: Option<usize>,
    sides: [SideColumns; 2],
    road: Option<usize>,
    line: Option<usize>,
}

struct SideColumns {
    numbers: Option<(usize, usize)>,
    parity: Option<usize>,
    zip: Option<usize>,
    towns: Vec<usize>,
}

impl Columns {
    pub fn of<S: AsRef<str>>(names: &[S]) -> Result<Self, BadShape> {
        let header = Header::of(names);
        let street = StreetColumns::of(&header, &["NAME"]).ok_or_else(|| BadShape::Columns { has: header.list() })?;
        let side = |from, to, parity, zip, towns| SideColumns {
            numbers: header.find(from).zip(header.find(to)),
            parity: header.find(parity),
            zip: header.find(zip),
            towns: header.all(towns),
        };
        Ok(Self {
            street,
            other_name: header.find(OTHER_NAME),
            sides: [
                side(LEFT_FROM, LEFT_TO, PARITY_LEFT, ZIP_LEFT, TOWN_LEFT),
                side(RIGHT_FROM, RIGHT_TO, PARITY_RIGHT, ZIP_RIGHT, TOWN_RIGHT),
            ],
            road: header.find(ROAD),
            line: header.find(LINE),
        })
    }

    /// Add one line, or keep it with those of its number; whether it is a street.
    pub fn add(&self, builder: &mut Builder, edges: &mut Edges, values: &[String], line: &[Point]) -> bool {
        let get = |at: usize| values.get(at).map_or("", |v| value(v));
        let own = |at: Option<usize>| at.map(get).filter(|v| !v.is_empty());
        if own(self.road).is_some_and(|flag| flag.eq_ignore_ascii_case("N")) {
            return false;
        }
        let Some(street) = self.street.name(get) else { return false };
        let mut edge = Edge { line: line.to_vec(), ..Edge::default() };
        for (columns, side) in self.sides.iter().zip(&mut edge.sides) {
            side.zip = own(columns.zip).map(|zip| plain_number(zip).into_owned());
            side.town = columns.towns.iter().find_map(|at| town(get(*at))).map(str::to_owned);
            let Some((from, to)) = columns.numbers.map(|(from, to)| (get(from), get(to))) else { continue };
            // O odd, E even, B both.
            let mixed = own(columns.parity).is_some_and(|parity| parity.starts_with(['B', 'b']));
            side.ranges.extend(Range::of(from, to, mixed));
            edge.hyphen |= [from, to].into_iter().filter_map(HouseNumber::parse).any(|n| n.has_hyphen());
        }
        if let Some(number) = own(self.line) {
            return edges.keep(number, &street, edge);
        }
        if let Some(other) = own(self.other_name).filter(|other| *other != street) {
            edge.add(builder, other);
        }
        edge.add(builder, &street)
    }
}

/// Lines that come in several rows, by their number and name, until the last row is read.
#[derive(Default)]
pub(super) struct Edges(BTreeMap<(String, String), Edge>);

impl Edges {
    fn keep(&mut self, number: &str, street: &str, edge: Edge) -> bool {
        let usable = edge.line.len() > 1 && !StreetText::parse(street).streets.is_empty();
        if usable {
            match self.0.entry((number.to_owned(), street.to_owned())) {
                Entry::Vacant(free) => {
                    free.insert(edge);
                }
                Entry::Occupied(mut known) => known.get_mut().include(edge),
            }
        }
        usable
    }

    pub fn add(self, builder: &mut Builder) {
        for ((_, street), edge) in self.0 {
            edge.add(builder, &street);
        }
    }
}

/// A line of a street with what its sides have.
#[derive(Default)]
struct Edge {
    line: Vec<Point>,
    sides: [Side; 2],
    hyphen: bool,
}

#[derive(Default)]
struct Side {
    ranges: Vec<Range>,
    zip: Option<String>,
    town: Option<String>,
}

impl Edge {
    fn include(&mut self, other: Edge) {
        self.hyphen |= other.hyphen;
        for (side, more) in self.sides.iter_mut().zip(other.sides) {
            for range in more.ranges {
                match side.ranges.iter_mut().find_map(|own| own.with(range).map(|whole| (own, whole))) {
                    Some((own, whole)) => *own = whole,
                    None => side.ranges.push(range),
                }
            }
            side.zip = side.zip.take().or(more.zip);
            side.town = side.town.take().or(more.town);
        }
    }

    fn add(&self, builder: &mut Builder, street: &str) -> bool {
        let [left, right] = &self.sides;
        let at = |side: &Side, i: usize| side.ranges.get(i).copied();
        let mut used = false;
        for i in 0..left.ranges.len().max(right.ranges.len()).max(1) {
            let (on_left, on_right) = (at(left, i), at(right, i));
            used |= builder.add_stretch(&Stretch {
                street,
                line: &self.line,
                left: on_left.map(|r| (r.from, r.to)),
                right: on_right.map(|r| (r.from, r.to)),
                zip_left: left.zip.as_deref(),
                zip_right: right.zip.as_deref(),
                town: left.town.as_deref(),
                town_right: right.town.as_deref(),
                mixed: (on_left.is_some_and(|r| r.mixed), on_right.is_some_and(|r| r.mixed)),
                hyphen: self.hyphen,
            });
        }
        used
    }
}

/// The first and last number of a side in the direction of the line.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Range {
    from: u32,
    to: u32,
    mixed: bool,
}

impl Range {
    fn of(from: &str, to: &str, mixed: bool) -> Option<Self> {
        // "0" to 98 begins with the first house; one end alone is one house; nothing and 0 is no range.
        let first = |other: u32| 2 - other % 2;
        let (from, to) = match (number(from), number(to)) {
            (None | Some(0), None | Some(0)) => return None,
            (Some(0), Some(to)) => (first(to), to),
            (Some(from), Some(0)) => (from, first(from)),
            (Some(one), None) | (None, Some(one)) => (one, one),
            (Some(from), Some(to)) => (from, to),
        };
        Some(Self { from, to, mixed })
    }

    /// The range that includes both, where they are of one parity and run the same way.
    fn with(self, other: Self) -> Option<Self> {
        let parity = |r: &Self| (!r.mixed && r.from % 2 == r.to % 2).then_some(r.from % 2);
        let falls = |r: &Self| (r.from != r.to).then_some(r.from > r.to);
        let one_way = match (falls(&self), falls(&other)) {
            (Some(a), Some(b)) => (a == b).then_some(a),
            (a, b) => Some(a.or(b).unwrap_or(other.from < self.from)),
        };
        if parity(&self) != parity(&other) {
            return None;
        }
        let low = self.from.min(self.to).min(other.from).min(other.to);
        let high = self.from.max(self.to).max(other.from).max(other.to);
        let (from, to) = if one_way? { (high, low) } else { (low, high) };
        Some(Self { from, to, mixed: self.mixed || other.mixed })
    }
}

/// "101", "101.000", "12-34" (as 1234), "N6W23001" (as 23001); of other numbers with letters what orders them.
fn number(text: &str) -> Option<u32> {
    let whole = text.split('.').next().unwrap_or("").trim().to_uppercase();
    if let Some(number) = HouseNumber::parse(&whole) {
        return Some(number.value);
    }
    let digits: String = whole.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}
