use std::io::Write as _;

use super::*;
use crate::{
    domain::event::EventKind,
    stats::{CountDistribution, Random},
};

/// 300 days of events at twelve places, four of them busy.
fn events() -> tempfile::NamedTempFile {
    let mut f = tempfile::NamedTempFile::new().unwrap();
    writeln!(f, "event_id,kind,occurred_at,received_at,latitude,longitude,precision,jurisdiction").unwrap();
    let mut random = Random::seeded(8);
    let first: Day = "2023-01-01".parse().unwrap();
    let mut id = 0;
    for d in 0..300 {
        for place in 0..12 {
            let rate = if place < 4 { 0.4 } else { 0.02 };
            for _ in 0..CountDistribution::poisson(rate).sample(&mut random) {
                let (lat, lon) = (44.8 + 0.03 * f64::from(place % 4), -68.8 + 0.04 * f64::from(place / 4));
                let town = if place % 4 < 2 { "south" } else { "north" };
                writeln!(f, "{id},overdose,{},{},{lat},{lon},rooftop,{town}", first + d, first + d + 1).unwrap();
                id += 1;
            }
        }
    }
    f
}

fn args(events: &std::path::Path) -> BacktestArgs {
    BacktestArgs {
        study: StudyArgs {
            events: events.to_owned(),
            kind: EventKind::Overdose,
            resolution: 8,
            region: None,
            area_column: "jurisdiction".to_owned(),
            zone: None,
            since: None,
            any_precision: false,
        },
        from: None,
        to: None,
        step: 7,
        horizons: vec![1, 7],
        models: vec!["all".to_owned()],
        covariates: None,
        seed: 1,
        format: Format::Json,
    }
}

#[test]
fn the_json_has_a_line_for_every_model_level_and_horizon() {
    let f = events();
    let mut out = Vec::new();
    run(&args(f.path()), &mut out).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let results = json["results"].as_array().unwrap();
    // Seven models and the stack, three levels, two horizons.
    assert_eq!(results.len(), 8 * 3 * 2);
    for line in results {
        for key in ["log_score", "crps", "wis", "brier"] {
            assert!(line[key].as_f64().unwrap() > 0.0, "{key} {line}");
        }
        assert!(line["coverage"]["80"].as_f64().unwrap() > 0.5);
        let skill = &line["skill_vs_history"];
        assert!(skill["lower"].as_f64().unwrap() <= skill["value"].as_f64().unwrap() + 1e-12);
        assert!(skill["crps"]["upper"].is_number());
        assert_eq!(line["capture"].is_object(), line["level"] == "cell");
        if line["level"] == "cell" {
            assert!(line["pai"]["10"].as_f64().unwrap() > 2.0);
        }
    }
    assert!(json["origins"].as_u64().unwrap() > 20 && json["cells"].as_u64().unwrap() > 50);
}

#[test]
fn a_second_run_prints_the_same_but_for_the_time_it_took() {
    let f = events();
    let figures = || serde_json::to_value(report(&args(f.path())).unwrap().results).unwrap();
    assert_eq!(figures(), figures());
}

#[test]
fn wrong_options_are_named() {
    let f = events();
    let error = |args: BacktestArgs| format!("{:#}", report(&args).unwrap_err());
    let base = args(f.path());
    let models = error(BacktestArgs { models: vec!["magic".to_owned()], ..base.clone() });
    assert!(
        models.contains("magic")
            && models.contains("history,recent,seasonal,endemic-epidemic,self-exciting,filter,pooled"),
        "{models}"
    );
    let from = error(BacktestArgs { from: Some("2030-01-01".parse().unwrap()), ..base.clone() });
    assert!(from.contains("2030-01-01"), "{from}");
    let late = error(BacktestArgs {
        from: Some("2023-10-26".parse().unwrap()),
        to: Some("2023-10-30".parse().unwrap()),
        horizons: vec![14],
        ..base
    });
    assert!(late.contains("could be scored"), "{late}");
}

#[test]
fn the_table_for_people_names_every_model() {
    let f = events();
    let mut out = Vec::new();
    run(&BacktestArgs { format: Format::Text, ..args(f.path()) }, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    for model in ["history", "recent", "seasonal", "endemic-epidemic", "self-exciting", "filter", "pooled", "stack"] {
        assert!(text.lines().any(|l| l.starts_with(model)), "{text}");
    }
}

#[test]
fn the_stack_asked_for_by_its_name_is_that_of_all_models_and_stands_beside_history() {
    let f = events();
    let told = |models: &[&str]| {
        let models = models.iter().map(|m| (*m).to_owned()).collect();
        let results = report(&BacktestArgs { models, horizons: vec![7], step: 28, ..args(f.path()) }).unwrap().results;
        let of_stack: Vec<f64> = results.iter().filter(|l| l.model == "stack").map(|l| l.log_score).collect();
        let mut names: Vec<&str> = results.iter().map(|l| l.model).collect();
        names.dedup();
        (names, of_stack)
    };
    let (names, alone) = told(&["stack"]);
    assert_eq!(names, ["history", "stack"]);
    assert_eq!(alone, told(&["all"]).1);
    assert_eq!(told(&["stack", "recent"]).0, ["history", "recent", "stack"]);
}
