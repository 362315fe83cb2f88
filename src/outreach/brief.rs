//! The shift brief: put together from what is known now.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::{Past, Seen, TEXTS, known, limits, places, site::Catchment};
use crate::domain::{
    alert::{Alert, AlertState, Tier},
    area::{Area, AreaTree, NamedPlace},
    corroboration::Told,
    event::{EventFact, EventKind},
    forecast::Forecast,
    ids::{AreaId, EventId, IncidentId},
    language::{Language, number_word},
    outreach::{BriefPlace, Encounter, FollowUp, FollowUpState, ReasonKind, ShiftBrief},
    place::{Cell, Precision},
    quality::DataAge,
    time::{Day, DayRange, Shift, Zone},
};

/// Sentences look back so far, and as far as an alert's window.
const RECENT_DAYS: i32 = 30;

/// How briefs are written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BriefOptions {
    /// At most this many places: three can be visited in a shift.
    pub max_places: usize,
    /// Forecasts over about this many days are read.
    pub forecast_days: u32,
    /// Recurrence intervals of the rules in force, days: what `limits` is computed for.
    pub watch_recurrence_days: f64,
    pub alert_recurrence_days: f64,
    /// Data older than this are said to be old.
    pub stale_hours: i64,
}

impl Default for BriefOptions {
    fn default() -> Self {
        Self {
            max_places: 3,
            forecast_days: 7,
            watch_recurrence_days: 30.0,
            alert_recurrence_days: 100.0,
            stale_hours: 24,
        }
    }
}

/// Everything a brief is made from. Rows of other catchments are left out here, so lists may hold more.
#[derive(Debug, Clone)]
pub struct BriefInputs<'a> {
    /// Areas served (with all below them); empty means the whole jurisdiction.
    pub catchment: &'a [AreaId],
    pub areas: &'a [Area],
    pub places: &'a [NamedPlace],
    pub zone: Zone,
    pub shift: Shift,
    pub now: DateTime<Utc>,
    /// Start of the shift before: what happened since is told as a change.
    pub since: Option<DateTime<Utc>>,
    /// Alerts of any state; those that are over or dismissed only matter for what changed.
    pub alerts: &'a [Alert],
    /// Current forecasts of overdoses, of cells (with their area) and areas.
    pub forecasts: &'a [Forecast],
    /// What is known of the catchment.
    pub past: &'a dyn Past,
    /// The days that are asked of it: at least the last 30, better a year, for the usual rate. The last one is taken for
    /// today.
    pub facts_days: DayRange,
    /// Who told of the overdoses of the alerts' windows and of the last week, wherever in the jurisdiction.
    pub told: &'a Told,
    pub follow_ups: &'a [FollowUp],
    /// Contacts of the last 30 days.
    pub encounters: &'a [Encounter],
    pub last_visits: &'a [(Cell, DateTime<Utc>)],
    pub data: DataAge,
    pub options: &'a BriefOptions,
    /// What the alert rules see in the catchment, where it is one area that they judge.
    pub seen: Option<Seen>,
    pub language: Language,
}

/// The inputs with what every part of the brief asks of them.
pub(super) struct Desk<'a> {
    pub inputs: &'a BriefInputs<'a>,
    pub tree: AreaTree,
    pub catchment: Catchment<'a>,
    /// The day that the counts end with.
    pub today: Day,
    /// Recent facts of the catchment, each incident and kind once, by day: as far back as any sentence looks.
    recent: Vec<&'a EventFact>,
    /// Overdoses of the usual days, each incident once.
    usual: usize,
    /// Reports of overdoses that came since the shift before, of whatever day.
    new: Vec<&'a EventFact>,
}

