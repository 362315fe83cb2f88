//! What the command says of good and of bad files.

use std::{fmt::Write, io::Write as _};

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: NowcastArgs,
}

fn say(table: &str, more: &[&str]) -> Result<String> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(table.as_bytes())?;
    let path = file.path().display().to_string();
    let line = ["nowcast", "--reports", &path].into_iter().chain(more.iter().copied());
    answer(&Cli::try_parse_from(line)?.args).map_err(|e| anyhow::anyhow!("{}", e.to_string().replace(&path, "r.csv")))
}

/// Four events a day for forty days: half the same day, half the day after.
fn steady() -> String {
    let mut text = String::from("source,occurred_at,received_at,count\n");
    for t in 0..40 {
        let day = Day::from_epoch_days(20_000 + t);
        writeln!(text, "ems,{day},{day},2\nems,{day},{},2", day + 1).unwrap();
    }
    text
}

#[test]
fn the_last_day_is_corrected_and_what_came_later_is_not_known() {
    let last = Day::from_epoch_days(20_030).to_string();
    let text = say(&steady(), &["--as-of", &last, "--max-delay", "5", "--from", &last]).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let row = &document["rows"][0];
    assert_eq!((&row["known"], &row["day"]), (&json!(2), &json!(last)));
    let expected = row["expected_total"].as_f64().unwrap();
    assert!((3.0..5.0).contains(&expected), "{row}");
    assert!((row["share_known"].as_f64().unwrap() - 0.5).abs() < 0.1, "{row}");
    assert!(row["lo95"].as_u64() <= row["lo50"].as_u64() && row["hi50"].as_u64() <= row["hi95"].as_u64());
}

#[test]
fn csv_has_the_same_rows_and_instants_count_by_the_zone() {
    let table = "received_at,occurred_at\n2026-03-02T04:30:00Z,2026-03-02T03:00:00Z\n2026-03-03,2026-03-02\n";
    let text = say(table, &["--zone", "America/New_York", "--format", "csv"]).unwrap();
    let mut lines = text.lines();
    assert!(lines.next().unwrap().starts_with("source,day,known,expected_total,median,lo50,hi50"));
    assert!(lines.next().unwrap().starts_with(",2026-03-01,1,"), "{text}");
}

#[test]
fn bad_input_is_one_line_that_says_where() {
    let says = |table: &str, more: &[&str]| say(table, more).unwrap_err().to_string();
    assert_eq!(
        says("occurred_at,received_at\n2026-03-02,2026-03-01\n", &[]),
        "r.csv: line 2, column received_at: \"2026-03-01\" is not on or after the day of occurrence"
    );
    assert_eq!(
        says("occurred_at,received_at\nyesterday,2026-03-01\n", &[]),
        "r.csv: line 2, column occurred_at: \"yesterday\" is not a date as YYYY-MM-DD or an instant as 2026-03-01T04:10:00Z"
    );
    assert!(says("occurred_at\n", &[]).contains("there is no column \"received_at\""));
    assert!(says("occurred_at,received_at\n", &[]).contains("there is no report"));
    assert!(says(&steady(), &["--method", "magic"]).contains("expected one of lawless, bayes.trunc"));
    assert!(says(&steady(), &["--option", "prior=pois"]).contains("needs lambda"));
    assert!(says(&steady(), &["--option", "depth=3"]).contains("is not known; nowcast has prior"));
    assert!(says(&steady(), &["--as-of", "2020-01-01"]).contains("nothing had been received by 2020-01-01"));
}
