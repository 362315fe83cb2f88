//! `cusum`.

use anyhow::Result;

use super::{
    Given, Judge, Key, Method,
    usual::{FOLLOW, HARMONICS, MEAN, TREND, Usual, follow, from_start},
};
use crate::detect::cusum::{CusumOptions, Transform, cusum};

pub(super) const METHODS: &[Method] = &[Method {
    name: "cusum",
    about: "small excesses over the usual count add up (Rossi et al. 1999); score: the sum; alarm at or above the bound",
    keys: &[
        Key { name: "k", default: "1.04", says: "reference value: what each day may exceed its mean by, 0 or more" },
        Key { name: "h", default: "2.26", says: "decision boundary: an alarm when the sum reaches it, above 0" },
        Key {
            name: "transform",
            default: "standard",
            says: "how a count is standardised: standard, rossi, anscombe, anscombe2nd, pearsonNegBin, \
                   anscombeNegBin, none",
        },
        Key {
            name: "alpha",
            default: "0.2",
            says: "overdispersion of the NegBin transforms, 0 or more: Var = m + alpha m^2",
        },
        MEAN,
        HARMONICS,
        TREND,
        Key { name: "reset", default: "no", says: "whether the sum starts from 0 after an alarm, yes or no" },
        FOLLOW,
    ],
    prepare,
}];

fn prepare(given: &mut Given) -> Result<Judge> {
    let k = given.number("k", "a number, 0 or more", |k| k >= 0.0)?;
    let h = given.number("h", "a number above 0", |h| h > 0.0)?;
    let transform = given.word("transform", &Transform::ALL.map(|t| (t.name(), t)))?;
    let alpha = given.number("alpha", "a number, 0 or more", |a| a >= 0.0)?;
    let usual = Usual::read(given)?;
    let reset = given.yes_no("reset")?;
    let follow = follow(given)?;
    Ok(Box::new(move |series, range| {
        let options = CusumOptions { k, h, transform, alpha, mean: usual.of(series, range.end), reset, follow };
        from_start(usual.learns(), series, range, |counts, start| cusum(counts, start, &options))
    }))
}
