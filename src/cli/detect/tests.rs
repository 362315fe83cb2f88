use clap::Parser;
use serde_json::{Value, json};

use super::*;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    detect: DetectArgs,
}

fn detect(series: &str, more: &[&str]) -> Result<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("series.csv");
    std::fs::write(&path, series).unwrap();
    let path = path.display().to_string();
    let mut line = vec!["detect", "--series", &path];
    line.extend(more);
    answer(&Command::try_parse_from(line)?.detect)
}

/// What is said of a table that is wrong, without the folder that it lies in.
fn refused(series: &str) -> String {
    let said = detect(series, &["--method", "ears-c1"]).unwrap_err().to_string();
    said.split_once("series.csv: ").unwrap().1.to_owned()
}

fn daily(counts: &[u32]) -> String {
    let rows = counts.iter().enumerate().map(|(i, n)| format!("s,2025-03-{:02},{n}\n", i + 1));
    format!("series_id,date,count\n{}", rows.collect::<String>())
}

#[test]
fn every_day_has_an_answer_or_a_reason() {
    let text = detect(&daily(&[1, 2, 3, 2, 1, 2, 3, 30]), &["--method", "ears-c1", "--format", "csv"]).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "series_id,date,observed,expected,upper_bound,score,p_value,alarm,reason");
    assert_eq!(lines[1], "s,2025-03-01,1,,,,,,needs 7 earlier counts");
    assert!(lines[8].starts_with("s,2025-03-08,30,2.0,") && lines[8].ends_with(",1,"), "{}", lines[8]);
}

#[test]
fn an_unknown_method_or_option_is_answered_with_the_known_ones() {
    let said = detect(&daily(&[1]), &["--method", "magic"]).unwrap_err().to_string();
    assert!(said.starts_with("--method magic is not known; expected one of ears-c1, ears-c2, ears-c3"), "{said}");
    let said = detect(&daily(&[1]), &["--method", "ears-c2", "--option", "k=3"]).unwrap_err().to_string();
    assert_eq!(said, "--option k is not known; ears-c2 has baseline, lag, min_sigma, alpha");
    let said = detect(&daily(&[1]), &["--method", "ears-c2", "--option", "baseline=1"]).unwrap_err().to_string();
    assert_eq!(said, "--option baseline=1: expected a whole number from 2 to 3660");
    let twice = ["--method", "ears-c2", "--option", "lag=1", "--option", "lag=2"];
    assert_eq!(detect(&daily(&[1]), &twice).unwrap_err().to_string(), "--option lag is given twice");
}

#[test]
fn a_missing_day_is_not_a_zero() {
    let said = refused("series_id,date,count\ns,2025-03-01,1\ns,2025-03-04,1\n");
    assert!(said.starts_with("line 3, column date: \"2025-03-04\" is not the day after 2025-03-01"), "{said}");
    let weekly = "series_id,date,count\ns,2025-03-03,1\ns,2025-03-10,1\ns,2025-03-24,1\n";
    assert!(refused(weekly).contains("is not the week after 2025-03-10; series \"s\" has no row for 2025-03-17"));
}

#[test]
fn a_count_or_date_that_cannot_be_is_shown_with_its_line_and_column() {
    for (row, at) in [
        ("s,2025-03-02,-1", "line 3, column count: \"-1\" is not a whole number"),
        ("s,2025-03-02,1.5", "line 3, column count: \"1.5\" is not a whole number"),
        ("s,2025-03-02,", "line 3, column count: \"\" is not a whole number"),
        ("s,2025-03-01,1", "line 3, column date: \"2025-03-01\" is not a new date"),
        ("s,March,1", "line 3, column date: \"March\" is not a date"),
        (",2025-03-02,1", "line 3, column series_id: \"\" is not the name"),
    ] {
        let said = refused(&format!("series_id,date,count\ns,2025-03-01,1\n{row}\n"));
        assert!(said.starts_with(at), "{said}");
    }
    let said = refused("series_id,date,count,population\ns,2025-03-01,1,0\n");
    assert!(said.starts_with("line 2, column population: \"0\" is not a number of people above 0"), "{said}");
    assert!(refused("series_id,date,count\n").contains("there is no row"));
}

