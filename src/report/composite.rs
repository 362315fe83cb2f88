//! The state composite: every known overdose once, by how it became known.
//!
//! Maine's definition: fatal (suspected and confirmed) + nonfatal, where nonfatal = emergency department visits +
//! ambulance runs that did not transport + reversals reported by community members + reversals by police without an
//! ambulance, deduplicated. There it is done by leaving out what another source is likely to count; here reports of
//! one incident are linked (see `link`) and counted by the first line that fits, so none is counted twice and none is
//! left out only because it could have been.
//!
//! An ambulance that transported is expected among the hospitals' visits. One that no visit was linked to is told
//! beside the sum and not in it: the definition counts the visit. Limits: what linking misses is counted twice (see
//! the linkage's recall in `benches/README.md`); sources whose channel is not known count as they are.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::buckets::{Bucket, BucketSpan, buckets};
use crate::domain::{
    event::Outcome,
    ids::{EventId, IncidentId},
    incident::{Channel, ToldReport},
    time::{Day, DayRange},
};

/// The composite of each bucket, in order of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Composite {
    pub bucket: Bucket,
    pub rows: Vec<CompositeCounts>,
}

/// One bucket. An overdose belongs to the day of its earliest report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CompositeCounts {
    pub span: BucketSpan,
    /// Everything below up to `other`.
    pub total: u32,
    pub fatal_confirmed: u32,
    pub fatal_suspected: u32,
    /// Survived, with an emergency department visit.
    pub emergency_department: u32,
    /// Survived, no visit known, and the ambulance did not transport.
    pub ems_not_transported: u32,
    /// Survived, no visit known, and the ambulance's report does not say whether it transported.
    pub ems_not_stated: u32,
    /// Survived, reported by police or the community without an ambulance.
    pub reversals: u32,
    /// Told by sources whose channel is not known.
    pub other: u32,
    /// Transported by ambulance, and no visit was linked to it. Not in the total.
    pub transported_without_visit: u32,
    /// Reports behind the total and `transported_without_visit`.
    pub reports: u32,
    /// Overdoses that two, and that three or more sources tell of.
    pub told_by_two: u32,
    pub told_by_three: u32,
}

/// All reports of one overdose.
#[derive(Default)]
struct Told<'a>(Vec<&'a ToldReport>);

/// Count reports into buckets. `over_through` is the last day that is over and counted.
pub fn composite(reports: &[ToldReport], bucket: Bucket, days: DayRange, over_through: Day) -> Composite {
    let spans = buckets(bucket, days, over_through);
    let mut rows: Vec<CompositeCounts> = spans.into_iter().map(CompositeCounts::empty).collect();
    let mut overdoses: BTreeMap<(Option<IncidentId>, Option<EventId>), Told> = BTreeMap::new();
    for report in reports.iter().filter(|r| days.contains(r.event_day)) {
        // A report in no incident is an overdose of its own.
        let key = (report.incident, report.incident.is_none().then_some(report.id));
        overdoses.entry(key).or_default().0.push(report);
    }
    for told in overdoses.values() {
        let Some(first) = told.0.iter().map(|r| r.event_day).min() else { continue };
        let at = rows.partition_point(|row| row.span.to < first);
        rows[at].add(told);
    }
    Composite { bucket, rows }
}

impl CompositeCounts {
    fn empty(span: BucketSpan) -> Self {
        Self {
            span,
            total: 0,
            fatal_confirmed: 0,
            fatal_suspected: 0,
            emergency_department: 0,
            ems_not_transported: 0,
            ems_not_stated: 0,
            reversals: 0,
            other: 0,
            transported_without_visit: 0,
            reports: 0,
            told_by_two: 0,
            told_by_three: 0,
        }
    }

    fn add(&mut self, told: &Told) {
        self.reports += told.0.len() as u32;
        match told.sources() {
            0 | 1 => {}
            2 => self.told_by_two += 1,
            _ => self.told_by_three += 1,
        }
        let line = if told.any(|r| r.outcome == Outcome::Fatal) {
            &mut self.fatal_confirmed
        } else if told.any(|r| r.outcome == Outcome::SuspectedFatal) {
            &mut self.fatal_suspected
        } else if told.by(Channel::EmergencyDepartment) {
            &mut self.emergency_department
        } else if told.by(Channel::Ems) {
            match told.transported() {
                Some(true) => {
                    self.transported_without_visit += 1;
                    return;
                }
                Some(false) => &mut self.ems_not_transported,
                None => &mut self.ems_not_stated,
            }
        } else if told.by(Channel::Police) || told.by(Channel::Community) {
            &mut self.reversals
        } else {
            &mut self.other
        };
        *line += 1;
        self.total += 1;
    }
}

