//! `emberwatch hhh4`: endemic–epidemic models on plain files.

mod formula;
mod read;
#[cfg(test)]
mod tests;
mod times;
mod write;

use std::{io::Write, path::PathBuf, time::Instant};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::forecast::endemic_epidemic::{
    Component, EndemicEpidemicFit, EndemicEpidemicOptions, Family, Refit, StepAhead, Values, Weights, fit,
    one_step_ahead,
};
use read::Inputs;

/// Fit an endemic–epidemic model (hhh4): what comes of itself, of a unit's own earlier cases, of its neighbours'.
///
/// The mean of a count is  end-offset × exp(END) + exp(AR) × own earlier count + exp(NE) × Σ weight × neighbours'
/// earlier counts.  Each predictor is a sum of terms; an intercept is fitted only where it is written:
///
///   1                    intercept
///   t                    trend: 0 at the first time, 1 at the next, …
///   season(52,2)         2 waves of sine and cosine with a period of 52 steps; season(52) is one wave
///   NAME, log(NAME)      a column of --units or --series
///   per_unit(TERM)       a coefficient for every unit instead of one for all
///   none                 instead of terms: leave the component out
///
/// Files: --series is `series_id,date,count[,columns]`, or a wide table with the date in the first column and one
/// column per unit. Instead of dates there may be whole numbers. An empty count is not known, which is not 0; a row
/// that is missing is an error. Coefficients have the names R's surveillance gives them, and are on the log scale but
/// for overdisp (ψ, variance = mean + ψ mean²) and neweights.d (the power of the order of neighbourhood).
#[derive(Debug, Clone, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:\n  emberwatch hhh4 --series weekly.csv --neighbours borders.csv --units towns.csv --end '1 + t + season(52,1)' --end-offset 'share(population)' --one-step-ahead 2024-07-01"
)]
pub struct Hhh4Args {
    /// Table `series_id,date,count[,columns]`, or `date,UNIT,UNIT,…`.
    #[arg(long)]
    pub series: PathBuf,
    /// Table `series_id,neighbour_id[,weight]`. Without weights a pair stands for both directions; a weight is that of
    /// the cases of series_id on neighbour_id.
    #[arg(long, conflicts_with = "adjacency")]
    pub neighbours: Option<PathBuf>,
    /// The same as a matrix: first column `unit`, one column for every unit; other columns are left alone.
    #[arg(long)]
    pub adjacency: Option<PathBuf>,
    /// Table `unit,columns…` of numbers for offsets and terms.
    #[arg(long)]
    pub units: Option<PathBuf>,
    /// Endemic component [default: 1 + t + season(P,1), P = 52 for weekly, 365.25 for daily, 12 for monthly dates].
    #[arg(long, value_name = "TERMS")]
    pub end: Option<String>,
    /// Autoregressive component.
    #[arg(long, value_name = "TERMS", default_value = "1")]
    pub ar: String,
    /// Neighbourhood component [default: 1 where neighbours are given, none otherwise].
    #[arg(long, value_name = "TERMS")]
    pub ne: Option<String>,
    /// A column that multiplies the endemic component; share(COLUMN) divides it by its sum over the units.
    #[arg(long, value_name = "COLUMN")]
    pub end_offset: Option<String>,
    /// A column that multiplies the autoregressive component.
    #[arg(long, value_name = "COLUMN")]
    pub ar_offset: Option<String>,
    /// A column that multiplies the neighbourhood component.
    #[arg(long, value_name = "COLUMN")]
    pub ne_offset: Option<String>,
    /// How many steps back the unit's own counts lie.
    #[arg(long, value_name = "STEPS", default_value_t = 1, value_parser = lag)]
    pub ar_lag: usize,
    /// How many steps back the neighbours' counts lie.
    #[arg(long, value_name = "STEPS", default_value_t = 1, value_parser = lag)]
    pub ne_lag: usize,
    #[arg(long, value_enum, default_value_t = WeightsArg::AsGiven)]
    pub weights: WeightsArg,
    /// For power-law: neighbours of neighbours up to this many borders away.
    #[arg(long, value_name = "N", default_value_t = u32::MAX, hide_default_value = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_order: u32,
    /// Distribution of the counts; negbin-per-unit gives every unit an overdispersion of its own.
    #[arg(long, value_enum, default_value_t = FamilyArg::Negbin)]
    pub family: FamilyArg,
    /// First time that the likelihood counts [default: the second, or the first with all earlier counts].
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Last time that the likelihood counts [default: the last].
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Forecast every time from this one on from what was known before it, and score the forecasts.
    #[arg(long, value_name = "TIME")]
    pub one_step_ahead: Option<String>,
    /// The last time forecast so [default: the last of the series].
    #[arg(long, value_name = "TIME", requires = "one_step_ahead")]
    pub one_step_ahead_to: Option<String>,
    /// What the coefficients of those forecasts are fitted to.
    #[arg(long, value_enum, default_value_t = RefitArg::EveryStep)]
    pub refit: RefitArg,
    /// Give the mean of every count by component too.
    #[arg(long)]
    pub fitted: bool,
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub format: Format,
    /// Which table --format csv writes.
    #[arg(long, value_enum, default_value_t = CsvTable::Coefficients)]
    pub table: CsvTable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WeightsArg {
    /// 1 for neighbours, or what the file says.
    AsGiven,
    /// The same, divided by their sum over the units that a unit's cases weigh on.
    Normalised,
    /// The order of neighbourhood to the power −d, normalised; d is estimated. Orders are counted from borders, unless
    /// the file has values other than 1: then those are the orders or distances.
    PowerLaw,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FamilyArg {
    Poisson,
    #[value(alias = "negbin1")]
    Negbin,
    #[value(alias = "negbinm")]
    NegbinPerUnit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RefitArg {
    /// To all counts before the time forecast.
    #[value(alias = "rolling")]
    EveryStep,
    /// To the counts before the first time forecast.
    #[value(alias = "first")]
    Once,
    /// To the whole series: quick, but it has seen what it forecasts.
    #[value(alias = "final")]
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Json,
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CsvTable {
    Coefficients,
    Fitted,
    OneStepAhead,
}

fn lag(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| (1..=3660).contains(n)).ok_or_else(|| "expected a whole number from 1".to_owned())
}

/// What was fitted, and what it said.
struct Answer<'a> {
    args: &'a Hhh4Args,
    inputs: &'a Inputs,
    /// The predictors as they were read: end, ar, ne.
    predictors: [Option<String>; 3],
    fit: EndemicEpidemicFit,
    /// First and last time forecast.
    ahead_times: Option<(usize, usize)>,
    ahead: Vec<StepAhead>,
    elapsed_ms: u64,
}

/// # Errors
/// One line that names what was wrong with the input; the command exits with 2.
pub fn run(args: &Hhh4Args, out: &mut dyn Write) -> Result<()> {
    let started = Instant::now();
    if args.format == Format::Csv && args.table == CsvTable::OneStepAhead && args.one_step_ahead.is_none() {
        bail!("--table one-step-ahead: expected --one-step-ahead with the first time to forecast");
    }
    let inputs = Inputs::read(args)?;
    let (options, predictors) = options(args, &inputs)?;
    let file = || inputs.file.clone();
    let fit = fit(&inputs.table, &options).with_context(file)?;
    let ahead_times = ahead_times(args, &inputs)?;
    let ahead = match ahead_times {
        Some((from, to)) => one_step_ahead(&inputs.table, &options, from, to, refit(args)).with_context(file)?,
        None => Vec::new(),
    };
    let elapsed_ms = started.elapsed().as_millis() as u64;
    write::answer(&Answer { args, inputs: &inputs, predictors, fit, ahead_times, ahead, elapsed_ms }, out)
}

fn options(args: &Hhh4Args, inputs: &Inputs) -> Result<(EndemicEpidemicOptions, [Option<String>; 3])> {
    let weights = weights(args, inputs);
    let end = args.end.clone().unwrap_or_else(|| format!("1 + t + season({},1)", inputs.times.period()));
    let ne = args.ne.clone().unwrap_or_else(|| if weights.is_some() { "1" } else { "none" }.to_owned());
    let component = |name: &str, text: &str, offset: &Option<String>, lag: usize| -> Result<Option<Component>> {
        let Some(terms) = formula::terms(text, inputs).with_context(|| format!("--{name}"))? else {
            return Ok(None);
        };
        let offset: Option<Values> = match offset {
            Some(column) => Some(formula::offset(column, inputs).with_context(|| format!("--{name}-offset"))?),
            None => None,
        };
        Ok(Some(Component { terms, offset, lag }))
    };
    let options = EndemicEpidemicOptions {
        end: component("end", &end, &args.end_offset, 1)?,
        ar: component("ar", &args.ar, &args.ar_offset, args.ar_lag)?,
        ne: component("ne", &ne, &args.ne_offset, args.ne_lag)?,
        weights,
        family: match args.family {
            FamilyArg::Poisson => Family::Poisson,
            FamilyArg::Negbin => Family::NegativeBinomial,
            FamilyArg::NegbinPerUnit => Family::NegativeBinomialPerUnit,
        },
        first: inputs.times.position("--from", args.from.as_deref())?,
        last: inputs.times.position("--to", args.to.as_deref())?,
        ..EndemicEpidemicOptions::default()
    };
    if options.ne.is_some() && options.weights.is_none() {
        bail!("--ne {ne}: expected --neighbours or --adjacency with it");
    }
    let said = |component: &Option<Component>, text: String| component.is_some().then_some(text);
    let predictors = [said(&options.end, end), said(&options.ar, args.ar.clone()), said(&options.ne, ne)];
    Ok((options, predictors))
}

fn weights(args: &Hhh4Args, inputs: &Inputs) -> Option<Weights> {
    let given = inputs.weights.clone()?;
    Some(match args.weights {
        WeightsArg::AsGiven => given,
        WeightsArg::Normalised => given.normalised(),
        WeightsArg::PowerLaw => given.power_law(inputs.table.units.len(), args.max_order),
    })
}

fn ahead_times(args: &Hhh4Args, inputs: &Inputs) -> Result<Option<(usize, usize)>> {
    let Some(from) = inputs.times.position("--one-step-ahead", args.one_step_ahead.as_deref())? else {
        return Ok(None);
    };
    let to = inputs.times.position("--one-step-ahead-to", args.one_step_ahead_to.as_deref())?;
    Ok(Some((from, to.unwrap_or(from.max(inputs.table.times() - 1)))))
}

fn refit(args: &Hhh4Args) -> Refit {
    match args.refit {
        RefitArg::EveryStep => Refit::EveryStep,
        RefitArg::Once => Refit::Once,
        RefitArg::Never => Refit::Never,
    }
}
