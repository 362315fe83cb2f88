//! `emberwatch geocode`: addresses against known places, row by row; `geocode index`: those places in one file.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{TextOrJson, places};
use crate::{
    domain::place::Precision,
    geocode::{Answer, Index, Query},
};

#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  emberwatch geocode --addresses calls.csv --gazetteer streets.csv --output placed.csv\n  emberwatch geocode index tiger/ openaddresses.csv towns.geojson --output state.index\n  emberwatch geocode --addresses calls.csv --index state.index --output placed.csv\n\nAddress columns: address, location_text, street or text; town or city; zip; county.\nGazetteer columns: the same with latitude and longitude. A folder stands for all its .csv, .geojson and .shp files.\nAdded columns: latitude, longitude, precision, score, matched; radius_m (holds the true place about nine times\nin ten), candidates (other places that fit), reason (how it was found, or why not).\nA text that could mean several distant places is left without a point, or gets that of its town."
)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Action>,
    /// CSV of addresses.
    #[arg(long, required = true, value_name = "FILE")]
    addresses: Option<PathBuf>,
    /// CSV of known places or address points, GeoJSON of towns or streets, shapefiles, or a folder of such files.
    #[arg(long, required_unless_present = "index", value_name = "FILE|DIR")]
    gazetteer: Vec<PathBuf>,
    /// An index that `emberwatch geocode index` wrote; asked after the gazetteer, where both are given.
    #[arg(long, value_name = "FILE")]
    index: Option<PathBuf>,
    /// Where the answer goes; standard output where it is not given.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How the counts are told: text on standard error, or one JSON document on standard output (with --output).
    #[arg(long, value_enum, default_value = "text")]
    format: TextOrJson,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Build an index of known places in one pass.
    Index(IndexArgs),
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  emberwatch geocode index tl_2024_23_addrfeat/ me_addresses.csv towns.geojson --output maine.index\n\nReads TIGER/Line ADDRFEAT and EDGES and other street lines (.shp with .dbf, GeoJSON), address points (OpenAddresses,\nNational Address Database, a county's own: CSV, GeoJSON, .shp), gazetteers (CSV), outlines of towns, counties and ZIP\nareas (GeoJSON). A shapefile in State Plane, UTM or another plane needs its .prj beside it."
)]
struct IndexArgs {
    /// Files and folders of known places.
    #[arg(required = true, value_name = "FILE|DIR")]
    sources: Vec<PathBuf>,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    #[arg(long, value_enum, default_value = "text")]
    format: TextOrJson,
}

#[derive(Default)]
struct Counts {
    rows: u64,
    ambiguous: u64,
    not_found: u64,
    precision: BTreeMap<String, u64>,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    if let Some(Action::Index(args)) = &args.command {
        return build_index(args);
    }
    let Some(addresses) = &args.addresses else { bail!("--addresses is missing") };
    if !args.format.is_text() && args.output.is_none() {
        bail!("--format json needs --output, because the rows themselves go to standard output otherwise");
    }
    let gazetteer = if args.gazetteer.is_empty() { None } else { Some(places::build(&args.gazetteer)?.0) };
    let index = args.index.as_deref().map(places::open_index).transpose()?;
    let known: Vec<Index> = gazetteer.into_iter().chain(index).collect();
    let counts = match &args.output {
        Some(path) => {
            let file = File::create(path).with_context(|| path.display().to_string())?;
            place_rows(addresses, &known, io::BufWriter::new(file))?
        }
        None => place_rows(addresses, &known, io::stdout().lock())?,
    };
    tell(args, &counts)
}

fn build_index(args: &IndexArgs) -> anyhow::Result<()> {
    let began = Instant::now();
    let bar = if io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    bar.set_style(ProgressStyle::default_spinner());
    bar.set_message("reading and sorting");
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    let (index, read) = places::build(&args.sources)?;
    // Written beside and renamed, so that whoever reads the old file never sees half of a new one.
    let beside = args.output.with_extension("part");
    std::fs::write(&beside, index.bytes()).with_context(|| beside.display().to_string())?;
    std::fs::rename(&beside, &args.output).with_context(|| args.output.display().to_string())?;
    bar.finish_and_clear();
    let (bytes, elapsed_ms) = (index.bytes().len(), began.elapsed().as_millis() as u64);
    if !args.format.is_text() {
        let document = json!({
            "files": read.files, "rows": read.used, "unusable": read.unusable, "points": read.points,
            "stretches": read.stretches, "numbered": read.numbered, "areas": read.areas, "bytes": bytes, "elapsed_ms": elapsed_ms,
        });
        return Ok(writeln!(io::stdout(), "{document}")?);
    }
    let line = format!(
        "{}: {} rows of {} files ({} unusable) in {:.1} s: {} points, {} stretches of streets ({} with house numbers), {} towns and ZIP areas; {:.1} MB",
        args.output.display(),
        read.used,
        read.files,
        read.unusable,
        began.elapsed().as_secs_f64(),
        read.points,
        read.stretches,
        read.numbered,
        read.areas,
        bytes as f64 / 1e6,
    );
    Ok(writeln!(io::stderr(), "{line}")?)
}

