//! `farrington` and `farrington-flexible`.

use anyhow::{Result, bail};

use super::{Given, Judge, Key, Method};
use crate::{
    detect::farrington::{
        FarringtonOptions, FlexibleOptions, Power, Reference, ScoreScale, StandardError, Threshold, farrington,
        farrington_flexible,
    },
    domain::count_series::CountSeries,
};

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "farrington",
        about: "regression on the same weeks of earlier years (Farrington et al. 1996)",
        keys: &[
            YEARS,
            HALF_WINDOW,
            TREND,
            Key { default: "0.05", ..P_THRESHOLD_TREND },
            REWEIGHT,
            Key { default: "1", ..WEIGHTS_THRESHOLD },
            Key { default: "0.01", says: "two-sided level of the bound, between 0 and 1", ..ALPHA },
            POWER,
            LIMIT_CASES,
            LIMIT_WEEKS,
            Key { says: "surveillance or pearson, which are the same in this method", ..SE },
            POPULATION_OFFSET,
            REFERENCE,
        ],
        prepare: original,
    },
    Method {
        name: "farrington-flexible",
        about: "regression on all weeks of earlier years with seasons (Noufaily et al. 2013; Salmon et al. 2016)",
        keys: &[
            YEARS,
            HALF_WINDOW,
            Key { name: "periods", default: "10", says: "seasons of the year, 1 to 52; 1 takes the half windows only" },
            Key {
                name: "past_weeks_not_included",
                default: "26",
                says: "weeks (of daily series: days) before the one judged that are left out, 0 to 3660",
            },
            TREND,
            P_THRESHOLD_TREND,
            REWEIGHT,
            WEIGHTS_THRESHOLD,
            ALPHA,
            Key { says: "scale on which threshold=delta is normal: 2/3, 1/2 or none", ..POWER },
            LIMIT_CASES,
            LIMIT_WEEKS,
            Key {
                name: "threshold",
                default: "nb-plugin",
                says: "the bound: nb-plugin, a negative binomial's quantile; muan, the same at the mean's upper limit; \
                       or delta, as in the original",
            },
            SE,
            Key {
                name: "score",
                default: "cases; link with se=surveillance",
                says: "the score (y - m)/(bound - m) of nb-plugin and muan: m in cases, or its logarithm as in \
                       R surveillance: link",
            },
            POPULATION_OFFSET,
            REFERENCE,
        ],
        prepare: flexible,
    },
];

const YEARS: Key = Key { name: "years", default: "5", says: "earlier years to learn from, 1 to 50; a trend needs 3" };
const HALF_WINDOW: Key = Key {
    name: "half_window",
    default: "3",
    says: "weeks (of daily series: days) before and after the same time of each year, 1 to 182",
};
const TREND: Key = Key { name: "trend", default: "yes", says: "whether a trend may be kept, yes or no" };
const P_THRESHOLD_TREND: Key = Key {
    name: "p_threshold_trend",
    default: "1",
    says: "a trend is kept when its p-value lies below, 0 to 1; 1 tests nothing",
};
const REWEIGHT: Key =
    Key { name: "reweight", default: "yes", says: "whether past outbreaks are weighed down, yes or no" };
const WEIGHTS_THRESHOLD: Key = Key {
    name: "weights_threshold",
    default: "2.58",
    says: "Anscombe residual from which on a week counts as a past outbreak, above 0",
};
const ALPHA: Key = Key { name: "alpha", default: "0.005", says: "one-sided level of the bound, between 0 and 1" };
const POWER: Key =
    Key { name: "power", default: "2/3", says: "scale on which counts are taken to be normal: 2/3, 1/2 or none" };
