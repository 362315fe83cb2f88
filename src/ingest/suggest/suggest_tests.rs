use std::io::Cursor;

use super::*;
use crate::domain::time::Zone;

fn options() -> ReadOptions {
    ReadOptions {
        now: "2024-06-01T12:00:00Z".parse().unwrap(),
        zone: "America/New_York".parse::<Zone>().unwrap(),
        others: Vec::new(),
    }
}

fn of(text: &str, format: Format) -> Suggestion {
    suggest(|| Ok(Cursor::new(text.as_bytes().to_vec())), format, "feed", options()).unwrap()
}

fn csv(header: &str, row: impl Fn(u32) -> String, rows: u32) -> Suggestion {
    let text: String = std::iter::once(header.to_owned()).chain((0..rows).map(row)).map(|l| l + "\n").collect();
    of(&text, Format::Csv)
}

fn used_as<'s>(s: &'s Suggestion, column: &str) -> &'s str {
    s.columns.iter().find(|c| c.column == column).map_or("", |c| c.used_as.as_str())
}

fn has_doubt(s: &Suggestion, words: &str) -> bool {
    s.doubts.iter().any(|d| d.contains(words))
}

#[test]
fn the_standard_columns_are_all_found_again() {
    let s = csv(
        "event_id,kind,occurred_at,received_at,latitude,longitude,precision,jurisdiction",
        |i| {
            format!(
                "e{i},overdose,2024-05-01T{:02}:00:00-04:00,2024-05-03T10:00:00Z,44.8{i:03},-68.77,street,me",
                i % 24
            )
        },
        50,
    );
    assert_eq!((s.cases, s.rejects.len(), s.rows.len()), (50, 0, 20), "{}", s.mapping);
    for (column, role) in [
        ("event_id", "record id"),
        ("kind", "kind"),
        ("occurred_at", "time of the occurrence"),
        ("received_at", "time of receipt"),
        ("precision", "precision of the point"),
        ("jurisdiction", "jurisdiction"),
    ] {
        assert_eq!(used_as(&s, column), role);
    }
    assert_eq!(s.rows[0].occurred_at, "2024-05-01T04:00:00Z");
}

#[test]
fn a_time_inside_a_text_is_the_occurrence_when_the_column_beside_it_comes_later() {
    let s = csv(
        "desc,scraped,title,lat,lng",
        |i| {
            format!(
                "ELM ST & OAK ST;  SOMEWHERE; Station {i}; 2024-05-01 @ 10:{:02}:09;,2024-05-01 11:{:02}:00,{},40.2{i:03},-75.3{i:03}",
                i % 60,
                i % 60,
                if i % 9 == 0 { "EMS: OVERDOSE" } else { "Traffic: CRASH" }
            )
        },
        90,
    );
    assert_eq!(
        (used_as(&s, "desc"), used_as(&s, "scraped")),
        ("time of the occurrence, record id", "time of receipt, record id")
    );
    assert_eq!((s.cases, s.not_cases, s.rejects.len()), (10, 80, 0), "{}", s.mapping);
    assert!(s.mapping.contains("in = [\"EMS: OVERDOSE\"]"), "{}", s.mapping);
    assert!(s.mapping.contains("zone = \"America/New_York\""));
    assert!(has_doubt(&s, "comes after the time that stands inside"));
}

#[test]
fn an_order_of_day_and_month_that_no_row_tells_is_a_doubt() {
    let ambiguous = csv("id,date", |i| format!("{i},0{}/0{}/2024", i % 5 + 1, i % 3 + 1), 40);
    assert!(has_doubt(&ambiguous, "day and month can't be told apart"), "{:?}", ambiguous.doubts);
    assert!(ambiguous.mapping.contains("%m/%d/%Y"));
    let american = csv("id,date", |i| format!("{i},0{}/{}/2024", i % 5 + 1, i % 28 + 1), 40);
    assert!(!has_doubt(&american, "can't be told apart"));
    let european = csv("id;date", |i| format!("{i};{}/0{}/2024", i % 28 + 1, i % 5 + 1), 40);
    assert!(
        european.mapping.contains("%d/%m/%Y") && european.mapping.contains("delimiter = \";\""),
        "{}",
        european.mapping
    );
    assert_eq!((european.cases, european.rejects.len()), (40, 0));
}

#[test]
fn a_date_and_its_time_in_two_columns_are_joined() {
    let s = csv(
        "Incident Number,Incident Date,Incident Time",
        |i| format!("{i},05/{:02}/2024,{}:0{} PM", i % 28 + 1, i % 11 + 1, i % 9),
        40,
    );
    assert!(s.mapping.contains("occurred_at = { column = [\"Incident Date\", \"Incident Time\"]"), "{}", s.mapping);
    assert_eq!((s.cases, s.rejects.len()), (40, 0));
    assert_eq!(s.rows[0].time_precision, "instant");
}

#[test]
fn midnights_of_a_database_are_days() {
    let s = csv(
        "id,incident_date",
        |i| format!("{i},2024/05/{:02} {}:00:00+00", i % 28 + 1, if i % 3 == 0 { "07" } else { "00" }),
        60,
    );
    assert_eq!(s.rows[0].time_precision, "day");
    assert_eq!(s.rows[1].occurred_at, "2024-05-02T04:00:00Z", "the day as written, in its zone");
    assert!(has_doubt(&s, "they are taken for days"));
}

