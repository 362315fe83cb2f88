//! What every handler shares.

use std::sync::Arc;

use tokio::sync::Notify;

use super::{
    hub::{Change, Hub},
    intake::Intake,
    quality_cache::QualityCache,
    rate_limit::LoginLimits,
    reference::References,
    snapshots::Snapshots,
};
use crate::{clock::DynClock, config::Config, store::DynStore};

/// Made once by `serve`, cloned per request.
#[derive(Clone)]
pub struct AppState {
    pub store: DynStore,
    pub clock: DynClock,
    pub config: Arc<Config>,
    /// Where live messages are published, by the handlers and by the jobs.
    pub hub: Hub,
    /// How rows become events; the jobs' own code, handed in so that this module need not know it.
    pub intake: Arc<dyn Intake>,
    /// Wakes the worker when a job was queued.
    pub wake: Arc<Notify>,
    /// Shown to people as "simulated data".
    pub demo: bool,
    pub(super) references: Arc<References>,
    pub(super) snapshots: Arc<Snapshots>,
    pub(super) limits: Arc<LoginLimits>,
    pub(super) quality: Arc<QualityCache>,
}

impl AppState {
    pub fn new(
        store: DynStore,
        clock: DynClock,
        config: Arc<Config>,
        hub: Hub,
        intake: Arc<dyn Intake>,
        wake: Arc<Notify>,
    ) -> Self {
        let (references, snapshots) = (Arc::<References>::default(), Arc::<Snapshots>::default());
        mark_old_on_news(&hub, &references, &snapshots);
        Self {
            store,
            clock,
            config,
            hub,
            intake,
            wake,
            demo: false,
            references,
            snapshots,
            limits: Arc::default(),
            quality: Arc::default(),
        }
    }

    #[must_use]
    pub fn demo(mut self, demo: bool) -> Self {
        self.demo = demo;
        self
    }

    pub(super) fn https(&self) -> bool {
        self.config.server.is_https()
    }
}

/// What is kept in memory learns of every change before any listener does, so that whoever fetches on
/// hearing of it gets the new state.
fn mark_old_on_news(hub: &Hub, references: &Arc<References>, snapshots: &Arc<Snapshots>) {
    let (references, snapshots) = (Arc::downgrade(references), Arc::downgrade(snapshots));
    hub.before_listeners(move |message| {
        let (Some(references), Some(snapshots)) = (references.upgrade(), snapshots.upgrade()) else { return };
        let whose = &message.jurisdiction;
        match &message.change {
            Change::Events { ids, .. } if ids.is_empty() => snapshots.spoil(whose),
            Change::Events { ids, .. } | Change::Linked { ids } => snapshots.touch(whose, ids),
            Change::Analysis { .. } => {
                snapshots.spoil(whose);
                references.forget(whose);
            }
            Change::AreaStatus { .. } | Change::Alerts { .. } => snapshots.note(whose),
        }
    });
}