fn tell(args: &Args, counts: &Counts) -> anyhow::Result<()> {
    let placed: u64 = counts.precision.values().sum();
    if !args.format.is_text() {
        let document = json!({
            "rows": counts.rows,
            "placed": placed,
            "ambiguous": counts.ambiguous,
            "not_found": counts.not_found,
            "precision": counts.precision,
        });
        return Ok(writeln!(io::stdout(), "{document}")?);
    }
    let levels = counts.precision.iter().map(|(p, n)| format!("{p} {n}")).collect::<Vec<_>>().join(", ");
    let Counts { rows, ambiguous, not_found, .. } = counts;
    let line = format!("{rows} rows: {placed} placed ({levels}), {ambiguous} ambiguous, {not_found} not found");
    Ok(writeln!(io::stderr(), "{line}")?)
}

/// Which columns of the addresses say where.
struct Columns {
    text: Option<usize>,
    town: Option<usize>,
    zip: Option<usize>,
    county: Option<usize>,
}

impl Columns {
    fn of(header: &csv::StringRecord, name: &str) -> anyhow::Result<Self> {
        let find = |names: &[&str]| {
            header
                .iter()
                .position(|h| names.iter().any(|n| h.trim().trim_start_matches('\u{FEFF}').eq_ignore_ascii_case(n)))
        };
        let columns = Self {
            text: find(&["address", "location_text", "text", "street", "query"]),
            town: find(&["town", "city", "municipality"]),
            zip: find(&["zip", "zip_code", "zipcode", "postcode"]),
            county: find(&["county"]),
        };
        if columns.text.or(columns.town).or(columns.zip).or(columns.county).is_none() {
            let has = header.iter().collect::<Vec<_>>().join(", ");
            let has = if has.trim().is_empty() { "an empty line or file" } else { &has };
            bail!(
                "{name}: line 1: expected a column address, location_text, street, text, town, zip or county; found {has}"
            );
        }
        Ok(columns)
    }

    fn query<'a>(&self, row: &'a csv::StringRecord) -> Query<'a> {
        let field = |at: Option<usize>| at.and_then(|i| row.get(i)).map(str::trim).filter(|t| !t.is_empty());
        Query { text: field(self.text), town: field(self.town), zip: field(self.zip), county: field(self.county) }
    }
}

const ADDED: [&str; 8] = ["latitude", "longitude", "precision", "score", "matched", "radius_m", "candidates", "reason"];

fn place_rows(addresses: &Path, known: &[Index], out: impl Write) -> anyhow::Result<Counts> {
    let name = || addresses.display().to_string();
    let file = File::open(addresses).with_context(name)?;
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(io::BufReader::new(file));
    let header = rows.headers().with_context(name)?.clone();
    let columns = Columns::of(&header, &name())?;
    let mut out = csv::Writer::from_writer(out);
    out.write_record(header.iter().chain(ADDED)).map_err(plain)?;
    let mut counts = Counts::default();
    let mut row = csv::StringRecord::new();
    loop {
        // A row that is not text costs itself only.
        match rows.read_record(&mut row) {
            Ok(false) => break,
            Ok(true) => {}
            Err(e) if matches!(e.kind(), csv::ErrorKind::Utf8 { .. }) => {
                let line = e.position().map_or(0, csv::Position::line);
                bail!("{}: line {line}: the row is not UTF-8", name());
            }
            Err(e) => return Err(e).with_context(name),
        }
        let query = columns.query(&row);
        let answer = known.iter().map(|index| index.answer(&query)).reduce(|a, b| a.or_finer(|| b));
        let added = answer.map(|a| judge(a, &mut counts)).unwrap_or_default();
        // A short row is filled up, so that what is added stands under its heading.
        let padded = row.iter().chain(std::iter::repeat("")).take(header.len());
        out.write_record(padded.chain(added.iter().map(String::as_str))).map_err(plain)?;
    }
    out.flush()?;
    Ok(counts)
}

/// The failure of the output itself: a reader that goes away is recognised by it.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(e) => e,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// The columns that are added.
fn judge(answer: Answer, counts: &mut Counts) -> [String; ADDED.len()] {
    counts.rows += 1;
    let nowhere = |matched: String, candidates: String, reason: String| {
        [
            String::new(),
            String::new(),
            Precision::Unknown.to_string(),
            "0.00".into(),
            matched,
            String::new(),
            candidates,
            reason,
        ]
    };
    let listed = |others: &[crate::geocode::Alternative]| {
        let one = |a: &crate::geocode::Alternative| format!("{} ({:.5} {:.5})", a.name, a.point.lat(), a.point.lon());
        others.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    match answer {
        Answer::Found(m) => {
            *counts.precision.entry(m.precision.to_string()).or_default() += 1;
            let point = |x: f64| format!("{x:.6}");
            let (candidates, radius) = (listed(&m.others), format!("{:.0}", m.radius_m));
            let (latitude, longitude) = (point(m.point.lat()), point(m.point.lon()));
            let (precision, score) = (m.precision.to_string(), format!("{:.2}", m.score));
            [latitude, longitude, precision, score, m.matched, radius, candidates, m.basis.as_str().into()]
        }
        Answer::Ambiguous { places, candidates, spread_km } => {
            counts.ambiguous += 1;
            let why = format!("ambiguous: {places} places up to {spread_km:.1} km apart");
            nowhere(why.clone(), listed(&candidates), why)
        }
        Answer::NotFound(why) => {
            counts.not_found += 1;
            nowhere(String::new(), String::new(), why.as_str().into())
        }
    }
}
