//! Alert rules: what they ask, what they may cost by chance, what they did, and what each area can see under them.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        auth::Caller,
        extract::{Json, Path},
        problem::Problem,
        state::AppState,
    },
    disclosure::{Class, Disclose, Released},
    domain::{
        alert::{AlertOutcome, RuleRecord, Tier},
        area::AreaTree,
        ids::RuleId,
        quality::DataAge,
        rule::{self, AlertRule, CaseMeasure, RulePlaces, RuleStanding, YEAR},
        scope::Scope,
    },
    store::JobKind,
};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(rules)).routes(routes!(put_rule, remove_rule)).routes(routes!(rule_areas))
}

/// How often a rule would have spoken on the days before, judged anew, and how often chance alone would have.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LookedBack {
    /// Area-days judged, in years: sixteen areas over a year are sixteen.
    years: f64,
    /// Alerts that would have begun.
    begun: u32,
    /// Of these, expected by chance alone.
    by_chance: f64,
}

/// A rule in force, with what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleRow {
    #[serde(flatten)]
    rule: AlertRule,
    /// One of the service's own rules; removing it brings back its first form.
    built_in: bool,
    /// A built-in rule that was changed here.
    changed: bool,
    /// The rule in words.
    sentence: String,
    /// Areas it judges; 0 for clusters.
    areas: usize,
    /// Alerts that chance alone begins in a year, all areas together.
    false_alerts_in_all: f64,
    record: RuleRecord,
    /// Over the last year, of the areas the caller may see; `null` for clusters and before the first analysis.
    looked_back: Option<LookedBack>,
}

impl Disclose for RuleRow {
    const CLASS: Class = Class::Counts;
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RuleList {
    /// Built-in rules first, then the jurisdiction's own by id.
    items: Vec<RuleRow>,
    data: DataAge,
}

impl Disclose for RuleList {
    const CLASS: Class = Class::Counts;
}

/// Alert rules in force, each with its record.
#[utoipa::path(get, path = "/rules", tag = "alerts", operation_id = "listRules",
    responses((status = 200, body = RuleList)))]
async fn rules(State(state): State<AppState>, caller: Caller) -> Result<axum::Json<Released<RuleList>>, Problem> {
    let known = Known::read(&state, &caller).await?;
    let items = known.rules.iter().map(|r| known.row(r.clone())).collect();
    let data = caller.snapshot(&state).await?.age();
    caller.release(RuleList { items, data })
}

/// An area under a rule.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleAreaRow {
    #[serde(flatten)]
    standing: RuleStanding,
    area_name: String,
    /// What can and cannot be seen there, in a sentence.
    sees: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RuleAreaList {
    /// By name of the area.
    items: Vec<RuleAreaRow>,
    data: DataAge,
}

impl Disclose for RuleAreaList {
    const CLASS: Class = Class::Counts;
}

/// What each area can and cannot see under a rule, as of the latest analysis.
#[utoipa::path(get, path = "/rules/{id}/areas", tag = "alerts", operation_id = "listRuleAreas",
    params(("id" = RuleId, Path)), responses((status = 200, body = RuleAreaList)))]
async fn rule_areas(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Released<RuleAreaList>>, Problem> {
    let rules = in_force(&state, &caller).await?;
    let rule = rules.iter().find(|r| r.id.as_str() == id).ok_or_else(Problem::not_found)?;
    let standings = state.store.rule_standings(&caller.scope).await?;
    let mut items: Vec<RuleAreaRow> = standings
        .into_iter()
        .filter(|s| s.rule == rule.id)
        .map(|standing| RuleAreaRow {
            area_name: caller.reference.area_name(Some(&standing.area)).unwrap_or_else(|| standing.area.to_string()),
            sees: sees(&standing),
            standing,
        })
        .collect();
    items.sort_by(|a, b| a.area_name.cmp(&b.area_name).then_with(|| a.standing.area.cmp(&b.standing.area)));
    let data = caller.snapshot(&state).await?.age();
    caller.release(RuleAreaList { items, data })
}

/// A rule as a person sets it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRule {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    places: RulePlaces,
    #[serde(default)]
    measure: CaseMeasure,
    tier: Tier,
    /// In each area 0.01 to 12; for clusters, in the whole jurisdiction, to 52.
    #[schema(minimum = 0.01, maximum = 52)]
    false_alerts_per_year: f64,
    /// True when not given.
    #[serde(default = "on")]
    enabled: bool,
}

