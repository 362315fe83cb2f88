//! Rows in quarantine by their fault, and the rules that mend them.

use async_trait::async_trait;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::{
    SqliteStore,
    rows::{instant, of, opt_instant, uuid_list},
};
use crate::{
    domain::{
        fault::{group_id, pattern_of},
        ids::{GroupId, JurisdictionId, RejectId, SourceId},
        quality::{QuarantinedRow, Reject, RejectReason, RejectState},
        quarantine::{MendRecord, MendRule, RejectGroup, Settled},
        scope::Scope,
    },
    store::{
        IntakeBatch, QuarantineStore, Result,
        columns::Columns,
        encode::{clean, json, opt_clean, reject_ids, signed},
        error::failed,
        intake_rows,
    },
};

const ROWS: usize = 500;
const STORING: &str = "storing a batch";

#[async_trait]
impl QuarantineStore for SqliteStore {
    async fn reject_groups(&self, scope: &Scope, source: Option<&SourceId>) -> Result<Vec<RejectGroup>> {
        let mut sql = QueryBuilder::<Sqlite>::new(
            "SELECT r.*, g.n, g.first_at, g.last_at FROM
             (SELECT group_id, COUNT(*) AS n, MIN(received_at) AS first_at, MAX(received_at) AS last_at FROM rejects
              WHERE state = 'waiting' AND jurisdiction_id = ",
        );
        sql.push_bind(scope.jurisdiction.as_str());
        if let Some(source) = source {
            sql.push(" AND source_id = ").push_bind(source.as_str());
        }
        sql.push(
            " GROUP BY group_id ORDER BY n DESC, first_at, group_id LIMIT 500) g
             JOIN rejects r ON r.reject_id =
              (SELECT q.reject_id FROM rejects q
               WHERE q.state = 'waiting' AND q.group_id = g.group_id AND q.jurisdiction_id = ",
        );
        sql.push_bind(scope.jurisdiction.as_str());
        sql.push(" ORDER BY q.received_at DESC, q.line DESC, q.reject_id DESC LIMIT 1) WHERE r.jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str());
        sql.push(" ORDER BY g.n DESC, g.first_at, g.group_id");
        let found =
            sql.build().fetch_all(&self.readers).await.map_err(failed("reading the groups of the quarantine"))?;
        found.iter().map(|r| intake_rows::reject_group(&of("rejects", r))).collect()
    }

    async fn group_rows(
        &self,
        scope: &Scope,
        group: GroupId,
        before: Option<RejectId>,
        limit: u32,
    ) -> Result<Vec<QuarantinedRow>> {
        let mut sql =
            QueryBuilder::<Sqlite>::new("SELECT * FROM rejects WHERE state = 'waiting' AND jurisdiction_id = ");
        sql.push_bind(scope.jurisdiction.as_str()).push(" AND group_id = ").push_bind(group.0);
        if let Some(before) = before {
            sql.push(
                " AND (received_at, line, reject_id) <
                 (SELECT received_at, line, reject_id FROM rejects WHERE jurisdiction_id = ",
            );
            sql.push_bind(scope.jurisdiction.as_str()).push(" AND reject_id = ").push_bind(before.0).push(")");
        }
        sql.push(" ORDER BY received_at DESC, line DESC, reject_id DESC LIMIT ").push_bind(i64::from(limit));
        let found = sql.build().fetch_all(&self.readers).await.map_err(failed("reading a group of the quarantine"))?;
        found.iter().map(|r| intake_rows::quarantined(&of("rejects", r))).collect()
    }

    async fn settle_rejects(&self, scope: &Scope, settled: &[Settled]) -> Result<()> {
        let settling = "marking quarantined rows";
        let mut tx = self.begin(settling).await?;
        // Rows that share a decision, which are nearly always all of them, are marked at once.
        for ids in settled.chunk_by(|a, b| (a.state, a.rule, &a.by, a.at) == (b.state, b.rule, &b.by, b.at)) {
            let of_all = &ids[0];
            sqlx::query(
                "UPDATE rejects SET state = $3, rule_id = $4, settled_by = $5, settled_at = $6
                 WHERE jurisdiction_id = $1 AND state = 'waiting' AND reject_id IN (SELECT unhex(value) FROM json_each($2))",
            )
            .bind(scope.jurisdiction.as_str())
            .bind(uuid_list(ids.iter().map(|s| s.id.0)))
            .bind(of_all.state.as_str())
            .bind(of_all.rule.map(|rule| rule.0))
            .bind(clean(&of_all.by))
            .bind(instant(of_all.at))
            .execute(&mut *tx)
            .await
            .map_err(failed(settling))?;
        }
        tx.commit().await.map_err(failed(settling))
    }

    async fn put_mend_rule(&self, scope: &Scope, rule: &MendRule) -> Result<()> {
        sqlx::query(
            "INSERT INTO mend_rules (jurisdiction_id, rule_id, source_id, group_id, reason, field, pattern, mends, note,
             standing, state, made_at, made_by, done_at, still_bad)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
             ON CONFLICT (jurisdiction_id, rule_id) DO UPDATE SET standing = excluded.standing,
             state = excluded.state, done_at = excluded.done_at, still_bad = excluded.still_bad",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(rule.id.0)
        .bind(rule.source.as_str())
        .bind(rule.group.0)
        .bind(rule.reason.as_str())
        .bind(opt_clean(rule.field.as_deref()))
        .bind(clean(&rule.pattern))
        .bind(json(&rule.mends))
        .bind(clean(&rule.note))
        .bind(rule.standing)
        .bind(rule.state.as_str())
        .bind(instant(rule.made_at))
        .bind(clean(&rule.made_by))
        .bind(opt_instant(rule.done_at))
        .bind(signed(rule.still_bad))
        .execute(&self.writer)
        .await
        .map_err(failed("storing a rule that mends rows"))?;
        Ok(())
    }

    async fn standing_rules(&self, scope: &Scope, source: &SourceId) -> Result<Vec<MendRule>> {
        let found = sqlx::query(
            "SELECT * FROM mend_rules WHERE jurisdiction_id = $1 AND source_id = $2 AND standing = 1
             ORDER BY made_at DESC, rule_id",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(source.as_str())
        .fetch_all(&self.readers)
        .await
        .map_err(failed("reading the rules that stand"))?;
        found.iter().map(|r| intake_rows::mend_rule(&of("mend_rules", r))).collect()
    }

    async fn mend_rules(&self, scope: &Scope) -> Result<Vec<MendRecord>> {
        let found = sqlx::query(
            "SELECT m.*, q.reject_state, q.n FROM mend_rules m
             LEFT JOIN (SELECT rule_id, state AS reject_state, COUNT(*) AS n FROM rejects
                        WHERE jurisdiction_id = $1 AND rule_id IS NOT NULL GROUP BY rule_id, state) q
               ON q.rule_id = m.rule_id
             WHERE m.jurisdiction_id = $1 ORDER BY m.made_at DESC, m.rule_id, q.reject_state",
        )
        .bind(scope.jurisdiction.as_str())
        .fetch_all(&self.readers)
        .await
        .map_err(failed("reading the rules that mend rows"))?;
        intake_rows::mend_records(found.iter().map(|r| of("mend_rules", r)))
    }
}

/// Add the rows of a batch that could not be read: those that wait, and those that a standing rule settled.
pub(super) async fn insert(
    tx: &mut SqliteConnection,
    scope: &Scope,
    source: &SourceId,
    batch: &IntakeBatch,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    let waiting: Vec<Row> = reject_ids(scope, source, &batch.rejects)
        .into_iter()
        .zip(&batch.rejects)
        .map(|(id, reject)| Row { id, reject, settled: None })
        .collect();
    let ids = reject_ids(scope, source, batch.settled.iter().map(|s| &s.reject));
    let settled: Vec<Row> = ids
        .into_iter()
        .zip(&batch.settled)
        .map(|(id, s)| Row { id, reject: &s.reject, settled: Some((s.state, s.rule.0, &s.by)) })
        .collect();
    for chunk in waiting.chunks(ROWS) {
        insert_rows(tx, scope, source, &batch.origin, at, chunk, " ON CONFLICT DO NOTHING").await?;
    }
    // One that has waited since before there was the rule waits no longer.
    let instead = " ON CONFLICT (jurisdiction_id, reject_id) DO UPDATE SET state = excluded.state,
        rule_id = excluded.rule_id, settled_by = excluded.settled_by, settled_at = excluded.settled_at
        WHERE rejects.state = 'waiting'";
    for chunk in settled.chunks(ROWS) {
        insert_rows(tx, scope, source, &batch.origin, at, chunk, instead).await?;
    }
    Ok(())
}

struct Row<'r> {
    id: RejectId,
    reject: &'r Reject,
    settled: Option<(RejectState, uuid::Uuid, &'r str)>,
}

async fn insert_rows(
    tx: &mut SqliteConnection,
    scope: &Scope,
    source: &SourceId,
    origin: &str,
    at: chrono::DateTime<chrono::Utc>,
    chunk: &[Row<'_>],
    conflict: &'static str,
) -> Result<()> {
    let mut sql = QueryBuilder::<Sqlite>::new(
        "INSERT INTO rejects (jurisdiction_id, reject_id, source_id, origin, line, reason, field, message, \"row\",
         state, received_at, group_id, pattern, settled_at, settled_by, rule_id) ",
    );
    sql.push_values(chunk, |mut b, row| {
        let reject = row.reject;
        let pattern = clean(&pattern_of(reject, at)).into_owned();
        let group = group_id(source, reject.reason, reject.field.as_deref(), &pattern);
        b.push_bind(scope.jurisdiction.as_str())
            .push_bind(row.id.0)
            .push_bind(source.as_str())
            .push_bind(clean(origin))
            .push_bind(signed(reject.line))
            .push_bind(reject.reason.as_str())
            .push_bind(opt_clean(reject.field.as_deref()))
            .push_bind(clean(&reject.message))
            .push_bind(json(&reject.row))
            .push_bind(row.settled.map_or(RejectState::Waiting, |s| s.0).as_str())
            .push_bind(instant(at))
            .push_bind(group.0)
            .push_bind(pattern)
            .push_bind(row.settled.map(|_| instant(at)))
            .push_bind(row.settled.map(|s| clean(s.2)))
            .push_bind(row.settled.map(|s| s.1));
    });
    sql.push(conflict);
    sql.build().execute(&mut *tx).await.map_err(failed(STORING))?;
    Ok(())
}

/// Rows that came before there were groups get theirs.
pub(super) async fn fill_groups(tx: &mut SqliteConnection) -> Result<()> {
    let filling = "grouping the rows in quarantine";
    loop {
        let found = sqlx::query(
            "SELECT jurisdiction_id, reject_id, source_id, line, reason, field, message, received_at FROM rejects
             WHERE group_id IS NULL LIMIT 1000",
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(failed(filling))?;
        if found.is_empty() {
            return Ok(());
        }
        for row in &found {
            let r = of("rejects", row);
            let source: SourceId = r.parsed("source_id")?;
            let jurisdiction: JurisdictionId = r.parsed("jurisdiction_id")?;
            let reject = Reject {
                line: r.u64("line")?,
                reason: r.word("reason", RejectReason::parse)?,
                field: r.opt_text("field")?,
                message: r.text("message")?,
                row: serde_json::Map::new(),
            };
            let pattern = pattern_of(&reject, r.instant("received_at")?);
            sqlx::query("UPDATE rejects SET group_id = $3, pattern = $4 WHERE jurisdiction_id = $1 AND reject_id = $2")
                .bind(jurisdiction.as_str())
                .bind(r.uuid("reject_id")?)
                .bind(group_id(&source, reject.reason, reject.field.as_deref(), &pattern).0)
                .bind(pattern)
                .execute(&mut *tx)
                .await
                .map_err(failed(filling))?;
        }
    }
}
