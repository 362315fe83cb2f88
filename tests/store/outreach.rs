use chrono::Duration;
use emberwatch::{
    domain::{
        ids::{AlertId, EncounterId, EventId, FollowUpId, UserId},
        outreach::{ContactMode, Contacted, Encounter, FollowUp, FollowUpState, Trigger},
        place::{Cell, Point},
        time::DayRange,
    },
    store::StoreError,
};

use crate::{
    Db, on_both,
    world::{all_of, area, may, may_day, only, settled, uuid},
};

on_both! {
    a_follow_up_is_opened_once_and_keeps_what_happened_to_it,
    follow_ups_come_soonest_due_first,
    an_encounter_moves_its_follow_up_along_in_one_step,
    an_encounter_logged_twice_counts_once,
    the_last_visit_of_a_cell_is_its_newest,
    whoever_serves_one_town_logs_there_only,
}

fn cell() -> Cell {
    Point::new(44.8, -68.77).unwrap().cell(9u8.try_into().unwrap())
}

fn follow_up(n: u128, area_id: &str, due: u32) -> FollowUp {
    FollowUp {
        id: FollowUpId(uuid(n)),
        event: Some(EventId(uuid(100 + n))),
        area: Some(area(area_id)),
        cell: Some(cell()),
        place_name: "Downtown".into(),
        what: "Visit within three days.".into(),
        opened_at: may(1),
        due_by: may(due),
        state: FollowUpState::Due,
        attempts: 0,
        assigned_to: None,
    }
}

fn encounter(n: u128, area_id: &str, day: u32) -> Encounter {
    Encounter {
        id: EncounterId(uuid(n)),
        trigger: Trigger::FollowUp,
        follow_up: Some(FollowUpId(uuid(1))),
        alert: Some(AlertId(uuid(2))),
        area: Some(area(area_id)),
        cell: Some(cell()),
        at: may(day),
        day: may_day(day),
        mode: ContactMode::Visit,
        contacted: Contacted::Family,
        consent: true,
        kits_given: 2,
        referrals: vec!["treatment".into(), "housing".into()],
        minutes: Some(25),
        note: "Back on Friday.".into(),
        by: UserId(uuid(5)),
        by_name: "Kim".into(),
    }
}

async fn a_follow_up_is_opened_once_and_keeps_what_happened_to_it(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let first = follow_up(1, "bangor", 4);
    assert_eq!(db.store.open_follow_ups(&me, std::slice::from_ref(&first)).await.unwrap(), 1);
    let reached = FollowUp { state: FollowUpState::Reached, attempts: 1, ..first.clone() };
    db.store.log_encounter(&me, &encounter(1, "bangor", 2), Some(&reached)).await.unwrap();
    assert_eq!(db.store.open_follow_ups(&me, &[first, follow_up(2, "bangor", 5)]).await.unwrap(), 1);
    assert_eq!(db.store.follow_up(&me, reached.id).await.unwrap(), reached);
}

async fn follow_ups_come_soonest_due_first(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let (late, soon, elsewhere) = (follow_up(1, "bangor", 9), follow_up(2, "bangor", 3), follow_up(3, "orono", 5));
    let done = FollowUp { state: FollowUpState::Lost, ..follow_up(4, "bangor", 2) };
    db.store.open_follow_ups(&me, &[late.clone(), soon.clone(), elsewhere.clone(), done.clone()]).await.unwrap();
    assert_eq!(db.store.follow_ups(&me, &[]).await.unwrap(), [soon.clone(), elsewhere.clone(), late.clone()]);
    assert_eq!(db.store.follow_ups(&me, &[FollowUpState::Lost]).await.unwrap(), [done]);
    assert_eq!(db.store.follow_ups(&only(&["bangor"]), &[FollowUpState::Due]).await.unwrap(), [soon, late]);
    let foreign = db.store.follow_up(&only(&["bangor"]), elsewhere.id).await;
    assert!(matches!(foreign, Err(StoreError::NotFound("follow-up"))));
    assert!(db.store.follow_ups(&all_of("pa"), &[]).await.unwrap().is_empty());
}

async fn an_encounter_moves_its_follow_up_along_in_one_step(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let first = follow_up(1, "bangor", 4);
    let attempted =
        FollowUp { state: FollowUpState::Attempted, attempts: 1, assigned_to: Some(UserId(uuid(5))), ..first.clone() };
    let unknown = db.store.log_encounter(&me, &encounter(1, "bangor", 2), Some(&attempted)).await;
    assert!(matches!(unknown, Err(StoreError::NotFound("follow-up"))));
    let may_days = DayRange::new(may_day(1), may_day(31)).unwrap();
    assert!(db.store.encounters(&me, may_days).await.unwrap().is_empty(), "half of it was stored");

    db.store.open_follow_ups(&me, &[first]).await.unwrap();
    db.store.log_encounter(&me, &encounter(1, "bangor", 2), Some(&attempted)).await.unwrap();
    assert_eq!(db.store.follow_up(&me, attempted.id).await.unwrap(), attempted);
    assert_eq!(db.store.encounters(&me, may_days).await.unwrap(), [encounter(1, "bangor", 2)]);
}

async fn an_encounter_logged_twice_counts_once(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let (first, second) = (encounter(1, "bangor", 2), encounter(2, "bangor", 3));
    for logged in [&first, &second, &first] {
        db.store.log_encounter(&me, logged, None).await.unwrap();
    }
    let days = DayRange::new(may_day(2), may_day(3)).unwrap();
    assert_eq!(db.store.encounters(&me, days).await.unwrap(), [second, first.clone()]);
    let one_day = DayRange::new(may_day(2), may_day(2)).unwrap();
    assert_eq!(db.store.encounters(&me, one_day).await.unwrap(), [first]);
}

async fn the_last_visit_of_a_cell_is_its_newest(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let mut elsewhere = encounter(3, "orono", 1);
    elsewhere.cell = cell().parent(7u8.try_into().unwrap());
    let mut placeless = encounter(4, "orono", 1);
    placeless.cell = None;
    for logged in [encounter(1, "bangor", 6), encounter(2, "bangor", 3), elsewhere.clone(), placeless] {
        db.store.log_encounter(&me, &logged, None).await.unwrap();
    }
    let visits = db.store.last_visits(&me).await.unwrap();
    let mut expected = vec![(cell(), may(6)), (elsewhere.cell.unwrap(), may(1))];
    expected.sort_by_key(|(cell, _)| cell.to_i64());
    assert_eq!(visits, expected);
    assert_eq!(db.store.last_visits(&only(&["orono"])).await.unwrap(), [(elsewhere.cell.unwrap(), may(1))]);
}

async fn whoever_serves_one_town_logs_there_only(db: Db) {
    settled(&db).await;
    let bangor = only(&["bangor"]);
    let foreign = db.store.log_encounter(&bangor, &encounter(1, "orono", 2), None).await;
    assert!(matches!(foreign, Err(StoreError::NotFound("area"))), "{foreign:?}");
    db.store.log_encounter(&bangor, &encounter(2, "bangor", 2), None).await.unwrap();
    let two_days = DayRange::ending(may_day(3), 3);
    assert_eq!(db.store.encounters(&bangor, two_days).await.unwrap().len(), 1);
    let later = encounter(2, "bangor", 2).at + Duration::days(9);
    assert!(db.store.last_visits(&bangor).await.unwrap().iter().all(|(_, at)| *at < later));
}
