//! The course of a cluster from day to day: it is new, grows, moves, cools, stays as it is, is over.
//!
//! Two days of one story are compared by stated rules, so that the word means the same to everybody:
//!
//! - **moved**: less than half of the cells are shared, and the centre lies outside the radius it had the day
//!   before, and at least a kilometre away;
//! - **grew**: more cases than the day before, and no likelier by chance;
//! - **cooled**: fewer cases and likelier by chance, or as many at most and twice as likely by chance;
//! - **steady** otherwise.
//!
//! The first that holds is said.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    alert::Alert,
    event::text_enum,
    place::{Cell, Point},
    signal::{Signal, SignalScope},
    time::{Day, DayRange},
};

/// Nearer than this nothing has moved, km.
const LEAST_MOVE_KM: f64 = 1.0;

text_enum! {
    /// What became of a cluster since the day before that it was seen.
    Turn {
        New = "new",
        Grew = "grew",
        Moved = "moved",
        Cooled = "cooled",
        Steady = "steady",
    }
}

/// Where a cluster stands on a day.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    pub cells: &'a [Cell],
    pub centre: Option<Point>,
    pub radius_km: Option<f64>,
    pub observed: u32,
    pub recurrence_interval_days: f64,
}

impl<'a> Standing<'a> {
    pub fn of_alert(a: &'a Alert) -> Self {
        Self {
            cells: &a.cells,
            centre: a.centre,
            radius_km: a.radius_km,
            observed: a.observed,
            recurrence_interval_days: a.recurrence_interval_days,
        }
    }

    pub fn of_signal(s: &'a Signal) -> Self {
        Self {
            cells: &s.cells,
            centre: s.centre,
            radius_km: s.radius_km,
            observed: s.observed,
            recurrence_interval_days: s.recurrence_interval_days,
        }
    }

    /// What became of it since `before`. Never [`Turn::New`].
    pub fn since(&self, before: &Self) -> Turn {
        if self.moved_km(before).is_some() {
            return Turn::Moved;
        }
        let (was, is) = (before.recurrence_interval_days, self.recurrence_interval_days);
        if self.observed > before.observed && is >= was {
            Turn::Grew
        } else if (self.observed < before.observed && is < was) || (self.observed <= before.observed && 2.0 * is <= was)
        {
            Turn::Cooled
        } else {
            Turn::Steady
        }
    }

    /// How far the centre has moved, if the cluster has.
    pub fn moved_km(&self, before: &Self) -> Option<f64> {
        let (Some(was), Some(is)) = (before.centre, self.centre) else { return None };
        if self.cells.is_empty() || before.cells.is_empty() || jaccard(self.cells, before.cells) >= 0.5 {
            return None;
        }
        let km = was.distance_km(is);
        (km >= LEAST_MOVE_KM && km > before.radius_km.unwrap_or(0.0)).then_some(km)
    }
}

/// A day of a cluster's course.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// The day that was taken for today.
    pub day: Day,
    pub turn: Turn,
    pub place_name: String,
    pub window: DayRange,
    pub observed: u32,
    pub expected: f64,
    pub recurrence_interval_days: f64,
    /// How far its centre is from where it was; `null` unless it moved.
    pub moved_km: Option<f64>,
}

/// A cluster's days, oldest first: of each day's signals the rarest cluster of cells, or the rarest of an area where
/// there is none. Days without a signal are left out.
pub fn course(signals: &[Signal]) -> Vec<Step> {
    let mut days: Vec<Day> = signals.iter().map(|s| s.as_of).collect();
    days.sort_unstable();
    days.dedup();
    let told = |day: Day| {
        signals.iter().filter(|s| s.as_of == day).max_by(|a, b| {
            let of_cells = |s: &Signal| s.scope == SignalScope::Cells;
            let rarer = a.recurrence_interval_days.total_cmp(&b.recurrence_interval_days);
            of_cells(a).cmp(&of_cells(b)).then(rarer).then(b.id.cmp(&a.id))
        })
    };
    let mut before: Option<&Signal> = None;
    let mut steps = Vec::with_capacity(days.len());
    for signal in days.into_iter().filter_map(told) {
        let now = Standing::of_signal(signal);
        let then = before.map(Standing::of_signal);
        steps.push(Step {
            day: signal.as_of,
            turn: then.map_or(Turn::New, |then| now.since(&then)),
            place_name: signal.place_name.clone(),
            window: signal.window,
            observed: signal.observed,
            expected: signal.expected,
            recurrence_interval_days: signal.recurrence_interval_days,
            moved_km: then.and_then(|then| now.moved_km(&then)),
        });
        before = Some(signal);
    }
    steps
}

