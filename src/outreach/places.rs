//! Which places a brief names, in which order, and that they are different places.

use std::{cmp::Reverse, collections::BTreeMap};

use statrs::distribution::{DiscreteCDF, Poisson};

use super::{
    brief::Desk,
    known::percent,
    site::{Site, name_of},
};
use crate::domain::{
    alert::{Alert, AlertState, Tier},
    event::{EventFact, EventKind},
    forecast::{Forecast, ForecastLevel},
    ids::AreaId,
    language::{counted, expected_text, how_often, span},
    outreach::{BriefPlace, ReasonKind},
    place::{Cell, Point},
    time::DayRange,
};

/// Days of the small curve beside each place.
const CURVE_DAYS: i32 = 14;
/// Cells whose centres are closer than this are one place to go to: neighbours of the shared size are
/// about 0.9 km apart.
const SAME_PLACE_KM: f64 = 1.2;

type Chosen = Vec<(BriefPlace, Site)>;

/// At most `max_places` different places, best first, and whether any forecast was there to read.
pub(super) fn choose(desk: &Desk) -> (Chosen, bool) {
    let max = desk.inputs.options.max_places;
    let mut chosen: Chosen = Vec::new();
    for alert in ranked_alerts(desk) {
        let (place, site) = of_alert(desk, alert);
        match chosen.iter().position(|(there, at)| same_place(there, at, &place, &site)) {
            Some(i) => chosen[i].0.known.push(desk.say("also_watch", &[("headline", &alert.headline)])),
            None if chosen.len() < max => chosen.push((place, site)),
            None => {}
        }
    }
    let forecasts = ranked_forecasts(desk);
    let found = !forecasts.is_empty();
    let more: Box<dyn Iterator<Item = (BriefPlace, Site)>> = if found {
        Box::new(forecasts.into_iter().map(|(f, cell)| of_forecast(desk, f, cell)))
    } else {
        Box::new(ranked_history(desk).into_iter())
    };
    // Two places of one name cannot be told apart on a phone: another of it comes only where nothing else does.
    let mut namesakes: Chosen = Vec::new();
    for (place, site) in more {
        if chosen.len() >= max {
            break;
        }
        if chosen.iter().any(|(there, at)| same_place(there, at, &place, &site)) {
            continue;
        }
        let kept = if chosen.iter().any(|(there, _)| there.name == place.name) { &mut namesakes } else { &mut chosen };
        if kept.len() < max {
            kept.push((place, site));
        }
    }
    for (place, site) in namesakes {
        if chosen.len() < max && !chosen.iter().any(|(there, at)| same_place(there, at, &place, &site)) {
            chosen.push((place, site));
        }
    }
    (chosen, found)
}

/// Whether two are one place to go to. Areas without cells are no obstacle to places inside them.
fn same_place(a: &BriefPlace, at: &Site, b: &BriefPlace, bt: &Site) -> bool {
    if at.cells.is_empty() || bt.cells.is_empty() {
        return at.area.is_some() && at.area == bt.area;
    }
    let reach = |site: &Site, from: Point| {
        site.cells.iter().map(|c| c.centre().distance_km(from)).fold(f64::INFINITY, f64::min)
    };
    at.shares_ground(bt) || reach(at, b.centre) < SAME_PLACE_KM || reach(bt, a.centre) < SAME_PLACE_KM
}

fn ranked_alerts<'a>(desk: &Desk<'a>) -> Vec<&'a Alert> {
    let running = [AlertState::Open, AlertState::Acknowledged, AlertState::Investigating];
    let mut alerts: Vec<&Alert> = desk
        .inputs
        .alerts
        .iter()
        .filter(|a| running.contains(&a.state) && desk.catchment.holds(a.area.as_ref()))
        .collect();
    alerts.sort_by(|a, b| {
        b.tier
            .cmp(&a.tier)
            .then(b.recurrence_interval_days.total_cmp(&a.recurrence_interval_days))
            .then(b.observed.cmp(&a.observed))
            .then(a.id.cmp(&b.id))
    });
    alerts
}

/// One forecast per shared cell, over the window length nearest to the wished one, most likely first.
fn ranked_forecasts<'a>(desk: &Desk<'a>) -> Vec<(&'a Forecast, Cell)> {
    let wished = i64::from(desk.inputs.options.forecast_days);
    let mut forecasts: Vec<(&Forecast, Cell)> = desk
        .inputs
        .forecasts
        .iter()
        .filter(|f| f.level == ForecastLevel::Cell && f.kind == EventKind::Overdose)
        .filter(|f| desk.catchment.holds(f.area.as_ref()) && f.p_at_least_one.is_finite())
        .filter_map(|f| Some((f, f.cell?)))
        .collect();
    let off = |f: &Forecast| (f.window.len() as i64 - wished).abs();
    let Some(best) = forecasts.iter().map(|(f, _)| (off(f), f.window.len())).min() else { return Vec::new() };
    forecasts.retain(|(f, _)| (off(f), f.window.len()) == best);
    forecasts.sort_by(|(a, ac), (b, bc)| {
        b.p_at_least_one.total_cmp(&a.p_at_least_one).then(b.mean.total_cmp(&a.mean)).then(ac.cmp(bc))
    });
    forecasts
}

