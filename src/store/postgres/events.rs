//! Events: append-only versions, facts, pages.

use std::collections::HashSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use sqlx::{PgConnection, Postgres, QueryBuilder, Row, postgres::PgRow};

use super::{
    PostgresStore,
    incidents::mark_due,
    rows::{day, instant, of, opt_instant, push_area_scope, push_area_tree, push_words},
};
use crate::{
    domain::{
        event::{Event, EventFact, EventKind, NaloxoneGiven, Outcome, PlacedBy},
        ids::{AreaId, EventId, IncidentId, SourceId},
        place::{Cell, Point, PointKey, Precision},
        scope::Scope,
        time::Day,
    },
    store::{
        EventPage, EventQuery, EventStore, Result, StoreError,
        columns::Columns,
        encode::{clean, from_micros, json, micros, opt_clean, read_cursor, write_cursor},
        error::{failed, failed_or_conflict},
        incident_rows::days_to_link,
        rows,
    },
};

/// Rows of one statement.
const ROWS: usize = 2_000;
const STORING: &str = "storing events";

#[async_trait]
impl EventStore for PostgresStore {
    async fn facts(&self, scope: &Scope, query: &EventQuery) -> Result<Vec<EventFact>> {
        let mut sql = QueryBuilder::<Postgres>::new(
            "SELECT event_id, source_id, kind, occurred_at, received_at, event_day, outcome, naloxone, quantity,
             precision, cell, area_id, incident_id FROM events",
        );
        push_query(&mut sql, scope, query);
        sql.push(" ORDER BY event_day, event_id");
        let statement = sql.build();
        let mut stream = statement.fetch(&self.pool);
        let (mut facts, mut names) = (Vec::new(), Names::default());
        while let Some(row) = stream.try_next().await.map_err(failed("reading facts"))? {
            facts.push(fact(&row, &mut names)?);
        }
        Ok(facts)
    }

