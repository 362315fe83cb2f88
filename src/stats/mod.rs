//! Statistics that know nothing of overdoses: distributions, summaries, seeded draws, multiple testing.
//!
//! Each file is one idea and names its source. Functions take and give plain numbers; randomness is
//! always a seeded [`random::Random`] handed in. To add one: a file here, a line below, checks against
//! published or exactly computed values.

pub mod alias;
pub mod counts;
pub mod glm;
pub mod mann_kendall;
pub mod mixture;
pub mod multiple;
pub mod normal;
pub mod random;
pub mod recurrence;
pub mod scores;
pub mod seasonal_glm;
pub mod summary;

pub use alias::Alias;
pub use counts::CountDistribution;
pub use mann_kendall::{MannKendall, mann_kendall, sen_slope};
pub use mixture::CountMixture;
pub use random::Random;
pub use recurrence::recurrence_interval;
