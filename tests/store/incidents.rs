//! What is linked, what people said of it, and what is to be linked anew.

use emberwatch::{
    domain::{
        event::Event,
        ids::IncidentId,
        incident::{Channel, Incident, LinkChanges, LinkDecision, LinkRun, LinkVerdict, PastLink},
        time::DayRange,
    },
    store::{EventQuery, StoreError},
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
    as_of_a_time_before_a_withdrawal_events_belong_to_what_they_belonged_to,
    what_was_withdrawn_is_read_as_it_stood_last,
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
    let changes = LinkChanges { members, incidents: vec![one.clone()], ..LinkChanges::default() };
    for _ in 0..2 {
        db.store.put_links(&me, &changes).await.unwrap();
    }
    let history = db.store.event_history(&me, a.id).await.unwrap();
    assert!(history.len() == 2 && history.iter().all(|e| e.incident == Some(one.id)));
    let third = corrected(&second, 12);
    append(&db, std::slice::from_ref(&third)).await;
    assert_eq!(db.store.event(&me, a.id).await.unwrap().incident, Some(one.id));
    let parted =
        LinkChanges { members: vec![(a.id, None), (b.id, None)], gone: vec![one.id], ..LinkChanges::default() };
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
    db.store
        .put_links(&me, &LinkChanges { members, incidents: vec![one.clone()], ..LinkChanges::default() })
        .await
        .unwrap();
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

/// A hundred turns of fate: reports are withdrawn one after the other, and what they belonged to meanwhile is asked
/// again at the end.
async fn as_of_a_time_before_a_withdrawal_events_belong_to_what_they_belonged_to(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let names: Vec<String> = (0..12).map(|i| format!("r{i}")).collect();
    let mut standing: Vec<Event> = names.iter().map(|name| event(name, "bangor", 1)).collect();
    append(&db, &standing).await;
    // Three to an incident.
    let of = |i: usize| IncidentId(Uuid::from_u128(1 + i as u128 / 3));
    let members = standing.iter().enumerate().map(|(i, e)| (e.id, Some(of(i)))).collect();
    db.store.put_links(&me, &LinkChanges { members, ..LinkChanges::default() }).await.unwrap();
    let answers = async |as_of: Option<chrono::DateTime<chrono::Utc>>| {
        let facts = db.store.facts(&me, &EventQuery { as_of, ..EventQuery::default() }).await.unwrap();
        let page = db.store.event_page(&me, &EventQuery { as_of, ..EventQuery::default() }, None, 100).await.unwrap();
        let mut rows: Vec<_> = page.events.iter().map(|e| (e.id, e.incident)).collect();
        rows.sort_unstable();
        let mut facts: Vec<_> = facts.iter().map(|f| (f.id, f.incident)).collect();
        facts.sort_unstable();
        assert_eq!(facts, rows);
        facts
    };
    let mut then = vec![(may(2), answers(None).await)];
    for (turn, gone) in [7usize, 0, 4, 6, 1].into_iter().enumerate() {
        let at = may(3 + turn as u32);
        let taken_back = Event { withdrawn: true, received_at: at, ..corrected(&standing[gone], 3 + turn as u32) };
        append(&db, std::slice::from_ref(&taken_back)).await;
        standing[gone] = taken_back;
        // Linked anew: those it leaves alone belong to nothing, and all that were with it are known to have been.
        let mut changes = LinkChanges::default();
        for (i, e) in standing.iter().enumerate().filter(|(i, _)| of(*i) == of(gone)) {
            let left = standing.iter().enumerate().filter(|(j, e)| of(*j) == of(i) && !e.withdrawn).count();
            changes.members.push((e.id, Some(of(i)).filter(|_| left > 1 && !e.withdrawn)));
            if left < 2 || e.withdrawn {
                changes.past.push(PastLink { event: e.id, incident: Some(of(i)), until: at, block: 1 });
            }
        }
        for _ in 0..2 {
            db.store.put_links(&me, &changes).await.unwrap();
        }
        then.push((at, answers(None).await));
    }
    for (at, expected) in &then {
        assert_eq!(answers(Some(*at)).await, *expected, "{at}");
    }
    // What is taken back of the past is gone, and nobody else's was touched.
    let links = db.store.past(&me, both_days(), (0, 2)).await.unwrap().links;
    assert!(!links.is_empty() && links.iter().all(|l| l.block == 1));
    let past_gone = links.iter().map(|l| l.event).collect();
    db.store.put_links(&me, &LinkChanges { past_gone, ..LinkChanges::default() }).await.unwrap();
    assert_eq!(db.store.past(&me, both_days(), (0, 2)).await.unwrap().links, []);
    assert!(answers(Some(may(2))).await.iter().any(|(_, incident)| incident.is_none()));
}

async fn what_was_withdrawn_is_read_as_it_stood_last(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let (a, b) = (event("a", "bangor", 1), event("b", "bangor", 2));
    let fixed = corrected(&a, 4);
    let gone = Event { withdrawn: true, ..corrected(&fixed, 6) };
    let again = Event { content_hash: "again".into(), ..corrected(&gone, 8) };
    append(&db, &[a.clone(), b]).await;
    append(&db, std::slice::from_ref(&fixed)).await;
    assert!(db.store.past(&me, both_days(), (0, 9)).await.unwrap().is_empty());
    // What senders wrote holds a NUL; it stops nobody.
    assert_eq!(db.store.sightings(&me, both_days()).await.unwrap().len(), 2);
    assert_eq!(db.store.told_reports(&me, both_days()).await.unwrap().len(), 2);
    append(&db, std::slice::from_ref(&gone)).await;
    append(&db, std::slice::from_ref(&again)).await;
    let past = db.store.past(&me, both_days(), (0, 9)).await.unwrap();
    assert_eq!(
        past.withdrawn.iter().map(|(s, at)| (s.id, s.outcome, *at)).collect::<Vec<_>>(),
        [(a.id, fixed.outcome, may(6))]
    );
    assert!(db.store.past(&all_of("pa"), both_days(), (0, 9)).await.unwrap().is_empty());
    let back = Event { withdrawn: false, content_hash: "back".into(), ..corrected(&again, 10) };
    append(&db, std::slice::from_ref(&back)).await;
    assert!(db.store.past(&me, both_days(), (0, 9)).await.unwrap().is_empty());
}
