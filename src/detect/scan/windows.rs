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

/// The windows of a scan, the shortest first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    /// Those that may be reported.
    pub now: Vec<Window>,
    /// Those that the replicates are scanned for, where they are others: every window that an analysis since the
    /// start of surveillance might have reported (Kulldorff 2001). Empty where they are the same.
    pub ever: Vec<Window>,
    /// Analyses that p-values account for.
    pub analyses: u32,
}

/// Intervals `from..=to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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

    /// What is scanned. Surveillance that began before the period began with it, for what matters here.
    pub fn plan(&self, options: &ScanOptions) -> Plan {
        let last = self.count as u32 - 1;
        let first = match options.analysis {
            Analysis::Retrospective | Analysis::Temporal => 0,
            Analysis::Prospective | Analysis::Spatial => last,
        };
        let now = self.windows(options, first);
        let begun = options.surveillance_from.filter(|_| options.analysis == Analysis::Prospective);
        let begun = begun.map_or(last, |day| if day < self.days.from { 0 } else { self.of(day).unwrap_or(last) });
        let ever = if begun < last { self.windows(options, begun) } else { Vec::new() };
        Plan { now, ever, analyses: last - begun + 1 }
    }

    /// Every window that ends at interval `first_end` or later, the shortest first (and of one length the earliest
    /// first).
    fn windows(&self, options: &ScanOptions, first_end: u32) -> Vec<Window> {
        let last = self.count as u32 - 1;
        let whole = Window { from: 0, to: last };
        if options.analysis == Analysis::Spatial {
            return vec![whole];
        }
        let shortest = options.min_days.div_ceil(self.length as u32).max(1);
        let longest = self.longest(options.longest);
        let mut windows = Vec::new();
        for length in shortest..=longest {
            let ends = first_end.max(length - 1)..=last;
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

impl Plan {
    pub fn all(&self) -> impl Iterator<Item = Window> {
        self.now.iter().chain(&self.ever).copied()
    }

    /// The union of all windows.
    pub fn live(&self) -> Window {
        Window::union(&self.all().collect::<Vec<_>>())
    }
}

impl Window {
    /// Is there an interval that is in all of them?
    pub fn shared(windows: &[Self]) -> bool {
        windows.iter().map(|w| w.from).max() <= windows.iter().map(|w| w.to).min()
    }

    /// The shortest window that holds all of them; there is one at least.
    pub fn union(windows: &[Self]) -> Self {
        let from = windows.iter().map(|w| w.from).min().unwrap_or(0);
        Self { from, to: windows.iter().map(|w| w.to).max().unwrap_or(from) }
    }

    /// Intervals inside.
    pub fn len(self) -> usize {
        (self.to - self.from) as usize + 1
    }

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
        let got = intervals(10, 1).plan(&options);
        assert_eq!((got.ever.len(), got.analyses), (0, 1));
        assert_eq!(got.now, [Window { from: 8, to: 9 }, Window { from: 7, to: 9 }, Window { from: 6, to: 9 }]);
    }

    #[test]
    fn earlier_analyses_add_the_windows_that_they_looked_at() {
        let from = |day| ScanOptions {
            longest: LongestWindow::Days(2),
            surveillance_from: Some(Day::from_epoch_days(day)),
            ..ScanOptions::default()
        };
        let plan = intervals(10, 1).plan(&from(7));
        assert_eq!((plan.now.len(), plan.ever.len(), plan.analyses), (2, 6, 3));
        assert!(plan.ever.iter().all(|w| w.to >= 7));
        assert_eq!(intervals(10, 1).plan(&from(-30)).analyses, 10);
        assert_eq!(intervals(10, 1).plan(&from(9)).ever, []);
    }

    #[test]
    fn retrospective_windows_lie_anywhere() {
        let options = ScanOptions {
            analysis: Analysis::Retrospective,
            longest: LongestWindow::Share(0.5),
            ..ScanOptions::default()
        };
        // Five of one day, four of two days (half of five days is two whole ones).
        assert_eq!(intervals(5, 1).plan(&options).now.len(), 9);
    }
}
