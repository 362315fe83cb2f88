//! `emberwatch scan`: the scan statistic on plain files.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::{path::PathBuf, time::Instant};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::detect::scan::{
    Analysis, LongestWindow, Model, Overlap, PValueMethod, Rates, ScanOptions, Ties, TimeAdjustment, ZoneShape, scan,
};

/// Find clusters in space and time in a table of cases.
///
/// Example:
///   emberwatch scan --cases cases.csv --places places.csv --model permutation --analysis prospective
///     --from 2025-07-03 --to 2025-09-30 --max-days 14 --format json
#[derive(Debug, Clone, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:\n  emberwatch scan --cases cases.csv --places places.csv --model permutation --analysis prospective \\\n    --from 2024-01-01 --to 2024-06-30 --max-days 14 --max-radius-km 25 --format json"
)]
pub struct ScanArgs {
    /// Table `place_id,date,count[,covariate1,…]`.
    #[arg(long)]
    pub cases: PathBuf,
    /// Table `place_id,latitude,longitude` (or `place_id,x,y`).
    #[arg(long)]
    pub places: PathBuf,
    /// Table `place_id,population[,date][,covariate1,…]`, for the Poisson model.
    #[arg(long)]
    pub population: Option<PathBuf>,
    /// Table like the cases', for the Bernoulli model.
    #[arg(long)]
    pub controls: Option<PathBuf>,
    /// Days on which nothing was reported by anybody, as dates with commas between them.
    #[arg(long, value_delimiter = ',')]
    pub silent: Vec<String>,
    #[arg(long, default_value = "permutation", value_parser = word::<Model>)]
    pub model: Model,
    #[arg(long, default_value = "prospective", value_parser = word::<Analysis>)]
    pub analysis: Analysis,
    /// Zones to look at: circles of every size; rings, all places within k steps of a place; or connected, every
    /// connected set of up to --max-cells places. Rings and connected zones need H3 cells as place_id, or --neighbours.
    #[arg(long, default_value = "circles", value_parser = word::<ZoneShape>)]
    pub zones: ZoneShape,
    /// The most places of a connected zone, 1 to 12.
    #[arg(long, default_value_t = ScanOptions::default().max_cells)]
    pub max_cells: u8,
    /// Also look at so many coarser H3 resolutions, with one p-value over all; every place_id must be an H3 cell.
    #[arg(long, default_value_t = 0)]
    pub coarser: u8,
    /// Table `place_id,neighbour_id` of places that touch, in either order, where places are no H3 cells.
    #[arg(long)]
    pub neighbours: Option<PathBuf>,
    /// First day of the study period; the first day of the cases where it is left out.
    #[arg(long)]
    pub from: Option<String>,
    /// Last day of the study period; the last day of the cases where it is left out.
    #[arg(long)]
    pub to: Option<String>,
    /// Days per time interval.
    #[arg(long, default_value_t = 1)]
    pub aggregate_days: u32,
    /// The largest zone, as a share of the population at risk.
    #[arg(long, default_value_t = 0.5)]
    pub max_space_share: f64,
    /// The largest zone, as a radius in kilometres.
    #[arg(long)]
    pub max_radius_km: Option<f64>,
    #[arg(long, default_value_t = 1)]
    pub min_days: u32,
    #[arg(long, conflicts_with = "max_time_share")]
    pub max_days: Option<u32>,
    /// The longest window, as a share of the study period [default: 0.5].
    #[arg(long)]
    pub max_time_share: Option<f64>,
    #[arg(long, default_value_t = 2)]
    pub min_cases: u32,
    #[arg(long, default_value = "no-centre-in-other", value_parser = word::<Overlap>)]
    pub overlap: Overlap,
    /// Adjust for weekday, time-nonparametric, time-loglinear or space; may be given more than once.
    #[arg(long)]
    pub adjust: Vec<String>,
    /// Also look for clusters over the whole period.
    #[arg(long)]
    pub include_spatial: bool,
    /// Also look for clusters over the whole area.
    #[arg(long)]
    pub include_temporal: bool,
    #[arg(long, default_value = "high", value_parser = word::<Rates>)]
    pub windows: Rates,
    #[arg(long, default_value_t = 999)]
    pub replications: u32,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// First day of surveillance: p-values of a prospective scan then account for the analyses made since, one an
    /// interval.
    #[arg(long)]
    pub surveillance_from: Option<String>,
    /// Worker threads; as many as the machine has where it is left out. Never changes the answer.
    #[arg(long)]
    pub threads: Option<usize>,
    #[arg(long, default_value = "standard", value_parser = word::<PValueMethod>)]
    pub p_value: PValueMethod,
    /// Replicates that equal the data: conservative (they count against them) or random (the place among them is
    /// drawn from the seed, so that p is right on average also with few cases).
    #[arg(long, default_value = "conservative", value_parser = word::<Ties>)]
    pub ties: Ties,
    #[arg(long, default_value = "json")]
    pub format: ScanFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScanFormat {
    Json,
    Csv,
    Geojson,
}

/// Run the command and print its answer.
///
/// # Errors
/// With one line that says what is wrong in which file, or which option is out of range.
pub fn run(args: &ScanArgs) -> Result<()> {
    print!("{}", answer(args)?);
    Ok(())
}

/// The text that the command prints.
///
/// # Errors
/// As [`run`].
pub fn answer(args: &ScanArgs) -> Result<String> {
    let started = Instant::now();
    let options = options(args)?;
    let input = read::input(args)?;
    let result = scan(&input, &options)?;
    let elapsed_ms = started.elapsed().as_millis() as u64;
    match args.format {
        ScanFormat::Json => {
            let document = write::document(args, &options, &input, &result, elapsed_ms);
            Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
        }
        ScanFormat::Csv => write::as_csv(&input, &options, &result),
        ScanFormat::Geojson => write::as_geojson(&input, &options, &result),
    }
}

/// A word of one of the option lists.
trait Word: Sized {
    fn read(word: &str) -> Option<Self>;
    const KNOWN: &'static [&'static str];
}

