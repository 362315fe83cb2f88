//! Hot spots: a run's replace those of the run before.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::{SqliteStore, rows::of};
use crate::{
    domain::{
        hotspot::{Hotspot, HotspotCategory, HotspotMap},
        scope::Scope,
    },
    store::{Result, columns::Columns, encode::json, error::failed, hotspot_rows},
};

const ROWS: usize = 500;
const READING: &str = "reading hot spots";
const STORING: &str = "storing hot spots";

pub(super) async fn replace(tx: &mut SqliteConnection, scope: &Scope, map: &HotspotMap) -> Result<()> {
    sqlx::query("DELETE FROM hotspots WHERE jurisdiction_id = $1")
        .bind(scope.jurisdiction.as_str())
        .execute(&mut *tx)
        .await
        .map_err(failed(STORING))?;
    sqlx::query(
        "INSERT INTO hotspot_runs (jurisdiction_id, run_id, summary) VALUES ($1, $2, $3)
         ON CONFLICT (jurisdiction_id) DO UPDATE SET run_id = excluded.run_id, summary = excluded.summary",
    )
    .bind(scope.jurisdiction.as_str())
    .bind(map.summary.run.0)
    .bind(json(&map.summary))
    .execute(&mut *tx)
    .await
    .map_err(failed(STORING))?;
    for chunk in map.cells.chunks(ROWS) {
        insert(tx, scope, chunk).await?;
    }
    Ok(())
}

async fn insert(tx: &mut SqliteConnection, scope: &Scope, cells: &[Hotspot]) -> Result<()> {
    let mut sql = QueryBuilder::<Sqlite>::new(
        "INSERT INTO hotspots (jurisdiction_id, cell_resolution, cell, category, previous, since, events,
         nearby_events, weeks_hot, weeks_cold, recent, z, p_value, trend_z, trend_p) ",
    );
    sql.push_values(cells, |mut b, h| {
        b.push_bind(scope.jurisdiction.as_str())
            .push_bind(i64::from(u8::from(h.cell.resolution())))
            .push_bind(h.cell.to_i64())
            .push_bind(h.category.map(HotspotCategory::as_str))
            .push_bind(h.previous.map(HotspotCategory::as_str))
            .push_bind(h.since.map(|day| day.to_string()))
            .push_bind(i64::from(h.events))
            .push_bind(i64::from(h.nearby_events))
            .push_bind(i64::from(h.weeks_hot))
            .push_bind(i64::from(h.weeks_cold))
            .push_bind(h.recent.as_str())
            .push_bind(h.z)
            .push_bind(h.p_value)
            .push_bind(h.trend_z)
            .push_bind(h.trend_p);
    });
    sql.build().execute(&mut *tx).await.map_err(failed(STORING))?;
    Ok(())
}

pub(super) async fn read(store: &SqliteStore, scope: &Scope, resolution: Option<u8>) -> Result<Option<HotspotMap>> {
    // One statement for both, so that a run that is stored meanwhile cannot come between them.
    let mut sql = QueryBuilder::<Sqlite>::new(
        "SELECT r.summary, h.* FROM hotspot_runs r LEFT JOIN hotspots h ON h.jurisdiction_id = r.jurisdiction_id",
    );
    if let Some(resolution) = resolution {
        sql.push(" AND h.cell_resolution = ").push_bind(i64::from(resolution));
    }
    sql.push(" WHERE r.jurisdiction_id = ").push_bind(scope.jurisdiction.as_str());
    sql.push(" ORDER BY h.cell_resolution, h.cell");
    let found = sql.build().fetch_all(&store.readers).await.map_err(failed(READING))?;
    let Some(first) = found.first() else { return Ok(None) };
    let summary = of("hotspot_runs", first).json("summary")?;
    let cells = found
        .iter()
        .map(|row| of("hotspots", row))
        // A run without a cell of that resolution leaves one row with nothing in it.
        .filter_map(|row| row.opt_int("cell").transpose().map(|cell| cell.and_then(|_| hotspot_rows::hotspot(&row))))
        .collect::<Result<_>>()?;
    Ok(Some(HotspotMap { summary, cells }))
}
