//! What a brief says in the situations a liaison meets, and what becomes of a follow-up.

mod briefs;
mod follow_ups;

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Duration, Utc};

use super::*;
use crate::domain::{
    alert::{Alert, AlertState, Tier},
    area::{Area, AreaKind, AreaTree, NamedPlace},
    corroboration::{Corroboration, Told},
    event::{EventFact, EventKind, NaloxoneGiven, Outcome},
    forecast::{Forecast, ForecastLevel},
    ids::{AlertId, AreaId, EncounterId, EventId, FollowUpId, IncidentId, JurisdictionId, RunId, SourceId, UserId},
    language::Language,
    outreach::{ContactMode, Contacted, Encounter, FollowUp, FollowUpState, ReasonKind, ShiftBrief, Trigger},
    place::{Cell, FINEST_SHARED, Point, Precision},
    quality::DataAge,
    signal::Method,
    time::{Day, DayRange, Shift, Zone},
};

const TODAY: i32 = 20_000;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(86_400 * i64::from(TODAY) + 64_800, 0).unwrap()
}

fn day(back: i32) -> Day {
    Day::from_epoch_days(TODAY - back)
}

fn id(text: &str) -> AreaId {
    AreaId::new(text).unwrap()
}

/// Cells in a row, far enough apart to be different places.
fn cell(n: i32) -> Cell {
    Point::new(44.8, -68.8 + 0.03 * f64::from(n)).unwrap().cell(FINEST_SHARED)
}

fn area(name: &str, parent: Option<&str>) -> Area {
    Area {
        id: AreaId::slugify(name).unwrap(),
        parent: parent.map(id),
        kind: AreaKind::Other,
        name: name.into(),
        centre: Point::new(44.9, -68.7).unwrap(),
        bbox: [-70.0, 43.0, -68.0, 46.0],
        population: None,
        population_year: None,
    }
}

fn areas() -> Vec<Area> {
    vec![
        area("Maine", None),
        area("Penobscot", Some("maine")),
        area("Bangor", Some("penobscot")),
        area("York", Some("maine")),
    ]
}

fn fact(n: usize, at: i32, back: i32) -> EventFact {
    EventFact {
        id: EventId::derived(&["e", &n.to_string()]),
        source: SourceId::new("ems").unwrap(),
        kind: EventKind::Overdose,
        occurred_at: now() - Duration::days(i64::from(back)),
        received_at: now() - Duration::days(i64::from(back)),
        event_day: day(back),
        outcome: Outcome::Nonfatal,
        naloxone: NaloxoneGiven::Unknown,
        quantity: 1,
        precision: Precision::Rooftop,
        cell: Some(cell(at)),
        area: Some(id("bangor")),
        incident: None,
    }
}

fn alert(name: &str, at: i32, days: f64) -> Alert {
    let headline = format!("{name}: 6 overdoses in 72 hours; 1.2 are usual");
    Alert {
        id: AlertId::derived(&[name]),
        version: 1,
        tier: if days >= 100.0 { Tier::Alert } else { Tier::Watch },
        state: AlertState::Open,
        rule: "clusters-alert".into(),
        kind: EventKind::Overdose,
        measure: crate::domain::rule::CaseMeasure::Overdoses,
        sentence: format!("{headline}. Chance alone would do this about once in 9 months."),
        headline,
        place_name: name.into(),
        area: Some(id("bangor")),
        cells: vec![cell(at)],
        centre: Some(cell(at).centre()),
        radius_km: Some(0.5),
        window: DayRange::ending(day(0), 3),
        observed: 6,
        expected: 1.2,
        expected_range: [0.0, 4.0],
        p_value: 1.0 / days,
        recurrence_interval_days: days,
        peak_recurrence_interval_days: days,
        first_signalled: day(0),
        last_signalled: day(0),
        signals: vec![],
        caveats: vec![],
        told_observed: 6,
        told_expected: 1.2,
        turn: crate::domain::course::Turn::New,
        raised_at: now() - Duration::hours(2),
        updated_at: now() - Duration::hours(2),
    }
}

fn forecast(at: i32, p: f64, mean: f64, history: f64) -> Forecast {
    Forecast {
        run: RunId::derived(&["r"]),
        issued: day(0),
        level: ForecastLevel::Cell,
        cell: Some(cell(at)),
        area: Some(id("bangor")),
        kind: EventKind::Overdose,
        window: DayRange::new(day(-1), day(-7)).unwrap(),
        method: Method { name: "ensemble".into(), version: 1, seed: None },
        mean,
        quantiles: [0; 9],
        p_at_least_one: p,
        history_mean: history,
        caveat: String::new(),
        detail: None,
    }
}

