//! Rows in quarantine by their fault, and the rules that mend them.

use emberwatch::{
    domain::{
        ids::MendRuleId,
        quality::{QuarantinedRow, Reject, RejectReason, RejectState},
        quarantine::{Mend, MendRule, MendState, Settled},
    },
    store::{IntakeBatch, SettledReject},
};
use serde_json::json;

use crate::{
    Db, on_both,
    world::{all_of, batch, feed, may, settled},
};

on_both! {
    waiting_rows_stand_in_groups_of_one_fault_largest_first,
    the_rows_of_a_group_are_read_newest_first_and_page_by_page,
    a_rule_is_kept_with_what_it_settled,
    a_row_that_a_standing_rule_settled_never_waits_and_one_that_waited_waits_no_longer,
    rows_from_before_there_were_groups_get_theirs,
}

fn reject(line: u64, reason: RejectReason, message: &str) -> Reject {
    let row = json!({ "id": format!("r{line}"), "when": message }).as_object().unwrap().clone();
    Reject { line, reason, field: Some("when".into()), message: message.into(), row }
}

fn faults() -> Vec<Reject> {
    vec![
        reject(2, RejectReason::BadTime, "\"2024-13-01\" is not a time; expected ISO 8601"),
        reject(3, RejectReason::BadTime, "\"2023-14-09\" is not a time; expected ISO 8601"),
        reject(4, RejectReason::FutureTime, "2025-05-03T10:00:00Z lies in the future"),
    ]
}

async fn quarantined(db: &Db) {
    settled(db).await;
    let bad = IntakeBatch { rejects: faults(), ..batch(&[]) };
    db.store.append(&all_of("me"), &feed(), &bad).await.unwrap();
}

fn rule(of: &QuarantinedRow, id: &str) -> MendRule {
    MendRule {
        id: MendRuleId::derived(&[id]),
        source: feed(),
        group: of.group,
        reason: of.reason,
        field: of.field.clone(),
        pattern: of.pattern.clone(),
        mends: vec![Mend::ShiftTime { column: "when".into(), years: -1, days: 0, hours: 0 }],
        note: "the clock\u{0} was wrong".into(),
        standing: true,
        state: MendState::Queued,
        made_at: may(20),
        made_by: "Alex".into(),
        done_at: None,
        still_bad: 0,
    }
}

async fn waiting_rows_stand_in_groups_of_one_fault_largest_first(db: Db) {
    quarantined(&db).await;
    let me = all_of("me");
    let groups = db.store.reject_groups(&me, None).await.unwrap();
    let told: Vec<(&str, u64)> = groups.iter().map(|g| (g.pattern.as_str(), g.rows)).collect();
    assert_eq!(told, [("\"9999-9-9\" is not a time", 2), ("ahead by up to 1 year", 1)]);
    assert_eq!((groups[0].example.line, groups[0].first_at), (3, may(31)));
    assert_eq!(groups[0].id, groups[0].example.group);
    assert!(db.store.reject_groups(&all_of("pa"), None).await.unwrap().is_empty());
    assert!(db.store.reject_groups(&me, Some(&"other".parse().unwrap())).await.unwrap().is_empty());
    assert_eq!(db.store.reject_groups(&me, Some(&feed())).await.unwrap(), groups);
}

async fn the_rows_of_a_group_are_read_newest_first_and_page_by_page(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    for day in [3, 9] {
        let rejects = (0..3)
            .map(|n| reject(2 + n, RejectReason::BadTime, &format!("\"2024-13-{:02}\" is not a time", 10 * day + n)))
            .collect();
        let bad = IntakeBatch { rejects, received_at: Some(may(day as u32)), ..batch(&[]) };
        db.store.append(&me, &feed(), &bad).await.unwrap();
    }
    let group = db.store.reject_groups(&me, None).await.unwrap().remove(0);
    assert_eq!((group.rows, group.first_at, group.last_at), (6, may(3), may(9)));
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = db.store.group_rows(&me, group.id, before, 4).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        seen.extend(page.iter().map(|r| (r.received_at, r.line)));
        // What was read leaves the quarantine meanwhile; the next page is none the worse.
        let done = |r: &QuarantinedRow| Settled {
            id: r.id,
            state: RejectState::Discarded,
            rule: None,
            by: "Alex".into(),
            at: may(20),
        };
        db.store.settle_rejects(&me, &page.iter().map(done).collect::<Vec<_>>()).await.unwrap();
    }
    assert_eq!(seen, [(may(9), 4), (may(9), 3), (may(9), 2), (may(3), 4), (may(3), 3), (may(3), 2)]);
}

