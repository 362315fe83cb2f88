//! The worker: claims jobs one at a time and runs them until it is told to stop. Only the asking of remote geocoders, which
//! is mostly waiting, runs beside the others.

use std::{sync::Arc, time::Duration as Wait};

use anyhow::Context;
use chrono::Duration;
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{Announce, News, analyse, feeds, intake, outbox, refresh, remote, schedule};
use crate::{
    clock::{Clock, DynClock},
    config::Config,
    domain::scope::Scope,
    geocode::Index,
    notify::Transports,
    store::{DynStore, Job, JobKind},
};

/// Longer than any job takes; a worker that dies loses its job after this.
const LEASE_MINUTES: i64 = 10;
/// A job is tried this often before it is given up and shown as failed.
const MAX_ATTEMPTS: u32 = 5;
/// Remote geocoders of another jurisdiction are being asked: this one's turn comes after so long.
const TURN_SECONDS: i64 = 15;
/// How long an idle worker sleeps when nobody wakes it: other processes may have queued work.
const IDLE: Wait = Wait::from_secs(1);

/// Everything a worker needs. Any number of them may share one database.
pub struct Worker {
    pub store: DynStore,
    pub clock: DynClock,
    pub config: Arc<Config>,
    /// Where rows of feeds without coordinates are looked up.
    pub index: Option<Arc<Index>>,
    pub transports: Arc<Transports>,
    pub announce: Arc<dyn Announce>,
    /// Rung when this process queues work, so that it is not found by polling only.
    pub wake: Arc<Notify>,
    pub schedule: schedule::Schedule,
    /// Geocoders on other machines; usually none.
    pub remote: Arc<remote::Services>,
}

impl Worker {
    /// Run until `stop` is cancelled; the job under way is finished first.
    pub async fn run(mut self, stop: CancellationToken) {
        info!("worker started");
        let mut asking: Option<JoinHandle<()>> = None;
        while !stop.is_cancelled() {
            if let Err(e) = self.schedule.plan(&self.store, self.clock.as_ref()).await {
                warn!(error = %e, "planning the schedule failed; it is tried again");
            }
            let lease = Duration::minutes(LEASE_MINUTES);
            match self.store.claim_job(self.clock.now(), lease).await {
                Ok(Some(job)) if job.kind == JobKind::AskGeocoders.as_str() => {
                    if asking.as_ref().is_none_or(JoinHandle::is_finished) {
                        asking = Some(tokio::spawn(self.asking().finish(job, stop.clone())));
                    } else {
                        let turn = self.clock.now() + Duration::seconds(TURN_SECONDS);
                        postponed(
                            self.store.job_failed(&job.jurisdiction, job.id, "waits for its turn", Some(turn)).await,
                        );
                    }
                }
                Ok(Some(job)) => self.finish(&job).await,
                Ok(None) => self.pause(&stop).await,
                Err(e) => {
                    warn!(error = %e, "the queue does not answer; it is asked again");
                    self.pause(&stop).await;
                }
            }
        }
        if let Some(asking) = asking
            && let Err(e) = asking.await
        {
            warn!(error = %e, "the asking of geocoders ended badly");
        }
        info!("worker stopped");
    }

    async fn pause(&self, stop: &CancellationToken) {
        tokio::select! {
            () = self.wake.notified() => {}
            () = tokio::time::sleep(IDLE) => {}
            () = stop.cancelled() => {}
        }
    }

    async fn finish(&self, job: &Job) {
        let outcome = self.perform(job).await;
        end(&self.store, self.clock.as_ref(), job, outcome).await;
    }

    fn asking(&self) -> Asking {
        Asking {
            store: self.store.clone(),
            clock: self.clock.clone(),
            services: self.remote.clone(),
            index: self.index.clone(),
            announce: self.announce.clone(),
        }
    }

    async fn perform(&self, job: &Job) -> anyhow::Result<()> {
        let kind = JobKind::parse(&job.kind).with_context(|| format!("no job is called \"{}\"", job.kind))?;
        let scope = Scope::system(job.jurisdiction.clone(), "worker");
        match kind {
            JobKind::Analyse => {
                let request = analyse::Request::as_of(None);
                let summary = analyse::analyse(&self.store, &self.clock, &scope, request, &self.config).await?;
                if let Some(summary) = summary {
                    self.announce.announce(&job.jurisdiction, News::Alerts(summary.changed_alerts));
                    self.announce.announce(&job.jurisdiction, News::Analysis(summary.as_of));
                }
                self.deliver(&scope).await
            }
            JobKind::RefreshAreas => {
                let found = refresh::refresh(&self.store, &self.clock, &scope, &self.config).await?;
                self.announce.announce(&job.jurisdiction, News::Linked(found.linked));
                self.announce.announce(&job.jurisdiction, News::AreaStatus(found.areas));
                if !self.remote.is_empty() {
                    schedule::ask_soon(&self.store, self.clock.as_ref(), &scope).await?;
                }
                schedule::analyse_soon(&self.store, self.clock.as_ref(), &scope).await
            }
            JobKind::WatchFeeds => {
                let found = refresh::refresh(&self.store, &self.clock, &scope, &self.config).await?;
                if found.gaps_changed || !found.linked.is_empty() {
                    self.announce.announce(&job.jurisdiction, News::Linked(found.linked));
                    self.announce.announce(&job.jurisdiction, News::AreaStatus(found.areas));
                    schedule::analyse_soon(&self.store, self.clock.as_ref(), &scope).await?;
                }
                Ok(())
            }
            JobKind::MendRows => {
                let done = intake::mend_queued(&self.store, &self.clock, &scope, self.index.clone()).await?;
                if done.settled > 0 {
                    info!(settled = done.settled, events = done.events, "rows in quarantine were mended");
                    self.announce.announce(&job.jurisdiction, News::Events);
                    self.store.enqueue(&scope, &[JobKind::RefreshAreas.at(self.clock.now())]).await?;
                }
                Ok(())
            }
            JobKind::PullFeeds => self.pull(&scope).await,
            JobKind::AskGeocoders => self.asking().ask(&scope, &CancellationToken::new()).await,
            JobKind::Deliver => self.deliver(&scope).await,
            JobKind::LearnPoints => {
                for source in self.store.sources(&scope).await? {
                    let moved = intake::refresh_fallbacks(&self.store, &scope, &source.id).await?;
                    if moved > 0 {
                        info!(source = %source.id, moved, "events on fall-back points were placed anew");
                    }
                }
                Ok(())
            }
        }
    }

