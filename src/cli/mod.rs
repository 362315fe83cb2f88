//! One file per command; thin.

pub mod detect;
pub mod scan;
mod table;
