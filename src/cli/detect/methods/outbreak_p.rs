//! `outbreakp`.

use anyhow::Result;

use super::{Given, Judge, Key, Method};
use crate::detect::outbreak_p::{OutbreakPOptions, outbreak_p};

pub(super) const METHODS: &[Method] = &[Method {
    name: "outbreakp",
    about: "a constant level that begins to rise, of which nothing need be known (Frisén & Andersson 2009); score: the \
            likelihood ratio",
    keys: &[
        Key { name: "k", default: "100", says: "an alarm when the score lies above, above 1" },
        Key { name: "most_cases", default: "100000", says: "largest count tried for the bound, 1 to 1000000000" },
    ],
    prepare,
}];

fn prepare(given: &mut Given) -> Result<Judge> {
    let options = OutbreakPOptions {
        k: given.number("k", "a number above 1", |k| k > 1.0)?,
        most_cases: given.whole("most_cases", 1..=1_000_000_000)? as u32,
    };
    // Every day is judged by all counts before it, those before the range included.
    Ok(Box::new(move |series, range| Ok(outbreak_p(&series.counts[..range.end], &options).split_off(range.start))))
}
