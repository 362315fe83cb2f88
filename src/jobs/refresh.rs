//! The areas' own rules, a second after new events: the quick look between two analyses.

use anyhow::Context;
use chrono::{DateTime, Duration, Utc};

use crate::{
    cells::{Measure, area_cube},
    clock::DynClock,
    config::Config,
    detect::{self, AreaRuleOptions},
    domain::{
        area::AreaTree,
        event::{EventFact, EventKind},
        ids::AreaId,
        scope::Scope,
        time::{Day, DayRange},
    },
    store::{AreaStatus, DynStore, EventQuery},
};

/// Days of history behind the rule: EARS needs nine, the rest is for a steady floor under its deviation.
const HISTORY_DAYS: i32 = 56;

/// Judge every area anew, as of now. Answers which were judged.
pub async fn refresh(
    store: &DynStore,
    clock: &DynClock,
    scope: &Scope,
    config: &Config,
) -> anyhow::Result<Vec<AreaId>> {
    let zone = super::zone_of(store, scope).await?;
    let now = clock.now();
    let today = zone.today(now);
    let days = DayRange::ending(today, HISTORY_DAYS);
    let tree = AreaTree::new(&store.areas(scope).await?);
    let query = EventQuery { kinds: vec![EventKind::Overdose], days: Some(days), ..EventQuery::default() };
    let facts = store.facts(scope, &query).await?;
    let rows = judge(&facts, &tree, days, today, now, config);
    store.put_area_status(scope, &rows).await.context("storing the areas' standing")?;
    Ok(rows.into_iter().map(|row| row.area).collect())
}

/// Every area's standing on `today`, from facts of the days of `history` (which ends on `today`).
pub(super) fn judge(
    facts: &[EventFact],
    tree: &AreaTree,
    history: DayRange,
    today: Day,
    now: DateTime<Utc>,
    config: &Config,
) -> Vec<AreaStatus> {
    let cube = area_cube(facts, history, tree, None, Measure::Incidents);
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
            let rule = detect::area_rule(&cube.series(i), &options);
            AreaStatus {
                area: area.clone(),
                kind: EventKind::Overdose,
                day: today,
                last_24h: day(area),
                last_72h: three_days(area),
                last_7d: week(area),
                observed: rule.observed,
                expected: rule.expected,
                threshold: rule.threshold,
                statistic: rule.statistic,
                p_value: rule.p_value,
                recurrence_interval_days: rule.recurrence_interval_days,
                updated_at: now,
            }
        })
        .collect()
}
