//! The reporting triangle: how many events of a day were known after how many days.

use super::time::DayRange;

/// `known[t][d]`: events that occurred on day `t` of `days` and were received `d` days later
/// (d = 0 .. max_delay, the last column also holds everything later). Cells that lie after `as_of`
/// (= `days.to`) are not zero but unknown and hold `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportingTriangle {
    pub days: DayRange,
    pub max_delay: usize,
    pub known: Vec<Vec<Option<u32>>>,
}

impl ReportingTriangle {
    /// Build from (day index, delay in days, count); what would have been received after the last day
    /// is left out, as it was not known then.
    pub fn from_counts(
        days: DayRange,
        max_delay: usize,
        counts: impl IntoIterator<Item = (usize, usize, u32)>,
    ) -> Self {
        let n = days.len();
        let mut known: Vec<Vec<Option<u32>>> =
            (0..n).map(|t| (0..=max_delay).map(|d| (t + d < n).then_some(0)).collect()).collect();
        for (t, delay, count) in counts {
            if t < n
                && t + delay < n
                && let Some(cell) = &mut known[t][delay.min(max_delay)]
            {
                *cell += count;
            }
        }
        Self { days, max_delay, known }
    }

    /// Events of each day known so far.
    pub fn known_so_far(&self) -> Vec<u32> {
        self.known.iter().map(|row| row.iter().flatten().sum()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Day;

    #[test]
    fn what_is_not_yet_known_is_not_zero() {
        let day = |n| Day::from_epoch_days(n);
        let t = ReportingTriangle::from_counts(
            DayRange::new(day(0), day(2)).unwrap(),
            2,
            [(0, 0, 3), (0, 2, 1), (1, 1, 2), (2, 0, 1), (2, 1, 5)],
        );
        assert_eq!(t.known[0], [Some(3), Some(0), Some(1)]);
        assert_eq!(t.known[2], [Some(1), None, None]);
        assert_eq!(t.known_so_far(), [4, 2, 1]);
    }
}
