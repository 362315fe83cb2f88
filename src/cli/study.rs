//! What `forecast` and `backtest` work on: an event file counted over cells, areas and days.
//!
//! Columns (any order, extra ones ignored): `occurred_at`, `latitude`, `longitude` (also `lat`, `lon`), and
//! where there are `event_id`, `kind`, `received_at`, `precision` and a column that names the area. A row
//! without coordinates counts in its area only; so does one whose precision is coarser than a cell.

use std::{
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::{
    cells::{self, Cover},
    domain::{
        event::EventKind,
        ids::AreaId,
        place::{Cell, Point, Precision},
        time::{Day, DayRange, Zone},
    },
    forecast::panel::Sighting,
};

/// Options that both commands share.
#[derive(Debug, Clone, clap::Args)]
pub struct StudyArgs {
    /// CSV with event_id,kind,occurred_at,received_at,latitude,longitude,precision,jurisdiction
    #[arg(long, value_name = "FILE")]
    pub events: PathBuf,
    /// Kind of event to count: overdose, naloxone or outreach
    #[arg(long, default_value = "overdose", value_parser = parse_kind)]
    pub kind: EventKind,
    /// H3 resolution of the cells (8 is about 0.74 km²)
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(0..=12))]
    pub resolution: u8,
    /// GeoJSON polygon of the region; without it the region is the convex hull of the events
    #[arg(long, value_name = "FILE")]
    pub region: Option<PathBuf>,
    /// Column that names each event's area
    #[arg(long, default_value = "jurisdiction")]
    pub area_column: String,
    /// Zone of the days, for times with an offset; without it the date is taken as it is written
    #[arg(long)]
    pub zone: Option<Zone>,
    /// Leave out events before this day
    #[arg(long, value_name = "DATE")]
    pub since: Option<Day>,
    /// Count events in cells whatever their stated precision
    #[arg(long)]
    pub any_precision: bool,
}

impl StudyArgs {
    /// The overdoses of a file, over the cells they span.
    pub fn of_file(events: &Path, resolution: u8) -> Self {
        Self {
            events: events.to_owned(),
            kind: EventKind::Overdose,
            resolution,
            region: None,
            area_column: "jurisdiction".into(),
            zone: None,
            since: None,
            any_precision: false,
        }
    }
}

fn parse_kind(text: &str) -> Result<EventKind, String> {
    EventKind::parse(text).ok_or_else(|| format!("expected overdose, naloxone or outreach, not \"{text}\""))
}

/// Events counted over places and days.
#[derive(Debug, Clone)]
pub struct Study {
    /// Sorted.
    pub cells: Vec<Cell>,
    pub centres: Vec<Point>,
    /// Position in `areas` of every cell: the area of most of its events, else that of the nearest cell with any.
    pub cell_area: Vec<Option<u32>>,
    pub areas: Vec<AreaId>,
    /// First to last day with an event.
    pub days: DayRange,
    pub cell_counts: Vec<Sighting>,
    pub area_counts: Vec<Sighting>,
    pub events: usize,
    /// Counted in an area or the whole but in no cell.
    pub unplaced: usize,
    /// What a reader should know about the file.
    pub notes: Vec<String>,
}

struct Row {
    day: Day,
    lag: u32,
    cell: Option<Cell>,
    area: Option<AreaId>,
}

impl Study {
    /// # Errors
    /// One line with file, line, column and what was expected.
    pub fn read(args: &StudyArgs) -> Result<Self> {
        let mut notes = Vec::new();
        let rows = read_rows(args, &mut notes)?;
        let name = args.events.display();
        let (Some(from), Some(to)) = (rows.iter().map(|r| r.day).min(), rows.iter().map(|r| r.day).max()) else {
            bail!("{name}: no row of kind {}; expected at least one", args.kind);
        };
        let seen: Vec<Cell> = rows.iter().filter_map(|r| r.cell).collect();
        if seen.is_empty() {
            bail!(
                "{name}: no event is known well enough for cells of resolution {}; expected coordinates, a coarser \
                 --resolution or --any-precision",
                args.resolution
            );
        }
        let cells = region(args, &seen)?;
        let areas = areas(&rows);
        let mut study = Self {
            centres: cells.iter().map(|c| c.centre()).collect(),
            cell_area: vec![None; cells.len()],
            cells,
            areas,
            days: DayRange { from, to },
            cell_counts: Vec::new(),
            area_counts: Vec::new(),
            events: rows.len(),
            unplaced: 0,
            notes,
        };
        study.assign_areas(&rows);
        study.count(&rows);
        Ok(study)
    }

