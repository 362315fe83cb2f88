//! A model and its data as rows: one for every time and unit whose mean can be computed.

use super::{
    Component, CountTable, Effect, EndemicEpidemicOptions, EndemicEpidemicProblem as Problem, Family, Term, Values,
    Weights,
};

/// Positions of the components in every triple below.
pub(super) const AR: usize = 0;
pub(super) const NE: usize = 1;
pub(super) const END: usize = 2;
pub(super) const COMPONENTS: [&str; 3] = ["ar", "ne", "end"];

/// One column of a predictor.
#[derive(Debug)]
pub(super) struct Column {
    pub component: usize,
    /// Position of its (first) coefficient.
    pub base: usize,
    pub per_unit: bool,
    /// Largest absolute value, for the length of a step.
    pub largest: f64,
    pub varies: Varies,
    /// Its values by time or by unit, where they vary with one of them only.
    pub by: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Varies {
    Time,
    Unit,
    Both,
}

impl Column {
    pub fn coefficient(&self, unit: usize) -> usize {
        if self.per_unit { self.base + unit } else { self.base }
    }
}

#[derive(Debug)]
pub(super) struct Row {
    pub time: usize,
    pub unit: usize,
    pub y: Option<u32>,
    /// What exp(predictor) is multiplied with, per component; for a power law without the weighted sum.
    pub acts_on: [f64; 3],
}

/// Where a power law finds the counts it weighs.
#[derive(Debug)]
pub(super) struct Law {
    pub weights: Weights,
    /// Position of d among the coefficients.
    pub power: usize,
    /// Per unit: (link, unit it comes from).
    incoming: Vec<Vec<(usize, usize)>>,
    lag: usize,
    counts: Vec<Vec<f64>>,
}

impl Law {
    /// Σ_j w_ji Y_j and its two derivatives by d, for one row.
    pub fn sum(&self, row: &Row, weights: &[[f64; 3]]) -> [f64; 3] {
        let before = &self.counts[row.time - self.lag];
        let mut sum = [0.0; 3];
        for &(link, from) in &self.incoming[row.unit] {
            for k in 0..3 {
                sum[k] += weights[link][k] * before[from];
            }
        }
        sum
    }
}

/// A time and unit without a mean, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    pub time: usize,
    pub unit: usize,
    pub reason: String,
}

#[derive(Debug)]
pub(super) struct Design {
    pub names: Vec<String>,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// Values of the columns, row by row.
    pub values: Vec<f64>,
    /// First row of every time, and one past the last of the time after the data.
    pub starts: Vec<usize>,
    pub law: Option<Law>,
    /// Position of ψ (the first, if each unit has its own); `None` for the Poisson.
    pub psi: Option<usize>,
    pub psi_per_unit: bool,
    pub unit_names: Vec<String>,
    pub gaps: Vec<Gap>,
}

impl Design {
    pub fn new(table: &CountTable, options: &EndemicEpidemicOptions) -> Result<Self, Problem> {
        super::check::check(table, options)?;
        let components = [&options.ar, &options.ne, &options.end].map(Option::as_ref);
        let mut design = Self {
            names: Vec::new(),
            columns: Vec::new(),
            rows: Vec::new(),
            values: Vec::new(),
            starts: Vec::new(),
            law: None,
            psi: None,
            psi_per_unit: options.family == Family::NegativeBinomialPerUnit,
            unit_names: table.units.clone(),
            gaps: Vec::new(),
        };
        let mut sources = Vec::new();
        for (k, component) in components.iter().enumerate() {
            for term in component.iter().flat_map(|c| &c.terms) {
                design.add_term(k, term, &mut sources);
            }
        }
        design.add_law(table, components[NE], options.weights.as_ref());
        design.add_psi(options.family);
        design.add_rows(table, components, options.weights.as_ref(), &sources);
        design.describe_columns();
        Ok(design)
    }

    pub fn units(&self) -> usize {
        self.unit_names.len()
    }

    /// Number of coefficients.
    pub fn size(&self) -> usize {
        self.names.len()
    }

