//! Events: adding versions, giving them new places.

use std::{
    collections::HashSet,
    sync::{Arc, OnceLock},
};

use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection, query::Query, sqlite::SqliteArguments};

use super::{
    incidents::mark_due,
    rows::{day, instant, of, opt_instant, uuid_list},
};
use crate::{
    domain::{
        event::{Event, Location},
        ids::{AreaId, EventId, SourceId},
        place::{Cell, Point},
        scope::Scope,
    },
    store::{
        Result, StoreError,
        columns::Columns,
        encode::{clean, json, opt_clean},
        error::{failed, failed_or_conflict},
        incident_rows::days_to_link,
        intake_rows::Change,
    },
};

/// 30 values a row; SQLite takes at most 32,766 values in a statement.
pub(super) const ROWS: usize = 400;
const STORING: &str = "storing events";
/// The columns of a place, as [`bind_place`] binds them.
const PLACE: &str = "latitude, longitude, precision, uncertainty_m, cell, cell_resolution, area_id, placed_by, address,
     town, zip";

/// Add versions of one source's events and close the ones they replace.
pub(super) async fn insert(
    tx: &mut SqliteConnection,
    scope: &Scope,
    source: &SourceId,
    events: &[Event],
) -> Result<Change> {
    for chunk in events.chunks(ROWS) {
        insert_rows(tx, scope, source, chunk).await?;
    }
    let corrections: Vec<&Event> = events.iter().filter(|e| e.version > 1).collect();
    let mut change = Change::of(events);
    let mut days = days_to_link(events);
    if corrections.is_empty() {
        mark_due(tx, scope, &days).await?;
        return Ok(change);
    }
    let ids: HashSet<EventId> = corrections.iter().map(|e| e.id).collect();
    let ids = uuid_list(ids.into_iter().map(|id| id.0));
    let closed = sqlx::query(
        "UPDATE events SET superseded_at = n.received_at FROM events n
         WHERE events.jurisdiction_id = $1 AND events.superseded_at IS NULL
           AND events.event_id IN (SELECT unhex(value) FROM json_each($2))
           AND n.jurisdiction_id = events.jurisdiction_id AND n.event_id = events.event_id
           AND n.version = events.version + 1
         RETURNING events.withdrawn, events.event_day, events.occurred_at",
    )
    .bind(scope.jurisdiction.as_str())
    .bind(&ids)
    .fetch_all(&mut *tx)
    .await
    .map_err(failed(STORING))?;
    if closed.len() != corrections.len() {
        return Err(StoreError::Conflict("event"));
    }
    // A correction belongs to the incident that its forerunner belonged to, until it is linked anew.
    sqlx::query(
        "UPDATE events SET incident_id = b.incident_id FROM events b
         WHERE events.jurisdiction_id = $1 AND events.superseded_at IS NULL
           AND events.event_id IN (SELECT unhex(value) FROM json_each($2))
           AND b.jurisdiction_id = events.jurisdiction_id AND b.event_id = events.event_id
           AND b.version = events.version - 1 AND b.incident_id IS NOT NULL",
    )
    .bind(scope.jurisdiction.as_str())
    .bind(&ids)
    .execute(&mut *tx)
    .await
    .map_err(failed(STORING))?;
    for row in &closed {
        let row = of("events", row);
        days.insert(row.day("event_day")?);
        if !row.flag("withdrawn")? {
            change.close(row.instant("occurred_at")?);
        }
    }
    mark_due(tx, scope, &days).await?;
    Ok(change)
}

/// Give events new places. One that was corrected since it was read keeps its newer place.
pub(super) async fn replace_rows(tx: &mut SqliteConnection, scope: &Scope, events: &[Event]) -> Result<()> {
    let mut replace = sqlx::query(AssertSqlSafe(replacement(events.len())));
    for event in events {
        replace = replace.bind(event.id.0).bind(i64::from(event.version));
        replace = bind_place(replace, &event.location).bind(json(&event.flags));
    }
    replace.bind(scope.jurisdiction.as_str()).execute(tx).await.map_err(failed("re-placing events"))?;
    Ok(())
}

/// The statement that gives so many events new places. Left to itself the planner walks all events instead of looking
/// up the few by their keys: the cross join fixes the order in which they are found, and the limit tells it that they
/// are few.
fn replacement(rows: usize) -> String {
    let columns = format!("{PLACE}, flags");
    let set: Vec<String> = columns.split(',').map(|c| format!("{0} = f.{0}", c.trim())).collect();
    format!(
        "WITH given(event_id, version, {columns}) AS (VALUES {}), found AS MATERIALIZED (
           SELECT e.rowid AS row, g.* FROM given g CROSS JOIN events e
           ON e.event_id = g.event_id AND e.version = g.version AND e.superseded_at IS NULL AND e.jurisdiction_id = ?
           LIMIT {ROWS})
         UPDATE events SET {} FROM found f WHERE events.rowid = f.row",
        vec![placeholders(2 + set.len()).as_str(); rows].join(","),
        set.join(", ")
    )
}