/// What a liaison reads before a shift.
pub fn brief(inputs: &BriefInputs) -> ShiftBrief {
    let desk = Desk::new(inputs);
    let (mut places, forecast_found) = places::choose(&desk);
    let mut follow_ups: Vec<FollowUp> = inputs
        .follow_ups
        .iter()
        .filter(|f| matches!(f.state, FollowUpState::Due | FollowUpState::Attempted))
        .filter(|f| desk.catchment.holds(f.area.as_ref()))
        .cloned()
        .collect();
    follow_ups.sort_by_key(|f| (f.due_by, f.id));
    for (rank, (place, site)) in (1u8..).zip(&mut places) {
        place.rank = rank;
        place.corroboration = known::corroboration(&desk, place, site);
        let mut said = known::about(&desk, place, site, &follow_ups);
        said.append(&mut place.known);
        place.known = said;
    }
    let places: Vec<BriefPlace> = places.into_iter().map(|(place, _)| place).collect();
    ShiftBrief {
        catchment: inputs.catchment.to_vec(),
        catchment_name: desk.catchment.name.clone(),
        shift: inputs.shift,
        quiet: desk.quiet(&places, forecast_found),
        places,
        changes: desk.changes(&follow_ups),
        follow_ups,
        limits: desk.limits(),
        data: inputs.data.clone(),
    }
}

impl<'a> Desk<'a> {
    fn new(inputs: &'a BriefInputs<'a>) -> Self {
        let tree = AreaTree::new(inputs.areas);
        let catchment = Catchment::new(inputs.catchment, inputs.areas, &tree, inputs.language);
        let days = inputs.facts_days;
        let from = inputs.alerts.iter().map(|a| a.window.from).fold(days.to - RECENT_DAYS, Day::min) - 1;
        let recent = inputs.past.on(DayRange { from: from.max(days.from), to: days.to });
        let new = inputs.since.map_or_else(Vec::new, |since| inputs.past.received_after(since, days));
        let usual = inputs.past.overdoses(usual_days(days));
        Self { inputs, tree, catchment, today: days.to, recent: each_incident_once(recent), usual, new }
    }

    /// Recent facts of the catchment in these days.
    pub fn of(&self, days: DayRange) -> &[&'a EventFact] {
        let from = self.recent.partition_point(|f| f.event_day < days.from);
        let to = self.recent.partition_point(|f| f.event_day <= days.to);
        self.recent.get(from..to).unwrap_or_default()
    }

