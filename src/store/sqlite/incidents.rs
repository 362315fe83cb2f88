//! Incidents, what people said of links, and what is to be linked anew.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::{
    SqliteStore,
    agreements::mark_agreements,
    rows::{day, instant, of, push_area_scope, uuid_list},
};
use crate::{
    domain::{
        event::EventKind,
        ids::IncidentId,
        incident::{IncidentReports, LinkChanges, LinkDecision, LinkRun, Past, PastLink, Sighting, ToldReport},
        scope::Scope,
        time::{Day, DayRange},
    },
    store::{
        IncidentStore, Result, StoreError,
        columns::Columns,
        encode::{clean, json},
        error::failed,
        incident_rows::{self, SIGHTING},
        rows,
    },
};

/// Age and sex of an event, as linking reads them.
const PERSON: &str = "CAST(COALESCE(json_extract(attributes, '$.age_band'), json_extract(attributes, '$.age_group')) AS TEXT)
               AS age_text,
             CAST(COALESCE(json_extract(attributes, '$.sex'), json_extract(attributes, '$.gender')) AS TEXT) AS sex_text";

#[async_trait]
impl IncidentStore for SqliteStore {
    async fn sightings(&self, scope: &Scope, days: DayRange) -> Result<Vec<Sighting>> {
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT ");
        sql.push(SIGHTING)
            .push(", ")
            .push(PERSON)
            .push(" FROM events WHERE superseded_at IS NULL AND withdrawn = 0 AND kind = ");
        sql.push_bind(EventKind::Overdose.as_str()).push(" AND jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str());
        sql.push(" AND event_day BETWEEN ").push_bind(day(days.from)).push(" AND ").push_bind(day(days.to));
        push_area_scope(&mut sql, scope, "area_id");
        sql.push(" ORDER BY event_day, event_id");
        let found = sql.build().fetch_all(&self.readers).await.map_err(failed("reading events to link"))?;
        found.iter().map(|r| incident_rows::sighting(&of("events", r), &scope.jurisdiction)).collect()
    }

    async fn past(&self, scope: &Scope, days: DayRange, blocks: (i32, i32)) -> Result<Past> {
        let reading = failed("reading what was linked before");
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT superseded_at, ");
        // The pluses keep the planner on the key: from the few events that are withdrawn, not by their days.
        sql.push(SIGHTING).push(", ").push(PERSON).push(
            " FROM events WHERE superseded_at IS NOT NULL AND withdrawn = 0
             AND NOT EXISTS (SELECT 1 FROM events n WHERE n.jurisdiction_id = events.jurisdiction_id
               AND n.event_id = events.event_id AND n.version > events.version AND n.withdrawn = 0)
             AND event_id IN (SELECT n.event_id FROM events n WHERE n.withdrawn = 1 AND n.superseded_at IS NULL
               AND n.jurisdiction_id = ",
        );
        sql.push_bind(scope.jurisdiction.as_str()).push(") AND +kind = ");
        sql.push_bind(EventKind::Overdose.as_str()).push(" AND jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str());
        sql.push(" AND +event_day BETWEEN ").push_bind(day(days.from)).push(" AND ").push_bind(day(days.to));
        sql.push(" ORDER BY +event_day, event_id");
        let found = sql.build().fetch_all(&self.readers).await.map_err(reading)?;
        let withdrawn = |r| {
            let r = of("events", r);
            Ok((incident_rows::sighting(&r, &scope.jurisdiction)?, r.instant("superseded_at")?))
        };
        let withdrawn = found.iter().map(withdrawn).collect::<Result<_>>()?;
        let found = sqlx::query(
            "SELECT * FROM past_links WHERE jurisdiction_id = $1 AND block BETWEEN $2 AND $3 ORDER BY event_id",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(i64::from(blocks.0))
        .bind(i64::from(blocks.1))
        .fetch_all(&self.readers)
        .await
        .map_err(reading)?;
        let links = found.iter().map(|r| incident_rows::past_link(&of("past_links", r))).collect::<Result<_>>()?;
        Ok(Past { withdrawn, links })
    }

    async fn told_reports(&self, scope: &Scope, days: DayRange) -> Result<Vec<ToldReport>> {
        let mut sql = QueryBuilder::<Sqlite>::new(
            "SELECT event_id, source_id, event_day, outcome, incident_id,
             CAST(json_extract(attributes, '$.channel') AS TEXT) AS channel_text,
             CAST(json_extract(attributes, '$.disposition') AS TEXT) AS disposition_text
             FROM events WHERE superseded_at IS NULL AND withdrawn = 0 AND kind = ",
        );
        sql.push_bind(EventKind::Overdose.as_str()).push(" AND jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str());
        sql.push(" AND event_day BETWEEN ").push_bind(day(days.from)).push(" AND ").push_bind(day(days.to));
        push_area_scope(&mut sql, scope, "area_id");
        sql.push(" ORDER BY event_day, event_id");
        let found = sql.build().fetch_all(&self.readers).await.map_err(failed("reading reports"))?;
        found.iter().map(|r| incident_rows::told(&of("events", r))).collect()
    }

    async fn link_due(&self, scope: &Scope) -> Result<Vec<(Day, i64)>> {
        let found = sqlx::query("SELECT event_day, mark FROM link_due WHERE jurisdiction_id = $1 ORDER BY event_day")
            .bind(scope.jurisdiction.as_str())
            .fetch_all(&self.readers)
            .await
            .map_err(failed("reading what is to be linked"))?;
        found.iter().map(|r| Ok((of("link_due", r).day("event_day")?, of("link_due", r).int("mark")?))).collect()
    }

    async fn put_links(&self, scope: &Scope, changes: &LinkChanges) -> Result<()> {
        let linking = "storing links";
        let mut tx = self.begin(linking).await?;
        for (event, incident) in &changes.members {
            sqlx::query("UPDATE events SET incident_id = $3 WHERE jurisdiction_id = $1 AND event_id = $2")
                .bind(scope.jurisdiction.as_str())
                .bind(event.0)
                .bind(incident.map(|i| i.0))
                .execute(&mut *tx)
                .await
                .map_err(failed(linking))?;
        }
        sqlx::query(
            "DELETE FROM incidents WHERE jurisdiction_id = $1
             AND incident_id IN (SELECT unhex(value) FROM json_each($2))",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(uuid_list(changes.gone.iter().map(|id| id.0)))
        .execute(&mut *tx)
        .await
        .map_err(failed(linking))?;
        for incident in &changes.incidents {
            sqlx::query(
                "INSERT INTO incidents (jurisdiction_id, incident_id, first_at, reports, sources, score, by_person,
                 linked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                 ON CONFLICT (jurisdiction_id, incident_id) DO UPDATE SET first_at = excluded.first_at,
                 reports = excluded.reports, sources = excluded.sources, score = excluded.score,
                 by_person = excluded.by_person
                 WHERE (incidents.first_at, incidents.reports, incidents.sources, incidents.score, incidents.by_person)
                 <> (excluded.first_at, excluded.reports, excluded.sources, excluded.score, excluded.by_person)",
            )
            .bind(scope.jurisdiction.as_str())
            .bind(incident.id.0)
            .bind(instant(incident.first_at))
            .bind(i64::from(incident.reports))
            .bind(i64::from(incident.sources))
            .bind(incident.score)
            .bind(incident.by_person)
            .bind(instant(incident.linked_at))
            .execute(&mut *tx)
            .await
            .map_err(failed(linking))?;
        }
        put_past(&mut tx, scope, changes).await?;
        tx.commit().await.map_err(failed(linking))
    }

    async fn links_settled(&self, scope: &Scope, due: &[(Day, i64)], run: &LinkRun) -> Result<()> {
        let settling = "noting what was linked";
        let mut tx = self.begin(settling).await?;
        for (event_day, mark) in due {
            sqlx::query("DELETE FROM link_due WHERE jurisdiction_id = $1 AND event_day = $2 AND mark = $3")
                .bind(scope.jurisdiction.as_str())
                .bind(day(*event_day))
                .bind(mark)
                .execute(&mut *tx)
                .await
                .map_err(failed(settling))?;
        }
        mark_agreements(&mut tx, scope, &due.iter().map(|(day, _)| *day).collect::<Vec<_>>()).await?;
        sqlx::query(
            "INSERT INTO link_runs (jurisdiction_id, computed_at, method, method_version, day_from, day_to, reports,
             pairs, threshold, expected_false) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (jurisdiction_id) DO UPDATE SET computed_at = excluded.computed_at, method = excluded.method,
             method_version = excluded.method_version, day_from = excluded.day_from, day_to = excluded.day_to,
             reports = excluded.reports, pairs = excluded.pairs, threshold = excluded.threshold,
             expected_false = excluded.expected_false",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(instant(run.at))
        .bind(clean(&run.method))
        .bind(i64::from(run.method_version))
        .bind(day(run.from))
        .bind(day(run.to))
        .bind(run.reports as i64)
        .bind(run.pairs as i64)
        .bind(run.threshold)
        .bind(run.expected_false)
        .execute(&mut *tx)
        .await
        .map_err(failed(settling))?;
        tx.commit().await.map_err(failed(settling))
    }

    async fn link_run(&self, scope: &Scope) -> Result<Option<LinkRun>> {
        let found = sqlx::query("SELECT * FROM link_runs WHERE jurisdiction_id = $1")
            .bind(scope.jurisdiction.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(failed("reading the last linking"))?;
        found.map(|r| incident_rows::run(&of("link_runs", &r))).transpose()
    }

    async fn incident(&self, scope: &Scope, id: IncidentId) -> Result<IncidentReports> {
        let reading = failed("reading an incident");
        let found = sqlx::query("SELECT * FROM incidents WHERE jurisdiction_id = $1 AND incident_id = $2")
            .bind(scope.jurisdiction.as_str())
            .bind(id.0)
            .fetch_optional(&self.readers)
            .await
            .map_err(reading)?
            .ok_or(StoreError::NotFound("incident"))?;
        let mut sql = QueryBuilder::<Sqlite>::new(
            "SELECT * FROM events WHERE superseded_at IS NULL AND withdrawn = 0 AND jurisdiction_id = ",
        );
        sql.push_bind(scope.jurisdiction.as_str()).push(" AND incident_id = ").push_bind(id.0);
        push_area_scope(&mut sql, scope, "area_id");
        sql.push(" ORDER BY occurred_at, event_id");
        let events = sql.build().fetch_all(&self.readers).await.map_err(failed("reading an incident"))?;
        if events.is_empty() {
            return Err(StoreError::NotFound("incident"));
        }
        Ok(IncidentReports {
            incident: incident_rows::incident(&of("incidents", &found))?,
            events: events.iter().map(|r| rows::event(&of("events", r))).collect::<Result<_>>()?,
        })
    }

    async fn decide_links(&self, scope: &Scope, decisions: &[LinkDecision]) -> Result<()> {
        let deciding = "storing what was said of a link";
        let mut tx = self.begin(deciding).await?;
        let mut ids = Vec::new();
        for decision in decisions.iter().cloned().map(LinkDecision::ordered) {
            sqlx::query(
                "INSERT INTO link_decisions (jurisdiction_id, event_id, other_id, verdict, note, decided_by, decided_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (jurisdiction_id, event_id, other_id) DO UPDATE SET verdict = excluded.verdict,
                 note = excluded.note, decided_by = excluded.decided_by, decided_at = excluded.decided_at",
            )
            .bind(scope.jurisdiction.as_str())
            .bind(decision.event.0)
            .bind(decision.other.0)
            .bind(decision.verdict.as_str())
            .bind(clean(&decision.note))
            .bind(clean(&decision.by))
            .bind(instant(decision.at))
            .execute(&mut *tx)
            .await
            .map_err(failed(deciding))?;
            ids.extend([decision.event.0, decision.other.0]);
        }
        let found = sqlx::query(
            "SELECT DISTINCT event_day FROM events WHERE jurisdiction_id = $1 AND superseded_at IS NULL
             AND event_id IN (SELECT unhex(value) FROM json_each($2))",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(uuid_list(ids))
        .fetch_all(&mut *tx)
        .await
        .map_err(failed(deciding))?;
        let days: BTreeSet<Day> = found.iter().map(|r| of("events", r).day("event_day")).collect::<Result<_>>()?;
        mark_due(&mut tx, scope, &days).await?;
        tx.commit().await.map_err(failed(deciding))
    }

    async fn link_decisions(&self, scope: &Scope) -> Result<Vec<LinkDecision>> {
        let found = sqlx::query("SELECT * FROM link_decisions WHERE jurisdiction_id = $1 ORDER BY event_id, other_id")
            .bind(scope.jurisdiction.as_str())
            .fetch_all(&self.readers)
            .await
            .map_err(failed("reading what was said of links"))?;
        found.iter().map(|r| incident_rows::decision(&of("link_decisions", r))).collect()
    }
}

/// Note that events of these days changed.
pub(super) async fn mark_due(tx: &mut SqliteConnection, scope: &Scope, days: &BTreeSet<Day>) -> Result<()> {
    if days.is_empty() {
        return Ok(());
    }
    // A batch of old rows may touch hundreds of days. The condition tells the parser that ON is not of a join.
    sqlx::query(
        "INSERT INTO link_due (jurisdiction_id, event_day, mark) SELECT $1, value, 1 FROM json_each($2) WHERE true
         ON CONFLICT (jurisdiction_id, event_day) DO UPDATE SET mark = link_due.mark + 1",
    )
    .bind(scope.jurisdiction.as_str())
    .bind(json(&days.iter().map(|d| day(*d)).collect::<Vec<_>>()))
    .execute(tx)
    .await
    .map_err(failed("noting what is to be linked"))?;
    Ok(())
}

/// What is said of the past.
async fn put_past(tx: &mut SqliteConnection, scope: &Scope, changes: &LinkChanges) -> Result<()> {
    let storing = "storing what was linked before";
    if !changes.past_gone.is_empty() {
        sqlx::query(
            "DELETE FROM past_links WHERE jurisdiction_id = $1 AND event_id IN (SELECT unhex(value) FROM json_each($2))",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(uuid_list(changes.past_gone.iter().map(|id| id.0)))
        .execute(&mut *tx)
        .await
        .map_err(failed(storing))?;
    }
    for link in &changes.past {
        sqlx::query(
            "INSERT INTO past_links (jurisdiction_id, event_id, incident_id, until, block)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (jurisdiction_id, event_id) DO UPDATE SET incident_id = excluded.incident_id,
             until = excluded.until, block = excluded.block",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(link.event.0)
        .bind(link.incident.map(|i| i.0))
        .bind(instant(link.until))
        .bind(i64::from(link.block))
        .execute(&mut *tx)
        .await
        .map_err(failed(storing))?;
    }
    Ok(())
}

/// What events belonged to as of then, where that is not what they belong to now.
pub(super) async fn past_at(store: &SqliteStore, scope: &Scope, at: DateTime<Utc>) -> Result<Vec<PastLink>> {
    let found = sqlx::query("SELECT * FROM past_links WHERE jurisdiction_id = $1 AND until > $2")
        .bind(scope.jurisdiction.as_str())
        .bind(instant(at))
        .fetch_all(&store.readers)
        .await
        .map_err(failed("reading what was linked then"))?;
    found.iter().map(|r| incident_rows::past_link(&of("past_links", r))).collect()
}
