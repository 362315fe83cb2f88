use serde_json::json;

use super::{
    super::{Mapping, ReadOptions, RowKind},
    *,
};
use crate::domain::time::Zone;

const MAPPING: &str = r#"
name = "calls"
kind = "overdose"
[time]
occurred_at = { column = ["date", "time"], formats = ["%m/%d/%Y %I:%M %p"] }
reported_at = { column = "note", pattern = 'told (\S+)', optional = true }
[place]
latitude = "lat"
longitude = "lon"
[naloxone]
column = "narcan"
"#;

fn reader() -> RecordReader {
    let options = ReadOptions { now: "2016-06-01T12:00:00Z".parse().unwrap(), zone: Zone::UTC, others: Vec::new() };
    RecordReader::new(&Mapping::parse(MAPPING, "m").unwrap(), options).unwrap()
}

fn row() -> Map<String, Value> {
    let row = json!({ "date": "05/03/2017", "time": "10:22 PM", "note": "told 2016-05-04 by phone", "lat": "-75.3",
        "lon": "40.2", "narcan": "Given twice" });
    row.as_object().unwrap().clone()
}

fn mends(text: &str) -> Vec<Mend> {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_row_with_three_faults_is_read_after_three_mends() {
    let mut reader = reader();
    assert!(matches!(reader.read(row(), 2), RowKind::Reject(_)));
    let rule = mends(
        r#"[{"do":"shift_time","column":"date","years":-1},{"do":"swap","first":"lat","second":"lon"},
            {"do":"map_codes","column":"narcan","codes":{"given twice":"multiple"}}]"#,
    );
    reader.check_mends(&row(), &rule).unwrap();
    let mended = reader.mended(&row(), &rule).unwrap();
    assert_eq!((&mended["date"], &mended["time"]), (&json!("05/03/2016"), &json!("10:22 PM")));
    let RowKind::Case(report) = reader.read(mended, 2) else { panic!("the row is still bad") };
    assert_eq!(report.occurred_at.to_rfc3339(), "2016-05-03T22:22:00+00:00");
    assert_eq!(report.place.point.map(|p| p.lat()), Some(40.2));
}

#[test]
fn a_time_inside_a_text_is_shifted_and_the_text_around_it_kept() {
    let rule = mends(r#"[{"do":"shift_time","column":"note","days":-4}]"#);
    assert_eq!(reader().mended(&row(), &rule).unwrap()["note"], json!("told 2016-04-30 by phone"));
    let hours = mends(r#"[{"do":"shift_time","column":"time","hours":-11}]"#);
    assert_eq!(reader().mended(&row(), &hours).unwrap()["time"], json!("11:22 AM"));
    let leap = Map::from_iter([("date".to_owned(), json!("02/29/2016")), ("time".to_owned(), json!("01:00 AM"))]);
    let next_year = mends(r#"[{"do":"shift_time","column":"date","years":1}]"#);
    assert_eq!(reader().mended(&leap, &next_year).unwrap()["date"], json!("02/28/2017"));
}

#[test]
fn what_cannot_be_mended_says_why() {
    let mut odd = row();
    odd.insert("date".into(), json!("yesterday"));
    let rule = mends(r#"[{"do":"shift_time","column":"date","years":-1}]"#);
    let why = reader().mended(&odd, &rule).unwrap_err();
    assert_eq!(why, "\"yesterday 10:22 PM\" is not a time that could be shifted");
    let refused = |text: &str| reader().check_mends(&row(), &mends(text)).unwrap_err();
    assert_eq!(
        refused(r#"[{"do":"set","column":"narcn","value":"x"}]"#),
        "there is no column \"narcn\"; the row has date, time, note, lat, lon, narcan"
    );
    assert_eq!(refused(r#"[{"do":"shift_time","column":"lat","years":-1}]"#), "the mapping reads no time from \"lat\"");
    assert!(refused(r#"[{"do":"set","column":"patient_name","value":"x"}]"#).contains("is refused"));
}

#[test]
fn values_of_nested_records_are_mended_where_they_stand() {
    let mapping = "name = \"j\"\nkind = \"overdose\"\nrecord_id = \"id\"\n[time]\noccurred_at = \"call.at\"\n";
    let options = ReadOptions { now: "2016-06-01T12:00:00Z".parse().unwrap(), zone: Zone::UTC, others: Vec::new() };
    let mut reader = RecordReader::new(&Mapping::parse(mapping, "m").unwrap(), options).unwrap();
    let record = json!({ "id": "a", "call": { "at": "2017-05-03T10:00:00Z" } }).as_object().unwrap().clone();
    let rule = mends(r#"[{"do":"shift_time","column":"call.at","years":-1}]"#);
    let mended = reader.mended(&record, &rule).unwrap();
    assert_eq!(mended["call"]["at"], json!("2016-05-03T10:00:00Z"));
    assert!(matches!(reader.read(mended, 1), RowKind::Case(_)));
}
