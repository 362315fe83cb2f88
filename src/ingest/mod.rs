//! Bytes of a feed → reports and rejects.
//!
//! A *mapping* (TOML, `data/mappings/README.md`) says what the columns of a feed mean; the reader
//! applies it row by row. Three promises:
//!
//! - a row never fails the file: what can't be read is rejected with its line number, the field and one
//!   sentence, and its neighbours are read;
//! - memory is bounded whatever comes (a field of ten megabytes, a quotation mark that never closes,
//!   an array without end);
//! - nothing is guessed: an ambiguous date, an unknown word, half a coordinate are rejects.
//!
//! Case definitions are data of the mapping. Rows that do not meet the definition are no errors: they
//! are counted by what they are.
//!
//! To add a format: a variant of [`mapping::Format`], a source of rows beside `json.rs`, an arm in
//! `rows.rs`. To add a feed: a mapping.

mod byte_stream;
mod check;
mod compile;
mod decode;
mod digest;
mod fallback;
mod fields;
mod found;
mod hl7;
mod json;
mod learned;
mod lines;
pub mod mapping;
mod mend;
mod plan;
mod read_place;
mod read_row;
mod reader;
mod record_reader;
mod row;
mod rows;
mod sniff;
mod spec;
pub mod suggest;
mod time_text;
mod value;
mod xlsx;
mod xml;

pub use check::MappingError;
pub use decode::Encoding;
pub use fallback::FallbackCounter;
pub use found::{Found, FoundBy};
pub use mapping::{FallbackSpec, Format, Learned, Mapping, STANDARD, UnknownFormat};
pub use plan::is_refused;
pub use read_row::{ReadOptions, RowKind, TakenBack};
pub use reader::{IngestError, Item, Reader};
pub use record_reader::RecordReader;

#[cfg(test)]
mod feeds_tests;
#[cfg(test)]
mod poison_tests;
#[cfg(test)]
mod reader_tests;
