use chrono::Duration;
use emberwatch::{
    domain::{
        ids::{ApiKeyId, UserId},
        scope::{Role, User},
    },
    store::{ApiKey, AuditCheck, IdempotentAnswer, KeyOfIdempotency, Session, StoreError},
};

use crate::{
    Db, on_both,
    world::{all_of, area, feed, may, me, settled, uuid},
};

on_both! {
    a_login_finds_its_person_in_any_case,
    a_login_belongs_to_one_person,
    a_password_stays_until_another_is_given,
    a_session_ends_when_it_expires_or_is_removed_or_its_person_is_disabled,
    a_key_opens_until_it_is_revoked_or_expires,
    a_repeated_request_gets_the_answer_of_the_first,
    an_abandoned_request_may_go_through_again,
    the_audit_log_only_grows,
    every_change_to_the_audit_log_is_noticed,
}

fn user(n: u128, login: &str) -> User {
    User {
        id: UserId(uuid(n)),
        jurisdiction: me(),
        login: login.into(),
        name: "Kim".into(),
        role: Role::Liaison,
        catchment: vec![area("bangor"), area("orono")],
        disabled: false,
    }
}

async fn a_login_finds_its_person_in_any_case(db: Db) {
    settled(&db).await;
    let kim = user(1, "Kim@Example.org");
    db.store.put_user(&kim, Some("$argon2id$x")).await.unwrap();
    let found = db.store.user_by_login("KIM@example.ORG").await.unwrap();
    assert_eq!(found, Some((kim.clone(), "$argon2id$x".to_owned())));
    assert_eq!(db.store.user(kim.id).await.unwrap(), Some(kim.clone()));
    assert_eq!(db.store.users(&all_of("me")).await.unwrap(), [kim]);
    assert!(db.store.users(&all_of("pa")).await.unwrap().is_empty());
    assert_eq!(db.store.user_by_login("nobody").await.unwrap(), None);
}

async fn a_login_belongs_to_one_person(db: Db) {
    settled(&db).await;
    db.store.put_user(&user(1, "kim"), Some("a")).await.unwrap();
    let elsewhere = User { jurisdiction: "pa".parse().unwrap(), ..user(2, "KIM") };
    let taken = db.store.put_user(&elsewhere, Some("b")).await;
    assert!(matches!(taken, Err(StoreError::Conflict("login"))), "{taken:?}");
    // Who changes the login frees the old one.
    db.store.put_user(&user(1, "kim.smith"), None).await.unwrap();
    db.store.put_user(&elsewhere, Some("b")).await.unwrap();
    assert_eq!(db.store.user_by_login("kim").await.unwrap(), Some((elsewhere, "b".to_owned())));
    assert_eq!(db.store.user_by_login("kim.smith").await.unwrap().unwrap().0.id, UserId(uuid(1)));
}

async fn a_password_stays_until_another_is_given(db: Db) {
    settled(&db).await;
    let kim = user(1, "kim");
    db.store.put_user(&kim, None).await.unwrap();
    assert_eq!(db.store.user_by_login("kim").await.unwrap(), None, "who has no password cannot sign in");
    db.store.put_user(&kim, Some("one")).await.unwrap();
    let promoted = User { role: Role::Admin, catchment: vec![], ..kim };
    db.store.put_user(&promoted, None).await.unwrap();
    assert_eq!(db.store.user_by_login("kim").await.unwrap(), Some((promoted.clone(), "one".to_owned())));
    db.store.put_user(&promoted, Some("two")).await.unwrap();
    assert_eq!(db.store.user_by_login("kim").await.unwrap().unwrap().1, "two");
}

