//! The command on small files: what it prints, and what it says of bad ones.

use anyhow::Result;
use clap::Parser;
use serde_json::{Value, json};

use super::{ScanArgs, answer};

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    scan: ScanArgs,
}

const PLACES: &str = "place_id,latitude,longitude\na,44.1,-69.1\nb,44.2,-69.2\nc,44.9,-69.9\n";

fn scan_of(cases: &str, places: &str, more: &[&str]) -> Result<String> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (cases, places) = (write("cases.csv", cases), write("places.csv", places));
    let mut line = vec!["scan", "--cases", &cases, "--places", &places, "--replications", "19", "--threads", "1"];
    line.extend(more);
    answer(&Command::try_parse_from(line)?.scan)
}

/// What is said of a bad file, without the folder it lies in.
fn problem(cases: &str, places: &str, more: &[&str]) -> String {
    let text = format!("{:#}", scan_of(cases, places, more).unwrap_err());
    text.rsplit('/').next().unwrap_or_default().to_owned()
}

#[test]
fn a_bad_row_is_named_by_file_line_and_column() {
    let good = "place_id,date,count\na,2025-01-01,1\n";
    assert_eq!(
        problem("place_id,date,count\na,2025-01-01,1\nb,soon,1\n", PLACES, &[]),
        "cases.csv: line 3, column date: \"soon\" is not a date as YYYY-MM-DD"
    );
    assert_eq!(
        problem("place_id,date,count\na,2025-01-01,-1\n", PLACES, &[]),
        "cases.csv: line 2, column count: \"-1\" is not a whole number of cases, 0 or more"
    );
    assert_eq!(
        problem("place_id,date,count\nz,2025-01-01,1\n", PLACES, &[]),
        "cases.csv: line 2, column place_id: \"z\" is not a place of the places file"
    );
    assert_eq!(
        problem("place_id,date\na,2025-01-01\n", PLACES, &[]),
        "cases.csv: line 1: there is no column \"count\"; expected place_id,date,count"
    );
    assert_eq!(
        problem(good, "place_id,latitude,longitude\na,95,1\n", &[]),
        "places.csv: line 2, column latitude: \"95\" is not with its longitude a position: latitude 95 is outside -90 to 90"
    );
    assert!(problem(good, "place_id\na\n", &[]).contains("expected the columns latitude,longitude or x,y"));
}

#[test]
fn what_cannot_be_scanned_is_said_in_one_line() {
    let two = "place_id,date,count\na,2025-01-01,1\nb,2025-01-20,1\n";
    let period = ["--from", "2025-01-01", "--to", "2025-01-20"];
    let of = |more: &[&str]| problem(two, PLACES, &[&period, more].concat());
    assert_eq!(
        problem(two, PLACES, &["--from", "2025-01-02", "--to", "2025-01-31"]),
        "cases.csv: line 2, column date: \"2025-01-01\" is not in the study period"
    );
    assert_eq!(
        problem("place_id,date,count\na,2025-01-01,1\n", PLACES, &period),
        "cases.csv: 1 cases from 2025-01-01 to 2025-01-20; a scan needs two at least"
    );
    assert_eq!(
        of(&["--max-days", "30"]),
        "--max-days 30 is longer than the study period, 20 days from 2025-01-01 to 2025-01-20"
    );
    assert_eq!(of(&["--min-days", "11"]), "there is no window to scan: the shortest has 11 days and the longest 10");
    assert_eq!(of(&["--surveillance-from", "soon"]).lines().count(), 1);
}

#[test]
fn cases_without_a_population_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("population.csv").display().to_string();
    std::fs::write(&path, "place_id,population\na,0\nb,10\n").unwrap();
    let two = "place_id,date,count\na,2025-01-01,1\nb,2025-01-20,1\n";
    let told = problem(two, PLACES, &["--model", "poisson", "--population", &path]);
    assert_eq!(told, "place \"a\" has cases but no population for them");
}

#[test]
fn earlier_analyses_make_a_cluster_less_rare() {
    let p_and_interval = |more: &[&str]| {
        let text = scan_of(&outbreak(), PLACES, &[&["--max-days", "7"], more].concat());
        let document: Value = serde_json::from_str(&text.unwrap()).unwrap();
        let top = &document["clusters"][0];
        assert_eq!((&top["centre"], &top["observed"]), (&json!("a"), &json!(6)));
        (top["p_value"].as_f64().unwrap(), top["recurrence_interval_days"].as_f64().unwrap())
    };
    let alone = p_and_interval(&[]);
    let (p, interval) = p_and_interval(&["--surveillance-from", "2025-01-11"]);
    assert!(p >= alone.0);
    assert!((interval - 1.0 / (1.0 - (1.0 - p).powf(1.0 / 20.0))).abs() < 1e-6 * interval);
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let good = "place_id,date,count\na,2025-01-01,1\nb,2025-01-02,2\n";
    assert!(problem(good, PLACES, &["--model", "poisson"]).contains("the poisson model needs a population"));
    assert!(problem(good, PLACES, &["--max-space-share", "1.5"]).contains("expected above 0 and at most 1"));
    assert!(problem(good, PLACES, &["--model", "spaghetti"]).contains("expected one of permutation, poisson"));
    assert!(problem(good, PLACES, &["--from", "2025-02-01", "--to", "2025-01-01"]).contains("lies before"));
    assert!(problem(good, PLACES, &["--analysis", "spatial"]).contains("permuting times cannot show"));
}

