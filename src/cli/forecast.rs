//! `emberwatch forecast`: forecasts for the coming days from an event file.

use std::{collections::BTreeMap, io::Write, path::PathBuf, time::Instant};

use anyhow::{Result, bail};
use serde::Serialize;

use super::{
    covariates,
    study::{Study, StudyArgs},
};
use crate::{
    domain::{
        forecast::{Forecast, ForecastRecord, QUANTILE_LEVELS},
        ids::RunId,
        series::{AreaCube, CellCube},
        time::{Day, DayRange},
    },
    forecast::{
        self, ForecastDetail, ForecastInput, ForecastOptions,
        model::{self, Part},
        panel::learned_completeness,
        scoring::INTERVALS,
    },
};

/// Forecast overdoses 1 to 14 days ahead per cell, per area and for the whole.
///
/// The model named is used at each level where it beat `history` over the last weeks; `history` elsewhere.
/// The record of both is printed with the forecasts.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "Example:\n  emberwatch forecast --events events.csv --resolution 8 --as-of 2024-06-30 --format csv"
)]
pub struct ForecastArgs {
    #[command(flatten)]
    pub study: StudyArgs,
    /// Last day whose data are used (events received by then); by default the day of the last event
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<Day>,
    /// For cells: windows of days 1 to h
    #[arg(long, value_delimiter = ',', default_values_t = [1, 3, 7, 14], value_parser = clap::value_parser!(u32).range(1..=14))]
    pub horizons: Vec<u32>,
    /// stack (all models together, weighed by their past) or one alone: history, recent, seasonal, endemic-epidemic,
    /// self-exciting, filter, pooled
    #[arg(long, default_value = "stack")]
    pub model: String,
    /// CSV of what is known of places: population, services, seizures, by latitude,longitude or cell or area, with a date from
    /// which a row is known; adds the model "covariates"
    #[arg(long, value_name = "FILE")]
    pub covariates: Option<PathBuf>,
    /// A spike is a count that the long run alone would bring once in so many days
    #[arg(long, default_value_t = 30, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(2..=3650))]
    pub spike_once_in_days: u32,
    /// Add of what each mean consists: long history, season, weekday, trend, neighbours, recent events
    #[arg(long)]
    pub explain: bool,
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Csv,
    Json,
}

#[derive(Debug, Serialize)]
struct Document {
    issued: Day,
    kind: String,
    resolution: u8,
    events: usize,
    unplaced: usize,
    cells: usize,
    areas: usize,
    quantile_levels: [f64; 9],
    spike_once_in_days: u32,
    forecasts: Vec<Row>,
    records: Vec<ForecastRecord>,
    notes: Vec<String>,
    elapsed_ms: u64,
}

/// A forecast with what stands behind it.
#[derive(Debug, Serialize)]
struct Row {
    #[serde(flatten)]
    forecast: Forecast,
    /// Central ranges by per cent, as near to what they should hold as whole numbers allow.
    ranges: BTreeMap<u32, [u32; 2]>,
    /// The count from which on it is a spike, how likely that is, and how likely the long run alone makes it.
    spike_at: u32,
    p_spike: f64,
    p_spike_usual: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<PartLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    would_change: Option<String>,
}

/// What a part adds to the mean; all of them add up to it.
#[derive(Debug, Serialize)]
struct PartLine {
    name: &'static str,
    mean: f64,
}

impl Row {
    fn of(forecast: Forecast, detail: ForecastDetail, explain: bool) -> Self {
        let parts = detail.explanation.parts.into_iter().filter(|_| explain);
        Self {
            forecast,
            ranges: INTERVALS.into_iter().zip(detail.ranges).collect(),
            spike_at: detail.spike.at_least,
            p_spike: detail.spike.probability,
            p_spike_usual: detail.spike.usual,
            parts: parts.map(|(part, mean)| PartLine { name: part.as_str(), mean }).collect(),
            would_change: explain.then_some(detail.explanation.would_change),
        }
    }
}