async fn a_session_ends_when_it_expires_or_is_removed_or_its_person_is_disabled(db: Db) {
    settled(&db).await;
    let kim = user(1, "kim");
    let session = |byte| Session { token_hash: [byte; 32], user: kim.id, created_at: may(1), expires_at: may(2) };
    let nobody = db.store.put_session(&session(1)).await;
    assert!(matches!(nobody, Err(StoreError::NotFound("user"))), "{nobody:?}");
    db.store.put_user(&kim, None).await.unwrap();
    for byte in [1, 2] {
        db.store.put_session(&session(byte)).await.unwrap();
    }
    let open = |byte| async move { (byte, may(1) + Duration::hours(1)) };
    let (byte, now) = open(1).await;
    assert_eq!(db.store.session(&[byte; 32], now).await.unwrap(), Some((session(1), kim.clone())));
    assert_eq!(db.store.session(&[9; 32], now).await.unwrap(), None);
    assert_eq!(db.store.session(&[1; 32], may(2)).await.unwrap(), None, "it expires on the instant");

    db.store.remove_session(&[1; 32]).await.unwrap();
    assert_eq!(db.store.session(&[1; 32], now).await.unwrap(), None);
    assert!(db.store.session(&[2; 32], now).await.unwrap().is_some());
    db.store.put_user(&User { disabled: true, ..kim }, None).await.unwrap();
    assert_eq!(db.store.session(&[2; 32], now).await.unwrap(), None);
}

async fn a_key_opens_until_it_is_revoked_or_expires(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let key = ApiKey {
        id: ApiKeyId(uuid(1)),
        jurisdiction: me.jurisdiction.clone(),
        name: "Dispatch".into(),
        prefix: "ew_abc".into(),
        key_hash: [7; 32],
        role: Role::Feed,
        source: Some(feed()),
        expires_at: may(9),
        revoked: false,
    };
    db.store.put_api_key(&me, &key).await.unwrap();
    assert_eq!(db.store.api_key(&[7; 32], may(8)).await.unwrap(), Some(key.clone()));
    assert_eq!(db.store.api_key(&[7; 32], may(9)).await.unwrap(), None);
    assert_eq!(db.store.api_key(&[8; 32], may(8)).await.unwrap(), None);
    let foreign = db.store.revoke_api_key(&all_of("pa"), key.id).await;
    assert!(matches!(foreign, Err(StoreError::NotFound("key"))));
    db.store.revoke_api_key(&me, key.id).await.unwrap();
    assert_eq!(db.store.api_key(&[7; 32], may(8)).await.unwrap(), None);
    assert_eq!(db.store.api_keys(&me).await.unwrap(), [ApiKey { revoked: true, ..key }]);
}

fn request(key: &str, body: u8) -> KeyOfIdempotency {
    KeyOfIdempotency { actor: "user:1".into(), route: "/events".into(), key: key.into(), body_hash: [body; 32] }
}

async fn a_repeated_request_gets_the_answer_of_the_first(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let begin = |key: KeyOfIdempotency| {
        let (db, me) = (&db, &me);
        async move { db.store.begin_idempotent(me, &key, may(1)).await.unwrap() }
    };
    assert_eq!(begin(request("k", 1)).await, IdempotentAnswer::Fresh);
    assert_eq!(begin(request("k", 1)).await, IdempotentAnswer::InFlight);
    assert_eq!(begin(request("k", 2)).await, IdempotentAnswer::OtherBody);
    db.store.finish_idempotent(&me, &request("k", 1), 201, "{\"ok\":true}").await.unwrap();
    let done = IdempotentAnswer::Done { status: 201, body: "{\"ok\":true}".into() };
    assert_eq!(begin(request("k", 1)).await, done);
    assert_eq!(begin(request("k", 2)).await, IdempotentAnswer::OtherBody);
    let other_actor = KeyOfIdempotency { actor: "user:2".into(), ..request("k", 1) };
    assert_eq!(begin(other_actor).await, IdempotentAnswer::Fresh);
    let elsewhere = db.store.begin_idempotent(&all_of("pa"), &request("k", 1), may(1)).await.unwrap();
    assert_eq!(elsewhere, IdempotentAnswer::Fresh);
    let forgotten = db.store.begin_idempotent(&me, &request("k", 2), may(4)).await.unwrap();
    assert_eq!(forgotten, IdempotentAnswer::Fresh, "answers are kept for a day");
}

