//! The files of an endemic–epidemic model.

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
};

use anyhow::{Result, bail};

use super::{Hhh4Args, times::Times};
use crate::{
    cli::table::{Row, Table},
    forecast::endemic_epidemic::{CountTable, Link, Values, WeightShape, Weights},
};

/// What the files hold.
pub(super) struct Inputs {
    /// Name of the file of counts.
    pub file: String,
    pub table: CountTable,
    pub times: Times,
    pub weights: Option<Weights>,
    units: Option<Table>,
    series: Table,
    /// For a long table: row of every time and unit, `[time][unit]`.
    rows: Vec<Vec<usize>>,
    position: HashMap<String, usize>,
}

impl Inputs {
    /// # Errors
    /// With one line that names the file, the line and the column, or what is missing.
    pub fn read(args: &Hhh4Args) -> Result<Self> {
        let series = Table::read(&args.series, &[])?;
        let units = args.units.as_deref().map(|path| Table::read(path, &[])).transpose()?;
        let file = series.name().to_owned();
        let (names, times, counts, rows) =
            if series.has("series_id") || series.has("count") { long(&args.series)? } else { wide(&series)? };
        if times.len() < 3 {
            bail!("{file}: {} times; expected a series of three at least", times.len());
        }
        let position: HashMap<String, usize> = names.iter().enumerate().map(|(i, n)| (n.clone(), i)).collect();
        let weights = match (&args.neighbours, &args.adjacency) {
            (Some(path), _) => Some(neighbours(path, &position)?),
            (None, Some(path)) => Some(adjacency(path, &names, &position)?),
            (None, None) => None,
        };
        let table = CountTable { units: names, counts };
        Ok(Self { file, table, times, weights, units, series, rows, position })
    }

    /// A column of numbers, of the units or of the series.
    ///
    /// # Errors
    /// When neither file has it, or a value is missing or not a number.
    pub fn column(&self, name: &str) -> Result<Values> {
        let lower = name.to_lowercase();
        if let Some(units) = self.units.as_ref().filter(|t| t.has(&lower)) {
            return self.column_of_units(units, &lower);
        }
        let reserved = ["series_id", "date", "count"].contains(&lower.as_str());
        if self.rows.is_empty() || reserved || !self.series.has(&lower) {
            let also = if self.units.is_some() { "--units or --series" } else { "--series, and there is no --units" };
            bail!("there is no column \"{name}\" in {also}");
        }
        let all: Vec<Row> = self.series.rows().collect();
        let number = |i: &usize| all[*i].parse::<f64>(&lower, "a number").and_then(|v| finite(all[*i], &lower, v));
        let each: Vec<Vec<f64>> =
            self.rows.iter().map(|row| row.iter().map(number).collect::<Result<_>>()).collect::<Result<_>>()?;
        // What differs only in time or only between units needs no value for the time after the last.
        if each.iter().all(|row| *row == each[0]) {
            return Ok(Values::ByUnit(each[0].clone()));
        }
        Ok(Values::Each(each))
    }

    fn column_of_units(&self, units: &Table, name: &str) -> Result<Values> {
        let key = key(units);
        let mut values = vec![None; self.table.units.len()];
        for row in units.rows() {
            // Units without counts do no harm; one with counts must not be missing.
            if let Some(&unit) = self.position.get(row.text(&key)) {
                values[unit] = Some(finite(row, name, row.parse(name, "a number")?)?);
            }
        }
        match values.iter().position(Option::is_none) {
            Some(unit) => bail!("{}: there is no row for unit \"{}\"", units.name(), self.table.units[unit]),
            None => Ok(Values::ByUnit(values.into_iter().flatten().collect())),
        }
    }
}

type Counts = (Vec<String>, Times, Vec<Vec<Option<u32>>>, Vec<Vec<usize>>);

/// `series_id,date,count`, units in the order of their first rows.
fn long(path: &Path) -> Result<Counts> {
    let table = Table::read(path, &["series_id", "date", "count"])?;
    let mut names: Vec<String> = Vec::new();
    let mut position: HashMap<&str, usize> = HashMap::new();
    let mut labels = BTreeSet::new();
    for row in table.rows() {
        let id = row.text("series_id");
        if id.is_empty() {
            bail!(row.wrong("series_id", "the name of a unit"));
        }
        position.entry(id).or_insert_with(|| {
            names.push(id.to_owned());
            names.len() - 1
        });
        labels.insert(row.text("date").to_owned());
    }
    let times = Times::new(table.name(), "date", &labels)?;
    let at: HashMap<String, usize> = (0..times.len()).map(|i| (times.label(i), i)).collect();
    let mut counts = vec![vec![None; names.len()]; times.len()];
    let mut rows = vec![vec![usize::MAX; names.len()]; times.len()];
    for (i, row) in table.rows().enumerate() {
        let unit = position[row.text("series_id")];
        let Some(&time) = at.get(row.text("date")) else { bail!(row.wrong("date", "a date as YYYY-MM-DD")) };
        if rows[time][unit] != usize::MAX {
            bail!(row.wrong("date", "a new date of its series; this one has a row already"));
        }
        rows[time][unit] = i;
        counts[time][unit] = count(row, "count")?;
    }
    for (time, row) in rows.iter().enumerate() {
        if let Some(unit) = row.iter().position(|r| *r == usize::MAX) {
            bail!(
                "{}: series \"{}\" has no row for {}; expected one, with an empty count if it is not known",
                table.name(),
                names[unit],
                times.label(time)
            );
        }
    }
    Ok((names, times, counts, rows))
}

