//! Versions that came late: the whole history of their event is written anew, in the order of receipts.
//!
//! Nothing of a version that was stored is lost but its number; numbers always tell the order of receipts.

use std::collections::BTreeSet;

use sqlx::PgConnection;

use super::{event_versions::insert_rows, incidents::mark_due, rows::of};
use crate::{
    domain::{scope::Scope, time::Day},
    store::{
        LateVersions, Result, StoreError, columns::Columns, error::failed, incident_rows::days_to_link,
        intake_rows::Change,
    },
};

const STORING: &str = "storing a late version";

pub(super) async fn rewrite(tx: &mut PgConnection, scope: &Scope, late: &[LateVersions]) -> Result<Change> {
    let mut change = Change::of(&[]);
    for LateVersions { history, seen } in late {
        let (Some(first), Some(last)) = (history.first(), history.last()) else { continue };
        let stored = sqlx::query(
            "DELETE FROM events WHERE jurisdiction_id = $1 AND event_id = $2
             RETURNING version, event_day, occurred_at, content_hash, withdrawn, superseded_at IS NULL AS newest",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(first.id.0)
        .fetch_all(&mut *tx)
        .await
        .map_err(failed(STORING))?;
        let mut days: BTreeSet<Day> = days_to_link(history);
        let mut newest = None;
        for row in &stored {
            let row = of("events", row);
            days.insert(row.day("event_day")?);
            if row.flag("newest")? {
                newest = Some(row.text("content_hash")?);
                if !row.flag("withdrawn")? {
                    change.close(row.instant("occurred_at")?);
                }
            }
        }
        let Some(hash) = newest else { return Err(StoreError::Conflict("event")) };
        if (stored.len(), &hash) != (seen.0, &seen.1) {
            return Err(StoreError::Conflict("event"));
        }
        insert_rows(tx, scope, history).await?;
        sqlx::query(
            "UPDATE events SET superseded_at = n.received_at FROM events n
             WHERE events.jurisdiction_id = $1 AND events.event_id = $2
               AND n.jurisdiction_id = events.jurisdiction_id AND n.event_id = events.event_id
               AND n.version = events.version + 1",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(first.id.0)
        .execute(&mut *tx)
        .await
        .map_err(failed(STORING))?;
        mark_due(tx, scope, &days).await?;
        change = change.and(Change::of(std::slice::from_ref(last)));
    }
    Ok(change)
}