    async fn event_page(
        &self,
        scope: &Scope,
        query: &EventQuery,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<EventPage> {
        let mut sql = QueryBuilder::<Postgres>::new("SELECT * FROM events");
        push_query(&mut sql, scope, query);
        if let Some(cursor) = cursor {
            let ([at], id) = read_cursor(cursor)?;
            let at = from_micros(at).ok_or(StoreError::BadCursor)?;
            sql.push(" AND occurred_at <= ").push_bind(at);
            sql.push(" AND (occurred_at < ").push_bind(at).push(" OR event_id > ").push_bind(id).push(")");
        }
        sql.push(" ORDER BY occurred_at DESC, event_id LIMIT ").push_bind(i64::from(limit) + 1);
        let found = sql.build().fetch_all(&self.pool).await.map_err(failed("reading a page of events"))?;
        let mut events: Vec<Event> = found.iter().map(|r| rows::event(&of("events", r))).collect::<Result<_>>()?;
        let more = events.len() > limit as usize;
        events.truncate(limit as usize);
        let next = events.last().filter(|_| more).map(|e| write_cursor(&[micros(e.occurred_at)], e.id.0));
        Ok(EventPage { events, next })
    }

    async fn event(&self, scope: &Scope, id: EventId) -> Result<Event> {
        let mut sql =
            QueryBuilder::<Postgres>::new("SELECT * FROM events WHERE superseded_at IS NULL AND jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str()).push(" AND event_id = ").push_bind(id.0);
        push_area_scope(&mut sql, scope, "area_id");
        let found = sql.build().fetch_optional(&self.pool).await.map_err(failed("reading an event"))?;
        rows::event(&of("events", &found.ok_or(StoreError::NotFound("event"))?))
    }

    async fn event_history(&self, scope: &Scope, id: EventId) -> Result<Vec<Event>> {
        // Whoever may see the newest version may see how it came about.
        self.event(scope, id).await?;
        let found = sqlx::query("SELECT * FROM events WHERE jurisdiction_id = $1 AND event_id = $2 ORDER BY version")
            .bind(scope.jurisdiction.as_str())
            .bind(id.0)
            .fetch_all(&self.pool)
            .await
            .map_err(failed("reading the history of an event"))?;
        found.iter().map(|r| rows::event(&of("events", r))).collect()
    }

    async fn newest(&self, scope: &Scope) -> Result<(Option<DateTime<Utc>>, Option<DateTime<Utc>>)> {
        let mut times = [None, None];
        for (time, (column, heads)) in
            times.iter_mut().zip([("occurred_at", " AND superseded_at IS NULL AND NOT withdrawn"), ("received_at", "")])
        {
            let mut sql = QueryBuilder::<Postgres>::new("SELECT ");
            sql.push(column).push(" FROM events WHERE jurisdiction_id = ").push_bind(scope.jurisdiction.as_str());
            sql.push(heads);
            push_area_scope(&mut sql, scope, "area_id");
            sql.push(" ORDER BY ").push(column).push(" DESC LIMIT 1");
            *time = sql
                .build_query_scalar()
                .fetch_optional(&self.pool)
                .await
                .map_err(failed("reading the newest times"))?;
        }
        let [occurred, received] = times;
        Ok((occurred, received))
    }

    async fn given_points(
        &self,
        scope: &Scope,
        source: &SourceId,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<(EventId, Point, Option<String>, Precision)>> {
        let mut sql = QueryBuilder::<Postgres>::new(
            "SELECT event_id, latitude, longitude, address, precision FROM events
             WHERE superseded_at IS NULL AND NOT withdrawn AND latitude IS NOT NULL AND placed_by = ",
        );
        sql.push_bind(PlacedBy::Coordinates.as_str());
        sql.push(" AND jurisdiction_id = ").push_bind(scope.jurisdiction.as_str());
        sql.push(" AND source_id = ").push_bind(source.as_str());
        push_area_scope(&mut sql, scope, "area_id");
        if let Some(after) = after {
            sql.push(" AND event_id > ").push_bind(after.0);
        }
        sql.push(" ORDER BY event_id LIMIT ").push_bind(i64::from(limit));
        let found = sql.build().fetch_all(&self.pool).await.map_err(failed("reading points"))?;
        let point = |row: &PgRow| {
            let r = of("events", row);
            Ok((EventId(r.uuid("event_id")?), r.point()?, r.opt_text("address")?, r.parsed("precision")?))
        };
        found.iter().map(point).collect()
    }

    async fn events_at(
        &self,
        scope: &Scope,
        source: &SourceId,
        points: &[PointKey],
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<Event>> {
        let keys: Vec<i64> = points.iter().map(|(lat, lon)| (i64::from(*lat) << 32) + i64::from(*lon)).collect();
        let mut sql = QueryBuilder::<Postgres>::new(
            "SELECT * FROM events
             WHERE superseded_at IS NULL AND NOT withdrawn AND latitude IS NOT NULL AND placed_by = ",
        );
        sql.push_bind(PlacedBy::Coordinates.as_str());
        sql.push(" AND jurisdiction_id = ").push_bind(scope.jurisdiction.as_str());
        sql.push(" AND source_id = ").push_bind(source.as_str());
        // round() of a double is half to even in PostgreSQL and half away from zero in ours.
        sql.push(
            " AND ((sign(latitude) * floor(abs(latitude * 100000) + 0.5))::bigint << 32)
             + (sign(longitude) * floor(abs(longitude * 100000) + 0.5))::bigint = ANY(",
        );
        sql.push_bind(keys).push(")");
        push_area_scope(&mut sql, scope, "area_id");
        if let Some(after) = after {
            sql.push(" AND event_id > ").push_bind(after.0);
        }
        sql.push(" ORDER BY event_id LIMIT ").push_bind(i64::from(limit));
        let found = sql.build().fetch_all(&self.pool).await.map_err(failed("reading events at points"))?;
        found.iter().map(|r| rows::event(&of("events", r))).collect()
    }

    async fn events_after(&self, scope: &Scope, after: Option<EventId>, limit: u32) -> Result<Vec<Event>> {
        let mut sql =
            QueryBuilder::<Postgres>::new("SELECT * FROM events WHERE superseded_at IS NULL AND jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str());
        push_area_scope(&mut sql, scope, "area_id");
        if let Some(after) = after {
            sql.push(" AND event_id > ").push_bind(after.0);
        }
        sql.push(" ORDER BY event_id LIMIT ").push_bind(i64::from(limit));
        let found = sql.build().fetch_all(&self.pool).await.map_err(failed("reading events"))?;
        found.iter().map(|r| rows::event(&of("events", r))).collect()
    }

    async fn replace_locations(&self, scope: &Scope, events: &[Event]) -> Result<()> {
        let mut tx = self.begin("re-placing events").await?;
        for chunk in events.chunks(ROWS) {
            let mut sql = QueryBuilder::<Postgres>::new(
                "WITH placed(event_id, version, latitude, longitude, precision, uncertainty_m, cell, cell_resolution,
                 area_id, placed_by, address, town, zip, flags) AS (",
            );
            sql.push_values(chunk, |mut b, event| {
                let place = &event.location;
                b.push_bind(event.id.0)
                    .push_bind(i64::from(event.version))
                    .push_bind(place.point.map(Point::lat))
                    .push_bind(place.point.map(Point::lon))
                    .push_bind(place.precision.as_str())
                    .push_bind(place.uncertainty_m)
                    .push_bind(place.cell.map(Cell::to_i64))
                    .push_bind(place.cell.map(resolution))
                    .push_bind(place.area.as_ref().map(AreaId::as_str))
                    .push_bind(place.placed_by.as_str())
                    .push_bind(opt_clean(place.address.as_deref()))
                    .push_bind(opt_clean(place.town.as_deref()))
                    .push_bind(opt_clean(place.zip.as_deref()))
                    .push_bind(json(&event.flags));
            });
            sql.push(
                ") UPDATE events SET latitude = p.latitude, longitude = p.longitude, precision = p.precision,
                 uncertainty_m = p.uncertainty_m, cell = p.cell, cell_resolution = p.cell_resolution,
                 area_id = p.area_id, placed_by = p.placed_by, address = p.address, town = p.town, zip = p.zip,
                 flags = p.flags
                 FROM placed p WHERE events.jurisdiction_id = ",
            );
            sql.push_bind(scope.jurisdiction.as_str());
            // An event that was corrected since it was read keeps its newer place.
            sql.push(
                " AND events.event_id = p.event_id AND events.version = p.version AND events.superseded_at IS NULL",
            );
            sql.build().execute(&mut *tx).await.map_err(failed("re-placing events"))?;
        }
        mark_due(&mut tx, scope, &days_to_link(events)).await?;
        tx.commit().await.map_err(failed("re-placing events"))
    }
}

/// Add versions and close the ones they replace. Returns by how many the number of newest versions that
/// are not withdrawn has grown.
pub(super) async fn insert(tx: &mut PgConnection, scope: &Scope, events: &[Event]) -> Result<i64> {
    for chunk in events.chunks(ROWS) {
        insert_rows(tx, scope, chunk).await?;
    }
    let corrections: Vec<&Event> = events.iter().filter(|e| e.version > 1).collect();
    let standing = events.iter().filter(|e| !e.withdrawn).count() as i64;
    let mut days = days_to_link(events);
    if corrections.is_empty() {
        mark_due(tx, scope, &days).await?;
        return Ok(standing);
    }
    let ids: HashSet<EventId> = corrections.iter().map(|e| e.id).collect();
    let ids: Vec<uuid::Uuid> = ids.into_iter().map(|id| id.0).collect();
    let closed = sqlx::query(
        "UPDATE events SET superseded_at = n.received_at FROM events n
         WHERE events.jurisdiction_id = $1 AND events.superseded_at IS NULL
           AND events.event_id = ANY($2)
           AND n.jurisdiction_id = events.jurisdiction_id AND n.event_id = events.event_id
           AND n.version = events.version + 1
         RETURNING events.withdrawn, events.event_day",
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
           AND events.event_id = ANY($2)
           AND b.jurisdiction_id = events.jurisdiction_id AND b.event_id = events.event_id
           AND b.version = events.version - 1 AND b.incident_id IS NOT NULL",
    )
    .bind(scope.jurisdiction.as_str())
    .bind(&ids)
    .execute(&mut *tx)
    .await
    .map_err(failed(STORING))?;
    let mut stood = 0;
    for row in &closed {
        let row = of("events", row);
        days.insert(row.day("event_day")?);
        stood += i64::from(!row.flag("withdrawn")?);
    }
    mark_due(tx, scope, &days).await?;
    Ok(standing - stood)
}

/// One array a column, and `unnest` turns them into rows: one short statement that is planned once, whatever
/// the size of the batch.
async fn insert_rows(tx: &mut PgConnection, scope: &Scope, events: &[Event]) -> Result<()> {
    fn column<'e, T>(events: &'e [Event], value: impl Fn(&'e Event) -> T) -> Vec<T> {
        events.iter().map(value).collect()
    }
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

fn resolution(cell: Cell) -> i64 {
    i64::from(u8::from(cell.resolution()))
}

/// `WHERE …`: the scope and every condition of the query; withdrawn events never answer.
fn push_query(sql: &mut QueryBuilder<Postgres>, scope: &Scope, query: &EventQuery) {
    sql.push(" WHERE NOT withdrawn AND jurisdiction_id = ").push_bind(scope.jurisdiction.as_str());
    match query.as_of {
        None => {
            sql.push(" AND superseded_at IS NULL");
        }
        Some(at) => {
            sql.push(" AND received_at <= ").push_bind(instant(at));
            sql.push(" AND (superseded_at IS NULL OR superseded_at > ").push_bind(instant(at)).push(")");
        }
    }
    if !query.kinds.is_empty() {
        push_words(sql, "kind", &query.kinds, EventKind::as_str);
    }
    if let Some(days) = query.days {
        sql.push(" AND event_day BETWEEN ").push_bind(day(days.from)).push(" AND ").push_bind(day(days.to));
    }
    if let Some(source) = &query.source {
        sql.push(" AND source_id = ").push_bind(source.as_str());
    }
    if let Some(ids) = &query.ids {
        sql.push(" AND event_id = ANY(");
        sql.push_bind(ids.iter().map(|id| id.0).collect::<Vec<_>>()).push(")");
    }
    if let Some(after) = query.received_after {
        sql.push(" AND received_at > ").push_bind(instant(after));
    }
    push_area_scope(sql, scope, "area_id");
    if let Some(area) = &query.area {
        push_area_tree(sql, scope, area, "area_id");
    }
}

/// Ids of sources and areas that were met before: a million facts share a few hundred of them.
#[derive(Default)]
struct Names {
    sources: Vec<SourceId>,
    areas: std::collections::HashMap<String, AreaId>,
}

impl Names {
    fn source(&mut self, text: &str) -> Result<SourceId> {
        if let Some(known) = self.sources.iter().find(|s| s.as_str() == text) {
            return Ok(known.clone());
        }
        let source = SourceId::new(text).map_err(|e| corrupt("source_id", e))?;
        self.sources.push(source.clone());
        Ok(source)
    }

    fn area(&mut self, text: &str) -> Result<AreaId> {
        if let Some(known) = self.areas.get(text) {
            return Ok(known.clone());
        }
        let area = AreaId::new(text).map_err(|e| corrupt("area_id", e))?;
        self.areas.insert(text.to_owned(), area.clone());
        Ok(area)
    }
}

fn corrupt(column: &'static str, why: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt { table: "events", column, why: why.to_string() }
}

/// By position and without copies of text: this is read a million rows at a time.
fn fact(row: &PgRow, names: &mut Names) -> Result<EventFact> {
    fn get<'r, T: sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>>(
        row: &'r PgRow,
        index: usize,
        column: &'static str,
    ) -> Result<T> {
        row.try_get(index).map_err(|e| corrupt(column, e))
    }
    fn word<T>(text: &str, column: &'static str, parse: fn(&str) -> Option<T>) -> Result<T> {
        parse(text).ok_or_else(|| corrupt(column, "is not a known word"))
    }
    let area: Option<&str> = get(row, 11, "area_id")?;
    Ok(EventFact {
        id: EventId(get(row, 0, "event_id")?),
        source: names.source(get(row, 1, "source_id")?)?,
        kind: word(get(row, 2, "kind")?, "kind", EventKind::parse)?,
        occurred_at: get(row, 3, "occurred_at")?,
        received_at: get(row, 4, "received_at")?,
        event_day: Day::from_date(get(row, 5, "event_day")?),
        outcome: word(get(row, 6, "outcome")?, "outcome", Outcome::parse)?,
        naloxone: word(get(row, 7, "naloxone")?, "naloxone", NaloxoneGiven::parse)?,
        quantity: get::<i64>(row, 8, "quantity")?.try_into().map_err(|e| corrupt("quantity", e))?,
        precision: get::<&str>(row, 9, "precision")?.parse().map_err(|e| corrupt("precision", e))?,
        cell: get::<Option<i64>>(row, 10, "cell")?
            .map(|raw| Cell::from_i64(raw).map_err(|e| corrupt("cell", e)))
            .transpose()?,
        area: area.map(|text| names.area(text)).transpose()?,
        incident: get::<Option<uuid::Uuid>>(row, 12, "incident_id")?.map(IncidentId),
    })
}
