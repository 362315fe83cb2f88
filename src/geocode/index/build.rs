//! Collecting what is known and putting the index together.

use std::collections::HashMap;

use super::{
    Index, fallback,
    file::{Section, Writer},
    names, nodes, places,
    rows::{Area, AreaClass, Entry, NONE, Origin, Range, Spot, Worth},
};
use crate::{
    domain::{place::Point, place_name::PlaceName},
    geocode::{number::HouseNumber, street::StreetText},
};

/// Collects known places; [`build`](Self::build) makes the index of them.
#[derive(Debug, Default)]
pub struct Builder {
    streets: Interner,
    towns: Interner,
    text: Vec<u8>,
    pub(super) entries: Vec<Entry>,
    pub(super) ranges: Vec<Range>,
    pub(super) vertices: Vec<Spot>,
    areas: Vec<Area>,
}

/// A stretch of a street as the sources give it.
#[derive(Debug, Clone, Default)]
pub struct Stretch<'a> {
    pub street: &'a str,
    pub line: &'a [Point],
    /// First and last house number in the direction of the line, left and right of it.
    pub left: Option<(u32, u32)>,
    pub right: Option<(u32, u32)>,
    pub zip_left: Option<&'a str>,
    pub zip_right: Option<&'a str>,
    /// The town, of the left side where the street is a border.
    pub town: Option<&'a str>,
    /// The town of the right side, where it is another.
    pub town_right: Option<&'a str>,
    /// Whether even and odd numbers stand on one side, left and right; else the ends of the range tell.
    pub mixed: (bool, bool),
    /// The numbers are written with a hyphen, "37-01", and given without it, 3701.
    pub hyphen: bool,
}