    fn count(&mut self, rows: &[Row]) {
        let mut cells: BTreeMap<(u32, u32, u32), u32> = BTreeMap::new();
        let mut areas = cells.clone();
        let mut outside = 0;
        for row in rows {
            let day = (row.day - self.days.from) as u32;
            let cell = row.cell.and_then(|c| self.cells.binary_search(&c).ok());
            outside += usize::from(row.cell.is_some() && cell.is_none());
            self.unplaced += usize::from(cell.is_none());
            if let Some(cell) = cell {
                *cells.entry((cell as u32, day, row.lag)).or_default() += 1;
            }
            let area = row.area.as_ref().and_then(|a| self.areas.binary_search(a).ok()).map(|a| a as u32);
            // An event that names no area counts in that of its cell.
            if let Some(area) = area.or_else(|| cell.and_then(|c| self.cell_area[c])) {
                *areas.entry((area, day, row.lag)).or_default() += 1;
            }
        }
        let list = |map: BTreeMap<(u32, u32, u32), u32>| {
            map.into_iter().map(|((place, day, lag), count)| Sighting { place, day, lag, count }).collect()
        };
        (self.cell_counts, self.area_counts) = (list(cells), list(areas));
        if outside > 0 {
            self.notes.push(format!("{outside} events lie outside the region and count in no cell"));
        }
        if self.unplaced > outside {
            self.notes.push(format!("{} events are known too coarsely for a cell", self.unplaced - outside));
        }
    }

    fn assign_areas(&mut self, rows: &[Row]) {
        let mut votes: BTreeMap<(usize, u32), u32> = BTreeMap::new();
        for row in rows {
            let (Some(cell), Some(area)) = (row.cell, &row.area) else { continue };
            if let (Ok(cell), Ok(area)) = (self.cells.binary_search(&cell), self.areas.binary_search(area)) {
                *votes.entry((cell, area as u32)).or_default() += 1;
            }
        }
        let mut most: BTreeMap<usize, (u32, u32)> = BTreeMap::new();
        for ((cell, area), n) in votes {
            let best = most.entry(cell).or_insert((area, n));
            if n > best.1 {
                *best = (area, n);
            }
        }
        let named: Vec<(Point, u32)> = most.iter().map(|(cell, (area, _))| (self.centres[*cell], *area)).collect();
        for (i, slot) in self.cell_area.iter_mut().enumerate() {
            let here = self.centres[i];
            *slot = most.get(&i).map(|(area, _)| *area).or_else(|| {
                let near = named.iter().min_by(|a, b| a.0.distance_km(here).total_cmp(&b.0.distance_km(here)));
                near.map(|(_, area)| *area)
            });
        }
    }
}

/// Areas that events name; one alone is the whole and no level of its own.
fn areas(rows: &[Row]) -> Vec<AreaId> {
    let mut areas: Vec<AreaId> = rows.iter().filter_map(|r| r.area.clone()).collect();
    areas.sort_unstable();
    areas.dedup();
    if areas.len() < 2 { Vec::new() } else { areas }
}

fn region(args: &StudyArgs, seen: &[Cell]) -> Result<Vec<Cell>> {
    let resolution = cells::resolution(args.resolution)?;
    let Some(path) = &args.region else {
        return Ok(cells::cells_in_hull(&cells::centres(seen), resolution)?);
    };
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("{name}: cannot be read"))?;
    let polygons = polygons(&text).with_context(|| format!("{name}: expected GeoJSON polygons"))?;
    if polygons.0.is_empty() {
        bail!("{name}: holds no polygon; expected a Polygon or MultiPolygon, alone, in a Feature or in a collection");
    }
    let cells = cells::cells_in(&polygons, resolution, Cover::Touching).with_context(|| name.clone())?;
    if cells.is_empty() {
        bail!("{name}: the region holds no cell of resolution {}", args.resolution);
    }
    Ok(cells)
}

fn polygons(text: &str) -> Result<geo::MultiPolygon<f64>> {
    let geometries: Vec<geojson::Geometry> = match text.parse::<geojson::GeoJson>()? {
        geojson::GeoJson::Geometry(geometry) => vec![geometry],
        geojson::GeoJson::Feature(feature) => feature.geometry.into_iter().collect(),
        geojson::GeoJson::FeatureCollection(all) => all.features.into_iter().filter_map(|f| f.geometry).collect(),
    };
    let mut out = Vec::new();
    for geometry in &geometries {
        out.extend(cells::polygons(&geometry.value).map_err(anyhow::Error::msg)?);
    }
    Ok(geo::MultiPolygon::new(out))
}

/// Positions of the columns.
struct Columns {
    id: Option<usize>,
    kind: Option<usize>,
    occurred: usize,
    received: Option<usize>,
    lat: usize,
    lon: usize,
    precision: Option<usize>,
    area: Option<usize>,
}

impl Columns {
    fn find(header: &csv::StringRecord, file: &Path, area: &str) -> Result<Self> {
        let at = |names: &[&str]| header.iter().position(|h| names.contains(&h.trim().to_lowercase().as_str()));
        let need = |names: &[&str]| {
            at(names).with_context(|| {
                let found: Vec<&str> = header.iter().collect();
                format!("{}: line 1: no column \"{}\"; found {}", file.display(), names[0], found.join(","))
            })
        };
        Ok(Self {
            id: at(&["event_id"]),
            kind: at(&["kind"]),
            occurred: need(&["occurred_at"])?,
            received: at(&["received_at"]),
            lat: need(&["latitude", "lat"])?,
            lon: need(&["longitude", "lon", "lng"])?,
            precision: at(&["precision"]),
            area: at(&[area.to_lowercase().as_str()]),
        })
    }

