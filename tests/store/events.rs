use chrono::Duration;
use emberwatch::{
    domain::{
        event::{Event, EventKind, Flag, PlacedBy},
        ids::{EventId, IncidentId},
        place::{Point, Precision},
        time::DayRange,
    },
    store::{EventQuery, StoreError},
};

use crate::{
    Db, on_both,
    world::{all_of, append, area, batch, corrected, event, fact_ids, feed, may, may_day, only, settled, sorted, uuid},
};

on_both! {
    an_event_comes_back_as_it_was_stored,
    a_correction_is_version_2_and_the_past_answers_as_before,
    corrections_may_come_in_the_batch_of_what_they_correct,
    a_withdrawn_event_answers_no_query_but_keeps_its_history,
    another_jurisdiction_sees_nothing,
    whoever_serves_one_town_sees_that_town_only,
    every_condition_of_a_query_narrows_it,
    an_area_holds_everything_below_it,
    pages_never_skip_or_repeat_an_event_while_others_arrive,
    a_forged_cursor_is_refused,
    re_placing_changes_the_place_and_makes_no_version,
    points_that_were_given_come_in_pages,
    the_newest_times_follow_the_scope,
    a_batch_larger_than_a_statement_is_stored_whole,
    a_batch_that_is_given_up_midway_is_stored_whole_or_not_at_all_and_hurts_no_other,
}

async fn an_event_comes_back_as_it_was_stored(db: Db) {
    settled(&db).await;
    let mut full = event("a", "bangor", 1);
    full.incident = Some(IncidentId(uuid(4)));
    let mut bare = event("b", "bangor", 1);
    bare.reported_at = None;
    bare.case = None;
    bare.location.point = None;
    bare.location.precision = Precision::Unknown;
    bare.location.uncertainty_m = None;
    bare.location.cell = None;
    bare.location.area = None;
    bare.location.placed_by = PlacedBy::Nothing;
    bare.location.address = None;
    bare.location.town = None;
    bare.attributes.clear();
    bare.flags.clear();
    append(&db, &[full.clone(), bare.clone()]).await;
    for stored in [full, bare] {
        let read = db.store.event(&all_of("me"), stored.id).await.unwrap();
        assert_eq!(read, stored);
        let keys = |e: &Event| e.attributes.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&read), keys(&stored), "attributes keep the mapping's order");
    }
}

