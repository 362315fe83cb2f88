//! The same end in any order, after a kill, after a correction.

use super::*;

#[tokio::test]
async fn the_next_service_is_asked_where_the_one_before_knows_nothing_and_not_where_it_doubts() {
    for (first, asked_too, by) in [
        (vec![], true, PlacedBy::Census),
        (vec![MAIN_IN_BANGOR], true, PlacedBy::Census),
        (vec![("14", "Main St", "Orono", "", ORONO)], true, PlacedBy::Census),
        (vec![MAIN_IN_ORONO], false, PlacedBy::Nominatim),
        (vec![MAIN_IN_ORONO, ("12", "Main St", "Orono", "04473", (44.93, -68.62))], false, PlacedBy::Town),
    ] {
        let (world, one) = (world().await, server(Always("nominatim", first.clone())).await);
        let two = server(Always("census", vec![MAIN_IN_ORONO])).await;
        sends(&world, "ems", &[["a", "12 Main St", "Orono", ""]]).await;
        let services = services(&(entry("nominatim", &one, "\"ems\"") + &entry("census", &two, "\"ems\"")));
        look(&world, &services).await;
        assert_eq!(placed(&world, "a").await.0, by, "{first:?}");
        assert_eq!(questions(&two).await.len(), usize::from(asked_too), "{first:?}");
    }
}

fn houses() -> Vec<House> {
    vec![MAIN_IN_ORONO, ("7", "Elm St", "Orono", "", (44.89, -68.66)), ("9", "Oak Ave", "Bangor", "", BANGOR), FAR_AWAY]
}

/// Where everything ended up, without what only tells when.
async fn end_of(world: &World) -> BTreeMap<String, (Option<(i32, i32)>, PlacedBy, Precision, Option<String>)> {
    let all = world.events().await.into_iter().map(|e| {
        let l = e.location;
        (e.record_id, (l.point.map(Point::key), l.placed_by, l.precision, l.area.map(|a| a.to_string())))
    });
    all.collect()
}

#[tokio::test]
async fn the_end_is_the_same_in_any_order_and_any_split() {
    let rows = [
        ["a", "12 Main St", "Orono", ""],
        ["b", "7 Elm Street", "Orono", ""],
        ["c", "9 Oak Ave", "Bangor", ""],
        ["d", "9 Oak Ave", "Orono", ""],
        ["e", "3 Unknown Rd", "Bangor", ""],
        ["f", "Main St & Elm St", "Orono", ""],
        ["g", "7 elm st", "", ""],
    ];
    let mut ends = Vec::new();
    for (turn, size, outlines_first) in [(0, 7, true), (3, 1, true), (5, 2, false)] {
        let world = World::new("me", "America/New_York").await;
        let server = server(Knows(houses())).await;
        let services = services(&entry("nominatim", &server, "\"ems\""));
        if outlines_first {
            world.load_towns(TOWNS).await;
        }
        let mut turned = rows.to_vec();
        turned.rotate_left(turn);
        for part in turned.chunks(size) {
            sends(&world, "ems", part).await;
            look(&world, &services).await;
        }
        if !outlines_first {
            world.load_towns(TOWNS).await;
        }
        look(&world, &services).await;
        let sent = questions(&server).await;
        assert!(sent.len() <= 7, "each text once: {sent:?}");
        ends.push(end_of(&world).await);
    }
    assert_eq!(ends[0], ends[1]);
    assert_eq!(ends[0], ends[2]);
    let by: Vec<&str> = ends[0].values().map(|e| e.1.as_str()).collect();
    assert_eq!(by, ["nominatim", "nominatim", "nominatim", "town", "town", "town", "nominatim"]);
}

#[tokio::test]
async fn a_run_that_was_killed_between_answer_and_place_is_made_up_for_without_asking_again() {
    let (world, server) = (world().await, server(Knows(houses())).await);
    sends(&world, "ems", &[["a", "12 Main St", "Orono", ""], ["b", "7 Elm St", "Orono", ""]]).await;
    let before = world.events().await;
    let services = services(&entry("nominatim", &server, "\"ems\""));
    look(&world, &services).await;
    let after = end_of(&world).await;
    // Answers are there, places are as if the process had died before it wrote them.
    world.store.replace_locations(&world.scope, &before).await.unwrap();
    assert_ne!(end_of(&world).await, after);
    let found = look(&world, &services).await;
    assert_eq!((found.placed, found.asked.is_empty()), (2, true));
    assert_eq!(end_of(&world).await, after);
    assert_eq!(questions(&server).await.len(), 2);
}

#[tokio::test]
async fn a_run_that_is_told_to_stop_asks_nobody_and_the_next_one_goes_on() {
    let (world, server) = (world().await, server(Knows(houses())).await);
    sends(&world, "ems", &[["a", "12 Main St", "Orono", ""]]).await;
    let services = services(&entry("nominatim", &server, "\"ems\""));
    let stop = CancellationToken::new();
    stop.cancel();
    run(&world.store, &world.clock, &world.scope, &services, None, &stop).await.unwrap();
    assert!(questions(&server).await.is_empty());
    look(&world, &services).await;
    assert_eq!(placed(&world, "a").await.0, PlacedBy::Nominatim);
}

