//! The same cluster tomorrow is an update, not a new alert.
//!
//! **Matching.** A group of today's signals continues the open alert that already holds one of its
//! signals; otherwise the one it overlaps most (Jaccard index of the cells; the same area counts as
//! full overlap; a centre within the other's radius as a little), if it counts the same kind and was
//! signalled within the last `days_until_over` days. Pairs are taken best first, ties by id, so the
//! result does not depend on any order. Of several groups that continue the same alert, those that
//! share at least half of the smaller one's cells are taken into it; a group that merely touches it
//! is a story of its own.
//!
//! **Twice is once.** Which alert a signal belongs to is remembered in the alert, so a second run on
//! the same day finds every group where the first run put it, and changes nothing.
//!
//! **Loudness.** The tier of an alert never falls while it lasts. An acknowledged alert that goes from
//! watch to alert is open again.
//!
//! **Whose figures.** The strongest cluster's, when it alone reaches the group's tier: it says where to
//! go. Otherwise the rarest signal's. The others are told as corroboration.
//!
//! **Late reports** restate an alert's figures without telling people again: what came days after it happened does not count
//! as growth.
//!
//! **Moved.** People are told where an alert has gone: whoever goes out tonight goes to the wrong place otherwise.
//! How a cluster grows, moves and cools from day to day is told in its [`course`](crate::domain::course).
//!
//! **Dismissed** alerts take their repeats in silence: the figures stay those that were dismissed,
//! only the day of the last signal moves on. They open again, as an escalation, when the signal has
//! reached a louder tier than the dismissed one, or `reopen_ratio` times its cases (and `more` cases).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{
    Policy,
    group::{Group, Where, group, near},
    wording,
};
use crate::domain::{
    alert::{Alert, AlertState, News, Tier},
    area::{Area, AreaTree},
    course::{Standing, Turn, jaccard, overlap},
    ids::{AlertId, AreaId, JurisdictionId, SignalId},
    language::Language,
    signal::{Signal, SignalScope},
    time::Day,
};

/// Overlap that a centre within the other's radius counts as, where no cell is shared.
const CENTRE_COUNTS: f64 = 0.01;

/// Everything besides the signals that the answer depends on.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    pub jurisdiction: &'a JurisdictionId,
    pub areas: &'a [Area],
    pub policy: &'a Policy,
    /// Language of the headline and sentence that are stored.
    pub language: Language,
    /// The day that the analysis took for today: only signals of this day are read.
    pub as_of: Day,
    /// The newest day for which data arrived. A feed that is silent must not end an alert.
    pub data_through: Day,
    /// The same of single areas that get much of their data from a feed that is silent.
    pub waiting: &'a BTreeMap<AreaId, Day>,
    /// Cases in the place and window of open alerts, counted anew with what came since.
    pub recounted: &'a BTreeMap<AlertId, u32>,
    /// Of these, the ones that came since the alert was last changed, and days after they happened.
    pub late: &'a BTreeMap<AlertId, u32>,
    pub now: DateTime<Utc>,
}

/// A new or changed alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub alert: Alert,
    /// Version it replaces; `None` for a new alert.
    pub replaces: Option<u32>,
    /// What people should hear; `None` when only figures moved.
    pub news: Option<News>,
}

/// New and changed alerts, by id. `open` are the alerts that may go on: all that are not over, and
/// dismissed ones signalled lately.
pub fn reconcile(open: &[Alert], signals: &[Signal], setting: &Setting) -> Vec<Change> {
    let tree = AreaTree::new(setting.areas);
    let policy = setting.policy;
    let speaking: Vec<&Signal> =
        signals.iter().filter(|s| s.as_of == setting.as_of && policy.rule_for(s).is_some()).collect();
    let mut open: Vec<&Alert> = open.iter().filter(|a| a.state != AlertState::Over).collect();
    open.sort_by_key(|a| a.id);

    let (mut continued, new) = assign(&open, group(&speaking, &tree), &tree, setting);
    let mut changes: Vec<Change> = open
        .iter()
        .filter_map(|alert| match continued.remove(&alert.id) {
            Some(group) => carry_on(alert, &group, setting),
            None => close(alert, setting).or_else(|| recount(alert, setting)),
        })
        .chain(new.iter().map(|group| raise(group, setting)))
        .collect();
    changes.sort_by_key(|c| c.alert.id);
    changes
}

