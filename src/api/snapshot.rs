//! The newest facts of a jurisdiction, kept in memory: what cells, tiles, curves and trends count from.
//!
//! A request must never answer from old data: an event that was accepted is visible to the next fetch.
//! So a snapshot is brought up to date *before* it is read:
//!
//! - events accepted by this process: their ids are noted before the POST is answered, and the next
//!   reader fetches exactly these (corrections and withdrawals included);
//! - events accepted elsewhere (another process, the command line): every two seconds the time of the
//!   last receipt is compared with the store, and what was received since is fetched;
//! - the feeds' own counters are compared too: where they show events that no time of receipt told of
//!   (back-dated by another process), everything is read anew;
//! - everything is read anew when a new analysis is stored, and every ten minutes: that catches the rest
//!   (re-placed events, withdrawals by other processes).
//!
//! Memory: about 150 bytes per event, so a million events take about 150 MB.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};

use super::{
    cell_rows::{Held, Question},
    facts::Facts,
    of_run::OfRun,
};
use crate::{
    domain::{
        event::{EventFact, EventKind},
        forecast::{Forecast, ForecastLevel},
        hotspot::HotspotMap,
        ids::{EventId, JurisdictionId, RunId},
        quality::{DataAge, DataGap, GapKind, SourceFreshness},
        scope::Scope,
        time::{Day, DayRange, Zone},
    },
    nowcast::{Feeds, LEARN_DAYS, Moment},
    store::{DynStore, EventQuery, Result},
};

const LOOK_AFTER: Duration = Duration::from_secs(2);
const RELOAD_AFTER: Duration = Duration::from_secs(600);
/// A reload that took longer than this is done beside the requests, which read the state before it meanwhile.
const SLOW_RELOAD: Duration = Duration::from_millis(300);
/// Questions whose rows are kept: a few screens' worth.
const HELD_QUESTIONS: usize = 24;

/// One jurisdiction's snapshot.
#[derive(Debug)]
pub struct Snapshot {
    facts: RwLock<Facts>,
    /// Raised by one whenever anything that is shown may have changed.
    revision: AtomicU64,
    pending: Mutex<Vec<EventId>>,
    /// How often a change was noted, and how many of those are in the facts: while they differ a reader waits
    /// for whoever is fetching, and never answers from the state before.
    asked: AtomicU64,
    answered: AtomicU64,
    stale: AtomicBool,
    /// While all is read anew beside the requests: what was fetched for them meanwhile.
    beside: Mutex<Option<Vec<EventId>>>,
    /// Only one task at a time asks the store.
    gate: tokio::sync::Mutex<Known>,
    looked: Mutex<Option<Instant>>,
    age: RwLock<Age>,
    forecasts: OfRun<(ForecastLevel, EventKind), Vec<Forecast>>,
    hotspots: OfRun<(), Option<Vec<Arc<HotspotMap>>>>,
    /// Rows of the last few questions, newest first.
    rows: Mutex<VecDeque<(u64, Question, Held)>>,
    /// How late feeds are, learnt anew when anything changed.
    feeds: Mutex<Option<LearntFeeds>>,
}

/// Revision, kind and moment that delays were learnt for.
type LearntFeeds = (u64, EventKind, Moment, Arc<Feeds>);

/// What was known when the store was last asked.
#[derive(Debug, Default)]
struct Known {
    loaded: Option<Instant>,
    load_took: Duration,
    last_received: Option<DateTime<Utc>>,
    run: Option<RunId>,
    /// Events as the feeds' counters have them, less the facts in memory. It stays the same as long as
    /// nothing was missed.
    gap: Option<i64>,
}

#[derive(Debug, Default)]
struct Age {
    run: Option<RunId>,
    as_of: Option<Day>,
    computed_at: Option<DateTime<Utc>>,
    newest_event_at: Option<DateTime<Utc>>,
    last_received_at: Option<DateTime<Utc>>,
    sources: Vec<SourceFreshness>,
    gaps: Vec<DataGap>,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            facts: RwLock::default(),
            revision: AtomicU64::new(1),
            pending: Mutex::default(),
            asked: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            stale: AtomicBool::new(false),
            beside: Mutex::new(None),
            gate: tokio::sync::Mutex::default(),
            looked: Mutex::new(None),
            age: RwLock::default(),
            forecasts: OfRun::default(),
            hotspots: OfRun::default(),
            rows: Mutex::default(),
            feeds: Mutex::default(),
        }
    }
}