    pub fn values_of(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns.len()..(row + 1) * self.columns.len()]
    }

    pub fn psi_of(&self, unit: usize) -> Option<usize> {
        self.psi.map(|base| if self.psi_per_unit { base + unit } else { base })
    }

    fn add_term<'a>(&mut self, component: usize, term: &'a Term, sources: &mut Vec<Source<'a>>) {
        for (source, name) in expand(&term.effect) {
            let name = format!("{}.{name}", COMPONENTS[component]);
            self.columns.push(Column {
                component,
                base: self.names.len(),
                per_unit: term.per_unit,
                largest: 0.0,
                varies: source.varies(term.per_unit),
                by: Vec::new(),
            });
            if term.per_unit {
                self.names.extend(self.unit_names.iter().map(|u| format!("{name}.{u}")));
            } else {
                self.names.push(name);
            }
            sources.push(source);
        }
    }

    fn add_law(&mut self, table: &CountTable, ne: Option<&Component>, weights: Option<&Weights>) {
        let (Some(ne), Some(weights)) = (ne, weights) else { return };
        if weights.shape != super::WeightShape::PowerLaw {
            return;
        }
        let zero_if_unknown = |row: &Vec<Option<u32>>| row.iter().map(|y| f64::from(y.unwrap_or(0))).collect();
        self.law = Some(Law {
            weights: weights.clone(),
            power: self.names.len(),
            incoming: incoming(weights, self.units()),
            lag: ne.lag,
            counts: table.counts.iter().map(zero_if_unknown).collect(),
        });
        self.names.push("neweights.d".to_owned());
    }

    fn add_psi(&mut self, family: Family) {
        if family == Family::Poisson {
            return;
        }
        self.psi = Some(self.names.len());
        if family == Family::NegativeBinomial {
            self.names.push("overdisp".to_owned());
        } else {
            self.names.extend(self.unit_names.iter().map(|u| format!("overdisp.{u}")));
        }
    }

    fn add_rows(
        &mut self,
        table: &CountTable,
        components: [Option<&Component>; 3],
        weights: Option<&Weights>,
        sources: &[Source],
    ) {
        let links = weights.map(|w| (incoming(w, self.units()), w.at(0.0)));
        // The time after the last is a forecast of what is not known yet.
        for time in 0..=table.times() {
            self.starts.push(self.rows.len());
            for unit in 0..self.units() {
                let acts_on = acts_on(table, components, links.as_ref(), self.law.is_some(), time, unit);
                let values: Option<Vec<f64>> = sources.iter().map(|s| s.at(time, unit)).collect();
                match (acts_on, values) {
                    (Ok(acts_on), Some(values)) => {
                        self.rows.push(Row { time, unit, y: table.at(time, unit), acts_on });
                        self.values.extend(values);
                    }
                    (Err(reason), _) => self.gaps.push(Gap { time, unit, reason }),
                    (_, None) => {
                        self.gaps.push(Gap { time, unit, reason: "a covariate has no value for this time".to_owned() })
                    }
                }
            }
        }
        self.starts.push(self.rows.len());
    }
}

impl Design {
    fn describe_columns(&mut self) {
        let (times, units) = (self.starts.len(), self.units());
        for column in &mut self.columns {
            let many = match column.varies {
                Varies::Time => times,
                Varies::Unit => units,
                Varies::Both => 0,
            };
            column.by = vec![0.0; many];
        }
        for (row, values) in self.rows.iter().zip(self.values.chunks_exact(self.columns.len())) {
            for (column, &v) in self.columns.iter_mut().zip(values) {
                column.largest = column.largest.max(v.abs());
                match column.varies {
                    Varies::Time => column.by[row.time] = v,
                    Varies::Unit => column.by[row.unit] = v,
                    Varies::Both => {}
                }
            }
        }
    }
}

/// Where the values of a column come from.
enum Source<'a> {
    One,
    Trend,
    /// Of how many waves per period, and the period.
    Sine(u32, f64),
    Cosine(u32, f64),
    Values(&'a Values),
}

