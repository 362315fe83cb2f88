//! Jobs: the only place that knows the order of the stages.
//!
//! A job reads columns from the store, hands them to the pure stages on a thread of its own, and writes
//! what they derived in one transaction. Every job may run twice or be killed anywhere: derived rows have
//! derived ids, so the end state is the same.
//!
//! | job | does | queued by |
//! |---|---|---|
//! | `analyse` | what is due is linked; facts → scan, area rules, alerts, forecasts, hot spots, messages | schedule; `refresh-areas` (debounced) |
//! | `refresh-areas` | which reports are one incident (also across jurisdictions that agreed to it), and where every area stands after new events, within a second | accepted events |
//! | `watch-feeds` | the same, and which feeds are silent, when nothing comes | schedule |
//! | `mend-rows` | rules for rows in quarantine that were made and not applied yet | whoever makes one; schedule |
//! | `pull-feeds` | what watched folders and addresses hold that is new | schedule |
//! | `ask-geocoders` | addresses that our own geocoder does not know, where `[[geocoder.remote]]` names who may see them; beside all other work | schedule; after `refresh-areas` |
//! | `deliver` | due messages of the outbox | `analyse`; schedule |
//!
//! The queue is a table of our own (see `store::JobStore`), not a library's: the two databases need one
//! meaning of lease and of "one waiting job per key", and no queue library at hand serves both without a
//! second migration table or a PostgreSQL extension.
//!
//! To add a job: a variant of [`store::JobKind`](crate::store::JobKind), its arm in [`worker`], a line in this table.

pub mod analyse;
mod area_rules;
mod derive;
pub mod feeds;
mod hotspots;
pub mod intake;
mod known;
pub mod link;
mod link_across;
mod link_past;
pub mod outbox;
pub mod refresh;
pub mod remote;
mod scan_input;
pub mod schedule;
mod signals;
mod track;
mod watch;
pub mod worker;

use crate::{
    domain::{
        ids::{AlertId, AreaId, EventId, JurisdictionId},
        scope::Scope,
        time::{Day, Zone},
    },
    store::DynStore,
};

/// Something that open screens should hear about.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// Events came or changed that nobody told of one by one.
    Events,
    /// These events joined or left an incident.
    Linked(Vec<EventId>),
    /// The areas' standing against their rules was recomputed.
    AreaStatus(Vec<AreaId>),
    Alerts(Vec<AlertId>),
    Analysis(Day),
}

/// Who passes news on to open screens.
pub trait Announce: Send + Sync {
    fn announce(&self, jurisdiction: &JurisdictionId, news: News);
}

/// For commands that run without open screens.
pub struct Nobody;

impl Announce for Nobody {
    fn announce(&self, _: &JurisdictionId, _: News) {}
}

/// The zone whose calendar a scope's days follow.
async fn zone_of(store: &DynStore, scope: &Scope) -> anyhow::Result<Zone> {
    let all = store.jurisdictions().await?;
    let found = all.into_iter().find(|j| j.id == scope.jurisdiction);
    Ok(found.ok_or_else(|| anyhow::anyhow!("jurisdiction {} is not in the store", scope.jurisdiction))?.zone)
}