fn contact(at: i32, back: i32, kits: u32) -> Encounter {
    Encounter {
        id: EncounterId::derived(&["c", &at.to_string(), &back.to_string()]),
        trigger: Trigger::Hotspot,
        follow_up: None,
        alert: None,
        area: None,
        cell: Some(cell(at)),
        at: now() - Duration::days(i64::from(back)),
        day: day(back),
        mode: ContactMode::Visit,
        contacted: Contacted::Survivor,
        consent: true,
        kits_given: kits,
        referrals: vec![],
        minutes: None,
        note: String::new(),
        by: UserId::derived(&["u"]),
        by_name: "A. Liaison".into(),
    }
}

/// Everything a test may want to vary.
struct World {
    catchment: Vec<AreaId>,
    alerts: Vec<Alert>,
    forecasts: Vec<Forecast>,
    facts: Vec<EventFact>,
    follow_ups: Vec<FollowUp>,
    encounters: Vec<Encounter>,
    places: Vec<NamedPlace>,
    since: Option<DateTime<Utc>>,
    language: Language,
    data: DataAge,
}

impl World {
    fn empty() -> Self {
        let place = |name: &str, at: i32| NamedPlace { name: name.into(), point: cell(at).centre(), population: None };
        Self {
            catchment: vec![id("penobscot")],
            alerts: vec![],
            forecasts: vec![],
            facts: vec![],
            follow_ups: vec![],
            encounters: vec![],
            places: vec![place("Orono", 0), place("Old Town", 10)],
            since: None,
            language: Language::En,
            data: DataAge {
                as_of: Some(day(0)),
                computed_at: Some(now()),
                newest_event_at: Some(now()),
                last_received_at: Some(now()),
                silent_sources: vec![],
                gaps: vec![],
            },
        }
    }

    fn brief(&self) -> ShiftBrief {
        let areas = areas();
        let tree = AreaTree::new(&areas);
        let served =
            |f: &&EventFact| f.area.as_ref().is_some_and(|a| self.catchment.iter().any(|c| tree.contains(c, a)));
        let past = Listed(self.facts.iter().filter(|f| self.catchment.is_empty() || served(f)).collect());
        brief(&BriefInputs {
            catchment: &self.catchment,
            areas: &areas,
            places: &self.places,
            zone: Zone::UTC,
            shift: Shift { starts_at: now(), ends_at: now() + Duration::hours(8) },
            now: now(),
            since: self.since,
            alerts: &self.alerts,
            forecasts: &self.forecasts,
            past: &past,
            facts_days: DayRange::ending(day(0), 365),
            told: &Told::by(&self.facts),
            follow_ups: &self.follow_ups,
            encounters: &self.encounters,
            last_visits: &[],
            data: self.data.clone(),
            options: &BriefOptions::default(),
            seen: None,
            language: self.language,
        })
    }
}

/// The past as a plain list of the catchment's facts.
#[derive(Debug)]
struct Listed<'f>(Vec<&'f EventFact>);

impl Listed<'_> {
    fn overdoses_on(&self, days: DayRange) -> impl Iterator<Item = &EventFact> {
        self.0.iter().copied().filter(move |f| f.kind == EventKind::Overdose && days.contains(f.event_day))
    }
}

impl Past for Listed<'_> {
    fn on(&self, days: DayRange) -> Vec<&EventFact> {
        self.0.iter().copied().filter(|f| days.contains(f.event_day)).collect()
    }

    fn overdoses(&self, days: DayRange) -> usize {
        let mut known = HashSet::new();
        self.overdoses_on(days).filter(|f| f.incident.is_none_or(|i| known.insert(i))).count()
    }

    fn received_after(&self, at: DateTime<Utc>, days: DayRange) -> Vec<&EventFact> {
        self.overdoses_on(days).filter(|f| f.received_at > at).collect()
    }

    fn unknown_at(&self, at: DateTime<Utc>, incidents: HashSet<IncidentId>, days: DayRange) -> usize {
        let known: HashSet<_> =
            self.overdoses_on(days).filter(|f| f.received_at <= at).filter_map(|f| f.incident).collect();
        incidents.difference(&known).count()
    }
}

fn names(brief: &ShiftBrief) -> Vec<&str> {
    brief.places.iter().map(|p| p.name.as_str()).collect()
}

fn owed() -> FollowUp {
    let opened = follow_ups(
        &[fact(1, 1, 1)],
        &BTreeSet::new(),
        &areas(),
        &JurisdictionId::new("me").unwrap(),
        &FollowUpOptions::default(),
        Language::En,
        now(),
    );
    opened.into_iter().next().unwrap()
}
