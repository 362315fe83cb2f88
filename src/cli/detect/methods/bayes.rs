//! `bayes` and `rki`.

use anyhow::{Result, bail};

use super::{Given, Judge, Key, Method};
use crate::detect::{
    bayes::{BayesOptions, bayes},
    reference::{Reference, ReferenceValues},
    rki::{RkiOptions, rki},
};

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "bayes",
        about: "quantile of a Bayesian prediction from reference values (Riebler 2004; Höhle 2007)",
        keys: &[
            Key { default: "0", ..YEARS },
            Key { default: "6", ..HALF_WINDOW },
            Key { default: "yes", ..CURRENT_YEAR },
            REFERENCE,
            Key { name: "alpha", default: "0.05", says: "one-sided level of the bound, between 0 and 1" },
        ],
        prepare: |given| {
            let options = BayesOptions { values: values(given)?, alpha: given.level("alpha")? };
            Ok(Box::new(move |series, range| Ok(bayes(series, range, &options))))
        },
    },
    Method {
        name: "rki",
        about: "the Robert Koch Institute's early system: a table's bound for the mean of reference values",
        keys: &[YEARS, HALF_WINDOW, CURRENT_YEAR, REFERENCE],
        prepare: |given| -> Result<Judge> {
            let options = RkiOptions { values: values(given)? };
            Ok(Box::new(move |series, range| Ok(rki(series, range, &options))))
        },
    },
];

const YEARS: Key = Key { name: "years", default: "2", says: "earlier years that reference values come from, 0 to 50" };
const HALF_WINDOW: Key = Key {
    name: "half_window",
    default: "4",
    says: "weeks (or days) around the same time of each year, and of the current one, 1 to 182",
};
const CURRENT_YEAR: Key =
    Key { name: "current_year", default: "no", says: "whether the weeks just before are reference values, yes or no" };
const REFERENCE: Key = Key {
    name: "reference",
    default: "index",
    says: "a year ago is 52 weeks (365 days) ago: index; or the same date: calendar",
};

fn values(given: &mut Given) -> Result<ReferenceValues> {
    let values = ReferenceValues {
        years: given.whole("years", 0..=50)?,
        half_window: given.whole("half_window", 1..=182)?,
        current_year: given.yes_no("current_year")?,
        reference: given.word("reference", &Reference::WORDS)?,
    };
    if values.years == 0 && !values.current_year {
        bail!("--option years=0 with current_year=no leaves no reference values");
    }
    Ok(values)
}
