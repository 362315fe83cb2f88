use super::{
    super::{
        fault::{group_id, pattern_of, reject_id},
        quality::Reject,
    },
    *,
};

fn reject(reason: RejectReason, message: &str) -> Reject {
    Reject { line: 2, reason, field: Some("when".into()), message: message.into(), row: serde_json::Map::new() }
}

fn pattern(reason: RejectReason, message: &str) -> String {
    pattern_of(&reject(reason, message), "2016-06-01T12:00:00Z".parse().unwrap())
}

#[test]
fn the_same_fault_with_other_figures_is_one_pattern() {
    let bad_time = |text: &str| pattern(RejectReason::BadTime, text);
    assert_eq!(
        bad_time("\"5/13/2017 10:22\" is not a time; expected %d/%m/%Y %H:%M"),
        bad_time("\"12/31/2018 9:01\" is not a time; expected %d/%m/%Y %H:%M")
    );
    assert_eq!(bad_time("\"5/13/2017\" is not a time; expected ISO 8601"), "\"9/9/9999\" is not a time");
    assert_ne!(bad_time("\"5/13/2017\" is not a time"), bad_time("\"May 2017\" is not a time"));
    let bad_point = |text: &str| pattern(RejectReason::BadPoint, text);
    assert_eq!(
        bad_point("latitude 95 is out of range; are latitude and longitude swapped?"),
        bad_point("latitude 111.5103 is out of range; are latitude and longitude swapped?")
    );
}

#[test]
fn each_word_without_a_meaning_is_a_group_of_its_own() {
    let unknown = |text: &str| pattern(RejectReason::UnknownValue, text);
    let expected = "expected none, single, multiple";
    assert_ne!(
        unknown(&format!("\"T40.1\" has no meaning here; {expected}")),
        unknown(&format!("\"T40.2\" has no meaning here; {expected}"))
    );
    assert_eq!(unknown("\"NARCAN\" has no meaning here"), unknown("\"Narcan\" has no meaning here"));
}

#[test]
fn times_ahead_are_told_apart_by_how_far() {
    let future = |at: &str| pattern(RejectReason::FutureTime, &format!("{at} lies in the future"));
    assert_eq!(future("2016-06-01T16:00:00Z"), "ahead by hours");
    assert_eq!(future("2016-06-09T16:00:00Z"), "ahead by days");
    assert_eq!(future("2017-05-03T10:00:00Z"), "ahead by up to 1 year");
    assert_eq!(future("2018-06-02T00:00:00Z"), "ahead by up to 3 years");
    assert_eq!(
        pattern(RejectReason::FutureTime, "the occurrence lies after the receipt"),
        "the occurrence lies after the receipt"
    );
}

#[test]
fn the_cell_of_a_workbook_is_no_part_of_the_pattern() {
    let in_cell = |cell: &str| format!("sheet \"Log: 2016\", cell {cell}: \"soon\" is not a time; expected iso");
    assert_eq!(pattern(RejectReason::BadTime, &in_cell("B7")), "\"a\" is not a time");
    assert_eq!(pattern(RejectReason::BadTime, &in_cell("B7")), pattern(RejectReason::BadTime, &in_cell("C12")));
}

#[test]
fn equal_rows_have_ids_of_their_own_that_can_be_found_again() {
    let (jurisdiction, source) = ("me".parse().unwrap(), "feed".parse().unwrap());
    let bad = reject(RejectReason::BadTime, "ragged");
    assert_ne!(reject_id(&jurisdiction, &source, &bad, 1), reject_id(&jurisdiction, &source, &bad, 2));
    assert_eq!(reject_id(&jurisdiction, &source, &bad, 2), reject_id(&jurisdiction, &source, &bad, 2));
}

#[test]
fn a_rule_without_sense_is_refused_in_a_sentence() {
    let shift = |years, days| Mend::ShiftTime { column: "when".into(), years, days, hours: 0 };
    let refused = |mends: &[Mend]| check_mends(mends).expect_err("a mistake").to_string();
    assert!(check_mends(&[shift(-1, 0), Mend::Swap { first: "a".into(), second: "b".into() }]).is_ok());
    assert_eq!(refused(&[]), "expected 1 to 8 mends");
    assert_eq!(refused(&[shift(0, 0)]), "say by how many years, days or hours");
    assert_eq!(refused(&[Mend::NotOurs { why: " ".into() }]), "say why the rows are not ours");
    assert_eq!(
        refused(&[Mend::NotACase, shift(-1, 0)]),
        "a decision about the rows stands alone: no value is mended as well"
    );
    assert_eq!(refused(&[Mend::Set { column: String::new(), value: "x".into() }]), "a column is not named");
}

#[test]
fn mends_are_written_as_they_are_read() {
    let text = r#"[{"do":"shift_time","column":"when","years":-1},{"do":"not_a_case"}]"#;
    let read: Vec<Mend> = serde_json::from_str(text).unwrap();
    assert_eq!(read[0], Mend::ShiftTime { column: "when".into(), years: -1, days: 0, hours: 0 });
    assert_eq!(serde_json::from_str::<Vec<Mend>>(&serde_json::to_string(&read).unwrap()).unwrap(), read);
    assert!(serde_json::from_str::<Mend>(r#"{"do":"set","column":"a","value":"b","more":1}"#).is_err());
}

fn group(reason: RejectReason, field: &str, pattern: &str, message: &str, row: serde_json::Value) -> RejectGroup {
    let source: SourceId = "feed".parse().unwrap();
    let at = "2016-06-01T12:00:00Z".parse().unwrap();
    let id = group_id(&source, reason, Some(field), pattern);
    let example = QuarantinedRow {
        id: RejectId::derived(&["r"]),
        source: source.clone(),
        origin: "calls.csv".into(),
        line: 7,
        reason,
        field: Some(field.into()),
        message: message.into(),
        row: row.as_object().unwrap().clone(),
        state: RejectState::Waiting,
        received_at: at,
        group: id,
        pattern: pattern.into(),
        settled_at: None,
        settled_by: None,
        rule: None,
    };
    RejectGroup {
        id,
        source,
        reason,
        field: Some(field.into()),
        pattern: pattern.into(),
        rows: 312,
        first_at: at,
        last_at: at,
        example,
    }
}

#[test]
fn a_group_says_what_is_wrong_and_what_may_mend_it() {
    let row = serde_json::json!({ "when": "5/3/2017 10:00", "lat": "-75.1", "lng": "40.2" });
    let ahead = group(RejectReason::FutureTime, "when", "ahead by up to 1 year", "", row.clone());
    assert_eq!(ahead.sentence(), "when: the time lies ahead of its receipt by up to 1 year: 2017 for 2016?");
    assert_eq!(ahead.suggested(), [Mend::ShiftTime { column: "when".into(), years: -1, days: 0, hours: 0 }]);
    let message = "nobody lives at latitude -75.1; are latitude and longitude swapped?";
    let pattern = pattern_of(&reject(RejectReason::BadPoint, message), ahead.first_at);
    let swapped = group(RejectReason::BadPoint, "lat", &pattern, message, row.clone());
    assert_eq!(swapped.suggested(), [Mend::Swap { first: "lat".into(), second: "lng".into() }]);
    let message = "\"soon\" is not a time; expected ISO 8601";
    let bad = group(RejectReason::BadTime, "when", "\"a\" is not a time", message, row);
    assert_eq!((bad.sentence(), bad.suggested()), ("when: \"soon\" is not a time".to_owned(), Vec::new()));
}
