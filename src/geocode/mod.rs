//! Texts → points with an honest precision, against an index that is passed in.
//!
//! The order of trust: the street text (a known address, a crossing, a street), then the town, the ZIP area, the
//! county. A text that could mean several distant places is *ambiguous* and falls back to the next coarser level; the
//! first hit is never taken silently. What a list itself puts at one point for many different streets counts as a
//! place, not as an address.
//!
//! Order of reading: `vocabulary`, `naming`, `number`, `street` (what texts are compared as), `parse` (words and their
//! labels), `index` (what is known), `question`, then one file for each kind of answer: `crossing` with
//! `mark`, `infer` with `meeting` and `scattered`, `house`; `answer` joins them.
//!
//! Speed: a name comes in many towns, so what is known of a street lies by town (`index::places`), and a question looks
//! only where its town and ZIP may be. What is one slip from a name but surely another street, by its direction, its
//! number or its one letter, is never taken for it.
//!
//! To add a kind of reference data: a method of [`Builder`] and, for a file format, a file in `sources`; to add a way
//! to answer: a file beside `crossing`, its [`Basis`], and its place in `answer`.

mod answer;
mod crossing;
mod house;
mod index;
mod infer;
mod mark;
mod measure;
mod meeting;
mod naming;
mod nearest;
mod number;
mod outcome;
pub mod parse;
mod parts;
mod question;
mod remote;
mod scattered;
mod sendable;
mod sources;
mod spelling;
mod street;
mod vocabulary;

pub use index::{BadIndex, Builder, Index, Stretch, VERSION};
pub use number::HouseNumber;
pub use question::{Alternative, Answer, Basis, Match, Query, Why};
pub use remote::{Around, Asked};
pub use sources::{BadLines, BadPoints, BadProjection, BadShape, BadTable, Taken};
pub use street::{StreetText, typical_precision};