/// Shared cells by all past counts: for when there is no forecast.
fn ranked_history(desk: &Desk) -> Vec<(BriefPlace, Site)> {
    let mut counts: BTreeMap<Cell, (u32, Option<&AreaId>)> = BTreeMap::new();
    let overdoses = desk.overdoses();
    for fact in &overdoses {
        if let Some(cell) = fact.cell.filter(|c| c.resolution() >= crate::domain::place::FINEST_SHARED) {
            let entry = counts.entry(cell.shared()).or_insert((0, fact.area.as_ref()));
            entry.0 += 1;
        }
    }
    let mut cells: Vec<_> = counts.into_iter().filter(|(_, (n, _))| *n >= 2).collect();
    cells.sort_by_key(|(cell, (n, _))| (Reverse(*n), *cell));
    let total = overdoses.len().to_string();
    let days = desk.inputs.facts_days.len();
    cells
        .into_iter()
        .map(|(cell, (n, area))| {
            let site = Site::of_cells(&[cell]);
            let usual = f64::from(n) / days as f64 * 7.0;
            let reason =
                desk.say("history", &[("count", &n.to_string()), ("total", &total), ("days", &days.to_string())]);
            let place = BriefPlace {
                reason,
                certainty: desk.say("long_run", &[]),
                ..coming_place(desk, &site, cell, area, usual)
            };
            (place, site)
        })
        .collect()
}

fn of_alert(desk: &Desk, alert: &Alert) -> (BriefPlace, Site) {
    let language = desk.inputs.language;
    let mut known = Vec::new();
    let mut site = Site::of_cells(&alert.cells);
    if site.cells.is_empty() {
        site.area.clone_from(&alert.area);
        // Where in the area: the cell that holds most of its events, if one stands out.
        if let Some((cell, n, total)) = densest(desk, alert, &site) {
            let area = alert.area.as_ref().and_then(|a| desk.tree.get(a));
            let name = name_of(cell.centre(), area, desk.inputs.places, &alert.place_name, language);
            let values = [("count", &n.to_string()), ("total", &total.to_string()), ("place", &name)];
            known.push(desk.say("mostly", &values.map(|(k, v)| (k, v.as_str()))));
            site = Site::of_cells(&[cell]);
        }
    }
    let area_centre = || alert.area.as_ref().and_then(|a| desk.tree.get(a)).map(|a| a.centre);
    let centre = nearest_cell(&site, alert.centre)
        .or_else(area_centre)
        .or(alert.centre)
        .or_else(|| desk.inputs.areas.first().map(|a| a.centre));
    let certainty = match alert.recurrence_interval_days {
        d if d >= 365.0 => "very_sure",
        d if d >= 100.0 => "fairly_sure",
        _ => "hint",
    };
    let (forecast_p, forecast_days) = forecast_here(desk, &site);
    let place = BriefPlace {
        rank: 0,
        name: alert.place_name.clone(),
        area: alert.area.clone(),
        area_name: desk.area_name(alert.area.as_ref()),
        reason_kind: if alert.tier == Tier::Alert { ReasonKind::Alert } else { ReasonKind::Watch },
        reason: reason(desk, alert),
        certainty: desk.say(certainty, &[]),
        observed: alert.observed,
        expected: alert.expected,
        expected_range: alert.expected_range,
        window_days: alert.window.len() as u32,
        recurrence_interval_days: Some(alert.recurrence_interval_days),
        forecast_p,
        forecast_days,
        corroboration: None,
        recent: recent(desk, &site, alert.kind),
        known,
        alert: Some(alert.id),
        tier: Some(alert.tier),
        // An alert without cells, area and centre cannot come from a signal; the equator is visibly wrong.
        centre: centre.unwrap_or_else(|| Point::new(0.0, 0.1).expect("a valid position")),
        cells: site.cells.clone(),
        caveats: alert.caveats.clone(),
    };
    (place, site)
}

/// The alert's own sentence without its place, which stands above it. In another language than it was
/// stored in, the figures and the chance are said anew.
fn reason(desk: &Desk, alert: &Alert) -> String {
    let language = desk.inputs.language;
    let usual = expected_text(language, alert.expected);
    let figures = super::TEXTS.say_n(
        language,
        "figures",
        &usual,
        &[
            ("count", &alert.observed.to_string()),
            ("counted", counted(language, alert.kind, alert.measure, alert.observed)),
            ("span", &span(language, alert.window.len())),
            ("expected", &usual),
        ],
    );
    match alert.sentence.strip_prefix(&format!("{}: ", alert.place_name)) {
        Some(said) if said.starts_with(figures.trim_end_matches('.')) => said.to_owned(),
        _ => {
            let often = how_often(language, alert.recurrence_interval_days);
            format!("{figures} {}", desk.say("chance", &[("often", &often)]))
        }
    }
}

