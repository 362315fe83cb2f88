//! Which earlier points a point is compared with, and to which season they belong.

use crate::{detect::reference::Reference, domain::count_series::CountSeries, stats::seasonal_glm::Run};

/// The baseline's shape, in points of the series (weeks, or days).
#[derive(Debug, Clone, Copy)]
pub(super) struct Baseline {
    pub years: usize,
    pub half_window: usize,
    /// Levels of the seasonal factor; 1 takes only the windows around the same time of earlier years.
    pub periods: usize,
    /// Points before the one judged that are left out.
    pub not_included: usize,
    pub reference: Reference,
}

impl Baseline {
    /// The level of the windows, which is also that of the point judged.
    pub fn current_level(&self) -> usize {
        self.periods - 1
    }

    /// The runs of points that a position is compared with, oldest first. `None` where the series begins too late.
    ///
    /// A year's windows are the last level; what lies between two windows is cut into the other levels, blocks of
    /// equal length of which the first are one longer where that does not come out even.
    pub fn runs(&self, series: &CountSeries, position: usize, into: &mut Vec<Run>) -> Option<()> {
        into.clear();
        let w = self.half_window;
        let end = position.checked_sub(self.not_included)?;
        let mut push = |start: usize, len: usize, level: usize| {
            let len = len.min(end.saturating_sub(start));
            if len > 0 {
                into.push(Run { start, len, level });
            }
        };
        let mut centre = self.reference.before(series, position, self.years)?;
        centre.checked_sub(w)?;
        for years_ago in (0..self.years).rev() {
            let next = self.reference.before(series, position, years_ago)?;
            push(centre - w, 2 * w + 1, self.current_level());
            let (mut start, rest) = (centre + w + 1, next.saturating_sub(centre + 2 * w + 1));
            let blocks = self.periods - 1;
            for block in 0..blocks {
                let len = rest / blocks + usize::from(block < rest % blocks);
                push(start, len, block);
                start += len;
            }
            centre = next;
        }
        Some(())
    }

    /// Why [`Self::runs`] has nothing.
    pub fn too_short(&self, series: &CountSeries) -> String {
        let (years, noun) = (self.years, if self.years == 1 { "year" } else { "years" });
        format!(
            "needs {years} earlier {noun} and {} {}s; the series begins on {}",
            self.half_window,
            series.step.noun(),
            series.first
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::count_series::Step;

    fn series(first: &str, step: Step, n: usize) -> CountSeries {
        CountSeries { first: first.parse().unwrap(), step, counts: vec![1; n], population: None }
    }

    fn runs(series: &CountSeries, position: usize, baseline: Baseline) -> Option<Vec<(usize, usize, usize)>> {
        let mut runs = Vec::new();
        baseline.runs(series, position, &mut runs)?;
        Some(runs.iter().map(|r| (r.start, r.len, r.level)).collect())
    }

    const PLAIN: Baseline =
        Baseline { years: 2, half_window: 3, periods: 1, not_included: 3, reference: Reference::Calendar };

    #[test]
    fn windows_alone_or_with_the_rest_of_the_year_in_blocks() {
        let weekly = series("2017-01-02", Step::Weekly, 200);
        let index = Baseline { reference: Reference::Index, ..PLAIN };
        assert_eq!(runs(&weekly, 150, index).unwrap(), [(43, 7, 0), (95, 7, 0)]);
        // 45 weeks lie between windows: four blocks of 12, 11, 11, 11; the last year's end at 150 − 26.
        let five = Baseline { periods: 5, not_included: 26, ..index };
        let year = [(43, 7, 4), (50, 12, 0), (62, 11, 1), (73, 11, 2), (84, 11, 3)];
        let last = [(95, 7, 4), (102, 12, 0), (114, 10, 1)];
        assert_eq!(runs(&weekly, 150, five).unwrap(), [&year[..], &last[..]].concat());
    }

    #[test]
    fn a_series_that_begins_too_late_has_no_baseline() {
        let weekly = series("2017-01-02", Step::Weekly, 200);
        let index = Baseline { reference: Reference::Index, ..PLAIN };
        assert!(runs(&weekly, 107, index).is_some());
        assert!(runs(&weekly, 106, index).is_none());
        assert_eq!(index.too_short(&weekly), "needs 2 earlier years and 3 weeks; the series begins on 2017-01-02");
    }
}
