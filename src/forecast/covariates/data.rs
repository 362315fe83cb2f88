//! What operators know of places besides events: people living there, services, seizures; each from the day it was known.

use std::collections::BTreeMap;

use super::super::{panel::Layout, surface::Grid};

/// Seizures of this many days before a week count for it.
pub const RECENT_DAYS: i32 = 14;
/// What lies within so many cell spacings is near: a cell and those around it.
const NEAR: f64 = 1.6;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// People.
    Population,
    /// Treatment sites, shelters, syringe services and the like.
    Services,
    /// Drug seizures: happenings, not a state.
    Seizures,
}

impl Measure {
    pub const ALL: [Measure; 3] = [Measure::Population, Measure::Services, Measure::Seizures];

    /// As its column is called.
    pub fn as_str(self) -> &'static str {
        match self {
            Measure::Population => "population",
            Measure::Services => "services",
            Measure::Seizures => "seizures",
        }
    }
}

/// A figure of one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// A later reading of the same place takes the place of this one (but seizures add up).
    pub place: u32,
    pub measure: Measure,
    /// Days after the panel's first on which it became known, and for seizures happened; `None`: known all along.
    pub day: Option<i32>,
    /// The cells of the place, among which the figure is dealt evenly.
    pub cells: Vec<u32>,
    pub value: f64,
}

/// What could be known on an issue day, by cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    pub population: Option<Vec<f64>>,
    pub services: Option<Vec<f64>>,
    /// (cell, day, number), by day.
    pub seizures: Option<Vec<(u32, i32, f64)>>,
}

impl Seen {
    /// Of all readings those known by the end of day `last` (counted from the panel's first); `None` when there are none.
    pub fn of(readings: &[Reading], last: i32, cells: usize) -> Option<Self> {
        let known = |r: &&Reading| r.day.is_none_or(|day| day <= last);
        let state = |measure: Measure| {
            let mut rows: Vec<&Reading> = readings.iter().filter(known).filter(|r| r.measure == measure).collect();
            // Newest last of every place; what was known all along is oldest.
            rows.sort_by_key(|r| (r.place, r.day));
            let newest = rows.iter().enumerate().filter(|(i, r)| rows.get(i + 1).is_none_or(|n| n.place != r.place));
            let mut out = vec![0.0; cells];
            for (_, row) in newest {
                row.cells.iter().for_each(|&c| out[c as usize] += row.value / row.cells.len() as f64);
            }
            (!rows.is_empty()).then_some(out)
        };
        let mut seizures: Vec<(u32, i32, f64)> = Vec::new();
        for row in readings.iter().filter(known).filter(|r| r.measure == Measure::Seizures) {
            let Some(day) = row.day else { continue };
            seizures.extend(row.cells.iter().map(|&c| (c, day, row.value / row.cells.len() as f64)));
        }
        seizures.sort_by_key(|s| (s.1, s.0));
        let seen = Self {
            population: state(Measure::Population),
            services: state(Measure::Services),
            seizures: (!seizures.is_empty()).then_some(seizures),
        };
        (seen != Self::default()).then_some(seen)
    }

    /// Services in each cell and those around it.
    pub(in crate::forecast) fn services_near(&self, layout: &Layout, grid: &Grid) -> Option<Vec<f64>> {
        let services = self.services.as_ref()?;
        let mut out = vec![0.0; layout.xy.len()];
        for (cell, count) in services.iter().enumerate().filter(|(_, c)| **c > 0.0) {
            near(layout, grid, cell, |c| out[c] += count);
        }
        Some(out)
    }

    /// log(1 + x), x being the seizures in and around each cell in the fourteen days before day `start`; cells without are
    /// left out.
    pub(in crate::forecast) fn seized_before(&self, start: i32, layout: &Layout, grid: &Grid) -> BTreeMap<u32, f64> {
        let mut out = BTreeMap::new();
        for &(cell, day, count) in self.seizures.iter().flatten() {
            if (start - RECENT_DAYS..start).contains(&day) && count > 0.0 {
                near(layout, grid, cell as usize, |c| *out.entry(c as u32).or_insert(0.0) += count);
            }
        }
        out.values_mut().for_each(|x: &mut f64| *x = x.ln_1p());
        out
    }
}

fn near(layout: &Layout, grid: &Grid, cell: usize, mut visit: impl FnMut(usize)) {
    let here = layout.xy[cell];
    let reach = NEAR * layout.spacing;
    grid.within(here, reach, |other| {
        let at = layout.xy[other as usize];
        if (at[0] - here[0]).hypot(at[1] - here[1]) <= reach {
            visit(other as usize);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(place: u32, measure: Measure, day: Option<i32>, value: f64) -> Reading {
        Reading { place, measure, day, cells: vec![place, place + 1], value }
    }

    #[test]
    fn a_figure_counts_from_the_day_it_is_known_and_replaces_the_older_of_its_place() {
        let rows = [
            reading(0, Measure::Population, None, 10.0),
            reading(0, Measure::Population, Some(50), 30.0),
            reading(2, Measure::Population, Some(10), 8.0),
        ];
        let people = |last: i32| Seen::of(&rows, last, 4).unwrap().population.unwrap();
        assert_eq!(people(0), [5.0, 5.0, 0.0, 0.0]);
        assert_eq!(people(10), [5.0, 5.0, 4.0, 4.0]);
        assert_eq!(people(50), [15.0, 15.0, 4.0, 4.0]);
        assert_eq!(Seen::of(&rows[1..2], 49, 4), None, "nothing of tomorrow is known today");
    }

    #[test]
    fn seizures_add_up() {
        let rows = [reading(0, Measure::Seizures, Some(3), 1.0), reading(0, Measure::Seizures, Some(4), 1.0)];
        let seen = Seen::of(&rows, 9, 4).unwrap();
        assert_eq!(seen.seizures.unwrap().iter().map(|s| s.2).sum::<f64>(), 2.0);
    }
}