impl Builder {
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.ranges.is_empty() && self.areas.is_empty()
    }

    /// Known points, stretches of streets, areas.
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.entries.len(), self.ranges.len(), self.areas.len())
    }

    /// Stretches, by side, that have house numbers.
    pub fn numbered(&self) -> usize {
        self.ranges.iter().filter(|r| r.low > 0).count()
    }

    /// A street text of a gazetteer: a crossing, an address, a street or another name. Whether it says anything.
    pub fn add_street(&mut self, text: &str, town: Option<&str>, zip: Option<&str>, point: Point) -> bool {
        let parsed = StreetText::parse(text);
        let Some((first, others)) = parsed.streets.split_first() else { return false };
        let (a, b) = match others {
            [] => (self.streets.id(first), NONE),
            [second] => (self.streets.id(first), self.streets.id(second)),
            // Three streets at once are one name.
            _ => (self.streets.id(&parsed.streets.join(" & ")), NONE),
        };
        let entry = Entry {
            text: self.text.len() as u32,
            text_len: text.trim().len() as u32,
            ..self.entry(a, b, town, zip, point)
        };
        self.text.extend(text.trim().as_bytes());
        let house = parsed.number.unwrap_or_default();
        self.entries.push(Entry { number: house.value, rest: house.rest_code(), ..entry });
        true
    }

    /// A house of a list of address points. Whether its number and street are any.
    pub fn add_address(
        &mut self,
        number: &str,
        street: &str,
        town: Option<&str>,
        zip: Option<&str>,
        point: Point,
    ) -> bool {
        let written = number.trim().to_uppercase();
        let number = HouseNumber::with_rest(&written);
        let parsed = StreetText::parse(street);
        let Some(number) = number.filter(|_| !parsed.streets.is_empty()) else { return false };
        // "KIRK AND FITTS" is the name of one street where houses have it.
        let a = self.streets.id(&parsed.streets.join(" & "));
        let entry = self.entry(a, NONE, town, zip, point);
        let house = |n: &HouseNumber| Entry { number: n.value, rest: n.rest_code(), origin: Origin::Address, ..entry };
        self.entries.push(house(&number));
        // "150-152" is found as 150 too; parts of one number have two digits behind the hyphen.
        if let Some(first) = HouseNumber::first(&written).filter(|n| n.value >= 100 && written.len() >= 7) {
            self.entries.push(house(&first));
        }
        true
    }

    /// A facility or anything else with a name of its own.
    pub fn add_landmark(&mut self, name: &str, town: Option<&str>, zip: Option<&str>, point: Point) {
        if self.add_street(name, town, zip, point)
            && let Some(entry) = self.entries.last_mut()
        {
            entry.origin = Origin::Landmark;
        }
    }

    /// A stretch of a street. Whether its name and line are any.
    pub fn add_stretch(&mut self, stretch: &Stretch) -> bool {
        let parsed = StreetText::parse(stretch.street);
        let [name] = parsed.streets.as_slice() else { return false };
        if stretch.line.len() < 2 {
            return false;
        }
        let (first, count) = (self.vertices.len() as u32, stretch.line.len() as u32);
        self.vertices.extend(stretch.line.iter().map(|p| Spot::of(*p)));
        let street = self.streets.id(name);
        let town = self.town_id(stretch.town.or(stretch.town_right));
        let town_right = self.town_id(stretch.town_right.or(stretch.town));
        let mut numbered = false;
        let left = (0, stretch.left, stretch.zip_left, stretch.mixed.0, town);
        let right = (1, stretch.right, stretch.zip_right, stretch.mixed.1, town_right);
        for (side, numbers, zip, mixed, town) in [left, right] {
            let Some((from, to)) = numbers.filter(|(from, to)| *from > 0 && *to > 0) else { continue };
            numbered = true;
            let parity = if from % 2 == to % 2 && !mixed { (from % 2) as u8 } else { 2 };
            let (low, high, backwards) = (from.min(to), from.max(to), from > to);
            let zip = zip.and_then(zip_number).unwrap_or(0);
            let hyphen = stretch.hyphen;
            self.ranges.push(Range {
                street,
                low,
                high,
                parity,
                backwards,
                side,
                hyphen,
                zip,
                town,
                first,
                count,
                reach: 0,
            });
        }
        if !numbered {
            let zip = stretch.zip_left.or(stretch.zip_right).and_then(zip_number).unwrap_or(0);
            self.ranges.push(Range {
                street,
                low: 0,
                high: 0,
                parity: 2,
                backwards: false,
                side: 2,
                hyphen: false,
                zip,
                town,
                first,
                count,
                reach: 0,
            });
        }
        true
    }

    pub fn add_town(&mut self, name: &str, point: Point) {
        self.add_area(AreaClass::Town, name, point);
    }

    pub fn add_county(&mut self, name: &str, point: Point) {
        self.add_area(AreaClass::County, name, point);
    }

    pub fn add_zip(&mut self, zip: &str, point: Point) {
        if let Some(key) = zip_number(zip) {
            let area = Area { class: AreaClass::Zip, key, at: Spot::of(point), radius_m: 0, text: NONE, text_len: 0 };
            self.areas.push(area);
        }
    }

    fn add_area(&mut self, class: AreaClass, name: &str, point: Point) {
        let key = self.town_id(Some(name));
        if key != NONE {
            let (text, text_len) = (self.text.len() as u32, name.trim().len() as u32);
            self.text.extend(name.trim().as_bytes());
            self.areas.push(Area { class, key, at: Spot::of(point), radius_m: 0, text, text_len });
        }
    }

    fn entry(&mut self, a: u32, b: u32, town: Option<&str>, zip: Option<&str>, point: Point) -> Entry {
        Entry {
            a,
            b,
            number: 0,
            rest: 0,
            origin: Origin::Text,
            worth: Worth::Own,
            at: Spot::of(point),
            town: self.town_id(town),
            zip: zip.and_then(zip_number).unwrap_or(0),
            text: NONE,
            text_len: 0,
        }
    }

    fn town_id(&mut self, town: Option<&str>) -> u32 {
        match town.map(PlaceName::parse) {
            Some(name) if !name.base.is_empty() => self.towns.id(&town_key(&name)),
            _ => NONE,
        }
    }

    /// Sort everything, find the lists' fall-back points and the crossings of the lines, and measure how far inferred
    /// points lie from known ones. The same content in another order gives the same bytes.
    pub fn build(mut self) -> Index {
        nodes::add_crossings(&mut self);
        let (streets, street_ids) = self.streets.sorted();
        let (towns, town_ids) = self.towns.sorted();
        let new = |ids: &[u32], id: u32| if id == NONE { NONE } else { ids[id as usize] };
        for e in &mut self.entries {
            let (a, b) = (new(&street_ids, e.a), new(&street_ids, e.b));
            (e.a, e.b, e.town) = (a.min(b), a.max(b), new(&town_ids, e.town));
        }
        let text = std::mem::take(&mut self.text);
        let spelt = |e: &Entry| text.get(e.text as usize..e.text as usize + e.text_len as usize).unwrap_or(&[]);
        self.entries.sort_by(|x, y| order(x).cmp(&order(y)).then_with(|| spelt(x).cmp(spelt(y))));
        self.entries.dedup_by(|x, y| order(x) == order(y) && spelt(x) == spelt(y));
        fallback::mark(&mut self.entries, &streets);
        for r in &mut self.ranges {
            (r.street, r.town) = (street_ids[r.street as usize], new(&town_ids, r.town));
        }
        for a in &mut self.areas {
            if a.class != AreaClass::Zip {
                a.key = new(&town_ids, a.key);
            }
        }
        fallback::measure_areas(&mut self.areas, &self.entries);
        let mut writer = Writer::default();
        self.write(&mut writer, text, &streets, &towns);
        Index::measured(writer)
    }

    fn write(mut self, writer: &mut Writer, text: Vec<u8>, streets: &[String], towns: &[String]) {
        let spelt = |from: u32, len: u32| text.get(from as usize..from as usize + len as usize).unwrap_or(&[]);
        // Texts are written anew in the order of the rows, so that the order of the sources leaves no trace.
        let mut written = Vec::with_capacity(text.len());
        let mut rewrite = |from: &mut u32, len: u32| {
            if *from != NONE {
                let at = written.len() as u32;
                written.extend_from_slice(spelt(*from, len));
                *from = at;
            }
        };
        for e in &mut self.entries {
            rewrite(&mut e.text, e.text_len);
        }
        self.areas.sort_by(|x, y| {
            x.order().cmp(&y.order()).then_with(|| spelt(x.text, x.text_len).cmp(spelt(y.text, y.text_len)))
        });
        for a in &mut self.areas {
            rewrite(&mut a.text, a.text_len);
        }
        *writer.section(Section::Text) = written;
        names::write_streets(writer, streets);
        names::write_towns(writer, towns);
        for e in &self.entries {
            e.write(writer.section(Section::Entries));
        }
        let lines = std::mem::take(&mut self.vertices);
        let line = |r: &Range| &lines[r.first as usize..(r.first + r.count) as usize];
        self.ranges.sort_by(|x, y| {
            let key = |r: &Range| (r.street, r.low, r.high, r.side, r.parity, r.zip, r.town);
            key(x).cmp(&key(y)).then_with(|| line(x).cmp(line(y)))
        });
        let mut before = (NONE, 0);
        for r in &mut self.ranges {
            before = (r.street, if before.0 == r.street { r.high.max(before.1) } else { r.high });
            r.reach = before.1;
        }
        let mut placed: HashMap<u32, u32> = HashMap::with_capacity(self.ranges.len());
        let mut corners: Vec<Spot> = Vec::with_capacity(lines.len());
        for r in &mut self.ranges {
            // Both sides of a street share its line.
            let from = *placed.entry(r.first).or_insert_with(|| {
                let at = corners.len() as u32;
                corners.extend(&lines[r.first as usize..(r.first + r.count) as usize]);
                at
            });
            r.first = from;
            r.write(writer.section(Section::Ranges));
        }
        for spot in &corners {
            writer.section(Section::Vertices).extend(spot.lat.to_le_bytes());
            writer.section(Section::Vertices).extend(spot.lon.to_le_bytes());
        }
        places::write(writer, &self.entries, &self.ranges, &corners);
        for a in &self.areas {
            a.write(writer.section(Section::Areas));
        }
    }
}

