//! Agreements to link across jurisdictions, and what is kept of what was found under them.

use std::collections::BTreeSet;

use emberwatch::{
    domain::{
        agreement::{Agreement, AgreementState, Signed},
        ids::AgreementId,
        incident::LinkRun,
    },
    store::StoreError,
};

use crate::{
    Db, on_both,
    world::{all_of, append, event, may, may_day, me, settled},
};

on_both! {
    both_sides_read_the_same_agreement_and_nobody_else_does,
    of_two_changes_of_one_agreement_the_second_is_a_conflict,
    between_two_there_is_one_that_has_not_ended,
    days_are_due_for_the_pair_from_the_confirmation_on_and_when_a_side_was_linked,
    what_was_found_goes_when_the_agreement_ends,
}

fn signed(by: &str, day: u32) -> Signed {
    Signed { by: by.into(), at: may(day) }
}

fn proposal(n: &str) -> Agreement {
    Agreement {
        id: AgreementId::derived(&[n]),
        proposer: "pa".parse().unwrap(),
        other: me(),
        note: "Memorandum \u{e9}".into(),
        proposed: signed("P. Admin", 1),
        confirmed: None,
        ended: None,
    }
}

async fn in_force(db: &Db, n: &str) -> Agreement {
    let proposed = proposal(n);
    db.store.propose_agreement(&all_of("pa"), &proposed).await.unwrap();
    let force = proposed.confirm(&me(), signed("M. Admin", 2)).unwrap();
    db.store.change_agreement(&all_of("me"), &force).await.unwrap();
    force
}

async fn both_sides_read_the_same_agreement_and_nobody_else_does(db: Db) {
    settled(&db).await;
    let proposed = proposal("a");
    assert!(matches!(
        db.store.propose_agreement(&all_of("vt"), &proposed).await,
        Err(StoreError::NotFound("agreement"))
    ));
    let nowhere = Agreement { other: "vt".parse().unwrap(), ..proposed.clone() };
    assert!(matches!(
        db.store.propose_agreement(&all_of("pa"), &nowhere).await,
        Err(StoreError::NotFound("jurisdiction"))
    ));
    assert_eq!(db.store.agreements(&all_of("pa")).await.unwrap(), []);
    for _ in 0..2 {
        db.store.propose_agreement(&all_of("pa"), &proposed).await.unwrap();
    }
    let force = proposed.confirm(&me(), signed("M. Admin", 2)).unwrap();
    let ended = force.end(&"pa".parse().unwrap(), signed("P. Admin", 3)).unwrap();
    for step in [&proposed, &force, &ended] {
        if *step != proposed {
            db.store.change_agreement(&all_of("me"), step).await.unwrap();
            db.store.change_agreement(&all_of("pa"), step).await.unwrap();
        }
        for side in ["me", "pa"] {
            assert_eq!(db.store.agreements(&all_of(side)).await.unwrap(), [(*step).clone()]);
            assert_eq!(db.store.agreement(&all_of(side), step.id).await.unwrap(), *step);
        }
        assert!(matches!(db.store.agreement(&all_of("vt"), step.id).await, Err(StoreError::NotFound("agreement"))));
        assert_eq!(db.store.agreements(&all_of("vt")).await.unwrap(), []);
    }
}

async fn of_two_changes_of_one_agreement_the_second_is_a_conflict(db: Db) {
    settled(&db).await;
    let proposed = proposal("a");
    db.store.propose_agreement(&all_of("pa"), &proposed).await.unwrap();
    let force = proposed.confirm(&me(), signed("M. Admin", 2)).unwrap();
    let back = proposed.end(&"pa".parse().unwrap(), signed("P. Admin", 2)).unwrap();
    db.store.change_agreement(&all_of("me"), &force).await.unwrap();
    assert!(matches!(db.store.change_agreement(&all_of("pa"), &back).await, Err(StoreError::Conflict("agreement"))));
    let ended = force.end(&me(), signed("M. Admin", 3)).unwrap();
    db.store.change_agreement(&all_of("me"), &ended).await.unwrap();
    let again = force.end(&"pa".parse().unwrap(), signed("P. Admin", 4)).unwrap();
    assert!(matches!(db.store.change_agreement(&all_of("pa"), &again).await, Err(StoreError::Conflict("agreement"))));
    assert_eq!(db.store.agreement(&all_of("pa"), ended.id).await.unwrap(), ended);
}