/// Which alert each group continues, and the groups that continue none.
fn assign<'a>(
    open: &[&Alert],
    groups: Vec<Group<'a>>,
    tree: &AreaTree,
    setting: &Setting,
) -> (BTreeMap<AlertId, Group<'a>>, Vec<Group<'a>>) {
    let mut pairs: Vec<(f64, AlertId, SignalId, usize)> = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        let cells = group.cells();
        for alert in open {
            let score = score(alert, group, &cells, tree, setting);
            if score > 0.0 {
                pairs.push((score, alert.id, group.members[0].id, at));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));

    let mut taken: Vec<Option<AlertId>> = vec![None; groups.len()];
    let mut continued: Vec<AlertId> = Vec::new();
    for (score, alert, _, at) in pairs {
        if taken[at].is_some() {
            continue;
        }
        let first = !continued.contains(&alert);
        let known = score >= KNOWN;
        let much = || {
            open.iter().find(|a| a.id == alert).is_some_and(|a| {
                let cells = groups[at].cells();
                overlap(&a.cells, &cells) >= 0.5 || (cells.is_empty() && score >= 0.5)
            })
        };
        if first || known || much() {
            taken[at] = Some(alert);
            continued.push(alert);
        }
    }

    let mut by_alert: BTreeMap<AlertId, Group> = BTreeMap::new();
    let mut new = Vec::new();
    for (group, alert) in groups.into_iter().zip(taken) {
        match alert {
            None => new.push(group),
            Some(id) => match by_alert.get_mut(&id) {
                Some(there) => there.absorb(group),
                None => {
                    by_alert.insert(id, group);
                }
            },
        }
    }
    (by_alert, new)
}

/// Added when the alert holds one of the group's signals already: more than any overlap.
const KNOWN: f64 = 2.0;

/// How well a group continues an alert; 0 when it does not.
fn score(
    alert: &Alert,
    group: &Group,
    cells: &[crate::domain::place::Cell],
    tree: &AreaTree,
    setting: &Setting,
) -> f64 {
    if group.members[0].kind != alert.kind || group.members[0].measure != alert.measure {
        return 0.0;
    }
    if group.ids().any(|id| alert.signals.contains(&id)) {
        return KNOWN + jaccard(&alert.cells, cells);
    }
    let window = group.strongest().window;
    let continuous = setting.as_of - alert.last_signalled <= setting.policy.days_until_over
        && window.from <= alert.last_signalled + setting.policy.days_until_over;
    if !continuous {
        return 0.0;
    }
    if alert.cells.is_empty() || cells.is_empty() {
        let theirs = group.members.iter().filter_map(|s| s.area.as_ref());
        return match &alert.area {
            Some(area) if theirs.clone().any(|a| a == area) => 1.0,
            // An area and a cluster in it continue each other, but a closer match comes first.
            Some(area) => {
                let nested = theirs.into_iter().any(|a| tree.contains(area, a) || tree.contains(a, area));
                if nested && alert.cells.is_empty() != cells.is_empty() { 0.4 } else { 0.0 }
            }
            None => 0.0,
        };
    }
    let shared = jaccard(&alert.cells, cells);
    if shared > 0.0 {
        return shared;
    }
    let here = Where { cells: &alert.cells, centre: alert.centre, radius_km: alert.radius_km };
    let close = group.cluster().is_some_and(|c| near(here, Where::of(c)));
    if close { CENTRE_COUNTS } else { 0.0 }
}