fn outbreak() -> String {
    let mut cases = String::from("date,count,place_id,nurse\n");
    for day in 1..=30 {
        cases += &format!("2025-01-{day:02},1,b,x\n2025-01-{day:02},1,c,x\n");
    }
    cases + "2025-01-30,6,a,x\n2025-01-02,1,a,x\n"
}

#[test]
fn columns_may_come_in_any_order_and_json_is_one_document() {
    let text = scan_of(&outbreak(), PLACES, &["--max-days", "7"]).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let top = &document["clusters"][0];
    assert_eq!((&top["centre"], &top["places"]), (&json!("a"), &json!(["a"])));
    assert_eq!((&top["from"], &top["to"], &top["observed"]), (&json!("2025-01-30"), &json!("2025-01-30"), &json!(6)));
    // 7 cases at the place, 8 of all 67 on the day.
    assert!((top["expected"].as_f64().unwrap() - 7.0 * 8.0 / 67.0).abs() < 1e-12);
    assert_eq!(document["cases"], json!(67));
    assert_eq!(document["settings"]["from"], json!("2025-01-01"));
}

#[test]
fn geojson_and_csv_say_the_same() {
    let json: Value = serde_json::from_str(&scan_of(&outbreak(), PLACES, &["--format", "geojson"]).unwrap()).unwrap();
    let top = &json["features"][0];
    assert_eq!(top["geometry"], json!({ "type": "Point", "coordinates": [-69.1, 44.1] }));
    let csv = scan_of(&outbreak(), PLACES, &["--format", "csv"]).unwrap();
    assert!(csv.lines().nth(1).unwrap().starts_with("1,a,44.1,-69.1,0.0,a,2025-01-30,"), "{csv}");
}

/// A bent line of hexagons with an outbreak, and the same hexagons quiet.
fn hexagons() -> (String, String) {
    use crate::domain::place::{Point, Resolution};
    let centre = Point::new(44.31, -69.78).unwrap().cell(Resolution::Eight);
    let mut cells: Vec<_> = centre.neighbours().iter().flat_map(|c| c.neighbours()).collect();
    cells.sort();
    cells.dedup();
    let mut places = String::from("place_id,latitude,longitude\n");
    let mut cases = String::from("place_id,date,count\n");
    for cell in &cells {
        places += &format!("{cell},{},{}\n", cell.centre().lat(), cell.centre().lon());
        for day in 1..=30 {
            cases += &format!("{cell},2025-01-{day:02},1\n");
        }
    }
    for cell in &centre.neighbours()[..2] {
        cases += &format!("{cell},2025-01-30,6\n");
    }
    (cases, places)
}

#[test]
fn connected_zones_are_labelled_and_drawn_as_the_outline_of_their_cells() {
    let (cases, places) = hexagons();
    let of = |more: &[&str]| -> Value {
        let line = [&["--zones", "connected", "--max-cells", "3", "--max-days", "5"], more].concat();
        serde_json::from_str(&scan_of(&cases, &places, &line).unwrap()).unwrap()
    };
    let document = of(&[]);
    let settings = &document["settings"];
    assert_eq!((&settings["zones"], &settings["max_cells"]), (&json!("connected"), &json!(3)));
    assert_eq!(document["clusters"][0].get("coarser"), None);
    let outlined = of(&["--format", "geojson"]);
    let geometry = &outlined["features"][0]["geometry"];
    assert_eq!(geometry["type"], json!("MultiPolygon"));
    // Each hexagon has six corners; what they share is drawn once.
    let corners: usize =
        geometry["coordinates"].as_array().unwrap().iter().map(|p| p[0].as_array().unwrap().len() - 1).sum();
    let cells = outlined["features"][0]["properties"]["places"].as_array().unwrap().len();
    assert!(cells >= 2 && corners < 6 * cells, "{corners} corners of {cells} cells");
    let wide = of(&["--coarser", "2"]);
    assert_eq!(wide["settings"]["coarser"], json!(2));
    assert!(wide["clusters"][0]["coarser"].as_u64().is_some_and(|n| n <= 2));
}

#[test]
fn circles_say_nothing_of_other_zones() {
    let document: Value = serde_json::from_str(&scan_of(&outbreak(), PLACES, &[]).unwrap()).unwrap();
    for key in ["zones", "max_cells", "coarser"] {
        assert_eq!(document["settings"].get(key), None);
        assert_eq!(document["clusters"][0].get(key), None);
    }
}

#[test]
fn neighbours_come_from_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("neighbours.csv").display().to_string();
    std::fs::write(&path, "place_id,neighbour_id\na,b\nb,c\n").unwrap();
    let connected = ["--zones", "connected", "--max-days", "7"];
    let text = scan_of(&outbreak(), PLACES, &[&connected[..], &["--neighbours", &path]].concat()).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["clusters"][0]["places"], json!(["a"]));
    assert_eq!(
        problem(&outbreak(), PLACES, &connected),
        "zones connected need H3 cells of one resolution as places, or to be told which places are neighbours"
    );
    let told = problem(&outbreak(), PLACES, &["--neighbours", &path]);
    assert_eq!(told, "--neighbours says nothing to circles; give --zones rings or connected with it");
    std::fs::write(&path, "place_id,neighbour_id\na,z\n").unwrap();
    let told = problem(&outbreak(), PLACES, &[&connected[..], &["--neighbours", &path]].concat());
    assert_eq!(told, "neighbours.csv: line 2, column neighbour_id: \"z\" is not a place of the places file");
}
