//! What is known about a place, in short sentences: visits, contacts, kits, follow-ups, and what the
//! events of the window were like.

use chrono::{DateTime, Utc};

use super::{brief::Desk, site::Site};
use crate::domain::{
    alert::Alert,
    corroboration::Corroboration,
    event::{EventFact, EventKind, NaloxoneGiven, Outcome},
    ids::AreaId,
    language::number_word,
    outreach::{BriefPlace, ContactMode, Contacted, Encounter, FollowUp, ReasonKind},
    time::{Day, DayRange},
};

const DAYS: i32 = 30;

pub(super) fn about(desk: &Desk, place: &BriefPlace, site: &Site, follow_ups: &[FollowUp]) -> Vec<String> {
    let mut said = vec![last_visit(desk, site)];
    said.extend(contacts(desk, site));
    let owed = follow_ups.iter().filter(|f| site.holds(f.cell, f.area.as_ref(), &desk.tree)).count();
    if owed > 0 {
        said.push(desk.say_number("follow_ups", owed, &[]));
    }
    if place.reason_kind != ReasonKind::Forecast {
        said.extend(outcomes(desk, place, site));
        if let (Some(p), Some(days)) = (place.forecast_p, place.forecast_days) {
            let percent = percent(p);
            said.push(desk.say("forecast_also", &[("percent", &percent), ("days", &days.to_string())]));
        }
    }
    said
}

/// Of the overdoses that are counted for a place, how many several sources tell of: for an alert those of its window,
/// its cells or area and its measure; else those of the last days at the site.
pub(super) fn corroboration(desk: &Desk, place: &BriefPlace, site: &Site) -> Option<Corroboration> {
    let alert = place.alert.and_then(|id| desk.inputs.alerts.iter().find(|a| a.id == id));
    let window = alert.map_or_else(|| window(desk, place), |a| a.window);
    let counted = desk.of(window).iter().copied().filter(|f| match alert {
        Some(alert) => alert.measure.counts(f) && in_alert(desk, alert, f),
        None => site.holds(f.cell, f.area.as_ref(), &desk.tree),
    });
    desk.inputs.told.of(counted)
}

fn in_alert(desk: &Desk, alert: &Alert, fact: &EventFact) -> bool {
    if fact.kind != alert.kind {
        return false;
    }
    if alert.cells.is_empty() {
        let inside = |area: &AreaId| fact.area.as_ref().is_some_and(|a| desk.tree.contains(area, a));
        return alert.area.as_ref().is_none_or(inside);
    }
    let Some(cell) = fact.cell else { return false };
    alert.cells.iter().any(|c| cell.parent(c.resolution()) == Some(*c))
}

/// The days that a place's count is of, where no alert says.
fn window(desk: &Desk, place: &BriefPlace) -> DayRange {
    DayRange::ending(desk.today, i32::try_from(place.window_days).unwrap_or(1))
}

/// A probability in whole per cent, never a certain 0 or 100.
pub(super) fn percent(p: f64) -> String {
    format!("{:.0}", (100.0 * p).clamp(1.0, 99.0))
}

fn last_visit(desk: &Desk, site: &Site) -> String {
    let logged =
        desk.inputs.last_visits.iter().filter(|(cell, _)| site.holds(Some(*cell), None, &desk.tree)).map(|(_, at)| *at);
    let recent = here(desk, site).filter(|e| matches!(e.mode, ContactMode::Visit | ContactMode::Site)).map(|e| e.at);
    let Some(last) = logged.chain(recent).filter(|at| *at <= desk.inputs.now).max() else {
        return desk.say("visit_none", &[]);
    };
    match days_ago(desk, last) {
        ..=0 => desk.say("visit_today", &[]),
        n => desk.say_number("visit", n as usize, &[]),
    }
}

fn days_ago(desk: &Desk, at: DateTime<Utc>) -> i32 {
    desk.inputs.zone.today(desk.inputs.now) - Day::of(at, desk.inputs.zone)
}

/// Contacts of the last 30 days at the site.
fn here<'a>(desk: &'a Desk, site: &'a Site) -> impl Iterator<Item = &'a Encounter> {
    let days = DayRange::ending(desk.inputs.zone.today(desk.inputs.now), DAYS);
    desk.inputs
        .encounters
        .iter()
        .filter(move |e| days.contains(e.day) && site.holds(e.cell, e.area.as_ref(), &desk.tree))
}

fn contacts(desk: &Desk, site: &Site) -> Vec<String> {
    let (mut all, mut reached, mut kits) = (0usize, 0u32, 0usize);
    for contact in here(desk, site) {
        all += 1;
        reached += u32::from(contact.contacted != Contacted::Nobody);
        kits += contact.kits_given as usize;
    }
    let mut said = Vec::new();
    if all > 0 {
        let reached = number_word(desk.inputs.language, reached);
        said.push(desk.say_number("contacts", all, &[("reached", &reached)]));
    }
    if kits > 0 {
        said.push(desk.say_number("kits", kits, &[]));
    }
    said
}

/// Deaths and naloxone among the overdoses of the window.
fn outcomes(desk: &Desk, place: &BriefPlace, site: &Site) -> Vec<String> {
    let window = window(desk, place);
    let overdoses: Vec<&EventFact> = desk
        .of(window)
        .iter()
        .copied()
        .filter(|f| f.kind == EventKind::Overdose)
        .filter(|f| site.holds(f.cell, f.area.as_ref(), &desk.tree))
        .collect();
    let count = |is: fn(&EventFact) -> bool| overdoses.iter().filter(|f| is(f)).count();
    let fatal = count(|f| matches!(f.outcome, Outcome::Fatal | Outcome::SuspectedFatal));
    let given = count(|f| matches!(f.naloxone, NaloxoneGiven::Single | NaloxoneGiven::Multiple | NaloxoneGiven::Given));
    let total = number_word(desk.inputs.language, u32::try_from(overdoses.len()).unwrap_or(u32::MAX));
    [("fatal", fatal), ("naloxone", given)]
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .map(|(key, n)| desk.say_number(key, n, &[("total", &total)]))
        .collect()
}
