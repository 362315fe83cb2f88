//! Real street texts answer themselves.

use super::*;

#[test]
fn every_street_text_of_a_county_answers_itself_however_it_is_written() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/geocoding/montgomery_pa_street_texts.csv");
    let Ok(file) = std::fs::read(path) else {
        println!("skipped: {path} is not there");
        return;
    };
    let mut gazetteer = Gazetteer::default();
    gazetteer.add_csv(&file[..]).unwrap();
    let mut csv = csv::Reader::from_reader(&file[..]);
    let (mut asked, mut right, mut wrong, mut without_town) = (0, 0, 0, 0);
    for row in csv.records() {
        let row = row.unwrap();
        let (text, town, zip) = (&row[0], &row[1], &row[2]);
        if StreetText::parse(text).key().is_empty() {
            continue;
        }
        let (lat, lon): (f64, f64) = (row[3].parse().unwrap(), row[4].parse().unwrap());
        let point = crate::domain::place::Point::new(lat, lon).unwrap();
        let mut parts: Vec<&str> = text.split(" & ").collect();
        parts.reverse();
        let written = parts.join(" and ").to_lowercase().replace(" rd", " road").replace(" ave", " avenue");
        asked += 1;
        match gazetteer.answer(&Query { text: Some(&written), town: Some(town), zip: Some(zip), county: None }) {
            Answer::Found(m) if m.point.distance_km(point) <= 0.25 => right += 1,
            Answer::Found(m) => {
                wrong += 1;
                assert!(wrong < 40, "{written} in {town} {zip} gave {} {} instead of {point:?}", m.matched, m.score);
            }
            _ => {}
        }
        let alone = gazetteer.answer(&Query { text: Some(text), ..Query::default() });
        without_town += u32::from(matches!(alone, Answer::Ambiguous { .. }));
    }
    println!(
        "{asked} texts, {right} answered themselves, {wrong} another place; {without_town} ambiguous without a town"
    );
    assert!(f64::from(right) / f64::from(asked) > 0.995);
    assert!(without_town >= 546, "{without_town}");
}