/// # Errors
/// One line that names what was wrong with the input; the command exits with 2.
pub fn run(args: &ForecastArgs, out: &mut dyn Write) -> Result<()> {
    let started = Instant::now();
    if args.model != model::STACK && model::by_name(&args.model).is_none() {
        let known: Vec<&str> = std::iter::once(model::STACK).chain(model::all().iter().map(|m| m.name())).collect();
        bail!("--model: there is no model \"{}\"; expected one of {}", args.model, known.join(", "));
    }
    if args.model == "covariates" && args.covariates.is_none() {
        bail!("--model: covariates needs --covariates FILE");
    }
    let mut study = Study::read(&args.study)?;
    let covariates = args.covariates.as_ref().map(|file| covariates::read(file, &mut study)).transpose()?;
    let issued = args.as_of.unwrap_or(study.days.to);
    let (cells, areas) = cubes(&study, issued)?;
    let n = (issued - study.days.from + 1).max(1) as usize;
    let completeness =
        learned_completeness(if study.areas.is_empty() { &study.cell_counts } else { &study.area_counts }, n);
    let cell_area: Vec<_> = study.cell_area.iter().map(|a| a.map(|a| study.areas[a as usize].clone())).collect();
    let input = ForecastInput {
        cells: &cells,
        areas: &areas,
        centres: &study.centres,
        cell_area: &cell_area,
        issued,
        kind: args.study.kind,
        run: RunId::derived(&["forecast", &args.study.events.display().to_string(), &issued.to_string()]),
        completeness: &completeness,
        covariates: covariates.as_deref().unwrap_or_default(),
    };
    let options = ForecastOptions {
        cell_horizons: args.horizons.clone(),
        model: args.model.clone(),
        spike_once_in_days: args.spike_once_in_days,
        ..ForecastOptions::default()
    };
    let done = forecast::run(&input, &options)?;
    let pairs = done.forecasts.into_iter().zip(done.details);
    let rows: Vec<Row> = pairs.map(|(f, d)| Row::of(f, d, args.explain)).collect();
    match args.format {
        Format::Csv => table(&rows, args.explain, out),
        Format::Json => {
            let document = Document {
                issued,
                kind: args.study.kind.to_string(),
                resolution: args.study.resolution,
                events: study.events,
                unplaced: study.unplaced,
                cells: study.cells.len(),
                areas: study.areas.len(),
                quantile_levels: QUANTILE_LEVELS,
                spike_once_in_days: args.spike_once_in_days,
                forecasts: rows,
                records: done.records,
                notes: study.notes,
                elapsed_ms: started.elapsed().as_millis() as u64,
            };
            Ok(writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?)
        }
    }
}

/// Counts as they were known by the end of the issue day.
fn cubes(study: &Study, issued: Day) -> Result<(CellCube, AreaCube)> {
    let Some(days) = DayRange::new(study.days.from, issued) else {
        bail!("--as-of {issued}: expected a day after the first event, {}", study.days.from);
    };
    let known = |s: &&forecast::panel::Sighting| (s.day + s.lag) as i32 <= issued - days.from;
    let day = |n: u32| days.from + n as i32;
    let cells = study.cell_counts.iter().filter(known).map(|s| (study.cells[s.place as usize], day(s.day), s.count));
    let areas =
        study.area_counts.iter().filter(known).map(|s| (study.areas[s.place as usize].clone(), day(s.day), s.count));
    Ok((CellCube::from_counts(&study.cells, days, cells), AreaCube::from_counts(&study.areas, days, areas)))
}