/// The shared cell with most events of an area alert's window, when it holds two or more and a third.
fn densest(desk: &Desk, alert: &Alert, site: &Site) -> Option<(Cell, u32, u32)> {
    let mut counts: BTreeMap<Cell, u32> = BTreeMap::new();
    let mut total = 0;
    for fact in desk.of(alert.window).iter().filter(|f| f.kind == alert.kind) {
        if site.holds(None, fact.area.as_ref(), &desk.tree) {
            total += 1;
            if let Some(cell) = fact.cell.filter(|c| c.resolution() >= crate::domain::place::FINEST_SHARED) {
                *counts.entry(cell.shared()).or_default() += 1;
            }
        }
    }
    let (cell, n) = counts.into_iter().max_by_key(|(cell, n)| (*n, Reverse(*cell)))?;
    (n >= 2 && 3 * n >= total).then_some((cell, n, total))
}

fn of_forecast(desk: &Desk, forecast: &Forecast, cell: Cell) -> (BriefPlace, Site) {
    let site = Site::of_cells(&[cell]);
    let days = forecast.window.len();
    let (p, mean, history) = (forecast.p_at_least_one, forecast.mean, forecast.history_mean);
    let ratio = if history > 0.0 { mean / history } else { 1.0 };
    let times = expected_text(desk.inputs.language, ratio);
    let key = if ratio >= 1.5 { "forecast_rising" } else { "forecast_usual" };
    let values = [("percent", &percent(p)), ("days", &days.to_string()), ("times", &times)];
    let certainty = match p {
        p if p >= 2.0 / 3.0 => "likely",
        p if p >= 1.0 / 3.0 => "possible",
        _ => "unlikely",
    };
    let place = BriefPlace {
        reason: desk.say(key, &values.map(|(k, v)| (k, v.as_str()))),
        certainty: desk.say(certainty, &[]),
        forecast_p: Some(p),
        forecast_days: u32::try_from(days).ok(),
        caveats: if forecast.caveat.is_empty() { Vec::new() } else { vec![forecast.caveat.clone()] },
        ..coming_place(desk, &site, cell, forecast.area.as_ref(), history / days as f64 * 7.0)
    };
    (place, site)
}

/// A cell named for what may come, with the last week against its usual week.
fn coming_place(desk: &Desk, site: &Site, cell: Cell, area: Option<&AreaId>, usual_week: f64) -> BriefPlace {
    let curve = recent(desk, site, EventKind::Overdose);
    let found = area.and_then(|a| desk.tree.get(a));
    let centre = cell.shared().centre();
    BriefPlace {
        rank: 0,
        name: name_of(centre, found, desk.inputs.places, &desk.catchment.name, desk.inputs.language),
        area: area.cloned(),
        area_name: found.map(|a| a.name.clone()),
        reason_kind: ReasonKind::Forecast,
        reason: String::new(),
        certainty: String::new(),
        observed: curve.iter().rev().take(7).sum(),
        expected: usual_week,
        expected_range: poisson_range(usual_week),
        window_days: 7,
        recurrence_interval_days: None,
        forecast_p: None,
        forecast_days: None,
        corroboration: None,
        recent: curve,
        known: Vec::new(),
        alert: None,
        tier: None,
        centre,
        cells: site.cells.clone(),
        caveats: Vec::new(),
    }
}

/// Probability of an overdose in any of the site's cells, taking cells as independent, with the days.
fn forecast_here(desk: &Desk, site: &Site) -> (Option<f64>, Option<u32>) {
    let here: Vec<&Forecast> = ranked_forecasts(desk)
        .into_iter()
        .filter(|(_, cell)| site.holds(Some(*cell), None, &desk.tree))
        .map(|(f, _)| f)
        .collect();
    let Some(first) = here.first() else { return (None, None) };
    let none: f64 = here.iter().map(|f| 1.0 - f.p_at_least_one.clamp(0.0, 1.0)).product();
    (Some(1.0 - none), u32::try_from(first.window.len()).ok())
}

/// Daily counts of the last two weeks, oldest first.
fn recent(desk: &Desk, site: &Site, kind: EventKind) -> Vec<u32> {
    let days = DayRange::ending(desk.today, CURVE_DAYS);
    let mut counts = vec![0; days.len()];
    let here = |f: &&&EventFact| f.kind == kind && site.holds(f.cell, f.area.as_ref(), &desk.tree);
    for fact in desk.of(days).iter().filter(here) {
        if let Some(at) = days.index(fact.event_day) {
            counts[at] += 1;
        }
    }
    counts
}

/// Centre of the site's cell nearest to the alert's centre: a place to drive to, and no event's point.
fn nearest_cell(site: &Site, centre: Option<Point>) -> Option<Point> {
    let centres = site.cells.iter().map(|c| c.centre());
    match centre {
        None => centres.into_iter().next(),
        Some(p) => centres.min_by(|a, b| a.distance_km(p).total_cmp(&b.distance_km(p))),
    }
}

/// The middle 95 % of a Poisson count.
fn poisson_range(mean: f64) -> [f64; 2] {
    Poisson::new(mean).map_or([0.0, 0.0], |d| [d.inverse_cdf(0.025) as f64, d.inverse_cdf(0.975) as f64])
}
