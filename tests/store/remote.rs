//! Geocoders on other machines: answers that are kept, events that may need them, how services and sources fare.

use emberwatch::domain::{
    event::{Event, PlacedBy},
    ids::{RemoteQuestionId, SourceId},
    place::{Point, Precision},
    remote::{
        RemoteAnswer, RemoteCandidate, RemoteLevel, RemoteRefusal, RemoteRefused, RemoteReply, RemoteService,
        RemoteServiceStanding, RemoteStanding,
    },
};

use crate::{
    Db, on_both,
    world::{all_of, append, corrected, event, feed, may, settled},
};

on_both! {
    an_answer_is_kept_once_and_replaced_when_it_is_given_again,
    answers_without_a_candidate_are_forgotten_after_their_time,
    only_events_with_an_address_on_no_more_than_a_town_may_need_an_answer,
    events_that_may_need_an_answer_come_newest_first_and_page_by_page,
    how_services_and_sources_fare_is_kept,
}

fn question(text: &str) -> RemoteQuestionId {
    RemoteQuestionId::derived(&[text])
}

fn answer(text: &str, day: u32, found: bool) -> RemoteAnswer {
    let candidate = RemoteCandidate {
        point: Point::new(44.8, -68.77).unwrap(),
        level: RemoteLevel::House,
        house_number: Some("12".into()),
        street: Some("Main \u{0} St".into()),
        town: None,
        zip: None,
        confidence: Some(0.5),
    };
    let candidates = if found { vec![candidate] } else { Vec::new() };
    RemoteAnswer {
        service: "nominatim geo.example.org".into(),
        question: question(text),
        source: feed(),
        asked_at: may(day),
        reply: RemoteReply { candidates, tied: !found },
    }
}

async fn an_answer_is_kept_once_and_replaced_when_it_is_given_again(db: Db) {
    settled(&db).await;
    let (me, name) = (all_of("me"), "nominatim geo.example.org");
    let (a, b) = (answer("a", 3, true), answer("b", 4, false));
    for _ in 0..2 {
        db.store.put_remote_answers(&me, &[a.clone(), b.clone()]).await.unwrap();
    }
    let asked = [question("a"), question("b"), question("c")];
    let mut expected = vec![a.clone(), b.clone()];
    expected.sort_by_key(|answer| answer.question);
    assert_eq!(db.store.remote_answers(&me, name, &asked).await.unwrap(), expected);
    assert!(db.store.remote_answers(&me, "photon geo.example.org", &asked).await.unwrap().is_empty());
    assert!(db.store.remote_answers(&all_of("pa"), name, &asked).await.unwrap().is_empty());
    let other = RemoteAnswer { source: SourceId::new("other").unwrap(), ..answer("b", 9, true) };
    db.store.put_remote_answers(&me, &[other]).await.unwrap();
    let again = db.store.remote_answers(&me, name, &[question("b")]).await.unwrap();
    assert_eq!(again, [answer("b", 9, true)], "the source stays that of the first asking");
    assert_eq!(db.store.remote_answered(&me).await.unwrap(), [(feed(), name.to_owned(), 2)]);
    assert!(db.store.remote_answered(&all_of("pa")).await.unwrap().is_empty());
}

async fn answers_without_a_candidate_are_forgotten_after_their_time(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    db.store
        .put_remote_answers(&me, &[answer("a", 3, true), answer("b", 3, false), answer("c", 5, false)])
        .await
        .unwrap();
    assert_eq!(db.store.forget_remote_misses(&all_of("pa"), may(9)).await.unwrap(), 0);
    assert_eq!(db.store.forget_remote_misses(&me, may(5)).await.unwrap(), 1);
    assert_eq!(db.store.forget_remote_misses(&me, may(5)).await.unwrap(), 0);
    assert_eq!(db.store.remote_answered(&me).await.unwrap()[0].2, 2);
}

fn by(record: &str, placed_by: PlacedBy, precision: Precision) -> Event {
    let mut event = event(record, "bangor", 1);
    (event.location.placed_by, event.location.precision) = (placed_by, precision);
    event
}

async fn needing(db: &Db, remote_too: bool) -> Vec<String> {
    let me = all_of("me");
    let found = db.store.unplaced(&me, &[feed()], remote_too, None, 100).await.unwrap();
    let all = db.store.events_after(&me, None, 100).await.unwrap();
    let name = |id| all.iter().find(|e| e.id == id).unwrap().record_id.clone();
    let mut names: Vec<String> = found.into_iter().map(|u| name(u.id)).collect();
    names.sort();
    names
}

