//! What is known of a street, town by town.
//!
//! A street name comes in a thousand towns, and a question is about one of them. So what is known of a street lies
//! together by town and ZIP, with how far each such place reaches: a place that is not meant is passed over whole.

use super::{
    file::{File, Section, Table, Writer},
    rows::{Entries, Entry, NONE, Range, Ranges, Spot},
};

/// A street in one town and ZIP area.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::geocode) struct Place {
    pub town: u32,
    pub zip: u32,
    reach_m: u32,
    rows: std::ops::Range<usize>,
}

/// One thing that is known of a street: the number of a known point, or a stretch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::geocode) enum Row {
    Entry(usize),
    Stretch(Range),
}

const PLACE: usize = 20;
/// Marks the number of a stretch; the others are those of known points.
const STRETCH: u32 = 1 << 31;

/// The places of all streets, sorted by street, town and ZIP.
#[derive(Debug, Clone, Copy)]
pub(in crate::geocode) struct Places<'a> {
    list: Table<'a>,
    rows: Table<'a>,
    entries: Entries<'a>,
    ranges: Ranges<'a>,
}

impl<'a> Places<'a> {
    pub(super) fn of(file: &'a File) -> Self {
        Self {
            list: file.table(Section::Places, PLACE),
            rows: file.table(Section::PlaceRows, 4),
            entries: Entries::of(file),
            ranges: Ranges::of(file),
        }
    }

    pub fn of_street(&self, street: u32) -> impl Iterator<Item = Place> + use<'a> {
        let all = *self;
        self.list.rows_of(street).map(move |row| all.get(row))
    }

    fn get(&self, row: usize) -> Place {
        let (list, all) = (self.list, self.rows.len());
        let end = if row + 1 < list.len() { list.u32(row + 1, 12) as usize } else { all };
        let rows = list.u32(row, 12) as usize..end.min(all);
        Place { town: list.u32(row, 4), zip: list.u32(row, 8), reach_m: list.u32(row, 16), rows }
    }

    /// The places of a street but most of those that are surely not meant: where towns are given, those of all other
    /// towns; where a ZIP is, those of no town under another ZIP.
    pub fn of_street_in(
        &self,
        street: u32,
        towns: Option<&'a [u32]>,
        zip: Option<u32>,
    ) -> impl Iterator<Item = Place> + use<'a> {
        let (all, list) = (*self, self.list);
        let rows = list.rows_of(street);
        let (start, end) = (rows.start, rows.end);
        let from =
            move |town: u32, zip: u32| list.lower(start, end, |row| (list.u32(row, 4), list.u32(row, 8)) < (town, zip));
        let no_town = from(NONE, 0);
        let any_town = if towns.is_none() { start..no_town } else { 0..0 };
        let of_towns =
            towns.unwrap_or(&[]).iter().flat_map(move |town| from(*town, 0)..from(town.saturating_add(1), 0));
        let of_none = match zip {
            None => [no_town..end, 0..0],
            Some(zip) => [no_town..from(NONE, 1), from(NONE, zip)..from(NONE, zip.saturating_add(1))],
        };
        any_town.chain(of_towns).chain(of_none.into_iter().flatten()).map(move |row| all.get(row))
    }

    /// How many rows all places of a street have.
    pub fn rows_of_street(&self, street: u32) -> usize {
        let of_street = self.list.rows_of(street);
        let first = |row: usize| if row < self.list.len() { self.list.u32(row, 12) as usize } else { self.rows.len() };
        first(of_street.end).saturating_sub(first(of_street.start))
    }

    pub fn rows(&self, place: &Place) -> impl Iterator<Item = Row> + use<'a> {
        let all = *self;
        place.rows.clone().map(move |row| {
            let n = all.rows.u32(row, 0);
            if n & STRETCH == 0 {
                Row::Entry(n as usize)
            } else {
                Row::Stretch(all.ranges.get((n & !STRETCH) as usize))
            }
        })
    }

    /// The points of a place that are points of their own, without the known point `skip`, and both ends of its
    /// stretches.
    pub fn spots(&self, place: &Place, skip: Option<usize>, mut take: impl FnMut(Spot)) {
        for row in place.rows.clone() {
            let n = self.rows.u32(row, 0);
            if n & STRETCH != 0 {
                let (from, to) = self.ranges.ends_of((n & !STRETCH) as usize);
                take(from);
                take(to);
            } else if self.entries.is_own(n as usize) && Some(n as usize) != skip {
                take(self.entries.at(n as usize));
            }
        }
    }

    /// The first of them.
    pub fn first_own(&self, place: &Place) -> Option<Spot> {
        let row = place.rows.clone().find(|row| match self.rows.u32(*row, 0) {
            n if n & STRETCH != 0 => true,
            n => self.entries.is_own(n as usize),
        })?;
        Some(self.spot(row))
    }

    /// A point of a place, and how far from it the others surely lie at most.
    pub fn extent(&self, place: &Place) -> Option<(Spot, f64)> {
        // A degree of longitude is of unequal length at the two ends: three times as far is surely far enough.
        place.rows.clone().next().map(|row| (self.spot(row), 3.0 * f64::from(place.reach_m)))
    }

    /// Where a known point lies or a stretch begins.
    fn spot(&self, row: usize) -> Spot {
        match self.rows.u32(row, 0) {
            n if n & STRETCH != 0 => self.ranges.ends_of((n & !STRETCH) as usize).0,
            n => self.entries.at(n as usize),
        }
    }

    /// How many things are known of a street in one place.
    pub fn size(&self, place: &Place) -> usize {
        place.rows.len()
    }

    /// The rows of the known houses of a place, sorted by number; the street itself is number 0.
    pub fn houses(&self, place: &Place) -> Houses<'a> {
        // Crossings stand before them, because they have another street, and stretches behind.
        let class = |row: usize| match self.rows.u32(row, 0) {
            n if n & STRETCH != 0 => 2,
            n if self.entries.get(n as usize).b == NONE => 1,
            _ => 0,
        };
        let (from, to) = (place.rows.start, place.rows.end);
        let first = self.rows.lower(from, to, |row| class(row) < 1);
        let end = self.rows.lower(first, to, |row| class(row) < 2);
        Houses { places: *self, rows: first..end }
    }

    /// Whether every point of a place lies farther away than this; `false` where that is not sure.
    pub fn is_beyond(&self, place: &Place, from: Spot, metres: f64) -> bool {
        self.extent(place).is_none_or(|(at, reach_m)| at.distance_m(from) > metres + reach_m)
    }
}

