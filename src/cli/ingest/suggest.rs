//! `emberwatch ingest --suggest`: what the columns of a file seem to mean, shown and written as a mapping.

use std::{fmt::Write as _, fs::File, path::Path};

use anyhow::{Context, bail};

use super::{Args, format_of};
use crate::{
    cli::Shell,
    clock::{Clock, SystemClock},
    domain::time::Zone,
    ingest::{
        ReadOptions,
        suggest::{ParsedRow, Suggestion, suggest},
    },
};

pub(super) fn run(args: &Args, shell: &Shell) -> anyhow::Result<()> {
    let [file] = &args.files[..] else { bail!("--suggest looks at one file; {} were named", args.files.len()) };
    let format = format_of(file, None)?;
    let source = match &args.source {
        Some(id) => id.to_string(),
        None => file.file_stem().map_or_else(|| "feed".to_owned(), |s| s.to_string_lossy().into_owned()),
    };
    let options = ReadOptions { now: SystemClock.now(), zone: args.zone.unwrap_or(Zone::UTC), others: Vec::new() };
    let name = file.display().to_string();
    let suggestion = suggest(|| File::open(file), format, &source, options).context(name)?;
    if let Some(output) = &args.output {
        write_new(output, &suggestion.mapping)?;
    }
    if args.format.is_text() {
        return shell.say(format_args!("{}", to_text(&suggestion, args.output.as_deref()).trim_end()));
    }
    shell.say(format_args!("{}", serde_json::to_value(&suggestion)?))
}

/// A mapping that somebody may have mended is not written over.
fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let name = path.display();
    let mut file = match File::create_new(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => bail!("{name} is there already; name another file"),
        Err(e) => return Err(e).context(name.to_string()),
    };
    file.write_all(text.as_bytes()).with_context(|| name.to_string())
}

fn to_text(s: &Suggestion, output: Option<&Path>) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        let _ = writeln!(out, "{text}");
    };
    line(format!("found        {}", s.found.to_text()));
    line(format!("looked at    {} rows: {} cases, {} not cases", s.rows_read, s.cases, s.not_cases));
    for (reason, rejected) in &s.rejects {
        line(format!("can't read   {} rows, {reason}; line {}: {}", rejected.rows, rejected.line, rejected.message));
    }
    if !s.columns.is_empty() {
        line("\ncolumns".into());
        let width = s.columns.iter().map(|c| c.column.chars().count()).max().unwrap_or(0).min(30);
        for c in &s.columns {
            line(format!("  {:<width$}  {:<30}  {}", c.column, c.used_as, c.example));
        }
    }
    if !s.rows.is_empty() {
        line(format!("\nthe first {} cases as they would be read (times in UTC)", s.rows.len()));
        s.rows.iter().for_each(|r| line(format!("  {}", row_text(r))));
    }
    line("\nin doubt".into());
    s.doubts.iter().for_each(|d| line(format!("  - {d}")));
    match output {
        Some(path) => line(format!("\nwritten to {}; read the doubts, then use it with --mapping", path.display())),
        None => line(format!("\n{}", s.mapping)),
    }
    out
}

fn row_text(r: &ParsedRow) -> String {
    let when = if r.time_precision == "instant" {
        r.occurred_at.clone()
    } else {
        format!("{} ({})", r.occurred_at, r.time_precision)
    };
    let point = r.latitude.zip(r.longitude).map(|(y, x)| format!("{y:.4},{x:.4}"));
    let id: String = r.record_id.chars().take(16).collect();
    let naloxone = format!("naloxone {}", r.naloxone);
    let parts = [
        Some(id),
        Some(when),
        Some(r.kind.clone()),
        Some(r.outcome.clone()),
        Some(naloxone),
        point,
        r.precision.clone(),
        Some(r.place.clone()),
    ];
    parts.into_iter().flatten().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" · ")
}
