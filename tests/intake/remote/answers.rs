//! What is sent, and what becomes of what comes back.

use super::*;

#[tokio::test]
async fn an_address_that_we_do_not_know_is_placed_by_each_kind_of_service() {
    for kind in KINDS {
        let (world, server) = (world().await, server(Always(kind, vec![MAIN_IN_ORONO])).await);
        sends(&world, "ems", &[["a", "12 Main Street Apt 3", "Orono", ""], ["b", "12 main st", "ORONO", ""]]).await;
        assert_eq!(placed(&world, "a").await, (PlacedBy::Town, Precision::Place));
        let services = services(&entry(kind, &server, "\"ems\""));
        assert_eq!(look(&world, &services).await.placed, 2, "{kind}");
        let expected = if kind == "census" { Precision::Range } else { Precision::Rooftop };
        let location = event(&world, "b").await.location;
        assert_eq!((location.placed_by.as_str(), location.precision), (kind, expected));
        assert_eq!(location.area.as_ref().map(|a| a.as_str()), Some("orono"));
        assert_eq!(location.cell, location.point.map(|p| p.cell(expected.finest_resolution().unwrap())));
        assert_eq!(location.point, Some(Point::new(ORONO.0, ORONO.1).unwrap()));
        assert!(location.uncertainty_m.is_some_and(|r| r >= 25.0));
        assert_eq!(event(&world, "b").await.version, 1, "a place is derived");
        assert_eq!(look(&world, &services).await, RemoteSummary::default(), "nothing is left to do");
        let sent = questions(&server).await;
        assert!(!world.store.link_due(&world.scope).await.unwrap().is_empty(), "the day is linked anew");
        // "Street" and "st" are two texts, and each is asked about once.
        assert_eq!(sent.len(), 2, "{sent:?}");
    }
}

#[tokio::test]
async fn nothing_but_street_town_and_zip_is_sent() {
    for kind in KINDS {
        let (world, server) = (world().await, server(Always(kind, vec![])).await);
        sends(&world, "ems", &[["a", "12 Main St Apt 4B", "Orono", "04473"], ["b", "Southgate Mall", "Orono", ""]])
            .await;
        let contact = "contact = \"ops@county.example\"\ncountry = \"us\"\nstate = \"ME\"\n";
        look(&world, &services(&(entry(kind, &server, "\"ems\"") + contact))).await;
        let received = server.received_requests().await.unwrap();
        assert_eq!(received.len(), 1, "a landmark is not asked about");
        let request = &received[0];
        let agent = request.headers.get("user-agent").unwrap().to_str().unwrap();
        assert!(agent.starts_with("emberwatch/") && agent.ends_with("(ops@county.example)"), "{agent}");
        let whole = format!("{} {}", request.url, String::from_utf8_lossy(&request.body));
        for secret in ["secret", "note", "person", "2026", "10:11", "4B", "overdose", "ems", "Mall"] {
            assert!(!whole.replace("emberwatch", "").contains(secret), "{kind} was told {secret}: {whole}");
        }
        let sent = asked(request).remove(0);
        let expected = if kind == "census" { "1,12 MAIN ST,Orono,ME,04473" } else { "12 MAIN ST, Orono, ME 04473" };
        assert_eq!(sent, expected);
        if kind != "census" {
            assert!(whole.contains("-68.9") && whole.contains("44.95"), "the box around the outlines: {whole}");
        }
        assert_eq!(standing(&world).await.not_asked, 1);
    }
}

#[tokio::test]
async fn nobody_is_asked_who_is_not_named_nor_about_sources_that_are_not() {
    let (world, server) = (world().await, server(Always("nominatim", vec![MAIN_IN_ORONO])).await);
    sends(&world, "ems", &[["a", "12 Main St", "Orono", ""]]).await;
    sends(&world, "police", &[["b", "12 Main St", "Orono", ""]]).await;
    assert!(Config::default().geocoder.remote.is_empty(), "off by default");
    assert_eq!(look(&world, &services("")).await, RemoteSummary::default());
    assert!(questions(&server).await.is_empty());
    look(&world, &services(&entry("nominatim", &server, "\"police\", \"elsewhere\""))).await;
    assert_eq!(placed(&world, "a").await.0, PlacedBy::Town);
    assert_eq!(placed(&world, "b").await.0, PlacedBy::Nominatim);
    assert_eq!(questions(&server).await.len(), 1);
}

#[tokio::test]
async fn what_is_not_found_ambiguous_or_outside_stays_at_its_town_and_is_counted() {
    for kind in KINDS {
        for (houses, town) in [
            (vec![], "Orono"),
            (vec![MAIN_IN_ORONO, MAIN_IN_BANGOR], ""),
            (vec![FAR_AWAY], "Orono"),
            (vec![MAIN_IN_BANGOR], "Orono"),
        ] {
            let (world, server) = (world().await, server(Always(kind, houses.clone())).await);
            sends(&world, "ems", &[["a", "12 Main St", town, ""]]).await;
            let before = event(&world, "a").await;
            let services = services(&entry(kind, &server, "\"ems\""));
            look(&world, &services).await;
            assert_eq!(event(&world, "a").await, before, "{kind} {houses:?}");
            let told = standing(&world).await;
            let refused: Vec<RemoteRefusal> = told.refused.iter().map(|r| r.why).collect();
            let expected = match houses.as_slice() {
                [] => (1, 0, vec![]),
                [_, _] => (0, 1, vec![]),
                [one] if one.4 == MINNESOTA => (0, 0, vec![RemoteRefusal::Outside]),
                _ => (0, 0, vec![RemoteRefusal::OtherTown]),
            };
            assert_eq!((told.unknown, told.ambiguous, refused), expected, "{kind} {houses:?}");
            assert_eq!((told.waiting, told.placed, told.services[0].answered), (0, 0, 1));
            look(&world, &services).await;
            assert_eq!(questions(&server).await.len(), 1, "asked once");
            world.hands.advance(Duration::days(MISS_DAYS + 1));
            look(&world, &services).await;
            assert_eq!(questions(&server).await.len(), 2, "asked again after {MISS_DAYS} days");
        }
    }
}

#[tokio::test]
async fn a_source_that_two_jurisdictions_have_is_sent_only_for_the_one_that_is_named() {
    let (world, server) = (world().await, server(Always("nominatim", vec![MAIN_IN_ORONO])).await);
    sends(&world, "ems", &[["a", "12 Main St", "Orono", ""]]).await;
    let other = Jurisdiction { id: "nh".parse().unwrap(), name: "New Hampshire".into(), zone: world.zone };
    world.store.put_jurisdiction(&other).await.unwrap();
    let source = source_of(SourceId::new("ems").unwrap(), &Mapping::standard(), world.zone);
    world.store.put_source(&Scope::system(other.id, "test"), &source).await.unwrap();
    let plain = entry("nominatim", &server, "\"ems\"");
    for whose in ["", "jurisdiction = \"nh\"\n"] {
        look(&world, &services(&format!("{plain}{whose}"))).await;
        assert!(questions(&server).await.is_empty(), "{whose}");
    }
    look(&world, &services(&format!("{plain}jurisdiction = \"me\"\n"))).await;
    assert_eq!(placed(&world, "a").await.0, PlacedBy::Nominatim);
}
