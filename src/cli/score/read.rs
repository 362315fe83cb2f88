//! The file of forecasts.

use std::collections::HashMap;

use anyhow::{Result, bail};

use super::ScoreArgs;
use crate::{
    cli::table::{Row, Table},
    stats::CountDistribution,
};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counts,
    Normal,
    Quantiles,
    Sample,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::Normal => "normal",
            Self::Quantiles => "quantiles",
            Self::Sample => "sample",
        }
    }

    fn of(table: &Table) -> Result<Self> {
        let has = |column: &str| table.has(column);
        let kind = match (has("value"), has("level"), has("member"), has("mean"), has("sd")) {
            (true, true, false, false, false) => Self::Quantiles,
            (true, false, true, false, false) => Self::Sample,
            (false, false, false, true, true) => Self::Normal,
            (false, false, false, true, false) => Self::Counts,
            _ => bail!(
                "{}: line 1: the kind of forecast is not clear; expected observed with mean, mean,size, mean,psi, mean,sd, level,value or member,value",
                table.name()
            ),
        };
        if has("size") && has("psi") || kind == Self::Normal && (has("size") || has("psi")) {
            bail!("{}: line 1: expected one of size, psi and sd", table.name());
        }
        Ok(kind)
    }
}

/// A forecast and what came, where that is known.
pub(super) struct Forecast {
    pub id: String,
    pub by: String,
    pub observed: Option<f64>,
    pub what: What,
}

pub(super) enum What {
    Counts(CountDistribution),
    /// Mean and standard deviation.
    Normal(f64, f64),
    /// (level, value), ascending.
    Quantiles(Vec<(f64, f64)>),
    Sample(Vec<f64>),
}

/// # Errors
/// With one line that names the file, the line and the column.
pub(super) fn forecasts(args: &ScoreArgs) -> Result<(Kind, Vec<Forecast>)> {
    let table = Table::read(&args.forecasts, &["observed"])?;
    let kind = Kind::of(&table)?;
    let by = args.by.as_ref().map(|b| b.to_lowercase());
    if let Some(by) = by.as_ref().filter(|b| !table.has(b)) {
        bail!("{}: line 1: there is no column \"{by}\" to summarise --by", table.name());
    }
    let long = matches!(kind, Kind::Quantiles | Kind::Sample);
    if long && !table.has("id") {
        bail!("{}: line 1: there is no column \"id\"; expected one, to tell which rows are one forecast", table.name());
    }
    let mut all: Vec<Forecast> = Vec::new();
    let mut known: HashMap<(String, String), usize> = HashMap::new();
    for (i, row) in table.rows().enumerate() {
        let id = if table.has("id") { row.text("id").to_owned() } else { (i + 1).to_string() };
        let by = by.as_ref().map_or_else(String::new, |b| row.text(b).to_owned());
        let forecast = Forecast { observed: observed(row, kind)?, what: what(row, kind)?, id, by };
        if !long {
            all.push(forecast);
            continue;
        }
        let at = *known.entry((forecast.by.clone(), forecast.id.clone())).or_insert(all.len());
        match all.get_mut(at) {
            None => all.push(forecast),
            Some(first) if first.observed != forecast.observed => {
                bail!(row.wrong("observed", "the same in all rows of a forecast"))
            }
            Some(first) => join(&mut first.what, forecast.what, row)?,
        }
    }
    if all.is_empty() {
        bail!("{}: there is no forecast in it; expected a row below the header", table.name());
    }
    for forecast in &mut all {
        if let What::Quantiles(q) = &mut forecast.what {
            q.sort_by(|a, b| a.0.total_cmp(&b.0));
            if q.windows(2).any(|w| w[0].1 > w[1].1) {
                bail!(
                    "{}: forecast \"{}\": its quantiles cross; expected values that rise with their level",
                    table.name(),
                    forecast.id
                );
            }
        }
    }
    Ok((kind, all))
}

fn join(first: &mut What, next: What, row: Row) -> Result<()> {
    match (first, next) {
        (What::Quantiles(all), What::Quantiles(one)) => {
            if all.iter().any(|(level, _)| *level == one[0].0) {
                bail!(row.wrong("level", "a new level of its forecast"));
            }
            all.extend(one);
        }
        (What::Sample(all), What::Sample(one)) => all.extend(one),
        // Every row of a file is of one kind.
        _ => {}
    }
    Ok(())
}

fn observed(row: Row, kind: Kind) -> Result<Option<f64>> {
    match (row.text("observed"), kind) {
        ("" | "NA", _) => Ok(None),
        (_, Kind::Counts) => {
            let count: u32 = row.parse("observed", "a whole number, 0 or more, or empty where it is not known")?;
            Ok(Some(f64::from(count)))
        }
        _ => number(row, "observed").map(Some),
    }
}

fn what(row: Row, kind: Kind) -> Result<What> {
    Ok(match kind {
        Kind::Counts => What::Counts(counts(row)?),
        Kind::Normal => {
            let (mean, sd) = (number(row, "mean")?, number(row, "sd")?);
            if sd <= 0.0 {
                bail!(row.wrong("sd", "a standard deviation above 0"));
            }
            What::Normal(mean, sd)
        }
        Kind::Quantiles => {
            let level = number(row, "level")?;
            if !(level > 0.0 && level < 1.0) {
                bail!(row.wrong("level", "a probability between 0 and 1"));
            }
            What::Quantiles(vec![(level, number(row, "value")?)])
        }
        Kind::Sample => What::Sample(vec![number(row, "value")?]),
    })
}

fn counts(row: Row) -> Result<CountDistribution> {
    let mean = number(row, "mean")?;
    if mean < 0.0 {
        bail!(row.wrong("mean", "0 or more"));
    }
    let size = match (row.text("size").to_lowercase().as_str(), row.text("psi")) {
        ("" | "na" | "inf" | "infinity", "") => f64::INFINITY,
        ("", _) => {
            let psi = number(row, "psi")?;
            if psi < 0.0 {
                bail!(row.wrong("psi", "0 or more"));
            }
            1.0 / psi
        }
        _ => {
            let size = number(row, "size")?;
            if size <= 0.0 {
                bail!(row.wrong("size", "a number above 0, or empty for the Poisson"));
            }
            size
        }
    };
    Ok(CountDistribution::negative_binomial(mean, size))
}

fn number(row: Row, column: &str) -> Result<f64> {
    let value: f64 = row.parse(column, "a number")?;
    if value.is_finite() { Ok(value) } else { bail!(row.wrong(column, "a finite number")) }
}