    /// All overdoses of the catchment: a walk through everything, for when there is no forecast.
    pub fn overdoses(&self) -> Vec<&'a EventFact> {
        let mut facts = self.inputs.past.on(self.inputs.facts_days);
        facts.retain(|f| f.kind == EventKind::Overdose);
        each_incident_once(facts)
    }

    pub fn say(&self, key: &str, values: &[(&str, &str)]) -> String {
        TEXTS.say(self.inputs.language, key, values)
    }

    /// A sentence about a number, in words up to twelve and in the singular for one.
    pub fn say_number(&self, key: &str, n: usize, values: &[(&str, &str)]) -> String {
        let number = number_word(self.inputs.language, u32::try_from(n).unwrap_or(u32::MAX));
        let mut all = vec![("number", number.as_str())];
        all.extend_from_slice(values);
        capitalised(&TEXTS.say_n(self.inputs.language, key, &number, &all))
    }

    pub fn area_name(&self, area: Option<&AreaId>) -> Option<String> {
        area.and_then(|a| self.tree.get(a)).map(|a| a.name.clone())
    }

    /// Overdoses a day, each incident once.
    fn usual_per_day(&self) -> f64 {
        self.usual as f64 / usual_days(self.inputs.facts_days).len() as f64
    }

    /// Overdoses that nothing was known of before.
    fn newly_known(&self, since: DateTime<Utc>) -> usize {
        let told_again: HashSet<IncidentId> = self.new.iter().filter_map(|f| f.incident).collect();
        let alone = self.new.iter().filter(|f| f.incident.is_none()).count();
        if told_again.is_empty() {
            return alone;
        }
        alone + self.inputs.past.unknown_at(since, told_again, self.inputs.facts_days)
    }

    /// Said when nothing, or little, stands out.
    fn quiet(&self, places: &[BriefPlace], forecast_found: bool) -> Option<String> {
        let standing_out = places.iter().filter(|p| p.reason_kind != ReasonKind::Forecast).count();
        let place = self.catchment.name.as_str();
        let days = self.inputs.facts_days.len().to_string();
        match (standing_out, places.len()) {
            (0, 0) => Some(self.say("quiet_empty", &[("place", place), ("days", &days)])),
            (0, _) if forecast_found => Some(self.say("quiet", &[("place", place)])),
            (0, _) => Some(self.say("quiet_history", &[("place", place), ("days", &days)])),
            (n, all) if n < all && forecast_found => Some(self.say_number("thin", n, &[])),
            (n, all) if n < all => Some(self.say_number("thin_history", n, &[])),
            _ => None,
        }
    }

    /// What happened since the shift before.
    fn changes(&self, follow_ups: &[FollowUp]) -> Vec<String> {
        let Some(since) = self.inputs.since else { return Vec::new() };
        let mut alerts: Vec<&Alert> = self
            .inputs
            .alerts
            .iter()
            .filter(|a| a.updated_at > since && self.catchment.holds(a.area.as_ref()))
            .collect();
        alerts.sort_by(|a, b| b.tier.cmp(&a.tier).then(b.updated_at.cmp(&a.updated_at)).then(a.id.cmp(&b.id)));
        let mut said: Vec<String> = alerts
            .into_iter()
            .filter_map(|a| {
                let key = match a.state {
                    AlertState::Dismissed => return None,
                    AlertState::Over => "change_over",
                    _ if a.raised_at > since => "change_raised",
                    _ if a.tier == Tier::Alert => "change_louder",
                    _ => return None,
                };
                Some(self.say(key, &[("headline", &a.headline)]))
            })
            .collect();
        let fresh = self.newly_known(since);
        let key = if fresh == 0 { "change_events_none" } else { "change_events" };
        let count = fresh.to_string();
        let values = [("count", count.as_str()), ("place", &self.catchment.name)];
        said.push(TEXTS.say_n(self.inputs.language, key, &count, &values));
        let opened = follow_ups.iter().filter(|f| f.opened_at > since).count();
        if opened > 0 {
            said.push(self.say_number("change_follow_ups", opened, &[]));
        }
        said
    }

    /// What could not be noticed here: the rate, the age of the data, silent feeds.
    fn limits(&self) -> String {
        let language = self.inputs.language;
        let mut said = vec![limits::sentence(
            &self.catchment.name,
            self.usual_per_day(),
            self.inputs.options,
            self.inputs.seen,
            language,
        )];
        let data = &self.inputs.data;
        if let Some(last) = data.last_received_at {
            let age = self.inputs.now - last;
            if age > Duration::hours(self.inputs.options.stale_hours) {
                said.push(self.say("stale", &[("hours", &age.num_hours().to_string())]));
            }
        }
        if !data.silent_sources.is_empty() {
            said.push(self.say("silent", &[("sources", &data.silent_sources.join(", "))]));
        }
        said.join(" ")
    }
}

/// The known past, without the last two weeks where that leaves a month.
fn usual_days(known: DayRange) -> DayRange {
    let to = if known.len() >= 42 { known.to - 14 } else { known.to };
    DayRange { from: known.from, to }
}

/// By day, and of the facts of one incident and kind the one that is placed best.
fn each_incident_once(mut facts: Vec<&EventFact>) -> Vec<&EventFact> {
    facts.sort_by_key(|f| f.event_day);
    let mut best: HashMap<(IncidentId, EventKind), (Precision, EventId)> = HashMap::new();
    for fact in &facts {
        if let Some(incident) = fact.incident {
            let rank = (fact.precision, fact.id);
            best.entry((incident, fact.kind)).and_modify(|known| *known = rank.min(*known)).or_insert(rank);
        }
    }
    facts.retain(|f| f.incident.is_none_or(|i| best[&(i, f.kind)].1 == f.id));
    facts
}

pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