fn bind_place<'q>(query: Query<'q, Sqlite, SqliteArguments>, place: &Location) -> Query<'q, Sqlite, SqliteArguments> {
    query
        .bind(place.point.map(Point::lat))
        .bind(place.point.map(Point::lon))
        .bind(place.precision.as_str())
        .bind(place.uncertainty_m)
        .bind(place.cell.map(Cell::to_i64))
        .bind(place.cell.map(resolution))
        .bind(place.area.as_ref().map(AreaId::as_str))
        .bind(place.placed_by.as_str())
        .bind(opt_clean(place.address.as_deref()))
        .bind(opt_clean(place.town.as_deref()))
        .bind(opt_clean(place.zip.as_deref()))
}

/// `(?,?,…)`
fn placeholders(columns: usize) -> String {
    format!("({})", vec!["?"; columns].join(","))
}

/// The statement is written once for chunks of [`ROWS`] and once for what is left; the values that all rows share are
/// bound once. Binding is most of what this costs.
pub(super) async fn insert_rows(
    tx: &mut SqliteConnection,
    scope: &Scope,
    source: &SourceId,
    events: &[Event],
) -> Result<()> {
    static FULL: OnceLock<Arc<str>> = OnceLock::new();
    let sql = match events.len() {
        ROWS => FULL.get_or_init(|| insertion(ROWS)).clone(),
        fewer => insertion(fewer),
    };
    let mut insert = sqlx::query(AssertSqlSafe(sql)).bind(scope.jurisdiction.as_str()).bind(source.as_str());
    for e in events {
        insert = insert
            .bind(e.id.0)
            .bind(i64::from(e.version))
            .bind(clean(&e.record_id))
            .bind(e.content_hash.as_str())
            .bind(e.kind.as_str())
            .bind(instant(e.occurred_at))
            .bind(e.time_precision.as_str())
            .bind(opt_instant(e.reported_at))
            .bind(instant(e.received_at))
            .bind(day(e.event_day))
            .bind(e.outcome.as_str())
            .bind(e.naloxone.as_str())
            .bind(i64::from(e.quantity))
            .bind(e.case.as_ref().map(|c| c.definition.as_str()))
            .bind(e.case.as_ref().map(|c| i64::from(c.version)));
        insert = bind_place(insert, &e.location)
            .bind(e.incident.map(|i| i.0))
            .bind(json(&e.attributes))
            .bind(json(&e.flags))
            .bind(e.withdrawn);
    }
    insert.execute(tx).await.map_err(failed_or_conflict(STORING, "event"))?;
    Ok(())
}

/// The statement that inserts so many rows.
fn insertion(rows: usize) -> Arc<str> {
    let columns = format!(
        "event_id, version, record_id, content_hash, kind, occurred_at, time_precision, reported_at, received_at,
         event_day, outcome, naloxone, quantity, case_definition, case_version, {PLACE}, incident_id, attributes, flags,
         withdrawn"
    );
    let row = placeholders(columns.split(',').count());
    format!(
        "WITH shared(jurisdiction_id, source_id) AS (VALUES (?, ?)), given({columns}) AS (VALUES {})
         INSERT INTO events (jurisdiction_id, source_id, {columns})
         SELECT jurisdiction_id, source_id, {columns} FROM shared CROSS JOIN given",
        vec![row.as_str(); rows].join(",")
    )
    .into()
}

fn resolution(cell: Cell) -> i64 {
    i64::from(u8::from(cell.resolution()))
}

#[cfg(test)]
mod tests {
    use sqlx::Row;

    use super::*;
    use crate::store::{Store, sqlite::SqliteStore};

    #[tokio::test]
    async fn events_get_new_places_without_a_walk_through_all_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("plan.db")).await.unwrap();
        store.migrate().await.unwrap();
        for rows in [1, ROWS] {
            let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", replacement(rows)));
            let plan = sqlx::query(sql).fetch_all(&store.writer).await.unwrap();
            let steps: Vec<String> = plan.iter().map(|step| step.get("detail")).collect();
            assert!(!steps.iter().any(|s| s.starts_with("SCAN events")), "{steps:?}");
            assert_eq!(steps.iter().filter(|s| s.starts_with("SEARCH e")).count(), 2, "{steps:?}");
        }
    }
}
