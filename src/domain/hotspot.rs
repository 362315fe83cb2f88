//! Emerging hot spots: what the history of a place makes of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::text_enum;

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
