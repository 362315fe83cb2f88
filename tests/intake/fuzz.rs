//! The fuzz targets over a fixed number of seeded mutations: what `cargo fuzz` does without end, in a few seconds.

use emberwatch::stats::Random;

#[path = "../../fuzz/targets.rs"]
mod targets;

const NEMSIS: &[u8] = include_bytes!("fixtures/nemsis.xml");
const CSV: &[u8] = b"event_id,kind,occurred_at,received_at,latitude,longitude,precision,town\n\
    a,overdose,2024-05-01T10:00:00Z,2024-05-01T11:00:00Z,44.8,-68.77,street,\"BANGOR, ME\"\n\
    b,naloxone,2024-05-02,,,,place,ORONO\n";
const NDJSON: &[u8] = b"{\"event_id\":\"a\",\"kind\":\"overdose\",\"occurred_at\":\"2024-05-01T10:00:00Z\",\"latitude\":44.8,\"longitude\":-68.7}\n{\"event_id\":\"b\"}\n";
const GEOJSON: &[u8] = br#"{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[-68.7,44.8]},"properties":{"event_id":"a","kind":"overdose","occurred_at":"2024-05-01T10:00:00Z"}}]}"#;
const HL7: &[u8] = b"MSH|^~\\&|ED|G|||202405011200||ADT^A04|m|P|2.5.1\rPID|1||1||X||19890702|F\rPV1|1|E|||||||||||||||||v1|||||||||||||||||||||||||202405011130\rDG1|1||T40.1X1A^x^I10\r";
const OUTLINE: &[u8] = br#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"a","name":"A"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}]}"#;
const ADDRESSES: [&str; 8] = [
    "12 1/2 N Main St Apt 3, Bangor ME 04401",
    "MAIN ST & OAK AVE",
    "500 BLK of Elm St",
    "P.O. Box 12, Orono",
    "I-95 NB exit 187",
    "near the library @ 3rd st",
    "mile 12.5 US Rte 1",
    "12-14 rue de l'\u{c9}glise",
];
/// What breaks readers, put in anywhere.
const TOKENS: [&[u8]; 16] = [
    b"\0",
    b"\"",
    b"\"\"",
    b"\r",
    b"\n",
    b",",
    b"1e400",
    b"NaN",
    b"9999-12-31",
    b"-0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"]]>",
    b"<!--",
    b"&#x0;",
    b"{\"",
];

/// Some of the bytes changed, taken out, doubled or put in.
fn mutated(seed: &[u8], draw: &mut Random) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=draw.below(6) {
        let at = draw.below(bytes.len() as u32 + 1) as usize;
        let span = (draw.below(24) as usize).min(bytes.len() - at);
        match draw.below(5) {
            0 if at < bytes.len() => bytes[at] ^= 1 << draw.below(8),
            1 => drop(bytes.drain(at..at + span)),
            2 => {
                let again = bytes[at..at + span].to_vec();
                bytes.splice(at..at, again);
            }
            3 => bytes.truncate(at.max(1)),
            _ => drop(bytes.splice(at..at, TOKENS[draw.below(16) as usize].iter().copied())),
        }
    }
    bytes
}

fn run(seeds: &[Vec<u8>], rounds: u64, target: fn(&[u8])) {
    for round in 0..rounds {
        let mut draw = Random::seeded(round);
        let seed = &seeds[draw.below(seeds.len() as u32) as usize];
        // A failure names the bytes, so that it can be repeated and kept.
        let bytes = mutated(seed, &mut draw);
        let outcome = std::panic::catch_unwind(|| target(&bytes));
        assert!(outcome.is_ok(), "round {round}: {:?}", String::from_utf8_lossy(&bytes));
    }
}

/// Every mapping before every file: also those that were not made for each other.
fn files() -> Vec<Vec<u8>> {
    let files = [CSV, NDJSON, GEOJSON, NEMSIS, HL7, b"PK\x03\x04\x14\0\0\0\x08\0"];
    let numbers = 0..targets::MAPPINGS.len() as u8;
    numbers.flat_map(|n| files.iter().map(move |file| [&[n], *file].concat())).collect()
}

#[test]
fn no_bytes_break_the_reading_of_rows() {
    run(&files(), 6_000, targets::rows);
}

#[test]
fn no_bytes_break_the_guessing_of_columns() {
    run(&files(), 1_500, targets::suggest);
}

#[test]
fn no_text_breaks_the_reading_of_a_mapping() {
    let seeds: Vec<Vec<u8>> = targets::MAPPINGS.iter().map(|(text, _)| text.as_bytes().to_vec()).collect();
    run(&seeds, 1_500, targets::mapping);
}

#[test]
fn no_text_breaks_the_reading_of_an_address() {
    let seeds: Vec<Vec<u8>> = ADDRESSES.iter().map(|text| text.as_bytes().to_vec()).collect();
    run(&seeds, 8_000, targets::address);
}

#[test]
fn no_bytes_break_the_opening_of_an_index() {
    let mut builder = emberwatch::geocode::Builder::default();
    let table = "text,latitude,longitude,town\nMAIN ST & OAK AVE,44.8,-68.77,BANGOR\n12 ELM ST,44.81,-68.78,BANGOR\n";
    builder.add_csv(table.as_bytes()).unwrap();
    run(&[builder.build().bytes().to_vec()], 3_000, targets::index);
}

#[test]
fn no_bytes_break_the_reading_of_outlines_and_shapefiles() {
    let mut shapefile = vec![0, 0, 0x27, 0x0a];
    shapefile.extend([0; 20]);
    shapefile.extend(100i32.to_be_bytes());
    shapefile.extend(1000i32.to_le_bytes());
    shapefile.extend([3, 0, 0, 0]);
    shapefile.extend([0; 200]);
    run(&[OUTLINE.to_vec(), shapefile], 3_000, targets::shapes);
}

#[test]
fn no_bytes_break_the_reading_of_a_geocoders_answer() {
    let answers: [&[u8]; 4] = [
        br#"[{"lat":"44.8","lon":"-68.77","place_rank":30,"category":"place","type":"house","osm_type":"way","address":{"house_number":"12","road":"Main St","city":"Bangor","postcode":"04401"}}]"#,
        br#"{"features":[{"geometry":{"coordinates":[-68.77,44.8]},"properties":{"type":"house","osm_key":"place","housenumber":"12","street":"Main St","city":"Bangor"}}]}"#,
        br#"{"geocoding":{"errors":[]},"features":[{"geometry":{"coordinates":[-68.77,44.8]},"properties":{"layer":"address","housenumber":"12","street":"Main St","confidence":0.9}}]}"#,
        b"\"1\",\"12 MAIN ST\",\"Match\",\"Exact\",\"12 MAIN ST, BANGOR, ME, 04401\",\"-68.77,44.8\",\"76\",\"L\"\n\"2\",\"x\",\"Tie\"\n",
    ];
    let kinds = 0..4u8;
    let seeds: Vec<Vec<u8>> = kinds.flat_map(|k| answers.iter().map(move |a| [&[k], *a].concat())).collect();
    run(&seeds, 6_000, targets::remote_answer);
}
