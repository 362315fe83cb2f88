use std::io::Write as _;

use super::*;
use crate::cli::study::StudyArgs;

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut f = tempfile::NamedTempFile::new().unwrap();
    f.write_all(text.as_bytes()).unwrap();
    f
}

fn study() -> Study {
    let f = file(
        "occurred_at,latitude,longitude,jurisdiction\n2024-05-01,44.80,-68.77,Bangor\n2024-05-04,44.90,-68.70,Orono\n\
         2024-05-09,44.85,-68.60,Bangor\n",
    );
    Study::read(&StudyArgs::of_file(f.path(), 8)).unwrap()
}

fn told(text: &str) -> Result<Vec<Reading>> {
    read(file(text).path(), &mut study())
}

#[test]
fn places_are_points_cells_of_any_size_and_areas() {
    let cell = Point::new(44.80, -68.77).unwrap().cell(study().cells[0].resolution());
    let coarse = cell.parent(crate::cells::resolution(6).unwrap()).unwrap();
    let text = format!(
        "cell,latitude,longitude,area,population,services,date\n,44.80,-68.77,,120,,\n{cell},,,,,2,2024-05-03\n\
         {coarse},,,,70,,\n,,,bangor,300,,\n"
    );
    let rows = told(&text).unwrap();
    let here = study().cells.binary_search(&cell).unwrap() as u32;
    assert_eq!((rows[0].measure, rows[0].day, &rows[0].cells[..]), (Measure::Population, None, &[here][..]));
    assert_eq!((rows[1].measure, rows[1].day, rows[1].value), (Measure::Services, Some(2), 2.0));
    assert!(rows[2].cells.len() > 5 && rows[2].cells.contains(&here), "{:?}", rows[2].cells);
    assert!(rows[3].cells.len() > 10 && rows[3].value == 300.0);
    assert_eq!(rows.len(), 4);
}

#[test]
fn every_error_names_line_column_and_what_was_expected() {
    for (text, want) in [
        ("latitude,longitude\n1,2\n", "line 1: no column has figures"),
        ("town,population\nx,2\n", "line 1: no column says where"),
        ("area,population\nbangor,1\nelsewhere,2\n", "line 3: area: \"elsewhere\" is none of the 2 areas"),
        ("area,population\nbangor,-99\n", "line 2: population: \"-99\"; expected a number from 0 up"),
        ("area,population\nbangor,many\n", "line 2: population: \"many\""),
        ("area,seizures\nbangor,1\n", "line 2: seizures: 1 without a date"),
        ("area,seizures,date\nbangor,1,May\n", "line 2: date: \"May\""),
        ("cell,population\nxyz,1\n", "line 2: cell: \"xyz\""),
        ("latitude,longitude,population\n144.8,-68.7,1\n", "line 2: latitude,longitude"),
        ("latitude,longitude,population\n,,1\n", "line 2: no place"),
        ("latitude,longitude,population\n20.0,-68.7,1\n", "no figure for any of the"),
    ] {
        let error = format!("{:#}", told(text).unwrap_err());
        assert!(error.contains(want), "{error} does not say {want}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}
