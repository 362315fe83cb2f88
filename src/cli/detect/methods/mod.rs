//! The methods of `emberwatch detect`, by name.
//!
//! To add one: a file here with its [`Method`] (or several, where names share their options), and its line in
//! [`ALL`]. Name, options, defaults and source go into `--help` from there; the statistics stand in
//! [`crate::detect`], a file each.

mod bayes;
mod cusum;
mod ears;
mod farrington;
mod glr;
mod outbreak_p;
pub(super) mod pooled;
mod usual;

use std::{fmt::Write, ops::Range};

use anyhow::{Result, bail};

use super::{
    options::{Given, Key},
    points,
    read::TableSeries,
};
use crate::detect::Judgement;

/// Every file's methods for series, in the order of `--help`.
const ALL: &[&[Method]] = &[
    ears::METHODS,
    farrington::METHODS,
    bayes::METHODS,
    cusum::METHODS,
    glr::METHODS,
    outbreak_p::METHODS,
    pooled::METHODS,
];

/// What is said of the positions of a range; everything before it is history.
pub(super) type Judge = Box<dyn Fn(&TableSeries, Range<usize>) -> Result<Vec<Judgement>> + Send + Sync>;

/// A temporal detector as the command line knows it.
pub(super) struct Method {
    pub name: &'static str,
    /// What it does and where it comes from, one line.
    pub about: &'static str,
    pub keys: &'static [Key],
    /// Reads the options; what it gives back judges one series.
    pub prepare: fn(&mut Given) -> Result<Judge>,
}

impl std::fmt::Debug for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

pub(super) const EXAMPLES: &str = "Example:
  emberwatch detect --series series.csv --method ears-c2 --option min_sigma=0.5 --format csv
  emberwatch detect --series weekly.csv --method farrington-flexible --option years=3 --from 2025-01-06
  emberwatch detect --series weekly.csv --method cusum --option mean=glm --from 2025-01-06
  emberwatch detect --series towns.csv --method pooled --option recurrence=365 --from 2025-01-01
  emberwatch detect --points events.csv --method stcd --option radius=5";

/// The methods for series; [`points::METHOD`] is beside them, as it reads another table.
pub(super) fn all() -> impl Iterator<Item = &'static Method> {
    ALL.iter().copied().flatten()
}

/// # Errors
/// When there is no method of that name; the line names those that there are.
pub(super) fn named(name: &str) -> Result<&'static Method> {
    match all().chain([&points::METHOD]).find(|m| m.name == name) {
        Some(method) => Ok(method),
        None => {
            let known: Vec<&str> = all().chain([&points::METHOD]).map(|m| m.name).collect();
            bail!("--method {name} is not known; expected one of {}", known.join(", "))
        }
    }
}

/// What `--help` says below the arguments.
pub(super) fn help() -> String {
    let mut text = "Methods, each with its options as --option key=value:\n".to_owned();
    for method in all().chain([&points::METHOD]) {
        let _ = write!(text, "\n{}: {}\n", method.name, method.about);
        let width = method.keys.iter().map(|k| k.name.len()).max().unwrap_or(0);
        for key in method.keys {
            let _ = writeln!(text, "  {:width$}  {} [default: {}]", key.name, key.says, key.default);
        }
    }
    text + "\n" + EXAMPLES
}
