//! What is scanned for, and how: one documented struct with the literature's defaults.

use serde::Serialize;

use crate::domain::time::Day;

macro_rules! choice {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every accepted word, in the order of the documentation.
            pub const WORDS: &'static [&'static str] = &[$($text),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// `None` for a word that is not one of [`Self::WORDS`].
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    )*};
}

choice! {
    /// What the counts are compared with.
    Model {
        /// Space-time permutation (Kulldorff et al. 2005): cases only; corrects for every purely spatial
        /// and purely temporal difference.
        Permutation = "permutation",
        /// Discrete Poisson (Kulldorff 1997): counts in proportion to a population at risk.
        Poisson = "poisson",
        /// Bernoulli (Kulldorff & Nagarwalla 1995): cases among cases and controls.
        Bernoulli = "bernoulli",
    }

    /// Which sets of places are looked at.
    ZoneShape {
        /// Circles of every size around every place (Kulldorff 1997).
        Circles = "circles",
        /// All places within k steps of a place, from neighbour to neighbour, for every k.
        Rings = "rings",
        /// Every connected set of few places: a flexible scan (after Tango & Takahashi 2005).
        Connected = "connected",
    }

    /// Which windows in time.
    Analysis {
        /// Windows that end at the last interval: clusters that are still alive.
        Prospective = "prospective",
        /// Every window of the period.
        Retrospective = "retrospective",
        /// The whole period only.
        Spatial = "spatial",
        /// The whole area only.
        Temporal = "temporal",
    }

    /// Windows with more cases than expected, fewer, or either.
    Rates {
        High = "high",
        Low = "low",
        Both = "both",
    }

    /// Which secondary clusters are reported beside more likely ones. For space-time clusters two
    /// windows only touch where they overlap in time as well.
    Overlap {
        /// Neither cluster's centre lies in the other.
        NoCentreInOther = "no-centre-in-other",
        /// No place in common.
        None = "none",
        /// Not both centres in each other's cluster.
        NoPairOfCentres = "no-pair-of-centres",
        /// The best window of every centre.
        All = "all",
        MostLikelyOnly = "most-likely-only",
    }

    /// How p-values come from the replicates.
    PValueMethod {
        /// rank / (replications + 1).
        Standard = "standard",
        /// A Gumbel distribution fitted to the replicates by moments, where the rank is below 10 and only
        /// high rates are sought; the rank otherwise.
        Gumbel = "gumbel",
        /// Besag & Clifford (1991): stops as soon as (replications + 1)/20 replicates reach the observed
        /// maximum; Gumbel where the rank is below 10.
        Sequential = "sequential",
    }

    /// What becomes of replicates whose greatest statistic equals the data's. With a few cases a day there are many.
    Ties {
        /// They count against the data, as is usual: then small p-values come less often than they say.
        Conservative = "conservative",
        /// The data's place among them is drawn, once for a run and from its seed: then a p-value of 0.01 comes once
        /// in a hundred times also where cases are few (Dufour 2006, Journal of Econometrics 133).
        Random = "random",
    }

    /// Adjustment of the Poisson model for a temporal trend.
    TimeAdjustment {
        /// Every interval's total is taken as given.
        NonParametric = "time-nonparametric",
        /// One log-linear trend over the period, fitted to the data.
        LogLinear = "time-loglinear",
    }
}

/// The longest window in time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LongestWindow {
    Days(u32),
    /// Share of the study period, 0 to 1.
    Share(f64),
}

impl ZoneShape {
    pub fn is_circles(&self) -> bool {
        *self == Self::Circles
    }
}

impl Ties {
    pub fn are_conservative(&self) -> bool {
        *self == Self::Conservative
    }
}

/// Settings of one scan. `Default` is a prospective space-time permutation scan with the usual limits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScanOptions {
    pub model: Model,
    pub analysis: Analysis,
    #[serde(skip_serializing_if = "ZoneShape::is_circles")]
    pub zones: ZoneShape,
    /// The most places of a connected zone, 1 to 12. Hexagons have 3, 11, 44, 186, 814, 3,652 connected sets of 2, 3,
    /// 4, 5, 6, 7 around each: up to 6 there are about as many zones of a place as a circle of 1,000 places has, and
    /// with more of them chance finds ever longer strings of cells that happen to be high.
    #[serde(skip)]
    pub max_cells: u8,
    /// So many coarser H3 resolutions are looked at as well, with one p-value over all of them.
    #[serde(skip_serializing_if = "is_zero")]
    pub coarser: u8,
    /// Days per time interval, counted backwards from the last day. At least 1.
    pub aggregate_days: u32,
    /// The largest zone, as a share of the population at risk (for the permutation model: of the cases).
    pub max_space_share: f64,
    /// The largest zone, as the distance from its centre to its farthest place: kilometres, or the plane's own unit.
    pub max_radius_km: Option<f64>,
    pub min_days: u32,
    pub longest: LongestWindow,
    /// The fewest cases of a high-rate cluster. At least 1.
    pub min_cases: u32,
    pub rates: Rates,
    pub overlap: Overlap,
    /// Adjust for the day of the week (as a stratum).
    pub adjust_weekday: bool,
    pub adjust_time: Option<TimeAdjustment>,
    /// Adjust the Poisson model for purely spatial differences.
    pub adjust_space: bool,
    /// Also consider windows of the whole period.
    pub include_spatial: bool,
    /// Also consider windows of the whole area.
    pub include_temporal: bool,
    pub replications: u32,
    pub seed: u64,
    pub p_value: PValueMethod,
    /// For p-values by rank; a sequential run that stopped early has no use for it.
    #[serde(skip_serializing_if = "Ties::are_conservative")]
    pub ties: Ties,
    /// The first day of surveillance, if p-values of a prospective scan account for the analyses made since then,
    /// one an interval (Kulldorff 2001).
    pub surveillance_from: Option<Day>,
    /// Worker threads; `None` for as many as the machine has. Never changes an answer.
    #[serde(skip)]
    pub threads: Option<usize>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(n: &u8) -> bool {
    *n == 0
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self {
            model: Model::Permutation,
            analysis: Analysis::Prospective,
            zones: ZoneShape::Circles,
            max_cells: 6,
            coarser: 0,
            aggregate_days: 1,
            max_space_share: 0.5,
            max_radius_km: None,
            min_days: 1,
            longest: LongestWindow::Share(0.5),
            min_cases: 2,
            rates: Rates::High,
            overlap: Overlap::NoCentreInOther,
            adjust_weekday: false,
            adjust_time: None,
            adjust_space: false,
            include_spatial: false,
            include_temporal: false,
            replications: 999,
            seed: 1,
            p_value: PValueMethod::Standard,
            ties: Ties::Conservative,
            surveillance_from: None,
            threads: None,
        }
    }
}