fn on() -> bool {
    true
}

/// Set a rule: a new one, one that is there, or a built-in one.
///
/// The analysis is run anew within seconds.
#[utoipa::path(put, path = "/rules/{id}", tag = "admin", operation_id = "putRule", params(("id" = RuleId, Path)),
    request_body = NewRule, responses((status = 200, body = RuleRow)))]
async fn put_rule(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
    Json(new): Json<NewRule>,
) -> Result<Response, Problem> {
    let id = RuleId::new(&id).map_err(|e| Problem::field("id", e.to_string()))?;
    let tree = caller.reference.index.tree();
    let now = state.clock.now();
    let changed = AlertRule {
        id,
        name: new.name.trim().to_owned(),
        places: new.places,
        measure: new.measure,
        tier: new.tier,
        false_alerts_per_year: new.false_alerts_per_year,
        enabled: new.enabled,
        changed_at: Some(now),
        changed_by: caller.person().map_or_else(|_| "an API key".to_owned(), |p| p.name.clone()),
    };
    changed.check(tree).map_err(|p| Problem::field(p.field, p.why))?;
    // With R replications no cluster is rarer than once in R + 1 days.
    let rarest = f64::from(state.config.analysis.scan_replications) + 1.0;
    if changed.of_clusters() && changed.recurrence_days() > rarest {
        let least = YEAR / rarest;
        return Err(Problem::field(
            "false_alerts_per_year",
            format!("expected {least:.2} or more: the scan's replications tell nothing rarer apart"),
        ));
    }
    state.store.put_rule(&caller.scope, &changed).await?;
    state.store.audit(&caller.scope, "set-rule", &format!("rule:{}", changed.id), now).await?;
    analyse(&state, &caller).await;
    let known = Known::read(&state, &caller).await?;
    Ok(caller.release(known.row(changed))?.into_response())
}

/// Remove a rule of the jurisdiction's own; a built-in one goes back to its first form.
#[utoipa::path(delete, path = "/rules/{id}", tag = "admin", operation_id = "removeRule",
    params(("id" = RuleId, Path)), responses((status = 204, description = "Removed")))]
async fn remove_rule(
    State(state): State<AppState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let own = state.store.rules(&caller.scope).await?;
    let found = own.into_iter().find(|r| r.id.as_str() == id).ok_or_else(Problem::not_found)?;
    state.store.remove_rule(&caller.scope, &found.id).await?;
    state.store.audit(&caller.scope, "remove-rule", &format!("rule:{id}"), state.clock.now()).await?;
    analyse(&state, &caller).await;
    Ok(StatusCode::NO_CONTENT)
}

/// The rule is stored: a queue that fails is made good by the next planned analysis.
async fn analyse(state: &AppState, caller: &Caller) {
    let scope = Scope::system(caller.scope.jurisdiction.clone(), "api");
    match state.store.enqueue(&scope, &[JobKind::Analyse.at(state.clock.now())]).await {
        Ok(()) => state.wake.notify_one(),
        Err(e) => tracing::warn!(error = %e, "the analysis could not be queued after a rule was changed"),
    }
}

pub(super) async fn in_force(state: &AppState, caller: &Caller) -> Result<Vec<AlertRule>, Problem> {
    let built_in = rule::built_in(caller.reference.index.tree(), &state.config.analysis.budgets());
    Ok(rule::in_force(built_in, &state.store.rules(&caller.scope).await?))
}

/// What rows of rules are made from.
struct Known<'a> {
    rules: Vec<AlertRule>,
    built_in: Vec<AlertRule>,
    outcomes: Vec<AlertOutcome>,
    standings: Vec<RuleStanding>,
    tree: &'a AreaTree,
}