impl Source<'_> {
    fn varies(&self, per_unit: bool) -> Varies {
        match self {
            Self::One | Self::Values(Values::ByUnit(_)) => Varies::Unit,
            Self::Values(Values::Each(_)) => Varies::Both,
            Self::Trend | Self::Sine(..) | Self::Cosine(..) | Self::Values(Values::ByTime(_)) if per_unit => {
                Varies::Both
            }
            Self::Trend | Self::Sine(..) | Self::Cosine(..) | Self::Values(Values::ByTime(_)) => Varies::Time,
        }
    }

    fn at(&self, time: usize, unit: usize) -> Option<f64> {
        let t = time as f64;
        match self {
            Self::One => Some(1.0),
            Self::Trend => Some(t),
            Self::Sine(waves, period) => Some(clean(angle(t, *waves, *period).sin())),
            Self::Cosine(waves, period) => Some(clean(angle(t, *waves, *period).cos())),
            Self::Values(v) => v.at(time, unit),
        }
    }
}

/// Within one turn, so that a zero of the wave is one at every time.
fn angle(t: f64, waves: u32, period: f64) -> f64 {
    2.0 * std::f64::consts::PI * ((f64::from(waves) * t) % period / period)
}

/// Rounding's remainder of a zero would be a column of its own where a wave is 0 at every time.
fn clean(v: f64) -> f64 {
    if v.abs() < 1e-14 { 0.0 } else { v }
}

/// The columns of an effect with their names, which are those R's surveillance gives its coefficients.
fn expand(effect: &Effect) -> Vec<(Source<'_>, String)> {
    match effect {
        Effect::Intercept => vec![(Source::One, "1".to_owned())],
        Effect::Trend => vec![(Source::Trend, "t".to_owned())],
        Effect::Covariate { name, values } => vec![(Source::Values(values), name.clone())],
        Effect::Season { period, harmonics } => (1..=*harmonics)
            .flat_map(|k| {
                let of = format!("({} * pi * t/{period})", 2 * k);
                [(Source::Sine(k, *period), format!("sin{of}")), (Source::Cosine(k, *period), format!("cos{of}"))]
            })
            .collect(),
    }
}

/// Per unit: (link, unit it comes from), without links of weight 0.
fn incoming(weights: &Weights, units: usize) -> Vec<Vec<(usize, usize)>> {
    let mut to = vec![Vec::new(); units];
    for (i, link) in weights.links.iter().enumerate().filter(|(_, l)| l.value != 0.0) {
        to[link.to].push((i, link.from));
    }
    to
}

type Links = (Vec<Vec<(usize, usize)>>, Vec<[f64; 3]>);

fn acts_on(
    table: &CountTable,
    components: [Option<&Component>; 3],
    links: Option<&Links>,
    law: bool,
    time: usize,
    unit: usize,
) -> Result<[f64; 3], String> {
    let mut acts_on = [0.0; 3];
    for (k, component) in components.into_iter().enumerate() {
        let Some(component) = component else { continue };
        let offset = match &component.offset {
            None => 1.0,
            Some(o) => o.at(time, unit).ok_or("an offset has no value for this time")?,
        };
        let before = || {
            time.checked_sub(component.lag).ok_or_else(|| format!("needs {} earlier counts of the unit", component.lag))
        };
        let acted = match k {
            AR => f64::from(table.at(before()?, unit).ok_or("the unit's earlier count is not known")?),
            NE => {
                let (before, Some((incoming, weights))) = (before()?, links) else { continue };
                let mut sum = 0.0;
                for &(link, from) in &incoming[unit] {
                    let y = table.at(before, from).ok_or("a neighbour's earlier count is not known")?;
                    sum += weights[link][0] * f64::from(y);
                }
                // The law multiplies by its own sum, which moves with d.
                if law { 1.0 } else { sum }
            }
            _ => 1.0,
        };
        acts_on[k] = offset * acted;
    }
    Ok(acts_on)
}
