//! The monthly outreach report, counted from the contacts that were logged.
//!
//! Every share comes with its numerator, its denominator and a Wilson interval: programmes that reach
//! more people often see their rates fall, and a rate alone would call that a failure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{buckets::Month, csv::Csv, interval::Share};
use crate::domain::{
    ids::AreaId,
    outreach::{ContactMode, Contacted, Encounter, Trigger},
    time::DayRange,
};

/// One month of outreach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MonthlyReport {
    pub month: Month,
    #[schema(value_type = Object)]
    pub days: DayRange,
    pub total: OutreachCounts,
    /// By area id; contacts logged without an area are in the total only.
    pub by_area: Vec<(AreaId, OutreachCounts)>,
    pub without_area: u64,
}

/// What was done, in one place or all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OutreachCounts {
    /// Contacts sought, whether or not anybody was reached.
    pub attempted: u64,
    pub reached_survivor: u64,
    pub reached_family: u64,
    /// Reached anybody, of those attempted.
    pub reached: Share,
    /// Agreed to further contact, of those reached.
    pub consented: Share,
    pub kits_given: u64,
    /// Contacts with at least one kit, of those reached.
    pub with_kits: Share,
    /// Contacts with at least one referral, of those reached.
    pub with_referral: Share,
    pub referrals_made: u64,
    /// Most frequent first, then by name.
    pub referrals: Vec<ReferralCount>,
    /// By the trigger's word.
    pub by_trigger: Vec<(Trigger, u64)>,
    pub by_mode: Vec<(ContactMode, u64)>,
    /// Contacts that say how long they took.
    pub minutes_recorded: u64,
    pub minutes_total: u64,
    pub minutes_median: Option<f64>,
}

/// Referrals of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReferralCount {
    pub kind: String,
    pub made: u64,
}

/// Count a month. Contacts of other months are left out, whatever their order.
pub fn monthly(encounters: &[Encounter], month: Month) -> MonthlyReport {
    let days = month.days();
    let of_month: Vec<&Encounter> = encounters.iter().filter(|e| days.contains(e.day)).collect();
    let mut by_area: BTreeMap<AreaId, Vec<&Encounter>> = BTreeMap::new();
    for e in &of_month {
        if let Some(area) = &e.area {
            by_area.entry(area.clone()).or_default().push(e);
        }
    }
    MonthlyReport {
        month,
        days,
        total: OutreachCounts::of(&of_month),
        without_area: of_month.iter().filter(|e| e.area.is_none()).count() as u64,
        by_area: by_area.into_iter().map(|(area, list)| (area, OutreachCounts::of(&list))).collect(),
    }
}

impl OutreachCounts {
    fn of(list: &[&Encounter]) -> Self {
        let count = |keep: &dyn Fn(&Encounter) -> bool| list.iter().filter(|e| keep(e)).count() as u64;
        let attempted = list.len() as u64;
        let reached = count(&reached);
        let referrals = referral_counts(list);
        let mut minutes: Vec<u32> = list.iter().filter_map(|e| e.minutes).collect();
        minutes.sort_unstable();
        Self {
            attempted,
            reached_survivor: count(&|e| e.contacted == Contacted::Survivor),
            reached_family: count(&|e| e.contacted == Contacted::Family),
            reached: Share::of(reached, attempted),
            consented: Share::of(count(&|e| self::reached(e) && e.consent), reached),
            kits_given: list.iter().map(|e| u64::from(e.kits_given)).sum(),
            with_kits: Share::of(count(&|e| self::reached(e) && e.kits_given > 0), reached),
            with_referral: Share::of(count(&|e| self::reached(e) && !e.referrals.is_empty()), reached),
            referrals_made: referrals.iter().map(|r| r.made).sum(),
            referrals,
            by_trigger: Trigger::ALL.iter().map(|t| (*t, count(&|e| e.trigger == *t))).collect(),
            by_mode: ContactMode::ALL.iter().map(|m| (*m, count(&|e| e.mode == *m))).collect(),
            minutes_recorded: minutes.len() as u64,
            minutes_total: minutes.iter().map(|m| u64::from(*m)).sum(),
            minutes_median: median(&minutes),
        }
    }
}

impl MonthlyReport {
    /// Long form: one measure of one place a row, `all` for the total. `name_of` gives an area's name.
    pub fn to_csv(&self, name_of: impl Fn(&AreaId) -> String) -> String {
        let header = ["month", "area_id", "area", "measure", "count", "of", "share", "share_lower", "share_upper"];
        let mut csv = Csv::with_header(&header);
        let month = self.month.to_string();
        place_rows(&mut csv, &month, "all", "All areas", &self.total);
        for (area, counts) in &self.by_area {
            place_rows(&mut csv, &month, area.as_str(), &name_of(area), counts);
        }
        csv.finish()
    }
}

