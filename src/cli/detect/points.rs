//! `--method stcd`: single events with a place instead of series of counts.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::{
    DetectArgs, DetectFormat, limit,
    methods::{Judge, Method},
    options::{Given, Key},
};
use crate::{
    cli::table::{Row, Table},
    detect::{
        chart::Follow,
        point_process::{Combine, PointJudgement, PointProcessOptions, Spot, members, point_process},
    },
    domain::{place::Point, time::Day},
};

pub(super) const NAME: &str = "stcd";

pub(super) static METHOD: Method = Method {
    name: NAME,
    about: "clusters among single events of --points (Assunção & Correa 2009); score: the Shiryaev-Roberts statistic; \
            answers event_id, date (or t), observed, expected, score, alarm, centre, reason",
    keys: &[
        Key {
            name: "radius",
            default: "none, it must be given",
            says: "of a cluster: km, or the unit of x and y; above 0",
        },
        Key {
            name: "epsilon",
            default: "0.5",
            says: "relative excess worth knowing of, above 0: 0.5 is half as much again",
        },
        Key {
            name: "threshold",
            default: "161",
            says: "an alarm when the score lies above: events between false alarms, at least; above 0",
        },
        Key {
            name: "statistic",
            default: "sr",
            says: "sr, the sum over all events that a cluster may have begun with, or cusum, the largest",
        },
        Key {
            name: "follow",
            default: "surveillance",
            says: "surveillance: the largest ever for cusum, as R surveillance 1.20.3; paper: today's largest",
        },
    ],
    prepare: no_series,
};

fn no_series(_: &mut Given) -> Result<Judge> {
    bail!("--method {NAME} judges single events: --points")
}

/// One row of the table.
struct Event {
    id: String,
    at: When,
    spot: Spot,
}

#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum When {
    Day(Day),
    Number(f64),
}

/// The text that the command prints.
///
/// # Errors
/// With one line that says what is wrong in which file, or which option is not known.
pub(super) fn answer(args: &DetectArgs, file: &Path, mut given: Given) -> Result<String> {
    let options = options(&mut given)?;
    let events = read(file)?;
    let (from, to) = (limit("--from", args.from.as_deref())?, limit("--to", args.to.as_deref())?);
    if (from.is_some() || to.is_some()) && events.iter().any(|e| matches!(e.at, When::Number(_))) {
        bail!("{}: --from and --to need the column date; the times of column t are no dates", file.display());
    }
    let wanted = |at: When| match at {
        When::Day(day) => from.is_none_or(|f| f <= day) && to.is_none_or(|t| day <= t),
        When::Number(_) => true,
    };
    let spots: Vec<Spot> = events.iter().map(|e| e.spot).collect();
    let judged = point_process(&spots, &options);
    let rows: Vec<usize> = (0..events.len()).filter(|&i| wanted(events[i].at)).collect();
    match args.format {
        DetectFormat::Csv => as_csv(&events, &judged, &rows),
        DetectFormat::Json => {
            let first = rows.iter().copied().find(|&i| judged[i].alarm).map(|i| {
                let centre = judged[i].centre;
                let within = members(&spots, centre, i, options.radius);
                let ids: Vec<&str> = within.into_iter().map(|m| events[m].id.as_str()).collect();
                json!({ "event_id": events[i].id, "centre": events[centre].id, "events": ids })
            });
            let document = json!({
                "method": NAME,
                "options": given.resolved(),
                "events": events.len(),
                "first_alarm": first,
                "rows": rows.iter().map(|&i| as_json(&events, i, &judged[i])).collect::<Vec<_>>(),
            });
            Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
        }
    }
}

