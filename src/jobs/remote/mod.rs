//! Asking geocoders on other machines about addresses that our own does not know. Off unless `[[geocoder.remote]]` names
//! a service and the sources whose addresses it may see.
//!
//! A run looks at every event of these sources that stands on no more than its town, newest first. What our own index
//! can place meanwhile is placed by it. For the others each different address is asked about once, one service after
//! another in the order of the configuration: the next is asked where the one before found nothing, nothing to be
//! believed, or no more than a street; an answer that is ambiguous ends the trial. Every answer is stored when it comes,
//! also "nothing found" (asked again after [`MISS_DAYS`]), and places are derived from stored answers alone: so the end
//! is the same in whatever order events and answers came, and a run that is killed between answer and place is made up
//! for by the next. An event that is corrected is placed anew from its own text, and then as any other. When outlines or
//! services change, events that were placed by another machine are judged again, too.
//!
//! A service that does not answer rests, longer each time, and its events wait; so does one that another process is
//! asking, because what a service allows is allowed to all of us together. Logs and the audit log tell service and
//! number, never an address.
//!
//! Limits: an address that the sender itself calls no better than its town may be placed finer, since that word is not
//! kept with the event. A source that is named no more keeps the places it has until its events change or are placed anew.

mod ask;
mod walk;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

use anyhow::Context;
use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::intake::Placer;
use crate::{
    clock::DynClock,
    config::RemoteSettings,
    domain::{
        ids::{JurisdictionId, RemoteQuestionId, SourceId},
        remote::{RemoteRefused, RemoteService, RemoteServiceStanding, RemoteStanding},
        scope::Scope,
    },
    feeds::geocoders::{Box4, Geocoder},
    geocode::Index,
    store::DynStore,
};
use walk::Tally;

/// An address that nobody knew is asked about again after so long; houses are built and lists are mended.
pub const MISS_DAYS: i64 = 90;
/// Asking stops after so long, and goes on in another run.
const LONGEST: Duration = Duration::seconds(60);
/// Events in a page.
const PAGE: u32 = 500;

/// The configured services of one process, with the pace at which each is asked.
pub struct Services {
    all: Vec<Service>,
    /// Names this process among those that share the database.
    holder: String,
}

struct Service {
    settings: RemoteSettings,
    name: String,
    geocoder: Geocoder,
    /// When it may be asked next.
    next: tokio::sync::Mutex<Option<tokio::time::Instant>>,
    /// Questions that it could not answer while it answered others, and when.
    troubles: Mutex<HashMap<RemoteQuestionId, DateTime<Utc>>>,
}

impl Services {
    /// # Errors
    /// When there is no HTTP client.
    pub fn new(settings: &[RemoteSettings], holder: &str) -> anyhow::Result<Self> {
        let service = |settings: &RemoteSettings| {
            let name = settings.name();
            let geocoder = Geocoder::new(settings).with_context(|| name.clone())?;
            let (next, troubles) = (tokio::sync::Mutex::new(None), Mutex::default());
            Ok(Service { settings: settings.clone(), name, geocoder, next, troubles })
        };
        let all = settings.iter().map(service).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Self { all, holder: holder.to_owned() })
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// For each service, the jurisdiction's sources whose addresses it may see. A name that several jurisdictions have is
    /// none's unless the entry says whose: what one agreed to, another did not.
    async fn may_see(&self, store: &DynStore, scope: &Scope) -> anyhow::Result<Vec<BTreeSet<SourceId>>> {
        let mut owners: BTreeMap<SourceId, Vec<JurisdictionId>> = BTreeMap::new();
        for jurisdiction in store.jurisdictions().await.context("reading the jurisdictions")? {
            let all = Scope::system(jurisdiction.id.clone(), "remote");
            for source in store.sources(&all).await.context("reading the sources")? {
                owners.entry(source.id).or_default().push(jurisdiction.id.clone());
            }
        }
        let mut out = Vec::with_capacity(self.all.len());
        for Service { settings, name, .. } in &self.all {
            let mut seen = BTreeSet::new();
            for source in &settings.sources {
                let have = owners.get(source).map_or(&[][..], Vec::as_slice);
                match &settings.jurisdiction {
                    _ if !have.contains(&scope.jurisdiction) => {}
                    Some(id) if *id != scope.jurisdiction => {}
                    None if have.len() > 1 => {
                        warn!(service = name, source = %source, "say whose source it is with `jurisdiction`; nothing is sent");
                    }
                    _ => drop(seen.insert(source.clone())),
                }
            }
            out.push(seen);
        }
        Ok(out)
    }
}

/// What a run came to.
#[derive(Debug, Default, PartialEq)]
pub struct RemoteSummary {
    /// Addresses that were sent, by service.
    pub asked: BTreeMap<String, u64>,
    /// Events that were placed anew.
    pub placed: u64,
    /// Addresses are left to be asked about now.
    pub more: bool,
    /// When a service that rests may be asked again.
    pub again: Option<DateTime<Utc>>,
}

