//! Jurisdictions, areas with outlines, named places.

use async_trait::async_trait;
use sqlx::{Postgres, QueryBuilder};

use super::{PostgresStore, rows::of};
use crate::{
    domain::{
        area::{Area, AreaShape, Jurisdiction, NamedPlace},
        scope::Scope,
    },
    store::{
        AreaStore, Result,
        encode::{clean, signed},
        error::failed,
        rows, wkb,
    },
};

/// Rows of one INSERT; PostgreSQL takes at most 65,535 values in a statement.
const ROWS: usize = 500;

#[async_trait]
impl AreaStore for PostgresStore {
    async fn jurisdictions(&self) -> Result<Vec<Jurisdiction>> {
        let found = sqlx::query("SELECT jurisdiction_id, name, zone FROM jurisdictions ORDER BY jurisdiction_id")
            .fetch_all(&self.pool)
            .await
            .map_err(failed("reading jurisdictions"))?;
        found.iter().map(|r| rows::jurisdiction(&of("jurisdictions", r))).collect()
    }

    async fn put_jurisdiction(&self, jurisdiction: &Jurisdiction) -> Result<()> {
        sqlx::query(
            "INSERT INTO jurisdictions (jurisdiction_id, name, zone) VALUES ($1, $2, $3)
             ON CONFLICT (jurisdiction_id) DO UPDATE SET name = excluded.name, zone = excluded.zone",
        )
        .bind(jurisdiction.id.as_str())
        .bind(clean(&jurisdiction.name))
        .bind(jurisdiction.zone.to_string())
        .execute(&self.pool)
        .await
        .map_err(failed("storing a jurisdiction"))?;
        Ok(())
    }

    async fn put_areas(&self, scope: &Scope, shapes: &[AreaShape]) -> Result<()> {
        let mut tx = self.begin("storing areas").await?;
        for chunk in shapes.chunks(ROWS) {
            let mut sql = QueryBuilder::<Postgres>::new(
                "INSERT INTO areas (jurisdiction_id, area_id, parent_id, kind, name, latitude, longitude,
                 west, south, east, north, population, population_year, outline) ",
            );
            sql.push_values(chunk, |mut b, AreaShape { area, outline }| {
                b.push_bind(scope.jurisdiction.as_str())
                    .push_bind(area.id.as_str())
                    .push_bind(area.parent.as_ref().map(|p| p.as_str()))
                    .push_bind(area.kind.as_str())
                    .push_bind(clean(&area.name))
                    .push_bind(area.centre.lat())
                    .push_bind(area.centre.lon());
                for side in area.bbox {
                    b.push_bind(side);
                }
                b.push_bind(area.population.map(signed))
                    .push_bind(area.population_year.map(i64::from))
                    .push_bind(wkb::write(outline));
            });
            sql.push(
                " ON CONFLICT (jurisdiction_id, area_id) DO UPDATE SET parent_id = excluded.parent_id,
                 kind = excluded.kind, name = excluded.name, latitude = excluded.latitude,
                 longitude = excluded.longitude, west = excluded.west, south = excluded.south,
                 east = excluded.east, north = excluded.north, population = excluded.population,
                 population_year = excluded.population_year, outline = excluded.outline",
            );
            sql.build().execute(&mut *tx).await.map_err(failed("storing areas"))?;
        }
        tx.commit().await.map_err(failed("storing areas"))
    }

    async fn areas(&self, scope: &Scope) -> Result<Vec<Area>> {
        let found = sqlx::query(
            "SELECT area_id, parent_id, kind, name, latitude, longitude, west, south, east, north, population,
             population_year FROM areas WHERE jurisdiction_id = $1 ORDER BY area_id",
        )
        .bind(scope.jurisdiction.as_str())
        .fetch_all(&self.pool)
        .await
        .map_err(failed("reading areas"))?;
        found.iter().map(|r| rows::area(&of("areas", r))).collect()
    }

    async fn area_shapes(&self, scope: &Scope) -> Result<Vec<AreaShape>> {
        let found = sqlx::query("SELECT * FROM areas WHERE jurisdiction_id = $1 ORDER BY area_id")
            .bind(scope.jurisdiction.as_str())
            .fetch_all(&self.pool)
            .await
            .map_err(failed("reading outlines"))?;
        found.iter().map(|r| rows::area_shape(&of("areas", r))).collect()
    }

    async fn put_places(&self, scope: &Scope, places: &[NamedPlace]) -> Result<()> {
        let mut tx = self.begin("storing places").await?;
        sqlx::query("DELETE FROM places WHERE jurisdiction_id = $1")
            .bind(scope.jurisdiction.as_str())
            .execute(&mut *tx)
            .await
            .map_err(failed("storing places"))?;
        let numbered: Vec<(usize, &NamedPlace)> = places.iter().enumerate().collect();
        for chunk in numbered.chunks(ROWS) {
            let mut sql = QueryBuilder::<Postgres>::new(
                "INSERT INTO places (jurisdiction_id, position, name, latitude, longitude, population) ",
            );
            sql.push_values(chunk, |mut b, (position, place)| {
                b.push_bind(scope.jurisdiction.as_str())
                    .push_bind(*position as i64)
                    .push_bind(clean(&place.name))
                    .push_bind(place.point.lat())
                    .push_bind(place.point.lon())
                    .push_bind(place.population.map(signed));
            });
            sql.build().execute(&mut *tx).await.map_err(failed("storing places"))?;
        }
        tx.commit().await.map_err(failed("storing places"))
    }

    async fn places(&self, scope: &Scope) -> Result<Vec<NamedPlace>> {
        let found = sqlx::query(
            "SELECT name, latitude, longitude, population FROM places WHERE jurisdiction_id = $1
             ORDER BY COALESCE(population, -1) DESC, name, position",
        )
        .bind(scope.jurisdiction.as_str())
        .fetch_all(&self.pool)
        .await
        .map_err(failed("reading places"))?;
        found.iter().map(|r| rows::place(&of("places", r))).collect()
    }
}
