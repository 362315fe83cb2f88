//! The areas' own rules, a second after new events: the quick look between two analyses.

use anyhow::Context;
use chrono::{DateTime, Duration, Utc};

use super::{known::AreaKnown, link, watch::Watch};
use crate::{
    cells::{Measure, area_cube},
    clock::DynClock,
    config::Config,
    detect::{self, AreaRuleOptions},
    domain::{
        area::AreaTree,
        event::{EventFact, EventKind},
        ids::{AreaId, EventId},
        scope::Scope,
        time::DayRange,
    },
    nowcast::{Feeds, LEARN_DAYS, Moment},
    store::{AreaStatus, DynStore, EventQuery},
};

/// What one look found.
pub struct Refreshed {
    pub areas: Vec<AreaId>,
    /// Events that joined or left an incident.
    pub linked: Vec<EventId>,
    /// Whether a feed fell silent or was heard again.
    pub gaps_changed: bool,
}

/// Link what is due, judge every area anew as of now, and look after the feeds.
pub async fn refresh(store: &DynStore, clock: &DynClock, scope: &Scope, config: &Config) -> anyhow::Result<Refreshed> {
    let linked = link::link_due(store, clock, scope).await?;
    let zone = super::zone_of(store, scope).await?;
    let now = clock.now();
    let today = zone.today(now);
    let days = DayRange::ending(today, LEARN_DAYS);
    let tree = AreaTree::new(&store.areas(scope).await?);
    let all = store.facts(scope, &EventQuery { days: Some(days), ..EventQuery::default() }).await?;
    let sources = store.sources(scope).await?;
    let (scope_of, config) = (scope.jurisdiction.clone(), config.clone());
    // Learning delays is computation: it leaves the async workers alone.
    let (rows, watch) = tokio::task::spawn_blocking(move || {
        let moment = Moment { today, now, zone };
        let watch = Watch::new(&all, &sources, &tree, &scope_of, moment);
        let counts = |f: &EventFact| f.kind == EventKind::Overdose && !watch.stamped.contains(&f.id);
        let facts: Vec<EventFact> = all.into_iter().filter(counts).collect();
        let feeds = Feeds::learn(&facts, moment, &watch.silent);
        (judge(&facts, &tree, days, now, &feeds, &watch, &config), watch)
    })
    .await
    .context("judging the areas was interrupted")?;
    store.put_area_status(scope, &rows).await.context("storing the areas' standing")?;
    let gaps_changed = watch.store(store, scope, now).await.context("storing data gaps")?;
    Ok(Refreshed { areas: rows.into_iter().map(|row| row.area).collect(), linked, gaps_changed })
}

/// Every area's standing on the last day of `history`, from facts of its days.
pub(super) fn judge(
    facts: &[EventFact],
    tree: &AreaTree,
    history: DayRange,
    now: DateTime<Utc>,
    feeds: &Feeds,
    watch: &Watch,
    config: &Config,
) -> Vec<AreaStatus> {
    let cube = area_cube(facts, history, tree, None, Measure::Incidents);
    let known = AreaKnown::new(facts, tree, history, feeds);
    let options = AreaRuleOptions { min_sigma: config.analysis.ears_min_sigma, ..AreaRuleOptions::default() };
    let within = |hours: i64| {
        let since = now - Duration::hours(hours);
        let recent: Vec<EventFact> =
            facts.iter().filter(|f| f.occurred_at > since && f.occurred_at <= now).cloned().collect();
        let counted = area_cube(&recent, history, tree, None, Measure::Incidents);
        let totals = counted.place_totals();
        move |area: &AreaId| counted.places.binary_search(area).map_or(0, |i| totals[i])
    };
    let (day, three_days, week) = (within(24), within(72), within(168));
    cube.places
        .iter()
        .enumerate()
        .map(|(i, area)| {
            let rule = detect::area_rule_known(&cube.series(i), known.of(area).first(history.len()), &options);
            AreaStatus {
                area: area.clone(),
                kind: EventKind::Overdose,
                day: history.to,
                last_24h: day(area),
                last_72h: three_days(area),
                last_7d: week(area),
                observed: rule.observed,
                expected: rule.expected,
                threshold: rule.threshold,
                statistic: rule.statistic,
                p_value: rule.p_value,
                recurrence_interval_days: rule.recurrence_interval_days,
                share_known: rule.share_known,
                waits_for: watch.waits_for(area),
                updated_at: now,
            }
        })
        .collect()
}
