//! Geocoders on other machines, played by servers of the tests: what they are told, what is believed, and what remains
//! when they fail.

use std::{collections::BTreeMap, io::Cursor, sync::Arc};

use chrono::Duration;
use emberwatch::{
    config::{Config, Environment, Overrides},
    domain::{
        area::Jurisdiction,
        event::{Event, Flag, PlacedBy},
        ids::{JurisdictionId, SourceId},
        place::{Point, Precision},
        remote::{RemoteRefusal, RemoteStanding},
        scope::Scope,
    },
    ingest::{Format, Mapping},
    jobs::{
        Announce, News,
        intake::{ingest_stream, source_of},
        remote::{MISS_DAYS, RemoteSummary, Services, run},
        schedule::Schedule,
        worker::Worker,
    },
    store::AuditCheck,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

use super::World;

const KINDS: [&str; 4] = ["nominatim", "photon", "pelias", "census"];
const ORONO: (f64, f64) = (44.883, -68.672);
const BANGOR: (f64, f64) = (44.802, -68.771);
const MINNESOTA: (f64, f64) = (44.9714, -93.6127);

fn config(entries: &str) -> Config {
    let (none, over) = (Environment::default(), Overrides::default());
    Config::from_text(entries, std::path::Path::new("emberwatch.toml"), &none, &over).unwrap()
}

fn entry(kind: &str, server: &MockServer, sources: &str) -> String {
    let url = server.uri();
    format!("[[geocoder.remote]]\nkind = \"{kind}\"\nurl = \"{url}\"\nsources = [{sources}]\nper_second = 1000\n")
}

fn services(entries: &str) -> Services {
    Services::new(&config(entries).geocoder.remote, "test").unwrap()
}

async fn look(world: &World, services: &Services) -> RemoteSummary {
    run(&world.store, &world.clock, &world.scope, services, None, &CancellationToken::new()).await.unwrap()
}

async fn world() -> World {
    let world = World::new("me", "America/New_York").await;
    world.load_towns(TOWNS).await;
    world
}

const TOWNS: &str = r#"{"type":"FeatureCollection","features":[
  {"type":"Feature","properties":{"id":"orono","name":"Orono"},"geometry":{"type":"Polygon","coordinates":
    [[[-68.75,44.85],[-68.60,44.85],[-68.60,44.95],[-68.75,44.95],[-68.75,44.85]]]}},
  {"type":"Feature","properties":{"id":"bangor","name":"Bangor"},"geometry":{"type":"Polygon","coordinates":
    [[[-68.90,44.75],[-68.75,44.75],[-68.75,44.85],[-68.90,44.85],[-68.90,44.75]]]}}]}"#;

/// Rows of a source: id, address, town, ZIP. Each has a note and times that nobody else may see.
async fn sends(world: &World, source: &str, rows: &[[&str; 4]]) {
    let mut csv = String::from("event_id,kind,occurred_at,received_at,address,town,zip,attributes\n");
    for [id, address, town, zip] in rows {
        let received = world.clock.now().to_rfc3339();
        csv += &format!(
            "secret-{id},overdose,2026-05-01T10:11:12Z,{received},\"{address}\",{town},{zip},a note about a person\n"
        );
    }
    let mapping = Mapping::standard();
    let source = source_of(SourceId::new(source).unwrap(), &mapping, world.zone);
    let (store, clock, csv) = (&world.store, &world.clock, Cursor::new(csv.into_bytes()));
    let format = Format::from_name("e.csv").unwrap();
    ingest_stream(store, clock, &world.scope, &source, mapping, format, csv, "e.csv").await.unwrap();
}

async fn event(world: &World, id: &str) -> Event {
    let all = world.events().await;
    all.into_iter().find(|e| e.record_id == format!("secret-{id}")).unwrap()
}

async fn placed(world: &World, id: &str) -> (PlacedBy, Precision) {
    let location = event(world, id).await.location;
    (location.placed_by, location.precision)
}

async fn standing(world: &World) -> RemoteStanding {
    world.store.remote_standings(&world.scope).await.unwrap().remove(0)
}

