//! Reading a column into a type that cannot be wrong.
//!
//! Each database says how it hands out a plain value (`sqlite/rows.rs`, `postgres/rows.rs`); what a
//! column means, and what is wrong with it, is said once, here and in `rows.rs`. An error names the
//! table and the column.

use std::fmt::Display;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{Result, StoreError};
use crate::domain::{
    place::{Cell, Point},
    signal::Method,
    time::{Day, DayRange},
};

/// One row of a result. Reads by column name.
pub(super) trait Columns {
    fn table(&self) -> &'static str;
    fn text(&self, column: &'static str) -> Result<String>;
    fn opt_text(&self, column: &'static str) -> Result<Option<String>>;
    fn int(&self, column: &'static str) -> Result<i64>;
    fn opt_int(&self, column: &'static str) -> Result<Option<i64>>;
    fn opt_real(&self, column: &'static str) -> Result<Option<f64>>;
    fn flag(&self, column: &'static str) -> Result<bool>;
    fn uuid(&self, column: &'static str) -> Result<Uuid>;
    fn opt_uuid(&self, column: &'static str) -> Result<Option<Uuid>>;
    fn bytes(&self, column: &'static str) -> Result<Vec<u8>>;
    fn instant(&self, column: &'static str) -> Result<DateTime<Utc>>;
    fn opt_instant(&self, column: &'static str) -> Result<Option<DateTime<Utc>>>;
    fn day(&self, column: &'static str) -> Result<Day>;

    fn corrupt(&self, column: &'static str, why: impl Display) -> StoreError {
        StoreError::Corrupt { table: self.table(), column, why: why.to_string() }
    }

    /// A number that was not a number when it was stored is NULL in SQLite, which knows no NaN.
    fn real(&self, column: &'static str) -> Result<f64> {
        Ok(self.opt_real(column)?.unwrap_or(f64::NAN))
    }

    fn u32(&self, column: &'static str) -> Result<u32> {
        self.int(column)?.try_into().map_err(|e| self.corrupt(column, e))
    }

    fn u64(&self, column: &'static str) -> Result<u64> {
        self.int(column)?.try_into().map_err(|e| self.corrupt(column, e))
    }

    fn opt_u32(&self, column: &'static str) -> Result<Option<u32>> {
        self.opt_int(column)?.map(|n| n.try_into().map_err(|e| self.corrupt(column, e))).transpose()
    }

    fn opt_u64(&self, column: &'static str) -> Result<Option<u64>> {
        self.opt_int(column)?.map(|n| n.try_into().map_err(|e| self.corrupt(column, e))).transpose()
    }

    fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T> {
        serde_json::from_str(&self.text(column)?).map_err(|e| self.corrupt(column, e))
    }

    /// A word of a closed list.
    fn word<T>(&self, column: &'static str, parse: fn(&str) -> Option<T>) -> Result<T> {
        let text = self.text(column)?;
        parse(&text).ok_or_else(|| self.corrupt(column, format!("\"{text}\" is not a known word")))
    }

    /// Anything that is parsed from text: slugs, zones, precisions.
    fn parsed<T: std::str::FromStr<Err: Display>>(&self, column: &'static str) -> Result<T> {
        self.text(column)?.parse().map_err(|e| self.corrupt(column, e))
    }

    fn opt_parsed<T: std::str::FromStr<Err: Display>>(&self, column: &'static str) -> Result<Option<T>> {
        self.opt_text(column)?.map(|t| t.parse().map_err(|e| self.corrupt(column, e))).transpose()
    }

    fn opt_cell(&self) -> Result<Option<Cell>> {
        self.opt_int("cell")?.map(|raw| Cell::from_i64(raw).map_err(|e| self.corrupt("cell", e))).transpose()
    }

    fn opt_point(&self) -> Result<Option<Point>> {
        match (self.opt_real("latitude")?, self.opt_real("longitude")?) {
            (Some(lat), Some(lon)) => Point::new(lat, lon).map(Some).map_err(|e| self.corrupt("latitude", e)),
            _ => Ok(None),
        }
    }

    fn point(&self) -> Result<Point> {
        self.opt_point()?.ok_or_else(|| self.corrupt("latitude", "is missing"))
    }

    fn window(&self) -> Result<DayRange> {
        let (from, to) = (self.day("window_from")?, self.day("window_to")?);
        DayRange::new(from, to).ok_or_else(|| self.corrupt("window_to", "lies before window_from"))
    }

    fn method(&self) -> Result<Method> {
        Ok(Method { name: self.text("method")?, version: self.u32("method_version")?, seed: self.opt_parsed("seed")? })
    }

    fn hash32(&self, column: &'static str) -> Result<[u8; 32]> {
        self.bytes(column)?.try_into().map_err(|_| self.corrupt(column, "is not 32 bytes long"))
    }
}
