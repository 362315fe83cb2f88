//! How PostgreSQL hands out a value and takes one.
//!
//! Instants are `timestamptz` (to the microsecond), days `date`, UUIDs `uuid`.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{Decode, Postgres, QueryBuilder, Row, Type, postgres::PgRow};
use uuid::Uuid;

use crate::{
    domain::{
        ids::AreaId,
        scope::{AreaScope, Scope},
        time::Day,
    },
    store::{Result, columns::Columns, encode},
};

pub(super) struct Columned<'r> {
    row: &'r PgRow,
    table: &'static str,
}

/// A row of a table, ready to be read column by column.
pub(super) fn of<'r>(table: &'static str, row: &'r PgRow) -> Columned<'r> {
    Columned { row, table }
}

impl<'r> Columned<'r> {
    fn get<T: Decode<'r, Postgres> + Type<Postgres>>(&self, column: &'static str) -> Result<T> {
        self.row.try_get(column).map_err(|e| self.corrupt(column, e))
    }
}

impl Columns for Columned<'_> {
    fn table(&self) -> &'static str {
        self.table
    }
    fn text(&self, column: &'static str) -> Result<String> {
        self.get(column)
    }
    fn opt_text(&self, column: &'static str) -> Result<Option<String>> {
        self.get(column)
    }
    fn int(&self, column: &'static str) -> Result<i64> {
        self.get(column)
    }
    fn opt_int(&self, column: &'static str) -> Result<Option<i64>> {
        self.get(column)
    }
    fn opt_real(&self, column: &'static str) -> Result<Option<f64>> {
        self.get(column)
    }
    fn flag(&self, column: &'static str) -> Result<bool> {
        self.get(column)
    }
    fn uuid(&self, column: &'static str) -> Result<Uuid> {
        self.get(column)
    }
    fn opt_uuid(&self, column: &'static str) -> Result<Option<Uuid>> {
        self.get(column)
    }
    fn bytes(&self, column: &'static str) -> Result<Vec<u8>> {
        self.get(column)
    }
    fn instant(&self, column: &'static str) -> Result<DateTime<Utc>> {
        self.get(column)
    }
    fn opt_instant(&self, column: &'static str) -> Result<Option<DateTime<Utc>>> {
        self.get(column)
    }
    fn day(&self, column: &'static str) -> Result<Day> {
        Ok(Day::from_date(self.get(column)?))
    }
}

/// Cut to the microsecond, as SQLite's store cuts it: the driver alone would round toward the year 2000.
pub(super) fn instant(at: DateTime<Utc>) -> DateTime<Utc> {
    encode::from_micros(encode::micros(at)).unwrap_or(at)
}

pub(super) fn opt_instant(at: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    at.map(instant)
}

pub(super) fn day(day: Day) -> NaiveDate {
    day.date()
}

/// What is not a number is stored as NULL, as SQLite stores it, so that both sort it last.
pub(super) fn real(x: f64) -> Option<f64> {
    (!x.is_nan()).then_some(x)
}

/// Adds `AND column IN (the areas in view)`; nothing when the whole jurisdiction is in view.
pub(super) fn push_area_scope(sql: &mut QueryBuilder<Postgres>, scope: &Scope, column: &'static str) {
    if let AreaScope::Only(areas) = &scope.areas {
        sql.push(" AND ").push(column).push(" = ANY(");
        sql.push_bind(areas.iter().map(|a| a.as_str().to_owned()).collect::<Vec<_>>()).push(")");
    }
}

/// Adds `AND column IN (this area and all below it)`.
pub(super) fn push_area_tree(sql: &mut QueryBuilder<Postgres>, scope: &Scope, area: &AreaId, column: &'static str) {
    sql.push(" AND ").push(column).push(" IN (WITH RECURSIVE below(id) AS (SELECT ");
    // A parameter has the server's collation; the column sorts by bytes, and the two must be one.
    sql.push_bind(area.as_str().to_owned()).push(" COLLATE \"C\"");
    sql.push(" UNION SELECT a.area_id FROM areas a JOIN below b ON a.parent_id = b.id WHERE a.jurisdiction_id = ");
    sql.push_bind(scope.jurisdiction.as_str().to_owned());
    sql.push(") SELECT id FROM below)");
}

/// `IN (…)` over words of a closed list, which need no quoting.
pub(super) fn push_words<T: Copy>(
    sql: &mut QueryBuilder<Postgres>,
    column: &'static str,
    words: &[T],
    text: fn(T) -> &'static str,
) {
    sql.push(" AND ").push(column).push(" IN (");
    let mut list = sql.separated(", ");
    for word in words {
        list.push_bind(text(*word));
    }
    sql.push(")");
}
