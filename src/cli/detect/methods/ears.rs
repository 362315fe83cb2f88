//! `ears-c1`, `ears-c2`, `ears-c3`.

use anyhow::Result;

use super::{Given, Judge, Key, Method};
use crate::detect::{
    Judgement,
    ears::{EarsDay, EarsMethod, EarsOptions, ears},
};

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "ears-c1",
        about: "count against mean and spread of the 7 days before (Hutwagner et al. 2003)",
        keys: &keys("0", "0.001"),
        prepare: |given| prepare(EarsMethod::C1, given),
    },
    Method {
        name: "ears-c2",
        about: "as ears-c1, with two days left out between (Hutwagner et al. 2003)",
        keys: &keys("2", "0.001"),
        prepare: |given| prepare(EarsMethod::C2, given),
    },
    Method {
        name: "ears-c3",
        about: "what ears-c2 exceeded on the two days before, too (Hutwagner et al. 2003)",
        keys: &keys("2", "0.025"),
        prepare: |given| prepare(EarsMethod::C3, given),
    },
];

const fn keys(lag: &'static str, alpha: &'static str) -> [Key; 4] {
    [
        Key { name: "baseline", default: "7", says: "days (or weeks) in the baseline, 2 to 3660" },
        Key { name: "lag", default: lag, says: "days (or weeks) between the baseline and the one judged, 0 to 366" },
        Key {
            name: "min_sigma",
            default: "0.5",
            says: "the least standard deviation that is believed, in cases; 0 for parity with R surveillance",
        },
        Key { name: "alpha", default: alpha, says: "one-sided level of the bound, between 0 and 1" },
    ]
}

fn prepare(method: EarsMethod, given: &mut Given) -> Result<Judge> {
    let options = EarsOptions {
        method,
        baseline: given.whole("baseline", 2..=3660)?,
        lag: given.whole("lag", 0..=366)?,
        min_sigma: given.number("min_sigma", "a number of cases, 0 or more", |s| s >= 0.0)?,
        alpha: given.level("alpha")?,
    };
    Ok(Box::new(move |series, range| {
        // The days after the range are no concern of its days.
        let days = ears(&series.counts[..range.end], &options);
        Ok(days[range].iter().map(|day| judgement(*day, &options)).collect())
    }))
}

fn judgement(day: Option<EarsDay>, options: &EarsOptions) -> Judgement {
    let Some(day) = day else {
        return Judgement::none(format!("needs {} earlier counts", options.first()));
    };
    let reason = if day.upper_bound.is_nan() {
        "the baseline has no spread; set min_sigma above 0"
    } else if !day.score.is_finite() {
        "the baseline has no spread, so the score has no finite value"
    } else {
        ""
    };
    let number = |x: f64| x.is_finite().then_some(x);
    Judgement {
        expected: number(day.expected),
        upper_bound: number(day.upper_bound),
        score: number(day.score),
        p_value: number(day.p_value),
        alarm: day.alarm(),
        reason: reason.to_owned(),
    }
}