impl Snapshot {
    pub fn read<T>(&self, f: impl FnOnce(&Facts) -> T) -> T {
        f(&self.facts.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    /// How old the data are.
    pub fn age(&self) -> DataAge {
        let age = self.age.read().unwrap_or_else(PoisonError::into_inner);
        DataAge {
            as_of: age.as_of,
            computed_at: age.computed_at,
            newest_event_at: age.newest_event_at,
            last_received_at: age.last_received_at,
            silent_sources: age.sources.iter().filter(|s| s.silent).map(|s| s.name.clone()).collect(),
            gaps: age.gaps.clone(),
        }
    }

    pub fn sources(&self) -> Vec<SourceFreshness> {
        self.age.read().unwrap_or_else(PoisonError::into_inner).sources.clone()
    }

    /// The forecasts of the latest run, read once per run.
    ///
    /// # Errors
    /// Of the store.
    pub async fn forecasts(
        &self,
        store: &DynStore,
        jurisdiction: &JurisdictionId,
        level: ForecastLevel,
        kind: EventKind,
    ) -> Result<Arc<Vec<Forecast>>> {
        let (run, key) = (self.run(), (level, kind));
        if let Some(known) = self.forecasts.known(&key, run) {
            return Ok(known);
        }
        let rows = store.forecasts(&Scope::system(jurisdiction.clone(), "api"), level, kind).await?;
        Ok(self.forecasts.keep(key, run, rows))
    }

    /// The newest hot spots, a map for each resolution of the summary in its order, read once per run; `None` before
    /// there are any.
    ///
    /// # Errors
    /// Of the store.
    pub async fn hotspots(
        &self,
        store: &DynStore,
        jurisdiction: &JurisdictionId,
    ) -> Result<Option<Vec<Arc<HotspotMap>>>> {
        let run = self.run();
        if let Some(known) = self.hotspots.known(&(), run) {
            return Ok((*known).clone());
        }
        let all = store.hotspots(&Scope::system(jurisdiction.clone(), "api"), None).await?;
        let maps = all.filter(|map| !map.summary.levels.is_empty()).map(by_resolution);
        Ok((*self.hotspots.keep((), run, maps)).clone())
    }

    /// The latest run that is known here.
    fn run(&self) -> Option<RunId> {
        self.age.read().unwrap_or_else(PoisonError::into_inner).run
    }

    /// How late each feed is with events of a kind, at this hour.
    pub fn feeds(&self, kind: EventKind, now: DateTime<Utc>, zone: Zone) -> Arc<Feeds> {
        // Within a quarter of an hour the shares known hardly move.
        let quarter = DateTime::from_timestamp(now.timestamp().div_euclid(900) * 900 + 900, 0).unwrap_or(now);
        let moment = Moment::new(zone.today(now), quarter, zone);
        let revision = self.revision();
        let mut held = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((r, k, m, feeds)) = &*held
            && (*r, *k, *m) == (revision, kind, moment)
        {
            return Arc::clone(feeds);
        }
        let silent = {
            let age = self.age.read().unwrap_or_else(PoisonError::into_inner);
            age.gaps.iter().filter(|g| g.kind == GapKind::Silent).map(|g| (g.source.clone(), g.since)).collect()
        };
        let window = DayRange::ending(moment.today, LEARN_DAYS);
        let feeds = self.read(|facts| Feeds::learn(facts.of(window).filter(|f| f.kind == kind), moment, &silent));
        let feeds = Arc::new(feeds);
        *held = Some((revision, kind, moment, Arc::clone(&feeds)));
        feeds
    }

    pub(super) fn held_rows(&self, revision: u64, question: &Question) -> Option<Held> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.iter().find(|(r, q, _)| *r == revision && q == question).map(|(_, _, held)| Arc::clone(held))
    }

    pub(super) fn hold_rows(&self, revision: u64, question: Question, held: Held) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.push_front((revision, question, held));
        rows.truncate(HELD_QUESTIONS);
    }

    /// These events changed: the next reader fetches them.
    pub(super) fn touch(&self, ids: &[EventId]) {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(ids);
        self.asked.fetch_add(1, Ordering::AcqRel);
    }