/// The time in the first column, and a column for every unit.
fn wide(table: &Table) -> Result<Counts> {
    let header = table.header();
    let Some((first, names)) = header.split_first().filter(|(_, names)| !names.is_empty()) else {
        bail!("{}: line 1: expected series_id,date,count, or the date and a column for every unit", table.name());
    };
    let (first, columns) = (first.to_lowercase(), names.iter().map(|n| n.to_lowercase()).collect::<Vec<_>>());
    if let Some(twice) = columns.iter().enumerate().find(|(i, c)| columns[..*i].contains(c)) {
        bail!("{}: line 1: column \"{}\" is there twice", table.name(), twice.1);
    }
    let mut labels = BTreeSet::new();
    for row in table.rows() {
        if !labels.insert(row.text(&first).to_owned()) {
            bail!(row.wrong(&first, "a new time; this one has a row already"));
        }
    }
    let times = Times::new(table.name(), &first, &labels)?;
    let at: HashMap<String, usize> = (0..times.len()).map(|i| (times.label(i), i)).collect();
    let mut counts = vec![Vec::new(); times.len()];
    for row in table.rows() {
        let Some(&time) = at.get(row.text(&first)) else { bail!(row.wrong(&first, "a date as YYYY-MM-DD")) };
        counts[time] = columns.iter().map(|c| count(row, c)).collect::<Result<_>>()?;
    }
    Ok((names.to_vec(), times, counts, Vec::new()))
}

/// An empty count, or NA, is not known.
fn count(row: Row, column: &str) -> Result<Option<u32>> {
    match row.text(column) {
        "" | "NA" => Ok(None),
        _ => row.parse(column, "a whole number, 0 or more, or empty where it is not known").map(Some),
    }
}

fn finite(row: Row, column: &str, value: f64) -> Result<f64> {
    if value.is_finite() { Ok(value) } else { bail!(row.wrong(column, "a finite number")) }
}

/// The column that names units: the first of those words, or the first column.
fn key(table: &Table) -> String {
    let word = ["unit", "series_id", "place_id"].into_iter().find(|w| table.has(w));
    word.map_or_else(|| table.header().first().map(|h| h.to_lowercase()).unwrap_or_default(), str::to_owned)
}

fn neighbours(path: &Path, position: &HashMap<String, usize>) -> Result<Weights> {
    let table = Table::read(path, &["neighbour_id"])?;
    let key = key(&table);
    let unit = |row: Row, column: &str| match position.get(row.text(column)) {
        Some(&unit) => Ok(unit),
        None => bail!(row.wrong(column, "a unit of the series")),
    };
    let (mut pairs, mut links) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for row in table.rows() {
        let (from, to) = (unit(row, &key)?, unit(row, "neighbour_id")?);
        if from == to {
            bail!(row.wrong("neighbour_id", "another unit"));
        }
        if table.has("weight") {
            let value: f64 = row.parse("weight", "a number, 0 or more")?;
            if !(value.is_finite() && value >= 0.0) {
                bail!(row.wrong("weight", "a number, 0 or more"));
            }
            if !seen.insert((from, to)) {
                bail!(row.wrong("neighbour_id", "a new pair; this one has a weight already"));
            }
            links.push(Link { from, to, value });
        }
        pairs.push((from, to));
    }
    Ok(if table.has("weight") {
        Weights { links, shape: WeightShape::Fixed, normalised: false }
    } else {
        Weights::adjacency(&pairs)
    })
}

fn adjacency(path: &Path, names: &[String], position: &HashMap<String, usize>) -> Result<Weights> {
    let table = Table::read(path, &[])?;
    let key = key(&table);
    let mut matrix = vec![None; names.len()];
    if let Some(missing) = names.iter().find(|n| !table.has(&n.to_lowercase())) {
        bail!("{}: line 1: there is no column for unit \"{missing}\"", table.name());
    }
    for row in table.rows() {
        // Units without counts do no harm.
        let Some(&from) = position.get(row.text(&key)) else { continue };
        let weight = |name: &String| {
            let column = name.to_lowercase();
            let value: f64 = row.parse(&column, "a weight, 0 or more")?;
            if value.is_finite() && value >= 0.0 { Ok(value) } else { bail!(row.wrong(&column, "a weight, 0 or more")) }
        };
        matrix[from] = Some(names.iter().map(weight).collect::<Result<Vec<f64>>>()?);
    }
    match matrix.iter().position(Option::is_none) {
        Some(unit) => bail!("{}: there is no row for unit \"{}\"", table.name(), names[unit]),
        None => Ok(Weights::matrix(&matrix.into_iter().flatten().collect::<Vec<_>>())),
    }
}
