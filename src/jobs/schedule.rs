//! When jobs are queued without anybody asking.
//!
//! One process at a time plans (it holds a lease in the database); the others only work. The plan is a
//! cron expression read in each jurisdiction's own zone. What is due follows from when the last analysis
//! ended, so a run that was missed while nothing ran is made up for once, not once a miss.

use std::collections::HashMap;

use anyhow::Context;
use chrono::{DateTime, Duration, Utc};
use croner::Cron;

use crate::{
    clock::Clock,
    domain::{area::Jurisdiction, ids::JurisdictionId, scope::Scope},
    store::{DynStore, JobKind},
};

/// New events within this time lead to one analysis, not one each.
const DEBOUNCE_SECONDS: i64 = 20;
/// What is due is looked for this often; so are messages whose retry is due.
const LOOK_EVERY_SECONDS: i64 = 15;
const LEASE_SECONDS: i64 = 45;
/// Whether a feed has fallen silent is looked for this often.
const WATCH_EVERY_MINUTES: i64 = 15;
/// Watched folders and addresses are looked at this often; an address only when its own time has come.
const PULL_EVERY_SECONDS: i64 = 60;
/// Addresses for remote geocoders are looked for this often, besides after new events: other processes may have
/// stored some.
const ASK_EVERY_MINUTES: i64 = 5;
/// New events within this time lead to one look for such addresses.
const ASK_DEBOUNCE_SECONDS: i64 = 20;

/// The plan of one process.
pub struct Schedule {
    analyse: Cron,
    /// Names this process among those that share the database.
    holder: String,
    next_look: Option<DateTime<Utc>>,
    /// The run last queued for each jurisdiction: it may still be under way.
    queued: HashMap<JurisdictionId, DateTime<Utc>>,
    /// When the feeds were last looked after.
    watched: Option<DateTime<Utc>>,
    /// When watched folders and addresses were last queued; `None` where nothing is watched.
    pulls: Option<DateTime<Utc>>,
    /// The same of addresses for remote geocoders.
    asks: Option<DateTime<Utc>>,
}

impl Schedule {
    /// `analyse` is a cron expression of five fields.
    ///
    /// # Errors
    /// When the expression is not one.
    pub fn new(analyse: &str, holder: String) -> anyhow::Result<Self> {
        let analyse = analyse
            .parse::<Cron>()
            .with_context(|| format!("analysis.schedule \"{analyse}\" is not a cron expression of five fields"))?;
        Ok(Self { analyse, holder, next_look: None, queued: HashMap::new(), watched: None, pulls: None, asks: None })
    }

    /// Look at watched folders and addresses, too.
    #[must_use]
    pub fn pulling(mut self, any: bool) -> Self {
        self.pulls = any.then_some(DateTime::UNIX_EPOCH);
        self
    }

    /// Look for addresses for remote geocoders, too.
    #[must_use]
    pub fn asking(mut self, any: bool) -> Self {
        self.asks = any.then_some(DateTime::UNIX_EPOCH);
        self
    }

    /// Queue what is due now, if this process is the one that plans.
    pub(super) async fn plan(&mut self, store: &DynStore, clock: &dyn Clock) -> anyhow::Result<()> {
        let now = clock.now();
        if self.next_look.is_some_and(|at| now < at) {
            return Ok(());
        }
        self.next_look = Some(now + Duration::seconds(LOOK_EVERY_SECONDS));
        if !store.hold_lease("schedule", &self.holder, now, Duration::seconds(LEASE_SECONDS)).await? {
            return Ok(());
        }
        let watch = self.watched.is_none_or(|at| now - at >= Duration::minutes(WATCH_EVERY_MINUTES));
        if watch {
            self.watched = Some(now);
        }
        let pull = self.pulls.is_some_and(|at| now - at >= Duration::seconds(PULL_EVERY_SECONDS));
        if pull {
            self.pulls = Some(now);
        }
        let ask = self.asks.is_some_and(|at| now - at >= Duration::minutes(ASK_EVERY_MINUTES));
        if ask {
            self.asks = Some(now);
        }
        for jurisdiction in store.jurisdictions().await? {
            let scope = Scope::system(jurisdiction.id.clone(), "schedule");
            let mut jobs = vec![JobKind::Deliver.at(now)];
            if watch {
                // A rule whose job could not be queued when it was made is found here.
                jobs.extend([JobKind::WatchFeeds.at(now), JobKind::MendRows.at(now)]);
            }
            if pull {
                jobs.push(JobKind::PullFeeds.at(now));
            }
            if ask {
                jobs.push(JobKind::AskGeocoders.at(now));
            }
            if let Some(due) = self.due(store, &scope, &jurisdiction, now).await? {
                self.queued.insert(jurisdiction.id, due);
                // What was learned about a feed's points is used by the analysis after it.
                jobs.extend([JobKind::LearnPoints.at(now), JobKind::Analyse.at(now)]);
            }
            store.enqueue(&scope, &jobs).await?;
        }
        Ok(())
    }

    /// The planned time that has come since the last analysis, unless its run was queued already.
    async fn due(
        &self,
        store: &DynStore,
        scope: &Scope,
        jurisdiction: &Jurisdiction,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Option<DateTime<Utc>>> {
        let Some(run) = store.latest_run(scope).await? else {
            // Never analysed: due as soon as there is something to analyse.
            let any = store.newest(scope).await?.0;
            return Ok(any.filter(|_| !self.queued.contains_key(&jurisdiction.id)));
        };
        let since = run.computed_at.max(self.queued.get(&jurisdiction.id).copied().unwrap_or(run.computed_at));
        let next = self
            .analyse
            .find_next_occurrence(&since.with_timezone(&jurisdiction.zone.0), false)
            .context("finding the next planned run")?
            .with_timezone(&Utc);
        Ok((next <= now).then_some(next))
    }
}

/// Queue an analysis for shortly after now; more events before then do not queue another.
pub(super) async fn analyse_soon(store: &DynStore, clock: &dyn Clock, scope: &Scope) -> anyhow::Result<()> {
    let job = JobKind::Analyse.at(clock.now() + Duration::seconds(DEBOUNCE_SECONDS));
    Ok(store.enqueue(scope, &[job]).await?)
}

/// Queue a look for addresses that remote geocoders may know.
pub(super) async fn ask_soon(store: &DynStore, clock: &dyn Clock, scope: &Scope) -> anyhow::Result<()> {
    let job = JobKind::AskGeocoders.at(clock.now() + Duration::seconds(ASK_DEBOUNCE_SECONDS));
    Ok(store.enqueue(scope, &[job]).await?)
}
