//! `glr-poisson` and `glr-nb`.

use anyhow::Result;
use serde_json::json;

use super::{
    Given, Judge, Key, Method,
    usual::{FOLLOW, HARMONICS, MEAN, TREND, Usual, follow, from_start},
};
use crate::detect::glr::{Change, Direction, GlrOptions, glr};

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "glr-poisson",
        about: "has the mean changed since some day? (Höhle & Paul 2008); score: the log-likelihood ratio; alarm at or \
                above the bound, then a new start",
        keys: &[
            C_ARL, THETA, STATISTIC, CHANGE, DIRECTION, WINDOW, MIN_WINDOW, GLM_MEAN, HARMONICS, TREND, REFIT, FOLLOW,
        ],
        prepare: |given| prepare(given, false),
    },
    Method {
        name: "glr-nb",
        about: "as glr-poisson, for counts that vary more than Poisson counts (Höhle & Paul 2008)",
        keys: &[
            C_ARL,
            THETA,
            STATISTIC,
            Key {
                name: "alpha",
                default: "estimate",
                says: "overdispersion, Var = m + alpha m^2: a number, 0 or more, or estimate, from the counts before --from",
            },
            CHANGE,
            DIRECTION,
            WINDOW,
            MIN_WINDOW,
            GLM_MEAN,
            HARMONICS,
            TREND,
            REFIT,
            FOLLOW,
        ],
        prepare: |given| prepare(given, true),
    },
];

const C_ARL: Key = Key { name: "c_arl", default: "5", says: "threshold of the score, above 0" };
const STATISTIC: Key = Key {
    name: "statistic",
    default: "glr; lr where theta is given",
    says: "glr, for changes of any size, or lr, for one of size theta",
};
const THETA: Key = Key {
    name: "theta",
    default: "none",
    says: "size of the change: ln of the ratio of means (below 0: a decrease), or lambda of change=epidemic",
};
const CHANGE: Key = Key {
    name: "change",
    default: "intercept",
    says: "intercept, the mean is multiplied, or epidemic, each case brings lambda more on the next day (or week)",
};
const DIRECTION: Key = Key { name: "direction", default: "increase", says: "increase or decrease (inc, dec)" };
const WINDOW: Key = Key {
    name: "window",
    default: "all",
    says: "how many days (or weeks) back a change may have begun, 0 to 36600; all: any",
};
const MIN_WINDOW: Key =
    Key { name: "min_window", default: "1", says: "least number of counts since a change, 1 to 3660" };
const GLM_MEAN: Key = Key { default: "glm", ..MEAN };
const REFIT: Key = Key {
    name: "refit",
    default: "no",
    says: "whether the usual count is learned anew after an alarm, from all counts so far, yes or no",
};

const CHANGES: &[(&str, Change)] =
    &[("intercept", Change::Intercept), ("epidemic", Change::Epidemic), ("epi", Change::Epidemic)];
const DIRECTIONS: &[(&str, Direction)] = &[
    ("increase", Direction::Increase),
    ("inc", Direction::Increase),
    ("decrease", Direction::Decrease),
    ("dec", Direction::Decrease),
];

fn prepare(given: &mut Given, negative_binomial: bool) -> Result<Judge> {
    let c_arl = given.number("c_arl", "a number above 0", |c| c > 0.0)?;
    let theta = theta(given)?;
    let alpha = if negative_binomial { overdispersion(given)? } else { Some(0.0) };
    let change = given.word("change", CHANGES)?;
    let direction = given.word("direction", DIRECTIONS)?;
    let (window, min_window) = (window(given)?, given.whole("min_window", 1..=3660)?);
    let usual = Usual::read(given)?;
    let (refit, follow) = (given.yes_no("refit")?, follow(given)?);
    let prepared =
        GlrOptions { c_arl, theta, change, direction, window, min_window, refit, follow, ..GlrOptions::default() };
    Ok(Box::new(move |series, range| {
        let mean = usual.of(series, range.end);
        from_start(usual.learns() || alpha.is_none(), series, range, |counts, start| {
            let alpha = alpha.map_or_else(|| mean.overdispersion(counts, start), Ok)?;
            glr(counts, start, &GlrOptions { alpha, mean: mean.clone(), ..prepared.clone() })
        })
    }))
}

/// `None` where it is to be estimated.
fn overdispersion(given: &mut Given) -> Result<Option<f64>> {
    if given.text("alpha") == "estimate" {
        given.note("alpha", json!("estimate"));
        return Ok(None);
    }
    given.number("alpha", "a number, 0 or more, or estimate", |a| a >= 0.0).map(Some)
}

/// `None` for the GLR.
fn theta(given: &mut Given) -> Result<Option<f64>> {
    let theta = if given.text("theta") == "none" {
        given.note("theta", json!("none"));
        None
    } else {
        Some(given.number("theta", "a number that is not 0, or none", |t| t != 0.0)?)
    };
    let by_default = if theta.is_some() { "lr" } else { "glr" };
    let lr = given.word_or("statistic", &[("glr", false), ("lr", true)], by_default)?;
    match (lr, theta) {
        (true, None) => Err(given.wrong("theta", "the size of the change, which statistic=lr needs")),
        (false, _) => Ok(None),
        (true, theta) => Ok(theta),
    }
}

fn window(given: &mut Given) -> Result<Option<usize>> {
    if matches!(given.text("window").as_str(), "all" | "-1") {
        given.note("window", json!("all"));
        return Ok(None);
    }
    given.whole("window", 0..=36_600).map(Some)
}
