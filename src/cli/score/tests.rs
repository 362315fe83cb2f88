use clap::Parser;
use serde_json::Value;

use super::*;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    score: ScoreArgs,
}

fn score(text: &str, more: &[&str]) -> Result<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("forecasts.csv");
    std::fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    let mut line = vec!["score", "--forecasts", &path];
    line.extend(more);
    let mut out = Vec::new();
    run(&Command::try_parse_from(line)?.score, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

fn json(text: &str, more: &[&str]) -> Value {
    serde_json::from_str(&score(text, more).unwrap()).unwrap()
}

fn close(value: &Value, want: f64) {
    assert!((value.as_f64().unwrap() - want).abs() < 1e-12, "{value} is not {want}");
}

#[test]
fn counts_are_scored_by_size_by_psi_and_as_poisson() {
    let by_size = json("id,observed,mean,size\na,3,2.0,4\nb,0,1.5,\nc,,1.0,2\n", &[]);
    let by_psi = json("id,observed,mean,psi\na,3,2.0,0.25\nb,0,1.5,0\n", &[]);
    assert_eq!(by_size["kind"], "counts");
    for name in ["log_score", "rps", "dss", "ses"] {
        for row in [0, 1] {
            close(&by_size["rows"][row][name], by_psi["rows"][row][name].as_f64().unwrap());
        }
    }
    close(&by_size["rows"][1]["log_score"], 1.5);
    close(&by_size["rows"][0]["ses"], 1.0);
    let unknown = &by_size["rows"][2];
    assert!(unknown["observed"].is_null() && unknown["reason"] == "what came is not known");
    let summary = &by_size["summary"][0];
    assert_eq!((&summary["forecasts"], &summary["known"]), (&3.into(), &2.into()));
    close(&summary["ses"], (1.0 + 2.25) / 2.0);
    assert!(summary["calibration"]["rps"]["p_value"].as_f64().unwrap() > 0.01);
    assert_eq!(summary["pit"].as_array().unwrap().len(), 10);
}

#[test]
fn quantiles_of_one_id_are_one_forecast() {
    let text = "id,observed,level,value\nx,7,0.9,6\nx,7,0.5,5\nx,7,0.1,3\ny,4,0.1,3\ny,4,0.5,5\n";
    let document = json(text, &[]);
    // Pinball losses 0.1·4, 0.5·2 and 0.9·1.
    close(&document["rows"][0]["wis"], 2.0 * (0.4 + 1.0 + 0.9) / 3.0);
    assert!(document["rows"][1]["wis"].is_null() && document["rows"][1]["quantile_score"].is_number());
    assert!(document["rows"][1]["reason"].as_str().unwrap().contains("median"));
    assert!(document["summary"][0]["wis"].is_null());
    assert_eq!(document["summary"][0]["coverage"][0]["nominal"], 0.8);
    close(&document["summary"][0]["coverage"][0]["covered"], 0.0);
}

#[test]
fn samples_are_scored_by_the_estimator_named() {
    let text = "id,observed,member,value\nx,1,1,0\nx,1,2,2\n";
    close(&json(text, &[])["rows"][0]["crps"], 0.5);
    let fair = json(text, &["--estimator", "fair"]);
    close(&fair["rows"][0]["crps"], 0.0);
    assert_eq!(fair["estimator"], "fair");
    let alone = json("id,observed,member,value\nx,1,1,0\n", &["--estimator", "fair"]);
    assert!(alone["rows"][0]["crps"].is_null() && alone["rows"][0]["reason"] != "");
}

#[test]
fn normal_forecasts_have_a_closed_form() {
    let document = json("observed,mean,sd\n0,0,1\n", &[]);
    close(&document["rows"][0]["crps"], 2.0 / (2.0 * std::f64::consts::PI).sqrt() - 1.0 / std::f64::consts::PI.sqrt());
    assert_eq!(document["rows"][0]["id"], "1");
}

#[test]
fn models_are_compared_side_by_side() {
    let text = "id,model,observed,mean\n1,flat,2,4\n1,right,2,2\n2,flat,6,4\n2,right,6,6\n";
    let table = score(text, &["--by", "model", "--format", "csv", "--table", "summary"]).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("model,forecasts,known,log_score,rps,dss,ses,coverage_0.5,"), "{}", lines[0]);
    assert!(lines[1].starts_with("flat,2,2,") && lines[2].starts_with("right,2,2,") && lines.len() == 3);
    let rows = score(text, &["--by", "model", "--format", "csv"]).unwrap();
    assert!(rows.starts_with("id,model,observed,log_score,rps,dss,ses,reason\n1,flat,2,"), "{rows}");
}

#[test]
fn an_impossible_truth_has_no_score_but_a_reason() {
    let document = json("observed,mean\n3,0\n", &[]);
    let row = &document["rows"][0];
    assert!(row["log_score"].is_null() && row["reason"].as_str().unwrap().contains("impossible"));
    close(&row["rps"], 3.0);
    assert!(document["summary"][0]["log_score"].is_null());
}

#[test]
fn what_is_wrong_is_said_in_one_line() {
    let said = |text: &str, more: &[&str]| score(text, more).unwrap_err().to_string();
    assert!(said("id,observed\n1,2\n", &[]).contains("the kind of forecast is not clear; expected observed with mean"));
    assert!(said("observed,mean\n2.5,1\n", &[]).contains("line 2, column observed: \"2.5\" is not a whole number"));
    assert!(said("observed,mean,size\n2,1,-3\n", &[]).contains("column size: \"-3\" is not a number above 0"));
    assert!(said("id,observed,level,value\na,1,0.5,2\na,2,0.6,3\n", &[]).contains("the same in all rows"));
    assert!(said("id,observed,level,value\na,1,0.5,2\na,1,0.6,1\n", &[]).contains("\"a\": its quantiles cross"));
    assert!(said("observed,mean\n1,1\n", &["--by", "model"]).contains("no column \"model\" to summarise --by"));
    assert!(said("observed,mean\n", &[]).contains("there is no forecast in it"));
}