    /// Anything may have changed: the next reader reads all.
    pub(super) fn spoil(&self) {
        self.stale.store(true, Ordering::Release);
        self.asked.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn has_work(&self) -> bool {
        let looked = *self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        looked.is_none_or(|at| at.elapsed() >= LOOK_AFTER)
            || self.stale.load(Ordering::Acquire)
            || self.answered.load(Ordering::Acquire) < self.asked.load(Ordering::Acquire)
    }

    fn take_pending(&self) -> Vec<EventId> {
        std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn bump(&self) {
        self.revision.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) async fn refresh(self: &Arc<Self>, store: &DynStore, scope: &Scope) -> Result<()> {
        let mut known = self.gate.lock().await;
        if !self.has_work() {
            return Ok(());
        }
        // Counted before the ids are taken: what is noted from here on is the next reader's to fetch.
        let asked = self.asked.load(Ordering::Acquire);
        let pending = self.take_pending();
        if known.loaded.is_none() {
            self.reload(store, scope, &mut known).await?;
        } else if !pending.is_empty() {
            let query = EventQuery { ids: Some(pending.clone()), ..EventQuery::default() };
            match store.facts(scope, &query).await {
                Ok(facts) => self.apply(&pending, facts),
                Err(e) => {
                    // They must not be forgotten: the next reader tries again.
                    self.pending.lock().unwrap_or_else(PoisonError::into_inner).extend(pending);
                    return Err(e);
                }
            }
        }
        let received = self.look(store, scope, &mut known).await?;
        if received > known.last_received {
            if let Some(after) = known.last_received {
                let query = EventQuery { received_after: Some(after), ..EventQuery::default() };
                let facts = store.facts(scope, &query).await?;
                let ids: Vec<EventId> = facts.iter().map(|f| f.id).collect();
                self.apply(&ids, facts);
            } else {
                self.stale.store(true, Ordering::Release);
            }
            known.last_received = received;
        }
        self.compare(&mut known);
        let old = known.loaded.is_none_or(|at| at.elapsed() > RELOAD_AFTER);
        if self.stale.swap(false, Ordering::AcqRel) || old {
            if known.load_took < SLOW_RELOAD {
                self.reload(store, scope, &mut known).await?;
            } else {
                known.loaded = Some(Instant::now());
                self.reload_beside(store, scope);
            }
        }
        self.answered.store(asked, Ordering::Release);
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        Ok(())
    }

    /// What was missed (a receipt dated back by another process) shows in the feeds' counters.
    fn compare(&self, known: &mut Known) {
        let told: u64 = self.age.read().unwrap_or_else(PoisonError::into_inner).sources.iter().map(|s| s.events).sum();
        let held = self.read(|facts| facts.len());
        let gap = told.cast_signed() - held as i64;
        if known.gap.replace(gap).is_some_and(|before| before != gap) {
            self.stale.store(true, Ordering::Release);
        }
    }

    /// Ask for what is cheap: the latest run, the newest times, the feeds.
    async fn look(&self, store: &DynStore, scope: &Scope, known: &mut Known) -> Result<Option<DateTime<Utc>>> {
        let run = store.latest_run(scope).await?;
        let (newest_event_at, last_received_at) = store.newest(scope).await?;
        let mut sources = store.freshness(scope).await?;
        let gaps = store.data_gaps(scope, None).await?;
        let silent = |feed: &SourceFreshness| gaps.iter().any(|g| g.kind == GapKind::Silent && g.source == feed.source);
        sources.iter_mut().for_each(|feed| feed.silent = silent(feed));
        let run_id = run.as_ref().map(|r| r.id);
        if run_id != known.run {
            known.run = run_id;
            self.stale.store(true, Ordering::Release);
        }
        let mut age = self.age.write().unwrap_or_else(PoisonError::into_inner);
        if age.run != run_id || age.sources != sources || age.gaps != gaps {
            self.bump();
        }
        *age = Age {
            run: run_id,
            as_of: run.as_ref().map(|r| r.as_of),
            computed_at: run.as_ref().map(|r| r.computed_at),
            newest_event_at,
            last_received_at,
            sources,
            gaps,
        };
        Ok(last_received_at)
    }

    async fn reload(&self, store: &DynStore, scope: &Scope, known: &mut Known) -> Result<()> {
        let started = Instant::now();
        // Times first: what arrives while the facts are read is then fetched again, not missed.
        let (_, last_received) = store.newest(scope).await?;
        let facts = store.facts(scope, &EventQuery::default()).await?;
        self.replace(facts);
        known.loaded = Some(started);
        known.load_took = started.elapsed();
        known.last_received = last_received;
        known.run = store.latest_run(scope).await?.map(|r| r.id);
        known.gap = None;
        Ok(())
    }

    fn reload_beside(self: &Arc<Self>, store: &DynStore, scope: &Scope) {
        {
            let mut beside = self.beside.lock().unwrap_or_else(PoisonError::into_inner);
            if beside.is_some() {
                return;
            }
            *beside = Some(Vec::new());
        }
        let (this, store, scope) = (Arc::clone(self), Arc::clone(store), scope.clone());
        tokio::spawn(async move {
            match store.facts(&scope, &EventQuery::default()).await {
                Ok(facts) => this.replace(facts),
                Err(e) => {
                    tracing::warn!(error = %e, "the counts in memory could not be read anew");
                    *this.beside.lock().unwrap_or_else(PoisonError::into_inner) = None;
                    this.stale.store(true, Ordering::Release);
                }
            }
        });
    }

    fn replace(&self, facts: Vec<EventFact>) {
        let mut fresh = Facts::default();
        fresh.reserve(facts.len());
        for fact in facts {
            fresh.put(fact);
        }
        let mut held = self.facts.write().unwrap_or_else(PoisonError::into_inner);
        // What was fetched while all was read is newer than what was read.
        let meanwhile = self.beside.lock().unwrap_or_else(PoisonError::into_inner).take();
        for id in meanwhile.into_iter().flatten() {
            match held.get(id) {
                Some(fact) => fresh.put(fact.clone()),
                None => fresh.remove(id),
            }
        }
        *held = fresh;
        drop(held);
        self.bump();
    }

    /// Put the newest state of these events: those that came back, without those that did not.
    fn apply(&self, asked: &[EventId], facts: Vec<EventFact>) {
        let mut held = self.facts.write().unwrap_or_else(PoisonError::into_inner);
        for id in asked {
            held.remove(*id);
        }
        for fact in facts {
            held.put(fact);
        }
        if let Some(meanwhile) = &mut *self.beside.lock().unwrap_or_else(PoisonError::into_inner) {
            meanwhile.extend_from_slice(asked);
        }
        drop(held);
        self.bump();
    }
}

/// A map for each resolution of the summary, in its order.
fn by_resolution(map: HotspotMap) -> Vec<Arc<HotspotMap>> {
    let of = |resolution: u8| {
        let cells = map.cells.iter().filter(|h| u8::from(h.cell.resolution()) == resolution).cloned().collect();
        Arc::new(HotspotMap { summary: map.summary.clone(), cells })
    };
    map.summary.levels.iter().map(|level| of(level.resolution)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(n: u128, day: i32) -> EventFact {
        EventFact {
            id: EventId(uuid::Uuid::from_u128(n)),
            source: "feed".parse().unwrap(),
            kind: EventKind::Overdose,
            occurred_at: DateTime::UNIX_EPOCH,
            received_at: DateTime::UNIX_EPOCH,
            event_day: Day::from_epoch_days(day),
            outcome: crate::domain::event::Outcome::Unknown,
            naloxone: crate::domain::event::NaloxoneGiven::Unknown,
            quantity: 1,
            precision: crate::domain::place::Precision::Unknown,
            cell: None,
            area: None,
            incident: None,
        }
    }

    #[test]
    fn what_was_fetched_while_all_was_read_anew_is_kept() {
        let snapshot = Snapshot::default();
        let (old, gone, new) = (fact(1, 1), fact(2, 1), fact(3, 2));
        snapshot.replace(vec![old.clone(), gone.clone()]);
        *snapshot.beside.lock().unwrap() = Some(Vec::new());
        snapshot.apply(&[new.id], vec![new.clone()]);
        snapshot.apply(&[gone.id], Vec::new());
        // The reading began before either change.
        snapshot.replace(vec![old.clone(), gone.clone()]);
        let ids = |s: &Snapshot| s.read(|f| [old.id, gone.id, new.id].map(|id| f.get(id).is_some()));
        assert_eq!(ids(&snapshot), [true, false, true]);
    }

    #[test]
    fn a_noted_change_is_work_until_somebody_has_fetched_it() {
        let snapshot = Snapshot::default();
        *snapshot.looked.lock().unwrap() = Some(Instant::now());
        assert!(!snapshot.has_work());
        snapshot.touch(&[fact(1, 1).id]);
        // Somebody took the ids and is still asking the store: others must not answer from before.
        assert_eq!(snapshot.take_pending().len(), 1);
        assert!(snapshot.has_work());
    }
}
