//! Earlier years' points: what a seasonal method compares a week or day with.

use chrono::{Datelike, NaiveDate};

use crate::domain::{count_series::CountSeries, time::Day};

/// How "a year ago" is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reference {
    /// The same date of an earlier year (1 March for 29 February), moved to the nearest point of the series.
    #[default]
    Calendar,
    /// 52 weeks or 365 days earlier, so that years drift against the calendar.
    Index,
}

impl Reference {
    pub const WORDS: [(&'static str, Self); 2] = [("calendar", Self::Calendar), ("index", Self::Index)];

    /// The position so many years before another; `None` before the first.
    pub fn before(self, series: &CountSeries, position: usize, years: usize) -> Option<usize> {
        if years == 0 {
            return Some(position);
        }
        match self {
            Self::Index => position.checked_sub(years * series.step.per_year()),
            Self::Calendar => {
                let day = series.day(position);
                let same = same_date(day, years);
                // Weeks begin on one weekday, so the nearest one is three days off at most.
                let steps = f64::from(day - same) / f64::from(series.step.days());
                position.checked_sub(steps.round() as usize)
            }
        }
    }
}

fn same_date(day: Day, years_before: usize) -> Day {
    let date = day.date();
    let year = date.year() - years_before as i32;
    let same = NaiveDate::from_ymd_opt(year, date.month(), date.day());
    Day::from_date(same.or_else(|| NaiveDate::from_ymd_opt(year, 3, 1)).unwrap_or(date))
}

/// The counts around the same time of earlier years and, where asked, just before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReferenceValues {
    /// Years back; 0 takes this year's only.
    pub years: usize,
    /// Points before and after the same time of each year, and points of the current year.
    pub half_window: usize,
    /// Whether the points just before take part.
    pub current_year: bool,
    pub reference: Reference,
}

impl ReferenceValues {
    /// `None` where the series begins too late, or where nothing was asked for.
    pub fn of<'a>(
        &self,
        series: &'a CountSeries,
        position: usize,
    ) -> Option<impl Iterator<Item = u32> + Clone + use<'a>> {
        let w = self.half_window;
        let current = if self.current_year { position.checked_sub(w)?..position } else { 0..0 };
        let mut windows = vec![current];
        for years in 1..=self.years {
            let centre = self.reference.before(series, position, years)?;
            windows.push(centre.checked_sub(w)?..centre + w + 1);
        }
        if windows.iter().all(std::ops::Range::is_empty) {
            return None;
        }
        Some(windows.into_iter().flatten().map(|i| series.counts[i]))
    }

    /// Why there are none.
    pub fn too_short(&self, series: &CountSeries) -> String {
        let (years, w, noun) = (self.years, self.half_window, series.step.noun());
        format!("needs {years} earlier years and {w} {noun}s; the series begins on {}", series.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::count_series::Step;

    fn series(first: &str, step: Step, n: usize) -> CountSeries {
        CountSeries { first: first.parse().unwrap(), step, counts: (0..n as u32).collect(), population: None }
    }

    #[test]
    fn a_year_ago_is_the_nearest_week_of_the_calendar() {
        // Mondays; 2023-04-24 is nearest to 2022-04-25 (52 weeks) and 2021-04-26 (104), 2020-04-27 (156).
        let weekly = series("2017-01-02", Step::Weekly, 400);
        let monday = |text: &str| ((text.parse::<Day>().unwrap() - weekly.first) / 7) as usize;
        let before = |text: &str, years| Reference::Calendar.before(&weekly, monday(text), years).unwrap();
        assert_eq!(before("2023-04-24", 1), monday("2022-04-25"));
        assert_eq!(before("2023-04-24", 3), monday("2020-04-27"));
        // 53 weeks: 2024-01-01 a year before is 2023-01-01, nearest Monday 2023-01-02; 2 years: 2022-01-03.
        assert_eq!(before("2024-01-01", 2), monday("2022-01-03"));
        assert_eq!(Reference::Index.before(&weekly, 110, 2), Some(6));
        assert_eq!(Reference::Index.before(&weekly, 103, 2), None);
    }

    #[test]
    fn the_leap_day_s_year_ago_is_the_first_of_march() {
        let daily = series("2022-01-01", Step::Daily, 900);
        let at = |text: &str| (text.parse::<Day>().unwrap() - daily.first) as usize;
        assert_eq!(Reference::Calendar.before(&daily, at("2024-02-29"), 1), Some(at("2023-03-01")));
        assert_eq!(Reference::Calendar.before(&daily, at("2024-03-01"), 1), Some(at("2023-03-01")));
    }

    #[test]
    fn reference_values_lie_around_the_same_time_of_each_year_and_just_before() {
        let weekly = series("2017-01-02", Step::Weekly, 120);
        let values = ReferenceValues { years: 2, half_window: 1, current_year: true, reference: Reference::Index };
        let at = |values: &ReferenceValues, i| values.of(&weekly, i).map(|v| v.collect::<Vec<u32>>());
        assert_eq!(at(&values, 105).unwrap(), [104, 52, 53, 54, 0, 1, 2]);
        assert_eq!(at(&values, 104), None);
        let nothing = ReferenceValues { years: 0, current_year: false, ..values };
        assert_eq!(at(&nothing, 105), None);
    }
}