async fn between_two_there_is_one_that_has_not_ended(db: Db) {
    settled(&db).await;
    let force = in_force(&db, "a").await;
    let turned = Agreement { proposer: me(), other: "pa".parse().unwrap(), ..proposal("b") };
    assert!(matches!(db.store.propose_agreement(&all_of("me"), &turned).await, Err(StoreError::Conflict("agreement"))));
    let ended = force.end(&me(), signed("M. Admin", 3)).unwrap();
    db.store.change_agreement(&all_of("me"), &ended).await.unwrap();
    db.store.propose_agreement(&all_of("me"), &turned).await.unwrap();
    let states: Vec<AgreementState> =
        db.store.agreements(&all_of("me")).await.unwrap().iter().map(Agreement::state).collect();
    assert_eq!(states, [AgreementState::Proposed, AgreementState::Ended]);
}

async fn days_are_due_for_the_pair_from_the_confirmation_on_and_when_a_side_was_linked(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    append(&db, &[event("a", "bangor", 1), event("b", "bangor", 3)]).await;
    let days = |due: Vec<(emberwatch::domain::time::Day, i64)>| due.into_iter().map(|(d, _)| d).collect::<Vec<_>>();
    let agreement = in_force(&db, "a").await;
    let due = db.store.agreement_due(&me, agreement.id).await.unwrap();
    assert_eq!(days(due.clone()), [may_day(1), may_day(3)]);
    assert_eq!(db.store.agreement_due(&all_of("pa"), agreement.id).await.unwrap(), [], "the keeper has the list");
    db.store.agreement_settled(&me, agreement.id, &due).await.unwrap();
    assert_eq!(db.store.agreement_due(&me, agreement.id).await.unwrap(), []);
    // Once a side has linked its own days they are due for the pair, also those of the side that is not the keeper.
    let run = LinkRun {
        at: may(4),
        method: "fellegi-sunter".into(),
        method_version: 1,
        from: may_day(1),
        to: may_day(3),
        reports: 2,
        pairs: 0,
        threshold: None,
        expected_false: None,
    };
    let own = db.store.link_due(&me).await.unwrap();
    db.store.links_settled(&me, &own, &run).await.unwrap();
    db.store.links_settled(&all_of("pa"), &[(may_day(9), 1)], &run).await.unwrap();
    let due = db.store.agreement_due(&me, agreement.id).await.unwrap();
    assert_eq!(days(due.clone()), [may_day(1), may_day(3), may_day(9)]);
    // What comes while the pair is linked stays due.
    db.store.links_settled(&all_of("pa"), &[(may_day(9), 1)], &run).await.unwrap();
    db.store.agreement_settled(&me, agreement.id, &due).await.unwrap();
    assert_eq!(days(db.store.agreement_due(&me, agreement.id).await.unwrap()), [may_day(9)]);
    let ended = agreement.end(&me.jurisdiction, signed("M. Admin", 5)).unwrap();
    db.store.change_agreement(&me, &ended).await.unwrap();
    db.store.links_settled(&me, &[(may_day(2), 1)], &run).await.unwrap();
    assert_eq!(db.store.agreement_due(&me, agreement.id).await.unwrap(), []);
}

async fn what_was_found_goes_when_the_agreement_ends(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let (a, b, c) = (event("a", "bangor", 1), event("b", "bangor", 2), event("c", "orono", 2));
    append(&db, &[a.clone(), b.clone(), c.clone()]).await;
    let ids = [a.id, b.id, c.id];
    let agreement = in_force(&db, "a").await;
    let put = async |block: i32, events: &[_]| {
        let events: BTreeSet<_> = events.iter().copied().collect();
        db.store.put_told_elsewhere(&me, agreement.id, block, &events).await.unwrap();
    };
    put(1, &[a.id, b.id]).await;
    put(2, &[b.id]).await;
    let told = async || db.store.told_elsewhere(&me, &ids).await.unwrap();
    let sorted = |mut ids: Vec<_>| {
        ids.sort_unstable();
        ids
    };
    assert_eq!(told().await, sorted(vec![a.id, b.id]));
    assert_eq!(db.store.told_elsewhere(&all_of("pa"), &ids).await.unwrap(), [], "nobody else's");
    // A block replaces what it said before and leaves what another says.
    put(1, &[]).await;
    assert_eq!(told().await, [b.id]);
    let ended = agreement.end(&"pa".parse().unwrap(), signed("P. Admin", 5)).unwrap();
    db.store.change_agreement(&all_of("pa"), &ended).await.unwrap();
    assert_eq!(told().await, []);
    // A linking that was under way when it ended changes nothing any more.
    put(1, &[c.id]).await;
    assert_eq!(told().await, []);
}
