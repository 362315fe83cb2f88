//! `emberwatch demo`: a simulated state in a fresh store, analysed as it would have been day by day, served.
//!
//! Everything goes the way of real data: the feeds are bytes in their own formats, read by mappings, placed,
//! stored; the analysis runs as of each past day with what was known then. Only the sign-ins are made up.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context;
use chrono::{DateTime, Duration, Utc};
use tokio::net::TcpListener;

use super::{Shell, serve::stop_signal, service::Service};
use crate::{
    api::password,
    clock::{DynClock, ManualClock, SystemClock},
    config::Config,
    domain::{
        ids::{AreaId, UserId},
        quality::Source,
        scope::{Role, Scope, User},
        time::Day,
    },
    ingest::{Format, Mapping},
    jobs::{self, analyse::Request, intake::ingest_stream},
    simulate::{Staff, World, WorldOptions},
    store::{self, DynStore},
    telemetry,
};

/// Past days that are analysed, so that alerts have a history: every other day, then daily.
const REPLAY_DAYS: i32 = 75;
const REPLAY_DAILY: i32 = 8;
/// Replayed days that are forecast from as well.
const FORECAST_BACK: std::ops::RangeInclusive<i32> = 8..=16;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  emberwatch demo --days 365 --port 8081")]
pub struct Args {
    /// Days of history to invent.
    #[arg(long, default_value_t = 180, value_parser = clap::value_parser!(u32).range(60..=3650))]
    days: u32,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Let the clock stand still at this time (RFC 3339), for tests and pictures.
    #[arg(long, value_name = "TIME")]
    now: Option<DateTime<Utc>>,
    /// Make and analyse the data, then end; needs --database.
    #[arg(long)]
    prepare_only: bool,
}

pub async fn run(args: Args, shell: &Shell) -> anyhow::Result<()> {
    let mut config = shell.config()?;
    config.log.level = "warn".into();
    config.server.bind.set_port(args.port);
    telemetry::init_logging(&config.log)?;
    let path = database_path(shell)?;
    let store = store::open(&path).await?;
    store.migrate().await?;
    let clock: DynClock = match args.now {
        Some(now) => ManualClock::at(now),
        None => Arc::new(SystemClock),
    };
    // The port is taken before the work begins, so that a taken one is told at once.
    let listener = TcpListener::bind(config.server.bind)
        .await
        .with_context(|| format!("listening on {}; choose another with --port", config.server.bind))?;
    let people = prepare(&store, &clock, &args, &config, shell).await?;
    if args.prepare_only {
        store.close().await;
        return Ok(());
    }
    for (user, password) in &people {
        shell.say(format_args!("sign-in: {} {} {password}", user.role, user.login))?;
    }
    shell.say(format_args!("address: http://{}", listener.local_addr()?))?;
    Service::new(store, clock, config)?.demo().serve(listener, true, stop_signal()).await
}

