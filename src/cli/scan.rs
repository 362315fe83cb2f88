//! `emberwatch scan`: the scan statistic on plain files.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::table::{Row, Table};
use crate::{
    detect::scan::{
        Analysis, Location, LongestWindow, METHOD_VERSION, Model, Overlap, PValueMethod, Rates, ScanCase, ScanCluster,
        ScanInput, ScanOptions, ScanPlace, ScanPopulation, ScanResult, TimeAdjustment, scan,
    },
    domain::{
        place::Point,
        time::{Day, DayRange},
    },
};

/// Find clusters in space and time in a table of cases.
///
/// Example:
///   emberwatch scan --cases cases.csv --places places.csv --model permutation --analysis prospective
///     --from 2025-07-03 --to 2025-09-30 --max-days 14 --format json
#[derive(Debug, Clone, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:\n  emberwatch scan --cases cases.csv --places places.csv --model permutation --analysis prospective \\\n    --from 2024-01-01 --to 2024-06-30 --max-days 14 --max-radius-km 25 --format json"
)]
pub struct ScanArgs {
    /// Table `place_id,date,count[,covariate1,…]`.
    #[arg(long)]
    pub cases: PathBuf,
    /// Table `place_id,latitude,longitude` (or `place_id,x,y`).
    #[arg(long)]
    pub places: PathBuf,
    /// Table `place_id,population[,date][,covariate1,…]`, for the Poisson model.
    #[arg(long)]
    pub population: Option<PathBuf>,
    /// Table like the cases', for the Bernoulli model.
    #[arg(long)]
    pub controls: Option<PathBuf>,
    /// Days on which nothing was reported by anybody, as dates with commas between them.
    #[arg(long, value_delimiter = ',')]
    pub silent: Vec<String>,
    #[arg(long, default_value = "permutation", value_parser = word::<Model>)]
    pub model: Model,
    #[arg(long, default_value = "prospective", value_parser = word::<Analysis>)]
    pub analysis: Analysis,
    /// First day of the study period; the first day of the cases where it is left out.
    #[arg(long)]
    pub from: Option<String>,
    /// Last day of the study period; the last day of the cases where it is left out.
    #[arg(long)]
    pub to: Option<String>,
    /// Days per time interval.
    #[arg(long, default_value_t = 1)]
    pub aggregate_days: u32,
    /// The largest circle, as a share of the population at risk.
    #[arg(long, default_value_t = 0.5)]
    pub max_space_share: f64,
    /// The largest circle, as a radius in kilometres.
    #[arg(long)]
    pub max_radius_km: Option<f64>,
    #[arg(long, default_value_t = 1)]
    pub min_days: u32,
    #[arg(long, conflicts_with = "max_time_share")]
    pub max_days: Option<u32>,
    /// The longest window, as a share of the study period [default: 0.5].
    #[arg(long)]
    pub max_time_share: Option<f64>,
    #[arg(long, default_value_t = 2)]
    pub min_cases: u32,
    #[arg(long, default_value = "no-centre-in-other", value_parser = word::<Overlap>)]
    pub overlap: Overlap,
    /// Adjust for weekday, time-nonparametric, time-loglinear or space; may be given more than once.
    #[arg(long)]
    pub adjust: Vec<String>,
    /// Also look for clusters over the whole period.
    #[arg(long)]
    pub include_spatial: bool,
    /// Also look for clusters over the whole area.
    #[arg(long)]
    pub include_temporal: bool,
    #[arg(long, default_value = "high", value_parser = word::<Rates>)]
    pub windows: Rates,
    #[arg(long, default_value_t = 999)]
    pub replications: u32,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Worker threads; as many as the machine has where it is left out. Never changes the answer.
    #[arg(long)]
    pub threads: Option<usize>,
    #[arg(long, default_value = "standard", value_parser = word::<PValueMethod>)]
    pub p_value: PValueMethod,
    #[arg(long, default_value = "json")]
    pub format: ScanFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScanFormat {
    Json,
    Csv,
    Geojson,
}

/// Run the command and print its answer.
///
/// # Errors
/// With one line that says what is wrong in which file, or which option is out of range.
pub fn run(args: &ScanArgs) -> Result<()> {
    print!("{}", answer(args)?);
    Ok(())
}

/// The text that the command prints.
///
/// # Errors
/// As [`run`].
pub fn answer(args: &ScanArgs) -> Result<String> {
    let started = Instant::now();
    let options = options(args)?;
    let input = input(args)?;
    let result = scan(&input, &options)?;
    let elapsed_ms = started.elapsed().as_millis() as u64;
    match args.format {
        ScanFormat::Json => {
            let document = document(args, &options, &input, &result, elapsed_ms);
            Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
        }
        ScanFormat::Csv => as_csv(&input, &result),
        ScanFormat::Geojson => as_geojson(&input, &result),
    }
}

/// A word of one of the option lists.
trait Word: Sized {
    fn read(word: &str) -> Option<Self>;
    const KNOWN: &'static [&'static str];
}