fn table(rows: &[Row], explain: bool, out: &mut dyn Write) -> Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    let mut header: Vec<String> =
        ["level", "place", "issued", "from", "to", "mean", "history_mean", "p_at_least_one"].map(String::from).into();
    header.extend(QUANTILE_LEVELS.map(|q| format!("q{q}")));
    header.extend(INTERVALS.iter().flat_map(|p| [format!("low{p}"), format!("high{p}")]));
    header.extend(["spike_at", "p_spike", "method", "method_version", "caveat"].map(String::from));
    if explain {
        header.extend(Part::ALL.map(|p| p.as_str().to_owned()));
        header.push("would_change".to_owned());
    }
    csv.write_record(&header)?;
    for r in rows {
        let f = &r.forecast;
        let place = match (&f.cell, &f.area) {
            (Some(cell), _) => cell.to_string(),
            (_, Some(area)) => area.to_string(),
            _ => String::new(),
        };
        let mut row = vec![
            f.level.to_string(),
            place,
            f.issued.to_string(),
            f.window.from.to_string(),
            f.window.to.to_string(),
            format!("{:.6}", f.mean),
            format!("{:.6}", f.history_mean),
            format!("{:.6}", f.p_at_least_one),
        ];
        row.extend(f.quantiles.map(|q| q.to_string()));
        row.extend(r.ranges.values().flatten().map(u32::to_string));
        row.extend([r.spike_at.to_string(), format!("{:.6}", r.p_spike)]);
        row.extend([f.method.name.clone(), f.method.version.to_string(), f.caveat.clone()]);
        row.extend(r.parts.iter().map(|p| format!("{:.6}", p.mean)));
        row.extend(r.would_change.clone());
        csv.write_record(&row)?;
    }
    Ok(csv.flush()?)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::{cli::study::StudyArgs, domain::event::EventKind};

    fn args(events: &std::path::Path, format: Format) -> ForecastArgs {
        let study = StudyArgs {
            events: events.to_owned(),
            kind: EventKind::Overdose,
            resolution: 7,
            region: None,
            area_column: "jurisdiction".to_owned(),
            zone: None,
            since: None,
            any_precision: false,
        };
        let as_of = Some("2024-03-01".parse().unwrap());
        ForecastArgs {
            study,
            as_of,
            horizons: vec![1, 7],
            model: "stack".to_owned(),
            spike_once_in_days: 30,
            covariates: None,
            explain: false,
            format,
        }
    }

    /// An event a day in one of four places, and one more that is received only after the issue day.
    fn events(late: &str) -> tempfile::NamedTempFile {
        let mut f = tempfile::NamedTempFile::new().unwrap();
        writeln!(f, "event_id,kind,occurred_at,received_at,latitude,longitude,jurisdiction").unwrap();
        let first: Day = "2023-11-01".parse().unwrap();
        for d in 0..150 {
            let lat = 44.7 + 0.1 * f64::from(d % 2);
            let lon = -68.9 + 0.1 * f64::from(d / 2 % 2);
            writeln!(f, "{d},overdose,{},{},{lat},{lon},{}", first + d, first + d, if d % 2 == 0 { "a" } else { "b" })
                .unwrap();
        }
        writeln!(f, "{late}").unwrap();
        f
    }

    fn output(late: &str, format: Format) -> String {
        let mut out = Vec::new();
        run(&args(events(late).path(), format), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_table_has_a_row_for_every_place_and_window() {
        let text = output("x,overdose,2024-01-05,2024-01-05,44.75,-68.85,a", Format::Csv);
        let rows: Vec<&str> = text.lines().collect();
        assert!(rows[0].starts_with("level,place,issued,from,to,mean,history_mean,p_at_least_one,q0.025"));
        let of = |level: &str| rows.iter().filter(|r| r.starts_with(level)).count();
        assert_eq!((of("whole,"), of("area,a,"), of("area,b,")), (16, 16, 16));
        assert!(of("cell,") > 8 && of("cell,") % 2 == 0);
    }

    #[test]
    fn explained_forecasts_say_of_what_their_means_consist() {
        let f = events("x,overdose,2024-01-05,2024-01-05,44.75,-68.85,a");
        let mut out = Vec::new();
        let args = ForecastArgs { explain: true, ..args(f.path(), Format::Json) };
        run(&args, &mut out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        for f in json["forecasts"].as_array().unwrap() {
            let mean = f["mean"].as_f64().unwrap();
            let parts: f64 = f["parts"].as_array().unwrap().iter().map(|p| p["mean"].as_f64().unwrap()).sum();
            assert!((parts - mean).abs() < 1e-9 * mean, "{f}");
            assert!(!f["would_change"].as_str().unwrap().is_empty() && f["spike_at"].as_u64().unwrap() >= 1);
            assert!(f["ranges"]["50"][0].as_u64() >= f["ranges"]["95"][0].as_u64());
        }
    }

    #[test]
    fn an_event_received_after_the_issue_day_is_not_used() {
        let means = |late: &str| {
            let json: serde_json::Value = serde_json::from_str(&output(late, Format::Json)).unwrap();
            assert!(json["records"].as_array().unwrap().len() > 3);
            json["forecasts"].as_array().unwrap().iter().map(|f| f["mean"].as_f64().unwrap()).collect::<Vec<_>>()
        };
        let late = means("x,overdose,2024-01-05,2024-03-09,44.8,-68.8,a");
        assert_eq!(late, means("x,overdose,2024-03-08,2024-03-09,44.8,-68.8,a"));
        assert_ne!(late, means("x,overdose,2024-01-05,2024-01-05,44.8,-68.8,a"));
    }

    #[test]
    fn a_wrong_model_or_day_is_named() {
        let f = events("x,overdose,2024-01-05,,44.8,-68.8,a");
        let error = |args: ForecastArgs| format!("{:#}", run(&args, &mut Vec::new()).unwrap_err());
        let base = args(f.path(), Format::Csv);
        assert!(error(ForecastArgs { model: "magic".to_owned(), ..base.clone() }).contains("stack, history, recent"));
        let early = error(ForecastArgs { as_of: Some("2020-01-01".parse().unwrap()), ..base });
        assert!(early.contains("2020-01-01") && early.contains("2023-11-01"), "{early}");
    }
}