#[test]
fn words_for_outcome_and_naloxone_are_mapped_and_names_are_left() {
    let s = csv(
        "case_no,dob,patient_name,date_time,Fatal,Narcan Given,status",
        |i| {
            let (fatal, narcan) = [("Y", "Yes"), ("N", "No"), ("N", "NULL"), ("Unknown", "Yes")][i as usize % 4];
            format!("{i},1990-01-01,X,2024-05-01 10:00,{fatal},{narcan},{}", if i == 3 { "VOID" } else { "ok" })
        },
        40,
    );
    assert_eq!((s.cases, s.rejects.len()), (40, 0), "{:?} {}", s.rejects, s.mapping);
    let seen: Vec<_> = s.rows[..4].iter().map(|r| (r.outcome.as_str(), r.naloxone.as_str())).collect();
    assert_eq!(seen, [("fatal", "given"), ("nonfatal", "none"), ("nonfatal", "unknown"), ("unknown", "given")]);
    assert_eq!((used_as(&s, "dob"), used_as(&s, "patient_name")), ("not read", "not read"));
    assert!(s.columns.iter().filter(|c| c.column == "dob" || c.column == "patient_name").all(|c| c.example.is_empty()));
    assert!(s.mapping.contains("null = [\"NULL\"]") && s.mapping.contains("VOID = \"yes\""), "{}", s.mapping);
}

#[test]
fn swapped_and_randomised_coordinates_and_centres_are_noticed() {
    let swapped = csv("id,when,latitude,longitude", |i| format!("{i},2024-05-01,-68.7{i:02},44.8{i:02}"), 30);
    assert!(swapped.mapping.contains("swapped = true"), "{}", swapped.mapping);
    assert_eq!(swapped.rows[0].latitude, Some(44.8));
    let random = csv(
        "id,when,Latitude_Random,Longitude_Random,notes",
        |i| format!("{i},2024-05-01,33.4{i:02},-111.9{i:02},{}", if i == 2 { "Placed at center of city" } else { "" }),
        30,
    );
    assert!(random.mapping.contains("randomised = true") && random.mapping.contains("zone = \"America/Phoenix\""));
    assert_eq!(random.rows[2].precision.as_deref(), Some("place"));
    let centres = csv("id,when,lat,lon,town", |i| format!("{i},2024-05-01,44.{},-68.{},T{}", i % 9, i % 9, i % 9), 300);
    assert!(centres.mapping.contains("precision = \"place\""), "{}", centres.mapping);
}

#[test]
fn diagnoses_make_a_case_definition() {
    let s = csv(
        "visit_id,arrived_at,diagnosis",
        |i| format!("{i},2024-05-01 10:00,{}", ["T40.1X1A", "I10", "T40.1X5A", "F11.20"][i as usize % 4]),
        40,
    );
    assert_eq!((s.cases, s.not_cases), (10, 30), "{}", s.mapping);
}

#[test]
fn records_of_json_and_cells_of_a_workbook_are_looked_at_like_rows() {
    let json = "{\"items\":[{\"id\":1,\"when\":\"2024-05-01T10:00:00Z\",\"geo\":{\"lat\":44.8,\"lon\":-68.7}},{\"id\":2,\"when\":\"2024-05-02T10:00:00Z\",\"geo\":{\"lat\":44.9,\"lon\":-68.7}}]}";
    let s = of(json, Format::Json);
    assert_eq!(s.cases, 2, "{}", s.mapping);
    assert_eq!(used_as(&s, "when"), "time of the occurrence");
    use super::super::xlsx::tests::{row, workbook};
    let book = workbook(
        &[row(1, &["Log"]), row(2, &["incident_number", "occurred_at"]), row(3, &["a", "s2:45413.5"])].concat(),
    );
    let s = suggest(|| Ok(Cursor::new(book.clone())), Format::Xlsx, "feed", options()).unwrap();
    assert_eq!((s.cases, s.rows[0].occurred_at.as_str()), (1, "2024-05-01T16:00:00Z"), "{}", s.mapping);
    assert!(s.mapping.contains("sheet = \"Data\""));
}

#[test]
fn what_cannot_be_guessed_is_said_and_not_made_up() {
    let s = csv("a,b", |i| format!("x{i},y"), 10);
    assert!(has_doubt(&s, "no column of times was found") && has_doubt(&s, "can't be tried out yet"), "{:?}", s.doubts);
    assert!(s.rows.is_empty());
    let none = suggest(|| Ok(Cursor::new(Vec::new())), Format::Csv, "feed", options());
    assert!(matches!(none, Err(IngestError::Empty)));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 60, ..proptest::prelude::ProptestConfig::default() })]

    #[test]
    fn any_text_gets_an_answer(text in "(id|date|lat|lon|title|[a-z\"é]{0,6}),(fatal|zip|\\PC{0,9})(\n\\PC{0,40}){0,12}") {
        for format in [Format::Csv, Format::Tsv, Format::Ndjson, Format::Json] {
            let _ = suggest(|| Ok(Cursor::new(text.as_bytes().to_vec())), format, "f\"eed", options());
        }
    }
}
