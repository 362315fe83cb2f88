//! What is linked, what people said of it, and what is to be linked anew.

use emberwatch::{
    domain::{
        ids::IncidentId,
        incident::{Channel, Incident, LinkChanges, LinkDecision, LinkRun, LinkVerdict},
        time::DayRange,
    },
    store::StoreError,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    Db, on_both,
    world::{all_of, append, corrected, event, may, may_day, only, settled},
};

on_both! {
    days_are_due_until_they_are_settled_at_the_mark_that_was_read,
    membership_holds_for_every_version_and_is_inherited_by_corrections,
    an_incident_shows_the_reports_in_view_and_is_not_there_for_others,
    the_newest_word_about_a_pair_stands_whichever_way_it_was_named,
    reports_are_read_with_channel_disposition_age_and_sex,
}

fn run() -> LinkRun {
    LinkRun {
        at: may(3),
        method: "fellegi-sunter".into(),
        method_version: 1,
        from: may_day(1),
        to: may_day(2),
        reports: 2,
        pairs: 1,
        threshold: Some(0.1 + 0.2),
        expected_false: None,
    }
}

fn both_days() -> DayRange {
    DayRange { from: may_day(1), to: may_day(9) }
}

async fn days_are_due_until_they_are_settled_at_the_mark_that_was_read(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let (a, b) = (event("a", "bangor", 1), event("b", "bangor", 2));
    append(&db, &[a.clone(), b]).await;
    let due = db.store.link_due(&me).await.unwrap();
    assert_eq!(due.iter().map(|(d, _)| *d).collect::<Vec<_>>(), [may_day(1), may_day(2)]);
    // Something comes while the linking runs.
    append(&db, &[event("c", "bangor", 2)]).await;
    db.store.links_settled(&me, &due, &run()).await.unwrap();
    assert_eq!(db.store.link_run(&me).await.unwrap(), Some(run()));
    let left = db.store.link_due(&me).await.unwrap();
    assert_eq!(left.iter().map(|(d, _)| *d).collect::<Vec<_>>(), [may_day(2)]);
    db.store.links_settled(&me, &left, &run()).await.unwrap();
    assert_eq!(db.store.link_due(&me).await.unwrap(), []);
    // A correction to another day makes both days due; a new place makes its day due.
    let mut moved = corrected(&a, 9);
    moved.event_day = may_day(5);
    append(&db, std::slice::from_ref(&moved)).await;
    let days: Vec<_> = db.store.link_due(&me).await.unwrap().into_iter().map(|(d, _)| d).collect();
    assert_eq!(days, [may_day(1), may_day(5)]);
    let due = db.store.link_due(&me).await.unwrap();
    db.store.links_settled(&me, &due, &run()).await.unwrap();
    db.store.replace_locations(&me, &[moved]).await.unwrap();
    assert_eq!(db.store.link_due(&me).await.unwrap().len(), 1);
    assert_eq!(db.store.link_due(&all_of("nh")).await.unwrap(), []);
}

fn incident(n: u128, reports: u32) -> Incident {
    Incident {
        id: IncidentId(Uuid::from_u128(n)),
        first_at: may(1),
        reports,
        sources: 2,
        score: 0.97,
        by_person: false,
        linked_at: may(3),
    }
}

async fn membership_holds_for_every_version_and_is_inherited_by_corrections(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let (a, b) = (event("a", "bangor", 1), event("b", "orono", 1));
    append(&db, &[a.clone(), b.clone()]).await;
    let second = corrected(&a, 9);
    append(&db, std::slice::from_ref(&second)).await;
    let one = incident(1, 2);
    let members = vec![(a.id, Some(one.id)), (b.id, Some(one.id))];
    let changes = LinkChanges { members, incidents: vec![one.clone()], gone: vec![] };
    for _ in 0..2 {
        db.store.put_links(&me, &changes).await.unwrap();
    }
    let history = db.store.event_history(&me, a.id).await.unwrap();
    assert!(history.len() == 2 && history.iter().all(|e| e.incident == Some(one.id)));
    let third = corrected(&second, 12);
    append(&db, std::slice::from_ref(&third)).await;
    assert_eq!(db.store.event(&me, a.id).await.unwrap().incident, Some(one.id));
    let parted = LinkChanges { members: vec![(a.id, None), (b.id, None)], incidents: vec![], gone: vec![one.id] };
    db.store.put_links(&me, &parted).await.unwrap();
    assert!(db.store.event_history(&me, a.id).await.unwrap().iter().all(|e| e.incident.is_none()));
    assert!(matches!(db.store.incident(&me, one.id).await, Err(StoreError::NotFound("incident"))));
}

