use std::path::Path;

use clap::Parser;
use serde_json::Value;

use super::*;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    hhh4: Hhh4Args,
}

/// Weekly counts of three towns in a row, with a wave and something of the week before.
fn weekly(weeks: u32) -> Vec<[u32; 3]> {
    let mut rows: Vec<[u32; 3]> = vec![[3, 5, 8]];
    for t in 1..weeks {
        let before = rows[rows.len() - 1];
        let wave = (f64::from(t) / 52.0 * std::f64::consts::TAU).sin();
        let noise = |u: u32| (t * 7919 + u * 104_729) % 7;
        rows.push(std::array::from_fn(|u| {
            let level = [1.0, 3.0, 6.0][u] * (0.4 * wave).exp();
            (level + 0.3 * f64::from(before[u]) + f64::from(noise(u as u32)) - 2.0).max(0.0) as u32
        }));
    }
    rows
}

const TOWNS: [&str; 3] = ["Ash", "Birch", "Cedar"];

fn date(week: usize) -> String {
    (crate::domain::time::Day::from_epoch_days(19_000) + 7 * week as i32).to_string()
}

fn long() -> String {
    let mut text = "series_id,date,count,population\n".to_owned();
    for (t, row) in weekly(160).iter().enumerate() {
        for (u, town) in TOWNS.iter().enumerate() {
            text += &format!("{town},{},{},{}\n", date(t), row[u], [1000, 3000, 6000][u]);
        }
    }
    text
}

fn wide() -> String {
    let mut text = "week,Ash,Birch,Cedar\n".to_owned();
    for (t, row) in weekly(160).iter().enumerate() {
        text += &format!("{},{},{},{}\n", t + 1, row[0], row[1], row[2]);
    }
    text
}

fn hhh4(files: &[(&str, &str)], more: &[&str]) -> Result<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut line = vec!["hhh4".to_owned()];
    for (option, text) in files {
        let path = folder.path().join(format!("{option}.csv"));
        std::fs::write(&path, text).unwrap();
        line.extend([format!("--{option}"), path.display().to_string()]);
    }
    line.extend(more.iter().map(|s| (*s).to_owned()));
    let mut out = Vec::new();
    run(&Command::try_parse_from(line)?.hhh4, &mut out)?;
    let text = String::from_utf8(out).unwrap();
    assert!(!text.contains(&Path::new(folder.path()).display().to_string()));
    Ok(text)
}

fn json(files: &[(&str, &str)], more: &[&str]) -> Value {
    serde_json::from_str(&hhh4(files, more).unwrap()).unwrap()
}

fn refusal(files: &[(&str, &str)], more: &[&str]) -> String {
    format!("{:#}", hhh4(files, more).unwrap_err())
}

const BORDERS: &str = "series_id,neighbour_id\nAsh,Birch\nCedar,Birch\n";

#[test]
fn a_model_is_fitted_and_every_coefficient_named() {
    let document = json(
        &[("series", &long()), ("neighbours", BORDERS)],
        &["--end", "per_unit(1) + season(52,1)", "--end-offset", "share(population)", "--fitted"],
    );
    let names: Vec<&str> =
        document["coefficients"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(names[..5], ["ar.1", "ne.1", "end.1.Ash", "end.1.Birch", "end.1.Cedar"]);
    assert_eq!(names[5..], ["end.sin(2 * pi * t/52)", "end.cos(2 * pi * t/52)", "overdisp"]);
    assert_eq!((&document["units"], &document["times"], &document["counts"]), (&3.into(), &160.into(), &477.into()));
    let fitted = document["fitted"].as_array().unwrap();
    assert_eq!((fitted.len(), &fitted[0]["series_id"], &fitted[0]["date"]), (477, &"Ash".into(), &date(1).into()));
    for row in fitted {
        let part = |c: &str| row[c].as_f64().unwrap();
        assert!((part("mean") - part("endemic") - part("autoregressive") - part("neighbourhood")).abs() < 1e-9);
    }
}

#[test]
fn a_wide_table_and_a_matrix_say_the_same_as_a_long_table_and_pairs() {
    let matrix = "unit,size,Ash,Birch,Cedar\nBirch,9,1,0,1\nAsh,9,0,1,0\nCedar,9,0,1,0\n";
    let settings = ["--end", "1 + t", "--weights", "normalised"];
    let one = json(&[("series", &wide()), ("adjacency", matrix)], &settings);
    let other = json(&[("series", &long()), ("neighbours", BORDERS)], &settings);
    assert_eq!(one["loglik"], other["loglik"]);
    assert_eq!(one["coefficients"], other["coefficients"]);
    assert_eq!((&one["from"], &one["to"]), (&"2".into(), &"160".into()));
}

#[test]
fn forecasts_one_step_ahead_carry_their_scores() {
    let document = json(&[("series", &long())], &["--one-step-ahead", &date(150), "--refit", "once"]);
    let rows = document["one_step_ahead"].as_array().unwrap();
    assert_eq!(rows.len(), 30);
    let mean = rows.iter().map(|r| r["log_score"].as_f64().unwrap()).sum::<f64>() / 30.0;
    assert!((document["mean_scores"]["log_score"].as_f64().unwrap() - mean).abs() < 1e-9);
    assert_eq!(document["calibration"].as_array().unwrap().len(), 3);
    // The week after the last is a forecast of what nobody knows yet.
    let next = json(&[("series", &long())], &["--one-step-ahead", &date(160)]);
    let row = &next["one_step_ahead"][0];
    assert_eq!((&row["date"], &row["observed"], &row["log_score"]), (&date(160).into(), &Value::Null, &Value::Null));
    assert!(row["mean"].as_f64().unwrap() > 0.0 && row["reason"] == "the count is not known");
}

#[test]
fn tables_are_written_as_csv() {
    let text = hhh4(&[("series", &long())], &["--format", "csv"]).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "name,estimate,se,note");
    assert!(lines[1].starts_with("ar.1,-") && lines.len() == 7, "{text}");
    let ahead = ["--format", "csv", "--table", "one-step-ahead", "--one-step-ahead", &date(158), "--family", "poisson"];
    let text = hhh4(&[("series", &long())], &ahead).unwrap();
    assert!(text.starts_with("series_id,date,observed,mean,psi,lower_90,upper_90,log_score,rps,dss,ses,reason\n"));
    assert_eq!(text.lines().count(), 7);
}