type Order = (u32, u32, u32, u8, u32, u32, Spot, Origin);

fn order(e: &Entry) -> Order {
    (e.a, e.b, e.number, e.rest, e.town, e.zip, e.at, e.origin)
}

/// Base and class of a town in one text; the class may be empty.
pub(in crate::geocode) fn town_key(name: &PlaceName) -> String {
    format!("{}\t{}", name.base, name.class.unwrap_or(""))
}

/// Five digits as a number. A spreadsheet drops the leading zero of New England's.
pub(in crate::geocode) fn zip_number(zip: &str) -> Option<u32> {
    let digits = zip.trim().split('-').next().unwrap_or("");
    let ok = (3..=5).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|n| ok && *n > 0)
}

/// Numbers for names while they come in.
#[derive(Debug, Default)]
struct Interner {
    ids: HashMap<String, u32>,
}

impl Interner {
    fn id(&mut self, name: &str) -> u32 {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = self.ids.len() as u32;
        self.ids.insert(name.to_owned(), id);
        id
    }

    /// The names in order, and the place of each by its old number.
    fn sorted(&mut self) -> (Vec<String>, Vec<u32>) {
        let mut all: Vec<(String, u32)> = std::mem::take(&mut self.ids).into_iter().collect();
        all.sort_unstable();
        let mut places = vec![0; all.len()];
        for (place, (_, id)) in all.iter().enumerate() {
            places[*id as usize] = place as u32;
        }
        (all.into_iter().map(|(name, _)| name).collect(), places)
    }
}
