//! Emerging hot spots: what the history of a place makes of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    event::{EventKind, text_enum},
    ids::RunId,
    place::Cell,
    signal::Method,
    time::{Day, DayRange},
};

text_enum! {
    /// What a place's hot and cold steps come to: eight patterns, hot or cold, or none of them. The words are
    /// those of the emerging hot spot analysis; `detect::emerging` states the rules.
    #[derive(Default)]
    HotspotCategory {
        /// Hot at the last step and never before.
        NewHot = "new_hot",
        /// One unbroken run of hot steps to the end, of two or more; never before.
        ConsecutiveHot = "consecutive_hot",
        /// Hot nearly always and at the end, and ever hotter.
        IntensifyingHot = "intensifying_hot",
        /// Hot nearly always and at the end, without a trend.
        PersistentHot = "persistent_hot",
        /// Hot nearly always and at the end, and ever less so.
        DiminishingHot = "diminishing_hot",
        /// Hot at the end, on and off before.
        SporadicHot = "sporadic_hot",
        /// Hot at the end, and cold at some step before.
        OscillatingHot = "oscillating_hot",
        /// Hot nearly always, but not at the end.
        HistoricalHot = "historical_hot",
        NewCold = "new_cold",
        ConsecutiveCold = "consecutive_cold",
        IntensifyingCold = "intensifying_cold",
        PersistentCold = "persistent_cold",
        DiminishingCold = "diminishing_cold",
        SporadicCold = "sporadic_cold",
        OscillatingCold = "oscillating_cold",
        HistoricalCold = "historical_cold",
        #[default]
        NoPattern = "no_pattern",
    }
}

/// Where one cell stands, from the counts of whole weeks in it and around it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Hotspot {
    pub cell: Cell,
    /// `null` where too few events are known to say anything: fewer than `needed` here and in the cells around it.
    pub category: Option<HotspotCategory>,
    /// The category that the weeks up to the last but one have, by the same reckoning.
    pub previous: Option<HotspotCategory>,
    /// First day of the week since which the category is what it is; `null` without a pattern, or when that is longer
    /// ago than the weeks in `recent`.
    pub since: Option<Day>,
    /// Events in the cell in all weeks.
    pub events: u32,
    /// The same with the cells around it.
    pub nearby_events: u32,
    /// Of all weeks with data.
    pub weeks_hot: u32,
    pub weeks_cold: u32,
    /// One letter for each of the last weeks, oldest first: `h` hot, `c` cold, `.` neither, `?` no data.
    pub recent: String,
    /// Gi* of the last week.
    pub z: f64,
    /// Its two-sided p-value.
    pub p_value: f64,
    /// Mann–Kendall of the weekly Gi*: above 0 when it rises.
    pub trend_z: Option<f64>,
    pub trend_p: Option<f64>,
}

/// What all hot spots of a run have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HotspotSummary {
    pub run: RunId,
    /// The day the analysis took for today.
    pub as_of: Day,
    pub kind: EventKind,
    /// The whole weeks that were looked at, Sunday to Saturday.
    pub weeks: DayRange,
    /// Weeks of these without data, left out.
    pub silent_weeks: u32,
    /// Newest whole weeks that were left out because too many reports of them are still to come.
    pub late_weeks: u32,
    /// With fewer events in and around a cell than this nothing is said of it.
    pub needed: u32,
    /// The resolution that is shown where none is asked for: the finest at which something can be said of the cells
    /// of half of the events that are known so finely.
    pub resolution: u8,
    /// Coarsest first.
    pub levels: Vec<HotspotLevel>,
    pub method: Method,
}

/// One resolution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HotspotLevel {
    pub resolution: u8,
    /// Cells that saw an event.
    pub cells: u32,
    /// Share of all events whose place is known so finely.
    pub placed: f64,
    /// Share of those that lie in cells of which something can be said.
    pub told: f64,
    /// Weeks are hot or cold whose p is at most this.
    pub critical_p: f64,
}

/// All that one analysis says of hot spots.
#[derive(Debug, Clone, PartialEq)]
pub struct HotspotMap {
    pub summary: HotspotSummary,
    /// By cell. Of one resolution or of several.
    pub cells: Vec<Hotspot>,
}

impl HotspotCategory {
    /// As the literature writes it: `new hot`, `no pattern`.
    pub fn words(self) -> String {
        self.as_str().replace('_', " ")
    }

    pub fn is_hot(self) -> bool {
        self <= Self::HistoricalHot
    }

    pub fn is_cold(self) -> bool {
        !self.is_hot() && self != Self::NoPattern
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_are_hot_eight_are_cold_and_one_is_neither() {
        let count = |f: fn(HotspotCategory) -> bool| HotspotCategory::ALL.iter().filter(|c| f(**c)).count();
        assert_eq!((count(HotspotCategory::is_hot), count(HotspotCategory::is_cold)), (8, 8));
        for category in HotspotCategory::ALL {
            assert_eq!(category.is_hot(), category.words().ends_with(" hot"), "{category}");
            assert_eq!(category.is_cold(), category.words().ends_with(" cold"), "{category}");
        }
    }
}
