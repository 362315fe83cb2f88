//! Where the rooms are joined: the API's view of intake, the jobs' view of open screens.
//!
//! The API may not know the jobs and the jobs may not know the API; both know traits, and these few lines
//! put the one behind the other.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};
use tokio::{net::TcpListener, sync::Notify};
use tokio_util::sync::CancellationToken;

use super::places;
use crate::{
    api::{
        self, Accepted, AppState, Bytes, Change, Hub, Intake, IntakeError, RejectedLine, Resubmitted, SuggestedColumn,
        SuggestedMapping, SuggestedReject, SuggestedRow,
    },
    clock::{DynClock, new_id},
    config::Config,
    domain::{
        ids::{GroupId, JurisdictionId, RejectId, SourceId},
        quality::Source,
        quarantine::{Mend, MendPreview},
        scope::Scope,
    },
    geocode::Index,
    ingest::{Format, suggest::Suggestion},
    jobs::{
        Announce, News, feeds,
        intake::{self, IntakeAnswer, IntakeFailure, IntakeSummary, Resubmission},
        remote,
        schedule::Schedule,
        worker::Worker,
    },
    notify::{SmtpSettings, SmtpTransport, Transports, WebhookTransport},
    store::DynStore,
};

/// One process of the service.
pub(super) struct Service {
    pub store: DynStore,
    pub clock: DynClock,
    pub config: Arc<Config>,
    index: Option<Arc<Index>>,
    hub: Hub,
    wake: Arc<Notify>,
    demo: bool,
}

impl Service {
    /// # Errors
    /// When the geocoder's index of the configuration can't be opened.
    pub fn new(store: DynStore, clock: DynClock, config: Config) -> anyhow::Result<Self> {
        let index = config.geocoder.index.as_deref().map(places::open_index).transpose()?.map(Arc::new);
        let (config, hub, wake) = (Arc::new(config), Hub::default(), Arc::default());
        Ok(Self { store, clock, config, index, hub, wake, demo: false })
    }

    pub fn demo(mut self) -> Self {
        self.demo = true;
        self
    }

    /// The background worker of this process.
    pub fn worker(&self) -> anyhow::Result<Worker> {
        // In containers every process may have the same number.
        let holder = format!("process-{}-{}", std::process::id(), new_id(self.clock.as_ref()).simple());
        Ok(Worker {
            store: self.store.clone(),
            clock: self.clock.clone(),
            config: self.config.clone(),
            index: self.index.clone(),
            transports: Arc::new(transports(&self.config)?),
            announce: Arc::new(Screens(self.hub.clone())),
            wake: self.wake.clone(),
            schedule: Schedule::new(&self.config.analysis.schedule, holder.clone())?
                .pulling(!self.config.feeds.is_empty())
                .asking(!self.config.geocoder.remote.is_empty()),
            remote: Arc::new(remote::Services::new(&self.config.geocoder.remote, &holder)?),
        })
    }

    /// Answer requests until told to stop; then finish what is under way and close the store.
    pub async fn serve(self, listener: TcpListener, with_worker: bool, stop: CancellationToken) -> anyhow::Result<()> {
        feeds::prepare(&self.store, &self.config).await?;
        let worker = if with_worker { Some(tokio::spawn(self.worker()?.run(stop.clone()))) } else { None };
        let rows = Rows(intake::Intake::new(self.store.clone(), self.clock.clone()).with_index(self.index.clone()));
        let state = AppState::new(
            self.store.clone(),
            self.clock.clone(),
            self.config.clone(),
            self.hub.clone(),
            Arc::new(rows),
            self.wake.clone(),
        )
        .demo(self.demo);
        let served = api::serve(listener, state, stop.clone().cancelled_owned()).await;
        stop.cancel();
        if let Some(worker) = worker {
            worker.await?;
        }
        self.store.close().await;
        Ok(served?)
    }
}

/// The channels that the configuration sets up.
fn transports(config: &Config) -> anyhow::Result<Transports> {
    let mut transports = Transports::default();
    if let (Some(url), Some(from)) = (&config.notify.smtp_url, &config.notify.from) {
        let settings = SmtpSettings { url: url.expose().to_owned(), from: from.clone() };
        transports.email = Some(Arc::new(SmtpTransport::new(&settings)?));
    }
    transports.webhook = Some(Arc::new(WebhookTransport::new(config.notify.allow_private)?));
    Ok(transports)
}

/// The jobs' news, passed to open screens.
struct Screens(Hub);

impl Announce for Screens {
    fn announce(&self, jurisdiction: &JurisdictionId, news: News) {
        let change = match news {
            News::Events => Change::Events { areas: Vec::new(), kinds: Vec::new(), count: 0, ids: Vec::new() },
            News::Linked(ids) if ids.is_empty() => return,
            News::Linked(ids) => Change::Linked { ids },
            News::AreaStatus(areas) => Change::AreaStatus { areas },
            News::Alerts(ids) => Change::Alerts { ids },
            News::Analysis(as_of) => Change::Analysis { as_of },
        };
        self.0.publish(jurisdiction, change);
    }
}