#[tokio::test]
async fn a_corrected_event_is_placed_by_what_it_says_now() {
    let (world, server) = (world().await, server(Knows(houses())).await);
    let services = services(&entry("nominatim", &server, "\"ems\""));
    for (address, town, by) in [
        ("12 Main St", "Orono", PlacedBy::Nominatim),
        ("3 Unknown Rd", "Orono", PlacedBy::Town),
        ("9 Oak Ave", "Bangor", PlacedBy::Nominatim),
        ("12 Main St", "Orono", PlacedBy::Nominatim),
    ] {
        sends(&world, "ems", &[["a", address, town, ""]]).await;
        assert_eq!(placed(&world, "a").await.0, PlacedBy::Town, "a version is placed anew");
        look(&world, &services).await;
        let event = event(&world, "a").await;
        assert_eq!(
            (event.location.placed_by, event.location.area.unwrap().as_str()),
            (by, town.to_lowercase().as_str())
        );
        world.hands.advance(Duration::hours(1));
    }
    assert_eq!(event(&world, "a").await.version, 4);
    assert_eq!(questions(&server).await.len(), 3, "the first address was known again");
}

#[tokio::test]
async fn outlines_that_come_later_are_held_against_places_that_stand() {
    let world = World::new("me", "America/New_York").await;
    let server =
        server(Knows(vec![("9", "Oak Ave", "Bangor", "", BANGOR), ("7", "Elm St", "Orono", "", MINNESOTA)])).await;
    let services = services(&entry("nominatim", &server, "\"ems\""));
    sends(&world, "ems", &[["a", "9 Oak Ave", "Bangor", ""], ["b", "7 Elm St", "Orono", ""]]).await;
    look(&world, &services).await;
    assert_eq!(placed(&world, "b").await, (PlacedBy::Nominatim, Precision::Rooftop));
    world.load_towns(TOWNS).await;
    let stays = event(&world, "a").await;
    assert_eq!((stays.location.placed_by, stays.location.area.unwrap().as_str()), (PlacedBy::Nominatim, "bangor"));
    assert_eq!(placed(&world, "b").await.0, PlacedBy::Town, "it lies outside");
    look(&world, &services).await;
    assert_eq!(placed(&world, "a").await.0, PlacedBy::Nominatim);
    assert_eq!(standing(&world).await.refused[0].why, RemoteRefusal::Outside);
    assert_eq!(questions(&server).await.len(), 2);
}

#[tokio::test]
async fn a_mail_town_over_the_border_is_believed_and_flagged() {
    let at: House = ("12", "Main St", "Orono", "04473", BANGOR);
    let (world, server) = (world().await, server(Always("pelias", vec![at])).await);
    sends(&world, "ems", &[["a", "12 Main St", "Orono", "04473"]]).await;
    look(&world, &services(&entry("pelias", &server, "\"ems\""))).await;
    let event = event(&world, "a").await;
    assert_eq!((event.location.placed_by, event.location.area.unwrap().as_str()), (PlacedBy::Pelias, "bangor"));
    assert_eq!(event.flags, [Flag::PlaceDisagrees]);
}

#[tokio::test]
async fn runs_that_send_something_stand_in_the_audit_log_and_others_do_not() {
    let (world, server) = (world().await, server(Knows(houses())).await);
    sends(&world, "ems", &[["a", "12 Main St", "Orono", ""]]).await;
    let services = services(&entry("nominatim", &server, "\"ems\""));
    for _ in 0..3 {
        look(&world, &services).await;
    }
    // Once before anything was sent, and once with the number.
    assert_eq!(world.store.verify_audit(&world.scope).await.unwrap(), AuditCheck::Intact { rows: 2 });
}

#[tokio::test]
async fn a_service_that_another_process_asks_is_waited_for() {
    let (world, server) = (world().await, server(Knows(houses())).await);
    sends(&world, "ems", &[["a", "12 Main St", "Orono", ""]]).await;
    let services = services(&entry("nominatim", &server, "\"ems\""));
    let lease = format!("geocoder nominatim {}", server.uri().strip_prefix("http://").unwrap());
    let now = world.clock.now();
    assert!(world.store.hold_lease(&lease, "another", now, Duration::minutes(5)).await.unwrap());
    let found = look(&world, &services).await;
    assert!(questions(&server).await.is_empty() && found.again.is_some());
    assert_eq!(standing(&world).await.waiting, 1);
    world.hands.advance(Duration::minutes(6));
    look(&world, &services).await;
    assert_eq!(placed(&world, "a").await.0, PlacedBy::Nominatim);
}
