use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::*;
use crate::domain::{
    event::{EventKind, Flag, NaloxoneGiven, Outcome, Report, TimePrecision},
    ids::JurisdictionId,
    place::Precision,
    quality::{Reject, RejectReason},
    time::Zone,
};

fn options() -> ReadOptions {
    ReadOptions {
        now: "2024-06-01T12:00:00Z".parse().unwrap(),
        zone: "America/New_York".parse::<Zone>().unwrap(),
        others: Vec::new(),
    }
}

struct Read {
    reports: Vec<Report>,
    rejects: Vec<Reject>,
    read: u64,
    not_cases: Vec<(String, u64)>,
}

fn read_as(bytes: &[u8], text: &str, format: Format) -> Read {
    let mapping = Mapping::parse(text, "m.toml").unwrap();
    let mut reader = Reader::open(bytes, &mapping, format, options()).unwrap();
    let (mut reports, mut rejects) = (Vec::new(), Vec::new());
    while let Some(item) = reader.next_item().unwrap() {
        match item {
            Item::Report(r) => reports.push(*r),
            Item::Reject(r) => rejects.push(*r),
            Item::TakenBack(_) | Item::NotCase(_) => {}
        }
    }
    Read { reports, rejects, read: reader.read(), not_cases: reader.not_cases() }
}

