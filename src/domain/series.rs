//! Counts over cells (or areas) and days.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    ids::AreaId,
    place::Cell,
    time::{Day, DayRange},
};

/// What a recent count comes to when all reports are in, by what is known of how late reports are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NowcastTotal {
    /// The mean; never below the count.
    pub expected: f64,
    /// Middle half.
    pub lo50: u32,
    pub hi50: u32,
    /// Middle 95 %.
    pub lo: u32,
    pub hi: u32,
    /// Of a usual number of events, the share that would be known by now, 0 to 1.
    pub share_known: f64,
}

/// One count that is not zero. `place` and `day` are positions in the cube's own lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub place: u32,
    pub day: u32,
    pub count: u32,
}

/// A places × days table of counts, kept sparse: most cells see nothing on most days.
///
/// Invariants: `places` sorted and distinct; `entries` sorted by (place, day), distinct, counts > 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Cube<P> {
    pub places: Vec<P>,
    pub days: DayRange,
    pub entries: Vec<Entry>,
    /// Days on which every feed was silent: no data, which is not the same as no events.
    pub silent: Vec<Day>,
}

pub type CellCube = Cube<Cell>;
pub type AreaCube = Cube<AreaId>;

impl<P: Ord + Clone> Cube<P> {
    /// Build from (place, day, count) in any order; counts of the same place and day add up, days
    /// outside `days` are left out, and every place of `places` is kept even when it saw nothing.
    pub fn from_counts(places: &[P], days: DayRange, counts: impl IntoIterator<Item = (P, Day, u32)>) -> Self {
        let rows: Vec<_> = counts.into_iter().filter(|(_, d, n)| *n > 0 && days.contains(*d)).collect();
        let mut all: Vec<P> = places.iter().cloned().chain(rows.iter().map(|(p, _, _)| p.clone())).collect();
        all.sort_unstable();
        all.dedup();
        let mut entries: Vec<Entry> = rows
            .into_iter()
            .filter_map(|(p, d, count)| {
                let place = all.binary_search(&p).ok()? as u32;
                Some(Entry { place, day: days.index(d)? as u32, count })
            })
            .collect();
        entries.sort_unstable_by_key(|e| (e.place, e.day));
        entries.dedup_by(|next, kept| {
            let same = (next.place, next.day) == (kept.place, kept.day);
            if same {
                kept.count += next.count;
            }
            same
        });
        Self { places: all, days, entries, silent: Vec::new() }
    }

    pub fn total(&self) -> u64 {
        self.entries.iter().map(|e| u64::from(e.count)).sum()
    }

    /// The entries of one place, in day order.
    pub fn entries_of(&self, place: usize) -> &[Entry] {
        let start = self.entries.partition_point(|e| (e.place as usize) < place);
        let end = self.entries.partition_point(|e| (e.place as usize) <= place);
        &self.entries[start..end]
    }

    /// One place's counts, a value for every day.
    pub fn series(&self, place: usize) -> Vec<u32> {
        let mut out = vec![0; self.days.len()];
        for e in self.entries_of(place) {
            out[e.day as usize] = e.count;
        }
        out
    }

    /// Counts of all places together, a value for every day.
    pub fn daily_totals(&self) -> Vec<u32> {
        let mut out = vec![0; self.days.len()];
        for e in &self.entries {
            out[e.day as usize] += e.count;
        }
        out
    }

    pub fn place_totals(&self) -> Vec<u32> {
        let mut out = vec![0; self.places.len()];
        for e in &self.entries {
            out[e.place as usize] += e.count;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_a_place_and_day_add_up_and_strangers_are_left_out() {
        let day = |n| Day::from_epoch_days(n);
        let days = DayRange::new(day(10), day(12)).unwrap();
        let cube = Cube::from_counts(
            &[7, 3],
            days,
            [(3, day(11), 1), (5, day(10), 2), (3, day(11), 4), (3, day(13), 9), (7, day(10), 0)],
        );
        assert_eq!(cube.places, [3, 5, 7]);
        assert_eq!(cube.series(0), [0, 5, 0]);
        assert_eq!(cube.series(2), [0, 0, 0]);
        assert_eq!(cube.daily_totals(), [2, 5, 0]);
        assert_eq!(cube.place_totals(), [5, 2, 0]);
        assert_eq!(cube.total(), 7);
    }
}