/// Look at one jurisdiction's events once, and ask until there is nothing left to ask, time is up, or `stop`.
///
/// # Errors
/// When the store fails. What a service did wrong is kept with its name.
pub async fn run(
    store: &DynStore,
    clock: &DynClock,
    scope: &Scope,
    services: &Services,
    index: Option<&Arc<Index>>,
    stop: &CancellationToken,
) -> anyhow::Result<RemoteSummary> {
    let may_see = services.may_see(store, scope).await?;
    let sources: Vec<SourceId> = may_see.iter().flatten().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    if sources.is_empty() {
        return Ok(RemoteSummary::default());
    }
    let now = clock.now();
    store.forget_remote_misses(scope, now - Duration::days(MISS_DAYS)).await.context("forgetting old answers")?;
    let placer = Placer::load(store, scope, index.cloned()).await.context("reading areas and places")?;
    let states = store.remote_services(scope).await.context("reading how the services behave")?;
    let mut run = Run {
        store,
        clock,
        scope,
        services,
        stop,
        began: now,
        may_see,
        within: bounds(&placer),
        placer,
        states: states.into_iter().map(|s| (s.service.clone(), s)).collect(),
        closed: BTreeMap::new(),
        in_a_row: BTreeMap::new(),
        tallies: BTreeMap::new(),
        summary: RemoteSummary::default(),
    };
    let before = store.remote_standings(scope).await.context("reading how sources fare")?;
    let outlines = outlines(&run.placer);
    let all_again = before.iter().any(|s| sources.contains(&s.source) && s.basis != run.basis(&outlines, &s.source));
    let whole = run.walk(&sources, all_again).await?;
    if whole {
        for source in &sources {
            let standing = run.standing(source, run.basis(&outlines, source)).await?;
            store.put_remote_standing(scope, &standing).await.context("storing how a source fares")?;
        }
    }
    Ok(run.summary)
}

/// One run.
struct Run<'a> {
    store: &'a DynStore,
    clock: &'a DynClock,
    scope: &'a Scope,
    services: &'a Services,
    stop: &'a CancellationToken,
    began: DateTime<Utc>,
    /// By service.
    may_see: Vec<BTreeSet<SourceId>>,
    /// Of the jurisdiction's outlines.
    within: Option<Box4>,
    placer: Placer,
    states: BTreeMap<String, RemoteService>,
    /// Services that are asked no more in this run, and why.
    closed: BTreeMap<usize, Closed>,
    /// Answers in a row that could not be read.
    in_a_row: BTreeMap<usize, u32>,
    tallies: BTreeMap<SourceId, Tally>,
    summary: RemoteSummary,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closed {
    /// It does not answer.
    Rests,
    /// Another process asks it.
    Elsewhere,
    TimeIsUp,
}

impl Run<'_> {
    /// Positions of the services that may see a source's addresses, in the order of trial.
    fn of(&self, source: &SourceId) -> Vec<usize> {
        (0..self.may_see.len()).filter(|i| self.may_see[*i].contains(source)).collect()
    }

    /// What a source's places are judged by.
    fn basis(&self, outlines: &str, source: &SourceId) -> String {
        let mut hash = Sha256::new();
        hash.update(outlines);
        for i in self.of(source) {
            let s = &self.services.all[i].settings;
            hash.update(format!("\n{} {:?} {:?}", self.services.all[i].name, s.state, s.country));
        }
        hex::encode(&hash.finalize()[..8])
    }

    async fn standing(&self, source: &SourceId, basis: String) -> anyhow::Result<RemoteStanding> {
        let placed = self.store.remotely_placed(self.scope).await.context("counting places")?;
        let answered = self.store.remote_answered(self.scope).await.context("counting answers")?;
        let service = |i: usize| {
            let service = &self.services.all[i];
            let state = self.states.get(&service.name);
            let kind = service.settings.kind.placed_by();
            RemoteServiceStanding {
                service: service.name.clone(),
                answered: answered.iter().find(|a| a.0 == *source && a.1 == service.name).map_or(0, |a| a.2),
                placed: placed.iter().find(|p| p.0 == *source && p.1 == kind).map_or(0, |p| p.2),
                rests_until: state.and_then(|s| s.rests_until).filter(|at| *at > self.began),
                error: state.and_then(|s| s.error.clone()),
                credit: service.settings.credit().to_owned(),
            }
        };
        let tally = self.tallies.get(source).cloned().unwrap_or_default();
        Ok(RemoteStanding {
            source: source.clone(),
            looked_at: self.clock.now(),
            services: self.of(source).into_iter().map(service).collect(),
            placed: placed.iter().filter(|p| p.0 == *source).map(|p| p.2).sum(),
            waiting: tally.waiting,
            ambiguous: tally.ambiguous,
            refused: tally.refused.into_iter().map(|(why, events)| RemoteRefused { why, events }).collect(),
            unknown: tally.unknown,
            not_asked: tally.not_asked,
            basis,
        })
    }
}

/// The box around all outlines; answers are asked for within it.
fn bounds(placer: &Placer) -> Option<Box4> {
    let wider = |a: Box4, b: Box4| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])];
    placer.areas().areas().map(|area| area.bbox).reduce(wider)
}

/// Tells one set of outlines from another.
fn outlines(placer: &Placer) -> String {
    let mut hash = Sha256::new();
    for area in placer.areas().areas() {
        hash.update(format!("{} {} {:?} {:?} {:?}\n", area.id, area.name, area.kind, area.bbox, area.centre));
    }
    hex::encode(&hash.finalize()[..8])
}