/// What a service knows: number and street, town, ZIP, where.
type House = (&'static str, &'static str, &'static str, &'static str, (f64, f64));

const MAIN_IN_ORONO: House = ("12", "Main St", "Orono", "04473", ORONO);
const MAIN_IN_BANGOR: House = ("12", "Main St", "Bangor", "04401", BANGOR);
const FAR_AWAY: House = ("12", "Main St", "Orono", "04473", MINNESOTA);

/// A service that answers every question with the same houses.
struct Always(&'static str, Vec<House>);

impl Respond for Always {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let rows = if self.0 == "census" { asked(request).len() } else { 1 };
        said(self.0, &self.1, rows)
    }
}

/// A Nominatim that knows houses by their number and street.
struct Knows(Vec<House>);

impl Respond for Knows {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let question = asked(request).remove(0);
        let fits = |h: &&House| question.starts_with(&format!("{} {}", h.0, h.1).to_uppercase());
        said("nominatim", &self.0.iter().filter(fits).copied().collect::<Vec<_>>(), 1)
    }
}

/// The addresses in a request, as one line each.
fn asked(request: &Request) -> Vec<String> {
    let one = |name: &str| request.url.query_pairs().find(|(n, _)| n == name).map(|(_, text)| text.into_owned());
    if let Some(question) = one("q").or_else(|| one("text")) {
        return vec![question];
    }
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let rows = body.split("\r\n\r\n").nth(2).unwrap_or("");
    rows.lines().take_while(|l| !l.starts_with("--") && !l.is_empty()).map(str::to_owned).collect()
}

/// Houses in the words of a protocol.
fn said(kind: &str, houses: &[House], rows: usize) -> ResponseTemplate {
    let list = |one: &dyn Fn(&House) -> Value| houses.iter().map(one).collect::<Vec<Value>>();
    let feature = |at: (f64, f64), properties: Value| json!({"type": "Feature", "geometry": {"type": "Point", "coordinates": [at.1, at.0]}, "properties": properties});
    let answer = ResponseTemplate::new(200);
    match kind {
        "nominatim" => answer.set_body_json(list(&|(number, street, town, zip, at)| {
            json!({"lat": at.0.to_string(), "lon": at.1.to_string(), "place_rank": 30, "category": "building", "type": "yes",
                   "osm_type": "way", "address": {"house_number": number, "road": street, "town": town, "postcode": zip}})
        })),
        "photon" => answer.set_body_json(json!({"type": "FeatureCollection", "features": list(&|(number, street, town, zip, at)| {
            feature(*at, json!({"type": "house", "osm_key": "building", "osm_value": "yes", "osm_type": "W",
                "housenumber": number, "street": street, "city": town, "postcode": zip}))
        })})),
        "pelias" => answer.set_body_json(json!({"geocoding": {"version": "0.2"}, "features": list(&|(number, street, town, zip, at)| {
            feature(*at, json!({"layer": "address", "housenumber": number, "street": street, "locality": town,
                "postalcode": zip, "confidence": 1, "match_type": "exact", "accuracy": "point"}))
        })})),
        _ => {
            let row = |n: usize| match houses {
                [] => format!("\"{n}\",\"as sent\",\"No_Match\"\n"),
                [(number, street, town, zip, at)] => format!(
                    "\"{n}\",\"as sent\",\"Match\",\"Exact\",\"{number} {}, {}, ME, {zip}\",\"{},{}\",\"76\",\"L\"\n",
                    street.to_uppercase(), town.to_uppercase(), at.1, at.0
                ),
                _ => format!("\"{n}\",\"as sent\",\"Tie\"\n"),
            };
            answer.set_body_string((1..=rows).map(row).collect::<String>())
        }
    }
}

async fn server(respond: impl Respond + 'static) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(respond).mount(&server).await;
    server
}

async fn questions(server: &MockServer) -> Vec<String> {
    server.received_requests().await.unwrap().iter().flat_map(asked).collect()
}

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
