//! The whole analysis of one jurisdiction, in the order of the stages.
//!
//! Reads slim facts as they were known on the day, computes on a thread of its own ([`derive()`]), merges
//! signals into alerts, writes everything in one transaction. Ids and seeds follow from jurisdiction and
//! day, so a second run of the same day over the same data writes the same rows. An alert that somebody
//! decided upon meanwhile makes the write fail as a conflict, and the merging (not the detection) is done
//! again on the new state.

use std::{collections::BTreeSet, fmt, time::Instant};

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    derive::{Derived, Recount, derive, recount},
    link, track,
};
use crate::{
    alert::{self, Policy, Setting},
    clock::DynClock,
    config::Config,
    disclosure,
    domain::{
        alert::{Alert, AlertNews, RuleRecord},
        area::{Area, AreaShape, AreaTree, Jurisdiction, NamedPlace},
        event::{EventFact, EventKind},
        forecast::Forecast,
        ids::{AlertId, EventId, RunId},
        language::Language,
        message::OutboxMessage,
        outreach::{FollowUp, FollowUpState},
        quality::{DataAge, Source},
        rule::{self, AlertRule},
        scope::Scope,
        time::{Day, DayRange},
    },
    notify::{ComposeSettings, Composer},
    nowcast::{LEARN_DAYS, Moment},
    outreach::{self, FollowUpOptions},
    store::{DynStore, EventQuery, RunRecord, StoreError, StoredAnalysis},
};

/// With nothing newer than this, the last day with data is taken for today, and the run says so.
const STALE_AFTER_DAYS: i32 = 35;
/// How often a write that lost against a person's decision is merged again.
const MERGE_TRIES: u32 = 5;

/// What to analyse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// The day to take for today; `None` is today, or the last day with data when that is long ago.
    pub as_of: Option<Day>,
    /// Only for what the day would have had: its alerts, and where `forecast` says so its forecasts. No follow-up is
    /// opened, and nothing that stands for today is touched.
    pub replay: bool,
    pub forecast: bool,
}

impl Request {
    pub fn as_of(day: Option<Day>) -> Self {
        Self { as_of: day, replay: false, forecast: true }
    }
}

/// What a run came to, for the person or log that asked for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnalysisSummary {
    pub jurisdiction: String,
    pub as_of: Day,
    pub events: usize,
    pub signals: usize,
    pub changed_alerts: Vec<AlertId>,
    pub forecasts: usize,
    pub messages: usize,
    pub follow_ups: u64,
    pub elapsed_ms: u64,
    /// What the reader should know about this run.
    pub notes: Vec<String>,
}

impl fmt::Display for AnalysisSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "as of {}: {} events, {} signals, {} alerts new or changed, {} forecasts, {} messages, in {:.1} s.",
            self.as_of,
            self.events,
            self.signals,
            self.changed_alerts.len(),
            self.forecasts,
            self.messages,
            self.elapsed_ms as f64 / 1000.0
        )?;
        self.notes.iter().try_for_each(|note| write!(f, "\n  {note}"))
    }
}

/// Everything read from the store for one run.
pub(super) struct Inputs {
    pub jurisdiction: Jurisdiction,
    pub shapes: Vec<AreaShape>,
    pub places: Vec<NamedPlace>,
    pub facts: Vec<EventFact>,
    /// Events of all kinds of the last half year: what feeds are heard by.
    pub recent: Vec<EventFact>,
    pub sources: Vec<Source>,
    /// Forecasts of past days, as people saw them.
    pub past_forecasts: Vec<Forecast>,
    /// In force.
    pub rules: Vec<AlertRule>,
    /// The day taken for today, and what had been received by then.
    pub moment: Moment,
    /// From the first day with data; the last is the day taken for today.
    pub days: DayRange,
    pub now: DateTime<Utc>,
    pub run: RunId,
    pub age: DataAge,
    pub config: Config,
    pub notes: Vec<String>,
    /// A day before one that was analysed already: detected and stored, but no alert is touched.
    pub looking_back: bool,
    pub replay: bool,
    pub forecast: bool,
}

