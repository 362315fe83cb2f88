//! What files may hold that no sender meant to send: nothing of it may panic, hang or swallow its neighbours.

use proptest::prelude::*;

use super::{
    xlsx::tests::{row, workbook},
    *,
};
use crate::domain::time::Zone;

const NEMSIS: &str = include_str!("../../data/mappings/nemsis-3.5-ems.toml");
const REPORTS: &[u8] = include_bytes!("../../tests/intake/fixtures/nemsis.xml");
const HL7: &str = include_str!("../../data/mappings/hl7-adt-ed.toml");
const MESSAGE: &str = "MSH|^~\\&|ED|G|||202405011200||ADT^A04|m|P|2.5.1\rPID|1||1||X||19890702|F\rPV1|1|E|||||||||||||||||v1|||||||||||||||||||||||||202405011130\rDG1|1||T40.1X1A^x^I10\r";

/// Reports, rejects and rows read; `Err` for a file that is refused as a whole.
fn counts(bytes: &[u8], mapping: &str, format: Format) -> Result<(u64, u64, u64), String> {
    let mapping = Mapping::parse(mapping, "m.toml").unwrap();
    let options = ReadOptions {
        now: "2024-06-01T12:00:00Z".parse().unwrap(),
        zone: "America/New_York".parse::<Zone>().unwrap(),
        others: Vec::new(),
    };
    let mut reader = Reader::open(bytes, &mapping, format, options).map_err(|e| e.to_string())?;
    let (mut reports, mut rejects) = (0, 0);
    loop {
        match reader.next_item().map_err(|e| e.to_string())? {
            None => return Ok((reports, rejects, reader.read())),
            Some(Item::Report(_)) => reports += 1,
            Some(Item::Reject(_)) => rejects += 1,
            Some(Item::TakenBack(_) | Item::NotCase(_)) => {}
        }
    }
}

fn book() -> Vec<u8> {
    workbook(
        &[
            row(1, &["event_id", "kind", "occurred_at", "latitude", "longitude"]),
            row(2, &["a", "overdose", "s2:45413.5", "44.8", "-68.7"]),
            row(3, &["b", "overdose", "s1:45414", "44.9", "-68.8"]),
        ]
        .concat(),
    )
}

#[test]
fn poisoned_messages_wait_alone() {
    for poison in [
        "MSH",
        "MSH|",
        "MSH|^~\\&",
        "MSH||||||||",
        "MSHHHHHHHH",
        "PID|1||||DOE",
        "MSH|^~\\&|\\X4\\\\X\\\\\\|||||||ADT^A04\rPV1|\\",
        "MSH|^~\\&|ED\rPV1|1|E|||||||||||||||||v|||||||||||||||||||||||||99999999999999",
        "MSH|^~\\&|ED|G|||202405011200||ADT^A04\rDG1|1||T40.1X1A\rPV1|1|E",
    ] {
        let text = format!("{MESSAGE}{poison}\r{MESSAGE}");
        let (reports, ..) = counts(text.as_bytes(), HL7, Format::Hl7).unwrap();
        assert_eq!(reports, 2, "{poison}");
    }
    let error = counts(b"a,b\n1,2\n", HL7, Format::Hl7).unwrap_err();
    assert_eq!(error, "line 1: this is not HL7 version 2; expected a segment such as MSH|^~\\&|…");
}

#[test]
fn poisoned_reports_wait_alone() {
    let good = String::from_utf8(REPORTS.to_vec()).unwrap();
    let (before, after) = good.split_at(good.find("<PatientCareReport").unwrap());
    let expected = counts(REPORTS, NEMSIS, Format::Xml).unwrap();
    for poison in [
        "<PatientCareReport/>",
        "<PatientCareReport>",
        "<PatientCareReport><a></PatientCareReport>",
        "<PatientCareReport><a b=\"></PatientCareReport>",
        "<PatientCareReport>&#xFFFFFFFF;</PatientCareReport>",
        "<PatientCareReport>&#0;</PatientCareReport>",
        "<PatientCareReport><![CDATA[]]></PatientCareReport>",
        "<PatientCareReport><eTimes.03>\0</eTimes.03></PatientCareReport>",
        "</PatientCareReport>",
        "<a><b><c></b>",
        "< > <1> <!x>",
    ] {
        let text = format!("{before}{poison}{after}");
        let found = counts(text.as_bytes(), NEMSIS, Format::Xml).unwrap();
        assert_eq!(found.0, expected.0, "{poison}");
        assert!(found.1 >= expected.1, "{poison}");
    }
}

#[test]
fn the_good_workbook_is_read() {
    assert_eq!(counts(&book(), STANDARD, Format::Xlsx), Ok((2, 0, 2)));
}

#[test]
fn poisoned_sheets_are_refused_or_wait() {
    for rows in [
        "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>7</v></c></row>",
        "<row r=\"99999999999\"><c r=\"A1\"><v>1</v></c></row>",
        "<row r=\"1\"><c r=\"ZZZZZZZZ1\"><v>1</v></c></row>",
        "<row r=\"2\"><c r=\"A2\"><v>1</v></c></row><row r=\"1\"><c r=\"A1\"><v>1</v></c></row>",
        "<row r=\"1\"><c r=\"A1\"><v>1e999</v></c><c r=\"B1\"><v>NaN</v></c></row>",
        "<row r=\"1\"><c r=\"A1\" s=\"999\"><v>1</v></c><c r=\"B1\" s=\"1\"><v>-5</v></c></row>",
        "<row><c><v>1</v></c><c/></row>",
        "<row",
    ] {
        // Whatever comes of it, it is told and not swallowed.
        if let Ok((reports, rejects, read)) = counts(&workbook(rows), STANDARD, Format::Xlsx) {
            assert_eq!(reports + rejects, read, "{rows}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..1_500)) {
        let _ = counts(&bytes, NEMSIS, Format::Xml);
        let _ = counts(&bytes, HL7, Format::Hl7);
        let _ = counts(&bytes, STANDARD, Format::Xlsx);
        let _ = counts(&[b"<PatientCareReport>".as_slice(), &bytes].concat(), NEMSIS, Format::Xml);
        let _ = counts(&[b"MSH|^~\\&|".as_slice(), &bytes].concat(), HL7, Format::Hl7);
    }

    #[test]
    fn a_document_with_bytes_changed_is_read_or_refused(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12), cut in any::<prop::sample::Index>()
    ) {
        let messages = MESSAGE.repeat(3);
        let book = book();
        for (bytes, mapping, format) in [
            (REPORTS, NEMSIS, Format::Xml), (messages.as_bytes(), HL7, Format::Hl7), (&book[..], STANDARD, Format::Xlsx),
        ] {
            let mut changed = bytes.to_vec();
            for (at, byte) in &changes {
                let at = at.index(changed.len());
                changed[at] = *byte;
            }
            let _ = counts(&changed, mapping, format);
            let _ = counts(&bytes[..cut.index(bytes.len())], mapping, format);
        }
    }

    /// The XML inside a workbook is changed, so that the archive itself is whole.
    #[test]
    fn any_cells_are_read_or_refused(cells in "(<c r=\"[A-Z]{1,3}[0-9]{1,7}\" (t=\"(s|str|b|e|d|n|inlineStr)\")?( s=\"[0-9]\")?><v>[0-9.eE+:TZ-]{0,12}</v></c>){0,8}") {
        let _ = counts(&workbook(&format!("<row r=\"1\">{cells}</row><row r=\"2\">{cells}</row>")), STANDARD, Format::Xlsx);
    }
}