/// The known houses of a street in one place.
#[derive(Debug, Clone)]
pub(in crate::geocode) struct Houses<'a> {
    places: Places<'a>,
    rows: std::ops::Range<usize>,
}

impl Houses<'_> {
    fn get(&self, row: usize) -> (usize, Entry) {
        let n = self.places.rows.u32(row, 0) as usize;
        (n, self.places.entries.get(n))
    }

    /// Whether houses are all that is known: no text of the whole street.
    pub fn are_all(&self) -> bool {
        !self.rows.is_empty() && self.get(self.rows.start).1.number > 0
    }

    /// The houses below a number, nearest first, and those above.
    pub fn around(
        &self,
        number: u32,
    ) -> (impl Iterator<Item = (usize, Entry)> + '_, impl Iterator<Item = (usize, Entry)> + '_) {
        let beside =
            |least: u32| self.places.rows.lower(self.rows.start, self.rows.end, |row| self.get(row).1.number < least);
        let (low, high) = (beside(number), beside(number + 1));
        let below = (self.rows.start..low).rev().map(|row| self.get(row)).take_while(|(_, e)| e.number > 0);
        (below, (high..self.rows.end).map(|row| self.get(row)))
    }
}

/// Write the places of streets; `entries` and `ranges` are in the order of the file.
pub(super) fn write(writer: &mut Writer, entries: &[Entry], ranges: &[Range], corners: &[Spot]) {
    let mut all: Vec<(u32, u32, u32, u32, u32)> = Vec::with_capacity(2 * entries.len() + ranges.len());
    for (row, e) in entries.iter().enumerate() {
        let row = row as u32;
        all.push((e.a, e.town, e.zip, row, row));
        if e.b != NONE && e.b != e.a {
            all.push((e.b, e.town, e.zip, row, row));
        }
    }
    for (row, r) in ranges.iter().enumerate() {
        all.push((r.street, r.town, r.zip, STRETCH | r.first, STRETCH | row as u32));
    }
    all.sort_unstable();
    // Both sides of a street have one line.
    all.dedup_by_key(|(street, town, zip, line, _)| (*street, *town, *zip, *line));
    let line = |n: u32| {
        let r = &ranges[(n & !STRETCH) as usize];
        [corners[r.first as usize], corners[(r.first + r.count - 1) as usize]]
    };
    let ends = |n: u32| if n & STRETCH == 0 { [entries[n as usize].at; 2] } else { line(n) };
    let mut first = 0u32;
    for place in all.chunk_by(|x, y| (x.0, x.1, x.2) == (y.0, y.1, y.2)) {
        let (street, town, zip, ..) = place[0];
        let from = ends(place[0].4)[0];
        let away = place.iter().flat_map(|(.., n)| ends(*n)).map(|at| from.distance_m(at)).fold(0.0, f64::max);
        let list = writer.section(Section::Places);
        for n in [street, town, zip, first, away.ceil() as u32] {
            list.extend(n.to_le_bytes());
        }
        let rows = writer.section(Section::PlaceRows);
        for (.., n) in place {
            rows.extend(n.to_le_bytes());
        }
        first += place.len() as u32;
    }
}
