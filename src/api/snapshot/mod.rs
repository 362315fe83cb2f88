//! The newest facts of a jurisdiction, kept in memory: what cells, tiles, curves and trends count from.
//!
//! A request must never answer from old data: an event that was accepted is visible to the next fetch.
//! So a snapshot is brought up to date *before* it is read:
//!
//! - events accepted by this process: their ids are noted before the POST is answered, and the next
//!   reader fetches exactly these (corrections and withdrawals included);
//! - events accepted elsewhere (another process, the command line): every two seconds the time of the
//!   last receipt is compared with the store, and what was received since is fetched; where that is
//!   much, beside the requests (`refresh.rs`);
//! - the feeds' own counters are compared too: where they show events that no time of receipt told of
//!   (back-dated by another process), everything is read anew;
//! - everything is read anew when a new analysis is stored, and every ten minutes: that catches the rest
//!   (re-placed events, withdrawals by other processes).
//!
//! Memory: about 150 bytes per event, so a million events take about 150 MB.

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use chrono::{DateTime, Utc};

mod refresh;

use self::refresh::{Anew, CatchUp, Known};
use super::{
    cell_rows::{Held, Question},
    facts::Facts,
    of_run::OfRun,
};
use crate::{
    domain::{
        event::EventKind,
        forecast::{Forecast, ForecastLevel},
        hotspot::HotspotMap,
        ids::{EventId, JurisdictionId, RunId},
        quality::{DataAge, DataGap, GapKind, SourceFreshness},
        scope::Scope,
        time::{Day, DayRange, Zone},
    },
    nowcast::{Feeds, LEARN_DAYS, Moment},
    store::{DynStore, Result},
};

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
    anew: Mutex<Anew>,
    /// While all is read anew beside the requests: what was fetched for them meanwhile.
    beside: Mutex<Option<Vec<EventId>>>,
    /// Only one task at a time asks the store.
    gate: tokio::sync::Mutex<Known>,
    looked: Mutex<Option<Instant>>,
    catch_up: Mutex<CatchUp>,
    /// While much is read beside the requests: what was fetched for somebody since.
    newer: Mutex<Option<HashSet<EventId>>>,
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
            anew: Mutex::default(),
            beside: Mutex::new(None),
            gate: tokio::sync::Mutex::default(),
            looked: Mutex::new(None),
            catch_up: Mutex::default(),
            newer: Mutex::default(),
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

    pub(super) fn take_pending(&self) -> Vec<EventId> {
        std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn bump(&self) {
        self.revision.fetch_add(1, Ordering::AcqRel);
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
    use crate::api::facts::tests::fact;

    #[test]
    fn what_was_fetched_while_all_was_read_anew_is_kept() {
        let snapshot = Snapshot::default();
        let (old, gone, new) = (fact(1, 1, None), fact(2, 1, None), fact(3, 2, None));
        snapshot.replace(vec![old.clone(), gone.clone()], Anew::Sure(0));
        *snapshot.beside.lock().unwrap() = Some(Vec::new());
        snapshot.apply(&[new.id], vec![new.clone()]);
        snapshot.apply(&[gone.id], Vec::new());
        // The reading began before either change.
        snapshot.replace(vec![old.clone(), gone.clone()], Anew::Sure(0));
        let ids = |s: &Snapshot| s.read(|f| [old.id, gone.id, new.id].map(|id| f.get(id).is_some()));
        assert_eq!(ids(&snapshot), [true, false, true]);
    }

    #[test]
    fn what_was_fetched_while_much_was_read_beside_is_not_overwritten() {
        let snapshot = Snapshot::default();
        let (before, moved, gone) = (fact(1, 1, None), fact(1, 5, None), fact(2, 1, None));
        *snapshot.newer.lock().unwrap() = Some(HashSet::new());
        snapshot.apply(&[moved.id, gone.id], vec![moved.clone()]);
        snapshot.put_step(vec![before, gone, fact(3, 1, None)]);
        let days = |n| snapshot.read(|f| f.get(EventId(uuid::Uuid::from_u128(n))).map(|f| f.event_day));
        assert_eq!([days(1), days(2), days(3)], [Some(moved.event_day), None, Some(Day::from_epoch_days(1))]);
    }

    #[test]
    fn a_noted_change_is_work_until_somebody_has_fetched_it() {
        let snapshot = Snapshot::default();
        *snapshot.looked.lock().unwrap() = Some(Instant::now());
        assert!(!snapshot.has_work());
        snapshot.touch(&[fact(1, 1, None).id]);
        // Somebody took the ids and is still asking the store: others must not answer from before.
        assert_eq!(snapshot.take_pending().len(), 1);
        assert!(snapshot.has_work());
    }
}