async fn only_events_with_an_address_on_no_more_than_a_town_may_need_an_answer(db: Db) {
    settled(&db).await;
    let mut bare = by("bare", PlacedBy::Town, Precision::Place);
    bare.location.address = None;
    let gone = by("gone", PlacedBy::Town, Precision::Place);
    let mended = by("mended", PlacedBy::Nothing, Precision::Unknown);
    let events = [
        by("town", PlacedBy::Town, Precision::Place),
        by("zip", PlacedBy::Zip, Precision::Zip),
        by("county", PlacedBy::County, Precision::Jurisdiction),
        by("nowhere", PlacedBy::Nothing, Precision::Unknown),
        by("given", PlacedBy::Coordinates, Precision::Range),
        by("known", PlacedBy::Gazetteer, Precision::Rooftop),
        by("house", PlacedBy::Census, Precision::Range),
        by("street", PlacedBy::Nominatim, Precision::Street),
        bare,
        gone.clone(),
        mended.clone(),
    ];
    append(&db, &events).await;
    let mut taken_back = corrected(&gone, 9);
    taken_back.withdrawn = true;
    let mut elsewhere = corrected(&mended, 9);
    elsewhere.location.placed_by = PlacedBy::Coordinates;
    append(&db, &[taken_back, elsewhere]).await;
    assert_eq!(needing(&db, false).await, ["county", "nowhere", "street", "town", "zip"]);
    assert_eq!(needing(&db, true).await, ["county", "house", "nowhere", "street", "town", "zip"]);
    let me = all_of("me");
    let other = SourceId::new("other").unwrap();
    assert!(db.store.unplaced(&me, &[other], true, None, 9).await.unwrap().is_empty());
    assert!(db.store.unplaced(&all_of("pa"), &[feed()], true, None, 9).await.unwrap().is_empty());
    let counts = db.store.remotely_placed(&me).await.unwrap();
    assert_eq!(counts, [(feed(), PlacedBy::Census, 1), (feed(), PlacedBy::Nominatim, 1)]);
}

async fn events_that_may_need_an_answer_come_newest_first_and_page_by_page(db: Db) {
    settled(&db).await;
    let events = ["a", "b", "c", "d", "e"].map(|r| by(r, PlacedBy::Town, Precision::Place));
    append(&db, &events).await;
    let mut expected: Vec<_> = events.iter().map(|e| e.id).collect();
    expected.sort_by(|a, b| b.cmp(a));
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = db.store.unplaced(&all_of("me"), &[feed()], false, before, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        assert!(page.iter().all(|u| u.address == "1 Main St" && u.town.as_deref() == Some("Bangor")));
        seen.extend(page.iter().map(|u| u.id));
    }
    assert_eq!(seen, expected);
}

async fn how_services_and_sources_fare_is_kept(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let resting = RemoteService {
        service: "photon h".into(),
        failures: 3,
        rests_until: Some(may(9)),
        error: Some("it answered 503".into()),
        heard_at: None,
    };
    let well = RemoteService { failures: 0, rests_until: None, error: None, heard_at: Some(may(8)), ..resting.clone() };
    db.store.put_remote_service(&me, &resting).await.unwrap();
    assert_eq!(db.store.remote_services(&me).await.unwrap(), [resting]);
    db.store.put_remote_service(&me, &well).await.unwrap();
    assert_eq!(db.store.remote_services(&me).await.unwrap(), [well]);
    let first = RemoteStanding {
        source: feed(),
        looked_at: may(7),
        services: vec![RemoteServiceStanding {
            service: "photon h".into(),
            answered: 4,
            placed: 2,
            rests_until: None,
            error: None,
            credit: "©".into(),
        }],
        placed: 2,
        waiting: 1,
        ambiguous: 3,
        refused: vec![RemoteRefused { why: RemoteRefusal::Outside, events: 5 }],
        unknown: 6,
        not_asked: 7,
        basis: "abc".into(),
    };
    let second = RemoteStanding { waiting: 0, ..first.clone() };
    for standing in [&first, &second] {
        db.store.put_remote_standing(&me, standing).await.unwrap();
    }
    assert_eq!(db.store.remote_standings(&me).await.unwrap(), [second]);
    assert!(db.store.remote_standings(&all_of("pa")).await.unwrap().is_empty());
    assert!(db.store.remote_services(&all_of("pa")).await.unwrap().is_empty());
}
