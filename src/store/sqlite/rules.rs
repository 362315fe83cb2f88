//! Alert rules, and where areas stand under them.

use async_trait::async_trait;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::{
    SqliteStore,
    rows::{day, of, opt_instant, push_area_scope},
};
use crate::{
    domain::{
        ids::RuleId,
        rule::{AlertRule, RuleStanding},
        scope::Scope,
    },
    store::{
        Result, RuleStore, alert_rows,
        encode::{clean, json},
        error::failed,
    },
};

const ROWS: usize = 500;

#[async_trait]
impl RuleStore for SqliteStore {
    async fn put_rule(&self, scope: &Scope, rule: &AlertRule) -> Result<()> {
        sqlx::query(
            "INSERT INTO alert_rules (jurisdiction_id, rule_id, name, places, measure, tier, false_alerts_per_year,
             enabled, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             ON CONFLICT (jurisdiction_id, rule_id) DO UPDATE SET name = excluded.name, places = excluded.places,
             measure = excluded.measure, tier = excluded.tier,
             false_alerts_per_year = excluded.false_alerts_per_year, enabled = excluded.enabled,
             changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(rule.id.as_str())
        .bind(clean(&rule.name))
        .bind(json(&rule.places))
        .bind(rule.measure.as_str())
        .bind(rule.tier.as_str())
        .bind(rule.false_alerts_per_year)
        .bind(rule.enabled)
        .bind(opt_instant(rule.changed_at))
        .bind(clean(&rule.changed_by))
        .execute(&self.writer)
        .await
        .map_err(failed("storing an alert rule"))?;
        Ok(())
    }

    async fn rules(&self, scope: &Scope) -> Result<Vec<AlertRule>> {
        let found = sqlx::query("SELECT * FROM alert_rules WHERE jurisdiction_id = $1 ORDER BY rule_id")
            .bind(scope.jurisdiction.as_str())
            .fetch_all(&self.readers)
            .await
            .map_err(failed("reading alert rules"))?;
        found.iter().map(|r| alert_rows::rule(&of("alert_rules", r))).collect()
    }

    async fn remove_rule(&self, scope: &Scope, id: &RuleId) -> Result<()> {
        let removing = "removing an alert rule";
        let mut tx = self.begin(removing).await?;
        for sql in [
            "DELETE FROM rule_standings WHERE jurisdiction_id = $1 AND rule_id = $2",
            "DELETE FROM alert_rules WHERE jurisdiction_id = $1 AND rule_id = $2",
        ] {
            sqlx::query(sql)
                .bind(scope.jurisdiction.as_str())
                .bind(id.as_str())
                .execute(&mut *tx)
                .await
                .map_err(failed(removing))?;
        }
        tx.commit().await.map_err(failed(removing))
    }

    async fn rule_standings(&self, scope: &Scope) -> Result<Vec<RuleStanding>> {
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT * FROM rule_standings WHERE jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str());
        push_area_scope(&mut sql, scope, "area_id");
        sql.push(" ORDER BY rule_id, area_id");
        let found = sql.build().fetch_all(&self.readers).await.map_err(failed("reading the standing under rules"))?;
        found.iter().map(|r| alert_rows::rule_standing(&of("rule_standings", r))).collect()
    }
}

/// Put the standings of one analysis in the place of those before.
pub(super) async fn replace_standings(
    tx: &mut SqliteConnection,
    scope: &Scope,
    standings: &[RuleStanding],
) -> Result<()> {
    let storing = "storing the standing under rules";
    sqlx::query("DELETE FROM rule_standings WHERE jurisdiction_id = $1")
        .bind(scope.jurisdiction.as_str())
        .execute(&mut *tx)
        .await
        .map_err(failed(storing))?;
    for chunk in standings.chunks(ROWS) {
        let mut sql = QueryBuilder::<Sqlite>::new(
            "INSERT INTO rule_standings (jurisdiction_id, rule_id, area_id, as_of, usual_per_day,
             recurrence_interval_days, sees_double, sees_triple, sees_extra, would_have_begun, days_judged, reason) ",
        );
        sql.push_values(chunk, |mut b, s| {
            b.push_bind(scope.jurisdiction.as_str())
                .push_bind(s.rule.as_str())
                .push_bind(s.area.as_str())
                .push_bind(day(s.as_of))
                .push_bind(s.usual_per_day)
                .push_bind(s.recurrence_interval_days)
                .push_bind(s.sees_double)
                .push_bind(s.sees_triple)
                .push_bind(s.sees_extra.map(i64::from))
                .push_bind(s.would_have_begun.map(i64::from))
                .push_bind(i64::from(s.days_judged))
                .push_bind(clean(&s.reason));
        });
        sql.build().execute(&mut *tx).await.map_err(failed(storing))?;
    }
    Ok(())
}
