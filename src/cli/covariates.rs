//! `--covariates FILE`: what an operator knows of places, for `backtest` and `forecast`.
//!
//! CSV. A row names a place by `latitude,longitude` (also `lat,lon`), or by `cell` (an H3 index: of the resolution in use; finer
//! ones count in the cell they lie in, coarser ones are dealt evenly to their cells), or by `area` (as in the events; dealt
//! evenly to its cells), and has any of `population`, `services`, `seizures`: numbers from 0 up; empty is not known. An
//! optional `date` is the day from which the row is known: population and services hold until a later row of the same place,
//! seizures happened then and need one. Places outside the region are left out with a notice.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result, bail};

use super::study::Study;
use crate::{
    domain::{
        ids::AreaId,
        place::{Cell, Point},
        time::Day,
    },
    forecast::covariates::data::{Measure, Reading},
};

const EXPECTED: &str = "latitude,longitude or cell or area, with any of population, services, seizures, and maybe date";

/// What the file tells of the cells of a study.
///
/// # Errors
/// One line with file, line, column and what was expected.
pub(super) fn read(path: &Path, study: &mut Study) -> Result<Vec<Reading>> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).with_context(|| format!("{name}: cannot be read"))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let header = reader.headers().with_context(|| format!("{name}: line 1: expected a CSV header"))?.clone();
    let columns = Columns::find(&header).with_context(|| format!("{name}: line 1"))?;
    let mut sheet = Sheet { study, places: BTreeMap::new(), readings: Vec::new(), outside: 0 };
    for record in reader.records() {
        let record = record.map_err(|e| anyhow::anyhow!("{name}: {e}"))?;
        let line = record.position().map_or(0, csv::Position::line);
        sheet.add(&columns, &record).with_context(|| format!("{name}: line {line}"))?;
    }
    let Sheet { readings, outside, .. } = sheet;
    if readings.is_empty() {
        bail!("{name}: no figure for any of the {} cells in use; {outside} rows lie outside them", study.cells.len());
    }
    if outside > 0 {
        study.notes.push(format!("{outside} rows of {name} lie outside the region and count in no cell"));
    }
    Ok(readings)
}

struct Columns {
    point: Option<[usize; 2]>,
    cell: Option<usize>,
    area: Option<usize>,
    date: Option<usize>,
    measures: Vec<(Measure, usize)>,
}

impl Columns {
    fn find(header: &csv::StringRecord) -> Result<Self> {
        let at = |names: &[&str]| header.iter().position(|h| names.contains(&h.to_lowercase().as_str()));
        let lat = at(&["latitude", "lat"]);
        let lon = at(&["longitude", "lon", "lng"]);
        let columns = Self {
            point: lat.zip(lon).map(|(lat, lon)| [lat, lon]),
            cell: at(&["cell"]),
            area: at(&["area", "jurisdiction"]),
            date: at(&["date"]),
            measures: Measure::ALL.into_iter().filter_map(|m| Some((m, at(&[m.as_str()])?))).collect(),
        };
        if columns.point.is_none() && columns.cell.is_none() && columns.area.is_none() {
            bail!("no column says where; expected {EXPECTED}");
        }
        if columns.measures.is_empty() {
            bail!("no column has figures; expected {EXPECTED}");
        }
        Ok(columns)
    }
}

struct Sheet<'a> {
    study: &'a Study,
    /// A number for every place as it is written.
    places: BTreeMap<String, u32>,
    readings: Vec<Reading>,
    outside: usize,
}

impl Sheet<'_> {
    fn add(&mut self, columns: &Columns, record: &csv::StringRecord) -> Result<()> {
        let text = |i: usize| record.get(i).filter(|t| !t.is_empty());
        let (place, cells) = self.place(columns, &text)?;
        let day = match columns.date.and_then(text) {
            None => None,
            Some(date) => {
                let day: Day =
                    date.parse().with_context(|| format!("date: \"{date}\"; expected such as 2024-03-01"))?;
                Some(day - self.study.days.from)
            }
        };
        let mut figures = Vec::new();
        for &(measure, i) in &columns.measures {
            let Some(figure) = text(i) else { continue };
            let value: Option<f64> = figure.parse().ok().filter(|v: &f64| v.is_finite() && *v >= 0.0);
            let Some(value) = value else {
                bail!(
                    "{}: \"{figure}\"; expected a number from 0 up, or nothing where it is not known",
                    measure.as_str()
                );
            };
            if measure == Measure::Seizures && day.is_none() && value > 0.0 {
                bail!("seizures: {value} without a date; expected the day on which they happened in the column date");
            }
            figures.push((measure, value));
        }
        if cells.is_empty() {
            self.outside += 1;
            return Ok(());
        }
        let next = self.places.len() as u32;
        let place = *self.places.entry(place).or_insert(next);
        self.readings.extend(figures.into_iter().map(|(measure, value)| Reading {
            place,
            measure,
            day,
            cells: cells.clone(),
            value,
        }));
        Ok(())
    }

    /// The place as it is written, and its cells; none of a place outside the region.
    fn place<'b>(&self, columns: &Columns, text: &impl Fn(usize) -> Option<&'b str>) -> Result<(String, Vec<u32>)> {
        let study = self.study;
        let one = |cell: Cell| study.cells.binary_search(&cell).map(|i| vec![i as u32]).unwrap_or_default();
        if let Some(written) = columns.cell.and_then(text) {
            let cell: Cell = written.parse().map_err(|e| anyhow::anyhow!("cell: \"{written}\": {e}"))?;
            return Ok((written.to_owned(), self.cells_of(cell)));
        }
        if let Some([lat, lon]) = columns.point.and_then(|[a, b]| Some([text(a)?, text(b)?])) {
            let degrees = |column: &str, t: &str| -> Result<f64> {
                t.parse().with_context(|| format!("{column}: \"{t}\"; expected degrees such as 44.8012"))
            };
            let point =
                Point::new(degrees("latitude", lat)?, degrees("longitude", lon)?).context("latitude,longitude")?;
            let cells = study.cells.first().map_or_else(Vec::new, |c| one(point.cell(c.resolution())));
            return Ok((format!("{lat},{lon}"), cells));
        }
        if let Some(written) = columns.area.and_then(text) {
            let area = AreaId::slugify(written).and_then(|id| study.areas.binary_search(&id).ok());
            let Some(area) = area else {
                let known: Vec<&str> = study.areas.iter().take(3).map(AreaId::as_str).collect();
                bail!(
                    "area: \"{written}\" is none of the {} areas of the events ({} …)",
                    study.areas.len(),
                    known.join(", ")
                );
            };
            let inside = study.cell_area.iter().enumerate().filter(|(_, a)| **a == Some(area as u32));
            return Ok((format!("area {area}"), inside.map(|(i, _)| i as u32).collect()));
        }
        bail!("no place; expected {EXPECTED}")
    }

    fn cells_of(&self, cell: Cell) -> Vec<u32> {
        let cells = &self.study.cells;
        let Some(own) = cells.first().map(|c| c.resolution()) else { return Vec::new() };
        if let Some(parent) = cell.parent(own) {
            return cells.binary_search(&parent).map(|i| vec![i as u32]).unwrap_or_default();
        }
        let coarser = |c: &Cell| c.parent(cell.resolution()) == Some(cell);
        cells.iter().enumerate().filter(|(_, c)| coarser(c)).map(|(i, _)| i as u32).collect()
    }
}

#[cfg(test)]
#[path = "covariates_tests.rs"]
mod tests;
