//! `emberwatch jurisdictions`: the outlines by which events get their county, town or ZIP area.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use serde_json::json;

use super::{Shell, TextOrJson};
use crate::{
    cells::{AreaIndex, ShapeOptions, find_parents, read_shapes},
    domain::{
        area::{AreaKind, AreaShape, Jurisdiction},
        ids::{AreaId, JurisdictionId},
        scope::Scope,
        time::Zone,
    },
    jobs::intake::replace_all,
    store::DynStore,
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  emberwatch jurisdictions load towns.geojson --jurisdiction montgomery-pa --kind town --id-property GEOID --name-property Name"
)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Load polygons as areas; events that are stored already are placed anew.
    Load(Load),
    /// The jurisdictions and how many areas of each kind they have.
    List {
        #[arg(long, value_enum, default_value = "text")]
        format: TextOrJson,
    },
}

#[derive(Debug, clap::Args)]
struct Load {
    /// GeoJSON with polygons in longitude and latitude (WGS 84).
    file: PathBuf,
    #[arg(long, value_name = "ID")]
    jurisdiction: JurisdictionId,
    #[arg(long, value_enum)]
    kind: Kind,
    /// Property that holds the id; found by itself where it is obvious (GEOID, ZCTA5CE20 …).
    #[arg(long, value_name = "NAME")]
    id_property: Option<String>,
    /// Property that holds the name; found by itself where it is obvious.
    #[arg(long, value_name = "NAME")]
    name_property: Option<String>,
    /// Area above these; found by outline where it is not given.
    #[arg(long, value_name = "AREA")]
    parent: Option<AreaId>,
    /// Stands before every id, so that ids of several files never meet.
    #[arg(long, value_name = "TEXT")]
    prefix: Option<String>,
    /// What people call the jurisdiction, where it is new.
    #[arg(long)]
    name: Option<String>,
    /// IANA zone in which its days are counted.
    #[arg(long)]
    zone: Option<Zone>,
    #[arg(long, value_enum, default_value = "text")]
    format: TextOrJson,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Kind {
    State,
    County,
    Town,
    Zip,
    Other,
}

impl From<Kind> for AreaKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::State => Self::State,
            Kind::County => Self::County,
            Kind::Town => Self::Town,
            Kind::Zip => Self::Zip,
            Kind::Other => Self::Other,
        }
    }
}

pub async fn run(args: Args, shell: &Shell) -> anyhow::Result<()> {
    match args.what {
        What::Load(load) => run_load(load, shell).await,
        What::List { format } => run_list(format, shell).await,
    }
}

async fn run_load(args: Load, shell: &Shell) -> anyhow::Result<()> {
    let shapes = read(&args.file, &args)?;
    let store = shell.open_store().await?;
    let is_new = put_jurisdiction(&store, &args).await?;
    let scope = Scope::system(args.jurisdiction.clone(), "jurisdictions");
    let loaded = shapes.len();
    let stored = put_areas(&store, &scope, shapes, args.parent.as_ref()).await?;
    let placed_anew = replace_all(&store, &scope).await?;
    store.close().await;
    if args.format.is_text() {
        shell.say(format_args!(
            "{loaded} areas of kind {} loaded into {}; {placed_anew} stored events placed anew",
            AreaKind::from(args.kind).as_str(),
            args.jurisdiction
        ))?;
        if is_new && args.zone.is_none() {
            shell.say(format_args!("note: its days are counted in UTC; set --zone (such as America/New_York)"))?;
        }
        return Ok(());
    }
    let document = json!({
        "jurisdiction": args.jurisdiction,
        "kind": AreaKind::from(args.kind),
        "areas": loaded,
        "changed": stored,
        "placed_anew": placed_anew,
    });
    shell.say(format_args!("{document}"))
}

fn read(file: &Path, args: &Load) -> anyhow::Result<Vec<AreaShape>> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    // A ZIP code may be another area's id; nothing else collides in the United States' codes.
    let usual = if matches!(args.kind, Kind::Zip) { "zip" } else { "" };
    let options = ShapeOptions {
        kind: args.kind.into(),
        id_property: args.id_property.as_deref(),
        name_property: args.name_property.as_deref(),
        prefix: args.prefix.as_deref().unwrap_or(usual),
        parent: args.parent.clone(),
    };
    read_shapes(&text, &options).with_context(|| file.display().to_string())
}

async fn put_jurisdiction(store: &DynStore, args: &Load) -> anyhow::Result<bool> {
    let known = store.jurisdictions().await?.into_iter().find(|j| j.id == args.jurisdiction);
    let is_new = known.is_none();
    let mut jurisdiction = known.unwrap_or_else(|| Jurisdiction {
        id: args.jurisdiction.clone(),
        name: args.jurisdiction.to_string(),
        zone: Zone::UTC,
    });
    if let Some(name) = &args.name {
        jurisdiction.name.clone_from(name);
    }
    if let Some(zone) = args.zone {
        jurisdiction.zone = zone;
    }
    if is_new || args.name.is_some() || args.zone.is_some() {
        store.put_jurisdiction(&jurisdiction).await?;
    }
    Ok(is_new)
}

/// Store the areas and whatever parents they give to areas that had none.
async fn put_areas(
    store: &DynStore,
    scope: &Scope,
    shapes: Vec<AreaShape>,
    parent: Option<&AreaId>,
) -> anyhow::Result<usize> {
    let mut all = store.area_shapes(scope).await?;
    if let Some(parent) = parent
        && !all.iter().chain(&shapes).any(|s| s.area.id == *parent)
    {
        let known = all.iter().map(|s| s.area.id.as_str()).take(20).collect::<Vec<_>>().join(", ");
        anyhow::bail!("--parent {parent} is no area of {}; it has: {known}", scope.jurisdiction);
    }
    let before = all.clone();
    all.retain(|s| !shapes.iter().any(|n| n.area.id == s.area.id));
    all.extend(shapes);
    let index = AreaIndex::new(all.clone());
    find_parents(&mut all, &index);
    let changed: Vec<AreaShape> = all.into_iter().filter(|s| !before.contains(s)).collect();
    store.put_areas(scope, &changed).await?;
    Ok(changed.len())
}

async fn run_list(format: TextOrJson, shell: &Shell) -> anyhow::Result<()> {
    let store = shell.open_store().await?;
    let mut rows = Vec::new();
    for jurisdiction in store.jurisdictions().await? {
        let scope = Scope::system(jurisdiction.id.clone(), "jurisdictions");
        let areas = store.areas(&scope).await?;
        let count = |kind| areas.iter().filter(|a| a.kind == kind).count();
        let kinds = [AreaKind::State, AreaKind::County, AreaKind::Town, AreaKind::Zip, AreaKind::Other];
        let counts: serde_json::Map<String, serde_json::Value> =
            kinds.iter().map(|k| (k.as_str().to_owned(), count(*k).into())).collect();
        rows.push(
            json!({"id": jurisdiction.id, "name": jurisdiction.name, "zone": jurisdiction.zone, "areas": counts}),
        );
    }
    store.close().await;
    if !format.is_text() {
        return shell.say(format_args!("{}", json!({ "jurisdictions": rows })));
    }
    for row in rows {
        let text = |key: &str| row[key].as_str().unwrap_or("").to_owned();
        let areas: Vec<String> =
            row["areas"].as_object().into_iter().flatten().map(|(k, n)| format!("{k} {n}")).collect();
        shell.say(format_args!("{:<20} {:<40} {:<20} {}", text("id"), text("name"), text("zone"), areas.join(", ")))?;
    }
    Ok(())
}