#[test]
fn a_count_that_is_not_known_leaves_its_rows_without_a_mean_but_with_a_reason() {
    let text = long();
    let known = format!("Birch,{},", date(100));
    let at = text.find(&known).unwrap() + known.len();
    let digits = text[at..].find(',').unwrap();
    let gap = format!("{}{}", &text[..at], &text[at + digits..]);
    let document = json(&[("series", &gap)], &["--fitted"]);
    assert_eq!(document["counts"], 475);
    let of = |t: usize| {
        let rows = document["fitted"].as_array().unwrap();
        rows.iter().find(|r| r["series_id"] == "Birch" && r["date"] == date(t)).unwrap().clone()
    };
    assert!(of(100)["mean"].is_number() && of(100)["reason"] == "the count is not known");
    assert!(of(101)["mean"].is_null() && of(101)["reason"] == "the unit's earlier count is not known");
}

#[test]
fn what_is_wrong_is_said_in_one_line() {
    let (long, wide) = (long(), wide());
    let said = |more: &[&str]| refusal(&[("series", &long)], more);
    assert!(said(&["--end", "1 + seson(52)"]).contains("--end: \"seson(52)\" is not a term; expected 1, t, season("));
    assert!(said(&["--end", "1 + income"]).contains("there is no column \"income\" in --series"));
    assert!(said(&["--ne", "1"]).contains("--ne 1: expected --neighbours or --adjacency"));
    assert!(said(&["--one-step-ahead", "2030-01-01"]).contains("2030-01-01: expected a time of the series"));
    let early = said(&["--one-step-ahead", &date(1)]);
    assert!(early.contains("expected first above 1"), "{early}");
    let borders = "series_id,neighbour_id\nAsh,Elm\n";
    let stranger = refusal(&[("series", &long), ("neighbours", borders)], &[]);
    assert!(stranger.contains("line 2, column neighbour_id: \"Elm\" is not a unit of the series"), "{stranger}");
    let units = "unit,pop\nAsh,10\nBirch,x\nCedar,30\n";
    let number = refusal(&[("series", &wide), ("units", units)], &["--end-offset", "pop"]);
    assert!(number.contains("units.csv: line 3, column pop: \"x\" is not a number"), "{number}");
    let missing = long.replace(&format!("Ash,{},", date(9)), &format!("Ash,{},", date(400)));
    assert!(refusal(&[("series", &missing)], &[]).contains("is missing; expected a row for it"));
    let half = wide.replace("\n7,", "\n7.5,");
    assert!(refusal(&[("series", &half)], &[]).contains("column week: \""));
}

#[test]
fn monthly_dates_are_a_step_apart() {
    let mut text = "month,all\n".to_owned();
    for (i, row) in weekly(60).iter().enumerate() {
        text += &format!("{}-{:02}-01,{}\n", 2019 + i / 12, i % 12 + 1, row[1]);
    }
    let document = json(&[("series", &text)], &[]);
    assert_eq!(document["model"]["end"], "1 + t + season(12,1)");
}