fn standard(csv: &str) -> Read {
    read_as(csv.as_bytes(), STANDARD, Format::Csv)
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

const HEADER: &str = "event_id,kind,occurred_at,received_at,latitude,longitude,precision,jurisdiction\n";

#[test]
fn a_standard_row_is_read_in_full() {
    let csv = "event_id,kind,occurred_at,received_at,latitude,longitude,precision,town,outcome,naloxone,attributes.setting,note\n\
               e1,Overdose,2024-05-01T22:30:00-04:00,2024-05-02,44.8016,-68.7712,intersection,BANGOR,nonfatal,yes,street,x\n";
    let read = standard(csv);
    let r = &read.reports[0];
    assert_eq!((r.record_id.as_str(), r.kind), ("e1", EventKind::Overdose));
    assert_eq!(r.occurred_at, utc("2024-05-02T02:30:00Z"));
    assert_eq!(r.event_day.to_string(), "2024-05-01");
    assert_eq!(r.received_at, Some(utc("2024-05-03T03:59:59Z")));
    assert_eq!((r.outcome, r.naloxone, r.quantity), (Outcome::Nonfatal, NaloxoneGiven::Given, 1));
    assert_eq!(r.place.stated_precision, Some(Precision::Intersection));
    assert_eq!(r.place.town.as_deref(), Some("BANGOR"));
    assert_eq!(serde_json::to_string(&r.attributes).unwrap(), r#"{"setting":"street"}"#);
}

#[test]
fn columns_may_come_in_any_order_with_any_usual_delimiter() {
    for (d, bom) in [(";", ""), ("\t", "\u{FEFF}"), ("|", ""), (",", "\u{FEFF}")] {
        let csv = format!("{bom}occurred_at{d}event_id{d}kind\n2024-05-01{d}a{d}overdose\n");
        let read = standard(&csv);
        assert_eq!(read.reports.len(), 1, "{d:?}");
        assert_eq!(read.reports[0].time_precision, TimePrecision::Day);
        assert_eq!(read.reports[0].occurred_at, utc("2024-05-01T04:00:00Z"));
    }
}

#[test]
fn each_poison_row_is_rejected_with_its_line_and_reason_and_its_neighbours_are_read() {
    use RejectReason::*;
    let poison: &[(&[u8], RejectReason)] = &[
        (b"p1,overdose,2024-05-01T10:00,,44.8,-68.7", Malformed),
        (b"p2,overdose,2024-05-01T10:00,,44.8,-68.7,street,,,,", Malformed),
        (b"p3,overdose,2024-05-01T10:00,,44.8\0,-68.7,street,", Encoding),
        (b"p4,overdose,2024-05-01T10:00,,44.8,-68.7,stre\xFFet,", Encoding),
        (b"p5,overdose,2024-05-01T10:00,,-68.77,44.80,street,", BadPoint),
        (b"p6,overdose,2024-05-01T10:00,,-111.9,33.4,street,", BadPoint),
        (b"p7,overdose,2024-05-01T10:00,,0,0,street,", BadPoint),
        (b"p8,overdose,2024-05-01T10:00,,NaN,-68.7,street,", BadPoint),
        (b"p9,overdose,2024-05-01T10:00,,1e400,-68.7,street,", BadPoint),
        (b"p10,overdose,2024-05-01T10:00,,44.8,,street,", BadPoint),
        (b"p11,overdose,9999-12-31T00:00,,44.8,-68.7,street,", BadTime),
        (b"p12,overdose,1900-01-01,,44.8,-68.7,street,", BadTime),
        (b"p13,overdose,03/04/2024,,44.8,-68.7,street,", BadTime),
        (b"p14,overdose,2024-02-30,,44.8,-68.7,street,", BadTime),
        (b"p15,overdose,2024-06-02T10:00,,44.8,-68.7,street,", FutureTime),
        (b"p16,overdose,2024-05-03T10:00,2024-05-01T10:00,44.8,-68.7,street,", FutureTime),
        (b"p17,overdose,,,44.8,-68.7,street,", Missing),
        (b",overdose,2024-05-01T10:00,,44.8,-68.7,street,", Missing),
        (b"p19,,2024-05-01T10:00,,44.8,-68.7,street,", Missing),
        (b"p20,=cmd|' /C calc'!A0,2024-05-01T10:00,,44.8,-68.7,street,", UnknownValue),
        (b"p21,overdose,2024-05-01T10:00,,44.8,-68.7,exact,", UnknownValue),
        (b"p22,overdose,\"2024-05-01T10:00,,44.8,-68.7,street,", Malformed),
    ];
    let mut bytes = HEADER.as_bytes().to_vec();
    for (i, (row, _)) in poison.iter().enumerate() {
        bytes.extend_from_slice(row);
        bytes.extend_from_slice(format!("\ng{i},overdose,2024-05-01T10:00,,44.8,-68.7,street,\n").as_bytes());
    }
    let huge = format!("p23,overdose,2024-05-01T10:00,,44.8,-68.7,street,{}\n", "x".repeat(10 << 20));
    bytes.extend_from_slice(huge.as_bytes());
    bytes.extend_from_slice(b"last,overdose,2024-05-01T10:00,,44.8,-68.7,street,\n");
    let read = read_as(&bytes, STANDARD, Format::Csv);
    let expected: Vec<_> = poison.iter().enumerate().map(|(i, (_, r))| (2 * i as u64 + 2, *r)).collect();
    let found: Vec<_> = read.rejects.iter().map(|r| (r.line, r.reason)).collect();
    assert_eq!(found[..poison.len()], expected[..]);
    assert_eq!(found[poison.len()..], [(2 * poison.len() as u64 + 2, TooLong)]);
    assert_eq!(read.reports.len(), poison.len() + 1);
    assert!(read.rejects.iter().all(|r| !r.message.is_empty() && !r.row.is_empty()));
    let swapped = &read.rejects[4];
    assert_eq!(swapped.field.as_deref(), Some("latitude"));
    assert!(swapped.message.contains("swapped"), "{}", swapped.message);
}

#[test]
fn utf_16_and_windows_1252_are_read_like_utf_8() {
    let csv = "event_id,kind,occurred_at,town\ne1,overdose,2024-05-01,Orléans\n";
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(csv.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let latin: Vec<u8> = csv.chars().map(|c| c as u8).collect();
    let declared = format!("{STANDARD}\n[format]\nencoding = \"windows-1252\"\n");
    let texts = [
        read_as(&utf16, STANDARD, Format::Csv),
        read_as(&latin, &declared, Format::Csv),
        read_as(csv.as_bytes(), STANDARD, Format::Csv),
    ];
    let hashes: Vec<_> = texts.iter().map(|r| r.reports[0].content_hash.clone()).collect();
    assert_eq!(texts[0].reports[0].place.town.as_deref(), Some("Orléans"));
    assert!(hashes.windows(2).all(|w| w[0] == w[1]));
}

#[test]
fn json_in_every_wrapping_gives_the_same_report_as_csv() {
    let one = r#"{"event_id":"e1","kind":"overdose","occurred_at":"2024-05-01T10:00:00Z","latitude":44.8,"longitude":-68.7,"quantity":1,"attributes":{"setting":"street","patient_name":"x"}}"#;
    let csv = "event_id,kind,occurred_at,latitude,longitude,attributes.setting,attributes.patient_name\n\
               e1,overdose,2024-05-01T10:00:00Z,44.8,-68.7,street,x\n";
    let feature = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"event_id":"e1","kind":"overdose","occurred_at":"2024-05-01T10:00:00Z","attributes":{"setting":"street"}},"geometry":{"type":"Point","coordinates":[-68.7,44.8]}}]}"#;
    let expected = standard(csv).reports;
    for (text, format) in [
        (one.to_owned(), Format::Ndjson),
        (one.to_owned(), Format::Json),
        (format!("[{one}]"), Format::Json),
        (format!("{{\"items\":[{one}],\"next\":null}}"), Format::Json),
        (feature.to_owned(), Format::Geojson),
    ] {
        assert_eq!(read_as(text.as_bytes(), STANDARD, format).reports, expected, "{text}");
    }
    let broken = read_as(format!("{one}\n{{\"event_id\": \n[1]\n{one}\n").as_bytes(), STANDARD, Format::Ndjson);
    assert_eq!(broken.reports.len(), 2);
    assert_eq!(broken.rejects.iter().map(|r| r.line).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn a_column_the_file_lacks_is_named_with_the_place_in_the_mapping() {
    let text = "name = \"x\"\nkind = \"overdose\"\n[time]\noccurred_at = \"when\"\n";
    let mapping = Mapping::parse(text, "m.toml").unwrap();
    let error = Reader::open(&b"a,b\n1,2\n"[..], &mapping, Format::Csv, options()).err().unwrap();
    assert_eq!(error.to_string(), r#"m.toml:4:15: time.occurred_at: the file has no column "when"; it has "a", "b""#);
    let empty = Reader::open(&b""[..], &mapping, Format::Csv, options()).err().unwrap();
    assert_eq!(empty.to_string(), "the file is empty; expected a header line");
}

#[test]
fn rows_that_are_no_cases_are_counted_by_their_label() {
    let text = r#"
name = "x"
record_id = "id"
kind = "overdose"
[case]
definition = "d"
version = 2
label = "title"
where = [{ column = "title", in = ["OD", "OVERDOSE"] }]
[time]
occurred_at = "t"
"#;
    let read = read_as(b"id,title,t\n1,OD,2024-05-01\n2,FIRE,never\n3,FIRE,\n4,,\n5,OVERDOSE,x\n", text, Format::Csv);
    assert_eq!(read.not_cases, [("FIRE".into(), 2), ("(no label)".into(), 1)]);
    assert_eq!((read.reports.len(), read.rejects.len(), read.read), (1, 1, 5));
    assert_eq!(read.reports[0].case.as_ref().unwrap().version, 2);
}

#[test]
fn equal_rows_without_an_id_are_different_records_and_keep_their_ids_in_a_second_run() {
    let text = "name = \"x\"\nkind = \"overdose\"\n[time]\noccurred_at = \"t\"\n";
    let csv = b"t,note\n2024-05-01,a\n2024-05-01,a\n2024-05-01,b\n";
    let ids = || read_as(csv, text, Format::Csv).reports.into_iter().map(|r| r.record_id).collect::<Vec<_>>();
    let first = ids();
    assert_eq!(first, ids());
    assert_eq!(first.iter().collect::<std::collections::HashSet<_>>().len(), 3);
}

#[test]
fn a_time_the_clock_showed_twice_or_never_is_flagged() {
    let read = standard(
        "event_id,kind,occurred_at\na,overdose,2023-11-05 01:30\nb,overdose,2024-03-10 02:30\nc,overdose,2024-03-10 03:30\n",
    );
    let seen: Vec<_> = read.reports.iter().map(|r| (r.occurred_at, r.flags.clone())).collect();
    assert_eq!(
        seen,
        [
            (utc("2023-11-05T05:30:00Z"), vec![Flag::TimeTwice]),
            (utc("2024-03-10T07:30:00Z"), vec![Flag::TimeNever]),
            (utc("2024-03-10T07:30:00Z"), vec![]),
        ]
    );
}

#[test]
fn rows_of_another_owner_are_left_alone_and_counted() {
    let csv =
        format!("{HEADER}a,overdose,2024-05-01,,,,,me\nb,overdose,2024-05-01,,,,,vt\nc,overdose,2024-05-01,,,,,\n");
    let mapping = Mapping::standard();
    let mine = ReadOptions { others: vec![JurisdictionId::new("vt").unwrap()], ..options() };
    let mut reader = Reader::open(csv.as_bytes(), &mapping, Format::Csv, mine).unwrap();
    let mut ids = Vec::new();
    while let Some(Item::Report(r)) = reader.next_item().unwrap() {
        ids.push(r.record_id);
    }
    assert_eq!(ids, ["a", "c"]);
    assert_eq!(reader.elsewhere().iter().collect::<Vec<_>>(), [(&"vt".to_owned(), &1)]);
}

#[test]
fn an_assumed_receipt_is_flagged() {
    let text = "name = \"x\"\nrecord_id = \"id\"\nkind = \"overdose\"\n[time]\noccurred_at = \"t\"\nassume_received_after = \"36h\"\n";
    let read = read_as(b"id,t\n1,2024-05-01T10:00Z\n2,2024-06-01T11:00Z\n", text, Format::Csv);
    assert_eq!(read.reports[0].received_at, Some(utc("2024-05-02T22:00:00Z")));
    assert_eq!(read.reports[0].flags, [Flag::ReceiptAssumed]);
    // Never later than now.
    assert_eq!(read.reports[1].received_at, Some(options().now));
}

#[test]
fn any_change_of_a_report_changes_its_hash() {
    let base = "e1,overdose,2024-05-01T10:00:00Z,,44.8,-68.7,street,";
    let hash = |row: &str| standard(&format!("{HEADER}{row}\n")).reports[0].content_hash.clone();
    assert_eq!(hash(base), hash(base));
    for (from, to) in [("overdose", "naloxone"), ("10:00", "10:01"), ("44.8", "44.81"), ("street", "place")] {
        assert_ne!(hash(base), hash(&base.replace(from, to)), "{from}");
    }
}

#[test]
fn a_resubmitted_row_is_read_like_the_file() {
    let mut reader = RecordReader::new(&Mapping::standard(), options()).unwrap();
    let csv = standard(&format!("{HEADER}e1,overdose,2024-05-01T10:00:00Z,,44.8,-68.7,street,\n"));
    let row = serde_json::json!({"event_id": "e1", "kind": "overdose", "occurred_at": "2024-05-01T10:00:00Z",
        "latitude": "44.8", "longitude": -68.7, "precision": "street"});
    let RowKind::Case(report) = reader.read(row.as_object().unwrap().clone(), 1) else { panic!("not read") };
    assert_eq!(*report, csv.reports[0]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_whatever_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        for format in [Format::Csv, Format::Ndjson, Format::Json] {
            let mut all = if format == Format::Csv { HEADER.as_bytes().to_vec() } else { Vec::new() };
            all.extend_from_slice(&bytes);
            read_as(&all, STANDARD, format);
        }
    }

    #[test]
    fn rows_of_odd_fields_leave_the_good_ones_whole(fields in proptest::collection::vec("[\\PC,\";\n]{0,12}", 8)) {
        let csv = format!("{HEADER}g0,overdose,2024-05-01,,44.8,-68.7,street,\n{}\ng1,overdose,2024-05-01,,44.8,-68.7,street,\n", fields.join(","));
        let read = standard(&csv);
        // A field may quote its neighbour's line into itself, but never the row before it.
        prop_assert!(read.reports.iter().any(|r| r.record_id == "g0"));
    }
}
