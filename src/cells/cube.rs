//! Events counted by cell and day, and by area and day.

use std::collections::HashSet;

use h3o::Resolution;
use serde::Serialize;

use crate::domain::{
    area::{AreaKind, AreaTree},
    event::EventFact,
    ids::AreaId,
    place::Cell,
    series::{AreaCube, CellCube, Cube},
    time::DayRange,
};

/// What one event adds to a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// One per event, and one per incident where several sources told of it.
    Incidents,
    /// One per event.
    Events,
    /// Kits, doses or people.
    Quantity,
}

/// Events of the days that stand in no cell of the resolution asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Unplaced {
    /// Known too coarsely: a town, a ZIP area, a street.
    pub too_coarse: u32,
    /// Known to no place at all, or to the jurisdiction only.
    pub nowhere: u32,
}

impl Unplaced {
    pub fn total(self) -> u32 {
        self.too_coarse + self.nowhere
    }
}

/// A cube over cells, and what is missing from it.
#[derive(Debug, Clone, PartialEq)]
pub struct CellCounts {
    pub cube: CellCube,
    pub unplaced: Unplaced,
}

/// Count events by cell. `cells` are kept even where they saw nothing (a study region); an event whose
/// cell is coarser than `resolution` is left out and told in `unplaced`.
pub fn cell_cube(
    facts: &[EventFact],
    days: DayRange,
    resolution: Resolution,
    cells: &[Cell],
    measure: Measure,
) -> CellCounts {
    let mut unplaced = Unplaced::default();
    let mut counts = Vec::with_capacity(facts.len());
    for (fact, amount) in measured(facts, days, measure) {
        match fact.cell.map(|c| c.parent(resolution)) {
            Some(Some(cell)) => counts.push((cell, fact.event_day, amount)),
            Some(None) => unplaced.too_coarse += amount,
            None => unplaced.nowhere += amount,
        }
    }
    CellCounts { cube: Cube::from_counts(cells, days, counts), unplaced }
}

/// Count events by area: each in its own area and in every area above. With `level` only areas of that
/// kind are counted, and all of them are kept even where they saw nothing.
pub fn area_cube(
    facts: &[EventFact],
    days: DayRange,
    tree: &AreaTree,
    level: Option<AreaKind>,
    measure: Measure,
) -> AreaCube {
    let kept = level.map_or_else(Vec::new, |kind| tree.of_kind(kind));
    let mut chains: std::collections::HashMap<&AreaId, Vec<AreaId>> = std::collections::HashMap::new();
    let mut counts = Vec::with_capacity(facts.len());
    for (fact, amount) in measured(facts, days, measure) {
        let Some(area) = &fact.area else { continue };
        let chain = chains.entry(area).or_insert_with(|| {
            tree.line(area).filter(|a| level.is_none_or(|kind| a.kind == kind)).map(|a| a.id.clone()).collect()
        });
        counts.extend(chain.iter().map(|a| (a.clone(), fact.event_day, amount)));
    }
    Cube::from_counts(&kept, days, counts)
}

/// Events of the days, one for each incident: the best placed of several (then the earliest id).
pub fn counted_once(facts: &[EventFact], days: DayRange) -> Vec<&EventFact> {
    measured(facts, days, Measure::Incidents).into_iter().map(|(fact, _)| fact).collect()
}

/// Events of the days with what each adds. Of an incident told by several events the one best placed
/// counts (then the earliest id), so the answer does not depend on the order of the rows.
fn measured(facts: &[EventFact], days: DayRange, measure: Measure) -> Vec<(&EventFact, u32)> {
    let inside = facts.iter().filter(|f| days.contains(f.event_day));
    if measure != Measure::Incidents {
        let amount = |f: &EventFact| if measure == Measure::Quantity { f.quantity } else { 1 };
        return inside.map(|f| (f, amount(f))).collect();
    }
    let (mut linked, mut out): (Vec<&EventFact>, Vec<&EventFact>) = inside.partition(|f| f.incident.is_some());
    linked.sort_by_key(|f| (f.precision, f.id));
    let mut seen = HashSet::new();
    out.extend(linked.into_iter().filter(|f| seen.insert(f.incident)));
    out.into_iter().map(|f| (f, 1)).collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::{super::area_index::tests::little_state, *};
    use crate::domain::{
        event::{EventKind, NaloxoneGiven, Outcome},
        ids::{EventId, IncidentId, SourceId},
        place::{Point, Precision},
        time::Day,
    };

    fn fact(n: u128, precision: Precision, area: Option<&str>) -> EventFact {
        let point = Point::new(41.45, -71.45).unwrap();
        EventFact {
            id: EventId(uuid::Uuid::from_u128(n)),
            source: SourceId::new("s").unwrap(),
            kind: EventKind::Overdose,
            occurred_at: DateTime::UNIX_EPOCH,
            received_at: DateTime::UNIX_EPOCH,
            event_day: Day::from_epoch_days(0),
            outcome: Outcome::Unknown,
            naloxone: NaloxoneGiven::Unknown,
            quantity: 3,
            precision,
            cell: precision.finest_resolution().map(|r| point.cell(r)),
            area: area.map(|a| AreaId::new(a).unwrap()),
            incident: None,
        }
    }

    fn one_day() -> DayRange {
        DayRange::ending(Day::from_epoch_days(0), 1)
    }

    #[test]
    fn a_coarse_location_counts_in_its_areas_and_in_no_fine_cell() {
        let facts = [
            fact(1, Precision::Rooftop, Some("hat-boro")),
            fact(2, Precision::Place, Some("hat-boro")),
            fact(3, Precision::Unknown, None),
        ];
        let counts = cell_cube(&facts, one_day(), Resolution::Eight, &[], Measure::Events);
        assert_eq!(counts.cube.total(), 1);
        assert_eq!(counts.unplaced, Unplaced { too_coarse: 1, nowhere: 1 });
        let coarse = cell_cube(&facts, one_day(), Resolution::Five, &[], Measure::Events);
        assert_eq!(coarse.cube.total(), 2);
        let areas = area_cube(&facts, one_day(), little_state().tree(), None, Measure::Events);
        assert_eq!(areas.places.iter().map(AreaId::as_str).collect::<Vec<_>>(), ["hat-boro", "north", "st"]);
        assert_eq!(areas.place_totals(), [2, 2, 2]);
    }

    #[test]
    fn a_level_keeps_every_area_of_its_kind_even_at_zero() {
        let facts = [fact(1, Precision::Rooftop, Some("hat-boro"))];
        let towns = area_cube(&facts, one_day(), little_state().tree(), Some(AreaKind::Town), Measure::Quantity);
        assert_eq!(towns.places.len(), 2);
        assert_eq!(towns.place_totals(), [3, 0]);
    }

    #[test]
    fn an_incident_told_twice_counts_once_where_it_is_known_best() {
        let incident = Some(IncidentId(uuid::Uuid::from_u128(9)));
        let mut facts = [fact(1, Precision::Place, None), fact(2, Precision::Rooftop, None)];
        facts.iter_mut().for_each(|f| f.incident = incident);
        let counts = cell_cube(&facts, one_day(), Resolution::Eight, &[], Measure::Incidents);
        assert_eq!((counts.cube.total(), counts.unplaced.total()), (1, 0));
        assert_eq!(cell_cube(&facts, one_day(), Resolution::Five, &[], Measure::Events).cube.total(), 2);
    }
}