fn place_rows(csv: &mut Csv, month: &str, id: &str, name: &str, c: &OutreachCounts) {
    let mut row = |measure: &str, count: u64, share: Option<&Share>| {
        csv.text(month).text(id).text(name).text(measure).count(Some(count));
        csv.count(share.map(|s| s.denominator));
        csv.number(share.and_then(|s| s.share), 4);
        csv.number(share.and_then(|s| s.lower), 4).number(share.and_then(|s| s.upper), 4);
        csv.end_row();
    };
    row("contacts attempted", c.attempted, None);
    row("reached", c.reached.numerator, Some(&c.reached));
    row("reached: survivor", c.reached_survivor, None);
    row("reached: family or network", c.reached_family, None);
    row("consented to further contact", c.consented.numerator, Some(&c.consented));
    row("contacts with naloxone kits", c.with_kits.numerator, Some(&c.with_kits));
    row("naloxone kits given", c.kits_given, None);
    row("contacts with a referral", c.with_referral.numerator, Some(&c.with_referral));
    row("referrals made", c.referrals_made, None);
    for referral in &c.referrals {
        row(&format!("referrals made: {}", referral.kind), referral.made, None);
    }
    for (trigger, n) in &c.by_trigger {
        row(&format!("contacts by trigger: {trigger}"), *n, None);
    }
    for (mode, n) in &c.by_mode {
        row(&format!("contacts by mode: {mode}"), *n, None);
    }
    row("minutes, all contacts that recorded them", c.minutes_total, None);
    row("contacts that recorded minutes", c.minutes_recorded, None);
}

fn reached(e: &Encounter) -> bool {
    e.contacted != Contacted::Nobody
}

fn referral_counts(list: &[&Encounter]) -> Vec<ReferralCount> {
    let mut made: BTreeMap<&str, u64> = BTreeMap::new();
    for kind in list.iter().flat_map(|e| &e.referrals) {
        *made.entry(kind).or_default() += 1;
    }
    let mut out: Vec<_> = made.into_iter().map(|(kind, made)| ReferralCount { kind: kind.into(), made }).collect();
    out.sort_by(|a, b| b.made.cmp(&a.made).then_with(|| a.kind.cmp(&b.kind)));
    out
}

/// Of a sorted list.
fn median(sorted: &[u32]) -> Option<f64> {
    let n = sorted.len();
    let at = |i: usize| f64::from(sorted[i]);
    match n {
        0 => None,
        _ if n % 2 == 1 => Some(at(n / 2)),
        _ => Some(f64::midpoint(at(n / 2 - 1), at(n / 2))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        ids::{EncounterId, UserId},
        time::{Day, Zone},
    };

    fn contact(n: u32, on: &str, area: Option<&str>, contacted: Contacted) -> Encounter {
        let day: Day = on.parse().unwrap();
        Encounter {
            id: EncounterId::derived(&[&n.to_string()]),
            trigger: Trigger::FollowUp,
            follow_up: None,
            alert: None,
            area: area.map(|a| AreaId::new(a).unwrap()),
            cell: None,
            at: day.starts_at(Zone::UTC),
            day,
            mode: ContactMode::Phone,
            contacted,
            consent: contacted == Contacted::Survivor,
            kits_given: 2 * u32::from(contacted == Contacted::Survivor),
            referrals: if contacted == Contacted::Survivor { vec!["treatment".into(), "=peer".into()] } else { vec![] },
            minutes: Some(10 * n),
            note: String::new(),
            by: UserId::derived(&["u"]),
            by_name: "U".into(),
        }
    }

    fn report() -> MonthlyReport {
        let list = [
            contact(1, "2026-05-01", Some("a"), Contacted::Survivor),
            contact(2, "2026-05-31", Some("a"), Contacted::Nobody),
            contact(3, "2026-05-15", Some("b"), Contacted::Family),
            contact(4, "2026-05-15", None, Contacted::Survivor),
            contact(5, "2026-06-01", Some("a"), Contacted::Survivor),
        ];
        monthly(&list, "2026-05".parse().unwrap())
    }

    #[test]
    fn a_month_counts_its_own_contacts_with_both_parts_of_every_share() {
        let total = report().total;
        assert_eq!((total.attempted, total.reached_survivor, total.reached_family), (4, 2, 1));
        assert_eq!((total.reached.numerator, total.reached.denominator, total.reached.share), (3, 4, Some(0.75)));
        assert_eq!((total.consented.numerator, total.consented.denominator), (2, 3));
        assert_eq!((total.kits_given, total.with_kits.numerator, total.referrals_made), (4, 2, 4));
        assert_eq!((total.minutes_total, total.minutes_median), (100, Some(25.0)));
    }

    #[test]
    fn areas_are_counted_apart_and_contacts_without_one_are_told() {
        let report = report();
        let by_area: Vec<_> = report.by_area.iter().map(|(a, c)| (a.as_str(), c.attempted)).collect();
        assert_eq!((by_area, report.without_area), (vec![("a", 2), ("b", 1)], 1));
        assert_eq!(report.by_area[1].1.consented.share, Some(0.0));
    }

    #[test]
    fn an_empty_month_has_counts_of_nought_and_no_shares() {
        let report = monthly(&[], "2026-05".parse().unwrap());
        assert_eq!((report.total.attempted, report.total.reached.share, report.total.minutes_median), (0, None, None));
    }

    #[test]
    fn the_csv_is_long_and_free_of_formulas() {
        let text = report().to_csv(|_| "=A".into());
        assert!(text.contains("2026-05,all,All areas,reached,3,4,0.7500,"), "{text}");
        assert!(text.contains("2026-05,a,'=A,contacts attempted,2,,,,"));
        assert!(text.contains("referrals made: =peer"));
    }
}