#[test]
fn whole_weeks_apart_is_a_weekly_series() {
    let rows: String = (0..9).map(|i| format!("w,{},2\n", Day::from_epoch_days(20_000 + 7 * i))).collect();
    let text = detect(&format!("series_id,date,count\n{rows}"), &["--method", "ears-c1"]).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["rows"].as_array().unwrap().len(), 9);
    assert_eq!(document["rows"][8]["alarm"], json!(0));
}

#[test]
fn what_lies_before_the_first_day_judged_is_history() {
    let series = daily(&[1, 2, 3, 2, 1, 2, 3, 30, 4]);
    let options = ["--method", "ears-c1", "--format", "csv"];
    let all = detect(&series, &options).unwrap();
    let some = [&options[..], &["--from", "2025-03-08", "--to", "2025-03-08"]].concat();
    let lines: Vec<String> = detect(&series, &some).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(lines[1..], [all.lines().nth(8).unwrap()]);
    let none = [&options[..], &["--from", "2026-03-08"]].concat();
    assert!(detect(&series, &none).unwrap_err().to_string().contains("no date lies within --from and --to"));
}

#[test]
fn every_default_is_one_that_could_have_been_given() {
    for method in methods::all() {
        let mut given = Given::new(method, &[]).unwrap();
        let _judge = (method.prepare)(&mut given).unwrap_or_else(|e| panic!("{method:?}: {e}"));
        let resolved = given.resolved();
        let keys: Vec<&str> = resolved.as_object().unwrap().keys().map(String::as_str).collect();
        let known: Vec<&str> = method.keys.iter().map(|k| k.name).collect();
        assert_eq!(keys, known, "{method:?} documents other options than it reads");
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let options: Vec<String> = keys.iter().map(|k| format!("{k}={}", text(&resolved[k]))).collect();
        let mut again = Given::new(method, &options).unwrap();
        let _judge = (method.prepare)(&mut again).unwrap_or_else(|e| panic!("{method:?} {options:?}: {e}"));
        assert_eq!(again.resolved(), resolved);
    }
}

#[test]
fn help_names_every_option_of_every_method() {
    let help = methods::help();
    for method in methods::all() {
        let own = help.split(&format!("\n{}: ", method.name)).nth(1).unwrap().split("\n\n").next().unwrap();
        for key in method.keys {
            let line = own.lines().find(|l| l.trim_start().starts_with(key.name)).unwrap();
            assert!(line.ends_with(&format!("[default: {}]", key.default)), "{line}");
        }
    }
}

#[test]
fn every_method_judges_a_plain_weekly_series() {
    let rows: String =
        (0..330).map(|i| format!("w,{},{}\n", Day::from_epoch_days(18_000 + 7 * i), 5 + (i * 7) % 4)).collect();
    let table = format!("series_id,date,count\n{rows}");
    // The pooled detector's windows are days.
    let said = detect(&table, &["--method", "pooled"]).unwrap_err().to_string();
    assert_eq!(said, "--method pooled judges daily series; expected a date for every day");
    for method in methods::all().filter(|m| m.name != "pooled") {
        let text = detect(&table, &["--method", method.name, "--format", "csv"]).unwrap();
        let last = text.lines().last().unwrap();
        assert!(last.contains(",0,"), "{method:?}: {last}");
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.splitn(9, ',').collect();
            assert!(!fields[8].is_empty() || fields.iter().rev().skip(1).all(|f| !f.is_empty()), "{method:?}: {line}");
        }
    }
}