/// Shared cells ÷ all cells, 0 to 1, compared at the coarser of the two resolutions.
pub fn jaccard(a: &[Cell], b: &[Cell]) -> f64 {
    let (shared, all) = shared_and_all(a, b);
    if all == 0 { 0.0 } else { shared as f64 / all as f64 }
}

/// Shared cells ÷ cells of the smaller set, 0 to 1.
pub fn overlap(a: &[Cell], b: &[Cell]) -> f64 {
    let (shared, all) = shared_and_all(a, b);
    if shared == 0 { 0.0 } else { shared as f64 / (a.len().min(b.len()).max(1)).min(all) as f64 }
}

fn shared_and_all(a: &[Cell], b: &[Cell]) -> (usize, usize) {
    let Some(coarsest) = a.iter().chain(b).map(|c| c.resolution()).min() else {
        return (0, 0);
    };
    let at_coarsest = |cells: &[Cell]| {
        let mut cells: Vec<Cell> = cells.iter().filter_map(|c| c.parent(coarsest)).collect();
        cells.sort_unstable();
        cells.dedup();
        cells
    };
    let (a, b) = (at_coarsest(a), at_coarsest(b));
    let shared = a.iter().filter(|c| b.binary_search(c).is_ok()).count();
    (shared, a.len() + b.len() - shared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::place::Resolution;

    struct Seen {
        cells: Vec<Cell>,
        centre: Point,
    }

    /// A cell so many times two kilometres east, and its neighbour.
    fn at(step: i32) -> Seen {
        let point = |i: i32| Point::new(44.8, -68.8 + 0.025 * f64::from(i)).unwrap();
        let mut cells: Vec<Cell> = (step..step + 2).map(|i| point(i).cell(Resolution::Eight)).collect();
        cells.sort_unstable();
        Seen { cells, centre: point(step) }
    }

    fn standing(seen: &Seen, observed: u32, recurrence_interval_days: f64) -> Standing<'_> {
        let (cells, centre) = (seen.cells.as_slice(), Some(seen.centre));
        Standing { cells, centre, radius_km: Some(1.0), observed, recurrence_interval_days }
    }

    #[test]
    fn the_words_follow_cases_and_chance() {
        let here = at(0);
        let before = standing(&here, 6, 100.0);
        let word = |observed, often| standing(&here, observed, often).since(&before);
        assert_eq!(word(8, 300.0), Turn::Grew);
        assert_eq!(word(6, 100.0), Turn::Steady);
        assert_eq!(word(8, 60.0), Turn::Steady, "more cases in a longer window that chance gives more often");
        assert_eq!(word(5, 80.0), Turn::Cooled);
        assert_eq!(word(6, 50.0), Turn::Cooled);
        assert_eq!(word(5, 120.0), Turn::Steady, "fewer cases in a shorter window may be rarer");
    }

    #[test]
    fn a_cluster_has_moved_when_its_centre_has_left_it() {
        let (here, there) = (at(0), at(1));
        assert_eq!(standing(&there, 6, 100.0).since(&standing(&here, 6, 100.0)), Turn::Moved);
        assert!((standing(&there, 6, 100.0).moved_km(&standing(&here, 6, 100.0)).unwrap() - 1.97).abs() < 0.02);
        let wide = Standing { radius_km: Some(3.0), ..standing(&here, 6, 100.0) };
        assert_eq!(standing(&there, 6, 100.0).since(&wide), Turn::Steady, "within the radius it had");
        let area = Standing { cells: &[], ..standing(&here, 6, 100.0) };
        assert_eq!(standing(&there, 6, 100.0).since(&area), Turn::Steady, "an area does not move");
    }
}
