//! How SQLite hands out a value and takes one.
//!
//! Instants are UTC microseconds since 1970 and days are days since 1970, both INTEGER: exact, small,
//! and compared without a function call. UUIDs are 16-byte BLOBs.

use chrono::{DateTime, Utc};
use sqlx::{Decode, QueryBuilder, Row, Sqlite, Type, sqlite::SqliteRow};
use uuid::Uuid;

use crate::{
    domain::{
        ids::AreaId,
        scope::{AreaScope, Scope},
        time::Day,
    },
    store::{
        Result,
        columns::Columns,
        encode::{self, json},
    },
};

pub(super) struct Columned<'r> {
    row: &'r SqliteRow,
    table: &'static str,
}

/// A row of a table, ready to be read column by column.
pub(super) fn of<'r>(table: &'static str, row: &'r SqliteRow) -> Columned<'r> {
    Columned { row, table }
}

impl<'r> Columned<'r> {
    fn get<T: Decode<'r, Sqlite> + Type<Sqlite>>(&self, column: &'static str) -> Result<T> {
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
        Ok(self.get::<i64>(column)? != 0)
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
        let raw: i64 = self.get(column)?;
        encode::from_micros(raw).ok_or_else(|| self.corrupt(column, "is outside the calendar"))
    }
    fn opt_instant(&self, column: &'static str) -> Result<Option<DateTime<Utc>>> {
        let raw: Option<i64> = self.get(column)?;
        raw.map(|raw| encode::from_micros(raw).ok_or_else(|| self.corrupt(column, "is outside the calendar")))
            .transpose()
    }
    fn day(&self, column: &'static str) -> Result<Day> {
        let raw: i64 = self.get(column)?;
        raw.try_into().map(Day::from_epoch_days).map_err(|e| self.corrupt(column, e))
    }
}

pub(super) fn instant(at: DateTime<Utc>) -> i64 {
    encode::micros(at)
}

pub(super) fn opt_instant(at: Option<DateTime<Utc>>) -> Option<i64> {
    at.map(encode::micros)
}

pub(super) fn day(day: Day) -> i64 {
    i64::from(day.epoch_days())
}

/// UUIDs for `IN (SELECT unhex(value) FROM json_each($n))`.
pub(super) fn uuid_list(ids: impl IntoIterator<Item = Uuid>) -> String {
    json(&ids.into_iter().map(|id| id.simple().to_string()).collect::<Vec<_>>())
}

/// Adds `AND column IN (the areas in view)`; nothing when the whole jurisdiction is in view.
pub(super) fn push_area_scope(sql: &mut QueryBuilder<Sqlite>, scope: &Scope, column: &'static str) {
    if let AreaScope::Only(areas) = &scope.areas {
        sql.push(" AND ").push(column).push(" IN (SELECT value FROM json_each(");
        sql.push_bind(json(areas)).push("))");
    }
}

/// Adds `AND column IN (this area and all below it)`.
pub(super) fn push_area_tree(sql: &mut QueryBuilder<Sqlite>, scope: &Scope, area: &AreaId, column: &'static str) {
    sql.push(" AND ").push(column).push(" IN (WITH RECURSIVE below(id) AS (SELECT ");
    sql.push_bind(area.as_str().to_owned());
    sql.push(" UNION SELECT a.area_id FROM areas a JOIN below b ON a.parent_id = b.id WHERE a.jurisdiction_id = ");
    sql.push_bind(scope.jurisdiction.as_str().to_owned());
    sql.push(") SELECT id FROM below)");
}

/// `IN (…)` over words of a closed list, which need no quoting.
pub(super) fn push_words<T: Copy>(
    sql: &mut QueryBuilder<Sqlite>,
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