    fn unused<'a>(&self, header: &'a csv::StringRecord) -> Vec<&'a str> {
        let used = [self.id, self.kind, self.received, self.precision, self.area];
        let is_used = |i: usize| used.contains(&Some(i)) || [self.occurred, self.lat, self.lon].contains(&i);
        header.iter().enumerate().filter(|(i, _)| !is_used(*i)).map(|(_, name)| name).collect()
    }
}

fn read_rows(args: &StudyArgs, notes: &mut Vec<String>) -> Result<Vec<Row>> {
    let file = &args.events;
    let name = file.display().to_string();
    let bytes = std::fs::read(file).with_context(|| format!("{name}: cannot be read"))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let header = reader.headers().with_context(|| format!("{name}: line 1: expected a CSV header"))?.clone();
    let columns = Columns::find(&header, file, &args.area_column)?;
    if columns.area.is_none() && args.area_column != "jurisdiction" {
        bail!("{name}: line 1: no column \"{}\" (--area-column)", args.area_column);
    }
    let unused = columns.unused(&header);
    if !unused.is_empty() {
        notes.push(format!("columns not used: {}", unused.join(", ")));
    }
    let mut rows = Vec::new();
    let mut ids: HashSet<String> = HashSet::new();
    let (mut repeated, mut before) = (0, 0);
    for record in reader.records() {
        let record = record.map_err(|e| anyhow::anyhow!("{name}: {e}"))?;
        let line = record.position().map_or(0, csv::Position::line);
        let text = |i: Option<usize>| i.and_then(|i| record.get(i)).filter(|t| !t.is_empty());
        if let Some(kind) = text(columns.kind)
            && parse_kind(kind).map_err(|e| anyhow::anyhow!("{name}: line {line}: kind: {e}"))? != args.kind
        {
            continue;
        }
        if text(columns.id).is_some_and(|id| !ids.insert(id.to_owned())) {
            repeated += 1;
            continue;
        }
        let row = read_row(args, &columns, &text).with_context(|| format!("{name}: line {line}"))?;
        if args.since.is_some_and(|since| row.day < since) {
            before += 1;
        } else {
            rows.push(row);
        }
    }
    if repeated > 0 {
        notes.push(format!("{repeated} rows repeat an event_id; the first of each was counted"));
    }
    if before > 0 {
        notes.push(format!("{before} events before --since were left out"));
    }
    Ok(rows)
}

fn read_row<'a>(args: &StudyArgs, c: &Columns, text: &dyn Fn(Option<usize>) -> Option<&'a str>) -> Result<Row> {
    let occurred = text(Some(c.occurred)).context("occurred_at: is empty; expected a date or an ISO time")?;
    let day = day_of(occurred, args.zone).with_context(|| format!("occurred_at: \"{occurred}\""))?;
    let lag = match text(c.received) {
        None => 0,
        Some(t) => (day_of(t, args.zone).with_context(|| format!("received_at: \"{t}\""))? - day).max(0) as u32,
    };
    let number = |name: &str, i: usize| -> Result<Option<f64>> {
        let Some(t) = text(Some(i)) else { return Ok(None) };
        t.parse().map(Some).with_context(|| format!("{name}: \"{t}\"; expected degrees such as 44.8012"))
    };
    let point = match (number("latitude", c.lat)?, number("longitude", c.lon)?) {
        (Some(lat), Some(lon)) => Some(Point::new(lat, lon).context("latitude,longitude")?),
        (None, None) => None,
        _ => bail!("latitude,longitude: only one of the two is given"),
    };
    let resolution = cells::resolution(args.resolution)?;
    let precision = text(c.precision).map(str::parse::<Precision>).transpose().context("precision")?;
    let fine = args.any_precision || precision.is_none_or(|p| p.finest_resolution().is_some_and(|f| f >= resolution));
    let area = text(c.area).and_then(AreaId::slugify);
    Ok(Row { day, lag, cell: point.filter(|_| fine).map(|p| p.cell(resolution)), area })
}

/// The day of a date, a local time or a time with an offset.
fn day_of(text: &str, zone: Option<Zone>) -> Result<Day> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(&text.replacen(' ', "T", 1)) {
        return Ok(match zone {
            Some(zone) => Day::of(instant.to_utc(), zone),
            None => Day::from_date(instant.date_naive()),
        });
    }
    for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"] {
        if let Ok(local) = NaiveDateTime::parse_from_str(text, format) {
            return checked(local.date());
        }
    }
    Ok(text.parse::<Day>()?)
}

fn checked(date: NaiveDate) -> Result<Day> {
    Ok(date.to_string().parse::<Day>()?)
}

/// A bar on standard error where that is a terminal; nothing elsewhere.
pub(super) fn progress(steps: u64) -> indicatif::ProgressBar {
    indicatif::ProgressBar::new(steps)
}

#[cfg(test)]
#[path = "study_tests.rs"]
mod tests;
