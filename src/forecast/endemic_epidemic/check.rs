//! Whether a model and its data fit together, before anything is computed.

use super::{
    Component, CountTable, Effect, EndemicEpidemicOptions, EndemicEpidemicProblem as Problem, Values, WeightShape,
    Weights,
};

pub(super) fn check(table: &CountTable, options: &EndemicEpidemicOptions) -> Result<(), Problem> {
    let units = table.units.len();
    for (time, row) in table.counts.iter().enumerate() {
        shape(|| format!("counts at time {time}"), row.len(), units)?;
    }
    let components = [("autoregressive", &options.ar), ("neighbourhood", &options.ne), ("endemic", &options.end)];
    if components.iter().all(|(_, c)| c.is_none()) {
        return Err(Problem::NoComponent);
    }
    for (name, component) in components {
        if let Some(component) = component {
            check_component(name, component, table)?;
        }
    }
    match (&options.ne, &options.weights) {
        (Some(_), None) => Err(Problem::NoWeights),
        (Some(_), Some(weights)) => check_weights(weights, units),
        _ => Ok(()),
    }
}

fn check_component(name: &'static str, component: &Component, table: &CountTable) -> Result<(), Problem> {
    if component.terms.is_empty() {
        return Err(Problem::NoTerm(name));
    }
    if component.lag == 0 {
        return bad(format!("lag of the {name} component"), 0.0, "1 or more");
    }
    if let Some(offset) = &component.offset {
        let what = format!("offset of the {name} component");
        check_values(&what, offset, table)?;
        if let Some(low) = offset.all().find(|v| *v < 0.0) {
            return bad(what, low, "0 or more");
        }
    }
    for term in &component.terms {
        match &term.effect {
            Effect::Season { period, .. } if !(period.is_finite() && *period > 0.0) => {
                return bad(format!("period of the {name} component's season"), *period, "a number of steps above 0");
            }
            Effect::Covariate { name: covariate, values } => {
                check_values(&format!("covariate {covariate} of the {name} component"), values, table)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_values(what: &str, values: &Values, table: &CountTable) -> Result<(), Problem> {
    let (times, units) = (table.times(), table.units.len());
    match values {
        Values::ByTime(v) if v.len() < times => shape(|| format!("{what}: number of times"), v.len(), times)?,
        Values::Each(v) if v.len() < times => shape(|| format!("{what}: number of times"), v.len(), times)?,
        Values::ByUnit(v) => shape(|| format!("{what}: number of units"), v.len(), units)?,
        Values::Each(v) => {
            for row in v {
                shape(|| format!("{what}: number of units"), row.len(), units)?;
            }
        }
        Values::ByTime(_) => {}
    }
    match values.all().find(|v| !v.is_finite()) {
        Some(v) => bad(what.to_owned(), v, "finite numbers"),
        None => Ok(()),
    }
}

fn check_weights(weights: &Weights, units: usize) -> Result<(), Problem> {
    for link in &weights.links {
        if link.from >= units || link.to >= units {
            return Err(Problem::NoSuchUnit { from: link.from, to: link.to, units });
        }
        let law = weights.shape == WeightShape::PowerLaw;
        if !link.value.is_finite() || link.value < 0.0 || law && link.value == 0.0 {
            let want = if law { "an order or distance above 0" } else { "0 or more" };
            return bad(format!("weight of unit {} on unit {}", link.from, link.to), link.value, want);
        }
    }
    Ok(())
}

fn shape(what: impl Fn() -> String, got: usize, want: usize) -> Result<(), Problem> {
    if got == want { Ok(()) } else { Err(Problem::Shape { what: what(), got, want }) }
}

fn bad(what: String, got: f64, want: &'static str) -> Result<(), Problem> {
    Err(Problem::Bad { what, got, want })
}