/// Analyse one jurisdiction as of a day. `Ok(None)` when there is no event at all.
///
/// # Errors
/// When nothing was known on the day asked for, or the store fails.
pub async fn analyse(
    store: &DynStore,
    clock: &DynClock,
    scope: &Scope,
    request: Request,
    config: &Config,
) -> anyhow::Result<Option<AnalysisSummary>> {
    let started = Instant::now();
    link::link_due(store, clock, scope).await?;
    let Some(inputs) = read(store, clock, scope, request, config).await? else { return Ok(None) };
    let (inputs, derived) = tokio::task::spawn_blocking(move || derive(&inputs).map(|derived| (inputs, derived)))
        .await
        .context("the analysis was interrupted")??;
    let (analysis, alerts) = write(store, scope, &inputs, &derived, started).await?;
    if !inputs.replay && !inputs.looking_back {
        derived.watch.store(store, scope, inputs.now).await.context("storing data gaps")?;
    }
    let follow_ups = if inputs.replay || inputs.looking_back {
        Vec::new()
    } else {
        let known = store.follow_ups(scope, FollowUpState::ALL).await?.into_iter().filter_map(|f| f.event).collect();
        follow_ups(&inputs, &known)
    };
    let opened = store.open_follow_ups(scope, &follow_ups).await?;
    Ok(Some(AnalysisSummary {
        jurisdiction: inputs.jurisdiction.id.to_string(),
        as_of: inputs.days.to,
        events: inputs.facts.len(),
        signals: analysis.signals.len(),
        changed_alerts: alerts,
        forecasts: analysis.forecasts.len(),
        messages: analysis.messages.len(),
        follow_ups: opened,
        elapsed_ms: started.elapsed().as_millis() as u64,
        notes: inputs.notes.into_iter().chain(derived.notes).collect(),
    }))
}

async fn read(
    store: &DynStore,
    clock: &DynClock,
    scope: &Scope,
    Request { as_of, replay, forecast }: Request,
    config: &Config,
) -> anyhow::Result<Option<Inputs>> {
    let all = store.jurisdictions().await?;
    let jurisdiction = all
        .into_iter()
        .find(|j| j.id == scope.jurisdiction)
        .with_context(|| format!("jurisdiction {} is not in the store", scope.jurisdiction))?;
    let (Some(newest), last_received) = store.newest(scope).await? else { return Ok(None) };
    let (now, zone) = (clock.now(), jurisdiction.zone);
    let today = zone.today(now);
    if let Some(day) = as_of.filter(|day| *day > today) {
        bail!("--as-of {day} lies in the future; today is {today} in {zone}");
    }
    let mut notes = Vec::new();
    let newest_day = Day::of(newest, zone);
    let stale = as_of.is_none() && today - newest_day > STALE_AFTER_DAYS;
    if stale {
        notes.push(format!("The newest event is of {newest_day}, so that day is taken for today."));
    }
    let day = as_of.unwrap_or(if stale { newest_day } else { today });
    // A day that was asked for is seen with what had been received by its end.
    let known_by = as_of.filter(|d| *d < today).map(|d| (d + 1).starts_at(zone));
    let days = DayRange::ending(day, config.analysis.history_days as i32);
    let query =
        EventQuery { kinds: vec![EventKind::Overdose], days: Some(days), as_of: known_by, ..EventQuery::default() };
    let facts = store.facts(scope, &query).await?;
    if facts.is_empty() && as_of.is_some() {
        bail!(
            "nothing was known of the days up to {day} by the end of {day}: these events were received later \
             (a mapping can say when with `received_at` or `assume_received_after`)"
        );
    }
    let recent = EventQuery { days: Some(DayRange::ending(day, LEARN_DAYS)), as_of: known_by, ..EventQuery::default() };
    // Days before the first event hold no data, which is not the same as no events.
    let first = facts.iter().map(|f| f.event_day).min().unwrap_or(day);
    let looking_back = store.latest_run(scope).await?.is_some_and(|run| run.as_of > day);
    let shapes = store.area_shapes(scope).await?;
    let tree = AreaTree::new(shapes.iter().map(|s| &s.area));
    let rules = rule::in_force(rule::built_in(&tree, &config.analysis.budgets()), &store.rules(scope).await?);
    Ok(Some(Inputs {
        run: RunId::derived(&[jurisdiction.id.as_str(), &day.to_string(), &now.to_rfc3339()]),
        recent: store.facts(scope, &recent).await?,
        sources: store.sources(scope).await?,
        moment: Moment::new(day, now, zone),
        shapes,
        rules,
        past_forecasts: if replay {
            Vec::new()
        } else {
            store.past_forecasts(scope, EventKind::Overdose, track::issue_days(day)).await?
        },
        places: store.places(scope).await?,
        days: DayRange { from: days.from.max(first), to: day },
        age: DataAge {
            as_of: Some(day),
            computed_at: Some(now),
            newest_event_at: facts.iter().map(|f| f.occurred_at).max(),
            last_received_at: last_received,
            silent_sources: Vec::new(),
            gaps: Vec::new(),
        },
        looking_back,
        replay,
        forecast,
        facts,
        jurisdiction,
        now,
        config: config.clone(),
        notes,
    }))
}

