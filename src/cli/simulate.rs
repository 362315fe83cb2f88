//! `emberwatch simulate`: a seeded world as files.
//!
//! Writes every feed in its own format, `events.csv` (the standard event table, clean), `places.csv`
//! and `truth.json` (what was injected, what was spoilt). Same options, same bytes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use clap::Args;

use crate::{
    clock::Clock,
    domain::time::Day,
    simulate::{World, WorldOptions, maine},
};

/// Write a simulated state: feeds, events, places and the truth behind them.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:\n  emberwatch simulate --out world --days 180 --seed 1 --end 2026-05-31")]
pub struct SimulateArgs {
    /// Folder to write to; it is made when it does not exist.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Length of the world in days, 7 to 7300.
    #[arg(long, default_value_t = 180)]
    pub days: u32,
    /// Equal seeds give equal worlds.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The last day; yesterday where it is not given.
    #[arg(long, value_name = "DATE")]
    pub end: Option<Day>,
    /// Scale the baseline so that events.csv has about this many rows.
    #[arg(long, value_name = "N")]
    pub rows: Option<u64>,
    /// `json` prints one document that names the files.
    #[arg(long, default_value = "text", value_parser = ["text", "json"])]
    pub format: String,
}

/// # Errors
/// When the options make no world, or a file cannot be written.
pub fn run(args: &SimulateArgs, clock: &dyn Clock) -> anyhow::Result<()> {
    ensure!((7..=7300).contains(&args.days), "--days is {}; expected 7 to 7300", args.days);
    if let Some(rows) = args.rows {
        ensure!((1..=20_000_000).contains(&rows), "--rows is {rows}; expected 1 to 20000000");
    }
    let end = args.end.unwrap_or_else(|| maine::jurisdiction().zone.today(clock.now()) - 1);
    let mut options = WorldOptions::new(args.seed, args.days, end);
    if let Some(rows) = args.rows {
        options = options.with_rows(rows);
    }
    let world = World::new(options);
    let written = write_all(&world, &args.out)?;
    report(args, &world, &written);
    Ok(())
}

/// A file and how many lines it has.
struct Written {
    name: String,
    lines: usize,
}

fn write_all(world: &World, out: &Path) -> anyhow::Result<Vec<Written>> {
    fs::create_dir_all(out).with_context(|| format!("cannot make the folder {}", out.display()))?;
    let mut written = Vec::new();
    let mut write = |name: &str, bytes: &[u8]| -> anyhow::Result<()> {
        let path = out.join(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        written.push(Written { name: name.into(), lines: bytes.iter().filter(|b| **b == b'\n').count() });
        Ok(())
    };
    for feed in world.feeds() {
        write(&feed.file_name, &feed.bytes)?;
        write(&format!("{}.mapping.toml", feed.source_id), feed.mapping_toml.as_bytes())?;
    }
    write("events.csv", world.events_csv().as_bytes())?;
    write("places.csv", world.places_csv().as_bytes())?;
    write("truth.json", world.truth_json().as_bytes())?;
    Ok(written)
}

fn report(args: &SimulateArgs, world: &World, written: &[Written]) {
    let truth = world.truth();
    let rows = written.iter().find(|w| w.name == "events.csv").map_or(0, |w| w.lines.saturating_sub(1));
    if args.format == "json" {
        let files: Vec<_> = written.iter().map(|w| serde_json::json!({"file": w.name, "lines": w.lines})).collect();
        let document = serde_json::json!({
            "out": args.out.display().to_string(), "seed": truth.seed, "from": truth.from, "to": truth.to,
            "events": rows, "outbreaks": truth.outbreaks.len(), "bad_rows": truth.bad_rows.len(), "files": files,
        });
        println!("{document}");
        return;
    }
    println!("A simulated Maine, {} to {}, seed {}: {rows} events.", truth.from, truth.to, truth.seed);
    for o in &truth.outbreaks {
        let state = if o.live { "still going on" } else { "over" };
        println!("  outbreak  {}: {} to {}, {} extra, {:.1} usual ({state})", o.name, o.from, o.to, o.extra, o.usual);
    }
    println!("  bad rows  {} on purpose, by line in truth.json", truth.bad_rows.len());
    for w in written {
        println!("  {:<28} {:>9} lines", w.name, w.lines);
    }
    println!("All of it is invented; no row is, or stands for, a real event. Written to {}.", args.out.display());
}