async fn a_rule_is_kept_with_what_it_settled(db: Db) {
    quarantined(&db).await;
    let me = all_of("me");
    let rows = db.store.quarantine(&me, None, None, 10).await.unwrap();
    let (first, second) = (rule(&rows[0], "first"), MendRule { made_at: may(21), ..rule(&rows[2], "second") });
    for rule in [&first, &second, &first] {
        db.store.put_mend_rule(&me, rule).await.unwrap();
    }
    let settled = |row: &QuarantinedRow, state| Settled {
        id: row.id,
        state,
        rule: Some(first.id),
        by: "Alex".into(),
        at: may(22),
    };
    let done = [settled(&rows[0], RejectState::Resubmitted), settled(&rows[1], RejectState::NotCase)];
    db.store.settle_rejects(&me, &done).await.unwrap();
    db.store.settle_rejects(&me, &done).await.unwrap();
    let ended = MendRule {
        standing: false,
        state: MendState::Done,
        done_at: Some(may(22)),
        still_bad: 3,
        note: "another".into(),
        ..first.clone()
    };
    let standing = || async { db.store.standing_rules(&me, &feed()).await.unwrap() };
    assert_eq!(standing().await.iter().map(|r| r.id).collect::<Vec<_>>(), [second.id, first.id]);
    db.store.put_mend_rule(&me, &ended).await.unwrap();
    assert_eq!(standing().await.iter().map(|r| r.id).collect::<Vec<_>>(), [second.id]);
    let records = db.store.mend_rules(&me).await.unwrap();
    assert_eq!(records.iter().map(|r| r.rule.id).collect::<Vec<_>>(), [second.id, first.id]);
    let record = &records[1];
    assert_eq!((record.mended, record.not_cases, record.discarded), (1, 1, 0));
    assert_eq!((record.rule.state, record.rule.standing, record.rule.still_bad), (MendState::Done, false, 3));
    assert_eq!((&record.rule.mends, record.rule.note.as_str()), (&first.mends, "the clock\u{fffd} was wrong"));
    let after = db.store.quarantined_row(&me, rows[0].id).await.unwrap();
    assert_eq!(
        (after.rule, after.settled_at, after.settled_by.as_deref()),
        (Some(first.id), Some(may(22)), Some("Alex"))
    );
    assert!(db.store.mend_rules(&all_of("pa")).await.unwrap().is_empty());
}

async fn a_row_that_a_standing_rule_settled_never_waits_and_one_that_waited_waits_no_longer(db: Db) {
    quarantined(&db).await;
    let me = all_of("me");
    let rows = db.store.quarantine(&me, None, None, 10).await.unwrap();
    let rule = rule(&rows[0], "rule");
    db.store.put_mend_rule(&me, &rule).await.unwrap();
    let by_rule = |reject: Reject| SettledReject {
        reject,
        state: RejectState::Resubmitted,
        rule: rule.id,
        by: rule.made_by.clone(),
    };
    let mut again = faults();
    again[1] = reject(9, RejectReason::BadTime, "\"2022-15-09\" is not a time");
    let kept = IntakeBatch { settled: again[..2].iter().cloned().map(by_rule).collect(), ..batch(&[]) };
    for _ in 0..2 {
        db.store.append(&me, &feed(), &kept).await.unwrap();
    }
    let waiting = db.store.quarantine(&me, None, None, 10).await.unwrap();
    assert_eq!(waiting.iter().map(|r| r.line).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(db.store.mend_rules(&me).await.unwrap()[0].mended, 2);
    // The file without the rule changes nothing of what was decided.
    db.store.append(&me, &feed(), &IntakeBatch { rejects: faults(), ..batch(&[]) }).await.unwrap();
    assert_eq!(db.store.quarantine(&me, None, None, 10).await.unwrap().len(), 2);
}

async fn rows_from_before_there_were_groups_get_theirs(db: Db) {
    quarantined(&db).await;
    let me = all_of("me");
    let groups = db.store.reject_groups(&me, None).await.unwrap();
    db.behind_its_back("UPDATE rejects SET group_id = NULL, pattern = ''").await.unwrap();
    db.store.migrate().await.unwrap();
    assert_eq!(db.store.reject_groups(&me, None).await.unwrap(), groups);
}