/// Merge and store, again where a person was faster. Answers what was stored and which alerts changed.
async fn write(
    store: &DynStore,
    scope: &Scope,
    inputs: &Inputs,
    derived: &Derived,
    started: Instant,
) -> anyhow::Result<(StoredAnalysis, Vec<AlertId>)> {
    let mut attempt = 1;
    loop {
        let (alerts, messages) = merge(store, scope, inputs, derived).await?;
        let changed = alerts.iter().map(|(alert, _)| alert.id).collect();
        let analysis = StoredAnalysis {
            run: record(inputs, started),
            signals: derived.signals.clone(),
            alerts,
            forecasts: derived.forecasts.clone(),
            records: derived.records.clone(),
            track_records: derived.track_records.clone(),
            hotspots: derived.hotspots.clone(),
            area_status: derived.status.clone(),
            standings: derived.standings.clone(),
            messages,
        };
        match store.put_analysis(scope, &analysis).await {
            Ok(()) => return Ok((analysis, changed)),
            Err(StoreError::Conflict(_)) if attempt < MERGE_TRIES => attempt += 1,
            Err(e) => return Err(e).context("storing the analysis"),
        }
    }
}

type Merged = (Vec<(Alert, Option<u32>)>, Vec<OutboxMessage>);

/// Today's signals against the alerts as they stand now, and the messages that follow.
async fn merge(store: &DynStore, scope: &Scope, inputs: &Inputs, derived: &Derived) -> anyhow::Result<Merged> {
    if inputs.looking_back {
        return Ok((Vec::new(), Vec::new()));
    }
    let settings = &inputs.config.analysis;
    let areas: Vec<Area> = inputs.shapes.iter().map(|s| s.area.clone()).collect();
    let tree = AreaTree::new(&areas);
    let policy = Policy::new(&inputs.rules, &tree, settings.min_cases, settings.days_until_over as i32);
    let open = store.alerts_to_merge(scope, inputs.days.to - policy.days_until_over).await?;
    let waiting = derived.watch.waiting(inputs.moment);
    let Recount { recounted, late } = recount(&derived.counted, &open, &tree);
    let setting = Setting {
        jurisdiction: &inputs.jurisdiction.id,
        areas: &areas,
        policy: &policy,
        language: Language::En,
        as_of: inputs.days.to,
        data_through: derived.data_through,
        waiting: &waiting,
        recounted: &recounted,
        late: &late,
        now: inputs.now,
    };
    let changes = alert::reconcile(&open, &derived.signals, &setting);
    let subscriptions = store.subscriptions(scope).await?;
    let outcomes = store.alert_outcomes(scope).await?;
    let composer = Composer::new(compose_settings(inputs), Vec::new())?;
    let mut messages = Vec::new();
    for change in &changes {
        let Some(news) = change.news else { continue };
        let mut data = inputs.age.clone();
        data.gaps.clone_from(&derived.watch.gaps);
        data.silent_sources = derived.watch.silent_names();
        let record = Some(RuleRecord::of(&change.alert.rule, &outcomes));
        let told = AlertNews { alert: change.alert.clone(), news, data, record };
        let released = disclosure::for_recipient(told)?;
        messages.extend(composer.compose(&released, &subscriptions, &areas, inputs.now));
    }
    Ok((changes.into_iter().map(|c| (c.alert, c.replaces)).collect(), messages))
}

fn compose_settings(inputs: &Inputs) -> ComposeSettings {
    ComposeSettings {
        language: Language::En,
        zone: inputs.jurisdiction.zone,
        public_url: inputs.config.server.public_url.clone(),
    }
}

fn follow_ups(inputs: &Inputs, known: &BTreeSet<EventId>) -> Vec<FollowUp> {
    let areas: Vec<Area> = inputs.shapes.iter().map(|s| s.area.clone()).collect();
    let due_hours = inputs.config.outreach.follow_up_hours;
    // What would be overdue on the day it is opened is history, not work.
    let options = FollowUpOptions { due_hours, open_within_days: due_hours.div_ceil(24), ..FollowUpOptions::default() };
    outreach::follow_ups(&inputs.facts, known, &areas, &inputs.jurisdiction.id, &options, Language::En, inputs.now)
}

fn record(inputs: &Inputs, started: Instant) -> RunRecord {
    let mut settings = Map::new();
    settings.insert("analysis".into(), json!(inputs.config.analysis));
    settings.insert("rules".into(), json!(inputs.rules));
    settings.insert("days".into(), json!({"from": inputs.days.from, "to": inputs.days.to}));
    settings.insert("notes".into(), Value::from(inputs.notes.clone()));
    RunRecord {
        id: inputs.run,
        as_of: inputs.days.to,
        computed_at: inputs.now,
        newest_event_at: inputs.age.newest_event_at,
        last_received_at: inputs.age.last_received_at,
        events: inputs.facts.len() as u64,
        elapsed_ms: started.elapsed().as_millis() as u64,
        settings,
    }
}
