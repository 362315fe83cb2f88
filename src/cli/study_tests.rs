use std::io::Write;

use super::*;

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut f = tempfile::NamedTempFile::new().unwrap();
    f.write_all(text.as_bytes()).unwrap();
    f
}

fn args(events: &Path) -> StudyArgs {
    StudyArgs {
        events: events.to_owned(),
        kind: EventKind::Overdose,
        resolution: 8,
        region: None,
        area_column: "jurisdiction".to_owned(),
        zone: None,
        since: None,
        any_precision: false,
    }
}

const GOOD: &str = "\
event_id,kind,occurred_at,received_at,latitude,longitude,precision,jurisdiction
1,overdose,2024-05-01T23:30:00-04:00,2024-05-03T08:00:00-04:00,44.80,-68.77,rooftop,Bangor
2,naloxone,2024-05-01,,44.80,-68.77,rooftop,Bangor
3,overdose,2024-05-04,,44.90,-68.70,rooftop,Orono
3,overdose,2024-05-04,,44.90,-68.70,rooftop,Orono
4,overdose,2024-05-05 10:00:00,,44.85,-68.60,zip,Orono
5,overdose,2024-05-06,,,,,Orono
6,overdose,2024-05-09,,44.85,-68.60,rooftop,Bangor
";

#[test]
fn events_are_counted_in_cells_areas_and_days_as_well_as_they_are_known() {
    let f = file(GOOD);
    let study = Study::read(&args(f.path())).unwrap();
    assert_eq!((study.events, study.unplaced), (5, 2));
    assert_eq!(study.days, DayRange { from: "2024-05-01".parse().unwrap(), to: "2024-05-09".parse().unwrap() });
    assert_eq!(study.areas.iter().map(AreaId::as_str).collect::<Vec<_>>(), ["bangor", "orono"]);
    assert_eq!(study.area_counts[0], Sighting { place: 0, day: 0, lag: 2, count: 1 });
    assert_eq!(study.area_counts.iter().map(|s| s.count).sum::<u32>(), 5);
    assert_eq!(study.cell_counts.len(), 3);
    assert!(study.cells.len() > 60, "the hull of three points holds more cells than the points: {}", study.cells.len());
    assert!(study.cell_area.iter().all(Option::is_some));
    assert!(study.notes.iter().any(|n| n.contains("repeat an event_id")), "{:?}", study.notes);
}

#[test]
fn a_zone_moves_late_events_to_their_local_day() {
    let f = file(GOOD);
    let utc = StudyArgs { zone: Some(Zone::UTC), ..args(f.path()) };
    assert_eq!(Study::read(&utc).unwrap().days.from, "2024-05-02".parse().unwrap());
}

#[test]
fn every_input_error_names_file_line_column_and_what_was_expected() {
    let head = "event_id,kind,occurred_at,received_at,latitude,longitude,precision,jurisdiction\n";
    for (row, want) in [
        ("1,overdose,yesterday,,44.8,-68.7,,", vec!["line 2", "occurred_at", "yesterday", "YYYY-MM-DD"]),
        ("1,overdose,9999-01-01,,44.8,-68.7,,", vec!["line 2", "9999-01-01"]),
        ("1,overdose,9999-01-01 10:00:00,,44.8,-68.7,,", vec!["line 2", "9999-01-01"]),
        ("1,overdose,2024-05-01,,144.8,-68.7,,", vec!["line 2", "latitude", "-90 to 90"]),
        ("1,overdose,2024-05-01,,abc,-68.7,,", vec!["line 2", "latitude", "abc", "degrees"]),
        ("1,overdose,2024-05-01,,44.8,,,", vec!["line 2", "only one"]),
        ("1,party,2024-05-01,,44.8,-68.7,,", vec!["line 2", "kind", "overdose, naloxone or outreach"]),
        ("1,overdose,2024-05-01,,44.8,-68.7,vague,", vec!["line 2", "precision", "rooftop"]),
        ("1,overdose,2024-05-01,,44.8,-68.7", vec!["line"]),
    ] {
        let f = file(&format!("{head}{row}\n"));
        let error = format!("{:#}", Study::read(&args(f.path())).unwrap_err());
        assert!(error.contains(&f.path().display().to_string()), "{error}");
        for part in want {
            assert!(error.contains(part), "{error} lacks {part}");
        }
    }
    let f = file("id,when\n");
    let error = format!("{:#}", Study::read(&args(f.path())).unwrap_err());
    assert!(error.contains("no column \"occurred_at\"; found id,when"), "{error}");
}

#[test]
fn a_region_file_gives_every_cell_of_its_polygon() {
    let f = file(GOOD);
    let square = r#"{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":
        [[[-68.9,44.7],[-68.5,44.7],[-68.5,45.0],[-68.9,45.0],[-68.9,44.7]]]}}"#;
    let region = file(square);
    let with = StudyArgs { region: Some(region.path().to_owned()), ..args(f.path()) };
    let n = Study::read(&with).unwrap().cells.len();
    // 31.6 km × 33.4 km at about 0.83 km² a cell there.
    assert!((1100..1700).contains(&n), "{n}");
    let empty = file(r#"{"type":"Point","coordinates":[-68.9,44.7]}"#);
    let with = StudyArgs { region: Some(empty.path().to_owned()), ..args(f.path()) };
    assert!(format!("{:#}", Study::read(&with).unwrap_err()).contains("holds no polygon"));
}
