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

/// One row's numbers, and where it stands.
struct Point<'a> {
    count: u32,
    population: Option<f64>,
    row: Row<'a>,
}

/// The series of a file, sorted by name.
///
/// # Errors
/// With one line that names the file, the line, the column and what was expected there.
pub(super) fn series(path: &Path) -> Result<Vec<(String, CountSeries)>> {
    let table = Table::read(path, &["series_id", "date", "count"])?;
    let ignored = table.unknown(&["series_id", "date", "count", "population"]);
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
        let population = with_population.then(|| population(row)).transpose()?;
        if points.entry(id).or_default().insert(day, Point { count, population, row }).is_some() {
            bail!(row.wrong("date", "a new date of its series; this one has a row already"));
        }
    }
    if points.is_empty() {
        bail!("{}: line 2: there is no row; expected series_id,date,count", table.name());
    }
    points.into_iter().map(|(id, points)| Ok((id.to_owned(), regular(id, &points)?))).collect()
}

fn population(row: Row) -> Result<f64> {
    let expected = "a number of people above 0";
    let people: f64 = row.parse("population", expected)?;
    if people > 0.0 && people.is_finite() { Ok(people) } else { bail!(row.wrong("population", expected)) }
}

/// Daily unless all dates are whole weeks apart. One date alone is a day.
fn regular(id: &str, points: &BTreeMap<Day, Point>) -> Result<CountSeries> {
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
    Ok(CountSeries {
        first,
        step,
        counts: points.values().map(|p| p.count).collect(),
        population: points.values().map(|p| p.population).collect(),
    })
}