macro_rules! words {
    ($($t:ty),+) => {$(
        impl Word for $t {
            fn read(word: &str) -> Option<Self> {
                <$t>::from_word(word)
            }
            const KNOWN: &'static [&'static str] = <$t>::WORDS;
        }
    )+};
}
words!(Model, Analysis, Overlap, Rates, PValueMethod, TimeAdjustment);

fn word<T: Word>(text: &str) -> Result<T, String> {
    T::read(text).ok_or_else(|| format!("expected one of {}", T::KNOWN.join(", ")))
}

pub(super) fn options(args: &ScanArgs) -> Result<ScanOptions> {
    let mut options = ScanOptions {
        model: args.model,
        analysis: args.analysis,
        aggregate_days: args.aggregate_days,
        max_space_share: args.max_space_share,
        max_radius_km: args.max_radius_km,
        min_days: args.min_days,
        longest: args.max_days.map_or(LongestWindow::Share(args.max_time_share.unwrap_or(0.5)), LongestWindow::Days),
        min_cases: args.min_cases,
        rates: args.windows,
        overlap: args.overlap,
        include_spatial: args.include_spatial,
        include_temporal: args.include_temporal,
        replications: args.replications,
        seed: args.seed,
        p_value: args.p_value,
        threads: args.threads,
        ..ScanOptions::default()
    };
    for adjustment in args.adjust.iter().flat_map(|a| a.split(',')) {
        match adjustment {
            "weekday" => options.adjust_weekday = true,
            "space" => options.adjust_space = true,
            other => match TimeAdjustment::from_word(other) {
                Some(t) => options.adjust_time = Some(t),
                None => bail!("--adjust {other}: expected one of weekday, time-nonparametric, time-loglinear, space"),
            },
        }
    }
    Ok(options)
}

/// Numbers for combinations of covariates, in the order in which they first appear.
#[derive(Default)]
struct Covariates(HashMap<Vec<String>, u32>);

impl Covariates {
    fn number(&mut self, row: Row, columns: &[&str]) -> u32 {
        let values: Vec<String> = columns.iter().map(|c| row.text(c).to_owned()).collect();
        let next = self.0.len() as u32;
        *self.0.entry(values).or_insert(next)
    }
}

pub(super) fn input(args: &ScanArgs) -> Result<ScanInput> {
    let places = places(args)?;
    let by_id: HashMap<&str, usize> = places.iter().enumerate().map(|(i, p)| (p.id.as_str(), i)).collect();
    let mut covariates = Covariates::default();
    let mut cases = cases(&args.cases, &by_id, &mut covariates)?;
    let mut controls = match &args.controls {
        Some(path) => self::cases(path, &by_id, &mut covariates)?,
        None => Vec::new(),
    };
    let population = match &args.population {
        Some(path) => population(path, &by_id, &mut covariates)?,
        None => Vec::new(),
    };
    let days = period(args, &cases)?;
    let all = cases.len();
    cases.retain(|c| days.contains(c.day));
    controls.retain(|c| days.contains(c.day));
    if cases.len() < all {
        eprintln!(
            "note: {} rows of cases lie outside {} to {} and are left out",
            all - cases.len(),
            days.from,
            days.to
        );
    }
    let silent = args.silent.iter().map(|d| d.parse().map_err(|e| anyhow::anyhow!("--silent: {e}")));
    let silent = silent.collect::<Result<Vec<Day>>>()?;
    Ok(ScanInput { places, cases, controls, population, days, silent })
}

fn places(args: &ScanArgs) -> Result<Vec<ScanPlace>> {
    let table = Table::read(&args.places, &["place_id"])?;
    let geographic = table.has("latitude") && table.has("longitude");
    let plane = table.has("x") && table.has("y");
    if !geographic && !plane {
        bail!("{}: line 1: there is no position; expected the columns latitude,longitude or x,y", table.name());
    }
    let mut seen = HashMap::new();
    let mut places = Vec::new();
    for row in table.rows() {
        let id = row.text("place_id").to_owned();
        if id.is_empty() {
            bail!(row.wrong("place_id", "an id"));
        }
        if seen.insert(id.clone(), ()).is_some() {
            bail!(row.wrong("place_id", "a new id; every place stands in one row"));
        }
        let location = if geographic {
            let lat: f64 = row.parse("latitude", "a number of degrees from -90 to 90")?;
            let lon: f64 = row.parse("longitude", "a number of degrees from -180 to 180")?;
            match Point::new(lat, lon) {
                Ok(point) => Location::Geographic(point),
                Err(e) => bail!("{}: {e}", row.wrong("latitude", "with its longitude a position")),
            }
        } else {
            let finite = |c| {
                row.parse::<f64>(c, "a number")
                    .and_then(|v| if v.is_finite() { Ok(v) } else { bail!(row.wrong(c, "a finite number")) })
            };
            Location::Plane { x: finite("x")?, y: finite("y")? }
        };
        places.push(ScanPlace { id, location });
    }
    if places.is_empty() {
        bail!("{}: there is no place in it; expected at least one row", table.name());
    }
    Ok(places)
}

