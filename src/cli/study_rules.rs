//! `emberwatch study`: what the temporal rules come to on worlds with a known truth.

use std::fmt::Write;

use anyhow::{Result, bail};
use serde_json::json;

use super::Shell;
use crate::detect::{
    budget::{Budget, Size},
    pooled::null,
    study::{Found, Setting, Study, WITHIN, rules::Rule, study, worlds::WorldSpec},
};

/// Rises that are put into the worlds, each for a week.
const RISES: [Size; 3] = [Size::Times(2.0), Size::Times(3.0), Size::Extra(5)];

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  emberwatch study --rates 0.3,3 --worlds seasonal,wandering --budget 3.65 --seed 1\n\nEvery rule is told of twice: as it is, and with the bound that costs the same number of false alerts a year as every\nother rule's. Worlds: flat (Poisson); seasonal (week, season, negative binomial days); wandering (log-normal days and a\nlevel that drifts, too); late (seasonal, seen through late reports)."
)]
pub struct Args {
    /// Events a day
    #[arg(long, value_delimiter = ',', default_value = "0.1,0.3,1,3,10,30")]
    rates: Vec<f64>,
    /// flat, seasonal, wandering, late
    #[arg(long, value_delimiter = ',', default_value = "seasonal,wandering,late")]
    worlds: Vec<String>,
    /// False alerts a year that every rule may cost
    #[arg(long, default_value_t = 3.65)]
    budget: f64,
    /// Quiet years; half of them set the bounds
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(4..=100_000))]
    quiet: u32,
    /// Worlds for each rise
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rises: u32,
    /// Days of history before the first that is judged
    #[arg(long, default_value_t = 1200, value_parser = clap::value_parser!(u32).range(400..=3650))]
    history: u32,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, value_enum, default_value = "text")]
    format: super::TextOrJson,
    /// Print the pooled detector's null table, from so many simulated years at each point, instead
    #[arg(long, value_name = "YEARS")]
    derive_null: Option<usize>,
}

/// # Errors
/// One line that says which argument is wrong.
pub fn run(args: &Args, shell: &Shell) -> Result<()> {
    if let Some(years) = args.derive_null {
        return shell.say(format_args!("{}", null::derive_table(years.max(1), args.seed).trim_end()));
    }
    if !(args.budget > 0.0 && args.budget <= 52.0) {
        bail!("--budget {} is not a number of false alerts a year; expected more than 0 and at most 52", args.budget);
    }
    if let Some(bad) = args.rates.iter().find(|r| !(r.is_finite() && **r > 0.0 && **r <= 1000.0)) {
        bail!("--rates {bad} is not a rate; expected more than 0 and at most 1000 events a day");
    }
    let mut studies = Vec::new();
    for name in &args.worlds {
        for rate in &args.rates {
            studies.push(study(&setting(args, world(name, *rate)?)));
        }
    }
    if args.format.is_text() {
        return shell.say(format_args!("{}", text(&studies).trim_end()));
    }
    let document = json!({
        "budget": args.budget, "quiet": args.quiet, "worlds_a_rise": args.rises, "history_days": args.history,
        "seed": args.seed, "within_days": WITHIN, "studies": studies,
    });
    shell.say(format_args!("{}", serde_json::to_string_pretty(&document)?))
}

fn world(name: &str, rate: f64) -> Result<WorldSpec> {
    Ok(match name {
        "flat" => WorldSpec::flat(rate),
        "seasonal" => WorldSpec::seasonal(rate),
        "wandering" => WorldSpec::wandering(rate),
        "late" => WorldSpec::late(rate),
        other => bail!("--worlds {other} is not known; expected flat, seasonal, wandering or late"),
    })
}

fn setting(args: &Args, world: WorldSpec) -> Setting {
    Setting {
        world,
        history: args.history as usize,
        budget: Budget::per_year(args.budget),
        quiet: args.quiet as usize,
        worlds: args.rises as usize,
        rises: RISES.to_vec(),
        length: 7,
        rules: Rule::ALL.to_vec(),
        seed: args.seed,
    }
}

/// Tables that can be read on a terminal and pasted into a report.
fn text(studies: &[Study]) -> String {
    let mut out = String::new();
    for s in studies {
        let _ = writeln!(
            out,
            "{} world, {} events a day; at one budget: {} false alerts a year\n",
            s.world, s.rate, s.budget
        );
        let sizes: String = RISES.iter().map(|r| format!(" {} |", name(*r))).collect();
        let _ = writeln!(out, "| rule | false alerts a year, as it is |{sizes} at the budget |{sizes}");
        let _ = writeln!(out, "|---|---|{}---|{}", "---|".repeat(RISES.len()), "---|".repeat(RISES.len()));
        for line in &s.rules {
            let _ = writeln!(out, "| {} | {} | {} |", line.rule, columns(&line.as_it_is), columns(&line.at_budget));
        }
        out.push('\n');
    }
    out + "% seen within 1, 3 and 7 days of the first; median day of those seen, the first being 1\n"
}

fn columns(found: &Found) -> String {
    let mut out = format!("{:.1}", found.false_alerts_a_year);
    for seen in &found.rises {
        let [one, three, seven] = seen.within.map(|p| 100.0 * p);
        let _ = write!(out, " | {one:.0}, {three:.0}, {seven:.0}");
        if let Some(delay) = seen.median_delay {
            let _ = write!(out, "; {:.0}", delay + 1.0);
        }
    }
    out
}

fn name(rise: Size) -> String {
    match rise {
        Size::Times(f) => format!("×{f}, 7 days"),
        Size::Extra(k) => format!("+{k} in 7 days"),
    }
}