#[test]
fn what_the_series_does_not_bear_is_refused_by_name() {
    let table = daily(&[1, 2, 3]);
    let said = detect(&table, &["--method", "farrington", "--option", "population_offset=yes"]).unwrap_err();
    assert_eq!(format!("{said:#}"), "series \"s\": --option population_offset=yes: there is no column population");
    let said = detect(&table, &["--method", "farrington", "--option", "power=3"]).unwrap_err().to_string();
    assert_eq!(said, "--option power=3: expected one of 2/3, 1/2, none");
}

#[test]
fn the_answer_shows_what_the_options_came_to() {
    let options = ["--method", "farrington-flexible", "--option", "se=surveillance"];
    let document: Value = serde_json::from_str(&detect(&daily(&[1, 2, 3]), &options).unwrap()).unwrap();
    assert_eq!(document["options"]["score"], json!("link"));
    assert_eq!(document["options"]["threshold"], json!("nb-plugin"));
    assert_eq!(document["options"]["years"], json!(5));
}

#[test]
fn a_cusum_adds_up_from_the_first_day_asked_for() {
    let series = daily(&[4, 4, 4, 7, 7, 7, 0, 4]);
    let more = ["--method", "cusum", "--option", "k=0.5", "--option", "h=2", "--from", "2025-03-04", "--format", "csv"];
    let lines: Vec<String> = detect(&series, &more).unwrap().lines().map(str::to_owned).collect();
    assert!(lines[1].starts_with("s,2025-03-04,7,4.0,9.0,1.0,,0,"), "{}", lines[1]);
    assert!(lines[2].starts_with("s,2025-03-05,7,4.0,7.0,2.0,,1,"), "{}", lines[2]);
    let glm = ["--option", "mean=glm"];
    let short = detect(&series, &[&more[..], &glm].concat()).unwrap();
    let reason = "needs 365 earlier counts to learn what is usual; there are 3";
    assert!(short.lines().skip(1).all(|line| line.ends_with(reason)), "{short}");
    let unasked = detect(&series, &["--method", "cusum", "--format", "csv"]).unwrap();
    assert!(unasked.lines().skip(1).all(|line| line.ends_with("before the start of the chart")));
}

#[test]
fn the_usual_count_may_stand_in_the_table() {
    let series = "series_id,date,count,expected\ns,2025-03-01,9,4\ns,2025-03-02,2,1\n";
    let text = detect(series, &["--method", "glr-poisson", "--option", "mean=column", "--format", "csv"]).unwrap();
    let score = 9.0 * (9.0f64 / 4.0).ln() - 5.0;
    assert!(text.contains(&format!("s,2025-03-01,9,4.0,12.0,{score}")), "{text}");
    let without = daily(&[1, 2]);
    let said = detect(&without, &["--method", "cusum", "--option", "mean=column"]).unwrap_err().to_string();
    assert!(said.contains("expected"), "{said}");
    let said = detect(&series.replace(",1\n", ",0\n"), &["--method", "cusum", "--option", "mean=column"]).unwrap_err();
    assert!(said.to_string().contains("line 3, column expected: \"0\" is not a number of cases above 0"), "{said}");
}

#[test]
fn the_charts_say_which_options_do_not_fit() {
    let say = |more: &[&str]| format!("{:#}", detect(&daily(&[1, 2, 3]), more).unwrap_err());
    assert_eq!(
        say(&["--method", "glr-nb", "--option", "statistic=lr"]),
        "--option theta=none: expected the size of the change, which statistic=lr needs"
    );
    assert_eq!(
        say(&["--method", "cusum", "--option", "transform=log"]),
        "--option transform=log: expected one of standard, rossi, anscombe, anscombe2nd, pearsonNegBin, \
         anscombeNegBin, none"
    );
    let epidemic = ["--method", "glr-poisson", "--option", "mean=2", "--option", "change=epidemic", "--option"];
    assert!(say(&[&epidemic[..], &["direction=dec"]].concat()).contains("an epidemic chart looks for increases only"));
    assert_eq!(say(&["--method", "stcd"]), "--method stcd judges single events: --points");
}

