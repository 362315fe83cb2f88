//! Scores of other detectors, by name, for [`super::bound`].
//!
//! To add one: a variant, its name, and how it scores a series day by day.

use crate::detect::ears::{EarsMethod, EarsOptions, ears};

/// A detector whose bound is to be found from a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Score {
    /// k events in 24 hours.
    CountInADay,
    EarsC1,
    EarsC2,
    EarsC3,
}

impl Score {
    pub const ALL: [Self; 4] = [Self::CountInADay, Self::EarsC1, Self::EarsC2, Self::EarsC3];

    /// As `emberwatch detect` calls it, where it knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::CountInADay => "count-24h",
            Self::EarsC1 => "ears-c1",
            Self::EarsC2 => "ears-c2",
            Self::EarsC3 => "ears-c3",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// Larger is more unusual; `None` on days without an answer or with nothing above the usual.
    pub fn of(self, counts: &[u32]) -> Vec<Option<f64>> {
        let by_ears = |method| {
            let days = ears(counts, &EarsOptions::new(method));
            days.into_iter().map(|day| day.map(|d| d.score).filter(|s| *s > 0.0)).collect()
        };
        match self {
            Self::CountInADay => counts.iter().map(|n| Some(f64::from(*n)).filter(|n| *n > 0.0)).collect(),
            Self::EarsC1 => by_ears(EarsMethod::C1),
            Self::EarsC2 => by_ears(EarsMethod::C2),
            Self::EarsC3 => by_ears(EarsMethod::C3),
        }
    }
}