fn place_of(row: Row, by_id: &HashMap<&str, usize>) -> Result<usize> {
    match by_id.get(row.text("place_id")) {
        Some(&place) => Ok(place),
        None => bail!(row.wrong("place_id", "a place of the places file")),
    }
}

fn cases(path: &Path, by_id: &HashMap<&str, usize>, covariates: &mut Covariates) -> Result<Vec<ScanCase>> {
    let table = Table::read(path, &["place_id", "date", "count"])?;
    let columns = notice_unknown(&table, &["place_id", "date", "count"]);
    let row_to_case = |row: Row| {
        Ok(ScanCase {
            place: place_of(row, by_id)?,
            day: row.day("date")?,
            count: row.parse("count", "a whole number of cases, 0 or more")?,
            covariate: covariates.number(row, &columns),
        })
    };
    table.rows().map(row_to_case).collect()
}

fn population(path: &Path, by_id: &HashMap<&str, usize>, covariates: &mut Covariates) -> Result<Vec<ScanPopulation>> {
    let table = Table::read(path, &["place_id", "population"])?;
    let columns = notice_unknown(&table, &["place_id", "population", "date"]);
    let row_to_population = |row: Row| {
        let population: f64 = row.parse("population", "a number of people, 0 or more")?;
        if !(population >= 0.0 && population.is_finite()) {
            bail!(row.wrong("population", "a number of people, 0 or more"));
        }
        let date = match row.text("date") {
            "" => None,
            // A year alone stands for its middle.
            year if year.len() == 4 => Some(match format!("{year}-07-01").parse() {
                Ok(day) => day,
                Err(_) => bail!(row.wrong("date", "a date as YYYY-MM-DD or a year")),
            }),
            _ => Some(row.day("date")?),
        };
        Ok(ScanPopulation {
            place: place_of(row, by_id)?,
            covariate: covariates.number(row, &columns),
            date,
            population,
        })
    };
    table.rows().map(row_to_population).collect()
}

/// The covariate columns; a word on stderr about columns that mean nothing here.
fn notice_unknown<'t>(table: &'t Table, known: &[&str]) -> Vec<&'t str> {
    let columns = table.columns_with("covariate");
    let ignored: Vec<&str> = table.unknown(known).into_iter().filter(|c| !columns.contains(c)).collect();
    if !ignored.is_empty() {
        eprintln!("note: {}: ignored the columns {}", table.name(), ignored.join(", "));
    }
    columns
}

fn period(args: &ScanArgs, cases: &[ScanCase]) -> Result<DayRange> {
    let given = |name: &str, text: &Option<String>| match text {
        Some(t) => t.parse::<Day>().map(Some).map_err(|e| anyhow::anyhow!("{name}: {e}")),
        None => Ok(None),
    };
    let from = given("--from", &args.from)?.or_else(|| cases.iter().map(|c| c.day).min());
    let to = given("--to", &args.to)?.or_else(|| cases.iter().map(|c| c.day).max());
    let (Some(from), Some(to)) = (from, to) else {
        bail!("{}: there are no cases; give the study period as --from and --to", args.cases.display());
    };
    DayRange::new(from, to).ok_or_else(|| anyhow::anyhow!("--to {to} lies before --from {from}"))
}

fn document(args: &ScanArgs, options: &ScanOptions, input: &ScanInput, result: &ScanResult, elapsed_ms: u64) -> Value {
    let mut settings = serde_json::to_value(options).unwrap_or(Value::Null);
    if let Value::Object(map) = &mut settings {
        map.insert("from".into(), json!(input.days.from));
        map.insert("to".into(), json!(input.days.to));
    }
    json!({
        "model": args.model.as_str(),
        "analysis": args.analysis.as_str(),
        "settings": settings,
        "cases": result.cases,
        "places": input.places.len(),
        "clusters": result.clusters.iter().map(|c| cluster(input, c)).collect::<Vec<_>>(),
        "replications": result.maxima.len(),
        "seed": options.seed,
        "method_version": METHOD_VERSION,
        "elapsed_ms": elapsed_ms,
    })
}

