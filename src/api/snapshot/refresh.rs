//! How a snapshot is brought up to date.
//!
//! What this process accepted is fetched before anything is answered. So is what another process wrote, as long as it is
//! little. A file of a million rows is not: it is read beside the requests, in steps that hold the facts for a moment
//! only, and with pauses, so that the map follows within about a minute and nobody waits for it. Where its rows state
//! receipts of the past, only the feeds' counters show that they came, and all is read anew, with the same pauses.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};

use super::{Age, Snapshot};
use crate::{
    api::facts::Facts,
    domain::{
        event::EventFact,
        ids::{EventId, RunId},
        quality::{GapKind, SourceFreshness},
        scope::Scope,
    },
    store::{DynStore, EventQuery, Result},
};

const LOOK_AFTER: Duration = Duration::from_secs(2);
const RELOAD_AFTER: Duration = Duration::from_secs(600);
/// Events take about 10 µs each to read. More than this are read anew beside the requests, which read the state before
/// it meanwhile.
const MANY_IN_ALL: i64 = 30_000;
/// More new events of another process than this are read beside the requests.
const MANY: i64 = 1_000;
/// Of the time, the part that is spent on reading them: one in this many.
const PACE: u32 = 10;
/// But no pause is longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Facts that are put in at once: a thousand take about a millisecond.
const STEP: usize = 1_000;

/// What was known when the store was last asked.
#[derive(Debug, Default)]
pub(super) struct Known {
    loaded: Option<Instant>,
    last_received: Option<DateTime<Utc>>,
    run: Option<RunId>,
    /// Events as the feeds' counters have them, less the facts in memory. It stays the same as long as
    /// nothing was missed.
    gap: Option<i64>,
    /// Something was missed, and nothing was read anew since.
    missed: bool,
}

/// Reading beside the requests what another process wrote.
#[derive(Debug, Default, Clone, Copy)]
pub(super) enum CatchUp {
    #[default]
    Idle,
    Running,
    /// Not again before this.
    Pausing(Instant),
}

/// Whether all was read anew since the counters were last compared, and what they had more than the facts then.
#[derive(Debug, Default, Clone, Copy)]
pub(super) enum Anew {
    #[default]
    No,
    Sure(i64),
    /// Events came while all was read: some may be missing.
    Unsure,
}

impl Snapshot {
    pub(in crate::api) fn has_work(&self) -> bool {
        let looked = *self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        looked.is_none_or(|at| at.elapsed() >= LOOK_AFTER)
            || self.stale.load(Ordering::Acquire)
            || self.answered.load(Ordering::Acquire) < self.asked.load(Ordering::Acquire)
    }

    pub(in crate::api) async fn refresh(self: &Arc<Self>, store: &DynStore, scope: &Scope) -> Result<()> {
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
        self.follow(store, scope, &mut known, received).await?;
        let few = self.told() <= MANY_IN_ALL;
        let missed = known.missed && (few || self.may_catch_up());
        let old = known.loaded.is_none_or(|at| at.elapsed() > RELOAD_AFTER);
        if self.stale.swap(false, Ordering::AcqRel) || old || missed {
            known.missed = false;
            if few {
                self.reload(store, scope, &mut known).await?;
            } else {
                known.loaded = Some(Instant::now());
                // A reading that is under way began before this was known.
                known.missed = !self.reload_beside(store, scope);
            }
        }
        self.answered.store(asked, Ordering::Release);
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        Ok(())
    }

    /// Fetch what was received since the last look: at once when it is little, beside the requests when it is much.
    async fn follow(
        self: &Arc<Self>,
        store: &DynStore,
        scope: &Scope,
        known: &mut Known,
        received: Option<DateTime<Utc>>,
    ) -> Result<()> {
        if received <= known.last_received {
            if !matches!(self.catching_up(), CatchUp::Running) {
                self.compare(known);
            }
            return Ok(());
        }
        let Some(after) = known.last_received else {
            self.stale.store(true, Ordering::Release);
            known.last_received = received;
            return Ok(());
        };
        let query = EventQuery { received_after: Some(after), ..EventQuery::default() };
        if self.behind() - known.gap.unwrap_or(0) <= MANY {
            let facts = store.facts(scope, &query).await?;
            let ids: Vec<EventId> = facts.iter().map(|f| f.id).collect();
            self.apply(&ids, facts);
            known.last_received = received;
        } else if self.may_catch_up() {
            known.last_received = received;
            self.catch_up_beside(store, scope, query);
        }
        Ok(())
    }