macro_rules! words {
    ($($t:ty),+) => {$(
        impl Word for $t {
            fn read(word: &str) -> Option<Self> {
                <$t>::from_word(word)
            }
            const KNOWN: &'static [&'static str] = <$t>::WORDS;
        }
    )+};
}
words!(Model, Analysis, ZoneShape, Overlap, Rates, PValueMethod, Ties, TimeAdjustment);

fn word<T: Word>(text: &str) -> Result<T, String> {
    T::read(text).ok_or_else(|| format!("expected one of {}", T::KNOWN.join(", ")))
}

fn options(args: &ScanArgs) -> Result<ScanOptions> {
    let mut options = ScanOptions {
        model: args.model,
        analysis: args.analysis,
        zones: args.zones,
        max_cells: args.max_cells,
        coarser: args.coarser,
        aggregate_days: args.aggregate_days,
        max_space_share: args.max_space_share,
        max_radius_km: args.max_radius_km,
        min_days: args.min_days,
        longest: args.max_days.map_or(LongestWindow::Share(args.max_time_share.unwrap_or(0.5)), LongestWindow::Days),
        min_cases: args.min_cases,
        rates: args.windows,
        overlap: args.overlap,
        include_spatial: args.include_spatial,
        include_temporal: args.include_temporal,
        replications: args.replications,
        seed: args.seed,
        p_value: args.p_value,
        ties: args.ties,
        surveillance_from: read::day("--surveillance-from", args.surveillance_from.as_deref())?,
        threads: args.threads,
        ..ScanOptions::default()
    };
    for adjustment in args.adjust.iter().flat_map(|a| a.split(',')) {
        match adjustment {
            "weekday" => options.adjust_weekday = true,
            "space" => options.adjust_space = true,
            other => match TimeAdjustment::from_word(other) {
                Some(t) => options.adjust_time = Some(t),
                None => bail!("--adjust {other}: expected one of weekday, time-nonparametric, time-loglinear, space"),
            },
        }
    }
    Ok(options)
}