#[test]
fn an_estimated_overdispersion_makes_an_excess_less_surprising() {
    let counts: Vec<u32> = [1, 9, 0, 7, 2, 12, 3, 0, 8, 4].into_iter().chain([16]).collect();
    let score = |method: &str| -> f64 {
        let more = ["--method", method, "--option", "mean=training", "--from", "2025-03-11"];
        let document: Value = serde_json::from_str(&detect(&daily(&counts), &more).unwrap()).unwrap();
        document["rows"][0]["score"].as_f64().unwrap()
    };
    assert!(score("glr-nb") < 0.5 * score("glr-poisson"));
}

#[test]
fn outbreakp_alarms_when_a_level_series_rises() {
    let text = detect(&daily(&[2, 1, 2, 2, 1, 7, 14]), &["--method", "outbreakp"]).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let alarms: Vec<i64> = document["rows"].as_array().unwrap().iter().map(|r| r["alarm"].as_i64().unwrap()).collect();
    assert_eq!(alarms, [0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(document["options"], json!({ "k": 100.0, "most_cases": 100_000 }));
}

fn points(table: &str, more: &[&str]) -> Result<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.csv");
    std::fs::write(&path, table).unwrap();
    let path = path.display().to_string();
    let mut line = vec!["detect", "--points", &path, "--method", "stcd"];
    line.extend(more);
    answer(&Command::try_parse_from(line)?.detect)
}

#[test]
fn single_events_near_one_another_are_a_cluster() {
    let far = (0..20).map(|i| format!("e{i},2025-03-{:02},44.{:02},-69.{:02}\n", i + 1, 3 * i, (37 * i) % 90));
    let near = (0..6).map(|i| format!("n{i},2025-03-2{i},45.5,-68.5\n"));
    let table = format!("event_id,date,latitude,longitude\n{}{}", far.collect::<String>(), near.collect::<String>());
    let more = ["--option", "radius=2", "--option", "epsilon=1", "--option", "threshold=40"];
    let document: Value = serde_json::from_str(&points(&table, &more).unwrap()).unwrap();
    let alarm = &document["first_alarm"];
    assert!(alarm["event_id"].as_str().unwrap().starts_with('n') && alarm["centre"] == json!("n0"), "{alarm}");
    assert!(alarm["events"].as_array().unwrap().iter().all(|id| id.as_str().unwrap().starts_with('n')), "{alarm}");
    assert_eq!(document["rows"].as_array().unwrap().len(), 26);
    let later = points(&table, &[&more[..], &["--from", "2025-03-24", "--format", "csv"]].concat()).unwrap();
    assert_eq!(later.lines().count(), 3);
    assert_eq!(later.lines().next(), Some("event_id,date,observed,expected,score,alarm,centre,reason"));
}

#[test]
fn a_table_of_points_that_is_wrong_is_answered_in_one_line() {
    let radius = ["--option", "radius=1"];
    let say = |table: &str| format!("{:#}", points(table, &radius).unwrap_err());
    assert!(say("event_id,t,x\na,1,2\n").contains("expected the columns latitude and longitude, or x and y"));
    assert!(say("event_id,x,y\na,1,2\n").contains("expected a column date, or t (a number)"));
    assert!(say("event_id,t,x,y\na,1,2,north\n").contains("line 2, column y: \"north\" is not a number"));
    assert!(say("event_id,t,latitude,longitude\na,1,95,2\n").contains("line 2, column latitude: \"95\""));
    assert!(say("event_id,t,x,y\n").contains("there is no row"));
    let said = points("event_id,t,x,y\na,1,2,3\n", &[]).unwrap_err().to_string();
    assert!(said.contains("expected a distance above 0"), "{said}");
    let said = points("event_id,t,x,y\na,1,2,3\n", &[&radius[..], &["--from", "2025-01-01"]].concat()).unwrap_err();
    assert!(said.to_string().contains("--from and --to need the column date"), "{said}");
}
