//! What the texts of one column look like.

use std::collections::{HashMap, HashSet};

use super::{
    table::Table,
    times::{self, TimesFound},
    words::{self, Role},
};

/// More different values than this are not held apart.
const MOST_VALUES: usize = 3_000;

#[derive(Debug, Default)]
pub(super) struct Profile {
    pub name: String,
    /// Texts that are neither empty nor mean "nothing".
    pub filled: usize,
    /// Texts that stood in an earlier row already.
    pub repeated: usize,
    pub distinct: usize,
    /// Values with their counts, most frequent first; complete where `distinct` is small.
    pub values: Vec<(String, usize)>,
    /// Share of the texts that are numbers, and their least and greatest.
    pub numbers: f64,
    pub least: f64,
    pub greatest: f64,
    /// Share of the texts with three decimals or more.
    pub decimals: f64,
    pub times: Option<TimesFound>,
    /// A time inside longer texts.
    pub inside: Option<TimesFound>,
    pub clock: Option<&'static str>,
    /// Texts that mean "nothing" and stand in the column.
    pub nothings: Vec<String>,
}

impl Profile {
    pub(super) fn of(table: &Table, at: usize) -> Self {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let mut nothings: Vec<String> = Vec::new();
        let mut seen: HashSet<&str> = HashSet::new();
        let mut texts: Vec<&str> = Vec::new();
        for text in table.texts(at) {
            if words::is_nothing(text) {
                if !nothings.iter().any(|n| n == text) {
                    nothings.push(text.to_owned());
                }
                continue;
            }
            texts.push(text);
            seen.insert(text);
            if counts.len() < MOST_VALUES || counts.contains_key(text) {
                *counts.entry(text).or_default() += 1;
            }
        }
        let mut values: Vec<(String, usize)> = counts.into_iter().map(|(t, n)| (t.to_owned(), n)).collect();
        values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let numbers: Vec<f64> = texts.iter().filter_map(|t| t.parse::<f64>().ok()).filter(|x| x.is_finite()).collect();
        let long = |t: &&&str| t.split_once('.').is_some_and(|(_, d)| d.len() >= 3);
        let share = |n: usize| n as f64 / texts.len().max(1) as f64;
        let sample: Vec<&str> = texts.iter().step_by((texts.len() / 2_000).max(1)).copied().collect();
        Self {
            name: table.columns[at].clone(),
            filled: texts.len(),
            repeated: texts.len() - seen.len(),
            distinct: values.len(),
            numbers: share(numbers.len()),
            least: numbers.iter().copied().fold(f64::INFINITY, f64::min),
            greatest: numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            decimals: share(texts.iter().filter(long).count()),
            times: times::of_column(&sample),
            inside: times::inside(&sample),
            clock: times::clock(&sample),
            values,
            nothings,
        }
    }

    /// Numbers that can be degrees, and vary.
    pub(super) fn is_degrees(&self, most: f64) -> bool {
        self.filled > 0 && self.numbers > 0.9 && self.least >= -most && self.greatest <= most
    }

    /// Every text is another one, but for one in a thousand.
    pub(super) fn is_unique(&self, rows: usize) -> bool {
        self.filled == rows && self.repeated * 1_000 <= rows
    }

    /// A list of words rather than free text.
    pub(super) fn is_list(&self) -> bool {
        self.distinct > 0 && self.distinct <= 400 && (self.filled >= self.distinct * 2 || self.distinct <= 12)
    }
}

/// Whether a column's values are such as the role knows.
pub(super) fn knows(role: Role, p: &Profile) -> bool {
    let most = |known: fn(&str) -> bool| {
        let n: usize = p.values.iter().filter(|(t, _)| known(t)).map(|(_, n)| n).sum();
        n * 10 >= p.filled * 8
    };
    let yes_no = |t: &str| {
        matches!(t.to_lowercase().as_str(), "yes" | "no" | "y" | "n" | "true" | "false" | "1" | "0" | "1.0" | "0.0")
    };
    match role {
        Role::Kind => most(|t| crate::domain::event::EventKind::parse(&t.to_lowercase()).is_some()),
        Role::Outcome => {
            most(|t| words::outcome(t).is_some())
                || p.values.iter().all(|(t, _)| yes_no(t) || words::outcome(t) == Some("unknown"))
        }
        Role::Naloxone => most(|t| words::naloxone(t).is_some()),
        Role::Withdrawn => {
            p.values.iter().any(|(t, _)| {
                matches!(
                    t.to_lowercase().as_str(),
                    "deleted" | "void" | "voided" | "withdrawn" | "cancelled" | "removed"
                )
            }) || words::plain(&p.name).contains("delet") && p.values.iter().all(|(t, _)| yes_no(t))
        }
        Role::TimePrecision => p.values.iter().any(|(t, _)| t.to_lowercase().contains("report")),
        Role::Precision => p.values.iter().any(|(t, _)| words::precision(t).is_some()),
        _ => true,
    }
}

/// Most texts are ICD-10-CM codes, and some of them drug poisonings.
pub(super) fn holds_codes(p: &Profile) -> bool {
    let is_code = |t: &str| {
        let b = t.as_bytes();
        (3..=8).contains(&b.len())
            && b[0].is_ascii_uppercase()
            && b[1].is_ascii_digit()
            && b.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'.')
    };
    let poisoning = |t: &str| {
        t.starts_with('T') && t.get(1..3).and_then(|n| n.parse::<u8>().ok()).is_some_and(|n| (36..=50).contains(&n))
    };
    let codes: usize = p.values.iter().filter(|(t, _)| is_code(t)).map(|(_, n)| n).sum();
    codes * 10 >= p.filled * 8 && p.values.iter().any(|(t, _)| poisoning(t))
}
