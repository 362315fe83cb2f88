//! Services that fail, and the worker that asks them.

use super::*;

#[tokio::test]
async fn the_worker_asks_beside_its_other_work_and_tells_open_screens() {
    let (world, server) = (world().await, server(Always("nominatim", vec![MAIN_IN_ORONO])).await);
    sends(&world, "ems", &[["a", "12 Main St", "Orono", ""]]).await;
    let entries = entry("nominatim", &server, "\"ems\"");
    let (to_test, mut told) = tokio::sync::mpsc::unbounded_channel();
    let worker = Worker {
        store: world.store.clone(),
        clock: world.clock.clone(),
        config: Arc::new(config(&entries)),
        index: None,
        transports: Arc::default(),
        announce: Arc::new(Tell(to_test)),
        wake: Arc::default(),
        schedule: Schedule::new("15 5 * * *", "test".into()).unwrap().asking(true),
        remote: Arc::new(services(&entries)),
    };
    let stop = CancellationToken::new();
    let running = tokio::spawn(worker.run(stop.clone()));
    // The schedule queues the asking by itself.
    while told.recv().await.is_some_and(|news| news != News::Events) {}
    stop.cancel();
    running.await.unwrap();
    assert_eq!(placed(&world, "a").await.0, PlacedBy::Nominatim);
}

struct Tell(tokio::sync::mpsc::UnboundedSender<News>);

impl Announce for Tell {
    fn announce(&self, _: &JurisdictionId, news: News) {
        let _ = self.0.send(news);
    }
}

/// Fails so many times, then answers.
struct Recovers(&'static str, ResponseTemplate, std::sync::atomic::AtomicU32);

impl Respond for Recovers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let left = self.2.fetch_update(std::sync::atomic::Ordering::SeqCst, std::sync::atomic::Ordering::SeqCst, |n| {
            n.checked_sub(1)
        });
        match left {
            Ok(_) => self.1.clone(),
            Err(_) => Always(self.0, vec![MAIN_IN_ORONO]).respond(request),
        }
    }
}

#[tokio::test]
async fn a_service_that_fails_rests_its_events_wait_and_it_is_asked_again_later() {
    let wishes_a_second = ResponseTemplate::new(429).insert_header("retry-after", "0");
    for kind in KINDS {
        let (world, server) = (world().await, server(Recovers(kind, wishes_a_second.clone(), 1.into())).await);
        sends(&world, "ems", &[["a", "12 Main St", "Orono", ""]]).await;
        look(&world, &services(&entry(kind, &server, "\"ems\""))).await;
        assert_eq!(placed(&world, "a").await.0.as_str(), kind, "a short wish is waited for");
        for (failing, part) in [
            (ResponseTemplate::new(503).insert_header("retry-after", "600"), "503"),
            (ResponseTemplate::new(500), "500"),
            (ResponseTemplate::new(302).insert_header("location", "https://example.org/"), "redirect"),
            (ResponseTemplate::new(401), "401"),
        ] {
            let (world, server) = (self::world().await, self::server(Recovers(kind, failing, 1.into())).await);
            sends(&world, "ems", &[["a", "12 Main St", "Orono", ""]]).await;
            let services = services(&entry(kind, &server, "\"ems\""));
            let found = look(&world, &services).await;
            let wish = if part == "503" { 10 } else { 1 };
            assert_eq!(found.again, Some(world.clock.now() + Duration::minutes(wish)), "{kind} {part}");
            let told = standing(&world).await;
            assert_eq!((told.waiting, told.unknown), (1, 0), "{kind} {part}");
            let error = told.services[0].error.clone().unwrap();
            assert!(error.contains(part) && !error.to_lowercase().contains("main"), "{error}");
            assert!(told.services[0].rests_until.is_some());
            look(&world, &services).await;
            assert_eq!(questions(&server).await.len(), 1, "it is left alone while it rests");
            world.hands.advance(Duration::minutes(wish));
            look(&world, &services).await;
            assert_eq!(placed(&world, "a").await.0.as_str(), kind);
            let told = standing(&world).await;
            assert_eq!((told.waiting, told.placed, told.services[0].error.clone()), (0, 1, None));
        }
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_no_answer_and_holds_nobody_up() {
    for kind in KINDS {
        for garbage in [
            ResponseTemplate::new(200).set_body_string("<html>sign in</html>"),
            ResponseTemplate::new(200).set_body_string(" ".repeat(4_100_000)),
            ResponseTemplate::new(400),
        ] {
            let (world, server) = (world().await, server(Recovers(kind, garbage, 1.into())).await);
            sends(&world, "ems", &[["a", "12 Main St", "Orono", ""], ["b", "12 Main Street", "Orono", ""]]).await;
            let services = services(&entry(kind, &server, "\"ems\""));
            look(&world, &services).await;
            let told = standing(&world).await;
            assert_eq!(told.unknown, 0, "{kind}: it is not said to be unknown");
            // A batch is one answer; of single questions the other one is answered.
            assert_eq!((told.placed, told.waiting), if kind == "census" { (0, 2) } else { (1, 1) }, "{kind}");
            world.hands.advance(Duration::hours(7));
            look(&world, &services).await;
            assert_eq!(standing(&world).await.placed, 2, "{kind}");
        }
    }
}

#[tokio::test]
async fn three_unreadable_answers_in_a_row_are_the_services_fault() {
    let (world, server) = (world().await, server(ResponseTemplate::new(200).set_body_string("no")).await);
    let rows = ["1", "2", "3", "4", "5", "6"].map(|n| (n, format!("{n} Main St")));
    sends(&world, "ems", &rows.each_ref().map(|(n, address)| [*n, address.as_str(), "Orono", ""])).await;
    look(&world, &services(&entry("photon", &server, "\"ems\""))).await;
    assert_eq!(questions(&server).await.len(), 3);
    let told = standing(&world).await;
    assert_eq!(told.waiting, 6);
    assert_eq!(told.services[0].error.as_deref(), Some("its answer is no JSON"));
}
