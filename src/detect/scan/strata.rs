//! Strata: within each, cases are exchangeable. A stratum is a combination of covariates, times the day
//! of the week where that adjustment is on.

use super::{problem::Cases, windows::Intervals};
use crate::domain::time::Day;

/// A row of cases as it came in, with its place's position in the sorted list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub place: u32,
    pub day: Day,
    pub count: u32,
    pub covariate: u32,
}

/// The cases of one stratum.
#[derive(Debug, Clone, Default)]
pub(super) struct Stratum {
    pub cases: Vec<Cases>,
    pub total: u64,
}

/// Strata that hold a case, in the order of covariate and weekday.
pub(super) fn split(rows: &[Row], intervals: &Intervals, by_weekday: bool) -> Vec<Stratum> {
    let mut keyed: Vec<((u32, usize), Cases)> = rows
        .iter()
        .filter(|r| r.count > 0)
        .filter_map(|r| {
            let weekday = if by_weekday { r.day.weekday_index() } else { 0 };
            let interval = intervals.of(r.day)?;
            Some(((r.covariate, weekday), Cases { place: r.place, interval, count: r.count }))
        })
        .collect();
    keyed.sort_by_key(|(key, c)| (*key, c.place, c.interval));
    let mut strata: Vec<Stratum> = Vec::new();
    let mut last = None;
    for (key, cases) in keyed {
        if last != Some(key) {
            strata.push(Stratum::default());
            last = Some(key);
        }
        if let Some(stratum) = strata.last_mut() {
            stratum.total += u64::from(cases.count);
            stratum.cases.push(cases);
        }
    }
    strata
}
