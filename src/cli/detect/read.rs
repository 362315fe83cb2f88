//! The table of series.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Result, bail};

use crate::{
    cli::table::{Row, Table},
    domain::{
        count_series::{CountSeries, Step},
        time::Day,
    },
};

/// A series of the table, with what else the table says of it.
pub(super) struct TableSeries {
    series: CountSeries,
    /// The usual counts of the column `expected`, where a method asks for them; as long as the counts.
    pub expected: Option<Vec<f64>>,
}

impl std::ops::Deref for TableSeries {
    type Target = CountSeries;

    fn deref(&self) -> &CountSeries {
        &self.series
    }
}

#[cfg(test)]
impl From<CountSeries> for TableSeries {
    fn from(series: CountSeries) -> Self {
        Self { series, expected: None }
    }
}

/// One row's numbers, and where it stands.
struct Point<'a> {
    count: u32,
    population: Option<f64>,
    expected: Option<f64>,
    row: Row<'a>,
}

/// The series of a file, sorted by name; with the column `expected` where a method wants it.
///
/// # Errors
/// With one line that names the file, the line, the column and what was expected there.
pub(super) fn series(path: &Path, with_expected: bool) -> Result<Vec<(String, TableSeries)>> {
    let columns = ["series_id", "date", "count", "population", "expected"];
    let (required, known) =
        if with_expected { (vec![0, 1, 2, 4], &columns[..]) } else { (vec![0, 1, 2], &columns[..4]) };
    let table = Table::read(path, &required.into_iter().map(|i| columns[i]).collect::<Vec<_>>())?;
    let ignored = table.unknown(known);
    if !ignored.is_empty() {
        eprintln!("{}: column {} is not used", table.name(), ignored.join(", "));
    }
    let with_population = table.has("population");
    let mut points: BTreeMap<&str, BTreeMap<Day, Point>> = BTreeMap::new();
    for row in table.rows() {
        let id = row.text("series_id");
        if id.is_empty() {
            bail!(row.wrong("series_id", "the name of a series"));
        }
        let day = row.day("date")?;
        let count = row.parse("count", "a whole number, 0 or more")?;
        let population =
            with_population.then(|| above_zero(row, "population", "a number of people above 0")).transpose()?;
        let expected = with_expected.then(|| above_zero(row, "expected", "a number of cases above 0")).transpose()?;
        if points.entry(id).or_default().insert(day, Point { count, population, expected, row }).is_some() {
            bail!(row.wrong("date", "a new date of its series; this one has a row already"));
        }
    }
    if points.is_empty() {
        bail!("{}: line 2: there is no row; expected series_id,date,count", table.name());
    }
    points.into_iter().map(|(id, points)| Ok((id.to_owned(), regular(id, &points)?))).collect()
}

fn above_zero(row: Row, column: &str, expected: &str) -> Result<f64> {
    let value: f64 = row.parse(column, expected)?;
    if value > 0.0 && value.is_finite() { Ok(value) } else { bail!(row.wrong(column, expected)) }
}

/// Daily unless all dates are whole weeks apart. One date alone is a day.
fn regular(id: &str, points: &BTreeMap<Day, Point>) -> Result<TableSeries> {
    let days: Vec<Day> = points.keys().copied().collect();
    let first = days[0];
    let weekly = days.len() > 1 && days.iter().all(|&d| (d - first) % 7 == 0);
    let step = if weekly { Step::Weekly } else { Step::Daily };
    for pair in days.windows(2) {
        if pair[1] - pair[0] != step.days() {
            let expected = format!(
                "the {} after {}; series \"{id}\" has no row for {}, and no row is not a zero (a series is daily, or weekly)",
                step.noun(),
                pair[0],
                pair[0] + step.days(),
            );
            bail!(points[&pair[1]].row.wrong("date", &expected));
        }
    }
    let series = CountSeries {
        first,
        step,
        counts: points.values().map(|p| p.count).collect(),
        population: points.values().map(|p| p.population).collect(),
    };
    Ok(TableSeries { series, expected: points.values().map(|p| p.expected).collect() })
}