async fn a_correction_is_version_2_and_the_past_answers_as_before(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let first = event("a", "bangor", 1);
    let second = corrected(&first, 10);
    append(&db, std::slice::from_ref(&first)).await;
    let then = EventQuery { as_of: Some(may(9)), ..EventQuery::default() };
    let before = db.store.facts(&me, &then).await.unwrap();
    append(&db, std::slice::from_ref(&second)).await;

    assert_eq!(db.store.event(&me, first.id).await.unwrap(), second);
    assert_eq!(db.store.event_history(&me, first.id).await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(db.store.facts(&me, &then).await.unwrap(), before);
    assert_eq!(db.store.event_page(&me, &then, None, 5).await.unwrap().events, std::slice::from_ref(&first));
    // At the very instant of its receipt the new version is what is known, and the old one is not.
    let at_once = EventQuery { as_of: Some(second.received_at), ..EventQuery::default() };
    assert_eq!(db.store.event_page(&me, &at_once, None, 5).await.unwrap().events, [second]);
    let too_early = EventQuery { as_of: Some(first.received_at - Duration::microseconds(1)), ..EventQuery::default() };
    assert!(db.store.facts(&me, &too_early).await.unwrap().is_empty());
}

async fn corrections_may_come_in_the_batch_of_what_they_correct(db: Db) {
    settled(&db).await;
    let first = event("a", "bangor", 1);
    let second = corrected(&first, 4);
    let third = corrected(&second, 6);
    append(&db, &[first.clone(), second.clone(), third.clone()]).await;
    let me = all_of("me");
    assert_eq!(db.store.event_history(&me, first.id).await.unwrap(), [first, second.clone(), third]);
    let between = EventQuery { as_of: Some(may(5)), ..EventQuery::default() };
    assert_eq!(db.store.event_page(&me, &between, None, 5).await.unwrap().events, [second]);
    assert_eq!(db.store.freshness(&me).await.unwrap()[0].events, 1);
}

async fn a_withdrawn_event_answers_no_query_but_keeps_its_history(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let first = event("a", "bangor", 1);
    let mut gone = corrected(&first, 10);
    gone.withdrawn = true;
    append(&db, std::slice::from_ref(&first)).await;
    append(&db, std::slice::from_ref(&gone)).await;
    assert!(db.store.facts(&me, &EventQuery::default()).await.unwrap().is_empty());
    assert!(db.store.event_page(&me, &EventQuery::default(), None, 5).await.unwrap().events.is_empty());
    assert!(db.store.event(&me, first.id).await.unwrap().withdrawn);
    assert_eq!(db.store.event_history(&me, first.id).await.unwrap().len(), 2);
    let then = EventQuery { as_of: Some(may(9)), ..EventQuery::default() };
    assert_eq!(db.store.facts(&me, &then).await.unwrap().len(), 1);
    assert!(db.store.heads(&me, &feed(), &["a".into()]).await.unwrap()["a"].withdrawn);
}

async fn another_jurisdiction_sees_nothing(db: Db) {
    settled(&db).await;
    let first = event("a", "bangor", 1);
    append(&db, std::slice::from_ref(&first)).await;
    let pa = all_of("pa");
    let anything = EventQuery { ids: Some(vec![first.id]), ..EventQuery::default() };
    assert!(db.store.facts(&pa, &anything).await.unwrap().is_empty());
    assert!(db.store.event_page(&pa, &anything, None, 5).await.unwrap().events.is_empty());
    assert!(matches!(db.store.event(&pa, first.id).await, Err(StoreError::NotFound("event"))));
    assert!(matches!(db.store.event_history(&pa, first.id).await, Err(StoreError::NotFound("event"))));
    assert!(db.store.events_after(&pa, None, 5).await.unwrap().is_empty());
    assert!(db.store.given_points(&pa, &feed(), None, 5).await.unwrap().is_empty());
    assert_eq!(db.store.newest(&pa).await.unwrap(), (None, None));
    let mut moved = first.clone();
    moved.location.town = Some("Elsewhere".into());
    db.store.replace_locations(&pa, &[moved]).await.unwrap();
    assert_eq!(db.store.event(&all_of("me"), first.id).await.unwrap(), first);
}

async fn whoever_serves_one_town_sees_that_town_only(db: Db) {
    settled(&db).await;
    let (here, there) = (event("a", "bangor", 1), event("b", "orono", 1));
    let mut nowhere = event("c", "bangor", 1);
    nowhere.location.area = None;
    append(&db, &[here.clone(), there.clone(), nowhere]).await;
    let bangor = only(&["bangor"]);
    assert_eq!(fact_ids(&db, &bangor, &EventQuery::default()).await, [here.id]);
    let page = db.store.event_page(&bangor, &EventQuery::default(), None, 5).await.unwrap();
    assert_eq!(page.events, std::slice::from_ref(&here));
    assert!(matches!(db.store.event(&bangor, there.id).await, Err(StoreError::NotFound("event"))));
    assert_eq!(db.store.events_after(&bangor, None, 5).await.unwrap(), [here]);
    let asks_elsewhere = EventQuery { area: Some(area("orono")), ..EventQuery::default() };
    assert!(fact_ids(&db, &bangor, &asks_elsewhere).await.is_empty());
    assert!(fact_ids(&db, &only(&[]), &EventQuery::default()).await.is_empty());
}

async fn every_condition_of_a_query_narrows_it(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let (a, b) = (event("a", "bangor", 1), event("b", "bangor", 5));
    let mut kit = event("c", "bangor", 5);
    kit.kind = EventKind::Naloxone;
    append(&db, &[a.clone(), b.clone(), kit.clone()]).await;
    let ask = |query: EventQuery| {
        let (db, me) = (&db, &me);
        async move { fact_ids(db, me, &query).await }
    };
    assert_eq!(ask(EventQuery { kinds: vec![EventKind::Overdose], ..EventQuery::default() }).await, [a.id, b.id]);
    let later = DayRange::new(may_day(2), may_day(5));
    assert_eq!(ask(EventQuery { days: later, ..EventQuery::default() }).await, sorted(&[&b, &kit]));
    assert_eq!(ask(EventQuery { ids: Some(vec![b.id, EventId(uuid(1))]), ..EventQuery::default() }).await, [b.id]);
    assert!(ask(EventQuery { ids: Some(vec![]), ..EventQuery::default() }).await.is_empty());
    assert!(ask(EventQuery { source: Some("other".parse().unwrap()), ..EventQuery::default() }).await.is_empty());
    let since = EventQuery { received_after: Some(a.received_at), ..EventQuery::default() };
    assert_eq!(ask(since).await, sorted(&[&b, &kit]));
    let facts = db.store.facts(&me, &EventQuery::default()).await.unwrap();
    assert_eq!(facts[0].id, a.id, "facts come by day");
    assert_eq!((facts[0].cell, facts[0].quantity), (a.location.cell, 1));
}

async fn an_area_holds_everything_below_it(db: Db) {
    settled(&db).await;
    let (a, b) = (event("a", "bangor", 1), event("b", "orono", 2));
    append(&db, &[a.clone(), b.clone()]).await;
    let me = all_of("me");
    for (asked, expected) in [("state", vec![a.id, b.id]), ("orono", vec![b.id]), ("nowhere", vec![])] {
        let query = EventQuery { area: Some(area(asked)), ..EventQuery::default() };
        assert_eq!(fact_ids(&db, &me, &query).await, expected, "{asked}");
    }
}

async fn pages_never_skip_or_repeat_an_event_while_others_arrive(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    // Ten events, five of them at the very same instant.
    let events: Vec<Event> =
        (0..10).map(|n| event(&format!("r{n}"), "bangor", if n < 5 { 3 } else { n + 1 })).collect();
    append(&db, &events).await;
    let (mut seen, mut cursor) = (Vec::new(), None);
    for page in 0.. {
        let got = db.store.event_page(&me, &EventQuery::default(), cursor.as_deref(), 3).await.unwrap();
        seen.extend(got.events.into_iter().map(|e| e.id));
        append(&db, &[event(&format!("late {page}"), "bangor", 28)]).await;
        match got.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    let mut expected = events;
    expected.sort_by_key(|e| (std::cmp::Reverse(e.occurred_at), e.id));
    assert_eq!(seen, expected.iter().map(|e| e.id).collect::<Vec<_>>());
}

async fn a_forged_cursor_is_refused(db: Db) {
    settled(&db).await;
    for forged in ["", "x", "' OR 1=1 --"] {
        let refused = db.store.event_page(&all_of("me"), &EventQuery::default(), Some(forged), 3).await;
        assert!(matches!(refused, Err(StoreError::BadCursor)), "{forged:?} was taken");
    }
}

async fn re_placing_changes_the_place_and_makes_no_version(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let first = event("a", "bangor", 1);
    append(&db, std::slice::from_ref(&first)).await;
    let mut moved = first.clone();
    moved.location.precision = Precision::Place;
    moved.location.cell = moved.location.cell.unwrap().parent(Precision::Place.finest_resolution().unwrap());
    moved.location.area = Some(area("orono"));
    moved.flags = vec![Flag::FallbackPoint];
    db.store.replace_locations(&me, std::slice::from_ref(&moved)).await.unwrap();
    assert_eq!(db.store.event_history(&me, first.id).await.unwrap(), [moved.clone()]);

    // What was read before a correction came must not overwrite the correction's place.
    let second = corrected(&moved, 9);
    append(&db, std::slice::from_ref(&second)).await;
    db.store.replace_locations(&me, &[first]).await.unwrap();
    assert_eq!(db.store.event(&me, second.id).await.unwrap(), second);
}

async fn points_that_were_given_come_in_pages(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let mut by_town = event("town", "bangor", 1);
    by_town.location.placed_by = PlacedBy::Town;
    let mut given: Vec<Event> = (0..5).map(|n| event(&format!("g{n}"), "bangor", 1)).collect();
    given[3].location.point = Some(Point::new(44.123_455, -68.123_455).unwrap());
    given[4].flags = vec![Flag::OutsideAreas, Flag::FallbackPoint];
    append(&db, &[given.clone(), vec![by_town.clone()]].concat()).await;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = db.store.given_points(&me, &feed(), after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.0);
        seen.extend(page);
    }
    let ids: Vec<EventId> = seen.iter().map(|s| s.0).collect();
    assert_eq!(ids, sorted(&given.iter().collect::<Vec<_>>()));
    let (_, point, address, precision) = &seen[0];
    assert_eq!(
        (Some(*point), address, *precision),
        (given[0].location.point, &given[0].location.address, Precision::Rooftop)
    );
    let key = given[0].location.point.unwrap().key();
    let there: Vec<&Event> = given[..4].iter().filter(|e| e.location.point.unwrap().key() == key).collect();
    let far = (key.0 + 1, key.1);
    let first = db.store.unmarked_at(&me, &feed(), &[far, key], None, 1).await.unwrap();
    let rest = db.store.unmarked_at(&me, &feed(), &[key], Some(first[0].id), 99).await.unwrap();
    assert_eq!(first.iter().chain(&rest).map(|e| e.id).collect::<Vec<_>>(), sorted(&there));
    let moved = db.store.unmarked_at(&me, &feed(), &[given[3].location.point.unwrap().key()], None, 9).await.unwrap();
    assert_eq!(moved, [given[3].clone()], "halves round as ours do");
    assert!(db.store.unmarked_at(&me, &feed(), &[far], None, 9).await.unwrap().is_empty());
    assert!(db.store.unmarked_at(&all_of("pa"), &feed(), &[key], None, 9).await.unwrap().is_empty());
    let all: Vec<&Event> = given.iter().chain([&by_town]).collect();
    let in_full: Vec<EventId> = db.store.events_after(&me, None, 100).await.unwrap().iter().map(|e| e.id).collect();
    assert_eq!(in_full, sorted(&all));
}

async fn the_newest_times_follow_the_scope(db: Db) {
    settled(&db).await;
    let (early, late) = (event("a", "bangor", 1), event("b", "orono", 9));
    append(&db, &[late.clone(), early.clone()]).await;
    let newest = db.store.newest(&all_of("me")).await.unwrap();
    assert_eq!(newest, (Some(late.occurred_at), Some(late.received_at)));
    let newest = db.store.newest(&only(&["bangor"])).await.unwrap();
    assert_eq!(newest, (Some(early.occurred_at), Some(early.received_at)));
}

/// Whoever waits for an answer may hang up at any moment.
async fn a_batch_that_is_given_up_midway_is_stored_whole_or_not_at_all_and_hurts_no_other(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let (mut batches, mut given_up) = (Vec::new(), 0);
    for n in 0..12 {
        let events: Vec<Event> = (0..600).map(|i| event(&format!("{n}-{i}"), "bangor", 1 + i % 28)).collect();
        let whole = batch(&events);
        let wait = std::time::Duration::from_micros(400 * n * n);
        match tokio::time::timeout(wait, db.store.append(&me, &feed(), &whole)).await {
            Ok(done) => done.unwrap(),
            Err(_) => given_up += 1,
        }
        append(&db, &[event(&format!("after {n}"), "bangor", 1)]).await;
        batches.push(events.iter().map(|e| e.record_id.clone()).collect::<Vec<_>>());
    }
    assert!(given_up > 2, "{given_up} of 12 were given up");
    let mut stored = batches.len();
    for ids in batches {
        let found = db.store.heads(&me, &feed(), &ids).await.unwrap().len();
        assert!([0, ids.len()].contains(&found), "{found} of a batch");
        stored += found;
    }
    assert_eq!(db.store.facts(&me, &EventQuery::default()).await.unwrap().len(), stored);
}

async fn a_batch_larger_than_a_statement_is_stored_whole(db: Db) {
    settled(&db).await;
    let events: Vec<Event> = (0..2_345).map(|n| event(&format!("r{n}"), "bangor", 1 + n % 28)).collect();
    append(&db, &events).await;
    let me = all_of("me");
    assert_eq!(db.store.facts(&me, &EventQuery::default()).await.unwrap().len(), events.len());
    let ids: Vec<String> = events.iter().map(|e| e.record_id.clone()).collect();
    assert_eq!(db.store.heads(&me, &feed(), &ids).await.unwrap().len(), events.len());
    db.store.replace_locations(&me, &events).await.unwrap();
    append(&db, &events.iter().map(|e| corrected(e, 30)).collect::<Vec<_>>()).await;
    assert_eq!(db.store.freshness(&me).await.unwrap()[0].events, 2_345);
}
