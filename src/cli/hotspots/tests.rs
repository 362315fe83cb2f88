//! The command on small files: what it prints, and what it says of bad ones.

use anyhow::Result;
use clap::Parser;
use serde_json::{Value, json};

use super::{HotspotsArgs, answer};
use crate::domain::place::{Point, Resolution};

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    hotspots: HotspotsArgs,
}

fn hotspots_of(cells: &str, more: &[&str]) -> Result<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cells.csv").display().to_string();
    std::fs::write(&path, cells).unwrap();
    let mut line = vec!["hotspots", "--cells", &path];
    line.extend(more);
    answer(&Command::try_parse_from(line)?.hotspots)
}

fn json_of(cells: &str, more: &[&str]) -> Value {
    serde_json::from_str(&hotspots_of(cells, more).unwrap()).unwrap()
}

/// What is said of a bad file, without the folder it lies in.
fn problem(cells: &str, more: &[&str]) -> String {
    let text = format!("{:#}", hotspots_of(cells, more).unwrap_err());
    text.split_inclusive('/').next_back().unwrap_or_default().to_owned()
}

/// Nineteen hexagons over twenty weeks with a count each, and a week of many at the middle one at the end.
fn flare() -> (String, String) {
    let centre = Point::new(44.31, -69.78).unwrap().cell(Resolution::Eight);
    let mut cells: Vec<_> = centre.neighbours().iter().flat_map(|c| c.neighbours()).collect();
    cells.sort();
    cells.dedup();
    let mut text = String::from("count,cell,date,nurse\n");
    for (i, cell) in cells.iter().enumerate() {
        for week in 0..20 {
            let day = "2025-01-06".parse::<crate::domain::time::Day>().unwrap() + week * 7;
            text += &format!("{},{cell},{day},x\n", (i as i32 + week) % 3);
        }
    }
    text += &format!("40,{centre},2025-05-19,x\n");
    (text, centre.to_string())
}

#[test]
fn a_flare_is_a_new_hot_spot_in_every_format() {
    let (cells, centre) = flare();
    let document = json_of(&cells, &[]);
    assert_eq!((&document["cells"], document["steps"].as_array().unwrap().len()), (&json!(19), 20));
    assert_eq!(document["steps"][19], json!({ "from": "2025-05-19", "to": "2025-05-25", "data": true }));
    let item = document["items"].as_array().unwrap().iter().find(|i| i["cell"] == centre.as_str()).unwrap();
    assert_eq!((&item["category"], &item["heat"], &item["hot_steps"]), (&json!("new hot"), &json!("hot"), &json!(1)));
    assert_eq!((&item["neighbours"], &item["moran_quadrant"]), (&json!(6), &json!("high-low")));
    assert!(item["gi_z"].as_f64().unwrap() > 3.0 && item["gi_p"].as_f64().unwrap() < 0.001);

    let csv = hotspots_of(&cells, &["--format", "csv"]).unwrap();
    assert!(csv.lines().any(|line| line.starts_with(&format!("{centre},new hot,,6,"))), "{csv}");
    let geojson: Value = serde_json::from_str(&hotspots_of(&cells, &["--format", "geojson"]).unwrap()).unwrap();
    let feature = geojson["features"].as_array().unwrap().iter().find(|f| f["id"] == centre.as_str()).unwrap();
    assert_eq!(feature["properties"]["category"], json!("new hot"));
    assert_eq!(feature["geometry"]["coordinates"][0][0].as_array().unwrap().len(), 7);
}

#[test]
fn every_cell_and_week_is_told_with_bins() {
    let (cells, centre) = flare();
    let csv = hotspots_of(&cells, &["--bins", "--format", "csv"]).unwrap();
    assert_eq!(csv.lines().count(), 1 + 19 * 20);
    let last = csv.lines().rfind(|line| line.starts_with(&centre)).unwrap();
    assert!(last.contains(",2025-05-19,2025-05-25,4") && last.contains(",hot,"), "{last}");
    assert_eq!(json_of(&cells, &["--bins"])["bins"].as_array().unwrap().len(), 19 * 20);
    assert!(problem(&cells, &["--bins", "--format", "geojson"]).contains("give --format json or csv"));
}