/// The named database, or a new file in the machine's folder for passing things. Never one that holds data.
fn database_path(shell: &Shell) -> anyhow::Result<String> {
    if let Some(url) = &shell.database {
        let path = PathBuf::from(url.trim_start_matches("sqlite://"));
        if path.exists() {
            anyhow::bail!("{} exists; the demo wants a database of its own", path.display());
        }
        return Ok(url.clone());
    }
    let folder = std::env::temp_dir().join(format!("emberwatch-demo-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let path = folder.join("demo.db");
    if path.exists() {
        std::fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
    }
    Ok(path.display().to_string())
}

async fn prepare(
    store: &DynStore,
    clock: &DynClock,
    args: &Args,
    config: &Config,
    shell: &Shell,
) -> anyhow::Result<Vec<(User, String)>> {
    let now = clock.now();
    let zone = crate::simulate::maine::jurisdiction().zone;
    let end = zone.today(now);
    shell.say(format_args!("Inventing {} days of a state's reports, up to {end} (seed {}) …", args.days, args.seed))?;
    let options = WorldOptions::new(args.seed, args.days, end).known_at(now);
    let world = tokio::task::spawn_blocking(move || World::new(options)).await.context("inventing the data")?;
    let jurisdiction = world.jurisdiction();
    let scope = Scope::system(jurisdiction.id.clone(), "demo");
    store.put_jurisdiction(&jurisdiction).await?;
    store.put_areas(&scope, &world.areas()).await?;
    store.put_places(&scope, &world.places()).await?;
    let people = people(store, &scope).await?;
    feed(store, clock, &scope, &world, shell).await?;
    let staff: Vec<Staff> = people
        .iter()
        .filter(|(user, _)| user.role == Role::Liaison)
        .map(|(user, _)| Staff { user: user.id, name: user.name.clone(), areas: user.catchment.clone() })
        .collect();
    for encounter in world.encounters(&staff) {
        store.log_encounter(&scope, &encounter, None).await?;
    }
    let world_days = i32::try_from(args.days).unwrap_or(REPLAY_DAYS);
    jobs::link::link_due(store, clock, &scope).await?;
    analyse_day_by_day(store, clock, &scope, (end, world_days), zone, config, shell).await?;
    Ok(people)
}

async fn feed(store: &DynStore, clock: &DynClock, scope: &Scope, world: &World, shell: &Shell) -> anyhow::Result<()> {
    for feed in world.feeds() {
        let mapping = Mapping::parse(feed.mapping_toml, &format!("{}.toml", feed.source_id))?;
        let source = Source {
            id: feed.source_id.clone(),
            name: feed.name.clone(),
            zone: world.jurisdiction().zone,
            mapping: feed.mapping_toml.to_owned(),
            expected_every_hours: Some(feed.expected_every_hours),
        };
        store.put_source(scope, &source).await?;
        let format = Format::from_name(&feed.file_name)?;
        let bytes = std::io::Cursor::new(feed.bytes.clone());
        let summary = ingest_stream(store, clock, scope, &source, mapping, format, bytes, &feed.file_name).await?;
        shell.say(format_args!(
            "  {}: {} rows read, {} events, {} quarantined",
            feed.name, summary.read, summary.accepted, summary.quarantined
        ))?;
    }
    Ok(())
}

/// As the service would have done it: each day with what was known at its end, at a quarter past five.
async fn analyse_day_by_day(
    store: &DynStore,
    clock: &DynClock,
    scope: &Scope,
    (end, world_days): (Day, i32),
    zone: crate::domain::time::Zone,
    config: &Config,
    shell: &Shell,
) -> anyhow::Result<()> {
    // The first two weeks are what later days are compared with.
    let replayed = REPLAY_DAYS.min(world_days - 14);
    let past = (1..=replayed).rev().filter(|back| *back <= REPLAY_DAILY || back % 2 == 0);
    for back in past {
        let day = end - back;
        let at = (day + 1).starts_at(zone) + Duration::minutes(315);
        if at > clock.now() {
            break;
        }
        let then: DynClock = ManualClock::at(at);
        // A few weeks that were forecast are over, so that the record has something to tell.
        let request = Request { as_of: Some(day), replay: true, forecast: FORECAST_BACK.contains(&back) };
        jobs::analyse::analyse(store, &then, scope, request, config).await?;
    }
    if let Some(summary) = jobs::analyse::analyse(store, clock, scope, Request::as_of(None), config).await? {
        shell.say(format_args!("  analysed {summary}"))?;
    }
    Ok(())
}

/// One account for each role. The liaison serves the county of the fast urban outbreak.
async fn people(store: &DynStore, scope: &Scope) -> anyhow::Result<Vec<(User, String)>> {
    let county = AreaId::new("me-cumberland")?;
    let mut made = Vec::new();
    for (role, name, catchment) in [
        (Role::Liaison, "Robin (liaison)", vec![county]),
        (Role::PublicHealth, "Sam (public health)", vec![]),
        (Role::Analyst, "Noor (analyst)", vec![]),
        (Role::Admin, "Kit (admin)", vec![]),
    ] {
        let user = User {
            id: UserId::derived(&[scope.jurisdiction.as_str(), role.as_str()]),
            jurisdiction: scope.jurisdiction.clone(),
            login: role.as_str().replace('_', "-"),
            name: name.to_owned(),
            role,
            catchment,
            disabled: false,
        };
        let password = password::new_password();
        store.put_user(&user, Some(&password::hash_async(password.clone()).await?)).await?;
        made.push((user, password));
    }
    Ok(made)
}
