//! Geocoders on other machines, played by servers of the tests: what they are told, what is believed, and what remains
//! when they fail.

mod answers;
mod failures;
mod repeats;

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