impl Told<'_> {
    fn any(&self, is: impl Fn(&ToldReport) -> bool) -> bool {
        self.0.iter().any(|r| is(r))
    }

    fn by(&self, channel: Channel) -> bool {
        self.any(|r| r.channel == Some(channel))
    }

    /// One ambulance that took the patient along is enough.
    fn transported(&self) -> Option<bool> {
        self.0.iter().filter(|r| r.channel == Some(Channel::Ems)).filter_map(|r| r.transported).max()
    }

    fn sources(&self) -> usize {
        self.0.iter().map(|r| &r.source).collect::<BTreeSet<_>>().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::SourceId;

    fn report(n: u128, source: &str, channel: Option<Channel>, incident: Option<u128>) -> ToldReport {
        ToldReport {
            id: EventId(uuid::Uuid::from_u128(n)),
            source: SourceId::new(source).unwrap(),
            event_day: "2023-09-10".parse().unwrap(),
            outcome: Outcome::Nonfatal,
            incident: incident.map(|i| IncidentId(uuid::Uuid::from_u128(i))),
            channel,
            transported: None,
        }
    }

    fn month(reports: &[ToldReport]) -> CompositeCounts {
        let days = DayRange { from: "2023-09-01".parse().unwrap(), to: "2023-09-30".parse().unwrap() };
        let mut found = composite(reports, Bucket::Month, days, "2023-10-31".parse().unwrap());
        assert_eq!(found.rows.len(), 1);
        found.rows.remove(0)
    }

    #[test]
    fn each_overdose_counts_once_on_the_first_line_that_fits() {
        let (ems, ed) = (Some(Channel::Ems), Some(Channel::EmergencyDepartment));
        let police = Some(Channel::Police);
        let found = month(&[
            // Ambulance, hospital and police tell of one; the hospital's line counts it.
            ToldReport { transported: Some(true), ..report(1, "a", ems, Some(1)) },
            report(2, "b", ed, Some(1)),
            report(3, "c", police, Some(1)),
            // A death, told as suspected by the ambulance and as confirmed by the medical examiner.
            ToldReport { outcome: Outcome::SuspectedFatal, ..report(4, "a", ems, Some(2)) },
            ToldReport { outcome: Outcome::Fatal, ..report(5, "d", Some(Channel::MedicalExaminer), Some(2)) },
            ToldReport { outcome: Outcome::SuspectedFatal, ..report(6, "a", ems, None) },
            ToldReport { transported: Some(false), ..report(7, "a", ems, None) },
            report(8, "a", ems, None),
            ToldReport { transported: Some(true), ..report(9, "a", ems, None) },
            report(10, "c", police, None),
            report(11, "e", None, None),
            ToldReport { event_day: "2023-10-01".parse().unwrap(), ..report(12, "b", ed, None) },
        ]);
        assert_eq!((found.fatal_confirmed, found.fatal_suspected, found.emergency_department), (1, 1, 1));
        assert_eq!((found.ems_not_transported, found.ems_not_stated, found.reversals, found.other), (1, 1, 1, 1));
        assert_eq!((found.total, found.transported_without_visit, found.reports), (7, 1, 11));
        assert_eq!((found.told_by_two, found.told_by_three), (1, 1));
    }

    #[test]
    fn an_overdose_told_on_both_sides_of_midnight_belongs_to_the_earlier_month() {
        let late = ToldReport { event_day: "2023-10-01".parse().unwrap(), ..report(2, "b", None, Some(1)) };
        let days = DayRange { from: "2023-09-01".parse().unwrap(), to: "2023-10-31".parse().unwrap() };
        let found = composite(&[late, report(1, "a", None, Some(1))], Bucket::Month, days, days.to);
        assert_eq!(found.rows.iter().map(|r| r.total).collect::<Vec<_>>(), [1, 0]);
        assert!(found.rows.iter().all(|r| r.span.complete));
    }
}