fn options(given: &mut Given) -> Result<PointProcessOptions> {
    let positive = |x: f64| x > 0.0;
    Ok(PointProcessOptions {
        radius: given.number("radius", "a distance above 0, in km or in the unit of x and y", positive)?,
        epsilon: given.number("epsilon", "a relative excess above 0", positive)?,
        threshold: given.number("threshold", "a number of events above 0", positive)?,
        combine: given.word("statistic", &[("sr", Combine::Sum), ("cusum", Combine::Largest)])?,
        follow: given.word("follow", &[("paper", Follow::Paper), ("surveillance", Follow::Surveillance)])?,
    })
}

/// In the order of time; events of one moment stay in the order of the file.
fn read(file: &Path) -> Result<Vec<Event>> {
    let table = Table::read(file, &["event_id"])?;
    let has = |name: &str| table.has(name);
    let on_plane = has("x") && has("y");
    let on_earth = has("latitude") && has("longitude");
    if !on_plane && !on_earth {
        bail!("{}: expected the columns latitude and longitude, or x and y", table.name());
    }
    if !has("date") && !has("t") {
        bail!("{}: expected a column date, or t (a number)", table.name());
    }
    if has("date") && has("t") {
        bail!("{}: has both columns date and t; expected one of them", table.name());
    }
    let mut events = Vec::new();
    for row in table.rows() {
        let at = if has("date") { When::Day(row.day("date")?) } else { When::Number(number(row, "t")?) };
        let spot = if on_plane {
            Spot::Plane { x: number(row, "x")?, y: number(row, "y")? }
        } else {
            let (latitude, longitude) = (number(row, "latitude")?, number(row, "longitude")?);
            match Point::new(latitude, longitude) {
                Ok(point) => Spot::Earth(point),
                Err(why) => bail!(row.wrong("latitude", &format!("part of a place on the earth ({why})"))),
            }
        };
        events.push(Event { id: row.text("event_id").to_owned(), at, spot });
    }
    if events.is_empty() {
        bail!("{}: line 2: there is no row; expected an event", table.name());
    }
    // Numbers are finite, so that any two can be compared.
    events.sort_by(|a, b| a.at.partial_cmp(&b.at).unwrap_or(std::cmp::Ordering::Equal));
    Ok(events)
}

fn number(row: Row, column: &str) -> Result<f64> {
    let value: f64 = row.parse(column, "a number")?;
    if value.is_finite() { Ok(value) } else { bail!(row.wrong(column, "a number")) }
}

/// The score, where it can be written down, and otherwise why not.
fn score(judged: &PointJudgement) -> (Option<f64>, &'static str) {
    if judged.statistic.is_finite() {
        (Some(judged.statistic), "")
    } else {
        (None, "the score is beyond the largest number")
    }
}

fn as_json(events: &[Event], i: usize, judged: &PointJudgement) -> Value {
    let (score, reason) = score(judged);
    let (when, at) = match events[i].at {
        When::Day(day) => ("date", json!(day)),
        When::Number(t) => ("t", json!(t)),
    };
    json!({
        "event_id": events[i].id,
        when: at,
        "observed": judged.observed,
        "expected": judged.expected,
        "score": score,
        "alarm": u8::from(judged.alarm),
        "centre": events[judged.centre].id,
        "reason": reason,
    })
}

fn as_csv(events: &[Event], judged: &[PointJudgement], rows: &[usize]) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let when = if matches!(events[0].at, When::Day(_)) { "date" } else { "t" };
    writer.write_record(["event_id", when, "observed", "expected", "score", "alarm", "centre", "reason"])?;
    for &i in rows {
        let (score, reason) = score(&judged[i]);
        let at = match events[i].at {
            When::Day(day) => day.to_string(),
            When::Number(t) => json!(t).to_string(),
        };
        writer.write_record([
            events[i].id.as_str(),
            &at,
            &judged[i].observed.to_string(),
            &json!(judged[i].expected).to_string(),
            &score.map_or_else(String::new, |s| json!(s).to_string()),
            if judged[i].alarm { "1" } else { "0" },
            &events[judged[i].centre].id,
            reason,
        ])?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}