async fn an_incident_shows_the_reports_in_view_and_is_not_there_for_others(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let (a, b) = (event("a", "bangor", 1), event("b", "orono", 1));
    append(&db, &[a.clone(), b.clone()]).await;
    let one = incident(1, 2);
    let members = vec![(a.id, Some(one.id)), (b.id, Some(one.id))];
    db.store.put_links(&me, &LinkChanges { members, incidents: vec![one.clone()], gone: vec![] }).await.unwrap();
    let found = db.store.incident(&me, one.id).await.unwrap();
    assert_eq!((found.incident.clone(), found.events.len()), (one.clone(), 2));
    // Linked again later, it keeps the time it was first linked at.
    let later = Incident { linked_at: may(20), reports: 3, ..one.clone() };
    db.store.put_links(&me, &LinkChanges { incidents: vec![later], ..LinkChanges::default() }).await.unwrap();
    let again = db.store.incident(&me, one.id).await.unwrap().incident;
    assert_eq!((again.reports, again.linked_at), (3, one.linked_at));
    let seen = db.store.incident(&only(&["bangor"]), one.id).await.unwrap();
    assert_eq!(seen.events.iter().map(|e| e.id).collect::<Vec<_>>(), [a.id]);
    for scope in [only(&["elsewhere"]), all_of("nh")] {
        assert!(matches!(db.store.incident(&scope, one.id).await, Err(StoreError::NotFound("incident"))));
    }
}

async fn the_newest_word_about_a_pair_stands_whichever_way_it_was_named(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let (a, b) = (event("a", "bangor", 1), event("b", "orono", 4));
    append(&db, &[a.clone(), b.clone()]).await;
    let due = db.store.link_due(&me).await.unwrap();
    db.store.links_settled(&me, &due, &run()).await.unwrap();
    let said = |event, other, verdict, day| LinkDecision {
        event,
        other,
        verdict,
        note: "two people".into(),
        by: "A. Nurse".into(),
        at: may(day),
    };
    db.store.decide_links(&me, &[said(a.id, b.id, LinkVerdict::Together, 5)]).await.unwrap();
    let newest = said(b.id, a.id, LinkVerdict::Apart, 6);
    db.store.decide_links(&me, std::slice::from_ref(&newest)).await.unwrap();
    assert_eq!(db.store.link_decisions(&me).await.unwrap(), [newest.ordered()]);
    assert_eq!(db.store.link_decisions(&all_of("nh")).await.unwrap(), []);
    let days: Vec<_> = db.store.link_due(&me).await.unwrap().into_iter().map(|(d, _)| d).collect();
    assert_eq!(days, [may_day(1), may_day(4)]);
}

async fn reports_are_read_with_channel_disposition_age_and_sex(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let (mut a, mut b, mut gone) = (event("a", "bangor", 1), event("b", "bangor", 2), event("c", "bangor", 2));
    let words = |v: serde_json::Value| v.as_object().unwrap().clone();
    a.attributes =
        words(json!({"channel": "ems", "disposition": "not transported", "age_group": "25-34", "gender": "Male"}));
    b.attributes = words(json!({"channel": "by pigeon", "disposition": 7, "age_band": "Unknown", "sex": 3}));
    gone.withdrawn = true;
    append(&db, &[a, b, gone]).await;
    let told = db.store.told_reports(&me, both_days()).await.unwrap();
    let read: Vec<_> = told.iter().map(|r| (r.event_day, r.channel, r.transported)).collect();
    assert_eq!(read, [(may_day(1), Some(Channel::Ems), Some(false)), (may_day(2), None, None)]);
    assert_eq!(db.store.told_reports(&only(&["orono"]), both_days()).await.unwrap(), []);
    let seen = db.store.sightings(&me, both_days()).await.unwrap();
    let read: Vec<_> = seen.iter().map(|s| (s.age_band.as_deref(), s.sex.as_deref())).collect();
    assert_eq!(read, [(Some("25-34"), Some("male")), (None, Some("3"))]);
}