const LIMIT_CASES: Key = Key {
    name: "limit_cases",
    default: "5",
    says: "no alarm with fewer cases in the last limit_weeks, 0 or more; 0 limits nothing",
};
const LIMIT_WEEKS: Key = Key {
    name: "limit_weeks",
    default: "4",
    says: "weeks (of daily series: days) of limit_cases, the one judged included, 1 to 3660",
};
const SE: Key = Key {
    name: "se",
    default: "pearson",
    says: "standard error of delta, muan and the trend's test: pearson, which is right, or as R surveillance has it: \
           surveillance",
};
const POPULATION_OFFSET: Key = Key {
    name: "population_offset",
    default: "no",
    says: "whether counts are in proportion to the column population, yes or no",
};
const REFERENCE: Key = Key {
    name: "reference",
    default: "calendar",
    says: "a year ago is the same date: calendar; or 52 weeks (365 days) ago: index",
};

fn original(given: &mut Given) -> Result<Judge> {
    let options = FarringtonOptions {
        years: given.whole("years", 1..=50)?,
        half_window: given.whole("half_window", 1..=182)?,
        trend: given.yes_no("trend")?,
        p_threshold_trend: p_threshold_trend(given)?,
        reweight: given.yes_no("reweight")?,
        weights_threshold: weights_threshold(given)?,
        alpha: given.level("alpha")?,
        power: given.word("power", &Power::WORDS)?,
        limit_cases: given.whole("limit_cases", 0..=1_000_000_000)? as u64,
        limit_weeks: given.whole("limit_weeks", 1..=3660)?,
        // Read last of all, in the order of the keys.
        population_offset: {
            given.word("se", &StandardError::WORDS)?;
            given.yes_no("population_offset")?
        },
        reference: given.word("reference", &Reference::WORDS)?,
    };
    Ok(Box::new(move |series, range| {
        check(series, options.half_window, options.population_offset)?;
        Ok(farrington(series, range, &options))
    }))
}

fn flexible(given: &mut Given) -> Result<Judge> {
    let mut options = FlexibleOptions {
        years: given.whole("years", 1..=50)?,
        half_window: given.whole("half_window", 1..=182)?,
        periods: given.whole("periods", 1..=52)?,
        past_weeks_not_included: given.whole("past_weeks_not_included", 0..=3660)?,
        trend: given.yes_no("trend")?,
        p_threshold_trend: p_threshold_trend(given)?,
        reweight: given.yes_no("reweight")?,
        weights_threshold: weights_threshold(given)?,
        alpha: given.level("alpha")?,
        power: given.word("power", &Power::WORDS)?,
        limit_cases: given.whole("limit_cases", 0..=1_000_000_000)? as u64,
        limit_weeks: given.whole("limit_weeks", 1..=3660)?,
        threshold: given.word("threshold", &Threshold::WORDS)?,
        se: given.word("se", &StandardError::WORDS)?,
        ..FlexibleOptions::default()
    };
    let usual = if options.se == StandardError::Surveillance { "link" } else { "cases" };
    options.score = given.word_or("score", &[("cases", ScoreScale::Cases), ("link", ScoreScale::Link)], usual)?;
    options.population_offset = given.yes_no("population_offset")?;
    options.reference = given.word("reference", &Reference::WORDS)?;
    Ok(Box::new(move |series, range| {
        check(series, options.half_window, options.population_offset)?;
        Ok(farrington_flexible(series, range, &options))
    }))
}

fn p_threshold_trend(given: &mut Given) -> Result<f64> {
    given.number("p_threshold_trend", "a probability from 0 to 1", |p| (0.0..=1.0).contains(&p))
}

fn weights_threshold(given: &mut Given) -> Result<f64> {
    given.number("weights_threshold", "a residual above 0", |t| t > 0.0)
}

/// What only the series can tell.
fn check(series: &CountSeries, half_window: usize, population_offset: bool) -> Result<()> {
    let year = series.step.per_year();
    if 2 * half_window + 1 > year {
        bail!("--option half_window={half_window}: the window is longer than a year of {year} {}s", series.step.noun());
    }
    if population_offset && series.population.is_none() {
        bail!("--option population_offset=yes: there is no column population");
    }
    Ok(())
}
