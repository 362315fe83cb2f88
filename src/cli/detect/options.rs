//! `--option key=value`: what a method understands, what was given, and what it came to.

use std::{collections::BTreeMap, fmt::Display, ops::RangeInclusive};

use anyhow::{Result, anyhow, bail};
use serde_json::{Map, Value, json};

use super::methods::Method;

/// One option of a method.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub name: &'static str,
    /// The text that stands for the option where it is not given; help shows the same text.
    pub default: &'static str,
    /// What it is, in a few words, with the values it may have.
    pub says: &'static str,
}

/// The options as given. Every getter falls back on the key's default and notes what it came to.
pub(super) struct Given {
    method: &'static Method,
    values: BTreeMap<String, String>,
    resolved: Map<String, Value>,
}

impl Given {
    /// # Errors
    /// When an option is not `key=value`, is given twice, or is not one of the method's.
    pub fn new(method: &'static Method, options: &[String]) -> Result<Self> {
        let mut values = BTreeMap::new();
        for option in options {
            let Some((key, value)) = option.split_once('=') else {
                bail!("--option {option}: expected key=value");
            };
            let (key, value) = (key.trim(), value.trim());
            if !method.keys.iter().any(|k| k.name == key) {
                let known: Vec<&str> = method.keys.iter().map(|k| k.name).collect();
                bail!("--option {key} is not known; {} has {}", method.name, known.join(", "));
            }
            if values.insert(key.to_owned(), value.to_owned()).is_some() {
                bail!("--option {key} is given twice");
            }
        }
        Ok(Self { method, values, resolved: Map::new() })
    }

    /// The settings that the answers rest on.
    pub fn resolved(self) -> Value {
        Value::Object(self.resolved)
    }

    /// A whole number within a range.
    pub fn whole(&mut self, key: &str, range: RangeInclusive<usize>) -> Result<usize> {
        let (low, high) = (*range.start(), *range.end());
        let value = self.parsed(key, &format!("a whole number from {low} to {high}"), |v| range.contains(v))?;
        self.note(key, json!(value));
        Ok(value)
    }

    /// A finite number for which `fits` holds; `expected` says the same in words.
    pub fn number(&mut self, key: &str, expected: &str, fits: impl Fn(f64) -> bool) -> Result<f64> {
        let value = self.parsed(key, expected, |&v: &f64| v.is_finite() && fits(v))?;
        self.note(key, json!(value));
        Ok(value)
    }

    /// A probability above 0 and below 1.
    pub fn level(&mut self, key: &str) -> Result<f64> {
        self.number(key, "a level between 0 and 1", |a| a > 0.0 && a < 1.0)
    }

    /// yes or no.
    pub fn yes_no(&mut self, key: &str) -> Result<bool> {
        let value = match self.text(key).as_str() {
            "yes" | "true" | "1" => true,
            "no" | "false" | "0" => false,
            _ => return Err(self.wrong(key, "yes or no")),
        };
        self.note(key, json!(value));
        Ok(value)
    }

    /// One of some words, each of which means a value.
    pub fn word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Result<T> {
        let text = self.text(key);
        let Some(&(word, value)) = words.iter().find(|(word, _)| *word == text) else {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            return Err(self.wrong(key, format!("one of {}", known.join(", "))));
        };
        self.note(key, json!(word));
        Ok(value)
    }

    /// One of some words; where it is not given, what another option came to.
    pub fn word_or<T: Copy>(&mut self, key: &str, words: &[(&str, T)], other: &str) -> Result<T> {
        self.values.entry(key.to_owned()).or_insert_with(|| other.to_owned());
        self.word(key, words)
    }

    /// The text of an option, as given or by default.
    pub fn text(&self, key: &str) -> String {
        let default = || self.method.keys.iter().find(|k| k.name == key).map_or("", |k| k.default).to_owned();
        self.values.get(key).cloned().unwrap_or_else(default)
    }

    /// Keep what an option came to, for the answer.
    pub fn note(&mut self, key: &str, value: Value) {
        self.resolved.insert(key.to_owned(), value);
    }

    /// "--option key=value: expected …".
    pub fn wrong(&self, key: &str, expected: impl Display) -> anyhow::Error {
        anyhow!("--option {key}={}: expected {expected}", self.text(key))
    }

    fn parsed<T: std::str::FromStr>(&self, key: &str, expected: &str, fits: impl Fn(&T) -> bool) -> Result<T> {
        self.text(key).parse().ok().filter(fits).ok_or_else(|| self.wrong(key, expected))
    }
}
