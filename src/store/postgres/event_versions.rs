//! Events: adding versions, giving them new places.

use sqlx::PgConnection;

use super::{
    incidents::mark_due,
    rows::{day, instant, of, opt_instant},
};
use crate::{
    domain::{
        event::Event,
        ids::AreaId,
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

/// Rows of one statement.
pub(super) const ROWS: usize = 2_000;
const STORING: &str = "storing events";

/// Add versions and close the ones they replace.
pub(super) async fn insert(tx: &mut PgConnection, scope: &Scope, events: &[Event]) -> Result<Change> {
    for chunk in events.chunks(ROWS) {
        insert_rows(tx, scope, chunk).await?;
    }
    let corrections: Vec<&Event> = events.iter().filter(|e| e.version > 1).collect();
    let mut change = Change::of(events);
    let mut days = days_to_link(events);
    if corrections.is_empty() {
        mark_due(tx, scope, &days).await?;
        return Ok(change);
    }
    let (keys, at): (Vec<_>, Vec<_>) = corrections.iter().map(|e| (e.id.0, instant(e.received_at))).unzip();
    let versions: Vec<i64> = corrections.iter().map(|e| i64::from(e.version)).collect();
    // By the whole key, row for row: how many there are in all does not matter to how the few are found.
    let closed = sqlx::query(
        "UPDATE events SET superseded_at = n.received_at
         FROM unnest($2::uuid[], $3::int8[], $4::timestamptz[]) AS n(event_id, version, received_at)
         WHERE events.jurisdiction_id = $1 AND events.event_id = n.event_id AND events.version = n.version - 1
           AND events.superseded_at IS NULL
         RETURNING events.withdrawn, events.event_day, events.occurred_at",
    )
    .bind(scope.jurisdiction.as_str())
    .bind(&keys)
    .bind(&versions)
    .bind(&at)
    .persistent(false)
    .fetch_all(&mut *tx)
    .await
    .map_err(failed(STORING))?;
    if closed.len() != corrections.len() {
        return Err(StoreError::Conflict("event"));
    }
    // A correction belongs to the incident that its forerunner belonged to, until it is linked anew.
    sqlx::query(
        "UPDATE events SET incident_id = b.incident_id
         FROM unnest($2::uuid[], $3::int8[]) AS n(event_id, version) JOIN events b
           ON b.jurisdiction_id = $1 AND b.event_id = n.event_id AND b.version = n.version - 1
         WHERE events.jurisdiction_id = $1 AND events.event_id = n.event_id AND events.version = n.version
           AND events.superseded_at IS NULL AND b.incident_id IS NOT NULL",
    )
    .bind(scope.jurisdiction.as_str())
    .bind(&keys)
    .bind(&versions)
    .persistent(false)
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

/// Give events new places: one array a column, which `unnest` turns into rows.
pub(super) async fn replace_rows(tx: &mut PgConnection, scope: &Scope, events: &[Event]) -> Result<()> {
    // An event that was corrected since it was read keeps its newer place.
    sqlx::query(
        "UPDATE events SET latitude = p.latitude, longitude = p.longitude, precision = p.precision,
           uncertainty_m = p.uncertainty_m, cell = p.cell, cell_resolution = p.cell_resolution,
           area_id = p.area_id, placed_by = p.placed_by, address = p.address, town = p.town, zip = p.zip, flags = p.flags
         FROM unnest($2::uuid[], $3::int8[], $4::float8[], $5::float8[], $6::text[], $7::float8[], $8::int8[],
           $9::int8[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])
           AS p(event_id, version, latitude, longitude, precision, uncertainty_m, cell, cell_resolution, area_id, placed_by,
             address, town, zip, flags)
         WHERE events.jurisdiction_id = $1 AND events.event_id = p.event_id AND events.version = p.version
           AND events.superseded_at IS NULL",
    )
    .persistent(false)
    .bind(scope.jurisdiction.as_str())
    .bind(column(events, |e| e.id.0))
    .bind(column(events, |e| i64::from(e.version)))
    .bind(column(events, |e| e.location.point.map(Point::lat)))
    .bind(column(events, |e| e.location.point.map(Point::lon)))
    .bind(column(events, |e| e.location.precision.as_str()))
    .bind(column(events, |e| e.location.uncertainty_m))
    .bind(column(events, |e| e.location.cell.map(Cell::to_i64)))
    .bind(column(events, |e| e.location.cell.map(resolution)))
    .bind(column(events, |e| e.location.area.as_ref().map(AreaId::as_str)))
    .bind(column(events, |e| e.location.placed_by.as_str()))
    .bind(column(events, |e| opt_clean(e.location.address.as_deref())))
    .bind(column(events, |e| opt_clean(e.location.town.as_deref())))
    .bind(column(events, |e| opt_clean(e.location.zip.as_deref())))
    .bind(column(events, |e| json(&e.flags)))
    .execute(tx)
    .await
    .map_err(failed("re-placing events"))?;
    Ok(())
}

/// One array a column, and `unnest` turns them into rows: one short statement that is planned once, whatever
/// the size of the batch.
pub(super) async fn insert_rows(tx: &mut PgConnection, scope: &Scope, events: &[Event]) -> Result<()> {
    sqlx::query(
        "INSERT INTO events (jurisdiction_id, event_id, version, source_id, record_id, content_hash, kind, occurred_at, time_precision,
         reported_at, received_at, event_day, outcome, naloxone, quantity, case_definition,
         case_version, latitude, longitude, precision, uncertainty_m, cell, cell_resolution,
         area_id, placed_by, address, town, zip, incident_id, attributes, flags, withdrawn)
         SELECT $1, * FROM unnest($2::uuid[], $3::int8[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
         $9::text[], $10::timestamptz[], $11::timestamptz[], $12::date[], $13::text[], $14::text[],
         $15::int8[], $16::text[], $17::int8[], $18::float8[], $19::float8[], $20::text[],
         $21::float8[], $22::int8[], $23::int8[], $24::text[], $25::text[], $26::text[],
         $27::text[], $28::text[], $29::uuid[], $30::text[], $31::text[], $32::bool[])",
    )
    .bind(scope.jurisdiction.as_str())
    .bind(column(events, |e| e.id.0))
    .bind(column(events, |e| i64::from(e.version)))
    .bind(column(events, |e| e.source.as_str()))
    .bind(column(events, |e| clean(&e.record_id)))
    .bind(column(events, |e| e.content_hash.as_str()))
    .bind(column(events, |e| e.kind.as_str()))
    .bind(column(events, |e| instant(e.occurred_at)))
    .bind(column(events, |e| e.time_precision.as_str()))
    .bind(column(events, |e| opt_instant(e.reported_at)))
    .bind(column(events, |e| instant(e.received_at)))
    .bind(column(events, |e| day(e.event_day)))
    .bind(column(events, |e| e.outcome.as_str()))
    .bind(column(events, |e| e.naloxone.as_str()))
    .bind(column(events, |e| i64::from(e.quantity)))
    .bind(column(events, |e| e.case.as_ref().map(|c| c.definition.as_str())))
    .bind(column(events, |e| e.case.as_ref().map(|c| i64::from(c.version))))
    .bind(column(events, |e| e.location.point.map(Point::lat)))
    .bind(column(events, |e| e.location.point.map(Point::lon)))
    .bind(column(events, |e| e.location.precision.as_str()))
    .bind(column(events, |e| e.location.uncertainty_m))
    .bind(column(events, |e| e.location.cell.map(Cell::to_i64)))
    .bind(column(events, |e| e.location.cell.map(resolution)))
    .bind(column(events, |e| e.location.area.as_ref().map(AreaId::as_str)))
    .bind(column(events, |e| e.location.placed_by.as_str()))
    .bind(column(events, |e| opt_clean(e.location.address.as_deref())))
    .bind(column(events, |e| opt_clean(e.location.town.as_deref())))
    .bind(column(events, |e| opt_clean(e.location.zip.as_deref())))
    .bind(column(events, |e| e.incident.map(|i| i.0)))
    .bind(column(events, |e| json(&e.attributes)))
    .bind(column(events, |e| json(&e.flags)))
    .bind(column(events, |e| e.withdrawn))
    .execute(tx)
    .await
    .map_err(failed_or_conflict(STORING, "event"))?;
    Ok(())
}

/// One value of each event.
fn column<'e, T>(events: &'e [Event], value: impl Fn(&'e Event) -> T) -> Vec<T> {
    events.iter().map(value).collect()
}

fn resolution(cell: Cell) -> i64 {
    i64::from(u8::from(cell.resolution()))
}
