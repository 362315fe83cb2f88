//! Events: append-only versions, facts, pages.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use sqlx::{Postgres, QueryBuilder, Row, postgres::PgRow};

use super::{
    PostgresStore,
    event_versions::{ROWS, replace_rows},
    incidents::{mark_due, past_at},
    rows::{day, instant, of, push_area_scope, push_area_tree, push_words},
};
use crate::{
    domain::{
        event::{Event, EventFact, EventKind, Flag, NaloxoneGiven, Outcome, PlacedBy},
        ids::{AreaId, EventId, IncidentId, SourceId},
        place::{Cell, Point, PointKey, Precision},
        scope::Scope,
        time::Day,
    },
    store::{
        EventPage, EventQuery, EventStore, Result, StoreError,
        columns::Columns,
        encode::{from_micros, json, micros, read_cursor, write_cursor},
        error::failed,
        incident_rows::{as_it_was, days_to_link},
        rows,
    },
};

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
        drop(stream);
        if let Some(at) = query.as_of {
            as_it_was(past_at(self, scope, at).await?, facts.iter_mut().map(|f| (f.id, &mut f.incident)));
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
        if let Some(at) = query.as_of {
            as_it_was(past_at(self, scope, at).await?, events.iter_mut().map(|e| (e.id, &mut e.incident)));
        }
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

    async fn unmarked_at(
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
        // Said so that the planner expects many: it would else sort all of them anew for each page.
        sql.push(" AND NOT strpos(flags, ").push_bind(json(&Flag::FallbackPoint)).push(") > 0");
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
            replace_rows(&mut tx, scope, chunk).await?;
        }
        mark_due(&mut tx, scope, &days_to_link(events)).await?;
        tx.commit().await.map_err(failed("re-placing events"))
    }
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
