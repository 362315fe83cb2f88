//! The files of a scan.

use std::{collections::HashMap, path::Path};

use anyhow::{Result, bail};

use super::ScanArgs;
use crate::{
    cli::table::{Row, Table},
    detect::scan::{Analysis, Location, ScanCase, ScanInput, ScanPlace, ScanPopulation},
    domain::{
        place::Point,
        time::{Day, DayRange},
    },
};

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

/// What the files hold.
///
/// # Errors
/// With one line that names the file, the line and the column, or what is missing.
pub(super) fn input(args: &ScanArgs) -> Result<ScanInput> {
    let places = places(args)?;
    let by_id: HashMap<&str, usize> = places.iter().enumerate().map(|(i, p)| (p.id.as_str(), i)).collect();
    let given = Given { from: day("--from", args.from.as_deref())?, to: day("--to", args.to.as_deref())? };
    if let Given { from: Some(from), to: Some(to) } = given
        && to < from
    {
        bail!("--to {to} lies before --from {from}");
    }
    let mut covariates = Covariates::default();
    let cases = cases(&args.cases, &by_id, &mut covariates, given)?;
    let days = period(args, given, &cases)?;
    let controls = match &args.controls {
        Some(path) => self::cases(path, &by_id, &mut covariates, Given { from: Some(days.from), to: Some(days.to) })?,
        None => Vec::new(),
    };
    let population = match &args.population {
        Some(path) => population(path, &by_id, &mut covariates)?,
        None => Vec::new(),
    };
    let silent = args.silent.iter().map(|d| d.parse().map_err(|e| anyhow::anyhow!("--silent: {e}")));
    let silent = silent.collect::<Result<Vec<Day>>>()?;
    let neighbours = args.neighbours.as_deref().map(|path| neighbours(path, &by_id)).transpose()?;
    let input = ScanInput { places, cases, controls, population, days, silent, neighbours };
    check(args, &input)?;
    Ok(input)
}

/// The ends of the study period, as far as they were given.
#[derive(Clone, Copy)]
struct Given {
    from: Option<Day>,
    to: Option<Day>,
}

pub(super) fn day(name: &str, text: Option<&str>) -> Result<Option<Day>> {
    text.map(|t| t.parse::<Day>().map_err(|e| anyhow::anyhow!("{name}: {e}"))).transpose()
}

/// What the files and the options say of one another.
fn check(args: &ScanArgs, input: &ScanInput) -> Result<()> {
    let DayRange { from, to } = input.days;
    let cases: u64 = input.cases.iter().map(|c| u64::from(c.count)).sum();
    if cases < 2 {
        bail!("{}: {cases} cases from {from} to {to}; a scan needs two at least", args.cases.display());
    }
    if args.neighbours.is_some() && args.zones.is_circles() {
        bail!("--neighbours says nothing to circles; give --zones rings or connected with it");
    }
    if args.analysis == Analysis::Spatial {
        return Ok(());
    }
    let days = input.days.len() as u32;
    if let Some(most) = args.max_days.filter(|most| *most > days) {
        bail!("--max-days {most} is longer than the study period, {days} days from {from} to {to}");
    }
    let share = f64::from(days) * args.max_time_share.unwrap_or(0.5) + 1e-9;
    let longest = args.max_days.unwrap_or(share as u32) / args.aggregate_days.max(1) * args.aggregate_days.max(1);
    if args.min_days.max(args.aggregate_days) > longest {
        let shortest = args.min_days.max(args.aggregate_days);
        bail!("there is no window to scan: the shortest has {shortest} days and the longest {longest}");
    }
    Ok(())
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

fn neighbours(path: &Path, by_id: &HashMap<&str, usize>) -> Result<Vec<[usize; 2]>> {
    let table = Table::read(path, &["place_id", "neighbour_id"])?;
    notice_unknown(&table, &["place_id", "neighbour_id"]);
    let pair = |row: Row| match by_id.get(row.text("neighbour_id")) {
        Some(&other) => Ok([place_of(row, by_id)?, other]),
        None => bail!(row.wrong("neighbour_id", "a place of the places file")),
    };
    table.rows().map(pair).collect()
}

fn place_of(row: Row, by_id: &HashMap<&str, usize>) -> Result<usize> {
    match by_id.get(row.text("place_id")) {
        Some(&place) => Ok(place),
        None => bail!(row.wrong("place_id", "a place of the places file")),
    }
}

fn cases(
    path: &Path,
    by_id: &HashMap<&str, usize>,
    covariates: &mut Covariates,
    given: Given,
) -> Result<Vec<ScanCase>> {
    let table = Table::read(path, &["place_id", "date", "count"])?;
    let columns = notice_unknown(&table, &["place_id", "date", "count"]);
    let row_to_case = |row: Row| {
        let day = row.day("date")?;
        if given.from.is_some_and(|from| day < from) || given.to.is_some_and(|to| day > to) {
            bail!(row.wrong("date", "in the study period"));
        }
        Ok(ScanCase {
            place: place_of(row, by_id)?,
            day,
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

fn period(args: &ScanArgs, given: Given, cases: &[ScanCase]) -> Result<DayRange> {
    let from = given.from.or_else(|| cases.iter().map(|c| c.day).min());
    let to = given.to.or_else(|| cases.iter().map(|c| c.day).max());
    let (Some(from), Some(to)) = (from, to) else {
        bail!("{}: there are no cases; give the study period as --from and --to", args.cases.display());
    };
    DayRange::new(from, to).ok_or_else(|| anyhow::anyhow!("--to {to} lies before --from {from}"))
}
