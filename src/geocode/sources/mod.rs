//! What agencies have, read into a [`Builder`](super::Builder): one file per format.
//!
//! - `table`: CSV gazetteers, and the address points of OpenAddresses and of the National Address Database;
//! - `shape`: shapefiles of lines with their attribute table; `tiger`: what their columns mean (TIGER/Line ADDRFEAT and
//!   EDGES, and centrelines of agencies);
//! - `lines`: GeoJSON lines with the same columns; `points`: the address points of OpenAddresses as GeoJSON.
//!
//! To add a format: a file here with a method of the builder that takes bytes, and its recognition in the command.

mod lines;
mod points;
mod shape;
mod table;
mod tiger;

pub use lines::BadLines;
pub use points::BadPoints;
pub use shape::BadShape;
pub use table::BadTable;

/// What became of the rows of a source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    pub used: u64,
    /// Rows without a usable point, name or number.
    pub unusable: u64,
}

impl Taken {
    fn count(&mut self, used: bool) {
        if used {
            self.used += 1;
        } else {
            self.unusable += 1;
        }
    }
}
