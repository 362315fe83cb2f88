//! Corroboration: how many of the overdoses that stand in a count were told by more than one source.
//!
//! One source may err, repeat itself or stamp a batch with its own hour; what two sources tell independently is firmer
//! ground to send somebody to. The levels are those of the state composite: one source tells, two agree, three or more
//! agree. They are counted over the same overdoses as the figure they stand beside, each incident once; which reports
//! are one incident is told by linking ([`super::incident`]). A report counts for its source wherever in the
//! jurisdiction it was placed: a second report that knows only the town confirms the first one's street corner.
//!
//! Limits: a source of another jurisdiction is not counted, because a figure of few would tell where it heard of an
//! overdose. What links wait for (a report that comes tomorrow) is not known today, so a fresh count is told by fewer
//! than it will be.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    event::{EventFact, EventKind},
    ids::{IncidentId, SourceId},
    time::DayRange,
};

/// Days before a count in which a source is heard, if it tells of overdoses at all.
const HEARD_DAYS: i32 = 28;

/// Of overdoses that were counted, how many were told by several sources. Each is part of the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Corroboration {
    /// Overdoses that were counted, each once however many sources tell of it.
    pub overdoses: u32,
    /// Of these, told by two sources or more.
    pub told_by_two: u32,
    /// Of these, told by three sources or more.
    pub told_by_three: u32,
}

/// Who told of the overdoses of some days.
#[derive(Debug, Clone, Default)]
pub struct Told {
    sources: BTreeSet<SourceId>,
    of: HashMap<IncidentId, Vec<SourceId>>,
}

impl Told {
    /// The days whose reports are to be heard for a count of these days: the second report of the last night may bear
    /// the next day, and of the first night the day before.
    pub fn days(counted: DayRange) -> DayRange {
        DayRange { from: counted.from - HEARD_DAYS, to: counted.to + 1 }
    }

    /// From all facts of the jurisdiction on those days.
    pub fn by<'a>(facts: impl IntoIterator<Item = &'a EventFact>) -> Self {
        let mut told = Self::default();
        for fact in facts.into_iter().filter(|f| f.kind == EventKind::Overdose) {
            if !told.sources.contains(&fact.source) {
                told.sources.insert(fact.source.clone());
            }
            if let Some(incident) = fact.incident {
                let sources = told.of.entry(incident).or_default();
                if !sources.contains(&fact.source) {
                    sources.push(fact.source.clone());
                }
            }
        }
        told
    }

    /// The levels of what was counted: of several reports of one incident the first is taken. `None` where nothing of
    /// it is an overdose, and where fewer than two sources tell of overdoses at all: nobody could agree there.
    pub fn of<'a>(&self, counted: impl IntoIterator<Item = &'a EventFact>) -> Option<Corroboration> {
        let mut levels = Corroboration { overdoses: 0, told_by_two: 0, told_by_three: 0 };
        let mut seen = HashSet::new();
        for fact in counted.into_iter().filter(|f| f.kind == EventKind::Overdose) {
            if fact.incident.is_some_and(|incident| !seen.insert(incident)) {
                continue;
            }
            let sources = fact.incident.and_then(|i| self.of.get(&i)).map_or(1, Vec::len);
            levels.overdoses += 1;
            levels.told_by_two += u32::from(sources >= 2);
            levels.told_by_three += u32::from(sources >= 3);
        }
        (levels.overdoses > 0 && self.sources.len() >= 2).then_some(levels)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::{
        event::{NaloxoneGiven, Outcome},
        ids::EventId,
        place::Precision,
        time::Day,
    };

    fn fact(n: u128, source: &str, incident: Option<u128>) -> EventFact {
        EventFact {
            id: EventId(uuid::Uuid::from_u128(n)),
            source: SourceId::new(source).unwrap(),
            kind: EventKind::Overdose,
            occurred_at: DateTime::UNIX_EPOCH,
            received_at: DateTime::UNIX_EPOCH,
            event_day: Day::from_epoch_days(0),
            outcome: Outcome::Unknown,
            naloxone: NaloxoneGiven::Unknown,
            quantity: 1,
            precision: Precision::Rooftop,
            cell: None,
            area: None,
            incident: incident.map(|i| IncidentId(uuid::Uuid::from_u128(i))),
        }
    }

    #[test]
    fn an_overdose_counts_once_at_the_level_of_all_who_told_of_it() {
        let facts = [
            fact(1, "ems", Some(7)),
            fact(2, "ed", Some(7)),
            fact(3, "police", Some(7)),
            fact(4, "ems", Some(8)),
            fact(5, "ed", Some(8)),
            fact(6, "ems", None),
        ];
        let told = Told::by(&facts);
        assert_eq!(told.of(&facts), Some(Corroboration { overdoses: 3, told_by_two: 2, told_by_three: 1 }));
        // Two reports of one source are no two sources, and what is not counted does not stand in the figure.
        let twice = [fact(1, "ems", Some(7)), fact(2, "ems", Some(7)), fact(3, "ed", None)];
        let level = Told::by(&twice).of(&twice[..1]);
        assert_eq!(level, Some(Corroboration { overdoses: 1, told_by_two: 0, told_by_three: 0 }));
    }

    #[test]
    fn a_report_that_is_not_counted_itself_still_confirms() {
        let facts = [fact(1, "ems", Some(7)), fact(2, "ed", Some(7))];
        let level = Told::by(&facts).of(&facts[1..]);
        assert_eq!(level, Some(Corroboration { overdoses: 1, told_by_two: 1, told_by_three: 0 }));
    }

    #[test]
    fn where_nobody_could_agree_nothing_is_said() {
        let alone = [fact(1, "ems", None), fact(2, "ems", None)];
        assert_eq!(Told::by(&alone).of(&alone), None);
        let facts = [fact(1, "ems", None), fact(2, "ed", None)];
        assert_eq!(Told::by(&facts).of(&[]), None);
        let mut kits = fact(3, "ems", None);
        kits.kind = EventKind::Naloxone;
        assert_eq!(Told::by(&facts).of([&kits]), None);
    }
}
