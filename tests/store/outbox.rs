//! The messages that findings cause, and who wants them.

use chrono::Duration;
use emberwatch::{
    domain::{
        alert::Tier,
        ids::{MessageId, SubscriptionId},
        message::{Channel, MessageState, OutboxMessage, Subscription},
    },
    store::StoredAnalysis,
};

use crate::{
    Db,
    findings::{analysis, message, run},
    on_both,
    world::{all_of, area, may, settled, uuid},
};

on_both! {
    two_claimers_never_share_a_message,
    a_message_is_tried_again_when_it_is_due_and_given_up_when_told,
    subscriptions_keep_their_secret_and_can_be_removed,
}

async fn two_claimers_never_share_a_message(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let messages: Vec<OutboxMessage> = (1..=40).map(|n| message(n, 2)).collect();
    db.store.put_analysis(&me, &StoredAnalysis { messages, ..analysis(run(1, 2)) }).await.unwrap();
    let claim = || db.store.claim_messages(&me, may(3), Duration::minutes(5), 15);
    let (a, b, c, d) = tokio::join!(claim(), claim(), claim(), claim());
    let mut ids: Vec<MessageId> = [a, b, c, d].into_iter().flat_map(Result::unwrap).map(|m| m.id).collect();
    let claimed = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((claimed, ids.len()), (40, 40));
    assert!(claim().await.unwrap().is_empty());
    let after = db.store.claim_messages(&me, may(3) + Duration::minutes(6), Duration::minutes(5), 99).await.unwrap();
    assert_eq!(after.len(), 40, "leases that ran out are free again");
    assert_eq!(after[0].attempts, 2);
}

async fn a_message_is_tried_again_when_it_is_due_and_given_up_when_told(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let messages = vec![message(1, 2), message(2, 9)];
    db.store.put_analysis(&me, &StoredAnalysis { messages, ..analysis(run(1, 2)) }).await.unwrap();
    let claim = |day| db.store.claim_messages(&me, may(day), Duration::minutes(5), 9);
    let id = MessageId(uuid(1));
    assert_eq!(claim(2).await.unwrap().iter().map(|m| m.id).collect::<Vec<_>>(), [id]);
    db.store.message_failed(&me, id, "timed out", Some(may(4))).await.unwrap();
    assert!(claim(3).await.unwrap().is_empty());
    let again = claim(4).await.unwrap();
    assert_eq!((again[0].attempts, again[0].last_error.as_deref()), (2, Some("timed out")));
    db.store.message_failed(&me, id, "refused", None).await.unwrap();
    assert!(claim(8).await.unwrap().is_empty());
    let listed = db.store.messages(&me, 9).await.unwrap();
    assert_eq!(listed.iter().map(|m| m.state).collect::<Vec<_>>(), [MessageState::Waiting, MessageState::Failed]);
    db.store.message_sent(&me, MessageId(uuid(2)), may(9)).await.unwrap();
    db.store.message_failed(&me, MessageId(uuid(2)), "late", Some(may(9))).await.unwrap();
    assert!(claim(9).await.unwrap().is_empty(), "what was sent stays sent");
}

async fn subscriptions_keep_their_secret_and_can_be_removed(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let mut wanted = Subscription {
        id: SubscriptionId(uuid(1)),
        channel: Channel::Email,
        target: "desk@example.org".into(),
        secret: Some("whsec_abc".into()),
        area: Some(area("bangor")),
        min_tier: Tier::Watch,
    };
    db.store.put_subscription(&me, &wanted).await.unwrap();
    wanted.min_tier = Tier::Alert;
    db.store.put_subscription(&me, &wanted).await.unwrap();
    assert_eq!(db.store.subscriptions(&me).await.unwrap(), [wanted.clone()]);
    assert!(db.store.subscriptions(&all_of("pa")).await.unwrap().is_empty());
    db.store.remove_subscription(&all_of("pa"), wanted.id).await.unwrap();
    assert_eq!(db.store.subscriptions(&me).await.unwrap().len(), 1);
    db.store.remove_subscription(&me, wanted.id).await.unwrap();
    assert!(db.store.subscriptions(&me).await.unwrap().is_empty());
}
