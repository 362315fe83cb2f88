//! `emberwatch hotspots`: Gi*, local Moran's I and emerging hot spots on plain files.

mod read;
#[cfg(test)]
mod tests;
mod write;

use std::{path::PathBuf, time::Instant};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::detect::{
    Emerging, EmergingOptions, GiStarOptions, LocalMoran, LocalMoranOptions,
    emerging::{Tail, emerging},
    gi_star::Population,
    local_moran,
};

/// Hot spots in a table of counts, and what becomes of them: Gi* of every cell and week, its Mann-Kendall trend, one
/// of seventeen categories, and local Moran's I of the last week.
///
/// A cell is hot in a week when more was counted in it, the cells around it and the week before (--rings,
/// --steps-back) than chance would have it, at a false discovery rate (--alpha). Cells that have no row are not
/// looked at: give a cell without events a row with the count 0 if it belongs to the study area. A cell and week
/// without a row counts 0; an empty count, or NA, is no data.
///
/// Example:
///   emberwatch hotspots --cells cells.csv --format csv
#[derive(Debug, Clone, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:\n  emberwatch hotspots --cells cells.csv --from 2024-01-01 --to 2025-12-28 --tail count --least-events 10 --format geojson"
)]
pub struct HotspotsArgs {
    /// Table `cell,date,count`: H3 cells of one resolution, or any ids with --neighbours (`place_id` will do for
    /// `cell`, and `week`, a whole number, for `date`).
    #[arg(long)]
    pub cells: PathBuf,
    /// Who is next to whom: a table `place_id,neighbour_id`, in either order, or JSON {"id": ["id", …], …}. Cells of
    /// H3 know it themselves.
    #[arg(long)]
    pub neighbours: Option<PathBuf>,
    /// Cells up to so many steps away are neighbours.
    #[arg(long, default_value_t = 1, conflicts_with = "neighbours", value_parser = clap::value_parser!(u32).range(1..=20))]
    pub rings: u32,
    /// First day of the study period; the first day of the table where it is left out.
    #[arg(long)]
    pub from: Option<String>,
    /// Last day of the study period; the last day of the table where it is left out.
    #[arg(long)]
    pub to: Option<String>,
    /// Days per step. A last step that is not complete is left out; dates that are all so far apart are one step each.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub step_days: u32,
    /// Days on which nothing was reported by anybody, as dates with commas between them: their steps are no data.
    #[arg(long, value_delimiter = ',')]
    pub silent: Vec<String>,
    /// Steps before the cell's own that belong to its neighbourhood; 0 is space alone.
    #[arg(long, default_value_t = 1)]
    pub steps_back: usize,
    /// What a neighbourhood is compared with: all cells and steps, or only the steps that it reaches over.
    #[arg(long, default_value = "cube")]
    pub population: PopulationWord,
    /// False discovery rate at which a cell and step is hot or cold; the plain two-sided level with --no-fdr.
    #[arg(long, default_value_t = EmergingOptions::default().alpha, value_parser = share)]
    pub alpha: f64,
    /// Take each p-value for itself.
    #[arg(long)]
    pub no_fdr: bool,
    /// p-values from the normal distribution of z, as the definition has it; or the larger of that and the tail of a
    /// distribution of counts, which where little is expected does not take one event for a hot spot.
    #[arg(long, default_value = "normal")]
    pub tail: TailWord,
    /// Two-sided level of the trend.
    #[arg(long, default_value_t = EmergingOptions::default().alpha_trend, value_parser = share)]
    pub alpha_trend: f64,
    /// Share of the steps that is "nearly always" in the categories.
    #[arg(long, default_value_t = EmergingOptions::default().nearly_always, value_parser = share)]
    pub nearly_always: f64,
    /// With fewer than this in its neighbourhood no cell and step is hot.
    #[arg(long, default_value_t = 0)]
    pub least_hot: u32,
    /// Where a cell and those around it have fewer than this in all, and no pattern, the answer is "too few to say".
    #[arg(long, default_value_t = 0)]
    pub least_events: u32,
    /// Draws for the p-value of local Moran's I; 0 leaves it out [default: 999; with --bins 0].
    #[arg(long)]
    pub permutations: Option<u32>,
    #[arg(long, default_value_t = LocalMoranOptions::default().seed)]
    pub seed: u64,
    /// Also every cell and step (csv: these instead of the cells).
    #[arg(long)]
    pub bins: bool,
    #[arg(long, default_value = "json")]
    pub format: HotspotsFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HotspotsFormat {
    Json,
    Csv,
    Geojson,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PopulationWord {
    Cube,
    Steps,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TailWord {
    Normal,
    Count,
}

/// What was computed.
struct Answer {
    study: read::Study,
    options: EmergingOptions,
    found: Emerging,
    /// By step; only of the last step with data, unless all were asked for.
    moran: Vec<Vec<LocalMoran>>,
    /// The last step with data.
    last: usize,
    permutations: u32,
}

/// Run the command and print its answer.
///
/// # Errors
/// With one line that says what is wrong in which file, or which option is out of range.
pub fn run(args: &HotspotsArgs) -> Result<()> {
    print!("{}", answer(args)?);
    Ok(())
}

/// The text that the command prints.
///
/// # Errors
/// As [`run`].
pub fn answer(args: &HotspotsArgs) -> Result<String> {
    if args.bins && args.format == HotspotsFormat::Geojson {
        bail!("--bins has no shape in time; give --format json or csv with it");
    }
    let started = Instant::now();
    let study = read::study(args)?;
    let Some(last) = study.bins.last_known_step() else {
        bail!("{}: there are no data at any step; see --silent and the empty counts", args.cells.display());
    };
    let options = options(args);
    let found = emerging(&study.bins, &study.neighbours, &options)?;
    let permutations = args.permutations.unwrap_or(if args.bins { 0 } else { 999 });
    let drawn = LocalMoranOptions { permutations, seed: args.seed };
    let steps = if args.bins { 0..study.bins.steps() } else { last..last + 1 };
    let moran =
        steps.map(|step| local_moran(study.bins.step(step), &study.neighbours, &drawn)).collect::<Result<_, _>>()?;
    let answer = Answer { study, options, found, moran, last, permutations };
    match args.format {
        HotspotsFormat::Json => {
            let document = write::document(args, &answer, started.elapsed().as_millis() as u64);
            Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
        }
        HotspotsFormat::Csv => write::as_csv(args, &answer),
        HotspotsFormat::Geojson => write::as_geojson(&answer),
    }
}

fn options(args: &HotspotsArgs) -> EmergingOptions {
    let population = match args.population {
        PopulationWord::Cube => Population::Cube,
        PopulationWord::Steps => Population::Steps,
    };
    EmergingOptions {
        gi: GiStarOptions { steps_back: args.steps_back, population },
        alpha: args.alpha,
        fdr: !args.no_fdr,
        alpha_trend: args.alpha_trend,
        tail: match args.tail {
            TailWord::Normal => Tail::Normal,
            TailWord::Count => Tail::Count,
        },
        nearly_always: args.nearly_always,
        least_hot: f64::from(args.least_hot),
        least_events: f64::from(args.least_events),
    }
}

fn share(text: &str) -> Result<f64, String> {
    let wrong = || "expected a number above 0 and at most 1".to_owned();
    text.parse().ok().filter(|share| *share > 0.0 && *share <= 1.0).ok_or_else(wrong)
}
