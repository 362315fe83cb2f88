//! What is fuzzed: everything that reads bytes somebody else wrote. Each function takes any bytes and may fail only by
//! panicking, so it is a fuzz target as it stands, and a test with any generator of bytes.

use std::io::Cursor;

use emberwatch::{
    cells::{ShapeOptions, read_shapes},
    domain::{area::AreaKind, remote::RemoteKind, time::Zone},
    feeds::geocoders,
    geocode::{Around, Asked, Builder, Index, Query, parse},
    ingest::{Format, Item, Mapping, ReadOptions, Reader, suggest::suggest as guess},
};

/// Every mapping that comes with the service, and the format it reads where it does not say.
pub const MAPPINGS: [(&str, Format); 12] = [
    (include_str!("../data/mappings/standard.toml"), Format::Csv),
    (include_str!("../data/mappings/standard.toml"), Format::Ndjson),
    (include_str!("../data/mappings/standard.toml"), Format::Geojson),
    (include_str!("../data/mappings/standard.toml"), Format::Json),
    (include_str!("../data/mappings/standard.toml"), Format::Xlsx),
    (include_str!("../data/mappings/odmap-style.toml"), Format::Tsv),
    (include_str!("../data/mappings/nemsis-3.5-ems.toml"), Format::Xml),
    (include_str!("../data/mappings/hl7-adt-ed.toml"), Format::Hl7),
    (include_str!("../data/mappings/medical-examiner.toml"), Format::Csv),
    (include_str!("../data/mappings/naloxone-distribution.toml"), Format::Csv),
    (include_str!("../data/mappings/naloxone-reversal.toml"), Format::Csv),
    (include_str!("../data/mappings/outreach-encounters.toml"), Format::Csv),
];

/// The first byte chooses the mapping; the rest is a file.
pub fn rows(bytes: &[u8]) {
    let Some((first, file)) = bytes.split_first() else { return };
    let (text, format) = MAPPINGS[usize::from(*first) % MAPPINGS.len()];
    let mapping = Mapping::parse(text, "mapping").expect("the mappings that come with the service are valid");
    let Ok(mut reader) = Reader::open(Cursor::new(file.to_vec()), &mapping, format, options()) else { return };
    // A stream that can't be read on ends; it never begins again.
    while let Ok(Some(item)) = reader.next_item() {
        if let Item::Reject(reject) = item {
            assert!(!reject.message.is_empty(), "a row is refused without a reason");
        }
    }
}

/// The first byte chooses the format; the rest is a file. What is suggested is a mapping that reads.
pub fn suggest(bytes: &[u8]) {
    let Some((first, file)) = bytes.split_first() else { return };
    let format = MAPPINGS[usize::from(*first) % MAPPINGS.len()].1;
    if let Ok(found) = guess(|| Ok(file), format, "feed", options()) {
        Mapping::parse(&found.mapping, "suggested").expect("what is suggested is a mapping");
    }
}

/// The text of a mapping.
pub fn mapping(bytes: &[u8]) {
    let _ = Mapping::parse(&String::from_utf8_lossy(bytes), "mapping");
}

/// One address, parsed and looked for in a small index.
pub fn address(bytes: &[u8]) {
    thread_local! {
        static INDEX: Index = {
            let mut builder = Builder::default();
            let table = "text,latitude,longitude,town\nMAIN ST & OAK AVE,44.8,-68.77,BANGOR\n12 ELM ST,44.81,-68.78,BANGOR\n";
            builder.add_csv(table.as_bytes()).expect("a small gazetteer");
            builder.build()
        };
    }
    let text = String::from_utf8_lossy(bytes);
    let _ = Asked::of(&text, None, None, &|_| true);
    let labelled = parse::label(&text);
    assert!(labelled.len() <= text.len(), "more words than letters");
    INDEX.with(|index| {
        let _ = index.answer(&query(&text));
    });
}

/// An index file.
pub fn index(bytes: &[u8]) {
    if let Ok(index) = Index::open(bytes.to_vec()) {
        let _ = index.answer(&query("12 Main St, Bangor"));
    }
}

/// Outlines as GeoJSON, and a shapefile cut in two at a third.
pub fn shapes(bytes: &[u8]) {
    let options =
        ShapeOptions { kind: AreaKind::Town, id_property: None, name_property: None, prefix: "", parent: None };
    let _ = read_shapes(&String::from_utf8_lossy(bytes), &options);
    let (shp, dbf) = bytes.split_at(bytes.len() / 3 * 2);
    let _ = Builder::default().add_shapefile(shp, dbf);
}

/// What a geocoder on another machine answers; the first byte chooses its protocol.
pub fn remote_answer(bytes: &[u8]) {
    let Some((first, answer)) = bytes.split_first() else { return };
    let kind = RemoteKind::ALL[usize::from(*first) % RemoteKind::ALL.len()];
    if let Ok(reply) = geocoders::read(kind, answer) {
        let asked = Asked::of("12 Main St", Some("Bangor"), Some("04401"), &|_| true).expect("an address");
        let _ = asked.judge(&reply, &|_| Around::Inside);
    }
}

fn query(text: &str) -> Query<'_> {
    Query { text: Some(text), town: None, zip: None, county: None }
}

fn options() -> ReadOptions {
    let now = "2024-06-01T12:00:00Z".parse().expect("a time");
    ReadOptions { now, zone: "America/New_York".parse::<Zone>().expect("a zone"), others: Vec::new() }
}