fn raise(group: &Group, setting: &Setting) -> Change {
    let told = told(group, setting.policy);
    let kind = told.kind.as_str();
    let id = AlertId::derived(&[setting.jurisdiction.as_str(), kind, &group.members[0].id.to_string()]);
    let blank = Alert {
        id,
        version: 1,
        tier: Tier::Watch,
        state: AlertState::Open,
        rule: String::new(),
        kind: told.kind,
        measure: told.measure,
        headline: String::new(),
        sentence: String::new(),
        place_name: String::new(),
        area: None,
        cells: Vec::new(),
        centre: None,
        radius_km: None,
        window: told.window,
        observed: 0,
        expected: 0.0,
        expected_range: [0.0, 0.0],
        p_value: 1.0,
        recurrence_interval_days: 0.0,
        turn: Turn::New,
        peak_recurrence_interval_days: 0.0,
        first_signalled: setting.as_of,
        last_signalled: setting.as_of,
        signals: Vec::new(),
        caveats: Vec::new(),
        told_observed: told.observed,
        told_expected: told.expected,
        raised_at: setting.now,
        updated_at: setting.now,
    };
    Change { alert: updated(blank, group, setting), replaces: None, news: Some(News::Raised) }
}

/// The alert with today's figures: everything but state, news and version.
fn updated(mut alert: Alert, group: &Group, setting: &Setting) -> Alert {
    let told = told(group, setting.policy);
    let place = group.cluster().unwrap_or(told);
    let cells = group.cells();
    // People know a cluster by its name: it keeps it as long as most of the place is the same. An
    // area's figures always stand under the area's own name.
    let same_place = jaccard(&alert.cells, &cells) >= 0.5;
    let named_as_area = setting.areas.iter().any(|a| a.name == alert.place_name);
    if told.scope == SignalScope::Area || !same_place || named_as_area {
        alert.place_name = place_name(told, setting);
    }
    if let Some(rule) = setting.policy.rule_for(told)
        && (alert.rule.is_empty() || rule.tier > alert.tier)
    {
        alert.tier = rule.tier;
        alert.rule.clone_from(&rule.id);
    }
    alert.area.clone_from(&place.area);
    alert.cells = cells;
    alert.centre = place.centre;
    alert.radius_km = place.radius_km;
    alert.window = told.window;
    alert.observed = told.observed;
    alert.expected = told.expected;
    alert.expected_range = told.expected_range;
    alert.p_value = told.p_value;
    alert.recurrence_interval_days = told.recurrence_interval_days;
    alert.peak_recurrence_interval_days =
        alert.peak_recurrence_interval_days.max(group.strongest().recurrence_interval_days);
    alert.caveats.clear();
    for caveat in group.members.iter().flat_map(|s| &s.caveats) {
        if !alert.caveats.contains(caveat) {
            alert.caveats.push(caveat.clone());
        }
    }
    let alert = signalled(alert, group, setting.as_of);
    let others: Vec<&Signal> = group.members.iter().copied().filter(|s| s.id != told.id).collect();
    let headline = wording::headline(&alert, setting.language);
    let sentence = wording::sentence_with(&alert, told, &others, setting.language);
    Alert { headline, sentence, ..alert }
}

/// What the place is called: by the signal, else by its area, else by the jurisdiction's id.
fn place_name(told: &Signal, setting: &Setting) -> String {
    let area = || setting.areas.iter().find(|a| Some(&a.id) == told.area.as_ref()).map(|a| a.name.clone());
    Some(told.place_name.clone())
        .filter(|name| !name.trim().is_empty())
        .or_else(area)
        .unwrap_or_else(|| setting.jurisdiction.to_string())
}

/// The signal whose figures are told.
fn told<'a>(group: &Group<'a>, policy: &Policy) -> &'a Signal {
    let tier = |s: &Signal| policy.rule_for(s).map(|r| r.tier);
    let strongest = group.strongest();
    group.cluster().filter(|c| tier(c) >= tier(strongest)).unwrap_or(strongest)
}

/// Remember the signals and the day.
fn signalled(mut alert: Alert, group: &Group, as_of: Day) -> Alert {
    let mut fresh: Vec<SignalId> = group.ids().filter(|id| !alert.signals.contains(id)).collect();
    fresh.sort_unstable();
    alert.signals.extend(fresh);
    alert.last_signalled = alert.last_signalled.max(as_of);
    alert
}

