//! Time: days become intervals, intervals become the windows that are scanned.
//!
//! Intervals are aggregated backwards from the last day, so the last one is always full and the first
//! may be short.

use crate::domain::time::{Day, DayRange};

use super::options::{Analysis, LongestWindow, ScanOptions};

/// The study period cut into intervals, 0 being the oldest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Intervals {
    days: DayRange,
    length: i32,
    pub count: usize,
}

/// Intervals `from..=to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub from: u32,
    pub to: u32,
}

impl Intervals {
    pub fn new(days: DayRange, length: u32) -> Self {
        let length = length.max(1) as i32;
        Self { days, length, count: (days.len() as i32 + length - 1) as usize / length as usize }
    }

    /// The study period.
    pub fn all_days(&self) -> DayRange {
        self.days
    }

    pub fn of(&self, day: Day) -> Option<u32> {
        self.days.contains(day).then(|| self.count as u32 - 1 - ((self.days.to - day) / self.length) as u32)
    }

    pub fn days_of(&self, w: Window) -> DayRange {
        let back = |i: u32| self.count as i32 - 1 - i as i32;
        let from = self.days.to - (back(w.from) + 1) * self.length + 1;
        DayRange { from: from.max(self.days.from), to: self.days.to - back(w.to) * self.length }
    }

    /// Every window to be scanned, the shortest first (and of one length the earliest first).
    pub fn windows(&self, options: &ScanOptions) -> Vec<Window> {
        let whole = Window { from: 0, to: self.count as u32 - 1 };
        if options.analysis == Analysis::Spatial {
            return vec![whole];
        }
        let shortest = options.min_days.div_ceil(self.length as u32).max(1);
        let longest = self.longest(options.longest);
        let mut windows = Vec::new();
        for length in shortest..=longest {
            let last = self.count as u32 - 1;
            let ends = if options.analysis == Analysis::Prospective { last..=last } else { length - 1..=last };
            windows.extend(ends.map(|to| Window { from: to + 1 - length, to }));
        }
        if options.include_spatial && !windows.contains(&whole) {
            windows.push(whole);
        }
        windows
    }

    fn longest(&self, limit: LongestWindow) -> u32 {
        let intervals = match limit {
            LongestWindow::Days(days) => days / self.length as u32,
            // A hair is added so that a share such as 0.1 of 70 days is 7 days in spite of rounding.
            LongestWindow::Share(share) => (share * self.days.len() as f64 / f64::from(self.length) + 1e-9) as u32,
        };
        intervals.min(self.count as u32)
    }
}

impl Window {
    pub fn contains(self, interval: u32) -> bool {
        self.from <= interval && interval <= self.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intervals(days: i32, length: u32) -> Intervals {
        let from = Day::from_epoch_days(0);
        Intervals::new(DayRange { from, to: from + (days - 1) }, length)
    }

    #[test]
    fn intervals_are_counted_back_from_the_last_day() {
        let t = intervals(7, 2);
        assert_eq!(t.count, 4);
        let of = |n| t.of(Day::from_epoch_days(n));
        assert_eq!([of(0), of(1), of(2), of(6), of(7)], [Some(0), Some(1), Some(1), Some(3), None]);
        let first = t.days_of(Window { from: 0, to: 0 });
        assert_eq!((first.from.epoch_days(), first.to.epoch_days()), (0, 0));
        let rest = t.days_of(Window { from: 1, to: 3 });
        assert_eq!((rest.from.epoch_days(), rest.to.epoch_days()), (1, 6));
    }

    #[test]
    fn prospective_windows_all_end_today() {
        let options = ScanOptions { min_days: 2, longest: LongestWindow::Days(4), ..ScanOptions::default() };
        let got = intervals(10, 1).windows(&options);
        assert_eq!(got, [Window { from: 8, to: 9 }, Window { from: 7, to: 9 }, Window { from: 6, to: 9 }]);
    }

    #[test]
    fn retrospective_windows_lie_anywhere() {
        let options = ScanOptions {
            analysis: Analysis::Retrospective,
            longest: LongestWindow::Share(0.5),
            ..ScanOptions::default()
        };
        // Five of one day, four of two days (half of five days is two whole ones).
        assert_eq!(intervals(5, 1).windows(&options).len(), 9);
    }
}
