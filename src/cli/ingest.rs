//! `emberwatch ingest`: files of reports into the store.

mod suggest;

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, IsTerminal},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{Shell, TextOrJson, places};
use crate::{
    clock::{DynClock, SystemClock},
    domain::{
        area::Jurisdiction,
        ids::{JurisdictionId, SourceId},
        quality::Source,
        scope::Scope,
        time::Zone,
    },
    geocode::Index,
    ingest::{Format, Learned, Mapping, STANDARD},
    jobs::intake::{IntakeSummary, ingest_with, source_of, stored_mapping},
    store::DynStore,
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  emberwatch ingest events.csv --source county-ems\n  emberwatch ingest 911.csv --source dispatch --mapping data/mappings/montgomery-pa-911.toml --format json\n  emberwatch ingest --suggest 911.csv --source dispatch --output dispatch.toml\n\nWithout --mapping the source's stored mapping is used, or else the standard columns\nevent_id,kind,occurred_at,received_at,latitude,longitude,precision,jurisdiction (data/mappings/standard.toml)."
)]
pub struct Args {
    /// CSV, TSV, NDJSON, JSON, GeoJSON, XLSX, NEMSIS XML or HL7; the name's ending says which.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Short id of the feed: a-z, 0-9, '.', '_', '-'.
    #[arg(long, value_name = "ID", required_unless_present = "suggest")]
    source: Option<SourceId>,
    /// Read nothing in: guess what the columns mean, show the first rows, write a mapping.
    #[arg(long, conflicts_with_all = ["mapping", "jurisdiction", "gazetteer", "index"])]
    suggest: bool,
    /// Where the suggested mapping is written; on the screen where absent.
    #[arg(long, value_name = "FILE", requires = "suggest")]
    output: Option<PathBuf>,
    /// What the columns mean (TOML); see data/mappings/README.md.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Who owns the rows; else the mapping says, or the rows, or the store holds only one.
    #[arg(long, value_name = "ID")]
    jurisdiction: Option<JurisdictionId>,
    /// IANA zone of wall-clock times and days, for a jurisdiction that is new to the store.
    #[arg(long, value_name = "ZONE")]
    zone: Option<Zone>,
    /// Known places for rows without coordinates, as `emberwatch geocode` reads them.
    #[arg(long, value_name = "FILE|DIR", conflicts_with = "index")]
    gazetteer: Vec<PathBuf>,
    /// An index of `emberwatch geocode index`, for rows without coordinates.
    #[arg(long, value_name = "FILE")]
    index: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "text")]
    format: TextOrJson,
}

pub async fn run(args: Args, shell: &Shell) -> anyhow::Result<()> {
    if args.suggest {
        return suggest::run(&args, shell);
    }
    // Everything that can be wrong with the request is found before the store is touched.
    let Some(source) = &args.source else { bail!("--source is missing: the short id of the feed") };
    let given = args.mapping.as_deref().map(read_mapping).transpose()?;
    for file in &args.files {
        File::open(file).with_context(|| file.display().to_string())?;
        format_of(file, given.as_ref())?;
    }
    let index = match &args.index {
        Some(path) => Some(places::open_index(path)?),
        None if args.gazetteer.is_empty() => None,
        None => Some(places::build(&args.gazetteer)?.0),
    }
    .map(Arc::new);
    let store = shell.open_store().await?;
    let clock: DynClock = Arc::new(SystemClock);
    let chosen = choose(&args, source, given.as_ref(), &store).await?;
    let intake = Run { args: &args, source, store: &store, clock: &clock, index };
    let mut summaries = Vec::new();
    for file in &args.files {
        summaries.push(intake.file(file, given.as_ref(), &chosen).await?);
    }
    store.close().await;
    if args.format.is_text() {
        let texts: Vec<String> = summaries.iter().map(IntakeSummary::to_text).collect();
        return shell.say(format_args!("{}", texts.join("\n").trim_end()));
    }
    shell.say(format_args!("{}", document(&summaries)?))
}

/// Where the rows go.
struct Chosen {
    jurisdiction: Jurisdiction,
    notice: Option<String>,
}

struct Run<'a> {
    args: &'a Args,
    source: &'a SourceId,
    store: &'a DynStore,
    clock: &'a DynClock,
    index: Option<Arc<Index>>,
}

impl Run<'_> {
    async fn file(&self, file: &Path, given: Option<&Mapping>, chosen: &Chosen) -> anyhow::Result<IntakeSummary> {
        let owner = &chosen.jurisdiction;
        let scope = Scope::system(owner.id.clone(), "ingest");
        let mapping = match given {
            Some(mapping) => mapping.clone(),
            None => stored_mapping(self.store, &scope, self.source).await?.unwrap_or_else(Mapping::standard),
        };
        let source = self.source(&mapping, owner);
        let format = format_of(file, Some(&mapping))?;
        let name = file.file_name().map_or_else(|| file.display().to_string(), |n| n.to_string_lossy().into_owned());
        let bytes = File::open(file).with_context(|| file.display().to_string())?;
        let bar = progress(&bytes);
        let reader = bar.wrap_read(bytes);
        let done =
            ingest_with(self.store, self.clock, &scope, &source, mapping, format, reader, &name, self.index.clone())
                .await;
        bar.finish_and_clear();
        let mut summary = done.with_context(|| file.display().to_string())?;
        summary.notices.extend(chosen.notice.clone());
        Ok(summary)
    }

    fn source(&self, mapping: &Mapping, owner: &Jurisdiction) -> Source {
        let mut source = source_of(self.source.clone(), mapping, owner.zone);
        if self.args.mapping.is_none() && Learned::stripped(mapping.text()) == STANDARD {
            source.name = self.source.to_string();
        }
        source
    }
}