async fn an_abandoned_request_may_go_through_again(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let begin = |seconds| db.store.begin_idempotent(&me, &KEY, may(1) + Duration::seconds(seconds));
    static KEY: std::sync::LazyLock<KeyOfIdempotency> = std::sync::LazyLock::new(|| request("k", 1));
    assert_eq!(begin(0).await.unwrap(), IdempotentAnswer::Fresh);
    db.store.abandon_idempotent(&me, &KEY).await.unwrap();
    assert_eq!(begin(1).await.unwrap(), IdempotentAnswer::Fresh);
    assert_eq!(begin(59).await.unwrap(), IdempotentAnswer::InFlight);
    assert_eq!(begin(62).await.unwrap(), IdempotentAnswer::Fresh, "whoever began it is dead by now");
    db.store.finish_idempotent(&me, &KEY, 200, "").await.unwrap();
    db.store.abandon_idempotent(&me, &KEY).await.unwrap();
    assert!(matches!(begin(70).await.unwrap(), IdempotentAnswer::Done { .. }), "a finished one is not forgotten");
}

async fn audited(db: &Db) {
    settled(db).await;
    for n in 1..=5 {
        db.store.audit(&all_of("me"), "read", &format!("event:{n}"), may(n)).await.unwrap();
    }
    db.store.audit(&all_of("pa"), "sign-in", "", may(1)).await.unwrap();
}

async fn the_audit_log_only_grows(db: Db) {
    audited(&db).await;
    assert_eq!(db.store.verify_audit(&all_of("me")).await.unwrap(), AuditCheck::Intact { rows: 5 });
    assert_eq!(db.store.verify_audit(&all_of("pa")).await.unwrap(), AuditCheck::Intact { rows: 1 });
    assert!(db.behind_its_back("UPDATE audit_log SET object = 'event:9'").await.is_err());
    assert!(db.behind_its_back("DELETE FROM audit_log").await.is_err());
    let me = all_of("me");
    let many = (0..8).map(|n| {
        let (db, me) = (&db, &me);
        async move { db.store.audit(me, "read", &format!("at once {n}"), may(6)).await.unwrap() }
    });
    futures_util::future::join_all(many).await;
    assert_eq!(db.store.verify_audit(&all_of("me")).await.unwrap(), AuditCheck::Intact { rows: 13 });
}

async fn every_change_to_the_audit_log_is_noticed(db: Db) {
    audited(&db).await;
    let unlock = if db.store.kind() == "sqlite" {
        "DROP TRIGGER audit_log_keeps_rows; DROP TRIGGER audit_log_drops_no_rows;"
    } else {
        "DROP TRIGGER audit_log_keeps_rows ON audit_log;"
    };
    db.behind_its_back(unlock).await.unwrap();
    let keep = "CREATE TABLE kept AS SELECT * FROM audit_log";
    db.behind_its_back(keep).await.unwrap();
    let me_at = |n: i32| format!("WHERE jurisdiction_id = 'me' AND position = {n}");
    let changes = [
        (format!("UPDATE audit_log SET object = 'event:9' {}", me_at(2)), 2),
        (format!("UPDATE audit_log SET action = 'write' {}", me_at(1)), 1),
        (format!("UPDATE audit_log SET actor = 'user:2' {}", me_at(3)), 3),
        (format!("UPDATE audit_log SET at = (SELECT at FROM kept {}) {}", me_at(1), me_at(4)), 4),
        (format!("DELETE FROM audit_log {}", me_at(3)), 3),
        (format!("DELETE FROM audit_log {}", me_at(5)), 5),
    ];
    for (change, position) in changes {
        db.behind_its_back(&change).await.unwrap();
        let check = db.store.verify_audit(&all_of("me")).await.unwrap();
        assert_eq!(check, AuditCheck::Broken { position }, "{change}");
        assert_eq!(db.store.verify_audit(&all_of("pa")).await.unwrap(), AuditCheck::Intact { rows: 1 });
        db.behind_its_back("DELETE FROM audit_log; INSERT INTO audit_log SELECT * FROM kept;").await.unwrap();
    }
    assert_eq!(db.store.verify_audit(&all_of("me")).await.unwrap(), AuditCheck::Intact { rows: 5 });
}
