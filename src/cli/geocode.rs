//! `emberwatch geocode`: addresses against a gazetteer, row by row.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde_json::json;

use super::TextOrJson;
use crate::{
    cells::{ShapeOptions, read_shapes},
    domain::{area::AreaKind, place::Precision},
    geocode::{Answer, Gazetteer, Query},
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  emberwatch geocode --addresses calls.csv --gazetteer streets.csv --output placed.csv\n\nAddress columns: address, location_text, street or text; town or city; zip; county.\nGazetteer columns: the same with latitude and longitude. A folder stands for all its .csv and .geojson files.\nA text that could mean several distant places is left without a point, or gets that of its town."
)]
pub struct Args {
    /// CSV of addresses.
    #[arg(long, value_name = "FILE")]
    addresses: PathBuf,
    /// CSV of known places, GeoJSON of towns, or a folder of such files.
    #[arg(long, required = true, value_name = "FILE|DIR")]
    gazetteer: Vec<PathBuf>,
    /// Where the answer goes; standard output where it is not given.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How the counts are told: text on standard error, or one JSON document on standard output (with --output).
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
    if !args.format.is_text() && args.output.is_none() {
        bail!("--format json needs --output, because the rows themselves go to standard output otherwise");
    }
    let mut gazetteer = Gazetteer::default();
    for path in &args.gazetteer {
        add(&mut gazetteer, path)?;
    }
    if gazetteer.is_empty() {
        bail!("the gazetteer holds no place");
    }
    let counts = match &args.output {
        Some(path) => {
            let file = File::create(path).with_context(|| path.display().to_string())?;
            place_rows(&args.addresses, &gazetteer, io::BufWriter::new(file))?
        }
        None => place_rows(&args.addresses, &gazetteer, io::stdout().lock())?,
    };
    tell(args, &counts)
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

fn add(gazetteer: &mut Gazetteer, path: &Path) -> anyhow::Result<()> {
    let name = || path.display().to_string();
    if path.is_dir() {
        let mut inside: Vec<PathBuf> =
            path.read_dir().with_context(name)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
        inside.retain(|p| is(p, "csv") || is(p, "geojson"));
        inside.sort();
        if inside.is_empty() {
            bail!("{}: the folder holds no .csv or .geojson file", name());
        }
        return inside.iter().try_for_each(|p| add(gazetteer, p));
    }
    if is(path, "geojson") {
        return add_outlines(gazetteer, path).with_context(name);
    }
    let file = File::open(path).with_context(name)?;
    gazetteer.add_csv(io::BufReader::new(file)).with_context(name)?;
    Ok(())
}

/// Outlines give their centres: ZIP areas by their digits, counties by the file's name, towns else.
fn add_outlines(gazetteer: &mut Gazetteer, path: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(path)?;
    let options =
        ShapeOptions { kind: AreaKind::Town, id_property: None, name_property: None, prefix: "", parent: None };
    let counties = path.file_name().is_some_and(|n| n.to_string_lossy().to_lowercase().contains("count"));
    let municipal = path.file_name().is_some_and(|n| n.to_string_lossy().to_lowercase().contains("munic"));
    for shape in read_shapes(&text, &options)? {
        let (name, centre) = (&shape.area.name, shape.area.centre);
        if name.len() == 5 && name.bytes().all(|b| b.is_ascii_digit()) {
            gazetteer.add_zip(name, centre);
        } else if counties && !municipal {
            gazetteer.add_county(name, centre);
        } else {
            gazetteer.add_town(name, centre);
        }
    }
    Ok(())
}

fn is(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending))
}

fn place_rows(addresses: &Path, gazetteer: &Gazetteer, out: impl Write) -> anyhow::Result<Counts> {
    let name = || addresses.display().to_string();
    let file = File::open(addresses).with_context(name)?;
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(io::BufReader::new(file));
    let header = rows.headers().with_context(name)?.clone();
    let find = |names: &[&str]| {
        header
            .iter()
            .position(|h| names.iter().any(|n| h.trim().trim_start_matches('\u{FEFF}').eq_ignore_ascii_case(n)))
    };
    let text = find(&["address", "location_text", "text", "street", "query"]);
    let town = find(&["town", "city", "municipality"]);
    let zip = find(&["zip", "zip_code", "zipcode", "postcode"]);
    let county = find(&["county"]);
    if text.or(town).or(zip).or(county).is_none() {
        let has = header.iter().collect::<Vec<_>>().join(", ");
        bail!(
            "{}: line 1: expected a column address, location_text, street, text, town, zip or county; found {has}",
            name()
        );
    }
    let mut out = csv::Writer::from_writer(out);
    let added = ["latitude", "longitude", "precision", "score", "matched"];
    out.write_record(header.iter().chain(added)).map_err(plain)?;
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
        let field = |at: Option<usize>| at.and_then(|i| row.get(i)).map(str::trim).filter(|t| !t.is_empty());
        let query = Query { text: field(text), town: field(town), zip: field(zip), county: field(county) };
        let added = judge(gazetteer.answer(&query), &mut counts);
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

/// The five columns that are added.
fn judge(answer: Answer, counts: &mut Counts) -> [String; 5] {
    counts.rows += 1;
    match answer {
        Answer::Found(m) => {
            *counts.precision.entry(m.precision.to_string()).or_default() += 1;
            let point = |x: f64| format!("{x:.6}");
            [point(m.point.lat()), point(m.point.lon()), m.precision.to_string(), format!("{:.2}", m.score), m.matched]
        }
        Answer::Ambiguous { candidates, spread_km } => {
            counts.ambiguous += 1;
            let why = format!("ambiguous: {candidates} places up to {spread_km:.1} km apart");
            [String::new(), String::new(), Precision::Unknown.to_string(), "0.00".into(), why]
        }
        Answer::NotFound => {
            counts.not_found += 1;
            [String::new(), String::new(), Precision::Unknown.to_string(), "0.00".into(), String::new()]
        }
    }
}