fn read_mapping(path: &Path) -> anyhow::Result<Mapping> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| name.clone())?;
    Ok(Mapping::parse(&text, &name)?)
}

fn format_of(file: &Path, mapping: Option<&Mapping>) -> anyhow::Result<Format> {
    match mapping.and_then(|m| m.format.kind) {
        Some(format) => Ok(format),
        None => Ok(Format::from_name(&file.display().to_string())?),
    }
}

/// Whose rows these are: the command line, else the mapping, else the source as it is known, else the only
/// jurisdiction there is, else what the first row says.
async fn choose(args: &Args, source: &SourceId, mapping: Option<&Mapping>, store: &DynStore) -> anyhow::Result<Chosen> {
    let described = mapping.and_then(|m| m.jurisdiction.as_ref());
    if let Some(spec) = described.filter(|s| args.jurisdiction.as_ref().is_none_or(|j| *j == s.id)) {
        let jurisdiction =
            Jurisdiction { id: spec.id.clone(), name: spec.name.clone(), zone: args.zone.unwrap_or(spec.zone) };
        store.put_jurisdiction(&jurisdiction).await?;
        return Ok(Chosen { jurisdiction, notice: None });
    }
    let zone = args.zone.or(described.map(|d| d.zone));
    if let Some(id) = &args.jurisdiction {
        return settled(store, id.clone(), zone).await;
    }
    let known = store.jurisdictions().await?;
    let mut owners = Vec::new();
    for jurisdiction in &known {
        let scope = Scope::system(jurisdiction.id.clone(), "ingest");
        if store.sources(&scope).await?.iter().any(|s| s.id == *source) {
            owners.push(jurisdiction.clone());
        }
    }
    if let [jurisdiction] = &owners[..] {
        return Ok(Chosen { jurisdiction: jurisdiction.clone(), notice: None });
    }
    if let Some(id) = only_owner(&args.files[0])
        && (known.is_empty() || known.iter().any(|j| j.id == id))
    {
        return settled(store, id, zone).await;
    }
    match &known[..] {
        [only] => Ok(Chosen { jurisdiction: only.clone(), notice: None }),
        [] => settled(store, JurisdictionId::new("local")?, zone).await,
        _ => {
            let ids = known.iter().map(|j| j.id.as_str()).collect::<Vec<_>>().join(", ");
            bail!("the store holds several jurisdictions ({ids}); name one with --jurisdiction")
        }
    }
}

async fn settled(store: &DynStore, id: JurisdictionId, zone: Option<Zone>) -> anyhow::Result<Chosen> {
    let is_new = !store.jurisdictions().await?.iter().any(|j| j.id == id);
    let jurisdiction = ensure(store, id, zone, zone.unwrap_or(Zone::UTC)).await?;
    let notice = (is_new && zone.is_none()).then(|| {
        format!("{} is new; its days are counted in UTC. Set --zone (such as America/New_York)", jurisdiction.id)
    });
    Ok(Chosen { jurisdiction, notice })
}

/// The jurisdiction as the store knows it, made where it does not.
async fn ensure(store: &DynStore, id: JurisdictionId, set: Option<Zone>, new: Zone) -> anyhow::Result<Jurisdiction> {
    let known = store.jurisdictions().await?.into_iter().find(|j| j.id == id);
    let mut jurisdiction = known.clone().unwrap_or_else(|| Jurisdiction { name: id.to_string(), id, zone: new });
    if let Some(zone) = set {
        jurisdiction.zone = zone;
    }
    if known.as_ref() != Some(&jurisdiction) {
        store.put_jurisdiction(&jurisdiction).await?;
    }
    Ok(jurisdiction)
}

/// What the `jurisdiction` column says, where the file is CSV, has one, and its first rows agree.
fn only_owner(file: &Path) -> Option<JurisdictionId> {
    const LOOKED_AT: usize = 10_000;
    let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(BufReader::new(File::open(file).ok()?));
    let at = csv.headers().ok()?.iter().position(|h| h.trim().eq_ignore_ascii_case("jurisdiction"))?;
    let mut owner: Option<String> = None;
    for row in csv.records().take(LOOKED_AT).filter_map(Result::ok) {
        let Some(text) = row.get(at).map(str::trim).filter(|t| !t.is_empty()) else { continue };
        if owner.get_or_insert_with(|| text.to_owned()) != text {
            return None;
        }
    }
    JurisdictionId::new(&owner?).ok()
}

/// A bar over the bytes of a file, when somebody is watching.
fn progress(file: &File) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(file.metadata().map_or(0, |m| m.len()));
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes} of {total_bytes}, {eta} left") {
        bar.set_style(style);
    }
    bar
}

/// One document: the file's own, or sums with a list of the files.
fn document(summaries: &[IntakeSummary]) -> anyhow::Result<serde_json::Value> {
    if let [one] = summaries {
        return Ok(serde_json::to_value(one)?);
    }
    let sum = |field: fn(&IntakeSummary) -> u64| summaries.iter().map(field).sum::<u64>();
    let mut not_cases = BTreeMap::new();
    for (label, n) in summaries.iter().flat_map(|s| &s.not_cases) {
        *not_cases.entry(label.clone()).or_insert(0) += n.as_u64().unwrap_or(0);
    }
    Ok(json!({
        "read": sum(|s| s.read),
        "accepted": sum(|s| s.accepted),
        "unchanged": sum(|s| s.unchanged),
        "updated": sum(|s| s.updated),
        "duplicates": sum(|s| s.duplicates),
        "quarantined": sum(|s| s.quarantined),
        "not_cases": not_cases,
        "elapsed_ms": sum(|s| s.elapsed_ms),
        "files": summaries,
    }))
}