    async fn pull(&self, scope: &Scope) -> anyhow::Result<()> {
        let index = self.index.as_ref();
        let found = feeds::pull(&self.store, &self.clock, scope, &self.config, index, false).await?;
        for pulled in &found.pulled {
            match &pulled.outcome {
                feeds::Outcome::Taken(s) => {
                    info!(source = pulled.source, item = pulled.item, read = s.read, accepted = s.accepted, "taken");
                }
                feeds::Outcome::Failed(why) => warn!(source = pulled.source, item = pulled.item, why, "not taken"),
            }
        }
        let now = self.clock.now();
        let mut jobs = Vec::new();
        if found.news() > 0 {
            // Which areas they are of is told by the areas' standing, which follows.
            self.announce.announce(&scope.jurisdiction, News::Events);
            jobs.push(JobKind::RefreshAreas.at(now));
        }
        if found.more {
            jobs.push(JobKind::PullFeeds.at(now));
        }
        Ok(self.store.enqueue(scope, &jobs).await?)
    }

    async fn deliver(&self, scope: &Scope) -> anyhow::Result<()> {
        let delivered = outbox::deliver_due(self.store.as_ref(), scope, &self.transports, self.clock.as_ref()).await?;
        if delivered.sent + delivered.failed > 0 {
            info!(sent = delivered.sent, failed = delivered.failed, "outbox delivered");
        }
        Ok(())
    }
}

/// What it takes to ask remote geocoders beside the other work.
struct Asking {
    store: DynStore,
    clock: DynClock,
    services: Arc<remote::Services>,
    index: Option<Arc<Index>>,
    announce: Arc<dyn Announce>,
}

impl Asking {
    async fn finish(self, job: Job, stop: CancellationToken) {
        let scope = Scope::system(job.jurisdiction.clone(), "worker");
        let outcome = self.ask(&scope, &stop).await;
        end(&self.store, self.clock.as_ref(), &job, outcome).await;
    }

    async fn ask(&self, scope: &Scope, stop: &CancellationToken) -> anyhow::Result<()> {
        let (store, clock) = (&self.store, &self.clock);
        let found = remote::run(store, clock, scope, &self.services, self.index.as_ref(), stop).await?;
        let now = clock.now();
        let mut jobs = Vec::new();
        if found.placed > 0 {
            info!(placed = found.placed, "events were placed by what other geocoders answered");
            self.announce.announce(&scope.jurisdiction, News::Events);
            jobs.push(JobKind::RefreshAreas.at(now));
        }
        if found.more {
            jobs.push(JobKind::AskGeocoders.at(now));
        } else if let Some(again) = found.again {
            jobs.push(JobKind::AskGeocoders.at(again));
        }
        Ok(store.enqueue(scope, &jobs).await?)
    }
}

/// Write down how a job ended.
async fn end(store: &DynStore, clock: &dyn Clock, job: &Job, outcome: anyhow::Result<()>) {
    let ended = match outcome {
        Ok(()) => store.job_done(&job.jurisdiction, job.id).await,
        Err(e) => {
            let retry =
                (job.attempts < MAX_ATTEMPTS).then(|| clock.now() + Duration::seconds(5 << job.attempts.min(8)));
            error!(
                kind = job.kind,
                attempts = job.attempts,
                again = retry.is_some(),
                error = format!("{e:#}"),
                "job failed"
            );
            store.job_failed(&job.jurisdiction, job.id, &format!("{e:#}"), retry).await
        }
    };
    if let Err(e) = ended {
        // The lease runs out and the job is run again, which every job allows.
        warn!(kind = job.kind, error = %e, "the end of a job could not be written");
    }
}

fn postponed(written: crate::store::Result<()>) {
    if let Err(e) = written {
        warn!(error = %e, "a job could not be put off; its lease runs out");
    }
}
