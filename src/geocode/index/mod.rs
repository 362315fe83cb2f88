//! What is known about where, in one file that is used as it is.
//!
//! [`Builder`] collects street texts, address points, stretches of streets with their numbers, landmarks, towns and ZIP
//! areas; [`Index`] is the result, in memory or from a file ([`mod@file`] describes it). To add a kind of source: a method
//! of the builder that turns it into these rows.

mod build;
mod fallback;
pub(super) mod file;
mod names;
mod nodes;
pub(super) mod places;
pub(super) mod rows;

pub(super) use build::town_key;
pub(super) use build::zip_number;
pub use build::{Builder, Stretch};
pub use file::{BadIndex, VERSION};
pub(super) use names::Names;

use file::{File, Section, Writer};
use places::{Places, Row};
use rows::{Area, AreaClass, Entries, Entry, NONE, Ranges, Spot};

use super::measure;

/// A geocoder's index.
#[derive(Debug, Clone)]
pub struct Index {
    file: File,
}

impl Index {
    /// Take the bytes of an index file.
    ///
    /// # Errors
    /// When they are not one, of another version, cut short or damaged.
    pub fn open(bytes: Vec<u8>) -> Result<Self, BadIndex> {
        Ok(Self { file: File::open(bytes)? })
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &[u8] {
        self.file.bytes()
    }

    pub fn is_empty(&self) -> bool {
        self.entries().len() == 0 && self.ranges().len() == 0 && self.file.section(Section::Areas).is_empty()
    }

    /// Put the file together; then ask it for points that it knows, as if it did not, and keep how far it was off.
    pub(super) fn measured(writer: Writer) -> Self {
        let blank = Self::of(writer.clone());
        let errors = measure::measure(&blank);
        let mut writer = writer;
        for (class, scale, radius, count) in errors {
            for n in [class, scale, radius, count] {
                writer.section(Section::Errors).extend(n.to_le_bytes());
            }
        }
        Self::of(writer)
    }

    fn of(writer: Writer) -> Self {
        Self { file: File::open(writer.finish()).expect("what the writer writes is an index") }
    }

    pub(super) fn streets(&self) -> Names<'_> {
        Names::streets(&self.file)
    }

    pub(super) fn towns(&self) -> Names<'_> {
        Names::towns(&self.file)
    }

    pub(super) fn entries(&self) -> Entries<'_> {
        Entries::of(&self.file)
    }

    pub(super) fn ranges(&self) -> Ranges<'_> {
        Ranges::of(&self.file)
    }

    pub(super) fn places(&self) -> Places<'_> {
        Places::of(&self.file)
    }

    /// Where a known point lies or a stretch begins.
    pub(super) fn first_spot(&self, row: &Row) -> Spot {
        match row {
            Row::Entry(row) => self.entries().get(*row).at,
            Row::Stretch(range) => self.ranges().ends(range).0,
        }
    }

    pub(super) fn areas(&self, class: AreaClass, key: u32) -> impl Iterator<Item = Area> + '_ {
        Area::find(&self.file, class, key)
    }

    /// The radius that held nine in ten of the known points of this class and scale.
    pub(super) fn error_of(&self, class: u32, scale_m: f64) -> Option<f64> {
        let rows = self.file.table(Section::Errors, 16);
        let of_class = rows.rows_of(class);
        let last = of_class.clone().last()?;
        let row = of_class.into_iter().find(|row| f64::from(rows.u32(*row, 4)) >= scale_m).unwrap_or(last);
        self.error_in(row)
    }

    fn error_in(&self, row: usize) -> Option<f64> {
        // Nine in ten of fewer questions than these is all of them and more: they say nothing.
        const LEAST: u32 = 9;
        let rows = self.file.table(Section::Errors, 16);
        (rows.u32(row, 12) >= LEAST).then(|| f64::from(rows.u32(row, 8)))
    }

    /// The least radius that [`error_of`](Self::error_of) may answer for a scale of at least this.
    pub(super) fn least_error_of(&self, class: u32, scale_m: f64) -> Option<f64> {
        let rows = self.file.table(Section::Errors, 16);
        let of_class = rows.rows_of(class);
        let last = of_class.end.saturating_sub(1);
        of_class
            .filter(|row| *row == last || f64::from(rows.u32(*row, 4)) >= scale_m)
            .filter_map(|row| self.error_in(row))
            .min_by(f64::total_cmp)
    }

    pub(super) fn spelt(&self, from: u32, len: u32) -> &str {
        let text = self.file.section(Section::Text);
        text.get(from as usize..from as usize + len as usize).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or("")
    }

    /// What a list calls a known point, or what it is made of.
    pub(super) fn name_of(&self, e: &Entry) -> String {
        if e.text != NONE {
            return self.spelt(e.text, e.text_len).to_owned();
        }
        let streets = self.streets();
        let mut name = String::new();
        if e.number > 0 {
            name = format!("{} ", e.number);
        }
        name.push_str(streets.get(e.a));
        if e.b != NONE {
            name.push_str(" & ");
            name.push_str(streets.get(e.b));
        }
        name
    }
}
