//! Outreach contacts that a simulated world's staff have logged: the history behind "last visit" and
//! the monthly report.

use chrono::{DateTime, Utc};

use super::{
    draw::Draw,
    incidents::{Incident, cell_8, office_hour},
    sources::Ground,
};
use crate::domain::{
    ids::{AreaId, EncounterId, UserId},
    outreach::{ContactMode, Contacted, Encounter, Trigger},
    time::Day,
};

/// Somebody who logs contacts, and the areas they serve.
#[derive(Debug, Clone, PartialEq)]
pub struct Staff {
    pub user: UserId,
    pub name: String,
    pub areas: Vec<AreaId>,
}

/// Types of referral and how often each is made; the words of the referral list.
const REFERRALS: [(&str, f64); 6] = [
    ("treatment", 0.34),
    ("peer", 0.22),
    ("harm_reduction", 0.16),
    ("housing", 0.12),
    ("mental_health", 0.10),
    ("primary_care", 0.06),
];

/// Contacts by the staff given, in order of time: a follow-up for about half of the overdoses that an
/// ambulance or a reversal report placed in their areas, one to three days later in office hours, and
/// some proactive visits. 53 % reach somebody.
pub(super) fn encounters(ground: &Ground, staff: &[Staff]) -> Vec<Encounter> {
    let mut out = Vec::new();
    for (n, incident) in ground.incidents.iter().enumerate() {
        if !(incident.seen_by.ems || incident.seen_by.reversal) || incident.fatal {
            continue;
        }
        let area = &ground.terrain.counties[incident.spot.county].area.id;
        let Some(person) = staff.iter().find(|s| s.areas.contains(area)) else { continue };
        let mut draw = Draw::stream_at(ground.options.seed, "contact", incident.at.timestamp() as u64, n as u64);
        if !draw.chance(0.5) {
            continue;
        }
        let wait = chrono::Duration::minutes(draw.between(360.0, 4200.0) as i64);
        let at = office_hour(incident.at + wait, ground.zone);
        if at <= ground.options.known_by() {
            out.push(contact(ground, incident, area, person, at, &mut draw));
        }
    }
    out.sort_by_key(|e| (e.at, e.id));
    out
}

fn contact(
    ground: &Ground,
    incident: &Incident,
    area: &AreaId,
    person: &Staff,
    at: DateTime<Utc>,
    draw: &mut Draw,
) -> Encounter {
    let contacted = match draw.uniform() {
        u if u < 0.41 => Contacted::Survivor,
        u if u < 0.53 => Contacted::Family,
        _ => Contacted::Nobody,
    };
    let reached = contacted != Contacted::Nobody;
    let consent = reached && draw.chance(0.82);
    let kits_given = if reached && draw.chance(0.7) { 1 + draw.below(3) as u32 } else { 0 };
    let cell = cell_8(incident.spot.point);
    let (seed, when) = (ground.options.seed.to_string(), at.timestamp().to_string());
    let key = incident.at.timestamp().to_string();
    Encounter {
        id: EncounterId::derived(&["simulate", &seed, &when, &key, &cell.to_string()]),
        trigger: [Trigger::FollowUp, Trigger::Hotspot, Trigger::Referral][draw.pick(&[0.78, 0.94, 1.0])],
        follow_up: None,
        alert: None,
        area: Some(area.clone()),
        cell: Some(cell),
        at,
        day: Day::of(at, ground.zone),
        mode: [ContactMode::Visit, ContactMode::Phone, ContactMode::Text][draw.pick(&[0.52, 0.84, 1.0])],
        contacted,
        consent,
        kits_given,
        referrals: if consent && draw.chance(0.55) { referrals(draw) } else { Vec::new() },
        minutes: Some(5 * (1 + draw.poisson(if reached { 7.0 } else { 2.0 }) as u32)),
        note: String::new(),
        by: person.user,
        by_name: person.name.clone(),
    }
}

fn referrals(draw: &mut Draw) -> Vec<String> {
    let sums = super::draw::running_sums(REFERRALS.iter().map(|(_, w)| *w));
    let mut made = vec![draw.pick(&sums)];
    if draw.chance(0.3) {
        made.push(draw.pick(&sums));
    }
    made.sort_unstable();
    made.dedup();
    made.into_iter().map(|i| REFERRALS[i].0.to_owned()).collect()
}