/// The intake job as the API asks for it.
struct Rows(intake::Intake);

#[async_trait]
impl Intake for Rows {
    async fn accept(
        &self,
        scope: &Scope,
        source: &SourceId,
        records: Vec<Map<String, Value>>,
    ) -> Result<Accepted, IntakeError> {
        let answer = self.0.accept(scope, source, records).await.map_err(refusal)?;
        let IntakeAnswer { summary, rejects, ids, areas, kinds } = answer;
        let rejects = rejects.iter().map(|r| rejected(r.into())).collect();
        Ok(Accepted { summary: counts(&summary), rejects, notices: summary.notices, ids, areas, kinds })
    }

    async fn resubmit(
        &self,
        scope: &Scope,
        row: RejectId,
        values: Map<String, Value>,
    ) -> Result<Resubmitted, IntakeError> {
        Ok(match self.0.resubmit(scope, row, values).await.map_err(refusal)? {
            Resubmission::Accepted(event) => Resubmitted::Accepted(event),
            Resubmission::Updated(event) => Resubmitted::Updated(event),
            Resubmission::Unchanged => Resubmitted::Unchanged,
            Resubmission::StillBad { reason, field, message } => Resubmitted::StillBad { reason, field, message },
        })
    }

    async fn take_file(
        &self,
        scope: &Scope,
        source: &SourceId,
        ending: &str,
        bytes: Bytes,
    ) -> Result<Accepted, IntakeError> {
        let taken = self.0.take_file(scope, source, format(ending)?, bytes).await.map_err(refusal)?;
        let summary = counts(&taken);
        let rejects = taken.first_rejects.into_iter().map(rejected).collect();
        Ok(Accepted { summary, rejects, notices: taken.notices, ..Accepted::default() })
    }

    async fn suggest(
        &self,
        scope: &Scope,
        source: &SourceId,
        ending: &str,
        bytes: Bytes,
    ) -> Result<SuggestedMapping, IntakeError> {
        let found = self.0.suggest(scope, source, format(ending)?, bytes).await.map_err(refusal)?;
        Ok(suggested(found))
    }

    async fn put_mapping(&self, scope: &Scope, source: &SourceId, mapping: &str) -> Result<Source, IntakeError> {
        self.0.put_mapping(scope, source, mapping).await.map_err(refusal)
    }

    async fn preview(&self, scope: &Scope, group: GroupId, mends: &[Mend]) -> Result<MendPreview, IntakeError> {
        self.0.preview(scope, group, mends).await.map_err(refusal)
    }
}

fn format(ending: &str) -> Result<Format, IntakeError> {
    Format::from_name(&format!("x.{ending}")).map_err(|e| IntakeError::BadFile(e.to_string()))
}

fn suggested(found: Suggestion) -> SuggestedMapping {
    let columns = found.columns.into_iter();
    let rows = found.rows.into_iter();
    let rejects = found.rejects.into_iter();
    SuggestedMapping {
        found: found.found.to_text(),
        rows_read: found.rows_read,
        cases: found.cases,
        not_cases: found.not_cases,
        columns: columns
            .map(|c| SuggestedColumn { column: c.column, used_as: c.used_as, example: c.example })
            .collect(),
        doubts: found.doubts,
        rows: rows
            .map(|r| SuggestedRow {
                record_id: r.record_id,
                kind: r.kind,
                occurred_at: r.occurred_at,
                time_precision: r.time_precision,
                outcome: r.outcome,
                naloxone: r.naloxone,
                latitude: r.latitude,
                longitude: r.longitude,
                precision: r.precision,
                place: r.place,
            })
            .collect(),
        rejects: rejects
            .map(|(reason, r)| SuggestedReject { reason, rows: r.rows, line: r.line, message: r.message })
            .collect(),
        mapping: found.mapping,
    }
}

fn rejected(r: intake::RejectedRow) -> RejectedLine {
    RejectedLine { line: r.line, reason: r.reason, field: r.field, message: r.message }
}

fn counts(summary: &IntakeSummary) -> api::IntakeSummary {
    api::IntakeSummary {
        read: summary.read,
        accepted: summary.accepted,
        unchanged: summary.unchanged,
        updated: summary.updated,
        duplicates: summary.duplicates,
        quarantined: summary.quarantined,
        mended: summary.mended,
        withdrawn: summary.withdrawn,
        elsewhere: summary.elsewhere.values().sum(),
        not_cases: summary.not_case_rows() + summary.not_known + summary.decided,
    }
}

fn refusal(failure: IntakeFailure) -> IntakeError {
    match failure {
        IntakeFailure::Store(e) => IntakeError::Store(e),
        IntakeFailure::UnknownSource(source) => IntakeError::UnknownSource(source),
        IntakeFailure::NotWaiting => IntakeError::NotWaiting,
        IntakeFailure::BadFile(why) => IntakeError::BadFile(why),
        IntakeFailure::BadMapping(why) => IntakeError::BadMapping(why),
        IntakeFailure::BadMend(why) => IntakeError::BadMend(why),
        IntakeFailure::Failed(e) => IntakeError::Failed(format!("{e:#}")),
    }
}
