//! `emberwatch export`: what the store holds, as files that R, Python and QGIS read.
//!
//! For whoever runs the service: it reads the database itself, so it shows everything.

use std::{
    collections::BTreeMap,
    io::{BufWriter, Write},
    path::PathBuf,
};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::Shell;
use crate::{
    clock::{Clock, SystemClock},
    domain::{
        event::EventKind,
        forecast::ForecastLevel,
        place::Point,
        scope::Scope,
        time::{Day, DayRange},
    },
    report::csv::defused,
    store::{DynStore, EventQuery},
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  emberwatch export events --from 2024-01-01 --to 2024-03-31 --format geojson --output events.geojson"
)]
pub struct Args {
    #[arg(value_enum)]
    what: What,
    /// First day, by the day of the occurrence (or of the signal).
    #[arg(long)]
    from: Option<Day>,
    /// Last day.
    #[arg(long)]
    to: Option<Day>,
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Standard output when not given.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Needed only where the database holds more than one.
    #[arg(long)]
    jurisdiction: Option<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    Events,
    /// Events a day by finest area and kind.
    Series,
    Signals,
    Forecasts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Csv,
    Ndjson,
    Geojson,
}

/// One exported row: named values and, where it has one, a point.
struct Row {
    values: Vec<(&'static str, Value)>,
    point: Option<Point>,
}

/// Events are read from the store in pages of this size, so that an export needs no memory to speak of.
const PAGE: u32 = 5_000;

pub async fn run(args: Args, shell: &Shell) -> anyhow::Result<()> {
    let days = match (args.from, args.to) {
        (Some(from), Some(to)) => {
            Some(DayRange::new(from, to).with_context(|| format!("--to {to} lies before --from {from}"))?)
        }
        (None, None) => None,
        _ => bail!("--from and --to go together"),
    };
    let store = shell.open_store().await?;
    let jurisdiction = shell.jurisdiction(&store, args.jurisdiction.as_deref()).await?;
    let scope = Scope::system(jurisdiction.id, "export");
    store.audit(&scope, "export", &format!("{:?}", args.what).to_lowercase(), SystemClock.now()).await?;
    let sink: Box<dyn Write> = match &args.output {
        Some(path) => Box::new(std::fs::File::create(path).with_context(|| format!("creating {}", path.display()))?),
        None => Box::new(std::io::stdout()),
    };
    let mut writer = Writer::new(args.format, BufWriter::new(sink));
    match args.what {
        What::Events => events(&store, &scope, days, &mut writer).await?,
        What::Series => series(&store, &scope, days, &mut writer).await?,
        What::Signals => signals(&store, &scope, days, &mut writer).await?,
        What::Forecasts => forecasts(&store, &scope, &mut writer).await?,
    }
    writer.finish()?;
    store.close().await;
    Ok(())
}

async fn events(store: &DynStore, scope: &Scope, days: Option<DayRange>, out: &mut Writer) -> anyhow::Result<()> {
    let query = EventQuery { days, ..EventQuery::default() };
    let mut cursor: Option<String> = None;
    loop {
        let page = store.event_page(scope, &query, cursor.as_deref(), PAGE).await?;
        for event in page.events {
            let at = &event.location;
            let mut values = vec![
                ("event_id", json!(event.record_id)),
                ("source", json!(event.source)),
                ("version", json!(event.version)),
                ("kind", json!(event.kind)),
                ("occurred_at", json!(event.occurred_at)),
                ("event_day", json!(event.event_day)),
                ("reported_at", json!(event.reported_at)),
                ("received_at", json!(event.received_at)),
                ("outcome", json!(event.outcome)),
                ("naloxone", json!(event.naloxone)),
                ("quantity", json!(event.quantity)),
                ("precision", json!(at.precision)),
                ("uncertainty_m", json!(at.uncertainty_m)),
                ("cell", json!(at.cell)),
                ("area", json!(at.area)),
                ("town", json!(at.town)),
                ("zip", json!(at.zip)),
                ("jurisdiction", json!(event.jurisdiction)),
                ("flags", json!(event.flags.iter().map(|f| f.as_str()).collect::<Vec<_>>().join(" "))),
            ];
            if out.format != Format::Geojson {
                values.push(("latitude", json!(at.point.map(Point::lat))));
                values.push(("longitude", json!(at.point.map(Point::lon))));
            }
            out.row(&Row { values, point: at.point })?;
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

async fn series(store: &DynStore, scope: &Scope, days: Option<DayRange>, out: &mut Writer) -> anyhow::Result<()> {
    let facts = store.facts(scope, &EventQuery { days, ..EventQuery::default() }).await?;
    let mut counts: BTreeMap<(String, EventKind, Day), u64> = BTreeMap::new();
    for fact in facts {
        let area = fact.area.map_or_else(String::new, String::from);
        *counts.entry((area, fact.kind, fact.event_day)).or_default() += 1;
    }
    for ((area, kind, day), count) in counts {
        let values = vec![("area", json!(area)), ("kind", json!(kind)), ("date", json!(day)), ("count", json!(count))];
        out.row(&Row { values, point: None })?;
    }
    Ok(())
}

async fn signals(store: &DynStore, scope: &Scope, days: Option<DayRange>, out: &mut Writer) -> anyhow::Result<()> {
    for s in store.signals(scope, days, u32::MAX).await? {
        let values = vec![
            ("signal_id", json!(s.id)),
            ("as_of", json!(s.as_of)),
            ("method", json!(s.method.name)),
            ("method_version", json!(s.method.version)),
            ("seed", json!(s.method.seed)),
            ("kind", json!(s.kind)),
            ("place", json!(s.place_name)),
            ("area", json!(s.area)),
            ("from", json!(s.window.from)),
            ("to", json!(s.window.to)),
            ("observed", json!(s.observed)),
            ("expected", json!(s.expected)),
            ("expected_low", json!(s.expected_range[0])),
            ("expected_high", json!(s.expected_range[1])),
            ("statistic", json!(s.statistic)),
            ("p_value", json!(s.p_value)),
            ("recurrence_interval_days", json!(s.recurrence_interval_days)),
            ("radius_km", json!(s.radius_km)),
            ("cells", json!(s.cells.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))),
        ];
        out.row(&Row { values, point: s.centre })?;
    }
    Ok(())
}

async fn forecasts(store: &DynStore, scope: &Scope, out: &mut Writer) -> anyhow::Result<()> {
    for kind in EventKind::ALL {
        for level in ForecastLevel::ALL {
            for f in store.forecasts(scope, *level, *kind).await? {
                let values = vec![
                    ("issued", json!(f.issued)),
                    ("level", json!(f.level)),
                    ("cell", json!(f.cell)),
                    ("area", json!(f.area)),
                    ("kind", json!(f.kind)),
                    ("from", json!(f.window.from)),
                    ("to", json!(f.window.to)),
                    ("method", json!(f.method.name)),
                    ("method_version", json!(f.method.version)),
                    ("mean", json!(f.mean)),
                    ("p025", json!(f.quantiles[0])),
                    ("p10", json!(f.quantiles[2])),
                    ("p50", json!(f.quantiles[4])),
                    ("p90", json!(f.quantiles[6])),
                    ("p975", json!(f.quantiles[8])),
                    ("p_at_least_one", json!(f.p_at_least_one)),
                    ("history_mean", json!(f.history_mean)),
                    ("caveat", json!(f.caveat)),
                ];
                out.row(&Row { values, point: f.cell.map(|c| c.centre()) })?;
            }
        }
    }
    Ok(())
}

/// Writes rows in one of the formats; the header of a CSV comes from the first row.
struct Writer {
    format: Format,
    out: BufWriter<Box<dyn Write>>,
    rows: u64,
}

impl Writer {
    fn new(format: Format, out: BufWriter<Box<dyn Write>>) -> Self {
        Self { format, out, rows: 0 }
    }

    fn row(&mut self, row: &Row) -> anyhow::Result<()> {
        match self.format {
            Format::Csv => {
                if self.rows == 0 {
                    write_record(&mut self.out, row.values.iter().map(|(name, _)| (*name).to_owned()))?;
                }
                write_record(&mut self.out, row.values.iter().map(|(_, value)| cell_text(value)))?;
            }
            Format::Ndjson => {
                serde_json::to_writer(&mut self.out, &properties(row))?;
                self.out.write_all(b"\n")?;
            }
            Format::Geojson => {
                let head: &[u8] =
                    if self.rows == 0 { b"{\"type\":\"FeatureCollection\",\"features\":[\n" } else { b",\n" };
                self.out.write_all(head)?;
                let geometry = row.point.map(|p| json!({"type": "Point", "coordinates": [p.lon(), p.lat()]}));
                let feature = json!({"type": "Feature", "geometry": geometry, "properties": properties(row)});
                serde_json::to_writer(&mut self.out, &feature)?;
            }
        }
        self.rows += 1;
        Ok(())
    }

    fn finish(mut self) -> anyhow::Result<()> {
        if self.format == Format::Geojson {
            if self.rows == 0 {
                self.out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
            }
            self.out.write_all(b"\n]}\n")?;
        }
        Ok(self.out.flush()?)
    }
}

fn properties(row: &Row) -> Value {
    Value::Object(row.values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

/// Text for a spreadsheet: nothing a spreadsheet would run, and an empty field for no value.
fn cell_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => defused(text).into_owned(),
        other => other.to_string(),
    }
}

fn write_record(out: &mut impl Write, fields: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let mut record = csv::WriterBuilder::new().from_writer(out);
    record.write_record(fields)?;
    Ok(record.flush()?)
}
