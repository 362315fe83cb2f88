//! Known places from files, for `geocode` and `ingest`: what a file is, is told by its ending and its content.

use std::{
    fs::File,
    io::{self, BufRead, Read as _},
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow, bail};

use crate::{
    cells::{ShapeError, ShapeOptions, read_shapes},
    domain::area::AreaKind,
    geocode::{Builder, Index, Taken},
};

/// What was read.
#[derive(Debug, Default, Clone, Copy)]
pub struct Read {
    pub files: u64,
    pub used: u64,
    pub unusable: u64,
    /// Known points, stretches of streets (and those that have house numbers), towns and ZIP areas.
    pub points: usize,
    pub stretches: usize,
    pub numbered: usize,
    pub areas: usize,
}

/// An index of all files and folders.
pub fn build(paths: &[PathBuf]) -> anyhow::Result<(Index, Read)> {
    let mut builder = Builder::default();
    let mut read = Read::default();
    for path in paths {
        add(&mut builder, &mut read, path)?;
    }
    if builder.is_empty() {
        bail!("the gazetteer holds no place");
    }
    (read.points, read.stretches, read.areas) = builder.counts();
    read.numbered = builder.numbered();
    Ok((builder.build(), read))
}

/// A file that `emberwatch geocode index` wrote.
pub fn open_index(path: &Path) -> anyhow::Result<Index> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    Index::open(bytes).with_context(|| path.display().to_string())
}

fn add(builder: &mut Builder, read: &mut Read, path: &Path) -> anyhow::Result<()> {
    let name = || path.display().to_string();
    if path.is_dir() {
        return add_folder(builder, read, path);
    }
    let taken = if is(path, "geojson") || is(path, "json") {
        add_geojson(builder, path).with_context(name)?
    } else if is(path, "shp") {
        add_shapefile(builder, path)?
    } else if is(path, "dbf") || is(path, "zip") || is(path, "xlsx") {
        bail!("{}: expected .csv, .geojson or .shp (with its .dbf beside it, both unzipped)", name());
    } else {
        let file = File::open(path).with_context(name)?;
        builder.add_csv(io::BufReader::with_capacity(1 << 16, file)).with_context(name)?
    };
    if taken.used == 0 && taken.unusable > 0 {
        let rows = taken.unusable;
        bail!(
            "{}: none of its {rows} rows can be used; expected a place in degrees and a street with a house number, a street or a name in each",
            name()
        );
    }
    read.files += 1;
    read.used += taken.used;
    read.unusable += taken.unusable;
    Ok(())
}

fn add_folder(builder: &mut Builder, read: &mut Read, path: &Path) -> anyhow::Result<()> {
    let name = || path.display().to_string();
    let mut all: Vec<PathBuf> =
        path.read_dir().with_context(name)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    all.sort();
    let inside: Vec<&PathBuf> = all.iter().filter(|p| is(p, "csv") || is(p, "geojson") || is(p, "shp")).collect();
    if inside.is_empty() {
        let mut names: Vec<String> =
            all.iter().filter_map(|p| p.file_name()).map(|n| n.to_string_lossy().into_owned()).collect();
        names.truncate(5);
        let has = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        bail!("{}: the folder holds no .csv, .geojson or .shp file; it holds {has}", name());
    }
    inside.into_iter().try_for_each(|p| add(builder, read, p))
}

fn add_shapefile(builder: &mut Builder, path: &Path) -> anyhow::Result<Taken> {
    let name = || path.display().to_string();
    let shp = std::fs::read(path).with_context(name)?;
    let table = ["dbf", "DBF"].iter().map(|e| path.with_extension(e)).find(|p| p.is_file());
    let Some(table) = table else {
        bail!("{}: its table {} is not beside it", name(), path.with_extension("dbf").display());
    };
    let dbf = std::fs::read(&table).with_context(|| table.display().to_string())?;
    let projection = ["prj", "PRJ"].iter().map(|e| path.with_extension(e)).find(|p| p.is_file());
    let prj = match &projection {
        Some(file) => {
            let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        }
        None => None,
    };
    builder.add_projected_shapefile(&shp, &dbf, prj.as_deref()).with_context(name)
}

/// Lines are streets, points addresses. Outlines give their centres: ZIP areas by their digits, counties by the file's name, towns else.
fn add_geojson(builder: &mut Builder, path: &Path) -> anyhow::Result<Taken> {
    if is_feature_a_line(path)? {
        return Ok(builder.add_geojson_points(io::BufReader::with_capacity(1 << 16, File::open(path)?))?);
    }
    let text = std::fs::read_to_string(path)?;
    if text.contains("LineString\"") {
        return Ok(builder.add_geojson_lines(&text)?);
    }
    if text.contains("Point\"") && !text.contains("Polygon\"") {
        return Ok(builder.add_geojson_point_collection(&text)?);
    }
    let options =
        ShapeOptions { kind: AreaKind::Town, id_property: None, name_property: None, prefix: "", parent: None };
    let counties = path.file_name().is_some_and(|n| n.to_string_lossy().to_lowercase().contains("count"));
    let municipal = path.file_name().is_some_and(|n| n.to_string_lossy().to_lowercase().contains("munic"));
    let mut taken = Taken::default();
    let shapes = read_shapes(&text, &options).map_err(|error| match error {
        ShapeError::Guess { what, has } => {
            let has = if has.is_empty() { "none" } else { &has };
            anyhow!(
                "its outlines are read as towns, counties or ZIP areas, and no property is known to hold their {what}; the first has {has}. Addresses are expected as points with a house number and a street, streets as lines with a name"
            )
        }
        other => other.into(),
    })?;
    for shape in shapes {
        let (name, centre) = (&shape.area.name, shape.area.centre);
        if name.len() == 5 && name.bytes().all(|b| b.is_ascii_digit()) {
            builder.add_zip(name, centre);
        } else if counties && !municipal {
            builder.add_county(name, centre);
        } else {
            builder.add_town(name, centre);
        }
        taken.used += 1;
    }
    Ok(taken)
}

/// Whether the first line is a feature by itself, as OpenAddresses writes its files.
fn is_feature_a_line(path: &Path) -> anyhow::Result<bool> {
    // No address needs a longer line; a collection may be one line of a gigabyte.
    let mut first = Vec::new();
    let head = File::open(path)?.take(1 << 16);
    io::BufReader::new(head).read_until(b'\n', &mut first)?;
    let text = String::from_utf8_lossy(&first);
    let value: Option<serde_json::Value> = serde_json::from_str(text.trim().trim_start_matches('\u{FEFF}')).ok();
    Ok(value.is_some_and(|v| v["type"] == "Feature" && v["geometry"]["type"] != "LineString"))
}

fn is(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending))
}