#[test]
fn days_are_counted_by_week_and_an_incomplete_last_week_is_left_out() {
    let mut cells = String::from("cell,date,count\n");
    for day in 1..=31 {
        cells += &format!("a,2025-01-{day:02},1\nb,2025-01-{day:02},2\n");
    }
    let folder = tempfile::tempdir().unwrap();
    let near = folder.path().join("near.csv").display().to_string();
    std::fs::write(&near, "place_id,neighbour_id\na,b\n").unwrap();
    let document = json_of(&cells, &["--neighbours", &near, "--bins"]);
    assert_eq!(document["steps"].as_array().unwrap().len(), 4);
    let counts = document["bins"].as_array().unwrap().iter().map(|b| b["count"].as_f64().unwrap());
    assert_eq!(counts.collect::<Vec<_>>(), [7.0, 7.0, 7.0, 7.0, 14.0, 14.0, 14.0, 14.0]);
    assert!(problem(&cells, &[]).contains("give --neighbours with a table place_id,neighbour_id"));
    assert!(problem(&cells, &["--neighbours", &near, "--format", "geojson"]).contains("needs H3 cells"));
}

#[test]
fn silence_and_empty_counts_are_no_data() {
    let cells = "place_id,week,count\na,1,3\nb,1,NA\na,2,1\nb,2,\na,3,2\nb,3,5\n";
    let folder = tempfile::tempdir().unwrap();
    let near = folder.path().join("near.json").display().to_string();
    std::fs::write(&near, r#"{"a": ["b"], "b": ["a"]}"#).unwrap();
    let document = json_of(cells, &["--neighbours", &near, "--bins"]);
    let bins = document["bins"].as_array().unwrap();
    assert_eq!((&bins[3]["count"], &bins[3]["gi_z"], &bins[3]["heat"]), (&json!(null), &json!(null), &json!(null)));
    assert_eq!(document["items"][1]["steps"], json!(1));
    let (cells, _) = flare();
    let quiet = json_of(&cells, &["--silent", "2025-05-20"]);
    assert_eq!(quiet["steps"][19]["data"], json!(false));
    assert!(quiet["items"].as_array().unwrap().iter().all(|i| i["category"] == json!("no pattern")));
}

#[test]
fn too_few_events_are_told_as_such_with_the_number_needed() {
    let (cells, _) = flare();
    let document = json_of(&cells, &["--least-events", "100"]);
    let items = document["items"].as_array().unwrap();
    let few = items.iter().find(|i| i["category"] == json!(null)).unwrap();
    let n = few["neighbourhood_events"].as_f64().unwrap();
    assert_eq!(few["reason"], json!(format!("too few to say: {n}, of 100 needed")));
    assert!(items.iter().any(|i| i["category"] == json!("new hot")));
}

#[test]
fn a_bad_row_or_option_is_named() {
    let two = "cell,date,count\na,2025-01-06,1\nb,2025-01-06,2\n";
    for (cells, said) in [
        ("cell,date,count\na,soon,1\n", "cells.csv: line 2, column date: \"soon\" is not a date as YYYY-MM-DD"),
        ("cell,date\na,2025-01-06\n", "cells.csv: line 1: there is no column \"count\"; expected count"),
        ("date,count\n", "cells.csv: line 1: there is no column \"cell\"; expected cell,date,count"),
        ("cell,date,count\n,2025-01-06,1\n", "cells.csv: line 2, column cell: \"\" is not an id"),
        ("cell,date,count\na,2025-01-06,1\n", "cells.csv: 1 cells in it; hot spots need two at least"),
        (
            "cell,date,count\na,2025-01-06,-1\n",
            "cells.csv: line 2, column count: \"-1\" is not a number, 0 or more (empty or NA for no data)",
        ),
    ] {
        assert_eq!(problem(cells, &[]), said);
    }
    assert!(problem(two, &["--alpha", "2"]).contains("expected a number above 0 and at most 1"));
    let (cells, _) = flare();
    assert!(problem(&cells, &["--from", "2026-01-01"]).contains("no row between --from and --to"));
    let folder = tempfile::tempdir().unwrap();
    let near = folder.path().join("near.csv").display().to_string();
    std::fs::write(&near, "place_id,neighbour_id\na,z\n").unwrap();
    let told = problem(two, &["--neighbours", &near]);
    assert_eq!(told, "near.csv: line 2, column neighbour_id: \"z\" is not a cell of the counts");
}
