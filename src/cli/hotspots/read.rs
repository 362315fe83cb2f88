//! The files of a hot-spot analysis.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
};

use anyhow::{Context, Result, bail};

use super::HotspotsArgs;
use crate::{
    cells,
    cli::table::{Row, Table},
    detect::{Bins, Neighbours},
    domain::{place::Cell, time::Day},
};

/// Fewer steps than this make no history to speak of.
const FEW_STEPS: usize = 10;
/// More values than this do not fit into a usual machine's memory several times over.
const MOST_BINS: usize = 100_000_000;

pub(super) struct Study {
    /// Sorted.
    pub ids: Vec<String>,
    /// The ids as cells, where all of them are cells of one resolution.
    pub cells: Option<Vec<Cell>>,
    /// First and last day (or number) of each step.
    pub steps: Vec<[String; 2]>,
    pub bins: Bins,
    pub neighbours: Neighbours,
}

/// What the files hold.
///
/// # Errors
/// With one line that names the file, the line and the column, or what is missing.
pub(super) fn study(args: &HotspotsArgs) -> Result<Study> {
    let counts = Counts::read(&args.cells)?;
    let ids: Vec<String> = counts.rows.iter().map(|row| row.id.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    if ids.len() < 2 {
        bail!("{}: {} cells in it; hot spots need two at least", counts.name, ids.len());
    }
    let cells = as_cells(&ids);
    let neighbours = neighbours(args, &ids, cells.as_deref())?;
    let calendar = Calendar::new(args, &counts)?;
    let bins = bins(args, &counts, &ids, &calendar)?;
    let label = |ordinal: i32| {
        if counts.dated { Day::from_epoch_days(ordinal).to_string() } else { ordinal.to_string() }
    };
    let steps = (0..calendar.steps as i32).map(|step| {
        let first = calendar.start + step * calendar.width;
        [label(first), label(first + calendar.width - 1)]
    });
    Ok(Study { steps: steps.collect(), ids, cells, bins, neighbours })
}

/// The table, with times as numbers: days since 1970, or weeks as they are numbered.
struct Counts {
    name: String,
    dated: bool,
    rows: Vec<Count>,
}

struct Count {
    id: String,
    at: i32,
    /// NaN is no data.
    count: f64,
}

impl Counts {
    fn read(path: &Path) -> Result<Self> {
        let table = Table::read(path, &["count"])?;
        let one_of = |names: [&'static str; 2]| match names.into_iter().find(|name| table.has(name)) {
            Some(name) => Ok(name),
            None => bail!("{}: line 1: there is no column \"{}\"; expected cell,date,count", table.name(), names[0]),
        };
        let (id, time) = (one_of(["cell", "place_id"])?, one_of(["date", "week"])?);
        let ignored = table.unknown(&[id, time, "count"]);
        if !ignored.is_empty() {
            eprintln!("note: {}: ignored the columns {}", table.name(), ignored.join(", "));
        }
        let dated = time == "date";
        let read = |row: Row| {
            let at = if dated { row.day(time)?.epoch_days() } else { row.parse(time, "the whole number of a week")? };
            if row.text(id).is_empty() {
                bail!(row.wrong(id, "an id"));
            }
            Ok(Count { id: row.text(id).to_owned(), at, count: count(row)? })
        };
        Ok(Self { dated, rows: table.rows().map(read).collect::<Result<_>>()?, name: table.name().to_owned() })
    }
}

fn count(row: Row) -> Result<f64> {
    if matches!(row.text("count"), "" | "NA") {
        return Ok(f64::NAN);
    }
    let expected = "a number, 0 or more (empty or NA for no data)";
    let count: f64 = row.parse("count", expected)?;
    if count >= 0.0 && count.is_finite() { Ok(count) } else { bail!(row.wrong("count", expected)) }
}

/// How time is cut into steps.
struct Calendar {
    start: i32,
    width: i32,
    steps: usize,
}

impl Calendar {
    fn new(args: &HotspotsArgs, counts: &Counts) -> Result<Self> {
        let day = |name: &str, text: &Option<String>| match text {
            Some(_) if !counts.dated => bail!("{name} needs dates; {} has numbered weeks", counts.name),
            Some(text) => text.parse::<Day>().map(|d| Some(d.epoch_days())).map_err(|e| anyhow::anyhow!("{name}: {e}")),
            None => Ok(None),
        };
        let (from, to) = (day("--from", &args.from)?, day("--to", &args.to)?);
        let inside = |at: i32| from.is_none_or(|from| from <= at) && to.is_none_or(|to| at <= to);
        let times = || counts.rows.iter().map(|row| row.at).filter(|at| inside(*at));
        let (Some(first), Some(last)) = (times().min(), times().max()) else {
            bail!("{}: there is no row between --from and --to", counts.name);
        };
        let width = if counts.dated { args.step_days as i32 } else { 1 };
        // Dates that are all whole steps apart each name a step: a table by week has one date a week.
        let named = times().all(|at| (at - first) % width == 0);
        let (start, end) = if named { (first, last + width - 1) } else { (from.unwrap_or(first), to.unwrap_or(last)) };
        let days = end - start + 1;
        let steps = (days / width) as usize;
        if steps == 0 {
            bail!("the study period has {days} days and a step {width}; give --step-days or a longer period");
        }
        if days % width > 0 {
            let left = Day::from_epoch_days(end - days % width + 1);
            eprintln!("note: the last days, from {left}, make no whole step and are left out");
        }
        if steps < FEW_STEPS {
            eprintln!("note: {steps} steps make a short history; categories mean little with fewer than {FEW_STEPS}");
        }
        Ok(Self { start, width, steps })
    }

    fn step(&self, at: i32) -> Option<usize> {
        let step = usize::try_from((at - self.start).div_euclid(self.width)).ok()?;
        (step < self.steps).then_some(step)
    }
}

fn bins(args: &HotspotsArgs, counts: &Counts, ids: &[String], calendar: &Calendar) -> Result<Bins> {
    let size = ids.len().saturating_mul(calendar.steps);
    if size > MOST_BINS {
        bail!("{} cells and {} steps are too many together; expected at most {MOST_BINS}", ids.len(), calendar.steps);
    }
    let at: HashMap<&str, usize> = ids.iter().map(String::as_str).zip(0..).collect();
    let mut values = vec![0.0; size];
    let mut told = vec![false; calendar.steps];
    for row in &counts.rows {
        if let Some(step) = calendar.step(row.at) {
            values[step * ids.len() + at[row.id.as_str()]] += row.count;
            told[step] = true;
        }
    }
    let mut bins = Bins::new(ids.len(), calendar.steps, values)?;
    for day in &args.silent {
        let day: Day = day.parse().map_err(|e| anyhow::anyhow!("--silent: {e}"))?;
        if !counts.dated {
            bail!("--silent needs dates; {} has numbered weeks", counts.name);
        }
        if let Some(step) = calendar.step(day.epoch_days()) {
            bins.silence(step);
            told[step] = true;
        }
    }
    let untold = told.iter().filter(|told| !**told).count();
    if untold > 0 {
        eprintln!(
            "note: {untold} steps have no row at all and count 0; if there are no data of them, name a day of each in --silent"
        );
    }
    Ok(bins)
}

fn as_cells(ids: &[String]) -> Option<Vec<Cell>> {
    let cells: Vec<Cell> = ids.iter().map(|id| id.parse().ok()).collect::<Option<_>>()?;
    cells.windows(2).all(|pair| pair[0].resolution() == pair[1].resolution()).then_some(cells)
}

fn neighbours(args: &HotspotsArgs, ids: &[String], of: Option<&[Cell]>) -> Result<Neighbours> {
    let lists = match (&args.neighbours, of) {
        (Some(path), _) if path.extension().is_some_and(|e| e == "json") => from_json(path, ids)?,
        (Some(path), _) => from_table(path, ids)?,
        (None, Some(of)) => around(of, args.rings),
        (None, None) => bail!(
            "{}: not every id is an H3 cell of one resolution; give --neighbours with a table place_id,neighbour_id",
            args.cells.display()
        ),
    };
    Ok(Neighbours::new(&lists)?)
}

fn around(of: &[Cell], rings: u32) -> Vec<Vec<u32>> {
    let at: HashMap<Cell, u32> = of.iter().copied().zip(0..).collect();
    of.iter().map(|cell| cells::disk(*cell, rings).iter().filter_map(|n| at.get(n).copied()).collect()).collect()
}

fn from_table(path: &Path, ids: &[String]) -> Result<Vec<Vec<u32>>> {
    let table = Table::read(path, &["place_id", "neighbour_id"])?;
    let at: HashMap<&str, u32> = ids.iter().map(String::as_str).zip(0..).collect();
    let mut lists = vec![Vec::new(); ids.len()];
    for row in table.rows() {
        let place = |column| match at.get(row.text(column)) {
            Some(&place) => Ok(place),
            None => bail!(row.wrong(column, "a cell of the counts")),
        };
        let (a, b) = (place("place_id")?, place("neighbour_id")?);
        lists[a as usize].push(b);
        lists[b as usize].push(a);
    }
    Ok(lists)
}

fn from_json(path: &Path, ids: &[String]) -> Result<Vec<Vec<u32>>> {
    let name = path.display();
    let text = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
    let given: BTreeMap<String, Vec<String>> = serde_json::from_slice(&text)
        .map_err(|e| anyhow::anyhow!("{name}: {e}; expected an object of ids, each with the list of its neighbours"))?;
    let at: HashMap<&str, u32> = ids.iter().map(String::as_str).zip(0..).collect();
    let place = |id: &str| match at.get(id) {
        Some(&place) => Ok(place),
        None => bail!("{name}: \"{id}\" is not a cell of the counts"),
    };
    let mut lists = vec![Vec::new(); ids.len()];
    for (id, near) in &given {
        lists[place(id)? as usize] = near.iter().map(|n| place(n)).collect::<Result<_>>()?;
    }
    Ok(lists)
}