impl<'a> Known<'a> {
    async fn read(state: &AppState, caller: &'a Caller) -> Result<Self, Problem> {
        let tree = caller.reference.index.tree();
        Ok(Self {
            rules: in_force(state, caller).await?,
            built_in: rule::built_in(tree, &state.config.analysis.budgets()),
            outcomes: state.store.alert_outcomes(&caller.scope).await?,
            standings: state.store.rule_standings(&caller.scope).await?,
            tree,
        })
    }

    fn row(&self, rule: AlertRule) -> RuleRow {
        let first = self.built_in.iter().find(|b| b.id == rule.id);
        RuleRow {
            built_in: first.is_some(),
            changed: first.is_some_and(|first| *first != rule),
            sentence: self.sentence(&rule),
            areas: rule.areas(self.tree).len(),
            false_alerts_in_all: rule.false_alerts_in_all(self.tree),
            record: RuleRecord::of(rule.id.as_str(), &self.outcomes),
            looked_back: self.looked_back(&rule),
            rule,
        }
    }

    fn looked_back(&self, rule: &AlertRule) -> Option<LookedBack> {
        let own = || self.standings.iter().filter(|s| s.rule == rule.id);
        let years = own().map(|s| f64::from(s.days_judged)).sum::<f64>() / YEAR;
        (years > 0.0).then(|| LookedBack {
            years,
            begun: own().filter_map(|s| s.would_have_begun).sum(),
            by_chance: years * rule.false_alerts_per_year,
        })
    }

    /// "Alert when overdoses in any of 16 counties are above usual; by chance about 0.75 a year in each, 12 in all."
    fn sentence(&self, rule: &AlertRule) -> String {
        let tier = if rule.tier == Tier::Alert { "Alert" } else { "Watch" };
        let what = match rule.measure {
            CaseMeasure::Overdoses => "overdoses",
            CaseMeasure::FatalOverdoses => "fatal overdoses",
            CaseMeasure::NonfatalOverdoses => "nonfatal overdoses",
            CaseMeasure::RepeatedNaloxone => "overdoses with repeated naloxone",
        };
        let each = plain(rule.false_alerts_per_year);
        let off = if rule.enabled { "" } else { " Switched off." };
        if rule.of_clusters() {
            return format!("{tier} when {what} cluster anywhere; by chance about {each} a year.{off}");
        }
        let n = rule.areas(self.tree).len();
        let all = plain(rule.false_alerts_in_all(self.tree));
        let places = if n == 1 { "1 area".to_owned() } else { format!("any of {n} areas") };
        format!(
            "{tier} when {what} in {places} are above usual; by chance about {each} a year in each, {all} in all.{off}"
        )
    }
}

/// "12", "3.7", "0.23".
fn plain(x: f64) -> String {
    let digits = if x >= 10.0 {
        0
    } else if x >= 1.0 {
        1
    } else {
        2
    };
    let text = format!("{x:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// "At the usual 0.3 a day, a doubling for a week is noticed about 1 time in 4; 6 more cases within a week 8 times in 10."
fn sees(standing: &RuleStanding) -> String {
    let (Some(usual), Some(double)) = (standing.usual_per_day, standing.sees_double) else {
        return format!("Nothing can be said: {}.", standing.reason);
    };
    let extra = standing
        .sees_extra
        .map_or_else(String::new, |k| format!("; {k} more cases within a week are noticed 8 times in 10"));
    format!("At the usual {} a day, a doubling for a week is noticed {}{extra}.", plain(usual), one_in(double))
}

fn one_in(p: f64) -> String {
    match p {
        p if p < 0.01 => "less than 1 time in 100".into(),
        p if p < 0.45 => format!("about 1 time in {:.0}", 1.0 / p),
        p if p < 0.95 => format!("about {:.0} times in 10", 10.0 * p),
        _ => "nearly always".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_told_as_a_person_would() {
        assert_eq!(one_in(0.004), "less than 1 time in 100");
        assert_eq!(one_in(0.25), "about 1 time in 4");
        assert_eq!(one_in(0.62), "about 6 times in 10");
        assert_eq!(one_in(0.99), "nearly always");
        assert_eq!([plain(12.0), plain(3.65), plain(0.234), plain(1.0)], ["12", "3.6", "0.23", "1"]);
    }
}
