//! Predictors as they are written on the command line: `1 + t + season(52,2) + per_unit(1) + log(pop)`.

use anyhow::{Context, Result, bail};

use super::read::Inputs;
use crate::forecast::endemic_epidemic::{Effect, Term, Values};

const EXPECTED: &str = "1, t, season(PERIOD,WAVES), a column, log(COLUMN), per_unit(TERM) or none";

/// The terms of a predictor; `None` for a component that is left out.
///
/// # Errors
/// When a term is not understood or its column is not there.
pub(super) fn terms(text: &str, inputs: &Inputs) -> Result<Option<Vec<Term>>> {
    let text = text.trim().trim_start_matches('~').trim();
    if text.eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    split(text, '+').into_iter().map(|part| term(part.trim(), inputs)).collect::<Result<_>>().map(Some)
}

/// A column that multiplies: `COLUMN` or `share(COLUMN)`.
///
/// # Errors
/// When there is no such column.
pub(super) fn offset(text: &str, inputs: &Inputs) -> Result<Values> {
    let Some(column) = call(text.trim(), "share") else { return inputs.column(text.trim()) };
    let values = inputs.column(column)?;
    let over = |row: &[f64]| -> Result<Vec<f64>> {
        let sum: f64 = row.iter().sum();
        if sum <= 0.0 {
            bail!("share({column}): its sum over the units is {sum}, expected more than 0");
        }
        Ok(row.iter().map(|v| v / sum).collect())
    };
    Ok(match values {
        Values::ByUnit(v) => Values::ByUnit(over(&v)?),
        Values::Each(rows) => Values::Each(rows.iter().map(|r| over(r)).collect::<Result<_>>()?),
        Values::ByTime(_) => bail!("share({column}): expected a column that differs between units"),
    })
}

fn term(text: &str, inputs: &Inputs) -> Result<Term> {
    if let Some(inner) = call(text, "per_unit") {
        let term = term(inner, inputs)?;
        return Ok(Term { per_unit: true, ..term });
    }
    let effect = if text == "1" {
        Effect::Intercept
    } else if text == "t" {
        Effect::Trend
    } else if let Some(arguments) = call(text, "season") {
        season(arguments).with_context(|| text.to_owned())?
    } else if let Some(column) = call(text, "log") {
        Effect::Covariate { name: text.to_owned(), values: logarithm(column, inputs.column(column)?)? }
    } else if text.is_empty() || text.contains(['(', ')']) {
        bail!("\"{text}\" is not a term; expected {EXPECTED}");
    } else {
        let values = inputs.column(text).with_context(|| format!("\"{text}\" is not a term; expected {EXPECTED}"))?;
        Effect::Covariate { name: text.to_owned(), values }
    };
    Ok(Term::shared(effect))
}

fn season(arguments: &str) -> Result<Effect> {
    let parts: Vec<&str> = arguments.split(',').map(str::trim).collect();
    let period = parts.first().and_then(|p| p.parse().ok()).filter(|p: &f64| p.is_finite() && *p > 1.0);
    let harmonics = match parts.get(1) {
        None => Some(1),
        Some(n) => n.parse().ok().filter(|n| (1..=20).contains(n)),
    };
    match (period, harmonics, parts.len()) {
        (Some(period), Some(harmonics), 1 | 2) => Ok(Effect::Season { period, harmonics }),
        _ => bail!("expected season(PERIOD,WAVES) with a period above 1 and 1 to 20 waves"),
    }
}

fn logarithm(column: &str, values: Values) -> Result<Values> {
    let ln = |v: f64| {
        if v > 0.0 { Ok(v.ln()) } else { Err(anyhow::anyhow!("log({column}): a value is {v}, expected more than 0")) }
    };
    let all = |row: Vec<f64>| row.into_iter().map(ln).collect::<Result<Vec<f64>>>();
    Ok(match values {
        Values::ByTime(v) => Values::ByTime(all(v)?),
        Values::ByUnit(v) => Values::ByUnit(all(v)?),
        Values::Each(rows) => Values::Each(rows.into_iter().map(all).collect::<Result<_>>()?),
    })
}

/// The inside of `name(…)`.
fn call<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.strip_prefix(name)?.trim_start().strip_prefix('(')?.strip_suffix(')').map(str::trim)
}

/// Split at a character outside of brackets.
fn split(text: &str, at: char) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if c == at && depth == 0 => {
                parts.push(&text[start..i]);
                start = i + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
