//! What agencies have, read into a [`Builder`](super::Builder): one file per format.
//!
//! - `table`: CSV gazetteers, and the address points of OpenAddresses and of the National Address Database;
//! - `shape`: shapefiles of lines or points with their attribute table, in degrees or, by `projection`, in an agency's
//!   plane; `tiger`: what the columns of lines mean (TIGER/Line ADDRFEAT and EDGES, and centrelines of agencies);
//! - `lines`: GeoJSON lines with the same columns; `points`: address points as GeoJSON, OpenAddresses' or an agency's;
//! - `header`: the names that columns have, for all of them.
//!
//! To add a format: a file here with a method of the builder that takes bytes, and its recognition in the command.

mod header;
mod lines;
mod points;
mod projection;
mod shape;
mod table;
mod tiger;

pub use lines::BadLines;
pub use points::BadPoints;
pub use projection::BadProjection;
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
