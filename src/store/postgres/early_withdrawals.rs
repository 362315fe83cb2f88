//! What took records back before they came, or while they stood withdrawn: the first word of each and the newest.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::{
    PostgresStore,
    rows::{instant, of},
};
use crate::{
    domain::{ids::SourceId, scope::Scope},
    store::{
        EarlyWithdrawal, Result,
        columns::Columns,
        encode::{clean, record_digest},
        error::failed,
    },
};

const KEEPING: &str = "keeping what takes records back";
const READING: &str = "reading what took records back";

pub(super) async fn insert(
    tx: &mut PgConnection,
    scope: &Scope,
    source: &SourceId,
    early: &[(String, EarlyWithdrawal)],
) -> Result<()> {
    for (record, word) in early {
        sqlx::query(
            "INSERT INTO early_withdrawals AS e (jurisdiction_id, source_id, record_digest, received_at, because,
             first_received_at, first_because) VALUES ($1, $2, $3, $4, $5, $4, $5)
             ON CONFLICT (jurisdiction_id, source_id, record_digest) DO UPDATE SET
             received_at = CASE WHEN excluded.received_at > e.received_at THEN excluded.received_at ELSE e.received_at END,
             because = CASE WHEN excluded.received_at > e.received_at THEN excluded.because ELSE e.because END,
             first_received_at = CASE WHEN excluded.received_at < e.first_received_at THEN excluded.received_at
                                 ELSE e.first_received_at END,
             first_because = CASE WHEN excluded.received_at < e.first_received_at THEN excluded.because
                             ELSE e.first_because END
             WHERE excluded.received_at > e.received_at OR excluded.received_at < e.first_received_at",
        )
        .bind(scope.jurisdiction.as_str())
        .bind(source.as_str())
        .bind(record_digest(record).as_slice())
        .bind(instant(word.received_at))
        .bind(clean(&word.because))
        .execute(&mut *tx)
        .await
        .map_err(failed(KEEPING))?;
    }
    Ok(())
}

pub(super) async fn of_records(
    store: &PostgresStore,
    scope: &Scope,
    source: &SourceId,
    record_ids: &[String],
) -> Result<HashMap<String, Vec<EarlyWithdrawal>>> {
    // Most feeds never take back what they have not sent.
    let any: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM early_withdrawals WHERE jurisdiction_id = $1 AND source_id = $2)",
    )
    .bind(scope.jurisdiction.as_str())
    .bind(source.as_str())
    .fetch_one(&store.pool)
    .await
    .map_err(failed(READING))?;
    if !any {
        return Ok(HashMap::new());
    }
    let records: HashMap<[u8; 16], &String> = record_ids.iter().map(|id| (record_digest(id), id)).collect();
    let found = sqlx::query(
        "SELECT record_digest, received_at, because, first_received_at, first_because FROM early_withdrawals
         WHERE jurisdiction_id = $1 AND source_id = $2 AND record_digest = ANY($3)",
    )
    .bind(scope.jurisdiction.as_str())
    .bind(source.as_str())
    .bind(records.keys().map(|d| d.to_vec()).collect::<Vec<_>>())
    .fetch_all(&store.pool)
    .await
    .map_err(failed(READING))?;
    let mut early = HashMap::new();
    for row in &found {
        let row = of("early_withdrawals", row);
        let digest: Option<[u8; 16]> = row.bytes("record_digest")?.try_into().ok();
        let Some(record) = digest.and_then(|d| records.get(&d)) else { continue };
        let last = EarlyWithdrawal { received_at: row.instant("received_at")?, because: row.text("because")? };
        let first =
            EarlyWithdrawal { received_at: row.instant("first_received_at")?, because: row.text("first_because")? };
        let words = if first == last { vec![last] } else { vec![first, last] };
        early.insert((*record).clone(), words);
    }
    Ok(early)
}