    fn catching_up(&self) -> CatchUp {
        *self.catch_up.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_catch_up(&self, to: CatchUp) {
        *self.catch_up.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }

    /// Reading that began then is over.
    fn pause_after(&self, started: Instant) {
        let pause = (started.elapsed() * (PACE - 1)).clamp(LOOK_AFTER, LONGEST_PAUSE);
        self.set_catch_up(CatchUp::Pausing(Instant::now() + pause));
    }

    fn may_catch_up(&self) -> bool {
        match self.catching_up() {
            CatchUp::Idle => true,
            CatchUp::Running => false,
            CatchUp::Pausing(until) => Instant::now() >= until,
        }
    }

    fn catch_up_beside(self: &Arc<Self>, store: &DynStore, scope: &Scope, query: EventQuery) {
        *self.newer.lock().unwrap_or_else(PoisonError::into_inner) = Some(HashSet::new());
        self.set_catch_up(CatchUp::Running);
        let (this, store, scope) = (Arc::clone(self), Arc::clone(store), scope.clone());
        tokio::spawn(async move {
            let started = Instant::now();
            match store.facts(&scope, &query).await {
                Ok(mut facts) => {
                    while !facts.is_empty() {
                        this.put_step(facts.split_off(facts.len().saturating_sub(STEP)));
                        tokio::task::yield_now().await;
                    }
                    this.bump();
                }
                Err(e) => {
                    tracing::warn!(error = %e, "what another process wrote could not be read: all is read anew");
                    this.stale.store(true, Ordering::Release);
                }
            }
            *this.newer.lock().unwrap_or_else(PoisonError::into_inner) = None;
            this.pause_after(started);
        });
    }

    /// Events that the feeds' counters tell of.
    fn told(&self) -> i64 {
        told(&self.age.read().unwrap_or_else(PoisonError::into_inner).sources)
    }

    /// Those of them that the facts do not hold.
    fn behind(&self) -> i64 {
        self.told() - self.read(|facts| facts.len()) as i64
    }

    /// What was missed (a receipt dated back by another process) shows in the feeds' counters. They can be compared
    /// only while nothing new comes.
    fn compare(&self, known: &mut Known) {
        let gap = self.behind();
        match std::mem::take(&mut *self.anew.lock().unwrap_or_else(PoisonError::into_inner)) {
            Anew::No => {}
            Anew::Sure(measure) => known.gap = Some(measure),
            Anew::Unsure => known.missed = true,
        }
        if known.gap.replace(gap).is_some_and(|before| before != gap) {
            known.missed = true;
        }
    }

    /// Ask for what is cheap: the latest run, the newest times, the feeds.
    async fn look(&self, store: &DynStore, scope: &Scope, known: &mut Known) -> Result<Option<DateTime<Utc>>> {
        let run = store.latest_run(scope).await?;
        // Counters before times: where no time is new, nothing came before the counters were read.
        let mut sources = store.freshness(scope).await?;
        let (newest_event_at, last_received_at) = store.newest(scope).await?;
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
        let (facts, anew) = read_all(store, scope).await?;
        self.replace(facts, anew);
        known.loaded = Some(started);
        known.last_received = last_received;
        known.run = store.latest_run(scope).await?.map(|r| r.id);
        known.missed = false;
        Ok(())
    }

    /// Answers whether it began: not while another is under way.
    fn reload_beside(self: &Arc<Self>, store: &DynStore, scope: &Scope) -> bool {
        {
            let mut beside = self.beside.lock().unwrap_or_else(PoisonError::into_inner);
            if beside.is_some() {
                return false;
            }
            *beside = Some(Vec::new());
        }
        self.set_catch_up(CatchUp::Running);
        let (this, store, scope) = (Arc::clone(self), Arc::clone(store), scope.clone());
        tokio::spawn(async move {
            let started = Instant::now();
            match read_all(&store, &scope).await {
                Ok((facts, anew)) => {
                    // A million take a second to be sorted in: that is no work for a thread that answers requests.
                    tokio::task::spawn_blocking(move || {
                        this.replace(facts, anew);
                        this.pause_after(started);
                    });
                }
                Err(e) => {
                    tracing::warn!(error = %e, "the counts in memory could not be read anew");
                    *this.beside.lock().unwrap_or_else(PoisonError::into_inner) = None;
                    this.stale.store(true, Ordering::Release);
                    this.pause_after(started);
                }
            }
        });
        true
    }

    pub(super) fn replace(&self, facts: Vec<EventFact>, anew: Anew) {
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
        let before = std::mem::replace(&mut *held, fresh);
        drop(held);
        *self.anew.lock().unwrap_or_else(PoisonError::into_inner) = anew;
        // Freed when nobody waits for it any more.
        drop(before);
        self.bump();
    }

    /// Put the newest state of these events: those that came back, without those that did not.
    pub(super) fn apply(&self, asked: &[EventId], facts: Vec<EventFact>) {
        let mut held = self.facts.write().unwrap_or_else(PoisonError::into_inner);
        asked.iter().for_each(|id| held.remove(*id));
        facts.into_iter().for_each(|fact| held.put(fact));
        if let Some(meanwhile) = &mut *self.beside.lock().unwrap_or_else(PoisonError::into_inner) {
            meanwhile.extend_from_slice(asked);
        }
        if let Some(newer) = &mut *self.newer.lock().unwrap_or_else(PoisonError::into_inner) {
            newer.extend(asked);
        }
        drop(held);
        self.bump();
    }

    /// A step of catching up. What was fetched for somebody since that reading began is newer, and stays.
    pub(super) fn put_step(&self, facts: Vec<EventFact>) {
        let mut held = self.facts.write().unwrap_or_else(PoisonError::into_inner);
        let newer = self.newer.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |id: &EventId| newer.as_ref().is_some_and(|ids| ids.contains(id));
        let mut beside = self.beside.lock().unwrap_or_else(PoisonError::into_inner);
        for fact in facts.into_iter().filter(|f| !known(&f.id)) {
            if let Some(meanwhile) = &mut *beside {
                meanwhile.push(fact.id);
            }
            held.put(fact);
        }
    }
}

/// Events as the feeds' counters have them.
fn told(sources: &[SourceFreshness]) -> i64 {
    sources.iter().map(|s| s.events.cast_signed()).sum()
}

async fn read_all(store: &DynStore, scope: &Scope) -> Result<(Vec<EventFact>, Anew)> {
    let before = told(&store.freshness(scope).await?);
    let facts = store.facts(scope, &EventQuery::default()).await?;
    let after = told(&store.freshness(scope).await?);
    let anew = if before == after { Anew::Sure(after - facts.len() as i64) } else { Anew::Unsure };
    Ok((facts, anew))
}