/// An alert that is signalled again.
fn carry_on(before: &Alert, group: &Group, setting: &Setting) -> Option<Change> {
    if setting.as_of < before.last_signalled {
        // An analysis of an older day knows less than the alert does.
        return None;
    }
    let told = told(group, setting.policy);
    let growth = setting.policy.growth;
    // What is above usual is compared: a county's figures hold more than those of a place in it without being worse.
    let grown = |ratio: f64, from: u32, from_expected: f64| {
        let (then, now) = (f64::from(from) - from_expected, f64::from(told.observed) - told.expected);
        let more = told.observed >= from.saturating_add(growth.more);
        more && now >= ratio * then && now >= then + f64::from(growth.more)
    };
    // What was reported days late restates the past: it is no growth that people should be told of.
    let late = setting.late.get(&before.id).copied().unwrap_or(0);
    let mut after = updated(before.clone(), group, setting);
    after.told_observed = before.told_observed.saturating_add(late);
    let turn = Standing::of_alert(&after).since(&Standing::of_alert(before));
    // A second run on the same day sees the turn that the first one saw, unless the figures have changed since.
    if turn != Turn::Steady || after.last_signalled > before.last_signalled {
        after.turn = turn;
    }
    let louder = after.tier > before.tier;

    if before.state == AlertState::Dismissed {
        if louder || grown(growth.reopen_ratio, before.observed.saturating_add(late), before.expected) {
            return told_again(before, after, AlertState::Open, News::Escalated, setting);
        }
        return changed(before, signalled(before.clone(), group, setting.as_of), None, setting);
    }
    if louder {
        let state = if before.state == AlertState::Acknowledged { AlertState::Open } else { before.state };
        return told_again(before, after, state, News::Escalated, setting);
    }
    if grown(growth.ratio, after.told_observed, before.told_expected) {
        return told_again(before, after, before.state, News::Grown, setting);
    }
    let moved = turn == Turn::Moved && after.tier == Tier::Alert;
    changed(before, after, moved.then_some(News::Moved), setting)
}

fn told_again(before: &Alert, after: Alert, state: AlertState, news: News, setting: &Setting) -> Option<Change> {
    let raised_at = if news == News::Escalated { setting.now } else { before.raised_at };
    let after = Alert { state, told_observed: after.observed, told_expected: after.expected, raised_at, ..after };
    changed(before, after, Some(news), setting)
}

/// An alert that was not signalled today: over, once it was silent long enough with data arriving. After
/// four times as long it is over in any case: nobody acts on a month-old cluster, and in a quiet place
/// the newest day with an event may stay before the end for good.
fn close(before: &Alert, setting: &Setting) -> Option<Change> {
    let patience = setting.policy.days_until_over;
    let waiting = before.area.as_ref().and_then(|area| setting.waiting.get(area)).copied();
    let through = setting.data_through.min(waiting.unwrap_or(setting.data_through));
    let waited = setting.as_of.min(through) - before.last_signalled;
    let long_past = setting.as_of - before.last_signalled >= 4 * patience;
    if before.state == AlertState::Dismissed || (waited < patience && !long_past) {
        return None;
    }
    changed(before, Alert { state: AlertState::Over, ..before.clone() }, Some(News::Over), setting)
}

/// Late reports of an alert's own days restate its figures, and nobody is told again: its window is over.
fn recount(before: &Alert, setting: &Setting) -> Option<Change> {
    let observed = *setting.recounted.get(&before.id)?;
    if before.state == AlertState::Dismissed || observed <= before.observed {
        return None;
    }
    let after = Alert { observed, ..before.clone() };
    let headline = wording::headline(&after, setting.language);
    let sentence = wording::sentence(&after, setting.language);
    changed(before, Alert { headline, sentence, ..after }, None, setting)
}

/// A change only when something did change.
fn changed(before: &Alert, after: Alert, news: Option<News>, setting: &Setting) -> Option<Change> {
    (after != *before).then(|| Change {
        alert: Alert { version: before.version + 1, updated_at: setting.now, ..after },
        replaces: Some(before.version),
        news,
    })
}
