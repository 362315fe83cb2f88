//! Watched folders and addresses: what is new is taken, once, and what can't be taken says why.

use std::{fs, path::Path, time::Duration};

use emberwatch::{
    config::{Config, Environment, Overrides},
    jobs::feeds::{Outcome, prepare, pull},
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path},
};

use super::World;

const HEADER: &str = "event_id,kind,occurred_at,received_at,latitude,longitude,precision,town\n";

fn config(text: &str) -> Config {
    Config::from_text(text, Path::new("emberwatch.toml"), &Environment::default(), &Overrides::default()).unwrap()
}

fn write(folder: &Path, name: &str, rows: &str) {
    let file = folder.join(name);
    fs::write(&file, format!("{HEADER}{rows}")).unwrap();
    // As old as the world's clock takes a finished file to be.
    let then = std::time::UNIX_EPOCH + Duration::from_secs(1_780_000_000);
    fs::File::options().write(true).open(file).unwrap().set_modified(then).unwrap();
}

/// What a look took or said, as text.
async fn look(world: &World, config: &Config, all: bool) -> Vec<String> {
    let found = pull(&world.store, &world.clock, &world.scope, config, None, all).await.unwrap();
    let told = found.pulled.iter().map(|p| match &p.outcome {
        Outcome::Taken(s) => format!("{} {}: {} read, {} accepted", p.source, p.item, s.read, s.accepted),
        Outcome::Failed(why) => format!("{} {}: {why}", p.source, p.item),
    });
    told.collect()
}

#[tokio::test]
async fn new_files_of_a_folder_are_taken_once_and_changed_ones_again() {
    let world = World::new("me", "America/New_York").await;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "monday.csv", "a,overdose,2026-05-01T10:00Z,,44.8,-68.7,street,\n");
    write(folder.path(), "broken.xlsx", "no workbook");
    let config = config(&format!("[[feeds]]\nsource = \"ems\"\nfolder = {:?}\n", folder.path()));
    let first = look(&world, &config, false).await;
    assert_eq!(first.len(), 2, "{first:?}");
    assert!(first[0].starts_with("ems broken.xlsx: ") && !first[0].contains("accepted"), "{first:?}");
    assert_eq!(first[1], "ems monday.csv: 1 read, 1 accepted");
    assert_eq!(look(&world, &config, false).await, Vec::<String>::new());
    write(
        folder.path(),
        "monday.csv",
        "a,overdose,2026-05-01T10:00Z,,44.8,-68.7,street,\nb,overdose,2026-05-02T10:00Z,,44.8,-68.7,street,\n",
    );
    assert_eq!(look(&world, &config, false).await, ["ems monday.csv: 2 read, 1 accepted"]);
    assert_eq!(world.events().await.len(), 2);
    let items = world.store.feed_items(&world.scope).await.unwrap();
    let kept: Vec<_> = items.iter().map(|i| (i.item.as_str(), i.accepted, i.error.is_some())).collect();
    assert_eq!(kept, [("broken.xlsx", 0, true), ("monday.csv", 1, false)]);
}

#[tokio::test]
async fn an_address_is_asked_at_its_time_and_answers_only_what_changed() {
    let world = World::new("me", "America/New_York").await;
    let server = MockServer::start().await;
    let rows = format!("{HEADER}a,overdose,2026-05-01T10:00Z,,44.8,-68.7,street,\n");
    Mock::given(method("GET"))
        .and(path("/feed"))
        .and(header("if-none-match", "\"one\""))
        .respond_with(ResponseTemplate::new(304))
        .with_priority(1)
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/feed"))
        .and(header("authorization", "Bearer s3cret"))
        .respond_with(
            ResponseTemplate::new(200).set_body_raw(rows, "text/csv; charset=utf-8").insert_header("etag", "\"one\""),
        )
        .expect(1)
        .mount(&server)
        .await;
    let config = config(&format!(
        "[[feeds]]\nsource = \"ed\"\nurl = \"{0}/feed\"\nauthorization = \"Bearer s3cret\"\nevery_minutes = 10\n",
        server.uri()
    ));
    let address = format!("{}/feed", server.uri());
    assert_eq!(look(&world, &config, false).await, [format!("ed {address}: 1 read, 1 accepted")]);
    world.hands.advance(chrono::Duration::minutes(9));
    assert_eq!(look(&world, &config, false).await, Vec::<String>::new());
    world.hands.advance(chrono::Duration::minutes(1));
    assert_eq!(look(&world, &config, false).await, Vec::<String>::new());
    assert_eq!(world.events().await.len(), 1);
}

#[tokio::test]
async fn an_address_that_fails_says_why_and_is_asked_again() {
    let world = World::new("me", "America/New_York").await;
    let server = MockServer::start().await;
    Mock::given(method("GET")).and(path("/gone.csv")).respond_with(ResponseTemplate::new(503)).mount(&server).await;
    let big = format!("{HEADER}{}", "x".repeat(1_100_000));
    Mock::given(method("GET"))
        .and(path("/big.csv"))
        .respond_with(ResponseTemplate::new(200).set_body_string(big))
        .mount(&server)
        .await;
    let config = config(&format!(
        "[[feeds]]\nsource = \"a\"\nurl = \"{0}/gone.csv\"\n[[feeds]]\nsource = \"b\"\nurl = \"{0}/big.csv\"\nmax_megabytes = 1\n\
         [[feeds]]\nsource = \"c\"\nurl = \"http://127.0.0.1:9/closed.csv\"\n",
        server.uri()
    ));
    for _ in 0..2 {
        let told = look(&world, &config, true).await;
        assert!(told[0].ends_with("/gone.csv answered 503"), "{told:?}");
        assert!(told[1].contains("sends more than 1 MB"), "{told:?}");
        assert!(told[2].contains("could not be reached"), "{told:?}");
    }
    let items = world.store.feed_items(&world.scope).await.unwrap();
    assert!(items.len() == 3 && items.iter().all(|i| i.error.is_some() && i.taken_at.is_none()));
}

#[tokio::test]
async fn a_feeds_mapping_brings_its_jurisdiction_and_others_rows_are_left_alone() {
    let world = World::new("nh", "America/New_York").await;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.csv", "a,overdose,2026-05-01T10:00Z,,44.8,-68.7,street,\n");
    let mapping = folder.path().join("m.toml");
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/data/mappings/standard.toml")).unwrap();
    let owned = format!("jurisdiction = {{ id = \"vt\", name = \"Vermont\", zone = \"America/New_York\" }}\n{text}");
    fs::write(&mapping, owned).unwrap();
    let config = config(&format!("[[feeds]]\nsource = \"ems\"\nfolder = {:?}\nmapping = {mapping:?}\n", folder.path()));
    prepare(&world.store, &config).await.unwrap();
    assert!(world.store.jurisdictions().await.unwrap().iter().any(|j| j.id.as_str() == "vt"));
    assert_eq!(look(&world, &config, false).await, Vec::<String>::new(), "New Hampshire has no such feed");
}