fn cluster(input: &ScanInput, c: &ScanCluster) -> Value {
    let centre = c.centre.map(|p| &input.places[p]);
    let position = centre.map(|p| p.location);
    let (mut latitude, mut longitude) = (None, None);
    match position {
        Some(Location::Geographic(p)) => (latitude, longitude) = (Some(p.lat()), Some(p.lon())),
        // A plane's y runs as latitude does.
        Some(Location::Plane { x, y }) => (latitude, longitude) = (Some(y), Some(x)),
        None => {}
    }
    json!({
        "rank": c.rank,
        "centre": centre.map_or("All", |p| p.id.as_str()),
        "latitude": latitude,
        "longitude": longitude,
        "radius_km": c.radius_km,
        "places": c.places.iter().map(|&p| input.places[p].id.as_str()).collect::<Vec<_>>(),
        "from": c.window.from,
        "to": c.window.to,
        "observed": c.observed,
        "expected": c.expected,
        "observed_over_expected": f64::from(c.observed) / c.expected,
        "relative_risk": c.relative_risk,
        "llr": c.llr,
        "p_value": c.p_value,
        "recurrence_interval_days": c.recurrence_interval_days,
        "silent_days": c.silent_days,
    })
}

fn as_csv(input: &ScanInput, result: &ScanResult) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let columns = [
        "rank",
        "centre",
        "latitude",
        "longitude",
        "radius_km",
        "places",
        "from",
        "to",
        "observed",
        "expected",
        "observed_over_expected",
        "relative_risk",
        "llr",
        "p_value",
        "recurrence_interval_days",
    ];
    writer.write_record(columns)?;
    for c in &result.clusters {
        let row = cluster(input, c);
        writer.write_record(columns.map(|column| match &row[column] {
            Value::Null => String::new(),
            Value::String(s) => s.clone(),
            Value::Array(ids) => ids.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            other => other.to_string(),
        }))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// Every cluster as its circle (a polygon of 64 sides; a point for a single place), with the figures as properties.
fn as_geojson(input: &ScanInput, result: &ScanResult) -> Result<String> {
    if input.places.iter().any(|p| matches!(p.location, Location::Plane { .. })) {
        bail!("--format geojson needs places with latitude,longitude; these have x,y");
    }
    let features: Vec<Value> = result
        .clusters
        .iter()
        .map(|c| {
            let mut properties: BTreeMap<String, Value> = BTreeMap::new();
            if let Value::Object(map) = cluster(input, c) {
                properties.extend(map);
            }
            let geometry = match c.centre.map(|p| input.places[p].location) {
                Some(Location::Geographic(centre)) => circle(centre, c.radius_km.unwrap_or(0.0)),
                _ => Value::Null,
            };
            json!({ "type": "Feature", "id": c.rank, "geometry": geometry, "properties": properties })
        })
        .collect();
    Ok(format!("{}\n", json!({ "type": "FeatureCollection", "features": features })))
}

fn circle(centre: Point, radius_km: f64) -> Value {
    if radius_km <= 0.0 {
        return json!({ "type": "Point", "coordinates": [centre.lon(), centre.lat()] });
    }
    let arc = radius_km / 6367.0;
    let (lat, lon) = (centre.lat().to_radians(), centre.lon().to_radians());
    let corner = |i: u32| {
        // Anticlockwise, as the standard wants the outer ring.
        let bearing = -f64::from(i) * std::f64::consts::TAU / 64.0;
        let to_lat = (lat.sin() * arc.cos() + lat.cos() * arc.sin() * bearing.cos()).clamp(-1.0, 1.0).asin();
        let to_lon = lon + (bearing.sin() * arc.sin() * lat.cos()).atan2(arc.cos() - lat.sin() * to_lat.sin());
        json!([to_lon.to_degrees(), to_lat.to_degrees()])
    };
    let ring: Vec<Value> = (0..64).chain([0]).map(corner).collect();
    json!({ "type": "Polygon", "coordinates": [ring] })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

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
        assert_eq!(
            (&top["from"], &top["to"], &top["observed"]),
            (&json!("2025-01-30"), &json!("2025-01-30"), &json!(6))
        );
        // 7 cases at the place, 8 of all 67 on the day.
        assert!((top["expected"].as_f64().unwrap() - 7.0 * 8.0 / 67.0).abs() < 1e-12);
        assert_eq!(document["cases"], json!(67));
        assert_eq!(document["settings"]["from"], json!("2025-01-01"));
    }

    #[test]
    fn geojson_and_csv_say_the_same() {
        let json: Value =
            serde_json::from_str(&scan_of(&outbreak(), PLACES, &["--format", "geojson"]).unwrap()).unwrap();
        let top = &json["features"][0];
        assert_eq!(top["geometry"], json!({ "type": "Point", "coordinates": [-69.1, 44.1] }));
        let csv = scan_of(&outbreak(), PLACES, &["--format", "csv"]).unwrap();
        assert!(csv.lines().nth(1).unwrap().starts_with("1,a,44.1,-69.1,0.0,a,2025-01-30,"), "{csv}");
    }
}
